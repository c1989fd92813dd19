"""Curves over the steps: axes with readable numbers, lines that stay fast when they are noise."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPen

from gdsim.draw.fonts import font
from gdsim.draw.frame import Frame
from gdsim.draw.polyline import clipped, column_extremes
from gdsim.draw.qt_arrays import polygon
from gdsim.draw.series import Span
from gdsim.draw.theme import TYPE, Theme
from gdsim.draw.ticks import Tick, linear_ticks, log_ticks, power_label, step_label

Array = NDArray[np.float64]

_ROUGH = 6000.0  # pixels of line in one curve above which it is drawn thin


def curve_frame(span: Span, box: QRectF) -> Frame:
    """The frame that shows `span` in `box`; y is in powers of ten on a logarithmic axis."""
    return Frame(span.x, span.y, max(box.width(), 1.0), max(box.height(), 1.0), box.left(), box.top())


def value_ticks(span: Span, height: float, theme: Theme) -> list[Tick]:
    """Marks of the value axis, at their places on it (powers of ten if logarithmic)."""
    count = min(max(2.0, height / theme.px(34)), 9.0)  # more is a grid, not an axis
    low, high = span.y
    if not span.log:
        return linear_ticks(low, high, count)
    if high - low < 0.7 or low < -300 or high > 300:
        marks = linear_ticks(low, high, count)
        if low < -300 or high > 300:
            return [
                Tick(t.value, power_label(10.0**t.value)) for t in marks if t.value == round(t.value) and t.value < 308
            ]
        inner = linear_ticks(10.0**low, 10.0**high, count)
        return [Tick(float(np.log10(t.value)), t.label) for t in inner if t.value > 0]
    return [Tick(float(np.log10(t.value)), t.label) for t in log_ticks(10.0**low, 10.0**high, count)]


def time_label(seconds: float, step: float) -> str:
    """A time in the unit that suits the axis' step: ``20 µs``, ``1.5 ms``, ``3 s``."""
    for unit, size in (("s", 1.0), ("ms", 1e-3), ("µs", 1e-6), ("ns", 1e-9)):
        if step >= size * 0.999 or unit == "ns":
            return f"{step_label(seconds / size, step / size)} {unit}" if seconds else "0"
    return ""


def share_ticks(span: Span, height: float, theme: Theme) -> list[Tick]:
    """Marks of an axis of per cents, none above 100."""
    return [Tick(t.value, f"{t.label} %") for t in value_ticks(span, height, theme) if t.value <= 100.0]


def place_ticks(span: Span, width: float, theme: Theme, time: bool = False, whole: bool = True) -> list[Tick]:
    """Marks of the axis below: steps and evaluations as whole numbers, times, or (not `whole`) any numbers: epochs."""
    marks = linear_ticks(*span.x, max(2.0, width / theme.px(72)))
    if time:
        step = marks[1].value - marks[0].value if len(marks) > 1 else 1.0
        return [Tick(t.value, time_label(t.value, step)) for t in marks]
    if not whole and span.x[1] < 4:
        return marks
    return [Tick(t.value, _count(t.value)) for t in marks if t.value == round(t.value)]


def _count(value: float) -> str:
    if value >= 1e6:
        return f"{value / 1e6:g} M"
    return f"{value:,.0f}".replace(",", "\u202f") if value >= 10_000 else f"{value:.0f}"


def paint_curve_axes(
    painter: QPainter, frame: Frame, across: list[Tick], up: list[Tick], label: str, theme: Theme
) -> None:
    """Hairlines across at the marks, numbers on the left and below, the lower axis' name at its end."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
    hairline = QColor(theme.hairline)
    faint = QColor(theme.hairline)
    faint.setAlphaF(0.45)
    right, bottom = frame.left + frame.width, frame.top + frame.height
    for tick in up:
        level = round(float(frame.down(tick.value)))
        painter.fillRect(QRectF(frame.left, level, frame.width, 1), hairline if tick.label else faint)
    painter.fillRect(QRectF(frame.left, bottom, frame.width, 1), QColor(theme.border))
    face = font(TYPE.tick, 400, theme.scale)
    painter.setFont(face)
    metrics = QFontMetricsF(face)
    painter.setPen(QColor(theme.secondary))
    taken = -1e9
    for tick in sorted(up, key=lambda each: -each.value):
        y = float(frame.down(tick.value))
        if tick.label and abs(y - taken) >= metrics.height() * 0.95:
            at = QPointF(frame.left - theme.px(6) - metrics.horizontalAdvance(tick.label), y + metrics.capHeight() / 2)
            painter.drawText(at, tick.label)
            taken = y
    base = bottom + theme.px(5) + metrics.ascent()
    edge = right + theme.px(6) - metrics.horizontalAdvance(label)
    for tick in across:
        x = float(frame.across(tick.value))
        wide = metrics.horizontalAdvance(tick.label)
        painter.fillRect(QRectF(round(x), bottom, 1, theme.px(3)), QColor(theme.border))
        if x + wide / 2 < edge - theme.px(8):
            painter.setPen(QColor(theme.secondary))
            painter.drawText(QPointF(x - wide / 2, base), tick.label)
    painter.setPen(QColor(theme.muted))
    painter.drawText(QPointF(edge, base), label)
    painter.restore()


def value_axis_width(up: list[Tick], theme: Theme) -> float:
    """Pixels that the numbers left of the axis need."""
    metrics = QFontMetricsF(font(TYPE.tick, 400, theme.scale))
    return max((metrics.horizontalAdvance(tick.label) for tick in up), default=0.0) + theme.px(10)


def paint_curve(
    painter: QPainter, frame: Frame, x: Array, y: Array, colour: QColor, width: float, dashed: bool = False
) -> None:
    """One curve, x never falling, y as on the axis; broken where y is not a number. Noise is drawn thin and hard."""
    if len(x) < 2:
        return
    px, py = column_extremes(frame.across(x), frame.down(y))
    points = np.column_stack([px, py])
    box = (frame.left - 4, frame.top - 4, frame.left + frame.width + 4, frame.top + frame.height + 4)
    parts = clipped(points, box)
    length = sum(float(np.hypot(*np.diff(part, axis=0).T).sum()) for part in parts)
    rough = length > _ROUGH
    pen = QPen(colour, 1.0 if rough else width)
    pen.setCosmetic(rough)
    pen.setJoinStyle(Qt.PenJoinStyle.BevelJoin)
    pen.setCapStyle(Qt.PenCapStyle.FlatCap if rough or dashed else Qt.PenCapStyle.RoundCap)
    if dashed and not rough:
        pen.setDashPattern([4.0, 3.0])
    painter.save()
    painter.setClipRect(QRectF(frame.left, frame.top - 2, frame.width + 2, frame.height + 4))
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, not rough)
    painter.setPen(pen)
    for part in parts:
        for k in range(0, len(part) - 1, 4096 if dashed else 256):
            painter.drawPolyline(polygon(part[k : k + (4097 if dashed else 257)]))
    painter.restore()
