"""Basins of attraction: from every point of the plane, where does this racer end up, and how fast?"""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from gdsim.analysis.basins import DIVERGED, UNFINISHED, BasinMap
from gdsim.draw.frame import home_frame
from gdsim.draw.map_colours import kind_colour, unfinished_colour
from gdsim.draw.shares import Share, point_label
from gdsim.draw.theme import SPACE, Theme
from gdsim.draw.ticks import number_label
from gdsim.gui.panels.map_bar import MapBar
from gdsim.gui.panels.share_bars import ShareBars
from gdsim.gui.state import RESOLUTIONS, BasinChoice
from gdsim.gui.views.basin_canvas import BasinCanvas
from gdsim.gui.views.view import Scene, View
from gdsim.session.spec import Problem

_LEGEND = 62
_NAMED = 12


class BasinsView(View):
    """The map, made anew for what is in view when the hand rests; its legend below."""

    title = "Basins"
    short_title = "Basins"
    map_kind = "basins"

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._widget = QWidget(parent)
        self.bar = MapBar("basin map")
        lines = [f"{each} px" for each in RESOLUTIONS]
        self.resolution = self.bar.choice("Resolution", "Starts along the longer side of the map", lines)
        self.resolution.activated.connect(lambda _: self._chosen())
        self.bar.add(self.resolution)
        self.canvas = canvas = BasinCanvas()
        self.legend = ShareBars("")
        self.legend.setAccessibleName("Attractors and their shares of the map")
        below = QWidget()
        below.setFixedHeight(_LEGEND)
        row = QHBoxLayout(below)
        row.setContentsMargins(SPACE.card, SPACE.grid, SPACE.card, SPACE.grid)
        row.addWidget(self.legend)
        self._below = below
        column = QVBoxLayout(self._widget)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.bar)
        column.addWidget(canvas, 1)
        column.addWidget(below)
        self._problem: object = None
        self._scene: Scene | None = None
        self._asking = QTimer(canvas, interval=0, singleShot=True)
        self._asking.timeout.connect(self._ask)
        self.bar.racerChosen.connect(lambda _: self._chosen())
        self.serve(self.bar, self.map_kind)
        canvas.frameChanged.connect(self._asking.start)
        canvas.startMoved.connect(self._start_moved)
        canvas.pointed.connect(self._pointed)
        self.theme(canvas.look)

    @classmethod
    def fits(cls, problem: Problem) -> bool:
        return problem.kind == "function" and problem.dimension >= 2

    @property
    def widget(self) -> QWidget:
        return self._widget

    def show(self, scene: Scene) -> None:
        before, self._scene, canvas = self._scene, scene, self.canvas
        state = scene.state
        problem, choice = state.spec.problem, state.basins
        canvas.scene = scene
        if problem.dimension < 2 or choice is None:
            return
        key = (problem.formula, problem.dimension, problem.domain, state.axes)
        canvas.axes = state.axes if max(state.axes) < problem.dimension else (0, 1)
        if key != self._problem:
            self._frame_of(scene)
            self._problem = key
        self.bar.show_racers(state.spec.labels, min(choice.racer, len(state.spec.racers) - 1))
        self.resolution.setCurrentIndex(RESOLUTIONS.index(choice.resolution))
        news = scene.basins.news
        basins: BasinMap | None = news.map if news is not None else None
        self.bar.show_map(scene.basins, basins.note if basins is not None else "")
        if news is not canvas.news:
            canvas.take(news)
            self._show_legend()
        if before is None or before.revision != scene.revision:
            canvas.forget_trails()
        canvas.update()

    def _frame_of(self, scene: Scene) -> None:
        """The domain; on first sight what the map beside shows."""
        canvas, problem, where = self.canvas, scene.state.spec.problem, scene.state.viewport
        domain = canvas.domain_of(problem)
        canvas.set_home(domain)
        if self._problem is None and where is not None and where.axes == canvas.axes:
            home = home_frame(domain, where.width, where.height, canvas.equal)
            if (home.x, home.y) != (where.x, where.y):
                canvas.show_frame_of(home_frame((where.x, where.y), canvas.width(), canvas.height(), canvas.equal))
        self._asking.start()

    def _show_legend(self) -> None:
        basins, theme = self.canvas.map, self.canvas.look
        if basins is None:
            self.legend.show_shares((), 0)
            return
        total = int(np.count_nonzero(basins.labels >= UNFINISHED))
        found = []
        seen = [kind for kind, each in enumerate(basins.attractors) if each.count]
        most = sorted(sorted(seen, key=lambda kind: -basins.attractors[kind].count)[:_NAMED])
        for kind in most:
            each = basins.attractors[kind]
            value = f"f = {number_label(each.value)}"
            words = point_label(each.point.tolist())
            words = words if each.kind == "minimum" else f"{each.kind} {words}"
            told = f"{each.kind} at {point_label(each.point.tolist(), 6)}\n{value}\n{each.count:,} of {total:,} starts"
            found.append(Share(kind_colour(theme, kind), words, each.count, told, value))
        if len(most) < len(seen):
            count = sum(basins.attractors[kind].count for kind in set(seen) - set(most))
            told = f"{count:,} of {total:,} starts end elsewhere"
            found.append(Share(theme.secondary, f"{len(seen) - len(most)} more", count, told, "joined"))
        for label, words, colour in (
            (UNFINISHED, "not arrived", unfinished_colour(theme)),
            (DIVERGED, "diverges", theme.hatch),
        ):
            count = basins.count(label)
            if count:
                told = f"{words}: {count:,} of {total:,} starts"
                found.append(Share(colour, words, count, told, "hatched" if label == DIVERGED else "grey"))
        self.legend.show_shares(found, total)

    def theme(self, theme: Theme) -> None:
        self.canvas.look = theme
        self.canvas.recolour()
        self.bar.theme(theme)
        self.legend.look = theme
        self._below.setFixedHeight(theme.px(_LEGEND))
        self._show_legend()

    def home(self) -> None:
        self.canvas.go_home()

    def _ask(self) -> None:
        if self.canvas.width() > 1 and self._scene is not None and self._scene.state.basins is not None:
            self.mapViewRequested.emit(self.canvas.viewport(self.canvas.axes))

    def _chosen(self) -> None:
        if self._scene is not None and self._scene.state.basins is not None:
            resolution = RESOLUTIONS[self.resolution.currentIndex()]
            self.basinsRequested.emit(BasinChoice(self.bar.racer.currentIndex(), resolution))

    def _start_moved(self, x: float, y: float, final: bool) -> None:
        if self._scene is not None:
            self.startRequested.emit(self.canvas.start_at(x, y), final)

    def _pointed(self, place: tuple[float, float] | None) -> None:
        self.canvas.readout = self.canvas.words_at(*place) if place is not None else ()
