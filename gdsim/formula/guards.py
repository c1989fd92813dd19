"""Conditions under which a contribution to a gradient counts: each adds one condition to the guard around it."""

from __future__ import annotations

from collections.abc import Iterable

from gdsim.formula.build import Builder

ALWAYS = 0
"""The guard without a condition."""


class Guards:
    """All guards of one derivation, as numbers; long chains (a maximum of thousands) share their beginnings."""

    def __init__(self, builder: Builder) -> None:
        self.builder = builder
        self.outer = [ALWAYS]
        self.condition = [-1]
        self.truth = [True]
        self.depth = [0]
        self._known: dict[tuple[int, int, bool], int] = {}
        self._conjunctions: dict[tuple[int, int], int] = {}

    def within(self, outer: int, condition: int, truth: bool) -> int:
        """The guard that holds where `outer` holds and the node `condition` is, or is not, true."""
        key = (outer, condition, truth)
        known = self._known.get(key)
        if known is None:
            known = self._known[key] = len(self.outer)
            self.outer.append(outer)
            self.condition.append(condition)
            self.truth.append(truth)
            self.depth.append(self.depth[outer] + 1)
        return known

    def opposite(self, guard: int) -> int | None:
        """The guard with the innermost condition turned round, if there is one."""
        return self._known.get((self.outer[guard], self.condition[guard], not self.truth[guard]))

    def shared(self, guards: Iterable[int]) -> int:
        """The innermost guard around all of them."""
        first, *rest = guards
        for guard in rest:
            other = guard
            while first != other:
                if self.depth[first] >= self.depth[other]:
                    first = self.outer[first]
                else:
                    other = self.outer[other]
        return first

    def node(self, guard: int, around: int = ALWAYS) -> int:
        """One node that is true where the guard's conditions inside `around` (not the same) all hold."""
        chain = []
        while guard != around and (guard, around) not in self._conjunctions:
            chain.append(guard)
            guard = self.outer[guard]
        so_far = self._conjunctions.get((guard, around))
        for inner in reversed(chain):
            literal = self.condition[inner]
            if not self.truth[inner]:
                literal = self.builder.call("not", literal)
            so_far = literal if so_far is None else self.builder.call("and", so_far, literal)
            self._conjunctions[inner, around] = so_far
        assert so_far is not None
        return so_far

    def any_of(self, guards: Iterable[int], around: int) -> int:
        """The guard inside `around` that holds where any of these does."""
        either: int | None = None
        for node in dict.fromkeys(self.node(guard, around) for guard in guards):
            either = node if either is None else self.builder.call("or", either, node)
        assert either is not None
        return self.within(around, either, True)

    def runs_over(self, guard: int, axis: int) -> bool:
        """Whether a condition differs along the axis."""
        return guard != ALWAYS and axis in self.builder.axes[self.node(guard)]
