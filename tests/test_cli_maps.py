"""`gdsim basins` and `gdsim sweep` from the outside: what they print, write and answer with."""

from __future__ import annotations

import csv
import json
import os
import select
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import gdsim as door
from gdsim.cli import app as cli
from gdsim.cli import register_all


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


HIMMELBLAU = ["--function", "himmelblau", "--optimizer", "adam,lr=0.2", "--steps", "500"]


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def test_basins_csv_reads_back_exactly(gdsim, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    target = tmp_path / "basins.csv"
    words = ["--size", "12x9", "--domain", "-4..4,-3..3"]
    assert gdsim("basins", *HIMMELBLAU, *words, "--csv", str(target)).status == 0
    rows = rows_of(target)
    assert list(rows[0]) == ["x", "y", "basin", "steps", "status", "loss", "end_x", "end_y"]
    assert len(rows) == 12 * 9
    found = door.basins("himmelblau", optimizer="adam,lr=0.2", size=(12, 9), domain=((-4, 4), (-3, 3)), steps=500)
    for number, row in enumerate(rows):
        y, x = divmod(number, 12)
        assert (float(row["x"]), float(row["y"])) == (found.x[x], found.y[y])
        assert int(row["basin"]) == found.labels[y, x]
        assert int(row["steps"]) == found.steps[y, x]
        assert float(row["loss"]) == found.loss[y, x]
        assert (float(row["end_x"]), float(row["end_y"])) == tuple(found.ends[:, y, x])
        assert repr(float(row["loss"])) == row["loss"]
        assert row["status"] == ("converged" if found.labels[y, x] >= 0 else "step-limit")


def test_basins_json(gdsim) -> None:  # type: ignore[no-untyped-def]
    answer = gdsim("basins", *HIMMELBLAU, "--size", "16", "--json")
    assert answer.status == 0
    report = json.loads(answer.out)
    assert report["size"] == [16, 16]
    assert report["axes"] == ["x", "y"]
    assert report["spec"]["racers"][0]["name"] == "adam"
    assert len(report["attractors"]) == 4
    first = report["attractors"][0]
    assert set(first) == {"point", "value", "kind", "known", "status", "count"}
    assert first["kind"] == "minimum"
    assert first["known"] is True
    counts = report["counts"]
    assert sum(each["count"] for each in report["attractors"]) == counts["arrived"]
    assert sum(counts.values()) == 256
    assert report["backend"] == "cpu"
    assert report["seconds"] >= 0


def test_basins_for_a_person_and_to_the_standard_output(gdsim) -> None:  # type: ignore[no-untyped-def]
    answer = gdsim("basins", "--formula", "(x^2-1)^2+y^2", "--optimizer", "gd,lr=0.05", "--size", "9")
    assert answer.status == 0
    assert "saddle" in answer.out
    assert "(-1, 0)" in answer.out
    diverging = gdsim("basins", "--formula", "x^4+y^4", "--optimizer", "gd,lr=1", "--size", "9")
    assert "diverged" in diverging.out


@pytest.mark.parametrize("kind", ["png", "svg"])
def test_pictures(gdsim, tmp_path: Path, kind: str) -> None:  # type: ignore[no-untyped-def]
    basins, sweep = tmp_path / f"b.{kind}", tmp_path / f"s.{kind}"
    assert gdsim("basins", *HIMMELBLAU, "--size", "24", "--image", str(basins)).status == 0
    words = ["--over", "lr=1e-3..1:12:log", "--over", "beta1=0..0.9:10", "--measure", "steps"]
    assert gdsim("sweep", *HIMMELBLAU, *words, "--image", str(sweep)).status == 0
    for path in (basins, sweep):
        if kind == "png":
            with Image.open(path) as image:
                assert image.size == (1280, 860)
                assert "himmelblau" in image.text["gdsim"]  # type: ignore[attr-defined]
        else:
            text = path.read_text()
            assert text.startswith("<?xml")
            assert "Himmelblau" in text


def test_sweep_csv_reads_back_exactly(gdsim, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    target = tmp_path / "sweep.csv"
    over = ["lr=1e-3..0.05:6:log", "beta=0..0.9:4"]
    words = ["--function", "himmelblau", "--optimizer", "momentum", "--steps", "200"]
    assert gdsim("sweep", *words, "--over", over[0], "--over", over[1], "--csv", str(target)).status == 0
    rows = rows_of(target)
    assert list(rows[0]) == ["lr", "beta", "loss", "steps", "status"]
    found = door.sweep("himmelblau", optimizer="momentum", over=over, steps=200)
    for number, row in enumerate(rows):
        y, x = divmod(number, 6)
        assert (float(row["lr"]), float(row["beta"])) == (found.values["lr"][x], found.values["beta"][y])
        np.testing.assert_equal(float(row["loss"]), found.loss[y, x])
        assert int(row["steps"]) == found.steps[y, x]
        assert row["status"] == found.status[y, x]
    assert {row["status"] for row in rows} >= {"converged", "diverged"}


def test_sweep_json_and_words(gdsim) -> None:  # type: ignore[no-untyped-def]
    words = ["--formula", "x^2+10y^2", "--start", "1,1", "--optimizer", "gd", "--steps", "300", "--over",
             "lr=1e-4..1:50:log"]  # fmt: skip
    report = json.loads(gdsim("sweep", *words, "--json").out)
    assert report["over"] == [{"name": "lr", "low": 1e-4, "high": 1.0, "count": 50, "scale": "log"}]
    assert report["best"]["settings"]["lr"] == pytest.approx(1 / 11, rel=0.2)
    assert report["best"]["status"] == "converged"
    assert sum(report["counts"].values()) == 50
    told = gdsim("sweep", *words).out
    assert report["explanation"].split(";")[0] in told.replace("\n", " ")


BAD = [
    (["basins", "--function", "himmelblau", "--size", "0"], "no size"),
    (["basins", "--function", "himmelblau", "--size", "big"], "no size"),
    (["basins", "--function", "himmelblau", "--size", "200000x200000"], "of memory"),
    (["basins", "--function", "himmelblau", "--domain", "3..1,2..4"], "no range"),
    (["basins", "--function", "himmelblau", "--domain", "1..2"], "1 ranges for 2 axes"),
    (["basins", "--function", "himmelblau", "--domain", "a..b,1..2"], "--domain"),
    (["basins", "--function", "himmelblau", "--axes", "x,q"], "no coordinate 'q'"),
    (["basins", "--function", "himmelblau", "--image", "a.gif"], ".png or .svg"),
    (["basins", "--function", "himmelblau", "--optimizer", "gd", "--optimizer", "adam"], "2 optimizers"),
    (["basins"], "nothing to minimise"),
    (["basins", "--function", "himmelblau", "--backend", "gpu"], "--backend"),
    (["basins", "--formula", "x^2+y^2", "--size", "4", "--csv", "/nowhere/x.csv"], "cannot be written"),
    (["sweep", "--function", "himmelblau"], "nothing to sweep"),
    (["sweep", "--function", "himmelblau", "--over", "lr=-1..1:5"], "out of range"),
    (["sweep", "--function", "himmelblau", "--over", "foo=1..2"], "no setting 'foo'"),
    (["sweep", "--function", "himmelblau", "--over", "lr=1..2:5", "--over", "clip=1..2", "--over", "noise=1..2"], "3"),
    (["sweep", "--function", "himmelblau", "--over", "lr=1..2:5", "--measure", "time"], "not measured"),
    (["sweep", "--formula", "log(x)", "--start", "-1", "--over", "lr=1..2:5"], "start"),
]


@pytest.mark.parametrize(("words", "part"), BAD, ids=[" ".join(words) for words, _ in BAD])
def test_bad_input(gdsim, words: list[str], part: str) -> None:  # type: ignore[no-untyped-def]
    answer = gdsim(*words)
    assert answer.status == 2
    assert part in answer.err
    assert answer.err.count("\n") == 1
    assert answer.out == ""


def test_the_python_door_takes_python_functions() -> None:
    found = door.basins(lambda p: float((p[0] ** 2 - 1) ** 2 + p[1] ** 2), start=(1, 1), optimizer="gd,lr=0.05", size=5,
                        domain=((-2, 2), (-1, 1)))  # fmt: skip
    assert found.labels.shape == (5, 5)
    assert [each.kind for each in found.attractors] == ["minimum", "minimum", "saddle"]
    swept = door.sweep(lambda p: float(p[0] ** 2), start=1, over="lr=0.1..0.9:5", steps=200)
    assert swept.best is not None
    assert swept.best["lr"] == pytest.approx(0.5)
    assert "arrives" in repr(swept)


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs /proc to see that it computes")
def test_control_c_stops_at_once_and_leaves_nothing(tmp_path: Path) -> None:
    target = tmp_path / "map.csv"
    target.write_text("as it was")
    command = [
        sys.executable, "-c", "import sys; from gdsim.cli import main; print('begun', flush=True); main(sys.argv[1:])",
        "basins", "--function", "rosenbrock", "--optimizer", "gd,lr=1e-7", "--steps", "100000", "--size", "600",
        "--backend", "numpy", "--csv", str(target),
    ]  # fmt: skip
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert select.select([process.stdout], [], [], 60)[0]
    process.stdout.readline()
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and _processor_seconds(process.pid) < 4.0:  # it has begun to compute
        assert process.poll() is None
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "not finished" in said
    assert "Traceback" not in said
    assert target.read_text() == "as it was"
    assert [path.name for path in tmp_path.iterdir()] == ["map.csv"]


def _processor_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
