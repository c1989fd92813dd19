"""A plane in a box: the frame with room for numbers, and axes that lie outside of it, so that they never cover data."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter

from gdsim.draw.fonts import font
from gdsim.draw.frame import Frame, Interval, home_frame
from gdsim.draw.text import elided
from gdsim.draw.theme import TYPE, Theme
from gdsim.draw.ticks import Tick, linear_ticks

_ACROSS, _UP = 56, 44  # pixels at least from mark to mark


def across_ticks(frame: Frame, theme: Theme) -> list[Tick]:
    """Marks of the lower axis."""
    return linear_ticks(*frame.x, max(2.0, frame.width / theme.px(_ACROSS)))


def up_ticks(frame: Frame, theme: Theme) -> list[Tick]:
    """Marks of the left axis."""
    return linear_ticks(*frame.y, max(2.0, frame.height / theme.px(_UP)))


def _long(name: str, theme: Theme) -> bool:
    """Whether the left axis' name has to stand upright beside the numbers."""
    return QFontMetricsF(font(TYPE.secondary, 600, theme.scale)).horizontalAdvance(name) > theme.px(20)


def axis_room(frame: Frame, name: str, theme: Theme) -> float:
    """Pixels that the numbers and the name left of a frame need."""
    metrics = QFontMetricsF(font(TYPE.tick, 400, theme.scale))
    widest = max((metrics.horizontalAdvance(tick.label) for tick in up_ticks(frame, theme)), default=0.0)
    return max(widest, theme.px(12)) + theme.px(9) + (theme.px(16) if _long(name, theme) else 0)


def foot_room(theme: Theme) -> float:
    """Pixels that the numbers below a frame need."""
    return QFontMetricsF(font(TYPE.tick, 400, theme.scale)).height() + theme.px(8)


def plane_frame(
    box: QRectF, x: Interval, y: Interval, name: str, theme: Theme, top: float = 0.0, foot: float = 0.0,
    equal: bool = True, beyond: bool = True,
) -> Frame:  # fmt: skip
    """The frame for the ranges `x`, `y` in `box`, numbers and the left axis' `name` beside it.

    Args:
        top, foot: pixels kept free above, and below the numbers.
        equal: one unit is as long along both axes.
        beyond: where the ranges' own shape would leave more than a third of the box empty, an equal frame shows more
            than the ranges; if not, it has their shape all the same.
    """
    height = max(box.height() - top - foot - foot_room(theme), 8.0)
    left = axis_room(Frame(x, y, 100.0, height), name, theme)
    width = max(box.width() - left - theme.px(6), 8.0)
    frame = Frame(x, y, round(width), round(height))
    if equal:
        unit = min(width / (x[1] - x[0]), height / (y[1] - y[0]))
        wide, high = unit * (x[1] - x[0]), unit * (y[1] - y[0])
        if not beyond or wide * high >= 0.66 * width * height:
            frame = Frame(x, y, max(round(wide), 1), max(round(high), 1))
        else:
            frame = home_frame((x, y), round(width), round(height), True)
    spare = max(width - frame.width, 0.0) / 2  # a square in a wide box stands in its middle
    return replace(frame, left=round(box.left() + left + spare), top=round(box.top() + top))


def paint_plane_grid(painter: QPainter, frame: Frame, theme: Theme) -> None:
    """Hairlines at the axes' marks; those through zero a little stronger."""
    right, bottom = frame.left + frame.width, frame.top + frame.height
    for tick in across_ticks(frame, theme):
        px = min(round(float(frame.across(tick.value))), right - 1)
        colour = QColor(theme.border if tick.label == "0" else theme.hairline)
        painter.fillRect(QRectF(px, frame.top, 1, frame.height), colour)
    for tick in up_ticks(frame, theme):
        py = min(round(float(frame.down(tick.value))), bottom - 1)
        colour = QColor(theme.border if tick.label == "0" else theme.hairline)
        painter.fillRect(QRectF(frame.left, py, frame.width, 1), colour)


def paint_plane_axes(painter: QPainter, frame: Frame, names: tuple[str, str], theme: Theme) -> None:
    """The frame's outline, numbers below and left of it, the names of both axes at their ends."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
    right, bottom = frame.left + frame.width, frame.top + frame.height
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QColor(theme.hairline))
    painter.drawRect(QRectF(frame.left - 1, frame.top - 1, frame.width + 1, frame.height + 1))
    face, strong = font(TYPE.tick, 400, theme.scale), font(TYPE.secondary, 600, theme.scale)
    metrics, mark = QFontMetricsF(face), QColor(theme.border)
    base = bottom + theme.px(6) + metrics.ascent()
    name = elided(strong, names[0], 0.7 * frame.width)
    named = right - QFontMetricsF(strong).horizontalAdvance(name)
    painter.setFont(face)
    painter.setPen(QColor(theme.secondary))
    for tick in across_ticks(frame, theme):
        px, wide = round(float(frame.across(tick.value))), metrics.horizontalAdvance(tick.label)
        painter.fillRect(QRectF(min(px, right - 1), bottom, 1, theme.px(4)), mark)
        at = max(px - wide / 2, frame.left)
        if at + wide < named - theme.px(6):
            painter.drawText(QPointF(at, base), tick.label)
    upright = _long(names[1], theme)
    free = frame.top + (0.0 if upright else theme.px(18))
    for tick in up_ticks(frame, theme):
        py, wide = round(float(frame.down(tick.value))), metrics.horizontalAdvance(tick.label)
        painter.fillRect(QRectF(frame.left - theme.px(4), min(py, bottom - 1), theme.px(4), 1), mark)
        line = min(max(py + metrics.capHeight() / 2, frame.top + metrics.capHeight()), bottom)
        if line - metrics.capHeight() >= free:
            painter.drawText(QPointF(frame.left - theme.px(7) - wide, line), tick.label)
    painter.setFont(strong)
    painter.drawText(QPointF(named, base), name)
    _paint_up_name(painter, frame, names[1], upright, theme)
    painter.restore()


def _paint_up_name(painter: QPainter, frame: Frame, name: str, upright: bool, theme: Theme) -> None:
    face = font(TYPE.secondary, 600, theme.scale)
    metrics = QFontMetricsF(face)
    if not upright:
        at = QPointF(frame.left - theme.px(7) - metrics.horizontalAdvance(name), frame.top + metrics.capHeight())
        painter.drawText(at, name)
        return
    shown = elided(face, name, frame.height)
    painter.translate(frame.left - axis_room(frame, name, theme) + theme.px(2) + metrics.ascent(), frame.top)
    painter.rotate(-90)
    painter.setRenderHint(QPainter.RenderHint.TextAntialiasing, True)
    painter.drawText(QPointF(-metrics.horizontalAdvance(shown), 0), shown)
