"""Compiled passes against the NumPy reference and against autograd: every kind of layer and loss, any shape."""

from __future__ import annotations

import numpy as np
import pytest
from autograd import grad

from gdsim.engine import grid, noise
from gdsim.engine.backend import DType, Plane
from gdsim.engine.network import layout
from gdsim.engine.network.code import network_code
from gdsim.engine.network.compiled import CompiledNetwork
from gdsim.errors import Cancelled
from gdsim.objectives.network.design import Activation, Layer, Loss, Model
from gdsim.objectives.network.network import NetworkObjective, network_objective
from gdsim.objectives.network.passes import fresh_buffers
from tests.engine.network import nets

NAMES = list(nets.MODELS)


def compiled(objective: NetworkObjective, dtype: DType = "float64", batch: int = 0) -> CompiledNetwork:
    return CompiledNetwork(objective, network_code(objective.net, objective.model.loss, dtype).result(), batch)


def gap(found: np.ndarray, wanted: np.ndarray) -> float:
    """The largest difference, relative to the size of what is wanted."""
    return float(np.max(np.abs(found - wanted)) / (1e-3 + np.max(np.abs(wanted))))


def some_buffers(objective: NetworkObjective) -> np.ndarray:
    return fresh_buffers(objective.net) + np.random.default_rng(5).uniform(0.0, 1.0, objective.net.buffers)


@pytest.mark.parametrize("count", [1, 15, 16, 45, 300])
@pytest.mark.parametrize("name", NAMES)
def test_loss_and_gradient_agree_with_the_reference(name: str, count: int) -> None:
    objective = nets.objective(name, count)
    theta = nets.theta_of(objective)
    loss, gradient = compiled(objective).value_gradient(theta)
    wanted, slope = objective.batch_gradient(theta)
    assert loss == pytest.approx(wanted, rel=1e-12)
    assert gap(gradient, slope) < 1e-11


@pytest.mark.parametrize("name", NAMES)
def test_gradient_agrees_with_autograd(name: str) -> None:
    objective = nets.objective(name)
    theta, index = nets.theta_of(objective), np.random.default_rng(3).permutation(45)[:29]
    loss, gradient = compiled(objective).value_gradient(theta, index)
    assert loss == pytest.approx(float(nets.loss_in_autograd(objective, theta, index)), rel=1e-12)
    assert gap(gradient, grad(lambda w: nets.loss_in_autograd(objective, w, index))(theta)) < 1e-10


