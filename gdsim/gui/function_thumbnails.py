"""Small pictures of the catalogue's functions: their maps, or their curves."""

from __future__ import annotations

from typing import Any

import numpy as np
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPen, QPolygonF

from gdsim.catalogue import FunctionEntry
from gdsim.draw.levels import fit_scale
from gdsim.draw.surface import prepare_surface, surface_image
from gdsim.draw.theme import Theme
from gdsim.gui.thumbnails import HEIGHT, WIDTH, Thumbnails


def _paint(entry: FunctionEntry, theme: Theme, cancel: Any) -> QImage:
    from gdsim.engine.backend import Slice
    from gdsim.engine.select import backend
    from gdsim.objectives import from_entry

    objective = from_entry(entry)
    numpy = backend("numpy")
    view = entry.view_for()
    if objective.n == 1:
        along = Slice(base=(0.0,), axes=(0,), x=view[0], nx=WIDTH, ny=1)
        return _curve(np.asarray(numpy.curve(objective, along, cancel))[0], theme)
    base = tuple(float(value) for value in entry.start)
    where = Slice(base=base, axes=(0, 1), x=view[0], y=view[1], nx=WIDTH, ny=HEIGHT)
    values = numpy.surface(objective, where, cancel).values
    return surface_image(prepare_surface(values, view[0], view[1], fit_scale(values)).shade, theme)


def _curve(values: Any, theme: Theme) -> QImage:
    image = QImage(WIDTH, HEIGHT, QImage.Format.Format_RGB32)
    image.fill(QColor(theme.background))
    good = np.isfinite(values)
    if not good.any():
        return image
    low, high = np.percentile(values[good], (0, 99))
    span = max(float(high - low), 1e-12)
    painter = QPainter(image)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(QColor(theme.accent), 3, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
    points = QPolygonF()
    for x in np.flatnonzero(good).tolist():
        y = HEIGHT - 20 - (HEIGHT - 40) * (float(values[x]) - float(low)) / span
        points.append(QPointF(x, y))
    painter.drawPolyline(points)
    painter.end()
    return image


_PICTURES = Thumbnails("", _paint)
kept, thumbnail = _PICTURES.kept, _PICTURES.thumbnail
