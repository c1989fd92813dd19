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
MISSING = _SHADES
"""The shade of a point at which the function has no finite value."""


@dataclass(frozen=True, slots=True, eq=False)
class SurfacePicture:
    """A surface made ready to paint; pure arrays, so that it can be made on the engine's thread.

    Attributes:
        x, y: the ranges that the values span.
        scale: the colours' scale it was made with.
        shade: (ny, nx) uint16, number of the colour from 0 (low), `MISSING` where there is no finite value; row 0 is
            low y.
        lines: contour lines.
    """

    x: Interval
    y: Interval
    scale: HeightScale
    shade: NDArray[np.uint16]
    lines: tuple[ContourLine, ...]


def prepare_surface(values: NDArray[np.floating[Any]], x: Interval, y: Interval, scale: HeightScale) -> SurfacePicture:
    """Shades and contour lines of `values` (ny, nx) that span `x` and `y`, row 0 at low y. Touches no Qt."""
    share = scale.shade(values) * np.float32(_SHADES - 1)
    shade = np.nan_to_num(share, copy=False, nan=MISSING).astype(np.uint16)
    return SurfacePicture(x, y, scale, shade, contour_lines(values, x, y, scale.low))


@lru_cache(maxsize=8)
def _colours(stops: tuple[str, ...]) -> NDArray[np.uint32]:
    """The colour map as `_SHADES` colours 0xffRRGGBB, evenly between its stops."""
    rgb = np.array([[int(stop[k : k + 2], 16) for k in (1, 3, 5)] for stop in stops], dtype=np.float64)
    at = np.linspace(0, len(stops) - 1, _SHADES)
    parts = [np.interp(at, np.arange(len(stops)), rgb[:, k]).round().astype(np.uint32) for k in range(3)]
    joined = parts[0] << np.uint32(16) | parts[1] << np.uint32(8) | parts[2]
    return np.asarray(np.uint32(0xFF000000) | joined, dtype=np.uint32)


def surface_image(shade: NDArray[np.uint16], theme: Theme) -> QImage:
    """The shades in the theme's colours, top row first; hatched where there is no value."""
    ground = np.uint32(int("ff" + (theme.surface if theme.dark else theme.raised)[1:], 16))
    colours = np.append(_colours(theme.surface_map), ground)[shade[::-1]]
    rows, columns = np.nonzero(shade[::-1] == MISSING)
    if len(rows):
        line = np.uint32(int("ff" + theme.hatch[1:], 16))
        stripe = (rows + columns) % 10 < 2
        colours[rows[stripe], columns[stripe]] = line
    return rgb_image(colours)


def covers(x: Interval, y: Interval, frame: Frame) -> bool:
    """Whether the ranges hold all that the frame shows."""
    slack_x, slack_y = 2e-3 * (frame.x[1] - frame.x[0]), 2e-3 * (frame.y[1] - frame.y[0])
    return (
        x[0] <= frame.x[0] + slack_x
        and x[1] >= frame.x[1] - slack_x
        and y[0] <= frame.y[0] + slack_y
        and y[1] >= frame.y[1] - slack_y
    )


def paint_image(painter: QPainter, frame: Frame, image: QImage, x: Interval, y: Interval) -> None:
    """Paints `image`, made of samples that span `x` and `y`, where it belongs in `frame`, stretched as needed."""
    width, height = image.width(), image.height()
    if width < 2 or height < 2:
        return
    ratio = painter.device().devicePixelRatioF() if painter.device() is not None else 1.0
    left, top = frame.pixel(x[0], y[1])
    wide, high = float(frame.across(x[1])) - left, float(frame.down(y[0])) - top
    if abs(wide * ratio - width) < 1.5 and abs(high * ratio - height) < 1.5:
        image.setDevicePixelRatio(ratio)  # one sample a pixel: no stretching, which would cost several milliseconds
        painter.drawImage(QPointF(round(left * ratio) / ratio, round(top * ratio) / ratio), image)
        return
    image.setDevicePixelRatio(1.0)
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
        path = QPainterPath()
        for part in parts:
            path.addPolygon(polygon(part))
        _stroke_line(painter, path, line.strong, ink, theme)
    if labels:
        _paint_labels(painter, frame, on_screen, theme)
    painter.restore()


def _stroke_line(painter: QPainter, path: QPainterPath, strong: bool, ink: QColor, theme: Theme) -> None:
    width = theme.line(MARK.decade if strong else MARK.contour)
    pen = QPen(ink, width)
    pen.setJoinStyle(Qt.PenJoinStyle.BevelJoin)
    if theme.scale != 1.0 or painter.device().devicePixelRatioF() > 1.25:
        painter.setPen(pen)
        painter.drawPath(path)
        return
    # Qt draws cosmetic one-pixel lines ten times faster than stroked ones: a line of 1.5 px is two of them.
    pen.setWidthF(1.0)
    pen.setCosmetic(True)
    painter.setPen(pen)
    for shift in (-0.25, 0.25) if strong else (0.0,):
        painter.translate(shift, shift)
        painter.drawPath(path)
        painter.translate(-shift, -shift)


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
    for line in (
        QRectF(box.left() - 1, box.top() - 1, box.width() + 2, 1),
        QRectF(box.left() - 1, box.bottom(), box.width() + 2, 1),
        QRectF(box.left() - 1, box.top(), 1, box.height()),
        QRectF(box.right(), box.top(), 1, box.height()),
    ):
        painter.fillRect(line, edge)
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
