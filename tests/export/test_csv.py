from __future__ import annotations

import csv
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

from gdsim.errors import Cancelled, ExportError
from gdsim.export.csv import write_csv
from gdsim.session.history import History
from gdsim.session.make import spec_for
from gdsim.session.runner import Runner


@pytest.fixture(scope="module")
def history() -> History:
    spec = spec_for(
        formula="(x^2 + y - 11)^2 + (x + y^2 - 7)^2",
        racers=["gd,lr=0.01", "adam,lr=0.1", "adam,lr=0.2", "gd,lr=1e30", "armijo"],
        start=[1 / 3, -0.1],
        steps=20_000,
        tolerance=0,
        backend="numpy",
    )
    runner = Runner(spec.replace(steps=400))
    return runner.run()


def test_every_row_reads_back_to_the_last_bit(history: History, tmp_path: Path) -> None:
    write_csv(history, tmp_path / "run.csv")
    with (tmp_path / "run.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == ["racer", "step", "x", "y", "loss", "grad_norm", "d_x", "d_y", "lr", "evals", "status"]
    for index, label in enumerate(history.labels):
        mine = [row for row in rows if row["racer"] == label]
        trace = history.traces[index]
        assert [int(row["step"]) for row in mine] == list(range(trace.published))
        for name in ("x", "y", "loss", "grad_norm", "d_x", "d_y", "lr", "evals"):
            assert np.array_equal([float(row[name]) for row in mine], trace.column(name), equal_nan=True)
        assert {row["status"] for row in mine[:-1]} == {"running"}
        assert mine[-1]["status"] == trace.status.value
    assert {row["status"] for row in rows} >= {"step-limit", "diverged"}
    assert all(row["evals"].isdigit() for row in rows)
    assert history.labels == ("gd", "adam", "adam#2", "gd#2", "armijo")


def test_progress_counts_rows(history: History, tmp_path: Path) -> None:
    seen: list[tuple[int, int]] = []
    write_csv(history, tmp_path / "run.csv", progress=lambda done, total: seen.append((done, total)))
    total = sum(trace.published for trace in history.traces)
    assert seen[-1] == (total, total)


def test_cancelling_leaves_what_was_there(history: History, tmp_path: Path) -> None:
    target = tmp_path / "run.csv"
    target.write_text("old")
    cancel = threading.Event()
    with pytest.raises(Cancelled):
        write_csv(history, target, cancel, progress=lambda done, total: cancel.set())
    assert target.read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["run.csv"]


def test_a_full_disk_leaves_nothing(history: History, tmp_path: Path) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("no /dev/full here")
    with pytest.raises(ExportError, match="disk is full"):
        write_csv(history, "/dev/full")


def test_it_is_a_stream(monkeypatch: pytest.MonkeyPatch, history: History, tmp_path: Path) -> None:
    """Whatever the number of rows, only a block's text is in memory."""
    largest = 0
    blocks = sys.modules["gdsim.export.csv"]._blocks

    def watched(*arguments: object):  # type: ignore[no-untyped-def]
        nonlocal largest
        for count, text in blocks(*arguments):
            largest = max(largest, len(text))
            yield count, text

    monkeypatch.setattr("gdsim.export.csv._blocks", watched)
    monkeypatch.setattr("gdsim.export.csv._BLOCK_NUMBERS", 800)
    write_csv(history, tmp_path / "run.csv")
    assert largest < 40_000
    assert (tmp_path / "run.csv").stat().st_size > 5 * largest


def test_names_that_csv_would_misread_are_quoted(tmp_path: Path) -> None:
    spec = spec_for(formula="x^2", racers=["gd"], start="1", steps=2, backend="numpy")
    spec = spec.with_racer(0, spec.racers[0].replace(label='a "b", c'))
    write_csv(Runner(spec).run(), tmp_path / "run.csv")
    with (tmp_path / "run.csv").open(newline="") as file:
        assert {row["racer"] for row in csv.DictReader(file)} == {'a "b", c'}
