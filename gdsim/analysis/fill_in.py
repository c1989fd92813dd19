"""From coarse to fine: the order in which a map's cells are computed, each once, so that the whole is seen early."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

COARSEST = 16


def levels(ny: int, nx: int) -> Iterator[tuple[int, NDArray[np.int64]]]:
    """(stride, numbers row * nx + column of the cells that are new at this stride), from `COARSEST` to 1.

    At stride s every cell whose row and column are multiples of s is known. A level without new cells is left out,
    but for the last one.
    """
    stride = COARSEST
    while stride > 1 and stride >= max(ny, nx):
        stride //= 2
    before = 0
    while stride >= 1:
        rows, columns = np.arange(0, ny, stride), np.arange(0, nx, stride)
        numbers = rows[:, None] * nx + columns
        if before:
            old = (rows % before == 0)[:, None] & (columns % before == 0)
            numbers = numbers[~old]
        before = stride
        yield stride, np.ascontiguousarray(numbers.ravel(), dtype=np.int64)
        stride //= 2
