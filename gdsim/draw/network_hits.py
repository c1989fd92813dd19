"""What of a network's diagram is under the hand."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF

from gdsim.draw.network_layout import Column, DiagramLayout, Hit

_CURVE = 24  # pieces of an edge when a pixel is looked for


def hit(layout: DiagramLayout, at: QPointF, within: float = 5.0) -> Hit | None:
    """What of the diagram is under a pixel: a button, a bias dot, a unit, a block, an edge no more than `within` pixels
    away, a layer's header; None if there is nothing."""
    for button in layout.buttons:
        if button.enabled and button.box.adjusted(-4, -4, 4, 4).contains(at):
            return button.hit
    for column in layout.columns:
        found = _hit_column(layout, column, at)
        if found is not None:
            return found
    nearest = _nearest_edge(layout, at, within)
    if nearest is not None:
        return nearest
    for column in layout.columns:
        if column.header.contains(at):
            return Hit("header", column.layer)
    return None


def _hit_column(layout: DiagramLayout, column: Column, at: QPointF) -> Hit | None:
    if not column.outline.adjusted(-8, -8, 8, 8).contains(at):
        return None
    if column.layer and not column.block and layout.side >= 14:
        for unit in range(column.units):
            dot = layout.bias(column.layer, unit)
            if abs(dot.x() - at.x()) <= 6 and abs(dot.y() - at.y()) <= 6:
                return Hit("bias", column.layer, unit)
    for box, unit in zip(column.boxes, column.shown, strict=True):
        if box.contains(at):
            return Hit("unit", column.layer, unit)
    return Hit("block", column.layer) if column.block and column.outline.contains(at) else None


def curve_points(curves: NDArray[np.float64], count: int = _CURVE) -> NDArray[np.float64]:
    """Bezier curves (m, 4, 2) as lines of `count` + 1 points, (m, count + 1, 2)."""
    t = np.linspace(0.0, 1.0, count + 1)[:, None]
    basis = np.concatenate([(1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t**2 * (1 - t), t**3], axis=1)
    return np.einsum("tk,mkd->mtd", basis, curves)


def _nearest_edge(layout: DiagramLayout, at: QPointF, within: float) -> Hit | None:
    if not len(layout.edges):
        return None
    lines = curve_points(layout.curves)
    start, way = lines[:, :-1], np.diff(lines, axis=1)
    to = np.array([at.x(), at.y()]) - start
    share = np.clip((to * way).sum(axis=2) / np.maximum((way * way).sum(axis=2), 1e-12), 0.0, 1.0)
    away = np.hypot(*np.moveaxis(to - share[..., None] * way, -1, 0)).min(axis=1)
    best = int(np.argmin(away))
    if away[best] > within:
        return None
    layer, unit, source = (int(v) for v in layout.edges[best])
    return Hit("edge", layer, unit, source)
