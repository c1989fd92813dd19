"""How well a model does, sample by sample: which classes are taken for which, or how far numbers are off."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from gdsim.draw.histograms import Histogram, prepare_histogram
from gdsim.objectives.network.targets import decided, meaning

if TYPE_CHECKING:
    from gdsim.gui.learn.parts import Context

Array = NDArray[Any]

_WORK = 200_000_000  # weights times samples that are looked at
_SHOWN = 800  # samples in the scatter


@dataclass(frozen=True, eq=False)
class ClassScores:
    """Classes of so many samples.

    Attributes:
        counts: (k, k) samples of a true class (row) that were taken for a class (column).
        samples: how many were looked at. of: how many there are.
    """

    counts: Array
    samples: int
    of: int

    @property
    def precision(self) -> Array:
        """(k,) share of what was taken for a class that is one; NaN where nothing was."""
        return _share(np.diag(self.counts), self.counts.sum(axis=0))

    @property
    def recall(self) -> Array:
        """(k,) share of a class that was found; NaN where there is none of it."""
        return _share(np.diag(self.counts), self.counts.sum(axis=1))

    @property
    def f1(self) -> Array:
        """(k,) harmonic mean of the two."""
        return _share(2 * np.diag(self.counts), self.counts.sum(axis=0) + self.counts.sum(axis=1))


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
        taken = np.asarray(decided(objective.model.loss, outputs, k), dtype=np.intp)
        counts = np.bincount(np.asarray(y, dtype=np.intp) * k + taken, minlength=k * k).reshape(k, k)
        return ClassScores(counts, len(y), of)
    return number_scores(np.asarray(y, dtype=np.float64), meaning(objective.model.loss, outputs)[0], of)


def number_scores(truth: Array, predicted: Array, of: int) -> NumberScores:
    """Scores of predictions (m,) for numbers (m,)."""
    with np.errstate(all="ignore"):
        left = truth - predicted
        square = float(np.mean(left**2))
        spread = float(np.var(truth))
        r2 = 1.0 - square / spread if spread > 0 else math.nan
        mae = float(np.mean(np.abs(left)))
    shown = slice(None, None, max(1, -(-len(truth) // _SHOWN)))
    residuals = prepare_histogram(left)
    return NumberScores(truth[shown], predicted[shown], residuals, math.sqrt(square), mae, r2, len(truth), of)


def _share(part: Array, whole: Array) -> Array:
    with np.errstate(all="ignore"):
        return np.where(whole > 0, part / np.maximum(whole, 1), np.nan)
