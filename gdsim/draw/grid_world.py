"""A grid world: walls, goals, pits; the policy as arrows, the states' values as shades, an episode as a path."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QPainter, QPainterPath, QPen

from gdsim.draw.chart_parts import fixed, put_text
from gdsim.draw.fonts import font
from gdsim.draw.learn_colours import ink_on, mixed, reach_of, signed_colours
from gdsim.draw.markers import paint_ring
from gdsim.draw.qt_arrays import polygon
from gdsim.draw.text import text_width
from gdsim.draw.theme import TYPE, Theme

Array = NDArray[np.floating]


class Cell(IntEnum):
    """What a place of the grid is."""

    FREE = 0
    WALL = 1
    GOAL = 2
    PIT = 3


WAYS = ((0.0, -1.0), (1.0, 0.0), (0.0, 1.0), (-1.0, 0.0))
"""Where the four actions lead on the screen: up, right, down, left."""


@dataclass(frozen=True, slots=True, eq=False)
class GridWorld:
    """A grid world and what is known of it. Row 0 is at the top.

    Attributes:
        cells: (ny, nx) of `Cell`.
        policy: (ny, nx, 4) probabilities of going up, right, down, left; None: not shown.
        values: (ny, nx) values of states; None: not shown.
        start: (row, column); None for none.
        path: (k, 2) rows and columns of an episode, in order; None for none.
        visits: (ny, nx) how often a state was seen; shown as dots if there are no values; None for none.
    """

    cells: NDArray[np.integer]
    policy: Array | None = None
    values: Array | None = None
    start: tuple[int, int] | None = None
    path: NDArray[np.integer] | None = None
    visits: Array | None = None


@dataclass(frozen=True, slots=True)
class GridLayout:
    """Where the grid lies: `box` around all cells, `side` of one, `shape` (rows, columns)."""

    box: QRectF
    side: float
    shape: tuple[int, int]

    def cell(self, row: int, column: int) -> QRectF:
        """The box of one cell."""
        return QRectF(self.box.left() + column * self.side, self.box.top() + row * self.side, self.side, self.side)

    def cell_at(self, at: QPointF) -> tuple[int, int] | None:
        """The (row, column) under a pixel."""
        if not self.box.contains(at):
            return None
        row, column = (at.y() - self.box.top()) // self.side, (at.x() - self.box.left()) // self.side
        return min(int(row), self.shape[0] - 1), min(int(column), self.shape[1] - 1)


def grid_layout(box: QRectF, shape: tuple[int, int]) -> GridLayout:
    """Square cells on whole pixels, as large as fit, in the middle of `box`."""
    rows, columns = max(shape[0], 1), max(shape[1], 1)
    side = float(max(math.floor(min(box.width() / columns, box.height() / rows)), 1))
    left = round(box.center().x() - columns * side / 2)
    top = round(box.center().y() - rows * side / 2)
    return GridLayout(QRectF(left, top, columns * side, rows * side), side, (rows, columns))


def paint_grid_world(
    painter: QPainter, layout: GridLayout, world: GridWorld, theme: Theme, hovered: tuple[int, int] | None = None,
    numbers: bool = True,
) -> None:  # fmt: skip
    """The world; `numbers`: values are also written where there is room."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
    grounds = _grounds(world, theme)
    rows, columns = layout.shape
    if world.cells.size:
        for row in range(rows):
            for column in range(columns):
                _paint_ground(painter, layout.cell(row, column), Cell(int(world.cells[row, column])),
                              grounds[row][column], theme)  # fmt: skip
        for row in range(rows):
            for column in range(columns):
                if world.cells[row, column] == Cell.FREE:
                    _paint_state(painter, layout.cell(row, column), world, row, column, grounds, numbers, theme)
    if world.path is not None and len(world.path) > 1:
        _paint_path(painter, layout, world.path, theme)
    if world.start is not None:
        centre = layout.cell(*world.start).center()
        paint_ring(painter, centre, theme.scaled(min(theme.scale, layout.side / 40)))
    if hovered is not None:
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(QColor(theme.accent), theme.line(2.5)))
        painter.drawRect(layout.cell(*hovered).adjusted(1, 1, -1, -1))
    painter.restore()


def _grounds(world: GridWorld, theme: Theme) -> list[list[str]]:
    if world.values is None:
        return [[theme.raised] * world.cells.shape[1] for _ in range(world.cells.shape[0])]
    free = world.values[world.cells == Cell.FREE]
    colours = signed_colours(world.values, reach_of(free), theme)
    return [[f"#{int(each) & 0xFFFFFF:06X}" for each in row] for row in colours]


def goal_colour(cell: Cell, theme: Theme) -> str:
    """The ground of a goal or a pit."""
    return mixed(theme.surface, theme.good if cell == Cell.GOAL else theme.bad, 0.45)


