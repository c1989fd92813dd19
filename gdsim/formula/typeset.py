"""LaTeX and plain text of what was written (trees); `typeset_graph` does the same for derived graphs.

Every pass is `tree.fold`, a loop. A piece of LaTeX carries how tightly it binds, so that brackets stand only where
they are needed.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from gdsim.formula.names import CONSTANTS, GREEK_NAMES
from gdsim.formula.rules import Assignment
from gdsim.formula.tree import Call, Compare, Index, Name, Negate, Num, Power, Product, Reduce, Sum, Tree, fold

ATOM, POWER, PRODUCT, SIGN, SUM, RELATION = 6, 5, 4, 3, 2, 1

_UPRIGHT = {"sin", "cos", "tan", "sinh", "cosh", "tanh", "exp", "log", "min", "max"}
_NAMES = {"asin": "\\arcsin", "acos": "\\arccos", "atan": "\\arctan", "log": "\\ln"}
_RELATIONS = {"lt": "<", "le": "\\le", "gt": ">", "ge": "\\ge", "eq": "=", "ne": "\\ne"}
_PLAIN_RELATIONS = {"lt": "<", "le": "≤", "gt": ">", "ge": "≥", "eq": "=", "ne": "≠"}
_SUFFIXED = re.compile(r"(?P<stem>[A-Za-z]+?)_?(?P<suffix>\d+)?")
_ACCENTS = {"hat": "\\hat", "bar": "\\bar", "tilde": "\\tilde"}


class Piece(NamedTuple):
    """Text and how tightly it binds."""

    text: str
    level: int
    starts_with_digit: bool = False
    ends_with_function: bool = False


def latex_name(name: str) -> str:
    """A name as LaTeX: ``beta1`` is \\beta_{1}, ``m_hat`` is \\hat{m}, ``eta_minus`` is \\eta_{\\mathrm{minus}}."""
    if name.endswith("]"):
        stem, _, index = name[:-1].partition("[")
        return f"{latex_name(stem)}_{{{index}}}"
    parts = name.split("_")
    if len(parts) > 1 and parts[-1] in _ACCENTS:
        return f"{_ACCENTS[parts[-1]]}{{{latex_name('_'.join(parts[:-1]))}}}"
    match = _SUFFIXED.fullmatch(parts[0])
    stem, digits = (match.group("stem"), match.group("suffix")) if match else (parts[0], None)
    subscripts = [digits] if digits else []
    subscripts += [part if part.isdigit() or len(part) == 1 else f"\\mathrm{{{part}}}" for part in parts[1:]]
    base = _stem(stem)
    return f"{base}_{{{','.join(subscripts)}}}" if subscripts else base


def _stem(stem: str) -> str:
    if stem == "epsilon":
        return "\\varepsilon"
    if stem in GREEK_NAMES or stem == "pi":
        return f"\\{stem}"
    special = {"eps": "\\varepsilon", "lr": "\\eta", "step": "\\Delta\\theta"}
    if stem in special:
        return special[stem]
    return stem if len(stem) == 1 else f"\\mathrm{{{stem}}}"


def latex_number(value: float, digits: int = 4) -> str:
    """A value in at most `digits` significant digits, powers of ten written out: 1.5 \\times 10^{-7}."""
    if value != value:
        return "\\mathrm{nan}"
    if value in (float("inf"), float("-inf")):
        return "\\infty" if value > 0 else "-\\infty"
    mantissa, mark, exponent = f"{value:.{digits}g}".partition("e")
    if not mark:
        return mantissa
    power = f"10^{{{int(exponent)}}}"
    return power if mantissa == "1" else f"-{power}" if mantissa == "-1" else f"{mantissa} \\cdot {power}"


def latex_of_tree(tree: Tree) -> str:
    """LaTeX of what was written, with no more brackets than needed."""
    return fold(tree, _latex).text


def latex_rule(assignment: Assignment) -> str:
    """LaTeX of one stage: name = right-hand side."""
    name = latex_name(assignment.name)
    return f"{name}_{{{assignment.index}}} = {latex_of_tree(assignment.tree)}" if assignment.index else (
        f"{name} = {latex_of_tree(assignment.tree)}")  # fmt: skip


def bracketed(piece: Piece, level: int) -> str:
    """The text, in brackets unless it binds at least as tightly as `level`."""
    return piece.text if piece.level >= level else f"\\left({piece.text}\\right)"


def joined_sum(terms: Sequence[Piece], signs: Sequence[str]) -> Piece:
    """Terms with their signs; a term that begins with a minus turns its plus into it."""
    text = bracketed(terms[0], SUM)
    for sign, term in zip(signs[1:], terms[1:], strict=True):
        if term.level == SIGN and sign == "+":
            text += f" {term.text}"
        else:
            text += f" {sign} {bracketed(term, PRODUCT)}"
    return Piece(text, SUM)


def fraction(top: Piece, bottom: Piece) -> Piece:
    """One over the other; the bar brackets both."""
    return Piece(f"\\frac{{{top.text}}}{{{bottom.text}}}", PRODUCT)


def power(base: Piece, exponent: str) -> Piece:
    """base^exponent."""
    return Piece(f"{bracketed(base, ATOM)}^{{{exponent}}}", POWER)


def beside(left: Piece, right: Piece) -> Piece:
    """A product: side by side, with a dot where digits or a function's end would run together."""
    first, second = bracketed(left, PRODUCT), bracketed(right, PRODUCT)
    dot = right.starts_with_digit and right.level >= PRODUCT
    dot = dot or (left.ends_with_function and right.level >= PRODUCT)
    return Piece(f"{first} \\cdot {second}" if dot else f"{first} {second}", PRODUCT, left.starts_with_digit,
                 right.ends_with_function)  # fmt: skip


