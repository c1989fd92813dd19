"""What a policy's document can hold, and what each fault in it is called."""

from __future__ import annotations

import math

import msgspec
import numpy as np
import pytest

from gdsim.errors import SpecError
from gdsim.objectives import Objective
from gdsim.objectives.policy import NUMBERS, Bandit, GridWorld, Policy, Task, from_policy, world
from gdsim.objectives.policy.design import MAX_HORIZON, MAX_SIDE
from tests.objectives.policy import policy_oracles as oracles

FAULTS: dict[str, tuple[Task, str, str]] = {
    "no arms": (Bandit(()), "means", "2 to 100"),
    "one arm": (Bandit((1.0,)), "means", "a bandit with 1 arm"),
    "too many arms": (Bandit((0.0,) * 101), "means", "101 arms"),
    "an endless mean": (Bandit((0.0, math.inf)), "arm 2", "out of range"),
    "no number": (Bandit((math.nan, 1.0)), "arm 1", "nan"),
    "negative deviation": (Bandit((0.0, 1.0), -1.0), "deviation", "at least 0"),
    "no rows": (GridWorld(()), "rows", "empty"),
    "empty row": (GridWorld(("", "")), "rows", "empty"),
    "ragged": (GridWorld(("S.G", "..")), "rows", "row 2 has 2 cells, the first one 3"),
    "unknown letter": (GridWorld(("S.G", ".o.")), "rows", "column 2: row 2 has an unknown letter 'o'"),
    "no goal": (GridWorld(("S..", "..X")), "rows", "no goal"),
    "no start": (GridWorld(("..G",)), "rows", "no start"),
    "walled in": (GridWorld(("S#G", "##.")), "rows", "no way leads from the start in row 1, column 1"),
    "behind a trap": (GridWorld(("SXG",)), "rows", "no way leads"),
    "one start walled in": (GridWorld(("S#S", "##G")), "rows", "row 1, column 1"),
    "too tall": (GridWorld(("S",) * MAX_SIDE + ("G",)), "rows", "21 x 1"),
    "too wide": (GridWorld(("S" * MAX_SIDE + "G",)), "rows", "1 x 21"),
    "no discount": (GridWorld(discount=1.0), "discount", "Give a horizon of 1 to 10,000"),
    "hardly a discount": (GridWorld(discount=0.9999), "discount", "so weak a discount"),
    "discount above 1": (GridWorld(discount=1.5, horizon=9), "discount", "at most 1"),
    "slip above 1": (GridWorld(slip=1.2), "slip", "at most 1"),
    "negative slip": (GridWorld(slip=-0.1), "slip", "at least 0"),
    "negative horizon": (GridWorld(horizon=-1), "horizon", "at least 0"),
    "long horizon": (GridWorld(horizon=MAX_HORIZON + 1), "horizon", "at most 10000"),
    "endless goal": (GridWorld(goal=math.inf), "goal", "out of range"),
    "a trap that is no number": (GridWorld(trap=math.nan), "trap", "nan"),
    "endless cost": (GridWorld(cost=-math.inf), "cost", "out of range"),
}


@pytest.mark.parametrize(("task", "where", "words"), FAULTS.values(), ids=FAULTS)
def test_a_task_that_cannot_be_is_refused_in_words(task: Task, where: str, words: str) -> None:
    with pytest.raises(SpecError) as caught:
        world(task)
    assert caught.value.where == where
    assert words in caught.value.message()
    assert caught.value.hint


@pytest.mark.parametrize(
    ("policy", "where"),
    [
        (Policy(Bandit((1.0,))), "means"),
        (Policy(episodes=-1), "episodes"),
        (Policy(episodes=10_001), "episodes"),
        (Policy(GridWorld(horizon=10_000), episodes=1001), "episodes"),
        (Policy(seed=-1), "seed"),
        (Policy(baseline="median"), "baseline"),  # type: ignore[arg-type]
        (Policy(baseline="mean", episodes=1), "baseline"),
    ],
)
def test_a_policy_that_cannot_be_is_refused(policy: Policy, where: str) -> None:
    with pytest.raises(SpecError) as caught:
        from_policy(policy)
    assert caught.value.where == where
    assert caught.value.hint


@pytest.mark.parametrize("task", oracles.TASKS.values(), ids=oracles.TASKS)
def test_a_document_comes_back_as_it_went(task: Task) -> None:
    policy = Policy(task, "mean", 7, 3)
    assert msgspec.json.decode(msgspec.json.encode(policy), type=Policy) == policy
    assert msgspec.convert(msgspec.to_builtins(policy), Policy) == policy


def test_coordinates_are_named_by_place_and_action() -> None:
    grid = from_policy(Policy(GridWorld(("S#G", ".."[:1] + "..")), baseline="none"))
    assert grid.n == 16
    assert grid.coordinates[:5] == ("theta[1,1,up]", "theta[1,1,right]", "theta[1,1,down]", "theta[1,1,left]",
                                    "theta[2,1,up]")  # fmt: skip
    assert len(set(grid.coordinates)) == grid.n
    bandit = from_policy(Policy(Bandit()))
    assert bandit.coordinates == ("theta[1]", "theta[2]", "theta[3]")


def test_it_is_an_objective_that_starts_with_every_action_alike() -> None:
    objective = from_policy(Policy())
    assert isinstance(objective, Objective)
    assert objective.formula is None
    assert objective.start == (0.0,) * objective.n
    assert objective.domain == ((-3.0, 3.0),) * objective.n
    np.testing.assert_array_equal(objective.evaluation(np.array(objective.start)).chances, 0.25)
    assert objective.sampled
    assert not from_policy(Policy(episodes=0)).sampled
    with pytest.raises(SpecError, match="coordinates"):
        objective.value(np.zeros(3))


def test_every_number_is_declared_once_and_its_default_is_the_documents() -> None:
    for document in (Bandit(), GridWorld(), Policy()):
        for name in type(document).__struct_fields__:
            if name in NUMBERS:
                assert getattr(document, name) == NUMBERS[name].default
                assert NUMBERS[name].doc


def test_the_largest_grid_works() -> None:
    rows = ("S" + "." * (MAX_SIDE - 1), *("." * MAX_SIDE for _ in range(MAX_SIDE - 2)), "." * (MAX_SIDE - 1) + "G")
    objective = from_policy(Policy(GridWorld(rows), episodes=8))
    loss, gradient = objective.value_gradient(np.zeros(objective.n))
    assert np.isfinite(loss)
    assert gradient.shape == (4 * (MAX_SIDE**2 - 1),)
    direction = np.random.default_rng(0).normal(size=objective.n)
    h = 1e-5
    difference = (objective.gradient(h * direction) - objective.gradient(-h * direction)) / (2 * h)
    np.testing.assert_allclose(objective.hvp(np.zeros(objective.n), direction), difference, rtol=1e-4, atol=1e-9)
    assert objective.stochastic(np.zeros(objective.n), 0)[1].shape == gradient.shape
