"""Values, gradients and Hessians of policies against enumeration, autograd, mpmath and value iteration."""

from __future__ import annotations

import autograd
import mpmath
import numpy as np
import pytest

from gdsim.objectives.policy import Bandit, GridWorld, Policy, PolicyObjective, Task, from_policy, softmax
from tests.objectives.policy import policy_oracles as oracles

each_task = pytest.mark.parametrize("task", oracles.TASKS.values(), ids=oracles.TASKS)


def made(task: Task) -> PolicyObjective:
    return from_policy(Policy(task))


@each_task
def test_reward_gradient_and_hessian_agree_with_autograd(task: Task) -> None:
    objective, reward = made(task), oracles.reward(task)
    slope, curvature = autograd.grad(reward), autograd.hessian(reward)
    for theta in oracles.points(objective.n):
        loss, gradient = objective.value_gradient(theta)
        assert loss == pytest.approx(-reward(theta), rel=1e-12, abs=1e-14)
        assert objective.reward(theta) == -loss
        np.testing.assert_allclose(gradient, -slope(theta), rtol=1e-9, atol=1e-14)
        expected = -curvature(theta)
        np.testing.assert_allclose(objective.hessian(theta), expected, rtol=1e-8, atol=1e-13)
        direction = np.cos(np.arange(objective.n))
        np.testing.assert_allclose(objective.hvp(theta, direction), expected @ direction, rtol=1e-8, atol=1e-13)


@pytest.mark.parametrize(
    "task",
    [
        oracles.SMALL.replace(horizon=3, discount=1.0),
        oracles.SMALL.replace(horizon=3, discount=0.6),
        oracles.SMALL.replace(horizon=5, slip=0.0, discount=0.9),
        GridWorld(("SG", "S."), horizon=3, slip=0.4, discount=1.0),
    ],
    ids=["undiscounted", "discounted", "no_slip", "two_starts"],
)
def test_reward_and_gradient_agree_with_the_sum_over_all_trajectories(task: GridWorld) -> None:
    objective, reward = made(task), oracles.reward_of_all_trajectories(task)
    theta = oracles.points(objective.n, 2)[1]
    assert objective.reward(theta) == pytest.approx(reward(theta), rel=1e-12)
    np.testing.assert_allclose(-objective.gradient(theta), autograd.grad(reward)(theta), rtol=1e-10, atol=1e-14)


def precise_reward(task: Task, theta: list[mpmath.mpf]) -> mpmath.mpf:
    """J at 50 digits, by a linear system or over time."""
    moves, pay, begin, gamma = oracles.tables(task)
    states, actions = pay.shape
    matrix, earned = mpmath.eye(states), mpmath.matrix(states, 1)
    raised = [mpmath.exp(number) for number in theta]
    for s in range(states):
        row = raised[s * actions : (s + 1) * actions]
        for a in range(actions):
            chance = row[a] / mpmath.fsum(row)
            earned[s] += chance * mpmath.mpf(float(pay[s, a]))
            for t in range(states):
                matrix[s, t] -= mpmath.mpf(float(gamma)) * chance * mpmath.mpf(float(moves[s, a, t]))
    if oracles.horizon(task):
        under, total = mpmath.eye(states) - matrix, mpmath.matrix(states, 1)
        for _ in range(oracles.horizon(task)):
            total = earned + under * total
    else:
        total = mpmath.lu_solve(matrix, earned)
    return mpmath.fsum(mpmath.mpf(float(begin[s])) * total[s] for s in range(states))


@pytest.mark.parametrize("name", ["bandit", "small", "short", "two_starts"])
@pytest.mark.parametrize("scale", [1.5, 12.0], ids=["moderate", "almost_certain"])
def test_gradient_agrees_with_central_differences_at_fifty_digits(name: str, scale: float) -> None:
    # At 12 the policy is all but certain and the gradient tiny: differences in double precision would see nothing.
    task = oracles.TASKS[name]
    objective = made(task)
    theta = oracles.points(objective.n, 2, scale)[1]
    gradient = -objective.gradient(theta)
    with mpmath.workdps(50):
        h = mpmath.mpf(10) ** -15
        place = [mpmath.mpf(float(number)) for number in theta]
        assert objective.reward(theta) == pytest.approx(float(precise_reward(task, place)), rel=1e-13)
        for i in range(objective.n):
            ahead, behind = list(place), list(place)
            ahead[i] += h
            behind[i] -= h
            expected = (precise_reward(task, ahead) - precise_reward(task, behind)) / (2 * h)
            assert gradient[i] == pytest.approx(float(expected), rel=1e-9, abs=1e-16)


