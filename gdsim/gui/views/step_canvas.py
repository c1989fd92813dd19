"""A picture over steps. Dragging over it, or the arrow keys, choose the step that is looked at."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter
from PySide6.QtWidgets import QSizePolicy, QWidget

from gdsim.draw.frame import Frame
from gdsim.draw.markers import paint_focus
from gdsim.gui.views.canvas import Canvas


class StepCanvas(Canvas):
    """A subclass paints it, and says where steps lie.

    Signals:
        stepDragged(step): look at this step; `step` is the one that is shown.
    """

    stepDragged = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.step = 0
        self._frame: Frame | None = None
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.SizeHorCursor)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(160, 60)
        self.setAccessibleDescription("Drag to choose the step that is looked at; Left and Right move it by one")

    def paint_steps(self, painter: QPainter) -> Frame | None:
        """Paints all but the focus, and tells the frame whose x are steps."""
        raise NotImplementedError

    def paint(self, painter: QPainter) -> None:
        painter.fillRect(self.rect(), QColor(self.look.surface))
        self._frame = self.paint_steps(painter)
        if self.hasFocus():
            paint_focus(painter, self.rect(), self.look)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._drag(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._drag(event)

    def _drag(self, event: QMouseEvent) -> None:
        frame = self._frame
        if frame is not None and event.buttons() & Qt.MouseButton.LeftButton:
            self._go(round(frame.world(event.position().x(), 0.0)[0]))

    def _go(self, step: int) -> None:
        self.step = max(0, step)
        self.stepDragged.emit(self.step)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        by = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}.get(Qt.Key(event.key()), 0)
        if by:
            self._go(self.step + by)
        else:
            super().keyPressEvent(event)
