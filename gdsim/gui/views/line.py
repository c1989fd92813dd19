"""The hero of models with two weights: the data with the line, and the bowl J(m, b) with the same run in it."""

from __future__ import annotations

from typing import Any

import numpy as np
from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QSplitter, QVBoxLayout, QWidget

from gdsim.draw.chart_parts import short
from gdsim.draw.fit import FitCurve, fit_ranges
from gdsim.draw.frame import fitted_frame
from gdsim.draw.theme import Theme
from gdsim.draw.ticks import fixed_label
from gdsim.gui.learn.fits import LineFits
from gdsim.gui.learn.picture import LearnPicture
from gdsim.gui.state import Surface
from gdsim.gui.views.bowl_canvas import BowlCanvas
from gdsim.gui.views.contour_canvas import SHOWN as MAP_SHOWN
from gdsim.gui.views.fit_canvas import FitScene
from gdsim.gui.views.hud import EyeButton
from gdsim.gui.views.line_canvas import LineCanvas
from gdsim.gui.views.line_models import Weights, column_of, formula_words, is_line, shown
from gdsim.gui.views.network_pictures import class_heights, points_at
from gdsim.gui.views.numbers_panel import NumbersPanel, numbers_of
from gdsim.gui.views.outputs_plot import outputs_of
from gdsim.gui.views.sample_canvas import Places
from gdsim.gui.views.sample_edits import SampleEdits, samples_shown
from gdsim.gui.views.view import Scene, View
from gdsim.objectives.data.samples import Samples
from gdsim.objectives.network.targets import decided
from gdsim.session.learning import initial_of
from gdsim.session.spec import Learning, Problem

_LEAST_NUMBERS = 150
_TALL = 1.2
_EARLIER = 18
_SHOWN = (
    ("residuals", "Residuals", "What is left between the line and each sample", True),
    ("squares", "Residuals as squares", "The area of a square is the residual squared; the loss is their mean", False),
    ("earlier", "Earlier lines", "Where the focused racer's line was before, paler the longer ago", True),
    ("others", "Other losses", "Where the line would end with squared, absolute and Huber errors", False),
    ("test", "Test samples", "Samples that are kept for testing, hollow", False),
)


