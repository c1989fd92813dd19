"""The text of kernels that go through a network forwards and backwards with a piece of samples.

All layers of a piece one after the other, each with all tiles of it: an activation's kernel is called once for the
whole layer, and the weights' gradient sums over the piece in registers.
"""

from __future__ import annotations

from typing import Any

from gdsim.engine.backend import DType
from gdsim.engine.network import kernel_dense, layout
from gdsim.engine.network.kernel_norms import HEAD

_FORWARD = """
@DEVICE
def activate(near, far, S, z, h, d, count):
    if call_activation(near, S, z, h, d, count) != 0:
        call_activation(far, S, z, h, d, count)


@DEVICE
def added(S, h, a, row, units, tiles):
    # H + A: the residual
    for t in range(tiles):
        for j in range(units):
            place = h + 16 * (units * t + j)
            store(S, place, load16(S, place) + load16(S, a + row * t + 16 * j))


@DEVICE
def forward(theta, buffers, table, drops, spots, S, x, tiles, task, g):
    # through all layers; returns where the outputs are
    unit, mode, count = 16 * spots[TILES], task[MODE], task[COUNT]
    z, live = spots[SUMS] * unit, spots[LIVE] * unit
    rest = count - 16 * (tiles - 1)
    for c in range(16):
        S[live + c] = ONE if c < rest else ZERO
    row, below = 16 * spots[ROWS], x
    for number in range(spots[LAYERS]):
        l = WIDTH * number
        inputs, outputs, here = table[l + INPUTS], table[l + OUTPUTS], table[l + HERE] * unit
        w, b = table[l + W], table[l + B]
        for t in range(tiles):
            forward_tile(theta, w, b, inputs, outputs, S, below + row * t, S, z + 16 * outputs * t)
        if table[l + NORM] != 0:
            call_layer_part(spots[PARTS], NORMALISE, theta, buffers, table, drops, spots, S, number, tiles, task, g)
        if mode == TRAIN or mode == GRADIENT:
            near, far, steep = table[l + SLOPE], table[l + SLOPE_FAR], table[l + STEEP] * unit
        else:
            near, far, steep = table[l + VALUE], table[l + VALUE_FAR], z
        activate(near, far, S, z, here, steep, 16 * outputs * tiles)
        if table[l + RESIDUAL] != 0:
            added(S, here, below, row, outputs, tiles)
        if mode == TRAIN and drops[number] > 0.0:
            call_layer_part(spots[PARTS], DROP_OUT, theta, buffers, table, drops, spots, S, number, tiles, task, g)
        row, below = 16 * outputs, here
    return below
"""

_LOSSES = """
@DEVICE
def losses(spots, limits, S, o, x, tiles, count, scale, judge):
    # the sum of the samples' losses, how many classes are right; scale * dJ/do into ABOVE
    unit, k, rows = 16 * spots[TILES], spots[TARGETS], spots[ROWS]
    y, e, lost = x + 16 * spots[FEATURES], spots[ABOVE] * unit, spots[LOST] * unit
    width = k
    if spots[CATEGORICAL] != 0:
        call_shared_loss(spots[LOSS], spots, S, o, y, tiles)
        width = 1
    else:
        for t in range(tiles):
            a, b, c, d = o + 16 * k * t, y + 16 * rows * t, lost + 16 * k * t, e + 16 * k * t
            if call_loss(spots[LOSS], S, a, b, c, d, 16 * k) != 0:
                call_loss(spots[LOSS_FAR], S, a, b, c, d, 16 * k)
    live, factor = load16(S, spots[LIVE] * unit), filled16(scale)
    s = filled16(0.0)
    for t in range(tiles):
        for j in range(width):
            v = load16(S, lost + 16 * (width * t + j))
            s = s + widened(kept(live, v) if t == tiles - 1 else v)
        for j in range(k):
            place = e + 16 * (k * t + j)
            v = load16(S, place) * factor
            store(S, place, kept(live, v) if t == tiles - 1 else v)
    right = 0
    if judge != 0:
        right = rights(spots, limits, S, o, x, tiles, count)
    return total(s), right


@DEVICE
def rights(spots, limits, S, o, x, tiles, count):
    # how many samples have the right class
    k, rows, right = spots[TARGETS], spots[ROWS], 0
    label = x + 16 * (rows - 1)
    for t in range(tiles):
        for c in range(min(16, count - 16 * t)):
            place = o + 16 * k * t + c
            decided = 0
            if spots[JUDGE] == 1:
                decided = 1 if S[place] > limits[0] else 0
            else:
                top = S[place]
                for j in range(1, k):
                    value = S[place + 16 * j]
                    if value > top or (value != value and top == top):
                        top, decided = value, j
            right += decided == numpy.int64(S[label + 16 * rows * t + c])
    return right
"""

