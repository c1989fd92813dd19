"""Type an update rule: checked while one types, typeset, its hyper-parameters and states found by themselves."""

from __future__ import annotations

import threading

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QDialog,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from gdsim import catalogue
from gdsim.draw.theme import Theme
from gdsim.gui.controller import Controller
from gdsim.gui.fields.hyper import HyperSlider
from gdsim.gui.fields.labels import MessageLabel
from gdsim.gui.fields.marked_edit import MarkedEdit
from gdsim.gui.panels.choice_popup import ChoicePopup
from gdsim.gui.panels.choices import optimizer_choices, preview_optimizer
from gdsim.gui.panels.formula_entry import PAUSE
from gdsim.gui.panels.keep_dialogs import KeepOptimizerDialog
from gdsim.gui.panels.math_lines import MathLines
from gdsim.gui.panels.reading import RuleReading, read_rule
from gdsim.params import ParamSpec, Value
from gdsim.session.resolve import rule_of
from gdsim.session.spec import Racer

FIRST_RULE = "v = beta*v + g\nstep = -lr*v"
_HELP = (
    "Given: theta (where we are), g (the gradient there), t (the step, from 1), lr, n. The result is step. "
    "A name read before it is assigned carries over from the last step. Other names become hyper-parameters. "
    "There are if(a < b, x, y), norm, mean, dot, max, min, abs, sign, sqrt, exp, log …"
)
_LABEL = 96


