"""Samples on the plane of two inputs: train and test, class by colour and shape, the wrong ones ringed.

Training samples are filled; test samples are hollow, an outline in their class' colour around the theme's casing.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPaintEngine, QPainter, QPainterPath, QPen

from gdsim.draw.chart_parts import Entry, kept_inside, paint_pill, pill_box, short
from gdsim.draw.class_marks import class_path
from gdsim.draw.fonts import font
from gdsim.draw.frame import Frame
from gdsim.draw.learn_colours import class_colour, signed_marks, signed_shades
from gdsim.draw.map_colours import colour_number, colour_text
from gdsim.draw.theme import TYPE, Theme

Array = NDArray[np.floating]

SIZE = 8.0
"""Of a sample's mark, pixels at scale 1; smaller where there are many."""
_MANY = 400
_BATCH = 64  # marks of one colour in one path: more, and filling slows down with their overlaps
_STAMPED = 40  # marks above which each is a stamp on whole pixels: 5,000 take 10 ms instead of 130, 250 one of 8


@dataclass(frozen=True, slots=True, eq=False)
class DataPoints:
    """Samples to show.

    Attributes:
        points: (m, 2) world coordinates.
        target: (m,) class numbers, or numbers to predict.
        test: (m,) whether a sample is kept for testing; empty: none is.
        predicted: (m,) what the model says, in `target`'s terms; empty: not known. Only classes can be wrong.
        classes: labels of the classes; empty for regression.
        low, high: numbers that have the ends of the colours, for regression.
    """

    points: Array
    target: Array
    test: NDArray[np.bool_] | None = None
    predicted: Array | None = None
    classes: tuple[str, ...] = ()
    low: float = -1.0
    high: float = 1.0

    @property
    def held_out(self) -> NDArray[np.bool_]:
        """(m,) whether a sample is for testing."""
        none = self.test is None or len(self.test) != len(self.points)
        return np.zeros(len(self.points), dtype=bool) if none else np.asarray(self.test, dtype=bool)

    @property
    def wrong(self) -> NDArray[np.bool_]:
        """(m,) whether a sample is put into a wrong class."""
        if not self.classes or self.predicted is None or len(self.predicted) != len(self.points):
            return np.zeros(len(self.points), dtype=bool)
        with np.errstate(all="ignore"):
            return np.isfinite(self.predicted) & (np.rint(self.predicted) != np.rint(self.target))


def mark_size(count: int) -> float:
    """The size of marks, pixels at scale 1, when there are `count` of them."""
    return SIZE if count <= _MANY else max(3.5, SIZE * (_MANY / count) ** 0.33)


def point_colours(data: DataPoints, theme: Theme) -> list[str]:
    """The colour of each sample's mark, ``#RRGGBB``; numbers to predict go from orange to blue."""
    if data.classes:
        numbers = np.nan_to_num(np.rint(data.target), nan=0.0).astype(int)
        palette = [class_colour(theme, k, len(data.classes)) for k in range(max(len(data.classes), 1))]
        return [palette[int(k) % len(palette)] for k in numbers]
    middle, reach = (data.low + data.high) / 2, (data.high - data.low) / 2
    shades = signed_shades(data.target, reach, middle)
    table = np.append(signed_marks(theme), colour_number(theme.hatch))
    return [colour_text(int(number)) for number in table[shades]]


def paint_points(
    painter: QPainter,
    frame: Frame,
    data: DataPoints,
    theme: Theme,
    test: bool = True,
    wrong: bool = True,
    size: float | None = None,
) -> None:
    """All samples in the frame; test samples only if `test`, rings around wrong ones only if `wrong`."""
    pixels = frame.pixels(np.asarray(data.points, dtype=np.float64).reshape(-1, 2))
    held = data.held_out
    seen = _seen(pixels, frame) & (test | ~held)
    if not seen.any():
        return
    side = theme.line(mark_size(int(seen.sum())) if size is None else size)
    colours = point_colours(data, theme)
    kinds = np.nan_to_num(np.rint(data.target), nan=0.0).astype(int) if data.classes else np.zeros(len(pixels), int)
    painter.save()
    painter.setClipRect(QRectF(frame.left, frame.top, frame.width, frame.height), Qt.ClipOperation.IntersectClip)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
    # Test samples first: those that teach lie on top.
    for hollow in (True, False):
        chosen = np.flatnonzero(seen & (held == hollow))
        if len(chosen) > _STAMPED and painter.paintEngine().type() == QPaintEngine.Type.Raster:
            _stamp(painter, pixels, chosen, kinds, colours, side, hollow, theme)
            continue
        for begin in range(0, len(chosen), _BATCH):
            groups: dict[tuple[str, int], list[int]] = {}
            for k in chosen[begin : begin + _BATCH]:
                groups.setdefault((colours[k], int(kinds[k])), []).append(int(k))
            for (colour, kind), members in groups.items():
                _paint_batch(painter, pixels[members], kind, colour, side, hollow, theme)
    if wrong:
        _ring_wrong(painter, pixels[data.wrong & seen], side, theme)
    painter.restore()


