"""How well a model does: which classes are taken for which, or how far numbers are off."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


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


@dataclass(frozen=True, slots=True)
class Distances:
    """How far predictions are off: root mean square and mean size of the residuals; r2: share of the variance that is
    explained, NaN where there is none."""

    rmse: float
    mae: float
    r2: float


def class_scores(truth: Array, taken: Array, classes: int, of: int) -> ClassScores:
    """Scores of class numbers `taken` (m,) for the true ones (m,)."""
    true, taken = np.asarray(truth, dtype=np.intp), np.asarray(taken, dtype=np.intp)
    counts = np.bincount(true * classes + taken, minlength=classes * classes)
    return ClassScores(counts.reshape(classes, classes), len(true), of)


def distances(truth: Array, predicted: Array) -> Distances:
    """Scores of predictions (m,) for numbers (m,); NaN or infinite where they are."""
    with np.errstate(all="ignore"):
        left = np.asarray(truth, dtype=np.float64) - predicted
        square, spread = float(np.mean(left**2)), float(np.var(truth))
        r2 = 1.0 - square / spread if spread > 0 else math.nan
        return Distances(math.sqrt(square), float(np.mean(np.abs(left))), r2)


def _share(part: Array, whole: Array) -> Array:
    with np.errstate(all="ignore"):
        return np.where(whole > 0, part / np.maximum(whole, 1), np.nan)
