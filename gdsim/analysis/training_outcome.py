"""How a training run ended, in words: the loss, over-fitting, learning rates that were too large."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from gdsim.engine.status import Status

if TYPE_CHECKING:
    from gdsim.engine.backend import RacerPlan
    from gdsim.engine.trace import Trace

_GROWN = 10.0
"""Times its first value beyond which a loss that still grows is said to diverge."""
_OVERFIT = 1.2
"""How far above its lowest value a test loss has to be, while the training loss still falls, to be told."""


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
        return status, _step_limit(trace, seen)
    return status, status.words


def _judge(trace: Trace) -> str:
    return "test" if np.isfinite(trace.column("test_loss", 0, 1)).any() else "training"


def _epochs(trace: Trace) -> str:
    epochs = float(trace.column("epoch", trace.last)[0])
    return "1 epoch" if epochs == 1 else f"{epochs:,.4g} epochs"


def _step_limit(trace: Trace, train: np.ndarray) -> str:
    words = f"trained for {_epochs(trace)}"
    test = trace.column("test_loss")
    test = test[np.isfinite(test)]
    if len(train) < 3:
        return f"{words}. Allow more steps to see where it goes"
    if train[-1] > _GROWN * max(abs(float(train[0])), 1e-300) and train[-1] > train[len(train) // 2]:
        rate = float(trace.column("lr", trace.last)[0])
        return (
            f"{words}; the loss grew from {train[0]:.3g} to {train[-1]:.3g}: it diverges. Lower the learning rate from "
            f"{rate:.3g}, clip the gradient, or standardise the inputs"
        )
    lowest = int(np.argmin(test)) if len(test) else 0
    if len(test) > 3 and lowest < len(test) - 1 and test[-1] > _OVERFIT * test[lowest] and train[-1] < train[lowest]:
        return (
            f"{words}; the test loss has been rising since epoch {_epoch_at(trace, lowest)} while the training loss "
            "fell: it is over-fitting. Stop early, add weight decay, or use more data"
        )
    back = max(1, len(train) // 10)
    drop = float(train[-1 - back] - train[-1])
    if drop > 1e-3 * abs(float(train[-1 - back])):
        share = 100 * drop / abs(float(train[-1 - back]))
        return f"{words}; the loss was still falling (by {share:.2g} % in the last tenth). Allow more steps"
    spread = float(np.ptp(train[-1 - back :]))
    if spread > 0.05 * abs(float(train[-1])) and not math.isclose(spread, 0.0):
        return f"{words}; the loss jumps about. Lower the learning rate, let it decay, or use larger batches"
    return f"{words}; the loss hardly moves any more"


def _epoch_at(trace: Trace, number: int) -> str:
    test = trace.column("test_loss")
    step = int(np.flatnonzero(np.isfinite(test))[number])
    return f"{float(trace.column('epoch', step, step + 1)[0]):,.4g}"
