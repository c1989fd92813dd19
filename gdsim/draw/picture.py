"""One picture of a run: the map (or curve) with the paths, the losses, who raced and how it ended.

The same painters as in the window; `gdsim.draw.page` makes an image or SVG of it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter

from gdsim.draw.axes import paint_inner_axes
from gdsim.draw.frame import Frame, home_frame
from gdsim.draw.levels import fit_scale
from gdsim.draw.markers import paint_ring
from gdsim.draw.onedim import paint_function, paint_grid, value_range
from gdsim.draw.page import page_scale
from gdsim.draw.picture_parts import paint_heading, paint_losses, paint_racers, visible_racers
from gdsim.draw.strokes import TrailSource
from gdsim.draw.surface import (
    SurfacePicture,
    paint_colour_bar,
    paint_contours,
    paint_image,
    paint_minima,
    prepare_surface,
    surface_image,
)
from gdsim.draw.theme import Theme
from gdsim.draw.trails import head_places, paint_heads, paint_recent, paint_whole

_MARGIN = 24.0


@dataclass(frozen=True, slots=True, eq=False)
class Ground:
    """What lies under the paths: the frame, and a surface or the (x, values) of a curve."""

    frame: Frame
    axes: tuple[int, int]
    surface: SurfacePicture | None = None
    curve: tuple[NDArray[np.float64], NDArray[np.float64]] | None = None


def hero_box(size: tuple[int, int]) -> QRectF:
    """Where the map lies in a picture of `size`."""
    scale = page_scale(size)
    top, margin = 92 * scale, _MARGIN * scale
    wide = size[0] >= size[1] * 1.15
    width = (size[0] - 3 * margin) * 0.62 if wide else size[0] - 2 * margin
    height = size[1] - top - margin if wide else (size[1] - top - margin) * 0.6
    return QRectF(margin, top, width, height)


def make_ground(
    history: Any, size: tuple[int, int] = (1440, 900), axes: tuple[int, int] = (0, 1), selected: int = 0,
    cursor: int | None = None,
) -> Ground:  # fmt: skip
    """Computes what lies under the paths, by the run's own backend, at the picture's resolution.

    In n dimensions the plane of `axes` goes through the focused racer's point at `cursor`.
    """
    from gdsim.engine.backend import Slice

    box, problem, n = hero_box(size), history.spec.problem, history.objective.n
    domain = problem.domain or ((-5.0, 5.0),) * n
    if n == 1:
        frame = home_frame((domain[0], (0.0, 1.0)), box.width(), box.height(), False)
        along = Slice(base=(0.0,), axes=(0,), x=frame.x, nx=max(16, round(box.width()) * 2), ny=1)
        values = np.asarray(history.backend.curve(history.objective, along, None))[0]
        frame = replace(frame, y=value_range(values), left=box.left(), top=box.top())
        return Ground(frame, (0, 1), None, (np.linspace(*frame.x, len(values)), values))
    i, j = axes
    frame = home_frame((domain[i], domain[j]), box.width(), box.height())
    base = tuple(float(v) for v in history.row(selected, _last(history, cursor)).theta)
    where = Slice(base=base, axes=axes, x=frame.x, y=frame.y, nx=round(box.width()), ny=round(box.height()))
    values = history.backend.surface(history.objective, where, None).values
    lows = [value for _, value in problem.minima] if n == 2 else []
    picture = prepare_surface(values, frame.x, frame.y, fit_scale(values, min(lows, default=None)))
    return Ground(replace(frame, left=box.left(), top=box.top()), axes, picture)


def _last(history: Any, cursor: int | None) -> int:
    end = max(0, history.length - 1)
    return end if cursor is None else min(max(cursor, 0), end)


def paint_picture(
    painter: QPainter,
    history: Any,
    cursor: int | None,
    theme: Theme,
    size: tuple[int, int],
    selected: int = 0,
    ground: Ground | None = None,
) -> None:
    """Paints the whole picture.

    Args:
        history: the run; at least the start of one racer is recorded.
        cursor: the step shown; None for the last one.
        selected: the racer in focus.
        ground: made by `make_ground` if None.
    """
    theme = theme.scaled(page_scale(size))
    ground = ground or make_ground(history, size, selected=selected, cursor=cursor)
    step = _last(history, cursor)
    box = hero_box(size)
    painter.fillRect(0, 0, *size, QColor(theme.surface))
    _paint_hero(painter, history, ground, step, selected, theme)
    # SVG Tiny knows no clipping: what reaches over the map's edge is covered.
    page = QRectF(0, 0, *size)
    for strip in (
        QRectF(page.left(), page.top(), page.width(), box.top()),
        QRectF(page.left(), box.bottom(), page.width(), page.bottom() - box.bottom()),
        QRectF(page.left(), box.top(), box.left(), box.height()),
        QRectF(box.right(), box.top(), page.right() - box.right(), box.height()),
    ):
        painter.fillRect(strip, QColor(theme.surface))
    painter.setPen(QColor(theme.hairline))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawRect(box)
    margin = _MARGIN * theme.scale
    paint_heading(painter, history, step, QRectF(margin, margin, size[0] - 2 * margin, box.top() - margin), theme)
    if box.right() < size[0] - 2 * margin:
        side = QRectF(box.right() + margin, box.top(), size[0] - box.right() - 2 * margin, box.height())
    else:
        side = QRectF(box.left(), box.bottom() + margin, box.width(), size[1] - box.bottom() - 2 * margin)
    rows = min(len(history.traces), 12) * theme.px(30) + theme.px(8)
    split = max(side.height() * 0.4, side.height() - rows)
    paint_losses(painter, history, step, selected, QRectF(side.left(), side.top(), side.width(), split), theme)
    below = QRectF(side.left(), side.top() + split, side.width(), side.height() - split)
    paint_racers(painter, history, step, below, theme)


def _paint_hero(painter: QPainter, history: Any, ground: Ground, step: int, selected: int, theme: Theme) -> None:
    frame, names = ground.frame, tuple(history.objective.coordinates)
    i, j = ground.axes
    flat = ground.curve is not None
    start = history.spec.start
    if ground.curve is not None:
        paint_grid(painter, frame, theme)
        paint_function(painter, frame, *ground.curve, theme)
        minima = [(point[0], value) for point, value in history.spec.problem.minima]
        axis_names = (names[0], f"f({names[0]})")
        place = (start[0], float(history.objective.value(np.array(start))))
    else:
        surface = ground.surface
        if surface is not None:
            paint_image(painter, frame, surface_image(surface.shade, theme), surface.x, surface.y)
            paint_contours(painter, frame, surface.lines, theme)
        minima = [(point[i], point[j]) for point, _ in history.spec.problem.minima]
        axis_names = (names[i], names[j])
        place = (start[i], start[j])
    paint_minima(painter, frame, minima, theme)
    paint_inner_axes(painter, frame, axis_names, theme)
    columns = (0, 1) if flat else ground.axes
    sources = [TrailSource(history.traces[k], k, columns, lines=not flat) for k in visible_racers(history)]
    paint_whole(painter, sources, frame, step, theme)
    paint_recent(painter, sources, frame, step, theme)
    paint_heads(painter, head_places(sources, frame, step), frame, theme, selected)
    px, py = frame.pixel(*place)
    if np.isfinite(px + py) and frame.contains(px, py):
        paint_ring(painter, QPointF(px, py), theme)
    if ground.surface is not None:
        width = theme.px(150)
        bar = QRectF(
            frame.left + frame.width - width - theme.px(28), frame.top + frame.height - theme.px(38), width, theme.px(8)
        )
        paint_colour_bar(painter, bar, ground.surface.scale, theme)
