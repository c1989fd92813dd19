"""How much a mini-batch's gradient differs from the whole one: the cloud of gradients at one theta."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QTransform

from gdsim.draw.arrows import paint_arrow
from gdsim.draw.chart_parts import Entry, legend_height, paint_legend, paint_title
from gdsim.draw.fonts import font
from gdsim.draw.frame import Frame, Interval
from gdsim.draw.markers import paint_ring
from gdsim.draw.plane_axes import foot_room, paint_plane_axes, paint_plane_grid, plane_frame
from gdsim.draw.qt_arrays import polygon
from gdsim.draw.text import paint_halo_text
from gdsim.draw.theme import MARK, TYPE, Theme

Array = NDArray[np.floating]

_COLOURS = (5, 2, 3, 0, 6, 1)
"""Racers' colours for batch sizes, smallest first: neighbours are far apart."""


@dataclass(frozen=True, slots=True, eq=False)
class Batches:
    """Gradients (m, 2) of m mini-batches of `size` samples, projected to two directions; `words` and `colour` are what
    the legend says and shows in place of the size and its colour."""

    size: int
    gradients: Array
    words: str = ""
    colour: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class GradientCloud:
    """Gradients at one theta.

    Attributes:
        full: (2,) the gradient of all samples, projected.
        batches: of several sizes, smallest first.
        names: of the two directions.
        chosen: (2,) one mini-batch's gradient that has an arrow of its own; None for none.
        whole: what the legend calls `full`.
    """

    full: Array
    batches: tuple[Batches, ...]
    names: tuple[str, str] = ("g₁", "g₂")
    chosen: Array | None = None
    whole: str = "all samples"


def batch_colour(theme: Theme, place: int) -> str:
    """The colour of the `place`-th batch size."""
    return theme.racer(_COLOURS[place % len(_COLOURS)])


def cloud_ranges(picture: GradientCloud) -> tuple[tuple[float, float], tuple[float, float]]:
    """Ranges of equal length that show the origin, the full gradient and 98 % of the clouds."""
    parts = [np.zeros((1, 2)), np.asarray(picture.full, dtype=np.float64).reshape(-1, 2)]
    for each in picture.batches:
        points = np.asarray(each.gradients, dtype=np.float64).reshape(-1, 2)
        points = points[np.isfinite(points).all(axis=1)]
        if len(points):
            parts.append(np.percentile(points, (1, 99), axis=0))
    points = np.concatenate(parts)
    points = points[np.isfinite(points).all(axis=1)]
    low, high = points.min(axis=0), points.max(axis=0)
    half = 0.58 * float((high - low).max()) or 1.0
    middle = (low + high) / 2
    return (float(middle[0] - half), float(middle[0] + half)), (float(middle[1] - half), float(middle[1] + half))


def paint_cloud_view(
    painter: QPainter, box: QRectF, picture: GradientCloud, theme: Theme, title: str = "Mini-batch gradients",
    note: str = "", ranges: tuple[Interval, Interval] | None = None,
) -> Frame:  # fmt: skip
    """Clouds of mini-batch gradients with their 2-sigma ellipses, the full gradient as an arrow from theta (the ring).

    Args:
        ranges: of the plane; None: those that show everything.

    Returns the plane's frame.
    """
    colours = [each.colour or batch_colour(theme, k) for k, each in enumerate(picture.batches)]
    entries = [Entry(picture.whole, theme.ink, "line")]
    for each, colour in zip(picture.batches, colours, strict=True):
        entries.append(Entry(each.words or f"B = {each.size:,}", colour, "dot"))
    foot = legend_height(entries, box.width() - theme.px(48), theme)
    whole = legend_height(entries, box.width(), theme) < foot  # it needs fewer rows from edge to edge
    foot = legend_height(entries, box.width(), theme) if whole else foot
    x, y = ranges or cloud_ranges(picture)
    frame = plane_frame(box, x, y, picture.names[1], theme, float(theme.px(24)), foot + theme.px(4))
    painter.save()
    painter.setClipRect(box, Qt.ClipOperation.IntersectClip)  # the box may be too small for it all
    paint_title(painter, box, title, note, theme)
    painter.save()
    painter.setClipRect(QRectF(frame.left, frame.top, frame.width, frame.height), Qt.ClipOperation.IntersectClip)
    paint_plane_grid(painter, frame, theme)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
    for each, colour in zip(picture.batches, colours, strict=True):
        _paint_dots(painter, frame, each.gradients, QColor(colour), theme)
    for each, colour in zip(picture.batches, colours, strict=True):
        _paint_ellipse(painter, frame, each.gradients, QColor(colour), theme)
    origin = QPointF(*frame.pixel(0.0, 0.0))
    for vector, ink, width in ((picture.chosen, theme.accent, 2.25), (picture.full, theme.ink, 3.0)):
        if vector is not None and np.isfinite(vector).all():
            tip = QPointF(*frame.pixel(float(vector[0]), float(vector[1])))
            paint_arrow(painter, origin, tip, QColor(ink), theme, width)
            if vector is picture.full:
                _paint_word(painter, frame, origin, tip, "∇J", theme)
    reach = math.hypot(*(picture.full * frame.scale)) if np.isfinite(picture.full).all() else 0.0
    if reach > theme.px(24):  # the ring would hide a short arrow
        paint_ring(painter, origin, theme)
    painter.restore()
    paint_plane_axes(painter, frame, picture.names, theme)
    top = frame.top + frame.height + foot_room(theme) + theme.px(2)
    left = box.left() if whole else frame.left
    paint_legend(painter, QRectF(left, top, box.right() - left, foot), entries, theme)
    painter.restore()
    return frame


