"""The passes of a network on the device: forward, losses, penalties, backward; launches in the order of the layers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from gdsim.engine.backend import Cancel, Floats
from gdsim.engine.cuda import device
from gdsim.engine.cuda.networks_code import NetworkCode
from gdsim.engine.cuda.networks_memory import Memory
from gdsim.errors import Cancelled

if TYPE_CHECKING:
    from gdsim.objectives.network.architecture import Dense
    from gdsim.objectives.network.network import NetworkObjective

MOST_SLICES, LEAST_SLICE, BLOCKS = 64, 256, 512
"""Of the samples in a product over them: so many slices that about BLOCKS blocks of threads have work."""
MOST_QUEUED = 1 << 32
"""Multiplications after which the device is waited for, and the cancel flag is looked at: 40 ms of a slow card."""
_LEAST_STEP = 256

Draw = tuple[int, int]
"""Dropout's key, and the first sample's place in the batch."""


@dataclass(frozen=True, slots=True)
class Points:
    """Where in theta's space: base + a first + b second for `count` points from number `start` on, or base alone."""

    arrays: tuple[Any, ...]
    plane: int = 0
    start: int = 0
    count: int = 1

    @property
    def arguments(self) -> tuple[Any, ...]:
        """As kernels take them."""
        return (*self.arrays, self.plane, self.start)


@dataclass(frozen=True, slots=True)
class Job:
    """What a pass is given.

    Attributes:
        x, y: (features, m) and (outputs, m) on the device. keep: whether the way back is taken afterwards.
        running: whether batch normalisation takes the running statistics, which lie in the memory's "statistics".
    """

    points: Points
    x: Any
    y: Any
    m: int
    keep: bool = False
    running: bool = False
    drop: Draw | None = None
    cancel: Cancel | None = None


