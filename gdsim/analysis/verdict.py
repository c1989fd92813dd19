"""The verdict on one racer at one step: what happened, why (in numbers), what to try (and the edit that does it)."""

from __future__ import annotations

import cmath
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from gdsim.analysis.curvature import Curvature, curvature
from gdsim.analysis.outcome import circles, nice
from gdsim.analysis.stability import Kind, Stability, stability
from gdsim.engine.status import Status

if TYPE_CHECKING:
    from gdsim.engine.backend import RacerPlan
    from gdsim.engine.trace import Row, Trace
    from gdsim.objectives import Objective

Floats = NDArray[np.float64]
Tone = Literal["good", "warn", "bad", "plain"]

_TONES: dict[Kind, Tone] = {
    "good": "good",
    "crawls": "warn",
    "bounces": "plain",
    "overshoots": "warn",
    "diverges": "bad",
    "fixed step": "plain",
    "own step": "plain",
    "unknown": "plain",
}


@dataclass(frozen=True, slots=True)
class Edit:
    """A setting of the racer and the value to try: ``RunSpec.with_racer(i, racer.with_setting(name, value))``."""

    name: str
    value: float


@dataclass(frozen=True, slots=True)
class Verdict:
    """Two lines about one racer at one step.

    Attributes:
        kind: one word: crawls, good, bounces, overshoots, diverges, fixed step, own step, unknown.
        tone: how to colour it.
        happened: what happened, first line.
        why: the reason in numbers, begins the second line; may be empty.
        advice: what to try; may be empty. edit: the edit that does it, if it is one.
        stability, curvature: the numbers behind it.
    """

    kind: Kind
    tone: Tone
    happened: str
    why: str
    advice: str
    edit: Edit | None
    stability: Stability
    curvature: Curvature

    @property
    def lines(self) -> tuple[str, str]:
        """The two lines as text."""
        second = ". ".join(part for part in (self.why, self.advice) if part)
        return self.happened, second


def verdict(objective: Objective, plan: RacerPlan, trace: Trace, step: int, state: Floats) -> Verdict:
    """The verdict on a racer standing at row `step` (its last row if it ended before), with the optimizer's `state`."""
    with np.errstate(all="ignore"):  # what is not finite is said in words
        return _judged(objective, plan, trace, trace.row(max(0, min(step, trace.last))), state)


def _judged(objective: Objective, plan: RacerPlan, trace: Trace, row: Row, state: Floats) -> Verdict:
    bend = curvature(objective, row.theta)
    now = stability(objective, plan, row.step, row.theta, row.lr, state)
    ended = row.step == trace.last and trace.status.finished
    happened = _happened(trace, row, now, ended)
    tone = _TONES[now.kind]
    if ended and trace.status in (Status.CONVERGED, Status.TARGET):
        return Verdict(now.kind, "good", happened, _why(now, bend, row), "", None, now, bend)
    if ended and trace.status is not Status.STEP_LIMIT:
        tone = "bad" if trace.status is Status.DIVERGED else "warn"
    if ended and trace.status is Status.DIVERGED:
        return Verdict(now.kind, tone, happened, *_after_divergence(objective, plan, trace), now, bend)
    base = plan.at(row.step).hyper.get("lr")
    if ended and isinstance(base, float) and now.kind != "fixed step" and circles(trace):
        lower = Edit("lr", nice(0.5 * base))
        return Verdict(now.kind, "warn", happened, _why(now, bend, row), f"Try lr = {lower.value:g}", lower, now, bend)
    advice, edit = _advice(now, bend, plan, row, trace.status if ended else Status.RUNNING)
    return Verdict(now.kind, tone, happened, _why(now, bend, row), advice, edit, now, bend)


def _after_divergence(objective: Objective, plan: RacerPlan, trace: Trace) -> tuple[str, str, Edit | None]:
    """Why and what to try, from the last rate in use and the curvature at the start."""
    before = max(0, trace.last - 1)
    lr, base = trace.row(before).lr, plan.at(before).hyper.get("lr")
    if trace.last == 0 or not isinstance(base, float) or lr <= 0:
        return "", Status.DIVERGED.remedy, None
    bound = curvature(objective, trace.row(0).theta).max_stable_lr
    above = bound is not None and lr > bound and not plan.rule.method
    why = f"lr = {lr:.3g}" + (f" is above 2 / curvature = {bound:.3g} at the start" if above else "")
    value = nice(min(0.5 * bound, 0.5 * lr) * base / lr if above and bound is not None else 0.1 * base)
    return why, f"Try lr = {value:g}", Edit("lr", value)


