"""Where a model of two weights ends: the best slope and intercept for squared, absolute and Huber errors, and for
two classes.

Least squares is solved; the others by weighted least squares, again and again (P. J. Huber, Robust Statistics, 1981,
ch. 7; absolute errors: E. J. Schlossmacher, JASA 68 (1973) 857), the logistic one by Newton's method with a slight
ridge, without which two classes that a point parts would have no best curve (J. Friedman et al., The Elements of
Statistical Learning, 4.4.1).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gdsim.catalogue import losses
from gdsim.objectives.network.curves import loss_values
from gdsim.objectives.network.design import Loss

Array = NDArray[Any]
Line = tuple[float, float]
"""Slope m and intercept b."""

_ROUNDS = 100
_NEAR = 12
"""Samples near a line among which a better one is sought."""
_FLAT = 1e-6
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


def least_absolute(x: Array, y: Array, tau: float = 0.5) -> Line | None:
    """m, b with the least sum of |m x + b - y|; with another `tau`, of the quantile's errors: y above the line costs
    tau, y below it 1 - tau.

    Weights 1/|r| lead near a best line; one of the best goes through two samples, which are sought among the nearest.
    """

    def costs(r: Array) -> Array:
        return np.asarray(np.where(r < 0, tau, 1.0 - tau))

    found = _reweighted(x, y, lambda r, scale: costs(r) / np.maximum(np.abs(r), _SMALL * scale))
    if found is None:
        return None
    best, least = found, math.inf
    for _ in range(_ROUNDS):
        before, left = least, best[0] * x + best[1] - y
        near = np.argsort(np.abs(left))[:_NEAR]
        for k, i in enumerate(near):
            for j in near[k + 1 :]:
                if x[i] == x[j]:
                    continue
                slope = float((y[j] - y[i]) / (x[j] - x[i]))
                line = (slope, float(y[i] - slope * x[i]))
                left = line[0] * x + line[1] - y
                size = float((costs(left) * np.abs(left)).sum())
                if size < least:
                    best, least = line, size
        if not least < before:
            break
    return best


def least_huber(x: Array, y: Array, delta: float = 1.0) -> Line | None:
    """m, b with the least sum of Huber's errors: r^2/2 up to |r| = delta, delta (|r| - delta/2) beyond."""
    return _reweighted(x, y, lambda r, _: np.minimum(1.0, delta / np.maximum(np.abs(r), 1e-300)))


def least_log_cosh(x: Array, y: Array) -> Line | None:
    """m, b with the least sum of log cosh(m x + b - y)."""

    def weigh(r: Array, _: float) -> Array:
        size = np.maximum(np.abs(r), 1e-8)  # tanh(r)/r is 1 there
        return np.asarray(np.tanh(size) / size)

    return _reweighted(x, y, weigh)


def least_loss(loss: Loss, x: Array, y: Array) -> Line | None:
    """m, b with the least sum of a smooth loss of o = m x + b, by Newton's method with halved steps; None where that
    finds no place without a slope: the loss has a kink or no minimum."""
    shift, scale = (float(np.mean(x)), float(np.std(x))) if len(x) else (0.0, 0.0)
    if not scale > 0:
        return None
    u = np.stack([(x - shift) / scale, np.ones(len(x))])
    theta = np.zeros(2)
    with np.errstate(all="ignore"):
        for _ in range(_ROUNDS):
            values, slopes = loss_values(loss, (theta @ u)[None, :], y[None, :])
            least, step = float(values.mean()), _newton_step(loss, u, y, theta, slopes[0])
            if step is None or not math.isfinite(least):
                return None
            if np.abs(step).max() <= _SMALL * (1 + np.abs(theta).max()):
                return _unscaled(theta, shift, scale)
            factors = 0.5 ** np.arange(50)
            lower = (factor for factor in factors if _mean_loss(loss, (theta - factor * step) @ u, y) < least)
            factor = next(lower, None)
            if factor is None:
                slope = float(np.abs(u @ slopes[0]).max()) / len(x)
                return _unscaled(theta, shift, scale) if slope <= _FLAT * float(np.abs(slopes).mean()) else None
            theta = theta - factor * step
    return None


