"""The weights of a network as lines: width for their size, hue for their sign; and what of the diagram stands out."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPen

from gdsim.draw.learn_colours import mixed, sign_colour
from gdsim.draw.network_layout import DiagramLayout, Hit
from gdsim.draw.theme import Theme

Array = NDArray[np.floating]

THINNEST, WIDEST = 0.7, 6.5
"""Width of an edge, pixels at scale 1: of a weight of 0, and of the reference weight and all larger ones."""
STRONGEST = 40
"""So many edges, those of the largest weights, are drawn between two layers of which one is a block."""
_CROWD = 250  # edges from which more of them are drawn as thin lines
_LOOKED_AT = 512  # units a side among which these are sought


@dataclass(frozen=True, slots=True)
class Emphasis:
    """What is under the hand, what is chosen, and which parts are lit while all others step back (None: all are)."""

    hovered: Hit | None = None
    selected: Hit | None = None
    lit: frozenset[Hit] | None = None


NOTHING = Emphasis()


def is_lit_unit(emphasis: Emphasis, part: Hit) -> bool:
    """Whether a unit stands out; the hand on another unit leaves all units as they are."""
    return emphasis.lit is None or part in emphasis.lit


def reference_of(matrices: tuple[Array, ...]) -> float:
    """|value| that has the widest edge: the 98th percentile of all (of large matrices, of some rows)."""
    found = [np.abs(m[:: max(1, len(m) // 64)].ravel()[:4096]) for m in matrices if m.size]
    sizes = np.concatenate(found) if found else np.empty(0)
    sizes = sizes[np.isfinite(sizes)]
    if not sizes.size:
        return 1.0
    place = round(0.98 * (sizes.size - 1))
    return max(float(np.partition(sizes, place)[place]), 1e-12)


def edge_width(value: float, reference: float, layout: DiagramLayout, theme: Theme) -> float:
    """The width of an edge, pixels: grows with |value| up to the reference; an infinite one has the widest."""
    share = min(abs(value) / reference, 1.0) if value == value else 0.0
    widest = min(theme.line(WIDEST), max(layout.side / 5.0, theme.line(1.5)))
    return theme.line(THINNEST) + (widest - theme.line(THINNEST)) * share


def _edge_pen(value: float, reference: float, layout: DiagramLayout, theme: Theme, strength: float = 1.0) -> QPen:
    share = min(abs(value) / reference, 1.0) if value == value else 0.0
    # Mixed with the ground, not translucent: Qt strokes an opaque line three times faster.
    colour = mixed(theme.surface, sign_colour(theme, value), round((0.28 + 0.67 * share**0.6) * strength, 2))
    pen = QPen(QColor(colour), edge_width(value, reference, layout, theme))
    pen.setCapStyle(Qt.PenCapStyle.FlatCap)
    return pen


def is_lit(emphasis: Emphasis, part: Hit) -> bool:
    """Whether a part stands out, because it is lit or belongs to what is under the hand or chosen."""
    if emphasis.lit is not None:
        return part in emphasis.lit
    chosen = [each for each in (emphasis.hovered, emphasis.selected) if each and each.kind in ("unit", "edge", "bias")]
    return not chosen or any(_touches(each, part) for each in chosen)


def _touches(chosen: Hit, part: Hit) -> bool:
    if chosen.kind == "edge" or part.kind != "edge":
        return chosen == part
    reached = part.layer == chosen.layer and part.unit == chosen.unit
    return reached or (part.layer == chosen.layer + 1 and part.source == chosen.unit)


def edge_path(points: NDArray[np.float64]) -> QPainterPath:
    """A Bezier curve's four points (4, 2) as a path."""
    path = QPainterPath(QPointF(*points[0]))
    path.cubicTo(QPointF(*points[1]), QPointF(*points[2]), QPointF(*points[3]))
    return path


