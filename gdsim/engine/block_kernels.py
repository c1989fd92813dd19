"""The text of kernels over blocks of points or members, and the loops over blocks that call them by address.

Kernels get the vectorised functions of `gdsim.engine.elementary` in place of the library's, so that the loop over the
points of a block becomes packed instructions. Fast-math flags: `contract`, `arcp`, `nsz` and no others, for NaN and
infinity must survive; the functions themselves are compiled without any. Where an argument exceeds the functions'
reach, a kernel says so and the loop does that block again with the kernel that calls the library ("far").
"""

from __future__ import annotations

from typing import Any

from gdsim.engine import elementary
from gdsim.engine.backend import DType
from gdsim.engine.kernels import preamble
from gdsim.formula.dialect import NEAR
from gdsim.formula.emit import block_source, member_source
from gdsim.formula.graph import Graph
from gdsim.formula.member import MemberGraph

FLAGS = frozenset({"contract", "arcp", "nsz"})

_NORMAL = """
GOLDEN = numpy.uint64(0x9E3779B97F4A7C15)
FIRST = numpy.uint64(0xBF58476D1CE4E5B9)
SECOND = numpy.uint64(0x94D049BB133111EB)


@DEVICE
def mix(z):
    z = (z ^ (z >> numpy.uint64(30))) * FIRST
    z = (z ^ (z >> numpy.uint64(27))) * SECOND
    return z ^ (z >> numpy.uint64(31))


@DEVICE
def uniform(key, stream, counter):
    z = mix((key ^ stream) + GOLDEN)
    bits = mix(mix(counter * GOLDEN + z)) >> numpy.uint64(11)
    return (numpy.float64(numpy.int64(bits)) + 1.0) * 2.0**-53


@DEVICE
def normal(key, member, row, n, i):
    stream = numpy.uint64(2) * numpy.uint64(numpy.int64(member))
    counter = numpy.uint64(row) * numpy.uint64(n) + numpy.uint64(i)
    u = uniform(numpy.uint64(key), stream, counter)
    w = uniform(numpy.uint64(key), stream + numpy.uint64(1), counter)
    return REAL(numpy.sqrt(-2.0 * wide_log(u)) * wide_cos(6.283185307179586 * w))
"""

_GRID = '''
from gdsim.engine.intrinsics import call_block


def surface(near, far, B, n, i, j, xs, ys, p, out, first, last):
    """Values at points first ... last - 1 of the flattened grid; each column of B holds the base point."""
    width, nx = B.shape[1], xs.shape[0]
    k = first
    while k < last:
        row = k // nx
        column = k - row * nx
        count = min(width, last - k, nx - column)
        for c in range(count):
            B[j, c] = ys[row]
        for c in range(count):
            B[i, c] = xs[column + c]
        if call_block(near, B, p) != 0:
            call_block(far, B, p)
        for c in range(count):
            out[k + c] = B[n, c]
        k += count


def field(near, far, B, n, i, j, xs, ys, p, out, first, last):
    """The same with derivatives: out (3, points) gets the value and the derivatives along axes i and j."""
    width, nx = B.shape[1], xs.shape[0]
    k = first
    while k < last:
        row = k // nx
        column = k - row * nx
        count = min(width, last - k, nx - column)
        for c in range(count):
            B[j, c] = ys[row]
        for c in range(count):
            B[i, c] = xs[column + c]
        if call_block(near, B, p) != 0:
            call_block(far, B, p)
        for c in range(count):
            out[0, k + c] = B[n, c]
            out[1, k + c] = B[n + 1 + i, c]
            out[2, k + c] = B[n + 1 + j, c]
        k += count


def landscape(near, far, B, base, one, two, a, b, p, out, first, last):
    """Values at base + a one + b two, points first ... last - 1 of the flattened plane."""
    width, nx, n = B.shape[1], a.shape[0], base.shape[0]
    k = first
    while k < last:
        row = k // nx
        column = k - row * nx
        count = min(width, last - k, nx - column)
        for i in range(n):
            middle = base[i] + b[row] * two[i]
            for c in range(count):
                B[i, c] = middle + a[column + c] * one[i]
        if call_block(near, B, p) != 0:
            call_block(far, B, p)
        for c in range(count):
            out[k + c] = B[n, c]
        k += count
'''

