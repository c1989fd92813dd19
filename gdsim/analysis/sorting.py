"""Members sorted by where they ended: into attractors, or out of the finite numbers, or on their way still."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from gdsim.analysis.attractors import Attractor, attractor_of
from gdsim.analysis.gather import NOBODY, Gathering
from gdsim.analysis.linkage import Ground, descended
from gdsim.engine.swarm import NONFINITE, SMALL, TARGET
from gdsim.engine.swarm import UNKNOWN as NOT_COMPUTED
from gdsim.errors import Cancelled

if TYPE_CHECKING:
    from gdsim.engine.backend import Cancel, RacerPlan
    from gdsim.engine.swarm import Ends
    from gdsim.objectives import Objective

Floats = NDArray[np.float64]

DIVERGED, UNFINISHED, UNKNOWN = -1, -2, -3
"""Labels of members that belong to no attractor: out of the finite numbers, at the step limit, not computed yet."""
TOLERANCE = 1e-6
"""What counts as arrived where the run itself never stops early."""
_CHUNK = 1 << 15
_DESCENTS = 512  # of ends at a target loss, each time


class Sorting:
    """Members into attractors, as they end.

    Args:
        plan: what they run. extent: the size of the region that they are expected to end in. ends: theirs.
    """

    def __init__(self, objective: Objective, plan: RacerPlan, extent: float, ends: Ends) -> None:
        settings = plan.at(plan.steps)
        decay = 0.0 if plan.rule.decoupled else settings.weight_decay
        self._ground = Ground(objective, plan.tolerance or TOLERANCE, decay)
        self._gathering = Gathering(self._ground, extent)
        self._ends = ends
        self._numbers = np.full(len(ends.code), UNKNOWN, dtype=np.int16)
        self._tried = np.empty(0, dtype=np.uint64)
        self._known: dict[int, Attractor] = {}
        self._order: list[int] = []
        self.note = ""

    def add(self, numbers: NDArray[np.int64], cancel: Cancel | None) -> None:
        """Sort the members of these numbers, which have ended."""
        for begin in range(0, len(numbers), _CHUNK):
            _look(cancel)
            self._add(numbers[begin : begin + _CHUNK], cancel)

    def _add(self, numbers: NDArray[np.int64], cancel: Cancel | None) -> None:
        codes = self._ends.code[numbers]
        labels = np.full(len(numbers), UNFINISHED, dtype=np.int16)
        labels[codes == NONFINITE] = DIVERGED
        labels[codes == NOT_COMPUTED] = UNKNOWN
        arrived = codes == SMALL
        if arrived.any():
            found = self._gathering.label(self._ends.theta[:, numbers[arrived]], cancel)
            if (found == NOBODY).any():
                self.note = "there are more places to rest than can be told apart; the others count as unfinished"
            labels[arrived] = np.where(found == NOBODY, UNFINISHED, found)
        self._numbers[numbers] = labels
        reached = numbers[codes == TARGET]
        if len(reached):
            self._numbers[reached] = self._at_target(self._ends.theta[:, reached], cancel)

    def _at_target(self, theta: Floats, cancel: Cancel | None) -> NDArray[np.int64]:
        """The nearest attractors of members that stopped at the target loss: first it is seen where the way leads."""
        cells, first = np.unique(self._gathering.cells(theta), return_index=True)
        new = ~np.isin(cells, self._tried)
        self._tried = np.union1d(self._tried, cells[new])
        for member in first[new][:_DESCENTS]:
            _look(cancel)
            below = descended(self._ground, theta[:, member])
            if below is not None:
                self._gathering.label(below[:, None], cancel)
        found = self._gathering.nearest(theta)
        return np.where(found == NOBODY, UNFINISHED, found)

    def result(self, cancel: Cancel | None = None) -> tuple[tuple[Attractor, ...], NDArray[np.int16]]:
        """The attractors so far, and the label of each member, (count,), a copy."""
        root = self._gathering.current()
        labels = self._numbers.copy()
        inside = labels >= 0
        labels[inside] = root[labels[inside]]
        counts = np.bincount(labels[inside], minlength=len(root))
        used = np.flatnonzero(counts).tolist()
        fresh = [number for number in used if number not in self._known]
        for number in fresh:
            _look(cancel)
            place = self._gathering.places[number]
            spread = 0.0 if place.sharp else self._gathering.spread(number) / self._gathering.extent
            self._known[number] = attractor_of(self._ground, place, spread)
        # those that were there keep their places, the lowest of the new ones come next; equally low ones from left to
        # right, so that a place has one number, hence one colour, in every map of the function
        fresh.sort(key=lambda number: _rank(self._known[number]))
        self._order = [number for number in self._order if counts[number]] + fresh
        index = np.full(len(root), NOBODY)
        index[self._order] = np.arange(len(self._order))
        labels[inside] = index[labels[inside]]
        attractors = tuple(replace(self._known[number], count=int(counts[number])) for number in self._order)
        return attractors, labels


def _rank(place: Attractor) -> tuple[float, ...]:
    return (round(place.value, 9), *np.round(place.point, 6).tolist())


def _look(cancel: Cancel | None) -> None:
    if cancel is not None and cancel.is_set():
        raise Cancelled("the map was not finished")
