"""Source of the kernels of an objective over blocks of points: value, and value with gradient.

A block is one buffer of rows with `width` numbers each, their places fixed in the text: rows 0 ... n-1 hold the points'
coordinates, row n the value, rows n+1 ... 2n the gradient. One buffer with constant places is what lets the compiler
see that rows never overlap, so that it packs neighbouring points into vector registers.

Functions that are exact only up to some size of their argument (`reach`) report when it was exceeded: the kernel
returns how, and the engine does the block again with the library's functions.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from gdsim.formula.dialect import NEAR
from gdsim.formula.emit_objective import vector_effects
from gdsim.formula.graph import Graph
from gdsim.formula.positions import Positions
from gdsim.formula.schedule import Scheduler
from gdsim.formula.source import Constants, Writer

_NUMBERS = 4096
_NARROWEST, _WIDEST = 16, 512


def block_width(rows: int) -> int:
    """How many points make a block of so many rows: a power of two; the block stays in the first-level cache."""
    fitting = max(1, _NUMBERS // max(rows, 1))
    return max(_NARROWEST, min(_WIDEST, 1 << (fitting.bit_length() - 1)))


def block_source(graph: Graph, n: int, width: int, reach: float = 0.0, *, gradient: bool) -> str:
    """A plain function ``block(B, p) -> int`` for Numba: fills the value's row, and with `gradient` those behind it.

    Args:
        graph: the value as first output; for `gradient` that of `derive.value_gradient`. Coordinates are n numbers or
            one vector.
        width: points in a block. p holds the parameters in the order of `graph.parameters`.
        reach: arguments of the functions in `dialect.NEAR` above this are reported by an answer that is not 0; 0 asks
            for none (the library's functions take all).
    """
    constants, positions = Constants(), Positions(graph)
    loads = {entry.name: f"p[{k}]" for k, entry in enumerate(graph.parameters)}
    for k, entry in enumerate(graph.coordinates):
        loads[entry.name] = f"B[({{0}}) * {width} + k]" if entry.vector else f"B[{k * width} + k]"
    target = f"B[({n + 1} + {{0}}) * {width} + k]"
    writer = Writer(graph, positions, constants, loads=loads, stores={"g": target}, length=str(n), n=n)
    scheduler = Scheduler(graph, positions)
    known = _write_uniform(graph, writer, scheduler)
    writer.line("far = 0")
    writer.line(f"for k in range({width}):")
    writer.indent += 1
    value = graph.outputs[0]
    vector = gradient and any(entry.vector for entry in graph.coordinates)
    effects = vector_effects(graph, graph.outputs[1]) if vector else []
    components = () if vector or not gradient else graph.outputs[1:]
    if vector:
        writer.line(f"for i0 in range({n}):")
        writer.line(f"    {target.format('i0')} = ZERO")
    writer.reach = constants.name(reach) if reach else ""
    writer.write(scheduler.plan([value, *components], effects, known))
    for k, component in enumerate(components):
        writer.line(f"B[{(n + 1 + k) * width} + k] = {writer.number(component)}")
    writer.line(f"B[{n * width} + k] = {writer.number(value)}")
    lines = ["def block(B, p):", *[f"    {line}" for line in writer.arrays], *writer.lines, "    return far"]
    return constants.source() + "\n\n" + "\n".join(lines) + "\n"


def reads_near(graph: Graph) -> bool:
    """Whether a kernel of the graph calls functions with a limited reach."""
    return any(graph.ops[node] in NEAR for node in graph.needed(graph.outputs))


def varying(graph: Graph, names: Iterable[str] | Mapping[str, object]) -> bytearray:
    """For each node whether it depends on one of the inputs `names`."""
    own = set(names)
    varies = bytearray(len(graph.ops))
    for node, op in enumerate(graph.ops):
        mine = op in ("input", "gather", "scatter") and graph.data[node] in own
        varies[node] = mine or any(varies[argument] for argument in graph.args[node])
    return varies


def _write_uniform(graph: Graph, writer: Writer, scheduler: Scheduler) -> frozenset[int]:
    """Compute before the loop over points what is the same for all of them; these nodes are returned."""
    varies = varying(graph, [entry.name for entry in graph.coordinates])
    frontier: set[int] = set()
    for node in graph.needed(graph.outputs):
        if varies[node] or graph.axes[node]:
            used = graph.dependencies(node)
            frontier.update(argument for argument in used if not varies[argument] and not graph.axes[argument])
    items = scheduler.plan(sorted(frontier))
    writer.write(items)
    return frozenset(item for item in items if isinstance(item, int)) | frozenset(frontier)
