"""Basin and sweep maps as images, their scales, and where their cells lie; shared by window and export."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPen

from gdsim.analysis.basins import DIVERGED, UNFINISHED, UNKNOWN
from gdsim.draw.frame import Frame, Interval
from gdsim.draw.map_colours import (
    SHADES,
    colour_number,
    hatched,
    kind_shades,
    scale_colours,
    unfinished_colour,
)
from gdsim.draw.qt_arrays import rgb_image
from gdsim.engine.swarm import NONFINITE, RUNNING
from gdsim.engine.swarm import UNKNOWN as NOT_COMPUTED

if TYPE_CHECKING:
    from gdsim.analysis.axes import SweepAxis
    from gdsim.analysis.basins import BasinMap
    from gdsim.analysis.sweeps import SweepMap
    from gdsim.draw.theme import Theme

Colours = NDArray[np.uint32]
_DECADES = 12.0  # of loss, at most, on a sweep's scale
_TABLE = 1 << 20


@dataclass(frozen=True, slots=True)
class StepScale:
    """Steps as shades, evenly in their logarithm: `low` and fewer is the strongest, `high` and more the faintest."""

    low: int
    high: int

    def shares(self, steps: NDArray[np.integer]) -> NDArray[np.float64]:
        """0 (quick) to 1 (slow)."""
        first, last = np.log1p(self.low), np.log1p(max(self.high, self.low + 1))
        return np.asarray(np.clip((np.log1p(steps) - first) / (last - first), 0.0, 1.0))

    def step(self, share: float) -> int:
        """The number of steps at a share of the scale."""
        first, last = np.log1p(self.low), np.log1p(max(self.high, self.low + 1))
        return round(float(np.expm1(first + share * (last - first))))


@dataclass(frozen=True, slots=True)
class LossScale:
    """Losses as colours, evenly in log10(loss - base), from `low` to `high`."""

    base: float
    low: float
    high: float

    def shares(self, loss: NDArray[np.floating]) -> NDArray[np.float64]:
        """0 (low) to 1 (high); not a number stays so."""
        with np.errstate(all="ignore"):
            heights = np.log10(np.maximum(loss - self.base, 10.0**self.low))
        return np.asarray(np.clip((heights - self.low) / max(self.high - self.low, 1e-9), 0.0, 1.0))


def step_scale(steps: NDArray[np.integer], arrived: NDArray[np.bool_], low: float = 1.0) -> StepScale:
    """The scale for the steps of those that arrived, from their `low` to their 99th percentile."""
    there = steps[arrived]
    if not there.size:
        return StepScale(0, 1)
    least, most = np.percentile(there, (low, 99), method="nearest")
    return StepScale(int(least), int(most))


def loss_scale(sweep: SweepMap) -> LossScale:
    """The scale for a sweep's losses: above 0, or above the lowest of them where they go below it."""
    finite = sweep.loss[np.isfinite(sweep.loss) & (sweep.codes != NONFINITE)]
    if not finite.size:
        return LossScale(0.0, 0.0, 1.0)
    lowest = float(finite.min())
    base = 0.0 if lowest >= 0 else lowest
    heights = np.log10(np.maximum(finite - base, 1e-300))
    real = heights[heights > -299]
    if not real.size:
        return LossScale(base, -1.0, 0.0)
    low, high = (float(edge) for edge in np.percentile(real, (0, 97)))
    low = max(low, high - _DECADES)
    return LossScale(base, low, high if high > low + 0.1 else low + 0.1)


Size = tuple[int, int]


