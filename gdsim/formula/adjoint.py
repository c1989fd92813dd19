"""Reverse accumulation: from one value back to everything it depends on, at a few times the cost of the value.

At a branch the adjoint is not masked on the way in, for 0 * inf is NaN: each contribution carries the conditions under
which it counts (its guard), flows on unmasked, and is chosen only where contributions with different guards meet, at
the latest at the inputs. So both branches' derivatives are finished before one is selected.
"""

from __future__ import annotations

from collections.abc import Collection

from gdsim.formula.build import Builder
from gdsim.formula.graph import THETA, Graph
from gdsim.formula.guards import ALWAYS, Guards
from gdsim.formula.operator import Branch
from gdsim.formula.ops import OPERATORS
from gdsim.formula.term import Term


def dependent(graph: Graph, names: Collection[str]) -> bytearray:
    """For each node whether its derivative by one of the named inputs can be anything but zero."""
    flags = bytearray(len(graph.ops))
    for node, op in enumerate(graph.ops):
        if op in ("input", "gather"):
            flags[node] = graph.data[node] in names
            continue
        operator = OPERATORS.get(op)
        if operator is None:
            flags[node] = op != "index" and any(flags[argument] for argument in graph.args[node])
        elif operator.branch is not None:
            handed_on = (operator.branch.yes, operator.branch.no)
            flags[node] = any(k is not None and flags[graph.args[node][k]] for k in handed_on)
        elif operator.rules:
            flags[node] = any(flags[argument] for argument in graph.args[node])
    return flags


def pull(builder: Builder, node: int, position: int, weight: int) -> int:
    """`weight` times the partial derivative of an operator's node by its argument number `position`."""
    op, data = builder.ops[node], builder.data[node]
    terms = [Term(builder, argument) for argument in builder.args[node]]
    extra = () if data is None else (data,)
    rule = OPERATORS[op].rules[position]
    return rule(Term(builder, weight), *terms, Term(builder, node), *extra).node


def adjoints(builder: Builder, graph: Graph, output: int, names: Collection[str]) -> dict[str, int]:
    """The gradient of the node `output` by the named inputs, as nodes added to `builder` (made upon `graph`).

    Inputs that the output does not depend on are left out.

    Raises:
        ValueError: the output is not a single number.
    """
    if graph.axes[output]:
        raise ValueError("only a single number has a gradient")
    sweep = _Sweep(builder, graph, dependent(graph, names))
    return sweep.run(output)


