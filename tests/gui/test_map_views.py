"""The Map… dialog and its tabs: basin maps and sweeps under mouse and keys."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from gdsim.analysis.axes import SweepAxis
from gdsim.gui import map_work
from gdsim.gui.app import make_window
from gdsim.gui.centre import MOST_TABS
from gdsim.gui.controller import Controller
from gdsim.gui.map_work import BasinKey, SweepKey
from gdsim.gui.panels.axis_fields import default_axis, settings_of
from gdsim.gui.panels.map_dialog import MapDialog
from gdsim.gui.settings import Settings
from gdsim.gui.state import BasinChoice, SweepChoice, Viewport
from gdsim.gui.views import BasinsView, LossView, StepView, SweepView, View
from gdsim.gui.window import MainWindow
from gdsim.session.make import racer_from_text, spec_for
from gdsim.session.opening import opening_spec
from gdsim.session.resolve import rule_of

Settle = Callable[[Controller], None]
Show = Callable[[MainWindow, int, int], None]
LONG = 20_000
LR = SweepAxis("lr", 1e-3, 1.0, 24, "log")


def dialog_of(window: MainWindow, qtbot: QtBot) -> MapDialog:
    qtbot.keyClick(window, Qt.Key.Key_M)
    found = window.findChildren(MapDialog)
    assert len(found) == 1
    qtbot.waitUntil(found[0].isVisible, timeout=LONG)
    found[0].activateWindow()
    qtbot.waitUntil(found[0].isActiveWindow, timeout=LONG)
    return found[0]


def shown(window: MainWindow, kind: type[View]) -> Any:
    view = window.centre.view
    assert isinstance(view, kind)
    return view


@pytest.fixture
def basins(window: MainWindow, settle: Settle) -> MainWindow:
    window.controller.set_basins(BasinChoice(0, 128))
    settle(window.controller)
    return window


@pytest.fixture
def sweep(window: MainWindow, settle: Settle, qtbot: QtBot) -> MainWindow:
    beta = SweepAxis("beta", 0.0, 0.9, 10)
    window.controller.set_sweep(SweepChoice(1, LR, beta))
    settle(window.controller)
    canvas = shown(window, SweepView).canvas
    qtbot.waitUntil(lambda: canvas.now_place() is not None, timeout=LONG)
    return window


class TestDialog:
    def test_enter_starts_basins(self, window: MainWindow, settle: Settle, qtbot: QtBot) -> None:
        dialog = dialog_of(window, qtbot)
        qtbot.keyClick(dialog, Qt.Key.Key_Return)
        settle(window.controller)
        assert window.controller.state.basins == BasinChoice(0, 512)
        assert shown(window, BasinsView).canvas.map.finished

    def test_escape_changes_nothing(self, window: MainWindow, qtbot: QtBot) -> None:
        before = window.controller.state
        dialog = dialog_of(window, qtbot)
        qtbot.keyClick(dialog, Qt.Key.Key_Escape)
        qtbot.waitUntil(lambda: not window.findChildren(MapDialog), timeout=LONG)
        assert window.controller.state == before

    def test_the_button_and_the_search_open_it(self, window: MainWindow, qtbot: QtBot) -> None:
        qtbot.mouseClick(window.centre.map_button, Qt.MouseButton.LeftButton)
        assert len(window.findChildren(MapDialog)) == 1
        assert "map" in window.centre.map_button.toolTip().lower() or "M" in window.centre.map_button.toolTip()

    def test_arrow_keys_go_through_the_kinds(self, window: MainWindow, settle: Settle, qtbot: QtBot) -> None:
        dialog = dialog_of(window, qtbot)
        assert dialog.kinds["basins"].hasFocus()
        qtbot.keyClick(dialog.kinds["basins"], Qt.Key.Key_Right)
        assert dialog.kind == "sweep"
        assert dialog.across.isVisible()
        qtbot.keyClick(dialog.kinds["sweep"], Qt.Key.Key_Left)
        qtbot.keyClick(dialog.kinds["basins"], Qt.Key.Key_Left)
        assert dialog.kind == "swarm"
        assert dialog.count.isVisible()
        assert not dialog.across.isVisible()
        qtbot.keyClick(dialog, Qt.Key.Key_Return)
        settle(window.controller)
        assert window.controller.state.swarm.on

    def test_a_wrong_number_is_said_at_its_field(self, window: MainWindow, qtbot: QtBot) -> None:
        dialog = dialog_of(window, qtbot)
        dialog.choose("sweep")
        low = dialog.across.low
        for text, words in (("2", "lower end first"), ("-1", "begin above 0"), ("1/", "column"), ("0", "above 0")):
            low.setFocus()
            low.selectAll()
            qtbot.keyClicks(low, text)
            qtbot.keyClick(low, Qt.Key.Key_Return)
            assert dialog.isVisible()
            assert dialog.across.message.isVisible()
            assert words in dialog.across.message.text()
        low.selectAll()
        qtbot.keyClicks(low, "1/1000")
        qtbot.keyClick(low, Qt.Key.Key_Return)
        assert window.controller.state.sweep is not None
        assert window.controller.state.sweep.x.low == 1 / 1000

    def test_one_setting_is_not_swept_twice(self, window: MainWindow, qtbot: QtBot) -> None:
        window.controller.select(1)
        dialog = dialog_of(window, qtbot)
        dialog.choose("sweep")
        assert dialog.racer.currentText() == "momentum"
        assert (dialog.across.name.currentText(), dialog.up.name.currentText()) == ("lr", "beta")
        dialog.up.name.setCurrentText("lr")
        dialog.up.name.activated.emit(dialog.up.name.currentIndex())
        qtbot.mouseClick(dialog.start, Qt.MouseButton.LeftButton)
        assert dialog.isVisible()
        assert "twice" in dialog.up.message.text()

    def test_without_a_second_axis_it_is_a_curve(self, window: MainWindow, settle: Settle, qtbot: QtBot) -> None:
        dialog = dialog_of(window, qtbot)
        dialog.choose("sweep")
        assert dialog.up.name.currentText() == "none"
        assert not dialog.up.low.isVisible()
        qtbot.mouseClick(dialog.start, Qt.MouseButton.LeftButton)
        settle(window.controller)
        view = shown(window, SweepView)
        assert view.canvas.map.y is None
        assert not view.measure.isVisible()

    def test_basins_need_two_variables(self, qapp: QApplication, show: Show, qtbot: QtBot) -> None:
        window = make_window(qapp, spec_for(formula="x^2", racers=("gd",)), Settings(theme="dark"))
        show(window, 1100, 700)
        dialog = dialog_of(window, qtbot)
        assert not dialog.kinds["basins"].isEnabled()
        assert dialog.kind == "swarm"
        window.controller.stop()
        window.close()
        window.deleteLater()

    @pytest.mark.parametrize("name", ["gd", "momentum", "adam", "aggmo", "lbfgs", "rprop"])
    def test_every_proposed_axis_can_be_swept(self, name: str) -> None:
        racer = racer_from_text(name)
        rule = rule_of(racer)
        for axis, spec in settings_of(rule, racer).items():
            now = racer.hyper.get(axis)
            made = default_axis(axis, spec, now if isinstance(now, float) else None, 8)
            for value in made.values().tolist():
                spec.check((value,) if "[" in axis else value)
            if isinstance(now, float) and now > 0:
                assert made.low <= now * 1.000001
                assert made.high >= now * 0.999999


class TestBasins:
    def test_the_map_lies_over_what_the_hero_shows(self, basins: MainWindow) -> None:
        view = shown(basins, BasinsView)
        where, frame = view.canvas.map.where, view.canvas.frame
        assert where.x == frame.x
        assert where.y == frame.y
        assert max(where.nx, where.ny) == 128
        assert frame.x[0] <= -6.7
        assert frame.x[1] >= 6.7

    def test_the_legend_has_every_basin(self, basins: MainWindow) -> None:
        view = shown(basins, BasinsView)
        words = {share.words for share in view.legend.shares}
        assert {"(3, 2)", "(−2.8, 3.1)", "(−3.8, −3.3)", "(3.6, −1.8)"} <= words
        assert sum(share.count for share in view.legend.shares) == view.canvas.map.labels.size
        assert all(share.note for share in view.legend.shares)

    def test_a_click_moves_the_start_there(self, basins: MainWindow, settle: Settle, qtbot: QtBot) -> None:
        view = shown(basins, BasinsView)
        news = basins.controller.maps["basins"].news
        at = QPoint(*(round(value) for value in view.canvas.frame.pixel(-3.0, -4.0)))
        qtbot.mouseClick(view.canvas, Qt.MouseButton.LeftButton, pos=at)
        settle(basins.controller)
        assert basins.controller.state.spec.start == pytest.approx((-3.0, -4.0), abs=0.05)
        assert basins.controller.maps["basins"].news is news
        end = basins.controller.history.traces[0].row(-1).theta
        assert end == pytest.approx((-3.779, -3.283), abs=0.1)
        assert basins.controller.state.undo_name == "move the start"

    def test_dragging_the_ring_leaves_the_map_alone(self, basins: MainWindow, settle: Settle, qtbot: QtBot) -> None:
        view = shown(basins, BasinsView)
        news = basins.controller.maps["basins"].news
        ring = view.canvas.ring_pixel().toPoint()
        qtbot.mousePress(view.canvas, Qt.MouseButton.LeftButton, pos=ring)
        for k in (10, 20, 40):
            qtbot.mouseMove(view.canvas, ring - QPoint(k, 0))
        qtbot.mouseRelease(view.canvas, Qt.MouseButton.LeftButton, pos=ring - QPoint(40, 0))
        settle(basins.controller)
        assert basins.controller.state.spec.start[0] < 0.5
        assert basins.controller.maps["basins"].news is news

    def test_the_pointer_reads_start_basin_and_steps(self, basins: MainWindow, qtbot: QtBot) -> None:
        canvas = shown(basins, BasinsView).canvas
        QTest.mouseMove(canvas, QPoint(*(round(value) for value in canvas.frame.pixel(3.0, 2.5))))
        qtbot.waitUntil(lambda: len(canvas.readout) == 2, timeout=LONG)
        assert "ends at (3, 2) after" in canvas.readout[1]
        row, column = canvas.cell(3.0, 2.5)
        start, _, steps, _, end = canvas.map.at(row, column)
        assert f"{steps} steps" in canvas.readout[1]
        assert start == pytest.approx((3.0, 2.5), abs=0.1)
        assert end == pytest.approx((3.0, 2.0), abs=0.1)

    def test_a_pixel_tells_what_the_racer_does_from_there(self, basins: MainWindow, settle: Settle) -> None:
        basins_map = shown(basins, BasinsView).canvas.map
        start, _, steps, loss, end = basins_map.at(40, 90)
        basins.controller.set_start(tuple(start.tolist()))
        settle(basins.controller)
        trace = basins.controller.history.traces[0]
        assert trace.last == steps
        assert trace.row(-1).theta == pytest.approx(end, rel=1e-9)
        assert trace.row(-1).loss == pytest.approx(loss, rel=1e-6)

    def test_zooming_makes_it_anew_in_the_same_colours(
        self, basins: MainWindow, settle: Settle, qtbot: QtBot
    ) -> None:
        view = shown(basins, BasinsView)
        before = view.canvas.map
        names = {tuple(each.point.round(2)): k for k, each in enumerate(before.attractors)}
        view.canvas.zoom(view.canvas.rect().center().toPointF(), 6.0)
        qtbot.waitUntil(lambda: not basins.controller.maps["basins"].fresh, timeout=LONG)
        settle(basins.controller)
        after = view.canvas.map
        assert after is not before
        assert after.where.x == view.canvas.frame.x
        seen = [(k, each) for k, each in enumerate(after.attractors) if each.count]
        assert seen
        for number, each in seen:
            assert names[tuple(each.point.round(2))] == number
            assert np.count_nonzero(after.labels == number) == each.count

    def test_another_rate_is_another_map(self, basins: MainWindow, settle: Settle, qtbot: QtBot) -> None:
        controller = basins.controller
        before = controller.maps["basins"].news
        controller.set_hyper(0, "lr", 0.02)
        assert not controller.maps["basins"].fresh
        assert controller.maps["basins"].news is before
        settle(controller)
        assert controller.maps["basins"].fresh
        assert controller.maps["basins"].news is not before
        controller.set_hyper(1, "lr", 0.002)
        assert controller.maps["basins"].fresh

    def test_resolution_and_racer_are_chosen_in_the_tab(self, basins: MainWindow, settle: Settle) -> None:
        view = shown(basins, BasinsView)
        view.resolution.setCurrentIndex(1)
        view.resolution.activated.emit(1)
        view.bar.racer.setCurrentIndex(2)
        view.bar.racer.activated.emit(2)
        settle(basins.controller)
        assert basins.controller.state.basins == BasinChoice(2, 256)
        assert max(view.canvas.map.labels.shape) == 256

    def test_escape_stops_it_and_again_goes_on(self, window: MainWindow, settle: Settle, qtbot: QtBot) -> None:
        controller = window.controller
        controller.open_spec(spec_for(function="rosenbrock", racers=("adam,lr=0.001",), steps=20_000, tolerance=0.0))
        settle(controller)
        controller.set_basins(BasinChoice(0, 512))
        qtbot.waitUntil(lambda: controller.maps["basins"].news is not None, timeout=LONG)
        assert controller.maps["basins"].standing == "running"
        view = shown(window, BasinsView)
        assert view.bar.progress.isVisible()
        qtbot.keyClick(window, Qt.Key.Key_Escape)
        assert controller.maps["basins"].standing == "stopped"
        settle(controller)
        assert not controller.maps["basins"].news.map.finished
        assert "stopped at" in view.bar.words.text()
        controller.set_run(steps=100)
        settle(controller)
        assert controller.maps["basins"].standing == "done"

    def test_closing_the_tab_cancels_it(self, window: MainWindow, settle: Settle, qtbot: QtBot) -> None:
        controller = window.controller
        controller.open_spec(spec_for(function="rosenbrock", racers=("adam,lr=0.001",), steps=20_000, tolerance=0.0))
        settle(controller)
        controller.set_basins(BasinChoice(0, 1024))
        qtbot.waitUntil(lambda: controller.maps["basins"].news is not None, timeout=LONG)
        qtbot.mouseClick(shown(window, BasinsView).bar.close_button, Qt.MouseButton.LeftButton)
        assert controller.state.basins is None
        assert not isinstance(window.centre.view, BasinsView)
        settle(controller)
        assert controller.maps["basins"].news is None

    def test_the_run_goes_on_while_a_map_is_made(self, window: MainWindow, settle: Settle, qtbot: QtBot) -> None:
        controller = window.controller
        controller.open_spec(spec_for(function="rosenbrock", racers=("adam,lr=0.001",), steps=5_000, tolerance=0.0))
        settle(controller)
        controller.set_basins(BasinChoice(0, 1024))
        qtbot.waitUntil(lambda: controller.maps["basins"].standing == "running", timeout=LONG)
        for x in (0.1, 0.2, 0.3):
            before = controller.revision
            controller.set_start((x, 1.0))
            qtbot.waitUntil(lambda before=before: controller.revision > before, timeout=LONG)
            assert controller.history.spec.start == (x, 1.0)
            assert controller.maps["basins"].standing == "running"
        controller.stop_run()
        settle(controller)

    def test_the_theme_repaints_the_same_map(self, basins: MainWindow, settle: Settle) -> None:
        view = shown(basins, BasinsView)
        before = view.picture()
        news = view.canvas.news
        basins.deeds.set_theme("light")
        settle(basins.controller)
        assert view.canvas.news is news
        assert view.picture() != before

    def test_a_swarm_beside_it_has_the_same_colours(self, basins: MainWindow, settle: Settle) -> None:
        controller = basins.controller
        controller.set_swarm(on=True)
        settle(controller)
        attractors = controller.maps["basins"].news.map.attractors
        for place, number in zip(controller.swarm.fates.places, controller.swarm.kinds, strict=True):
            assert attractors[number].point == pytest.approx(place.point, abs=1e-3)


class TestSweep:
    def test_a_click_takes_the_settings_in_one_step(self, sweep: MainWindow, settle: Settle, qtbot: QtBot) -> None:
        view = shown(sweep, SweepView)
        before = sweep.controller.state.spec
        at = view.canvas.place_of(3, 7).toPoint()
        qtbot.mouseClick(view.canvas, Qt.MouseButton.LeftButton, pos=at)
        settle(sweep.controller)
        racer = sweep.controller.state.spec.racers[1]
        assert racer.hyper["lr"] == pytest.approx(LR.values()[7])
        assert racer.hyper["beta"] == pytest.approx(0.3)
        assert sweep.controller.history.traces[1].row(-1).loss == pytest.approx(view.canvas.map.loss[3, 7], rel=1e-9)
        now = view.canvas.now_place()
        assert (now - view.canvas.place_of(3, 7)).manhattanLength() < 1
        sweep.controller.undo()
        assert sweep.controller.state.spec == before

    def test_taking_them_does_not_make_the_map_anew(self, sweep: MainWindow, settle: Settle, qtbot: QtBot) -> None:
        news = sweep.controller.maps["sweep"].news
        qtbot.mouseClick(shown(sweep, SweepView).canvas, Qt.MouseButton.LeftButton,
                         pos=shown(sweep, SweepView).canvas.place_of(3, 7).toPoint())  # fmt: skip
        settle(sweep.controller)
        assert sweep.controller.maps["sweep"].news is news
        assert sweep.controller.maps["sweep"].fresh

    def test_shift_click_adds_a_racer(self, sweep: MainWindow, settle: Settle, qtbot: QtBot) -> None:
        view = shown(sweep, SweepView)
        at = view.canvas.place_of(5, 2).toPoint()
        qtbot.mouseClick(view.canvas, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.ShiftModifier, at)
        settle(sweep.controller)
        racers = sweep.controller.state.spec.racers
        assert len(racers) == 4
        assert racers[2].hyper["beta"] == pytest.approx(0.5)
        assert racers[1].hyper["beta"] == 0.9

    def test_arrow_keys_and_enter_do_it_too(self, sweep: MainWindow, settle: Settle, qtbot: QtBot) -> None:
        canvas = shown(sweep, SweepView).canvas
        row, column = canvas.map.best
        canvas.setFocus()
        qtbot.keyClick(canvas, Qt.Key.Key_Left)
        assert canvas.cell == (row, column - 1)
        assert "lr = " in canvas.words_of(*canvas.cell)[0]
        qtbot.keyClick(canvas, Qt.Key.Key_Return)
        settle(sweep.controller)
        racer = sweep.controller.state.spec.racers[1]
        assert racer.hyper["lr"] == pytest.approx(LR.values()[column - 1])

    def test_the_words_are_the_analysis_own(self, sweep: MainWindow) -> None:
        view = shown(sweep, SweepView)
        assert view.words.text() == view.canvas.map.explanation
        assert view.words.text()

    def test_steps_instead_of_loss(self, sweep: MainWindow, settle: Settle) -> None:
        view = shown(sweep, SweepView)
        before, news = view.picture(), sweep.controller.maps["sweep"].news
        view.measure.setCurrentIndex(1)
        view.measure.activated.emit(1)
        settle(sweep.controller)
        assert view.picture() != before
        assert sweep.controller.maps["sweep"].news is news

    def test_another_start_is_another_sweep(self, sweep: MainWindow, settle: Settle) -> None:
        before = sweep.controller.maps["sweep"].news
        sweep.controller.set_start((1.0, 1.0))
        settle(sweep.controller)
        assert sweep.controller.maps["sweep"].news is not before
        assert sweep.controller.maps["sweep"].news.map.start == (1.0, 1.0)

    def test_a_curve_of_one_setting(self, window: MainWindow, settle: Settle, qtbot: QtBot) -> None:
        window.controller.set_sweep(SweepChoice(0, SweepAxis("lr", 1e-4, 1.0, 80, "log")))
        settle(window.controller)
        canvas = shown(window, SweepView).canvas
        assert canvas.map.codes.shape == (1, 80)
        qtbot.waitUntil(lambda: canvas.now_place() is not None, timeout=LONG)
        at = canvas.place_of(0, 30).toPoint()
        assert canvas.cell_under(at.toPointF()) == (0, 30)
        qtbot.mouseClick(canvas, Qt.MouseButton.LeftButton, pos=at)
        assert window.controller.state.spec.racers[0].hyper["lr"] == pytest.approx(canvas.map.x.values()[30])

    def test_what_cannot_be_swept_is_said(self, window: MainWindow, settle: Settle) -> None:
        window.controller.set_sweep(SweepChoice(0, SweepAxis("beta", 0.0, 0.9, 5)))
        settle(window.controller)
        assert "beta" in window.notice.words
        assert window.controller.maps["sweep"].standing == "failed"

    def test_a_racer_without_these_settings_opens_the_dialog(self, sweep: MainWindow, qtbot: QtBot) -> None:
        view = shown(sweep, SweepView)
        view.bar.racer.setCurrentIndex(0)
        view.bar.racer.activated.emit(0)
        (dialog,) = sweep.findChildren(MapDialog)
        qtbot.waitUntil(dialog.isVisible, timeout=LONG)
        assert dialog.kind == "sweep"


class TestTabs:
    def test_a_map_needs_its_tab_on_screen(self, basins: MainWindow, settle: Settle) -> None:
        basins.centre.show_tab(0)
        before = basins.controller.maps["basins"].news
        basins.controller.set_hyper(0, "lr", 0.02)
        settle(basins.controller)
        assert basins.controller.maps["basins"].news is before
        assert not basins.controller.maps["basins"].fresh
        basins.centre.show_tab(1)
        settle(basins.controller)
        assert basins.controller.maps["basins"].fresh

    def test_five_are_the_most(self, window: MainWindow, settle: Settle) -> None:
        for kind in (LossView, StepView, LossView, StepView):
            window.centre.add_tab(kind)
        window.controller.set_basins(BasinChoice(0, 128))
        settle(window.controller)
        assert f"{MOST_TABS} tabs are the most" in window.notice.words
        assert window.controller.state.basins is None

    def test_both_at_once(self, sweep: MainWindow, settle: Settle) -> None:
        sweep.controller.set_basins(BasinChoice(1, 128))
        settle(sweep.controller)
        assert isinstance(sweep.centre.view, BasinsView)
        assert sweep.controller.maps["sweep"].news is not None
        sweep.controller.set_basins(None)
        assert not isinstance(sweep.centre.view, BasinsView)

    def test_another_document_takes_the_racer_away(self, sweep: MainWindow, settle: Settle) -> None:
        sweep.controller.open_spec(spec_for(function="booth", racers=("gd",)))
        settle(sweep.controller)
        assert sweep.controller.maps["sweep"].news is None


def test_keys_leave_out_what_does_not_matter() -> None:
    spec, where = opening_spec(), Viewport((-1.0, 1.0), (-1.0, 1.0), 100, 80)
    basin = BasinKey.of(spec, BasinChoice(0), where)
    assert basin == BasinKey.of(spec.replace(start=(9.0, 9.0)), BasinChoice(0), where)
    assert basin == BasinKey.of(spec.without_racer(2), BasinChoice(0), where)
    assert basin != BasinKey.of(spec.replace(tolerance=1e-3), BasinChoice(0), where)
    line = SweepKey.of(spec, SweepChoice(0, LR))
    assert line == SweepKey.of(spec.with_racer(0, spec.racers[0].with_setting("lr", 0.3)), SweepChoice(0, LR))
    assert line != SweepKey.of(spec.replace(start=(9.0, 9.0)), SweepChoice(0, LR))


def test_numbers_of_attractors_follow_them() -> None:
    from gdsim.draw.theme import DARK

    spec, told = opening_spec().replace(backend="numpy"), []
    whole = map_work.find_basins(
        BasinKey.of(spec, BasinChoice(0, 128), Viewport((-6.0, 6.0), (-6.0, 6.0), 60, 60)),
        DARK, None, told.append, lambda done, total: None, threading.Event(),
    )  # fmt: skip
    assert [news.map.stride for news in told][-1] == 1
    corner = map_work.find_basins(
        BasinKey.of(spec, BasinChoice(0, 128), Viewport((2.0, 4.0), (-3.0, -1.0), 60, 60)),
        DARK, whole, lambda news: None, lambda done, total: None, threading.Event(),
    )  # fmt: skip
    seen = [(k, each) for k, each in enumerate(corner.map.attractors) if each.count]
    for number, each in seen:
        assert whole.map.attractors[number].point == pytest.approx(each.point, abs=1e-3)
    assert {number for number, _ in seen} == set(np.unique(corner.map.labels[corner.map.labels >= 0]).tolist())
