"""One sample on its way through a network and back: what every unit and every weight has to do with its loss.

Forward: z = W a + b, h = f(norm(z)) [+ a]. Backward: delta = dJ/dz of each layer, dJ/dW = delta a^T, and
dJ/da = W^T delta [+ dJ/dh] goes on below (Rumelhart, Hinton, Williams, Nature 323 (1986) 533). Batch normalisation uses
the running statistics, dropout drops nothing. The chain rule for one weight in lines: `analysis.chain_rule`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from gdsim.objectives.network import passes
from gdsim.objectives.network.architecture import NORM_EPS
from gdsim.objectives.network.curves import apply, loss_values
from gdsim.objectives.network.targets import meaning

if TYPE_CHECKING:
    from gdsim.objectives.network.architecture import Block, Dense
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
        standard: (units,) (z - mean)/deviation, z itself without normalisation; deviation: (units,) what was divided
            by; gain: (units,). Both are 1 without.
        slope: (units,) f'(u). outputs: (units,) h.
        delta: (units,) dJ/dz. back: (units,) dJ/dh, what came down from above.
        weights, gradient: (units, inputs) W and dJ/dW. bias, bias_gradient: (units,).
    """

    below: Array
    sums: Array
    normed: Array
    standard: Array
    deviation: Array
    gain: Array
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
        check: largest relative error against central differences, over up to 400 weights; NaN if it was not asked for.
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
        check: whether the gradient is compared with central differences, see `gradient_check`.
    """
    theta = np.ascontiguousarray(theta, dtype=np.float64)
    x, y = _sample(objective, sample)
    with np.errstate(all="ignore"):
        seen = passes.forward(objective.net, theta, x, _running(buffers))
        values, slopes = loss_values(objective.model.loss, seen[-1].outputs, y)
        gradient, deltas = passes.backward_full(objective.net, theta, seen, slopes, training=False)
        said = meaning(objective.model.loss, seen[-1].outputs)
    layers = tuple(
        _layer(objective, theta, gradient, k, seen[k], delta, _from_above(objective, theta, deltas, k, slopes))
        for k, delta in enumerate(deltas)
    )
    error = gradient_check(objective, theta, buffers, sample, gradient) if check else float("nan")
    return Walk(
        sample, x[:, 0], y[:, 0], layers, seen[-1].outputs[:, 0], np.asarray(said)[:, 0], float(values[0]),
        slopes[:, 0], gradient, error,
    )  # fmt: skip


def _layer(
    objective: NetworkObjective, theta: Array, gradient: Array, number: int, passed: passes.LayerPass, delta: Array,
    back: Array,
) -> WalkLayer:  # fmt: skip
    layer = objective.net.layers[number]
    units = layer.outputs
    plain = passed.normed is None or layer.gain is None
    standard = passed.sums if passed.normed is None else passed.normed
    deviation = np.ones(1) if passed.deviation is None else passed.deviation[:, 0]
    return WalkLayer(
        below=passed.below[:, 0],
        sums=passed.sums[:, 0],
        normed=passed.sums[:, 0] if plain else _scaled(theta, layer, standard)[:, 0],
        standard=standard[:, 0],
        deviation=np.broadcast_to(deviation, (units,)),
        gain=np.ones(units) if layer.gain is None else theta[layer.gain.place].copy(),
        slope=passed.slope[:, 0],
        outputs=passed.outputs[:, 0],
        delta=delta[:, 0],
        back=back,
        weights=passes.part(theta, layer.weights).copy(),
        gradient=passes.part(gradient, layer.weights).copy(),
        bias=theta[layer.bias.place].copy(),
        bias_gradient=gradient[layer.bias.place].copy(),
    )


def _running(buffers: Array) -> Array | None:
    return np.array(buffers, dtype=np.float64) if len(buffers) else None


def _sample(objective: NetworkObjective, sample: int) -> tuple[Array, Array]:
    return objective.batch(np.float64, np.array([sample]))


def _scaled(theta: Array, layer: Dense, normed: Array) -> Array:
    """Gain and shift of a normalisation, (units, m)."""
    assert layer.gain is not None
    assert layer.shift is not None
    return np.asarray(normed * passes.part(theta, layer.gain)[:, None] + passes.part(theta, layer.shift)[:, None])


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


def gradient_check(objective: NetworkObjective, theta: Array, buffers: Array, sample: int, gradient: Array) -> float:
    """The largest |difference - gradient| beside the gradient's size, central differences with h = eps^(1/3).

    All weights are moved, of more than 400 every k-th.
    """
    theta = np.ascontiguousarray(theta, dtype=np.float64)
    count = len(theta)
    chosen = np.arange(count) if count <= _MOST_CHECKED else np.linspace(0, count - 1, _MOST_CHECKED).astype(np.intp)
    h = _STEP * np.maximum(1.0, np.abs(theta[chosen]))
    with np.errstate(all="ignore"):
        both = _losses_moved(objective, theta, buffers, sample, np.tile(chosen, 2), np.concatenate([h, -h]))
        ahead, behind = np.split(both, 2)
        # how far theta + h and theta - h really are apart, not how far they should be
        apart = (theta[chosen] + h) - (theta[chosen] - h)
        wrong = np.abs((ahead - behind) / apart - gradient[chosen])
        return float(np.max(wrong, initial=0.0) / max(float(np.max(np.abs(gradient), initial=0.0)), 1e-8))


def losses_along(
    objective: NetworkObjective, theta: Array, buffers: Array, sample: int, weight: int, by: Array
) -> Array:
    """The loss of a sample with weight number `weight` moved by each of `by` (m,): (m,)."""
    theta = np.ascontiguousarray(theta, dtype=np.float64)
    with np.errstate(all="ignore"):
        return _losses_moved(objective, theta, buffers, sample, np.full(len(by), weight), np.asarray(by))


def _losses_moved(
    objective: NetworkObjective, theta: Array, buffers: Array, sample: int, weights: Array, by: Array
) -> Array:
    """The loss with ONE weight moved, for many of them side by side, as if they were as many samples: (m,)."""
    x, y = _sample(objective, sample)
    running = _running(buffers)
    passing = np.repeat(x, len(weights), axis=1)
    for layer in objective.net.layers:
        passing = _moved(theta, layer, passing, running, weights, by)
    return loss_values(objective.model.loss, passing, np.repeat(y, len(weights), axis=1))[0]


def _moved(theta: Array, layer: Dense, below: Array, running: Array | None, weights: Array, by: Array) -> Array:
    """A layer's outputs (units, m); in column k number `weights[k]` of theta is moved by `by[k]`, if it lies here."""
    columns, at = _inside(layer.weights, weights)
    unit, source = np.divmod(at, layer.inputs)
    before = passes.part(theta, layer.weights) @ below + passes.part(theta, layer.bias)[:, None]
    before[unit, columns] += by[columns] * below[source, columns]
    columns, unit = _inside(layer.bias, weights)
    before[unit, columns] += by[columns]
    if layer.gain is not None and layer.shift is not None:
        standard = _standardised(layer, before, running)
        before = _scaled(theta, layer, standard)
        columns, unit = _inside(layer.gain, weights)
        before[unit, columns] += by[columns] * standard[unit, columns]
        columns, unit = _inside(layer.shift, weights)
        before[unit, columns] += by[columns]
    active = apply(layer.activation, before)[0]
    return active + below if layer.residual else active


