"""The NumPy meaning of a graph: the reference that every kernel is checked against, and the first picture.

A node's value has one dimension per axis of its own, in the order of the axes' numbers, and behind them the dimensions
of the batch. Triangular loops are padded to their longest row and masked.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gdsim.formula.batch import Batch, Value
from gdsim.formula.graph import THETA, Graph
from gdsim.formula.ops import OPERATORS


def interpret(graph: Graph, values: Mapping[str, Value], nodes: Sequence[int] | None = None) -> tuple[Any, ...]:
    """The values of the graph's outputs, or of any `nodes`.

    Args:
        values: one entry for each input that is read. Scalars may be arrays that broadcast against each other (the
            batch); vectors have shape (n,) or (n, *batch).
        nodes: nodes to read in place of the outputs.

    Returns:
        One entry per node: a float, or an array of the batch's shape; a node along axes (a vector) has these in
        front. float32 inputs give float32. What is not defined is NaN, what is too large is infinite; nothing raises.

    Raises:
        KeyError: a value is missing.
    """
    targets = graph.outputs if nodes is None else tuple(nodes)
    needed = graph.needed(targets)
    given = Batch(graph, values, needed)
    with np.errstate(all="ignore"):
        parts = [_Pass(graph, needed, targets, given.slice(piece)).run() for piece in given.pieces(graph, needed)]
        results = parts[0] if len(parts) == 1 else [_joined(column, given.rank) for column in zip(*parts, strict=True)]
    return tuple(_finished(value, given, len(graph.axes[node])) for value, node in zip(results, targets, strict=True))


def _joined(pieces: tuple[NDArray[Any], ...], rank: int) -> NDArray[Any]:
    """Pieces of the first dimension of the batch, together again; a value without a batch is the same in each."""
    axis = pieces[0].ndim - rank
    if all(piece.shape[axis] == 1 for piece in pieces):
        return pieces[0]
    return np.concatenate(pieces, axis=axis)


def _finished(value: NDArray[Any], given: Batch, own: int) -> Any:
    full = np.broadcast_to(value, value.shape[:own] + given.shape)
    if full.ndim == 0:
        return float(full) if full.dtype == np.float64 else full[()]
    return full.copy() if full.base is not None else full


class _Pass:
    """One walk over the arena."""

    def __init__(self, graph: Graph, needed: list[int], targets: tuple[int, ...], given: Batch) -> None:
        self.graph = graph
        self.needed = needed
        self.targets = targets
        self.given = given
        self.dtype = given.dtype
        self.batch = (1,) * given.rank
        self.value: dict[int, NDArray[Any]] = {}
        self.axes: dict[int, tuple[int, ...]] = {}
        self._loops: dict[int, tuple[NDArray[Any], NDArray[Any] | None]] = {}

    def run(self) -> list[NDArray[Any]]:
        """The targets' values; others are let go of after their last use."""
        graph = self.graph
        last: dict[int, int] = {}
        for node in self.needed:
            for used in graph.dependencies(node):
                last[used] = node
            if graph.ops[node] == "scatter":
                for axis in graph.axes[graph.args[node][0]] | graph.axes[graph.args[node][1]]:
                    self._keep_bounds(axis, last)
        keep = set(self.targets)
        for node in self.needed:
            self.axes[node] = tuple(sorted(graph.axes[node]))
            self.value[node] = self._evaluate(node)
            for used in graph.dependencies(node):
                if last[used] == node and used not in keep:
                    self.value.pop(used, None)
        return [self._numeric(node) for node in self.targets]

    def _keep_bounds(self, axis: int, last: dict[int, int]) -> None:
        if axis != THETA:
            bounds = self.graph.axis_table[axis]
            last[bounds.low] = last[bounds.high] = len(self.graph)

    def _evaluate(self, node: int) -> NDArray[Any]:
        graph, op = self.graph, self.graph.ops[node]
        operator = OPERATORS.get(op)
        if operator is not None:
            arguments: list[Any] = []
            for position, argument in enumerate(graph.args[node]):
                value = self._truth(argument) if position in operator.truths else self._numeric(argument)
                arguments.append(self._aligned(value, self.axes[argument], self.axes[node]))
            if graph.data[node] is not None:
                arguments.append(graph.data[node])
            return np.asarray(operator.numpy(*arguments))
        if op == "const":
            return np.full(self.batch, graph.data[node], dtype=self.dtype)
        if op == "input":
            return self.given.arrays[str(graph.data[node])]
        if op == "gather":
            return self._gather(node)
        if op == "scatter":
            return self._scatter(node)
        return self._along_axis(node)

    def _numeric(self, node: int) -> NDArray[Any]:
        value = self.value[node]
        return value.astype(self.dtype) if value.dtype == np.bool_ else value

    def _truth(self, node: int) -> NDArray[Any]:
        value = self.value[node]
        return value if value.dtype == np.bool_ else value != 0

    def _aligned(self, value: NDArray[Any], own: tuple[int, ...], wanted: tuple[int, ...]) -> NDArray[Any]:
        """With dimensions of length 1 put in for the axes that the value does not have."""
        if own == wanted:
            return value
        lengths = iter(value.shape)
        shape = tuple(next(lengths) if axis in own else 1 for axis in wanted)
        return value.reshape(shape + value.shape[len(own) :])

    def _loop(self, axis: int) -> tuple[NDArray[Any], NDArray[Any] | None]:
        """Values of the loop's variable along `axes_of(axis)`, and which of them really occur (None: all)."""
        known = self._loops.get(axis)
        if known is None:
            known = self._loops[axis] = self._new_loop(axis)
        return known

    def _new_loop(self, axis: int) -> tuple[NDArray[Any], NDArray[Any] | None]:
        if axis == THETA:
            return np.arange(1, self.given.length + 1, dtype=self.dtype).reshape(-1, *self.batch), None
        bounds = self.graph.axis_table[axis]
        span = self._span(axis)
        low = self._aligned(np.ceil(self._numeric(bounds.low)), self.axes[bounds.low], span)
        high = self._aligned(np.floor(self._numeric(bounds.high)), self.axes[bounds.high], span)
        count = int(max(np.max(high - low, initial=-1.0) + 1, 0))
        shape = [1] * (len(span) + self.given.rank)
        shape[span.index(axis)] = count
        index = low + np.arange(count, dtype=self.dtype).reshape(shape)
        occurs = index <= high
        for outer in span:
            if outer != axis:
                masked = self._loop(outer)[1]
                if masked is not None:
                    occurs = occurs & self._aligned(masked, self._span(outer), span)
        return index, None if bool(occurs.all()) else occurs

    def _span(self, axis: int) -> tuple[int, ...]:
        if axis == THETA:
            return (THETA,)
        bounds = self.graph.axis_table[axis]
        return tuple(sorted(self.graph.axes[bounds.low] | self.graph.axes[bounds.high] | {axis}))

    def _gather(self, node: int) -> NDArray[Any]:
        vector = self.given.arrays[str(self.graph.data[node])]
        index = self._numeric(self.graph.args[node][0])
        own = len(self.axes[node])
        where = index.reshape(index.shape[:own])
        inside = (where >= 1) & (where <= len(vector)) & (where == np.floor(where))
        picked = vector[np.where(inside, where - 1, 0).astype(np.intp)]
        if bool(inside.all()):
            return picked
        return np.where(inside.reshape(inside.shape + self.batch), picked, np.asarray(np.nan, dtype=self.dtype))

    def _scatter(self, node: int) -> NDArray[Any]:
        value_node, index_node = self.graph.args[node]
        span = tuple(sorted(self.graph.axes[value_node] | self.graph.axes[index_node]))
        value = self._aligned(self._numeric(value_node), self.axes[value_node], span)
        index = self._aligned(self._numeric(index_node), self.axes[index_node], span)
        where = index.reshape(index.shape[: len(span)])
        lengths = tuple(self._loop(axis)[0].shape[self._span(axis).index(axis)] for axis in span)
        where = np.broadcast_to(where, lengths)
        value = np.broadcast_to(value, lengths + value.shape[len(span) :])
        inside = (where >= 1) & (where <= self.given.length)
        for axis in span:
            occurs = self._loop(axis)[1]
            if occurs is not None:
                masked = self._aligned(occurs, self._span(axis), span)
                inside = inside & np.broadcast_to(masked.reshape(masked.shape[: len(span)]), lengths)
        result = np.zeros((self.given.length, *value.shape[len(span) :]), dtype=self.dtype)
        np.add.at(result, np.asarray(where[inside] - 1, dtype=np.intp), value[inside])
        return result

    def _along_axis(self, node: int) -> NDArray[Any]:
        op, axis = self.graph.ops[node], self.graph.axis_id(node)
        if op == "index":
            return self._loop(axis)[0]
        arguments = self.graph.args[node]
        axes = self.graph.axes[arguments[0]] if op in ("sum", "prod") else self.graph.axes[node]
        span = tuple(sorted(axes | set(self._span(axis))))
        place = span.index(axis)
        if op == "sum":
            return np.asarray(np.sum(self._filled(arguments[0], axis, span, 0.0), axis=place))
        factors = self._filled(arguments[0], axis, span, 1.0)
        if op == "prod":
            return np.asarray(np.prod(factors, axis=place))
        factors = np.moveaxis(factors, place, 0)
        if op == "prod_except":
            return _all_but_one(factors, place)
        slopes = np.moveaxis(self._filled(arguments[1], axis, span, 0.0), place, 0)
        return _all_but_one_tangent(factors, slopes, place)

    def _filled(self, node: int, axis: int, span: tuple[int, ...], neutral: float) -> NDArray[Any]:
        """A body along all axes of `span` and the whole loop, `neutral` where an index does not occur."""
        index, occurs = self._loop(axis)
        value = self._aligned(self._numeric(node), self.axes[node], span)
        lengths = list(value.shape)
        for outer, length in zip(self._span(axis), index.shape, strict=False):
            if lengths[span.index(outer)] == 1:
                lengths[span.index(outer)] = length
        value = np.broadcast_to(value, lengths)
        if occurs is None:
            return value
        return np.where(self._aligned(occurs, self._span(axis), span), value, np.asarray(neutral, dtype=self.dtype))


