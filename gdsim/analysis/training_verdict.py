"""The verdict on a racer that trains a model: what happened by this step, why (in numbers), what to try.

It speaks of what the rows say: the trend of the losses over all samples, the test loss beside the training loss, the
gradient's way through the layers. No Hessian of a network is made; small models on full batches have a limit for the
learning rate like any function (see `stability`), and it is told.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from gdsim.analysis.outcome import nice
from gdsim.analysis.stability import Stability, stability
from gdsim.analysis.training_progress import (
    LayerFlow,
    Progress,
    Trend,
    can_die,
    dead_units,
    layer_flow,
    progress,
    trend_of,
)
from gdsim.analysis.verdict import Edit, Tone
from gdsim.engine.status import Status

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

SMALL = 12
"""Weights up to which the stability of the update is computed."""
_FEW = 3  # losses over all samples below which there is no trend
_OVER = 1.1  # of the lowest test loss
_LEARNT = 0.995  # share of training samples that are right
_SLOW = 0.002  # fall an epoch below which it crawls
_FLAT = 0.01  # fall over the whole trend below which there is none
_ROUGH = 0.1  # scatter about the trend from which it jumps


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
class _Case:
    """What the verdict is made from."""

    objective: NetworkObjective
    plan: RacerPlan
    trace: Trace
    step: int
    seen: Progress
    flow: LayerFlow
    trend: Trend | None
    weights: Weights | None
    now: Stability = field(default_factory=lambda: Stability("unknown"))

    @property
    def ended(self) -> bool:
        return self.step == self.trace.last and self.trace.status.finished

    @property
    def hidden(self) -> int:
        return len(self.objective.net.layers) - 1

    @property
    def full(self) -> bool:
        return not 0 < self.plan.batch < self.objective.samples.count

    @property
    def rate(self) -> float:
        """The learning rate on leaving the row."""
        return float(self.trace.column("lr", self.step, self.step + 1)[0])

    def lr(self, factor: float) -> Edit | None:
        """The racer's own learning rate times `factor`; None where it has none."""
        base = self.plan.at(self.step).hyper.get("lr")
        return Edit("lr", nice(factor * base)) if isinstance(base, float) and base > 0 else None


def training_verdict(
    objective: NetworkObjective, plan: RacerPlan, trace: Trace, step: int, weights: Weights | None = None,
    state: Floats | None = None,
) -> TrainingVerdict:  # fmt: skip
    """The verdict on a racer at row `step` (its last row if it ended before).

    Args:
        weights: theta and running statistics there; without them dead units are not looked for.
        state: the stepper's state there, the rule's own first; without it there is no limit for the learning rate.
    """
    step = max(0, min(step, trace.last))
    seen = progress(trace, step)
    now = Stability("unknown")
    with np.errstate(all="ignore"):  # what is not finite is said in words
        if state is not None and judged_by_curvature(objective, plan) and trace.n:
            row = trace.row(step)
            if np.isfinite(row.theta).all() and math.isfinite(row.loss):
                now = stability(objective, plan, step, row.theta, row.lr, _rule_state(plan, objective, state))
        case = _Case(objective, plan, trace, step, seen, layer_flow(trace, step), trend_of(seen), weights, now)
        said = _judged(case)
    said = _with_end(case, said)
    return said if now.limit is None else _with_limit(case, said)


def judged_by_curvature(objective: NetworkObjective, plan: RacerPlan) -> bool:
    """Whether the Hessian of a model is that of a function: few weights, all samples at once, nothing drawn."""
    drawn = any(layer.dropout > 0 or layer.norm == "batch" for layer in objective.net.layers)
    full = not 0 < plan.batch < objective.samples.count
    return objective.n <= SMALL and full and not drawn and not plan.rule.method


def _rule_state(plan: RacerPlan, objective: NetworkObjective, state: Floats) -> Floats:
    from gdsim.formula.emit import state_size

    return state[: state_size(plan.rule.graph(plan.hyper, objective.n).states, objective.n)]


def _judged(case: _Case) -> TrainingVerdict:
    """The first of what there is to say, the worst first."""
    for look in (_lost, _blown, _begun, _symmetric, _dead, _fades, _over, _swings, _learnt, _restless, _falling):
        said = look(case)
        if said is not None:
            return said
    return _resting(case)


# What there may be to say


