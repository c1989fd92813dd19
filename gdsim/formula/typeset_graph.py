"""LaTeX of a graph's outputs (a derived gradient), shared parts named: ``2 u x, where u = x^2 + y - 11``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from gdsim.formula.graph import THETA, Graph
from gdsim.formula.typeset import (
    ATOM,
    POWER,
    PRODUCT,
    RELATION,
    SIGN,
    SUM,
    Piece,
    beside,
    bracketed,
    call,
    fraction,
    joined_sum,
    latex_name,
    latex_number,
    power,
)

SHARED_FROM = 24
"""A part used more than once gets a name of its own when its LaTeX is at least this long."""
LONGEST = 4_000
"""Characters of LaTeX beyond which a formula is no longer typeset."""
_LETTERS = ("u", "v", "w", "p", "q", "r", "s")
_SIGNS = {"lt": "<", "le": "\\le", "gt": ">", "ge": "\\ge", "eq": "=", "ne": "\\ne"}
_FUNCTIONS = {"select": "if"}


def latex_graph(graph: Graph, outputs: Sequence[int] | None = None, names: Mapping[str, str] | None = None) -> tuple[
    tuple[str, ...], tuple[tuple[str, str], ...]
]:
    """LaTeX of the outputs, and the shared parts in order as (name, LaTeX).

    Args:
        outputs: nodes to typeset, the graph's outputs by default.
        names: LaTeX of inputs where it differs from `latex_name`.

    Returns:
        ((one LaTeX text per output), ((letter, text), ...)); an output too long to read is "\\ldots".
    """
    targets = graph.outputs if outputs is None else tuple(outputs)
    needed = graph.needed(targets)
    uses = dict.fromkeys(needed, 0)
    for node in needed:
        for argument in graph.args[node]:
            uses[argument] += 1
    free = [letter for letter in _LETTERS if letter not in {entry.name for entry in graph.inputs}]
    pieces: dict[int, Piece] = {}
    where: list[tuple[str, str]] = []
    for node in needed:
        piece = _piece(graph, node, pieces, names or {})
        leaf = graph.ops[node] in ("const", "input", "index", "gather")
        inside_loop = bool(graph.axes[node] - {THETA})
        too_long = len(piece.text) > LONGEST
        if not leaf and not inside_loop and free and uses[node] > 1 and len(piece.text) >= SHARED_FROM:
            letter = free.pop(0)
            where.append((letter, "\\ldots" if too_long else piece.text))
            piece = Piece(letter, ATOM)
        elif too_long:
            piece = Piece("\\ldots", ATOM)
        pieces[node] = piece
    return tuple(pieces[node].text for node in targets), tuple(where)


def latex_value(value: float) -> Piece:
    """A constant as it stands in a formula."""
    if value == 2.718281828459045:
        return Piece("e", ATOM)
    if value == 3.141592653589793:
        return Piece("\\pi", ATOM)
    text = latex_number(abs(value), 6)
    level = PRODUCT if "\\cdot" in text else ATOM
    return Piece(f"-{text}", SIGN) if value < 0 else Piece(text, level, starts_with_digit=text[0].isdigit())


def _piece(graph: Graph, node: int, pieces: Mapping[int, Piece], names: Mapping[str, str]) -> Piece:
    op = graph.ops[node]
    parts = [pieces[argument] for argument in graph.args[node]]
    data = graph.data[node]
    constant = graph.constant(node)
    if constant is not None:
        return latex_value(constant)
    if op == "input":
        return Piece(names.get(str(data), latex_name(str(data))), ATOM)
    if op == "index":
        return Piece(_axis_name(graph, node), ATOM)
    if op == "gather":
        return Piece(f"{latex_name(str(data))}_{{{parts[0].text}}}", ATOM)
    if op in ("sum", "prod"):
        return _reduction(graph, node, parts[0], pieces)
    if op in ("prod_except", "prod_except_tangent", "scatter"):
        return Piece(f"\\mathrm{{{op.split('_')[0]}}}\\left({parts[0].text}\\right)", PRODUCT)
    if op in ("add", "sub"):
        return _sum(op, parts)
    if op == "mul":
        return _product(parts)
    if op == "div":
        return fraction(parts[0], parts[1])
    if op == "neg":
        return _negated(parts[0])
    if op == "powi":
        return _whole_power(parts[0], data)
    if op == "pow":
        return power(parts[0], parts[1].text)
    if op in _SIGNS:
        return Piece(f"{bracketed(parts[0], SUM)} {_SIGNS[op]} {bracketed(parts[1], SUM)}", RELATION)
    return _derived(op, parts) or call(_FUNCTIONS.get(op, op), parts)


def _derived(op: str, parts: Sequence[Piece]) -> Piece | None:
    """The functions that only derivatives bring in, in the notation of a textbook."""
    argument = parts[0].text
    if op == "root_slope":  # the slope of a root, given the root itself
        return fraction(Piece("1", ATOM, starts_with_digit=True), Piece(f"2 {bracketed(parts[0], PRODUCT)}", PRODUCT))
    if op == "sech2":
        return Piece(f"\\mathrm{{sech}}^{{2}}\\left({argument}\\right)", PRODUCT)
    if op in ("sinc_slope", "sinc_curve"):
        strokes = "'" if op == "sinc_slope" else "''"
        return Piece(f"\\mathrm{{sinc}}{strokes}\\left({argument}\\right)", PRODUCT)
    if op in ("normal_mass", "normal_density"):
        letter = "\\Phi" if op == "normal_mass" else "\\varphi"
        return Piece(f"{letter}\\left({argument}\\right)", PRODUCT)
    if op == "pow_slope":
        return Piece(f"{bracketed(parts[1], PRODUCT)} {bracketed(parts[0], ATOM)}^{{{parts[1].text} - 1}}", PRODUCT)
    return None


def _axis_name(graph: Graph, node: int) -> str:
    axis = graph.axis_of(node)
    return "k" if graph.axis_id(node) == THETA else latex_name(axis.name)


def _reduction(graph: Graph, node: int, body: Piece, pieces: Mapping[int, Piece]) -> Piece:
    axis = graph.axis_of(node)
    sign = "\\sum" if graph.ops[node] == "sum" else "\\prod"
    if graph.axis_id(node) == THETA:
        return Piece(f"{sign} {bracketed(body, PRODUCT)}", PRODUCT)
    limits = f"_{{{latex_name(axis.name)}={pieces[axis.low].text}}}^{{{pieces[axis.high].text}}}"
    return Piece(f"{sign}{limits} {bracketed(body, PRODUCT)}", PRODUCT, ends_with_function=True)


def _sum(op: str, parts: Sequence[Piece]) -> Piece:
    left, right = parts
    if right.level == SIGN:  # a - (-b) and a + (-b)
        bare = Piece(right.text.lstrip("-"), PRODUCT)
        return joined_sum([left, bare], ["+", "+" if op == "sub" else "-"])
    return joined_sum([left, right], ["+", "+" if op == "add" else "-"])


def _product(parts: Sequence[Piece]) -> Piece:
    left, right = parts
    if right.starts_with_digit and not left.starts_with_digit:
        left, right = right, left
    if left.text == "-1":
        return _negated(right)
    if left.level == SIGN:
        return Piece(f"-{beside(Piece(left.text[1:], PRODUCT, left.text[1:2].isdigit()), right).text}", SIGN)
    if right.level == SIGN:
        return Piece(f"-{beside(left, Piece(right.text[1:], PRODUCT, right.text[1:2].isdigit())).text}", SIGN)
    return beside(left, right)


def _negated(piece: Piece) -> Piece:
    if piece.level == SIGN:
        return Piece(piece.text[1:], PRODUCT, piece.text[1:2].isdigit())
    return Piece(f"-{bracketed(piece, PRODUCT)}", SIGN)


def _whole_power(base: Piece, exponent: object) -> Piece:
    number = int(exponent) if isinstance(exponent, int | float) else 1
    if number < 0:
        below = base if number == -1 else power(base, str(-number))
        return fraction(Piece("1", ATOM, starts_with_digit=True), below)
    return power(base, str(number)) if base.level != POWER else Piece(
        f"\\left({base.text}\\right)^{{{number}}}", POWER)  # fmt: skip
