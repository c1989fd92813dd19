"""A person's own CSV as data: embedded in the document while it is small, else by relative path and checksum."""

from __future__ import annotations

import hashlib
import os
import threading
from pathlib import Path, PurePath
from typing import Literal

from gdsim.errors import SpecError
from gdsim.objectives.data.classes import class_labels
from gdsim.objectives.data.design import CSV, EMBEDDED, Data
from gdsim.objectives.data.left_out import no_inputs
from gdsim.objectives.data.reading import Cancel, Progress, decode, parse_csv, read_csv, stop_if
from gdsim.objectives.data.table import Column, Table

_SHARE = 0.7
_tables: dict[tuple[str, str, int, int], Table] = {}
_lock = threading.Lock()


def csv_data(
    path: str | Path,
    base: Path | None = None,
    *,
    target: str = "",
    task: Literal["number", "classes"] | None = None,
    cancel: Cancel | None = None,
    progress: Progress | None = None,
) -> Data:
    """The data that a CSV file holds, every default resolved.

    Args:
        base: the document's folder, to which a large file's path is made relative; None before there is one.
        target: the column to predict; by default the last one that can be predicted.
        task: how to take the target; by default classes for texts and for two different whole numbers.
        progress: gets (bytes read, bytes in all).

    Raises:
        SpecError: the file cannot be read (see `read_csv`), it has nothing to predict or nothing to predict from.
        Cancelled: `cancel` was set.
    """
    path = Path(path)
    if path.is_file() and path.stat().st_size <= EMBEDDED:
        try:
            text = decode(path.read_bytes(), path.name)
        except OSError as error:
            raise SpecError(f"the file cannot be read: {error.strerror or error}", where=str(path)) from error
        return text_data(text, path.name, target=target, task=task)
    if not path.is_file():
        raise SpecError("there is no such file", where=str(path), hint="Choose the file anew")
    data = Data(CSV, title=path.name, path=path.resolve().as_posix(), sha256=digest(path, cancel))
    table = file_table(data, None, cancel, progress)
    return resolved(table, data.replace(path=_relative(path.resolve(), base)), target, task)


def text_data(
    text: str, title: str = "pasted", *, target: str = "", task: Literal["number", "classes"] | None = None
) -> Data:
    """The data that a CSV's text holds, see `csv_data`. Raises SpecError as it does, and for over EMBEDDED bytes."""
    if len(text.encode("utf-8", errors="replace")) > EMBEDDED:
        hint = "Save it as a file and choose that"
        raise SpecError(f"the text is longer than {EMBEDDED:,} bytes", where=title, hint=hint)
    return resolved(parse_csv(text, title), Data(CSV, title=title, text=text), target, task)


def resolved(table: Table, data: Data, target: str = "", task: Literal["number", "classes"] | None = None) -> Data:
    """`data` with target, classes and inputs chosen for `table`.

    Raises:
        SpecError: no such column, a target that cannot be predicted, no column of numbers besides it.
    """
    column = table.column(target) if target else _likely_target(table)
    labels = class_labels(column)
    if task is None:
        few = len(labels) == 2 and column.values.size > 2
        task = "classes" if column.kind == "text" or few else "number"
    if task == "classes" and not labels:
        if column.kind == "text" and len(column.labels) == 1:
            what = f"all rows are of one class, {column.labels[0]!r}: there is nothing to tell apart in {column.name!r}"
            raise SpecError(what, where=table.origin, hint="Choose another target")
        what = f"the column {column.name!r} cannot be taken for classes"
        raise SpecError(what, where=table.origin, hint="A class is a text or a whole number; there may be 2 to 100")
    if task == "number" and column.kind == "text":
        said = f": {column.odd}" if column.odd else ""
        raise SpecError(f"the column {column.name!r} holds texts{said}", where=table.origin, hint="Take it for classes")
    inputs = tuple(one.name for one in table.columns if one.kind == "number" and one is not column)
    if not inputs:
        raise no_inputs(table, column)
    classes = labels if task == "classes" else ()
    return data.replace(target=column.name, classes=classes, inputs=inputs, standardise=True, share=_SHARE)


def digest(path: Path, cancel: Cancel | None = None) -> str:
    """The SHA-256 of a file in hexadecimal. SpecError where it cannot be read, Cancelled where `cancel` was set."""
    found = hashlib.sha256()
    try:
        with path.open("rb") as stream:
            while block := stream.read(1 << 20):
                stop_if(cancel)
                found.update(block)
    except OSError as error:
        raise SpecError(f"the file cannot be read: {error.strerror or error}", where=str(path)) from error
    return found.hexdigest()


def located(data: Data, base: Path | None = None) -> Path:
    """Where the file of `data` is. SpecError where it is not there, or the document does not say what it held."""
    path = Path(data.path) if base is None else base / data.path
    if not data.sha256:
        raise SpecError("the file's SHA-256 is missing in the document", where=data.path, hint="Choose the file anew")
    if not path.is_file():
        raise SpecError(
            "the data's file is not there",
            where=str(path),
            hint="Put it back there, beside the document, or choose the file anew",
        )
    return path


def file_table(
    data: Data, base: Path | None = None, cancel: Cancel | None = None, progress: Progress | None = None
) -> Table:
    """The table in the file of `data`; the same object while the file stays as it is.

    Raises:
        SpecError: the file is not there, no longer holds what it held when it was chosen, or cannot be read.
        Cancelled: `cancel` was set.
    """
    path = located(data, base)
    stamp = path.stat()
    key = (str(path.resolve()), data.sha256, stamp.st_mtime_ns, stamp.st_size)
    with _lock:
        known = _tables.get(key)
    if known is not None:
        return known
    if digest(path, cancel) != data.sha256:
        raise SpecError(
            "the data's file has changed since it was chosen",
            where=str(path),
            hint="Choose the file anew to learn from what it holds now, or put the old one back",
        )
    table = read_csv(path, cancel, progress)
    with _lock:
        _tables.clear()  # a large table is worth keeping, two of them are not
        _tables[key] = table
    return table


def rebased(data: Data, old: Path | None, new: Path | None) -> Data:
    """`data` for a document that moves from folder `old` to folder `new`; the same where there is no file."""
    if not data.path:
        return data
    path = (Path(data.path) if old is None else old / data.path).resolve()
    return data.replace(path=_relative(path, new))


def _relative(path: Path, base: Path | None) -> str:
    if base is None:
        return path.as_posix()
    try:
        return PurePath(os.path.relpath(path, base.resolve())).as_posix()
    except ValueError:  # another drive
        return path.as_posix()


def _likely_target(table: Table) -> Column:
    """The last column that can be predicted from the others; one whose every text is another only if no other can."""
    if len(table.columns) < 2:
        hint = "There have to be a target and something to predict it from; is the delimiter one of , ; tab | ?"
        raise SpecError("there is one column only", where=table.origin, hint=hint)
    numbers = sum(column.kind == "number" for column in table.columns)
    likely: list[Column] = []
    last: list[Column] = []
    for column in reversed(table.columns):
        there = column.values[column.present]
        if column.kind == "number":
            likely += [column] if there.size and there.min() < there.max() else []
        elif class_labels(column):
            (likely if there.size > len(column.labels) else last).append(column)
    if likely or last:
        left = [column for column in likely if numbers > (column.kind == "number")]  # something to predict it from
        return (left or likely or last)[0]
    raise SpecError(
        "no column can be predicted: each is the same in all rows, or free text", where=table.origin,
        hint="Choose a file with a column that differs from row to row",
    )  # fmt: skip
