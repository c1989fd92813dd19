"""Heads of the racers, the start ring, the minima: small shapes with a casing, centred on their point."""

from __future__ import annotations

import math
from functools import cache

from PySide6.QtCore import QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QPainter, QPainterPath, QPen

from gdsim.draw.theme import HEADS, MARK, Head, Theme, head_of


@cache
def head_path(head: Head, size: float) -> QPainterPath:
    """The outline of a head, centred on (0, 0); `size` is the diameter of the circle, the others weigh as much."""
    r = size / 2
    path = QPainterPath()
    if head == "circle":
        path.addEllipse(QPointF(0, 0), r, r)
    elif head == "square":
        path.addRect(QRectF(-0.88 * r, -0.88 * r, 1.76 * r, 1.76 * r))
    elif head == "triangle":
        _regular(path, 3, 1.22 * r, -90, drop=0.14 * r)
    elif head == "inverted triangle":
        _regular(path, 3, 1.22 * r, 90, drop=-0.14 * r)
    elif head == "diamond":
        _regular(path, 4, 1.16 * r, -90)
    elif head == "hexagon":
        _regular(path, 6, 1.06 * r, -90)
    else:
        _cross(path, 1.08 * r, 0.36 * r, 0 if head == "plus" else 45)
    path.closeSubpath()
    return path


def _regular(path: QPainterPath, corners: int, r: float, first: float, drop: float = 0.0) -> None:
    for k in range(corners):
        angle = math.radians(first + 360 * k / corners)
        point = QPointF(r * math.cos(angle), r * math.sin(angle) + drop)
        if k:
            path.lineTo(point)
        else:
            path.moveTo(point)


def _cross(path: QPainterPath, reach: float, half: float, turn: float) -> None:
    corners = [(half, half), (half, reach), (-half, reach), (-half, half), (-reach, half), (-reach, -half)]
    corners += [(-x, -y) for x, y in corners]
    cos, sin = math.cos(math.radians(turn)), math.sin(math.radians(turn))
    for k, (x, y) in enumerate(corners):
        point = QPointF(x * cos - y * sin, x * sin + y * cos)
        if k:
            path.lineTo(point)
        else:
            path.moveTo(point)


def paint_head(
    painter: QPainter, at: QPointF, racer: int, theme: Theme, size: float = MARK.head, opacity: float = 1.0
) -> None:
    """The head of racer number `racer` in its colour, with a casing of 2 px around it."""
    paint_shape(painter, at, head_of(racer), QColor(theme.racer(racer)), theme, size, opacity)


def paint_shape(
    painter: QPainter, at: QPointF, head: Head, colour: QColor, theme: Theme, size: float, opacity: float = 1.0
) -> None:
    """One head of any colour."""
    path = head_path(head, theme.line(size)).translated(at)
    painter.save()
    painter.setOpacity(painter.opacity() * opacity)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
    casing = QPen(QColor(theme.casing), 2 * theme.line(min(MARK.head_casing, size / 7)))
    casing.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
    painter.strokePath(path, casing)
    painter.fillPath(path, QBrush(colour))
    painter.restore()


def paint_ring(painter: QPainter, at: QPointF, theme: Theme, held: bool = False, pulse: float = 0.0) -> None:
    """The start: an 18 px ring that can be dragged. `pulse` from 0 to 1 is the wave that says "drag me"."""
    r = theme.line(MARK.ring) / 2
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    if 0 < pulse < 1:
        wave = QColor(theme.ink)
        wave.setAlphaF(0.85 * (1 - pulse))
        painter.setPen(QPen(wave, theme.line(2.5)))
        grown = r * (1 + 1.6 * pulse)
        painter.drawEllipse(at, grown, grown)
    inner = r - theme.line(1.5)
    painter.setPen(QPen(QColor(theme.casing), theme.line(6)))
    painter.drawEllipse(at, inner, inner)
    painter.setPen(QPen(QColor(theme.accent if held else theme.ink), theme.line(2.5)))
    painter.drawEllipse(at, inner, inner)
    painter.restore()


def paint_minimum(painter: QPainter, at: QPointF, theme: Theme) -> None:
    """A known minimum: a "+" of 12 px."""
    reach = theme.line(MARK.minimum) / 2
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
    x, y = round(at.x()) + 0.5, round(at.y()) + 0.5
    for colour, width, grow in ((theme.casing, 4, 1), (theme.ink, 2, 0)):
        pen = QPen(QColor(colour), theme.line(width))
        pen.setCapStyle(Qt.PenCapStyle.FlatCap)
        painter.setPen(pen)
        painter.drawLine(QPointF(x - reach - grow, y), QPointF(x + reach + grow, y))
        painter.drawLine(QPointF(x, y - reach - grow), QPointF(x, y + reach + grow))
    painter.restore()


def paint_focus(painter: QPainter, box: QRect, theme: Theme) -> None:
    """The accent frame around what has the keyboard, 2 px; four rectangles, which cost nothing."""
    colour, left, top = QColor(theme.accent), box.left(), box.top()
    for edge in (
        QRect(left, top, box.width(), 2),
        QRect(left, box.bottom() - 1, box.width(), 2),
        QRect(left, top, 2, box.height()),
        QRect(box.right() - 1, top, 2, box.height()),
    ):
        painter.fillRect(edge, colour)


__all__ = ["HEADS", "head_path", "paint_focus", "paint_head", "paint_minimum", "paint_ring", "paint_shape"]
