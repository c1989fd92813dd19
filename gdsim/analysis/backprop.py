"""One sample on its way through a network and back: what every unit and every weight has to do with its loss.

Forward: z = W a + b, h = f(norm(z)) [+ a]. Backward: delta = dJ/dz of each layer, dJ/dW = delta a^T, and
dJ/da = W^T delta [+ dJ/dh] goes on below (Rumelhart, Hinton, Williams, Nature 323 (1986) 533). Batch normalisation uses
the running statistics, dropout drops nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from gdsim.objectives.network import passes
from gdsim.objectives.network.curves import loss_values
from gdsim.objectives.network.targets import meaning

if TYPE_CHECKING:
    from gdsim.objectives.network.architecture import Block
    from gdsim.objectives.network.network import NetworkObjective

Array = NDArray[Any]

_STEP = float(np.finfo(np.float64).eps) ** (1 / 3)
_MOST_CHECKED = 400
GOOD, FAIR = 1e-6, 1e-4
"""Relative errors up to which a gradient check is good, or at least plausible near a kink."""


@dataclass(frozen=True, eq=False)
class WalkLayer:
    """One layer of the walk; all arrays float64.

    Attributes:
        below: (inputs,) what came in. sums: (units,) z. normed: (units,) u before f, z itself without normalisation.
        slope: (units,) f'(u). outputs: (units,) h.
        delta: (units,) dJ/dz. back: (units,) dJ/dh, what came down from above.
        weights, gradient: (units, inputs) W and dJ/dW. bias, bias_gradient: (units,).
    """

    below: Array
    sums: Array
    normed: Array
    slope: Array
    outputs: Array
    delta: Array
    back: Array
    weights: Array
    gradient: Array
    bias: Array
    bias_gradient: Array


@dataclass(frozen=True, eq=False)
class Walk:
    """A sample's walk.

    Attributes:
        sample: its number among the training samples. inputs: (features,); target: (outputs,) as the loss reads it.
        layers: from the inputs on.
        outputs: (outputs,) of the network; meaning: what they say (probabilities).
        loss: of this sample. slopes: (outputs,) dJ/do.
        gradient: (n,) of this sample's loss by all of theta.
        check: largest relative error against central differences, over up to 400 weights.
    """

    sample: int
    inputs: Array
    target: Array
    layers: tuple[WalkLayer, ...]
    outputs: Array
    meaning: Array
    loss: float
    slopes: Array
    gradient: Array
    check: float


@dataclass(frozen=True, slots=True)
class Nudge:
    """A weight moved by `by`: what the gradient predicts of the loss, what it really does, and where it passes.

    Attributes:
        path: per layer from the weight's own on, how much each unit's output changes, (units,).
    """

    weight: int
    by: float
    predicted: float
    actual: float
    path: tuple[tuple[int, Array], ...]


def walk(objective: NetworkObjective, theta: Array, buffers: Array, sample: int, *, check: bool = True) -> Walk:
    """Sample number `sample` through the network and back.

    Args:
        check: whether the gradient is compared with central differences (2 forward passes for each weight).
    """
    theta = np.ascontiguousarray(theta, dtype=np.float64)
    x, y = _sample(objective, sample)
    with np.errstate(all="ignore"):
        seen = passes.forward(objective.net, theta, x, _running(buffers))
        values, slopes = loss_values(objective.model.loss, seen[-1].outputs, y)
        gradient, deltas = passes.backward_full(objective.net, theta, seen, slopes, training=False)
        said = meaning(objective.model.loss, seen[-1].outputs)
    layers = []
    for number, (layer, passed, delta) in enumerate(zip(objective.net.layers, seen, deltas, strict=True)):
        normed = passed.sums if passed.normed is None else _scaled(theta, layer, passed.normed)
        layers.append(
            WalkLayer(
                below=passed.below[:, 0],
                sums=passed.sums[:, 0],
                normed=normed[:, 0],
                slope=passed.slope[:, 0],
                outputs=passed.outputs[:, 0],
                delta=delta[:, 0],
                back=_from_above(objective, theta, deltas, number, slopes),
                weights=passes.part(theta, layer.weights).copy(),
                gradient=passes.part(gradient, layer.weights).copy(),
                bias=theta[layer.bias.place].copy(),
                bias_gradient=gradient[layer.bias.place].copy(),
            )
        )
    error = gradient_check(objective, theta, buffers, sample, gradient) if check else float("nan")
    return Walk(
        sample, x[:, 0], y[:, 0], tuple(layers), seen[-1].outputs[:, 0], np.asarray(said)[:, 0], float(values[0]),
        slopes[:, 0], gradient, error,
    )  # fmt: skip


def _running(buffers: Array) -> Array | None:
    return np.array(buffers, dtype=np.float64) if len(buffers) else None


def _sample(objective: NetworkObjective, sample: int) -> tuple[Array, Array]:
    return objective.batch(np.float64, np.array([sample]))


def _scaled(theta: Array, layer: Any, normed: Array) -> Array:
    gain, shift = passes.part(theta, layer.gain), passes.part(theta, layer.shift)
    return np.asarray(normed * gain[:, None] + shift[:, None])


def _from_above(objective: NetworkObjective, theta: Array, deltas: list[Array], number: int, slopes: Array) -> Array:
    """dJ/dh of a layer's outputs: through the weights above, and past them where there are residuals."""
    layers = objective.net.layers
    above = slopes
    for k in range(len(layers) - 1, number, -1):
        through = passes.part(theta, layers[k].weights).T @ deltas[k]
        above = through + above if layers[k].residual else through
    return np.asarray(above[:, 0])


