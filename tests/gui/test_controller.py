"""The controller without a window: edits, undo, the cursor, the engine's results."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

import pytest
from pytestqt.qtbot import QtBot

from gdsim.engine import kernels
from gdsim.engine.compiler import COMPILER
from gdsim.gui.controller import Controller
from gdsim.gui.state import AppState, Proposal, Viewport
from gdsim.session.make import spec_for
from gdsim.session.opening import opening_spec

LONG = 60_000
Wait = Callable[[Controller], None]


@pytest.fixture
def controller(qtbot: QtBot) -> Iterator[Controller]:
    made = Controller(AppState(spec=opening_spec()))
    yield made
    assert made.stop() or not made.worker.busy


@pytest.fixture
def running(controller: Controller, settle: Wait) -> Controller:
    controller.to_end()
    controller.start()
    settle(controller)
    return controller


def test_the_opening_ends_in_three_valleys(running: Controller) -> None:
    ends = [trace.row(-1).theta.round(1).tolist() for trace in running.history.traces]
    assert len({tuple(end) for end in ends}) == 3
    assert running.state.cursor == running.state.length == max(trace.last for trace in running.history.traces)


def test_an_edit_makes_the_whole_path_anew_and_keeps_the_cursor(running: Controller, settle: Wait) -> None:
    running.set_cursor(5)
    before = running.history
    running.set_hyper(0, "lr", 0.001)
    settle(running)
    assert running.history is not before
    assert running.history.traces[0].last > 100
    assert running.state.cursor == 5


def test_the_cursor_follows_the_end_when_it_rests_there(running: Controller, settle: Wait) -> None:
    running.set_hyper(0, "lr", 0.001)
    settle(running)
    assert running.state.cursor == running.state.length > 100


def test_a_shorter_path_pulls_the_cursor_in(running: Controller, settle: Wait) -> None:
    running.set_cursor(50)
    running.set_run(steps=10)
    settle(running)
    assert running.state.cursor == running.state.length == 10


def test_a_drag_is_one_entry_of_undo(running: Controller, settle: Wait) -> None:
    first = running.state.spec
    for value in (0.011, 0.012, 0.013):
        running.set_hyper(0, "lr", value)
    running.finish_edit()
    running.set_hyper(0, "lr", 0.02)
    assert running.state.undo_name == "change lr of gd"
    running.undo()
    assert running.state.spec.racers[0].hyper["lr"] == 0.013
    running.undo()
    assert running.state.spec == first
    assert running.state.undo_name == ""
    assert running.state.redo_name == "change lr of gd"
    running.redo()
    running.redo()
    assert running.state.spec.racers[0].hyper["lr"] == 0.02
    settle(running)


def test_a_start_under_the_hand_is_one_entry(running: Controller) -> None:
    first = running.state.spec
    for x in (0.4, 0.2, 0.0):
        running.set_start((x, 4.5), final=x == 0.0)
    running.undo()
    assert running.state.spec == first


def test_from_here_on_leaves_the_path_before_alone(running: Controller, settle: Wait) -> None:
    before = running.history.traces[0].thetas()
    running.set_cursor(6)
    running.set_from_here_on(True)
    running.set_hyper(0, "lr", 0.001)
    settle(running)
    after = running.history.traces[0].thetas()
    assert (after[:7] == before[:7]).all()
    assert (after[7] != before[7]).any()
    (change,) = running.state.spec.changes
    assert (change.after_step, change.racer, change.name, change.value) == (6, 0, "lr", 0.001)
    assert running.state.undo_name == "change lr of gd from step 6"
    running.set_from_here_on(False)
    running.set_hyper(0, "lr", 0.02)
    assert running.state.spec.changes == ()


def test_the_ghost_is_the_run_before_the_drag(running: Controller, settle: Wait) -> None:
    before = running.history
    for value in (0.011, 0.012, 0.013):
        running.set_hyper(0, "lr", value)
        settle(running)
    assert running.ghost is None
    running.set_compare(True)
    assert running.ghost is before


def test_playing_stops_at_the_end_and_begins_anew_from_there(running: Controller, qtbot: QtBot) -> None:
    running.set_speed(math.inf)
    running.play()
    assert running.state.cursor == 0
    qtbot.waitUntil(lambda: not running.state.playing, timeout=LONG)
    assert running.state.at_end


def test_a_step_stops_playing(running: Controller) -> None:
    running.set_cursor(10)
    running.play()
    running.step(-1)
    assert not running.state.playing
    assert running.state.cursor <= 10
    at = running.state.cursor
    running.step(1)
    assert running.state.cursor == at + 1
    running.to_start()
    running.step(-1)
    assert running.state.cursor == 0


def test_racers_come_and_go_with_the_focus(running: Controller) -> None:
    running.duplicate_racer(2)
    assert running.state.selected == 3
    assert running.state.spec.labels == ("gd", "momentum", "adam", "adam#2")
    running.move_racer(3, 0)
    assert running.state.selected == 0
    assert running.state.spec.racers[0].name == "adam"
    running.remove_racer(0)
    assert running.state.spec.labels == ("gd", "momentum", "adam")


def test_the_last_racer_stays(running: Controller, qtbot: QtBot) -> None:
    running.remove_racer(0)
    running.remove_racer(0)
    with qtbot.waitSignal(running.failed, timeout=LONG) as told:
        running.remove_racer(0)
    assert "has to stay" in told.args[0]
    assert len(running.state.spec.racers) == 1


def test_hiding_a_racer_runs_nothing_again(running: Controller, settle: Wait) -> None:
    before = running.revision
    running.edit_racer(1, visible=False)
    settle(running)
    assert running.revision == before
    assert running.state.undo_name == "hide momentum"


def test_bad_numbers_are_told_and_change_nothing(running: Controller, qtbot: QtBot) -> None:
    before = running.state.spec
    with qtbot.waitSignal(running.failed, timeout=LONG):
        running.set_run(steps=0)
    with qtbot.waitSignal(running.failed, timeout=LONG):
        running.set_hyper(0, "lr", math.nan)
    assert running.state.spec == before


def test_a_run_that_cannot_be_made_shows_no_foreign_path(running: Controller, qtbot: QtBot, settle: Wait) -> None:
    problem = running.state.spec.problem.replace(formula="log(x) + y^2", name="", title="")
    with qtbot.waitSignal(running.failed, timeout=LONG):
        running.set_problem(problem, "type a formula", start=(-1.0, 2.0))
    assert running.history is None
    assert running.verdict is not None
    assert running.verdict.headline.startswith("No run")
    running.undo()
    settle(running)
    assert running.history.spec.problem.name == "himmelblau"


def test_lr_of_any_size_diverges_without_harm(running: Controller, settle: Wait) -> None:
    for value in (0.0, 1e30):
        running.set_hyper(0, "lr", value)
        settle(running)
    assert running.history.traces[0].status.value == "diverged"
    assert running.verdict is not None
    assert running.verdict.tone == "bad"


def test_the_verdict_speaks_of_the_focus_and_proposes(running: Controller, settle: Wait) -> None:
    running.select(2)
    settle(running)
    assert running.verdict is not None
    assert running.verdict.racer == 2
    assert len(running.stages) >= 5
    running.apply(Proposal(0, "lr", 0.005, "Set lr = 0.005"))
    assert running.state.spec.racers[0].hyper["lr"] == 0.005


def test_a_viewport_brings_a_surface_with_frozen_colours(running: Controller, settle: Wait) -> None:
    running.set_viewport(Viewport((-6.7, 6.7), (-6.0, 6.0), 320, 240))
    settle(running)
    assert running.surface is not None
    assert running.surface.values.shape == (240, 320)
    scale = running.surface.picture.scale
    running.set_viewport(Viewport((2.0, 4.0), (1.0, 3.0), 320, 240))
    settle(running)
    assert running.surface.viewport.x == (2.0, 4.0)
    assert running.surface.picture.scale == scale
    running.refit_colours()
    settle(running)
    assert running.surface.picture.scale != scale


def test_the_newest_request_of_a_lane_wins(running: Controller, settle: Wait) -> None:
    got: list[int] = []
    for number in range(50):
        running.ask("test", lambda cancel, number=number: number, got.append)
    settle(running)
    assert got[-1] == 49
    assert len(got) < 50


def test_a_long_run_can_be_stopped(running: Controller, qtbot: QtBot, settle: Wait) -> None:
    running.set_run(steps=2_000_000, tolerance=0.0, target=None)
    running.stop_run()
    qtbot.waitUntil(lambda: running.worker.published.finished, timeout=LONG)
    assert running.history.length < 2_000_000
    settle(running)


def test_a_kernel_that_fails_is_told(running: Controller, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    """The run goes on in NumPy; the notice says so, and so does what is said of the engine."""

    def broken(*_: object) -> str:
        raise RuntimeError("no code today")

    monkeypatch.setattr(COMPILER, "notice", "")
    monkeypatch.setattr(kernels, "rule_text", broken)
    told: list[str] = []
    running.noticed.connect(told.append)
    running.set_spec(spec_for(formula="x^2 + 3y^2", racers=["custom"], rules=["step = -lr*g*0.123"], steps=20), "other")
    qtbot.waitUntil(lambda: running.engine.backend == "numpy" and bool(told), timeout=LONG)
    assert "no code today" in told[-1]
    assert "NumPy" in told[-1]
    qtbot.waitUntil(lambda: running.history.traces[0].published == 21, timeout=LONG)
    assert "compiling failed" in running.engine.reason
