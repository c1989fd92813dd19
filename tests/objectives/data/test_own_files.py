"""A person's own CSV: what is chosen for it, embedded or by path, found again or not."""

from __future__ import annotations

import hashlib
import threading
from pathlib import Path

import numpy as np
import pytest

from gdsim.errors import Cancelled, SpecError
from gdsim.objectives.data import EMBEDDED, csv_data, digest, rebased, samples_of, table_of, text_data

SMALL = "a,b,kind\n1,2,red\n2,3,blue\n3,5,red\n4,4,blue\n"


@pytest.fixture
def large(tmp_path: Path) -> Path:
    path = tmp_path / "data" / "large.csv"
    path.parent.mkdir()
    rows = "".join(f"{i / 7},{i % 13},{i % 3 - 0.5}\n" for i in range(60_000))
    path.write_text("x,y,z\n" + rows, encoding="utf-8")
    assert path.stat().st_size > EMBEDDED
    return path


def test_a_small_file_is_embedded(tmp_path: Path) -> None:
    path = tmp_path / "small.csv"
    path.write_text(SMALL, encoding="utf-8-sig")
    data = csv_data(path)
    path.unlink()
    assert (data.name, data.title, data.text, data.path, data.sha256) == ("csv", "small.csv", SMALL, "", "")
    assert (data.target, data.classes, data.inputs, data.standardise) == ("kind", ("blue", "red"), ("a", "b"), True)
    samples = samples_of(data.replace(share=1.0))
    np.testing.assert_array_equal(samples.y, [1, 0, 1, 0])


def test_a_large_file_goes_by_path_and_checksum(large: Path, tmp_path: Path) -> None:
    data = csv_data(large, tmp_path)
    assert (data.path, data.text) == ("data/large.csv", "")
    assert data.sha256 == hashlib.sha256(large.read_bytes()).hexdigest() == digest(large)
    samples = samples_of(data, tmp_path)
    assert samples.count + samples.count_test == 60_000
    assert samples_of(data, tmp_path) is samples
    assert table_of(data, tmp_path) is table_of(data, tmp_path)


def test_a_document_moves_and_finds_its_file(large: Path, tmp_path: Path) -> None:
    unsaved = csv_data(large)
    assert Path(unsaved.path) == large.resolve()
    saved = rebased(unsaved, None, tmp_path)
    assert saved.path == "data/large.csv"
    elsewhere = tmp_path / "notes" / "more"
    elsewhere.mkdir(parents=True)
    moved = rebased(saved, tmp_path, elsewhere)
    assert moved.path == "../../data/large.csv"
    assert table_of(moved, elsewhere).rows == 60_000
    assert rebased(moved, elsewhere, None) == unsaved
    plain = text_data(SMALL)
    assert rebased(plain, None, tmp_path) is plain


def test_a_file_that_changed_or_went_is_told(large: Path, tmp_path: Path) -> None:
    data = csv_data(large, tmp_path)
    samples_of(data, tmp_path)
    with large.open("a") as stream:
        stream.write("1,2,3\n")
    with pytest.raises(SpecError, match="has changed") as caught:
        samples_of(data, tmp_path)
    assert caught.value.where == str(large)
    assert caught.value.hint
    large.unlink()
    with pytest.raises(SpecError, match="is not there"):
        samples_of(data, tmp_path)
    with pytest.raises(SpecError, match="SHA-256 is missing"):
        samples_of(data.replace(sha256=""), tmp_path)
    with pytest.raises(SpecError, match="no such file"):
        csv_data(large)


def test_reading_is_cancelled(large: Path, tmp_path: Path) -> None:
    cancel = threading.Event()
    cancel.set()
    data = csv_data(large, tmp_path)
    large.touch()
    with large.open("a") as stream:
        stream.write("1,2,3\n")
    with pytest.raises(Cancelled):
        samples_of(data.replace(sha256=digest(large)), tmp_path, cancel=cancel)


