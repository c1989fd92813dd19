"""A tooltip whose words can change while it is shown: a run that plays goes on under it."""

from __future__ import annotations

from PySide6.QtCore import QPoint
from PySide6.QtWidgets import QToolTip, QWidget


class LiveTip:
    """The tooltip of one widget: `show` it where the pointer rests, `renew` its words at every tick."""

    def __init__(self, widget: QWidget) -> None:
        self._widget = widget
        self._at = QPoint()
        self._words = ""

    def show(self, at: QPoint, words: str) -> None:
        """Shows the words at a place of the screen; "" hides them."""
        self._at, self._words = at, words
        QToolTip.showText(at, words, self._widget)

    def renew(self, words: str) -> None:
        """Other words where the tooltip is still shown; else nothing."""
        shown = bool(self._words) and QToolTip.isVisible() and QToolTip.text() == self._words
        if shown and words != self._words:
            self.show(self._at, words)
