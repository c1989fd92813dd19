"""The hero for two and more variables: the contour map with the race on it."""

from __future__ import annotations

from typing import Any

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QTimer
from PySide6.QtGui import QColor, QImage, QPainter, QResizeEvent
from PySide6.QtWidgets import QWidget

from gdsim.draw.arrows import paint_stage_arrow
from gdsim.draw.axes import paint_inner_axes
from gdsim.draw.frame import fitted_frame
from gdsim.draw.levels import HeightScale, fit_scale
from gdsim.draw.surface import (
    SurfacePicture,
    paint_colour_bar,
    paint_contours,
    paint_field,
    paint_image,
    paint_minima,
    prepare_surface,
    surface_image,
)
from gdsim.draw.theme import Theme
from gdsim.draw.ticks import fixed_label
from gdsim.draw.trails import TrailSource
from gdsim.gui.state import Surface
from gdsim.gui.views.hud import AxesChooser, EyeButton, paint_plate
from gdsim.gui.views.plane import PlaneCanvas
from gdsim.gui.views.view import Scene, View

SLOW = 4.0
"""Steps a second below which a step's arrows are shown while it plays."""

_SHOWN = (
    ("map", "Map", "The surface in colours", True),
    ("lines", "Contour lines", "Lines of equal height above the lowest value", True),
    ("levels", "Heights on the lines", "The height above the lowest value, written on every power of ten", True),
    ("field", "Gradient field", "Arrows down the slope: the direction of −∇f", False),
    ("minima", "Known minima", "A + at every minimum that the catalogue knows", True),
    ("aspect", "Equal units", "One unit across is as long as one unit up", True),
)


class ContourCanvas(PlaneCanvas):
    """The map itself."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Contour map")
        self.setAccessibleDescription(
            "Drag the ring to move the start, double-click to put it elsewhere, drag the map to pan, turn the wheel to "
            "zoom. Arrow keys nudge the start, H shows the whole domain, F fits the trails, C refits the colours."
        )
        self.shown = {name: on for name, _, _, on in _SHOWN}
        self.axes = (0, 1)
        self.scale: HeightScale | None = None
        self.ready: SurfacePicture | None = None
        self._image = QImage()
        self._under: tuple[SurfacePicture, QImage] | None = None
        self.field_surface: Surface | None = None
        self.readout: tuple[str, ...] = ()

    def take_surface(self, ready: SurfacePicture) -> None:
        """Another surface to show. The one that covers most is kept below, so that zooming out finds no hole."""
        if self.ready is not None and not self._image.isNull():
            old = self._under[0] if self._under else None
            if old is None or _area(self.ready) >= _area(old) or old.scale != ready.scale:
                self._under = (self.ready, self._image) if self.ready.scale == ready.scale else None
        self.ready = ready
        self._image = surface_image(ready.shade, self.look)
        self.renew_ground()

    def drop_surface(self) -> None:
        """Another problem: the old map means nothing any more."""
        self.ready, self._under, self._image, self.field_surface = None, None, QImage(), None
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
                if self._under is not None:
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

    def names(self) -> tuple[str, ...]:
        """The coordinates' names."""
        scene = self.scene
        if scene is None or scene.history is None:
            return ("x", "y")
        return tuple(scene.history.objective.coordinates)

    def _minima(self) -> list[tuple[float, float]]:
        if self.scene is None:
            return []
        i, j = self.axes
        problem = self.scene.state.spec.problem
        return [(point[i], point[j]) for point, _ in problem.minima if max(i, j) < len(point)]

    def sources(self, history: Any) -> list[TrailSource]:
        racers = history.spec.racers
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
        state = scene.state
        trace = scene.history.traces[state.selected]
        last = min(state.cursor, trace.published - 1)
        if last < 0 or not scene.history.spec.racers[state.selected].visible:
            return
        row = trace.row(last)
        place = np.array([row.theta[self.axes[0]], row.theta[self.axes[1]]])
        number = scene.stage if 0 <= scene.stage < len(scene.stages) else len(scene.stages) - 1
        paint_stage_arrow(painter, self.frame, place, scene.stages[number], self.axes, self.look)

    def paint_words(self, painter: QPainter) -> None:
        low = self.height() - self.look.px(28)
        if self.readout:
            paint_plate(painter, self.readout, QPointF(self.look.px(40), low), self.look)
        if self.scale is not None and self.shown["map"] and self.width() > 420:
            width = self.look.px(128)
            bar = QRectF(self.width() - width - self.look.px(28), low - self.look.px(10), width, self.look.px(8))
            paint_colour_bar(painter, bar, self.scale, self.look)


