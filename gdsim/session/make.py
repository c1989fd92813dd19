"""Specs from names and texts: what the command line, the Python door and the window's galleries ask for.

Every default of the catalogue is written out, so that the spec stands on its own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

from gdsim import catalogue, objectives
from gdsim.catalogue import FunctionEntry
from gdsim.errors import FormulaError, SpecError
from gdsim.formula.number import parse_number, parse_point, split_point
from gdsim.objectives import Objective
from gdsim.optimizers.racer import parse_racer
from gdsim.session.spec import BackendName, Dtype, Problem, Racer, RunSpec, Schedule

DEFAULT_STEPS = 1000
DEFAULT_TOLERANCE = 1e-6


def problem_from_entry(
    entry: FunctionEntry, n: int | None = None, parameters: Mapping[str, float] | None = None
) -> Problem:
    """The problem of a catalogue function, in n coordinates where it can have any number; SpecError if it cannot."""
    found = objectives.from_entry(entry, n, parameters)
    ranges = {spec.name: spec.slider_range for spec in entry.parameters}
    return _problem(found, name=entry.name, title=entry.title, ranges=ranges, domain=entry.view_for(n))


def problem_from_formula(
    text: str,
    variables: Sequence[str] | None = None,
    parameters: Mapping[str, float] | None = None,
    n: int | None = None,
    domain: Sequence[tuple[float, float]] = (),
) -> Problem:
    """The problem of a typed formula; free letters that are not given are 1. FormulaError, SpecError as in parsing."""
    return _problem(objectives.from_formula(text, variables, parameters, n=n, domain=domain))


def _problem(
    found: Objective,
    *,
    name: str = "",
    title: str = "",
    ranges: Mapping[str, tuple[float, float]] | None = None,
    domain: Sequence[tuple[float, float]] = (),
) -> Problem:
    formula = found.formula
    if formula is None:
        raise SpecError("a Python function has no formula to write down", where="function")
    return Problem(
        formula=formula.text,
        name=name,
        title=title,
        variables=formula.variables,
        dimension=found.n,
        parameters=dict(found.parameters),
        ranges=dict(ranges or {}),
        domain=tuple(domain) or found.domain,
        minima=found.minima,
    )


def racer_from_text(text: str, rule: str | None = None) -> Racer:
    """A racer from ``adam,lr=0.1,schedule=cosine:min=0.01``; `rule` holds the stages of one called ``custom``."""
    settings = parse_racer(text, rule)
    schedule = settings.schedule
    return Racer(
        name=settings.name,
        rule=settings.rule.text,
        method=settings.rule.method,
        hyper=dict(settings.hyper),
        init=dict(settings.rule.init),
        decoupled=settings.rule.decoupled,
        fixed_step=settings.rule.fixed_step,
        schedule=None if schedule is None else Schedule(schedule.name, schedule.formula, dict(schedule.params)),
        weight_decay=settings.weight_decay,
        clip=settings.clip,
        noise=settings.noise,
    )


def parse_settings(text: str, where: str) -> dict[str, float]:
    """``a=2,b=1/3`` as numbers by name; SpecError says which part cannot be read."""
    found: dict[str, float] = {}
    for part in split_point(text) if text.strip() else []:
        name, sign, value = (piece.strip() for piece in part.partition("="))
        if not sign or not name:
            raise SpecError(f"{part!r} is not a setting", where=where, hint="Write name=value, such as a=2")
        if name in found:
            raise SpecError(f"{name!r} is given twice", where=where)
        try:
            found[name] = parse_number(value)
        except FormulaError as error:
            raise SpecError(f"{value!r} is not a number: {error.what}", where=f"{where}, {name}") from error
    return found


def parse_start(text: str, n: int | None = None) -> tuple[float, ...]:
    """``-1.5,2`` as a point; SpecError says what is wrong."""
    try:
        return parse_point(text, n)
    except FormulaError as error:
        raise SpecError(error.what, where="start", hint=error.hint or "Write numbers with commas: -1.5,2") from error


def _function(text: str, n: int | None, parameters: Mapping[str, float]) -> tuple[Problem, tuple[float, ...]]:
    name, _, rest = text.partition(",")
    entry = catalogue.function(name.strip())
    values = parse_settings(rest, entry.name)
    if "n" in values and all(spec.name != "n" for spec in entry.parameters):
        wanted = values.pop("n")
        if wanted != int(wanted):
            raise SpecError(f"{wanted:g} is not a number of coordinates", where=f"{entry.name}, n")
        n = int(wanted)
    problem = problem_from_entry(entry, n, {**values, **parameters})
    return problem, entry.start_for(problem.dimension)


def spec_for(
    *,
    function: str = "",
    formula: str = "",
    variables: Sequence[str] | None = None,
    parameters: Mapping[str, float] | None = None,
    racers: Sequence[str] = ("gd",),
    rules: Sequence[str] = (),
    start: str | Sequence[float] | None = None,
    steps: int = DEFAULT_STEPS,
    tolerance: float = DEFAULT_TOLERANCE,
    target: float | None = None,
    batch: int | Literal["full"] = "full",
    seed: int = 0,
    dtype: Dtype = "float64",
    backend: BackendName = "auto",
) -> RunSpec:
    """A checked spec.

    Args:
        function: a catalogue name, with parameters: ``rosenbrock,b=20``; `n=` for the number of coordinates.
        formula: a typed formula, instead. `variables`, `parameters`: as `parse_formula` and the sliders have them.
        racers: texts as ``adam,lr=0.1``.
        rules: stages for the racers called ``custom``: one for all of them, or one each.
        start: a point, or its text; by default the function's own, or a likely place.

    Raises:
        GdsimError: what is wrong, where, what to do.
    """
    if bool(function.strip()) == bool(formula.strip()):
        if function.strip():
            raise SpecError("a function and a formula are both given", hint="Give one of them")
        if formula or function:
            raise SpecError("the formula is empty", where="formula", hint="Write one, such as x^2 + y^2")
        raise SpecError("nothing to minimise is given", hint="Name a function or give a formula")
    given = parameters or {}
    n = None if start is None else len(parse_start(start) if isinstance(start, str) else start)
    if function:
        problem, home = _function(function, n, given)
    else:
        problem, home = _typed(formula, variables, given, n, start)
    spec = RunSpec(
        problem=problem,
        racers=spec_racers(racers, rules),
        start=_point(start, problem.dimension) if start is not None else home,
        steps=steps,
        tolerance=tolerance,
        target=target,
        batch=batch,
        seed=seed,
        dtype=dtype,
        backend=backend,
    )
    spec.check()
    return spec


def _typed(
    formula: str,
    variables: Sequence[str] | None,
    parameters: Mapping[str, float],
    n: int | None,
    start: str | Sequence[float] | None,
) -> tuple[Problem, tuple[float, ...]]:
    objective = objectives.from_formula(formula, variables, parameters)
    indexed = objective.formula is not None and objective.formula.indexed
    if not indexed and start is not None:
        # 1,5 is one number for a function of one variable, two for one of two
        _point(start, objective.n)
    if indexed and n is not None:
        objective = objectives.from_formula(formula, variables, parameters, n=n)
    return _problem(objective), objective.start


def _point(start: str | Sequence[float], n: int) -> tuple[float, ...]:
    if isinstance(start, str):
        return parse_start(start, n)
    return tuple(float(number) for number in start)


def spec_racers(texts: Sequence[str], rules: Sequence[str] = ()) -> tuple[Racer, ...]:
    """Racers from their texts; `rules` are for those called custom, as in `spec_for`."""
    custom = [index for index, text in enumerate(texts) if text.partition(",")[0].strip() == "custom"]
    if rules and not custom:
        texts, custom = [*texts, "custom"], [len(texts)]
    if len(rules) > 1 and len(rules) != len(custom):
        raise SpecError(
            f"{len(rules)} rules are given for {len(custom)} racers called custom",
            where="rule",
            hint="Give one rule for all of them, or one each",
        )
    made = []
    for index, text in enumerate(texts):
        rule = rules[custom.index(index) % len(rules)] if index in custom and rules else None
        made.append(racer_from_text(text, rule))
    return tuple(made)
