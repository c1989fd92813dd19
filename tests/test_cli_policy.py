"""Policies on the command line: run, written as CSV, saved, listed; and what is wrong, in words."""

from __future__ import annotations

import csv
import json
import math
from pathlib import Path

import pytest

from gdsim.cli.app import BAD_INPUT, DONE, call, register_all
from gdsim.objectives.policy import tasks
from gdsim.session.documents import load

register_all()


def run(*words: str) -> int:
    return call(["run", *words])


def test_a_run_is_written_with_rewards_and_returns(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path, saved = tmp_path / "run.csv", tmp_path / "run.gdsim"
    words = ["--task", "classic_grid,baseline=value,episodes=16", "--optimizer", "gd,lr=0.5", "--steps", "20"]
    assert run(*words, "--csv", str(path), "--save", str(saved)) == DONE
    shown = capsys.readouterr().out
    assert "The 4 x 3 grid, 16 episodes a step, baseline value" in shown
    assert "the best policy earns 0.5011" in shown.replace("\n", " ")
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0])[:3] == ["racer", "step", "theta[1,1,up]"]
    assert list(rows[0])[-4:] == ["evals", "status", "reward", "mean_return"]
    assert [row["step"] for row in rows] == [str(step) for step in range(21)]
    assert all(float(row["reward"]) == -float(row["loss"]) for row in rows)
    assert all(math.isfinite(float(row["mean_return"])) for row in rows)
    assert rows[-1]["status"] == "step-limit"
    assert float(rows[-1]["reward"]) > float(rows[0]["reward"])
    again = tmp_path / "again.csv"
    assert run(str(saved), "--csv", str(again)) == DONE
    assert again.read_bytes() == path.read_bytes()


def test_the_exact_gradient_has_no_return(tmp_path: Path) -> None:
    path = tmp_path / "run.csv"
    assert run("--task", "three_arms,episodes=0", "--optimizer", "lbfgs", "--steps", "3", "--csv", str(path)) == DONE
    with path.open(newline="") as file:
        assert {row["mean_return"] for row in csv.DictReader(file)} == {""}


def test_the_report_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--task", "three_arms,deviation=0.5", "--optimizer", "adam,lr=0.2", "--steps", "30", "--json") == DONE
    report = json.loads(capsys.readouterr().out)
    (racer,) = report["racers"]
    assert report["best"] == 1.0
    assert report["spec"]["problem"]["policy"]["task"]["deviation"] == 0.5
    assert racer["reward"] == -racer["loss"]
    assert racer["reward"] > 0.6
    assert isinstance(racer["mean_return"], float)
    assert len(racer["theta"]) == len(report["theta_names"]) == 3


def test_the_usual_racers_and_a_rule_of_ones_own(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    saved = tmp_path / "run.gdsim"
    assert run("--task", "bandit:0:1", "--steps", "2", "--save", str(saved)) == DONE
    assert load(saved).labels == ("gd", "adam")
    assert (
        run("--task", "bandit:0:1", "--rule", "step = -g/(norm(g) + 1)", "--steps", "2", "--save", str(saved)) == DONE
    )
    assert load(saved).labels == ("custom",)
    assert run("--task", "grid:S.G", "--start", ",".join(["0.5"] * 8), "--seed", "4", "--steps", "2") == DONE
    capsys.readouterr()


def test_tasks_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert call(["list", "tasks"]) == DONE
    shown = capsys.readouterr().out
    assert all(name in shown for name in tasks())
    assert call(["list", "tasks", "--json"]) == DONE
    listed = json.loads(capsys.readouterr().out)
    assert [entry["name"] for entry in listed] == list(tasks())
    grid = next(entry for entry in listed if entry["name"] == "classic_grid")
    assert (grid["states"], grid["actions"]) == (9, 4)
    assert grid["task"]["rows"] == ["...G", ".#.X", "S..."]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--task", "nope"], "there is no task 'nope'"),
        (["--task", ""], "the task is empty"),
        (["--task", "cliff", "--function", "sphere"], "both say"),
        (["--task", "cliff", "--model", "mlp:3"], "--model belongs to data"),
        (["--task", "cliff", "--batch", "4"], "no data to draw batches from"),
        (["--task", "cliff", "--weights", "w.npz"], "a policy has no weights"),
        (["--task", "classes"], "there is no task 'classes'"),
        (["--task", "cliff", "--dataset", "iris"], "both say what is learnt. Leave one of them out"),
        (["--task", "cliff", "--predict-as", "classes"], "--predict-as belongs to data"),
        (["--task", "cliff,baseline=mean,episodes=1"], "one episode has no others"),
        (["--task", "cliff", "--start", "1,2"], "76 are wanted"),
    ],
)
def test_what_is_wrong_is_said(words: list[str], told: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(*words, "--steps", "2") == BAD_INPUT
    assert told in capsys.readouterr().err
