"""Number fields, sliders and their texts, driven by keys, wheel and mouse."""

from __future__ import annotations

import math

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from gdsim import catalogue
from gdsim.gui.fields.hyper import HyperSlider
from gdsim.gui.fields.marked_edit import MarkedEdit
from gdsim.gui.fields.number_text import exact_text, nudged, point_text, short_text
from gdsim.gui.fields.numbers import ListField, NumberField, OptionalNumberField, PointField
from gdsim.gui.fields.slider import TrackSlider
from gdsim.gui.fields.symbol import label_of, symbol_text
from gdsim.params import ParamSpec

LONG = 60_000

LR = ParamSpec("lr", r"\eta", 0.01, low=0, open_low=True, slider_low=1e-5, slider_high=1.0, scale="log", doc="rate")
BETA = ParamSpec("beta1", r"\beta_1", 0.9, low=0, high=1, open_high=True, slider_low=0, slider_high=0.999)


def shown(qtbot: QtBot, widget: QWidget) -> QWidget:
    """The widget in a window beside another one that can take the focus."""
    holder = QWidget()
    column = QVBoxLayout(holder)
    column.addWidget(widget)
    column.addWidget(NumberField(0.0))
    qtbot.addWidget(holder)
    holder.show()
    qtbot.waitExposed(holder)
    holder.activateWindow()
    qtbot.waitUntil(holder.isActiveWindow, timeout=LONG)
    column.itemAt(1).widget().setFocus()
    widget.kept = holder  # or Python would drop the window at once
    return holder


def retype(field: QWidget, text: str, key: Qt.Key = Qt.Key.Key_Return) -> None:
    """Select all, type, press a key."""
    field.setFocus()
    field.selectAll()
    QTest.keyClicks(field, text)
    QTest.keyClick(field, key)


