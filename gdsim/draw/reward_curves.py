"""Rewards over episodes, several configurations with their spread: with and without a baseline, for example."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QColor, QPainter, QPen

from gdsim.draw.chart_parts import Entry, legend_height, paint_legend, paint_nothing, paint_title
from gdsim.draw.curves import curve_frame, paint_curve, paint_curve_axes, place_ticks, value_axis_width, value_ticks
from gdsim.draw.frame import Frame
from gdsim.draw.markers import paint_head
from gdsim.draw.qt_arrays import polygon
from gdsim.draw.series import Span
from gdsim.draw.theme import Theme

Array = NDArray[np.floating]


@dataclass(frozen=True, slots=True, eq=False)
class RewardCurve:
    """One configuration: label, racer's number, places (m,), mean rewards (m,), and the band's edges (m,) or None."""

    label: str
    racer: int
    x: Array
    mean: Array
    low: Array | None = None
    high: Array | None = None
    dashed: bool = False


def reward_span(curves: Sequence[RewardCurve], best: float | None = None) -> Span:
    """The ranges that show all means and the middle of the bands, and the best reward there is."""
    parts = [np.asarray(each.mean, dtype=np.float64) for each in curves]
    for each in curves:
        parts += [np.asarray(edge, dtype=np.float64) for edge in (each.low, each.high) if edge is not None]
    values = np.concatenate([*parts, np.array([] if best is None else [best])])
    values = values[np.isfinite(values)]
    x = np.concatenate([np.asarray(each.x, dtype=np.float64) for each in curves]) if curves else np.empty(0)
    x = x[np.isfinite(x)]
    left, right = (float(x.min()), float(x.max())) if x.size else (0.0, 1.0)
    low, high = (float(values.min()), float(values.max())) if values.size else (0.0, 1.0)
    pad = 0.06 * (high - low) or max(abs(high) * 0.1, 1e-9)
    return Span((left, right if right > left else left + 1.0), (low - pad, high + pad), False)


def paint_rewards(
    painter: QPainter, box: QRectF, curves: Sequence[RewardCurve], theme: Theme, best: float | None = None,
    focus: int = 0, cursor: float | None = None, title: str = "Reward", note: str = "", over: str = "episode",
) -> Frame:  # fmt: skip
    """The curves with their bands, the best possible reward as a dashed line, the cursor as an upright one.

    Returns the frame, for the hand.
    """
    entries = [Entry(each.label, theme.racer(each.racer), "head", each.racer) for each in curves]
    entries += [Entry("best possible", theme.secondary, "dashed")] if best is not None else []
    legend = legend_height(entries, box.width(), theme)
    paint_title(painter, box, title, note, theme)
    paint_legend(painter, QRectF(box.left(), box.top() + theme.px(24), box.width(), legend), entries, theme)
    top = theme.px(32) + legend
    span = reward_span(curves, best)
    up = value_ticks(span, box.height() - top - theme.px(22), theme)
    left = value_axis_width(up, theme)
    inner = QRectF(box.left() + left, box.top() + top, max(box.width() - left - theme.px(8), 1.0),
                   max(box.height() - top - theme.px(22), 1.0))  # fmt: skip
    frame = curve_frame(span, inner)
    paint_curve_axes(painter, frame, place_ticks(span, inner.width(), theme), up, over, theme)
    if not curves:
        paint_nothing(painter, inner, "no episode yet", theme)
        return frame
    if best is not None:
        line = np.array(span.x)
        paint_curve(painter, frame, line, np.full(2, best), QColor(theme.secondary), theme.line(1.5), dashed=True)
    order = sorted(curves, key=lambda each: (each.racer == focus, -each.racer))
    for each in order:
        _paint_band(painter, frame, each, theme)
    for each in order:
        width = theme.line(2.5 if each.racer == focus else 2.0)
        paint_curve(painter, frame, np.asarray(each.x), np.asarray(each.mean), QColor(theme.racer(each.racer)), width,
                    each.dashed)  # fmt: skip
        _paint_end(painter, frame, each, theme)
    if cursor is not None:
        px = float(frame.across(cursor))
        if frame.left <= px <= frame.left + frame.width:
            painter.setPen(QPen(QColor(theme.ink), 1))
            painter.drawLine(QPointF(px, frame.top), QPointF(px, frame.top + frame.height))
    return frame


def _paint_band(painter: QPainter, frame: Frame, curve: RewardCurve, theme: Theme) -> None:
    if curve.low is None or curve.high is None or len(curve.x) < 2:
        return
    low, high = np.asarray(curve.low, dtype=np.float64), np.asarray(curve.high, dtype=np.float64)
    good = np.isfinite(low) & np.isfinite(high) & np.isfinite(np.asarray(curve.x, dtype=np.float64))
    if good.sum() < 2:
        return
    x = np.asarray(curve.x)[good]
    edge = np.concatenate([np.column_stack([x, high[good]]), np.column_stack([x, low[good]])[::-1]])
    fill = QColor(theme.racer(curve.racer))
    fill.setAlphaF(0.16)
    painter.save()
    painter.setClipRect(QRectF(frame.left, frame.top, frame.width, frame.height))
    painter.setPen(QColor(0, 0, 0, 0))
    painter.setBrush(fill)
    painter.drawPolygon(polygon(np.clip(frame.pixels(edge), -1e6, 1e6)))
    painter.restore()


def _paint_end(painter: QPainter, frame: Frame, curve: RewardCurve, theme: Theme) -> None:
    good = np.flatnonzero(np.isfinite(curve.mean))
    if not len(good):
        return
    px, py = frame.pixel(float(curve.x[good[-1]]), float(curve.mean[good[-1]]))
    if frame.contains(px, py, 2):
        paint_head(painter, QPointF(px, py), curve.racer, theme, 8.0)
