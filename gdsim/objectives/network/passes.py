"""Forward and backward through the layers in NumPy: the reference that every kernel is measured against.

Samples lie along the last axis. Backpropagation: D. Rumelhart, G. Hinton, R. Williams, Learning representations by
back-propagating errors, Nature 323 (1986) 533. Batch normalisation: S. Ioffe, C. Szegedy, arXiv:1502.03167; layer
normalisation: J. Ba, J. Kiros, G. Hinton, arXiv:1607.06450; residual connections: K. He et al., arXiv:1512.03385;
dropout: N. Srivastava et al., JMLR 15 (2014) 1929.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gdsim.objectives.network.architecture import NORM_EPS, NORM_MOMENTUM, Architecture, Block, Dense
from gdsim.objectives.network.curves import apply

Array = NDArray[Any]
Masks = Callable[[int, int, int], Array]
"""(layer, units, samples) -> uniform numbers (units, samples); see `engine.noise.dropout_uniforms`."""


@dataclass(frozen=True, eq=False)
class LayerPass:
    """What one layer did on the way forward.

    Attributes:
        below: (inputs, m) what came in.
        sums: (outputs, m) z = W a + b.
        normed: (outputs, m) before gain and shift, None without normalisation.
        deviation: (outputs, 1) or (1, m) what it was divided by, None without.
        slope: (outputs, m) f'(u).
        keep: (outputs, m) 0 or 1/(1 - p), None without dropout.
        outputs: (outputs, m) what goes on.
        active: (outputs, m) f(u), before residual and dropout.
    """

    below: Array
    sums: Array
    normed: Array | None
    deviation: Array | None
    slope: Array
    keep: Array | None
    outputs: Array
    active: Array


def part(theta: Array, block: Block) -> Array:
    """The block's numbers in its shape; a view."""
    return theta[block.place].reshape(block.shape)


def forward(
    net: Architecture, theta: Array, x: Array, buffers: Array | None = None, masks: Masks | None = None,
    training: bool = False,
) -> list[LayerPass]:  # fmt: skip
    """Through all layers; the last one's `outputs` are the network's.

    Args:
        x: (inputs, m) in the dtype to compute in.
        buffers: running statistics; while training they are moved on in place.
        masks: uniform numbers for dropout; None: nothing is dropped.
        training: batch normalisation takes the batch's own statistics.
    """
    passes: list[LayerPass] = []
    for number, layer in enumerate(net.layers):
        below = passes[-1].outputs if passes else x
        passes.append(_forward_layer(layer, number, theta, below, buffers, masks, training))
    return passes


def _forward_layer(
    layer: Dense, number: int, theta: Array, below: Array, buffers: Array | None, masks: Masks | None, training: bool
) -> LayerPass:
    real = theta.dtype.type
    sums = part(theta, layer.weights) @ below + part(theta, layer.bias)[:, None]
    normed = deviation = None
    before = sums
    if layer.gain is not None and layer.shift is not None:
        mean, variance = _statistics(layer, sums, buffers, training)
        deviation = np.sqrt(variance + real(NORM_EPS))
        normed = (sums - mean) / deviation
        before = normed * part(theta, layer.gain)[:, None] + part(theta, layer.shift)[:, None]
    active, slope = apply(layer.activation, before)
    outputs = active + below if layer.residual else active
    keep = None
    if masks is not None and layer.dropout > 0.0:
        drawn = masks(number, layer.outputs, below.shape[1])
        keep = np.where(drawn <= layer.dropout, real(0), real(1.0 / (1.0 - layer.dropout)))
        outputs = outputs * keep
    return LayerPass(below, sums, normed, deviation, slope, keep, outputs, active)


def _statistics(layer: Dense, sums: Array, buffers: Array | None, training: bool) -> tuple[Array, Array]:
    """Mean and biased variance to normalise with, broadcastable against `sums`."""
    if layer.norm == "layer":
        return sums.mean(axis=0, keepdims=True), sums.var(axis=0, keepdims=True)
    units, count = sums.shape
    if not training and buffers is not None:
        running = buffers[layer.buffer : layer.buffer + 2 * units].astype(sums.dtype)
        return running[:units, None], running[units:, None]
    mean, variance = sums.mean(axis=1, keepdims=True), sums.var(axis=1, keepdims=True)
    if training and buffers is not None:
        unbiased = variance[:, 0] * (count / max(count - 1, 1))
        fresh = np.concatenate([mean[:, 0], unbiased])
        place = slice(layer.buffer, layer.buffer + 2 * units)
        buffers[place] += NORM_MOMENTUM * (fresh - buffers[place])
    return mean, variance


def backward(net: Architecture, theta: Array, passes: list[LayerPass], slopes: Array, training: bool = True) -> Array:
    """The gradient (n,) of a loss whose derivative by the outputs is `slopes` (outputs, m)."""
    return backward_full(net, theta, passes, slopes, training)[0]


def backward_full(
    net: Architecture, theta: Array, passes: list[LayerPass], slopes: Array, training: bool = True
) -> tuple[Array, list[Array]]:
    """The gradient (n,), and per layer delta = dJ/dz (units, m)."""
    gradient = np.zeros_like(theta)
    deltas: list[Array] = []
    above = slopes
    for layer, seen in zip(reversed(net.layers), reversed(passes), strict=True):
        if seen.keep is not None:
            above = above * seen.keep
        delta = above * seen.slope
        if layer.gain is not None and layer.shift is not None and seen.normed is not None:
            gradient[layer.gain.place] = (delta * seen.normed).sum(axis=1)
            gradient[layer.shift.place] = delta.sum(axis=1)
            delta = _through_norm(layer, delta * part(theta, layer.gain)[:, None], seen, training)
        deltas.append(delta)
        gradient[layer.weights.place] = (delta @ seen.below.T).ravel()
        gradient[layer.bias.place] = delta.sum(axis=1)
        through = part(theta, layer.weights).T @ delta
        above = through + above if layer.residual else through
    return gradient, deltas[::-1]


def _through_norm(layer: Dense, slope: Array, seen: LayerPass, training: bool) -> Array:
    """dJ/dz from dJ/d(normed): the statistics depend on z, unless they are the running ones."""
    assert seen.normed is not None
    assert seen.deviation is not None
    if layer.norm == "batch" and not training:
        return slope / seen.deviation
    axis = 0 if layer.norm == "layer" else 1
    mean = slope.mean(axis=axis, keepdims=True)
    along = (slope * seen.normed).mean(axis=axis, keepdims=True)
    return np.asarray((slope - mean - seen.normed * along) / seen.deviation)


def fresh_buffers(net: Architecture) -> Array:
    """Running statistics before the first batch: means 0, variances 1."""
    buffers = np.zeros(net.buffers)
    for layer in net.layers:
        if layer.norm == "batch":
            buffers[layer.buffer + layer.outputs : layer.buffer + 2 * layer.outputs] = 1.0
    return buffers


def penalty(net: Architecture, theta: Array, l1: float, l2: float) -> tuple[float, Array | None]:
    """l1 sum|w| + l2/2 sum w^2 over the weights, and its gradient (n,); None where there is neither."""
    if not (l1 or l2):
        return 0.0, None
    real = theta.dtype.type
    total, gradient = 0.0, np.zeros_like(theta)
    for layer in net.layers:
        place = layer.weights.place
        w = theta[place]
        total += l1 * float(np.abs(w).sum()) + 0.5 * l2 * float(w @ w)
        gradient[place] = real(l1) * np.sign(w) + real(l2) * w
    return total, gradient
