"""Weights as .npz: what goes out comes in, and files that do not fit say so before they are read."""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np
import pytest

from gdsim.errors import DocumentError, ExportError, SpecError
from gdsim.session.learning import architecture_of
from gdsim.session.make import spec_for
from gdsim.session.make_training import training_spec
from gdsim.session.runner import Runner
from gdsim.session.weights import read_weights, thetas, write_weights

SPEC = training_spec("spiral", "mlp:5,4", norm="batch", steps=30, racers=["adam", "gd"], backend="numpy")
assert SPEC.problem.learn is not None
NET = architecture_of(SPEC.problem.learn)


@pytest.fixture(scope="module")
def history():  # type: ignore[no-untyped-def]
    return Runner(SPEC).run()


def test_out_and_in(history, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    file = tmp_path / "w.npz"
    write_weights(history, file)
    for index, label in enumerate(("adam", "gd")):
        theta, buffers = history.weights(index, 30)
        assert read_weights(f"{file}:{label}", NET).tolist() == theta.tolist()
        with np.load(file, allow_pickle=False) as arrays:
            assert int(arrays["format"]) == 1
            assert arrays["racers"].tolist() == ["adam", "gd"]
            assert arrays[f"{label}/w2"].shape == (4, 5)
            assert arrays[f"{label}/mean1"].tolist() == buffers[:5].tolist()
            assert arrays[f"{label}/variance2"].tolist() == buffers[14:18].tolist()
    write_weights(history, file, step=7)
    assert read_weights(f"{file}:gd", NET).tolist() == history.weights(1, 7)[0].tolist()


def test_files_of_ones_own(tmp_path: Path) -> None:
    net = architecture_of(training_spec("iris", steps=1).problem.learn)  # type: ignore[arg-type]
    np.savez(tmp_path / "own.npz", w1=np.arange(12, dtype=np.float32).reshape(3, 4), b1=[1, 2, 3])
    assert read_weights(tmp_path / "own.npz", net).tolist() == [*range(12), 1, 2, 3]
    np.savez_compressed(tmp_path / "one.npz", **{"mine/w1": np.ones((3, 4)), "mine/b1": np.zeros(3)})
    assert read_weights(tmp_path / "one.npz", net).sum() == 12.0


def test_the_run_begins_with_them(history, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    write_weights(history, tmp_path / "w.npz")
    spec = training_spec("spiral", "mlp:5,4", norm="batch", steps=1, weights=f"{tmp_path / 'w.npz'}:gd")
    assert list(spec.start) == history.weights("gd", 30)[0].tolist()


def test_all_rows_of_large_and_small_models() -> None:
    for model in ("mlp:3", "mlp:12"):
        spec = training_spec("moons", model, steps=258, batch=50, racers=["adam,lr=0.02"], backend="numpy")
        run = Runner(spec).run()
        found = list(thetas(run, 0))
        assert len(found) == 259
        for step in (0, 5, 256, 258):
            assert found[step].tolist() == run.weights(0, step)[0].tolist()


def test_files_that_do_not_fit(history, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    file = tmp_path / "w.npz"
    write_weights(history, file)
    other = architecture_of(training_spec("spiral", "mlp:6,4", norm="batch", steps=1).problem.learn)  # type: ignore[arg-type]
    deeper = architecture_of(training_spec("spiral", "mlp:5,4,4", norm="batch", steps=1).problem.learn)  # type: ignore[arg-type]
    for net, path, words in (
        (NET, str(file), "several racers"),
        (NET, f"{file}:adamw", "no racer 'adamw'"),
        (other, f"{file}:gd", r"the file has the shape \(5, 2\), the model \(6, 2\)"),
        (deeper, f"{file}:gd", r"shape"),
        (NET, str(tmp_path / "none.npz"), "no such file"),
    ):
        with pytest.raises(DocumentError, match=words):
            read_weights(path, net)


def test_files_that_are_none(tmp_path: Path) -> None:
    net = architecture_of(training_spec("line", "linear", steps=1).problem.learn)  # type: ignore[arg-type]
    good = {"w1": np.ones((1, 1)), "b1": np.ones(1)}

    def refused(words: str, **arrays: object) -> None:
        np.savez(tmp_path / "w.npz", **arrays)  # type: ignore[arg-type]
        with pytest.raises(DocumentError, match=words):
            read_weights(tmp_path / "w.npz", net)

    refused("not finite", **{**good, "b1": np.array([np.nan])})
    refused("not finite", **{**good, "w1": np.array([[np.inf]])})
    refused("no array 'b1'", w1=good["w1"])
    refused("numbers are wanted", **{**good, "b1": np.array(["one"])})
    refused("shape", **{**good, "w1": np.ones((1, 2))})
    refused("numbers are wanted", **{**good, "b1": np.array([object()], dtype=object)})
    (tmp_path / "w.npz").write_bytes(b"PK\x03\x04 nothing")
    with pytest.raises(DocumentError, match="not a readable"):
        read_weights(tmp_path / "w.npz", net)
    with zipfile.ZipFile(tmp_path / "w.npz", "w") as archive:
        archive.writestr("w1.npy", b"\x93NUMPY\x01\x00v\x00{'descr'")
        archive.writestr("b1.npy", b"")
    with pytest.raises(DocumentError, match="not a readable"):
        read_weights(tmp_path / "w.npz", net)


def test_a_huge_array_is_refused_unread(tmp_path: Path) -> None:
    net = architecture_of(training_spec("line", "linear", steps=1).problem.learn)  # type: ignore[arg-type]
    header = b"{'descr': '<f8', 'fortran_order': False, 'shape': (1000000, 1000000), }"
    header += b" " * (118 - len(header) - 1) + b"\n"
    with zipfile.ZipFile(tmp_path / "w.npz", "w") as archive:
        archive.writestr("w1.npy", b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header)
    with pytest.raises(DocumentError, match=r"\(1000000, 1000000\), the model \(1, 1\)"):
        read_weights(tmp_path / "w.npz", net)


def test_a_function_has_none(tmp_path: Path) -> None:
    run = Runner(spec_for(function="booth", racers=["gd"], steps=2, backend="numpy")).run()
    with pytest.raises(SpecError, match="no weights"):
        write_weights(run, tmp_path / "w.npz")
    model = Runner(training_spec("line", steps=2, backend="numpy")).run()
    with pytest.raises(ExportError, match="folder does not exist"):
        write_weights(model, tmp_path / "none" / "w.npz")
    assert list(tmp_path.iterdir()) == []
