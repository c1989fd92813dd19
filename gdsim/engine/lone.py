"""Many members one after the other, each by a stepper of its own: for methods, Python functions and very long steps.

Slow, but it takes every objective and every optimizer; a map fills in from coarse to fine meanwhile.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from gdsim.engine import memory
from gdsim.engine.backend import Cancel, Floats, RacerPlan, Stepper
from gdsim.engine.network.training import carried, training_trace
from gdsim.engine.status import Status
from gdsim.engine.swarm import NONFINITE, RUNNING, SMALL, TARGET, Ends, Indices, Members, Progress
from gdsim.engine.trace import Trace, row_width
from gdsim.errors import Cancelled
from gdsim.objectives.network.network import NetworkObjective

if TYPE_CHECKING:
    from gdsim.objectives import Objective

MakeStepper = Callable[[RacerPlan], Stepper]

_CODES = {Status.CONVERGED: SMALL, Status.TARGET: TARGET, Status.DIVERGED: NONFINITE}
_WAVE = 256  # steps between two looks at the trace, which is begun anew so that it does not grow


def settle(
    objective: Objective,
    members: Members,
    make: MakeStepper,
    indices: Indices,
    ends: Ends,
    cancel: Cancel | None = None,
    progress: Progress | None = None,
) -> None:
    """See swarm.SwarmBackend; `make` gives the stepper of a plan."""
    for number, index in enumerate(indices.tolist()):
        runner = _Lone(objective, members.plan_of(index), make)
        runner.advance(members.plan.steps, cancel)
        ends.put(np.array([index]), runner.theta[:, None], runner.loss, runner.ended_at, runner.code)
        ends.backend = ends.backend or runner.backend
        if progress is not None:
            progress(number + 1, len(indices))


class _Lone:
    """One member; its trace is thrown away as it goes."""

    def __init__(self, objective: Objective, plan: RacerPlan, make: MakeStepper) -> None:
        self._objective = objective
        self._stepper = make(plan)
        self._trace = _trace_for(objective)
        self.backend = self._stepper.backend
        self.status: Status | None = None
        self._advance(0, None)

    def advance(self, steps: int, cancel: Cancel | None) -> None:
        goal = self._trace.last + steps
        while self.status is None and self._trace.last < goal:
            self._advance(min(_WAVE, goal - self._trace.last), cancel)

    def _advance(self, steps: int, cancel: Cancel | None) -> None:
        # a compiled stepper may come back without a step while it is being compiled
        status = self._stepper.advance(self._trace, steps, cancel)
        if status is Status.CANCELLED:
            raise Cancelled("the members were not finished")
        self.backend = self._stepper.backend
        self.status = status
        row = self._trace.row(-1) if self._trace.published else None
        if row is None:
            return
        self.theta, self.loss, self.ended_at = row.theta, row.loss, row.step
        if isinstance(self._objective, NetworkObjective):
            theta, _ = carried(self._objective, self._stepper.snapshot())
            self.theta = theta if len(theta) else row.theta
            self.loss = _training_loss(row.loss, self._trace)

    @property
    def code(self) -> int:
        return RUNNING if self.status is None else _CODES.get(self.status, RUNNING)

    @property
    def ready(self) -> bool:
        return self._trace.published > 0


def _trace_for(objective: Objective) -> Trace:
    if isinstance(objective, NetworkObjective):
        return training_trace(objective)
    return Trace(objective.n, objective.coordinates)


def _training_loss(loss: float, trace: Trace) -> float:
    """The loss over all training samples as last known; that of the batch where it is not finite."""
    known = trace.column("train_loss")
    known = known[~np.isnan(known)]
    return float(known[-1]) if len(known) and np.isfinite(loss) else loss


class LoneSwarm:
    """All members, each with a stepper and a trace of its own."""

    def __init__(self, objective: Objective, members: Members, make: MakeStepper) -> None:
        members.check(objective)
        steps = members.plan.steps
        size = 8 * row_width(objective.n) * min(steps + 1, 1024) * members.count
        memory.require(size, f"a swarm of {members.count:,} members stepped one by one", "Ask for fewer")
        self.count, self.step = members.count, 0
        self._objective, self._members, self._make = objective, members, make
        self._plans = [members.plan_of(index) for index in range(members.count)]
        self._lone = [_Lone(objective, plan, make) for plan in self._plans]

    @property
    def backend(self) -> str:
        """See swarm.Swarm."""
        return self._lone[0].backend

    def advance(self, steps: int, cancel: Cancel | None = None) -> None:
        """See swarm.Swarm."""
        goal = min(self.step + steps, self._members.plan.steps)
        for one in self._lone:
            one.advance(goal - max(one.ended_at, 0) if one.ready else goal, cancel)
        self.step = goal

    def theta(self) -> Floats:
        """See swarm.Swarm."""
        return np.stack([one.theta for one in self._lone], axis=1)

    def codes(self) -> NDArray[np.uint8]:
        """See swarm.Swarm."""
        return np.array([one.code for one in self._lone], dtype=np.uint8)

    def losses(self) -> Floats:
        """See swarm.Swarm."""
        return np.array([one.loss for one in self._lone])

    def snapshot(self) -> Any:
        """See swarm.Swarm: the step alone, members are run again."""
        return self.step

    def restore(self, snapshot: Any) -> None:
        """See swarm.Swarm."""
        if snapshot < self.step:
            self._lone = [_Lone(self._objective, plan, self._make) for plan in self._plans]
            self.step = 0
        self.advance(snapshot - self.step)
