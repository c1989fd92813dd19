"""Models on data from the command line: known answers, the files, and what is said of bad input."""

from __future__ import annotations

import csv
import json
import math
from pathlib import Path

import numpy as np
import pytest
from scipy.optimize import minimize

from gdsim.cli import app as cli
from gdsim.cli import register_all

NUMPY = ["--backend", "numpy"]
ALL = ["--no-standardise", "--share", "1", "--batch", "full"]
"""The whole of the data as it is, at once: what textbooks speak of."""


@pytest.fixture(autouse=True, scope="module")
def _commands() -> None:
    register_all()


class Answer:
    """Exit status and both outputs of one command line, run in this process."""

    def __init__(self, capsys: pytest.CaptureFixture[str], *words: str) -> None:
        self.status = cli.call(list(words))
        captured = capsys.readouterr()
        self.out, self.err = captured.out, captured.err


@pytest.fixture
def gdsim(capsys: pytest.CaptureFixture[str]):  # type: ignore[no-untyped-def]
    return lambda *words: Answer(capsys, *words)


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def written(path: Path, header: str, table: np.ndarray, labels: list[str] | None = None) -> Path:
    lines = [",".join(map(repr, row)) for row in table.tolist()]
    if labels is not None:
        lines = [f"{line},{label}" for line, label in zip(lines, labels, strict=True)]
    path.write_text("\n".join([header, *lines]) + "\n")
    return path


@pytest.fixture
def plane(tmp_path: Path) -> tuple[Path, np.ndarray]:
    random = np.random.default_rng(3)
    x = random.normal(size=(60, 2)) * (1.0, 3.0)
    y = 2.0 * x[:, 0] - 0.5 * x[:, 1] + 1.5 + 0.1 * random.normal(size=60)
    table = np.column_stack([x, y])
    return written(tmp_path / "plane.csv", "a,b,price", table), table


def test_gd_on_a_line_meets_least_squares(gdsim, plane) -> None:  # type: ignore[no-untyped-def]
    path, table = plane
    out = gdsim("run", "--dataset", str(path), "--model", "linear", *ALL, "--optimizer", "gd,lr=0.05",
                "--steps", "4000", "--tolerance", "1e-10", "--json", *NUMPY)  # fmt: skip
    assert out.status == 0
    answer = json.loads(out.out)
    x = np.column_stack([table[:, :2], np.ones(len(table))])
    expected = np.linalg.lstsq(x, table[:, 2], rcond=None)[0]
    racer = answer["racers"][0]
    assert racer["status"] == "converged"
    assert racer["theta"] == pytest.approx(expected.tolist(), abs=1e-8)
    assert racer["train_loss"] == pytest.approx(np.mean((x @ expected - table[:, 2]) ** 2), rel=1e-9)
    assert racer["test_loss"] is None
    assert racer["accuracy"] is None
    assert answer["weights"] == ["w1[1,1]", "w1[1,2]", "b1[1]"]


