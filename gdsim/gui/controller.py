"""The one that connects: widgets call its intents, it makes the next frozen state, the worker's results come back.

The seam for panels and views (all in the GUI thread):

    controller.state                the AppState now
    controller.history              the History shown (None before the first), `controller.revision` counts them
    controller.surface, .curve      what lies under the hero's viewport
    controller.verdict, .stages     for the focused racer at the cursor (None / () before they are there)
    controller.ghost                the History before the last edit, when it is to be shown

    controller.stateChanged(AppState, names)   after each change; `names` is the set of AppState fields that differ
    controller.published(history)              the run has new rows (or is another run: see `revision`)
    controller.surfaceReady / curveReady / verdictReady / stagesReady(value)
    controller.frame()                         at the end of each 16 ms tick in which anything above happened: repaint
    controller.failed(message)                 an error in words, for the error bar
    controller.noticed(message)                something done, in words, for the status line

Edits: `set_spec(spec, why, merge)` is the root of them all. A continuous drag passes the same `merge` text with each
value and calls `finish_edit()` at release: it is one entry of the undo stack. Work that takes longer than a blink goes
through `ask(lane, work, done, failed)`: `work(cancel)` runs in the engine thread, `done(result)` in the GUI thread.
"""

from __future__ import annotations

import dataclasses
import logging
import threading
import time
from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QObject, Qt, QTimer, Signal, Slot

from gdsim.errors import GdsimError
from gdsim.gui import edits
from gdsim.gui.benches import Benches
from gdsim.gui.clock import PlaybackClock
from gdsim.gui.intents import Intents
from gdsim.gui.learn.requests import LearnRequests
from gdsim.gui.maps import MapRequests
from gdsim.gui.requests import Requests
from gdsim.gui.state import AppState, Curve, EngineState, Surface, Verdict
from gdsim.gui.swarms import SwarmRequests
from gdsim.gui.undo import Entry, UndoStack
from gdsim.gui.worker import STEP, Published, Worker
from gdsim.session.spec import RunSpec

log = logging.getLogger(__name__)

TICK = 16
"""Milliseconds between pulls."""
_QUICK = 4
"""Milliseconds between pulls while a run is awaited: the path follows the hand."""
_AWAITED = 0.033
"""Seconds for which a frame waits for the run that was asked for, so that no old path is painted in between."""
_ADOPT_ABOVE = 20_000
"""Rows above which "from here on" goes on from the rows there are, instead of running anew (and has no ghost)."""
_GHOST_BYTES = 1 << 28


