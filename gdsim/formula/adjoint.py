"""Reverse accumulation: from one value back to everything it depends on, at a few times the cost of the value.

At a branch the adjoint is not masked on the way in, for 0 * inf is NaN: each contribution carries the conditions under
which it counts (its guard), flows on unmasked, and is chosen only where contributions with different guards meet, at
the latest at the inputs. So both branches' derivatives are finished before one is selected.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

from gdsim.formula.build import Builder
from gdsim.formula.graph import THETA, Graph
from gdsim.formula.operator import Branch
from gdsim.formula.ops import OPERATORS
from gdsim.formula.term import Term

Guard = tuple[tuple[int, bool], ...]
"""Conditions (node, wanted truth) that all have to hold for a contribution to count; () is always."""


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
        # per node: contributions by guard, each already summed over the axes that the node does not have
        self.pending: dict[int, dict[Guard, int]] = {}
        self.gradient: dict[str, int] = {}

    def run(self, output: int) -> dict[str, int]:
        if self.active[output]:
            self._add(output, self.builder.const(1.0), frozenset(), ())
        for node in range(output, -1, -1):
            contributions = self.pending.pop(node, None)
            if contributions:
                weight, guard = self._merged(contributions, leaf=self.graph.ops[node] in ("input", "gather"))
                self._spread(node, weight, guard)
        return self.gradient

    def _spread(self, node: int, weight: int, guard: Guard) -> None:
        """Hand the adjoint of a node on to its arguments."""
        graph, builder = self.graph, self.builder
        op, arguments, domain = graph.ops[node], graph.args[node], graph.axes[node]
        operator = OPERATORS.get(op)
        if operator is not None:
            if operator.branch is not None:
                self._spread_branch(operator.branch, node, weight, guard)
                return
            for position, argument in enumerate(arguments):
                if self.active[argument]:
                    self._add(argument, pull(builder, node, position, weight), domain, guard)
        elif op == "input":
            self._finish(str(graph.data[node]), weight)
        elif op == "gather":
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

    def _spread_branch(self, branch: Branch, node: int, weight: int, guard: Guard) -> None:
        arguments = self.graph.args[node]
        terms = [Term(self.builder, argument) for argument in arguments]
        condition = branch.condition(*terms).node
        for position, truth in ((branch.yes, True), (branch.no, False)):
            if position is not None and self.active[arguments[position]]:
                self._add(arguments[position], weight, self.graph.axes[node], (*guard, (condition, truth)))

    def _finish(self, name: str, weight: int) -> None:
        known = self.gradient.get(name)
        self.gradient[name] = weight if known is None else self.builder.call("add", known, weight)

    def _add(self, node: int, weight: int, domain: frozenset[int], guard: Guard) -> None:
        """Note a contribution with one value per index of `domain`; sum what goes beyond the node's own axes."""
        builder = self.builder
        for axis in sorted(domain - self.graph.axes[node], reverse=True):
            if guard and any(axis in builder.axes[condition] for condition, _ in guard):
                holds = _all_of(builder, guard)
                weight = builder.call("select", holds, weight, builder.const(0.0))
                count = builder.reduce(
                    "sum", builder.call("select", holds, builder.const(1.0), builder.const(0.0)), axis
                )
                guard = ((builder.call("gt", count, builder.const(0.0)), True),)
            weight = builder.reduce("sum", weight, axis)
        contributions = self.pending.setdefault(node, {})
        known = contributions.get(guard)
        contributions[guard] = weight if known is None else builder.call("add", known, weight)

    def _merged(self, contributions: dict[Guard, int], *, leaf: bool) -> tuple[int, Guard]:
        """One adjoint out of contributions with different guards, and the guard under which it counts."""
        builder = self.builder
        if len(contributions) > 1:
            contributions = self._paired(contributions)
        guards = list(contributions)
        shared = () if leaf else _shared(guards)
        if len(guards) == 1 and not leaf:
            return contributions[guards[0]], guards[0]
        total: int | None = None
        conditions: list[int] = []
        for guard, weight in contributions.items():
            rest = guard[len(shared) :]
            chosen = weight
            if rest:
                condition = _all_of(builder, rest)
                conditions.append(condition)
                chosen = builder.call("select", condition, weight, builder.const(0.0))
            total = chosen if total is None else builder.call("add", total, chosen)
        assert total is not None
        if leaf or len(conditions) < len(guards):
            return total, shared
        return total, (*shared, (_joined(builder, "or", conditions), True))

    def _paired(self, contributions: dict[Guard, int]) -> dict[Guard, int]:
        """Join the two sides of a condition, innermost conditions first: select(condition, yes, no)."""
        builder = self.builder
        by_depth: dict[int, list[Guard]] = {}
        for guard in contributions:
            by_depth.setdefault(len(guard), []).append(guard)
        weights = dict(contributions)
        for depth in range(max(by_depth), 0, -1):
            for guard in by_depth.get(depth, ()):
                condition, truth = guard[-1]
                other = (*guard[:-1], (condition, not truth))
                if guard not in weights or other not in weights:
                    continue
                sides = {truth: weights.pop(guard), (not truth): weights.pop(other)}
                chosen = builder.call("select", condition, sides[True], sides[False])
                outer = guard[:-1]
                if outer in weights:
                    weights[outer] = builder.call("add", weights[outer], chosen)
                else:
                    weights[outer] = chosen
                    by_depth.setdefault(len(outer), []).append(outer)
        return weights


def _shared(guards: list[Guard]) -> Guard:
    """The longest common beginning."""
    first = guards[0]
    length = len(first)
    for guard in guards[1:]:
        length = min(length, len(guard))
        while guard[:length] != first[:length]:
            length -= 1
    return first[:length]


def _all_of(builder: Builder, guard: Guard) -> int:
    """One condition for a guard that is not empty."""
    return _joined(builder, "and", [node if truth else builder.call("not", node) for node, truth in guard])


def _joined(builder: Builder, op: str, conditions: Iterable[int]) -> int:
    result: int | None = None
    for condition in dict.fromkeys(conditions):
        result = condition if result is None else builder.call(op, result, condition)
    assert result is not None
    return result
