"""A model on data as an objective: J(theta) over the training samples, and over any batch of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from gdsim.errors import SpecError
from gdsim.formula import interpret
from gdsim.objectives.data.samples import Samples
from gdsim.objectives.network import passes, targets
from gdsim.objectives.network.architecture import Architecture, architecture
from gdsim.objectives.network.curves import activate, is_categorical, loss_graph, loss_values
from gdsim.objectives.network.design import Model
from gdsim.objectives.network.initial import initial_theta
from gdsim.objectives.objective import Array, Objective, floating

_STEP = float(np.finfo(np.float64).eps) ** (1 / 3)
MAX_HESSIAN = 512
"""Weights up to which a Hessian is made."""
FEW = 64
"""Weights up to which an objective suggests a start and a domain."""
MOST_NAMES = 20_000
"""Weights up to which each has a name."""
_TILE = 1 << 20  # outputs that are worked out at once over samples and points


@dataclass(frozen=True, eq=False)
class NetworkObjective(Objective):
    """J of a network over its training samples; a batch of points is worked through one by one, but without hidden
    layers many at once.

    `value` and `value_gradient` speak of the full batch: without dropout, batch normalisation by its statistics.
    """

    model: Model = field(default_factory=Model)
    samples: Samples = field(default=None)  # type: ignore[assignment]
    net: Architecture = field(default=None)  # type: ignore[assignment]

    @cached_property
    def targets(self) -> Array:
        """(outputs, train) float64, as the loss reads them."""
        return targets.encoded(self.model.loss, self.samples.y, len(self.samples.classes))

    @cached_property
    def targets_test(self) -> Array:
        """(outputs, test) float64."""
        return targets.encoded(self.model.loss, self.samples.y_test, len(self.samples.classes))

    @property
    def is_vector(self) -> bool:
        """All weights are one vector."""
        return True

    def value(self, theta: Array) -> Any:
        """J at a point, or (*batch,) at each of many."""
        theta = floating(theta, self.n)
        if theta.ndim == 1:
            return self._value(theta)
        flat = theta.reshape(self.n, -1)
        if len(self.net.layers) == 1:
            return self._flat_values(flat).reshape(theta.shape[1:])
        return np.array([self._value(point) for point in flat.T]).reshape(theta.shape[1:])

    def value_gradient(self, theta: Array) -> tuple[Any, Array]:
        """J and its gradient (n, *batch)."""
        theta = floating(theta, self.n)
        if theta.ndim == 1:
            return self.batch_gradient(theta)
        flat = theta.reshape(self.n, -1)
        answers = [self.batch_gradient(np.ascontiguousarray(point)) for point in flat.T]
        losses = np.array([loss for loss, _ in answers]).reshape(theta.shape[1:])
        return losses, np.stack([slope for _, slope in answers], axis=1).reshape(theta.shape)

    def batch_gradient(
        self, theta: Array, index: Array | None = None, masks: passes.Masks | None = None,
        buffers: Array | None = None,
    ) -> tuple[float, Array]:  # fmt: skip
        """J over the samples `index` (all of them for None) and its gradient (n,).

        Args:
            masks: for dropout. buffers: running statistics, moved on in place.
        """
        x, y = self.batch(theta.dtype, index)
        with np.errstate(all="ignore"):
            seen = passes.forward(self.net, theta, x, buffers, masks, training=True)
            losses, slopes = loss_values(self.model.loss, seen[-1].outputs, y)
            count = theta.dtype.type(x.shape[1])
            gradient = passes.backward(self.net, theta, seen, np.asarray(slopes / count, dtype=theta.dtype))
            extra, slope = passes.penalty(self.net, theta, self.model.l1, self.model.l2)
            if slope is not None:
                gradient = gradient + slope
            return float(np.mean(losses, dtype=np.float64)) + extra, gradient

    def batch(self, dtype: Any, index: Array | None = None) -> tuple[Array, Array]:
        """Inputs (features, m) and targets (outputs, m) of a batch, in `dtype`."""
        x, y = self.samples.x, self.targets
        if index is not None:
            x, y = x[:, index], y[:, index]
        return x.astype(dtype, copy=False), y.astype(dtype, copy=False)

    def outputs(self, theta: Array, x: Array, buffers: Array | None = None) -> Array:
        """What the network says of inputs x (features, m): (outputs, m); running statistics where there are."""
        with np.errstate(all="ignore"):
            seen = passes.forward(self.net, theta, x.astype(theta.dtype, copy=False), buffers)
            return seen[-1].outputs

    def evaluate(self, theta: Array, buffers: Array | None = None, test: bool = False) -> tuple[float, float]:
        """Mean loss without penalty, and accuracy, over the train or test samples; NaN where there are none."""
        x = self.samples.x_test if test else self.samples.x
        if not x.shape[1]:
            return float("nan"), float("nan")
        y = self.samples.y_test if test else self.samples.y
        outputs = self.outputs(theta, x, buffers)
        with np.errstate(all="ignore"):
            losses, _ = loss_values(self.model.loss, outputs, self.targets_test if test else self.targets)
        right = targets.accuracy(self.model.loss, outputs, y, len(self.samples.classes))
        return float(np.mean(losses, dtype=np.float64)), right

    def hessian(self, theta: Array) -> Array:
        """(n, n) from Hessian-vector products, made symmetric."""
        theta = floating(theta, self.n)
        if self.n > MAX_HESSIAN or theta.ndim > 1:
            raise SpecError(f"the Hessian of {self.n:,} weights is not made", where="hessian")
        rows = np.stack([self.hvp(theta, unit) for unit in np.eye(self.n)], axis=1)
        return np.asarray((rows + rows.T) / 2)

    def hvp(self, theta: Array, direction: Array) -> Array:
        """The Hessian times `direction` (n,), by a central difference of exact gradients along it."""
        theta, direction = floating(theta, self.n), floating(direction, self.n)
        length = float(np.linalg.norm(direction))
        if length == 0.0:
            return np.zeros_like(theta)
        h = _STEP * max(1.0, float(np.linalg.norm(theta))) / length
        ahead = self.batch_gradient(theta + h * direction)[1]
        behind = self.batch_gradient(theta - h * direction)[1]
        return np.asarray((ahead - behind) / (2 * h))

    def _flat_values(self, theta: Array) -> Array:
        """J (points,) at theta (n, points) of a network without hidden layers, whose outputs are f(W x + b)."""
        (layer,) = self.net.layers
        x, y = self.batch(theta.dtype)
        model, found = self.model, np.empty(theta.shape[1])
        wide = max(1, _TILE // max(1, layer.outputs * x.shape[1]))
        with np.errstate(all="ignore"):
            for start in range(0, theta.shape[1], wide):
                part = theta[:, start : start + wide]
                weights = part[layer.weights.place].reshape(layer.outputs, layer.inputs, -1)
                sums = np.matmul(x.T, weights) + part[layer.bias.place][:, None, :]
                o = activate(layer.activation, sums)
                if is_categorical(model.loss):
                    columns = o.reshape(layer.outputs, -1)
                    flat = loss_values(model.loss, columns, np.repeat(y, o.shape[2], axis=1))[0]
                    losses = flat.reshape(o.shape[1:])
                else:
                    losses = interpret(loss_graph(model.loss), {"o": o, "y": y[:, :, None]})[0].sum(axis=0)
                found[start : start + wide] = losses.mean(axis=0, dtype=np.float64)
                if model.l1 or model.l2:
                    extra = model.l1 * np.abs(weights).sum((0, 1)) + 0.5 * model.l2 * (weights * weights).sum((0, 1))
                    found[start : start + wide] += extra
        return found

    def _value(self, theta: Array) -> float:
        theta = np.ascontiguousarray(theta)
        x, y = self.batch(theta.dtype)
        with np.errstate(all="ignore"):
            seen = passes.forward(self.net, theta, x, training=True)
            losses, _ = loss_values(self.model.loss, seen[-1].outputs, y)
            extra, _ = passes.penalty(self.net, theta, self.model.l1, self.model.l2)
            return float(np.mean(losses, dtype=np.float64)) + extra


def network_objective(model: Model, samples: Samples, *, name: str = "", title: str = "") -> NetworkObjective:
    """The objective of a model on samples; `start` is the model's initialisation where there are few weights.

    Raises:
        SpecError: a loss that does not fit the target, too large a network.
    """
    outputs = targets.outputs_for(model.loss, len(samples.classes), samples.target)
    net = architecture(model, samples.features, outputs)
    start = initial_theta(net, model.init) if net.size <= FEW else np.empty(0)
    reach = max(2.0, 1.5 * float(np.max(np.abs(start), initial=0.0)))
    return NetworkObjective(
        name=name,
        title=title,
        formula=None,
        n=net.size,
        coordinates=names_of(model, net),
        domain=((-reach, reach),) * len(start),
        start=tuple(float(value) for value in start),
        model=model,
        samples=samples,
        net=net,
    )


def names_of(model: Model, net: Architecture) -> tuple[str, ...]:
    """A name per weight; a line's slope and intercept have their textbook names. Empty above `MOST_NAMES`."""
    if model.kind == "linear" and net.size == 2:
        return ("m", "b")
    return net.names() if net.size <= MOST_NAMES else ()
