"""Samples and memory as kernels read them."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gdsim.engine.network import layout

Array = NDArray[Any]


class Tiles:
    """A set of samples as kernels read it.

    Attributes:
        x: flat; for each tile of 16 samples the rows of features, targets, and the class (0 for a number); the last
            sample again in the lanes behind it.
        rows: flat; sample by sample the same numbers, made when batches are first gathered from it.
        count: samples.
    """

    def __init__(self, x: Array, y: Array, labels: Array | None, dtype: Any) -> None:
        self.count = int(x.shape[1])
        self.width = len(x) + len(y) + 1
        whole = np.zeros((self.width, self.count), dtype)
        whole[: len(x)] = x
        whole[len(x) : -1] = y
        if labels is not None:
            whole[-1] = labels
        tiles = layout.tiles_of(self.count)
        padded = np.empty((self.width, tiles * layout.LANES), dtype)
        padded[:, : self.count] = whole
        if self.count:
            padded[:, self.count :] = whole[:, -1:]
        shaped = padded.reshape(self.width, tiles, layout.LANES).transpose(1, 0, 2)
        self.x: Array = np.ascontiguousarray(shaped).reshape(-1)
        self._rows: Array | None = None
        self._whole = whole

    @property
    def rows(self) -> Array:
        """See the class."""
        if self._rows is None:
            self._rows = np.ascontiguousarray(self._whole.T).reshape(-1)
        return self._rows


Desk = tuple[Array, Array, Array]
"""What a thread works with: memory, a task, a result."""


class Workplace:
    """Memory that one caller's batches use again and again, for one layout."""

    def __init__(self) -> None:
        self._desks: dict[int, Desk] = {}
        self._rows = np.empty((0, 0))

    def desk(self, make: Callable[[], Desk]) -> Desk:
        """This thread's."""
        thread = threading.get_ident()
        if thread not in self._desks:
            self._desks[thread] = make()
        return self._desks[thread]

    def rows(self, pieces: int, n: int, dtype: np.dtype[Any]) -> Array:
        """Gradients of pieces, (pieces, n)."""
        if self._rows.shape[1] != n or len(self._rows) < pieces:
            self._rows = np.empty((pieces, n), dtype)
        return self._rows[:pieces]
