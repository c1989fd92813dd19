"""How a policy's run ended, in words: the reward, how much of what can be earned that is, why it stands still."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gdsim.engine.status import Status
from gdsim.objectives.policy import PolicyObjective

if TYPE_CHECKING:
    from gdsim.engine.backend import RacerPlan
    from gdsim.engine.trace import Trace

_THERE = 0.98
"""Share of the way to the best reward from which on a policy counts as good as the best."""
_SURE = 0.95
_RISE = 0.01


def policy_outcome(objective: PolicyObjective, plan: RacerPlan, trace: Trace, status: Status) -> tuple[Status, str]:
    """The final status of a racer that climbed a policy's reward, and a sentence on it."""
    row = trace.row(-1)
    steps = "1 step" if row.step == 1 else f"{row.step:,} steps"
    if status is Status.TARGET:
        return status, f"earns the target reward after {steps}: J = {-row.loss:.4g}"
    if status is Status.DIVERGED:
        return status, (
            f"left the range of finite numbers at step {row.step:,}. Lower the learning rate from {row.lr:.3g}, or "
            "clip the gradient"
        )
    there = way_made(objective, trace, row.step) >= _THERE
    earned = reward_words(objective, -row.loss)
    if status is Status.CONVERGED:
        if there:
            return status, f"gradient and last step are below the tolerance: {earned}"
        return Status.PLATEAU, (
            f"the gradient has vanished, though {earned}: the policy has made up its mind. Start from other numbers, "
            "or lower the learning rate so that it does so later"
        )
    if status is Status.STEP_LIMIT:
        return status, f"took all {steps}: {earned}{_remedy(objective, trace, there)}"
    return status, status.words


def way_made(objective: PolicyObjective, trace: Trace, step: int) -> float:
    """How far J at `step` has come from its value at the start to the most that can be earned: 0 to 1; 1 where the
    start already earns that."""
    first, now = (-float(trace.column("loss", at, at + 1)[0]) for at in (0, step))
    room = objective.best - first
    return 1.0 if room <= 1e-9 * max(1.0, abs(objective.best)) else (now - first) / room


def reward_words(objective: PolicyObjective, reward: float) -> str:
    """``J = 0.472, the best policy earns 0.501``; where there is a horizon that is a bound."""
    most = "no policy earns more than" if objective.world.horizon > 1 else "the best policy earns"
    return f"J = {reward:.4g}, {most} {objective.best:.4g}"


def certainty(objective: PolicyObjective, theta: np.ndarray) -> float:
    """The chance of the likeliest action, mean over the states as often as they are visited."""
    worth = objective.evaluation(theta)
    return float(np.average(worth.chances.max(axis=-1), weights=worth.visits))


def _remedy(objective: PolicyObjective, trace: Trace, there: bool) -> str:
    if there:
        return ""
    last, span = trace.last, max(2, trace.last // 5)
    reward = -trace.column("loss", max(0, last - 2 * span))
    rise = float(reward[-span:].mean() - reward[: max(1, len(reward) - span)].mean())
    if rise > _RISE * max(1e-12, objective.best - float(reward[-1])):
        return "; it was still rising. Allow more steps, or raise the learning rate"
    if certainty(objective, trace.row(last).theta) > _SURE:
        return "; the policy has made up its mind for something worse. Lower the learning rate, or start elsewhere"
    if objective.sampled and float(np.std(reward[-span:])) > 0.02 * (objective.best - float(reward[-1])):
        return "; the reward goes up and down. Sample more episodes a step, or lower the learning rate"
    return "; it hardly rises. Raise the learning rate, sample more episodes, or take a rule that adapts its step"
