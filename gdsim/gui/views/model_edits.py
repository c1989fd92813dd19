"""What the buttons over a network do to its model, as pure functions."""

from __future__ import annotations

from gdsim.gui.panels.learn_edits import with_layer, with_new_layer
from gdsim.objectives.network.design import MAX_LAYERS, MAX_WIDTH, Activation, Kind, Layer, Model

FIRST = Layer(4)
"""The hidden layer that a model without one gets."""


def flat_kind(model: Model) -> Kind:
    """What a model without hidden layers is called."""
    if model.loss.targets == "one_hot":
        return "softmax"
    return "logistic" if model.loss.targets == "zero_one" else "linear"


def edited(model: Model, what: str, layer: int) -> tuple[Model, str] | None:
    """The model after "add unit", "remove unit" (of hidden layer 1, 2, ...), "add layer" or "remove layer" (the last),
    and what the edit is called; None where it cannot be."""
    count = len(model.layers)
    if what == "add layer":
        if count >= MAX_LAYERS:
            return None
        if not count:
            return model.replace(kind="mlp", degree=1, layers=(FIRST,)), "add a layer"
        return with_new_layer(model), "add a layer"
    if what == "remove layer":
        if not count:
            return None
        less = with_layer(model, count - 1, None)
        return (less if less.layers else less.replace(kind=flat_kind(model))), "remove a layer"
    if not 1 <= layer <= count:
        return None
    size = model.layers[layer - 1].size + (1 if what == "add unit" else -1)
    if not 1 <= size <= MAX_WIDTH:
        return None
    why = f"{'add a unit to' if what == 'add unit' else 'remove a unit from'} layer {layer}"
    return with_layer(model, layer - 1, model.layers[layer - 1].replace(size=size)), why


def with_activation(model: Model, layer: int, activation: Activation) -> Model:
    """Another activation of hidden layer 1, 2, ..."""
    return with_layer(model, layer - 1, model.layers[layer - 1].replace(activation=activation))
