"""Reads a CSV into a table: a few thousand cells at a time, so that it can be watched and stopped.

A column holds numbers until a cell turns up that is neither a number nor missing; the file is then read once more, with
that column as text from the start. Memory is eight bytes a cell, and the different texts.
"""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any, Protocol, TextIO

import numpy as np
from numpy.typing import NDArray

from gdsim.errors import Cancelled, SpecError
from gdsim.objectives.data.dialect import MISSING, Dialect, cells_of, guess_dialect
from gdsim.objectives.data.table import MAX_LABELS, Column, Table

Array = NDArray[Any]
Progress = Callable[[int, int], None]

MAX_CELLS = 100_000_000
MAX_COLUMNS = 4096
_CHUNK = 5_000  # cells between two looks at `cancel`: some 3 ms
_SAMPLE = 100
_BLOCK = 1 << 20


class Cancel(Protocol):
    """What a `threading.Event` has of it."""

    def is_set(self) -> bool: ...


def read_csv(path: Path, cancel: Cancel | None = None, progress: Progress | None = None) -> Table:
    """The table in a file. Delimiter, decimal comma, header and encoding are guessed.

    Args:
        progress: gets (bytes read, bytes in all).

    Raises:
        SpecError: no such file, no text, no rows, rows of different lengths, a quote that is not closed, too large.
        Cancelled: `cancel` was set.
    """
    if not path.is_file():
        raise SpecError("there is no such file", where=str(path), hint="Choose the file anew")
    try:
        encoding, size = _encoding(path, cancel), path.stat().st_size
        watch = _Watch(cancel, progress, size)

        def opened() -> TextIO:
            return path.open(encoding=encoding, errors="replace", newline="")

        return _Reading(opened, path.name, watch).table()
    except OSError as error:
        raise SpecError(f"the file cannot be read: {error.strerror or error}", where=str(path)) from error


def parse_csv(text: str, origin: str) -> Table:
    """The table in a text; `origin` is what errors call it. Raises SpecError as `read_csv` does."""
    return _Reading(lambda: io.StringIO(text, newline=""), origin, _Watch(None, None, len(text))).table()


def decode(data: bytes, origin: str) -> str:
    """A CSV's bytes as text. Raises SpecError where they are none."""
    _refuse_binary(data[:4096], origin)
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return data.decode("utf-16", errors="replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", errors="replace")


class _Watch:
    """Looks at `cancel` and tells `progress`."""

    def __init__(self, cancel: Cancel | None, progress: Progress | None, size: int) -> None:
        self.cancel, self.progress, self.size = cancel, progress, size

    def look(self, stream: TextIO) -> None:
        stop_if(self.cancel)
        if self.progress is not None:
            buffer = getattr(stream, "buffer", None)
            self.progress(buffer.tell() if buffer is not None else stream.tell(), self.size)


