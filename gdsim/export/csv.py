"""A run as CSV, streamed block by block: ten million rows never stand in memory as text."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from gdsim.engine.status import Status
from gdsim.errors import Cancelled
from gdsim.session.atomic import replacing

if TYPE_CHECKING:
    from gdsim.engine.backend import Cancel
    from gdsim.session.history import History

BLOCK = 4096
"""Rows that are turned into text at once; about 10 ms, after which `cancel` is looked at."""


def header(history: History) -> str:
    """The first line, without its line end."""
    return ",".join(["racer", "step", *map(_quoted, history.traces[0].columns), "status"])


def write_csv(
    history: History,
    path: str | Path,
    cancel: Cancel | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> int:
    """Write a header and one row per racer and step, step 0 included; numbers by repr, so that they read back exactly.

    The file appears whole or not at all. `progress` gets (rows written, rows in all).

    Returns: the number of rows.

    Raises:
        ExportError: the file cannot be written. Cancelled: `cancel` was set; nothing is left behind.
    """
    total = sum(trace.published for trace in history.traces)
    written = 0
    with replacing(Path(path)) as file:
        file.write((header(history) + "\n").encode())
        for rows, text in _blocks(history):
            if cancel is not None and cancel.is_set():
                raise Cancelled("the export was stopped", where=str(path), hint="Nothing was written")
            file.write(text.encode())
            written += rows
            if progress is not None:
                progress(written, total)
    return written


def _blocks(history: History) -> Iterator[tuple[int, str]]:
    """(number of rows, their text) for all racers in turn."""
    for label, trace in zip(history.labels, history.traces, strict=True):
        name = _quoted(label)
        rows_in_all = trace.published
        for start in range(0, rows_in_all, BLOCK):
            block = trace.rows(start, min(start + BLOCK, rows_in_all)).tolist()
            lines = []
            for step, row in enumerate(block, start):
                last = step == rows_in_all - 1
                status = trace.status.value if last else Status.RUNNING.value
                evals = row.pop()
                lines.append(f"{name},{step},{','.join(map(repr, row))},{int(evals)},{status}\n")
            yield len(block), "".join(lines)


def _quoted(text: str) -> str:
    """A field as RFC 4180 has it: in quotes where it holds a comma, a quote or a line end."""
    if any(mark in text for mark in ',"\r\n'):
        return '"' + text.replace('"', '""') + '"'
    return text
