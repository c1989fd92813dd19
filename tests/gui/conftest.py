"""A window that has come to rest, for tests that use mouse and keys."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from gdsim.draw.mathtext import math_setter
from gdsim.gui.app import make_window
from gdsim.gui.controller import Controller
from gdsim.gui.settings import Settings
from gdsim.gui.window import MainWindow
from gdsim.session.spec import RunSpec

LONG = 60_000


@pytest.fixture(autouse=True, scope="module")
def _collected() -> Iterator[None]:
    """What a file of tests has left is collected here, in this thread; then Python collects by itself again."""
    yield
    gc.collect()
    gc.enable()


@pytest.fixture
def settle(qtbot: QtBot) -> Callable[[Controller], None]:
    """Waits until a controller's engine is at rest and everything has been shown."""

    def wait(controller: Controller) -> None:
        qtbot.waitUntil(lambda: not controller.busy, timeout=LONG)

    return wait


@pytest.fixture
def show(qtbot: QtBot, settle: Callable[[Controller], None]) -> Callable[[MainWindow, int, int], None]:
    """Shows a window at a size, runs the opening race to its end, and waits."""

    def shown(window: MainWindow, width: int, height: int) -> None:
        window.resize(width, height)
        window.show()
        qtbot.waitExposed(window)
        window.activateWindow()
        window.controller.to_end()
        window.controller.start()
        settle(window.controller)

    return shown


@pytest.fixture
def new_window(qapp: QApplication, qtbot: QtBot) -> Iterator[MainWindow]:
    """The window as it opens, neither shown nor started."""
    window = make_window(qapp, kept=Settings(theme="dark"))
    yield window
    window.deeds.exports.finish()
    math_setter().wait()
    window.controller.stop()
    window.close()
    window.deleteLater()


@pytest.fixture
def window(new_window: MainWindow, show: Callable[[MainWindow, int, int], None]) -> MainWindow:
    """The window at rest at the end of the opening race, 1440x900."""
    show(new_window, 1440, 900)
    return new_window


@pytest.fixture
def open_window(qapp: QApplication, qtbot: QtBot) -> Iterator[Callable[..., MainWindow]]:
    """Opens windows on runs that go to their ends at once, and closes them."""
    windows: list[MainWindow] = []

    def opened(spec: RunSpec, width: int = 1440, height: int = 900, theme: str = "dark") -> MainWindow:
        window = make_window(qapp, spec, kept=Settings(theme=theme))
        windows.append(window)
        window.resize(width, height)
        window.show()
        qtbot.waitExposed(window)
        window.activateWindow()
        window.controller.to_end()
        window.controller.start()
        return window

    yield opened
    for window in windows:
        math_setter().wait()
        window.controller.stop()
        window.close()
        window.deleteLater()
