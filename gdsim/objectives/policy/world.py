"""A task as a Markov decision process: states, actions, where they lead, what they pay."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gdsim.errors import SpecError
from gdsim.objectives.policy.design import (
    CELLS,
    GOAL,
    MAX_ARMS,
    MAX_HORIZON,
    MAX_SIDE,
    NUMBERS,
    START,
    TRAP,
    WALL,
    Bandit,
    GridWorld,
    Task,
)

Floats = NDArray[np.float64]
Cell = tuple[int, int]

MOVES: tuple[tuple[str, Cell], ...] = (("up", (-1, 0)), ("right", (0, 1)), ("down", (1, 0)), ("left", (0, -1)))
"""The actions of a grid, as (name, (rows down, columns to the right))."""
NEGLIGIBLE = 1e-6
"""Without a horizon, sampled episodes are cut where a reward's discount has fallen below this."""


@dataclass(frozen=True, eq=False)
class World:
    """A task with S states to act in, A actions, K outcomes of each.

    Attributes:
        task: what it was made from.
        cells: (row, column) of every state, counted from 0; one for a bandit.
        actions: their names.
        start: (S,) chance that an episode begins there.
        targets: (S, A, K) the state that an outcome leads to; S for the end of the episode.
        places: (S, A, K, 2) the cell that it leads to, goals and traps included.
        chances: (K,) of the outcomes, the same for every action.
        rewards: (S, A, K) mean reward of an outcome.
        deviation: standard deviation of every reward.
        discount: gamma.
        horizon: moves after which an episode ends; 0 for none.
    """

    task: Task
    cells: tuple[Cell, ...]
    actions: tuple[str, ...]
    start: Floats
    targets: NDArray[np.int64]
    places: NDArray[np.int64]
    chances: Floats
    rewards: Floats
    deviation: float
    discount: float
    horizon: int

    @property
    def shape(self) -> tuple[int, int]:
        """(S, A): theta has a number for every action in every state, state by state."""
        return len(self.cells), len(self.actions)

    @property
    def size(self) -> int:
        """How many numbers theta has."""
        return len(self.cells) * len(self.actions)

    @property
    def depth(self) -> int:
        """Moves that a sampled episode may last: the horizon, or until discounts are negligible."""
        if self.horizon:
            return self.horizon
        if self.discount == 0.0:
            return 1
        return math.ceil(math.log(NEGLIGIBLE) / math.log(self.discount))

    @cached_property
    def state_of(self) -> dict[Cell, int]:
        """The number of the state in a cell; walls, goals and traps have none."""
        return {cell: state for state, cell in enumerate(self.cells)}

    @cached_property
    def transitions(self) -> Floats:
        """(S, A, S) chance to get from a state by an action to another; what is missing to 1 ends the episode."""
        states, actions = self.shape
        found = np.zeros((states, actions, states + 1))
        for k, chance in enumerate(self.chances):
            s, a = np.ogrid[:states, :actions]
            np.add.at(found, (s, a, self.targets[:, :, k]), chance)
        return np.ascontiguousarray(found[:, :, :states])

    @cached_property
    def expected(self) -> Floats:
        """(S, A) expected reward of an action."""
        return np.asarray(self.rewards @ self.chances)

    def names(self) -> tuple[str, ...]:
        """A name per number of theta: theta[2,3,up] (row 2, column 3, from 1), or theta[2] for the second arm."""
        if isinstance(self.task, Bandit):
            return tuple(f"theta[{arm}]" for arm in range(1, len(self.actions) + 1))
        return tuple(f"theta[{row + 1},{column + 1},{action}]" for row, column in self.cells for action in self.actions)


def world(task: Task) -> World:
    """The decision process of a task.

    Raises:
        SpecError: a number out of range, fewer than two arms, a grid that is ragged, too large, without start or goal,
            with an unknown letter or no way to a goal, no discount where there is no horizon.
    """
    return _bandit(task) if isinstance(task, Bandit) else _grid(task)


def checked(name: str, value: float, where: str = "") -> float:
    """`value`, or a SpecError when it is out of the range that `NUMBERS` declares; `where` replaces the name."""
    try:
        number: Any = NUMBERS[name].check(value)
    except SpecError as error:
        raise SpecError(error.what, where=where or name, hint=error.hint) from error
    return float(number)


def _bandit(task: Bandit) -> World:
    arms = len(task.means)
    if not 2 <= arms <= MAX_ARMS:
        have = "1 arm" if arms == 1 else f"{arms} arms"
        raise SpecError(f"a bandit with {have}", where="means", hint=f"Give 2 to {MAX_ARMS} mean rewards")
    means = [checked("mean", mean, f"arm {arm}") for arm, mean in enumerate(task.means, 1)]
    return World(
        task=task,
        cells=((0, 0),),
        actions=tuple(f"arm {arm}" for arm in range(1, arms + 1)),
        start=np.ones(1),
        targets=np.ones((1, arms, 1), dtype=np.int64),
        places=np.zeros((1, arms, 1, 2), dtype=np.int64),
        chances=np.ones(1),
        rewards=np.array(means).reshape(1, arms, 1),
        deviation=checked("deviation", task.deviation),
        discount=1.0,
        horizon=1,
    )


