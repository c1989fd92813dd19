"""Basin maps and sweeps of a whole spec, with arrays to go on with: for the command line and the Python door."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from gdsim.analysis.basins import BasinMap, basin_map, slice_of
from gdsim.analysis.sweeps import SweepAxis, SweepMap, racer_settings, sweep_map
from gdsim.errors import SpecError
from gdsim.export import maps as export
from gdsim.objectives import check_start
from gdsim.session.batches import swarm_backend
from gdsim.session.cluster import sweep_on_cluster
from gdsim.session.resolve import objective_of, plans_of

if TYPE_CHECKING:
    from gdsim.analysis.attractors import Attractor
    from gdsim.engine.backend import Cancel, RacerPlan
    from gdsim.engine.swarm import Progress, SwarmBackend
    from gdsim.objectives import Objective
    from gdsim.params import Value
    from gdsim.session.spec import RunSpec

Floats = NDArray[np.float64]


class Basins:
    """A finished basin map. Arrays are (ny, nx), row 0 at low y."""

    def __init__(self, spec: RunSpec, objective: Objective, found: BasinMap, seconds: float) -> None:
        self.spec, self.objective, self.map, self.seconds = spec, objective, found, seconds

    def __repr__(self) -> str:
        ny, nx = self.labels.shape
        return f"<gdsim basins of {self.spec.labels[0]}, {nx} x {ny} starts, {len(self.attractors)} attractors>"

    @property
    def attractors(self) -> tuple[Attractor, ...]:
        """Where members end: point, value, kind, known, count."""
        return self.map.attractors

    @property
    def labels(self) -> NDArray[np.int16]:
        """The attractor's number; -1 where it diverges, -2 where it has not arrived at the step limit."""
        return self.map.labels

    @property
    def steps(self) -> NDArray[np.int32]:
        """Steps taken."""
        return self.map.steps

    @property
    def loss(self) -> Floats:
        """The final loss."""
        return self.map.ends.loss.reshape(self.labels.shape)

    @property
    def ends(self) -> Floats:
        """End points, (n, ny, nx)."""
        return self.map.ends.theta.reshape(-1, *self.labels.shape)

    @property
    def x(self) -> Floats:
        """Starts along the first axis, (nx,)."""
        return self.map.where.xs()

    @property
    def y(self) -> Floats:
        """Starts along the second axis, (ny,)."""
        return self.map.where.ys()

    def to_csv(self, path: str | Path) -> None:
        """A row a start; ExportError if the file cannot be written."""
        export.write_basins_csv(self.map, self.objective, path)

    def to_image(self, path: str | Path, *, theme: str = "light", size: tuple[int, int] = export.SIZE) -> None:
        """The picture as .png or .svg; ExportError if the file cannot be written."""
        export.write_basins_picture(self.map, self.objective, self.spec, path, theme=theme, size=size)


class Sweep:
    """A finished sweep. Arrays are (ny, nx): columns along the first axis, one row where there is no second."""

    def __init__(self, spec: RunSpec, objective: Objective, found: SweepMap, seconds: float) -> None:
        self.spec, self.objective, self.map, self.seconds = spec, objective, found, seconds

    def __repr__(self) -> str:
        return f"<gdsim sweep of {self.spec.labels[0]}: {self.explanation}>"

    @property
    def loss(self) -> Floats:
        """The final loss."""
        return self.map.loss

    @property
    def steps(self) -> NDArray[np.int32]:
        """Steps taken."""
        return self.map.steps

    @property
    def status(self) -> NDArray[np.object_]:
        """How each cell ended: converged, saddle, stationary, plateau, diverged, target, step-limit."""
        return export.sweep_statuses(self.map)

    @property
    def values(self) -> dict[str, Floats]:
        """The swept values by name, the first axis first."""
        axes = [self.map.x] if self.map.y is None else [self.map.x, self.map.y]
        return {axis.name: axis.values() for axis in axes}

    @property
    def best(self) -> dict[str, Value] | None:
        """The settings of the best cell; None where all diverge."""
        return None if self.map.best is None else dict(racer_settings(self.map, *self.map.best))

    @property
    def explanation(self) -> str:
        """What the sweep shows, in words."""
        return self.map.explanation

    def to_csv(self, path: str | Path) -> None:
        """A row a cell; ExportError if the file cannot be written."""
        export.write_sweep_csv(self.map, path)

    def to_image(
        self, path: str | Path, *, measure: str = "loss", theme: str = "light", size: tuple[int, int] = export.SIZE
    ) -> None:
        """The picture of the "loss" or the "steps" as .png or .svg; ExportError if the file cannot be written."""
        export.write_sweep_picture(
            self.map, self.objective, self.spec, path, measure=measure, theme=theme, size=size
        )


