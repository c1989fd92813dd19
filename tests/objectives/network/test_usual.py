"""What is taken where nothing is chosen: losses, outputs; and what activations are known to do from their own graph."""

from __future__ import annotations

import numpy as np
import pytest

from gdsim import catalogue
from gdsim.errors import SpecError
from gdsim.objectives.network.chosen import choose_activation, choose_loss, usual_loss, usual_output
from gdsim.objectives.network.curves import can_die, loss_values, predict, saturates
from gdsim.objectives.network.targets import decided, encoded, meaning, outputs_for, scale_of, threshold


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


@pytest.mark.parametrize("classes", [2, 3])
@pytest.mark.parametrize("name", catalogue.losses())
def test_classes_part_where_the_prediction_says(name: str, classes: int) -> None:
    try:
        loss = choose_loss(name, classes)
    except SpecError:
        pytest.skip(f"not a loss for {classes} classes")
    random = np.random.default_rng(2)
    outputs = random.normal(0, 3, (outputs_for(loss, classes), 4000))
    taken = decided(loss, outputs, classes)
    said = meaning(loss, outputs)
    if loss.targets == "one_hot":
        assert np.array_equal(taken, np.argmax(said, axis=0))  # the largest output is the largest share
        return
    middle, reach = scale_of(loss)
    limit = threshold(loss)
    assert predict(loss, np.array([[limit]]))[0, 0] == pytest.approx(middle, abs=1e-15)
    assert np.array_equal(taken == 1, said[0] > middle)
    assert np.array_equal(taken == 1, outputs[0] > limit)
    low, high = encoded(loss, np.array([0.0, 1.0]), 2)[0]
    shares = bool(loss.prediction) or loss.targets == "zero_one"
    assert (middle - reach, middle + reach) == ((0.0, 1.0) if shares else (low, high))


@pytest.mark.parametrize(
    ("prediction", "limit"),
    [("sigmoid(o - 2)", 2.0), ("sigmoid(3*o + 1)", -1 / 3), ("clip(o, 0, 1)", 0.5),
     ("1 - exp(-exp(o))", np.log(np.log(2))), ("step(o - 7)", 7.0), ("sigmoid(o/50 - 10)", 500.0)],
)  # fmt: skip
def test_a_prediction_of_ones_own_moves_the_limit(prediction: str, limit: float) -> None:
    loss = choose_loss("(o - y)^2", 2, prediction=prediction)
    assert threshold(loss) == pytest.approx(limit, rel=1e-9)
    outputs = limit + np.random.default_rng(1).normal(0, 5, (1, 500))
    assert np.array_equal(decided(loss, outputs, 2) == 1, predict(loss, outputs)[0] > 0.5)
    assert scale_of(loss) == (0.5, 0.5) if "step" not in prediction else True


@pytest.mark.parametrize("prediction", ["sigmoid(-o)", "o^2", "sin(o)", "tanh(o)/4", "exp(o) + 1"])
def test_a_prediction_that_parts_nothing_is_refused(prediction: str) -> None:
    with pytest.raises(SpecError, match="does not rise through"):
        threshold(choose_loss("(o - y)^2", 2, prediction=prediction))



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