def _mean_loss(loss: Loss, o: Array, y: Array) -> float:
    return float(loss_values(loss, o[None, :], y[None, :])[0].mean())


def _newton_step(loss: Loss, u: Array, y: Array, theta: Array, slopes: Array) -> Array | None:
    """H^-1 g of the mean loss at theta, the curvature by central differences of the slope; the gradient itself where
    there is no curvature, None where it is not finite or the loss bends downwards."""
    o = theta @ u
    h = 1e-5 * (1.0 + np.abs(o))
    above, below = (loss_values(loss, (o + sign * h)[None, :], y[None, :])[1][0] for sign in (1, -1))
    if (above - below < -_FLAT * (np.abs(above) + np.abs(below))).any():
        return None
    curve = np.maximum((above - below) / (2 * h), 0.0)
    gradient, hessian = u @ slopes / len(y), (u * curve) @ u.T / len(y)
    if not (np.isfinite(gradient).all() and np.isfinite(hessian).all()):
        return None
    if np.linalg.eigvalsh(hessian)[0] <= _SMALL * max(float(hessian.max()), 1e-300):
        return np.asarray(gradient)
    return np.asarray(np.linalg.solve(hessian, gradient))


def _unscaled(theta: Array, shift: float, scale: float) -> Line:
    slope = float(theta[0]) / scale
    return (slope, float(theta[1]) - slope * shift)


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
    return _unscaled(theta, shift, scale)


def exact_line(loss: Loss, x: Array, y: Array) -> Line | None:
    """Where the line of a loss made for numbers ends; None where that is not known, or there is none."""
    entry = losses().get(loss.name)
    known = entry.values(loss.formula) if entry is not None else None
    if known is None:
        return least_loss(loss, x, y)
    if loss.name in ("mse", "half_mse"):
        return least_squares(x, y)
    if loss.name == "mae":
        return least_absolute(x, y)
    if loss.name == "quantile":
        return least_absolute(x, y, known["tau"])
    if loss.name == "huber":
        return least_huber(x, y, known["delta"])
    return least_log_cosh(x, y) if loss.name == "log_cosh" else least_loss(loss, x, y)


def best_line(loss: Loss, x: Array, y: Array) -> Line | None:
    """Where the model of two weights with this loss ends, or near it: for classes the logistic curve, where nothing is
    known the least squares' line.

    Args:
        x, y: (m,), y written as `loss.targets` says.
    """
    if loss.targets != "number":
        return logistic(x, np.asarray(y > (0.5 if loss.targets == "zero_one" else 0.0), dtype=np.float64))
    found = exact_line(loss, x, y)
    return least_squares(x, y) if found is None else found


@dataclass(frozen=True, slots=True)
class Fit:
    """The best line for a loss: its name and title, slope and intercept; `own`: it is the run's own loss."""

    name: str
    title: str
    line: Line
    own: bool = False


@dataclass(frozen=True, slots=True)
class LineFits:
    """The best lines that are known; `best`: the run's own minimum, None where it is not known exactly."""

    fits: tuple[Fit, ...] = ()
    best: Line | None = None


def line_fits(loss: Loss, x: Array, y: Array, plain: bool) -> LineFits:
    """The best lines of usual losses beside the run's own, or the logistic curve for classes.

    Args:
        x, y: (m,), y written as `loss.targets` says.
        plain: the loss is all there is to J: no penalties, no activation behind the sum.
    """
    if loss.targets != "number":
        found = best_line(loss, x, y)
        return LineFits() if found is None else LineFits((Fit("logistic", "Most likely", found),))
    own = "mse" if loss.name == "half_mse" else loss.name
    best = exact_line(loss, x, y)
    lines = (
        ("mse", "Squared", least_squares(x, y)),
        ("mae", "Absolute", least_absolute(x, y)),
        ("huber", "Huber", best if own == "huber" else least_huber(x, y)),
    )
    fits = tuple(Fit(name, title, line, name == own) for name, title, line in lines if line is not None)
    return LineFits(fits, best if plain else None)


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
