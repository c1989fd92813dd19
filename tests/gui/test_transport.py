"""The transport with the mouse: play, step, scrub, speed, the two switches."""

from __future__ import annotations

import math
from collections.abc import Callable

from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from gdsim.gui.controller import Controller
from gdsim.gui.window import MainWindow

LEFT = Qt.MouseButton.LeftButton
LONG = 60_000
Wait = Callable[[Controller], None]


def test_buttons_move_the_cursor(window: MainWindow) -> None:
    transport, controller = window.transport, window.controller
    QTest.mouseClick(transport.button("to_start"), LEFT)
    assert controller.state.cursor == 0
    assert not transport.button("step_back").isEnabled()
    QTest.mouseClick(transport.button("step"), LEFT)
    QTest.mouseClick(transport.button("step"), LEFT)
    QTest.mouseClick(transport.button("step_back"), LEFT)
    assert controller.state.cursor == 1
    assert transport.step_label.text() == "Step 1 of 54"
    QTest.mouseClick(transport.button("to_end"), LEFT)
    assert controller.state.cursor == 54
    assert not transport.button("step").isEnabled()


def test_play_runs_to_the_end_and_rests(window: MainWindow, qtbot: QtBot) -> None:
    window.controller.set_speed(1000.0)
    QTest.mouseClick(window.transport.button("play"), LEFT)
    assert window.controller.state.playing
    assert window.transport.button("play").accessibleName() == "Pause"
    qtbot.waitUntil(lambda: not window.controller.state.playing, timeout=LONG)
    assert window.controller.state.cursor == 54


def test_the_opening_rests_and_pulses_once(window: MainWindow, qtbot: QtBot) -> None:
    window.controller.set_speed(math.inf)
    window.controller.play()
    qtbot.waitUntil(lambda: window.controller.pulse == 1, timeout=LONG)
    assert window.verdict.chip.isVisible()
    window.controller.play()
    qtbot.waitUntil(lambda: not window.controller.state.playing, timeout=LONG)
    assert window.controller.pulse == 1


def test_a_click_and_a_drag_scrub(window: MainWindow) -> None:
    scrub = window.transport.scrub
    middle = QPoint(round(scrub.place_of(27)), scrub.height() // 2)
    QTest.mouseClick(scrub, LEFT, Qt.KeyboardModifier.NoModifier, middle)
    assert abs(window.controller.state.cursor - 27) <= 1
    QTest.mousePress(scrub, LEFT, Qt.KeyboardModifier.NoModifier, middle)
    QTest.mouseMove(scrub, QPoint(round(scrub.place_of(10)), scrub.height() // 2))
    QTest.mouseRelease(scrub, LEFT, Qt.KeyboardModifier.NoModifier, QPoint(round(scrub.place_of(10)), 4))
    assert abs(window.controller.state.cursor - 10) <= 1


def test_the_speed_slider_goes_from_one_to_full(window: MainWindow) -> None:
    speed = window.transport.speed
    for value, words in ((0, "1 step/s"), (speed.maximum(), "full speed")):
        end = QPoint(round(speed.place_of(value)), speed.height() // 2)
        QTest.mouseClick(speed, LEFT, Qt.KeyboardModifier.NoModifier, end)
        assert window.transport.speed_label.text() == words
    assert window.controller.state.flat_out


def test_faster_and_slower_by_key(window: MainWindow) -> None:
    window.controller.set_speed(8.0)
    QTest.keyClick(window, Qt.Key.Key_Plus)
    assert window.controller.state.speed > 8.0
    QTest.keyClick(window, Qt.Key.Key_Minus)
    QTest.keyClick(window, Qt.Key.Key_Minus)
    assert window.controller.state.speed < 8.0


def test_switches_follow_button_and_menu(window: MainWindow, settle: Wait) -> None:
    button = window.transport.button("from_here_on")
    QTest.mouseClick(button, LEFT)
    assert window.controller.state.from_here_on
    assert window.menus["from_here_on"].isChecked()
    window.menus.run("from_here_on")
    assert not button.isChecked()
    settle(window.controller)
