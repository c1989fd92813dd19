"""A column as a target: labels of its classes, and samples' class numbers."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from gdsim.errors import SpecError
from gdsim.objectives.data.table import MAX_LABELS, Column

Array = NDArray[Any]

MAX_CLASSES = 100


def class_labels(column: Column) -> tuple[str, ...]:
    """The labels that a column has as a target of classes: its texts, or its whole numbers in order.

    Empty where it cannot be one: free text, numbers with fractions, fewer than 2 or more than MAX_CLASSES of them.
    """
    if column.kind == "text":
        labels = column.labels
    else:
        there = column.values[column.present]
        for values in (there[:10_000], there):  # a long column of measurements is refused by its beginning
            numbers = np.unique(values)
            if numbers.size > MAX_CLASSES or np.any(numbers != np.floor(numbers)):
                return ()
        labels = tuple(str(int(number)) for number in numbers)
    return labels if 2 <= len(labels) <= MAX_CLASSES else ()


def class_numbers(column: Column, classes: tuple[str, ...], origin: str) -> Array:
    """(rows,) the number of each row's class in `classes`; NaN where it is missing or of another class.

    Raises:
        SpecError: a number is to be read as a class that is no number; the column is free text.
    """
    if len(set(classes)) != len(classes):
        raise SpecError("a class is named twice", where=origin, hint="Name each class once")
    if column.kind == "text":
        if not column.labels:
            refuse_free_text(column, origin)
        place = np.full(len(column.labels) + 1, np.nan)
        for number, label in enumerate(classes):
            if label in column.labels:
                place[column.labels.index(label)] = number
        codes = np.where(column.present, column.values, len(column.labels)).astype(np.int64)
        return place[codes]
    numbers = np.full(column.values.size, np.nan)
    for number, label in enumerate(classes):
        try:
            value = float(label)
        except ValueError as error:
            what = f"the target {column.name!r} holds numbers, {label!r} is none"
            raise SpecError(what, where=origin, hint="Name the classes as the numbers in the file") from error
        numbers[column.values == value] = number
    return numbers


def refuse_free_text(column: Column, origin: str) -> None:
    """SpecError where a text column has too many different texts to be classes or inputs."""
    count = f"{len(column.labels):,}" if column.labels else f"over {MAX_LABELS:,}"
    if not 1 <= len(column.labels) <= MAX_CLASSES:
        mixed = f"; the first that is no number: {column.odd}" if column.odd else ""
        raise SpecError(
            f"the column {column.name!r} holds {count} different texts, too many for classes{mixed}",
            where=origin,
            hint="Mend the file, or choose another column" if column.odd else "Choose another column",
        )
