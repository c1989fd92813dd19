"""Decides what has to be asked of the engine when the state changes: surface, curve, verdict, stages of the update."""

from __future__ import annotations

import dataclasses
import math
import threading
import time
from functools import partial
from typing import TYPE_CHECKING, Any

from gdsim.engine.compiler import COMPILER
from gdsim.gui import edits, pictures
from gdsim.gui.state import Curve, EngineState, Surface, Verdict
from gdsim.gui.worker import PREVIEW, STEP, Worker

if TYPE_CHECKING:
    from gdsim.gui.controller import Controller

_CALM = 0.15
"""Seconds between two verdicts while the cursor runs by itself."""
_LEGIBLE = 4.0
"""Steps a second up to which the numbers of each step can be read, so that they are worth being typeset."""


class Requests:
    """What the window wants to see of the engine besides the run; owned by the Controller, GUI thread only."""

    def __init__(self, controller: Controller) -> None:
        self._controller = controller
        self._scale: Any = None
        self._scale_for: object = None
        self._painted: object = None
        self._learns = False
        self._field = False
        self._words_due = False
        self._words_asked = 0.0
        self._words_for: object = None

    @property
    def waiting(self) -> bool:
        """Whether something is still to be asked."""
        return self._words_due

    def update(self, names: set[str]) -> None:
        """AppState fields `names` have changed."""
        if names & {"spec", "viewport", "axes"}:
            self.paint()
        if names & {"spec", "cursor", "selected", "length"}:
            self._words_due = True
        if "playing" in names or "speed" in names:
            self._words_due, self._words_for = True, None

    def rows_came(self, fresh: bool) -> None:
        """The run grew (or is another one)."""
        self._words_due = True
        if self._controller.state.spec.problem.dimension > 2:
            self.paint()

    def forget(self) -> None:
        """Another document: colours are fitted anew."""
        self._scale_for = None
        self._painted = None

    def want_field(self, wanted: bool) -> None:
        """Whether the gradient field comes with the surface."""
        if wanted != self._field:
            self._field = wanted
            self.paint()

    def refit_colours(self) -> None:
        """Fit the colours to what is in view."""
        state = self._controller.state
        where, spec, base = state.viewport, state.spec, self._base()
        if where is None or spec.problem.dimension < 2 or not edits.has_surface(spec.problem):
            return

        def work(cancel: threading.Event) -> Any:
            return pictures.surface_scale(spec.replace(problem=spec.problem.replace(minima=())), where, base, cancel)

        def done(scale: Any) -> None:
            self._scale = scale
            self._painted = None
            self.paint()

        self._controller.ask("colours", work, done, self._failed, PREVIEW)

    def paint(self) -> None:
        """Ask for the surface (a draft first, then the full one) or the curve, unless that very one was asked for."""
        state = self._controller.state
        spec, where = state.spec, state.viewport
        if where is None or not edits.has_surface(spec.problem):
            return
        base = self._base()
        key = (edits.picture_key(spec.problem), where, state.axes, base, self._field)
        if key == self._painted:
            return
        home = (key[0], spec.problem.domain, state.axes)
        other = home != self._scale_for
        if self._scale_for is not None and self._learns != (spec.problem.learn is not None):
            self._controller.surface = None  # of a model under a function, or the other way about
        self._painted, self._scale_for, self._learns = key, home, spec.problem.learn is not None
        if spec.problem.dimension == 1:
            self._ask_curve(spec, where, other)
            return
        if max(state.axes) >= spec.problem.dimension:
            return
        where = dataclasses.replace(where, axes=state.axes)
        if other:
            self._scale = None
        field, scale = self._field, self._scale
        for lane, draft in (("draft", True), ("surface", False)):

            def work(cancel: threading.Event, draft: bool = draft) -> Surface:
                return pictures.surface(spec, where, base, self._scale or scale, field, draft, cancel)

            self._controller.ask(lane, work, self._surface_done, self._failed, PREVIEW)

    def _ask_curve(self, spec: Any, where: Any, fresh: bool) -> None:
        def work(cancel: threading.Event) -> Curve:
            return pictures.curve(spec, where, fresh, cancel)

        self._controller.worker.drop("draft")
        self._controller.ask("surface", work, self._curve_done, self._failed, PREVIEW)

    def _base(self) -> tuple[float, ...]:
        """The point whose other coordinates the plane goes through: the focused racer's, for n > 2."""
        state, history = self._controller.state, self._controller.history
        start = state.spec.start
        if state.spec.problem.dimension <= 2 or history is None:
            return (0.0,) * state.spec.problem.dimension if state.spec.problem.dimension <= 2 else start
        if len(history) <= state.selected or history.traces[state.selected].published == 0:
            return start
        row = history.row(state.selected, state.cursor)
        if not math.isfinite(row.loss):  # nothing could be seen there: the start's plane shows where it was lost
            return start
        return tuple(float(value) for value in row.theta) if len(row.theta) == len(start) else start

    def _surface_done(self, surface: Surface) -> None:
        controller = self._controller
        if surface.picture is not None:
            self._scale = surface.picture.scale
        controller.surface, controller.curve = surface, None
        controller.surfaceReady.emit(surface)

    def _curve_done(self, curve: Curve) -> None:
        controller = self._controller
        controller.curve, controller.surface = curve, None
        controller.curveReady.emit(curve)

    def _failed(self, error: Exception) -> None:
        self._controller.failed.emit(str(error))

    # -- words

    @property
    def legible(self) -> bool:
        """Whether the numbers of a step stay long enough to be read: not while the cursor follows the end of a run that
        takes its time."""
        state, history = self._controller.state, self._controller.history
        slow = state.spec.problem.kind != "function"
        if slow and not state.playing and state.at_end and history is not None and not history.finished:
            return False
        return not state.playing or state.speed <= _LEGIBLE

    def tick(self) -> None:
        """Ask for the verdict and the stages when something they depend on has changed, calmly while playing."""
        if not self._words_due:
            return
        controller = self._controller
        history, state = controller.history, controller.state
        now = time.perf_counter()
        if state.playing and now - self._words_asked < _CALM:
            return
        self._words_due = False
        if history is None or state.selected >= len(history) or history.traces[state.selected].published == 0:
            return
        trace = history.traces[state.selected]
        step = min(state.cursor, trace.last)
        key = (controller.revision, state.selected, step, trace.status, state.spec, self.legible)
        if key == self._words_for:
            return
        self._words_for, self._words_asked = key, now
        racer = state.selected
        from gdsim.gui import words

        judge = partial(words.verdict, history, racer, step)
        controller.ask("verdict", lambda cancel: judge(), self._verdict_done, self._unjudged, STEP)
        if not trace.n:  # rows go without theta: there is nothing to write out
            controller.worker.drop("stages")
            self._stages_done(())
        elif self.legible:
            controller.ask("stages", lambda cancel: words.stages(history, racer, step), self._stages_done, None, STEP)

    def drop_words(self) -> None:
        """There is no run to speak of."""
        self._words_due, self._words_for = False, None
        for lane in ("verdict", "stages"):
            self._controller.worker.drop(lane)
        self._stages_done(())

    def _unjudged(self, error: Exception) -> None:
        state = self._controller.state
        said = "This step could not be judged"
        self._verdict_done(Verdict(state.selected, state.cursor, "", "warn", said, str(error)))

    def _verdict_done(self, verdict: Verdict) -> None:
        self._controller.verdict = verdict
        self._controller.verdictReady.emit(verdict)

    def _stages_done(self, stages: Any) -> None:
        self._controller.stages = stages
        self._controller.stagesReady.emit(stages)

    @staticmethod
    def engine_state(worker: Worker, history: Any) -> EngineState:
        """What the engine does now and which backend really runs."""
        published = worker.published
        running = published is not None and not published.finished
        if history is None:
            return EngineState(busy=worker.busy, trouble=COMPILER.notice)
        names = sorted({trace.backend for trace in history.traces if trace.backend}) or [history.backend.name]
        notes = dict.fromkeys(trace.note for trace in history.traces if trace.note)
        return EngineState(running, ", ".join(names), history.backend.reason or "; ".join(notes), COMPILER.notice)
