"""Where many end, as numbers: a cell with its share per place, or a histogram of final losses."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter

from gdsim.draw.fonts import font
from gdsim.draw.text import elided
from gdsim.draw.theme import TYPE, Theme
from gdsim.draw.ticks import number_label

CELL, NARROW = 128.0, 100.0
"""Pixels that a cell and the gap behind it need at least; NARROW where the share stands below, before a note."""


@dataclass(frozen=True, slots=True)
class Share:
    """One line of the statistics: a colour, words, how many of them; `note` stands below the bar, where there is room,
    `help_text` says all of it at length."""

    colour: str
    words: str
    count: int
    help_text: str = ""
    note: str = ""


def point_label(point: Sequence[float], digits: int = 2) -> str:
    """A point in few digits, the first three coordinates of many: ``(3, −1.8)``."""
    parts = [number_label(round(value, 9), digits) for value in point[:3]]
    parts = [part.rstrip("0").rstrip(".") if "." in part and "·" not in part else part for part in parts]
    return f"({', '.join(parts)}{', …' if len(point) > 3 else ''})"


def percent(count: int, total: int) -> str:
    """A share in percent with two digits: ``31 %``, ``3.1 %``, ``< 0.1 %``."""
    if not total or not count:
        return "0 %"
    share = 100 * count / total
    if share < 0.1:
        return "< 0.1 %"
    if share > 99.5 and count < total:
        return "> 99 %"
    return f"{share:.1f} %" if share < 9.95 else f"{share:.0f} %"


def fitted(shares: Sequence[Share], width: float, rest_colour: str, theme: Theme) -> list[Share]:
    """The shares that have a cell of their own in `width` pixels; the smallest joined to one where they have not."""
    least = NARROW if all(each.note for each in shares) else CELL
    room = max(1, int((width + theme.px(12)) // (least * theme.scale)))
    if len(shares) <= room:
        return list(shares)
    ranks = sorted(range(len(shares)), key=lambda k: -shares[k].count)
    kept = [shares[k] for k in sorted(ranks[: room - 1])]
    joined = [shares[k] for k in ranks[room - 1 :]]
    count, note = sum(each.count for each in joined), "joined" if joined[0].note else ""
    told = "\n".join(f"{each.words}: {each.count:,}" for each in joined)
    return [*kept, Share(rest_colour, "the others", count, told, note)]


def cells(box: QRectF, count: int, theme: Theme) -> list[QRectF]:
    """Where the cells lie: side by side, a gap of 12 px between them."""
    gap = theme.px(12)
    width = (box.width() - gap * (count - 1)) / max(count, 1)
    width = min(width, theme.px(240))
    return [QRectF(box.left() + k * (width + gap), box.top(), width, box.height()) for k in range(count)]


def paint_shares(painter: QPainter, box: QRectF, shares: Sequence[Share], total: int, theme: Theme) -> None:
    """Cells: a dot, the words, the share in percent, and a bar of that length below."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
    face, strong = font(TYPE.secondary, 400, theme.scale), font(TYPE.secondary, 600, theme.scale)
    metrics = QFontMetricsF(face)
    dot, bar = theme.px(8), theme.px(6)
    largest = max((each.count for each in shares), default=0)
    for cell, share in zip(cells(box, len(shares), theme), shares, strict=True):
        base = cell.top() + metrics.ascent()
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(share.colour))
        painter.drawEllipse(QRectF(cell.left(), base - metrics.capHeight() / 2 - dot / 2, dot, dot))
        text = percent(share.count, total)
        wide = QFontMetricsF(strong).horizontalAdvance(text)
        below = bool(share.note) and cell.width() + theme.px(12) < CELL * theme.scale
        painter.setFont(strong)
        painter.setPen(QColor(theme.text))
        if not below:
            painter.drawText(QPointF(cell.right() - wide, base), text)
        painter.setFont(face)
        painter.setPen(QColor(theme.secondary))
        room = cell.width() - dot - theme.px(6 if below else 14) - (0 if below else wide)
        painter.drawText(QPointF(cell.left() + dot + theme.px(6), base), elided(face, share.words, room))
        groove = QRectF(cell.left(), cell.top() + metrics.height() + theme.px(4), cell.width(), bar)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(theme.hairline))
        painter.drawRoundedRect(groove, bar / 2, bar / 2)
        if share.count and largest:
            groove.setWidth(max(bar, groove.width() * share.count / total))
            painter.setBrush(QColor(share.colour))
            painter.drawRoundedRect(groove, bar / 2, bar / 2)
        if share.note:
            small = font(TYPE.tick, 400, theme.scale)
            painter.setFont(small)
            painter.setPen(QColor(theme.muted))
            low = groove.bottom() + theme.px(5) + QFontMetricsF(small).ascent()
            left = cell.left()
            if below:
                painter.setFont(strong)
                painter.setPen(QColor(theme.text))
                painter.drawText(QPointF(left, low), text)
                left += wide + theme.px(8)
                painter.setFont(small)
                painter.setPen(QColor(theme.muted))
            painter.drawText(QPointF(left, low), elided(small, share.note, cell.right() - left))
    painter.restore()


def paint_losses(
    painter: QPainter, box: QRectF, counts: NDArray[np.int64], edges: NDArray[np.float64], log: bool, theme: Theme,
    colours: Sequence[str] = (),
) -> None:
    """Bars of final losses with the ends of their axis; edges are powers of ten where `log`; `colours` rise."""
    painter.save()
    face = font(TYPE.tick, 400, theme.scale)
    metrics = QFontMetricsF(face)
    room = box.adjusted(0, 0, 0, -metrics.height() - theme.px(2))
    wide = room.width() / len(counts)
    for k, count in enumerate(counts):
        colour = colours[k * len(colours) // len(counts)] if colours else theme.accent
        high = room.height() * float(count) / float(max(counts.max(), 1))
        high = max(high, 1.0) if count else 0.0
        left = round(room.left() + k * wide)
        right = round(room.left() + (k + 1) * wide) - 1
        painter.fillRect(QRectF(left, room.bottom() - high, right - left, high), QColor(colour))
    painter.fillRect(QRectF(room.left(), room.bottom(), room.width(), 1), QColor(theme.border))
    painter.setFont(face)
    painter.setPen(QColor(theme.secondary))
    ends = [10.0**edge if log else float(edge) for edge in (edges[0], edges[-1])]
    base = box.bottom() - metrics.descent()
    painter.drawText(QPointF(room.left(), base), number_label(ends[0], 3))
    last = number_label(ends[1], 3)
    painter.drawText(QPointF(room.right() - metrics.horizontalAdvance(last), base), last)
    words = "final loss, log scale" if log else "final loss"
    painter.setPen(QColor(theme.muted))
    painter.drawText(QPointF(room.center().x() - metrics.horizontalAdvance(words) / 2, base), words)
    painter.restore()
