"""One network over its samples on the device: outputs, losses, gradients, landscapes.

Many samples are worked through in tiles whose size the network alone decides, and the tiles' sums are added in their
order: numbers depend neither on the card nor on how fast it is.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from gdsim.engine.backend import Cancel, Floats, Plane
from gdsim.engine.cuda import code
from gdsim.engine.cuda.networks_code import NetworkCode
from gdsim.engine.cuda.networks_memory import Memory
from gdsim.engine.cuda.networks_passes import Job, Passes, Points, look
from gdsim.objectives.network import targets
from gdsim.objectives.network.architecture import NORM_MOMENTUM
from gdsim.objectives.network.curves import loss_values

if TYPE_CHECKING:
    from gdsim.objectives.network.architecture import Architecture
    from gdsim.objectives.network.network import NetworkObjective

Array = NDArray[Any]
_SETS = (("inputs", "targets"), ("test inputs", "test targets"))  # of training, of testing

TILE_NUMBERS = 1 << 22
"""Numbers of the widest layer that are worked out at once."""
LEAST_TILE = 256
MOST_POINTS = 1 << 14
FIRST_WORK = 1 << 28
"""Multiplications of a landscape's first launch; `code.Pace` finds the next ones' size."""


class CudaNetwork:
    """Passes of one network over its training samples.

    Args:
        kernels: with those of the way back where gradients are asked for.

    All arrays of samples have the samples along the last axis; theta is (n,) in the kernels' dtype, buffers float64.
    One caller at a time has the arrays, others wait. Each method raises EngineError with the figure where the device's
    memory would not hold what it needs.
    """

    def __init__(self, objective: NetworkObjective, kernels: NetworkCode) -> None:
        self.objective, self.kernels = objective, kernels
        self.net: Architecture = objective.net
        self.dtype = np.dtype(kernels.dtype)
        self._memory = Memory(self.dtype)
        self._weights = sum(layer.inputs * layer.outputs for layer in self.net.layers)
        self._passes = Passes(objective, kernels, self._memory)
        self._lock = threading.Lock()

    # What it answers

    def forward(self, theta: Array, buffers: Floats, x: Array, cancel: Cancel | None = None) -> Array:
        """Outputs (k, m) for inputs x (features, m): no dropout, running statistics where there are any."""
        count, running = x.shape[1], len(buffers) > 0
        tile = self._tile(count, whole=self.net.batch_normed and not running)
        with self._lock:
            self._reserve(f"outputs of {count:,} inputs", "Ask for fewer", tile, 1, x=self.net.inputs * tile)

            def tiles() -> Iterator[tuple[Any, int, int]]:
                for begin in range(0, count, tile):
                    part = np.asarray(x[:, begin : begin + tile], dtype=self.dtype)
                    yield self._memory.write("x", part.reshape(-1)), part.shape[1], begin

            return self._outputs(theta, buffers, count, tiles(), cancel)

    def evaluate(self, theta: Array, buffers: Floats, test: bool = False) -> tuple[float, float]:
        """Mean loss without penalty, and accuracy, over the train or test samples; NaN where there are none."""
        it, samples = self.objective, self.objective.samples
        x, y = (samples.x_test, samples.y_test) if test else (samples.x, samples.y)
        count = x.shape[1]
        if not count:
            return math.nan, math.nan
        tile = self._tile(count, whole=self.net.batch_normed and not len(buffers))
        with self._lock:
            self._reserve(f"outputs of {count:,} samples", "Use fewer", tile, 1, **self._samples(tile, test=test))
            tiles = ((x, m, begin) for x, _, m, begin in self._tiles(tile, test=test))
            outputs = self._outputs(theta, buffers, count, tiles, None)
        with np.errstate(all="ignore"):
            losses, _ = loss_values(it.model.loss, outputs, it.targets_test if test else it.targets)
        right = targets.accuracy(it.model.loss, outputs, y, len(samples.classes))
        return float(np.mean(losses, dtype=np.float64)), right

    def landscape(self, plane: Plane, cancel: Cancel | None = None) -> Floats:
        """J over all training samples on a plane through weights, (ny, nx); raises Cancelled."""
        plane.check(self.net.size)
        total, samples = plane.points, self.objective.samples.count
        tile = self._tile(samples, whole=self.net.batch_normed)
        with self._lock:
            return self._landscape(plane, total, samples, tile, cancel)

    def value_gradient(self, theta: Array, index: Array | None = None) -> tuple[float, Array]:
        """J over the samples `index` (all of them for None) and its gradient (n,): no dropout, the batch's own
        statistics."""
        return self._gradient(theta, index, None, None)

    def step_gradient(self, theta: Array, index: Array | None, fresh: Floats, key: int) -> tuple[float, Array]:
        """The same as a step sees it: with dropout (key: see noise.dropout_key), moving on the statistics `fresh`."""
        return self._gradient(theta, index, fresh, key)

    def reserve(self, batch: int) -> None:
        """Have the memory for gradients over so many samples, chosen from all; EngineError beforehand."""
        with self._lock:
            self._for_gradient(batch, chosen=True)

    def work(self, samples: int) -> float:
        """Multiplications that J of so many samples costs, about; a gradient costs three times as many."""
        return float(samples) * self._weights

    # Tiles and points

    def _outputs(
        self, theta: Array, buffers: Floats, count: int, tiles: Iterable[tuple[Any, int, int]], cancel: Cancel | None
    ) -> Array:
        """Outputs (k, count) for tiles of inputs: (x, samples, first)."""
        out, running = np.empty((self.net.outputs, count), self.dtype), len(buffers) > 0
        points = self._at(theta)
        if running:
            self._memory.write("statistics", np.asarray(buffers, dtype=self.dtype))
        for x, m, begin in tiles:
            look(cancel)
            found = self._passes.forward(Job(points, x, None, m, running=running, cancel=cancel))
            out[:, begin : begin + m] = self._memory.read(found, self.net.outputs * m).reshape(-1, m)
        return out

    def _landscape(self, plane: Plane, total: int, samples: int, tile: int, cancel: Cancel | None) -> Floats:
        what = f"a landscape of {self.net.size:,} weights over {samples:,} samples"
        beside = {"theta": self.net.size, "first": self.net.size, "second": self.net.size, **self._samples(tile)}
        beside |= {"a": len(plane.a), "b": len(plane.b)}
        fitting = self._memory.fitting(self._passes.room(tile, 1), beside)
        most = max(1, int(min(total, MOST_POINTS, TILE_NUMBERS // (self._passes.widest * tile), fitting)))
        self._reserve(what, "Use fewer samples", tile, most, **beside)
        write = self._memory.write
        named = ("theta", plane.base), ("first", plane.first), ("second", plane.second), ("a", plane.a), ("b", plane.b)
        points = Points(tuple(write(name, each.astype(self.dtype)) for name, each in named), 1)
        lost, extra = np.zeros(total), np.zeros(total)
        for x, y, m, begin in self._tiles(tile):
            job = Job(points, x, y, m, cancel=cancel)
            self._for_points(job, most, lost, extra if begin == 0 else None)
        return (lost / samples + extra).reshape(len(plane.b), len(plane.a))

    def _for_points(self, job: Job, most: int, lost: Floats, extra: Floats | None) -> None:
        """The losses of all points over one tile added to `lost`; `extra` takes the penalties."""
        total = len(lost)
        first = max(1, min(most, int(FIRST_WORK / self.work(job.m))))
        pace, start = code.Pace(first, most), 0
        while start < total:
            look(job.cancel)
            count = min(pace.amount, total - start)
            part = replace(job, points=replace(job.points, start=start, count=count))

            def work(part: Job = part, start: int = start, count: int = count) -> None:
                lost[start : start + count] += self._passes.losses(part)
                if extra is not None:
                    extra[start : start + count] = self._passes.penalties(part.points)

            pace.timed(work, count)
            start += count

    def _gradient(
        self, theta: Array, index: Array | None, fresh: Floats | None, key: int | None
    ) -> tuple[float, Array]:
        net = self.net
        count = self.objective.samples.count if index is None else len(index)
        with self._lock:
            tile = self._for_gradient(count, chosen=index is not None)
            points, lost = self._at(theta), 0.0
            for x, y, m, begin in self._tiles(tile, index):
                job = Job(points, x, y, m, keep=True, drop=(key, begin) if key is not None else None)
                lost += float(self._passes.losses(job, 1.0 / count)[0])
                self._passes.backward(job, add=begin > 0)
            if fresh is not None and net.buffers:
                fresh += NORM_MOMENTUM * (self._memory.read(self._memory.get("statistics"), net.buffers) - fresh)
            self._passes.penalise()
            extra = float(self._passes.penalties(points)[0])
            return lost / count + extra, self._memory.read(self._memory.get("gradient"), net.size)

    def _for_gradient(self, count: int, *, chosen: bool) -> int:
        """Reserve what a gradient over so many samples needs; returns the tile."""
        net = self.net
        tile = self._tile(count, whole=net.batch_normed)
        parts = max(layer.weights.size * self._passes.slices(layer, tile)[0] for layer in net.layers)
        room = {**self._samples(tile, chosen=chosen), "gradient": net.size, "parts": parts}
        self._reserve(f"a gradient over {count:,} samples", "Use smaller batches", tile, 0, **room)
        return tile

    # Samples and memory

    def _at(self, theta: Array) -> Points:
        """One point; directions are not read."""
        base = self._memory.write("theta", np.asarray(theta, dtype=self.dtype))
        return Points((base,) * 5)

    def _tile(self, count: int, *, whole: bool) -> int:
        """Samples that are worked through at once; all of them where their statistics are taken."""
        return max(1, count if whole else min(count, max(LEAST_TILE, TILE_NUMBERS // self._passes.widest)))

    def _tiles(
        self, tile: int, index: Array | None = None, *, test: bool = False
    ) -> Iterator[tuple[Any, Any, int, int]]:
        """Inputs and targets of each tile of the training samples (or test samples), or of those of a batch: (x, y,
        samples, first)."""
        it, memory = self.objective, self._memory
        if test:
            total, samples, answers = it.samples.x_test.shape[1], it.samples.x_test, it.targets_test
        else:
            total, samples, answers = it.samples.count, it.samples.x, it.targets
        inputs, wanted = _SETS[test]
        data = memory.once(inputs, lambda: samples), memory.once(wanted, lambda: answers)
        if index is None and tile >= total:
            yield *data, total, 0
            return
        count = total if index is None else len(index)
        for begin in range(0, count, tile):
            m = min(tile, count - begin)
            chosen = np.arange(begin, begin + m) if index is None else index[begin : begin + m]
            places = code.upload(np.asarray(chosen, dtype=np.int64))
            parts = (memory.get("x"), memory.get("y"))
            for whole, part, rows in zip(data, parts, (self.net.inputs, self.net.outputs), strict=True):
                self.kernels.numbers("gathered", rows * m, whole, places, part, rows, total, m)
            yield *parts, m, begin

    def _samples(self, tile: int, *, chosen: bool = False, test: bool = False) -> dict[str, int]:
        """Room for a set of samples and for a tile of them."""
        net, samples = self.net, self.objective.samples
        count = samples.x_test.shape[1] if test else samples.count
        inputs, wanted = _SETS[test]
        room = {inputs: net.inputs * count, wanted: net.outputs * count}
        if chosen or tile < count:
            room |= {"x": net.inputs * tile, "y": net.outputs * tile}
        return room

    def _reserve(self, what: str, hint: str, tile: int, points: int, **more: int) -> None:
        self._memory.reserve(what, hint, {"theta": self.net.size, **self._passes.room(tile, points), **more})
