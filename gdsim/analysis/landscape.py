"""A slice through a network's loss, with the path that training took, and how far the picture can be trusted.

Directions: random and filter-normalised (H. Li et al., Visualizing the Loss Landscape of Neural Nets, NeurIPS 2018,
arXiv:1712.09913), the principal components of the path (E. Lorch, Visualizing deep network training trajectories with
PCA, ICML workshop 2016), or from one run's end to another's (I. Goodfellow, O. Vinyals, A. Saxe, arXiv:1412.6544).

A point of the path does not lie in the plane: it is drawn where it falls on it, and `gap` says how the loss there
differs from the loss that the path really had.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from gdsim.engine.backend import Plane
from gdsim.errors import Cancelled, SpecError

if TYPE_CHECKING:
    from gdsim.engine.backend import Backend, Cancel
    from gdsim.objectives.network.architecture import Architecture
    from gdsim.objectives.network.network import NetworkObjective

Array = NDArray[np.float64]
Directions = Literal["random", "pca", "runs"]

_MOST_POINTS = 48
_MARGIN = 0.15


@dataclass(frozen=True, eq=False)
class Landscape:
    """Losses on a plane through weights, and the path on it.

    Attributes:
        kind: how the directions were chosen.
        base: (n,) the point at (0, 0); first, second: (n,) what one unit of a and b adds.
        a, b: (m,) places along them; values: (m, m) the loss there, row by row along b.
        path: (k, 2) where the path's points fall; steps: (k,) their steps.
        losses: (k,) the loss that each had; shadow: (k,) the loss of the plane where it falls.
        explained: shares of the path's variance along first and second, (2,); NaN without a path.
        names: what the axes are, for the picture.
    """

    kind: Directions
    base: Array
    first: Array
    second: Array
    a: Array
    b: Array
    values: Array
    path: Array
    steps: NDArray[np.int64]
    losses: Array
    shadow: Array
    explained: Array
    names: tuple[str, str]

    @property
    def gap(self) -> float:
        """The largest |loss of the plane - loss of the path| beside the path's range of losses."""
        if not len(self.losses):
            return float("nan")
        span = float(np.ptp(self.losses)) or max(abs(float(self.losses[0])), 1e-300)
        return float(np.max(np.abs(self.shadow - self.losses))) / span


def filter_normalised(net: Architecture, theta: Array, random: np.random.Generator) -> Array:
    """A random direction (n,) in which every unit's weights have the norm they have in theta; biases, gains and shifts
    rest."""
    found = np.zeros(net.size)
    for layer in net.layers:
        w = theta[layer.weights.place].reshape(layer.weights.shape)
        d = random.standard_normal(w.shape)
        sizes = np.linalg.norm(d, axis=1, keepdims=True)
        d *= np.linalg.norm(w, axis=1, keepdims=True) / np.where(sizes > 0, sizes, 1.0)
        found[layer.weights.place] = d.ravel()
    return found


def landscape(
    history: Any, racer: int, step: int, kind: Directions = "random", *, other: int = -1, reach: float = 1.0,
    resolution: int = 51, seed: int = 0, cancel: Cancel | None = None,
) -> Landscape:  # fmt: skip
    """The loss around a racer's weights at `step`.

    Args:
        other: the racer at whose end the first axis ends, for "runs".
        reach: how far the plane goes on both sides, in filter norms; for "pca" and "runs" a factor on the path's or
            the line's own size.

    Raises:
        SpecError: no path to find components of; no other racer. Cancelled.
    """
    objective: NetworkObjective = history.objective
    theta, _ = history.weights(racer, step)
    steps, path = _path(history, racer, step, cancel)
    random = np.random.Generator(np.random.Philox(seed))
    base = theta
    if kind == "pca":
        first, second = _components(path, theta)
        names = ("1st component", "2nd component")
    elif kind == "runs":
        first = _towards(history, racer, other, theta)
        across = filter_normalised(objective.net, theta, random)
        across -= first * (across @ first) / (first @ first)
        second = across * (np.linalg.norm(first) / max(float(np.linalg.norm(across)), 1e-300))
        names = (f"towards {history.labels[other]}", "random direction")
    else:
        first = filter_normalised(objective.net, theta, random)
        second = filter_normalised(objective.net, theta, random)
        second -= first * (second @ first) / max(float(first @ first), 1e-300)
        names = ("1st direction", "2nd direction")
    places = _project(path, base, first, second)
    a, b = _ranges(kind, places, reach, resolution)
    plane = Plane(base, first, second, a, b)
    values = history.backend.landscape(objective, plane, cancel)
    shadow = _shadow(history.backend, objective, base, first, second, places, cancel)
    losses = np.array([_loss(history.backend, objective, point, cancel) for point in path])
    return Landscape(
        kind, base, first, second, a, b, values, places, steps, losses, shadow,
        _explained(path, first, second), names,
    )  # fmt: skip


