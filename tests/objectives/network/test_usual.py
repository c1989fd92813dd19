"""What is taken where nothing is chosen: losses, outputs; and what activations are known to do from their own graph."""

from __future__ import annotations

import numpy as np
import pytest

from gdsim import catalogue
from gdsim.errors import SpecError
from gdsim.objectives.network.chosen import choose_activation, choose_loss, usual_loss, usual_output
from gdsim.objectives.network.curves import can_die, loss_values, predict, saturates


@pytest.mark.parametrize("name", catalogue.losses())
def test_the_usual_output_lets_every_loss_get_near_its_best(name: str) -> None:
    try:
        loss = choose_loss(name, 2)
    except SpecError:
        pytest.skip("not a loss for two classes")
    output = usual_output(loss)
    if output.name == "tanh":
        assert loss.targets == "plus_minus"
        assert catalogue.loss(name).targets == "number"
    far = 1.0 if output.name == "tanh" else 30.0
    k = 2 if loss.targets == "one_hot" else 1
    y = {"plus_minus": np.array([[1.0]]), "zero_one": np.array([[1.0]]), "one_hot": np.array([[1.0], [0.0]])}
    o = np.array([[far], [-far]])[:k]
    best, middle = loss_values(loss, o, y[loss.targets])[0][0], loss_values(loss, 0 * o, y[loss.targets])[0][0]
    assert best < 0.2 * middle


@pytest.mark.parametrize("name", catalogue.losses())
def test_the_middle_of_the_prediction_is_where_classes_part(name: str) -> None:
    try:
        loss = choose_loss(name, 2)
    except SpecError:
        pytest.skip("not a loss for two classes")
    if loss.targets == "zero_one" and loss.prediction:
        assert predict(loss, np.zeros((1, 1)))[0, 0] == pytest.approx(0.5)


def test_the_usual_losses() -> None:
    assert usual_loss(0).name == "mse"
    assert usual_loss(2).name == "binary_cross_entropy"
    assert usual_loss(2, "softmax").name == "cross_entropy"
    assert usual_loss(3).name == "cross_entropy"


def test_what_saturates_and_what_can_die() -> None:
    flat = {name for name in catalogue.activations() if saturates(choose_activation(name))}
    assert {"sigmoid", "tanh", "softsign", "arctan", "hard_tanh", "hard_sigmoid"} <= flat
    assert not flat & {"relu", "gelu_tanh", "silu", "mish", "elu", "identity", "softplus"}
    silent = {name for name in catalogue.activations() if can_die(choose_activation(name))}
    assert {"relu", "relu6", "hard_swish"} <= silent
    assert not silent & {"elu", "selu", "leaky_relu", "tanh", "gelu", "sine"}
    assert can_die(choose_activation("(z + |z|)/2"))
