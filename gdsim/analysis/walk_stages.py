"""The stages of a walk through a network: the inputs, forward layer by layer, the loss, back, and the update.

Each in a sentence, a formula and this sample's numbers, for one unit of the layer.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Literal

from gdsim.analysis.chain_rule import MINUS, index, number, plain_number, slope_of, weight_name
from gdsim.errors import FormulaError
from gdsim.formula import parse_formula
from gdsim.objectives.network.curves import is_categorical

if TYPE_CHECKING:
    from gdsim.analysis.backprop import Array, Walk
    from gdsim.objectives.network.network import NetworkObjective

Kind = Literal["inputs", "forward", "loss", "backward", "update"]

_WRITTEN = 3  # terms of a sum that are written out
_LONGEST = 90  # characters of LaTeX up to which a loss is written out


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage: what happens in it, and in which layer (1 ... L; 0 where it is in none)."""

    kind: Kind
    layer: int = 0


@dataclass(frozen=True, slots=True)
class StageWords:
    """A stage in words.

    Attributes:
        title: a few words. words: what happens.
        latex: the formula; numbers: the same with numbers, LaTeX, "" where there are none.
        plain: both as plain text.
    """

    title: str
    words: str
    latex: str
    numbers: str
    plain: str


def stages_of(layers: int) -> tuple[Stage, ...]:
    """The 2 L + 3 stages of a network of L layers."""
    forward = [Stage("forward", layer) for layer in range(1, layers + 1)]
    back = [Stage("backward", layer) for layer in range(layers, 0, -1)]
    return (Stage("inputs"), *forward, Stage("loss"), *back, Stage("update"))


def layer_name(layer: int, layers: int) -> str:
    """What layer number `layer` (from 1) of `layers` is called."""
    return "outputs" if layer == layers else f"layer {layer}"


def stage_words(
    objective: NetworkObjective, theta: Array, walked: Walk, stage: Stage, unit: int = 0, weight: int = 0,
    lr: float = float("nan"),
) -> StageWords:  # fmt: skip
    """A stage in words.

    Args:
        unit: of the stage's layer, whose numbers are written out.
        weight: number of the weight whose update is written out; lr: the learning rate.
    """
    if stage.kind == "inputs":
        return _inputs(objective, walked)
    if stage.kind == "loss":
        return _loss(objective, walked)
    if stage.kind == "update":
        return _update(weight_name(objective, weight), float(theta[weight]), float(walked.gradient[weight]), lr)
    unit = min(unit, len(walked.layers[stage.layer - 1].sums) - 1)
    return (_forward if stage.kind == "forward" else _backward)(objective, walked, stage.layer, unit)


def _update(name: str, before: float, slope: float, lr: float) -> StageWords:
    after = before - lr * slope
    return StageWords(
        "update",
        "Update: what this sample alone asks for. The run's own step takes the mean over its batch, and its rule.",
        rf"{name} \leftarrow {name} - \eta \cdot {slope_of('J', name)}",
        rf"{name} \leftarrow {number(before)} - {number(lr)} \cdot {number(slope, True)} = {number(after)}"
        if lr == lr
        else "",
        f"w becomes w {MINUS} learning rate · slope: {plain_number(after)}",
    )


def _inputs(objective: NetworkObjective, walked: Walk) -> StageWords:
    samples = objective.samples
    changed = bool((samples.shift != 0).any() or (samples.scale != 1).any())
    count = len(walked.inputs)
    shown = ", ".join(number(float(value)) for value in walked.inputs[:4]) + (r", \ldots" if count > 4 else "")
    return StageWords(
        "inputs",
        "Inputs: the sample" + (", standardised," if changed else "") + " as the first layer reads it.",
        r"\mathbf{h}^{(0)} = \mathbf{x}" if count > 1 else "h^{(0)} = x_1",
        rf"\mathbf{{x}} = \left({shown}\right)" if count > 1 else f"x_1 = {shown}",
        f"{count} input{'s' if count > 1 else ''}",
    )


