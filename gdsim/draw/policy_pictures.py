"""A policy at one theta as the pictures that show it: its grid or its arms, and its clouds of gradients."""

from __future__ import annotations

import numpy as np

from gdsim.analysis.policy_state import Clouds, PolicyState
from gdsim.draw.bandit import Bandit
from gdsim.draw.gradient_cloud import Batches, GradientCloud
from gdsim.draw.grid_world import Cell, GridWorld
from gdsim.draw.learn_colours import sign_colour
from gdsim.draw.theme import Theme
from gdsim.objectives.policy import Bandit as BanditTask
from gdsim.objectives.policy import GridWorld as GridTask
from gdsim.objectives.policy import PolicyObjective, Task
from gdsim.objectives.policy.design import GOAL, START, TRAP, WALL

_CELLS = {WALL: Cell.WALL, GOAL: Cell.GOAL, TRAP: Cell.PIT}


def starts_of(task: GridTask) -> list[tuple[int, int]]:
    """The cells (row, column) in which episodes begin."""
    return [(r, c) for r, row in enumerate(task.rows) for c, letter in enumerate(row) if letter == START]


def grid_of(task: GridTask, state: PolicyState | None = None) -> GridWorld:
    """The grid world as it is painted; without a state its cells alone.

    The state may be that of the grid before an edit: cells that were none then have no arrows yet.
    """
    cells = np.array([[_CELLS.get(letter, Cell.FREE) for letter in row] for row in task.rows], dtype=np.int64)
    start = starts_of(task)[0]
    if state is None:
        return GridWorld(cells, start=start)
    policy, values = np.zeros((*cells.shape, 4)), np.full(cells.shape, np.nan)
    places = tuple(np.array(state.objective.world.cells).T)
    policy[places], values[places] = state.worth.chances, state.worth.values
    path = None if state.episode is None else np.array(state.episode.cells)
    return GridWorld(cells, policy, values, start, path)


def bandit_of(task: BanditTask, state: PolicyState | None = None) -> Bandit:
    """The arms as they are painted; without a state their means alone."""
    means = np.array(task.means)
    if state is None:
        return Bandit(means, estimates=means)
    return Bandit(means, state.estimates, state.worth.chances[0], state.pulls)


def cloud_of(clouds: Clouds, theme: Theme) -> GradientCloud:
    """The clouds without and with a baseline, the exact gradient, and the one that the run's step takes."""
    names = {"none": "no baseline", "mean": "mean", "value": "value"}
    batches = tuple(
        Batches(1, points, names[baseline], sign_colour(theme, -1.0 if baseline == "none" else 1.0))
        for baseline, points in clouds.clouds.items()
    )
    full = np.array([clouds.exact, 0.0])
    return GradientCloud(full, batches, ("along ∇J", "across"), clouds.step, "exact ∇J")


def title_words(objective: PolicyObjective) -> str:
    """How a step's gradient is had: ``16 episodes a step, value baseline``."""
    policy = objective.policy
    if not policy.episodes:
        return "exact gradient"
    count = f"{policy.episodes:,} episode{'s' if policy.episodes > 1 else ''} a step"
    return f"{count}, no baseline" if policy.baseline == "none" else f"{count}, {policy.baseline} baseline"


def kind_of(task: Task, cell: tuple[int, int]) -> str:
    """What a cell of a grid is, in words."""
    assert isinstance(task, GridTask)
    letter = task.rows[cell[0]][cell[1]]
    known = {WALL: "Wall", GOAL: f"Goal: pays {task.goal:g}", TRAP: f"Trap: pays {task.trap:g}", START: "Start"}
    return known.get(letter, "Cell")
