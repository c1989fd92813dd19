"""The formula language: text to graph, derivatives, NumPy meaning, generated source, typesetting. No Qt, no Numba."""

from __future__ import annotations

from gdsim.formula.formula import Formula, parse_formula
from gdsim.formula.graph import Graph
from gdsim.formula.interpret import interpret
from gdsim.formula.lower_rule import RuleGraph, StageNode, State, rule_graph, spread
from gdsim.formula.names import FunctionHelp, did_you_mean, function_help
from gdsim.formula.number import parse_number, parse_point
from gdsim.formula.plain_text import text_of_tree
from gdsim.formula.rules import Assignment, parse_rule
from gdsim.formula.typeset import latex_name, latex_number, latex_of_tree, latex_rule
from gdsim.formula.typeset_graph import latex_graph

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
    "latex_graph",
    "latex_name",
    "latex_number",
    "latex_of_tree",
    "latex_rule",
    "parse_formula",
    "parse_number",
    "parse_point",
    "parse_rule",
    "rule_graph",
    "spread",
    "text_of_tree",
]
