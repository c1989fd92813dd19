"""A table in memory: named columns of numbers or texts, whatever it was read from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from gdsim.errors import SpecError
from gdsim.formula import did_you_mean
from gdsim.objectives.data.inputs import symbols

Array = NDArray[Any]
Kind = Literal["number", "text"]

MAX_LABELS = 10_000
"""Different texts that are told apart in a column; one with more is free text, of which only the gaps are known."""


@dataclass(frozen=True, eq=False)
class Column:
    """One column.

    Attributes:
        name: as in the header.
        kind: "number", or "text" as soon as one cell is neither a number nor missing.
        values: (rows,) float64: the numbers, or which of `labels`; NaN where missing. "inf" in a file is kept as such.
        labels: of a text column, sorted; empty for numbers and for free text (over MAX_LABELS different ones).
        odd: the first text in a column that begins with numbers, such as "'n.n.' in row 17"; else empty.
    """

    name: str
    kind: Kind
    values: Array
    labels: tuple[str, ...] = ()
    odd: str = ""

    @cached_property
    def present(self) -> NDArray[np.bool_]:
        """(rows,) where there is a finite number, or a text."""
        return np.isfinite(self.values)

    @cached_property
    def missing(self) -> int:
        """How many cells are empty, NA, NaN, ? or infinite."""
        return int(self.values.size - np.count_nonzero(self.present))


@dataclass(frozen=True, eq=False)
class Table:
    """Columns of equal length.

    Attributes:
        columns: in the order of the file.
        origin: what errors call it: a file's or a set's name.
        notes: what was left out or changed in reading, in sentences.
    """

    columns: tuple[Column, ...]
    origin: str
    notes: tuple[str, ...] = ()

    @property
    def rows(self) -> int:
        """How many there are."""
        return int(self.columns[0].values.size) if self.columns else 0

    @property
    def names(self) -> tuple[str, ...]:
        """Of the columns, in their order."""
        return tuple(column.name for column in self.columns)

    def column(self, name: str) -> Column:
        """The column called `name`; SpecError with a suggestion when there is none."""
        for column in self.columns:
            if column.name == name:
                return column
        near = did_you_mean(name, self.names)
        hint = f"Did you mean {near!r}?" if near else f"It has {_listed(self.names)}"
        raise SpecError(f"there is no column {name!r}", where=self.origin, hint=hint)

    def extended(self, rows: dict[str, Array], count: int) -> Table:
        """The table with `count` rows more: values by column, what is not named is missing in them."""
        gap = np.full(count, np.nan)
        columns = tuple(
            replace(column, values=np.concatenate([column.values, rows.get(column.name, gap)]))
            for column in self.columns
        )
        return replace(self, columns=columns)


@dataclass(frozen=True)
class ColumnFacts:
    """What a form says of a column.

    Attributes:
        name, kind: as of the column.
        symbol: how input formulas call it: its name where that is one word, else x1, x2, ... by its place.
        low, high, mean: over the numbers that are there; NaN for texts and where there are none.
        missing: cells without a value.
        labels, counts: the texts and how often each occurs.
        constant: the same value in all rows.
        odd: see `Column`.
    """

    name: str
    kind: Kind
    symbol: str
    low: float
    high: float
    mean: float
    missing: int
    labels: tuple[str, ...]
    counts: tuple[int, ...]
    constant: bool
    odd: str


def describe(table: Table) -> tuple[ColumnFacts, ...]:
    """What there is to say of each column, for forms and `gdsim list`."""
    return tuple(_facts(column, symbol) for column, symbol in zip(table.columns, symbols(table.names), strict=True))


def _facts(column: Column, symbol: str) -> ColumnFacts:
    there = column.values[column.present]
    low = high = mean = np.nan
    counts: tuple[int, ...] = ()
    if column.kind == "text":
        counts = tuple(np.bincount(there.astype(np.int64), minlength=len(column.labels)).tolist())
        counts = counts[: len(column.labels)]
        constant = sum(count > 0 for count in counts) == 1
    else:
        if there.size:
            low, high = float(there.min()), float(there.max())
            mean = float(np.mean(there))
        constant = low == high
    return ColumnFacts(
        column.name, column.kind, symbol, low, high, mean, column.missing, column.labels, counts, constant, column.odd
    )


def _listed(names: Sequence[str], most: int = 8) -> str:
    return ", ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")
