"""What lies on a landscape of a network's loss: paths of training; and beside it how far that picture is true."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF

from gdsim.analysis.landscape import Landscape
from gdsim.draw.chart_parts import Entry, legend_height, paint_legend, paint_title
from gdsim.draw.curves import curve_frame, paint_curve, paint_curve_axes, place_ticks, value_axis_width, value_ticks
from gdsim.draw.frame import Frame
from gdsim.draw.markers import paint_head
from gdsim.draw.polyline import clipped, thinned
from gdsim.draw.qt_arrays import polygon
from gdsim.draw.series import plotted, span_of
from gdsim.draw.strokes import box_of, dots_of, paint_dots, round_pen, stroke
from gdsim.draw.theme import MARK, Theme

Array = NDArray[np.float64]

_LATER = 0.55  # opacity of what comes after the cursor


def parted(steps: NDArray[np.int64], places: Array, cursor: int) -> tuple[Array, Array]:
    """A path (k, 2) up to the cursor, and from there on; between two known steps it goes straight."""
    if not len(steps):
        return places, places
    at = float(min(max(cursor, 0), int(steps[-1])))
    here = np.array([[np.interp(at, steps, places[:, 0]), np.interp(at, steps, places[:, 1])]])
    before, after = places[steps < at], places[steps > at]
    return np.concatenate([before, here]), np.concatenate([here, after])


def paint_track(
    painter: QPainter, frame: Frame, steps: NDArray[np.int64], places: Array, cursor: int, racer: int, theme: Theme,
    focus: bool,
) -> None:  # fmt: skip
    """A racer's path: solid up to the cursor, dashed beyond, a dot at each step that is known, its head."""
    before, after = parted(steps, places, cursor)
    if not len(before):
        return
    colour, casing = QColor(theme.racer(racer)), QColor(theme.casing)
    casing.setAlphaF(MARK.casing_opacity)
    box, width = box_of(frame), MARK.recent if focus else MARK.trail
    shown = clipped(thinned(frame.pixels(before)), box)
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
    later = QColor(colour)
    later.setAlphaF(_LATER)
    pen = round_pen(later, theme.line(1.25), Qt.PenCapStyle.FlatCap)
    pen.setDashPattern([4.0, 3.0])
    painter.setPen(pen)
    stroke(painter, clipped(thinned(frame.pixels(after)), box), 4096)
    painter.setPen(round_pen(casing, theme.line(width + 3)))
    stroke(painter, shown)
    painter.setPen(round_pen(colour, theme.line(width)))
    stroke(painter, shown)
    if focus:
        paint_dots(painter, dots_of(frame.pixels(before), frame), colour, theme.line(MARK.dot + 1))
    painter.restore()
    px, py = frame.pixel(float(before[-1, 0]), float(before[-1, 1]))
    if not math.isfinite(px + py):
        return
    size, seen = MARK.focus if focus else MARK.head, frame.contains(px, py)
    if not seen:
        size *= 0.6
        px = min(max(px, frame.left + 8), frame.left + frame.width - 8)
        py = min(max(py, frame.top + 8), frame.top + frame.height - 8)
    paint_head(painter, QPointF(px, py), racer, theme, size, 1.0 if seen else 0.7)


def paint_origin(painter: QPainter, at: QPointF, theme: Theme) -> None:
    """The point that plane and path share: a small hollow circle."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for ink, width in ((theme.casing, 4.5), (theme.ink, 1.75)):
        painter.setPen(QPen(QColor(ink), theme.line(width)))
        painter.drawEllipse(at, theme.line(5.0), theme.line(5.0))
    painter.restore()


def paint_trust(painter: QPainter, box: QRectF, shown: Landscape, cursor: int, theme: Theme) -> Frame:
    """The loss that the path had, and the loss of the plane where the path falls on it; between them what the picture
    does not tell. Returns the frame, its x in steps."""
    colour = theme.racer(shown.racer)
    entries = [Entry("of the path", colour, "line"), Entry("of the plane under it", theme.text, "dashed")]
    title = paint_title(painter, box, "Loss", "", theme)
    row = QRectF(box.left() + theme.px(48), box.top() + theme.px(1), box.width() - theme.px(48), theme.px(18))
    if legend_height(entries, row.width(), theme) <= theme.px(18):
        paint_legend(painter, row, entries, theme)
    steps = shown.steps.astype(np.float64)
    log = bool((shown.losses[np.isfinite(shown.losses)] > 0).all())
    span = span_of([(steps, shown.losses), (steps, shown.shadow)], log)
    up = value_ticks(span, box.height() - title - theme.px(20), theme)
    left = max(value_axis_width(up, theme), float(theme.px(36)))
    inner = box.adjusted(left, title, -theme.px(6), -theme.px(20))
    frame = curve_frame(span, inner)
    paint_curve_axes(painter, frame, place_ticks(span, inner.width(), theme), up, "step", theme)
    own, plane = plotted(shown.losses, log), plotted(shown.shadow, log)
    _paint_between(painter, frame, steps, own, plane, theme)
    paint_curve(painter, frame, steps, plane, QColor(theme.text), theme.line(1.5), dashed=True)
    paint_curve(painter, frame, steps, own, QColor(colour), theme.line(2.0))
    at = round(float(frame.across(min(max(cursor, 0), float(steps[-1]) if len(steps) else 0.0))))
    painter.fillRect(QRectF(at, frame.top, 1, frame.height), QColor(theme.secondary))
    known = np.isfinite(own)
    if known.any():
        level = float(np.interp(cursor, steps[known], own[known]))
        paint_head(painter, QPointF(at, float(frame.down(level))), shown.racer, theme, 10.0)
    return frame


def _paint_between(painter: QPainter, frame: Frame, x: Array, one: Array, two: Array, theme: Theme) -> None:
    good = np.isfinite(one) & np.isfinite(two)
    if good.sum() < 2:
        return
    low, high = frame.top, frame.top + frame.height
    px = frame.across(x[good])
    above, below = np.clip(frame.down(one[good]), low, high), np.clip(frame.down(two[good]), low, high)
    outline: QPolygonF = polygon(
        np.concatenate([np.column_stack([px, above]), np.column_stack([px, below])[::-1]])
    )
    veil = QColor(theme.warn)
    veil.setAlphaF(0.22)
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(veil)
    painter.drawPolygon(outline)
    painter.restore()
