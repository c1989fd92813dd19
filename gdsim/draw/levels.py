"""From values on a grid to what is drawn of them: the scale of the colours, contour levels, lines, label places.

The height shown is h = f - f_low, never negative. Colours go with log1p(h / unit), so that a narrow valley and the
slopes far above it are both seen; `unit` is 1 unless the whole range is far below it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import contourpy
import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

MOST_LEVELS = 14
_THINNEST = 2.5  # cells


@dataclass(frozen=True, slots=True)
class HeightScale:
    """How heights become colours: `low` is f_low, `top` the height that has the last colour, `unit` log1p's unit."""

    low: float
    top: float
    unit: float = 1.0

    def shade(self, values: NDArray[np.floating]) -> NDArray[np.float32]:
        """Values as places on the colour map, 0 (low) to 1 (high); not a number where the value is not finite.

        +inf is not painted as a high place: where a function is not defined the map says so.
        """
        with np.errstate(all="ignore"):
            height = np.subtract(values, self.low, dtype=np.float64)
            np.divide(height, self.unit, out=height)
            np.clip(height, 0.0, 1e308, out=height)
            shade = np.log1p(height, out=height)
            shade /= max(math.log1p(self.top / self.unit), 1e-300)
        shade = np.minimum(shade, 1.0).astype(np.float32)
        shade[~np.isfinite(values)] = np.nan
        return shade

    def height(self, shade: float) -> float:
        """The height h that has the colour at `shade`."""
        return self.unit * math.expm1(shade * math.log1p(self.top / self.unit))


def fit_scale(values: NDArray[np.floating], known_low: float | None = None) -> HeightScale:
    """The scale for `values`: from their lowest (or the known minimum, if lower) to their 99th percentile.

    A constant function, or one without any finite value, gets a scale on which everything is low.
    """
    finite = values[np.isfinite(values)]
    if not finite.size:
        return HeightScale(known_low if known_low is not None else 0.0, 1.0)
    low = float(finite.min())
    if known_low is not None and math.isfinite(known_low) and known_low < low:
        low = known_low
    with np.errstate(over="ignore"):
        top = float(np.percentile(finite, 99)) - low
    top = min(top, 1e308)
    if top <= max(abs(low) * 1e-13, 1e-300):
        return HeightScale(low, 1.0)
    # A range far below one would make log1p a straight line and the valley invisible.
    return HeightScale(low, top, 1.0 if top > 30.0 else top / 30.0)


def contour_levels(
    values: NDArray[np.floating], low: float, most: int = MOST_LEVELS
) -> tuple[Array, NDArray[np.bool_]]:
    """Levels of h = f - low at which lines are drawn, and which of them are strong (decades).

    1-2-5 steps of each decade that lies in view, at most `most`: the highest ones, since the low ones crowd into dots;
    where the view holds less than a decade, equal 1-2-5 steps, every fifth one strong. Both arrays are empty for a
    constant function.
    """
    with np.errstate(all="ignore"):
        heights = (values - low)[np.isfinite(values)]
    heights = heights[np.isfinite(heights)]
    if heights.size < 4:
        return np.empty(0), np.empty(0, dtype=bool)
    bottom, top = (float(q) for q in np.percentile(heights, (0.02, 99.9)))
    bottom = max(bottom, 0.0)
    if top - bottom <= max(abs(low), top) * 1e-12 or top <= 0:
        return np.empty(0), np.empty(0, dtype=bool)
    levels, strong = _decade_levels(max(bottom, top * 1e-9), top, most)
    if len(levels) < 5:
        levels, strong = _even_levels(bottom, top, most)
    return levels, strong


def _decade_levels(bottom: float, top: float, most: int) -> tuple[Array, NDArray[np.bool_]]:
    first, last = math.floor(math.log10(bottom)), math.floor(math.log10(top))
    for factors in ((1.0, 2.0, 5.0), (1.0, 3.0), (1.0,)):
        pairs = [(f * 10.0**p, f == 1.0) for p in range(first, last + 1) for f in factors if -307 < p < 307]
        pairs = [pair for pair in pairs if bottom <= pair[0] <= top]
        if len(pairs) <= most * 1.6 or factors == (1.0,):
            break
    pairs = pairs[-most:]
    return np.array([level for level, _ in pairs]), np.array([is_decade for _, is_decade in pairs], dtype=bool)


def _even_levels(bottom: float, top: float, most: int) -> tuple[Array, NDArray[np.bool_]]:
    for count in (most, most - 4, most / 2):
        raw = (top - bottom) / count
        power = 10.0 ** math.floor(math.log10(raw))
        step = next(f * power for f in (1.0, 2.0, 5.0, 10.0) if f * power >= raw)
        numbers = np.arange(math.ceil(bottom / step), math.floor(top / step) + 1)
        numbers = numbers[numbers > 0]
        if len(numbers) <= most:
            break
    kept = numbers[:most].astype(np.float64)
    return kept * step, np.asarray(kept % 5 == 0, dtype=bool)


