"""Objectives from a formula, from the catalogue, from a Python function; and whether a start can be used."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from gdsim.catalogue import FunctionEntry
from gdsim.errors import SpecError
from gdsim.formula import did_you_mean, interpret, parse_formula
from gdsim.objectives.objective import Array, Minimum, Objective, Range
from gdsim.objectives.python import CallableObjective

_HOME: Range = (-5.0, 5.0)
_ELSEWHERE = "Start elsewhere"


def from_formula(
    text: str,
    variables: Sequence[str] | None = None,
    parameters: Mapping[str, float] | None = None,
    *,
    n: int | None = None,
    name: str = "",
    title: str = "",
    domain: Sequence[Range] = (),
    start: Sequence[float] = (),
    minima: Sequence[Minimum] = (),
) -> Objective:
    """The objective of a formula.

    Args:
        variables: names in order, as `parse_formula` takes them.
        parameters: values of the free letters; 1 for what is not named.
        n: how many coordinates an indexed formula has; 2 by default.

    Raises:
        FormulaError: the text cannot be read. SpecError: a parameter that is not in it, a number of coordinates that
            does not fit.
    """
    formula = parse_formula(text, variables)
    given = dict(parameters or {})
    for unknown in sorted(set(given) - set(formula.parameters)):
        near = did_you_mean(unknown, formula.parameters)
        known = ", ".join(formula.parameters) or "none"
        raise SpecError(
            f"the formula has no parameter {unknown!r}",
            where=name or None,
            hint=f"Did you mean {near!r}?" if near else f"Its parameters: {known}",
        )
    if not formula.indexed:
        if n is not None and n != len(formula.variables):
            raise SpecError(
                f"the formula has {len(formula.variables)} coordinates ({', '.join(formula.variables)}), not {n}",
                where=name or None,
                hint="Give one number for each of them",
            )
        n = len(formula.variables)
    n = 2 if n is None else n
    coordinates = formula.coordinates(n)
    home = tuple(domain) or (_HOME,) * n
    if len(home) != n:
        raise SpecError(f"the domain has {len(home)} ranges, the function {n} coordinates", where="domain")
    values = {letter: float(given.get(letter, 1.0)) for letter in formula.parameters}
    found = Objective(name, title, formula, n, coordinates, values, home, tuple(start), tuple(minima))
    return found if start else replace(found, start=_likely_start(found))


def from_entry(entry: FunctionEntry, n: int | None = None, parameters: Mapping[str, float] | None = None) -> Objective:
    """The objective of a catalogue entry, for `n` coordinates where it can have any number.

    Raises:
        SpecError: a parameter it does not have or outside its bounds, a number of coordinates it cannot have.
    """
    n = entry.resolve_dimension(n)
    values = {spec.name: spec.default for spec in entry.parameters}
    declared = {spec.name: spec for spec in entry.parameters}
    for key, value in (parameters or {}).items():
        if key not in declared:
            near = did_you_mean(key, declared)
            known = ", ".join(declared) or "none"
            hint = f"Did you mean {near!r}?" if near else f"Its parameters: {known}"
            raise SpecError(f"the function has no parameter {key!r}", where=entry.name, hint=hint)
        values[key] = declared[key].check(value)
    found = from_formula(
        entry.formula_for(n),
        parameters={key: value for key, value in values.items() if not isinstance(value, tuple)},
        n=n,
        name=entry.name,
        title=entry.title,
        domain=entry.domain_for(n),
        start=entry.start_for(n),
        minima=entry.minima_for(n),
    )
    if all(values[spec.name] == spec.default for spec in entry.parameters):
        return found
    kept = [point for point, _ in found.minima if _still_minimum(found, point)]
    return replace(found, minima=tuple((point, float(found.value(np.array(point)))) for point in kept))


def from_callable(
    function: Callable[[Array], float],
    n: int,
    gradient: Callable[[Array], Array] | None = None,
    *,
    name: str = "",
    domain: Sequence[Range] = (),
    start: Sequence[float] = (),
) -> CallableObjective:
    """The objective of a Python function of one array (n,); only the NumPy backend runs it.

    Raises:
        SpecError: not a function, or not a positive number of coordinates.
    """
    if not callable(function):
        raise SpecError("this is not a Python function", where="function")
    if n < 1:
        raise SpecError("a function needs at least one coordinate", where="function", hint="Give a start")
    letters = ("x", "y", "z")
    coordinates = letters[:n] if n <= len(letters) else tuple(f"x{i}" for i in range(1, n + 1))
    called = name or getattr(function, "__name__", "")
    return CallableObjective(
        name=called,
        title=called,
        formula=None,
        n=n,
        coordinates=coordinates,
        domain=tuple(domain) or (_HOME,) * n,
        start=tuple(start) or (1.0,) * n,
        function=function,
        slope=gradient,
    )


def check_start(objective: Objective, start: Sequence[float]) -> tuple[float, ...]:
    """`start` as floats, or a SpecError: wrong number of coordinates, not finite, outside the formula's domain."""
    names = ", ".join(objective.coordinates[:6]) + (", ..." if objective.n > 6 else "")
    if len(start) != objective.n:
        raise SpecError(
            f"the start has {_count(len(start))}, the function {_count(objective.n)} ({names})",
            where="start",
            hint=f"Give {_count(objective.n)}",
        )
    point = tuple(float(number) for number in start)
    if not all(math.isfinite(number) for number in point):
        raise SpecError("a coordinate of the start is not a finite number", where="start")
    loss, slope = objective.value_gradient(np.array(point))
    if math.isfinite(loss) and np.all(np.isfinite(slope)):
        return point
    shown = ", ".join(f"{number:.6g}" for number in point[:6])
    what, why = "slope", ""
    if not math.isfinite(loss):
        what, why = "value", _reason(objective, np.array(point))
    raise SpecError(f"the function has no finite {what} at the start ({shown}){why}", where="start", hint=_ELSEWHERE)


