"""Giving a typed function or rule a name and keeping it in the personal catalogue."""

from __future__ import annotations

import re
from dataclasses import replace

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QFormLayout, QLineEdit, QPushButton, QVBoxLayout, QWidget

from gdsim import catalogue
from gdsim.catalogue import FunctionEntry, OptimizerEntry
from gdsim.errors import CatalogueError, GdsimError
from gdsim.formula import parse_formula
from gdsim.gui.fields.labels import MessageLabel
from gdsim.gui.panels.parameters import parameter_range, parameter_spec
from gdsim.optimizers.rule import Rule
from gdsim.params import ParamSpec
from gdsim.session.resolve import rule_of
from gdsim.session.spec import Problem, Racer

_NAME = re.compile(r"[a-z][a-z0-9_]*")
FAMILY = "yours"


class KeepDialog(QDialog):
    """Title, name (made from the title until it is typed) and one sentence; says at once what is wrong with them."""

    kept = Signal(str, str)  # name, title

    def __init__(self, what: str, title: str, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(f"Keep this {what}")
        self.setMinimumWidth(420)
        self.title = QLineEdit(title)
        self.title.setPlaceholderText(f"How the {what} is called on screen")
        self.name = QLineEdit(name)
        self.name.setPlaceholderText("lower case, such as my_valley")
        self.name.setToolTip("How the command line and files call it: lower case letters, digits and _")
        self.words = QLineEdit()
        self.words.setPlaceholderText("What it is good for (may stay empty)")
        self._own_name = bool(name)
        self._message = MessageLabel()
        form = QFormLayout()
        form.setSpacing(8)
        for label, field in (("Title", self.title), ("Name", self.name), ("In a sentence", self.words)):
            field.setAccessibleName(label)
            field.returnPressed.connect(self._on_return)
            form.addRow(label, field)
        self.buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        self.keep_button = QPushButton("Keep")
        self.keep_button.setProperty("role", "primary")
        self.buttons.addButton(self.keep_button, QDialogButtonBox.ButtonRole.AcceptRole)
        for button in self.buttons.buttons():
            button.setAutoDefault(False)  # Enter is for the fields
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 16, 16, 16)
        column.setSpacing(12)
        column.addLayout(form)
        column.addWidget(self._message)
        column.addWidget(self.buttons)
        self.title.textEdited.connect(self._on_title)
        self.name.textEdited.connect(self._on_name)
        self.buttons.accepted.connect(self.accept)
        self.buttons.rejected.connect(self.reject)
        self._check()

    @property
    def message(self) -> str:
        """What is wrong with the entry; empty when it can be kept."""
        return self._message.text()

    def accept(self) -> None:
        """Keep the entry; an error stays in the dialog."""
        try:
            self.save(self.name.text().strip(), self.title.text().strip(), self.words.text().strip())
        except GdsimError as error:
            self._message.say(error.message())
            return
        self.kept.emit(self.name.text().strip(), self.title.text().strip())
        super().accept()

    def save(self, name: str, title: str, words: str) -> None:
        """Put the entry into the catalogue; raises GdsimError."""
        raise NotImplementedError

    def known(self) -> dict[str, bool]:
        """Names that are there already, and whether they are the person's own."""
        raise NotImplementedError

    def _on_return(self) -> None:
        if self.keep_button.isEnabled():
            self.accept()

    def _on_title(self, title: str) -> None:
        if not self._own_name:
            self.name.setText(name_from(title))
        self._check()

    def _on_name(self, name: str) -> None:
        self._own_name = bool(name)
        self._check()

    def _check(self) -> None:
        words, ready = self._judge(self.name.text().strip(), self.title.text().strip())
        self._message.say(words)
        self.keep_button.setEnabled(ready)
        self.keep_button.setText("Replace" if ready and self.name.text().strip() in self.known() else "Keep")

    def _judge(self, name: str, title: str) -> tuple[str, bool]:
        if not title or not name:
            return "", False
        if not _NAME.fullmatch(name):
            return "A name begins with a small letter and has small letters, digits and _ only", False
        own = self.known().get(name)
        if own is False:
            return f"{name!r} is the name of a shipped entry. Choose another name", False
        return (f"{name!r} is in your catalogue already and will be replaced", True) if own else ("", True)


class KeepFunctionDialog(KeepDialog):
    """Keeps the function of a problem, its letters, ranges, domain and start with it."""

    def __init__(self, problem: Problem, start: tuple[float, ...], parent: QWidget | None = None) -> None:
        self._problem, self._start = problem, start
        super().__init__("function", problem.title, problem.name, parent)

    def known(self) -> dict[str, bool]:
        return {name: entry.personal for name, entry in catalogue.functions().items()}

    def save(self, name: str, title: str, words: str) -> None:
        problem = self._problem
        indexed = parse_formula(problem.formula, problem.variables or None).indexed
        entry = FunctionEntry(
            name=name,
            title=title,
            formula=problem.formula,
            family=FAMILY,
            source="typed in the window",
            teaches=words or "Your own function.",
            domain=problem.domain,
            view=problem.domain,
            start=self._start,
            minima=problem.minima,
            parameters=tuple(_parameter(problem, letter) for letter in problem.parameters),
            dimension=problem.dimension,
            dimensions=None if indexed else problem.dimension,
            personal=True,
        )
        catalogue.save_function(entry)


class KeepOptimizerDialog(KeepDialog):
    """Keeps the rule of a racer, its hyper-parameters as they are set now as defaults."""

    def __init__(self, racer: Racer, parent: QWidget | None = None) -> None:
        self._racer = racer
        own = "" if racer.name == "custom" else racer.name
        super().__init__("optimizer", racer.label, own, parent)

    def known(self) -> dict[str, bool]:
        return {name: entry.personal for name, entry in catalogue.optimizers().items()}

    def save(self, name: str, title: str, words: str) -> None:
        racer, rule = self._racer, rule_of(self._racer)
        if rule.method:
            raise CatalogueError("a method cannot be kept: it has no stages")
        catalogue.save_optimizer(entry_of(rule, racer, name, title, words))


def entry_of(rule: Rule, racer: Racer, name: str, title: str, words: str) -> OptimizerEntry:
    """The catalogue entry of a racer's rule, today's values as its defaults."""
    sentences = rule.words or tuple("" for _ in rule.assignments)
    return OptimizerEntry(
        name=name,
        title=title,
        family=FAMILY,
        source="typed in the window",
        teaches=words or "Your own update rule.",
        stages=tuple(
            (stage.text, sentence or f"{stage.name} is computed.")
            for stage, sentence in zip(rule.assignments, sentences, strict=False)
        ),
        hyper=tuple(replace(spec, default=racer.hyper.get(spec.name, spec.default)) for spec in rule.hyper),
        init=dict(racer.init),
        decoupled=racer.decoupled,
        fixed_step=racer.fixed_step,
        weight_decay=racer.weight_decay,
        personal=True,
    )


def name_from(title: str) -> str:
    """``My valley (2)`` as my_valley_2."""
    return re.sub(r"[^a-z0-9]+", "_", title.lower()).strip("_").lstrip("0123456789_")


def _parameter(problem: Problem, letter: str) -> ParamSpec:
    low, high = parameter_range(problem, letter)
    spec = parameter_spec(problem, letter)
    return replace(spec, default=problem.parameters[letter], slider_low=low, slider_high=high)
