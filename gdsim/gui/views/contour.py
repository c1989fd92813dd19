"""The hero for two and more variables: the contour map with the race on it."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from PySide6.QtCore import QTimer
from PySide6.QtGui import QImage, QResizeEvent
from PySide6.QtWidgets import QWidget

from gdsim.draw.frame import fitted_frame
from gdsim.draw.levels import fit_scale
from gdsim.draw.surface import SurfacePicture, prepare_surface
from gdsim.draw.theme import Theme
from gdsim.draw.ticks import fixed_label
from gdsim.gui.state import Surface
from gdsim.gui.views.contour_canvas import SHOWN, ContourCanvas
from gdsim.gui.views.hud import AxesChooser, EyeButton
from gdsim.gui.views.view import Scene, View
from gdsim.session.spec import Problem


class ContourView(View):
    """The contour map; see `ContourCanvas` for the hand. Asks for surfaces, fields, starts, racers and axes."""

    title = "Contour map"
    short_title = "Contour"

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.canvas = canvas = ContourCanvas(parent)
        self._problem: object = None
        self._surface: Surface | None = None
        self._pulse = 0
        self.eye = EyeButton(canvas)
        for name, words, help_text, on in SHOWN:
            self.eye.add_option(name, words, help_text, on)
        self.eye.add_option("swarm", "Swarm", "Many starts of the focused racer's rule, and where they end", False)
        self.eye.add_line()
        self.eye.add_command("Home view", "H", self.home, "Show the whole domain")
        self.eye.add_command("Fit to trails", "F", self.fit, "Show what the racers have crossed")
        self.eye.add_command("Refit colours", "C", self.refit, "Spread the colours over what is in view")
        self.eye.changed.connect(self._option)
        self.chooser = AxesChooser(canvas)
        self.chooser.hide()
        self.chooser.chosen.connect(self.axesRequested)
        self._asking = QTimer(canvas, interval=0, singleShot=True)
        self._asking.timeout.connect(self._ask)
        canvas.frameChanged.connect(self._asking.start)
        canvas.startMoved.connect(self._start_moved)
        canvas.racerClicked.connect(self.racerRequested)
        canvas.pointed.connect(self._pointed)
        canvas.fitWanted.connect(self.fit)
        canvas.coloursWanted.connect(self.refit)
        canvas.installEventFilter(self)
        self.theme(canvas.look)

    @classmethod
    def fits(cls, problem: Problem) -> bool:
        return problem.kind == "function" and problem.dimension >= 2

    @property
    def widget(self) -> QWidget:
        return self.canvas

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
            self._problem = key
            canvas.drop_surface()
            i, j = canvas.axes
            domain = problem.domain or ((-5.0, 5.0),) * problem.dimension
            canvas.set_home((domain[i], domain[j]))
        if before is None or before.state.spec.problem != problem:
            canvas.renew_ground()
        if scene.state.viewport is not None and scene.state.viewport != canvas.viewport(canvas.axes):
            self._asking.start()  # another bench has looked at something else meanwhile
        if scene.surface is not None and scene.surface is not self._surface:
            self._take(scene.surface)
        if before is None or before.revision != scene.revision or before.ghost is not scene.ghost:
            canvas.update()
        if scene.pulse != self._pulse:
            self._pulse = scene.pulse
            canvas.pulse()
        self._show_slice(scene)
        self.eye.set_on("swarm", scene.state.swarm.on)
        canvas.update()

    def _take(self, surface: Surface) -> None:
        canvas, view = self.canvas, surface.viewport
        if view.axes != canvas.axes:
            return
        self._surface = surface
        ready = surface.picture
        if not isinstance(ready, SurfacePicture):
            if surface.fresh or canvas.scale is None:
                canvas.scale = fit_scale(np.asarray(surface.values))
            ready = prepare_surface(np.asarray(surface.values), view.x, view.y, canvas.scale)
        if surface.field is not None:
            canvas.field_surface = surface
        canvas.take_surface(ready)

    def _show_slice(self, scene: Scene) -> None:
        problem = scene.state.spec.problem
        many = problem.dimension > 2
        self.chooser.setVisible(many)
        if not many or scene.history is None:
            return
        label = scene.history.labels[scene.state.selected]
        row = scene.history.row(scene.state.selected, scene.state.cursor) if scene.history.length else None
        lost = row is None or not math.isfinite(row.loss)
        where = "the start" if lost else f"{label}'s point at step {scene.state.cursor}"
        words = f"a slice of {problem.dimension} dimensions through {where}"
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
        if name == "swarm":
            self.swarmRequested.emit(on)
            return
        canvas = self.canvas
        canvas.shown[name] = on
        if name == "aspect":
            canvas.equal = None if on else False
            canvas.go_home()
        if name == "field":
            self.fieldRequested.emit(on)
        canvas.renew_ground()

    def home(self) -> None:
        self.canvas.go_home()

    def fit(self) -> None:
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

    def refit(self) -> None:
        """Spreads the colours over the values in view: whoever makes the surfaces is asked to."""
        surface = self._surface
        if surface is not None and surface.picture is None:
            self.canvas.scale = None
            self._take(surface)
        self.coloursRequested.emit()

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
        numbers = ((names[i], point[i]), (names[j], point[j]), ("f", value))
        first = "   ".join(f"{name} ={fixed_label(float(number))}" for name, number in numbers)
        second = f"∇f = ({fixed_label(float(gradient[i]))}, {fixed_label(float(gradient[j]))})"
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
