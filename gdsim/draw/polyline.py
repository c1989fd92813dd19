"""Long lines made short for the screen: cut at its edges, thinned to its pixels. Arrays in, arrays out."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Box = tuple[float, float, float, float]


def thinned(points: Array, apart: float = 0.5) -> Array:
    """`points` (m, 2), pixels, without those that add less than `apart` pixels to the way; both ends are kept.

    A path that creeps for a million steps in a valley's floor comes out as the few points that the eye can tell apart.
    Points that are not finite are kept: they break the line.
    """
    if len(points) < 3:
        return points
    with np.errstate(all="ignore"):
        step = np.hypot(*np.diff(points, axis=0).T)
        way = np.cumsum(np.where(np.isfinite(step), step, 1e6))
        cell = np.floor(way / apart)
    keep = np.empty(len(points), dtype=bool)
    keep[0] = keep[-1] = True
    keep[1:-1] = (cell[1:] != cell[:-1])[: len(points) - 2] | (cell[:-1] != np.concatenate([[0.0], cell[:-2]]))
    keep |= ~np.isfinite(points).all(axis=1)
    return points[keep]


def simplified(lines: Sequence[Array], within: float) -> list[Array]:
    """Lines (m, 2), finite, without the points that lie within `within` of the line between their neighbours.

    Every second point at a time, four times over: smooth lines keep a tenth of their points. All ends are kept.
    """
    if not lines:
        return []
    points, sizes = np.concatenate(lines), np.array([len(line) for line in lines])
    for _ in range(4):
        ends = np.cumsum(sizes)
        place = np.arange(len(points)) - np.repeat(ends - sizes, sizes)
        middle = np.flatnonzero((place % 2 == 1) & (place < np.repeat(sizes, sizes) - 1))
        before, at, after = points[middle - 1], points[middle], points[middle + 1]
        along, off = after - before, at - before
        length = np.hypot(along[:, 0], along[:, 1])
        across = np.abs(along[:, 0] * off[:, 1] - along[:, 1] * off[:, 0])
        keep = np.ones(len(points), dtype=bool)
        keep[middle] = (length == 0) | (across > within * length)
        points, sizes = points[keep], np.add.reduceat(keep, ends - sizes, dtype=np.intp)
    return np.split(points, np.cumsum(sizes)[:-1])


def clipped(points: Array, box: Box) -> list[Array]:
    """The parts of the line `points` (m, 2) inside `box` (left, top, right, bottom), as lines of at least two points.

    Each segment is cut where it crosses the box (Liang and Barsky, ACM TOG 3(1), 1984), so that a step to 1e300 keeps
    its direction and no painter ever sees its end. Segments with an end that is not finite are left out.
    """
    if len(points) < 2:
        return []
    left, top, right, bottom = box
    inside = (points[:, 0] >= left) & (points[:, 0] <= right) & (points[:, 1] >= top) & (points[:, 1] <= bottom)
    if inside.all():
        return [points]
    start, end = points[:-1], points[1:]
    enter, leave = _crossings(start, end, box)
    seen = enter <= leave
    if not seen.any():
        return []
    with np.errstate(all="ignore"):
        delta = end - start
        first = np.where(enter[:, None] > 0, start + enter[:, None] * delta, start)
        last = np.where(leave[:, None] < 1, start + leave[:, None] * delta, end)
    # A new line begins wherever a segment does not start at the uncut end of the one before it.
    joined = seen[1:] & seen[:-1] & (leave[:-1] >= 1) & (enter[1:] <= 0)
    begins = np.flatnonzero(seen & ~np.concatenate([[False], joined]))
    ends = np.flatnonzero(seen & ~np.concatenate([joined, [False]]))
    return [np.vstack([first[b : b + 1], last[b : e + 1]]) for b, e in zip(begins, ends, strict=True)]


def _crossings(start: Array, end: Array, box: Box) -> tuple[Array, Array]:
    """Where along each segment (0 to 1) it enters and leaves the box; enter > leave for one that misses it."""
    left, top, right, bottom = box
    with np.errstate(all="ignore"):
        delta = end - start
        enter, leave = np.zeros(len(start)), np.ones(len(start))
        for axis, low, high in ((0, left, right), (1, top, bottom)):
            way = delta[:, axis]
            to_low, to_high = (low - start[:, axis]) / way, (high - start[:, axis]) / way
            flat = way == 0
            outside = flat & ((start[:, axis] < low) | (start[:, axis] > high))
            enter = np.where(flat, enter, np.maximum(enter, np.minimum(to_low, to_high)))
            leave = np.where(flat, leave, np.minimum(leave, np.maximum(to_low, to_high)))
            enter = np.where(outside, 2.0, enter)
        finite = np.isfinite(start).all(axis=1) & np.isfinite(end).all(axis=1) & np.isfinite(delta).all(axis=1)
    missed = ~finite | np.isnan(enter) | np.isnan(leave)
    return np.where(missed, 2.0, enter), np.where(missed, -1.0, leave)


def column_extremes(x: Array, y: Array) -> tuple[Array, Array]:
    """A curve of many samples as at most four a pixel column: first, lowest, highest and last of each, in order.

    Args:
        x: pixels from the left (m,), never falling. y: pixels (m,), not a number where the curve is broken.
    Returns:
        x and y of what remains; the drawn result is the same, as all vertical extremes of a column are kept.
    """
    if len(x) < 3:
        return x, y
    column = np.floor(x)
    begins = np.flatnonzero(np.concatenate([[True], column[1:] != column[:-1]]))
    if len(x) <= 4 * len(begins):
        return x, y
    ends = np.concatenate([begins[1:], [len(x)]]) - 1
    filled_low = np.where(np.isnan(y), np.inf, y)
    filled_high = np.where(np.isnan(y), -np.inf, y)
    lowest = _arg_extreme(filled_low, begins, ends, np.minimum)
    highest = _arg_extreme(filled_high, begins, ends, np.maximum)
    kept = np.unique(np.concatenate([begins, lowest, highest, ends]))
    return x[kept], y[kept]


def _arg_extreme(y: Array, begins: NDArray[np.intp], ends: NDArray[np.intp], which: np.ufunc) -> NDArray[np.intp]:
    best = which.reduceat(y, begins)
    owner = np.repeat(np.arange(len(begins)), ends - begins + 1)
    hits = np.flatnonzero(y == best[owner])
    _, first = np.unique(owner[hits], return_index=True)
    return hits[first]


def roughness(points: Array) -> float:
    """How noisy a line is: its length over the extent of its box (1 for a straight one, hundreds for noise)."""
    points = points[np.isfinite(points).all(axis=1)]
    if len(points) < 3:
        return 1.0
    way = float(np.hypot(*np.diff(points, axis=0).T).sum())
    extent = float(np.hypot(*(points.max(axis=0) - points.min(axis=0))))
    return way / extent if extent > 0 else 1.0
