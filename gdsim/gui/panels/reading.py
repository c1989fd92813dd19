"""What a typed text means, made off the GUI thread: the error and its place, or the formulas to show. No Qt."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from gdsim.errors import GdsimError, SpecError
from gdsim.formula import Formula, parse_formula
from gdsim.formula.derive import value_gradient
from gdsim.formula.plain_text import text_of_tree
from gdsim.formula.rules import Assignment
from gdsim.formula.typeset import latex_name, latex_rule
from gdsim.formula.typeset_graph import latex_graph
from gdsim.objectives import check_start, from_formula
from gdsim.optimizers.rule import Rule, rule_from_text
from gdsim.params import ParamSpec, Value
from gdsim.session.make import problem_from_formula
from gdsim.session.resolve import objective_of_problem
from gdsim.session.spec import Problem

SHOWN_SLOPES = 3
"""Partial derivatives that are typeset; of more, the first two and dots."""
_LONG = 600  # characters of text above which nobody reads a typeset formula


@dataclass(frozen=True, slots=True)
class Line:
    """One typeset line: LaTeX, and plain text until (or in case it cannot be) typeset."""

    latex: str
    plain: str


@dataclass(frozen=True, slots=True)
class FormulaReading:
    """A function's text, read.

    Attributes:
        text: what was read.
        error: why it cannot be; then nothing else is there.
        formula: the parsed formula.
        dimension: how many coordinates it has (an indexed one: as asked).
        value: ``f(x, y) = ...``.
        slopes: the partial derivatives, then the shared parts ("where u = ...").
        problem, start: what would be run: parameters, ranges, domain and start of the problem before it are kept where
            they still fit.
    """

    text: str
    error: GdsimError | None = None
    formula: Formula | None = None
    dimension: int = 0
    value: Line | None = None
    slopes: tuple[Line, ...] = ()
    problem: Problem | None = None
    start: tuple[float, ...] = ()

    @property
    def parameters(self) -> tuple[str, ...]:
        """The free letters that get a slider."""
        return self.formula.parameters if self.formula else ()


def read_formula(text: str, before: Problem, start: tuple[float, ...] = ()) -> FormulaReading:
    """The reading of a function's text, as it would replace the problem `before`; never raises on bad text."""
    try:
        formula = _parsed(text, before.variables)
        n = before.dimension if formula.indexed else len(formula.variables)
        graph = formula.graph(n)
        problem = _problem(formula, n, before)
        start = _usable_start(problem, start)
    except GdsimError as error:
        return FormulaReading(text, error)
    names = formula.coordinates(n)
    inside = formula.vector if formula.indexed else ", ".join(latex_name(name) for name in names)
    long = len(text) > _LONG
    value = Line("" if long else formula.latex(f"f({inside})"), text if long else text_of_tree(formula.tree))
    slopes = () if long or graph.is_large else _slopes(formula, n)
    return FormulaReading(text, None, formula, n, value, slopes, problem, start)


def _problem(formula: Formula, n: int, before: Problem) -> Problem:
    if formula.text == before.formula and n == before.dimension:
        return before
    parameters = {name: before.parameters.get(name, 1.0) for name in formula.parameters}
    domain = before.domain if n == before.dimension else ()
    made = problem_from_formula(formula.text, formula.variables or None, parameters, n, domain)
    return made.replace(ranges={name: ends for name, ends in before.ranges.items() if name in parameters})


def _usable_start(problem: Problem, start: tuple[float, ...]) -> tuple[float, ...]:
    """`start` where the function has a value there, else a likely place."""
    objective = objective_of_problem(problem)
    if len(start) == problem.dimension:
        try:
            check_start(objective, start)
        except SpecError:
            return _elsewhere(problem)
        return start
    return _elsewhere(problem)


def _elsewhere(problem: Problem) -> tuple[float, ...]:
    return from_formula(
        problem.formula, problem.variables or None, problem.parameters, n=problem.dimension, domain=problem.domain
    ).start


def _parsed(text: str, variables: tuple[str, ...]) -> Formula:
    """With the variables that are found; names that only the catalogue knows to be some (w, b) are tried too."""
    try:
        formula = parse_formula(text)
    except GdsimError as error:
        if set(variables) <= {"x", "y", "z"}:
            raise
        try:
            return parse_formula(text, variables)
        except GdsimError:
            raise error from None
    known = {*formula.variables, *formula.parameters}
    if not formula.indexed and set(variables) <= known and not set(variables) <= set(formula.variables):
        return parse_formula(text, variables)
    return formula


def _slopes(formula: Formula, n: int) -> tuple[Line, ...]:
    graph = value_gradient(formula.graph(n))
    if len(graph.outputs) != n + 1:  # one vector output: sums kept as loops
        return ()
    names = formula.coordinates(n)
    shown = n if n <= SHOWN_SLOPES else SHOWN_SLOPES - 1
    outputs, shared = latex_graph(graph, graph.outputs[1 : shown + 1])
    lines = [
        Line(f"\\frac{{\\partial f}}{{\\partial {latex_name(name)}}} = {latex}", f"∂f/∂{name} = …")
        for name, latex in zip(names, outputs, strict=False)
    ]
    if n > shown:
        lines.append(Line("\\cdots", f"and {n - shown} more"))
    if shared:
        first, *rest = (f"{letter} = {latex}" for letter, latex in shared)
        lines.append(Line(f"\\text{{where }} {first}", "where …"))
        lines += [Line(f"\\quad {text}", "…") for text in rest]
    return tuple(lines)


@dataclass(frozen=True, slots=True)
class RuleReading:
    """An update rule's text, read; `error`, or the rule and its stages as lines."""

    text: str
    error: GdsimError | None = None
    rule: Rule | None = None
    stages: tuple[Line, ...] = ()


def read_rule(
    text: str,
    hyper: Mapping[str, Value] | None = None,
    init: Mapping[str, str] | None = None,
    specs: tuple[ParamSpec, ...] = (),
) -> RuleReading:
    """The reading of a rule's text; never raises on bad text. `hyper` values that the rule no longer reads are left
    out."""
    try:
        rule = rule_from_text(text, hyper=hyper, init=init, specs=specs)
    except GdsimError as error:
        return RuleReading(text, error)
    return RuleReading(text, None, rule, stage_lines(rule.assignments))


def stage_lines(assignments: tuple[Assignment, ...]) -> tuple[Line, ...]:
    """The stages of a rule, typeset."""
    return tuple(Line(latex_rule(each), each.text) for each in assignments)
