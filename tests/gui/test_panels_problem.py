"""The problem panel, driven by keys and mouse: what is typed, what is refused, what runs meanwhile."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from gdsim import catalogue
from gdsim.draw.mathtext import math_setter
from gdsim.draw.theme import LIGHT
from gdsim.gui.controller import Controller
from gdsim.gui.panels.keep_dialogs import KeepFunctionDialog, name_from
from gdsim.gui.panels.left_panel import FOLDED_HEIGHT
from gdsim.gui.panels.problem import ProblemPanel
from gdsim.gui.panels.reading import read_formula
from gdsim.gui.state import AppState
from gdsim.session.opening import opening_spec
from gdsim.session.spec import Problem

LONG = 60_000


@pytest.fixture
def controller(qtbot: QtBot) -> Iterator[Controller]:
    made = Controller(AppState(spec=opening_spec()))
    made.start()
    yield made
    math_setter().wait()
    made.stop()


@pytest.fixture
def panel(qtbot: QtBot, controller: Controller) -> ProblemPanel:
    made = ProblemPanel(controller)
    qtbot.addWidget(made)
    made.resize(304, 312)
    made.show()
    qtbot.waitExposed(made)
    made.activateWindow()
    qtbot.waitUntil(made.isActiveWindow, timeout=LONG)
    qtbot.waitUntil(lambda: made.entry.reading is not None, timeout=LONG)
    return made


@pytest.fixture
def read(qtbot: QtBot, panel: ProblemPanel) -> Callable[[str], None]:
    """Types a formula with real keys and waits until it has been read."""

    def typed(text: str) -> None:
        panel.focus_formula()
        QTest.keyClicks(panel.entry.edit, text)
        qtbot.waitUntil(lambda: panel.entry.reading is not None and panel.entry.reading.text == text, timeout=LONG)

    return typed


def retype(field: QWidget, text: str, key: Qt.Key = Qt.Key.Key_Return) -> None:
    field.setFocus()
    field.selectAll()
    QTest.keyClicks(field, text)
    QTest.keyClick(field, key)


def formula(panel: ProblemPanel) -> Problem:
    return panel._controller.state.spec.problem


def test_opens_with_the_running_function_typeset(panel: ProblemPanel) -> None:
    assert panel.entry.edit.toPlainText() == "(x^2 + y - 11)^2 + (x + y^2 - 7)^2"
    assert len(panel.entry.maths.lines) == 3
    assert "partial" in panel.entry.maths.lines[1].latex
    assert panel.picker.button.words == "Himmelblau"
    assert panel.domain.start.text() == "0.5, 4.5"


def test_enter_uses_what_was_typed(qtbot: QtBot, panel: ProblemPanel, read: Callable[[str], None]) -> None:
    read("a x^2 + 3y^2")
    assert formula(panel).name == "himmelblau"
    assert panel.entry.use.isVisible()
    QTest.keyClick(panel.entry.edit, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: formula(panel).formula == "a x^2 + 3y^2", timeout=LONG)
    assert formula(panel).parameters == {"a": 1.0}
    assert formula(panel).domain == ((-6.7, 6.7), (-6.0, 6.0))
    assert panel._controller.state.spec.start == (0.5, 4.5)
    assert list(panel.parameters.rows) == ["a"]
    assert not panel.entry.use.isVisible()
    assert panel.keep.isVisibleTo(panel)


def test_enter_right_behind_the_last_key_is_not_lost(qtbot: QtBot, panel: ProblemPanel) -> None:
    panel.focus_formula()
    QTest.keyClicks(panel.entry.edit, "x^4 + y^2")
    QTest.keyClick(panel.entry.edit, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: formula(panel).formula == "x^4 + y^2", timeout=LONG)


def test_a_wrong_text_is_marked_and_the_old_function_runs_on(
    panel: ProblemPanel, read: Callable[[str], None]
) -> None:
    read("x^2 + sin(y")
    edit = panel.entry.edit
    assert edit.property("invalid") is True
    assert "column 10" in panel.entry.message.text()
    marked = edit.extraSelections()[0]
    assert marked.cursor.selectedText() == "("
    QTest.keyClick(edit, Qt.Key.Key_Return)
    assert formula(panel).name == "himmelblau"
    assert len(panel.entry.maths.lines) == 3
    QTest.keyClick(edit, Qt.Key.Key_Escape)
    assert edit.toPlainText() == formula(panel).formula
    assert edit.property("invalid") is False


def test_undo_brings_the_function_back(qtbot: QtBot, panel: ProblemPanel, read: Callable[[str], None]) -> None:
    read("x^2 + y^2")
    QTest.keyClick(panel.entry.edit, Qt.Key.Key_Return)
    panel._controller.undo()
    assert formula(panel).name == "himmelblau"
    assert panel.entry.edit.toPlainText() == formula(panel).formula


def test_one_variable_moves_start_and_domain(qtbot: QtBot, panel: ProblemPanel, read: Callable[[str], None]) -> None:
    read("sin x + x^2/10")
    QTest.keyClick(panel.entry.edit, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: formula(panel).dimension == 1, timeout=LONG)
    assert len(panel._controller.state.spec.start) == 1
    assert len(formula(panel).domain) == 1
    assert not panel.domain.ranges[1][0].isVisibleTo(panel)
    retype(panel.domain.start, "2pi")
    assert panel._controller.state.spec.start == (pytest.approx(6.283185307179586),)


def test_a_start_without_a_value_is_moved(qtbot: QtBot, panel: ProblemPanel, read: Callable[[str], None]) -> None:
    read("log(-x) + y^2")
    QTest.keyClick(panel.entry.edit, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: formula(panel).formula == "log(-x) + y^2", timeout=LONG)
    assert panel._controller.state.spec.start[0] < 0


def test_picking_a_function_by_search(qtbot: QtBot, panel: ProblemPanel) -> None:
    qtbot.mouseClick(panel.picker.button, Qt.MouseButton.LeftButton)
    popup = panel.picker.popup
    assert popup is not None
    assert popup.isVisible()
    QTest.keyClicks(popup.search, "rosenb")
    assert popup.names()[0] == "rosenbrock"
    QTest.keyClick(popup.search, Qt.Key.Key_Return)
    assert formula(panel).name == "rosenbrock"
    assert not popup.isVisible()
    assert panel._controller.state.spec.start == catalogue.function("rosenbrock").start_for(2)


def test_the_popup_says_when_nothing_is_found(qtbot: QtBot, panel: ProblemPanel) -> None:
    panel.picker.open()
    popup = panel.picker.popup
    assert popup is not None
    QTest.keyClicks(popup.search, "zzzz")
    assert popup.names() == []
    QTest.keyClick(popup.search, Qt.Key.Key_Return)
    assert popup.isVisible()
    QTest.keyClick(popup.search, Qt.Key.Key_Escape)
    assert not popup.isVisible()


def test_more_coordinates(qtbot: QtBot, panel: ProblemPanel) -> None:
    panel.picker.pick("rosenbrock")
    assert panel.domain.dimension.isVisibleTo(panel)
    retype(panel.domain.dimension.field, "10")
    assert formula(panel).dimension == 10
    assert len(panel._controller.state.spec.start) == 10
    assert len(formula(panel).domain) == 10
    panel.picker.pick("himmelblau")
    assert not panel.domain.dimension.isVisibleTo(panel)


def test_a_typed_sum_grows_too(qtbot: QtBot, panel: ProblemPanel, read: Callable[[str], None]) -> None:
    read("sum(x[i]^2, i=1..n)")
    QTest.keyClick(panel.entry.edit, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: formula(panel).variables == (), timeout=LONG)
    retype(panel.domain.dimension.field, "5")
    assert formula(panel).dimension == 5
    qtbot.waitUntil(lambda: panel.entry.reading is not None and panel.entry.reading.dimension == 5, timeout=LONG)


def test_domain_takes_expressions_and_refuses_nonsense(panel: ProblemPanel) -> None:
    low, high = panel.domain.ranges[0]
    retype(low, "-2pi")
    assert formula(panel).domain[0] == (pytest.approx(-6.283185307), 6.7)
    assert formula(panel).minima
    retype(high, "-10")
    assert formula(panel).domain[0][1] == 6.7
    assert "lower end" in panel.domain._message.text()


def test_parameter_slider_and_its_ends(qtbot: QtBot, panel: ProblemPanel, read: Callable[[str], None]) -> None:
    read("a x^2 + y^2")
    QTest.keyClick(panel.entry.edit, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: bool(panel.parameters.rows), timeout=LONG)
    row = panel.parameters.rows["a"]
    retype(row.high, "20")
    assert formula(panel).ranges["a"] == (-5.0, 20.0)
    row.slider.setFocus()
    QTest.keyClick(row.slider, Qt.Key.Key_End)
    assert formula(panel).parameters["a"] == 20.0
    retype(row.field, "1/4")
    assert formula(panel).parameters["a"] == 0.25
    retype(row.low, "30")
    assert formula(panel).ranges["a"] == (-5.0, 20.0)


def test_a_drag_is_one_undo(qtbot: QtBot, panel: ProblemPanel, read: Callable[[str], None]) -> None:
    read("a x^2 + y^2")
    QTest.keyClick(panel.entry.edit, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: bool(panel.parameters.rows), timeout=LONG)
    slider = panel.parameters.rows["a"].slider
    middle = slider.rect().center()
    qtbot.mousePress(slider, Qt.MouseButton.LeftButton, pos=middle)
    for x in range(middle.x(), middle.x() + 30, 3):
        qtbot.mouseMove(slider, middle.__class__(x, middle.y()))
    qtbot.mouseRelease(slider, Qt.MouseButton.LeftButton, pos=middle)
    assert formula(panel).parameters["a"] != 1.0
    panel._controller.undo()
    assert formula(panel).parameters["a"] == 1.0


def test_run_settings(qtbot: QtBot, panel: ProblemPanel) -> None:
    panel.more.click()
    settings = panel.settings
    retype(settings.steps, "10^3")
    retype(settings.tolerance, "0")
    retype(settings.target, "")
    settings.target.setFocus()
    settings.target.selectAll()
    QTest.keyClick(settings.target, Qt.Key.Key_Delete)
    QTest.keyClick(settings.target, Qt.Key.Key_Return)
    retype(settings.seed, "7")
    spec = panel._controller.state.spec
    assert (spec.steps, spec.tolerance, spec.target, spec.seed) == (1000, 0.0, None, 7)
    retype(settings.steps, "0")
    assert settings.steps.message
    assert panel._controller.state.spec.steps == 1000


def test_keeping_a_typed_function(qtbot: QtBot, panel: ProblemPanel, read: Callable[[str], None]) -> None:
    read("c x^2 + y^2")
    QTest.keyClick(panel.entry.edit, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: formula(panel).name == "", timeout=LONG)
    panel.keep.click()
    dialog = panel.findChild(KeepFunctionDialog)
    assert not dialog.keep_button.isEnabled()
    QTest.keyClicks(dialog.title, "Himmelblau")
    assert "shipped" in dialog.message
    assert not dialog.keep_button.isEnabled()
    dialog.title.selectAll()
    QTest.keyClicks(dialog.title, "My bowl")
    assert dialog.name.text() == "my_bowl"
    with qtbot.waitSignal(dialog.kept, timeout=LONG):
        QTest.keyClick(dialog.title, Qt.Key.Key_Return)
    assert catalogue.function("my_bowl").personal
    assert formula(panel).name == "my_bowl"
    assert panel.picker.button.words == "My bowl"
    catalogue.remove_function("my_bowl")


def test_folding(qtbot: QtBot, panel: ProblemPanel) -> None:
    with qtbot.waitSignal(panel.foldChanged, timeout=LONG):
        qtbot.mouseClick(panel.picker.fold, Qt.MouseButton.LeftButton)
    assert panel.folded
    assert panel.sizeHint().height() == FOLDED_HEIGHT
    assert not panel.domain.isVisibleTo(panel)
    assert panel.entry.edit.isVisibleTo(panel)
    panel.theme(LIGHT)


def test_everything_that_takes_keys_has_a_name_and_a_tip(panel: ProblemPanel) -> None:
    panel.more.click()
    for widget in panel.findChildren(QWidget):
        if widget.focusPolicy() & Qt.FocusPolicy.TabFocus and widget.isVisibleTo(panel):
            named = widget.accessibleName() or (hasattr(widget, "text") and widget.text())
            assert named, widget
            assert widget.toolTip(), named


@pytest.mark.parametrize("text", ["", "x +", "x y!", "9^9^9^9", "((((", "import os", "x" * 300_000, "sum(x[i], i=1..)"])
def test_no_text_breaks_the_reader(text: str) -> None:
    spec = opening_spec()
    reading = read_formula(text, spec.problem, spec.start)
    assert reading.error is not None or reading.problem is not None


def test_names_from_titles() -> None:
    assert name_from("My Valley (2)") == "my_valley_2"
    assert name_from("2 wells") == "wells"
