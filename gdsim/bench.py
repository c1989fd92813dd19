"""The workloads of `gdsim bench`: what is measured, how, and what it is held against.

A workload is a function that returns its measures, and a line in `WORKLOADS`. Times are medians of repeated runs in
this process, kernels warm unless compiling is what is measured. A peer is measured in the same go or not at all.
"""

from __future__ import annotations

import json
import random
import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from typing import Any

from gdsim import objectives
from gdsim.engine import cpu
from gdsim.engine.backend import RacerPlan, Slice
from gdsim.engine.select import backend, warm
from gdsim.engine.trace import Trace
from gdsim.optimizers.rule import rule
from gdsim.session.make import spec_for
from gdsim.session.runner import Runner

STEPS = 1000
ROSENBROCK = "(1-x)^2 + 100(y-x^2)^2"
ACKLEY = "-20exp(-0.2sqrt((x^2+y^2)/2)) - exp((cos(2pi x)+cos(2pi y))/2) + e + 20"


@dataclass(frozen=True, slots=True)
class Measure:
    """One line of the table.

    Attributes:
        name: what was done. ms: how long it took, None when it could not be measured.
        goal_ms: at most this, where a goal is set.
        ratio: how many times as long the peer took, None without one.
        note: the peer, or why there is no figure.
    """

    name: str
    ms: float | None
    goal_ms: float | None = None
    ratio: float | None = None
    note: str = ""

    def line(self) -> str:
        """For a person."""
        figure = "-" if self.ms is None else f"{self.ms:.3f} ms"
        goal = "" if self.goal_ms is None else f"goal {self.goal_ms:g} ms"
        peer = "" if self.ratio is None else f"{self.ratio:,.0f} x"
        return f"{self.name:<58}{figure:>14}  {goal:<14}{peer:>9}  {self.note}".rstrip()


def median_ms(work: Callable[[], object], runs: int = 15) -> float:
    """Milliseconds that `work` takes, the median of `runs`, after one that does not count."""
    work()
    times = []
    for _ in range(runs):
        began = time.perf_counter()
        work()
        times.append((time.perf_counter() - began) * 1e3)
    return statistics.median(times)


def path() -> Iterator[Measure]:
    """1,000 recorded Adam steps on Rosenbrock against a plain loop over torch.optim.Adam, nothing recorded there."""
    objective, adam = objectives.from_formula(ROSENBROCK), rule("adam")
    plan = RacerPlan(adam, adam.resolve({"lr": 0.01}), (-1.5, 2.0), STEPS)
    compiled = backend("cpu")
    compiled.prepare(objective, plan).result()

    def run() -> None:
        compiled.stepper(objective, plan).advance(Trace(2, objective.coordinates), STEPS)

    ms = median_ms(run, 51)
    name = f"{STEPS:,} recorded Adam steps on Rosenbrock"
    peer = _torch_adam()
    if peer is None:
        yield Measure(name, ms, note="torch is not installed: no ratio")
    else:
        yield Measure(name, ms, ratio=median_ms(peer, 3) / ms, note="torch.optim.Adam in a plain loop; goal 1,000 x")


def _torch_adam() -> Callable[[], object] | None:
    try:
        import torch
    except ImportError:
        return None

    def loop() -> Any:
        theta = torch.tensor([-1.5, 2.0], dtype=torch.float64, requires_grad=True)
        adam = torch.optim.Adam([theta], lr=0.01)
        for _ in range(STEPS):
            adam.zero_grad()
            x, y = theta
            ((1 - x) ** 2 + 100 * (y - x * x) ** 2).backward()
            adam.step()
        return theta

    return loop


def new_formula() -> Iterator[Measure]:
    """A formula that no cache has seen: text to first picture, to compiled kernels, to the whole path."""
    warm().result()
    auto, adam = backend("auto"), rule("adam")
    auto.prepare(
        objectives.from_formula(ROSENBROCK),
        RacerPlan(adam, adam.resolve({}), (-1.5, 2.0), STEPS),
    ).result()
    pictures, paths, kernels = [], [], []
    for _ in range(5):
        began = time.perf_counter()
        objective = objectives.from_formula(f"{ACKLEY} + {random.random()!r} sin x cos y")
        plan = RacerPlan(adam, adam.resolve({}), (-1.5, 2.0), STEPS)
        stepper = auto.stepper(objective, plan)
        auto.surface(objective, Slice((0.0, 0.0), (0, 1), (-5.0, 5.0), (-5.0, 5.0), 900, 700))
        pictures.append(time.perf_counter() - began)
        trace = Trace(2, objective.coordinates)
        while stepper.advance(trace, STEPS) is None:
            pass
        paths.append(time.perf_counter() - began)
        auto.prepare(objective).result()
        kernels.append(time.perf_counter() - began)
    yield Measure("new formula: text to values of the first picture, 900x700", 1e3 * statistics.median(pictures), 150)
    yield Measure(f"new formula: text to the whole path of {STEPS:,} Adam steps", 1e3 * statistics.median(paths), 150)
    yield Measure("new formula: text to all compiled kernels in place", 1e3 * statistics.median(kernels), 1000)


def slider() -> Iterator[Measure]:
    """A learning rate moved: new spec to the whole new paths of three racers (drawing not included)."""
    rates = iter(0.01 + 1e-4 * k for k in range(1000))

    def move() -> None:
        racers = [f"gd,lr={next(rates) / 10}", "momentum,lr=0.001", "adam,lr=0.1"]
        spec = spec_for(formula=ROSENBROCK, racers=racers, start=(-1.5, 2.0), steps=STEPS)
        Runner(spec).run()

    yield Measure(f"slider moved to whole new paths, 3 racers, {STEPS:,} steps", median_ms(move), 33)


def surfaces() -> Iterator[Measure]:
    """Values on a grid, compiled against NumPy."""
    numpy = backend("numpy")
    for title, text in (("Rosenbrock", ROSENBROCK), ("Ackley", ACKLEY)):
        objective = objectives.from_formula(text)
        code = cpu.surface_code(objective).result()
        for side in (512, 1024):
            where = Slice((0.0, 0.0), (0, 1), (-5.0, 5.0), (-5.0, 5.0), side, side)
            compiled = median_ms(lambda: cpu.surface(objective, code, where, None))  # noqa: B023 - called at once
            plain = median_ms(lambda: numpy.surface(objective, where), 5)  # noqa: B023
            yield Measure(f"surface {title} {side}x{side}", compiled, ratio=plain / compiled, note="gdsim's NumPy")


WORKLOADS: tuple[Callable[[], Iterator[Measure]], ...] = (path, new_formula, slider, surfaces)


def main(*, as_json: bool = False) -> None:
    """Run all workloads; each line is printed as soon as it is known, JSON at the end."""
    measures = []
    for workload in WORKLOADS:
        for measure in workload():
            measures.append(measure)
            if not as_json:
                print(measure.line(), flush=True)
    if as_json:
        print(json.dumps([asdict(measure) for measure in measures], indent=2))
