"""The bench Learn's left column under mouse and keys: which data, which model, and the switch between the benches."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QComboBox, QMessageBox, QWidget
from pytestqt.qtbot import QtBot

from gdsim import catalogue
from gdsim.draw.mathtext import math_setter
from gdsim.draw.theme import DARK, LIGHT
from gdsim.gui import benches, data_thumbnails
from gdsim.gui.controller import Controller
from gdsim.gui.panels.learn_columns import ColumnsDialog
from gdsim.gui.panels.learn_edits import (
    FIRST_LAYERS,
    base_inputs,
    fitted,
    kind_reasons,
    loss_reasons,
    offered_inputs,
    own_points,
    pretty,
    summary_of,
    with_data,
    with_inputs,
    with_kind,
)
from gdsim.gui.panels.learn_facts import read_facts
from gdsim.gui.panels.learn_import import ImportDialog
from gdsim.gui.panels.learn_panel import LearnPanel
from gdsim.gui.panels.learn_picker import use_dataset
from gdsim.gui.panels.learn_target import retargeted
from gdsim.gui.panels.left_panel import FOLDED_HEIGHT
from gdsim.gui.state import AppState
from gdsim.gui.window import MainWindow
from gdsim.objectives.data.make import samples_of
from gdsim.objectives.data.tables import default_data
from gdsim.session import documents
from gdsim.session.learning import problem_of
from gdsim.session.opening import opening_learn_spec
from gdsim.session.runner import Runner
from gdsim.session.spec import Learning, RunSpec

LONG = 20_000
LEFT = Qt.MouseButton.LeftButton

GOOD = "size;colour;weight;kind\n1,5;red;2;a\n2,5;blue;;b\n3,5;red;6;a\n4,5;green;8;b\n5,5;red;9;b\n6,5;blue;1;a\n"


def short_spec() -> RunSpec:
    """The opening, but short, and without a kernel to wait for."""
    return opening_learn_spec().replace(steps=50, backend="numpy")


@pytest.fixture
def window(window: MainWindow, monkeypatch: pytest.MonkeyPatch) -> MainWindow:
    """At rest after the opening race; what it finds on the bench Learn is short."""
    monkeypatch.setitem(benches._OPENINGS, "model", short_spec)
    return window


@pytest.fixture
def controller(qtbot: QtBot) -> Iterator[Controller]:
    made = Controller(AppState(spec=short_spec()))
    made.start()
    yield made
    math_setter().wait()
    made.stop()


@pytest.fixture
def panel(qtbot: QtBot, controller: Controller, settle: Callable[[Controller], None]) -> LearnPanel:
    made = LearnPanel(controller)
    qtbot.addWidget(made)
    made.resize(304, 560)
    made.show()
    qtbot.waitExposed(made)
    made.activateWindow()
    qtbot.waitUntil(made.isActiveWindow, timeout=LONG)
    qtbot.waitUntil(lambda: made.facts.facts.count > 0, timeout=LONG)
    return made


def learn_of(panel: LearnPanel) -> Learning:
    learn = panel._controller.state.spec.problem.learn
    assert learn is not None
    return learn


def retype(field: QWidget, text: str, key: Qt.Key = Qt.Key.Key_Return) -> None:
    field.setFocus()
    field.selectAll()
    QTest.keyClicks(field, text)
    QTest.keyClick(field, key)


def drag(qtbot: QtBot, slider: QWidget, by: int) -> None:
    middle = slider.rect().center()
    qtbot.mousePress(slider, LEFT, pos=middle)
    for x in range(0, by, 4 if by > 0 else -4):
        qtbot.mouseMove(slider, QPoint(middle.x() + x, middle.y()))
    qtbot.mouseRelease(slider, LEFT, pos=QPoint(middle.x() + by, middle.y()))


def choose(box: QComboBox, row: int) -> None:
    """Pick a row with the keys, from the first on."""
    box.setFocus()
    QTest.keyClick(box, Qt.Key.Key_Home)
    for _ in range(40):
        if box.currentIndex() == row:
            return
        QTest.keyClick(box, Qt.Key.Key_Down)
    raise AssertionError(f"row {row} cannot be reached, it stands at {box.currentIndex()}")


# -- the data


def test_it_opens_with_the_spiral_and_its_weights(panel: LearnPanel) -> None:
    assert panel.picker.button.words == "Spiral"
    assert panel.weights.text() == "105 weights"
    assert list(panel.data.inputs.chips) == ["x", "y", "x^2", "y^2", "x*y", "sin(x)", "sin(y)"]
    assert [text for text, chip in panel.data.inputs.chips.items() if chip.isChecked()] == ["x", "y"]
    assert panel.facts.facts.count == 250


def test_picking_other_data_by_search(qtbot: QtBot, panel: LearnPanel) -> None:
    qtbot.mouseClick(panel.picker.button, LEFT)
    popup = panel.picker.popup
    assert popup is not None
    QTest.keyClicks(popup.search, "moons")
    QTest.keyClick(popup.search, Qt.Key.Key_Return)
    assert learn_of(panel).data.name == "moons"
    assert panel.picker.button.words == "Two moons"
    assert panel._controller.state.undo_name == "choose Two moons"
    panel._controller.undo()
    assert learn_of(panel).data.name == "spiral"


def test_the_popup_shows_pictures(qtbot: QtBot, panel: LearnPanel) -> None:
    panel.picker.open()
    popup = panel.picker.popup
    assert popup is not None
    assert {*catalogue.datasets(), "own"} <= set(popup.names())

    def drawn() -> bool:
        return all(data_thumbnails.kept(entry, DARK) for entry in catalogue.datasets().values())

    qtbot.waitUntil(drawn, timeout=LONG)
    qtbot.waitUntil(lambda: not popup.list.item(1).icon().isNull(), timeout=LONG)
    QTest.keyClick(popup.search, Qt.Key.Key_Escape)


def test_a_number_in_place_of_classes_changes_the_loss_and_says_so(qtbot: QtBot, panel: LearnPanel) -> None:
    with qtbot.waitSignal(panel._controller.noticed) as told:
        panel.picker.pick("sine")
    assert learn_of(panel).model.loss.name == "mse"
    assert "squared error" in told.args[0]
    assert "number" in told.args[0]
    with qtbot.waitSignal(panel._controller.noticed) as told:
        panel.picker.pick("iris")
    assert learn_of(panel).model.loss.name == "cross_entropy"
    assert "3 classes" in told.args[0]


def test_a_drag_of_the_noise_is_one_undo(qtbot: QtBot, panel: LearnPanel) -> None:
    slider = panel.data.noise.slider
    assert slider is not None
    drag(qtbot, slider, 24)
    assert learn_of(panel).data.noise > 0.2
    panel._controller.undo()
    assert learn_of(panel).data.noise == 0.0
    assert panel.data.noise.value == 0.0


def test_samples_share_and_seed_are_typed(qtbot: QtBot, panel: LearnPanel) -> None:
    retype(panel.data.samples, "300")
    assert panel.data.share.field is not None
    retype(panel.data.share.field, "80")
    retype(panel.data.seed, "5")
    data = learn_of(panel).data
    assert (data.size, data.share, data.seed) == (300, 0.8, 5)
    qtbot.waitUntil(lambda: panel.facts.facts.count == 240, timeout=LONG)
    retype(panel.data.samples, "1.5")
    assert "whole number" in panel.data.message.text()
    assert learn_of(panel).data.size == 300


def test_regenerate_draws_others(qtbot: QtBot, panel: LearnPanel) -> None:
    qtbot.mouseClick(panel.data.again, LEFT)
    qtbot.mouseClick(panel.data.again, LEFT)
    assert learn_of(panel).data.seed == 2
    panel._controller.undo()
    assert learn_of(panel).data.seed == 1


def test_all_samples_to_train_on_leave_none_to_show(panel: LearnPanel) -> None:
    assert panel.data.share.field is not None
    retype(panel.data.share.field, "100")
    assert learn_of(panel).data.share == 1.0
    assert not panel.data.test.isEnabled()
    assert "none for testing" in panel.data.test.toolTip()


def test_test_data_are_shown_by_a_tick(qtbot: QtBot, panel: LearnPanel) -> None:
    before = panel._controller.state.spec
    qtbot.mouseClick(panel.data.test, LEFT, pos=QPoint(8, panel.data.test.height() // 2))
    assert panel._controller.state.learn.test
    assert panel._controller.state.spec is before


def test_inputs_are_chips(qtbot: QtBot, panel: LearnPanel) -> None:
    chips = panel.data.inputs.chips
    qtbot.mouseClick(chips["x^2"], LEFT)
    qtbot.mouseClick(chips["x*y"], LEFT)
    assert learn_of(panel).data.inputs == ("x", "y", "x^2", "x*y")
    assert panel.weights.text() == "121 weights"
    for name in ("y", "x^2", "x*y"):
        qtbot.mouseClick(chips[name], LEFT)
    assert learn_of(panel).data.inputs == ("x",)
    assert not chips["x"].isEnabled()
    assert "one input" in chips["x"].toolTip()


def test_an_input_of_ones_own_is_typed(qtbot: QtBot, panel: LearnPanel) -> None:
    inputs = panel.data.inputs
    qtbot.mouseClick(inputs.own, LEFT)
    QTest.keyClicks(inputs.edit, "exp(-x^2) + q")
    assert "q" in inputs.message.text()
    assert inputs.edit.property("invalid") is True
    QTest.keyClick(inputs.edit, Qt.Key.Key_Return)
    assert learn_of(panel).data.inputs == ("x", "y")
    inputs.edit.selectAll()
    QTest.keyClicks(inputs.edit, "x + (y")
    assert "column 5" in inputs.message.text()
    inputs.edit.selectAll()
    QTest.keyClicks(inputs.edit, "exp(-x^2)")
    QTest.keyClick(inputs.edit, Qt.Key.Key_Return)
    assert learn_of(panel).data.inputs == ("x", "y", "exp(-x^2)")
    assert inputs.chips["exp(-x^2)"].isChecked()
    assert inputs.edit.toPlainText() == ""
    qtbot.mouseClick(inputs.chips["exp(-x^2)"], LEFT)
    assert "exp(-x^2)" not in inputs.chips


def test_an_input_twice_is_refused(panel: LearnPanel) -> None:
    inputs = panel.data.inputs
    inputs.own.click()
    QTest.keyClicks(inputs.edit, "y")
    QTest.keyClick(inputs.edit, Qt.Key.Key_Return)
    assert "twice" in inputs.message.text()


def test_many_columns_are_chosen_from_a_list(qtbot: QtBot, panel: LearnPanel) -> None:
    panel.picker.pick("digits")
    qtbot.waitUntil(lambda: panel.facts.facts.rows == 1797, timeout=LONG)
    inputs = panel.data.inputs
    assert inputs.chips == {}
    assert inputs.count.text() == "64 of 64"
    qtbot.mouseClick(inputs.choose, LEFT)
    dialog = panel.findChild(ColumnsDialog)
    assert dialog is not None
    qtbot.mouseClick(dialog.columns.none, LEFT)
    assert not dialog.take.isEnabled()
    QTest.keyClicks(dialog.columns.search, "p3")
    qtbot.mouseClick(dialog.columns.all, LEFT)
    qtbot.mouseClick(dialog.take, LEFT)
    assert learn_of(panel).data.inputs == tuple(f"p3{k}" for k in range(8))


def test_texts_cannot_be_inputs_and_the_chip_says_why(qtbot: QtBot, panel: LearnPanel) -> None:
    panel.picker.pick("penguins")
    qtbot.waitUntil(lambda: panel.facts.facts.rows == 344, timeout=LONG)
    chip = panel.data.inputs.chips["island"]
    assert not chip.isEnabled()
    assert "texts" in chip.toolTip()
    assert panel.data.inputs.chips["year"].isEnabled()
    assert "2 of 344 rows are left out" in panel.data.notes.text()


def test_another_target(qtbot: QtBot, panel: LearnPanel) -> None:
    panel.picker.pick("iris")
    qtbot.waitUntil(lambda: panel.facts.facts.rows == 150, timeout=LONG)
    target, aim = panel.data.target, panel.data.aim
    assert (target.currentText(), aim.currentText()) == ("species", "3 classes")
    assert not aim.model().item(0).isEnabled()
    choose(target, 1)
    qtbot.waitUntil(lambda: learn_of(panel).data.target == "sepal_width", timeout=LONG)
    learn = learn_of(panel)
    assert learn.data.classes == ()
    assert learn.data.inputs == ("sepal_length", "petal_length", "petal_width")
    assert learn.model.loss.name == "mse"
    assert panel._controller.state.undo_name == "predict sepal_width"


# -- the model


@pytest.fixture
def model(panel: LearnPanel) -> LearnPanel:
    QTest.mouseClick(panel.tabs[1], LEFT)
    return panel


def test_layers_grow_and_shrink(qtbot: QtBot, model: LearnPanel) -> None:
    layers = model.model.layers
    qtbot.mouseClick(layers.rows[0].more, LEFT)
    retype(layers.rows[1].units, "3")
    assert [layer.size for layer in learn_of(model).model.layers] == [9, 3]
    qtbot.mouseClick(layers.add, LEFT)
    assert [layer.size for layer in learn_of(model).model.layers] == [9, 3, 3]
    qtbot.mouseClick(layers.rows[0].remove, LEFT)
    assert [layer.size for layer in learn_of(model).model.layers] == [3, 3]
    qtbot.mouseClick(layers.rows[0].remove, LEFT)
    assert not layers.rows[0].remove.isEnabled()
    assert "one hidden layer" in layers.rows[0].remove.toolTip()
    model._controller.undo()
    model._controller.undo()
    assert [layer.size for layer in learn_of(model).model.layers] == [9, 3, 3]
    assert [row.units.value for row in layers.rows] == [9.0, 3.0, 3.0]


def test_a_layer_has_one_unit_at_least(qtbot: QtBot, model: LearnPanel) -> None:
    row = model.model.layers.rows[0]
    retype(row.units, "1")
    assert not row.less.isEnabled()
    retype(row.units, "0")
    assert row.message.text()
    assert learn_of(model).model.layers[0].size == 1


def test_activations_are_typed_or_chosen(qtbot: QtBot, model: LearnPanel) -> None:
    row = model.model.layers.rows[0]
    retype(row.activation.edit, "max(z, 0.1 z)")
    made = learn_of(model).model.layers[0].activation
    assert (made.name, made.formula) == ("custom", "max(z, 0.1 z)")
    retype(row.activation.edit, "leaky_relu,alpha=0.2")
    assert learn_of(model).model.layers[0].activation.name == "leaky_relu"
    retype(row.activation.edit, "max(z, q)")
    assert "q" in row.message.text()
    assert learn_of(model).model.layers[0].activation.name == "leaky_relu"
    QTest.keyClick(row.activation.edit, Qt.Key.Key_Escape)
    qtbot.mouseClick(row.activation.button, LEFT)
    popup = model.model.layers.popup
    assert popup is not None
    QTest.keyClicks(popup.search, "gelu")
    QTest.keyClick(popup.search, Qt.Key.Key_Return)
    assert learn_of(model).model.layers[0].activation == type(made)("gelu", "gelu(z)")
    assert learn_of(model).model.layers[1].activation.name == "tanh"


def test_kinds_of_models(qtbot: QtBot, model: LearnPanel) -> None:
    kind = model.model.kind
    choose(kind, 3)
    learn = learn_of(model)
    assert (learn.model.kind, learn.model.layers, learn.model.loss.name) == ("logistic", (), "binary_cross_entropy")
    assert model.weights.text() == "3 weights"
    assert not model.model.layers.isVisible()
    choose(kind, 0)
    assert learn_of(model).model.layers == FIRST_LAYERS
    model.picker.pick("sine")
    assert not kind.model().item(3).isEnabled()
    assert "number" in kind.model().item(3).toolTip()
    choose(kind, 2)
    learn = learn_of(model)
    assert learn.data.inputs == ("x", "x^2")
    assert model.model.degree.field is not None
    retype(model.model.degree.field, "5")
    assert learn_of(model).data.inputs == ("x", "x^2", "x^3", "x^4", "x^5")
    assert base_inputs(learn_of(model)) == ("x",)
    model._controller.undo()
    assert model.model.degree.value == 2


def test_batches(qtbot: QtBot, model: LearnPanel) -> None:
    batch, controller = model.model.batch, model._controller
    controller.set_speed(250)
    batch.slider.setFocus()
    QTest.keyClick(batch.slider, Qt.Key.Key_End)
    assert controller.state.spec.batch == "full"
    assert controller.state.speed == 10  # ten epochs a second before and after
    assert batch.field.text() == "full"
    QTest.keyClick(batch.slider, Qt.Key.Key_Home)
    assert controller.state.spec.batch == 1
    retype(batch.field, "32")
    assert controller.state.spec.batch == 32
    retype(batch.field, "full")
    assert controller.state.spec.batch == "full"
    retype(batch.field, "9999")
    assert controller.state.spec.batch == "full"
    retype(batch.field, "-1")
    assert "one sample" in batch._message.text()


def test_what_is_folded(qtbot: QtBot, model: LearnPanel, settle: Callable[[Controller], None]) -> None:
    model.resize(304, 900)
    qtbot.mouseClick(model.model.more, LEFT)
    form, controller = model.model.settings, model._controller
    choose(form.init, 5)
    qtbot.mouseClick(form.redraw, LEFT)
    choose(form.norm, 1)
    choose(form.residual, 1)
    assert form.dropout.field is not None
    assert form.l2.field is not None
    retype(form.dropout.field, "0.25")
    retype(form.l2.field, "0.01")
    retype(form.patience, "7")
    retype(form.output.edit, "tanh")
    retype(form.run.steps, "60")
    made = learn_of(model).model
    assert (made.init.name, made.init.seed, made.l2, made.output.name) == ("he", 5, 0.01, "tanh")
    assert {(layer.norm, layer.residual, layer.dropout) for layer in made.layers} == {("batch", True, 0.25)}
    assert (controller.state.spec.patience, controller.state.spec.steps) == (7, 60)
    settle(controller)
    assert controller.history.spec == controller.state.spec


def test_losses_that_cannot_be_had_are_grey(qtbot: QtBot, model: LearnPanel) -> None:
    model.model.more.click()
    form = model.model.settings
    qtbot.mouseClick(form.loss.button, LEFT)
    popup = form.popups["loss"]
    QTest.keyClicks(popup.search, "poisson")
    item = popup.list.item(0)
    assert not item.flags() & Qt.ItemFlag.ItemIsEnabled
    assert "predicts a number" in item.toolTip()
    QTest.keyClick(popup.search, Qt.Key.Key_Return)
    assert popup.isVisible()
    popup.search.clear()
    QTest.keyClicks(popup.search, "hinge")
    QTest.keyClick(popup.search, Qt.Key.Key_Return)
    assert learn_of(model).model.loss.name == "hinge"
    assert learn_of(model).model.loss.targets == "plus_minus"
    retype(form.loss.edit, "(o - y)^4")
    assert learn_of(model).model.loss.formula == "(o - y)^4"
    retype(form.loss.edit, "(o - ")
    assert form.message.text()


def test_folding_leaves_a_line_that_says_it_all(qtbot: QtBot, panel: LearnPanel) -> None:
    with qtbot.waitSignal(panel.foldChanged, timeout=LONG):
        qtbot.mouseClick(panel.picker.fold, LEFT)
    assert panel.folded
    assert panel.sizeHint().height() == FOLDED_HEIGHT
    assert panel.summary.text() == "x, y · 8-8 tanh · batch 10"
    qtbot.mouseClick(panel.tabs[1], LEFT)
    assert not panel.folded
    assert panel.model.isVisibleTo(panel)
    panel.theme(LIGHT)


def test_everything_that_takes_keys_has_a_name_and_a_tip(panel: LearnPanel) -> None:
    panel.model.more.click()
    panel.picker.pick("iris")
    panel.data.inputs.own.click()
    for index in (0, 1):
        panel.show_tab(index)
        for widget in panel.findChildren(QWidget):
            if widget.focusPolicy() & Qt.FocusPolicy.TabFocus and widget.isVisibleTo(panel):
                named = widget.accessibleName() or (hasattr(widget, "text") and widget.text())
                assert named, widget
                assert widget.toolTip(), named


# -- a table of one's own


def opened(panel: LearnPanel, path: Path, qtbot: QtBot) -> ImportDialog:
    dialog = panel.import_csv(path)
    qtbot.waitUntil(lambda: dialog.table is not None, timeout=LONG)
    return dialog


def test_a_csv_shows_its_columns_and_is_learnt_from(qtbot: QtBot, panel: LearnPanel, tmp_path: Path) -> None:
    path = tmp_path / "things.csv"
    path.write_text(GOOD, "utf-8")
    dialog = opened(panel, path, qtbot)
    cells = [[dialog.facts.item(row, place).text() for place in range(4)] for row in range(dialog.facts.rowCount())]
    assert cells[0] == ["size", "number", "1.5 to 6.5", ""]
    assert cells[1] == ["colour", "text", "3: blue, green, red", ""]
    assert cells[2] == ["weight", "number", "1 to 9", "1"]
    assert (dialog.target.currentText(), dialog.aim.currentText()) == ("kind", "2 classes")
    assert dialog.inputs.ticked == ("size", "weight")
    assert "1 of 6 rows are left out" in dialog.summary.text()
    qtbot.mouseClick(dialog.standardise, LEFT, pos=QPoint(8, dialog.standardise.height() // 2))
    QTest.keyClick(dialog, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: learn_of(panel).data.name == "csv", timeout=LONG)
    learn = learn_of(panel)
    assert (learn.data.title, learn.data.classes, learn.data.standardise) == ("things.csv", ("a", "b"), False)
    assert panel.picker.button.words == "things.csv"
    assert panel._controller.state.undo_name == "import things.csv"
    assert samples_of(learn.data).count + samples_of(learn.data).count_test == 5


def test_another_target_gives_the_old_one_back(qtbot: QtBot, panel: LearnPanel, tmp_path: Path) -> None:
    path = tmp_path / "things.csv"
    path.write_text(GOOD, "utf-8")
    dialog = opened(panel, path, qtbot)
    choose(dialog.target, 2)
    assert dialog.aim.currentText() == "a number"
    assert dialog.inputs.ticked == ("size",)
    choose(dialog.target, 0)
    assert dialog.inputs.ticked == ("weight",)
    qtbot.mouseClick(dialog.inputs.none, LEFT)
    assert not dialog.learn.isEnabled()
    assert "one input" in dialog.message.text()
    dialog.reject()
    assert learn_of(panel).data.name == "spiral"


def test_texts_that_are_left_out_are_told(qtbot: QtBot, panel: LearnPanel, tmp_path: Path) -> None:
    path = tmp_path / "cities.csv"
    path.write_text("city,size,price,when\nA,1,5,mon\nB,2,7,tue\nA,3,4,wed\nC,4,8,thu\nA,5,n.n.,fri\n", "utf-8")
    dialog = opened(panel, path, qtbot)
    # `price` became a text of five labels, `city` repeats: it is what is predicted
    assert dialog.target.currentText() == "city"
    line = dialog.summary.text().split("\n")[1]
    assert line.startswith("The columns 'price' ('n.n.' in row 5) and 'when' are no inputs, for they hold texts. ")
    assert line.endswith("Write numbers in their place, or predict one of them, to learn from them.")
    choose(dialog.target, 2)
    lines = dialog.summary.text().split("\n")
    assert lines[1] == "'price' is predicted as classes: 'n.n.' in row 5 is no number. Mend it to predict a number."
    assert lines[2].startswith("The columns 'city' and 'when' are no inputs")
    assert dialog.summary.isVisibleTo(dialog)
    words = dialog.summary
    qtbot.waitUntil(lambda: words.height() >= words.heightForWidth(words.width()), timeout=LONG)
    QTest.keyClick(dialog, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: "are no inputs" in panel.data.notes.text(), timeout=LONG)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty"),
        (b"a,b\n1,2\n3\n", "line 3"),
        (b"PK\x03\x04rest of a spreadsheet", "spreadsheet"),
        (b"\x00\x01\x02\x03" * 50, "text file"),
        (b"a\n1\n2\n", "one column"),
        (b"a,b\n1,5\n1,5\n", "same in all rows"),
        (b"a,b\n1,5\n", "one row only"),
        (b"a,b\n?,?\n?,?\n", "no cell has a value"),
        (b"x,k\n1,a\n2,a\n3,a\n", "'k' ('a' in every row) holds texts"),
        (b"x,y\n1,2\n2,4\n3,n.n.\n", "Mend 'n.n.' in row 3"),
    ],
)
def test_bad_files_are_told(
    qtbot: QtBot, panel: LearnPanel, tmp_path: Path, content: bytes, words: str
) -> None:
    path = tmp_path / "bad.csv"
    path.write_bytes(content)
    dialog = panel.import_csv(path)
    qtbot.waitUntil(lambda: bool(dialog.message.text()), timeout=LONG)
    assert words in dialog.message.text()
    assert not dialog.learn.isEnabled()
    assert dialog.other.isVisible()
    assert learn_of(panel).data.name == "spiral"


def test_reading_can_be_stopped(qtbot: QtBot, panel: LearnPanel, tmp_path: Path) -> None:
    path = tmp_path / "large.csv"
    path.write_text("a,b,c\n" + "1.25,2.5,x\n" * 400_000, "utf-8")
    dialog = panel.import_csv(path)
    qtbot.waitUntil(lambda: dialog.bar.value() > 0 or dialog.table is not None, timeout=LONG)
    QTest.keyClick(dialog, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: not panel._controller.busy, timeout=LONG)
    assert learn_of(panel).data.name == "spiral"


# -- the switch


def test_the_header_goes_to_learn_and_back(
    window: MainWindow, qtbot: QtBot, settle: Callable[[Controller], None]
) -> None:
    controller, header = window.controller, window.header
    controller.set_hyper(0, "lr", 0.005)
    controller.finish_edit()
    controller.set_cursor(3)
    qtbot.mouseClick(header.bench.button("learn"), LEFT)
    assert controller.state.spec.problem.title == "Spiral, 2-8-8-1 network"
    assert controller.state.undo_name == "go to Learn"
    assert controller.state.playing
    assert controller.state.speed == 250
    assert window.learn.isVisible()
    assert not window.problem.isVisible()
    assert header.picker.text() == "Spiral, 2-8-8-1 network"
    qtbot.waitUntil(lambda: controller.state.cursor > 5, timeout=LONG)
    qtbot.mouseClick(header.bench.button("descend"), LEFT)
    assert controller.state.spec.racers[0].hyper["lr"] == 0.005
    assert (controller.state.cursor, controller.state.speed, controller.state.playing) == (3, 8.0, False)
    assert window.problem.isVisible()
    assert window.problem.entry.edit.toPlainText() == controller.state.spec.problem.formula
    settle(controller)
    assert controller.state.cursor == 3
    controller.undo()
    controller.undo()
    assert controller.state.spec.problem.name == "himmelblau"
    assert header.bench.choice == "descend"


def test_keys_open_the_benches(window: MainWindow, qtbot: QtBot) -> None:
    QTest.keyClick(window, Qt.Key.Key_F3)
    assert window.controller.state.spec.problem.name == "spiral"
    assert not window.menus["map"].isEnabled()
    assert not window.centre.map_button.isVisible()
    QTest.keyClick(window, Qt.Key.Key_F2)
    assert window.controller.state.spec.problem.name == "himmelblau"
    assert window.menus["map"].isEnabled()
    QTest.keyClick(window, Qt.Key.Key_F3)
    window.menus.run("edit_formula")
    assert window.controller.state.spec.problem.name == "himmelblau"
    assert window.problem.entry.edit.hasFocus()


def test_a_swarm_stays_on_its_bench(window: MainWindow, qtbot: QtBot, settle: Callable[[Controller], None]) -> None:
    controller = window.controller
    controller.set_swarm(on=True, count=200)
    settle(controller)
    controller.open_bench("learn")
    assert not controller.state.swarm.on
    assert controller.swarm.cloud is None
    settle(controller)
    controller.open_bench("descend")
    assert controller.state.swarm.on


def test_a_document_stays_on_its_bench(
    window: MainWindow, tmp_path: Path, settle: Callable[[Controller], None]
) -> None:
    controller = window.controller
    window.files.save_to(tmp_path / "bowl.gdsim")
    settle(controller)
    controller.open_bench("learn")
    assert controller.state.path is None
    window.files.save_to(tmp_path / "net.gdsim")
    settle(controller)
    assert controller.state.path == tmp_path / "net.gdsim"
    controller.open_bench("descend")
    assert controller.state.path == tmp_path / "bowl.gdsim"
    assert not controller.state.modified
    window.files.open(tmp_path / "net.gdsim")
    settle(controller)
    assert controller.state.spec.problem.learn is not None
    assert controller.state.path == tmp_path / "net.gdsim"


def test_changes_on_the_other_bench_are_asked_about(
    window: MainWindow, tmp_path: Path, settle: Callable[[Controller], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    controller, asked = window.controller, []
    path = tmp_path / "bowl.gdsim"
    window.files.save_to(path)
    settle(controller)
    controller.set_hyper(0, "lr", 0.005)
    controller.open_bench("learn")
    settle(controller)
    buttons = QMessageBox.StandardButton

    def answer(*words: object) -> QMessageBox.StandardButton:
        asked.append(words[2])
        return buttons.Save

    monkeypatch.setattr(QMessageBox, "question", answer)
    closed: list[bool] = []
    assert not window.files.may_close(lambda: closed.append(True))
    settle(controller)
    assert asked == ["Save the changes to bowl.gdsim?"]
    assert closed == [True]
    assert documents.load(path).racers[0].hyper["lr"] == 0.005
    assert window.files.may_close(lambda: None)


def test_new_begins_again_on_the_same_bench(window: MainWindow, settle: Callable[[Controller], None]) -> None:
    controller = window.controller
    controller.open_bench("learn")
    use_dataset(controller, "moons")
    window.menus.run("new")
    assert controller.state.spec == short_spec()
    assert not controller.state.undo_name


def test_the_search_leads_to_the_right_bench(window: MainWindow, settle: Callable[[Controller], None]) -> None:
    controller = window.controller
    use_dataset(controller, "iris")
    assert controller.state.spec.problem.title == "Iris, 4-8-8-3 network"
    assert controller.state.spec.racers[0].name == "adam"
    settle(controller)
    from gdsim.gui.gallery import use_function

    use_function(controller, "rosenbrock")
    settle(controller)
    spec = controller.state.spec
    assert (spec.problem.name, spec.batch, len(spec.racers)) == ("rosenbrock", "full", 3)


def test_a_csv_is_dropped_on_the_window(window: MainWindow, qtbot: QtBot, tmp_path: Path) -> None:
    path = tmp_path / "dropped.csv"
    path.write_text(GOOD, "utf-8")
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path))])
    event = QDropEvent(QPointF(50, 50), Qt.DropAction.CopyAction, data, LEFT, Qt.KeyboardModifier.NoModifier)
    window.dropEvent(event)
    dialog = window.findChild(ImportDialog)
    assert isinstance(dialog, ImportDialog)
    qtbot.waitUntil(lambda: dialog.table is not None, timeout=LONG)
    qtbot.mouseClick(dialog.learn, LEFT)
    qtbot.waitUntil(lambda: window.controller.state.spec.problem.name == "csv", timeout=LONG)
    assert window.header.bench.choice == "learn"


@pytest.mark.parametrize("name", list(catalogue.datasets()))
def test_every_data_set_can_be_learnt_from(name: str) -> None:
    learn = opening_learn_spec().problem.learn
    assert learn is not None
    made, _ = with_data(learn, default_data(name))
    history = Runner(short_spec().replace(problem=problem_of(made.data, made.model), steps=2)).run()
    assert history.length == 3
    facts = read_facts(made.data)
    assert not facts.error
    assert facts.count == history.objective.samples.count
    assert set(made.data.inputs) <= set(offered_inputs(facts.columns, made.data.target))


def test_the_opening_is_alive_and_has_a_winner() -> None:
    history = Runner(opening_learn_spec()).run()
    right = [float(trace.column("accuracy", trace.last)[0]) for trace in history.traces]
    assert right[0] == 1.0
    assert 0.7 < right[1] < 0.95


# -- edits without a window


def test_a_model_is_fitted_to_its_data() -> None:
    learn = opening_learn_spec().problem.learn
    assert learn is not None
    logistic = with_kind(learn, "logistic")
    made, words = fitted(logistic.replace(data=default_data("iris")))
    assert (made.model.kind, made.model.loss.name) == ("softmax", "cross_entropy")
    assert "softmax" in words
    made, words = fitted(logistic.replace(data=default_data("line")))
    assert (made.model.kind, made.model.loss.name) == ("linear", "mse")
    made, words = fitted(learn)
    assert made == learn
    assert words == ""


def test_a_polynomial_keeps_what_its_powers_were_made_of() -> None:
    learn = with_kind(Learning(default_data("sine"), opening_learn_spec().problem.learn.model), "poly", degree=3)
    assert learn.data.inputs == ("x", "x^2", "x^3")
    assert base_inputs(learn) == ("x",)
    assert with_inputs(learn, ("x", "sin(x)")).data.inputs == (
        "x", "x^2", "x^3", "sin(x)", "(sin(x))^2", "(sin(x))^3",
    )  # fmt: skip
    other, _ = with_data(learn, default_data("cubic"))
    assert other.data.inputs == ("x", "x^2", "x^3")
    back = with_kind(learn, "linear")
    assert (back.data.inputs, back.model.degree) == (("x",), 1)


def test_a_new_target_takes_formulas_of_it_out() -> None:
    data = default_data("iris").replace(inputs=("sepal_length", "petal_length", "sepal_width^2", "petal_length*2"))
    learn = Learning(data, opening_learn_spec().problem.learn.model)
    made = retargeted(learn, "petal_length", None)
    assert made.inputs == ("sepal_length", "sepal_width^2")
    assert made.classes == ()


def test_own_points_can_be_learnt_from() -> None:
    samples = samples_of(own_points())
    assert (samples.count, samples.count_test, samples.classes) == (6, 0, ("A", "B"))


def test_words() -> None:
    assert [pretty(text) for text in ("x^2", "x*y", "sin(x)", "exp(-x^2)")] == ["x²", "x·y", "sin x", "exp(-x²)"]
    assert summary_of(opening_learn_spec()) == "x, y · 8-8 tanh · batch 10"
    assert kind_reasons(0)["softmax"]
    assert kind_reasons(3)["logistic"]
    assert not any(kind_reasons(2).values())
    assert loss_reasons(2)["poisson"]
    assert not loss_reasons(2)["mse"]
