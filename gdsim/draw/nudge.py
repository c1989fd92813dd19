"""One weight moved a little: the loss along it beside its tangent, and what the slope predicts beside what happens."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPen

from gdsim.draw.chart_parts import put_text, three
from gdsim.draw.fonts import font
from gdsim.draw.learn_colours import sign_colour
from gdsim.draw.text import text_width
from gdsim.draw.theme import TYPE, Theme

Array = NDArray[np.floating]

_ROW = 22
"""Height of a bar's row, pixels at scale 1."""
_LEAST = 40
"""Height below which there is no room for the curve."""


@dataclass(frozen=True, slots=True, eq=False)
class NudgePicture:
    """A weight moved.

    Attributes:
        by: how far; loss, slope: J and dJ/dw where it is now.
        predicted, actual: changes of J.
        along, losses: (m,) moves and J there.
        name: the weight's.
    """

    by: float
    loss: float
    slope: float
    predicted: float
    actual: float
    along: Array
    losses: Array
    name: str = "w"


def paint_nudge(painter: QPainter, box: QRectF, picture: NudgePicture, theme: Theme) -> None:
    """The curve with its tangent above, the two bars below."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
    bars = float(2 * theme.px(_ROW))
    plot = box.adjusted(0, 0, 0, -bars - theme.px(4))
    if plot.height() >= theme.px(_LEAST):
        _paint_plot(painter, plot, picture, theme)
    _paint_bars(painter, QRectF(box.left(), box.bottom() - bars, box.width(), bars), picture, theme)
    painter.restore()


def _paint_bars(painter: QPainter, box: QRectF, picture: NudgePicture, theme: Theme) -> None:
    """Two bars from one zero line, on one scale."""
    face, strong = font(TYPE.secondary, 400, theme.scale), font(TYPE.secondary, 600, theme.scale)
    rows = (("slope predicts", picture.predicted, True), ("really", picture.actual, False))
    words = max(text_width(each, face) for each, _, _ in rows) + theme.px(8)
    numbers = text_width("−8.88·10⁻¹⁰", strong) + theme.px(4)
    track = QRectF(box.left() + words, box.top(), max(box.width() - words - numbers, 10.0), box.height())
    sizes = [abs(value) for _, value, _ in rows if np.isfinite(value)]
    reach = max(sizes, default=0.0) or 1.0
    middle = track.center().x()
    high = box.height() / 2
    for k, (label, value, hollow) in enumerate(rows):
        row = QRectF(box.left(), box.top() + k * high, box.width(), high)
        put_text(painter, QRectF(row.left(), row.top(), words, high), label, theme.secondary, face)
        end = QRectF(row.right() - numbers, row.top(), numbers, high)
        shown = three(value) if value <= 0 or value != value else f"+{three(value)}"
        put_text(painter, end, shown, theme.text, strong, "right")
        share = min(max(value / reach, -1.0), 1.0) if value == value else 0.0
        wide = share * track.width() / 2
        bar = QRectF(min(middle, middle + wide), row.center().y() - theme.px(5), abs(wide), theme.px(10))
        colour = QColor(sign_colour(theme, value))
        painter.setPen(QPen(colour, theme.line(1.5)) if hollow else Qt.PenStyle.NoPen)
        painter.setBrush(Qt.BrushStyle.NoBrush if hollow else colour)
        if abs(wide) > 0.5:
            painter.drawRect(bar.adjusted(0.75, 0.75, -0.75, -0.75) if hollow else bar)
    painter.setPen(QPen(QColor(theme.border), 1))
    painter.drawLine(QPointF(middle, box.top() + theme.px(2)), QPointF(middle, box.bottom() - theme.px(2)))


def _paint_plot(painter: QPainter, box: QRectF, picture: NudgePicture, theme: Theme) -> None:
    """J over the move: the curve, its tangent at 0, and both where the weight has been moved to."""
    face = font(TYPE.tick, 400, theme.scale)
    foot = float(theme.px(16))
    inner = box.adjusted(theme.px(4), theme.px(8), -theme.px(4), -foot)
    tangent = picture.loss + picture.slope * np.asarray(picture.along, dtype=np.float64)
    seen = np.concatenate([np.asarray(picture.losses, dtype=np.float64), tangent])
    seen = seen[np.isfinite(seen)]
    if not seen.size:
        put_text(painter, inner, "J is not finite here", theme.muted, face, "centre")
        return
    low, high = float(seen.min()), float(seen.max())
    if not high > low:
        pad = 0.5 * max(abs(low), 1.0)  # of a huge loss as of a small one
        low, high = low - pad, high + pad
    left, right = float(picture.along[0]), float(picture.along[-1])

    def at(by: float, loss: float) -> QPointF:
        x = inner.left() + (by - left) / (right - left) * inner.width()
        return QPointF(x, inner.bottom() - (loss - low) / (high - low) * inner.height())

    painter.setPen(QPen(QColor(theme.hairline), 1))
    painter.drawLine(inner.bottomLeft(), inner.bottomRight())
    painter.drawLine(QPointF(at(0, low).x(), inner.top()), QPointF(at(0, low).x(), inner.bottom()))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    dashed = QPen(QColor(theme.secondary), theme.line(1.25), Qt.PenStyle.DashLine)
    painter.setPen(dashed)
    painter.drawLine(at(left, float(tangent[0])), at(right, float(tangent[-1])))
    painter.setPen(QPen(QColor(theme.accent), theme.line(2.0)))
    seen_at = [at(float(b), float(j)) for b, j in zip(picture.along, picture.losses, strict=True) if j == j]
    painter.drawPath(_path(seen_at))
    begin = at(0.0, picture.loss)
    told, real = at(picture.by, picture.loss + picture.predicted), at(picture.by, picture.loss + picture.actual)
    painter.setPen(QPen(QColor(theme.warn), theme.line(1.5)))
    if np.isfinite(picture.actual):
        painter.drawLine(told, real)
    painter.setPen(QPen(QColor(theme.surface), theme.line(1.5)))
    painter.setBrush(QColor(theme.text))
    painter.drawEllipse(begin, theme.line(4), theme.line(4))
    painter.setPen(QPen(QColor(theme.secondary), theme.line(1.75)))
    painter.setBrush(QColor(theme.surface))
    painter.drawEllipse(told, theme.line(4), theme.line(4))
    if np.isfinite(picture.actual):
        painter.setPen(QPen(QColor(theme.surface), theme.line(1.5)))
        painter.setBrush(QColor(theme.accent))
        painter.drawEllipse(real, theme.line(4.5), theme.line(4.5))
    below = QRectF(box.left(), inner.bottom() + theme.px(1), box.width(), foot)
    put_text(painter, below, three(left), theme.muted, face)
    put_text(painter, below, f"{picture.name} moved by", theme.muted, face, "centre")
    put_text(painter, below, f"+{three(right)}", theme.muted, face, "right")
    _name_lines(painter, inner, picture, theme)


def _name_lines(painter: QPainter, inner: QRectF, picture: NudgePicture, theme: Theme) -> None:
    """J and its tangent named at the top corners, on the side where the lines run lower."""
    face = font(TYPE.tick, 500, theme.scale)
    falls = picture.slope < 0
    row = QRectF(inner.left(), inner.top() - theme.px(4), inner.width(), theme.px(14))
    words = (("J", theme.accent), ("tangent", theme.secondary))
    wide = sum(text_width(each, face) + theme.px(10) for each, _ in words)
    x = row.right() - wide if falls else row.left() + theme.px(2)
    for each, colour in words:
        x = put_text(painter, QRectF(x, row.top(), wide, row.height()), each, colour, face).right() + theme.px(10)


def _path(points: list[QPointF]) -> QPainterPath:
    path = QPainterPath()
    for k, point in enumerate(points):
        if k:
            path.lineTo(point)
        else:
            path.moveTo(point)
    return path
