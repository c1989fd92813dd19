"""Small parts that the pictures of learning share: text in a box, pills, legends, colour bars, number words."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPen

from gdsim.draw.class_marks import class_path
from gdsim.draw.fonts import font
from gdsim.draw.markers import paint_shape
from gdsim.draw.qt_arrays import rgb_image
from gdsim.draw.text import elided, metrics_of, text_width
from gdsim.draw.theme import TYPE, Theme, head_of
from gdsim.draw.ticks import MINUS, number_label, power_label

Align = Literal["left", "centre", "right"]
_SHIFTS = {"left": 0.0, "centre": 0.5, "right": 1.0}
_RAISED = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")


def three(value: float) -> str:
    """A number with three significant digits and few signs: ``0.532``, ``−12.4``, ``3.1·10⁻⁵``, ``NaN``, ``∞``."""
    if math.isnan(value):
        return "NaN"
    if value == 0 or math.isinf(value) or 1e-3 <= abs(value) < 1e4:
        return number_label(value, 3)
    return power_label(value, 1)


def two(value: float) -> str:
    """A number of common size with two significant digits: ``0.53``, ``−12``."""
    return number_label(value, 2)


def short(value: float) -> str:
    """A number without the zeros that say nothing: ``0.5``, ``3``, ``−1.25``."""
    text = three(value)
    return text.rstrip("0").rstrip(".") if "." in text and "·" not in text else text


def fixed(value: float, digits: int = 3) -> str:
    """A number in few signs, small ones with so many digits behind the point, so that columns line up: ``−0.141``,
    ``3.01``, ``12.4``."""
    if not math.isfinite(value) or abs(value) >= 1000:
        return three(value)
    places = digits if abs(value) < 0.9995 else 2 if abs(value) < 9.995 else 1 if abs(value) < 99.95 else 0
    text = f"{value:.{min(places, digits)}f}"
    return (text[1:] if float(text) == 0 and text.startswith("-") else text).replace("-", MINUS)


def term_words(term: str) -> str:
    """A formula of one input as it is written by hand: ``x^2`` is ``x²``, ``x*y`` is ``xy``."""
    out, k = [], 0
    compact = term.replace(" ", "")
    while k < len(compact):
        sign = compact[k]
        if sign == "^":
            end = k + 1
            while end < len(compact) and compact[end].isdigit():
                end += 1
            out.append(compact[k + 1 : end].translate(_RAISED) or "^")
            k = max(end, k + 1)
            continue
        if sign == "*":
            names = k > 0 and compact[k - 1].isalpha() and compact[k + 1 : k + 2].isalpha()
            sign = "" if names and not compact[k + 2 : k + 3].isalpha() else "·"
        out.append(MINUS if sign == "-" else sign)
        k += 1
    return "".join(out)


def put_text(
    painter: QPainter, box: QRectF, text: str, colour: str | QColor, face: QFont, align: Align = "left"
) -> QRectF:
    """Writes one line in the middle of `box`'s height, cut with dots to its width; returns the box that it takes."""
    metrics = metrics_of(face)
    shown = elided(face, text, box.width() + 0.5)
    wide = text_width(shown, face)
    left = box.left() + _SHIFTS[align] * max(box.width() - wide, 0.0)
    base = box.center().y() + metrics.capHeight() / 2
    painter.setFont(face)
    painter.setPen(QColor(colour))
    painter.drawText(QPointF(left, base), shown)
    return QRectF(left, base - metrics.ascent(), wide, metrics.height())


def pill_box(at: QPointF, text: str, face: QFont, theme: Theme) -> QRectF:
    """The box of a label centred on `at`."""
    metrics = metrics_of(face)
    wide, high = text_width(text, face) + theme.px(8), metrics.capHeight() + theme.px(8)
    return QRectF(at.x() - wide / 2, at.y() - high / 2, wide, high)


