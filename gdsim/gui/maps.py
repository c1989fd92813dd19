"""Decides when basin maps and sweeps are made: when their tab is seen, and again when the hand rests after an edit."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

from PySide6.QtCore import QObject, Signal

from gdsim.errors import GdsimError
from gdsim.gui import map_work
from gdsim.gui.map_work import BasinKey, MapNews, SweepKey
from gdsim.gui.state import Viewport
from gdsim.gui.theme import theme_of
from gdsim.gui.worker import LONG

if TYPE_CHECKING:
    from gdsim.gui.controller import Controller

Kind = Literal["basins", "sweep"]
KINDS: tuple[Kind, ...] = ("basins", "sweep")
_REST = 0.3
"""Seconds without an edit after which a map is made anew."""


@dataclass(frozen=True, slots=True)
class MapState:
    """What a tab shows of its map.

    Attributes:
        news: the map as far as it is known, perhaps that of before the last edit; None before the first.
        fresh: whether it is that of the present settings.
        share: how much of the map under way is known, 0 to 1.
        standing: "waiting" (the tab is not seen, or the hand moves), "running", "done", "stopped", "failed".
        message: why it failed.
    """

    news: MapNews | None = None
    fresh: bool = False
    share: float = 0.0
    standing: Literal["waiting", "running", "done", "stopped", "failed"] = "waiting"
    message: str = ""


NO_MAP = MapState()


class _Lane:
    """One kind of map."""

    def __init__(self) -> None:
        self.key: Any = None
        self.asked: Any = None
        self.since = 0.0
        self.told: MapNews | None = None
        self.progress = (0, 1)
        self.state = MapState()


class MapRequests(QObject):
    """Owned by the Controller, GUI thread only. `changed` tells of a kind whose MapState is another one."""

    changed = Signal(str)

    def __init__(self, controller: Controller) -> None:
        super().__init__(controller)
        self._controller = controller
        self._lanes: dict[Kind, _Lane] = {kind: _Lane() for kind in KINDS}
        self._seen: frozenset[str] = frozenset()
        self._where: Viewport | None = None

    def __getitem__(self, kind: Kind) -> MapState:
        return self._lanes[kind].state

    @property
    def waiting(self) -> bool:
        """Whether a map is still to be asked for, though its tab is seen."""
        return any(kind in self._seen and lane.key != lane.asked for kind, lane in self._lanes.items())

    @property
    def running(self) -> bool:
        """Whether a map is being made."""
        return any(lane.state.standing == "running" for lane in self._lanes.values())

    def see(self, kinds: frozenset[str]) -> None:
        """These tabs are on screen."""
        self._seen = kinds

    def look_at(self, where: Viewport) -> None:
        """The basin map's part of the plane."""
        self._where = where
        self.update({"basins"})

    def update(self, names: set[str]) -> None:
        """AppState fields `names` have changed."""
        if not names & {"spec", "axes", "basins", "sweep", "dark", "teach"}:
            return
        self._want("basins", self._basin_key())
        self._want("sweep", self._sweep_key())

    def stop(self) -> None:
        """Stop what is under way; what is known of it stays."""
        for kind, lane in self._lanes.items():
            if lane.state.standing == "running":
                self._controller.worker.drop(kind)
                self._show(kind, standing="stopped")

    def again(self, kind: Kind) -> None:
        """Make the map anew."""
        lane = self._lanes[kind]
        lane.asked, lane.since = None, 0.0

    def tick(self) -> None:
        """Take what the engine has told, ask for what is due."""
        now = time.perf_counter()
        for kind, lane in self._lanes.items():
            told, lane.told = lane.told, None
            if told is not None and told.key == lane.key:
                self._show(kind, news=told, fresh=True)
            if lane.state.standing == "running":
                done, total = lane.progress
                self._show(kind, share=int(100 * done / max(total, 1)) / 100)
            if lane.key is not None and lane.key != lane.asked and kind in self._seen and now - lane.since > _REST:
                self._ask(kind, lane)

    def _want(self, kind: Kind, key: Any) -> None:
        lane = self._lanes[kind]
        if key == lane.key:
            return
        first = lane.key is None
        lane.key, lane.since = key, 0.0 if first else time.perf_counter()
        lane.told = None
        self._controller.worker.drop(kind)
        if key is None:
            lane.asked = None
            self._show(kind, news=None, fresh=False, standing="waiting", share=0.0, message="")
            return
        news = lane.state.news
        self._show(kind, fresh=news is not None and news.key == key, standing="waiting", share=0.0, message="")

    def _basin_key(self) -> BasinKey | None:
        state = self._controller.state
        choice, where, n = state.basins, self._where, state.spec.problem.dimension
        if state.spec.problem.kind != "function":
            return None
        if choice is None or where is None or choice.racer >= len(state.spec.racers):
            return None
        axes = state.axes if n > 1 else (0, 0)
        return BasinKey.of(state.spec, choice, replace(where, axes=axes)) if max(axes) < n else None

    def _sweep_key(self) -> SweepKey | None:
        state = self._controller.state
        choice = state.sweep
        if choice is None or choice.racer >= len(state.spec.racers):
            return None
        return SweepKey.of(state.spec, choice)

    def _ask(self, kind: Kind, lane: _Lane) -> None:
        key, theme = lane.key, theme_of(self._controller.state)
        lane.asked, lane.progress, before = key, (0, 1), lane.state.news
        find: Callable[..., MapNews] = map_work.find_basins if kind == "basins" else map_work.find_sweep

        def tell(news: MapNews) -> None:
            lane.told = news

        def told(done: int, total: int) -> None:
            lane.progress = (done, total)

        def work(cancel: threading.Event) -> MapNews:
            return find(key, theme, before, tell, told, cancel)

        def done(news: MapNews) -> None:
            if news.key == lane.key:
                lane.told = None
                self._show(kind, news=news, fresh=True, standing="done", share=1.0)

        def failed(error: Exception) -> None:
            words = error.message() if isinstance(error, GdsimError) else f"The map stopped: {error}"
            self._controller.failed.emit(words)
            self._show(kind, standing="failed", message=words)

        self._show(kind, standing="running", share=0.0, message="")
        self._controller.ask(kind, work, done, failed, LONG)

    def _show(self, kind: Kind, **fields: Any) -> None:
        lane = self._lanes[kind]
        state = replace(lane.state, **fields)
        if state != lane.state:
            lane.state = state
            self.changed.emit(kind)
