"""A workload in types, and how it is measured: answers first, then the clock."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gdsim.bench.report import Row
from gdsim.bench.timing import interleaved
from gdsim.engine.probe import Limits

Array = NDArray[np.float64]


def whole(answer: Array) -> Array:
    """All of an answer."""
    return answer


@dataclass(frozen=True, slots=True, eq=False)
class Contestant:
    """One who does the work.

    Attributes:
        run: the work, from inputs that lie ready to results that are in memory; what is timed.
        answer: the result of a run as an array.
        part: which part of gdsim's answer that has to be.
    """

    run: Callable[[], Any]
    answer: Callable[[Any], Array]
    part: Callable[[Array], Array] = whole


@dataclass(frozen=True, slots=True, eq=False)
class Work:
    """One workload, ready to be run.

    Attributes:
        name, title, goal: see report.Row.
        gdsim: our side. peers: the others, by name.
        tolerance: how far an answer may be from ours, relative to 1 + its size; the same steps are rounded otherwise.
        flops: floating-point operations that the task takes, by our answer. moved: bytes that it has to move.
    """

    name: str
    title: str
    gdsim: Contestant
    peers: Mapping[str, Contestant] = field(default_factory=dict)
    goal: Mapping[str, float] = field(default_factory=dict)
    tolerance: float = 1e-9
    flops: Callable[[Array], float] | None = None
    moved: float | None = None
    note: str = ""


def difference(ours: Array, theirs: Array, tolerance: float) -> str:
    """What is different between two answers, in words; "" when they agree."""
    if ours.shape != theirs.shape:
        return f"its answer has the shape {theirs.shape}, gdsim's {ours.shape}"
    same = (ours == theirs) | (np.isnan(ours) & np.isnan(theirs))
    with np.errstate(invalid="ignore"):
        gap = np.where(same, 0.0, np.abs(ours - theirs) / (1.0 + np.abs(ours)))
    far = ~(gap <= tolerance)
    if not far.any():
        return ""
    worst = int(np.argmax(np.where(np.isnan(gap), np.inf, gap)))
    at = tuple(int(k) for k in np.unravel_index(worst, ours.shape))
    values = f"{float(theirs[at])!r} where gdsim has {float(ours[at])!r}"
    return f"another answer at {np.count_nonzero(far):,} of {far.size:,} places, most at {at}: {values}"


def measure(work: Work, rounds: int, limits: Limits | None = None) -> Row:
    """Run it; a peer that computes something else is refused and gets no time."""
    ours = work.gdsim.answer(work.gdsim.run())
    refused = {}
    for name, peer in work.peers.items():
        if why := difference(peer.part(ours), peer.answer(peer.run()), work.tolerance):
            refused[name] = why
    runs = {"": work.gdsim.run, **{name: peer.run for name, peer in work.peers.items() if name not in refused}}
    times = interleaved(runs, rounds)
    ms = times.pop("")
    gflops = None if work.flops is None else work.flops(ours) / ms * 1e-6
    gb_s = None if work.moved is None else work.moved / ms * 1e-6
    return Row(
        work.name,
        work.title,
        ms,
        times,
        work.goal,
        gflops,
        _share(gflops, None if limits is None else limits.gflops),
        gb_s,
        _share(gb_s, None if limits is None else limits.bandwidth),
        work.note,
        refused,
    )


def _share(part: float | None, of: float | None) -> float | None:
    return None if part is None or of is None else part / of
