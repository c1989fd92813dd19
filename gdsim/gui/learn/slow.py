"""What takes longer than a blink on the bench Learn: landscapes, gradient clouds, comparisons of depth.

Each kind is made when its tab is seen, and again when the hand rests after something it depends on has changed. While a
run plays the picture of before stays, marked as old; what is light follows the hand and the run. A new kind is a `Slow`
here (what it depends on, how it is made).
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

from gdsim.errors import GdsimError
from gdsim.gui.worker import LONG, STEP
from gdsim.session.spec import Kind

if TYPE_CHECKING:
    from gdsim.gui.controller import Controller
    from gdsim.gui.state import AppState

Told = Callable[[int, int], None]
Tell = Callable[[Any], None]

_LONG = 0.25
"""Seconds of work after which it is said that it is under way."""


@dataclass(frozen=True, slots=True)
class SlowState:
    """How one kind stands.

    Attributes:
        value: what was made last (or is known of it so far), None before the first.
        fresh: whether it is of the present settings.
        share: how much of what is under way is done, 0 to 1.
        standing: as `gdsim.gui.maps.MapState` has it.
        message: why it failed.
        long: it is under way for so long already that it should be said.
    """

    value: Any = None
    fresh: bool = False
    share: float = 0.0
    standing: Literal["waiting", "running", "done", "stopped", "failed"] = "waiting"
    message: str = ""
    long: bool = False


NOTHING_YET = SlowState()


@dataclass(frozen=True, slots=True)
class Slow:
    """One kind.

    Attributes:
        key: what it depends on, of the state; None where there is nothing to make now.
        make: (history, state, cancel, told, tell) -> value, in the engine thread; `told` hears how far it is, `tell`
            what is known already.
        light: whether it takes a blink only: it is made at once then, one after the other as the hand moves.
        kind: of the problems that it is made of.
    """

    key: Callable[[AppState, Any, int], Any]
    make: Callable[[Any, AppState, Any, Told, Tell], Any]
    rest: float = 0.3
    light: Callable[[Any], bool] = lambda history: False
    kind: Kind = "model"


def _standing(state: AppState, history: Any, revision: int) -> tuple[Any, ...] | None:
    """The focused racer and its step; None while there is none."""
    if history is None or state.selected >= len(history):
        return None
    last = history.traces[state.selected].last
    return None if last < 0 else (revision, state.selected, max(0, min(state.cursor, last)))


def _landscape_key(state: AppState, history: Any, revision: int) -> Any:
    """Random directions are those of the cursor's weights; the others belong to the path as a whole."""
    at, choice = _standing(state, history, revision), state.learn
    if at is None or (choice.directions == "random" and state.playing):
        return None
    shown = tuple(racer.visible for racer in state.spec.racers)
    where = at if choice.directions == "random" else (*at[:2], history.traces[state.selected].last)
    other = other_racer(state, len(history)) if choice.directions == "runs" else -1
    return (*where, choice.directions, choice.reach, choice.resolution, choice.seed, other, shown)


def other_racer(state: AppState, racers: int) -> int:
    """The racer towards which a landscape goes: the chosen one, or the first that has not the focus; -1 for none."""
    other = state.learn.other
    if 0 <= other < racers and other != state.selected:
        return other
    return next((k for k in range(racers) if k != state.selected), -1)


def _landscape(history: Any, state: AppState, cancel: Any, told: Told, tell: Tell) -> Any:
    from gdsim.gui.learn.landscape import make_landscape

    return make_landscape(history, state, other_racer(state, len(history)), cancel, told)


def _cloud_key(state: AppState, history: Any, revision: int) -> Any:
    at, choice = _standing(state, history, revision), state.learn
    if at is None or (state.playing and not _light_cloud(history)):
        return None
    return (*at, choice.batch, choice.draws, state.spec.batch)


def _light_cloud(history: Any) -> bool:
    from gdsim.analysis.gradient_cloud import is_light

    return is_light(history.objective)


def _cloud(history: Any, state: AppState, cancel: Any, told: Told, tell: Tell) -> Any:
    from gdsim.analysis.gradient_cloud import gradient_cloud

    objective = history.objective
    own = objective.samples.count if state.spec.batch == "full" else state.spec.batch
    theta, _ = history.weights(state.selected, state.cursor)
    return gradient_cloud(objective, theta, state.learn.batch or own, state.learn.draws, cancel=cancel)


def _policy_key(state: AppState, history: Any, revision: int) -> Any:
    at = _standing(state, history, revision)
    if at is None or _light_policy(history):
        return at
    trace = history.traces[state.selected]
    follows = state.at_end and not trace.status.finished  # the end of a run that still grows
    return None if state.playing or follows else at


