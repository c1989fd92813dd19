"""A slice through a network's loss, with the path that training took, and how far the picture can be trusted.

Directions: random and filter-normalised (H. Li et al., Visualizing the Loss Landscape of Neural Nets, NeurIPS 2018,
arXiv:1712.09913), the principal components of the path (E. Lorch, Visualizing deep network training trajectories with
PCA, ICML workshop 2016), or from one run's end to another's (I. Goodfellow, O. Vinyals, A. Saxe, arXiv:1412.6544).

A point of the path does not lie in the plane: it is drawn where it falls on it, and `gap` says how the loss there
differs from the loss that the path really had.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from gdsim.analysis.weight_path import weight_path
from gdsim.engine.backend import Plane
from gdsim.errors import SpecError

if TYPE_CHECKING:
    from gdsim.engine.backend import Backend, Cancel
    from gdsim.objectives.network.architecture import Architecture
    from gdsim.objectives.network.network import NetworkObjective

Array = NDArray[np.float64]
Directions = Literal["random", "pca", "runs"]
Progress = Callable[[int, int], None]

_MARGIN = 0.15
_NARROWEST = 0.05  # of the longer side
_FLAT = 1e-9  # beside its length before: what is left of a direction that lay along another one
_WIDEST = 10.0  # filter norms beyond which a random plane follows its path no further
_BANDS = 16


@dataclass(frozen=True, eq=False)
class Track:
    """Another racer's path on the plane: `places` (k, 2) at its `steps` (k,)."""

    racer: int
    places: Array
    steps: NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Landscape:
    """Losses on a plane through weights, and the path on it.

    Attributes:
        kind: how the directions were chosen. racer: whose path it is; step: at which step the plane touches it.
        base: (n,) the weights there, the point (0, 0); first, second: (n,) what one unit of a and b adds.
        a, b: (m,) places along them; values: (m, m) the loss there, row by row along b.
        path: (k, 2) where the path's points fall; steps: (k,) their steps.
        losses: (k,) the loss that each had; shadow: (k,) the loss of the plane where it falls.
        explained: shares of the path's variance along first and second, (2,); NaN without a path.
        names: what the axes are, for the picture.
        others: paths of other racers.
    """

    kind: Directions
    racer: int
    step: int
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
    others: tuple[Track, ...] = ()

    @property
    def held(self) -> float:
        """The share of the path's variance that lies in the plane, 0 to 1; NaN without a path."""
        return min(float(self.explained.sum()), 1.0)

    @property
    def gap(self) -> float:
        """The largest |loss of the plane - loss of the path| beside the path's range of losses."""
        known = np.isfinite(self.losses)
        losses, shadow = self.losses[known], self.shadow[known]
        if not len(losses):
            return float("nan")
        span = float(np.ptp(losses)) or max(abs(float(losses[0])), 1e-300)
        with np.errstate(all="ignore"):
            away = np.abs(shadow - losses)
        return float(np.max(np.where(np.isfinite(away), away, np.inf))) / span

    @property
    def trust(self) -> str:
        """One or two sentences on how far the picture can be trusted."""
        if len(self.path) < 2:
            return f"The plane goes through the weights at step {self.step:,}. There is no path yet."
        if len(self.base) <= 2:
            return "These are all the weights there are: the path lies in this plane, nothing is left out."
        gap, held = self.gap, share_words(self.held)
        if gap < 0.01:
            return f"{held} of the path's movement lies in this plane, and so does its loss."
        most = f"by up to {share_words(gap)} of its range" if np.isfinite(gap) else "beyond all bounds"
        only = "only " if self.held < 0.9 else ""
        return f"The plane's loss is off the path's {most}: {only}{held} of the movement lies in this plane."


def share_words(share: float) -> str:
    """``78 %``, ``0.8 %``, ``< 0.1 %``."""
    percent = 100 * share
    if 0 < percent < 0.1:
        return "< 0.1 %"
    return f"{percent:.1f} %" if percent < 9.95 and percent != 0 else f"{percent:,.0f} %"