def _area(ready: SurfacePicture) -> float:
    return (ready.x[1] - ready.x[0]) * (ready.y[1] - ready.y[0])


class ContourView(View):
    """The contour map; see `ContourCanvas` for the hand. Asks for surfaces, fields, starts, racers and axes."""

    title = "Contour map"
    short_title = "Contour"

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.canvas = canvas = ContourCanvas(parent)
        self._problem: object = None
        self._values: object = None
        self._surface: Surface | None = None
        self._seen: tuple[object, ...] = ()
        self._pulse = 0
        self._fit = True
        self.eye = EyeButton(canvas)
        for name, words, help_text, on in _SHOWN:
            self.eye.add_option(name, words, help_text, on)
        self.eye.add_line()
        self.eye.add_command("Home view", "H", canvas.go_home, "Show the whole domain")
        self.eye.add_command("Fit to trails", "F", self.fit_trails, "Show what the racers have crossed")
        self.eye.add_command("Refit colours", "C", self.refit_colours, "Spread the colours over what is in view")
        self.eye.changed.connect(self._option)
        self.chooser = AxesChooser(canvas)
        self.chooser.hide()
        self.chooser.chosen.connect(self.axesRequested)
        self._asking = QTimer(self, interval=0, singleShot=True)
        self._asking.timeout.connect(self._ask)
        canvas.frameChanged.connect(self._asking.start)
        canvas.startMoved.connect(self._start_moved)
        canvas.racerClicked.connect(self.racerRequested)
        canvas.pointed.connect(self._pointed)
        canvas.fitWanted.connect(self.fit_trails)
        canvas.coloursWanted.connect(self.refit_colours)
        canvas.installEventFilter(self)
        self.theme(canvas.look)

    @classmethod
    def fits(cls, dimension: int) -> bool:
        return dimension >= 2

    @property
    def widget(self) -> QWidget:
        return self.canvas

    @property
    def scale(self) -> HeightScale | None:
        """The scale of the colours, frozen while one zooms; None before the first surface of a problem."""
        return self.canvas.scale

    # Showing

    def show(self, scene: Scene) -> None:
        canvas = self.canvas
        before, canvas.scene = canvas.scene, scene
        problem = scene.state.spec.problem
        if problem.dimension < 2:
            return
        key = (problem.formula, problem.dimension, problem.domain, scene.state.axes)
        canvas.axes = scene.state.axes if max(scene.state.axes) < problem.dimension else (0, 1)
        if key != self._problem:
            self._problem, self._fit = key, True
            canvas.scale = None
            canvas.drop_surface()
            i, j = canvas.axes
            domain = problem.domain or ((-5.0, 5.0),) * problem.dimension
            canvas.set_home((domain[i], domain[j]))
        if before is None or before.state.spec.problem != problem:
            canvas.renew_ground()
        self._fit = self._fit or problem.parameters != self._values
        self._values = problem.parameters
        if scene.surface is not None and scene.surface is not self._surface:
            self._take(scene.surface)
        if before is None or before.revision != scene.revision or before.ghost is not scene.ghost:
            canvas.update()
        if scene.pulse != self._pulse:
            self._pulse = scene.pulse
            canvas.pulse()
        self._show_slice(scene)
        canvas.update()

    def _take(self, surface: Surface) -> None:
        canvas, view = self.canvas, surface.viewport
        if view.axes != canvas.axes:
            return
        self._surface = surface
        values = np.asarray(surface.values)
        if self._fit or surface.fresh or canvas.scale is None:
            canvas.scale = fit_scale(self._home_part(surface), self._known_low())
            self._fit = surface.draft
        ready = surface.picture
        if not (isinstance(ready, SurfacePicture) and ready.scale == canvas.scale):
            ready = prepare_surface(values, view.x, view.y, canvas.scale)
        if surface.field is not None:
            canvas.field_surface = surface
        canvas.take_surface(ready)

    def _home_part(self, surface: Surface) -> np.ndarray:
        """The values inside the home domain, or all when little of it is in view."""
        values, view = np.asarray(surface.values), surface.viewport
        (low_x, high_x), (low_y, high_y) = self.canvas._domain
        x = np.linspace(*view.x, values.shape[1])
        y = np.linspace(*view.y, values.shape[0])
        part = values[np.ix_((y >= low_y) & (y <= high_y), (x >= low_x) & (x <= high_x))]
        return part if part.size > 16 else values

    def _known_low(self) -> float | None:
        scene = self.canvas.scene
        lows = [value for _, value in scene.state.spec.problem.minima] if scene is not None else []
        return min(lows) if lows else None

    def _show_slice(self, scene: Scene) -> None:
        problem = scene.state.spec.problem
        many = problem.dimension > 2
        self.chooser.setVisible(many)
        if not many or scene.history is None:
            return
        label = scene.history.labels[scene.state.selected]
        words = f"a slice of {problem.dimension} dimensions through {label}'s point at step {scene.state.cursor}"
        self.chooser.show_axes(self.canvas.names(), self.canvas.axes, words)

    def theme(self, theme: Theme) -> None:
        self.canvas.look = theme
        self.eye.theme(theme)
        self.chooser.theme(theme)
        self._place()
        self.canvas.recolour()

    def picture(self) -> QImage:
        return self.canvas.grab().toImage()

    # Asking

    def _ask(self) -> None:
        if self.canvas.width() > 1 and self.canvas.scene is not None:
            self.viewportRequested.emit(self.canvas.viewport(self.canvas.axes))

    def _option(self, name: str, on: bool) -> None:
        canvas = self.canvas
        canvas.shown[name] = on
        if name == "aspect":
            canvas.equal = None if on else False
            canvas.go_home()
        if name == "field":
            self.fieldRequested.emit(on)
        canvas.renew_ground()

    def fit_trails(self) -> None:
        """Shows all that the visible racers have crossed, and the start."""
        scene, canvas = self.canvas.scene, self.canvas
        if scene is None or scene.history is None:
            return
        points = [source.points(0, source.trace.published) for source in canvas.sources(scene.history)]
        start = canvas.start_place()
        points.append(np.array([start]) if start else np.empty((0, 2)))
        frame = fitted_frame(np.concatenate(points), canvas.width(), canvas.height(), canvas.equal)
        if frame is not None:
            canvas.show_frame_of(frame)

    def refit_colours(self) -> None:
        """Spreads the colours over the values in view."""
        surface = self._surface
        if surface is None:
            return
        values, view = np.asarray(surface.values), surface.viewport
        self.canvas.scale = fit_scale(values)
        self.canvas.take_surface(prepare_surface(values, view.x, view.y, self.canvas.scale))

    def _start_moved(self, x: float, y: float, final: bool) -> None:
        scene = self.canvas.scene
        if scene is None:
            return
        start = list(scene.state.spec.start)
        start[self.canvas.axes[0]], start[self.canvas.axes[1]] = x, y
        self.startRequested.emit(tuple(start), final)

    def _pointed(self, place: tuple[float, float] | None) -> None:
        scene = self.canvas.scene
        if place is None or scene is None or scene.history is None:
            self.canvas.readout = ()
            self.hovered.emit(None)
            return
        point = np.array(self._base(scene), dtype=np.float64)
        point[self.canvas.axes[0]], point[self.canvas.axes[1]] = place
        names = self.canvas.names()
        i, j = self.canvas.axes
        with np.errstate(all="ignore"):
            value, gradient = scene.history.objective.value_gradient(point)
        first = (
            f"{names[i]} {fixed_label(point[i])}   {names[j]} {fixed_label(point[j])}   f {fixed_label(float(value))}"
        )
        second = f"∇f ({fixed_label(float(gradient[i]))}, {fixed_label(float(gradient[j]))})"
        self.canvas.readout = (first, second)
        self.hovered.emit(tuple(float(c) for c in point))

    def _base(self, scene: Scene) -> tuple[float, ...]:
        if scene.surface is not None and len(scene.surface.base) == scene.state.spec.problem.dimension:
            return scene.surface.base
        return scene.state.spec.start

    def eventFilter(self, watched: object, event: Any) -> bool:
        if watched is self.canvas and isinstance(event, QResizeEvent):
            self._place()
        return False

    def _place(self) -> None:
        gap = self.canvas.look.px(8)
        self.eye.move(self.canvas.width() - self.eye.width() - gap, gap)
        self.chooser.move(gap + self.canvas.look.px(24), gap)
