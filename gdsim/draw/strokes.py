"""A stretch of a racer's path in pixels, what it costs to stroke, and how it is stroked fast."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QPainter, QPen

from gdsim.draw.frame import Frame
from gdsim.draw.polyline import clipped, thinned
from gdsim.draw.qt_arrays import polygon
from gdsim.draw.theme import MARK

Array = NDArray[np.float64]

MOST_POINTS = 20_001  # of one racer that are looked at when its path is painted anew
DRAFT_COST = 9.0  # milliseconds of stroking for all racers above which a draft comes first
ROUGH_COST = 35.0  # milliseconds for one racer above which its line stays thin
_CHUNK = 64  # segments per stroke: Qt's stroker slows down with the square of their crossings


@dataclass(frozen=True, slots=True)
class TrailSource:
    """A racer's rows and how they are shown: `columns` of the trace lie along x and y."""

    trace: Any
    racer: int
    columns: tuple[int, int] = (0, 1)
    lines: bool = True

    def points(self, start: int, stop: int, stride: int = 1) -> Array:
        """Rows start ... stop - 1 as points (m, 2) of the plane."""
        return np.column_stack([self.trace.column(column, start, stop, stride) for column in self.columns])

    def last(self, cursor: int) -> int:
        """The row shown at `cursor`: its own last one for a racer that has ended; -1 while there is none."""
        return min(cursor, self.trace.published - 1)


@dataclass(slots=True)
class Piece:
    """A stretch of one racer's path, ready to stroke."""

    racer: int
    parts: list[Array]
    dots: Array
    cost: float


def box_of(frame: Frame, margin: float = 40.0) -> tuple[float, float, float, float]:
    """The frame's pixels with a margin, as (left, top, right, bottom)."""
    return (
        frame.left - margin,
        frame.top - margin,
        frame.left + frame.width + margin,
        frame.top + frame.height + margin,
    )


def piece_of(source: TrailSource, frame: Frame, start: int, stop: int) -> Piece:
    count = stop - start
    stride = max(1, -(-count // MOST_POINTS))
    stride += 1 - stride % 2  # odd, or a bouncing path would show one side only
    points = frame.pixels(source.points(start, stop, stride))
    dots = dots_of(points, frame)
    parts = clipped(thinned(points), box_of(frame)) if source.lines else []
    if not source.lines:
        dots = thinned(points[np.isfinite(points).all(axis=1)], 1.0)
        dots = inside(dots, frame)
    length = sum(float(np.hypot(*np.diff(part, axis=0).T).sum()) for part in parts)
    cost = 0.0008 * sum(len(part) for part in parts) + 0.0007 * length + 0.003 * len(dots)
    return Piece(source.racer, parts, dots, cost)


def dots_of(points: Array, frame: Frame) -> Array:
    """The iterates that lie more than 7 px from the one before: there the step's size is seen."""
    if len(points) < 2:
        return np.empty((0, 2))
    with np.errstate(all="ignore"):
        apart = np.hypot(*np.diff(points, axis=0).T)
    chosen = points[1:][apart > MARK.dot_apart]
    return inside(chosen, frame)


def inside(points: Array, frame: Frame) -> Array:
    left, top, right, bottom = box_of(frame, 8)
    x, y = points[:, 0], points[:, 1]
    return points[(x >= left) & (x <= right) & (y >= top) & (y <= bottom)]


def round_pen(colour: QColor, width: float, cap: Qt.PenCapStyle = Qt.PenCapStyle.RoundCap) -> QPen:
    pen = QPen(colour, width)
    pen.setCapStyle(cap)
    pen.setJoinStyle(Qt.PenJoinStyle.BevelJoin)  # round joins double the time and are not seen at these widths
    return pen


def stroke(painter: QPainter, parts: Sequence[Array], chunk: int = _CHUNK) -> None:
    for part in parts:
        for k in range(0, len(part) - 1, chunk):
            painter.drawPolyline(polygon(part[k : k + chunk + 1]))


def paint_dots(painter: QPainter, dots: Array, colour: QColor, size: float) -> None:
    if len(dots):
        painter.setPen(round_pen(colour, size))
        painter.drawPoints(polygon(dots))