def _grid(task: GridWorld) -> World:
    for name in ("goal", "trap", "cost", "slip", "discount", "horizon"):
        checked(name, getattr(task, name))
    _check_discount(task)
    _check_rows(task.rows)
    letters = {(r, c): letter for r, row in enumerate(task.rows) for c, letter in enumerate(row)}
    cells = tuple(cell for cell, letter in letters.items() if letter not in (WALL, GOAL, TRAP))
    state_of = {cell: state for state, cell in enumerate(cells)}
    prize = {GOAL: task.goal, TRAP: task.trap}
    targets = np.empty((len(cells), len(MOVES), 3), dtype=np.int64)
    places = np.empty((*targets.shape, 2), dtype=np.int64)
    rewards = np.empty(targets.shape)
    for state, cell in enumerate(cells):
        for action in range(len(MOVES)):
            for k, turn in enumerate((0, -1, 1)):
                to = _ahead(letters, cell, (action + turn) % len(MOVES))
                places[state, action, k] = to
                targets[state, action, k] = state_of.get(to, len(cells))
                rewards[state, action, k] = prize.get(letters[to], 0.0) - task.cost
    begins = np.array([letters[cell] == START for cell in cells], dtype=np.float64)
    found = World(
        task=task,
        cells=cells,
        actions=tuple(name for name, _ in MOVES),
        start=begins / begins.sum(),
        targets=targets,
        places=places,
        chances=np.array([1.0 - task.slip, task.slip / 2, task.slip / 2]),
        rewards=rewards,
        deviation=0.0,
        discount=task.discount,
        horizon=task.horizon,
    )
    _check_way(found, letters)
    return found


def _ahead(letters: dict[Cell, str], cell: Cell, action: int) -> Cell:
    """Where a move leads: the next cell, or the same one where there is a wall or the rim."""
    down, right = MOVES[action][1]
    to = (cell[0] + down, cell[1] + right)
    return cell if letters.get(to, WALL) == WALL else to


def _check_discount(task: GridWorld) -> None:
    if task.horizon:
        return
    largest = NEGLIGIBLE ** (1.0 / MAX_HORIZON)
    if task.discount > largest:
        what = "without a horizon rewards need a discount" if task.discount == 1.0 else "so weak a discount"
        most = math.floor(largest * 1e3) / 1e3
        hint = f"Give a horizon of 1 to {MAX_HORIZON:,} moves, or a discount of at most {most:g}"
        raise SpecError(what, where="discount", hint=hint)


def _check_rows(rows: tuple[str, ...]) -> None:
    """SpecError unless the letters are a rectangle with a start and a goal."""
    where = "rows"
    if not rows or not rows[0]:
        raise SpecError("the grid is empty", where=where, hint=f"Write rows of {' '.join(CELLS)}")
    for number, row in enumerate(rows, 1):
        if len(row) != len(rows[0]):
            what = f"row {number} has {len(row)} cells, the first one {len(rows[0])}"
            raise SpecError(what, where=where, hint="Make all rows equally long; # is a wall")
        for column, letter in enumerate(row, 1):
            if letter not in CELLS:
                known = ", ".join(f"{each} ({words.split(':')[0]})" for each, words in CELLS.items())
                what = f"row {number} has an unknown letter {letter!r}"
                raise SpecError(what, where=where, column=column, hint=f"There are {known}")
    if len(rows) > MAX_SIDE or len(rows[0]) > MAX_SIDE:
        what = f"a grid of {len(rows)} x {len(rows[0])} cells is too large"
        raise SpecError(what, where=where, hint=f"Use at most {MAX_SIDE} x {MAX_SIDE}")
    for letter, word in ((START, "start"), (GOAL, "goal")):
        if not any(letter in row for row in rows):
            raise SpecError(f"the grid has no {word}", where=where, hint=f"Put {letter} into a cell")


def _check_way(found: World, letters: dict[Cell, str]) -> None:
    """SpecError unless moves can lead from every start to a goal."""
    way: dict[Cell, list[Cell]] = {}
    for cell in found.cells:
        for action in range(len(MOVES)):
            way.setdefault(_ahead(letters, cell, action), []).append(cell)
    reached = {cell for cell, letter in letters.items() if letter == GOAL}
    queue = list(reached)
    while queue:
        for cell in way.get(queue.pop(), []):
            if cell not in reached:
                reached.add(cell)
                queue.append(cell)
    for (row, column), letter in letters.items():
        if letter == START and (row, column) not in reached:
            what = f"no way leads from the start in row {row + 1}, column {column + 1} to a goal"
            raise SpecError(what, where="rows", hint="Open a wall, or move the start or the goal")
