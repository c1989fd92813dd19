"""A list of all columns to tick those that the model sees; for data with many of them."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QGuiApplication, QPalette
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from gdsim.gui.panels.learn_edits import Column

_OFF = QPalette.ColorGroup.Disabled


class ColumnList(QWidget):
    """Columns with ticks, a line to search, All and None; `changed` tells that a tick was set."""

    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.search = QLineEdit()
        self.search.setPlaceholderText("Search columns")
        self.search.setAccessibleName("Search columns")
        self.search.setToolTip("Show only columns whose name has this in it")
        self.search.setClearButtonEnabled(True)
        self.search.textChanged.connect(self._filter)
        self.list = QListWidget()
        self.list.setAccessibleName("Columns")
        self.list.setToolTip("Space sets and takes the tick")
        self.list.itemChanged.connect(lambda _: self.changed.emit())
        self.all = QPushButton("All")
        self.none = QPushButton("None")
        for button, words, on in ((self.all, "Tick all that are shown", True), (self.none, "Tick none of them", False)):
            button.setToolTip(words)
            button.setAutoDefault(False)
            button.clicked.connect(lambda _=False, on=on: self._tick(on))
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self.search, 1)
        row.addWidget(self.all)
        row.addWidget(self.none)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addLayout(row)
        column.addWidget(self.list, 1)

    def fill(self, columns: Sequence[Column], target: str, chosen: Sequence[str]) -> None:
        """Show all columns but the target; `chosen` ones have a tick. What cannot be an input is grey."""
        self.list.blockSignals(True)
        self.list.clear()
        for each in columns:
            if each.name == target:
                continue
            item = QListWidgetItem(each.name)
            item.setSizeHint(QSize(0, 26))
            on = each.name in chosen and not each.reason
            item.setCheckState(Qt.CheckState.Checked if on else Qt.CheckState.Unchecked)
            if each.reason:
                item.setFlags(Qt.ItemFlag.NoItemFlags)
                item.setForeground(QGuiApplication.palette().color(_OFF, QPalette.ColorRole.Text))
                item.setToolTip(each.reason)
            self.list.addItem(item)
        self.list.blockSignals(False)
        self._filter(self.search.text())

    @property
    def ticked(self) -> tuple[str, ...]:
        """Names of the columns with a tick, in their order."""
        items = (self.list.item(row) for row in range(self.list.count()))
        return tuple(item.text() for item in items if item.checkState() == Qt.CheckState.Checked)

    def _tick(self, on: bool) -> None:
        self.list.blockSignals(True)
        for row in range(self.list.count()):
            item = self.list.item(row)
            if not item.isHidden() and item.flags() & Qt.ItemFlag.ItemIsEnabled:
                item.setCheckState(Qt.CheckState.Checked if on else Qt.CheckState.Unchecked)
        self.list.blockSignals(False)
        self.changed.emit()

    def _filter(self, text: str) -> None:
        for row in range(self.list.count()):
            item = self.list.item(row)
            item.setHidden(text.strip().lower() not in item.text().lower())


class ColumnsDialog(QDialog):
    """Ticks, and formulas that were typed before stay with them."""

    taken = Signal(object)  # the inputs, in the columns' order, formulas behind

    def __init__(
        self, columns: Sequence[Column], target: str, chosen: Sequence[str], parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle("Inputs")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.resize(360, 480)
        names = {column.name for column in columns}
        self._formulas = tuple(text for text in chosen if text not in names)
        self.columns = ColumnList()
        self.columns.fill(columns, target, chosen)
        self.columns.changed.connect(self._count)
        self.words = QLabel()
        self.words.setProperty("role", "secondary")
        self.buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        self.take = QPushButton("Use These")
        self.take.setProperty("role", "primary")
        self.buttons.addButton(self.take, QDialogButtonBox.ButtonRole.AcceptRole)
        self.buttons.accepted.connect(self.accept)
        self.buttons.rejected.connect(self.reject)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 16, 16, 12)
        column.setSpacing(12)
        column.addWidget(self.columns, 1)
        column.addWidget(self.words)
        column.addWidget(self.buttons)
        self._count()

    def accept(self) -> None:
        """Hand the inputs over."""
        self.taken.emit((*self.columns.ticked, *self._formulas))
        super().accept()

    def _count(self) -> None:
        count = len(self.columns.ticked) + len(self._formulas)
        more = f", {len(self._formulas)} of them formulas" if self._formulas else ""
        self.words.setText(f"{count} input{'s' if count != 1 else ''}{more}" if count else "Tick one input at least")
        self.take.setEnabled(count > 0)
