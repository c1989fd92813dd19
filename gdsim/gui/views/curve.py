"""The hero for one variable: the curve with the balls that roll on it."""

from __future__ import annotations

from typing import Any

import numpy as np
from PySide6.QtCore import QPointF
from PySide6.QtGui import QColor, QPainter
from PySide6.QtWidgets import QWidget

from gdsim.draw.axes import paint_inner_axes
from gdsim.draw.frame import home_frame
from gdsim.draw.onedim import paint_axis_step, paint_function, paint_grid, paint_tangent, value_range
from gdsim.draw.strokes import TrailSource
from gdsim.draw.surface import paint_minima
from gdsim.draw.theme import Theme
from gdsim.draw.ticks import fixed_label
from gdsim.gui.state import Curve
from gdsim.gui.views.contour_canvas import SLOW
from gdsim.gui.views.plane import PlaneCanvas
from gdsim.gui.views.plane_view import PlaneView
from gdsim.gui.views.view import Scene
from gdsim.session.spec import Problem

_SHOWN = (
    ("grid", "Grid", "Lines at the axes' marks", True),
    ("tangent", "Tangent and step", "The tangent at the focused ball and its next step, when paused or slow", True),
    ("minima", "Known minima", "A + at every minimum that the catalogue knows", True),
)


class CurveCanvas(PlaneCanvas):
    """The curve itself; heights are chosen so that the curve fills the canvas, until the hand zooms."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Curve of the function")
        self.setAccessibleDescription(
            "Drag the ring along the curve to move the start, double-click to put it elsewhere, drag to pan, turn the "
            "wheel to zoom. Left and Right nudge the start, H shows the whole domain, F fits the balls."
        )
        self.equal = False
        self.shown = {name: on for name, _, _, on in _SHOWN}
        self.curve: Curve | None = None

    def take_curve(self, curve: Curve, fit: bool) -> None:
        """Another stretch of the curve; `fit` chooses the heights anew."""
        self.curve = curve
        if fit:
            self._domain = (self._domain[0], value_range(curve.values))
            if self._at_home:
                self.go_home()
        self.renew_ground()

    def refit_height(self) -> None:
        """The heights that show what lies between the left and the right edge."""
        if self.curve is not None:
            x = self.curve.x
            seen = self.curve.values[(x >= self.frame.x[0]) & (x <= self.frame.x[1])]
            low_high = value_range(seen)
            self.show_frame_of(home_frame((self.frame.x, low_high), self.width(), self.height(), False))

    def height_at(self, x: float) -> float:
        """f(x) from the curve shown; not a number outside it."""
        if self.curve is None:
            return float("nan")
        return float(np.interp(x, self.curve.x, self.curve.values, left=np.nan, right=np.nan))

    def paint_ground(self, painter: QPainter) -> None:
        painter.fillRect(self.rect(), QColor(self.look.surface))
        if self.shown["grid"]:
            paint_grid(painter, self.frame, self.look)
        if self.curve is not None:
            paint_function(painter, self.frame, self.curve.x, self.curve.values, self.look)
        scene = self.scene
        if scene is not None and self.shown["minima"]:
            places = [(point[0], value) for point, value in scene.state.spec.problem.minima]
            paint_minima(painter, self.frame, places, self.look)
        name = scene.history.objective.coordinates[0] if scene is not None and scene.history is not None else "x"
        paint_inner_axes(painter, self.frame, (name, f"f({name})"), self.look)

    def sources(self, history: Any) -> list[TrailSource]:
        racers = history.spec.racers
        return [
            TrailSource(trace, k, (0, 1), lines=False) for k, trace in enumerate(history.traces) if racers[k].visible
        ]

    def start_place(self) -> tuple[float, float] | None:
        scene = self.scene
        if scene is None or not scene.state.spec.start:
            return None
        x = scene.state.spec.start[0]
        height = self.height_at(x)
        history = scene.history
        if not np.isfinite(height) and history is not None and history.objective.n == 1:  # not the run before
            height = float(history.objective.value(np.array([x])))
        return x, height

    def ring_pixel(self) -> QPointF | None:
        if self.held is not None:  # the ring stays on the curve, the hand only says where along it
            self.held = (self.held[0], self.height_at(self.held[0]))
        return super().ring_pixel()

    def paint_over(self, painter: QPainter) -> None:
        scene = self.scene
        if scene is None or not self.shown["tangent"] or (scene.state.playing and scene.state.speed >= SLOW):
            return
        racer = scene.state.selected
        trace = scene.history.traces[racer]
        last = min(scene.state.cursor, trace.published - 1)
        if last < 0 or not scene.history.spec.racers[racer].visible:
            return
        row = trace.row(last)
        here = (float(row.theta[0]), row.loss)
        colour = QColor(self.look.racer(racer))
        paint_tangent(painter, self.frame, here, float(row.gradient[0]), colour, self.look)
        if last + 1 < trace.published:
            after = trace.row(last + 1)
            there = (float(after.theta[0]), after.loss)
            paint_axis_step(painter, self.frame, here, there, QColor(self.look.accent), self.look)


class CurveView(PlaneView):
    """The curve of a function of one variable."""

    title = "Curve"
    short_title = "Curve"

    options = _SHOWN
    fit_words = ("Fit to balls", "Show what the racers have crossed")
    refit_words = ("Refit heights", "Show all heights between the edges")
    canvas: CurveCanvas

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(CurveCanvas(parent), parent)
        self._curve: Curve | None = None
        self._fit = True
        self.theme(self.canvas.look)

    @classmethod
    def fits(cls, problem: Problem) -> bool:
        return problem.kind == "function" and problem.dimension == 1

    @property
    def axes(self) -> tuple[int, int]:
        return (0, 0)

    def show(self, scene: Scene) -> None:
        canvas = self.canvas
        before, canvas.scene = canvas.scene, scene
        problem = scene.state.spec.problem
        if problem.dimension != 1:
            return
        key = (problem.formula, problem.domain)
        if key != self._problem:
            self._problem, self._fit, self._curve = key, True, None
            canvas.curve = None
            domain = problem.domain[0] if problem.domain else (-5.0, 5.0)
            canvas.set_home((domain, (-1.0, 1.0)))
        if before is None or before.state.spec.problem != problem:
            self._fit = True
            canvas.renew_ground()
        if scene.curve is not None and scene.curve is not self._curve:
            self._curve = scene.curve
            canvas.take_curve(scene.curve, self._fit or scene.curve.fresh)
            self._fit = False
        self.show_live(scene)

    def theme(self, theme: Theme) -> None:
        super().theme(theme)
        self.canvas.forget_trails()
        self.canvas.renew_ground()

    def refit(self) -> None:
        self.canvas.refit_height()

    def move_start(self, x: float, y: float, final: bool) -> None:
        self.startRequested.emit((x,), final)

    def read(self, scene: Scene, place: tuple[float, float]) -> tuple[tuple[str, ...], tuple[float, ...]]:
        x = np.array([place[0]])
        with np.errstate(all="ignore"):
            value, slope = scene.history.objective.value_gradient(x)
        name = scene.history.objective.coordinates[0]
        height, rise = fixed_label(float(value)), fixed_label(float(slope[0]))
        return (f"{name} ={fixed_label(place[0])}   f ={height}   f′ ={rise}",), (float(place[0]),)
