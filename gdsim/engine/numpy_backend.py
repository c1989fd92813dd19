"""The reference: graphs interpreted with NumPy. Slow, exact, needs no compiler, runs Python functions and methods."""

from __future__ import annotations

from abc import abstractmethod
from concurrent.futures import Future
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from gdsim.engine import lone, numpy_swarm, reference
from gdsim.engine.backend import Cancel, DType, Floats, Plane, RacerPlan, Slice, Stepper, Surface
from gdsim.engine.herd import Herd
from gdsim.engine.network.reference import NumpyTraining
from gdsim.engine.stepping import (
    GO_ON,
    NONFINITE,
    SMALL,
    TARGET,
    Chunk,
    ChunkedStepper,
    norm,
    snapshot_due,
    write_row,
)
from gdsim.engine.swarm import Ends, Indices, Members, Progress, Swarm
from gdsim.engine.trace import SNAPSHOT_EVERY
from gdsim.errors import EngineError
from gdsim.formula.emit import state_size
from gdsim.objectives.network.network import NetworkObjective
from gdsim.objectives.policy import PolicyObjective
from gdsim.optimizers import compose
from gdsim.optimizers.methods import method

if TYPE_CHECKING:
    from gdsim.objectives import Objective


class NumpyStepper(ChunkedStepper):
    """Steps computed with NumPy in the dtype of the run; a subclass takes one of them."""

    backend = "numpy"

    def __init__(self, objective: Objective, plan: RacerPlan, dtype: DType, state_size: int) -> None:
        super().__init__(objective, plan, dtype, state_size)
        self._state = np.zeros(self.state_size)
        self._theta: NDArray[Any] = np.zeros(self.n, self.dtype)
        self._gradient: NDArray[Any] = np.zeros(self.n, self.dtype)
        self._loss = float("nan")

    @abstractmethod
    def _take(self, chunk: Chunk, j: int) -> float:
        """The j-th step of the chunk: theta and state move on. Returns the gradient evaluations it costs."""

    def snapshot(self) -> Floats:
        """The state, flat float64, a copy."""
        return self._state.copy()

    def _stand(self, theta: NDArray[Any], state: Floats) -> None:
        self._theta = theta
        self._state = state.copy()
        self._evaluate()

    def _evaluate(self) -> None:
        value, self._gradient = self.objective.value_gradient(self._theta.copy())
        self._loss = float(value)

    def _write_current(self, row: Floats, lr: float) -> None:
        write_row(row, self._theta, self._loss, self._gradient, lr, self._evals)

    def _run(self, chunk: Chunk) -> tuple[int, int]:
        with np.errstate(all="ignore"):
            for j, row in enumerate(chunk.rows):
                before = self._theta
                self._evals += self._take(chunk, j)
                self._evaluate()
                self._write_current(row, float(chunk.rates[j + 1]))
                at = chunk.first + j + 1
                if snapshot_due(at) and len(chunk.states):
                    chunk.states[(at - chunk.states_first) // SNAPSHOT_EVERY] = self._state
                end = self._end(row, self._theta - before, chunk.settings.weight_decay)
                if end != GO_ON:
                    return j + 1, end
        return len(chunk.rows), GO_ON

    def _end(self, row: Floats, step: NDArray[Any], decay: float) -> int:
        """Why the run ends at this row, or GO_ON."""
        n, plan = self.n, self.plan
        if not np.isfinite(row[: 2 * n + 2]).all():
            return NONFINITE
        if plan.target is not None and row[n] <= plan.target:
            return TARGET
        if plan.tolerance > 0.0 and plan.rule.method and not step.any():
            return SMALL  # it found no way on from here, and will not the next time either
        if plan.tolerance > 0.0 and norm(step) <= plan.tolerance * (1.0 + norm(self._theta)):
            slope = self._gradient
            if decay and not plan.rule.decoupled:
                slope = slope + self.dtype.type(decay) * self._theta
            if norm(slope) <= plan.tolerance:
                return SMALL
        return GO_ON


class StagedStepper(NumpyStepper):
    """Steps of a rule made of stages, interpreted."""

    def __init__(self, objective: Objective, plan: RacerPlan, dtype: DType) -> None:
        self._rule = plan.rule.graph(plan.hyper, objective.n)
        super().__init__(objective, plan, dtype, state_size(self._rule.states, objective.n))

    def _initial_state(self) -> Floats:
        state = compose.initial_state(self._rule, self.n, self.plan.at(0).hyper)
        return state.astype(self.dtype).astype(np.float64)

    def _take(self, chunk: Chunk, j: int) -> float:
        settings = chunk.settings
        _, self._theta, self._state = compose.compose_step(
            self.plan.rule,
            self._theta,
            self._gradient,
            chunk.first + j + 1,
            float(chunk.rates[j]),
            settings.hyper,
            self._state,
            clip=settings.clip,
            weight_decay=settings.weight_decay,
            noise=chunk.noise[j] if len(chunk.noise) else None,
        )
        return 1.0


class MethodStepper(NumpyStepper):
    """Steps of a method that is not made of stages, such as L-BFGS; line searches see neither noise nor clipping."""

    def __init__(self, objective: Objective, plan: RacerPlan, dtype: DType) -> None:
        self._method = method(plan.rule.method)
        super().__init__(objective, plan, dtype, self._method.state_size(objective.n, plan.hyper))

    def _initial_state(self) -> Floats:
        return self._method.start(self.n, self.plan.at(0).hyper)

    def _take(self, chunk: Chunk, j: int) -> float:
        settings, theta = chunk.settings, self._theta
        if self._method.state_size(self.n, settings.hyper) != self.state_size:
            raise EngineError("the length of the memory cannot change within a run", where=self.plan.rule.name)
        _, self._theta, self._state, evals = compose.method_step(
            self.plan.rule,
            self.objective,
            theta,
            self._loss,
            self._gradient,
            float(chunk.rates[j]),
            settings.hyper,
            self._state,
            clip=settings.clip,
            weight_decay=settings.weight_decay,
            noise=chunk.noise[j] if len(chunk.noise) else None,
        )
        return evals + 1.0


def numpy_stepper(objective: Objective, plan: RacerPlan, dtype: DType) -> ChunkedStepper:
    """The stepper for the plan's rule, made of stages or a method; training for a network, REINFORCE for a policy."""
    if isinstance(objective, NetworkObjective):
        return NumpyTraining(objective, plan, dtype)
    if isinstance(objective, PolicyObjective):
        from gdsim.engine.policy import policy_stepper  # its steppers are made of those above

        return policy_stepper(objective, plan, dtype)
    return (MethodStepper if plan.rule.method else StagedStepper)(objective, plan, dtype)


class NumpyBackend:
    """Everything by NumPy on the calling thread."""

    name = "numpy"
    reason = ""

    def stepper(self, objective: Objective, plan: RacerPlan, dtype: DType = "float64") -> Stepper:
        """See backend.Backend."""
        return numpy_stepper(objective, plan, dtype)

    def surface(self, objective: Objective, where: Slice, cancel: Cancel | None = None) -> Surface:
        """See backend.Backend."""
        return Surface(where, reference.surface(objective, where, cancel), self.name)

    def field(self, objective: Objective, where: Slice, cancel: Cancel | None = None) -> Floats:
        """See backend.Backend."""
        return reference.derivatives(objective, where, cancel)[1:]

    def curve(self, objective: Objective, where: Slice, cancel: Cancel | None = None) -> Floats:
        """See backend.Backend."""
        return reference.derivatives(objective, where, cancel)[:2, 0]

    def landscape(self, objective: Objective, plane: Plane, cancel: Cancel | None = None) -> Floats:
        """See backend.Backend."""
        return reference.landscape(objective, plane, cancel)

    def outputs(self, objective: NetworkObjective, theta: Floats, buffers: Floats, x: Floats) -> Floats:
        """See backend.Backend."""
        return objective.outputs(theta, x, buffers if len(buffers) else None)

    def swarm(self, objective: Objective, members: Members, dtype: DType = "float64", *, tracked: bool = True) -> Swarm:
        """See swarm.SwarmBackend."""
        herd = Herd(objective, members, dtype, tracked)
        if herd.member is None:
            return lone.LoneSwarm(objective, members, partial(numpy_stepper, objective, dtype=dtype))
        return numpy_swarm.NumpySwarm(herd)

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
        """See swarm.SwarmBackend."""
        herd = Herd(objective, members, dtype, tracked=True)
        if herd.member is None:
            ends.note = herd.why
            make = partial(numpy_stepper, objective, dtype=dtype)
            lone.settle(objective, members, make, indices, ends, cancel, progress)
        else:
            numpy_swarm.settle(herd, indices, ends, cancel, progress)

    def prepare(self, objective: Objective, plan: RacerPlan | None = None, dtype: DType = "float64") -> Future[bool]:
        """See backend.Backend; there is nothing to compile."""
        done: Future[bool] = Future()
        done.set_result(True)
        return done
