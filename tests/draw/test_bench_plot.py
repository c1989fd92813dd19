"""The picture of a bench: it is painted whole, in parts, and as SVG."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from PySide6.QtGui import QColor

from gdsim.draw.bench_plot import check_file, plot_image, shown, span_words, write_plot
from gdsim.draw.theme import LIGHT
from gdsim.errors import ExportError

pytestmark = pytest.mark.usefixtures("qapp")

ROW: dict[str, Any] = {
    "name": "w", "title": "w: 10 x 10", "ms": 2.0, "peers": {"jax": 10.0, "jax, kept": 12.0}, "gflops": 1.0,
}  # fmt: skip
GROWN = {"title": "steps, by members", "n": [10, 100], "ms": [1.0, 11.0], "slope": 1.04, "linear": True}
THREADS = {
    "title": "surface, by threads", "threads": [1, 2], "ms": [2.0, 1.1], "efficiency": [1.0, 0.91], "goal": 0.9,
}  # fmt: skip


def report(**parts: Any) -> dict[str, Any]:
    machine = {"cpu": "a chip", "cores": 2}
    return {"machine": machine, "workloads": [ROW], "growth": {}, "threads": {}, "memory": {}, **parts}


@pytest.mark.parametrize(
    "parts",
    [
        {},
        {"growth": {"swarm": GROWN}},
        {"threads": {"surface": THREADS}},
        {"growth": {"swarm": GROWN}, "threads": {"surface": THREADS}},
        {"workloads": []},
    ],
)
def test_it_is_painted_with_what_there_is(parts: dict[str, Any]) -> None:
    image = plot_image(report(**parts), (800, 500))
    colours = {image.pixelColor(x, y).name() for x in range(0, 800, 3) for y in range(0, 500, 3)}
    assert QColor(LIGHT.surface).name() in colours
    barred = report(**parts)["workloads"] or "threads" in parts
    assert (QColor(LIGHT.accent).name() in colours) is bool(barred)


@pytest.mark.parametrize(("name", "head"), [("a.png", b"\x89PNG"), ("a.svg", b"<?xml")])
def test_it_is_written_as_a_file(tmp_path: Path, name: str, head: bytes) -> None:
    write_plot(report(), tmp_path / name, (800, 500))
    assert (tmp_path / name).read_bytes().startswith(head)


def test_another_ending_is_refused() -> None:
    with pytest.raises(ExportError, match="no kind of picture"):
        check_file("speed.pdf")


def test_workloads_that_fill_the_machine_come_first() -> None:
    idle = {**ROW, "gflops": None}
    assert shown([ROW, idle]) == [ROW]
    assert shown([idle]) == [idle]


@pytest.mark.parametrize(("ms", "words"), [(0.0316, "32 µs"), (5.94, "5.9 ms"), (12.2, "12 ms"), (2500.0, "2.5 s")])
def test_times_beside_the_bars(ms: float, words: str) -> None:
    assert span_words(ms) == words
