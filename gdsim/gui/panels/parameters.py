"""A slider for every free letter of the formula; the ends of its range are edited by clicking them."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from gdsim import catalogue
from gdsim.errors import GdsimError, SpecError
from gdsim.formula.typeset import latex_name
from gdsim.gui.controller import Controller
from gdsim.gui.fields.labels import MessageLabel
from gdsim.gui.fields.numbers import NumberField, spec_help
from gdsim.gui.fields.slider import TrackSlider
from gdsim.gui.fields.symbol import symbol_text
from gdsim.gui.fields.tab_order import chain
from gdsim.gui.state import AppState
from gdsim.params import ParamSpec
from gdsim.session.spec import Problem

_END_WIDTH = 40
_FIELD_WIDTH = 64
_NAME_WIDTH = 24


def parameter_spec(problem: Problem, name: str) -> ParamSpec:
    """The declaration of a formula's parameter: the catalogue's, or any real number from 1."""
    entry = catalogue.functions().get(problem.name)
    if entry is not None:
        for spec in entry.parameters:
            if spec.name == name:
                return spec
    return ParamSpec(name, latex_name(name), 1.0, doc="a free letter of the formula")


def parameter_range(problem: Problem, name: str) -> tuple[float, float]:
    """What its slider spans: the range that was set, widened to the value; -5 to 5 for a typed formula."""
    low, high = problem.ranges.get(name) or (
        parameter_spec(problem, name).slider_range if problem.name else (-5.0, 5.0)
    )
    value = problem.parameters[name]
    return min(low, value), max(high, value)


class ParameterRow(QWidget):
    """name, lower end, slider, upper end, value."""

    valueChanged = Signal(float)
    settled = Signal()
    rangeChanged = Signal(float, float)

    def __init__(self, spec: ParamSpec, low: float, high: float, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.spec = spec
        self.name = QLabel(symbol_text(spec.symbol))
        self.name.setFixedWidth(_NAME_WIDTH)
        self.name.setToolTip(spec_help(spec))
        self.low = _end(low, f"{spec.name}: lower end of the slider")
        self.high = _end(high, f"{spec.name}: upper end of the slider")
        self.slider = TrackSlider(low, high)
        self.slider.setAccessibleName(spec.name)
        self.slider.setToolTip(f"{spec_help(spec)}\nDouble-click: the default again. Click an end to change the range.")
        self.field = NumberField.of_spec(spec)
        self.field.set_span(high - low)
        self.field.setAccessibleName(spec.name)
        self.field.setFixedWidth(_FIELD_WIDTH)
        self._message = MessageLabel()
        row = QHBoxLayout()
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(2)
        for widget in (self.name, self.low):
            row.addWidget(widget)
        row.addWidget(self.slider, 1)
        row.addWidget(self.high)
        row.addWidget(self.field)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(row)
        column.addWidget(self._message)
        self.slider.moved.connect(self._on_value)
        self.slider.settled.connect(self.settled)
        self.slider.resetRequested.connect(self._reset)
        self.field.valueChanged.connect(self._on_value)
        self.field.settled.connect(self.settled)
        for field in (self.field, self.low, self.high):
            field.messageChanged.connect(self._message.say)
        self.low.valueChanged.connect(self._on_range)
        self.high.valueChanged.connect(self._on_range)

    def show_value(self, value: float, low: float, high: float) -> None:
        """Show value and range without telling anybody."""
        self.low.set_value(low)
        self.high.set_value(high)
        self.slider.set_range(low, high)
        self.field.set_span(high - low)
        self.field.set_value(value)
        self.slider.set_value(value)

    def _on_value(self, value: float) -> None:
        try:
            self.spec.check(value)
        except GdsimError as error:
            self._message.say(error.message())
            return
        self._message.say("")
        self.valueChanged.emit(value)

    def _reset(self) -> None:
        if not isinstance(self.spec.default, tuple):
            self._on_value(self.spec.default)
            self.settled.emit()

    def _on_range(self, _value: float) -> None:
        low, high = self.low.value, self.high.value
        if not low < high:
            self._message.say(f"{low:g} to {high:g} is no range: the lower end comes first")
            return
        self._message.say("")
        self.rangeChanged.emit(low, high)


class ParameterSliders(QWidget):
    """The rows of all parameters of the problem; hidden when there are none."""

    def __init__(self, controller: Controller, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._controller = controller
        self._key: tuple[object, ...] = ()
        self.rows: dict[str, ParameterRow] = {}
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(4)
        controller.stateChanged.connect(self._on_state)
        self._show(controller.state.spec.problem)

    def _on_state(self, state: AppState, names: set[str]) -> None:
        if "spec" in names and state.spec.problem.kind == "function":
            self._show(state.spec.problem)

    def _show(self, problem: Problem) -> None:
        key = (problem.name, tuple(problem.parameters))
        if key != self._key:
            self._key = key
            self._build(problem)
        for name, row in self.rows.items():
            row.show_value(problem.parameters[name], *parameter_range(problem, name))
        self.setVisible(bool(self.rows))

    def _build(self, problem: Problem) -> None:
        for row in self.rows.values():
            self._column.removeWidget(row)
            row.hide()
            row.deleteLater()
        self.rows = {}
        for name in problem.parameters:
            row = ParameterRow(parameter_spec(problem, name), *parameter_range(problem, name))
            row.valueChanged.connect(self._on_value)
            row.settled.connect(self._controller.finish_edit)
            row.rangeChanged.connect(self._on_range)
            self._column.addWidget(row)
            self.rows[name] = row
        last: QWidget = self
        for row in self.rows.values():
            last = chain(last, row)

    def _on_value(self, value: float) -> None:
        sender = self.sender()
        assert isinstance(sender, ParameterRow)
        self._controller.set_parameter(sender.spec.name, value)

    def _on_range(self, low: float, high: float) -> None:
        sender = self.sender()
        assert isinstance(sender, ParameterRow)
        spec = self._controller.state.spec
        name = sender.spec.name
        value = spec.problem.parameters[name]
        inside = min(max(value, low), high)
        problem = spec.problem.replace(
            ranges={**spec.problem.ranges, name: (low, high)},
            parameters={**spec.problem.parameters, name: inside},
            minima=spec.problem.minima if inside == value else (),
        )
        self._controller.set_problem(problem, f"change the range of {name}", start=spec.start)


def _finite(value: float) -> float:
    if value in (float("inf"), float("-inf")):
        raise SpecError("a slider needs finite ends")
    return value


def _end(value: float, words: str) -> NumberField:
    field = NumberField(value, check=_finite)
    field.setProperty("role", "range")
    field.setFixedWidth(_END_WIDTH)
    field.set_help(f"{words}; click to change it")
    field.setAccessibleName(words)
    return field
