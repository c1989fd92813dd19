"""What every view is: a widget that shows a scene, asks for things by signal, and never changes the model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QWidget

from gdsim.draw.theme import Theme
from gdsim.gui.cloud import Cloud
from gdsim.gui.learn.picture import LearnPicture
from gdsim.gui.learn.slow import SlowState
from gdsim.gui.maps import NO_MAP, MapState
from gdsim.gui.panels.map_bar import MapBar
from gdsim.gui.state import AppState, Curve, Surface
from gdsim.session.spec import Problem


@dataclass(frozen=True, slots=True)
class Scene:
    """All that views show, as one value; a view takes from it what it needs.

    Attributes:
        state: cursor, selected racer, speed, axes and the rest of the window's state.
        history: the run; None before there is one. Only rows below each trace's `published` are read.
        revision: grows by one whenever the rows of `history` were replaced (a new start, another lr), not when rows
            were added: what was cached for the old path is thrown away.
        surface: values under the hero's viewport; None before the first, or for a function of one variable.
        curve: the function of one variable under the hero's viewport.
        ghost: the run before the last edit, shown when not None.
        stages: the focused racer's update at the cursor, as `gdsim.analysis.explain` gives it (StageValue list).
        stage: which of `stages` is shown, an index; out of range (-1) means the step itself, see `current_stage`.
        pulse: grows by one when the start ring should pulse ("drag me").
        cloud: the swarm at the cursor, None while there is none.
        basins, sweep: the maps as far as they are known.
        learn: the model at the cursor, None before the first picture and for functions.
        slow: how landscape, gradient cloud and comparison of depths stand, by kind.
    """

    state: AppState
    history: Any = None
    revision: int = 0
    surface: Surface | None = None
    curve: Curve | None = None
    ghost: Any = None
    stages: Sequence[Any] = ()
    stage: int = -1
    pulse: int = 0
    cloud: Cloud | None = None
    basins: MapState = NO_MAP
    sweep: MapState = NO_MAP
    learn: LearnPicture | None = None
    slow: Mapping[str, SlowState] = field(default_factory=dict)

    @property
    def current_stage(self) -> int:
        """Index of the stage to show: the chosen one, else the last that is an arrow (the step); -1 without stages."""
        if 0 <= self.stage < len(self.stages):
            return self.stage
        arrows = [k for k, stage in enumerate(self.stages) if stage.arrow]
        return arrows[-1] if arrows else len(self.stages) - 1


class View(QObject):
    """Base of all views. A subclass sets `title`, makes its widget, and implements `show`, `theme` and `picture`.

    `map_kind` is "basins" or "sweep" for the tab of such a map; `wants` names the parts of a
    LearnPicture that it shows, and the kinds of `gdsim.gui.learn.slow`.

    Signals:
        viewportRequested(Viewport): values are wanted for this part of the plane, at this many device pixels.
        fieldRequested(bool): whether the gradient field is wanted with the surface.
        startRequested(tuple, bool): the start was dragged or put here; False while the hand still moves.
        cursorRequested(int): the playhead was dragged to this step.
        racerRequested(int): this racer should have the focus.
        axesRequested(tuple): show these two coordinates.
        coloursRequested(): the colours should be fitted to what is in view.
        stageRequested(int): show this stage of the update.
        swarmRequested(bool): the swarm should be there, or go.
        basinsRequested(BasinChoice), sweepRequested(SweepChoice): another map in this tab.
        mapViewRequested(Viewport): the basin map is wanted for this part of the plane.
        stopRequested(), againRequested(str): stop the map under way; make the one of this kind anew.
        settingsRequested(int, dict, bool): a racer should take these settings; True: a copy of it, as one more racer.
        dialogRequested(): other axes, another kind of map.
        closeRequested(): the tab should go.
        learnRequested(dict): something else of the model should be looked at: fields of LearnChoice.
        policyRequested(Policy, str, bool): the same of a policy; refused(str): why what the hand wanted cannot be.
        dataRequested(Data, str, bool), modelRequested(Model, str, bool): other data, another model; what the edit is
            called; False while the hand still moves.
        hovered(object): the point under the pointer (all coordinates), None when it has left.
    """

    title: str = ""
    short_title: str = ""
    wants: frozenset[str] = frozenset()
    map_kind: str = ""

    viewportRequested = Signal(object)
    fieldRequested = Signal(bool)
    startRequested = Signal(object, bool)
    cursorRequested = Signal(int)
    racerRequested = Signal(int)
    axesRequested = Signal(object)
    coloursRequested = Signal()
    stageRequested = Signal(int)
    swarmRequested = Signal(bool)
    basinsRequested = Signal(object)
    sweepRequested = Signal(object)
    mapViewRequested = Signal(object)
    stopRequested = Signal()
    againRequested = Signal(str)
    settingsRequested = Signal(int, object, bool)
    dialogRequested = Signal()
    closeRequested = Signal()
    learnRequested = Signal(object)
    dataRequested = Signal(object, str, bool)
    modelRequested = Signal(object, str, bool)
    policyRequested = Signal(object, str, bool)
    refused = Signal(str)
    hovered = Signal(object)

    @classmethod
    def fits(cls, problem: Problem) -> bool:
        """Whether the view has something to show for a problem."""
        return problem.dimension >= 1

    def expect(self, problem: Problem) -> None:
        """A problem that fits will be shown: the widget's size hint is to be right for it before the first scene."""

    @classmethod
    def named(cls, problem: Problem) -> str:
        """What the view is called for a problem."""
        return cls.title

    @property
    def widget(self) -> QWidget:
        """The widget to lay out; always the same one."""
        raise NotImplementedError

    def show(self, scene: Scene) -> None:
        """Shows `scene`; showing the same scene twice changes nothing."""
        raise NotImplementedError

    def theme(self, theme: Theme) -> None:
        """Repaints in another theme or at another scale."""
        raise NotImplementedError

    def home(self) -> None:
        """Shows the whole domain, where the view has one."""

    def fit(self) -> None:
        """Shows all that the racers have crossed, where the view can."""

    def refit(self) -> None:
        """Spreads colours or heights over what is in view, where there are any."""

    def picture(self) -> QImage:
        """What the view shows now, as an image at the screen's resolution."""
        return self.widget.grab().toImage()

    def serve(self, bar: MapBar, kind: str) -> None:
        """Ask for what the bar above a map or a slow picture of this kind wants: stop, again, close."""
        bar.stopWanted.connect(self.stopRequested)
        bar.againWanted.connect(lambda: self.againRequested.emit(kind))
        bar.closeWanted.connect(self.closeRequested)


class LearnView(View):
    """Base of the views of a model; a subclass makes `_widget`."""

    _widget: QWidget

    @classmethod
    def fits(cls, problem: Problem) -> bool:
        return problem.learn is not None

    @property
    def widget(self) -> QWidget:
        return self._widget
