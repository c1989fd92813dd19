"""The text of kernels at one point: what `formula.emit` writes, and the loop over steps. Blocks: `block_kernels`.

The loop is compiled once, for any rule and any objective, which it calls by address: inlining both would save a few
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
    n = COORDINATES
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

def preamble(dtype: DType) -> str:
    """What every module of formula code begins with."""
    return _PREAMBLE.format(dtype=dtype) + header("numba", single=dtype == "float32")


FEW = 3
"""Up to so many coordinates the loop over steps knows their number, and the loops over coordinates are gone."""


def run_text(dtype: DType, n: int) -> str:
    """The module of ``run``, which records steps of any rule on any objective (see `run_signature`).

    n: the number of coordinates; above `FEW` the text is the same for all.

    rule and objective are addresses; the settings are (clip, weight decay, decoupled 0/1, tolerance, target, gradient
    evaluations so far). It returns 8 * rows written + why it ended (see `stepping`).
    """
    text = _RUN.replace("EVERY", str(SNAPSHOT_EVERY))
    return _PREAMBLE.format(dtype=dtype) + text.replace("COORDINATES", str(n) if n <= FEW else "theta.shape[0]")


def rule_text(rule: RuleGraph, dtype: DType) -> str:
    """The module of a rule: ``rule_step``."""
    return preamble(dtype) + "\n\n" + rule_source(rule)


def objective_text(graph: Graph, n: int, dtype: DType) -> str:
    """The module of an objective at a point: ``value`` and ``value_gradient``."""
    return preamble(dtype) + "\n\n" + objective_source(graph, n)


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
