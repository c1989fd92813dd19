"""`gdsim bench`: every workload runs and says what it measured (how fast is for people to read, not for a test)."""

from __future__ import annotations

import json

import pytest

from gdsim import bench


def test_the_path_is_measured() -> None:
    (measure,) = bench.path()
    assert measure.ms is not None
    assert measure.ms > 0
    assert "Adam" in measure.line()
    assert measure.ratio is not None or "torch" in measure.note


def test_all_lines_are_printed(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    measures = [bench.Measure("one", 1.5, 2.0, 10.0, "peer"), bench.Measure("two", None, note="nothing to measure")]
    monkeypatch.setattr(bench, "WORKLOADS", (lambda: iter(measures),))
    bench.main()
    lines = capsys.readouterr().out.splitlines()
    assert "1.500 ms" in lines[0]
    assert "goal 2 ms" in lines[0]
    assert lines[1].split() == ["two", "-", "nothing", "to", "measure"]
    bench.main(as_json=True)
    table = json.loads(capsys.readouterr().out)
    assert [row["name"] for row in table] == ["one", "two"]
    assert table[0]["ratio"] == 10.0


def test_a_median_is_not_moved_by_the_first_run() -> None:
    calls: list[int] = []
    assert bench.median_ms(lambda: calls.append(1), 5) < 100
    assert len(calls) == 6
