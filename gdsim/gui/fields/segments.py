"""One of a few, side by side: a segmented control."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QButtonGroup, QFrame, QHBoxLayout, QPushButton, QWidget

from gdsim.draw.theme import SPACE


class Segments(QFrame):
    """Options as (name, title, what it means); the arrow keys go from one to the next."""

    chosen = Signal(str)

    def __init__(self, options: Sequence[tuple[str, str, str]], name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("segments", True)
        self.setAccessibleName(name)
        self.setFixedHeight(SPACE.control)
        self._names = [option[0] for option in options]
        self._group = QButtonGroup(self)
        row = QHBoxLayout(self)
        row.setContentsMargins(2, 2, 2, 2)
        row.setSpacing(2)
        for index, (_, title, words) in enumerate(options):
            button = QPushButton(title)
            button.setProperty("role", "segment")
            button.setCheckable(True)
            button.setToolTip(words)
            button.setAccessibleName(f"{name}: {title}")
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            self._group.addButton(button, index)
            row.addWidget(button)
        self._group.idClicked.connect(self._on_clicked)

    @property
    def choice(self) -> str:
        """The name of the one that is chosen."""
        index = self._group.checkedId()
        return self._names[index] if index >= 0 else ""

    def button(self, name: str) -> QPushButton:
        """The button of an option."""
        button = self._group.button(self._names.index(name))
        assert isinstance(button, QPushButton)
        return button

    def show_choice(self, name: str) -> None:
        """Mark one without telling anybody."""
        self.button(name).setChecked(True)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        by = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}.get(Qt.Key(event.key()), 0)
        to = self._group.checkedId() + by
        if by and 0 <= to < len(self._names):
            self._group.button(to).setFocus(Qt.FocusReason.OtherFocusReason)
            self._group.button(to).click()
            event.accept()
            return
        super().keyPressEvent(event)

    def _on_clicked(self, index: int) -> None:
        self.chosen.emit(self._names[index])
