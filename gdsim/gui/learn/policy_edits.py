"""Edits of a task by the hand as pure functions: cells of a grid, the arms of a bandit. No Qt."""

from __future__ import annotations

from gdsim.errors import SpecError
from gdsim.objectives.policy import Bandit, GridWorld, Policy, tasks, world
from gdsim.objectives.policy.design import FREE, GOAL, START, TRAP, WALL
from gdsim.objectives.policy.world import Cell
from gdsim.session.spec import Problem

CYCLE = (FREE, WALL, TRAP, GOAL)
"""What a click makes of a cell, one after the other."""
_EDITED = ", edited"


def policy_name(problem: Problem, policy: Policy) -> tuple[str, str]:
    """Name and title of an edited policy: the shipped task's while its grid or number of arms is that task's."""
    plain = problem.title.removesuffix(_EDITED)
    known = next((entry for entry in tasks().values() if entry.title == plain), None)
    if known is None:
        return "", problem.title
    if _shape(known.task) == _shape(policy.task):
        return known.name, known.title
    return "", f"{plain}{_EDITED}"


def _shape(task: Bandit | GridWorld) -> object:
    return task.rows if isinstance(task, GridWorld) else len(task.means)


def letter_at(task: GridWorld, cell: Cell) -> str:
    """The letter of a cell (row, column)."""
    return task.rows[cell[0]][cell[1]]


def with_letter(task: GridWorld, cell: Cell, letter: str) -> GridWorld:
    """The grid with another letter in a cell; SpecError where that leaves no start, no goal or no way to it."""
    made = _put(task, cell, letter)
    world(made)
    return made


def next_letter(task: GridWorld, cell: Cell) -> GridWorld:
    """The grid with the next kind of cell that is possible there; SpecError where there is none (the only start)."""
    letter = letter_at(task, cell)
    if letter == START:
        raise SpecError("episodes begin here", where="grid", hint="Drag the start to another cell instead")
    at = CYCLE.index(letter)
    why: SpecError | None = None
    for by in range(1, len(CYCLE)):
        try:
            return with_letter(task, cell, CYCLE[(at + by) % len(CYCLE)])
        except SpecError as error:
            why = why or error
    assert why is not None
    raise why


def moved(task: GridWorld, old: Cell, new: Cell) -> GridWorld:
    """The grid with what is in one cell and in another exchanged; SpecError where that cannot be."""
    made = _put(_put(task, old, letter_at(task, new)), new, letter_at(task, old))
    world(made)
    return made


def _put(task: GridWorld, cell: Cell, letter: str) -> GridWorld:
    row, column = cell
    rows = list(task.rows)
    rows[row] = rows[row][:column] + letter + rows[row][column + 1 :]
    return task.replace(rows=tuple(rows))


def with_mean(task: Bandit, arm: int, mean: float) -> Bandit:
    """The bandit with another mean reward of an arm."""
    return task.replace(means=(*task.means[:arm], mean, *task.means[arm + 1 :]))
