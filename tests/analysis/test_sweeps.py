"""Sweeps: each cell is the run with those settings; the words say what the numbers show."""

from __future__ import annotations

import re
import threading
from typing import Any

import numpy as np
import pytest

from gdsim.analysis.sweep_words import best_cell
from gdsim.analysis.sweeps import SweepAxis, SweepMap, racer_settings, sweep_levels, sweep_map
from gdsim.engine.select import backend
from gdsim.engine.swarm import NONFINITE, RUNNING, SMALL, STATUSES, TARGET, UNKNOWN
from gdsim.errors import Cancelled, EngineError, SpecError
from gdsim.session.make import spec_for
from gdsim.session.resolve import objective_of, plans_of
from gdsim.session.runner import Runner
from gdsim.session.spec import RunSpec


def swept(spec: RunSpec, *over: str, name: str = "cpu") -> SweepMap:
    x, *rest = [SweepAxis.parse(text) for text in over]
    (plan,) = plans_of(spec)
    return sweep_map(objective_of(spec), plan, x, rest[0] if rest else None, backend(name), spec.dtype)


CELLS = [
    ("adam", ("lr=0.01..0.5:4", "beta1=0..0.9:3"), {"function": "himmelblau", "steps": 300}),
    ("gd", ("lr=1e-3..0.015:9:log",), {"function": "himmelblau", "steps": 200}),
    ("aggmo,lr=0.005", ("betas[3]=0..0.99:3", "lr=1e-4..1e-2:3"), {"function": "himmelblau", "steps": 200}),
    ("adamw,lr=0.05", ("weight_decay=0..1:4",), {"formula": "(x-1)^2 + 3y^2", "steps": 150}),
    ("gd,lr=0.02", ("clip=0.5..20:3", "noise=0..2:3"), {"function": "himmelblau", "steps": 100}),
    ("gd,lr=0.1,schedule=cosine", ("lr=0.01..0.3:5",), {"formula": "x^2+4y^2", "steps": 80}),
    ("lbfgs", ("lr=0.2..1:3",), {"function": "rosenbrock", "steps": 60}),
    ("gd", ("lr=1e-3..0.1:5:log",), {"function": "himmelblau", "steps": 300, "target": 0.01}),
]


@pytest.mark.parametrize("name", ["numpy", "cpu"])
@pytest.mark.parametrize(("racer", "over", "rest"), CELLS, ids=[f"{r} {o}" for r, o, _ in CELLS])
def test_each_cell_is_the_run_with_those_settings(
    racer: str, over: tuple[str, ...], rest: dict[str, Any], name: str
) -> None:
    spec = spec_for(racers=[racer], backend=name, **rest)  # type: ignore[arg-type]
    found = swept(spec, *over, name=name)
    for row, column in np.ndindex(found.codes.shape):
        one = spec.racers[0]
        for setting, value in racer_settings(found, row, column).items():
            one = one.with_setting(setting, value)
        history = Runner(spec.replace(racers=(one,))).run()
        last = history.row(0, history.traces[0].last)
        assert found.steps[row, column] == last.step
        assert found.loss[row, column] == pytest.approx(last.loss, rel=1e-6, abs=1e-9, nan_ok=True)
        assert np.allclose(found.end(row, column), last.theta, rtol=1e-6, atol=1e-8, equal_nan=True)
        ended = STATUSES[int(found.codes[row, column])].value
        assert history.status(0).value in ((ended, "saddle", "stationary") if ended == "converged" else (ended,))


def test_the_best_rate_of_a_quadratic_is_the_one_in_the_books() -> None:
    # x^2 + 10 y^2: eigenvalues 2 and 20; best 2/(2+20), stable up to 2/20
    spec = spec_for(racers=["gd"], formula="x^2+10y^2", start=(1, 1), steps=300)
    found = swept(spec, "lr=1e-4..1:400:log")
    assert found.best is not None
    best = racer_settings(found, *found.best)["lr"]
    assert best == pytest.approx(2 / 22, rel=0.03)
    words = found.explanation
    assert re.search(r"lr 0\.0[89]\d* arrives in \d+ steps", words)
    below = float(re.search(r"below ([\d.e-]+) it needs more than 300 steps", words)[1])  # type: ignore[index]
    above = float(re.search(r"above ([\d.e-]+) it does not settle in 300 steps", words)[1])  # type: ignore[index]
    assert below < best < above < 0.1
    assert "up to 0.1" in words


