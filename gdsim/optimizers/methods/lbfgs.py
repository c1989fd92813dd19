"""L-BFGS without a line search, one iteration a step: what torch.optim.LBFGS(max_iter=1) does when called repeatedly.

D. Liu, J. Nocedal, On the limited memory BFGS method, Math. Program. 45 (1989); two-loop recursion. With s the last
step, y the change of the gradient, rho = 1/(y s): p = -H g with H built from the last `history` pairs upon
(y s)/(y y) I. The first step is min(1, 1/|g|_1) lr long, every other lr.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from gdsim.optimizers.methods.problem import Advance, Array, Here, Problem
from gdsim.params import Value

_LEAST_CURVATURE = 1e-10  # a pair that curves less is not remembered, as in torch
_COUNT, _PAIRS, _SCALE, _LENGTH, _HEAD = range(5)


class LBFGS:
    """See the module.

    The state: iterations, pairs remembered, scale, last length; then the last gradient (n), the last direction (n),
    and the pairs, oldest first: s (history, n), y (history, n).
    """

    searches = False

    def state_size(self, n: int, hyper: Mapping[str, Value]) -> int:
        """Length of the flat state."""
        return _HEAD + 2 * n * (1 + _history(hyper))

    def start(self, n: int, hyper: Mapping[str, Value]) -> Array:
        """The state before the first step."""
        state = np.zeros(self.state_size(n, hyper))
        state[_SCALE] = 1.0
        return state

    def advance(self, problem: Problem, here: Here, hyper: Mapping[str, Value], state: Array) -> Advance:
        """One iteration; it rests where the gradient or the promised gain is below its tolerance."""
        g, n = here.g.astype(np.float64), len(here.g)
        if np.max(np.abs(g), initial=0.0) <= float(hyper["tolerance_grad"]):  # type: ignore[arg-type]
            return Advance(np.zeros_like(here.theta), state, 0)
        state = state.copy()
        state[_COUNT] += 1
        last_g, last_d = state[_HEAD : _HEAD + n], state[_HEAD + n : _HEAD + 2 * n]
        moves, turns = state[_HEAD + 2 * n :].reshape(2, _history(hyper), n)
        if state[_COUNT] == 1:
            direction = -g
            length = min(1.0, 1.0 / float(np.sum(np.abs(g)))) * here.lr
        else:
            _remember(state, moves, turns, last_d * state[_LENGTH], g - last_g)
            pairs = int(state[_PAIRS])
            direction = _two_loops(g, moves[:pairs], turns[:pairs], float(state[_SCALE]))
            length = here.lr
        last_g[:], last_d[:], state[_LENGTH] = g, direction, length
        if float(g @ direction) > -float(hyper["tolerance_change"]):  # type: ignore[arg-type]
            return Advance(np.zeros_like(here.theta), state, 0)
        return Advance(np.asarray(length * direction, dtype=here.theta.dtype), state, 0)


def _history(hyper: Mapping[str, Value]) -> int:
    return int(hyper["history"])  # type: ignore[arg-type]


def _remember(state: Array, moves: Array, turns: Array, move: Array, turn: Array) -> None:
    """Keep a pair if it curves upwards; the oldest goes when the memory is full."""
    curvature = float(turn @ move)
    if not curvature > _LEAST_CURVATURE:
        return
    pairs = int(state[_PAIRS])
    if pairs == len(moves):
        moves[:-1], turns[:-1] = moves[1:].copy(), turns[1:].copy()
        pairs -= 1
    moves[pairs], turns[pairs] = move, turn
    state[_PAIRS] = pairs + 1
    state[_SCALE] = curvature / float(turn @ turn)


def _two_loops(g: Array, moves: Array, turns: Array, scale: float) -> Array:
    """-H g by the two-loop recursion (Nocedal, Wright, algorithm 7.4)."""
    weights = [1.0 / float(turn @ move) for move, turn in zip(moves, turns, strict=True)]
    shares = np.zeros(len(weights))
    direction = -g
    for i in range(len(weights) - 1, -1, -1):
        shares[i] = float(moves[i] @ direction) * weights[i]
        direction = direction - shares[i] * turns[i]
    direction = direction * scale
    for i in range(len(weights)):
        back = float(turns[i] @ direction) * weights[i]
        direction = direction + moves[i] * (shares[i] - back)
    return direction