class RuleEditor(QDialog):
    """A window of its own, so that the map stays in sight. "Use it" changes the racer it was opened on."""

    addWanted = Signal(object)  # a Racer

    def __init__(
        self, controller: Controller, index: int, racer: Racer | None, theme: Theme, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle("Update rule" if racer is None else f"Update rule of {racer.label or racer.name}")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, False)
        self.resize(560, 620)
        self._controller = controller
        self._index = index
        self._racer = racer
        self._values: dict[str, Value] = dict(racer.hyper) if racer is not None else {"lr": 0.01, "beta": 0.9}
        self._inits: dict[str, str] = dict(racer.init) if racer is not None else {}
        self._specs: tuple[ParamSpec, ...] = _specs(racer)
        self._reading: RuleReading | None = None
        self._popup: ChoicePopup | None = None
        self._look = theme
        self.rows: dict[str, HyperSlider] = {}
        self.inits: dict[str, QLineEdit] = {}
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(PAUSE)
        self._timer.timeout.connect(self._read)
        self._make()
        self.theme(theme)
        self.edit.set_text("\n".join(_lines(racer.rule)) if racer is not None else FIRST_RULE)
        self._read()

    # -- making --------------------------------------------------------------------------------------------------

    def _make(self) -> None:
        self.edit = MarkedEdit((4, 10), single=False)
        self.edit.setAccessibleName("Update rule")
        self.edit.setToolTip("One assignment a line, such as step = -lr*g. Ctrl+Enter uses it")
        self.edit.textChanged.connect(self._on_text)
        self.edit.committed.connect(self.use)
        self.message = MessageLabel()
        self.maths = MathLines("The rule, typeset", strong=-1)
        self.template = QPushButton("Start from…")
        self.template.setToolTip("Take over the stages of a shipped optimizer")
        self.template.clicked.connect(self._open_templates)
        self.decoupled = QCheckBox("Decoupled weight decay")
        self.decoupled.setToolTip("Weight decay shrinks theta directly instead of joining the gradient (AdamW, Lion)")
        self.decoupled.setChecked(self._racer is not None and self._racer.decoupled)
        self.fixed_step = QCheckBox("Steps of fixed length")
        self.fixed_step.setToolTip("The step's length does not shrink with the gradient (sign rules): it never settles")
        self.fixed_step.setChecked(self._racer is not None and self._racer.fixed_step)
        help_text = QLabel(_HELP)
        help_text.setProperty("role", "muted")
        help_text.setWordWrap(True)
        top = QHBoxLayout()
        words = QLabel("One assignment a line")
        words.setProperty("role", "secondary")
        top.addWidget(words)
        top.addStretch(1)
        top.addWidget(self.template)
        self._form = QWidget()
        self._grid = QGridLayout(self._form)
        self._grid.setContentsMargins(0, 0, 8, 0)
        self._grid.setHorizontalSpacing(8)
        self._grid.setVerticalSpacing(4)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setFrameShape(QScrollArea.Shape.NoFrame)
        scroll.setWidget(self._form)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 16, 16, 16)
        column.setSpacing(8)
        column.addLayout(top)
        column.addWidget(self.edit)
        column.addWidget(self.message)
        column.addWidget(self.maths)
        column.addWidget(help_text)
        column.addWidget(scroll, 1)
        flags = QHBoxLayout()
        flags.addWidget(self.decoupled)
        flags.addWidget(self.fixed_step)
        flags.addStretch(1)
        column.addLayout(flags)
        column.addLayout(self._buttons())

    def _buttons(self) -> QHBoxLayout:
        self.keep = QPushButton("Keep in my catalogue…")
        self.keep.setToolTip("Give the rule a name and keep it among yours")
        self.keep.clicked.connect(self._on_keep)
        self.add = QPushButton("Add as a racer")
        self.add.setToolTip("One more racer with this rule")
        self.add.clicked.connect(self._on_add)
        self.use_button = QPushButton("Use it")
        self.use_button.setToolTip("Let the racer run by this rule (Ctrl+Enter)")
        self.use_button.clicked.connect(self.use)
        self.use_button.setVisible(self._index >= 0)
        (self.use_button if self._index >= 0 else self.add).setProperty("role", "primary")
        row = QHBoxLayout()
        row.addWidget(self.keep)
        row.addStretch(1)
        row.addWidget(self.add)
        row.addWidget(self.use_button)
        for button in (self.keep, self.add, self.use_button, self.template):
            button.setAutoDefault(False)
        return row

    def theme(self, theme: Theme) -> None:
        """Another theme."""
        self._look = theme
        self.edit.theme(theme)
        self.maths.theme(theme)
        if self._popup is not None:
            self._popup.theme(theme)

    # -- acting --------------------------------------------------------------------------------------------------

    @property
    def reading(self) -> RuleReading | None:
        """What stands in the editor, read."""
        return self._reading

    def racer(self) -> Racer | None:
        """The racer that the editor describes; None while the text is wrong or still being read."""
        reading = self._reading
        if reading is None or reading.rule is None or reading.text != self.edit.toPlainText():
            return None
        rule = reading.rule
        old = self._racer
        text = "; ".join(stage.text for stage in rule.assignments)
        same = old is not None and text == "; ".join(_lines(old.rule))
        hyper = {spec.name: self._values.get(spec.name, spec.default) for spec in rule.hyper}
        begins = {name: field.text().strip() for name, field in self.inits.items()}
        init = {name: words for name, words in begins.items() if words not in ("", "0")}
        base = old if old is not None else Racer(name="custom")
        return base.replace(
            name=base.name if same else "custom",
            rule=text,
            method="",
            hyper=hyper,
            init=init,
            decoupled=self.decoupled.isChecked(),
            fixed_step=self.fixed_step.isChecked(),
        )

    def use(self) -> None:
        """Let the racer run by this rule; adds one where the editor was opened without."""
        racer = self.racer()
        if racer is None:
            self._read()
        elif self._index < 0 or self._index >= len(self._controller.state.spec.racers):
            self._on_add()
        else:
            self._controller.exchange_racer(self._index, racer)
            self._racer = racer

    def _on_add(self) -> None:
        racer = self.racer()
        if racer is not None:
            self.addWanted.emit(racer.replace(label=""))

    def _on_keep(self) -> None:
        racer = self.racer()
        if racer is not None:
            dialog = KeepOptimizerDialog(racer, self)
            dialog.kept.connect(self._on_kept)
            dialog.open()

    def _on_kept(self, name: str, title: str) -> None:
        self._controller.noticed.emit(f"{title} is in your catalogue now")
        racer = self.racer()
        if racer is not None and 0 <= self._index < len(self._controller.state.spec.racers):
            self._racer = racer.replace(name=name, label="")
            self._controller.exchange_racer(self._index, self._racer)

    def closeEvent(self, event: QCloseEvent) -> None:
        self._timer.stop()
        super().closeEvent(event)

    # -- templates -----------------------------------------------------------------------------------------------

    def _open_templates(self) -> None:
        if self._popup is None:
            self._popup = ChoicePopup(preview_optimizer, "Search optimizers", parent=self)
            self._popup.chosen.connect(self.start_from)
            self._popup.theme(self._look)
        staged = [entry for entry in catalogue.optimizers().values() if entry.stages]
        self._popup.open_under(self.template, optimizer_choices(staged))

    def start_from(self, name: str) -> None:
        """Take over the stages, states and hyper-parameters of the catalogue's optimizer `name`."""
        entry = catalogue.optimizer(name)
        self._specs = entry.hyper
        self._values = {spec.name: spec.default for spec in entry.hyper}
        self._inits = dict(entry.init)
        self.decoupled.setChecked(entry.decoupled)
        self.fixed_step.setChecked(entry.fixed_step)
        self.edit.setPlainText("\n".join(text for text, _ in entry.stages))
        self._read()

    # -- reading -------------------------------------------------------------------------------------------------

    def _on_text(self) -> None:
        self._timer.start()

    def _read(self) -> None:
        self._timer.stop()
        text = self.edit.toPlainText()
        values = {name: value for name, value in self._values.items() if isinstance(value, tuple)}
        inits = {name: words for name, words in self._inits.items() if words}
        specs = self._specs

        def work(_cancel: threading.Event) -> RuleReading:
            return read_rule(text, values, inits, specs)

        self._controller.ask("rule reading", work, self._on_reading, self._on_failure)

    def _on_failure(self, error: Exception) -> None:
        self.message.say(f"This cannot be read: {error}")

    def _on_reading(self, reading: RuleReading) -> None:
        if reading.text != self.edit.toPlainText():
            return
        self._reading = reading
        good = reading.rule is not None
        for button in (self.keep, self.add, self.use_button):
            button.setEnabled(good)
        if reading.error is not None:
            self.edit.mark((reading.error.column, reading.error.length) if reading.error.column else None)
            self.message.say(reading.error.message())
            return
        self.edit.mark(None)
        self.message.say("")
        self.maths.set_lines(reading.stages)
        self._fill(reading)

    def _fill(self, reading: RuleReading) -> None:
        assert reading.rule is not None
        hyper = {spec.name: spec for spec in reading.rule.hyper}
        states = [state.name for state in reading.rule.graph().states]
        if set(hyper) == set(self.rows) and set(states) == set(self.inits):
            return
        self._clear()
        self._heading("Hyper-parameters")
        for name, spec in hyper.items():
            row = HyperSlider(spec, self._values.get(name))
            row.set_label_width(_LABEL)
            row.valueChanged.connect(self._on_hyper)
            self._values.setdefault(name, spec.default)
            self.rows[name] = row
            self._grid.addWidget(row, self._grid.rowCount(), 0, 1, 2)
        if states:
            self._heading("Carried from step to step, starting at")
        for name in states:
            field = QLineEdit(self._inits.get(name, ""))
            field.setPlaceholderText("0")
            field.setToolTip(f"What {name} is before the first step: a number or an expression of the settings and n")
            field.setAccessibleName(f"{name} starts at")
            field.textEdited.connect(self._on_init)
            label = QLabel(name)
            label.setProperty("role", "secondary")
            label.setFixedWidth(_LABEL)
            label.setBuddy(field)
            line = self._grid.rowCount()
            self._grid.addWidget(label, line, 0)
            self._grid.addWidget(field, line, 1)
            self.inits[name] = field
        self._grid.setRowStretch(self._grid.rowCount(), 1)

    def _clear(self) -> None:
        while (item := self._grid.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        for row in range(self._grid.rowCount()):
            self._grid.setRowStretch(row, 0)
        self.rows, self.inits = {}, {}

    def _heading(self, text: str) -> None:
        label = QLabel(text)
        label.setProperty("role", "secondary")
        self._grid.addWidget(label, self._grid.rowCount(), 0, 1, 2)

    def _on_hyper(self, value: Value) -> None:
        sender = self.sender()
        assert isinstance(sender, HyperSlider)
        self._values[sender.spec.name] = value

    def _on_init(self, _text: str) -> None:
        self._inits = {name: field.text().strip() for name, field in self.inits.items()}
        self._timer.start()


def _lines(rule: str) -> list[str]:
    """The assignments of a rule's text, one each."""
    return [part.strip() for part in rule.replace("\n", ";").split(";") if part.strip()]


def _specs(racer: Racer | None) -> tuple[ParamSpec, ...]:
    return rule_of(racer).hyper if racer is not None and not racer.method else ()