def loss_of(objective: NetworkObjective, theta: Array, buffers: Array, sample: int) -> float:
    """The loss of one sample."""
    x, y = _sample(objective, sample)
    with np.errstate(all="ignore"):
        outputs = objective.outputs(np.asarray(theta, dtype=np.float64), x, _running(buffers))
        return float(loss_values(objective.model.loss, outputs, y)[0][0])


def gradient_check(
    objective: NetworkObjective, theta: Array, buffers: Array, sample: int, gradient: Array
) -> float:
    """The largest |difference - gradient| beside the gradient's size, central differences with h = eps^(1/3)."""
    count = len(theta)
    chosen = np.arange(count) if count <= _MOST_CHECKED else np.linspace(0, count - 1, _MOST_CHECKED).astype(np.intp)
    scale = max(float(np.max(np.abs(gradient), initial=0.0)), 1e-8)
    worst = 0.0
    for place in chosen:
        h = _STEP * max(1.0, abs(float(theta[place])))
        moved = np.array(theta, dtype=np.float64)
        moved[place] = theta[place] + h
        ahead = loss_of(objective, moved, buffers, sample)
        moved[place] = theta[place] - h
        behind = loss_of(objective, moved, buffers, sample)
        worst = max(worst, abs((ahead - behind) / (2 * h) - float(gradient[place])) / scale)
    return worst


def nudge(objective: NetworkObjective, theta: Array, buffers: Array, walked: Walk, weight: int, by: float) -> Nudge:
    """Weight number `weight` of theta moved by `by`."""
    theta = np.asarray(theta, dtype=np.float64)
    moved = theta.copy()
    moved[weight] += by
    x, _ = _sample(objective, walked.sample)
    with np.errstate(all="ignore"):
        after = passes.forward(objective.net, moved, x, _running(buffers))
    first = block_of(objective, weight).layer
    path = tuple(
        (number, after[number].outputs[:, 0] - walked.layers[number].outputs)
        for number in range(first, len(walked.layers))
    )
    actual = loss_of(objective, moved, buffers, walked.sample) - walked.loss
    return Nudge(weight, by, float(walked.gradient[weight]) * by, actual, path)


def block_of(objective: NetworkObjective, weight: int) -> Block:
    """The block of theta that a weight lies in."""
    return next(block for block in objective.net.blocks if block.start <= weight < block.start + block.size)


def place_of(objective: NetworkObjective, weight: int) -> tuple[int, int, int]:
    """(layer, unit, input) of a weight; input -1 for a bias, gain or shift."""
    block = block_of(objective, weight)
    at = weight - block.start
    if block.kind == "weights":
        unit, below = divmod(at, block.shape[1])
        return block.layer, unit, below
    return block.layer, at, -1


def chain_rule(objective: NetworkObjective, walked: Walk, weight: int) -> list[tuple[str, str]]:
    """The chain rule for one weight with this sample's numbers, as pairs (LaTeX, numbers in LaTeX), line by line."""
    layer, unit, below = place_of(objective, weight)
    seen, last = walked.layers[layer], layer == len(walked.layers) - 1
    j, i = unit + 1, below + 1
    name = rf"w^{{({layer + 1})}}_{{{j}{i}}}" if below >= 0 else rf"b^{{({layer + 1})}}_{{{j}}}"
    a = float(seen.below[below]) if below >= 0 else 1.0
    lines = [
        (
            rf"\frac{{\partial J}}{{\partial {name}}} = \frac{{\partial J}}{{\partial h_{{{j}}}}} \cdot "
            rf"\frac{{\partial h_{{{j}}}}}{{\partial z_{{{j}}}}} \cdot \frac{{\partial z_{{{j}}}}}{{\partial {name}}}",
            "",
        )
    ]
    back, slope, delta = float(seen.back[unit]), float(seen.slope[unit]), float(seen.delta[unit])
    if last:
        above = rf"\frac{{\partial J}}{{\partial o_{{{j}}}}}"
        lines.append((rf"\frac{{\partial J}}{{\partial h_{{{j}}}}} = {above}", _number(back)))
    else:
        upper = walked.layers[layer + 1]
        lines.append((
            rf"\frac{{\partial J}}{{\partial h_{{{j}}}}} = \sum_k w^{{({layer + 2})}}_{{k{j}}}\, \delta^{{({layer + 2})}}_k",
            _sum(upper.weights[:, unit], upper.delta, back),
        ))  # fmt: skip
    lines.append((rf"\frac{{\partial h_{{{j}}}}}{{\partial z_{{{j}}}}} = f'(z_{{{j}}})", _number(slope)))
    lines.append((rf"\delta^{{({layer + 1})}}_{{{j}}} = \frac{{\partial J}}{{\partial z_{{{j}}}}}", _number(delta)))
    value = delta * a
    of = rf"a_{{{i}}}" if below >= 0 else "1"
    lines.append((
        rf"\frac{{\partial J}}{{\partial {name}}} = \delta^{{({layer + 1})}}_{{{j}}} \cdot {of}",
        rf"{_number(delta)} \cdot {_number(a, signed=True)} = {_number(value)}",
    ))  # fmt: skip
    return lines


def _sum(weights: Array, deltas: Array, total: float) -> str:
    shown = [rf"{_number(float(w))} \cdot {_number(float(d), signed=True)}" for w, d in zip(weights[:3], deltas, strict=False)]
    more = r" + \ldots" if len(weights) > 3 else ""
    return " + ".join(shown) + more + f" = {_number(total)}"


def _number(value: float, signed: bool = False) -> str:
    """Three significant digits in LaTeX; a negative factor in parentheses."""
    text = f"{value:.3g}"
    if "e" in text:
        mantissa, _, exponent = text.partition("e")
        text = rf"{mantissa} \cdot 10^{{{int(exponent)}}}"
    return f"({text})" if signed and value < 0 else text
