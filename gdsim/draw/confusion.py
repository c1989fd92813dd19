"""The confusion matrix: how many samples of each class (rows) were predicted to be which (columns)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen

from gdsim.draw.chart_parts import paint_nothing, paint_title, put_text
from gdsim.draw.class_marks import class_path
from gdsim.draw.fonts import font
from gdsim.draw.learn_colours import class_colour, ink_on, mixed, sign_colour
from gdsim.draw.text import text_width
from gdsim.draw.theme import TYPE, Theme


@dataclass(frozen=True, slots=True, eq=False)
class Confusion:
    """counts (k, k): of true class (row), predicted class (column); `classes` labels; `what` was counted."""

    counts: NDArray[np.integer]
    classes: tuple[str, ...]
    what: str = "test samples"


@dataclass(frozen=True, slots=True)
class ConfusionLayout:
    """Where it lies: `grid` around all cells, `wide` and `high` the size of one, `labels` the width of rows' names;
    `upright`: the columns' names stand upright."""

    box: QRectF
    grid: QRectF
    wide: float
    high: float
    labels: float
    upright: bool

    def cell(self, row: int, column: int) -> QRectF:
        """The box of one cell."""
        return QRectF(self.grid.left() + column * self.wide, self.grid.top() + row * self.high, self.wide, self.high)

    def cell_at(self, at: QPointF) -> tuple[int, int] | None:
        """The (row, column) of the cell under a pixel."""
        if not self.grid.contains(at):
            return None
        count = max(round(self.grid.width() / self.wide), 1)
        row, column = (at.y() - self.grid.top()) // self.high, (at.x() - self.grid.left()) // self.wide
        return min(int(row), count - 1), min(int(column), count - 1)


def confusion_layout(box: QRectF, classes: tuple[str, ...], theme: Theme) -> ConfusionLayout:
    """The layout of k x k cells in `box`: title above, rows' names at the left, columns' below, shares at the right."""
    face = font(TYPE.tick, 400, theme.scale)
    k = max(len(classes), 1)
    widest = max((text_width(name, face) for name in classes), default=0.0)
    labels = min(widest, 0.24 * box.width()) + theme.px(22)
    shares = theme.px(46)
    top, axis = theme.px(44), theme.px(18)
    wide = box.width() - labels - shares
    upright = widest > wide / k - theme.px(4)
    foot = axis + (min(widest, 0.2 * box.height()) + theme.px(20) if upright else theme.px(34))
    high = max(min((box.height() - top - foot) / k, float(theme.px(96)), wide / k), 1.0)
    each = max(min(wide / k, 1.6 * high), 1.0)
    left = box.left() + labels + max(wide - each * k, 0.0) / 2
    return ConfusionLayout(box, QRectF(left, box.top() + top, each * k, high * k), each, high, labels, upright)


def paint_confusion(
    painter: QPainter, layout: ConfusionLayout, picture: Confusion, theme: Theme,
    hovered: tuple[int, int] | None = None, title: str = "Confusion matrix",
) -> None:  # fmt: skip
    """Cells shaded by their share of the row: blue on the diagonal (right), orange off it (wrong); counts, shares.

    At the right of each row the share of the class that was found (recall), under the columns their classes.
    """
    counts = np.nan_to_num(np.asarray(picture.counts, dtype=np.float64))
    k, total = len(picture.classes), float(counts.sum())
    right = float(np.trace(counts)) if counts.size else 0.0
    note = f"{right:,.0f} of {total:,.0f} right" if total else picture.what
    paint_title(painter, QRectF(layout.box), title, note, theme)
    if not k or counts.shape != (k, k):
        paint_nothing(painter, layout.box, "no classes to tell apart", theme)
        return
    sums = counts.sum(axis=1, keepdims=True)
    shares = np.divide(counts, sums, out=np.zeros_like(counts), where=sums > 0)
    painter.save()
    for row in range(k):
        for column in range(k):
            _paint_cell(painter, layout.cell(row, column), float(counts[row, column]), float(shares[row, column]),
                        row == column, theme)  # fmt: skip
    _paint_names(painter, layout, picture, shares, sums, theme)
    if hovered is not None and all(0 <= each < k for each in hovered):
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(QColor(theme.ink), theme.line(2)))
        painter.drawRoundedRect(layout.cell(*hovered).adjusted(1, 1, -1, -1), 4, 4)
    painter.restore()


def cell_colour(share: float, right: bool, theme: Theme) -> str:
    """The ground of a cell: none of the row is plain, all of it strong."""
    if share <= 0:
        return theme.raised
    strong = sign_colour(theme, 1.0 if right else -1.0)
    return mixed(theme.raised, strong, 0.12 + 0.70 * min(share, 1.0) ** 0.7)


