"""A Python callable as an objective: for the NumPy backend alone, with differences where no gradient is given."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from gdsim.errors import SpecError
from gdsim.objectives.objective import Array, Objective, floating

# The error of a central difference is h^2 of truncation and eps/h of rounding: h = eps^(1/3) balances them. A
# difference of differences has eps/h^2 of rounding: eps^(1/4).
_FIRST = float(np.finfo(np.float64).eps) ** (1 / 3)
_SECOND = float(np.finfo(np.float64).eps) ** (1 / 4)


@dataclass(frozen=True, eq=False)
class CallableObjective(Objective):
    """A Python function of one array (n,); its gradient is its own, or central differences.

    Attributes:
        function: theta (n,) -> float.
        slope: theta (n,) -> (n,), or None.
    """

    function: Callable[[Array], float] = lambda theta: float("nan")
    slope: Callable[[Array], Array] | None = None

    def value(self, theta: Array) -> Any:
        """The loss at a point, or (*batch,) point by point."""
        theta = floating(theta, self.n)
        if theta.ndim == 1:
            return float(self.function(theta))
        flat = theta.reshape(self.n, -1)
        return np.array([float(self.function(point)) for point in flat.T]).reshape(theta.shape[1:])

    def value_gradient(self, theta: Array) -> tuple[Any, Array]:
        """The loss and its gradient (n, *batch)."""
        theta = floating(theta, self.n)
        if theta.ndim == 1:
            return self.value(theta), self._slope_at(theta)
        flat = theta.reshape(self.n, -1)
        columns = [self._slope_at(point) for point in flat.T]
        return self.value(theta), np.stack(columns, axis=1).reshape(theta.shape)

    def hessian(self, theta: Array) -> Array:
        """Differences of gradients, made symmetric, (n, n)."""
        theta = floating(theta, self.n)
        if theta.ndim > 1:
            raise SpecError("the Hessian of a Python function is taken at one point at a time", where=self.name or None)
        rows = np.stack([self.hvp(theta, unit) for unit in np.eye(self.n)], axis=1)
        return np.asarray((rows + rows.T) / 2)

    def hvp(self, theta: Array, direction: Array) -> Array:
        """The Hessian times `direction` (n,), by a difference of gradients along it."""
        theta, direction = floating(theta, self.n), floating(direction, self.n)
        length = float(np.linalg.norm(direction))
        if length == 0.0:
            return np.zeros_like(theta)
        h = (_SECOND if self.slope is None else _FIRST) * max(1.0, float(np.linalg.norm(theta))) / length
        ahead, behind = self._slope_at(theta + h * direction), self._slope_at(theta - h * direction)
        return np.asarray((ahead - behind) / (2 * h))

    def _slope_at(self, point: Array) -> Array:
        if self.slope is not None:
            slope = np.asarray(self.slope(point), dtype=point.dtype)
            if slope.shape != point.shape:
                raise SpecError(f"the gradient has shape {slope.shape}, the point {point.shape}", where="gradient")
            return slope
        slope = np.empty_like(point)
        for i in range(self.n):
            right, left = point.copy(), point.copy()
            h = _FIRST * max(1.0, abs(float(point[i])))
            right[i] += h
            left[i] -= h
            slope[i] = (float(self.function(right)) - float(self.function(left))) / float(right[i] - left[i])
        return slope
