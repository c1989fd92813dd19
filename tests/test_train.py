"""The Python door for models on data."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import gdsim
from gdsim.errors import GdsimError, SpecError, UsageError
from gdsim.export.command import command_line, python_call
from gdsim.session.make_training import training_spec


def test_arrays_in_a_line_out() -> None:
    random = np.random.default_rng(1)
    x = random.normal(size=(40, 3))
    y = x @ [1.0, -2.0, 0.5] + 4.0
    run = gdsim.train((x, y), "linear", optimizers="gd,lr=0.1", steps=600, batch="full", share=1.0, backend="numpy")
    assert run.weights()["w1"] == pytest.approx(np.array([[1.0, -2.0, 0.5]]), abs=1e-9)
    assert run.weights()["b1"] == pytest.approx([4.0], abs=1e-9)
    assert run.predict(x) == pytest.approx(y, abs=1e-8)
    assert run.columns == ("x1", "x2", "x3")
    assert "linear regression" in repr(run)


def test_labels_and_standardised_inputs() -> None:
    random = np.random.default_rng(2)
    x = random.normal(size=(90, 2)) * (1.0, 1000.0)
    y = np.where(x[:, 1] > 0, "up", "down")
    run = gdsim.train((x, y), optimizers=["adam,lr=0.1"], epochs=40, share=0.8, standardise=True, backend="numpy")
    assert set(run.predict(x)) == {"up", "down"}
    assert np.mean(run.predict(x) == y) > 0.95
    shares = run.predict_shares(x)
    assert shares.shape == (90, 1)
    assert ((shares > 0.5)[:, 0] == (run.predict(x) == "up")).all()
    three = gdsim.train("iris", epochs=30, optimizers="adam,lr=0.1", backend="numpy")
    flowers = [[5.1, 3.5, 1.4, 0.2], [6.3, 3.3, 6.0, 2.5]]
    assert three.predict(flowers).tolist() == ["setosa", "virginica"]
    assert three.predict_shares(flowers).sum(axis=1) == pytest.approx([1.0, 1.0])


def test_columns_weights_at_a_step_and_files(tmp_path: Path) -> None:
    run = gdsim.train("moons", "mlp:9", optimizers=["adam", "gd"], epochs=3, seed=4, backend="numpy")
    each = run.column("gd", "test_loss")
    assert np.flatnonzero(~np.isnan(each)).tolist() == [0, 25, 50, 75] or len(each) == run.spec.steps + 1
    first = run.weights("gd", 0)
    assert first["w1"].tolist() == run.weights("adam", 0)["w1"].tolist()
    assert first["w1"].tolist() != run.weights("gd")["w1"].tolist()
    run.to_csv(tmp_path / "a.csv", weights=True)
    run.to_weights(tmp_path / "a.npz")
    run.to_script(tmp_path / "a.py")
    run.save(tmp_path / "a.gdsim")
    run.to_image(tmp_path / "a.png", size=(800, 600))
    again = gdsim.train("moons", "mlp:9", weights=f"{tmp_path / 'a.npz'}:gd", steps=1, backend="numpy")
    assert again.weights(step=0)["w2"].tolist() == run.weights("gd")["w2"].tolist()


def test_what_does_not_fit() -> None:
    with pytest.raises(SpecError, match="a row of numbers for each sample"):
        gdsim.train((np.ones((3, 2)), np.ones(4)))
    with pytest.raises(SpecError, match="no finite value in x"):
        gdsim.train((np.array([[1.0], [np.nan]]), np.array([1.0, 2.0])))
    with pytest.raises(GdsimError):
        gdsim.train((np.empty((0, 2)), np.empty(0)))
    run = gdsim.train("moons", steps=2, backend="numpy")
    with pytest.raises(UsageError, match="the model takes"):
        run.predict([[1.0, 2.0, 3.0]])
    with pytest.raises(UsageError, match="no weights"):
        gdsim.run("booth", steps=2, backend="numpy").weights()
    with pytest.raises(GdsimError, match="no initialisation"):
        gdsim.train("moons", "mlp:4", init="nothing")


@pytest.mark.parametrize(
    "words",
    [
        {"dataset": "spiral,noise=0.1", "model": "mlp:8,4", "activation": "relu; leaky_relu,alpha=0.3", "norm": "layer",
         "dropout": 0.1, "l2": 0.1, "init": "he:scale=0.5", "init_seed": 3, "data_seed": 5, "residual": True},
        {"dataset": "iris"},
        {"dataset": "penguins", "inputs": "island, body_mass_g", "column": "species"},
        {"dataset": "cubic", "model": "poly:3", "loss": "huber,delta=2", "batch": "full", "target": 0.1, "patience": 3},
        {"dataset": "moons", "inputs": "x, y, atan2(x, y)", "start": "1,2,3,-4", "racers": ["adam,lr=0.1,clip=1"]},
        {"dataset": "moons", "rules": ["step = -lr*g*k"], "racers": ["custom,lr=0.1,k=2"], "tolerance": 1e-3},
    ],
)  # fmt: skip
def test_the_run_as_text_to_paste(words: dict[str, object], capsys: pytest.CaptureFixture[str]) -> None:
    import json
    import shlex

    from gdsim.cli import app as cli
    from gdsim.cli import register_all

    register_all()
    spec = training_spec(**{"steps": 6, "backend": "numpy", **words})  # type: ignore[arg-type]
    line = shlex.split(command_line(spec))
    assert line[:2] == ["gdsim", "run"]
    assert cli.call([*line[1:], "--json"]) == 0
    pasted = json.loads(capsys.readouterr().out)
    call = python_call(spec)
    space: dict[str, object] = {}
    exec(call, space)  # noqa: S102  (our own text, in a test)
    theirs = space["result"].loss(0).tolist()  # type: ignore[attr-defined]
    from gdsim.session.runner import Runner

    ours = Runner(spec).run().loss(0).tolist()
    assert theirs == ours
    assert pasted["racers"][0]["loss"] == ours[-1]


def test_a_sweep_over_the_rate_of_training() -> None:
    found = gdsim.sweep(
        dataset="moons", model="mlp:3", optimizer="gd", over="lr=1e-3..1:4:log", epochs=2, backend="numpy"
    )  # fmt: skip
    assert found.loss.shape == (1, 4)
    for lr, loss in zip(found.values["lr"], found.loss[0], strict=True):
        run = gdsim.train("moons", "mlp:3", optimizers=f"gd,lr={float(lr)!r}", epochs=2, backend="numpy")
        assert run.column(0, "train_loss")[-1] == loss
    with pytest.raises(UsageError, match="both say"):
        gdsim.sweep("booth", dataset="moons", over="lr=1e-3..1:4:log")


def test_runs_that_no_words_say() -> None:
    random = np.random.default_rng(0)
    from gdsim.session.make_arrays import data_from_arrays

    own = training_spec(data_from_arrays(random.normal(size=(9, 2)), random.normal(size=9)), "linear", steps=3)
    with pytest.raises(GdsimError, match="lie in the document"):
        command_line(own)
