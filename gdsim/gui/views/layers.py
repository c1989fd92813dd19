"""Training in numbers, and the gradient layer by layer: what of it arrives at the first one."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from PySide6.QtGui import QColor
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from gdsim.analysis.training_progress import layer_flow, per_epoch_of
from gdsim.draw.chart_parts import short
from gdsim.draw.fonts import font
from gdsim.draw.theme import DARK, SPACE, TYPE, Theme
from gdsim.draw.ticks import number_label
from gdsim.gui.fields.labels import ElidedLabel
from gdsim.gui.learn.epochs import evaluated_row, gradient_name, is_training
from gdsim.gui.views.layer_canvas import LayerBars, LayerCurves, layer_labels
from gdsim.gui.views.step import HeadMark
from gdsim.gui.views.view import LearnView, Scene
from gdsim.session.spec import Problem

_COLUMNS = 3
_UNBOUND = 16_777_215  # QWIDGETSIZE_MAX
_TONES = {"vanishes": "warn", "explodes": "warn", "stops": "bad", "lost": "bad"}
_NOTHING = "–"

Fact = tuple[str, str, str]
"""A number's name, the number, and what it is in a sentence."""


class KeyNumber(QWidget):
    """A number with its name above it."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.name = ElidedLabel(parent=self)
        self.value = ElidedLabel(parent=self)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.name)
        column.addWidget(self.value)

    def say(self, fact: Fact | None) -> None:
        """Shows it; nothing for None."""
        name, value, words = fact if fact is not None else ("", "", "")
        if (self.name.text(), self.value.text()) != (name, value):
            self.name.setText(name)
            self.value.setText(value)
            self.setAccessibleName(f"{name}: {value}" if name else "")
        self.setToolTip(words)

    def theme(self, theme: Theme) -> None:
        """Ink and type."""
        self.name.setFont(font(TYPE.tick, 400, theme.scale))
        self.value.setFont(font(TYPE.verdict, 600, theme.scale))
        for label, colour in ((self.name, theme.secondary), (self.value, theme.text)):
            palette = label.palette()
            palette.setColor(label.foregroundRole(), QColor(colour))
            label.setPalette(palette)


class LayersView(LearnView):
    """Key numbers of the focused racer's training at the cursor; below them the gradient of each layer."""

    title = "Training"
    short_title = "Training"

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._widget = QWidget(parent)
        self._widget.setObjectName("layersView")
        self._widget.setAccessibleName("Training")
        self._look = DARK
        self._tone = ""
        self._inked: tuple[str, Theme] | None = None
        self._shape = (0, 0)
        self._mark = HeadMark(self._widget)
        self._title = QLabel(self._widget)
        self._title.setAccessibleName("Whose training")
        self._size = QLabel(self._widget)
        top = QHBoxLayout()
        top.setSpacing(SPACE.grid)
        top.addWidget(self._mark)
        top.addWidget(self._title)
        top.addStretch(1)
        top.addWidget(self._size)
        self._grid = QGridLayout()
        self._grid.setHorizontalSpacing(SPACE.gutter)
        self._grid.setVerticalSpacing(SPACE.grid)
        self.numbers = [KeyNumber(self._widget) for _ in range(3 * _COLUMNS)]
        for place, number in enumerate(self.numbers):
            self._grid.addWidget(number, place // _COLUMNS, place % _COLUMNS)
        for place in range(_COLUMNS):
            self._grid.setColumnStretch(place, 1)
        self.bars = LayerBars(self._widget)
        self.words = QLabel(self._widget)
        self.words.setWordWrap(True)
        self.curves = LayerCurves(self._widget)
        column = QVBoxLayout(self._widget)
        column.setContentsMargins(SPACE.card, SPACE.gutter, SPACE.card, SPACE.gutter)
        column.setSpacing(SPACE.gutter)
        column.addLayout(top)
        column.addLayout(self._grid)
        column.addSpacing(SPACE.grid)
        column.addWidget(self.bars)
        column.addWidget(self.words)
        column.addWidget(self.curves, 1)
        column.addStretch()
        self._widget.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Expanding)
        self.theme(DARK)

    def expect(self, problem: Problem) -> None:
        learn = problem.learn
        if learn is not None:
            self._arrange(9 if learn.data.classes else 6, len(learn.model.layers) + 1)

    def _arrange(self, facts: int, layers: int) -> None:
        """Shows so many numbers, and bars and lines where there are layers to compare; else nothing takes up room."""
        if (facts, layers) != self._shape:
            self._shape = (facts, layers)
            for place, number in enumerate(self.numbers):
                number.setVisible(place < facts)
            for piece in (self.bars, self.words, self.curves):
                piece.setVisible(layers > 1)
            self.bars.rows = layers
            self.bars.updateGeometry()
        self._widget.setMaximumHeight(self._widget.layout().sizeHint().height() if layers == 1 else _UNBOUND)

    def show(self, scene: Scene) -> None:
        history, state = scene.history, scene.state
        racer = state.selected
        if history is None or racer >= len(history.traces) or not history.traces[racer].published:
            self._title.setText("Training")
            return
        trace = history.traces[racer]
        if not is_training(trace):
            return
        step = max(0, min(state.cursor, trace.last))
        self._title.setText(history.labels[racer])
        weights = history.objective.n
        self._size.setText(f"{weights:,} weight{'s' if weights > 1 else ''}")
        if self._mark.racer != racer:
            self._mark.racer = racer
            self._mark.update()
        name, told = gradient_name(history)
        facts = _facts(trace, step, bool(history.objective.samples.classes), (f"|{name}|", told))
        for place, number in enumerate(self.numbers):
            number.say(facts[place] if place < len(facts) else None)
        flow = layer_flow(trace, step)
        self._arrange(len(facts), len(flow.norms))
        if flow.kind != "single":
            self.bars.show_flow(layer_labels(history.objective.net), flow, racer, name)
            self.curves.show_scene(scene)
            self.words.setText(flow.words)
            self._ink(_TONES.get(flow.kind, ""))

    def _ink(self, tone: str) -> None:
        if self._inked == (tone, self._look):
            return
        self._tone, self._inked = tone, (tone, self._look)
        palette = self.words.palette()
        palette.setColor(self.words.foregroundRole(), QColor(self._look.tone(tone) if tone else self._look.secondary))
        self.words.setPalette(palette)

    def theme(self, theme: Theme) -> None:
        self._look = theme
        self._title.setFont(font(TYPE.body, 600, theme.scale))
        for label in (self._size, self.words):
            label.setFont(font(TYPE.secondary, 400, theme.scale))
        palette = self._size.palette()
        palette.setColor(self._size.foregroundRole(), QColor(theme.secondary))
        self._size.setPalette(palette)
        self._mark.look = theme
        self._mark.update()
        for number in self.numbers:
            number.theme(theme)
        for piece in (self.bars, self.curves):
            piece.look = theme
            piece.update()
        self._ink(self._tone)


