"""The back-propagation view under mouse and keys: what it shows is what the analysis says of the sample."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from gdsim.analysis import backprop
from gdsim.draw.chart_parts import three
from gdsim.draw.network_layout import Hit
from gdsim.gui.controller import Controller
from gdsim.gui.learn.part_walk import WalkPart
from gdsim.gui.views import BackpropView
from gdsim.gui.views.backprop_canvas import hit_of, weight_of
from gdsim.gui.window import MainWindow
from gdsim.objectives.data.tables import default_data
from gdsim.session.make_learning import learning_spec, make_model
from gdsim.session.opening import opening_spec
from gdsim.session.spec import RunSpec

LEFT = Qt.MouseButton.LeftButton
LONG = 60_000
Open = Callable[..., tuple[MainWindow, BackpropView]]


def spec_of(data: str = "circle", model: str = "mlp:3,2", **more: Any) -> RunSpec:
    chosen = default_data(data)
    own = {key: more.pop(key) for key in ("norm", "residual") if key in more}
    made = make_model(model, len(chosen.classes), **own)
    return learning_spec(chosen, made, racers=("gd,lr=0.05",), steps=12, backend="numpy", **more)


@pytest.fixture
def open_view(open_window: Callable[..., MainWindow], qtbot: QtBot) -> Open:
    """Opens a window on a run, at rest at its end, with the view in a tab."""

    def opened(spec: RunSpec, width: int = 1440, height: int = 900, **choice: Any) -> tuple[MainWindow, BackpropView]:
        window = open_window(spec, width, height)
        assert window.centre.bring(BackpropView)
        window.controller.set_learn(**choice)
        rest(qtbot, window)
        view = window.centre.view
        assert isinstance(view, BackpropView)
        return window, view

    return opened


def rest(qtbot: QtBot, window: MainWindow) -> None:
    qtbot.waitUntil(lambda: not window.controller.busy, timeout=LONG)
    QApplication.processEvents()  # what was shown last is laid out and painted


def found(controller: Controller) -> WalkPart:
    picture = controller.learn.picture
    assert picture is not None
    part: WalkPart = picture.parts["walk"]
    return part


def walked(controller: Controller, sample: int) -> backprop.Walk:
    """The sample's walk, worked out beside the window."""
    history, state = controller.history, controller.state
    theta, buffers = history.weights(state.selected, state.cursor)
    return backprop.walk(history.objective, theta, buffers, sample)


def press(widget: Any, at: QPointF | QPoint) -> None:
    QTest.mouseClick(widget, LEFT, pos=at.toPoint() if isinstance(at, QPointF) else at)


def edge_place(view: BackpropView, part: Hit, share: float = 0.5) -> QPointF:
    """A pixel on an edge."""
    layout = view.canvas.diagram
    assert layout is not None
    k = layout.edges.tolist().index([part.layer, part.unit, part.source])
    start, end = layout.curves[k][0], layout.curves[k][3]
    return QPointF(*(start + share * (end - start)))


def test_only_models_have_the_view(open_view: Open) -> None:
    assert not BackpropView.fits(opening_spec().problem)
    assert BackpropView.fits(spec_of().problem)


def test_numbers_are_those_of_the_analysis(open_view: Open) -> None:
    window, view = open_view(spec_of(), sample=4, stage=99)
    expected, picture = walked(window.controller, 4), view.canvas.picture
    assert picture is not None
    assert np.array_equal(picture.values[0], expected.inputs)
    for number, layer in enumerate(expected.layers):
        assert np.array_equal(picture.values[number + 1], layer.outputs)
        assert np.array_equal(picture.deltas[number], layer.delta)
        assert np.array_equal(picture.gradients[number], layer.gradient)
        assert np.allclose(picture.steps[number], -0.05 * layer.gradient)
    assert dict(picture.loss)["J"] == expected.loss
    assert view.bar.field.value == 5
    assert view.bar.badge.tone == "good"
    assert three(expected.check) in view.bar.badge.text
    assert "central" in view.bar.badge.toolTip().lower()
    objective = window.controller.history.objective
    slope = float(expected.gradient[0])
    assert three(slope) in view.weight.value.text()
    assert view.chain.lines.lines[-1].plain == found(window.controller).lines[-1].plain
    assert view.weight.combo.count() == objective.n


