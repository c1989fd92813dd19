"""The engine thread: everything that computes for the window runs here, one thing at a time, in short slices.

Two kinds of work:

- a run: `run(make)` replaces whatever was running; the Runner is advanced in slices of about 10 ms;
- a job: `ask(lane, work, done)`; the newest request of a lane wins: an older one that waits is dropped, one that
  is under way finds its `cancel` event set and may raise `Cancelled` or return early; its result is not delivered.

A job of priority LONG (a map of a million pixels) takes its breath whenever it asks its `cancel` whether to go on, as
kernels do every few milliseconds: what waits meanwhile is done then and there, in the same thread, and it goes on.

Results cross to the GUI by plain attributes. Nothing is emitted from this thread: the GUI calls `pull()` from a timer
(a burst of queued signals would block it for seconds) and gets what is new since the last pull, newest only.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from gdsim.errors import Cancelled, GdsimError

log = logging.getLogger(__name__)

SLICE = 0.010
"""Seconds a run may take before previews get their turn."""
PATIENCE = 0.030
"""A new run is not shown before it reached the cursor, ended, or ran this long: the path must not flicker."""

PREVIEW, STEP, TEXT, THUMBNAIL, LONG = range(5)
"""Priorities of jobs; PREVIEW and STEP come before the run goes on, THUMBNAIL only takes turns with it. LONG ones are
done when nothing else waits, one at a time, and let all others in between."""
_APART = 0.008
"""Seconds between two breaths of a long job: it must get on, too."""
_TURNS = 16
"""Things done in one breath at most."""


class Runs(Protocol):
    """What the worker needs of a session Runner."""

    @property
    def history(self) -> Any: ...

    def advance(self, budget_seconds: float = ..., cancel: Any = ...) -> bool: ...


@dataclass(frozen=True, slots=True)
class Outcome:
    """The end of a job (or of a run that could not be made): a result or an error, and whom to tell."""

    lane: str
    done: Callable[[Any], None]
    failed: Callable[[Exception], None] | None
    result: Any = None
    error: Exception | None = None


@dataclass(slots=True)
class _Job:
    lane: str
    priority: int
    order: int
    work: Callable[[threading.Event], Any]
    done: Callable[[Any], None]
    failed: Callable[[Exception], None] | None
    cancel: threading.Event


class Breath(threading.Event):
    """The cancel flag of a long job: whenever the engine thread looks at it, what waits has its turn first."""

    def __init__(self, thread: threading.Thread, breathe: Callable[[], None]) -> None:
        super().__init__()
        self._thread, self._breathe = thread, breathe
        self._last = time.perf_counter()

    def is_set(self) -> bool:
        """Whether to stop. Other threads of the same job may ask as well: they are told, and do nothing else."""
        if threading.get_ident() == self._thread.ident and time.perf_counter() - self._last > _APART:
            self._breathe()
            self._last = time.perf_counter()
        return super().is_set()


@dataclass(frozen=True, slots=True)
class Published:
    """The run as the GUI may read it: rows up to each trace's published mark are complete."""

    number: int
    runner: Any
    history: Any
    finished: bool


