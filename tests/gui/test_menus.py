"""The table of commands: menus, shortcuts and the page under F1 agree with it."""

from __future__ import annotations

from collections import Counter

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from gdsim.gui.commands import COMMANDS
from gdsim.gui.help import DoctorPage, ShortcutsPage
from gdsim.gui.window import MainWindow

LONG = 60_000


def test_no_shortcut_is_given_twice() -> None:
    count = Counter(key for command in COMMANDS for key in command.keys)
    assert [key for key, times in count.items() if times > 1] == []


def test_every_command_says_what_it_does() -> None:
    assert all(command.words and command.title for command in COMMANDS)


def test_every_command_is_in_a_menu_and_can_be_run(new_window: MainWindow) -> None:
    table = new_window.deeds.table()
    assert table.keys() == {command.name for command in COMMANDS}
    for command in COMMANDS:
        assert new_window.menus[command.name].toolTip() == command.words


def test_f1_lists_every_shortcut(window: MainWindow) -> None:
    QTest.keyClick(window, Qt.Key.Key_F1)
    page = window.findChild(ShortcutsPage)
    assert isinstance(page, ShortcutsPage)
    shown = {label.text() for label in page.findChildren(QLabel)}
    assert {command.title.rstrip("…") for command in COMMANDS if command.keys} <= shown
    page.reject()


def test_theme_choices_exclude_each_other(window: MainWindow) -> None:
    window.menus.run("theme_light")
    assert window.menus["theme_light"].isChecked()
    assert not window.menus["theme_dark"].isChecked()
    window.menus.run("theme_dark")
    assert window.controller.state.dark


def test_the_columns_can_be_hidden(window: MainWindow) -> None:
    window.menus.run("show_left")
    assert not window.left.isVisible()
    window.menus.run("show_left")
    assert window.left.isVisible()
    window.menus.run("show_right")
    assert not window.sides.isVisible()
    window.menus.run("show_right")


def test_home_and_fit_move_the_view(window: MainWindow, qtbot: QtBot) -> None:
    home = window.controller.state.viewport
    assert home is not None
    QTest.keyClick(window, Qt.Key.Key_F)
    qtbot.waitUntil(lambda: window.controller.state.viewport != home, timeout=LONG)
    QTest.keyClick(window, Qt.Key.Key_H)
    qtbot.waitUntil(lambda: window.controller.state.viewport == home, timeout=LONG)


def test_the_doctor_answers_in_a_process_of_its_own(window: MainWindow, qtbot: QtBot) -> None:
    window.menus.run("doctor")
    page = window.findChild(DoctorPage)
    assert isinstance(page, DoctorPage)
    qtbot.waitUntil(lambda: "numba" in page.text.toPlainText(), timeout=30_000)
    page.reject()
