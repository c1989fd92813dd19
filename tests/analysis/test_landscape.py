"""Slices through a network's loss: every value against the objective itself, directions against numpy.linalg."""

from __future__ import annotations

import threading
from functools import cache

import numpy as np
import pytest

from gdsim.analysis.landscape import (
    Directions,
    Landscape,
    components,
    explained,
    filter_normalised,
    landscape,
    projected,
    share_words,
)
from gdsim.analysis.weight_path import path_steps, replayed, weight_path
from gdsim.errors import Cancelled, SpecError
from gdsim.objectives.network.design import Norm
from gdsim.session.history import History
from gdsim.session.make_data import data_for
from gdsim.session.make_learning import learning_spec, make_model
from gdsim.session.runner import Runner

KINDS: tuple[Directions, ...] = ("random", "pca", "runs")


TWO = ("adam,lr=0.05", "gd,lr=0.2")


@cache
def trained(model: str, norm: Norm = "none", steps: int = 60, racers: tuple[str, ...] = TWO) -> History:
    data = data_for("line" if model == "linear" else "spiral", size=40)
    spec = learning_spec(
        data, make_model(model, len(data.classes), norm=norm), racers=racers, steps=steps, batch=10, backend="numpy"
    )
    runner = Runner(spec)
    while not runner.advance(10.0):
        pass
    return runner.history


def at(shown: Landscape, a: float, b: float) -> np.ndarray:
    return shown.base + a * shown.first + b * shown.second


