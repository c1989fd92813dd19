"""Cycles are collected in the GUI's thread, whichever thread leaves them."""

from __future__ import annotations

import gc
import threading

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

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


def test_nothing_is_collected_while_nothing_is_due(qapp: QApplication) -> None:
    collector = GarbageCollector.of(qapp)
    gc.collect()
    assert collector.look() == -1
    kept = [QObject() for _ in range(5 * gc.get_threshold()[0])]
    assert collector.look() >= 0
    assert len(kept) == 5 * gc.get_threshold()[0]
