"""LaTeX of what was written (trees); `typeset_graph` does the same for derived graphs.

Every pass is `tree.fold`, a loop. A piece of LaTeX carries how tightly it binds, so that brackets stand only where
they are needed.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from gdsim.formula.names import GREEK_NAMES
from gdsim.formula.plain_text import text_of_tree as text_of_tree
from gdsim.formula.rules import Assignment
from gdsim.formula.tree import Call, Compare, Index, Name, Negate, Num, Power, Product, Reduce, Sum, Tree, fold

ATOM, POWER, PRODUCT, BIG, SIGN, SUM, RELATION, LOGIC = 8, 7, 6, 5, 4, 3, 2, 1
"""How tightly a piece binds; BIG is a product that ends in a sum sign, which reaches over all that follows it."""

_BARE = {"sin", "cos", "tan", "cot", "sec", "csc", "sinh", "cosh", "tanh", "asin", "acos", "atan", "log"}
"""Functions that stand without brackets before a single symbol, and whose whole powers stand behind their name."""
_COMMANDS = {"asin": "\\arcsin", "acos": "\\arccos", "atan": "\\arctan", "log": "\\ln", "exp": "\\exp", "min": "\\min",
             "max": "\\max"}  # fmt: skip
_RELATIONS = {"lt": "<", "le": "\\le", "gt": ">", "ge": "\\ge", "eq": "=", "ne": "\\ne"}
_SUFFIXED = re.compile(r"(?P<stem>[A-Za-z]+?)_?(?P<suffix>\d+)?")
_SYMBOL = re.compile(r"(\\[A-Za-z]+|[A-Za-z])(_\{\w+\})?")
_WORD_END = re.compile(r"\\mathrm\{\w+\}(_\{\w+\}|\})?$")
_ACCENTS = {"hat": "\\hat", "bar": "\\bar", "tilde": "\\tilde"}
_SPECIAL = {"eps": "\\varepsilon", "epsilon": "\\varepsilon", "lr": "\\eta", "lambd": "\\lambda"}
_INLINE_LIMIT = 24


class Piece(NamedTuple):
    """LaTeX and how tightly it binds; `inline` is a fraction written with a slash, for exponents."""

    text: str
    level: int
    starts_with_digit: bool = False
    ends_with_function: bool = False
    inline: str = ""


def latex_name(name: str) -> str:
    """A name as LaTeX: ``beta1`` is \\beta_{1}, ``m_hat`` is \\hat{m}, ``eta_minus`` is \\eta_{\\mathrm{minus}}."""
    if name.endswith("]"):
        stem, _, index = name[:-1].partition("[")
        return f"{latex_name(stem)}_{{{index}}}"
    if name == "step":
        return "\\Delta\\theta"
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
    if stem in _SPECIAL:
        return _SPECIAL[stem]
    if stem in GREEK_NAMES or stem == "pi":
        return f"\\{stem}"
    if stem.endswith("s") and stem[:-1] in GREEK_NAMES:  # a list: betas[1] is the first beta
        return f"\\{stem[:-1]}"
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
    if assignment.index:
        name = f"{name}_{{{assignment.index}}}"
    return f"{name} = {after_sign(latex_of_tree(assignment.tree))}"


def after_sign(text: str) -> str:
    """The text as it stands behind a bracket or another sign: braces keep its minus close to what it belongs to."""
    return f"{{-}}{text[1:]}" if text.startswith("-") else text


def bracketed(piece: Piece, level: int) -> str:
    """The text, in brackets unless it binds at least as tightly as `level`."""
    return piece.text if piece.level >= level else f"\\left({after_sign(piece.text)}\\right)"


def joined_sum(terms: Sequence[Piece], signs: Sequence[str]) -> Piece:
    """Terms with their signs; a term that begins with a minus turns its plus into it."""
    text = bracketed(terms[0], SUM)
    digit = terms[0].starts_with_digit
    pieces = [text]
    for sign, term in zip(signs[1:], terms[1:], strict=True):
        if term.level == SIGN and sign == "+":
            pieces.append(f" - {term.text[1:].lstrip()}")
        else:
            pieces.append(f" {sign} {bracketed(term, BIG)}")
    return Piece("".join(pieces), SUM, digit)


def fraction(top: Piece, bottom: Piece) -> Piece:
    """One over the other; the bar brackets both."""
    inline = ""
    if len(top.text) + len(bottom.text) < _INLINE_LIMIT and "\\frac" not in top.text + bottom.text:
        inline = f"{bracketed(top, PRODUCT)}/{bracketed(bottom, POWER)}"
    return Piece(f"\\frac{{{top.text}}}{{{bottom.text}}}", PRODUCT, top.starts_with_digit, inline=inline)


def power(base: Piece, exponent: Piece) -> Piece:
    """base^exponent."""
    digit = base.starts_with_digit and base.level >= ATOM
    return Piece(f"{bracketed(base, ATOM)}^{{{exponent.inline or exponent.text}}}", POWER, digit)


def function_power(base: Piece, exponent: Piece) -> Piece:
    """\\sin^{2} x: a whole power of a function stands behind its name, where it has one that allows it."""
    head = _POWER_HEAD.match(base.text)
    if head is None or base.level != PRODUCT:
        return power(base, exponent)
    text = f"{head.group()}^{{{exponent.text}}}{base.text[head.end() :]}"
    return Piece(text, PRODUCT, ends_with_function=base.ends_with_function)


def negated(piece: Piece) -> Piece:
    """-piece."""
    return Piece(f"-{bracketed(piece, BIG)}", SIGN, inline=f"-{piece.inline}" if piece.inline else "")


def side_by_side(factors: Sequence[Piece]) -> Piece:
    """A product, with a dot where digits or a function's end would run together."""
    if len(factors) == 1:
        return factors[0]
    text = bracketed(factors[0], PRODUCT)
    for left, right in pairwise(factors[:-1]):
        text += _behind(left, right, PRODUCT)
    text += _behind(factors[-2], factors[-1], BIG)
    level = BIG if factors[-1].level == BIG else PRODUCT
    return Piece(text, level, factors[0].starts_with_digit, factors[-1].ends_with_function)


