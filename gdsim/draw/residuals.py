"""Residuals y - f(x) of a regression with one input: as lines, and as squares of which the loss is the mean.

A square's side is the residual measured along the y axis IN PIXELS, so it is a square on the screen whatever the two
axes' units are; its area in units of y is side^2. Where both axes have equal units it is a square of the plane, too.
"""

from __future__ import annotations

import math
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen

from gdsim.draw.frame import Frame
from gdsim.draw.learn_colours import sign_colour
from gdsim.draw.theme import Theme

Array = NDArray[np.floating]
Residuals = Literal["none", "lines", "squares"]

OUTLYING = 3.5
"""A sample is an outlier if its residual is further than this from the median, in robust standard deviations."""


def outliers(residuals: Array) -> NDArray[np.bool_]:
    """(m,) which residuals (m,) are far from the others: |r - median| > 3.5 * 1.4826 * MAD.

    Source: B. Iglewicz, D. Hoaglin, How to Detect and Handle Outliers, 1993. None of fewer than five, none where more
    than half of all are equal.
    """
    good = np.isfinite(residuals)
    if good.sum() < 5:
        return np.zeros(len(residuals), dtype=bool)
    middle = np.median(residuals[good])
    spread = 1.4826 * np.median(np.abs(residuals[good] - middle))
    if spread <= 0:
        return np.zeros(len(residuals), dtype=bool)
    with np.errstate(all="ignore"):
        return good & (np.abs(residuals - middle) > OUTLYING * spread)


def square_box(frame: Frame, x: float, y: float, predicted: float) -> QRectF:
    """The square of one residual in pixels: one side is the residual's line, it lies on the side that has more room."""
    px, top = frame.pixel(x, max(y, predicted))
    _, bottom = frame.pixel(x, min(y, predicted))
    side = bottom - top
    right = px + side <= frame.left + frame.width or px - frame.left < frame.left + frame.width - px
    return QRectF(px if right else px - side, top, side, side)


def paint_residuals(
    painter: QPainter,
    frame: Frame,
    x: Array,
    y: Array,
    predicted: Array,
    show: Residuals,
    theme: Theme,
    hovered: int | None = None,
) -> None:
    """The residuals of samples (m,) in orange where the model is too high (y - f < 0) and blue where it is too low.

    Outliers are stronger; the square of the hovered sample has an outline in ink.
    """
    if show == "none" or not len(x):
        return
    with np.errstate(all="ignore"):
        residual = np.asarray(y, dtype=np.float64) - predicted
    far = outliers(residual)
    painter.save()
    painter.setClipRect(QRectF(frame.left, frame.top, frame.width, frame.height), Qt.ClipOperation.IntersectClip)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
    order = sorted(range(len(x)), key=lambda k: (k == hovered, bool(far[k])))
    for k in order:
        if not math.isfinite(residual[k]) or not math.isfinite(x[k]):
            continue
        strong = bool(far[k]) or k == hovered
        colour = QColor(sign_colour(theme, float(residual[k])))
        start = QPointF(*_bounded(frame, float(x[k]), float(y[k])))
        end = QPointF(*_bounded(frame, float(x[k]), float(predicted[k])))
        if show == "squares":
            box = square_box(frame, float(x[k]), float(y[k]), float(predicted[k]))
            if box.width() < 1e5:
                _paint_square(painter, box, colour, strong, k == hovered, theme)
        colour.setAlphaF(1.0 if strong else 0.75)
        pen = QPen(colour, theme.line(2.5 if strong else 1.5))
        pen.setCapStyle(Qt.PenCapStyle.FlatCap)
        painter.setPen(pen)
        painter.drawLine(QLineF(start, end))
    painter.restore()


def _bounded(frame: Frame, x: float, y: float) -> tuple[float, float]:
    px, py = frame.pixel(x, y)
    return px, min(max(py, frame.top - 50.0), frame.top + frame.height + 50.0)


def _paint_square(painter: QPainter, box: QRectF, colour: QColor, strong: bool, held: bool, theme: Theme) -> None:
    fill = QColor(colour)
    fill.setAlphaF(0.30 if strong else 0.14)
    painter.fillRect(box, fill)
    edge = QColor(theme.ink if held else colour)
    edge.setAlphaF(1.0 if strong else 0.45)
    painter.setPen(QPen(edge, theme.line(1.75 if held else 1.0)))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawRect(box)
