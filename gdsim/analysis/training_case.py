"""What the verdict on training is made from, and the words that it is put into."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from gdsim.analysis.outcome import nice
from gdsim.analysis.stability import Stability
from gdsim.analysis.training_progress import LayerFlow, Progress, Trend
from gdsim.analysis.training_words import share_words
from gdsim.analysis.verdict import Edit, Tone

if TYPE_CHECKING:
    from gdsim.engine.backend import RacerPlan
    from gdsim.engine.trace import Trace
    from gdsim.objectives.network.network import NetworkObjective

Floats = NDArray[np.float64]
Weights = Callable[[], tuple[Floats, Floats]]
"""Gives theta (n,) and the running statistics at the step; asked only where they are needed."""
Kind = Literal[
    "begins", "falls", "crawls", "jumps", "rises", "plateau", "learnt", "over-fits", "diverges", "dead", "vanishes",
    "explodes", "symmetric",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class TrainingVerdict:
    """Two lines about one racer at one step.

    Attributes:
        kind: one word. tone: how to colour it.
        happened: the first line. why: the reason in numbers, begins the second; may be empty.
        advice: what to try; may be empty. edit: the setting of the racer that does it, if it is one.
        limit: the learning rate above which it would diverge here, where that is known.
    """

    kind: Kind
    tone: Tone
    happened: str
    why: str = ""
    advice: str = ""
    edit: Edit | None = None
    limit: float | None = None

    @property
    def lines(self) -> tuple[str, str]:
        """The two lines as text."""
        return self.happened, ". ".join(part for part in (self.why, self.advice) if part)


@dataclass(frozen=True, slots=True)
class Case:
    """A racer at a step.

    Attributes:
        seen, trend, flow: how training stands, see `training_progress`.
        weights: theta and running statistics; None where they are not to be had.
        now: the stability of the update, of small models on full batches; else unknown.
    """

    objective: NetworkObjective
    plan: RacerPlan
    trace: Trace
    step: int
    seen: Progress
    flow: LayerFlow
    trend: Trend | None
    weights: Weights | None = None
    now: Stability = field(default_factory=lambda: Stability("unknown"))

    @property
    def ended(self) -> bool:
        """Whether this is the last row of a run that has ended."""
        return self.step == self.trace.last and self.trace.status.finished

    @property
    def hidden(self) -> int:
        """Hidden layers."""
        return len(self.objective.net.layers) - 1

    @property
    def full(self) -> bool:
        """Whether a batch is all samples."""
        return not 0 < self.plan.batch < self.objective.samples.count

    @property
    def rate(self) -> float:
        """The learning rate in force."""
        return float(self.trace.column("lr", self.step, self.step + 1)[0])

    def lr(self, factor: float) -> Edit | None:
        """The racer's own learning rate times `factor`, rounded down; None where it has none."""
        base = self.plan.at(self.step).hyper.get("lr")
        return Edit("lr", nice(factor * base)) if isinstance(base, float) and base > 0 else None

    def faster(self) -> Edit | None:
        """A larger learning rate, half the limit at most where there is one; None where there is none to try."""
        if self.now.limit is None or self.rate <= 0:
            return None if self.plan.rule.fixed_step else self.lr(3.0)
        edit, base = self.lr(min(0.5 * self.now.limit / self.rate, 100.0)), self.plan.at(self.step).hyper.get("lr")
        return edit if edit is not None and isinstance(base, float) and edit.value > 1.2 * base else None

    def decay(self) -> Edit:
        """More weight decay, or some."""
        decay = self.plan.at(self.step).weight_decay
        return Edit("weight_decay", nice(3 * decay) if decay else 0.01 if self.plan.rule.decoupled else 0.001)

    def losses(self) -> str:
        """``training loss 0.21, test loss 0.35``."""
        train, test = self.seen.now(self.seen.train), self.seen.now(self.seen.test)
        return f"training loss {train:.3g}" + (f", test loss {test:.3g}" if math.isfinite(test) else "")

    def shares(self, before: str = "") -> str:
        """How many are right, behind `before`; nothing of a regression."""
        right, test = self.seen.now(self.seen.right), self.seen.now(self.seen.right_test)
        if not math.isfinite(right):
            return ""
        words = f"{share_words(right)} of the training samples are right"
        return f"{before}{words}" + (f", {share_words(test)} of the test samples" if math.isfinite(test) else "")

    def rates(self) -> str:
        """The learning rate, and its limit where that is known."""
        limit = self.now.limit
        return f"lr = {self.rate:.3g}" + (f", the limit here is {limit:.3g}" if limit is not None else "")

    def guessing(self) -> str:
        """What it would come to to name the most frequent class every time; nothing of a regression."""
        samples = self.objective.samples
        if not samples.classes:
            return ""
        most = int(np.bincount(np.asarray(samples.y, dtype=np.intp)).max())
        return f"Naming the most frequent class every time has {share_words(most / samples.count)} right"


def advice_words(edit: Edit | None, *others: str) -> str:
    """``Try lr = 0.01, relu units or batch normalisation``; "" for nothing."""
    parts = [*([f"{edit.name} = {edit.value:g}"] if edit is not None else []), *others]
    if not parts:
        return ""
    return "Try " + (parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} or {parts[-1]}")


def upper(words: str) -> str:
    """With a capital."""
    return f"{words[:1].upper()}{words[1:]}"
