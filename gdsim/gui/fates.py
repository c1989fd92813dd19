"""Work for the engine thread: where the members of a swarm end, and what those places are. No Qt, no window."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gdsim.draw.swarm import PLACES
from gdsim.gui.cloud import ONE_BY_ONE, SwarmKey, backend_of, members_of

NAMED = PLACES
OTHERS, UNFINISHED, DIVERGED, UNKNOWN = range(NAMED, NAMED + 4)
"""Labels of the members that end elsewhere, nowhere by the step limit, or beyond all bounds; UNKNOWN for the others."""
_FIRST = 4_000
_GROW = 4
_BINS = 24
_CLEAR = 0.5
"""Share of the members that must rest at named places, or the losses say more than the places."""


Histogram = tuple[NDArray[np.int64], NDArray[np.float64], bool]
"""Counts (k,), edges (k + 1,), and whether the edges are powers of ten."""


@dataclass(frozen=True, slots=True)
class FatePlace:
    """A place where members end: its point, J there, what it is, and how many end there."""

    point: tuple[float, ...]
    value: float
    kind: str
    count: int


@dataclass(frozen=True, slots=True, eq=False)
class Fates:
    """Where members end, as far as that is known.

    Attributes:
        known: numbers of the members that have been run to their ends; `total`: members in all.
        clear: whether the places say where members end.
        places: at most NAMED, those where most end; the lowest first, as in basin maps.
        others, unfinished, diverged: how many end elsewhere, are under way at the step limit, left the finite numbers.
        labels: (total,) index of the place, or OTHERS, UNFINISHED, DIVERGED, UNKNOWN; where the places do not say
            where members end (not `clear`), the first NAMED are steps of the final loss instead.
        steps, codes: (total,) when each ended, and how (see `engine.swarm`).
        losses: counts (k,) of final losses and their edges (k + 1,), powers of ten where `log`; None without any.
        longest: the step at which all but one in a hundred of those that rest have arrived.
        backend, note: who computed it, and why nothing faster did.
    """

    key: SwarmKey
    known: NDArray[np.int64]
    total: int
    clear: bool
    places: tuple[FatePlace, ...]
    others: int
    unfinished: int
    diverged: int
    labels: NDArray[np.uint8]
    steps: NDArray[np.int32]
    codes: NDArray[np.uint8]
    losses: Histogram | None
    longest: int
    backend: str
    note: str

    @property
    def done(self) -> int:
        """How many are known."""
        return len(self.known)

    def standing(self, step: int) -> tuple[int, int]:
        """How many of the known members rest at `step`, and how many have been lost."""
        from gdsim.engine.swarm import NONFINITE, SMALL, TARGET

        over = self.codes[self.known[self.steps[self.known] <= step]]
        lost = int(np.count_nonzero(over == NONFINITE))
        return int(np.count_nonzero((over == SMALL) | (over == TARGET))), lost


def prepare(key: SwarmKey, cancel: Any) -> None:
    """Wait until what many members need is compiled, letting others have their turn meanwhile."""
    from gdsim.engine.swarm import Ends

    objective, members = members_of(key, 1)
    nobody = np.empty(0, np.int64)
    backend_of(key.spec).settle(objective, members, nobody, Ends.empty(objective.n, 1), key.spec.dtype, cancel)


def find_fates(key: SwarmKey, tell: Callable[[Fates], None], cancel: Any) -> Fates:
    """Run all members to their ends; `tell` hears of the first ones, then of ever more.

    Raises:
        Cancelled: nobody wants to know any more. EngineError: see `engine.swarm`.
    """
    from gdsim.analysis.sorting import Sorting
    from gdsim.engine.herd import Herd
    from gdsim.engine.swarm import Ends

    objective, members = members_of(key, key.choice.count)
    if Herd(objective, members, key.spec.dtype, tracked=True).why:
        objective, members = members_of(key, min(key.choice.count, ONE_BY_ONE))
    total = members.count
    # the first ones are to stand for all: of a grid they must not be its first rows
    order = np.random.default_rng(0).permutation(total) if key.choice.grid else np.arange(total)
    ends = Ends.empty(objective.n, total)
    extent = max(high - low for low, high in objective.domain)
    sorting = Sorting(objective, members.plan, extent, ends)
    done = 0
    while done < total:
        upto = total if total - done < _FIRST else min(total, max(_FIRST, _GROW * done))
        part, done = order[done:upto], upto
        backend_of(key.spec).settle(objective, members, part, ends, key.spec.dtype, cancel)
        sorting.add(part, cancel)
        attractors, labels = sorting.result(cancel)
        found = _summed(key, ends, attractors, labels, order[:done])
        if done < total:
            tell(found)
    return found


def _summed(key: SwarmKey, ends: Any, attractors: Any, where: NDArray[np.int16], known: NDArray[np.int64]) -> Fates:
    from gdsim.engine.swarm import NONFINITE, RUNNING

    code, into = ends.code[known], where[known]
    mine = np.where(code == NONFINITE, DIVERGED, np.where(code == RUNNING, UNFINISHED, OTHERS)).astype(np.uint8)
    most = sorted(sorted(range(len(attractors)), key=lambda k: -attractors[k].count)[:NAMED])
    places = []
    for index, number in enumerate(most):
        what = attractors[number]
        point = tuple(float(value) for value in what.point)
        places.append(FatePlace(point, float(what.value), what.kind, what.count))
        mine[into == number] = index
    counts = [int(np.count_nonzero(mine == each)) for each in (OTHERS, UNFINISHED, DIVERGED)]
    clear = sum(place.count for place in places) + counts[2] >= _CLEAR * len(known)
    losses = _histogram(ends.loss[known])
    if not clear and losses is not None:
        rest = mine != DIVERGED
        mine[rest] = _steps_of(ends.loss[known][rest], losses)
    labels = np.full(len(where), UNKNOWN, np.uint8)
    labels[known] = mine
    arrived = ends.steps[known][(code != NONFINITE) & (code != RUNNING)]
    return Fates(
        key=key,
        known=known,
        total=len(where),
        clear=clear,
        places=tuple(places),
        others=counts[0],
        unfinished=counts[1],
        diverged=counts[2],
        labels=labels,
        steps=ends.steps,
        codes=ends.code,
        losses=losses,
        longest=math.ceil(np.quantile(arrived, 0.99)) if len(arrived) else 0,
        backend=ends.backend,
        note=ends.note,
    )


def _steps_of(loss: NDArray[np.float64], losses: Histogram) -> NDArray[np.uint8]:
    """Which of NAMED equal parts of the histogram a loss falls into."""
    _, edges, log = losses
    with np.errstate(all="ignore"):
        heights = np.log10(loss) if log else loss
        share = (heights - edges[0]) / (edges[-1] - edges[0])
    return np.clip(np.nan_to_num(share, nan=1.0) * NAMED, 0, NAMED - 1).astype(np.uint8)


def _histogram(losses: NDArray[np.float64]) -> Histogram | None:
    """Counts and edges of the finite losses, on a logarithmic scale where they are positive and far apart."""
    losses = losses[np.isfinite(losses)]
    if not len(losses):
        return None
    low, high = np.quantile(losses, (0.0, 0.99))
    log = bool(low > 0 and high > 20 * low)
    if log:
        losses, low, high = np.log10(losses), np.log10(low), np.log10(high)
    if not high > low:
        low, high = low - 0.5, high + 0.5
    counts, edges = np.histogram(np.clip(losses, low, high), _BINS, (low, high))
    return counts, edges, log
