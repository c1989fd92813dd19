"""One number per layer on a logarithmic axis, for one configuration or several: where the gradient vanishes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter

from gdsim.draw.chart_parts import (
    Entry,
    legend_height,
    paint_legend,
    paint_nothing,
    paint_title,
    put_text,
    text_width,
    three,
)
from gdsim.draw.fonts import font
from gdsim.draw.theme import TYPE, Theme
from gdsim.draw.ticks import decade_label

VANISHED = 1e-3
"""The first layer's share of the last one's gradient below which it is said to vanish."""
_DECADES = 14  # shown at most


@dataclass(frozen=True, slots=True, eq=False)
class BarSeries:
    """A configuration: its label, one positive number per layer (L,), from the inputs on, and its racer's number."""

    label: str
    values: NDArray[np.floating]
    racer: int = 0


def layer_words(values: NDArray[np.floating]) -> str:
    """How the first layer's number compares with the last one's: ``first / last = 3.1·10⁻⁵``."""
    if len(values) < 2 or not np.isfinite(values[[0, -1]]).all() or values[-1] <= 0:
        return ""
    share = float(values[0] / values[-1])
    return f"{'vanishing: ' if share < VANISHED else ''}first / last = {three(share)}"


def bar_span(series: Sequence[BarSeries]) -> tuple[float, float]:
    """Powers of ten at the ends of the axis: whole decades around all finite positive values, 14 at most."""
    found = [np.asarray(each.values, dtype=np.float64) for each in series]
    values = np.concatenate(found) if found else np.empty(0)
    values = values[np.isfinite(values) & (values > 0)]
    if not values.size:
        return (-3.0, 0.0)
    high = math.ceil(math.log10(float(values.max())) + 1e-9)
    low = max(math.floor(math.log10(float(values.min())) - 1e-9), high - _DECADES)
    return (float(min(low, high - 2)), float(high))


def paint_layer_bars(
    painter: QPainter, box: QRectF, labels: Sequence[str], series: Sequence[BarSeries], theme: Theme,
    title: str = "|gradient| per layer", hovered: int | None = None,
) -> None:  # fmt: skip
    """Rows of layers from the inputs down to the outputs, one bar for each configuration, decades below.

    A value of zero has no bar and says 0; what is not a number says so.
    """
    note = layer_words(series[0].values) if len(series) == 1 else ""
    box = box.adjusted(0, paint_title(painter, box, title, note, theme), 0, 0)
    if not series or not labels:
        paint_nothing(painter, box, "no layers yet", theme)
        return
    entries = [Entry(each.label, theme.racer(each.racer), "swatch") for each in series] if len(series) > 1 else []
    legend = legend_height(entries, box.width(), theme)
    paint_legend(painter, QRectF(box.left(), box.top(), box.width(), legend), entries, theme)
    face = font(TYPE.tick, 400, theme.scale)
    left = min(max(text_width(each, face) for each in labels), 0.3 * box.width()) + theme.px(8)
    right = max(text_width(three(float(v)), face) for each in series for v in [*each.values, 0.0]) + theme.px(8)
    inner = QRectF(box.left() + left, box.top() + legend + theme.px(2), box.width() - left - right,
                   box.height() - legend - theme.px(22))  # fmt: skip
    span = bar_span(series)
    _paint_decades(painter, inner, span, theme)
    row = min(max(inner.height(), 1.0) / len(labels), float(theme.px(18 + 14 * len(series))))
    for k, label in enumerate(labels):
        place = QRectF(inner.left(), inner.top() + k * row, inner.width(), row)
        if k == hovered:
            painter.fillRect(QRectF(box.left(), place.top(), box.width(), row), QColor(theme.raised))
        if row >= theme.px(11):
            room = QRectF(box.left(), place.top(), left - theme.px(8), row)
            put_text(painter, room, label, theme.secondary, face)
        _paint_row(painter, place, k, series, span, right, theme)


def _paint_decades(painter: QPainter, box: QRectF, span: tuple[float, float], theme: Theme) -> None:
    low, high = int(span[0]), int(span[1])
    face = font(TYPE.tick, 400, theme.scale)
    widest = max(text_width(decade_label(power), face) for power in (low, high)) + theme.px(8)
    stride = max(1, math.ceil((high - low) * widest / max(box.width(), 1.0)))
    for power in range(low, high + 1):
        px = round(box.left() + (power - low) / (high - low) * box.width())
        painter.fillRect(QRectF(px, box.top(), 1, box.height()), QColor(theme.hairline))
        if (high - power) % stride == 0:
            room = QRectF(px - widest / 2, box.bottom() + theme.px(2), widest, theme.px(16))
            put_text(painter, room, decade_label(power), theme.muted, face, "centre")


def _paint_row(
    painter: QPainter, row: QRectF, layer: int, series: Sequence[BarSeries], span: tuple[float, float], right: float,
    theme: Theme,
) -> None:  # fmt: skip
    face = font(TYPE.tick, 500, theme.scale)
    pad = min(theme.px(3), row.height() * 0.12)
    high = (row.height() - 2 * pad) / len(series)
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
    for place, each in enumerate(series):
        value = float(each.values[layer]) if layer < len(each.values) else math.nan
        top = row.top() + pad + place * high
        bar = QRectF(row.left(), top + 0.5, 0.0, max(min(high - 1.0, float(theme.px(16))), 1.0))
        bar.moveTop(top + (high - bar.height()) / 2)
        bar.setWidth(bar_length(value, span, row.width()))
        if bar.width() > 0:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(theme.racer(each.racer)))
            radius = min(2.0, bar.height() / 2)
            painter.drawRoundedRect(bar, radius, radius)
        if high >= theme.px(10):
            ink = theme.text if math.isfinite(value) else theme.bad
            room = QRectF(bar.right() + theme.px(5), top, row.right() + right - bar.right() - theme.px(5), high)
            put_text(painter, room, three(value), ink, face)
    painter.restore()


def bar_length(value: float, span: tuple[float, float], width: float) -> float:
    """Pixels of the bar of `value` on an axis from 10^span[0] to 10^span[1]; none of zero and of what is no number."""
    if math.isnan(value) or value <= 0:
        return 0.0
    if math.isinf(value):
        return width
    share = (math.log10(value) - span[0]) / (span[1] - span[0])
    return min(max(share, 0.0) * width, width) or 1.0


def layer_at(box: QRectF, labels: Sequence[str], series: Sequence[BarSeries], at: QPointF, theme: Theme) -> int | None:
    """The layer whose row is under a pixel, laid out as `paint_layer_bars` does with a title."""
    entries = [Entry(each.label, "#000000") for each in series] if len(series) > 1 else []
    top = box.top() + theme.px(26) + legend_height(entries, box.width(), theme)
    height = box.bottom() - top - theme.px(20)
    row = min(max(height, 1.0) / max(len(labels), 1), float(theme.px(18 + 14 * len(series))))
    k = int((at.y() - top) // row)
    return k if 0 <= k < len(labels) and box.left() <= at.x() <= box.right() else None
