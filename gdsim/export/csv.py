"""The run as CSV: one row per racer and step, numbers to the last bit, streamed in blocks.

`racer,step,<coordinates>,loss,grad_norm,<d_coordinate...>,lr,evals,status`, step 0 (the start) included; `status` is
`running` but on a racer's last row. Of a policy `reward` (J, minus the loss) and `mean_return` (of the step's episodes;
empty where the exact gradient was taken) follow. Of a model on data: see `training_csv`.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from gdsim.engine.status import Status
from gdsim.engine.trace import row_width
from gdsim.errors import Cancelled
from gdsim.export import training_csv
from gdsim.objectives.network.network import NetworkObjective
from gdsim.objectives.policy import PolicyObjective
from gdsim.session.atomic import replacing

if TYPE_CHECKING:
    from gdsim.engine.backend import Cancel
    from gdsim.engine.trace import Trace
    from gdsim.session.history import History

_BLOCK_NUMBERS = 1 << 15  # written between two looks at `cancel`: about 10 ms, whatever the number of coordinates

_OF_POLICIES = ("reward", "mean_return")

Progress = Callable[[int, int], None]


def header(history: History, weights: bool = False) -> str:
    """The first line, without its end."""
    if isinstance(history.objective, NetworkObjective):
        return ",".join(quoted(name) for name in training_csv.header(history, history.objective, weights))
    names = history.objective.coordinates
    columns = [*names, "loss", "grad_norm", *(f"d_{name}" for name in names), "lr", "evals"]
    more = _OF_POLICIES if isinstance(history.objective, PolicyObjective) else ()
    return ",".join(["racer", "step", *(quoted(name) for name in columns), "status", *more])


def quoted(text: str) -> str:
    """A name as a field of a CSV."""
    if any(character in text for character in ',"\r\n'):
        return '"' + text.replace('"', '""') + '"'
    return text


def _blocks(label: str, trace: Trace) -> Iterator[tuple[int, str]]:
    """Pieces of text, each of whole rows, with the number of rows in it."""
    name = quoted(label)
    rows, size = trace.published, max(1, _BLOCK_NUMBERS // trace.width)
    end, place = trace.status.value, row_width(trace.n)
    policy = bool(trace.more)
    for start in range(0, rows, size):
        stop = min(rows, start + size)
        lines = []
        # tolist gives plain floats: repr of NumPy's own would write np.float64(...)
        for step, numbers in enumerate(trace.rows(start, stop).tolist(), start):
            status = end if step == rows - 1 else Status.RUNNING.value
            known = ",".join(map(repr, numbers[: place - 1]))
            more = _rewards(numbers[trace.n], numbers[place]) if policy else ""
            lines.append(f"{name},{step},{known},{int(numbers[place - 1])},{status}{more}\n")
        yield stop - start, "".join(lines)


def _rewards(loss: float, mean_return: float) -> str:
    """The last fields of a policy's row."""
    return f",{-loss!r},{'' if math.isnan(mean_return) else repr(mean_return)}"


def _stream(
    history: History, file: BinaryIO, cancel: Cancel | None, progress: Progress | None, weights: bool
) -> None:
    total = sum(trace.published for trace in history.traces)
    done = 0
    file.write((header(history, weights) + "\n").encode())
    for racer, (label, trace) in enumerate(zip(history.labels, history.traces, strict=True)):
        if isinstance(history.objective, NetworkObjective):
            blocks = training_csv.blocks(history, history.objective, racer, quoted(label), weights)
        else:
            blocks = _blocks(label, trace)
        for count, text in blocks:
            if cancel is not None and cancel.is_set():
                raise Cancelled("the CSV was not written")
            file.write(text.encode())
            done += count
            if progress is not None:
                progress(done, total)


def write_csv(
    history: History, path: str | Path, cancel: Cancel | None = None, progress: Progress | None = None, *,
    weights: bool = False,
) -> None:  # fmt: skip
    """Write all recorded rows to `path`, atomically (``-``: to the standard output).

    Args:
        progress: gets (rows written, rows in all).
        weights: all weights of a model in every row, as ``w0``, ``w1``, ...

    Raises:
        ExportError: the file cannot be written. Cancelled: `cancel` was set. Neither leaves a file behind.
    """
    if str(path) == "-":
        _stream(history, sys.stdout.buffer, cancel, progress, weights)
        sys.stdout.buffer.flush()
        return
    with replacing(Path(path)) as file:
        _stream(history, file, cancel, progress, weights)
