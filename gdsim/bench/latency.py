"""The workloads that a person waits for: a new formula, a slider, a picture (against gdsim's own NumPy backend)."""

from __future__ import annotations

import random
import statistics
import time
from collections.abc import Iterator

import numpy as np

from gdsim import objectives
from gdsim.bench.report import Row
from gdsim.bench.timing import interleaved
from gdsim.bench.work import Contestant, Work
from gdsim.bench.workloads import ACKLEY, ROSENBROCK, START, plan, square
from gdsim.engine.backend import Slice
from gdsim.engine.select import backend, warm
from gdsim.engine.trace import Trace
from gdsim.objectives import Objective
from gdsim.session.make import spec_for
from gdsim.session.runner import Runner


def new_formula(rounds: int, steps: int = 1000, picture: tuple[int, int] = (900, 700)) -> Iterator[Row]:
    """A formula that no cache has seen: text to first picture, to the whole path, to compiled kernels."""
    warm().result()
    auto, adam = backend("auto"), plan("adam", steps)
    auto.prepare(objectives.from_formula(ROSENBROCK), adam).result()
    pictures, paths, kernels = [], [], []
    for _ in range(rounds):
        began = time.perf_counter()
        objective = objectives.from_formula(f"{ACKLEY} + {random.random()!r} sin x cos y")
        stepper = auto.stepper(objective, adam)
        auto.surface(objective, Slice((0.0, 0.0), (0, 1), (-5.0, 5.0), (-5.0, 5.0), *picture))
        pictures.append(1e3 * (time.perf_counter() - began))
        trace = Trace(2, objective.coordinates)
        while stepper.advance(trace, steps) is None:
            pass
        paths.append(1e3 * (time.perf_counter() - began))
        auto.prepare(objective).result()
        kernels.append(1e3 * (time.perf_counter() - began))
    nx, ny = picture
    yield Row("formula", f"new formula to first picture, {nx} x {ny}", statistics.median(pictures), goal={"ms": 150})
    yield Row("formula", f"new formula to {steps:,} Adam steps", statistics.median(paths), goal={"ms": 150})
    yield Row("formula", "new formula to all kernels compiled", statistics.median(kernels), goal={"ms": 1000})


def slider(rounds: int, steps: int = 1000) -> Iterator[Row]:
    """A learning rate moved: new spec to the whole new paths of three racers (drawing not included)."""
    moves = 0

    def move() -> None:
        nonlocal moves
        moves += 1
        racers = [f"gd,lr={0.001 + 1e-6 * moves}", "momentum,lr=0.001", "adam,lr=0.1"]
        Runner(spec_for(formula=ROSENBROCK, racers=racers, start=START, steps=steps)).run()

    ms = interleaved({"": move}, rounds)[""]
    yield Row("slider", f"slider moved, 3 racers x {steps:,} steps", ms, goal={"ms": 33})


def pictures(sides: tuple[int, ...] = (512, 1024)) -> Iterator[Work]:
    """Values on a grid, compiled against gdsim's NumPy backend."""
    for title, text in (("Rosenbrock", ROSENBROCK), ("Ackley", ACKLEY)):
        for side in sides:
            yield _picture(objectives.from_formula(text), square(-5.0, 5.0, side), f"picture: {title}, {side} x {side}")


def _picture(objective: Objective, where: Slice, title: str) -> Work:
    def painted(name: str) -> Contestant:
        chosen = backend(name)
        return Contestant(lambda: chosen.surface(objective, where), lambda found: np.asarray(found.values))

    return Work("pictures", title, painted("cpu"), {"gdsim's NumPy": painted("numpy")}, tolerance=1e-12)
