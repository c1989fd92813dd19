"""Shares as cells side by side, each with its bar; a cell's tooltip says it at length."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QRectF, Qt
from PySide6.QtGui import QColor, QHelpEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from gdsim.draw.fonts import font
from gdsim.draw.shares import Share, cells, fitted, paint_shares, percent
from gdsim.draw.theme import DARK, TYPE, Theme


class ShareBars(QWidget):
    """The cells that fit, the rest joined in the last one."""

    def __init__(self, empty: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.look: Theme = DARK
        self.shares: Sequence[Share] = ()
        self._total = 0
        self._empty = empty
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def show_shares(self, shares: Sequence[Share], total: int) -> None:
        """Other numbers; none: the words for that."""
        self.shares, self._total = shares, total
        told = [f"{each.words}: {percent(each.count, total)}" for each in shares]
        self.setAccessibleDescription(", ".join(told))
        self.update()

    def box(self) -> QRectF:
        """Where the cells lie."""
        return QRectF(self.rect()).adjusted(0, 2, 0, -2)

    def fitted(self) -> list[Share]:
        """The cells that are shown."""
        return fitted(self.shares, self.box().width(), self.look.secondary, self.look)

    def paint(self, painter: QPainter) -> None:
        """All of it."""
        if self.shares:
            paint_shares(painter, self.box(), self.fitted(), self._total, self.look)
            return
        painter.setFont(font(TYPE.secondary, 400, self.look.scale))
        painter.setPen(QColor(self.look.muted))
        painter.drawText(self.rect(), int(Qt.AlignmentFlag.AlignVCenter), self._empty)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        try:
            self.paint(painter)
        finally:  # a painter left open would stop every later picture of the window
            painter.end()

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent):
            shown = self.fitted()
            for cell, share in zip(cells(self.box(), len(shown), self.look), shown, strict=True):
                if cell.contains(event.pos()):
                    QToolTip.showText(event.globalPos(), share.help_text, self)
                    return True
        return super().event(event)
