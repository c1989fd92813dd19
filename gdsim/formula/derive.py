"""Derivatives of graphs, exact and as graphs again: gradients by reverse, second derivatives by a forward pass upon it.

Conventions where there is no derivative: |x|' = relu' = sqrt' = 0 at 0, a tie of max or min belongs to the first
argument, rounding and comparisons are flat.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from gdsim.formula.adjoint import adjoints, dependent
from gdsim.formula.build import Builder
from gdsim.formula.graph import THETA, Graph
from gdsim.formula.ops import cost
from gdsim.formula.tangent import tangents

MAX_HESSIAN = 64
"""Up to this many coordinates `hessian` writes out all second derivatives."""


def value_gradient(graph: Graph) -> Graph:
    """The value and its gradient.

    Returns:
        A graph with the outputs (value, d/dx1, ..., d/dxn) for scalar coordinates in the order of the inputs, or
        (value, gradient along THETA) for a vector input. A derivative that is zero whatever the inputs is the constant.

    Raises:
        ValueError: the graph's first output is not a single number.
    """
    return gradient(graph, [entry.name for entry in graph.coordinates])


def gradient(graph: Graph, wrt: Sequence[str]) -> Graph:
    """The same by any inputs: outputs (value, one derivative per name in `wrt`)."""
    builder = Builder.upon(graph)
    value = graph.outputs[0]
    found = adjoints(builder, graph, value, set(wrt))
    zero = builder.const(0.0)
    return builder.build((value, *[found.get(name, zero) for name in wrt]), prune=True)


def hessian(graph: Graph) -> Graph:
    """All second derivatives by the coordinates: outputs n*n, row by row; equal ones are one node.

    Raises:
        ValueError: a vector input, or more than MAX_HESSIAN coordinates: use `hessian_vector`. With the unit vectors
            as a batch of directions, x of shape (n, 1) and v = identity, it gives the whole matrix.
    """
    names = [entry.name for entry in graph.coordinates]
    if len(names) > MAX_HESSIAN or any(entry.vector for entry in graph.coordinates):
        raise ValueError("too many coordinates for a written-out Hessian: use hessian_vector")
    first = value_gradient(graph)
    builder = Builder.upon(first)
    one, zero = builder.const(1.0), builder.const(0.0)
    count = len(names)
    entries = [zero] * (count * count)
    for column, name in enumerate(names):
        below = first.outputs[1 + column :]
        moving = dependent(first, {name})
        among = [node for node in first.needed(below) if moving[node]]
        moved = tangents(builder, first, {name: one}, among)
        for row, output in enumerate(below, column):
            entry = moved.get(output, zero)
            entries[row * count + column] = entries[column * count + row] = entry
    return builder.build(entries, prune=True)


def direction_name(graph: Graph, name: str) -> str:
    """How the tangent of input `name` is called: ``v_name``, for a vector coordinate ``v``, with ``_`` if taken."""
    taken = {entry.name for entry in graph.inputs}
    vector = any(entry.name == name and entry.vector and entry.role == "coordinate" for entry in graph.inputs)
    candidate = "v" if vector else f"v_{name}"
    while candidate in taken:
        candidate += "_"
    return candidate


def jacobian_vector(graph: Graph, wrt: Iterable[str]) -> Graph:
    """How all outputs move when the inputs `wrt` move: one output per output of `graph`, its directional derivative.

    The directions are further inputs, called `direction_name(graph, name)`; vectors for vectors, also along THETA.
    """
    builder = Builder.upon(graph)
    vectors = {entry.name: entry.vector for entry in graph.inputs}
    seeds: dict[str, int | str] = {}
    for name in wrt:
        direction = direction_name(graph, name)
        builder.declare(direction, vector=vectors[name])
        seeds[name] = direction if vectors[name] else builder.input(direction)
    moved = tangents(builder, graph, seeds, graph.needed(graph.outputs))
    zero = builder.const(0.0)
    return builder.build([moved.get(output, zero) for output in graph.outputs], prune=True)


def hessian_vector(graph: Graph) -> Graph:
    """The Hessian times a direction: outputs the n components, or one vector along THETA.

    The direction's components are the inputs `direction_name(graph, name)`, or one vector for a vector coordinate.
    """
    first = value_gradient(graph)
    product = jacobian_vector(first, [entry.name for entry in graph.coordinates])
    builder = Builder.upon(product)
    return builder.build(product.outputs[1:], prune=True)


def count_operations(graph: Graph) -> int:
    """Roughly how many additions one evaluation costs, loops included; a function counts as ten."""
    total = 0
    extents = [_extent(graph, axis) for axis in range(len(graph.axis_table))]
    for node in graph.needed(graph.outputs):
        price = cost(graph.ops[node])
        if price:
            loops = graph.axes[node]
            if graph.ops[node] in ("sum", "prod"):
                loops = loops | graph.axes[graph.args[node][0]] | {graph.axis_id(node)}
            elif graph.ops[node] == "scatter":
                loops = graph.axes[graph.args[node][0]] | graph.axes[graph.args[node][1]]
            for axis in loops:
                price *= extents[axis]
            total += price
    return total


def _extent(graph: Graph, axis: int) -> int:
    if axis == THETA:
        return 1
    low, high = graph.axis_table[axis].low, graph.axis_table[axis].high
    ends = graph.constant(low), graph.constant(high)
    if ends[0] is None or ends[1] is None:
        return 1
    return max(int(ends[1]) - int(ends[0]) + 1, 1)
