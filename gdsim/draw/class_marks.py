"""The shapes of classes: colour is never the only mark."""

from __future__ import annotations

import math
from functools import cache

from PySide6.QtCore import QPointF
from PySide6.QtGui import QPainterPath

from gdsim.draw.markers import head_path
from gdsim.draw.theme import Head

_HEADS: tuple[Head, ...] = (
    "circle",
    "diamond",
    "triangle",
    "square",
    "inverted triangle",
    "cross",
    "hexagon",
    "plus",
)
SHAPES = len(_HEADS) + 2
"""How many there are; they repeat after that. Neighbours are unlike each other; 8 is a star, 9 a bow tie."""


@cache
def class_path(index: int, size: float) -> QPainterPath:
    """The outline of class `index`'s mark, counted from 0, about (0, 0); it weighs as much as a circle of `size`."""
    index %= SHAPES
    if index < len(_HEADS):
        return head_path(_HEADS[index], size)
    r = size / 2
    if index == len(_HEADS):
        reach = [1.3 * r if k % 2 == 0 else 0.55 * r for k in range(10)]
        turn = [math.radians(36 * k - 90) for k in range(10)]
        corners = [(far * math.cos(angle), far * math.sin(angle)) for far, angle in zip(reach, turn, strict=True)]
    else:
        corners = [(-1.1 * r, -r), (0.0, -0.25 * r), (1.1 * r, -r), (1.1 * r, r), (0.0, 0.25 * r), (-1.1 * r, r)]
    path = QPainterPath(QPointF(*corners[0]))
    for corner in corners[1:]:
        path.lineTo(QPointF(*corner))
    path.closeSubpath()
    return path
