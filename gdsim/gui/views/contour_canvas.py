"""The contour map itself: what is painted of a scene, and the words over it."""

from __future__ import annotations

from typing import Any

import numpy as np
from PySide6.QtCore import QRectF
from PySide6.QtGui import QColor, QImage, QPainter
from PySide6.QtWidgets import QWidget

from gdsim.draw.arrows import paint_stage_arrow
from gdsim.draw.axes import paint_inner_axes
from gdsim.draw.levels import HeightScale
from gdsim.draw.strokes import TrailSource
from gdsim.draw.surface import (
    SurfacePicture,
    covers,
    paint_colour_bar,
    paint_contours,
    paint_field,
    paint_image,
    paint_minima,
    surface_image,
)
from gdsim.gui.state import Surface
from gdsim.gui.views.plane import PlaneCanvas
from gdsim.session.spec import Problem

SLOW = 4.0
"""Steps a second below which a step's arrows are shown while it plays."""

SHOWN: tuple[tuple[str, str, str, bool], ...] = (
    ("map", "Map", "The surface in colours", True),
    ("lines", "Contour lines", "Lines of equal height above the lowest value", True),
    ("levels", "Heights on the lines", "The height above the lowest value, written on every power of ten", True),
    ("field", "Gradient field", "Arrows down the slope: the direction of −∇f", False),
    ("minima", "Known minima", "A + at every minimum that the catalogue knows", True),
    ("aspect", "Equal units", "One unit across is as long as one unit up", True),
)
"""What can be shown or hidden: name, words, help, and whether it is shown at first."""


class ContourCanvas(PlaneCanvas):
    """The map itself."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Contour map")
        self.setAccessibleDescription(
            "Drag the ring to move the start, double-click to put it elsewhere, drag the map to pan, turn the wheel to "
            "zoom. Arrow keys nudge the start, H shows the whole domain, F fits the trails, C refits the colours."
        )
        self.shown = {name: on for name, _, _, on in SHOWN}
        self.axes = (0, 1)
        self.scale: HeightScale | None = None
        self.ready: SurfacePicture | None = None
        self._image = QImage()
        self._under: tuple[SurfacePicture, QImage] | None = None
        self.field_surface: Surface | None = None

    def take_surface(self, ready: SurfacePicture) -> None:
        """Another surface to show. The one that covers most is kept below, so that zooming out finds no hole."""
        if self.ready is not None and not self._image.isNull():
            old = self._under[0] if self._under else None
            if old is None or _area(self.ready) >= _area(old) or old.scale != ready.scale:
                self._under = (self.ready, self._image) if self.ready.scale == ready.scale else None
        self.ready, self.scale = ready, ready.scale
        self._image = surface_image(ready.shade, self.look)
        self.renew_ground()

    def drop_surface(self) -> None:
        """Another problem: the old map means nothing any more."""
        self.ready, self.scale, self._under, self._image, self.field_surface = None, None, None, QImage(), None
        self.renew_ground()

    def recolour(self) -> None:
        """Another theme: the same shades in other colours."""
        self._under = None
        if self.ready is not None:
            self._image = surface_image(self.ready.shade, self.look)
        self.forget_trails()
        self.renew_ground()

    def paint_ground(self, painter: QPainter) -> None:
        painter.fillRect(self.rect(), QColor(self.look.surface_map[2] if self.look.dark else self.look.surface_map[3]))
        ready = self.ready
        if ready is not None:
            if self.shown["map"]:
                if self._under is not None and not covers(ready.x, ready.y, self.frame):
                    paint_image(painter, self.frame, self._under[1], self._under[0].x, self._under[0].y)
                paint_image(painter, self.frame, self._image, ready.x, ready.y)
            else:
                painter.fillRect(self.rect(), QColor(self.look.surface))
            if self.shown["lines"]:
                paint_contours(painter, self.frame, ready.lines, self.look, self.shown["levels"])
        surface = self.field_surface
        if self.shown["field"] and surface is not None and surface.field is not None:
            view = surface.viewport
            paint_field(painter, self.frame, np.asarray(surface.field), view.x, view.y, self.look)
        if self.shown["minima"]:
            paint_minima(painter, self.frame, self._minima(), self.look)
        names = self.names()
        paint_inner_axes(painter, self.frame, (names[self.axes[0]], names[self.axes[1]]), self.look)
        if self.scale is not None and self.shown["map"] and self.width() > self.look.px(420):
            width = self.look.px(150)
            bar = QRectF(
                self.width() - width - self.look.px(28), self.height() - self.look.px(38), width, self.look.px(8)
            )
            paint_colour_bar(painter, bar, self.scale, self.look)

    def names(self) -> tuple[str, ...]:
        """The coordinates' names."""
        scene = self.scene
        if scene is None:
            return ("x", "y")
        problem = scene.state.spec.problem  # not the run: it may still be that of the function before
        return tuple(problem.variables) or tuple(f"x{k + 1}" for k in range(problem.dimension))

    def _minima(self) -> list[tuple[float, float]]:
        if self.scene is None:
            return []
        i, j = self.axes
        problem = self.scene.state.spec.problem
        return [(point[i], point[j]) for point, _ in problem.minima if max(i, j) < len(point)]

    def domain_of(self, problem: Problem) -> tuple[tuple[float, float], tuple[float, float]]:
        """The problem's domain along the axes shown."""
        domain = problem.domain or ((-5.0, 5.0),) * problem.dimension
        return domain[self.axes[0]], domain[self.axes[1]]

    def start_at(self, x: float, y: float) -> tuple[float, ...]:
        """The start moved to a place of the map; its other coordinates stay. There is a scene."""
        assert self.scene is not None
        start = list(self.scene.state.spec.start)
        start[self.axes[0]], start[self.axes[1]] = x, y
        return tuple(start)

    def sources(self, history: Any) -> list[TrailSource]:
        racers = history.spec.racers
        if history.objective.n <= max(self.axes):  # a run on the function before, with fewer coordinates
            return []
        return [TrailSource(trace, k, self.axes) for k, trace in enumerate(history.traces) if racers[k].visible]

    def start_place(self) -> tuple[float, float] | None:
        if self.scene is None or max(self.axes) >= len(self.scene.state.spec.start):
            return None
        start = self.scene.state.spec.start
        return start[self.axes[0]], start[self.axes[1]]

    def paint_over(self, painter: QPainter) -> None:
        scene = self.scene
        if scene is None or not scene.stages or (scene.state.playing and scene.state.speed >= SLOW):
            return
        if scene.history.objective.n <= max(self.axes):
            return
        state = scene.state
        trace = scene.history.traces[state.selected]
        last = min(state.cursor, trace.published - 1)
        if last < 0 or not scene.history.spec.racers[state.selected].visible:
            return
        row = trace.row(last)
        place = np.array([row.theta[self.axes[0]], row.theta[self.axes[1]]])
        stage = scene.stages[scene.current_stage]
        if stage.arrow:
            paint_stage_arrow(painter, self.frame, place, stage, self.axes, self.look)


def _area(ready: SurfacePicture) -> float:
    return (ready.x[1] - ready.x[0]) * (ready.y[1] - ready.y[0])
