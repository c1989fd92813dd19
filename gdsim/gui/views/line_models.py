"""Models of two weights: what is shown is v = g(m u + b) of one input u. What their view needs to know, without Qt."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gdsim.objectives.data.samples import Samples
from gdsim.objectives.network.curves import activate
from gdsim.objectives.network.design import Model
from gdsim.objectives.network.targets import meaning
from gdsim.session.spec import Problem

Array = NDArray[Any]
Weights = tuple[float, float]
"""m and b."""

_REACH, _PLACES = 12.0, 4801
_EDGE = 0.004  # of the range of v: how near its ends a hand may take it


def is_line(problem: Problem) -> bool:
    """Whether a problem is a model with exactly one weight and one bias."""
    return problem.learn is not None and problem.dimension == 2 and not problem.learn.model.layers


def is_straight(model: Model) -> bool:
    """Whether what is shown is m u + b itself."""
    return model.output.name == "identity" and not model.loss.prediction


def shown(model: Model, sums: Array) -> Array:
    """What is shown of z = m u + b, any shape: the output, or the probability that it means."""
    z = np.asarray(sums, dtype=np.float64)
    if is_straight(model):
        return z
    with np.errstate(all="ignore"):
        return np.asarray(meaning(model.loss, activate(model.output, z.reshape(1, -1)))).reshape(z.shape)


@lru_cache(maxsize=8)
def _table(model: Model) -> tuple[Array, Array] | None:
    """(v, z) with v rising, to look z up in; None where v is z, or more than one z has the same v."""
    if is_straight(model):
        return None
    z = np.linspace(-_REACH, _REACH, _PLACES)
    v = shown(model, z)
    if not np.isfinite(v).all():
        return None
    rises = np.diff(v)
    if (rises < 0).all():
        return v[::-1].copy(), z[::-1].copy()
    return (v, z) if (rises >= 0).all() and v[-1] > v[0] else None


def sum_for(model: Model, value: float) -> float:
    """The z at which `value` is shown, or nearly is; `value` itself where what is shown is z."""
    table = _table(model)
    if table is None:
        return value
    v, z = table
    edge = _EDGE * float(v[-1] - v[0])
    return float(np.interp(min(max(value, float(v[0]) + edge), float(v[-1]) - edge), v, z))


def through(model: Model, hand: tuple[float, float], pivot: tuple[float, float]) -> Weights | None:
    """The weights whose curve goes through the hand (u, v) and has z = `pivot[1]` at u = `pivot[0]`; None where the
    hand is over the pivot."""
    u, v = hand
    if abs(u - pivot[0]) < 1e-9 * (1.0 + abs(u) + abs(pivot[0])):
        return None
    slope = (sum_for(model, v) - pivot[1]) / (u - pivot[0])
    return slope, pivot[1] - slope * pivot[0]


def shifted(model: Model, hand: tuple[float, float], slope: float) -> Weights:
    """The weights with slope m whose curve goes through the hand (u, v)."""
    return slope, sum_for(model, hand[1]) - slope * hand[0]


def column_of(samples: Samples) -> tuple[int, float, float] | None:
    """The raw column that the one input is, with the shift and scale that standardising made; None where the input is a
    formula, so that a sample cannot be moved along it."""
    one = samples.inputs[0] if samples.inputs else None
    column = 0 if one is None else one.column
    if column < 0:
        return None
    return column, float(samples.shift[0]), float(samples.scale[0])


def formula_words(model: Model, name: str, target: str, weights: Weights) -> str:
    """``y = 0.51 x + 0.98``; with a curve around it where there is one."""
    from gdsim.gui.views.numbers_panel import terms_words

    terms = terms_words([(weights[0], name)], weights[1])
    if model.output.name != "identity":
        terms = f"{model.output.name}({terms})"
    if model.loss.prediction == "sigmoid(o)":
        return f"{target} = sigmoid({terms})"
    if model.loss.prediction:
        return f"{target} = {model.loss.prediction},  o = {terms}"
    return f"{target} = {terms}"
