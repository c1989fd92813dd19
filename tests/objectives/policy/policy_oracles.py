"""Tasks to test on, and their dynamics written down a second time, from the letters of the grid."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any

import autograd.numpy as anp
import numpy as np

from gdsim.objectives.policy import Bandit, GridWorld, Task

SMALL = GridWorld(("S.G", ".#X"), slip=0.3, discount=0.9)
TASKS: dict[str, Task] = {
    "two_arms": Bandit((1.0, -0.5), 0.3),
    "bandit": Bandit((0.2, -1.0, 0.9, 0.5), 0.7),
    "high_bandit": Bandit((5.0, 5.2, 4.8), 0.5),
    "certain_bandit": Bandit((3.0, 1.0, 2.0), 0.0),
    "classic": GridWorld(),
    "small": SMALL,
    "no_slip": SMALL.replace(slip=0.0),
    "all_sideways": SMALL.replace(slip=1.0),
    "short": SMALL.replace(horizon=5, discount=1.0),
    "one_move": GridWorld(("SG", "X."), horizon=1, discount=1.0),
    "fading_horizon": GridWorld(horizon=12, discount=0.8),
    "greedy": GridWorld(("SG", "X."), discount=0.0),
    "two_starts": GridWorld(("S.G", "..X", "SX."), goal=2.0, trap=-3.0, cost=0.1, discount=0.7),
}

AHEAD = {"up": (-1, 0), "right": (0, 1), "down": (1, 0), "left": (0, -1)}
SIDES = {"up": ("left", "right"), "down": ("left", "right"), "left": ("up", "down"), "right": ("up", "down")}
ORDER = ("up", "right", "down", "left")

Place = tuple[int, int]


def letters(task: GridWorld) -> dict[Place, str]:
    """The grid as a table."""
    return {(i, j): letter for i, row in enumerate(task.rows) for j, letter in enumerate(row)}


def free(task: GridWorld) -> list[Place]:
    """The cells that have a policy, row by row."""
    return [place for place, letter in letters(task).items() if letter in ".S"]


def outcomes(task: GridWorld, place: Place, action: str) -> Iterator[tuple[float, Place, float, bool]]:
    """(chance, next cell, reward, whether the episode ends) of a move."""
    grid = letters(task)
    ways = [(1 - task.slip, action), *((task.slip / 2, side) for side in SIDES[action])]
    for chance, way in ways:
        to = (place[0] + AHEAD[way][0], place[1] + AHEAD[way][1])
        if grid.get(to, "#") == "#":
            to = place
        reward = {"G": task.goal, "X": task.trap}.get(grid[to], 0.0) - task.cost
        yield chance, to, reward, grid[to] in "GX"


def tables(task: Task) -> tuple[Any, Any, Any, float]:
    """(T (S, A, S), R (S, A), start (S,), gamma) from the grid; a bandit is a grid of one cell that always ends."""
    if isinstance(task, Bandit):
        k = len(task.means)
        return np.zeros((1, k, 1)), np.array([task.means]), np.ones(1), 1.0
    cells = free(task)
    moves, pay = np.zeros((len(cells), 4, len(cells))), np.zeros((len(cells), 4))
    for s, cell in enumerate(cells):
        for a, action in enumerate(ORDER):
            for chance, to, reward, over in outcomes(task, cell, action):
                pay[s, a] += chance * reward
                if not over:
                    moves[s, a, cells.index(to)] += chance
    begin = np.array([float(letters(task)[cell] == "S") for cell in cells])
    return moves, pay, begin / begin.sum(), task.discount


def horizon(task: Task) -> int:
    """Moves of an episode, 0 for no limit."""
    return 1 if isinstance(task, Bandit) else task.horizon


def reward(task: Task) -> Callable[[Any], Any]:
    """J(theta) for autograd: a linear system, or a sum over time."""
    moves, pay, begin, gamma = tables(task)
    states, actions = pay.shape

    def of(theta: Any) -> Any:
        table = anp.reshape(theta, (states, actions))
        raised = anp.exp(table - anp.max(table, axis=1, keepdims=True))
        pi = raised / anp.sum(raised, axis=1, keepdims=True)
        under, earned = anp.einsum("sa,sat->st", pi, moves), anp.sum(pi * pay, axis=1)
        if not horizon(task):
            return anp.dot(begin, anp.linalg.solve(anp.eye(states) - gamma * under, earned))
        total, chances = 0.0, begin
        for t in range(horizon(task)):
            total = total + gamma**t * anp.dot(chances, earned)
            chances = anp.dot(chances, under)
        return total

    return of


def reward_of_all_trajectories(task: GridWorld) -> Callable[[Any], Any]:
    """J(theta) for autograd as the sum over every trajectory of its probability times its discounted reward."""
    cells = free(task)
    starts = [cell for cell in cells if letters(task)[cell] == "S"]

    def of(theta: Any) -> Any:
        table = anp.reshape(theta, (len(cells), 4))
        log_pi = table - anp.log(anp.sum(anp.exp(table), axis=1, keepdims=True))
        total: Any = 0.0
        # (cell, log of the policy's part of the probability, the world's part, reward so far, moves so far)
        open_ = [(cell, 0.0, 1.0 / len(starts), 0.0, 0) for cell in starts]
        while open_:
            cell, log_chance, chance, earned, t = open_.pop()
            for a, action in enumerate(ORDER):
                chosen = log_chance + log_pi[cells.index(cell), a]
                for share, to, pay, over in outcomes(task, cell, action):
                    if share == 0.0:
                        continue
                    sum_ = earned + task.discount**t * pay
                    if over or t + 1 == task.horizon:
                        total = total + anp.exp(chosen) * chance * share * sum_
                    else:
                        open_.append((to, chosen, chance * share, sum_, t + 1))
        return total

    return of


def points(n: int, count: int = 3, scale: float = 1.5) -> list[Any]:
    """Random thetas, 0 first."""
    draw = np.random.default_rng(n)
    return [np.zeros(n), *(scale * draw.standard_normal(n) for _ in range(count - 1))]


def normal_tail(z: float) -> float:
    """Chance that a standard normal number lies further out than z on either side."""
    return math.erfc(z / math.sqrt(2))
