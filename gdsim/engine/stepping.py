"""Advancing a racer in chunks: what all steppers share, whatever computes the steps.

A chunk is a stretch of steps with the same settings, within one block of the trace, of about 8 ms: after each the
rows are published and the cancel flag is looked at. How a run is cut into chunks never shows in its numbers.
"""

from __future__ import annotations

import math
import time
from abc import ABC, abstractmethod
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from gdsim.engine import memory, noise
from gdsim.engine.backend import Cancel, DType, Floats, RacerPlan, Settings
from gdsim.engine.status import Status
from gdsim.engine.trace import SNAPSHOT_EVERY, Trace, trace_bytes
from gdsim.errors import EngineError

if TYPE_CHECKING:
    from gdsim.objectives import Objective

CHUNK_SECONDS = 0.008
_FIRST, _MOST = 1024, 8192
_REPLAY = 16
_FEW = 16
NO_NOISE = np.empty((0, 0))

GO_ON, SMALL, TARGET, NONFINITE, STALE = range(5)
"""Why a chunk ended: it did not, gradient and step are small, the target is reached, something is not finite, the test
loss has not improved for long."""

_ENDS = {SMALL: Status.CONVERGED, TARGET: Status.TARGET, NONFINITE: Status.DIVERGED, STALE: Status.PLATEAU}


@dataclass(frozen=True, slots=True)
class Chunk:
    """What a stretch of m steps is given.

    Attributes:
        first: the step of the row that the chunk leaves first.
        settings: in force for all its steps.
        rates: (m + 1,) learning rates on leaving rows first ... first + m; the last one is only recorded.
        noise: (m, n) to be added to the gradient, sigma included, or empty.
        rows: (m, width) where rows first + 1 ... go.
        states, states_first: where the state at steps divisible by 256 goes: row (step - states_first) / 256.
        replay: the rows are not for keeping: what only they would tell need not be computed.
    """

    first: int
    settings: Settings
    rates: Floats
    noise: Floats
    rows: Floats
    states: Floats
    states_first: int
    replay: bool = False


def norm(vector: NDArray[Any]) -> float:
    """Euclidean norm of a vector, in float64; scaled where squares would overflow or vanish."""
    wide = np.asarray(vector, dtype=np.float64)
    if len(wide) <= _FEW:  # as the compiled loop does it, and without NumPy's overhead
        total = sum(value * value for value in wide.tolist())
        if 1e-280 < total < 1e280:
            return math.sqrt(total)
    with np.errstate(over="ignore", under="ignore", invalid="ignore"):
        total = float(wide @ wide)
        if 1e-280 < total < 1e280:
            return math.sqrt(total)
        largest = float(np.max(np.abs(wide), initial=0.0))
        if largest == 0.0 or not math.isfinite(largest):
            return largest
        scaled = wide / largest
        return largest * math.sqrt(float(scaled @ scaled))


def write_row(row: Floats, theta: NDArray[Any], loss: float, gradient: NDArray[Any], lr: float, evals: float) -> None:
    """Fill one row of a trace."""
    n = len(theta)
    row[:n] = theta
    row[n] = loss
    row[n + 1] = norm(gradient)
    row[n + 2 : 2 * n + 2] = gradient
    row[2 * n + 2] = lr
    row[2 * n + 3] = evals


