"""Work for the engine thread: basin maps and sweeps, from coarse to fine. No Qt widgets, no window."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gdsim.analysis.axes import COMMON, split_name
from gdsim.draw.theme import Theme
from gdsim.gui import edits
from gdsim.gui.cloud import backend_of
from gdsim.gui.state import BasinChoice, SweepChoice, Viewport
from gdsim.session.spec import RunSpec

Told = Callable[[int, int], None]
_SAME = 0.02  # of the longer side: attractors this near are the same one, moved
_KEPT = 64  # attractors whose colours are kept


def lone_spec(spec: RunSpec, racer: int) -> RunSpec:
    """The run of one racer alone, without what changes no number of it."""
    changes = tuple(each.replace(racer=0) for each in spec.changes if each.racer == racer)
    lone = edits.run_key(spec.replace(racers=(spec.racers[racer],), changes=changes))
    # known minima name attractors, and the domain says how large things are
    problem = lone.problem.replace(domain=spec.problem.domain, minima=spec.problem.minima)
    return lone.replace(problem=problem)


@dataclass(frozen=True, slots=True)
class BasinKey:
    """All that a basin map depends on: the racer's run (its start only where it lies outside the plane), the plane."""

    spec: RunSpec
    choice: BasinChoice
    where: Viewport

    @classmethod
    def of(cls, spec: RunSpec, choice: BasinChoice, where: Viewport) -> BasinKey:
        """The key of a map over `where`."""
        start = tuple(0.0 if axis in where.axes else value for axis, value in enumerate(spec.start))
        return cls(lone_spec(spec, choice.racer).replace(start=start), choice, where)


@dataclass(frozen=True, slots=True)
class SweepKey:
    """All that a sweep depends on: the racer's run but for the settings swept, the axes."""

    spec: RunSpec
    choice: SweepChoice

    @classmethod
    def of(cls, spec: RunSpec, choice: SweepChoice) -> SweepKey:
        """The key of a sweep; what it shows is no part of it."""
        lone = lone_spec(spec, choice.racer)
        racer = lone.racers[0]
        for axis in (choice.x, choice.y):
            base, place = split_name(axis.name) if axis is not None else ("", None)
            if axis is not None and place is None and base in (*racer.hyper, *COMMON):
                racer = racer.with_setting(base, axis.low)
        return cls(lone.replace(racers=(racer,)), replace(choice, measure="loss"))


@dataclass(frozen=True, slots=True, eq=False)
class MapNews:
    """What is known of a map: the `BasinMap` or `SweepMap`, and its pixels 0xffRRGGBB, top row first, in a theme."""

    key: Any
    map: Any
    pixels: NDArray[np.uint32]
    dark: bool


def find_basins(
    key: BasinKey, theme: Theme, before: MapNews | None, tell: Callable[[MapNews], None], told: Told, cancel: Any
) -> MapNews:
    """The basin map; `tell` hears of every level. Attractors that the map `before` has keep their numbers.

    Raises:
        Cancelled: nobody wants it any more. GdsimError: it cannot be made.
    """
    from gdsim.analysis.basins import basin_levels
    from gdsim.draw.maps import basin_pixels
    from gdsim.engine.backend import Slice
    from gdsim.session.resolve import objective_of, plans_of

    where, most = key.where, key.choice.resolution
    longer = max(where.width, where.height)
    nx, ny = (max(2, round(most * side / longer)) for side in (where.width, where.height))
    if key.spec.problem.dimension == 1:
        plane = Slice(key.spec.start, (0,), where.x, nx=most)
    else:
        plane = Slice(key.spec.start, where.axes, where.x, where.y, nx, ny)
    objective, plan = objective_of(key.spec), plans_of(key.spec)[0]
    backend = backend_of(key.spec)
    news = None
    for level in basin_levels(objective, plan, plane, backend, key.spec.dtype, cancel, told):
        level = renumbered(level, before.map.attractors if before is not None else ())
        news = MapNews(key, level, basin_pixels(level, theme), theme.dark)
        tell(news)
    assert news is not None  # there is always a last level
    return news


def renumbered(basins: Any, old: Sequence[Any]) -> Any:
    """The BasinMap with the numbers, and so the colours, of the attractors `old`; those that are seen no more stay in
    the list, with a count of 0. Unchanged where none is there still, or where there are too many to be told apart."""
    where = basins.where
    near = _SAME * max(where.x[1] - where.x[0], abs(where.y[1] - where.y[0]))
    places = [replace(each, count=0) for each in old[:_KEPT]]
    numbers = np.empty(len(basins.attractors), np.int16)
    for index, each in enumerate(basins.attractors):
        free = [k for k, place in enumerate(places) if not place.count and len(place.point) == len(each.point)]
        gaps = [float(np.linalg.norm(places[k].point - each.point)) for k in free]
        best = int(np.argmin(gaps)) if gaps else -1
        if gaps and gaps[best] <= max(near, 1e-3):
            numbers[index] = free[best]
            places[free[best]] = each
        else:
            numbers[index] = len(places)
            places.append(each)
    if not old or len(places) > _KEPT or len(places) == len(old) + len(basins.attractors):
        return basins
    labels = basins.labels.copy()
    inside = labels >= 0
    labels[inside] = numbers[labels[inside]]
    return replace(basins, attractors=tuple(places), labels=labels)


def find_sweep(
    key: SweepKey, theme: Theme, before: MapNews | None, tell: Callable[[MapNews], None], told: Told, cancel: Any
) -> MapNews:
    """The sweep; `tell` hears of every level.

    Raises:
        Cancelled: nobody wants it any more. GdsimError: it cannot be made (says which setting is out of bounds).
    """
    from gdsim.analysis.sweeps import sweep_levels
    from gdsim.session.resolve import objective_of, plans_of

    objective, plan = objective_of(key.spec), plans_of(key.spec)[0]
    choice, backend = key.choice, backend_of(key.spec)
    news = None
    for level in sweep_levels(objective, plan, choice.x, choice.y, backend, key.spec.dtype, cancel, told):
        news = MapNews(key, level, np.empty((0, 0), np.uint32), theme.dark)
        tell(news)
    assert news is not None  # there is always a last level
    return news
