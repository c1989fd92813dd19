"""Chunks, snapshots and replay, cancelling, the ends of a run: on both backends."""

from __future__ import annotations

import threading
import time

import numpy as np
import pytest

from gdsim.engine import stepping
from gdsim.engine.backend import Backend
from gdsim.engine.select import backend
from gdsim.engine.status import Status
from gdsim.engine.trace import SNAPSHOT_EVERY, Trace
from gdsim.errors import EngineError
from gdsim.objectives import from_callable, from_formula
from gdsim.optimizers.schedules import make_schedule
from tests.engine import races

BACKENDS = [backend("numpy"), backend("cpu")]
each_backend = pytest.mark.parametrize("chosen", BACKENDS, ids=lambda chosen: chosen.name)


@each_backend
@pytest.mark.parametrize("name", ["adam", "lbfgs", "asgd"])
def test_how_a_run_is_cut_does_not_show(chosen: Backend, name: str) -> None:
    objective = races.objective("bowl")
    plan = races.plan_of(
        name, (1.5, -1.0), 300, {"lr": 0.01}, noise=0.1 * (name != "lbfgs"), schedule=make_schedule("cosine")
    )
    whole, _ = races.run(chosen, objective, plan)
    single, _ = races.run(chosen, objective, plan, at_once=1)
    uneven, _ = races.run(chosen, objective, plan, at_once=37)
    assert np.array_equal(whole.rows(), single.rows())
    assert np.array_equal(whole.rows(), uneven.rows())


@each_backend
@pytest.mark.parametrize("name", ["adam", "nadam", "lbfgs"])
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_any_step_can_be_gone_back_to(chosen: Backend, name: str, dtype: str) -> None:
    objective = races.objective("rosenbrock")
    noisy = name != "lbfgs"
    plan = races.plan_of(name, (-1.2, 1.0), 700, {"lr": 0.001}, noise=0.3 * noisy, changes=((350, "lr", 0.002),))
    trace, _ = races.run(chosen, objective, plan, dtype)
    rows = trace.rows()
    for step in (600, 351, 350, 349, 257, 256, 255, 1, 0):
        stepper = chosen.stepper(objective, plan, dtype)
        stepper.rewind(trace, step)
        assert stepper.step == step
        trace.truncate(step)
        assert trace.published == step + 1
        assert trace.status is Status.RUNNING
        stepper.advance(trace, 30)
        assert np.array_equal(trace.rows(), rows[: step + 31])


@each_backend
def test_the_state_replayed_is_the_state_there_was(chosen: Backend) -> None:
    objective, plan = races.objective("bowl"), races.plan_of(races.adam(), (1.5, -1.0), 600)
    chosen.prepare(objective, plan).result()
    stepper, trace = chosen.stepper(objective, plan), Trace(2, objective.coordinates)
    stepper.advance(trace, 300)
    state = stepper.snapshot()
    stepper.advance(trace, 300)
    other = chosen.stepper(objective, plan)
    other.rewind(trace, 300)
    assert np.array_equal(other.snapshot(), state)
    assert state.shape == (4,)
    third = chosen.stepper(objective, plan)
    third.restore(300, state, trace.row(300).theta)
    trace.truncate(300)
    third.advance(trace, 300)
    assert trace.status is Status.STEP_LIMIT


@each_backend
def test_a_change_from_here_on_leaves_what_came_before(chosen: Backend) -> None:
    objective = races.objective("bowl")
    before = races.plan_of("momentum", (1.5, -1.0), 400, {"lr": 0.001})
    after = races.plan_of("momentum", (1.5, -1.0), 400, {"lr": 0.001}, changes=((123, "lr", 0.01),))
    trace, _ = races.run(chosen, objective, before)
    old = trace.rows()
    stepper = chosen.stepper(objective, after)
    stepper.rewind(trace, 123)
    trace.truncate(123)
    stepper.advance(trace, 400)
    fresh, _ = races.run(chosen, objective, after)
    assert np.array_equal(trace.rows(), fresh.rows())
    assert np.array_equal(trace.rows(0, 123), old[:123])
    assert trace.column("lr")[[122, 123, 124]].tolist() == [0.001, 0.01, 0.01]


