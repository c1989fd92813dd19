"""The gradient of every layer of a deep network, a row each: its size at one step as a bar, at all steps as colours."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QPainter

from gdsim.analysis.vanishing import Fading
from gdsim.draw.chart_parts import Entry, paint_legend, paint_title, put_text, three
from gdsim.draw.curves import curve_frame, paint_curve, paint_curve_axes, place_ticks, value_axis_width, value_ticks
from gdsim.draw.fonts import font
from gdsim.draw.frame import Frame
from gdsim.draw.layer_bars import bar_length
from gdsim.draw.map_colours import colour_number, scale_colours
from gdsim.draw.qt_arrays import rgb_image
from gdsim.draw.series import plotted, span_of
from gdsim.draw.text import text_width
from gdsim.draw.theme import TYPE, Theme
from gdsim.draw.ticks import decade_label, linear_ticks

Array = NDArray[np.float64]

COLOURS = (6, 3)
"""Racers' colours for the two networks: those that a race of a few racers does not have."""
_DECADES = 14  # shown at most
_WINDOW = 20
_SHADES = 256
_FOOT = 18.0


def norm_span(shown: Sequence[Fading]) -> tuple[float, float]:
    """Whole decades (powers of ten) around the gradients of all layers at all steps, 14 at most."""
    values = np.concatenate([each.norms.ravel() for each in shown]) if shown else np.empty(0)
    values = values[np.isfinite(values) & (values > 0)]
    if not values.size:
        return (-3.0, 0.0)
    high = math.ceil(math.log10(float(np.percentile(values, 99.5))) + 1e-9)
    low = max(math.floor(math.log10(float(np.percentile(values, 0.5))) - 1e-9), high - _DECADES)
    return (float(min(low, high - 2)), float(high))


def norm_colours(norms: Array, span: tuple[float, float], theme: Theme) -> NDArray[np.uint32]:
    """Norms (rows, layers) as colours 0xffRRGGBB (layers, rows): what has vanished sinks into the ground; zeros and
    what is not finite have the colour of hatching."""
    table = np.append(scale_colours(theme, _SHADES)[::-1], colour_number(theme.hatch))
    with np.errstate(all="ignore"):
        share = (np.log10(norms) - span[0]) / (span[1] - span[0])
    place = np.full(norms.shape, _SHADES)
    known = np.isfinite(norms) & (norms > 0)
    place[known] = np.rint(np.clip(share[known], 0.0, 1.0) * (_SHADES - 1)).astype(np.intp)
    return np.ascontiguousarray(table[place].T)


def depth_frames(box: QRectF, layers: int, steps: int, span: tuple[float, float], theme: Theme) -> tuple[Frame, Frame]:
    """Where the bars lie (x in powers of ten) and where the colours (x in steps); y is 0 at the top, `layers` below."""
    left = box.left() + theme.px(30)
    high = max(box.height() - theme.px(_FOOT), 8.0)
    values = theme.px(46)  # beside the longest bar
    bars = round(0.38 * (box.width() - theme.px(30)))
    place = left + bars + theme.px(12)
    rows = (float(layers), 0.0)
    return (
        Frame(span, rows, max(bars - values, 8.0), high, left, box.top()),
        Frame((0.0, float(max(steps - 1, 1))), rows, max(box.right() - place, 8.0), high, place, box.top()),
    )


def paint_depth(
    painter: QPainter, box: QRectF, shown: Fading, step: int, span: tuple[float, float], number: int, theme: Theme
) -> Frame:
    """Layers from the inputs down to the outputs: bars at `step` on the logarithmic axis `span`, all steps beside them.

    Returns the frame of the colours, x in steps.
    """
    rows, layers = shown.norms.shape
    bars, heat = depth_frames(box, layers, rows, span, theme)
    step = min(max(step, 0), rows - 1)
    face = font(TYPE.tick, 400, theme.scale)
    _paint_decades(painter, bars, span, theme)
    row = bars.height / layers
    stride = max(1, math.ceil(theme.px(12) / row))
    for layer in range(layers):
        top = bars.top + layer * row
        last = layer == layers - 1
        if last or (layer % stride == 0 and (layers - 1 - layer) >= stride):
            room = QRectF(box.left(), top + row / 2 - theme.px(8), theme.px(24), theme.px(16))
            put_text(painter, room, "out" if last else str(layer + 1), theme.secondary, face, "right")
        value = float(shown.norms[step, layer])
        thick = max(min(0.72 * row, float(theme.px(14))), 1.0)
        bar = QRectF(bars.left, top + (row - thick) / 2, bar_length(value, span, bars.width), thick)
        painter.fillRect(bar, QColor(theme.racer(COLOURS[number])))
        if last or layer == 0 or row >= theme.px(13):
            room = QRectF(bar.right() + theme.px(4), top + row / 2 - theme.px(8), theme.px(60), theme.px(16))
            put_text(painter, room, three(value), theme.text, face)
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, False)
    colours = rgb_image(norm_colours(shown.norms, span, theme))
    painter.drawImage(QRectF(heat.left, heat.top, heat.width, heat.height), colours)
    painter.restore()
    _paint_steps(painter, heat, theme)
    at = round(float(heat.across(step)))
    painter.fillRect(QRectF(min(at, heat.left + heat.width - 1), heat.top - 2, 1, heat.height + 4), QColor(theme.ink))
    return heat


