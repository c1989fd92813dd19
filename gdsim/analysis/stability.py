"""Whether the update, as it stands here, settles or swings away: the eigenvalues of its Jacobian.

Near a point the update acts like a matrix on (theta, state). A small deviation shrinks by |mu| each step along the
eigenvector of mu: a negative or complex mu swings, |mu| > 1 grows. A real mu > 1 is another matter: the function curves
downwards there, and rolling off is what descent should do. Heavy ball, for one, comes out stable up to
2 (1 + beta) / lambda_max (B. T. Polyak, USSR Comput. Math. Math. Phys. 4 (1964)).

Modes of the state that hardly touch theta (the running mean of squares forgets slowly whatever the rate) are left out
by their participation factor: the share of theta in left times right eigenvector. Scales are held as they are
(see `update`), so that Adam comes out as descent preconditioned by its root mean squares.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from gdsim.analysis.curvature import EXACT_UP_TO
from gdsim.analysis.update import MAX_SIZE, Moment, jacobians, moment
from gdsim.formula import interpret

if TYPE_CHECKING:
    from gdsim.engine.backend import RacerPlan
    from gdsim.objectives import Objective

Floats = NDArray[np.float64]
Kind = Literal["crawls", "good", "bounces", "overshoots", "diverges", "fixed step", "own step", "unknown"]

_SLOW = 0.95  # where even the quickest deviation keeps this share each step, it crawls
_TOUCHES = 0.05  # least share of theta in a mode that counts as a movement of theta
_DECADES = 4.0


@dataclass(frozen=True, slots=True)
class Stability:
    """How the update behaves here.

    Attributes:
        kind: crawls: even the steepest direction shrinks slowly; good; bounces: it swings, less each time; overshoots:
            the swings would grow, though the next step still lowers the loss; diverges: and it does not. "fixed step"
            for sign rules, "own step" for methods that choose their step, "unknown" where there are no derivatives or
            too many coordinates.
        radius: the largest |mu| of the swinging modes, else of all that move theta; nan when unknown.
        multiplier: that mu.
        rolling: some direction curves downwards, so that the racer is leaving this place.
        limit: the learning rate (as in force at this row) above which it would diverge here; None: none found.
    """

    kind: Kind
    radius: float = math.nan
    multiplier: complex = complex(math.nan)
    rolling: bool = False
    limit: float | None = None


@dataclass(frozen=True, slots=True)
class _Modes:
    swinging: complex  # the largest that is negative or complex
    slowest: complex  # the largest of all that move theta, those that roll off left out
    quickest: float | None  # the smallest |mu| that moves theta; None where nothing shrinks
    rolling: bool


def stability(
    objective: Objective, plan: RacerPlan, step: int, theta: Floats, lr: float, state: Floats
) -> Stability:
    """The stability of the step that leaves row `step`, standing at `theta` with the optimizer's `state`."""
    at = moment(objective, plan, step, theta, lr, state)
    if at is None:
        return Stability("own step")
    if objective.n > EXACT_UP_TO or objective.n + len(state) > MAX_SIZE:
        return Stability("fixed step" if plan.rule.fixed_step else "unknown")
    hessian = np.asarray(objective.hessian(at.theta), dtype=np.float64)
    if not np.isfinite(hessian).all():
        return Stability("fixed step" if plan.rule.fixed_step else "unknown")
    modes = _modes(at, hessian, np.array([lr]))[0]
    if plan.rule.fixed_step:
        return Stability("fixed step", rolling=modes is not None and modes.rolling)
    if modes is None or lr <= 0:
        return Stability("unknown")
    kind = _kind(modes)
    if kind == "diverges" and _gains(objective, at):
        kind = "overshoots"
    swings = abs(modes.swinging) >= 0.5 or kind in ("diverges", "overshoots")
    leading = modes.swinging if swings else modes.slowest
    return Stability(kind, abs(leading), leading, modes.rolling, _limit(at, hessian, lr))


def _gains(objective: Objective, at: Moment) -> bool:
    """Whether the step itself, growing swings or not, lowers the loss."""
    step = np.broadcast_to(np.asarray(interpret(at.rule.graph, at.values())[0]), at.theta.shape)
    kept = 1.0 - at.lr * at.weight_decay if at.decoupled else 1.0
    return bool(objective.value(kept * at.theta + step) < objective.value(at.theta))


def _kind(modes: _Modes) -> Kind:
    swing = abs(modes.swinging)
    if swing > 1 + 1e-9:
        return "diverges"
    if swing > (0.3 if modes.swinging.imag == 0 else 0.8):
        return "bounces"
    if modes.quickest is not None and modes.quickest > _SLOW:
        return "crawls"
    return "good"


def _modes(at: Moment, hessian: Floats, rates: Floats) -> list[_Modes | None]:
    """Per learning rate the modes that matter; None where the Jacobian is not finite."""
    n = len(at.theta)
    if at.t < 2:  # the first step is often a special case; what counts is the one that comes again and again
        at = replace(at, t=2.0)
    matrices = jacobians(at, hessian, rates, frozen=True)
    return [_modes_of(matrix, n) if np.isfinite(matrix).all() else None for matrix in matrices]


def _modes_of(matrix: Floats, n: int) -> _Modes:
    values, right = np.linalg.eig(matrix)
    shares = _participation(right, n)
    swinging = slowest = 0j
    quickest, rolling = math.inf, False
    for mu, share in zip(values.tolist(), shares.tolist(), strict=True):
        mu = complex(mu)
        swings = abs(mu.imag) > 1e-9 * abs(mu) or mu.real < 0
        if abs(mu) > 1 + 1e-9:
            touches = share > 1e-6
        else:
            touches = share > _TOUCHES
        if not touches:
            continue
        if not swings and mu.real > 1 + 1e-9:
            rolling = True
            continue
        if swings and abs(mu) > abs(swinging):
            swinging = mu
        if abs(mu) > abs(slowest):
            slowest = mu
        quickest = min(quickest, abs(mu))
    return _Modes(swinging, slowest, None if math.isinf(quickest) else quickest, rolling)


def _participation(right: NDArray[np.complex128], n: int) -> Floats:
    """Share of theta in each mode, 0 to 1; a defective matrix counts every mode."""
    with np.errstate(all="ignore"):
        if np.linalg.cond(right) > 1e12:
            return np.ones(right.shape[1])
        left = np.linalg.inv(right)
    weights = np.abs(left * right.T)
    return np.asarray(weights[:, :n].sum(axis=1) / weights.sum(axis=1))


def _limit(at: Moment, hessian: Floats, lr: float) -> float | None:
    """The smallest learning rate from lr / 10^4 to lr * 10^4 above which the update diverges here."""
    # the eigenvalues of larger systems take long; a coarser grid is refined below all the same
    count = 65 if len(at.theta) + len(at.state) <= 16 else 25
    grid = lr * np.logspace(-_DECADES, _DECADES, count)
    unstable = [_diverges(modes) for modes in _modes(at, hessian, grid)]
    if not any(unstable):
        return None
    first = unstable.index(True)
    if first == 0:
        return None  # unstable at any rate: not the rate's doing
    low, high = float(grid[first - 1]), float(grid[first])
    for _ in range(3):
        inner = np.linspace(low, high, 10)
        crossed = [_diverges(modes) for modes in _modes(at, hessian, inner)]
        where = crossed.index(True) if True in crossed else 9
        low, high = float(inner[max(0, where - 1)]), float(inner[where])
    return 0.5 * (low + high)


def _diverges(modes: _Modes | None) -> bool:
    return modes is None or abs(modes.swinging) > 1 + 1e-9
