"""Many members at once: each takes the path that it would take alone, in NumPy and compiled."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

from gdsim.engine import block_kernels, noise
from gdsim.engine.backend import RacerPlan, Slice
from gdsim.engine.select import backend
from gdsim.engine.status import Status
from gdsim.engine.swarm import (
    NONFINITE,
    RUNNING,
    SMALL,
    STATUSES,
    TARGET,
    UNKNOWN,
    BoxStarts,
    Ends,
    GridStarts,
    Members,
    Points,
    SameStart,
)
from gdsim.errors import Cancelled, EngineError
from gdsim.objectives import Objective, from_callable, from_formula
from gdsim.optimizers.schedules import make_schedule
from tests.engine import races

NUMPY, CPU = backend("numpy"), backend("cpu")
BOTH = [NUMPY, CPU]
STEPS = 40
SMOOTH = from_formula("log(1 + x^2) + exp(-y^2/2) + x y/4 + y^2")
"""Compiled in a third of the time that "elementary" takes."""


def near(n: int, count: int = 5) -> Points:
    """Starts around (0.9, -0.4, ...)."""
    middle = np.array([0.9, -0.4, 0.6])[:n]
    return Points(middle[:, None] + 0.3 * np.random.default_rng(n).normal(size=(n, count)))


def alone(objective: Objective, plan: RacerPlan, dtype: Any = "float64") -> Any:
    """The last row of the same member run by the reference stepper, and its status."""
    trace, _ = races.run(NUMPY, objective, plan, dtype)
    return trace.row(-1), trace.status


def settled(chosen: Any, objective: Objective, members: Members, dtype: Any = "float64") -> Ends:
    ends = Ends.empty(objective.n, members.count)
    chosen.settle(objective, members, np.arange(members.count), ends, dtype)
    assert ends.done == members.count
    return ends


def agree(
    chosen: Any, objective: Objective, members: Members, tolerance: float = 1e-10, dtype: Any = "float64"
) -> Ends:
    """Every member ends where, when and how it does alone."""
    ends = settled(chosen, objective, members, dtype)
    for k in range(members.count):
        row, status = alone(objective, members.plan_of(k), dtype)
        assert STATUSES[int(ends.code[k])] is status, (k, ends.steps[k], row.step)
        assert ends.steps[k] == row.step
        assert distance(row.theta, ends.theta[:, k]) < tolerance
        assert distance(np.array(row.loss), ends.loss[k]) < tolerance
    return ends


def distance(first: Any, second: Any) -> float:
    first, second = np.asarray(first), np.asarray(second)
    with np.errstate(invalid="ignore"):
        gap = np.abs(first - second) / (1.0 + np.abs(first))
    same = (first == second) | (np.isnan(first) & np.isnan(second)) | (~np.isfinite(first) & ~np.isfinite(second))
    return float(np.max(np.where(same, 0.0, gap), initial=0.0))


def members_of(name: str, n: int, steps: int = STEPS, hyper: Mapping[str, Any] | None = None, **rest: Any) -> Members:
    plan = races.plan_of(name, (0.0,) * n, steps, hyper, **rest)
    return Members(plan, near(n))


@pytest.mark.parametrize("chosen", BOTH, ids=["numpy", "cpu"])
@pytest.mark.parametrize("name", races.optimizer_names())
def test_every_optimizer_takes_the_members_where_it_takes_a_racer(name: str, chosen: Any) -> None:
    if name == "barzilai_borwein":  # its step is a quotient of differences that vanish: it magnifies the last bit
        agree(chosen, SMOOTH, members_of(name, 2, 4, {"lr": 0.02}), 1e-6)
    else:  # so does Newton where the function is not convex
        objective = races.objective("bowl") if name == "newton" else SMOOTH
        agree(chosen, objective, members_of(name, 2, STEPS, {"lr": 0.02}))


@pytest.mark.parametrize("chosen", BOTH, ids=["numpy", "cpu"])
@pytest.mark.parametrize("function", ["bowl", "rosenbrock", "one_dimension", "three_dimensions"])
def test_functions_of_one_to_three_variables(function: str, chosen: Any) -> None:
    objective = races.objective(function)
    lr = 1e-3 if function == "rosenbrock" else 0.05
    for name in ("gd", "adam"):
        agree(chosen, objective, members_of(name, objective.n, 60, {"lr": lr}))


@pytest.mark.parametrize("chosen", BOTH, ids=["numpy", "cpu"])
def test_ends_of_all_kinds(chosen: Any) -> None:
    bowl = races.objective("bowl")
    assert set(agree(chosen, bowl, members_of("gd", 2, 400, {"lr": 0.1}, tolerance=1e-6)).code) == {SMALL}
    assert set(agree(chosen, bowl, members_of("gd", 2, 400, {"lr": 0.1}, target=1e-3)).code) == {TARGET}
    assert set(agree(chosen, bowl, members_of("gd", 2, 10, {"lr": 0.1}, tolerance=1e-6)).code) == {RUNNING}
    cubic = from_formula("x^3 + y^2 - x")
    anywhere = BoxStarts(((-2.0, 2.0),) * 2, 40)
    wild = agree(chosen, cubic, Members(races.plan_of("gd", (0, 0), 200, {"lr": 0.3}), anywhere))
    assert set(wild.code) == {NONFINITE, RUNNING}
    outside = Members(races.plan_of("gd", (0, 0), 50, {"lr": 0.01}), Points(np.array([[-1.0, 1.0], [0.5, 0.5]])))
    ends = settled(chosen, from_formula("log(x) + y^2"), outside)
    assert list(ends.code) == [NONFINITE, RUNNING]
    assert list(ends.steps) == [0, 50]


@pytest.mark.parametrize("chosen", BOTH, ids=["numpy", "cpu"])
def test_everything_that_can_be_composed(chosen: Any) -> None:
    objective = races.objective("elementary")
    schedule = make_schedule("cosine", {"warmup": 10, "min": 0.001})
    for name in ("momentum", "adamw"):
        plan = races.plan_of(
            name, (0.0, 0.0), 120, {"lr": 0.02}, clip=0.3, noise=0.05, seed=3, racer=2, weight_decay=0.1,
            schedule=schedule, tolerance=1e-5,
            changes=((20, "lr", 0.03), (50, "clip", 0.0), (70, "weight_decay", 0.0), (80, "noise", 0.0)),
        )  # fmt: skip
        agree(chosen, objective, Members(plan, near(2)), 1e-9)


@pytest.mark.parametrize("chosen", BOTH, ids=["numpy", "cpu"])
def test_settings_of_their_own(chosen: Any) -> None:
    objective, count = SMOOTH, 6
    starts = SameStart((0.9, -0.4), count)
    swept = {"lr": np.geomspace(1e-3, 0.5, count), "beta": np.linspace(0.0, 0.95, count)}
    for schedule in (None, make_schedule("cosine", {"warmup": 5})):
        plan = races.plan_of("momentum", (0.0, 0.0), 60, {"lr": 0.1}, tolerance=1e-6, schedule=schedule)
        agree(chosen, objective, Members(plan, starts, swept))
    tops = {"weight_decay": 1.0, "clip": 0.5, "noise": 0.1}
    others = {name: np.linspace(0.0, top, count) for name, top in tops.items()}
    for name in ("adam", "lion"):
        agree(chosen, objective, Members(races.plan_of(name, (0.0, 0.0), 60, {"lr": 0.01}), starts, others), 1e-9)
    lists = {"betas[2]": np.linspace(0.1, 0.9, count)}
    agree(chosen, objective, Members(races.plan_of("aggmo", (0.0, 0.0), 60, {"lr": 0.01}), starts, lists))


def test_float32_members() -> None:
    objective = races.objective("bowl")
    members = members_of("adam", 2, 50, {"lr": 0.05})
    double, single = settled(CPU, objective, members), settled(CPU, objective, members, "float32")
    reference = settled(NUMPY, objective, members, "float32")
    assert np.array_equal(single.theta, single.theta.astype(np.float32))
    assert 0 < distance(double.theta, single.theta) < 1e-4
    assert distance(reference.theta, single.theta) < 1e-4


@pytest.mark.parametrize("chosen", BOTH, ids=["numpy", "cpu"])
def test_a_swarm_goes_forward_and_back(chosen: Any) -> None:
    objective = races.objective("rosenbrock")
    plan = races.plan_of("adam", (0.0, 0.0), 80, {"lr": 0.05}, tolerance=1e-6)
    members = Members(plan, BoxStarts(((-2.0, 2.0), (-1.0, 3.0)), 1000, seed=4))
    swarm = chosen.swarm(objective, members)
    start = swarm.theta()
    assert start.shape == (2, 1000)
    assert (start.min(axis=1) >= [-2.0, -1.0]).all()
    assert (start.max(axis=1) <= [2.0, 3.0]).all()
    swarm.advance(30)
    kept, there = swarm.snapshot(), swarm.theta()
    swarm.advance(1000)
    assert swarm.step == 80
    end, losses, codes = swarm.theta(), swarm.losses(), swarm.codes()
    ends = settled(chosen, objective, members)
    np.testing.assert_allclose(ends.theta, end, rtol=1e-12)
    np.testing.assert_array_equal(ends.code, codes)
    np.testing.assert_allclose(losses, objective.value(end), rtol=1e-9, atol=1e-12)
    swarm.restore(kept)
    assert swarm.step == 30
    np.testing.assert_array_equal(swarm.theta(), there)
    looked = swarm.codes()
    swarm.advance(50)
    np.testing.assert_array_equal(swarm.theta(), end)
    np.testing.assert_array_equal(swarm.codes(), codes)
    assert (looked <= NONFINITE).all()


def test_compiled_and_interpreted_swarms_agree_at_every_step() -> None:
    objective = races.objective("elementary")
    members = members_of("nadam", 2, 60, {"lr": 0.05}, tolerance=1e-3, noise=0.1, seed=7)
    for own in (False, True):
        both = [chosen.swarm(objective, Members(members.plan, near(2, 700), own_noise=own)) for chosen in BOTH]
        for _ in range(60):
            for swarm in both:
                swarm.advance(1)
            np.testing.assert_allclose(both[0].theta(), both[1].theta(), rtol=1e-9, atol=1e-11)
            np.testing.assert_array_equal(both[0].codes(), both[1].codes())
            np.testing.assert_allclose(both[0].losses(), both[1].losses(), rtol=1e-9, atol=1e-11)


def test_members_without_ends_are_stepped_alike() -> None:
    objective = races.objective("rosenbrock")
    members = Members(races.plan_of("adam", (0.0, 0.0), 50, {"lr": 0.01}), near(2, 300))
    plain, tracked = CPU.swarm(objective, members, tracked=False), CPU.swarm(objective, members)
    plain.advance(50)
    tracked.advance(50)
    np.testing.assert_allclose(plain.theta(), tracked.theta(), rtol=1e-12)
    np.testing.assert_allclose(plain.losses(), tracked.losses(), rtol=1e-9)
    assert set(plain.codes()) == {RUNNING}


def test_arguments_beyond_the_reach_of_the_vectorised_functions() -> None:
    """sin and cos of numbers in the millions of millions: reduced as the library does it."""
    objective = from_formula("sin(a x) + cos(b y)/2 + tan(a x)/9", parameters={"a": 1e13, "b": -3e11})
    plan = races.plan_of("gd", (0.0, 0.0), 3, {"lr": 1e-60})
    ends = settled(CPU, objective, Members(plan, near(2, 300)))
    theta = near(2, 300).points
    wanted = np.sin(1e13 * theta[0]) + np.cos(-3e11 * theta[1]) / 2 + np.tan(1e13 * theta[0]) / 9
    np.testing.assert_allclose(ends.loss, wanted, rtol=1e-12, atol=1e-12)
    where = Slice((0.0, 0.0), (0, 1), (-2.0, 3.0), (-1.0, 1.0), 40, 30)
    np.testing.assert_allclose(
        CPU.surface(objective, where).values, NUMPY.surface(objective, where).values, rtol=1e-12, atol=1e-12
    )


@pytest.mark.parametrize("chosen", BOTH, ids=["numpy", "cpu"])
def test_noise_of_their_own_is_that_of_their_number(chosen: Any) -> None:
    plan = races.plan_of("gd", (0.0, 0.0), 1, {"lr": 1.0}, noise=0.5, seed=11, racer=1)
    members = Members(plan, Points(np.zeros((2, 40_000))), own_noise=True)
    ends = settled(chosen, from_formula("0x + 0y"), members)
    draws = noise.member_normals(noise.member_key(11, 1), np.arange(40_000), 0, 2)
    np.testing.assert_allclose(ends.theta, -0.5 * draws, rtol=1e-13, atol=1e-15)
    assert abs(draws.mean()) < 0.02
    assert abs(draws.std() - 1.0) < 0.02
    assert abs(np.corrcoef(draws)[0, 1]) < 0.02


@pytest.mark.parametrize("chosen", BOTH, ids=["numpy", "cpu"])
def test_part_of_the_members_alone(chosen: Any) -> None:
    objective = races.objective("bowl")
    plan = races.plan_of("momentum", (0.0, 0.0), 50, {"lr": 0.05}, tolerance=1e-6)
    grid = Slice((0.0, 0.0), (1, 0), (-2.0, 2.0), (-1.0, 1.0), 30, 20)
    members = Members(plan, GridStarts(grid))
    whole, part = settled(chosen, objective, members), Ends.empty(2, 600)
    picked = np.arange(5, 600, 7)
    chosen.settle(objective, members, picked, part)
    np.testing.assert_array_equal(part.theta[:, picked], whole.theta[:, picked])
    others = np.setdiff1d(np.arange(600), picked)
    assert (part.code[others] == UNKNOWN).all()
    x, y = grid.xs()[17], grid.ys()[3]
    assert members.plan_of(3 * 30 + 17).start == (y, x)


@pytest.mark.parametrize("chosen", BOTH, ids=["numpy", "cpu"])
def test_stopping_keeps_what_is_done(chosen: Any) -> None:
    stop = threading.Event()
    objective = races.objective("rosenbrock")
    members = Members(races.plan_of("gd", (0.0, 0.0), 200, {"lr": 1e-4}), BoxStarts(((-2.0, 2.0),) * 2, 300_000))
    ends = Ends.empty(2, members.count)

    def progress(done: int, total: int) -> None:
        assert total == members.count
        stop.set()

    with pytest.raises(Cancelled):
        chosen.settle(objective, members, np.arange(members.count), ends, "float64", stop, progress)
    assert 0 < ends.done < members.count
    done = np.flatnonzero(ends.code != UNKNOWN)
    assert np.isfinite(ends.theta[:, done]).all()
    swarm = chosen.swarm(objective, members)
    with pytest.raises(Cancelled):
        swarm.advance(10, stop)


@pytest.mark.parametrize("chosen", BOTH, ids=["numpy", "cpu"])
def test_newton_in_one_and_two_coordinates_is_written_out(chosen: Any) -> None:
    bumps = from_formula("x^4 + y^4 - 2x y + x/3")
    for objective in (bumps, races.objective("rosenbrock"), from_formula("x^4 + x^2 + exp(x)/3")):
        for rest in ({}, {"weight_decay": 0.1}, {"clip": 0.4}):
            members = members_of("newton", objective.n, 30, {"lr": 0.9, "damping": 0.2}, tolerance=1e-8, **rest)
            ends = agree(chosen, objective, members, 1e-7)
            assert ends.backend == chosen.name
    for flat in ("(x-y)^2", "3x + 0y", "0x + (y-1)^2"):  # singular everywhere
        agree(chosen, from_formula(flat), members_of("newton", 2, 5), 1e-12)


@pytest.mark.parametrize("name", ["lbfgs", "cg", "armijo"])
def test_methods_are_stepped_one_by_one(name: str) -> None:
    ends = agree(CPU, races.objective("bowl"), members_of(name, 2, 30, tolerance=1e-6), 1e-9)
    assert ends.backend == "numpy"
    assert name in ends.note


def test_python_functions_and_long_steps_are_stepped_one_by_one() -> None:
    objective = from_callable(lambda theta: float(theta @ theta), 2, lambda theta: 2 * theta)
    agree(NUMPY, objective, members_of("gd", 2, 20, {"lr": 0.1}))
    n = 600
    wide = from_formula("sum(i*(x[i]-1)^2, i=1..n)/n", n=n)
    starts = Points(np.random.default_rng(0).normal(size=(n, 3)))
    members = Members(races.plan_of("adam", (0.0,) * n, 20, {"lr": 0.05}), starts)
    ends = agree(CPU, wide, members)
    assert ends.backend == "cpu"
    assert "one by one" in ends.note
    swarm = CPU.swarm(wide, members)
    swarm.advance(20)
    np.testing.assert_allclose(swarm.theta(), ends.theta, rtol=1e-12)


def test_what_does_not_fit_is_refused_with_the_figure() -> None:
    bowl = races.objective("bowl")
    plan = races.plan_of("gd", (0.0, 0.0), 10, {"lr": 0.1})
    with pytest.raises(EngineError, match="3 coordinates"):
        CPU.swarm(bowl, Members(plan, BoxStarts(((0.0, 1.0),) * 3, 10)))
    with pytest.raises(EngineError, match="no setting 'beta7'"):
        CPU.swarm(bowl, Members(plan, near(2), {"beta7": np.zeros(5)}))
    with pytest.raises(EngineError, match="3 values for 5"):
        CPU.swarm(bowl, Members(plan, near(2), {"lr": np.zeros(3)}))
    changed = races.plan_of("gd", (0.0, 0.0), 10, {"lr": 0.1}, changes=((5, "lr", 0.2),))
    with pytest.raises(EngineError, match="mid-run"):
        CPU.swarm(bowl, Members(changed, near(2), {"lr": np.ones(5)}))
    with pytest.raises(EngineError, match="GiB of memory"):
        CPU.swarm(bowl, Members(plan, BoxStarts(((0.0, 1.0),) * 2, 10**11)))
    with pytest.raises(EngineError, match="GiB of memory"):
        Ends.empty(2, 10**11)


def test_a_kernel_that_cannot_be_compiled_is_said(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: Any, **__: Any) -> str:
        raise RuntimeError("no code today")

    monkeypatch.setattr(block_kernels, "member_text", broken)
    ends = settled(CPU, from_formula("x^2 + 7y^2 + 0.12345x"), members_of("gd", 2, 5, {"lr": 0.1}))
    assert ends.backend == "numpy"
    assert "compiling failed" in ends.note
    assert "could not be compiled" in caplog.text


def test_two_callers_under_the_layer_that_does_not_bear_it() -> None:
    """Numba's workqueue layer aborts when two threads enter parallel kernels at once: ours never do."""
    script = """
from concurrent.futures import ThreadPoolExecutor
import numpy as np
from gdsim.engine.backend import Slice
from gdsim.engine.select import backend
from gdsim.engine.swarm import BoxStarts, Ends, Members
from tests.engine import races
cpu, objective = backend("cpu"), races.objective("elementary")
members = Members(races.plan_of("adam", (0.0, 0.0), 100, {"lr": 0.05}), BoxStarts(((-2.0, 2.0),) * 2, 20_000))
where = Slice((0.0, 0.0), (0, 1), (-2.0, 2.0), (-1.0, 3.0), 500, 400)
def settle(_):
    ends = Ends.empty(2, members.count)
    cpu.settle(objective, members, np.arange(members.count), ends)
    return ends.theta
def paint(_):
    return cpu.surface(objective, where).values
with ThreadPoolExecutor(4) as pool:
    found = list(pool.map(lambda k: (settle if k % 2 else paint)(k), range(8)))
assert all(np.array_equal(found[k], found[k % 2]) for k in range(8))
print("level", end="")
"""
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=100, check=False,
        env={**os.environ, "NUMBA_THREADING_LAYER": "workqueue", "PYTHONPATH": "."},
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (0, "level"), done.stderr


def test_statuses_are_those_of_racers() -> None:
    assert STATUSES[SMALL] is Status.CONVERGED
    assert STATUSES[NONFINITE] is Status.DIVERGED
    assert set(STATUSES) == {RUNNING, SMALL, TARGET, NONFINITE}
