"""A label for mathematics: plain text at once, the typeset formula as soon as it is made."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QSize, Qt, Slot
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from gdsim.draw.fonts import font
from gdsim.draw.mathtext import MathPicture, math_setter, paint_math
from gdsim.draw.theme import DARK, TYPE, Theme

_SMALLEST = 0.6  # of the type's size, to which a long formula shrinks; what is longer still is cut at the right edge


class MathLabel(QWidget):
    """One formula on one line, left-aligned, shrunk to the width there is. Screen readers get the plain text."""

    def __init__(self, parent: QWidget | None = None, size: float = TYPE.mathematics) -> None:
        super().__init__(parent)
        self._latex = ""
        self._plain = ""
        self._size = size
        self._look = DARK
        self._colour = ""
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        math_setter().ready.connect(self._ready)

    def set_formula(self, latex: str, plain: str) -> None:
        """`plain` is shown until `latex` is typeset, and stays when it cannot be."""
        if (latex, plain) == (self._latex, self._plain):
            return
        self._latex, self._plain = latex, plain
        self.setAccessibleName(plain)
        self.setToolTip(plain)
        self._picture()
        self.updateGeometry()
        self.update()

    def theme(self, theme: Theme, colour: str = "") -> None:
        """Ink and scale of a theme; `colour` overrides its text colour."""
        self._look, self._colour = theme, colour
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        size = self._size * self._look.scale
        picture = self._picture()
        if picture is None:
            metrics = QFontMetrics(font(self._size - 2, 400, self._look.scale))
            return QSize(metrics.horizontalAdvance(self._plain) + 4, round(1.8 * size))
        tall = max(1.8, picture.ascent + picture.descent + 0.3)
        return QSize(round(picture.width * size) + 4, round(tall * size))

    def minimumSizeHint(self) -> QSize:
        return QSize(40, self.sizeHint().height())

    def _picture(self) -> MathPicture | None:
        return math_setter().find(self._latex) if self._latex else None

    @Slot(str)
    def _ready(self, latex: str) -> None:
        if latex == self._latex:
            self.updateGeometry()
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        colour = self._colour or self._look.text
        picture = self._picture()
        size = self._size * self._look.scale
        if picture is None:
            painter.setFont(font(self._size - 2, 400, self._look.scale))
            painter.setPen(QColor(colour))
            words = painter.fontMetrics().elidedText(self._plain, Qt.TextElideMode.ElideRight, self.width())
            painter.drawText(self.rect(), Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, words)
            return
        size *= max(_SMALLEST, min(1.0, (self.width() - 4) / max(picture.width * size, 1.0)))
        middle = self.height() / 2 + (picture.ascent - picture.descent) / 2 * size
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
        paint_math(painter, picture, QPointF(2, middle), size, colour)