class Passes:
    """Launches over one tile of samples, with arrays of `memory` by name (see `room`).

    A pass whose way back is taken keeps its layers' outputs, slopes and what normalisation and dropout did; one that is
    not takes turns in two arrays.
    """

    def __init__(self, objective: NetworkObjective, kernels: NetworkCode, memory: Memory) -> None:
        self.net, self.model = objective.net, objective.model
        self.kernels, self.memory = kernels, memory
        self.dtype = memory.dtype
        self.widest = max(layer.outputs for layer in self.net.layers)
        self._queued = 0.0

    def room(self, tile: int, points: int) -> dict[str, int]:
        """Numbers that passes over a tile of samples need; for 0 points those of a gradient at one."""
        net = self.net
        if points:
            room = {"turn0": self.widest * tile * points, "turn1": self.widest * tile * points, "lost": tile * points}
            return {**room, "sums": points, "statistics": net.buffers}
        room = {"above": self.widest * tile, "delta": self.widest * tile, "lost": tile, "sums": 1}
        for number, layer in enumerate(net.layers):
            names = ["h", "slope"] + ["normed"] * (layer.norm != "none") + ["factors"] * (layer.dropout > 0.0)
            room |= {f"{name}{number}": layer.outputs * tile for name in names}
            if layer.norm != "none":
                room[f"deviation{number}"] = tile if layer.norm == "layer" else layer.outputs
        return {**room, "statistics": net.buffers}

    def losses(self, job: Job, share: float = 0.0) -> Floats:
        """Sums of losses over the samples, (points,); with `keep` also their derivatives times `share` in "above"."""
        get, points, m = self.memory.get, job.points.count, job.m
        outputs = self.forward(job)
        kernel = self.kernels.loss_slope if job.keep else self.kernels.loss
        assert kernel is not None
        slopes = get("above") if job.keep else get("lost")
        count = points * m
        self.kernels.numbers(
            kernel, count, outputs, job.y, get("lost"), slopes, self.net.outputs, m, self.dtype.type(share), count
        )
        self.kernels.rows("lost_sums", points, get("lost"), get("sums"), m)
        return self.memory.read(get("sums"), points)

    def penalties(self, points: Points) -> Floats:
        """l1 sum|w| + l2/2 sum w^2 at each point, (points,)."""
        model, out = self.model, self.memory.get("sums")
        if not (model.l1 or model.l2):
            return np.zeros(points.count)
        for number, layer in enumerate(self.net.layers):
            w = layer.weights
            self.kernels.rows(
                "penalty", points.count, *points.arguments, w.start, w.size, model.l1, model.l2, out, int(number > 0)
            )
        return self.memory.read(out, points.count)

    def forward(self, job: Job) -> Any:
        """Through all layers; what goes out of the last, (points, outputs, m) on the device."""
        below, period = job.x, self.net.inputs * job.m
        for number, layer in enumerate(self.net.layers):
            out = self.memory.get(f"h{number}" if job.keep else f"turn{number % 2}")
            self._sums(layer, job, below, period if number else 0, out)
            if layer.gain is not None:
                self._normalise(number, layer, job, out)
            count = job.points.count * layer.outputs * job.m
            kernel = (self.kernels.slopes if job.keep else self.kernels.values)[number]
            slope = self.memory.get(f"slope{number}") if job.keep else out
            residual = int(layer.residual)
            around = period if number == 0 else count
            self.kernels.numbers(kernel, count, out, below, out, slope, count, residual, around)
            if job.drop is not None and layer.dropout:
                self._drop(number, layer, job, out)
            below, period = out, layer.outputs * job.m
        return below

    def _sums(self, layer: Dense, job: Job, below: Any, stride: int, out: Any) -> None:
        """z = W a + b, a part of the samples at a time where it takes long."""
        work = float(layer.inputs) * layer.outputs * job.points.count
        step = max(_LEAST_STEP, int(MOST_QUEUED / work) // _LEAST_STEP * _LEAST_STEP)
        for begin in range(0, job.m, step):
            width = min(step, job.m - begin)
            self.kernels.sums(
                (width, layer.outputs, job.points.count), *job.points.arguments, layer.weights.start,
                layer.bias.start, below, stride, out, layer.outputs, layer.inputs, job.m, begin,
            )  # fmt: skip
            self._queue(work * width, job.cancel)

    def _normalise(self, number: int, layer: Dense, job: Job, out: Any) -> None:
        assert layer.gain is not None
        assert layer.shift is not None
        get, keep, points = self.memory.get, int(job.keep), job.points
        normed, deviation = (get(f"normed{number}"), get(f"deviation{number}")) if job.keep else (out, out)
        places = (layer.gain.start, layer.shift.start, out, normed, deviation)
        if layer.norm == "batch":
            self.kernels.rows(
                "batch_norm", (layer.outputs, points.count), *points.arguments, *places, get("statistics"),
                layer.buffer, int(job.running), keep, layer.outputs, job.m,
            )  # fmt: skip
        else:
            count = points.count * job.m
            self.kernels.numbers(
                "layer_norm", count, *points.arguments, *places, keep, layer.outputs, job.m, count
            )  # fmt: skip

    def _drop(self, number: int, layer: Dense, job: Job, out: Any) -> None:
        assert job.drop is not None
        key, first = job.drop
        factor = self.dtype.type(1.0 / (1.0 - layer.dropout))
        self.kernels.numbers(
            "drop_out", layer.outputs * job.m, out, self.memory.get(f"factors{number}"), np.uint64(key), number,
            layer.dropout, factor, first, layer.outputs, job.m,
        )  # fmt: skip

    def backward(self, job: Job, *, add: bool) -> None:
        """From dJ/do in "above" to the gradient, into "gradient" or added to it."""
        get, numbers, m = self.memory.get, self.kernels.numbers, job.m
        theta, above, delta, gradient = get("theta"), get("above"), get("delta"), get("gradient")
        for number in reversed(range(len(self.net.layers))):
            layer = self.net.layers[number]
            count = layer.outputs * m
            if job.drop is not None and layer.dropout:
                numbers("scaled", count, above, get(f"factors{number}"), above, count)
            numbers("scaled", count, above, get(f"slope{number}"), delta, count)
            if layer.gain is not None:
                self._back_through_norm(number, layer, m, add)
            below = get(f"h{number - 1}") if number else job.x
            slices, length = self.slices(layer, m)
            self.kernels.outer(
                (layer.inputs, layer.outputs, slices), delta, below, get("parts"), layer.outputs, layer.inputs, m,
                length,
            )  # fmt: skip
            w = layer.weights
            numbers("joined", w.size, get("parts"), slices, gradient, w.start, w.size, int(add))
            self.kernels.rows("row_sums", layer.outputs, delta, delta, 0, gradient, layer.bias.start, m, int(add))
            if number:
                self.kernels.through(
                    (m, layer.inputs, 1), theta, w.start, delta, above, layer.outputs, layer.inputs, m,
                    int(layer.residual),
                )  # fmt: skip
            self._queue(2.0 * w.size * m, None)

    def penalise(self) -> None:
        """The penalty's gradient added to "gradient"."""
        get, model = self.memory.get, self.model
        if model.l1 or model.l2:
            factors = self.dtype.type(model.l1), self.dtype.type(model.l2)
            for layer in self.net.layers:
                w = layer.weights
                self.kernels.numbers(
                    "penalised", w.size, get("theta"), get("gradient"), w.start, w.size, *factors
                )  # fmt: skip

    def _back_through_norm(self, number: int, layer: Dense, m: int, add: bool) -> None:
        assert layer.gain is not None
        assert layer.shift is not None
        get, units = self.memory.get, layer.outputs
        gain, shift, delta, gradient = layer.gain.start, layer.shift.start, get("delta"), get("gradient")
        seen = get(f"normed{number}"), get(f"deviation{number}")
        for weighted, at in ((1, gain), (0, shift)):
            self.kernels.rows("row_sums", units, delta, seen[0], weighted, gradient, at, m, int(add))
        if layer.norm == "batch":
            self.kernels.numbers(
                "batch_back", units * m, get("theta"), gain, shift, gradient, delta, *seen, units, m
            )  # fmt: skip
        else:
            self.kernels.numbers("layer_back", m, get("theta"), gain, delta, *seen, units, m)

    def slices(self, layer: Dense, m: int) -> tuple[int, int]:
        """Into how many slices a product over m samples is cut, and how long they are."""
        blocks = -(-layer.inputs // 64) * -(-layer.outputs // 64)
        slices = max(1, min(MOST_SLICES, BLOCKS // blocks, m // LEAST_SLICE))
        length = -(-m // slices)
        return -(-m // length), length

    def _queue(self, work: float, cancel: Cancel | None) -> None:
        """Take note of work given to the device; wait for it when that is much."""
        self._queued += work
        if self._queued > MOST_QUEUED:
            device.load().synchronize()
            self._queued = 0.0
            look(cancel)


def look(cancel: Cancel | None) -> None:
    """Raise Cancelled where one is asked to stop."""
    if cancel is not None and cancel.is_set():
        raise Cancelled("the device was stopped on its way")