def _light_policy(history: Any) -> bool:
    from gdsim.gui.learn.policy_parts import light

    return light(history.objective)


def _policy_clouds(history: Any, state: AppState, cancel: Any, told: Told, tell: Tell) -> Any:
    from gdsim.gui.learn.policy_parts import policy_clouds

    return policy_clouds(history, state.selected, state.cursor, cancel)


def _depth_key(state: AppState, history: Any, revision: int) -> Any:
    learn = state.spec.problem.learn
    if learn is None:
        return None
    racer = state.spec.racers[min(state.selected, len(state.spec.racers) - 1)]
    return (learn.data, learn.model.loss, learn.model.output, learn.model.init.seed, racer, state.spec.batch,
            state.spec.seed, state.learn.depths)  # fmt: skip


def _depths(history: Any, state: AppState, cancel: Any, told: Told, tell: Tell) -> Any:
    from gdsim.gui.learn.depths import compare

    return compare(state, cancel, told, tell)


SLOW: Mapping[str, Slow] = {
    "landscape": Slow(_landscape_key, _landscape, 0.15),
    "gradient_cloud": Slow(_cloud_key, _cloud, light=_light_cloud),
    "depths": Slow(_depth_key, _depths, 0.05),
    "policy_clouds": Slow(_policy_key, _policy_clouds, light=_light_policy, kind="policy"),
}


class _Lane:
    """One kind: the key of now (None: nothing can be made), the last one, that asked for, that of the value."""

    def __init__(self) -> None:
        self.key: Any = None
        self.asked: Any = None
        self.made: Any = None
        self.since = 0.0
        self.began = 0.0
        self.progress = (0, 1)
        self.told: Any = None
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
        new = (kinds & SLOW.keys()) - self._seen
        self._seen = kinds & SLOW.keys()
        if new:
            self.tick()

    def stop(self) -> None:
        """Stop what is under way; what was there before stays."""
        for kind, lane in self._lanes.items():
            if lane.state.standing == "running":
                self._controller.worker.drop(kind)
                lane.state = replace(lane.state, standing="stopped", long=False)
                self._controller.touch()

    def again(self, kind: str) -> None:
        """Make it anew, at once."""
        self._lanes[kind].asked, self._lanes[kind].since = None, 0.0

    def tick(self) -> None:
        """Look at what the seen kinds depend on; ask for what is due."""
        controller = self._controller
        state, history = controller.state, controller.history
        now = state.spec.problem.kind
        there = history is not None and history.spec.problem.kind == now
        for kind in self._seen:
            lane, ready = self._lanes[kind], there and SLOW[kind].kind == now
            before = lane.state
            self._meet(lane, SLOW[kind].key(state, history, controller.revision) if ready else None)
            light = ready and SLOW[kind].light(history)
            due = lane.key is not None and lane.key != lane.asked
            rested = time.perf_counter() - lane.since > SLOW[kind].rest
            if due and (lane.state.standing != "running" if light else rested):
                self._ask(kind, lane, STEP if light else LONG)
            if lane.state != before:
                controller.touch()

    @staticmethod
    def _meet(lane: _Lane, key: Any) -> None:
        """What it depends on is this now."""
        now = time.perf_counter()
        if key != lane.key:
            lane.since = 0.0 if lane.asked is None else now
            lane.key = key
        told, lane.told = lane.told, None
        if told is not None and lane.state.standing == "running":
            lane.made = lane.asked
            lane.state = replace(lane.state, value=told)
        if lane.state.standing == "running":
            done, total = lane.progress
            lane.state = replace(lane.state, share=done / max(total, 1), long=now - lane.began > _LONG)
        fresh = key is not None and lane.made == key
        if fresh != lane.state.fresh:
            lane.state = replace(lane.state, fresh=fresh)

    def _ask(self, kind: str, lane: _Lane, priority: int) -> None:
        controller = self._controller
        key, state, history = lane.key, controller.state, controller.history
        lane.asked, lane.progress, lane.began, lane.told = key, (0, 1), time.perf_counter(), None
        lane.state = replace(lane.state, standing="running", share=0.0, message="", long=False)

        def told(done: int, total: int) -> None:
            lane.progress = (done, total)

        def tell(value: Any) -> None:
            lane.told = value

        def work(cancel: threading.Event) -> Any:
            return SLOW[kind].make(history, state, cancel, told, tell)

        def done(value: Any) -> None:
            lane.made, lane.told = key, None
            lane.state = SlowState(value, key == lane.key, 1.0, "done")

        def failed(error: Exception) -> None:
            words = error.message() if isinstance(error, GdsimError) else f"It stopped: {error}"
            lane.state = replace(lane.state, standing="failed", message=words, long=False)

        controller.ask(kind, work, done, failed, priority)
