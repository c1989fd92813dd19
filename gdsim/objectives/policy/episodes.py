"""Episodes sampled under a policy, many at once, and REINFORCE's estimate of the gradient from each of them.

    g = sum_t gamma^t (G_t - b_t) grad log pi(a_t|s_t),   G_t = r_t + gamma r_(t+1) + ...

(R. J. Williams, Machine Learning 8 (1992), doi:10.1007/BF00992696, with the reward to go; Sutton and Barto,
Reinforcement Learning, 2nd ed. (2018), 13.3 and 13.4). A baseline b_t that does not depend on the action a_t leaves
the mean as it is; the variance it lowers as a rule, but not by a law: the best constant weighs returns by
|grad log pi|^2 (E. Greensmith, P. L. Bartlett, J. Baxter, JMLR 5 (2004)).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gdsim.errors import SpecError
from gdsim.objectives.policy.design import BASELINES, MAX_EPISODES, Baseline
from gdsim.objectives.policy.exact import Evaluation, softmax
from gdsim.objectives.policy.world import Cell, World

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

MAX_MOVES = 10_000_000
MAX_NUMBERS = 50_000_000
_HALF = (1 << 32) - 1
_TOGETHER = 16  # moves whose random numbers are drawn at once


class Draws:
    """Random numbers in [0, 1) as a pure function of (key, step): any step's can be had without those before it.

    The generator is Philox (Salmon et al., SC 2011, doi:10.1145/2063384.2063405), a keyed counter, whose raw stream
    NumPy keeps the same in every version.

    Args:
        key: whole numbers of either sign, taken modulo 2^64.
        step: which stretch of the stream, 0 or more.
        shape: of the numbers of one move.
        moves: how many moves may be asked for.
    """

    def __init__(self, key: Sequence[int], step: int, shape: tuple[int, int], moves: int) -> None:
        # Two words for every number, whatever its size: SeedSequence would take (2^32, 0) and (0, 1) for the same.
        words = [half for number in key for half in (number & _HALF, (number >> 32) & _HALF)]
        mixed = np.random.SeedSequence(words).generate_state(2, np.uint64)
        self._stream = np.random.Philox(key=mixed, counter=[0, step, 0, 0])
        self._shape = shape
        self._left = moves
        self._block: NDArray[Any] = np.empty((0, *shape))
        self._at = 0

    def next(self) -> Floats:
        """The numbers of the next move."""
        if self._at == len(self._block):
            count = max(1, min(_TOGETHER, self._left))
            self._left -= count
            bits = np.asarray(self._stream.random_raw(count * math.prod(self._shape)))
            self._block = ((bits >> np.uint64(11)) * 2.0**-53).reshape(count, *self._shape)
            self._at = 0
        self._at += 1
        return np.asarray(self._block[self._at - 1])


@dataclass(frozen=True, eq=False)
class Episodes:
    """m episodes of T moves at most, move by move.

    Attributes:
        world: where.
        states, actions: (T, m) which state each move was made in and which action it was; -1 after the end.
        rewards: (T, m), 0 after the end.
        to_go: (T, m) G_t, the discounted reward from each move on.
        ends: (m, 2) cell (row, column) of the last place, goal or trap included.
    """

    world: World
    states: Integers
    actions: Integers
    rewards: Floats
    to_go: Floats
    ends: Integers

    @property
    def count(self) -> int:
        """How many episodes."""
        return int(self.states.shape[1])

    @property
    def lengths(self) -> Integers:
        """(m,) moves of each episode."""
        return np.asarray(np.sum(self.states >= 0, axis=0))

    @property
    def returns(self) -> Floats:
        """(m,) discounted reward of each episode."""
        return np.asarray(self.to_go[0])

    def path(self, episode: int) -> list[Cell]:
        """The cells of an episode from its start to its end, one more than its moves."""
        states = self.states[:, episode]
        row, column = self.ends[episode].tolist()
        return [*(self.world.cells[state] for state in states[states >= 0]), (row, column)]


def sample(world: World, theta: Floats, count: int, key: Sequence[int], step: int) -> Episodes:
    """`count` episodes under the policy theta (S, A), a pure function of all arguments.

    Raises:
        SpecError: no episode or too many of them, theta is not finite.
    """
    check_count(world, count)
    theta = np.asarray(theta, dtype=np.float64)
    if not np.isfinite(theta).all():
        raise SpecError("a policy of numbers that are not finite cannot be sampled", where="theta")
    (states, actions), outcomes = world.shape, len(world.chances)
    cumulative, edges = np.cumsum(softmax(theta), axis=1)[:, :-1], np.cumsum(world.chances)[:-1]
    targets, means = world.targets.ravel(), world.rewards.ravel()
    draws = Draws(key, step, (4 if world.deviation else 2, count), world.depth + 1)
    alive = np.arange(count)
    where = np.searchsorted(np.cumsum(world.start)[:-1], draws.next()[0], side="right")
    went: list[tuple[Integers, Integers, Floats]] = []
    while len(alive) and len(went) < world.depth:
        numbers = draws.next()[:, alive]
        action = np.sum(numbers[0][:, None] >= cumulative[where], axis=1)
        outcome = np.searchsorted(edges, numbers[1], side="right")
        place = (where * actions + action) * outcomes + outcome
        pay = means[place]
        if world.deviation:  # Box-Muller
            pay = pay + world.deviation * np.sqrt(-2.0 * np.log1p(-numbers[2])) * np.cos(2.0 * math.pi * numbers[3])
        went.append((alive, place, pay))
        where = targets[place]
        going = where < states
        alive, where = alive[going], where[going]
    return _assembled(world, went, count)


def _assembled(world: World, went: list[tuple[Integers, Integers, Floats]], count: int) -> Episodes:
    """Episodes from each move's (which of them still go on, number of (state, action, outcome), reward)."""
    move = np.repeat(np.arange(len(went)), [len(alive) for alive, _, _ in went])
    which = np.concatenate([alive for alive, _, _ in went])
    places = np.full((len(went), count), -1, dtype=np.int64)
    places[move, which] = np.concatenate([place for _, place, _ in went])
    rewards = np.zeros(places.shape)
    rewards[move, which] = np.concatenate([pay for _, _, pay in went])
    ended = places < 0
    state, action, _ = np.unravel_index(np.where(ended, 0, places), world.targets.shape)
    last = places[np.sum(~ended, axis=0) - 1, np.arange(count)]
    return Episodes(
        world,
        states=np.where(ended, -1, state),
        actions=np.where(ended, -1, action),
        rewards=rewards,
        to_go=_to_go(rewards, world.discount),
        ends=world.places.reshape(-1, 2)[last],
    )


