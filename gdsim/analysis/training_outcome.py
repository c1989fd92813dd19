"""How a training run ended, in words: the loss, over-fitting, learning rates that were too large."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from gdsim.analysis.training_judgement import FEWEST, SLOW, blown_up, by_heart, learnt, motion_of, over_fitting
from gdsim.analysis.training_progress import progress, trend_of
from gdsim.analysis.training_words import epoch_words, percent, share_words
from gdsim.engine.status import Status

if TYPE_CHECKING:
    from gdsim.engine.backend import RacerPlan
    from gdsim.engine.trace import Trace


def training_outcome(plan: RacerPlan, trace: Trace, status: Status) -> tuple[Status, str]:
    """The final status of a racer that trained a model, and a sentence on it."""
    row = trace.row(-1)
    train = trace.column("train_loss")
    seen = train[np.isfinite(train)]
    loss = float(seen[-1]) if len(seen) else row.loss
    if status is Status.TARGET:
        arrived = f"reached the target loss {plan.target:g} after {_epochs(trace)}"
        return status, f"{arrived}: the training loss is {loss:.4g}"
    if status is Status.DIVERGED:
        if row.step == 0:
            return status, "the loss is not finite at the start. Begin with smaller weights, or standardise the inputs"
        return status, (
            f"left the range of finite numbers at step {row.step:,}. Lower the learning rate from {row.lr:.3g}, clip "
            "the gradient, or standardise the inputs"
        )
    if status is Status.PLATEAU:
        return status, (
            f"stopped early after {_epochs(trace)}: the {_judge(trace)} loss has not improved for "
            f"{plan.patience:,} epochs"
        )
    if status is Status.CONVERGED:
        return status, f"gradient (over all samples) and last step are below the tolerance; the loss is {loss:.4g}"
    if status is Status.STEP_LIMIT:
        return status, _step_limit(trace)
    return status, status.words


def _judge(trace: Trace) -> str:
    return "test" if np.isfinite(trace.column("test_loss", 0, 1)).any() else "training"


def _epochs(trace: Trace) -> str:
    epochs = float(trace.column("epoch", trace.last)[0])
    return "1 epoch" if epochs == 1 else f"{epochs:,.4g} epochs"


def _step_limit(trace: Trace) -> str:
    words, seen = f"trained for {_epochs(trace)}", progress(trace, trace.last)
    if blown_up(seen):
        rate = float(trace.column("lr", trace.last)[0])
        return (
            f"{words}; the loss grew from {seen.train[0]:.3g} to {seen.train[-1]:.3g}: it diverges. Lower the learning "
            f"rate from {rate:.3g}, clip the gradient, or standardise the inputs"
        )
    if len(seen.train) < FEWEST:
        return f"{words}. Allow more steps to see where it goes"
    over = over_fitting(seen)
    if over is not None:
        return (
            f"{words}; the test loss has been rising since epoch {epoch_words(over.since)} while the training loss "
            "fell: it is over-fitting. Stop early, add weight decay, or use more data"
        )
    if learnt(seen):
        right, tested = share_words(seen.now(seen.right)), seen.now(seen.right_test)
        rest = f" and {share_words(tested)} of the test samples" if math.isfinite(tested) else ""
        known = f"{words}; {right} of the training samples{rest} are right"
        return f"{known}: it is over-fitting. Add weight decay, or use more data" if by_heart(seen) else known
    trend = trend_of(seen)
    if trend is None:
        return f"{words}; the loss went from {seen.train[0]:.3g} to {seen.train[-1]:.3g}"
    motion = motion_of(trend)
    if motion == "falls":
        more = "" if trend.rate >= SLOW else ", or raise the learning rate"
        return f"{words}; the loss was still falling, by {percent(trend.rate)} an epoch. Allow more steps{more}"
    if motion in ("rises", "jumps"):
        says = "rises again" if motion == "rises" else "jumps about"
        return f"{words}; the loss {says}. Lower the learning rate, let it decay, or use larger batches"
    return f"{words}; the loss hardly moves any more"
