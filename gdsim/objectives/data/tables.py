"""The whole table of some data, before inputs are made and samples split: from a generator, a set, a file, points."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import numpy as np

from gdsim.assets import resource
from gdsim.catalogue import dataset
from gdsim.errors import SpecError
from gdsim.objectives.data.design import CSV, TYPED, Data
from gdsim.objectives.data.files import file_table
from gdsim.objectives.data.generators import generate
from gdsim.objectives.data.reading import Cancel, Progress, parse_csv, read_csv
from gdsim.objectives.data.table import Array, Column, Table

MAX_SIZE = 1_000_000


def default_data(name: str) -> Data:
    """The data of the catalogue's set `name` with every default resolved. CatalogueError when there is none."""
    entry = dataset(name)
    return Data(
        name=name,
        title=entry.title,
        size=entry.size,
        noise=entry.noise,
        share=entry.share,
        inputs=entry.inputs,
        target=entry.target,
        classes=entry.classes,
        standardise=entry.standardise,
    )


def table_of(
    data: Data, base: Path | None = None, cancel: Cancel | None = None, progress: Progress | None = None
) -> Table:
    """The table that `data` names, without points that were added to it; the same object for the same question.

    Args:
        base: the document's folder, where `data` names a file.
        progress: gets (bytes read, bytes in all) of a file.

    Raises:
        CatalogueError: there is no such set. Cancelled: `cancel` was set.
        SpecError: a size or noise out of range, a file that is not there, has changed or cannot be read.
    """
    if data.name == TYPED:
        return _own(data.columns, data.rows, data.classes)
    if data.name == CSV:
        return _text(data.text, data.title or CSV) if not data.path else file_table(data, base, cancel, progress)
    entry = dataset(data.name)
    if entry.file:
        return _shipped(data.name)
    size = data.size or entry.size
    if not 2 <= size <= MAX_SIZE:
        raise SpecError(f"{size:,} samples are out of range", where="size", hint=f"Choose 2 to {MAX_SIZE:,}")
    if not 0 <= data.noise <= 1:
        raise SpecError(f"{data.noise:g} is out of range", where="noise", hint="Use a number from 0 to 1")
    return _generated(data.name, size, data.noise, data.seed)


@lru_cache(maxsize=8)
def _generated(name: str, size: int, noise: float, seed: int) -> Table:
    entry = dataset(name)
    *inputs, target = generate(entry, size, noise, seed)
    columns = [Column(label, "number", values) for label, values in zip(entry.columns, inputs, strict=True)]
    return Table((*columns, _target(entry.target, target, entry.classes)), name)


@lru_cache(maxsize=8)
def _shipped(name: str) -> Table:
    return read_csv(resource(f"datasets/{dataset(name).file}"))


@lru_cache(maxsize=4)
def _text(text: str, title: str) -> Table:
    return parse_csv(text, title)


@lru_cache(maxsize=8)
def _own(names: tuple[str, ...], rows: tuple[tuple[float, ...], ...], classes: tuple[str, ...]) -> Table:
    if len(names) < 2 or len(set(names)) != len(names):
        raise SpecError("own data need different names for an input and the target", where="columns")
    values = own_values(names, rows, classes)
    inputs = [Column(name, "number", values[name]) for name in names[:-1]]
    return Table((*inputs, _target(names[-1], values[names[-1]], classes)), "your points")


def own_values(
    names: tuple[str, ...], rows: tuple[tuple[float, ...], ...], classes: tuple[str, ...]
) -> dict[str, Array]:
    """Own samples as columns by name. SpecError for a row of another length, or a class that has no such number."""
    for number, row in enumerate(rows, start=1):
        if len(row) != len(names):
            what = f"the point has {len(row)} numbers, there are {len(names)} columns"
            raise SpecError(what, where=f"point {number}", hint=f"Give {', '.join(names)}")
        if classes and row[-1] not in range(len(classes)):
            what = f"{row[-1]:g} is no class"
            raise SpecError(what, where=f"point {number}", hint=f"Use 0 to {len(classes) - 1}")
    values = np.array(rows, dtype=np.float64).reshape(len(rows), len(names))
    return {name: np.ascontiguousarray(values[:, place]) for place, name in enumerate(names)}


def _target(name: str, values: Array, classes: tuple[str, ...]) -> Column:
    return Column(name, "text", values, classes) if classes else Column(name, "number", values)
