"""Small pictures of the shipped tasks: the grid, or the arms' mean rewards. Painted at once, kept in memory."""

from __future__ import annotations

from functools import lru_cache

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter

from gdsim.draw.grid_world import grid_layout, paint_grid_world
from gdsim.draw.learn_colours import sign_colour
from gdsim.draw.policy_pictures import grid_of
from gdsim.draw.theme import Theme
from gdsim.gui.thumbnails import HEIGHT, WIDTH
from gdsim.objectives.policy import Bandit, GridWorld, task

_EDGE = 16.0


@lru_cache(maxsize=64)
def thumbnail(name: str, theme: Theme) -> QImage:
    """The picture of the task called `name`, (WIDTH, HEIGHT)."""
    image = QImage(WIDTH, HEIGHT, QImage.Format.Format_RGB32)
    image.fill(QColor(theme.background))
    painter = QPainter(image)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    box = QRectF(_EDGE, _EDGE, WIDTH - 2 * _EDGE, HEIGHT - 2 * _EDGE)
    shown = task(name).task
    if isinstance(shown, GridWorld):
        layout = grid_layout(box, (len(shown.rows), len(shown.rows[0])))
        paint_grid_world(painter, layout, grid_of(shown), theme, numbers=False)
    else:
        _paint_arms(painter, box, shown, theme)
    painter.end()
    return image


def _paint_arms(painter: QPainter, box: QRectF, bandit: Bandit, theme: Theme) -> None:
    """A bar an arm, from zero."""
    low, high = min(0.0, *bandit.means), max(0.0, *bandit.means)
    unit, wide = box.height() / ((high - low) or 1.0), box.width() / len(bandit.means)
    zero = box.top() + high * unit
    painter.setPen(Qt.PenStyle.NoPen)
    for arm, mean in enumerate(bandit.means):
        painter.setBrush(QColor(sign_colour(theme, mean)))
        top = zero - max(mean, 0.0) * unit
        painter.drawRoundedRect(QRectF(box.left() + (arm + 0.14) * wide, top, 0.72 * wide, abs(mean) * unit), 3, 3)
    painter.fillRect(QRectF(box.left(), zero - 1, box.width(), 2), QColor(theme.border))
