"""How classes are written as the numbers that a loss compares with, and which class an output means."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gdsim.errors import SpecError
from gdsim.objectives.network.curves import predict
from gdsim.objectives.network.design import Loss

Array = NDArray[Any]

_SPAN, _FAR, _NEAR = 20.0, 1e6, 1e-12


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


@lru_cache(maxsize=64)
def threshold(loss: Loss) -> float:
    """The output above which two classes are decided to be the second: the one that is read as a share of 0.5; 0 where
    classes are -1 and 1.

    Raises:
        SpecError: a prediction that does not rise through 0.5 once.
    """
    if loss.targets != "zero_one":
        return 0.0
    if not loss.prediction:
        return 0.5
    found = _half(loss)
    outputs = np.linspace(found - _SPAN, found + _SPAN, 401)
    with np.errstate(all="ignore"):
        above = predict(loss, outputs[None, :])[0] > 0.5
    if not np.array_equal(above, outputs > found):
        what = f"the prediction {loss.prediction} does not rise through 0.5 once, so that no output parts the classes"
        raise SpecError(what, where="loss", hint="Write a share of the second class, such as sigmoid(o)")
    return found


def scale_of(loss: Loss) -> tuple[float, float]:
    """Where two classes part in what an output means (see `meaning`), and how far from there it is quite sure."""
    middle = float(predict(loss, np.array([[threshold(loss)]]))[0, 0])
    return (0.5, 0.5) if abs(middle - 0.5) < _NEAR else (middle, 1.0)


def _half(loss: Loss) -> float:
    """An output whose prediction is 0.5, by bisection; 0 where none is found."""

    def above(output: float) -> bool:
        with np.errstate(all="ignore"):
            return bool(predict(loss, np.array([[output]]))[0, 0] > 0.5)

    if abs(float(predict(loss, np.zeros((1, 1)))[0, 0]) - 0.5) < _NEAR:
        return 0.0
    low, high = -1.0, 1.0
    while above(low) and low > -_FAR:
        low *= 2.0
    while not above(high) and high < _FAR:
        high *= 2.0
    if above(low) or not above(high):
        return 0.0
    while low < (middle := 0.5 * (low + high)) < high:
        low, high = (low, middle) if above(middle) else (middle, high)
    return low


def accuracy(loss: Loss, outputs: Array, y: Array, classes: int) -> float:
    """Share of samples whose class is right; NaN for a regression and without samples."""
    if not classes or not outputs.shape[1]:
        return float("nan")
    return float(np.mean(decided(loss, outputs, classes) == y))


def meaning(loss: Loss, outputs: Array) -> Array:
    """What outputs (k, m) say to a person: probabilities where the loss has them."""
    return predict(loss, outputs)
