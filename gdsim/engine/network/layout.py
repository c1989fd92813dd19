"""Where kernels find what they are told about a network: the columns of its table, the regions of their memory.

The shape of a network is data, not code: a table of whole numbers with a row per layer, so that one compiled module
serves all networks. Their memory is one flat array of rows of packs, cut into regions: a layer's outputs and slopes,
the sums, the deltas. A region of r rows holds (tile, row, 16 samples).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from gdsim.objectives.network.architecture import Architecture, Dense

LANES = 16
"""Samples in a tile."""
MOST_TILES = 8
"""Tiles in a piece: the gradients of pieces are added in their order."""
HEAVY = 3e7
"""Multiplications of a batch, about a millisecond, from which on it is cut into at least `SHARES` pieces if it can be,
so that several threads find some."""
SHARES, LEAST_TILES = 4, 2

COLUMNS = (
    "INPUTS", "OUTPUTS", "W", "B", "GAIN", "SHIFT", "NORM", "RESIDUAL", "BUFFER",
    "VALUE", "VALUE_FAR", "SLOPE", "SLOPE_FAR", "HERE", "STEEP", "NORMED", "SPREAD", "DROP",
)  # fmt: skip
"""Of the table: units, places in theta and in the buffers, addresses of the activation's kernels; then regions: outputs
h, slopes f'(u), normalised sums, deviations, dropout's factors."""
SPOTS = (
    "PIECE", "PARTS", "LAYERS", "TILES", "SUMS", "DELTA", "ABOVE", "LOST", "LIVE", "GATHERED", "FEATURES", "ROWS",
    "TARGETS", "CATEGORICAL", "LOSS", "LOSS_FAR", "EXP", "LOG", "JUDGE",
)  # fmt: skip
"""Of the network as a whole: the addresses of the kernels of a piece and of layers' parts, layers, tiles in a piece;
regions z, delta, dJ/dh, losses, 1 for the samples of the last tile and 0 behind them, a gathered batch; features, rows
of a sample (features, targets, class), targets; the loss and how it is judged."""
TASK = ("COUNT", "IN_BATCH", "MODE", "KEY", "FIRST", "JUDGING", "MOVING")
"""What is asked of a piece: its samples, those of its batch, what for, dropout's key, the place of its first sample in
the batch, whether right classes are counted, whether running statistics are moved on."""
NORMALISE, NORMALISE_BACK, DROP_OUT = range(3)
"""Parts of a layer that have a kernel of their own."""
NORMS = {"none": 0, "batch": 1, "layer": 2}
EVALUATE, TRAIN, STATISTICS, GRADIENT = range(4)
"""What a pass is for: outputs by the running statistics; a step; outputs by the batch's own statistics; a gradient
without dropout, which leaves no trace in the running statistics."""
JUDGES = {"none": 0, "threshold": 1, "largest": 2}


_NUMBERED = ("EVALUATE", "TRAIN", "STATISTICS", "GRADIENT", "NORMALISE", "NORMALISE_BACK", "DROP_OUT")


def constants() -> str:
    """The text of all these names, for a kernel's module."""
    lines = [f"{name} = {number}" for names in (COLUMNS, SPOTS, TASK) for number, name in enumerate(names)]
    lines.append(f"WIDTH = {len(COLUMNS)}")
    lines += [f"{name} = {globals()[name]}" for name in _NUMBERED]
    return "\n".join(lines) + "\n"