def _inside(block: Block, weights: Array) -> tuple[Array, Array]:
    """Which of `weights` lie in a block, and where in it."""
    columns = np.flatnonzero((weights >= block.start) & (weights < block.start + block.size))
    return columns, weights[columns] - block.start


def _standardised(layer: Dense, sums: Array, running: Array | None) -> Array:
    if layer.norm == "layer":
        return np.asarray((sums - sums.mean(axis=0)) / np.sqrt(sums.var(axis=0) + NORM_EPS))
    assert running is not None
    mean, variance = np.split(running[layer.buffer : layer.buffer + 2 * layer.outputs, None], 2)
    return np.asarray((sums - mean) / np.sqrt(variance + NORM_EPS))


def nudge(objective: NetworkObjective, theta: Array, buffers: Array, walked: Walk, weight: int, by: float) -> Nudge:
    """Weight number `weight` of theta moved by `by`."""
    theta = np.asarray(theta, dtype=np.float64)
    moved = theta.copy()
    moved[weight] += by
    x, y = _sample(objective, walked.sample)
    with np.errstate(all="ignore"):
        after = passes.forward(objective.net, moved, x, _running(buffers))
        actual = float(loss_values(objective.model.loss, after[-1].outputs, y)[0][0]) - walked.loss
    first = block_of(objective, weight).layer
    path = tuple(
        (number, after[number].outputs[:, 0] - walked.layers[number].outputs)
        for number in range(first, len(walked.layers))
    )
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
