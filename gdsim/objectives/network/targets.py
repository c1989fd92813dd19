"""How classes are written as the numbers that a loss compares with, and which class an output means."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from gdsim.errors import SpecError
from gdsim.objectives.network.curves import predict
from gdsim.objectives.network.design import Loss

Array = NDArray[Any]


def outputs_for(loss: Loss, classes: int, target: str = "y") -> int:
    """How many outputs a network needs for so many classes, 0 for a number.

    Raises:
        SpecError: a loss for classes on a number, or of two classes on more of them.
    """
    if not classes:
        if loss.targets != "number":
            raise SpecError(
                f"the loss {loss.name} compares classes, but {target!r} is a number",
                where="loss",
                hint="Choose mse, mae, huber or log_cosh",
            )
        return 1
    if loss.targets == "one_hot":
        return classes
    if classes > 2:
        raise SpecError(
            f"the loss {loss.name} tells two classes apart, and there are {classes}",
            where="loss",
            hint="Choose cross_entropy, or the model softmax",
        )
    return 1


def encoded(loss: Loss, y: Array, classes: int) -> Array:
    """Targets (k, m) float64 for class numbers or values y (m,)."""
    if loss.targets == "one_hot":
        return np.asarray(np.arange(classes)[:, None] == np.asarray(y)[None, :], dtype=np.float64)
    if loss.targets == "plus_minus" or (loss.targets == "number" and classes == 2):
        return 2.0 * np.asarray(y, dtype=np.float64)[None, :] - 1.0
    return np.array(y, dtype=np.float64)[None, :]


def decided(loss: Loss, outputs: Array, classes: int) -> Array:
    """The class numbers (m,) that outputs (k, m) mean; not finite outputs mean class 0."""
    if loss.targets == "one_hot":
        return np.asarray(np.argmax(outputs, axis=0))
    return np.asarray(outputs[0] > threshold(loss), dtype=np.int64)


def threshold(loss: Loss) -> float:
    """The output above which two classes are decided to be the second: 0, or 0.5 where the output is a share."""
    return 0.5 if loss.targets == "zero_one" and not loss.prediction else 0.0


def accuracy(loss: Loss, outputs: Array, y: Array, classes: int) -> float:
    """Share of samples whose class is right; NaN for a regression and without samples."""
    if not classes or not outputs.shape[1]:
        return float("nan")
    return float(np.mean(decided(loss, outputs, classes) == y))


def meaning(loss: Loss, outputs: Array) -> Array:
    """What outputs (k, m) say to a person: probabilities where the loss has them."""
    return predict(loss, outputs)
