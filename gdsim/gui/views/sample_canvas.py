"""Mouse and keys over samples: one more, one moved, one less. A subclass paints them and says where they are."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, Qt, Signal
from PySide6.QtGui import QColor, QFocusEvent, QKeyEvent, QMouseEvent, QPainter, QPen
from PySide6.QtWidgets import QWidget

from gdsim.draw.frame import Frame
from gdsim.draw.markers import paint_focus
from gdsim.gui.views.canvas import Canvas

_GRIP = 9.0  # pixels around a sample at which it can be taken
_CLICK = 3.0  # pixels that the hand may tremble in a click
_KEYBOARD = (
    Qt.FocusReason.TabFocusReason,
    Qt.FocusReason.BacktabFocusReason,
    Qt.FocusReason.ShortcutFocusReason,
)
_ARROWS = {
    Qt.Key.Key_Left: (-1, 0),
    Qt.Key.Key_Right: (1, 0),
    Qt.Key.Key_Up: (0, 1),
    Qt.Key.Key_Down: (0, -1),
}


@dataclass(frozen=True, eq=False)
class Places:
    """Samples in a plane: which each one is (see `Samples.index`), where (m, 2), and whether it is kept for testing."""

    numbers: NDArray[np.intp] = field(default_factory=lambda: np.empty(0, dtype=np.intp))
    points: NDArray[np.float64] = field(default_factory=lambda: np.empty((0, 2)))
    held: NDArray[np.bool_] = field(default_factory=lambda: np.empty(0, dtype=bool))


class SampleCanvas(Canvas):
    """A frame with samples in it.

    Signals:
        sampleAdded(x, y, kind): a double-click; `kind` is the chosen class, the next one with Shift.
        sampleMoved(number, x, y, final): under the hand, False while it still moves.
        sampleRemoved(number): a right click, Alt+click, or Delete over it.
        sampleClicked(number): a click on it.
        kindWanted(int): a number key: another class for what is added.
        pointed(object): the place under the pointer, None when it has left.
    """

    sampleAdded = Signal(float, float, int)
    sampleMoved = Signal(int, float, float, bool)
    sampleRemoved = Signal(int)
    sampleClicked = Signal(int)
    kindWanted = Signal(int)
    pointed = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.frame = Frame((-1.0, 1.0), (-1.0, 1.0), 1.0, 1.0)
        self.places = Places()
        self.test = False
        self.kind = 0
        self.kinds = 1
        self.editable = True
        self.hovered: int | None = None
        self.keyboard_focus = False
        self._cross: tuple[float, float] | None = None
        self._taken: int | None = None
        self._moving = False
        self._shift = QPointF()
        self._pressed_at = QPointF()
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    @property
    def dragging(self) -> bool:
        """Whether a sample is under the hand."""
        return self._moving

    def sample_at(self, at: QPointF) -> int | None:
        """The sample (its place in `places`) nearest to a pixel, if it is near and shown."""
        if not len(self.places.points):
            return None
        pixels = self.frame.pixels(self.places.points)
        with np.errstate(all="ignore"):
            away = np.hypot(pixels[:, 0] - at.x(), pixels[:, 1] - at.y())
        away[~np.isfinite(away) | (self.places.held & (not self.test))] = np.inf
        best = int(np.argmin(away))
        return best if away[best] <= _GRIP * self.look.scale else None

    # The hand

    def mousePressEvent(self, event: QMouseEvent) -> None:
        at, left = event.position(), event.button() == Qt.MouseButton.LeftButton
        found = self.sample_at(at)
        alt = bool(event.modifiers() & Qt.KeyboardModifier.AltModifier)
        if found is None or not self.editable:
            event.setAccepted(left)
            return
        if event.button() == Qt.MouseButton.RightButton or (left and alt):
            self._remove(found)
        elif left:
            self._taken, self._moving, self._pressed_at = int(self.places.numbers[found]), False, at
            self._shift = QPointF(*self.frame.pixels(self.places.points[found])) - at

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        at = event.position()
        if self._taken is not None:
            if not self._moving and (at - self._pressed_at).manhattanLength() > _CLICK:
                self._moving = True
                self.setCursor(Qt.CursorShape.ClosedHandCursor)
            if self._moving:
                self.sampleMoved.emit(self._taken, *self._inside(at + self._shift), False)
            self._point(at)
            return
        self.hovered = self.sample_at(at)
        taking = self.hovered is not None and self.editable
        self.setCursor(Qt.CursorShape.OpenHandCursor if taking else Qt.CursorShape.CrossCursor)
        self._point(at)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        taken, moving = self._taken, self._moving
        self._taken, self._moving = None, False
        if taken is None:
            return
        at = event.position()
        if moving:
            self.sampleMoved.emit(taken, *self._inside(at + self._shift), True)
        else:
            self.sampleClicked.emit(taken)
        self.setCursor(Qt.CursorShape.OpenHandCursor)
        self.update()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        at = event.position()
        if event.button() != Qt.MouseButton.LeftButton or not self.editable or self.sample_at(at) is not None:
            self.mousePressEvent(event)
            return
        if self.frame.contains(at.x(), at.y()):
            other = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
            self.sampleAdded.emit(*self.frame.world(at.x(), at.y()), self._kind(other))

    def leaveEvent(self, event: Any) -> None:
        self.hovered = None
        self.pointed.emit(None)
        self.update()

    def _point(self, at: QPointF) -> None:
        inside = self.frame.contains(at.x(), at.y())
        self.pointed.emit(self.frame.world(at.x(), at.y()) if inside else None)
        self.update()

    def _inside(self, at: QPointF) -> tuple[float, float]:
        frame = self.frame
        x = min(max(at.x(), frame.left), frame.left + frame.width)
        y = min(max(at.y(), frame.top), frame.top + frame.height)
        return frame.world(x, y)

    def _kind(self, other: bool) -> int:
        return (self.kind + other) % max(self.kinds, 1)

    def _remove(self, place: int) -> None:
        self.hovered = None
        self.sampleRemoved.emit(int(self.places.numbers[place]))

    # The keys

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key, plain = event.key(), not event.modifiers() & (
            Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier
        )
        shift = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        if not plain or not self.editable:
            event.ignore()
        elif key in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace) and self._meant() is not None:
            self._remove(self._meant() or 0)
        elif Qt.Key.Key_1 <= key <= Qt.Key.Key_9 and key - Qt.Key.Key_1 < self.kinds:
            self.kindWanted.emit(key - Qt.Key.Key_1)
        elif key in _ARROWS and self.keyboard_focus:
            self._walk(_ARROWS[Qt.Key(key)], 24.0 if shift else 4.0)
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self._cross is not None:
            self.sampleAdded.emit(*self._cross, self._kind(shift))
        else:
            event.ignore()

    def _meant(self) -> int | None:
        """The sample under the pointer, or under the cross of the keyboard."""
        if self.hovered is not None and self.hovered < len(self.places.numbers):
            return self.hovered
        return None if self._cross is None else self.sample_at(QPointF(*self.frame.pixel(*self._cross)))

    def _walk(self, way: tuple[int, int], pixels: float) -> None:
        frame = self.frame
        at = self._cross or ((frame.x[0] + frame.x[1]) / 2, (frame.y[0] + frame.y[1]) / 2)
        px, py = frame.pixel(*at)
        self._cross = self._inside(QPointF(px + pixels * way[0], py - pixels * way[1]))
        self.pointed.emit(self._cross)
        self.update()

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.keyboard_focus = event.reason() in _KEYBOARD
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.keyboard_focus, self._cross = False, None
        self.update()

    def paint_keyboard(self, painter: QPainter) -> None:
        """The keyboard's cross and the rim that says where keys go."""
        if self._cross is not None:
            px, py = self.frame.pixel(*self._cross)
            if math.isfinite(px + py):
                for ink, width in ((self.look.casing, 4.0), (self.look.ink, 1.5)):
                    painter.setPen(QPen(QColor(ink), self.look.line(width)))
                    painter.drawLine(QPointF(px - 8, py), QPointF(px + 8, py))
                    painter.drawLine(QPointF(px, py - 8), QPointF(px, py + 8))
        if self.keyboard_focus:
            paint_focus(painter, self.rect(), self.look)
