"""Learning-rate schedules: a formula in t (from 1), T (all steps), lr (the racer's own rate) and its parameters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from gdsim import catalogue
from gdsim.catalogue import ScheduleEntry
from gdsim.errors import SpecError
from gdsim.formula import Formula, Graph, did_you_mean, interpret, parse_formula
from gdsim.params import ParamSpec

Floats = NDArray[np.float64]

WARMUP = ParamSpec(
    "warmup",
    r"T_{\mathrm{warm}}",
    0.0,
    low=0.0,
    kind="integer",
    slider_low=0.0,
    slider_high=1000.0,
    unit="steps",
    doc="Steps of linear rise before the schedule begins.",
)
"""Every schedule takes it: lr*t/(warmup + 1) while t <= warmup, then the schedule with t and T counted anew."""

GIVEN = ("t", "T", "lr")


@dataclass(frozen=True)
class Schedule:
    """A schedule with its parameters' values.

    Attributes:
        name: the catalogue's, or any.
        formula: over t, T, lr and the parameters.
        params: a value for every parameter of the formula, `warmup` besides if wanted.
    """

    name: str
    formula: str
    params: Mapping[str, float] = field(default_factory=dict)

    def rates(self, base_lr: float, t: Floats, total: int) -> Floats:
        """The learning rate at each step.

        Args:
            base_lr: the racer's own learning rate.
            t: (m,) step numbers, from 1.
            total: how many steps the run has, at least 1.

        Raises:
            FormulaError: the formula cannot be read. SpecError: it has a name that is no parameter.
        """
        t = np.asarray(t, dtype=np.float64)
        warmup = min(self.params.get("warmup", 0.0), max(total - 1, 0))
        graph = schedule_graph(self)
        shifted = np.maximum(t - warmup, 1.0)
        given: dict[str, float | Floats] = dict(self.params)
        given |= {"t": shifted, "T": float(max(total - warmup, 1)), "lr": float(base_lr)}
        reads = {entry.name: given[entry.name] for entry in graph.inputs}
        rates = np.array(np.broadcast_to(interpret(graph, reads)[0], t.shape), dtype=np.float64)
        rising = t <= warmup
        rates[rising] = base_lr * t[rising] / (warmup + 1.0)
        return rates


def schedule_graph(schedule: Schedule) -> Graph:
    """The rate over t, T, lr and the parameters, warm-up left out (see `Schedule.rates`)."""
    return _parsed(schedule.formula, tuple(name for name in schedule.params if name != "warmup")).graph()


@lru_cache(maxsize=64)
def _parsed(text: str, params: tuple[str, ...]) -> Formula:
    formula = parse_formula(text, variables=(*GIVEN, *params))
    if formula.parameters:
        raise SpecError(
            f"the schedule reads {formula.parameters[0]!r}, which it is not given",
            where="schedule",
            hint=f"It can read {', '.join((*GIVEN, *params))}",
        )
    return formula


def specs_of(entry: ScheduleEntry) -> tuple[ParamSpec, ...]:
    """The parameters of a schedule, `warmup` last."""
    return (*entry.params, WARMUP)


def make_schedule(name: str, values: Mapping[str, float] | None = None) -> Schedule:
    """The catalogue's schedule `name` with every parameter resolved; `min` may stand for `lr_min`.

    Raises:
        CatalogueError: no such schedule. SpecError: an unknown parameter, a value out of its bounds.
    """
    entry = catalogue.schedule(name)
    specs = {spec.name: spec for spec in specs_of(entry)}
    params = {key: _single(spec, spec.default) for key, spec in specs.items()}
    for key, value in (values or {}).items():
        full = key if key in specs else f"lr_{key}"
        if full not in specs:
            near = did_you_mean(key, specs)
            hint = f"Did you mean {near!r}?" if near else f"It has {', '.join(specs)}"
            raise SpecError(f"the schedule has no parameter {key!r}", where=name, hint=hint)
        params[full] = _single(specs[full], value)
    return Schedule(name, entry.formula, params)


def _single(spec: ParamSpec, value: object) -> float:
    checked = spec.check(value)  # type: ignore[arg-type]
    if isinstance(checked, tuple):
        raise SpecError("a schedule's parameter is one number", where=spec.name)
    return checked
