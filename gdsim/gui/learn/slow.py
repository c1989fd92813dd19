"""What takes longer than a blink on the bench Learn: landscapes, gradient clouds, comparisons of depth.

Each kind is made when its tab is seen, and again when the hand rests after something it depends on has changed. While a
run plays the picture of before stays, marked as old. A new kind is a `Slow` here (what it depends on, how it is made).
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

from gdsim.errors import GdsimError
from gdsim.gui.worker import LONG

if TYPE_CHECKING:
    from gdsim.gui.controller import Controller
    from gdsim.gui.state import AppState

Told = Callable[[int, int], None]

_REST = 0.3
"""Seconds without a change after which it is made anew."""


@dataclass(frozen=True, slots=True)
class SlowState:
    """How one kind stands.

    Attributes:
        value: what was made last, None before the first; fresh: whether it is of the present settings.
        share: how much of what is under way is done, 0 to 1.
        standing: as `gdsim.gui.maps.MapState` has it.
        message: why it failed.
    """

    value: Any = None
    fresh: bool = False
    share: float = 0.0
    standing: Literal["waiting", "running", "done", "stopped", "failed"] = "waiting"
    message: str = ""


NOTHING_YET = SlowState()


@dataclass(frozen=True, slots=True)
class Slow:
    """One kind.

    Attributes:
        key: what it depends on, of the state; None where there is nothing to make.
        make: (history, state, cancel, told) -> value, in the engine thread.
    """

    key: Callable[[AppState, Any, int], Any]
    make: Callable[[Any, AppState, Any, Told], Any]


def _resting(state: AppState, history: Any, revision: int) -> tuple[Any, ...] | None:
    """The focused racer and its step, while nothing plays."""
    if state.playing or history is None or state.selected >= len(history):
        return None
    last = history.traces[state.selected].last
    return None if last < 0 else (revision, state.selected, max(0, min(state.cursor, last)))


def _landscape_key(state: AppState, history: Any, revision: int) -> Any:
    at, choice = _resting(state, history, revision), state.learn
    if at is None:
        return None
    return (*at, choice.directions, choice.reach, choice.resolution, choice.other)


def _landscape(history: Any, state: AppState, cancel: Any, told: Told) -> Any:
    from gdsim.analysis.landscape import landscape

    choice, other = state.learn, state.learn.other
    if choice.directions == "runs" and other in (-1, state.selected):
        other = next((k for k in range(len(history)) if k != state.selected), -1)
    return landscape(
        history, state.selected, state.cursor, choice.directions, other=other, reach=choice.reach,
        resolution=choice.resolution, cancel=cancel,
    )  # fmt: skip


def _cloud_key(state: AppState, history: Any, revision: int) -> Any:
    at, choice = _resting(state, history, revision), state.learn
    return None if at is None else (*at, choice.batch, choice.draws)


def _cloud(history: Any, state: AppState, cancel: Any, told: Told) -> Any:
    from gdsim.analysis.gradient_cloud import gradient_cloud

    objective = history.objective
    own = objective.samples.count if state.spec.batch == "full" else state.spec.batch
    theta, _ = history.weights(state.selected, state.cursor)
    return gradient_cloud(objective, theta, state.learn.batch or own, state.learn.draws, cancel=cancel)


def _depth_key(state: AppState, history: Any, revision: int) -> Any:
    learn = state.spec.problem.learn
    if learn is None:
        return None
    racer = state.spec.racers[min(state.selected, len(state.spec.racers) - 1)]
    return (learn.data, learn.model.loss, learn.model.output, racer, state.spec.batch, state.learn.depths)


def _depths(history: Any, state: AppState, cancel: Any, told: Told) -> Any:
    from gdsim.gui.learn.depths import compare

    return compare(state, cancel, told)


SLOW: Mapping[str, Slow] = {
    "landscape": Slow(_landscape_key, _landscape),
    "cloud": Slow(_cloud_key, _cloud),
    "depths": Slow(_depth_key, _depths),
}


class _Lane:
    def __init__(self) -> None:
        self.key: Any = None
        self.asked: Any = None
        self.since = 0.0
        self.progress = (0, 1)
        self.state = SlowState()


class SlowRequests:
    """Owned by the Controller, GUI thread only."""

    def __init__(self, controller: Controller) -> None:
        self._controller = controller
        self._lanes = {kind: _Lane() for kind in SLOW}
        self._seen: frozenset[str] = frozenset()

    @property
    def states(self) -> Mapping[str, SlowState]:
        """How each kind stands."""
        return {kind: lane.state for kind, lane in self._lanes.items()}

    @property
    def waiting(self) -> bool:
        """Whether something is still to be asked for, though its tab is seen."""
        return any(
            kind in self._seen and lane.key is not None and lane.key != lane.asked
            for kind, lane in self._lanes.items()
        )

    def see(self, kinds: frozenset[str]) -> None:
        """Views on screen show these kinds."""
        self._seen = kinds & SLOW.keys()

    def stop(self) -> None:
        """Stop what is under way; what was there before stays."""
        for kind, lane in self._lanes.items():
            if lane.state.standing == "running":
                self._controller.worker.drop(kind)
                lane.state = replace(lane.state, standing="stopped")

    def again(self, kind: str) -> None:
        """Make it anew."""
        self._lanes[kind].asked = None

    def tick(self) -> None:
        """Look at what the seen kinds depend on; ask for what is due."""
        controller, now = self._controller, time.perf_counter()
        state, history = controller.state, controller.history
        ready = history is not None and history.spec.problem.learn is not None
        for kind, lane in self._lanes.items():
            if kind not in self._seen:
                continue
            key = SLOW[kind].key(state, history, controller.revision) if ready else None
            if key is not None and key != lane.key:
                first = lane.key is None
                lane.key, lane.since = key, 0.0 if first else now
                fresh = key == lane.asked and lane.state.standing == "done"
                lane.state = replace(lane.state, fresh=fresh)
            if lane.state.standing == "running":
                done, total = lane.progress
                lane.state = replace(lane.state, share=done / max(total, 1))
            if lane.key is not None and lane.key != lane.asked and now - lane.since > _REST:
                self._ask(kind, lane)

    def _ask(self, kind: str, lane: _Lane) -> None:
        controller, key = self._controller, lane.key
        state, history = controller.state, controller.history
        lane.asked, lane.progress = key, (0, 1)
        lane.state = replace(lane.state, standing="running", share=0.0, message="", fresh=False)

        def told(done: int, total: int) -> None:
            lane.progress = (done, total)

        def work(cancel: threading.Event) -> Any:
            return SLOW[kind].make(history, state, cancel, told)

        def done(value: Any) -> None:
            lane.state = SlowState(value, key == lane.key, 1.0, "done")

        def failed(error: Exception) -> None:
            words = error.message() if isinstance(error, GdsimError) else f"It stopped: {error}"
            lane.state = replace(lane.state, standing="failed", message=words)

        controller.ask(kind, work, done, failed, LONG)