def call(function: str, arguments: Sequence[Piece]) -> Piece:
    """A function of its arguments in its usual notation."""
    texts = [argument.text for argument in arguments]
    if function == "sqrt":
        return Piece(f"\\sqrt{{{texts[0]}}}", ATOM)
    if function == "cbrt":
        return Piece(f"\\sqrt[3]{{{texts[0]}}}", ATOM)
    if function == "abs":
        return Piece(f"\\left|{texts[0]}\\right|", ATOM)
    if function in ("floor", "ceil"):
        return Piece(f"\\left\\l{function}{texts[0]}\\right\\r{function}", ATOM)
    if function == "norm":
        return Piece(f"\\left\\|{texts[0]}\\right\\|", ATOM)
    if function == "exp" and len(texts[0]) < 60:
        return Piece(f"e^{{{texts[0]}}}", POWER)
    if function == "if":
        rows = f"{texts[1]} & \\text{{if }} {texts[0]} \\\\ {texts[2]} & \\text{{else}}"
        return Piece(f"\\begin{{cases}} {rows} \\end{{cases}}", ATOM)
    if function in ("and", "or"):
        mark = "\\land" if function == "and" else "\\lor"
        return Piece(f" {mark} ".join(bracketed(argument, RELATION + 1) for argument in arguments), RELATION)
    if function == "not":
        return Piece(f"\\lnot {bracketed(arguments[0], ATOM)}", PRODUCT)
    if function == "log" and len(texts) == 2:
        return Piece(f"\\log_{{{texts[1]}}}\\left({texts[0]}\\right)", PRODUCT, ends_with_function=True)
    if function in ("log10", "log2"):
        return Piece(f"\\log_{{{function[3:]}}}\\left({texts[0]}\\right)", PRODUCT, ends_with_function=True)
    name = _NAMES.get(function) or (f"\\{function}" if function in _UPRIGHT else f"\\mathrm{{{function}}}")
    if len(arguments) == 1 and arguments[0].level >= POWER and re.fullmatch(r"[A-Za-z\\]+(_\{\w+\})?", texts[0]):
        return Piece(f"{name} {texts[0]}", PRODUCT, ends_with_function=True)
    return Piece(f"{name}\\left({', '.join(texts)}\\right)", PRODUCT, ends_with_function=False)