def _forward(objective: NetworkObjective, walked: Walk, layer: int, unit: int) -> StageWords:
    dense, seen, layers = objective.net.layers[layer - 1], walked.layers[layer - 1], len(walked.layers)
    j, z = unit + 1, float(seen.sums[unit])
    last = layer == layers
    h = f"o_{{{j}}}" if last else f"h_{{{j}}}"
    u = "z" if dense.norm == "none" else "u"
    past = rf" + {_below(layer, unit)}" if dense.residual else ""
    terms = [
        rf"{number(float(w), k > 0)} \cdot {number(float(a), True)}"
        for k, (w, a) in enumerate(zip(seen.weights[unit, :_WRITTEN], seen.below, strict=False))
    ]
    dots = r" + \ldots" if seen.weights.shape[1] > _WRITTEN else ""
    bias = float(seen.bias[unit])
    sums = " + ".join(terms) + dots + f" {'-' if bias < 0 else '+'} {number(abs(bias))} = {number(z)}"
    norm = {"none": "", "batch": ", normalised by running statistics", "layer": ", normalised over the layer"}
    words = (
        f"Forward, {layer_name(layer, layers)}: what comes in, weighted, and a bias{norm[dense.norm]}"
        f"{'' if dense.activation.name == 'identity' else f'; f = {dense.activation.name} bends it'}"
        f"{', and what came in is added' if dense.residual else ''}."
    )
    value = float(seen.outputs[unit])
    into = float(seen.normed[unit])
    middle = f", \\quad u_{{{j}}} = {number(into)}" if dense.norm != "none" else ""
    added = f" + {number(float(seen.below[unit]), True)}" if dense.residual else ""
    return StageWords(
        f"forward: {layer_name(layer, layers)}",
        words,
        rf"z_{{{j}}} = \sum_i w_{{{j}i}}\, {_below(layer, -1)} + b_{{{j}}}, \quad {h} = f({u}_{{{j}}}){past}",
        rf"z_{{{j}}} = {sums}{middle}, \quad {h} = f({number(into)}){added} = {number(value)}",
        f"z{j} = {plain_number(z)}, {'o' if last else 'h'}{j} = {plain_number(value)}",
    )


def _below(layer: int, unit: int) -> str:
    at = "i" if unit < 0 else f"{{{index(unit)}}}"
    return f"x_{at}" if layer == 1 else f"h^{{({layer - 1})}}_{at}"


def _loss(objective: NetworkObjective, walked: Walk) -> StageWords:
    loss = objective.model.loss
    count = len(walked.outputs)
    numbers = f"J = {number(walked.loss)}"
    if is_categorical(loss):
        target = int(walked.target.argmax())
        share = float(walked.meaning[target])
        latex = rf"J = \ln \sum_k e^{{o_k}} - o_{{{target + 1}}} = {{-}}\ln p_{{{target + 1}}}"
        numbers = rf"J = {{-}}\ln {number(share)} = {number(walked.loss)}"
    else:
        latex = _loss_latex(loss.formula)
        latex = rf"J = \sum_k {latex}" if count > 1 else f"J = {latex}" if latex else "J"
    return StageWords(
        "loss",
        f"Loss: {loss.name.replace('_', ' ')} says how far the output is from the target. Here the way back begins.",
        latex,
        numbers,
        f"J = {plain_number(walked.loss)}",
    )


@lru_cache(maxsize=64)
def _loss_latex(text: str) -> str:
    """A loss in LaTeX; empty where it is too long to be read in a line."""
    try:
        latex = parse_formula(text, ("o", "y")).latex("J").removeprefix("J = ")
    except FormulaError:
        return ""
    return latex if len(latex) <= _LONGEST and "cases" not in latex else ""


def _backward(objective: NetworkObjective, walked: Walk, layer: int, unit: int) -> StageWords:
    dense, seen, layers = objective.net.layers[layer - 1], walked.layers[layer - 1], len(walked.layers)
    j, last = unit + 1, layer == layers
    back, slope, delta = float(seen.back[unit]), float(seen.slope[unit]), float(seen.delta[unit])
    u = "z" if dense.norm == "none" else "u"
    through = {
        "none": "",
        "batch": rf" \cdot \gamma_{{{j}}} / \sigma_{{{j}}}",
        "layer": r" \; \text{(through the normalisation)}",
    }[dense.norm]
    if last:
        above = slope_of("J", f"o_{{{j}}}")
        what = "probability minus target" if is_categorical(objective.model.loss) else "the slope of the loss"
        words = f"δ is {what}, times the slope of f"
    else:
        residual = objective.net.layers[layer].residual
        past = f" + {slope_of('J', f'h^{{({layer + 1})}}_{{{j}}}')}" if residual else ""
        above = rf"(\sum_k w_{{k{j}}}\, \delta^{{({layer + 1})}}_k{past})"
        way = "through the weights and past them" if residual else "through the weights"
        words = f"δ comes down {way}, times the slope of f"
    product = rf"{number(back)} \cdot {number(slope, True)}"
    if dense.norm == "batch":
        product += rf" \cdot {number(float(seen.gain[unit]), True)} / {number(float(seen.deviation[unit]))}"
    middle = "" if dense.norm == "layer" else f"{product} = "
    return StageWords(
        f"backward: {layer_name(layer, layers)}",
        f"Backward, {layer_name(layer, layers)}: {words}. Every ∂J/∂w is its δ times what came in.",
        rf"\delta_{{{j}}} = {above} \cdot f'({u}_{{{j}}}){through}",
        rf"\delta_{{{j}}} = {middle}{number(delta)}",
        f"δ{j} = {plain_number(delta)}",
    )
