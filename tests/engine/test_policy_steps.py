"""Policies that learn: exact and sampled gradients, replay, and how such runs end."""

from __future__ import annotations

import numpy as np
import pytest

from gdsim.engine.backend import DType, RacerPlan
from gdsim.engine.policy import policy_stepper, policy_trace
from gdsim.engine.status import Status
from gdsim.engine.trace import Trace
from gdsim.objectives.policy import Bandit, GridWorld, Policy, PolicyObjective, from_policy
from tests.engine import races

GRID = GridWorld(("S.G", ".#X"), slip=0.1, discount=0.9)


def run(
    objective: PolicyObjective, plan: RacerPlan, dtype: DType = "float64", at_once: int = 10**9, plain: bool = False
) -> Trace:
    """The whole run, `at_once` steps a call; `plain`: on a trace without further columns."""
    stepper = policy_stepper(objective, plan, dtype)
    trace = Trace(objective.n, objective.coordinates) if plain else policy_trace(objective)
    while trace.status is Status.RUNNING:
        stepper.advance(trace, at_once)
    return trace


def test_rows_hold_the_exact_loss_and_the_gradient_of_their_own_episodes() -> None:
    objective = from_policy(Policy(GRID, "mean", episodes=8, seed=3))
    plan = races.plan_of("gd", objective.start, 40, {"lr": 0.5}, seed=7, racer=2)
    trace = run(objective, plan)
    assert trace.columns[-1] == "mean_return"
    for step in (0, 1, 17, 40):
        row = trace.row(step)
        loss, gradient = objective.stochastic(row.theta, step, 7)
        assert row.loss == pytest.approx(objective.value(row.theta), rel=1e-14)
        np.testing.assert_array_equal(row.gradient, gradient)
        assert trace.column("mean_return")[step] == -loss
    np.testing.assert_allclose(trace.thetas()[1:], trace.thetas()[:-1] - 0.5 * trace.gradients()[:-1], rtol=1e-14)


@pytest.mark.parametrize("episodes", [0, 6])
def test_how_a_policys_run_is_cut_does_not_show(episodes: int) -> None:
    objective = from_policy(Policy(GRID, episodes=episodes))
    plan = races.plan_of("adam", objective.start, 300, {"lr": 0.05}, seed=1)
    whole = run(objective, plan)
    assert np.array_equal(whole.rows(), run(objective, plan, at_once=37).rows(), equal_nan=True)
    assert np.array_equal(whole.rows(columns=slice(-1)), run(objective, plan, plain=True).rows())


@pytest.mark.parametrize("name", ["adam", "momentum", "lbfgs"])
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_any_step_of_a_policy_can_be_gone_back_to(name: str, dtype: DType) -> None:
    objective = from_policy(Policy(GRID, episodes=4))
    plan = races.plan_of(name, objective.start, 300, {"lr": 0.05}, seed=2)
    trace = run(objective, plan, dtype)
    rows, last = trace.rows(), trace.last
    for step in (min(last, 299), min(last, 257), min(last, 256), min(last, 3), 0):
        stepper = policy_stepper(objective, plan, dtype)
        stepper.rewind(trace, step)
        trace.truncate(step)
        stepper.advance(trace, 30)
        assert np.array_equal(trace.rows(), rows[: trace.last + 1], equal_nan=True)


def test_racers_at_the_same_place_meet_the_same_episodes_and_other_seeds_others() -> None:
    objective = from_policy(Policy(GRID, episodes=4))
    first, second, other = (
        run(objective, races.plan_of("gd", objective.start, 5, {"lr": 0.1}, seed=seed, racer=racer))
        for seed, racer in ((1, 0), (1, 1), (2, 0))
    )
    assert np.array_equal(first.rows(), second.rows())
    assert not np.array_equal(first.row(0).gradient, other.row(0).gradient)


def test_exact_ascent_climbs_at_every_step_towards_the_best() -> None:
    objective = from_policy(Policy(GRID, episodes=0))
    trace = run(objective, races.plan_of("gd", objective.start, 1500, {"lr": 4.0}))
    reward = -trace.column("loss")
    assert np.all(np.diff(reward) >= -1e-15)
    assert objective.best - reward[-1] < 0.01 * (objective.best - reward[0])
    assert np.isnan(trace.column("mean_return")).all()


@pytest.mark.parametrize("baseline", ["none", "mean", "value"])
def test_reinforce_learns_the_grid(baseline: str) -> None:
    objective = from_policy(Policy(GRID, baseline, episodes=16))  # type: ignore[arg-type]
    trace = run(objective, races.plan_of("adam", objective.start, 300, {"lr": 0.1}))
    reward = -trace.column("loss")
    assert objective.best - reward[-1] < 0.1 * (objective.best - reward[0])
    late = trace.column("mean_return")[-100:]
    assert late.mean() == pytest.approx(reward[-100:].mean(), abs=0.03)


def test_reinforce_finds_the_best_arm() -> None:
    objective = from_policy(Policy(Bandit((0.1, 0.9, 0.4, 0.6), 0.5), "mean", episodes=32))
    trace = run(objective, races.plan_of("gd", objective.start, 400, {"lr": 0.5}))
    assert objective.evaluation(trace.row(-1).theta).chances[0].argmax() == 1
    assert -trace.row(-1).loss > 0.8


def test_episodes_that_are_alike_do_not_end_a_run() -> None:
    """With certain rewards and almost certain policies all episodes of a step may be the same: no gradient, no end."""
    objective = from_policy(Policy(Bandit((1.0, 0.0), 0.0), "mean", episodes=2))
    plan = races.plan_of("gd", (4.0, 0.0), 200, {"lr": 0.1}, tolerance=1e-6)
    trace = run(objective, plan)
    assert trace.status is Status.STEP_LIMIT
    assert np.any(trace.column("grad_norm") == 0.0)
    assert np.any(trace.column("grad_norm")[100:] > 0.0)


def test_target_and_divergence_end_a_run() -> None:
    objective = from_policy(Policy(GRID, episodes=16))
    trace = run(objective, races.plan_of("adam", objective.start, 500, {"lr": 0.1}, target=-0.5))
    assert trace.status is Status.TARGET
    assert trace.row(-1).loss <= -0.5
    trace = run(objective, races.plan_of("gd", objective.start, 500, {"lr": 1e308}, noise=1e10))
    assert trace.status is Status.DIVERGED
    assert np.isfinite(trace.thetas()[:-1]).all()


def test_a_method_takes_the_exact_gradient() -> None:
    objective = from_policy(Policy(GRID, episodes=4))
    trace = run(objective, races.plan_of("lbfgs", objective.start, 30, {}))
    row = trace.row(2)
    np.testing.assert_allclose(row.gradient, objective.gradient(row.theta), rtol=1e-12)
    assert np.isnan(trace.column("mean_return")).all()
