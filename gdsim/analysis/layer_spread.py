"""How a network's numbers are spread, layer by layer: weights, activations, gradients; units that do nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from gdsim.objectives.network import curves, passes
from gdsim.objectives.network.curves import loss_values

if TYPE_CHECKING:
    from gdsim.objectives.network.network import NetworkObjective
    from gdsim.objectives.network.passes import LayerPass

Floats = NDArray[np.float64]

_SAMPLES = 256  # samples that tell whether a unit is dead
_STILL = 0.01  # slope of an activation below which a unit hardly learns
_MUCH = 0.5  # share of a layer's slopes that is told


@dataclass(frozen=True, slots=True, eq=False)
class LayerSpread:
    """One layer's numbers: weights (units, before), activations (units, samples), gradient of J by the weights."""

    weights: Floats
    activations: Floats
    gradient: Floats


def layer_spread(objective: NetworkObjective, theta: Floats, stride: int = 1) -> tuple[tuple[LayerSpread, ...], Any]:
    """Every layer's numbers over each `stride`-th training sample, from the inputs on; and the forward pass itself.

    Batch normalisation takes these samples' statistics, nothing is dropped.
    """
    net, model = objective.net, objective.model
    x, y = objective.samples.x[:, ::stride], objective.targets[:, ::stride]
    with np.errstate(all="ignore"):
        seen = passes.forward(net, theta, x, None, None, training=True)
        _, slopes = loss_values(model.loss, seen[-1].outputs, y)
        gradient = passes.backward(net, theta, seen, np.asarray(slopes / x.shape[1], dtype=theta.dtype))
        _, extra = passes.penalty(net, theta, model.l1, model.l2)
        gradient = gradient if extra is None else gradient + extra
    found = []
    for layer, own in zip(net.layers, seen, strict=True):
        block = layer.weights
        found.append(
            LayerSpread(theta[block.place].reshape(block.shape), own.active, gradient[block.place].reshape(block.shape))
        )
    return tuple(found), seen


def dead_in(seen: Sequence[LayerPass]) -> tuple[tuple[int, int, int], ...]:
    """Hidden layers with units that are exactly 0 for every sample of a forward pass: (layer, dead, units), from 1."""
    counts = ((number, int((layer.active == 0).all(axis=1).sum()), len(layer.active))
              for number, layer in enumerate(seen[:-1], 1))  # fmt: skip
    return tuple(count for count in counts if count[1])


def dead_units(objective: NetworkObjective, theta: Floats, buffers: Floats) -> tuple[tuple[int, int, int], ...]:
    """`dead_in` of a model with its running statistics, over its training samples (256 are looked at)."""
    x = objective.samples.x
    x = x[:, :: max(1, -(-x.shape[1] // _SAMPLES))]
    with np.errstate(all="ignore"):
        return dead_in(passes.forward(objective.net, np.asarray(theta, dtype=np.float64), x, buffers))


def can_die(objective: NetworkObjective) -> bool:
    """Whether a hidden layer has an activation that is 0 over a whole range."""
    return any(curves.can_die(layer.activation) for layer in objective.net.layers[:-1])


def still_share(layer: LayerPass) -> float:
    """Share of a layer's slopes that are next to none while the unit is not 0: of units that are saturated."""
    with np.errstate(all="ignore"):
        return float((np.abs(layer.slope) < _STILL).mean()) - float((layer.active == 0).mean())


def remarks(seen: Sequence[LayerPass]) -> tuple[str, ...]:
    """What is wrong with hidden layers: units that are dead, or else saturated."""
    dead = {number: (count, units) for number, count, units in dead_in(seen)}
    words = []
    for number, layer in enumerate(seen[:-1], 1):
        if number in dead:
            count, units = dead[number]
            which = f"all {units} units" if count == units else f"{count} of {units} units"
            words.append(f"Layer {number}: {which} {'is' if count == 1 else 'are'} 0 for every sample")
        elif still_share(layer) >= _MUCH:
            share = float((np.abs(layer.slope) < _STILL).mean())
            words.append(f"Layer {number} is saturated: {100 * share:.0f} % of its slopes are below {_STILL:g}")
    return tuple(words)
