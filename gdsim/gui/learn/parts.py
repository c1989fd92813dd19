"""The parts that a LearnPicture is made of: each a function of the model at the cursor, made in the engine thread.

A view names the parts it wants (`View.wants`); a new part is a function here (or in a module of its own) and a line in
`PARTS`, of policies in `POLICY_PARTS`. Parts are made at every frame while a run plays, so each has to take a few
milliseconds at most.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gdsim.gui.learn.boundary import boundary, fit, gradient, unit_curves
from gdsim.gui.learn.fits import line_fits
from gdsim.gui.learn.part_histograms import histograms
from gdsim.gui.learn.part_scores import scores
from gdsim.gui.learn.part_walk import walk_part
from gdsim.gui.learn.picture import LearnChoice
from gdsim.gui.learn.policy_parts import POLICY_PARTS
from gdsim.objectives.data.make import features_of, on_plane
from gdsim.objectives.network import passes
from gdsim.objectives.network.targets import decided, meaning
from gdsim.session.spec import Kind

Array = NDArray[Any]

PLANE_SIDE = 96
UNIT_SIDE = 24
_MARGIN = 0.1


@dataclass(frozen=True, eq=False)
class Context:
    """What a part is made from.

    Attributes:
        history: the run; racer, step: whose model, and when.
        objective: its NetworkObjective. theta, buffers: the model there.
        choice: what is looked at.
        cancel: set when nobody waits any more.
    """

    history: Any
    racer: int
    step: int
    objective: Any
    theta: Array
    buffers: Array
    choice: LearnChoice
    cancel: Any

    def outputs(self, x: Array, theta: Array | None = None, buffers: Array | None = None) -> Array:
        """Outputs (k, m) for features x (features, m), at this model or another."""
        theta = self.theta if theta is None else theta
        buffers = self.buffers if buffers is None else buffers
        backend = self.history.backend
        return np.asarray(backend.outputs(self.objective, theta, buffers, x), dtype=np.float64)

    def layers(self, x: Array) -> list[passes.LayerPass]:
        """All layers' values for features x."""
        with np.errstate(all="ignore"):
            return passes.forward(self.objective.net, self.theta, x, self.buffers)


@dataclass(frozen=True, eq=False)
class PlanePart:
    """The model over the plane of two columns, other columns at their mean.

    Attributes:
        x, y: ranges. columns: numbers of the two.
        outputs: (k, side, side) raw outputs, row 0 at y low; meaning: what they say (probabilities), the same shape.
    """

    x: tuple[float, float]
    y: tuple[float, float]
    outputs: Array
    meaning: Array
    columns: tuple[int, int] = (0, 1)


@dataclass(frozen=True, eq=False)
class UnitsPart:
    """Every unit over the plane: inputs (features, side, side), then per layer (units, side, side), the output last."""

    x: tuple[float, float]
    y: tuple[float, float]
    layers: tuple[Array, ...]


@dataclass(frozen=True, eq=False)
class SamplesPart:
    """The model on the samples themselves: outputs (k, m), and the class decided for each (m,), or None."""

    train: Array
    test: Array
    decided: Array | None
    decided_test: Array | None


def plane_columns(samples: Any, chosen: tuple[int, ...] = ()) -> tuple[int, int]:
    """The two raw columns that span the plane: the chosen ones, else the first two that inputs read and that vary."""
    count = len(samples.columns)
    if len(chosen) == 2 and chosen[0] != chosen[1] and max(chosen) < count:
        return chosen[0], chosen[1]
    read = {number for each in samples.inputs for _, number in each.uses} or set(range(count))
    with np.errstate(all="ignore"):
        varies = np.nanmax(samples.raw, axis=1) > np.nanmin(samples.raw, axis=1)
    order = sorted(range(count), key=lambda k: (not (varies[k] and k in read), not varies[k], k))
    first, second = sorted(order[:2])
    return first, second


