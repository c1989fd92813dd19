"""The frame: sizes at both window sizes, keys, themes, Teach, files dropped, what is remembered."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QComboBox, QLineEdit, QPlainTextEdit, QSlider, QWidget
from pytestqt.qtbot import QtBot

from gdsim.gui.controller import Controller
from gdsim.gui.layout import LARGE, SMALL
from gdsim.gui.window import MainWindow
from gdsim.session import documents
from gdsim.session.opening import opening_spec

NEAR = 3
LONG = 60_000
Wait = Callable[[Controller], None]
Show = Callable[[MainWindow, int, int], None]


def test_the_large_frame_is_the_designs(window: MainWindow) -> None:
    assert window.menuBar().height() == 28
    assert window.header.height() == LARGE.header
    assert window.verdict.height() == LARGE.verdict
    assert window.transport.height() == LARGE.transport
    assert window.left.width() == pytest.approx(LARGE.left, abs=NEAR)
    assert window.centre.width() == pytest.approx(LARGE.centre, abs=NEAR)
    assert window.sides.width() == pytest.approx(LARGE.right, abs=NEAR)
    assert window.left.sizes() == pytest.approx([LARGE.problem, LARGE.racers], abs=NEAR)
    assert window.sides.sizes() == pytest.approx([LARGE.loss, LARGE.step], abs=NEAR)
    hero = window.centre.view
    assert hero is not None
    assert hero.widget.height() == pytest.approx(672, abs=NEAR)


def test_the_small_frame_is_the_designs(new_window: MainWindow, show: Show) -> None:
    show(new_window, 1100, 700)
    window = new_window
    assert (window.width(), window.height()) == (1100, 700)
    assert window.header.height() == SMALL.header
    assert window.verdict.height() == SMALL.verdict
    assert window.transport.height() == SMALL.transport
    assert window.left.width() == pytest.approx(SMALL.left, abs=NEAR)
    assert window.centre.width() == pytest.approx(SMALL.centre, abs=NEAR)
    assert window.sides.width() == pytest.approx(SMALL.right, abs=NEAR)
    assert window.left.sizes() == pytest.approx([SMALL.problem, SMALL.racers], abs=12)
    assert window.problem.folded
    assert len(window.sides.shown()) == 1


def test_the_frame_follows_the_width_live(window: MainWindow, qtbot: QtBot) -> None:
    window.resize(1100, 700)
    qtbot.waitUntil(lambda: len(window.sides.shown()) == 1, timeout=LONG)
    window.resize(1440, 900)
    qtbot.waitUntil(lambda: len(window.sides.shown()) == 2, timeout=LONG)
    assert not window.problem.folded


@pytest.mark.parametrize(
    ("key", "cursor"),
    [(Qt.Key.Key_Left, 9), (Qt.Key.Key_Right, 11), (Qt.Key.Key_Home, 0), (Qt.Key.Key_End, 54), (Qt.Key.Key_Comma, 9)],
)
def test_keys_move_the_cursor(window: MainWindow, key: Qt.Key, cursor: int) -> None:
    window.controller.set_cursor(10)
    QTest.keyClick(window, key)
    assert window.controller.state.cursor == cursor


def test_space_plays_and_pauses(window: MainWindow) -> None:
    window.controller.to_start()
    QTest.keyClick(window, Qt.Key.Key_Space)
    assert window.controller.state.playing
    QTest.keyClick(window, Qt.Key.Key_Space)
    assert not window.controller.state.playing


def test_what_is_typed_into_a_field_stays_there(window: MainWindow) -> None:
    window.menus.run("edit_formula")
    field = window.focusWidget()
    assert field is not None
    QTest.keyClick(field, Qt.Key.Key_End)
    QTest.keyClicks(field, " h")
    QTest.keyClick(field, Qt.Key.Key_Left)
    assert not window.controller.state.playing
    assert window.controller.state.cursor == window.controller.state.length


def test_undo_and_redo_by_key_name_what_they_do(window: MainWindow, settle: Wait) -> None:
    first = window.controller.state.spec
    window.controller.set_hyper(0, "lr", 0.02)
    assert window.menus["undo"].text() == "Undo change lr of gd"
    QTest.keyClick(window, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert window.controller.state.spec == first
    assert window.menus["redo"].text() == "Redo change lr of gd"
    assert not window.menus["undo"].isEnabled()
    QTest.keyClick(window, Qt.Key.Key_Y, Qt.KeyboardModifier.ControlModifier)
    assert window.controller.state.spec.racers[0].hyper["lr"] == 0.02
    settle(window.controller)


def test_themes_switch_live(window: MainWindow) -> None:
    dark = window.grab().toImage().pixelColor(20, 20).lightness()
    window.menus.run("theme_light")
    light = window.grab().toImage().pixelColor(20, 20).lightness()
    assert dark < 80
    assert light > 200
    assert window.settings_now().theme == "light"


def test_teach_shows_map_and_loss_only(window: MainWindow, settle: Wait) -> None:
    QTest.mouseClick(window.header.teach, Qt.MouseButton.LeftButton)
    assert window.controller.state.teach
    assert not window.left.isVisible()
    assert [view.title for view in window.sides.shown()] == ["Loss"]
    QTest.mouseClick(window.header.teach, Qt.MouseButton.LeftButton)
    assert window.left.isVisible()
    assert len(window.sides.shown()) == 2
    settle(window.controller)


def test_the_map_asks_for_its_surface_by_itself(window: MainWindow) -> None:
    surface = window.controller.surface
    assert surface is not None
    assert not surface.draft
    assert surface.picture is not None


def test_a_view_of_the_right_column_can_have_a_tab(window: MainWindow, settle: Wait) -> None:
    from gdsim.gui.views import StepView

    window.centre.add_tab(StepView)
    view = window.centre.view
    assert isinstance(view, StepView)
    window.centre.show_tab(0)
    assert window.centre.view is not view
    settle(window.controller)


def test_a_dropped_file_opens(window: MainWindow, qtbot: QtBot, tmp_path: Path, settle: Wait) -> None:
    path = tmp_path / "mine.gdsim"
    documents.save(opening_spec().replace(steps=7, target=None), path)
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path))])
    copy = Qt.DropAction.CopyAction
    window.dropEvent(QDropEvent(QPointF(9, 9), copy, data, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier))
    qtbot.waitUntil(lambda: window.controller.state.path == path, timeout=LONG)
    settle(window.controller)
    assert window.controller.state.length == 7
    assert window.windowTitle().startswith("mine.gdsim")


def test_a_malformed_file_is_told_and_the_run_stays(window: MainWindow, qtbot: QtBot, tmp_path: Path) -> None:
    before = window.controller.state.spec
    path = tmp_path / "bad.gdsim"
    path.write_text("format = 99\n", "utf-8")
    window.files.open(path)
    qtbot.waitUntil(lambda: "later gdsim" in window.notice.words, timeout=LONG)
    assert window.controller.state.spec == before


def test_what_is_saved_opens_to_the_same_run(window: MainWindow, qtbot: QtBot, tmp_path: Path) -> None:
    window.controller.set_hyper(2, "lr", 0.3)
    path = tmp_path / "run.gdsim"
    window.files.save_to(path)
    qtbot.waitUntil(lambda: not window.controller.state.modified, timeout=LONG)
    assert documents.load(path) == window.controller.state.spec
    assert window.settings.recent[0] == str(path)


def test_the_window_remembers_itself(window: MainWindow) -> None:
    window.controller.set_speed(100.0)
    kept = window.settings_now()
    assert kept.speed == 100.0
    assert kept.geometry
    assert kept.splitters["columns0"] == window.columns.sizes()
    assert msgspec.json.decode(msgspec.json.encode(kept), type=type(kept)) == kept


def test_everything_that_can_be_used_has_a_name_and_a_tooltip(window: MainWindow) -> None:
    kinds = (QAbstractButton, QComboBox, QLineEdit, QPlainTextEdit, QSlider)
    nameless = []
    for widget in window.findChildren(QWidget):
        if not isinstance(widget, kinds) or not widget.isVisible() or widget.objectName().startswith("qt_"):
            continue
        text = widget.text() if isinstance(widget, QAbstractButton) else ""
        if not (widget.accessibleName() or text):
            nameless.append(f"no name: {widget!r}")
        if not widget.toolTip():
            nameless.append(f"no tooltip: {widget!r} {widget.accessibleName() or text}")
    assert not nameless, "\n".join(nameless)
