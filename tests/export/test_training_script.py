"""Scripts of training runs stand on their own and take the same steps: every activation, loss, optimizer, schedule."""

from __future__ import annotations

import csv
import subprocess
import sys
import types
from pathlib import Path

import numpy as np
import pytest

from gdsim import catalogue
from gdsim.export.csv import write_csv
from gdsim.export.script import script_text, write_script
from gdsim.session.history import History
from gdsim.session.make_training import training_spec
from gdsim.session.runner import Runner
from gdsim.session.spec import Change, RunSpec

NUMBERS = ("loss", "train_loss", "test_loss", "accuracy", "test_accuracy", "grad_norm", "lr", "epoch", "samples")


def race(spec: RunSpec) -> tuple[History, types.ModuleType]:
    """The run by the reference backend, and the script as a module."""
    history = Runner(spec.replace(backend="numpy")).run()
    text = script_text(spec)
    assert "import gdsim" not in text
    assert "from gdsim" not in text
    module = types.ModuleType("exported_training")
    sys.modules["exported_training"] = module  # dataclasses look their module up
    exec(compile(text, "script.py", "exec"), vars(module))  # noqa: S102  (our own text, in a test)
    return history, module


def check(spec: RunSpec, numbers: tuple[str, ...] = NUMBERS) -> None:
    history, module = race(spec)
    for index, label in enumerate(history.labels):
        rows, status = module.race(module.RACERS[index])
        assert status == history.status(index).value, label
        assert len(rows) == history.traces[index].published
        for name in numbers:
            ours, theirs = history.column(index, name), np.array([row[name] for row in rows], dtype=float)
            assert np.allclose(theirs, ours, rtol=1e-9, atol=1e-12, equal_nan=True), (label, name)


@pytest.mark.parametrize("name", list(catalogue.activations()))
def test_every_activation(name: str) -> None:
    check(training_spec("spiral", "mlp:4,3", activation=name, steps=8, batch=30))


@pytest.mark.parametrize("name", list(catalogue.losses()))
def test_every_loss(name: str) -> None:
    entry = catalogue.loss(name)
    dataset = "sine" if entry.targets == "number" else "iris" if entry.targets == "one_hot" else "moons"
    check(training_spec(dataset, "mlp:3", loss=name, steps=8, batch=30, l2=0.01))


@pytest.mark.parametrize("name", list(catalogue.optimizers()))
def test_every_optimizer(name: str) -> None:
    searches = name in ("newton", "lbfgs", "cg", "armijo")
    check(training_spec("moons", "mlp:3", racers=[f"{name},weight_decay=0.01,clip=2"], steps=6 if searches else 12))


@pytest.mark.parametrize("name", list(catalogue.schedules()))
def test_every_schedule(name: str) -> None:
    check(training_spec("moons", racers=[f"gd,lr=0.1,schedule={name}:warmup=3"], steps=20))


@pytest.mark.parametrize("norm", ["none", "batch", "layer"])
@pytest.mark.parametrize("dataset", ["spiral", "rings", "gauss_plane"])
def test_everything_in_a_layer(norm: str, dataset: str) -> None:
    racers = ["adam,lr=0.02", "muon", "gd,lr=0.05,noise=0.1"]
    check(training_spec(dataset, "mlp:6,6,4", norm=norm, residual=True, dropout=0.3, l1=0.001, l2=0.01, epochs=2,
                        batch=32, racers=racers, seed=9))  # fmt: skip


@pytest.mark.parametrize("name", list(catalogue.datasets()))
def test_every_dataset(name: str) -> None:
    check(training_spec(name, "mlp:4", epochs=1, batch=50))


