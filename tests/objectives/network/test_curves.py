"""Values and slopes of every activation and loss against mpmath, autograd and torch."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import autograd
import autograd.numpy as anp
import mpmath
import numpy as np
import pytest
from learning_oracles import ACTIVATIONS, KINKS, LOSSES, softplus
from mpmath import mp, mpf

from gdsim import catalogue
from gdsim.errors import SpecError
from gdsim.objectives.network import curves
from gdsim.objectives.network.chosen import choose_activation, choose_loss
from gdsim.objectives.network.design import Loss

TORCH = json.loads((Path(__file__).parent / "data" / "torch_curves.json").read_text(encoding="utf-8"))
TINY = (0.0, -0.0, 1e-300, -1e-300, 1e-12, -1e-12, 1e-4, -1e-4)
FAR = (30.0, -30.0, 700.0, -700.0, 1e4, -1e4)

Array = np.ndarray


@pytest.fixture(autouse=True)
def _digits() -> Any:
    # far to the left 1 + tanh(u) of the oracle cancels by dozens of places
    with mpmath.workdps(100):
        yield


def points(name: str) -> Array:
    random = np.random.default_rng(len(name))
    kinks = KINKS.get(name, ())
    return np.array([*random.normal(0, 2, 60), *random.uniform(-12, 12, 40), *TINY, *FAR, *kinks])


def close(found: Array, oracle: list[mpmath.mpf], rel: float, least: float) -> None:
    want = np.array([float(number) for number in oracle])
    np.testing.assert_allclose(found, want, rtol=rel, atol=least)


def test_every_entry_has_an_oracle() -> None:
    assert set(ACTIVATIONS) == set(catalogue.activations())
    assert {*LOSSES, "cross_entropy"} == set(catalogue.losses())


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_activation_and_slope_to_the_last_places(name: str) -> None:
    z = points(name)
    value, slope = curves.apply(choose_activation(name), z)
    close(value, [ACTIVATIONS[name][0](mpf(number)) for number in z], 2e-14, 1e-15)
    close(slope, [ACTIVATIONS[name][1](mpf(number)) for number in z], 2e-14, 1e-15)
    np.testing.assert_array_equal(curves.activate(choose_activation(name), z), value)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_the_slopes_of_the_oracles_are_those_of_their_values(name: str) -> None:
    value, slope = ACTIVATIONS[name]
    for number in np.random.default_rng(5).uniform(-7, 7, 12):
        assert abs(mp.diff(value, mpf(number)) - slope(mpf(number))) < mpf("1e-20")


@pytest.mark.parametrize(
    "name", ["sigmoid", "softplus", "log_sigmoid", "silu", "mish", "gelu", "gelu_tanh", "tanh", "gaussian", "elu"]
)
def test_tails_keep_their_leading_places(name: str) -> None:
    z = np.array([-5.0, -10.0, -20.0, -30.0]) * (0.35 if name == "gelu_tanh" else 1.0)
    value, slope = curves.apply(choose_activation(name), z)
    close(value, [ACTIVATIONS[name][0](mpf(number)) for number in z], 5e-13, 0.0)
    close(slope, [ACTIVATIONS[name][1](mpf(number)) for number in z], 5e-13, 0.0)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_single_precision_is_close_and_never_undefined(name: str) -> None:
    z = points(name).astype(np.float32)
    value, slope = curves.apply(choose_activation(name), z)
    assert value.dtype == slope.dtype == np.float32
    assert np.all(np.isfinite(value))
    assert np.all(np.isfinite(slope))
    near = np.abs(z) < 20
    close(value[near], [ACTIVATIONS[name][0](mpf(float(number))) for number in z[near]], 4e-6, 2e-6)
    close(slope[near], [ACTIVATIONS[name][1](mpf(float(number))) for number in z[near]], 4e-6, 2e-6)


INFINITE = {
    "identity": (-math.inf, 1, math.inf, 1), "sigmoid": (0, 0, 1, 0), "tanh": (-1, 0, 1, 0),
    "relu": (0, 0, math.inf, 1), "leaky_relu": (-math.inf, 0.01, math.inf, 1), "elu": (-1, 0, math.inf, 1),
    "celu": (-1, 0, math.inf, 1), "softplus": (0, 0, math.inf, 1), "log_sigmoid": (-math.inf, 1, 0, 0),
    "hard_sigmoid": (0, 0, 1, 0), "hard_tanh": (-1, 0, 1, 0), "relu6": (0, 0, 6, 0),
    "arctan": (-math.pi / 2, 0, math.pi / 2, 0), "soft_shrink": (-math.inf, 1, math.inf, 1), "step": (0, 0, 1, 0),
    "tanh_shrink": (-math.inf, 1, math.inf, 1),
}  # fmt: skip


@pytest.mark.parametrize("name", INFINITE)
def test_infinity_has_its_limits(name: str) -> None:
    value, slope = curves.apply(choose_activation(name), np.array([-math.inf, math.inf]))
    assert [value[0], slope[0], value[1], slope[1]] == pytest.approx(INFINITE[name])


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_nan_stays_nan(name: str) -> None:
    assert math.isnan(curves.activate(choose_activation(name), np.array([math.nan]))[0])


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_range_and_smoothness_are_as_declared(name: str) -> None:
    entry = catalogue.activation(name)
    value = curves.activate(choose_activation(name), np.concatenate([np.linspace(-60, 60, 240_001), FAR]))
    low, high = entry.range
    assert low - 1e-15 <= value.min()
    assert value.max() <= high + 1e-15
    assert value.min() < low + 1e-3 if math.isfinite(low) else value.min() < -50
    assert value.max() > high - 1e-3 if math.isfinite(high) else value.max() > 50
    spots = np.arange(-64, 65) / 8
    before, after = (curves.apply(choose_activation(name), spots + side) for side in (-1e-9, 1e-9))
    jumps = np.maximum(np.abs(after[0] - before[0]), np.abs(after[1] - before[1]))
    assert set(spots[jumps > 1e-6]) == set(KINKS.get(name, ()))
    assert entry.smooth == (name not in KINKS)


AUTOGRAD = {
    "sigmoid": lambda z: 1 / (1 + anp.exp(-z)),
    "tanh": anp.tanh,
    "softsign": lambda z: z / (1 + anp.abs(z)),
    "leaky_relu": lambda z: anp.where(z > 0, z, 0.01 * z),
    "elu": lambda z: anp.where(z > 0, z, anp.expm1(anp.minimum(z, 0.0))),
    "softplus": lambda z: anp.logaddexp(0.0, z),
    "gelu_tanh": lambda z: 0.5 * z * (1 + anp.tanh(anp.sqrt(2 / anp.pi) * (z + 0.044715 * z**3))),
    "silu": lambda z: z / (1 + anp.exp(-z)),
    "mish": lambda z: z * anp.tanh(anp.log1p(anp.exp(z))),
    "snake": lambda z: z + anp.sin(z) ** 2,
    "gaussian": lambda z: anp.exp(-(z**2)),
}


@pytest.mark.parametrize("name", AUTOGRAD)
def test_slopes_agree_with_autograd(name: str) -> None:
    z = np.random.default_rng(1).normal(0, 2, 50)
    value, slope = curves.apply(choose_activation(name), z)
    np.testing.assert_allclose(value, AUTOGRAD[name](z), rtol=1e-12, atol=1e-13)
    np.testing.assert_allclose(slope, autograd.elementwise_grad(AUTOGRAD[name])(z), rtol=1e-11, atol=1e-13)


@pytest.mark.parametrize("name", TORCH["activations"])
def test_activations_are_those_of_torch_kinks_included(name: str) -> None:
    value, slope = curves.apply(choose_activation(name), np.array(TORCH["z"]))
    # torch's gelu(approximate='tanh') cancels on the left, its hard sigmoid has a slope of float32's 1/6
    np.testing.assert_allclose(value, TORCH["activations"][name]["value"], rtol=1e-13, atol=2e-15)
    least = 5e-9 if name == "hard_sigmoid" else 2e-15
    np.testing.assert_allclose(slope, TORCH["activations"][name]["slope"], rtol=1e-13, atol=least)


def test_any_shape() -> None:
    z = np.linspace(-2, 2, 24).reshape(2, 3, 4)
    for name in ("identity", "relu", "step", "gelu"):
        value, slope = curves.apply(choose_activation(name), z)
        assert value.shape == slope.shape == z.shape
        one, steep = curves.apply(choose_activation(name), z[1, 2, 3])
        assert (one, steep) == (value[1, 2, 3], slope[1, 2, 3])
    value, slope = curves.apply(choose_activation("identity"), np.array([1, 2, 3]))
    assert value.dtype == slope.dtype == np.float64
    assert curves.apply(choose_activation("tanh"), np.zeros((4, 0)))[1].shape == (4, 0)


def test_graphs_have_the_shape_that_kernels_take() -> None:
    for name in catalogue.activations():
        activation = choose_activation(name)
        plain, both = curves.activation_graph(activation), curves.activation_gradient_graph(activation)
        assert [entry.name for entry in plain.coordinates] == [entry.name for entry in both.inputs] == ["z"]
        assert (len(plain.outputs), len(both.outputs)) == (1, 2)
        assert not both.is_large
        assert curves.activation_graph(activation) is plain
    for name in LOSSES:
        loss = choose_loss(name, 0 if catalogue.loss(name).task == "number" else 2)
        plain, both = curves.loss_graph(loss), curves.loss_gradient_graph(loss)
        assert [entry.name for entry in plain.coordinates] == [entry.name for entry in both.inputs] == ["o", "y"]
        assert (len(plain.outputs), len(both.outputs)) == (1, 2)
        assert [entry.name for entry in curves.prediction_graph(loss).inputs] == ["o"]


def loss_points(name: str) -> tuple[Array, Array]:
    """Outputs and targets (1, m), the targets as the loss takes them; extremes and ties among them."""
    targets = catalogue.loss(name).targets
    random = np.random.default_rng(len(name))
    o = np.concatenate([random.normal(0, 3, 80), TINY, [1.0, -1.0, 30.0, -30.0]])
    if name not in ("poisson", "exponential"):
        o = np.concatenate([o, FAR])
    k = np.arange(len(o))
    if targets == "number":
        y = np.where(k % 9 == 0, o, random.normal(0, 2, len(o)))
    else:
        y = (k % 2).astype(float) if targets == "zero_one" else 2.0 * (k % 2) - 1.0
    return o[None, :], y[None, :]


@pytest.mark.parametrize("name", LOSSES)
def test_loss_and_slope_to_the_last_places(name: str) -> None:
    o, y = loss_points(name)
    loss = choose_loss(name, 0 if catalogue.loss(name).task == "number" else 2)
    if name in ("mse", "half_mse", "mae", "huber", "log_cosh", "quantile"):
        loss = loss.replace(targets="number")
    value, slope = curves.loss_values(loss, o, y)
    assert value.shape == (o.shape[1],)
    assert slope.shape == o.shape
    pairs = [(mpf(a), mpf(b)) for a, b in zip(o[0], y[0], strict=True)]
    # softplus(o) - y*o and the like cancel where the loss is small: right to the places of what is subtracted
    size = np.maximum(1.0, np.abs(o[0]))
    for found, oracle in ((value, LOSSES[name][0]), (slope[0], LOSSES[name][1])):
        want = np.array([float(oracle(*pair)) for pair in pairs])
        assert np.all(np.abs(found - want) <= 2e-14 * np.abs(want) + 1e-15 * size)


@pytest.mark.parametrize("name", LOSSES)
def test_losses_stay_defined_far_out_and_are_convex_or_not_below_zero(name: str) -> None:
    entry = catalogue.loss(name)
    marks = {"number": (-1e4, 0.0, 2.5), "zero_one": (0.0, 1.0), "plus_minus": (-1.0, 1.0)}[entry.targets]
    o = np.array(FAR)
    loss = Loss(name, entry.text(), entry.targets, entry.prediction)
    for kind in (np.float64, np.float32):
        for mark in marks:
            value, slope = curves.loss_values(loss, o[None, :].astype(kind), np.full((1, len(o)), mark))
            assert value.dtype == slope.dtype == kind
            assert not np.any(np.isnan(value))
            assert not np.any(np.isnan(slope))
            if name != "poisson":
                assert np.all(value >= 0)


def test_outputs_are_summed() -> None:
    o, y = np.random.default_rng(0).normal(size=(2, 3, 5))
    value, slope = curves.loss_values(Loss(), o, y)
    np.testing.assert_allclose(value, np.sum((o - y) ** 2, axis=0), rtol=1e-15)
    np.testing.assert_allclose(slope, 2 * (o - y), rtol=1e-15)


@pytest.mark.parametrize("name", TORCH["losses"])
def test_losses_are_those_of_torch(name: str) -> None:
    case = TORCH["losses"][name]
    loss = choose_loss(name, 2 if name.startswith("binary") else 0)
    value, slope = curves.loss_values(loss, np.array(case["o"]), np.array(case["y"]))
    np.testing.assert_allclose(value, case["value"], rtol=1e-13, atol=1e-14)
    np.testing.assert_allclose(slope, case["slope"], rtol=1e-13, atol=1e-15)


def test_cross_entropy_is_that_of_torch() -> None:
    case = TORCH["cross_entropy"]
    y = np.arange(4)[:, None] == np.array(case["class"])
    value, slope = curves.loss_values(choose_loss("cross_entropy", 4), np.array(case["o"]), y)
    np.testing.assert_allclose(value, case["value"], rtol=1e-13, atol=1e-15)
    np.testing.assert_allclose(slope, case["slope"], rtol=1e-12, atol=1e-15)


def test_cross_entropy_of_two_is_the_logistic_loss_to_the_last_places() -> None:
    o = np.array([[3.0, -2.0, 1e4, 0.5], [1.0, 5.0, -1e4, 0.5]])
    y = np.array([[1.0, 1.0, 0.0, 0.0], [0.0, 0.0, 1.0, 1.0]])
    loss = choose_loss("cross_entropy", 2)
    value, slope = curves.loss_values(loss, o, y)
    wrong = [o[1, 0] - o[0, 0], o[1, 1] - o[0, 1], o[0, 2] - o[1, 2], o[0, 3] - o[1, 3]]
    close(value, [softplus(mpf(number)) for number in wrong], 1e-15, 1e-16)
    np.testing.assert_allclose(slope.sum(axis=0), 0, atol=4e-16)
    shares = curves.predict(loss, o)
    np.testing.assert_allclose(shares.sum(axis=0), 1, rtol=1e-15)
    np.testing.assert_allclose(shares - y, slope, atol=1e-16)
    single, steep = curves.loss_values(loss, o.astype(np.float32), y)
    assert single.dtype == steep.dtype == np.float32
    far = np.array([[0.0], [-np.inf]])
    assert curves.loss_values(loss, far, np.array([[1.0], [0.0]]))[0][0] == 0
    assert math.isnan(curves.loss_values(loss, np.array([[np.nan], [0.0]]), np.array([[1.0], [0.0]]))[0][0])


def test_predictions() -> None:
    o = np.array([[-2.0, 0.0, 3.0]])
    np.testing.assert_allclose(curves.predict(choose_loss("binary_cross_entropy", 2), o), 1 / (1 + np.exp(-o)))
    np.testing.assert_allclose(curves.predict(choose_loss("poisson"), o), np.exp(o))
    np.testing.assert_array_equal(curves.predict(choose_loss("mse"), o), o)
    typed = choose_loss("(o - y)^4", 2, prediction="p(o) = (1 + o)/2")
    assert typed.prediction == "(1 + o)/2"
    np.testing.assert_array_equal(curves.predict(typed, o), (1 + o) / 2)


def test_the_categorical_loss_is_no_graph() -> None:
    loss = choose_loss("cross_entropy", 3)
    assert curves.is_categorical(loss)
    curves.check_loss(loss)
    for graph in (curves.loss_graph, curves.loss_gradient_graph, curves.prediction_graph):
        with pytest.raises(SpecError, match="no formula of a single one"):
            graph(loss)
