"""A racer's numbers over its steps, as curves of a few thousand points whatever the number of steps. Pure arrays."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from gdsim.analysis.training_progress import per_epoch_of

Array = NDArray[np.float64]
Quantity = Literal["loss", "gap", "grad_norm", "train", "accuracy", "batch", "reward"]
Over = Literal["steps", "evals", "time", "epochs", "samples", "episodes"]

_BLOCK = 256
_EXACT = 16_384  # rows up to which every single one is looked at
_DECADES = 24  # shown below the top of a logarithmic axis
_ABOVE = 1e3  # times the highest start: what diverges beyond leaves the picture instead of flattening it


@dataclass(slots=True)
class RowDigest:
    """Lowest and highest value of one column in blocks of 256 rows, grown as rows are published.

    A million rows come to eight thousand numbers, and no row is read twice. A `sparse` column has a number in some rows
    only, where an epoch begins: those rows alone are counted and given.
    """

    column: str
    sparse: bool = False
    _done: int = 0
    _lows: list[Array] = field(default_factory=list)
    _highs: list[Array] = field(default_factory=list)
    _folded: list[Array] = field(default_factory=list)
    _known: Array = field(default_factory=lambda: np.empty((2, 0)))

    def curve(self, trace: Any, stop: int) -> tuple[Array, Array]:
        """Row numbers and values of the rows below `stop`, all of them while they are few, else two per block."""
        if self.sparse:
            return self._finite(trace, stop)
        if stop <= _EXACT:
            return np.arange(stop, dtype=np.float64), trace.column(self.column, 0, stop)
        self._grow(trace, stop)
        blocks = stop // _BLOCK
        lows, highs = np.concatenate(self._lows)[:blocks], np.concatenate(self._highs)[:blocks]
        rows = np.repeat(np.arange(blocks) * float(_BLOCK), 2)
        rows[1::2] += _BLOCK / 2
        values = np.empty(2 * blocks)
        values[0::2], values[1::2] = highs, lows
        tail = np.arange(blocks * _BLOCK, stop, dtype=np.float64)
        return (
            np.concatenate([rows, tail]),
            np.concatenate([values, trace.column(self.column, blocks * _BLOCK, stop)]),
        )

    def _grow(self, trace: Any, stop: int) -> None:
        if stop < self._done:
            self._done, self._lows, self._highs = 0, [], []
        until = stop // _BLOCK * _BLOCK
        if until > self._done:
            blocks = trace.column(self.column, self._done, until).reshape(-1, _BLOCK)
            self._lows.append(np.fmin.reduce(blocks, axis=1))
            self._highs.append(np.fmax.reduce(blocks, axis=1))
            self._done = until

    def _finite(self, trace: Any, stop: int) -> tuple[Array, Array]:
        """Row numbers and values of the finite rows: the last ones each, those before as the extremes of 256."""
        if stop < self._done:
            self._done, self._folded, self._known = 0, [], np.empty((2, 0))
        if stop > self._done:
            values = trace.column(self.column, self._done, stop)
            where = np.flatnonzero(np.isfinite(values))
            self._known = np.concatenate([self._known, [where + float(self._done), values[where]]], axis=1)
            self._done = stop
        whole = self._known.shape[1] // _BLOCK * _BLOCK
        if whole > _EXACT:
            blocks = self._known[:, :whole].reshape(2, -1, _BLOCK)
            pairs = np.empty((2, 2 * blocks.shape[1]))
            pairs[0, 0::2], pairs[0, 1::2] = blocks[0, :, 0], blocks[0, :, _BLOCK // 2]
            pairs[1, 0::2], pairs[1, 1::2] = blocks[1].max(axis=1), blocks[1].min(axis=1)
            self._folded.append(pairs)
            self._known = self._known[:, whole:]
        joined = np.concatenate([*self._folded, self._known], axis=1)
        return joined[0], joined[1]


@dataclass(slots=True)
class EpochMeans:
    """The mean of a column over the steps of each epoch, grown as rows are published; no row is read twice."""

    column: str
    per_epoch: int
    _done: int = 0
    _means: Array = field(default_factory=lambda: np.empty(0))

    def curve(self, trace: Any, stop: int) -> tuple[Array, Array]:
        """Middle rows and means of the whole epochs below `stop`; where there are very many, of several at a time."""
        until = stop // self.per_epoch * self.per_epoch
        if until < self._done:
            self._done, self._means = 0, np.empty(0)
        if until > self._done:
            values = trace.column(self.column, self._done, until).reshape(-1, self.per_epoch)
            with np.errstate(all="ignore"):
                self._means = np.concatenate([self._means, values.mean(axis=1)])
            self._done = until
        joined = 1 + len(self._means) // _EXACT
        count = len(self._means) // joined
        means = self._means[: count * joined].reshape(count, joined).mean(axis=1)
        rows: Array = (np.arange(count, dtype=np.float64) + 0.5) * float(joined * self.per_epoch)
        return rows, means


@dataclass(frozen=True, slots=True)
class Span:
    """The ranges of a curve plot: `x` (low, high), `y` (low, high) in its own units, powers of ten if `log`."""

    x: tuple[float, float]
    y: tuple[float, float]
    log: bool
    missing: bool = False


def gap_to(values: Array, best: float) -> Array:
    """values - best, where `best` may be rounded: what lies below it by a ten-thousandth or less counts as there."""
    with np.errstate(all="ignore"):
        gap = values - best
    return np.where((gap < 0) & (gap >= -1e-4 * max(1.0, abs(best))), 0.0, gap)


def plotted(values: Array, log: bool) -> Array:
    """Values as they lie on the axis: log10 where it is logarithmic; not a number where there is no place for them."""
    with np.errstate(all="ignore"):
        if log:
            return np.where((values > 0) & np.isfinite(values), np.log10(np.where(values > 0, values, 1.0)), np.nan)
        return np.where(np.isfinite(values), values, np.nan)


def span_of(curves: Iterable[tuple[Array, Array]], log: bool) -> Span:
    """The ranges that show all `curves` (x, values): the tops of diverging ones and what is 24 decades down left out.

    `missing` tells that a logarithmic axis has no place for some values: those below zero. Zero itself, a minimum met
    exactly, is a gap in the line and needs no words.
    """
    curves = [(x, y) for x, y in curves if len(x)]
    right = max((float(x[-1]) for x, _ in curves), default=1.0)
    x_range = (0.0, right if right > 0 else 1.0)
    missing = log and any(bool((np.isfinite(y) & (y < 0)).any()) for _, y in curves)
    finite = [plotted(y, log) for _, y in curves]
    finite = [y[np.isfinite(y)] for y in finite]
    finite = [y for y in finite if len(y)]
    if not finite:
        return Span(x_range, (-1.0, 1.0) if log else (0.0, 1.0), log, missing)
    low, high = min(float(y.min()) for y in finite), max(float(y.max()) for y in finite)
    first = max(float(y[0]) for y in finite)
    if log:
        high = min(high, first + math.log10(_ABOVE))
        low = max(min(low, high), high - _DECADES)
        pad = max(0.05 * (high - low), 0.08)
    else:
        # Ten times the first drop: a bounce is seen, an explosion leaves the picture.
        high = min(high, first + 2.0 * max(abs(first), first - low, 1e-300))
        pad = 0.05 * (high - low) or max(abs(high) * 0.05, 1e-12)
    return Span(x_range, (low - pad, high + pad), log, missing)


def share_span(curves: Iterable[tuple[Array, Array]]) -> Span:
    """The ranges that show `curves` of per cents: 100 at the top, below it as far down as they go, in steps of ten."""
    curves = [(x, y[np.isfinite(y)]) for x, y in curves if len(x)]
    right = max((float(x[-1]) for x, _ in curves), default=1.0)
    low = min((float(y.min()) for _, y in curves if len(y)), default=0.0)
    bottom = max(0.0, 10.0 * math.floor(min(low, 99.0) / 10.0))
    return Span((0.0, right if right > 0 else 1.0), (bottom, 100.0 + 0.04 * (100.0 - bottom)), False)


def batching(trace: Any) -> tuple[int, float, float]:
    """Steps in an epoch, samples in a batch and in an epoch, of a training trace as far as it has gone."""
    if trace.published < 2:
        return 1, 1.0, 1.0
    per_epoch = per_epoch_of(trace)
    size = float(trace.column("samples", 1, 2)[0])
    if trace.published <= per_epoch:
        return per_epoch, size, size * per_epoch
    return per_epoch, size, float(trace.column("samples", per_epoch, per_epoch + 1)[0])


def over_axis(trace: Any, rows: Array, over: Over, seconds_per_eval: float) -> Array:
    """Places of rows on the axis: their numbers, the gradient evaluations so far, or the time that these took; of a
    training trace also the epochs and the samples seen so far."""
    if over == "steps" or not len(rows):
        return rows
    if over in ("epochs", "samples"):
        per_epoch, size, count = batching(trace)
        if over == "epochs":
            return rows / per_epoch
        epoch, number = np.divmod(rows, per_epoch)
        return epoch * count + np.minimum(number * size, count)
    index = rows.astype(np.intp)
    if len(rows) == index[-1] + 1:
        evals = trace.column("evals", 0, len(rows))
    else:
        # Between sampled rows evaluations grow evenly enough: line searches need a few per step.
        known = np.unique(np.linspace(0, index[-1], 512).astype(np.intp))
        evals = np.interp(rows, known, [trace.column("evals", int(k), int(k) + 1)[0] for k in known])
    return evals * seconds_per_eval if over == "time" else evals
