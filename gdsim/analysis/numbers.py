"""A formula with this step's numbers in place of its names, for one coordinate at a time."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from gdsim.formula.tree import (
    Call,
    Compare,
    Index,
    Name,
    Negate,
    Num,
    Power,
    Product,
    Reduce,
    Sum,
    Tree,
    children,
    fold,
)
from gdsim.formula.typeset import latex_of_tree

ACROSS = frozenset({"norm", "mean", "dot", "orthogonalize", "len", "row_mean", "col_mean"})
"""What reaches across coordinates: one coordinate's numbers would be wrong inside, so it stays as it is written."""

_DIGITS = 4
_RELATIONS: dict[str, Callable[[Any, Any], bool]] = {
    name: getattr(operator, name) for name in ("lt", "le", "gt", "ge", "eq", "ne")
}


def latex_with_numbers(tree: Tree, values: Mapping[str, float]) -> str:
    """LaTeX of `tree` with every name that `values` knows written as its number; list elements are ``name[k]``."""

    def exchanged(node: Tree, parts: Sequence[Tree]) -> Tree:
        match node:
            case Name() if node.name in values:
                return _number(values[node.name], node)
            case Index() if parts and isinstance(parts[0], Num):
                key = f"{node.name}[{int(parts[0].value)}]"
                return _number(values[key], node) if key in values else node
            case Compare() if (truth := _truth(node, parts)) is not None:
                return Num(float(truth), str(int(truth)), node.place)
            case Call(function="if") if isinstance(parts[0], Num):
                return parts[1] if parts[0].value else parts[2]  # only the branch that is taken has numbers to show
            case _:
                return _rebuilt(node, parts) if parts else node

    return latex_of_tree(fold(tree, exchanged, _inside))


def _truth(node: Compare, parts: Sequence[Tree]) -> bool | None:
    """Whether all its relations hold, if everything compared is a number."""
    numbers = [_value(part) for part in parts]
    if any(number is None for number in numbers):
        return None
    pairs = zip(numbers, node.relations, numbers[1:], strict=False)
    return all(_RELATIONS[relation](left, right) for left, relation, right in pairs)


def _value(node: Tree) -> float | None:
    match node:
        case Num():
            return node.value
        case Negate(operand=Num() as number):
            return -number.value
        case _:
            return None


def _inside(node: Tree) -> tuple[Tree, ...]:
    if isinstance(node, Reduce) or (isinstance(node, Call) and node.function in ACROSS):
        return ()
    return children(node)


def _number(value: float, node: Tree) -> Tree:
    if math.isnan(value):
        return Num(value, "\\mathrm{nan}", node.place)
    text = "\\infty" if math.isinf(value) else f"{abs(value):.{_DIGITS}g}"
    number = Num(abs(value), text, node.place)
    return Negate(number, node.place) if value < 0 else number


def _rebuilt(node: Tree, parts: Sequence[Tree]) -> Tree:
    """The node with its parts exchanged."""
    match node:
        case Sum():
            return Sum(tuple(parts), node.signs, node.place)
        case Product():
            # two numbers side by side would read as one
            signs = tuple("*" if sign == "" else sign for sign in node.signs)
            return Product(tuple(parts), signs, node.place)
        case Negate():
            return Negate(parts[0], node.place)
        case Power():
            return Power(parts[0], parts[1], node.place)
        case Call():
            return Call(node.function, tuple(parts), node.place)
        case Compare():
            return Compare(tuple(parts), node.relations, node.place)
        case Index():
            return Index(node.name, parts[0], node.place)
        case _:
            return node