@pytest.mark.parametrize("norm", ["none", "batch", "layer"])
@pytest.mark.parametrize("kind", KINDS)
def test_the_plane_holds_the_objective_s_own_values(kind: Directions, norm: Norm) -> None:
    history = trained("mlp:4,3", norm)
    shown = landscape(history, 0, 60, kind, other=1, resolution=7)
    assert shown.values.shape == (7, 7)
    for row in (0, 3, 6):
        for column in (0, 2, 6):
            theta = at(shown, shown.a[column], shown.b[row])
            assert shown.values[row, column] == pytest.approx(history.objective.value(theta), rel=1e-12)
    for k in (0, len(shown.steps) // 2, -1):
        theta = history.weights(0, int(shown.steps[k]))[0]
        assert shown.losses[k] == pytest.approx(history.objective.value(theta), rel=1e-12)
        assert shown.shadow[k] == pytest.approx(history.objective.value(at(shown, *shown.path[k])), rel=1e-12)


@pytest.mark.parametrize("norm", ["none", "batch"])
def test_every_unit_keeps_the_size_of_its_weights(norm: Norm) -> None:
    net = trained("mlp:4,3", norm).objective.net
    theta = np.random.default_rng(3).standard_normal(net.size)
    theta[net.layers[1].weights.place][:4] = 0.0
    found = filter_normalised(net, theta, np.random.default_rng(4))
    rest = np.ones(net.size, dtype=bool)
    for layer in net.layers:
        w, d = (each[layer.weights.place].reshape(layer.weights.shape) for each in (theta, found))
        sizes = np.linalg.norm(w, axis=1)
        assert np.allclose(np.linalg.norm(d, axis=1), np.where(sizes > 0, sizes, 1.0), rtol=1e-12)
        rest[layer.weights.place] = False
    assert not found[rest].any()
    other = filter_normalised(net, theta, np.random.default_rng(5))
    assert abs(found @ other) < 0.9 * np.linalg.norm(found) * np.linalg.norm(other)


def test_components_are_those_of_the_singular_values() -> None:
    path = np.random.default_rng(0).standard_normal((30, 12)) * np.geomspace(10, 0.1, 12)
    first, second = components(path)
    centred = path - path.mean(axis=0)
    _, sizes, axes = np.linalg.svd(centred)
    assert abs(first @ axes[0]) == pytest.approx(1.0)
    assert abs(second @ axes[1]) == pytest.approx(1.0)
    shares = explained(path, first, second)
    assert shares == pytest.approx(sizes[:2] ** 2 / np.sum(sizes**2))
    whole = np.concatenate([explained(path, axes[k], axes[k + 1]) for k in range(0, 12, 2)])
    assert whole.sum() == pytest.approx(1.0)
    covariance = np.sort(np.linalg.eigvalsh(np.cov(path.T)))[::-1]
    assert shares == pytest.approx(covariance[:2] / covariance.sum())


def test_what_the_second_axis_shares_with_the_first_counts_once() -> None:
    path = np.random.default_rng(1).standard_normal((20, 5))
    first, across = np.eye(5)[:2]
    assert explained(path, first, across + 3 * first) == pytest.approx(explained(path, first, across))
    assert np.isnan(explained(np.ones((4, 3)), np.eye(3)[0], np.eye(3)[1])).all()


def test_projection_is_the_nearest_point_of_the_plane() -> None:
    random = np.random.default_rng(2)
    base, first, second, points = (random.standard_normal(size) for size in (6, 6, 6, (9, 6)))
    for point, (a, b) in zip(points, projected(points, base, first, second), strict=True):
        left = point - (base + a * first + b * second)
        assert abs(left @ first) < 1e-12 * np.linalg.norm(first) * 10
        assert abs(left @ second) < 1e-12 * np.linalg.norm(second) * 10


@pytest.mark.parametrize("kind", KINDS)
def test_two_weights_are_a_plane_without_a_gap(kind: Directions) -> None:
    history = trained("linear", racers=("gd,lr=0.05", "adam,lr=0.1"))
    shown = landscape(history, 0, 60, kind, other=1, resolution=5)
    assert history.objective.n == 2
    assert shown.gap < 1e-9
    assert shown.held == pytest.approx(1.0)
    assert np.allclose([at(shown, *place) for place in shown.path], weight_path(history, 0).points, atol=1e-12)
    assert "nothing is left out" in shown.trust
    if kind == "random":
        assert shown.names == ("m", "b")


def test_between_two_runs_both_ends_are_where_they_should_be() -> None:
    history = trained("mlp:4,3")
    shown = landscape(history, 0, 20, "runs", other=1, resolution=5, racers=(0, 1))
    mine, other = (history.weights(k, history.traces[k].last)[0] for k in (0, 1))
    assert np.array_equal(at(shown, 0, 0), mine)
    assert at(shown, 1, 0) == pytest.approx(other)
    assert shown.path[-1] == pytest.approx([0, 0], abs=1e-9)
    assert shown.step == 60
    (track,) = shown.others
    assert track.racer == 1
    assert track.places[-1] == pytest.approx([1, 0], abs=1e-9)
    assert track.places[0] == pytest.approx(shown.path[0])
    assert abs(shown.first @ shown.second) < 1e-9 * float(shown.first @ shown.first)
    for places, axis in ((np.append(shown.path[:, 0], 1.0), shown.a), (shown.path[:, 1], shown.b)):
        assert axis[0] <= places.min()
        assert axis[-1] >= places.max()


def test_random_directions_start_at_the_step_that_is_shown() -> None:
    history = trained("mlp:4,3")
    shown = landscape(history, 0, 20, "random", resolution=5)
    assert np.array_equal(shown.base, history.weights(0, 20)[0])
    assert shown.step == 20
    assert len(shown.steps) > 2
    assert shown.steps[-1] == 60
    assert shown.values[2, 2] == pytest.approx(history.objective.value(shown.base))
    again = landscape(history, 0, 20, "random", resolution=5)
    assert np.array_equal(again.values, shown.values)
    assert not np.array_equal(landscape(history, 0, 20, "random", resolution=5, seed=1).values, shown.values)
    wider = landscape(history, 0, 20, "random", resolution=5, reach=2.0)
    assert wider.a == pytest.approx(2 * shown.a)


def test_the_components_plane_goes_through_the_end_and_shows_the_whole_path() -> None:
    shown = landscape(trained("mlp:4,3"), 0, 5, "pca", resolution=5)
    assert shown.path[-1] == pytest.approx([0, 0], abs=1e-12)
    assert shown.losses[-1] == pytest.approx(shown.shadow[-1])
    assert shown.a[0] < shown.path[:, 0].min() < shown.path[:, 0].max() < shown.a[-1]
    assert shown.b[0] < shown.path[:, 1].min() < shown.path[:, 1].max() < shown.b[-1]
    assert shown.explained[0] > shown.explained[1] > 0
    assert shown.held == pytest.approx(shown.explained.sum())
    random = landscape(trained("mlp:4,3"), 0, 60, "random", resolution=5)
    assert random.held < shown.held
    assert shown.gap > 0
    assert share_words(shown.held) in shown.trust


def test_a_model_of_zeros_has_a_landscape_as_well() -> None:
    data = data_for("line")
    spec = learning_spec(data, make_model("linear", 0, init="zeros"), racers=("gd",), steps=1, backend="numpy")
    runner = Runner(spec)
    runner.advance(10.0)
    shown = landscape(runner.history, 0, 0, "random", resolution=5)
    assert np.ptp(shown.values) > 0
    net = trained("mlp:4,3").objective.net
    assert np.linalg.norm(filter_normalised(net, np.zeros(net.size), np.random.default_rng(0))) > 0


def test_what_cannot_be_is_said() -> None:
    history = trained("mlp:4,3")
    with pytest.raises(SpecError, match="another racer"):
        landscape(history, 0, 60, "runs", other=-1)
    with pytest.raises(SpecError, match="another racer"):
        landscape(history, 0, 60, "runs", other=0)
    with pytest.raises(SpecError, match="not moved"):
        components(np.ones((5, 4)))
    short = trained("mlp:4,3", steps=1)
    with pytest.raises(SpecError, match="three steps"):
        landscape(short, 0, 1, "pca")
    assert landscape(short, 0, 0, "random", resolution=3).values.shape == (3, 3)
    stop = threading.Event()
    stop.set()
    with pytest.raises(Cancelled):
        landscape(history, 0, 60, cancel=stop)


def test_a_run_that_left_all_bounds_shows_what_was_finite() -> None:
    history = trained("linear", racers=("gd,lr=1e200", "adam"), steps=20)
    shown = landscape(history, 0, 0, "random", resolution=5)
    assert np.isfinite(shown.path).all()
    assert shown.steps[-1] < 20
    assert shown.trust


def test_progress_reaches_its_end() -> None:
    told: list[tuple[int, int]] = []
    landscape(trained("mlp:4,3"), 0, 60, resolution=25, progress=lambda done, total: told.append((done, total)))
    assert told[-1][0] == told[-1][1]
    assert len(told) > 4


@pytest.mark.parametrize("last", [0, 1, 7, 255, 256, 257, 800, 10_000, 1_000_000])
def test_few_steps_have_to_be_replayed(last: int) -> None:
    for kept in (True, False):
        steps = path_steps(last, kept)
        assert steps[0] == 0
        assert steps[-1] == last
        assert (np.diff(steps) > 0).all()
        assert len(steps) <= 80
        if last > 2000:
            assert len(steps) > 30
    assert replayed(path_steps(last, False)) <= 4500


def test_a_path_read_forward_is_the_run_s_own() -> None:
    history = trained("mlp:4,3", "layer", steps=300)
    path = weight_path(history, 1)
    assert history.traces[1].n == 0
    for k in (1, len(path.steps) // 2, -1):
        alone = history.backend.stepper(history.objective, history.plans[1])
        alone.rewind(history.traces[1], int(path.steps[k]))
        assert np.array_equal(path.points[k], alone.snapshot()[-history.objective.n :])
