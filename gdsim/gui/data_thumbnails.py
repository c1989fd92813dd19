"""Small pictures of the catalogue's data sets: their samples on a plane, or as pictures."""

from __future__ import annotations

import hashlib
import math
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter

from gdsim.assets import resource
from gdsim.catalogue import DatasetEntry
from gdsim.draw.data_points import DataPoints, paint_points
from gdsim.draw.frame import Frame
from gdsim.draw.theme import Theme
from gdsim.gui.thumbnails import HEIGHT, WIDTH, Thumbnails
from gdsim.objectives.data.make import samples_of
from gdsim.objectives.data.tables import default_data

_MOST = 240
"""Samples drawn: more of them are one blot."""
_MARK = 11.0
_PIXELS = (36, 4, 3)
"""Columns from which on a row is taken for a square picture; pictures in a row, and rows of them."""


@lru_cache(maxsize=64)
def _contents(file: str) -> str:
    """A digest of a shipped table."""
    return hashlib.sha256(resource(f"datasets/{file}").read_bytes()).hexdigest()


def _beside(entry: DatasetEntry) -> object:
    """Besides the entry: what is taken of it, and a shipped table's contents."""
    return _MOST, _MARK, default_data(entry.name), _contents(entry.file) if entry.file else ""


def _paint(entry: DatasetEntry, theme: Theme, cancel: Any) -> QImage:
    samples = samples_of(default_data(entry.name).replace(share=1.0, standardise=False), cancel=cancel)
    image = QImage(WIDTH, HEIGHT, QImage.Format.Format_RGB32)
    image.fill(QColor(theme.background))
    painter = QPainter(image)
    side = math.isqrt(len(samples.columns))
    if side * side == len(samples.columns) >= _PIXELS[0]:
        _paint_pictures(painter, samples.raw, side, theme)
    else:
        most = min(_MOST if len(samples.columns) > 1 else 100, samples.count)
        shown = np.sort(np.random.default_rng(0).permutation(samples.count)[:most])  # classes may lie in order
        points, target = _plane(samples)[shown], samples.y[shown]
        low, high = float(target.min()), float(target.max())
        data = DataPoints(points, target, classes=samples.classes, low=low, high=high)
        paint_points(painter, _frame(points, len(samples.columns) > 1), data, theme, size=_MARK)
    painter.end()
    return image


def _plane(samples: Any) -> NDArray[np.float64]:
    """Where the samples lie: on their first two columns, or, where a number follows from one (or from many), on the
    column that says most of it and the number."""
    raw, y = samples.raw, samples.y
    if len(raw) == 1 or (not samples.classes and len(raw) > 2):
        with np.errstate(all="ignore"):
            said = np.nan_to_num([abs(np.corrcoef(row, y)[0, 1]) for row in raw])
        return np.column_stack([raw[int(np.argmax(said))], y])
    return np.column_stack([raw[0], raw[1]])


def _frame(points: NDArray[np.float64], square: bool) -> Frame:
    """All points with a margin; `square`: both axes at one scale, where that leaves them room."""
    low, high = np.nanmin(points, axis=0), np.nanmax(points, axis=0)
    middle, half = (low + high) / 2, np.maximum((high - low) / 2, 1e-9) * 1.12
    if square and 0.5 < half[0] / half[1] < 2.0:
        unit = max(half[0] / WIDTH, half[1] / HEIGHT)
        half = np.array([unit * WIDTH, unit * HEIGHT])
    ends = [(float(m - h), float(m + h)) for m, h in zip(middle, half, strict=True)]
    return Frame(ends[0], ends[1], WIDTH, HEIGHT)


def _paint_pictures(painter: QPainter, raw: NDArray[np.float64], side: int, theme: Theme) -> None:
    """The first samples as square pictures, dark to light on a dark ground and the other way about."""
    _, across, down = _PIXELS
    room = min(WIDTH / across, HEIGHT / down)
    size, left = 0.86 * room, (WIDTH - across * room) / 2
    top = float(raw.max()) or 1.0
    ink, ground = QColor(theme.text), QColor(theme.surface)
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
    for number in range(min(across * down, raw.shape[1])):
        share = np.clip(raw[:, number].reshape(side, side) / top, 0.0, 1.0)[..., None]
        mixed = np.array([ground.blue(), ground.green(), ground.red()]) * (1 - share)
        mixed = mixed + np.array([ink.blue(), ink.green(), ink.red()]) * share
        pixels = np.full((side, side, 4), 255, dtype=np.uint8)
        pixels[..., :3] = mixed.round().astype(np.uint8)
        picture = QImage(pixels.tobytes(), side, side, 4 * side, QImage.Format.Format_RGB32)
        row, column = divmod(number, across)
        place = QRectF(left + column * room + (room - size) / 2, row * room + (room - size) / 2, size, size)
        painter.drawImage(place, picture.scaled(4 * side, 4 * side, Qt.AspectRatioMode.IgnoreAspectRatio))


_PICTURES = Thumbnails("data-", _paint, _beside)
kept, thumbnail = _PICTURES.kept, _PICTURES.thumbnail
