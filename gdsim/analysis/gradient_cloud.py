"""Gradients of many mini-batches at one point: a cloud about the full gradient that shrinks as 1/sqrt(B).

Drawn without replacement, batches of B among N samples have the spread

    E |g_B - g|^2 = sigma^2 / B * (N - B)/(N - 1),   sigma^2 = mean |g_i - g|^2 over single samples

(the finite-population correction: W. Cochran, Sampling Techniques (1977), section 2.6).
"""

from __future__ import annotations

import math
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
_LAW_DRAWS = 64


@dataclass(frozen=True, eq=False)
class GradientCloud:
    """A cloud at one point.

    Attributes:
        full: (n,) the gradient over all samples. batch: B.
        points: (draws, 2) gradients in a plane whose first axis is the full gradient's direction, the second that of
            the largest spread across it; `full_point`: (2,) the full gradient there.
        spread: sqrt of the mean |g_B - g|^2 over the draws; expected: what the law says.
        sigma: spread of single samples.
        sizes, spreads: (m,) batch sizes and the spread measured with them; law: (m,) the law's.
        against: share of the draws that point uphill (g_B . g < 0).
    """

    full: Array
    batch: int
    points: Array
    full_point: Array
    spread: float
    expected: float
    sigma: float
    sizes: Array
    spreads: Array
    law: Array
    against: float


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

    Raises:
        Cancelled: `cancel` was set.
    """
    count = objective.samples.count
    batch = max(1, min(batch, count))
    single = _singles(objective, theta)
    random = np.random.Generator(np.random.Philox(seed))
    full = single.mean(axis=0) if single is not None else objective.batch_gradient(np.asarray(theta, np.float64))[1]
    drawn = np.stack([_batch_gradient(objective, theta, single, batch, random, cancel) for _ in range(draws)])
    if single is None:
        lone = np.stack([_batch_gradient(objective, theta, None, 1, random, cancel) for _ in range(_LAW_DRAWS)])
        sigma = _spread(lone, full)
    else:
        sigma = _spread(single, full)
    sizes = np.unique(np.round(np.geomspace(1, count, 9)).astype(np.int64))
    spreads = np.array([
        _spread(
            np.stack([_batch_gradient(objective, theta, single, int(b), random, cancel) for _ in range(_LAW_DRAWS)]),
            full,
        )
        for b in sizes
    ])  # fmt: skip
    points, full_point = _plane(drawn, full)
    return GradientCloud(
        full=full,
        batch=batch,
        points=points,
        full_point=full_point,
        spread=_spread(drawn, full),
        expected=float(law(sigma, np.array([batch]), count)[0]),
        sigma=sigma,
        sizes=sizes,
        spreads=spreads,
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


def _batch_gradient(
    objective: NetworkObjective, theta: Array, single: Array | None, batch: int, random: np.random.Generator,
    cancel: Cancel | None,
) -> Array:  # fmt: skip
    if cancel is not None and cancel.is_set():
        raise Cancelled("the cloud was not finished")
    index = random.choice(objective.samples.count, batch, replace=False)
    if single is not None:
        return np.asarray(single[index].mean(axis=0))
    return objective.batch_gradient(np.asarray(theta, dtype=np.float64), index)[1]


def _spread(drawn: Array, full: Array) -> float:
    away = drawn - full
    return math.sqrt(float(np.mean(np.einsum("ij,ij->i", away, away))))


def _plane(drawn: Array, full: Array) -> tuple[Array, Array]:
    """Points along the full gradient, and across it along the largest spread."""
    size = float(np.linalg.norm(full))
    first = full / size if size > 0 else np.eye(1, len(full))[0]
    along = drawn @ first
    rest = drawn - along[:, None] * first
    if len(full) < 2 or not np.isfinite(rest).all():
        return np.stack([along, np.zeros(len(along))], axis=1), np.array([size, 0.0])
    centred = rest - rest.mean(axis=0)
    _, _, axes = np.linalg.svd(centred, full_matrices=False)
    return np.stack([along, rest @ axes[0]], axis=1), np.array([size, 0.0])
