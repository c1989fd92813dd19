"""Beside the heroes of the bench Learn: losses over epochs, the numbers of training, diagnostics, the transport."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QHelpEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QToolTip
from pytestqt.qtbot import QtBot

from gdsim.draw.class_table import ClassTable, table_words
from gdsim.draw.predictions import Predictions, shared_range
from gdsim.draw.theme import DARK, LIGHT
from gdsim.gui.app import make_window
from gdsim.gui.clock import speed_words
from gdsim.gui.learn.parts import PARTS, Context
from gdsim.gui.learn.picture import LearnChoice
from gdsim.gui.learn.work import make_picture
from gdsim.gui.settings import Settings
from gdsim.gui.state import AppState
from gdsim.gui.transport import StepLabel
from gdsim.gui.views import DiagnosticsView, LayersView, LossView, NetworkView, StepView
from gdsim.gui.views.view import Scene
from gdsim.gui.window import MainWindow
from gdsim.objectives.network.passes import part
from gdsim.session.make_data import default_data
from gdsim.session.make_learning import learning_spec, make_model
from gdsim.session.opening import opening_spec
from gdsim.session.runner import Runner
from gdsim.session.spec import RunSpec

LEFT = Qt.MouseButton.LeftButton
NONE, SHIFT = Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ShiftModifier
LONG = 60_000


def spec_of(data: str, model: str, steps: int, racers: tuple[str, ...] = ("adam,lr=0.05",), **more: Any) -> RunSpec:
    table = default_data(data)
    own = {key: more.pop(key) for key in ("loss", "activation", "init", "l2", "norm") if key in more}
    made = make_model(model, len(table.classes), **own)
    return learning_spec(table, made, racers=racers, steps=steps, backend="numpy", **more)


def run(spec: RunSpec) -> Any:
    runner = Runner(spec)
    while not runner.advance(1.0):
        pass
    return runner.history


@pytest.fixture(scope="module")
def spiral() -> Any:
    """Two racers, 255 steps: 10 epochs of 25 batches and a fifth of one."""
    return run(spec_of("spiral", "mlp:6,4", 255, ("adam,lr=0.05", "gd,lr=0.2"), batch=10))


@pytest.fixture(scope="module")
def iris() -> Any:
    return run(spec_of("iris", "mlp:6", 60, batch=20, activation="relu"))


@pytest.fixture(scope="module")
def line() -> Any:
    return run(spec_of("line", "linear", 40, ("gd,lr=0.02",), batch="full"))


def scene_of(history: Any, cursor: int = 10**9, parts: tuple[str, ...] = (), **state: Any) -> Scene:
    last = history.length - 1
    made = AppState(history.spec, cursor=min(cursor, last), length=last, **state)
    picture = None
    if parts:
        step, choice = min(cursor, last), LearnChoice()
        picture = make_picture(history, made.selected, step, parts, choice, 1, threading.Event())
    return Scene(made, history, learn=picture)


class Stage:
    """A view on screen with the steps that it asked for."""

    def __init__(self, qtbot: QtBot, kind: Any, scene: Scene, size: tuple[int, int]) -> None:
        self.view = kind()
        self.steps: list[int] = []
        self.view.cursorRequested.connect(self.steps.append)
        self.view.theme(DARK)
        self.widget = self.view.widget
        qtbot.addWidget(self.widget)
        self.widget.resize(*size)
        self.widget.show()
        self.show(scene)

    def show(self, scene: Scene) -> None:
        self.scene = scene
        self.view.show(scene)
        QApplication.processEvents()
        self.widget.grab()

    def colours(self, widget: Any = None) -> int:
        image = (widget or self.widget).grab().toImage()
        raw = np.frombuffer(image.constBits(), np.uint32).reshape(image.height(), -1)
        return len(np.unique(raw))

    def ink(self, colour: str, widget: Any = None) -> int:
        """Pixels of exactly this colour."""
        image = (widget or self.widget).grab().toImage()
        raw = np.frombuffer(image.constBits(), np.uint32)
        return int((raw == int("ff" + colour[1:], 16)).sum())


class TestLoss:
    @pytest.fixture
    def loss(self, qtbot: QtBot, spiral: Any) -> Stage:
        return Stage(qtbot, LossView, scene_of(spiral, 130), (352, 264))

    def choose(self, loss: Stage, quantity: str = "", over: str = "") -> None:
        for box, words in ((loss.view.quantity, quantity), (loss.view.over, over)):
            if words:
                box.setCurrentIndex(box.findText(words))
        loss.show(loss.scene)

    def test_offers_what_training_has(self, loss: Stage) -> None:
        quantity, over = loss.view.quantity, loss.view.over
        assert [quantity.itemText(k) for k in range(quantity.count())] == ["Loss", "Accuracy", "Batch loss", "|g|"]
        assert [over.itemText(k) for k in range(over.count())] == ["Epochs", "Steps", "Samples", "Time"]
        assert (loss.view.canvas.quantity, loss.view.canvas.over, loss.view.canvas.log) == ("train", "epochs", True)

    def test_the_plot_goes_over_the_epochs_there_are(self, loss: Stage) -> None:
        canvas = loss.view.canvas
        assert canvas._span.x == (0.0, pytest.approx(255 / 25))
        rows, places, values = canvas._shown[0, "train_loss"]
        assert rows.tolist() == [*(25.0 * k for k in range(11)), 255.0]
        assert places == pytest.approx(rows / 25)
        trace = loss.scene.history.traces[0]
        assert values == pytest.approx(trace.column("train_loss")[rows.astype(int)])
        assert (1, "test_loss") in canvas._shown

    @pytest.mark.parametrize(("over", "step"), [("Epochs", 130), ("Steps", 130), ("Samples", 130), ("Time", 130)])
    def test_a_drag_ends_at_the_step_under_the_pointer(self, loss: Stage, over: str, step: int) -> None:
        self.choose(loss, over=over)
        canvas = loss.view.canvas
        x = canvas._frame.across(canvas.playhead())
        QTest.mousePress(canvas, LEFT, NONE, QPoint(60, 60))
        QTest.mouseMove(canvas, QPoint(round(x), 90))
        QTest.mouseRelease(canvas, LEFT, NONE, QPoint(round(x), 90))
        assert loss.steps[-1] == pytest.approx(step, abs=1)

    def test_samples_seen_are_those_of_the_trace(self, loss: Stage) -> None:
        self.choose(loss, over="Samples")
        trace = loss.scene.history.traces[0]
        for step in (0, 1, 24, 25, 26, 130, 255):
            loss.show(scene_of(loss.scene.history, step))
            assert loss.view.canvas.playhead() == trace.column("samples", step, step + 1)[0]

    @pytest.mark.parametrize("quantity", ["Loss", "Accuracy", "Batch loss", "|g|"])
    @pytest.mark.parametrize("theme", [DARK, LIGHT])
    def test_every_quantity_shows_each_racer(self, loss: Stage, quantity: str, theme: Any) -> None:
        loss.view.theme(theme)
        self.choose(loss, quantity)
        for racer in range(2):
            assert loss.ink(theme.racer(racer), loss.view.canvas) > 40

    def test_shares_have_no_logarithmic_axis(self, loss: Stage) -> None:
        self.choose(loss, "Accuracy")
        assert not loss.view.log.isEnabled()
        assert not loss.view.canvas.log
        assert loss.view.canvas._span.y[1] >= 100
        self.choose(loss, "Loss")
        assert loss.view.log.isEnabled()
        assert loss.view.canvas.log

    def test_the_gradient_is_named_by_what_it_is_of(self, loss: Stage, qtbot: QtBot, line: Any) -> None:
        assert loss.view.quantity.itemText(3) == "|g|"
        whole = Stage(qtbot, LossView, scene_of(line), (352, 264))  # a batch is all samples
        assert whole.view.quantity.itemText(3) == "|∇J|"
        loss.show(scene_of(line))
        assert loss.view.quantity.itemText(3) == "|∇J|"

    def test_accuracy_is_for_classes(self, qtbot: QtBot, line: Any) -> None:
        stage = Stage(qtbot, LossView, scene_of(line), (352, 264))
        assert not stage.view.quantity.model().item(1).isEnabled()
        assert stage.view.canvas._behind(stage.scene) is None  # a batch is all samples: nothing to see behind

    def test_each_kind_of_run_keeps_its_choice(self, loss: Stage) -> None:
        self.choose(loss, "Batch loss", "Samples")
        QTest.mouseClick(loss.view.log, LEFT)
        function = opening_spec()
        loss.view.show(Scene(AppState(function), None))
        assert loss.view.quantity.currentText() == "Loss"
        assert loss.view.over.currentText() == "Steps"
        assert loss.view.log.isChecked()
        loss.show(loss.scene)
        assert (loss.view.quantity.currentText(), loss.view.over.currentText()) == ("Batch loss", "Samples")
        assert not loss.view.canvas.log

    def test_keys_step_and_leave_epochs_to_the_window(self, loss: Stage, qtbot: QtBot) -> None:
        canvas = loss.view.canvas
        qtbot.keyClick(canvas, Qt.Key.Key_Right)
        assert loss.steps == [131]
        qtbot.keyClick(canvas, Qt.Key.Key_Right, SHIFT)
        assert loss.steps == [131]

    def test_the_head_lies_on_its_line(self, loss: Stage) -> None:
        canvas = loss.view.canvas
        _, _, values = canvas._shown[0, "train_loss"]
        trace = loss.scene.history.traces[0]
        expected = np.interp(130, np.arange(11) * 25, np.log10(values[:11]))
        assert canvas._height_at(0, trace, 130) == pytest.approx(expected)

    def test_a_ghost_and_the_first_rows_are_drawn(self, loss: Stage, spiral: Any) -> None:
        loss.show(replace(loss.scene, ghost=spiral, revision=1))
        young = run(spec_of("spiral", "mlp:3", 2, batch=10))
        young.traces[0].truncate(1)
        loss.show(scene_of(young))
        assert loss.colours() > 20


class TestLayers:
    @pytest.fixture
    def layers(self, qtbot: QtBot, spiral: Any) -> Stage:
        return Stage(qtbot, LayersView, scene_of(spiral, 130), (352, 504))

    def told(self, stage: Stage) -> dict[str, str]:
        return {each.name.text(): each.value.text() for each in stage.view.numbers if each.isVisible()}

    def test_the_numbers_are_those_of_the_row(self, layers: Stage) -> None:
        trace, told = layers.scene.history.traces[0], self.told(layers)
        assert told["Epoch"] == "5.2"
        assert told["Step"] == "130"
        assert told["Samples seen"] == "1,300"
        assert float(told["Training loss"]) == pytest.approx(trace.column("train_loss")[125], rel=1e-3)
        assert float(told["Test loss"]) == pytest.approx(trace.column("test_loss")[125], rel=1e-3)
        assert float(told["|g|"]) == pytest.approx(trace.column("grad_norm")[130], rel=1e-3)
        assert told["Train accuracy"] == f"{100 * trace.column('accuracy')[125]:.1f} %"
        assert told["Learning rate"] == "0.05"
        (gradient,) = (each for each in layers.view.numbers if each.name.text() == "|g|")
        assert gradient.toolTip() == (
            "Length of the gradient of this batch, the 10 of 250 training samples that come next"
        )
        assert layers.view.bars.gradient == "g"
        assert layers.view._size.text() == f"{layers.scene.history.objective.n} weights"

    def test_they_follow_the_cursor_and_the_focus(self, layers: Stage, spiral: Any) -> None:
        layers.show(scene_of(spiral, 10**9))
        assert self.told(layers)["Epoch"] == "10.2"
        layers.show(scene_of(spiral, 0, selected=1))
        assert self.told(layers)["Step"] == "0"
        assert layers.view._title.text() == "gd"
        assert layers.ink(DARK.racer(1), layers.view.bars) > 200

    def test_the_bars_are_each_layers_gradient(self, layers: Stage) -> None:
        trace, bars = layers.scene.history.traces[0], layers.view.bars
        assert bars.labels == ("1 · 6 tanh", "2 · 4 tanh", "output · 1")
        assert bars.series.values.tolist() == [trace.column(f"grad_norm_layer{k}")[130] for k in (1, 2, 3)]
        assert "1 · 6 tanh" in bars.accessibleDescription()
        assert layers.view.words.text().startswith("The gradient arrives")

    def test_a_gradient_that_vanishes_is_said(self, qtbot: QtBot) -> None:
        deep = run(spec_of("circle", "mlp:6,6,6,6,6,6,6,6", 2, ("gd,lr=0.1",), activation="sigmoid"))
        stage = Stage(qtbot, LayersView, scene_of(deep), (352, 504))
        assert stage.view.words.text().startswith("The gradient vanishes")
        assert stage.view._tone == "warn"

    def test_lines_over_the_epochs_where_there_is_room(self, layers: Stage) -> None:
        curves = layers.view.curves
        assert curves.height() >= 104
        assert layers.ink(DARK.racer(0), curves) > 20
        layers.widget.resize(352, 330)
        layers.show(layers.scene)
        assert curves.height() < 104

    def test_a_model_without_hidden_layers_is_low(self, qtbot: QtBot, line: Any) -> None:
        stage = Stage(qtbot, LayersView, scene_of(line), (352, 504))
        assert not stage.view.bars.isVisible()
        assert set(self.told(stage)) == {
            "Epoch", "Step", "Samples seen", "Training loss", "Test loss", "Learning rate",
        }  # fmt: skip
        assert stage.widget.maximumHeight() < 200

    def test_it_fits_models_and_steps_fit_small_ones(self, spiral: Any, line: Any) -> None:
        assert LayersView.fits(spiral.spec.problem)
        assert not LayersView.fits(opening_spec().problem)
        assert StepView.fits(line.spec.problem)
        assert StepView.fits(opening_spec().problem)
        assert not StepView.fits(spiral.spec.problem)


def context_of(history: Any, step: int) -> Context:
    theta, buffers = history.weights(0, step)
    return Context(history, 0, step, history.objective, theta, buffers, LearnChoice(), threading.Event())


class TestParts:
    def test_scores_count_each_sample_once(self, iris: Any) -> None:
        context = context_of(iris, 60)
        scores = PARTS["scores"](context)
        objective = iris.objective
        for own, x, y in (
            (scores.train, objective.samples.x, objective.samples.y),
            (scores.test, objective.samples.x_test, objective.samples.y_test),
        ):
            taken = np.argmax(objective.outputs(context.theta, x, context.buffers), axis=0)
            expected = np.zeros((3, 3), int)
            for true, said in zip(y.astype(int), taken, strict=True):
                expected[true, said] += 1
            assert (own.counts == expected).all()
            for k in range(3):
                found, said = expected[k].sum(), expected[:, k].sum()
                assert own.recall[k] == pytest.approx(expected[k, k] / found)
                precision = expected[k, k] / said if said else np.nan
                assert own.precision[k] == pytest.approx(precision, nan_ok=True)
        trace = iris.traces[0]
        assert np.trace(scores.train.counts) / len(objective.samples.y) == pytest.approx(trace.column("accuracy")[60])

    def test_scores_of_numbers(self, line: Any) -> None:
        context = context_of(line, 40)
        scores, samples = PARTS["scores"](context), line.objective.samples
        m, b = context.theta
        left = samples.y - (m * samples.x[0] + b)
        assert scores.train.rmse == pytest.approx(np.sqrt(np.mean(left**2)))
        assert scores.train.mae == pytest.approx(np.mean(np.abs(left)))
        assert scores.train.r2 == pytest.approx(1 - np.var(left) / np.var(samples.y), abs=0.05)
        assert scores.train.residuals.counts.sum() == samples.count
        assert scores.train.rmse**2 == pytest.approx(line.traces[0].column("train_loss")[40])

    def test_histograms_hold_all_weights_and_the_full_gradient(self, spiral: Any) -> None:
        context = context_of(spiral, 255)
        spread, objective = PARTS["histograms"](context), spiral.objective
        gradient = objective.value_gradient(context.theta)[1]
        assert [each.label for each in spread.layers] == ["1 · tanh", "2 · tanh", "output"]
        for layer, told in zip(objective.net.layers, spread.layers, strict=True):
            weights, activations, slopes = told.parts
            own = part(context.theta, layer.weights)
            assert weights.counts.sum() == own.size
            assert weights.deviation == pytest.approx(np.std(own))
            assert weights.edges[-1] == pytest.approx(np.abs(own).max())
            assert slopes.deviation == pytest.approx(np.std(gradient[layer.weights.place]))
            assert activations.counts.sum() == layer.outputs * objective.samples.count
        assert spread.samples == spread.of == objective.samples.count

    def test_dead_and_saturated_layers_are_named(self, iris: Any, spiral: Any) -> None:
        context = context_of(iris, 60)
        theta = context.theta.copy()
        bias = iris.objective.net.layers[0].bias.place
        theta[bias] = [-1e6, -1e6, 1, 1, 1, 1]
        assert "2 of 6 units are 0" in PARTS["histograms"](replace(context, theta=theta)).words[0]
        context = context_of(spiral, 255)
        loud = PARTS["histograms"](replace(context, theta=1000 * context.theta))
        assert "saturated" in loud.words[0]

    def test_large_networks_are_looked_at_with_fewer_samples(self) -> None:
        history = run(spec_of("digits", "mlp:64,64", 1, batch=10))
        spread = PARTS["histograms"](context_of(history, 1))
        assert spread.samples < spread.of
        assert spread.layers[0].parts[1].counts.sum() <= 8192

    def test_batch_normalisation_and_what_is_not_finite(self) -> None:
        history = run(spec_of("spiral", "mlp:4,4", 3, norm="batch"))
        context = context_of(history, 3)
        assert np.isfinite(PARTS["histograms"](context).layers[0].parts[1].deviation)
        lost = PARTS["histograms"](replace(context, theta=np.full_like(context.theta, np.nan)))
        assert lost.layers[0].parts[0].lost > 0
        assert PARTS["scores"](replace(context, theta=np.full_like(context.theta, np.nan))).train.counts.sum() > 0


class TestDiagnostics:
    PARTS = ("histograms", "scores")

    def test_classes_show_a_matrix_and_a_table(self, qtbot: QtBot, iris: Any) -> None:
        stage = Stage(qtbot, DiagnosticsView, scene_of(iris, 60, self.PARTS), (752, 620))
        canvas, scores = stage.view.canvas, stage.scene.learn.parts["scores"]
        assert stage.view._title.text() == "adam at step 60"
        assert canvas.chosen is scores.test
        qtbot.mouseClick(stage.view.train, LEFT)
        assert canvas.chosen is scores.train
        canvas.grab()
        cell = canvas.confusion.cell(1, 1).center()
        found, total = scores.train.counts[1, 1], scores.train.counts[1].sum()
        assert canvas.words_at(cell) == f"{found} of {total} of {scores.classes[1]} were found"
        assert "were predicted to be" in canvas.words_at(canvas.confusion.cell(0, 1).center())
        assert canvas.words_at(QPointF(2, 2)) == ""
        QTest.mouseMove(canvas, cell.toPoint())
        QApplication.processEvents()
        assert canvas._cell == (1, 1)
        assert "right class" in canvas.accessibleDescription()

    def test_a_tooltip_that_is_shown_goes_on_with_the_run(self, qtbot: QtBot, iris: Any) -> None:
        stage = Stage(qtbot, DiagnosticsView, scene_of(iris, 0, self.PARTS), (752, 620))
        canvas = stage.view.canvas
        canvas.grab()
        cell = canvas.confusion.cell(0, 0).center().toPoint()
        rested = QHelpEvent(QHelpEvent.Type.ToolTip, cell, canvas.mapToGlobal(cell))
        QApplication.sendEvent(canvas, rested)
        before = QToolTip.text()
        assert before == canvas.words_at(QPointF(cell))
        stage.show(scene_of(iris, 60, self.PARTS))
        assert canvas.words_at(QPointF(cell)) != before
        assert QToolTip.text() == canvas.words_at(QPointF(cell))
        QToolTip.hideText()
        qtbot.waitUntil(lambda: not QToolTip.isVisible(), timeout=LONG)
        stage.show(scene_of(iris, 0, self.PARTS))  # what is not shown does not come back
        assert not QToolTip.isVisible()

    def test_what_is_said_of_a_place_goes_on_with_the_run(self, qtbot: QtBot, spiral: Any) -> None:
        parts = ("boundary", "samples")
        stage = Stage(qtbot, NetworkView, scene_of(spiral, 0, parts), (1000, 620))
        canvas = stage.view.side.boundary
        canvas.grab()
        middle = QPointF(canvas.frame.left + 0.4 * canvas.frame.width, canvas.frame.top + 0.5 * canvas.frame.height)
        QTest.mouseMove(canvas, middle.toPoint())
        QApplication.processEvents()
        said = []
        for step in (0, 60, 255):
            stage.show(scene_of(spiral, step, parts))
            said.append(stage.view.side.numbers.numbers.words)
        assert len(set(said)) == 3
        assert all("output" in words for words in said)

    def test_numbers_show_a_scatter_and_residuals(self, qtbot: QtBot, line: Any) -> None:
        stage = Stage(qtbot, DiagnosticsView, scene_of(line, 40, self.PARTS), (752, 620))
        assert not stage.view.train.isVisible()
        assert stage.ink(DARK.racer(0), stage.view.canvas) > 20
        assert "root mean square error" in stage.view.canvas.accessibleDescription()

    @pytest.mark.parametrize("size", [(752, 620), (524, 440), (320, 240)])
    @pytest.mark.parametrize("theme", [DARK, LIGHT, DARK.scaled(1.5)])
    def test_every_size_and_theme_is_drawn(self, qtbot: QtBot, iris: Any, line: Any, size: Any, theme: Any) -> None:
        for history in (iris, line):
            stage = Stage(qtbot, DiagnosticsView, scene_of(history, 30, self.PARTS), size)
            stage.view.theme(theme)
            qtbot.mouseClick(stage.view.shared, LEFT)
            assert stage.view.canvas.shared
            assert stage.colours(stage.view.canvas) > 30

    def test_before_the_first_picture_it_waits(self, qtbot: QtBot, iris: Any) -> None:
        stage = Stage(qtbot, DiagnosticsView, scene_of(iris, 60), (752, 620))
        assert stage.view.canvas.words_at(QPointF(100, 400)) == ""

    def test_words_and_ranges_of_its_painters(self) -> None:
        assert [table_words(each) for each in (1.0, 0.99999, 0.5, np.nan)] == ["100 %", "99.9 %", "50.0 %", "–"]
        low, high = shared_range([Predictions(np.array([0.0, 10.0]), np.array([1e9, 12.0]))])
        assert low < 0
        assert 12 < high < 20
        assert shared_range([]) == (-1.0, 1.0)
        assert ClassTable(("a",), np.array([1]), np.ones(1), np.ones(1), np.ones(1)).classes == ("a",)


class TestTransport:
    @pytest.fixture
    def window(self, qapp: QApplication, qtbot: QtBot) -> Iterator[Callable[..., MainWindow]]:
        windows = []

        def opened(spec: RunSpec, width: int = 1440, height: int = 900) -> MainWindow:
            window = make_window(qapp, spec, kept=Settings(theme="dark"))
            windows.append(window)
            window.resize(width, height)
            window.show()
            qtbot.waitExposed(window)
            window.activateWindow()
            window.controller.to_end()
            window.controller.start()
            qtbot.waitUntil(lambda: not window.controller.busy, timeout=LONG)
            return window

        yield opened
        for window in windows:
            window.controller.stop()
            window.close()
            window.deleteLater()

    def test_epochs_by_button_and_key(self, window: Callable[..., MainWindow], qtbot: QtBot) -> None:
        shown = window(spec_of("spiral", "mlp:3", 110, batch=10))
        transport, controller = shown.transport, shown.controller
        assert transport.step_label.text() == "Epoch 4.4 · step 110 of 110"
        assert not transport.button("epoch").isEnabled()
        for step in (100, 75):
            QTest.mouseClick(transport.button("epoch_back"), LEFT)
            assert controller.state.cursor == step
        controller.set_cursor(30)
        QTest.keyClick(shown, Qt.Key.Key_Right, SHIFT)
        assert controller.state.cursor == 50
        QTest.keyClick(shown, Qt.Key.Key_PageDown)
        assert controller.state.cursor == 75
        QTest.keyClick(shown, Qt.Key.Key_Left, SHIFT)
        QTest.keyClick(shown, Qt.Key.Key_PageUp)
        assert controller.state.cursor == 25
        canvas = shown.sides.views[0].canvas
        canvas.setFocus()
        QTest.keyClick(canvas, Qt.Key.Key_Right, SHIFT)
        assert controller.state.cursor == 50
        for _ in range(5):
            QTest.mouseClick(transport.button("epoch_back"), LEFT)
        assert controller.state.cursor == 0
        assert transport.step_label.text() == "Epoch 0.0 · step 0 of 110"
        assert shown.menus["epoch"].isEnabled()
        controller.set_speed(250.0)
        assert transport.speed_label.text() == "10 epochs/s"

    def test_a_full_batch_is_an_epoch_a_step(self, window: Callable[..., MainWindow]) -> None:
        shown = window(spec_of("line", "linear", 12, ("gd,lr=0.02",), batch="full"))
        assert not shown.transport.button("epoch").isVisible()
        assert shown.transport.step_label.text() == "Epoch 12 of 12"
        assert [view.title for view in shown.sides.shown()] == ["Loss", "Training", "This step"]
        assert shown.controller.stages[0].name == "g"
        heights = shown.sides.splitter.sizes()
        assert heights[1] < 200 < heights[2]

    def test_functions_have_steps(self, window: Callable[..., MainWindow]) -> None:
        shown = window(opening_spec())
        assert not shown.transport.button("epoch").isVisible()
        assert shown.transport.step_label.text() == "Step 54 of 54"
        assert not shown.menus["epoch"].isEnabled()
        QTest.keyClick(shown, Qt.Key.Key_Left, SHIFT)
        assert [view.title for view in shown.sides.shown()] == ["Loss", "This step"]

    def test_in_the_small_window_epochs_take_the_place_of_the_ends(self, window: Callable[..., MainWindow]) -> None:
        shown = window(spec_of("spiral", "mlp:3", 30, batch=10), 1100, 700)
        assert shown.transport.button("epoch").isVisible()
        assert not shown.transport.button("to_end").isVisible()
        assert shown.transport.step_label.text().startswith("Epoch 1.2")
        QTest.keyClick(shown, Qt.Key.Key_Home)
        assert shown.controller.state.cursor == 0

    def test_large_models_ask_for_no_stages(self, window: Callable[..., MainWindow]) -> None:
        shown = window(spec_of("spiral", "mlp:8,8", 30, batch=10))
        assert tuple(shown.controller.stages) == ()
        assert [view.title for view in shown.sides.shown()] == ["Loss", "Training"]
        assert shown.controller.verdict.headline

    def test_the_diagnostics_are_a_tab(self, window: Callable[..., MainWindow], qtbot: QtBot) -> None:
        shown = window(spec_of("circle", "mlp:4", 30, batch=10))
        assert shown.centre.bring(DiagnosticsView)
        qtbot.waitUntil(lambda: shown.centre.view.canvas.scores is not None, timeout=LONG)
        shown.controller.set_cursor(3)
        qtbot.waitUntil(lambda: shown.centre.view._title.text() == "adam at step 3", timeout=LONG)


def test_speed_is_in_epochs_where_they_pass_quickly() -> None:
    assert speed_words(8.0) == "8 steps/s"
    assert speed_words(8.0, 25) == "8 steps/s"
    assert speed_words(25.0, 25) == "1 epoch/s"
    assert speed_words(250.0, 25) == "10 epochs/s"
    assert speed_words(float("inf"), 25) == "full speed"


def test_the_step_label_says_what_fits(qtbot: QtBot) -> None:
    label = StepLabel()
    qtbot.addWidget(label)
    label.resize(400, 20)
    label.show()
    label.say("Epoch 12.4 · step 310 of 10,000", "Epoch 12.4 · step 310", "Epoch 12.4")
    assert label.text() == "Epoch 12.4 · step 310 of 10,000"
    label.resize(90, 20)
    QApplication.processEvents()
    assert label.text() == "Epoch 12.4"
    assert label.toolTip() == "Epoch 12.4 · step 310 of 10,000"
