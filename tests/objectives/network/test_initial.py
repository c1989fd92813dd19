"""How weights begin: variances against theory, rotations, seeds, streams per layer, what is wrong."""

from __future__ import annotations

import math

import numpy as np
import pytest

from gdsim.errors import SpecError
from gdsim.objectives.network.architecture import Architecture, architecture
from gdsim.objectives.network.design import Activation, Initialisation, Layer, Model
from gdsim.objectives.network.initial import INITIALISATIONS, initial_theta

WIDE, INPUTS, OUTPUTS = 150, 90, 60

VARIANCE = {
    "zeros": lambda n_in, n_out: 0.0,
    "uniform": lambda n_in, n_out: 1 / 12,
    "normal": lambda n_in, n_out: 1.0,
    "xavier": lambda n_in, n_out: 2 / (n_in + n_out),
    "xavier_normal": lambda n_in, n_out: 2 / (n_in + n_out),
    "he": lambda n_in, n_out: 2 / n_in,
    "he_uniform": lambda n_in, n_out: 2 / n_in,
    "lecun": lambda n_in, n_out: 1 / n_in,
    "orthogonal": lambda n_in, n_out: 1 / max(n_in, n_out),
}
BOUND = {
    "uniform": lambda n_in, n_out: 0.5,
    "xavier": lambda n_in, n_out: math.sqrt(6 / (n_in + n_out)),
    "he_uniform": lambda n_in, n_out: math.sqrt(6 / n_in),
}


def net(*sizes: int, norm: str = "none") -> Architecture:
    layers = tuple(Layer(size, Activation(), norm) for size in sizes[1:-1])  # type: ignore[arg-type]
    return architecture(Model(layers=layers), sizes[0], sizes[-1])


def matrices(shape: Architecture, init: Initialisation) -> list[np.ndarray]:
    theta = initial_theta(shape, init)
    return [theta[layer.weights.place].reshape(layer.weights.shape) for layer in shape.layers]


def test_the_table_is_complete_and_in_words() -> None:
    assert set(INITIALISATIONS) == set(VARIANCE)
    assert all(each.title and each.latex and each.source and each.doc for each in INITIALISATIONS.values())
    assert Initialisation().name in INITIALISATIONS


@pytest.mark.parametrize("name", VARIANCE)
def test_mean_and_variance_are_those_of_theory(name: str) -> None:
    found = matrices(net(INPUTS, WIDE, OUTPUTS), Initialisation(name, seed=3))
    assert [w.shape for w in found] == [(WIDE, INPUTS), (OUTPUTS, WIDE)]
    for w in found:
        wanted = VARIANCE[name](w.shape[1], w.shape[0])
        # within four standard errors: of the mean sqrt(v/m), of the variance at most sqrt(2/m) v (the normal's)
        assert abs(w.mean()) <= 4 * math.sqrt(wanted / w.size)
        assert abs(np.mean(w**2) - wanted) <= 4 * math.sqrt(2 / w.size) * wanted
        if name in BOUND:
            bound = BOUND[name](w.shape[1], w.shape[0])
            assert 0.99 * bound < np.max(np.abs(w)) <= bound


@pytest.mark.parametrize("name", ["normal", "xavier_normal", "he", "lecun"])
def test_normal_ones_are_normal(name: str) -> None:
    (w,) = matrices(net(300, 200), Initialisation(name, seed=1))
    unit = w / math.sqrt(VARIANCE[name](300, 200))
    assert np.mean(unit**4) == pytest.approx(3, abs=4 * math.sqrt(96 / w.size))
    assert np.mean(np.abs(unit) < 1) == pytest.approx(math.erf(math.sqrt(0.5)), abs=0.01)


@pytest.mark.parametrize("sizes", [(7, 30, 5), (30, 7, 7), (1, 6, 1)])
def test_orthogonal_matrices_are_rotations(sizes: tuple[int, ...]) -> None:
    for w in matrices(net(*sizes), Initialisation("orthogonal", seed=5)):
        product = w @ w.T if w.shape[0] <= w.shape[1] else w.T @ w
        np.testing.assert_allclose(product, np.eye(min(w.shape)), atol=1e-12)


def test_rotations_are_spread_evenly() -> None:
    # Haar measure: every entry has mean 0, and the trace of a random rotation of R^3 has mean 0 and variance 1
    traces = [np.trace(matrices(net(3, 3), Initialisation("orthogonal", seed=seed))[0]) for seed in range(2000)]
    assert abs(np.mean(traces)) < 4 / math.sqrt(2000)
    assert np.var(traces) == pytest.approx(1, abs=0.15)


def test_biases_gains_and_shifts() -> None:
    for norm in ("none", "batch", "layer"):
        shape = net(3, 5, 4, 2, norm=norm)
        theta = initial_theta(shape, Initialisation("he", scale=3.0))
        assert theta.shape == (shape.size,)
        assert theta.dtype == np.float64
        for block in shape.blocks:
            part = theta[block.place]
            if block.kind != "weights":
                assert np.all(part == (1.0 if block.kind == "gain" else 0.0))
            else:
                assert np.all(part != 0)


def test_the_factor_multiplies_weights() -> None:
    shape = net(4, 6, 2)
    one, two = (initial_theta(shape, Initialisation("xavier", scale=scale, seed=9)) for scale in (1.0, -2.5))
    np.testing.assert_allclose(two, -2.5 * one, rtol=1e-15)


@pytest.mark.parametrize("name", [name for name in VARIANCE if name != "zeros"])
def test_seeds_repeat_and_differ(name: str) -> None:
    shape = net(4, 6, 2)
    first, again, other = (initial_theta(shape, Initialisation(name, seed=seed)) for seed in (11, 11, 12))
    np.testing.assert_array_equal(first, again)
    weights = np.concatenate([np.arange(block.size) + block.start for block in shape.blocks if block.kind == "weights"])
    assert not np.any(first[weights] == other[weights])


def test_layers_have_streams_of_their_own() -> None:
    init = Initialisation("normal", seed=2)
    short, long = matrices(net(3, 8, 8), init), matrices(net(3, 8, 8, 8, 1), init)
    for before, after in zip(short, long, strict=False):
        np.testing.assert_array_equal(before, after)
    assert not np.any(long[1] == long[2])
    wide = matrices(net(3, 16, 8), init)
    np.testing.assert_array_equal(wide[0][:8], short[0])


@pytest.mark.parametrize(
    ("init", "told"),
    [
        (Initialisation("xaver"), "Did you mean 'xavier'"),
        (Initialisation("lucky"), "There are zeros, uniform"),
        (Initialisation(scale=math.inf), "finite"),
        (Initialisation(scale=math.nan), "finite"),
        (Initialisation(seed=-1), "from 0"),
    ],
)
def test_what_is_wrong_is_told(init: Initialisation, told: str) -> None:
    with pytest.raises(SpecError, match=told):
        initial_theta(net(2, 1), init)
