"""Plain text of what was written, on one line: ``(1 - x)^2 + 100·(y - x^2)^2``, for tooltips and lists.

It reads back to a formula of the same value.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from gdsim.formula.tree import Call, Compare, Index, Name, Negate, Num, Power, Product, Reduce, Sum, Tree, fold

_ATOM, _POWER, _PRODUCT, _SIGN, _SUM, _RELATION, _AND, _OR = 8, 7, 6, 5, 4, 3, 2, 1
_RELATIONS = {"lt": "<", "le": "≤", "gt": ">", "ge": "≥", "eq": "==", "ne": "≠"}


class _Piece(NamedTuple):
    """Text and how tightly it binds."""

    text: str
    level: int


def text_of_tree(tree: Tree) -> str:
    """One line of plain text with no more brackets than needed."""
    return fold(tree, _plain).text


def _round(piece: _Piece, level: int) -> str:
    return piece.text if piece.level >= level else f"({piece.text})"


def _plain(node: Tree, parts: Sequence[_Piece]) -> _Piece:
    match node:
        case Num():
            return _Piece(node.text, _ATOM)
        case Name():
            return _Piece("π" if node.name == "pi" else node.name, _ATOM)
        case Index():
            return _Piece(f"{node.name}[{parts[0].text}]", _ATOM)
        case Negate():
            return _Piece(f"-{_round(parts[0], _PRODUCT)}", _SIGN)
        case Sum():
            text = _round(parts[0], _SIGN)
            for sign, part in zip(node.signs[1:], parts[1:], strict=True):
                text += f" {sign} {_round(part, _PRODUCT)}"
            return _Piece(text, _SUM)
        case Product():
            text = _round(parts[0], _POWER)
            for sign, part in zip(node.signs[1:], parts[1:], strict=True):
                text += f"{sign if sign in ('/', '%') else '·'}{_round(part, _POWER)}"
            return _Piece(text, _PRODUCT)
        case Power():
            return _Piece(f"{_round(parts[0], _ATOM)}^{_round(parts[1], _ATOM)}", _POWER)
        case Call():
            return _call(node.function, parts)
        case Compare():
            text = _round(parts[0], _SUM)
            for relation, part in zip(node.relations, parts[1:], strict=True):
                text += f" {_RELATIONS[relation]} {_round(part, _SUM)}"
            return _Piece(text, _RELATION)
        case Reduce():
            body, low, high = parts
            return _Piece(f"{node.kind}({body.text}, {node.index}={low.text}..{high.text})", _ATOM)


def _call(function: str, parts: Sequence[_Piece]) -> _Piece:
    if function in ("and", "or"):
        level = _AND if function == "and" else _OR
        return _Piece(f" {function} ".join(_round(part, level + 1) for part in parts), level)
    if function == "not":
        return _Piece(f"not ({parts[0].text})", _AND)
    if function == "abs":
        return _Piece(f"|{parts[0].text}|", _ATOM)
    return _Piece(f"{function}({', '.join(part.text for part in parts)})", _ATOM)