def filter_normalised(net: Architecture, theta: Array, random: np.random.Generator) -> Array:
    """A random direction (n,) in which every unit's weights have the norm they have in theta; biases, gains and shifts
    rest. Where all weights of a unit are 0, its direction has the norm 1."""
    found = np.zeros(net.size)
    for layer in net.layers:
        w = theta[layer.weights.place].reshape(layer.weights.shape)
        d = random.standard_normal(w.shape)
        sizes = np.linalg.norm(d, axis=1, keepdims=True)
        norms = np.linalg.norm(w, axis=1, keepdims=True)
        found[layer.weights.place] = (d * np.where(norms > 0, norms, 1.0) / np.where(sizes > 0, sizes, 1.0)).ravel()
    return found


@np.errstate(over="ignore", invalid="ignore")  # a path may lead to 1e200
def landscape(
    history: Any, racer: int, step: int, kind: Directions = "random", *, other: int = -1, reach: float = 1.0,
    resolution: int = 51, seed: int = 0, racers: Sequence[int] = (), cancel: Cancel | None = None,
    progress: Progress | None = None,
) -> Landscape:  # fmt: skip
    """The loss around a racer's weights at `step`, with its whole path so far.

    Args:
        step: of the point at (0, 0), for "random"; the other two go through the end of the path.
        other: the racer at whose end the first axis ends, for "runs".
        reach: how far the plane goes on both sides, in filter norms; for "pca" and "runs" a factor on the path's or
            the line's own size.
        seed: of random directions.
        racers: those whose paths are drawn as well.

    Raises:
        SpecError: no path to find components of, no other racer, weights that are not finite. Cancelled.
    """
    objective: NetworkObjective = history.objective
    path = weight_path(history, racer, cancel)
    if not len(path.points):
        raise SpecError("the weights are not finite", where="landscape", hint="Lower the learning rate")
    others = [weight_path(history, each, cancel) for each in racers if each != racer]
    step = max(0, min(step, history.traces[racer].last)) if kind == "random" else int(path.steps[-1])
    base = history.weights(racer, step)[0] if kind == "random" else path.points[-1]
    if not np.isfinite(base).all():
        raise SpecError(
            f"at step {step:,} the weights are not finite", where="landscape", hint="Go back to a step before"
        )
    random = np.random.Generator(np.random.Philox(seed))
    if kind == "pca":
        first, second = components(path.points)
        names = ("1st component", "2nd component")
    elif kind == "runs":
        first = _towards(history, racer, other, base)
        second = _across(objective.net, base, first, random, float(np.linalg.norm(first)))
        names = (f"towards {history.labels[other]}", "random direction")
    else:
        first, second, names = _random_plane(objective, base, random)
    places = projected(path.points, base, first, second)
    tracks = [Track(each.racer, projected(each.points, base, first, second), each.steps) for each in others]
    reached = [track.places for track in tracks if kind == "runs" and track.racer == other]
    a, b = _ranges(kind, np.concatenate([places, *reached]), reach, resolution)
    values = _surface(history.backend, objective, Plane(base, first, second, a, b), cancel, progress)
    losses = np.array([_loss(history.backend, objective, point, cancel) for point in path.points])
    shadow = np.array([
        _loss(history.backend, objective, base + float(u) * first + float(v) * second, cancel) for u, v in places
    ])  # fmt: skip
    return Landscape(
        kind, racer, step, base, first, second, a, b, values, places, path.steps, losses, shadow,
        explained(path.points, first, second), names, tuple(tracks),
    )  # fmt: skip


def components(path: Array) -> tuple[Array, Array]:
    """The first two principal components of a path (k, n), unit vectors (n,)."""
    if len(path) < 3:
        raise SpecError(
            "a path of three steps at least has components", where="landscape",
            hint="Play on a little, or choose random directions",
        )  # fmt: skip
    centred = _centred(path)
    _, _, axes = np.linalg.svd(centred, full_matrices=False)
    if not np.any(centred):
        raise SpecError("the weights have not moved", where="landscape", hint="Choose random directions")
    return axes[0], axes[1]


def _centred(path: Array) -> Array:
    """The points about their mean, in units of their largest coordinate: squares of a path to 1e200 are finite, too."""
    largest = float(np.max(np.abs(path), initial=0.0)) or 1.0
    scaled = path / largest
    return np.asarray(scaled - scaled.mean(axis=0))


