"""A function of one variable: its curve, the tangent at a ball, the step drawn along the axis."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QPainter, QPainterPath, QPen

from gdsim.draw.arrows import paint_arrow
from gdsim.draw.frame import Frame
from gdsim.draw.polyline import clipped
from gdsim.draw.qt_arrays import polygon
from gdsim.draw.theme import Theme
from gdsim.draw.ticks import linear_ticks

Array = NDArray[np.float64]


def value_range(values: NDArray[np.floating]) -> tuple[float, float]:
    """The heights to show of a curve: all of them, with room above and below; of one with poles the middle 96 %."""
    finite = values[np.isfinite(values)].astype(np.float64)
    if not finite.size:
        return (-1.0, 1.0)
    with np.errstate(over="ignore"):
        low, high = float(finite.min()), float(finite.max())
        inner_low, inner_high = (float(q) for q in np.percentile(finite, (2, 98)))
        if high - low > 8 * (inner_high - inner_low) > 0:
            low, high = inner_low, inner_high
        span = high - low
    if not math.isfinite(span) or span <= 1e-12 * max(abs(low), abs(high)):
        middle = low if math.isfinite(low) else 0.0
        half = max(1.0, abs(middle) * 0.1)
        return (middle - half, middle + half)
    return (low - 0.14 * span, high + 0.06 * span)


def without_jumps(pixels: Array, height: float) -> Array:
    """Points (m, 2), pixels, with not-a-number put where the curve leaps over a pole: from far above to far below."""
    with np.errstate(all="ignore"):
        y = pixels[:, 1]
        leap = np.abs(np.diff(y)) > 1.5 * height
        far = (y[:-1] - height / 2) * (y[1:] - height / 2) < 0
    at = np.flatnonzero(leap & far)
    return np.insert(pixels, at + 1, np.nan, axis=0) if len(at) else pixels


def paint_function(painter: QPainter, frame: Frame, x: Array, values: Array, theme: Theme) -> None:
    """The curve in ink, softly filled below; shaded where the function has no value."""
    pixels = without_jumps(frame.pixels(np.column_stack([x, values])), frame.height)
    box = (frame.left - 10, frame.top - 2000, frame.left + frame.width + 10, frame.top + frame.height + 2000)
    parts = clipped(pixels, box)
    painter.save()
    _paint_missing(painter, frame, x, values, theme)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
    floor = frame.top + frame.height + 10
    below = QColor(theme.accent)
    below.setAlphaF(0.07)
    for part in parts:
        area = QPainterPath()
        area.addPolygon(polygon(part))
        area.lineTo(QPointF(part[-1, 0], floor))
        area.lineTo(QPointF(part[0, 0], floor))
        area.closeSubpath()
        painter.fillPath(area, below)
    pen = QPen(QColor(theme.text), theme.line(2.25))
    pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
    painter.setPen(pen)
    for part in parts:
        for k in range(0, len(part) - 1, 128):
            painter.drawPolyline(polygon(part[k : k + 129]))
    painter.restore()


def _paint_missing(painter: QPainter, frame: Frame, x: Array, values: Array, theme: Theme) -> None:
    missing = ~np.isfinite(values)
    if missing.sum() < 3:
        return
    edges = np.flatnonzero(np.diff(np.concatenate([[False], missing, [False]]).astype(int)))
    brush = QColor(theme.border)
    brush.setAlphaF(0.35)
    for begin, end in zip(edges[0::2], edges[1::2], strict=True):
        left, right = float(frame.across(x[begin])), float(frame.across(x[end - 1]))
        if right - left > 2:
            box = QRectF(left, frame.top, right - left, frame.height)
            painter.fillRect(box, QColor(theme.raised))
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QBrush(brush, Qt.BrushStyle.BDiagPattern))
            painter.drawRect(box)


def paint_grid(painter: QPainter, frame: Frame, theme: Theme) -> None:
    """Hairlines at the axes' marks; the axes through zero a little stronger."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
    for vertical in (True, False):
        low, high = frame.x if vertical else frame.y
        count = frame.width / theme.px(90) if vertical else frame.height / theme.px(72)
        for tick in linear_ticks(low, high, count):
            colour = QColor(theme.border if tick.label == "0" else theme.hairline)
            painter.setPen(QPen(colour, 1))
            if vertical:
                px = round(float(frame.across(tick.value)))
                painter.drawLine(QPointF(px, frame.top), QPointF(px, frame.top + frame.height))
            else:
                py = round(float(frame.down(tick.value)))
                painter.drawLine(QPointF(frame.left, py), QPointF(frame.left + frame.width, py))
    painter.restore()


def paint_tangent(
    painter: QPainter, frame: Frame, at: tuple[float, float], slope: float, colour: QColor, theme: Theme
) -> None:
    """The tangent at the point `at` of the curve, about 220 px long; nothing where the slope is not finite."""
    px, py = frame.pixel(*at)
    rise = -slope * frame.scale[1] / frame.scale[0]
    if not (math.isfinite(rise) and math.isfinite(px + py)) or not frame.contains(px, py, 400):
        return
    half = theme.line(110) / math.hypot(1.0, rise)
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
    pen = QPen(colour, theme.line(1.75))
    pen.setCapStyle(Qt.PenCapStyle.RoundCap)
    painter.setPen(pen)
    painter.drawLine(QPointF(px - half, py - half * rise), QPointF(px + half, py + half * rise))
    painter.restore()


def paint_axis_step(
    painter: QPainter, frame: Frame, here: tuple[float, float], there: tuple[float, float], colour: QColor, theme: Theme
) -> None:
    """The step: an arrow along the axis at the ball's height, then dashes to where the ball comes to lie."""
    ax, ay = frame.pixel(*here)
    bx, by = frame.pixel(*there)
    if not all(math.isfinite(each) for each in (ax, ay, bx)) or not frame.contains(ax, ay, 400):
        return
    bx = min(max(bx, frame.left - 2000), frame.left + frame.width + 2000)
    if math.isfinite(by):
        by = min(max(by, frame.top - 2000), frame.top + frame.height + 2000)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
        pen = QPen(colour, theme.line(1.25))
        pen.setDashPattern([3.0, 3.0])
        painter.setPen(pen)
        painter.drawLine(QPointF(bx, ay), QPointF(bx, by))
        painter.restore()
    paint_arrow(painter, QPointF(ax, ay), QPointF(bx, ay), colour, theme, 2.5)
