"""What a sweep goes over: a setting of a racer, from low to high, in even steps or even factors."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from gdsim.errors import FormulaError, SpecError
from gdsim.formula.number import parse_number

if TYPE_CHECKING:
    from gdsim.engine.backend import RacerPlan

Floats = NDArray[np.float64]

COMMON = ("weight_decay", "clip", "noise")
MOST = 4096
"""Values along one axis."""
COUNT = 64
_WIDE = 50.0  # a range that spans this factor is divided evenly in the logarithm unless told otherwise
_HINT = "Write it as lr=1e-4..1:64:log"
_ELEMENT = re.compile(r"(\w+)\[(\d+)\]")


@dataclass(frozen=True, slots=True)
class SweepAxis:
    """One swept setting.

    Attributes:
        name: a hyper-parameter, an element of a list ("betas[1]" is its first), or weight_decay, clip, noise.
        low, high: both ends are among the values.
        count: how many values, 2 to 4096.
    """

    name: str
    low: float
    high: float
    count: int = COUNT
    scale: Literal["linear", "log"] = "linear"

    def __post_init__(self) -> None:
        if not (math.isfinite(self.low) and math.isfinite(self.high) and self.low < self.high):
            what = f"{self.low:g} to {self.high:g} is no range"
            raise SpecError(what, where=self.name, hint="Give the lower end first, such as 0..0.99")
        if not 2 <= self.count <= MOST:
            raise SpecError(f"{self.count:,} values", where=self.name, hint=f"Use 2 to {MOST:,}")
        if self.scale not in ("linear", "log"):
            raise SpecError(f"there is no scale {self.scale!r}", where=self.name, hint="Use linear or log")
        if self.scale == "log" and self.low <= 0:
            hint = "Use a linear scale, or begin above 0"
            raise SpecError(f"a logarithmic scale cannot begin at {self.low:g}", where=self.name, hint=hint)

    @classmethod
    def parse(cls, text: str) -> SweepAxis:
        """``lr=1e-4..1:64:log`` (count and scale may be left out: 64 values; a wide positive range is logarithmic).

        Raises:
            SpecError: what cannot be read, and how it is written.
        """
        name, sign, rest = (part.strip() for part in text.partition("="))
        low, dots, rest = rest.partition("..")
        high, *more = (part.strip() for part in rest.split(":"))
        if not (name and sign and dots) or len(more) > 2:
            raise SpecError(f"{text!r} is no range of a setting", where="over", hint=_HINT)
        ends = [_number(part, name) for part in (low, high)]
        counts = [part for part in more if part not in ("linear", "log")]
        scales = [part for part in more if part in ("linear", "log")]
        if len(counts) > 1 or len(scales) > 1 or (counts and not counts[0].isdecimal()):
            raise SpecError(f"{':'.join(more)!r} is no count and scale", where=f"over, {name}", hint=_HINT)
        wide = ends[0] > 0 and ends[1] >= _WIDE * ends[0]
        scale: Literal["linear", "log"] = "log" if (scales == ["log"] or (wide and not scales)) else "linear"
        return cls(name, ends[0], ends[1], int(counts[0]) if counts else COUNT, scale)

    def text(self) -> str:
        """As `parse` reads it."""
        return f"{self.name}={self.low!r}..{self.high!r}:{self.count}:{self.scale}"

    def values(self) -> Floats:
        """(count,), ascending."""
        spaced = np.geomspace if self.scale == "log" else np.linspace
        return np.asarray(spaced(self.low, self.high, self.count), dtype=np.float64)

    def check(self, plan: RacerPlan) -> None:
        """SpecError where the racer has no such setting, or one of the values is out of its bounds."""
        base, place = split_name(self.name)
        if any(name == base for _, name, _ in plan.changes):
            raise SpecError("it changes in mid-run: it cannot be swept as well", where=self.name)
        if base in plan.hyper:
            self._check_hyper(plan, base, place)
        elif base not in COMMON or place is not None:
            known = ", ".join((*plan.hyper, *COMMON))
            raise SpecError(f"{plan.rule.name} has no setting {self.name!r}", where="over", hint=f"It has {known}")
        elif self.low < 0:
            raise SpecError(f"{self.low:g} is out of range", where=self.name, hint="Use 0 (off) or more")

    def _check_hyper(self, plan: RacerPlan, base: str, place: int | None) -> None:
        now = plan.hyper[base]
        if isinstance(now, tuple) != (place is not None):
            what = "is a list: one of its numbers is swept" if isinstance(now, tuple) else "is a number, not a list"
            raise SpecError(f"{base} {what}", where="over", hint=f"Write {base}{'[1]' if place is None else ''}=...")
        if isinstance(now, tuple) and place is not None and not 1 <= place <= len(now):
            raise SpecError(f"{base} has {len(now)} numbers, no {self.name}", where="over", hint="The first is [1]")
        spec = next(spec for spec in plan.rule.hyper if spec.name == base)
        for value in self.values().tolist():
            try:
                spec.check((value,) if isinstance(now, tuple) else value)
            except SpecError as error:
                where = f"over, {plan.rule.name}, {self.name}"
                raise SpecError(error.what, where=where, hint=error.hint) from error


def _number(text: str, name: str) -> float:
    try:
        return parse_number(text)
    except FormulaError as error:
        raise SpecError(f"{text.strip()!r} is not a number: {error.what}", where=f"over, {name}", hint=_HINT) from error


def split_name(name: str) -> tuple[str, int | None]:
    """``betas[1]`` as ("betas", 1), ``lr`` as ("lr", None)."""
    match = _ELEMENT.fullmatch(name)
    return (match.group(1), int(match.group(2))) if match else (name, None)


def check_axes(plan: RacerPlan, x: SweepAxis, y: SweepAxis | None) -> None:
    """SpecError where the axes do not fit the racer or each other."""
    x.check(plan)
    if y is not None:
        y.check(plan)
        if x.name == y.name:
            raise SpecError(f"{x.name} is swept twice", where="over", hint="Name another setting for the second axis")