def test_buttons_and_keys_go_through_the_stages(open_view: Open, qtbot: QtBot) -> None:
    window, view = open_view(spec_of())
    state, cursor = window.controller, window.controller.state.cursor
    picture = view.canvas.picture
    assert picture is not None
    assert (picture.forward, picture.backward) == (0, 4)
    assert not view.stages.buttons["back"].isEnabled()
    seen = []
    for _ in range(8):
        press(view.stages.buttons["on"], view.stages.buttons["on"].rect().center())
        rest(qtbot, window)
        assert view.canvas.picture is not None
        seen.append((view.canvas.picture.forward, view.canvas.picture.backward))
    assert seen == [(1, 4), (2, 4), (3, 4), (3, 4), (3, 3), (3, 2), (3, 1), (3, 1)]
    assert not view.stages.buttons["on"].isEnabled()
    press(view.canvas, QPoint(2, 2))
    QTest.keyClick(view.canvas, Qt.Key.Key_Up)
    assert state.state.learn.stage == 7
    rest(qtbot, window)
    QTest.keyClick(view.stages.strip, Qt.Key.Key_Down)
    assert state.state.learn.stage == 8
    rest(qtbot, window)
    press(view.stages.buttons["first"], view.stages.buttons["first"].rect().center())
    rest(qtbot, window)
    assert state.state.learn.stage == 0
    press(view.stages.buttons["last"], view.stages.buttons["last"].rect().center())
    rest(qtbot, window)
    assert state.state.learn.stage == 8
    press(view.stages.strip, view.stages.strip.place(3))
    rest(qtbot, window)
    assert state.state.learn.stage == 3
    assert "utputs" in view.stages.words.text()
    assert state.state.cursor == cursor  # the run's own step has not been touched


def test_the_runs_keys_still_reach_the_run(open_view: Open, qtbot: QtBot) -> None:
    window, view = open_view(spec_of())
    cursor = window.controller.state.cursor
    view.canvas.setFocus()
    QTest.keyClick(view.canvas, Qt.Key.Key_Left)
    assert window.controller.state.cursor == cursor - 1
    rest(qtbot, window)
    assert found(window.controller).walk.loss == walked(window.controller, 0).loss


def test_a_press_on_an_edge_chooses_its_weight(open_view: Open, qtbot: QtBot) -> None:
    window, view = open_view(spec_of(), stage=8)
    objective = window.controller.history.objective
    part = Hit("edge", 2, 1, 2)
    place = edge_place(view, part, 0.3)
    QTest.mouseMove(view.canvas, place.toPoint())
    qtbot.waitUntil(lambda: view.canvas.hovered == part, timeout=LONG)
    press(view.canvas, place)
    rest(qtbot, window)
    weight = weight_of(objective, part)
    assert window.controller.state.learn.weight == weight
    assert hit_of(objective, weight) == part
    assert view.canvas.picture is not None
    assert view.canvas.picture.selected == part
    assert view.weight.combo.currentText() == "w2[2,3]"
    expected = walked(window.controller, 0)
    assert found(window.controller).lines[-1].value == pytest.approx(expected.layers[1].gradient[1, 2])
    layout = view.canvas.diagram
    assert layout is not None
    press(view.canvas, layout.bias(1, 2))
    rest(qtbot, window)
    assert view.weight.combo.currentText() == "b1[3]"
    press(view.canvas, layout.columns[3].boxes[0].center())
    rest(qtbot, window)
    assert view.weight.combo.currentText() == "b3[1]"
    press(view.canvas, layout.columns[0].boxes[0].center())  # an input has no weight of its own
    assert view.weight.combo.currentText() == "b3[1]"


def test_a_weight_is_chosen_by_name(open_view: Open, qtbot: QtBot) -> None:
    window, view = open_view(spec_of(norm="batch", residual=True, model="mlp:3,3"))
    combo = view.weight.combo
    combo.setFocus()
    QTest.keyClicks(combo, "gain2[2")
    rest(qtbot, window)
    assert combo.currentText() == "gain2[2]"
    part = found(window.controller)
    assert part.name == "gain2[2]"
    assert part.lines[-1].value == pytest.approx(float(walked(window.controller, 0).gradient[part.weight]))
    assert hit_of(window.controller.history.objective, part.weight) is None


