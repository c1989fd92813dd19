"""The places where members rest, with what they are: a minimum, a saddle, flat ground."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from gdsim.analysis.curvature import curvature
from gdsim.analysis.linkage import SLACK, descended, joined, on_floor
from gdsim.analysis.outcome import rest
from gdsim.engine.status import Status

if TYPE_CHECKING:
    from gdsim.analysis.gather import Place
    from gdsim.analysis.linkage import Ground

Floats = NDArray[np.float64]
Kind = Literal["minimum", "saddle", "maximum", "valley", "flat", "undecided"]

KINDS: Mapping[Kind, Status] = {
    "minimum": Status.CONVERGED,
    "saddle": Status.SADDLE,
    "maximum": Status.SADDLE,
    "valley": Status.STATIONARY,
    "flat": Status.PLATEAU,
    "undecided": Status.STATIONARY,
}
"""What a place can be, and how the run of a racer that ends there is called."""
_SAME_VALUE = 1e-5
_CLOSE = 1e-2
_STRICT = 1e-3  # of the tolerance
_NOTHING = 1e-14  # beside the point's size: rounding
_WIDE = 0.02  # of the region: members that rest on one floor lie further apart


@dataclass(frozen=True, slots=True, eq=False)
class Attractor:
    """A place where members rest.

    Attributes:
        point: (n,) the known minimum, or where the gradient vanishes.
        value: J there.
        kind: a "valley" is a floor on which many points are equally low; "flat" ground has no slope at all.
        known: whether it is one of the minima that the catalogue gives for the objective.
        count: how many members ended there.
    """

    point: Floats
    value: float
    kind: Kind
    known: bool
    count: int = 0

    @property
    def status(self) -> Status:
        """How a racer's run that ends there is called."""
        return KINDS[self.kind]


def attractor_of(ground: Ground, place: Place, spread: float) -> Attractor:
    """What the place is; it takes the coordinates of a known minimum where that is the same place and as low.

    Args:
        spread: how far members that rest there lie apart, as a share of the region.
    """
    objective = ground.objective
    point = place.point if place.sharp else _deepest(ground, place.point, spread)
    point = np.where(np.abs(point) <= _NOTHING * (1.0 + np.linalg.norm(point)), 0.0, point)
    value = float(objective.value(point))
    known = None if ground.decay else _known(ground, point, value)
    if known is not None:
        point, value = known
    return Attractor(point, value, _kind(ground, point, place.sharp, spread), known is not None)


def _deepest(ground: Ground, point: Floats, spread: float) -> Floats:
    """The floor of the valley where it is one; else the lowest point nearby, which members of a flat minimum do not
    quite reach."""
    floor = on_floor(ground, point)
    if spread > _WIDE or not ground.has_hessian:
        return floor
    lowest = descended(replace(ground, tolerance=_STRICT * ground.tolerance), floor)
    near = lowest is not None and np.linalg.norm(lowest - point) <= _CLOSE * (1.0 + np.linalg.norm(point))
    return lowest if lowest is not None and near else floor


def _known(ground: Ground, point: Floats, value: float) -> tuple[Floats, float] | None:
    minima = ground.objective.minima
    if not minima:
        return None
    points = np.array([at for at, _ in minima])
    gaps = np.linalg.norm(points - point, axis=1)
    nearest = int(np.argmin(gaps))
    there, lowest = points[nearest], float(minima[nearest][1])
    if abs(value - lowest) > _SAME_VALUE * (1.0 + abs(lowest)):
        return None
    close = gaps[nearest] <= _CLOSE * (1.0 + float(np.linalg.norm(there)))
    return (there, lowest) if close and joined(ground, point[:, None], there[:, None])[0] else None


def _kind(ground: Ground, point: Floats, sharp: bool, spread: float) -> Kind:
    slope = ground.slopes(point[:, None])[:, 0]
    status, _ = rest(ground.objective, point, slope, SLACK * ground.tolerance)
    here = curvature(ground.objective, point)
    if status is Status.SADDLE:
        return "maximum" if here.highest < 0 else "saddle"
    if status is Status.PLATEAU or (here.known and max(abs(here.lowest), abs(here.highest)) == 0):
        return "flat"
    if not sharp and here.known and here.highest > 0 and spread > _WIDE:
        return "valley"
    if status is Status.CONVERGED:
        return "minimum"
    floor = 1e-8 * max(1.0, abs(here.highest))
    return "valley" if here.known and here.highest > floor and abs(here.lowest) <= floor else "undecided"