@each_backend
def test_rows_say_what_they_promise(chosen: Backend) -> None:
    objective = races.objective("bowl")
    trace, _ = races.run(chosen, objective, races.plan_of("gd", (1.5, -1.0), 10, {"lr": 0.1}))
    assert trace.backend == chosen.name
    assert trace.columns == ("x", "y", "loss", "grad_norm", "d_x", "d_y", "lr", "evals")
    for step in range(11):
        row = trace.row(step)
        loss, gradient = objective.value_gradient(row.theta)
        assert row.loss == pytest.approx(loss, rel=1e-15)
        assert np.allclose(row.gradient, gradient, rtol=1e-15, atol=0)
        assert row.grad_norm == pytest.approx(np.linalg.norm(gradient), rel=1e-15)
        assert (row.step, row.evals, row.lr) == (step, step + 1, 0.1)
    assert np.allclose(trace.thetas()[1:], trace.thetas()[:-1] - 0.1 * trace.gradients()[:-1])


@each_backend
def test_ends_of_a_run(chosen: Backend) -> None:
    bowl = races.objective("bowl")
    gd = {"lr": 0.1}
    settled, _ = races.run(chosen, bowl, races.plan_of("gd", (1.5, -1.0), 5000, gd, tolerance=1e-6))
    assert settled.status is Status.CONVERGED
    assert settled.row(-1).grad_norm <= 1e-6 < settled.row(-2).grad_norm
    never, _ = races.run(chosen, bowl, races.plan_of("gd", (0.0, 0.0), 50, gd, tolerance=0.0))
    assert (never.status, never.last) == (Status.STEP_LIMIT, 50)
    aimed, _ = races.run(chosen, bowl, races.plan_of("gd", (1.5, -1.0), 500, gd, target=0.5))
    assert aimed.status is Status.TARGET
    assert aimed.row(-1).loss <= 0.5 < aimed.row(-2).loss
    there, _ = races.run(chosen, bowl, races.plan_of("gd", (0.0, 0.0), 500, gd, target=0.5))
    assert (there.status, there.last) == (Status.TARGET, 0)
    decayed, _ = races.run(chosen, bowl, races.plan_of("gd", (1.5, -1.0), 5000, gd, tolerance=1e-6, weight_decay=0.5))
    assert decayed.status is Status.CONVERGED


@each_backend
def test_momentum_passing_a_flat_place_goes_on(chosen: Backend) -> None:
    plan = races.plan_of("momentum", (3.0,), 100, {"lr": 0.01, "beta": 0.9}, tolerance=1e-1)
    trace, _ = races.run(chosen, from_formula("x^2"), plan)
    slopes = trace.column("grad_norm")
    assert slopes[: trace.last].min() <= 0.1


@each_backend
def test_divergence_keeps_everything_up_to_the_first_row_that_is_not_finite(chosen: Backend) -> None:
    trace, _ = races.run(chosen, from_formula("x^4 + y^2"), races.plan_of("gd", (3.0, 1.0), 1000, {"lr": 1.0}))
    assert trace.status is Status.DIVERGED
    rows = trace.rows()
    assert np.isfinite(rows[:-1]).all()
    assert not np.isfinite(rows[-1]).all()
    outside, _ = races.run(chosen, from_formula("log(x)"), races.plan_of("gd", (0.5,), 1000, {"lr": 1.0}))
    last = outside.row(-1)
    assert outside.status is Status.DIVERGED
    assert last.theta[0] < 0
    assert np.isnan(last.loss)
    start, _ = races.run(chosen, from_formula("log(x)"), races.plan_of("gd", (-1.0,), 10))
    assert (start.status, start.last) == (Status.DIVERGED, 0)
    huge, _ = races.run(chosen, races.objective("bowl"), races.plan_of("gd", (3.0, 1.0), 1000, {"lr": 1e30}))
    assert huge.status is Status.DIVERGED


