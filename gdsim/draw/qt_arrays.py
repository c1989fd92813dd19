"""NumPy arrays as Qt's polygons and images, copied in one piece instead of point by point."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QImage, QPolygonF
from shiboken6 import VoidPtr


def polygon(points: NDArray[np.floating]) -> QPolygonF:
    """Points (m, 2) as a QPolygonF; all must be finite."""
    made = QPolygonF()
    if len(points):
        made.resize(len(points))
        memory = VoidPtr(made.data(), len(points) * 16, True)  # type: ignore[call-arg]  # the stub knows no size
        np.frombuffer(memory, dtype=np.float64).reshape(-1, 2)[:] = points
    return made


def rgb_image(colours: NDArray[np.uint32]) -> QImage:
    """An opaque image from colours 0xffRRGGBB, (height, width), the top row first; the pixels are copied."""
    height, width = colours.shape
    pixels = np.ascontiguousarray(colours, dtype=np.uint32)
    return QImage(pixels.data, width, height, width * 4, QImage.Format.Format_RGB32).copy()