def basins_of(
    spec: RunSpec,
    size: tuple[int, int] = (256, 256),
    axes: Sequence[str] | None = None,
    domain: Sequence[tuple[float, float]] | None = None,
    *,
    objective: Objective | None = None,
    cancel: Cancel | None = None,
    progress: Progress | None = None,
) -> Basins:
    """The basins of the spec's only racer.

    Args:
        size, domain: see `analysis.basins.slice_of`; the slice goes through the spec's start.
        axes: names of coordinates.
        objective: in place of the spec's formula (a Python function).

    Raises:
        GdsimError: what is wrong, where, what to do. Cancelled: `cancel` was set.
    """
    objective, plan, backend = _made(spec, objective)
    places = None if axes is None else [_place(objective, name) for name in axes]
    where = slice_of(objective, spec.start, size, places, domain)
    began = time.perf_counter()
    found = basin_map(objective, plan, where, backend, spec.dtype, cancel, progress)
    return Basins(spec, objective, found, time.perf_counter() - began)


def sweep_of(
    spec: RunSpec,
    over: Sequence[str | SweepAxis],
    *,
    objective: Objective | None = None,
    scheduler: str | None = None,
    cancel: Cancel | None = None,
    progress: Progress | None = None,
) -> Sweep:
    """The sweep of the spec's only racer over one or two settings, from the spec's start.

    Args:
        over: axes, or their texts such as ``lr=1e-4..1:64:log``.
        objective: in place of the spec's formula (a Python function).
        scheduler: address of a Dask scheduler whose workers compute the cells.

    Raises:
        GdsimError: what is wrong, where, what to do. Cancelled: `cancel` was set.
    """
    x, y = sweep_axes(over)
    given = objective
    objective, plan, backend = _made(spec, given)
    if spec.problem.learn is None:
        check_start(objective, spec.start)
    began = time.perf_counter()
    if scheduler is None:
        found = sweep_map(objective, plan, x, y, backend, spec.dtype, cancel, progress)
    elif given is not None:
        raise SpecError("a Python function does not travel to a cluster", where="scheduler", hint="Leave it out")
    else:
        found = sweep_on_cluster(spec, x, y, scheduler, cancel, progress)
    return Sweep(spec, objective, found, time.perf_counter() - began)


def sweep_axes(over: Sequence[str | SweepAxis]) -> tuple[SweepAxis, SweepAxis | None]:
    """One axis or two from their texts; SpecError for another number of them."""
    axes = [SweepAxis.parse(each) if isinstance(each, str) else each for each in over]
    if len(axes) not in (1, 2):
        raise SpecError(f"{len(axes)} settings are swept", where="over", hint="Name one or two: lr=1e-4..1:64:log")
    return axes[0], axes[1] if len(axes) == 2 else None


def _made(spec: RunSpec, objective: Objective | None) -> tuple[Objective, RacerPlan, SwarmBackend]:
    spec.check()
    if len(spec.racers) != 1:
        raise SpecError(f"{len(spec.racers)} optimizers for one map", where="optimizer", hint="Name one of them")
    objective = objective_of(spec) if objective is None else objective
    (plan,) = plans_of(spec)
    return objective, plan, swarm_backend(spec.backend, objective)


def _place(objective: Objective, name: str) -> int:
    if name not in objective.coordinates:
        known = ", ".join(objective.coordinates[:8])
        raise SpecError(f"there is no coordinate {name!r}", where="axes", hint=f"Use two of {known}")
    return objective.coordinates.index(name)
