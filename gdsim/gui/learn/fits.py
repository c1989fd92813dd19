"""A part for the line's view: where the same line would end with other losses."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from gdsim.analysis.line_fits import Line, least_absolute, least_huber, least_squares, logistic
from gdsim.objectives.network.targets import encoded

if TYPE_CHECKING:
    from gdsim.gui.learn.parts import Context
    from gdsim.objectives.network.design import Loss

_DELTA = re.compile(r"<= *([0-9.eE+-]+)")
_SQUARED = ("mse", "half_mse")


@dataclass(frozen=True, slots=True)
class Fit:
    """The best line for a loss: its name and title, slope and intercept; `own`: it is the run's own loss."""

    name: str
    title: str
    line: Line
    own: bool = False


@dataclass(frozen=True, slots=True)
class LineFits:
    """The best lines that are known; `best`: the run's own minimum, None where it is not known exactly."""

    fits: tuple[Fit, ...] = ()
    best: Line | None = None


def line_fits(context: Context) -> LineFits | None:
    """See LineFits; None for a model with other than two weights."""
    objective = context.objective
    if objective.net.sizes != (1, 1):
        return None
    model = objective.model
    plain = not (model.l1 or model.l2) and model.output.name == "identity"
    return _fits(objective.samples, model.loss, plain)


@lru_cache(maxsize=4)
def _fits(samples: Any, loss: Loss, plain: bool) -> LineFits:
    x, y = samples.x[0], encoded(loss, samples.y, len(samples.classes))[0]
    if samples.classes:
        found = logistic(x, np.asarray(y > 0.5 if loss.targets == "zero_one" else y > 0, dtype=np.float64))
        return LineFits() if found is None else LineFits((Fit("logistic", "Most likely", found),))
    delta = huber_delta(loss)
    lines = (
        ("mse", "Squared", least_squares(x, y)),
        ("mae", "Absolute", least_absolute(x, y)),
        ("huber", "Huber", least_huber(x, y, delta)),
    )
    own = "mse" if loss.name in _SQUARED else loss.name
    fits = tuple(Fit(name, title, line, name == own) for name, title, line in lines if line is not None)
    best = next((each.line for each in fits if each.own), None)
    return LineFits(fits, best if plain else None)


def huber_delta(loss: Loss) -> float:
    """The error at which Huber's loss turns straight, as it is written in its formula; 1 for other losses."""
    found = _DELTA.search(loss.formula) if loss.name == "huber" else None
    try:
        delta = float(found[1]) if found is not None else 1.0
    except ValueError:
        return 1.0
    return delta if delta > 0 else 1.0
