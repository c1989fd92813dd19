"""Steps of a policy: descent of -J by REINFORCE's gradient, sampled anew at every step, or by the exact one.

Row k holds -J at theta_k, exact, so that runs can be compared; the gradient that the step from there takes, sampled
where the policy says so; and the mean return of its episodes. The episodes are a pure function of theta_k, k and the
seeds: a replay meets the same ones, and so do racers that stand at the same place.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from gdsim.engine.backend import DType, Floats, RacerPlan
from gdsim.engine.numpy_backend import MethodStepper, NumpyStepper, StagedStepper
from gdsim.engine.stepping import GO_ON, SMALL, Chunk
from gdsim.engine.trace import Trace, row_width
from gdsim.objectives.policy import PolicyObjective

COLUMNS = ("mean_return",)
"""Names of the further columns of a policy's trace: NaN where the exact gradient is taken."""


WHY_NUMPY = "a policy is not a formula: NumPy runs it"


def policy_trace(objective: PolicyObjective) -> Trace:
    """An empty trace for a policy's run."""
    trace = Trace(objective.n, objective.coordinates, COLUMNS)
    trace.note = WHY_NUMPY
    return trace


def policy_stepper(objective: PolicyObjective, plan: RacerPlan, dtype: DType) -> NumpyStepper:
    """The stepper for the plan's rule. Methods such as L-BFGS take the exact gradient: a line search on another sample
    than the gradient's would not find what it looks for."""
    if plan.rule.method:
        return PolicyMethodStepper(objective, plan, dtype)
    return ReinforceStepper(objective, plan, dtype) if objective.sampled else PolicyStepper(objective, plan, dtype)


class _Taped(StagedStepper):
    """Steps of a staged rule whose replay takes loss and gradient from the rows instead of computing them again."""

    def __init__(self, objective: PolicyObjective, plan: RacerPlan, dtype: DType) -> None:
        super().__init__(objective, plan, dtype)
        self._at = 0
        self._mean_return = float("nan")
        self._tape: Floats | None = None
        self._tape_from = 0

    def restore(self, step: int, state: Floats, theta: Floats) -> None:
        """See backend.Stepper."""
        self._at = step
        super().restore(step, state, theta)

    def rewind(self, trace: Trace, step: int) -> None:
        """See backend.Stepper."""
        self._tape_from = trace.snapshot_before(step)[0]
        self._tape = trace.rows(self._tape_from, step + 1)
        try:
            super().rewind(trace, step)
        finally:
            self._tape = None

    def _take(self, chunk: Chunk, j: int) -> float:
        self._at = chunk.first + j + 1
        return super()._take(chunk, j)

    def _evaluate(self) -> None:
        if self._tape is None:
            self._compute()
            return
        row, n = self._tape[self._at - self._tape_from], self.n
        self._loss = float(row[n])
        self._gradient = row[n + 2 : 2 * n + 2].astype(self.dtype)
        self._mean_return = float(row[-1]) if len(row) > row_width(n) else float("nan")

    def _compute(self) -> None:
        """Loss, gradient and mean return where the stepper stands."""
        super()._evaluate()

    def _write_current(self, row: Floats, lr: float) -> None:
        super()._write_current(row, lr)
        _write_return(row, self.n, self._mean_return)


class PolicyStepper(_Taped):
    """Steps of a staged rule with the exact gradient."""


class PolicyMethodStepper(MethodStepper):
    """Steps of a method with the exact gradient."""

    def _write_current(self, row: Floats, lr: float) -> None:
        super()._write_current(row, lr)
        _write_return(row, self.n, float("nan"))


class ReinforceStepper(_Taped):
    """Steps of a staged rule with the gradient of the step's own episodes."""

    objective: PolicyObjective

    def _compute(self) -> None:
        if not np.isfinite(self._theta).all():  # nothing to sample: the row tells that the run has diverged
            self._mean_return = float("nan")
            super()._compute()
            return
        found = self.objective.sample_gradients(self._theta, self.objective.policy.episodes, self._at, self.plan.seed)
        self._loss = float(self.dtype.type(-found.worth.reward))
        self._gradient = (-found.gradient).astype(self.dtype)
        self._mean_return = found.reward

    def _end(self, row: Floats, step: NDArray[Any], decay: float) -> int:
        end = super()._end(row, step, decay)
        # Episodes that happen to be alike have no gradient, and mean nothing.
        return GO_ON if end == SMALL else end


def _write_return(row: Floats, n: int, mean_return: float) -> None:
    """Fill the further columns, where the trace has them."""
    row[row_width(n) :] = mean_return
