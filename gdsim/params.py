"""A parameter is declared once: form, command line, file format, tests and help all read this declaration."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from gdsim.errors import SpecError

Value = float | tuple[float, ...]
Kind = Literal["real", "integer", "flag", "list"]
Scale = Literal["linear", "log"]


@dataclass(frozen=True, slots=True)
class ParamSpec:
    """One adjustable number (or list of numbers): a hyper-parameter, a formula's or a schedule's parameter.

    Attributes:
        name: how formulas, files and the command line call it, e.g. ``beta1``.
        symbol: LaTeX, e.g. ``\\beta_1``.
        default: a number, or a tuple of numbers when `kind` is "list"; flags are 0.0 or 1.0.
        low, high: what is possible; a value outside is refused. Infinite where nothing forbids it.
        slider_low, slider_high: the useful range, what a slider spans (defaults to `low`, `high`).
        scale: how a slider divides its range.
        open_low, open_high: whether the bound itself is excluded.
        unit: shown behind the number, may be empty.
        doc: one line on what it does.
    """

    name: str
    symbol: str
    default: Value
    low: float = -math.inf
    high: float = math.inf
    slider_low: float | None = None
    slider_high: float | None = None
    scale: Scale = "linear"
    kind: Kind = "real"
    open_low: bool = False
    open_high: bool = False
    unit: str = ""
    doc: str = ""

    @property
    def slider_range(self) -> tuple[float, float]:
        """The finite range (low, high) that a slider spans."""
        low = self.slider_low if self.slider_low is not None else self.low
        high = self.slider_high if self.slider_high is not None else self.high
        if not math.isfinite(low):
            low = min(-10.0, self._middle() - 10.0)
        if not math.isfinite(high):
            high = max(10.0, self._middle() + 10.0)
        return low, high

    def _middle(self) -> float:
        return self.default[0] if isinstance(self.default, tuple) else self.default

    def check(self, value: float | Sequence[float]) -> Value:
        """`value` as a float (or tuple of floats), or a SpecError that says which bound it breaks."""
        if self.kind == "list":
            numbers = tuple(value) if isinstance(value, Sequence) else (value,)
            if not numbers:
                raise SpecError("the list is empty", where=self.name, hint="Give at least one number, such as 0:0.9")
            return tuple(self._check_one(number) for number in numbers)
        if isinstance(value, Sequence):
            raise SpecError("one number is wanted here, not a list", where=self.name)
        return self._check_one(value)

    def _check_one(self, value: float) -> float:
        number = float(value)
        if math.isnan(number):
            raise SpecError("nan is not a number to work with", where=self.name, hint=self.bounds_words())
        if self.kind == "flag" and number not in (0.0, 1.0):
            raise SpecError(f"{number:g} is neither 0 (off) nor 1 (on)", where=self.name)
        if self.kind == "integer" and number != math.floor(number):
            raise SpecError(f"{number:g} is not a whole number", where=self.name)
        too_low = number <= self.low if self.open_low else number < self.low
        too_high = number >= self.high if self.open_high else number > self.high
        if too_low or too_high or math.isinf(number):
            raise SpecError(f"{number:g} is out of range", where=self.name, hint=self.bounds_words())
        return number

    def bounds_words(self) -> str:
        """The allowed range in words, such as "Use a number above 0 and at most 1"."""
        parts = []
        if math.isfinite(self.low):
            parts.append(f"{'above' if self.open_low else 'at least'} {self.low:g}")
        if math.isfinite(self.high):
            parts.append(f"{'below' if self.open_high else 'at most'} {self.high:g}")
        noun = "whole number" if self.kind == "integer" else "number"
        return f"Use a {noun} {' and '.join(parts)}" if parts else f"Use a finite {noun}"
