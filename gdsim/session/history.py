"""What a run has recorded so far: one trace per racer, read by step.

Play is a cursor: every view asks for "row k of racer i", whoever has ended stays on its last row. One thread (the
runner's) writes, any thread may read.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from gdsim.engine.network.training import carried
from gdsim.engine.select import new_trace
from gdsim.engine.status import Status
from gdsim.engine.trace import Row
from gdsim.errors import SpecError
from gdsim.formula import did_you_mean
from gdsim.objectives.network.network import NetworkObjective
from gdsim.objectives.network.passes import fresh_buffers

if TYPE_CHECKING:
    from gdsim.engine.backend import Backend, RacerPlan, Stepper
    from gdsim.objectives import Objective
    from gdsim.session.spec import RunSpec

Floats = NDArray[np.float64]


class History:
    """The record of a run.

    Attributes:
        spec: what is being run.
        objective: the function, ready to evaluate; its `coordinates` name the columns.
        plans: per racer, everything resolved.
        traces: per racer, rows and status.
        backend: what computes it.
        seconds: time spent computing so far.
    """

    def __init__(
        self, spec: RunSpec, objective: Objective, plans: tuple[RacerPlan, ...], backend: Backend
    ) -> None:
        self.spec = spec
        self.objective = objective
        self.plans = plans
        self.backend = backend
        self.seconds = 0.0
        self.traces = [new_trace(objective) for _ in plans]
        self._readers: dict[int, tuple[RacerPlan, Stepper]] = {}
        self._reading = threading.Lock()

    @property
    def labels(self) -> tuple[str, ...]:
        """The racers' names, no two alike."""
        return self.spec.labels

    def __len__(self) -> int:
        """How many racers there are."""
        return len(self.traces)

    @property
    def length(self) -> int:
        """Rows of the longest trace: the cursor goes from 0 to `length` - 1; 0 while nothing is there."""
        return max((trace.published for trace in self.traces), default=0)

    @property
    def finished(self) -> bool:
        """Whether no racer will take another step of its own accord."""
        return all(trace.status.finished for trace in self.traces)

    @property
    def nbytes(self) -> int:
        """Memory held by all rows and snapshots, in bytes."""
        return sum(trace.nbytes for trace in self.traces)

    def index(self, racer: str | int) -> int:
        """A racer's number from its label (or its number); SpecError with the closest label if there is none."""
        if isinstance(racer, int):
            if 0 <= racer < len(self.traces):
                return racer
            raise SpecError(f"there is no racer {racer}", hint=f"Racers are counted from 0 to {len(self.traces) - 1}")
        if racer in self.labels:
            return self.labels.index(racer)
        near = did_you_mean(racer, self.labels)
        hint = f"Did you mean {near!r}?" if near else "Racing are " + ", ".join(self.labels)
        raise SpecError(f"nobody called {racer!r} is racing", hint=hint)

    def row(self, racer: str | int, step: int) -> Row:
        """Where a racer stands at `step`, or its last row if it ended before; IndexError while nothing is recorded."""
        trace = self.traces[self.index(racer)]
        while True:
            last = trace.last
            try:
                return trace.row(max(0, min(step, last)))
            except IndexError:
                if trace.last == last:  # not taken back by the runner in between: there is no row at all
                    raise

    def state(self, racer: str | int, step: int) -> Floats:
        """The optimizer's state at `step` (its last row's if it ended before), flat, replayed from a snapshot.

        The layout is the rule graph's. A stepper of its own replays, so the running one is not disturbed.
        """
        with self._reading:
            return self._rewound(self.index(racer), step).snapshot()

    def weights(self, racer: str | int, step: int) -> tuple[Floats, Floats]:
        """A network's theta (n,) and running statistics at `step`, replayed like `state`; of a function theta alone.

        Before the first row of a network is there, what its run begins with.
        """
        index = self.index(racer)
        if isinstance(self.objective, NetworkObjective) and not self.traces[index].published:
            return np.asarray(self.plans[index].start, dtype=np.float64), fresh_buffers(self.objective.net)
        row = self.row(index, step)
        if not isinstance(self.objective, NetworkObjective):
            return row.theta, np.empty(0)
        if self.traces[index].n and not self.objective.net.buffers:
            return row.theta, np.empty(0)
        state = self.state(index, step)
        theta, buffers = carried(self.objective, state)
        return row.theta if self.traces[index].n else theta, buffers

    def _rewound(self, index: int, step: int) -> Stepper:
        """A stepper that stands where racer `index` stood at `step`."""
        trace, plan = self.traces[index], self.plans[index]
        known = self._readers.get(index)
        if known is None or known[0] is not plan:
            known = (plan, self.backend.stepper(self.objective, plan, self.spec.dtype))
            self._readers[index] = known
        stepper = known[1]
        stepper.rewind(trace, max(0, min(step, trace.last)))
        return stepper

    def column(
        self, racer: str | int, name: str, start: int = 0, stop: int | None = None, stride: int = 1
    ) -> Floats:
        """One column of a racer's rows, a copy, (m,): a coordinate, loss, grad_norm, d_<coordinate>, lr, evals."""
        return self.traces[self.index(racer)].column(name, start, stop, stride)

    def theta(self, racer: str | int) -> Floats:
        """All positions of a racer, (rows, n)."""
        return self.traces[self.index(racer)].thetas()

    def gradient(self, racer: str | int) -> Floats:
        """All gradients of a racer, (rows, n)."""
        return self.traces[self.index(racer)].gradients()

    def loss(self, racer: str | int) -> Floats:
        """All losses of a racer, (rows,)."""
        return self.column(racer, "loss")

    def status(self, racer: str | int) -> Status:
        """How a racer stands."""
        return self.traces[self.index(racer)].status

    def message(self, racer: str | int) -> str:
        """What happened to a racer and what to try, in words."""
        trace = self.traces[self.index(racer)]
        return trace.message or trace.status.words

    def truncate(self, step: int) -> None:
        """Forget all rows after `step`; only the runner's thread may."""
        for trace in self.traces:
            if trace.last > step:
                trace.truncate(step)
