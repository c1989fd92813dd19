"""Numba's CUDA simulator with threads that take turns.

The simulator makes a thread of Python of each of a block's, and asks them in a loop whether they have come to a
barrier, which keeps them from running: nearly all of its time goes there. Here one thread at a time has the turn, up to
its next barrier or its end, and each round from barrier to barrier is in an order of its own: what lacks a barrier is
found out. Where a kernel has no barrier, no threads are made.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import cache
from random import Random
from typing import Any

import numpy as np
from numba.cuda.simulator import kernel

Place = tuple[int, ...]
_CHANCE = Random(0)


class Thread(kernel.BlockThread):
    """One of a block's threads, which runs only while it has the turn."""

    def __init__(self, work: Callable[[], None], block: Block, at: Place, place: Place) -> None:
        super().__init__(work, block, at, place, False)
        self._block, self._turn = block, threading.Lock()
        self._turn.acquire()
        self.ended = False

    def run(self) -> None:
        self._turn.acquire()
        super().run()  # keeps what is raised in `exception`
        self.ended = True
        self._block.turned.release()

    def syncthreads(self) -> None:
        self._block.turned.release()
        self._turn.acquire()
        if self.abort:
            raise RuntimeError("another thread of the block has failed")

    def go_on(self) -> None:
        """Give it the turn and wait until it comes to a barrier or its end."""
        self._turn.release()
        self._block.turned.acquire()


class Block(kernel.BlockManager):
    """A block of threads. What one of them raises ends all and is raised."""

    def run(self, at: Place, *arguments: Any) -> None:
        places = list(np.ndindex(*self._block_dim))
        if has_barrier(self._f):
            self._in_turns([Thread(lambda: self._f(*arguments), self, at, place) for place in places])
            return
        here: Any = threading.current_thread()  # where a kernel looks up its place
        here.blockIdx = kernel.Dim3(*at)
        for place in _CHANCE.sample(places, len(places)):
            here.threadIdx = kernel.Dim3(*place)
            self._f(*arguments)

    def _in_turns(self, left: list[Thread]) -> None:
        self.turned = threading.Lock()
        self.turned.acquire()
        for thread in left:
            thread.start()
        failed = None
        while left:
            for thread in _CHANCE.sample(left, len(left)):
                thread.abort = failed is not None
                thread.go_on()
                failed = failed or thread.exception
            left = [thread for thread in left if not thread.ended]
        if failed is not None:
            error, where = failed
            raise error.with_traceback(where)


@cache
def has_barrier(function: Any) -> bool:
    """Whether a kernel, or what it calls, waits for the block's other threads."""
    names = function.__code__.co_names
    called = (function.__globals__.get(name) for name in names)
    inner = [each.fn for each in called if isinstance(each, kernel.FakeCUDAKernel)]
    return "syncthreads" in names or any(map(has_barrier, inner))


def take_turns() -> None:
    """Run all kernels of this process so."""
    kernel.BlockManager = Block
