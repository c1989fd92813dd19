"""Axes that lie inside the picture: marks along the lower and left edge, numbers with a halo."""

from __future__ import annotations

from PySide6.QtCore import QPointF
from PySide6.QtGui import QColor, QPainter, QPen

from gdsim.draw.fonts import font
from gdsim.draw.frame import Frame
from gdsim.draw.text import paint_halo_text
from gdsim.draw.theme import MARK, TYPE, Theme
from gdsim.draw.ticks import linear_ticks


def paint_inner_axes(painter: QPainter, frame: Frame, names: tuple[str, str], theme: Theme) -> None:
    """Numbers of x along the lower edge and of y along the left one, and the coordinates' names at their far ends."""
    painter.save()
    painter.setFont(font(TYPE.tick, 400, theme.scale))
    ink, halo = QColor(theme.ink), QColor(theme.casing)
    ink.setAlphaF(0.82)
    halo.setAlphaF(0.55 if theme.dark else 0.8)
    rim = theme.line(MARK.halo) * 0.8
    mark = QColor(theme.ink)
    mark.setAlphaF(0.5)
    bottom, left, length = frame.top + frame.height, frame.left, theme.px(4)
    corner = theme.px(24)
    across = linear_ticks(*frame.x, frame.width / theme.px(90))
    down = linear_ticks(*frame.y, frame.height / theme.px(72))
    painter.setPen(QPen(mark, 1))
    for tick in across:
        px = round(float(frame.across(tick.value))) + 0.5
        painter.drawLine(QPointF(px, bottom), QPointF(px, bottom - length))
    for tick in down:
        py = round(float(frame.down(tick.value))) + 0.5
        painter.drawLine(QPointF(left, py), QPointF(left + length, py))
    for tick in across:
        px = float(frame.across(tick.value))
        if left + corner + 8 < px < left + frame.width - corner:
            paint_halo_text(painter, QPointF(px, bottom - length - theme.px(8)), tick.label, ink, halo, rim)
    for tick in down:
        py = float(frame.down(tick.value))
        if frame.top + corner + theme.px(8) < py < bottom - corner:
            paint_halo_text(painter, QPointF(left + length + theme.px(4), py), tick.label, ink, halo, rim, align=0.0)
    painter.setFont(font(TYPE.body, 600, theme.scale))
    ink.setAlphaF(1.0)
    at_x = QPointF(left + frame.width - theme.px(8), bottom - length - theme.px(8))
    paint_halo_text(painter, at_x, names[0], ink, halo, rim, align=1.0)
    paint_halo_text(painter, QPointF(left + theme.px(8), frame.top + theme.px(14)), names[1], ink, halo, rim, align=0.0)
    painter.restore()