def _lost(case: _Case) -> TrainingVerdict | None:
    """Not a finite number any more."""
    trace, step = case.trace, case.step
    if not (case.ended and trace.status is Status.DIVERGED):
        return None
    if step == 0:
        words = "Make the initial weights smaller, or standardise the inputs"
        return TrainingVerdict("diverges", "bad", "The loss is not finite at the start", "", words)
    norms = trace.column("grad_norm", max(0, step - 8), step)
    grew = ""
    if len(norms) > 1 and np.isfinite(norms).all():
        grew = f"the gradient's length went from {norms[0]:.3g} to {norms[-1]:.3g} in {len(norms) - 1} steps, "
    rate = float(trace.column("lr", step - 1, step)[0])
    why = f"{_upper(grew)}{'lr' if grew else 'lr'} = {rate:.3g}"
    edit = case.lr(0.1)
    happened = f"Left the range of finite numbers at step {step:,} (epoch {_epochs(case.seen.epoch)})"
    return TrainingVerdict("diverges", "bad", happened, why, _try(edit, "clip the gradient", "standardise inputs"), edit)


def _blown(case: _Case) -> TrainingVerdict | None:
    """Far worse than it began, and not for a moment only."""
    train = case.seen.train
    if len(train) < 2 or not case.seen.lately(train) > 3.0 * max(float(train[0]), 1e-300):
        return None
    edit = case.lr(0.1)
    happened = f"Worse than at the start: {_losses(case)}, it began with {train[0]:.3g}"
    why = f"The steps are too long for this loss: lr = {case.rate:.3g}"
    return TrainingVerdict("diverges", "bad", happened, why, _try(edit, "clip the gradient"), edit)