def test_cancel_is_heard_within_a_tenth_of_a_second() -> None:
    def slow(theta: np.ndarray) -> float:
        deadline = time.perf_counter() + 0.002
        while time.perf_counter() < deadline:
            pass
        return float(theta @ theta)

    cases = [
        (BACKENDS[0], from_callable(slow, 2, lambda theta: 2 * theta), 10**6),
        (BACKENDS[1], races.objective("elementary"), 10**6),
        (BACKENDS[1], from_formula("sum(sin(x[i])^2 + exp(-x[i]^2), i=1..n)", n=20_000), 300),
    ]
    for chosen, objective, steps in cases:
        plan = races.plan_of("gd", (1.0,) * objective.n, steps, {"lr": 1e-6})
        stepper, trace = chosen.stepper(objective, plan), Trace(objective.n, objective.coordinates)
        chosen.prepare(objective, plan).result()
        stepper.advance(trace, 1)
        asked = Asked(after=0.05)
        while stepper.advance(trace, steps, asked) is None:
            pass
        assert trace.status in (Status.CANCELLED, Status.STEP_LIMIT)
        assert asked.heard_after() < 0.1
        assert trace.published == stepper.step + 1


class Asked:
    """A cancel flag that sets itself after a while and notes how long it then took to be looked at."""

    def __init__(self, after: float) -> None:
        self._deadline = time.perf_counter() + after
        self._heard = 0.0

    def is_set(self) -> bool:
        now = time.perf_counter()
        if now < self._deadline:
            return False
        self._heard = self._heard or now
        return True

    def heard_after(self) -> float:
        return max(0.0, self._heard - self._deadline)


def test_a_cancelled_run_goes_on_where_it_was() -> None:
    event = threading.Event()
    event.set()
    for chosen in BACKENDS:
        objective, plan = races.objective("bowl"), races.plan_of("adam", (1.5, -1.0), 300)
        stepper, trace = chosen.stepper(objective, plan), Trace(2, objective.coordinates)
        stepper.advance(trace, 100)
        assert stepper.advance(trace, 100, event) is Status.CANCELLED
        assert trace.last == 100
        assert not trace.status.finished
        assert stepper.advance(trace, 300) is Status.STEP_LIMIT
        whole, _ = races.run(chosen, objective, plan)
        assert np.array_equal(trace.rows(), whole.rows())


def test_what_cannot_fit_is_refused_with_the_figure() -> None:
    for chosen in BACKENDS:
        with pytest.raises(EngineError, match=r"needs .* GiB of memory"):
            races.run(chosen, races.objective("bowl"), races.plan_of("gd", (1.0, 1.0), 10**12))


def test_a_stepper_refuses_a_trace_that_ends_elsewhere() -> None:
    objective, plan = races.objective("bowl"), races.plan_of("gd", (1.5, -1.0), 100)
    trace, _ = races.run(BACKENDS[0], objective, plan)
    with pytest.raises(EngineError, match="stands at step 0"):
        BACKENDS[0].stepper(objective, plan).advance(trace, 1)
    with pytest.raises(EngineError, match="belongs to another"):
        BACKENDS[0].stepper(objective, plan).restore(0, np.zeros(7), np.zeros(2))


def test_norm_neither_overflows_nor_vanishes() -> None:
    assert stepping.norm(np.array([3e200, 4e200])) == pytest.approx(5e200, rel=1e-15)
    assert stepping.norm(np.array([3e-200, 4e-200])) == pytest.approx(5e-200, rel=1e-15)
    assert stepping.norm(np.zeros(3)) == 0.0
    assert np.isnan(stepping.norm(np.array([1.0, np.nan])))
    assert stepping.norm(np.array([1.0, -np.inf])) == np.inf
    assert SNAPSHOT_EVERY == 256
