"""The reward of a softmax policy as an objective: what is minimised is -J(theta), so that descent climbs J."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gdsim.errors import SpecError
from gdsim.objectives.objective import Array, Objective, floating
from gdsim.objectives.policy.design import Baseline, GridWorld, Policy
from gdsim.objectives.policy.episodes import Episodes, check_baseline, check_count, gradients, sample
from gdsim.objectives.policy.exact import Evaluation, best_reward, curvature_product, evaluate
from gdsim.objectives.policy.world import World, checked, world

Floats = NDArray[np.float64]

_HOME = (-3.0, 3.0)
_AT_ONCE = 2_000_000  # numbers of the largest intermediate array


@dataclass(frozen=True, eq=False)
class Estimate:
    """REINFORCE's estimates at one theta, of the gradient of J (upward).

    Attributes:
        gradients: (m, n) one from each episode; their mean is the estimate of a step.
        episodes: what happened.
        worth: the exact worth of the policy.
    """

    gradients: Floats
    episodes: Episodes
    worth: Evaluation

    @property
    def returns(self) -> Floats:
        """(m,) discounted reward of each episode."""
        return self.episodes.returns

    @property
    def gradient(self) -> Floats:
        """(n,) the mean."""
        return np.asarray(self.gradients.mean(axis=0))

    @property
    def reward(self) -> float:
        """The mean return."""
        return float(self.returns.mean())


@dataclass(frozen=True, eq=False)
class PolicyObjective(Objective):
    """-J(theta) of a softmax policy: theta[s,a] for every action a in every state s, state by state.

    Value, gradient and Hessian are exact; float32 points are computed in float64 and rounded at the end. Like a Python
    function it has no formula: NumPy runs it. J is known to have no maximum at a finite theta in general: the better
    a policy, the larger theta.

    Attributes:
        policy: the document it was made from.
        world: its task as a decision process.
    """

    policy: Policy = field(default_factory=Policy)
    world: World = field(default_factory=lambda: world(GridWorld()))

    @property
    def sampled(self) -> bool:
        """Whether steps take REINFORCE's gradient instead of the exact one."""
        return self.policy.episodes > 0

    @cached_property
    def best(self) -> float:
        """The most that any policy can earn (see `exact.best_reward`)."""
        return best_reward(self.world)

    def reward(self, theta: Array) -> Any:
        """J at a point, or (*batch,)."""
        return -self.value(theta)

    def evaluation(self, theta: Array) -> Evaluation:
        """Policy, values, visits and the gradient of J at one point (n,)."""
        return evaluate(self.world, self._table(theta)[None]).at(0)

    def value(self, theta: Array) -> Any:
        """-J at a point, or (*batch,) for a batch of points."""
        return self.value_gradient(theta)[0]

    def value_gradient(self, theta: Array) -> tuple[Any, Array]:
        """-J and its gradient (n, *batch)."""
        theta = floating(theta, self.n)
        points = self._points(theta)
        reward, slope = np.empty(len(points)), np.empty(points.shape)
        for part in self._parts(len(points)):
            found = evaluate(self.world, points[part])
            reward[part], slope[part] = found.reward, found.slope
        loss = (-reward).astype(theta.dtype).reshape(theta.shape[1:])
        gradient = (-slope).reshape(len(points), self.n).T.reshape(theta.shape).astype(theta.dtype)
        return loss[()], gradient

    def hessian(self, theta: Array) -> Array:
        """The Hessian of -J (n, n, *batch), exact."""
        theta = floating(theta, self.n)
        points = self._points(theta)
        units = np.eye(self.n).reshape(self.n, *self.world.shape)
        found = np.empty((len(points), self.n, self.n))
        for index, point in enumerate(points):
            for part in self._parts(self.n):
                product = curvature_product(self.world, point[None], units[part])
                found[index, part] = -product.reshape(-1, self.n)
        found = (found + np.swapaxes(found, 1, 2)) / 2
        return np.moveaxis(found, 0, -1).reshape(self.n, *theta.shape).astype(theta.dtype)

    def hvp(self, theta: Array, direction: Array) -> Array:
        """The Hessian of -J times `direction` (n, *batch), exact."""
        theta, direction = floating(theta, self.n), floating(direction, self.n)
        points, ways = self._points(theta), self._points(direction)
        if len(points) != len(ways):
            raise SpecError(f"{len(ways)} directions for {len(points)} points", where="direction")
        found = np.empty(points.shape)
        for part in self._parts(len(points)):
            found[part] = -curvature_product(self.world, points[part], ways[part])
        return found.reshape(len(points), self.n).T.reshape(theta.shape).astype(theta.dtype)

    def sample(self, theta: Array, episodes: int, step: int = 0, seed: int = 0) -> Episodes:
        """Episodes under the policy theta (n,), a pure function of the arguments and the policy's own seed."""
        return sample(self.world, self._table(theta), episodes, (self.policy.seed, seed), step)

    def sample_gradients(
        self,
        theta: Array,
        episodes: int,
        step: int = 0,
        seed: int = 0,
        baseline: Baseline | None = None,
        *,
        reward_to_go: bool = True,
    ) -> Estimate:
        """REINFORCE's estimates of the gradient of J, one from each episode.

        Args:
            theta: (n,).
            step: the step that they are drawn for. seed: the run's, which chooses them beside the policy's own.
            baseline: see `episodes.gradients`; None for the policy's own.

        Raises:
            SpecError: no episodes, too many of them, one alone with the mean of the others as the baseline.
        """
        happened = self.sample(theta, episodes, step, seed)
        chosen = self.policy.baseline if baseline is None else baseline
        worth = self.evaluation(theta)
        return Estimate(gradients(happened, worth, chosen, reward_to_go=reward_to_go), happened, worth)

    def stochastic(self, theta: Array, step: int, seed: int = 0) -> tuple[float, Array]:
        """What a step of training sees: minus the mean return of the policy's number of episodes, and the gradient of
        -J estimated from them (n,)."""
        theta = floating(theta, self.n)
        found = self.sample_gradients(theta, self.policy.episodes, step, seed)
        return -found.reward, (-found.gradient).astype(theta.dtype)

    def _table(self, theta: Array) -> Floats:
        """One point as (S, A)."""
        theta = floating(theta, self.n)
        if theta.ndim != 1:
            raise SpecError("a policy is looked at one point at a time", where="point")
        return theta.astype(np.float64).reshape(self.world.shape)

    def _points(self, theta: Array) -> Floats:
        """Points as (B, S, A)."""
        return np.ascontiguousarray(theta.reshape(self.n, -1).T, dtype=np.float64).reshape(-1, *self.world.shape)

    def _parts(self, count: int) -> list[slice]:
        """Cuts a batch so that intermediate arrays stay of a reasonable size."""
        states, actions = self.world.shape
        each = max(states * actions * actions, states * max(states, self.world.horizon), 1)
        size = max(1, _AT_ONCE // each)
        return [slice(start, start + size) for start in range(0, count, size)]


def from_policy(policy: Policy, *, name: str = "", title: str = "") -> PolicyObjective:
    """The objective of a policy over a task; it starts where every action is equally likely.

    Raises:
        SpecError: a task that cannot be (see `world`), a number of episodes or a seed out of range, too many episodes
            for so long a task, one episode with the mean of the others as the baseline.
    """
    made = world(policy.task)
    for number in ("episodes", "seed"):
        checked(number, getattr(policy, number))
    check_baseline(policy.baseline)
    if policy.episodes:
        check_count(made, policy.episodes)
        check_baseline(policy.baseline, policy.episodes)
    kind = "grid" if isinstance(policy.task, GridWorld) else "bandit"
    return PolicyObjective(
        name=name or kind,
        title=title or ("Grid world" if kind == "grid" else "Bandit"),
        formula=None,
        n=made.size,
        coordinates=made.names(),
        domain=(_HOME,) * made.size,
        start=(0.0,) * made.size,
        policy=policy,
        world=made,
    )
