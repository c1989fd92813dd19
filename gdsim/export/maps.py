"""Basin maps and sweeps as CSV and as pictures; the drawing itself is `gdsim.draw.map_pages`'.

Basins: `<coordinates of the start>,basin,steps,status,loss,<end_NAME per coordinate>`, a row a pixel, the lowest row of
the map first; `basin` is the attractor's number, -1 where it diverges, -2 where it has not arrived. Sweeps: `<swept
settings>,loss,steps,status`, a row a cell. The draw room, and Qt with it, is loaded only when a picture is asked for.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from gdsim.analysis.attractors import Attractor
from gdsim.analysis.sweeps import MEASURES
from gdsim.engine.status import Status
from gdsim.engine.swarm import STATUSES, TARGET, UNKNOWN, GridStarts
from gdsim.errors import Cancelled, ExportError
from gdsim.export.csv import quoted
from gdsim.export.page import write_page
from gdsim.session.atomic import replacing
from gdsim.session.documents import to_toml
from gdsim.session.spec import COMMON_SETTINGS, Racer, RunSpec

if TYPE_CHECKING:
    from gdsim.analysis.basins import BasinMap
    from gdsim.analysis.sweeps import SweepMap
    from gdsim.engine.backend import Cancel
    from gdsim.objectives import Objective

Progress = Callable[[int, int], None]
Numbers = NDArray[np.int64]
SIZE = (1280, 860)
"""Pixels of a picture, by default."""
_BLOCK = 1 << 12  # rows written between two looks at `cancel`


def statuses(
    codes: NDArray[np.uint8], labels: NDArray[np.int16], attractors: tuple[Attractor, ...]
) -> NDArray[np.object_]:
    """The word for how each member ended, of the same shape: that of a racer's run that ends there."""
    words = np.full(codes.shape, Status.RUNNING.value, dtype=object)
    for code, status in STATUSES.items():
        words[codes == code] = status.value
    for label, attractor in enumerate(attractors):
        words[(labels == label) & (codes != TARGET)] = attractor.status.value
    return words


def sweep_statuses(sweep: SweepMap) -> NDArray[np.object_]:
    """The word for how each cell of a sweep ended, (ny, nx)."""
    labels = np.full(sweep.codes.shape, -1, np.int16) if sweep.labels is None else sweep.labels
    return statuses(sweep.codes, labels, sweep.attractors)


def write_basins_csv(
    basins: BasinMap,
    objective: Objective,
    path: str | Path,
    cancel: Cancel | None = None,
    progress: Progress | None = None,
) -> None:
    """Every pixel, atomically (``-``: to the standard output).

    Raises:
        ExportError: the file cannot be written. Cancelled: `cancel` was set. Neither leaves a file behind.
    """
    names = objective.coordinates
    header = [*names, "basin", "steps", "status", "loss", *(f"end_{name}" for name in names)]
    ends, labels = basins.ends, basins.labels.ravel()
    words = statuses(ends.code, labels, basins.attractors)
    starts = GridStarts(basins.where)

    def lines(numbers: Numbers) -> Iterator[str]:
        first, last = starts.take(numbers).T.tolist(), ends.theta[:, numbers].T.tolist()
        rows = zip(
            first, labels[numbers].tolist(), ends.steps[numbers].tolist(), words[numbers], ends.loss[numbers].tolist(),
            last, strict=True,
        )  # fmt: skip
        for start, label, steps, status, loss, end in rows:
            yield f"{_numbers(start)},{label},{steps},{status},{loss!r},{_numbers(end)}\n"

    _write(header, np.flatnonzero(ends.code != UNKNOWN), lines, path, cancel, progress)


def write_sweep_csv(
    sweep: SweepMap, path: str | Path, cancel: Cancel | None = None, progress: Progress | None = None
) -> None:
    """Every cell, atomically; see `write_basins_csv`."""
    axes = [sweep.x] if sweep.y is None else [sweep.x, sweep.y]
    header = [*(axis.name for axis in axes), "loss", "steps", "status"]
    words = sweep_statuses(sweep).ravel()
    loss, steps = sweep.loss.ravel(), sweep.steps.ravel()
    across, up = sweep.x.values(), None if sweep.y is None else sweep.y.values()

    def lines(numbers: Numbers) -> Iterator[str]:
        rows, columns = np.divmod(numbers, sweep.x.count)
        settings = [across[columns].tolist()] + ([] if up is None else [up[rows].tolist()])
        for values, final, taken, status in zip(
            zip(*settings, strict=True), loss[numbers].tolist(), steps[numbers].tolist(), words[numbers], strict=True
        ):
            yield f"{_numbers(list(values))},{final!r},{taken},{status}\n"

    _write(header, np.flatnonzero(sweep.codes.ravel() != UNKNOWN), lines, path, cancel, progress)


def _numbers(values: list[float]) -> str:
    return ",".join(map(repr, values))


