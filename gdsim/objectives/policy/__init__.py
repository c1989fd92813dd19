"""Policies: the expected reward of a bandit's or a grid world's softmax policy as an objective, exact and sampled."""

from __future__ import annotations

from gdsim.objectives.policy.design import (
    BASELINES,
    CELLS,
    NUMBERS,
    Bandit,
    Baseline,
    GridWorld,
    Policy,
    Task,
)
from gdsim.objectives.policy.episodes import Episodes
from gdsim.objectives.policy.exact import Evaluation, softmax
from gdsim.objectives.policy.objective import Estimate, PolicyObjective, from_policy
from gdsim.objectives.policy.shipped import TaskEntry, task, tasks
from gdsim.objectives.policy.world import MOVES, World, world

__all__ = [
    "BASELINES",
    "CELLS",
    "MOVES",
    "NUMBERS",
    "Bandit",
    "Baseline",
    "Episodes",
    "Estimate",
    "Evaluation",
    "GridWorld",
    "Policy",
    "PolicyObjective",
    "Task",
    "TaskEntry",
    "World",
    "from_policy",
    "softmax",
    "task",
    "tasks",
    "world",
]
