"""Documents of training runs: nothing is lost, small data lie inside, large ones beside; tampering is noticed."""

from __future__ import annotations

import tomllib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gdsim import catalogue
from gdsim.errors import DocumentError, ExportError
from gdsim.objectives.data.design import TYPED, Data
from gdsim.objectives.network.design import Activation, Initialisation, Layer, Loss, Model
from gdsim.objectives.network.initial import INITIALISATIONS
from gdsim.session.documents import MAX_BYTES, from_toml, load, save, to_toml
from gdsim.session.make_arrays import data_from_arrays
from gdsim.session.make_learning import learning_problem, learning_spec
from gdsim.session.make_training import training_spec
from gdsim.session.runner import Runner
from gdsim.session.spec import RunSpec

SPEC = training_spec("spiral", "mlp:4,3", norm="batch", dropout=0.25, l1=1e-3, patience=7, epochs=2, backend="numpy")
TEXT = to_toml(SPEC)


def large_csv(folder: Path) -> Path:
    x = np.random.default_rng(4).normal(size=(20_000, 3))
    lines = [",".join(f"{value:.15f}" for value in row) for row in x.tolist()]
    path = folder / "large ü.csv"
    path.write_text("\n".join(["a,b,y", *lines]) + "\n", encoding="utf-8")
    assert path.stat().st_size > 1_000_000
    return path


def small_csv(folder: Path) -> Path:
    path = folder / "small.csv"
    text = 'name,x,kind\r\n"say ""a""\t",1.5,yes\r\nü,2.5,no\r\n,3.5,yes\r\n,4,no\r\n'
    path.write_text(text, encoding="utf-8", newline="")
    return path


@pytest.mark.parametrize("name", list(catalogue.datasets()))
def test_every_set_comes_back(name: str) -> None:
    spec = training_spec(name, "mlp:3", steps=4)
    assert from_toml(to_toml(spec)) == spec


finite = st.floats(allow_nan=False, allow_infinity=False, width=64)
labels = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12)
activations = st.sampled_from([Activation(name, entry.text()) for name, entry in catalogue.activations().items()])
norms = st.sampled_from(["none", "batch", "layer"])
layers = st.builds(Layer, st.integers(1, 9), activations, norms, st.booleans(), st.floats(0, 0.99))


@st.composite
def runs(draw: st.DrawFn) -> RunSpec:
    count = draw(st.integers(1, 3))
    classes = draw(st.lists(labels, min_size=2, max_size=4, unique=True))
    number = st.floats(-1e6, 1e6)
    kind = st.integers(0, len(classes) - 1).map(float)
    rows = draw(st.lists(st.tuples(*[number] * count, kind), min_size=3, max_size=9))
    columns = tuple(f"c{place}" for place in range(count))
    data = Data(TYPED, title=draw(labels), seed=draw(st.integers(0, 2**62)), share=draw(st.floats(0.3, 1.0)),
                inputs=columns, target="t", classes=tuple(classes), columns=(*columns, "t"),
                rows=tuple(rows))  # fmt: skip
    model = Model(layers=tuple(draw(st.lists(layers, max_size=3))), loss=Loss("cross_entropy", "", "one_hot"),
                  init=Initialisation(draw(st.sampled_from(list(INITIALISATIONS))), draw(st.floats(-3, 3)),
                                      draw(st.integers(0, 2**40))),
                  l1=draw(st.floats(0, 1e300)), l2=draw(st.floats(0, 1e300)))  # fmt: skip
    n = learning_problem(data, model).dimension
    start = tuple(draw(st.lists(finite, min_size=n, max_size=n))) if n < 40 and draw(st.booleans()) else ()
    return learning_spec(data, model, start=start, batch=draw(st.one_of(st.just("full"), st.integers(1, 99))),
                         patience=draw(st.integers(0, 9)), seed=draw(st.integers(0, 2**62)))  # fmt: skip


@given(runs())
@settings(max_examples=60, deadline=None)
def test_any_run_comes_back_to_the_last_bit(spec: RunSpec) -> None:
    assert from_toml(to_toml(spec)) == spec


def test_a_small_csv_lies_in_the_document(tmp_path: Path) -> None:
    path = small_csv(tmp_path)
    spec = training_spec(str(path), steps=4, backend="numpy")
    save(spec, tmp_path / "run.gdsim")
    before = Runner(spec).run().loss(0)
    path.unlink()
    again = load(tmp_path / "run.gdsim")
    assert again == spec
    assert Runner(again).run().loss(0).tolist() == before.tolist()


