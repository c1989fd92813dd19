"""A basin map or a sweep as one page: heading, the map with its axes, the legend and what it says."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter

from gdsim.analysis.basins import BasinMap
from gdsim.analysis.sweeps import SweepMap
from gdsim.draw.fonts import font
from gdsim.draw.frame import Frame, Interval
from gdsim.draw.map_colours import scale_colours
from gdsim.draw.map_parts import (
    Heading,
    axis_ticks,
    left_room,
    paint_basin_legend,
    paint_loss_bar,
    paint_map_heading,
    paint_outer_axes,
    paint_step_bar,
    swatch_image,
    up_name,
)
from gdsim.draw.maps import (
    axis_reach,
    basin_image,
    cell_place,
    loss_scale,
    paint_best,
    paint_map,
    reach,
    sweep_image,
    sweep_step_scale,
)
from gdsim.draw.onedim import paint_function, value_range
from gdsim.draw.page import page_scale
from gdsim.draw.surface import paint_minima
from gdsim.draw.theme import TYPE, Theme

_MARGIN = 24.0
_HEADING = 118.0
_FOOT = 28.0


def _boxes(size: tuple[int, int], theme: Theme) -> tuple[QRectF, QRectF, QRectF]:
    """(heading, map with its axes, what stands beside or below it)."""
    margin, top = _MARGIN * theme.scale, _HEADING * theme.scale
    inner = size[0] - 2 * margin
    heading = QRectF(margin, margin, inner, top - margin)
    high = size[1] - top - margin
    if size[0] >= 1.15 * size[1]:
        width = (inner - margin) * 0.64
        return heading, QRectF(margin, top, width, high), QRectF(margin + width + 1.5 * margin, top,
                                                               inner - width - 1.5 * margin, high)  # fmt: skip
    share = 0.64 * high
    below = QRectF(margin, top + share + margin, inner, high - share - margin)
    return heading, QRectF(margin, top, inner, share), below


def _framed(box: QRectF, x: Interval, y: Interval, left: float, equal: bool, theme: Theme) -> Frame:
    """The frame in `box` that leaves room for the axes; with equal units if that wastes little of it."""
    foot = theme.px(_FOOT)
    width, height = box.width() - left, box.height() - foot
    if equal:
        ratio = (x[1] - x[0]) / (y[1] - y[0])
        if 0.5 <= ratio <= 2.0:
            width, height = min(width, height * ratio), min(height, width / ratio)
    return Frame(x, y, round(width), round(height), round(box.left() + left), round(box.top()))


def paint_basin_page(
    painter: QPainter, basins: BasinMap, objective: Any, heading: Heading, size: tuple[int, int], theme: Theme
) -> None:
    """The whole page of a basin map; of a function of one variable its curve over the basins' colours."""
    theme = theme.scaled(page_scale(size))
    painter.fillRect(0, 0, *size, QColor(theme.surface))
    top, box, side = _boxes(size, theme)
    paint_map_heading(painter, heading, top, theme)
    where = basins.where
    x = reach(where.x, where.nx)
    names = [heading.names[axis] for axis in where.axes]
    if len(where.axes) == 2:
        y = reach(where.y, where.ny)
        values = None
    else:
        values = _along(objective, where)
        y, names = value_range(values), [names[0], f"f({names[0]})"]
    up = axis_ticks(y, False, box.height(), theme.px(64))
    frame = _framed(box, x, y, left_room(up, names[1], theme), values is None, theme)
    image = basin_image(basins, theme, _pixels(frame))
    paint_map(painter, frame, image, x, y)
    if values is not None:
        paint_function(painter, frame, where.xs(), values, theme)
        _cover(painter, frame, theme)
        minima = [(float(a.point[where.axes[0]]), a.value) for a in basins.attractors if a.kind == "minimum"]
    else:
        i, j = where.axes
        inside = [a for a in basins.attractors if a.kind == "minimum"] if objective.n == 2 else []
        minima = [(float(a.point[i]), float(a.point[j])) for a in inside]
    if len(minima) <= 60:
        paint_minima(painter, frame, minima, theme)
    across = axis_ticks(x, False, frame.width, theme.px(90))
    paint_outer_axes(painter, frame, across, up, (names[0], names[1]), theme)
    foot = theme.px(40) if basins.note else 0
    paint_basin_legend(painter, basins, QRectF(side.left(), side.top(), side.width(), side.height() - foot), theme)
    if basins.note:
        _paint_note(painter, basins.note, QRectF(side.left(), side.bottom() - foot, side.width(), foot), theme)


def _paint_note(painter: QPainter, words: str, box: QRectF, theme: Theme) -> None:
    painter.setFont(font(TYPE.secondary, 400, theme.scale))
    painter.setPen(QColor(theme.muted))
    flags = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignBottom) | int(Qt.TextFlag.TextWordWrap)
    painter.drawText(box, flags, words)


def _pixels(frame: Frame) -> tuple[int, int]:
    return max(1, round(frame.width)), max(1, round(frame.height))


