"""Edits of single samples by hand: one more, one moved, one less, each as other data. The others stay as they are.

A sample keeps its number while others come and go, for the split goes by it (see `split`). A sample of a set that is
moved becomes a point of the user's own, with a number of its own, and so does one that is added: numbers are passed
over (as removed rows) until it is trained on, or tested on, as it should be.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from gdsim.errors import SpecError
from gdsim.objectives.data.design import TYPED, Data
from gdsim.objectives.data.make import samples_of
from gdsim.objectives.data.table import Column, Table
from gdsim.objectives.data.tables import table_of

_TRIES = 256


def with_sample(data: Data, values: Mapping[str, float], target: float) -> Data:
    """One sample more, which is trained on.

    Args:
        values: by raw column; columns that are not named are at their mean, texts at the most frequent one.
        target: a number, or the number of a class.

    Raises:
        GdsimError: data that cannot be read; a sample that cannot be, such as one without a value of an input.
    """
    table = table_of(data)
    columns = _columns(data, table)
    row = _row(columns, table, values, target, None)
    return _placed(data.replace(columns=columns), _given(data, table), row, train=True)


def with_moved_sample(data: Data, index: int, values: Mapping[str, float], target: float) -> Data:
    """Sample number `index` (see `Samples.index`) with other values in some columns, trained or tested on as before.

    Raises:
        GdsimError: there is no such sample; else as `with_sample`.
    """
    table = table_of(data)
    given, columns = _given(data, table), _columns(data, table)
    if index >= given:
        place = index - given
        _check(place < len(data.rows), index)
        before = dict(zip(data.columns, data.rows[place], strict=True))
        before.update(values)
        row = (*(float(before[name]) for name in data.columns[:-1]), float(target))
        return data.replace(rows=(*data.rows[:place], row, *data.rows[place + 1 :]))
    row = _row(columns, table, values, target, index)
    train = bool(np.any(samples_of(data).index == index))
    gone = data.replace(columns=columns, removed=tuple(sorted({*data.removed, index})))
    return _placed(gone, given, row, train)


def without_sample(data: Data, index: int) -> Data:
    """The data without sample number `index`; SpecError where there is none."""
    given = _given(data, table_of(data))
    _check(index < given + len(data.rows), index)
    return _trimmed(data.replace(removed=tuple(sorted({*data.removed, index}))), given)


def _given(data: Data, table: Table) -> int:
    """How many samples come before the user's own points."""
    return 0 if data.name == TYPED else table.rows


def _check(there: bool, index: int) -> None:
    if not there:
        raise SpecError(f"there is no sample {index}", where="data")


def _columns(data: Data, table: Table) -> tuple[str, ...]:
    """Columns of the user's own points, the target last."""
    if data.columns:
        return data.columns
    target = data.target or table.names[-1]
    usable = (column.name for column in table.columns if column.kind == "number" or column.labels)
    return (*(name for name in usable if name != target), target)


def _row(
    columns: tuple[str, ...], table: Table, values: Mapping[str, float], target: float, index: int | None
) -> tuple[float, ...]:
    """A row; what is not in `values` is as in row `index`, or usual."""
    found = []
    for name in columns[:-1]:
        column = table.column(name)
        own = np.nan if index is None else column.values[index]
        found.append(float(values[name]) if name in values else float(own) if np.isfinite(own) else _usual(column))
    return (*found, float(target))


def _usual(column: Column) -> float:
    """The mean of numbers, the most frequent text; 0 where there is neither."""
    there = column.values[column.present]
    if not there.size:
        return 0.0
    if column.kind == "number":
        return float(np.mean(there))
    return float(np.argmax(np.bincount(there.astype(np.int64))))


def _placed(data: Data, given: int, row: tuple[float, ...], train: bool) -> Data:
    """`row` behind the others, at the first number with which it is trained (or tested) on."""
    made = data
    for passed in range(_TRIES):
        number = given + len(data.rows) + passed
        skipped = tuple(range(given + len(data.rows), number))
        made = data.replace(
            rows=(*data.rows, *(row,) * (passed + 1)), removed=tuple(sorted({*data.removed, *skipped}))
        )
        samples = samples_of(made)
        if np.any((samples.index if train else samples.index_test) == number):
            return made
    return made


def _trimmed(data: Data, given: int) -> Data:
    """Without rows at the end that are removed anyway."""
    rows, gone = data.rows, set(data.removed)
    while rows and given + len(rows) - 1 in gone:
        gone.discard(given + len(rows) - 1)
        rows = rows[:-1]
    columns = data.columns if rows or data.name == TYPED else ()
    return data.replace(rows=rows, removed=tuple(sorted(gone)), columns=columns)