def test_a_large_csv_lies_beside_it(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    path = large_csv(tmp_path / "data")
    spec = training_spec(str(path), "linear", steps=4, backend="numpy")
    file = tmp_path / "run.gdsim"
    save(spec, file)
    told = tomllib.loads(file.read_text(encoding="utf-8"))["problem"]["learn"]["data"]
    assert told["path"] == "data/large ü.csv"
    assert len(told["sha256"]) == 64
    assert file.stat().st_size < 10_000
    assert load(file) == spec
    moved = tmp_path / "moved"
    moved.mkdir()
    (tmp_path / "data").rename(moved / "data")
    file.rename(moved / "run.gdsim")
    again = load(moved / "run.gdsim")  # both together: the relative path still holds
    assert Path(again.problem.learn.data.path) == (moved / "data" / path.name).resolve()  # type: ignore[union-attr]
    assert Runner(again).run().loss(0).tolist() == Runner(again).run().loss(0).tolist()


def test_files_that_are_gone_or_changed(tmp_path: Path) -> None:
    path = large_csv(tmp_path)
    file = tmp_path / "run.gdsim"
    save(training_spec(str(path), "linear", steps=4), file)
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("0.1", "0.2", 1), encoding="utf-8")
    with pytest.raises(DocumentError, match="has changed since it was chosen") as changed:
        load(file)
    assert "run.gdsim" in str(changed.value)
    path.unlink()
    with pytest.raises(DocumentError, match="file is not there"):
        load(file)
    named = file.read_text(encoding="utf-8")
    file.write_text("\n".join(line for line in named.splitlines() if not line.startswith("sha256")), encoding="utf-8")
    path.write_text(text, encoding="utf-8")
    with pytest.raises(DocumentError, match="SHA-256 is missing"):
        load(file)


def replaced(old: str, new: str) -> str:
    assert old in TEXT
    return TEXT.replace(old, new)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (replaced("[problem.learn.data]", "[problem.learn.data]\ncolour = 1"), "'colour' is not known"),
        (replaced("[problem.learn.model]", "[problem.learn.model]\nowner = 'me'"), "'owner' is not known"),
        (replaced('name = "spiral"\ntitle = "Spiral"\ns', 'name = "spirl"\ntitle = "Spiral"\ns'), "mean 'spiral'"),
        (replaced("share = 0.5", "share = 'half'"), "share: a number is wanted"),
        (replaced("share = 0.5", "share = 5.0"), "share"),
        (replaced("noise = 0.0", "noise = nan"), "noise"),
        (replaced("size = 500", "size = 500000000"), "size"),
        (replaced('kind = "mlp"', 'kind = "tree"'), "kind"),
        (replaced('norm = "batch"', 'norm = "group"'), "norm"),
        (replaced("dropout = 0.25", "dropout = 1.25"), "dropout"),
        (replaced("l1 = 0.001", "l1 = inf"), "l1"),
        (replaced('formula = "tanh(z)"', 'formula = "tanh(q)"'), "q stands for nothing"),
        (replaced('formula = "tanh(z)"', 'formula = "tanh(z"'), "bracket"),
        (replaced('name = "xavier"', 'name = "magic"'), "initialisation"),
        (replaced("dimension = 45", "dimension = 44"), "the document says 44"),
        (replaced("dimension = 45", "dimension = 30000000"), "weights"),
        (replaced("size = 4\n", "size = 4096000\n"), "units"),
        (replaced("batch = 10", "batch = 0"), "batch of 0"),
        (replaced("patience = 7", "patience = -1"), "patience"),
        (replaced('inputs = [\n    "x",\n    "y",\n]', 'inputs = [\n    "x",\n    "q",\n]'), "'q' is no column"),
        (replaced('inputs = [\n    "x",\n    "y",\n]', "inputs = []"), "no input"),
        (replaced("start = []", "start = [1.0]"), "start has 1 numbers"),
        (replaced('formula = ""\nname = "spiral"', 'formula = "x^2"\nname = "spiral"'), "both given"),
    ],
)  # fmt: skip
def test_a_bad_document_says_what_and_where(text: str, words: str) -> None:
    with pytest.raises(DocumentError, match=words) as caught:
        from_toml(text, "run.gdsim")
    assert "run.gdsim" in str(caught.value)


def test_own_samples_up_to_a_size(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    x = random.normal(size=(500, 2))
    spec = training_spec(data_from_arrays(x, x @ [1.0, 2.0]), "linear", steps=3)
    save(spec, tmp_path / "own.gdsim")
    assert load(tmp_path / "own.gdsim") == spec
    x = random.normal(size=(60_000, 2))
    with pytest.raises(ExportError, match=r"a document holds \S+ MB\. Save the samples as a CSV"):
        save(training_spec(data_from_arrays(x, x @ [1.0, 2.0]), "linear", steps=3), tmp_path / "large.gdsim")
    wide = training_spec("digits", "mlp:1024,1024", steps=3)
    n = wide.problem.dimension
    with pytest.raises(ExportError, match="Begin from an initialisation"):
        save(wide.replace(start=(0.1234567,) * n), tmp_path / "wide.gdsim")
    assert [each.name for each in tmp_path.iterdir()] == ["own.gdsim"]
    assert MAX_BYTES < 60_000 * 2 * 18