def _to_go(rewards: Floats, discount: float) -> Floats:
    """(T, m) G_t: the discounted reward from move t on."""
    found = np.empty_like(rewards)
    total = np.zeros(rewards.shape[1])
    for t in range(len(rewards) - 1, -1, -1):
        total = rewards[t] + discount * total
        found[t] = total
    return found


def gradients(episodes: Episodes, worth: Evaluation, baseline: Baseline, *, reward_to_go: bool = True) -> Floats:
    """REINFORCE's estimate of dJ/dtheta from each episode, (m, S*A); their mean is the estimate of a step.

    Args:
        worth: the evaluation of the policy that the episodes were sampled under.
        baseline: "none"; "mean": of the G_t of the other episodes that still go on at move t, 0 where there is none;
            "value": V(s_t), exact.
        reward_to_go: whether a move is credited with what came after it, or with the whole episode's return (and its
            baseline with that of the first move).

    Raises:
        SpecError: no such baseline, the mean of the others where there is one episode.
    """
    going = episodes.states >= 0
    base = _baseline(episodes, going, worth, baseline)
    if reward_to_go:
        fade = episodes.world.discount ** np.arange(len(going))
        weights = fade[:, None] * (episodes.to_go - base)
    else:
        weights = np.broadcast_to(episodes.to_go[0] - base[0], going.shape)
    states, actions = episodes.world.shape
    move, episode = np.nonzero(going)
    state, action = episodes.states[move, episode], episodes.actions[move, episode]
    places = (episode * states + state) * actions + action
    credit = np.bincount(places, weights[move, episode], minlength=episodes.count * states * actions)
    credit = credit.reshape(episodes.count, states, actions)
    # grad log pi(a|s) is 1 at (s,a), less pi(.|s) everywhere in s
    found = credit - worth.chances * credit.sum(axis=-1, keepdims=True)
    return np.asarray(found.reshape(episodes.count, -1))


def _baseline(episodes: Episodes, going: NDArray[np.bool_], worth: Evaluation, baseline: Baseline) -> Floats:
    """(T, m) what is subtracted from G_t."""
    check_baseline(baseline, episodes.count)
    if baseline == "none":
        return np.zeros(going.shape)
    if baseline == "mean":
        others = going.sum(axis=1, keepdims=True) - going
        total = np.sum(episodes.to_go * going, axis=1, keepdims=True) - episodes.to_go * going
        return np.asarray(total / np.maximum(others, 1))
    time = np.arange(len(going)) if len(worth.values_in_time) > 1 else np.zeros(len(going), dtype=np.int64)
    return np.asarray(worth.values_in_time[time[:, None], episodes.states] * going)


def check_count(world: World, count: int) -> None:
    """SpecError unless so many episodes can be held at once: each may last `world.depth` moves."""
    most = max(1, min(MAX_EPISODES, MAX_MOVES // world.depth, MAX_NUMBERS // world.size))
    if not 1 <= count <= most:
        raise SpecError(f"{count:,} episodes", where="episodes", hint=f"Sample 1 to {most:,} of them at once")


def check_baseline(baseline: str, count: int = 0) -> None:
    """SpecError where there is no such baseline, or of `count` episodes none is another one's other."""
    if baseline not in BASELINES:
        raise SpecError(f"there is no baseline {baseline!r}", where="baseline", hint="Use " + ", ".join(BASELINES))
    if baseline == "mean" and count == 1:
        what = "one episode has no others whose mean return could be its baseline"
        raise SpecError(what, where="baseline", hint="Sample at least 2 episodes a step, or take another baseline")