def _running(factors: NDArray[Any]) -> NDArray[Any]:
    """For each k the product of the factors before k."""
    before = np.ones_like(factors)
    np.cumprod(factors[:-1], axis=0, out=before[1:])
    return before


def _all_but_one(factors: NDArray[Any], place: int) -> NDArray[Any]:
    if not len(factors):
        return np.moveaxis(factors, 0, place)
    return np.moveaxis(_running(factors) * _running(factors[::-1])[::-1], 0, place)


def _all_but_one_tangent(factors: NDArray[Any], tangents: NDArray[Any], place: int) -> NDArray[Any]:
    """Prefix and suffix products as dual numbers."""
    factors, tangents = np.broadcast_arrays(factors, tangents)
    halves = []
    for backward in (False, True):
        order = slice(None, None, -1) if backward else slice(None)
        product, slope = np.ones_like(factors), np.zeros_like(factors)
        along, slopes = factors[order], tangents[order]
        for k in range(1, len(along)):
            slope[k] = slope[k - 1] * along[k - 1] + product[k - 1] * slopes[k - 1]
            product[k] = product[k - 1] * along[k - 1]
        halves.append((product[order], slope[order]))
    (before, before_slope), (after, after_slope) = halves
    return np.moveaxis(before_slope * after + before * after_slope, 0, place)
