"""The text of kernels of normalisation and dropout, forwards and backwards, on all tiles of a layer.

Lanes behind the last sample hold copies of it, so that nothing in them is special; sums over samples leave them out by
the mask `live`.
"""

from __future__ import annotations

from typing import Any

from gdsim.engine.backend import DType
from gdsim.engine.network import layout
from gdsim.engine.noise import MOST_UNITS
from gdsim.objectives.network.architecture import NORM_EPS, NORM_MOMENTUM

HEAD = """\
import numpy
from numba import njit

REAL = numpy.{dtype}
DEVICE = njit(nogil=True, error_model="numpy", no_cpython_wrapper=True, no_cfunc_wrapper=True)
"""
"""What the modules begin with."""

_NORMS = """
EPS = REAL({eps!r})
MOMENTUM = {momentum!r}


@DEVICE
def at_tile(S, place, t, tiles, live):
    # a pack of tile t, 0 behind the last sample
    x = load16(S, place)
    return kept(load16(S, live), x) if t == tiles - 1 else x


@DEVICE
def batch_norm(theta, gain, shift, S, z, normed, spread, units, tiles, count, live, fresh, buffer, moving):
    row = 16 * units
    for j in range(units):
        s = filled16(ZERO)
        for t in range(tiles):
            s = s + at_tile(S, z + row * t + 16 * j, t, tiles, live)
        mean = total(s) / REAL(count)
        m, v = filled16(mean), filled16(ZERO)
        for t in range(tiles):
            d = load16(S, z + row * t + 16 * j) - m
            if t == tiles - 1:
                d = kept(load16(S, live), d)
            v = fused(d, d, v)
        variance = total(v) / REAL(count)
        deviation = REAL(sqrt(variance + EPS))
        S[spread + j] = deviation
        d, a, b = filled16(deviation), spread16(theta, gain + j), spread16(theta, shift + j)
        for t in range(tiles):
            x = (load16(S, z + row * t + 16 * j) - m) / d
            store(S, normed + row * t + 16 * j, x)
            store(S, z + row * t + 16 * j, x * a + b)
        if moving != 0:
            unbiased = numpy.float64(variance) * (count / max(count - 1, 1))
            fresh[buffer + j] += MOMENTUM * (numpy.float64(mean) - fresh[buffer + j])
            fresh[buffer + units + j] += MOMENTUM * (unbiased - fresh[buffer + units + j])


@DEVICE
def running_norm(theta, gain, shift, S, z, units, tiles, buffers, buffer):
    row = 16 * units
    for j in range(units):
        m = filled16(REAL(buffers[buffer + j]))
        d = filled16(REAL(sqrt(REAL(buffers[buffer + units + j]) + EPS)))
        a, b = spread16(theta, gain + j), spread16(theta, shift + j)
        for t in range(tiles):
            place = z + row * t + 16 * j
            store(S, place, (load16(S, place) - m) / d * a + b)


@DEVICE
def batch_norm_back(theta, gain, shift, S, p, normed, spread, units, tiles, count, live, g):
    # P, dJ/du, becomes dJ/dz
    row = 16 * units
    for j in range(units):
        s, v = filled16(ZERO), filled16(ZERO)
        for t in range(tiles):
            x = load16(S, p + row * t + 16 * j)
            s = s + x
            v = fused(x, load16(S, normed + row * t + 16 * j), v)
        along, across = total(s), total(v)
        g[shift + j] = along
        g[gain + j] = across
        a = theta[gain + j]
        m, n = filled16(a * along / REAL(count)), filled16(a * across / REAL(count))
        a16, d = filled16(a), spread16(S, spread + j)
        for t in range(tiles):
            place = row * t + 16 * j
            x = (load16(S, p + place) * a16 - m - load16(S, normed + place) * n) / d
            if t == tiles - 1:
                x = kept(load16(S, live), x)
            store(S, p + place, x)


@DEVICE
def layer_norm(theta, gain, shift, S, z, normed, spread, units, tiles):
    row = 16 * units
    number, eps = filled16(REAL(units)), filled16(EPS)
    for t in range(tiles):
        place, out = z + row * t, normed + row * t
        s, v = filled16(ZERO), filled16(ZERO)
        for j in range(units):
            s = s + load16(S, place + 16 * j)
        m = s / number
        for j in range(units):
            d = load16(S, place + 16 * j) - m
            v = fused(d, d, v)
        deviation = roots(v / number + eps)
        store(S, spread + row * t, deviation)
        for j in range(units):
            x = (load16(S, place + 16 * j) - m) / deviation
            store(S, out + 16 * j, x)
            store(S, place + 16 * j, x * spread16(theta, gain + j) + spread16(theta, shift + j))


@DEVICE
def layer_norm_back(theta, gain, shift, S, p, normed, spread, units, tiles, g):
    row = 16 * units
    for j in range(units):
        s, v = filled16(ZERO), filled16(ZERO)
        for t in range(tiles):
            x = load16(S, p + row * t + 16 * j)
            s = s + x
            v = fused(x, load16(S, normed + row * t + 16 * j), v)
        g[shift + j] = total(s)
        g[gain + j] = total(v)
    number = filled16(REAL(units))
    for t in range(tiles):
        place, out = p + row * t, normed + row * t
        s, v = filled16(ZERO), filled16(ZERO)
        for j in range(units):
            x = load16(S, place + 16 * j) * spread16(theta, gain + j)
            s = s + x
            v = fused(x, load16(S, out + 16 * j), v)
        m, n, d = s / number, v / number, load16(S, spread + row * t)
        for j in range(units):
            x = load16(S, place + 16 * j) * spread16(theta, gain + j)
            store(S, place + 16 * j, (x - m - load16(S, out + 16 * j) * n) / d)


@DEVICE
def dropout(S, h, factors, units, tiles, layer, first, share, key):
    # the hash of gdsim.engine.noise: its number u = (bits + 1) / 2^53 is at most `share`
    limit = numpy.int64(share * 2.0**53)
    scale = REAL(1.0 / (1.0 - share))
    for place in range(16 * units * tiles):
        unit, sample = place // 16 % units, first + 16 * (place // (16 * units)) + place % 16
        counter = numpy.uint64(((layer * {most_units} + unit) << 32) + sample)
        bits = mix(mix(counter * GOLDEN + key)) >> numpy.uint64(11)
        factor = ZERO if numpy.int64(bits) + 1 <= limit else scale
        S[factors + place] = factor
        S[h + place] *= factor
"""