@each_task
def test_values_and_visits_agree_with_iteration(task: Task) -> None:
    objective = made(task)
    moves, pay, begin, gamma = oracles.tables(task)
    for theta in oracles.points(objective.n):
        found = objective.evaluation(theta)
        pi = softmax(theta.reshape(pay.shape))
        under, earned = np.einsum("sa,sat->st", pi, moves), (pi * pay).sum(axis=1)
        values, before, visits, chances = np.zeros(len(begin)), np.zeros(len(begin)), np.zeros(len(begin)), begin
        for _ in range(oracles.horizon(task) or 1200):
            values, before = earned + gamma * under @ values, values
            visits, chances = visits + chances, gamma * chances @ under
        np.testing.assert_allclose(found.chances, pi, rtol=1e-15)
        np.testing.assert_allclose(found.values, values, rtol=1e-12, atol=1e-14)
        np.testing.assert_allclose(found.visits, visits, rtol=1e-11, atol=1e-14)
        np.testing.assert_allclose(found.action_values, pay + gamma * moves @ before, rtol=1e-11, atol=1e-13)
        np.testing.assert_allclose((pi * found.advantages).sum(axis=1), 0.0, atol=1e-12)
        assert found.reward == pytest.approx(float(begin @ values), rel=1e-12)
        np.testing.assert_allclose(found.slope.sum(axis=1), 0.0, atol=1e-14)
        np.testing.assert_allclose(found.slope.ravel(), -objective.gradient(theta), rtol=0, atol=0)


def test_the_textbook_grid_has_the_textbook_utilities() -> None:
    """Russell and Norvig, Artificial Intelligence, 4th ed., figure 16.3: rewards of 1 and -1, moves cost 0.04, no
    discount; a long horizon stands for none."""
    objective = made(GridWorld(discount=1.0, horizon=2000))
    best = ["right", "right", "right", "up", "up", "up", "left", "left", "left"]
    utilities = [0.812, 0.868, 0.918, 0.762, 0.660, 0.705, 0.655, 0.611, 0.388]
    theta = np.zeros((9, 4))
    for state, action in enumerate(best):
        theta[state, oracles.ORDER.index(action)] = 200.0
    found = objective.evaluation(theta.ravel())
    np.testing.assert_allclose(found.values, utilities, atol=6e-4)
    assert objective.best == pytest.approx(0.705, abs=6e-4)
    assert found.reward == pytest.approx(objective.best, rel=1e-9)


@each_task
def test_no_policy_earns_more_than_the_best(task: Task) -> None:
    objective = made(task)
    moves, pay, begin, gamma = oracles.tables(task)
    values = np.zeros(len(begin))
    for _ in range(oracles.horizon(task) or 3000):  # value iteration
        values = (pay + gamma * moves @ values).max(axis=1)
    assert objective.best == pytest.approx(float(begin @ values), rel=1e-12)
    batch = 20 * np.random.default_rng(1).standard_normal((objective.n, 400))
    assert np.max(objective.reward(batch)) <= objective.best + 1e-12
    if not oracles.horizon(task):
        greedy = 800.0 * np.eye(4)[(pay + gamma * moves @ values).argmax(axis=1)]
        assert objective.reward(greedy.ravel()) == pytest.approx(objective.best, rel=1e-12)


