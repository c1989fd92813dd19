"""Where the function lives: the range of each coordinate, the start, the number of coordinates."""

from __future__ import annotations

import math

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from gdsim import catalogue
from gdsim.errors import GdsimError, SpecError
from gdsim.gui.controller import Controller
from gdsim.gui.fields.hyper import HyperSlider
from gdsim.gui.fields.labels import MessageLabel
from gdsim.gui.fields.numbers import NumberField, PointField
from gdsim.gui.panels.reading import read_formula
from gdsim.gui.state import AppState
from gdsim.params import ParamSpec
from gdsim.session.make import problem_from_entry
from gdsim.session.spec import MAX_DIMENSION, Problem

_ROWS = 3  # coordinates with a range of their own; of more, all have the same one
_LABEL = 44


class DomainFields(QWidget):
    """Fields for range, start and dimension; every good value is an edit at once."""

    def __init__(self, controller: Controller, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._controller = controller
        self.dimension = HyperSlider(
            ParamSpec("n", "n", 2.0, low=1, high=MAX_DIMENSION, kind="integer", doc="How many coordinates x has.",
                      unit="coordinates")
        )  # fmt: skip
        self.dimension.valueChanged.connect(self._on_dimension)
        self._grid = QGridLayout()
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(6)
        self._grid.setVerticalSpacing(4)
        self.ranges: list[tuple[NumberField, NumberField]] = []
        self._labels: list[QLabel] = []
        for row in range(_ROWS):
            self._add_row(row)
        self.start = PointField((0.0, 0.0))
        self.start.setAccessibleName("Start")
        self.start.valueChanged.connect(self._on_start)
        self.start.settled.connect(controller.finish_edit)
        self._message = MessageLabel()
        self.start.messageChanged.connect(self._message.say)
        start_row = QHBoxLayout()
        start_row.setSpacing(6)
        start_label = _label("start")
        start_label.setBuddy(self.start)
        start_row.addWidget(start_label)
        start_row.addWidget(self.start, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addWidget(self.dimension)
        column.addLayout(self._grid)
        column.addLayout(start_row)
        column.addWidget(self._message)
        controller.stateChanged.connect(self._on_state)
        self._show(controller.state)

    # -- private -------------------------------------------------------------------------------------------------

    def _add_row(self, row: int) -> None:
        low, high = NumberField(-1.0), NumberField(1.0)
        label, between = _label(""), _label("to")
        between.setFixedWidth(14)
        between.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._labels += [label, between]
        for place, (field, end) in enumerate(((low, "lower"), (high, "upper"))):
            field.setProperty("end", end)
            field.valueChanged.connect(self._on_range)
            field.messageChanged.connect(self._say)
            self._grid.addWidget(field, row, 1 + 2 * place)
        self._grid.addWidget(label, row, 0)
        self._grid.addWidget(between, row, 2)
        self._grid.setColumnStretch(1, 1)
        self._grid.setColumnStretch(3, 1)
        self.ranges.append((low, high))

    def _say(self, words: str) -> None:
        self._message.say(words)

    def _on_state(self, state: AppState, names: set[str]) -> None:
        if "spec" in names:
            self._show(state)

    def _show(self, state: AppState) -> None:
        problem = state.spec.problem
        if problem.kind != "function":  # not seen now; a model may have more coordinates than there is memory for names
            return
        names = coordinate_names(problem)
        rows = names if len(names) <= _ROWS else ("each",)
        for row, (low, high) in enumerate(self.ranges):
            shown = row < len(rows)
            for widget in (low, high, *self._labels[2 * row : 2 * row + 2]):
                widget.setVisible(shown)
            if not shown:
                continue
            name = rows[row]
            self._labels[2 * row].setText(name)
            ends = problem.domain[row]
            for field, value, words in ((low, ends[0], "lower"), (high, ends[1], "upper")):
                field.set_span(ends[1] - ends[0])
                field.set_value(value)
                field.setAccessibleName(f"{name}: {words} end of the domain")
                field.set_help(f"{words.capitalize()} end of the domain of {name}: what the home view shows")
        if len(self.start.value) != len(state.spec.start):
            self.start.restore()
        self.start.set_spans(tuple(high - low for low, high in problem.domain))
        self.start.set_value(state.spec.start)
        self.start.set_help("Where all racers begin, one number per coordinate. Drag the ring on the map, or type")
        self.dimension.set_value(float(problem.dimension))
        entry = catalogue.functions().get(problem.name)
        self.dimension.setVisible(entry.dimensions is None if entry is not None else not problem.variables)

    def _on_range(self, _value: float) -> None:
        spec = self._controller.state.spec
        problem = spec.problem
        ends = [(low.value, high.value) for low, high in self.ranges if not low.isHidden()]
        for low, high in ends:
            if not (math.isfinite(low) and math.isfinite(high) and low < high):
                self._say(f"{low:g} to {high:g} is no range: the lower end comes first")
                return
        self._say("")
        domain = tuple(ends) if problem.dimension <= _ROWS else (ends[0],) * problem.dimension
        self._controller.set_problem(problem.replace(domain=domain), "change the domain", start=spec.start)

    def _on_start(self, point: tuple[float, ...]) -> None:
        self._controller.set_start(point, final=False)

    def _on_dimension(self, value: float) -> None:
        spec = self._controller.state.spec
        try:
            problem, start = with_dimension(spec.problem, int(value))
        except GdsimError as error:
            self._say(error.message())
            return
        self._say("")
        self._controller.set_problem(problem, f"change the dimension to {int(value)}", start=start)


def coordinate_names(problem: Problem) -> tuple[str, ...]:
    """The coordinates' names: the variables, or x1 ... xn."""
    return problem.variables or tuple(f"x{k}" for k in range(1, problem.dimension + 1))


def with_dimension(problem: Problem, n: int) -> tuple[Problem, tuple[float, ...]]:
    """The same function in `n` coordinates, and where to begin there; GdsimError where it has no such form."""
    entry = catalogue.functions().get(problem.name)
    if entry is not None:
        return problem_from_entry(entry, n, problem.parameters), entry.start_for(n)
    widened = problem.replace(dimension=n, domain=(), minima=())
    reading = read_formula(problem.formula, widened)
    if reading.problem is None:
        raise reading.error or SpecError("the formula cannot be read", where="formula")
    home = problem.domain[0] if problem.domain else (-5.0, 5.0)
    return reading.problem.replace(domain=(home,) * n), reading.start


def _label(text: str) -> QLabel:
    label = QLabel(text)
    label.setProperty("role", "secondary")
    label.setFixedWidth(_LABEL)
    return label
