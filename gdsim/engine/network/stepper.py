"""Training, compiled: chunks of steps in one call; heavy steps piece by piece on all cores, with the same numbers."""

from __future__ import annotations

from concurrent.futures import Future
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from gdsim.engine import noise
from gdsim.engine.backend import DType, Floats, RacerPlan, Settings
from gdsim.engine.compiler import COMPILER, NOW
from gdsim.engine.cpu import Code, compile_rule, rule_key
from gdsim.engine.network import layout
from gdsim.engine.network.code import NetworkCode, compile_network, network_key
from gdsim.engine.network.compiled import CompiledNetwork
from gdsim.engine.network.kernel_doors import Held
from gdsim.engine.network.kernel_train import NUMBERS, PLAN
from gdsim.engine.network.tiles import Workplace
from gdsim.engine.network.training import TrainingStepper
from gdsim.engine.stepping import GO_ON, Chunk, norm, write_row
from gdsim.errors import EngineError
from gdsim.formula import spread
from gdsim.formula.emit import state_size

if TYPE_CHECKING:
    from gdsim.objectives.network.network import NetworkObjective

Array = NDArray[Any]
NOTHING = (float("nan"), float("nan"))
_EVALS = NUMBERS.index("EVALS")
_OF_CHUNK = ("FIRST_STEP", "STEPS", "ROW", "REPLAY", "SNAPSHOTS", "STATES_FIRST", "NOISY")
_CHUNK_PLACES = [PLAN.index(name) for name in _OF_CHUNK]


@dataclass(frozen=True, slots=True)
class TrainingCode:
    """What a stepper is made of: the network's passes, one step of the rule."""

    network: NetworkCode
    rule: Code


def training_code(
    objective: NetworkObjective, plan: RacerPlan, dtype: DType, priority: int = NOW
) -> Future[TrainingCode]:
    """All that a stepper needs, compiled on the compile thread."""
    net, loss = objective.net, objective.model.loss

    def job() -> TrainingCode:
        return TrainingCode(compile_network(net, loss, dtype), compile_rule(plan, objective.n, dtype))

    return COMPILER.submit(("training", network_key(net, loss), rule_key(plan), dtype), job, priority)


