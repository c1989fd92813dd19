"""Exports from the window: progress, cancel, errors in words, the clipboard."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtGui import QGuiApplication
from pytestqt.qtbot import QtBot

from gdsim.errors import Cancelled
from gdsim.gui.controller import Controller
from gdsim.gui.window import MainWindow

LONG = 20_000
Wait = Callable[[Controller], None]


def finished(window: MainWindow, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: not window.deeds.exports.busy, timeout=LONG)


def test_the_table_has_every_step(window: MainWindow, qtbot: QtBot, tmp_path: Path) -> None:
    path = tmp_path / "run.csv"
    window.deeds.exports.write_csv(path)
    finished(window, qtbot)
    lines = path.read_text("utf-8").splitlines()
    assert lines[0].startswith("racer,step,x,y,loss")
    assert len(lines) == 1 + sum(trace.published for trace in window.controller.history.traces)
    assert str(path) in window.notice.words


@pytest.mark.parametrize("name", ["run.png", "run.svg"])
def test_the_picture_is_written(window: MainWindow, qtbot: QtBot, tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    window.deeds.exports.write_picture(path)
    finished(window, qtbot)
    assert path.stat().st_size > 5000


def test_the_script_is_python(window: MainWindow, qtbot: QtBot, tmp_path: Path) -> None:
    path = tmp_path / "run.py"
    window.deeds.exports.write_script(path)
    finished(window, qtbot)
    compile(path.read_text("utf-8"), str(path), "exec")


def test_a_path_that_cannot_be_written_is_told(window: MainWindow, qtbot: QtBot, tmp_path: Path) -> None:
    before = window.controller.state.spec
    window.deeds.exports.write_csv(tmp_path / "nowhere" / "run.csv")
    finished(window, qtbot)
    assert "run.csv" in window.notice.words
    assert window.controller.state.spec == before


def test_an_export_shows_progress_and_can_be_cancelled(window: MainWindow, qtbot: QtBot, tmp_path: Path) -> None:
    half = threading.Event()

    def write(cancel: threading.Event, progress: Callable[[int, int], None]) -> None:
        progress(1, 2)
        half.set()
        cancel.wait(10)
        raise Cancelled("stopped")

    window.deeds.exports.begin(tmp_path / "long.csv", write)
    qtbot.waitUntil(lambda: half.is_set() and window.header.progress.value() == 500, timeout=LONG)
    assert window.header.cancel.isVisible()
    window.deeds.exports.begin(tmp_path / "second.csv", write)
    assert "under way" in window.notice.words
    window.header.cancel.click()
    finished(window, qtbot)
    assert "was not written" in window.notice.words
    assert not window.header.progress.isVisible()


def test_the_clipboard_gets_command_python_and_picture(window: MainWindow, settle: Wait) -> None:
    clipboard = QGuiApplication.clipboard()
    window.menus.run("copy_command")
    settle(window.controller)
    assert clipboard.text().startswith("gdsim run --function himmelblau")
    window.menus.run("copy_python")
    settle(window.controller)
    assert clipboard.text().startswith("import gdsim")
    window.menus.run("copy_picture")
    assert not clipboard.image().isNull()