def test_the_best_of_heavy_ball_is_near_the_theory() -> None:
    # condition 100: beta = ((sqrt k - 1)/(sqrt k + 1))^2 = 0.669, lr = (2/(sqrt L + sqrt m))^2 = 0.0165
    spec = spec_for(racers=["momentum"], formula="x^2/2*2+50y^2*2", start=(1, 1), steps=400)
    found = swept(spec, "lr=1e-3..0.03:60:log", "beta=0..0.95:60")
    assert found.best is not None
    settings = racer_settings(found, *found.best)
    # torch's momentum: the same lr and beta
    assert settings["beta"] == pytest.approx(0.669, abs=0.12)
    assert settings["lr"] == pytest.approx((2 / (np.sqrt(200) + np.sqrt(2))) ** 2, rel=0.35)
    assert "With this beta" in found.explanation
    assert "% " in found.explanation


def test_words_on_divergence_and_on_other_minima() -> None:
    spec = spec_for(racers=["gd"], formula="x^4", start=(3,), steps=100)
    assert "diverge" in swept(spec, "lr=1..10:5").explanation
    assert swept(spec, "lr=1..10:5").best is None
    spec = spec_for(racers=["gd"], formula="(x^2-1)^2 + 0.3x", start=(2,), steps=500)
    found = swept(spec, "lr=0.01..0.15:100")
    assert found.best is not None
    assert found.loss[found.best] == pytest.approx(np.min(found.loss[found.codes == SMALL]), abs=1e-6)
    assert "it ends higher" in found.explanation


def test_the_best_is_the_quickest_of_the_lowest_else_the_lowest() -> None:
    spec = spec_for(racers=["gd"], function="himmelblau", steps=10)
    found = swept(spec, "lr=1e-3..0.02:20:log")
    assert (found.codes == RUNNING).all()
    assert found.best == (0, int(np.argmin(found.loss[0])))
    assert "does not arrive" in found.explanation
    target = swept(spec_for(racers=["gd"], function="himmelblau", steps=300, target=0.1), "lr=1e-3..0.02:20:log")
    assert (target.codes == TARGET).any()
    assert target.best == (0, int(np.argmin(np.where(target.codes[0] == TARGET, target.steps[0], 10**6))))
    assert "reaches the target" in target.explanation


def test_levels_cancel_and_progress() -> None:
    spec = spec_for(racers=["gd"], function="himmelblau", steps=300)
    objective, (plan,) = objective_of(spec), plans_of(spec)
    x, y = SweepAxis("lr", 1e-4, 0.1, 40, "log"), SweepAxis("weight_decay", 0.0, 1.0, 20)
    maps = list(sweep_levels(objective, plan, x, y, backend("cpu")))
    assert [each.stride for each in maps] == [16, 8, 4, 2, 1]
    for each in maps:
        known = each.codes != UNKNOWN
        assert np.array_equal(each.loss[known], maps[-1].loss[known], equal_nan=True)
        assert np.isnan(each.loss[~known]).all()
        assert known[:: each.stride, :: each.stride].all()
        assert each.best is not None
    assert maps[-1].labels is not None
    assert np.array_equal(maps[-1].labels >= 0, maps[-1].codes == SMALL)
    cancel = threading.Event()
    coming = sweep_levels(objective, plan, x, y, backend("cpu"), cancel=cancel)
    first = next(coming)
    cancel.set()
    with pytest.raises(Cancelled):
        next(coming)
    assert np.array_equal(first.codes, maps[0].codes)


@pytest.mark.parametrize(
    ("text", "axis"),
    [
        ("lr=1e-4..1:64:log", SweepAxis("lr", 1e-4, 1.0, 64, "log")),
        ("lr=1e-4..1", SweepAxis("lr", 1e-4, 1.0, 64, "log")),
        ("beta=0..0.99:10", SweepAxis("beta", 0.0, 0.99, 10, "linear")),
        (" beta = 1/2 .. 0.9 : linear ", SweepAxis("beta", 0.5, 0.9, 64, "linear")),
        ("betas[2]=0...5:3", SweepAxis("betas[2]", 0.0, 0.5, 3, "linear")),
        ("noise=1..2:log:7", SweepAxis("noise", 1.0, 2.0, 7, "log")),
    ],
)
def test_axes_are_read_and_written(text: str, axis: SweepAxis) -> None:
    assert SweepAxis.parse(text) == axis
    assert SweepAxis.parse(axis.text()) == axis
    values = axis.values()
    assert len(values) == axis.count
    assert (values[0], values[-1]) == (axis.low, axis.high)
    assert (np.diff(values) > 0).all()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("lr", "no range of a setting"),
        ("lr=1", "no range of a setting"),
        ("=1..2", "no range of a setting"),
        ("lr=a..2", "not a number"),
        ("lr=2..1", "no range"),
        ("lr=1..1", "no range"),
        ("lr=1..2:1", "1 values"),
        ("lr=1..2:x", "no count and scale"),
        ("lr=1..2:5000", "5,000 values"),
        ("lr=0..2:log", "cannot begin at 0"),
        ("lr=1..2:3:log:4", "no range of a setting"),
    ],
)
def test_axes_that_cannot_be_read(text: str, words: str) -> None:
    with pytest.raises(SpecError, match=words):
        SweepAxis.parse(text)


