"""Training on the device: the gradient of a batch is worked out there, the rule's step by the compiled kernels here."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future, wait
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from gdsim.engine import noise
from gdsim.engine.backend import Cancel, DType, Floats, RacerPlan, Stepper
from gdsim.engine.cuda.networks import CudaNetwork
from gdsim.engine.cuda.networks_code import NetworkCode
from gdsim.engine.network.stepper import CompiledTraining, TrainingCode
from gdsim.engine.status import Status
from gdsim.engine.stepping import GO_ON, Chunk
from gdsim.engine.trace import Trace
from gdsim.errors import EngineError, GdsimError

if TYPE_CHECKING:
    from gdsim.objectives.network.network import NetworkObjective

_PATIENCE_SECONDS = 0.03
_NOTHING = (float("nan"), float("nan"))


class CudaTraining(CompiledTraining):
    """Steps of a rule made of stages; theta goes to the device and the gradient comes back once a step.

    Should the device fail in mid-run, that is an EngineError: a run never goes on with another backend's numbers.
    """

    backend = "cuda"

    def __init__(
        self, objective: NetworkObjective, plan: RacerPlan, dtype: DType, code: TrainingCode, kernels: NetworkCode
    ) -> None:
        super().__init__(objective, plan, dtype, code, threaded=False)
        self._device = CudaNetwork(objective, kernels)
        self._device.reserve(self.batches.size)

    def _stand(self, theta: NDArray[Any], state: Floats) -> None:
        rule, buffers, carried, own = self.parts(np.asarray(state, dtype=np.float64))
        self._state[:], self._buffers[:], self._carried[:] = rule, buffers, carried
        self._theta[:] = theta if self.kept else own
        self._fresh[:] = self._buffers
        self._loss = self._batch(self.step)

    def _sets(self) -> tuple[tuple[float, float], tuple[float, float]]:
        theta, buffers = self._theta, self._buffers
        return self._device.evaluate(theta, buffers), self._device.evaluate(theta, buffers, test=True)

    def _run(self, chunk: Chunk) -> tuple[int, int]:
        numbers, plan, hyper = self._numbers(chunk), self._plan(chunk), self._hyper_of(chunk.settings)
        added = chunk.noise.astype(self.dtype) if len(chunk.noise) else self._none
        kernels, table = self.network.code.kernels, self.network.steps.table
        layers, wanted = len(self.objective.net.layers), not chunk.replay or self.plan.patience > 0
        for j in range(len(chunk.rows)):
            k = chunk.first + j + 1
            kernels["depart"](
                self._rule_code.address, plan, numbers, self._groups, chunk.rates, added, hyper, self._theta,
                self._gradient, self._composed, self._step, self._state, self._buffers, self._fresh, j,
            )  # fmt: skip
            loss = self._batch(k)
            train, test = self._sets() if wanted and self.evaluated(k) else (_NOTHING, _NOTHING)
            end = kernels["arrive"](
                plan, numbers, table, layers, float(chunk.rates[j + 1]), self._theta, self._gradient, self._composed,
                self._step, self._state, self._buffers, self._carried, chunk.rows, chunk.states, j, loss, *train,
                *test,
            )  # fmt: skip
            self._evals += 1.0
            if end != GO_ON:
                return j + 1, int(end)
        return len(chunk.rows), GO_ON

    def _batch(self, step: int) -> float:
        """J of a step's batch; its gradient, and the running statistics that it leaves in `_fresh`."""
        key = int(noise.dropout_key(self.plan.seed, step))
        try:
            loss, gradient = self._device.step_gradient(self._theta, self.batches.index(step), self._fresh, key)
        except GdsimError:
            raise
        except Exception as error:
            raise EngineError(
                f"the CUDA device failed ({type(error).__name__}: {' '.join(str(error).split())[:200]})",
                where=f"step {step}",
                hint="Run it anew, with --backend cpu if it fails again",
            ) from error
        self._gradient[:] = gradient
        return loss


class AwaitedStepper:
    """A stepper made of what is still being compiled or measured.

    Until that is there `advance` waits a little and returns None without a step; the other methods wait for it.

    Args:
        backend: what is intended to step.
        futures: what is waited for; any may fail.
        make: the stepper, and a note for its trace, when all are done.
    """

    def __init__(
        self, backend: str, futures: Sequence[Future[Any]], make: Callable[[], tuple[Stepper, str]]
    ) -> None:  # fmt: skip
        self._intended, self._futures, self._make = backend, futures, make
        self._stepper: Stepper | None = None
        self._note = ""
        if all(future.done() for future in futures):
            self._ready()

    @property
    def backend(self) -> str:
        """Which backend steps, or is to step."""
        return self._intended if self._stepper is None else self._stepper.backend

    @property
    def step(self) -> int:
        """Where it stands."""
        return 0 if self._stepper is None else self._stepper.step

    def advance(self, trace: Trace, n: int, cancel: Cancel | None = None) -> Status | None:
        """See backend.Stepper; None without a step while one waits."""
        if self._stepper is None:
            if cancel is not None and cancel.is_set():
                trace.status = Status.CANCELLED
                return trace.status
            if wait(self._futures, _PATIENCE_SECONDS).not_done:
                return None
        status = self._ready().advance(trace, n, cancel)
        trace.note = trace.note or self._note
        return status

    def snapshot(self) -> Floats:
        """See backend.Stepper."""
        return self._ready().snapshot()

    def restore(self, step: int, state: Floats, theta: Floats) -> None:
        """See backend.Stepper."""
        self._ready().restore(step, state, theta)

    def rewind(self, trace: Trace, step: int) -> None:
        """See backend.Stepper."""
        self._ready().rewind(trace, step)

    def _ready(self) -> Stepper:
        if self._stepper is None:
            wait(self._futures)
            self._stepper, self._note = self._make()
        return self._stepper
