"""What stands beside a basin or sweep map: axes outside the frame, the legend of the attractors, scales, headings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter

from gdsim.analysis.basins import DIVERGED, UNFINISHED, BasinMap
from gdsim.draw.fonts import font
from gdsim.draw.frame import Frame, Interval
from gdsim.draw.map_colours import (
    SHADES,
    hatched,
    kind_shades,
    scale_colours,
    step_shades,
    unfinished_colour,
)
from gdsim.draw.maps import LossScale, StepScale, basin_scale
from gdsim.draw.mathtext import math_setter, paint_math
from gdsim.draw.qt_arrays import rgb_image
from gdsim.draw.text import elided
from gdsim.draw.theme import TYPE, Theme
from gdsim.draw.ticks import Tick, linear_ticks, log_ticks, number_label, power_label

_ROW = 26.0
_UP_SHARE, _ACROSS_SHARE = 0.22, 0.6  # of a picture's and a frame's width, at most, for the axes' names


@dataclass(frozen=True, slots=True)
class Heading:
    """What a map is of.

    Attributes:
        title: of the function. formula: its `Formula`, or None; names: of the coordinates.
        racer: the optimizer and its settings, one line. size: what the map consists of, "256 × 256 starts".
    """

    title: str
    formula: Any
    names: tuple[str, ...]
    racer: str
    size: str


def paint_map_heading(painter: QPainter, heading: Heading, box: QRectF, theme: Theme) -> None:
    """Title, formula and racer, from the top of `box` down; the map's size at the right."""
    small = font(TYPE.secondary, 400, theme.scale)
    face = font(TYPE.key, 600, theme.scale)
    base = box.top() + QFontMetricsF(face).ascent()
    painter.setFont(small)
    painter.setPen(QColor(theme.secondary))
    wide = QFontMetricsF(small).horizontalAdvance(heading.size)
    painter.drawText(QPointF(box.right() - wide, base), heading.size)
    painter.setFont(face)
    painter.setPen(QColor(theme.text))
    painter.drawText(QPointF(box.left(), base), elided(face, heading.title, box.width() - wide - theme.px(24)))
    below = base + theme.px(30)
    if heading.formula is not None:
        names = ", ".join(heading.names[:4])
        picture = math_setter().set_now(heading.formula.latex(f"f({names})"))
        if picture is not None:
            size = min(float(theme.px(TYPE.mathematics)), box.width() / max(picture.width, 1e-9))
            paint_math(painter, picture, QPointF(box.left(), below), size, theme.text)
            below += theme.px(28)
    plain = font(TYPE.body, 400, theme.scale)
    painter.setFont(plain)
    painter.setPen(QColor(theme.secondary))
    painter.drawText(QPointF(box.left(), below), elided(plain, heading.racer, box.width()))


def axis_ticks(interval: Interval, log: bool, pixels: float, apart: float) -> list[Tick]:
    """Marks along an axis, `apart` pixels or more from each other; a logarithmic one is measured in powers of ten."""
    count = max(2.0, pixels / apart)
    low, high = interval
    if not log:
        return linear_ticks(low, high, count)
    return [Tick(float(np.log10(tick.value)), tick.label) for tick in log_ticks(10.0**low, 10.0**high, count)]


def up_name(name: str, width: float, theme: Theme) -> str:
    """The name of the axis up, cut where it would take too much of a picture `width` pixels wide."""
    return elided(_name_face(theme), name, _UP_SHARE * width)


def left_room(up: Sequence[Tick], name: str, theme: Theme) -> float:
    """Pixels that the numbers and the name left of a frame need."""
    metrics = QFontMetricsF(font(TYPE.tick, 400, theme.scale))
    numbers = max((metrics.horizontalAdvance(tick.label) for tick in up), default=0.0)
    named = QFontMetricsF(_name_face(theme)).horizontalAdvance(name)
    return max(numbers + theme.px(14), named + theme.px(16))


def _name_face(theme: Theme) -> QFont:
    return font(TYPE.body, 600, theme.scale)