def _paint_decades(painter: QPainter, bars: Frame, span: tuple[float, float], theme: Theme) -> None:
    low, high = int(span[0]), int(span[1])
    face = font(TYPE.tick, 400, theme.scale)
    widest = max(text_width(decade_label(power), face) for power in (low, high)) + theme.px(8)
    stride = max(1, math.ceil((high - low) * widest / max(bars.width, 1.0)))
    for power in range(low, high + 1):
        px = round(float(bars.across(power)))
        painter.fillRect(QRectF(px, bars.top, 1, bars.height), QColor(theme.hairline))
        if (high - power) % stride == 0:
            room = QRectF(px - widest / 2, bars.top + bars.height + theme.px(2), widest, theme.px(14))
            put_text(painter, room, decade_label(power), theme.muted, face, "centre")


def _paint_steps(painter: QPainter, heat: Frame, theme: Theme) -> None:
    face = font(TYPE.tick, 400, theme.scale)
    top, right = heat.top + heat.height, heat.left + heat.width
    wide = text_width("step", face) + theme.px(10)
    put_text(painter, QRectF(right - wide, top + theme.px(2), wide, theme.px(14)), "step", theme.muted, face, "right")
    for tick in linear_ticks(*heat.x, max(2.0, heat.width / theme.px(72))):
        px = float(heat.across(tick.value))
        painter.fillRect(QRectF(min(round(px), right - 1), top, 1, theme.px(3)), QColor(theme.border))
        half = text_width(tick.label, face) / 2
        if px + half < right - wide and tick.value == round(tick.value):
            room = QRectF(max(px - half, heat.left), top + theme.px(2), 2 * half + 1, theme.px(14))
            put_text(painter, room, tick.label, theme.secondary, face)


def paint_depth_scale(painter: QPainter, box: QRectF, span: tuple[float, float], theme: Theme) -> None:
    """What the colours mean: a bar between the numbers at its ends, from the right end of `box`."""
    face = font(TYPE.tick, 400, theme.scale)
    low, high = decade_label(int(span[0])), decade_label(int(span[1]))
    wide = text_width(high, face)
    put_text(painter, box, high, theme.secondary, face, "right")
    bar = QRectF(box.right() - wide - theme.px(86), box.center().y() - theme.px(4), theme.px(80), theme.px(8))
    painter.drawImage(bar, rgb_image(np.tile(scale_colours(theme, _SHADES)[::-1], (2, 1))))
    rest = QRectF(box.left(), box.top(), bar.left() - theme.px(6) - box.left(), box.height())
    words = f"|gradient|  {low}"
    put_text(painter, rest, words if text_width(words, face) <= rest.width() else low, theme.secondary, face, "right")


def smooth(values: Array) -> Array:
    """Mean of the last 20 values at each place, of as many as there are at the beginning."""
    sums = np.concatenate([[0.0], np.cumsum(values)])
    ends = np.arange(1, len(values) + 1)
    begins = np.maximum(ends - _WINDOW, 0)
    with np.errstate(all="ignore"):
        return np.asarray((sums[ends] - sums[begins]) / (ends - begins))


def paint_two_losses(
    painter: QPainter, box: QRectF, shown: Sequence[Fading], step: int, names: Sequence[str], theme: Theme
) -> Frame:
    """The loss of both networks while they train: batch by batch, faint, and the mean of the last 20 batches."""
    colours = [theme.racer(each) for each in COLOURS]
    title = paint_title(painter, box, "Loss", "", theme)
    entries = [Entry(name, colour, "line") for name, colour in zip(names, colours, strict=True)]
    row = QRectF(box.left() + theme.px(48), box.top() + theme.px(1), box.width() - theme.px(48), theme.px(18))
    paint_legend(painter, row, entries, theme)
    steps = [each.steps.astype(np.float64) for each in shown]
    means = [smooth(each.losses) for each in shown]
    log = all(bool((mean[np.isfinite(mean)] > 0).all()) for mean in means)
    span = span_of(zip(steps, means, strict=True), log)
    up = value_ticks(span, box.height() - title - theme.px(20), theme)
    left = max(value_axis_width(up, theme), float(theme.px(36)))
    inner = box.adjusted(left, title, -theme.px(2), -theme.px(20))
    frame = curve_frame(span, inner)
    paint_curve_axes(painter, frame, place_ticks(span, inner.width(), theme), up, "step", theme)
    painter.save()
    painter.setClipRect(inner, Qt.ClipOperation.IntersectClip)
    for each, x, colour in zip(shown, steps, colours, strict=True):
        faint = QColor(colour)
        faint.setAlphaF(0.25)
        paint_curve(painter, frame, x, plotted(each.losses, log), faint, theme.line(1.0))
    for x, mean, colour in zip(steps, means, colours, strict=True):
        paint_curve(painter, frame, x, plotted(mean, log), QColor(colour), theme.line(2.0))
    painter.restore()
    at = round(float(frame.across(step)))
    painter.fillRect(QRectF(min(at, inner.right() - 1), frame.top, 1, frame.height), QColor(theme.secondary))
    return frame
