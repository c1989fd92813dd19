"""Values and derivatives on planes of points: surfaces, fields, curves, slices through a landscape of any dimension."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gdsim.engine.backend import Cancel, DType, Floats, Plane
from gdsim.engine.cpu import parameter_array
from gdsim.engine.cuda import code, device, texts
from gdsim.errors import Cancelled

if TYPE_CHECKING:
    from gdsim.objectives import Objective

_FIRST_POINTS = 1 << 16
_MOST_POINTS = 1 << 22


def values(objective: Objective, plane: Plane, dtype: DType, cancel: Cancel | None) -> Floats:
    """J on the plane, (ny, nx)."""
    (found,) = _painted(objective, plane, "values", 1, dtype, cancel)
    return np.asarray(found)


def slopes(objective: Objective, plane: Plane, dtype: DType, cancel: Cancel | None) -> Floats:
    """J and its derivatives along the plane's two directions, (3, ny, nx)."""
    return _painted(objective, plane, "slopes", 3, dtype, cancel)


def _painted(objective: Objective, plane: Plane, name: str, layers: int, dtype: DType, cancel: Cancel | None) -> Floats:
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
