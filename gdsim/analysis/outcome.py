"""How a run ended, decided with the curvature of the place where it rests; each end with words and a remedy."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from gdsim.analysis.curvature import EXACT_UP_TO, Curvature, curvature
from gdsim.analysis.policy_outcome import policy_outcome
from gdsim.analysis.training_outcome import training_outcome
from gdsim.engine.status import Status
from gdsim.objectives.network.network import NetworkObjective
from gdsim.objectives.policy import PolicyObjective

if TYPE_CHECKING:
    from gdsim.engine.backend import RacerPlan
    from gdsim.engine.trace import Trace
    from gdsim.objectives import Objective

Floats = NDArray[np.float64]

_EIGEN_TOL = 1e-8  # relative to the largest: below it an eigenvalue's sign is rounding
_NEAR = (1e-3, 1e-2, 1e-1)  # how far from the point the surroundings are probed, relative to 1 + |theta|


def outcome(objective: Objective, plan: RacerPlan, trace: Trace, status: Status) -> tuple[Status, str]:
    """The final status of a racer and a sentence on it.

    Args:
        status: what the engine ended with; its CONVERGED means only that gradient and step are small.
    """
    if isinstance(objective, NetworkObjective):
        return training_outcome(plan, trace, status)
    if isinstance(objective, PolicyObjective):
        return policy_outcome(objective, plan, trace, status)
    row = trace.row(-1)
    if status is Status.CONVERGED:
        return rest(objective, row.theta, row.gradient, plan.tolerance)
    if status is Status.TARGET:
        return status, f"reached the target loss {plan.target:g} after {_steps(row.step)}: the loss is {row.loss:.6g}"
    if status is Status.DIVERGED:
        return status, _diverged(objective, plan, trace)
    if status is Status.STEP_LIMIT:
        return status, _step_limit(trace)
    return status, status.words


def _steps(count: int) -> str:
    return "1 step" if count == 1 else f"{count:,} steps"


def _sentence(status: Status) -> str:
    return f"{status.words}. {status.remedy}" if status.remedy else status.words


def rest(objective: Objective, theta: Floats, gradient: Floats, tolerance: float) -> tuple[Status, str]:
    """What kind of place `theta` is, where the gradient (n,) has all but vanished.

    Converged: every eigenvalue of the Hessian is above zero, also where a Newton step leads (at x^3 it shrinks on the
    way), or, where some are zero, every point that was probed around it lies higher. Saddle: one is below zero.
    Plateau: there is neither slope nor curvature, and the surroundings are level. Stationary: none of this is known.
    """
    theta = np.asarray(theta, dtype=np.float64)
    here = curvature(objective, theta)
    if not here.known:
        return Status.STATIONARY, f"{_sentence(Status.STATIONARY)} (no finite second derivatives here)"
    tolerance = max(tolerance, 1e-12)
    size = 1.0 + float(np.linalg.norm(theta))
    largest = max(abs(here.lowest), abs(here.highest))
    if largest * size <= 100 * tolerance:
        spread = _probe(objective, theta, None)
        if spread is not None and max(abs(spread[0]), abs(spread[1])) <= 10 * tolerance * size:
            return Status.PLATEAU, _sentence(Status.PLATEAU)
    floor = _EIGEN_TOL * max(1.0, largest)
    if here.lowest < -floor:
        words = f"{Status.SADDLE.words} (the smallest curvature is {here.lowest:.3g}). {Status.SADDLE.remedy}"
        return Status.SADDLE, words
    if here.lowest > floor and _stays_curved(objective, theta, gradient, here):
        return Status.CONVERGED, Status.CONVERGED.words
    spread = _probe(objective, theta, None if objective.n <= 3 else here)
    if spread is not None and spread[0] > 0:
        return Status.CONVERGED, f"{Status.CONVERGED.words} (flat at the bottom: every point tried around it is higher)"
    lower = spread is not None and spread[0] < 0
    extra = "points nearby are lower" if lower else "some curvature is zero, and nothing lower was found nearby"
    return Status.STATIONARY, f"{_sentence(Status.STATIONARY)} ({extra})"


def _stays_curved(objective: Objective, theta: Floats, gradient: Floats, here: Curvature) -> bool:
    """Whether the smallest eigenvalue is still there where a Newton step leads; it halves at an inflection."""
    if objective.n > EXACT_UP_TO:
        return True
    along = here.vectors.T @ np.asarray(gradient, dtype=np.float64)
    there = curvature(objective, theta - here.vectors @ (along / here.eigenvalues))
    return there.known and there.lowest > 0.75 * here.lowest


def _probe(objective: Objective, theta: Floats, here: Curvature | None) -> tuple[float, float] | None:
    """Smallest and largest change of the loss around `theta`: along the axes and diagonals, or along the eigenvectors
    of what is `here`; None where it is not finite. A change within rounding counts as 0."""
    n = objective.n
    if here is None and n <= 3:
        ways = np.array(np.meshgrid(*[(-1.0, 0.0, 1.0)] * n)).reshape(n, -1)
        ways = ways[:, np.any(ways != 0, axis=0)]
    else:
        base = here.vectors if here is not None else np.eye(n)[:, : min(n, EXACT_UP_TO)]
        ways = np.concatenate([base, -base], axis=1)
    ways = ways / np.linalg.norm(ways, axis=0)
    size = 1.0 + float(np.linalg.norm(theta))
    points = np.concatenate([theta[:, None] + scale * size * ways for scale in _NEAR], axis=1)
    centre = float(objective.value(theta))
    values = np.asarray(objective.value(points), dtype=np.float64)
    if not (np.isfinite(values).all() and np.isfinite(centre)):
        return None
    changes = values - centre
    rounding = 8 * np.finfo(np.float64).eps * max(abs(centre), float(np.max(np.abs(values))))
    changes[np.abs(changes) <= rounding] = 0.0
    return float(changes.min()), float(changes.max())


def _diverged(objective: Objective, plan: RacerPlan, trace: Trace) -> str:
    row = trace.row(-1)
    if row.step == 0:
        return "the loss or its slope is not finite at the start. Start where the function is defined"
    words = f"left the range of finite numbers at step {row.step:,}, where the loss is {row.loss:.3g}"
    limit = curvature(objective, trace.row(0).theta).max_stable_lr
    lr = trace.row(max(0, row.step - 1)).lr
    if limit is not None and lr > limit and not plan.rule.method and not plan.rule.fixed_step:
        return f"{words}. Lower the learning rate from {lr:.3g} to {nice(0.5 * limit):g} or below, or clip the gradient"
    return f"{words}. {Status.DIVERGED.remedy}"


def _step_limit(trace: Trace) -> str:
    last = trace.last
    words = f"took all {_steps(last)}"
    before = trace.row(last - max(1, last // 10))
    now = trace.row(last)
    drop = before.loss - now.loss
    span = f"the last {_steps(now.step - before.step)}"
    if drop > 1e-3 * abs(before.loss):
        share = f"{100 * drop / abs(before.loss):.2g} %"
        falling = f"{words}; the loss was still falling (by {share} in {span})"
        return f"{falling}. Allow more steps or raise the learning rate"
    if circles(trace):
        return f"{words}, the last ones in circles without getting lower. Lower the learning rate or let it decay"
    if drop < 0:
        return f"{words}; the loss went up over {span}. Lower the learning rate or let it decay"
    return f"{words}; the loss hardly moved over {span}. Allow more steps, or raise the learning rate"


def circles(trace: Trace) -> bool:
    """Whether the last steps (a tenth, 200 at most) went a long way and arrived nowhere."""
    count = min(200, max(4, trace.last // 10))
    thetas = trace.thetas(max(0, trace.last - count))
    if len(thetas) < 4 or not np.isfinite(thetas).all():
        return False
    way = float(np.sum(np.linalg.norm(np.diff(thetas, axis=0), axis=1)))
    net = float(np.linalg.norm(thetas[-1] - thetas[0])) - float(np.linalg.norm(thetas[1] - thetas[0]))
    loss = trace.column("loss", max(0, trace.last - count))
    lower = loss[0] - loss[-1] > 0.5 * float(np.ptp(loss))
    return way > 1e-3 * len(thetas) * (1.0 + float(np.linalg.norm(thetas[-1]))) and way > 8 * net and not lower


def nice(value: float) -> float:
    """`value` rounded down to one significant digit and a half: 1, 1.5, 2, 3, 4, ... times a power of ten."""
    if not (value > 0 and np.isfinite(value)):
        return value
    exponent = int(np.floor(np.log10(value)))
    digits = (9.0, 8.0, 7.0, 6.0, 5.0, 4.0, 3.0, 2.0, 1.5, 1.0)
    lead = next((digit for digit in digits if float(f"{digit}e{exponent}") <= value), 1.0)
    return float(f"{lead}e{exponent}")
