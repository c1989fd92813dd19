"""The tabs of the bench Learn that take longer than a blink: landscape, batches, depth; under mouse and keys."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt, QTimer
from PySide6.QtGui import QMouseEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QComboBox, QMenu, QWidget
from pytestqt.qtbot import QtBot

from gdsim.analysis.vanishing import MOST_LAYERS, Depth
from gdsim.gui.controller import Controller
from gdsim.gui.learn import slow as slow_module
from gdsim.gui.learn.slow import SLOW, Slow
from gdsim.gui.views import BatchesView, DepthsView, LandscapeView, View
from gdsim.gui.views.depths import PRESETS
from gdsim.gui.window import MainWindow
from gdsim.session.make_data import data_for
from gdsim.session.make_learning import learning_spec, make_model
from gdsim.session.opening import opening_spec
from gdsim.session.spec import RunSpec

LONG = 60_000
SIDES, STEPS = (7, 11, 15), 12
LARGE, SMALL = (1440, 900), (1100, 700)
LEFT = Qt.MouseButton.LeftButton
ONE, TWO = ("gd,lr=0.05",), ("adam,lr=0.05", "gd,lr=0.2")
VIEWS: tuple[type[View], ...] = (LandscapeView, BatchesView, DepthsView)
Open = Callable[..., Any]


def spec_of(model: str = "mlp:4,3", racers: tuple[str, ...] = TWO, steps: int = 30, batch: int | str = 8) -> RunSpec:
    data = data_for("line" if model == "linear" else "spiral", size=40)
    return learning_spec(
        data, make_model(model, len(data.classes)), racers=racers, steps=steps, batch=batch, backend="numpy"
    )


@pytest.fixture
def bench(open_window: Open, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> Open:
    """Opens a window on a run that has come to rest at its end, with a tab of this kind; gives window and view.

    Landscapes are coarse and deep networks train for a few steps, so that NumPy makes them in no time.
    """
    monkeypatch.setattr("gdsim.gui.views.landscape.RESOLUTIONS", SIDES)
    monkeypatch.setattr("gdsim.gui.learn.depths.STEPS", STEPS)

    def opened(kind: type[View], spec: RunSpec | None = None, size: tuple[int, int] = LARGE) -> tuple[MainWindow, Any]:
        window = open_window(spec or spec_of(), *size)
        window.controller.set_learn(resolution=SIDES[0])
        rest(qtbot, window)
        choose_tab(window, kind.title)
        rest(qtbot, window)
        view = window.centre.view
        assert isinstance(view, kind)
        return window, view

    return opened


def rest(qtbot: QtBot, window: MainWindow) -> None:
    qtbot.waitUntil(lambda: not window.controller.busy, timeout=LONG)
    QApplication.processEvents()


def choose_tab(window: MainWindow, title: str) -> None:
    """Through the "+" beside the tabs, with the mouse."""
    found: list[str] = []

    def pick() -> None:
        menu = QApplication.activePopupWidget()
        assert isinstance(menu, QMenu)
        found.extend(action.text() for action in menu.actions())
        action = next(each for each in menu.actions() if each.text() == title)
        QTest.mouseClick(menu, LEFT, Qt.KeyboardModifier.NoModifier, menu.actionGeometry(action).center())

    QTimer.singleShot(0, pick)
    plus = next(each for each in window.centre.findChildren(QWidget) if each.accessibleName() == "Add a tab")
    QTest.mouseClick(plus, LEFT)
    assert title in found


def slow_of(window: MainWindow, kind: str) -> Any:
    return window.controller.learn.slow.states[kind]


def down(box: QComboBox, times: int = 1) -> None:
    box.setFocus()
    for _ in range(times):
        QTest.keyClick(box, Qt.Key.Key_Down)


def click_at(widget: QWidget, x: float, y: float) -> None:
    QTest.mouseClick(widget, LEFT, Qt.KeyboardModifier.NoModifier, QPoint(round(x), round(y)))


def drag_to(widget: QWidget, x: float, y: float) -> None:
    at = QPointF(x, y)
    for kind in (QEvent.Type.MouseButtonPress, QEvent.Type.MouseMove, QEvent.Type.MouseButtonRelease):
        pressed = Qt.MouseButton.NoButton if kind == QEvent.Type.MouseButtonRelease else LEFT
        event = QMouseEvent(kind, at, widget.mapToGlobal(at), LEFT, pressed, Qt.KeyboardModifier.NoModifier)
        QApplication.sendEvent(widget, event)


class TestLandscape:
    def test_it_arrives_and_says_how_far_it_is_true(self, bench: Open) -> None:
        window, view = bench(LandscapeView)
        shown = slow_of(window, "landscape")
        assert shown.fresh
        assert view.canvas.ready is shown.value
        found = shown.value.landscape
        assert (found.kind, found.racer, found.step, found.values.shape) == ("random", 0, 30, (SIDES[0], SIDES[0]))
        assert view.words.text() == found.trust
        assert view.strip.isVisible()
        assert "step 30" in view.bar.words.text()
        assert view.dice.isVisible()
        assert not view.other.isVisible()

    def test_choices_make_another_one(self, bench: Open, qtbot: QtBot) -> None:
        window, view = bench(LandscapeView)
        down(view.directions)
        rest(qtbot, window)
        assert slow_of(window, "landscape").value.landscape.kind == "pca"
        assert not view.dice.isVisible()
        down(view.resolution)
        rest(qtbot, window)
        assert slow_of(window, "landscape").value.landscape.values.shape == (SIDES[1], SIDES[1])
        before = slow_of(window, "landscape").value.landscape
        click_at(view.reach, view.reach.width() - 2, view.reach.height() / 2)
        assert not slow_of(window, "landscape").fresh or window.controller.busy
        rest(qtbot, window)
        assert np.ptp(slow_of(window, "landscape").value.landscape.a) == pytest.approx(4 * np.ptp(before.a))
        QTest.mouseDClick(view.reach, LEFT)
        assert window.controller.state.learn.reach == 1.0

    def test_towards_the_other_racer(self, bench: Open, qtbot: QtBot) -> None:
        window, view = bench(LandscapeView)
        down(view.directions, 2)
        rest(qtbot, window)
        found = slow_of(window, "landscape").value.landscape
        assert found.kind == "runs"
        assert view.other.isVisible()
        assert view.other.currentText() == window.controller.state.spec.labels[1]
        assert found.others[0].places[-1] == pytest.approx([1, 0], abs=1e-9)
        down(view.bar.racer)
        rest(qtbot, window)
        assert window.controller.state.selected == 1
        assert slow_of(window, "landscape").value.landscape.racer == 1
        assert view.other.currentText() == window.controller.state.spec.labels[0]

    def test_new_directions(self, bench: Open, qtbot: QtBot) -> None:
        window, view = bench(LandscapeView)
        before = slow_of(window, "landscape").value.landscape
        QTest.mouseClick(view.dice, LEFT)
        rest(qtbot, window)
        assert window.controller.state.learn.seed == 1
        assert not np.array_equal(slow_of(window, "landscape").value.landscape.values, before.values)

    def test_the_path_follows_the_cursor(self, bench: Open, qtbot: QtBot) -> None:
        window, view = bench(LandscapeView)
        down(view.directions)
        rest(qtbot, window)
        made = slow_of(window, "landscape").value
        window.controller.set_cursor(11)
        rest(qtbot, window)
        assert view.canvas.cursor_step == view.strip.step == 11
        assert slow_of(window, "landscape").value is made
        assert slow_of(window, "landscape").fresh
        drag_to(view.strip, view.strip.width() - 60, view.strip.height() / 2)
        assert 20 < window.controller.state.cursor <= 30
        view.strip.setFocus()
        step = window.controller.state.cursor
        QTest.keyClick(view.strip, Qt.Key.Key_Left)
        assert window.controller.state.cursor == step - 1

    def test_random_directions_are_drawn_around_the_cursor(self, bench: Open, qtbot: QtBot) -> None:
        window, view = bench(LandscapeView)
        window.controller.set_cursor(7)
        qtbot.waitUntil(lambda: not slow_of(window, "landscape").fresh, timeout=LONG)
        rest(qtbot, window)
        assert slow_of(window, "landscape").value.landscape.step == 7
        assert "step 7" in view.bar.words.text()

    def test_a_double_click_starts_from_there(self, bench: Open, qtbot: QtBot) -> None:
        window, view = bench(LandscapeView)
        found = view.canvas.ready.landscape
        at = QPoint(view.canvas.width() // 4, view.canvas.height() // 3)
        a, b = view.canvas.frame.world(at.x(), at.y())
        QTest.mouseDClick(view.canvas, LEFT, Qt.KeyboardModifier.NoModifier, at)
        rest(qtbot, window)
        start = np.array(window.controller.state.spec.start)
        assert start == pytest.approx(found.base + a * found.first + b * found.second)
        assert np.asarray(window.controller.history.plans[0].start) == pytest.approx(start)
        window.controller.undo()
        rest(qtbot, window)
        assert window.controller.state.spec.start == ()

    def test_the_pointer_reads_the_loss(self, bench: Open) -> None:
        _, view = bench(LandscapeView)
        found = view.canvas.ready.landscape
        assert view.canvas.loss_at(found.a[3], found.b[5]) == found.values[5, 3]
        QTest.mouseMove(view.canvas, QPoint(40, 40))
        QApplication.processEvents()
        assert not view.picture().isNull()

    @pytest.mark.parametrize(
        ("model", "racers", "steps"),
        [("linear", ONE, 20), ("mlp:4,3", ("adam",), 1), ("linear", TWO, 1), ("linear", ("gd,lr=1e200",), 5)],
    )
    def test_few_racers_few_steps_few_weights(
        self, bench: Open, qtbot: QtBot, model: str, racers: tuple[str, ...], steps: int
    ) -> None:
        window, view = bench(LandscapeView, spec_of(model, racers, steps))
        window.controller.set_cursor(0)
        for name in ("random", "pca", "runs"):
            window.controller.set_learn(directions=name)
            rest(qtbot, window)
            shown = slow_of(window, "landscape")
            assert shown.standing in ("done", "failed")
            assert (view.canvas.ready is None) == (shown.standing == "failed")
            if shown.standing == "failed":
                assert view.canvas.nothing == shown.message
            if name == "random":
                assert shown.standing == "done"
            if name == "runs" and len(racers) == 1:
                assert "another racer" in shown.message
            assert not view.picture().isNull()


class TestStopAndAgain:
    @pytest.fixture
    def patient(self, monkeypatch: pytest.MonkeyPatch) -> list[Any]:
        """A landscape that is never finished, but can be stopped."""
        began: list[Any] = []

        def make(history: Any, state: Any, cancel: Any, told: Any, tell: Any) -> Any:
            began.append(state)
            told(1, 4)
            while not cancel.is_set():
                pass
            raise slow_module.GdsimError("stopped")

        monkeypatch.setitem(SLOW, "landscape", Slow(SLOW["landscape"].key, make))
        return began

    def test_stop_and_again(self, bench: Open, qtbot: QtBot, patient: list[Any]) -> None:
        window, view = bench(DepthsView)
        window.centre.add_tab(LandscapeView)
        view = window.centre.view
        qtbot.waitUntil(lambda: view.bar.go.accessibleName() == "Stop", timeout=LONG)
        assert view.bar.progress.isVisible()
        assert "25 %" in view.bar.words.text()
        QTest.mouseClick(view.bar.go, LEFT)
        qtbot.waitUntil(lambda: view.bar.words.text() == "stopped", timeout=LONG)
        rest(qtbot, window)
        assert len(patient) == 1
        QTest.mouseClick(view.bar.go, LEFT)
        qtbot.waitUntil(lambda: len(patient) == 2, timeout=LONG)
        window.controller.stop_run()
        rest(qtbot, window)
        assert slow_of(window, "landscape").standing == "stopped"

    def test_the_tab_closes(self, bench: Open) -> None:
        window, view = bench(BatchesView)
        QTest.mouseClick(view.bar.close_button, LEFT)
        assert not isinstance(window.centre.view, BatchesView)


class TestBatches:
    def test_the_cloud_of_the_run_s_own_batch(self, bench: Open) -> None:
        window, view = bench(BatchesView)
        cloud = slow_of(window, "gradient_cloud").value
        assert (cloud.batch, cloud.count) == (8, 20)
        assert view.canvas.cloud is cloud
        assert view.field.value == 8
        assert view.words.text().startswith(cloud.words[:20])
        assert "step 30" in view.bar.words.text()

    def test_the_slider_shrinks_it(self, bench: Open, qtbot: QtBot) -> None:
        window, view = bench(BatchesView)
        spreads = []
        for share in (0.02, 0.5, 0.98):
            click_at(view.slider, 8 + share * (view.slider.width() - 16), view.slider.height() / 2)
            rest(qtbot, window)
            spreads.append(slow_of(window, "gradient_cloud").value.spread)
        assert spreads[0] > spreads[1] > spreads[2]
        QTest.mouseDClick(view.slider, LEFT)
        rest(qtbot, window)
        assert window.controller.state.learn.batch == 0
        assert slow_of(window, "gradient_cloud").value.batch == 8
        view.field.setFocus()
        view.field.selectAll()
        QTest.keyClicks(view.field, "20")
        QTest.keyClick(view.field, Qt.Key.Key_Return)
        rest(qtbot, window)
        assert "no noise" in view.words.text()
        view.field.selectAll()
        QTest.keyClicks(view.field, "21")
        assert view.field.property("invalid")

    def test_keys_and_the_plot_of_the_law_choose_a_batch(self, bench: Open, qtbot: QtBot) -> None:
        window, view = bench(BatchesView)
        view.canvas.setFocus()
        QTest.keyClick(view.canvas, Qt.Key.Key_Right)
        rest(qtbot, window)
        assert slow_of(window, "gradient_cloud").value.batch == 16
        frame = view.canvas._law
        px, py = frame.pixel(np.log10(4.0), sum(frame.y) / 2)
        drag_to(view.canvas, px, py)
        rest(qtbot, window)
        assert slow_of(window, "gradient_cloud").value.batch == 4

    def test_it_follows_the_cursor_and_the_racer(self, bench: Open, qtbot: QtBot) -> None:
        window, view = bench(BatchesView)
        end = slow_of(window, "gradient_cloud").value
        window.controller.set_cursor(0)
        rest(qtbot, window)
        start = slow_of(window, "gradient_cloud").value
        assert not np.array_equal(start.full, end.full)
        theta = np.array(window.controller.history.plans[0].start)
        assert start.full == pytest.approx(window.controller.history.objective.value_gradient(theta)[1])
        window.controller.to_end()
        rest(qtbot, window)
        down(view.bar.racer)
        rest(qtbot, window)
        assert window.controller.state.selected == 1
        assert not np.array_equal(slow_of(window, "gradient_cloud").value.full, end.full)

    def test_fit_and_home(self, bench: Open) -> None:
        _, view = bench(BatchesView)
        QTest.mouseClick(view.fitted, LEFT)
        assert view.canvas.fitted
        view.home()
        assert not view.canvas.fitted
        view.fit()
        assert view.canvas.fitted
        assert not view.picture().isNull()

    @pytest.mark.parametrize("batch", [1, "full"])
    def test_small_models_and_full_batches(self, bench: Open, qtbot: QtBot, batch: int | str) -> None:
        window, view = bench(BatchesView, spec_of("linear", ONE, 3, batch))
        shown = slow_of(window, "gradient_cloud")
        assert shown.value.batch == (1 if batch == 1 else shown.value.count)
        assert not view.picture().isNull()
        window.controller.set_hyper(0, "lr", 1e200)
        rest(qtbot, window)
        assert not view.picture().isNull()


class TestDepth:
    def test_both_networks_are_shown(self, bench: Open) -> None:
        window, view = bench(DepthsView)
        shown = slow_of(window, "depths").value
        assert [each.norms.shape for each in shown] == [(STEPS + 1, 11)] * 2
        assert view.verdicts[0].text().startswith("Vanishes")
        assert view.verdicts[1].text().startswith("Healthy")
        assert view.layers[0].shown is shown[0]
        assert view.losses.shown == shown

    def test_controls_change_a_network(self, bench: Open, qtbot: QtBot) -> None:
        window, view = bench(DepthsView)
        row = view.rows[0]
        QTest.mouseClick(row.less, LEFT)
        row.units.setFocus()
        row.units.selectAll()
        QTest.keyClicks(row.units, "5")
        QTest.keyClick(row.units, Qt.Key.Key_Return)
        down(row.norm)
        QTest.mouseClick(row.residual, LEFT, pos=QPoint(8, row.residual.height() // 2))
        depth = window.controller.state.learn.depths[0]
        assert (depth.layers, depth.width, depth.norm, depth.residual) == (9, 5, "batch", True)
        assert view.of.choice == "A"
        row.layers.setFocus()
        row.layers.selectAll()
        QTest.keyClicks(row.layers, str(MOST_LAYERS + 1))
        QTest.keyClick(row.layers, Qt.Key.Key_Return)
        assert window.controller.state.learn.depths[0].layers == 9
        index = row.activation.findData("tanh")
        row.activation.setFocus()
        QTest.keyClick(row.activation, Qt.Key.Key_Home)
        down(row.activation, index)
        assert window.controller.state.learn.depths[0].activation == "tanh"
        rest(qtbot, window)
        assert slow_of(window, "depths").value[0].norms.shape == (STEPS + 1, 10)
        assert slow_of(window, "depths").fresh

    def test_presets(self, bench: Open, qtbot: QtBot) -> None:
        window, view = bench(DepthsView)
        QTest.mouseClick(view.of.button("A"), LEFT)
        for chip in view.chips[1:4]:
            QTest.mouseClick(chip, LEFT)
        sigmoid, cured = Depth(), Depth(activation="relu", init="he", norm="batch", residual=True)
        assert window.controller.state.learn.depths[0] == cured
        QTest.mouseClick(view.of.button("B"), LEFT)
        QTest.mouseClick(view.chips[0], LEFT)
        assert window.controller.state.learn.depths == (cured, sigmoid)
        rest(qtbot, window)
        assert view.verdicts[1].text().startswith("Vanishes")
        QTest.mouseClick(view.chips[-1], LEFT)
        rest(qtbot, window)
        assert window.controller.state.learn.depths[1].scale == 3.0
        assert len(PRESETS) == len(view.chips)

    def test_the_step_that_is_looked_at(self, bench: Open) -> None:
        _, view = bench(DepthsView)
        canvas = view.layers[0]
        drag_to(canvas, canvas.width() - 14, canvas.height() / 2)
        assert canvas.step == view.losses.step == view.layers[1].step == STEPS
        view.losses.setFocus()
        QTest.keyClick(view.losses, Qt.Key.Key_Left)
        assert canvas.step == STEPS - 1
        drag_to(view.losses, 50, 40)
        assert canvas.step <= 1

    @pytest.mark.parametrize("size", [LARGE, SMALL])
    def test_it_fits_the_window(self, bench: Open, size: tuple[int, int]) -> None:
        window, view = bench(DepthsView, size=size)
        assert window.centre.width() <= (752 if size == LARGE else 524)
        for row in view.rows:
            assert row.residual.geometry().right() <= row.width()
            assert row.less.isVisible() == (size == LARGE)

    def test_an_activation_of_one_s_own_and_one_that_is_none(
        self, bench: Open, qtbot: QtBot
    ) -> None:
        window, view = bench(DepthsView)
        window.controller.set_learn(depths=(Depth(2, activation="max(z, 0.1 z)"), Depth(2, activation="nonsense")))
        rest(qtbot, window)
        assert slow_of(window, "depths").standing == "failed"
        assert "nonsense" in view.layers[0].nothing
        window.controller.set_learn(depths=(Depth(2, activation="max(z, 0.1 z)"), Depth(2)))
        rest(qtbot, window)
        assert view.rows[0].activation.currentText() == "max(z, 0.1 z)"
        assert slow_of(window, "depths").standing == "done"


@pytest.mark.parametrize("kind", VIEWS)
def test_on_the_other_bench_there_is_nothing_to_make(
    bench: Open, qtbot: QtBot, kind: type[View]
) -> None:
    window, view = bench(kind)
    assert kind.fits(window.controller.state.spec.problem)
    controller: Controller = window.controller
    controller.open_bench("descend")
    qtbot.waitUntil(lambda: controller.state.spec.problem.learn is None, timeout=LONG)
    assert not kind.fits(opening_spec().problem)
    assert window.centre.view is not view
    controller.pause()
    controller.open_bench("learn")
    rest(qtbot, window)
    window.centre.bring(kind)
    rest(qtbot, window)
    (name,) = kind.wants
    assert slow_of(window, name).fresh
    assert not view.picture().isNull()


@pytest.mark.parametrize("kind", VIEWS)
def test_light_and_teach(
    bench: Open, qtbot: QtBot, kind: type[View]
) -> None:
    window, view = bench(kind, size=SMALL)
    for fields in ({"dark": False}, {"teach": True}, {"teach": False, "dark": True}):
        window.controller.set_appearance(**fields)
        rest(qtbot, window)
        assert not view.picture().isNull()
