"""Parts for the network's view: the boundary ready to paint, the curve over one column, units over it, the gradient."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from gdsim.objectives.data.make import features_of, on_plane
from gdsim.objectives.network.curves import is_categorical
from gdsim.objectives.network.targets import meaning, scale_of

if TYPE_CHECKING:
    from gdsim.draw.boundary import Boundary
    from gdsim.gui.learn.parts import Context, PlanePart

Array = NDArray[Any]
Unit = tuple[int, int]

FIT_POINTS = 241
STRIP = 48
"""Places over which each unit is shown where there is one column."""
_MARGIN = 0.06
_WORK = 4e9
"""Multiplications (weights times samples) above which no gradient is taken for a picture."""


@dataclass(frozen=True, eq=False)
class BoundaryPart:
    """The output, or one unit's, over the plane of two columns: `boundary` of `gdsim.draw`, numbers of the columns, and
    the unit (None: the output)."""

    boundary: Boundary
    columns: tuple[int, int]
    unit: Unit | None


@dataclass(frozen=True, eq=False)
class FitPart:
    """Models of one column.

    Attributes:
        x: (m,) places. curves: per visible racer its number and what its outputs mean there (k, m).
        unit, values: a unit of the focused racer's model, and its activation (m,); None for the output.
    """

    x: Array
    curves: tuple[tuple[int, Array], ...]
    unit: Unit | None = None
    values: Array | None = None


@dataclass(frozen=True, eq=False)
class UnitCurvesPart:
    """Every unit over the one column: inputs (features, m), then per layer (units, m), the output last."""

    layers: tuple[Array, ...]


def boundary(context: Context) -> BoundaryPart | None:
    """See BoundaryPart; None for data of one column."""
    from gdsim.draw.boundary import prepare_classes, prepare_number, prepare_signed
    from gdsim.draw.learn_colours import reach_of
    from gdsim.gui.learn.parts import plane

    part: PlanePart | None = plane(context)
    if part is None:
        return None
    objective, unit = context.objective, context.choice.unit
    samples, loss = objective.samples, objective.model.loss
    if unit is not None and unit[0] <= len(objective.net.layers):
        one = part.outputs[0]
        return BoundaryPart(prepare_signed(one, part.x, part.y, (), 0.0, reach_of(one)), part.columns, unit)
    if loss.targets == "one_hot":
        scores = part.meaning if is_categorical(loss) else shares(part.meaning)
        made = prepare_classes(scores, part.x, part.y, samples.classes)
    elif samples.classes:
        middle, reach = scale_of(loss)
        made = prepare_signed(part.meaning[0], part.x, part.y, samples.classes, middle, reach)
    else:
        low, high = target_range(samples)
        made = prepare_number(part.meaning[0], part.x, part.y, low, high)
    return BoundaryPart(made, part.columns, None)


def shares(outputs: Array) -> Array:
    """Outputs (k, ...) made for 0 and 1 as shares that sum to 1."""
    with np.errstate(all="ignore"):
        inside = np.clip(outputs, 1e-6, None)
        return np.asarray(inside / inside.sum(axis=0))


def target_range(samples: Any) -> tuple[float, float]:
    """Lowest and highest target."""
    both = np.concatenate([samples.y, samples.y_test])
    low, high = float(both.min()), float(both.max())
    return (low, high) if high > low else (low - 1.0, high + 1.0)


def fit(context: Context) -> FitPart | None:
    """See FitPart; None for data of several columns."""
    objective, history = context.objective, context.history
    if len(objective.samples.columns) != 1:
        return None
    x = _places(objective.samples, FIT_POINTS)
    features = features_of(objective.samples, x[None, :])
    curves = []
    for number, racer in enumerate(history.spec.racers):
        own = number == context.racer
        if racer.visible and (own or history.traces[number].published):
            theta, buffers = (context.theta, context.buffers) if own else history.weights(number, context.step)
            with np.errstate(all="ignore"):
                said = meaning(objective.model.loss, context.outputs(features, theta, buffers))
            curves.append((number, np.asarray(said)))
    unit = context.choice.unit
    if unit is None or unit[0] > len(objective.net.layers):
        return FitPart(x, tuple(curves))
    values = features if unit[0] == 0 else context.layers(features)[unit[0] - 1].active
    return FitPart(x, tuple(curves), unit, values[min(unit[1], len(values) - 1)])


def unit_curves(context: Context) -> UnitCurvesPart | None:
    """See UnitCurvesPart; None for data of several columns."""
    samples = context.objective.samples
    if len(samples.columns) != 1:
        return None
    features = features_of(samples, _places(samples, STRIP)[None, :])
    return UnitCurvesPart((features, *(seen.active for seen in context.layers(features))))


def _places(samples: Any, count: int) -> Array:
    raw = np.concatenate([samples.raw[0], samples.raw_test[0]])
    low, high = float(np.nanmin(raw)), float(np.nanmax(raw))
    pad = _MARGIN * ((high - low) or 2.0)
    return np.linspace(low - pad, high + pad, count)


def gradient(context: Context) -> Array | None:
    """The gradient (n,) of J over all training samples; None where it would take too long for a picture."""
    objective = context.objective
    if 6.0 * objective.n * objective.samples.count > _WORK:
        return None
    with np.errstate(all="ignore"):
        return np.asarray(objective.batch_gradient(context.theta)[1])


def read_at(picture: Any, columns: tuple[int, int], x: float, y: float) -> tuple[Array, Array]:
    """Outputs (k,) of a LearnPicture's model at a place of the plane, and what they mean (k,)."""
    objective = picture.objective
    raw = on_plane(objective.samples, np.array([x]), np.array([y]), *columns)
    buffers = picture.buffers if len(picture.buffers) else None
    with np.errstate(all="ignore"):
        outputs = objective.outputs(picture.theta, features_of(objective.samples, raw), buffers)
        return outputs[:, 0], np.asarray(meaning(objective.model.loss, outputs))[:, 0]
