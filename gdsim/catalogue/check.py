"""Whether an entry's texts can be read; asked of personal entries when they are loaded and before they are saved."""

from __future__ import annotations

from gdsim.catalogue.entries import FunctionEntry, OptimizerEntry
from gdsim.errors import CatalogueError
from gdsim.formula import parse_formula, parse_rule, rule_graph


def check_function(entry: FunctionEntry) -> None:
    """FormulaError where the formula cannot be read, CatalogueError where the entry's sizes do not fit it."""
    formula = parse_formula(entry.formula)
    if not formula.indexed and len(formula.variables) != entry.dimension:
        raise CatalogueError(f"the formula has {len(formula.variables)} coordinates, the entry {entry.dimension}")
    missing = set(formula.parameters) - {spec.name for spec in entry.parameters}
    if missing:
        raise CatalogueError(f"the parameter {sorted(missing)[0]!r} of the formula is not declared")
    if len(entry.domain) != entry.dimension or len(entry.start) != entry.dimension:
        raise CatalogueError(f"domain and start need {entry.dimension} coordinates each")


def check_optimizer(entry: OptimizerEntry) -> None:
    """FormulaError where a stage cannot be read, CatalogueError for a method."""
    if entry.method:
        raise CatalogueError("a method cannot be kept in a personal catalogue", hint="Write the rule as stages")
    rule_graph(parse_rule(entry.formula), {spec.name: spec.default for spec in entry.hyper}, entry.init)
