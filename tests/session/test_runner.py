from __future__ import annotations

import threading
import time

import numpy as np
import pytest

from gdsim.engine.status import Status
from gdsim.errors import FormulaError, SpecError
from gdsim.session.opening import opening_spec
from gdsim.session.runner import Runner
from gdsim.session.spec import Change, Problem, Racer, RunSpec, Schedule

GD = Racer(name="gd", rule="step = -lr*g", hyper={"lr": 0.1})
HEAVY = Racer(name="momentum", rule="v = beta*v + g; step = -lr*v", hyper={"lr": 0.05, "beta": 0.9})
BOWL = Problem(formula="x^2 + 3y^2", variables=("x", "y"), dimension=2)
SPEC = RunSpec(problem=BOWL, racers=(GD, HEAVY), start=(1.0, -2.0), steps=600, backend="numpy", tolerance=0.0)


def run(spec: RunSpec) -> Runner:
    runner = Runner(spec)
    runner.run()
    return runner


def test_the_opening_ends_in_three_valleys() -> None:
    history = run(opening_spec().replace(backend="numpy")).history
    assert [trace.last for trace in history.traces] == [16, 47, 54]
    assert {history.status(i) for i in range(3)} == {Status.TARGET}
    ends = [history.row(i, 10**6).theta for i in range(3)]
    assert all(np.linalg.norm(a - b) > 1 for i, a in enumerate(ends) for b in ends[:i])
    assert "after 16 steps" in history.message("gd")


def test_rows_and_columns_are_read_by_label_and_clamped() -> None:
    history = run(SPEC).history
    assert history.length == 601
    assert len(history) == 2
    assert history.labels == ("gd", "momentum")
    assert history.row("gd", 10**9).step == 600
    assert history.row("gd", -5).step == 0
    assert np.array_equal(history.theta("momentum")[0], [1.0, -2.0])
    assert np.array_equal(history.loss("gd"), history.column(0, "loss"))
    assert history.gradient("gd").shape == (601, 2)
    assert history.nbytes > 0
    with pytest.raises(SpecError, match="momentum"):
        history.row("momentun", 0)
    with pytest.raises(SpecError, match="no racer 7"):
        history.row(7, 0)


def test_the_state_of_any_step_is_replayed() -> None:
    history = run(SPEC).history
    velocity = np.zeros(2)
    theta = history.theta("momentum")
    gradient = history.gradient("momentum")
    for step in range(400):
        if step in (0, 3, 256, 399):
            assert np.allclose(history.state("momentum", step), velocity, rtol=1e-12, atol=0)
        velocity = 0.9 * velocity + gradient[step]
    assert np.allclose(theta[400], theta[399] - 0.05 * velocity)


def test_slices_keep_the_racers_side_by_side() -> None:
    runner = Runner(SPEC.replace(steps=100_000))
    for _ in range(5):
        assert not runner.advance(0.02)
    a, b = (trace.last for trace in runner.history.traces)
    assert min(a, b) > 10
    assert max(a, b) < 3 * min(a, b)


def test_cancel_is_quick_and_the_run_can_go_on() -> None:
    runner = Runner(SPEC.replace(steps=1_000_000))
    cancel = threading.Event()
    threading.Timer(0.1, cancel.set).start()
    began = time.perf_counter()
    runner.run(cancel)
    assert time.perf_counter() - began < 0.1 + 0.15
    assert {trace.status for trace in runner.history.traces} == {Status.CANCELLED}
    assert not runner.history.finished
    last = runner.history.traces[0].last
    runner.advance(0.05)
    assert runner.history.traces[0].last > last
    assert runner.history.status(0) is Status.RUNNING


def test_progress_reaches_the_end() -> None:
    seen: list[tuple[int, int]] = []
    Runner(SPEC.replace(steps=50)).run(progress=lambda done, total: seen.append((done, total)))
    assert seen[-1] == (100, 100)


def test_from_here_on_keeps_the_rows_before_and_the_other_racers() -> None:
    runner = run(SPEC)
    before, other = runner.history.theta("momentum"), runner.history.theta("gd")
    runner.fork(300, (Change(300, 1, "beta", 0.5), Change(310, 1, "lr", 0.01)))
    assert runner.history.traces[1].last == 300
    assert runner.history.traces[0].last == 600
    runner.run()
    after = runner.history.theta("momentum")
    assert np.array_equal(after[:301], before[:301])
    assert not np.array_equal(after[302], before[302])
    assert np.array_equal(runner.history.theta("gd"), other)
    assert runner.history.row("momentum", 309).lr == 0.05
    assert runner.history.row("momentum", 310).lr == 0.01
    whole = run(runner.spec)
    assert np.array_equal(whole.history.theta("momentum"), after)
    runner.adopt(SPEC)  # undo
    runner.run()
    assert np.array_equal(runner.history.theta("momentum"), before)


