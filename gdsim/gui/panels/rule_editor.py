"""Type an update rule: checked while one types, typeset, its hyper-parameters and states found by themselves."""

from __future__ import annotations

import threading

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QDialog,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from gdsim import catalogue
from gdsim.draw.theme import Theme
from gdsim.gui.controller import Controller
from gdsim.gui.fields.labels import MessageLabel
from gdsim.gui.fields.marked_edit import MarkedEdit
from gdsim.gui.panels.choice_popup import ChoicePopup
from gdsim.gui.panels.choices import optimizer_choices, preview_optimizer
from gdsim.gui.panels.formula_entry import PAUSE
from gdsim.gui.panels.keep_dialogs import KeepOptimizerDialog
from gdsim.gui.panels.math_lines import MathLines
from gdsim.gui.panels.reading import RuleReading, read_rule
from gdsim.gui.panels.rule_form import RuleForm
from gdsim.params import ParamSpec
from gdsim.session.resolve import rule_of
from gdsim.session.spec import Racer

FIRST_RULE = "v = beta*v + g\nstep = -lr*v"
_HELP = (
    "Given: theta (where we are), g (the gradient there), t (the step, from 1), lr, n. The result is step. "
    "A name read before it is assigned carries over from the last step. Other names become hyper-parameters. "
    "There are if(a < b, x, y), norm, mean, dot, max, min, abs, sign, sqrt, exp, log …"
)


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
        self._specs: tuple[ParamSpec, ...] = _specs(racer)
        self._reading: RuleReading | None = None
        self._popup: ChoicePopup | None = None
        self._look = theme
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(PAUSE)
        self._timer.timeout.connect(self._read)
        self.form = RuleForm(
            dict(racer.hyper) if racer is not None else {"lr": 0.01, "beta": 0.9},
            dict(racer.init) if racer is not None else {},
        )
        self.form.initChanged.connect(self._timer.start)
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
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setFrameShape(QScrollArea.Shape.NoFrame)
        scroll.setWidget(self.form)
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
        hyper = {spec.name: self.form.value(spec) for spec in rule.hyper}
        base = old if old is not None else Racer(name="custom")
        return base.replace(
            name=base.name if same else "custom",
            rule=text,
            method="",
            hyper=hyper,
            init=self.form.inits(),
            decoupled=self.decoupled.isChecked(),
            fixed_step=self.fixed_step.isChecked(),
        )

    def use(self) -> None:
        """Let the racer run by this rule; adds one where the editor was opened without, or the racer is gone."""
        racer = self.racer()
        target = self._target()
        if racer is None:
            self._read()
        elif target < 0:
            self._on_add()
        else:
            now = self._controller.state.spec.racers[target]
            # what was set in the panel since the editor was opened stays, unless it was set here too
            hyper = {
                name: value if name in self.form.touched else now.hyper.get(name, value)
                for name, value in racer.hyper.items()
            }
            racer = now.replace(
                name=racer.name, rule=racer.rule, method="", hyper=hyper, init=racer.init,
                decoupled=racer.decoupled, fixed_step=racer.fixed_step,
            )  # fmt: skip
            self._controller.exchange_racer(target, racer)
            self._racer, self._index = racer, target

    def _target(self) -> int:
        """Where the racer is now that the editor was opened on; -1 when it is gone."""
        racers = self._controller.state.spec.racers
        old = self._racer
        if old is None or self._index < 0:
            return -1
        places = [self._index, *range(len(racers))]
        same = (place for place in places if place < len(racers) and _alike(racers[place], old))
        return next(same, -1)

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
        racer, target = self.racer(), self._target()
        if racer is not None and target >= 0:
            self._racer = racer.replace(name=name, label="")
            self._controller.exchange_racer(target, self._racer)

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
        self.form.begin({spec.name: spec.default for spec in entry.hyper}, dict(entry.init))
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
        values, inits = self.form.lists(), self.form.inits()
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
            here = reading.error.column and not reading.error.where  # not in what a carried name starts at
            self.edit.mark((reading.error.column or 1, reading.error.length) if here else None)
            self.message.say(reading.error.message())
            return
        self.edit.mark(None)
        self.message.say("")
        self.maths.set_lines(reading.stages)
        assert reading.rule is not None
        self.form.fill(reading.rule)


def _alike(one: Racer, other: Racer) -> bool:
    return (one.name, one.label, one.rule, one.method) == (other.name, other.label, other.rule, other.method)


def _lines(rule: str) -> list[str]:
    """The assignments of a rule's text, one each."""
    return [part.strip() for part in rule.replace("\n", ";").split(";") if part.strip()]


def _specs(racer: Racer | None) -> tuple[ParamSpec, ...]:
    return rule_of(racer).hyper if racer is not None and not racer.method else ()
