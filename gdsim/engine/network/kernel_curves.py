"""The text of kernels of an activation and of a loss: many numbers at once, with the vectorised functions.

As in `block_kernels`, the functions of limited reach say so, and a second kernel, which calls the library's, does those
numbers again.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gdsim.engine.backend import DType
from gdsim.engine.block_kernels import reach, vectorised
from gdsim.engine.kernels import preamble
from gdsim.engine.network import layout
from gdsim.engine.network.kernel_norms import HEAD
from gdsim.formula.graph import Graph
from gdsim.formula.positions import Positions
from gdsim.formula.schedule import Scheduler
from gdsim.formula.source import Constants, Writer

_QUICK_TANH = """
@DEVICE
def tanh(x):
    c = choose(x > REAL(7.905311107635498), REAL(7.905311107635498), x)
    c = choose(c < REAL(-7.905311107635498), REAL(-7.905311107635498), c)
    z = c * c
    p = muladd(z, REAL(-2.76076847742355e-16), REAL(2.00018790482477e-13))
    p = muladd(z, p, REAL(-8.60467152213735e-11))
    p = muladd(z, p, REAL(5.12229709037114e-08))
    p = muladd(z, p, REAL(1.48572235717979e-05))
    p = muladd(z, p, REAL(6.37261928875436e-04))
    p = muladd(z, p, REAL(4.89352455891786e-03))
    q = muladd(z, REAL(1.19825839466702e-06), REAL(1.18534705686654e-04))
    q = muladd(z, q, REAL(2.26843463243900e-03))
    q = muladd(z, q, REAL(4.89352518554385e-03))
    return c * p / q
"""
"""As a quotient of polynomials, the one of Eigen's generic_fast_tanh_float: 4 units in the last place at most."""

_QUICK_PAIR = """
@DEVICE
def tanh(x):
    e, r = halves(x + x)
    z = x * x
    p = muladd(z, REAL(-5.70498872745e-3), REAL(2.06390887954e-2))
    p = muladd(z, p, REAL(-5.37397155531e-2))
    p = muladd(z, p, REAL(1.33314422036e-1))
    p = muladd(z, p, REAL(-3.33332819422e-1))
    return choose(magnitude(x) < REAL(0.625), muladd(x * z, p, x), with_sign((ONE - e) * r, x))


@DEVICE
def sech2(x):
    e, r = halves(x + x)
    return FOUR * e * (r * r)
"""
"""With its derivative: both from one exponential, which the compiler finds; small x as in Cephes' tanhf."""

_QUICK = """
from gdsim.engine.elementary.bits import choose, magnitude, muladd, with_sign
from gdsim.engine.elementary.single import exp_between


@DEVICE
def halves(x):
    e = -magnitude(x)
    e = exp_between(choose(e < REAL(-87.0), REAL(-87.0), e))
    return e, ONE / (ONE + e)


@DEVICE
def sigmoid(x):
    e, r = halves(x)
    return choose(x < ZERO, e * r, r)


@DEVICE
def sigmoid_slope(x):
    e, r = halves(x)
    return e * (r * r)


@DEVICE
def normal_mass(x):
    return HALF + HALF * erf(x * REAL(0.7071067811865476))
"""
"""Single precision for training: a few units in the last place are nothing beside the noise of a batch, and half the
time is."""