def _path(history: Any, racer: int, step: int, cancel: Cancel | None) -> tuple[NDArray[np.int64], Array]:
    """Some steps up to `step` and the weights there, (k, n)."""
    step = max(0, min(step, history.traces[racer].last))
    steps = np.unique(np.round(np.linspace(0, step, min(_MOST_POINTS, step + 1))).astype(np.int64))
    found = []
    for each in steps:
        if cancel is not None and cancel.is_set():
            raise Cancelled("the landscape was not finished")
        found.append(history.weights(racer, int(each))[0])
    return steps, np.stack(found)


def _components(path: Array, theta: Array) -> tuple[Array, Array]:
    """The two directions in which the path spreads most about theta, each as long as the path along it."""
    if len(path) < 3:
        raise SpecError(
            "a path of three steps at least has components", where="landscape",
            hint="Play on a little, or choose random directions",
        )  # fmt: skip
    _, _, axes = np.linalg.svd(path - theta, full_matrices=False)
    spans = [float(np.ptp((path - theta) @ axis)) or 1.0 for axis in axes[:2]]
    return axes[0] * spans[0], axes[1] * max(spans[1], 0.05 * spans[0])


def _towards(history: Any, racer: int, other: int, theta: Array) -> Array:
    if not 0 <= other < len(history) or other == racer:
        raise SpecError("another racer is wanted", where="landscape", hint="Add a second racer and choose it here")
    first: Array = history.weights(other, history.traces[other].last)[0] - theta
    if not float(np.linalg.norm(first)) > 0:
        raise SpecError("both racers stand at the same place", where="landscape", hint="Play on a little")
    return first


def _project(points: Array, base: Array, first: Array, second: Array) -> Array:
    """Least-squares coordinates (k, 2) of points in the plane."""
    axes = np.stack([first, second], axis=1)
    found, *_ = np.linalg.lstsq(axes, (points - base).T, rcond=None)
    return np.ascontiguousarray(found.T)


def _ranges(kind: Directions, places: Array, reach: float, resolution: int) -> tuple[Array, Array]:
    if kind == "random":
        side = np.linspace(-reach, reach, resolution)
        return side, side.copy()
    low, high = places.min(axis=0), places.max(axis=0)
    if kind == "runs":
        low, high = np.minimum(low, [-0.25, -0.5]), np.maximum(high, [1.25, 0.5])
    spans = np.maximum(high - low, 1e-3)
    middle = (low + high) / 2
    half = spans * (0.5 + _MARGIN) * reach
    # a narrow path still gets a plane to look at
    half[1] = max(half[1], 0.35 * half[0] if kind == "runs" else half[1])
    lows, highs = middle - half, middle + half
    return np.linspace(lows[0], highs[0], resolution), np.linspace(lows[1], highs[1], resolution)


def _shadow(
    backend: Backend, objective: NetworkObjective, base: Array, first: Array, second: Array, places: Array,
    cancel: Cancel | None,
) -> Array:  # fmt: skip
    return np.array([_loss(backend, objective, base + a * first + b * second, cancel) for a, b in places])


def _loss(backend: Backend, objective: NetworkObjective, point: Array, cancel: Cancel | None) -> float:
    zero = np.zeros(len(point))
    here = Plane(point, zero, zero, np.zeros(1), np.zeros(1))
    return float(backend.landscape(objective, here, cancel)[0, 0])


def _explained(path: Array, first: Array, second: Array) -> Array:
    centred = path - path.mean(axis=0)
    total = float(np.sum(centred**2))
    if total <= 0:
        return np.array([np.nan, np.nan])
    one = first / max(float(np.linalg.norm(first)), 1e-300)
    two = second - one * (second @ one)
    two = two / max(float(np.linalg.norm(two)), 1e-300)
    return np.array([float(np.sum((centred @ axis) ** 2)) / total for axis in (one, two)])
