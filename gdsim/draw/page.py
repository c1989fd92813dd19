"""One page of drawing as an image or as SVG; needs a QGuiApplication (offscreen will do), no window."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QRect, QSize
from PySide6.QtGui import QImage, QPainter
from PySide6.QtSvg import QSvgGenerator

Paint = Callable[[QPainter], None]

_BASE_HEIGHT = 900.0  # at which type has its own size


def page_scale(size: tuple[int, int]) -> float:
    """The scale of type and lines on a page of `size` pixels."""
    return min(max(min(size[1] / _BASE_HEIGHT, size[0] / 1000.0), 0.35), 6.0)


def page_image(paint: Paint, size: tuple[int, int], title: str, metadata: str = "") -> QImage:
    """What `paint` draws on `size` pixels; `metadata` goes into the PNG's text chunk ``gdsim``."""
    image = QImage(*size, QImage.Format.Format_RGB32)
    painter = QPainter(image)
    paint(painter)
    painter.end()
    image.setText("Software", "gdsim")
    image.setText("Title", title)
    if metadata:
        image.setText("gdsim", metadata)
    return image


def page_svg(paint: Paint, size: tuple[int, int], title: str, metadata: str = "") -> bytes:
    """What `paint` draws, as SVG; `metadata` goes into its description."""
    data = QByteArray()
    buffer = QBuffer(data)
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    generator = QSvgGenerator()
    generator.setOutputDevice(buffer)
    generator.setSize(QSize(*size))
    generator.setViewBox(QRect(0, 0, *size))
    generator.setResolution(96)
    generator.setTitle(title)
    generator.setDescription(metadata)
    painter = QPainter(generator)
    paint(painter)
    painter.end()
    buffer.close()
    return bytes(data.data())
