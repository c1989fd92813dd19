"""An objective: what is minimised, with its value, gradient, Hessian and Hessian-vector products in NumPy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gdsim.errors import SpecError
from gdsim.formula import Formula, Graph, interpret
from gdsim.formula.derive import MAX_HESSIAN, direction_name, hessian, hessian_vector, value_gradient

Array = NDArray[Any]
Range = tuple[float, float]
Minimum = tuple[tuple[float, ...], float]


@dataclass(frozen=True, eq=False)
class Objective:
    """What is minimised, written as a formula.

    Points are arrays (n,) or (n, *batch); float32 stays float32. Where the formula is not defined the value is NaN.

    Attributes:
        name, title: the catalogue's, or empty.
        formula: None for a Python callable (see `CallableObjective`), which has no graphs.
        n: number of coordinates.
        coordinates: their names.
        parameters: the value of every free letter of the formula.
        domain: (low, high) per coordinate: what is shown at home, no bound.
        start: (n,) a start to suggest.
        minima: known (point, value) pairs at these parameters.
    """

    name: str
    title: str
    formula: Formula | None
    n: int
    coordinates: tuple[str, ...]
    parameters: Mapping[str, float] = field(default_factory=dict)
    domain: tuple[Range, ...] = ()
    start: tuple[float, ...] = ()
    minima: tuple[Minimum, ...] = ()

    @cached_property
    def graph(self) -> Graph:
        """One output, the value."""
        if self.formula is None:
            raise SpecError("a Python function has no formula to work on", where=self.name or None)
        return self.formula.graph(self.n)

    @cached_property
    def gradient_graph(self) -> Graph:
        """Outputs (value, d/dx1, ..., d/dxn), or (value, gradient) where the coordinates are one vector."""
        return value_gradient(self.graph)

    @cached_property
    def hessian_graph(self) -> Graph | None:
        """Outputs n*n row by row; None above 64 coordinates or for a vector, where there is `hvp_graph`."""
        return None if self.is_vector or self.n > MAX_HESSIAN else hessian(self.graph)

    @cached_property
    def hvp_graph(self) -> Graph:
        """The Hessian times a direction, see `formula.derive.hessian_vector`."""
        return hessian_vector(self.graph)

    @cached_property
    def is_vector(self) -> bool:
        """Whether the graph's coordinates are one vector input instead of n numbers."""
        return any(entry.vector for entry in self.graph.inputs)

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Names of the graph's coordinate inputs: n of them, or the vector's alone."""
        return tuple(entry.name for entry in self.graph.inputs if entry.role == "coordinate")

    def values(self, theta: Array) -> dict[str, Any]:
        """The inputs of the graphs at `theta`."""
        given: dict[str, Any] = {name: theta.dtype.type(value) for name, value in self.parameters.items()}
        if self.is_vector:
            return {**given, self.names[0]: theta}
        return {**given, **dict(zip(self.names, theta, strict=True))}

    def value(self, theta: Array) -> Any:
        """The loss at a point, a float, or (*batch,) for a batch of points."""
        theta = floating(theta, self.n)
        return interpret(self.graph, self.values(theta))[0]

    def value_gradient(self, theta: Array) -> tuple[Any, Array]:
        """The loss and its gradient (n, *batch)."""
        theta = floating(theta, self.n)
        loss, *slopes = interpret(self.gradient_graph, self.values(theta))
        return loss, self._column(slopes, theta)

    def gradient(self, theta: Array) -> Array:
        """The gradient alone, (n, *batch)."""
        return self.value_gradient(theta)[1]

    def hessian(self, theta: Array) -> Array:
        """The Hessian (n, n, *batch); above 64 coordinates from Hessian-vector products, at one point only."""
        theta = floating(theta, self.n)
        graph = self.hessian_graph
        if graph is not None:
            entries = interpret(graph, self.values(theta))
            return self._column(list(entries), theta).reshape(self.n, self.n, *theta.shape[1:])
        if theta.ndim > 1:
            raise SpecError("the Hessian of so many coordinates is taken at one point at a time")
        return np.stack([self.hvp(theta, unit) for unit in np.eye(self.n, dtype=theta.dtype)], axis=1)

    def hvp(self, theta: Array, direction: Array) -> Array:
        """The Hessian times `direction` (n, *batch), exact."""
        theta, direction = floating(theta, self.n), floating(direction, self.n)
        given = self.values(theta)
        directions = [direction_name(self.graph, name) for name in self.names]
        if self.is_vector:
            given[directions[0]] = direction
        else:
            given.update(zip(directions, direction, strict=True))
        return self._column(list(interpret(self.hvp_graph, given)), theta)

    def _column(self, parts: list[Any], theta: Array) -> Array:
        if self.is_vector:
            return np.asarray(parts[0], dtype=theta.dtype)
        return np.array(parts, dtype=theta.dtype)


def floating(theta: Array, n: int) -> Array:
    """`theta` as float32 or float64, or a SpecError when its first dimension is not n."""
    array = np.asarray(theta)
    if array.ndim == 0 or array.shape[0] != n:
        have = array.shape[0] if array.ndim else 1
        raise SpecError(f"the point has {have} coordinates, the function {n}", where="point")
    return array if array.dtype in (np.float32, np.float64) else array.astype(np.float64)
