"""A field for what is a name of the catalogue or a formula: an activation, a loss."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QToolButton, QWidget

from gdsim.errors import SpecError
from gdsim.gui.fields.entry import EntryField

CUSTOM = "custom"


class CurveEntry(EntryField):
    """One line; `choose` makes the value of a text, or raises GdsimError. A value has a `name` and a `formula`."""

    listWanted = Signal()  # Alt+Down, or Down where nothing has been typed

    def __init__(self, value: Any, choose: Callable[[str], Any], parent: QWidget | None = None) -> None:
        self._choose = choose
        super().__init__(value, parent)

    def read(self, text: str) -> Any:
        return self._choose(text)

    def short(self, value: Any) -> str:
        return value.formula if value.name == CUSTOM else value.name

    def exact(self, value: Any) -> str:
        return self.short(value)

    def nudge(self, value: Any, steps: float) -> Any:
        raise SpecError("it is chosen from the list", hint="Open it with the arrow at its right")

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Down, Qt.Key.Key_Up):
            self.listWanted.emit()
            event.accept()
            return
        super().keyPressEvent(event)

    def wheelEvent(self, event: QEvent) -> None:
        event.ignore()


class CurveField(QWidget):
    """The line, and an arrow that asks for the list to choose from."""

    valueChanged = Signal(object)
    messageChanged = Signal(str)
    listWanted = Signal()

    def __init__(self, value: Any, choose: Callable[[str], Any], name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.edit = CurveEntry(value, choose)
        self.edit.setAccessibleName(name)
        self.edit.setMinimumWidth(48)
        self.edit.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.button = QToolButton()
        self.button.setProperty("role", "flat")
        self.button.setProperty("square", True)
        self.button.setFixedSize(24, 28)
        self.button.setAccessibleName(f"{name}: list")
        self.button.setToolTip("Choose from the list")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addWidget(self.edit, 1)
        row.addWidget(self.button)
        self.edit.valueChanged.connect(self.valueChanged)
        self.edit.messageChanged.connect(self.messageChanged)
        self.edit.listWanted.connect(self.listWanted)
        self.button.clicked.connect(self.listWanted)
        self.setFocusProxy(self.edit)

    @property
    def value(self) -> Any:
        """What is set now."""
        return self.edit.value

    def set_value(self, value: Any) -> None:
        """Show `value` without telling anybody."""
        self.edit.set_value(value)

    def set_help(self, text: str) -> None:
        """The tooltip while nothing is wrong."""
        self.edit.set_help(text)
