"""How sure the model is of its training samples: a histogram of what it says of each class; of numbers, what it
predicts against what is true."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen

from gdsim.draw.chart_parts import put_text, short
from gdsim.draw.fonts import font
from gdsim.draw.learn_colours import class_colour
from gdsim.draw.theme import TYPE, Theme
from gdsim.gui.learn.boundary import target_range
from gdsim.gui.learn.picture import LearnPicture
from gdsim.objectives.network.curves import is_categorical
from gdsim.objectives.network.targets import meaning, scale_of

_BINS = 24
_MOST = 4000  # samples that are looked at
LEAST = 84
"""Pixels of height at scale 1 below which nothing is drawn."""


@dataclass(frozen=True, eq=False)
class Outputs:
    """What a model says of its training samples.

    Attributes:
        title: what the axis across is. low, high: its ends.
        counts: (classes, bins) of classes; None for numbers.
        middle: of two classes, where they part; None else.
        said, true: (m,) of numbers.
        note: a number on it, such as R².
        classes: how many there are.
    """

    title: str
    low: float
    high: float
    counts: NDArray[np.float64] | None = None
    middle: float | None = None
    said: NDArray[np.float64] | None = None
    true: NDArray[np.float64] | None = None
    note: str = ""
    classes: int = 0


def outputs_of(picture: LearnPicture | None) -> Outputs | None:
    """From the part "samples" of a picture; None without it."""
    found: Any = picture.parts.get("samples") if picture is not None else None
    if picture is None or found is None or not found.train.shape[1]:
        return None
    samples, loss = picture.objective.samples, picture.objective.model.loss
    stride = max(1, found.train.shape[1] // _MOST)
    y = samples.y[::stride]
    with np.errstate(all="ignore"):
        said = np.asarray(meaning(loss, found.train[:, ::stride]))
    if not samples.classes:
        return _numbers(samples, said[0], y)
    classes, middle = len(samples.classes), None
    if loss.targets == "one_hot":
        title, low, high = "share of the right class", 0.0, 1.0
        if not is_categorical(loss):
            title = "output of the right class"
        values = said[y.astype(np.intp), np.arange(len(y))]
    else:
        middle, reach = scale_of(loss)
        low, high = middle - reach, middle + reach
        title, values = ("probability" if loss.prediction else "output"), said[0]
    bins = np.clip(((values - low) / (high - low) * _BINS), 0, _BINS - 1)
    counts = np.zeros((classes, _BINS))
    known = np.isfinite(bins)
    places = y[known].astype(np.intp) * counts.shape[1] + bins[known].astype(np.intp)
    counts += np.bincount(places, minlength=counts.size).reshape(counts.shape)
    return Outputs(title, low, high, counts, middle, classes=classes)


def _numbers(samples: Any, said: NDArray[np.float64], true: NDArray[np.float64]) -> Outputs:
    low, high = target_range(samples)
    with np.errstate(all="ignore"):
        spread = float(((true - true.mean()) ** 2).sum())
        share = 1.0 - float(((true - said) ** 2).sum()) / spread if spread > 0 else float("nan")
    note = f"R² = {short(share)}" if np.isfinite(share) else ""
    return Outputs(f"predicted {samples.target} across, true up", low, high, said=said, true=true, note=note)


def paint_outputs(painter: QPainter, box: QRectF, outputs: Outputs, look: Theme) -> None:
    """Title, picture, the axis' ends below."""
    small, tick = font(TYPE.secondary, 500, look.scale), font(TYPE.tick, 400, look.scale)
    line = float(look.px(16))
    head = QRectF(box.left(), box.top(), box.width(), line)
    put_text(painter, head, "Training samples", look.text, small)
    if outputs.note:
        put_text(painter, head, outputs.note, look.secondary, tick, "right")
    plot = QRectF(box.left(), head.bottom() + look.px(4), box.width(), box.bottom() - head.bottom() - look.px(4) - line)
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
    if outputs.counts is not None:
        _paint_bars(painter, plot, outputs, look)
    elif outputs.said is not None and outputs.true is not None:
        _paint_scatter(painter, plot, outputs, look)
    painter.restore()
    foot = QRectF(box.left(), plot.bottom(), box.width(), line)
    for text, align in ((short(outputs.low), "left"), (outputs.title, "centre"), (short(outputs.high), "right")):
        put_text(painter, foot, text, look.muted, tick, align)


def _paint_bars(painter: QPainter, plot: QRectF, outputs: Outputs, look: Theme) -> None:
    assert outputs.counts is not None
    counts = outputs.counts
    highest = max(float(counts.sum(axis=0).max()), 1.0)
    wide = plot.width() / counts.shape[1]
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
    for k, column in enumerate(counts.T):
        low = plot.bottom()
        for number, count in enumerate(column.tolist()):
            high = count / highest * plot.height()
            if high <= 0:
                continue
            left, right = round(plot.left() + k * wide), round(plot.left() + (k + 1) * wide)
            bar = QRectF(left, low - high, max(right - left - 1, 1), high)
            painter.fillRect(bar, QColor(class_colour(look, number, outputs.classes)))
            low -= high
    painter.fillRect(QRectF(plot.left(), plot.bottom(), plot.width(), 1), QColor(look.border))
    if outputs.middle is not None:
        share = (outputs.middle - outputs.low) / (outputs.high - outputs.low)
        x = plot.left() + share * plot.width()
        pen = QPen(QColor(look.muted), 1.0)
        pen.setDashPattern([3.0, 3.0])
        painter.setPen(pen)
        painter.drawLine(QLineF(x, plot.top(), x, plot.bottom()))


def _paint_scatter(painter: QPainter, plot: QRectF, outputs: Outputs, look: Theme) -> None:
    assert outputs.said is not None
    assert outputs.true is not None
    span = outputs.high - outputs.low
    painter.fillRect(plot, QColor(look.raised))
    painter.setClipRect(plot, Qt.ClipOperation.IntersectClip)
    painter.setPen(QPen(QColor(look.border), look.line(1.0)))
    painter.drawLine(plot.bottomLeft(), plot.topRight())
    painter.setPen(Qt.PenStyle.NoPen)
    dot = QColor(look.accent)
    dot.setAlphaF(0.75 if len(outputs.said) < 400 else 0.4)
    painter.setBrush(dot)
    radius = look.line(2.2)
    for x, y in zip(outputs.said.tolist(), outputs.true.tolist(), strict=True):
        if not np.isfinite(x):
            continue
        px = plot.left() + (x - outputs.low) / span * plot.width()
        py = plot.bottom() - (y - outputs.low) / span * plot.height()
        painter.drawEllipse(QPointF(min(max(px, plot.left()), plot.right()), py), radius, radius)
