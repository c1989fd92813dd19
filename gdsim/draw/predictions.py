"""Predicted numbers against true ones: on the diagonal they are right."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen

from gdsim.draw.chart_parts import Entry, legend_height, paint_legend, paint_nothing, paint_title
from gdsim.draw.frame import Frame
from gdsim.draw.plane_axes import foot_room, paint_plane_axes, paint_plane_grid, plane_frame
from gdsim.draw.theme import Theme

Array = NDArray[np.floating]


@dataclass(frozen=True, slots=True, eq=False)
class Predictions:
    """truth, predicted (m,) of `what`: "train" is filled, "test" hollow."""

    truth: Array
    predicted: Array
    what: str = "train"


def shared_range(sets: Sequence[Predictions]) -> tuple[float, float]:
    """The range that shows all true numbers, and predictions as far as half of that range beyond it."""
    truth = [np.asarray(each.truth, dtype=np.float64) for each in sets]
    known = np.concatenate(truth) if truth else np.empty(0)
    known = known[np.isfinite(known)]
    if not known.size:
        return (-1.0, 1.0)
    low, high = float(known.min()), float(known.max())
    reach = 0.5 * (high - low) or 1.0
    said = np.concatenate([np.asarray(each.predicted, dtype=np.float64) for each in sets])
    said = said[np.isfinite(said) & (said >= low - reach) & (said <= high + reach)]
    if said.size:
        low, high = min(low, float(said.min())), max(high, float(said.max()))
    pad = 0.06 * (high - low) or 1.0
    return (low - pad, high + pad)


def paint_predictions(
    painter: QPainter, box: QRectF, sets: Sequence[Predictions], colour: str, theme: Theme, title: str, note: str = "",
    name: str = "y",
) -> Frame:  # fmt: skip
    """The scatter in `box`, true numbers across, predicted ones up, both on one scale; returns the frame."""
    used = paint_title(painter, box, title, note, theme)
    entries = [Entry(each.what, colour, "ring" if each.what == "test" else "dot") for each in sets]
    foot = legend_height(entries, box.width(), theme)
    span = shared_range(sets)
    frame = plane_frame(box, span, span, "predicted", theme, used, foot + theme.px(4), True, False)
    inner = QRectF(frame.left, frame.top, frame.width, frame.height)
    if not any(len(each.truth) for each in sets):
        paint_nothing(painter, inner, "no samples", theme)
        return frame
    painter.save()
    painter.setClipRect(inner, Qt.ClipOperation.IntersectClip)
    paint_plane_grid(painter, frame, theme)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
    pen = QPen(QColor(theme.secondary), theme.line(1.5))
    pen.setDashPattern([4.0, 3.0])
    painter.setPen(pen)
    painter.drawLine(QPointF(*frame.pixel(span[0], span[0])), QPointF(*frame.pixel(span[1], span[1])))
    for each in sorted(sets, key=lambda each: each.what != "test"):
        _paint_set(painter, frame, each, colour, theme)
    painter.restore()
    paint_plane_axes(painter, frame, (f"true {name}", "predicted"), theme)
    under = QRectF(frame.left, frame.top + frame.height + foot_room(theme) + theme.px(2), frame.width, foot)
    paint_legend(painter, under, entries, theme)
    return frame


def _paint_set(painter: QPainter, frame: Frame, each: Predictions, colour: str, theme: Theme) -> None:
    pixels = frame.pixels(np.column_stack([each.truth, each.predicted]))
    radius = theme.line(3.0 if len(pixels) <= 300 else 2.25)
    hollow = each.what == "test"
    ink = QColor(colour)
    ink.setAlphaF(0.85)
    painter.setPen(QPen(ink, theme.line(1.25)) if hollow else QPen(QColor(theme.casing), theme.line(0.75)))
    painter.setBrush(Qt.BrushStyle.NoBrush if hollow else ink)
    for px, py in pixels[np.isfinite(pixels).all(axis=1)]:
        if frame.contains(px, py, 6):
            painter.drawEllipse(QPointF(px, py), radius, radius)