@lru_cache(maxsize=4)
def _edges_of(layout: DiagramLayout) -> tuple[tuple[Hit, ...], tuple[QPainterPath, ...]]:
    """What each edge is, and its path; found once for a layout."""
    return tuple(Hit("edge", *each) for each in layout.edges.tolist()), tuple(map(edge_path, layout.curves))


def paint_edges(
    painter: QPainter, layout: DiagramLayout, matrices: tuple[Array, ...], reference: float, theme: Theme,
    emphasis: Emphasis, flow: float | None,
) -> None:  # fmt: skip
    """All edges that are drawn one by one; `flow`: dashes moved by so many pixels, None: unbroken lines."""
    painter.setBrush(Qt.BrushStyle.NoBrush)
    values = [float(matrices[layer - 1][unit, source]) for layer, unit, source in layout.edges.tolist()]
    parts, paths = _edges_of(layout)
    lit = [is_lit(emphasis, part) for part in parts] if emphasis != NOTHING else [True] * len(parts)
    thin = 1.4 if len(values) <= _CROWD else 2.2
    # The strong over the weak, and what stands out over all.
    for k in sorted(range(len(values)), key=lambda k: (lit[k], abs(values[k]) if values[k] == values[k] else 0.0)):
        path = paths[k]
        pen = _edge_pen(values[k], reference, layout, theme, 1.0 if lit[k] else 0.22)
        if parts[k] in (emphasis.hovered, emphasis.selected):
            painter.strokePath(path, QPen(QColor(theme.ink), pen.widthF() + theme.line(2.5)))
            painter.strokePath(path, QPen(QColor(theme.surface), pen.widthF() + theme.line(0.5)))
        if flow is None and pen.widthF() <= thin:
            # Qt draws a line of one pixel ten times faster than a wider one; its faintness tells the width.
            faint = mixed(theme.surface, pen.color().name(), round(min(1.0, pen.widthF()), 2))
            painter.setPen(QPen(QColor(faint), 1.0))
            painter.drawPath(path)
            continue
        if flow is not None and lit[k]:
            pen.setDashPattern([theme.line(9) / pen.widthF(), theme.line(3) / pen.widthF()])
            pen.setDashOffset(-flow / pen.widthF())
        painter.strokePath(path, pen)


def paint_block_edges(painter: QPainter, layout: DiagramLayout, matrices: tuple[Array, ...], theme: Theme) -> None:
    """A faint band between layers of which one is a block, and the strongest weights in it."""
    for before, after in pairwise(layout.columns):
        if not (before.block or after.block):
            continue
        band = QPainterPath(before.outline.topRight())
        for corner in (after.outline.topLeft(), after.outline.bottomLeft(), before.outline.bottomRight()):
            band.lineTo(corner)
        ground = QColor(theme.border)
        ground.setAlphaF(0.10)
        painter.fillPath(band, ground)
        found = strongest(matrices[after.layer - 1])
        largest = max((abs(value) for *_, value in found), default=0.0) or 1.0
        for unit, source, value in found:
            pen = _edge_pen(value, largest, layout, theme, 0.75)
            pen.setWidthF(0.6 * theme.line(THINNEST) + 1.6 * theme.scale * min(abs(value) / largest, 1.0))
            painter.strokePath(edge_path(layout.curve(after.layer, unit, source)), pen)


def strongest(matrix: Array, count: int = STRONGEST) -> list[tuple[int, int, float]]:
    """Unit, source and value of the `count` largest weights, largest last; of a huge matrix among every k-th unit."""
    down, across = (max(1, size // _LOOKED_AT) for size in matrix.shape)
    seen = np.nan_to_num(np.asarray(matrix[::down, ::across], dtype=np.float64), nan=0.0)
    sizes = np.abs(seen).ravel()
    count = min(count, sizes.size)
    best = np.argpartition(sizes, sizes.size - count)[sizes.size - count :]
    best = best[np.argsort(sizes[best])]
    return [
        (int(k) // seen.shape[1] * down, int(k) % seen.shape[1] * across, float(seen.ravel()[k])) for k in best
    ]  # fmt: skip
