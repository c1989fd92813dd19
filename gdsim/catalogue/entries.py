"""The typed entries of the catalogue: what one table of a TOML file becomes once it has been checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from gdsim.catalogue.pattern import Pattern
from gdsim.errors import SpecError
from gdsim.params import ParamSpec

Point = tuple[float, ...]
Range = tuple[float, float]
Minimum = tuple[Point, float]


@dataclass(frozen=True, slots=True)
class FunctionEntry:
    """A function to minimise.

    Attributes:
        name: lower case with underscores; how the command line calls it.
        title: for people.
        formula: in gdsim's language, for `dimension` coordinates.
        family: the group it is shown in.
        source: paper or well-known reference.
        teaches: one sentence on what it is good for.
        domain: (low, high) of each coordinate, `dimension` of them.
        view: the part worth looking at first; the domain where nothing else is said.
        start: a good start, `dimension` coordinates.
        minima: known (point, value) pairs for `dimension` coordinates, the global ones first.
        parameters: the free letters of the formula that are no coordinates.
        dimension: how many coordinates it is shown with.
        dimensions: the only possible number of coordinates, or None when any number will do.
        general: the formula for any number of coordinates, where `formula` is written for `dimension` alone.
        patterns: minima for any number of coordinates.
        personal: True for an entry of the user's own catalogue.
    """

    name: str
    title: str
    formula: str
    family: str
    source: str
    teaches: str
    domain: tuple[Range, ...]
    view: tuple[Range, ...]
    start: Point
    minima: tuple[Minimum, ...] = ()
    parameters: tuple[ParamSpec, ...] = ()
    dimension: int = 2
    dimensions: int | None = 2
    general: str = ""
    patterns: tuple[Pattern, ...] = ()
    personal: bool = False

    def resolve_dimension(self, n: int | None) -> int:
        """`n`, or the shown number of coordinates for None; SpecError where the function does not have that many."""
        if n is None or n == self.dimension:
            return self.dimension
        if self.dimensions is not None:
            words = "1 coordinate" if self.dimensions == 1 else f"{self.dimensions} coordinates"
            raise SpecError(
                f"the function has {words}, not {n}", where=self.name, hint=f"Give {words}, or choose another function"
            )
        if n < 1:
            raise SpecError("a function needs at least one coordinate", where=self.name)
        return n

    def formula_for(self, n: int | None = None) -> str:
        """The formula text for `n` coordinates."""
        return self.formula if self.resolve_dimension(n) == self.dimension or not self.general else self.general

    def domain_for(self, n: int | None = None) -> tuple[Range, ...]:
        """(low, high) of each of `n` coordinates: those given, then the last one again and again."""
        return _stretched(self.domain, self.resolve_dimension(n))

    def view_for(self, n: int | None = None) -> tuple[Range, ...]:
        """What is worth looking at, for each of `n` coordinates."""
        return _stretched(self.view, self.resolve_dimension(n))

    def start_for(self, n: int | None = None) -> Point:
        """A good start for `n` coordinates: the given numbers, repeated in turn."""
        n = self.resolve_dimension(n)
        return tuple(self.start[i % len(self.start)] for i in range(n))

    def minima_for(self, n: int | None = None) -> tuple[Minimum, ...]:
        """Known minima for `n` coordinates; empty where none are known."""
        n = self.resolve_dimension(n)
        if n == self.dimension:
            return self.minima
        return tuple(found for pattern in self.patterns if (found := pattern.at(n)) is not None)

    @property
    def global_minima(self) -> tuple[Minimum, ...]:
        """Those of `minima` whose value is the lowest."""
        if not self.minima:
            return ()
        lowest = min(value for _, value in self.minima)
        return tuple(pair for pair in self.minima if pair[1] <= lowest + 1e-9 * max(1.0, abs(lowest)))


def _stretched(ranges: tuple[Range, ...], n: int) -> tuple[Range, ...]:
    return tuple(ranges[min(i, len(ranges) - 1)] for i in range(n))


@dataclass(frozen=True, slots=True)
class OptimizerEntry:
    """An update rule, or the name of a method where a rule cannot say it.

    Attributes:
        stages: (text, words) in order: each text one assignment, each words one sentence on it.
        init: what a state starts at, as expressions over n, lr and the hyper-parameters; 0 where nothing is said.
        hyper: every hyper-parameter, the learning rate `lr` among them.
        decoupled: weight decay multiplies theta instead of being added to the gradient.
        fixed_step: the step's length does not follow the gradient's, so that it never settles at a fixed rate.
        weight_decay: what is used where a racer says nothing.
        method: name of the class in gdsim.optimizers.methods, or "" for staged rules.
    """

    name: str
    title: str
    family: str
    source: str
    teaches: str
    stages: tuple[tuple[str, str], ...]
    hyper: tuple[ParamSpec, ...]
    init: Mapping[str, str] = field(default_factory=dict)
    decoupled: bool = False
    fixed_step: bool = False
    weight_decay: float = 0.0
    method: str = ""
    personal: bool = False

    @property
    def formula(self) -> str:
        """The stages as one text, as `--rule` takes it; the method's words where there are no stages."""
        return "; ".join(text for text, _ in self.stages)


@dataclass(frozen=True, slots=True)
class ScheduleEntry:
    """A learning rate that changes: `formula` over t (from 1), T (all steps), lr (the racer's own) and `params`."""

    name: str
    title: str
    formula: str
    source: str
    teaches: str
    params: tuple[ParamSpec, ...] = ()
