"""How a CSV is written, guessed from its first lines: delimiter, decimal comma, whether there is a header."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

MISSING = frozenset({"", "na", "n/a", "nan", "null", "?"})
"""Cells without a value, in lower case."""

_DELIMITERS = (",", ";", "\t", "|", " ")
_POINT = re.compile(r"[-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?")
_COMMA = re.compile(r"[-+]?(?:\d+,\d+|,\d+)(?:[eE][-+]?\d+)?")
_ANNOUNCED = re.compile(r"sep=(.)\s*", re.IGNORECASE)


@dataclass(frozen=True)
class Dialect:
    """How the text is written.

    Attributes:
        delimiter: between cells.
        decimal_comma: 1,5 means one and a half.
        header: the first line holds names.
        skip: lines before it: comments with #, Excel's ``sep=``.
    """

    delimiter: str
    decimal_comma: bool
    header: bool
    skip: int


def guess_dialect(lines: Sequence[str]) -> Dialect:
    """The dialect of a text that begins with `lines` (some dozens are enough)."""
    skip, announced = 0, ""
    for line in lines:
        match = _ANNOUNCED.fullmatch(line)
        if match is None and not line.lstrip().startswith("#"):
            break
        announced = match.group(1) if match else announced
        skip += 1
    body = lines[skip:]
    delimiter = announced or max(_DELIMITERS, key=lambda candidate: _score(body, candidate))
    rows = cells_of(body, delimiter)
    later = [cell for row in rows[1:] for cell in row]
    with_point = any("." in cell and _POINT.fullmatch(cell) for cell in later)
    decimal_comma = delimiter != "," and not with_point
    header = bool(rows) and not any(_is_number(cell, decimal_comma) for cell in rows[0])
    return Dialect(delimiter, decimal_comma, header, skip)


def cells_of(lines: Sequence[str], delimiter: str) -> list[list[str]]:
    """The lines as stripped cells, blank lines left out; never raises, whatever the quotes are like."""
    rows: list[list[str]] = []
    try:
        for row in csv.reader(lines, delimiter=delimiter, skipinitialspace=True):
            cells = [cell.strip() for cell in row]
            if any(cells):  # blanks may stand at a line's end
                rows.append([cell for cell in cells if cell] if delimiter == " " else cells)
    except csv.Error:  # an overlong cell; what was read until there is enough for a guess
        return rows
    return rows


def _score(lines: Sequence[str], delimiter: str) -> tuple[float, float, int]:
    """How well a delimiter fits: share of lines with the usual number of cells, share of numbers, that number."""
    rows = cells_of(lines, delimiter)
    if not rows:
        return 0.0, 0.0, 0
    width, count = Counter(len(row) for row in rows).most_common(1)[0]
    cells = [cell for row in rows[1:] or rows for cell in row]
    numeric = sum(_is_number(cell, delimiter != ",") or cell.lower() in MISSING for cell in cells) / len(cells)
    if width < 2 or (delimiter == " " and numeric <= 0.5):
        return 0.0, 0.0, 0
    return round(count / len(rows), 1), numeric, width


def _is_number(cell: str, decimal_comma: bool) -> bool:
    return bool(_POINT.fullmatch(cell) or (decimal_comma and _COMMA.fullmatch(cell)))
