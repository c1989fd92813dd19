"""A person's table as a form shows it: read once, with what there is to say of each column. No Qt."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from gdsim.gui.panels.learn_edits import Column
from gdsim.gui.panels.learn_facts import columns_of
from gdsim.objectives.data.design import CSV, EMBEDDED, Data
from gdsim.objectives.data.files import csv_data, digest, resolved
from gdsim.objectives.data.left_out import target_note, text_note
from gdsim.objectives.data.reading import Cancel, Progress
from gdsim.objectives.data.table import ColumnFacts, Table, describe
from gdsim.objectives.data.tables import table_of

_LABELS = 6


@dataclass(frozen=True, slots=True, eq=False)
class CsvTable:
    """What was read.

    Attributes:
        data: with target, classes and inputs as they suggest themselves.
        table: the whole of it.
        columns: as a form needs them.
        said: per column its name, type, values, and how many are missing, in words.
    """

    data: Data
    table: Table
    columns: tuple[Column, ...]
    said: tuple[tuple[str, str, str, str], ...]

    @property
    def rows(self) -> int:
        """How many there are."""
        return self.table.rows

    @property
    def notes(self) -> tuple[str, ...]:
        """What was left out or changed in reading."""
        return self.table.notes

    def suggests_classes(self, target: str) -> bool:
        """Whether a column is taken for classes as a target: texts, or two different whole numbers."""
        column = next(each for each in self.columns if each.name == target)
        return bool(column.classes) and (not column.number or len(column.classes) == 2)

    def texts(self, target: str, classes: bool, inputs: Sequence[str]) -> list[str]:
        """What is to be said of texts: of those among a target's numbers, of columns that are no inputs."""
        odd = target_note(self.table.column(target)) if classes else ""
        return [note for note in (odd, text_note(self.table, target, inputs)) if note]

    def gaps(self, names: Sequence[str]) -> int:
        """Rows without a value in one of these columns."""
        used = [self.table.column(name).present for name in names if name in self.table.names]
        return int(self.rows - np.count_nonzero(np.logical_and.reduce(used))) if used else 0


def read_table(path: Path, cancel: Cancel | None = None, progress: Progress | None = None) -> CsvTable:
    """The table in a file.

    Raises:
        SpecError: it is no table, or there is nothing to predict in it; see `csv_data`. Cancelled: `cancel` was set.
    """
    if not path.is_file() or path.stat().st_size <= EMBEDDED:
        data = csv_data(path, cancel=cancel, progress=progress)
        table = table_of(data)
    else:
        # by way of `table_of`, which keeps it: the file is read once
        data = Data(CSV, title=path.name, path=path.resolve().as_posix(), sha256=digest(path, cancel))
        table = table_of(data, cancel=cancel, progress=progress)
        data = resolved(table, data)
    said = tuple(_said(facts) for facts in describe(table))
    return CsvTable(data, table, columns_of(table), said)


def _said(facts: ColumnFacts) -> tuple[str, str, str, str]:
    missing = f"{facts.missing:,}" if facts.missing else ""
    if facts.kind == "text":
        count = len(facts.labels)
        shown = ", ".join(facts.labels[:_LABELS]) + (", …" if count > _LABELS else "")
        words = f"{count:,}: {shown}" if count else "free text"
        return facts.name, "text", f"{words} ({facts.odd})" if facts.odd else words, missing
    if not np.isfinite(facts.low):
        return facts.name, "number", "none", missing
    words = f"{facts.low:.4g} in every row" if facts.constant else f"{facts.low:.4g} to {facts.high:.4g}"
    return facts.name, "number", words, missing
