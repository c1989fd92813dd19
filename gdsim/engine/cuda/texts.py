"""The text of CUDA kernels: what `formula.emit` writes, in loops over points, or a thread to each member.

Functions called from kernels are inlined by Numba: nothing needs a device to be compiled, and tests compile for any.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gdsim.engine.backend import DType
from gdsim.formula.emit import header, member_thread_source, objective_source
from gdsim.formula.graph import Graph
from gdsim.formula.member import MemberGraph

LOCAL_COORDINATES = 64
"""Coordinates up to which a thread keeps its point and gradient to itself; above, it has a column of a shared array."""

_PREAMBLE = """\
import numpy
from numba import cuda

REAL = numpy.{dtype}
DEVICE = cuda.jit(device=True, inline="always")
"""

_POINTS = """

value = DEVICE(value)
value_gradient = DEVICE(value_gradient)


def values(base, first, second, a, b, p, X, out, start, count):
    t = cuda.grid(1)
    x = {x}
    for k in range(t, count, cuda.gridsize(1)):
        u, v = a[(start + k) % a.shape[0]], b[(start + k) // a.shape[0]]
        for i in range({n}):
            x[i] = base[i] + u * first[i] + v * second[i]
        out[k] = value(x, p)


def slopes(base, first, second, a, b, p, X, out, start, count):
    t = cuda.grid(1)
    x = {x}
    g = {g}
    for k in range(t, count, cuda.gridsize(1)):
        u, v = a[(start + k) % a.shape[0]], b[(start + k) // a.shape[0]]
        for i in range({n}):
            x[i] = base[i] + u * first[i] + v * second[i]
        out[0, k] = value_gradient(x, p, g)
        along, across = ZERO, ZERO
        for i in range({n}):
            if first[i] != ZERO:
                along += first[i] * g[i]
            if second[i] != ZERO:
                across += second[i] * g[i]
        out[1, k] = along
        out[2, k] = across
"""

HASH = """

GOLDEN = numpy.uint64(0x9E3779B97F4A7C15)
MIX_30 = numpy.uint64(0xBF58476D1CE4E5B9)
MIX_27 = numpy.uint64(0x94D049BB133111EB)
U1, U2 = numpy.uint64(1), numpy.uint64(2)
U11, U27, U30, U31 = numpy.uint64(11), numpy.uint64(27), numpy.uint64(30), numpy.uint64(31)


@DEVICE
def mix(z):
    z = (z ^ (z >> U30)) * MIX_30
    z = (z ^ (z >> U27)) * MIX_27
    return z ^ (z >> U31)
"""
"""The counter-based numbers of `gdsim.engine.noise`."""

_NORMAL = """

@DEVICE
def uniform(stream, counter):
    bits = mix(mix(counter * GOLDEN + mix(stream + GOLDEN)))
    return (numpy.float64(bits >> U11) + 1.0) * 1.1102230246251565e-16


@DEVICE
def normal(key, member, row, n, i):
    counter = numpy.uint64(row) * numpy.uint64(n) + numpy.uint64(i)
    stream = U2 * numpy.uint64(member)
    first, second = uniform(key ^ stream, counter), uniform(key ^ (stream + U1), counter)
    return REAL(sqrt(-2.0 * log(first)) * cos(6.283185307179586 * second))
"""

_ROWS = """

ZERO = REAL(0.0)


def running(B, begin, pitch, found):
    count = 0
    for k in range(cuda.grid(1), pitch, cuda.gridsize(1)):
        if B[begin + k] == ZERO:
            count += 1
    if count > 0:
        cuda.atomic.add(found, 0, count)


def gather(B, pitch, places, C):
    many = places.shape[0]
    for k in range(cuda.grid(1), C.shape[0], cuda.gridsize(1)):
        row = k // many
        C[k] = B[row * pitch + places[k - row * many]]
"""


def points_text(graph: Graph, n: int, dtype: DType, *, simulated: bool = False) -> str:
    """``values`` and ``slopes`` of an objective on a plane of points, see `signatures`."""
    if n <= LOCAL_COORDINATES:
        places = {"x": f"cuda.local.array({n}, REAL)", "g": f"cuda.local.array({n}, REAL)"}
    else:
        places = {"x": f"X[:{n}, t]", "g": f"X[{n}:, t]"}
    return begin(dtype, simulated) + objective_source(graph, n, "cuda") + _POINTS.format(n=n, **places)


def members_text(member: MemberGraph, dtype: DType, *, simulated: bool = False) -> str:
    """``members``: iterations of all members, a thread to each."""
    normal = HASH + _NORMAL if member.variant.noise == "own" else ""
    return begin(dtype, simulated) + normal + "\n\n" + member_thread_source(member)


def rows_text(dtype: DType) -> str:
    """``running`` counts members under way, ``gather`` moves some of them together."""
    return _PREAMBLE.format(dtype=dtype) + _ROWS


def begin(dtype: DType, simulated: bool) -> str:
    """The beginning of a module: imports, REAL, and the functions that formulas call."""
    return _PREAMBLE.format(dtype=dtype) + header("cuda", single=dtype == "float32", simulated=simulated) + "\n\n"


def signatures(dtype: DType) -> Mapping[str, Any]:
    """The kernels' types by name.

    - ``values(base, first, second, a, b, p, X, out, start, count)``: J at base + a[k % m] first + b[k // m] second for
      the points k = start ... start + count - 1 of a plane, m = len(a), into out[0 ... count - 1]. X: (2n, threads) for
      many coordinates.
    - ``slopes(...)``: J and its derivatives along `first` and `second`, out (3, count or more).
    - ``members(B, pitch, p, h, rates, noise, settings, key, first, count)``: see `emit_member.member_thread_source`; B
      holds `pitch` members.
    - ``running(B, begin, pitch, found)``: adds to found[0] how many of B[begin ... begin + pitch - 1] are 0.
    - ``gather(B, pitch, places, C)``: the columns `places` of B, as rows of C.
    """
    from numba import float32, float64, int32, int64, uint64, void

    real = float32 if dtype == "float32" else float64
    line = real[::1]
    plane = (line, line, line, line, line, line, real[:, ::1])
    return {
        "values": void(*plane, line, int64, int64),
        "slopes": void(*plane, real[:, ::1], int64, int64),
        "members": void(line, int64, line, line, float64[::1], line, float64[::1], uint64, int64, int64),
        "running": void(line, int64, int64, int32[::1]),
        "gather": void(line, int64, int32[::1], line),
    }
