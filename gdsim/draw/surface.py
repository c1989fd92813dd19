"""The map under the trails: the coloured surface, contour lines with their labels, the gradient field, the minima."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPainterPath, QPen, QTransform

from gdsim.draw.fonts import font
from gdsim.draw.frame import Frame, Interval
from gdsim.draw.levels import ContourLine, HeightScale, LabelPlace, contour_lines, label_places
from gdsim.draw.markers import paint_minimum
from gdsim.draw.polyline import clipped
from gdsim.draw.qt_arrays import polygon, rgb_image
from gdsim.draw.text import paint_halo_text
from gdsim.draw.theme import MARK, TYPE, Theme
from gdsim.draw.ticks import number_label

_SHADES = 1024


@dataclass(frozen=True, slots=True, eq=False)
class SurfacePicture:
    """A surface made ready to paint; pure arrays, so that it can be made on the engine's thread.

    Attributes:
        x, y: the ranges that the values span.
        scale: the colours' scale it was made with.
        shade: (ny, nx) float32 in 0 to 1, not a number where the function has no finite value; row 0 is low y.
        lines: contour lines.
    """

    x: Interval
    y: Interval
    scale: HeightScale
    shade: NDArray[np.float32]
    lines: tuple[ContourLine, ...]


def prepare_surface(values: NDArray[np.floating[Any]], x: Interval, y: Interval, scale: HeightScale) -> SurfacePicture:
    """Shades and contour lines of `values` (ny, nx) that span `x` and `y`, row 0 at low y. Touches no Qt."""
    return SurfacePicture(x, y, scale, scale.shade(values), contour_lines(values, x, y, scale.low))


@lru_cache(maxsize=8)
def _colours(stops: tuple[str, ...]) -> NDArray[np.uint32]:
    """The colour map as `_SHADES` colours 0xffRRGGBB, evenly between its stops."""
    rgb = np.array([[int(stop[k : k + 2], 16) for k in (1, 3, 5)] for stop in stops], dtype=np.float64)
    at = np.linspace(0, len(stops) - 1, _SHADES)
    parts = [np.interp(at, np.arange(len(stops)), rgb[:, k]).round().astype(np.uint32) for k in range(3)]
    return np.uint32(0xFF000000) | parts[0] << 16 | parts[1] << 8 | parts[2]


def surface_image(shade: NDArray[np.float32], theme: Theme) -> QImage:
    """The shades in the theme's colours, top row first; hatched where there is no value."""
    missing = np.isnan(shade)
    index = np.where(missing, 0, shade * (_SHADES - 1)).astype(np.intp)
    colours = _colours(theme.surface_map)[index]
    if missing.any():
        rows, columns = np.nonzero(missing)
        stripe = (rows + columns) % 10 < 2
        ground, ink = (int("ff" + name[1:], 16) for name in (theme.raised, theme.hairline))
        if theme.dark:
            ground, ink = int("ff" + theme.surface[1:], 16), int("ff" + "333C47", 16)
        else:
            ink = int("ff" + "CBD1D8", 16)
        colours[rows, columns] = np.where(stripe, np.uint32(ink), np.uint32(ground))
    return rgb_image(colours[::-1])


def paint_image(painter: QPainter, frame: Frame, image: QImage, x: Interval, y: Interval) -> None:
    """Paints `image`, made of samples that span `x` and `y`, where it belongs in `frame`, stretched as needed."""
    width, height = image.width(), image.height()
    if width < 2 or height < 2:
        return
    # A sample is the middle of its pixel, so the image reaches half a cell beyond the ranges.
    pad_x, pad_y = (x[1] - x[0]) / (width - 1) / 2, (y[1] - y[0]) / (height - 1) / 2
    low_x, high_x, low_y, high_y = x[0] - pad_x, x[1] + pad_x, y[0] - pad_y, y[1] + pad_y
    seen_x = (max(low_x, frame.x[0]), min(high_x, frame.x[1]))
    seen_y = (max(low_y, frame.y[0]), min(high_y, frame.y[1]))
    if seen_x[0] >= seen_x[1] or seen_y[0] >= seen_y[1]:
        return
    per_x, per_y = width / (high_x - low_x), height / (high_y - low_y)
    source = QRectF(
        (seen_x[0] - low_x) * per_x,
        (high_y - seen_y[1]) * per_y,
        (seen_x[1] - seen_x[0]) * per_x,
        (seen_y[1] - seen_y[0]) * per_y,
    )
    left, top = frame.pixel(seen_x[0], seen_y[1])
    right, bottom = frame.pixel(seen_x[1], seen_y[0])
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, True)
    painter.drawImage(QRectF(left, top, right - left, bottom - top), image, source)


def paint_contours(
    painter: QPainter, frame: Frame, lines: Sequence[ContourLine], theme: Theme, labels: bool = True
) -> None:
    """Contour lines in ink at 35 %, decades stronger, with the heights above f_low written on the decades."""
    ink = QColor(theme.ink)
    ink.setAlphaF(MARK.contour_opacity)
    box = (frame.left - 20, frame.top - 20, frame.left + frame.width + 20, frame.top + frame.height + 20)
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    on_screen: list[tuple[ContourLine, list[NDArray[np.float64]]]] = []
    for line in lines:
        parts = [part for piece in line.lines for part in clipped(frame.pixels(piece), box)]
        on_screen.append((line, parts))
        pen = QPen(ink, theme.line(MARK.decade if line.strong else MARK.contour))
        # Qt draws cosmetic one-pixel lines ten times faster than stroked ones.
        pen.setCosmetic(not line.strong and theme.scale == 1.0)
        pen.setJoinStyle(Qt.PenJoinStyle.BevelJoin)
        painter.setPen(pen)
        path = QPainterPath()
        for part in parts:
            path.addPolygon(polygon(part))
        painter.drawPath(path)
    if labels:
        _paint_labels(painter, frame, on_screen, theme)
    painter.restore()


