"""Damped Newton: (H + mu I) p = -g, step = lr p.

J. Nocedal, S. Wright, Numerical Optimization, 2nd ed. (2006), sections 3.3 and 7.1. Without damping it goes where the
slope vanishes: to saddles and maxima too. That is Newton's method, and a person is to see it.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from gdsim.optimizers.methods.problem import Advance, Array, Here, Problem
from gdsim.params import Value

DIRECT = 64
"""Up to so many coordinates the Hessian is written out; above, conjugate gradients on Hessian-vector products."""


class Newton:
    """See the module. It carries nothing from step to step."""

    searches = False

    def state_size(self, n: int, hyper: Mapping[str, Value]) -> int:
        """No state."""
        return 0

    def start(self, n: int, hyper: Mapping[str, Value]) -> Array:
        """The state before the first step."""
        return np.zeros(0)

    def advance(self, problem: Problem, here: Here, hyper: Mapping[str, Value], state: Array) -> Advance:
        """One Newton step."""
        damping = float(hyper["damping"])  # type: ignore[arg-type]
        if len(here.theta) <= DIRECT:
            direction = _solved(problem.hessian(here.theta), here.g, damping)
        else:
            direction = _iterated(problem, here, damping)
        return Advance(np.asarray(here.lr * direction, dtype=here.theta.dtype), state, problem.evals)


def _solved(hessian: Array, g: Array, damping: float) -> Array:
    """The solution of (H + mu I) p = -g; the shortest one where there are many."""
    matrix = hessian + damping * np.eye(len(g))
    if not (np.all(np.isfinite(matrix)) and np.all(np.isfinite(g))):
        return np.full_like(g, np.nan)
    try:
        direction = np.linalg.solve(matrix, -g)
    except np.linalg.LinAlgError:
        direction = np.full_like(g, np.nan)
    if not np.all(np.isfinite(direction)):
        direction = np.linalg.lstsq(matrix, -g, rcond=None)[0]
    return np.asarray(direction)


def _iterated(problem: Problem, here: Here, damping: float) -> Array:
    """Newton-CG (Nocedal, Wright, algorithm 7.1): stops at negative curvature, with what it has by then."""
    g = here.g
    size = float(np.linalg.norm(g))
    if size == 0.0 or not np.isfinite(size):
        return -g
    found = np.zeros_like(g)
    residual, direction = g.copy(), -g
    enough = min(0.5, np.sqrt(size)) * size
    for _ in range(2 * len(g)):
        bent = problem.hvp(here.theta, direction) + damping * direction
        curvature = float(direction @ bent)
        if not curvature > 0.0:
            return found if np.any(found) else -g
        length = float(residual @ residual) / curvature
        found = found + length * direction
        following = residual + length * bent
        if float(np.linalg.norm(following)) <= enough:
            break
        direction = -following + float(following @ following) / float(residual @ residual) * direction
        residual = following
    return found