def _cover(painter: QPainter, frame: Frame, theme: Theme) -> None:
    """Covers what reaches over the frame's edges: SVG Tiny knows no clipping."""
    right, bottom, edge = frame.left + frame.width, frame.top + frame.height, theme.px(12)
    for strip in (
        QRectF(frame.left - edge, frame.top - edge, frame.width + 2 * edge, edge),
        QRectF(frame.left - edge, bottom, frame.width + 2 * edge, edge),
        QRectF(frame.left - edge, frame.top, edge, frame.height),
        QRectF(right, frame.top, edge, frame.height),
    ):
        painter.fillRect(strip, QColor(theme.surface))


def _along(objective: Any, where: Any) -> Any:
    points = np.repeat(np.array(where.base)[:, None], where.nx, axis=1)
    points[where.axes[0]] = where.xs()
    with np.errstate(all="ignore"):
        return np.asarray(objective.value(points), dtype=np.float64)


def paint_sweep_page(
    painter: QPainter, sweep: SweepMap, measure: str, heading: Heading, size: tuple[int, int], theme: Theme
) -> None:
    """The whole page of a sweep: a map of two settings, or the curves of one."""
    theme = theme.scaled(page_scale(size))
    painter.fillRect(0, 0, *size, QColor(theme.surface))
    top, box, side = _boxes(size, theme)
    paint_map_heading(painter, heading, top, theme)
    if sweep.y is None:
        from gdsim.draw.sweep_curves import paint_sweep_curves

        paint_sweep_curves(painter, sweep, box, theme)
        used = _paint_words(painter, sweep, side, theme)
        _paint_keys(painter, sweep, "loss", QRectF(side.left(), used, side.width(), side.bottom() - used), theme)
        return
    x, y = axis_reach(sweep.x), axis_reach(sweep.y)
    up = axis_ticks(y, sweep.y.scale == "log", box.height(), theme.px(64))
    name = up_name(sweep.y.name, box.width(), theme)
    frame = _framed(box, x, y, left_room(up, name, theme), False, theme)
    paint_map(painter, frame, sweep_image(sweep, measure, theme, _pixels(frame)), x, y)
    across = axis_ticks(x, sweep.x.scale == "log", frame.width, theme.px(90))
    paint_outer_axes(painter, frame, across, up, (sweep.x.name, name), theme)
    if sweep.best is not None:
        paint_best(painter, QPointF(*frame.pixel(*cell_place(sweep, *sweep.best))), theme)
    used = _paint_words(painter, sweep, side, theme)
    bar = QRectF(side.left(), used + theme.px(28), min(side.width(), theme.px(320)), theme.px(10))
    if measure == "loss":
        paint_loss_bar(painter, bar, loss_scale(sweep), theme)
    else:
        paint_step_bar(painter, bar, sweep_step_scale(sweep), scale_colours(theme), theme)
    below = bar.bottom() + theme.px(44)
    if sweep.note:
        foot = QRectF(side.left(), side.bottom() - theme.px(40), side.width(), theme.px(40))
        _paint_note(painter, sweep.note, foot, theme)
    _paint_keys(painter, sweep, measure, QRectF(side.left(), below, side.width(), side.bottom() - below), theme)


def _paint_words(painter: QPainter, sweep: SweepMap, box: QRectF, theme: Theme) -> float:
    """The explanation, a sentence a paragraph; returns where it ends."""
    face, strong = font(TYPE.body, 400, theme.scale), font(TYPE.title, 600, theme.scale)
    y = box.top()
    for number, sentence in enumerate(re.split(r"[.;] ", sweep.explanation)):
        used = strong if number == 0 else face
        painter.setFont(used)
        painter.setPen(QColor(theme.text if number == 0 else theme.secondary))
        words = f"{sentence[:1].upper()}{sentence[1:]}." if number else f"{sentence}."
        flags = int(Qt.AlignmentFlag.AlignLeft) | int(Qt.TextFlag.TextWordWrap)
        room = QRectF(box.left(), y, box.width(), box.bottom() - y)
        taken = QFontMetricsF(used).boundingRect(room, flags, words)
        painter.drawText(room, flags, words)
        y += taken.height() + theme.px(8)
    return y + theme.px(12)


def _paint_keys(painter: QPainter, sweep: SweepMap, measure: str, box: QRectF, theme: Theme) -> None:
    """What the hatching, the grey and the ring mean."""
    from gdsim.engine.swarm import NONFINITE, RUNNING

    face = font(TYPE.body, 400, theme.scale)
    metrics = QFontMetricsF(face)
    painter.setFont(face)
    rows = []
    if (sweep.codes == NONFINITE).any():
        rows.append((swatch_image(-1, theme), "diverges"))
    if measure == "steps" and (sweep.codes == RUNNING).any():
        rows.append((swatch_image(-2, theme), f"has not arrived in {sweep.plan.steps:,} steps"))
    y = box.top()
    for image, words in rows:
        at = QRectF(box.left(), y, theme.px(24), theme.px(16))
        painter.drawImage(at, image)
        painter.setPen(QColor(theme.border))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(at)
        painter.setPen(QColor(theme.text))
        painter.drawText(QPointF(box.left() + theme.px(34), y + theme.px(8) + metrics.capHeight() / 2), words)
        y += theme.px(26)
    if sweep.best is not None and sweep.y is not None:
        paint_best(painter, QPointF(box.left() + theme.px(12), y + theme.px(8)), theme)
        painter.setFont(face)
        painter.setPen(QColor(theme.text))
        painter.drawText(QPointF(box.left() + theme.px(34), y + theme.px(8) + metrics.capHeight() / 2), "the best cell")
