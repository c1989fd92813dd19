"""A regression with one input: the samples, each racer's curve, and what is left between curve and samples."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen

from gdsim.draw.chart_parts import (
    Entry,
    kept_inside,
    legend_height,
    paint_legend,
    paint_nothing,
    paint_pill,
    paint_title,
    pill_box,
    short,
    three,
)
from gdsim.draw.fonts import font
from gdsim.draw.frame import Frame
from gdsim.draw.markers import paint_shape
from gdsim.draw.plane_axes import foot_room, paint_plane_axes, paint_plane_grid, plane_frame
from gdsim.draw.polyline import clipped
from gdsim.draw.qt_arrays import polygon
from gdsim.draw.residuals import Residuals, outliers, paint_residuals
from gdsim.draw.theme import MARK, TYPE, Theme, head_of

Array = NDArray[np.floating]


@dataclass(frozen=True, slots=True, eq=False)
class FitCurve:
    """A racer's model: places x (p,), rising, and what it predicts there (p,); `label` for the legend."""

    racer: int
    x: Array
    values: Array
    label: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class FitPicture:
    """A regression at one moment.

    Attributes:
        x, y: (m,) samples.
        test: (m,) which are kept for testing; None: none is.
        curves: of the racers.
        predicted: (m,) what the racer in focus says for each sample; None: no residuals are shown.
        focus: its number.
        names: of the input and the target.
    """

    x: Array
    y: Array
    test: NDArray[np.bool_] | None = None
    curves: tuple[FitCurve, ...] = ()
    predicted: Array | None = None
    focus: int = 0
    names: tuple[str, str] = ("x", "y")


def fit_ranges(x: Array, y: Array) -> tuple[tuple[float, float], tuple[float, float]]:
    """The ranges that show all finite samples with a margin of 8 %."""
    found = []
    for values in (x, y):
        finite = np.asarray(values, dtype=np.float64)
        finite = finite[np.isfinite(finite)]
        low, high = (float(finite.min()), float(finite.max())) if finite.size else (-1.0, 1.0)
        pad = 0.08 * (high - low) or max(1.0, 0.1 * abs(low))
        found.append((low - pad, high + pad))
    return found[0], found[1]


def paint_fit(
    painter: QPainter, frame: Frame, picture: FitPicture, theme: Theme, residuals: Residuals = "lines",
    hovered: int | None = None, test: bool = True,
) -> None:  # fmt: skip
    """Grid, residuals, curves and samples in `frame`; the racer in focus has the thicker line, on top."""
    painter.save()
    box = QRectF(frame.left, frame.top, frame.width, frame.height)
    painter.setClipRect(box, Qt.ClipOperation.IntersectClip)
    paint_plane_grid(painter, frame, theme)
    held = _held_out(picture)
    if picture.predicted is not None:
        teach = ~held
        index = np.flatnonzero(teach)
        at = int(np.searchsorted(index, hovered)) if hovered is not None and hovered in index else None
        taught = (picture.x[teach], picture.y[teach], picture.predicted[teach])
        paint_residuals(painter, frame, *taught, residuals, theme, at)
    for curve in sorted(picture.curves, key=lambda each: (each.racer == picture.focus, -each.racer)):
        _paint_curve(painter, frame, curve, curve.racer == picture.focus, theme)
    _paint_samples(painter, frame, picture, held, theme, test)
    if hovered is not None:
        _paint_hovered(painter, frame, picture, hovered, theme)
    painter.restore()


def _held_out(picture: FitPicture) -> NDArray[np.bool_]:
    if picture.test is None or len(picture.test) != len(picture.x):
        return np.zeros(len(picture.x), dtype=bool)
    return np.asarray(picture.test, dtype=bool)


def _paint_curve(painter: QPainter, frame: Frame, curve: FitCurve, focus: bool, theme: Theme) -> None:
    pixels = frame.pixels(np.column_stack([curve.x, curve.values]))
    box = (frame.left - 10, frame.top - 400, frame.left + frame.width + 10, frame.top + frame.height + 400)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
    casing = QColor(theme.casing)
    casing.setAlphaF(MARK.casing_opacity)
    width = 3.0 if focus else 2.0
    for colour, thick in ((casing, width + 2.5), (QColor(theme.racer(curve.racer)), width)):
        pen = QPen(colour, theme.line(thick))
        pen.setJoinStyle(Qt.PenJoinStyle.BevelJoin)
        painter.setPen(pen)
        for part in clipped(pixels, box):
            for k in range(0, len(part) - 1, 128):
                painter.drawPolyline(polygon(part[k : k + 129]))
    # The head near the right end tells racers apart where colours do not.
    seen = np.isfinite(pixels).all(axis=1)
    seen &= (pixels[:, 0] <= frame.left + frame.width - theme.px(10)) & (pixels[:, 0] >= frame.left)
    seen &= (pixels[:, 1] >= frame.top + 6) & (pixels[:, 1] <= frame.top + frame.height - 6)
    if seen.any():
        at = pixels[np.flatnonzero(seen)[-1 - min(2 * curve.racer, int(seen.sum()) - 1)]]
        size = 12.0 if focus else 10.0
        paint_shape(painter, QPointF(*at), head_of(curve.racer), QColor(theme.racer(curve.racer)), theme, size)


