"""What is painted in a view: a widget that paints itself in a theme, anew or over a ground that it keeps."""

from __future__ import annotations

from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPixmap, QResizeEvent
from PySide6.QtWidgets import QWidget

from gdsim.draw.theme import DARK, Theme


class Canvas(QWidget):
    """A subclass says what is painted; `look` is the theme, at the scale of its type and lines."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.look: Theme = DARK

    def paint(self, painter: QPainter) -> None:
        """Paints everything."""
        raise NotImplementedError

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        try:
            self.paint(painter)
        finally:  # a painter left open would stop every later picture of the window
            painter.end()


class KeptCanvas(Canvas):
    """What changes rarely lies on the ground, an image that is kept until `renew_ground`; what lives is painted over it
    at every frame."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._ground = QPixmap()

    def paint_ground(self, painter: QPainter) -> None:
        """Paints what is kept, over the surface's colour."""
        raise NotImplementedError

    def paint_live(self, painter: QPainter) -> None:
        """Paints what lives."""
        raise NotImplementedError

    def renew_ground(self) -> None:
        """The ground has changed: it is painted anew at the next frame."""
        self._ground = QPixmap()
        self.update()

    def resizeEvent(self, event: QResizeEvent) -> None:
        self.renew_ground()

    def paint(self, painter: QPainter) -> None:
        if self._ground.isNull():
            self._ground = self._painted()
        painter.drawPixmap(0, 0, self._ground)
        self.paint_live(painter)

    def _painted(self) -> QPixmap:
        ratio = self.devicePixelRatioF()
        ground = QPixmap(self.size() * ratio)
        ground.setDevicePixelRatio(ratio)
        ground.fill(QColor(self.look.surface))
        painter = QPainter(ground)
        try:
            self.paint_ground(painter)
        finally:
            painter.end()
        return ground
