"""Arrows that explain one update: the step at its true length, other vectors by their direction."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPen, QPolygonF

from gdsim.draw.fonts import font
from gdsim.draw.frame import Frame
from gdsim.draw.text import paint_halo_text
from gdsim.draw.theme import MARK, TYPE, Theme

_LENGTH = 72.0  # pixels of an arrow that shows a direction
_LONGEST = 4000.0


def paint_arrow(
    painter: QPainter, tail: QPointF, tip: QPointF, colour: QColor, theme: Theme, width: float = 2.5
) -> None:
    """An arrow with a casing; shorter than its own head it becomes a dot."""
    dx, dy = tip.x() - tail.x(), tip.y() - tail.y()
    length = math.hypot(dx, dy)
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
    if length < 3.0:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colour)
        painter.drawEllipse(tip, theme.line(3), theme.line(3))
        painter.restore()
        return
    barb = min(theme.line(10.0), 0.6 * length)
    ux, uy = dx / length, dy / length
    neck = QPointF(tip.x() - ux * barb * 0.8, tip.y() - uy * barb * 0.8)
    wing = 0.42 * barb
    head = QPolygonF(
        [
            tip,
            QPointF(tip.x() - ux * barb - uy * wing, tip.y() - uy * barb + ux * wing),
            QPointF(tip.x() - ux * barb + uy * wing, tip.y() - uy * barb - ux * wing),
        ]
    )
    shaft = QPainterPath(tail)
    shaft.lineTo(neck)
    tipped = QPainterPath()
    tipped.addPolygon(head)
    tipped.closeSubpath()
    for ink, grow in ((QColor(theme.casing), theme.line(2 * MARK.head_casing)), (colour, 0.0)):
        pen = QPen(ink, theme.line(width) + grow)
        pen.setCapStyle(Qt.PenCapStyle.RoundCap)
        pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
        painter.strokePath(shaft, pen)
        if grow:
            painter.strokePath(
                tipped, QPen(ink, grow, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap, Qt.PenJoinStyle.RoundJoin)
            )
        painter.fillPath(tipped, ink)
    painter.restore()


def paint_stage_arrow(
    painter: QPainter, frame: Frame, place: NDArray[np.float64], stage: Any, axes: tuple[int, int], theme: Theme
) -> None:
    """The vector of one stage of an update at `place` (2,), world: `step` as long as it is, others by direction.

    A stage whose value is no direction (`arrow`), no vector, not finite or zero draws nothing.
    """
    if not stage.arrow:
        return
    values = np.atleast_1d(np.asarray(stage.values, dtype=np.float64))
    if values.ndim != 1 or len(values) <= max(axes):
        return
    vector = values[list(axes)]
    px, py = frame.pixel(float(place[0]), float(place[1]))
    way = np.array([vector[0] * frame.scale[0], -vector[1] * frame.scale[1]])
    length = float(np.hypot(*way))
    if not (math.isfinite(length) and length > 0 and math.isfinite(px + py)) or not frame.contains(px, py, 2000):
        return
    true = stage.name == "step"
    shown = min(length, _LONGEST) if true else theme.line(_LENGTH)
    way = way / length * shown
    tail, tip = QPointF(px, py), QPointF(px + way[0], py + way[1])
    colour = QColor(theme.ink if true else theme.accent)
    paint_arrow(painter, tail, tip, colour, theme, 3.0 if true else 2.25)
    if shown >= 24 and frame.contains(tip.x(), tip.y()):
        painter.save()
        painter.setFont(font(TYPE.secondary, 600, theme.scale))
        beyond = QPointF(tip.x() + way[0] / shown * theme.px(14), tip.y() + way[1] / shown * theme.px(12))
        align = 0.5 - 0.5 * way[0] / shown
        paint_halo_text(painter, beyond, stage.name, QColor(theme.ink), QColor(theme.casing), theme.line(2.5), align)
        painter.restore()
