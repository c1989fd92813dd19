"""A sweep: which settings of a racer get there, and how fast?"""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtWidgets import QToolButton, QVBoxLayout, QWidget

from gdsim.analysis.axes import split_name
from gdsim.analysis.sweeps import MEASURES, SweepMap, racer_settings
from gdsim.draw.fonts import font
from gdsim.draw.theme import TYPE, Theme
from gdsim.gui.panels.map_bar import MapBar
from gdsim.gui.views.sentence import Sentence
from gdsim.gui.views.sweep_canvas import SweepCanvas
from gdsim.gui.views.view import Scene, View
from gdsim.session.spec import Racer

_WORDS = {"loss": "Final loss", "steps": "Steps"}


class SweepView(View):
    """The map or the curves, and what they say in words."""

    title = "Sweep"
    short_title = "Sweep"
    map_kind = "sweep"

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._widget = QWidget(parent)
        self.bar = MapBar("sweep")
        self.measure = self.bar.choice("What the map shows", "What the map shows: the final loss, or the steps taken",
                                       [_WORDS[each] for each in MEASURES])  # fmt: skip
        self.measure.activated.connect(self._measured)
        self.axes_button = QToolButton()
        self.axes_button.setText("Axes…")
        self.axes_button.setToolTip("Sweep over other settings, or other ranges (M)")
        self.axes_button.clicked.connect(self.dialogRequested)
        self.bar.add(self.measure)
        self.bar.add(self.axes_button)
        self.canvas = SweepCanvas()
        self.canvas.picked.connect(self._picked)
        self.words = Sentence("What the sweep shows")
        column = QVBoxLayout(self._widget)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.bar)
        column.addWidget(self.canvas, 1)
        column.addWidget(self.words)
        self._scene: Scene | None = None
        self.bar.racerChosen.connect(self._chosen)
        self.serve(self.bar, self.map_kind)
        self.theme(self.canvas.look)

    @property
    def widget(self) -> QWidget:
        return self._widget

    def show(self, scene: Scene) -> None:
        self._scene, canvas = scene, self.canvas
        state, choice = scene.state, scene.state.sweep
        if choice is None:
            return
        index = min(choice.racer, len(state.spec.racers) - 1)
        self.bar.show_racers(state.spec.labels, index)
        self.measure.setCurrentIndex(MEASURES.index(choice.measure))
        news = scene.sweep.news
        sweep: SweepMap | None = news.map if news is not None else None
        self.measure.setVisible(choice.y is not None)
        self.bar.show_map(scene.sweep, sweep.note if sweep is not None else "")
        self.words.setText(sweep.explanation if sweep is not None else "")
        self.words.setVisible(bool(self.words.text()))
        canvas.racer = index
        canvas.now = {} if sweep is None else settings_now(state.spec.racers[index], sweep)
        canvas.show_map(sweep, choice.measure)
        canvas.update()

    def theme(self, theme: Theme) -> None:
        self.canvas.look = theme
        self.canvas.setFont(font(TYPE.tick, 400, theme.scale))
        self.canvas.renew_ground()
        self.bar.theme(theme)
        self.words.theme(theme)

    def _measured(self, index: int) -> None:
        choice = self._scene.state.sweep if self._scene is not None else None
        if choice is not None:
            self.sweepRequested.emit(replace(choice, measure=MEASURES[index]))

    def _chosen(self, racer: int) -> None:
        """Another racer: the same axes where it has these settings; the dialog otherwise."""
        scene = self._scene
        choice = scene.state.sweep if scene is not None else None
        if scene is None or choice is None:
            return
        has = scene.state.spec.racers[racer].hyper
        names = [split_name(axis.name)[0] for axis in (choice.x, choice.y) if axis is not None]
        if all(name in has for name in names):
            self.sweepRequested.emit(replace(choice, racer=racer))
        else:
            self.bar.show_racers(scene.state.spec.labels, choice.racer)
            self.racerRequested.emit(racer)
            self.dialogRequested.emit()

    def _picked(self, row: int, column: int, new: bool) -> None:
        sweep, scene = self.canvas.map, self._scene
        if sweep is not None and scene is not None and scene.state.sweep is not None:
            self.settingsRequested.emit(scene.state.sweep.racer, dict(racer_settings(sweep, row, column)), new)


def settings_now(racer: Racer, sweep: SweepMap) -> dict[str, float]:
    """The racer's present values of the settings swept, by the axes' names."""
    found = {}
    for axis in (sweep.x, sweep.y):
        if axis is None:
            continue
        base, place = split_name(axis.name)
        value = racer.hyper.get(base, getattr(racer, base, None))
        if isinstance(value, tuple) and place is not None and place <= len(value):
            found[axis.name] = value[place - 1]
        elif isinstance(value, float | int):
            found[axis.name] = float(value)
    return found
