"""Where training has taken a model's weights: some of a run's steps, chosen so that few have to be replayed.

Rows of small models hold theta; of larger ones it is known every 256 steps, and replayed in between.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from gdsim.engine.trace import SNAPSHOT_EVERY
from gdsim.errors import Cancelled

if TYPE_CHECKING:
    from gdsim.engine.backend import Cancel

Array = NDArray[np.float64]

_MOST_POINTS = 64
_MOST_REPLAYED = 4000
_POWER = 1.5  # training moves most at its beginning: there the steps are closer together
_GRAINS = (1, 32, 64, 128, 256)
_EARLY = 8


@dataclass(frozen=True, eq=False)
class WeightPath:
    """A racer's path: `steps` (k,) from 0 to its last finite one, `points` (k, n) the weights there."""

    racer: int
    steps: NDArray[np.int64]
    points: Array


def path_steps(last: int, kept: bool) -> NDArray[np.int64]:
    """Steps from 0 to `last`, both among them, 64 at most, closer together at the beginning.

    Args:
        kept: whether rows hold theta. If not, no more than about 4,000 steps have to be replayed to know it at all of
            these, one after the other.
    """
    wanted = np.round(last * np.linspace(0.0, 1.0, min(_MOST_POINTS, last + 1)) ** _POWER).astype(np.int64)
    wanted = np.unique(np.append(wanted, last))
    if kept:
        return wanted
    early = wanted[wanted < SNAPSHOT_EVERY]
    early = early[np.unique(np.linspace(0, len(early) - 1, min(_EARLY, len(early))).astype(np.intp))]
    for grain in _GRAINS:
        found = np.unique(np.concatenate([wanted // grain * grain, early if grain > 1 else early[:0], [last]]))
        if replayed(found) <= _MOST_REPLAYED:
            break
    return found.astype(np.int64)


def replayed(steps: NDArray[np.int64]) -> int:
    """How many steps are taken again to be at each of these (rising) in turn: from the one before, or a snapshot."""
    return int(np.sum(np.minimum(np.diff(steps, prepend=0), steps % SNAPSHOT_EVERY)))


def weight_path(history: Any, racer: int, cancel: Cancel | None = None) -> WeightPath:
    """The path of a racer as far as it is recorded; what is not finite at its end is left out.

    Raises:
        Cancelled: `cancel` was set.
    """
    trace = history.traces[racer]
    kept = trace.n == history.objective.n
    steps = path_steps(max(trace.last, 0), kept)
    found = []
    for step in steps:
        if cancel is not None and cancel.is_set():
            raise Cancelled("the path was not finished")
        theta = trace.row(int(step)).theta if kept else history.weights(racer, int(step))[0]
        if not np.isfinite(theta).all():
            break
        found.append(theta)
    points = np.stack(found) if found else np.empty((0, history.objective.n))
    return WeightPath(racer, steps[: len(points)], points)
