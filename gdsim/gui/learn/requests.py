"""Decides when the model at the cursor is wanted: whenever the cursor, the run or what is looked at has changed."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from gdsim.errors import GdsimError
from gdsim.gui.learn.parts import OF_THE_START, parts_of
from gdsim.gui.learn.picture import LearnPicture
from gdsim.gui.learn.slow import SlowRequests
from gdsim.gui.worker import PREVIEW

if TYPE_CHECKING:
    from gdsim.gui.controller import Controller

LANE = "learn"


class LearnRequests:
    """Owned by the Controller, GUI thread only. One request is under way at a time, the newest cursor is asked next:
    while a run plays, pictures follow it as fast as they can be made."""

    def __init__(self, controller: Controller) -> None:
        self._controller = controller
        self._wants: frozenset[str] = frozenset()
        self._asked: object = None
        self._under_way = False
        self._number = 0
        self.picture: LearnPicture | None = None
        self.slow = SlowRequests(controller)

    @property
    def waiting(self) -> bool:
        """Whether a picture is under way or still to be asked for."""
        due = self._key() is not None and self._key() != self._asked
        return self._under_way or due or self.slow.waiting

    @property
    def shown(self) -> LearnPicture | None:
        """The picture, if it is of the kind of problem that is on the bench: a model's is none of a policy's."""
        kind = self._controller.state.spec.problem.kind
        return self.picture if self.picture is not None and self.picture.kind == kind else None

    def see(self, wants: Iterable[str]) -> None:
        """The parts that the views on screen want, and what takes longer."""
        self._wants = frozenset(wants)
        self.slow.see(self._wants)

    def stop(self) -> None:
        """Stop what takes long."""
        self.slow.stop()

    def forget(self) -> None:
        """Another document or bench."""
        self._asked, self.picture = None, None

    def tick(self) -> None:
        """Ask for the picture of the cursor, unless one is being made."""
        self.slow.tick()
        key = self._key()
        if key is None:
            return
        if key == self._asked or self._under_way:
            return
        self._asked, self._under_way = key, True
        self._number += 1
        controller, number = self._controller, self._number
        history = controller.history
        _, racer, step, choice, wants = key[:5]

        def work(cancel: threading.Event) -> LearnPicture:
            from gdsim.gui.learn.work import make_picture

            return make_picture(history, racer, step, wants, choice, number, cancel)

        controller.ask(LANE, work, self._done, self._failed, PREVIEW)

    def _key(self) -> Any:
        """What the picture depends on; None where there is nothing to show."""
        controller = self._controller
        state, history = controller.state, controller.history
        if history is None or state.selected >= len(history):
            return None
        kind = state.spec.problem.kind
        wants = self._wants & parts_of(kind).keys()
        if not wants or history.spec.problem.kind != kind:
            return None
        trace = history.traces[state.selected]
        if not trace.published:  # kernels are being compiled: the model that will be trained can be seen already
            wants = wants & OF_THE_START
            if kind != "model" or not wants:
                return None
        shown = tuple(racer.visible for racer in state.spec.racers)
        step = max(0, min(state.cursor, trace.last))
        return (controller.revision, state.selected, step, state.learn, wants, shown, state.cursor, trace.published > 0)

    def _done(self, picture: LearnPicture) -> None:
        self._under_way = False
        self.picture = picture

    def _failed(self, error: Exception) -> None:
        self._under_way = False
        words = error.message() if isinstance(error, GdsimError) else f"The picture could not be made: {error}"
        self._controller.failed.emit(words)
