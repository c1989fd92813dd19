"""What is shown and said of a policy: one episode, the pulls of a step, the clouds of gradients, the verdict."""

from __future__ import annotations

from threading import Event

import numpy as np
import pytest

from gdsim.analysis.policy_outcome import certainty, reward_words, way_made
from gdsim.analysis.policy_state import baseline_words, clouds_at, policy_state, signal_words
from gdsim.analysis.policy_verdict import policy_verdict
from gdsim.errors import Cancelled
from gdsim.objectives.policy import Bandit, GridWorld, Policy, from_policy, task
from gdsim.session.history import History
from gdsim.session.policy import policy_spec
from gdsim.session.runner import Runner

ARMS = from_policy(Policy(Bandit((0.0, 1.0, 3.0)), episodes=32, seed=2))
GRID = from_policy(Policy(task("classic_grid").task))


def run(text: str, racer: str, steps: int) -> History:
    return Runner(policy_spec(text, racers=[racer], steps=steps)).run()


def test_the_pulls_are_those_of_the_steps_own_episodes() -> None:
    theta = np.array([0.3, -0.2, 0.1])
    state = policy_state(ARMS, theta, step=5, seed=9)
    happened = ARMS.sample(theta, 32, 5, 9)
    assert state.pulls.sum() == 32
    for arm in range(3):
        paid = happened.rewards[0][happened.actions[0] == arm]
        assert state.pulls[arm] == len(paid)
        assert state.estimates[arm] == pytest.approx(paid.mean())
    sure = policy_state(ARMS, np.array([0.0, 0.0, 50.0]))
    assert np.isnan(sure.estimates[:2]).all()
    assert policy_state(from_policy(Policy(Bandit(), episodes=0)), theta).pulls is None
    assert policy_state(GRID, np.zeros(GRID.n)).pulls is None


def test_an_episode_keeps_its_luck_while_the_policy_changes() -> None:
    first = policy_state(GRID, np.zeros(GRID.n), episode=4).episode
    assert policy_state(GRID, np.zeros(GRID.n)).episode is None
    assert first == policy_state(GRID, np.zeros(GRID.n), step=70, episode=4).episode
    assert first != policy_state(GRID, np.zeros(GRID.n), episode=5).episode
    assert first.cells[0] == GRID.world.cells[int(GRID.world.start.argmax())]
    rows = GRID.world.task.rows
    row, column = first.cells[-1]
    assert rows[row][column] in "GX"
    discounts = 0.95 ** np.arange(len(first.rewards))
    assert first.total == pytest.approx(float(discounts @ np.array(first.rewards)))
    assert len(first.actions) == len(first.rewards) == len(first.cells) - 1


def test_a_policy_that_is_not_finite_has_nothing_to_sample() -> None:
    theta = np.full(GRID.n, np.nan)
    state = policy_state(GRID, theta, episode=1)
    assert state.episode is None
    assert np.isnan(state.worth.reward)
    assert clouds_at(GRID, theta, theta) is None


@pytest.mark.parametrize("baseline", ["none", "mean", "value"])
def test_clouds_lie_on_the_plane_of_the_exact_gradient(baseline: str) -> None:
    objective = from_policy(Policy(GRID.policy.task, baseline))  # type: ignore[arg-type]
    theta = np.linspace(-0.5, 0.5, objective.n)
    gradient = objective.stochastic(theta, 3)[1]
    clouds = clouds_at(objective, theta, gradient, 3, draws=300)
    exact = objective.evaluation(theta).slope.ravel()
    assert clouds.exact == pytest.approx(np.linalg.norm(exact))
    assert clouds.step[0] == pytest.approx(float(-gradient @ exact) / clouds.exact)
    beside = "value" if baseline == "none" else baseline
    assert list(clouds.clouds) == ["none", beside]
    for points in clouds.clouds.values():  # the mean is the exact gradient, within four standard errors
        error = points[:, 0].std(ddof=1) / np.sqrt(len(points))
        assert abs(points[:, 0].mean() - clouds.exact) < 4 * error
    assert clouds.ratio < 1
    assert baseline_words(clouds) == f"{beside.capitalize()} baseline: variance −{100 * (1 - clouds.ratio):.0f} %"
    assert signal_words(clouds).startswith("slope/noise ")


def test_exact_steps_have_no_noise() -> None:
    objective = from_policy(Policy(GRID.policy.task, episodes=0))
    clouds = clouds_at(objective, np.zeros(GRID.n), np.zeros(GRID.n))
    assert clouds.step is None
    assert clouds.signal == 0.0
    assert "episode" in signal_words(clouds)


def test_a_sure_reward_has_no_variance() -> None:
    objective = from_policy(Policy(GridWorld(("SG",), slip=0.0, discount=0.5)))
    theta = np.array([-60.0, 60.0, -60.0, -60.0])
    assert baseline_words(clouds_at(objective, theta, np.zeros(4))) == "Every episode gives the same gradient"


def test_a_cloud_can_be_stopped() -> None:
    stop = Event()
    stop.set()
    with pytest.raises(Cancelled):
        clouds_at(GRID, np.zeros(GRID.n), np.zeros(GRID.n), cancel=stop)


def test_how_far_up_it_has_come() -> None:
    history = run("three_arms,episodes=0", "gd,lr=2", 40)
    objective, trace = history.objective, history.traces[0]
    assert way_made(objective, trace, 0) == 0.0
    steps = [way_made(objective, trace, step) for step in range(41)]
    assert all(np.diff(steps) > 0)
    assert steps[-1] == pytest.approx((-history.loss(0)[-1] - 0.56666667) / (1 - 0.56666667), abs=1e-6)
    assert "the best policy earns 1" in reward_words(objective, 0.5)
    assert "no policy earns more than" in reward_words(from_policy(Policy(task("cliff").task)), 0.5)
    assert certainty(objective, np.zeros(3)) == pytest.approx(1 / 3)


VERDICTS = [
    ("three_arms,episodes=0", "gd,lr=2", 40, 0, "start", "plain"),
    ("three_arms,episodes=0", "gd,lr=2", 40, 3, "climbs", "good"),
    ("three_arms,episodes=0", "gd,lr=50", 40, 40, "arrived", "good"),
    ("classic_grid,episodes=0", "gd,lr=0.001", 40, 30, "crawls", "warn"),
    ("two_exits,episodes=0", "gd,lr=50", 200, 200, "settled", "warn"),
]


@pytest.mark.parametrize(("text", "racer", "steps", "step", "kind", "tone"), VERDICTS)
def test_the_verdict_says_how_it_climbs(text: str, racer: str, steps: int, step: int, kind: str, tone: str) -> None:
    history = run(text, racer, steps)
    said = policy_verdict(history.objective, history.plans[0], history.traces[0], step)
    assert (said.kind, said.tone) == (kind, tone)
    assert "J = " in said.lines[0]
    assert (said.edit is None) == (kind in ("start", "climbs", "arrived"))
    if said.edit is not None:
        rate = history.plans[0].hyper["lr"]
        assert said.edit.name == "lr"
        assert (said.edit.value > rate) == (kind == "crawls")


def test_the_verdict_tells_what_the_episodes_returned() -> None:
    history = run("three_arms,episodes=1,baseline=value", "gd,lr=0.1", 3)
    said = policy_verdict(history.objective, history.plans[0], history.traces[0], 2)
    assert f"this step's episode returns {history.traces[0].row(2).extra[0]:.3g}" in said.lines[1]
