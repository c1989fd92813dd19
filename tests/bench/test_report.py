"""Rows as words: times, ratios, goals."""

from __future__ import annotations

import pytest

from gdsim.bench import report
from gdsim.bench.report import Report, Row
from gdsim.cli.text import as_json


@pytest.mark.parametrize(
    ("ms", "words"),
    [(0.0316, "31.6 µs"), (0.35e-3, "0.35 µs"), (1.234, "1.23 ms"), (99.97, "100 ms"), (2840, "2.84 s")],
)
def test_times_have_three_digits_and_a_unit(ms: float, words: str) -> None:
    assert report.time_words(ms) == words


@pytest.mark.parametrize(("ratio", "words"), [(0.31, "0.31x"), (5.92, "5.9x"), (1234.5, "1,234x")])
def test_ratios(ratio: float, words: str) -> None:
    assert report.times_words(ratio) == words


@pytest.mark.parametrize(("n", "words"), [(2, "2"), (1024, "1k"), (99_856, "100k"), (1_000_000, "1M")])
def test_sizes(n: int, words: str) -> None:
    assert report.size_words(n) == words


@pytest.mark.parametrize(
    ("peers", "goal", "met"),
    [
        ({"jax": 10.0}, {"jax": 5.0}, True),
        ({"jax": 9.9}, {"jax": 5.0}, False),
        ({}, {"jax": 5.0}, None),
        ({"jax": 10.0}, {}, None),
        ({"jax": 10.0, "torch": 20.0}, {"jax": 5.0, "torch": 11.0}, False),
        ({}, {"ms": 2.0}, True),
        ({}, {"ms": 1.9}, False),
    ],
)
def test_a_goal_is_met_or_not_or_unknown(peers: dict[str, float], goal: dict[str, float], met: bool | None) -> None:
    assert Row("w", "a work", 2.0, peers, goal).met is met


@pytest.mark.parametrize(
    ("goal", "words"),
    [
        ({"jax": 5.0}, "jax 5x"),
        ({"jax": 0.95}, "jax level"),
        ({"jax": 1 / 3, "torch": 1000.0}, "jax 1/3x, torch 1,000x"),
    ],
)
def test_goals_in_words(goal: dict[str, float], words: str) -> None:
    assert report.goal_words(Row("w", "a work", 2.0, goal=goal)) == words


def test_a_row_is_one_line_in_the_columns_of_the_heading() -> None:
    peers, refused = {"jax": 10.0, "jax, kept": 3.0}, {"torch": "2"}
    row = Row("w", "a work", 2.0, peers, {"jax": 2.5}, 5.0, 0.25, 1.0, 0.125, refused=refused)
    line, heading = report.row_line(row, peers=True), report.heading(peers=True)
    assert line.split() == ["a", "work", "2.00", "ms", "5.0x", "refused", "-", "-", "25", "%", "jax", "2.5x:", "met"]
    assert line.index("5.0x") + 4 == heading.index("jax") + 3
    assert report.note_lines(row) == ["  jax, kept 1.5x", "  torch is refused: 2"]
    alone = report.row_line(row, peers=False)
    assert "5.0x" not in alone


def test_a_report_is_json_with_ratios() -> None:
    found = Report({"cpu": "a chip"}, [Row("w", "a work", 2.0, {"jax": 10.0})])
    assert found.as_dict()["workloads"][0]["ratios"] == {"jax": 5.0}
    assert '"ratios"' in as_json(found.as_dict())
