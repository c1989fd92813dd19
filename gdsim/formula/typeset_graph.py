"""LaTeX of a graph's outputs (a derived gradient), shared parts named: ``2 u x, where u = x^2 + y - 11``."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence

from gdsim.formula.graph import THETA, Graph
from gdsim.formula.monomial import Monomial, sum_piece
from gdsim.formula.typeset import (
    ATOM,
    PRODUCT,
    RELATION,
    SUM,
    Piece,
    after_sign,
    big_sign,
    bracketed,
    call,
    latex_name,
    power,
)

SHARED_FROM = 24
"""A part used more than once gets a name of its own when its LaTeX is at least this long."""
LONGEST = 4_000
"""Characters of LaTeX beyond which a formula is no longer typeset."""
MOST_NODES = 3_000
MOST_TERMS = 40
_LETTERS = ("u", "v", "w", "p", "q", "r", "s")
_RELATIONS = {"lt": "<", "le": "\\le", "gt": ">", "ge": "\\ge", "eq": "=", "ne": "\\ne"}
_OPPOSITE = {"lt": "ge", "le": "gt", "gt": "le", "ge": "lt", "eq": "ne", "ne": "eq"}
_LEAVES = frozenset({"const", "input", "index", "gather"})
_DOTS = (Monomial(1.0, ((Piece("\\ldots", ATOM), 1),)),)

Terms = tuple[Monomial, ...]


def latex_graph(graph: Graph, outputs: Sequence[int] | None = None, names: Mapping[str, str] | None = None) -> tuple[
    tuple[str, ...], tuple[tuple[str, str], ...]
]:
    """LaTeX of the outputs, and the shared parts in order as (name, LaTeX).

    Factors are gathered and ordered as one would by hand, so this is for reading, not for calculating from.

    Args:
        outputs: nodes to typeset, the graph's outputs by default.
        names: LaTeX of inputs where it differs from `latex_name`.

    Returns:
        ((one LaTeX text per output), ((letter, text), ...)); what is too long to read is "\\ldots". The texts can
        stand behind an equals sign.
    """
    targets = graph.outputs if outputs is None else tuple(outputs)
    needed = graph.needed(targets)
    if len(needed) > MOST_NODES:
        return ("\\ldots",) * len(targets), ()
    return _Typesetter(graph, needed, names or {}).run(targets)


class _Typesetter:
    """One pass over the nodes; each becomes a sum of monomials."""

    def __init__(self, graph: Graph, needed: Sequence[int], names: Mapping[str, str]) -> None:
        self.graph = graph
        self.needed = needed
        self.names = names
        self.terms: dict[int, Terms] = {}
        self.pieces: dict[int, Piece] = {}
        self.where: list[tuple[str, str]] = []
        inputs = {entry.name for entry in graph.inputs}
        self.free = [letter for letter in _LETTERS if letter not in inputs]
        self.uses = self._count_uses()

    def run(self, targets: Sequence[int]) -> tuple[tuple[str, ...], tuple[tuple[str, str], ...]]:
        """See `latex_graph`."""
        for node in self.needed:
            terms = self._terms(node)
            if len(terms) > MOST_TERMS or any(len(term.factors) > MOST_TERMS for term in terms):
                terms = _DOTS
            self.terms[node] = terms
            self._name_if_shared(node)
        texts = [self.piece(node).text for node in targets]
        texts = [after_sign(text) if len(text) <= LONGEST else "\\ldots" for text in texts]
        kept: list[tuple[str, str]] = []
        for letter, text in reversed(self.where):  # a name may have cancelled out
            mention = re.compile(rf"(?<![A-Za-z\\]){letter}(?![A-Za-z])")
            if any(mention.search(other) for other in [*texts, *(text for _, text in kept)]):
                kept.append((letter, text))
        return tuple(texts), tuple(reversed(kept))

    def piece(self, node: int) -> Piece:
        """The node's LaTeX."""
        if node not in self.pieces:
            piece = sum_piece(self.terms[node])
            self.pieces[node] = piece if len(piece.text) <= LONGEST else Piece("\\ldots", ATOM)
        return self.pieces[node]

    def _count_uses(self) -> dict[int, int]:
        """How often each node will be seen; a multiple or power of it is not seen as a part of its own."""
        uses = dict.fromkeys(self.needed, 0)
        for node in reversed(self.needed):
            for argument in set(self.graph.args[node]):
                uses[argument] += max(1, uses[node]) if self._is_transparent(node) else 1
        return uses

    def _is_transparent(self, node: int) -> bool:
        op, args = self.graph.ops[node], self.graph.args[node]
        if op in ("mul", "div"):
            return any(self.graph.constant(argument) is not None for argument in args)
        return op in ("neg", "powi", "root_slope")

    def _name_if_shared(self, node: int) -> None:
        graph = self.graph
        if graph.ops[node] in _LEAVES or graph.axes[node] - {THETA} or self._is_transparent(node):
            return
        if self.uses[node] < 2 or not self.free:
            return
        text = self.piece(node).text
        if len(text) >= SHARED_FROM:
            letter = self.free.pop(0)
            self.where.append((letter, after_sign(text)))
            self.pieces[node] = Piece(letter, ATOM)
            self.terms[node] = _single(self.pieces[node])

    def _terms(self, node: int) -> Terms:
        graph = self.graph
        op, args = graph.ops[node], graph.args[node]
        constant = graph.constant(node)
        if constant is not None:
            return (Monomial(constant),) if math.isfinite(constant) else _single(call("nan", [Piece("", ATOM)]))
        if op in ("add", "sub"):
            sign = 1.0 if op == "add" else -1.0
            return (*self.terms[args[0]], *(term.scaled(sign) for term in self.terms[args[1]]))
        if op == "neg":
            return tuple(term.scaled(-1.0) for term in self.terms[args[0]])
        if op == "mul":
            return (self._factor(args[0]).times(self._factor(args[1])),)
        if op == "div":
            below = self._factor(args[1]).raised(-1)
            if below is not None:
                return (self._factor(args[0]).times(below),)
        if op == "powi":
            raised = self._factor(args[0]).raised(int(str(graph.data[node])))
            if raised is not None:
                return (raised,)
        if op == "root_slope":  # the slope of a root, given the root itself
            return (Monomial(0.5).times(Monomial(1.0, ((self.piece(args[0]), -1),))),)
        if op == "pow_slope":
            lower = sum_piece((*self.terms[args[1]], Monomial(-1.0)))
            return (self._factor(args[1]).times(_single(power(self.piece(args[0]), lower))[0]),)
        if op == "sigmoid_slope":
            value = call("sigmoid", [self.piece(args[0])])
            rest = sum_piece([Monomial(1.0), Monomial(-1.0, ((value, 1),))])
            return (Monomial(1.0, ((value, 1), (rest, 1))),)
        return _single(self._inner(node, [self.piece(argument) for argument in args]))

    def _factor(self, node: int) -> Monomial:
        """The node as something to multiply: a sum becomes a bracket."""
        terms = self.terms[node]
        return terms[0] if len(terms) == 1 else Monomial(1.0, ((self.piece(node), 1),))

    def _inner(self, node: int, parts: Sequence[Piece]) -> Piece:
        graph, op = self.graph, self.graph.ops[node]
        data = graph.data[node]
        if op == "input":
            return Piece(self.names.get(str(data), latex_name(str(data))), ATOM)
        if op == "index":
            return Piece(self._axis_name(node), ATOM)
        if op == "gather":
            return Piece(f"{latex_name(str(data))}_{{{parts[0].text}}}", ATOM)
        if op in ("sum", "prod"):
            return self._reduction(node, parts[0])
        if op in ("prod_except", "prod_except_tangent"):
            return big_sign("prod", f"\\ne {self._axis_name(node)}", "", parts[0])
        if op == "scatter":  # what goes to one coordinate
            plain = graph.ops[graph.args[node][1]] == "index"
            return parts[0] if plain else Piece(f"\\left[{parts[0].text}\\right]_{{{parts[1].text}}}", ATOM)
        if op == "div":
            return call("nan", parts)
        if op == "pow":
            return power(parts[0], parts[1])
        if op in _RELATIONS:
            return _relation(op, *parts)
        if op == "not" and (below := graph.args[node][0]) and graph.ops[below] in _RELATIONS:
            return _relation(_OPPOSITE[graph.ops[below]], *(self.piece(argument) for argument in graph.args[below]))
        return _named(op, parts)

    def _axis_name(self, node: int) -> str:
        return "k" if self.graph.axis_id(node) == THETA else latex_name(self.graph.axis_of(node).name)

    def _reduction(self, node: int, body: Piece) -> Piece:
        graph = self.graph
        kind = graph.ops[node]
        if graph.axis_id(node) == THETA:
            return big_sign(kind, "k", "", body)
        axis = graph.axis_of(node)
        low, high = self.piece(axis.low).text, self.piece(axis.high).text
        return big_sign(kind, f"{latex_name(axis.name)}={low}", high, body)


def _single(piece: Piece) -> Terms:
    return (Monomial(1.0, ((piece, 1),)),)


def _relation(op: str, left: Piece, right: Piece) -> Piece:
    return Piece(f"{bracketed(left, SUM)} {_RELATIONS[op]} {after_sign(bracketed(right, SUM))}", RELATION)


def _named(op: str, parts: Sequence[Piece]) -> Piece:
    """The functions, also those that only derivatives bring in, in the notation of a textbook."""
    argument = after_sign(parts[0].text)
    special = {
        "sech2": "\\mathrm{sech}^{2}",
        "sinc_slope": "\\mathrm{sinc}'",
        "sinc_curve": "\\mathrm{sinc}''",
        "normal_mass": "\\Phi",
        "normal_density": "\\varphi",
    }
    if op in special:
        return Piece(f"{special[op]}\\left({argument}\\right)", PRODUCT)
    return call("if" if op == "select" else op, parts)