_HERD = '''
import numpy
from numba import njit

from gdsim.engine.intrinsics import call_member


def drive(near, far, store, spare, p, h, rates, noise, settings, key, first, count, code, begin, end):
    """`count` iterations of the members in blocks begin ... end - 1 of `store` (blocks, rows, width).

    code: the row that says whether a member has ended, -1 where none ever does; blocks whose members all have are left
    out. spare (rows, width): where a block is kept, in case it has to be done again.

    Returns: how many members are still under way.
    """
    alive = 0
    for b in range(begin, end):
        block = store[b]
        if code >= 0 and living(block, code) == 0:
            continue
        if far != near:
            copy(block, spare)
        if call_member(near, block, p, h, rates, noise, settings, key, first, count) != 0:
            copy(spare, block)
            call_member(far, block, p, h, rates, noise, settings, key, first, count)
        alive += living(block, code) if code >= 0 else block.shape[1]
    return alive


def look(near, far, store, spare, p, h, rates, noise, settings, key, first, code, loss, codes, losses, begin, end):
    """How the members of blocks begin ... end - 1 stand at row `first`, without a step: into codes and losses
    (blocks, width). The settings' limit is that row."""
    for b in range(begin, end):
        copy(store[b], spare)
        if call_member(near, spare, p, h, rates, noise, settings, key, first, 1) != 0:
            copy(store[b], spare)
            call_member(far, spare, p, h, rates, noise, settings, key, first, 1)
        for k in range(spare.shape[1]):
            codes[b, k] = spare[code, k]
            losses[b, k] = spare[loss, k]
'''

_HERD_PARTS = '''
INNER = njit(nogil=True, error_model="numpy", no_cpython_wrapper=True, no_cfunc_wrapper=True)


@INNER
def copy(block, to):
    for row in range(block.shape[0]):
        for k in range(block.shape[1]):
            to[row, k] = block[row, k]


@INNER
def living(block, code):
    total = 0
    for k in range(block.shape[1]):
        total += block[code, k] == 0
    return total
'''


def vectorised(dtype: DType) -> str:
    """Imports of the vectorised functions, to be put behind `kernels.preamble`."""
    module = "double" if dtype == "float64" else "single"
    names = ", ".join(elementary.NAMES[dtype])
    return f"\nfrom gdsim.engine.elementary.{module} import {names}\n"


def reach(dtype: DType) -> float:
    """Up to which size of argument the functions of `formula.dialect.NEAR` are exact."""
    return min(value for name, value in elementary.REACH[dtype].items() if name in NEAR)


def block_text(graph: Graph, n: int, width: int, *, gradient: bool, far: bool) -> str:
    """The module of an objective over blocks, float64: ``block``, near or far."""
    head = preamble("float64") + ("" if far else vectorised("float64"))
    return head + "\n\n" + block_source(graph, n, width, 0.0 if far else reach("float64"), gradient=gradient)


def member_text(member: MemberGraph, width: int, dtype: DType, *, far: bool) -> str:
    """The module of a member's iteration over blocks: ``member_block``, near or far."""
    text = preamble(dtype) + ("" if far else vectorised(dtype))
    if member.variant.noise == "own":
        text += "\nfrom gdsim.engine.elementary.double import cos as wide_cos, log as wide_log\n" + _NORMAL
    return text + "\n\n" + member_source(member, width, 0.0 if far else reach(dtype))


def grid_text() -> str:
    """The module of grids of any objective: ``surface``, ``field`` and ``landscape``."""
    return _GRID


def herd_text() -> str:
    """The module of blocks of members of any objective and rule: ``drive`` and ``look``."""
    return _HERD.replace("\n\ndef drive", "\n" + _HERD_PARTS + "\n\ndef drive", 1)


def block_signature() -> Any:
    """Of ``block`` as a C function, float64: (B, p) -> far."""
    from numba import types

    pointer = types.CPointer(types.float64)
    return types.int64(pointer, pointer)


def member_signature(dtype: DType) -> Any:
    """Of ``member_block`` as a C function: (B, p, h, rates, noise, settings, key, first, count) -> far."""
    from numba import types

    real = types.CPointer(types.float32 if dtype == "float32" else types.float64)
    wide, index = types.CPointer(types.float64), types.int64
    return index(real, real, real, wide, real, wide, index, index, index)


def grid_signature(name: str) -> Any:
    """Of a grid's ``surface``, ``field`` or ``landscape``, float64."""
    from numba import types

    vector, table, index = types.float64[::1], types.float64[:, ::1], types.int64
    if name == "landscape":
        return types.void(index, index, table, *[vector] * 7, index, index)
    out = table if name == "field" else vector
    return types.void(index, index, table, index, index, index, vector, vector, vector, out, index, index)


def herd_signature(name: str, dtype: DType) -> Any:
    """Of ``drive`` or ``look``."""
    from numba import types

    real = types.float32 if dtype == "float32" else types.float64
    vector, table, store = real[::1], real[:, ::1], real[:, :, ::1]
    wide, index = types.float64[::1], types.int64
    shared = (index, index, store, table, vector, vector, wide, vector, wide, index, index)
    if name == "drive":
        return index(*shared, index, index, index, index)
    return types.void(*shared, index, index, table, table, index, index)
