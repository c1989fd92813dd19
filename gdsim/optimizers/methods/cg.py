"""Nonlinear conjugate gradient, Polak-Ribiere+, with a strong Wolfe line search: d = -g + max(0, g (g - g'))/|g'|^2 d'.

E. Polak, G. Ribiere (1969); J. Nocedal, S. Wright, Numerical Optimization, 2nd ed. (2006), section 5.2. The search
first tries lr times the length that the curvature along d suggests, which on a quadratic is the exact one.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from gdsim.optimizers.methods.problem import Advance, Array, Here, Problem
from gdsim.optimizers.methods.wolfe import Trial, strong_wolfe
from gdsim.params import Value


class ConjugateGradient:
    """See the module. The state: whether it has begun, the last gradient (n), the last direction (n)."""

    searches = True

    def state_size(self, n: int, hyper: Mapping[str, Value]) -> int:
        """Length of the flat state."""
        return 1 + 2 * n

    def start(self, n: int, hyper: Mapping[str, Value]) -> Array:
        """The state before the first step."""
        return np.zeros(1 + 2 * n)

    def advance(self, problem: Problem, here: Here, hyper: Mapping[str, Value], state: Array) -> Advance:
        """One line search; where it fails, one more straight downhill; no step where that fails too."""
        g, n = here.g, len(here.g)
        direction = -g
        if state[0]:
            last_g, last_d = state[1 : n + 1], state[n + 1 :]
            size = float(last_g @ last_g)
            share = max(0.0, float(g @ (g - last_g)) / size) if size > 0.0 else 0.0
            if float(g @ (direction + share * last_d)) < 0.0:
                direction = direction + share * last_d
        found = _search(problem, here, direction)
        if found is None and np.any(direction != -g):
            direction = -g
            found = _search(problem, here, direction)
        after = np.concatenate([[1.0], g, direction]).astype(np.float64)
        if found is None:
            return Advance(np.zeros_like(here.theta), after, problem.evals)
        return Advance(np.asarray(found * direction, dtype=here.theta.dtype), after, problem.evals - 1)


def _search(problem: Problem, here: Here, direction: Array) -> float | None:
    slope = float(here.g @ direction)
    if not (slope < 0.0 and math.isfinite(slope)):
        return None

    def phi(length: float) -> tuple[float, float]:
        loss, gradient = problem.value_gradient(np.asarray(here.theta + length * direction, dtype=here.theta.dtype))
        return loss, float(gradient @ direction)

    bent = float(direction @ problem.hvp(here.theta, direction))
    curved = bent > 0.0 and math.isfinite(bent)
    first = here.lr * (-slope / bent if curved else min(1.0, 1.0 / math.sqrt(float(direction @ direction))))
    found = strong_wolfe(phi, Trial(0.0, here.loss, slope), first)
    return None if found is None else found.length
