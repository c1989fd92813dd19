"""The loss on a plane through the focused racer's weights, the paths of training on it, and how far that is true."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QSignalBlocker
from PySide6.QtWidgets import QComboBox, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from gdsim.draw.theme import SPACE, Theme
from gdsim.gui.fields.flow import FlowLayout
from gdsim.gui.fields.slider import TrackSlider
from gdsim.gui.icons import icon
from gdsim.gui.learn.slow import other_racer
from gdsim.gui.panels.slow_bar import beside
from gdsim.gui.views.landscape_canvas import LandscapeCanvas, TrustCanvas
from gdsim.gui.views.sentence import Sentence
from gdsim.gui.views.slow_view import SlowView
from gdsim.gui.views.view import Scene

DIRECTIONS: tuple[tuple[str, str], ...] = (
    ("random", "Random directions"),
    ("pca", "Path components"),
    ("runs", "To another racer"),
)
RESOLUTIONS = (25, 51, 101)
REACH = (0.1, 4.0)
_STRIP = 124


class LandscapeView(SlowView):
    """Choices above, the map, the strip of losses and a sentence below."""

    title = "Landscape"
    short_title = "Landscape"
    wants = frozenset({"landscape"})
    what = "landscape"
    under_way = "The landscape is being made"

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.directions = self.bar.choice(
            "Directions of the plane",
            "Which plane: two random directions, in which every unit's weights keep their size; those in which the "
            "path went furthest; or the line to where another racer ended",
            [words for _, words in DIRECTIONS],
        )
        self.directions.setMaximumWidth(164)
        self.other = self.bar.choice("The other racer", "The racer at whose end the line ends")
        self.resolution = self.bar.choice(
            "Resolution", "Points along each side", [f"{side} × {side}" for side in RESOLUTIONS]
        )
        self.reach = TrackSlider(*REACH, "log")
        self.reach.set_mark(1.0)
        self.reach.setFixedWidth(96)
        self.reach.setAccessibleName("Reach of the plane")
        self.reach.setToolTip(
            "How far the plane reaches: 1 is as far as the weights are large, or as the path is long. Double-click: 1"
        )
        self.dice = QPushButton("New")
        self.dice.setProperty("role", "flat")
        self.dice.setAccessibleName("New random directions")
        self.dice.setToolTip("Draw other random directions: is it the same picture?")
        self.dice.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        choices = QWidget()
        around = QVBoxLayout(choices)
        around.setContentsMargins(SPACE.gutter, 0, SPACE.gutter, SPACE.grid + 2)
        row = FlowLayout(apart=SPACE.gutter)
        around.addLayout(row)
        for piece in (self.directions, self.other, self.resolution, beside("Reach", self.reach), self.dice):
            row.addWidget(piece)
        self.canvas, self.strip = LandscapeCanvas(), TrustCanvas()
        self.words = Sentence("How far the landscape can be trusted")
        for widget in (choices, self.canvas, self.strip, self.words):
            self.column.addWidget(widget, 1 if widget is self.canvas else 0)
        self._scene: Scene | None = None
        self._connect()
        self.theme(self.canvas.look)

    def _connect(self) -> None:
        self.directions.activated.connect(lambda index: self._choose(directions=DIRECTIONS[index][0]))
        self.other.activated.connect(lambda _: self._choose(other=self.other.currentData()))
        self.resolution.activated.connect(lambda index: self._choose(resolution=RESOLUTIONS[index]))
        self.reach.moved.connect(lambda value: self._choose(reach=value))
        self.reach.resetRequested.connect(lambda: self._choose(reach=1.0))
        self.dice.clicked.connect(self._roll)
        self.strip.stepDragged.connect(self.cursorRequested)
        self.canvas.placed.connect(self._placed)

    def show(self, scene: Scene) -> None:
        self._scene = scene
        state, slow = scene.state, self.slow_of(scene)
        choice, labels = state.learn, state.spec.labels
        self.directions.setCurrentIndex([name for name, _ in DIRECTIONS].index(choice.directions))
        self.resolution.setCurrentIndex(RESOLUTIONS.index(choice.resolution))
        self.reach.set_value(choice.reach)
        self.other.setVisible(choice.directions == "runs" and len(labels) > 1)
        self.dice.setVisible(choice.directions != "pca")
        _fill(self.other, [(k, each) for k, each in enumerate(labels) if k != state.selected],
              other_racer(state, len(labels)))  # fmt: skip
        ready = slow.value
        fits = ready is not None and ready.landscape.racer < len(labels)
        self.canvas.take(ready if fits and slow.standing != "failed" else None)
        self.canvas.nothing = self.nothing(slow)
        self.strip.ready = self.canvas.ready
        self.canvas.cursor_step = self.strip.step = state.cursor
        shown = self.canvas.ready
        path = shown is not None and len(shown.landscape.steps) > 1
        self.strip.setVisible(path)
        self.words.setText(shown.landscape.trust if shown is not None else "")
        self.words.setVisible(shown is not None)
        note = f"through the weights at step {shown.landscape.step:,}" if shown is not None else ""
        self.bar.show_slow(slow, note)
        self.canvas.update()
        self.strip.update()

    def theme(self, theme: Theme) -> None:
        super().theme(theme)
        self.canvas.look = self.strip.look = theme
        self.canvas.renew_ground()
        self.strip.setFixedHeight(theme.px(_STRIP))
        self.dice.setIcon(icon("mdi6.dice-multiple-outline", theme))
        self.words.theme(theme)

    def _choose(self, **fields: Any) -> None:
        self.learnRequested.emit(fields)

    def _roll(self) -> None:
        if self._scene is not None:
            self._choose(seed=self._scene.state.learn.seed + 1)

    def _placed(self, a: float, b: float) -> None:
        ready = self.canvas.ready
        if ready is not None:
            shown = ready.landscape
            self.startRequested.emit(tuple((shown.base + a * shown.first + b * shown.second).tolist()), True)


def _fill(box: QComboBox, lines: list[tuple[int, str]], chosen: int) -> None:
    with QSignalBlocker(box):
        if [(box.itemData(k), box.itemText(k)) for k in range(box.count())] != lines:
            box.clear()
            for value, words in lines:
                box.addItem(words, value)
        box.setCurrentIndex(max(box.findData(chosen), 0))
