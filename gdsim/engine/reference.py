"""An objective evaluated with NumPy along slices, in tiles between which it can be stopped."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from gdsim.engine.backend import Cancel, Floats, Plane, Slice
from gdsim.errors import Cancelled
from gdsim.formula import interpret
from gdsim.objectives.network.network import NetworkObjective
from gdsim.objectives.policy import PolicyObjective

if TYPE_CHECKING:
    from gdsim.objectives import Objective

TILE_POINTS = 1 << 15
"""Points that are worked on between two looks at the cancel flag."""

BATCHED = (NetworkObjective, PolicyObjective)
"""Objectives without a formula whose value takes many points at once."""

Tile = tuple[slice, slice]


def surface(objective: Objective, where: Slice, cancel: Cancel | None) -> Floats:
    """Values on the slice, (ny, nx)."""
    where.check(objective.n)
    out = np.empty((where.ny, where.nx))
    for tile in _tiles(objective, where, cancel):
        if isinstance(objective, BATCHED):
            out[tile] = objective.value(_points(where, tile))
        elif objective.formula is None:
            out[tile] = _pointwise(objective, where, tile, cancel)[0]
        else:
            out[tile] = interpret(objective.graph, _values(objective, where, tile))[0]
    return out


def landscape(objective: Objective, plane: Plane, cancel: Cancel | None) -> Floats:
    """Values on a plane, (ny, nx), a row at a time."""
    plane.check(objective.n)
    out = np.empty((len(plane.b), len(plane.a)))
    for row, b in enumerate(plane.b):
        if cancel is not None and cancel.is_set():
            raise Cancelled("the landscape was not finished")
        middle = plane.base + plane.second * b
        if objective.formula is None and not isinstance(objective, BATCHED):
            out[row] = [objective.value(middle + plane.first * a) for a in plane.a]
        else:
            out[row] = objective.value(middle[:, None] + plane.first[:, None] * plane.a)
    return out


def derivatives(objective: Objective, where: Slice, cancel: Cancel | None) -> Floats:
    """Value and the derivatives along the slice's first and last axis, (3, ny, nx)."""
    where.check(objective.n)
    out = np.empty((3, where.ny, where.nx))
    first, last = where.axes[0], where.axes[-1]
    for tile in _tiles(objective, where, cancel):
        if isinstance(objective, PolicyObjective):
            value, gradient = objective.value_gradient(_points(where, tile))
            out[:, *tile] = value, gradient[first], gradient[last]
            continue
        if objective.formula is None:
            out[:, *tile] = _pointwise(objective, where, tile, cancel)
            continue
        graph = objective.gradient_graph
        if objective.is_vector:
            value, gradient = interpret(graph, _values(objective, where, tile))
            parts = (value, gradient[first], gradient[last])
        else:
            nodes = [graph.outputs[0], graph.outputs[1 + first], graph.outputs[1 + last]]
            parts = interpret(graph, _values(objective, where, tile), nodes)
        for k, part in enumerate(parts):
            out[k, *tile] = part
    return out


def _tiles(objective: Objective, where: Slice, cancel: Cancel | None) -> Iterator[Tile]:
    """Parts of the grid as (rows, columns); before each the cancel flag is looked at."""
    points = TILE_POINTS
    if isinstance(objective, NetworkObjective):
        points = max(1, 64 * TILE_POINTS // (objective.n * max(1, objective.samples.count)))
    elif isinstance(objective, PolicyObjective):
        points = max(1, TILE_POINTS // (objective.n * objective.world.shape[0]))
    elif objective.formula is not None and objective.is_vector:
        points = max(1, 8 * TILE_POINTS // objective.n)
    columns = min(where.nx, points)
    rows = max(1, points // where.nx)
    for top in range(0, where.ny, rows):
        for left in range(0, where.nx, columns):
            if cancel is not None and cancel.is_set():
                raise Cancelled("the picture was not finished")
            yield slice(top, min(top + rows, where.ny)), slice(left, min(left + columns, where.nx))


def _values(objective: Objective, where: Slice, tile: Tile) -> dict[str, Any]:
    """The graph's inputs on a tile: single coordinates broadcast, a vector is laid out whole."""
    xs, ys = where.xs()[None, tile[1]], where.ys()[tile[0], None]
    values: dict[str, Any] = dict(objective.parameters)
    if objective.is_vector:
        return {**values, objective.names[0]: _points(where, tile)}
    places: list[Any] = list(where.base)
    places[where.axes[-1]] = ys
    places[where.axes[0]] = xs
    return {**values, **dict(zip(objective.coordinates, places, strict=True))}


def _points(where: Slice, tile: Tile) -> Floats:
    """The points of a tile, (n, rows, columns)."""
    xs, ys = where.xs()[None, tile[1]], where.ys()[tile[0], None]
    points = np.empty((len(where.base), ys.shape[0], xs.shape[1]))
    points[:] = np.reshape(where.base, (-1, 1, 1))
    points[where.axes[-1]] = ys
    points[where.axes[0]] = xs
    return points


def _pointwise(objective: Objective, where: Slice, tile: Tile, cancel: Cancel | None) -> Floats:
    """A Python function is called point by point."""
    xs, ys = where.xs()[tile[1]], where.ys()[tile[0]]
    out = np.empty((3, len(ys), len(xs)))
    theta = np.array(where.base, dtype=np.float64)
    for row, y in enumerate(ys):
        for column, x in enumerate(xs):
            if cancel is not None and cancel.is_set():
                raise Cancelled("the picture was not finished")
            theta[where.axes[-1]] = y
            theta[where.axes[0]] = x
            value, gradient = objective.value_gradient(theta.copy())
            out[:, row, column] = value, gradient[where.axes[0]], gradient[where.axes[-1]]
    return out