def _paint_word(painter: QPainter, frame: Frame, tail: QPointF, tip: QPointF, words: str, theme: Theme) -> None:
    way = math.hypot(tip.x() - tail.x(), tip.y() - tail.y())
    if way < theme.px(14) or not frame.contains(tip.x(), tip.y()):
        return
    reach = theme.px(16)
    at = QPointF(tip.x() + (tip.x() - tail.x()) / way * reach, tip.y() + (tip.y() - tail.y()) / way * reach)
    at.setX(min(max(at.x(), frame.left + reach), frame.left + frame.width - reach))
    at.setY(min(max(at.y(), frame.top + reach), frame.top + frame.height - reach))
    painter.setFont(font(TYPE.body, 600, theme.scale))
    paint_halo_text(painter, at, words, QColor(theme.ink), QColor(theme.casing), theme.line(MARK.halo))


def _paint_dots(painter: QPainter, frame: Frame, gradients: Array, colour: QColor, theme: Theme) -> None:
    pixels = frame.pixels(np.asarray(gradients, dtype=np.float64).reshape(-1, 2))
    pixels = pixels[np.isfinite(pixels).all(axis=1) & (np.abs(pixels) < 1e6).all(axis=1)]
    if not len(pixels):
        return
    faded = QColor(colour)
    faded.setAlphaF(0.85 if len(pixels) <= 100 else 0.5)
    pen = QPen(faded, theme.line(4.5 if len(pixels) <= 100 else 3.0))
    pen.setCapStyle(Qt.PenCapStyle.RoundCap)
    painter.setPen(pen)
    painter.drawPoints(polygon(pixels))


def ellipse_axes(points: Array) -> tuple[Array, Array, Array] | None:
    """Middle (2,), standard deviations (2,) and unit directions (2, 2; columns) of points (m, 2); None below three."""
    points = np.asarray(points, dtype=np.float64).reshape(-1, 2)
    points = points[np.isfinite(points).all(axis=1)]
    if len(points) < 3:
        return None
    values, vectors = np.linalg.eigh(np.cov(points.T))
    return points.mean(axis=0), np.sqrt(np.maximum(values, 0.0)), vectors


def _paint_ellipse(painter: QPainter, frame: Frame, gradients: Array, colour: QColor, theme: Theme) -> None:
    found = ellipse_axes(gradients)
    if found is None:
        return
    middle, sizes, vectors = found
    px, py = frame.pixel(*(float(v) for v in middle))
    unit = frame.scale[0]
    angle = math.degrees(math.atan2(-vectors[1, 1] * frame.scale[1], vectors[0, 1] * frame.scale[0]))
    if not math.isfinite(px + py) or max(sizes) * unit > 1e5:
        return
    painter.save()
    painter.setTransform(QTransform().translate(px, py).rotate(angle), True)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for ink, width in ((QColor(theme.casing), 4.0), (colour, 2.0)):
        painter.setPen(QPen(ink, theme.line(width)))
        painter.drawEllipse(QPointF(0, 0), 2 * float(sizes[1]) * unit, 2 * float(sizes[0]) * unit)
    painter.restore()
