"""A table of classes: how many samples, and how precisely and how completely each class is found."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QColor, QPainter

from gdsim.draw.chart_parts import paint_title, put_text
from gdsim.draw.class_marks import class_path
from gdsim.draw.fonts import font
from gdsim.draw.learn_colours import class_colour
from gdsim.draw.text import text_width
from gdsim.draw.theme import TYPE, Theme

Array = NDArray[np.floating]

HEADS = ("samples", "precision", "recall", "F1")
_ROW = 24
_WIDE = 320  # pixels below which there is no F1, which follows from the two before it


@dataclass(frozen=True, slots=True, eq=False)
class ClassTable:
    """`classes` (k) labels; `samples`, `precision`, `recall`, `f1` (k,); shares from 0 to 1, NaN for none."""

    classes: tuple[str, ...]
    samples: NDArray[np.integer]
    precision: Array
    recall: Array
    f1: Array


def table_words(share: float) -> str:
    """``98.4 %``, ``–`` where there is nothing to divide by; 100 % only where all is right."""
    if math.isnan(share):
        return "–"
    return "100 %" if share == 1 else f"{min(100 * share, 99.9):.1f} %"


def paint_class_table(
    painter: QPainter, box: QRectF, table: ClassTable, theme: Theme, hovered: int | None = None,
    title: str = "Class by class",
) -> None:  # fmt: skip
    """Rows of classes with a bar behind each share; the mean below. Rows for which there is no height are counted."""
    top = box.top() + paint_title(painter, box, title, "", theme)
    face, strong = font(TYPE.tick, 400, theme.scale), font(TYPE.tick, 600, theme.scale)
    heads = HEADS if box.width() >= theme.px(_WIDE) else HEADS[:-1]
    wide = max(text_width(each, strong) for each in heads) + theme.px(8)
    wide = min(max(wide, 0.17 * box.width()), float(theme.px(84)))
    left = box.right() - wide * len(heads)
    head = QRectF(left, top, wide, theme.px(18))
    for name in heads:
        put_text(painter, head, name, theme.secondary, strong, "right")
        head.translate(wide, 0)
    top += theme.px(20)
    k = len(table.classes)
    row = min(float(theme.px(_ROW)), max((box.bottom() - top) / (k + 1), float(theme.px(15))))
    fitting = k if (k + 1) * row <= box.bottom() - top + 0.5 else max(int((box.bottom() - top) / row) - 2, 0)
    painter.save()
    for index in range(fitting):
        place = QRectF(box.left(), top + index * row, box.width(), row)
        if index == hovered:
            painter.fillRect(place, QColor(theme.raised))
        _paint_class(painter, place, left, wide, len(heads) - 1, table, index, theme)
    under = QRectF(box.left(), top + fitting * row, box.width(), row)
    if fitting < k:
        put_text(painter, under, f"and {k - fitting} more", theme.muted, face)
        under.translate(0, row)
    painter.fillRect(QRectF(under.left(), under.top(), under.width(), 1), QColor(theme.hairline))
    put_text(painter, under, "mean", theme.secondary, strong)
    total = f"{int(table.samples.sum()):,}"
    put_text(painter, QRectF(left, under.top(), wide, row), total, theme.text, strong, "right")
    for number, values in enumerate((table.precision, table.recall, table.f1)[: len(heads) - 1], 1):
        mean = float(np.nanmean(values)) if np.isfinite(values).any() else math.nan
        cell = QRectF(left + number * wide, under.top(), wide, row)
        put_text(painter, cell, table_words(mean), theme.text, strong, "right")
    painter.restore()


def _paint_class(
    painter: QPainter, place: QRectF, left: float, wide: float, shares: int, table: ClassTable, index: int, theme: Theme
) -> None:
    face = font(TYPE.tick, 400, theme.scale)
    colour = QColor(class_colour(theme, index, len(table.classes)))
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
    at = QPointF(place.left() + theme.px(6), place.center().y())
    painter.fillPath(class_path(index, theme.line(9)).translated(at), colour)
    name = QRectF(place.left() + theme.px(17), place.top(), left - place.left() - theme.px(17), place.height())
    put_text(painter, name, table.classes[index], theme.text, face)
    count = QRectF(left, place.top(), wide, place.height())
    put_text(painter, count, f"{int(table.samples[index]):,}", theme.text, face, "right")
    for number, values in enumerate((table.precision, table.recall, table.f1)[:shares], 1):
        share = float(values[index])
        cell = QRectF(left + number * wide + theme.px(6), place.top() + 1, wide - theme.px(6), place.height() - 2)
        if share > 0:
            bar = QColor(colour)
            bar.setAlphaF(0.22)
            painter.fillRect(QRectF(cell.left(), cell.top(), cell.width() * min(share, 1.0), cell.height()), bar)
        put_text(painter, cell.adjusted(0, 0, -2, 0), table_words(share), theme.text, face, "right")