def paint_pill(
    painter: QPainter, box: QRectF, text: str, ink: str, ground: str, face: QFont, theme: Theme, edge: str = ""
) -> None:
    """A label on a ground of its own, so that it reads over anything."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
    painter.setPen(QPen(QColor(edge), 1) if edge else Qt.PenStyle.NoPen)
    painter.setBrush(QColor(ground))
    round_ = min(box.height() / 2, theme.px(4))
    painter.drawRoundedRect(box, round_, round_)
    put_text(painter, box, text, ink, face, "centre")
    painter.restore()


def kept_inside(box: QRectF, outer: QRectF) -> QRectF:
    """`box` moved so that it lies in `outer`, if it is not larger."""
    moved = QRectF(box)
    moved.moveLeft(min(max(box.left(), outer.left()), max(outer.right() - box.width(), outer.left())))
    moved.moveTop(min(max(box.top(), outer.top()), max(outer.bottom() - box.height(), outer.top())))
    return moved


def paint_title(painter: QPainter, box: QRectF, title: str, rest: str, theme: Theme) -> float:
    """A picture's title and, at the right in a lighter hand, what it is of; returns the height taken."""
    face, small = font(TYPE.body, 600, theme.scale), font(TYPE.secondary, 400, theme.scale)
    row = QRectF(box.left(), box.top(), box.width(), float(theme.px(20)))
    used = put_text(painter, row, title, theme.text, face)
    room = row.right() - used.right() - theme.px(12)
    if rest and room > theme.px(24):
        beside = QRectF(row.right() - room, row.top(), room, row.height())
        put_text(painter, beside, rest, theme.secondary, small, "right")
    return float(theme.px(24))


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing in a legend: its mark, colour and words; `kind` is the class whose shape the mark "class" has, or the
    racer whose head the mark "head" has."""

    words: str
    colour: str
    mark: Literal["swatch", "line", "dashed", "thin", "dot", "ring", "wrong", "class", "head"] = "swatch"
    kind: int = 0


def legend_rows(entries: Sequence[Entry], width: float, theme: Theme) -> list[list[Entry]]:
    """The entries as rows that fit into `width`."""
    rows: list[list[Entry]] = []
    left = 0.0
    for entry in entries:
        wide = _entry_width(entry, theme)
        if not rows or left + wide > width + 0.5:
            rows.append([])
            left = 0.0
        rows[-1].append(entry)
        left += wide + theme.px(12)
    return rows


def legend_height(entries: Sequence[Entry], width: float, theme: Theme) -> float:
    """Pixels that `paint_legend` needs for all entries in `width`."""
    return float(len(legend_rows(entries, width, theme)) * theme.px(18))


def paint_legend(painter: QPainter, box: QRectF, entries: Sequence[Entry], theme: Theme) -> None:
    """Marks and words in rows from the top left of `box`; rows for which there is no height are left out."""
    face, row_height = font(TYPE.tick, 400, theme.scale), float(theme.px(18))
    for row, shown in enumerate(legend_rows(entries, box.width(), theme)):
        top = box.top() + row * row_height
        if row and top + row_height > box.bottom() + 0.5:
            return
        left = box.left()
        for entry in shown:
            mark = float(theme.px(_MARK_WIDTHS.get(entry.mark, 12)))
            place = QRectF(left, top + row_height / 2 - theme.px(6), mark, theme.px(12))
            _paint_entry_mark(painter, place, entry, theme)
            words = place.right() + theme.px(4)
            put_text(painter, QRectF(words, top, box.right() - words, row_height), entry.words, theme.secondary, face)
            left += _entry_width(entry, theme) + theme.px(12)


_MARK_WIDTHS = {"line": 18, "dashed": 18, "thin": 18}


def _entry_width(entry: Entry, theme: Theme) -> float:
    mark = theme.px(_MARK_WIDTHS.get(entry.mark, 12)) + theme.px(4)
    return mark + text_width(entry.words, font(TYPE.tick, 400, theme.scale))


def _paint_entry_mark(painter: QPainter, box: QRectF, entry: Entry, theme: Theme) -> None:
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
    colour, middle = QColor(entry.colour), box.center()
    if entry.mark == "head":
        paint_shape(painter, middle, head_of(entry.kind), colour, theme, 9.0)
    elif entry.mark == "class":
        painter.fillPath(class_path(entry.kind, theme.line(9.0)).translated(middle), colour)
    elif entry.mark in ("line", "dashed", "thin"):
        pen = QPen(colour, theme.line(1.0 if entry.mark == "thin" else 2.0))
        if entry.mark == "dashed":
            pen.setDashPattern([3.0, 2.0])
        pen.setCapStyle(Qt.PenCapStyle.FlatCap)
        painter.setPen(pen)
        painter.drawLine(QPointF(box.left(), middle.y()), QPointF(box.right(), middle.y()))
    elif entry.mark == "ring":
        painter.setPen(QPen(colour, theme.line(1.75)))
        painter.drawEllipse(middle, theme.line(4), theme.line(4))
    elif entry.mark == "wrong":
        painter.setPen(QPen(colour, theme.line(1.25)))
        painter.drawEllipse(middle, theme.line(5), theme.line(5))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(theme.muted))
        painter.drawEllipse(middle, theme.line(2.5), theme.line(2.5))
    elif entry.mark == "dot":
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colour)
        painter.drawEllipse(middle, theme.line(3.5), theme.line(3.5))
    else:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colour)
        side = theme.line(9)
        painter.drawRoundedRect(QRectF(middle.x() - side / 2, middle.y() - side / 2, side, side), 2, 2)
    painter.restore()


def paint_scale_bar(
    painter: QPainter, bar: QRectF, colours: NDArray[np.uint32], ticks: Sequence[tuple[float, str]], theme: Theme
) -> None:
    """A bar of colours from left to right, `ticks` (share of its length, words) written below it, within its ends."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, True)
    painter.drawImage(bar, rgb_image(np.tile(colours, (2, 1))))
    face = font(TYPE.tick, 400, theme.scale)
    metrics = metrics_of(face)
    base, last = bar.bottom() + theme.px(5) + metrics.ascent(), -1e9
    painter.setFont(face)
    ends = {ticks[0][1], ticks[-1][1]} if ticks else set()
    stop = bar.right() - metrics.horizontalAdvance(ticks[-1][1]) if ticks else 0.0
    for share, words in ticks:
        wide, px = metrics.horizontalAdvance(words), bar.left() + share * bar.width()
        left = min(max(px - wide / 2, bar.left()), bar.right() - wide)
        free = left > last + theme.px(6) and (share == 1.0 or left + wide + theme.px(6) < stop)
        if not free and words not in ends:
            continue
        painter.fillRect(QRectF(min(round(px), bar.right() - 1), bar.bottom(), 1, theme.px(3)), QColor(theme.border))
        painter.setPen(QColor(theme.secondary))
        painter.drawText(QPointF(left, base), words)
        last = left + wide
    painter.restore()


def paint_nothing(painter: QPainter, box: QRectF, words: str, theme: Theme) -> None:
    """Says in the middle of an empty picture why it is empty."""
    put_text(painter, box, words, theme.muted, font(TYPE.secondary, 400, theme.scale), "centre")
