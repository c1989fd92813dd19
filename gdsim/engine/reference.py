"""An objective evaluated with NumPy along slices, in bands between which it can be stopped."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from gdsim.engine.backend import Cancel, Floats, Slice
from gdsim.errors import Cancelled
from gdsim.formula import interpret

if TYPE_CHECKING:
    from gdsim.objectives import Objective

BAND_POINTS = 1 << 15
"""Points that are worked on between two looks at the cancel flag."""


def surface(objective: Objective, where: Slice, cancel: Cancel | None) -> Floats:
    """Values on the slice, (ny, nx)."""
    where.check(objective.n)
    out = np.empty((where.ny, where.nx))
    for band in _bands(where, cancel):
        if objective.formula is None:
            out[band] = _pointwise(objective, where, band, cancel)[0]
        else:
            out[band] = interpret(objective.graph, _grid_values(objective, where, band))[0]
    return out


def derivatives(objective: Objective, where: Slice, cancel: Cancel | None) -> Floats:
    """Value and the derivatives along the slice's first and last axis, (3, ny, nx)."""
    where.check(objective.n)
    out = np.empty((3, where.ny, where.nx))
    for band in _bands(where, cancel):
        if objective.formula is None:
            out[:, band] = _pointwise(objective, where, band, cancel)
            continue
        graph = objective.gradient_graph
        wanted = (
            graph.outputs if objective.is_vector else [graph.outputs[0], *(graph.outputs[1 + a] for a in where.axes)]
        )
        value, *parts = interpret(graph, _grid_values(objective, where, band), wanted)
        first, last = (
            (parts[0][where.axes[0]], parts[0][where.axes[-1]]) if objective.is_vector else (parts[0], parts[-1])
        )
        out[0, band], out[1, band], out[2, band] = value, first, last
    return out


def _bands(where: Slice, cancel: Cancel | None) -> Iterator[slice]:
    rows = max(1, BAND_POINTS // where.nx)
    for start in range(0, where.ny, rows):
        if cancel is not None and cancel.is_set():
            raise Cancelled("the picture was not finished")
        yield slice(start, min(start + rows, where.ny))


def _grid_values(objective: Objective, where: Slice, band: slice) -> dict[str, Any]:
    """The graph's inputs on rows `band` of the slice: single coordinates broadcast, a vector is laid out whole."""
    xs, ys = where.xs()[None, :], where.ys()[band, None]
    shape = (ys.shape[0], where.nx)
    values: dict[str, Any] = dict(objective.parameters)
    if objective.is_vector:
        points = np.empty((objective.n, *shape))
        points[:] = np.reshape(where.base, (-1, 1, 1))
        points[where.axes[-1]] = ys
        points[where.axes[0]] = xs
        return {**values, objective.names[0]: points}
    places: list[Any] = list(where.base)
    places[where.axes[-1]] = np.broadcast_to(ys, shape)
    places[where.axes[0]] = np.broadcast_to(xs, shape) if len(where.axes) == 1 else xs
    return {**values, **dict(zip(objective.coordinates, places, strict=True))}


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
