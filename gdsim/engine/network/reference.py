"""Training with NumPy: the reference, and what methods such as L-BFGS run on."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from gdsim.engine import noise
from gdsim.engine.backend import DType, Floats, RacerPlan
from gdsim.engine.network.training import TEST_LOSS, TRAIN_LOSS, TrainingStepper
from gdsim.engine.stepping import (
    GO_ON,
    NONFINITE,
    SMALL,
    STALE,
    TARGET,
    Chunk,
    norm,
    snapshot_due,
    write_row,
)
from gdsim.engine.trace import SNAPSHOT_EVERY, row_width
from gdsim.errors import EngineError
from gdsim.optimizers import compose
from gdsim.optimizers.methods import method

if TYPE_CHECKING:
    from gdsim.objectives.network.network import NetworkObjective

NOTHING = (float("nan"), float("nan"))


@dataclass(frozen=True, eq=False)
class BatchProblem:
    """A network's loss over one batch, as methods ask for it (see optimizers.methods)."""

    objective: NetworkObjective
    index: NDArray[np.int64] | None

    def value(self, theta: NDArray[Any]) -> Any:
        """J over the batch."""
        return self.objective.batch_gradient(theta, self.index)[0]

    def value_gradient(self, theta: NDArray[Any]) -> tuple[Any, NDArray[Any]]:
        """J over the batch and its gradient (n,)."""
        return self.objective.batch_gradient(theta, self.index)

    def hessian(self, theta: NDArray[Any]) -> NDArray[Any]:
        """The Hessian over all samples."""
        return self.objective.hessian(theta)

    def hvp(self, theta: NDArray[Any], direction: NDArray[Any]) -> NDArray[Any]:
        """The Hessian over all samples times a direction."""
        return self.objective.hvp(theta, direction)


