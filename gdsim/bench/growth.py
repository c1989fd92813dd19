"""How time grows with the size of the work, and shrinks with the number of threads."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from gdsim import objectives
from gdsim.bench.timing import efficiencies, interleaved, is_linear, last_slope
from gdsim.bench.workloads import (
    ACKLEY,
    ROSENBROCK,
    basin_members,
    compiled,
    many,
    plan,
    settled,
    square,
    swarm_starts,
)
from gdsim.engine import grid
from gdsim.engine.backend import RacerPlan
from gdsim.engine.swarm import Members, Points
from gdsim.engine.trace import Trace

SIZES = (1_000, 10_000, 100_000, 1_000_000)
DIMENSIONS = (2, 10, 100, 1_000, 10_000)
EFFICIENCY = 0.9
"""What two threads are to reach of twice the speed of one."""
_CHAINED = "sum(100(x[i+1]-x[i]^2)^2 + (1-x[i])^2, i=1..n-1)"

Run = Callable[[], object]


def swarm_run(count: int, steps: int) -> Run:
    """Adam steps of `count` members on Rosenbrock's function, end points only."""
    starts = Points(np.ascontiguousarray(swarm_starts(count).T))
    return many(objectives.from_formula(ROSENBROCK), Members(plan("adam", steps, lr=0.01), starts), steps).run


def surface_run(count: int) -> tuple[int, Run]:
    """Values of Ackley's function on a square of about `count` points: how many, and the run."""
    side = round(count**0.5)
    objective, where = objectives.from_formula(ACKLEY), square(-5.0, 5.0, side)
    return side * side, lambda: compiled().surface(objective, where)


def recorded_run(n: int, steps: int) -> Run:
    """Recorded Adam steps on Rosenbrock's function in n coordinates (a chain)."""
    objective = objectives.from_formula(_CHAINED, n=n)
    racer = plan("adam", steps, lr=0.001)
    racer = RacerPlan(racer.rule, racer.hyper, (-0.5,) * n, steps)
    compiled().prepare(objective, racer).result()

    def run() -> None:
        compiled().stepper(objective, racer).advance(Trace(n, objective.coordinates), steps)

    return run


def growths(
    rounds: int, sizes: Sequence[int] = SIZES, dimensions: Sequence[int] = DIMENSIONS, steps: int = 200
) -> Iterator[tuple[str, dict[str, Any]]]:
    """By what grows: title, sizes "n", times "ms", "slope" over the last decade, and whether that is "linear"."""
    members = {count: swarm_run(count, steps) for count in sizes}
    yield "swarm", _growth(f"{steps} Adam steps, by members", members, rounds)
    yield "surface", _growth("surface, by points", dict(surface_run(count) for count in sizes), rounds)
    found = _growth("one recorded Adam step, by dimensions", {n: recorded_run(n, steps) for n in dimensions}, rounds)
    found["ms"] = [ms / steps for ms in found["ms"]]
    found["ns_per_coordinate"] = [1e6 * ms / n for n, ms in zip(found["n"], found["ms"], strict=True)]
    yield "dimensions", found


def _growth(title: str, runs: Mapping[int, Run], rounds: int) -> dict[str, Any]:
    times = interleaved(runs, rounds)
    n, ms = list(times), list(times.values())
    slope = last_slope(n, ms)
    return {"title": title, "n": n, "ms": ms, "slope": slope, "linear": is_linear(slope)}


def counts(most: int) -> list[int]:
    """Numbers of threads to be tried: powers of two, and all."""
    return sorted({1, most, *(1 << k for k in range(most.bit_length()) if 1 << k <= most)})


def thread_runs(
    rounds: int, points: int = 1 << 20, members: int = 100_000, side: int = 512
) -> Iterator[tuple[str, dict[str, Any]]]:
    """By workload: title, "threads", "ms", "efficiency", and whether two threads reach the goal ("met")."""
    made: tuple[tuple[str, str, Run], ...] = (
        ("surface", "surface, by threads", surface_run(points)[1]),
        ("swarm", "swarm, by threads", swarm_run(members, 200)),
        ("basins", f"basin map {side} x {side}, by threads", settled(*basin_members(side)).run),
    )
    tried = counts(grid.threads())
    try:
        for name, title, run in made:
            yield name, _threaded(title, run, tried, rounds)
    finally:
        grid.set_threads(0)


def _threaded(title: str, run: Run, tried: Sequence[int], rounds: int) -> dict[str, Any]:
    def with_threads(k: int) -> Run:
        def go() -> None:
            if grid.threads() != k:
                grid.set_threads(k)
            run()

        return go

    runs: dict[Hashable, Run] = {k: with_threads(k) for k in tried}
    ms = list(interleaved(runs, rounds).values())
    shares = efficiencies(tried, ms)
    met = shares[tried.index(2)] >= EFFICIENCY if 2 in tried else None
    return {"title": title, "threads": list(tried), "ms": ms, "efficiency": shares, "goal": EFFICIENCY, "met": met}
