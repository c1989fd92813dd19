"""Sets to learn from: the entry, and how `[dataset.NAME]` becomes one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from gdsim.catalogue.entries import Range
from gdsim.catalogue.reader import Fields
from gdsim.errors import CatalogueError

Task = Literal["number", "classes"]

CURVE = "curve"
"""The generator that takes the entry's own formula."""


@dataclass(frozen=True, slots=True)
class DatasetEntry:
    """A set to learn from: a generator of samples, or a table that is shipped.

    Attributes:
        name: lower case with underscores; how the command line calls it.
        title: for people.
        family: the group it is shown in.
        task: "number" for regression, "classes" for classification.
        formula: what noiseless samples obey, in the formula language for the generator ``curve``, else for people; may
            be empty for a shipped table.
        source: paper or well-known reference.
        licence: of a shipped table; empty for what is generated.
        teaches: one sentence on what it is good for.
        columns: names of the columns that are not the target, in the table's order.
        target: name of the column to predict.
        classes: labels of the target in the order of their numbers; empty for regression.
        inputs: formulas that a model sees where nothing else is chosen.
        domain: (low, high) of each input that is a column, what a picture shows first.
        generator: name of the function in gdsim.objectives.data.generators, or "".
        file: the CSV below resources/datasets, or "".
        rows: of the file; 0 for a generator.
        size, noise: defaults of a generator; 0 for a file.
        share: of the samples that are trained on where nothing else is chosen, 0 to 1.
        standardise: whether inputs are standardised where nothing else is chosen.
    """

    name: str
    title: str
    family: str
    task: Task
    formula: str
    source: str
    licence: str
    teaches: str
    columns: tuple[str, ...]
    target: str
    classes: tuple[str, ...]
    inputs: tuple[str, ...]
    domain: tuple[Range, ...]
    generator: str = ""
    file: str = ""
    rows: int = 0
    size: int = 0
    noise: float = 0.0
    share: float = 0.5
    standardise: bool = False

    @property
    def samples(self) -> int:
        """How many samples it has where nothing else is chosen."""
        return self.rows or self.size


def build_dataset(name: str, table: Fields) -> DatasetEntry:
    """A DatasetEntry from the fields of `[dataset.NAME]`."""
    generator, file = table.text("generator", ""), table.text("file", "")
    if bool(generator) == bool(file):
        raise CatalogueError("a dataset has either a generator or a file")
    columns, target = table.texts("columns"), table.text("target")
    if not columns or target in columns or len(set(columns)) != len(columns):
        raise CatalogueError("'columns' has to be different names, the target not among them")
    task, classes = table.text("task"), table.texts("classes")
    if task not in ("number", "classes") or (task == "classes") != (len(classes) > 1):
        raise CatalogueError("'task' is number, or classes with at least two of them")
    inputs = table.texts("inputs") or columns
    domain = table.ranges("domain")
    return DatasetEntry(
        name=name,
        title=table.text("title", name.replace("_", " ")),
        family=table.text("family", "my own"),
        task="number" if task == "number" else "classes",
        formula=table.text("formula", "") if generator != CURVE else table.text("formula"),
        source=table.text("source", ""),
        licence=table.text("licence", ""),
        teaches=table.text("teaches", ""),
        columns=columns,
        target=target,
        classes=classes,
        inputs=inputs,
        domain=tuple(domain[min(i, len(domain) - 1)] for i in range(len(inputs))),
        generator=generator,
        file=file,
        rows=_count(table, "rows") if file else 0,
        size=_count(table, "size") if generator else 0,
        noise=table.number("noise", 0.0),
        share=table.number("share", 0.5),
        standardise=table.flag("standardise"),
    )


def _count(table: Fields, key: str) -> int:
    number = table.number(key, 0.0)
    if number < 2 or number != int(number):
        raise CatalogueError(f"{key!r} has to be a whole number from 2")
    return int(number)
