"""What the heroes of functions have in common: a canvas with a frame, the eye over it, and what they ask for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from PySide6.QtCore import QTimer
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QWidget

from gdsim.draw.frame import fitted_frame
from gdsim.draw.theme import Theme
from gdsim.gui.views.hud import EyeButton
from gdsim.gui.views.plane import PlaneCanvas
from gdsim.gui.views.view import Scene, View

Option = tuple[str, str, str, bool]
"""What can be shown or hidden: name, words, help, and whether it is shown at first."""


class PlaneView(View):
    """Base of such views: asks for what lies under the frame, for starts, racers and the swarm.

    `fit_words` and `refit_words` are the words and the help of two of the eye's commands.
    """

    options: Sequence[Option] = ()
    fit_words: tuple[str, str] = ("", "")
    refit_words: tuple[str, str] = ("", "")

    def __init__(self, canvas: PlaneCanvas, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.canvas = canvas
        self._problem: object = None
        self._pulse = 0
        self.eye = EyeButton(canvas)
        for option in self.options:
            self.eye.add_option(*option)
        self.eye.add_option("swarm", "Swarm", "Many starts of the focused racer's rule, and where they end", False)
        self.eye.add_line()
        self.eye.add_command("Home view", "H", self.home, "Show the whole domain")
        self.eye.add_command(self.fit_words[0], "F", self.fit, self.fit_words[1])
        self.eye.add_command(self.refit_words[0], "C", self.refit, self.refit_words[1])
        self.eye.changed.connect(self._option)
        self._asking = QTimer(canvas, interval=0, singleShot=True)
        self._asking.timeout.connect(self._ask)
        canvas.frameChanged.connect(self._asking.start)
        canvas.startMoved.connect(self.move_start)
        canvas.racerClicked.connect(self.racerRequested)
        canvas.pointed.connect(self._pointed)
        canvas.fitWanted.connect(self.fit)
        canvas.coloursWanted.connect(self.refit)
        canvas.installEventFilter(self)

    # What a subclass says

    @property
    def axes(self) -> tuple[int, int]:
        """The coordinates for which values are asked."""
        raise NotImplementedError

    def move_start(self, x: float, y: float, final: bool) -> None:
        """The ring was dragged or put here."""
        raise NotImplementedError

    def read(self, scene: Scene, place: tuple[float, float]) -> tuple[tuple[str, ...], tuple[float, ...]]:
        """(lines of the readout, the point) at a place under the pointer; the scene has a history."""
        raise NotImplementedError

    def show_option(self, name: str, on: bool) -> None:
        """An option that asks for more than another ground."""

    def place(self) -> None:
        """Move what lies over the canvas to where it belongs."""
        gap = self.canvas.look.px(8)
        self.eye.move(self.canvas.width() - self.eye.width() - gap, gap)

    # What is the same for all

    @property
    def widget(self) -> QWidget:
        return self.canvas

    def show_live(self, scene: Scene) -> None:
        """What follows the scene whatever the problem: pulse, swarm, all that is painted anew."""
        if scene.pulse != self._pulse:
            self._pulse = scene.pulse
            self.canvas.pulse()
        self.eye.set_on("swarm", scene.state.swarm.on)
        self.canvas.update()

    def theme(self, theme: Theme) -> None:
        self.canvas.look = theme
        self.eye.theme(theme)
        self.place()

    def home(self) -> None:
        self.canvas.go_home()

    def fit(self) -> None:
        """Shows all that the visible racers have crossed, and the start."""
        scene, canvas = self.canvas.scene, self.canvas
        if scene is None or scene.history is None:
            return
        points = [source.points(0, source.trace.published) for source in canvas.sources(scene.history)]
        start = canvas.start_place()
        points.append(np.array([start]) if start else np.empty((0, 2)))
        frame = fitted_frame(np.concatenate(points), canvas.width(), canvas.height(), canvas.equal)
        if frame is not None:
            canvas.show_frame_of(frame)

    def eventFilter(self, watched: object, event: Any) -> bool:
        if watched is self.canvas and isinstance(event, QResizeEvent):
            self.place()
        return False

    def _ask(self) -> None:
        if self.canvas.width() > 1 and self.canvas.scene is not None:
            self.viewportRequested.emit(self.canvas.viewport(self.axes))

    def _option(self, name: str, on: bool) -> None:
        if name == "swarm":
            self.swarmRequested.emit(on)
            return
        self.canvas.shown[name] = on
        self.show_option(name, on)
        self.canvas.renew_ground()

    def _pointed(self, place: tuple[float, float] | None) -> None:
        scene = self.canvas.scene
        if place is None or scene is None or scene.history is None:
            self.canvas.readout = ()
            self.hovered.emit(None)
            return
        self.canvas.readout, point = self.read(scene, place)
        self.hovered.emit(point)
