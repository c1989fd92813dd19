"""How strong the loss still speaks in each layer on the way back: a bar below each layer, all on one scale."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QPainter

from gdsim.draw.chart_parts import kept_inside, put_text, three
from gdsim.draw.fonts import font
from gdsim.draw.network_layout import DiagramLayout
from gdsim.draw.text import text_width
from gdsim.draw.theme import TYPE, Theme

HEIGHT = 34
"""Pixels at scale 1 that the bars take."""


def paint_delta_bars(
    painter: QPainter, layout: DiagramLayout, box: QRectF, sizes: Sequence[float], known: int, theme: Theme
) -> None:
    """A bar below each column of `layout` from the first layer on.

    Args:
        sizes: (L,) root mean squares of delta in layers 1 ... L.
        known: sizes of layers `known` ... L are known by now, the others are still to come.
    """
    face, strong = font(TYPE.tick, 500, theme.scale), font(TYPE.tick, 600, theme.scale)
    finite = [each for each in sizes if each == each and each != float("inf")]
    largest = max(finite, default=0.0)
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
    first = layout.columns[0].outline
    end = max(layout.columns[1].header.left(), first.right())
    words = QRectF(box.left(), box.top(), end - box.left(), box.height())
    if words.width() > text_width("|δ| of a layer", face):
        put_text(painter, words, "|δ| of a layer", theme.secondary, face)
    elif words.width() > text_width("|δ|", face):
        put_text(painter, words, "|δ|", theme.secondary, face)
    apart = layout.columns[1].outline.center().x() - first.center().x()
    wide = min(0.8 * apart, theme.px(96))  # the same for all: one scale
    for column, size in zip(layout.columns[1:], sizes, strict=True):
        row = QRectF(column.outline.center().x() - wide / 2, box.top() + theme.px(4), wide, theme.px(7))
        row = kept_inside(row, box)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(theme.raised))
        painter.drawRoundedRect(row, 2, 2)
        here = column.layer >= known
        if here and largest > 0:
            share = min(size / largest, 1.0) if size == size else 0.0
            painter.setBrush(QColor(theme.accent))
            painter.drawRoundedRect(QRectF(row.left(), row.top(), max(wide * share, 1.5), row.height()), 2, 2)
        line = QRectF(row.left() - theme.px(12), row.bottom() + theme.px(2), wide + theme.px(24), theme.px(16))
        put_text(painter, line, three(size) if here else "?", theme.text if here else theme.muted, strong, "centre")
    painter.restore()
