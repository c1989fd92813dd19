"""What the machine can do at best, measured: floating-point operations and bytes per second, on all threads.

The two limits of the roofline model (S. Williams, A. Waterman, D. Patterson, Roofline, CACM 52:4, 2009): no kernel is
faster than its operations at the peak, or its bytes at the memory's bandwidth.
"""

from __future__ import annotations

import os
import platform
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from gdsim.engine import cache, grid, memory

_KERNELS = '''
from gdsim.engine.elementary.bits import muladd


def chains(x, rounds):
    """Each number of x through 32 multiply-adds, again and again: 64 operations per number and round."""
    for _ in range(rounds):
        for k in range(x.shape[0]):
            y = x[k]
            STEPS
            x[k] = y


def triad(a, b, c, first, last):
    """a = b + 3 c from first to last - 1: 24 bytes per number (J. McCalpin's STREAM)."""
    for k in range(first, last):
        a[k] = b[k] + 3.0 * c[k]
'''
_CHAIN = 32
_NUMBERS = 512  # of one piece of `chains`: they stay in the first-level cache
_MATRIX = 768
_PARTS = 32
_LEAST_BYTES, _MOST_BYTES = 64 << 20, 1 << 30  # of one array of `triad`


@dataclass(frozen=True, slots=True)
class Limits:
    """The machine's limits in float64.

    Attributes:
        gflops: 1e9 operations per second, a multiply-add as two. how: what reached them.
        bandwidth: 1e9 bytes per second from and to the memory.
    """

    gflops: float
    how: str
    bandwidth: float


def limits(*, seconds: float = 0.5, matrix: int = _MATRIX, array_bytes: int = 0) -> Limits:
    """Measure both; takes a few times `seconds`.

    Each is the best of many runs of a few milliseconds: what else the machine does leaves some of them alone.

    Args:
        matrix: rows of the matrices that NumPy multiplies.
        array_bytes: of one of the three arrays; 0: twice the largest cache, as far as there is memory.
    """
    module = cache.Generated(_KERNELS.replace("STEPS", "\n            ".join(["y = muladd(y, 0.5, 1.5)"] * _CHAIN)))
    peaks = {"packed multiply-adds": _chains(module, seconds), "NumPy's matrix product": _product(matrix, seconds)}
    how = max(peaks, key=lambda name: peaks[name])
    return Limits(peaks[how], how, _triad(module, array_bytes or _array_bytes(), seconds))


def _best(work: Callable[[], object], seconds: float) -> float:
    """Seconds that `work` takes, the best of as many runs as fit."""
    work()
    best, end = np.inf, time.perf_counter() + seconds
    while time.perf_counter() < end or best == np.inf:
        began = time.perf_counter()
        work()
        best = min(best, time.perf_counter() - began)
    return float(best)


def _chains(module: cache.Generated, seconds: float) -> float:
    from numba import types

    run = module.function("chains", types.void(types.float64[::1], types.int64))
    pieces, rounds = 32 * grid.threads(), 50

    def worker() -> grid.Piece:
        x = np.ones(_NUMBERS)
        return lambda first, last: run(x, rounds * (last - first))

    taken = _best(lambda: grid.fill(pieces, worker, first=1, smallest=1), seconds)
    return 2e-9 * _CHAIN * _NUMBERS * rounds * pieces / taken


def _product(n: int, seconds: float) -> float:
    a = np.random.default_rng(0).random((n, n))
    out = np.empty_like(a)
    return 2e-9 * n**3 / _best(lambda: np.matmul(a, a, out=out), seconds)


def _triad(module: cache.Generated, size: int, seconds: float) -> float:
    """Each run takes the next of _PARTS parts of the arrays, so that no cache holds what it needs."""
    from numba import types

    vector = types.float64[::1]
    run = module.function("triad", types.void(vector, vector, vector, types.int64, types.int64))
    a, b, c = (np.ones(size // 8) for _ in range(3))
    share = max(1, len(a) // (_PARTS * 8 * grid.threads()))
    pieces, part = 8 * grid.threads(), 0

    def work() -> None:
        nonlocal part
        begin = part * pieces * share
        part = (part + 1) % _PARTS

        def worker() -> grid.Piece:
            return lambda first, last: run(a, b, c, begin + first * share, begin + last * share)

        grid.fill(pieces, worker, first=1, smallest=1)

    return 24e-9 * share * pieces / _best(work, seconds)


def _array_bytes() -> int:
    return min(max(_LEAST_BYTES, 2 * largest_cache()), _MOST_BYTES, memory.available() // 8)


def largest_cache() -> int:
    """Bytes of the largest cache; 0 where the system does not tell."""
    texts = [path.read_text().strip() for path in Path("/sys/devices/system/cpu/cpu0/cache").glob("index*/size")]
    known = [found for text in texts if (found := re.fullmatch(r"(\d+)([KM]?)", text))]
    return max((int(found[1]) << {"": 0, "K": 10, "M": 20}[found[2]] for found in known), default=0)


def processor() -> str:
    """The processor's name as it gives it itself."""
    info = Path("/proc/cpuinfo")
    if info.exists() and (found := re.search(r"^model name\s*:\s*(.+)$", info.read_text(), re.MULTILINE)):
        return found[1].strip()
    return os.environ.get("PROCESSOR_IDENTIFIER") or platform.processor() or platform.machine()


def machine() -> dict[str, Any]:
    """The processor, how many cores there are and how many threads work, and the versions that decide."""
    import numba

    from gdsim.version import __version__

    versions = {"gdsim": __version__, "NumPy": np.__version__, "Numba": numba.__version__}
    return {"cpu": processor(), "cores": grid.cores(), "threads": grid.threads(), "versions": versions}
