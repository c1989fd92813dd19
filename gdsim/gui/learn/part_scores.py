"""How well a model does, sample by sample: which classes are taken for which, or how far numbers are off."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from gdsim.analysis.scores import ClassScores as ClassScores
from gdsim.analysis.scores import class_scores, distances
from gdsim.draw.histograms import Histogram, prepare_histogram
from gdsim.objectives.network.targets import decided, meaning

if TYPE_CHECKING:
    from gdsim.gui.learn.parts import Context

Array = NDArray[Any]

_WORK = 200_000_000  # weights times samples that are looked at
_SHOWN = 800  # samples in the scatter


@dataclass(frozen=True, eq=False)
class NumberScores:
    """Numbers that were to be predicted, of so many samples.

    Attributes:
        truth, predicted: (m,) an even choice of them, for a picture.
        residuals: histogram of truth - predicted.
        rmse, mae: root mean square and mean size of the residuals. r2: share of the variance that is explained.
        samples, of: as in `ClassScores`.
    """

    truth: Array
    predicted: Array
    residuals: Histogram
    rmse: float
    mae: float
    r2: float
    samples: int
    of: int


@dataclass(frozen=True, eq=False)
class ScoresPart:
    """Of the training samples and of the test samples (None without any); `classes` is empty for numbers."""

    classes: tuple[str, ...]
    target: str
    train: ClassScores | NumberScores
    test: ClassScores | NumberScores | None


def scores(context: Context) -> ScoresPart:
    """See ScoresPart; of very many samples an even choice is looked at."""
    samples = context.objective.samples
    train = _scores(context, samples.x, samples.y)
    test = _scores(context, samples.x_test, samples.y_test) if samples.count_test else None
    return ScoresPart(samples.classes, samples.target, train, test)


def _scores(context: Context, x: Array, y: Array) -> ClassScores | NumberScores:
    objective, of = context.objective, x.shape[1]
    stride = max(1, -(-of * objective.n // _WORK))
    x, y = x[:, ::stride], y[::stride]
    outputs = context.outputs(np.ascontiguousarray(x))
    k = len(objective.samples.classes)
    if k:
        return class_scores(y, decided(objective.model.loss, outputs, k), k, of)
    return number_scores(np.asarray(y, dtype=np.float64), meaning(objective.model.loss, outputs)[0], of)


def number_scores(truth: Array, predicted: Array, of: int) -> NumberScores:
    """Scores of predictions (m,) for numbers (m,)."""
    shown = slice(None, None, max(1, -(-len(truth) // _SHOWN)))
    with np.errstate(all="ignore"):
        residuals = prepare_histogram(truth - predicted)
    far = distances(truth, predicted)
    return NumberScores(truth[shown], predicted[shown], residuals, far.rmse, far.mae, far.r2, len(truth), of)
