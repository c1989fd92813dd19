"""Training a network step by step: what is recorded, what is carried, whatever computes it.

A step is one update with one batch; an epoch goes once through all samples. Row k holds the loss and gradient of batch
k at theta_k; where an epoch begins (and on a run's last row) also the losses and accuracies over all training and test
samples, by the running statistics as the batches before k have left them.

The state carried: the rule's, the running statistics, the best test loss and how many epochs ago that was, and theta
where rows go without it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from gdsim.engine import noise
from gdsim.engine.backend import DType, Floats, RacerPlan
from gdsim.engine.status import Status
from gdsim.engine.stepping import ChunkedStepper, norm
from gdsim.engine.trace import Trace, row_width
from gdsim.formula import RuleGraph
from gdsim.formula.emit import state_size
from gdsim.objectives.data.samples import steps_per_epoch
from gdsim.objectives.network.passes import fresh_buffers
from gdsim.optimizers import compose
from gdsim.optimizers.methods import method

if TYPE_CHECKING:
    from gdsim.objectives.network.architecture import Architecture
    from gdsim.objectives.network.network import NetworkObjective

KEPT = 32
"""Weights up to which theta and gradient lie in every row."""
COLUMNS = ("epoch", "samples", "train_loss", "test_loss", "accuracy", "test_accuracy")
EPOCH, SAMPLES, TRAIN_LOSS, TEST_LOSS, ACCURACY, TEST_ACCURACY, LAYERS = range(7)
"""Places of the further columns behind `row_width(kept)`; LAYERS is the first of the layers' gradient norms."""
BEST, SINCE = 0, 1
"""What early stopping carries: the best loss so far, and the epochs since."""


def kept_coordinates(n: int) -> int:
    """How many coordinates lie in a row: n or 0."""
    return n if n <= KEPT else 0


def carried(objective: NetworkObjective, state: Floats) -> tuple[Floats, Floats]:
    """Theta (n,), empty where it lies in the rows, and the running statistics out of a stepper's state."""
    behind = len(state) - (0 if kept_coordinates(objective.n) else objective.n)
    end = behind - 2
    return state[behind:], state[end - objective.net.buffers : end]


def columns_of(net: Architecture) -> tuple[str, ...]:
    """Names of the further columns of a training trace."""
    return (*COLUMNS, *(f"grad_norm_layer{k}" for k in range(1, len(net.layers) + 1)))


def training_trace(objective: NetworkObjective) -> Trace:
    """An empty trace for a network's run."""
    kept = kept_coordinates(objective.n)
    return Trace(kept, objective.coordinates[:kept], columns_of(objective.net))


def groups_of(rule: RuleGraph, net: Architecture) -> tuple[slice, ...]:
    """The stretches of theta that a rule is applied to: blocks where it reaches across coordinates, else the whole."""
    graph = rule.graph
    if any(graph.ops[node] == "reduce" for node in graph.needed(graph.outputs)):
        return tuple(block.place for block in net.blocks)
    return (slice(0, net.size),)


@dataclass(frozen=True, slots=True)
class Batches:
    """How `count` samples are drawn: `size` at a time, in an order of their own each epoch."""

    count: int
    size: int
    seed: int

    @property
    def full(self) -> bool:
        """Whether a batch is all there is."""
        return self.size >= self.count

    @property
    def per_epoch(self) -> int:
        """Steps in an epoch."""
        return steps_per_epoch(self.count, self.size)

    def samples(self, step: int) -> int:
        """Samples seen before step `step`."""
        epoch, number = divmod(step, self.per_epoch)
        return epoch * self.count + min(number * self.size, self.count)

    def order(self, epoch: int) -> NDArray[np.int64]:
        """The samples in the order of an epoch."""
        return noise.order(self.seed, epoch, self.count)

    def index(self, step: int) -> NDArray[np.int64] | None:
        """The samples of a step's batch; None for all, in their own order."""
        if self.full:
            return None
        epoch, number = divmod(step, self.per_epoch)
        return self.order(epoch)[number * self.size : (number + 1) * self.size]


def batches_of(objective: NetworkObjective, plan: RacerPlan) -> Batches:
    """How a plan draws its batches."""
    count = objective.samples.count
    return Batches(count, min(plan.batch, count) if plan.batch else count, plan.seed)


