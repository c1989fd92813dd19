"""A part for the back-propagation view: one sample's walk, the chosen weight's chain rule, and its nudge. No Qt."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from gdsim.analysis import backprop
from gdsim.analysis.chain_rule import ChainLine, chain_rule
from gdsim.analysis.walk_stages import Stage, StageWords, stage_words, stages_of
from gdsim.engine.network.training import batches_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gdsim.gui.learn.parts import Context

REACH = 0.5
"""How far a weight is nudged at most, either way."""
_POINTS = 41
_MOST_UNITS, _MOST_HIDDEN = 12, 8


@dataclass(frozen=True, eq=False)
class WalkPart:
    """One sample's walk through the model.

    Attributes:
        walk: all its numbers, with the gradient check.
        stage: of which stage the words speak, an index into `stages`; words: they.
        weight: number of the weight that is looked at; name: what it is called, `value`: how large it is.
        lines: its chain rule.
        nudge: what comes of moving it by LearnChoice.nudge.
        along, losses: (m,) ways that it is moved, -REACH ... REACH, and the sample's loss there.
        lr: learning rate of the step that leaves this row, NaN if there is none.
        batch: the training samples of this step's batch; None for all.
    """

    walk: backprop.Walk
    stages: tuple[Stage, ...]
    stage: int
    words: StageWords
    weight: int
    name: str
    value: float
    lines: tuple[ChainLine, ...]
    nudge: backprop.Nudge
    along: Any
    losses: Any
    lr: float
    batch: tuple[int, ...] | None


def is_drawable(sizes: Sequence[int]) -> bool:
    """Whether a network of so many units from inputs to outputs is small enough to be drawn with its numbers."""
    return len(sizes) - 2 <= _MOST_HIDDEN and max(sizes) <= _MOST_UNITS


def walk_part(context: Context) -> WalkPart | None:
    """See WalkPart; None for a network too large to be drawn."""
    objective, choice, theta = context.objective, context.choice, context.theta
    if not is_drawable(objective.net.sizes):
        return None
    sample = min(max(choice.sample, 0), objective.samples.count - 1)
    walked = backprop.walk(objective, theta, context.buffers, sample)
    stages = stages_of(len(walked.layers))
    stage = min(max(choice.stage, 0), len(stages) - 1)
    weight = choice.weight if 0 <= choice.weight < objective.n else 0
    layer, unit, _ = backprop.place_of(objective, weight)
    row = context.history.row(context.racer, context.step)
    here = unit if stages[stage].layer == layer + 1 else 0
    words = stage_words(objective, theta, walked, stages[stage], here, weight, row.lr)
    along = np.linspace(-REACH, REACH, _POINTS)
    batch = batches_of(objective, context.history.plans[context.racer]).index(row.step)
    return WalkPart(
        walk=walked,
        stages=stages,
        stage=stage,
        words=words,
        weight=weight,
        name=objective.net.names()[weight],
        value=float(theta[weight]),
        lines=tuple(chain_rule(objective, walked, weight)),
        nudge=backprop.nudge(objective, theta, context.buffers, walked, weight, choice.nudge),
        along=along,
        losses=backprop.losses_along(objective, theta, context.buffers, sample, weight, along),
        lr=row.lr,
        batch=None if batch is None else tuple(int(each) for each in batch),
    )
