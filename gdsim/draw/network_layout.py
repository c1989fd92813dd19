"""Where everything of a network's diagram lies: geometry alone, nothing is painted. `network_hits` finds it again.

Layers stand in columns from the inputs (layer 0) to the outputs (layer L). A layer of up to 12 units is drawn unit by
unit, a wider one as a block of tiles; with more than 8 hidden layers all of them are blocks.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QFontMetricsF

from gdsim.draw.fonts import font
from gdsim.draw.theme import TYPE, Theme

MOST_LAYERS = 8
MOST_UNITS = 12
LARGEST = 56.0
"""The side of a unit's map, pixels at scale 1, where there is room."""
_LABELS = 72.0  # the most that names beside inputs and outputs take, pixels at scale 1
_TILE = 7.0

Kind = Literal[
    "unit", "bias", "edge", "block", "header", "add unit", "remove unit", "add layer", "remove layer"
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Hit:
    """A part of the diagram: `layer` counts from 0, the inputs; an edge leads from unit `source` of the layer before
    `layer` to its unit `unit` (its weight is ``weights[layer - 1][unit, source]``)."""

    kind: Kind
    layer: int = -1
    unit: int = -1
    source: int = -1


@dataclass(frozen=True, slots=True)
class Button:
    """A place to press: what it does, and whether it can."""

    hit: Hit
    box: QRectF
    enabled: bool = True


@dataclass(frozen=True, slots=True)
class Column:
    """One layer.

    Attributes:
        boxes: of its units; of a block's tiles, which show units `shown`.
        block: whether it is drawn as one.
        outline: around all of them.
        shown: the unit of each box.
        header: above it, for its words and buttons.
    """

    layer: int
    units: int
    block: bool
    outline: QRectF
    boxes: tuple[QRectF, ...]
    shown: tuple[int, ...]
    header: QRectF


@dataclass(frozen=True, slots=True, eq=False)
class DiagramLayout:
    """The diagram of a network in a box.

    Attributes:
        sizes: units from inputs to outputs.
        side: of a unit's box, pixels.
        columns: one for each layer.
        edges: (m, 3) layer, unit, source of each edge drawn one by one, ordered so.
        curves: (m, 4, 2) the points of each edge's Bezier curve.
        buttons: places to press; none if it was laid out without.
        title: the row above all columns, with the number of layers.
    """

    box: QRectF
    sizes: tuple[int, ...]
    side: float
    columns: tuple[Column, ...]
    edges: NDArray[np.intp]
    curves: NDArray[np.float64]
    buttons: tuple[Button, ...]
    title: QRectF

    def port(self, layer: int, unit: int, right: bool) -> tuple[float, float]:
        """Where edges leave (`right`) or reach a unit; in a block at the height of its share."""
        column = self.columns[layer]
        if column.block:
            share = (unit + 0.5) / max(column.units, 1)
            box, y = column.outline, column.outline.top() + share * column.outline.height()
        else:
            box = column.boxes[unit]
            y = box.center().y()
        return (box.right() if right else box.left()), y

    def curve(self, layer: int, unit: int, source: int) -> NDArray[np.float64]:
        """The Bezier points (4, 2) of one edge."""
        return _bezier(self.port(layer - 1, source, True), self.port(layer, unit, False))

    def bias(self, layer: int, unit: int) -> QPointF:
        """The middle of a unit's bias dot, at the lower left corner of its box."""
        box = self.columns[layer].boxes[unit]
        return QPointF(box.left(), box.bottom())


def diagram_layout(
    sizes: Sequence[int],
    box: QRectF,
    theme: Theme,
    names: Sequence[str] = (),
    outputs: Sequence[str] = (),
    buttons: bool = True,
    most: tuple[int, int] = (MOST_LAYERS, MOST_UNITS),
    largest: float = LARGEST,
    limits: tuple[int, int] = (32, 4096),
    notes: bool = False,
    walk: bool = False,
) -> DiagramLayout:
    """The layout of a network with `sizes` units (inputs first) in `box`.

    Args:
        names, outputs: written left of the inputs and right of the outputs.
        buttons: whether there are places to add and remove units and layers.
        most: hidden layers and units in a layer that are drawn one by one.
        largest: side of a unit's box where there is room, pixels at scale 1.
        limits: hidden layers and units in a layer, above which nothing can be added.
        notes: whether there is small print under the layers' words.
        walk: for numbers on the edges: straight edges, wide gaps, no words above the columns.
    """
    count = len(sizes)
    title = QRectF(box.left(), box.top(), box.width(), theme.px(28) if buttons else 0.0)
    left, right = (_label_room(each, theme) for each in (names, outputs))
    space = box.width() - left - right
    pitch = space / max(count - 0.35, 1.0)
    tall = pitch < theme.px(58)
    head = _head(pitch, buttons, notes, theme) if not walk else float(theme.px(18))
    top = title.bottom() + head
    height = max(box.bottom() - top - theme.px(18 if walk else 8), theme.px(24))
    blocks = [size > most[1] or (0 < k < count - 1 and count - 2 > most[0]) for k, size in enumerate(sizes)]
    single = max((size for size, block in zip(sizes, blocks, strict=True) if not block), default=1)
    down, across = (0.62, 0.44) if walk else (0.8, 0.5)  # how much of the way from unit to unit is unit
    side = max(min(theme.px(largest), down * height / max(single, 1), across * pitch, space / 3), 3.0)
    near, far = box.left() + left + side / 2 + theme.px(2), box.right() - right - side / 2 - theme.px(4)
    places = [near + (far - near) * k / max(count - 1, 1) for k in range(count)]
    step = (far - near) / max(count - 1, 1) if count > 1 else space
    spread = 2.6 if walk else 1.7
    columns = tuple(
        _column(
            (k, size, blocks[k]), places[k], (side, step, spread), (top, height), (title.bottom(), head), box, theme
        )
        for k, size in enumerate(sizes)
    )
    edges, curves = _edges(columns)
    if walk and len(curves):
        curves = curves[:, :1] + (curves[:, 3:] - curves[:, :1]) * np.array([0.0, 1 / 3, 2 / 3, 1.0])[:, None]
    found = _buttons(columns, title, tall, notes, limits, theme) if buttons else ()
    return DiagramLayout(box, tuple(sizes), side, columns, edges, curves, found, title)


def _head(pitch: float, buttons: bool, notes: bool, theme: Theme) -> float:
    """Pixels that words and buttons above the columns need."""
    if pitch < theme.px(36):
        return float(theme.px(72))  # words stand upright
    if pitch < theme.px(58) and buttons:
        return float(theme.px(62))
    return float(theme.px(58 if notes else 44))


def _label_room(names: Sequence[str], theme: Theme) -> float:
    metrics = QFontMetricsF(font(TYPE.secondary, 500, theme.scale))
    widest = max((metrics.horizontalAdvance(name) for name in names), default=0.0)
    return min(widest, theme.px(_LABELS)) + theme.px(8) if widest else 0.0


def _column(
    what: tuple[int, int, bool], middle: float, sizes: tuple[float, float, float], rows: tuple[float, float],
    head: tuple[float, float], box: QRectF, theme: Theme,
) -> Column:  # fmt: skip
    (layer, units, block), (side, step, spread), (top, height) = what, sizes, rows
    half = min(step / 2, middle - box.left(), box.right() - middle) if step > 0 else side
    half = max(half, side / 2)
    header = QRectF(middle - half, head[0], 2 * half, head[1])
    if block:
        wide = max(min(step * 0.5, 1.5 * theme.px(LARGEST)), theme.px(4))
        outline = QRectF(middle - wide / 2, top, wide, height)
        boxes, shown = _tiles(outline, units, theme)
        outline = QRectF(outline.left(), boxes[0].top(), wide, boxes[-1].bottom() - boxes[0].top())
        return Column(layer, units, True, outline, boxes, shown, header)
    pitch = min(height / max(units, 1), side * spread)
    first = top + (height - pitch * units) / 2 + (pitch - side) / 2
    boxes = tuple(QRectF(middle - side / 2, first + k * pitch, side, side) for k in range(units))
    outline = boxes[0].united(boxes[-1]) if boxes else QRectF(middle, top, 0, 0)
    return Column(layer, units, False, outline, boxes, tuple(range(units)), header)


def _tiles(outline: QRectF, units: int, theme: Theme) -> tuple[tuple[QRectF, ...], tuple[int, ...]]:
    """Tiles in `outline`, as large as lets all units be there, but not too small to be seen: then some are."""
    gap, across = 1.0, 1
    while True:
        side = (outline.width() - gap * (across - 1)) / across
        down = max(int((outline.height() + gap) // (side + gap)), 1)
        if across * down >= units or (outline.width() - gap * across) / (across + 1) < theme.px(_TILE):
            break
        across += 1
    down = min(down, -(-units // across))
    shown = min(units, across * down)
    high = side if across > 1 else min(max(side, outline.height() / down - gap), 2.0 * side)
    top = outline.center().y() - (down * (high + gap) - gap) / 2
    boxes = tuple(
        QRectF(outline.left() + (k % across) * (side + gap), top + (k // across) * (high + gap), side, high)
        for k in range(shown)
    )
    return boxes, tuple(int(k) for k in np.linspace(0, units - 1, shown).round())


def _bezier(start: tuple[float, float], end: tuple[float, float]) -> NDArray[np.float64]:
    reach = 0.5 * (end[0] - start[0])
    return np.array([start, (start[0] + reach, start[1]), (end[0] - reach, end[1]), end])


def _edges(columns: Sequence[Column]) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    edges: list[tuple[int, int, int]] = []
    curves: list[NDArray[np.float64]] = []
    for before, after in pairwise(columns):
        if before.block or after.block:
            continue
        for unit, end in enumerate(after.boxes):
            for source, start in enumerate(before.boxes):
                edges.append((after.layer, unit, source))
                curves.append(_bezier((start.right(), start.center().y()), (end.left(), end.center().y())))
    if not edges:
        return np.empty((0, 3), dtype=np.intp), np.empty((0, 4, 2))
    return np.array(edges, dtype=np.intp), np.array(curves)


def _buttons(
    columns: Sequence[Column], title: QRectF, tall: bool, notes: bool, limits: tuple[int, int], theme: Theme
) -> tuple[Button, ...]:
    size = float(theme.px(16))
    hidden = len(columns) - 2
    words = QFontMetricsF(font(TYPE.body, 600, theme.scale)).horizontalAdvance(title_words(hidden))
    middle, reach = title.center(), words / 2 + theme.px(18)
    found = [
        Button(Hit("remove layer"), _square(middle.x() - reach, middle.y(), size), hidden > 0),
        Button(Hit("add layer"), _square(middle.x() + reach, middle.y(), size), hidden < limits[0]),
    ]
    for column in columns[1:-1]:
        x = column.header.center().x()
        apart = min(column.header.width() / 2 - size / 2 - 1, theme.px(22))
        if apart < size * 0.55:
            continue  # so deep a network leaves no room; the number of units is changed in the list of layers
        y = column.header.bottom() - theme.px(18 if tall else 30 if notes else 16)
        if tall:
            apart = min(apart, size * 0.65)
        found.append(Button(Hit("remove unit", column.layer), _square(x - apart, y, size), column.units > 1))
        found.append(Button(Hit("add unit", column.layer), _square(x + apart, y, size), column.units < limits[1]))
    return tuple(found)


def title_words(hidden: int) -> str:
    """How many hidden layers there are."""
    return "no hidden layer" if hidden <= 0 else f"{hidden} hidden layer{'s' if hidden > 1 else ''}"


def _square(x: float, y: float, size: float) -> QRectF:
    return QRectF(x - size / 2, y - size / 2, size, size)
