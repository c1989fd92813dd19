"""The spread of mini-batch gradients over the batch size, and the law that it follows."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QColor, QPainter, QPen

from gdsim.draw.chart_parts import Entry, legend_height, paint_legend, paint_nothing, paint_title
from gdsim.draw.curves import curve_frame, paint_curve_axes, value_axis_width
from gdsim.draw.fonts import font
from gdsim.draw.frame import Frame
from gdsim.draw.gradient_cloud import batch_colour
from gdsim.draw.qt_arrays import polygon
from gdsim.draw.series import Span
from gdsim.draw.text import paint_halo_text
from gdsim.draw.theme import MARK, TYPE, Theme
from gdsim.draw.ticks import Tick, log_ticks

Array = NDArray[np.floating]

_FURTHER = 1.0  # decades beyond the dots that the axis goes for the sake of a level


def noise_law(sizes: Array, first: float, size: float, samples: int = 0) -> Array:
    """The spread of gradients of batches of `sizes`, from that of `size` samples, which is `first`.

    first * sqrt(size/B); for batches drawn without replacement from N `samples` times sqrt((N - B)/(N - size)), which
    is 0 for B = N. Source: W. Cochran, Sampling Techniques, 3rd ed., 1977, section 2.4.
    """
    law = first * np.sqrt(size / np.asarray(sizes, dtype=np.float64))
    if samples > size:
        law = law * np.sqrt(np.maximum(samples - sizes, 0.0) / (samples - size))
    return law


def _ticks(low: float, high: float, count: float) -> list[Tick]:
    return [Tick(math.log10(tick.value), tick.label) for tick in log_ticks(10.0**low, 10.0**high, count)]


def paint_noise_law(
    painter: QPainter, box: QRectF, sizes: Sequence[int], spread: Array, theme: Theme, samples: int = 0,
    marked: Sequence[int] = (), hovered: int | None = None, title: str = "Gradient noise", sigma: float | None = None,
    level: tuple[float, str] | None = None,
) -> Frame | None:  # fmt: skip
    """Measured spreads as dots over the batch size B, both axes logarithmic; σ/√B dashed, and where batches are drawn
    without replacement a solid line for what that makes of it.

    Args:
        sizes: (m,) rising. spread: (m,) root mean square distance of the batches' gradients from the whole one.
        samples: N, if batches are drawn without replacement.
        marked: sizes that a cloud shows, in its order: their dots have its colours.
        sigma: spread of single samples; None: the lines go through the first dot.
        level: a spread that has a line of its own, and its name.

    Returns the frame, x and y in powers of ten; None where nothing is known.
    """
    entries = [Entry("σ/√B", theme.secondary, "dashed"), Entry("without replacement", theme.secondary, "line")]
    legend = legend_height(entries, box.width(), theme) if samples else 0.0
    paint_title(painter, box, title, "" if samples else "spread over B; dashed σ/√B", theme)
    good = [k for k in range(len(sizes)) if sizes[k] > 0 and math.isfinite(spread[k]) and spread[k] > 0]
    if not good:
        paint_nothing(painter, box, "no batches measured yet", theme)
        return None
    if samples:
        paint_legend(painter, QRectF(box.left(), box.top() + theme.px(22), box.width(), legend), entries, theme)
    b = np.array([sizes[k] for k in good], dtype=np.float64)
    s = np.array([float(spread[k]) for k in good])
    low, high = math.log10(b.min()) - 0.08, math.log10(max(b.max(), 4 * b.min(), samples)) + 0.08
    bottom, top = math.log10(s.min()), math.log10(s.max())
    power = math.log10(level[0]) if level is not None and 0 < level[0] < math.inf else math.nan
    if bottom - _FURTHER < power < top + _FURTHER:
        bottom, top = min(bottom, power), max(top, power)
    pad = 0.08 * (top - bottom) or 0.3
    span = Span((low, high), (bottom - pad, top + pad), True)
    up = _ticks(*span.y, max(2.0, box.height() / theme.px(48)))
    left = value_axis_width(up, theme)
    inner = QRectF(box.left() + left, box.top() + theme.px(28) + legend, max(box.width() - left - theme.px(8), 1.0),
                   max(box.height() - theme.px(50) - legend, 1.0))  # fmt: skip
    frame = curve_frame(span, inner)
    paint_curve_axes(painter, frame, _ticks(low, high, box.width() / theme.px(60)), up, "B", theme)
    painter.save()
    painter.setClipRect(inner.adjusted(-theme.px(8), -theme.px(8), theme.px(8), 0))
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
    begin = (float(s[0]), float(b[0])) if sigma is None else (sigma, 1.0)
    top_size = math.log10(samples) if samples else high - 0.04
    at = np.logspace(low + 0.04, min(high - 0.04, top_size), 240)
    if samples > begin[1]:
        _paint_line(painter, frame, at, noise_law(at, *begin, samples), theme, dashed=False)
    _paint_line(painter, frame, at, noise_law(at, *begin), theme, dashed=True)
    if level is not None and math.isfinite(power):
        _paint_level(painter, frame, power, level[1], theme)
    for place, k in enumerate(good):
        colour = batch_colour(theme, list(marked).index(sizes[k])) if sizes[k] in marked else theme.text
        painter.setPen(QPen(QColor(theme.ink if k == hovered else theme.casing), theme.line(2.0)))
        painter.setBrush(QColor(colour))
        radius = theme.line(6.5 if k == hovered else 4.5)
        painter.drawEllipse(QPointF(*frame.pixel(math.log10(b[place]), math.log10(s[place]))), radius, radius)
    painter.restore()
    return frame


def _paint_line(painter: QPainter, frame: Frame, at: Array, law: Array, theme: Theme, dashed: bool) -> None:
    """A law from the left on, as far down as the frame."""
    with np.errstate(all="ignore"):
        points = frame.pixels(np.column_stack([np.log10(at), np.log10(law)]))
    points = points[np.isfinite(points).all(axis=1) & (points[:, 1] < frame.top + 1.5 * frame.height)]
    pen = QPen(QColor(theme.secondary), theme.line(1.75))
    if dashed:
        pen.setDashPattern([4.0, 3.0])
    painter.setPen(pen)
    painter.drawPolyline(polygon(points))


def _paint_level(painter: QPainter, frame: Frame, power: float, name: str, theme: Theme) -> None:
    """A line across, its name above its left end."""
    py = round(float(frame.down(power)))
    if not frame.top <= py <= frame.top + frame.height:
        return
    painter.fillRect(QRectF(frame.left, py, frame.width, theme.line(1.5)), QColor(theme.ink))
    painter.setFont(font(TYPE.secondary, 600, theme.scale))
    at = QPointF(frame.left + theme.px(6), py - theme.px(9))
    paint_halo_text(painter, at, name, QColor(theme.ink), QColor(theme.surface), theme.line(MARK.halo), align=0.0)
