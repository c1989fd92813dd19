"""Whether two places where descent came to rest are the same place: no slope to speak of on the way between them.

Two end points of one minimum lie apart by about tolerance over curvature, and along the line between them the slope
stays as small as at its ends, for the gradient changes evenly there. Between two minima it does not: the ground rises
and falls again. In a curved valley floor (a circle of minima) the way bends: points of the line are first let down
across it, onto the floor.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from gdsim.analysis.curvature import EXACT_UP_TO

if TYPE_CHECKING:
    from gdsim.objectives import Objective

Floats = NDArray[np.float64]

SLACK = 2.0
"""How many times the slope at the ends may be on the way."""
_GOLDEN = 0.6180339887498949
_TOGETHER = 1 << 15  # points evaluated at once: the interpreter's temporaries stay in the cache
_ROUNDING = 1e-12
_NEWTON_STEPS = 12
_DESCENT_STEPS = 200
_HALVINGS = 40
_NEARLY = 100.0  # times the tolerance: rounding leaves no lower point
_CURVED = 1e-3


def _places(inner: int) -> Floats:
    """Shares of the way: close to both ends, and `inner` irregular ones, which no pattern of minima meets."""
    near = 10.0 ** -np.arange(1, 5)
    middle = (np.arange(1, inner + 1) * _GOLDEN) % 1.0
    return np.sort(np.concatenate([near, 1 - near, middle]))


CLOSELY, ROUGHLY = _places(24), _places(3)


@dataclass(frozen=True, eq=False)
class Ground:
    """What members come to rest on: the objective, with weight decay (L2) where they have it.

    Attributes:
        tolerance: the gradient's norm at which they rest. decay: adds decay * theta to the gradient.
    """

    objective: Objective
    tolerance: float
    decay: float = 0.0

    @cached_property
    def has_hessian(self) -> bool:
        """Whether second derivatives are worth taking."""
        return self.objective.n <= EXACT_UP_TO

    def value(self, point: Floats) -> float:
        """J, decay included, at a point (n,)."""
        with np.errstate(all="ignore"):
            return float(self.objective.value(point)) + 0.5 * self.decay * float(point @ point)

    def slopes(self, points: Floats) -> Floats:
        """Gradients (n, m) at points (n, m); not a number where there is none."""
        return self.both(points)[1]

    def both(self, points: Floats) -> tuple[Floats, Floats]:
        """J (m,) and gradients (n, m) at points (n, m), decay included."""
        with np.errstate(all="ignore"):
            values, slopes = self.objective.value_gradient(points)
            values, slopes = np.asarray(values, dtype=np.float64), np.asarray(slopes, dtype=np.float64)
            if not self.decay:
                return values, slopes
            raised: Floats = values + 0.5 * self.decay * np.sum(points * points, axis=0)
            steeper: Floats = slopes + self.decay * points
            return raised, steeper

    def hessian(self, point: Floats) -> Floats | None:
        """The Hessian (n, n) at a point; None where it is not finite."""
        with np.errstate(all="ignore"):
            found = np.asarray(self.objective.hessian(point), dtype=np.float64)
        if not np.isfinite(found).all():
            return None
        return np.asarray(0.5 * (found + found.T) + self.decay * np.eye(len(point)))

    def level(self, points: Floats) -> Floats:
        """The slope (m,) that counts as none at points (n, m): the tolerance, or what a coarser arithmetic left."""
        return np.asarray(np.fmax(self.tolerance, np.linalg.norm(self.slopes(points), axis=0)))


def joined(ground: Ground, first: Floats, second: Floats, shares: Floats = CLOSELY) -> NDArray[np.bool_]:
    """Whether the straight way between points (n, m) and (n, m) is level, (m,): no slope along it, no other height."""
    m = first.shape[1]
    found = np.zeros(m, dtype=bool)
    size = max(1, _TOGETHER // len(shares))
    for begin in range(0, m, size):
        part = slice(begin, min(m, begin + size))
        found[part] = _joined(ground, first[:, part], second[:, part], shares)
    return found


def _joined(ground: Ground, first: Floats, second: Floats, shares: Floats) -> NDArray[np.bool_]:
    n, m = first.shape
    way = second - first
    length = np.linalg.norm(way, axis=0)
    with np.errstate(all="ignore"):
        unit = way / length
        points = np.concatenate([first[:, :, None] + way[:, :, None] * shares, second[:, :, None]], axis=2)
        values, slopes = ground.both(points.reshape(n, -1))
        values, slopes = values.reshape(m, -1), slopes.reshape(n, m, -1)
        start, begin = ground.both(first)
        ends = np.maximum(np.linalg.norm(begin, axis=0), np.linalg.norm(slopes[:, :, -1], axis=0))
        allowed = SLACK * np.fmax(ground.tolerance, ends)
        level = np.all(np.abs(np.einsum("im,imk->mk", unit, slopes)) <= allowed[:, None], axis=1)
        # a jump shows in no slope
        rise = allowed * length + _ROUNDING * (1.0 + np.abs(start))
        level &= np.all(np.abs(values - start[:, None]) <= rise[:, None], axis=1)
    return np.asarray(level | (length == 0))


def joined_on_floor(ground: Ground, first: Floats, second: Floats) -> bool:
    """Whether the way between two points (n,) is level when each of its points is let down across it."""
    way = second - first
    length = float(np.linalg.norm(way))
    if length == 0:
        return True
    unit = way / length
    allowed = SLACK * float(np.max(ground.level(np.stack([first, second], axis=1))))
    start, end = ground.value(first), ground.value(second)
    if not abs(start - end) <= allowed * length + _ROUNDING * (1.0 + abs(start)):
        return False
    return all(_rests_across(ground, first + share * way, unit, allowed, length) for share in CLOSELY[4::3])


def _rests_across(ground: Ground, point: Floats, unit: Floats, allowed: float, reach: float) -> bool:
    """Whether the lowest point across `unit`, found by Newton's method from `point`, has no slope along it either."""
    across = np.eye(len(point)) - np.outer(unit, unit)
    begin = point
    for _ in range(_NEWTON_STEPS):
        slope = ground.slopes(point[:, None])[:, 0]
        if not np.isfinite(slope).all():
            return False
        if np.linalg.norm(across @ slope) <= allowed:
            return bool(abs(unit @ slope) <= allowed)
        hessian = ground.hessian(point)
        if hessian is None:
            return False
        point = point + newton_step(across @ hessian @ across, across @ slope)
        if np.linalg.norm(point - begin) > reach:
            return False
    return False


