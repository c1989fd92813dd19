"""What is to be thought of a training run's losses: blown up, over-fitting, falling, at rest. One judgement, which the
verdict at every step and the sentence on a run's end both speak."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from gdsim.analysis.training_progress import Progress, Trend

Motion = Literal["rises", "jumps", "falls", "rests"]

FEWEST = 5
"""Losses over all samples below which there is no trend."""
LEARNT = 0.995
"""Share of training samples that are right from which all is learnt."""
SLOW = 0.002
"""Fall an epoch below which a loss crawls."""
_OVER = 1.1  # of the lowest test loss
_SINCE = 0.1  # share of the epochs for which it has to be over-fitting
_BETTER = 0.98  # of the training loss when the test loss was lowest
_BY_HEART = 0.1  # of the samples: how much fewer of the test samples are right
_BLOWN = 3.0  # of the loss at the start
_FLAT = 0.01  # fall over the whole trend below which there is none
_ROUGH = 0.1  # scatter about the trend from which it jumps


@dataclass(frozen=True, slots=True)
class OverFitting:
    """The test loss has risen from `lowest`, in epoch `since`, to `test`; the training loss fell from `before` to
    `train` meanwhile."""

    since: float
    lowest: float
    test: float
    before: float
    train: float


def over_fitting(seen: Progress) -> OverFitting | None:
    """Since when the test loss has been rising while the training loss falls; None where it is not so."""
    place, lowest = seen.lowest
    if place < 0 or seen.epoch - float(seen.epochs[place]) < max(3.0, _SINCE * seen.epoch):
        return None
    since, before = float(seen.epochs[place]), float(seen.train[place])
    test, train = seen.lately(seen.test), seen.lately(seen.train)
    apart = test > _OVER * lowest and train < _BETTER * before
    return OverFitting(since, lowest, test, before, train) if apart else None


def learnt(seen: Progress) -> bool:
    """Whether hardly a training sample is wrong."""
    return seen.lately(seen.right) >= LEARNT


def by_heart(seen: Progress) -> bool:
    """Whether hardly a training sample is wrong, but many of the test samples are."""
    return learnt(seen) and seen.lately(seen.right_test) < seen.lately(seen.right) - _BY_HEART


def blown_up(seen: Progress) -> bool:
    """Whether it is far worse than at the start, and not for a moment only."""
    return len(seen.train) > 1 and seen.lately(seen.train[1:]) > _BLOWN * float(seen.train[0]) > 0


def motion_of(trend: Trend) -> Motion:
    """Where the training loss is going."""
    if -trend.fall > max(0.02, 2 * trend.scatter):
        return "rises"
    if trend.scatter > _ROUGH and trend.fall < 2 * trend.scatter:
        return "jumps"
    return "rests" if trend.fall < max(_FLAT, 0.5 * trend.scatter) else "falls"
