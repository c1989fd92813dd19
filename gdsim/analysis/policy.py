"""REINFORCE beside the exact gradient: the cloud of single episodes' estimates, and what a run earned step by step."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from gdsim.engine.policy import COLUMNS
from gdsim.errors import SpecError
from gdsim.objectives.policy import BASELINES, Baseline, Estimate, PolicyObjective
from gdsim.objectives.policy.episodes import gradients

if TYPE_CHECKING:
    from gdsim.engine.trace import Trace

Floats = NDArray[np.float64]

_ROUNDING = 1e-12


@dataclass(frozen=True, eq=False)
class Cloud:
    """Estimates of the gradient of J at one theta, m of them, one an episode.

    Attributes:
        baseline: what was subtracted from returns.
        estimate: the estimates and the episodes behind them.
        exact: (n,) the gradient of J.
        axes: (2, n) orthonormal: the exact gradient's direction, and across it that in which the estimates differ most.
        points: (m, 2) the estimates on the plane of the axes; the exact gradient lies at (|exact|, 0).
        mean_point: (2,) their mean there.
        covariance: (2, 2) of the points.
        shown: share of the estimates' variance that lies in the plane, 0 to 1.
        variances: per baseline, the variance of one estimate summed over the coordinates, of the same episodes.
    """

    baseline: Baseline
    estimate: Estimate
    exact: Floats
    axes: Floats
    points: Floats
    mean_point: Floats
    covariance: Floats
    shown: float
    variances: Mapping[Baseline, float]

    @property
    def count(self) -> int:
        """m, how many episodes."""
        return len(self.points)

    @property
    def mean(self) -> Floats:
        """(n,) the mean estimate."""
        return self.estimate.gradient

    @property
    def error(self) -> Floats:
        """(n,) standard error of the mean."""
        return np.asarray(self.estimate.gradients.std(axis=0, ddof=1) / np.sqrt(self.count))

    @property
    def deviations(self) -> Floats:
        """(n,) how far the mean lies from the exact gradient, in standard errors; NaN where the estimates are all alike
        (no episode came there). Of a state that few episodes met it says little."""
        error = self.error
        return np.asarray((self.mean - self.exact) / np.where(error > _ROUNDING * error.max(), error, np.nan))

    @property
    def deviation(self) -> float:
        """The same along the direction of the exact gradient, to which all episodes contribute. Where rewards are rare
        a few dozen episodes underestimate their own error, and this is large."""
        error = float(np.sqrt(self.covariance[0, 0] / self.count))
        gap = float(self.mean_point[0] - np.linalg.norm(self.exact))
        return gap / error if error > 0 else float("nan")

    @property
    def variance(self) -> float:
        """Of one estimate with the chosen baseline, summed over the coordinates."""
        return self.variances[self.baseline]

    @property
    def ratio(self) -> float:
        """The variance with the chosen baseline over that without one; NaN where there is none without one."""
        plain = self.variances["none"]
        return self.variance / plain if plain > 0 else float("nan")

    @property
    def uphill(self) -> float:
        """Share of the estimates that point uphill, within a right angle of the exact gradient."""
        return float(np.mean(self.points[:, 0] > 0))

    def signal(self, episodes: int) -> float:
        """Length of the exact gradient over the typical error of the mean of so many episodes."""
        noise = np.sqrt(self.variance / episodes)
        return float(np.linalg.norm(self.exact) / noise) if noise > 0 else float("inf")


def cloud(
    objective: PolicyObjective,
    theta: Floats,
    episodes: int = 256,
    *,
    step: int = 0,
    seed: int = 0,
    baseline: Baseline | None = None,
) -> Cloud:
    """The estimates from `episodes` episodes at `theta` (n,); the episodes are those of the given step and seed.

    Args:
        baseline: None for the policy's own.

    Raises:
        SpecError: fewer than two episodes or too many, theta is not finite.
    """
    if episodes < 2:
        raise SpecError("a cloud needs at least two episodes", where="episodes")
    chosen = objective.policy.baseline if baseline is None else baseline
    found = objective.sample_gradients(theta, episodes, step, seed, chosen)
    exact = found.worth.slope.ravel()
    variances: dict[Baseline, float] = {}
    for each in BASELINES:
        clouds = found.gradients if each == chosen else gradients(found.episodes, found.worth, each)
        variances[each] = float(clouds.var(axis=0, ddof=1).sum())
    axes = _plane(exact, found.gradients)
    points = found.gradients @ axes.T
    covariance = np.atleast_2d(np.cov(points, rowvar=False))
    total = variances[chosen]
    return Cloud(
        baseline=chosen,
        estimate=found,
        exact=exact,
        axes=axes,
        points=points,
        mean_point=points.mean(axis=0),
        covariance=covariance,
        shown=min(1.0, float(np.trace(covariance)) / total) if total > 0 else 1.0,
        variances=variances,
    )


def _plane(exact: Floats, estimates: Floats) -> Floats:
    """(2, n) the direction of the exact gradient (of most variance where it is 0) and that of most variance across."""
    spread = estimates - estimates.mean(axis=0)
    length = float(np.linalg.norm(exact))
    scale = max(length, float(np.max(np.abs(spread))))
    first = exact / length if length > _ROUNDING * scale else _widest(spread, np.empty((0, len(exact))), scale)
    across = spread - np.outer(spread @ first, first)
    return np.stack([first, _widest(across, first[None], scale)])


def _widest(spread: Floats, taken: Floats, scale: float) -> Floats:
    """The unit vector of most variance in `spread` (m, n), orthogonal to the rows of `taken`; any where there is none.

    The first singular vector, from the smaller of the two Gram matrices; its largest component is positive.
    """
    wide = spread.shape[1] > spread.shape[0]
    gram = spread @ spread.T if wide else spread.T @ spread
    found = np.linalg.eigh(gram)[1][:, -1]
    if wide:
        found = spread.T @ found
    if float(np.max(np.abs(spread))) <= _ROUNDING * scale or not np.linalg.norm(found) > 0:
        found = np.zeros(spread.shape[1])
        found[int(np.argmin(np.abs(taken).sum(axis=0)))] = 1.0
    for _ in range(2):  # the second pass takes away what rounding left of the first
        found = found - taken.T @ (taken @ found)
        found = found / np.linalg.norm(found)
    return np.asarray(found * (1.0 if found[np.argmax(np.abs(found))] > 0 else -1.0))


@dataclass(frozen=True, eq=False)
class RewardCurve:
    """What a racer's policies earned.

    Attributes:
        steps: (r,).
        reward: (r,) J, exact.
        sampled: (r,) mean return of the step's episodes; NaN where the exact gradient was taken.
        smooth: (r,) mean of `sampled` over the last `window` of these rows.
        window: how many rows that are.
        best: the most that any policy can earn.
    """

    steps: NDArray[np.int64]
    reward: Floats
    sampled: Floats
    smooth: Floats
    window: int
    best: float


def reward_curve(
    objective: PolicyObjective, trace: Trace, *, stop: int | None = None, stride: int = 1, window: int = 0
) -> RewardCurve:
    """The rewards of a racer's rows 0, stride, ... below `stop` (all published); window 0: a fiftieth of the rows."""
    reward = -trace.column("loss", 0, stop, stride)
    name = COLUMNS[0]
    known = name in trace.columns
    sampled = trace.column(name, 0, stop, stride)[: len(reward)] if known else np.full(len(reward), np.nan)
    reward = reward[: len(sampled)]
    window = window or max(1, len(reward) // 50)
    return RewardCurve(
        steps=np.arange(len(reward)) * stride,
        reward=reward,
        sampled=sampled,
        smooth=_trailing_mean(sampled, window),
        window=window,
        best=objective.best,
    )


def _trailing_mean(values: Floats, window: int) -> Floats:
    """Mean of the last `window` values at each place, of as many as there are at the beginning."""
    if not len(values):
        return values
    sums = np.cumsum(np.concatenate([[0.0], values]))
    ends = np.arange(1, len(values) + 1)
    begins = np.maximum(ends - window, 0)
    return np.asarray((sums[ends] - sums[begins]) / (ends - begins))