def newton_step(hessian: Floats, slope: Floats, least: float = 1e-9) -> Floats:
    """The step to where the slope vanishes; directions that curve less than `least` of the most curved are left alone,
    a curvature downwards is taken as upward."""
    values, vectors = np.linalg.eigh(hessian)
    floor = least * max(float(np.max(np.abs(values))), 1e-300)
    curved = np.abs(values) > floor
    along = vectors.T @ slope
    return np.asarray(-vectors[:, curved] @ (along[curved] / np.abs(values[curved])))


def polished(ground: Ground, point: Floats, reach: float) -> tuple[Floats, Any]:
    """Where the gradient vanishes exactly near `point` (no further than `reach`), by Newton's method, and the Hessian.

    The point itself where the method does not lower the slope.
    """
    hessian = ground.hessian(point) if ground.has_hessian else None
    size = float(np.linalg.norm(ground.slopes(point[:, None])))
    begin = point
    for _ in range(_NEWTON_STEPS):
        if hessian is None or not size > 0:
            break
        values, vectors = np.linalg.eigh(hessian)
        if np.min(np.abs(values)) <= 1e-12 * np.max(np.abs(values)):
            break
        next_point = point - vectors @ ((vectors.T @ ground.slopes(point[:, None])[:, 0]) / values)
        next_size = float(np.linalg.norm(ground.slopes(next_point[:, None])))
        if not next_size < size or np.linalg.norm(next_point - begin) > reach:
            break
        point, size, hessian = next_point, next_size, ground.hessian(next_point)
    return point, hessian


def descended(ground: Ground, point: Floats) -> Floats | None:
    """Where the way down from `point` comes to rest; None where it does not.

    Newton's method with every curvature taken as upward, each step halved until it lowers the loss; along the slope
    itself where there are too many coordinates for a Hessian.
    """
    value = ground.value(point)
    for _ in range(_DESCENT_STEPS):
        slope = ground.slopes(point[:, None])[:, 0]
        if not np.isfinite(slope).all():
            return None
        if np.linalg.norm(slope) <= ground.tolerance:
            return point
        hessian = ground.hessian(point) if ground.has_hessian else None
        step = -slope if hessian is None else newton_step(hessian, slope)
        lowered = _lowered(ground, point, value, step)
        if lowered is None:
            return point if np.linalg.norm(slope) <= _NEARLY * ground.tolerance else None
        point, value = lowered
    return None


def _lowered(ground: Ground, point: Floats, value: float, step: Floats) -> tuple[Floats, float] | None:
    """The point after the step, or a half, a quarter ... of it, where it is lower, and the loss there."""
    for _ in range(_HALVINGS):
        lower = ground.value(point + step)
        if lower < value:
            return point + step, lower
        step = 0.5 * step
    return None


def on_floor(ground: Ground, point: Floats) -> Floats:
    """The point let down onto the floor of its valley, along the directions that are well curved."""
    size = float(np.linalg.norm(ground.slopes(point[:, None])))
    for _ in range(_NEWTON_STEPS):
        hessian = ground.hessian(point) if ground.has_hessian else None
        if hessian is None or not size > 0:
            break
        below = point + newton_step(hessian, ground.slopes(point[:, None])[:, 0], _CURVED)
        below_size = float(np.linalg.norm(ground.slopes(below[:, None])))
        if not below_size < size:
            break
        point, size = below, below_size
    return point