def _seen(pixels: NDArray[np.float64], frame: Frame) -> NDArray[np.bool_]:
    with np.errstate(all="ignore"):
        x, y = pixels[:, 0] - frame.left, pixels[:, 1] - frame.top
        return (x >= -8) & (x <= frame.width + 8) & (y >= -8) & (y <= frame.height + 8)


def _paint_batch(
    painter: QPainter, places: NDArray[np.float64], kind: int, colour: str, side: float, hollow: bool, theme: Theme
) -> None:
    rim = max(1.0, side * 0.19)
    shells = (rim * 2, 0.0, -2.2 * rim) if hollow else (rim * 2, 0.0)
    inks = (theme.casing, colour, theme.casing)
    for grow, ink in zip(shells, inks, strict=False):
        shape = class_path(kind, max(round(side + grow, 2), 1.0))
        path = QPainterPath()
        path.setFillRule(Qt.FillRule.WindingFill)
        for x, y in places:
            path.addPath(shape.translated(float(x), float(y)))
        painter.fillPath(path, QColor(ink))


def _stamp(
    painter: QPainter, pixels: NDArray[np.float64], chosen: NDArray[np.intp], kinds: NDArray[Any], colours: list[str],
    side: float, hollow: bool, theme: Theme,
) -> None:  # fmt: skip
    ratio = painter.device().devicePixelRatioF()
    reach = side * 0.9 + 2.0
    corners = np.rint((pixels[chosen] - reach) * ratio) / ratio
    stamps: dict[tuple[str, int], QImage] = {}
    for k, kind, (x, y) in zip(chosen.tolist(), kinds[chosen].tolist(), corners.tolist(), strict=True):
        key = (colours[k], kind)
        stamp = stamps.get(key)
        if stamp is None:
            stamp = stamps[key] = _mark_image(kind, colours[k], side, reach, hollow, ratio, theme)
        painter.drawImage(QPointF(x, y), stamp)


def _blank(reach: float, ratio: float) -> QImage:
    image = QImage(*[round(2 * reach * ratio)] * 2, QImage.Format.Format_ARGB32_Premultiplied)
    image.setDevicePixelRatio(ratio)
    image.fill(Qt.GlobalColor.transparent)
    return image


@lru_cache(maxsize=512)
def _mark_image(
    kind: int, colour: str, side: float, reach: float, hollow: bool, ratio: float, theme: Theme
) -> QImage:  # fmt: skip
    image = _blank(reach, ratio)
    brush = QPainter(image)
    brush.setRenderHint(QPainter.RenderHint.Antialiasing, True)
    _paint_batch(brush, np.array([[reach, reach]]), kind, colour, side, hollow, theme)
    brush.end()
    return image


@lru_cache(maxsize=8)
def _ring_image(radius: float, reach: float, ratio: float, theme: Theme) -> QImage:
    image = _blank(reach, ratio)
    brush = QPainter(image)
    brush.setRenderHint(QPainter.RenderHint.Antialiasing, True)
    _paint_rings(brush, [(reach, reach)], radius, theme)
    brush.end()
    return image


