"""The spread of mini-batch gradients over the batch size, and the law that it follows."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QColor, QPainter, QPen

from gdsim.draw.chart_parts import paint_nothing, paint_title
from gdsim.draw.curves import curve_frame, paint_curve_axes, value_axis_width
from gdsim.draw.gradient_cloud import batch_colour
from gdsim.draw.qt_arrays import polygon
from gdsim.draw.series import Span
from gdsim.draw.theme import Theme
from gdsim.draw.ticks import Tick, log_ticks

Array = NDArray[np.floating]


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
    marked: Sequence[int] = (), hovered: int | None = None, title: str = "Gradient noise",
) -> None:  # fmt: skip
    """Measured spreads as dots over the batch size B, both axes logarithmic, and the law through the first of them.

    Args:
        sizes: (m,) rising. spread: (m,) root mean square distance of the batches' gradients from the whole one.
        samples: N, if batches are drawn without replacement.
        marked: sizes that a cloud shows, in its order: their dots have its colours.
    """
    paint_title(painter, box, title, "spread over B; dashed σ/√B", theme)
    good = [k for k in range(len(sizes)) if sizes[k] > 0 and math.isfinite(spread[k]) and spread[k] > 0]
    if not good:
        paint_nothing(painter, box, "no batches measured yet", theme)
        return
    b = np.array([sizes[k] for k in good], dtype=np.float64)
    s = np.array([float(spread[k]) for k in good])
    low, high = math.log10(b.min()) - 0.08, math.log10(max(b.max(), 4 * b.min())) + 0.08
    bottom, top = math.log10(s.min()), math.log10(s.max())
    pad = 0.08 * (top - bottom) or 0.3
    span = Span((low, high), (bottom - pad, top + pad), True)
    up = _ticks(*span.y, max(2.0, box.height() / theme.px(48)))
    left = value_axis_width(up, theme)
    inner = QRectF(box.left() + left, box.top() + theme.px(28), max(box.width() - left - theme.px(8), 1.0),
                   max(box.height() - theme.px(50), 1.0))  # fmt: skip
    frame = curve_frame(span, inner)
    paint_curve_axes(painter, frame, _ticks(low, high, box.width() / theme.px(60)), up, "B", theme)
    painter.save()
    painter.setClipRect(inner.adjusted(-theme.px(8), -theme.px(8), theme.px(8), 0))
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
    at = np.logspace(low + 0.04, high - 0.04, 160)
    law = noise_law(at, float(s[0]), float(b[0]), samples)
    seen = law > 10.0 ** (bottom - 2 * pad)
    pen = QPen(QColor(theme.secondary), theme.line(1.75))
    pen.setDashPattern([4.0, 3.0])
    painter.setPen(pen)
    painter.drawPolyline(polygon(frame.pixels(np.column_stack([np.log10(at[seen]), np.log10(law[seen])]))))
    for place, k in enumerate(good):
        colour = batch_colour(theme, list(marked).index(sizes[k])) if sizes[k] in marked else theme.text
        painter.setPen(QPen(QColor(theme.ink if k == hovered else theme.casing), theme.line(2.0)))
        painter.setBrush(QColor(colour))
        radius = theme.line(6.5 if k == hovered else 4.5)
        painter.drawEllipse(QPointF(*frame.pixel(math.log10(b[place]), math.log10(s[place]))), radius, radius)
    painter.restore()
