"""The swarm in the window: on and off, at the cursor, its strip, its ends; the keeper behind it."""

from __future__ import annotations

import threading
from collections.abc import Callable

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from gdsim.draw.swarm import SwarmLook
from gdsim.gui.app import make_window
from gdsim.gui.cloud import DRAFT, CloudKeeper, SwarmKey, members_of
from gdsim.gui.controller import Controller
from gdsim.gui.fates import DIVERGED, OTHERS, UNFINISHED, UNKNOWN, find_fates
from gdsim.gui.settings import Settings
from gdsim.gui.state import SwarmChoice, Viewport
from gdsim.gui.views.contour import ContourView
from gdsim.gui.views.curve import CurveView
from gdsim.gui.window import MainWindow
from gdsim.session.make import spec_for
from gdsim.session.opening import opening_spec
from gdsim.session.spec import RunSpec

Settle = Callable[[Controller], None]
Show = Callable[[MainWindow, int, int], None]
WHERE = Viewport((-7.0, 7.0), (-6.0, 6.0), 280, 240)
LOOK = SwarmLook(("#FF0000",), "#000000")
LONG = 20_000


def key_of(spec: RunSpec, racer: int = 0, **choice: object) -> SwarmKey:
    return SwarmKey.of(spec, racer, SwarmChoice(on=True, **choice), (0, 1))


@pytest.fixture
def plain() -> RunSpec:
    return opening_spec().replace(backend="numpy")