def _ring_wrong(painter: QPainter, places: NDArray[np.float64], side: float, theme: Theme) -> None:
    radius = side * 0.5 + theme.line(2.5)
    if len(places) <= _STAMPED or painter.paintEngine().type() != QPaintEngine.Type.Raster:
        _paint_rings(painter, places.tolist(), radius, theme)
        return
    ratio, reach = painter.device().devicePixelRatioF(), radius + theme.line(2.0)
    ring = _ring_image(radius, reach, ratio, theme)
    for x, y in (np.rint((places - reach) * ratio) / ratio).tolist():
        painter.drawImage(QPointF(x, y), ring)


def _paint_rings(painter: QPainter, places: Sequence[Sequence[float]], radius: float, theme: Theme) -> None:
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for ink, width in ((theme.casing, 2.5), (theme.ink, 1.1)):
        painter.setPen(QPen(QColor(ink), theme.line(width)))
        for x, y in places:
            painter.drawEllipse(QPointF(x, y), radius, radius)


def nearest_point(frame: Frame, data: DataPoints, at: QPointF, test: bool = True, within: float = 10.0) -> int | None:
    """The sample nearest to a pixel, no more than `within` pixels away; None if there is none."""
    pixels = frame.pixels(np.asarray(data.points, dtype=np.float64).reshape(-1, 2))
    with np.errstate(all="ignore"):
        away = np.hypot(pixels[:, 0] - at.x(), pixels[:, 1] - at.y())
    away[~np.isfinite(away) | (data.held_out & (not test))] = np.inf
    if not len(away) or float(away.min()) > within:
        return None
    return int(np.argmin(away))


def paint_hovered(painter: QPainter, frame: Frame, data: DataPoints, index: int, theme: Theme) -> None:
    """The sample under the hand: larger, and a label that says class or number, and what the model says of it."""
    if not 0 <= index < len(data.points):
        return
    x, y = frame.pixel(*(float(v) for v in data.points[index]))
    if not (math.isfinite(x + y) and frame.contains(x, y, 8)):
        return
    side = theme.line(mark_size(len(data.points)) + 4)
    kind = int(np.nan_to_num(data.target[index])) if data.classes else 0
    hollow = bool(data.held_out[index])
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
    _paint_batch(painter, np.array([[x, y]]), kind, point_colours(data, theme)[index], side, hollow, theme)
    painter.setPen(QPen(QColor(theme.ink), theme.line(1.75)))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawEllipse(QPointF(x, y), side * 0.5 + theme.line(4), side * 0.5 + theme.line(4))
    face = font(TYPE.secondary, 500, theme.scale)
    words = point_words(data, index)
    outer = QRectF(frame.left, frame.top, frame.width, frame.height).adjusted(4, 4, -4, -4)
    box = pill_box(QPointF(x, y - side * 0.5 - theme.px(18)), words, face, theme)
    if box.top() < outer.top():
        box.moveTop(y + side * 0.5 + theme.px(9))
    paint_pill(painter, kept_inside(box, outer), words, theme.text, theme.raised, face, theme, theme.border)
    painter.restore()


def point_words(data: DataPoints, index: int) -> str:
    """What a sample is, and what the model makes of it: ``cat, predicted dog``, ``1.25, predicted 1.4``."""
    known = data.predicted is not None and len(data.predicted) == len(data.points)
    said = float(data.predicted[index]) if known and data.predicted is not None else math.nan
    role = "test" if data.held_out[index] else "train"
    if data.classes:
        name = _class_name(data, float(data.target[index]))
        wrong = bool(data.wrong[index])
        return f"{name}, predicted {_class_name(data, said)} · {role}" if wrong else f"{name} · {role}"
    words = short(float(data.target[index]))
    return f"{words}, predicted {short(said)} · {role}" if math.isfinite(said) else f"{words} · {role}"


def _class_name(data: DataPoints, value: float) -> str:
    index = int(value) if math.isfinite(value) else -1
    return data.classes[index] if 0 <= index < len(data.classes) else "?"


def role_entries(data: DataPoints, theme: Theme, test: bool = True) -> list[Entry]:
    """The legend of what fill and rings mean, as far as there is such a thing to see."""
    entries = []
    if test and data.held_out.any():
        entries = [Entry("train", theme.secondary, "dot"), Entry("test", theme.secondary, "ring")]
    wrong = data.wrong if test else data.wrong & ~data.held_out
    if wrong.any():
        entries.append(Entry(f"wrong ({int(wrong.sum())})", theme.ink, "wrong"))
    return entries