def _count(number: int) -> str:
    return f"{number} coordinate" if number == 1 else f"{number} coordinates"


def _reason(objective: Objective, point: Array) -> str:
    """Which part of the formula fails first, such as ": log(x) does not exist there"."""
    if objective.formula is None:
        return ""
    graph = objective.graph
    nodes = sorted(graph.needed(graph.outputs))
    results = interpret(graph, objective.values(point), nodes=nodes)
    for node, result in zip(nodes, results, strict=True):
        place = graph.places[node]
        if place is None or np.all(np.isfinite(result)) or graph.ops[node] == "const":
            continue
        part = objective.formula.text[place[0] : place[1]]
        word = "does not exist" if np.any(np.isnan(result)) else "is infinite"
        return f": {part} {word} there"
    return ""


def _likely_start(objective: Objective) -> tuple[float, ...]:
    """Somewhere in the domain, off its middle and its symmetries, where the function has a value and a slope."""
    low = np.array([pair[0] for pair in objective.domain])
    high = np.array([pair[1] for pair in objective.domain])
    turns = np.arange(objective.n) % 2
    for share in (0.8, 0.65, 0.55, 0.95, 0.3, 0.99):
        point = low + (high - low) * np.where(turns == 0, share, 1.0 - 0.85 * (1.0 - share))
        point = np.round(point, 3)
        loss, slope = objective.value_gradient(point)
        if math.isfinite(loss) and np.all(np.isfinite(slope)):
            return tuple(float(number) for number in point)
    return tuple(1.0 for _ in range(objective.n))


def _still_minimum(objective: Objective, known: tuple[float, ...]) -> bool:
    """Whether a known minimum stays one when parameters have moved: no slope, no way down."""
    point = np.array(known)
    _, slope = objective.value_gradient(point)
    curvature = objective.hessian(point)
    if not (np.all(np.isfinite(slope)) and np.all(np.isfinite(curvature))):
        return False
    return bool(np.max(np.abs(slope)) < 1e-9 and np.min(np.linalg.eigvalsh(curvature)) >= -1e-9)
