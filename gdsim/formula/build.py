"""Builds graphs: equal nodes become one, constants are folded, nothing that changes a float result is done.

A builder for a derived graph (`derived=True`) may also gather constant factors and drop exact zeros in sums: what it
builds is not the user's text.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

from gdsim.errors import FormulaError
from gdsim.formula.graph import REDUCTIONS, THETA, Axis, Graph, Input, Role
from gdsim.formula.ops import ARITY, COMPOSED, fold
from gdsim.formula.simplify import rewritten

MAX_NESTING = 8
"""Loops within loops; each is a loop in the kernel."""
MAX_TERMS = 10_000_000
"""The longest loop."""

Place = tuple[int, int] | None
NO_AXES: frozenset[int] = frozenset()


class Builder:
    """Grows an arena node by node; every method that makes a node returns its number."""

    def __init__(self, *, derived: bool = False) -> None:
        self.derived = derived
        self.ops: list[str] = []
        self.args: list[tuple[int, ...]] = []
        self.data: list[object] = []
        self.axes: list[frozenset[int]] = []
        self.places: list[Place] = []
        self.axis_table: list[Axis] = [Axis("theta", -1, -1)]
        self.inputs: dict[str, Input] = {}
        self._known: dict[tuple[object, ...], int] = {}
        self._open: set[int] = set()

    @classmethod
    def upon(cls, graph: Graph) -> Builder:
        """A builder of a derived graph that begins with all nodes of `graph`, numbered as there."""
        builder = cls(derived=True)
        builder.ops, builder.args, builder.data = list(graph.ops), list(graph.args), list(graph.data)
        builder.axes, builder.places = list(graph.axes), list(graph.places)
        builder.axis_table = list(graph.axis_table)
        builder.inputs = {entry.name: entry for entry in graph.inputs}
        for node, (op, args, data) in enumerate(zip(graph.ops, graph.args, graph.data, strict=True)):
            builder._known.setdefault(_key(op, args, data), node)
        return builder

    # Leaves

    def const(self, value: float, place: Place = None) -> int:
        """A number."""
        return self._node("const", (), float(value), NO_AXES, place)

    def input(self, name: str, role: Role = "given", *, vector: bool = False, place: Place = None) -> int:
        """A value handed in; the same name is the same node. A vector stands for each of its elements in turn."""
        self.declare(name, role, vector=vector)
        return self._node("input", (), name, frozenset({THETA}) if vector else NO_AXES, place)

    def declare(self, name: str, role: Role = "given", *, vector: bool = False) -> None:
        """Fix the input's place in the order of inputs without reading it (for `gather`, or for one not used)."""
        self.inputs.setdefault(name, Input(name, vector, role))

    def axis(self, name: str, low: int, high: int) -> int:
        """A loop over the whole numbers from node `low` to node `high`, until `reduce` closes it.

        A closed loop with the same bounds is used again, so that sums over the same range become one loop.

        Raises:
            FormulaError: a bound depends on an input, or there are too many terms.
        """
        self._check_bounds(name, low, high)
        inside = max(self._open, default=THETA)
        for axis in range(inside + 1, len(self.axis_table)):
            known = self.axis_table[axis]
            if (known.low, known.high) == (low, high):
                self._open.add(axis)
                return axis
        self.axis_table.append(Axis(name, low, high))
        self._open.add(len(self.axis_table) - 1)
        return len(self.axis_table) - 1

    def index(self, axis: int, place: Place = None) -> int:
        """The value of the loop's variable."""
        return self._node("index", (), axis, self.axes_of(axis), place)

    def gather(self, vector: str, index: int, place: Place = None) -> int:
        """Element `index` (from 1) of a vector input that was declared."""
        if vector not in self.inputs or not self.inputs[vector].vector:
            raise ValueError(f"{vector!r} is no vector input")
        if self._reads_input(index):
            raise FormulaError(f"the index of {vector} depends on a variable or parameter", hint="Say which element")
        return self._node("gather", (index,), vector, self.axes[index], place)

    # Inner nodes

    def call(self, op: str, *nodes: int, place: Place = None) -> int:
        """An operator of `ops.ARITY` applied to nodes."""
        if len(nodes) != ARITY[op]:
            raise ValueError(f"{op} takes {ARITY[op]} arguments, not {len(nodes)}")
        if op not in COMPOSED and all(self.ops[node] == "const" for node in nodes):
            return self.const(fold(op, [self.constant(node) or 0.0 for node in nodes]), place)
        simpler = rewritten(self, op, nodes, place)
        if simpler is not None:
            return simpler
        axes = NO_AXES.union(*[self.axes[node] for node in nodes])
        return self._node(op, nodes, None, axes, place)

    def power(self, base: int, exponent: int, place: Place = None) -> int:
        """`base` to a constant whole power, to be made by multiplications; 0 and 1 need none."""
        if exponent == 0:
            return self.const(1.0, place)
        if exponent == 1:
            return base
        value = self.constant(base)
        if value is not None:
            return self.const(fold("powi", [value], exponent), place)
        return self._node("powi", (base,), exponent, self.axes[base], place)

    def reduce(self, op: str, body: int, axis: int, place: Place = None) -> int:
        """The ``sum`` or ``prod`` of the body over a loop, which is closed by it."""
        if op not in REDUCTIONS:
            raise ValueError(f"{op} does not reduce")
        self._open.discard(axis)
        axes = (self.axes[body] - {axis}) | (self.axes_of(axis) - {axis})
        if len(axes) >= MAX_NESTING:
            raise FormulaError("too many sums within sums", hint=f"at most {MAX_NESTING} can be nested")
        return self._node(op, (body,), axis, axes, place)

    def structural(self, op: str, args: tuple[int, ...], data: object, axes: frozenset[int]) -> int:
        """A node of one of the structural operations that only derivatives need."""
        return self._node(op, args, data, axes, None)

    # Questions

    def constant(self, node: int) -> float | None:
        """The value of a constant node, None for any other."""
        value = self.data[node] if self.ops[node] == "const" else None
        return value if isinstance(value, float) else None

    def axes_of(self, axis: int) -> frozenset[int]:
        """The loop itself and those that its bounds run over."""
        bounds = self.axis_table[axis]
        return frozenset({axis}) if axis == THETA else self.axes[bounds.low] | self.axes[bounds.high] | {axis}

    def build(self, outputs: Iterable[int], *, prune: bool = False) -> Graph:
        """The finished graph. Nodes keep their numbers unless pruned of all that the outputs do not need."""
        graph = Graph(
            tuple(self.ops),
            tuple(self.args),
            tuple(self.data),
            tuple(self.axes),
            tuple(self.places),
            tuple(outputs),
            tuple(self.axis_table),
            tuple(self.inputs.values()),
        )
        return pruned(graph) if prune else graph

    def _node(self, op: str, args: tuple[int, ...], data: object, axes: frozenset[int], place: Place) -> int:
        key = _key(op, args, data)
        known = self._known.get(key)
        if known is not None:
            return known
        self.ops.append(op)
        self.args.append(args)
        self.data.append(data)
        self.axes.append(axes)
        self.places.append(place)
        self._known[key] = len(self.ops) - 1
        return len(self.ops) - 1

    def _check_bounds(self, name: str, low: int, high: int) -> None:
        values = [self.constant(low), self.constant(high)]
        if self._reads_input(low) or self._reads_input(high):
            raise FormulaError(
                f"the bounds of the sum over {name} depend on a variable or parameter",
                hint="Bounds are numbers, n, or the index of a sum around it",
            )
        for value in values:
            if value is not None and not math.isfinite(value):
                raise FormulaError(f"the sum over {name} never ends")
        first, last = values
        if first is not None and last is not None and last - first >= MAX_TERMS:
            raise FormulaError(f"the sum over {name} has too many terms", hint=f"at most {MAX_TERMS:,} are possible")

    def _reads_input(self, node: int) -> bool:
        stack, seen = [node], {node}
        while stack:
            node = stack.pop()
            if self.ops[node] in ("input", "gather"):
                return True
            fresh = [argument for argument in self.args[node] if argument not in seen]
            seen.update(fresh)
            stack.extend(fresh)
        return False


def pruned(graph: Graph) -> Graph:
    """The graph with only what its outputs need, renumbered; the axis table and the inputs stay."""
    kept = graph.needed(
        [*graph.outputs, *[node for axis in graph.axis_table[1:] for node in (axis.low, axis.high)]]
    )
    new = {node: number for number, node in enumerate(kept)}
    return Graph(
        tuple(graph.ops[node] for node in kept),
        tuple(tuple(new[argument] for argument in graph.args[node]) for node in kept),
        tuple(graph.data[node] for node in kept),
        tuple(graph.axes[node] for node in kept),
        tuple(graph.places[node] for node in kept),
        tuple(new[node] for node in graph.outputs),
        (graph.axis_table[THETA], *[Axis(axis.name, new[axis.low], new[axis.high]) for axis in graph.axis_table[1:]]),
        graph.inputs,
    )


def _key(op: str, args: tuple[int, ...], data: object) -> tuple[object, ...]:
    if isinstance(data, float):  # 0.0 == -0.0, but not for 1/x
        return (op, data, math.copysign(1.0, data))
    return (op, args, data)
