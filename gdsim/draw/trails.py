"""The racers' paths. What is old is painted once and kept; each frame adds to it and paints the last steps anew.

Lines and casings are kept opaque in two images and laid over the map at their opacities, so that pieces added one by
one show no seams where they overlap. A path that would take too long to stroke (Qt needs a second and more for two
thousand long crossing segments) is first drawn in one-pixel lines, which are a hundred times cheaper, and refined when
the hand rests; one that is nothing but noise stays thin.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPen

from gdsim.draw.frame import Frame
from gdsim.draw.markers import paint_head
from gdsim.draw.polyline import clipped, thinned
from gdsim.draw.qt_arrays import polygon
from gdsim.draw.theme import MARK, Theme

Array = NDArray[np.float64]

_MOST_POINTS = 20_001  # of one racer that are looked at when its path is painted anew
_DRAFT_COST = 9.0  # milliseconds of stroking for all racers above which a draft comes first
_ROUGH_COST = 35.0  # milliseconds for one racer above which its line stays thin
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
class _Piece:
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


def _piece(source: TrailSource, frame: Frame, start: int, stop: int) -> _Piece:
    count = stop - start
    stride = max(1, -(-count // _MOST_POINTS))
    stride += 1 - stride % 2  # odd, or a bouncing path would show one side only
    points = frame.pixels(source.points(start, stop, stride))
    dots = _dots(points, frame)
    parts = clipped(thinned(points), box_of(frame)) if source.lines else []
    if not source.lines:
        dots = thinned(points[np.isfinite(points).all(axis=1)], 1.0)
        dots = _inside(dots, frame)
    length = sum(float(np.hypot(*np.diff(part, axis=0).T).sum()) for part in parts)
    cost = 0.0008 * sum(len(part) for part in parts) + 0.0007 * length + 0.003 * len(dots)
    return _Piece(source.racer, parts, dots, cost)


def _dots(points: Array, frame: Frame) -> Array:
    """The iterates that lie more than 7 px from the one before: there the step's size is seen."""
    if len(points) < 2:
        return np.empty((0, 2))
    with np.errstate(all="ignore"):
        apart = np.hypot(*np.diff(points, axis=0).T)
    chosen = points[1:][apart > MARK.dot_apart]
    return _inside(chosen, frame)


def _inside(points: Array, frame: Frame) -> Array:
    left, top, right, bottom = box_of(frame, 8)
    x, y = points[:, 0], points[:, 1]
    return points[(x >= left) & (x <= right) & (y >= top) & (y <= bottom)]


def _pen(colour: QColor, width: float, cap: Qt.PenCapStyle = Qt.PenCapStyle.RoundCap) -> QPen:
    pen = QPen(colour, width)
    pen.setCapStyle(cap)
    pen.setJoinStyle(Qt.PenJoinStyle.BevelJoin)  # round joins double the time and are not seen at these widths
    return pen


def _stroke(painter: QPainter, parts: Sequence[Array], chunk: int = _CHUNK) -> None:
    for part in parts:
        for k in range(0, len(part) - 1, chunk):
            painter.drawPolyline(polygon(part[k : k + chunk + 1]))


def _paint_dots(painter: QPainter, dots: Array, colour: QColor, size: float) -> None:
    if len(dots):
        painter.setPen(_pen(colour, size))
        painter.drawPoints(polygon(dots))


class TrailLayer:
    """The kept part of the paths, on two images of the frame's size."""

    def __init__(self) -> None:
        self._key: object = None
        self._casing = QImage()
        self._line = QImage()
        self._drawn: dict[int, int] = {}
        self._ratio = 1.0
        self.draft = False
        self._refining: Iterator[tuple[QImage, QImage] | None] | None = None

    def forget(self) -> None:
        """Everything is painted anew next time."""
        self._key = None

    def update(
        self, sources: Sequence[TrailSource], frame: Frame, cursor: int, theme: Theme, key: object, ratio: float = 1.0
    ) -> None:
        """Brings the images up to `cursor`, less the last steps, which are live.

        Args:
            key: changes whenever the old rows do (another run), to throw the images away.
            ratio: device pixels per pixel.
        """
        key = (key, frame, theme.name, theme.scale, ratio, tuple((s.racer, s.columns, id(s.trace)) for s in sources))
        targets = {s.racer: max(0, s.last(cursor) - MARK.recent_steps) for s in sources}
        back = any(targets[racer] < drawn for racer, drawn in self._drawn.items() if racer in targets)
        if key != self._key or back or self._line.isNull():
            self._begin(frame, ratio)
            self._key = key
            self._drawn = dict.fromkeys(targets, 0)
        pieces = []
        for source in sources:
            start, stop = self._drawn[source.racer], targets[source.racer]
            if stop > start:
                pieces.append(_piece(source, frame, start, stop + 1))
                self._drawn[source.racer] = stop
        if pieces:
            self._refining = None
            cheap = sum(piece.cost for piece in pieces) <= _DRAFT_COST
            if not cheap:
                self.draft = True
            for piece in pieces:
                _paint_piece(self._casing, self._line, piece, theme, draft=not cheap)

    def refine(
        self, sources: Sequence[TrailSource], frame: Frame, cursor: int, theme: Theme, budget: float = 0.008
    ) -> bool:
        """Replaces a draft by the fine picture, `budget` seconds' work at a time; True when it is done."""
        if not self.draft:
            return True
        if self._refining is None:
            self._refining = self._refine(sources, frame, cursor, theme)
        end = time.perf_counter() + budget
        while time.perf_counter() < end:
            images = next(self._refining)
            if images is not None:
                self._casing, self._line = images
                self.draft = False
                self._refining = None
                return True
        return False

    def _refine(
        self, sources: Sequence[TrailSource], frame: Frame, cursor: int, theme: Theme
    ) -> Iterator[tuple[QImage, QImage] | None]:
        casing, line = self._casing.copy(), self._line.copy()
        casing.fill(Qt.GlobalColor.transparent)
        line.fill(Qt.GlobalColor.transparent)
        for source in sources:
            stop = self._drawn.get(source.racer, 0)
            if stop <= 0:
                continue
            whole = _piece(source, frame, 0, stop + 1)
            yield None
            if whole.cost > _ROUGH_COST:
                _paint_piece(casing, line, whole, theme, draft=True)
                yield None
                continue
            for part in whole.parts:
                for k in range(0, len(part) - 1, 4 * _CHUNK):
                    few = _Piece(whole.racer, [part[k : k + 4 * _CHUNK + 1]], np.empty((0, 2)), 0.0)
                    _paint_piece(casing, line, few, theme, draft=False)
                    yield None
            _paint_piece(casing, line, _Piece(whole.racer, [], whole.dots, 0.0), theme, draft=False)
            yield None
        yield casing, line

    def _begin(self, frame: Frame, ratio: float) -> None:
        width, height = max(1, round(frame.width * ratio)), max(1, round(frame.height * ratio))
        if self._line.width() != width or self._line.height() != height or self._ratio != ratio:
            self._casing = QImage(width, height, QImage.Format.Format_ARGB32_Premultiplied)
            self._line = QImage(width, height, QImage.Format.Format_ARGB32_Premultiplied)
            for image in (self._casing, self._line):
                image.setDevicePixelRatio(ratio)
            self._ratio = ratio
        self._casing.fill(Qt.GlobalColor.transparent)
        self._line.fill(Qt.GlobalColor.transparent)
        self.draft = False
        self._refining = None

    def paint(self, painter: QPainter, opacity: float = 1.0) -> None:
        """Lays the kept part over what is there."""
        painter.save()
        painter.setOpacity(MARK.casing_opacity * opacity)
        painter.drawImage(0, 0, self._casing)
        painter.setOpacity(MARK.trail_opacity * opacity)
        painter.drawImage(0, 0, self._line)
        painter.restore()


