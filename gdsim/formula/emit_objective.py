"""Source of the kernels of an objective: value, value with gradient, and both over blocks of points."""

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
    - ``value_block(X, p, out, start, stop)``: X is (n, m), one point per column
    - ``value_gradient_block(X, p, out, G, start, stop)``: fills out (m) and G (n, m)

    x, p, g are anything that can be indexed; p holds the parameters in the order of `graph.parameters`.

    Args:
        graph: its first output is the value; coordinates are scalar inputs, or one vector.
        n: the number of coordinates.

    Raises:
        ValueError: loops that cannot be written (see `schedule`).
    """
    constants = Constants()
    derived = value_gradient(graph)
    blocks = [
        _function(graph, n, dialect, constants, with_gradient=False, over_block=False),
        _function(derived, n, dialect, constants, with_gradient=True, over_block=False),
        _function(graph, n, dialect, constants, with_gradient=False, over_block=True),
        _function(derived, n, dialect, constants, with_gradient=True, over_block=True),
    ]
    return constants.source() + "".join(f"\n\n{block}" for block in blocks)


def _function(
    graph: Graph, n: int, dialect: Dialect, constants: Constants, *, with_gradient: bool, over_block: bool
) -> str:
    point = ", k" if over_block else ""
    array, target = ("X", "G") if over_block else ("x", "g")
    loads = {entry.name: f"p[{k}]" for k, entry in enumerate(graph.parameters)}
    for k, entry in enumerate(graph.coordinates):
        loads[entry.name] = f"{array}[{{0}}{point}]" if entry.vector else f"{array}[{k}{point}]"
    positions = Positions(graph)
    writer = Writer(
        graph,
        positions,
        constants,
        loads=loads,
        stores={"g": f"{target}[{{0}}{point}]"},
        length=str(n),
        n=n,
        dialect=dialect,
    )
    name = ("value_gradient" if with_gradient else "value") + ("_block" if over_block else "")
    gradient = f", {target}" if with_gradient else ""
    known: frozenset[int] = frozenset()
    scheduler = Scheduler(graph, positions)
    if over_block:
        head = f"def {name}(X, p, out{gradient}, start, stop):"
        known = _write_uniform(graph, writer, scheduler)
        writer.line("for k in range(start, stop):")
        writer.indent += 1
    else:
        head = f"def {name}(x, p{gradient}):"
    value = graph.outputs[0]
    vector = with_gradient and any(entry.vector for entry in graph.coordinates)
    effects = vector_effects(graph, graph.outputs[1]) if vector else []
    components = () if vector or not with_gradient else graph.outputs[1:]
    if vector:
        writer.line(f"for i0 in range({n}):")
        writer.line(f"    {target}[i0{point}] = ZERO")
    writer.write(scheduler.plan([value, *components], effects, known))
    for k, component in enumerate(components):
        writer.line(f"{target}[{k}{point}] = {writer.number(component)}")
    writer.line(f"out[k] = {writer.number(value)}" if over_block else f"return {writer.number(value)}")
    lines = [head, *[f"    {line}" for line in writer.arrays], *writer.lines]
    return "\n".join(lines) + "\n"


def _write_uniform(graph: Graph, writer: Writer, scheduler: Scheduler) -> frozenset[int]:
    """Compute before the loop over points what is the same for all of them; these nodes are returned."""
    varies = bytearray(len(graph.ops))
    names = {entry.name for entry in graph.coordinates}
    for node, op in enumerate(graph.ops):
        own = op in ("input", "gather", "scatter") and graph.data[node] in names
        varies[node] = own or any(varies[argument] for argument in graph.args[node])
    frontier: set[int] = set()
    for node in graph.needed(graph.outputs):
        if varies[node] or graph.axes[node]:
            used = graph.dependencies(node)
            frontier.update(argument for argument in used if not varies[argument] and not graph.axes[argument])
    items = scheduler.plan(sorted(frontier))
    writer.write(items)
    return frozenset(item for item in items if isinstance(item, int)) | frozenset(frontier)


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