def _facts(trace: Any, step: int, classes: bool, gradient: tuple[str, str]) -> Sequence[Fact]:
    """What is told of a row, three to a line; `gradient`: what it is called, and a sentence on it."""

    def at(name: str, row: int = step) -> float:
        return float(trace.column(name, row, row + 1)[0])

    known, epoch, parts = evaluated_row(trace, step), at("epoch"), per_epoch_of(trace) > 1
    facts = [
        ("Epoch", f"{epoch:,.1f}" if epoch < 1000 and parts else f"{epoch:,.0f}", "Times that all samples were seen"),
        ("Step", f"{step:,}", "Updates of the weights, one for each batch"),
        ("Samples seen", _count(at("samples")), "Samples in all batches so far"),
        ("Training loss", _value(at("train_loss", known)), "Mean over all training samples, without penalties"),
        ("Test loss", _value(at("test_loss", known)), "Mean over all test samples, which are not learnt from"),
        ("Learning rate", short(at("lr")), "As it is in force for the step that comes next"),
    ]
    if classes:
        facts += [
            ("Train accuracy", _share(at("accuracy", known)), "Share of the training samples whose class is right"),
            ("Test accuracy", _share(at("test_accuracy", known)), "Share of the test samples whose class is right"),
            (gradient[0], _value(at("grad_norm")), gradient[1]),
        ]
    return facts


def _value(value: float) -> str:
    return _NOTHING if math.isnan(value) else number_label(value, 4 if abs(value) < 1e4 else 3)


def _share(value: float) -> str:
    if math.isnan(value):
        return _NOTHING
    return "100 %" if value == 1.0 else f"{min(100 * value, 99.9):.1f} %"


def _count(value: float) -> str:
    if value >= 1e6:
        return f"{value / 1e6:.2f} M"
    return f"{value:,.0f}"
