"""What the tests of compiled networks share: random samples, models of every kind, the same network in autograd."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import autograd.numpy as anp
import numpy as np
from autograd.scipy.special import logsumexp

from gdsim.objectives.data.samples import Samples
from gdsim.objectives.network.architecture import NORM_EPS, Dense
from gdsim.objectives.network.design import Activation, Layer, Loss, Model
from gdsim.objectives.network.network import NetworkObjective, network_objective
from gdsim.objectives.network.passes import part

TANH, IDENTITY = Activation(), Activation("identity", "z")
RELU, SINE = Activation("relu", "max(z, 0)"), Activation("custom", "sin(z)")
SWISH, SOFTPLUS = Activation("swish", "z*sigmoid(z)"), Activation("softplus", "softplus(z)")
MSE = Loss()
LOG_COSH = Loss("log_cosh", "ln(cosh(o - y))")
BCE = Loss("bce", "softplus(o) - y*o", "zero_one", "sigmoid(o)")
HINGE = Loss("hinge", "max(0, 1 - y*o)", "plus_minus")
CROSS_ENTROPY = Loss("cross_entropy", "", "one_hot")
SQUARES = Loss("brier", "(sigmoid(o) - y)^2", "one_hot")

MODELS: Mapping[str, tuple[Model, int]] = {
    "line": (Model("linear"), 0),
    "plain": (Model(layers=(Layer(8), Layer(8)), output=TANH), 0),
    "narrow": (Model(layers=(Layer(1), Layer(2), Layer(3, SWISH)), l1=0.01), 0),
    "wide": (Model(layers=(Layer(37, RELU), Layer(21, SINE)), l2=0.1), 0),
    "batch norm": (Model(layers=(Layer(7, norm="batch"), Layer(5, SOFTPLUS, norm="batch")), loss=BCE), 2),
    "layer norm": (Model(layers=(Layer(6, norm="layer"), Layer(9, SWISH, norm="layer")), loss=HINGE), 2),
    "residual": (Model(layers=(Layer(3, residual=True), Layer(3, SINE, residual=True)), loss=LOG_COSH), 0),
    "dropout": (Model(layers=(Layer(8, dropout=0.3), Layer(8, RELU, residual=True, dropout=0.5))), 0),
    "classes": (Model(layers=(Layer(8, RELU),), loss=CROSS_ENTROPY, l1=0.003, l2=0.01), 4),
    "one by one": (Model("softmax", loss=SQUARES), 3),
    "everything": (
        Model(
            layers=(
                Layer(9, SWISH, norm="batch"), Layer(9, SINE, norm="layer", residual=True, dropout=0.2),
                Layer(9, TANH, norm="batch", residual=True, dropout=0.4),
            ),
            loss=CROSS_ENTROPY, l1=0.002, l2=0.004,
        ),
        5,
    ),
}  # fmt: skip
"""A model and the number of classes, 0 for a number."""


def samples(count: int, features: int, classes: int = 0, tests: int = 0, seed: int = 0) -> Samples:
    """Normal inputs, targets that mean nothing."""
    rng = np.random.default_rng(seed)
    x, x_test = rng.normal(size=(features, count)), rng.normal(size=(features, tests))
    y, y_test = rng.normal(size=count), rng.normal(size=tests)
    if classes:
        y, y_test = rng.integers(0, classes, count).astype(float), rng.integers(0, classes, tests).astype(float)
    names = tuple(f"x{k}" for k in range(features))
    return Samples(
        x, y, x_test, y_test, names, "classes" if classes else "number", tuple(f"c{k}" for k in range(classes)),
        x, x_test, names, np.zeros(features), np.ones(features), np.arange(count), np.arange(tests),
    )  # fmt: skip


def objective(name: str, count: int = 45, features: int = 3, tests: int = 20, seed: int = 0) -> NetworkObjective:
    """A model of MODELS on random samples."""
    model, classes = MODELS[name]
    return network_objective(model, samples(count, features, classes, tests, seed))


def theta_of(net: NetworkObjective, seed: int = 1) -> np.ndarray:
    """Random weights; gains near 1."""
    theta = 0.5 * np.random.default_rng(seed).normal(size=net.n)
    for block in net.net.blocks:
        if block.kind == "gain":
            theta[block.place] += 1.0
    return theta


FUNCTIONS: Mapping[str, Any] = {
    "tanh(z)": anp.tanh, "z": lambda z: z, "max(z, 0)": lambda z: anp.where(z > 0, z, 0.0), "sin(z)": anp.sin,
    "z*sigmoid(z)": lambda z: z / (1 + anp.exp(-z)), "softplus(z)": lambda z: anp.log(1 + anp.exp(z)),
}  # fmt: skip
LOSSES: Mapping[str, Any] = {
    "mse": lambda o, y: (o - y) ** 2, "log_cosh": lambda o, y: anp.log(anp.cosh(o - y)),
    "bce": lambda o, y: anp.log(1 + anp.exp(o)) - y * o, "hinge": lambda o, y: anp.where(1 - y * o > 0, 1 - y * o, 0.0),
    "brier": lambda o, y: (1 / (1 + anp.exp(-o)) - y) ** 2,
    "cross_entropy": lambda o, y: (logsumexp(o, axis=0) - anp.sum(o * y, axis=0)) / len(y),
}  # fmt: skip


def loss_in_autograd(net: NetworkObjective, theta: Any, index: Any = slice(None), masks: Any = None) -> Any:
    """J over a batch, written down from the definitions; masks: factors of dropout by layer."""
    h, y = net.samples.x[:, index], net.targets[:, index]
    for number, layer in enumerate(net.net.layers):
        h = _layer(layer, number, theta, h, masks)
    values = LOSSES[net.model.loss.name](h, y)
    if net.model.loss.name == "cross_entropy":
        values = values * anp.ones((len(y), 1))
    w = [part(theta, layer.weights) for layer in net.net.layers]
    penalty = sum(net.model.l1 * anp.sum(anp.abs(each)) + net.model.l2 / 2 * anp.sum(each**2) for each in w)
    return anp.sum(values) / h.shape[1] + penalty


def _layer(layer: Dense, number: int, theta: Any, below: Any, masks: Any) -> Any:
    z = anp.dot(part(theta, layer.weights), below) + part(theta, layer.bias)[:, None]
    if layer.norm != "none":
        axis = 0 if layer.norm == "layer" else 1
        centred = z - anp.mean(z, axis=axis, keepdims=True)
        deviation = anp.sqrt(anp.mean(centred**2, axis=axis, keepdims=True) + NORM_EPS)
        z = centred / deviation * part(theta, layer.gain)[:, None] + part(theta, layer.shift)[:, None]
    h = FUNCTIONS[layer.activation.formula](z)
    if layer.residual:
        h = h + below
    return h * masks[number] if masks is not None and layer.dropout else h
