"""Histograms of a network's numbers, layer by layer: weights, activations, gradients as small multiples."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRectF
from PySide6.QtGui import QColor, QPainter, QPainterPath

from gdsim.draw.chart_parts import paint_nothing, paint_title, put_text, short
from gdsim.draw.fonts import font
from gdsim.draw.learn_colours import sign_colour
from gdsim.draw.text import text_width
from gdsim.draw.theme import TYPE, Theme

Array = NDArray[np.floating]

DEAD = 0.5
"""Share of exact zeros from which a layer's activations or gradients are called out."""


@dataclass(frozen=True, slots=True, eq=False)
class Histogram:
    """How numbers are spread.

    Attributes:
        edges: (b + 1,) rising. counts: (b,).
        deviation: root mean square distance from the mean. zeros: share of exact zeros, 0 to 1.
        lost: how many were not finite.
    """

    edges: Array
    counts: Array
    deviation: float = math.nan
    zeros: float = 0.0
    lost: int = 0


def prepare_histogram(values: Array, bins: int = 41) -> Histogram:
    """The histogram of any array of numbers, symmetric about zero so that its middle bin holds the zeros."""
    flat = np.asarray(values, dtype=np.float64).ravel()
    finite = flat[np.isfinite(flat)]
    reach = float(np.abs(finite).max()) if finite.size else 0.0
    reach = reach if 0.0 < reach < 1e300 else 1.0
    bins |= 1
    share = np.clip(finite / reach, -1.0, 1.0)
    # np.histogram takes five times as long, and this is made for every layer of a network while it trains
    counts = np.bincount(np.minimum(((share + 1.0) * (0.5 * bins)).astype(np.intp), bins - 1), minlength=bins)
    edges = np.linspace(-reach, reach, bins + 1)
    zeros = float(np.count_nonzero(finite == 0)) / finite.size if finite.size else 0.0
    deviation = float(np.std(share) * reach) if finite.size else math.nan
    return Histogram(edges, counts.astype(np.float64), deviation, zeros, int(flat.size - finite.size))


@dataclass(frozen=True, slots=True, eq=False)
class LayerHistograms:
    """One layer: its label, and a histogram (or None) for each column."""

    label: str
    parts: tuple[Histogram | None, ...]


def paint_histograms(
    painter: QPainter, box: QRectF, layers: Sequence[LayerHistograms], columns: Sequence[str], theme: Theme,
    shared: bool = True, title: str = "",
) -> None:  # fmt: skip
    """Rows of layers, columns of quantities; negative numbers orange, positive ones blue, the bin of zero grey.

    Args:
        columns: their names. shared: all layers of a column have one scale across, or each has its own.
    """
    if title:
        box = box.adjusted(0, paint_title(painter, box, title, "", theme), 0, 0)
    if not layers or not columns:
        paint_nothing(painter, box, "no layers yet", theme)
        return
    face, strong = font(TYPE.tick, 400, theme.scale), font(TYPE.tick, 600, theme.scale)
    labels = min(max(text_width(each.label, face) for each in layers), 0.22 * box.width()) + theme.px(8)
    gap, head, foot = float(theme.px(10)), float(theme.px(20)), float(theme.px(16))
    wide = (box.width() - labels - gap * (len(columns) - 1)) / len(columns)
    high = max((box.height() - head - foot) / len(layers), 1.0)
    high = min(high, float(theme.px(110)))
    for place, name in enumerate(columns):
        left = box.left() + labels + place * (wide + gap)
        put_text(painter, QRectF(left, box.top(), wide, head), name, theme.text, strong)
        reach = _reach([each.parts[place] for each in layers if place < len(each.parts)])
        for row, each in enumerate(layers):
            cell = QRectF(left, box.top() + head + row * high, wide, high)
            part = each.parts[place] if place < len(each.parts) else None
            own = _reach([part]) if not shared else reach
            _paint_cell(painter, cell.adjusted(0, 0, 0, -min(theme.px(4), high / 5)), part, own, theme, not shared)
        if shared:
            under = QRectF(left, box.top() + head + high * len(layers), wide, foot)
            _paint_ends(painter, under, reach, theme)
    for row, each in enumerate(layers):
        if high >= theme.px(11):
            room = QRectF(box.left(), box.top() + head + row * high, labels - theme.px(8), high - theme.px(4))
            put_text(painter, room, each.label, theme.secondary, face)


