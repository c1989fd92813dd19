"""Input formulas: from raw columns to what a model sees.

A formula calls a column by its symbol: the column's own name where that is one word that means nothing else (`x`,
`petal_length`), else `x1`, `x2`, ... by the column's place in the table. An input that is exactly a column's name is
that column, whatever signs the name has in it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gdsim.errors import FormulaError, SpecError
from gdsim.formula import Formula, did_you_mean, interpret, parse_formula
from gdsim.formula.names import ALIASES, FUNCTIONS, INFIX_WORDS, PI

Array = NDArray[Any]

MAX_INPUTS = 4096
_WORD = re.compile(r"[A-Za-z](?:[A-Za-z0-9]|_(?=[A-Za-z0-9]))*")
_TAKEN = frozenset({"e", *FUNCTIONS, *ALIASES, *INFIX_WORDS, *PI})


@dataclass(frozen=True, eq=False)
class Input:
    """One input: a column as it is, or a formula over columns.

    Attributes:
        text: as it was written.
        column: number of the column where it is one, else -1.
        formula: over the symbols; None for a column.
        uses: (symbol, number of the column) of those that it reads.
    """

    text: str
    column: int
    formula: Formula | None
    uses: tuple[tuple[str, int], ...]

    def evaluate(self, raw: Array) -> Array:
        """The input's value (m,) for raw columns (columns, m); NaN or infinite where the formula has no value."""
        if self.formula is None:
            return np.asarray(raw[self.column], dtype=np.float64)
        (value,) = interpret(self.formula.graph(), {symbol: raw[number] for symbol, number in self.uses})
        return np.broadcast_to(np.asarray(value, dtype=np.float64), raw.shape[1:])


@lru_cache(maxsize=32)
def symbols(columns: tuple[str, ...]) -> tuple[str, ...]:
    """What formulas call each column, all different."""
    plain = [name if _is_word(name) else "" for name in columns]
    taken = {name for name in plain if name}
    found = []
    for number, name in enumerate(plain, start=1):
        symbol, tries = name or f"x{number}", 1
        while not name and symbol in taken:
            symbol, tries = f"c{number}_{tries}", tries + 1
        taken.add(symbol)
        found.append(symbol)
    return tuple(found)


@lru_cache(maxsize=32)
def read_inputs(texts: tuple[str, ...], columns: tuple[str, ...], names: tuple[str, ...]) -> tuple[Input, ...]:
    """The inputs that `texts` describe.

    Args:
        columns: names of the raw columns, in their order.
        names: their symbols, see `symbols`; "" for a column that no formula can call.

    Raises:
        FormulaError: a text cannot be read. SpecError: it names what is no column, too many inputs, one twice.
    """
    if len(texts) > MAX_INPUTS:
        raise SpecError(f"there are {len(texts):,} inputs, the most is {MAX_INPUTS:,}", where="inputs")
    seen: set[str] = set()
    for text in texts:
        if text in seen:
            raise SpecError(f"the input {text!r} is there twice", where="inputs", hint="Leave one of them out")
        seen.add(text)
    return tuple(_input(text, columns, names) for text in texts)


def _input(text: str, columns: tuple[str, ...], names: tuple[str, ...]) -> Input:
    if text in columns:
        number = columns.index(text)
        return Input(text, number, None, ((names[number], number),))
    known = tuple(name for name in names if name)
    try:
        formula = parse_formula(text, known)
    except FormulaError as error:
        raise error.inside(f"input {text!r}") from error
    if formula.indexed:
        raise SpecError("an input is written in the columns' names, not with [ ]", where=f"input {text!r}")
    if formula.parameters:
        unknown = formula.parameters[0]
        near = did_you_mean(unknown, known)
        hint = f"Did you mean {near!r}?" if near else f"There are {_some(known)}"
        raise SpecError(f"{unknown!r} is no column", where=f"input {text!r}", hint=hint)
    graph = formula.graph()
    read = {graph.data[node] for node in graph.needed(graph.outputs) if graph.ops[node] == "input"}
    return Input(text, -1, formula, tuple((name, number) for number, name in enumerate(names) if name in read))


def _is_word(name: str) -> bool:
    return _WORD.fullmatch(name) is not None and name.lower() not in _TAKEN


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:8]) + (", ..." if len(names) > 8 else "")
