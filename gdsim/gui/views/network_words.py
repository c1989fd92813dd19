"""What a unit, a weight, a place of the plane is, in words with the model's own numbers."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from gdsim.draw.chart_parts import short, term_words, three
from gdsim.draw.network_layout import Hit
from gdsim.gui.learn.boundary import read_at
from gdsim.gui.learn.picture import LearnPicture
from gdsim.gui.views.numbers_panel import terms_words
from gdsim.objectives.data.samples import Samples
from gdsim.objectives.network.architecture import Architecture
from gdsim.objectives.network.design import Model
from gdsim.objectives.network.passes import part
from gdsim.objectives.network.targets import decided


def unit_title(layers: int, names: Sequence[str], outputs: Sequence[str], unit: tuple[int, int]) -> str:
    """``x²`` for an input, ``Layer 1, unit 3``, ``Output first arm``; `layers` counts the output layer, too."""
    layer, number = unit
    if layer == 0:
        return f"Input {term_words(names[number])}" if number < len(names) else "Input"
    if layer == layers:
        return f"Output {outputs[number]}" if number < len(outputs) else "Output"
    return f"Layer {layer}, unit {number + 1}"


def _source(layer: int, number: int, names: Sequence[str]) -> str:
    """What a unit of layer `layer` reads from its `number`-th source."""
    return term_words(names[number]) if layer == 1 and number < len(names) else f"a{_low(number + 1)}"


def _low(number: int) -> str:
    return str(number).translate(str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉"))


def unit_words(picture: LearnPicture, model: Model, names: Sequence[str], unit: tuple[int, int]) -> str:
    """The formula of a unit with its weights: ``a = tanh(0.53 x − 1.2 y + 0.3)``."""
    layer, number = unit
    net: Architecture = picture.objective.net
    if not 0 < layer <= len(net.layers) or number >= net.layers[layer - 1].outputs:
        return ""
    dense = net.layers[layer - 1]
    row = part(picture.theta, dense.weights)[number]
    terms = terms_words(
        [(float(w), _source(layer, k, names)) for k, w in enumerate(row)],
        float(part(picture.theta, dense.bias)[number]),
    )
    if dense.norm != "none":
        terms = f"{dense.norm} norm({terms})"
    letter = "o" if layer == len(net.layers) else "a"
    name = dense.activation.name
    if name == "identity":
        return f"{letter} = {terms}"
    inside = dense.activation.formula if name == "custom" else name
    words = f"{letter} = {inside}({terms})" if name != "custom" else f"{letter} = {inside} of z = {terms}"
    return words + (f" + {_source(layer, number, names)}" if dense.residual else "")


def edge_words(picture: LearnPicture, names: Sequence[str], edge: Hit) -> tuple[str, str]:
    """Heading and numbers of a weight or a bias."""
    net: Architecture = picture.objective.net
    if not 0 < edge.layer <= len(net.layers):
        return "", ""
    dense = net.layers[edge.layer - 1]
    gradient = picture.parts.get("gradient")
    where = "the output" if edge.layer == len(net.layers) else f"unit {edge.unit + 1} of layer {edge.layer}"
    bias = edge.kind == "bias"
    block = dense.bias if bias else dense.weights
    place = (edge.unit,) if bias else (edge.unit, edge.source)
    if any(k >= size for k, size in zip(place, block.shape, strict=True)):
        return "", ""
    source = "" if bias else _source(edge.layer, edge.source, names)
    heading = f"Bias of {where}" if bias else f"Weight from {source} to {where}"
    letter = "b" if bias else "w"
    words = f"{letter} = {three(float(part(picture.theta, block)[place]))}"
    if gradient is not None:
        words += f",  ∂J/∂{letter} = {three(float(part(gradient, block)[place]))}"
    return heading, words


def place_words(
    picture: LearnPicture, samples: Samples, columns: tuple[int, int], place: tuple[float, float]
) -> tuple[str, str]:
    """Heading and numbers of a place of the plane: the output there, and what it means."""
    x, y = place
    heading = f"{samples.columns[columns[0]]} = {short(x)},  {samples.columns[columns[1]]} = {short(y)}"
    outputs, said = read_at(picture, columns, x, y)
    loss = picture.objective.model.loss
    if not samples.classes:
        return heading, f"{samples.target} = {three(float(said[0]))}"
    which = int(decided(loss, outputs[:, None], len(samples.classes))[0])
    name = samples.classes[which]
    if loss.targets == "one_hot":
        return heading, f"{name}: {_percent(float(said[which]))}"
    raw = three(float(outputs[0]))
    if not loss.prediction:
        return heading, f"{name}: output {raw}"
    share = float(said[0]) if which else 1.0 - float(said[0])
    return heading, f"{name}: {_percent(share)},  output {raw}"


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %" if np.isfinite(share) else "not a number"
