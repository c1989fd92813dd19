"""How the gradient fades or grows through the layers of a deep network, at the start and while it trains.

The chain rule multiplies one factor W^T diag(f') for each layer: below 1 on average the gradient vanishes towards the
inputs, above 1 it explodes (S. Hochreiter (1991); Y. Bengio, P. Simard, P. Frasconi, IEEE Trans. Neural Networks 5
(1994) 157; X. Glorot, Y. Bengio, AISTATS 2010).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from gdsim.objectives.network.design import Initialisation, Layer, Model, Norm

if TYPE_CHECKING:
    from gdsim.engine.backend import Backend, Cancel, RacerPlan
    from gdsim.objectives.network.network import NetworkObjective

Array = NDArray[np.float64]

_SLICE = 64
VANISHES, EXPLODES = 1e-3, 1e3
"""Ratios of the first layer's gradient to the last one's beyond which it is said to vanish or explode."""


@dataclass(frozen=True, slots=True)
class Depth:
    """A deep network to be looked at.

    Attributes:
        layers: hidden layers, 1 to 32. width: their units. activation: a name or formula, as `choose_activation` takes.
        init, scale: how weights begin. norm, residual: what is said to cure.
    """

    layers: int = 10
    width: int = 16
    activation: str = "sigmoid"
    init: str = "xavier"
    scale: float = 1.0
    norm: Norm = "none"
    residual: bool = False


@dataclass(frozen=True, eq=False)
class Fading:
    """Per-layer gradient norms over a training run.

    Attributes:
        norms: (rows, layers) |dJ/d theta_l| at each recorded step, the output layer last. steps: (rows,).
        losses: (rows,) the loss of each.
        sizes: (layers,) how many numbers each layer has, for comparing per weight.
    """

    norms: Array
    steps: NDArray[np.int64]
    losses: Array
    sizes: NDArray[np.int64]

    @property
    def ratio(self) -> float:
        """The first layer's norm beside the output layer's at the start; NaN where that is 0."""
        first, last = float(self.norms[0, 0]), float(self.norms[0, -1])
        return first / last if last > 0 else math.nan

    @property
    def verdict(self) -> str:
        """One sentence on it."""
        ratio = self.ratio
        if not math.isfinite(ratio):
            return "the gradient is not finite: it exploded"
        layers = self.norms.shape[1]
        a_layer = ratio ** (1 / max(layers - 1, 1)) if ratio > 0 else 0.0
        rate = f"a factor {a_layer:.2g} for each layer on the way down"
        if ratio < VANISHES:
            return f"vanishes: the first layer's gradient is {ratio:.1e} of the last one's, {rate}"
        if ratio > EXPLODES:
            return f"explodes: the first layer's gradient is {ratio:.1e} times the last one's, {rate}"
        return f"healthy: the first layer's gradient is {ratio:.2g} of the last one's, {rate}"


def deep_model(base: Model, depth: Depth) -> Model:
    """The model that `depth` describes, with the loss and outputs of `base`.

    Raises:
        GdsimError: an unknown activation or initialisation.
    """
    from gdsim.objectives.network.chosen import choose_activation

    activation = choose_activation(depth.activation)
    layer = Layer(depth.width, activation, depth.norm, depth.residual)
    init = Initialisation(depth.init, depth.scale, base.init.seed)
    return base.replace(kind="mlp", layers=(layer,) * depth.layers, init=init)


def fading(
    objective: NetworkObjective, plan: RacerPlan, backend: Backend, cancel: Cancel | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Fading:  # fmt: skip
    """Train with `plan` and note every layer's gradient at every step.

    Raises:
        Cancelled: `cancel` was set.
    """
    from gdsim.engine.network.training import training_trace
    from gdsim.errors import Cancelled

    stepper, trace = backend.stepper(objective, plan), training_trace(objective)
    status = None
    while status is None:
        status = stepper.advance(trace, _SLICE, cancel)
        if cancel is not None and cancel.is_set():
            raise Cancelled("the comparison was not finished")
        if progress is not None:
            progress(max(trace.last, 0), plan.steps)
    columns = [trace.column(f"grad_norm_layer{k + 1}") for k in range(len(objective.net.layers))]
    sizes = [part.stop - part.start for part in objective.net.layer_slices()]
    return Fading(
        np.stack(columns, axis=1), np.arange(trace.published), trace.column("loss"), np.array(sizes, dtype=np.int64)
    )
