"""Data from arrays: what fits is learnt from, what does not is told with its place and what to do."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import gdsim
from gdsim.errors import GdsimError
from gdsim.objectives.data.make import samples_of
from gdsim.objectives.data.samples import steps_per_epoch
from gdsim.session.make_arrays import data_from_arrays

NAN = float("nan")
X = np.arange(6.0)[:, None]
LINE = (X, np.arange(6.0) ** 2)


@pytest.mark.parametrize(
    ("y", "labels"),
    [
        (["b", "a", "b", "a", "b", "c"], ("a", "b", "c")),
        (np.array(["no", "yes"] * 3), ("no", "yes")),
        (np.array(["no", "yes"] * 3, dtype=object), ("no", "yes")),
        ([["u"], ["v"], ["u"], ["v"], ["u"], ["v"]], ("u", "v")),
        (["nan", "x"] * 3, ("nan", "x")),  # a text, not a gap
    ],
)
def test_labels_in_text(y: Any, labels: tuple[str, ...]) -> None:
    samples = samples_of(data_from_arrays(X, y))
    assert samples.classes == labels
    flat = np.asarray(y, dtype=object).ravel()
    assert [labels[int(number)] for number in samples.y] == [str(flat[index]) for index in samples.index]


@pytest.mark.parametrize("y", [[0, 1, 2, 0, 1, 2], np.array([0, 1, 2] * 2, dtype=np.uint8), [0.0, 1.0, 2.0] * 2])
def test_whole_numbers_are_classes_where_it_is_said(y: Any) -> None:
    assert samples_of(data_from_arrays(X, y)).classes == ()
    samples = samples_of(data_from_arrays(X, y, predict_as="classes"))
    assert samples.classes == ("0", "1", "2")
    run = gdsim.train((X, y), "softmax", predict_as="classes", steps=2, backend="numpy")
    assert set(run.predict(X)) <= {"0", "1", "2"}
    assert samples_of(data_from_arrays(X, [True, False] * 3)).y.tolist() == [1.0, 0.0] * 3


BAD: list[tuple[str, Any, str]] = [
    ("a gap in x", (np.array([[1.0], [NAN], [3.0]]), [1, 2, 3]), r"1 of 3 samples .* x\[1, 0\] is nan. Leave these"),
    ("a gap in a flat x", ([1.0, 2.0, NAN], [1, 2, 3]), r"x\[2\] is nan"),
    ("infinite x", (np.array([[1.0, np.inf], [NAN, 3.0]]), [1, 2]), r"2 of 2 samples .* x\[0, 1\] is inf"),
    ("infinite y", (X, [1, 2, 3, 4, 5, -np.inf]), r"1 of 6 samples .* y\[5\] is -inf"),
    ("a gap among labels", (X, ["a", "b", NAN, "a", "b", "a"]), r"y\[2\] is nan"),
    ("None among labels", (X, ["a", None, None, "a", "b", "a"]), r"2 of 6 samples .* y\[1\] is None"),
    ("None among numbers", (X, [1, 2, None, 4, 5, 6]), r"y\[2\] is None"),
    ("None in x", ([[1], [None], [3]], [1, 2, 3]), r"x\[1, 0\] is nan"),
    ("text in x", ([["a"], ["b"]], [1, 2]), "it holds 'a'"),
    ("dictionaries", ([{"a": 1}, {"a": 2}], [1, 2]), "it holds dict"),
    ("ragged x", ([[1, 2], [3]], [1, 2]), "different lengths"),
    ("ragged y", (X, [[1], [1, 2], 3, 4, 5, 6]), "neither numbers nor texts"),
    ("complex", (X + 1j, np.arange(6)), "it holds complex128"),
    ("complex y", (X, np.arange(6) + 1j), "holds complex"),
    ("dates", (X, np.arange(6).astype("datetime64[D]")), "neither numbers nor texts"),
    ("one sample", ([[1.0]], [1.0]), "one sample only. Give two"),
    ("none", (np.empty((0, 2)), np.empty(0)), "there are no samples"),
    ("no column", (np.empty((3, 0)), [1, 2, 3]), r"the shape \(3, 0\)"),
    ("another length", (X, [1, 2]), r"\(6, 1\), y \(2,\). Give a row"),
    ("a cube", (np.ones((6, 2, 2)), np.arange(6)), "Give a row"),
    ("two targets", (X, np.ones((6, 2))), "Give a row"),
    ("one class", (X, ["a"] * 6), "one class, 'a'. Give samples of two"),
    ("one number", (X, [1.5] * 6), "y is 1.5 for every sample"),
    ("many classes", (np.arange(300.0)[:, None], [str(k) for k in range(300)]), "300 different labels"),
    ("three arrays", (X, X, X), r"Give \(x, y\)"),
    ("one array", (X,), r"Give \(x, y\)"),
    ("a bare array", X, r"ndarray is no dataset.*\(x, y\)"),
    ("a list", [X, np.arange(6)], "list is no dataset"),
    ("nothing", None, "NoneType is no dataset"),
]


@pytest.mark.parametrize(("dataset", "told"), [case[1:] for case in BAD], ids=[case[0] for case in BAD])
def test_what_cannot_be_learnt_from_is_told(dataset: Any, told: str) -> None:
    with pytest.raises(GdsimError) as caught:
        gdsim.train(dataset, steps=2, backend="numpy")
    assert re.search(told, caught.value.message())
    assert caught.value.where
    assert caught.value.hint


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ({"batch": 50}, "a batch of 50 samples, but 6 are trained on"),
        ({"batch": 0}, "a batch of 0"),
        ({"batch": "some"}, "a batch of 'some'"),
        ({"batch": 2.5}, "a batch of 2.5"),
        ({"epochs": -1.0}, "-1.0 epochs"),
        ({"epochs": "3"}, "'3' epochs"),
        ({"share": 2.0}, "share"),
        ({"share": 0.0}, "share"),
        ({"column": "z"}, "column beside data"),
        ({"noise": 0.1}, "noise beside data"),
        ({"predict_as": "classes", "model": "mlp:4", "loss": "mse"}, ""),
        ({"model": "mlp:4096,4096,4096"}, "33,574,913 weights"),
        ({"model": "mlp:2000,2000", "steps": 10_000_000}, "memory"),
        ({"model": "softmax"}, "predict it as classes"),
        ({"dtype": "float16"}, "'float16' is not possible"),
        ({"backend": "gpu"}, "'gpu' is not possible"),
        ({"start": [1, 2, 3]}, "the start has 3 numbers"),
        ({"start": [1, NAN]}, "not a finite number"),
        ({"weights": "none.npz"}, "no such file"),
        ({"weights": "shapes.npz"}, r"the file has the shape \(3, 2\), the model \(1, 1\)"),
        ({"weights": "gaps.npz"}, "not finite"),
        ({"weights": "texts.npz"}, "numbers are wanted"),
        ({"weights": "no_bias.npz"}, "no array 'b1'"),
        ({"weights": "fake.npz"}, "not a readable .npz"),
        ({"optimizers": "admm"}, "Did you mean 'adam'"),
    ],
)
def test_options_that_do_not_fit_the_arrays(
    words: dict[str, Any], told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    np.savez("shapes.npz", w1=np.ones((3, 2)), b1=np.ones(3))
    np.savez("gaps.npz", w1=np.full((1, 1), NAN), b1=np.ones(1))
    np.savez("texts.npz", w1=np.array([["a"]]), b1=np.ones(1))
    np.savez("no_bias.npz", w1=np.ones((1, 1)))
    Path("fake.npz").write_text("hello")
    length = {} if "epochs" in words else {"steps": 2}
    if not told:
        assert gdsim.train(LINE, **{**length, "backend": "numpy", **words}).spec.problem.learn is not None
        return
    with pytest.raises(GdsimError, match=told):
        gdsim.train(LINE, **{**length, "backend": "numpy", **words})


def test_numbers_of_any_size_never_end_in_a_traceback() -> None:
    for x, y in ((X, np.arange(6.0) * 1e200), (X * 1e300, np.arange(6.0)), (X * 1e-320, np.arange(6.0))):
        run = gdsim.train((x, y), "linear", steps=3, optimizers="gd,lr=0.1", backend="numpy")
        assert run.history.status(0).finished
    with pytest.raises(GdsimError, match="too large or too close together"):
        gdsim.train((X * 1e-320, np.arange(6.0)), steps=3, standardise=True)


def test_a_constant_column_is_told() -> None:
    x = np.column_stack([X, np.full(6, 3.0)])
    data = data_from_arrays(x, LINE[1], standardise=True)
    (note,) = samples_of(data).notes
    assert "input 'x2' is the same in all training samples" in note


@pytest.mark.parametrize("count", [1, 2, 7, 10, 99, 100, 101])
@pytest.mark.parametrize("batch", [1, 2, 10, 100, 1000, "full"])
def test_steps_of_an_epoch(count: int, batch: Any) -> None:
    left, steps = count, 0
    while left > 0:
        left -= count if batch == "full" else batch
        steps += 1
    assert steps_per_epoch(count, batch) == steps
