"""The formula language: text to graph, derivatives, NumPy meaning, generated source, typesetting. No Qt, no Numba."""

from __future__ import annotations

from gdsim.formula.formula import Formula, parse_formula
from gdsim.formula.graph import Graph
from gdsim.formula.interpret import interpret
from gdsim.formula.lower_rule import RuleGraph, StageNode, State, rule_graph, spread
from gdsim.formula.names import FunctionHelp, did_you_mean, function_help
from gdsim.formula.rules import Assignment, parse_rule

__all__ = [
    "Assignment",
    "Formula",
    "FunctionHelp",
    "Graph",
    "RuleGraph",
    "StageNode",
    "State",
    "did_you_mean",
    "function_help",
    "interpret",
    "parse_formula",
    "parse_rule",
    "rule_graph",
    "spread",
]