def wheel(widget: QWidget, notches: int) -> None:
    at = QPointF(widget.rect().center())
    event = QWheelEvent(
        at, widget.mapToGlobal(at), QPoint(), QPoint(0, 120 * notches), Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(widget, event)


@pytest.mark.parametrize(
    ("text", "value"),
    [("1/3", 1 / 3), ("2pi", 2 * math.pi), ("1,5", 1.5), ("-sqrt 2", -math.sqrt(2)), ("1e-3", 1e-3), (" 7 ", 7.0)],
)
def test_expressions_are_numbers(qtbot: QtBot, text: str, value: float) -> None:
    field = NumberField(0.0)
    shown(qtbot, field)
    with qtbot.waitSignal(field.valueChanged) as changed:
        retype(field, text)
    assert changed.args == [pytest.approx(value, rel=1e-15)]
    assert field.value == pytest.approx(value, rel=1e-15)


def test_shows_short_edits_exact_remembers_the_expression(qtbot: QtBot) -> None:
    field = NumberField(0.0)
    holder = shown(qtbot, field)
    retype(field, "1/3")
    assert field.text() == "1/3"
    other = holder.layout().itemAt(1).widget()
    other.setFocus()
    assert field.text() == "0.33333"
    field.setFocus()
    assert field.text() == "1/3"
    field.set_value(2 / 3)
    assert field.text() == repr(2 / 3)


def test_a_wrong_text_is_red_says_why_and_changes_nothing(qtbot: QtBot) -> None:
    field = NumberField.of_spec(LR)
    shown(qtbot, field)
    told: list[object] = []
    field.valueChanged.connect(told.append)
    retype(field, "1/")
    assert field.property("invalid") is True
    assert field.message
    assert field.toolTip() == field.message
    retype(field, "-1")
    assert "above 0" in field.message
    assert field.value == 0.01
    assert told == []
    QTest.keyClick(field, Qt.Key.Key_Escape)
    assert field.text() == "0.01"
    assert field.property("invalid") is False


def test_escape_restores_and_leaves_other_escapes_alone(qtbot: QtBot) -> None:
    field = NumberField(2.5)
    shown(qtbot, field)
    retype(field, "99", Qt.Key.Key_Escape)
    assert field.text() == "2.5"
    assert field.value == 2.5


def test_arrow_keys_and_wheel(qtbot: QtBot) -> None:
    field = NumberField.of_spec(LR)
    shown(qtbot, field)
    wheel(field, 1)
    assert field.value == 0.01  # without focus the panel scrolls instead
    field.setFocus()
    QTest.keyClick(field, Qt.Key.Key_Up)
    assert field.value == pytest.approx(0.011)
    QTest.keyClick(field, Qt.Key.Key_Down)
    QTest.keyClick(field, Qt.Key.Key_Down)
    assert field.value == pytest.approx(0.0099)
    wheel(field, -1)
    assert field.value == pytest.approx(0.0098)
    QTest.keyClick(field, Qt.Key.Key_Up, Qt.KeyboardModifier.ShiftModifier)
    assert field.value == pytest.approx(0.0108)


def test_set_value_leaves_a_text_alone_that_is_being_typed(qtbot: QtBot) -> None:
    field = NumberField(1.0)
    shown(qtbot, field)
    field.setFocus()
    field.selectAll()
    QTest.keyClicks(field, "0.")
    field.set_value(3.0)
    assert field.text() == "0."


def test_leaving_takes_the_value_and_settles_once(qtbot: QtBot) -> None:
    field = NumberField(1.0)
    holder = shown(qtbot, field)
    settled: list[int] = []
    field.settled.connect(lambda: settled.append(1))
    retype(field, "5", Qt.Key.Key_Tab)
    assert field.value == 5.0
    assert settled == [1]
    assert holder.focusWidget() is not field


def test_points(qtbot: QtBot) -> None:
    field = PointField((0.5, 4.5), spans=(10.0, 10.0))
    shown(qtbot, field)
    retype(field, "(pi/2; -1)")
    assert field.value == pytest.approx((math.pi / 2, -1.0))
    retype(field, "1,2,3")
    assert field.message
    assert field.value == pytest.approx((math.pi / 2, -1.0))
    QTest.keyClick(field, Qt.Key.Key_Escape)
    retype(field, "1, 2")
    field.setCursorPosition(len(field.text()))
    QTest.keyClick(field, Qt.Key.Key_Up)
    assert field.value == pytest.approx((1.0, 2.1))
    field.setCursorPosition(0)
    QTest.keyClick(field, Qt.Key.Key_Down)
    assert field.value == pytest.approx((0.9, 2.1))


def test_an_empty_optional_field_is_none(qtbot: QtBot) -> None:
    field = OptionalNumberField(0.1)
    shown(qtbot, field)
    field.setFocus()
    field.selectAll()
    QTest.keyClick(field, Qt.Key.Key_Delete)
    QTest.keyClick(field, Qt.Key.Key_Return)
    assert field.value is None
    retype(field, "1e-3")
    assert field.value == 1e-3


def test_lists(qtbot: QtBot) -> None:
    spec = ParamSpec("betas", r"\beta", (0.0, 0.9), low=0, high=1, kind="list")
    field = ListField(spec)
    shown(qtbot, field)
    retype(field, "0:0.9:0.99")
    assert field.value == (0.0, 0.9, 0.99)
    retype(field, "0, 2")
    assert field.message
    assert field.value == (0.0, 0.9, 0.99)


def test_slider_ends_middle_and_default(qtbot: QtBot) -> None:
    row = HyperSlider(LR)
    holder = shown(qtbot, row)
    holder.resize(400, 100)
    assert isinstance(row.slider, TrackSlider)
    values: list[float] = []
    row.valueChanged.connect(values.append)
    slider = row.slider
    qtbot.mousePress(slider, Qt.MouseButton.LeftButton, pos=QPoint(slider.width() - 2, slider.height() // 2))
    qtbot.mouseMove(slider, QPoint(slider.width() // 2, slider.height() // 2))
    with qtbot.waitSignal(row.settled, timeout=LONG):
        qtbot.mouseRelease(slider, Qt.MouseButton.LeftButton, pos=QPoint(slider.width() // 2, slider.height() // 2))
    assert values[0] == 1.0
    assert values[-1] == pytest.approx(math.sqrt(1e-5), rel=0.05)  # the middle of a logarithmic track
    assert row.field is not None
    assert row.field.text() == short_text(values[-1])
    qtbot.mouseDClick(slider, Qt.MouseButton.LeftButton)
    assert row.value == 0.01


def test_slider_keeps_a_value_outside_its_track(qtbot: QtBot) -> None:
    row = HyperSlider(LR)
    shown(qtbot, row)
    retype(row.field, "1e30")
    assert row.value == 1e30
    assert row.slider is not None
    assert row.slider.value() == row.slider.maximum()


def test_zero_means_off_at_the_left_end(qtbot: QtBot) -> None:
    spec = ParamSpec("clip", "c", 0.0, low=0, slider_low=0.01, slider_high=100, scale="log")
    row = HyperSlider(spec, zero_word="off")
    shown(qtbot, row)
    assert row.field is not None
    assert row.slider is not None
    assert row.field.text() == "off"
    row.slider.setFocus()
    QTest.keyClick(row.slider, Qt.Key.Key_Right)
    assert 0.01 < row.value < 0.02
    QTest.keyClick(row.slider, Qt.Key.Key_Home)
    assert row.value == 0
    retype(row.field, "off")
    assert row.value == 0


@pytest.mark.parametrize("name", ["adam", "rmsprop", "aggmo", "lbfgs", "rprop", "asgd", "adafactor"])
def test_every_declared_parameter_has_a_row(qtbot: QtBot, name: str) -> None:
    for spec in catalogue.optimizer(name).hyper:
        row = HyperSlider(spec)
        qtbot.addWidget(row)
        assert row.value == spec.default
        assert row.symbol.text()
        assert spec.name in row.symbol.toolTip()


def test_a_switch_and_a_spin(qtbot: QtBot) -> None:
    flag = HyperSlider(ParamSpec("centered", "c", 0.0, kind="flag"))
    shown(qtbot, flag)
    with qtbot.waitSignal(flag.valueChanged) as changed:
        QTest.keyClick(flag._switch, Qt.Key.Key_Space)
    assert changed.args == [1.0]
    spin = HyperSlider(ParamSpec("history", "m", 10.0, low=1, high=100, kind="integer"))
    shown(qtbot, spin)
    retype(spin.field, "2^4")
    assert spin.value == 16
    QTest.keyClick(spin.field, Qt.Key.Key_Down)
    assert spin.value == 15
    retype(spin.field, "2.5")
    assert "whole" in spin.field.message


def test_marked_edit_underlines_commits_and_grows(qtbot: QtBot) -> None:
    edit = MarkedEdit((1, 3))
    shown(qtbot, edit)
    edit.resize(200, edit.height())
    edit.set_text("x^2 +")
    edit.mark((6, 1))
    assert edit.property("invalid") is True
    marked = edit.extraSelections()[0]
    cursor = marked.cursor
    assert (cursor.selectionStart(), cursor.selectionEnd()) == (4, 5)
    height = edit.height()
    edit.set_text("x + " * 40 + "x")
    qtbot.waitUntil(lambda: edit.height() > height, timeout=LONG)
    edit.setFocus()
    with qtbot.waitSignal(edit.committed, timeout=LONG):
        QTest.keyClick(edit, Qt.Key.Key_Return)
    assert "\n" not in edit.toPlainText()
    edit.selectAll()
    QApplication.clipboard().setText("x^2\n + y")
    edit.paste()
    assert edit.toPlainText() == "x^2 + y"


@pytest.mark.parametrize(
    ("value", "short", "exact"),
    [(1 / 3, "0.33333", repr(1 / 3)), (2.0, "2", "2"), (1e-5, "1e-5", "1e-05"), (-0.25, "-0.25", "-0.25"),
     (1e30, "1e30", "1e+30"), (math.inf, "inf", "inf")],
)  # fmt: skip
def test_texts(value: float, short: str, exact: str) -> None:
    assert short_text(value) == short
    assert exact_text(value) == exact
    assert float(exact_text(value)) == value


def test_nudges_stay_round() -> None:
    value = 0.1
    for _ in range(100):
        value = nudged(value, 1, span=10)
    assert value == 10.1
    assert nudged(1.0, -1, scale="log") == 0.99
    assert nudged(0.0, 1) == 0.1
    assert point_text((0.5, 1 / 3)) == "0.5, 0.33333"


def test_names_of_parameters() -> None:
    assert symbol_text(r"\beta_1") == "β₁"
    assert symbol_text(r"\mathrm{lr}_{min}") == "lr_min"
    assert label_of("beta1", r"\beta_1") == "β₁"
    assert label_of("lr", r"\eta") == "lr η"
    assert label_of("momentum_decay", r"\psi") == "momentum decay"