class TrainingStepper(ChunkedStepper):
    """A stepper of networks; a subclass computes the chunks (see `ChunkedStepper`).

    Attributes:
        batches: how samples are drawn.
        groups: stretches of theta that the rule is applied to, each with a state of its own; () for a method.
    """

    objective: NetworkObjective

    def __init__(self, objective: NetworkObjective, plan: RacerPlan, dtype: DType) -> None:
        n, net = objective.n, objective.net
        self.batches = batches_of(objective, plan)
        self.rule: RuleGraph | None = None
        self.groups: tuple[slice, ...] = ()
        if plan.rule.method:
            self.rule_size = method(plan.rule.method).state_size(n, plan.hyper)
        else:
            self.rule = plan.rule.graph(plan.hyper, n)
            self.groups = groups_of(self.rule, net)
            self.rule_size = sum(state_size(self.rule.states, part.stop - part.start) for part in self.groups)
        kept = kept_coordinates(n)
        size = self.rule_size + net.buffers + 2 + (0 if kept else n)
        super().__init__(objective, plan, dtype, size, kept, len(columns_of(net)))

    def _initial_state(self) -> Floats:
        plan, n = self.plan, self.n
        hyper = plan.at(0).hyper
        if self.rule is None:
            parts = [method(plan.rule.method).start(n, hyper)]
        else:
            parts = [compose.initial_state(self.rule, part.stop - part.start, hyper) for part in self.groups]
        theta = [] if self.kept else [np.asarray(plan.start, dtype=np.float64)]
        return np.concatenate([*parts, fresh_buffers(self.objective.net), [math.inf, 0.0], *theta])

    def parts(self, state: Floats) -> tuple[Floats, Floats, Floats, Floats]:
        """The state's views: the rule's, the running statistics, (best, since), theta or nothing."""
        a = self.rule_size
        b = a + self.objective.net.buffers
        return state[:a], state[a:b], state[b : b + 2], state[b + 2 :]

    def group_states(self, state: Floats) -> list[tuple[slice, Floats]]:
        """For each group its stretch of theta and its view of the rule's state."""
        assert self.rule is not None
        found, place = [], 0
        for part in self.groups:
            size = state_size(self.rule.states, part.stop - part.start)
            found.append((part, state[place : place + size]))
            place += size
        return found

    @property
    def theta(self) -> NDArray[Any]:
        """Where it stands, (n,) in the run's dtype, a copy."""
        raise NotImplementedError

    @property
    def buffers(self) -> Floats:
        """The running statistics where it stands, a copy."""
        return self.parts(self.snapshot())[1].copy()

    def evaluated(self, step: int) -> bool:
        """Whether the losses over all samples are known in row `step`."""
        return step % self.batches.per_epoch == 0 or step == self.plan.steps

    def write_extra(
        self, row: Floats, step: int, gradient: NDArray[Any], train: tuple[float, float], test: tuple[float, float]
    ) -> None:
        """The further columns of a row; train and test are (loss, accuracy)."""
        place = row_width(self.kept)
        row[place + EPOCH] = step / self.batches.per_epoch
        row[place + SAMPLES] = self.batches.samples(step)
        row[place + TRAIN_LOSS], row[place + ACCURACY] = train
        row[place + TEST_LOSS], row[place + TEST_ACCURACY] = test
        for k, part in enumerate(self.objective.net.layer_slices()):
            row[place + LAYERS + k] = norm(gradient[part])

    def _ended(self, trace: Trace) -> Status | None:
        row = trace.room(self.step)[0]
        if not np.isfinite(row[: 2 * self.kept + 2]).all():
            return Status.DIVERGED
        loss = row[row_width(self.kept) + TRAIN_LOSS]
        if self.plan.target is not None and loss <= self.plan.target:
            return Status.TARGET
        return None

    def stale(self, carried: Floats, test_loss: float, train_loss: float) -> bool:
        """Take note of an epoch's loss in `carried` (best, since); whether patience has run out."""
        if not self.plan.patience:
            return False
        loss = train_loss if math.isnan(test_loss) else test_loss
        if loss < carried[BEST]:
            carried[BEST], carried[SINCE] = loss, 0.0
        else:
            carried[SINCE] += 1.0
        return bool(carried[SINCE] >= self.plan.patience)

