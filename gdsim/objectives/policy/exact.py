"""What a softmax policy is worth, exactly: values, visits, the gradient of the reward and its derivative.

    pi(a|s) = exp(theta[s,a]) / sum_b exp(theta[s,b])
    P(s,s') = sum_a pi(a|s) T(s,a,s'),  r(s) = sum_a pi(a|s) R(s,a)
    V = r + gamma P V,  d' = start' + gamma d' P,  Q = R + gamma T V,  J = start . V
    dJ/dtheta[s,a] = d(s) pi(a|s) (Q(s,a) - V(s))

the policy gradient theorem (Sutton, McAllester, Singh, Mansour, NIPS 12 (1999)). Without a horizon V and d solve linear
systems. With one, V_t counts the moves from t on, d_t = gamma^t times the chances of states at t, and the sum of
d_t(s) Q_t(s,a) over t takes the place of d(s) Q(s,a).

Arrays have the batch first: theta is (B, S, A).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gdsim.objectives.policy.world import World

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Evaluation:
    """A policy's worth; for a batch every array has its axis in front.

    Attributes:
        chances: (S, A) pi(a|s).
        values: (S,) V(s), the expected discounted reward from a state on, at the first move where there is a horizon.
        action_values: (S, A) Q(s,a), the same when the first action is a.
        visits: (S,) d(s), the expected discounted number of moves made in a state.
        reward: J, the expected discounted reward of an episode.
        slope: (S, A) dJ/dtheta.
        values_in_time: (T, S) V_t(s) with T moves in all; (1, S) where there is no horizon.
    """

    chances: Floats
    values: Floats
    action_values: Floats
    visits: Floats
    reward: Floats
    slope: Floats
    values_in_time: Floats

    @property
    def advantages(self) -> Floats:
        """(S, A) Q(s,a) - V(s)."""
        return np.asarray(self.action_values - self.values[..., None])

    def at(self, index: int) -> Evaluation:
        """One point of the batch."""
        parts = (getattr(self, name) for name in self.__slots__)
        return Evaluation(*(part[index] for part in parts))


def softmax(theta: Any) -> Floats:
    """exp(theta) over its sum along the last axis; no overflow, whatever the size of theta."""
    theta = np.asarray(theta, dtype=np.float64)
    with np.errstate(over="ignore", invalid="ignore"):
        raised = np.exp(theta - theta.max(axis=-1, keepdims=True))
        return np.asarray(raised / raised.sum(axis=-1, keepdims=True))


def evaluate(world: World, theta: Floats) -> Evaluation:
    """The worth of policies, theta (B, S, A); NaN where theta is not finite."""
    with np.errstate(over="ignore", invalid="ignore"):
        solved = _solve(world, softmax(theta))
        visits = solved.visits.sum(axis=1)
        reward = solved.values[:, 0] @ world.start
        slope = solved.chances * _centred(solved.chances, solved.weighted)
        action_values = _ahead(world, solved.after[:, 0])
    return Evaluation(solved.chances, solved.values[:, 0], action_values, visits, reward, slope, solved.values)


def curvature_product(world: World, theta: Floats, direction: Floats) -> Floats:
    """The second derivative of J times `direction`, (B, S, A); theta may be (1, S, A) for many directions.

    Everything above is differentiated along the direction: a tangent for each quantity.
    """
    with np.errstate(over="ignore", invalid="ignore"):
        solved = _solve(world, softmax(theta))
        pi = solved.chances
        dpi = pi * (direction - np.sum(pi * direction, axis=-1, keepdims=True))
        dweighted = _tangent(world, solved, dpi)
        dcentred = _centred(pi, dweighted) - np.sum(dpi * solved.weighted, axis=-1, keepdims=True)
        return np.asarray(dpi * _centred(pi, solved.weighted) + pi * dcentred)


@dataclass(frozen=True, slots=True)
class _Solved:
    """`values` V_t, `after` V_(t+1) and `visits` d_t over time, (B, T, S); T = 1 and `after` = `values` without a
    horizon. `weighted` (B, S, A): sum over t of d_t(s) Q_t(s,a). `moves` is P, `inverse` (I - gamma P)^-1, or None
    where there is a horizon.
    """

    chances: Floats
    moves: Floats
    inverse: Floats | None
    values: Floats
    after: Floats
    visits: Floats
    weighted: Floats


def _solve(world: World, pi: Floats) -> _Solved:
    moves = _mixed(world, pi)
    pay = np.sum(pi * world.expected, axis=-1)
    if not world.horizon:
        inverse = _inverse(world, moves)
        value = _apply(inverse, pay)
        visits = np.swapaxes(inverse, 1, 2) @ world.start
        weighted = visits[:, :, None] * _ahead(world, value)
        return _Solved(pi, moves, inverse, value[:, None], value[:, None], visits[:, None], weighted)
    batch, states = pay.shape
    values = np.zeros((batch, world.horizon + 1, states))
    visits = np.empty((batch, world.horizon, states))
    for t in range(world.horizon - 1, -1, -1):
        values[:, t] = pay + world.discount * _apply(moves, values[:, t + 1])
    visits[:, 0] = world.start
    for t in range(world.horizon - 1):
        visits[:, t + 1] = world.discount * _apply(np.swapaxes(moves, 1, 2), visits[:, t])
    together = np.swapaxes(visits, 1, 2) @ values[:, 1:]
    weighted = visits.sum(axis=1)[:, :, None] * world.expected + world.discount * _reached(world, together)
    return _Solved(pi, moves, None, values[:, :-1], values[:, 1:], visits, weighted)


def _tangent(world: World, solved: _Solved, dpi: Floats) -> Floats:
    """The tangent of `weighted` for a tangent of pi."""
    gamma, after, visits = world.discount, solved.after, solved.visits
    dmoves = _mixed(world, dpi)
    dpay = np.sum(dpi * world.expected, axis=-1)
    if solved.inverse is not None:
        value, visit = after[:, 0], visits[:, 0]
        dvalue = _apply(solved.inverse, dpay + gamma * _apply(dmoves, value))
        dvisit = gamma * _apply(np.swapaxes(solved.inverse, 1, 2), _apply(np.swapaxes(dmoves, 1, 2), visit))
        ahead = gamma * visit[:, :, None] * _gather(world, dvalue)
        return np.asarray(dvisit[:, :, None] * _ahead(world, value) + ahead)
    horizon = world.horizon
    dvalues = np.zeros((len(dpi), horizon + 1, dpi.shape[1]))
    for t in range(horizon - 1, -1, -1):
        dvalues[:, t] = dpay + gamma * (_apply(dmoves, after[:, t]) + _apply(solved.moves, dvalues[:, t + 1]))
    back, dback = np.swapaxes(solved.moves, 1, 2), np.swapaxes(dmoves, 1, 2)
    dvisits = np.zeros((len(dpi), horizon, dpi.shape[1]))
    for t in range(horizon - 1):
        dvisits[:, t + 1] = gamma * (_apply(back, dvisits[:, t]) + _apply(dback, visits[:, t]))
    together = np.swapaxes(dvisits, 1, 2) @ after + np.swapaxes(visits, 1, 2) @ dvalues[:, 1:]
    return np.asarray(dvisits.sum(axis=1)[:, :, None] * world.expected + gamma * _reached(world, together))


def _centred(pi: Floats, weighted: Floats) -> Floats:
    """w(s,a) - sum_b pi(b|s) w(s,b), as a sum of differences: exact to rounding where pi is almost 1."""
    differences = weighted[..., :, None] - weighted[..., None, :]
    return np.asarray(np.sum(pi[..., None, :] * differences, axis=-1))


def _mixed(world: World, pi: Floats) -> Floats:
    """(B, S, S) transitions under pi (or its tangent)."""
    return np.swapaxes(np.swapaxes(pi, 0, 1) @ world.transitions, 0, 1)


def _inverse(world: World, moves: Floats) -> Floats:
    """(I - gamma P)^-1: gamma < 1 keeps the rows of gamma P below 1, so it exists; NaN where P is not finite."""
    found = np.full_like(moves, np.nan)
    sound = np.isfinite(moves).all(axis=(1, 2))
    found[sound] = np.linalg.inv(np.eye(moves.shape[1]) - world.discount * moves[sound])
    return found


def _apply(matrices: Floats, vectors: Floats) -> Floats:
    """(B, S, S) times (B, S)."""
    return np.asarray((matrices @ vectors[:, :, None])[:, :, 0])


def _gather(world: World, values: Floats) -> Floats:
    """(B, S, A): sum over s' of T(s,a,s') values(s')."""
    states, actions = world.shape
    flat = world.transitions.reshape(states * actions, states)
    return np.asarray((values @ flat.T).reshape(-1, states, actions))


def _reached(world: World, together: Floats) -> Floats:
    """(B, S, A): sum over s' of T(s,a,s') together(s,s')."""
    return np.asarray((world.transitions @ together[..., None])[..., 0])


def _ahead(world: World, values: Floats) -> Floats:
    """(B, S, A): Q where `values` hold from the next move on."""
    return np.asarray(world.expected + world.discount * _gather(world, values))


def best_reward(world: World) -> float:
    """The most that any policy can earn: a softmax policy comes as close as it likes where there is no horizon; with
    one, the bound is that of policies which know how many moves are left.

    Without a horizon by policy iteration (R. A. Howard, Dynamic Programming and Markov Processes, 1960), with one by
    backward induction.
    """
    states = world.shape[0]
    values: Floats = np.zeros((1, states))
    if world.horizon:
        for _ in range(world.horizon):
            values = _ahead(world, values).max(axis=-1)
        return float(values[0] @ world.start)
    choice = np.zeros(states, dtype=np.int64)
    rows = np.arange(states)
    while True:
        moves = np.eye(states) - world.discount * world.transitions[rows, choice]
        values = np.asarray(np.linalg.solve(moves, world.expected[rows, choice])[None], dtype=np.float64)
        worth = _ahead(world, values)[0]
        gain = worth.max(axis=-1) - worth[rows, choice]
        better = gain > 1e-12 * (1.0 + np.abs(worth).max())
        if not better.any():
            return float(values[0] @ world.start)
        choice = np.where(better, worth.argmax(axis=-1), choice)