def _behind(left: Piece, right: Piece, level: int) -> str:
    """The factor `right` as it stands behind `left`, in brackets unless it binds as tightly as `level`."""
    text = bracketed(right, level)
    open_end = left.ends_with_function and not text.startswith(_FUNCTION_STARTS)
    if open_end or (right.starts_with_digit and text == right.text):
        return f" \\cdot {text}"
    apart = text.startswith(_TIGHT_STARTS) or (_WORD_END.search(left.text) and not text.startswith("\\left"))
    return f" \\, {text}" if apart else f" {text}"


def call(function: str, arguments: Sequence[Piece]) -> Piece:
    """A function of its arguments in its usual notation."""
    texts = [argument.text for argument in arguments]
    if function in _FENCES:
        left, right = _FENCES[function]
        return Piece(f"\\left{left}{', '.join(map(after_sign, texts))}\\right{right}", ATOM)
    if function in ("sqrt", "cbrt"):
        return Piece(f"\\sqrt{'[3]' if function == 'cbrt' else ''}{{{texts[0]}}}", POWER)
    if function == "exp" and len(texts[0]) < 60:
        return power(Piece("e", ATOM), arguments[0])
    if function == "if":
        return _cases(arguments)
    if function in ("and", "or"):
        mark = f" \\text{{ {function} }} "
        return Piece(mark.join(bracketed(argument, RELATION) for argument in arguments), LOGIC)
    if function == "not":
        return Piece(f"\\text{{not }} {bracketed(arguments[0], ATOM)}", LOGIC)
    if function == "mod":
        return modulo(*arguments)
    if function in ("log10", "log2") or (function == "log" and len(texts) == 2):
        head = f"\\log_{{{texts[1] if len(texts) == 2 else function[3:]}}}"
    else:
        head = _COMMANDS.get(function) or (f"\\{function}" if function in _BARE else f"\\mathrm{{{function}}}")
    if (function in _BARE or head.startswith("\\log")) and _SYMBOL.fullmatch(texts[0]):
        return Piece(f"{head} {texts[0]}", PRODUCT, ends_with_function=True)
    return Piece(f"{head}\\left({', '.join(map(after_sign, texts[: 1 if '_' in head else None]))}\\right)", PRODUCT)