@dataclass(frozen=True, slots=True)
class ContourLine:
    """One level: its height above f_low, whether it is strong, and its lines, each (m, 2) in world coordinates."""

    height: float
    strong: bool
    lines: tuple[Array, ...]


def contour_lines(
    values: NDArray[np.floating], x: tuple[float, float], y: tuple[float, float], low: float
) -> tuple[ContourLine, ...]:
    """The contour lines of `values` (ny, nx), whose points span the ranges `x` and `y`, edges included.

    Lines stop at points that are not finite. The grid is thinned to about 400 points a side: lines need no more. Levels
    whose valleys are thinner than the grid can resolve are left out: their lines would be a row of dashes.
    """
    ny, nx = values.shape
    if ny < 2 or nx < 2:
        return ()
    step = max(1, round(max(nx, ny) / 400))
    rows = np.unique(np.append(np.arange(0, ny, step), ny - 1))
    columns = np.unique(np.append(np.arange(0, nx, step), nx - 1))
    grid = np.asarray(values[np.ix_(rows, columns)], dtype=np.float64)
    # A frozen scale (or another slice) may lie above what is in view: heights below zero would crowd into one line.
    low = min(low, float(np.min(grid, initial=np.inf, where=np.isfinite(grid))))
    levels, strong = contour_levels(grid, low)
    if not len(levels):
        return ()
    with np.errstate(all="ignore"):
        heights = np.ma.masked_invalid(np.clip(grid - low, -1e300, 1e300))
    # Lines are found in grid units, so that a view of 1e-12 has them as well as one of 1e12.
    generator = contourpy.contour_generator(columns, rows, heights, name="serial", line_type="Separate")
    scale = np.array([(x[1] - x[0]) / (nx - 1), (y[1] - y[0]) / (ny - 1)])
    origin = np.array([x[0], y[0]])
    found = []
    for level, is_strong in zip(levels, strong, strict=True):
        raw = [line for line in generator.lines(float(level)) if len(line) > 1]
        if raw and _width(raw, heights, float(level), step) >= _THINNEST:
            lines = tuple(line * scale + origin for line in raw)
            found.append(ContourLine(float(level), bool(is_strong), lines))
    return tuple(found)


def _width(lines: list[Array], heights: np.ma.MaskedArray, level: float, step: int) -> float:
    """How wide, in cells, the valleys below `level` are on average: twice their area over the length of their banks."""
    banks = sum(float(np.hypot(*np.diff(line, axis=0).T).sum()) for line in lines) / step
    return 2.0 * float((heights < level).sum()) / max(banks, 1e-9)


@dataclass(frozen=True, slots=True)
class LabelPlace:
    """Where a label's middle stands, in pixels, and its angle in degrees (clockwise, -90 to 90: upright)."""

    x: float
    y: float
    angle: float


def label_places(
    line: Array, width: float, taken: list[LabelPlace], apart: float, bounds: tuple[float, float, float, float]
) -> list[LabelPlace]:
    """Places for labels `width` pixels wide on `line` (m, 2), pixels, at least `apart` from each other and `taken`.

    The straightest stretches come first; a label never crosses `bounds` (left, top, right, bottom). What is found is
    also added to `taken`.
    """
    steps = np.hypot(*np.diff(line, axis=0).T)
    length = np.concatenate([[0.0], np.cumsum(steps)])
    total = length[-1]
    if not math.isfinite(total) or total < 2.2 * width:
        return []
    at = np.arange(width / 2, total - width / 2, max(4.0, total / 400))
    middle = _along(line, length, at)
    before, after = _along(line, length, at - width / 2), _along(line, length, at + width / 2)
    chord = after - before
    straight = np.hypot(*chord.T) / width
    left, top, right, bottom = bounds
    pad = width / 2 + 2
    across = (middle[:, 0] > left + pad) & (middle[:, 0] < right - pad)
    inside = across & (middle[:, 1] > top + 10) & (middle[:, 1] < bottom - 10)
    usable = np.flatnonzero(inside & (straight > 0.93))
    found: list[LabelPlace] = []
    for k in usable[np.argsort(-straight[usable], kind="stable")]:
        px, py = middle[k]
        if any(math.hypot(px - other.x, py - other.y) < apart for other in taken):
            continue
        angle = math.degrees(math.atan2(chord[k, 1], chord[k, 0]))
        angle = (angle + 90.0) % 180.0 - 90.0
        place = LabelPlace(float(px), float(py), angle)
        found.append(place)
        taken.append(place)
        if len(found) >= 3:
            break
    return found


def _along(line: Array, length: Array, at: Array) -> Array:
    return np.column_stack([np.interp(at, length, line[:, 0]), np.interp(at, length, line[:, 1])])