def test_the_target_that_is_chosen() -> None:
    assert text_data("a,b,same\n1,2,7\n2,5,7\n4,1,7\n").target == "b"
    names = "\n".join(f"{i},{i * i},n{i}" for i in range(150))
    assert text_data("x,y,name\n" + names).target == "y"
    yes = text_data("x,y\n1,0\n2,1\n3,0\n")
    assert (yes.target, yes.classes) == ("y", ("0", "1"))
    assert text_data("x,y\n1,0\n2,1\n3,0\n", task="number").classes == ()
    assert text_data("x,y\n1,0\n2,1\n3,2\n").classes == ()
    assert text_data("x,y\n1,0\n2,1\n3,2\n", task="classes").classes == ("0", "1", "2")
    assert text_data(SMALL, target="a").inputs == ("b",)
    names = text_data("size,price,name\n1,5,anna\n2,7,bert\n3,4,carl\n")
    assert (names.target, names.inputs) == ("price", ("size",))  # each name is another: no classes
    assert text_data("size,kind\n1,a\n2,b\n3,a\n").target == "kind"


TEXTS = "city,size,price,when\nA,1,5,mon\nB,2,7,tue\nA,3,4,wed\nC,4,8,thu\nA,5,9,fri\n"


def test_columns_of_text_that_are_no_inputs_are_told() -> None:
    (note,) = samples_of(text_data(TEXTS)).notes
    assert note == (
        "The columns 'city' and 'when' are no inputs, for they hold texts. Write numbers in their place, or predict "
        "one of them, to learn from them"
    )
    (note,) = samples_of(text_data(TEXTS, target="city")).notes
    assert note.startswith("The column 'when' is no input, for it holds texts. Write numbers in its place")
    assert samples_of(text_data(TEXTS).replace(inputs=("size", "city", "when"), standardise=False)).notes == ()
    assert samples_of(text_data(TEXTS, target="price").replace(inputs=("size", "size^2"))).notes != ()
    two = text_data("a,b,t,y\n1,2,u,3\n2,1,v,5\n4,4,u,6\n", target="y")
    assert samples_of(two).notes != ()
    assert samples_of(two.replace(inputs=("a",))).notes == ()  # a choice, in which the text is one of several


def test_a_cell_that_makes_a_column_text_is_told() -> None:
    odd = "x,z,y\n1,4,2\n2,3,2\n3,5,n.n.\n4,1,8\n5,2,8\n"
    said = samples_of(text_data(odd)).notes
    assert said == (
        "'y' is predicted as classes: 'n.n.' in row 3 is no number. Mend it to predict a number",
    )
    said = samples_of(text_data(odd, target="x")).notes
    assert said[0].startswith("The column 'y' ('n.n.' in row 3) is no input")
    many = "x," + ",".join(f"t{k}" for k in range(9)) + ",y\n" + "".join(
        f"{row}," + ",".join(f"{'ab'[row % 2]}{k}" for k in range(9)) + f",{row * row}\n" for row in range(5)
    )
    assert "'t0', 't1', 't2' and 6 more are no inputs" in samples_of(text_data(many)).notes[0]


@pytest.mark.parametrize(
    ("text", "target", "task", "told"),
    [
        ("x\n1\n2\n", "", None, "one column only"),
        ("a,b\n1,1\n1,1\n", "", None, "no column can be predicted"),
        ("a,b\nu,1\nv,2\n", "", None, "no column of numbers besides the target 'b': 'a' holds texts"),
        ("x,y\n1,2\n2,4\n3,n.n.\n4,8\n", "", None, "besides the target 'x': 'y' .'n.n.' in row 3. holds texts"),
        ("x,k\n1,a\n2,a\n3,a\n", "", None, "'k' .'a' in every row. holds texts"),
        (SMALL, "kin", None, "Did you mean 'kind'"),
        (SMALL, "kind", "number", "holds texts"),
        ("x,y\n1,0.5\n2,1.5\n", "y", "classes", "cannot be taken for classes"),
        ("x,y\n" + "1,2\n" * 300_000, "", None, "longer than 1,000,000 bytes"),
    ],
)  # fmt: skip
def test_what_is_no_problem_to_learn_is_told(text: str, target: str, task: str | None, told: str) -> None:
    with pytest.raises(SpecError, match=told):
        text_data(text, target=target, task=task)  # type: ignore[arg-type]
