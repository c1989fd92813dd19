"""Gradient noise as a pure function of (seed, racer, step, coordinate).

A counter is hashed to bits and these to normal numbers, so that any step's noise can be had without the steps before
it: replay, chunks of any size and all backends see the same numbers. Everything is NumPy; compiled kernels are handed
the finished array.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

_GOLDEN = 0x9E3779B97F4A7C15
_WORD = (1 << 64) - 1


def _mix(z: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """The finaliser of SplitMix64 (Steele, Lea, Flood 2014, doi:10.1145/2660193.2660195), elementwise, wrapping."""
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


def _key(*numbers: int) -> np.uint64:
    """One 64-bit key from whole numbers of any size and sign."""
    key = np.zeros(1, dtype=np.uint64)
    for number in numbers:
        key = _mix((key ^ np.uint64(number & _WORD)) + np.uint64(_GOLDEN))
    return np.uint64(key[0])


def uniforms(seed: int, stream: int, counters: NDArray[np.uint64]) -> NDArray[np.float64]:
    """Numbers in (0, 1], one per counter, 53 bits each."""
    bits = _mix(_mix(counters * np.uint64(_GOLDEN) + _key(seed, stream)))
    return ((bits >> np.uint64(11)).astype(np.float64) + 1.0) * 2.0**-53


def normals(seed: int, racer: int, first_step: int, steps: int, n: int) -> NDArray[np.float64]:
    """Standard normal noise for the steps that leave rows first_step ... first_step + steps - 1.

    Box-Muller: z = sqrt(-2 ln u1) cos(2 pi u2), with u1, u2 hashed from the counter (step * n + coordinate).

    Returns:
        (steps, n) float64; row j depends on (seed, racer, first_step + j, n) alone.
    """
    first = np.uint64(first_step) * np.uint64(n)
    counters = np.arange(steps * n, dtype=np.uint64) + first
    u1 = uniforms(seed, 2 * racer, counters)
    u2 = uniforms(seed, 2 * racer + 1, counters)
    z: NDArray[np.float64] = np.sqrt(-2.0 * np.log(u1)) * np.cos((2.0 * math.pi) * u2)
    return z.reshape(steps, n)


def member_key(seed: int, racer: int) -> int:
    """What the draws of a racer's many members are derived from, as a signed 64-bit number."""
    return int(_key(seed, racer, -1).astype(np.int64))


def member_normals(key: int, members: NDArray[np.int64], step: int, n: int) -> NDArray[np.float64]:
    """Standard normal noise of many members for the step that leaves row `step`, (n, members).

    Box-Muller as in `normals`; the streams are the members' numbers instead of the racer's, the hash of a member's
    stream is mixed into `key` (see `member_key`). The compiled kernels do the same arithmetic.
    """
    counters = (np.uint64(step) * np.uint64(n) + np.arange(n, dtype=np.uint64))[:, None] * np.uint64(_GOLDEN)
    with np.errstate(over="ignore"):
        base = np.uint64(key & _WORD)
        twice = 2 * members.astype(np.uint64)
        halves = []
        for offset in (0, 1):
            stream = _mix((base ^ (twice + np.uint64(offset))) + np.uint64(_GOLDEN))
            bits = _mix(_mix(counters + stream[None, :]))
            halves.append(((bits >> np.uint64(11)).astype(np.float64) + 1.0) * 2.0**-53)
    return np.asarray(np.sqrt(-2.0 * np.log(halves[0])) * np.cos((2.0 * math.pi) * halves[1]))


_ORDER, _DROPOUT = 0x6F72646572, 0x64726F70
"""Names of streams, so that batches and dropout draw from other numbers than the gradient's noise."""
MOST_UNITS = 1 << 13
"""Units of a layer at most; a counter of dropout is (layer * MOST_UNITS + unit) * 2^32 + sample."""


def order(seed: int, epoch: int, count: int) -> NDArray[np.int64]:
    """The order in which an epoch goes through `count` samples: a permutation that (seed, epoch) alone decide.

    Samples are sorted by hashed numbers, which is an unbiased shuffle.
    """
    key = _key(seed, _ORDER, epoch)
    bits = _mix(_mix(np.arange(count, dtype=np.uint64) * np.uint64(_GOLDEN) + key))
    return np.argsort(bits, kind="stable").astype(np.int64, copy=False)


def dropout_uniforms(seed: int, step: int, layer: int, units: int, samples: int) -> NDArray[np.float64]:
    """Numbers in (0, 1] that decide which units of a layer are dropped in a step, (units, samples).

    The counter is (layer * MOST_UNITS + unit) * 2^32 + sample, the sample's place in the batch.
    """
    rows = np.uint64(layer) * np.uint64(MOST_UNITS) + np.arange(units, dtype=np.uint64)
    counters = (rows << np.uint64(32))[:, None] + np.arange(samples, dtype=np.uint64)[None, :]
    bits = _mix(_mix(counters * np.uint64(_GOLDEN) + dropout_key(seed, step)))
    return ((bits >> np.uint64(11)).astype(np.float64) + 1.0) * 2.0**-53


def dropout_key(seed: int, step: int) -> np.uint64:
    """What a step's dropout is derived from."""
    return _key(seed, _DROPOUT, step)


def training_keys(seed: int) -> tuple[np.uint64, np.uint64]:
    """What all orders and all dropout of a seed are derived from; kernels mix the epoch or the step into it."""
    return _key(seed, _ORDER), _key(seed, _DROPOUT)