def _latex(node: Tree, parts: Sequence[Piece]) -> Piece:
    match node:
        case Num():
            return _number(node.text)
        case Name():
            return Piece("e" if node.name in CONSTANTS and node.name == "e" else latex_name(node.name), ATOM)
        case Index():
            return Piece(f"{latex_name(node.name)}_{{{parts[0].text}}}", ATOM)
        case Negate():
            return Piece(f"-{bracketed(parts[0], PRODUCT)}", SIGN)
        case Sum():
            return joined_sum(parts, node.signs)
        case Product():
            return _product(parts, node.signs)
        case Power():
            if isinstance(node.base, Call) and node.base.function in _UPRIGHT and parts[0].text.startswith("\\"):
                return _function_power(parts[0], parts[1].text)
            return power(parts[0], parts[1].text)
        case Call():
            return call(node.function, parts)
        case Compare():
            text = bracketed(parts[0], SUM)
            for relation, part in zip(node.relations, parts[1:], strict=True):
                text += f" {_RELATIONS[relation]} {bracketed(part, SUM)}"
            return Piece(text, RELATION)
        case Reduce():
            body, low, high = parts
            sign = "\\sum" if node.kind == "sum" else "\\prod"
            limits = f"_{{{latex_name(node.index)}={low.text}}}^{{{high.text}}}"
            return Piece(f"{sign}{limits} {bracketed(body, PRODUCT)}", PRODUCT, ends_with_function=True)


def _number(text: str) -> Piece:
    mantissa, mark, exponent = text.lower().partition("e")
    if mark:
        return Piece(f"{mantissa} \\cdot 10^{{{int(exponent)}}}", PRODUCT, starts_with_digit=True)
    return Piece(mantissa, ATOM, starts_with_digit=True)


def _product(parts: Sequence[Piece], signs: Sequence[str]) -> Piece:
    result = parts[0]
    for sign, part in zip(signs[1:], parts[1:], strict=True):
        if sign == "/":
            result = fraction(result, part)
        elif sign == "%":
            result = Piece(f"{bracketed(result, PRODUCT)} \\bmod {bracketed(part, POWER)}", PRODUCT)
        else:
            result = beside(result, part)
    return result


def _function_power(piece: Piece, exponent: str) -> Piece:
    """\\sin^{2}(x): the exponent stands behind the name."""
    match = re.match(r"\\[a-z]+", piece.text)
    if match is None or not piece.text[: match.end()][1:].isalpha():
        return power(piece, exponent)
    head, rest = piece.text[: match.end()], piece.text[match.end() :]
    return Piece(f"{head}^{{{exponent}}}{rest}", PRODUCT, ends_with_function=True)


def text_of_tree(tree: Tree) -> str:
    """One line of plain text, for tooltips: ``(1 - x)^2 + 100·(y - x^2)^2``."""
    return fold(tree, _plain).text


def _round(piece: Piece, level: int) -> str:
    return piece.text if piece.level >= level else f"({piece.text})"


def _plain(node: Tree, parts: Sequence[Piece]) -> Piece:
    match node:
        case Num():
            return Piece(node.text, ATOM)
        case Name():
            return Piece("π" if node.name == "pi" else node.name, ATOM)
        case Index():
            return Piece(f"{node.name}[{parts[0].text}]", ATOM)
        case Negate():
            return Piece(f"-{_round(parts[0], PRODUCT)}", SIGN)
        case Sum():
            text = _round(parts[0], SUM)
            for sign, part in zip(node.signs[1:], parts[1:], strict=True):
                text += f" {sign} {_round(part, PRODUCT)}"
            return Piece(text, SUM)
        case Product():
            text = _round(parts[0], PRODUCT)
            for sign, part in zip(node.signs[1:], parts[1:], strict=True):
                text += f"{sign.strip() if sign in '/%' and sign else '·'}{_round(part, POWER)}"
            return Piece(text, PRODUCT)
        case Power():
            return Piece(f"{_round(parts[0], ATOM)}^{_round(parts[1], ATOM)}", POWER)
        case Call():
            return Piece(f"{node.function}({', '.join(part.text for part in parts)})", ATOM)
        case Compare():
            text = _round(parts[0], SUM)
            for relation, part in zip(node.relations, parts[1:], strict=True):
                text += f" {_PLAIN_RELATIONS[relation]} {_round(part, SUM)}"
            return Piece(text, RELATION)
        case Reduce():
            body, low, high = parts
            return Piece(f"{node.kind}({body.text}, {node.index}={low.text}..{high.text})", ATOM)
