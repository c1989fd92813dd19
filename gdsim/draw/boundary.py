"""What a model says over the plane of two inputs: a smooth ground in the classes' colours, the lines between them.

`prepare_signed`, `prepare_classes` and `prepare_number` are pure arrays, for the engine's thread; the rest is painting.
Of 100 x 100 samples on 288 px: preparing 2 ms (ten classes 30), painting 6.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import contourpy
import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPainterPath, QPen

from gdsim.draw.chart_parts import Entry, legend_height, paint_legend, paint_scale_bar, short
from gdsim.draw.fonts import font
from gdsim.draw.frame import Frame, Interval
from gdsim.draw.learn_colours import (
    MISSING,
    SHADES,
    class_colour,
    class_grounds,
    neutral_ground,
    shade_table,
    signed_ground,
    signed_shades,
)
from gdsim.draw.map_colours import hatched
from gdsim.draw.polyline import clipped, simplified, thinned
from gdsim.draw.qt_arrays import polygon, rgb_image
from gdsim.draw.surface import paint_image
from gdsim.draw.text import paint_halo_text
from gdsim.draw.theme import MARK, TYPE, Theme
from gdsim.draw.ticks import linear_ticks

Array = NDArray[np.float64]

_WITHIN = 0.0006  # of the plane's side: so far may a line be from where it lies, for it takes long to draw many points
_FINE = 256  # samples a side to which the scores of several classes are filled in, so that their edges are not steps


@dataclass(frozen=True, slots=True, eq=False)
class Line:
    """A level: its value, whether it is the boundary, and its lines, each (m, 2) in world coordinates."""

    value: float
    boundary: bool
    lines: tuple[Array, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Boundary:
    """A model's output over the plane, made ready to paint.

    Attributes:
        x, y: the ranges that the samples span.
        shade: (ny, nx) uint16; of one output 0 ... SHADES - 1, `MISSING` where it is not finite; of classes the class;
            row 0 is low y.
        sure: (ny, nx) of classes, from 0 (level with another) to 1; None for one output.
        lines: boundary first, then other levels.
        middle, reach: the value of the neutral colour, and how far from it the strongest ones are.
        classes: labels; empty for regression.
    """

    x: Interval
    y: Interval
    shade: NDArray[np.uint16]
    sure: NDArray[np.float32] | None
    lines: tuple[Line, ...]
    middle: float = 0.0
    reach: float = 1.0
    classes: tuple[str, ...] = ()


def prepare_signed(
    values: NDArray[np.floating],
    x: Interval,
    y: Interval,
    classes: Sequence[str] = (),
    middle: float = 0.0,
    reach: float = 1.0,
) -> Boundary:
    """One output over the plane: below `middle` for class 0, above it for class 1.

    Args:
        values: (ny, nx), row 0 at low y: -1 to 1 (middle 0, reach 1), a probability of class 1 (middle 0.5, reach 0.5).
    """
    levels = (middle, middle - 0.5 * reach, middle + 0.5 * reach)
    found = _levels(values, x, y, levels)
    lines = [Line(level, level == middle, each) for level, each in zip(levels, found, strict=True)]
    shade = signed_shades(values, reach, middle)
    return Boundary(x, y, shade, None, tuple(lines), middle, reach, tuple(classes))


def prepare_number(values: NDArray[np.floating], x: Interval, y: Interval, low: float, high: float) -> Boundary:
    """A predicted number over the plane, colours from `low` to `high` (of the targets), with lines at round values."""
    middle, reach = (low + high) / 2, max((high - low) / 2, 1e-300)
    ticks = linear_ticks(low, high, 6.0)
    found = _levels(values, x, y, [tick.value for tick in ticks])
    lines = tuple(Line(tick.value, False, each) for tick, each in zip(ticks, found, strict=True))
    return Boundary(x, y, signed_shades(values, reach, middle), None, lines, middle, reach)


def prepare_classes(scores: NDArray[np.floating], x: Interval, y: Interval, classes: Sequence[str]) -> Boundary:
    """The class with the highest score everywhere, and how sure it is.

    Args:
        scores: (k, ny, nx) probabilities, which sum to 1; row 0 at low y. k may be 1: everything is one class.
    """
    fine = _filled(np.asarray(scores, dtype=np.float64))
    k = len(fine)
    missing = ~np.isfinite(fine).all(axis=0)
    known = np.where(missing, 0.0, fine)
    best = known.argmax(axis=0)
    top = known.max(axis=0)
    sure = np.ones(top.shape) if k < 2 else np.clip((top - 1.0 / k) / (1.0 - 1.0 / k), 0.0, 1.0)
    shade = np.where(missing, MISSING, best).astype(np.uint16)
    lines: list[Array] = []
    if k > 1:
        second = np.partition(known, k - 2, axis=0)[k - 2]
        for index in np.unique(best):
            margin = np.where(best == index, top - second, known[index] - top)
            lines += _levels(np.where(missing, np.nan, margin), x, y, (0.0,))[0]
    return Boundary(x, y, shade, sure.astype(np.float32), (Line(0.0, True, tuple(lines)),), classes=tuple(classes))


def scores_of(labels: NDArray[np.integer], confidence: NDArray[np.floating], classes: int) -> Array:
    """Scores (k, ny, nx) from the winning class and its probability (ny, nx): the others share what is left."""
    rest = (1.0 - confidence) / max(classes - 1, 1)
    scores = np.broadcast_to(rest, (classes, *labels.shape)).copy()
    np.put_along_axis(scores, labels[None].astype(np.intp), np.asarray(confidence, dtype=np.float64)[None], axis=0)
    return scores


def _filled(scores: Array) -> Array:
    """Scores on a grid so fine that the classes' edges are smooth, linear between the given ones."""
    _, ny, nx = scores.shape
    factor = _FINE // max(nx, ny, 1)
    if factor < 2 or min(nx, ny) < 2:
        return scores
    for axis, size in ((1, ny), (2, nx)):
        at = np.linspace(0.0, size - 1.0, (size - 1) * factor + 1)
        low = np.minimum(at.astype(np.intp), size - 2)
        share = (at - low).reshape((-1, 1) if axis == 1 else (1, -1))
        scores = np.take(scores, low, axis=axis) * (1.0 - share) + np.take(scores, low + 1, axis=axis) * share
    return scores


