"""Sweeps: one start, many settings. Which learning rate (and which momentum) gets there, and how fast?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from gdsim.analysis.axes import SweepAxis as SweepAxis
from gdsim.analysis.axes import check_axes, split_name
from gdsim.analysis.fill_in import levels
from gdsim.analysis.sorting import Sorting
from gdsim.analysis.sweep_words import best_cell, explain
from gdsim.engine import memory
from gdsim.engine.swarm import UNKNOWN, Ends, Members, SameStart
from gdsim.objectives.network.network import NetworkObjective

if TYPE_CHECKING:
    from gdsim.analysis.attractors import Attractor
    from gdsim.engine.backend import Cancel, DType, RacerPlan
    from gdsim.engine.swarm import Progress, SwarmBackend
    from gdsim.objectives import Objective
    from gdsim.params import Value

Floats = NDArray[np.float64]
Cell = tuple[int, int]

MEASURES = ("loss", "steps")
"""What a sweep map shows: the final loss, or the steps to the tolerance or the target."""


@dataclass(frozen=True, eq=False)
class SweepMap:
    """How members ended that differ in one setting or two.

    Attributes:
        plan: the racer whose settings are swept.
        x, y: the axes; column k has x's value k, row k y's. Without y there is one row.
        ends: by number row * nx + column.
        loss: (ny, nx) final loss, not a number where it is not known yet. steps: (ny, nx) int32.
        codes: (ny, nx) uint8 as in `engine.swarm`: RUNNING (the step limit), SMALL, TARGET, NONFINITE, UNKNOWN.
        stride: every cell whose row and column are multiples of it is known. finished: all are.
        best: (row, column): of the cells that arrive lowest the one with the fewest steps, else the lowest loss;
            None where no cell has a finite loss.
        explanation: that in words.
        attractors, labels: where the cells ended, when all are known: (ny, nx), as in a basin map.
        backend, note: what computed it, and what one should know about it.
    """

    plan: RacerPlan
    x: SweepAxis
    y: SweepAxis | None
    ends: Ends
    loss: Floats
    steps: NDArray[np.int32]
    codes: NDArray[np.uint8]
    stride: int
    finished: bool
    best: Cell | None
    explanation: str
    attractors: tuple[Attractor, ...] = ()
    labels: NDArray[np.int16] | None = None
    backend: str = ""
    note: str = ""

    @property
    def start(self) -> tuple[float, ...]:
        """Where every member starts."""
        return self.plan.start

    def settings(self, row: int, column: int) -> dict[str, float]:
        """The swept values of a cell by the axes' names."""
        found = {self.x.name: float(self.x.values()[column])}
        if self.y is not None:
            found[self.y.name] = float(self.y.values()[row])
        return found

    def end(self, row: int, column: int) -> Floats:
        """Where the cell's member ended, (n,)."""
        return np.asarray(self.ends.theta[:, row * self.x.count + column].copy())


def members_of(plan: RacerPlan, x: SweepAxis, y: SweepAxis | None) -> Members:
    """The members of a sweep: number row * nx + column.

    Raises:
        SpecError: a setting that the racer does not have, a value out of its bounds, one setting twice.
        EngineError: more cells than memory holds.
    """
    check_axes(plan, x, y)
    nx, ny = x.count, y.count if y is not None else 1
    words = f"a sweep of {nx:,} x {ny:,} settings in {len(plan.start):,} coordinates"
    memory.require((8 * len(plan.start) + 64) * nx * ny, words, "Ask for fewer values")
    swept: dict[str, Floats] = {x.name: np.tile(x.values(), ny)}
    if y is not None:
        swept[y.name] = np.repeat(y.values(), nx)
    return Members(plan, SameStart(plan.start, nx * ny), swept)


def sweep_levels(
    objective: Objective,
    plan: RacerPlan,
    x: SweepAxis,
    y: SweepAxis | None,
    backend: SwarmBackend,
    dtype: DType = "float64",
    cancel: Cancel | None = None,
    progress: Progress | None = None,
) -> Iterator[SweepMap]:
    """The sweep from coarse to fine, each cell computed once; the last map is finished.

    Args:
        plan: what every cell runs, from the plan's start, with the swept settings in place of its own.

    Raises:
        Cancelled: within 0.1 s of `cancel`; the maps yielded before stay as they are.
        SpecError, EngineError: see `members_of`; nothing has been run then.
    """
    members = members_of(plan, x, y)
    count, ny = members.count, y.count if y is not None else 1
    ends = Ends.empty(objective.n, count)
    done = 0
    for stride, numbers in levels(ny, x.count):
        def told(new: int, _: int, before: int = done) -> None:
            if progress is not None:
                progress(before + new, count)

        backend.settle(objective, members, numbers, ends, dtype, cancel, told)
        done += len(numbers)
        yield made_map(objective, plan, x, y, ends, stride, cancel)


def made_map(
    objective: Objective, plan: RacerPlan, x: SweepAxis, y: SweepAxis | None, ends: Ends, stride: int,
    cancel: Cancel | None = None,
) -> SweepMap:  # fmt: skip
    """The map of what `ends` holds so far; the explanation asks the curvature only when all is known."""
    shape = (y.count if y is not None else 1, x.count)
    codes = ends.code.reshape(shape).copy()
    loss = np.where(codes == UNKNOWN, np.nan, ends.loss.reshape(shape))
    steps = ends.steps.reshape(shape).copy()
    finished = stride == 1
    best = best_cell(objective, plan.start, loss, steps, codes)
    words = explain(objective, plan, x, y, loss, steps, codes, best, finished)
    found = SweepMap(plan, x, y, ends, loss, steps, codes, stride, finished, best, words)
    found = replace(found, backend=ends.backend, note=ends.note)
    if not finished or isinstance(objective, NetworkObjective):  # a model's minima are too many to tell apart
        return found
    span = max((high - low for low, high in objective.domain), default=2.0)
    sorting = Sorting(objective, plan, span, ends)
    sorting.add(np.arange(codes.size), cancel)
    attractors, labels = sorting.result(cancel)
    return replace(found, attractors=attractors, labels=labels.reshape(shape))


def sweep_map(
    objective: Objective,
    plan: RacerPlan,
    x: SweepAxis,
    y: SweepAxis | None,
    backend: SwarmBackend,
    dtype: DType = "float64",
    cancel: Cancel | None = None,
    progress: Progress | None = None,
) -> SweepMap:
    """The finished sweep; see `sweep_levels`."""
    *_, last = sweep_levels(objective, plan, x, y, backend, dtype, cancel, progress)
    return last


def racer_settings(sweep: SweepMap, row: int, column: int) -> Mapping[str, Value]:
    """The settings of a cell as a racer takes them: {"lr": 0.1, "beta": 0.9}; lists as a whole."""
    found: dict[str, Value] = {}
    for name, value in sweep.settings(row, column).items():
        base, place = split_name(name)
        whole = found.get(base, sweep.plan.hyper.get(base))
        if place is not None and isinstance(whole, tuple):
            found[base] = (*whole[: place - 1], value, *whole[place:])
        else:
            found[base] = value
    return found