class Controller(Intents):
    """Holds the AppState, the undo stack, the clock and the worker. See the module's docstring for the seam."""

    stateChanged = Signal(object, object)
    published = Signal(object)
    surfaceReady = Signal(object)
    curveReady = Signal(object)
    verdictReady = Signal(object)
    stagesReady = Signal(object)
    engineChanged = Signal(object)
    pulsed = Signal()
    frame = Signal()
    noticed = Signal(str)
    settled = Signal()

    def __init__(self, state: AppState, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.state = state
        self.history: Any = None
        self.runner: Any = None
        self.revision = 0
        self.surface: Surface | None = None
        self.curve: Curve | None = None
        self.verdict: Verdict | None = None
        self.stages: Any = ()
        self.engine = EngineState()
        self.pulse = 0
        self.worker = Worker()
        self._before: Any = None
        self._undo = UndoStack()
        self._clock = PlaybackClock()
        self._follow_end = False
        self._seen = (-1, 0, False)
        self._due = -1
        self._due_since = 0.0
        self._dirty = False
        self._was_busy = False
        self._started = False
        self.requests = Requests(self)
        self.swarm = SwarmRequests(self)
        self.maps = MapRequests(self)
        self.learn = LearnRequests(self)
        self.benches = Benches(self)
        self.maps.changed.connect(self.touch)
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setInterval(TICK)
        self._timer.timeout.connect(self._tick)

    # -- life

    def start(self) -> None:
        """Start the engine thread and the clock, and run the spec."""
        self._started = True
        self.worker.start()
        self._timer.start()
        self.requests.paint()
        self._run()

    def stop(self) -> bool:
        """Stop the clock and the engine; True when the engine thread has ended."""
        self._timer.stop()
        return self.worker.stop()

    @property
    def busy(self) -> bool:
        """Whether the engine works, or results wait to be shown."""
        waiting = self.requests.waiting or self.swarm.waiting or self.maps.waiting or self.learn.waiting
        return self.worker.busy or self._dirty or waiting or self._unseen()

    def ask(
        self,
        lane: str,
        work: Callable[[threading.Event], Any],
        done: Callable[[Any], None],
        failed: Callable[[Exception], None] | None = None,
        priority: int = STEP,
    ) -> None:
        """Work for the engine thread; see `gdsim.gui.worker.Worker.ask`. The newest of a lane wins."""
        self.worker.ask(lane, work, done, failed, priority)

    # -- edits (undoable)

    @Slot(object, str, str)
    def set_spec(self, spec: RunSpec, why: str, merge: str = "", **also: Any) -> None:
        """The root of all edits: `why` names it in the Edit menu ("change lr of Adam"); equal specs are no edit.

        Numbers that do not fit are told by `failed`, and the run stays as it was. `also` are further AppState fields.
        """
        if spec == self.state.spec:
            if also:
                self._set(**also)
            return
        try:
            spec.check()
        except GdsimError as error:
            self.failed.emit(error.message())
            return
        if self._undo.record(self.state.spec, self.state.cursor, why, merge):
            self._before = self._ghostly(self.history)
        self._become(spec, **{"modified": True, "opening": False, **also, **self._cross(spec)})

    def finish_edit(self) -> None:
        """The hand let go of a slider or the start ring: what comes next is an edit of its own."""
        self._undo.close()

    def undo(self) -> None:
        """Take the last edit back."""
        self._travel(self._undo.undo(self.state.spec, self.state.cursor))

    def redo(self) -> None:
        """Do again what was taken back."""
        self._travel(self._undo.redo(self.state.spec, self.state.cursor))

    def open_spec(self, spec: RunSpec, path: Any = None, modified: bool = False) -> None:
        """Another document takes the place of this one: no undo beyond it; rests at the start of the new run."""
        self._undo.clear()
        self._before = None
        self.requests.forget()
        new = {"cursor": 0, "selected": 0, "path": path, "modified": modified, "opening": False, "axes": (0, 1)}
        also = {**self._cross(spec), **new}
        self._follow_end = True
        self._become(spec, **also)

    # -- the cursor

    def play(self) -> None:
        """Let the clock move the cursor; from the end it begins anew."""
        if self.state.at_end and self._finished():
            self._move(0)
        self._follow_end = False
        self._clock.start(time.perf_counter())
        self._set(playing=True)

    def pause(self) -> None:
        """Rest where the cursor is."""
        self._clock.stop()
        self._set(playing=False)

    def set_cursor(self, step: int) -> None:
        """Show step `step`; playing stops."""
        if self.state.playing:
            self.pause()
        self._move(step)
        self._follow_end = self.state.at_end

    def to_end(self) -> None:
        """Show the end, and stay with it as it moves."""
        self.set_cursor(self.state.length)
        self._follow_end = True

    def stop_run(self) -> None:
        """Stop a long computation, a map too; what is known so far stays."""
        self.worker.cancel_run()
        self.maps.stop()
        self.learn.stop()

    @property
    def ghost(self) -> Any:
        """The History before the last edit, when it is to be shown; None otherwise."""
        return self._before if self.state.compare else None

    # -- inside

    def _set(self, **fields: Any) -> None:
        before = self.state
        state = dataclasses.replace(before, undo_name=self._undo.undo_name, redo_name=self._undo.redo_name, **fields)
        fields_of = (each.name for each in dataclasses.fields(state))
        names = {name for name in fields_of if getattr(before, name) != getattr(state, name)}
        if not names:
            return
        self.state = state
        self._dirty = True
        if self._started:
            self.requests.update(names)
            self.swarm.update(names)
            self.maps.update(names)
        self.stateChanged.emit(state, names)

    def _become(self, spec: RunSpec, **also: Any) -> None:
        again = edits.run_key(spec) != edits.run_key(self.state.spec)
        also.setdefault("selected", min(self.state.selected, len(spec.racers) - 1))
        self._set(spec=spec, **also)
        if again and self._started:
            self._run()

    def _travel(self, entry: Entry | None) -> None:
        if entry is not None:
            self._before = self._ghostly(self.history)
            self._become(entry.before, **{"modified": True, **self._cross(entry.before)})

    def _cross(self, spec: RunSpec) -> dict[str, Any]:
        """What else changes where `spec` is at home on the other bench: that one is found as it was left."""
        fields = self.benches.cross(spec)
        if fields:
            self.pause()
            self._follow_end = fields.pop("at_end")
            self._before = self.verdict = None
            self.requests.drop_words()
            self.verdictReady.emit(None)
        return fields

    def _run(self) -> None:
        """Run the spec from the start; or on from where it parts from the present one, if that is far."""
        spec, runner = self.state.spec, self.runner
        goal = 1_000_000_000 if self._follow_end else self.state.cursor

        def make() -> Any:
            if runner is not None and runner.history.length > _ADOPT_ABOVE and runner.can_adopt(spec):
                runner.adopt(spec)
                return runner
            from gdsim.session.runner import Runner

            return Runner(spec)

        self._due = self.worker.run(make, self._run_failed, goal)
        self._due_since = time.perf_counter()
        self._timer.setInterval(_QUICK)

    def _run_failed(self, error: Any) -> None:
        """The run that was asked for cannot be made: say so, and show no path that belongs to another function."""
        words = error.message() if isinstance(error, GdsimError) else f"The engine stopped: {error}"
        self._due = self._seen[0]
        if self.history is not None:
            shown, wanted = self.history.spec.problem, self.state.spec.problem
            if edits.picture_key(shown) != edits.picture_key(wanted):
                self.history = self._before = None
        if self.history is None:
            self.requests.drop_words()
            hint = error.hint if isinstance(error, GdsimError) and error.hint else ""
            self.verdict = Verdict(self.state.selected, 0, "", "bad", f"No run: {words}", hint)
            self.verdictReady.emit(self.verdict)
        self.failed.emit(words)

    def _ghostly(self, history: Any) -> Any:
        small = history is not None and history.nbytes < _GHOST_BYTES and history.length <= _ADOPT_ABOVE
        return history if small else None

    def _finished(self) -> bool:
        published = self.worker.published
        return published is not None and published.finished

    def _move(self, step: int) -> None:
        self._set(cursor=max(0, min(step, self.state.length)))

    @Slot()
    def _tick(self) -> None:
        for outcome in self.worker.pull():
            self._deliver(outcome)
        self._pull_run()
        if self.state.playing:
            self._play_on()
        self.requests.tick()
        self.swarm.tick()
        self.maps.tick()
        self.learn.tick()
        self._show_engine()
        awaited = self._awaits_run()
        self._timer.setInterval(_QUICK if awaited else TICK)
        if self._dirty and not awaited:
            self._dirty = False
            self.frame.emit()
        busy = self.busy
        if self._was_busy and not busy:
            self.settled.emit()
        self._was_busy = busy

    def touch(self) -> None:
        """Something shown has changed: the next tick ends in a frame."""
        self._dirty = True

    def _awaits_run(self) -> bool:
        """Whether the run that was asked for last may be there in a moment."""
        return self._due != self._seen[0] and time.perf_counter() - self._due_since < _AWAITED

    def _deliver(self, outcome: Any) -> None:
        self._dirty = True
        if outcome.error is None:
            outcome.done(outcome.result)
        elif outcome.failed is not None:
            outcome.failed(outcome.error)

    def _pull_run(self) -> None:
        now = self.worker.published
        if now is None or not self._unseen():
            return
        fresh = now.number != self._seen[0]
        self._seen = _mark_of(now)
        self.history, self.runner = now.history, now.runner
        self.revision += fresh
        length = max(0, now.history.length - 1, self.swarm.length)
        cursor = length if self._follow_end else self.state.cursor
        # a path that is still growing will reach the cursor; one that ended short of it pulls the cursor in
        if now.finished:
            cursor = min(cursor, length)
        self._dirty = True
        self._set(length=length, cursor=cursor)
        self.requests.rows_came(fresh)
        self.published.emit(now.history)

    def lengthen(self) -> None:
        """The swarm goes on for longer than the run, or does so no more: the last step that can be shown follows."""
        if self.history is not None:
            length = max(0, self.history.length - 1, self.swarm.length)
            cursor = length if self._follow_end and not self.state.playing else min(self.state.cursor, length)
            self._set(length=length, cursor=cursor)

    def _unseen(self) -> bool:
        """Whether the worker has published what has not been shown."""
        now = self.worker.published
        return now is not None and _mark_of(now) != self._seen

    def _play_on(self) -> None:
        shown = self.history is not None and edits.same_kind(self.history.spec.problem, self.state.spec.problem)
        if not shown and self._due != self._seen[0]:
            self._clock.start(time.perf_counter())  # another run is awaited: it is to be seen from its start
            return
        cursor = self._clock.tick(time.perf_counter(), self.state.speed, self.state.cursor, self.state.length)
        self._set(cursor=cursor)
        if self.state.at_end and self._finished():
            self.pause()
            self._follow_end = True
            if self.state.opening and not self.pulse:
                self.pulse += 1
                self.pulsed.emit()

    def _show_engine(self) -> None:
        state = self.requests.engine_state(self.worker, self.history)
        if state != self.engine:
            if state.trouble and state.trouble != self.engine.trouble:
                self.noticed.emit(state.trouble)
            self.engine = state
            self.engineChanged.emit(state)


def _mark_of(published: Published) -> tuple[int, int, bool]:
    """Number of the run, rows there are, whether it has finished: differs when there is something new."""
    return published.number, sum(trace.published for trace in published.history.traces), published.finished
