"""How a network's numbers are spread, layer by layer: weights, activations, gradients; units that do nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from gdsim.draw.histograms import Histogram, LayerHistograms, prepare_histogram
from gdsim.objectives.network import passes
from gdsim.objectives.network.curves import loss_values

if TYPE_CHECKING:
    from gdsim.gui.learn.parts import Context

Array = NDArray[Any]

COLUMNS = ("weights", "activations", "gradients")
_WORK = 2_000_000  # weights times samples that are looked at
_FEWEST, _MOST = 16, 512  # samples
_COUNTED = 8192  # numbers in one histogram
_STILL = 0.01  # slope of an activation below which a unit hardly learns
_MUCH = 0.5  # share of a layer's units, or of its slopes, that is told


@dataclass(frozen=True, eq=False)
class HistogramsPart:
    """All layers' histograms in the order of `COLUMNS`.

    Attributes:
        layers: from the inputs on, the output layer last.
        samples: how many training samples were looked at, evenly chosen. of: how many there are.
        words: what stands out, in sentences.
    """

    layers: tuple[LayerHistograms, ...]
    samples: int
    of: int
    words: tuple[str, ...]


def histograms(context: Context) -> HistogramsPart:
    """Weights, activations f(u) and the gradient of J by the weights, over training samples.

    Batch normalisation takes these samples' statistics, nothing is dropped; large networks are looked at with fewer
    samples, and large layers by an even choice of their numbers.
    """
    objective, theta = context.objective, context.theta
    net, of = objective.net, objective.samples.count
    wanted = min(max(_WORK // objective.n, _FEWEST), _MOST)
    stride = max(1, -(-of // wanted))
    x, y = objective.samples.x[:, ::stride], objective.targets[:, ::stride]
    with np.errstate(all="ignore"):
        seen = passes.forward(net, theta, x, None, None, training=True)
        _, slopes = loss_values(objective.model.loss, seen[-1].outputs, y)
        gradient = passes.backward(net, theta, seen, np.asarray(slopes / x.shape[1], dtype=theta.dtype))
        _, extra = passes.penalty(net, theta, objective.model.l1, objective.model.l2)
        gradient = gradient if extra is None else gradient + extra
    layers, words = [], []
    for number, (layer, own) in enumerate(zip(net.layers, seen, strict=True), 1):
        last = number == len(net.layers)
        place = layer.weights.place
        parts = tuple(_counted(values) for values in (theta[place], own.active, gradient[place]))
        name = "output" if last else f"{number} · {layer.activation.name}"
        layers.append(LayerHistograms(name, parts))
        if not last:
            words += _remarks(number, own)
    return HistogramsPart(tuple(layers), x.shape[1], of, tuple(words))


def _counted(values: Array) -> Histogram:
    flat = np.asarray(values, dtype=np.float64).ravel()
    return prepare_histogram(flat[:: max(1, -(-len(flat) // _COUNTED))])


def _remarks(number: int, layer: passes.LayerPass) -> list[str]:
    """What is wrong with a hidden layer."""
    dead = int((layer.active == 0).all(axis=1).sum())
    units = len(layer.active)
    if dead:
        which = f"all {units} units" if dead == units else f"{dead} of {units} units"
        return [f"Layer {number}: {which} {'is' if dead == 1 else 'are'} 0 for every sample"]
    with np.errstate(all="ignore"):
        still = float((np.abs(layer.slope) < _STILL).mean())
    zeros = float((layer.active == 0).mean())
    if still - zeros >= _MUCH:
        return [f"Layer {number} is saturated: {100 * still:.0f} % of its slopes are below {_STILL:g}"]
    return []
