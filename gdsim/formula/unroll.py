"""A graph without loops: every axis written out, every vector element by element, into a builder that others share.

What is computed is what the loops compute, in their order. Kernels over blocks of points need it: with the loops of one
point gone, the loop over points is the innermost one, and the compiler packs points into its vector registers.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

from gdsim.formula.build import Builder
from gdsim.formula.graph import THETA, Graph
from gdsim.formula.ops import OPERATORS

Element = Callable[[str, int | None], int]
"""Called with an input's name and the element (from 1; None for a single number); gives the node that stands for it."""

Place = tuple[int, ...]
"""Values of a node's loop indices, in the order of the axes' numbers."""


class TooLarge(Exception):
    """Written out, the graph would have more nodes than allowed."""


def unrolled(graph: Graph, builder: Builder, element: Element, n: int, most: int) -> tuple[tuple[int, ...], ...]:
    """The outputs of `graph` as nodes of `builder`.

    Args:
        element: stands for the inputs.
        n: the number of coordinates, the length of THETA.
        most: how many values may be written out.

    Returns:
        For each output its nodes: one, or n where it runs along THETA.

    Raises:
        TooLarge: more than `most` values. ValueError: the graph holds second derivatives of products over an index.
    """
    pass_ = _Unrolling(graph, builder, element, n, most)
    return tuple(pass_.output(node) for node in graph.outputs)