class CompiledTraining(TrainingStepper):
    """Steps of a rule made of stages, compiled.

    Args:
        threaded: whether batches are worked through on all cores; by default where one takes long enough. The numbers
            are the same.

    Raises:
        EngineError: a rule that is a method (`NumpyTraining` takes these).
    """

    backend = "cpu"

    def __init__(
        self, objective: NetworkObjective, plan: RacerPlan, dtype: DType, code: TrainingCode,
        threaded: bool | None = None,
    ) -> None:  # fmt: skip
        super().__init__(objective, plan, dtype)
        if self.rule is None:
            raise EngineError("only rules made of stages are compiled", where=plan.rule.name)
        self._rule_code = code.rule
        self.network = CompiledNetwork(objective, code.network, self.batches.size)
        net, n, real = self.network, self.n, self.dtype
        shape = net.steps
        self._pieces = shape.pieces(self.batches.size)
        if threaded is None:
            threaded = net.work(self.batches.size) > layout.HEAVY
        self._threaded = threaded and self._pieces > 1
        self._theta, self._gradient, self._composed, self._step = (np.zeros(n, real) for _ in range(4))
        self._part = np.zeros(n if self._pieces > 1 and not self._threaded else 0, real)
        self._state = np.zeros(self.rule_size, real)
        self._buffers, self._fresh = np.zeros((2, objective.net.buffers))
        self._carried = np.zeros(2)
        self._loss = float("nan")
        self._groups = self._group_table()
        self._hyper: tuple[Settings | None, Array] = (None, np.empty(0, real))
        count = 0 if self.batches.full else self.batches.count
        self._order = np.zeros(count, np.int64), np.zeros(count, np.uint64), np.zeros(count + 1, np.int64)
        self._keys = [key.astype(np.int64) for key in noise.training_keys(plan.seed)]
        self._own_loss = self.batches.full and not objective.net.batch_normed and not shape.drops.any()
        self._none = np.empty((0, 0), real)
        self._desk = net.desk(shape, net.values)
        self._workplace = Workplace()
        self._fixed = self._plan_of_all()
        self._between, self._behind = self._held()

    @property
    def theta(self) -> Array:
        """Where it stands, (n,), a copy."""
        return self._theta.copy()

    def snapshot(self) -> Floats:
        """The state, flat float64, a copy."""
        theta = [] if self.kept else [self._theta.astype(np.float64)]
        return np.concatenate([self._state.astype(np.float64), self._buffers, self._carried, *theta])

    def restore(self, step: int, state: Floats, theta: Floats) -> None:
        """See backend.Stepper; the batch is that of `step`."""
        self.step = step
        super().restore(step, state, theta)

    def _group_table(self) -> Array:
        assert self.rule is not None
        found, place = [], 0
        for part in self.groups:
            found.append((part.start, part.stop - part.start, place))
            place += state_size(self.rule.states, part.stop - part.start)
        return np.array(found, dtype=np.int64)

    def _stand(self, theta: Array, state: Floats) -> None:
        rule, buffers, carried, own = self.parts(np.asarray(state, dtype=np.float64))
        self._state[:], self._buffers[:], self._carried[:] = rule, buffers, carried
        self._theta[:] = theta if self.kept else own
        self._fresh[:] = self._buffers
        key = int(noise.dropout_key(self.plan.seed, self.step))
        self._loss, gradient = self.network.step_gradient(
            self._theta, self.batches.index(self.step), self._fresh, key
        )
        self._gradient[:] = gradient

    def _write_current(self, row: Floats, lr: float) -> None:
        kept = slice(0, self.kept)
        write_row(row, self._theta[kept], self._loss, self._gradient[kept], lr, self._evals)
        row[self.kept + 1] = norm(self._gradient)
        train = test = NOTHING
        if self.evaluated(self.step):
            train, test = self._sets()
        self.write_extra(row, self.step, self._gradient, train, test)
        self.stale(self._carried, test[0], train[0])

    def _sets(self) -> tuple[tuple[float, float], tuple[float, float]]:
        """(loss, accuracy) over the training and test samples."""
        net = self.network
        return tuple(net.evaluate(self._theta, self._buffers, data) for data in (net.train_set, net.test_set))  # type: ignore[return-value]

    def _run(self, chunk: Chunk) -> tuple[int, int]:
        numbers, plan = self._numbers(chunk), self._plan(chunk)
        hyper = self._hyper_of(chunk.settings)
        added = chunk.noise.astype(self.dtype) if len(chunk.noise) else self._none
        if self._threaded:
            return self._run_threaded(chunk, plan, numbers, hyper, added)
        answer = self.network.code.kernels["train"](
            self._rule_code.address, plan, numbers, *self._between, chunk.rates, added, hyper, *self._behind,
            chunk.rows, chunk.states,
        )  # fmt: skip
        self._evals = float(numbers[_EVALS])
        done, end = divmod(int(answer), 8)
        return done, end

    def _numbers(self, chunk: Chunk) -> Floats:
        """See kernel_train.NUMBERS."""
        settings, plan = chunk.settings, self.plan
        target = -np.inf if plan.target is None else plan.target
        return np.array([
            settings.clip, settings.weight_decay, float(plan.rule.decoupled), plan.tolerance, target, plan.patience,
            self._evals,
        ], dtype=np.float64)  # fmt: skip

    def _held(self) -> tuple[list[Held], list[Held]]:
        """What "train" is given in every chunk: between the numbers and the rates, and behind the hyper-parameters."""
        net, shape, values = self.network, self.network.steps, self.network.values
        rows = net.train_set.x[:0] if self.batches.full else net.train_set.rows
        between = (
            shape.table, shape.drops, shape.spots, net.limits, values.table, values.spots, self._groups,
            net.train_set.x, rows, net.test_set.x, *self._order,
        )  # fmt: skip
        behind = (
            self._theta, self._gradient, self._composed, self._step, self._state, self._buffers, self._fresh,
            self._carried, self._desk[0], self._part, *self._desk[1:],
        )  # fmt: skip
        return [Held(array) for array in between], [Held(array) for array in behind]

    def _plan_of_all(self) -> Array:
        """What is the same in the PLAN of all chunks (see kernel_train)."""
        batches, net = self.batches, self.network
        known: dict[str, Any] = {
            "PER_EPOCH": batches.per_epoch, "BATCH": batches.size, "SAMPLES": batches.count,
            "TEST_SAMPLES": net.test_set.count, "N": self.n, "KEPT": self.kept, "LAST": self.plan.steps,
            "STATE": self.rule_size, "BUFFERS": len(self._buffers), "GROUPS": len(self.groups),
            "ORDERED": not batches.full, "DROP_KEY": self._keys[1], "ORDER_KEY": self._keys[0],
            "OWN_LOSS": self._own_loss, "TOLERANT": batches.full,
        }  # fmt: skip
        assert len(known) + len(_OF_CHUNK) == len(PLAN)
        return np.array([int(known.get(name, 0)) for name in PLAN], dtype=np.int64)

    def _plan(self, chunk: Chunk) -> Array:
        """See kernel_train.PLAN."""
        plan = self._fixed.copy()
        plan[_CHUNK_PLACES] = (
            chunk.first, len(chunk.rows), chunk.rows.shape[1], chunk.replay, len(chunk.states) > 0, chunk.states_first,
            len(chunk.noise) > 0,
        )  # fmt: skip
        return plan

    def _hyper_of(self, settings: Settings) -> Array:
        assert self.rule is not None
        if self._hyper[0] != settings:
            flat = spread(settings.hyper)
            self._hyper = settings, np.array([flat[name] for name in self.rule.hyper_names], dtype=self.dtype)
        return self._hyper[1]

    # Heavy steps

    def _run_threaded(
        self, chunk: Chunk, plan: Array, numbers: Floats, hyper: Array, added: Array
    ) -> tuple[int, int]:
        net = self.network
        kernels, shape = net.code.kernels, net.steps
        wanted = not chunk.replay or self.plan.patience > 0
        for j in range(len(chunk.rows)):
            k = chunk.first + j + 1
            kernels["depart"](
                self._rule_code.address, plan, numbers, self._groups, chunk.rates, added, hyper, self._theta,
                self._gradient, self._composed, self._step, self._state, self._buffers, self._fresh, j,
            )  # fmt: skip
            due = wanted and self.evaluated(k)
            index = self.batches.index(k)
            parts, out, count = net.pieces(
                self._theta, index, self._fresh, layout.TRAIN, int(noise.dropout_key(self.plan.seed, k)),
                judge=due and self._own_loss, heavy=self._workplace,
            )  # fmt: skip
            loss, mean, right = net.join(self._theta, parts, out, self._gradient, count)
            train = test = NOTHING
            if due:
                test = net.evaluate(self._theta, self._buffers, net.test_set)
                if self._own_loss:
                    train = mean, right / count if net.judged else NOTHING[1]
                else:
                    train = net.evaluate(self._theta, self._buffers, net.train_set)
            end = kernels["arrive"](
                plan, numbers, shape.table, len(self.objective.net.layers), float(chunk.rates[j + 1]), self._theta,
                self._gradient, self._composed, self._step, self._state, self._buffers, self._carried, chunk.rows,
                chunk.states, j, loss, *train, *test,
            )  # fmt: skip
            self._evals = float(numbers[_EVALS])
            if end != GO_ON:
                return j + 1, int(end)
        return len(chunk.rows), GO_ON
