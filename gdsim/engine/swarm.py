"""Many members of one racer at once: the same rule on the same objective, from many starts or with many settings.

`Members` says what is run, a backend's `swarm` makes a `Swarm` of it that steps all together (a cloud to watch), and
`settle` runs each to its end with the memory of a few blocks only (maps of a million pixels).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from gdsim.engine import memory, noise
from gdsim.engine.backend import Cancel, DType, Floats, RacerPlan, Slice
from gdsim.engine.status import Status
from gdsim.errors import EngineError

if TYPE_CHECKING:
    from gdsim.objectives import Objective

Indices = NDArray[np.int64]

RUNNING, SMALL, TARGET, NONFINITE = range(4)
"""How a member stands: under way (or at the step limit), arrived, at the target, out of the finite numbers. SMALL says
only that gradient and step are below the tolerance; whether that is a minimum or a saddle the curvature decides."""
UNKNOWN = 255
"""Not computed (yet)."""

STATUSES: Mapping[int, Status] = {
    RUNNING: Status.STEP_LIMIT,
    SMALL: Status.CONVERGED,
    TARGET: Status.TARGET,
    NONFINITE: Status.DIVERGED,
}
"""The same as a racer's status, at the end of the run."""


class Starts(Protocol):
    """Where members begin; made on demand, so that a million starts need not be held at once."""

    @property
    def n(self) -> int:
        """Number of coordinates."""

    @property
    def count(self) -> int:
        """How many there are."""

    def take(self, indices: Indices) -> Floats:
        """The starts of these numbers, (n, m)."""


@dataclass(frozen=True, slots=True)
class SameStart:
    """One start for all (a sweep over settings)."""

    start: tuple[float, ...]
    count: int

    @property
    def n(self) -> int:
        """Number of coordinates."""
        return len(self.start)

    def take(self, indices: Indices) -> Floats:
        """See Starts."""
        return np.repeat(np.array(self.start, dtype=np.float64)[:, None], len(indices), axis=1)


@dataclass(frozen=True, slots=True)
class GridStarts:
    """The points of a slice, row by row from low y: number row * nx + column."""

    where: Slice

    @property
    def n(self) -> int:
        """Number of coordinates."""
        return len(self.where.base)

    @property
    def count(self) -> int:
        """How many there are."""
        return self.where.nx * self.where.ny

    def take(self, indices: Indices) -> Floats:
        """See Starts."""
        where = self.where
        found = np.repeat(np.array(where.base, dtype=np.float64)[:, None], len(indices), axis=1)
        rows, columns = np.divmod(indices, where.nx)
        found[where.axes[-1]] = where.ys()[rows]
        found[where.axes[0]] = where.xs()[columns]
        return found


@dataclass(frozen=True, slots=True)
class BoxStarts:
    """Starts drawn evenly from a box, each a pure function of (seed, number, coordinate)."""

    box: tuple[tuple[float, float], ...]
    count: int
    seed: int = 0

    @property
    def n(self) -> int:
        """Number of coordinates."""
        return len(self.box)

    def take(self, indices: Indices) -> Floats:
        """See Starts."""
        low, high = np.array(self.box, dtype=np.float64).T
        counters = indices.astype(np.uint64)
        draws = [noise.uniforms(self.seed, axis, counters) for axis in range(self.n)]
        return np.asarray(low[:, None] + (high - low)[:, None] * np.array(draws))


@dataclass(frozen=True, slots=True, eq=False)
class Points:
    """Starts as they are given, (n, count)."""

    points: Floats

    @property
    def n(self) -> int:
        """Number of coordinates."""
        return int(self.points.shape[0])

    @property
    def count(self) -> int:
        """How many there are."""
        return int(self.points.shape[1])

    def take(self, indices: Indices) -> Floats:
        """See Starts."""
        return np.asarray(self.points[:, indices])


