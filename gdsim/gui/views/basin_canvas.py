"""The basin map itself: colours by where a start ends, shades by how long it takes; the race and the ring over it."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter
from PySide6.QtWidgets import QWidget

from gdsim.analysis.basins import DIVERGED, UNFINISHED, UNKNOWN, BasinMap
from gdsim.draw.axes import paint_inner_axes
from gdsim.draw.map_colours import kind_shades
from gdsim.draw.map_parts import paint_step_bar, point_words
from gdsim.draw.maps import basin_pixels, basin_scale, paint_map, reach
from gdsim.draw.qt_arrays import rgb_image
from gdsim.draw.surface import paint_minima
from gdsim.draw.ticks import fixed_label, number_label
from gdsim.gui.map_work import MapNews
from gdsim.gui.views.contour_canvas import ContourCanvas

_MOST_MARKS = 60


class BasinCanvas(ContourCanvas):
    """A click puts the start there."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Basin map")
        self.setAccessibleDescription(
            "Click a point, or drag the ring, to start there. Drag the map to pan, turn the wheel to zoom: the map is "
            "made anew for what is in view. Arrow keys nudge the start, H shows the whole domain."
        )
        self.news: MapNews | None = None
        self._picture = QImage()

    @property
    def map(self) -> BasinMap | None:
        """What is shown."""
        return self.news.map if self.news is not None else None

    def take(self, news: MapNews | None) -> None:
        """Another map, or a finer one."""
        if news is self.news:
            return
        self.news = news
        self._picture = QImage()
        if news is not None:
            right = news.dark == self.look.dark
            self._picture = rgb_image(news.pixels if right else basin_pixels(news.map, self.look))
        self.renew_ground()

    def recolour(self) -> None:
        news, self.news = self.news, None
        super().recolour()
        self.take(news)

    def paint_under(self, painter: QPainter) -> None:
        """No swarm here: the colours speak of the same."""

    def paint_ground(self, painter: QPainter) -> None:
        painter.fillRect(self.rect(), QColor(self.look.background))
        basins = self.map
        if basins is not None:
            where = basins.where
            x, y = reach(where.x, where.nx), reach(where.y, where.ny)
            paint_map(painter, self.frame, self._picture, x, y)
            marks = [
                (float(each.point[where.axes[0]]), float(each.point[where.axes[1]]))
                for each in basins.attractors
                if each.kind == "minimum" and each.count and len(each.point) == 2
            ]
            if len(marks) <= _MOST_MARKS:
                paint_minima(painter, self.frame, marks, self.look)
        names = self.names()
        paint_inner_axes(painter, self.frame, (names[self.axes[0]], names[self.axes[1]]), self.look)
        if basins is not None and basins.attractors and self.width() > self.look.px(420):
            self._paint_scale(painter, basins)

    def _paint_scale(self, painter: QPainter, basins: BasinMap) -> None:
        """What the shades mean, on a plate, for they lie over the shades themselves."""
        look = self.look
        width, height = look.px(150), look.px(56)
        left, top = self.width() - width - look.px(40), self.height() - height - look.px(28)
        plate = QRectF(left, top, width + look.px(24), height)
        ground = QColor(look.surface)
        ground.setAlphaF(0.88)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(ground)
        painter.drawRoundedRect(plate, look.px(4), look.px(4))
        bar = QRectF(plate.left() + look.px(12), plate.top() + look.px(23), width, look.px(8))
        paint_step_bar(painter, bar, basin_scale(basins), kind_shades(look, 1)[0], look)

    def cell(self, x: float, y: float) -> tuple[int, int] | None:
        """(row, column) of the start nearest to a place; None outside the map."""
        basins = self.map
        if basins is None:
            return None
        where = basins.where
        column = round((x - where.x[0]) / (where.x[1] - where.x[0]) * (where.nx - 1))
        row = round((y - where.y[0]) / (where.y[1] - where.y[0]) * (where.ny - 1))
        return (row, column) if 0 <= column < where.nx and 0 <= row < where.ny else None

    def words_at(self, x: float, y: float) -> tuple[str, ...]:
        """What is known of the start at a place: where it is, where it ends, after how many steps."""
        names = self.names()
        first = "   ".join(
            f"{names[axis]} ={fixed_label(value)}" for axis, value in zip(self.axes, (x, y), strict=True)
        )
        cell, basins = self.cell(x, y), self.map
        if cell is None or basins is None:
            return (first,)
        _, label, steps, loss, _ = basins.at(*cell)
        if label == UNKNOWN:
            return (first, "not known yet")
        if label == DIVERGED:
            return (first, f"diverges after {steps:,} steps")
        if label == UNFINISHED:
            return (first, f"has not arrived after {steps:,} steps, f = {number_label(loss)}")
        end = basins.attractors[label]
        kind = "" if end.kind == "minimum" else f"{end.kind} "
        return (first, f"ends at {kind}{point_words(np.asarray(end.point).tolist())} after {steps:,} steps")

    def paint_over(self, painter: QPainter) -> None:
        """No arrows of the update: this map speaks of whole runs."""

    def _click(self, at: QPointF) -> None:
        self.startMoved.emit(*self.frame.world(at.x(), at.y()), True)