def _begun(case: _Case) -> TrainingVerdict | None:
    seen = case.seen
    if len(seen.train) >= _FEW or (case.ended and len(seen.train) > 1):
        return None
    if case.step == 0:
        happened = f"Nothing learnt yet: {_losses(case)}"
        return TrainingVerdict("begins", "plain", happened, _guessing(case))
    losses = case.trace.column("loss", 0, case.step + 1)
    half = max(1, len(losses) // 2)
    early, late = float(losses[:half].mean()), float(losses[-half:].mean())
    words = "falling" if late < 0.98 * early else "rising" if late > 1.02 * early else "level"
    happened = f"Begins: the batches' losses are {words}, {early:.3g} first and {late:.3g} now"
    return TrainingVerdict("begins", "plain", happened, f"{_upper(_losses(case))}. {_guessing(case)}".rstrip(". "))


def _symmetric(case: _Case) -> TrainingVerdict | None:
    """Units that began alike stay alike."""
    init = case.objective.model.init
    if not case.hidden or not (init.name == "zeros" or init.scale == 0):
        return None
    happened = f"Stuck by symmetry: {_losses(case)}"
    why = "All weights began at 0, so all units of a layer get the same gradient and stay equal"
    return TrainingVerdict("symmetric", "bad", happened, why, "Begin with random weights: xavier or he")


def _dead(case: _Case) -> TrainingVerdict | None:
    """Units that are 0 whatever the sample: no gradient reaches them any more."""
    if case.weights is None or not case.hidden or not can_die(case.objective):
        return None
    layers = dead_units(case.objective, *case.weights())
    number, dead, units = max(layers, key=lambda each: each[1] / each[2], default=(0, 0, 1))
    if dead < 0.5 * units:
        return None
    edit = case.lr(0.3)
    which = f"all {units}" if dead == units else f"{dead} of {units}"
    happened = f"Dead units: {which} of layer {number} are 0 for every sample: {_losses(case)}"
    why = "No gradient reaches a unit that is 0, so it stays so"
    tone: Tone = "bad" if dead == units else "warn"
    advice = _try(edit, "leaky_relu", "the initialisation he")
    return TrainingVerdict("dead", tone, happened, why, advice, edit)


def _fades(case: _Case) -> TrainingVerdict | None:
    """The gradient is lost or swells on its way to the first layer."""
    flow, right = case.flow, case.seen.now(case.seen.right)
    if flow.kind not in ("vanishes", "explodes", "stops") or right >= _LEARNT:
        return None
    if flow.kind == "explodes":
        edit = Edit("clip", 1.0) if case.plan.at(case.step).clip == 0 else case.lr(0.3)
        happened = f"Exploding gradients: {_losses(case)}"
        return TrainingVerdict("explodes", "warn", happened, flow.words.rstrip("."), _try(edit, "smaller weights"), edit)
    happened = f"Vanishing gradients: {_losses(case)}"
    layers = case.objective.net.layers[:-1]
    cures = []
    if any("sigmoid" in each.activation.formula or "tanh" in each.activation.formula for each in layers):
        cures.append("relu or gelu units")
    if all(each.norm == "none" for each in layers):
        cures.append("batch normalisation")
    if not any(each.residual for each in layers):
        cures.append("residual connections")
    return TrainingVerdict("vanishes", "warn", happened, flow.words.rstrip("."), _try(None, *cures, "fewer layers"))


def _over(case: _Case) -> TrainingVerdict | None:
    """The test loss rises while the training loss falls."""
    seen = case.seen
    place = seen.lowest
    if place < 0 or len(seen.test) <= 4 or place >= len(seen.test) - 2:
        return None
    lowest, test, train = float(seen.test[place]), seen.lately(seen.test), seen.lately(seen.train)
    if not (test > _OVER * lowest and train < 0.98 * float(seen.train[place])):
        return None
    since = _epochs(float(seen.epochs[place]))
    happened = f"Over-fitting since epoch {since}: the test loss has risen from {lowest:.3g} to {test:.3g}"
    why = f"The training loss fell from {seen.train[place]:.3g} to {train:.3g} meanwhile{_shares(case, ', ')}"
    decay = case.plan.at(case.step).weight_decay
    start = 0.01 if case.plan.rule.decoupled else 0.001
    edit = Edit("weight_decay", nice(3 * decay) if decay else start)
    return TrainingVerdict("over-fits", "warn", happened, why, _try(edit, f"to stop at epoch {since}", "more data"), edit)


def _swings(case: _Case) -> TrainingVerdict | None:
    """A small model on full batches whose update is unstable here."""
    now = case.now
    if now.kind not in ("diverges", "overshoots"):
        return None
    bound = now.limit if now.limit is not None and now.limit < 2 * case.rate else case.rate
    edit = case.lr(0.5 * bound / case.rate) if case.rate > 0 else None
    words = "each swing is larger than the last" if now.kind == "diverges" else "the step is too long for this bend"
    happened = f"{_upper(now.kind)} here, {words}: {_losses(case)}"
    return TrainingVerdict("diverges", "bad" if now.kind == "diverges" else "warn", happened, _rate(case), _try(edit), edit)


def _learnt(case: _Case) -> TrainingVerdict | None:
    right = case.seen.lately(case.seen.right)
    if not right >= _LEARNT:
        return None
    test = case.seen.lately(case.seen.right_test)
    happened = f"Learnt: {_shares(case)}"
    why = _upper(_losses(case))
    if test < right - 0.1:
        decay = case.plan.at(case.step).weight_decay
        edit = Edit("weight_decay", nice(3 * decay) if decay else 0.01 if case.plan.rule.decoupled else 0.001)
        happened = f"Learnt by heart: {_shares(case)}"
        return TrainingVerdict("over-fits", "warn", happened, why, _try(edit, "fewer units", "more data"), edit)
    return TrainingVerdict("learnt", "good", happened, why)


def _restless(case: _Case) -> TrainingVerdict | None:
    """No trend to be seen, or one upwards."""
    trend = case.trend
    if trend is None:
        return None
    rising = -trend.fall > max(0.02, 2 * trend.scatter)
    if not rising and not (trend.scatter > _ROUGH and trend.fall < 2 * trend.scatter):
        return None
    span = f"the last {trend.epochs} epochs"
    if rising:
        happened = f"Rising, by {_percent(-trend.rate)} an epoch over {span}: {_losses(case)}"
    else:
        happened = f"Jumps about, by {_percent(math.expm1(trend.scatter))} up and down over {span}: {_losses(case)}"
    why = f"The training loss rose in {trend.rises} of {trend.epochs} epochs, {_rate(case, lower=True)}"
    edit = case.lr(0.3)
    other = [] if case.full else [f"batches larger than {case.plan.batch}"]
    other += ["a schedule that decays"] if case.plan.schedule is None else []
    return TrainingVerdict("rises" if rising else "jumps", "warn", happened, why, _try(edit, *other), edit)


def _falling(case: _Case) -> TrainingVerdict | None:
    trend = case.trend
    if trend is None or trend.fall < max(_FLAT, 0.5 * trend.scatter):
        return None
    slow = trend.rate < _SLOW or case.now.kind == "crawls"
    why = f"{_rate(case)}{_shares(case, ', ')}"
    words = f"by {_percent(trend.rate)} an epoch over the last {trend.epochs}: {_losses(case)}"
    if not slow:
        return TrainingVerdict("falls", "plain", f"Still falling, {words}", why)
    edit = _faster(case)
    advice = _try(edit) if edit is not None else "Allow more epochs"
    return TrainingVerdict("crawls", "warn", f"Crawls, {words}", why, advice, edit)


def _resting(case: _Case) -> TrainingVerdict:
    """Nothing moves any more."""
    trend = case.trend
    span = f" over the last {trend.epochs} epochs" if trend is not None else ""
    happened = f"Hardly moves{span}: {_losses(case)}"
    why = f"{_rate(case)}{_shares(case, ', ')}"
    if not case.hidden:
        advice = "This may be the best that the model can do: add inputs, or a hidden layer"
        return TrainingVerdict("plateau", "plain", happened, why, advice)
    edit = _faster(case)
    return TrainingVerdict("plateau", "warn", happened, why, _try(edit, "more units", "other inputs"), edit)


def _with_end(case: _Case, said: TrainingVerdict) -> TrainingVerdict:
    """What the run ended with goes before it."""
    status = case.trace.status
    if not case.ended or status in (Status.DIVERGED, Status.CANCELLED):
        return said
    message = _upper(case.trace.message.split("; ")[0].split(". ")[0])
    if status is Status.STEP_LIMIT:
        happened = f"Trained for {_epochs(case.seen.epoch)} epochs. {said.happened}"
        more = said.kind in ("falls", "crawls") and not said.advice
        return _again(said, happened=happened, advice="Allow more steps" if more else said.advice)
    if said.kind in ("over-fits", "dead", "vanishes"):
        return _again(said, happened=message)
    why = f"{_upper(_losses(case))}{_shares(case, ', ')}"
    return _again(said, tone="good", happened=message, why=why, advice="", edit=None)


def _with_limit(case: _Case, said: TrainingVerdict) -> TrainingVerdict:
    return _again(said, limit=case.now.limit)


def _again(said: TrainingVerdict, **fields: object) -> TrainingVerdict:
    from dataclasses import replace

    return replace(said, **fields)  # type: ignore[arg-type]


# Words


def _losses(case: _Case) -> str:
    train, test = case.seen.now(case.seen.train), case.seen.now(case.seen.test)
    return f"training loss {train:.3g}" + (f", test loss {test:.3g}" if math.isfinite(test) else "")


def _shares(case: _Case, before: str = "") -> str:
    """How many are right; nothing of a regression."""
    right, test = case.seen.now(case.seen.right), case.seen.now(case.seen.right_test)
    if not math.isfinite(right):
        return ""
    words = f"{_share(right)} of the training samples are right"
    return f"{before}{words}" + (f", {_share(test)} of the test samples" if math.isfinite(test) else "")


def _share(share: float) -> str:
    return "all" if share == 1.0 else f"{min(100 * share, 99.9):.3g} %"


def _guessing(case: _Case) -> str:
    """What guessing would come to."""
    counts = np.bincount(np.asarray(case.objective.samples.y, dtype=np.intp)) if case.objective.samples.classes else []
    if not len(counts):
        return ""
    return f"Saying the most frequent class every time has {_share(float(max(counts)) / case.objective.samples.count)} right"


def _rate(case: _Case, lower: bool = False) -> str:
    limit = case.now.limit
    words = f"lr = {case.rate:.3g}"
    return words + (f", the limit here is {limit:.3g}" if limit is not None else "")


def _faster(case: _Case) -> Edit | None:
    """A larger learning rate, half the limit at most where there is one."""
    if case.now.limit is not None and case.rate > 0:
        edit = case.lr(min(0.5 * case.now.limit / case.rate, 100.0))
        base = case.plan.at(case.step).hyper.get("lr")
        return edit if edit is not None and isinstance(base, float) and edit.value > 1.2 * base else None
    return None if case.plan.rule.fixed_step else case.lr(3.0)


def _try(edit: Edit | None, *others: str) -> str:
    first = [f"{edit.name} = {edit.value:g}"] if edit is not None else []
    parts = [*first, *others]
    if not parts:
        return ""
    return "Try " + (parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} or {parts[-1]}")


def _percent(share: float) -> str:
    value = 100 * share
    return f"{value:.0f} %" if value >= 10 else f"{value:.2g} %"


def _epochs(epoch: float) -> str:
    return f"{epoch:,.0f}" if epoch == round(epoch) or epoch >= 1000 else f"{epoch:,.1f}"


def _upper(words: str) -> str:
    return f"{words[:1].upper()}{words[1:]}"
