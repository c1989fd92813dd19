"""How a network's numbers are spread, layer by layer: weights, activations, gradients; units that do nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from gdsim.analysis.layer_spread import layer_spread, remarks
from gdsim.draw.histograms import Histogram, LayerHistograms, prepare_histogram

if TYPE_CHECKING:
    from gdsim.gui.learn.parts import Context

Array = NDArray[Any]

COLUMNS = ("weights", "activations", "gradients")
_WORK = 2_000_000  # weights times samples that are looked at
_FEWEST, _MOST = 16, 512  # samples
_COUNTED = 8192  # numbers in one histogram


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
    objective, of = context.objective, context.objective.samples.count
    wanted = min(max(_WORK // objective.n, _FEWEST), _MOST)
    stride = max(1, -(-of // wanted))
    found, seen = layer_spread(objective, context.theta, stride)
    layers = []
    for number, (layer, own) in enumerate(zip(objective.net.layers, found, strict=True), 1):
        parts = tuple(_counted(values) for values in (own.weights, own.activations, own.gradient))
        last = number == len(objective.net.layers)
        layers.append(LayerHistograms("output" if last else f"{number} · {layer.activation.name}", parts))
    return HistogramsPart(tuple(layers), len(range(0, of, stride)), of, remarks(seen))


def _counted(values: Array) -> Histogram:
    flat = np.asarray(values, dtype=np.float64).ravel()
    return prepare_histogram(flat[:: max(1, -(-len(flat) // _COUNTED))])
