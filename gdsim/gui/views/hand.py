"""Mouse and keys over a hero: drag the ring, pan, zoom, put the start, pick a racer, nudge."""

from __future__ import annotations

import math
from typing import Any

from PySide6.QtCore import QPointF, Qt, Signal
from PySide6.QtGui import (
    QFocusEvent,
    QKeyEvent,
    QMouseEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QWidget

from gdsim.draw.frame import Frame
from gdsim.draw.strokes import TrailSource
from gdsim.draw.trails import (
    nearest_racer,
)
from gdsim.gui.views.canvas import KeptCanvas
from gdsim.gui.views.view import Scene

_CLICK = 4.0  # pixels that the hand may tremble in a click
_GRIP = 14.0  # pixels around the ring's middle at which it can be taken


class HandCanvas(KeptCanvas):
    """A widget with a frame on the world and a ring to drag; a subclass paints it and says where the ring is."""

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
        self.held: tuple[float, float] | None = None
        self.keyboard_focus = False
        self._at_home = True
        self._hand = ""
        self._pressed_at = QPointF()
        self._last_at = QPointF()
        self._pulse_left = 0.0
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    # What a subclass says

    def sources(self, history: Any) -> list[TrailSource]:
        """The trails to show of a history, those of hidden racers left out."""
        raise NotImplementedError

    def start_place(self) -> tuple[float, float] | None:
        """The start in the world's coordinates, or None before there is a run."""
        raise NotImplementedError

    def ring_pixel(self) -> QPointF | None:
        """The middle of the start ring in pixels, or None while there is none."""
        raise NotImplementedError

    def set_frame(self, frame: Frame) -> None:
        """Shows another part of the world and says so."""
        raise NotImplementedError

    def go_home(self) -> None:
        """The view in which the whole domain is seen."""
        raise NotImplementedError

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
        far = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        if event.modifiers() & (Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier):
            event.ignore()
        elif key in arrows and (self.keyboard_focus or far):  # after a click the bare arrows go on stepping the run
            self._nudge(arrows[Qt.Key(key)], far)
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
        self.keyboard_focus = event.reason() in keyboard
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.keyboard_focus = False
        self.update()
