"""Puts the nodes of a graph into loops: which loop computes what, in what order, and what is fused into one.

Work is placed by context (the loops around it) and phase (how many loops of that context have to be over before).
Loops over the same axis in the same phase are one. Nothing but products' partial results is ever stored in an array:
inside a loop, what it needs along its axis is computed again.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from gdsim.formula.graph import THETA, Graph
from gdsim.formula.positions import Positions


@dataclass(frozen=True, slots=True)
class Scatter:
    """Add `value` (negated if asked) to the element of the output vector that node `index` names."""

    value: int
    index: int
    negated: bool


@dataclass(frozen=True, slots=True)
class Store:
    """Write node `value`, one element per coordinate, into the array called `array`, or add it there."""

    array: str
    value: int
    adds: bool = False
    negated: bool = False


Effect = Scatter | Store


@dataclass(slots=True)
class Loop:
    """`for` over an axis: the reductions it accumulates as (node, body), and what is done in each round."""

    axis: int
    reductions: list[tuple[int, int]] = field(default_factory=list)
    effects: list[Effect] = field(default_factory=list)
    body: list[Item] = field(default_factory=list)


@dataclass(slots=True)
class Scan:
    """Fills the array of a `prod_except` node: a walk up for the products before, a walk down for those behind."""

    node: int
    body: list[Item] = field(default_factory=list)


Item = int | Effect | Loop | Scan
"""A node to compute, something to write, or a loop."""

SCANS = frozenset({"prod_except", "prod_except_tangent"})


class Scheduler:
    """Plans contexts of one graph."""

    def __init__(self, graph: Graph, positions: Positions) -> None:
        self.graph = graph
        self.positions = positions

    def plan(
        self,
        wanted: Iterable[int],
        effects: Sequence[Effect] = (),
        known: frozenset[int] = frozenset(),
        context: frozenset[int] = frozenset(),
    ) -> list[Item]:
        """What to do inside the loops `context` to have the nodes `wanted` and the effects done.

        Args:
            known: nodes computed already, around the context.

        Raises:
            ValueError: a loop is needed inside a loop over the same axis.
        """
        wanted = list(wanted)
        cone = self._cone([*wanted, *[node for effect in effects for node in self._reads(effect)]], known)
        phases: dict[int, int] = {}
        local: dict[int, list[int]] = {}
        loops: dict[tuple[int, int], Loop] = {}
        scans: dict[int, list[Scan]] = {}
        for node in cone:
            phase = max((phases[used] for used in self._dependencies(node) if used in phases), default=0)
            phases[node] = phase
            op, axes = self.graph.ops[node], self.graph.axes[node]
            if op in ("sum", "prod") and axes <= context:
                axis = self._new_loop(node, context)
                loops.setdefault((phase, axis), Loop(axis)).reductions.append((node, self.graph.args[node][0]))
                phases[node] = phase + 1
            elif op in SCANS and axes - {self.graph.axis_id(node)} <= context:
                self._new_loop(node, context)
                scans.setdefault(phase, []).append(Scan(node))
                phases[node] = phase + 1
            elif axes <= context:
                local.setdefault(phase, []).append(node)
        last = [effect for effect in effects if self._domain(effect) <= context]
        inner = [effect for effect in effects if effect not in last]
        reached = {effect: self._phase(effect, phases) for effect in inner}
        # what is stored is stored in the last loop, when nothing reads the old values any more
        latest = max([*reached.values(), *(phase for phase, _ in loops)], default=0)
        for effect in inner:
            phase = latest if isinstance(effect, Store) else reached[effect]
            axis = min(self._domain(effect) - context)
            loops.setdefault((phase, axis), Loop(axis)).effects.append(effect)
        return [*self._ordered(local, loops, scans, known, context), *last]

    def _ordered(
        self,
        local: dict[int, list[int]],
        loops: dict[tuple[int, int], Loop],
        scans: dict[int, list[Scan]],
        known: frozenset[int],
        context: frozenset[int],
    ) -> list[Item]:
        items: list[Item] = []
        have = set(known)
        final = max([0, *local, *scans, *(phase for phase, _ in loops)])
        for phase in range(final + 1):
            items.extend(local.get(phase, ()))
            have.update(local.get(phase, ()))
            around = frozenset(have)
            for scan in scans.get(phase, ()):
                inside = context | {self.graph.axis_id(scan.node)}
                scan.body = self.plan(self.graph.args[scan.node], (), around, inside)
                items.append(scan)
                have.add(scan.node)
            for (_, axis), loop in sorted(entry for entry in loops.items() if entry[0][0] == phase):
                bodies = [body for _, body in loop.reductions]
                loop.body = self.plan(bodies, loop.effects, around, context | {axis})
                items.append(loop)
                have.update(node for node, _ in loop.reductions)
        return items

    def _new_loop(self, node: int, context: frozenset[int]) -> int:
        """The axis of a loop to begin; derivatives are built so that loops nest in the order of their numbers."""
        axis = self.graph.axis_id(node)
        if axis in context:
            raise ValueError("a sum over an index is needed inside a loop over the same index")
        return axis

    def _cone(self, targets: Iterable[int], known: frozenset[int]) -> list[int]:
        """All nodes that have to be computed for the targets, in order."""
        seen: set[int] = set()
        stack = [node for node in targets if node not in known]
        while stack:
            node = stack.pop()
            if node not in seen:
                seen.add(node)
                stack.extend(used for used in self._dependencies(node) if used not in known and used not in seen)
        return sorted(seen)

    def _dependencies(self, node: int) -> tuple[int, ...]:
        """The nodes whose computed value the text of `node` reads; plain positions are written out in place."""
        graph = self.graph
        if graph.ops[node] == "gather":
            index = graph.args[node][0]
            return () if self.positions.of(index) is not None else (index,)
        if graph.ops[node] == "index":
            return ()
        if graph.ops[node] in ("sum", "prod") or graph.ops[node] in SCANS:
            axis = graph.axis_id(node)
            bounds = () if axis == THETA else (graph.axis_table[axis].low, graph.axis_table[axis].high)
            return (*graph.args[node], *[bound for bound in bounds if self.positions.of(bound) is None])
        return graph.args[node]

    def _reads(self, effect: Effect) -> tuple[int, ...]:
        if isinstance(effect, Store):
            return (effect.value,)
        plain = self.positions.of(effect.index) is not None
        nodes = (effect.value,) if plain else (effect.value, effect.index)
        axes = [axis for axis in self._domain(effect) if axis != THETA]
        bounds = [node for axis in axes for node in self._bounds(axis) if self.positions.of(node) is None]
        return (*nodes, *bounds)

    def _bounds(self, axis: int) -> tuple[int, int]:
        return self.graph.axis_table[axis].low, self.graph.axis_table[axis].high

    def _domain(self, effect: Effect) -> frozenset[int]:
        if isinstance(effect, Store):
            return frozenset({THETA})
        return self.graph.axes[effect.value] | self.graph.axes[effect.index]

    def _phase(self, effect: Effect, phases: dict[int, int]) -> int:
        return max((phases[node] for node in self._reads(effect) if node in phases), default=0)
