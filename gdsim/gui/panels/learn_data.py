"""The data: which set, how much noise, how much is trained on, what of it the model sees."""

from __future__ import annotations

import threading
from typing import Any

from PySide6.QtCore import QSignalBlocker, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from gdsim import catalogue
from gdsim.draw.theme import SPACE, Theme
from gdsim.errors import GdsimError
from gdsim.gui.controller import Controller
from gdsim.gui.fields.flow import FlowLayout
from gdsim.gui.fields.hyper import HyperSlider
from gdsim.gui.fields.labels import MessageLabel
from gdsim.gui.fields.numbers import NumberField
from gdsim.gui.icons import icon
from gdsim.gui.panels.learn_edits import with_data
from gdsim.gui.panels.learn_facts import DataFacts, Facts
from gdsim.gui.panels.learn_inputs import InputChips
from gdsim.gui.panels.learn_target import aims_of, retargeted
from gdsim.gui.state import AppState
from gdsim.objectives.data.design import CSV, TYPED, Data
from gdsim.objectives.data.tables import MAX_SIZE
from gdsim.params import ParamSpec
from gdsim.session.spec import Learning

LABEL = 60
NOISE = ParamSpec("noise", "", 0.0, low=0, high=1, slider_low=0, slider_high=0.5,
                  doc="How far samples are moved, or how much their target is.")  # fmt: skip
SHARE = ParamSpec("train", "", 50.0, low=1, high=100, slider_low=10, slider_high=90, unit="%",
                  doc="How many of 100 samples are trained on. The others only test; 100: there are none.")  # fmt: skip
SIZE = ParamSpec("samples", "", 0.0, low=0, high=MAX_SIZE, kind="integer", scale="log",
                 doc="How many samples there are in all; 0: as many as there are.")  # fmt: skip
SEED = ParamSpec("seed", "", 0.0, low=0, high=2**53, kind="integer",
                 doc="Another seed draws other samples, and other ones of them to train on.")  # fmt: skip
_HINT = "Double-click in the picture adds a sample, a right click (or Alt+click) takes one away."


