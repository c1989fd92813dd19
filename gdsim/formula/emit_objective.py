"""Source of the kernels of an objective at one point: value, and value with gradient."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from gdsim.formula.derive import value_gradient
from gdsim.formula.dialect import Dialect
from gdsim.formula.graph import Graph
from gdsim.formula.positions import Positions
from gdsim.formula.schedule import Effect, Scatter, Scheduler, Store
from gdsim.formula.source import Constants, Writer


@lru_cache(maxsize=64)
def objective_source(graph: Graph, n: int, dialect: Dialect = "numba") -> str:
    """Plain functions, without decorators, to be put behind `dialect.header`; the same text for the same graph.

    - ``value(x, p) -> float``
    - ``value_gradient(x, p, g) -> float``, fills g

    x, p, g are anything that can be indexed; p holds the parameters in the order of `graph.parameters`.

    Args:
        graph: its first output is the value; coordinates are scalar inputs, or one vector.
        n: the number of coordinates.

    Raises:
        ValueError: loops that cannot be written (see `schedule`).
    """
    constants = Constants()
    blocks = [
        _function(graph, n, dialect, constants, with_gradient=False),
        _function(value_gradient(graph), n, dialect, constants, with_gradient=True),
    ]
    return constants.source() + "".join(f"\n\n{block}" for block in blocks)


def _function(graph: Graph, n: int, dialect: Dialect, constants: Constants, *, with_gradient: bool) -> str:
    loads = {entry.name: f"p[{k}]" for k, entry in enumerate(graph.parameters)}
    for k, entry in enumerate(graph.coordinates):
        loads[entry.name] = "x[{0}]" if entry.vector else f"x[{k}]"
    positions = Positions(graph)
    writer = Writer(
        graph, positions, constants, loads=loads, stores={"g": "g[{0}]"}, length=str(n), n=n, dialect=dialect
    )
    value = graph.outputs[0]
    vector = with_gradient and any(entry.vector for entry in graph.coordinates)
    effects = vector_effects(graph, graph.outputs[1]) if vector else []
    components = () if vector or not with_gradient else graph.outputs[1:]
    if vector:
        writer.line(f"for i0 in range({n}):")
        writer.line("    g[i0] = ZERO")
    writer.write(Scheduler(graph, positions).plan([value, *components], effects))
    for k, component in enumerate(components):
        writer.line(f"g[{k}] = {writer.number(component)}")
    writer.line(f"return {writer.number(value)}")
    head = "def value_gradient(x, p, g):" if with_gradient else "def value(x, p):"
    return "\n".join([head, *[f"    {line}" for line in writer.arrays], *writer.lines]) + "\n"


def vector_effects(graph: Graph, output: int) -> Sequence[Effect]:
    """A vector as a sum of what is scattered and what is there for each coordinate."""
    effects: list[Effect] = []
    stack = [(output, False)]
    while stack:
        node, negated = stack.pop()
        op, arguments = graph.ops[node], graph.args[node]
        if op == "neg":
            stack.append((arguments[0], not negated))
        elif op in ("add", "sub"):
            stack.append((arguments[1], negated != (op == "sub")))
            stack.append((arguments[0], negated))
        elif op == "scatter":
            effects.append(Scatter(arguments[0], arguments[1], negated))
        elif graph.constant(node) != 0.0:
            effects.append(Store("g", node, adds=True, negated=negated))
    return effects