def test_every_step_is_the_textbooks(gdsim, plane, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    path, table = plane
    target = tmp_path / "run.csv"
    assert gdsim("run", "--dataset", str(path), "--model", "linear", *ALL, "--optimizer", "gd,lr=0.02", "--steps", "20",
                 "--csv", str(target), "--weights", *NUMPY).status == 0  # fmt: skip
    x, y = np.column_stack([table[:, :2], np.ones(60)]), table[:, 2]
    rows = rows_of(target)
    w = np.array([float(rows[0][f"w{k}"]) for k in range(3)])
    for row in rows:
        assert [float(row[f"w{k}"]) for k in range(3)] == pytest.approx(w.tolist(), rel=1e-12)
        slope = 2.0 / 60 * x.T @ (x @ w - y)
        assert float(row["loss"]) == pytest.approx(np.mean((x @ w - y) ** 2), rel=1e-12)
        assert float(row["grad_norm"]) == pytest.approx(np.linalg.norm(slope), rel=1e-10)
        w = w - 0.02 * slope


def test_logistic_regression_meets_scipy(gdsim, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    random = np.random.default_rng(5)
    x = random.normal(size=(80, 2))
    labels = x[:, 0] - 0.7 * x[:, 1] + 0.8 * random.normal(size=80) > 0.2
    path = written(tmp_path / "two.csv", "u,v,kind", x, ["yes" if each else "no" for each in labels])
    out = gdsim("run", "--dataset", str(path), "--model", "logistic", *ALL, "--l2", "0.01", "--optimizer", "lbfgs,lr=1",
                "--steps", "200", "--tolerance", "1e-9", "--json", *NUMPY)  # fmt: skip
    racer = json.loads(out.out)["racers"][0]

    def loss(w: np.ndarray) -> float:
        z = x @ w[:2] + w[2]
        return float(np.mean(np.logaddexp(0.0, z) - labels * z) + 0.005 * (w[:2] @ w[:2]))

    best = minimize(loss, np.zeros(3), tol=1e-12)
    assert racer["loss"] == pytest.approx(best.fun, rel=1e-8)
    assert racer["theta"] == pytest.approx(best.x.tolist(), abs=1e-4)
    assert racer["accuracy"] == np.mean((x @ best.x[:2] + best.x[2] > 0) == labels)


def test_a_network_learns_and_says_so(gdsim) -> None:  # type: ignore[no-untyped-def]
    answer = gdsim("run", "--dataset", "circle", "--model", "mlp:8", "--epochs", "40", "--optimizer", "adam,lr=0.03",
                   "--optimizer", "gd,lr=0.1", *NUMPY)  # fmt: skip
    assert answer.status == 0
    assert "Circle, 2-8-1 network, 33 weights" in answer.out
    assert "test" in answer.out.splitlines()[1]
    assert "adam: trained for 40 epochs" in answer.out


def test_json_of_a_network(gdsim) -> None:  # type: ignore[no-untyped-def]
    out = gdsim("run", "--dataset", "iris", "--model", "mlp:5", "--epochs", "60", "--optimizer", "adam,lr=0.02",
                "--json", *NUMPY).out  # fmt: skip
    answer = json.loads(out)
    racer = answer["racers"][0]
    assert racer["epochs"] == 60.0
    assert racer["steps"] == 60 * 11
    assert len(racer["theta"]) == 5 * 4 + 5 + 3 * 5 + 3
    assert racer["accuracy"] > 0.9
    assert racer["test_accuracy"] > 0.8
    assert answer["spec"]["problem"]["learn"]["data"]["name"] == "iris"
    assert set(racer) >= {"racer", "status", "message", "steps", "theta", "loss", "grad_norm", "test_loss"}


def test_weights_go_out_and_come_in(gdsim, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    file, first, second = tmp_path / "w.npz", tmp_path / "a.csv", tmp_path / "b.csv"
    common = ["--dataset", "moons", "--model", "mlp:6", "--optimizer", "gd,lr=0.1", "--batch", "full", *NUMPY]
    assert gdsim("run", *common, "--steps", "30", "--csv", str(first), "--weights", str(file)).status == 0
    assert gdsim("run", *common, "--steps", "10", "--init-weights", str(file), "--csv", str(second)).status == 0
    assert rows_of(second)[0]["loss"] == rows_of(first)[30]["loss"]
    with np.load(file, allow_pickle=False) as arrays:
        assert arrays["gd/w1"].shape == (6, 2)
        last = rows_of(first)[30]
        flat = np.concatenate([arrays[f"gd/{name}"].ravel() for name in ("w1", "b1", "w2", "b2")])
        assert [float(last[f"w{k}"]) for k in range(flat.size)] == flat.tolist()


def test_a_saved_run_opens_to_the_same_run(gdsim, plane, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    path, _ = plane
    spec, first, second = (tmp_path / name for name in ("run.gdsim", "first.csv", "second.csv"))
    words = ["--dataset", str(path), "--model", "mlp:4,4", "--norm", "batch", "--dropout", "0.1", "--residual",
             "--activation", "relu; max(z, 0.2 z)", "--loss", "huber,delta=2", "--inputs", "a, b, a*b", "--l1", "1e-3",
             "--patience", "4", "--seed", "5", "--init", "he:scale=0.5", "--init-seed", "2", "--epochs", "6",
             ]  # fmt: skip
    assert gdsim("run", *words, "--save", str(spec), "--csv", str(first), *NUMPY).status == 0
    path.unlink()  # the data lie in the document
    assert gdsim("run", str(spec), "--csv", str(second)).status == 0
    assert first.read_bytes() == second.read_bytes()
    assert gdsim("run", str(spec), "--epochs", "2", "--csv", str(second)).status == 0
    assert len(rows_of(second)) < len(rows_of(first))
    assert gdsim("run", str(spec), "--l1", "1").status == 2


def test_pictures_and_scripts_are_written(gdsim, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    files = [tmp_path / name for name in ("a.png", "a.svg", "a.py")]
    for dataset in ("spiral", "sine", "iris"):
        assert gdsim("run", "--dataset", dataset, "--epochs", "2", "--image", str(files[0]), "--script", str(files[2]),
                     *NUMPY).status == 0  # fmt: skip
        assert files[0].read_bytes().startswith(b"\x89PNG")
        assert b"problem.learn" in files[0].read_bytes() or files[0].stat().st_size > 20_000
    assert gdsim("run", "--dataset", "rings", "--epochs", "1", "--image", str(files[1]), *NUMPY).status == 0
    assert b"<svg" in files[1].read_bytes()[:400]


def test_a_typed_rule_trains(gdsim) -> None:  # type: ignore[no-untyped-def]
    common = ["run", "--dataset", "gauss", "--steps", "40", "--json", *NUMPY]
    typed = gdsim(*common, "--rule", "v = beta*v + g; step = -lr*v", "--optimizer", "custom,lr=0.05,beta=0.9").out
    known = gdsim(*common, "--optimizer", "momentum,lr=0.05,beta=0.9").out
    ends = [json.loads(text)["racers"][0]["theta"] for text in (typed, known)]
    assert ends[0] == pytest.approx(ends[1], rel=1e-12)


def test_target_patience_and_divergence(gdsim) -> None:  # type: ignore[no-untyped-def]
    def end(*words: str) -> dict[str, object]:
        found: dict[str, object] = json.loads(gdsim("run", "--json", *words, *NUMPY).out)["racers"][0]
        return found

    reached = end("--dataset", "gauss", "--target", "0.1", "--optimizer", "adam,lr=0.1")
    assert reached["status"] == "target"
    assert reached["train_loss"] <= 0.1  # type: ignore[operator]
    wild = end("--dataset", "line", "--optimizer", "gd,lr=1", "--batch", "full", "--steps", "4000")
    assert wild["status"] == "diverged"
    assert end("--dataset", "gauss,noise=0.5", "--patience", "2", "--optimizer", "gd,lr=2")["status"] == "plateau"


def test_sweeps_over_settings_of_training(gdsim, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    target = tmp_path / "sweep.csv"
    out = gdsim("sweep", "--dataset", "line", "--model", "linear", "--batch", "full", "--steps", "20",
                "--optimizer", "gd", "--over", "lr=1e-3..10:5:log", "--over", "weight_decay=0..0.1:2",
                "--csv", str(target), "--json", *NUMPY)  # fmt: skip
    assert out.status == 0
    answer = json.loads(out.out)
    rows = rows_of(target)
    assert list(rows[0]) == ["lr", "weight_decay", "loss", "steps", "status"]
    assert len(rows) == 10
    best = min(rows, key=lambda row: float(row["loss"]) if row["status"] != "diverged" else math.inf)
    assert answer["best"]["settings"]["lr"] == float(best["lr"])
    assert "training loss" in answer["explanation"]
    one = gdsim("run", "--dataset", "line", "--model", "linear", "--batch", "full", "--steps", "20", "--json", *NUMPY,
                "--optimizer", f"gd,lr={best['lr']},weight_decay={best['weight_decay']}").out  # fmt: skip
    assert json.loads(one)["racers"][0]["train_loss"] == float(best["loss"])


CITIES = "city,size,price,when\nA,1,5,mon\nB,2,7,tue\nA,3,4,wed\nC,4,8,thu\nA,5,9,fri\n"


def test_texts_that_are_left_out_are_said(gdsim, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    path = tmp_path / "cities.csv"
    path.write_text(CITIES)
    words = ["run", "--dataset", str(path), "--steps", "3", *NUMPY]
    said = "The columns 'city' and 'when' are no inputs, for they hold texts."
    told = " ".join(gdsim(*words).out.split())
    assert said in told
    assert "Predicts price from size." in told
    assert any(note.startswith(said[:-1]) for note in json.loads(gdsim(*words, "--json").out)["notes"])
    rows = gdsim(*words, "--csv", "-")
    assert rows.out.startswith("racer,step")
    assert rows.err.startswith(f"gdsim: {said} Write numbers")
    assert said not in " ".join(gdsim(*words, "--inputs", "size, city").out.split())
    swept = gdsim("sweep", *words[1:], "--over", "lr=0.1..1:2")
    assert said in " ".join(swept.out.split())


def test_what_is_predicted_is_said(gdsim, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    def told(*words: str) -> str:
        return " ".join(gdsim("run", *words, "--steps", "2", *NUMPY).out.split())

    assert "Predicts species, one of 3 classes, from" in told("--dataset", "penguins")
    path = tmp_path / "wide.csv"
    path.write_text(",".join(f"c{k}" for k in range(9)) + "\n" + "".join(
        ",".join(str(row * k % 7) for k in range(9)) + "\n" for row in range(1, 9)))
    assert "Predicts c8 from c0, c1, c2, c3, c4, c5 and 2 more." in told("--dataset", str(path))
    assert "Predicts y from x." in told("--dataset", "line", "--model", "poly:3")


def test_the_gradient_is_a_batchs_unless_a_batch_is_all(gdsim) -> None:  # type: ignore[no-untyped-def]
    words = ["run", "--dataset", "moons", "--steps", "2", *NUMPY]
    assert "|g|, batch" in gdsim(*words).out
    whole = gdsim(*words, "--batch", "full").out
    assert "|gradient|" in whole
    assert "|g|" not in whole


def test_what_is_learnt_from_is_not_written_over(gdsim, plane) -> None:  # type: ignore[no-untyped-def]
    path, _ = plane
    before = path.read_bytes()
    for command in (["run"], ["sweep", "--over", "lr=0.1..1:2"]):
        answer = gdsim(*command, "--dataset", str(path), "--steps", "2", "--csv", str(path), *NUMPY)
        assert answer.status == 2
        assert "is what is learnt from" in answer.err
    assert path.read_bytes() == before


def test_weights_of_another_model_are_refused(gdsim, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    file = tmp_path / "w.npz"
    common = ["run", "--dataset", "moons", "--steps", "2", *NUMPY]
    assert gdsim(*common, "--model", "mlp:6", "--weights", str(file)).status == 0
    for model, said in (("mlp:7", "shape"), ("mlp:6,6", "shape"), ("linear", "shape")):
        answer = gdsim(*common, "--model", model, "--init-weights", str(file), "--csv", str(tmp_path / "no.csv"))
        assert answer.status == 2
        assert said in answer.err
        assert answer.err.count("\n") == 1
    answer = gdsim(*common, "--model", "mlp:6", "--init-weights", f"{file}:gd")
    assert "no racer 'gd'" in answer.err
    assert not (tmp_path / "no.csv").exists()


def test_text_columns_are_inputs_too(gdsim) -> None:  # type: ignore[no-untyped-def]
    out = gdsim("run", "--dataset", "penguins", "--inputs", "island, body_mass_g", "--epochs", "3", "--json", *NUMPY)
    answer = json.loads(out.out)
    assert len(answer["racers"][0]["theta"]) == 3 * (3 + 1) + 3
    assert any("left out" in note for note in answer["notes"])


ONE_CLASS = "x,kind\n1,a\n2,a\n3,a\n"
CONSTANT = "x,y\n1,5\n2,5\n3,5\n"
ONE_ROW = "x,y\n1,5\n"
NO_NUMBERS = "a,b\nu,v\nw,x\ny,z\n"
EVERY_ROW_GAPS = "x,z,y\n1,,2\n,3,4\n3,,7\n,4,8\n"
GAPS = "x,y\n,1\n,2\n3,\n"
GOOD = "x,y\n1,2\n2,4\n3,7\n4,8\n"


@pytest.mark.parametrize(
    ("text", "words", "said"),
    [
        (ONE_CLASS, ["--column", "kind"], "class"),
        (CONSTANT, ["--column", "y", "--predict-as", "number"], "nothing to predict"),
        (ONE_ROW, [], "one row"),
        ("", [], "empty"),
        ("x,y\n", [], "no row"),
        (NO_NUMBERS, [], "no column of numbers"),
        ("x,y\n1,nan\n2,inf\n3,\n", [], "column|value|predict"),
        ("x,y\n1,2\n2\n", [], "line 3"),
        (GOOD, ["--column", "z"], "no column 'z'"),
        (GOOD, ["--model", "logistic", "--predict-as", "number"], "tells classes apart"),
        (GOOD, ["--batch", "50"], "a batch of 50"),
        (GOOD, ["--batch", "0"], "batch of 0"),
        (GOOD, ["--batch", "some"], "--batch"),
        (GOOD, ["--model", "mlp:0"], "whole numbers"),
        (GOOD, ["--model", "mlp:5000"], "5000 units"),
        (GOOD, ["--model", "mlp:4096,4096,4096"], "20,000,000"),
        (GOOD, ["--model", "mlp:4000,4000", "--steps", "1000000"], "memory"),
        (GOOD, ["--model", "tree"], "no model 'tree'"),
        (GOOD, ["--model", "poly:99"], "degree"),
        (GOOD, ["--model", "mlp:4", "--activation", "tnah"], "tanh"),
        (GOOD, ["--model", "mlp:4,4", "--activation", "tanh;relu;elu"], "3 activations"),
        (GOOD, ["--activation", "relu"], "no hidden layers"),
        (GOOD, ["--model", "mlp:4", "--dropout", "1"], "dropout"),
        (GOOD, ["--model", "mlp:4", "--norm", "group"], "normalisation"),
        (GOOD, ["--loss", "cross_entropy"], "compares classes"),
        (GOOD, ["--loss", "(o - t)^2"], "t stands for nothing"),
        (GOOD, ["--inputs", "x, q"], "'q' is no column"),
        (GOOD, ["--inputs", "1/(x-2)"], "no finite value"),
        (GOOD, ["--inputs", "log(-x)"], "no finite value"),
        (GOOD, ["--inputs", "y"], "target"),
        (GOOD, ["--share", "0"], "share"),
        (GOOD, ["--share", "2"], "share"),
        (GOOD, ["--noise", "0.1"], "only generated"),
        (GOOD, ["--size", "1"], "at least 2"),
        (GOOD, ["--init", "best"], "no initialisation"),
        (GOOD, ["--l2=-1"], "l2"),
        (GOOD, ["--epochs", "3", "--steps", "3"], "one of them"),
        (GOOD, ["--epochs", "0"], "at least 1"),
        (GOOD, ["--patience=-1"], "patience"),
        (GOOD, ["--start", "1"], "start"),
        (GOOD, ["--init-weights", "none.npz"], "no such file"),
        (GOOD, ["--function", "booth"], "both say"),
        (GOOD, ["--predict-as", "ranks"], "--predict-as"),
        (GOOD, ["--task", "classes"], "Say --predict-as classes"),
        (GOOD, ["--predict-as", "classes", "--batch", "1000"], "1,000 samples, but"),
        (EVERY_ROW_GAPS, [], "no row has a value in every column"),
        (GAPS, ["--column", "y"], "no row has a value|column"),
        ("x,k\n1,a\n2,a\n3,a\n", [], "'k' .'a' in every row. holds texts"),
        ("x,y\n1,2\n2,4\n3,n.n.\n4,8\n", [], "Mend 'n.n.' in row 3"),
        ("c,y\n7,3\n7,3\n", [], "same in all rows"),
        (GOOD, ["--init-weights", "data.csv"], "not a readable .npz"),
        (GOOD, ["--weights", "w.txt"], ".npz"),
    ],
)  # fmt: skip
def test_bad_input_is_one_message(gdsim, tmp_path, monkeypatch, text, words, said) -> None:  # type: ignore[no-untyped-def]
    import re

    monkeypatch.chdir(tmp_path)
    Path("data.csv").write_text(text)
    outputs = ["--csv", "out.csv", "--image", "out.png", "--script", "out.py", "--save", "out.gdsim"]
    outputs += [] if "--weights" in words else ["--weights", "out.npz"]
    answer = gdsim("run", "--dataset", "data.csv", *words, *outputs, *NUMPY)
    assert answer.status == 2, answer.out
    assert re.search(said, answer.err), answer.err
    assert answer.err.startswith("gdsim: ")
    assert answer.err.count("\n") == 1
    assert answer.out == ""
    assert [each.name for each in tmp_path.iterdir()] == ["data.csv"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--dataset", "spirl"], "Did you mean 'spiral'"),
        (["--dataset", ""], "--dataset: the dataset is empty"),
        (["--dataset", "missing.csv"], "no such file"),
        (["--dataset", "iris", "--noise", "0.1"], "only generated"),
        (["--dataset", "spiral,noise=0.1", "--noise", "0.1"], "given twice"),
        (["--dataset", "spiral,colour=1"], "no setting 'colour'"),
        (["--dataset", "spiral", "--noise", "3"], "noise"),
        (["--dataset", "spiral", "--size", "100000000"], "size"),
        (["--dataset", "iris", "--model", "logistic"], "two classes apart"),
        (["--dataset", "iris", "--loss", "hinge"], "two classes apart"),
        (["--function", "booth", "--model", "linear"], "--model belongs to --dataset"),
        (["--function", "booth", "--batch", "3"], "no data to draw batches"),
        (["--function", "booth", "--weights", "w.npz"], "a function has no weights"),
        (["--dataset", "spiral", "--weights"], "nowhere to write"),
        (["--dataset", "spiral", "--vars", "x"], "both say"),
    ],
)
def test_words_that_do_not_fit(gdsim, words: list[str], said: str) -> None:  # type: ignore[no-untyped-def]
    answer = gdsim("run", *words)
    assert answer.status == 2
    assert said in answer.err
    assert answer.err.count("\n") == 1
    assert answer.out == ""
