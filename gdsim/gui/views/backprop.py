"""Back-propagation walked through: one sample forward and back, the chain rule in numbers, a weight nudged."""

from __future__ import annotations

from typing import Any

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from gdsim.draw.data_points import DataPoints
from gdsim.draw.theme import DARK, SPACE, Theme
from gdsim.gui.fields.segments import Segments
from gdsim.gui.learn.boundary import target_range
from gdsim.gui.learn.part_walk import WalkPart, is_drawable
from gdsim.gui.learn.parts import plane_columns
from gdsim.gui.learn.picture import LearnPicture
from gdsim.gui.views.backprop_canvas import WalkCanvas
from gdsim.gui.views.backprop_samples import SampleBar, SampleMap, sample_words
from gdsim.gui.views.backprop_stages import StageBar
from gdsim.gui.views.backprop_weight import ChainPanel, NudgePanel, WeightBar
from gdsim.gui.views.network_pictures import layers_of, output_names
from gdsim.gui.views.view import LearnView, Scene

_NARROW = 640
"""Width below which chain rule, nudge and samples take turns; pixels at scale 1."""
_FOOT, _FOOT_LOW, _FOOT_PAGE = 224, 196, 178
"""Height of the part below: where there is room, where there is little, and of a page but the chain rule's there."""
_SLOW = 4.0
"""Steps a second up to which numbers are typeset while the run plays."""
_PAGES = (
    ("chain", "Chain rule", "The chain rule for the chosen weight, with this sample's numbers"),
    ("nudge", "Nudge", "Move the chosen weight a little: predicted against actual change of the loss"),
    ("samples", "Samples", "Choose a sample from a map"),
)


class _Body(QWidget):
    """Up and Down go through the stages, wherever the keys are, unless a field wants them itself."""

    def __init__(self, view: BackpropView) -> None:
        super().__init__()
        self._view = view

    def keyPressEvent(self, event: QKeyEvent) -> None:
        where = {Qt.Key.Key_Up: "back", Qt.Key.Key_Down: "on"}.get(Qt.Key(event.key()))
        if where is None or event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier:
            super().keyPressEvent(event)
            return
        self._view.stages.go(where)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._view.arrange()


