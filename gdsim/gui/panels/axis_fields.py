"""One axis of a sweep: which setting, from where to where, how many values, evenly or by factors."""

from __future__ import annotations

import math
from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QGridLayout, QLabel, QWidget

from gdsim.analysis.axes import SweepAxis, split_name
from gdsim.errors import GdsimError, SpecError
from gdsim.gui.fields.labels import MessageLabel
from gdsim.gui.fields.numbers import NumberField
from gdsim.optimizers.rule import Rule
from gdsim.params import ParamSpec
from gdsim.session.spec import Racer

NONE = "none"
PLANE, LINE = 64, 200
"""Values along an axis of two, and along the only one."""
MOST = 512
"""Values along an axis, in the window."""
_COMMON = {
    "weight_decay": ParamSpec("weight_decay", "\\lambda", 0.0, low=0.0, slider_low=1e-5, slider_high=1.0, scale="log"),
    "clip": ParamSpec("clip", "c", 0.0, low=0.0, slider_low=0.1, slider_high=100.0, scale="log"),
    "noise": ParamSpec("noise", "\\sigma", 0.0, low=0.0, slider_low=0.0, slider_high=1.0),
}
_WIDE = 50.0


def settings_of(rule: Rule, racer: Racer) -> dict[str, ParamSpec]:
    """What can be swept of a racer, by the axis' name: its real hyper-parameters, then those that all have."""
    found: dict[str, ParamSpec] = {}
    for spec in rule.hyper:
        value = racer.hyper.get(spec.name)
        if isinstance(value, tuple):
            found |= {f"{spec.name}[{k + 1}]": spec for k in range(len(value))}
        elif spec.kind == "real":
            found[spec.name] = spec
    return found | _COMMON


def default_axis(name: str, spec: ParamSpec, now: float | None, count: int) -> SweepAxis:
    """The useful range of a setting, its present value inside; by factors where it spans many."""
    low, high = spec.slider_range
    if now is not None and math.isfinite(now) and now > 0:
        low, high = min(low, now), max(high, now)
    if spec.open_low and low <= spec.low:
        low = spec.low + 1e-3 * (high - spec.low)
    if spec.open_high and high >= spec.high:
        high = spec.high - 1e-3 * (spec.high - low)
    log = spec.scale == "log" or (low > 0 and high > _WIDE * low)
    if log and low <= 0:
        low = high * 1e-5
    return SweepAxis(name, float(f"{low:.6g}"), float(f"{high:.6g}"), count, "log" if log else "linear")


class AxisFields(QWidget):
    """A row of fields and its message. `changed`: something of it is another one now."""

    changed = Signal()

    def __init__(self, words: str, optional: bool, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._optional = optional
        self._settings: dict[str, ParamSpec] = {}
        self._now: dict[str, float] = {}
        self.name = _combo(f"Setting {words}", f"The setting that goes {words}")
        self.low = self._number(f"Lowest value {words}")
        self.high = self._number(f"Highest value {words}")
        self.count = NumberField(float(PLANE), check=_values, integer=True)
        self.count.setAccessibleName(f"Number of values {words}")
        self.count.set_help(f"How many values: 2 to {MOST}")
        self.count.messageChanged.connect(self._say)
        self.count.setFixedWidth(56)
        self.scale = _combo(f"Scale {words}", "In even steps, or by even factors")
        self.scale.addItems(["log", "linear"])
        self.message = MessageLabel()
        self._label = QLabel(words)
        self._label.setProperty("role", "secondary")
        self._label.setFixedWidth(64)
        self._label.setBuddy(self.name)
        self._between = QLabel("to")
        self._unit = QLabel("values")
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(8)
        grid.setVerticalSpacing(2)
        widgets = (self._label, self.name, self.low, self._between, self.high, self.scale, self.count, self._unit)
        for column, widget in enumerate(widgets):
            grid.addWidget(widget, 0, column)
        grid.addWidget(self.message, 1, 1, 1, len(widgets) - 1)
        grid.setColumnStretch(1, 1)
        grid.setColumnMinimumWidth(0, 68)
        self.name.activated.connect(lambda _: self._renamed())
        self.scale.activated.connect(lambda _: self._check())

    def _number(self, name: str) -> NumberField:
        field = NumberField(0.0)
        field.setAccessibleName(name)
        field.setFixedWidth(80)
        field.messageChanged.connect(self._say)
        field.valueChanged.connect(lambda _: self._check())
        return field

    def offer(self, settings: dict[str, ParamSpec], now: dict[str, float], axis: SweepAxis | None) -> None:
        """The settings there are, their present values, and what to begin with (None: nothing)."""
        self._settings, self._now = settings, now
        self.name.clear()
        self.name.addItems([*([NONE] if self._optional else []), *settings])
        self.name.setCurrentText(axis.name if axis is not None else NONE)
        self._show(axis)

    def fields(self) -> Sequence[NumberField]:
        """The fields in which is typed."""
        return self.low, self.high, self.count

    def axis(self) -> SweepAxis | None:
        """What it says, None for no axis; SpecError where that cannot be, said at the field as well."""
        for field in self.fields():
            field.commit()
            if field.message and field.isVisible():
                raise SpecError(field.message)
        name = self.name.currentText()
        if name == NONE:
            return None
        try:
            axis = SweepAxis(
                name, self.low.value, self.high.value, int(self.count.value),
                "log" if self.scale.currentText() == "log" else "linear",
            )  # fmt: skip
            self._check_bounds(axis)
        except SpecError as error:
            self.message.say(error.message())
            raise
        self.message.say("")
        return axis

    def _check_bounds(self, axis: SweepAxis) -> None:
        spec = self._settings[axis.name]
        for value in (axis.low, axis.high):
            spec.check((value,) if split_name(axis.name)[1] is not None else value)

    def _check(self) -> None:
        try:
            self.axis()
        except GdsimError:
            return  # it is said at the field
        self.changed.emit()

    def _renamed(self) -> None:
        name = self.name.currentText()
        count = int(self.count.value)
        known = self._settings.get(name)
        self._show(None if known is None else default_axis(name, known, self._now.get(name), count))
        self.changed.emit()

    def _show(self, axis: SweepAxis | None) -> None:
        self.message.say("")
        there = axis is not None
        for widget in (self.low, self._between, self.high, self.scale, self.count, self._unit):
            widget.setVisible(there)
        if axis is None:
            return
        for field, value in ((self.low, axis.low), (self.high, axis.high), (self.count, float(axis.count))):
            field.set_value(value)
            field.restore()
            field.deselect()
        self.scale.setCurrentText(axis.scale)
        hint = self._settings[axis.name].bounds_words() if axis.name in self._settings else ""
        for field in (self.low, self.high):
            field.set_help(f"{axis.name}: {hint}" if hint else axis.name)

    def _say(self, words: str) -> None:
        self.message.say(words)


def _combo(name: str, words: str) -> QComboBox:
    box = QComboBox()
    box.setAccessibleName(name)
    box.setToolTip(words)
    return box


def _values(number: float) -> float:
    if not 2 <= number <= MOST:
        raise SpecError(f"{number:,.0f} values", hint=f"Use 2 to {MOST}")
    return number


