"""The numbers of a policy's task as sliders: rewards, slip and discount of a grid, mean rewards of a bandit's arms."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtWidgets import QVBoxLayout, QWidget

from gdsim.draw.theme import SPACE
from gdsim.gui.controller import Controller
from gdsim.gui.fields.hyper import HyperSlider
from gdsim.gui.state import AppState
from gdsim.objectives.policy import NUMBERS, Bandit, Task, tasks
from gdsim.objectives.policy.design import MAX_ARMS, TRAP
from gdsim.params import ParamSpec, Value

_GRID = ("slip", "discount", "cost", "goal", "trap", "horizon")
_WHY = {
    "slip": "change the slip",
    "discount": "change the discount",
    "cost": "change the cost of a move",
    "goal": "change the goal's reward",
    "trap": "change the trap's reward",
    "horizon": "change the horizon",
    "means": "change the arms' means",
    "deviation": "change the deviation",
}
MEANS = ParamSpec("means", "", (0.0, 0.0), NUMBERS["mean"].low, NUMBERS["mean"].high, kind="list",
                  doc=f"Mean reward of each arm, 2 to {MAX_ARMS} numbers; or drag them in the picture (E)")  # fmt: skip


class TaskNumbers(QWidget):
    """A row a number; every good value is an edit at once."""

    def __init__(self, controller: Controller, label_width: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._controller = controller
        self.rows: dict[str, HyperSlider] = {}
        self._declared = {name: NUMBERS[name] for name in (*_GRID, "deviation")} | {"means": MEANS}
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACE.grid)
        for name in (*_GRID, "means", "deviation"):
            row = HyperSlider(self._declared[name], label=name, zero_word="none" if name == "horizon" else "")
            row.set_label_width(label_width)
            row.valueChanged.connect(lambda value, name=name: self._edit(name, value))
            row.settled.connect(controller.finish_edit)
            column.addWidget(row)
            self.rows[name] = row
        controller.stateChanged.connect(self._on_state)
        self._show(controller.state)

    def _edit(self, name: str, value: Value) -> None:
        policy = self._controller.state.spec.problem.policy
        if policy is None:
            return
        made: object = int(value) if name == "horizon" and not isinstance(value, tuple) else value
        self._controller.set_policy(policy.replace(task=policy.task.replace(**{name: made})), _WHY[name], final=False)
        if self._controller.state.spec.problem.policy == policy:  # it cannot be: the field shows what is
            self._show(self._controller.state)

    def _on_state(self, state: AppState, names: set[str]) -> None:
        if "spec" in names:
            self._show(state)

    def _show(self, state: AppState) -> None:
        problem = state.spec.problem
        if problem.policy is None:
            return
        task = problem.policy.task
        shipped = tasks().get(problem.name)
        names: tuple[str, ...] = ("means", "deviation") if isinstance(task, Bandit) else _GRID
        if not isinstance(task, Bandit) and not any(TRAP in row for row in task.rows):
            names = tuple(name for name in names if name != "trap")
        for name, row in self.rows.items():
            row.setVisible(name in names)
            if name in names:
                self._offer(name, row, shipped.task if shipped is not None else task)
                row.set_value(getattr(task, name))

    def _offer(self, name: str, row: HyperSlider, shipped: Task) -> None:
        """The default to go back to is the shipped task's."""
        default = getattr(shipped, name)
        if row.spec.default != default:
            row.set_default(replace(self._declared[name], default=default if name == "means" else float(default)))
