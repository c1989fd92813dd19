"""One network over its samples, compiled: outputs, losses, gradients, landscapes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from gdsim.engine import grid
from gdsim.engine.backend import Cancel, Floats, Plane
from gdsim.engine.network import layout
from gdsim.engine.network.code import NetworkCode
from gdsim.engine.network.tiles import Desk, Tiles, Workplace
from gdsim.objectives.network.targets import encoded, threshold

if TYPE_CHECKING:
    from gdsim.objectives.network.architecture import Architecture
    from gdsim.objectives.network.design import Model
    from gdsim.objectives.network.network import NetworkObjective

Array = NDArray[Any]
NO_ORDER = np.empty(0, dtype=np.int64)


class CompiledNetwork:
    """Passes of one network over its samples.

    Args:
        batch: samples per batch, which decides how batches are cut into pieces; 0 for all.

    All arrays of samples have the samples along the last axis; theta is (n,) in the network's dtype, buffers float64.
    """

    def __init__(self, objective: NetworkObjective, code: NetworkCode, batch: int = 0) -> None:
        self.objective, self.code = objective, code
        self.net: Architecture = objective.net
        self.model: Model = objective.model
        self.dtype = np.dtype(code.dtype)
        samples, classes = objective.samples, len(objective.samples.classes)
        self.batch = min(batch or samples.count, samples.count)
        loss = self.model.loss
        judge = "none" if not classes else "largest" if loss.targets == "one_hot" else "threshold"
        self.limits = np.array([threshold(loss), self.model.l1, self.model.l2])
        addresses = code.addresses()

        def shape(tiles: int, gradient: bool) -> layout.Layout:
            return layout.layout(self.net, addresses, judge, tiles, gradient=gradient)

        self._shape = shape
        self.steps = shape(layout.piece_tiles(self.net, self.batch), True)
        self.values = shape(min(layout.MOST_TILES, max(1, layout.tiles_of(samples.count))), False)
        self.whole = shape(layout.piece_tiles(self.net, samples.count), False) if self.net.batch_normed else self.values
        self.train_set = Tiles(samples.x, objective.targets, samples.y if classes else None, self.dtype)
        self.test_set = Tiles(samples.x_test, objective.targets_test, samples.y_test if classes else None, self.dtype)
        self.judged = judge != "none"
        self.no_buffers = np.zeros(0)

    def set_of(self, x: Array, y: Array) -> Tiles:
        """Inputs (features, m) and targets (m,) (values, or class numbers) as a set."""
        classes = len(self.objective.samples.classes)
        return Tiles(x, encoded(self.model.loss, y, classes), y if classes else None, self.dtype)

    def forward(self, theta: Array, buffers: Floats, x: Array) -> Array:
        """Outputs (k, m) for inputs x (features, m): no dropout, running statistics."""
        count = x.shape[1]
        out = np.empty((self.net.outputs, count), self.dtype)
        tiles = Tiles(x, np.zeros((self.net.outputs, count)), None, self.dtype).x
        shape = self.values
        theta = np.ascontiguousarray(theta, self.dtype)

        def worker() -> grid.Piece:
            memory, task, result = self.desk(shape)
            return lambda first, last: self.code.kernels["outputs"](
                theta, buffers, shape.table, shape.drops, shape.spots, self.limits, tiles, memory, out, count,
                first, last, layout.EVALUATE, task, result,
            )  # fmt: skip

        grid.fill(shape.pieces(count), worker, first=1, smallest=1)
        return out

    def desk(self, *shapes: layout.Layout) -> Desk:
        """A new one, with memory for any of the layouts."""
        largest = max(shapes, key=lambda shape: shape.size)
        return largest.memory(self.dtype), np.zeros(len(layout.TASK), np.int64), np.zeros(3)

    def evaluate(self, theta: Array, buffers: Floats, data: Tiles) -> tuple[float, float]:
        """Mean loss without penalty, and accuracy, over a set; NaN where there are none."""
        if not data.count:
            return float("nan"), float("nan")
        shape = self.values
        theta = np.ascontiguousarray(theta, self.dtype)
        out = np.zeros((shape.pieces(data.count), 3))

        def worker() -> grid.Piece:
            memory, task, _ = self.desk(shape)
            return lambda first, last: self.code.kernels["set_pieces"](
                theta, buffers, shape.table, shape.drops, shape.spots, self.limits, data.x, data.count, memory, out,
                first, last, layout.EVALUATE, task,
            )  # fmt: skip

        grid.fill(len(out), worker, first=1, smallest=1)
        lost = right = 0.0
        for loss, share, _ in out.tolist():
            lost, right = lost + loss, right + share
        return lost / data.count, right / data.count if self.judged else float("nan")

    def value_gradient(self, theta: Array, index: Array | None = None) -> tuple[float, Array]:
        """J over the samples `index` (all of them for None) and its gradient (n,): no dropout, the batch's own
        statistics."""
        return self._gradient(theta, index, self.no_buffers, layout.GRADIENT, 0)

    def step_gradient(
        self, theta: Array, index: Array | None, fresh: Floats, key: int
    ) -> tuple[float, Array]:
        """The same as a step sees it: with dropout (key: see noise.dropout_key), moving on the statistics `fresh`."""
        return self._gradient(theta, index, fresh, layout.TRAIN, key)

    def _gradient(
        self, theta: Array, index: Array | None, fresh: Floats, mode: int, key: int
    ) -> tuple[float, Array]:
        theta = np.ascontiguousarray(theta, self.dtype)
        parts, out, count = self.pieces(theta, index, fresh, mode, key)
        gradient = np.zeros(len(theta), self.dtype)
        loss, _, _ = self.join(theta, parts, out, gradient, count)
        return loss, gradient

    def join(self, theta: Array, parts: Array, out: Floats, gradient: Array, count: int) -> tuple[float, float, float]:
        """Pieces of a batch of `count` samples added in their order, with the penalty, into `gradient`: (J, mean loss,
        right classes)."""
        answer, shape = np.empty(3), self.steps
        self.code.kernels["joined"](
            theta, shape.table, shape.spots, self.limits, parts, len(parts), out, gradient, len(theta), count, answer
        )
        loss, mean, right = answer.tolist()
        return loss, mean, right

    def pieces(
        self, theta: Array, index: Array | None, fresh: Floats, mode: int, key: int, *, judge: bool = False,
        heavy: Workplace | None = None,
    ) -> tuple[Array, Floats, int]:  # fmt: skip
        """A batch piece by piece, on all cores: gradients (pieces, n) without penalty; sums of losses, right classes
        (with `judge`) and a third number of no meaning (pieces, 3); samples in the batch.

        heavy: that each piece takes long, and memory which is used again and again.
        """
        data = self.train_set
        order = NO_ORDER if index is None else np.ascontiguousarray(index, dtype=np.int64)
        count = data.count if index is None else len(order)
        shape = self._fitting(count)
        pieces = shape.pieces(count)
        parts = (heavy or Workplace()).rows(pieces, len(theta), self.dtype)
        out = np.zeros((pieces, 3))
        rows = data.x[:0] if index is None else data.rows

        def worker() -> grid.Piece:
            memory, task, _ = self.desk(shape) if heavy is None else heavy.desk(lambda: self.desk(shape))
            task[:] = layout.task(mode, key, judge=judge, moving=len(fresh) > 0)
            return lambda first, last: self.code.kernels["batch_pieces"](
                theta, fresh, shape.table, shape.drops, shape.spots, self.limits, data.x, rows, order,
                int(index is not None), 0, count, memory, parts, len(theta), out, first, last, task,
            )  # fmt: skip

        if heavy is None:
            grid.fill(pieces, worker, first=1, smallest=1)
        else:
            grid.each(pieces, worker)
        return parts, out, count

    def _fitting(self, count: int) -> layout.Layout:
        """The layout of a batch: one of another size than most needs its own where its statistics are taken."""
        if not self.net.batch_normed or self.steps.pieces(count) <= 1:
            return self.steps
        return self._shape(layout.piece_tiles(self.net, count), True)

    def work(self, batch: int) -> float:
        """Multiplications that a batch costs, about."""
        return layout.work(self.net, batch)

    def landscape(self, plane: Plane, cancel: Cancel | None = None) -> Floats:
        """J over all training samples on a plane through weights, (ny, nx)."""
        n, data, shape = self.net.size, self.train_set, self.whole
        plane.check(n)
        out = np.empty(plane.points)
        arrays = [np.ascontiguousarray(each, np.float64) for each in (
            plane.base, plane.first, plane.second, plane.a, plane.b,
        )]  # fmt: skip

        def worker() -> grid.Piece:
            memory, task, result = self.desk(shape)
            theta, spare = np.zeros((2, n), self.dtype)
            return lambda first, last: self.code.kernels["plane"](
                *arrays, len(plane.a), theta, spare, n, self.no_buffers, shape.table, shape.drops, shape.spots,
                self.limits, data.x, data.count, memory, out, first, last, task, result,
            )  # fmt: skip

        grid.fill(out.size, worker, cancel, first=1, smallest=1)
        return out.reshape(len(plane.b), len(plane.a))
