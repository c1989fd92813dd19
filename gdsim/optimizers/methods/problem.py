"""What a method works on: J + wd/2 |theta|^2, its derivatives, and a count of the evaluations they cost."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


class Differentiable(Protocol):
    """What is asked of an objective (see gdsim.objectives.Objective)."""

    def value(self, theta: Array) -> Any: ...

    def value_gradient(self, theta: Array) -> tuple[Any, Array]: ...

    def hessian(self, theta: Array) -> Array: ...

    def hvp(self, theta: Array, direction: Array) -> Array: ...


class Here(NamedTuple):
    """Where a step begins: theta (n,), the loss there, and the gradient g (n,) that the method is to use."""

    theta: Array
    loss: float
    g: Array
    lr: float


class Advance(NamedTuple):
    """What a method answers: the step (n,), the new state, and evaluations besides the gradient at the new point."""

    step: Array
    state: Array
    evals: int


@dataclass
class Problem:
    """An objective with weight decay, J + wd/2 |theta|^2, that counts in gradient evaluations.

    A value counts as one (a line search's trial), a Hessian-vector product as one, a Hessian as n.
    """

    objective: Differentiable
    weight_decay: float = 0.0
    evals: int = 0

    def value(self, theta: Array) -> float:
        """The loss with weight decay."""
        self.evals += 1
        return float(self.objective.value(theta)) + self._decay(theta)

    def value_gradient(self, theta: Array) -> tuple[float, Array]:
        """The loss and its gradient (n,), with weight decay."""
        self.evals += 1
        loss, gradient = self.objective.value_gradient(theta)
        return float(loss) + self._decay(theta), gradient + theta.dtype.type(self.weight_decay) * theta

    def hessian(self, theta: Array) -> Array:
        """The Hessian (n, n), with weight decay."""
        self.evals += len(theta)
        return np.asarray(self.objective.hessian(theta) + self.weight_decay * np.eye(len(theta), dtype=theta.dtype))

    def hvp(self, theta: Array, direction: Array) -> Array:
        """The Hessian times a direction (n,), with weight decay."""
        self.evals += 1
        return np.asarray(self.objective.hvp(theta, direction) + theta.dtype.type(self.weight_decay) * direction)

    def _decay(self, theta: Array) -> float:
        return 0.5 * self.weight_decay * float(theta @ theta) if self.weight_decay else 0.0
