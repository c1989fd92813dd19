"""The hero for two and more variables: the contour map with the race on it."""

from __future__ import annotations

import math

import numpy as np
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QWidget

from gdsim.draw.levels import fit_scale
from gdsim.draw.surface import SurfacePicture, prepare_surface
from gdsim.draw.theme import Theme
from gdsim.draw.ticks import fixed_label
from gdsim.gui.state import Surface
from gdsim.gui.views.contour_canvas import SHOWN, ContourCanvas
from gdsim.gui.views.hud import AxesChooser
from gdsim.gui.views.plane_view import PlaneView
from gdsim.gui.views.view import Scene
from gdsim.session.spec import Problem


class ContourView(PlaneView):
    """The contour map; see `ContourCanvas` for the hand. Asks for surfaces, fields, starts, racers and axes."""

    title = "Contour map"
    short_title = "Contour"

    options = SHOWN
    fit_words = ("Fit to trails", "Show what the racers have crossed")
    refit_words = ("Refit colours", "Spread the colours over what is in view")
    canvas: ContourCanvas

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(ContourCanvas(parent), parent)
        self._surface: Surface | None = None
        self.chooser = AxesChooser(self.canvas)
        self.chooser.hide()
        self.chooser.chosen.connect(self.axesRequested)
        self.theme(self.canvas.look)

    @classmethod
    def fits(cls, problem: Problem) -> bool:
        return problem.kind == "function" and problem.dimension >= 2

    @property
    def axes(self) -> tuple[int, int]:
        return self.canvas.axes

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
            canvas.set_home(canvas.domain_of(problem))
        if before is None or before.state.spec.problem != problem:
            canvas.renew_ground()
        if scene.state.viewport is not None and scene.state.viewport != canvas.viewport(canvas.axes):
            self._asking.start()  # another bench has looked at something else meanwhile
        if scene.surface is not None and scene.surface is not self._surface:
            self._take(scene.surface)
        if before is None or before.revision != scene.revision or before.ghost is not scene.ghost:
            canvas.update()
        self._show_slice(scene)
        self.show_live(scene)

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
        super().theme(theme)
        self.chooser.theme(theme)
        self.canvas.recolour()

    def picture(self) -> QImage:
        return self.canvas.grab().toImage()

    # Asking

    def show_option(self, name: str, on: bool) -> None:
        if name == "aspect":
            self.canvas.equal = None if on else False
            self.canvas.go_home()
        if name == "field":
            self.fieldRequested.emit(on)

    def refit(self) -> None:
        """Spreads the colours over the values in view: whoever makes the surfaces is asked to."""
        surface = self._surface
        if surface is not None and surface.picture is None:
            self.canvas.scale = None
            self._take(surface)
        self.coloursRequested.emit()

    def move_start(self, x: float, y: float, final: bool) -> None:
        if self.canvas.scene is not None:
            self.startRequested.emit(self.canvas.start_at(x, y), final)

    def read(self, scene: Scene, place: tuple[float, float]) -> tuple[tuple[str, ...], tuple[float, ...]]:
        point = np.array(self._base(scene), dtype=np.float64)
        point[self.canvas.axes[0]], point[self.canvas.axes[1]] = place
        names = self.canvas.names()
        i, j = self.canvas.axes
        with np.errstate(all="ignore"):
            value, gradient = scene.history.objective.value_gradient(point)
        numbers = ((names[i], point[i]), (names[j], point[j]), ("f", value))
        first = "   ".join(f"{name} ={fixed_label(float(number))}" for name, number in numbers)
        second = f"∇f = ({fixed_label(float(gradient[i]))}, {fixed_label(float(gradient[j]))})"
        return (first, second), tuple(float(c) for c in point)

    def _base(self, scene: Scene) -> tuple[float, ...]:
        if scene.surface is not None and len(scene.surface.base) == scene.state.spec.problem.dimension:
            return scene.surface.base
        return scene.state.spec.start

    def place(self) -> None:
        super().place()
        gap = self.canvas.look.px(8)
        self.chooser.move(gap + self.canvas.look.px(24), gap)
