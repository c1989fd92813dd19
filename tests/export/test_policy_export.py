"""What goes out of a policy's run: a script that takes the same steps, words that make it, a picture."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from PySide6.QtGui import QImage

from gdsim.errors import ExportError
from gdsim.export.command import command_line, python_call
from gdsim.export.csv import write_csv
from gdsim.export.picture import write_picture
from gdsim.export.script import write_script
from gdsim.objectives.policy import GridWorld
from gdsim.session.opening import opening_policy_spec
from gdsim.session.policy import policy_problem, policy_spec
from gdsim.session.runner import Runner
from gdsim.session.spec import Change, RunSpec

MOVES = ["gd,lr=1,noise=0.1", "adam,lr=0.2,clip=0.5,schedule=cosine"]
RUNS = {
    "grid": policy_spec("classic_grid,baseline=mean,episodes=4", racers=MOVES, steps=9, seed=3),
    "horizon": policy_spec("cliff,episodes=3", racers=["momentum,lr=0.3"], steps=6),
    "bandit": policy_spec("ten_arms,baseline=none", racers=MOVES, steps=12),
    "exact": policy_spec("two_exits,episodes=0", racers=["gd,lr=2", "lbfgs"], steps=7, tolerance=1e-9),
    "started": policy_spec("three_arms,seed=5", racers=["gd,lr=0.5"], start=(0.5, -0.5, 0.0), steps=4, target=-0.9),
}


@pytest.mark.parametrize("name", RUNS)
def test_the_script_takes_the_same_steps(name: str, tmp_path: Path) -> None:
    spec, script, ours, theirs = RUNS[name], tmp_path / "run.py", tmp_path / "ours.csv", tmp_path / "theirs.csv"
    spec = spec.with_change(Change(2, 0, "lr", 0.25))
    history = Runner(spec).run()
    write_csv(history, ours)
    write_script(spec, script)
    answer = subprocess.run(
        [sys.executable, "-I", str(script), str(theirs)], capture_output=True, text=True, check=False
    )
    assert answer.returncode == 0, answer.stderr
    for label in spec.labels:
        loss = history.loss(label).tolist()
        told = f"{label}: {history.status(label).value} after {len(loss) - 1} steps, reward {-loss[-1]!r}"
        assert told in answer.stdout
    assert theirs.read_text() == ours.read_text()


@pytest.mark.parametrize("spec", [*RUNS.values(), opening_policy_spec()], ids=[*RUNS, "opening"])
def test_words_make_the_run_again(spec: RunSpec) -> None:
    command, call = command_line(spec), python_call(spec)
    assert command.startswith("gdsim run --task ")
    assert call.startswith("import gdsim\n\nresult = gdsim.climb(\n")
    assert f"--steps {spec.steps}" in command
    assert f"    steps={spec.steps}," in call


def test_an_edited_grid_is_written_out() -> None:
    spec = opening_policy_spec()
    grid = spec.problem.policy.task
    assert isinstance(grid, GridWorld)
    policy = spec.problem.policy.replace(task=grid.replace(rows=("..G", "S.X"), slip=0.3))
    edited = spec.replace(problem=policy_problem(policy, "", "The 4 x 3 grid, edited"))
    assert "--task grid:..G/S.X,slip=0.3" in command_line(edited)
    with pytest.raises(ExportError, match="mid-run"):
        command_line(edited.with_change(Change(2, 0, "lr", 0.25)))


@pytest.mark.parametrize("name", ["grid", "bandit", "horizon"])
def test_the_picture_is_written(name: str, tmp_path: Path) -> None:
    history = Runner(RUNS[name]).run()
    write_picture(history, tmp_path / "run.png", size=(900, 600), theme="dark")
    image = QImage(str(tmp_path / "run.png"))
    assert (image.width(), image.height()) == (900, 600)
    assert len({image.pixel(x, y) for x in range(0, 900, 7) for y in range(0, 600, 7)}) > 20
    write_picture(history, tmp_path / "run.svg")
    text = (tmp_path / "run.svg").read_text(encoding="utf-8")
    assert "<svg" in text
    assert "step-limit" in text
    assert "[problem.policy.task]" in text  # the document in its description
