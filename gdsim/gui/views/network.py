"""The hero of models on data: the network, and what it says over the data."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QSplitter, QWidget

from gdsim.draw.chart_parts import short
from gdsim.draw.learn_colours import class_colour, signed_marks
from gdsim.draw.map_colours import colour_text
from gdsim.draw.network_layout import Hit
from gdsim.draw.theme import Theme
from gdsim.gui.learn.boundary import BoundaryPart, target_range
from gdsim.gui.learn.parts import plane_columns
from gdsim.gui.learn.picture import LearnChoice, LearnPicture
from gdsim.gui.panels.choice_popup import ChoicePopup
from gdsim.gui.panels.choices import activation_choices, preview_activation
from gdsim.gui.views.hud import EyeButton
from gdsim.gui.views.line_models import is_line
from gdsim.gui.views.model_edits import edited, with_activation
from gdsim.gui.views.model_side import ModelSide
from gdsim.gui.views.network_canvas import NetworkCanvas
from gdsim.gui.views.network_pictures import (
    class_heights,
    fit_scene,
    layers_of,
    network_picture,
    output_names,
    plane_points,
)
from gdsim.gui.views.network_words import edge_words, place_words, unit_title, unit_words
from gdsim.gui.views.numbers_panel import numbers_of
from gdsim.gui.views.outputs_plot import outputs_of
from gdsim.gui.views.sample_edits import SampleEdits, samples_shown
from gdsim.gui.views.view import Scene, View
from gdsim.objectives.data.samples import Samples
from gdsim.objectives.network.chosen import choose_activation
from gdsim.objectives.network.design import Model
from gdsim.session.spec import Learning, Problem

_NETWORK, _MODEL = 456, 288
_HEIGHTS = 5
_SHOWN = (
    ("gradient", "Gradients on edges", "The edges show ∂J/∂w instead of the weights", False),
    ("test", "Test samples", "Samples that are kept for testing, hollow", False),
    ("discrete", "Decision only", "Each class in one colour, however sure the model is", False),
    ("wrong", "Only what is wrong", "Only samples that are put into a wrong class", False),
)


class _Halves(QSplitter):
    """The splitter, in which Escape lets go of the unit that is kept."""

    def __init__(self, view: NetworkView) -> None:
        super().__init__(Qt.Orientation.Horizontal)
        self._view = view

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape and self._view.let_go():
            return
        super().keyPressEvent(event)


class NetworkView(View):
    """Diagram and boundary; what the hand does to them becomes requests for another model, other data, another look."""

    title = "Network"
    short_title = "Network"
    wants = frozenset({"boundary", "units", "samples", "fit", "unit_curves", "gradient"})

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._widget = _Halves(self)
        self._widget.setObjectName("networkView")
        self._widget.setChildrenCollapsible(False)
        self._widget.setHandleWidth(6)
        self.canvas = NetworkCanvas()
        self.side = ModelSide()
        self._widget.addWidget(self.canvas)
        self._widget.addWidget(self.side)
        self._widget.setStretchFactor(0, _NETWORK)
        self._widget.setStretchFactor(1, _MODEL)
        self._widget.setSizes([_NETWORK, _MODEL])
        self.eye = EyeButton(self.canvas)
        for name, words, help_text, on in _SHOWN:
            self.eye.add_option(name, words, help_text, on)
        self._scene: Scene | None = None
        self._picture: LearnPicture | None = None
        # As of the last scene and of what was asked for since: the hand may be quicker than the next frame.
        self._learn: Learning | None = None
        self._choice = LearnChoice()
        self._place: tuple[float, float] | None = None
        self._edge: Hit | None = None
        self._told = ""
        self._popup: ChoicePopup | None = None
        self._popup_layer = 0
        self._anchor = QWidget(self.canvas)
        self._anchor.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._anchor.hide()
        self.edits = SampleEdits(self, lambda: self._scene, self._tell)
        self._connect()
        self.theme(self.canvas.look)

    def _connect(self) -> None:
        canvas, side = self.canvas, self.side
        self.eye.changed.connect(self._option)
        canvas.unitPointed.connect(self._unit_pointed)
        canvas.unitClicked.connect(self._unit_clicked)
        canvas.unpinWanted.connect(self.let_go)
        canvas.edgePointed.connect(self._edge_pointed)
        canvas.edited.connect(self._model_edited)
        canvas.activationWanted.connect(self.open_activations)
        canvas.installEventFilter(self)
        side.columns.chosen.connect(lambda columns: self._look(columns=columns))
        side.brush.chosen.connect(self._kind_chosen)
        for picture in (side.boundary, side.fit):
            picture.sampleAdded.connect(self._added)
            picture.sampleMoved.connect(self._moved)
            picture.sampleRemoved.connect(self.edits.remove)
            picture.sampleClicked.connect(self._sample_clicked)
            picture.kindWanted.connect(self._kind_wanted)
        side.boundary.pointed.connect(self._pointed)

    @classmethod
    def fits(cls, problem: Problem) -> bool:
        return problem.learn is not None and not is_line(problem)

    @property
    def widget(self) -> QWidget:
        return self._widget

    # Showing

    def show(self, scene: Scene) -> None:
        self._scene = scene
        self._learn, self._choice = scene.state.spec.problem.learn, scene.state.learn
        self.edits.seen()
        for name, on in (("gradient", self._choice.gradient), ("test", self._choice.test)):
            if self.eye.is_on(name) != on:
                self.eye.set_on(name, on)
        self._refresh(scene)

    def _refresh(self, scene: Scene) -> None:
        learn, samples = scene.state.spec.problem.learn, samples_shown(scene)
        if learn is None or samples is None:
            return
        choice, picture = scene.state.learn, scene.learn
        self.canvas.gradients = choice.gradient
        numbers = network_picture(learn, samples, picture)
        self.canvas.show_network(layers_of(learn).sizes, numbers, scene.state.playing)
        self.canvas.pin(choice.unit if choice.pinned else None)
        plane = len(samples.columns) >= 2
        self.side.show_kind(plane, len(samples.columns) > 2)
        self._show_brush(samples)
        if plane:
            self._show_plane(scene, learn, samples, picture)
        else:
            self._show_curve(scene, learn, samples, picture)
        if picture is not self._picture:
            self._picture = picture
            self.side.numbers.show_outputs(outputs_of(picture))
        self._show_numbers()

    def _show_plane(self, scene: Scene, learn: Learning, samples: Samples, picture: LearnPicture | None) -> None:
        canvas, choice = self.side.boundary, scene.state.learn
        found: BoundaryPart | None = picture.parts.get("boundary") if picture is not None else None
        columns = found.columns if found is not None else plane_columns(samples, choice.columns)
        if max(columns) >= len(samples.columns):
            columns, found = plane_columns(samples, choice.columns), None
        if len(samples.columns) > 2:
            self.side.columns.show_columns(samples.columns, columns)
        canvas.names = (samples.columns[columns[0]], samples.columns[columns[1]])
        canvas.test = choice.test
        data, canvas.places = plane_points(samples, columns, picture, canvas.only_wrong)
        canvas.title = self._unit_title(learn, samples, found.unit if found is not None else None)
        canvas.note = "others at their mean" if len(samples.columns) > 2 else ""
        canvas.show_picture(found.boundary if found is not None else None, data)

    def _show_curve(self, scene: Scene, learn: Learning, samples: Samples, picture: LearnPicture | None) -> None:
        canvas, state = self.side.fit, scene.state
        made, canvas.places = fit_scene(learn, samples, picture, state.spec.labels, state.selected)
        canvas.test = state.learn.test
        found = picture.parts.get("fit") if picture is not None else None
        canvas.title = self._unit_title(learn, samples, found.unit if found is not None else None)
        canvas.show_fit(made)

    def _unit_title(self, learn: Learning, samples: Samples, unit: tuple[int, int] | None) -> str:
        if unit is None:
            if not samples.classes:
                return samples.target if len(samples.columns) > 1 else "Fit"
            return f"Probability of {samples.classes[1]}" if self._graded(learn) else "Class"
        net = layers_of(learn)
        return unit_title(len(net.layers), samples.names, output_names(learn, samples, net.outputs), unit)

    @staticmethod
    def _graded(learn: Learning) -> bool:
        """Whether the one output means the second class' probability."""
        return learn.model.loss.targets != "one_hot" and bool(learn.model.loss.prediction)

    def _show_brush(self, samples: Samples) -> None:
        look, count = self.canvas.look, len(samples.classes)
        side = self.side
        if count:
            colours = [class_colour(look, k, count) for k in range(count)]
            side.brush.show_kinds(samples.classes, colours, look, True)
        else:
            table = signed_marks(look)
            places = [round(k * (len(table) - 1) / (_HEIGHTS - 1)) for k in range(_HEIGHTS)]
            words = [f"{samples.target} = {short(value)}" for value in self._heights(samples)]
            side.brush.show_kinds(words, [colour_text(int(table[k])) for k in places], look, False)
        side.brush.setVisible(not side.flat or count > 2)
        for canvas in (side.boundary, side.fit):
            canvas.kinds, canvas.kind = (count or _HEIGHTS), side.brush.kind

    @staticmethod
    def _heights(samples: Samples) -> list[float]:
        low, high = target_range(samples)
        return [low + (high - low) * k / (_HEIGHTS - 1) for k in range(_HEIGHTS)]

    def _show_numbers(self) -> None:
        scene = self._scene
        if scene is not None:
            self.side.numbers.show_numbers(numbers_of(scene, *self._words(scene)))

    def _words(self, scene: Scene) -> tuple[str, str]:
        """Of what is pointed at: what went wrong, an edge, a place, a unit."""
        picture, samples, learn = scene.learn, samples_shown(scene), scene.state.spec.problem.learn
        if self._told:
            return "That cannot be", self._told
        if picture is None or samples is None or learn is None or picture.objective.samples is not samples:
            return "", ""
        if picture.objective.net.sizes != layers_of(learn).sizes:
            return "", ""
        if self._edge is not None:
            return edge_words(picture, samples.names, self._edge)
        found = picture.parts.get("boundary")
        if self._place is not None and found is not None and found.unit is None:
            return place_words(picture, samples, found.columns, self._place)
        unit = scene.state.learn.unit
        if unit is not None:
            return self._unit_title(learn, samples, unit), unit_words(picture, learn.model, samples.names, unit)
        return "", ""

    def theme(self, theme: Theme) -> None:
        self.canvas.look = theme
        self.canvas.update()
        self.eye.theme(theme)
        self.side.theme(theme)
        if self._popup is not None:
            self._popup.theme(theme)
        self._place_eye()

    # Looking

    def _look(self, **fields: Any) -> None:
        self._choice = replace(self._choice, **fields)
        self.learnRequested.emit(fields)

    def _option(self, name: str, on: bool) -> None:
        boundary = self.side.boundary
        if name in ("gradient", "test"):
            self._look(**{name: on})
        elif name == "discrete":
            boundary.discrete = on
        else:
            boundary.only_wrong = on
        if self._scene is not None:
            self._refresh(self._scene)

    def _unit_pointed(self, unit: tuple[int, int] | None) -> None:
        if not self._choice.pinned:
            self._look(unit=unit)

    def _unit_clicked(self, unit: tuple[int, int]) -> None:
        again = self._choice.pinned and self._choice.unit == unit
        self._look(unit=unit, pinned=not again)

    def let_go(self) -> bool:
        """The boundary shows the output again; False where it does anyway."""
        if not self._choice.pinned:
            return False
        self._look(unit=None, pinned=False)
        return True

    def _edge_pointed(self, edge: Hit | None) -> None:
        self._edge, self._told = edge, ""
        self._show_numbers()

    def _pointed(self, place: tuple[float, float] | None) -> None:
        self._place, self._told = place, ""
        self._show_numbers()

    def _tell(self, words: str) -> None:
        self._told = words
        self._show_numbers()

    # The model

    def _ask_model(self, model: Model, why: str) -> None:
        if self._learn is not None:
            self._learn = self._learn.replace(model=model)
            self.modelRequested.emit(model, why, True)

    def _model_edited(self, what: str, layer: int) -> None:
        made = edited(self._learn.model, what, layer) if self._learn is not None else None
        if made is not None:
            if self._choice.unit is not None:
                self._look(unit=None, pinned=False)
            self._ask_model(*made)

    def open_activations(self, layer: int, where: QRect) -> None:
        """The list of activations under the words of hidden layer 1, 2, ..."""
        learn = self._learn
        if learn is None or not 1 <= layer <= len(learn.model.layers):
            return
        if self._popup is None:
            self._popup = ChoicePopup(preview_activation, "Search activations", parent=self.canvas)
            self._popup.chosen.connect(self._activation_chosen)
            self._popup.theme(self.canvas.look)
        self._popup_layer = layer
        self._anchor.setGeometry(where)
        self._popup.open_under(self._anchor, activation_choices(), learn.model.layers[layer - 1].activation.name)

    @property
    def popup(self) -> ChoicePopup | None:
        """The list of activations, once it has been opened."""
        return self._popup

    def _activation_chosen(self, name: str) -> None:
        learn, layer = self._learn, self._popup_layer
        if learn is not None and layer <= len(learn.model.layers):
            self._ask_model(with_activation(learn.model, layer, choose_activation(name)), f"make layer {layer} {name}")

    # The data

    def _kind_chosen(self, kind: int) -> None:
        self.side.boundary.kind = self.side.fit.kind = kind

    def _kind_wanted(self, kind: int) -> None:
        self.side.brush.choose(kind)
        self._kind_chosen(kind)

    def _added(self, x: float, y: float, kind: int) -> None:
        samples = samples_shown(self._scene) if self._scene is not None else None
        if samples is not None:
            values, target = self._meant(samples, x, y, None, kind)
            self.edits.add(values, target)

    def _moved(self, number: int, x: float, y: float, final: bool) -> None:
        samples = samples_shown(self._scene) if self._scene is not None else None
        if samples is None:
            return
        values, target = self._meant(samples, x, y, self.edits.target_of(number, samples), 0)
        self.edits.move(number, values, target, final)

    def _meant(
        self, samples: Samples, x: float, y: float, target: float | None, kind: int
    ) -> tuple[dict[str, float], float]:
        """Values by raw column and the target of a sample at a place; `target`: what it was, None for a new one."""
        learn = self._learn
        assert learn is not None
        if not self.side.flat:
            i, j = self._columns(samples)
            new = float(kind) if samples.classes else self._heights(samples)[min(kind, _HEIGHTS - 1)]
            return {samples.columns[i]: x, samples.columns[j]: y}, new if target is None else target
        values = {samples.columns[0]: x}
        if not samples.classes:
            return values, y
        if len(samples.classes) == 2 and learn.model.loss.targets != "one_hot":
            return values, float(y > class_heights(learn.model)[2])
        return values, float(kind) if target is None else target

    def _columns(self, samples: Samples) -> tuple[int, int]:
        picture: Any = self._scene.learn if self._scene is not None else None
        found = picture.parts.get("boundary") if picture is not None else None
        if found is not None and max(found.columns) < len(samples.columns):
            return found.columns
        return plane_columns(samples, self._scene.state.learn.columns if self._scene is not None else ())

    def _sample_clicked(self, number: int) -> None:
        samples = samples_shown(self._scene) if self._scene is not None else None
        place = [] if samples is None else (samples.index == number).nonzero()[0]
        if len(place):
            self._look(sample=int(place[0]))

    # Places

    def eventFilter(self, watched: object, event: Any) -> bool:
        if watched is self.canvas and isinstance(event, QResizeEvent):
            self._place_eye()
        return False

    def _place_eye(self) -> None:
        gap = self.canvas.look.px(8)
        self.eye.move(self.canvas.width() - self.eye.width() - gap, gap)
