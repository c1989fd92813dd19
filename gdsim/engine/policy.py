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


class PolicyStepper(StagedStepper):
    """Steps of a staged rule with the exact gradient."""

    def _write_current(self, row: Floats, lr: float) -> None:
        super()._write_current(row, lr)
        _write_return(row, self.n, float("nan"))


class PolicyMethodStepper(MethodStepper):
    """Steps of a method with the exact gradient."""

    def _write_current(self, row: Floats, lr: float) -> None:
        super()._write_current(row, lr)
        _write_return(row, self.n, float("nan"))


class ReinforceStepper(StagedStepper):
    """Steps of a staged rule with the gradient of the step's own episodes."""

    objective: PolicyObjective

    def __init__(self, objective: PolicyObjective, plan: RacerPlan, dtype: DType) -> None:
        super().__init__(objective, plan, dtype)
        self._standing_at = 0
        self._mean_return = float("nan")

    def restore(self, step: int, state: Floats, theta: Floats) -> None:
        """See backend.Stepper."""
        self._standing_at = step
        super().restore(step, state, theta)

    def _take(self, chunk: Chunk, j: int) -> float:
        self._standing_at = chunk.first + j + 1
        return super()._take(chunk, j)

    def _evaluate(self) -> None:
        if not np.isfinite(self._theta).all():  # nothing to sample: the row tells that the run has diverged
            self._mean_return = float("nan")
            super()._evaluate()
            return
        found = self.objective.sample_gradients(
            self._theta, self.objective.policy.episodes, self._standing_at, self.plan.seed
        )
        self._loss = float(self.dtype.type(-found.worth.reward))
        self._gradient = (-found.gradient).astype(self.dtype)
        self._mean_return = found.reward

    def _write_current(self, row: Floats, lr: float) -> None:
        super()._write_current(row, lr)
        _write_return(row, self.n, self._mean_return)

    def _end(self, row: Floats, step: NDArray[Any], decay: float) -> int:
        end = super()._end(row, step, decay)
        # Episodes that happen to be alike have no gradient, and mean nothing.
        return GO_ON if end == SMALL else end


def _write_return(row: Floats, n: int, mean_return: float) -> None:
    """Fill the further columns, where the trace has them."""
    row[row_width(n) :] = mean_return
