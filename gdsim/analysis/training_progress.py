"""How training stands at a step, in numbers: the trend of the losses, the gradient's way down, units that are dead."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from gdsim.analysis.vanishing import EXPLODES, VANISHES

if TYPE_CHECKING:
    from gdsim.engine.trace import Trace

Floats = NDArray[np.float64]

_LOOKED_AT = 1024  # epochs over the whole run that are looked at
_LAST = 64  # epochs of which every one is
_FEWEST, _MOST = 4, 40  # epochs that a trend is taken from
_ROWS = 256  # steps over which the gradient's way is averaged


@dataclass(frozen=True, slots=True, eq=False)
class Progress:
    """What is known at a step of the losses over all samples.

    Attributes:
        epoch: epochs done. per_epoch: steps in one.
        epochs: (e,) those after which the losses are known, up to the step, the last ones each, many before left out.
        train, test: (e,) losses without penalties; test is NaN without test samples.
        right, right_test: (e,) shares of samples whose class is right; NaN for a regression.
    """

    epoch: float
    per_epoch: int
    epochs: Floats
    train: Floats
    test: Floats
    right: Floats
    right_test: Floats

    @property
    def lowest(self) -> tuple[int, float]:
        """Which of `epochs` had the lowest test loss, and that loss: of the medians of three in a row, since one good
        epoch counts for nothing; (-1, nan) without test samples."""
        if len(self.test) < 3 or not np.isfinite(self.test).all():
            return -1, math.nan
        smooth = np.median(np.stack([self.test[:-2], self.test[1:-1], self.test[2:]]), axis=0)
        place = int(np.argmin(smooth))
        return place + 1, float(smooth[place])

    def now(self, values: Floats) -> float:
        """The last of such values."""
        return float(values[-1]) if len(values) else math.nan

    def lately(self, values: Floats) -> float:
        """The median of the last three: one good or bad epoch counts for nothing."""
        return float(np.median(values[-3:])) if len(values) else math.nan


@dataclass(frozen=True, slots=True)
class Trend:
    """The training loss over the last `epochs` epochs.

    Attributes:
        rate: by which share it falls an epoch, along the straight line through the logarithms.
        fall: what that comes to over all these epochs, in logarithms. scatter: deviation from that line, by quartiles.
        rises: in how many of these epochs it rose.
    """

    epochs: int
    rate: float
    fall: float
    scatter: float
    rises: int


def per_epoch_of(trace: Trace) -> int:
    """Steps in an epoch; 1 while there is one row only."""
    return max(1, round(1.0 / float(trace.column("epoch", 1, 2)[0]))) if trace.published > 1 else 1


def progress(trace: Trace, step: int) -> Progress:
    """How training stood at row `step`."""
    step = max(0, min(step, trace.last))
    per_epoch = per_epoch_of(trace)
    whole = step // per_epoch
    first = max(0, whole - _LAST)
    stride = max(1, -(-first // _LOOKED_AT))
    parts = [(0, first * per_epoch, stride * per_epoch), (first * per_epoch, step + 1, per_epoch)]
    if step % per_epoch:  # a run's last row is evaluated wherever it lies
        parts.append((step, step + 1, 1))
    names = ("epoch", "train_loss", "test_loss", "accuracy", "test_accuracy")
    found = [np.concatenate([trace.column(name, *part) for part in parts]) for name in names]
    known = ~np.isnan(found[1])
    epochs, train, test, right, right_test = (values[known] for values in found)
    return Progress(float(trace.column("epoch", step, step + 1)[0]), per_epoch, epochs, train, test, right, right_test)


def trend_of(seen: Progress) -> Trend | None:
    """The trend of the last fifth of the epochs, 4 to 40; None where there are fewer, or a loss is not above 0.

    The slope is the median of those between all pairs (P. Sen, J. Amer. Statist. Assoc. 63 (1968) 1379): the fall of
    the first epoch, or one that went astray, does not decide it.
    """
    count = min(len(seen.train), max(_FEWEST, min(_MOST, len(seen.train) // 5)) + 1)
    if count <= _FEWEST:
        return None
    x, y = seen.epochs[-count:], seen.train[-count:]
    if not np.isfinite(y).all() or (y <= 0).any():
        return None
    y, (first, second) = np.log(y), np.triu_indices(count, 1)
    slope = float(np.median((y[second] - y[first]) / (x[second] - x[first])))
    left = y - slope * x
    low, high = np.quantile(left, (0.25, 0.75))
    scatter = float(high - low) / 1.349  # the standard deviation of what is normally distributed
    span = float(x[-1] - x[0])
    return Trend(round(span), 1.0 - math.exp(slope), -slope * span, scatter, int((np.diff(y) > 0).sum()))


@dataclass(frozen=True, slots=True, eq=False)
class LayerFlow:
    """What of the gradient arrives where.

    Attributes:
        norms: (layers,) |dJ/d theta_l| of the step's batch, the output layer last.
        ratio: the first layer's beside the last one's, the geometric mean over the last epoch's steps (256 at most).
        kind: "single" for one layer.
        words: a sentence on it, "" for one layer.
    """

    norms: Floats
    ratio: float
    kind: Literal["healthy", "vanishes", "explodes", "stops", "lost", "single"]
    words: str


def layer_flow(trace: Trace, step: int) -> LayerFlow:
    """How the gradient came through the layers at row `step`, and lately."""
    layers = sum(name.startswith("grad_norm_layer") for name in trace.more)
    step = max(0, min(step, trace.last))
    lately = max(0, step + 1 - min(per_epoch_of(trace), _ROWS))
    rows = trace.rows(lately, step + 1, 1, slice(trace.width - layers, trace.width))
    norms = rows[-1].copy()
    if layers < 2:
        return LayerFlow(norms, 1.0, "single", "")
    if not np.isfinite(norms).all():
        return LayerFlow(norms, math.nan, "lost", "The gradient is not finite: it has exploded.")
    used = rows[(rows[:, [0, -1]] > 0).all(axis=1) & np.isfinite(rows[:, [0, -1]]).all(axis=1)]
    if not len(used):
        where = "any layer" if norms[-1] == 0 else "layer 1"
        return LayerFlow(norms, 0.0, "stops", f"No gradient reaches {where}: the units on its way pass nothing on.")
    ratio = float(np.exp(np.mean(np.log(used[:, 0]) - np.log(used[:, -1]))))
    share = f"layer 1 gets on average {ratio:.2g} of the output layer's"
    factor = f"a factor {ratio ** (1 / (layers - 1)):.2g} a layer"
    if ratio < VANISHES:
        return LayerFlow(norms, ratio, "vanishes", f"The gradient vanishes: {share}, {factor}.")
    if ratio > EXPLODES:
        words = f"The gradient grows on its way down: {ratio:.2g} times the output layer's at layer 1, {factor}."
        return LayerFlow(norms, ratio, "explodes", words)
    if ratio >= 1.0:
        share = f"layer 1 gets on average {ratio:.2g} times the output layer's"
    return LayerFlow(norms, ratio, "healthy", f"The gradient arrives: {share}.")
