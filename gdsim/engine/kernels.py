"""The text of kernels: what `formula.emit` writes, and the loops over steps and over the points of a grid.

The loops are compiled once, for any rule and any objective, which they call by address: inlining both would save a few
nanoseconds a step and cost a second of compiling for each new rule. Strict floating point: no fast-math flag, so that
NaN and infinity survive and paths agree with the NumPy backend's to the last bits.
"""

from __future__ import annotations

from typing import Any

from gdsim.engine.backend import DType
from gdsim.engine.trace import SNAPSHOT_EVERY
from gdsim.formula.emit import header, objective_source, rule_source
from gdsim.formula.graph import Graph
from gdsim.formula.lower_rule import RuleGraph

_PREAMBLE = """\
import numpy
from numba import njit

REAL = numpy.{dtype}
DEVICE = njit(nogil=True, error_model="numpy", no_cpython_wrapper=True, no_cfunc_wrapper=True)
"""

_RUN = """
from math import sqrt

from gdsim.engine.intrinsics import call_rule_step, call_value_gradient

ONE = REAL(1.0)
INFINITY = float("inf")


@DEVICE
def euclid(v, n):
    total = 0.0
    for i in range(n):
        total += numpy.float64(v[i]) * numpy.float64(v[i])
    if total > 1e-280 and total < 1e280:
        return sqrt(total)
    largest = 0.0
    for i in range(n):
        size = abs(numpy.float64(v[i]))
        if size != size:
            return size
        largest = max(largest, size)
    if largest == 0.0 or largest == INFINITY:
        return largest
    total = 0.0
    for i in range(n):
        part = numpy.float64(v[i]) / largest
        total += part * part
    return largest * sqrt(total)


def run(
    rule, objective, params, rows, theta, g, u, step, state, hyper, rates, noise, settings, states, states_first, first
):
    n = theta.shape[0]
    noisy = noise.shape[0] > 0
    clip, decay, decoupled, tolerance, target, evals = settings
    for j in range(rows.shape[0]):
        for i in range(n):
            u[i] = g[i]
        if noisy:
            for i in range(n):
                u[i] += noise[j, i]
        if clip > 0.0:
            factor = clip / (euclid(u, n) + 1e-6)
            if factor < 1.0:
                for i in range(n):
                    u[i] *= REAL(factor)
        if decay != 0.0 and decoupled == 0.0:
            for i in range(n):
                u[i] += REAL(decay) * theta[i]
        call_rule_step(rule, theta, u, first + j + 1.0, rates[j], hyper, state, step, n)
        shrink = ONE - REAL(rates[j]) * REAL(decay) if decoupled != 0.0 else ONE
        for i in range(n):
            before = theta[i]
            theta[i] = before * shrink + step[i]
            step[i] = theta[i] - before
        loss = numpy.float64(call_value_gradient(objective, theta, params, g))
        evals += 1.0
        size = euclid(g, n)
        finite = abs(loss) < INFINITY and size < INFINITY
        for i in range(n):
            rows[j, i] = theta[i]
            rows[j, n + 2 + i] = g[i]
            finite = finite and abs(theta[i]) < INFINITY
        rows[j, n] = loss
        rows[j, n + 1] = size
        rows[j, 2 * n + 2] = rates[j + 1]
        rows[j, 2 * n + 3] = evals
        k = first + j + 1
        if k % EVERY == 0 and states.shape[0] > 0:
            for i in range(state.shape[0]):
                states[(k - states_first) // EVERY, i] = state[i]
        if not finite:
            return 8 * (j + 1) + 3
        if loss <= target:
            return 8 * (j + 1) + 2
        if tolerance > 0.0 and (size <= tolerance or decay != 0.0):
            if decay != 0.0 and decoupled == 0.0:
                for i in range(n):
                    u[i] = g[i] + REAL(decay) * theta[i]
                size = euclid(u, n)
            if size <= tolerance and euclid(step, n) <= tolerance * (1.0 + euclid(theta, n)):
                return 8 * (j + 1) + 1
    return 8 * rows.shape[0]
"""

_BLOCKS = """

from numba import carray


def block(X, p, out, width, stop):
    value_block(carray(X, (COORDINATES, width)), p, out, 0, stop)


def gradient_block(X, p, out, G, width, stop):
    shape = (COORDINATES, width)
    value_gradient_block(carray(X, shape), p, out, carray(G, shape), 0, stop)
"""