class Worker:
    """One engine thread with a priority queue; safe to call from the GUI thread only."""

    def __init__(self) -> None:
        self._lock = threading.Condition()
        self._jobs: dict[str, _Job] = {}
        self._current: _Job | None = None
        self._long: _Job | None = None
        self._runner: Runs | None = None
        self._runner_number = 0
        self._turn = False
        self._outcomes: dict[str, Outcome] = {}
        self._make: Callable[[], Runs] | None = None
        self._run_failed: Callable[[Exception], None] | None = None
        self._run_cancel = threading.Event()
        self._number = 0
        self._order = 0
        self._goal = 0
        self._running = False
        self._stopping = False
        self.published: Published | None = None
        self._thread = threading.Thread(target=self._loop, name="gdsim-engine", daemon=True)

    # -- asked from the GUI thread

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def stop(self, timeout: float = 2.0) -> bool:
        """Ask everything to stop and wait at most `timeout` seconds; True when the thread has ended."""
        with self._lock:
            self._stopping = True
            self._run_cancel.set()
            for job in (self._current, self._long):
                if job is not None:
                    job.cancel.set()
            self._jobs.clear()
            self._lock.notify()
        if self._thread.is_alive():
            self._thread.join(timeout)
        return not self._thread.is_alive()

    def run(self, make: Callable[[], Runs], failed: Callable[[Exception], None], goal: int = 0) -> int:
        """Replace the run: `make()` (called here, in the engine thread) gives the Runner. Returns its number.

        The new History is published as soon as every racer reached step `goal` or ended, or after `PATIENCE`.
        """
        with self._lock:
            self._run_cancel.set()
            self._run_cancel = threading.Event()
            self._number += 1
            self._make, self._run_failed, self._goal = make, failed, goal
            self._lock.notify()
            return self._number

    def cancel_run(self) -> None:
        """Stop the run where it is; its History stays."""
        self._run_cancel.set()

    def ask(
        self,
        lane: str,
        work: Callable[[threading.Event], Any],
        done: Callable[[Any], None],
        failed: Callable[[Exception], None] | None = None,
        priority: int = STEP,
    ) -> None:
        """Do `work(cancel)` in the engine thread; `done(result)` is called in the GUI thread at a later pull.

        The newest request of a `lane` wins. An error goes to `failed`, or to the log when there is none.
        """
        with self._lock:
            self._order += 1
            cancel = Breath(self._thread, self._breathe) if priority == LONG else threading.Event()
            self._jobs[lane] = _Job(lane, priority, self._order, work, done, failed, cancel)
            self._outcomes.pop(lane, None)
            self._stop_job(lane)
            self._lock.notify()

    def drop(self, lane: str) -> None:
        """Forget the request of a lane, waiting or under way."""
        with self._lock:
            self._jobs.pop(lane, None)
            self._outcomes.pop(lane, None)
            self._stop_job(lane)

    def _stop_job(self, lane: str) -> None:
        for job in (self._current, self._long):
            if job is not None and job.lane == lane:
                job.cancel.set()

    def pull(self) -> list[Outcome]:
        """The outcomes since the last pull, to be delivered by the caller in the GUI thread."""
        with self._lock:
            outcomes = list(self._outcomes.values())
            self._outcomes.clear()
        return outcomes

    @property
    def busy(self) -> bool:
        """Whether anything waits, is under way, or has not been pulled."""
        with self._lock:
            work = self._jobs or self._current or self._long or self._make
            return bool(work or self._running or self._outcomes)

    # -- the engine thread

    def _loop(self) -> None:
        while True:
            with self._lock:
                while not (self._stopping or self._jobs or self._make or self._runner):
                    self._lock.wait()
                if self._stopping:
                    return
            self._take_turn()

    def _take_turn(self) -> bool:
        """Do one thing of those that wait; whether there was any."""
        with self._lock:
            make, failed, goal, cancel = self._make, self._run_failed, self._goal, self._run_cancel
            job = None
            if make is not None:
                self._make, self._runner_number, self._running = None, self._number, True
            elif not self._stopping:
                job = self._next_job(running=self._runner is not None)
            if job is not None and job.priority == LONG:
                self._long = job
            else:
                self._current = job
        if make is not None and failed is not None:
            self._runner = self._begin(make, failed, goal, self._runner_number, cancel)
        elif job is not None:
            self._turn = False
            self._do(job)
        elif self._runner is not None:
            self._turn = True
            self._runner = self._continue(self._runner, self._runner_number, cancel)
        else:
            return False
        return True

    def _breathe(self) -> None:
        """In the middle of a long job: previews until there are none, and one slice of the run."""
        for _ in range(_TURNS):
            if self._stopping or not self._take_turn() or self._turn:
                return

    def _next_job(self, running: bool) -> _Job | None:
        waiting = [job for job in self._jobs.values() if self._long is None or job.priority < LONG]
        if not waiting:
            return None
        job = min(waiting, key=lambda each: (each.priority, each.order))
        if running and not self._turn and job.priority >= TEXT:
            return None
        return self._jobs.pop(job.lane)

    def _do(self, job: _Job) -> None:
        long = job.priority == LONG
        try:
            outcome = Outcome(job.lane, job.done, job.failed, result=job.work(job.cancel))
        except Cancelled:
            outcome = None
        except Exception as error:  # the thread must live; the error is told, or logged
            if not isinstance(error, GdsimError) or job.failed is None:
                log.exception("the job %r failed", job.lane)
            outcome = Outcome(job.lane, job.done, job.failed, error=error)
        with self._lock:
            if long:
                self._long = None
            else:
                self._current = None
            if outcome is not None and not threading.Event.is_set(job.cancel):
                self._outcomes[job.lane] = outcome

    def _begin(
        self,
        make: Callable[[], Runs],
        failed: Callable[[Exception], None],
        goal: int,
        number: int,
        cancel: threading.Event,
    ) -> Runs | None:
        """Make the runner and take it as far as it is worth showing."""
        try:
            runner = make()
            finished = runner.advance(SLICE, cancel)
            until = time.perf_counter() + PATIENCE
            while not finished and not cancel.is_set() and not reached(runner.history, goal):
                if time.perf_counter() > until:
                    break
                finished = runner.advance(SLICE, cancel)
        except Exception as error:  # noqa: BLE001  (the thread must live; the error is told)
            self._run_broke(error, failed)
            return None
        self._publish(runner, number, finished, cancel)
        return None if finished or cancel.is_set() else runner

    def _continue(self, runner: Runs, number: int, cancel: threading.Event) -> Runs | None:
        with self._lock:
            failed = self._run_failed
        try:
            finished = cancel.is_set() or runner.advance(SLICE, cancel)
        except Exception as error:  # noqa: BLE001  (the thread must live; the error is told)
            if failed is not None:
                self._run_broke(error, failed)
            return None
        self._publish(runner, number, finished, cancel)
        return None if finished or cancel.is_set() else runner

    def _run_broke(self, error: Exception, failed: Callable[[Exception], None]) -> None:
        if not isinstance(error, GdsimError):
            log.exception("the run failed", exc_info=error)
        with self._lock:
            self._running = self._make is not None
            self._outcomes["run"] = Outcome("run", failed, failed, error=error)

    def _publish(self, runner: Runs, number: int, finished: bool, cancel: threading.Event) -> None:
        finished = finished or cancel.is_set()
        with self._lock:
            if number == self._number:
                self.published = Published(number, runner, runner.history, finished)
            self._running = not finished or self._make is not None


def reached(history: Any, step: int) -> bool:
    """Whether every racer of `history` has row `step` or has ended."""
    return all(trace.published > step or trace.status.finished for trace in history.traces)