@dataclass(frozen=True, eq=False)
class Members:
    """What is run.

    Attributes:
        plan: rule, settings, steps, tolerance, target, schedule; its start is not used.
        starts: one per member.
        swept: settings that each member has for itself, (count,) by name: hyper-parameters (elements of a list as
            "betas[1]"), or weight_decay, clip, noise. Changes in mid-run of a swept setting are not possible.
        own_noise: whether each member draws gradient noise of its own (a cloud); otherwise all get the racer's
            draws, so that a member's path is the one that the racer would take from there.
    """

    plan: RacerPlan
    starts: Starts
    swept: Mapping[str, Floats] = field(default_factory=dict)
    own_noise: bool = False

    @property
    def count(self) -> int:
        """How many there are."""
        return self.starts.count

    @property
    def n(self) -> int:
        """Number of coordinates."""
        return self.starts.n

    def check(self, objective: Objective) -> None:
        """EngineError where starts, settings and objective do not fit together."""
        if self.n != objective.n:
            raise EngineError(f"the starts have {self.n} coordinates, the function {objective.n}", where="starts")
        if self.count < 1:
            raise EngineError("there are no starts", where="starts")
        known = {*self.plan.hyper, "weight_decay", "clip", "noise"}
        for name, values in self.swept.items():
            base = name.partition("[")[0]
            if base not in known:
                raise EngineError(f"{self.plan.rule.name} has no setting {name!r}", hint="It has " + ", ".join(known))
            if len(values) != self.count:
                raise EngineError(f"{len(values)} values for {self.count} members", where=name)
            if any(changed == base for _, changed, _ in self.plan.changes):
                raise EngineError(f"{name} changes in mid-run: it cannot be swept as well", where=self.plan.rule.name)

    def plan_of(self, member: int) -> RacerPlan:
        """What a racer that is this one member would run, own noise aside."""
        index = np.array([member])
        plan = self.plan
        hyper = dict(plan.hyper)
        rest = {"weight_decay": plan.weight_decay, "clip": plan.clip, "noise": plan.noise}
        for name, values in self.swept.items():
            base, bracket, place = name.partition("[")
            value = float(values[member])
            if bracket:
                numbers = list(hyper[base]) if isinstance(hyper[base], tuple) else []  # type: ignore[arg-type]
                numbers[int(place.rstrip("]")) - 1] = value
                hyper[base] = tuple(numbers)
            elif base in hyper:
                hyper[base] = value
            else:
                rest[base] = value
        start = tuple(float(value) for value in self.starts.take(index)[:, 0])
        return replace(
            plan, hyper=hyper, start=start, weight_decay=rest["weight_decay"], clip=rest["clip"], noise=rest["noise"]
        )


@dataclass(slots=True, eq=False)
class Ends:
    """Where members ended, by member number.

    Attributes:
        theta: (n, count) the last position (for a diverged member the first one that is not finite).
        loss: (count,) J there. steps: (count,) int32. code: (count,) uint8, UNKNOWN where not computed.
        backend: which one computed them, and `note` why it is not the one expected.
    """

    theta: Floats
    loss: Floats
    steps: NDArray[np.int32]
    code: NDArray[np.uint8]
    backend: str = ""
    note: str = ""

    @classmethod
    def empty(cls, n: int, count: int) -> Ends:
        """Room for `count` members; EngineError with the figure needed where the memory would not hold them."""
        memory.require((8 * n + 13) * count, f"the ends of {count:,} members in {n:,} coordinates", "Ask for fewer")
        return cls(
            np.full((n, count), math.nan),
            np.full(count, math.nan),
            np.zeros(count, np.int32),
            np.full(count, UNKNOWN, np.uint8),
        )

    def put(self, indices: Indices, theta: Any, loss: Any, steps: Any, code: Any) -> None:
        """The ends of some members."""
        self.theta[:, indices] = theta
        self.loss[indices] = loss
        self.steps[indices] = steps
        self.code[indices] = code

    @property
    def done(self) -> int:
        """How many are known."""
        return int(np.count_nonzero(self.code != UNKNOWN))


Progress = Callable[[int, int], None]
"""Called with (members done, members in all) every few milliseconds, from the thread that waits."""


class Swarm(Protocol):
    """All members at one step, to be moved forward together."""

    @property
    def backend(self) -> str:
        """The name of the backend that steps."""

    @property
    def step(self) -> int:
        """The row that all members stand at (those that have ended stay where they ended)."""

    @property
    def count(self) -> int:
        """How many members there are."""

    def advance(self, steps: int, cancel: Cancel | None = None) -> None:
        """Take up to `steps` steps, no further than the plan's limit. Raises Cancelled, standing at some step between.

        Looks at `cancel` every few milliseconds."""

    def theta(self) -> Floats:
        """Positions, (n, count), a copy."""

    def codes(self) -> NDArray[np.uint8]:
        """How each member stands at this row, (count,): RUNNING, SMALL, TARGET, NONFINITE."""

    def losses(self) -> Floats:
        """J at each member's position, (count,)."""

    def snapshot(self) -> Any:
        """All that is needed to stand here again; a copy."""

    def restore(self, snapshot: Any) -> None:
        """Stand where the snapshot was taken."""


class SwarmBackend(Protocol):
    """What a backend offers for many members; see `backend.Backend` for the rest."""

    def swarm(self, objective: Objective, members: Members, dtype: DType = "float64", *, tracked: bool = True) -> Swarm:
        """All members at their starts.

        Args:
            tracked: whether ends are noticed; otherwise members step on until the limit, which is faster.

        Raises:
            EngineError: the members do not fit the objective, or the memory."""

    def settle(
        self,
        objective: Objective,
        members: Members,
        indices: Indices,
        ends: Ends,
        dtype: DType = "float64",
        cancel: Cancel | None = None,
        progress: Progress | None = None,
    ) -> None:
        """Run the members of these numbers to their ends and put them into `ends`.

        Raises:
            Cancelled: within 0.1 s of `cancel`; `ends` holds what was finished by then. EngineError: see `swarm`."""
