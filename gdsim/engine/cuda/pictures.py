"""Values and derivatives on planes of points: surfaces, fields, curves, and slices through a landscape of any dimension."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from gdsim.engine import memory
from gdsim.engine.backend import Cancel, DType, Floats, Slice
from gdsim.engine.cpu import parameter_array
from gdsim.engine.cuda import code, device, texts
from gdsim.errors import Cancelled, EngineError

if TYPE_CHECKING:
    from gdsim.objectives import Objective

_FIRST_POINTS = 1 << 16
_MOST_POINTS = 1 << 22


@dataclass(frozen=True, eq=False)
class Plane:
    """The points base + a first + b second.

    Attributes:
        base, first, second: (n,) a point and two directions of any length; second may be 0 for a line.
        a: (nx,), b: (ny,) how far along each.
    """

    base: Floats
    first: Floats
    second: Floats
    a: Floats
    b: Floats

    @classmethod
    def of_slice(cls, where: Slice) -> Plane:
        """The plane of a slice; its points are the slice's to the last bit."""
        base = np.array(where.base, dtype=np.float64)
        first, second = np.zeros((2, len(base)))
        first[where.axes[0]] = 1.0
        if len(where.axes) == 2:
            second[where.axes[1]] = 1.0
        base[list(where.axes)] = 0.0
        return cls(base, first, second, where.xs(), where.ys())

    def check(self, n: int) -> None:
        """EngineError unless it fits a function of n coordinates, and the memory."""
        for name, vector in (("base", self.base), ("first", self.first), ("second", self.second)):
            if vector.shape != (n,):
                raise EngineError(f"{vector.size} numbers for {n} coordinates", where=f"plane, {name}")
        if not len(self.a) or not len(self.b):
            raise EngineError("a plane without points", where="plane")
        size = 24 * len(self.a) * len(self.b)
        memory.require(size, f"a picture of {len(self.a):,} x {len(self.b):,} points", "Ask for fewer")


def values(objective: Objective, plane: Plane, dtype: DType, cancel: Cancel | None) -> Floats:
    """J on the plane, (ny, nx)."""
    return _painted(objective, plane, "values", 1, dtype, cancel)[0]


def slopes(objective: Objective, plane: Plane, dtype: DType, cancel: Cancel | None) -> Floats:
    """J and its derivatives along the plane's two directions, (3, ny, nx)."""
    return _painted(objective, plane, "slopes", 3, dtype, cancel)


def _painted(
    objective: Objective, plane: Plane, name: str, layers: int, dtype: DType, cancel: Cancel | None
) -> Floats:
    plane.check(objective.n)
    kernel = code.awaited(code.points(objective, name, dtype), cancel)
    total = len(plane.a) * len(plane.b)
    most = min(total, _MOST_POINTS)
    real = np.dtype(dtype)
    wide = objective.n > texts.LOCAL_COORDINATES
    column = 2 * objective.n * real.itemsize if wide else 0
    threads = code.threads(most, column)
    device.require(
        layers * most * real.itemsize + threads * column,
        f"a picture of {total:,} points in {objective.n:,} coordinates", "Ask for fewer points",
    )  # fmt: skip
    cuda = device.load()
    scratch = cuda.device_array((2 * objective.n, threads) if wide else (1, 1), real)
    piece = cuda.device_array(most if layers == 1 else (layers, most), real)
    given = [code.upload(each.astype(real)) for each in (plane.base, plane.first, plane.second, plane.a, plane.b)]
    given.append(code.upload(parameter_array(objective, real)))
    out = np.empty((layers, total))
    pace, start = code.Pace(_FIRST_POINTS if not wide else threads, most), 0
    while start < total:
        if cancel is not None and cancel.is_set():
            raise Cancelled("the picture was not finished")
        count = min(pace.amount, total - start)

        def work(start: int = start, count: int = count) -> None:
            kernel.launch(min(threads, count), *given, scratch, piece, start, count)

        pace.timed(work, count)
        out[:, start : start + count] = _download(piece, count)
        start += count
    return out.reshape(layers, len(plane.b), len(plane.a))


def _download(piece: Any, count: int) -> Any:
    """The first `count` numbers of each layer; all of a large piece is not copied for a few points."""
    if len(piece.shape) == 1:
        return piece[:count].copy_to_host()
    return np.stack([layer[:count].copy_to_host() for layer in (piece[k] for k in range(piece.shape[0]))])