@each_task
def test_a_batch_is_its_points(task: Task) -> None:
    objective = made(task)
    batch = np.random.default_rng(3).normal(size=(objective.n, 2, 3))
    direction = np.random.default_rng(4).normal(size=batch.shape)
    loss, gradient = objective.value_gradient(batch)
    assert loss.shape == (2, 3)
    assert gradient.shape == batch.shape
    assert objective.value(batch).shape == (2, 3)
    curvature, product = objective.hessian(batch), objective.hvp(batch, direction)
    assert curvature.shape == (objective.n, objective.n, 2, 3)
    for i, j in ((0, 0), (1, 2)):
        one = objective.value_gradient(batch[:, i, j])
        assert isinstance(one[0], float)
        np.testing.assert_allclose(loss[i, j], one[0], rtol=1e-13)
        np.testing.assert_allclose(gradient[:, i, j], one[1], rtol=1e-11, atol=1e-15)
        np.testing.assert_allclose(curvature[:, :, i, j], objective.hessian(batch[:, i, j]), rtol=1e-11, atol=1e-15)
        np.testing.assert_allclose(product[:, i, j], curvature[:, :, i, j] @ direction[:, i, j], atol=1e-12)


def test_a_batch_too_large_for_memory_goes_in_parts() -> None:
    objective = made(GridWorld(horizon=2000, discount=1.0))
    batch = np.random.default_rng(0).normal(size=(objective.n, 300))
    loss, gradient = objective.value_gradient(batch)
    for column in (0, 110, 111, 299):
        one = objective.value_gradient(batch[:, column])
        np.testing.assert_allclose(loss[column], one[0], rtol=1e-12)
        np.testing.assert_allclose(gradient[:, column], one[1], rtol=1e-9, atol=1e-13)


@each_task
def test_a_constant_added_to_a_state_changes_nothing(task: Task) -> None:
    objective = made(task)
    theta = oracles.points(objective.n)[1].reshape(objective.world.shape)
    moved = theta + np.linspace(-300, 300, len(theta))[:, None]
    assert objective.value(moved.ravel()) == pytest.approx(objective.value(theta.ravel()), rel=1e-12)
    level = np.repeat(np.eye(len(theta)), theta.shape[1], axis=1)
    np.testing.assert_allclose(objective.hessian(theta.ravel()) @ level.T, 0.0, atol=1e-13)


@each_task
@pytest.mark.parametrize("size", [1e2, 1e4, 1e300, np.finfo(np.float64).max])
def test_large_theta_is_a_certain_policy(task: Task, size: float) -> None:
    objective = made(task)
    theta = np.zeros(objective.world.shape)
    theta[:, 1] = size
    theta[:, 0] = -size
    loss, gradient = objective.value_gradient(theta.ravel())
    moves, pay, begin, gamma = oracles.tables(task)
    values = np.zeros(len(begin))
    for _ in range(oracles.horizon(task) or 1500):
        values = pay[:, 1] + gamma * moves[:, 1] @ values
    assert loss == pytest.approx(-float(begin @ values), rel=1e-12)
    assert np.max(np.abs(gradient)) < 1e-40
    assert np.isfinite(objective.hessian(theta.ravel())).all()


def test_an_almost_certain_policy_keeps_its_small_gradient() -> None:
    objective = made(Bandit((0.7, 0.4), 1.0))
    for gap in (20.0, 40.0, 300.0):
        expected = 0.3 / (np.exp(gap) * (1 + np.exp(-gap)) ** 2)
        np.testing.assert_allclose(objective.gradient(np.array([gap, 0.0])), [-expected, expected], rtol=1e-13)


@each_task
@pytest.mark.parametrize("wrong", [np.nan, np.inf, -np.inf])
def test_what_is_not_finite_stays_in_its_column(task: Task, wrong: float) -> None:
    objective = made(task)
    batch = np.zeros((objective.n, 3))
    batch[:, 1] = wrong
    loss, gradient = objective.value_gradient(batch)
    assert np.isnan(loss[1])
    assert np.isnan(gradient[:, 1]).any()
    clean = objective.value_gradient(batch[:, 0])
    np.testing.assert_allclose(loss[[0, 2]], clean[0], rtol=1e-13)
    np.testing.assert_allclose(gradient[:, 2], clean[1], rtol=1e-11, atol=1e-15)


@each_task
def test_single_precision_stays(task: Task) -> None:
    objective = made(task)
    theta = oracles.points(objective.n)[1].astype(np.float32)
    loss, gradient = objective.value_gradient(theta)
    exact = objective.value_gradient(theta.astype(np.float64))
    assert loss == np.float32(exact[0])
    assert gradient.dtype == objective.hessian(theta).dtype == objective.hvp(theta, theta).dtype == np.float32
    np.testing.assert_array_equal(gradient, exact[1].astype(np.float32))
