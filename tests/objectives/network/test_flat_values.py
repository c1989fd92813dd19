"""J of models without hidden layers at many points at once, against one point at a time; and painted as a surface."""

import numpy as np
import pytest

from gdsim import catalogue
from gdsim.engine import reference
from gdsim.engine.backend import Plane, Slice
from gdsim.objectives.data.make import samples_of
from gdsim.objectives.data.tables import default_data
from gdsim.objectives.network import network as network_module
from gdsim.objectives.network.network import network_objective
from gdsim.session.learning import problem_of
from gdsim.session.make_learning import make_model

NUMBERS = [name for name, entry in catalogue.losses().items() if entry.targets == "number"]
CLASSES = [name for name, entry in catalogue.losses().items() if entry.targets != "number"]


def objective(data, kind="linear", **more):
    data = default_data(data) if isinstance(data, str) else data
    return network_objective(make_model(kind, len(data.classes), **more), samples_of(data))


def check(made, scale=1.0, shape=(4, 3)):
    theta = scale * np.random.default_rng(0).normal(size=(made.n, *shape))
    many = made.value(theta)
    one = np.array([made.value(theta[(slice(None), *place)]) for place in np.ndindex(*shape)]).reshape(shape)
    np.testing.assert_allclose(many, one, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("loss", NUMBERS)
@pytest.mark.parametrize("data", ["line", "plane"])
def test_every_loss_of_numbers(loss, data):
    check(objective(data, loss=loss))
    check(objective(data, loss=loss, l1=0.1, l2=0.3), scale=5.0)


@pytest.mark.parametrize("loss", CLASSES)
def test_every_loss_of_two_classes(loss):
    check(objective("moons", loss=loss, l2=0.2))


@pytest.mark.parametrize("data", ["iris", "rings"])
def test_several_classes(data):
    check(objective(data, kind="softmax", l1=0.1))


@pytest.mark.parametrize("output", ["tanh", "relu", "sigmoid"])
def test_an_activation_of_the_output(output):
    check(objective("line", output=output), scale=3.0)


def test_a_hidden_layer_goes_point_by_point():
    check(objective("moons", kind="mlp:3", l2=0.1))


def test_points_are_worked_on_in_tiles(monkeypatch):
    monkeypatch.setattr(network_module, "_TILE", 1)
    check(objective("plane"))


def test_far_away_the_loss_is_what_it_is():
    made = objective("line")
    found = made.value(np.array([[1e200, np.inf, np.nan], [0.0, 0.0, 1.0]]))
    assert np.isinf(found[:2]).all()
    assert np.isnan(found[2])


@pytest.mark.parametrize("kind", ["linear", "mlp:2"])
def test_a_surface_has_the_values(kind):
    made = objective("line", kind=kind)
    base = tuple(np.random.default_rng(1).normal(size=made.n))
    where = Slice(base, (0, 1), (-1.0, 2.0), (-3.0, 1.0), 5, 4)
    found = reference.surface(made, where, None)
    for row, y in enumerate(where.ys()):
        for column, x in enumerate(where.xs()):
            assert found[row, column] == pytest.approx(made.value(np.array([x, y, *base[2:]])), rel=1e-12)
    plane = reference.landscape(made, Plane.of_slice(where), None)
    np.testing.assert_allclose(plane, found, rtol=1e-12)


@pytest.mark.parametrize("loss", ["mse", "mae", "huber"])
@pytest.mark.parametrize("seed", range(4))
def test_the_home_of_a_line_holds_its_best_and_its_start(loss, seed):
    data = default_data("line").replace(seed=seed, noise=0.5)
    model = make_model("linear", 0, loss=loss, seed=seed)
    problem, samples = problem_of(data, model), samples_of(data)
    made = network_objective(model, samples)
    best = np.polyfit(samples.x[0], samples.y, 1)
    for (low, high), *values in zip(problem.domain, best, made.start, strict=True):
        assert all(low < value < high for value in values)
        assert high - low < 30


def test_the_home_of_a_line_stays_while_a_sample_moves_a_little():
    data = default_data("line")
    moved = data.replace(columns=("x", "y"), rows=((1.0, 1.6),))
    nudged = data.replace(columns=("x", "y"), rows=((1.0, 1.65),))
    model = make_model("linear", 0)
    assert problem_of(moved, model).domain == problem_of(nudged, model).domain


def test_other_models_have_the_usual_home():
    assert problem_of(default_data("moons"), make_model("logistic", 2)).domain == ((-3.0, 3.0),) * 3
    assert problem_of(default_data("digits"), make_model("softmax", 10)).domain == ()
