"""Work for the engine thread: the values under the hero. Functions of plain values; Qt and the window are not touched.

Everything heavy is imported inside, so that Numba is loaded in the engine thread and never in the GUI's.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from gdsim.draw.levels import HeightScale, fit_scale
from gdsim.gui.state import Curve, Surface, Viewport
from gdsim.session.spec import RunSpec

_HOME_GRID = 256
_FIELD_APART = 36
_DRAFT = 4
_MOST = 2048
_LOSSES = 12_000_000
"""Losses of single samples up to which a surface of a model is computed at once; above, it is coarser."""


def engine_for(spec: RunSpec) -> Any:
    """(objective, backend) that pictures of this spec are painted with."""
    from gdsim.engine.select import backend
    from gdsim.session.resolve import objective_of

    return objective_of(spec), backend(spec.backend)


def home_viewport(spec: RunSpec, axes: tuple[int, int], width: int, height: int) -> Viewport:
    """The whole domain along `axes`."""
    i, j = axes
    return Viewport(spec.problem.domain[i], spec.problem.domain[j], width, height, axes)


def surface_scale(spec: RunSpec, where: Viewport, base: tuple[float, ...], cancel: Any) -> HeightScale:
    """The colours' scale from a coarse grid over `where`; a known minimum in the plane counts as the lowest height."""
    side = max(16, _HOME_GRID // _coarser(spec, Viewport(where.x, where.y, 2 * _HOME_GRID, 2 * _HOME_GRID)))
    values = _values(spec, where, base, side, side, cancel)
    plane_holds_minima = spec.problem.dimension == 2
    lows = [value for _, value in spec.problem.minima] if plane_holds_minima else []
    return fit_scale(values, min(lows, default=None))


def surface(
    spec: RunSpec,
    where: Viewport,
    base: tuple[float, ...],
    scale: HeightScale | None,
    field: bool,
    draft: bool,
    cancel: Any,
) -> Surface:
    """The surface at the screen's resolution (a quarter of it for a draft), contour lines and shades included.

    `scale` None fits the colours to the home domain first.
    """
    from gdsim.draw.surface import prepare_surface

    fresh = scale is None
    if scale is None:
        home = home_viewport(spec, where.axes, _HOME_GRID, _HOME_GRID) if spec.problem.domain else where
        scale = surface_scale(spec, home, base, cancel)
    divide = (_DRAFT if draft else 1) * _coarser(spec, where)
    nx = min(_MOST, max(2, where.width // divide))
    ny = min(_MOST, max(2, where.height // divide))
    values = _values(spec, where, base, nx, ny, cancel)
    arrows = _field(spec, where, base, cancel) if field else None
    picture = prepare_surface(values, where.x, where.y, scale)
    return Surface(where, values, arrows, base, draft, fresh, picture)


def _coarser(spec: RunSpec, where: Viewport) -> int:
    """By how much the grid of a model's surface is coarser than the screen: J sums over all samples at every point."""
    if spec.problem.learn is None:
        return 1
    losses = where.width * where.height * engine_for(spec)[0].samples.count
    return max(1, math.ceil(math.sqrt(losses / _LOSSES)))


def _slice(where: Viewport, base: tuple[float, ...], nx: int, ny: int) -> Any:
    from gdsim.engine.backend import Slice

    return Slice(base=base, axes=where.axes, x=where.x, y=where.y, nx=nx, ny=ny)


def _values(spec: RunSpec, where: Viewport, base: tuple[float, ...], nx: int, ny: int, cancel: Any) -> Any:
    objective, backend = engine_for(spec)
    return backend.surface(objective, _slice(where, base, nx, ny), cancel).values


def _field(spec: RunSpec, where: Viewport, base: tuple[float, ...], cancel: Any) -> Any:
    objective, backend = engine_for(spec)
    nx = max(2, math.ceil(where.width / _FIELD_APART))
    ny = max(2, math.ceil(where.height / _FIELD_APART))
    return backend.field(objective, _slice(where, base, nx, ny), cancel)


def curve(spec: RunSpec, where: Viewport, fresh: bool, cancel: Any) -> Curve:
    """A function of one variable over the viewport's x range: one point a pixel."""
    from gdsim.engine.backend import Slice

    objective, backend = engine_for(spec)
    along = Slice(base=(0.0,), axes=(0,), x=where.x, nx=min(4096, max(16, where.width)), ny=1)
    values = np.asarray(backend.curve(objective, along, cancel))
    return Curve(where, along.xs(), values[0], values[1], fresh)