def _reach(parts: Sequence[Histogram | None]) -> float:
    """The largest |value| of all; 99 % of the counted numbers lie within."""
    found = []
    for part in parts:
        if part is None or not len(part.counts) or not part.counts.sum():
            continue
        middles = np.abs((part.edges[1:] + part.edges[:-1]) / 2)
        order = np.argsort(middles)
        inside = np.cumsum(part.counts[order]) / part.counts.sum()
        width = float(part.edges[1] - part.edges[0]) / 2
        found.append(float(middles[order][int(np.searchsorted(inside, 0.99))]) + width)
    return max(found, default=1.0) or 1.0


def _paint_ends(painter: QPainter, box: QRectF, reach: float, theme: Theme) -> None:
    face = font(TYPE.tick, 400, theme.scale)
    for align, words in (("left", short(-reach)), ("centre", "0"), ("right", short(reach))):
        if align != "centre" or box.width() > text_width(short(-reach), face) * 3.4:
            put_text(painter, box, words, theme.muted, face, align)


def _paint_cell(painter: QPainter, box: QRectF, part: Histogram | None, reach: float, theme: Theme, ends: bool) -> None:
    painter.fillRect(QRectF(box.left(), box.bottom() - 1, box.width(), 1), QColor(theme.border))
    middle = round(box.center().x())
    painter.fillRect(QRectF(middle, box.top(), 1, box.height()), QColor(theme.hairline))
    if part is None:
        return
    top = float(part.counts.max()) if len(part.counts) else 0.0
    if top > 0:
        _paint_bars(painter, box, part, reach, top, theme)
    words, colour = _remark(part, theme)
    if box.height() >= theme.px(24):
        face = font(TYPE.tick, 400, theme.scale)
        row = QRectF(box.left(), box.top(), box.width(), theme.px(13))
        left = f"±{short(reach)}" if ends else ""
        put_text(painter, row, left, theme.muted, face)
        if text_width(words, face) + text_width(left, face) + theme.px(6) * bool(left) <= box.width():
            put_text(painter, row, words, colour, face, "right")


def _remark(part: Histogram, theme: Theme) -> tuple[str, str]:
    if part.lost:
        return f"{part.lost:,} not finite", theme.bad
    if part.zeros >= DEAD:
        return f"{100 * part.zeros:.0f} % are 0", theme.warn
    return (f"σ {short(part.deviation)}" if math.isfinite(part.deviation) else ""), theme.secondary


def _paint_bars(painter: QPainter, box: QRectF, part: Histogram, reach: float, top: float, theme: Theme) -> None:
    """Bars below, about and above zero; heights by the square root, so that a spike does not flatten all the rest."""
    with np.errstate(all="ignore"):
        x = box.left() + (np.asarray(part.edges) / reach + 1.0) * box.width() / 2
    head = theme.px(14) if box.height() >= theme.px(24) else 0
    y = box.bottom() - 1 - np.sqrt(part.counts / top) * (box.height() - head)
    side = np.sign((part.edges[1:] + part.edges[:-1]) / 2) * (np.abs(part.edges[1:] + part.edges[:-1]) > 1e-9 * reach)
    painter.save()
    painter.setClipRect(box)
    for sign in (-1.0, 1.0, 0.0):
        area = QPainterPath()
        for k in np.flatnonzero((side == sign) & (part.counts > 0)):
            high = box.bottom() - 1 - float(y[k])
            area.addRect(QRectF(float(x[k]), float(y[k]), max(float(x[k + 1] - x[k]), 1.0), high))
        painter.fillPath(area, QColor(sign_colour(theme, sign)))
    painter.restore()
