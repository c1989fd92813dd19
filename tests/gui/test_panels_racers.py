"""The racers' panel and the rule editor, driven by keys and mouse."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QHelpEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMenu, QToolTip, QWidget
from pytestqt.qtbot import QtBot
from shiboken6 import isValid

from gdsim import catalogue
from gdsim.draw.mathtext import math_setter
from gdsim.engine.status import Status
from gdsim.gui.controller import Controller
from gdsim.gui.intents import FULL
from gdsim.gui.panels.keep_dialogs import KeepOptimizerDialog
from gdsim.gui.panels.racer_card import RacerCard
from gdsim.gui.panels.racers import RacersPanel
from gdsim.gui.panels.reading import read_rule
from gdsim.gui.panels.rule_editor import RuleEditor
from gdsim.gui.panels.standings import Standing, loss_text, place_words, standings
from gdsim.gui.state import AppState
from gdsim.session.opening import opening_spec

LONG = 60_000

NEGATIVE = "v = beta*v + kappa*g; step = -lr*v"


@pytest.fixture
def controller(qtbot: QtBot) -> Iterator[Controller]:
    made = Controller(AppState(spec=opening_spec()))
    made.start()
    yield made
    math_setter().wait()
    made.stop()


@pytest.fixture
def panel(qtbot: QtBot, controller: Controller) -> RacersPanel:
    made = RacersPanel(controller)
    qtbot.addWidget(made)
    made.resize(304, 456)
    made.show()
    qtbot.waitExposed(made)
    made.activateWindow()
    qtbot.waitUntil(made.isActiveWindow, timeout=LONG)
    return made


@pytest.fixture
def editor(qtbot: QtBot, panel: RacersPanel) -> Iterator[RuleEditor]:
    panel.dialogs.edit_rule(1)
    made = panel.dialogs.editor
    assert made is not None
    qtbot.waitUntil(lambda: made.reading is not None, timeout=LONG)
    yield made
    if isValid(made):
        made.close()  # else it lies over the next test's window and takes the mouse from it


@pytest.fixture
def read(qtbot: QtBot, editor: RuleEditor) -> Callable[[str], None]:
    """Types a rule with real keys and waits until it has been read."""

    def typed(text: str) -> None:
        editor.edit.setFocus()
        editor.edit.selectAll()
        QTest.keyClicks(editor.edit, text)
        qtbot.waitUntil(lambda: editor.reading is not None and editor.reading.text == text, timeout=LONG)

    return typed


def retype(field: QWidget, text: str, key: Qt.Key = Qt.Key.Key_Return) -> None:
    field.setFocus()
    field.selectAll()
    QTest.keyClicks(field, text)
    QTest.keyClick(field, key)


def card(panel: RacersPanel, index: int) -> RacerCard:
    found = panel.items[index].card
    assert found is not None
    return found


def names(panel: RacersPanel) -> list[str]:
    return [racer.name for racer in panel._controller.state.spec.racers]


def click(qtbot: QtBot, panel: RacersPanel, index: int) -> None:
    qtbot.mouseClick(panel.items[index].row, Qt.MouseButton.LeftButton, pos=QPoint(60, 18))
    more = card(panel, index).more
    qtbot.waitUntil(lambda: more.isVisible() and more.height() < 40, timeout=LONG)  # laid out


def test_the_focused_racer_is_open_the_others_are_rows(qtbot: QtBot, panel: RacersPanel) -> None:
    assert [item.card is not None for item in panel.items] == [True, False, False]
    assert all(item.row.height() == 36 for item in panel.items)
    click(qtbot, panel, 2)
    assert panel._controller.state.selected == 2
    assert [item.card is not None for item in panel.items] == [False, False, True]
    assert list(card(panel, 2).rows)[:2] == ["lr", "beta1"]


def test_losses_places_and_words_at_the_cursor(qtbot: QtBot, panel: RacersPanel) -> None:
    panel._controller.to_end()
    qtbot.waitUntil(lambda: panel.items[2].row.standing.word == "target", timeout=LONG)
    shown = [item.row.standing for item in panel.items]
    assert [standing.place for standing in shown] == [1, 2, 3]
    assert all("loss" in item.row.accessibleName() for item in panel.items)
    assert "1st of 3" in card(panel, 0).standing.text()
    panel._controller.set_cursor(0)
    qtbot.waitUntil(lambda: panel.items[0].row.standing.word == "", timeout=LONG)
    assert len({item.row.standing.loss for item in panel.items}) == 1


def test_a_tooltip_that_is_shown_goes_on_with_the_run(qtbot: QtBot, panel: RacersPanel) -> None:
    panel._controller.to_end()
    qtbot.waitUntil(lambda: panel.items[2].row.standing.word == "target", timeout=LONG)
    row = panel.items[0].row
    QApplication.sendEvent(row, QHelpEvent(QHelpEvent.Type.ToolTip, QPoint(9, 9), row.mapToGlobal(QPoint(9, 9))))
    before, loss = QToolTip.text(), row.standing.loss
    assert f"loss {loss}" in before
    panel._controller.set_cursor(0)
    qtbot.waitUntil(lambda: row.standing.loss != loss, timeout=LONG)
    assert QToolTip.text() != before
    assert f"loss {row.standing.loss}" in QToolTip.text()
    QToolTip.hideText()
    qtbot.waitUntil(lambda: not QToolTip.isVisible(), timeout=LONG)


def test_slider_and_field_change_the_run(qtbot: QtBot, panel: RacersPanel) -> None:
    row = card(panel, 0).rows["lr"]
    retype(row.field, "1/50")
    assert panel._controller.state.spec.racers[0].hyper["lr"] == 0.02
    slider = row.slider
    assert slider is not None
    middle = slider.rect().center()
    qtbot.mousePress(slider, Qt.MouseButton.LeftButton, pos=middle)
    for x in range(middle.x(), middle.x() + 20, 2):
        qtbot.mouseMove(slider, QPoint(x, middle.y()))
    qtbot.mouseRelease(slider, Qt.MouseButton.LeftButton, pos=middle)
    assert panel._controller.state.spec.racers[0].hyper["lr"] != 0.02
    panel._controller.undo()
    assert panel._controller.state.spec.racers[0].hyper["lr"] == 0.02
    assert row.field.value == 0.02
    retype(row.field, "0")
    assert "above 0" in row.field.message
    assert panel._controller.state.spec.racers[0].hyper["lr"] == 0.02


def test_from_here_on_keeps_what_was(qtbot: QtBot, panel: RacersPanel) -> None:
    controller = panel._controller
    qtbot.waitUntil(lambda: controller.state.length >= 10, timeout=LONG)
    controller.set_cursor(5)
    controller.set_from_here_on(True)
    retype(card(panel, 0).rows["lr"].field, "0.001")
    assert controller.state.spec.racers[0].hyper["lr"] == 0.01
    assert controller.state.spec.changes[0].value == 0.001
    controller.set_cursor(2)
    assert card(panel, 0).rows["lr"].value == 0.01
    controller.set_cursor(6)
    assert card(panel, 0).rows["lr"].value == 0.001


def test_adding_by_search_up_to_eight(qtbot: QtBot, panel: RacersPanel) -> None:
    qtbot.mouseClick(panel.add, Qt.MouseButton.LeftButton)
    popup = panel.dialogs.popup
    assert popup is not None
    QTest.keyClicks(popup.search, "rmspr")
    QTest.keyClick(popup.search, Qt.Key.Key_Return)
    assert names(panel) == ["gd", "momentum", "adam", "rmsprop"]
    assert panel._controller.state.selected == 3
    for name in ("lion", "newton", "aggmo", "nesterov"):
        panel.dialogs.choose(name)
    assert len(panel.items) == 8
    assert not panel.add.isEnabled()
    with qtbot.waitSignal(panel._controller.failed) as failed:
        panel.dialogs.choose("adam")
    assert failed.args == [FULL]
    assert len(panel.items) == 8
    panel._controller.select(0)
    qtbot.waitUntil(lambda: panel._scroll.verticalScrollBar().maximum() == 0, timeout=LONG)


def test_keys_walk_move_copy_and_remove(qtbot: QtBot, panel: RacersPanel) -> None:
    row = panel.items[0].row
    row.setFocus()
    QTest.keyClick(row, Qt.Key.Key_Down)
    assert panel._controller.state.selected == 1
    assert panel.items[1].row.hasFocus()
    QTest.keyClick(panel.items[1].row, Qt.Key.Key_Up, Qt.KeyboardModifier.AltModifier)
    assert names(panel) == ["momentum", "gd", "adam"]
    assert panel._controller.state.selected == 0
    assert panel.items[0].row.hasFocus()
    panel._controller.duplicate_racer(0)
    assert panel._controller.state.spec.labels == ("momentum", "momentum#2", "gd", "adam")
    for _ in range(3):
        QTest.keyClick(panel.items[0].row, Qt.Key.Key_Delete)
    assert names(panel) == ["adam"]
    with qtbot.waitSignal(panel._controller.failed, timeout=LONG):
        QTest.keyClick(panel.items[0].row, Qt.Key.Key_Delete)
    assert names(panel) == ["adam"]


def test_dragging_reorders(qtbot: QtBot, panel: RacersPanel) -> None:
    row = panel.items[0].row
    below = panel.items[2].row
    end = row.mapFromGlobal(below.mapToGlobal(QPoint(60, 30)))
    qtbot.mousePress(row, Qt.MouseButton.LeftButton, pos=QPoint(60, 18))
    qtbot.mouseMove(row, QPoint(60, 40))
    qtbot.mouseMove(row, end)
    assert panel._marker.isVisible()
    qtbot.mouseRelease(row, Qt.MouseButton.LeftButton, pos=end)
    assert not panel._marker.isVisible()
    assert names(panel) == ["momentum", "adam", "gd"]


def test_eye_and_name(qtbot: QtBot, panel: RacersPanel) -> None:
    row = panel.items[1].row
    qtbot.mouseClick(row.eye, Qt.MouseButton.LeftButton)
    assert not panel._controller.state.spec.racers[1].visible
    assert row.eye.accessibleName() == "Show momentum"
    row.setFocus()
    QTest.keyClick(row, Qt.Key.Key_F2)
    QTest.keyClicks(row._editor, "heavy ball")
    QTest.keyClick(row._editor, Qt.Key.Key_Return)
    assert panel._controller.state.spec.labels[1] == "heavy ball"
    QTest.keyClick(row, Qt.Key.Key_F2)
    QTest.keyClicks(row._editor, "no")
    QTest.keyClick(row._editor, Qt.Key.Key_Escape)
    assert panel._controller.state.spec.labels[1] == "heavy ball"


def test_menu_of_a_racer(qtbot: QtBot, panel: RacersPanel) -> None:
    panel.items[2].row.menuWanted.emit(QPoint(10, 10))
    menu = panel.findChild(QMenu)
    entries = {action.text().partition("\t")[0]: action for action in menu.actions()}
    entries["Show only this one"].trigger()
    assert [racer.visible for racer in panel._controller.state.spec.racers] == [False, False, True]
    entries["Duplicate"].trigger()
    assert names(panel) == ["gd", "momentum", "adam", "adam"]
    menu.close()


def test_exchanging_keeps_the_place(panel: RacersPanel) -> None:
    panel.open_exchange(1)
    popup = panel.dialogs.popup
    assert popup is not None
    QTest.keyClicks(popup.search, "nesterov m")
    QTest.keyClick(popup.search, Qt.Key.Key_Return)
    assert names(panel) == ["gd", "nesterov", "adam"]


def test_more_holds_the_rest(qtbot: QtBot, panel: RacersPanel) -> None:
    click(qtbot, panel, 2)
    opened = card(panel, 2)
    assert not opened.rest.isVisibleTo(panel)
    qtbot.mouseClick(opened.more, Qt.MouseButton.LeftButton)
    assert opened.rest.isVisibleTo(panel)
    retype(opened.rows["clip"].field, "2")
    retype(opened.rows["weight_decay"].field, "1e-3")
    retype(opened.rows["noise"].field, "off")
    racer = panel._controller.state.spec.racers[2]
    assert (racer.clip, racer.weight_decay, racer.noise) == (2.0, 0.001, 0.0)
    click(qtbot, panel, 1)
    assert card(panel, 1).more.isChecked()  # stays unfolded from racer to racer


def test_schedules(panel: RacersPanel) -> None:
    opened = card(panel, 0)
    opened.more.click()
    choice = opened.schedule.choice
    choice.setFocus()
    QTest.keyClicks(choice, "cos")
    QTest.keyClick(choice, Qt.Key.Key_Return)
    schedule = panel._controller.state.spec.racers[0].schedule
    assert schedule is not None
    assert schedule.name == "cosine"
    assert opened.schedule.preview.isVisibleTo(panel)
    retype(opened.schedule._rows["warmup"].field, "10")
    schedule = panel._controller.state.spec.racers[0].schedule
    assert schedule is not None
    assert schedule.params["warmup"] == 10.0
    choice.setCurrentIndex(0)
    choice.activated.emit(0)
    assert panel._controller.state.spec.racers[0].schedule is None


@pytest.mark.parametrize("name", list(catalogue.optimizers()))
def test_every_optimizer_has_a_card(panel: RacersPanel, name: str) -> None:
    panel.dialogs.open_exchange(panel.items[0].row, 0)
    panel.dialogs.choose(name)
    opened = card(panel, 0)
    entry = catalogue.optimizer(name)
    assert {spec.name for spec in entry.hyper} <= set(opened.rows)
    assert bool(opened.maths.lines) == bool(entry.stages)


def test_tab_reads_as_the_eye_does(qtbot: QtBot, panel: RacersPanel) -> None:
    click(qtbot, panel, 1)
    opened = card(panel, 1)
    panel.items[1].row.eye.setFocus()
    for wanted in (opened.more, opened.rows["lr"].slider, opened.rows["lr"].field, opened.rows["beta"].slider):
        QTest.keyClick(panel.focusWidget(), Qt.Key.Key_Tab)
        assert panel.focusWidget() is wanted


def test_everything_that_takes_keys_has_a_name_and_a_tip(panel: RacersPanel) -> None:
    card(panel, 0).more.click()
    for widget in panel.findChildren(QWidget):
        if widget.focusPolicy() & Qt.FocusPolicy.TabFocus and widget.isVisibleTo(panel):
            named = widget.accessibleName() or (hasattr(widget, "text") and widget.text())
            assert named, widget
            assert widget.toolTip() or widget.objectName() == "racerRow", named


# -- the rule editor


def test_a_typed_rule_runs(qtbot: QtBot, panel: RacersPanel, editor: RuleEditor, read: Callable[[str], None]) -> None:
    read(NEGATIVE)
    assert set(editor.form.rows) == {"lr", "beta", "kappa"}
    assert list(editor.form.fields) == ["v"]
    retype(editor.form.rows["kappa"].field, "1/2")
    editor.edit.setFocus()
    QTest.keyClick(editor.edit, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    racer = panel._controller.state.spec.racers[1]
    assert (racer.name, racer.rule) == ("custom", NEGATIVE)
    assert racer.hyper == {"lr": 0.004, "beta": 0.9, "kappa": 0.5}
    shown = panel._controller
    qtbot.waitUntil(
        lambda: shown.history is not None and shown.history.spec.racers[1].name == "custom", timeout=LONG
    )  # fmt: skip
    panel._controller.undo()
    assert panel._controller.state.spec.racers[1].name == "momentum"


def test_a_wrong_rule_is_marked(panel: RacersPanel, editor: RuleEditor, read: Callable[[str], None]) -> None:
    read("v = beta*v + ; step = -lr*v")
    assert "column 14" in editor.message.text()
    assert not editor.use_button.isEnabled()
    editor.use()
    assert names(panel)[1] == "momentum"
    assert len(editor.maths.lines) == 2  # of the rule that was right
    read("v = g")
    assert "step" in editor.message.text()


def test_templates_and_a_new_racer(qtbot: QtBot, panel: RacersPanel, editor: RuleEditor) -> None:
    editor.start_from("adam")
    text = editor.edit.toPlainText()
    qtbot.waitUntil(lambda: editor.reading is not None and editor.reading.text == text, timeout=LONG)
    assert {"beta1", "beta2", "eps"} <= set(editor.form.rows)
    qtbot.mouseClick(editor.add, Qt.MouseButton.LeftButton)
    assert len(panel.items) == 4
    assert panel._controller.state.spec.racers[3].hyper["beta1"] == 0.9


def test_what_carried_names_start_at(qtbot: QtBot, panel: RacersPanel, editor: RuleEditor,
                                     read: Callable[[str], None]) -> None:  # fmt: skip
    read("k = 0.9*k; step = -lr*k*g")
    retype(editor.form.fields["k"], "1 +")
    qtbot.waitUntil(lambda: bool(editor.message.text()), timeout=LONG)
    retype(editor.form.fields["k"], "1 + lr")
    qtbot.waitUntil(lambda: not editor.message.text(), timeout=LONG)
    editor.use()
    assert panel._controller.state.spec.racers[1].init == {"k": "1 + lr"}


def test_the_editor_follows_its_racer(panel: RacersPanel, editor: RuleEditor, read: Callable[[str], None]) -> None:
    panel._controller.move_racer(1, 2)
    panel._controller.set_hyper(2, "beta", 0.5)
    read("v = beta*v + g; step = -2*lr*v")
    editor.use()
    assert names(panel) == ["gd", "adam", "custom"]
    assert panel._controller.state.spec.racers[2].hyper["beta"] == 0.5


def test_keeping_a_rule(qtbot: QtBot, panel: RacersPanel, editor: RuleEditor, read: Callable[[str], None]) -> None:
    read("v = beta*v + kappa*g; step = -lr*v")
    qtbot.mouseClick(editor.keep, Qt.MouseButton.LeftButton)
    dialog = editor.findChild(KeepOptimizerDialog)
    QTest.keyClicks(dialog.title, "Adam")
    assert "shipped" in dialog.message
    dialog.title.selectAll()
    QTest.keyClicks(dialog.title, "Kappa ball")
    QTest.keyClick(dialog.title, Qt.Key.Key_Return)
    entry = catalogue.optimizer("kappa_ball")
    assert entry.personal
    assert {spec.name: spec.default for spec in entry.hyper} == {"lr": 0.004, "beta": 0.9, "kappa": 0.1}
    assert names(panel)[1] == "kappa_ball"
    catalogue.remove_optimizer("kappa_ball")


@pytest.mark.parametrize("text", ["", "step", "step =", "v = g", "step = -lr*q[2", "step = step", "g = 1; step = g",
                                  "x" * 300_000])  # fmt: skip
def test_no_text_breaks_the_reader(text: str) -> None:
    reading = read_rule(text)
    assert (reading.error is None) == (reading.rule is not None)


# -- words


def test_words_of_standings() -> None:
    assert [place_words(place, 12) for place in (0, 1, 2, 3, 4, 11, 12)] == [
        "", "1st of 12", "2nd of 12", "3rd of 12", "4th of 12", "11th of 12", "12th of 12",
    ]  # fmt: skip
    assert loss_text(float("nan")) == "nan"
    assert loss_text(12.5) == "12.5000"
    assert loss_text(-0.5) == "−0.5000"


class _Trace:
    def __init__(self, losses: list[float], status: Status) -> None:
        self.losses, self.status, self.message = losses, status, ""
        self.published = len(losses)
        self.last = self.published - 1

    def column(self, name: str, start: int, stop: int) -> list[float]:
        assert name == "loss"
        return self.losses[start:stop]


class _History:
    spec = opening_spec()

    def __init__(self, *traces: _Trace) -> None:
        self.traces = traces


def test_the_first_at_the_target_leads_and_what_blew_up_comes_last() -> None:
    history = _History(
        _Trace([5.0, 4.0, float("nan")], Status.DIVERGED),
        _Trace([5.0, 3.0, 1.0, 0.01], Status.TARGET),
        _Trace([5.0, 0.09], Status.TARGET),
        _Trace([5.0, 2.0, 1.5, 1.2], Status.RUNNING),
        _Trace([], Status.RUNNING),
    )
    shown = standings(history, 10)
    assert [standing.place for standing in shown] == [4, 2, 1, 3, 0]
    assert shown[0].word == "diverged"
    assert shown[0].tone == "bad"
    assert shown[4] == Standing()
    assert [standing.word for standing in standings(history, 1)] == ["", "", "target", "", ""]