@pytest.mark.parametrize("name", ["dropout", "everything"])
def test_gradient_with_dropout_agrees_with_autograd_and_moves_the_statistics(name: str) -> None:
    objective = nets.objective(name, 140)
    theta, seed, step = nets.theta_of(objective), 4, 11
    index = np.random.default_rng(3).permutation(140)[:133]
    masks, reference = {}, some_buffers(objective)
    fresh = reference.copy()
    for k, layer in enumerate(objective.net.layers):
        drawn = noise.dropout_uniforms(seed, step, k, layer.outputs, len(index))
        masks[k] = np.where(drawn <= layer.dropout, 0.0, 1.0 / (1.0 - layer.dropout))
    loss, gradient = compiled(objective).step_gradient(theta, index, fresh, int(noise.dropout_key(seed, step)))
    assert loss == pytest.approx(float(nets.loss_in_autograd(objective, theta, index, masks)), rel=1e-12)
    assert gap(gradient, grad(lambda w: nets.loss_in_autograd(objective, w, index, masks))(theta)) < 1e-10

    def uniforms(layer: int, units: int, samples: int) -> np.ndarray:
        return noise.dropout_uniforms(seed, step, layer, units, samples)

    objective.batch_gradient(theta, index, uniforms, reference)
    assert np.allclose(fresh, reference, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("name", NAMES)
def test_outputs_losses_and_accuracies_agree_with_the_reference(name: str) -> None:
    objective = nets.objective(name, 150, tests=37)
    theta, buffers, net = nets.theta_of(objective), some_buffers(objective), compiled(objective)
    x = np.random.default_rng(9).normal(size=(3, 1000))
    assert gap(net.forward(theta, buffers, x), objective.outputs(theta, x, buffers)) < 1e-12
    for data, test in ((net.train_set, False), (net.test_set, True)):
        loss, share = net.evaluate(theta, buffers, data)
        wanted, right = objective.evaluate(theta, buffers, test)
        assert loss == pytest.approx(wanted, rel=1e-12)
        assert share == right or (np.isnan(share) and np.isnan(right))
    assert all(np.isnan(net.evaluate(theta, buffers, net.set_of(x[:, :0], x[0, :0]))))


@pytest.mark.parametrize("name", NAMES)
def test_single_precision_is_close_to_double(name: str) -> None:
    objective = nets.objective(name, 100)
    theta = nets.theta_of(objective).astype(np.float32)
    loss, gradient = compiled(objective, "float32").value_gradient(theta)
    wanted, slope = compiled(objective).value_gradient(theta.astype(np.float64))
    assert gradient.dtype == np.float32
    assert loss == pytest.approx(wanted, rel=1e-5)
    assert gap(gradient, slope) < 2e-5


def test_random_shapes_agree_with_the_reference() -> None:
    rng = np.random.default_rng(0)
    activations = (nets.TANH, nets.RELU, nets.SINE, nets.SWISH)
    for _ in range(40):
        layers = tuple(
            Layer(
                int(rng.integers(1, 20)), activations[rng.integers(4)], ("none", "batch", "layer")[rng.integers(3)],
                bool(rng.integers(2)),
            )
            for _ in range(rng.integers(0, 4))
        )  # fmt: skip
        features, classes = int(rng.integers(1, 10)), int(rng.integers(2, 6))
        model = Model(layers=layers, loss=nets.CROSS_ENTROPY)
        objective = network_objective(model, nets.samples(int(rng.integers(2, 200)), features, classes))
        theta = nets.theta_of(objective)
        loss, gradient = compiled(objective).value_gradient(theta)
        wanted, slope = objective.batch_gradient(theta)
        assert loss == pytest.approx(wanted, rel=1e-11)
        # a deviation of nearly 0, of a unit that is off for almost all samples, magnifies the last bit
        assert gap(gradient, slope) < 1e-8


def test_numbers_do_not_depend_on_the_threads() -> None:
    objective = nets.objective("wide", 5000)
    theta, found = nets.theta_of(objective), []
    for threads in (1, 2, 5):
        grid.set_threads(threads)
        net = compiled(objective)
        found.append((net.value_gradient(theta), net.evaluate(theta, np.empty(0), net.train_set)))
    grid.set_threads(0)
    for (loss, gradient), judged in found[1:]:
        assert loss == found[0][0][0]
        assert judged[0] == found[0][1][0]
        assert np.array_equal(gradient, found[0][0][1])


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("name", ["plain", "batch norm", "classes", "narrow"])
def test_landscape_agrees_with_the_reference(name: str, dtype: DType) -> None:
    objective = nets.objective(name, 150)
    rng = np.random.default_rng(2)
    base, first, second = nets.theta_of(objective), *rng.normal(size=(2, objective.n))
    plane = Plane(base, first, second, np.linspace(-1, 1, 7), np.linspace(-0.5, 0.5, 5))
    values = compiled(objective, dtype).landscape(plane)
    wanted = [[objective.value(base + a * first + b * second) for a in plane.a] for b in plane.b]
    assert values.shape == (5, 7)
    assert np.allclose(values, wanted, rtol=1e-11 if dtype == "float64" else 1e-4)


def test_landscape_can_be_cancelled() -> None:
    class Set:
        def is_set(self) -> bool:
            return True

    objective = nets.objective("wide", 400)
    plane = Plane(*np.zeros((3, objective.n)), np.linspace(0, 1, 100), np.linspace(0, 1, 100))
    with pytest.raises(Cancelled):
        compiled(objective).landscape(plane, Set())


def test_infinity_and_nan_survive() -> None:
    objective = nets.objective("wide", 40)
    theta = nets.theta_of(objective)
    for bad in (np.nan, np.inf):
        theta[0] = bad
        loss, gradient = compiled(objective, "float32").value_gradient(theta)
        assert not np.isfinite(loss)
        assert not np.isfinite(gradient).all()


def test_sines_of_large_arguments_are_those_of_the_library() -> None:
    model = Model(layers=(Layer(4, nets.SINE),))
    objective = network_objective(model, nets.samples(50, 2))
    theta = 1e7 * nets.theta_of(objective)
    loss, gradient = compiled(objective).value_gradient(theta)
    wanted, slope = objective.batch_gradient(theta)
    assert loss == pytest.approx(wanted, rel=1e-9)
    assert gap(gradient, slope) < 1e-6


def test_a_typed_activation_and_loss_are_equal_citizens() -> None:
    model = Model(
        layers=(Layer(5, Activation("custom", "z/(1 + |z|) + sum(z^k/10, k=2..3)")),),
        loss=Loss("custom", "|o - y|^3 + ln(1 + o^2)"),
    )
    objective = network_objective(model, nets.samples(60, 2))
    theta = nets.theta_of(objective)
    loss, gradient = compiled(objective).value_gradient(theta)
    wanted, slope = objective.batch_gradient(theta)
    assert loss == pytest.approx(wanted, rel=1e-12)
    assert gap(gradient, slope) < 1e-11


def test_batches_are_cut_by_the_network_and_the_batch_alone() -> None:
    small, large = nets.objective("plain").net, network_objective(Model(layers=(Layer(500),)), nets.samples(9, 900)).net
    normed = nets.objective("batch norm").net
    assert layout.piece_tiles(small, 10) == 1
    assert layout.piece_tiles(small, 5000) == layout.MOST_TILES
    assert layout.piece_tiles(large, 64) == layout.LEAST_TILES
    assert layout.piece_tiles(normed, 5000) == 313
