"""A part for the line's view: where the same line would end with other losses."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from gdsim.analysis import line_fits as lines
from gdsim.analysis.line_fits import Fit as Fit
from gdsim.analysis.line_fits import LineFits as LineFits
from gdsim.objectives.network.targets import encoded

if TYPE_CHECKING:
    from gdsim.gui.learn.parts import Context
    from gdsim.objectives.network.design import Loss


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
    return lines.line_fits(loss, samples.x[0], encoded(loss, samples.y, len(samples.classes))[0], plain)
