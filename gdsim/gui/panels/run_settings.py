"""How long the race goes on and with what luck: steps, tolerance, target, seed, precision."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker
from PySide6.QtWidgets import QComboBox, QGridLayout, QLabel, QWidget

from gdsim.gui.controller import Controller
from gdsim.gui.fields.labels import MessageLabel
from gdsim.gui.fields.numbers import NumberField, OptionalNumberField
from gdsim.gui.state import AppState
from gdsim.params import ParamSpec
from gdsim.session.spec import MAX_STEPS

STEPS = ParamSpec(
    "steps",
    "N",
    1000.0,
    low=1,
    high=MAX_STEPS,
    kind="integer",
    scale="log",
    doc="How many steps a racer takes at most.",
)
TOLERANCE = ParamSpec(
    "tolerance",
    r"\tau",
    1e-6,
    low=0,
    high=1e6,
    scale="log",
    doc="A racer has settled when its gradient and its step fall to this; 0 never stops early.",
)
SEED = ParamSpec("seed", "s", 0.0, low=0, high=2**53, kind="integer", doc="Another seed draws other gradient noise.")
_LABEL = 64


class RunSettings(QWidget):
    """A small form; every good value is an edit at once."""

    def __init__(self, controller: Controller, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._controller = controller
        self.steps = NumberField.of_spec(STEPS)
        self.tolerance = NumberField.of_spec(TOLERANCE)
        self.target = OptionalNumberField(0.0, scale="log")
        self.target.setPlaceholderText("none")
        self.target.set_help("target: a racer stops when its loss falls to this. Empty: it does not.")
        self.seed = NumberField.of_spec(SEED)
        self.dtype = QComboBox()
        self.dtype.addItems(["float64", "float32"])
        self.dtype.setToolTip("precision: 64 bits have 16 digits, 32 bits have 7 and show what rounding does")
        self.backend = QComboBox()
        self.backend.addItems(["auto", "numpy", "cpu", "cuda"])
        self.backend.setToolTip("engine: what computes the steps; auto takes the best there is")
        self._message = MessageLabel()
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(6)
        grid.setVerticalSpacing(4)
        rows = (
            ("steps", self.steps),
            ("tolerance", self.tolerance),
            ("target", self.target),
            ("seed", self.seed),
            ("precision", self.dtype),
            ("engine", self.backend),
        )
        for place, (name, widget) in enumerate(rows):
            label = QLabel(name)
            label.setProperty("role", "secondary")
            label.setFixedWidth(_LABEL)
            label.setBuddy(widget)
            label.setToolTip(widget.toolTip())
            widget.setAccessibleName(name)
            grid.addWidget(label, place, 0)
            grid.addWidget(widget, place, 1)
        grid.addWidget(self._message, len(rows), 0, 1, 2)
        for field in (self.steps, self.tolerance, self.target, self.seed):
            field.messageChanged.connect(self._message.say)
        self.steps.valueChanged.connect(self._on_steps)
        self.tolerance.valueChanged.connect(self._on_tolerance)
        self.target.valueChanged.connect(self._on_target)
        self.seed.valueChanged.connect(self._on_seed)
        self.dtype.textActivated.connect(self._on_dtype)
        self.backend.textActivated.connect(self._on_backend)
        controller.stateChanged.connect(self._on_state)
        self._show(controller.state)

    def _on_state(self, state: AppState, names: set[str]) -> None:
        if "spec" in names:
            self._show(state)

    def _show(self, state: AppState) -> None:
        spec = state.spec
        self.steps.set_value(float(spec.steps))
        self.tolerance.set_value(spec.tolerance)
        self.target.set_value(spec.target)
        self.seed.set_value(float(spec.seed))
        for box, value in ((self.dtype, spec.dtype), (self.backend, spec.backend)):
            with QSignalBlocker(box):
                box.setCurrentText(value)

    def _on_steps(self, value: float) -> None:
        self._controller.set_run("change the number of steps", steps=int(value))

    def _on_tolerance(self, value: float) -> None:
        self._controller.set_run("change the tolerance", tolerance=value)

    def _on_target(self, value: float | None) -> None:
        self._controller.set_run("change the target", target=value)

    def _on_seed(self, value: float) -> None:
        self._controller.set_run("change the seed", seed=int(value))

    def _on_dtype(self, name: str) -> None:
        self._controller.set_run("change the precision", dtype=name)

    def _on_backend(self, name: str) -> None:
        self._controller.set_run("change the engine", backend=name)
