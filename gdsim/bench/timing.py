"""Times of works that take turns, and what one reads off them."""

from __future__ import annotations

import math
import statistics
import time
from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import TypeVar

Key = TypeVar("Key", bound=Hashable)

_MEASURABLE_SECONDS = 0.005  # a work that is done sooner is repeated within one turn
_QUICK_SECONDS = 0.1  # a work that is done sooner gets a run that does not count before each turn
_BUDGET_SECONDS = 8.0  # for one work: slow ones get fewer turns, but two


def interleaved(works: Mapping[Key, Callable[[], object]], rounds: int) -> dict[Key, float]:
    """Milliseconds per run of each work, the median of `rounds` turns that all take one after the other.

    So what else the machine does falls upon all of them alike. A quick work runs once before each of its turns without
    being timed: the others have emptied the caches and put the threads to sleep. Works that take seconds drop out after
    two turns or some seconds.
    """
    repeats: dict[Key, int] = {}
    quick: dict[Key, bool] = {}
    for key, work in works.items():
        once = min(_seconds(work), _seconds(work))
        repeats[key] = max(1, min(1000, math.ceil(_MEASURABLE_SECONDS / once)))
        quick[key] = once < _QUICK_SECONDS
    times: dict[Key, list[float]] = {key: [] for key in works}
    for turn in range(rounds):
        for key, work in works.items():
            if turn >= 2 and sum(times[key]) * repeats[key] > _BUDGET_SECONDS:
                continue
            if quick[key]:
                work()
            times[key].append(_seconds(work, repeats[key]))
    return {key: 1e3 * statistics.median(taken) for key, taken in times.items()}


def _seconds(work: Callable[[], object], repeats: int = 1) -> float:
    began = time.perf_counter()
    for _ in range(repeats):
        work()
    return max((time.perf_counter() - began) / repeats, 1e-9)


def last_slope(n: Sequence[float], times: Sequence[float]) -> float:
    """The slope of log time against log n over the last decade of n (or the last two sizes): 1 is linear growth.

    NaN where there is but one size.
    """
    if len(n) < 2:
        return math.nan
    inside = [k for k in range(len(n) - 1) if n[k] * 10 >= n[-1] * 0.99]
    first = inside[0] if inside else len(n) - 2
    return math.log(times[-1] / times[first]) / math.log(n[-1] / n[first])


def is_linear(slope: float) -> bool:
    """Whether time grows as n does: a slope from 0.9 to 1.1."""
    return 0.9 <= slope <= 1.1


def efficiencies(threads: Sequence[int], times: Sequence[float]) -> list[float]:
    """T1 / (k Tk) for each number of threads k, the first of which is one thread."""
    return [times[0] / (k * taken) for k, taken in zip(threads, times, strict=True)]
