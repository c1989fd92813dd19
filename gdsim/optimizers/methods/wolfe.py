"""A line search for the strong Wolfe conditions: J. Nocedal, S. Wright, Numerical Optimization, algorithms 3.5, 3.6.

With phi(a) = J(theta + a d): phi(a) <= phi(0) + c1 a phi'(0) and |phi'(a)| <= c2 |phi'(0)|.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

C1, C2 = 1e-4, 0.1
_TRIALS = 30
_ROUNDING = 1e-15


class Trial(NamedTuple):
    """A length a, phi(a) and phi'(a)."""

    length: float
    value: float
    slope: float


def strong_wolfe(phi: Callable[[float], tuple[float, float]], zero: Trial, first: float) -> Trial | None:
    """A length that satisfies both conditions, or the best with enough gain, or None where nothing gains.

    Args:
        phi: length -> (value, slope).
        zero: length 0; its slope is negative.
        first: the length to try first, positive.
    """
    last, length = zero, first
    best: Trial | None = None
    for k in range(_TRIALS):
        trial = Trial(length, *phi(length))
        if not _gains(trial, zero) or (k > 0 and trial.value >= last.value):
            return _zoom(phi, zero, last, trial) or best
        if abs(trial.slope) <= -C2 * zero.slope:
            return trial
        if trial.slope >= 0.0:
            return _zoom(phi, zero, trial, last) or trial
        best, last, length = trial, trial, 2.0 * length
        if not math.isfinite(length):
            break
    return best


def _gains(trial: Trial, zero: Trial) -> bool:
    allowed = zero.value + C1 * trial.length * zero.slope
    return trial.value <= allowed or (
        # Rounding hides the gain close to a minimum: there the slope decides.
        trial.value <= zero.value + _ROUNDING * abs(zero.value) and abs(trial.slope) <= -C2 * zero.slope
    )


def _zoom(phi: Callable[[float], tuple[float, float]], zero: Trial, low: Trial, high: Trial) -> Trial | None:
    """Between `low`, the best so far, and `high` there is a length that will do."""
    for _ in range(_TRIALS):
        length = _between(low, high)
        if length in (low.length, high.length):
            break
        trial = Trial(length, *phi(length))
        if not _gains(trial, zero) or trial.value > low.value:
            high = trial
            continue
        if abs(trial.slope) <= -C2 * zero.slope:
            return trial
        if trial.slope * (high.length - low.length) >= 0.0:
            high = low
        low = trial
    return low if low.length > 0.0 else None


def _between(low: Trial, high: Trial) -> float:
    """The minimum of the cubic through both ends, kept off them; the middle where there is none."""
    middle = 0.5 * (low.length + high.length)
    width = high.length - low.length
    if not (math.isfinite(high.value) and math.isfinite(high.slope)):
        return low.length + 0.1 * width
    lean = low.slope + high.slope - 3.0 * (low.value - high.value) / (low.length - high.length)
    inside = lean * lean - low.slope * high.slope
    if not inside >= 0.0:
        return middle
    root = math.copysign(math.sqrt(inside), width)
    below = high.slope - low.slope + 2.0 * root
    if below == 0.0:
        return middle
    length = high.length - width * (high.slope + root - lean) / below
    share = (length - low.length) / width
    return length if 0.02 <= share <= 0.98 else middle
