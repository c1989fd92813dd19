"""`gdsim bench`: every workload runs, answers are compared before the clock starts (how fast is for people to read)."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from gdsim.bench import course, footprint, growth, latency, peers, workloads
from gdsim.bench.course import Options
from gdsim.bench.work import Contestant, Work, difference, measure
from gdsim.cli.app import call, register_all
from gdsim.engine import grid, probe
from gdsim.engine.probe import Limits
from gdsim.errors import UsageError

LIMITS = Limits(100.0, "a guess", 10.0)
HERE: dict[str, Any] = {"numpy": np}
SMALL: dict[str, Callable[[Any], Work]] = {
    "surface": lambda there: workloads.surface(there, 16),
    "swarm": lambda there: workloads.swarm(there, 40, 5),
    "path": lambda there: workloads.path(there, 20),
    "recorded": lambda there: workloads.recorded(there, 20),
    "basins": lambda there: workloads.basins(there, 8),
    "sweep": lambda there: workloads.sweep(there, 6),
}


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """The course with tiny workloads and nothing that takes a process or seconds."""
    monkeypatch.setattr(course, "WORKLOADS", SMALL)
    monkeypatch.setattr(probe, "limits", lambda **_: LIMITS)
    pictures, formula, slider = latency.pictures, latency.new_formula, latency.slider
    monkeypatch.setattr(latency, "pictures", lambda: pictures((16,)))
    monkeypatch.setattr(latency, "new_formula", lambda rounds: formula(1, 10, (16, 12)))
    monkeypatch.setattr(latency, "slider", lambda rounds: slider(1, 10))
    growths, threads = growth.growths, growth.thread_runs
    monkeypatch.setattr(growth, "growths", lambda rounds: growths(1, (10, 100), (2, 20), 5))
    monkeypatch.setattr(growth, "thread_runs", lambda rounds: threads(1, 400, 40, 8))
    kept = {"title": "memory", "mb": 50.0, "goal_mb": 200.0, "met": True}
    monkeypatch.setattr(footprint, "footprint", lambda: kept)


def fixed(answer: Any) -> Contestant:
    return Contestant(lambda: np.asarray(answer, dtype=float), lambda found: found)


@pytest.mark.parametrize("name", list(SMALL))
def test_every_workload_runs_and_numpy_agrees(name: str) -> None:
    row = measure(SMALL[name](HERE), 1, LIMITS)
    assert row.name == name
    assert row.ms > 0
    assert not row.refused
    assert row.gflops is not None
    assert row.share_of_peak == pytest.approx(row.gflops / 100)
    assert ("numpy" in row.peers) is (name in ("surface", "swarm", "path"))


def test_all_peers_that_are_installed_agree() -> None:
    there, missing = peers.load()
    assert set(there) | set(missing) == set(peers.NAMES)
    for make in (SMALL["surface"], SMALL["swarm"], SMALL["path"], SMALL["recorded"]):
        row = measure(make(there), 1)
        assert not row.refused
        assert row.share_of_peak is None
        assert {"jax", "torch"} & set(there) <= set(row.peers)


def test_a_peer_that_computes_something_else_is_refused() -> None:
    wrong = Contestant(lambda: pytest.fail("must not be timed") if wrong_runs else wrong_runs.append(1), lambda _: bent)
    wrong_runs: list[int] = []
    bent = np.array([1.0, 2.5, 3.0])
    work = Work("w", "a work", fixed([1, 2, 3]), {"right": fixed([1, 2, 3]), "wrong": wrong}, {"wrong": 2.0})
    row = measure(work, 2)
    assert set(row.peers) == {"right"}
    assert row.met is None
    assert row.refused["wrong"] == "another answer at 1 of 3 places, most at (1,): 2.5 where gdsim has 2.0"


@pytest.mark.parametrize(
    ("theirs", "words"),
    [
        ([1.0, np.nan], ""),
        ([1.0 + 1e-10, np.nan], ""),
        ([1.0, 0.0], "another answer at 1 of 2 places"),
        ([np.nan, np.nan], "another answer at 1 of 2 places"),
        ([np.inf, np.nan], "another answer at 1 of 2 places"),
        ([1.0], "its answer has the shape (1,), gdsim's (2,)"),
    ],
)
def test_answers_differ_where_numbers_do(theirs: list[float], words: str) -> None:
    found = difference(np.array([1.0, np.nan]), np.array(theirs), 1e-9)
    assert found.startswith(words)
    assert bool(found) is bool(words)


def test_a_peer_may_answer_for_a_part() -> None:
    last = Contestant(lambda: np.array([3.0]), lambda found: found, lambda ours: ours[-1:])
    assert set(measure(Work("w", "a work", fixed([1, 2, 3]), {"last": last}), 1).peers) == {"last"}


def test_missing_peers_are_said(monkeypatch: pytest.MonkeyPatch, small: None) -> None:
    monkeypatch.setattr(peers, "NAMES", ("no_such_peer", "numpy"))
    lines: list[str] = []
    found = course.run(Options(("surface",), peers=True, quick=True), lines.append)
    assert "no_such_peer" in found.missing
    assert any(line.startswith("no_such_peer takes no part: No module named") for line in lines)
    assert any("gdsim[bench]" in line for line in lines)
    assert set(found.workloads[0].peers) == {"numpy"}


def test_without_peers_none_is_loaded(monkeypatch: pytest.MonkeyPatch, small: None) -> None:
    monkeypatch.setattr(peers, "load", lambda: pytest.fail("peers were not asked for"))
    found = course.run(Options(("path",), quick=True), lambda line: None)
    assert found.workloads[0].peers == {}
    assert found.workloads[0].met is None


def test_the_whole_course_as_json(small: None, capsys: pytest.CaptureFixture[str]) -> None:
    before = grid.threads()
    register_all()
    assert call(["bench", "--quick", "--json"]) == 0
    table = json.loads(capsys.readouterr().out)
    assert {"cpu", "cores", "threads", "versions", "peak_gflops", "bandwidth_gb_s"} <= table["machine"].keys()
    assert {row["name"] for row in table["workloads"]} == {*SMALL, "pictures", "formula", "slider"}
    wanted = {"name", "title", "ms", "peers", "ratios", "goal", "met", "gflops", "share_of_peak", "gb_s", "note"}
    assert all(wanted <= row.keys() for row in table["workloads"])
    assert set(table["growth"]) == {"swarm", "surface", "dimensions"}
    assert all(len(found["n"]) == len(found["ms"]) == 2 for found in table["growth"].values())
    assert set(table["threads"]) == {"surface", "swarm", "basins"}
    assert all(found["efficiency"][0] == 1.0 for found in table["threads"].values())
    assert table["memory"]["met"] is True
    assert grid.threads() == before


def test_the_text_has_a_line_for_each(small: None, capsys: pytest.CaptureFixture[str]) -> None:
    register_all()
    assert call(["bench", "--quick"]) == 0
    text = capsys.readouterr().out
    for title in ("surface: Ackley", "swarm: 40 starts", "basin map", "sweep", "picture: Ackley", "slider", "slope"):
        assert title in text
    assert "50 MB; goal under 200 MB: met" in text


def test_a_refusal_is_the_exit_status(monkeypatch: pytest.MonkeyPatch, small: None) -> None:
    work = Work("surface", "a work", fixed([1]), {"jax": fixed([2])})
    monkeypatch.setattr(course, "WORKLOADS", {"surface": lambda there: work})
    register_all()
    assert call(["bench", "--only", "surface"]) == 1


def test_a_name_that_is_none_is_refused() -> None:
    with pytest.raises(UsageError, match="surfaces"):
        course.run(Options(("surfaces",)), lambda line: None)


def test_the_map_of_a_process_of_its_own() -> None:
    if not sys.platform.startswith("linux"):
        pytest.skip("measured on Linux alone")
    found = footprint.footprint(16)
    assert found["mb"] > 0
    assert found["start_up_mb"] > 20
    assert isinstance(found["met"], bool)


def test_the_limits_are_measured() -> None:
    found = probe.limits(seconds=0.01, matrix=64, array_bytes=1 << 20)
    assert found.gflops > 0
    assert found.bandwidth > 0
    assert found.how in ("packed multiply-adds", "NumPy's matrix product")
    assert probe.processor()


@pytest.mark.parametrize(("most", "tried"), [(1, [1]), (2, [1, 2]), (6, [1, 2, 4, 6]), (8, [1, 2, 4, 8])])
def test_numbers_of_threads(most: int, tried: list[int]) -> None:
    assert growth.counts(most) == tried
