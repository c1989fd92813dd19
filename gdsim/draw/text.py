"""Text over pictures: with a halo, so that it reads on any ground."""

from __future__ import annotations

from functools import lru_cache

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPainterPath, QPen


def paint_halo_text(
    painter: QPainter, at: QPointF, text: str, ink: QColor, halo: QColor, width: float, align: float = 0.5
) -> QRectF:
    """Writes `text` in the painter's font, vertically centred on `at`; returns the box it takes.

    Args:
        halo: colour of the rim, `width` pixels wide in all directions.
        align: 0: the text begins at `at`, 0.5: is centred there, 1: ends there.
    """
    face = painter.font()
    metrics = metrics_of(face)
    advance = text_width(text, face)
    left = at.x() - align * advance
    base = at.y() + metrics.capHeight() / 2
    path = QPainterPath()
    path.addText(QPointF(left, base), face, text)
    rim = QPen(halo, 2 * width)
    rim.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
    painter.strokePath(path, rim)
    painter.fillPath(path, ink)
    painter.restore()
    return QRectF(left, at.y() - metrics.height() / 2, advance, metrics.height())


@lru_cache(maxsize=64)
def metrics_of(face: QFont) -> QFontMetricsF:
    """The measures of a font, found once."""
    return QFontMetricsF(face)


@lru_cache(maxsize=8192)
def text_width(text: str, face: QFont) -> float:
    """Pixels that one line of text takes."""
    return metrics_of(face).horizontalAdvance(text)


def elided(face: QFont, text: str, width: float) -> str:
    """`text` cut to `width` pixels, with dots where something is missing."""
    if text_width(text, face) <= width:
        return text
    return metrics_of(face).elidedText(text, Qt.TextElideMode.ElideRight, max(width, 0.0))