class LineView(View):
    """Data and bowl; a line in the one is a point in the other."""

    title = "Line and bowl"
    short_title = "Line"
    wants = frozenset({"line_fits", "samples"})

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._widget = QSplitter(Qt.Orientation.Horizontal)
        self._widget.setObjectName("lineView")
        self._widget.setChildrenCollapsible(False)
        self._widget.setHandleWidth(6)
        self.data = LineCanvas()
        self.numbers = NumbersPanel()
        self.bowl = BowlCanvas()
        self._left = QWidget()
        column = QVBoxLayout(self._left)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.data)
        column.addWidget(self.numbers, 1)
        self._left.setMinimumWidth(200)
        for place, piece in enumerate((self._left, self.bowl)):
            self._widget.addWidget(piece)
            self._widget.setStretchFactor(place, 1)
        self._widget.setSizes([372, 372])
        self.eye = EyeButton(self.bowl)
        for name, words, help_text, on in _SHOWN:
            self.eye.add_option(name, words, help_text, on)
        self.eye.add_line()
        for name, words, help_text, on in MAP_SHOWN:
            self.eye.add_option(name, words if name != "minima" else "The minimum", help_text, on)
        self.eye.add_line()
        self.eye.add_command("Home view", "H", self.home, "Show the minimum and the initialisation")
        self.eye.add_command("Fit to trails", "F", self.fit, "Show what the racers have crossed")
        self.eye.add_command("Refit colours", "C", self.refit, "Spread the colours over what is in view")
        self._scene: Scene | None = None
        self._picture: LearnPicture | None = None
        self._problem: object = None
        self._surface: Surface | None = None
        self._pulse = 0
        self._told = ""
        self._asking = QTimer(self.bowl, interval=0, singleShot=True)
        self.edits = SampleEdits(self, lambda: self._scene, self._tell)
        self._connect()
        self.theme(self.bowl.look)

    def _connect(self) -> None:
        data, bowl = self.data, self.bowl
        self.eye.changed.connect(self._option)
        self._asking.timeout.connect(self._ask)
        bowl.frameChanged.connect(self._asking.start)
        bowl.startMoved.connect(self._start_moved)
        bowl.racerClicked.connect(self.racerRequested)
        bowl.pointed.connect(self._pointed)
        bowl.fitWanted.connect(self.fit)
        bowl.coloursWanted.connect(self.refit)
        bowl.installEventFilter(self)
        self._left.installEventFilter(self)
        data.lineMoved.connect(self._start_moved)
        data.lineTaken.connect(lambda: self.cursorRequested.emit(0))
        data.sampleAdded.connect(self._added)
        data.sampleMoved.connect(self._moved)
        data.sampleRemoved.connect(self.edits.remove)

    @classmethod
    def fits(cls, problem: Problem) -> bool:
        return is_line(problem)

    @property
    def widget(self) -> QWidget:
        return self._widget

    # Showing

    def show(self, scene: Scene) -> None:
        self.edits.seen()
        if self.eye.is_on("test") != scene.state.learn.test:
            self.eye.set_on("test", scene.state.learn.test)
        self._refresh(scene)

    def _refresh(self, scene: Scene) -> None:
        before, self._scene = self._scene, scene
        problem, samples = scene.state.spec.problem, samples_shown(scene)
        learn = problem.learn
        if learn is None or samples is None or not is_line(problem):
            return
        self._show_bowl(scene, learn, samples, before)
        self._show_data(scene, learn, samples)
        if scene.learn is not self._picture:
            self._picture = scene.learn
            self.numbers.show_outputs(outputs_of(scene.learn))
        self._show_numbers()

    def _show_bowl(self, scene: Scene, learn: Learning, samples: Samples, before: Scene | None) -> None:
        bowl, problem, state = self.bowl, scene.state.spec.problem, scene.state
        bowl.scene = scene
        bowl.start = self.start_of(scene)
        bowl.titles = ("m", "b")
        domain = (problem.domain[0], problem.domain[1]) if len(problem.domain) == 2 else ((-3.0, 3.0), (-3.0, 3.0))
        key = (learn.data.replace(rows=(), removed=(), columns=()), learn.model.kind, learn.model.loss.targets)
        if key != self._problem:
            self._problem, self._surface = key, scene.surface
            bowl.drop_surface()
            bowl.set_home(domain)
        bowl.keep_home(domain)
        if state.viewport is not None and state.viewport != bowl.viewport(bowl.axes):
            self._asking.start()
        fits: LineFits | None = scene.learn.parts.get("line_fits") if scene.learn is not None else None
        bowl.show_best(fits.best if fits is not None and self._known(scene, samples) else None)
        if scene.surface is not None and scene.surface is not self._surface:
            self._surface = scene.surface
            if scene.surface.field is not None:
                bowl.field_surface = scene.surface
            if scene.surface.picture is not None:
                bowl.take_surface(scene.surface.picture)
        if before is None or before.revision != scene.revision:
            bowl.forget_trails()
        if scene.pulse != self._pulse:
            self._pulse = scene.pulse
            bowl.pulse()
        bowl.update()

    @staticmethod
    def _known(scene: Scene, samples: Samples) -> bool:
        """Whether the engine's picture is of these samples."""
        return scene.learn is not None and scene.learn.objective.samples is samples

    def start_of(self, scene: Scene) -> Weights:
        """Where all racers begin: as the spec says, or the initialisation."""
        start = scene.state.spec.start
        learn = scene.state.spec.problem.learn
        if len(start) != 2:
            assert learn is not None
            start = initial_of(learn)
        return float(start[0]), float(start[1])

    def weights_now(self, scene: Scene) -> dict[int, Weights]:
        """Every visible racer's weights at the cursor."""
        history = scene.history
        if history is None or history.objective.n != 2 or history.spec.problem.learn is None:
            return {}
        found = {}
        for number, trace in enumerate(history.traces):
            if trace.published and history.spec.racers[number].visible:
                theta = trace.row(max(0, min(scene.state.cursor, trace.last))).theta
                if len(theta) == 2 and np.isfinite(theta).all():
                    found[number] = (float(theta[0]), float(theta[1]))
        return found

    @staticmethod
    def _earlier(scene: Scene, racer: int) -> list[Weights]:
        """The weights of a racer at some steps before the cursor: at first close together, then further apart."""
        trace = scene.history.traces[racer]
        last = max(0, min(scene.state.cursor, trace.last))
        steps = sorted({round(float(step)) for step in np.geomspace(1, last + 1, _EARLIER)} - {last + 1})
        rows = (trace.row(step - 1).theta for step in steps)
        return [(float(theta[0]), float(theta[1])) for theta in rows if np.isfinite(theta).all()]

    def _show_data(self, scene: Scene, learn: Learning, samples: Samples) -> None:
        canvas, model, focus = self.data, learn.model, scene.state.selected
        now = self.weights_now(scene)
        canvas.model, canvas.start, canvas.now = model, self.start_of(scene), now.get(focus)
        canvas.earlier = self._earlier(scene, focus) if focus in now and self.eye.is_on("earlier") else ()
        canvas.at_start = scene.state.cursor == 0
        canvas.test = scene.state.learn.test
        fits: LineFits | None = scene.learn.parts.get("line_fits") if self._known(scene, samples) else None
        canvas.others = fits.fits if fits is not None and self.eye.is_on("others") else ()
        canvas.residuals = (
            "squares" if self.eye.is_on("squares") else "lines" if self.eye.is_on("residuals") else "none"
        )
        made, canvas.places = self._fit_scene(learn, samples, now, focus)
        canvas.title = self._formula(learn, samples, now.get(focus))
        canvas.note = ""
        canvas.show_fit(made)

    def _fit_scene(
        self, learn: Learning, samples: Samples, now: dict[int, Weights], focus: int
    ) -> tuple[FitScene, Places]:
        """Samples and lines over the one input, as the model sees it."""
        assert self._scene is not None
        model, labels = learn.model, self._scene.state.spec.labels
        u = np.concatenate([samples.x[0], samples.x_test[0]])
        target = np.concatenate([samples.y, samples.y_test])
        classes = len(samples.classes)
        first, second, level = class_heights(model)
        heights = np.where(target > 0, second, first) if classes else target
        x, y = fit_ranges(u, np.array([first, second]) if classes else target)
        places = np.linspace(*x, 161)
        curves = tuple(
            FitCurve(number, places, shown(model, m * places + b), labels[number] if number < len(labels) else "")
            for number, (m, b) in now.items()
        )
        sums = None if focus not in now else now[focus][0] * u + now[focus][1]
        said = None if sums is None else shown(model, sums)
        which = None if sums is None or not classes else decided(model.loss, sums[None, :], classes).astype(float)
        data, where = points_at(samples, np.stack([u, heights], axis=1), which if classes else None)
        name = samples.names[0] + (" (standardised)" if learn.data.standardise else "")
        made = FitScene(
            x, y, (name, "output" if classes else samples.target), curves, data, not classes,
            None if classes else said, level if classes else None, focus,
        )  # fmt: skip
        return made, where

    def _formula(self, learn: Learning, samples: Samples, weights: Weights | None) -> str:
        if weights is None:
            return "Data"
        return formula_words(learn.model, samples.names[0], "p" if samples.classes else samples.target, weights)

    def _show_numbers(self) -> None:
        scene = self._scene
        if scene is None:
            return
        words = ("That cannot be", self._told) if self._told else self._words(scene)
        self.numbers.show_numbers(numbers_of(scene, *words))

    def _words(self, scene: Scene) -> tuple[str, str]:
        samples = samples_shown(scene)
        fits: LineFits | None = scene.learn.parts.get("line_fits") if scene.learn is not None else None
        if samples is None or fits is None or not self._known(scene, samples) or not self.eye.is_on("others"):
            return "", ""
        ends = [f"{fit.title}: m = {short(fit.line[0])}, b = {short(fit.line[1])}" for fit in fits.fits]
        return "Where each loss ends", "; ".join(ends)

    def theme(self, theme: Theme) -> None:
        self.bowl.look = self.data.look = self.numbers.look = theme
        self.eye.theme(theme)
        self._place()
        self.bowl.recolour()
        self.data.update()
        self.numbers.update()

    # Asking

    def _ask(self) -> None:
        if self.bowl.width() > 1 and self._scene is not None and is_line(self._scene.state.spec.problem):
            self.viewportRequested.emit(self.bowl.viewport(self.bowl.axes))

    def _option(self, name: str, on: bool) -> None:
        if name == "test":
            self.learnRequested.emit({"test": on})
        elif name in self.bowl.shown:
            self.bowl.shown[name] = on
            if name == "aspect":
                self.bowl.equal = None if on else False
                self.bowl.go_home()
            if name == "field":
                self.fieldRequested.emit(on)
            self.bowl.renew_ground()
        elif name == "squares" and on and not self.eye.is_on("residuals"):
            self.eye.set_on("residuals", True)
        if self._scene is not None:
            self._refresh(self._scene)

    def home(self) -> None:
        self.bowl.go_home()

    def fit(self) -> None:
        """Shows all that the visible racers have crossed, the start and the minimum."""
        scene, bowl = self._scene, self.bowl
        if scene is None or scene.history is None:
            return
        points = [source.points(0, source.trace.published) for source in bowl.sources(scene.history)]
        points += [np.array([each]) for each in (bowl.start, bowl.best) if each is not None]
        frame = fitted_frame(np.concatenate(points), bowl.width(), bowl.height(), bowl.equal) if points else None
        if frame is not None:
            bowl.show_frame_of(frame)

    def refit(self) -> None:
        self.coloursRequested.emit()

    def _start_moved(self, m: float, b: float, final: bool) -> None:
        self.startRequested.emit((m, b), final)

    def _pointed(self, place: tuple[float, float] | None) -> None:
        scene = self._scene
        if place is None or scene is None or scene.history is None or scene.history.objective.n != 2:
            self.bowl.readout = ()
            return
        with np.errstate(all="ignore"):
            value, gradient = scene.history.objective.value_gradient(np.array(place))
        first = f"m ={fixed_label(place[0])}   b ={fixed_label(place[1])}   J ={fixed_label(float(value))}"
        self.bowl.readout = (first, f"∇J = ({fixed_label(float(gradient[0]))}, {fixed_label(float(gradient[1]))})")

    def _tell(self, words: str) -> None:
        self._told = words
        self._show_numbers()

    # The data

    def _added(self, u: float, v: float, kind: int) -> None:
        self._edit(None, u, v, True)

    def _moved(self, number: int, u: float, v: float, final: bool) -> None:
        self._edit(number, u, v, final)

    def _edit(self, number: int | None, u: float, v: float, final: bool) -> None:
        """A sample at (u, v): a new one, or number `number` moved; along a formula it can be moved up and down only."""
        scene = self._scene
        samples = samples_shown(scene) if scene is not None else None
        learn = scene.state.spec.problem.learn if scene is not None else None
        if samples is None or learn is None:
            return
        self._told = ""
        column, values = column_of(samples), {}
        if column is not None:
            place, shift, scale = column
            values[samples.columns[place]] = u * scale + shift
        elif number is None:
            self._tell(f"{samples.names[0]} is a formula: samples cannot be put along it")
            return
        target = float(v > class_heights(learn.model)[2]) if samples.classes else v
        if number is None:
            self.edits.add(values, target)
        else:
            self.edits.move(number, values, target, final)

    # Places

    def eventFilter(self, watched: object, event: Any) -> bool:
        if isinstance(event, QResizeEvent):
            if watched is self.bowl:
                self._place()
            elif watched is self._left:
                most = self._left.height() - self.data.look.px(_LEAST_NUMBERS)
                self.data.setFixedHeight(max(160, min(round(self._left.width() * _TALL), most)))
        return False

    def _place(self) -> None:
        gap = self.bowl.look.px(8)
        self.eye.move(self.bowl.width() - self.eye.width() - gap, gap)
