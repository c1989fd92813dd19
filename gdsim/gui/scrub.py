"""The full-width slider over all steps: click to jump, drag to scrub; marks show where each racer ended."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSlider, QStyle, QWidget

from gdsim.draw.theme import Theme

_HANDLE = 12


class Scrub(QSlider):
    """A horizontal slider whose value follows a click at once."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self.setAccessibleName("Step")
        self.setToolTip("Drag to go through the steps; the marks show where each racer ended")
        self.setSingleStep(1)
        self.setRange(0, 0)
        self._marks: tuple[tuple[int, str], ...] = ()

    def set_marks(self, marks: tuple[tuple[int, str], ...]) -> None:
        """(step, colour) per racer that has ended."""
        if marks != self._marks:
            self._marks = marks
            self.update()

    def show_theme(self, theme: Theme) -> None:
        """The marks bring their colours; only a repaint is due."""
        self.update()

    def _place_of(self, step: float) -> float:
        span = max(1, self.maximum())
        return _HANDLE / 2 + 1 + (self.width() - _HANDLE - 2) * step / span

    def _step_at(self, x: float) -> int:
        return QStyle.sliderValueFromPosition(
            self.minimum(), self.maximum(), round(x - _HANDLE / 2), max(1, self.width() - _HANDLE)
        )

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Jump to the click, then drag on from there."""
        if event.button() == Qt.MouseButton.LeftButton:
            self.setSliderDown(True)
            self.setSliderPosition(self._step_at(event.position().x()))
            event.accept()
        else:
            super().mousePressEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Follow the hand."""
        if self.isSliderDown():
            self.setSliderPosition(self._step_at(event.position().x()))
            event.accept()
        else:
            super().mouseMoveEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Let go."""
        if self.isSliderDown():
            self.setSliderDown(False)
            event.accept()
        else:
            super().mouseReleaseEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Keys belong to the window: there they step, whatever has the focus."""
        event.ignore()

    def paintEvent(self, event: QPaintEvent) -> None:
        """The slider, and a mark below the groove where each racer ended."""
        super().paintEvent(event)
        if not self._marks:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        y = self.height() / 2
        for step, colour in self._marks:
            painter.setBrush(QColor(colour))
            x = self._place_of(min(step, self.maximum()))
            painter.drawRoundedRect(QRectF(QPointF(x - 1.5, y + 4), QPointF(x + 1.5, y + 10)), 1.5, 1.5)
        painter.end()
