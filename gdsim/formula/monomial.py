"""Products for display: a number times powers of pieces, so that 2 * x * (1/(2 u)) is seen to be x/u.

Only for showing derived formulas to people; nothing is ever calculated from these.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import NamedTuple

from gdsim.formula.typeset import (
    ATOM,
    BIG,
    POWER,
    PRODUCT,
    Piece,
    fraction,
    function_power,
    joined_sum,
    latex_number,
    negated,
    side_by_side,
)

_NAMED = re.compile(r"(\\[A-Za-z]+|[A-Za-z])(_\{[^{}]*(\\mathrm\{\w+\})?\})?")
_LARGEST_DENOMINATOR = 12
_SHORT = 6
"""Characters of a decimal number that is shown as it is."""
_UNITS = (
    ("", "", 1.0),
    ("\\pi", "", math.pi),
    ("\\pi^{2}", "", math.pi**2),
    ("", "\\pi", 1 / math.pi),
    ("", "\\pi^{2}", 1 / math.pi**2),
    ("", "\\sqrt{2}", 1 / math.sqrt(2)),
)
"""(symbol above the bar, symbol below it, value): what numbers are shown as multiples of."""


class Monomial(NamedTuple):
    """`coefficient` times each piece to its whole power."""

    coefficient: float
    factors: tuple[tuple[Piece, int], ...] = ()

    def times(self, other: Monomial) -> Monomial:
        """The product; equal pieces are gathered."""
        powers: dict[Piece, int] = dict(self.factors)
        for piece, exponent in other.factors:
            powers[piece] = powers.get(piece, 0) + exponent
        kept = tuple((piece, exponent) for piece, exponent in powers.items() if exponent)
        return Monomial(self.coefficient * other.coefficient, kept)

    def scaled(self, factor: float) -> Monomial:
        """A number times it."""
        return Monomial(factor * self.coefficient, self.factors)

    def raised(self, exponent: int) -> Monomial | None:
        """A whole power of it; None where the number would leave the floats."""
        try:
            coefficient = float(self.coefficient**exponent)
        except (OverflowError, ZeroDivisionError):
            return None
        return Monomial(coefficient, tuple((piece, power * exponent) for piece, power in self.factors))

    def piece(self) -> Piece:
        """Its LaTeX: one fraction, names before brackets before functions, the minus in front."""
        above = [_raised(piece, power) for piece, power in _ordered(self.factors) if power > 0]
        below = [_raised(piece, -power) for piece, power in _ordered(self.factors) if power < 0]
        top, bottom = _number(abs(self.coefficient), bool(below))
        if bottom is not None:
            below.insert(0, bottom)
        if top is not None and not (top.text == "1" and above):
            above.insert(0, top)
        whole = fraction(side_by_side(above), side_by_side(below)) if below else side_by_side(above)
        return negated(whole) if self.coefficient < 0 or math.copysign(1.0, self.coefficient) < 0 else whole


def sum_piece(terms: Sequence[Monomial]) -> Piece:
    """The LaTeX of a sum; it does not begin with a minus if any term is positive."""
    kept = [term for term in _gathered(terms) if term.coefficient != 0] or [Monomial(0.0)]
    first = next((k for k, term in enumerate(kept) if term.coefficient > 0), 0)
    pieces = [term.piece() for term in [kept[first], *kept[:first], *kept[first + 1 :]]]
    return pieces[0] if len(pieces) == 1 else joined_sum(pieces, ["+"] * len(pieces))


def _gathered(terms: Sequence[Monomial]) -> list[Monomial]:
    """Terms that differ only in their numbers become one."""
    sums: dict[frozenset[tuple[Piece, int]], Monomial] = {}
    for term in terms:
        key = frozenset(term.factors)
        known = sums.get(key)
        sums[key] = term if known is None else Monomial(known.coefficient + term.coefficient, term.factors)
    return list(sums.values())


def _ordered(factors: Sequence[tuple[Piece, int]]) -> list[tuple[Piece, int]]:
    def rank(factor: tuple[Piece, int]) -> int:
        piece = factor[0]
        if piece.level == ATOM and _NAMED.fullmatch(piece.text):
            return 0
        if piece.level <= BIG:
            return 3 if piece.level == BIG else 1
        return 1 if piece.level in (ATOM, POWER) else 2

    return sorted(factors, key=rank)


def _raised(piece: Piece, exponent: int) -> Piece:
    return piece if exponent == 1 else function_power(piece, Piece(str(exponent), ATOM, starts_with_digit=True))


def _number(value: float, over: bool) -> tuple[Piece | None, Piece | None]:
    """The number's part above and below the bar; `over`: there is a bar anyway."""
    if value == 1:
        return _digits("1"), None
    inverse = 1 / value if value else math.inf
    if over and inverse.is_integer() and inverse < 1e6:
        return _digits("1"), _digits(str(int(inverse)))
    for symbol, under, unit in _UNITS:
        ratio = _ratio(value / unit)
        if ratio is not None:
            return _scaled(ratio[0], symbol), _scaled(ratio[1] or "1", under) if ratio[1] or under else None
    if value == math.e:
        return Piece("e", ATOM), None
    text = latex_number(value, 6)
    return Piece(text, PRODUCT if "\\cdot" in text else ATOM, text[:1].isdigit()), None


def _scaled(number: str, symbol: str) -> Piece:
    if not symbol:
        return _digits(number)
    return Piece(symbol, ATOM) if number == "1" else Piece(f"{number} {symbol}", PRODUCT, starts_with_digit=True)


def _ratio(value: float) -> tuple[str, str] | None:
    """A number that is short when written: (number, "") or (above, below) of a small fraction."""
    if not math.isfinite(value):
        return None
    text = f"{value:.15g}"
    if "e" not in text and (value == int(value) or len(text) <= _SHORT):
        return text, ""
    for below in range(2, _LARGEST_DENOMINATOR + 1):
        above = value * below
        if abs(above - round(above)) < 1e-13 * abs(above) and 0 < abs(above) < 1000:
            return str(round(above)), str(below)
    return None


def _digits(text: str) -> Piece:
    return Piece(text, ATOM, starts_with_digit=True)
