"""Sampled episodes and REINFORCE's estimates against exact gradients, closed variances and the rules of the grid."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from gdsim.errors import SpecError
from gdsim.objectives.policy import BASELINES, Bandit, Baseline, Estimate, GridWorld, Policy, from_policy, softmax
from gdsim.objectives.policy.design import MAX_EPISODES
from tests.objectives.policy import policy_oracles as oracles

each_task = pytest.mark.parametrize("name", oracles.TASKS)
each_baseline = pytest.mark.parametrize("baseline", BASELINES)
MANY = 4000


def standard_errors(found: Estimate, exact: np.ndarray) -> np.ndarray:
    """How far the mean lies from `exact`, in its own standard errors, where it has any."""
    error = found.gradients.std(axis=0, ddof=1) / np.sqrt(len(found.gradients))
    gap = found.gradient - exact
    same = np.abs(gap) <= 1e-12
    assert np.all(same | (error > 0))
    return np.where(same, 0.0, gap / np.where(error > 0, error, 1.0))


@each_task
@each_baseline
@pytest.mark.parametrize("reward_to_go", [True, False])
def test_the_mean_is_the_exact_gradient_within_its_standard_error(
    name: str, baseline: Baseline, reward_to_go: bool
) -> None:
    objective = from_policy(Policy(oracles.TASKS[name], seed=10))
    worst = []
    for step, theta in enumerate(oracles.points(objective.n, scale=0.8)):
        found = objective.sample_gradients(theta, MANY, step, 0, baseline, reward_to_go=reward_to_go)
        assert found.gradients.shape == (MANY, objective.n)
        away = standard_errors(found, -objective.gradient(theta))
        assert np.max(np.abs(away)) < 4.0
        worst.append(float(np.max(np.abs(away))))
        spread = found.returns.std(ddof=1) / np.sqrt(MANY)
        assert abs(found.reward - objective.reward(theta)) <= 4.0 * spread + 1e-12
    # Were the errors overestimated, the means would lie suspiciously close.
    assert max(worst) > 0.3


def test_means_in_standard_errors_are_normal_over_all_tasks() -> None:
    """No task, baseline or state is biased by a little: about 5,000 means, pooled (they are not all independent)."""
    pooled = []
    for seed, task in enumerate([*oracles.TASKS.values()] * 3):
        objective = from_policy(Policy(task, seed=seed))
        for step, theta in enumerate(oracles.points(objective.n, scale=0.8)):
            for baseline in BASELINES:
                found = objective.sample_gradients(theta, 1000, step, 0, baseline)
                errors = found.gradients.std(axis=0, ddof=1) / np.sqrt(1000)
                often = errors > 0.02 * errors.max()  # a state that hardly an episode meets is far from normal
                pooled.append((found.gradient + objective.gradient(theta))[often] / errors[often])
    away = np.concatenate(pooled)
    assert len(away) > 4000
    assert abs(away.mean()) < 0.05
    assert away.std() == pytest.approx(1.0, abs=0.06)
    for z, near in ((1.0, 0.04), (2.0, 0.015)):
        assert np.mean(np.abs(away) > z) == pytest.approx(oracles.normal_tail(z), abs=near)


@pytest.mark.parametrize("name", ["bandit", "small", "short", "two_starts"])
@each_baseline
def test_means_of_batches_differ_as_much_as_their_standard_error_says(name: str, baseline: Baseline) -> None:
    """Over 250 steps of 32 episodes each: mean 0 and variance 1 in standard errors, and steps independent."""
    steps, count = 250, 32
    objective = from_policy(Policy(oracles.TASKS[name], baseline, episodes=count, seed=5))
    theta = oracles.points(objective.n, 2, 0.7)[1]
    means, variances = np.empty((steps, objective.n)), np.empty((steps, objective.n))
    for step in range(steps):
        found = objective.sample_gradients(theta, count, step, 1)
        means[step], variances[step] = found.gradient, found.gradients.var(axis=0, ddof=1)
    often = variances.mean(axis=0) > 1e-3 * variances.mean()  # states that hardly an episode meets are far from normal
    gaps = (means + objective.gradient(theta))[:, often]
    scaled = gaps / np.sqrt(variances.mean(axis=0)[often] / count)
    assert np.max(np.abs(scaled.mean(axis=0))) * np.sqrt(steps) < 4.0
    # the mean of the others ties the episodes of a batch together a little: by about 1/m of the baseline's variance
    np.testing.assert_allclose((scaled**2).mean(axis=0), 1.0, atol=0.35)
    after = (scaled[1:] * scaled[:-1]).mean(axis=0)
    assert np.max(np.abs(after)) * np.sqrt(steps) < 4.5


@pytest.mark.parametrize("means", [(1.0, -0.5), (0.2, -1.0, 0.9, 0.5), (5.0, 5.2, 4.8)])
@pytest.mark.parametrize("deviation", [0.0, 0.8])
def test_the_variance_of_a_bandit_is_the_closed_one(means: tuple[float, ...], deviation: float) -> None:
    """With a constant baseline b: sum_a pi(a) (deviation^2 + (mean(a) - b)^2) |grad log pi(a)|^2 - |grad J|^2."""
    objective = from_policy(Policy(Bandit(means, deviation), seed=2))
    theta = 0.5 * np.cos(np.arange(len(means)))
    pi, mean = softmax(theta), np.array(means)
    square = 1.0 - 2.0 * pi + np.sum(pi**2)
    gradient = pi * (mean - pi @ mean)
    base: dict[Baseline, float] = {"none": 0.0, "value": float(pi @ mean)}
    for baseline, b in base.items():
        expected = pi @ ((deviation**2 + (mean - b) ** 2) * square) - gradient @ gradient
        found = objective.sample_gradients(theta, MAX_EPISODES, 0, 0, baseline).gradients.var(axis=0, ddof=1).sum()
        assert found == pytest.approx(expected, rel=0.06)


@each_task
def test_a_baseline_leaves_the_mean_and_lowers_the_variance(name: str) -> None:
    objective = from_policy(Policy(oracles.TASKS[name], seed=8))
    for step, theta in enumerate(oracles.points(objective.n, scale=0.8)):
        found = {each: objective.sample_gradients(theta, MANY, step, 0, each) for each in BASELINES}
        variance = {each: float(one.gradients.var(axis=0).sum()) for each, one in found.items()}
        for each in ("mean", "value"):
            np.testing.assert_array_equal(found[each].episodes.states, found["none"].episodes.states)
            # The same episodes with and without: the differences have mean 0.
            away = standard_errors(
                Estimate(found[each].gradients - found["none"].gradients, found[each].episodes, found[each].worth),
                np.zeros(objective.n),
            )
            assert np.max(np.abs(away)) < 4.0
        if name not in ("two_arms", "bandit"):  # whose returns lie about 0, see below
            assert max(variance["value"], variance["mean"]) < 1.05 * variance["none"]
        if name in ("classic", "small", "short", "fading_horizon", "two_starts", "high_bandit"):
            assert variance["value"] < 0.9 * variance["none"]
        if name in ("classic", "fading_horizon", "high_bandit"):
            assert max(variance["value"], variance["mean"]) < 0.6 * variance["none"]


def test_a_baseline_can_raise_the_variance() -> None:
    """Two arms of which the better one is rare: pi = (0.2, 0.8), means (1, -0.5), no deviation; grad log pi is
    0.8 (1, -1) for the first, 0.2 (-1, 1) for the second, so that the best constant is 0.8 - 0.1 = 0.7, not -0.2."""
    objective = from_policy(Policy(Bandit((1.0, -0.5), 0.0), seed=6))
    theta = np.log([0.2, 0.8])
    variances = [
        objective.sample_gradients(theta, MAX_EPISODES, 0, 0, each).gradients.var(axis=0).sum()
        for each in ("none", "value")
    ]
    square = 2 * np.array([0.64, 0.04])
    gradient = 2 * (0.2 * 0.8 * 1.5) ** 2
    for found, base in zip(variances, (0.0, -0.2), strict=True):
        second_moment = 0.2 * square[0] * (1 - base) ** 2 + 0.8 * square[1] * (0.5 + base) ** 2
        assert found == pytest.approx(second_moment - gradient, rel=0.05)
    assert variances[1] > 1.5 * variances[0]


def test_the_mean_baseline_is_that_of_the_others() -> None:
    """Written out for three episodes of a grid."""
    objective = from_policy(Policy(oracles.SMALL, seed=4))
    world, theta = objective.world, oracles.points(objective.n)[1]
    found = objective.sample_gradients(theta, 3, 0, 0, "mean")
    episodes, pi = found.episodes, softmax(theta.reshape(world.shape))
    lengths = episodes.lengths
    for e in range(3):
        expected = np.zeros(world.shape)
        for t in range(lengths[e]):
            others = [o for o in range(3) if o != e and lengths[o] > t]
            to_go = [sum(0.9 ** (k - t) * episodes.rewards[k, o] for k in range(t, lengths[o])) for o in range(3)]
            base = sum(to_go[o] for o in others) / len(others) if others else 0.0
            state, action = episodes.states[t, e], episodes.actions[t, e]
            expected[state] -= 0.9**t * (to_go[e] - base) * pi[state]
            expected[state, action] += 0.9**t * (to_go[e] - base)
        np.testing.assert_allclose(found.gradients[e], expected.ravel(), rtol=1e-11, atol=1e-14)


@each_task
def test_episodes_keep_to_the_rules(name: str) -> None:
    task = oracles.TASKS[name]
    if isinstance(task, Bandit):
        return
    objective = from_policy(Policy(task, seed=1))
    grid, world = oracles.letters(task), objective.world
    episodes = objective.sample(oracles.points(objective.n)[1], 300)
    assert episodes.count == 300
    assert episodes.lengths.max() <= world.depth
    for e in range(episodes.count):
        path, total = episodes.path(e), 0.0
        assert len(path) == episodes.lengths[e] + 1
        assert grid[path[0]] == "S"
        for t in range(len(path) - 1):
            action = oracles.ORDER[episodes.actions[t, e]]
            reached = {to: reward for chance, to, reward, _ in oracles.outcomes(task, path[t], action) if chance}
            assert path[t + 1] in reached
            assert episodes.rewards[t, e] == reached[path[t + 1]]
            assert world.cells[episodes.states[t, e]] == path[t]
            total += task.discount**t * episodes.rewards[t, e]
        assert episodes.returns[e] == pytest.approx(total, rel=1e-12, abs=1e-15)
        ended = grid[path[-1]] in "GX"
        assert ended or len(path) - 1 == world.depth
        assert np.all(episodes.rewards[episodes.lengths[e] :, e] == 0)
        assert np.all(episodes.actions[episodes.lengths[e] :, e] == -1)


def test_actions_slips_and_starts_come_as_often_as_they_should() -> None:
    task = GridWorld(("S..", ".S.", "..G"), slip=0.3, horizon=1, discount=1.0)
    objective = from_policy(Policy(task, seed=3))
    theta = oracles.points(objective.n)[1]
    pi = softmax(theta.reshape(objective.world.shape))
    episodes = objective.sample(theta, MAX_EPISODES)
    expected: Counter[tuple[int, int, oracles.Place]] = Counter()
    for cell in ((0, 0), (1, 1)):
        state = objective.world.state_of[cell]
        for a, action in enumerate(oracles.ORDER):
            for chance, to, _, _ in oracles.outcomes(task, cell, action):
                expected[state, a, to] += 0.5 * pi[state, a] * chance
    seen = Counter(
        (int(s), int(a), (int(i), int(j)))
        for s, a, (i, j) in zip(episodes.states[0], episodes.actions[0], episodes.ends, strict=True)
    )
    assert set(seen) <= set(expected)
    for key, chance in expected.items():
        deviation = np.sqrt(MAX_EPISODES * chance * (1 - chance))
        assert abs(seen[key] - MAX_EPISODES * chance) < 4.5 * deviation


def test_rewards_of_arms_are_normal() -> None:
    objective = from_policy(Policy(Bandit((1.0, -2.0), 0.5)))
    episodes = objective.sample(np.zeros(2), MAX_EPISODES)
    for arm, mean in enumerate((1.0, -2.0)):
        scaled = (episodes.returns[episodes.actions[0] == arm] - mean) / 0.5
        count = len(scaled)
        assert abs(scaled.mean()) * np.sqrt(count) < 4
        for z in (0.5, 1.0, 2.0, 3.0):
            share = oracles.normal_tail(z)
            assert abs(np.sum(np.abs(scaled) > z) - count * share) < 4 * np.sqrt(count * share)


@each_task
def test_episodes_are_a_function_of_seed_and_step(name: str) -> None:
    task = oracles.TASKS[name]
    objective = from_policy(Policy(task, seed=1))
    theta = oracles.points(objective.n)[1]

    def drawn(seed: int = 0, step: int = 0, own: int = 1) -> np.ndarray:
        chosen = from_policy(Policy(task, seed=own))
        return chosen.sample_gradients(theta, 200, step, seed, "none").gradients

    first = drawn()
    np.testing.assert_array_equal(first, drawn())
    for other in (drawn(seed=1), drawn(seed=-1), drawn(seed=2**32), drawn(step=1), drawn(step=10**7), drawn(own=2)):
        assert not np.array_equal(first, other)
    loss, gradient = objective.stochastic(theta, 3, 9)
    found = objective.sample_gradients(theta, objective.policy.episodes, 3, 9)
    assert loss == -found.reward
    np.testing.assert_array_equal(gradient, -found.gradient)
    assert objective.stochastic(theta.astype(np.float32), 3, 9)[1].dtype == np.float32


def test_an_endless_episode_is_cut_where_its_rewards_no_longer_count() -> None:
    objective = from_policy(Policy(GridWorld(discount=0.9)))
    into_the_wall = np.zeros(objective.world.shape)
    into_the_wall[:, 3] = 500.0
    episodes = objective.sample(into_the_wall.ravel(), 50)
    assert objective.world.depth == 132
    assert 0.9**132 < 1e-6 < 0.9**131
    assert episodes.lengths.max() <= 132


def test_saturated_policies_can_be_sampled() -> None:
    objective = from_policy(Policy(oracles.TASKS["no_slip"]))
    theta = np.zeros(objective.world.shape)
    theta[:, 1] = 1e308
    theta[:, 0] = -1e308
    found = objective.sample_gradients(theta.ravel(), 20)
    assert set(found.episodes.actions[found.episodes.actions >= 0]) == {1}
    np.testing.assert_array_equal(found.gradients, 0.0)


@pytest.mark.parametrize("wrong", [np.nan, np.inf])
def test_a_policy_that_is_not_finite_is_not_sampled(wrong: float) -> None:
    objective = from_policy(Policy())
    theta = np.zeros(objective.n)
    theta[3] = wrong
    with pytest.raises(SpecError, match="not finite"):
        objective.sample(theta, 4)


@pytest.mark.parametrize("count", [0, -1, MAX_EPISODES + 1])
def test_a_number_of_episodes_that_cannot_be(count: int) -> None:
    with pytest.raises(SpecError, match="Sample 1 to"):
        from_policy(Policy()).sample(np.zeros(36), count)
