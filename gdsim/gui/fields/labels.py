"""Labels that shorten their text to the room they have and show the whole of it as a tooltip."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QLabel, QSizePolicy, QWidget


class ElidedLabel(QLabel):
    """One line of plain text, elided on the right; `role` picks its look in the style sheet.

    It keeps its text to itself: a QLabel that is given another one has its whole window laid out anew, which is far too
    much for a number that changes at every frame.
    """

    def __init__(self, text: str = "", role: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._whole = ""
        self._help = ""
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        if role:
            self.setProperty("role", role)
        self.setText(text)

    def setText(self, text: str) -> None:
        if text == self._whole:
            return
        self._whole = text
        self.setAccessibleName(text)
        self.update()
        self._tell()

    def text(self) -> str:
        return self._whole

    def sizeHint(self) -> QSize:
        margins = self.contentsMargins()
        room = QSize(self.fontMetrics().horizontalAdvance(self._whole), self.fontMetrics().height())
        return room.grownBy(margins)

    def set_help(self, text: str) -> None:
        """A tooltip to show while the text is not shortened (and behind the whole text when it is)."""
        self._help = text
        self._tell()

    def minimumSizeHint(self) -> QSize:
        return QSize(8, self.sizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._tell()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        room = self.contentsRect()
        shown = self.fontMetrics().elidedText(self._whole, Qt.TextElideMode.ElideRight, room.width())
        self.style().drawItemText(
            painter, room, int(self.alignment()), self.palette(), self.isEnabled(), shown, self.foregroundRole()
        )

    def _tell(self) -> None:
        short = self.fontMetrics().horizontalAdvance(self._whole) > self.contentsRect().width()
        self.setToolTip("\n".join(part for part in (self._whole if short else "", self._help) if part))


class MessageLabel(QLabel):
    """What is wrong, in red under the field it speaks of; takes no room while all is well."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "error")
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setWordWrap(True)
        self.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.hide()

    def say(self, message: str) -> None:
        """Show `message`; an empty one hides the label."""
        if message != self.text():
            self.setText(message)
            self.setVisible(bool(message))
