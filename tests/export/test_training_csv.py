"""Training runs as CSV: the columns of the contract, numbers to the last bit, weights where they are asked for."""

from __future__ import annotations

import csv
import math
from pathlib import Path

import pytest

from gdsim.errors import Cancelled
from gdsim.export.csv import header, write_csv
from gdsim.session.history import History
from gdsim.session.make_training import training_spec
from gdsim.session.runner import Runner


def trained(**words: object) -> History:
    return Runner(training_spec(backend="numpy", **words)).run()  # type: ignore[arg-type]


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def history() -> History:
    return trained(dataset="spiral", model="mlp:4,3", epochs=3, batch=40, racers=["adam,lr=0.02", "gd", "adam"])


def test_the_columns_are_the_contracts(history: History, tmp_path: Path) -> None:
    write_csv(history, tmp_path / "run.csv")
    rows = rows_of(tmp_path / "run.csv")
    first = ["racer", "step", "epoch", "samples", "loss", "test_loss", "accuracy", "test_accuracy", "grad_norm",
             "grad_norm_layer1", "grad_norm_layer2", "grad_norm_layer3", "lr", "status"]  # fmt: skip
    names = list(rows[0])
    assert names[: len(first)] == first
    assert names[len(first) : len(first) + 2] == ["train_loss", "evals"]
    assert names[len(first) + 2 :] == list(history.objective.coordinates) if history.objective.n <= 32 else True
    steps = history.spec.steps
    assert steps == 3 * 7
    assert [(row["racer"], row["step"]) for row in rows] == [
        (label, str(k)) for label in ("adam", "gd", "adam#2") for k in range(steps + 1)
    ]
    assert all(math.isfinite(float(row["loss"])) for row in rows)


def test_every_number_is_the_recorded_one(history: History, tmp_path: Path) -> None:
    write_csv(history, tmp_path / "run.csv")
    rows = rows_of(tmp_path / "run.csv")
    for index, label in enumerate(history.labels):
        own = [row for row in rows if row["racer"] == label]
        for name in ("epoch", "samples", "loss", "grad_norm", "grad_norm_layer2", "lr", "evals"):
            assert [float(row[name]) for row in own] == history.column(index, name).tolist()
        for name in ("test_loss", "accuracy", "test_accuracy", "train_loss"):
            there = [k for k, row in enumerate(own) if row[name]]
            assert there == [0, 7, 14, 21]
            assert [float(own[k][name]) for k in there] == history.column(index, name)[there].tolist()
        assert {row["status"] for row in own[:-1]} == {"running"}
        assert own[-1]["status"] == "step-limit"
        for row in own:
            layers = [float(row[f"grad_norm_layer{k}"]) for k in (1, 2, 3)]
            assert math.hypot(*layers) == pytest.approx(float(row["grad_norm"]), rel=1e-12)
    assert [int(row["samples"]) for row in rows[:9]] == [0, 40, 80, 120, 160, 200, 240, 250, 290]


def test_small_models_show_their_weights_by_name(tmp_path: Path) -> None:
    history = trained(dataset="line", model="linear", steps=5)
    write_csv(history, tmp_path / "line.csv")
    rows = rows_of(tmp_path / "line.csv")
    assert list(rows[0])[-2:] == ["m", "b"]
    assert [[float(row["m"]), float(row["b"])] for row in rows] == history.theta(0).tolist()
    named = trained(dataset="plane", model="linear", steps=2)
    write_csv(named, tmp_path / "plane.csv")
    assert list(rows_of(tmp_path / "plane.csv")[0])[-3:] == ["w1[1,1]", "w1[1,2]", "b1[1]"]


@pytest.mark.parametrize(("model", "norm"), [("mlp:3", "none"), ("mlp:4", "batch"), ("mlp:6,5", "batch")])
def test_weights_of_every_row(tmp_path: Path, model: str, norm: str) -> None:
    racers = ["adam", "momentum,noise=0.1"]
    history = trained(dataset="moons", model=model, norm=norm, steps=260, batch=50, racers=racers)
    write_csv(history, tmp_path / "run.csv", weights=True)
    rows = rows_of(tmp_path / "run.csv")
    n = history.objective.n
    assert list(rows[0])[-n:] == [f"w{k}" for k in range(n)]
    for index, label in enumerate(history.labels):
        own = [row for row in rows if row["racer"] == label]
        for step in (0, 1, 37, 256, 260):
            theta, _ = history.weights(index, step)
            assert [float(own[step][f"w{k}"]) for k in range(n)] == theta.tolist()


def test_regressions_have_no_accuracy_and_all_data_no_test(tmp_path: Path) -> None:
    history = trained(dataset="sine", model="mlp:4", epochs=2, share=1.0)
    write_csv(history, tmp_path / "run.csv")
    for row in rows_of(tmp_path / "run.csv"):
        assert row["accuracy"] == row["test_accuracy"] == row["test_loss"] == ""


def test_a_diverged_run_ends_with_what_it_was(tmp_path: Path) -> None:
    history = trained(dataset="line", model="linear", batch="full", steps=4000, racers=["gd,lr=1"])
    write_csv(history, tmp_path / "run.csv")
    rows = rows_of(tmp_path / "run.csv")
    assert rows[-1]["status"] == "diverged"
    assert rows[-1]["loss"] in ("inf", "nan")
    assert rows[-1]["train_loss"] in ("inf", "nan")


def test_labels_are_quoted_and_nothing_is_left_when_stopped(tmp_path: Path) -> None:
    spec = training_spec("moons", steps=3, backend="numpy")
    spec = spec.replace(racers=(spec.racers[0].replace(label='say "a,b"'),))
    history = Runner(spec).run()
    write_csv(history, tmp_path / "run.csv")
    assert rows_of(tmp_path / "run.csv")[0]["racer"] == 'say "a,b"'

    class Set:
        def is_set(self) -> bool:
            return True

    with pytest.raises(Cancelled):
        write_csv(history, tmp_path / "other.csv", Set())
    assert [each.name for each in tmp_path.iterdir()] == ["run.csv"]


def test_the_header_is_there_before_anything_ran() -> None:
    from gdsim.engine.select import backend
    from gdsim.session.resolve import objective_of, plans_of

    spec = training_spec("moons", steps=3)
    empty = History(spec, objective_of(spec), plans_of(spec), backend("numpy"))
    assert header(empty).startswith("racer,step,epoch,samples,loss,")
