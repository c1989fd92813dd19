"""Where a model of two weights ends: the best slope and intercept for squared, absolute and Huber errors, and for
two classes.

Least squares is solved; the others by weighted least squares, again and again (P. J. Huber, Robust Statistics, 1981,
ch. 7; absolute errors: E. J. Schlossmacher, JASA 68 (1973) 857), the logistic one by Newton's method with a slight
ridge, without which two classes that a point parts would have no best curve (J. Friedman et al., The Elements of
Statistical Learning, 4.4.1).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
Line = tuple[float, float]
"""Slope m and intercept b."""

_ROUNDS = 100
_RIDGE = 1e-3
_SMALL = 1e-9


def least_squares(x: Array, y: Array, weights: Array | None = None) -> Line | None:
    """m, b with the least sum of weights*(m x + b - y)^2 over samples (m,); None without two different places."""
    w = np.ones(len(x)) if weights is None else weights
    total = float(w.sum())
    if not len(x) or not total > 0:
        return None
    middle, height = float(w @ x) / total, float(w @ y) / total
    apart = x - middle
    spread = float(w @ (apart * apart))
    if not spread > _SMALL**2 * max(total, 1.0) * max(1.0, middle * middle):
        return None
    slope = float(w @ (apart * (y - height))) / spread
    return (slope, height - slope * middle)


def least_absolute(x: Array, y: Array) -> Line | None:
    """m, b with the least sum of |m x + b - y|.

    Weights 1/|r| lead near a best line; one of the best goes through two samples, which are sought among the nearest.
    """
    found = _reweighted(x, y, lambda r, scale: 1.0 / np.maximum(np.abs(r), _SMALL * scale))
    if found is None:
        return None
    near = np.argsort(np.abs(found[0] * x + found[1] - y))[:12]
    best, least = found, float(np.abs(found[0] * x + found[1] - y).sum())
    for k, i in enumerate(near):
        for j in near[k + 1 :]:
            if x[i] == x[j]:
                continue
            slope = float((y[j] - y[i]) / (x[j] - x[i]))
            line = (slope, float(y[i] - slope * x[i]))
            size = float(np.abs(line[0] * x + line[1] - y).sum())
            if size < least:
                best, least = line, size
    return best


def least_huber(x: Array, y: Array, delta: float = 1.0) -> Line | None:
    """m, b with the least sum of Huber's errors: r^2/2 up to |r| = delta, delta (|r| - delta/2) beyond."""
    return _reweighted(x, y, lambda r, _: np.minimum(1.0, delta / np.maximum(np.abs(r), 1e-300)))


def _reweighted(x: Array, y: Array, weigh: Any) -> Line | None:
    line = least_squares(x, y)
    if line is None:
        return None
    scale = max(float(np.abs(y).max()), 1e-300)
    for _ in range(_ROUNDS):
        before = line
        line = least_squares(x, y, weigh(before[0] * x + before[1] - y, scale))
        if line is None:
            return before
        if max(abs(line[0] - before[0]), abs(line[1] - before[1])) <= _SMALL * (1 + abs(line[0]) + abs(line[1])):
            break
    return line


def logistic(x: Array, y: Array) -> Line | None:
    """m, b with the greatest likelihood of classes y, 0 or 1, under sigmoid(m x + b), the ridge small."""
    if not len(x):
        return None
    shift, scale = float(np.mean(x)), float(np.std(x))
    if not scale > 0:
        return None
    u = np.stack([(x - shift) / scale, np.ones(len(x))])
    theta = np.zeros(2)
    for _ in range(_ROUNDS):
        p = 1.0 / (1.0 + np.exp(-np.clip(theta @ u, -500, 500)))
        gradient = u @ (p - y) / len(x) + _RIDGE * theta
        hessian = (u * (p * (1 - p))) @ u.T / len(x) + _RIDGE * np.eye(2)
        step = np.linalg.solve(hessian, gradient)
        size = float(np.abs(step).max())
        theta -= step * min(1.0, 4.0 / max(size, 1e-300))
        if size < _SMALL:
            break
    slope = float(theta[0]) / scale
    return (slope, float(theta[1]) - slope * shift)


def best_line(loss: str, targets: str, x: Array, y: Array, delta: float = 1.0) -> Line | None:
    """Where the model of two weights with this loss ends, or near it: of losses that are none of those above the least
    squares' line, for classes the logistic curve. `targets` as `network.design.Loss` has them, y written so."""
    if targets != "number":
        return logistic(x, np.asarray(y > (0.5 if targets == "zero_one" else 0.0), dtype=np.float64))
    if loss == "mae":
        return least_absolute(x, y)
    if loss in ("huber", "log_cosh"):
        return least_huber(x, y, delta)
    return least_squares(x, y)


def around(points: list[Line], low: tuple[float, float]) -> tuple[tuple[float, float], tuple[float, float]]:
    """Round ranges of m and b that hold all `points` with room around them, the first in the middle.

    Args:
        low: half widths that are the least.
    """
    found = []
    for k in range(2):
        values = [point[k] for point in points if np.isfinite(point[k])]
        centre = values[0] if values else 0.0
        half = max(1.3 * max((abs(value - centre) for value in values), default=0.0), low[k], _SMALL)
        grain = 10.0 ** np.floor(np.log10(half)) / 4
        digits = max(0, 3 - int(np.floor(np.log10(half))))
        edge = (np.floor((centre - half) / grain) * grain, np.ceil((centre + half) / grain) * grain)
        found.append((round(float(edge[0]), digits), round(float(edge[1]), digits)))
    return found[0], found[1]