_FENCES = {
    "abs": ("|", "|"),
    "floor": ("\\lfloor ", "\\rfloor"),
    "ceil": ("\\lceil ", "\\rceil"),
    "norm": ("\\|", "\\|"),
    "dot": ("\\langle ", "\\rangle"),
}
_BARE_HEADS = [_COMMANDS.get(name, f"\\{name}") for name in sorted(_BARE)]
_POWER_HEAD = re.compile("|".join(re.escape(head) + "(?![a-z_])" for head in _BARE_HEADS))
_TIGHT_STARTS = ("\\mathrm", "\\max", "\\min", "\\exp")
"""What would stick to the factor in front."""
_FUNCTION_STARTS = (
    *(_COMMANDS.get(name, f"\\{name}") for name in sorted(_BARE | {"exp", "min", "max"})),
    "\\mathrm",
    "\\log_",
    "\\sum",
    "\\prod",
)


def modulo(left: Piece, right: Piece) -> Piece:
    """left mod right."""
    text = f"{bracketed(left, PRODUCT)} \\;\\mathrm{{mod}}\\; {bracketed(right, POWER)}"
    return Piece(text, BIG, left.starts_with_digit)


def _cases(arguments: Sequence[Piece]) -> Piece:
    """if(c, a, b) as a brace; an `if` in the place of b continues it."""
    condition, chosen, other = arguments
    start, end = "\\begin{cases} ", " \\end{cases}"
    rows = f"{chosen.text} & \\text{{if }} {condition.text} \\\\ "
    if other.level == ATOM and other.text.startswith(start) and other.text.endswith(end):
        rows += other.text[len(start) : -len(end)]
    else:
        rows += f"{other.text} & \\text{{else}}"
    return Piece(f"{start}{rows}{end}", ATOM)


def _latex(node: Tree, parts: Sequence[Piece]) -> Piece:
    match node:
        case Num():
            return _number(node.text)
        case Name():
            return Piece(latex_name(node.name), ATOM)
        case Index():
            return Piece(f"{latex_name(node.name)}_{{{parts[0].text}}}", ATOM)
        case Negate():
            return negated(parts[0])
        case Sum():
            return joined_sum(parts, node.signs)
        case Product():
            return _product(parts, node.signs)
        case Power():
            return _power(node, parts[0], parts[1])
        case Call():
            return call(node.function, parts)
        case Compare():
            text = bracketed(parts[0], SUM)
            for relation, part in zip(node.relations, parts[1:], strict=True):
                text += f" {_RELATIONS[relation]} {after_sign(bracketed(part, SUM))}"
            return Piece(text, RELATION)
        case Reduce():
            body, low, high = parts
            return big_sign(node.kind, f"{latex_name(node.index)}={low.text}", high.text, body)


def big_sign(kind: str, low: str, high: str, body: Piece) -> Piece:
    """A sum or product sign with its bounds in front of the body."""
    upper = f"^{{{high}}}" if high else ""
    return Piece(f"\\{kind}_{{{low}}}{upper} {bracketed(body, BIG)}", BIG)


def _number(text: str) -> Piece:
    mantissa, mark, exponent = text.lower().partition("e")
    if not mark:
        return Piece(mantissa, ATOM, starts_with_digit=True)
    factor = "" if float(mantissa) == 1 else f"{mantissa} \\cdot "
    return Piece(f"{factor}10^{{{int(exponent)}}}", PRODUCT if factor else POWER, starts_with_digit=True)


def _product(parts: Sequence[Piece], signs: Sequence[str]) -> Piece:
    """Factors from the left; what stands between two divisions becomes one fraction."""
    done: list[Piece] = []
    top, bottom = [parts[0]], list[Piece]()
    for sign, part in zip(signs[1:], parts[1:], strict=True):
        if sign == "/":
            bottom.append(part)
        elif sign == "%":
            top, bottom, done = [modulo(side_by_side([*done, *_over(top, bottom)]), part)], [], []
        elif bottom:
            done += _over(top, bottom)
            top, bottom = [part], []
        else:
            top.append(part)
    return side_by_side([*done, *_over(top, bottom)])


def _over(top: Sequence[Piece], bottom: Sequence[Piece]) -> list[Piece]:
    return [fraction(side_by_side(top), side_by_side(bottom))] if bottom else list(top)


def _power(node: Power, base: Piece, exponent: Piece) -> Piece:
    """base^exponent; a whole power of a sine stands behind its name."""
    whole = isinstance(node.exponent, Num) and node.exponent.text.isdigit()
    if whole and isinstance(node.base, Call) and node.base.function in _BARE and len(node.base.arguments) == 1:
        return function_power(base, exponent)
    return power(base, exponent)
