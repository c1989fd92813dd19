"""Gradients of many mini-batches at one point: a cloud about the full gradient that shrinks as 1/sqrt(B).

Drawn without replacement, batches of B among N samples have the spread

    E |g_B - g|^2 = sigma^2 / B * (N - B)/(N - 1),   sigma^2 = mean |g_i - g|^2 over single samples

(the finite-population correction: W. Cochran, Sampling Techniques (1977), section 2.6).
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from gdsim.errors import Cancelled
from gdsim.objectives.network import passes
from gdsim.objectives.network.curves import loss_values

if TYPE_CHECKING:
    from gdsim.engine.backend import Cancel
    from gdsim.objectives.network.network import NetworkObjective

Array = NDArray[Any]

_MOST_NUMBERS = 20_000_000
_LAW_WORK = 100_000_000  # numbers that are added up to measure the law
_LAW_DRAWS = (8, 64)
_MOST_AXES = 512  # single gradients that the second axis of the plane is found from
_LIGHT = 100_000
_POWERS = 40  # of the covariance: more than an axis needs to look right


@dataclass(frozen=True, eq=False)
class GradientCloud:
    """A cloud at one point.

    Attributes:
        full: (n,) the gradient over all samples. batch: B; count: N.
        points: (draws, 2) gradients in a plane whose first axis is the full gradient's direction, the second that in
            which single samples spread most across it; `full_point`: (2,) the full gradient there.
        singles: (m, 2) gradients of single samples there, `draws` of them at most: the cloud for B = 1.
        spread: sqrt of the mean |g_B - g|^2 over the draws; expected: what the law says.
        sigma: spread of single samples.
        sizes, spreads: (m,) batch sizes and the spread measured with them; law: (m,) the law's.
        against: share of the draws that point uphill (g_B . g < 0).
    """

    full: Array
    batch: int
    count: int
    points: Array
    full_point: Array
    singles: Array
    spread: float
    expected: float
    sigma: float
    sizes: Array
    spreads: Array
    law: Array
    against: float

    @property
    def noise_scale(self) -> float:
        """The batch whose noise is as long as the gradient by the law: N sigma^2 / ((N - 1)|g|^2 + sigma^2).

        For many samples sigma^2 / |g|^2, the simple noise scale of S. McCandlish et al., An Empirical Model of
        Large-Batch Training, arXiv:1812.06162. NaN where both are 0.
        """
        signal, noise = float(self.full @ self.full), self.sigma**2
        below = (self.count - 1) * signal + noise
        return self.count * noise / below if below > 0 else math.nan

    @property
    def words(self) -> str:
        """What the cloud shows, in a sentence."""
        if self.batch >= self.count:
            return f"A batch of all {self.count:,} samples is the full gradient: there is no noise."
        draws = len(self.points)
        wrong = round(self.against * draws)
        if not np.isfinite(self.points).all():
            return "The gradient is not finite here."
        if not wrong:
            return f"None of {draws:,} batches of {self.batch:,} points uphill: each of them would lower the loss."
        return f"{wrong:,} of {draws:,} batches of {self.batch:,} {'point' if wrong > 1 else 'points'} uphill."


def is_light(objective: NetworkObjective) -> bool:
    """Whether a cloud takes a blink: few samples, few weights, gradients of single samples."""
    return not objective.net.batch_normed and objective.samples.count * objective.n <= _LIGHT


def sample_gradients(objective: NetworkObjective, theta: Array) -> Array:
    """The gradient of every training sample's loss, (N, n) float64, without penalties; no layer may normalise over
    the batch."""
    theta = np.asarray(theta, dtype=np.float64)
    x, y = objective.batch(np.float64)
    with np.errstate(all="ignore"):
        seen = passes.forward(objective.net, theta, x, training=True)
        _, slopes = loss_values(objective.model.loss, seen[-1].outputs, y)
        _, deltas = passes.backward_full(objective.net, theta, seen, slopes)
    found = np.zeros((x.shape[1], objective.n))
    above = slopes
    for layer, passed, delta in zip(
        reversed(objective.net.layers), reversed(seen), reversed(deltas), strict=True
    ):
        found[:, layer.weights.place] = np.einsum("jm,im->mji", delta, passed.below).reshape(x.shape[1], -1)
        found[:, layer.bias.place] = delta.T
        if layer.gain is not None and layer.shift is not None and passed.normed is not None:
            inner = above * passed.slope
            found[:, layer.gain.place] = (inner * passed.normed).T
            found[:, layer.shift.place] = inner.T
        through = passes.part(theta, layer.weights).T @ delta
        above = through + above if layer.residual else through
    return found


def gradient_cloud(
    objective: NetworkObjective, theta: Array, batch: int, draws: int = 200, seed: int = 0,
    cancel: Cancel | None = None,
) -> GradientCloud:  # fmt: skip
    """The cloud of `draws` batches of `batch` samples at theta, with the law measured from 1 to N.

    The same seed draws the same orders of samples, a batch is the beginning of one: as it grows, its gradient moves
    towards the full one.

    Raises:
        Cancelled: `cancel` was set.
    """
    theta, count = np.asarray(theta, dtype=np.float64), objective.samples.count
    batch = max(1, min(batch, count))
    single = _singles(objective, theta)
    full = single.mean(axis=0) if single is not None else objective.batch_gradient(theta)[1]
    drawn = np.stack([
        _batch_gradients(objective, theta, single, order[:batch], np.array([batch]), cancel)[0]
        for order in _orders(count, draws, seed)
    ])  # fmt: skip
    sizes = np.unique(np.round(np.geomspace(1, count, 9)).astype(np.int64))
    most = int(_LAW_WORK / max(count * objective.n, 1))
    measured = np.stack([
        _batch_gradients(objective, theta, single, order, sizes, cancel)
        for order in _orders(count, min(max(most, _LAW_DRAWS[0]), _LAW_DRAWS[1]), seed)
    ])  # fmt: skip
    alone = measured[:, 0] if single is None else single
    sigma = _spread(alone, full)
    axes = _axes(full, alone[:: -(-len(alone) // _MOST_AXES)])
    return GradientCloud(
        full=full,
        batch=batch,
        count=count,
        points=drawn @ axes.T,
        full_point=axes @ full,
        singles=alone[:: -(-len(alone) // draws)] @ axes.T,
        spread=_spread(drawn, full),
        expected=float(law(sigma, np.array([batch]), count)[0]),
        sigma=sigma,
        sizes=sizes,
        spreads=np.array([_spread(measured[:, k], full) for k in range(len(sizes))]),
        law=law(sigma, sizes, count),
        against=float(np.mean(drawn @ full < 0)),
    )


def law(sigma: float, sizes: Array, count: int) -> Array:
    """The spread of batches of these sizes among `count` samples, drawn without replacement."""
    rest = (count - sizes) / max(count - 1, 1)
    return np.asarray(sigma / np.sqrt(sizes) * np.sqrt(np.maximum(rest, 0.0)))


def _singles(objective: NetworkObjective, theta: Array) -> Array | None:
    if objective.net.batch_normed or objective.samples.count * objective.n > _MOST_NUMBERS:
        return None
    return sample_gradients(objective, theta)


def _orders(count: int, draws: int, seed: int) -> Iterator[Array]:
    """Orders of all samples, one for each draw."""
    random = np.random.Generator(np.random.Philox(seed))
    for _ in range(draws):
        yield random.permutation(count)


def _batch_gradients(
    objective: NetworkObjective, theta: Array, single: Array | None, order: Array, sizes: Array, cancel: Cancel | None
) -> Array:
    """Gradients of the batches of the first 1 <= B <= N samples of an order, for all `sizes` (rising), (m, n)."""
    if cancel is not None and cancel.is_set():
        raise Cancelled("the cloud was not finished")
    if single is None:
        return np.stack([objective.batch_gradient(theta, order[:size])[1] for size in sizes])
    begins = np.concatenate([[0], sizes[:-1]])
    sums = np.add.reduceat(single[order[: sizes[-1]]], begins, axis=0)
    return np.asarray(np.cumsum(sums, axis=0) / sizes[:, None])


def _spread(drawn: Array, full: Array) -> float:
    away = drawn - full
    return math.sqrt(float(np.mean(np.einsum("ij,ij->i", away, away))))


def _axes(full: Array, single: Array) -> Array:
    """Two unit vectors (2, n): along the full gradient, and across it along the largest spread of single ones."""
    size = float(np.linalg.norm(full))
    found = np.zeros((2, len(full)))
    found[0] = full / size if size > 0 and math.isfinite(size) else np.eye(1, len(full))[0]
    rest = single - (single @ found[0])[:, None] * found[0]
    rest = rest - rest.mean(axis=0)
    largest = float(np.max(np.abs(rest)))
    if len(full) < 2 or not 0 < largest < math.inf:
        return found
    rest = rest / largest
    second = rest[int(np.argmax(np.einsum("ij,ij->i", rest, rest)))]
    for _ in range(_POWERS):
        second = rest.T @ (rest @ second)
        second = second - (second @ found[0]) * found[0]
        second = second / np.linalg.norm(second)
    # of the two signs the one whose largest part is positive, so that it stays the same from step to step
    found[1] = second * np.sign(second[np.argmax(np.abs(second))])
    return found
