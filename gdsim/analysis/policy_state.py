"""A policy at one theta as it is shown: its worth, one episode of it, two clouds of gradients on one plane."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from gdsim.analysis.policy import cloud
from gdsim.errors import Cancelled
from gdsim.objectives.policy import Bandit, Baseline, Episodes, Evaluation, PolicyObjective
from gdsim.objectives.policy.episodes import gradients
from gdsim.objectives.policy.world import Cell

if TYPE_CHECKING:
    from gdsim.engine.backend import Cancel

Floats = NDArray[np.float64]

DRAWS = 160
"""Episodes in a cloud of gradients."""
_NOTHING = 1e-18  # a variance that is rounding


@dataclass(frozen=True)
class OneEpisode:
    """An episode: its cells from the first to the last, the actions between them, their rewards, its return."""

    cells: tuple[Cell, ...]
    actions: tuple[int, ...]
    rewards: tuple[float, ...]
    total: float


@dataclass(frozen=True, eq=False)
class PolicyState:
    """A policy at one theta.

    Attributes:
        objective: the reward that it climbs. theta: (n,).
        worth: its chances, values, visits.
        episode: the one that was asked for; None for none.
        pulls: of a bandit: how often the episodes of the step pulled each arm (A,); estimates: what they paid on
            average, NaN for an arm that nobody pulled. None for grids, and where a step takes the exact gradient.
    """

    objective: PolicyObjective
    theta: Floats
    worth: Evaluation
    episode: OneEpisode | None = None
    pulls: NDArray[np.int64] | None = None
    estimates: Floats | None = None


@dataclass(frozen=True, eq=False)
class Clouds:
    """Estimates of the gradient of J, one an episode, on the plane of the exact one and the direction of most spread.

    Attributes:
        clouds: by baseline, none first: (m, 2).
        baseline: the one that is set beside none: the policy's own, or value.
        exact: length of the exact gradient, which points along the first axis.
        step: (2,) the gradient that a step of the run takes, None where that is the exact one.
        episodes: behind it; 0: it is exact.
        ratio: variance with the baseline over that without; NaN where there is none without.
        signal: length of the exact gradient over the typical error of a step's estimate; 0 where steps are exact.
        shown: share of the variance without a baseline that lies in the plane.
    """

    clouds: Mapping[Baseline, Floats]
    baseline: Baseline
    exact: float
    step: Floats | None
    episodes: int
    ratio: float
    signal: float
    shown: float


def policy_state(
    objective: PolicyObjective, theta: Floats, step: int = 0, seed: int = 0, episode: int = 0
) -> PolicyState:
    """The policy theta (n,), which need not be finite.

    Args:
        step: whose episodes are counted. seed: the run's.
        episode: the number of an episode to add, 0 for none: of one number it has the same random numbers whatever the
            policy, so that it changes as little as can be while the policy learns.
    """
    theta = np.asarray(theta, dtype=np.float64)
    worth = objective.evaluation(theta)
    if not np.isfinite(theta).all():
        return PolicyState(objective, theta, worth)
    one = _one(objective.sample(theta, 1, episode, seed)) if episode else None
    if not isinstance(objective.world.task, Bandit) or not objective.sampled:
        return PolicyState(objective, theta, worth, one)
    happened = objective.sample(theta, objective.policy.episodes, step, seed)
    arms, paid = happened.actions[0], happened.rewards[0]
    pulls = np.bincount(arms, minlength=len(objective.world.actions))
    total = np.bincount(arms, paid, minlength=len(pulls))
    return PolicyState(objective, theta, worth, one, pulls, np.where(pulls > 0, total / np.maximum(pulls, 1), np.nan))


def _one(happened: Episodes) -> OneEpisode:
    moves = int(happened.lengths[0])
    actions, rewards = (each[:moves, 0].tolist() for each in (happened.actions, happened.rewards))
    return OneEpisode(tuple(happened.path(0)), tuple(actions), tuple(rewards), float(happened.returns[0]))


def clouds_at(
    objective: PolicyObjective, theta: Floats, gradient: Floats, step: int = 0, seed: int = 0, *,
    draws: int = DRAWS, cancel: Cancel | None = None,
) -> Clouds | None:  # fmt: skip
    """The clouds at theta (n,); None where it is not finite.

    Args:
        gradient: (n,) of -J, the one that the run's step takes.
        step, seed: choose the episodes of the cloud, which are others than the run's.

    Raises:
        Cancelled: `cancel` was set.
    """
    if not np.isfinite(theta).all():
        return None
    own = objective.policy.baseline
    beside: Baseline = "value" if own == "none" else own
    plain = cloud(objective, theta, draws, step=step, seed=seed + 1, baseline="none")
    if cancel is not None and cancel.is_set():
        raise Cancelled("the cloud was not finished")
    with_it = gradients(plain.estimate.episodes, plain.estimate.worth, beside) @ plain.axes.T
    none, episodes = plain.variances["none"], objective.policy.episodes
    length = float(np.linalg.norm(plain.exact))
    noise = float(np.sqrt(plain.variances[own] / episodes)) if episodes else 0.0
    return Clouds(
        clouds={"none": plain.points, beside: with_it},
        baseline=beside,
        exact=length,
        step=-np.asarray(gradient) @ plain.axes.T if episodes else None,
        episodes=episodes,
        ratio=plain.variances[beside] / none if none > _NOTHING else float("nan"),
        signal=length / noise if noise > 0 else 0.0,
        shown=plain.shown,
    )


def baseline_words(clouds: Clouds) -> str:
    """What the baseline does to the variance: ``Value baseline: variance −70 %``."""
    if not np.isfinite(clouds.ratio):
        return "Every episode gives the same gradient"
    change = 100 * (1 - clouds.ratio)
    name = clouds.baseline.capitalize()
    if abs(change) < 0.5:
        return f"{name} baseline: same variance"
    size = f"{min(change, 99.9):.3g}" if 99 < change < 100 else f"{abs(change):.0f}"
    return f"{name} baseline: variance {'−' if change > 0 else '+'}{size} %"


def signal_words(clouds: Clouds) -> str:
    """How well a step's estimate tells the way: ``slope/noise 0.8``."""
    return f"slope/noise {clouds.signal:.2g}" if clouds.signal > 0 else "a dot an episode"
