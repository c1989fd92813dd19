"""Entry of one number, of a point, of a list of numbers: exact, and with expressions such as 1/3 or 2pi."""

from __future__ import annotations

import math
from collections.abc import Callable

from PySide6.QtWidgets import QWidget

from gdsim.errors import SpecError
from gdsim.formula.number import parse_number, parse_point
from gdsim.gui.fields.entry import EntryField
from gdsim.gui.fields.number_text import exact_text, nudged, point_text, short_text
from gdsim.params import ParamSpec


class NumberField(EntryField):
    """One number. `check` returns the number to use or raises GdsimError; `span` and `scale` set the notches."""

    def __init__(
        self,
        value: float = 0.0,
        *,
        check: Callable[[float], float] | None = None,
        scale: str = "linear",
        span: float = math.nan,
        integer: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        self._check_value = check
        self._scale = scale
        self._span = span
        self._integer = integer
        self._zero_word = ""
        super().__init__(value, parent)

    @classmethod
    def of_spec(cls, spec: ParamSpec, value: float | None = None, parent: QWidget | None = None) -> NumberField:
        """A field for a declared parameter: its bounds, scale, notches and help."""
        low, high = spec.slider_range

        def check(number: float) -> float:
            checked = spec.check(number)
            assert isinstance(checked, float)  # a list has a ListField
            return checked

        start = spec.default if value is None else value
        assert not isinstance(start, tuple)
        whole = spec.kind == "integer"
        field = cls(start, check=check, scale=spec.scale, span=high - low, integer=whole, parent=parent)
        field.set_help(spec_help(spec))
        return field

    def set_span(self, span: float) -> None:
        """How wide the useful range is: a notch is about a hundredth of it."""
        self._span = span

    def set_zero_word(self, word: str) -> None:
        """A word that stands for 0, such as "off"; it may be typed as well."""
        self._zero_word = word
        self._show()

    def read(self, text: str) -> float:
        if self._zero_word and text.strip().lower() == self._zero_word:
            return 0.0
        number = parse_number(text)
        if self._integer and number != math.floor(number):
            raise SpecError(f"{number:g} is not a whole number")
        return self._check_value(number) if self._check_value else number

    def short(self, value: float) -> str:
        if value == 0 and self._zero_word:
            return self._zero_word
        return exact_text(value) if self._integer else short_text(value)

    def exact(self, value: float) -> str:
        return exact_text(value)

    def nudge(self, value: float, steps: float) -> float:
        if self._integer:
            moved = float(round(value + (steps if abs(steps) >= 1 else math.copysign(1, steps))))
        else:
            moved = nudged(value, steps, scale=self._scale, span=self._span)
        return self._check_value(moved) if self._check_value else moved


class OptionalNumberField(NumberField):
    """One number or nothing: an empty text is None, shown as the placeholder."""

    def read(self, text: str) -> float | None:
        return None if not text.strip() else super().read(text)

    def short(self, value: float | None) -> str:
        return "" if value is None else super().short(value)

    def exact(self, value: float | None) -> str:
        return "" if value is None else super().exact(value)

    def nudge(self, value: float | None, steps: float) -> float:
        return super().nudge(0.0 if value is None else value, steps)


class PointField(EntryField):
    """A point of `n` numbers, ``0.5, 4.5``; Up and Down move the number that the text cursor stands in."""

    def __init__(
        self,
        value: tuple[float, ...],
        *,
        spans: tuple[float, ...] = (),
        parent: QWidget | None = None,
    ) -> None:
        self._spans = spans
        super().__init__(tuple(value), parent)

    def set_spans(self, spans: tuple[float, ...]) -> None:
        """Width of the domain along each coordinate: a notch is about a hundredth of it."""
        self._spans = spans

    def read(self, text: str) -> tuple[float, ...]:
        return parse_point(text, len(self._value))

    def short(self, value: tuple[float, ...]) -> str:
        return point_text(value)

    def exact(self, value: tuple[float, ...]) -> str:
        return point_text(value, exact=True)

    def nudge(self, value: tuple[float, ...], steps: float) -> tuple[float, ...]:
        before = self.text()[: self.cursorPosition()]
        place = min(before.count(",") + before.count(";"), len(value) - 1)
        span = self._spans[place] if place < len(self._spans) else math.nan
        return (*value[:place], nudged(value[place], steps, span=span), *value[place + 1 :])

    def _show(self) -> None:
        place = self.text()[: self.cursorPosition()].count(",")
        super()._show()
        if self.hasFocus() and not self.hasSelectedText():
            commas = [i for i, sign in enumerate(self.text()) if sign == ","]
            self.setCursorPosition(commas[place] if place < len(commas) else len(self.text()))


class ListField(EntryField):
    """Several numbers, ``0, 0.9, 0.99`` or ``0:0.9:0.99``, each within the bounds of `spec`."""

    def __init__(self, spec: ParamSpec, value: tuple[float, ...] | None = None, parent: QWidget | None = None) -> None:
        self._spec = spec
        start = spec.default if value is None else value
        super().__init__(start if isinstance(start, tuple) else (start,), parent)
        self.set_help(spec_help(spec))

    def read(self, text: str) -> tuple[float, ...]:
        parts = text.replace(";", ":").replace(", ", ":").replace(",", ":").strip("()[] ").split(":")
        checked = self._spec.check(tuple(parse_number(part) for part in parts))
        assert isinstance(checked, tuple)
        return checked

    def short(self, value: tuple[float, ...]) -> str:
        return point_text(value)

    def exact(self, value: tuple[float, ...]) -> str:
        return point_text(value, exact=True)

    def nudge(self, value: tuple[float, ...], steps: float) -> tuple[float, ...]:
        return value


def spec_help(spec: ParamSpec) -> str:
    """What the parameter does, its bounds and default, for tooltips."""
    default = spec.default
    written = point_text(default, exact=True) if isinstance(default, tuple) else exact_text(default)
    unit = f" {spec.unit}" if spec.unit else ""
    lines = [f"{spec.name}: {spec.doc}" if spec.doc else spec.name]
    if spec.kind == "flag":
        lines.append("On by default." if default else "Off by default.")
    else:
        lines.append(f"{spec.bounds_words()}. Default {written}{unit}.")
    return "\n".join(lines)
