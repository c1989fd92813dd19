"""Cycles are collected in the GUI's thread, whichever thread leaves them."""

from __future__ import annotations

import gc
import threading

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from gdsim.gui import garbage
from gdsim.gui.garbage import GarbageCollector
from gdsim.gui.window import MainWindow

LONG = 60_000


class Cycle:
    """Tells in which thread it goes."""

    gone: list[int] = []

    def __init__(self) -> None:
        self.itself = self

    def __del__(self) -> None:
        self.gone.append(threading.get_ident())


def test_cycles_go_in_the_thread_of_the_gui(window: MainWindow, qapp: QApplication, qtbot: QtBot) -> None:
    assert not gc.isenabled()
    assert GarbageCollector.of(qapp) is GarbageCollector.of(qapp)
    assert len(qapp.findChildren(GarbageCollector)) == 1
    Cycle.gone.clear()

    def litter() -> None:
        for _ in range(5000):
            Cycle()

    thread = threading.Thread(target=litter)
    thread.start()
    thread.join()
    assert not Cycle.gone
    qtbot.waitUntil(lambda: len(Cycle.gone) == 5000, timeout=LONG)
    assert set(Cycle.gone) == {threading.get_ident()}


@pytest.mark.parametrize(
    ("counts", "collected"),
    [((700, 10, 10), -1), ((701, 0, 0), 0), ((5, 11, 0), 1), ((9000, 11, 3), 1), ((701, 11, 11), 2)],
)
def test_the_oldest_generation_that_is_due(
    qapp: QApplication, monkeypatch: pytest.MonkeyPatch, counts: tuple[int, int, int], collected: int
) -> None:
    collector, done = GarbageCollector(qapp), []
    monkeypatch.setattr(garbage.time, "monotonic", lambda: collector._full + 61.0)
    monkeypatch.setattr(garbage.gc, "get_threshold", lambda: (700, 10, 10))
    monkeypatch.setattr(garbage.gc, "get_count", lambda: counts)
    monkeypatch.setattr(garbage.gc, "collect", done.append)
    assert collector.look() == collected
    assert done == ([collected] if collected >= 0 else [])
    if collected == 2:
        monkeypatch.setattr(garbage.time, "monotonic", lambda: collector._full + 1.0)
        assert collector.look() == 1  # a full one only now and then
    collector.deleteLater()
