"""What is painted of the racers at every frame: their last steps, their heads; and whole paths for pictures, ghosts."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor, QPainter

from gdsim.draw.frame import Frame
from gdsim.draw.markers import paint_head
from gdsim.draw.polyline import clipped, thinned
from gdsim.draw.strokes import (
    DRAFT_COST,
    MOST_POINTS,
    ROUGH_COST,
    Array,
    TrailSource,
    box_of,
    dots_of,
    inside,
    paint_dots,
    piece_of,
    round_pen,
    stroke,
)
from gdsim.draw.theme import MARK, Theme

_WILD = 2500.0  # pixels that the last steps may run before they are drawn thin


def paint_recent(painter: QPainter, sources: Sequence[TrailSource], frame: Frame, cursor: int, theme: Theme) -> None:
    """The last 30 steps of each racer: 3 px in full colour on their casing, a dot per iterate."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
    for source in sources:
        last = source.last(cursor)
        if last < 1:
            continue
        points = frame.pixels(source.points(max(0, last - MARK.recent_steps), last + 1))
        colour = QColor(theme.racer(source.racer))
        if source.lines:
            parts = clipped(thinned(points), box_of(frame))
            _paint_recent_line(painter, parts, colour, theme)
            paint_dots(painter, dots_of(points, frame), colour, theme.line(MARK.dot + 1))
        else:
            dots = inside(points[np.isfinite(points).all(axis=1)], frame)
            paint_dots(painter, dots, QColor(theme.casing), theme.line(MARK.dot + 3))
            paint_dots(painter, dots, colour, theme.line(MARK.dot + 1))
    painter.restore()


def _paint_recent_line(painter: QPainter, parts: list[Array], colour: QColor, theme: Theme) -> None:
    if sum(float(np.hypot(*np.diff(part, axis=0).T).sum()) for part in parts) > _WILD:
        pen = round_pen(colour, 1.0, Qt.PenCapStyle.FlatCap)
        pen.setCosmetic(True)
        painter.setPen(pen)
        for shift in (-0.5, 0.5):
            painter.translate(shift, shift)
            stroke(painter, parts)
            painter.translate(-shift, -shift)
        return
    casing = QColor(theme.casing)
    casing.setAlphaF(MARK.casing_opacity)
    painter.setPen(round_pen(casing, theme.line(MARK.casing + 1)))
    stroke(painter, parts)
    painter.setPen(round_pen(colour, theme.line(MARK.recent)))
    stroke(painter, parts)


def paint_whole(painter: QPainter, sources: Sequence[TrailSource], frame: Frame, cursor: int, theme: Theme) -> None:
    """The old part of the paths straight onto `painter`, for pictures that are made once (PNG, SVG)."""
    pieces = []
    for source in sources:
        stop = max(0, source.last(cursor) - MARK.recent_steps)
        if stop > 0:
            pieces.append(piece_of(source, frame, 0, stop + 1))
    casing = QColor(theme.casing)
    casing.setAlphaF(MARK.casing_opacity)
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
    painter.setPen(round_pen(casing, theme.line(MARK.casing)))
    for piece in pieces:
        if piece.cost <= ROUGH_COST:
            stroke(painter, piece.parts, 100_000)
    for piece in pieces:
        rough = piece.cost > ROUGH_COST
        colour = QColor(theme.racer(piece.racer))
        colour.setAlphaF(MARK.trail_opacity)
        pen = round_pen(colour, 1.0 if rough else theme.line(MARK.trail))
        pen.setCosmetic(rough)
        painter.setPen(pen)
        stroke(painter, piece.parts, 100_000)
        if not rough:
            paint_dots(painter, piece.dots, colour, theme.line(MARK.dot))
    painter.restore()


def head_places(sources: Sequence[TrailSource], frame: Frame, cursor: int) -> dict[int, tuple[float, float]]:
    """Where each racer's head is, in pixels; a racer whose position is not finite stays at its last finite row."""
    places: dict[int, tuple[float, float]] = {}
    for source in sources:
        last = source.last(cursor)
        if last < 0:
            continue
        points = frame.pixels(source.points(max(0, last - 3), last + 1))
        finite = points[np.isfinite(points).all(axis=1)]
        if len(finite):
            places[source.racer] = (float(finite[-1, 0]), float(finite[-1, 1]))
    return places


def paint_heads(
    painter: QPainter, places: dict[int, tuple[float, float]], frame: Frame, theme: Theme, focus: int
) -> None:
    """The heads, the focused one larger and on top; those outside are shown small at the edge they left by."""
    for racer in sorted(places, key=lambda each: (each == focus, -each)):
        px, py = places[racer]
        size = MARK.focus if racer == focus else MARK.head
        if frame.contains(px, py, size):
            paint_head(painter, QPointF(px, py), racer, theme, size)
            continue
        edge_x = min(max(px, frame.left + 8), frame.left + frame.width - 8)
        edge_y = min(max(py, frame.top + 8), frame.top + frame.height - 8)
        paint_head(painter, QPointF(edge_x, edge_y), racer, theme, 0.6 * size, opacity=0.7)


def paint_ghost(painter: QPainter, sources: Sequence[TrailSource], frame: Frame, theme: Theme) -> None:
    """The run before the last edit: thin dashes in the racers' colours, whole."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
    for source in sources:
        piece = piece_of(source, frame, 0, source.trace.published)
        colour = QColor(theme.racer(source.racer))
        colour.setAlphaF(0.55)
        pen = round_pen(colour, theme.line(1.0), Qt.PenCapStyle.FlatCap)
        pen.setCosmetic(True)
        if piece.cost < DRAFT_COST:
            pen.setDashPattern([5.0, 4.0])
        painter.setPen(pen)
        stroke(painter, piece.parts, 4096)
        if not source.lines:
            paint_dots(painter, piece.dots, colour, theme.line(3))
    painter.restore()


def nearest_racer(
    sources: Sequence[TrailSource], frame: Frame, cursor: int, px: float, py: float, reach: float = 10.0
) -> int | None:
    """The racer whose head or trail passes within `reach` pixels of (px, py), the closest one, or None."""
    best, found = reach, None
    for source in sources:
        last = source.last(cursor)
        if last < 0:
            continue
        stride = max(1, -(-(last + 1) // MOST_POINTS))
        for part in clipped(frame.pixels(source.points(0, last + 1, stride)), box_of(frame)):
            apart = float(_distance(part, px, py).min())
            if apart < best:
                best, found = apart, source.racer
    for racer, (head_x, head_y) in head_places(sources, frame, cursor).items():
        apart = 0.5 * float(np.hypot(head_x - px, head_y - py))  # a head is easier to hit than a line
        if apart < best:
            best, found = apart, racer
    return found


def _distance(line: Array, px: float, py: float) -> Array:
    """Distance of a point from each segment of a line, pixels."""
    start, way = line[:-1], np.diff(line, axis=0)
    to = np.array([px, py]) - start
    length = np.maximum((way**2).sum(axis=1), 1e-12)
    along = np.clip((to * way).sum(axis=1) / length, 0, 1)
    return np.hypot(*(to - along[:, None] * way).T)
