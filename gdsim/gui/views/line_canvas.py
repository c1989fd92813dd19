"""The data of a model with two weights: samples, every racer's line, the start line with its handles, other losses'."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Literal

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPen
from PySide6.QtWidgets import QWidget

from gdsim.draw.chart_parts import Entry, paint_pill, pill_box
from gdsim.draw.fonts import font
from gdsim.draw.markers import paint_ring
from gdsim.draw.polyline import clipped
from gdsim.draw.qt_arrays import polygon
from gdsim.draw.theme import TYPE
from gdsim.gui.learn.fits import Fit
from gdsim.gui.views.fit_canvas import FitCanvas
from gdsim.gui.views.line_models import Weights, is_straight, shifted, shown, through
from gdsim.objectives.network.design import Model

Handle = Literal["", "left", "middle", "right"]

_ENDS = 0.12  # of the width: where the outer handles are
_GRIP = 12.0
_ALONG = 6.0  # pixels beside a line at which it can be taken
_PLACES = 161
_LEAST = 0.02  # of the width: how near the hand comes to the other end
_DASHES = {"mse": (7.0, 4.0), "mae": (2.0, 4.0), "huber": (9.0, 3.0, 2.0, 3.0), "logistic": (7.0, 4.0)}


class LineCanvas(FitCanvas):
    """FitCanvas over the one input u, and lines that can be taken: the middle moves b, the ends tilt.

    Signals:
        lineTaken(): the hand took the focused racer's line instead of the start's.
        lineMoved(m, b, final): the start line under the hand.
    """

    lineTaken = Signal()
    lineMoved = Signal(float, float, bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Data and line")
        self.setAccessibleDescription(
            "Drag the dashed line to move the start: its middle moves b, its ends tilt it. Double-click adds a sample, "
            "drag moves one, a right click, Alt+click or Delete takes it away. With the Tab key here, Ctrl+arrow keys "
            "move and tilt the line, arrow keys move a cross and Enter adds a sample there."
        )
        self.model: Model | None = None
        self.start: Weights | None = None
        self.now: Weights | None = None
        self.at_start = True
        self.others: Sequence[Fit] = ()
        self.earlier: Sequence[Weights] = ()
        self._handle: Handle = ""
        self._over: Handle = ""
        self._line: Weights | None = None
        self._pivot = (0.0, 0.0)
        self._lift = 0.0

    @property
    def holding(self) -> bool:
        """Whether a sample or the line is under the hand."""
        return self.dragging or self._line is not None

    # Painting

    def entries(self) -> list[Entry]:
        found = super().entries()
        if self.start is not None and not self.at_start:
            found.insert(0, Entry("start", self.look.ink, "dashed"))
        return found

    def curve_of(self, weights: Weights, places: int = _PLACES) -> np.ndarray:
        """Points (m, 2) of the curve of two weights across the frame."""
        assert self.model is not None
        u = np.linspace(*self.frame.x, places)
        return np.column_stack([u, shown(self.model, weights[0] * u + weights[1])])

    def paint_below(self, painter: QPainter) -> None:
        super().paint_below(painter)
        if self.model is None:
            return
        painter.save()
        self._clip(painter)
        colour = QColor(self.look.racer(self.picture.focus)) if self.picture is not None else QColor()
        for age, weights in enumerate(reversed(self.earlier)):
            colour.setAlphaF(max(0.45 - 0.02 * age, 0.1))
            self._stroke(painter, weights, colour, 1.0, ())
        for fit in self.others:
            self._stroke(painter, fit.line, self.look.muted, 1.5, _DASHES.get(fit.name, (4.0, 4.0)))
        painter.restore()

    def paint_above(self, painter: QPainter) -> None:
        start = self._line or self.start
        if self.model is None or start is None:
            return
        painter.save()
        self._clip(painter)
        if not self.at_start or self._line is not None:
            self._stroke(painter, start, self.look.casing, 4.0, ())
            self._stroke(painter, start, self.look.ink, 1.75, (6.0, 4.0))
        for name, at in self.handles(start).items():
            if name == "middle":
                paint_ring(painter, at, self.look, self._handle == name)
            else:
                self._paint_end(painter, at, name == self._handle or name == self._over)
        self._paint_names(painter)
        painter.restore()

    def _clip(self, painter: QPainter) -> None:
        frame = self.frame
        box = QRectF(frame.left, frame.top, frame.width, frame.height)
        painter.setClipRect(box, Qt.ClipOperation.IntersectClip)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)

    def _stroke(
        self, painter: QPainter, weights: Weights, colour: str | QColor, width: float, dashes: tuple[float, ...]
    ) -> None:
        pen = QPen(QColor(colour), self.look.line(width))
        if dashes:
            pen.setDashPattern([dash / width for dash in dashes])
        pen.setCapStyle(Qt.PenCapStyle.FlatCap)
        painter.setPen(pen)
        frame = self.frame
        box = (frame.left - 10, frame.top - 50, frame.left + frame.width + 10, frame.top + frame.height + 50)
        places = 2 if self.model is not None and is_straight(self.model) else _PLACES
        for part in clipped(frame.pixels(self.curve_of(weights, places)), box):
            painter.drawPolyline(polygon(part))

    def _paint_end(self, painter: QPainter, at: QPointF, strong: bool) -> None:
        radius = self.look.line(6.0 if strong else 5.0)
        for ink, width in ((self.look.casing, 4.0), (self.look.ink, 2.0)):
            painter.setPen(QPen(QColor(ink), self.look.line(width)))
            painter.setBrush(QColor(self.look.surface))
            painter.drawEllipse(at, radius, radius)

    def _paint_names(self, painter: QPainter) -> None:
        """Which loss each of the other lines belongs to, near its right end, one below the other where they meet."""
        look, frame = self.look, self.frame
        face = font(TYPE.tick, 500, look.scale)
        taken: list[float] = []
        places = []
        for fit in self.others:
            u = frame.x[1] - 0.03 * (frame.x[1] - frame.x[0])
            assert self.model is not None
            v = float(shown(self.model, np.array([fit.line[0] * u + fit.line[1]]))[0])
            px, py = frame.pixel(u, v)
            if math.isfinite(py):
                places.append((min(max(py, frame.top + 8), frame.top + frame.height - 8), px, fit))
        for y, px, fit in sorted(places, key=lambda each: each[0]):
            low = max([y, *(other + look.px(18) for other in taken)])
            taken.append(low)
            box = pill_box(QPointF(px, low), fit.title, face, look)
            box.moveRight(px)
            paint_pill(painter, box, fit.title, look.secondary, look.raised, face, look)

    # The hand

    def handles(self, weights: Weights) -> dict[Handle, QPointF]:
        """The middle of each handle in pixels, on the part of the line that is seen; none where none of it is."""
        frame, points = self.frame, self.curve_of(weights)
        seen = np.flatnonzero((points[:, 1] >= frame.y[0]) & (points[:, 1] <= frame.y[1]))
        assert self.model is not None
        if not len(seen):
            return {}
        low, high = float(points[seen[0], 0]), float(points[seen[-1], 0])
        shares: dict[Handle, float] = {"left": _ENDS, "middle": 0.5, "right": 1.0 - _ENDS}
        found: dict[Handle, QPointF] = {}
        for name, share in shares.items():
            u = low + share * (high - low)
            v = float(shown(self.model, np.array([weights[0] * u + weights[1]]))[0])
            if math.isfinite(v):
                found[name] = QPointF(*frame.pixel(u, v))
        return found

    def handle_at(self, at: QPointF) -> Handle:
        """The start line's handle under a pixel, or the part of the line itself; "" for none."""
        start = self.start
        if start is None or self.model is None:
            return ""
        for name, place in self.handles(start).items():
            if math.hypot(at.x() - place.x(), at.y() - place.y()) <= _GRIP * self.look.scale:
                return name
        return self._part(at, start) if self._near(at, start) else ""

    def _near(self, at: QPointF, weights: Weights) -> bool:
        frame = self.frame
        if not frame.contains(at.x(), at.y()):
            return False
        pixels = frame.pixels(self.curve_of(weights))
        with np.errstate(all="ignore"):
            along = np.diff(pixels, axis=0)
            to = np.array([at.x(), at.y()]) - pixels[:-1]
            share = np.clip((to * along).sum(axis=1) / np.maximum((along * along).sum(axis=1), 1e-12), 0.0, 1.0)
            away = np.hypot(*(to - share[:, None] * along).T)
        return bool(np.nanmin(away) <= _ALONG * self.look.scale)

    def _part(self, at: QPointF, weights: Weights) -> Handle:
        """The handle that stands for the part of a line under a pixel."""
        handles = self.handles(weights)
        if len(handles) < 3:
            return "middle"
        away = {name: math.hypot(at.x() - place.x(), at.y() - place.y()) for name, place in handles.items()}
        return min(away, key=lambda name: away[name])

    def mousePressEvent(self, event: QMouseEvent) -> None:
        at = event.position()
        plain = event.button() == Qt.MouseButton.LeftButton and not event.modifiers()
        handle = self.handle_at(at) if plain else ""
        on_ring = bool(handle) and self.start is not None and self._is_handle(at)
        if plain and (on_ring or (handle and self.sample_at(at) is None)):
            self._take(handle, self.start, at)
            return
        taking_now = plain and self.now is not None and self.sample_at(at) is None and self._near(at, self.now)
        if taking_now and self.model is not None:
            self.lineTaken.emit()
            self._take(self._part(at, self.now), self.now, at)
            return
        super().mousePressEvent(event)

    def _is_handle(self, at: QPointF) -> bool:
        assert self.start is not None
        grip = _GRIP * self.look.scale
        return any(math.hypot(at.x() - p.x(), at.y() - p.y()) <= grip for p in self.handles(self.start).values())

    def _take(self, handle: Handle, weights: Weights | None, at: QPointF) -> None:
        if weights is None or self.model is None:
            return
        self._handle, self._line = handle, weights
        u = self.frame.world(at.x(), at.y())[0]
        v = float(shown(self.model, np.array([weights[0] * u + weights[1]]))[0])
        self._lift = float(self.frame.down(v)) - at.y()  # the line does not jump to the hand
        other = self.handles(weights).get("left" if handle == "right" else "right")
        if other is not None:
            u = self.frame.world(other.x(), other.y())[0]
            self._pivot = (u, weights[0] * u + weights[1])
        self.setCursor(Qt.CursorShape.ClosedHandCursor)
        self.update()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        at = event.position()
        if self._line is not None:
            self._drag(at, False)
            return
        super().mouseMoveEvent(event)
        over = self.handle_at(at) if not self.dragging else ""
        if over != self._over:
            self._over = over
            self.update()
        if over and (self.hovered is None or self._is_handle(at)):
            self.setCursor(Qt.CursorShape.SizeVerCursor if over == "middle" else Qt.CursorShape.OpenHandCursor)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self._line is None:
            super().mouseReleaseEvent(event)
            return
        self._drag(event.position(), True)
        self._line, self._handle = None, ""
        self.setCursor(Qt.CursorShape.OpenHandCursor)
        self.update()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if self._line is None and not self.handle_at(event.position()):
            super().mouseDoubleClickEvent(event)

    def _drag(self, at: QPointF, final: bool) -> None:
        before, model = self._line, self.model
        if before is None or model is None:
            return
        hand = self._inside(at + QPointF(0.0, self._lift))
        made: Weights | None
        if self._handle == "middle":
            made = shifted(model, hand, before[0])
        else:
            least = _LEAST * (self.frame.x[1] - self.frame.x[0])  # from the pivot, which the hand cannot pass
            u = self._pivot[0]
            hand = (max(hand[0], u + least) if self._handle == "right" else min(hand[0], u - least), hand[1])
            made = through(model, hand, self._pivot)
        if made is not None:
            self._line = made
        self.lineMoved.emit(*self._line, final)
        self.update()

    # The keys

    def keyPressEvent(self, event: QKeyEvent) -> None:
        ways = {
            Qt.Key.Key_Up: (0.0, 1.0), Qt.Key.Key_Down: (0.0, -1.0),
            Qt.Key.Key_Left: (1.0, 0.0), Qt.Key.Key_Right: (-1.0, 0.0),
        }  # fmt: skip
        way = ways.get(Qt.Key(event.key()))
        control = bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
        if way is None or not control or not self.keyboard_focus or self.start is None:
            super().keyPressEvent(event)
            return
        pixel = (self.frame.y[1] - self.frame.y[0]) / max(self.frame.height, 1.0)
        half = (self.frame.x[1] - self.frame.x[0]) / 2
        tilt = way[0] * 4 * pixel / half
        middle = sum(self.frame.x) / 2
        slope = self.start[0] + tilt
        self.lineMoved.emit(slope, self.start[1] + way[1] * 4 * pixel - tilt * middle, True)