def _write(
    header: list[str], numbers: Numbers, lines: Callable[[Numbers], Iterator[str]], path: str | Path,
    cancel: Cancel | None, progress: Progress | None,
) -> None:  # fmt: skip
    def stream(file: BinaryIO) -> None:
        file.write((",".join(map(quoted, header)) + "\n").encode())
        for begin in range(0, len(numbers), _BLOCK):
            if cancel is not None and cancel.is_set():
                raise Cancelled("the CSV was not written")
            part = numbers[begin : begin + _BLOCK]
            file.write("".join(lines(part)).encode())
            if progress is not None:
                progress(begin + len(part), len(numbers))

    if str(path) == "-":
        stream(sys.stdout.buffer)
        sys.stdout.buffer.flush()
        return
    with replacing(Path(path)) as file:
        stream(file)


def racer_words(spec: RunSpec, racer: Racer, swept: tuple[str, ...] = ()) -> str:
    """An optimizer and its settings in one line, without those that are swept or off."""
    parts = [racer.label or racer.name]
    for name, value in racer.hyper.items():
        if isinstance(value, tuple):
            parts.append(f"{name} " + ":".join(_short(each) for each in value))
        elif name not in swept and (value or name == "lr"):
            parts.append(f"{name} {_short(value)}")
    for name in COMMON_SETTINGS:
        number = getattr(racer, name)
        if number and name not in swept:
            parts.append(f"{name} {_short(number)}")
    if racer.schedule is not None:
        parts.append(f"{racer.schedule.name} schedule")
    stop = f"tolerance {_short(spec.tolerance)}" if spec.target is None else f"until the loss is {spec.target:g}"
    return f"{'  '.join(parts)}  ·  at most {spec.steps:,} steps, {stop}"


def _short(value: float) -> str:
    return f"{value:g}".replace("e-0", "e-")


def write_basins_picture(
    basins: BasinMap,
    objective: Objective,
    spec: RunSpec,
    path: str | Path,
    *,
    theme: str = "light",
    size: tuple[int, int] = SIZE,
    cancel: Cancel | None = None,
) -> None:
    """The map, its attractors and the racer's settings as .png or .svg, atomically.

    Args:
        spec: what was run; its first racer is named, and a formula's spec goes into the picture's metadata.

    Raises:
        ExportError: another ending, the file cannot be written. Cancelled: `cancel` was set.
    """
    from gdsim.draw.map_pages import paint_basin_page
    from gdsim.draw.map_parts import Heading

    where = basins.where
    count = f"{where.nx:,} × {where.ny:,}" if len(where.axes) == 2 else f"{where.nx:,}"
    words = f"{count} starts"
    if objective.n > len(where.axes):
        words = f"{objective.n} dimensions, a slice · {words}"
    title = f"{_title(spec)}: where {spec.labels[0]} ends"
    heading = Heading(title, objective.formula, objective.coordinates, racer_words(spec, spec.racers[0]), words)
    _write_picture(
        lambda painter, colours: paint_basin_page(painter, basins, objective, heading, size, colours),
        title, spec, objective, path, theme, size, cancel,
    )  # fmt: skip


def write_sweep_picture(
    sweep: SweepMap,
    objective: Objective,
    spec: RunSpec,
    path: str | Path,
    *,
    measure: str = "loss",
    theme: str = "light",
    size: tuple[int, int] = SIZE,
    cancel: Cancel | None = None,
) -> None:
    """The sweep with its explanation as .png or .svg, atomically; `measure` is one of MEASURES. Raises as
    `write_basins_picture`."""
    from gdsim.draw.map_pages import paint_sweep_page
    from gdsim.draw.map_parts import Heading, point_words

    if measure not in MEASURES:
        raise ExportError(f"{measure!r} is not measured", where="measure", hint=f"Use {' or '.join(MEASURES)}")
    axes = [sweep.x] if sweep.y is None else [sweep.x, sweep.y]
    swept = tuple(axis.name for axis in axes)
    learn = spec.problem.learn
    begin = point_words(spec.start) if learn is None else f"weights of seed {learn.model.init.seed}"
    racer = f"{racer_words(spec, spec.racers[0], swept)}  ·  from {begin}"
    count = " × ".join(f"{axis.count:,}" for axis in axes)
    title = f"{_title(spec)}: {' and '.join(swept)} of {spec.labels[0]}"
    heading = Heading(title, objective.formula, objective.coordinates, racer, f"{count} settings")
    _write_picture(
        lambda painter, colours: paint_sweep_page(painter, sweep, measure, heading, size, colours),
        title, spec, objective, path, theme, size, cancel,
    )  # fmt: skip


def _title(spec: RunSpec) -> str:
    return spec.problem.title or spec.problem.name or "A function of your own"


def _write_picture(
    paint: Callable[[Any, Any], None], title: str, spec: RunSpec, objective: Objective, path: str | Path,
    theme: str, size: tuple[int, int], cancel: Cancel | None,
) -> None:  # fmt: skip
    metadata = "" if objective.formula is None and spec.problem.learn is None else to_toml(spec)
    write_page(paint, path, title, metadata, theme, size, cancel)