def _paint_labels(
    painter: QPainter, frame: Frame, on_screen: Sequence[tuple[ContourLine, list[NDArray[np.float64]]]], theme: Theme
) -> None:
    face = font(TYPE.tick, 500, theme.scale)
    painter.setFont(face)
    metrics = painter.fontMetrics()
    taken: list[LabelPlace] = []
    inset = theme.px(34)
    bounds = (
        frame.left + inset,
        frame.top + theme.px(12),
        frame.left + frame.width - theme.px(12),
        frame.top + frame.height - inset,
    )
    ground, ink = QColor(theme.casing), QColor(theme.ink)
    ground.setAlphaF(0.55 if theme.dark else 0.75)
    ink.setAlphaF(0.85)
    for line, parts in reversed(on_screen):
        if not line.strong:
            continue
        text = number_label(line.height, 4).rstrip()
        if "." in text and "·" not in text:
            text = text.rstrip("0").rstrip(".")
        width = metrics.horizontalAdvance(text) + 6
        for part in sorted(parts, key=len, reverse=True)[:12]:
            for place in label_places(part, width, taken, theme.line(MARK.label_apart), bounds):
                turned = QTransform().translate(place.x, place.y).rotate(place.angle)
                painter.setTransform(turned, True)
                paint_halo_text(painter, QPointF(0, 0), text, ink, ground, theme.line(MARK.halo))
                painter.setTransform(turned.inverted()[0], True)


def paint_field(
    painter: QPainter, frame: Frame, field: NDArray[np.floating], x: Interval, y: Interval, theme: Theme
) -> None:
    """Arrows down the slope, -grad f, from `field` (2, my, mx) sampled over `x` and `y`; longer where it is steeper.

    Lengths go with the logarithm of the slope's size on the screen, between a fifth and the whole of a grid cell.
    """
    _, my, mx = field.shape
    at_x, at_y = np.meshgrid(frame.across(np.linspace(*x, mx)), frame.down(np.linspace(*y, my)))
    with np.errstate(all="ignore"):
        # The direction of steepest descent in the plane, seen on a screen whose axes may be scaled differently.
        down = np.stack([-field[0] * frame.scale[0], field[1] * frame.scale[1]])
        size = np.hypot(down[0], down[1])
        slope = np.hypot(field[0], field[1])
    good = np.isfinite(size) & (size > 0) & np.isfinite(slope) & (slope > 0)
    if not good.any():
        return
    strength = np.log10(slope[good])
    low, high = np.percentile(strength, (5, 95))
    share = np.clip((strength - low) / max(high - low, 0.5), 0, 1)
    cell = 0.8 * min(abs(at_x[0, 1] - at_x[0, 0]) if mx > 1 else 32, abs(at_y[1, 0] - at_y[0, 0]) if my > 1 else 32)
    length = cell * (0.35 + 0.65 * share)
    unit = down[:, good] / size[good]
    middle = np.stack([at_x[good], at_y[good]])
    tail, tip = middle - unit * length / 2, middle + unit * length / 2
    side = np.stack([-unit[1], unit[0]])
    barb = np.minimum(4.0 * theme.scale, length / 2.5)
    ink = QColor(theme.ink)
    ink.setAlphaF(0.5)
    pen = QPen(ink, theme.line(1.0))
    pen.setCosmetic(theme.scale == 1.0)
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
    painter.setPen(pen)
    path = QPainterPath()
    for points in (
        np.stack([tail, tip], axis=-1),
        np.stack([tip - unit * barb + side * barb * 0.6, tip], axis=-1),
        np.stack([tip - unit * barb - side * barb * 0.6, tip], axis=-1),
    ):
        for k in range(points.shape[1]):
            path.moveTo(points[0, k, 0], points[1, k, 0])
            path.lineTo(points[0, k, 1], points[1, k, 1])
    painter.drawPath(path)
    painter.restore()


def paint_minima(painter: QPainter, frame: Frame, minima: Sequence[tuple[float, float]], theme: Theme) -> None:
    """A "+" at every known minimum that is in view."""
    for x, y in minima:
        px, py = frame.pixel(x, y)
        if frame.contains(px, py, 12):
            paint_minimum(painter, QPointF(px, py), theme)


def paint_colour_bar(painter: QPainter, box: QRectF, scale: HeightScale, theme: Theme) -> None:
    """The colour map with the values of f at its ends and middle; `box` is the bar without its labels."""
    colours = _colours(theme.surface_map)
    strip = rgb_image(np.tile(colours[:: max(1, _SHADES // 256)], (2, 1)))
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, True)
    painter.drawImage(box, strip)
    edge = QColor(theme.ink)
    edge.setAlphaF(0.45)
    painter.setPen(QPen(edge, 1))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawRect(box)
    painter.setFont(font(TYPE.tick, 400, theme.scale))
    ink, ground = QColor(theme.ink), QColor(theme.casing)
    ink.setAlphaF(0.9)
    ground.setAlphaF(0.6 if theme.dark else 0.8)
    for share in (0.0, 0.5, 1.0):
        text = number_label(scale.low + scale.height(share), 3)
        if share == 1.0:
            text = f"≥ {text}"
        at = QPointF(box.left() + share * box.width(), box.top() - theme.px(9))
        paint_halo_text(painter, at, text, ink, ground, theme.line(MARK.halo), align=share)
    painter.restore()
