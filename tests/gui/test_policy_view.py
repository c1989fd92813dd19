"""Policies in the window: picked, looked into, sampled and edited by mouse and keys."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from gdsim.gui.controller import Controller
from gdsim.gui.gallery import Gallery
from gdsim.gui.views.policy import PolicyView
from gdsim.gui.views.policy_canvas import Place, PolicyCanvas
from gdsim.gui.window import MainWindow
from gdsim.objectives.policy import Bandit, GridWorld
from gdsim.session.opening import opening_policy_spec

Settle = Callable[[Controller], None]

SPEC = opening_policy_spec().replace(steps=30)
LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def policy(new_window: MainWindow, show: Callable[[MainWindow, int, int], None]) -> MainWindow:
    """The window with 30 steps on the 4 x 3 grid, at rest at the end."""
    new_window.controller.open_spec(SPEC)
    show(new_window, 1440, 900)
    return new_window


def canvas_of(window: MainWindow) -> PolicyCanvas:
    view = window.centre.view
    assert isinstance(view, PolicyView)
    return view.canvas


def point_of(canvas: PolicyCanvas, place: Place) -> QPoint:
    """The middle of a cell on the screen."""
    assert canvas.layout_now is not None
    assert canvas.layout_now.grid is not None
    return canvas.layout_now.grid.cell(*place).center().toPoint()


def click(canvas: PolicyCanvas, place: Place) -> None:
    QTest.mouseClick(canvas, LEFT, Qt.KeyboardModifier.NoModifier, point_of(canvas, place))


def rows_of(window: MainWindow) -> tuple[str, ...]:
    task = window.controller.state.spec.problem.policy.task
    assert isinstance(task, GridWorld)
    return task.rows


def key(canvas: PolicyCanvas, name: Qt.Key | str) -> None:
    if isinstance(name, str):
        QTest.keyClicks(canvas, name)
    else:
        QTest.keyClick(canvas, name)


def test_the_policy_of_the_cursor_is_shown_with_its_clouds(policy: MainWindow) -> None:
    canvas = canvas_of(policy)
    history = policy.controller.history
    assert canvas.state is not None
    row = history.row(0, 30)
    np.testing.assert_array_equal(canvas.state.theta, row.theta)
    assert canvas.state.worth.reward == pytest.approx(-row.loss)
    assert "step 30" in canvas.title
    assert "16 episodes a step, value baseline" in canvas.note
    assert canvas.clouds is not None
    assert not canvas.old
    assert set(canvas.clouds.clouds) == {"none", "value"}
    assert policy.above.currentWidget() is policy.policy
    assert policy.header.picker.text() == "The 4 x 3 grid"


def test_the_cursor_and_the_focus_lead_to_other_policies(policy: MainWindow, settle: Settle) -> None:
    controller, canvas = policy.controller, canvas_of(policy)
    controller.set_cursor(0)
    settle(controller)
    assert np.allclose(canvas.state.worth.chances, 0.25)
    controller.select(2)
    controller.set_cursor(30)
    settle(controller)
    np.testing.assert_array_equal(canvas.state.theta, controller.history.row(2, 30).theta)
    assert canvas.title == "adam at step 30"


def test_a_cell_is_looked_into_by_mouse_and_keys(policy: MainWindow, settle: Settle) -> None:
    controller, canvas = policy.controller, canvas_of(policy)
    click(canvas, (1, 0))
    assert controller.state.learn.cell == (1, 0)
    for name, place in (
        (Qt.Key.Key_Up, (0, 0)),
        (Qt.Key.Key_Right, (0, 1)),
        (Qt.Key.Key_Up, (0, 1)),
        (Qt.Key.Key_Down, (1, 1)),
    ):
        settle(controller)
        key(canvas, name)
        assert controller.state.learn.cell == place
    settle(controller)
    cursor = controller.state.cursor
    key(canvas, Qt.Key.Key_Escape)
    assert controller.state.learn.cell is None
    assert controller.state.cursor == cursor
    settle(controller)
    click(canvas, (2, 3))
    settle(controller)
    click(canvas, (2, 3))
    assert controller.state.learn.cell is None


def test_episodes_are_drawn_by_button_and_key(policy: MainWindow, settle: Settle) -> None:
    controller, canvas = policy.controller, canvas_of(policy)
    view = policy.centre.view
    QTest.mouseClick(view.dice, LEFT)
    settle(controller)
    first = canvas.state.episode
    assert first is not None
    assert first.cells[0] == (2, 0)
    assert len(first.cells) == len(first.actions) + 1
    assert f"Episode 1: {len(first.actions)} moves" in canvas.foot
    key(canvas, "dd")  # before a frame is shown in between
    settle(controller)
    assert controller.state.learn.episode == 3
    key(canvas, Qt.Key.Key_Escape)
    settle(controller)
    assert canvas.state.episode is None


def test_a_click_cycles_a_cell_while_editing(policy: MainWindow, settle: Settle) -> None:
    controller, canvas, view = policy.controller, canvas_of(policy), policy.centre.view
    before = rows_of(policy)
    QTest.mouseClick(view.edit, LEFT)
    settle(controller)
    for letter in ("#", "X", "G", "."):
        click(canvas, (0, 0))
        settle(controller)
        assert rows_of(policy)[0][0] == letter
    assert rows_of(policy) == before
    assert controller.state.spec.problem.name == "classic_grid"
    click(canvas, (0, 0))
    settle(controller)
    problem = controller.state.spec.problem
    assert problem.dimension == SPEC.problem.dimension - 4
    assert problem.title == "The 4 x 3 grid, edited"
    assert canvas.state.theta.size == problem.dimension
    controller.undo()
    settle(controller)
    assert rows_of(policy) == before


def test_what_would_leave_no_way_is_skipped_or_refused(policy: MainWindow, settle: Settle, qtbot: QtBot) -> None:
    controller, canvas, view = policy.controller, canvas_of(policy), policy.centre.view
    QTest.mouseClick(view.edit, LEFT)
    settle(controller)
    before = rows_of(policy)
    with qtbot.waitSignal(controller.failed) as told:
        click(canvas, (2, 0))
    assert "begin" in told.args[0]
    settle(controller)
    key(canvas, Qt.Key.Key_Up)
    settle(controller)
    key(canvas, "w")  # a wall above the start: round the other way
    settle(controller)
    assert rows_of(policy)[1][0] == "#"
    click(canvas, (2, 1))
    settle(controller)
    assert rows_of(policy)[2][1] == "G"  # a wall or a trap would shut the start in
    assert before != rows_of(policy)


def test_the_start_is_dragged_while_editing(policy: MainWindow, settle: Settle) -> None:
    controller, canvas, view = policy.controller, canvas_of(policy), policy.centre.view
    QTest.mouseClick(view.edit, LEFT)
    settle(controller)
    QTest.mousePress(canvas, LEFT, Qt.KeyboardModifier.NoModifier, point_of(canvas, (2, 0)))
    QTest.mouseMove(canvas, point_of(canvas, (2, 2)))
    QTest.mouseRelease(canvas, LEFT, Qt.KeyboardModifier.NoModifier, point_of(canvas, (2, 2)))
    settle(controller)
    assert rows_of(policy)[2] == "..S."
    key(canvas, Qt.Key.Key_Escape)
    assert not view.edit.isChecked()


def test_an_arms_mean_is_dragged(policy: MainWindow, settle: Settle) -> None:
    controller = policy.controller
    controller.use_task("three_arms")
    settle(controller)
    canvas, view = canvas_of(policy), policy.centre.view
    assert isinstance(canvas.task, Bandit)
    assert canvas.state.pulls.sum() == 16
    QTest.mouseClick(view.edit, LEFT)
    settle(controller)
    box = canvas.layout_now.world
    at = QPointF(box.left() + 0.55 * box.width(), box.top() + 0.4 * box.height())
    assert canvas.place_at(at) == (0, 1)
    QTest.mousePress(canvas, LEFT, Qt.KeyboardModifier.NoModifier, at.toPoint())
    up = QPoint(at.toPoint().x(), at.toPoint().y() - 60)
    QTest.mouseMove(canvas, up)
    QTest.mouseRelease(canvas, LEFT, Qt.KeyboardModifier.NoModifier, up)
    settle(controller)
    means = controller.state.spec.problem.policy.task.means
    assert means[0] == 0.2
    assert means[1] != 0.5
    controller.undo()
    assert controller.state.spec.problem.policy.task.means == (0.2, 0.5, 1.0)


def test_baseline_and_episodes_are_set_in_the_panel(policy: MainWindow, settle: Settle) -> None:
    controller, panel = policy.controller, policy.policy
    QTest.mouseClick(panel.baseline.button("none"), LEFT)
    settle(controller)
    assert controller.state.spec.problem.policy.baseline == "none"
    assert "no baseline" in canvas_of(policy).note
    panel.episodes.field.setFocus()
    panel.episodes.field.selectAll()
    QTest.keyClicks(panel.episodes.field, "exact")
    QTest.keyClick(panel.episodes.field, Qt.Key.Key_Return)
    settle(controller)
    assert controller.state.spec.problem.policy.episodes == 0
    assert not panel.baseline.isEnabled()
    assert np.isnan(controller.history.column(0, "mean_return")).all()
    assert canvas_of(policy).clouds.step is None


def test_a_number_of_the_task_moves_the_rewards(policy: MainWindow, settle: Settle) -> None:
    controller, field = policy.controller, policy.policy.numbers.rows["slip"].field
    before = canvas_of(policy).state.objective.best
    field.setFocus()
    field.selectAll()
    QTest.keyClicks(field, "0")
    QTest.keyClick(field, Qt.Key.Key_Return)
    settle(controller)
    assert controller.state.spec.problem.policy.task.slip == 0.0
    assert controller.state.spec.problem.name == "classic_grid"
    assert canvas_of(policy).state.objective.best > before
    field.selectAll()
    QTest.keyClicks(field, "7")
    assert policy.policy.numbers.rows["slip"].field.text() == "7"
    assert controller.state.spec.problem.policy.task.slip == 0.0


def test_the_reward_curve_rises_to_the_best(policy: MainWindow, settle: Settle) -> None:
    controller = policy.controller
    loss = policy.sides.views[0]
    canvas = loss.canvas
    assert loss.quantity.currentText() == "Reward"
    assert not loss.log.isEnabled()
    assert canvas.best_reward == controller.history.objective.best
    rows, _, values = canvas._curves_of(controller.history)[0, "loss"]
    np.testing.assert_array_equal(values, -controller.history.loss(0))
    assert len(rows) == 31
    loss.over.setCurrentText("Episodes")
    QApplication.processEvents()
    assert canvas.playhead() == 30 * 16
    assert "J = " in controller.verdict.headline
    assert controller.stages[0].name == "g"
    assert "REINFORCE" in controller.stages[0].words


def test_tasks_are_found_in_the_gallery(window: MainWindow, settle: Settle, qtbot: QtBot) -> None:
    controller = window.controller
    QTest.keyClick(window, Qt.Key.Key_K, Qt.KeyboardModifier.ControlModifier)
    gallery = next(each for each in window.findChildren(Gallery) if each.isVisible())
    QTest.keyClicks(gallery.field, "cliff policy")
    assert gallery.marked.kind == "task"
    assert gallery.marked.heading == "Policy tasks"
    QTest.keyClick(gallery.field, Qt.Key.Key_Return)
    assert controller.state.spec.problem.name == "cliff"
    assert controller.state.playing
    controller.pause()
    assert window.header.bench.choice == "learn"
    controller.set_run(steps=3)
    settle(controller)
    QTest.mouseClick(window.header.bench.button("descend"), LEFT)
    settle(controller)
    assert controller.state.spec.problem.kind == "function"
    assert window.above.currentWidget() is window.problem
    QTest.mouseClick(window.header.bench.button("learn"), LEFT)
    assert controller.state.spec.problem.name == "cliff"
    settle(controller)
    assert isinstance(window.centre.view, PolicyView)


def test_data_and_tasks_share_the_bench(policy: MainWindow, settle: Settle) -> None:
    controller = policy.controller
    QTest.mouseClick(policy.policy.picker.button, LEFT)
    popup = policy.policy.picker.popup
    assert {"task:cliff", "spiral"} <= set(popup.names())
    popup.chosen.emit("spiral")
    popup.hide()
    controller.pause()
    controller.set_run(steps=20, backend="numpy")  # a test must not wait for the compiler
    settle(controller)
    assert controller.state.spec.problem.kind == "model"
    assert policy.above.currentWidget() is policy.learn
    policy.learn.picker.pick("task:two_exits")
    settle(controller)
    assert controller.state.spec.problem.name == "two_exits"
    assert controller.state.spec.racers == SPEC.racers
    assert isinstance(policy.centre.view, PolicyView)
