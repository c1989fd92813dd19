"""What is shown of a policy at the cursor, made in the engine thread."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gdsim.analysis.policy_state import Clouds, PolicyState, clouds_at, policy_state
from gdsim.objectives.policy import PolicyObjective

if TYPE_CHECKING:
    from gdsim.gui.learn.parts import Context

_LIGHT = 700
"""Numbers of theta times moves of an episode below which the clouds follow the run as it plays."""


def policy(context: Context) -> PolicyState:
    """The policy at the cursor, with the episode that was asked for."""
    seed = context.history.spec.seed
    return policy_state(context.objective, context.theta, context.step, seed, context.choice.episode)


def light(objective: Any) -> bool:
    """Whether the clouds take a blink only."""
    return isinstance(objective, PolicyObjective) and objective.n * objective.world.depth < _LIGHT


def policy_clouds(history: Any, racer: int, step: int, cancel: Any) -> Clouds | None:
    """The clouds of gradients at the cursor; None where theta is not finite."""
    row = history.row(racer, step)
    return clouds_at(history.objective, row.theta, row.gradient, row.step, history.spec.seed, cancel=cancel)


POLICY_PARTS = {"policy": policy}
