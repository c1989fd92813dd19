"""Gradient descent with backtracking: the first of lr, lr*shrink, lr*shrink^2, ... with enough gain.

Enough: J(theta - a g) <= J(theta) - c1 a |g|^2. L. Armijo, Pacific J. Math. 16 (1966); Nocedal, Wright, algorithm 3.1.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from gdsim.optimizers.methods.problem import Advance, Array, Here, Problem
from gdsim.params import Value

_TRIALS = 200
_SHORTEST = 1e-18  # of 1 + |theta|: where the slope jumps, shorter and shorter steps would be tried for ever
_ROUNDING = 4.0 * float(np.finfo(np.float64).eps)


class Armijo:
    """See the module. It carries nothing from step to step."""

    searches = True

    def state_size(self, n: int, hyper: Mapping[str, Value]) -> int:
        """No state."""
        return 0

    def start(self, n: int, hyper: Mapping[str, Value]) -> Array:
        """The state before the first step."""
        return np.zeros(0)

    def advance(self, problem: Problem, here: Here, hyper: Mapping[str, Value], state: Array) -> Advance:
        """The first long enough step that gains enough; no step where none does. The loss never rises."""
        enough, shrink = float(hyper["c1"]), float(hyper["shrink"])  # type: ignore[arg-type]
        slope = float(here.g @ here.g)
        shortest = _SHORTEST * (1.0 + float(np.linalg.norm(here.theta)))
        length = here.lr
        for _ in range(_TRIALS):
            step = np.asarray(-length * here.g, dtype=here.theta.dtype)
            if float(np.linalg.norm(step)) <= shortest:
                break
            loss = problem.value(here.theta + step)
            gain = enough * length * slope
            # Close to a minimum the promised gain drowns in rounding: then not to lose is enough.
            if loss <= here.loss - gain or (gain <= _ROUNDING * abs(here.loss) and loss <= here.loss):
                return Advance(step, state, problem.evals - 1)
            length *= shrink
        return Advance(np.zeros_like(here.theta), state, problem.evals)