def _paint_piece(casing: QImage, line: QImage, piece: _Piece, theme: Theme, draft: bool) -> None:
    rough = piece.cost > _ROUGH_COST
    colour = QColor(theme.racer(piece.racer))
    if not rough:
        painter = QPainter(casing)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, not draft)
        painter.setPen(_pen(QColor(theme.casing), theme.line(MARK.casing)))
        _stroke(painter, piece.parts)
        painter.end()
    painter = QPainter(line)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, not rough)
    if draft:
        pen = _pen(colour, 1.0, Qt.PenCapStyle.FlatCap)
        pen.setCosmetic(True)
        painter.setPen(pen)
        for shift in (0.0,) if rough else (-0.35, 0.35):
            painter.translate(shift, shift)
            _stroke(painter, piece.parts, 4096)
            painter.translate(-shift, -shift)
    else:
        painter.setPen(_pen(colour, theme.line(MARK.trail)))
        _stroke(painter, piece.parts)
    if not rough:
        _paint_dots(painter, piece.dots, colour, theme.line(MARK.dot))
    painter.end()


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
            casing = QColor(theme.casing)
            casing.setAlphaF(MARK.casing_opacity)
            painter.setPen(_pen(casing, theme.line(MARK.casing + 1)))
            _stroke(painter, parts)
            painter.setPen(_pen(colour, theme.line(MARK.recent)))
            _stroke(painter, parts)
            _paint_dots(painter, _dots(points, frame), colour, theme.line(MARK.dot + 1))
        else:
            dots = _inside(points[np.isfinite(points).all(axis=1)], frame)
            _paint_dots(painter, dots, QColor(theme.casing), theme.line(MARK.dot + 3))
            _paint_dots(painter, dots, colour, theme.line(MARK.dot + 1))
    painter.restore()


def paint_whole(painter: QPainter, sources: Sequence[TrailSource], frame: Frame, cursor: int, theme: Theme) -> None:
    """The old part of the paths straight onto `painter`, for pictures that are made once (PNG, SVG)."""
    pieces = []
    for source in sources:
        stop = max(0, source.last(cursor) - MARK.recent_steps)
        if stop > 0:
            pieces.append(_piece(source, frame, 0, stop + 1))
    casing = QColor(theme.casing)
    casing.setAlphaF(MARK.casing_opacity)
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
    painter.setPen(_pen(casing, theme.line(MARK.casing)))
    for piece in pieces:
        if piece.cost <= _ROUGH_COST:
            _stroke(painter, piece.parts, 100_000)
    for piece in pieces:
        rough = piece.cost > _ROUGH_COST
        colour = QColor(theme.racer(piece.racer))
        colour.setAlphaF(MARK.trail_opacity)
        pen = _pen(colour, 1.0 if rough else theme.line(MARK.trail))
        pen.setCosmetic(rough)
        painter.setPen(pen)
        _stroke(painter, piece.parts, 100_000)
        if not rough:
            _paint_dots(painter, piece.dots, colour, theme.line(MARK.dot))
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
        piece = _piece(source, frame, 0, source.trace.published)
        colour = QColor(theme.racer(source.racer))
        colour.setAlphaF(0.55)
        pen = _pen(colour, theme.line(1.0), Qt.PenCapStyle.FlatCap)
        pen.setCosmetic(True)
        if piece.cost < _DRAFT_COST:
            pen.setDashPattern([5.0, 4.0])
        painter.setPen(pen)
        _stroke(painter, piece.parts, 4096)
        if not source.lines:
            _paint_dots(painter, piece.dots, colour, theme.line(3))
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
        stride = max(1, -(-(last + 1) // _MOST_POINTS))
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
