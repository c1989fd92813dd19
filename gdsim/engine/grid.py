"""Filling a large array by compiled kernels that release the GIL: pieces of a few milliseconds, on all cores.

Threads of our own rather than Numba's: a second caller does no harm under any threading layer, serial kernels compile
four times faster than parallel ones, and between pieces the cancel flag is looked at. Which thread fills which piece
never shows in the numbers.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait

from gdsim.engine.backend import Cancel
from gdsim.errors import Cancelled, EngineError

Piece = Callable[[int, int], None]

_FIRST = 64
_MEASURABLE_SECONDS = 0.00005
_PIECE_SECONDS = 0.002
_LEAST_SECONDS = 0.0001
_SHARES = 3  # of what is left, for each thread: how small a piece is beside it
_PARALLEL_SECONDS = 0.0005  # less work than this is done sooner than a thread wakes up

_lock = threading.Lock()
_pool: ThreadPoolExecutor | None = None
_threads = 0


def cores() -> int:
    """Processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def threads() -> int:
    """How many threads fill large arrays: as many as there are cores, unless `set_threads` or GDSIM_THREADS says."""
    if _threads:
        return _threads
    asked = os.environ.get("GDSIM_THREADS", "")
    return max(1, int(asked)) if asked.isdigit() else cores()


def set_threads(count: int) -> None:
    """Use this many threads from now on, 0 for as many as there are cores. Results do not depend on it."""
    global _threads, _pool
    if count < 0:
        raise EngineError(f"{count} threads", hint="Use 1 or more, or 0 for all cores")
    with _lock:
        _threads = count
        if _pool is not None:
            _pool.shutdown(wait=False)
            _pool = None


def _submit(work: Callable[[], None]) -> Future[None]:
    global _pool
    with _lock:
        if _pool is None:
            _pool = ThreadPoolExecutor(max(1, threads() - 1), thread_name_prefix="gdsim-grid")
        return _pool.submit(work)


class _Rest:
    """The points still to be filled, handed out in pieces: of about _PIECE_SECONDS at most, smaller and smaller towards
    the end, so that all threads finish together (guided self-scheduling: C. Polychronopoulos, D. Kuck, IEEE Trans.
    Computers 36 (1987) 1425)."""

    def __init__(self, first: int, total: int, speed: float, smallest: int) -> None:
        self._next = first
        self._total = total
        self._most = max(smallest, int(_PIECE_SECONDS * speed))
        self._least = max(smallest, int(_LEAST_SECONDS * speed))
        self._share = _SHARES * threads()
        self._taking = threading.Lock()

    @property
    def pieces(self) -> int:
        """At least how many there are."""
        return (self._total - self._next) // self._least

    def take(self) -> tuple[int, int] | None:
        """The next piece, None when there is none."""
        with self._taking:
            if self._next >= self._total:
                return None
            first = self._next
            size = min(self._most, max(self._least, (self._total - first) // self._share))
            self._next = min(self._total, first + size)
            return first, self._next

    def stop(self) -> None:
        """Hand out no more."""
        with self._taking:
            self._next = self._total


def fill(
    total: int, worker: Callable[[], Piece], cancel: Cancel | None = None, *, first: int = _FIRST, smallest: int = 16
) -> None:
    """Fill points 0 ... total - 1.

    Args:
        worker: makes a function (first, last) that fills a piece; one is made for each thread, so that it can hold
            scratch memory of its own.
        first: how many points are filled to begin with, when nobody knows yet how long one takes.
        smallest: the smallest piece that is worth handing out.

    Raises:
        Cancelled: `cancel` was set; checked every few milliseconds.
    """
    own = worker()
    done, speed = _measured(own, total, first)
    if done < total and cancel is not None and cancel.is_set():
        raise Cancelled("the picture was not finished")
    if (total - done) / speed <= _PARALLEL_SECONDS:
        if done < total:
            own(done, total)
        return
    _share(_Rest(done, total, speed, smallest), own, worker, cancel)


def each(total: int, worker: Callable[[], Piece]) -> None:
    """Do pieces 0 ... total - 1, each known to take long, one by one on all threads; `worker` as in `fill`."""
    _share(_Rest(0, total, 0.0, 1), worker(), worker, None)


def _share(rest: _Rest, own: Piece, worker: Callable[[], Piece], cancel: Cancel | None) -> None:
    """Hand out the rest to this thread's piece and to those of the other threads."""

    def run(piece: Piece) -> None:
        while (part := rest.take()) is not None:
            if cancel is not None and cancel.is_set():
                rest.stop()
                raise Cancelled("the picture was not finished")
            piece(*part)

    helpers = [_submit(lambda: run(worker())) for _ in range(min(threads() - 1, rest.pieces))]
    try:
        run(own)
    finally:
        rest.stop()
        # one that has not begun is not waited for: a longer piece of work may have the pool's threads meanwhile
        begun = [helper for helper in helpers if not helper.cancel()]
        wait(begun)
    for helper in begun:
        helper.result()


def _measured(piece: Piece, total: int, first: int) -> tuple[int, float]:
    """Fill a little more each time until the clock can tell the speed: (points filled, points per second)."""
    done, count, taken = 0, first, 0.0
    while done < total and taken < _MEASURABLE_SECONDS:
        last = min(total, done + count)
        began = time.perf_counter()
        piece(done, last)
        taken = max(time.perf_counter() - began, 1e-7)
        done, count = last, 4 * (last - done)
    return done, count / 4 / taken if done else 1.0
