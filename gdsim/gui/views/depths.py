"""The bench of vanishing gradients: two deep networks on the same data, layer by layer, while they train."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from PySide6.QtWidgets import QHBoxLayout, QPushButton, QSizePolicy, QWidget

from gdsim.analysis.vanishing import Depth, Fading
from gdsim.draw.depth_rows import norm_span
from gdsim.draw.fonts import font
from gdsim.draw.theme import SPACE, TYPE, Theme
from gdsim.gui.fields.labels import ElidedLabel
from gdsim.gui.fields.segments import Segments
from gdsim.gui.panels.depth_row import DepthRow
from gdsim.gui.theme import restyle
from gdsim.gui.views.depth_canvas import LayersCanvas, LossesCanvas
from gdsim.gui.views.slow_view import SlowView
from gdsim.gui.views.step_canvas import StepCanvas
from gdsim.gui.views.view import Scene

PRESETS: tuple[tuple[str, str, Callable[[Depth], Depth]], ...] = (
    ("Sigmoid, 10 layers", "Ten layers of sigmoids: each multiplies the gradient by a quarter at most",
     lambda _: Depth()),
    ("ReLU + He", "ReLU, whose slope is 1 or 0, and weights drawn to suit it",
     lambda depth: replace(depth, activation="relu", init="he", scale=1.0)),
    ("+ batch norm", "Normalise what comes into each activation over the batch",
     lambda depth: replace(depth, norm="batch")),
    ("+ residual", "Let each layer add to what came in, so that the gradient has a way past it",
     lambda depth: replace(depth, residual=True)),
    ("Weights × 3", "Weights three times as large as they should be: the gradient grows from layer to layer",
     lambda depth: replace(depth, activation="relu", init="he", scale=3.0, norm="none", residual=False)),
)  # fmt: skip
_LOSSES = 128
_WIDE = 620


class DepthsView(SlowView):
    """For each network a row of choices, a verdict and its layers; the losses of both below."""

    title = "Depth"
    short_title = "Depth"
    wants = frozenset({"depths"})
    what = "comparison"
    under_way = "The networks are being trained"

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._depths: tuple[Depth, Depth] | None = None
        self._step = 0
        self.of = Segments([("A", "A", "The presets are for network A"), ("B", "B", "The presets are for network B")],
                           "Network that a preset is for")  # fmt: skip
        self.of.show_choice("B")
        self.chips: list[QPushButton] = []
        choices = QWidget()
        row_of_chips = QHBoxLayout(choices)
        row_of_chips.setContentsMargins(SPACE.card, 0, SPACE.card, SPACE.grid)
        row_of_chips.setSpacing(SPACE.grid + 2)
        row_of_chips.addWidget(self.of)
        for words, help_text, make in PRESETS:
            chip = QPushButton(words)
            chip.setProperty("role", "chip")
            chip.setToolTip(help_text)
            chip.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
            chip.clicked.connect(lambda _=False, make=make: self._preset(make))
            self.chips.append(chip)
            row_of_chips.addWidget(chip)
        row_of_chips.addStretch(1)
        self.rows = [DepthRow(number) for number in (0, 1)]
        self.verdicts = [ElidedLabel("") for _ in (0, 1)]
        self.layers = [LayersCanvas(number) for number in (0, 1)]
        self.losses = LossesCanvas()
        self.column.addWidget(choices)
        for number, (row, verdict, layers) in enumerate(zip(self.rows, self.verdicts, self.layers, strict=True)):
            verdict.setAccessibleName(f"Verdict on network {'AB'[number]}")
            verdict.setContentsMargins(SPACE.card, 2, SPACE.card, 2)
            row.changed.connect(lambda depth, number=number: self._changed(number, depth))
            self.column.addWidget(row)
            self.column.addWidget(verdict)
            self.column.addWidget(layers, 1)
        self.column.addWidget(self.losses)
        for canvas in self._canvases():
            canvas.stepDragged.connect(self._look_at)
        self.theme(self.losses.look)

    def _canvases(self) -> list[StepCanvas]:
        return [*self.layers, self.losses]

    def show(self, scene: Scene) -> None:
        state, slow = scene.state, self.slow_of(scene)
        labels = state.spec.labels
        self.chips[-1].setVisible(self._widget.width() >= _WIDE)
        self._depths = state.learn.depths
        for row, depth in zip(self.rows, self._depths, strict=True):
            row.show_depth(depth)
        shown: tuple[Fading, ...] = slow.value if slow.value is not None and slow.standing != "failed" else ()
        steps = max((len(each.steps) for each in shown), default=1) - 1
        self.bar.show_slow(slow, f"trained for {steps:,} steps with {labels[min(state.selected, len(labels) - 1)]}")
        span = norm_span(shown)
        for number, layers in enumerate(self.layers):
            layers.shown, layers.span = (shown[number] if shown else None), span
            layers.nothing = self.nothing(slow)
            self._show_verdict(number, layers.shown)
        self.losses.shown = shown
        for each in self._canvases():
            each.step = min(self._step, steps)
            each.update()

    def _show_verdict(self, number: int, shown: Fading | None) -> None:
        label = self.verdicts[number]
        label.setText(shown.verdict[:1].upper() + shown.verdict[1:] if shown is not None else "")
        restyle(label, "role", ("good" if shown.tone == "good" else "error") if shown is not None else "muted")

    def theme(self, theme: Theme) -> None:
        super().theme(theme)
        for canvas in self._canvases():
            canvas.look = theme
            canvas.update()
        for row in self.rows:
            row.theme(theme)
        for label in self.verdicts:
            label.setFont(font(TYPE.secondary, 500, theme.scale))
        self.losses.setFixedHeight(theme.px(_LOSSES))

    def _changed(self, number: int, depth: Depth) -> None:
        """Network `number` is another one; presets are for it from now on."""
        if self._depths is not None:
            self.of.show_choice("AB"[number])
            self._depths = (depth, self._depths[1]) if number == 0 else (self._depths[0], depth)
            self.learnRequested.emit({"depths": self._depths})

    def _preset(self, make: Callable[[Depth], Depth]) -> None:
        if self._depths is not None:
            number = "AB".index(self.of.choice)
            self._changed(number, make(self._depths[number]))

    def _look_at(self, step: int) -> None:
        last = max((len(each.steps) for each in self.losses.shown), default=1) - 1
        self._step = min(step, last)
        for canvas in self._canvases():
            canvas.step = self._step
            canvas.update()
