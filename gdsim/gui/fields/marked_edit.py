"""A small text edit for formulas and rules: grows with its text and underlines the place of an error."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QMimeData, QSize, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QKeySequence, QResizeEvent, QTextCharFormat, QTextCursor, QWheelEvent
from PySide6.QtWidgets import QPlainTextEdit, QSizePolicy, QTextEdit, QWidget

from gdsim.draw.theme import DARK, Theme


class MarkedEdit(QPlainTextEdit):
    """Text with one marked place. `lines` are (at least, at most) shown; with `single`, Enter commits and a pasted
    line end becomes a blank; otherwise Ctrl+Enter commits."""

    committed = Signal()
    abandoned = Signal()  # Escape

    def __init__(self, lines: tuple[int, int] = (1, 3), *, single: bool = True, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._lines = lines
        self._single = single
        self._mark: tuple[int, int] | None = None
        self._bad = QColor(DARK.bad)
        self.setTabChangesFocus(True)
        self.setLineWrapMode(QPlainTextEdit.LineWrapMode.WidgetWidth)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.document().setDocumentMargin(2)
        self.setProperty("invalid", False)
        self.textChanged.connect(self._fit)
        self._fit()

    def set_text(self, text: str) -> None:
        """Replace the text; the undo history of typing begins anew."""
        if text != self.toPlainText():
            self.setPlainText(text)
        self.document().setModified(False)
        self.mark(None)

    @property
    def modified(self) -> bool:
        """Whether the person has typed since `set_text`."""
        return self.document().isModified()

    def mark(self, place: tuple[int, int] | None) -> None:
        """Underline `length` characters from `column` (counted from 1); behind the end: the last one."""
        self._mark = place
        bad = place is not None
        if self.property("invalid") != bad:
            self.setProperty("invalid", bad)
            self.style().unpolish(self)
            self.style().polish(self)
        if place is None:
            self.setExtraSelections([])
            return
        column, length = place
        size = len(self.toPlainText())
        start = max(0, min(column - 1, size - 1))
        cursor = QTextCursor(self.document())
        cursor.setPosition(start)
        cursor.setPosition(min(size, start + max(1, length)), QTextCursor.MoveMode.KeepAnchor)
        look = QTextCharFormat()
        look.setUnderlineStyle(QTextCharFormat.UnderlineStyle.WaveUnderline)
        look.setUnderlineColor(self._bad)
        ground = QColor(self._bad)
        ground.setAlphaF(0.18)
        look.setBackground(ground)
        selection = QTextEdit.ExtraSelection()
        selection.cursor = cursor
        selection.format = look
        self.setExtraSelections([selection])

    def theme(self, theme: Theme) -> None:
        """The colour of the mark."""
        self._bad = QColor(theme.bad)
        self.mark(self._mark)
        self._fit()

    def sizeHint(self) -> QSize:
        return QSize(200, self.height())

    def minimumSizeHint(self) -> QSize:
        return QSize(80, self.minimumHeight())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def event(self, event: QEvent) -> bool:
        # nothing typed: Ctrl+Z is not for this text but for the run
        if event.type() == QEvent.Type.ShortcutOverride and not self.modified:
            assert isinstance(event, QKeyEvent)
            if event.matches(QKeySequence.StandardKey.Undo) or event.matches(QKeySequence.StandardKey.Redo):
                event.ignore()
                return False
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        enter = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
        control = bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
        if enter and (self._single or control):
            self.committed.emit()
        elif event.key() == Qt.Key.Key_Escape and self.modified:
            self.abandoned.emit()
        else:
            super().keyPressEvent(event)

    def wheelEvent(self, event: QWheelEvent) -> None:
        if self.verticalScrollBar().maximum() == 0:
            event.ignore()  # nothing to scroll here: the panel around may
        else:
            super().wheelEvent(event)

    def insertFromMimeData(self, source: QMimeData) -> None:
        text = source.text()
        self.insertPlainText(" ".join(text.split()) if self._single else text)

    def _fit(self) -> None:
        least, most = self._lines
        wanted = int(self.document().size().height())  # of a plain text document: lines, wrapped ones counted
        shown = max(least, min(most, wanted))
        self.setVerticalScrollBarPolicy(
            Qt.ScrollBarPolicy.ScrollBarAsNeeded if wanted > most else Qt.ScrollBarPolicy.ScrollBarAlwaysOff
        )
        height = shown * self.fontMetrics().lineSpacing() + 2 * 2 + 10
        if height != self.height() or height != self.minimumHeight():
            self.setFixedHeight(height)
