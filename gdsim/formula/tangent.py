"""Forward derivatives: how a small change of the inputs moves every node; run over a gradient, it gives the Hessian."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from gdsim.formula.adjoint import pull
from gdsim.formula.build import Builder
from gdsim.formula.graph import THETA, Graph
from gdsim.formula.operator import Branch
from gdsim.formula.ops import OPERATORS
from gdsim.formula.term import Term

Seeds = Mapping[str, int | str]
"""For each input that moves: the node of its tangent; for a vector input the name of the vector that is its tangent."""


def tangents(builder: Builder, graph: Graph, seeds: Seeds, among: Sequence[int] | None = None) -> dict[int, int]:
    """The tangents of all nodes that move, as nodes added to `builder` (made upon `graph`).

    Args:
        seeds: how the inputs move.
        among: the nodes to look at, in order (default: all).
    """
    moved: dict[int, int] = {}
    for node in range(len(graph.ops)) if among is None else among:
        tangent = _tangent(builder, graph, node, seeds, moved)
        if tangent is not None:
            moved[node] = tangent
    return moved


def _tangent(builder: Builder, graph: Graph, node: int, seeds: Seeds, moved: dict[int, int]) -> int | None:
    op, arguments = graph.ops[node], graph.args[node]
    if op in ("input", "gather"):
        seed = seeds.get(str(graph.data[node]))
        if seed is None:
            return None
        if op == "gather":
            assert isinstance(seed, str)
            return builder.gather(seed, arguments[0])
        return builder.input(seed, vector=True) if isinstance(seed, str) else seed
    operator = OPERATORS.get(op)
    if operator is None:
        return _structural_tangent(builder, graph, node, moved)
    if operator.branch is not None:
        return _branch_tangent(builder, operator.branch, arguments, moved)
    total: int | None = None
    if operator.rules:
        for position, argument in enumerate(arguments):
            if argument in moved:
                part = pull(builder, node, position, moved[argument])
                total = part if total is None else builder.call("add", total, part)
    return total


def _branch_tangent(builder: Builder, branch: Branch, arguments: tuple[int, ...], moved: dict[int, int]) -> int | None:
    sides = [None if k is None else moved.get(arguments[k]) for k in (branch.yes, branch.no)]
    if sides == [None, None]:
        return None
    condition = branch.condition(*[Term(builder, argument) for argument in arguments]).node
    yes, no = (builder.const(0.0) if side is None else side for side in sides)
    return builder.call("select", condition, yes, no)


def _structural_tangent(builder: Builder, graph: Graph, node: int, moved: dict[int, int]) -> int | None:
    op, arguments = graph.ops[node], graph.args[node]
    if not any(argument in moved for argument in arguments):
        return None
    if op == "scatter":
        value, index = arguments
        return builder.structural("scatter", (moved[value], index), graph.data[node], frozenset({THETA}))
    axis, body = graph.axis_id(node), arguments[0]
    if op == "sum":
        return builder.reduce("sum", moved[body], axis)
    if op == "prod":
        axes = graph.axes[body] | builder.axes_of(axis)
        others = builder.structural("prod_except", (body,), axis, axes)
        return builder.reduce("sum", builder.call("mul", moved[body], others), axis)
    if op == "prod_except":
        axes = graph.axes[node] | builder.axes[moved[body]]
        return builder.structural("prod_except_tangent", (body, moved[body]), axis, axes)
    raise ValueError(f"no third derivatives of products over an index ({op})")
