"""Ctrl+K: what is found, what Enter does, the keyboard alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QImage
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from gdsim import catalogue
from gdsim.draw.theme import DARK, LIGHT, Theme
from gdsim.gui import finds, function_thumbnails
from gdsim.gui.controller import Controller
from gdsim.gui.gallery import Gallery
from gdsim.gui.thumbnails import HEIGHT, WIDTH, Thumbnails
from gdsim.gui.window import MainWindow

LONG = 60_000
Wait = Callable[[Controller], None]
CONTROL = Qt.KeyboardModifier.ControlModifier


def opened(window: MainWindow, qtbot: QtBot) -> Gallery:
    QTest.keyClick(window, Qt.Key.Key_K, CONTROL)
    qtbot.waitUntil(lambda: window.findChild(Gallery) is not None, timeout=LONG)
    gallery = window.findChild(Gallery)
    assert isinstance(gallery, Gallery)
    return gallery


def test_everything_is_there() -> None:
    found = finds.search(finds.everything(), "")
    names = {(find.kind, find.name) for find in found}
    assert {("function", name) for name in catalogue.functions()} <= names
    assert {("optimizer", name) for name in catalogue.optimizers()} <= names
    assert ("command", "play") in names


def test_the_best_comes_first() -> None:
    among = finds.everything()
    assert finds.search(among, "rosen")[0].name == "rosenbrock"
    assert finds.search(among, "export table")[0].name == "export_csv"
    assert finds.search(among, "qqqq") == []


def test_enter_takes_a_function(window: MainWindow, qtbot: QtBot, settle: Wait) -> None:
    gallery = opened(window, qtbot)
    QTest.keyClicks(gallery.field, "rosenbrock")
    assert gallery.title.text() == "Rosenbrock's valley"
    QTest.keyClick(gallery.field, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: window.controller.state.spec.problem.name == "rosenbrock", timeout=LONG)
    settle(window.controller)
    assert window.controller.state.undo_name == "choose Rosenbrock's valley"
    assert window.controller.surface is not None
    assert window.controller.surface.viewport.axes == (0, 1)


def test_enter_adds_an_optimizer(window: MainWindow, qtbot: QtBot, settle: Wait) -> None:
    gallery = opened(window, qtbot)
    QTest.keyClicks(gallery.field, "lion")
    while gallery.marked is not None and gallery.marked.kind != "optimizer":
        QTest.keyClick(gallery.field, Qt.Key.Key_Down)
    QTest.keyClick(gallery.field, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: len(window.controller.state.spec.racers) == 4, timeout=LONG)
    settle(window.controller)
    assert window.controller.state.selected == 3


def test_enter_does_a_command(window: MainWindow, qtbot: QtBot, settle: Wait) -> None:
    gallery = opened(window, qtbot)
    QTest.keyClicks(gallery.field, "teach")
    assert gallery.marked is not None
    QTest.keyClick(gallery.field, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: window.controller.state.teach, timeout=LONG)
    settle(window.controller)


def test_arrows_move_over_headings_and_escape_closes(window: MainWindow, qtbot: QtBot, settle: Wait) -> None:
    gallery = opened(window, qtbot)
    first = gallery.marked
    QTest.keyClick(gallery.field, Qt.Key.Key_Down)
    assert gallery.marked is not None
    assert gallery.marked != first
    QTest.keyClick(gallery.field, Qt.Key.Key_Up)
    assert gallery.marked == first
    QTest.keyClick(gallery, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: window.findChild(Gallery) is None, timeout=LONG)
    settle(window.controller)


def test_pictures_come_one_after_the_other(window: MainWindow, qtbot: QtBot, settle: Wait) -> None:
    gallery = opened(window, qtbot)
    QTest.keyClicks(gallery.field, "himmelblau")
    settle(window.controller)
    theme = gallery._theme
    assert function_thumbnails.kept(catalogue.function("himmelblau"), theme) is not None
    assert not gallery.picture.pixmap().isNull()
    gallery.reject()


def test_a_picture_is_made_once_for_all_it_depends_on() -> None:
    made: list[tuple[Any, str, float]] = []
    told = ["3 rows"]

    def paint(entry: Any, theme: Theme, cancel: Any) -> QImage:
        made.append((entry, theme.name, theme.scale))
        image = QImage(WIDTH, HEIGHT, QImage.Format.Format_RGB32)
        image.fill(len(made))
        return image

    kept = Thumbnails("test-", paint, lambda entry: told[0])
    first = kept.thumbnail("a", DARK)
    for theme in (DARK, DARK.scaled(1.5)):  # on Teach the picture is as large
        assert kept.thumbnail("a", theme) == first
        assert kept.kept("a", theme) == first
    assert Thumbnails("test-", paint, lambda entry: told[0]).thumbnail("a", DARK) == first  # from the folder
    assert made == [("a", "dark", 1.0)]
    assert kept.kept("a", LIGHT) is None
    kept.thumbnail("a", LIGHT)
    kept.thumbnail("b", LIGHT)
    told[0] = "4 rows"
    assert kept.kept("b", LIGHT) is None
    kept.thumbnail("b", LIGHT)
    kept.thumbnail("b", replace(LIGHT, accent="#123456"))
    assert [each[:2] for each in made[1:]] == [("a", "light"), *[("b", "light")] * 3]


def test_the_picker_in_the_header_shows_functions_only(window: MainWindow, qtbot: QtBot, settle: Wait) -> None:
    QTest.mouseClick(window.header.picker, Qt.MouseButton.LeftButton)
    gallery = window.findChild(Gallery)
    assert isinstance(gallery, Gallery)
    kinds = {gallery.list.item(row).data(Qt.ItemDataRole.UserRole) for row in range(gallery.list.count())}
    assert {find.kind for find in kinds if find is not None} == {"function"}
    gallery.reject()
    settle(window.controller)