_GRID = '''
from gdsim.engine.intrinsics import call_block, call_gradient_block


def surface(address, X, values, i, j, xs, ys, p, out, first, last):
    """Values at points first ... last - 1 of the flattened grid.

    Scratch: X (n, width) holds the base point in each column, values (width).
    """
    width, nx = X.shape[1], xs.shape[0]
    k = first
    while k < last:
        row = k // nx
        column = k - row * nx
        count = min(width, last - k, nx - column)
        for c in range(count):
            X[j, c] = ys[row]
        for c in range(count):
            X[i, c] = xs[column + c]
        call_block(address, X, p, values, width, count)
        for c in range(count):
            out[k + c] = values[c]
        k += count


def field(address, X, G, values, i, j, xs, ys, p, out, first, last):
    """The same with derivatives: out (3, points) gets the value and the derivatives along axes i and j."""
    width, nx = X.shape[1], xs.shape[0]
    k = first
    while k < last:
        row = k // nx
        column = k - row * nx
        count = min(width, last - k, nx - column)
        for c in range(count):
            X[j, c] = ys[row]
        for c in range(count):
            X[i, c] = xs[column + c]
        call_gradient_block(address, X, p, values, G, width, count)
        for c in range(count):
            out[0, k + c] = values[c]
            out[1, k + c] = G[i, c]
            out[2, k + c] = G[j, c]
        k += count
'''


def _preamble(dtype: DType) -> str:
    return _PREAMBLE.format(dtype=dtype) + header("numba", single=dtype == "float32")


def run_text(dtype: DType) -> str:
    """The module of ``run``, which records steps of any rule on any objective (see `run_signature`).

    rule and objective are addresses; the settings are (clip, weight decay, decoupled 0/1, tolerance, target, gradient
    evaluations so far). It returns 8 * rows written + why it ended (see `stepping`).
    """
    return _PREAMBLE.format(dtype=dtype) + _RUN.replace("EVERY", str(SNAPSHOT_EVERY))


def rule_text(rule: RuleGraph, dtype: DType) -> str:
    """The module of a rule: ``rule_step``."""
    return _preamble(dtype) + "\n\n" + rule_source(rule)


def objective_text(graph: Graph, n: int, dtype: DType) -> str:
    """The module of an objective: value and gradient at a point and, as ``block`` and ``gradient_block``, at many."""
    blocks = _BLOCKS.replace("COORDINATES", str(n))
    return _preamble(dtype) + "\n\n" + objective_source(graph, n) + blocks


def grid_text() -> str:
    """The module of grids of any objective: ``surface`` and ``field``, which call its blocks by address."""
    return _GRID


OBJECTIVE_INNER = ("value_block", "value_gradient_block")


def run_signature(dtype: DType) -> Any:
    """Of ``run``: floats of the run's dtype; rows, rates, settings and states always float64."""
    from numba import types

    real = types.float32 if dtype == "float32" else types.float64
    vector, wide = real[::1], types.float64[::1]
    table = types.float64[:, ::1]
    return types.int64(
        types.int64, types.int64, vector, table, vector, vector, vector, vector, vector, vector, wide, real[:, ::1],
        types.UniTuple(types.float64, 6), table, types.int64, types.int64,
    )  # fmt: skip


def rule_signature(dtype: DType) -> Any:
    """Of a rule's ``rule_step`` as a C function: (theta, g, t, lr, h, s, step, n)."""
    from numba import types

    pointer = types.CPointer(types.float32 if dtype == "float32" else types.float64)
    number = types.float64
    return types.void(pointer, pointer, number, number, pointer, pointer, pointer, types.int64)


def gradient_signature(dtype: DType) -> Any:
    """Of an objective's ``value_gradient`` as a C function: (x, p, g) pointers, the value returned."""
    from numba import types

    real = types.float32 if dtype == "float32" else types.float64
    pointer = types.CPointer(real)
    return real(pointer, pointer, pointer)


def block_signature(*, gradient: bool) -> Any:
    """Of an objective's ``block`` or ``gradient_block`` as a C function, float64."""
    from numba import types

    pointer = types.CPointer(types.float64)
    return types.void(*[pointer] * (4 if gradient else 3), types.int64, types.int64)


def surface_signature() -> Any:
    """Of a grid's ``surface``, float64."""
    from numba import types

    vector, table, index = types.float64[::1], types.float64[:, ::1], types.int64
    return types.void(index, table, vector, index, index, vector, vector, vector, vector, index, index)


def field_signature() -> Any:
    """Of a grid's ``field``, float64."""
    from numba import types

    vector, table, index = types.float64[::1], types.float64[:, ::1], types.int64
    return types.void(index, table, table, vector, index, index, vector, vector, vector, table, index, index)
