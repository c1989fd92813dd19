"""Values handed to a graph, as arrays of one kind, whole or piece by piece."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gdsim.formula.graph import THETA, Graph

CHUNK = 1 << 16
"""Elements per node that are worked on at once: they stay in the cache, and big pictures do not fill the memory."""

Value = float | NDArray[Any]


class Batch:
    """The inputs as arrays of one dtype: (batch) or (n, batch), the batch's rank everywhere the same."""

    def __init__(self, graph: Graph, values: Mapping[str, Value], needed: Iterable[int]) -> None:
        vectors = {entry.name for entry in graph.inputs if entry.vector}
        read = {str(graph.data[node]) for node in needed if graph.ops[node] in ("input", "gather", "scatter")}
        names = [entry.name for entry in graph.inputs if entry.name in read]
        missing = [name for name in names if name not in values]
        if missing:
            raise KeyError(f"no value given for {', '.join(missing)}")
        arrays = {name: np.asarray(values[name]) for name in names}
        typed = [value.dtype for name, value in arrays.items() if isinstance(values[name], np.ndarray | np.generic)]
        floats = [dtype for dtype in typed if dtype.kind == "f"]
        self.dtype: np.dtype[Any] = np.result_type(*floats) if floats else np.dtype(np.float64)
        batches = [value.shape[1:] if name in vectors else value.shape for name, value in arrays.items()]
        self.shape = np.broadcast_shapes(*batches)
        self.rank = len(self.shape)
        self.arrays: dict[str, NDArray[Any]] = {}
        self.length = 0
        for name, value in arrays.items():
            own = 1 if name in vectors else 0
            padding = (1,) * (self.rank - value.ndim + own)
            self.arrays[name] = value.astype(self.dtype, copy=False).reshape(
                value.shape[:own] + padding + value.shape[own:]
            )
            if own:
                self.length = value.shape[0]
        self.vectors = vectors

    def pieces(self, graph: Graph, needed: Iterable[int]) -> list[slice]:
        """How to cut the first dimension of the batch so that a node has about CHUNK elements."""
        if not self.rank:
            return [slice(None)]
        loops = max((self._iterations(graph, graph.axes[node]) for node in needed), default=1)
        total = int(np.prod(self.shape)) * loops
        first = self.shape[0]
        count = min(first, -(-total // CHUNK))
        if count <= 1:
            return [slice(None)]
        size = -(-first // count)
        return [slice(start, start + size) for start in range(0, first, size)]

    def _iterations(self, graph: Graph, axes: frozenset[int]) -> int:
        product = 1
        for axis in axes:
            high = graph.constant(graph.axis_table[axis].high) if axis != THETA else float(self.length)
            product *= int(high) if high is not None and 1 <= high < 1e9 else 1
        return product

    def slice(self, piece: slice) -> Batch:
        """The same for a part of the batch."""
        part = object.__new__(Batch)
        part.__dict__.update(self.__dict__)
        if piece != slice(None):
            part.arrays = {
                name: value[:, piece] if name in self.vectors and value.shape[1] > 1
                else value[piece] if name not in self.vectors and value.shape[0] > 1
                else value
                for name, value in self.arrays.items()
            }  # fmt: skip
        return part
