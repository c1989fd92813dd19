"""Basin maps against brute force: every pixel is the run that a racer takes from there."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from gdsim.analysis.basins import DIVERGED, UNFINISHED, UNKNOWN, BasinMap, basin_levels, basin_map, slice_of
from gdsim.analysis.fill_in import levels
from gdsim.engine.select import backend
from gdsim.engine.status import Status
from gdsim.engine.swarm import Ends
from gdsim.errors import Cancelled, EngineError, SpecError
from gdsim.session.make import spec_for
from gdsim.session.resolve import objective_of, plans_of
from gdsim.session.runner import Runner
from gdsim.session.spec import RunSpec


def mapped(spec: RunSpec, size: tuple[int, int] = (9, 7), name: str = "numpy", **where: Any) -> BasinMap:
    objective, (plan,) = objective_of(spec), plans_of(spec)
    return basin_map(objective, plan, slice_of(objective, spec.start, size, **where), backend(name), spec.dtype)


BRUTE = [
    (["adam,lr=0.2"], {"function": "himmelblau", "steps": 400}),
    (["momentum,lr=0.02,beta=0.9"], {"function": "himmelblau", "steps": 300}),
    (["gd,lr=0.02"], {"function": "six_hump_camel", "steps": 400}),
    (["gd,lr=0.05"], {"formula": "(x^2-1)^2 + y^2", "steps": 400}),
    (["gd,lr=0.01"], {"function": "himmelblau", "steps": 400, "target": 0.5}),
    (["gd,lr=0.02,weight_decay=0.3"], {"formula": "(x^2-4)^2/4 + (y-1)^2", "steps": 600}),
    (["lbfgs"], {"function": "himmelblau", "steps": 40}),
]


@pytest.mark.parametrize("name", ["numpy", "cpu"])
@pytest.mark.parametrize(("racers", "rest"), BRUTE, ids=[f"{r[0]} {next(iter(k.values()))}" for r, k in BRUTE])
def test_each_pixel_is_the_run_from_there(racers: list[str], rest: dict[str, Any], name: str) -> None:
    spec = spec_for(racers=racers, backend="cpu", **rest)  # type: ignore[arg-type]
    box = {"domain": ((-3.1, 2.9), (-2.8, 3.0))}
    found = mapped(spec, name=name, **box)
    seen = set()
    for row in range(7):
        for column in range(9):
            start, label, steps, loss, end = found.at(row, column)
            history = Runner(spec.replace(start=tuple(start.tolist()))).run()
            last = history.row(0, history.traces[0].last)
            assert steps == last.step
            if np.isfinite(last.loss):  # on the way out a last bit becomes a power of ten
                assert np.allclose(end, last.theta, rtol=1e-6, atol=1e-9)
            assert loss == pytest.approx(last.loss, rel=1e-6, abs=1e-9, nan_ok=True)
            status = history.status(0)
            seen.add(label)
            if label == DIVERGED:
                assert status is Status.DIVERGED
            elif label == UNFINISHED:
                assert status is Status.STEP_LIMIT
            else:
                gaps = [float(np.linalg.norm(each.point - end)) for each in found.attractors]
                assert label == int(np.argmin(gaps))
                assert status is (Status.TARGET if spec.target is not None else found.attractors[label].status)
                assert min(gaps) < (0.5 if spec.target is not None else 1e-4)
    assert max(seen) >= 0
    assert [each.count for each in found.attractors] == [
        int((found.labels == k).sum()) for k in range(len(found.attractors))
    ]


def test_the_catalogues_minima_are_known_again_and_saddles_are_called_so() -> None:
    found = mapped(spec_for(racers=["adam,lr=0.2"], function="himmelblau", steps=500), (24, 24))
    assert {tuple(each.point.tolist()) for each in found.attractors} == {
        (3.0, 2.0), (-2.805118086952745, 3.131312518250573), (-3.779310253377747, -3.283185991286170),
        (3.584428340330492, -1.848126526964404),
    }  # fmt: skip
    assert all(each.known and each.kind == "minimum" and each.value == 0.0 for each in found.attractors)
    ridge = mapped(spec_for(racers=["gd,lr=0.05"], formula="(x^2-1)^2 + y^2"), (9, 5), domain=((-2, 2), (-1, 1)))
    assert [each.kind for each in ridge.attractors] == ["minimum", "minimum", "saddle"]
    assert set(ridge.labels[:, 4].tolist()) == {2}
    assert ridge.attractors[2].point == pytest.approx([0.0, 0.0])
    assert not any(each.known for each in ridge.attractors)


@pytest.mark.parametrize(
    ("formula", "box"),
    [("(x-y)^2", ((-2, 2), (-2, 2))), ("(x^2+y^2-1)^2", ((-2, 2), (-2, 2)))],
)
def test_a_continuum_of_minima_is_one_attractor_at_every_level(formula: str, box: Any) -> None:
    spec = spec_for(racers=["gd,lr=0.05"], formula=formula)
    objective, (plan,) = objective_of(spec), plans_of(spec)
    where = slice_of(objective, spec.start, (40, 40), domain=box)
    for found in basin_levels(objective, plan, where, backend("cpu")):
        assert [each.kind for each in found.attractors] == ["valley"]
        assert found.attractors[0].count == np.count_nonzero(found.labels != UNKNOWN)


def test_levels_are_consistent_and_compute_each_pixel_once() -> None:
    spec = spec_for(racers=["momentum,lr=0.02,beta=0.9"], function="himmelblau", steps=200)
    objective, (plan,) = objective_of(spec), plans_of(spec)
    where = slice_of(objective, spec.start, (70, 45))
    told: list[tuple[int, int]] = []
    maps = list(
        basin_levels(objective, plan, where, backend("cpu"), progress=lambda done, total: told.append((done, total)))
    )
    assert [each.stride for each in maps] == [16, 8, 4, 2, 1]
    assert [each.finished for each in maps] == [False] * 4 + [True]
    last = maps[-1]
    for each in maps:
        known = each.labels != UNKNOWN
        rows, columns = np.indices(known.shape)
        assert np.array_equal(known, (rows % each.stride == 0) & (columns % each.stride == 0))
        assert np.array_equal(each.labels[known], last.labels[known])
        assert np.array_equal(each.steps[known], last.steps[known])
        for index, attractor in enumerate(each.attractors):
            assert np.array_equal(attractor.point, last.attractors[index].point)
    assert told[-1] == (70 * 45, 70 * 45)
    assert all(total == 70 * 45 for _, total in told)
    assert [done for done, _ in told] == sorted(done for done, _ in told)


@pytest.mark.parametrize(("ny", "nx"), [(1, 1), (1, 50), (16, 16), (17, 33), (5, 3), (64, 2)])
def test_the_levels_part_the_grid(ny: int, nx: int) -> None:
    numbers = np.concatenate([part for _, part in levels(ny, nx)])
    assert np.array_equal(np.sort(numbers), np.arange(ny * nx))
    assert [stride for stride, _ in levels(ny, nx)][-1] == 1


def test_cancelling_keeps_what_is_done() -> None:
    spec = spec_for(racers=["adam,lr=0.2"], function="himmelblau", steps=300)
    objective, (plan,) = objective_of(spec), plans_of(spec)
    where = slice_of(objective, spec.start, (64, 64))
    whole = basin_map(objective, plan, where, backend("cpu"))
    cancel = threading.Event()
    coming = basin_levels(objective, plan, where, backend("cpu"), cancel=cancel)
    kept: list[BasinMap] = [next(coming) for _ in range(3)]
    cancel.set()
    with pytest.raises(Cancelled):
        next(coming)
    assert [each.stride for each in kept] == [16, 8, 4]
    known = kept[-1].labels != UNKNOWN
    assert np.count_nonzero(known) == 16 * 16
    assert np.array_equal(kept[-1].steps[known], whole.steps[known])
    assert np.array_equal(kept[-1].labels[known], whole.labels[known])
    assert kept[-1].ends.done >= 16 * 16


def test_a_map_that_is_cancelled_before_it_begins_has_nothing() -> None:
    spec = spec_for(racers=["adam,lr=0.2"], function="himmelblau")
    objective, (plan,) = objective_of(spec), plans_of(spec)
    cancel = threading.Event()
    cancel.set()
    levels_ = basin_levels(objective, plan, slice_of(objective, spec.start), backend("numpy"), cancel=cancel)
    with pytest.raises(Cancelled):
        next(levels_)


def test_a_tolerance_of_zero_would_let_nothing_arrive() -> None:
    found = mapped(spec_for(racers=["gd,lr=0.1"], formula="x^2+y^2", tolerance=0))
    assert "1e-06" in found.note
    assert found.count(0) == 63
    plain = mapped(spec_for(racers=["gd,lr=0.1"], formula="x^2+y^2"))
    assert plain.note == ""
    assert np.array_equal(plain.steps, found.steps)


def test_a_target_that_is_reached_where_nothing_rests() -> None:
    found = mapped(spec_for(racers=["gd,lr=0.1"], formula="x + y", target=-20, steps=300))
    assert found.attractors == ()
    assert found.count(UNFINISHED) == 63


def test_lines_and_slices_of_more_coordinates() -> None:
    line = mapped(spec_for(racers=["gd,lr=0.1"], formula="x^2/20 + cos(3x)"), (120, 1))
    assert line.labels.shape == (1, 120)
    values = [each.value for each in line.attractors]
    assert len(values) == 6
    start, label, _, _, end = line.at(0, 60)
    assert end == pytest.approx(line.attractors[label].point, abs=1e-5)
    assert start[0] == pytest.approx(-5 + 10 * 60 / 119)
    spec = spec_for(racers=["adam,lr=0.1"], function="styblinski_tang,n=5", start=(1, 1, -2, -2, -2))
    plane = mapped(spec, (9, 9), axes=(1, 3))
    assert len(plane.attractors) == 4
    assert all(each.point[0] > 0 and each.point[2] < 0 and each.point[4] < 0 for each in plane.attractors)
    start, *_ = plane.at(0, 8)
    assert start.tolist() == [1.0, 5.0, -2.0, -5.0, -2.0]


@pytest.mark.parametrize(
    ("where", "words"),
    [
        ({"axes": (0, 0)}, "two different coordinates"),
        ({"axes": (0, 2)}, "two different coordinates"),
        ({"domain": ((1, 1), (0, 2))}, "no range"),
        ({"domain": ((0, 1),)}, "1 ranges for 2 axes"),
        ({"size": (1, 5)}, "make no map"),
    ],
)
def test_slices_that_make_no_map(where: dict[str, Any], words: str) -> None:
    objective = objective_of(spec_for(function="himmelblau"))
    with pytest.raises(SpecError, match=words):
        slice_of(objective, (0.0, 0.0), **where)


def test_too_large_a_map_is_refused_with_the_figure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gdsim.engine.memory.available", lambda: 1 << 30)
    monkeypatch.setattr(Ends, "empty", lambda *_: pytest.fail("memory was taken"))
    spec = spec_for(racers=["gd"], function="himmelblau")
    with pytest.raises(EngineError, match=r"GiB of memory"):
        mapped(spec, (8000, 8000))


def test_float32_finds_the_same_minima() -> None:
    spec = spec_for(racers=["adam,lr=0.1"], function="six_hump_camel", dtype="float32", steps=2000)
    found = mapped(spec, (32, 32), "cpu")
    assert len(found.attractors) == 6
    assert all(each.known for each in found.attractors)


def test_changes_in_mid_run_hold_for_every_pixel() -> None:
    spec = spec_for(racers=["gd,lr=0.1"], formula="x^2+y^2", steps=60)
    (plan,) = plans_of(spec)
    late = replace(plan, changes=((10, "lr", 0.4),))
    objective = objective_of(spec)
    where = slice_of(objective, spec.start, (5, 5))
    slow, fast = (basin_map(objective, each, where, backend("cpu")) for each in (plan, late))
    assert slow.steps[0, 0] > fast.steps[0, 0] > 10
