"""Clouds of mini-batch gradients: single gradients, the mean, and the law of 1/sqrt(B)."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from gdsim.analysis.gradient_cloud import gradient_cloud, law, sample_gradients
from tests.objectives.network.network_cases import objective_of
from tests.objectives.network.torch_nets import CASES, Case

FREE = [case for case in CASES if not any(norm == "batch" for _, _, norm, _, _ in case.hidden)]


@pytest.mark.parametrize("case", FREE, ids=lambda case: case.name)
def test_single_gradients_are_those_of_batches_of_one(case: Case) -> None:
    bare = Case(case.name, case.features, case.hidden, case.loss, case.classes, case.samples, case.seed)
    objective = objective_of(bare)
    theta = bare.theta(objective.n)
    single = sample_gradients(objective, theta)
    assert single.shape == (bare.samples, objective.n)
    for k in (0, 5, bare.samples - 1):
        assert np.allclose(single[k], objective.batch_gradient(theta, np.array([k]))[1], rtol=1e-9, atol=1e-11)
    assert np.allclose(single.mean(axis=0), objective.value_gradient(theta)[1], rtol=1e-9, atol=1e-11)


def test_the_law_holds_exactly_over_all_batches() -> None:
    objective = objective_of(Case("small", 2, (), "mse", 0, samples=6))
    single = sample_gradients(objective, np.array([0.4, -0.3, 0.1]))
    full = single.mean(axis=0)
    sigma = np.sqrt(np.mean(np.sum((single - full) ** 2, axis=1)))
    for size in range(1, 7):
        means = np.array([single[list(chosen)].mean(axis=0) for chosen in itertools.combinations(range(6), size)])
        spread = np.sqrt(np.mean(np.sum((means - full) ** 2, axis=1)))
        assert spread == pytest.approx(float(law(sigma, np.array([size]), 6)[0]), rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("name", ["tanh", "batch norm"])
def test_the_cloud_lies_about_the_full_gradient(name: str) -> None:
    case = next(each for each in CASES if each.name == name)
    objective = objective_of(case)
    cloud = gradient_cloud(objective, case.theta(objective.n), 6, draws=400)
    assert cloud.points.shape == (400, 2)
    assert cloud.full_point[0] == pytest.approx(np.linalg.norm(cloud.full))
    assert cloud.sizes[0] == 1
    assert cloud.sizes[-1] == case.samples
    assert cloud.spreads[-1] == pytest.approx(0.0, abs=1e-9 * np.linalg.norm(cloud.full))
    if name == "tanh":
        assert cloud.spread == pytest.approx(cloud.expected, rel=0.15)
        error = cloud.points[:, 0].std() / 20
        assert abs(cloud.points[:, 0].mean() - cloud.full_point[0]) < 5 * error


def test_a_batch_of_all_has_no_cloud() -> None:
    case = CASES[0]
    objective = objective_of(case)
    cloud = gradient_cloud(objective, case.theta(objective.n), 10_000, draws=5)
    assert cloud.batch == case.samples
    assert cloud.spread == pytest.approx(0.0, abs=1e-12)
    assert cloud.expected == 0.0


def test_the_noise_scale_is_where_the_law_meets_the_gradient() -> None:
    case = next(each for each in CASES if each.name == "tanh")
    objective = objective_of(case)
    cloud = gradient_cloud(objective, case.theta(objective.n), 1, draws=20)
    meets = law(cloud.sigma, np.array([cloud.noise_scale]), cloud.count)
    assert float(meets[0]) == pytest.approx(np.linalg.norm(cloud.full), rel=1e-9)


def test_a_larger_batch_goes_on_where_a_smaller_one_was() -> None:
    case = next(each for each in CASES if each.name == "tanh")
    objective = objective_of(case)
    theta = case.theta(objective.n)
    near, nearer = (gradient_cloud(objective, theta, size, draws=40) for size in (case.samples - 2, case.samples - 1))
    far = gradient_cloud(objective, theta, 1, draws=40)
    moved = np.linalg.norm(nearer.points - near.points, axis=1).mean()
    assert moved < 0.2 * np.linalg.norm(near.points - far.points, axis=1).mean()
    assert np.array_equal(far.full_point, near.full_point)


def test_words() -> None:
    case = next(each for each in CASES if each.name == "tanh")
    objective = objective_of(case)
    theta = case.theta(objective.n)
    assert "no noise" in gradient_cloud(objective, theta, case.samples, draws=5).words
    few = gradient_cloud(objective, theta, 2, draws=50)
    count = round(few.against * 50)
    assert few.words.startswith(f"{count} of 50 batches of 2 point" if count else "None of 50")
