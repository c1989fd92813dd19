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
MOST_LAYERS = 30
VANISHES, EXPLODES = 1e-3, 1e3
"""Ratios of the first layer's gradient to the last one's beyond which it is said to vanish or explode."""


@dataclass(frozen=True, slots=True)
class Depth:
    """A deep network to be looked at.

    Attributes:
        layers: hidden layers, 1 to `MOST_LAYERS`. width: their units.
        activation: a name or formula, as `choose_activation` takes.
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
    def tone(self) -> str:
        """How good that is: "good" or "bad"."""
        return "good" if VANISHES <= self.ratio <= EXPLODES and self.dead is None else "bad"

    @property
    def dead(self) -> int | None:
        """The step from which on layer 1 gets no gradient at all, to the end; None where it still gets one."""
        alive = np.flatnonzero(self.norms[:, 0] != 0)
        first = int(alive[-1]) + 1 if len(alive) else 0
        return int(self.steps[first]) if first < len(self.steps) else None

    @property
    def verdict(self) -> str:
        """One sentence on the start, or on how the network dies later."""
        ratio = self.ratio
        if not np.isfinite(self.norms[0]).all():
            return "the gradient is not finite: it exploded"
        if not math.isfinite(ratio):
            return "the gradient is 0: nothing can be learnt from here"
        if self.dead is not None:
            share = f"{ratio:.2g}" if ratio >= VANISHES else _power(ratio)
            at = f"at the start {share} of the output layer's"
            return f"dies at step {self.dead:,}: layer 1 gets no gradient from there on ({at})"
        a_layer = ratio ** (1 / max(self.norms.shape[1] - 1, 1)) if ratio > 0 else 0.0
        rate = f"a factor {a_layer:.2g} per layer"
        if ratio < VANISHES:
            return f"vanishes: layer 1 gets {_power(ratio)} of the output layer's gradient, {rate}"
        if ratio > EXPLODES:
            return f"explodes: layer 1 gets {_power(ratio)} times the output layer's gradient, {rate}"
        return f"healthy: layer 1 gets {ratio:.2g} of the output layer's gradient, {rate}"


def _power(value: float) -> str:
    """``4.8·10⁻⁷``."""
    mantissa, _, exponent = f"{value:.1e}".partition("e")
    raised = str(int(exponent)).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))
    return f"{mantissa}·10{raised}" if value else "0"


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
    objective: NetworkObjective, plan: RacerPlan, backend: Backend, steps: int | None = None,
    cancel: Cancel | None = None, progress: Callable[[int, int], None] | None = None,
) -> Fading:  # fmt: skip
    """Train with `plan` for so many steps (None: its own; 0: look at the start only), noting every layer's gradient.

    Raises:
        Cancelled: `cancel` was set.
    """
    from gdsim.engine.network.training import training_trace
    from gdsim.errors import Cancelled

    goal = plan.steps if steps is None else min(steps, plan.steps)
    stepper, trace = backend.stepper(objective, plan), training_trace(objective)
    status = None
    while status is None and trace.last < goal:
        status = stepper.advance(trace, min(_SLICE, goal - max(trace.last, 0)), cancel)
        if cancel is not None and cancel.is_set():
            raise Cancelled("the comparison was not finished")
        if progress is not None:
            progress(max(trace.last, 0), goal)
    columns = [trace.column(f"grad_norm_layer{k + 1}") for k in range(len(objective.net.layers))]
    sizes = [part.stop - part.start for part in objective.net.layer_slices()]
    return Fading(
        np.stack(columns, axis=1), np.arange(trace.published), trace.column("loss"), np.array(sizes, dtype=np.int64)
    )