class NumpyTraining(TrainingStepper):
    """Steps in the run's dtype, one by one."""

    backend = "numpy"

    def __init__(self, objective: NetworkObjective, plan: RacerPlan, dtype: DType) -> None:
        super().__init__(objective, plan, dtype)
        self._theta: NDArray[Any] = np.zeros(self.n, self.dtype)
        self._gradient: NDArray[Any] = np.zeros(self.n, self.dtype)
        self._loss = float("nan")
        self._rule_state = np.zeros(self.rule_size)
        self._buffers = np.zeros(objective.net.buffers)
        self._fresh = self._buffers
        self._carried = np.zeros(2)

    @property
    def theta(self) -> NDArray[Any]:
        """Where it stands, (n,), a copy."""
        return self._theta.copy()

    def snapshot(self) -> Floats:
        """The state, flat float64, a copy."""
        theta = [] if self.kept else [np.asarray(self._theta, dtype=np.float64)]
        return np.concatenate([self._rule_state, self._buffers, self._carried, *theta])

    def restore(self, step: int, state: Floats, theta: Floats) -> None:
        """See backend.Stepper; the batch is that of `step`."""
        self.step = step
        super().restore(step, state, theta)

    def _stand(self, theta: NDArray[Any], state: Floats) -> None:
        rule, buffers, carried, own = self.parts(np.asarray(state, dtype=np.float64))
        self._rule_state, self._buffers, self._carried = rule.copy(), buffers.copy(), carried.copy()
        self._theta = np.array(theta if self.kept else own, dtype=self.dtype)
        self._evaluate(self.step)

    def _evaluate(self, step: int) -> None:
        """Loss and gradient of batch `step`; the running statistics it leaves wait for the step to be taken."""
        masks = partial(noise.dropout_uniforms, self.plan.seed, step)
        self._fresh = self._buffers.copy()
        self._loss, self._gradient = self.objective.batch_gradient(
            self._theta, self.batches.index(step), masks, self._fresh
        )

    def _write_current(self, row: Floats, lr: float) -> None:
        self._write(row, self.step, lr, replay=False)
        train, test = self._judged(row)
        self.stale(self._carried, test, train)

    def _write(self, row: Floats, step: int, lr: float, *, replay: bool) -> None:
        kept = slice(0, self.kept)
        write_row(row, self._theta[kept], self._loss, self._gradient[kept], lr, self._evals)
        row[self.kept + 1] = norm(self._gradient)
        train = test = NOTHING
        if self.evaluated(step) and not (replay and not self.plan.patience):
            train = self.objective.evaluate(self._theta, self._buffers)
            test = self.objective.evaluate(self._theta, self._buffers, test=True)
        self.write_extra(row, step, self._gradient, train, test)

    def _judged(self, row: Floats) -> tuple[float, float]:
        """Train and test loss of a row."""
        place = row_width(self.kept)
        return float(row[place + TRAIN_LOSS]), float(row[place + TEST_LOSS])

    def _run(self, chunk: Chunk) -> tuple[int, int]:
        with np.errstate(all="ignore"):
            for j, row in enumerate(chunk.rows):
                before, at = self._theta, chunk.first + j + 1
                self._evals += self._take(chunk, j)
                self._buffers = self._fresh
                self._evaluate(at)
                self._write(row, at, float(chunk.rates[j + 1]), replay=chunk.replay)
                end = self._end(row, at, self._theta - before, chunk.settings.weight_decay)
                if snapshot_due(at) and len(chunk.states):
                    chunk.states[(at - chunk.states_first) // SNAPSHOT_EVERY] = self.snapshot()
                if end != GO_ON:
                    return j + 1, end
        return len(chunk.rows), GO_ON

    def _take(self, chunk: Chunk, j: int) -> float:
        """One step; returns the gradient evaluations it costs."""
        settings, lr = chunk.settings, float(chunk.rates[j])
        added = chunk.noise[j] if len(chunk.noise) else None
        plan, step = self.plan, chunk.first + j
        if self.rule is None:
            if method(plan.rule.method).state_size(self.n, settings.hyper) != self.rule_size:
                raise EngineError("the length of the memory cannot change within a run", where=plan.rule.name)
            problem = BatchProblem(self.objective, self.batches.index(step))
            _, self._theta, self._rule_state, evals = compose.method_step(
                plan.rule, problem, self._theta, self._loss, self._gradient, lr, settings.hyper, self._rule_state,
                clip=settings.clip, weight_decay=settings.weight_decay, noise=added,
            )  # fmt: skip
            return evals + 1.0
        g = compose.composed_gradient(
            self._gradient, self._theta, settings.clip, settings.weight_decay, plan.rule.decoupled, added
        )
        theta, state = self._theta.copy(), self._rule_state.copy()
        decay = settings.weight_decay if plan.rule.decoupled else 0.0
        for part, own in self.group_states(state):
            _, theta[part], own[:] = compose.compose_step(
                plan.rule, self._theta[part], g[part], step + 1, lr, settings.hyper, own, weight_decay=decay
            )
        self._theta, self._rule_state = theta, state
        return 1.0

    def _end(self, row: Floats, at: int, step: NDArray[Any], decay: float) -> int:
        """Why the run ends at this row, or GO_ON."""
        plan = self.plan
        if not np.isfinite(row[: 2 * self.kept + 2]).all() or not np.isfinite(self._theta).all():
            return NONFINITE
        train, test = self._judged(row)
        if plan.target is not None and train <= plan.target:
            return TARGET
        if at % self.batches.per_epoch == 0 and self.stale(self._carried, test, train):
            return STALE
        if plan.tolerance > 0.0 and self.batches.full:
            if plan.rule.method and not step.any():
                return SMALL
            if norm(step) <= plan.tolerance * (1.0 + norm(self._theta)):
                slope = self._gradient
                if decay and not plan.rule.decoupled:
                    slope = slope + self.dtype.type(decay) * self._theta
                if norm(slope) <= plan.tolerance:
                    return SMALL
        return GO_ON
