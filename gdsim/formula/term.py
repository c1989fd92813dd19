"""Nodes that can be written with `+ - * /`, so that derivative rules read like mathematics."""

from __future__ import annotations

from typing import Protocol


class Maker(Protocol):
    """What a rule needs of a builder."""

    def const(self, value: float, /) -> int:
        """A number."""

    def call(self, op: str, /, *nodes: int) -> int:
        """An operator applied to nodes."""

    def power(self, base: int, exponent: int, /) -> int:
        """A constant whole power."""

    def constant(self, node: int, /) -> float | None:
        """The value of a constant node."""


class Term:
    """A node of a graph being built."""

    __slots__ = ("maker", "node")

    def __init__(self, maker: Maker, node: int) -> None:
        self.maker = maker
        self.node = node

    def __add__(self, other: Term | float) -> Term:
        return self.call("add", other)

    def __sub__(self, other: Term | float) -> Term:
        return self.call("sub", other)

    def __mul__(self, other: Term | float) -> Term:
        return self.call("mul", other)

    def __truediv__(self, other: Term | float) -> Term:
        return self.call("div", other)

    def __neg__(self) -> Term:
        return self.call("neg")

    def __rsub__(self, other: float) -> Term:
        return self._lifted(other) - self

    def __radd__(self, other: float) -> Term:
        return self._lifted(other) + self

    def __rmul__(self, other: float) -> Term:
        return self._lifted(other) * self

    def __rtruediv__(self, other: float) -> Term:
        return self._lifted(other) / self

    def call(self, op: str, *others: Term | float) -> Term:
        """`op(self, *others)`."""
        return Term(self.maker, self.maker.call(op, self.node, *[self._lifted(other).node for other in others]))

    def power(self, exponent: int) -> Term:
        """A constant whole power, by multiplication."""
        return Term(self.maker, self.maker.power(self.node, exponent))

    def choose(self, yes: Term | float, no: Term | float) -> Term:
        """`yes` where this condition holds, else `no`."""
        return self.call("select", yes, no)

    @property
    def constant(self) -> float | None:
        """The value, if it is a constant."""
        return self.maker.constant(self.node)

    def _lifted(self, other: Term | float) -> Term:
        return other if isinstance(other, Term) else Term(self.maker, self.maker.const(other))
