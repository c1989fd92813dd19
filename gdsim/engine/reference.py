"""An objective evaluated with NumPy: at a point in any dtype, and along slices in bands that can be stopped."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from gdsim.engine.backend import Cancel, Floats, Slice
from gdsim.errors import Cancelled
from gdsim.formula import interpret
from gdsim.formula.graph import Graph

if TYPE_CHECKING:
    from gdsim.objectives import Objective

BAND_POINTS = 1 << 15
"""Points that are worked on between two looks at the cancel flag."""


def value_gradient(objective: Objective, theta: NDArray[Any]) -> tuple[float, NDArray[Any]]:
    """J(theta) and its gradient, (n,), computed in theta's dtype."""
    if objective.formula is None:
        value, gradient = objective.value_gradient(np.asarray(theta, dtype=np.float64))
        return float(value), np.asarray(gradient, dtype=theta.dtype)
    graph = objective.gradient_graph
    value, *parts = interpret(graph, _values(graph, objective, list(theta), theta))
    if _vector(graph) is not None:
        return float(value), np.asarray(parts[0], dtype=theta.dtype)
    return float(value), np.array(parts, dtype=theta.dtype)


def surface(objective: Objective, where: Slice, cancel: Cancel | None) -> Floats:
    """Values on the slice, (ny, nx)."""
    where.check(objective.n)
    out = np.empty((where.ny, where.nx))
    for band in _bands(where, objective.n, cancel):
        if objective.formula is None:
            out[band] = _pointwise(objective, where, band, cancel)[0]
        else:
            out[band] = interpret(objective.graph, _grid_values(objective.graph, objective, where, band))[0]
    return out


def derivatives(objective: Objective, where: Slice, cancel: Cancel | None) -> Floats:
    """Value and the derivatives along the slice's first and last axis, (3, ny, nx)."""
    where.check(objective.n)
    out = np.empty((3, where.ny, where.nx))
    for band in _bands(where, objective.n, cancel):
        if objective.formula is None:
            out[:, band] = _pointwise(objective, where, band, cancel)
            continue
        graph = objective.gradient_graph
        vector = _vector(graph)
        wanted = graph.outputs if vector else [graph.outputs[0], *(graph.outputs[1 + a] for a in where.axes)]
        value, *parts = interpret(graph, _grid_values(graph, objective, where, band), wanted)
        first, last = (parts[0][where.axes[0]], parts[0][where.axes[-1]]) if vector else (parts[0], parts[-1])
        out[0, band], out[1, band], out[2, band] = value, first, last
    return out


def _vector(graph: Graph) -> str | None:
    """The name of the vector that holds all coordinates, None when they are inputs of their own."""
    first = graph.coordinates[0] if graph.coordinates else None
    return first.name if first is not None and first.vector else None


def _values(graph: Graph, objective: Objective, scalars: list[Any], vector: Any) -> dict[str, Any]:
    values: dict[str, Any] = dict(objective.parameters)
    name = _vector(graph)
    if name is not None:
        values[name] = vector
    else:
        values.update(zip(objective.coordinates, scalars, strict=True))
    return values


def _bands(where: Slice, n: int, cancel: Cancel | None) -> list[slice] | Any:
    rows = max(1, BAND_POINTS // where.nx)
    for start in range(0, where.ny, rows):
        if cancel is not None and cancel.is_set():
            raise Cancelled("the picture was not finished")
        yield slice(start, min(start + rows, where.ny))


def _grid_values(graph: Graph, objective: Objective, where: Slice, band: slice) -> dict[str, Any]:
    xs, ys = where.xs()[None, :], where.ys()[band, None]
    scalars: list[Any] = list(where.base)
    vector = None
    if _vector(graph) is not None:
        shape = (objective.n, ys.shape[0], where.nx)
        vector = np.broadcast_to(np.reshape(where.base, (-1, 1, 1)), shape).astype(np.float64)
        vector[where.axes[-1]] = ys
        vector[where.axes[0]] = xs
    else:
        scalars[where.axes[-1]] = ys
        scalars[where.axes[0]] = np.broadcast_to(xs, (ys.shape[0], where.nx)) if len(where.axes) == 1 else xs
    return _values(graph, objective, scalars, vector)


def _pointwise(objective: Objective, where: Slice, band: slice, cancel: Cancel | None) -> Floats:
    """A Python function is called point by point."""
    xs, ys = where.xs(), where.ys()[band]
    out = np.empty((3, len(ys), where.nx))
    theta = np.array(where.base, dtype=np.float64)
    for row, y in enumerate(ys):
        if cancel is not None and cancel.is_set():
            raise Cancelled("the picture was not finished")
        for column, x in enumerate(xs):
            theta[where.axes[-1]] = y
            theta[where.axes[0]] = x
            value, gradient = objective.value_gradient(theta)
            out[:, row, column] = value, gradient[where.axes[0]], gradient[where.axes[-1]]
    return out
