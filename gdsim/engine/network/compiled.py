"""Networks, compiled: the kernels' Python side.

One module of kernels per precision serves all networks; what a network adds are its activations and its loss, small
kernels called by address.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from gdsim.engine import cache, grid
from gdsim.engine.backend import Cancel, DType, Floats, Plane
from gdsim.engine.block_kernels import FLAGS
from gdsim.engine.compiler import COMPILER, NOW
from gdsim.engine.cpu import Code, Recent
from gdsim.engine.network import kernel_curves, kernel_doors, kernel_passes, layout
from gdsim.formula import Graph, parse_formula
from gdsim.formula.emit import reads_near
from gdsim.objectives.network.curves import (
    activation_gradient_graph,
    activation_graph,
    is_categorical,
    loss_gradient_graph,
)
from gdsim.objectives.network.targets import encoded, threshold

if TYPE_CHECKING:
    from gdsim.objectives.network.architecture import Architecture
    from gdsim.objectives.network.design import Loss, Model
    from gdsim.objectives.network.network import NetworkObjective

Kernel = Callable[..., Any]
Array = NDArray[Any]
NO_ORDER = np.empty(0, dtype=np.int64)

_kernels: Recent[tuple[Code, dict[str, Kernel]]] = Recent(2)
_curves: Recent[tuple[Code, Code]] = Recent(512)


@dataclass(frozen=True, eq=False)
class NetworkCode:
    """What a network's passes are made of.

    Attributes:
        kernels: those of `kernel_doors`, by name. piece: the passes, `kernel_passes.piece_text`.
        activations: per layer the kernels of (value, slope), each near and far.
        loss: near and far; exp and log for the categorical cross-entropy.
    """

    dtype: DType
    kernels: dict[str, Kernel]
    piece: Code
    activations: tuple[tuple[tuple[Code, Code], tuple[Code, Code]], ...]
    loss: tuple[Code, Code]
    categorical: bool


def forget() -> None:
    """Forget everything compiled in this process; what is on disk stays."""
    _kernels.clear()
    _curves.clear()


def network_key(net: Architecture, loss: Loss) -> Hashable:
    """Equal for networks with the same code."""
    return (tuple(layer.activation.formula for layer in net.layers), loss.formula)


def network_code(net: Architecture, loss: Loss, dtype: DType, priority: int = NOW) -> Future[NetworkCode]:
    """All that a network's passes need, compiled on the compile thread."""

    def job() -> NetworkCode:
        return compile_network(net, loss, dtype)

    return COMPILER.submit(("network", network_key(net, loss), dtype), job, priority)


def compile_network(net: Architecture, loss: Loss, dtype: DType) -> NetworkCode:
    """The same in this thread (the compile thread's)."""

    def make() -> tuple[Code, dict[str, Kernel]]:
        passes = cache.Generated(kernel_passes.piece_text(dtype))
        piece = Code(passes.address("piece", kernel_passes.piece_signature(dtype)), passes)
        doors = cache.Generated(kernel_doors.doors_text(dtype))
        kinds = kernel_doors.signatures(dtype)
        return piece, {name: doors.function(name, kind) for name, kind in kinds.items()}

    piece, kernels = _kernels.get(dtype, make)
    activations = tuple(
        (
            _curve(activation_graph(layer.activation), dtype, "activation"),
            _curve(activation_gradient_graph(layer.activation), dtype, "activation"),
        )
        for layer in net.layers
    )
    if is_categorical(loss):
        exp, log = (_curve(parse_formula(text, ("z",)).graph(), dtype, "activation") for text in ("exp(z)", "ln(z)"))
        return NetworkCode(dtype, kernels, piece, activations, (exp[0], log[0]), True)
    return NetworkCode(dtype, kernels, piece, activations, _curve(loss_gradient_graph(loss), dtype, "loss"), False)


def _curve(graph: Graph, dtype: DType, kind: str) -> tuple[Code, Code]:
    """The kernel of an activation or loss, near and far."""
    text, signature = (
        (kernel_curves.activation_text, kernel_curves.activation_signature(dtype))
        if kind == "activation"
        else (kernel_curves.loss_text, kernel_curves.loss_signature(dtype))
    )

    def make(source: str) -> Code:
        module = cache.Generated(source)
        return Code(module.address("curve", signature, FLAGS), module)

    near = text(graph, dtype, far=False)
    far = text(graph, dtype, far=True) if reads_near(graph) else near

    def both() -> tuple[Code, Code]:
        first = make(near)
        return first, first if far == near else make(far)

    return _curves.get(near, both)


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
        addresses = [
            (value[0].address, value[1].address, slope[0].address, slope[1].address)
            for value, slope in code.activations
        ]
        parts = (code.loss[0].address, code.loss[1].address, code.categorical)

        def shape(tiles: int, gradient: bool) -> layout.Layout:
            return layout.layout(self.net, code.piece.address, addresses, parts, judge, tiles, gradient=gradient)

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
                theta, buffers, shape.table, shape.drops, shape.spots, self.limits, tiles, memory, out, first, last,
                layout.EVALUATE, task, result,
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
        loss, _, _ = self.code.kernels["joined"](theta, self.steps.table, self.limits, parts, out, gradient, count)
        return float(loss), gradient

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
        parts = np.empty((pieces, len(theta)), self.dtype) if heavy is None else heavy.rows(pieces, len(theta), self.dtype)
        out = np.zeros((pieces, 3))
        rows = data.x[:0] if index is None else data.rows

        def worker() -> grid.Piece:
            memory, task, _ = self.desk(shape) if heavy is None else heavy.desk(lambda: self.desk(shape))
            task[:] = layout.task(mode, key, judge=judge, moving=len(fresh) > 0)
            return lambda first, last: self.code.kernels["batch_pieces"](
                theta, fresh, shape.table, shape.drops, shape.spots, self.limits, data.x, rows, order, 0, count, memory,
                parts, out, first, last, task,
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
                *arrays, theta, spare, self.no_buffers, shape.table, shape.drops, shape.spots, self.limits, data.x,
                data.count, memory, out, first, last, task, result,
            )  # fmt: skip

        grid.fill(out.size, worker, cancel, first=1, smallest=1)
        return out.reshape(len(plane.b), len(plane.a))
