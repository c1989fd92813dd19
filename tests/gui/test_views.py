"""The views under mouse and keys, with runs computed here; nothing of the controller takes part."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QFocusEvent, QKeyEvent, QWheelEvent
from PySide6.QtWidgets import QAbstractButton, QApplication, QComboBox

sys.path.insert(0, str(Path(__file__).parent.parent / "draw"))

from synthetic import (
    FakeHistory,
    FakeObjective,
    adam,
    crowd_history,
    descend,
    gd,
    grid,
    himmelblau,
    himmelblau_gradient,
    opening_history,
    trace_of,
)

from gdsim.draw.theme import DARK, LIGHT
from gdsim.gui.learn.parts import parts_of
from gdsim.gui.learn.slow import SLOW
from gdsim.gui.state import AppState, Curve, Surface
from gdsim.gui.views import HEROES, MAPS, SIDES, TABS, ContourView, CurveView, LossView, PolicyView, StepView
from gdsim.gui.views.slow_view import SlowView
from gdsim.gui.views.view import Scene
from gdsim.session.spec import Problem


def stage(name, values, arrow=True):
    return SimpleNamespace(
        name=name, latex=f"{name} = 1", numbers=(f"{name} = 2",), words=f"About {name}.", text=f"{name} = 1",
        values=np.asarray(values, float), arrow=arrow,
    )  # fmt: skip


STAGES = [stage("g", [3.0, -4.0]), stage("step", [0.5, 0.25]), stage("theta", [1.0, 1.0], arrow=False)]


def surface_of(view, f=himmelblau, fresh=True):
    values = grid(f, view.x, view.y, view.width, view.height)
    return Surface(view, values, fresh=fresh)


class Stage:
    """A view on screen with what it asked for."""

    def __init__(self, qtbot, kind, scene, size=(376, 336)):
        self.view = kind()
        self.asked = {
            name: []
            for name in ("viewport", "start", "cursor", "racer", "axes", "stage", "field", "colours", "hovered")
        }
        for name, told in self.asked.items():
            signal = getattr(self.view, name if name == "hovered" else f"{name}Requested")
            signal.connect(lambda *given, told=told: told.append(given))
        self.view.theme(DARK)
        self.widget = self.view.widget
        qtbot.addWidget(self.widget)
        self.widget.resize(*size)
        self.widget.show()
        self.scene = scene
        self.view.show(scene)
        QApplication.processEvents()

    def show(self, **changes):
        state = {key: changes.pop(key) for key in tuple(changes) if not hasattr(self.scene, key)}
        self.scene = replace(self.scene, state=replace(self.scene.state, **state), **changes)
        self.view.show(self.scene)
        QApplication.processEvents()

    def pixels(self):
        image = self.view.picture()
        raw = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine() // 4, 4)
        return raw.copy()


@pytest.fixture
def contour(qtbot):
    history = opening_history(60)
    stage = Stage(qtbot, ContourView, Scene(AppState(history.spec, cursor=60), history))
    stage.show(surface=surface_of(stage.asked["viewport"][-1][0]))
    return stage


def wheel(widget, at, turns):
    where = QPointF(at)
    event = QWheelEvent(
        where, widget.mapToGlobal(at).toPointF(), QPoint(), QPoint(0, 120 * turns), Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(widget, event)
    QApplication.processEvents()


def ring_of(stage):
    return stage.view.canvas.ring_pixel().toPoint()


def test_heroes_fit_every_dimension():
    for dimension in (1, 2, 3, 50):
        problem = Problem(formula="x", dimension=dimension)
        assert any(kind.fits(problem) for kind in HEROES)
    assert not ContourView.fits(Problem(formula="x", dimension=1))
    assert all(kind.title for kind in (*HEROES, *SIDES))


@pytest.mark.parametrize("kind", [*HEROES, *SIDES, *TABS, *MAPS])
def test_what_a_view_wants_can_be_had(kind):
    """A name that nobody knows would be left out without a word, and the view stay empty."""
    known = {*parts_of("function"), *parts_of("model"), *parts_of("policy"), *SLOW}
    assert kind.wants <= known
    assert not (kind.wants & SLOW.keys()) or kind is PolicyView or issubclass(kind, SlowView)


def test_every_part_is_wanted_by_a_view():
    wanted = frozenset().union(*(kind.wants for kind in (*HEROES, *SIDES, *TABS, *MAPS)))
    assert {*parts_of("model"), *parts_of("policy"), *SLOW} <= wanted


class TestContour:
    def test_asks_for_the_home_domain_in_device_pixels(self, contour):
        (view,) = contour.asked["viewport"][-1]
        assert view.x[0] <= -6.7
        assert view.x[1] >= 6.7
        ratio = contour.widget.devicePixelRatioF()
        assert (view.width, view.height) == (round(376 * ratio), round(336 * ratio))

    def test_showing_the_same_scene_twice_changes_nothing(self, contour):
        before = contour.pixels()
        contour.view.show(contour.scene)
        contour.view.show(contour.scene)
        assert (contour.pixels() == before).all()
        assert len(contour.asked["viewport"]) == 1

    def test_the_racers_are_seen(self, contour):
        seen = contour.pixels()[..., 2::-1].reshape(-1, 3)
        for racer in range(3):
            colour = QColor(DARK.racer(racer))
            rgb = np.array([colour.red(), colour.green(), colour.blue()])
            assert (np.abs(seen - rgb).max(axis=1) == 0).sum() > 30

    def test_dragging_the_ring_moves_the_start_live(self, contour, qtbot):
        ring = ring_of(contour)
        qtbot.mousePress(contour.widget, Qt.MouseButton.LeftButton, pos=ring)
        for k in (5, 10, 20):
            qtbot.mouseMove(contour.widget, ring + QPoint(k, 0))
        qtbot.mouseRelease(contour.widget, Qt.MouseButton.LeftButton, pos=ring + QPoint(30, 8))
        asked = contour.asked["start"]
        assert len(asked) >= 3
        assert [final for _, final in asked] == [False] * (len(asked) - 1) + [True]
        per_pixel = 1 / contour.view.canvas.frame.scale[0]
        assert asked[-1][0][0] == pytest.approx(0.5 + 30 * per_pixel, abs=per_pixel)
        assert asked[-1][0][1] == pytest.approx(4.5 - 8 * per_pixel, abs=per_pixel)

    def test_double_click_puts_the_start_there(self, contour, qtbot):
        qtbot.mouseDClick(contour.widget, Qt.MouseButton.LeftButton, pos=QPoint(300, 300))
        ((point, final),) = contour.asked["start"]
        assert final
        assert point == pytest.approx(contour.view.canvas.frame.world(300, 300))

    def test_wheel_zooms_at_the_pointer_and_asks_anew(self, contour):
        canvas, at = contour.view.canvas, QPoint(100, 50)
        before = canvas.frame.world(100, 50)
        wheel(contour.widget, at, 3)
        assert canvas.frame.world(100, 50) == pytest.approx(before)
        assert contour.asked["viewport"][-1][0].x == canvas.frame.x
        scale = canvas.scale
        contour.show(surface=surface_of(contour.asked["viewport"][-1][0], fresh=False))
        assert canvas.scale == scale  # frozen while zooming

    def test_dragging_the_map_pans_and_h_goes_home(self, contour, qtbot):
        canvas = contour.view.canvas
        home = canvas.frame
        qtbot.mousePress(contour.widget, Qt.MouseButton.LeftButton, pos=QPoint(40, 250))
        qtbot.mouseMove(contour.widget, QPoint(60, 260))
        qtbot.mouseMove(contour.widget, QPoint(80, 270))
        qtbot.mouseRelease(contour.widget, Qt.MouseButton.LeftButton, pos=QPoint(80, 270))
        assert canvas.frame.x[0] < home.x[0]
        assert contour.asked["start"] == []
        qtbot.keyClick(contour.widget, Qt.Key.Key_H)
        assert canvas.frame == home

    def test_a_click_on_a_trail_gives_it_the_focus(self, contour, qtbot):
        x, y = contour.scene.history.traces[1].row(4).theta
        px, py = contour.view.canvas.frame.pixel(x, y)
        qtbot.mouseClick(contour.widget, Qt.MouseButton.LeftButton, pos=QPoint(round(px), round(py)))
        assert contour.asked["racer"] == [(1,)]

    def test_arrow_keys_nudge_the_start_once_the_map_was_reached_by_tab(self, contour, qtbot):
        qtbot.keyClick(contour.widget, Qt.Key.Key_Right)
        assert contour.asked["start"] == []
        QApplication.sendEvent(contour.widget, QFocusEvent(QEvent.Type.FocusIn, Qt.FocusReason.TabFocusReason))
        qtbot.keyClick(contour.widget, Qt.Key.Key_Right)
        qtbot.keyClick(contour.widget, Qt.Key.Key_Up, Qt.KeyboardModifier.ShiftModifier)
        (right, _), (up, _) = contour.asked["start"]
        assert right[0] > 0.5
        assert right[1] == 4.5
        assert up[1] - 4.5 == pytest.approx(10 * (right[0] - 0.5))

    def test_f_fits_the_trails_and_c_asks_for_colours(self, contour, qtbot):
        wheel(contour.widget, QPoint(10, 10), 12)
        qtbot.keyClick(contour.widget, Qt.Key.Key_F)
        canvas = contour.view.canvas
        for trace in contour.scene.history.traces:
            for point in trace.thetas():
                assert canvas.frame.contains(*canvas.frame.pixel(*point))
        qtbot.keyClick(contour.widget, Qt.Key.Key_C)
        assert contour.asked["colours"] == [()]

    def test_other_keys_are_left_to_the_window(self, contour):
        event = QKeyEvent(QEvent.Type.KeyPress, Qt.Key.Key_Space, Qt.KeyboardModifier.NoModifier)
        contour.view.canvas.keyPressEvent(event)
        assert not event.isAccepted()

    def test_hovering_reads_value_and_gradient(self, contour, qtbot):
        qtbot.mouseMove(contour.widget, QPoint(200, 100))
        ((point,),) = contour.asked["hovered"][-1:]
        words = " ".join(contour.view.canvas.readout)
        assert "f =" in words
        assert "∇f" in words
        assert point == pytest.approx(contour.view.canvas.frame.world(200, 100))

    @pytest.mark.parametrize("name", ["map", "lines", "levels", "field", "minima"])
    def test_every_option_of_the_eye_changes_the_picture(self, contour, name):
        view = contour.asked["viewport"][-1][0]
        y, x = np.mgrid[view.y[0] : view.y[1] : 9j, view.x[0] : view.x[1] : 10j]
        contour.show(surface=replace(surface_of(view), field=himmelblau_gradient(np.stack([x, y]))))
        before = contour.pixels()
        contour.view.eye.set_on(name, not contour.view.eye.is_on(name))
        QApplication.processEvents()
        assert (contour.pixels() != before).any()
        if name == "field":
            assert contour.asked["field"] == [(True,)]

    def test_a_step_is_drawn_as_an_arrow_when_paused_only(self, contour):
        contour.show(cursor=5, stages=())
        bare = contour.pixels()
        contour.show(stages=STAGES)
        assert (contour.pixels() != bare).any()
        contour.show(playing=True, speed=30.0)
        assert (contour.pixels() == bare).all()

    def test_a_hidden_racer_is_not_drawn_nor_hit(self, contour, qtbot):
        spec = contour.scene.state.spec
        x, y = contour.scene.history.traces[1].row(4).theta
        px, py = contour.view.canvas.frame.pixel(x, y)
        hidden = spec.with_racer(1, spec.racers[1].replace(visible=False))
        history = replace(contour.scene.history, spec=hidden)
        contour.show(history=history, spec=hidden, revision=1)
        qtbot.mouseClick(contour.widget, Qt.MouseButton.LeftButton, pos=QPoint(round(px), round(py)))
        assert contour.asked["racer"] == []

    def test_the_ghost_is_seen_while_it_is_there(self, contour):
        bare = contour.pixels()
        contour.show(ghost=opening_history(60, (-1.0, 4.0)))
        assert (contour.pixels() != bare).any()
        contour.show(ghost=None)
        assert (contour.pixels() == bare).all()

    def test_light_and_teach(self, contour):
        dark = contour.pixels()
        contour.view.theme(LIGHT.scaled(1.5))
        assert contour.pixels()[..., :3].mean() > dark[..., :3].mean() + 60

    def test_another_problem_goes_home(self, contour):
        wheel(contour.widget, QPoint(100, 100), 4)
        spec = contour.scene.state.spec
        other = spec.replace(problem=Problem("x^2+y^2", variables=("x", "y"), dimension=2, domain=((-1.0, 1.0),) * 2))
        contour.show(spec=other, surface=None)
        assert contour.view.canvas.frame.x[0] >= -2
        assert contour.view.canvas.scale is None

    def test_before_there_is_a_run(self, qtbot):
        spec = opening_history(1).spec
        empty = Stage(qtbot, ContourView, Scene(AppState(spec)))
        qtbot.mouseMove(empty.widget, QPoint(20, 20))
        qtbot.keyClick(empty.widget, Qt.Key.Key_F)
        assert empty.pixels().any()

    def test_a_function_without_values(self, contour):
        view = contour.asked["viewport"][-1][0]
        contour.show(surface=Surface(view, np.full((60, 70), np.nan), fresh=True))
        contour.show(surface=Surface(view, np.full((60, 70), 3.0), fresh=True))
        assert contour.pixels().any()

    def test_the_pulse_moves_the_ring(self, contour, qtbot):
        contour.show(pulse=1)
        assert contour.view.canvas._pulse_timer.isActive()
        qtbot.waitUntil(lambda: not contour.view.canvas._pulse_timer.isActive(), timeout=4000)


class TestSlices:
    @pytest.fixture
    def five(self, qtbot):
        n = 5
        names = tuple(f"x{k + 1}" for k in range(n))

        def f(p):
            return (p**2).sum(axis=0)

        def g(p):
            return 2 * p

        history = opening_history(1)
        problem = Problem("sum(x[i]^2, i=1..n)", dimension=n, domain=((-5.0, 5.0),) * n)
        spec = history.spec.replace(problem=problem, start=(1.0, 2.0, 3.0, 4.0, -4.0))
        traces = [trace_of(descend(spec.start, 30, rule, g), f, g, names) for rule in (gd(0.1), gd(0.05), adam(0.2))]
        history = FakeHistory(spec, FakeObjective(f, g, n, names), traces)
        return Stage(qtbot, ContourView, Scene(AppState(spec, cursor=3, axes=(1, 4)), history), (700, 400))

    def test_the_chosen_pair_is_shown_and_said(self, five):
        chooser = five.view.chooser
        assert chooser.isVisible()
        assert five.asked["viewport"][-1][0].axes == (1, 4)
        assert "slice of 5 dimensions" in chooser._sentence.text()
        assert five.view.canvas.start_place() == (2.0, -4.0)

    def test_choosing_asks_and_never_takes_one_twice(self, five):
        chooser = five.view.chooser
        chooser._across.setCurrentIndex(4)
        chooser._across.activated.emit(4)
        assert five.asked["axes"] == [((4, 1),)]

    def test_moving_the_start_leaves_the_other_coordinates(self, five, qtbot):
        qtbot.mouseDClick(five.widget, Qt.MouseButton.LeftButton, pos=QPoint(350, 200))
        ((point, _),) = five.asked["start"]
        assert point[0] == 1.0
        assert point[2:4] == (3.0, 4.0)


class TestCurve:
    @pytest.fixture
    def curve(self, qtbot):
        def f(p):
            return p[0] ** 2

        def g(p):
            return np.stack([2 * p[0]])

        problem = Problem("x^2", variables=("x",), dimension=1, domain=((-3.0, 3.0),), minima=(((0.0,), 0.0),))
        spec = opening_history(1).spec.replace(problem=problem, start=(2.0,))
        traces = [trace_of(descend((2.0,), 20, rule, g), f, g, ("x",)) for rule in (gd(0.1), gd(0.8), adam(0.2))]
        history = FakeHistory(spec, FakeObjective(f, g, 1, ("x",)), traces)
        made = Stage(qtbot, CurveView, Scene(AppState(spec, cursor=2), history))
        view = made.asked["viewport"][-1][0]
        x = np.linspace(*view.x, 300)
        made.show(curve=Curve(view, x, x**2, 2 * x, fresh=True))
        return made

    def test_the_heights_fit_the_curve(self, curve):
        low, high = curve.view.canvas.frame.y
        assert low < 0
        assert high > 9

    def test_the_ring_lies_on_the_curve_and_drags_along_it(self, curve, qtbot):
        canvas, ring = curve.view.canvas, ring_of(curve)
        assert canvas.start_place() == pytest.approx((2.0, 4.0), abs=1e-3)
        qtbot.mousePress(curve.widget, Qt.MouseButton.LeftButton, pos=ring)
        qtbot.mouseMove(curve.widget, ring + QPoint(-40, -90))
        on_curve = canvas.frame.world(*canvas.ring_pixel().toTuple())
        assert on_curve[1] == pytest.approx(on_curve[0] ** 2, abs=0.05)
        qtbot.mouseRelease(curve.widget, Qt.MouseButton.LeftButton, pos=ring + QPoint(-50, 0))
        (point, final) = curve.asked["start"][-1]
        assert final
        assert len(point) == 1

    def test_tangent_and_step_can_be_switched_off(self, curve):
        before = curve.pixels()
        curve.view.eye.set_on("tangent", False)
        QApplication.processEvents()
        assert (curve.pixels() != before).any()

    def test_a_curve_with_poles_and_holes(self, curve):
        view = curve.asked["viewport"][-1][0]
        x = np.linspace(*view.x, 300)
        with np.errstate(all="ignore"):
            curve.show(curve=Curve(view, x, np.where(x < -1, np.nan, 1 / x), -1 / x**2, fresh=True))
        assert curve.pixels().any()


class TestLoss:
    @pytest.fixture
    def loss(self, qtbot):
        history = opening_history(60)
        return Stage(qtbot, LossView, Scene(AppState(history.spec, cursor=20), history), (352, 264))

    def test_dragging_moves_the_playhead(self, loss, qtbot):
        canvas = loss.view.canvas
        canvas.grab()
        px, _ = canvas._frame.pixel(45, 0)
        qtbot.mousePress(canvas, Qt.MouseButton.LeftButton, pos=QPoint(60, 60))
        qtbot.mouseMove(canvas, QPoint(round(px), 90))
        qtbot.mouseRelease(canvas, Qt.MouseButton.LeftButton, pos=QPoint(round(px), 90))
        assert loss.asked["cursor"][-1] == (45,)
        qtbot.keyClick(canvas, Qt.Key.Key_Left)
        assert loss.asked["cursor"][-1] == (19,)
        qtbot.keyClick(canvas, Qt.Key.Key_End)
        assert loss.asked["cursor"][-1] == (60,)

    def test_the_playhead_over_evaluations_goes_back_to_steps(self, loss, qtbot):
        loss.view.over.setCurrentIndex(1)
        loss.widget.grab()
        canvas = loss.view.canvas
        px, _ = canvas._frame.pixel(30, 0)
        qtbot.mousePress(canvas, Qt.MouseButton.LeftButton, pos=QPoint(round(px), 60))
        assert loss.asked["cursor"][-1][0] == pytest.approx(30, abs=1)

    @pytest.mark.parametrize("quantity", [0, 1, 2])
    @pytest.mark.parametrize("over", [0, 1, 2])
    @pytest.mark.parametrize("log", [True, False])
    def test_every_combination_is_drawn(self, loss, quantity, over, log):
        loss.view.quantity.setCurrentIndex(quantity)
        loss.view.over.setCurrentIndex(over)
        if loss.view.log.isChecked() != log:
            loss.view.log.click()
        assert len(np.unique(loss.pixels().reshape(-1, 4), axis=0)) > 30

    def test_the_gap_needs_a_known_minimum(self, loss):
        spec = loss.scene.state.spec
        bare = spec.replace(problem=spec.problem.replace(minima=(), formula="x^2+y^2"))
        loss.show(spec=bare)
        assert not loss.view.quantity.model().item(1).isEnabled()

    def test_losses_of_zero_and_below_are_told(self, loss):
        trace = loss.scene.history.traces[0]
        trace.room(3)[0, 2] = -5.0
        loss.show(revision=1)
        loss.widget.grab()
        assert loss.view.canvas._span.missing

    def test_a_long_noisy_run_is_drawn_at_once(self, qtbot):
        history = crowd_history(30_000, 2, "noise")
        noisy = Stage(qtbot, LossView, Scene(AppState(history.spec, cursor=29_000), history), (352, 264))
        assert noisy.pixels().any()

    def test_diverged_and_ghost(self, loss):
        loss.scene.history.traces[1].room(30)[:5, 2:4] = np.inf
        loss.show(revision=2, ghost=opening_history(40, (-1.0, 1.0)))
        assert loss.pixels().any()


class TestStep:
    @pytest.fixture
    def step(self, qtbot):
        history = opening_history(60)
        return Stage(
            qtbot, StepView, Scene(AppState(history.spec, cursor=7, selected=2), history, stages=STAGES), (352, 504)
        )

    def test_shows_whose_step_and_every_stage(self, step):
        assert step.view._title.text() == "adam: step 7 → 8"
        rows = step.view._list.rows
        assert len(rows) == 3
        assert rows[1].current  # the step itself, not the new position
        assert rows[1].words.isVisible()
        assert not rows[0].words.isVisible()

    def test_goes_from_stage_to_stage(self, step, qtbot):
        qtbot.mouseClick(step.view._back, Qt.MouseButton.LeftButton)
        assert step.asked["stage"] == [(0,)]
        assert not step.view._back.isEnabled()
        qtbot.keyClick(step.view._list, Qt.Key.Key_Down)
        qtbot.keyClick(step.view._list, Qt.Key.Key_Down)
        qtbot.keyClick(step.view._list, Qt.Key.Key_Down)
        assert step.asked["stage"][-1] == (2,)
        qtbot.mouseClick(step.view._list.rows[1], Qt.MouseButton.LeftButton)
        assert step.asked["stage"][-1] == (1,)

    def test_follows_the_scene_and_survives_other_rules(self, step):
        step.show(stage=0)
        assert step.view._list.rows[0].current
        step.show(stages=STAGES[:1])
        step.show(stages=())
        assert step.view._empty.isVisible()

    def test_many_coordinates_are_told_briefly(self, step):
        step.show(stages=[stage("g", np.arange(100.0))])
        assert "length" in step.view._list.rows[0].result.text()


@pytest.mark.parametrize("kind", [*HEROES, *SIDES])
def test_every_control_has_a_name_and_a_tooltip(qtbot, kind):
    view = kind()
    qtbot.addWidget(view.widget)
    assert view.widget.accessibleName() or view.widget.findChildren(QAbstractButton) or kind is StepView
    for control in (*view.widget.findChildren(QAbstractButton), *view.widget.findChildren(QComboBox)):
        assert control.accessibleName(), control
        assert control.toolTip(), control