def _towards(history: Any, racer: int, other: int, theta: Array) -> Array:
    if not 0 <= other < len(history) or other == racer:
        raise SpecError("another racer is wanted", where="landscape", hint="Add a second racer and choose it here")
    end = weight_path(history, other).points[-1:]
    if not len(end):
        raise SpecError("the other racer's weights are not finite", where="landscape", hint="Choose another one")
    first: Array = end[0] - theta
    if not float(np.linalg.norm(first)) > 0:
        raise SpecError("both racers stand at the same place", where="landscape", hint="Play on a little")
    return first


def _random_plane(
    objective: NetworkObjective, theta: Array, random: np.random.Generator
) -> tuple[Array, Array, tuple[str, str]]:
    """Two filter-normalised directions; of a model with two weights the whole plane that they span."""
    if objective.n == 2:
        size = max(1.0, float(np.linalg.norm(theta)))
        one, two = np.eye(2) * size
        return one, two, (objective.coordinates[0], objective.coordinates[1])
    first = filter_normalised(objective.net, theta, random)
    second = _across(objective.net, theta, first, random)
    return first, second, ("1st direction", "2nd direction")


def _across(
    net: Architecture, theta: Array, first: Array, random: np.random.Generator, length: float = 0.0
) -> Array:
    """A random direction orthogonal to `first`, filter-normalised or of this length; it takes in all of theta where
    the weights alone have no second direction."""
    second = filter_normalised(net, theta, random)
    size = float(np.linalg.norm(second))
    second = second - first * (second @ first) / (first @ first)
    if not float(np.linalg.norm(second)) > _FLAT * size:
        second = random.standard_normal(len(theta))
        second = second - first * (second @ first) / (first @ first)
    return np.asarray(second * ((length or size) / float(np.linalg.norm(second))))


def projected(points: Array, base: Array, first: Array, second: Array) -> Array:
    """Least-squares coordinates (k, 2) of points (k, n) in the plane base + a first + b second."""
    axes = np.stack([first, second], axis=1)
    found, *_ = np.linalg.lstsq(axes, (points - base).T, rcond=None)
    return np.ascontiguousarray(found.T)


def _ranges(kind: Directions, places: Array, reach: float, resolution: int) -> tuple[Array, Array]:
    low, high = places.min(axis=0), places.max(axis=0)
    if kind == "random":
        side = reach * min(max(1.0, 1.1 * float(np.max(np.abs(places)))), _WIDEST)
        return np.linspace(-side, side, resolution), np.linspace(-side, side, resolution)
    if kind == "runs":
        low, high = np.minimum(low, [-0.25, -0.5]), np.maximum(high, [1.25, 0.5])
    spans = high - low
    half = np.maximum(spans, _NARROWEST * spans.max()) * (0.5 + _MARGIN) * reach
    lows, highs = (low + high) / 2 - half, (low + high) / 2 + half
    return np.linspace(lows[0], highs[0], resolution), np.linspace(lows[1], highs[1], resolution)


def _surface(
    backend: Backend, objective: NetworkObjective, plane: Plane, cancel: Cancel | None, progress: Progress | None
) -> Array:
    """The plane's losses, a band of rows at a time, so that it can be told how far they are."""
    bands = np.array_split(plane.b, min(_BANDS, len(plane.b)))
    found = []
    for number, b in enumerate(bands):
        found.append(backend.landscape(objective, Plane(plane.base, plane.first, plane.second, plane.a, b), cancel))
        if progress is not None:
            progress(number + 1, len(bands))
    return np.concatenate(found)


def _loss(backend: Backend, objective: NetworkObjective, point: Array, cancel: Cancel | None) -> float:
    zero = np.zeros(len(point))
    here = Plane(point, zero, zero, np.zeros(1), np.zeros(1))
    return float(backend.landscape(objective, here, cancel)[0, 0])


def explained(path: Array, first: Array, second: Array) -> Array:
    """Shares of the variance of a path (k, n) along `first`, and along what of `second` is orthogonal to it, (2,)."""
    centred = _centred(path)
    total = float(np.sum(centred**2))
    if not total > 0:
        return np.array([np.nan, np.nan])
    one = first / max(float(np.linalg.norm(first)), 1e-300)
    two = second - one * (second @ one)
    two = two / max(float(np.linalg.norm(two)), 1e-300)
    return np.array([float(np.sum((centred @ axis) ** 2)) / total for axis in (one, two)])
