"""The verdict on a racer that trains a model: what happened by this step, why (in numbers), what to try.

It speaks of what the rows say: the trend of the losses over all samples, the test loss beside the training loss, the
gradient's way through the layers. No Hessian of a network is made; small models on full batches have a limit for the
learning rate like any function (see `stability`), and it is told.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from gdsim.analysis.curvature import curvature
from gdsim.analysis.layer_spread import can_die, dead_units
from gdsim.analysis.stability import Stability, stability
from gdsim.analysis.training_case import (
    Case,
    TrainingVerdict,
    Weights,
    advice_words,
    upper,
)
from gdsim.analysis.training_judgement import (
    FEWEST,
    LEARNT,
    SLOW,
    blown_up,
    by_heart,
    learnt,
    motion_of,
    over_fitting,
)
from gdsim.analysis.training_progress import layer_flow, progress, trend_of
from gdsim.analysis.training_words import epoch_words, percent
from gdsim.analysis.verdict import Edit
from gdsim.engine.status import Status
from gdsim.formula.emit import state_size
from gdsim.objectives.network.curves import saturates

if TYPE_CHECKING:
    from gdsim.engine.backend import RacerPlan
    from gdsim.engine.trace import Trace
    from gdsim.objectives.network.network import NetworkObjective

Floats = NDArray[np.float64]

SMALL = 12
"""Weights up to which the stability of the update is computed."""
_WELL = 0.9  # share from which a plateau is no complaint
_QUICK = 0.02  # fall an epoch above which nothing is said about gradients


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
    seen, now = progress(trace, step), Stability("unknown")
    with np.errstate(all="ignore"):  # what is not finite is said in words
        if state is not None and trace.n and judged_by_curvature(objective, plan):
            row = trace.row(step)
            if np.isfinite(row.theta).all() and math.isfinite(row.loss):
                own = state[: state_size(plan.rule.graph(plan.hyper, objective.n).states, objective.n)]
                now = stability(objective, plan, step, row.theta, row.lr, own)
        case = Case(objective, plan, trace, step, seen, layer_flow(trace, step), trend_of(seen), weights, now)
        said = _judged(case)
    return replace(_with_end(case, said), limit=now.limit)


def judged_by_curvature(objective: NetworkObjective, plan: RacerPlan) -> bool:
    """Whether the Hessian of a model is that of a function: few weights, all samples at once, nothing drawn."""
    drawn = any(layer.dropout > 0 or layer.norm == "batch" for layer in objective.net.layers)
    full = not 0 < plan.batch < objective.samples.count
    return objective.n <= SMALL and full and not drawn and not plan.rule.method


def _judged(case: Case) -> TrainingVerdict:
    """The first of what there is to say, the worst first."""
    for look in (_lost, _blown, _swings, _symmetric, _dead, _fades, _begun, _over, _learnt, _restless, _falling):
        said = look(case)
        if said is not None:
            return said
    return _resting(case)


def _with_end(case: Case, said: TrainingVerdict) -> TrainingVerdict:
    """What the run ended with goes before what there is to say."""
    status = case.trace.status
    if not case.ended or status in (Status.DIVERGED, Status.CANCELLED):
        return said
    if status is Status.STEP_LIMIT:
        happened = f"Trained for {epoch_words(case.seen.epoch)} epochs. {said.happened}"
        more = said.kind == "falls" and not said.advice
        return replace(said, happened=happened, advice="Allow more steps" if more else said.advice)
    message = upper(case.trace.message.split("; ")[0].split(". ")[0])
    if said.kind in ("over-fits", "dead", "vanishes"):
        return replace(said, happened=message, why=f"{said.happened}. {said.why}")
    why = f"{upper(case.losses())}{case.shares(', ')}"
    return replace(said, tone="good", happened=message, why=why, advice="", edit=None)


# What there may be to say; None where it is not so


def _lost(case: Case) -> TrainingVerdict | None:
    """Not a finite number any more."""
    trace, step = case.trace, case.step
    if not (case.ended and trace.status is Status.DIVERGED):
        return None
    if step == 0:
        words = "Make the initial weights smaller, or standardise the inputs"
        return TrainingVerdict("diverges", "bad", "The loss is not finite at the start", "", words)
    norms, grew = trace.column("grad_norm", max(0, step - 8), step), ""
    if len(norms) > 1 and np.isfinite(norms).all():
        grew = f"The gradient's length went from {norms[0]:.3g} to {norms[-1]:.3g} in {len(norms) - 1} steps, "
    rate = float(trace.column("lr", step - 1, step)[0])
    bound = _bound_at_start(case)
    above = bound is not None and rate > bound
    why = f"{grew}lr = {rate:.3g}" + (f" is above 2 / curvature = {bound:.3g} at the start" if above else "")
    edit = case.lr(min(0.5 * bound / rate, 0.5) if above and bound is not None else 0.1)
    happened = f"Left the range of finite numbers at step {step:,}, in epoch {epoch_words(case.seen.epoch)}"
    advice = advice_words(edit, "clipping the gradient", "standardised inputs")
    return TrainingVerdict("diverges", "bad", happened, why, advice, edit)


def _bound_at_start(case: Case) -> float | None:
    """What plain descent may take as its learning rate where a small model began; None of any other."""
    if not case.trace.n or not judged_by_curvature(case.objective, case.plan):
        return None
    return curvature(case.objective, case.trace.row(0).theta).max_stable_lr


def _blown(case: Case) -> TrainingVerdict | None:
    """Far worse than it began, and not for a moment only."""
    train = case.seen.train
    if not blown_up(case.seen):
        return None
    limit, rate = case.now.limit, case.rate
    edit = case.lr(0.5 * limit / rate if limit is not None and 0 < limit < rate else 0.1)
    happened = f"Far worse than at the start: {case.losses()}, it began with {train[0]:.3g}"
    why = f"The steps are too long for this loss: {case.rates()}"
    return TrainingVerdict("diverges", "bad", happened, why, advice_words(edit, "clipping the gradient"), edit)


def _begun(case: Case) -> TrainingVerdict | None:
    """Too early to say."""
    train = case.seen.train
    if len(train) >= FEWEST:
        return None
    why = ". ".join(part for part in (case.rates(), case.guessing()) if part)
    if case.step == 0:
        return TrainingVerdict("begins", "plain", f"Nothing learnt yet: {case.losses()}", why)
    if len(train) > 1:
        happened = f"Begins: the training loss was {train[0]:.3g} at the start and is {train[-1]:.3g} now"
        return TrainingVerdict("begins", "plain", happened, why)
    losses = case.trace.column("loss", 0, case.step + 1)
    half = max(1, len(losses) // 2)
    early, late = float(losses[:half].mean()), float(losses[-half:].mean())
    way = "falling" if late < 0.98 * early else "rising" if late > 1.02 * early else "level"
    happened = f"Begins: the batches' losses are {way}, {early:.3g} first and {late:.3g} now"
    return TrainingVerdict("begins", "plain", happened, why)


def _symmetric(case: Case) -> TrainingVerdict | None:
    """Units that began alike stay alike."""
    init = case.objective.model.init
    if not case.hidden or not (init.name == "zeros" or init.scale == 0):
        return None
    why = "All weights began at 0, so all units of a layer get the same gradient and stay equal"
    happened = f"Stuck by symmetry: {case.losses()}"
    return TrainingVerdict("symmetric", "bad", happened, why, "Begin with random weights, xavier or he")


def _dead(case: Case) -> TrainingVerdict | None:
    """Units that are 0 whatever the sample: no gradient reaches them any more."""
    if case.weights is None or not case.hidden or not can_die(case.objective):
        return None
    layers = dead_units(case.objective, *case.weights())
    number, dead, units = max(layers, key=lambda each: each[1] / each[2], default=(0, 0, 1))
    if dead < 0.5 * units:
        return None
    which, tone = (f"all {units}", "bad") if dead == units else (f"{dead} of {units}", "warn")
    happened = f"Dead units: {which} of layer {number} are 0 for every sample. {upper(case.losses())}"
    edit = case.lr(0.3)
    advice = advice_words(edit, "leaky_relu", "the initialisation he")
    why = "No gradient reaches a unit that is 0, so it stays so"
    return TrainingVerdict("dead", "bad" if tone == "bad" else "warn", happened, why, advice, edit)


def _fades(case: Case) -> TrainingVerdict | None:
    """The gradient is lost, or swells, on its way to the first layer."""
    flow, quick = case.flow, case.trend is not None and case.trend.rate > _QUICK
    if flow.kind not in ("vanishes", "explodes", "stops") or quick or case.seen.now(case.seen.right) >= LEARNT:
        return None
    why = upper(flow.words.rstrip(".").partition(": ")[2])
    if flow.kind == "explodes":
        edit = Edit("clip", 1.0) if case.plan.at(case.step).clip == 0 else case.lr(0.3)
        happened = f"Exploding gradients: {case.losses()}"
        return TrainingVerdict("explodes", "warn", happened, why, advice_words(edit, "smaller initial weights"), edit)
    layers = case.objective.net.layers[:-1]
    cures = []
    if any(saturates(each.activation) for each in layers):
        cures.append("relu or gelu units")
    if all(each.norm == "none" for each in layers):
        cures.append("batch normalisation")
    if not any(each.residual for each in layers):
        cures.append("residual connections")
    advice = "" if not cures else f"Try {', '.join(cures)}"
    return TrainingVerdict("vanishes", "warn", f"Vanishing gradients: {case.losses()}", why, advice)


def _over(case: Case) -> TrainingVerdict | None:
    """The test loss rises while the training loss falls."""
    found = over_fitting(case.seen)
    if found is None:
        return None
    since, edit = epoch_words(found.since), case.decay()
    happened = f"Over-fitting since epoch {since}: the test loss has risen from {found.lowest:.3g} to {found.test:.3g}"
    why = f"The training loss fell from {found.before:.3g} to {found.train:.3g} meanwhile"
    advice = advice_words(edit, f"stopping at epoch {since}", "more data")
    return TrainingVerdict("over-fits", "warn", happened, why, advice, edit)


def _swings(case: Case) -> TrainingVerdict | None:
    """A small model on full batches whose update is unstable here."""
    now, rate = case.now, case.rate
    if now.kind not in ("diverges", "overshoots") or rate <= 0:
        return None
    edit = case.lr(0.5 * now.limit / rate if now.limit is not None and now.limit < 2 * rate else 0.5)
    bad = now.kind == "diverges"
    words = "each swing is larger than the last" if bad else "the step is too long for this bend"
    happened = f"{upper(now.kind)} here, {words}: {case.losses()}"
    return TrainingVerdict("diverges", "bad" if bad else "warn", happened, case.rates(), advice_words(edit), edit)


def _learnt(case: Case) -> TrainingVerdict | None:
    """Hardly a training sample is wrong."""
    if not learnt(case.seen):
        return None
    why = upper(case.losses())
    if not by_heart(case.seen):
        return TrainingVerdict("learnt", "good", f"Learnt: {case.shares()}", why)
    edit = case.decay()
    advice = advice_words(edit, "fewer units", "more data")
    return TrainingVerdict("over-fits", "warn", f"Learnt by heart: {case.shares()}", why, advice, edit)


def _restless(case: Case) -> TrainingVerdict | None:
    """No trend to be seen, or one upwards."""
    trend = case.trend
    motion = None if trend is None else motion_of(trend)
    if trend is None or motion not in ("rises", "jumps"):
        return None
    rising = motion == "rises"
    span = f"over the last {trend.epochs} epochs: {case.losses()}"
    if rising:
        happened = f"Rising, by {percent(-trend.rate)} an epoch {span}"
    else:
        happened = f"Jumps about, by {percent(math.expm1(trend.scatter))} up and down {span}"
    why = f"The training loss rose in {trend.rises} of {trend.epochs} epochs, {case.rates()}"
    other = [] if case.full else [f"batches larger than {case.plan.batch}"]
    other += ["a schedule that decays"] if case.plan.schedule is None else []
    edit = case.lr(0.3)
    return TrainingVerdict("rises" if rising else "jumps", "warn", happened, why, advice_words(edit, *other), edit)


def _falling(case: Case) -> TrainingVerdict | None:
    """There is a trend downwards."""
    trend = case.trend
    if trend is None or motion_of(trend) != "falls":
        return None
    why = f"{case.rates()}{case.shares(', ')}"
    words = f"by {percent(trend.rate)} an epoch over the last {trend.epochs}: {case.losses()}"
    if trend.rate >= SLOW and case.now.kind != "crawls":
        return TrainingVerdict("falls", "plain", f"Still falling, {words}", why)
    edit = case.faster()
    advice = advice_words(edit) if edit is not None else "Allow more epochs"
    return TrainingVerdict("crawls", "warn", f"Crawls, {words}", why, advice, edit)


def _resting(case: Case) -> TrainingVerdict:
    """Nothing moves any more."""
    span = f" over the last {case.trend.epochs} epochs" if case.trend is not None else ""
    happened = f"Hardly moves{span}: {case.losses()}"
    why = f"{case.rates()}{case.shares(', ')}"
    if not case.hidden:
        advice = "This may be the best that the model can do; else add inputs, or a hidden layer"
        return TrainingVerdict("plateau", "plain", happened, why, advice)
    if not case.seen.now(case.seen.right) < _WELL:
        advice = "This may be what the noise of the data allows; else try more units"
        return TrainingVerdict("plateau", "plain", happened, why, advice)
    edit = case.faster()
    return TrainingVerdict("plateau", "warn", happened, why, advice_words(edit, "more units", "other inputs"), edit)
