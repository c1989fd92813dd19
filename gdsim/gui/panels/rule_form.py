"""The numbers of a typed rule: its hyper-parameters, and what its carried names start at."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QGridLayout, QLabel, QLineEdit, QWidget

from gdsim.gui.fields.hyper import HyperSlider
from gdsim.gui.fields.tab_order import chain
from gdsim.optimizers.rule import Rule
from gdsim.params import ParamSpec, Value

_LABEL = 96


class RuleForm(QWidget):
    """Rows for what a rule reads; values of names that vanish are kept in case they come back.

    `touched` are the names of the hyper-parameters that were set here.
    """

    initChanged = Signal()

    def __init__(self, values: dict[str, Value], inits: dict[str, str], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._values, self._inits = values, inits
        self.touched: set[str] = set()
        self.rows: dict[str, HyperSlider] = {}
        self.fields: dict[str, QLineEdit] = {}
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 8, 0)
        self._grid.setHorizontalSpacing(8)
        self._grid.setVerticalSpacing(4)

    def begin(self, values: Mapping[str, Value], inits: Mapping[str, str]) -> None:
        """Begin anew with these values."""
        self._values, self._inits = dict(values), dict(inits)
        self.touched = set(values)
        self._clear()

    def value(self, spec: ParamSpec) -> Value:
        """What is set for a hyper-parameter."""
        return self._values.get(spec.name, spec.default)

    def lists(self) -> dict[str, Value]:
        """Those values that are lists: a rule is read with them, for it is unrolled over them."""
        return {name: value for name, value in self._values.items() if isinstance(value, tuple)}

    def inits(self) -> dict[str, str]:
        """What carried names start at, where it is not 0."""
        return {name: words for name, words in self._inits.items() if words not in ("", "0")}

    def fill(self, rule: Rule) -> None:
        """Rows for the hyper-parameters and carried names of `rule`; nothing is touched when they are there already."""
        hyper = {spec.name: spec for spec in rule.hyper}
        states = [state.name for state in rule.graph().states]
        if list(hyper) == list(self.rows) and states == list(self.fields):
            return
        self._clear()
        self._heading("Hyper-parameters")
        for name, spec in hyper.items():
            row = HyperSlider(spec, self._values.setdefault(name, spec.default))
            row.set_label_width(_LABEL)
            row.valueChanged.connect(self._on_value)
            self.rows[name] = row
            self._grid.addWidget(row, self._grid.rowCount(), 0, 1, 2)
        if states:
            self._heading("Carried from step to step, starting at")
        for name in states:
            self._add_state(name)
        self._grid.setRowStretch(self._grid.rowCount(), 1)
        before = self.previousInFocusChain()
        if before is not None:
            chain(before, self)

    def _add_state(self, name: str) -> None:
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
        self.fields[name] = field

    def _clear(self) -> None:
        while (item := self._grid.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        for row in range(self._grid.rowCount()):
            self._grid.setRowStretch(row, 0)
        self.rows, self.fields = {}, {}

    def _heading(self, text: str) -> None:
        label = QLabel(text)
        label.setProperty("role", "secondary")
        self._grid.addWidget(label, self._grid.rowCount(), 0, 1, 2)

    def _on_value(self, value: Value) -> None:
        sender = self.sender()
        assert isinstance(sender, HyperSlider)
        self._values[sender.spec.name] = value
        self.touched.add(sender.spec.name)

    def _on_init(self, _text: str) -> None:
        self._inits |= {name: field.text().strip() for name, field in self.fields.items()}
        self.initChanged.emit()