def seen(count: int, stride: int, pixels: int | None = None) -> NDArray[np.int64]:
    """Along one side of a map, which known row (or column) each of `pixels` shows: the nearest multiple of `stride`."""
    cells = np.arange(count) if pixels is None else ((np.arange(pixels) + 0.5) * count / pixels).astype(np.int64)
    return np.minimum((cells + stride // 2) // stride * stride, (count - 1) // stride * stride)


def _grid(shape: tuple[int, int], stride: int, size: Size | None) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    width, height = size or (None, None)
    return seen(shape[0], stride, height)[::-1][:, None], seen(shape[1], stride, width)[None, :]


def basin_pixels(basins: BasinMap, theme: Theme, size: Size | None = None) -> Colours:
    """Colours 0xffRRGGBB (ny, nx), top row first: hue by attractor, shade by steps; what is not known yet has the
    colour of its nearest known neighbour. Touches no Qt.

    Args:
        size: (width, height) of the image; by default a pixel each. At the size on the screen the hatching is fine.
    """
    grid = _grid(basins.labels.shape, basins.stride, size)
    labels, steps = basins.labels[grid], basins.steps[grid]
    scale = basin_scale(basins)
    shade = (scale.shares(np.arange(min(int(steps.max()), _TABLE) + 1)) * (SHADES - 1)).astype(np.uint8)
    kinds = kind_shades(theme, len(basins.attractors) or 1)
    inside = labels >= 0
    pixels = kinds[np.where(inside, labels, 0), shade[np.minimum(steps, len(shade) - 1)]]
    pixels[labels == UNFINISHED] = colour_number(unfinished_colour(theme))
    pixels[labels == UNKNOWN] = colour_number(theme.background)
    hatched(pixels, labels == DIVERGED, theme)
    return pixels


def basin_scale(basins: BasinMap) -> StepScale:
    """The scale of a basin map's steps."""
    return step_scale(basins.steps, basins.labels >= 0)


def sweep_pixels(sweep: SweepMap, measure: str, theme: Theme, size: Size | None = None) -> Colours:
    """Colours (ny, nx), top row first, of a sweep's loss or steps; hatched where it diverges, grey (of the steps) where
    it does not arrive. Touches no Qt; `size` as in `basin_pixels`."""
    grid = _grid(sweep.codes.shape, sweep.stride, size)
    codes, colours = sweep.codes[grid], scale_colours(theme)
    if measure == "loss":
        shares = np.nan_to_num(loss_scale(sweep).shares(sweep.loss[grid]), nan=1.0)
    else:
        shares = sweep_step_scale(sweep).shares(sweep.steps[grid])
    pixels = colours[(shares * (len(colours) - 1)).astype(np.int64)]
    if measure == "steps":
        pixels[codes == RUNNING] = colour_number(unfinished_colour(theme))
    pixels[codes == NOT_COMPUTED] = colour_number(theme.background)
    hatched(pixels, codes == NONFINITE, theme)
    return pixels


def sweep_step_scale(sweep: SweepMap) -> StepScale:
    """The scale of a sweep's steps."""
    arrived = (sweep.codes != RUNNING) & (sweep.codes != NONFINITE) & (sweep.codes != NOT_COMPUTED)
    return step_scale(sweep.steps, arrived, low=0.0)


def basin_image(basins: BasinMap, theme: Theme, size: Size | None = None) -> QImage:
    """The map as an image; `size` as in `basin_pixels`."""
    return rgb_image(basin_pixels(basins, theme, size))


def sweep_image(sweep: SweepMap, measure: str, theme: Theme, size: Size | None = None) -> QImage:
    """The map as an image; `size` as in `basin_pixels`."""
    return rgb_image(sweep_pixels(sweep, measure, theme, size))


def reach(interval: Interval, count: int) -> Interval:
    """What `count` pixels whose middles span `interval` cover: half a pixel more at either end."""
    half = (interval[1] - interval[0]) / max(count - 1, 1) / 2
    return interval[0] - half, interval[1] + half


def axis_reach(axis: SweepAxis) -> Interval:
    """What the cells of an axis cover, in its own measure: powers of ten if it is logarithmic."""
    ends = (axis.low, axis.high) if axis.scale == "linear" else (float(np.log10(axis.low)), float(np.log10(axis.high)))
    return reach(ends, axis.count)


def paint_map(painter: QPainter, frame: Frame, image: QImage, x: Interval, y: Interval) -> None:
    """Paints an image whose pixels COVER the ranges `x`, `y` (see `reach`) where it belongs in the frame, with hard
    pixel edges: colours between two basins would mean nothing."""
    low_x, high_x = max(x[0], frame.x[0]), min(x[1], frame.x[1])
    low_y, high_y = max(y[0], frame.y[0]), min(y[1], frame.y[1])
    if low_x >= high_x or low_y >= high_y or image.isNull():
        return
    per_x, per_y = image.width() / (x[1] - x[0]), image.height() / (y[1] - y[0])
    source = QRectF(
        (low_x - x[0]) * per_x, (y[1] - high_y) * per_y, (high_x - low_x) * per_x, (high_y - low_y) * per_y
    )
    left, top = frame.pixel(low_x, high_y)
    right, bottom = frame.pixel(high_x, low_y)
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, False)
    painter.drawImage(QRectF(left, top, right - left, bottom - top), image, source)
    painter.restore()


def paint_best(painter: QPainter, at: QPointF, theme: Theme) -> None:
    """The ring around the best cell of a sweep."""
    r = theme.line(8)
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for colour, width in ((theme.casing, 5.0), (theme.ink, 2.0)):
        painter.setPen(QPen(QColor(colour), theme.line(width)))
        painter.drawEllipse(at, r, r)
    painter.restore()


def cell_place(sweep: SweepMap, row: int, column: int) -> tuple[float, float]:
    """Where a cell's middle lies, in the axes' own measures (see `axis_reach`)."""
    found = []
    for axis, index in ((sweep.x, column), (sweep.y, row)):
        if axis is None:
            found.append(0.0)
            continue
        value = float(axis.values()[index])
        found.append(value if axis.scale == "linear" else float(np.log10(value)))
    return found[0], found[1]


def cell_at(sweep: SweepMap, place: tuple[float, float]) -> tuple[int, int]:
    """The (row, column) nearest to a place in the axes' own measures."""
    found = []
    for axis, where in ((sweep.y, place[1]), (sweep.x, place[0])):
        if axis is None:
            found.append(0)
            continue
        low, high = axis_reach(axis)
        found.append(int(np.clip((where - low) / (high - low) * axis.count, 0, axis.count - 1)))
    return found[0], found[1]