class _Sweep:
    """One walk from the output to the inputs."""

    def __init__(self, builder: Builder, graph: Graph, active: bytearray) -> None:
        self.builder = builder
        self.graph = graph
        self.active = active
        # per node: contributions by the axes still to be summed over (see `_add`), then by guard
        self.pending: dict[int, dict[frozenset[int], dict[int, int]]] = {}
        self.guards = Guards(builder)
        self.gradient: dict[str, int] = {}

    def run(self, output: int) -> dict[str, int]:
        if self.active[output]:
            self._add(output, self.builder.const(1.0), frozenset(), ALWAYS)
        for node in range(output, -1, -1):
            for kept, contributions in self.pending.pop(node, {}).items():
                weight, guard = self._merged(contributions, leaf=self.graph.ops[node] in ("input", "gather"))
                self._spread(node, weight, self.graph.axes[node] | kept, guard)
        return self.gradient

    def _spread(self, node: int, weight: int, domain: frozenset[int], guard: int) -> None:
        """Hand the adjoint of a node, one value per index of `domain`, on to its arguments."""
        graph, builder = self.graph, self.builder
        op, arguments = graph.ops[node], graph.args[node]
        operator = OPERATORS.get(op)
        if operator is not None:
            if operator.branch is not None:
                self._spread_branch(operator.branch, node, weight, domain, guard)
                return
            for position, argument in enumerate(arguments):
                if self.active[argument]:
                    self._add(argument, pull(builder, node, position, weight), domain, guard)
        elif op == "input":
            self._finish(str(graph.data[node]), weight)
        elif op == "gather":
            for axis in sorted(domain - graph.axes[node] - builder.axes[weight], reverse=True):
                weight = builder.reduce("sum", weight, axis)
            scattered = builder.structural("scatter", (weight, arguments[0]), graph.data[node], frozenset({THETA}))
            self._finish(str(graph.data[node]), scattered)
        elif op in ("sum", "prod"):
            axis, body = graph.axis_id(node), arguments[0]
            if op == "prod":
                axes = graph.axes[body] | builder.axes_of(axis)
                others = builder.structural("prod_except", (body,), axis, axes)
                weight = builder.call("mul", weight, others)
            self._add(body, weight, domain | graph.axes[body] | builder.axes_of(axis), guard)
        else:
            raise ValueError(f"{op} is a derivative already; take a tangent of it instead")

    def _spread_branch(self, branch: Branch, node: int, weight: int, domain: frozenset[int], guard: int) -> None:
        arguments = self.graph.args[node]
        terms = [Term(self.builder, argument) for argument in arguments]
        condition = branch.condition(*terms).node
        for position, truth in ((branch.yes, True), (branch.no, False)):
            if position is not None and self.active[arguments[position]]:
                self._add(arguments[position], weight, domain, self.guards.within(guard, condition, truth))

    def _finish(self, name: str, weight: int) -> None:
        known = self.gradient.get(name)
        self.gradient[name] = weight if known is None else self.builder.call("add", known, weight)

    def _add(self, node: int, weight: int, domain: frozenset[int], guard: int) -> None:
        """Note a contribution with one value per index of `domain`.

        It is summed over the axes that the node does not have, but for those outside of the node's own: their sum
        would need an array. These wait until the contribution is scattered.
        """
        builder = self.builder
        own = self.graph.axes[node]
        kept: set[int] = set()
        for axis in sorted(domain - own, reverse=True):
            guarded = self.guards.runs_over(guard, axis)
            if axis < max(own, default=-1) and (guarded or axis in builder.axes[weight]):
                kept.add(axis)
                continue
            if guarded:
                zero, one, holds = builder.const(0.0), builder.const(1.0), self.guards.node(guard)
                weight = builder.call("select", holds, weight, zero)
                count = builder.reduce("sum", builder.call("select", holds, one, zero), axis)
                guard = self.guards.within(ALWAYS, builder.call("gt", count, zero), True)
            weight = builder.reduce("sum", weight, axis)
        contributions = self.pending.setdefault(node, {}).setdefault(frozenset(kept), {})
        known = contributions.get(guard)
        contributions[guard] = weight if known is None else builder.call("add", known, weight)

    def _merged(self, contributions: dict[int, int], *, leaf: bool) -> tuple[int, int]:
        """One adjoint out of contributions with different guards, and the guard under which it counts."""
        builder, guards = self.builder, self.guards
        if len(contributions) > 1:
            contributions = self._paired(contributions)
        if len(contributions) == 1 and not leaf:
            ((guard, weight),) = contributions.items()
            return weight, guard
        shared = ALWAYS if leaf else guards.shared(contributions)
        total: int | None = None
        for guard, weight in contributions.items():
            chosen = weight
            if guard != shared:
                chosen = builder.call("select", guards.node(guard, shared), weight, builder.const(0.0))
            total = chosen if total is None else builder.call("add", total, chosen)
        assert total is not None
        if leaf or shared in contributions:
            return total, shared
        return total, guards.any_of(contributions, shared)

    def _paired(self, contributions: dict[int, int]) -> dict[int, int]:
        """Join the two sides of a condition, innermost conditions first: select(condition, yes, no)."""
        guards = self.guards
        by_depth: dict[int, list[int]] = {}
        for guard in contributions:
            by_depth.setdefault(guards.depth[guard], []).append(guard)
        weights = dict(contributions)
        for depth in range(max(by_depth), 0, -1):
            for guard in by_depth.get(depth, ()):
                other = guards.opposite(guard)
                if other is None or guard not in weights or other not in weights:
                    continue
                sides = {guards.truth[guard]: weights.pop(guard), guards.truth[other]: weights.pop(other)}
                chosen = self.builder.call("select", guards.condition[guard], sides[True], sides[False])
                outer = guards.outer[guard]
                if outer in weights:
                    weights[outer] = self.builder.call("add", weights[outer], chosen)
                else:
                    weights[outer] = chosen
                    by_depth.setdefault(depth - 1, []).append(outer)
        return weights