def _levels(
    values: NDArray[np.floating], x: Interval, y: Interval, levels: Sequence[float]
) -> list[tuple[Array, ...]]:
    """The lines of each level, none through what is not finite."""
    ny, nx = values.shape
    z = np.asarray(values, dtype=np.float64)
    finite = np.isfinite(z)
    known = z[finite]
    if ny < 2 or nx < 2 or not known.size or known.min() == known.max():
        return [()] * len(levels)
    masked = z if len(known) == z.size else np.ma.masked_array(z, ~finite)
    generator = contourpy.contour_generator(z=masked, name="serial", line_type="Separate")
    scale = np.array([(x[1] - x[0]) / (nx - 1), (y[1] - y[0]) / (ny - 1)])
    low, high = known.min(), known.max()
    found = []
    for level in levels:
        lines = [line for line in generator.lines(level) if len(line) > 1] if low <= level <= high else []
        found.append(tuple(line * scale + (x[0], y[0]) for line in simplified(lines, _WITHIN * max(nx, ny))))
    return found


def boundary_image(picture: Boundary, theme: Theme, discrete: bool = False) -> QImage:
    """The ground as an image, top row first; `discrete`: without shades, as the decision falls."""
    if picture.sure is None:
        shade = picture.shade[::-1]
        if discrete:
            strong = np.where(shade >= SHADES // 2, SHADES - 1, 0)
            shade = np.where(shade == MISSING, MISSING, strong)
        pixels = shade_table(theme)[shade]
    else:
        pixels = _class_pixels(picture, theme, discrete)
    if (picture.shade == MISSING).any():
        hatched(pixels, picture.shade[::-1] == MISSING, theme)
    return rgb_image(pixels)


def _class_pixels(picture: Boundary, theme: Theme, discrete: bool) -> NDArray[np.uint32]:
    grounds = class_grounds(theme, len(picture.classes))
    neutral = neutral_ground(theme)
    middle = np.array([int(neutral[k : k + 2], 16) for k in (1, 3, 5)], dtype=np.float64)
    index = np.minimum(picture.shade[::-1], max(len(grounds) - 1, 0))
    share = np.ones(index.shape) if discrete or picture.sure is None else 0.12 + 0.88 * picture.sure[::-1]
    rgb = (middle + share[..., None] * (grounds[index] - middle)).round().astype(np.uint32)
    joined = rgb[..., 0] << np.uint32(16) | rgb[..., 1] << np.uint32(8) | rgb[..., 2]
    return np.asarray(np.uint32(0xFF000000) | joined, dtype=np.uint32)


def paint_boundary(
    painter: QPainter,
    frame: Frame,
    picture: Boundary,
    theme: Theme,
    image: QImage | None = None,
    lines: bool = True,
) -> None:
    """The ground and its lines; `image` is the ground's, if it has been made already."""
    box = QRectF(frame.left, frame.top, frame.width, frame.height)
    painter.save()
    painter.setClipRect(box, Qt.ClipOperation.IntersectClip)
    painter.fillRect(box, QColor(neutral_ground(theme)))
    paint_image(painter, frame, image or boundary_image(picture, theme), picture.x, picture.y)
    if lines:
        for line in reversed(picture.lines):
            _paint_line(painter, frame, line, theme)
        if not picture.classes:
            _paint_values(painter, frame, picture.lines, theme)
    painter.restore()


def _path(frame: Frame, line: Line) -> QPainterPath:
    box = (frame.left - 20, frame.top - 20, frame.left + frame.width + 20, frame.top + frame.height + 20)
    path = QPainterPath()
    for piece in line.lines:
        for part in clipped(frame.pixels(piece), box):
            path.addPolygon(polygon(thinned(part, 1.5)))
    return path


def _paint_line(painter: QPainter, frame: Frame, line: Line, theme: Theme) -> None:
    path = _path(frame, line)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    casing, ink = QColor(theme.casing), QColor(theme.ink)
    # Qt draws lines of one pixel thirty times faster than wide ones, and wide opaque ones thrice as fast as others.
    if line.boundary:
        casing.setAlphaF(0.4)
        painter.setPen(QPen(casing, 1.0))
        reach = theme.line(1.2)
        for dx, dy in ((-reach, 0.0), (reach, 0.0), (0.0, -reach), (0.0, reach)):
            painter.drawPath(path.translated(dx, dy))
    else:
        ink.setAlphaF(0.22)
    pen = QPen(ink, theme.line(1.75 if line.boundary else MARK.contour))
    pen.setJoinStyle(Qt.PenJoinStyle.BevelJoin)
    painter.strokePath(path, pen)


def _paint_values(painter: QPainter, frame: Frame, lines: Sequence[Line], theme: Theme) -> None:
    """The numbers on the lines of a regression, each once, where its longest line is furthest from the frame's edge."""
    painter.setFont(font(TYPE.tick, 500, theme.scale))
    ink, halo = QColor(theme.ink), QColor(theme.casing)
    halo.setAlphaF(0.55 if theme.dark else 0.75)
    taken: list[tuple[float, float]] = []
    pad = theme.px(18)
    for line in lines:
        if not line.lines:
            continue
        pixels = frame.pixels(max(line.lines, key=len))
        x, y = pixels[:, 0] - frame.left, pixels[:, 1] - frame.top
        edge = np.minimum(np.minimum(x, frame.width - x), np.minimum(y, frame.height - y))
        for px, py in taken:
            edge = np.minimum(edge, np.hypot(pixels[:, 0] - px, pixels[:, 1] - py) - pad)
        best = int(np.argmax(edge))
        if edge[best] < pad:
            continue
        at = (float(pixels[best, 0]), float(pixels[best, 1]))
        taken.append(at)
        paint_halo_text(painter, QPointF(*at), short(line.value), ink, halo, theme.line(MARK.halo))


def _class_entries(picture: Boundary, theme: Theme) -> list[Entry]:
    return [
        Entry(name, class_colour(theme, k, len(picture.classes)), "class", k) for k, name in enumerate(picture.classes)
    ]


def key_height(picture: Boundary, width: float, theme: Theme) -> float:
    """Pixels that the key needs below a plane of `width`."""
    if len(picture.classes) > 2:
        return legend_height(_class_entries(picture, theme), width, theme)
    return float(theme.px(30))


def paint_key(painter: QPainter, box: QRectF, picture: Boundary, theme: Theme) -> None:
    """What the colours mean: a bar with numbers (or the two classes at its ends), or the classes' marks in rows."""
    if len(picture.classes) > 2:
        paint_legend(painter, box, _class_entries(picture, theme), theme)
        return
    bar = QRectF(box.left(), box.top() + theme.px(4), box.width(), theme.px(7))
    low, high = picture.middle - picture.reach, picture.middle + picture.reach
    if picture.classes:
        names = [*picture.classes, "", ""][:2]
        ticks = [(0.0, f"{short(low)}  {names[0]}"), (0.5, short(picture.middle)), (1.0, f"{names[1]}  {short(high)}")]
    else:
        marks = linear_ticks(low, high, max(2.0, box.width() / theme.px(64)))
        ticks = [((tick.value - low) / (high - low), tick.label) for tick in marks]
    paint_scale_bar(painter, bar, signed_ground(theme), ticks, theme)