class BackpropView(LearnView):
    """The sample above, the network, the stages, and below them the weight and the samples."""

    title = "Backprop"
    short_title = "Backprop"
    wants = frozenset({"walk", "boundary"})

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._look = DARK
        self._scene: Scene | None = None
        self._path = False
        self._page = "nudge"
        self._narrow: bool | None = None
        self._points: tuple[Any, DataPoints] | None = None
        self.bar = SampleBar()
        self.canvas = WalkCanvas()
        self.stages = StageBar()
        self.weight = WeightBar()
        self.chain = ChainPanel()
        self.nudge = NudgePanel()
        self.map = SampleMap()
        self.pages = Segments(_PAGES, "What is shown below")
        self._widget = _Body(self)
        self._widget.setObjectName("backpropView")
        self._lay_out()
        self._connect()
        self.theme(DARK)

    def _lay_out(self) -> None:
        self._stack = QStackedWidget()
        for page in (self.nudge, self.map):
            self._stack.addWidget(page)
        head = QHBoxLayout()
        head.setContentsMargins(0, 0, 0, 0)
        head.setSpacing(SPACE.gutter)
        head.addWidget(self.weight, 1)
        head.addWidget(self.pages)
        halves = QHBoxLayout()
        halves.setContentsMargins(0, 0, 0, 0)
        halves.setSpacing(SPACE.card)
        halves.addWidget(self.chain, 11)
        halves.addWidget(self._stack, 9)
        self._foot = QWidget()
        foot = QVBoxLayout(self._foot)
        foot.setContentsMargins(SPACE.card, SPACE.grid, SPACE.card, SPACE.gutter)
        foot.setSpacing(SPACE.grid)
        foot.addLayout(head)
        foot.addLayout(halves, 1)
        column = QVBoxLayout(self._widget)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        for piece in (self.bar, self.canvas, self.stages, self._foot):
            column.addWidget(piece, 1 if piece is self.canvas else 0)

    def _connect(self) -> None:
        self.bar.chosen.connect(self._sample_chosen)
        self.map.chosen.connect(self._sample_chosen)
        self.stages.chosen.connect(self._stage_chosen)
        self.canvas.weightChosen.connect(self._weight_chosen)
        self.weight.weightChosen.connect(self._weight_chosen)
        self.nudge.nudged.connect(self._nudged)
        self.pages.chosen.connect(self._page_chosen)

    # Showing

    def show(self, scene: Scene) -> None:
        self._scene = scene
        learn, picture = scene.state.spec.problem.learn, scene.learn
        if learn is None:
            return
        found: WalkPart | None = picture.parts.get("walk") if picture is not None else None
        sizes = layers_of(learn).sizes
        if found is not None and picture is not None and picture.objective.net.sizes != sizes:
            found = None  # still of the model before
        self.canvas.words = "the model is on its way" if is_drawable(sizes) else self._too_large(sizes)
        for piece in (self.bar, self.stages, self._foot):
            piece.setVisible(found is not None)
        if found is None or picture is None:
            self.canvas.show_walk(None, None, (), False)
            return
        objective = picture.objective
        samples = objective.samples
        outputs = output_names(learn, samples, objective.net.outputs)
        typeset = not scene.state.playing or scene.state.speed <= _SLOW
        self.canvas.show_walk(objective, found, outputs, self._path)
        number = found.walk.sample
        self.bar.show_sample(samples, number, found.batch, sample_words(samples, number))
        self.bar.badge.show_check(found.walk.check, bool(self._narrow))
        self.stages.show_stage(found.stages, found.stage, found.words, typeset)
        self.weight.show_weight(objective.net.names(), found)
        self.chain.show_lines(found.lines, typeset)
        self.nudge.show_nudge(found)
        self._show_map(picture, number)

    def _too_large(self, sizes: tuple[int, ...]) -> str:
        shown = " · ".join(str(size) for size in sizes)
        return f"{shown} units are too many for numbers on every edge: up to 8 hidden layers, and 12 units in each"

    def _show_map(self, picture: LearnPicture, number: int) -> None:
        samples = picture.objective.samples
        ground = picture.parts.get("boundary")
        plane = len(samples.columns) >= 2
        columns = (0, 0)
        if plane:
            chosen = self._scene.state.learn.columns if self._scene is not None else ()
            columns = ground.columns if ground is not None else plane_columns(samples, chosen)
        key = (samples, columns)
        if self._points is None or self._points[0] != key:
            places = samples.raw[list(columns)].T if plane else np.stack([samples.raw[0], samples.y], axis=1)
            low, high = target_range(samples)
            points = DataPoints(np.ascontiguousarray(places), samples.y, classes=samples.classes, low=low, high=high)
            self._points = (key, points)
        first = samples.columns[columns[0] if plane else 0]
        names = (first, samples.columns[columns[1]] if plane else samples.target)
        self.map.show_map(self._points[1], names, ground.boundary if ground is not None else None, number)

    def theme(self, theme: Theme) -> None:
        self._look = theme
        for piece in (self.bar, self.canvas, self.stages, self.weight, self.chain, self.nudge):
            piece.theme(theme)
        self.map.look = theme
        self.map.update()
        self._narrow = None
        self.arrange()

    # Arranging

    def arrange(self) -> None:
        """Chain rule beside nudge or samples where there is room, one of the three where there is not."""
        narrow = self._widget.width() < self._look.px(_NARROW)
        small = narrow or self._widget.height() < self._look.px(560)
        high = _FOOT if not small else _FOOT_PAGE if narrow and self._page != "chain" else _FOOT_LOW
        grown = 1 + 0.75 * (self._look.scale - 1)  # Teach leaves the network its room
        self._foot.setFixedHeight(round(high * grown))
        if narrow == self._narrow:
            return
        self._narrow = narrow
        self.pages.button("chain").setVisible(narrow)
        self.bar.show_narrow(narrow)
        if not narrow and self._page == "chain":
            self._page = "nudge"
        self._show_page()

    def _page_chosen(self, name: str) -> None:
        self._page = name
        self._show_page()
        self.arrange()

    def _show_page(self) -> None:
        self.pages.show_choice(self._page)
        self.chain.setVisible(not self._narrow or self._page == "chain")
        self._stack.setVisible(not self._narrow or self._page != "chain")
        if self._page != "chain":
            self._stack.setCurrentWidget(self.nudge if self._page == "nudge" else self.map)

    # Choosing

    def _sample_chosen(self, number: int) -> None:
        self.learnRequested.emit({"sample": number})

    def _stage_chosen(self, stage: int) -> None:
        self._path = False
        self.learnRequested.emit({"stage": stage})

    def _weight_chosen(self, weight: int) -> None:
        self.learnRequested.emit({"weight": weight})

    def _nudged(self, by: float) -> None:
        self._path = True
        self.learnRequested.emit({"nudge": by})
