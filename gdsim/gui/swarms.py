"""Decides what has to be asked of the engine for the swarm: the cloud at the cursor, and where its members end."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal

from gdsim.draw.swarm import PLACES, SwarmLook, fate_colours, loss_colours
from gdsim.errors import GdsimError
from gdsim.gui import fates as fates_room
from gdsim.gui.cloud import Cloud, CloudKeeper, SwarmKey
from gdsim.gui.fates import FatePlace, Fates
from gdsim.gui.theme import view_theme_of
from gdsim.gui.worker import LONG, PREVIEW

if TYPE_CHECKING:
    from gdsim.gui.controller import Controller

_SAME = 1e-3
_LANES = ("swarm", "swarm, next")
"""Two pictures are under way while it plays: the engine makes one as the window waits to pull the other."""
_REST = 0.25
"""Seconds without an edit after which it is worth finding out where all members end."""


def _number(place: FatePlace, attractors: Sequence[Any]) -> int | None:
    """The number of the attractor that is this place, None where there is none."""
    for number, each in enumerate(attractors):
        same = len(each.point) == len(place.point)
        if same and math.dist(each.point, place.point) <= _SAME * (1 + math.hypot(*place.point)):
            return number
    return None


class SwarmRequests(QObject):
    """Owned by the Controller, GUI thread only.

    Attributes:
        cloud: what is shown, None while there is none.
        fates: where the members of `cloud` end, as far as that is known; None while it is not.
    """

    changed = Signal()

    def __init__(self, controller: Controller) -> None:
        super().__init__(controller)
        self._controller = controller
        self._keeper = CloudKeeper()
        self._key: SwarmKey | None = None
        self._since = 0.0
        self._due = False
        self._under_way: set[str] = set()
        self._failed_for: SwarmKey | None = None
        self._fates_for: SwarmKey | None = None
        self._told: Fates | None = None
        self.cloud: Cloud | None = None
        self.fates: Fates | None = None

    @property
    def waiting(self) -> bool:
        """Whether something is still to be asked."""
        asked = self._key is None or self._key in (self._fates_for, self._failed_for)
        return self._due or bool(self._under_way) or not asked

    @property
    def length(self) -> int:
        """The step at which nearly all members have arrived; 0 while there is no swarm or nobody knows."""
        return self.fates.longest if self.fates is not None else 0

    @property
    def finding(self) -> bool:
        """Whether more members are being run to their ends."""
        return self._key is not None and (self.fates is None or self.fates.done < self.fates.total)

    @property
    def kinds(self) -> tuple[int, ...]:
        """The colours' numbers of the places in `fates`: those that the basin map has for them, where there is one."""
        if self.fates is None:
            return ()
        news = self._controller.maps["basins"].news
        known = news.map.attractors if news is not None else ()
        numbers = [_number(place, known) for place in self.fates.places]
        free = (number for number in range(2 * PLACES) if number not in numbers)
        return tuple(next(free) if number is None else number for number in numbers) if known else ()

    def update(self, names: set[str]) -> None:
        """AppState fields `names` have changed."""
        if not names & {"swarm", "spec", "selected", "axes", "cursor", "viewport", "dark", "teach"}:
            return
        state = self._controller.state
        if not state.swarm.on or state.spec.problem.kind != "function":
            self._drop()
            return
        spec, racer = state.spec, min(state.selected, len(state.spec.racers) - 1)
        axes = state.axes if spec.problem.dimension > 1 else (0, 0)
        if max(axes) >= spec.problem.dimension:
            return
        key = SwarmKey.of(spec, racer, state.swarm, axes)
        if key != self._key:
            self._renew(key)
        self._due = True

    def tick(self) -> None:
        """Ask for what is due; take what the engine has found out."""
        told, self._told = self._told, None
        if told is not None and told.key == self._key:
            self._take(told)
        key = self._key
        if key is None or key == self._failed_for:
            self._due = False
            return
        if self._due and len(self._under_way) < len(_LANES):
            self._ask(key)
        if key != self._fates_for and time.perf_counter() - self._since > _REST:
            self._ask_fates(key)

    def _renew(self, key: SwarmKey) -> None:
        worker = self._controller.worker
        for lane in (*_LANES, "fates"):
            worker.drop(lane)
        if self._key is None or key.choice != self._key.choice or key.axes != self._key.axes:
            self.cloud = None
        self._key, self._since, self.fates, self._told = key, time.perf_counter(), None, None
        self._under_way.clear()
        self.changed.emit()

    def _drop(self) -> None:
        if self._key is None:
            return
        for lane in (*_LANES, "fates"):
            self._controller.worker.drop(lane)
        self._key, self._fates_for, self._failed_for = None, None, None
        self._due = False
        self._under_way.clear()
        self.cloud = self.fates = self._told = None
        self._keeper = CloudKeeper()
        self._controller.lengthen()
        self.changed.emit()

    def _look(self) -> SwarmLook:
        state = self._controller.state
        theme = view_theme_of(state)
        ratio = state.viewport.ratio if state.viewport is not None else 1.0
        own = theme.racer(self._key.racer if self._key is not None else 0)
        palette: tuple[str, ...] = (own,)
        if self.fates is not None:
            palette = (*(fate_colours(theme, self.kinds) if self.fates.clear else loss_colours(theme)), own)
        return SwarmLook(palette, theme.casing, theme.scale * ratio)

    def _ask(self, key: SwarmKey) -> None:
        state = self._controller.state
        where, step, look = state.viewport, state.cursor, self._look()
        if where is None:
            return
        labels = self.fates.labels if self.fates is not None else None
        keeper = self._keeper
        lane = next(each for each in _LANES if each not in self._under_way)
        self._due = False
        self._under_way.add(lane)

        def work(cancel: threading.Event) -> Cloud:
            return keeper.cloud(key, step, where, look, labels, cancel)

        def done(cloud: Cloud) -> None:
            self._under_way.discard(lane)
            self.cloud = cloud
            wanted = min(self._controller.state.cursor, key.spec.steps)
            self._due = self._due or (cloud.step != wanted and not self._under_way)
            self.changed.emit()

        self._controller.ask(lane, work, done, self._failed, PREVIEW)

    def _ask_fates(self, key: SwarmKey) -> None:
        self._fates_for = key
        keeper = self._keeper

        def tell(found: Fates) -> None:
            self._told = found

        def work(cancel: threading.Event) -> Fates:
            fates_room.prepare(key, cancel)
            keeper.ready.add(key.kernel)
            return fates_room.find_fates(key, tell, cancel)

        def done(found: Fates) -> None:
            self._told = None
            if found.key == self._key:
                self._take(found)

        self._controller.ask("fates", work, done, self._failed, LONG)

    def _take(self, found: Fates) -> None:
        self.fates = found
        self._due = True
        self._controller.lengthen()
        self.changed.emit()

    def _failed(self, error: Exception) -> None:
        """Not enough memory, most likely: say so once, and show nothing."""
        self._under_way.clear()
        self._due = False
        self._failed_for = self._key
        self.cloud = self.fates = None
        words = error.message() if isinstance(error, GdsimError) else f"The swarm stopped: {error}"
        self._controller.failed.emit(words)
        self.changed.emit()