_HERE: dict[Kind, str] = {
    "crawls": "crawls here: each step covers a small part of the way",
    "good": "a good rate here",
    "bounces": "bounces here: it swings across the valley, less each time",
    "overshoots": "overshoots here: the step is too long for this bend, and the swings would grow",
    "diverges": "diverges here: each swing is larger than the last",
    "fixed step": "fixed step: its length does not follow the slope",
    "own step": "chooses the length of its step itself",
    "unknown": "no verdict here",
}


def _happened(trace: Trace, row: Row, now: Stability, ended: bool) -> str:
    if ended:
        words = trace.message.split(". ")[0] if trace.message else trace.status.words
        return f"{words[:1].upper()}{words[1:]}"
    words = _HERE[now.kind]
    if now.kind == "good" and now.rolling:
        words = "on its way: the ground curves downwards here"
    change = ""
    if row.step < trace.last:
        after = trace.row(row.step + 1).loss
        if math.isfinite(after) and row.loss != 0:
            change = f"; the next step {'lowers' if after <= row.loss else 'raises'} the loss {_by(row.loss, after)}"
    return f"{words[:1].upper()}{words[1:]}{change}"


def _by(before: float, after: float) -> str:
    """How much a loss has changed: by 12 %, 30 times."""
    share = 100 * abs(after - before) / abs(before)
    if share >= 1000:
        return f"{abs(after / before):.0f} times" if share < 1e6 else f"{abs(after / before):.0e} times"
    return f"by {share:.0f} %" if share >= 10 else f"by {share:.2g} %"


def _why(now: Stability, bend: Curvature, row: Row) -> str:
    if not bend.known:
        return "There are no finite second derivatives here"
    if now.kind == "fixed step":
        return f"Every step is about lr = {row.lr:.3g} long, so it circles the minimum at that distance"
    if now.kind == "own step":
        return _bend_words(bend)
    if now.kind == "unknown":
        return _bend_words(bend)
    parts = [f"lr = {row.lr:.3g}"]
    if now.limit is not None:
        parts.append(f"the limit here is {now.limit:.3g}")
    parts.append(_bend_words(bend))
    mu = now.multiplier
    if math.isfinite(now.radius):
        if abs(mu.imag) > 1e-9:
            turns = 2 * math.pi / abs(cmath.phase(mu))
            parts.append(f"a deviation turns once in {turns:.3g} steps and keeps {now.radius:.3g} of itself each step")
        elif mu.real < 0:
            parts.append(f"a deviation changes sides and becomes {now.radius:.3g} of itself each step")
        else:
            parts.append(f"the slowest deviation keeps {now.radius:.4g} of itself each step")
    return ", ".join(parts)


def _bend_words(bend: Curvature) -> str:
    if bend.lowest < 0:
        return f"curvature from {bend.lowest:.3g} to {bend.highest:.3g}"
    if bend.condition is not None and bend.condition > 1.5:
        return f"largest curvature {bend.highest:.3g}, {bend.condition:.3g} times the smallest"
    return f"largest curvature {bend.highest:.3g}"


def _advice(
    now: Stability, bend: Curvature, plan: RacerPlan, row: Row, status: Status
) -> tuple[str, Edit | None]:
    """What to try, and the edit; the rate in force is turned back into the racer's own rate under a schedule."""
    base = plan.at(row.step).hyper.get("lr")
    if not isinstance(base, float) or row.lr <= 0:
        return status.remedy, None
    factor = base / row.lr
    if status in (Status.SADDLE, Status.STATIONARY, Status.PLATEAU):
        if status is Status.SADDLE and plan.at(row.step).noise == 0:
            return f"Try noise = 0.01, or {_start_words(status)}", Edit("noise", 0.01)
        return status.remedy, None
    if now.kind in ("diverges", "overshoots"):
        bound = now.limit if now.limit is not None and now.limit < 2 * row.lr else None
        value = nice(0.5 * (bound if bound is not None else row.lr) * factor)
        return f"Try lr = {value:g}", Edit("lr", value)
    if now.kind == "crawls" or (now.kind == "good" and status is Status.STEP_LIMIT and now.limit is not None):
        wanted = 0.5 * now.limit if now.limit is not None else 10 * row.lr
        value = nice(min(wanted, 100 * row.lr) * factor)
        if value > 1.2 * base:
            return f"Try lr = {value:g}", Edit("lr", value)
        return ("Try momentum, or allow more steps" if bend.condition is not None else status.remedy), None
    if now.kind == "bounces" and now.multiplier.imag == 0:
        value = nice(0.7 * base)
        return f"Try lr = {value:g} for a straighter way", Edit("lr", value)
    if now.kind == "fixed step" and status is Status.STEP_LIMIT:
        value = nice(0.2 * base)
        return f"Try lr = {value:g} or a decaying schedule", Edit("lr", value)
    return "", None


def _start_words(status: Status) -> str:
    return "move the start a little to one side" if status is Status.SADDLE else "start elsewhere"
