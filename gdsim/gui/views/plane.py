"""The canvas of both heroes: a frame on the world that the hand pans and zooms, a ring that it drags.

Painting goes in three layers: the ground (kept until frame, surface or theme change), the old part of the trails (kept
and added to), and what lives (last steps, heads, ring, words), painted at every frame.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

from PySide6.QtCore import QPointF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import (
    QColor,
    QFocusEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPixmap,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from gdsim.draw.frame import Frame, home_frame
from gdsim.draw.markers import paint_ring
from gdsim.draw.theme import DARK, MARK, Theme
from gdsim.draw.trails import (
    TrailLayer,
    TrailSource,
    head_places,
    nearest_racer,
    paint_ghost,
    paint_heads,
    paint_recent,
)
from gdsim.gui.state import Viewport
from gdsim.gui.views.view import Scene

_CLICK = 4.0  # pixels that the hand may tremble in a click
_GRIP = 14.0  # pixels around the ring's middle at which it can be taken
_MOST_PIXELS = 2048  # a side, of a requested surface
_PULSE_MS = 700


class PlaneCanvas(QWidget):
    """Frame, mouse and keys, layers. A subclass says what lies on the ground and which columns the trails have."""

    frameChanged = Signal()
    startMoved = Signal(float, float, bool)
    racerClicked = Signal(int)
    pointed = Signal(object)
    coloursWanted = Signal()
    fitWanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.frame = Frame((-1.0, 1.0), (-1.0, 1.0), 1.0, 1.0)
        self.scene: Scene | None = None
        self.look: Theme = DARK
        self.equal: bool | None = None
        self._domain: tuple[tuple[float, float], tuple[float, float]] = ((-1.0, 1.0), (-1.0, 1.0))
        self._at_home = True
        self._ground = QPixmap()
        self._ghost = QPixmap()
        self._ghost_key: object = None
        self._trails = TrailLayer()
        self._hand: str = ""
        self._pressed_at = QPointF()
        self._last_at = QPointF()
        self.held: tuple[float, float] | None = None
        self.pointer: QPointF | None = None
        self._keyboard_focus = False
        self._pulse_left = 0.0
        self._pulse_timer = QTimer(self, interval=16)
        self._pulse_timer.timeout.connect(self._beat)
        self._refine_timer = QTimer(self, interval=90, singleShot=True)
        self._refine_timer.timeout.connect(self._refine)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(160, 120)

    def sizeHint(self) -> QSize:
        return QSize(752, 672)

    # What a subclass says

    def paint_ground(self, painter: QPainter) -> None:
        """Paints everything below the trails; the result is kept until `renew_ground`."""
        raise NotImplementedError

    def paint_over(self, painter: QPainter) -> None:
        """Paints what belongs over the trails and below the heads: arrows, tangent."""

    def paint_words(self, painter: QPainter) -> None:
        """Paints readouts over everything."""

    def sources(self, history: Any) -> list[TrailSource]:
        """The trails to show of a history, those of hidden racers left out."""
        raise NotImplementedError

    def start_place(self) -> tuple[float, float] | None:
        """The start in the world's coordinates, or None before there is a run."""
        raise NotImplementedError

    # The frame

    def set_home(self, domain: tuple[tuple[float, float], tuple[float, float]]) -> None:
        """Another problem: shows its domain whole."""
        self._domain = domain
        self.go_home()

    def go_home(self) -> None:
        """The view in which the whole domain is seen."""
        self._at_home = True
        self.set_frame(home_frame(self._domain, self.width(), self.height(), self.equal))

    def set_frame(self, frame: Frame) -> None:
        """Shows another part of the world and says so."""
        if frame == self.frame:
            return
        self.frame = frame
        self.renew_ground()
        self.frameChanged.emit()

    def viewport(self, axes: tuple[int, int]) -> Viewport:
        """The frame as a request for values, in device pixels."""
        ratio = self.devicePixelRatioF()
        wide, high = self.frame.width * ratio, self.frame.height * ratio
        shrink = min(1.0, _MOST_PIXELS / max(wide, high, 1.0))
        return Viewport(self.frame.x, self.frame.y, max(1, round(wide * shrink)), max(1, round(high * shrink)), axes)

    def resizeEvent(self, event: QResizeEvent) -> None:
        width, height = max(1, self.width()), max(1, self.height())
        if self._at_home:
            self.set_frame(home_frame(self._domain, width, height, self.equal))
        else:
            self.set_frame(self.frame.resized(width, height))

    # Showing

    def renew_ground(self) -> None:
        """The ground has changed: it is painted anew at the next frame."""
        self._ground = QPixmap()
        self.update()

    def forget_trails(self) -> None:
        """The rows have changed: all trails are painted anew."""
        self._trails.forget()
        self._ghost_key = None
        self.update()

    def pulse(self, times: int = 2) -> None:
        """Waves around the start ring that say: drag me."""
        self._pulse_left = float(times)
        self._pulse_timer.start()

    def _beat(self) -> None:
        self._pulse_left = max(0.0, self._pulse_left - self._pulse_timer.interval() / _PULSE_MS)
        if self._pulse_left <= 0:
            self._pulse_timer.stop()
        self.update()

    def _refine(self) -> None:
        scene = self.scene
        if scene is None or scene.history is None or self._hand:
            return
        done = self._trails.refine(self.sources(scene.history), self.frame, scene.state.cursor, self.look)
        if done:
            self.update()
        else:
            self._refine_timer.start(0)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        self.paint_all(painter)
        painter.end()
        if self._trails.draft and not self._refine_timer.isActive():
            self._refine_timer.start(90)

    def paint_all(self, painter: QPainter) -> None:
        """One frame, all layers."""
        painter.drawPixmap(0, 0, self._ground_pixmap())
        scene = self.scene
        if scene is not None and scene.history is not None:
            sources = self.sources(scene.history)
            cursor = scene.state.cursor
            self._paint_ghost(painter, scene)
            self._trails.update(sources, self.frame, cursor, self.look, scene.revision, self.devicePixelRatioF())
            self._trails.paint(painter)
            paint_recent(painter, sources, self.frame, cursor, self.look)
            self.paint_over(painter)
            places = head_places(sources, self.frame, cursor)
            paint_heads(painter, places, self.frame, self.look, scene.state.selected)
        self._paint_ring(painter)
        self.paint_words(painter)
        if self._keyboard_focus:
            painter.setPen(QPen(QColor(self.look.accent), 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(self.rect().adjusted(1, 1, -1, -1))

    def _ground_pixmap(self) -> QPixmap:
        if self._ground.isNull():
            ratio = self.devicePixelRatioF()
            self._ground = QPixmap(self.size() * ratio)
            self._ground.setDevicePixelRatio(ratio)
            painter = QPainter(self._ground)
            self.paint_ground(painter)
            painter.end()
        return self._ground

    def _paint_ghost(self, painter: QPainter, scene: Scene) -> None:
        if scene.ghost is None:
            self._ghost, self._ghost_key = QPixmap(), None
            return
        key = (id(scene.ghost), self.frame, self.look, tuple(t.published for t in scene.ghost.traces))
        if key != self._ghost_key:
            ratio = self.devicePixelRatioF()
            self._ghost = QPixmap(self.size() * ratio)
            self._ghost.setDevicePixelRatio(ratio)
            self._ghost.fill(Qt.GlobalColor.transparent)
            inner = QPainter(self._ghost)
            paint_ghost(inner, self.sources(scene.ghost), self.frame, self.look)
            inner.end()
            self._ghost_key = key
        painter.drawPixmap(0, 0, self._ghost)

    def ring_pixel(self) -> QPointF | None:
        """The middle of the start ring in pixels: under the hand while it is dragged."""
        place = self.held or self.start_place()
        if place is None:
            return None
        px, py = self.frame.pixel(*place)
        return QPointF(px, py) if math.isfinite(px) and math.isfinite(py) and abs(px) + abs(py) < 1e6 else None

    def _paint_ring(self, painter: QPainter) -> None:
        at = self.ring_pixel()
        if at is not None and self.frame.contains(at.x(), at.y(), MARK.ring):
            wave = 1.0 - self._pulse_left % 1.0 if self._pulse_left > 0 else 0.0
            paint_ring(painter, at, self.look, self._hand == "ring", wave)

    # The hand

    def _over_ring(self, at: QPointF) -> bool:
        ring = self.ring_pixel()
        return ring is not None and math.hypot(at.x() - ring.x(), at.y() - ring.y()) <= _GRIP * self.look.scale

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() not in (Qt.MouseButton.LeftButton, Qt.MouseButton.MiddleButton):
            event.ignore()
            return
        at = event.position()
        self._pressed_at = self._last_at = at
        self._hand = "ring" if event.button() == Qt.MouseButton.LeftButton and self._over_ring(at) else "press"
        if self._hand == "ring":
            self._pulse_left = 0.0
            self.setCursor(Qt.CursorShape.ClosedHandCursor)
            self.update()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        at = event.position()
        self.pointer = at
        if self._hand == "ring":
            self._drag_ring(at, final=False)
        elif self._hand in ("press", "pan"):
            moved = at - self._pressed_at
            if self._hand == "press" and math.hypot(moved.x(), moved.y()) >= _CLICK:
                self._hand = "pan"
                self.setCursor(Qt.CursorShape.ClosedHandCursor)
            if self._hand == "pan":
                shift = at - self._last_at
                self._last_at = at
                self._at_home = False
                self.set_frame(self.frame.panned(shift.x(), shift.y()))
        else:
            self.setCursor(Qt.CursorShape.OpenHandCursor if self._over_ring(at) else Qt.CursorShape.CrossCursor)
        self.pointed.emit(self.frame.world(at.x(), at.y()))
        self.update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        hand, self._hand = self._hand, ""
        at = event.position()
        if hand == "ring":
            if (at - self._pressed_at).manhattanLength() > 0 or self.held is not None:
                self._drag_ring(at, final=True)
            self.held = None
        elif hand == "press":
            self._click(at)
        self.setCursor(Qt.CursorShape.OpenHandCursor if self._over_ring(at) else Qt.CursorShape.CrossCursor)
        self.update()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            x, y = self.frame.world(event.position().x(), event.position().y())
            self.startMoved.emit(x, y, True)

    def _drag_ring(self, at: QPointF, final: bool) -> None:
        inside_x = min(max(at.x(), 0.0), float(self.width()))
        inside_y = min(max(at.y(), 0.0), float(self.height()))
        self.held = self.frame.world(inside_x, inside_y)
        self.startMoved.emit(*self.held, final)

    def _click(self, at: QPointF) -> None:
        scene = self.scene
        if scene is None or scene.history is None:
            return
        found = nearest_racer(self.sources(scene.history), self.frame, scene.state.cursor, at.x(), at.y())
        if found is not None:
            self.racerClicked.emit(found)

    def wheelEvent(self, event: QWheelEvent) -> None:
        turns = (event.angleDelta().y() or event.angleDelta().x()) / 120.0
        if turns:
            self.zoom(event.position(), 1.25**turns)
        event.accept()

    def zoom(self, at: QPointF, factor: float) -> None:
        """Zooms by `factor` about a pixel; endless but for the floats' own ends."""
        self._at_home = False
        self.set_frame(self.frame.zoomed(at.x(), at.y(), factor))

    def leaveEvent(self, event: Any) -> None:
        self.pointer = None
        self.pointed.emit(None)
        self.update()

    # The keys

    def keyPressEvent(self, event: QKeyEvent) -> None:
        arrows = {
            Qt.Key.Key_Left: (-1, 0),
            Qt.Key.Key_Right: (1, 0),
            Qt.Key.Key_Up: (0, 1),
            Qt.Key.Key_Down: (0, -1),
        }
        key = event.key()
        middle = QPointF(self.width() / 2, self.height() / 2)
        if event.modifiers() & (Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier):
            event.ignore()
        elif key in arrows:
            self._nudge(arrows[Qt.Key(key)], bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier))
        elif key == Qt.Key.Key_H:
            self.go_home()
        elif key == Qt.Key.Key_F:
            self.fitWanted.emit()
        elif key == Qt.Key.Key_C:
            self.coloursWanted.emit()
        elif key in (Qt.Key.Key_Plus, Qt.Key.Key_Equal):
            self.zoom(middle, 1.25)
        elif key == Qt.Key.Key_Minus:
            self.zoom(middle, 1 / 1.25)
        else:
            event.ignore()

    def _nudge(self, way: tuple[int, int], far: bool) -> None:
        place = self.start_place()
        if place is None:
            return
        pixels = 20.0 if far else 2.0
        per_x, per_y = self.frame.scale
        self.startMoved.emit(place[0] + way[0] * pixels / per_x, place[1] + way[1] * pixels / per_y, True)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        keyboard = (
            Qt.FocusReason.TabFocusReason,
            Qt.FocusReason.BacktabFocusReason,
            Qt.FocusReason.ShortcutFocusReason,
        )
        self._keyboard_focus = event.reason() in keyboard
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self._keyboard_focus = False
        self.update()

    def show_frame_of(self, frame: Frame) -> None:
        """Shows the world of `frame` on this canvas' pixels and stays there."""
        self._at_home = False
        self.set_frame(replace(frame, width=float(self.width()), height=float(self.height())))