def _paint_ground(painter: QPainter, box: QRectF, cell: Cell, ground: str, theme: Theme) -> None:
    inner = box.adjusted(0.5, 0.5, -0.5, -0.5)
    painter.setPen(Qt.PenStyle.NoPen)
    if cell == Cell.WALL:
        painter.fillRect(inner, QColor(mixed(theme.border, theme.surface, 0.55)))
        painter.fillRect(inner, QBrush(QColor(theme.border), Qt.BrushStyle.BDiagPattern))
        return
    colour = goal_colour(cell, theme) if cell in (Cell.GOAL, Cell.PIT) else ground
    painter.fillRect(inner, QColor(colour))
    if cell == Cell.FREE:
        return
    ink, middle, r = QColor(ink_on(colour, theme)), box.center(), 0.2 * box.width()
    pen = QPen(ink, max(1.5, 0.06 * box.width()))
    pen.setCapStyle(Qt.PenCapStyle.RoundCap)
    painter.setPen(pen)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    if cell == Cell.GOAL:  # a flag
        top = QPointF(middle.x() - r * 0.6, middle.y() - r * 1.2)
        painter.drawLine(top, QPointF(top.x(), middle.y() + r * 1.2))
        flag = QPainterPath(top)
        flag.lineTo(middle.x() + r * 1.1, middle.y() - r * 0.6)
        flag.lineTo(middle.x() - r * 0.6, middle.y())
        flag.closeSubpath()
        painter.fillPath(flag, ink)
    else:  # a cross
        painter.drawLine(QPointF(middle.x() - r, middle.y() - r), QPointF(middle.x() + r, middle.y() + r))
        painter.drawLine(QPointF(middle.x() - r, middle.y() + r), QPointF(middle.x() + r, middle.y() - r))


def _paint_state(
    painter: QPainter, box: QRectF, world: GridWorld, row: int, column: int, grounds: list[list[str]], numbers: bool,
    theme: Theme,
) -> None:  # fmt: skip
    ground = grounds[row][column]
    written = False
    if world.values is not None and numbers and math.isfinite(world.values[row, column]):
        face = font(TYPE.tick, 500, theme.scale)
        words = fixed(float(world.values[row, column]), 3 if box.width() >= theme.px(72) else 2)
        foot = QRectF(box.left() + theme.px(5), box.bottom() - theme.px(17), box.width(), theme.px(15))
        written = box.width() >= theme.px(48) and text_width(words, face) <= box.width() - 4
        if written:
            put_text(painter, foot, words, ink_on(ground, theme), face)  # beside an episode's path
    if world.policy is not None:
        room = box.adjusted(0, 0, 0, -theme.px(14)) if written else box
        paint_policy(painter, room, world.policy[row, column], ink_on(ground, theme))
    elif world.visits is not None and world.values is None:
        most = float(np.nanmax(world.visits)) or 1.0
        radius = 0.4 * box.width() * math.sqrt(max(float(world.visits[row, column]), 0.0) / most)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(theme.accent))
        painter.drawEllipse(box.center(), radius, radius)


def arrow_length(probability: float, reach: float) -> float:
    """Pixels of an action's arrow: `reach` for a sure one, in proportion below."""
    return reach * min(max(probability, 0.0), 1.0) if math.isfinite(probability) else 0.0


def paint_policy(painter: QPainter, box: QRectF, probabilities: Array, ink: str) -> None:
    """Four arrows from the middle of `box`, each as long as its action is likely; the likeliest in full ink."""
    side = min(box.width(), box.height())
    middle, hub, reach = box.center(), 0.05 * side, 0.43 * side
    best = float(np.nanmax(probabilities)) if np.isfinite(probabilities).any() else 0.0
    for (dx, dy), probability in zip(WAYS, probabilities, strict=True):
        length = arrow_length(float(probability), reach)
        if length < 1.5:
            continue
        colour = QColor(ink)
        colour.setAlphaF(0.95 if probability >= best - 1e-9 else 0.6)
        head = min(0.14 * side, 0.7 * length)
        tip = QPointF(middle.x() + dx * (hub + length), middle.y() + dy * (hub + length))
        neck = QPointF(tip.x() - dx * head, tip.y() - dy * head)
        pen = QPen(colour, max(1.0, 0.042 * side))
        pen.setCapStyle(Qt.PenCapStyle.FlatCap)
        painter.setPen(pen)
        painter.drawLine(QPointF(middle.x() + dx * hub, middle.y() + dy * hub), neck)
        wing = 0.62 * head
        path = QPainterPath(tip)
        path.lineTo(neck.x() - dy * wing, neck.y() + dx * wing)
        path.lineTo(neck.x() + dy * wing, neck.y() - dx * wing)
        path.closeSubpath()
        painter.fillPath(path, colour)


def _paint_path(painter: QPainter, layout: GridLayout, path: NDArray[np.integer], theme: Theme) -> None:
    places = np.asarray(path, dtype=np.float64)
    points = np.column_stack([
        layout.box.left() + (places[:, 1] + 0.5) * layout.side, layout.box.top() + (places[:, 0] + 0.5) * layout.side
    ])  # fmt: skip
    width = max(1.5, 0.05 * layout.side)
    for ink, wide in ((theme.casing, width + 2.5), (theme.warn, width)):
        pen = QPen(QColor(ink), wide)
        pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
        pen.setCapStyle(Qt.PenCapStyle.RoundCap)
        painter.setPen(pen)
        painter.drawPolyline(polygon(points))
    painter.setPen(QPen(QColor(theme.casing), 1.5))
    painter.setBrush(QColor(theme.warn))
    painter.drawEllipse(QPointF(*points[-1]), 2.2 * width, 2.2 * width)