_SHARED_LOSS = """
from gdsim.engine.intrinsics import call_activation
from gdsim.engine.packs import filled16, kept, larger, load16, store

ZERO = REAL(0.0)


def shared_loss(spots, S, o, y, tiles):
    # values into LOST, softmax - y into ABOVE; through exp(o - max o) in ABOVE
    unit, k = 16 * spots[TILES], spots[TARGETS]
    d, v, e, lost = spots[DELTA] * unit, spots[SUMS] * unit, spots[ABOVE] * unit, spots[LOST] * unit
    for t in range(tiles):
        place = o + 16 * k * t
        top = load16(S, place)
        for j in range(1, k):
            top = larger(top, load16(S, place + 16 * j))
        for j in range(k):
            store(S, d + 16 * (k * t + j), load16(S, place + 16 * j) - top)
    call_activation(spots[EXP], S, d, e, d, 16 * k * tiles)
    for t in range(tiles):
        s = filled16(ZERO)
        for j in range(k):
            s = s + load16(S, e + 16 * (k * t + j))
        store(S, v + 16 * t, s)
    call_activation(spots[LOG], S, v, lost, v, 16 * tiles)
    for t in range(tiles):
        s, right = load16(S, v + 16 * t), filled16(ZERO)
        for j in range(k):
            place = 16 * (k * t + j)
            target = load16(S, y + 16 * (spots[ROWS] * t + j))
            right = right + kept(target, target * load16(S, d + place))
            store(S, e + place, load16(S, e + place) / s - target)
        store(S, lost + 16 * t, load16(S, lost + 16 * t) - right)
"""


def shared_loss_text(dtype: DType) -> str:
    """The module of ``shared_loss``: the cross-entropy over all outputs, of a piece."""
    return HEAD.format(dtype=dtype) + layout.constants() + _SHARED_LOSS


def shared_loss_signature(dtype: DType) -> Any:
    """Of ``shared_loss`` as a C function: (spots, memory, o, y, tiles)."""
    from numba import types

    real = types.CPointer(types.float32 if dtype == "float32" else types.float64)
    index = types.int64
    return types.void(types.CPointer(index), real, index, index, index)


def activation_text(graph: Graph, dtype: DType, *, far: bool) -> str:
    """The module of ``curve(z, h, d, count) -> far``.

    Args:
        graph: over z; its outputs are f(z), put into h, and, where there is a second one, f'(z), put into d.
    """
    targets = ("h[k]", "d[k]")[: len(graph.outputs)]
    return _curve("z, h, d, count", graph, {"z": "z[k]"}, targets, dtype, far)


def loss_text(graph: Graph, dtype: DType, *, far: bool) -> str:
    """The module of ``curve(o, y, v, d, count) -> far``: values into v, derivatives by o into d.

    Args:
        graph: over o and y, with the outputs (loss, its derivative by o).
    """
    return _curve("o, y, v, d, count", graph, {"o": "o[k]", "y": "y[k]"}, ("v[k]", "d[k]"), dtype, far)


def _curve(
    arguments: str, graph: Graph, loads: Mapping[str, str], targets: tuple[str, ...], dtype: DType, far: bool
) -> str:
    constants, positions = Constants(), Positions(graph)
    writer = Writer(graph, positions, constants, loads=loads, stores={}, length="1", n=1)
    writer.line("far = 0")
    writer.line("for k in range(count):")
    writer.indent += 1
    writer.reach = "" if far else constants.name(reach(dtype))
    writer.write(Scheduler(graph, positions).plan(graph.outputs))
    for target, output in zip(targets, graph.outputs, strict=True):
        writer.line(f"{target} = {writer.number(output)}")
    head = preamble(dtype) + ("" if far else vectorised(dtype))
    if dtype == "float32" and not far:
        head += _QUICK + (_QUICK_TANH if len(targets) == 1 else _QUICK_PAIR)
    arrays = [f"    {line}" for line in writer.arrays]
    lines = [f"def curve({arguments}):", *arrays, *writer.lines, "    return far"]
    return head + "\n\n" + constants.source() + "\n\n" + "\n".join(lines) + "\n"


def activation_signature(dtype: DType) -> Any:
    """Of an activation's ``curve`` as a C function: (z, h, d, count) -> far."""
    return _signature(dtype, 3)


def loss_signature(dtype: DType) -> Any:
    """Of a loss's ``curve`` as a C function: (o, y, v, d, count) -> far."""
    return _signature(dtype, 4)


def _signature(dtype: DType, arrays: int) -> Any:
    from numba import types

    pointer = types.CPointer(types.float32 if dtype == "float32" else types.float64)
    return types.int64(*[pointer] * arrays, types.int64)
