"""Crashes: marks, autosave, what is offered at the next start, errors that nobody caught."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication, QPushButton

from gdsim.assets import cache_dir, config_dir, state_dir
from gdsim.errors import SpecError
from gdsim.gui import app, recovery, settings
from gdsim.gui.controller import Controller
from gdsim.gui.shot import screenshot
from gdsim.gui.window import MainWindow
from gdsim.session import documents
from gdsim.session.opening import opening_spec

Wait = Callable[[Controller], None]
GONE = 2**22 + 12345  # above the largest process number of Linux


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("GDSIM_HOME", str(tmp_path))
    return tmp_path


@pytest.fixture
def hooks() -> Iterator[None]:
    here, elsewhere = sys.excepthook, threading.excepthook
    yield
    sys.excepthook, threading.excepthook = here, elsewhere


def test_a_clean_end_leaves_no_mark(home: Path) -> None:
    mark = recovery.StartMark()
    assert not mark.begin().crashed
    mark.in_use()
    mark.end()
    assert not recovery.StartMark().begin().crashed


@pytest.mark.parametrize(("stage", "at_start"), [("starting", True), ("running", False)])
def test_a_mark_left_behind_says_where_it_died(home: Path, stage: str, at_start: bool) -> None:
    (state_dir() / "running").write_text(f"{GONE} {stage}\n", "utf-8")
    last = recovery.StartMark().begin()
    assert last.crashed
    assert last.at_start == at_start


def test_another_living_window_is_no_crash(home: Path) -> None:
    (state_dir() / "running").write_text(f"{os.getppid()} running\n", "utf-8")
    assert not recovery.StartMark().begin().crashed


def test_a_safe_start_throws_kernels_away(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NUMBA_DISABLE_CUDA", "0")
    (cache_dir() / "kernels").mkdir()
    (cache_dir() / "kernels" / "bad.nbi").write_bytes(b"\0")
    recovery.make_safe()
    assert list(cache_dir().iterdir()) == []
    assert os.environ["NUMBA_DISABLE_CUDA"] == "1"


def test_autosave_comes_back(home: Path) -> None:
    assert recovery.autosaved() is None
    recovery.autosave(opening_spec())
    assert recovery.autosaved() == opening_spec()
    recovery.autosave_file().write_text("nonsense", "utf-8")
    assert recovery.autosaved() is None
    recovery.end(opening_spec(), unsaved=True)
    assert not recovery.autosave_file().exists()
    assert documents.load(recovery.last_run_file()) == opening_spec()


def test_an_edit_is_autosaved(home: Path, window: MainWindow, qtbot: object, settle: Wait) -> None:
    window.controller.set_hyper(0, "lr", 0.005)
    qtbot.waitUntil(lambda: recovery.autosave_file().exists(), timeout=10_000)  # type: ignore[attr-defined]
    settle(window.controller)
    assert recovery.autosaved() == window.controller.state.spec


def test_after_a_crash_the_run_is_offered(home: Path, window: MainWindow, settle: Wait) -> None:
    kept = opening_spec().replace(steps=9, target=None)
    recovery.autosave(kept)
    app._offer(window, recovery.LastTime(crashed=True))
    assert "did not close properly" in window.notice.words
    restore = next(each for each in window.notice.findChildren(QPushButton) if each.text() == "Restore the Run")
    restore.click()
    settle(window.controller)
    assert window.controller.state.spec == kept
    assert window.controller.state.length == 9


def test_uncaught_errors_are_told_in_words(hooks: None) -> None:
    told: list[str] = []
    recovery.catch_all(told.append)
    sys.excepthook(SpecError, SpecError("it is wrong", hint="Do this"), None)
    thread = threading.Thread(target=lambda: 1 // 0)
    thread.start()
    thread.join()
    assert told[0] == "it is wrong. Do this"
    assert "ZeroDivisionError" in told[1]
    assert "not lost" in told[1]


def test_settings_survive_and_damage_is_forgiven(home: Path) -> None:
    assert settings.load() == settings.Settings()
    settings.save(settings.Settings(theme="light", speed=None))
    assert settings.load().theme == "light"
    assert settings.load().steps_per_second == float("inf")
    (config_dir() / "window.json").write_text("{", "utf-8")
    assert settings.load() == settings.Settings()


def test_a_screenshot_is_the_window(qapp: QApplication, tmp_path: Path) -> None:
    from PySide6.QtGui import QImage

    path = tmp_path / "window.png"
    screenshot(path, size=(1100, 700), theme="light", step=20)
    image = QImage(str(path))
    assert (image.width(), image.height()) == (1100, 700)
    assert image.pixelColor(5, 690).lightness() > 200