HASH = """
GOLDEN = numpy.uint64(0x9E3779B97F4A7C15)
ODD_1 = numpy.uint64(0xBF58476D1CE4E5B9)
ODD_2 = numpy.uint64(0x94D049BB133111EB)


@DEVICE
def mix(z):
    z = (z ^ (z >> numpy.uint64(30))) * ODD_1
    z = (z ^ (z >> numpy.uint64(27))) * ODD_2
    return z ^ (z >> numpy.uint64(31))
"""
"""That of gdsim.engine.noise."""


_PARTS = """
@DEVICE
def normalised(theta, buffers, table, l, spots, S, z, tiles, count, mode, moving):
    unit = 16 * spots[TILES]
    outputs, gain, shift, buffer = table[l + OUTPUTS], table[l + GAIN], table[l + SHIFT], table[l + BUFFER]
    normed, spread = table[l + NORMED] * unit, table[l + SPREAD] * unit
    if table[l + NORM] == 2:
        layer_norm(theta, gain, shift, S, z, normed, spread, outputs, tiles)
    elif mode == EVALUATE:
        running_norm(theta, gain, shift, S, z, outputs, tiles, buffers, buffer)
    else:
        live = spots[LIVE] * unit
        batch_norm(theta, gain, shift, S, z, normed, spread, outputs, tiles, count, live, buffers, buffer, moving)


@DEVICE
def normalised_back(theta, table, l, spots, S, tiles, count, g):
    unit = 16 * spots[TILES]
    outputs, gain, shift, p = table[l + OUTPUTS], table[l + GAIN], table[l + SHIFT], spots[DELTA] * unit
    normed, spread = table[l + NORMED] * unit, table[l + SPREAD] * unit
    if table[l + NORM] == 1:
        batch_norm_back(theta, gain, shift, S, p, normed, spread, outputs, tiles, count, spots[LIVE] * unit, g)
    else:
        layer_norm_back(theta, gain, shift, S, p, normed, spread, outputs, tiles, g)


def layer_part(part, theta, buffers, table, drops, spots, S, number, tiles, task, g):
    # of layer `number`: SUMS are normalised, or dJ/du in DELTA becomes dJ/dz, or some outputs are dropped
    l, unit = WIDTH * number, 16 * spots[TILES]
    if part == NORMALISE:
        z = spots[SUMS] * unit
        normalised(theta, buffers, table, l, spots, S, z, tiles, task[COUNT], task[MODE], task[MOVING])
    elif part == NORMALISE_BACK:
        normalised_back(theta, table, l, spots, S, tiles, task[COUNT], g)
    else:
        here, factors, units = table[l + HERE] * unit, table[l + DROP] * unit, table[l + OUTPUTS]
        dropout(S, here, factors, units, tiles, number, task[FIRST], drops[number], numpy.uint64(task[KEY]))
"""

_IMPORTS = """
from math import sqrt

from gdsim.engine.packs import filled16, fused, kept, load16, roots, spread16, store, total

ZERO = REAL(0.0)
"""


def parts_text(dtype: DType) -> str:
    """The module of ``layer_part``: normalisation, its way back, and dropout."""
    norms = _NORMS.format(eps=NORM_EPS, momentum=NORM_MOMENTUM, most_units=MOST_UNITS)
    return "\n".join((HEAD.format(dtype=dtype), _IMPORTS, layout.constants(), HASH, norms, _PARTS))


def parts_signature(dtype: DType) -> Any:
    """Of ``layer_part`` as a C function."""
    from numba import types

    real = types.CPointer(types.float32 if dtype == "float32" else types.float64)
    wide, whole, index = types.CPointer(types.float64), types.CPointer(types.int64), types.int64
    return types.void(index, real, wide, whole, wide, whole, real, index, index, whole, real)