class TestKeeper:
    @pytest.fixture(autouse=True)
    def _patient(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """However slow the machine is: each question is answered at once, not on the way there."""
        monkeypatch.setattr("gdsim.gui.cloud.BUDGET", 60.0)

    def test_stands_where_a_racer_from_there_would(self, plain: RunSpec) -> None:
        from gdsim.session.runner import Runner

        key = key_of(plain, 1, count=100)
        cloud = CloudKeeper().cloud(key, 7, WHERE, LOOK, None, threading.Event())
        assert cloud.step == 7
        starts = members_of(key, 100)[1].starts.take(np.arange(100))
        for member in (0, 17, 99):
            run = Runner(plain.replace(start=tuple(starts[:, member].tolist())))
            while not run.advance():
                pass
            trace = run.history.traces[1]
            expected = trace.row(min(7, trace.last)).theta
            assert cloud.points[:, member] == pytest.approx(expected, rel=1e-5, abs=1e-5)

    def test_back_and_forth_come_to_the_same_places(self, plain: RunSpec) -> None:
        keeper, key = CloudKeeper(), key_of(plain, 2, count=700)
        first = {step: keeper.cloud(key, step, WHERE, LOOK, None, threading.Event()) for step in (3, 20, 50)}
        fresh = CloudKeeper()
        for step in (50, 20, 3):
            again = keeper.cloud(key, step, WHERE, LOOK, None, threading.Event())
            other = fresh.cloud(key, step, WHERE, LOOK, None, threading.Event())
            assert again.step == other.step == step
            assert np.array_equal(again.points, first[step].points)
            assert np.array_equal(other.points, first[step].points)

    def test_little_memory_costs_snapshots_not_numbers(self, plain: RunSpec, monkeypatch: pytest.MonkeyPatch) -> None:
        from gdsim.gui import cloud as room

        key = key_of(plain, 2, count=700)
        whole = CloudKeeper()
        expected = [whole.cloud(key, step, WHERE, LOOK, None, threading.Event()).points for step in (40, 39, 12)]
        monkeypatch.setattr(room, "SNAPSHOT_BYTES", 200_000)
        monkeypatch.setattr(room, "FRAME_BYTES", 20_000)
        poor = CloudKeeper()
        for step, points in zip((40, 39, 12), expected, strict=True):
            assert np.array_equal(poor.cloud(key, step, WHERE, LOOK, None, threading.Event()).points, points)

    def test_is_a_draft_until_the_kernel_is_there(self, plain: RunSpec) -> None:
        keeper, key = CloudKeeper(), key_of(plain, count=2 * DRAFT)
        assert keeper.cloud(key, 0, WHERE, LOOK, None, threading.Event()).draft
        keeper.ready.add(key.kernel)
        whole = keeper.cloud(key, 0, WHERE, LOOK, None, threading.Event())
        assert (whole.count, whole.draft) == (2 * DRAFT, False)

    def test_the_key_knows_what_matters(self, plain: RunSpec) -> None:
        assert key_of(plain) == key_of(plain.replace(start=(1.0, 1.0)))
        assert key_of(plain) == key_of(plain.with_racer(1, plain.racers[1].with_setting("lr", 0.5)))
        assert key_of(plain) != key_of(plain.with_racer(0, plain.racers[0].with_setting("lr", 0.5)))
        assert key_of(plain) != key_of(plain.replace(seed=1))
        faster = key_of(plain.with_racer(0, plain.racers[0].with_setting("lr", 0.5)))
        assert key_of(plain).kernel == faster.kernel

    def test_a_grid_starts_on_a_grid(self, plain: RunSpec) -> None:
        cloud = CloudKeeper().cloud(key_of(plain, count=400, grid=True), 0, WHERE, LOOK, None, threading.Event())
        assert len(np.unique(cloud.points[0])) == len(np.unique(cloud.points[1])) == 20


class TestFates:
    def test_the_four_valleys_of_himmelblau(self, plain: RunSpec) -> None:
        told: list[int] = []
        fates = find_fates(key_of(plain, count=6000), lambda found: told.append(found.done), threading.Event())
        assert told == [4000]
        assert fates.done == fates.total == 6000
        found = {tuple(round(value, 2) for value in place.point) for place in fates.places}
        assert found == {(3.0, 2.0), (-2.81, 3.13), (-3.78, -3.28), (3.58, -1.85)}
        assert sum(place.count for place in fates.places) + fates.diverged + fates.unfinished == 6000
        assert fates.clear
        for index, place in enumerate(fates.places):
            assert np.count_nonzero(fates.labels == index) == place.count
        assert fates.standing(0)[0] < fates.standing(10)[0] < fates.standing(400)[0] == 6000

    def test_what_diverges_is_told_apart_from_what_has_not_arrived(self) -> None:
        spec = spec_for(formula="x^4 + y^2", racers=("gd,lr=0.01",), steps=20, backend="numpy")
        fates = find_fates(key_of(spec, count=500), lambda _: None, threading.Event())
        assert fates.diverged == np.count_nonzero(fates.codes == 3)
        assert fates.unfinished == 500 - fates.diverged
        assert not fates.clear
        assert fates.losses is not None
        assert set(np.unique(fates.labels[fates.codes == 3])) <= {DIVERGED}

    def test_many_places_are_coloured_by_the_loss(self) -> None:
        spec = spec_for(function="rastrigin", racers=("gd,lr=0.002",), backend="numpy")
        fates = find_fates(key_of(spec, count=400), lambda _: None, threading.Event())
        assert not fates.clear
        assert fates.losses is not None
        counts, edges, log = fates.losses
        assert counts.sum() == 400
        assert len(edges) == len(counts) + 1
        assert not log
        assert not set(np.unique(fates.labels)) & {OTHERS, UNFINISHED, UNKNOWN}


@pytest.fixture
def swarming(window: MainWindow, settle: Settle, qtbot: QtBot) -> MainWindow:
    qtbot.keyClick(window, Qt.Key.Key_S)
    settle(window.controller)
    return window


def hero(window: MainWindow) -> ContourView:
    view = window.centre.view
    assert isinstance(view, ContourView)
    return view


class TestWindow:
    def test_a_key_switches_it_on_and_off(self, swarming: MainWindow, settle: Settle, qtbot: QtBot) -> None:
        controller = swarming.controller
        assert swarming.centre.strip.isVisible()
        assert swarming.menus["swarm"].isChecked()
        assert hero(swarming).eye.is_on("swarm")
        assert controller.swarm.cloud is not None
        qtbot.keyClick(swarming, Qt.Key.Key_S)
        settle(controller)
        assert not swarming.centre.strip.isVisible()
        assert controller.swarm.cloud is None
        assert controller.state.undo_name == ""

    def test_the_eye_and_the_cross_do_the_same(self, window: MainWindow, settle: Settle, qtbot: QtBot) -> None:
        hero(window).eye.set_on("swarm", True)
        settle(window.controller)
        assert window.controller.state.swarm.on
        qtbot.mouseClick(window.centre.strip.close_button, Qt.MouseButton.LeftButton)
        settle(window.controller)
        assert not hero(window).eye.is_on("swarm")

    def test_it_is_seen_and_follows_the_cursor(self, swarming: MainWindow, settle: Settle, qtbot: QtBot) -> None:
        controller = swarming.controller
        seen = []
        for keys, step in (((Qt.Key.Key_Home,), 0), ((Qt.Key.Key_Right,) * 2, 2), ((Qt.Key.Key_Left,), 1)):
            for key in keys:
                qtbot.keyClick(swarming, key)
            settle(controller)
            assert controller.swarm.cloud is not None
            assert controller.swarm.cloud.step == controller.state.cursor == step
            seen.append(pixels(hero(swarming).picture()))
        controller.set_swarm(on=False)
        settle(controller)
        without = pixels(hero(swarming).picture())
        assert not np.array_equal(seen[0], seen[1])
        assert not np.array_equal(seen[1], seen[2])
        assert seen[2].shape != without.shape or (seen[2] != without).any(axis=-1).sum() > 2000

    def test_play_moves_it_to_the_end(self, swarming: MainWindow, settle: Settle, qtbot: QtBot) -> None:
        controller = swarming.controller
        controller.set_speed(200.0)
        qtbot.keyClick(swarming, Qt.Key.Key_Home)
        qtbot.keyClick(swarming, Qt.Key.Key_Space)
        qtbot.waitUntil(lambda: not controller.state.playing, timeout=LONG)
        settle(controller)
        assert controller.swarm.cloud is not None
        assert controller.swarm.cloud.step == controller.state.length

    def test_time_goes_on_until_the_swarm_has_arrived(self, window: MainWindow, settle: Settle) -> None:
        controller = window.controller
        for racer in (2, 1):
            controller.remove_racer(racer)
        settle(controller)
        alone = controller.state.length
        controller.set_start((2.9, 2.1))
        settle(controller)
        short = controller.state.length
        assert short < alone
        controller.set_swarm(on=True)
        settle(controller)
        assert controller.swarm.fates is not None
        assert controller.state.length == controller.swarm.fates.longest > short
        controller.set_swarm(on=False)
        settle(controller)
        assert controller.state.length == short

    def test_the_strip_says_where_they_end(self, swarming: MainWindow) -> None:
        shares = swarming.centre.strip.bars.shares
        assert [share.words for share in shares[:4]] == ["(−3.8, −3.3)", "(−2.8, 3.1)", "(3, 2)", "(3.6, −1.8)"]
        assert sum(share.count for share in shares) == 2000
        assert "at rest" in swarming.centre.strip.standing.text()

    def test_a_count_is_typed(self, swarming: MainWindow, settle: Settle, qtbot: QtBot) -> None:
        field = swarming.centre.strip.count
        field.setFocus()
        field.selectAll()
        qtbot.keyClicks(field, "5")
        assert "Use 100 to 1,000,000" in swarming.centre.strip.standing.text()
        qtbot.keyClicks(field, "00")
        qtbot.keyClick(field, Qt.Key.Key_Return)
        settle(swarming.controller)
        assert swarming.controller.swarm.cloud is not None
        assert swarming.controller.swarm.cloud.count == 500

    def test_the_slider_goes_over_all_counts(self, swarming: MainWindow, settle: Settle, qtbot: QtBot) -> None:
        slider = swarming.centre.strip.slider
        slider.setFocus(Qt.FocusReason.TabFocusReason)
        qtbot.keyClick(slider, Qt.Key.Key_Home)
        settle(swarming.controller)
        assert swarming.controller.state.swarm.count == 100

    def test_another_racer_or_rate_is_another_swarm(self, swarming: MainWindow, settle: Settle) -> None:
        controller = swarming.controller
        first = controller.swarm.fates
        controller.select(1)
        settle(controller)
        second = controller.swarm.fates
        assert first is not None
        assert second is not None
        assert second.key != first.key
        assert "momentum" in swarming.centre.strip.title.text()
        controller.set_hyper(1, "lr", 0.5)
        settle(controller)
        assert controller.swarm.fates is not None
        assert controller.swarm.fates.diverged == 2000

    def test_starts_from_what_is_in_view(self, swarming: MainWindow, settle: Settle, qtbot: QtBot) -> None:
        controller = swarming.controller
        controller.to_start()
        canvas = hero(swarming).canvas
        canvas.zoom(canvas.rect().center().toPointF(), 8.0)
        settle(controller)
        qtbot.mouseClick(swarming.centre.strip.here, Qt.MouseButton.LeftButton)
        settle(controller)
        cloud = controller.swarm.cloud
        assert cloud is not None
        for along, (low, high) in zip(cloud.points, (canvas.frame.x, canvas.frame.y), strict=True):
            assert low <= along.min() < along.max() <= high

    def test_too_little_memory_is_said(
        self, window: MainWindow, settle: Settle, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        from gdsim.engine import memory

        monkeypatch.setattr(memory, "available", lambda: 1 << 20)
        monkeypatch.setattr(memory, "_LITTLE", 0)
        window.controller.set_swarm(on=True, count=1_000_000)
        settle(window.controller)
        assert "memory" in window.notice.words
        assert window.controller.swarm.cloud is None

    def test_what_steps_one_by_one_is_few_and_says_so(self, window: MainWindow, settle: Settle) -> None:
        from gdsim.session.make import racer_from_text

        window.controller.exchange_racer(0, racer_from_text("lbfgs"))
        window.controller.set_swarm(on=True, count=2000)
        settle(window.controller)
        cloud = window.controller.swarm.cloud
        assert cloud is not None
        assert cloud.count == 300
        assert "one by one" in window.centre.strip.standing.text()

    def test_along_a_curve(self, qapp: QApplication, show: Show, settle: Settle) -> None:
        spec = spec_for(formula="x^4/4 - x^2 + 0.3x", racers=("gd,lr=0.05",))
        window = make_window(qapp, spec, Settings(theme="dark"))
        show(window, 1100, 700)
        controller = window.controller
        controller.to_start()
        settle(controller)
        assert isinstance(window.centre.view, CurveView)
        before = pixels(window.centre.view.picture())
        controller.set_swarm(on=True)
        settle(controller)
        cloud = controller.swarm.cloud
        assert cloud is not None
        x, y = cloud.points.astype(float)
        assert y == pytest.approx(x**4 / 4 - x**2 + 0.3 * x, rel=1e-4, abs=1e-4)
        assert pixels(window.centre.view.picture()).shape != before.shape
        assert len(controller.swarm.fates.places) == 2
        controller.stop()
        window.close()
        window.deleteLater()


def pixels(image: QImage) -> np.ndarray:
    raw = np.frombuffer(image.constBits(), np.uint8)
    return raw.reshape(image.height(), image.bytesPerLine() // 4, 4)[..., :3].copy()
