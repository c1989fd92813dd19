"""Activations and losses as people write them: names with parameters, formulas, and what is wrong with either."""

from __future__ import annotations

import numpy as np
import pytest

from gdsim.errors import CatalogueError, FormulaError, SpecError
from gdsim.formula import interpret
from gdsim.objectives.network import curves
from gdsim.objectives.network.chosen import choose_activation, choose_loss
from gdsim.objectives.network.design import Activation, Loss


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("max(z, 0.1 z)", "max(z, 0.1 z)"),
        ("max(x, 0.1x)", "max(z, 0.1z)"),
        ("f(x) = x^2 + 1", "z^2 + 1"),
        ("y = sin x", "sin z"),
        ("x", "z"),
        ("xsinx", "zsinz"),
        ("sum(z^k/k, k=1..3)", "sum(z^k/k, k=1..3)"),
        ("if(z == 1, 2, pi*z)", "if(z == 1, 2, pi*z)"),
    ],
)
def test_typed_activations(text: str, kept: str) -> None:
    activation = choose_activation(text)
    assert activation == Activation("custom", kept)
    z = np.random.default_rng(0).normal(size=(3, 4))
    value, slope = curves.apply(activation, z)
    step = 1e-6
    ahead, behind = curves.activate(activation, z + step), curves.activate(activation, z - step)
    np.testing.assert_allclose(slope, (ahead - behind) / (2 * step), rtol=1e-6, atol=1e-8)
    assert value.shape == z.shape


def test_a_document_may_say_x_as_well() -> None:
    graph = curves.activation_graph(Activation("custom", "x^2"))
    assert interpret(graph, {"z": 3.0})[0] == 9.0


def test_names_take_parameters_and_write_them_in() -> None:
    assert choose_activation("ReLU") == Activation("relu", "relu(z)")
    assert choose_activation(" leaky_relu, alpha = 1/4 ").formula == "if(z > 0, z, 0.25*z)"
    assert choose_activation("leaky_relu:alpha=-0.2").formula == "if(z > 0, z, (-0.2)*z)"
    assert choose_activation("celu").formula == "if(z > 0, z, (exp(z) - 1))"
    assert choose_activation("snake,a=1e-5").formula == "z + sin(1e-05*z)^2/1e-05"
    assert choose_loss("huber,delta=2").formula == "if(|o - y| <= 2, (o - y)^2/2, 2*(|o - y| - 2/2))"
    assert choose_activation("tanh") == Activation()
    assert choose_loss("mse") == Loss()


@pytest.mark.parametrize(
    ("text", "error", "told"),
    [
        ("rlu", CatalogueError, "Did you mean"),
        ("sin", CatalogueError, r"write sin\(z\)"),
        ("linear", CatalogueError, "gdsim list activations"),
        ("leaky_relu,slope=2", SpecError, "It has alpha"),
        ("relu,alpha=2", SpecError, "It has none"),
        ("leaky_relu,alpha", SpecError, "name=value"),
        ("leaky_relu,alpha=q", SpecError, "not a number"),
        ("leaky_relu,alpha=1,alpha=2", SpecError, "twice"),
        ("elu,alpha=-1", SpecError, "elu, alpha: -1 is out of range"),
        ("", FormulaError, "empty"),
        ("z +", FormulaError, "activation: column 3"),
        ("alpha*z", FormulaError, "column 1: alpha stands for nothing"),
        ("z + x", FormulaError, "column 5: x stands for nothing"),
        ("3", FormulaError, "z is missing"),
        ("x[1]^2", FormulaError, "stands for nothing"),
    ],
)
def test_wrong_activations_are_told(text: str, error: type[Exception], told: str) -> None:
    with pytest.raises(error, match=told):
        choose_activation(text)


def test_losses_suit_the_data_or_say_what_does() -> None:
    assert choose_loss("half_mse").targets == "number"
    assert choose_loss("half_mse", 2).targets == "plus_minus"
    assert choose_loss("half_mse", 5).targets == "one_hot"
    assert choose_loss("binary_cross_entropy", 2).targets == "zero_one"
    assert choose_loss("binary_cross_entropy", 3).targets == "one_hot"
    assert choose_loss("hinge", 2).targets == "plus_minus"
    assert choose_loss("cross_entropy", 2).targets == choose_loss("cross_entropy", 9).targets == "one_hot"
    assert choose_loss("(o - y)^4", 2).targets == "zero_one"
    assert choose_loss("log(1 + exp(-y o))", 2, targets="plus_minus").targets == "plus_minus"
    assert choose_loss("(o - y)^4", 3).targets == "one_hot"
    for text, classes, told in [("hinge", 3, "cross_entropy"), ("hinge", 0, "mse"), ("poisson", 2, "binary_cross"),
                                ("cross_entropy", 0, "huber")]:  # fmt: skip
        with pytest.raises(SpecError, match=told):
            choose_loss(text, classes)
    for text, classes, targets in [("hinge", 2, "zero_one"), ("mse", 0, "one_hot"), ("(o - y)^2", 3, "zero_one")]:
        with pytest.raises(SpecError):
            choose_loss(text, classes, targets=targets)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("o^2", "y is missing: it reads no target"),
        ("y^2", "o is missing: it does not read the output"),
        ("|o - t|", "loss: column 6: t stands for nothing"),
        ("(o - y", "column 1"),
    ],
)
def test_wrong_losses_are_told(text: str, told: str) -> None:
    with pytest.raises(FormulaError, match=told):
        choose_loss(text)
    with pytest.raises(FormulaError, match=told):
        curves.check_loss(Loss("custom", text))


def test_wrong_names_of_losses_and_predictions_are_told() -> None:
    with pytest.raises(CatalogueError, match="'huber'"):
        choose_loss("hubr")
    with pytest.raises(FormulaError, match="prediction: column 1: y stands for nothing"):
        choose_loss("mse", prediction="y + o")
    with pytest.raises(FormulaError, match="o is missing"):
        curves.check_loss(Loss(prediction="2"))