def tiles_of(samples: int) -> int:
    """How many tiles hold so many samples."""
    return -(-samples // LANES)


def work(net: Architecture, samples: int) -> float:
    """Multiplications that the gradient of so many samples costs, about."""
    return 3.0 * samples * sum(layer.inputs * layer.outputs for layer in net.layers)


def task(mode: int, key: int, *, judge: bool, moving: bool) -> list[int]:
    """The numbers of TASK; kernels fill in what is 0 and no flag."""
    signed = key - (1 << 64) if key >= 1 << 63 else key
    return [0, 0, mode, signed, 0, int(judge), int(moving)]


def piece_tiles(net: Architecture, batch: int) -> int:
    """How many tiles make a piece of a batch: the network and the batch alone decide, never the machine."""
    tiles = tiles_of(batch)
    if net.batch_normed:
        return tiles  # the statistics are those of the whole batch
    if work(net, batch) > HEAVY:
        return max(LEAST_TILES, min(MOST_TILES, -(-tiles // SHARES)))
    return min(MOST_TILES, tiles)


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where a network's kernels are: of a piece, of layers' parts (0 for none), of each layer's activation (value,
    value far, slope, slope far), of the loss (near, far, exp, log; the last two are 0 but for the categorical one)."""

    piece: int
    parts: int
    activations: tuple[tuple[int, int, int, int], ...]
    loss: tuple[int, int, int, int]


@dataclass(frozen=True, eq=False)
class Layout:
    """A network's table and regions.

    Attributes:
        table: (layers, COLUMNS) int64. drops: (layers,) float64. spots: (SPOTS,) int64.
        size: numbers of memory that a pass needs.
    """

    table: NDArray[np.int64]
    drops: NDArray[np.float64]
    spots: NDArray[np.int64]
    size: int

    def pieces(self, samples: int) -> int:
        """Into how many pieces so many samples are cut."""
        return -(-samples // (LANES * int(self.spots[SPOTS.index("TILES")])))

    def memory(self, dtype: np.dtype[Any]) -> NDArray[Any]:
        """Memory for a thread, (size,), which begins on a cache line."""
        raw = np.zeros(self.size + LANES, dtype)
        skip = (-raw.ctypes.data % 64) // dtype.itemsize
        return raw[skip : skip + self.size]


def layout(net: Architecture, addresses: Addresses, judge: str, tiles: int, *, gradient: bool) -> Layout:
    """The layout of a network whose pieces have so many tiles.

    Args:
        judge: how right classes are counted, a name of JUDGES.
        gradient: whether what the way back needs is kept; if not, layers take turns in two regions.
    """
    regions = _Regions()
    widest = net.widest
    rows = net.inputs + net.outputs + 1
    spots = dict.fromkeys(SPOTS, 0)
    spots.update(PIECE=addresses.piece, PARTS=addresses.parts, LAYERS=len(net.layers), TILES=tiles)
    for name in ("SUMS", "DELTA", "ABOVE"):
        spots[name] = regions.take(widest)
    spots["LOST"], spots["LIVE"] = regions.take(max(2, net.outputs)), regions.take(1)
    spots["GATHERED"] = regions.take(rows) if gradient else 0
    turns = (regions.take(widest), regions.take(widest)) if not gradient else (0, 0)
    table = []
    for number, (layer, codes) in enumerate(zip(net.layers, addresses.activations, strict=True)):
        units = layer.outputs
        if gradient:
            places = [regions.take(units), regions.take(units)]
            normed = layer.norm != "none"
            places += [regions.take(units) if normed else 0, regions.take(units) if normed else 0]
            places.append(regions.take(units) if layer.dropout else 0)
        else:
            places = [turns[number % 2], spots["DELTA"], spots["DELTA"], spots["ABOVE"], 0]
        table.append([*_described(layer), *codes, *places])
    near, far, exp, log = addresses.loss
    spots.update(FEATURES=net.inputs, ROWS=rows, TARGETS=net.outputs, JUDGE=JUDGES[judge])
    spots.update(CATEGORICAL=int(exp != 0), LOSS=near, LOSS_FAR=far, EXP=exp, LOG=log)
    return Layout(
        np.array(table, dtype=np.int64), np.array([layer.dropout for layer in net.layers]),
        np.array([spots[name] for name in SPOTS], dtype=np.int64), LANES * tiles * regions.rows,
    )  # fmt: skip


def _described(layer: Dense) -> list[int]:
    """The columns that say what a layer is."""
    gain = layer.gain.start if layer.gain is not None else 0
    shift = layer.shift.start if layer.shift is not None else 0
    return [
        layer.inputs, layer.outputs, layer.weights.start, layer.bias.start, gain, shift, NORMS[layer.norm],
        int(layer.residual), layer.buffer,
    ]  # fmt: skip


class _Regions:
    """Hands out rows of memory."""

    def __init__(self) -> None:
        self.rows = 0

    def take(self, rows: int) -> int:
        """The first of so many rows."""
        self.rows += rows
        return self.rows - rows