def test_more_steps_go_on_and_fewer_cut_back() -> None:
    runner = run(SPEC)
    runner.adopt(SPEC.replace(steps=700))
    runner.run()
    assert [trace.last for trace in runner.history.traces] == [700, 700]
    assert np.array_equal(runner.history.theta(0), run(SPEC.replace(steps=700)).history.theta(0))
    runner.adopt(SPEC.replace(steps=20))
    runner.run()
    assert [trace.last for trace in runner.history.traces] == [20, 20]
    assert {trace.status for trace in runner.history.traces} == {Status.STEP_LIMIT}


def test_another_run_is_not_adopted() -> None:
    runner = run(SPEC.replace(steps=10))
    for other in (
        SPEC.replace(steps=10, start=(0.0, 0.0)),
        SPEC.replace(steps=10, racers=(GD,)),
        SPEC.replace(steps=10, racers=(GD, HEAVY.with_setting("lr", 0.3))),
    ):
        with pytest.raises(SpecError):
            runner.adopt(other)
    scheduled = GD.replace(schedule=Schedule("linear", "lr*(1 - t/T)"))
    runner = Runner(SPEC.replace(racers=(scheduled,)))
    assert not runner.can_adopt(SPEC.replace(racers=(scheduled,), steps=601))
    renamed = SPEC.replace(racers=(scheduled.replace(label="mine", visible=False),))
    runner.adopt(renamed)
    assert runner.history.labels == ("mine",)
    with pytest.raises(SpecError, match="before step"):
        runner.fork(5, (Change(4, 0, "lr", 0.2),))


@pytest.mark.parametrize(
    ("spec", "status"),
    [
        (SPEC.replace(tolerance=1e-6), Status.CONVERGED),
        (SPEC.replace(racers=(GD.with_setting("lr", 1e30),)), Status.DIVERGED),
        (SPEC.replace(steps=3), Status.STEP_LIMIT),
        (SPEC.replace(target=1.0), Status.TARGET),
        (SPEC.replace(problem=BOWL.replace(formula="x^2 - y^2"), start=(1.0, 0.0), tolerance=1e-6), Status.SADDLE),
        (SPEC.replace(problem=BOWL.replace(formula="x^3 - 3x*y^2"), start=(0.0, 0.0), tolerance=1e-6),
         Status.STATIONARY),
        (SPEC.replace(problem=BOWL.replace(formula="-exp(-x^2-y^2)"), start=(6.0, 6.0), tolerance=1e-6),
         Status.PLATEAU),
        (SPEC.replace(problem=BOWL.replace(formula="x^4+y^4"), start=(0.0, 0.0), tolerance=1e-6), Status.CONVERGED),
        (SPEC.replace(problem=BOWL.replace(formula="(x+y)^2"), start=(1.0, -1.0), tolerance=1e-6),
         Status.STATIONARY),
    ],
)  # fmt: skip
def test_every_end_has_its_status_and_words(spec: RunSpec, status: Status) -> None:
    history = run(spec).history
    assert history.status(0) is status
    assert len(history.message(0)) > 10


def test_a_slow_slide_into_an_inflection_is_no_minimum() -> None:
    problem = Problem(formula="x^3", variables=("x",), dimension=1)
    spec = RunSpec(problem=problem, racers=(GD,), start=(1.0,), steps=100_000, tolerance=1e-4, backend="numpy")
    assert run(spec).history.status(0) is Status.STATIONARY


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        (SPEC.replace(problem=BOWL.replace(formula="log(x) + y^2"), start=(-1.0, 1.0)), "start.*log"),
        (SPEC.replace(problem=BOWL.replace(formula="sqrt(x) + y^2"), start=(-1.0, 1.0)), "start.*sqrt"),
        (SPEC.replace(problem=BOWL.replace(formula="sqrt(-1 - x^2 - y^2)")), "anywhere in its domain"),
        (SPEC.replace(racers=(GD.replace(rule="step = -lr*q"),)), "gd.*q is not known"),
        (SPEC.replace(racers=(GD.replace(schedule=Schedule("mine", "lr*(")),)), "gd"),
        (SPEC.replace(steps=0), "at least 1"),
        (SPEC.replace(racers=(GD.with_setting("lr", 0.0),)), "lr.*out of range"),
    ],
)
def test_what_cannot_run_says_why(spec: RunSpec, words: str) -> None:
    with pytest.raises((SpecError, FormulaError), match=words):
        Runner(spec)