@pytest.mark.parametrize(
    ("racer", "over", "words"),
    [
        ("gd", ("lr=-1..1:5",), "-1 is out of range"),
        ("gd", ("beta=0..1:5",), "no setting 'beta'"),
        ("momentum", ("beta=0..2:5",), "out of range"),
        ("adam", ("weight_decay=-1..1:5",), "-1 is out of range"),
        ("aggmo", ("betas=0..0.9:5",), "betas is a list"),
        ("aggmo", ("betas[4]=0..0.9:5",), "3 numbers"),
        ("gd", ("lr[1]=0.1..0.9:5",), "not a list"),
        ("gd", ("lr=0.1..0.9:5", "lr=0.1..0.2:5"), "swept twice"),
        ("lbfgs", ("history=1..4:5",), "not a whole number"),
    ],
)
def test_values_out_of_bounds_are_told_before_anything_runs(
    racer: str, over: tuple[str, ...], words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = spec_for(racers=[racer], function="himmelblau")
    monkeypatch.setattr("gdsim.engine.swarm.Ends.empty", lambda *_: pytest.fail("it ran"))
    with pytest.raises(SpecError, match=words):
        swept(spec, *over)


def test_what_changes_in_mid_run_is_not_swept_and_too_many_cells_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    from dataclasses import replace

    spec = spec_for(racers=["gd"], function="himmelblau")
    (plan,) = plans_of(spec)
    axis = SweepAxis("lr", 0.01, 0.1, 5)
    with pytest.raises(SpecError, match="changes in mid-run"):
        sweep_map(objective_of(spec), replace(plan, changes=((3, "lr", 0.1),)), axis, None, backend("numpy"))
    monkeypatch.setattr("gdsim.engine.memory.available", lambda: 1 << 28)
    with pytest.raises(EngineError, match="of memory"):
        swept(spec, "lr=0.01..0.1:4000", "clip=1..2:4000")


def test_divergence_is_kept_as_it_is() -> None:
    found = swept(spec_for(racers=["gd"], formula="x^2", start=(1,), steps=2000), "lr=0.5..3:6")
    assert set(found.codes[0].tolist()) == {SMALL, RUNNING, NONFINITE}
    assert not np.isfinite(found.loss[found.codes == NONFINITE]).any()


def test_the_best_rate_is_not_one_that_hits_by_luck() -> None:
    """Beyond the stable rates a few arrive early by chance; a person would not want one of them."""
    spec = spec_for(function="himmelblau", racers=["gd"], start=(0.5, 4.5), steps=400, target=0.1)
    objective, (plan,) = objective_of(spec), plans_of(spec)
    found = sweep_map(objective, plan, SweepAxis("lr", 1e-5, 1.0, 128, "log"), None, backend("numpy"))
    assert found.best is not None
    column = found.best[1]
    assert (found.codes[0, column - 2 : column + 1] == TARGET).all()
    assert 0.005 < found.x.values()[column] < 0.022
    codes = np.array([[TARGET, TARGET, TARGET, RUNNING, TARGET, NONFINITE]], dtype=np.uint8)
    steps, loss = np.array([[9, 8, 7, 99, 2, 3]], dtype=np.int32), np.array([[0.1, 0.1, 0.1, 5.0, 0.1, np.inf]])
    assert best_cell(objective, plan.start, loss, steps, codes) == (0, 2)
    alone = np.where(np.arange(6) == 4, TARGET, RUNNING).astype(np.uint8)[None]
    assert best_cell(objective, plan.start, loss, steps, alone) == (0, 4)
