"""One background thread that compiles: the engine's and the window's threads only ever wait for it, or do not."""

from __future__ import annotations

import atexit
import itertools
import logging
import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, TypeVar

_LOG = logging.getLogger(__name__)
Result = TypeVar("Result")

NOW, SOON, LATER = range(3)
"""Priorities: somebody waits for it; a picture gets better with it; it may be wanted some day."""


class Compiler:
    """Runs jobs one after the other on its own thread, the most urgent first. A job of the same key is not repeated.

    Attributes:
        notice: what last went wrong, in words for a person, "" while nothing has.

    The thread starts with the first job and ends with the process: pending jobs are dropped, the running one is
    waited for (LLVM does not survive being torn down in mid-compile).
    """

    def __init__(self) -> None:
        self._jobs: queue.PriorityQueue[tuple[int, int, Callable[[], None] | None]] = queue.PriorityQueue()
        self._count = itertools.count()
        self._known: dict[object, Future[Any]] = {}
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self.notice = ""

    def submit(self, key: object, job: Callable[[], Result], priority: int = SOON) -> Future[Result]:
        """The future of the job; a job known under this key is only made more urgent, a failed one stays failed."""
        with self._lock:
            future = self._known.get(key)
            if future is None:
                future = Future()
                self._known[key] = future
            if not future.done():
                self._jobs.put((priority, next(self._count), self._task(future, job)))
                self._start()
        return future

    def forget(self) -> None:
        """Drop what is known about finished jobs, so that they would be run again (tests)."""
        with self._lock:
            self._known.clear()

    def _task(self, future: Future[Result], job: Callable[[], Result]) -> Callable[[], None]:
        def run() -> None:
            # Put twice when it became more urgent: the second time there is nothing left to do.
            if future.done() or future.running() or not future.set_running_or_notify_cancel():
                return
            try:
                future.set_result(job())
            except BaseException as error:  # noqa: BLE001 - it is not swallowed: who asks for the result gets it
                _LOG.error("a kernel could not be compiled", exc_info=error)
                words = " ".join(str(error).split())[:120]
                self.notice = f"A kernel could not be compiled, NumPy computes instead: {type(error).__name__}: {words}"
                future.set_exception(error)

        return run

    def _start(self) -> None:
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name="gdsim-compile", daemon=True)
            self._thread.start()
            atexit.register(self._close)

    def _work(self) -> None:
        while True:
            _, _, job = self._jobs.get()
            if job is None:
                return
            job()

    def _close(self) -> None:
        self._jobs.put((-1, next(self._count), None))
        if self._thread is not None:
            self._thread.join(timeout=30.0)


COMPILER = Compiler()
"""The process's only compile thread."""
