"""One row of a form for one declared parameter: its symbol, the control that fits its kind, and its message."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QToolButton, QVBoxLayout, QWidget

from gdsim.gui.fields.labels import ElidedLabel, MessageLabel
from gdsim.gui.fields.numbers import ListField, NumberField, spec_help
from gdsim.gui.fields.slider import Switch, TrackSlider
from gdsim.gui.fields.symbol import label_of
from gdsim.params import ParamSpec, Value

FIELD_WIDTH = 72
LABEL_WIDTH = 44


class HyperSlider(QWidget):
    """Symbol, control and message of one `ParamSpec`.

    Reals have a slider (logarithmic where the spec says so) and an exact field, integers a field with - and +, flags
    a switch, lists a text. `zero_word` is written for 0 ("off"). Double-click on symbol or slider goes back to the
    default.
    """

    valueChanged = Signal(object)  # float, or a tuple of floats for a list; also while the hand still moves
    settled = Signal()  # the edit is complete: what follows is another one

    def __init__(
        self,
        spec: ParamSpec,
        value: Value | None = None,
        *,
        label: str = "",
        zero_word: str = "",
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.spec = spec
        self._zero_word = zero_word
        self._value: Value = spec.default if value is None else value
        self._field: NumberField | ListField | None = None
        self._slider: TrackSlider | None = None
        self._switch: Switch | None = None
        self.symbol = ElidedLabel(label or label_of(spec.name, spec.symbol), role="secondary")
        self.symbol.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Preferred)
        self.symbol.setFixedWidth(LABEL_WIDTH)
        self.symbol.set_help(f"{spec_help(spec)}\nDouble-click: back to the default.")
        self.symbol.setAccessibleName(spec.name)
        self.symbol.installEventFilter(self)
        self._message = MessageLabel()
        row = QHBoxLayout()
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(4)
        row.addWidget(self.symbol)
        self._fill(row)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(row)
        column.addWidget(self._message)
        self.set_value(self._value)

    @property
    def value(self) -> Value:
        """What is set now."""
        return self._value

    @property
    def field(self) -> NumberField | ListField | None:
        """The field for exact entry; None for a flag."""
        return self._field

    @property
    def slider(self) -> TrackSlider | None:
        """The slider; only reals have one."""
        return self._slider

    def set_value(self, value: Value) -> None:
        """Show `value` without telling anybody."""
        self._value = value
        if self._field is not None:
            self._field.set_value(value)
        if self._slider is not None and not isinstance(value, tuple):
            self._slider.set_value(value)
        if self._switch is not None and self._switch.isChecked() != bool(value):
            self._switch.blockSignals(True)
            self._switch.setChecked(bool(value))
            self._switch.blockSignals(False)

    def set_default(self, spec: ParamSpec) -> None:
        """The same parameter with another default: what a double-click goes back to."""
        self.spec = spec
        self.symbol.set_help(f"{spec_help(spec)}\nDouble-click: back to the default.")
        if self._slider is not None:
            self._slider.setToolTip(f"{spec_help(spec)}\nDouble-click: back to the default.")
            if not isinstance(spec.default, tuple):
                self._slider.set_mark(spec.default)

    def set_limit(self, value: float | None) -> None:
        """Where the slider draws the boundary of stability."""
        if self._slider is not None:
            self._slider.set_limit(value)

    def set_label_width(self, width: int) -> None:
        """Room for the symbol, so that the rows of a form line up."""
        self.symbol.setFixedWidth(width)

    def set_range(self, low: float, high: float) -> None:
        """Let the slider span another range."""
        if self._slider is not None:
            self._slider.set_range(low, high)
            self.set_value(self._value)
        if isinstance(self._field, NumberField):
            self._field.set_span(high - low)

    def reset(self) -> None:
        """Back to the default."""
        self._on_value(self.spec.default)
        self.settled.emit()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self.symbol and event.type() == QEvent.Type.MouseButtonDblClick:
            assert isinstance(event, QMouseEvent)
            self.reset()
            return True
        return super().eventFilter(watched, event)

    # -- private -------------------------------------------------------------------------------------------------

    def _fill(self, row: QHBoxLayout) -> None:
        kind = self.spec.kind
        if kind == "flag":
            self._fill_switch(row)
        elif kind == "list":
            self._field = ListField(self.spec)
            self._take_field(self._field, row, 1)
        elif kind == "integer":
            self._fill_spin(row)
        else:
            self._fill_slider(row)

    def _fill_switch(self, row: QHBoxLayout) -> None:
        self._switch = Switch()
        self._switch.setAccessibleName(self.spec.name)
        self._switch.setToolTip(spec_help(self.spec))
        self._switch.toggled.connect(self._on_switch)
        row.addStretch(1)
        row.addWidget(self._switch)

    def _fill_spin(self, row: QHBoxLayout) -> None:
        self._field = NumberField.of_spec(self.spec)
        words = QLabel(self.spec.unit)
        words.setProperty("role", "muted")
        row.addWidget(words, 1)
        for sign, key, words_ in (("−", Qt.Key.Key_Down, "less"), ("+", Qt.Key.Key_Up, "more")):
            button = QToolButton()
            button.setText(sign)
            button.setProperty("role", "flat")
            button.setFixedSize(28, 28)
            button.setAutoRepeat(True)
            button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
            button.setToolTip(f"One {words_}")
            button.setAccessibleName(f"{self.spec.name}: one {words_}")
            button.clicked.connect(self._on_more if key == Qt.Key.Key_Up else self._on_less)
            row.addWidget(button)
        self._take_field(self._field, row, 0)

    def _fill_slider(self, row: QHBoxLayout) -> None:
        low, high = self.spec.slider_range
        off = self.spec.default == 0 and self.spec.scale == "log"
        self._slider = TrackSlider(low, high, self.spec.scale, zero_at_left=off)
        self._slider.setAccessibleName(self.spec.name)
        self._slider.setToolTip(f"{spec_help(self.spec)}\nDouble-click: back to the default.")
        if not isinstance(self.spec.default, tuple):
            self._slider.set_mark(self.spec.default)
        self._slider.moved.connect(self._on_slider)
        self._slider.settled.connect(self.settled)
        self._slider.resetRequested.connect(self.reset)
        row.addWidget(self._slider, 1)
        self._field = NumberField.of_spec(self.spec)
        if off and self._zero_word:
            self._field.set_zero_word(self._zero_word)
        self._take_field(self._field, row, 0)

    def _take_field(self, field: NumberField | ListField, row: QHBoxLayout, stretch: int) -> None:
        field.setAccessibleName(self.spec.name)
        if not stretch:
            field.setFixedWidth(FIELD_WIDTH)
        field.valueChanged.connect(self._on_value)
        field.settled.connect(self.settled)
        field.messageChanged.connect(self._message.say)
        row.addWidget(field, stretch)

    def _on_slider(self, value: float) -> None:
        low, high = self.spec.low, self.spec.high
        if (self.spec.open_low and value <= low) or (self.spec.open_high and value >= high):
            return  # the end of the track is a bound that is itself excluded
        self._on_value(value)

    def _on_switch(self, on: bool) -> None:
        self._on_value(1.0 if on else 0.0)

    def _on_more(self) -> None:
        self._nudge(1)

    def _on_less(self) -> None:
        self._nudge(-1)

    def _nudge(self, steps: int) -> None:
        if self._field is not None:
            self._field.step_by(steps)

    def _on_value(self, value: Value) -> None:
        changed = value != self._value
        self.set_value(value)
        if changed:
            self.valueChanged.emit(value)
