"""The shipped tasks: each can be read, is worth climbing, and does what it says it teaches."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from gdsim.analysis.policy import cloud
from gdsim.engine.policy import policy_stepper, policy_trace
from gdsim.errors import CatalogueError
from gdsim.objectives.policy import Policy, Task, TaskEntry, from_policy, task, tasks
from gdsim.objectives.policy.design import Baseline
from tests.engine import races

each = pytest.mark.parametrize("entry", tasks().values(), ids=tasks())


def learnt(task: Task, rule: str, lr: float, steps: int, episodes: int, baseline: Baseline = "value") -> float:
    """How much of the way from the start's reward to the best one a run covers."""
    objective = from_policy(Policy(task, baseline, episodes))
    trace = policy_trace(objective)
    plan = races.plan_of(rule, objective.start, steps, {"lr": lr})
    policy_stepper(objective, plan, "float64").advance(trace, steps)
    first, last = -trace.row(0).loss, -trace.row(-1).loss
    return float((last - first) / (objective.best - first))


@each
def test_a_task_is_described_and_can_be_climbed(entry: TaskEntry) -> None:
    assert entry.title
    assert entry.source
    assert entry.teaches.endswith(".")
    assert task(entry.name) is entry
    assert learnt(entry.task, "adam", 0.1, 150, 0) > 0.9


def test_an_unknown_task_is_told_with_a_guess() -> None:
    with pytest.raises(CatalogueError, match="classic_grid"):
        task("clasic_grid")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('title = "A"\nsource = "B"\nkind = "bandit"', "'teaches' is missing"),
        ('title = "A"\nsource = "B"\nteaches = "C."\nkind = "maze"', "cannot be read"),
        ('title = "A"\nsource = "B"\nteaches = "C."\nkind = "grid"\nslipp = 1', "slipp"),
        ('title = "A"\nsource = "B"\nteaches = "C."\nkind = "grid"\nrows = 3', "rows"),
    ],
)
def test_a_faulty_entry_is_named(text: str, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "tasks.toml").write_text(f"[task.odd]\n{text}\n", encoding="utf-8")
    monkeypatch.setattr("gdsim.objectives.policy.shipped.resource", tmp_path.joinpath)
    tasks.cache_clear()
    try:
        with pytest.raises(CatalogueError, match="odd") as caught:
            tasks()
    finally:
        tasks.cache_clear()
    assert words in caught.value.message()


def test_well_paying_arms_want_a_baseline() -> None:
    found = cloud(from_policy(Policy(task("high_arms").task, "mean")), np.zeros(3), 1000)
    assert found.ratio < 0.1


def test_plain_ascent_stays_at_the_near_exit_and_adam_turns_round() -> None:
    exits = task("two_exits").task
    objective = from_policy(Policy(exits))
    start = objective.reward(np.zeros(objective.n))
    near = (0.5 - start) / (objective.best - start)
    assert learnt(exits, "gd", 1.0, 600, 0) == pytest.approx(near, abs=0.02)
    assert learnt(exits, "adam", 0.05, 300, 16) > 0.97


def test_the_lake_teaches_nothing_in_most_episodes() -> None:
    objective = from_policy(Policy(task("frozen_lake").task, "none"))
    found = objective.sample_gradients(np.zeros(objective.n), 1000)
    assert 0 < np.mean(np.any(found.gradients != 0, axis=1)) < 0.05
