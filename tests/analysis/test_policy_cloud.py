"""The cloud of estimates and the reward curve."""

from __future__ import annotations

import numpy as np
import pytest

from gdsim.analysis.policy import cloud, reward_curve
from gdsim.engine.policy import policy_stepper, policy_trace
from gdsim.engine.trace import Trace
from gdsim.errors import SpecError
from gdsim.objectives.policy import BASELINES, Bandit, Baseline, GridWorld, Policy, Task, from_policy
from tests.engine import races

TASKS: dict[str, Task] = {
    "grid": GridWorld(),
    "bandit": Bandit(),
    "two_arms": Bandit((1.0, 0.0), 0.5),
    "horizon": GridWorld(horizon=9, discount=1.0),
}


@pytest.mark.parametrize("task", TASKS.values(), ids=TASKS)
@pytest.mark.parametrize("baseline", BASELINES)
@pytest.mark.parametrize("count", [20, 1000])
def test_the_plane_shows_the_exact_gradient_and_most_of_the_rest(task: Task, baseline: Baseline, count: int) -> None:
    objective = from_policy(Policy(task, seed=3))
    theta = 0.5 * np.cos(np.arange(objective.n))
    found = cloud(objective, theta, count, step=4, seed=1, baseline=baseline)
    estimates = objective.sample_gradients(theta, count, 4, 1, baseline).gradients
    np.testing.assert_allclose(found.exact, -objective.gradient(theta), rtol=1e-12)
    np.testing.assert_allclose(found.axes @ found.axes.T, np.eye(2), atol=1e-12)
    np.testing.assert_allclose(found.axes @ found.exact, [np.linalg.norm(found.exact), 0.0], atol=1e-12)
    np.testing.assert_allclose(found.points, estimates @ found.axes.T, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(found.mean_point, found.axes @ estimates.mean(axis=0), atol=1e-12)
    np.testing.assert_allclose(found.covariance, np.cov(found.points.T), rtol=1e-9, atol=1e-14)
    first = found.exact / np.linalg.norm(found.exact)
    across = estimates - estimates.mean(axis=0)
    across = across - np.outer(across @ first, first)
    widest = np.linalg.svd(across, compute_uv=False)[0] ** 2 / (count - 1)
    assert found.covariance[1, 1] == pytest.approx(widest, rel=1e-8, abs=1e-14)
    assert found.variances[baseline] == pytest.approx(estimates.var(axis=0, ddof=1).sum())
    assert 0.0 < found.shown <= 1.0
    assert found.count == count
    assert found.uphill == pytest.approx(np.mean(estimates @ found.exact > 0))
    if count == 1000:
        assert abs(found.deviation) < 4.0
        assert np.nanmax(np.abs(found.deviations)) < 4.0
    np.testing.assert_array_equal(np.isnan(found.deviations), np.ptp(estimates, axis=0) < 1e-14)
    met = set(found.estimate.episodes.states.ravel().tolist())
    for state in set(range(objective.world.shape[0])) - met:
        assert np.isnan(found.deviations.reshape(objective.world.shape)[state]).all()
    np.testing.assert_allclose(found.error, estimates.std(axis=0, ddof=1) / np.sqrt(count))
    assert found.signal(4 * count) == pytest.approx(2 * found.signal(count))


def test_baselines_are_compared_on_the_same_episodes() -> None:
    objective = from_policy(Policy(GridWorld(), "value"))
    theta = np.zeros(objective.n)
    by_value, plain = cloud(objective, theta), cloud(objective, theta, baseline="none")
    assert by_value.variances == pytest.approx(plain.variances)
    assert by_value.ratio == pytest.approx(by_value.variances["value"] / plain.variance)
    assert plain.ratio == 1.0
    assert by_value.ratio < 0.5
    assert by_value.baseline == "value"


def test_a_certain_policy_has_a_cloud_of_one_point() -> None:
    objective = from_policy(Policy(Bandit((1.0, 0.0, 0.5), 0.3)))
    found = cloud(objective, np.array([1e4, 0.0, 0.0]), 30)
    np.testing.assert_array_equal(found.points, 0.0)
    np.testing.assert_allclose(found.axes @ found.axes.T, np.eye(2), atol=1e-15)
    assert found.shown == 1.0
    assert np.isnan(found.ratio)
    assert found.signal(10) == np.inf
    assert np.isnan(found.deviations).all()
    assert np.isnan(found.deviation)


def test_equal_arms_have_no_gradient_but_a_cloud() -> None:
    found = cloud(from_policy(Policy(Bandit((1.0, 1.0, 1.0), 0.5), "none")), np.zeros(3), 500)
    np.testing.assert_allclose(found.exact, 0.0, atol=1e-16)
    np.testing.assert_allclose(found.axes @ found.axes.T, np.eye(2), atol=1e-12)
    assert found.shown == pytest.approx(1.0)
    assert np.max(np.abs(found.deviations)) < 4.0


@pytest.mark.parametrize("count", [0, 1])
def test_a_cloud_needs_two_episodes(count: int) -> None:
    with pytest.raises(SpecError, match="at least two"):
        cloud(from_policy(Policy()), np.zeros(36), count)


def test_the_reward_curve_is_what_the_rows_say() -> None:
    objective = from_policy(Policy(GridWorld(), episodes=4))
    trace = policy_trace(objective)
    policy_stepper(objective, races.plan_of("adam", objective.start, 60, {"lr": 0.1}), "float64").advance(trace, 60)
    found = reward_curve(objective, trace, window=10)
    assert list(found.steps) == list(range(61))
    np.testing.assert_array_equal(found.reward, -trace.column("loss"))
    np.testing.assert_allclose(found.reward[30], objective.reward(trace.row(30).theta))
    assert found.sampled[30] == objective.sample_gradients(trace.row(30).theta, 4, 30, 0).reward
    assert found.smooth[3] == pytest.approx(found.sampled[:4].mean())
    assert found.smooth[50] == pytest.approx(found.sampled[41:51].mean())
    assert found.best == objective.best
    assert np.all(found.reward <= found.best)
    coarse = reward_curve(objective, trace, stop=50, stride=7)
    np.testing.assert_array_equal(coarse.steps, np.arange(0, 50, 7))
    np.testing.assert_array_equal(coarse.reward, found.reward[:50:7])
    assert len(reward_curve(objective, policy_trace(objective)).reward) == 0
    bare = Trace(objective.n, objective.coordinates)
    policy_stepper(objective, races.plan_of("adam", objective.start, 3, {"lr": 0.1}), "float64").advance(bare, 3)
    assert np.isnan(reward_curve(objective, bare).sampled).all()
