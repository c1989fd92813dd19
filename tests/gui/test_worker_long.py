"""Long jobs of the engine thread: what waits meanwhile has its turn, and they stop when asked."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest

from gdsim.errors import Cancelled
from gdsim.gui.worker import LONG, PREVIEW, Worker

PATIENCE = 20.0


@pytest.fixture
def worker() -> Iterator[Worker]:
    made = Worker()
    made.start()
    yield made
    assert made.stop(PATIENCE)


class Long:
    """A job that only ends when it is told to, looking at its flag all the time."""

    def __init__(self) -> None:
        self.begun, self.free, self.ended = threading.Event(), threading.Event(), threading.Event()
        self.thread: int | None = None

    def __call__(self, cancel: threading.Event) -> str:
        self.thread = threading.get_ident()
        self.begun.set()
        try:
            while not self.free.is_set():
                if cancel.is_set():
                    raise Cancelled("stopped")
        finally:
            self.ended.set()
        return "made"


def nothing(_: Any) -> None:
    """Nobody listens."""


def test_a_preview_is_made_in_the_same_thread_meanwhile(worker: Worker) -> None:
    long, seen = Long(), threading.Event()
    worker.ask("map", long, nothing, priority=LONG)
    assert long.begun.wait(PATIENCE)
    threads: list[int] = []

    def preview(cancel: threading.Event) -> None:
        threads.append(threading.get_ident())
        seen.set()

    worker.ask("surface", preview, nothing, priority=PREVIEW)
    assert seen.wait(PATIENCE)
    assert threads == [long.thread]
    assert not long.ended.is_set()
    long.free.set()
    assert long.ended.wait(PATIENCE)


def test_a_second_long_one_waits(worker: Worker) -> None:
    first, second = Long(), Long()
    worker.ask("map", first, nothing, priority=LONG)
    assert first.begun.wait(PATIENCE)
    worker.ask("sweep", second, nothing, priority=LONG)
    seen = threading.Event()
    worker.ask("surface", lambda cancel: seen.set(), nothing, priority=PREVIEW)
    assert seen.wait(PATIENCE)
    assert not second.begun.is_set()
    first.free.set()
    assert second.begun.wait(PATIENCE)
    assert first.ended.is_set()
    second.free.set()


def test_the_newest_of_a_lane_takes_its_place(worker: Worker) -> None:
    old, new = Long(), Long()
    worker.ask("map", old, nothing, priority=LONG)
    assert old.begun.wait(PATIENCE)
    worker.ask("map", new, nothing, priority=LONG)
    assert old.ended.wait(PATIENCE)
    assert new.begun.wait(PATIENCE)
    new.free.set()


def test_what_is_dropped_stops(worker: Worker) -> None:
    long = Long()
    worker.ask("map", long, nothing, priority=LONG)
    assert long.begun.wait(PATIENCE)
    worker.drop("map")
    assert long.ended.wait(PATIENCE)


def test_a_run_is_advanced_meanwhile(worker: Worker) -> None:
    long, far = Long(), threading.Event()

    class Run:
        history = type("History", (), {"traces": ()})()
        slices = 0

        def advance(self, budget_seconds: float = 0.0, cancel: Any = None) -> bool:
            self.slices += 1
            if self.slices > 5:
                far.set()
            return False

    worker.ask("map", long, nothing, priority=LONG)
    assert long.begun.wait(PATIENCE)
    worker.run(Run, nothing)
    assert far.wait(PATIENCE)
    assert not long.ended.is_set()
    long.free.set()


def test_it_stops_with_the_window() -> None:
    worker, long = Worker(), Long()
    worker.start()
    worker.ask("map", long, nothing, priority=LONG)
    assert long.begun.wait(PATIENCE)
    assert worker.stop(PATIENCE)
    assert long.ended.is_set()