_BACKWARD = """
@DEVICE
def times(S, e, f, p, numbers):
    # P = E * F, row by row
    for k in range(0, numbers, 16):
        store(S, p + k, load16(S, e + k) * load16(S, f + k))


@DEVICE
def backward(theta, buffers, table, drops, spots, S, x, tiles, task, g):
    # the gradient from dJ/do in ABOVE
    unit = 16 * spots[TILES]
    p, e, mode = spots[DELTA] * unit, spots[ABOVE] * unit, task[MODE]
    for number in range(spots[LAYERS] - 1, -1, -1):
        l = WIDTH * number
        inputs, outputs = table[l + INPUTS], table[l + OUTPUTS]
        w, b, numbers = table[l + W], table[l + B], 16 * outputs * tiles
        if mode == TRAIN and drops[number] > 0.0:
            times(S, e, table[l + DROP] * unit, e, numbers)
        times(S, e, table[l + STEEP] * unit, p, numbers)
        if table[l + NORM] != 0:
            part = spots[PARTS]
            call_layer_part(part, NORMALISE_BACK, theta, buffers, table, drops, spots, S, number, tiles, task, g)
        row, below = 16 * spots[ROWS], x
        if number > 0:
            row, below = 16 * inputs, table[l - WIDTH + HERE] * unit
        weights(S, p, S, below, row, outputs, tiles, inputs, g, w, b)
        if number > 0:
            fresh = table[l + RESIDUAL] == 0
            for t in range(tiles):
                backward_tile(theta, w, inputs, outputs, S, p + 16 * outputs * t, S, e + 16 * inputs * t, fresh)
"""

_PIECE = """
def piece(theta, buffers, table, drops, spots, limits, S, x, task, g, out):
    # a piece of samples whose tiles begin at x: by what `task` asks its outputs' place into out[2]; or its losses' sum
    # and right classes into out[0], out[1]; and its part of the gradient into g
    count, mode = task[COUNT], task[MODE]
    tiles = (count + 15) // 16
    o = forward(theta, buffers, table, drops, spots, S, x, tiles, task, g)
    out[2] = o
    if task[IN_BATCH] == 0:
        return
    lost, right = losses(spots, limits, S, o, x, tiles, count, ONE / REAL(task[IN_BATCH]), task[JUDGING])
    out[0] = lost
    out[1] = right
    if mode == TRAIN or mode == GRADIENT:
        backward(theta, buffers, table, drops, spots, S, x, tiles, task, g)
"""

_IMPORTS = """
from math import sqrt

from gdsim.engine.intrinsics import call_activation, call_layer_part, call_loss, call_shared_loss
from gdsim.engine.packs import filled8, filled16, fused, kept, load8, load16, spread16, store, total, totals, widened

ZERO = REAL(0.0)
ONE = REAL(1.0)
"""


def piece_text(dtype: DType) -> str:
    """The module of ``piece``, all passes of all networks."""
    return "\n".join(
        (
            HEAD.format(dtype=dtype), _IMPORTS, layout.constants(), kernel_dense.dense_text(dtype), _FORWARD, _LOSSES,
            _BACKWARD, _PIECE,
        )
    )  # fmt: skip


def piece_signature(dtype: DType) -> Any:
    """Of ``piece`` as a C function: (theta, buffers, table, drops, spots, limits, memory, x, task, g, out)."""
    from numba import types

    real = types.CPointer(types.float32 if dtype == "float32" else types.float64)
    wide, whole, index = types.CPointer(types.float64), types.CPointer(types.int64), types.int64
    return types.void(real, wide, whole, wide, whole, wide, real, index, whole, real, wide)