class DataPart(QWidget):
    """The tab Data of the panel; every good value is an edit at once."""

    csvWanted = Signal()

    def __init__(self, controller: Controller, facts: DataFacts, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._controller = controller
        self._facts = facts
        self.noise = _slider(NOISE)
        self.share = _slider(SHARE, "train %")
        self.samples = NumberField.of_spec(SIZE)
        self.samples.setFixedWidth(64)
        self.samples.setAccessibleName("Number of samples")
        self.seed = NumberField.of_spec(SEED)
        self.seed.setFixedWidth(48)
        self.seed.setAccessibleName("Seed of the data")
        self.again = QToolButton()
        self.again.setProperty("role", "flat")
        self.again.setFixedSize(28, 28)
        self.again.setToolTip("Regenerate: draw other samples, with the next seed")
        self.again.setAccessibleName("Regenerate the data")
        self.inputs = InputChips(controller)
        self.test = QCheckBox("Show test data")
        self.test.setToolTip("Draw the samples that are kept for testing, too")
        self.standardise = QCheckBox("Standardise")
        self.standardise.setToolTip("Shift and scale each input to mean 0 and deviation 1")
        self.target, self.aim = QComboBox(), QComboBox()
        self.notes = MessageLabel()
        self.notes.setProperty("role", "muted")
        self.message = MessageLabel()
        self.hint = QLabel(_HINT)
        self.hint.setProperty("role", "muted")
        self.hint.setWordWrap(True)
        self.csv = QPushButton("Import a CSV…")
        self.csv.setProperty("role", "link")
        self.csv.setToolTip("Learn from a table of your own (Ctrl+I); or drop the file on the window")
        self._lay_out()
        self._connect()
        self._show(controller.state)
        self._show_facts(facts.facts)

    def _lay_out(self) -> None:
        drawn = QHBoxLayout()
        drawn.setSpacing(4)
        self.samples_label = _label("samples", self.samples)
        drawn.addWidget(self.samples_label)
        drawn.addWidget(self.samples)
        drawn.addStretch(1)
        drawn.addWidget(_label("seed", self.seed, 30))
        drawn.addWidget(self.seed)
        drawn.addWidget(self.again)
        self._aim_row = QWidget()
        aim = QHBoxLayout(self._aim_row)
        aim.setContentsMargins(0, 0, 0, 0)
        aim.setSpacing(4)
        aim.addWidget(_label("target", self.target))
        for box, name, words in (
            (self.target, "Target", "The column that is predicted"),
            (self.aim, "Target as", "Whether it is predicted as a number, or as one of its classes"),
        ):
            box.setAccessibleName(name)
            box.setToolTip(words)
            box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
            box.setMinimumContentsLength(4)
            box.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
            aim.addWidget(box, 1)
        switches = QWidget()
        flow = FlowLayout(switches, 12)
        flow.addWidget(self.test)
        flow.addWidget(self.standardise)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACE.grid)
        for slider in (self.noise, self.share):
            column.addWidget(slider)
        column.addLayout(drawn)
        for row in (self._aim_row, self.message, self.inputs, switches, self.notes):
            column.addWidget(row)
        links = QHBoxLayout()
        links.addWidget(self.csv)
        links.addStretch(1)
        column.addLayout(links)
        column.addWidget(self.hint)
        column.addStretch(1)

    def _connect(self) -> None:
        controller = self._controller
        self.csv.clicked.connect(self.csvWanted)
        self.noise.valueChanged.connect(lambda value: self._edit("change the noise", noise=value))
        self.share.valueChanged.connect(lambda value: self._edit("change the share to train on", share=value / 100))
        for slider in (self.noise, self.share):
            slider.settled.connect(controller.finish_edit)
        self.samples.valueChanged.connect(lambda value: self._edit("change the number of samples", size=int(value)))
        self.seed.valueChanged.connect(lambda value: self._edit("change the seed of the data", seed=int(value)))
        for field in (self.samples, self.seed):
            field.settled.connect(controller.finish_edit)
            field.messageChanged.connect(self.message.say)
        self.again.clicked.connect(self.regenerate)
        self.test.toggled.connect(lambda on: controller.set_learn(test=on))
        self.standardise.toggled.connect(self._on_standardise)
        self.target.activated.connect(self._on_target)
        self.aim.activated.connect(self._on_aim)
        self._facts.changed.connect(self._show_facts)
        controller.stateChanged.connect(self._on_state)

    def regenerate(self) -> None:
        """Other samples of the same kind."""
        data = self._data
        if data is not None:
            self._edit("regenerate the data", seed=data.seed + 1)
            self._controller.finish_edit()

    def theme(self, theme: Theme) -> None:
        """Another theme."""
        self.inputs.theme(theme)
        self.again.setIcon(icon("mdi6.refresh", theme))

    # -- private -------------------------------------------------------------------------------------------------

    @property
    def _learn(self) -> Learning | None:
        return self._controller.state.spec.problem.learn

    @property
    def _data(self) -> Data | None:
        learn = self._learn
        return None if learn is None else learn.data

    def _edit(self, why: str, **fields: Any) -> None:
        data = self._data
        if data is not None:
            self._controller.set_data(data.replace(**fields), why, final=False)

    def _on_standardise(self, on: bool) -> None:
        self._edit("standardise the inputs" if on else "take the inputs as they are", standardise=on)
        self._controller.finish_edit()

    def _on_state(self, state: AppState, names: set[str]) -> None:
        if names & {"spec", "learn"}:
            self._show(state)

    def _show(self, state: AppState) -> None:
        learn = state.spec.problem.learn
        if learn is None:
            return
        data = learn.data
        entry = catalogue.datasets().get(data.name)
        made = entry is not None and bool(entry.generator)
        self.noise.setVisible(made)
        self.noise.set_value(data.noise)
        self.share.set_value(round(100 * data.share, 6))
        self.samples.set_zero_word("" if made else "all")
        self.samples.set_value(float(data.size or (entry.size if entry is not None and made else 0)))
        for piece in (self.samples, self.samples_label):
            piece.setVisible(data.name != TYPED)
        self.seed.set_value(float(data.seed))
        self.again.setVisible(made)
        for box, on in ((self.test, state.learn.test), (self.standardise, data.standardise)):
            with QSignalBlocker(box):
                box.setChecked(on)
        self.test.setEnabled(data.share < 1)
        self.test.setToolTip(
            "Draw the samples that are kept for testing, too" if data.share < 1
            else "All samples are trained on: there are none for testing"
        )  # fmt: skip
        self.hint.setVisible(len(data.inputs) <= 8)
        self._show_aim()

    def _show_facts(self, facts: Facts) -> None:
        learn = self._learn
        if learn is None:
            return
        self.inputs.show_columns(facts.columns)
        self.message.say(facts.error)
        self.notes.say(" ".join(f"{note.rstrip('.')}." for note in facts.notes))
        if facts.count:
            self.share.symbol.set_help(f"{facts.count:,} samples to train on, {facts.count_test:,} to test")
        self._show_aim()

    # -- what is predicted ---------------------------------------------------------------------------------------

    def _show_aim(self) -> None:
        """Target and whether it is a class: of tables only, what is generated has but one."""
        learn, columns = self._learn, self._facts.facts.columns
        entry = catalogue.datasets().get(learn.data.name) if learn is not None else None
        table = learn is not None and (learn.data.name == CSV or (entry is not None and bool(entry.file)))
        self._aim_row.setVisible(table)
        if learn is None or not table:
            return
        names = [column.name for column in columns]
        if [self.target.itemText(row) for row in range(self.target.count())] != names:
            self.target.clear()
            self.target.addItems(names)
        for row, column in enumerate(columns):
            reason = "" if column.classes or column.number else "Too many different texts to be classes"
            item = self.target.model().item(row)
            item.setEnabled(not reason)
            item.setToolTip(reason)
        self.target.setCurrentText(learn.data.target)
        self.aim.clear()
        for row, (title, reason) in enumerate(aims_of(columns, learn.data.target)):
            self.aim.addItem(title)
            item = self.aim.model().item(row)
            item.setEnabled(not reason)
            item.setToolTip(reason)
        self.aim.setCurrentIndex(1 if learn.data.classes else 0)

    def _on_target(self, row: int) -> None:
        self._retarget(self.target.itemText(row), None)

    def _on_aim(self, row: int) -> None:
        learn = self._learn
        if learn is not None:
            self._retarget(learn.data.target, row == 1)

    def _retarget(self, target: str, classes: bool | None) -> None:
        """Another target, or the same one as a number or as classes; looked up in the table by the engine thread."""
        learn = self._learn
        if learn is None or (target == learn.data.target and classes == bool(learn.data.classes)):
            return

        def work(cancel: threading.Event) -> Data:
            return retargeted(learn, target, classes, cancel)

        def done(data: Data) -> None:
            if self._learn != learn:
                return
            made, words = with_data(learn, data)
            self._controller.set_learning(made, f"predict {target}")
            if words:
                self._controller.noticed.emit(words)

        self._controller.ask("target", work, done, self._failed)

    def _failed(self, error: Exception) -> None:
        self._controller.failed.emit(error.message() if isinstance(error, GdsimError) else str(error))
        self._show_aim()


def _slider(spec: ParamSpec, label: str = "") -> HyperSlider:
    row = HyperSlider(spec, label=label or spec.name)
    row.set_label_width(LABEL)
    return row


def _label(text: str, buddy: QWidget, width: int = LABEL) -> QLabel:
    label = QLabel(text)
    label.setProperty("role", "secondary")
    label.setFixedWidth(width)
    label.setBuddy(buddy)
    return label
