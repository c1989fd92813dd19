"""The parts of a run's picture beside the map: heading, losses, the table of racers."""

from __future__ import annotations

from typing import Any

import numpy as np
from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QColor, QFontMetricsF, QPainter

from gdsim.draw.curves import (
    curve_frame,
    paint_curve,
    paint_curve_axes,
    place_ticks,
    value_axis_width,
    value_ticks,
)
from gdsim.draw.fonts import font
from gdsim.draw.markers import paint_head
from gdsim.draw.mathtext import math_setter, paint_math
from gdsim.draw.series import RowDigest, plotted, span_of
from gdsim.draw.text import elided
from gdsim.draw.theme import TYPE, Theme
from gdsim.draw.ticks import number_label


def visible_racers(history: Any) -> list[int]:
    racers = history.spec.racers
    return [k for k, trace in enumerate(history.traces) if racers[k].visible and trace.published]


def paint_heading(painter: QPainter, history: Any, step: int, box: QRectF, theme: Theme) -> None:
    painter.setPen(QColor(theme.text))
    face = font(TYPE.key, 600, theme.scale)
    painter.setFont(face)
    base = box.top() + QFontMetricsF(face).ascent()
    painter.drawText(QPointF(box.left(), base), elided(face, title_of(history), box.width() * 0.7))
    formula = getattr(history.objective, "formula", None)
    names = ", ".join(history.objective.coordinates[:4])
    picture = math_setter().set_now(formula.latex(f"f({names})")) if formula is not None else None
    below = base + theme.px(30)
    if picture is not None:
        size = min(float(theme.px(TYPE.mathematics)), box.width() / max(picture.width, 1e-9))
        paint_math(painter, picture, QPointF(box.left(), below), size, theme.text)
    else:
        plain = font(TYPE.body, 400, theme.scale)
        painter.setFont(plain)
        painter.drawText(QPointF(box.left(), below), elided(plain, history.spec.problem.formula, box.width()))
    words = f"step {step}"
    if history.objective.n > 2:
        words = f"{history.objective.n} dimensions, a slice · {words}"
    small = font(TYPE.secondary, 400, theme.scale)
    painter.setFont(small)
    painter.setPen(QColor(theme.secondary))
    painter.drawText(QPointF(box.right() - QFontMetricsF(small).horizontalAdvance(words), base), words)


def paint_losses(painter: QPainter, history: Any, step: int, selected: int, box: QRectF, theme: Theme) -> None:
    curves = {}
    for k in visible_racers(history):
        trace = history.traces[k]
        curves[k] = RowDigest("loss").curve(trace, min(trace.published, step + 1))
    lowest = min((float(np.nanmin(y)) for _, y in curves.values() if np.isfinite(y).any()), default=1.0)
    log = lowest > 0
    span = span_of(curves.values(), log)
    title = font(TYPE.body, 600, theme.scale)
    painter.setFont(title)
    painter.setPen(QColor(theme.text))
    painter.drawText(QPointF(box.left(), box.top() + QFontMetricsF(title).ascent()), "Loss")
    up = value_ticks(span, box.height() - theme.px(52), theme)
    left = value_axis_width(up, theme)
    inner = QRectF(
        box.left() + left, box.top() + theme.px(28), box.width() - left - theme.px(8), box.height() - theme.px(56)
    )
    frame = curve_frame(span, inner)
    paint_curve_axes(painter, frame, place_ticks(span, inner.width(), theme), up, "step", theme)
    for k in sorted(curves, key=lambda each: (each == selected, -each)):
        x, y = curves[k]
        paint_curve(painter, frame, x, plotted(y, log), QColor(theme.racer(k)), theme.line(2.0))
        height = plotted(y[-1:], log)[0] if len(y) else np.nan
        px, py = frame.pixel(float(x[-1]) if len(x) else 0.0, float(height))
        if np.isfinite(py) and frame.contains(px, py, 3):
            paint_head(painter, QPointF(px, py), k, theme, 8.0)


def paint_racers(painter: QPainter, history: Any, step: int, box: QRectF, theme: Theme) -> None:
    shown = list(range(len(history.traces)))
    row = min(float(theme.px(30)), box.height() / max(1, min(len(shown), 12)))
    name, small = font(TYPE.body, 600, theme.scale), font(TYPE.secondary, 400, theme.scale)
    metrics = QFontMetricsF(small)
    for place, k in enumerate(shown[:12]):
        trace, middle = history.traces[k], box.top() + (place + 0.5) * row
        if not trace.published:
            continue
        last = min(step, trace.published - 1)
        paint_head(painter, QPointF(box.left() + theme.px(9), middle), k, theme, 12.0)
        painter.setFont(name)
        painter.setPen(QColor(theme.text))
        label = elided(name, history.labels[k], box.width() * 0.3)
        base = middle + metrics.capHeight() / 2
        painter.drawText(QPointF(box.left() + theme.px(24), base), label)
        ended = last == trace.published - 1 and trace.status.finished
        status = trace.status.value if ended else f"step {last}"
        loss = number_label(float(trace.column("loss", last, last + 1)[0]))
        painter.setFont(small)
        painter.drawText(QPointF(box.right() - theme.px(68), base), status)
        right = box.right() - theme.px(84) - metrics.horizontalAdvance(loss)
        painter.drawText(QPointF(right, base), loss)
        left = box.left() + theme.px(34) + QFontMetricsF(name).horizontalAdvance(label)
        painter.setPen(QColor(theme.secondary))
        painter.drawText(
            QPointF(left, base), elided(small, settings_words(history.spec.racers[k]), right - left - theme.px(12))
        )
    if len(shown) > 12:
        painter.setPen(QColor(theme.secondary))
        painter.drawText(QPointF(box.left(), box.bottom()), f"and {len(shown) - 12} more")


def settings_words(racer: Any) -> str:
    """A racer's hyper-parameters in a line."""
    parts = []
    for name, value in racer.hyper.items():
        if isinstance(value, tuple):
            parts.append(f"{name} " + ":".join(f"{each:g}" for each in value))
        elif value or name == "lr":
            parts.append(f"{name} {value:g}")
    return "  ".join(parts)


def title_of(history: Any) -> str:
    problem = history.spec.problem
    return problem.title or problem.name or "Gradient descent"
