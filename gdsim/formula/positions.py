"""Where loops and indices can go: positions known in advance need no check in the kernel."""

from __future__ import annotations

import math

from gdsim.formula.graph import THETA, Graph

Position = tuple[int | None, int]
"""(axis, offset): the loop's variable plus a whole number; (None, k): the number k."""

EVERYWHERE = (-math.inf, math.inf)


class Positions:
    """Answers for one graph: which nodes are a loop variable plus a number, and between what bounds each lies."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self._position: dict[int, Position | None] = {}
        self._range: dict[int, tuple[float, float]] = {}
        for node, op in enumerate(graph.ops):
            if graph.axes[node] or op == "const":
                self._position[node] = self._find_position(node, op)
                self._range[node] = self._find_range(node, op)

    def of(self, node: int) -> Position | None:
        """The node as a loop variable plus a whole number, or None."""
        return self._position.get(node)

    def range_of(self, node: int) -> tuple[float, float]:
        """Bounds of the node's values, infinite where nothing is known."""
        return self._range.get(node, EVERYWHERE)

    def axis_range(self, axis: int) -> tuple[float, float]:
        """The smallest and the largest value of a loop's variable."""
        if axis == THETA:
            return 1.0, math.inf
        bounds = self.graph.axis_table[axis]
        return math.ceil(self.range_of(bounds.low)[0]), math.floor(self.range_of(bounds.high)[1])

    def inside(self, node: int, n: int) -> bool:
        """Whether the node is known to be one of 1..n wherever it occurs."""
        low, high = self.range_of(node)
        return self.of(node) is not None and low >= 1 and high <= n

    def _find_position(self, node: int, op: str) -> Position | None:
        graph = self.graph
        if op == "const":
            value = graph.constant(node)
            return (None, int(value)) if value is not None and abs(value) < 2**53 and value.is_integer() else None
        if op == "index":
            return graph.axis_id(node), 0
        if op in ("add", "sub"):
            first, second = (self._position.get(argument) for argument in graph.args[node])
            if first is None or second is None:
                return None
            if op == "add" and first[0] is None:
                first, second = second, first
            if second[0] is None:
                return first[0], first[1] + (second[1] if op == "add" else -second[1])
        return None

    def _find_range(self, node: int, op: str) -> tuple[float, float]:
        graph = self.graph
        if op == "const":
            value = graph.constant(node)
            return EVERYWHERE if value is None or math.isnan(value) else (value, value)
        if op == "index":
            return self.axis_range(graph.axis_id(node))
        sides = [self._range.get(argument, EVERYWHERE) for argument in graph.args[node]]
        if op == "neg":
            return -sides[0][1], -sides[0][0]
        if op == "add":
            return sides[0][0] + sides[1][0], sides[0][1] + sides[1][1]
        if op == "sub":
            return sides[0][0] - sides[1][1], sides[0][1] - sides[1][0]
        if op == "mul" and all(math.isfinite(end) for side in sides for end in side):
            ends = [a * b for a in sides[0] for b in sides[1]]
            return min(ends), max(ends)
        return EVERYWHERE
