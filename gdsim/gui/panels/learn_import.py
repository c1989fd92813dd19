"""A table of one's own: read in the engine thread, then columns, types and gaps, and what is to be learnt from it."""

from __future__ import annotations

import threading
from pathlib import Path

from PySide6.QtCore import QSignalBlocker, Qt, QTimer, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QProgressBar,
    QPushButton,
    QStackedWidget,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from gdsim.errors import GdsimError
from gdsim.gui.controller import Controller
from gdsim.gui.fields.labels import MessageLabel
from gdsim.gui.fields.numbers import NumberField
from gdsim.gui.panels.learn_columns import ColumnList
from gdsim.gui.panels.learn_picker import use_data
from gdsim.gui.panels.learn_table import CsvTable, read_table
from gdsim.gui.panels.learn_target import aims_of
from gdsim.gui.worker import LONG
from gdsim.objectives.data.design import Data
from gdsim.objectives.data.make import samples_of
from gdsim.params import ParamSpec

_POLL = 50
SHARE = ParamSpec("train", "", 70.0, low=1, high=100, unit="%",
                  doc="How many of 100 samples are trained on. The others only test.")  # fmt: skip
_HEADS = ("Column", "Type", "Values", "Missing")
_READ, _CHECK = "csv", "csv samples"


class ImportDialog(QDialog):
    """`read` begins; Enter learns from what has been read, Escape stops or closes."""

    otherWanted = Signal()

    def __init__(self, controller: Controller, path: Path, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(f"Import {path.name}")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.resize(860, 560)
        self._controller = controller
        self.path = path
        self.table: CsvTable | None = None
        self._progress = (0, 0)
        self._timer = QTimer(self)
        self._timer.setInterval(_POLL)
        self._timer.timeout.connect(self._show_progress)
        self.words = QLabel()
        self.words.setProperty("role", "title")
        self.words.setTextFormat(Qt.TextFormat.PlainText)
        self.pages = QStackedWidget()
        self.pages.addWidget(self._make_reading())
        self.pages.addWidget(self._make_choosing())
        self.message = MessageLabel()
        self.learn = QPushButton("Learn")
        self.learn.setProperty("role", "primary")
        self.learn.setToolTip("Learn from these data (Enter)")
        self.learn.setDefault(True)
        self.learn.setEnabled(False)
        self.learn.clicked.connect(self.accept)
        self.cancel = QPushButton("Cancel")
        self.cancel.setToolTip("Stop reading, change nothing (Escape)")
        self.cancel.setAutoDefault(False)
        self.cancel.clicked.connect(self.reject)
        self.other = QPushButton("Another File…")
        self.other.setToolTip("Choose another file")
        self.other.setAutoDefault(False)
        self.other.clicked.connect(self._on_other)
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        buttons.addWidget(self.other)
        buttons.addStretch(1)
        buttons.addWidget(self.cancel)
        buttons.addWidget(self.learn)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 16, 16, 12)
        column.setSpacing(12)
        column.addWidget(self.words)
        column.addWidget(self.message)
        column.addWidget(self.pages, 1)
        column.addStretch(0)
        column.addLayout(buttons)

    # -- making --------------------------------------------------------------------------------------------------

    def _make_reading(self) -> QWidget:
        self.bar = QProgressBar()
        self.bar.setRange(0, 1000)
        self.bar.setTextVisible(False)
        self.bar.setAccessibleName("Read so far")
        self.read_words = QLabel()
        self.read_words.setProperty("role", "secondary")
        page = QWidget()
        column = QVBoxLayout(page)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.bar)
        column.addWidget(self.read_words)
        column.addStretch(1)
        return page

    def _make_choosing(self) -> QWidget:
        self.facts = QTableWidget(0, len(_HEADS))
        self.facts.setHorizontalHeaderLabels(list(_HEADS))
        self.facts.setAccessibleName("Columns of the file")
        self.facts.setToolTip("What each column of the file holds")
        self.facts.verticalHeader().hide()
        self.facts.setEditTriggers(QTableWidget.EditTrigger.NoEditTriggers)
        self.facts.setSelectionMode(QTableWidget.SelectionMode.NoSelection)
        self.facts.setShowGrid(False)
        header = self.facts.horizontalHeader()
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(_HEADS.index("Values"), QHeaderView.ResizeMode.Stretch)
        self.target, self.aim = QComboBox(), QComboBox()
        self.target.setAccessibleName("Predict")
        self.target.setToolTip("The column that is to be predicted")
        self.aim.setMinimumWidth(120)
        self.aim.setAccessibleName("Predict as")
        self.aim.setToolTip("Whether it is predicted as a number, or as one of its classes")
        self.target.activated.connect(lambda row: self._take_target(self.target.itemText(row)))
        self.aim.activated.connect(lambda _: self._count())
        self.inputs = ColumnList()
        self.inputs.changed.connect(self._count)
        self.standardise = QCheckBox("Standardise the inputs")
        self.standardise.setToolTip("Shift and scale each to mean 0 and deviation 1, which units that differ need")
        self.standardise.setChecked(True)
        self.share = NumberField.of_spec(SHARE)
        self.share.setFixedWidth(56)
        self.share.setAccessibleName("Train on, %")
        self.summary = QLabel()
        self.summary.setProperty("role", "secondary")
        self.summary.setWordWrap(True)
        aim = QHBoxLayout()
        aim.setSpacing(8)
        aim.addWidget(QLabel("Predict"))
        aim.addWidget(self.target, 2)
        aim.addWidget(QLabel("as"))
        aim.addWidget(self.aim, 1)
        share = QHBoxLayout()
        share.setSpacing(8)
        share.addWidget(QLabel("Train on"))
        share.addWidget(self.share)
        share.addWidget(QLabel("% of the rows, test on the others"))
        share.addStretch(1)
        right = QVBoxLayout()
        right.setSpacing(8)
        right.addLayout(aim)
        right.addWidget(QLabel("from"))
        right.addWidget(self.inputs, 1)
        right.addWidget(self.standardise)
        right.addLayout(share)
        both = QHBoxLayout()
        both.setSpacing(16)
        both.addWidget(self.facts, 3)
        both.addLayout(right, 2)
        page = QWidget()
        column = QVBoxLayout(page)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(12)
        column.addLayout(both, 1)
        column.addWidget(self.summary)
        return page

    # -- reading -------------------------------------------------------------------------------------------------

    def read(self) -> None:
        """Begin to read the file in the engine thread; other work goes on meanwhile."""
        self.words.setText(f"Reading {self.path.name}")
        self.pages.setCurrentIndex(0)
        self.other.hide()
        path = self.path

        def told(done: int, total: int) -> None:
            self._progress = (done, total)

        def work(cancel: threading.Event) -> CsvTable:
            return read_table(path, cancel, told)

        self._timer.start()
        self._controller.ask(_READ, work, self._read, self._failed, LONG)

    def _show_progress(self) -> None:
        done, total = self._progress
        self.bar.setValue(round(1000 * done / total) if total else 0)
        self.read_words.setText(f"{done / 1e6:,.1f} of {total / 1e6:,.1f} MB" if total else "Looking at the file")

    def _failed(self, error: Exception) -> None:
        self._timer.stop()
        self.words.setText(f"{self.path.name} cannot be used")
        self.pages.hide()
        self.resize(560, 160)
        self.message.say(error.message() if isinstance(error, GdsimError) else f"It cannot be read: {error}")
        self.other.show()
        self.cancel.setText("Close")

    def _read(self, table: CsvTable) -> None:
        self._timer.stop()
        self.table = table
        self.other.show()
        rows, columns = table.rows, len(table.columns)
        self.words.setText(f"{self.path.name}: {rows:,} rows, {columns:,} columns")
        self._fill(table)
        with QSignalBlocker(self.target):
            self.target.clear()
            self.target.addItems([column.name for column in table.columns])
        for row, column in enumerate(table.columns):
            reason = "" if column.classes or column.number else "Too many different texts to be classes"
            self.target.model().item(row).setEnabled(not reason)
            self.target.model().item(row).setToolTip(reason)
        self._take_target(table.data.target)
        self.pages.setCurrentIndex(1)
        self.learn.setFocus()

    def _fill(self, table: CsvTable) -> None:
        self.facts.setRowCount(len(table.said))
        for row, words in enumerate(table.said):
            for place, text in enumerate(words):
                item = QTableWidgetItem(text)
                item.setToolTip(text)
                if place == len(words) - 1:
                    item.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
                self.facts.setItem(row, place, item)

    # -- choosing ------------------------------------------------------------------------------------------------

    def _take_target(self, name: str) -> None:
        """Another target: what was ticked stays, and it is taken as it suggests itself."""
        table = self.table
        if table is None:
            return
        ticked = self.inputs.ticked if self.inputs.list.count() else table.data.inputs
        gone = self.target.property("shown")
        with QSignalBlocker(self.target):
            self.target.setCurrentText(name)
        back = (gone,) if gone and gone != name and self.inputs.list.count() else ()
        self.target.setProperty("shown", name)
        self.inputs.fill(table.columns, name, (*ticked, *back))
        (number, no_number), (classes, no_classes) = aims_of(table.columns, name)
        self.aim.clear()
        for row, (title, reason) in enumerate(((number, no_number), (classes, no_classes))):
            self.aim.addItem(title)
            self.aim.model().item(row).setEnabled(not reason)
            self.aim.model().item(row).setToolTip(reason)
        self.aim.setCurrentIndex(1 if table.suggests_classes(name) else 0)
        self._count()

    def _count(self) -> None:
        table = self.table
        if table is None:
            return
        ticked = self.inputs.ticked
        self.message.say("" if ticked else "Tick one input at least")
        self.learn.setEnabled(bool(ticked))
        gaps = table.gaps((*ticked, self.target.currentText()))
        left_out = f"{gaps:,} of {table.rows:,} rows are left out: they have no value in a column that is used"
        notes = [left_out] if gaps else []
        count = f"{len(ticked):,} input{'s' if len(ticked) != 1 else ''}"
        lines = [". ".join([count, *notes, *(note.rstrip(".") for note in table.notes)])]
        lines += table.texts(self.target.currentText(), self.aim.currentIndex() == 1, ticked)
        self.summary.setText("\n".join(f"{line}." for line in lines))

    def data(self) -> Data | None:
        """What has been chosen; None before the file has been read."""
        table = self.table
        if table is None:
            return None
        target = self.target.currentText()
        column = next(each for each in table.columns if each.name == target)
        return table.data.replace(
            target=target,
            classes=column.classes if self.aim.currentIndex() == 1 else (),
            inputs=self.inputs.ticked,
            standardise=self.standardise.isChecked(),
            share=self.share.value / 100,
        )

    def accept(self) -> None:
        """Make the samples in the engine thread; learn from them, or say what is wrong."""
        data = self.data()
        if data is None or not data.inputs:
            return
        self.learn.setEnabled(False)
        self.message.say("")

        def work(cancel: threading.Event) -> Data:
            samples_of(data, cancel=cancel)
            return data

        self._controller.ask(_CHECK, work, self._taken, self._refused, LONG)

    def _taken(self, data: Data) -> None:
        use_data(self._controller, data, f"import {self.path.name}")
        super().accept()

    def _refused(self, error: Exception) -> None:
        self.learn.setEnabled(True)
        self.message.say(error.message() if isinstance(error, GdsimError) else str(error))

    def _on_other(self) -> None:
        self.reject()
        self.otherWanted.emit()

    def done(self, result: int) -> None:
        """Nothing of ours is read any more."""
        self._timer.stop()
        for lane in (_READ, _CHECK):
            self._controller.worker.drop(lane)
        super().done(result)