def _paint_samples(
    painter: QPainter, frame: Frame, picture: FitPicture, held: NDArray[np.bool_], theme: Theme, test: bool
) -> None:
    pixels = frame.pixels(np.column_stack([picture.x, picture.y]))
    radius = theme.line(3.5 if len(pixels) <= 300 else 2.5)
    far = np.zeros(len(pixels), dtype=bool)
    if picture.predicted is not None:
        with np.errstate(all="ignore"):
            far = outliers(np.asarray(picture.y, dtype=np.float64) - picture.predicted) & ~held
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
    for k in np.flatnonzero(np.isfinite(pixels).all(axis=1)):
        at = QPointF(*pixels[k])
        if not frame.contains(at.x(), at.y(), 6) or (held[k] and not test):
            continue
        painter.setPen(QPen(QColor(theme.casing), theme.line(1.5)))
        if held[k]:
            painter.setBrush(QColor(theme.surface))
            painter.drawEllipse(at, radius + theme.line(1), radius + theme.line(1))
            painter.setPen(QPen(QColor(theme.text), theme.line(1.5)))
            painter.drawEllipse(at, radius - theme.line(0.5), radius - theme.line(0.5))
            continue
        painter.setBrush(QColor(theme.text))
        painter.drawEllipse(at, radius, radius)
        if far[k]:
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(QColor(theme.warn), theme.line(2.0)))
            painter.drawEllipse(at, radius + theme.line(3.5), radius + theme.line(3.5))


def _paint_hovered(painter: QPainter, frame: Frame, picture: FitPicture, index: int, theme: Theme) -> None:
    if not 0 <= index < len(picture.x):
        return
    px, py = frame.pixel(float(picture.x[index]), float(picture.y[index]))
    if not (np.isfinite(px + py) and frame.contains(px, py)):
        return
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(QColor(theme.ink), theme.line(2)))
    painter.drawEllipse(QPointF(px, py), theme.line(6), theme.line(6))
    words = f"y = {short(float(picture.y[index]))}"
    if picture.predicted is not None:
        left = float(picture.y[index] - picture.predicted[index])
        words += f"   r = {three(left)}   r² = {three(left * left)}"
    face = font(TYPE.secondary, 500, theme.scale)
    outer = QRectF(frame.left, frame.top, frame.width, frame.height).adjusted(4, 4, -4, -4)
    box = kept_inside(pill_box(QPointF(px, py - theme.px(20)), words, face, theme), outer)
    if box.contains(QPointF(px, py)):
        box.moveTop(py + theme.px(10))
    paint_pill(painter, box, words, theme.text, theme.raised, face, theme, theme.border)


def paint_fit_view(
    painter: QPainter, box: QRectF, picture: FitPicture, theme: Theme, title: str = "Fit", note: str = "",
    residuals: Residuals = "lines", hovered: int | None = None, equal: bool = False,
) -> Frame:  # fmt: skip
    """The whole picture in `box`; `equal`: one unit of x is as long as one of y. Returns the frame."""
    x, y = fit_ranges(picture.x, picture.y)
    entries = [Entry(curve.label, theme.racer(curve.racer), "head", curve.racer) for curve in picture.curves]
    if _held_out(picture).any():
        entries += [Entry("train", theme.text, "dot"), Entry("test", theme.text, "ring")]
    foot = legend_height(entries, box.width() - theme.px(48), theme)
    frame = plane_frame(box, x, y, picture.names[1], theme, float(theme.px(24)), foot + theme.px(4), equal)
    painter.save()
    painter.setClipRect(box, Qt.ClipOperation.IntersectClip)  # the box may be too small for it all
    paint_title(painter, box, title, note, theme)
    if len(picture.x) == 0:
        paint_nothing(painter, QRectF(frame.left, frame.top, frame.width, frame.height), "no samples yet", theme)
    paint_fit(painter, frame, picture, theme, residuals, hovered)
    paint_plane_axes(painter, frame, picture.names, theme)
    top = frame.top + frame.height + foot_room(theme) + theme.px(2)
    paint_legend(painter, QRectF(frame.left, top, box.right() - frame.left, foot), entries, theme)
    painter.restore()
    return frame
