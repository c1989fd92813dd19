from __future__ import annotations

import math
import os
from pathlib import Path

import numpy as np
import pytest

from gdsim.errors import DocumentError, ExportError
from gdsim.session.atomic import replacing, write_text
from gdsim.session.documents import MAX_BYTES, from_toml, load, save, to_toml
from gdsim.session.opening import opening_spec
from gdsim.session.spec import Change, Racer, Schedule

SPEC = opening_spec()
TEXT = to_toml(SPEC)


def test_the_text_gives_the_same_spec_back() -> None:
    assert from_toml(TEXT) == SPEC
    rich = SPEC.replace(
        start=(np.float64(0.1), 1 / 3),
        target=None,
        seed=2**62,
        dtype="float32",
        changes=(Change(3, 0, "lr", 0.02),),
        racers=(
            *SPEC.racers,
            Racer(
                name="aggmo",
                label='say "ü"',
                rule="v[k] = betas[k]*v[k] + g\nstep = -lr*sum(v[k], k=1..len(betas))",
                hyper={"lr": 0.1, "betas": (0.0, 0.9)},
                schedule=Schedule("cosine", "lr*cos(t/T)", {"min": 1e-300}),
                clip=1.0,
            ),
        ),
    )
    assert from_toml(to_toml(rich)) == rich


def test_a_file_survives_the_disk(tmp_path: Path) -> None:
    path = tmp_path / "run ü.gdsim"
    save(SPEC, path)
    save(SPEC, path)
    assert load(path) == SPEC
    assert [each.name for each in tmp_path.iterdir()] == [path.name]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "no format number"),
        ("format = 1\nformat\n", "line 2"),
        ("format = 2", "later gdsim"),
        ("format = 'one'", "version number"),
        ("format = 0", "version number"),
        ("format = true", "version number"),
        ("format = 1", "'problem' is missing"),
        (TEXT + "\n[surprise]\na = 1\n", "'surprise' is not known"),
        (TEXT.replace("steps = 400", "steps = 'many'"), "steps: a whole number is wanted here, not a text"),
        (TEXT.replace("steps = 400", "steps = 400000000"), "too many"),
        (TEXT.replace("steps = 400", "steps = 0"), "at least 1 step"),
        (TEXT.replace("steps = 400", "steps = 2024-01-01"), "steps"),
        (TEXT.replace("lr = 0.01", "lr = 'fast'"), "racers"),
        (TEXT.replace("lr = 0.01", "lr = nan"), "finite"),
        (TEXT.replace("dimension = 2", "dimension = 3"), "dimension"),
        (TEXT.replace("dimension = 2", "dimension = " + "9" * 5000), "dimension|integer"),
        (TEXT.replace("0.5,", "1" + "0" * 400 + ","), "start|finite|number"),
        ("format = 1\na = " + "[" * 100_000, "nested|readable"),
        ("#" * (MAX_BYTES + 1), "larger than"),
        ("a = \x00", "readable"),
    ],
)
def test_a_bad_document_says_what_and_where(text: str, words: str) -> None:
    with pytest.raises(DocumentError, match=words) as caught:
        from_toml(text, "run.gdsim")
    assert "run.gdsim" in str(caught.value)


def test_files_that_are_no_documents(tmp_path: Path) -> None:
    with pytest.raises(DocumentError, match="no such file"):
        load(tmp_path / "none.gdsim")
    with pytest.raises(DocumentError, match="not a file"):
        load(tmp_path)
    path = tmp_path / "picture.gdsim"
    path.write_bytes(b"\x89PNG\xff\xfe")
    with pytest.raises(DocumentError, match="not text"):
        load(path)
    path.write_bytes(b"#" * (MAX_BYTES + 1))
    with pytest.raises(DocumentError, match="larger"):
        load(path)


def test_saving_where_it_cannot_be(tmp_path: Path) -> None:
    with pytest.raises(ExportError, match="folder does not exist"):
        save(SPEC, tmp_path / "none" / "run.gdsim")
    with pytest.raises(ExportError, match="is a folder"):
        save(SPEC, tmp_path)
    if os.path.exists("/dev/full"):
        with pytest.raises(ExportError, match="disk is full"):
            save(SPEC, "/dev/full")
    with pytest.raises(ExportError, match="shorter name"):
        save(SPEC, tmp_path / ("x" * 300))
    assert list(tmp_path.iterdir()) == []


def _write_half(path: Path) -> None:
    with replacing(path) as file:
        file.write(b"half")
        raise KeyboardInterrupt


def test_an_interrupted_save_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "run.gdsim"
    write_text(path, "old")
    path.chmod(0o640)
    with pytest.raises(KeyboardInterrupt):
        _write_half(path)
    assert path.read_text() == "old"
    assert len(list(tmp_path.iterdir())) == 1
    write_text(path, "new")
    assert path.read_text() == "new"
    assert path.stat().st_mode & 0o777 == 0o640


def test_floats_come_back_to_the_last_bit() -> None:
    for value in (0.1, 1 / 3, 5e-324, math.pi * 1e300, -0.0):
        back = from_toml(to_toml(SPEC.replace(start=(value, 1.0)))).start[0]
        assert (back, math.copysign(1, back)) == (value, math.copysign(1, value))
