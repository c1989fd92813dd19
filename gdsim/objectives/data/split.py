"""Which samples are trained on: a pure function of (seed, sample, class), so that one sample more moves no others.

Every sample has a random rank of its own, the counter-based random number (Philox) at its index. In each class those
of the lowest ranks are trained on. Adding or removing a sample moves at most one other of its class across the border.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

SPLIT, CHOICE = 1, 2
"""Streams of random numbers: who is trained on, which rows of a large set are taken at all."""


def ranks(seed: int, stream: int, index: Array) -> NDArray[np.float64]:
    """A number in [0, 1) for each sample of `index` (m,), which depends on (seed, stream, its index) alone."""
    count = int(index.max()) + 1 if index.size else 0
    random = np.random.Generator(np.random.Philox(key=np.array([seed, stream], dtype=np.uint64)))
    return random.random(count)[index]


def quota(count: int, share: float) -> int:
    """How many of `count` samples are trained on: the rounded share, but one at least, and not all where share < 1."""
    most = count if share >= 1.0 else max(1, count - 1)
    return min(max(1, math.floor(share * count + 0.5)), most)


def train_mask(index: Array, strata: Array, share: float, seed: int) -> NDArray[np.bool_]:
    """(m,) whether each sample is trained on.

    Args:
        index: (m,) which sample each one is.
        strata: (m,) numbers of classes; each is split by itself, so that none vanishes.
        share: of training samples, 0 to 1.
    """
    rank = ranks(seed, SPLIT, index)
    mask = np.zeros(index.size, dtype=np.bool_)
    order = np.lexsort((index, rank, strata))
    sizes = np.unique(strata, return_counts=True)[1]
    start = 0
    for size in sizes.tolist():
        mask[order[start : start + quota(size, share)]] = True
        start += size
    return mask


def chosen(index: Array, count: int, seed: int) -> NDArray[np.bool_]:
    """(m,) whether each sample is among the `count` that stand for all."""
    mask = np.zeros(index.size, dtype=np.bool_)
    mask[np.lexsort((index, ranks(seed, CHOICE, index)))[:count]] = True
    return mask