def test_dragging_the_nudge_shows_what_really_happens(open_view: Open, qtbot: QtBot) -> None:
    window, view = open_view(spec_of(), weight=2, sample=7)
    controller, slider = window.controller, view.nudge.slider
    theta, buffers = controller.history.weights(0, controller.state.cursor)
    QTest.mousePress(slider, LEFT, pos=slider.rect().center())
    QTest.mouseMove(slider, QPoint(slider.width() - 60, slider.height() // 2))
    QTest.mouseRelease(slider, LEFT, pos=QPoint(slider.width() - 60, slider.height() // 2))
    rest(qtbot, window)
    by = controller.state.learn.nudge
    assert 0.2 < by < 0.45
    moved = theta.copy()
    moved[2] += by
    objective, expected = controller.history.objective, walked(controller, 7)
    actual = backprop.loss_of(objective, moved, buffers, 7) - expected.loss
    shown = view.nudge.plot.picture
    assert shown is not None
    assert shown.actual == pytest.approx(actual, rel=1e-9)
    assert shown.predicted == pytest.approx(by * expected.gradient[2])
    assert three(actual) in view.nudge.plot.accessibleDescription()
    picture = view.canvas.picture
    assert picture is not None
    assert picture.lit is not None
    assert Hit("edge", 1, 1, 0) in picture.lit  # the weight itself, and what follows from it
    assert Hit("edge", 2, 0, 1) in picture.lit
    assert Hit("edge", 2, 0, 0) not in picture.lit
    assert picture.changes[0][0] == 0
    assert picture.changes[0][1] != 0
    assert np.array_equal(controller.history.weights(0, controller.state.cursor)[0], theta)  # the run keeps its own
    press(view.stages.strip, view.stages.strip.place(4))
    rest(qtbot, window)
    assert view.canvas.picture is not None
    assert not view.canvas.picture.changes  # a stage is lit again


def test_ways_to_another_sample(open_view: Open, qtbot: QtBot) -> None:
    window, view = open_view(spec_of())
    controller, field = window.controller, view.bar.field
    count = controller.history.objective.samples.count
    field.setFocus()
    field.selectAll()
    QTest.keyClicks(field, "12")
    QTest.keyClick(field, Qt.Key.Key_Return)
    rest(qtbot, window)
    assert controller.state.learn.sample == 11
    assert found(controller).walk.loss == walked(controller, 11).loss
    field.selectAll()
    QTest.keyClicks(field, str(count + 1))
    QTest.keyClick(field, Qt.Key.Key_Return)
    assert controller.state.learn.sample == 11  # there is none of that number
    batch = found(controller).batch
    assert batch is not None
    assert len(batch) == 10
    for expected in (batch[0], batch[1]):
        press(view.bar.next, view.bar.next.rect().center())
        rest(qtbot, window)
        assert controller.state.learn.sample == expected
    for _ in range(3):
        before = controller.state.learn.sample
        press(view.bar.random, view.bar.random.rect().center())
        rest(qtbot, window)
        assert controller.state.learn.sample != before
        assert 0 <= controller.state.learn.sample < count
    press(view.pages.button("samples"), view.pages.button("samples").rect().center())
    view.map.grab()
    assert view.map.frame is not None
    assert view.map.data is not None
    x, y = view.map.frame.pixels(view.map.data.points)[20]
    press(view.map, QPointF(x, y))
    rest(qtbot, window)
    chosen = controller.state.learn.sample
    assert np.hypot(*(view.map.frame.pixels(view.map.data.points)[chosen] - (x, y))) < 2


def test_a_small_window_shows_one_page_at_a_time(open_view: Open) -> None:
    window, view = open_view(spec_of("iris", "mlp:5"), 1100, 700, stage=3)
    assert not view.chain.isVisible()
    assert view.nudge.isVisible()
    press(view.pages.button("chain"), view.pages.button("chain").rect().center())
    assert view.chain.isVisible()
    assert not view.nudge.isVisible()
    press(view.pages.button("samples"), view.pages.button("samples").rect().center())
    assert view.map.isVisible()
    assert "check" in view.bar.badge.text
    assert view.canvas.height() > 150
    window.resize(1440, 900)
    QApplication.processEvents()
    assert view.chain.isVisible()
    assert view.map.isVisible()


def test_a_network_that_is_too_large_is_not_walked(open_view: Open) -> None:
    _, view = open_view(spec_of("circle", "mlp:13"))
    assert view.canvas.picture is None
    assert "too many" in view.canvas.words
    assert not view.bar.isVisible()
    assert not view.stages.isVisible()


@pytest.mark.parametrize(
    ("data", "model"), [("line", "mlp:4"), ("iris", "softmax"), ("sine", "poly:3"), ("spiral", "mlp:8,8,8")]
)
def test_every_kind_of_model_can_be_walked(open_view: Open, qtbot: QtBot, data: str, model: str) -> None:
    window, view = open_view(spec_of(data, model), stage=0)
    controller = window.controller
    stages = len(found(controller).stages)
    images: set[bytes] = set()
    for stage in range(stages):
        controller.set_learn(stage=stage)
        rest(qtbot, window)
        image: QImage = view.canvas.grab().toImage()
        images.add(bytes(image.constBits()))
    assert len(images) == stages
    expected = walked(controller, 0)
    assert view.canvas.picture is not None
    assert dict(view.canvas.picture.loss)["J"] == expected.loss
    assert expected.check < backprop.GOOD


def test_while_it_plays_fast_nothing_is_typeset(open_view: Open, qtbot: QtBot) -> None:
    window, view = open_view(spec_of(), stage=6)
    assert view.chain.lines.lines[-1].latex
    controller = window.controller
    controller.set_cursor(0)
    controller.set_speed(8.0)
    rest(qtbot, window)
    controller.toggle_play()
    qtbot.waitUntil(lambda: not view.chain.lines.lines[-1].latex, timeout=LONG)
    assert view.chain.lines.lines[-1].plain
    qtbot.waitUntil(lambda: not controller.state.playing, timeout=LONG)
    rest(qtbot, window)
    assert view.chain.lines.lines[-1].latex