class _Unrolling:
    """One walk over the arena; `values` holds for each node its nodes in the builder, by place."""

    def __init__(self, graph: Graph, builder: Builder, element: Element, n: int, most: int) -> None:
        self.graph = graph
        self.builder = builder
        self.element = element
        self.n = n
        self.left = most
        self.values: dict[int, dict[Place, int]] = {}
        for node in graph.needed(graph.outputs):
            self.values[node] = self._values(node)

    def output(self, node: int) -> tuple[int, ...]:
        axes = self.graph.axes[node]
        if axes and axes != {THETA}:
            raise ValueError("an output along a loop other than the coordinates")
        return tuple(self.values[node].values())

    def _values(self, node: int) -> dict[Place, int]:
        graph, op = self.graph, self.graph.ops[node]
        if op == "prod_except":
            return self._all_but_one(node)
        if op == "scatter":
            return self._scattered(node)
        found: dict[Place, int] = {}
        for place in self._places(graph.axes[node]):
            self.left -= 1
            if self.left < 0:
                raise TooLarge
            found[place] = self._value(node, place)
        return found

    def _value(self, node: int, place: Place) -> int:
        graph, builder, op = self.graph, self.builder, self.graph.ops[node]
        if op == "const":
            value = graph.constant(node)
            assert value is not None
            return builder.const(value)
        if op == "input":
            return self.element(str(graph.data[node]), place[0] if place else None)
        if op == "index":
            return builder.const(float(dict(zip(sorted(graph.axes[node]), place, strict=True))[graph.axis_id(node)]))
        if op == "gather":
            return self._gathered(node, place)
        if op in ("sum", "prod"):
            return self._reduced(node, place)
        if op == "powi":
            exponent = graph.data[node]
            assert isinstance(exponent, int)
            return builder.power(self._at(graph.args[node][0], node, place), exponent)
        if op not in OPERATORS:
            raise ValueError(f"{op} cannot be written out")
        return builder.call(op, *[self._at(argument, node, place) for argument in graph.args[node]])

    def _at(self, argument: int, node: int, place: Place) -> int:
        """The value of an argument where `node` stands at `place`."""
        mine = dict(zip(sorted(self.graph.axes[node]), place, strict=True))
        return self._pick(argument, mine)

    def _pick(self, node: int, indices: dict[int, int]) -> int:
        return self.values[node][tuple(indices[axis] for axis in sorted(self.graph.axes[node]))]

    def _places(self, axes: frozenset[int]) -> Iterator[Place]:
        """All combinations of indices, bounds that depend on outer indices respected."""
        order = sorted(axes)
        stack: list[Place] = [()]
        while stack:
            place = stack.pop()
            if len(place) == len(order):
                yield place
                continue
            known = dict(zip(order, place, strict=False))
            first, last = self._range(order[len(place)], known)
            if last - first > self.left:
                raise TooLarge
            stack.extend((*place, index) for index in range(last, first - 1, -1))

    def _range(self, axis: int, indices: dict[int, int]) -> tuple[int, int]:
        if axis == THETA:
            return 1, self.n
        bounds = self.graph.axis_table[axis]
        low, high = (self.builder.constant(self._pick(node, indices)) for node in (bounds.low, bounds.high))
        if low is None or high is None:
            raise ValueError("the bounds of a loop are not known")
        if not (math.isfinite(low) and math.isfinite(high)):
            raise TooLarge
        return math.ceil(low), math.floor(high)

    def _along(self, node: int, place: Place) -> list[dict[int, int]]:
        """Indices of the rounds of a reduction's own loop, with those around it."""
        axis = self.graph.axis_id(node)
        mine = dict(zip(sorted(self.graph.axes[node] - {axis}), place, strict=True))
        first, last = self._range(axis, mine)
        if last - first > self.left:
            raise TooLarge
        return [{**mine, axis: index} for index in range(first, last + 1)]

    def _reduced(self, node: int, place: Place) -> int:
        body, product = self.graph.args[node][0], self.graph.ops[node] == "prod"
        total: int | None = None
        for indices in self._along(node, place):
            self.left -= 1
            part = self._pick(body, indices)
            total = part if total is None else self.builder.call("mul" if product else "add", total, part)
        return self.builder.const(1.0 if product else 0.0) if total is None else total

    def _gathered(self, node: int, place: Place) -> int:
        graph = self.graph
        index = self.builder.constant(self._at(graph.args[node][0], node, place))
        if index is None:
            raise ValueError("the index of an element is not known")
        if index != math.floor(index) or not 1 <= index <= self.n:
            return self.builder.const(math.nan)
        return self.element(str(graph.data[node]), int(index))

    def _all_but_one(self, node: int) -> dict[Place, int]:
        """For each index the product over all the others: those before times those behind."""
        graph, builder = self.graph, self.builder
        axis, body = graph.axis_id(node), graph.args[node][0]
        order = sorted(graph.axes[node])
        at = order.index(axis)
        found: dict[Place, int] = {}
        for outer in self._places(graph.axes[node] - {axis}):
            rounds = self._along(node, outer)
            factors = [self._pick(body, indices) for indices in rounds]
            self.left -= 3 * len(factors)
            before, behind = [builder.const(1.0)], [builder.const(1.0)]
            for factor in factors[:-1]:
                before.append(builder.call("mul", before[-1], factor))
            for factor in reversed(factors[1:]):
                behind.append(builder.call("mul", behind[-1], factor))
            for indices, one, other in zip(rounds, before, reversed(behind), strict=True):
                place = (*outer[:at], indices[axis], *outer[at:])
                found[place] = builder.call("mul", one, other)
        return found

    def _scattered(self, node: int) -> dict[Place, int]:
        """The vector whose element k is the sum of the values whose index is k."""
        graph, builder = self.graph, self.builder
        value, index = graph.args[node]
        totals: dict[int, int] = {}
        span = graph.axes[value] | graph.axes[index]
        for place in self._places(span):
            self.left -= 1
            if self.left < 0:
                raise TooLarge
            indices = dict(zip(sorted(span), place, strict=True))
            target = builder.constant(self._pick(index, indices))
            if target is None:
                raise ValueError("the index of an element is not known")
            if target == math.floor(target) and 1 <= target <= self.n:
                part, key = self._pick(value, indices), int(target)
                totals[key] = part if key not in totals else builder.call("add", totals[key], part)
        zero = builder.const(0.0)
        return {(k,): totals.get(k, zero) for k in range(1, self.n + 1)}
