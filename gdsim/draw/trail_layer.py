"""The old part of the racers' paths: painted once and kept; each frame only adds to it.

Lines and casings are kept opaque in two images and laid over the map at their opacities, so that pieces added one by
one show no seams where they overlap. A path that would take too long to stroke (Qt needs a second and more for two
thousand long crossing segments) is first drawn in one-pixel lines, which are a hundred times cheaper, and refined when
the hand rests; one that is nothing but noise stays thin.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QImage, QPainter

from gdsim.draw.frame import Frame
from gdsim.draw.strokes import (
    DRAFT_COST,
    ROUGH_COST,
    Piece,
    TrailSource,
    paint_dots,
    piece_of,
    round_pen,
    stroke,
)
from gdsim.draw.theme import MARK, Theme

_BARE_COST = 18.0  # milliseconds above which a draft has no casings either
_CHUNK = 256  # segments that the refining strokes before it looks at the clock


class TrailLayer:
    """The kept part of the paths, on two images of the frame's size."""

    def __init__(self) -> None:
        self._key: object = None
        self._casing = QImage()
        self._line = QImage()
        self._drawn: dict[int, int] = {}
        self._ratio = 1.0
        self.draft = False
        self.generation = 0  # counts how often everything was painted anew
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
                pieces.append(piece_of(source, frame, start, stop + 1))
                self._drawn[source.racer] = stop
        if pieces:
            cost = sum(piece.cost for piece in pieces)
            if cost > DRAFT_COST:
                self.draft = True
            for piece in pieces:
                _paint_piece(self._casing, self._line, piece, theme, cost > DRAFT_COST, bare=cost > _BARE_COST)

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
        begun = dict(self._drawn)
        for source in sources:
            stop = begun.get(source.racer, 0)
            if stop <= 0:
                continue
            whole = piece_of(source, frame, 0, stop + 1)
            yield None
            if whole.cost > ROUGH_COST:
                _paint_piece(casing, line, whole, theme, draft=True)
                yield None
                continue
            for part in whole.parts:
                for k in range(0, len(part) - 1, _CHUNK):
                    few = Piece(whole.racer, [part[k : k + _CHUNK + 1]], np.empty((0, 2)), 0.0)
                    _paint_piece(casing, line, few, theme, draft=False)
                    yield None
            _paint_piece(casing, line, Piece(whole.racer, [], whole.dots, 0.0), theme, draft=False)
            yield None
        for source in sources:  # what was added while this was made
            first, stop = begun.get(source.racer, 0), self._drawn.get(source.racer, 0)
            if stop > first:
                added = piece_of(source, frame, first, stop + 1)
                _paint_piece(casing, line, added, theme, draft=added.cost > DRAFT_COST)
        yield casing, line

    def _begin(self, frame: Frame, ratio: float) -> None:
        self.generation += 1
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


def _paint_piece(casing: QImage, line: QImage, piece: Piece, theme: Theme, draft: bool, bare: bool = False) -> None:
    """Strokes a piece on the two images; `draft`: fast and thin, `bare`: without its casing."""
    rough = piece.cost > ROUGH_COST
    colour = QColor(theme.racer(piece.racer))
    if not (rough or bare):
        painter = QPainter(casing)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, not draft)
        painter.setPen(round_pen(QColor(theme.casing), theme.line(MARK.casing)))
        stroke(painter, piece.parts)
        painter.end()
    painter = QPainter(line)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, not rough)
    if draft:
        pen = round_pen(colour, 1.0, Qt.PenCapStyle.FlatCap)
        pen.setCosmetic(True)
        painter.setPen(pen)
        for shift in (0.0,) if rough else (-0.35, 0.35):
            painter.translate(shift, shift)
            stroke(painter, piece.parts, 4096)
            painter.translate(-shift, -shift)
    else:
        painter.setPen(round_pen(colour, theme.line(MARK.trail)))
        stroke(painter, piece.parts)
    if not (rough or bare):
        paint_dots(painter, piece.dots, colour, theme.line(MARK.dot))
    painter.end()
