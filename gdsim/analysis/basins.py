"""Basin maps: from every point of a slice, where does this optimizer end up?

Pixels are computed from coarse to fine, each once; after each level the ends known so far are gathered into attractors.
An attractor keeps its number when finer levels add more.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from gdsim.analysis.attractors import Attractor
from gdsim.analysis.fill_in import levels
from gdsim.analysis.sorting import DIVERGED as DIVERGED
from gdsim.analysis.sorting import TOLERANCE, Sorting
from gdsim.analysis.sorting import UNFINISHED as UNFINISHED
from gdsim.analysis.sorting import UNKNOWN as UNKNOWN
from gdsim.engine import memory
from gdsim.engine.backend import Slice
from gdsim.engine.swarm import Ends, GridStarts, Members
from gdsim.errors import SpecError

if TYPE_CHECKING:
    from gdsim.engine.backend import Cancel, DType, RacerPlan
    from gdsim.engine.swarm import Progress, SwarmBackend
    from gdsim.objectives import Objective

Floats = NDArray[np.float64]



@dataclass(frozen=True, eq=False)
class BasinMap:
    """Where members end that start at the pixels of a slice.

    Attributes:
        where: the slice; pixel (row, column) starts at (xs[column], ys[row]), row 0 at low y.
        ends: where each pixel's member ended, by number row * nx + column; shared with finer maps to come.
        attractors: by label; those that no pixel belongs to any more are not there.
        labels: (ny, nx) int16 index of the attractor, or DIVERGED, UNFINISHED, UNKNOWN.
        steps: (ny, nx) int32 steps taken.
        stride: every pixel whose row and column are multiples of it is known.
        finished: all pixels are known.
        backend, note: what computed it, and what one should know about it.
    """

    where: Slice
    ends: Ends
    attractors: tuple[Attractor, ...]
    labels: NDArray[np.int16]
    steps: NDArray[np.int32]
    stride: int
    finished: bool
    backend: str = ""
    note: str = ""

    def at(self, row: int, column: int) -> tuple[Floats, int, int, float, Floats]:
        """(start (n,), label, steps, loss, end point (n,)) of a pixel; not numbers where it is not known yet."""
        number = row * self.where.nx + column
        start = GridStarts(self.where).take(np.array([number]))[:, 0]
        end, loss = self.ends.theta[:, number].copy(), float(self.ends.loss[number])
        return start, int(self.labels[row, column]), int(self.steps[row, column]), loss, end

    def count(self, label: int) -> int:
        """How many pixels have this label, such as DIVERGED."""
        return int(np.count_nonzero(self.labels == label))


def slice_of(
    objective: Objective,
    base: Sequence[float],
    size: tuple[int, int] = (256, 256),
    axes: Sequence[int] | None = None,
    domain: Sequence[tuple[float, float]] | None = None,
) -> Slice:
    """The slice of starts to map: of a function of one variable a line, else a plane of two coordinates.

    Args:
        base: (n,) the point that it goes through.
        size: pixels across and up; the second number is not used on a line.
        axes: which coordinates, by default the first two.
        domain: their ranges, one each; by default the objective's own.

    Raises:
        SpecError: axes that do not exist, ranges that are none, another number of them, too few pixels.
    """
    n = objective.n
    axes = tuple(range(min(n, 2))) if axes is None else tuple(axes)
    if len(axes) not in (1, 2) or len(set(axes)) != len(axes) or not all(0 <= axis < n for axis in axes):
        hint = f"Name two of {', '.join(objective.coordinates[:8])}" if n > 1 else "There is only one"
        raise SpecError("a map has two different coordinates (or one)", where="axes", hint=hint)
    if domain is None:
        domain = [objective.domain[axis] if objective.domain else (-5.0, 5.0) for axis in axes]
    if len(domain) != len(axes):
        hint = "Write -5..5,-5..5" if len(axes) == 2 else "Write -5..5"
        raise SpecError(f"{len(domain)} ranges for {len(axes)} axes", where="domain", hint=hint)
    for low, high in domain:
        if not (math.isfinite(low) and math.isfinite(high) and low < high):
            raise SpecError(f"{low:g} to {high:g} is no range", where="domain", hint="Give the lower end first")
    nx, ny = size[0], size[1] if len(axes) == 2 else 1
    if nx < 2 or (len(axes) == 2 and ny < 2):
        raise SpecError(f"{nx} x {ny} pixels make no map", where="size", hint="Use at least 2 x 2, such as 256")
    y = tuple(domain[1]) if len(axes) == 2 else (0.0, 0.0)
    return Slice(tuple(map(float, base)), axes, (domain[0][0], domain[0][1]), (y[0], y[1]), nx, ny)


def basin_levels(
    objective: Objective,
    plan: RacerPlan,
    where: Slice,
    backend: SwarmBackend,
    dtype: DType = "float64",
    cancel: Cancel | None = None,
    progress: Progress | None = None,
) -> Iterator[BasinMap]:
    """The map, finer each time; the last one is finished.

    Args:
        plan: what every pixel runs; its start is not used, and a tolerance of 0 becomes `TOLERANCE`.

    Raises:
        Cancelled: within 0.1 s of `cancel`; the maps yielded before stay as they are.
        EngineError: the slice does not fit the objective, or the memory.
    """
    where.check(objective.n)
    count = where.nx * where.ny
    what = f"a basin map of {where.nx:,} x {where.ny:,} pixels in {objective.n:,} coordinates"
    memory.require((8 * objective.n + 40) * count, what, "Ask for fewer pixels")
    note = ""
    if plan.tolerance == 0:
        plan = replace(plan, tolerance=TOLERANCE)
        note = f"with a tolerance of 0 nothing arrives: the map uses {TOLERANCE:g}"
    members, ends = Members(plan, GridStarts(where)), Ends.empty(objective.n, count)
    sorting = Sorting(objective, plan, _extent(where), ends)
    done = 0
    for stride, numbers in levels(where.ny, where.nx):
        def told(new: int, _: int, before: int = done) -> None:
            if progress is not None:
                progress(before + new, count)

        backend.settle(objective, members, numbers, ends, dtype, cancel, told)
        sorting.add(numbers, cancel)
        done += len(numbers)
        attractors, labels = sorting.result(cancel)
        shape = (where.ny, where.nx)
        steps = ends.steps.reshape(shape).copy()
        notes = "; ".join(words for words in (note, ends.note, sorting.note) if words)
        yield BasinMap(
            where, ends, attractors, labels.reshape(shape), steps, stride, stride == 1, ends.backend, notes
        )  # fmt: skip


def basin_map(
    objective: Objective,
    plan: RacerPlan,
    where: Slice,
    backend: SwarmBackend,
    dtype: DType = "float64",
    cancel: Cancel | None = None,
    progress: Progress | None = None,
) -> BasinMap:
    """The finished map; see `basin_levels`."""
    *_, last = basin_levels(objective, plan, where, backend, dtype, cancel, progress)
    return last


def _extent(where: Slice) -> float:
    """The longer side of the slice."""
    spans = [where.x[1] - where.x[0], *([where.y[1] - where.y[0]] if len(where.axes) == 2 else [])]
    return max(1e-300, *map(abs, spans))
