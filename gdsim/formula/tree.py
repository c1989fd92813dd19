"""The parsed formula as a tree: what was written, in the order it was written, each node with its place in the text.

Sums and products are flat lists, so a sum of 20,000 terms is one node. Every pass is a loop (`fold`), never a
recursion: a tree may be deeper than Python's stack.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

Result = TypeVar("Result")
Place = tuple[int, int]


@dataclass(frozen=True, slots=True, eq=False)
class Num:
    """A number; `text` is how it was written."""

    value: float
    text: str
    place: Place


@dataclass(frozen=True, slots=True, eq=False)
class Name:
    """A variable, parameter, loop index or constant (`pi`, `e`)."""

    name: str
    place: Place


@dataclass(frozen=True, slots=True, eq=False)
class Index:
    """`name[index]`: one coordinate of a vector, counted from 1."""

    name: str
    index: Tree
    place: Place


@dataclass(frozen=True, slots=True, eq=False)
class Sum:
    """Terms added from the left; `signs` holds "+" or "-" for each, the first always "+"."""

    terms: tuple[Tree, ...]
    signs: tuple[str, ...]
    place: Place


@dataclass(frozen=True, slots=True, eq=False)
class Product:
    """Factors taken from the left; `signs` holds "*", "/", "%" or "" (side by side) for each, the first always "*"."""

    factors: tuple[Tree, ...]
    signs: tuple[str, ...]
    place: Place


@dataclass(frozen=True, slots=True, eq=False)
class Negate:
    """`-operand`."""

    operand: Tree
    place: Place


@dataclass(frozen=True, slots=True, eq=False)
class Power:
    """`base^exponent`."""

    base: Tree
    exponent: Tree
    place: Place


@dataclass(frozen=True, slots=True, eq=False)
class Call:
    """A function of its arguments; also `if`, `and`, `or`, `not`. `function` is the canonical name."""

    function: str
    arguments: tuple[Tree, ...]
    place: Place


@dataclass(frozen=True, slots=True, eq=False)
class Compare:
    """`a < b <= c`: 1 where every comparison holds, else 0. `relations` are op names: lt le gt ge eq ne."""

    operands: tuple[Tree, ...]
    relations: tuple[str, ...]
    place: Place


@dataclass(frozen=True, slots=True, eq=False)
class Reduce:
    """`sum(body, index=low..high)` or `prod(...)`; `kind` is "sum" or "prod"."""

    kind: str
    body: Tree
    index: str
    low: Tree
    high: Tree
    place: Place


Tree = Num | Name | Index | Sum | Product | Negate | Power | Call | Compare | Reduce


_PARTS: dict[type, Callable[..., tuple[Tree, ...]]] = {
    Num: lambda node: (),
    Name: lambda node: (),
    Index: lambda node: (node.index,),
    Sum: lambda node: node.terms,
    Product: lambda node: node.factors,
    Negate: lambda node: (node.operand,),
    Power: lambda node: (node.base, node.exponent),
    Call: lambda node: node.arguments,
    Compare: lambda node: node.operands,
    Reduce: lambda node: (node.body, node.low, node.high),
}


def children(node: Tree) -> tuple[Tree, ...]:
    """The parts of a node, left to right; a Reduce gives (body, low, high)."""
    return _PARTS[type(node)](node)


def fold(
    tree: Tree,
    combine: Callable[[Tree, Sequence[Result]], Result],
    parts: Callable[[Tree], tuple[Tree, ...]] = children,
) -> Result:
    """`combine(node, results of its parts)` for every node from the leaves up; the root's result.

    `parts` says which parts are visited, and may keep a pass out of a subtree by answering ().
    """
    results: list[Result] = []
    stack: list[tuple[Tree, int]] = [(tree, -1)]
    while stack:
        node, count = stack.pop()
        if count < 0:
            below = parts(node)
            if below:
                stack.append((node, len(below)))
                stack += [(part, -1) for part in reversed(below)]
            else:
                results.append(combine(node, ()))
            continue
        split = len(results) - count
        result = combine(node, results[split:])
        del results[split:]
        results.append(result)
    return results[0]


def walk(tree: Tree) -> Iterator[tuple[Tree, frozenset[str]]]:
    """Every Name, Index and Reduce with the loop indices in force there, in no particular order."""
    stack: list[tuple[Tree, frozenset[str]]] = [(tree, frozenset())]
    while stack:
        node, bound = stack.pop()
        kind = type(node)
        if kind is Num:
            continue
        if kind is Name:
            yield node, bound
            continue
        if isinstance(node, Reduce):
            yield node, bound
            stack += [(node.body, bound | {node.index}), (node.low, bound), (node.high, bound)]
            continue
        if kind is Index:
            yield node, bound
        stack += [(part, bound) for part in children(node)]


def free_names(tree: Tree) -> Iterator[tuple[Name | Index, frozenset[str]]]:
    """Every Name and Index with the loop indices in force there, in no particular order; index names included."""
    for node, bound in walk(tree):
        if isinstance(node, Name | Index):
            yield node, bound
