"""Kernels compiled for the present device, on the compile thread; they live as long as the process."""

from __future__ import annotations

import hashlib
import sys
import time
from collections.abc import Callable
from concurrent.futures import Future, wait
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from gdsim.engine import cache
from gdsim.engine.backend import Cancel, DType
from gdsim.engine.compiler import COMPILER, NOW, SOON
from gdsim.engine.cpu import Recent
from gdsim.engine.cuda import device, texts
from gdsim.engine.herd import Herd
from gdsim.errors import Cancelled

if TYPE_CHECKING:
    from gdsim.objectives import Objective

_BLOCK = 128  # threads; kernels hold much in registers
_MOST_BLOCKS = 8192  # of kernels that go on to the next point
_SIMULATED_BLOCK = 4  # a thread of Python each
_PATIENCE_SECONDS = 0.03
_PREFIX = "gdsim_cuda_"

_CHUNK_SECONDS = 0.01
_FASTER = 8  # times as much at most in the next launch


@dataclass(frozen=True, slots=True)
class Kernel:
    """A compiled kernel and the text it was made of."""

    function: Any
    text: str

    def launch(self, threads: int, *arguments: Any) -> None:
        """Run it with this many threads or a few more, and wait for it."""
        block = _SIMULATED_BLOCK if device.simulated() else _BLOCK
        self.function[-(-threads // block), block](*arguments)
        device.load().synchronize()


class Pace:
    """How much to do in one launch, so that it takes about 10 ms: cancelling is quick and the screen stays alive."""

    def __init__(self, first: int, most: int) -> None:
        self.amount = first
        self._most = most

    def timed(self, work: Callable[[], None], amount: int) -> None:
        """Do a launch of this amount and set `amount` for the next one."""
        began = time.perf_counter()
        work()
        taken = max(time.perf_counter() - began, 1e-6)
        self.amount = max(1, min(int(amount * _CHUNK_SECONDS / taken), _FASTER * amount, self._most))


_kernels: Recent[Kernel] = Recent(64)


def threads(count: int, column: int = 0) -> int:
    """How many threads do `count` points: as a launch has them, no more than fit if each needs `column` bytes."""
    if device.simulated():
        return _SIMULATED_BLOCK
    most = min(_BLOCK * -(-count // _BLOCK), _BLOCK * _MOST_BLOCKS)
    if column:
        most = min(most, _BLOCK * max(1, int(0.25 * device.free() / column) // _BLOCK))
    return most


def points(objective: Objective, name: str, dtype: DType, priority: int = NOW) -> Future[Kernel]:
    """``values`` or ``slopes`` of an objective."""
    graph, n = objective.graph, objective.n
    return _compile(name, dtype, lambda: texts.points_text(graph, n, dtype, simulated=device.simulated()), priority)


def members(herd: Herd, dtype: DType, priority: int = NOW) -> Future[Kernel]:
    """``members`` of a herd whose iteration could be written out."""
    member = herd.member
    assert member is not None
    return _compile("members", dtype, lambda: texts.members_text(member, dtype, simulated=device.simulated()), priority)


def rows(name: str, dtype: DType, priority: int = NOW) -> Future[Kernel]:
    """``running`` or ``gather``."""
    return _compile(name, dtype, lambda: texts.rows_text(dtype), priority)


def _compile(name: str, dtype: DType, text: Callable[[], str], priority: int) -> Future[Kernel]:
    written = text()
    key = ("cuda", name, dtype, hashlib.sha256(written.encode()).hexdigest())
    return COMPILER.submit(key, lambda: _kernels.get(key, lambda: compiled(name, written, dtype)), priority)


def compiled(name: str, text: str, dtype: DType) -> Kernel:
    """The kernel of this name in a text, for the present device."""
    signature = texts.signatures(dtype)[name]
    return Kernel(device.load().jit(signature)(plain(name, text)), text)


def plain(name: str, text: str) -> Any:
    """The kernel as a plain function; what it calls is marked for CUDA."""
    module_name = _PREFIX + hashlib.sha256(text.encode()).hexdigest()[:40]
    module = sys.modules.get(module_name) or cache.load_text(module_name, text)
    return getattr(module, name)


def awaited(future: Future[Kernel], cancel: Cancel | None) -> Kernel:
    """The kernel when it is compiled; raises Cancelled, or what went wrong."""
    while not future.done():
        if cancel is not None and cancel.is_set():
            raise Cancelled("stopped before the kernel was there")
        wait([future], _PATIENCE_SECONDS)
    return future.result()


def begin(objective: Objective, dtype: DType) -> Future[Kernel]:
    """Begin to compile what paints an objective."""
    points(objective, "values", dtype, SOON)
    return points(objective, "slopes", dtype, SOON)


def upload(array: NDArray[Any]) -> Any:
    """The array on the device; one without elements as one element, which nobody reads."""
    return device.load().to_device(np.ascontiguousarray(array if array.size else np.zeros(1, array.dtype)))
