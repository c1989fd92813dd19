"""Rewrites that keep every float result, and, for derived graphs, some that gather constant factors."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Protocol

WHOLE_POWERS = 32
"""Constant whole exponents up to this are made by multiplication; the error stays below as many rounding errors."""


class Growing(Protocol):
    """What a rewrite needs to know of a builder."""

    derived: bool
    ops: list[str]
    args: list[tuple[int, ...]]

    def const(self, value: float, place: tuple[int, int] | None = None) -> int:
        """A number."""

    def call(self, op: str, *nodes: int, place: tuple[int, int] | None = None) -> int:
        """An operator applied to nodes."""

    def power(self, base: int, exponent: int, place: tuple[int, int] | None = None) -> int:
        """A constant whole power."""

    def constant(self, node: int) -> float | None:
        """The value of a constant node."""


Place = tuple[int, int] | None
Rewrite = Callable[[Growing, tuple[int, ...], Place], int | None]


def rewritten(graph: Growing, op: str, nodes: tuple[int, ...], place: Place) -> int | None:
    """A simpler node of the same value, or None if there is none."""
    exact = _EXACT.get(op)
    if exact is not None:
        node = exact(graph, nodes, place)
        if node is not None:
            return node
    if graph.derived and op in _DERIVED:
        return _DERIVED[op](graph, nodes, place)
    return None


def _pow(graph: Growing, nodes: tuple[int, ...], place: Place) -> int | None:
    exponent = graph.constant(nodes[1])
    if exponent is None:
        return None
    if exponent == 0.5:  # so that (x^2 + y^2)^(1/2) keeps the conventions of the root
        return graph.call("sqrt", nodes[0], place=place)
    if exponent.is_integer() and abs(exponent) <= WHOLE_POWERS:
        return graph.power(nodes[0], int(exponent), place)
    return None


def _mul(graph: Growing, nodes: tuple[int, ...], place: Place) -> int | None:
    for one, other in (nodes, nodes[::-1]):
        factor = graph.constant(one)
        if factor == 1.0:
            return other
        if factor == -1.0:
            return graph.call("neg", other, place=place)
    return None


def _div(graph: Growing, nodes: tuple[int, ...], place: Place) -> int | None:
    divisor = graph.constant(nodes[1])
    if divisor == 1.0:
        return nodes[0]
    return graph.call("neg", nodes[0], place=place) if divisor == -1.0 else None


def _neg(graph: Growing, nodes: tuple[int, ...], place: Place) -> int | None:
    return graph.args[nodes[0]][0] if graph.ops[nodes[0]] == "neg" else None


def _clip(graph: Growing, nodes: tuple[int, ...], place: Place) -> int | None:
    return graph.call("min", graph.call("max", nodes[0], nodes[1]), nodes[2], place=place)


def _gelu(graph: Growing, nodes: tuple[int, ...], place: Place) -> int | None:
    return graph.call("mul", nodes[0], graph.call("normal_mass", nodes[0]), place=place)


def _select(graph: Growing, nodes: tuple[int, ...], place: Place) -> int | None:
    condition = graph.constant(nodes[0])
    if condition is not None:
        return nodes[2] if condition == 0.0 else nodes[1]
    return nodes[1] if nodes[1] == nodes[2] else None


def _derived_mul(graph: Growing, nodes: tuple[int, ...], place: Place) -> int | None:
    """Constants to the front and into one; signs outwards."""
    first, second = nodes
    if graph.constant(first) is None and graph.constant(second) is not None:
        return graph.call("mul", second, first, place=place)
    factor = graph.constant(first)
    if graph.ops[first] == "neg" or graph.ops[second] == "neg":
        plain = [graph.args[node][0] if graph.ops[node] == "neg" else node for node in nodes]
        both = graph.ops[first] == graph.ops[second]
        if factor is not None:
            return graph.call("mul", graph.const(-factor), plain[1], place=place)
        product = graph.call("mul", plain[0], plain[1], place=place)
        return product if both else graph.call("neg", product, place=place)
    for one, other in ((first, second), (second, first)):
        if graph.ops[one] == "mul":
            inner = graph.constant(graph.args[one][0])
            if inner is not None:
                rest = graph.args[one][1]
                if factor is not None:
                    return graph.call("mul", graph.const(factor * inner), rest, place=place)
                return graph.call(
                    "mul", graph.args[one][0], graph.call("mul", *_ordered(one == first, rest, other)), place=place
                )
    return None


def _ordered(first: bool, one: int, other: int) -> tuple[int, int]:
    return (one, other) if first else (other, one)


def _derived_neg(graph: Growing, nodes: tuple[int, ...], place: Place) -> int | None:
    inner = nodes[0]
    if graph.ops[inner] == "mul":
        factor = graph.constant(graph.args[inner][0])
        if factor is not None:
            return graph.call("mul", graph.const(-factor), graph.args[inner][1], place=place)
    if graph.ops[inner] == "sub":
        return graph.call("sub", *graph.args[inner][::-1], place=place)
    return None


def _derived_add(graph: Growing, nodes: tuple[int, ...], place: Place) -> int | None:
    first, second = nodes
    if graph.constant(first) == 0.0:
        return second
    if graph.constant(second) == 0.0:
        return first
    flipped = _flipped(graph, second)
    if flipped is not None:
        return graph.call("sub", first, flipped, place=place)
    if graph.ops[first] == "neg":
        return graph.call("sub", second, graph.args[first][0], place=place)
    return None


def _derived_sub(graph: Growing, nodes: tuple[int, ...], place: Place) -> int | None:
    first, second = nodes
    if graph.constant(second) == 0.0:
        return first
    if graph.constant(first) == 0.0:
        return graph.call("neg", second, place=place)
    flipped = _flipped(graph, second)
    return None if flipped is None else graph.call("add", first, flipped, place=place)


def _flipped(graph: Growing, node: int) -> int | None:
    """The negative of a node that has a sign of its own, or None."""
    if graph.ops[node] == "neg":
        return graph.args[node][0]
    if graph.ops[node] == "mul":
        factor = graph.constant(graph.args[node][0])
        if factor is not None and factor < 0.0:
            return graph.call("mul", graph.const(-factor), graph.args[node][1])
    return None


def _derived_div(graph: Growing, nodes: tuple[int, ...], place: Place) -> int | None:
    """A constant factor of the numerator over a constant denominator is one constant; signs outwards."""
    over, under = nodes
    divisor = graph.constant(under)
    if graph.ops[over] == "neg":
        return graph.call("neg", graph.call("div", graph.args[over][0], under), place=place)
    if divisor is None or graph.ops[over] != "mul":
        return None
    factor = graph.constant(graph.args[over][0])
    if factor is None or divisor == 0.0 or not math.isfinite(factor / divisor):
        return None
    return graph.call("mul", graph.const(factor / divisor), graph.args[over][1], place=place)


_EXACT: dict[str, Rewrite] = {
    "pow": _pow,
    "mul": _mul,
    "div": _div,
    "neg": _neg,
    "clip": _clip,
    "gelu": _gelu,
    "select": _select,
}
_DERIVED: dict[str, Rewrite] = {
    "mul": _derived_mul,
    "neg": _derived_neg,
    "div": _derived_div,
    "add": _derived_add,
    "sub": _derived_sub,
}