def test_ends_and_changes() -> None:
    check(training_spec("gauss", target=0.2, racers=["adam,lr=0.1"]))
    check(training_spec("gauss,noise=0.5", patience=2, racers=["gd,lr=2"]))
    check(training_spec("gauss", patience=3, share=1.0, racers=["gd,lr=3"]))
    check(training_spec("line", "linear", batch="full", tolerance=1e-6, racers=["gd,lr=0.03", "newton"], steps=3000))
    check(training_spec("line", "linear", batch="full", steps=4000, racers=["gd,lr=1"]), ("loss", "train_loss"))
    spec = training_spec("moons", "mlp:3", racers=["gd,lr=0.1", "aggmo"], steps=20)
    check(spec.replace(changes=(Change(5, 0, "lr", 0.3), Change(9, 1, "betas", (0.0, 0.5, 0.8)),
                                Change(12, 0, "noise", 0.2))))  # fmt: skip


def test_a_typed_rule_inputs_and_weights_of_its_own() -> None:
    rule = "v = beta*v + g; step = -lr*v"
    check(training_spec("spiral", inputs="x, y, x^2, sin(y)", start="1,-1,0.5,0.2,0.1", rules=[rule],
                        racers=["custom,lr=0.05,beta=0.8"], steps=30))  # fmt: skip


def test_the_file_runs_alone_and_writes_the_csv(tmp_path: Path) -> None:
    spec = training_spec("iris", "mlp:4", epochs=4, racers=["adam", "lbfgs,lr=0.1"])
    write_script(spec, tmp_path / "run.py")
    done = subprocess.run(
        [sys.executable, "-I", "run.py", "out.csv"], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert "adam: step-limit after 44 steps, loss " in done.stdout
    write_csv(Runner(spec.replace(backend="numpy")).run(), tmp_path / "ours.csv")
    tables = []
    for name in ("ours.csv", "out.csv"):
        with (tmp_path / name).open(newline="") as file:
            tables.append(list(csv.reader(file)))
    assert tables[0][0] == tables[1][0]
    assert len(tables[0]) == len(tables[1])
    for one, other in zip(*tables, strict=True):
        for a, b in zip(one, other, strict=True):
            assert a == b or float(a) == pytest.approx(float(b), rel=1e-9, abs=1e-13)


@pytest.mark.parametrize("mark", [",", ";", "\t"])
def test_a_large_csv_is_read_by_the_script(tmp_path: Path, mark: str) -> None:
    random = np.random.default_rng(2)
    x = random.normal(size=(26_000, 3))
    lines = [mark.join(["alpha", "b col", "c", "kind"])]
    for row in x.tolist():
        cells = [f"{value:.12f}".replace(".", "," if mark == ";" else ".") for value in row]
        if random.random() < 0.01:
            cells[1] = "NA"
        lines.append(mark.join([*cells, "yes" if row[0] > row[1] else "no"]))
    path = tmp_path / "large.csv"
    path.write_text("# a comment\n" + "\n".join(lines) + "\n")
    spec = training_spec(str(path), inputs="alpha, b col, x2^2, sin(c)", steps=5, batch=100)
    assert spec.problem.learn is not None
    assert spec.problem.learn.data.path == path.as_posix()
    text = script_text(spec)
    assert len(text) < 40_000
    assert "large.csv" in text
    check(spec)
    write_script(spec, tmp_path / "run.py")
    path.write_text(path.read_text() + "1,2,3,yes\n")
    done = subprocess.run([sys.executable, "-I", "run.py"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "has changed" in done.stderr


def test_nothing_in_the_text_can_break_out() -> None:
    evil = '"""\nimport os # \\'
    spec = training_spec("moons", "mlp:2", rules=["step = -lr*g"], racers=["custom"], steps=2)
    learn = spec.problem.learn
    assert learn is not None
    layer = learn.model.layers[0]
    model = learn.model.replace(
        layers=(layer.replace(activation=layer.activation.replace(name=evil)),),
        loss=learn.model.loss.replace(name=evil),
    )
    data = learn.data.replace(title=evil)
    spec = spec.replace(
        problem=spec.problem.replace(title=evil, name=evil, learn=learn.replace(model=model, data=data)),
        racers=(spec.racers[0].replace(name=evil, label=evil),),
    )
    _, module = race(spec)
    assert not hasattr(module, "os")
