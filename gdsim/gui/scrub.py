"""Sliders of our own painting: a thin groove that fills up, a round handle; click to jump, drag on from there.

`Scrub` is the full-width one over all steps, with a mark where each racer ended.
"""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSlider, QStyle, QWidget

from gdsim.draw.theme import DARK, Theme

_HANDLE = 14
_GROOVE = 4


class Track(QSlider):
    """A horizontal slider whose value follows a click at once."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self._theme = DARK
        self.setMinimumHeight(20)

    def show_theme(self, theme: Theme) -> None:
        """Another theme's colours."""
        self._theme = theme
        self.update()

    def place_of(self, value: float) -> float:
        """The x of a value, pixels."""
        span = max(1, self.maximum() - self.minimum())
        return _HANDLE / 2 + (self.width() - _HANDLE) * (value - self.minimum()) / span

    def _value_at(self, x: float) -> int:
        room = max(1, self.width() - _HANDLE)
        return QStyle.sliderValueFromPosition(self.minimum(), self.maximum(), round(x - _HANDLE / 2), room)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Jump to the click."""
        if event.button() == Qt.MouseButton.LeftButton:
            self.setSliderDown(True)
            self.setSliderPosition(self._value_at(event.position().x()))
            event.accept()
        else:
            super().mousePressEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Follow the hand."""
        if self.isSliderDown():
            self.setSliderPosition(self._value_at(event.position().x()))
            event.accept()
        else:
            super().mouseMoveEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Let go."""
        if self.isSliderDown():
            self.setSliderDown(False)
            self.update()
            event.accept()
        else:
            super().mouseReleaseEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Groove, the part before the handle, what a subclass adds, the handle."""
        theme, y = self._theme, self.height() / 2
        x = self.place_of(self.sliderPosition())
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        groove = QRectF(_HANDLE / 2, y - _GROOVE / 2, self.width() - _HANDLE, _GROOVE)
        painter.setBrush(QColor(theme.border))
        painter.drawRoundedRect(groove, _GROOVE / 2, _GROOVE / 2)
        painter.setBrush(QColor(theme.accent))
        groove.setRight(x)
        painter.drawRoundedRect(groove, _GROOVE / 2, _GROOVE / 2)
        self.paint_marks(painter, y)
        lit = self.isSliderDown() or self.hasFocus()
        painter.setBrush(QColor(theme.background))
        painter.drawEllipse(QPointF(x, y), _HANDLE / 2, _HANDLE / 2)
        painter.setBrush(QColor(theme.accent if lit else theme.text))
        painter.drawEllipse(QPointF(x, y), _HANDLE / 2 - 1.5, _HANDLE / 2 - 1.5)
        painter.end()

    def paint_marks(self, painter: QPainter, y: float) -> None:
        """Nothing here."""


class Scrub(Track):
    """The cursor over all steps."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
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

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Keys belong to the window: there they step, whatever has the focus."""
        event.ignore()

    def paint_marks(self, painter: QPainter, y: float) -> None:
        """A mark across the groove where each racer ended."""
        for step, colour in self._marks:
            x = self.place_of(min(step, self.maximum()))
            painter.setBrush(QColor(self._theme.background))
            painter.drawRoundedRect(QRectF(x - 2.5, y - 6, 5, 12), 2, 2)
            painter.setBrush(QColor(colour))
            painter.drawRoundedRect(QRectF(x - 1.5, y - 5, 3, 10), 1.5, 1.5)