def plane_ranges(
    objective: Any, columns: tuple[int, int] = (0, 1)
) -> tuple[tuple[float, float], tuple[float, float]]:
    """The part of the plane that shows all samples, with a margin."""
    chosen = list(columns)
    raw = np.concatenate([objective.samples.raw[chosen], objective.samples.raw_test[chosen]], axis=1)
    found = []
    for row in raw:
        low, high = float(np.nanmin(row)), float(np.nanmax(row))
        pad = _MARGIN * ((high - low) or 2.0)
        found.append((low - pad, high + pad))
    return found[0], found[1]


def has_plane(objective: Any) -> bool:
    """Whether there are two columns to span a plane."""
    return len(objective.samples.columns) >= 2


def plane_features(
    objective: Any, side: int, columns: tuple[int, int] = (0, 1)
) -> tuple[tuple[float, float], tuple[float, float], Array]:
    """Ranges, and the features (features, side*side) of a grid over the plane; row 0 at y low."""
    x, y = plane_ranges(objective, columns)
    xs, ys = np.linspace(*x, side), np.linspace(*y, side)
    raw = on_plane(objective.samples, np.tile(xs, side), np.repeat(ys, side), *columns)
    return x, y, features_of(objective.samples, raw)


def plane(context: Context) -> PlanePart | None:
    """See PlanePart; None for data of one column."""
    objective = context.objective
    if not has_plane(objective):
        return None
    columns = plane_columns(objective.samples, context.choice.columns)
    x, y, features = plane_features(objective, PLANE_SIDE, columns)
    unit = context.choice.unit
    if unit is not None and unit[0] <= len(objective.net.layers):
        values = features if unit[0] == 0 else context.layers(features)[unit[0] - 1].active
        one = values[min(unit[1], len(values) - 1)].reshape(1, PLANE_SIDE, PLANE_SIDE)
        return PlanePart(x, y, one, one, columns)
    outputs = context.outputs(features)
    with np.errstate(all="ignore"):
        said = meaning(objective.model.loss, outputs)
    shape = (len(outputs), PLANE_SIDE, PLANE_SIDE)
    return PlanePart(x, y, outputs.reshape(shape), np.asarray(said).reshape(shape), columns)


def units(context: Context) -> UnitsPart | None:
    """See UnitsPart; None for data of one column."""
    objective = context.objective
    if not has_plane(objective):
        return None
    columns = plane_columns(objective.samples, context.choice.columns)
    x, y, features = plane_features(objective, UNIT_SIDE, columns)
    shown = [features, *(seen.active for seen in context.layers(features))]
    return UnitsPart(x, y, tuple(each.reshape(len(each), UNIT_SIDE, UNIT_SIDE) for each in shown))


def samples(context: Context) -> SamplesPart:
    """See SamplesPart."""
    objective = context.objective
    loss, classes = objective.model.loss, len(objective.samples.classes)
    train, test = context.outputs(objective.samples.x), context.outputs(objective.samples.x_test)
    if not classes:
        return SamplesPart(train, test, None, None)
    return SamplesPart(train, test, decided(loss, train, classes), decided(loss, test, classes))


PARTS: dict[str, Callable[[Context], Any]] = {
    "units": units,
    "samples": samples,
    "boundary": boundary,
    "fit": fit,
    "gradient": gradient,
    "histograms": histograms,
    "line_fits": line_fits,
    "scores": scores,
    "unit_curves": unit_curves,
    "walk": walk_part,
}

OF_THE_START = frozenset({"units", "samples", "boundary", "fit", "unit_curves"})
"""Parts that need no row: they are there before the first step is."""


def parts_of(kind: Kind) -> Mapping[str, Callable[[Context], Any]]:
    """The parts that can be had of a problem of this kind, by name."""
    if kind == "function":
        return {}
    return PARTS if kind == "model" else POLICY_PARTS
