"""Numbers and points as people type them: `1/3`, `2pi`, `-sqrt 2`, `1,5`, `(1; 2)`."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

from gdsim.errors import FormulaError
from gdsim.formula import complaints
from gdsim.formula.build import Builder
from gdsim.formula.interpret import interpret
from gdsim.formula.lower import Lowering
from gdsim.formula.names import Vocabulary
from gdsim.formula.parser import parse_expression
from gdsim.formula.tree import Place

_COMMA_DECIMAL = re.compile(r"\s*[-+−]?\d+,\d+([eE][-+]?\d+)?\s*")
_MOST = 10_000
"""Characters of one number."""


def parse_number(text: str) -> float:
    """The value of an expression without letters, such as ``1/3`` or ``2pi``; a lone ``1,5`` is 1.5.

    Raises:
        FormulaError: it cannot be read, contains a letter, or its value is not finite.
    """
    if not text.strip():
        raise FormulaError("a number is missing here", column=1, hint="Write something like 0.1, 1/3 or 2pi")
    if len(text) > _MOST:
        raise FormulaError(f"this number has {len(text):,} characters", hint="Write it shorter")
    if _COMMA_DECIMAL.fullmatch(text):
        text = text.replace(",", ".")
    tree = parse_expression(text, Vocabulary())
    builder = Builder()

    def letter(name: str, place: Place) -> int:
        raise complaints.at(place, f"{name} is a letter where a number is wanted", "Known letters are pi and e")

    def element(name: str, _index: int, place: Place) -> int:
        return letter(name, place)

    node = Lowering(builder, letter, element, unroll=True).lower(tree)
    value = float(interpret(builder.build([node]), {})[0])
    if not math.isfinite(value):
        raise FormulaError(f"{text.strip()} is {value:g}, not a finite number", column=1, length=len(text))
    return value


def split_point(text: str) -> list[str]:
    """The texts of a point's coordinates: parted by `;` if there is one, else by commas outside brackets, or blanks."""
    inner = text.strip()
    if inner[:1] in ("(", "[") and inner[-1:] in (")", "]") and _closes_last(inner):
        inner = inner[1:-1]
    for marks in (";", ","):
        parts = _split(inner, marks)
        if len(parts) > 1:
            return [part.strip() for part in parts]
    return [inner.strip()]


def parse_point(text: str, n: int | None = None) -> tuple[float, ...]:
    """The coordinates of a point, such as ``1,2`` or ``(pi/2; -1)``.

    Raises:
        FormulaError: a coordinate cannot be read, or there are not n of them.
    """
    parts = split_point(text)
    if n is not None and len(parts) != n and n > 1 and len(parts) == 1:
        blanks = text.split()
        parts = blanks if len(blanks) == n else parts
    if n is not None and len(parts) != n:
        if n == 1 and _COMMA_DECIMAL.fullmatch(text):
            return (parse_number(text),)
        raise FormulaError(
            f"{len(parts)} number{'s' * (len(parts) != 1)}, where {n} {'are' if n > 1 else 'is'} wanted",
            column=1,
            length=max(1, len(text)),
            hint="Part them by commas, such as " + ", ".join(["1", "-2", "0.5"][: min(n, 3)]),
        )
    return tuple(parse_number(part) for part in parts)


def _split(text: str, mark: str) -> Sequence[str]:
    parts, depth, start = [], 0, 0
    for place, character in enumerate(text):
        depth += (character in "([{") - (character in ")]}")
        if character == mark and depth == 0:
            parts.append(text[start:place])
            start = place + 1
    return [*parts, text[start:]]


def _closes_last(text: str) -> bool:
    """Whether the first bracket is closed by the last character."""
    depth = 0
    for place, character in enumerate(text):
        depth += (character in "([") - (character in ")]")
        if depth == 0:
            return place == len(text) - 1
    return False