class ChunkedStepper(ABC):
    """A stepper whose subclass computes one chunk at a time; see `backend.Stepper` for the promises.

    Args:
        kept: how many coordinates lie in the trace's rows: all for None, or 0; theta is a part of the state then.
        more: how many further columns its rows have.
    """

    backend = ""

    def __init__(
        self, objective: Objective, plan: RacerPlan, dtype: DType, state_size: int, kept: int | None = None,
        more: int = 0,
    ) -> None:  # fmt: skip
        if len(plan.start) != objective.n:
            raise EngineError(f"the start has {len(plan.start)} coordinates, the function {objective.n}", where="start")
        self.kept = objective.n if kept is None else kept
        memory.require(
            trace_bytes(self.kept, plan.steps, state_size, more),
            f"a history of {plan.steps:,} steps in {objective.n:,} coordinates",
            "Ask for fewer steps",
        )
        self.step = 0
        self.plan = plan
        self.objective = objective
        self.n = objective.n
        self.dtype = np.dtype(dtype)
        self.state_size = state_size
        self._chunk = 1
        self._evals = 1.0
        self._read: Trace | None = None

    # What a subclass computes

    @abstractmethod
    def snapshot(self) -> Floats:
        """The state at `step`, flat float64, a copy."""

    @abstractmethod
    def _stand(self, theta: NDArray[Any], state: Floats) -> None:
        """Take a position (in the run's dtype) and a state, and evaluate loss and gradient there."""

    @abstractmethod
    def _write_current(self, row: Floats, lr: float) -> None:
        """Write the row of where the stepper stands."""

    @abstractmethod
    def _run(self, chunk: Chunk) -> tuple[int, int]:
        """Take the chunk's steps. Returns (rows written, GO_ON | SMALL | TARGET | NONFINITE)."""

    # What the world sees

    def restore(self, step: int, state: Floats, theta: Floats) -> None:
        """Stand at `step` with this state and position (see backend.Stepper)."""
        if len(state) != self.state_size or len(theta) not in (self.n, self.kept):
            raise EngineError("this state belongs to another rule or function")
        self._stand(np.asarray(theta, dtype=self.dtype), np.asarray(state, dtype=np.float64))
        self.step, self._read = step, None

    def rewind(self, trace: Trace, step: int) -> None:
        """Stand at a recorded step, bit for bit as the run did (see backend.Stepper)."""
        at, state = trace.snapshot_before(step)
        onward = self._read is trace and at <= self.step <= step  # a reader that goes on through the same record
        self._read = None
        if not onward:
            row = trace.row(at)
            self.restore(at, state, row.theta)
            self._evals = float(row.evals)
        scratch = np.empty((min(_REPLAY, max(1, step - self.step)), trace.width))
        nowhere = np.empty((0, self.state_size))
        while self.step < step:
            chunk = self._cut(min(len(scratch), step - self.step), scratch, nowhere, 0)
            done, end = self._run(replace(chunk, replay=True))
            self.step += done
            if end != GO_ON and self.step < step:
                raise EngineError("the recorded run cannot be repeated: it ends earlier now", where=f"step {self.step}")
        self._read = trace

    def advance(self, trace: Trace, n: int, cancel: Cancel | None = None) -> Status | None:
        """Take up to n steps and record them (see backend.Stepper)."""
        self._read = None
        status = self._meet(trace)
        goal = min(self.step + n, self.plan.steps)
        while status is None and self.step < goal:
            if cancel is not None and cancel.is_set():
                status = Status.CANCELLED
                break
            rows = trace.room(self.step + 1)
            states, first, behind = trace.state_room(self.step + 1)
            count = min(goal - self.step, self._chunk, len(rows), behind - 1 - self.step)
            began = time.perf_counter()
            done, end = self._run(self._cut(count, rows, states, first))
            self._pace(time.perf_counter() - began, done)
            self.step += done
            trace.publish(self.step + 1)
            status = _ENDS.get(end)
        if status is None and self.step >= self.plan.steps:
            status = Status.STEP_LIMIT
        trace.status = Status.RUNNING if status is None else status
        return status

    def _cut(self, count: int, rows: Floats, states: Floats, states_first: int) -> Chunk:
        """A chunk from here of at most `count` steps, cut short at the next change of settings."""
        first = self.step
        change = self.plan.next_change(first)
        if change is not None:
            count = min(count, change - first)
        if change is None:
            rates = self.plan.rates(first, count + 1)
        else:
            rates = np.append(self.plan.rates(first, count), self.plan.rates(first + count, 1))
        settings = self.plan.at(first)
        if settings.noise:
            added = settings.noise * noise.normals(self.plan.seed, self.plan.racer, first, count, self.n)
        else:
            added = NO_NOISE
        return Chunk(first, settings, rates, added, rows[:count], states, states_first)

    def _meet(self, trace: Trace) -> Status | None:
        """Write row 0 on an empty trace, or make sure that the trace ends where the stepper stands."""
        if trace.published == 0:
            trace.prepare(self.state_size)
            trace.backend = self.backend
            state, began = self._initial_state(), time.perf_counter()
            self.restore(0, state, np.asarray(self.plan.start))
            self._chunk = max(1, min(_FIRST, int(CHUNK_SECONDS / 8 / (time.perf_counter() - began))))
            self._evals = 1.0
            row = trace.room(0)[0]
            self._write_current(row, float(self.plan.rates(0, 1)[0]))
            states, _, _ = trace.state_room(0)
            states[0] = self.snapshot()
            trace.publish(1)
        elif trace.last != self.step:
            raise EngineError(f"the history ends at step {trace.last}, the stepper stands at step {self.step}")
        else:
            row = trace.room(self.step)[0]
            self._evals = float(row[2 * self.kept + 3])
            # A change "from here on" may concern the step that leaves the last row.
            row[2 * self.kept + 2] = self.plan.rates(self.step, 1)[0]
        return self._ended(trace)

    def _ended(self, trace: Trace) -> Status | None:
        """Whether the last row already ends the run: not finite, or at the target."""
        row = trace.room(self.step)[0]
        if not np.isfinite(row[: 2 * self.kept + 2]).all():
            return Status.DIVERGED
        if self.plan.target is not None and row[self.kept] <= self.plan.target:
            return Status.TARGET
        return None

    @abstractmethod
    def _initial_state(self) -> Floats:
        """The state before the first step, flat float64."""

    def _pace(self, seconds: float, steps: int) -> None:
        """Choose the next chunk's length so that it takes about CHUNK_SECONDS."""
        fitting = CHUNK_SECONDS * max(1, steps) / max(seconds, 1e-9)
        self._chunk = int(max(1, min(fitting, 16 * self._chunk, _MOST)))


def snapshot_due(step: int) -> bool:
    """Whether the state at `step` is kept."""
    return step % SNAPSHOT_EVERY == 0
