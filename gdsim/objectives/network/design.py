"""What learns, as a part of the run's document: layers, activations, loss, initialisation. Formulas are texts."""

from __future__ import annotations

from typing import Literal

from gdsim.document import Document

Norm = Literal["none", "batch", "layer"]
Kind = Literal["linear", "poly", "logistic", "softmax", "mlp"]
Targets = Literal["number", "zero_one", "plus_minus", "one_hot"]

MAX_LAYERS = 32
MAX_WIDTH = 4096


class Activation(Document, frozen=True):
    """f(z), applied to every unit of a layer. name: the catalogue's, or "custom"; formula: over z."""

    name: str = "tanh"
    formula: str = "tanh(z)"


class Loss(Document, frozen=True):
    """The loss of one sample.

    Attributes:
        name: the catalogue's, or "custom".
        formula: over o (an output of the network) and y (its target); summed over the outputs. Empty for
            ``cross_entropy``, log-sum-exp over all outputs minus the right one, which is no formula of a single one.
        targets: how classes are written as numbers: ``zero_one``, ``plus_minus`` (-1, 1), ``one_hot`` (an output per
            class); ``number`` for regression.
        prediction: over o, what the output means to a person (a probability: ``sigmoid(o)``); empty: the output itself.
            For ``one_hot`` with an empty formula it is the softmax.
    """

    name: str = "mse"
    formula: str = "(o - y)^2"
    targets: Targets = "number"
    prediction: str = ""


class Layer(Document, frozen=True):
    """A hidden layer: h = dropout(f(norm(W h + b)) + residual). The residual is there where sizes are equal."""

    size: int = 8
    activation: Activation = Activation()
    norm: Norm = "none"
    residual: bool = False
    dropout: float = 0.0


class Initialisation(Document, frozen=True):
    """How weights begin: biases are 0, gains 1, shifts 0.

    Attributes:
        name: zeros, uniform (-0.5 to 0.5), normal, xavier, xavier_normal, he, he_uniform, lecun, orthogonal.
        scale: factor on all weights.
        seed: of the draw.
    """

    name: str = "xavier"
    scale: float = 1.0
    seed: int = 0


class Model(Document, frozen=True):
    """A model of data.

    Attributes:
        kind: what it is called; ``linear``, ``poly``, ``logistic``, ``softmax`` have no hidden layers.
        degree: of ``poly``: the inputs are x, x^2, ..., x^degree of each input.
        layers: the hidden layers, from the inputs on.
        output: activation of the outputs.
        loss: of a sample.
        init: how weights begin.
        l1, l2: added to the loss: l1*sum|w| + l2/2*sum w^2, over weights, not over biases, gains, shifts.
    """

    kind: Kind = "mlp"
    degree: int = 1
    layers: tuple[Layer, ...] = ()
    output: Activation = Activation("identity", "z")
    loss: Loss = Loss()
    init: Initialisation = Initialisation()
    l1: float = 0.0
    l2: float = 0.0