def paint_outer_axes(
    painter: QPainter, frame: Frame, across: Sequence[Tick], up: Sequence[Tick], names: tuple[str, str], theme: Theme
) -> None:
    """Marks and numbers below and left of the frame, the axes' names at their ends, the frame's outline. The name of
    the axis across is cut where it is too long; the other one is as `up_name` cuts it."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
    right, bottom = frame.left + frame.width, frame.top + frame.height
    face = font(TYPE.tick, 400, theme.scale)
    metrics = QFontMetricsF(face)
    painter.setFont(face)
    mark, ink = QColor(theme.border), QColor(theme.secondary)
    base = bottom + theme.px(8) + metrics.ascent()
    name = _name_face(theme)
    high = QFontMetricsF(name)
    first = elided(name, names[0], _ACROSS_SHARE * frame.width)
    named = high.horizontalAdvance(first)
    painter.setPen(ink)
    for tick in across:
        px = round(float(frame.across(tick.value)))
        long = bool(tick.label)
        painter.fillRect(QRectF(px, bottom, 1, theme.px(5 if long else 3)), mark)
        wide = metrics.horizontalAdvance(tick.label)
        if px + wide / 2 < right - named - theme.px(10):
            painter.drawText(QPointF(px - wide / 2, base), tick.label)
    for tick in up:
        py = round(float(frame.down(tick.value)))
        length = theme.px(5 if tick.label else 3)
        painter.fillRect(QRectF(frame.left - length, py, length, 1), mark)
        wide = metrics.horizontalAdvance(tick.label)
        if py > frame.top + theme.px(18):
            painter.drawText(QPointF(frame.left - theme.px(9) - wide, py + metrics.capHeight() / 2), tick.label)
    painter.setFont(name)
    painter.setPen(QColor(theme.text))
    painter.drawText(QPointF(right - named, base), first)
    painter.drawText(
        QPointF(frame.left - theme.px(9) - high.horizontalAdvance(names[1]), frame.top + high.capHeight()), names[1]
    )
    painter.setPen(QColor(theme.border))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawRect(QRectF(frame.left - 1, frame.top - 1, frame.width + 1, frame.height + 1))
    painter.restore()


def point_words(point: Sequence[float], digits: int = 4) -> str:
    """``(3, 2)``: a point with a few digits, long ones cut."""
    parts = [_trimmed(number_label(float(value), digits)) for value in point[:3]]
    return f"({', '.join(parts)}{', …' if len(point) > 3 else ''})"


def _trimmed(text: str) -> str:
    return text.rstrip("0").rstrip(".") if "." in text and "·" not in text else text


def share_words(count: int, total: int) -> str:
    """``26 %``, ``0.4 %``: a share of the pixels."""
    share = 100.0 * count / max(total, 1)
    if count and share < 0.1:
        return "< 0.1 %"
    return f"{share:.1f} %" if share < 9.95 else f"{share:.0f} %"


def legend_height(basins: BasinMap, theme: Theme, most: int = 12) -> float:
    """Pixels that `paint_basin_legend` needs, with up to `most` attractors named."""
    return (min(len(basins.attractors), most) + (len(basins.attractors) > most) + 2) * theme.px(_ROW) + theme.px(84)


def paint_basin_legend(painter: QPainter, basins: BasinMap, box: QRectF, theme: Theme) -> None:
    """The attractors with colour, point, value and share of the starts; the most frequent ones where there is no room
    for all; then what diverged or did not arrive, and the scale of the steps."""
    row = float(theme.px(_ROW))
    total = int(np.count_nonzero(basins.labels >= UNFINISHED))
    fixed = [(label, basins.count(label)) for label in (DIVERGED, UNFINISHED)]
    fixed = [(label, count) for label, count in fixed if count]
    scale_room = theme.px(64) if basins.attractors else 0
    room = max(1, int((box.height() - row - scale_room) // row) - len(fixed))
    order = sorted(range(len(basins.attractors)), key=lambda k: -basins.attractors[k].count)
    shown = sorted(order if len(order) <= room else order[: max(room - 1, 1)])
    _legend_titles(painter, box, theme)
    y = box.top() + row
    shades = kind_shades(theme, max(len(basins.attractors), 1))
    for kind in shown:
        attractor = basins.attractors[kind]
        words = point_words(attractor.point.tolist())
        if attractor.kind != "minimum":
            words = f"{words}  {attractor.kind}"
        swatch = rgb_image(np.tile(shades[kind, : SHADES // 2], (2, 1)))
        value = _trimmed(number_label(attractor.value, 4))
        _legend_row(painter, QRectF(box.left(), y, box.width(), row), swatch, words, value,
                    share_words(attractor.count, total), theme)  # fmt: skip
        y += row
    if len(shown) < len(order):
        rest = sum(basins.attractors[k].count for k in order if k not in shown)
        words = f"and {len(order) - len(shown)} more"
        _legend_row(painter, QRectF(box.left(), y, box.width(), row), None, words, "", share_words(rest, total), theme)
        y += row
    for label, count in fixed:
        words = "diverges" if label == DIVERGED else "has not arrived at the step limit"
        at = QRectF(box.left(), y, box.width(), row)
        _legend_row(painter, at, swatch_image(label, theme), words, "", share_words(count, total), theme)
        y += row
    if basins.attractors:
        wide = min(box.width(), theme.px(280))
        bar = QRectF(box.left(), y + theme.px(40), wide, theme.px(10))
        paint_step_bar(painter, bar, basin_scale(basins), step_shades(theme), theme)


def _legend_titles(painter: QPainter, box: QRectF, theme: Theme) -> None:
    face = font(TYPE.secondary, 400, theme.scale)
    metrics = QFontMetricsF(face)
    painter.setFont(face)
    painter.setPen(QColor(theme.muted))
    base = box.top() + metrics.ascent()
    painter.drawText(QPointF(box.left() + theme.px(34), base), "ends at")
    for words, right in (("loss", theme.px(84)), ("starts", 0)):
        painter.drawText(QPointF(box.right() - right - metrics.horizontalAdvance(words), base), words)


def swatch_image(label: int, theme: Theme) -> Any:
    """A swatch of what belongs to no attractor: hatched for DIVERGED, else the grey of what has not arrived."""
    pixels = np.full((16, 32), np.uint32(int("ff" + unfinished_colour(theme)[1:], 16)), dtype=np.uint32)
    if label == DIVERGED:
        hatched(pixels, np.ones(pixels.shape, dtype=bool), theme)
    return rgb_image(pixels)


def _legend_row(
    painter: QPainter, box: QRectF, swatch: Any, words: str, value: str, share: str, theme: Theme
) -> None:
    face = font(TYPE.body, 400, theme.scale)
    metrics = QFontMetricsF(face)
    middle = box.center().y()
    base = middle + metrics.capHeight() / 2
    if swatch is not None:
        at = QRectF(box.left(), middle - theme.px(8), theme.px(24), theme.px(16))
        painter.drawImage(at, swatch)
        painter.setPen(QColor(theme.border))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(at)
    painter.setFont(face)
    painter.setPen(QColor(theme.text))
    painter.drawText(QPointF(box.right() - metrics.horizontalAdvance(share), base), share)
    right = box.right() - theme.px(84)
    painter.drawText(QPointF(right - metrics.horizontalAdvance(value), base), value)
    left = box.left() + theme.px(34)
    free = right - (metrics.horizontalAdvance(value) + theme.px(12) if value else 0.0) - left
    painter.drawText(QPointF(left, base), elided(face, words, free))


def paint_step_bar(painter: QPainter, box: QRectF, scale: StepScale, colours: Any, theme: Theme) -> None:
    """A bar of shades from few steps to many, the numbers below, its name above."""
    ticks = []
    for share in (0.0, 0.5, 1.0):
        text = f"{scale.step(share):,}"
        ticks.append((share, {0.0: f"≤ {text}", 1.0: f"≥ {text}"}.get(share, text)))
    _paint_bar(painter, box, colours, "steps to arrive", ticks, theme)


def paint_loss_bar(painter: QPainter, box: QRectF, scale: LossScale, theme: Theme) -> None:
    """A bar of the sweep's colours from low to high, decades below, its name above."""
    name = "final loss" if scale.base == 0 else f"final loss above {number_label(scale.base, 4)}"
    stride = max(1, round((scale.high - scale.low) / 4))
    powers = range(int(np.ceil(scale.low)), int(np.floor(scale.high)) + 1, stride)
    span = scale.high - scale.low
    ticks = [((power - scale.low) / span, power_label(10.0**power)) for power in powers]
    if len(ticks) < 2:
        ticks = [(share, number_label(10.0 ** (scale.low + share * span), 3)) for share in (0.0, 1.0)]
    _paint_bar(painter, box, scale_colours(theme), name, ticks, theme)


def _paint_bar(
    painter: QPainter, box: QRectF, colours: Any, name: str, ticks: Sequence[tuple[float, str]], theme: Theme
) -> None:
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, True)
    painter.drawImage(box, rgb_image(np.tile(np.asarray(colours), (2, 1))))
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
    painter.setPen(QColor(theme.border))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawRect(box)
    face = font(TYPE.tick, 400, theme.scale)
    metrics = QFontMetricsF(face)
    painter.setFont(face)
    painter.setPen(QColor(theme.secondary))
    painter.drawText(QPointF(box.left(), box.top() - theme.px(7)), name)
    base = box.bottom() + theme.px(7) + metrics.ascent()
    for share, label in ticks:
        wide = metrics.horizontalAdvance(label)
        px = box.left() + share * box.width()
        painter.fillRect(QRectF(round(px), box.bottom(), 1, theme.px(4)), QColor(theme.border))
        left = min(max(px - wide / 2, box.left()), box.right() - wide)
        painter.drawText(QPointF(left, base), label)
    painter.restore()
