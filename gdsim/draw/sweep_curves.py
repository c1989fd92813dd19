"""A sweep of one setting: final loss and steps as curves over it, hatched where it diverges, the best one marked."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QFontMetricsF, QPainter, QPen

from gdsim.analysis.sweeps import SweepMap
from gdsim.draw.curves import curve_frame, paint_curve, paint_curve_axes, value_axis_width, value_ticks
from gdsim.draw.fonts import font
from gdsim.draw.frame import Frame
from gdsim.draw.map_parts import axis_ticks
from gdsim.draw.maps import axis_reach, loss_scale
from gdsim.draw.series import Span
from gdsim.draw.theme import TYPE, Theme
from gdsim.engine.swarm import NONFINITE, RUNNING, UNKNOWN

Floats = NDArray[np.float64]


def sweep_lines(sweep: SweepMap, row: int = 0) -> tuple[Floats, Floats, Floats]:
    """(places on the axis, log10 of the loss above the scale's base, steps) of a row; not a number where there is none:
    the loss of what diverges, the steps of what does not arrive, and what is not known yet."""
    places = sweep.x.values()
    if sweep.x.scale == "log":
        places = np.log10(places)
    codes, scale = sweep.codes[row], loss_scale(sweep)
    with np.errstate(all="ignore"):
        loss = np.log10(np.maximum(sweep.loss[row] - scale.base, 10.0**scale.low))
    loss[(codes == NONFINITE) | (codes == UNKNOWN)] = np.nan
    steps = sweep.steps[row].astype(np.float64)
    steps[(codes == NONFINITE) | (codes == RUNNING) | (codes == UNKNOWN)] = np.nan
    return places, loss, steps


def paint_sweep_curves(painter: QPainter, sweep: SweepMap, box: QRectF, theme: Theme) -> tuple[Frame, Frame]:
    """Two plots one above the other, with one axis: the final loss, the steps; returns their frames."""
    places, loss, steps = sweep_lines(sweep)
    known = sweep.codes[0] != UNKNOWN
    places, loss, steps = places[known], loss[known], steps[known]
    gap = theme.px(20)
    upper = QRectF(box.left(), box.top(), box.width(), box.height() * 0.56 - gap)
    lower = QRectF(box.left(), upper.bottom() + gap, box.width(), box.height() - upper.height() - gap)
    scale = loss_scale(sweep)
    x = axis_reach(sweep.x)
    title = "Final loss" if scale.base == 0 else f"Final loss above {scale.base:.5g}"
    loss_span = Span(x, _padded(loss), True)
    steps_span = Span(x, _steps_range(steps), False)
    left = max(
        value_axis_width(value_ticks(span, at.height(), theme), theme)
        for span, at in ((loss_span, upper), (steps_span, lower))
    )
    first = _plot(painter, sweep, upper, title, (places, loss), loss_span, left, theme)
    return first, _plot(painter, sweep, lower, "Steps to arrive", (places, steps), steps_span, left, theme)


def _padded(values: Floats) -> tuple[float, float]:
    finite = values[np.isfinite(values)]
    if not finite.size:
        return (-1.0, 1.0)
    low, high = float(finite.min()), float(np.percentile(finite, 98))
    pad = 0.06 * max(high - low, 0.5)
    return (low - pad, high + pad)


def _steps_range(steps: Floats) -> tuple[float, float]:
    finite = steps[np.isfinite(steps)]
    return (0.0, 1.08 * float(finite.max()) if finite.size and finite.max() > 0 else 1.0)


def _plot(
    painter: QPainter, sweep: SweepMap, box: QRectF, title: str, line: tuple[Floats, Floats], span: Span, left: float,
    theme: Theme,
) -> Frame:  # fmt: skip
    face = font(TYPE.body, 600, theme.scale)
    painter.setFont(face)
    painter.setPen(QColor(theme.text))
    painter.drawText(QPointF(box.left(), box.top() + QFontMetricsF(face).ascent()), title)
    inner = QRectF(
        box.left() + left, box.top() + theme.px(26), box.width() - left - theme.px(6), box.height() - theme.px(50)
    )
    frame = curve_frame(span, inner)
    paint_diverging(painter, sweep, frame, theme)
    across = axis_ticks(span.x, sweep.x.scale == "log", inner.width(), theme.px(90))
    paint_curve_axes(painter, frame, across, value_ticks(span, inner.height(), theme), sweep.x.name, theme)
    x, y = line
    paint_curve(painter, frame, x, y, QColor(theme.accent), theme.line(2.0))
    _dots(painter, frame, x, y, theme)
    if sweep.best is not None:
        _mark(painter, sweep, frame, x, y, theme)
    return frame


def paint_diverging(painter: QPainter, sweep: SweepMap, frame: Frame, theme: Theme, row: int = 0) -> None:
    """Hatches the stretches of the axis where the racer diverges."""
    low, high = axis_reach(sweep.x)
    edges = np.linspace(low, high, sweep.x.count + 1)
    bad = np.concatenate([[False], sweep.codes[row] == NONFINITE, [False]])
    changes = np.flatnonzero(np.diff(bad.astype(np.int8)))
    painter.save()
    painter.setPen(Qt.PenStyle.NoPen)
    for begin, end in zip(changes[0::2], changes[1::2], strict=True):
        left, right = float(frame.across(edges[begin])), float(frame.across(edges[end]))
        at = QRectF(left, frame.top, right - left, frame.height)
        painter.fillRect(at, QColor(theme.raised))
        painter.setBrush(QBrush(QColor(theme.hatch), Qt.BrushStyle.BDiagPattern))
        painter.drawRect(at)
    painter.restore()


def _dots(painter: QPainter, frame: Frame, x: Floats, y: Floats, theme: Theme) -> None:
    """A dot a value where they are few; single values between gaps are seen in any case."""
    finite = np.isfinite(y)
    alone = finite & ~np.roll(finite, 1) & ~np.roll(finite, -1)
    shown = finite if frame.width / max(len(x), 1) >= theme.px(7) else alone
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(theme.accent))
    for px, py in frame.pixels(np.column_stack([x[shown], y[shown]])):
        if frame.contains(px, py, 1):
            painter.drawEllipse(QPointF(px, py), theme.line(2.5), theme.line(2.5))
    painter.restore()


def _mark(painter: QPainter, sweep: SweepMap, frame: Frame, x: Floats, y: Floats, theme: Theme) -> None:
    """A line at the best value, a dot where it meets the curve."""
    assert sweep.best is not None
    value = float(sweep.x.values()[sweep.best[1]])
    place = float(np.log10(value)) if sweep.x.scale == "log" else value
    px = float(frame.across(place))
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
    pen = QPen(QColor(theme.good), theme.line(1.5))
    pen.setDashPattern([4.0, 3.0])
    painter.setPen(pen)
    painter.drawLine(QPointF(px, frame.top), QPointF(px, frame.top + frame.height))
    at = np.flatnonzero(np.isclose(x, place))
    if len(at) and np.isfinite(y[at[0]]):
        py = float(frame.down(y[at[0]]))
        painter.setPen(QPen(QColor(theme.surface), theme.line(2)))
        painter.setBrush(QColor(theme.good))
        painter.drawEllipse(QPointF(px, py), theme.line(5), theme.line(5))
    painter.restore()
