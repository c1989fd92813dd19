"""Pictures as numbers."""

import numpy as np
from PySide6.QtGui import QColor, QImage, QPainter


def painted(paint, width, height, ground):
    """What `paint` makes of an image of one colour: (height, width, 3), red first."""
    image = QImage(width, height, QImage.Format.Format_RGB32)
    image.fill(QColor(ground))
    painter = QPainter(image)
    paint(painter)
    painter.end()
    return np.array(image.constBits()).reshape(height, width, 4)[..., 2::-1].astype(int)


def rgb(colour):
    return np.array([int(colour[k : k + 2], 16) for k in (1, 3, 5)])


def bluer(pixels):
    """How blue (positive) or orange (negative) pixels are."""
    return pixels[..., 2] - pixels[..., 0]