def _paint_cell(painter: QPainter, box: QRectF, count: float, share: float, right: bool, theme: Theme) -> None:
    ground = cell_colour(share, right, theme)
    gap = 1.0 if box.width() < theme.px(40) else 1.5
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(ground))
    radius = min(theme.px(4), box.height() / 8)
    painter.drawRoundedRect(box.adjusted(gap, gap, -gap, -gap), radius, radius)
    words, ink = f"{count:.0f}", ink_on(ground, theme)
    if share <= 0:
        ink = theme.muted
    large = font(TYPE.title, 600, theme.scale)
    small = font(TYPE.tick, 500, theme.scale)
    inner = box.width() - 1.0
    if share > 0 and box.height() >= theme.px(46) and text_width(words, large) <= inner:
        half = box.height() / 2
        put_text(painter, QRectF(box.left(), box.top() + half - theme.px(20), box.width(), theme.px(20)),
                 words, ink, large, "centre")  # fmt: skip
        below = QRectF(box.left(), box.top() + half + theme.px(1), box.width(), theme.px(15))
        put_text(painter, below, share_text(share), ink, font(TYPE.tick, 400, theme.scale), "centre")
    elif text_width(words, small) <= inner and box.height() >= theme.px(12):
        put_text(painter, box, words, ink, small, "centre")


def share_text(share: float) -> str:
    """A share in per cent, at most one decimal."""
    value = 100 * share
    return f"{value:.0f} %" if value >= 10 or value == 0 else f"{value:.1f} %"


def _paint_names(
    painter: QPainter, layout: ConfusionLayout, picture: Confusion, shares: NDArray[np.float64],
    sums: NDArray[np.float64], theme: Theme,
) -> None:  # fmt: skip
    face, strong = font(TYPE.tick, 400, theme.scale), font(TYPE.tick, 600, theme.scale)
    grid, wide, high, k = layout.grid, layout.wide, layout.high, len(picture.classes)
    mark = theme.line(min(9.0, 0.6 * high / theme.scale))
    for index, name in enumerate(picture.classes):
        cell = layout.cell(index, 0)
        colour = QColor(class_colour(theme, index, k))
        at = QPointF(grid.left() - theme.px(10), cell.center().y())
        painter.fillPath(class_path(index, mark).translated(at), colour)
        room = QRectF(grid.left() - layout.labels, cell.top(), layout.labels - theme.px(19), high)
        put_text(painter, room, name, theme.secondary, face, "right")
        if sums[index, 0] > 0 and high >= theme.px(11):
            beside = QRectF(grid.right() + theme.px(6), cell.top(), theme.px(40), high)
            put_text(painter, beside, share_text(float(shares[index, index])), theme.text, face, "left")
        under = QPointF(cell.left() + (index + 0.5) * wide, grid.bottom() + theme.px(9))
        painter.fillPath(class_path(index, mark).translated(under), colour)
        _paint_column_name(painter, layout, index, name, theme)
    above = QRectF(grid.right() + theme.px(6), grid.top() - theme.px(16), theme.px(40), theme.px(14))
    put_text(painter, above, "recall", theme.secondary, strong, "left")
    low = layout.box.bottom() - theme.px(15) if layout.upright else grid.bottom() + theme.px(34)
    row = QRectF(grid.left(), min(low, layout.box.bottom() - theme.px(15)), grid.width(), theme.px(14))
    put_text(painter, row, "predicted", theme.secondary, strong, "centre")
    corner = QRectF(grid.left() - layout.labels, grid.top() - theme.px(16), layout.labels - theme.px(4), theme.px(14))
    put_text(painter, corner, "true", theme.secondary, strong, "right")


def _paint_column_name(painter: QPainter, layout: ConfusionLayout, index: int, name: str, theme: Theme) -> None:
    face, grid, wide = font(TYPE.tick, 400, theme.scale), layout.grid, layout.wide
    left = grid.left() + index * wide
    if not layout.upright:
        put_text(painter, QRectF(left, grid.bottom() + theme.px(17), wide, theme.px(14)), name, theme.secondary, face,
                 "centre")  # fmt: skip
        return
    room = layout.box.bottom() - theme.px(18) - grid.bottom() - theme.px(17)
    painter.save()
    painter.translate(left + wide / 2, grid.bottom() + theme.px(17))
    painter.rotate(-90)
    put_text(painter, QRectF(-room, -theme.px(7), room, theme.px(14)), name, theme.secondary, face, "right")
    painter.restore()