class _Reading:
    """One reading of one file, in one or two passes."""

    def __init__(self, opened: Callable[[], TextIO], origin: str, watch: _Watch) -> None:
        self.opened, self.origin, self.watch = opened, origin, watch
        with opened() as stream:
            lines = list(islice(stream, _SAMPLE))
        self.dialect: Dialect = guess_dialect(lines)
        rows = cells_of(lines[self.dialect.skip :], self.dialect.delimiter)
        if not rows:
            raise SpecError("the file is empty", where=origin, hint="Choose a file with a row for each sample")
        if len(rows[0]) > MAX_COLUMNS:
            raise self._too_large(f"{len(rows[0]):,} columns", f"{MAX_COLUMNS:,}")
        self.names = _names(rows[0]) if self.dialect.header else _numbered(len(rows[0]))

    def table(self) -> Table:
        """The table, or what is wrong with the file."""
        builders = [_Builder(name, self.dialect.decimal_comma) for name in self.names]
        if not self._passed(builders):
            again = [_Builder(one.name, self.dialect.decimal_comma, one.text, one.odd) for one in builders]
            builders = again
            self._passed(builders)
        columns = [one.column() for one in builders]
        rows = columns[0].values.size
        if rows < 2:
            what = "there is a line of names, but no row under it" if rows == 0 else "there is one row only"
            raise SpecError(what, where=self.origin, hint="There have to be two rows at least, one for each sample")
        empty = [column for column in columns if column.missing == rows]
        kept = [column for column in columns if column.missing < rows]
        if not kept:
            raise SpecError("no cell has a value", where=self.origin)
        notes = tuple(f"The column {column.name!r} is empty and left out" for column in empty)
        return Table(tuple(kept), self.origin, notes)

    def _passed(self, builders: Sequence[_Builder]) -> bool:
        """Fills the builders; False if some column became text after its first cells were taken for numbers."""
        width, row = len(builders), 0
        size = max(1, _CHUNK // width)
        whole = True
        with self.opened() as stream, self._csv_errors():
            for chunk in self._chunks(stream, width, size):
                self.watch.look(stream)
                for builder, cells in zip(builders, zip(*chunk, strict=True), strict=True):
                    whole &= builder.add(cells, row)
                row += len(chunk)
                if row * width > MAX_CELLS:
                    raise self._too_large(f"more than {MAX_CELLS:,} cells", f"{MAX_CELLS:,}")
        return whole

    def _chunks(self, stream: TextIO, width: int, size: int) -> Iterator[list[list[str]]]:
        """Rows, `size` at a time, header and blank lines left out."""
        for _ in range(self.dialect.skip):
            next(stream)
        reader = csv.reader(stream, delimiter=self.dialect.delimiter, skipinitialspace=True, strict=True)
        header = self.dialect.header
        chunk: list[list[str]] = []
        for row in reader:
            if len(row) != width or width == 1:
                if not "".join(row).strip() and len(row) <= 1:
                    continue
                if len(row) != width:
                    row = self._fitted(row, width, reader.line_num + self.dialect.skip)
            if header:
                header = not any(cell.strip() for cell in row)
                continue
            chunk.append(row)
            if len(chunk) == size:
                yield chunk
                chunk = []
        if chunk:
            yield chunk

    def _fitted(self, row: list[str], width: int, line: int) -> list[str]:
        if self.dialect.delimiter == " ":  # blanks at a line's end
            row = [cell for cell in row if cell]
        if len(row) == width:
            return row
        raise SpecError(
            f"line {line} has {_cells(len(row))}, the first line {_cells(width)}",
            where=self.origin,
            hint=f"Mend the line; a text with {_spoken(self.dialect.delimiter)} in it needs quotes",
        )

    @contextmanager
    def _csv_errors(self) -> Iterator[None]:
        try:
            yield
        except csv.Error as error:
            raise SpecError(
                f"the file cannot be read as CSV: {error}",
                where=self.origin,
                hint='Look for a " that is not closed, or that stands inside a text without being doubled',
            ) from error

    def _too_large(self, what: str, most: str) -> SpecError:
        return SpecError(f"the file has {what}, the most is {most}", where=self.origin, hint="Take a part of it")


class _Builder:
    """One column as it grows."""

    def __init__(self, name: str, decimal_comma: bool, text: bool = False, odd: str = "") -> None:
        self.name, self.decimal_comma, self.text, self.odd = name, decimal_comma, text, odd
        self.parts: list[Array] = []
        self.codes: dict[str, int] = {}
        self.free = False
        self.lost = False

    def add(self, cells: Sequence[str], row: int) -> bool:
        """Takes cells in, the first of them in row `row`; False where earlier ones would have to be read anew."""
        if self.lost:
            return False
        if not self.text:
            numbers = self._numbers(cells, row)
            if numbers is not None:
                self.parts.append(numbers)
                return True
            self.text = True
            if self.parts:
                self.parts, self.lost = [], True
                return False
            if cells[0].strip().lower() not in MISSING and not _is_number(cells[0]):
                self.odd = ""  # text from the first cell on: no surprise
        self.parts.append(self._texts(cells))
        return True

    def _numbers(self, cells: Sequence[str], row: int) -> Array | None:
        # float() takes 1_000 for a thousand, which a file does not mean.
        plain = "_" not in "".join(cells)
        written = [cell.replace(",", ".") for cell in cells] if self.decimal_comma else cells
        try:
            return np.fromiter(map(float, written), np.float64, len(cells)) if plain else self._one_by_one(cells, row)
        except ValueError:
            return self._one_by_one(cells, row)

    def _one_by_one(self, cells: Sequence[str], row: int) -> Array | None:
        numbers = np.full(len(cells), np.nan)
        for place, cell in enumerate(cells):
            text = cell.replace(",", ".") if self.decimal_comma else cell
            if _is_number(text):
                numbers[place] = float(text)
            elif cell.strip().lower() not in MISSING:
                self.odd = f"{_short(cell.strip())!r} in row {row + place + 1}"
                return None
        return numbers

    def _texts(self, cells: Sequence[str]) -> Array:
        known: dict[str, float] = {}
        for cell in set(cells):
            text = cell.strip()
            if text.lower() in MISSING:
                known[cell] = np.nan
            elif self.free:
                known[cell] = 0.0
            else:
                known[cell] = float(self.codes.setdefault(text, len(self.codes)))
        if len(self.codes) > MAX_LABELS:
            self.free, self.codes = True, {}
        return np.fromiter(map(known.__getitem__, cells), np.float64, len(cells))

    def column(self) -> Column:
        """The finished column."""
        values = np.concatenate(self.parts) if self.parts else np.zeros(0)
        self.parts = []
        if not self.text:
            return Column(self.name, "number", values)
        if self.free:
            return Column(self.name, "text", np.where(np.isnan(values), np.nan, 0.0), odd=self.odd)
        labels = sorted(self.codes, key=lambda text: (text.casefold(), text))
        place = np.empty(len(labels) + 1)
        place[[self.codes[text] for text in labels]] = np.arange(len(labels))
        place[-1] = np.nan
        known = np.where(np.isnan(values), len(labels), values).astype(np.int64)
        return Column(self.name, "text", place[known], tuple(labels), self.odd)


def _encoding(path: Path, cancel: Cancel | None) -> str:
    """utf-8-sig, utf-16 or cp1252: a file that is not UTF-8 throughout is taken for Windows' Latin 1."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    with path.open("rb") as stream:
        block = stream.read(_BLOCK)
        _refuse_binary(block[:4096], path.name)
        if block.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            return "utf-16"
        try:
            while block:
                if len(block) == _BLOCK and b"\n" not in block and b"\r" not in block:
                    raise SpecError(f"a line is longer than {_BLOCK:,} bytes", where=path.name, hint="Is it a CSV?")
                decoder.decode(block)
                stop_if(cancel)
                block = stream.read(_BLOCK)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return "cp1252"
    return "utf-8-sig"


def _refuse_binary(start: bytes, origin: str) -> None:
    if start.startswith(b"PK\x03\x04"):
        hint = "Save the sheet as CSV in the program that it comes from"
        raise SpecError("this is a spreadsheet or an archive, not a CSV", where=origin, hint=hint)
    wide = start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    if b"\0" in start and not wide:
        hint = "Choose a CSV: a text with a line for each sample"
        raise SpecError("this is not a text file", where=origin, hint=hint)


def stop_if(cancel: Cancel | None) -> None:
    if cancel is not None and cancel.is_set():
        raise Cancelled("the file was not read to its end")


def _names(cells: Sequence[str]) -> list[str]:
    """The header's names, all different: gaps are numbered, later ones of a name get a number behind it."""
    found: list[str] = []
    for number, cell in enumerate(cells, start=1):
        name = base = _short(cell) or f"column {number}"
        count = 1
        while name in found:
            count += 1
            name = f"{base}_{count}"
        found.append(name)
    return found


def _numbered(width: int) -> list[str]:
    """Names where there is no header: x and y, or x1, x2, ..., y."""
    if width <= 2:
        return ["x", "y"][:width]
    return [*(f"x{number}" for number in range(1, width)), "y"]


def _is_number(text: str) -> bool:
    if "_" in text:
        return False
    try:
        float(text)
    except ValueError:
        return False
    return True


def _short(text: str, most: int = 60) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"


def _cells(count: int) -> str:
    return "1 cell" if count == 1 else f"{count} cells"


def _spoken(delimiter: str) -> str:
    return {"\t": "a tab", " ": "a blank"}.get(delimiter, f"a {delimiter!r}")
