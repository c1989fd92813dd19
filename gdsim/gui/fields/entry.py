"""The line in which one value is typed: checks while one types, restores on Escape, commits on Enter."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QKeySequence, QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QLineEdit, QWidget

from gdsim.errors import GdsimError


class EntryField(QLineEdit):
    """A line edit that holds a value of some type; subclasses say how it is read, written and nudged.

    While the text is wrong the border is red (property ``invalid``), the tooltip and `messageChanged` carry the
    words, and the last good value stays in force.
    """

    valueChanged = Signal(object)  # a good value: Enter, leaving the field, arrow keys, wheel
    settled = Signal()  # the edit is complete: a later value is another edit
    messageChanged = Signal(str)  # what is wrong with the text, "" when nothing is

    def __init__(self, value: Any, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._value = value
        self._typed = ""  # the person's own text of the current value, such as 1/3
        self._message = ""
        self._help = ""
        self._fresh = False  # focus has just come: the first click selects all
        self._unsettled = False  # arrow keys or wheel have moved the value
        self.setProperty("invalid", False)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.textEdited.connect(self._check)
        self._show()

    @property
    def value(self) -> Any:
        """The last good value."""
        return self._value

    @property
    def message(self) -> str:
        """What is wrong with the text; empty when nothing is."""
        return self._message

    def set_value(self, value: Any) -> None:
        """Show `value` without telling anybody; a text that is just being typed stays."""
        if value == self._value and (not self._message or self._editing()):
            return
        self._typed = "" if value != self._value else self._typed
        self._value = value
        if not self._editing():
            self._say("")
            self._show()

    def set_help(self, text: str) -> None:
        """The tooltip while nothing is wrong."""
        self._help = text
        if not self._message:
            self.setToolTip(text)

    # -- what subclasses say -------------------------------------------------------------------------------------

    def read(self, text: str) -> Any:
        """`text` as a value; raises GdsimError."""
        raise NotImplementedError

    def short(self, value: Any) -> str:
        """The value as it is shown."""
        raise NotImplementedError

    def exact(self, value: Any) -> str:
        """The value as it is edited: reads back to the same."""
        raise NotImplementedError

    def nudge(self, value: Any, steps: float) -> Any:
        """The value `steps` notches further; raises GdsimError where that is out of range."""
        raise NotImplementedError

    # -- events --------------------------------------------------------------------------------------------------

    def event(self, event: QEvent) -> bool:
        # nothing typed: Ctrl+Z is not for this field but for the run
        if event.type() == QEvent.Type.ShortcutOverride and not self.isModified():
            assert isinstance(event, QKeyEvent)
            if event.matches(QKeySequence.StandardKey.Undo) or event.matches(QKeySequence.StandardKey.Redo):
                event.ignore()
                return False
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = event.key()
        if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.commit()
            if not self._message:
                self.selectAll()
        elif key == Qt.Key.Key_Escape and (self.isModified() or self._message):
            self.restore()
        elif key in (Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_PageUp, Qt.Key.Key_PageDown):
            size = 10 if key in (Qt.Key.Key_PageUp, Qt.Key.Key_PageDown) else _size_of(event.modifiers())
            self.step_by(size if key in (Qt.Key.Key_Up, Qt.Key.Key_PageUp) else -size)
        else:
            super().keyPressEvent(event)

    def wheelEvent(self, event: QWheelEvent) -> None:
        notches = event.angleDelta().y() / 120
        if not self.hasFocus() or not notches:
            event.ignore()
            return
        self.step_by((1 if notches > 0 else -1) * _size_of(event.modifiers()))
        event.accept()

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        if not self._message and not self.isModified():
            self.setText(self._typed or self.exact(self._value))
        self._fresh = event.reason() == Qt.FocusReason.MouseFocusReason
        if not self._fresh:
            self.selectAll()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        super().mouseReleaseEvent(event)
        if self._fresh and not self.hasSelectedText():
            self.selectAll()
        self._fresh = False

    def focusOutEvent(self, event: QFocusEvent) -> None:
        if event.reason() != Qt.FocusReason.PopupFocusReason:
            self.commit()
        super().focusOutEvent(event)

    # -- what happens --------------------------------------------------------------------------------------------

    def commit(self) -> None:
        """Take the text as the value; a wrong text stays, with its message, and the value stays as it was."""
        if not self.isModified():
            self._show()
            self._settle()
            return
        text = self.text().strip()
        try:
            value = self.read(text)
        except GdsimError as error:
            self._say(error.message())
            return
        self._say("")
        self._typed = text if text != self.exact(value) else ""
        self._take(value)
        self._settle()

    def restore(self) -> None:
        """Back to the last good value."""
        self._say("")
        self.setModified(False)
        self._show()
        self.selectAll()

    def _editing(self) -> bool:
        return self.isModified() and self.hasFocus()

    def step_by(self, steps: float) -> None:
        """Move the value by `steps` notches, as the arrow keys do."""
        try:
            value = self.read(self.text()) if self.isModified() else self._value
            moved = self.nudge(value, steps)
        except GdsimError as error:
            self._say(error.message())
            return
        self._say("")
        self._typed = ""
        self._unsettled = True
        self._take(moved)

    def _take(self, value: Any) -> None:
        changed = value != self._value
        self._value = value
        self.setModified(False)
        self._show()
        if changed:
            self._unsettled = True
            self.valueChanged.emit(value)

    def _settle(self) -> None:
        if self._unsettled:
            self._unsettled = False
            self.settled.emit()

    def _show(self) -> None:
        if self._message:
            return
        text = (self._typed or self.exact(self._value)) if self.hasFocus() else self.short(self._value)
        if text != self.text():
            self.setText(text)
            if not self.hasFocus():
                self.setCursorPosition(0)

    def _check(self, text: str) -> None:
        try:
            self.read(text.strip())
        except GdsimError as error:
            self._say(error.message())
        else:
            self._say("")

    def _say(self, message: str) -> None:
        if message == self._message:
            return
        self._message = message
        self.setToolTip(message or self._help)
        self.setAccessibleDescription(message)
        self.setProperty("invalid", bool(message))
        self.style().unpolish(self)
        self.style().polish(self)
        self.messageChanged.emit(message)


def _size_of(modifiers: Qt.KeyboardModifier) -> float:
    """Shift makes a notch ten times larger, Control ten times smaller."""
    if modifiers & Qt.KeyboardModifier.ShiftModifier:
        return 10
    return 0.1 if modifiers & Qt.KeyboardModifier.ControlModifier else 1
