"""Newton's step of one or two coordinates as a graph, so that a million members can take it at once.

    (H + mu I) p = -g, step = lr p

by Cramer's rule; where the matrix is singular the shortest p that solves it best (its pseudo-inverse: H/tr(H)^2 for a
symmetric matrix of rank one), as `optimizers.methods.newton` has it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from gdsim.formula.graph import Graph
from gdsim.formula.term import Term

MOST_COORDINATES = 2
"""Above, a member's step would need pivoting: such members are stepped one by one."""


@dataclass(frozen=True, eq=False)
class NewtonStep:
    """In place of a rule's graph; `hessian` has the outputs of `derive.hessian`."""

    hessian: Graph

    states: tuple[()] = ()
    hyper_names: tuple[str, ...] = ("damping",)


def newton_direction(hessian: Sequence[Term], g: Sequence[Term]) -> list[Term]:
    """p of (H) p = -g for one or two coordinates; `hessian` row by row, damping included."""
    if len(g) == 1:
        (curvature,) = hessian
        return [curvature.call("eq", 0.0).choose(0.0, -(g[0] / curvature))]
    a, b, _, d = hessian
    determinant = a * d - b * b
    trace = a + d
    square = trace * trace
    flat, level = determinant.call("eq", 0.0), square.call("eq", 0.0)
    solved = [(b * g[1] - d * g[0]) / determinant, (b * g[0] - a * g[1]) / determinant]
    shortest = [-((a * g[0] + b * g[1]) / square), -((b * g[0] + d * g[1]) / square)]
    return [flat.choose(level.choose(0.0, short), full) for short, full in zip(shortest, solved, strict=True)]
