"""The text of the kernels that Python calls, and the kinds of their arguments.

They are C functions of pointers: arrays of Numba's own, three dozen of them, would take longer to compile than all that
the kernels do. `door` makes one safe to call.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gdsim.engine import cache
from gdsim.engine.backend import DType
from gdsim.engine.network.kernel_train import parts_text
from gdsim.errors import EngineError

_DOORS = '''
def outputs(theta, buffers, table, drops, spots, limits, X, S, out, samples, begin, end, mode, task, result):
    """Outputs (k, samples) of pieces begin ... end - 1 of the tiles X."""
    k, piece = spots[TARGETS], 16 * spots[TILES]
    for p in range(begin * piece, min(samples, end * piece), piece):
        size = min(piece, samples - p)
        task[COUNT] = size
        task[IN_BATCH] = 0
        task[MODE] = mode
        task[MOVING] = 0
        x = distance(S, X) + spots[ROWS] * p
        call_piece(theta, buffers, table, drops, spots, limits, S, x, task, theta, 0, result, 0)
        o = int(result[2])
        for j in range(k):
            for c in range(size):
                out[j * samples + p + c] = S[o + 16 * (k * (c // 16) + j) + c % 16]


def set_pieces(theta, buffers, table, drops, spots, limits, X, samples, S, out, begin, end, mode, task):
    """(sum of losses, right classes, nothing) of pieces begin ... end - 1 into rows of out (pieces, 3)."""
    for q in range(begin, end):
        p = q * 16 * spots[TILES]
        set_piece(theta, buffers, table, drops, spots, limits, S, X, p, samples, mode, task, out, 3 * q)


def batch_pieces(
    theta, fresh, table, drops, spots, limits, X, R, order, ordered, start, count, S, parts, n, out, begin, end, task
):
    """Gradients of pieces begin ... end - 1 of a batch into rows of parts (pieces, n), without penalty; their losses
    into out (pieces, 3)."""
    for q in range(begin, end):
        p = q * 16 * spots[TILES]
        batch_piece(
            theta, fresh, table, drops, spots, limits, S, X, R, order, ordered, start, count, p, task, parts, q * n,
            out, 3 * q,
        )


def joined(theta, table, spots, limits, parts, pieces, out, g, n, count, answer):
    """Pieces added in their order, with the penalty: (J, mean loss, right classes) into answer, the gradient into g."""
    lost, right = out[0], out[1]
    for i in range(n):
        g[i] = parts[i]
    for q in range(1, pieces):
        add_into(g, parts, q * n, n)
        lost += out[3 * q]
        right += out[3 * q + 1]
    answer[0] = lost / count + penalised(theta, table, spots, limits, g)
    answer[1] = lost / count
    answer[2] = right


def plane(
    base, first, second, a, b, nx, theta, spare, n, buffers, table, drops, spots, limits, X, samples, S, out, begin,
    end, task, result,
):
    """J at base + a first + b second, points begin ... end - 1; a batch's own statistics, as in a full batch."""
    for q in range(begin, end):
        row = q // nx
        x, y = a[q - row * nx], b[row]
        for i in range(n):
            theta[i] = REAL(base[i] + x * first[i] + y * second[i])
        lost = 0.0
        for p in range(0, samples, 16 * spots[TILES]):
            set_piece(theta, buffers, table, drops, spots, limits, S, X, p, samples, STATISTICS, task, result, 0)
            lost += result[0]
        out[q] = lost / samples + penalised(theta, table, spots, limits, spare)


def train(
    rule, plan, numbers, table, drops, spots, limits, value_table, value_spots, groups, X, R, test, order, bits, ends,
    rates, noise, hyper, theta, g, u, step, state, buffers, fresh, carried, S, part, task, result, rows, states,
):
    """A chunk of steps; value_table and value_spots are of passes without a way back.

    Returns: 8 * rows written + why it ended (see `stepping`).
    """
    for j in range(plan[STEPS]):
        k = plan[FIRST_STEP] + j + 1
        leave(rule, plan, numbers, groups, rates, noise, j, hyper, theta, g, u, step, state, buffers, fresh)
        start, count = batch_of(plan, k)
        if plan[ORDERED] != 0 and (j == 0 or k % plan[PER_EPOCH] == 0):
            shuffled(order, plan[SAMPLES], step_key(plan[ORDER_KEY], k // plan[PER_EPOCH]), bits, ends)
        wanted = due(plan, numbers, k)
        task[MODE] = TRAIN
        task[KEY] = step_key(plan[DROP_KEY], k)
        task[JUDGING] = 1 if wanted and plan[OWN_LOSS] != 0 and spots[JUDGE] != 0 else 0
        task[MOVING] = 1 if plan[BUFFERS] > 0 else 0
        lost, right = 0.0, 0.0
        for p in range(0, count, 16 * spots[TILES]):
            to = g if p == 0 else part
            batch_piece(
                theta, fresh, table, drops, spots, limits, S, X, R, order, plan[ORDERED], start, count, p, task, to, 0,
                result, 0,
            )
            if p > 0:
                add_into(g, part, 0, plan[N])
            lost += result[0]
            right += result[1]
        loss = lost / count + penalised(theta, table, spots, limits, g)
        size = recorded(plan, numbers, table, spots[LAYERS], rows, j * plan[ROW], k, rates[j + 1], loss, theta, g)
        mean, share, tested, tested_share = NAN, NAN, NAN, NAN
        if wanted:
            if plan[OWN_LOSS] != 0:
                mean, share = lost / count, right / count if spots[JUDGE] != 0 else NAN
            else:
                mean, share = set_losses(
                    theta, buffers, value_table, drops, value_spots, limits, S, X, plan[SAMPLES], task, result
                )
            tested, tested_share = set_losses(
                theta, buffers, value_table, drops, value_spots, limits, S, test, plan[TEST_SAMPLES], task, result
            )
        judged(plan, rows, j * plan[ROW], mean, share, tested, tested_share)
        end = ending(plan, numbers, k, loss, size, mean, tested, theta, g, u, step, carried)
        snapshot(plan, k, state, buffers, carried, theta, states)
        if end != 0:
            return 8 * (j + 1) + end
    return 8 * plan[STEPS]


def depart(rule, plan, numbers, groups, rates, noise, hyper, theta, g, u, step, state, buffers, fresh, j):
    """The first half of step j of a chunk: theta moves on."""
    leave(rule, plan, numbers, groups, rates, noise, j, hyper, theta, g, u, step, state, buffers, fresh)


def arrive(
    plan, numbers, table, layers, rate, theta, g, u, step, state, buffers, carried, rows, states, j, loss, train_loss,
    right, test_loss, test_right,
):
    """The second half: its row, with the gradient in g. Returns why the run ends, or 0."""
    k = plan[FIRST_STEP] + j + 1
    at = j * plan[ROW]
    size = recorded(plan, numbers, table, layers, rows, at, k, rate, loss, theta, g)
    judged(plan, rows, at, train_loss, right, test_loss, test_right)
    end = ending(plan, numbers, k, loss, size, train_loss, test_loss, theta, g, u, step, carried)
    snapshot(plan, k, state, buffers, carried, theta, states)
    return end
'''



class Held:
    """An array that a kernel is given many times: what is asked of it, and where it lies, is found out once.

    Raises:
        EngineError: an array with gaps.
    """

    __slots__ = ("address", "array", "dtype")

    def __init__(self, array: NDArray[Any]) -> None:
        if not array.flags.c_contiguous:
            raise EngineError("a kernel reads arrays without gaps")
        self.array, self.dtype = array, array.dtype
        self.address: int = array.__array_interface__["data"][0]


_NET = "ints wide ints wide"
_KINDS = {
    "outputs": f"reals wide {_NET} reals reals reals int int int int ints wide -> none",
    "set_pieces": f"reals wide {_NET} reals int reals wide int int int ints -> none",
    "batch_pieces": f"reals wide {_NET} reals reals ints int int int reals reals int wide int int ints -> none",
    "joined": "reals ints ints wide reals int wide reals int int wide -> none",
    "plane": f"wide wide wide wide wide int reals reals int wide {_NET} reals int reals wide int int ints wide -> none",
    "train": (
        f"int ints wide {_NET} ints ints ints reals reals reals ints words ints wide reals reals reals reals reals"
        " reals reals wide wide wide reals reals ints wide wide wide -> int"
    ),
    "depart": "int ints wide ints wide reals reals reals reals reals reals reals wide wide int -> none",
    "arrive": (
        "ints wide ints int number reals reals reals reals reals wide wide wide wide int number number number number"
        " number -> int"
    ),
}
"""Kinds of the arguments and of the answer: reals are arrays of the network's dtype, wide of float64, ints of int64,
words of uint64."""


def doors_text(dtype: DType) -> str:
    """The module of what Python calls."""
    return parts_text(dtype) + _DOORS


def doors(dtype: DType) -> dict[str, Callable[..., Any]]:
    """The kernels by name, compiled. Each raises EngineError for an array of another dtype, or one with gaps."""
    module = cache.Generated(doors_text(dtype))
    return {name: _door(module, name, kinds, dtype) for name, kinds in _KINDS.items()}


def _door(module: cache.Generated, name: str, text: str, dtype: DType) -> Callable[..., Any]:
    from numba import types

    *kinds, _, answer = text.split()
    real = types.float32 if dtype == "float32" else types.float64
    numba = {"int": types.int64, "number": types.float64, "none": types.void}
    arrays = {"reals": real, "wide": types.float64, "ints": types.int64, "words": types.uint64}
    numba |= {kind: types.CPointer(of) for kind, of in arrays.items()}
    address = module.address(name, numba[answer](*(numba[kind] for kind in kinds)))
    numbers: dict[str, Any] = {"int": ctypes.c_int64, "number": ctypes.c_double, "none": None}
    function = ctypes.CFUNCTYPE(numbers[answer], *(numbers.get(kind, ctypes.c_void_p) for kind in kinds))(address)
    dtypes = {kind: np.dtype(str(of)) for kind, of in arrays.items()}
    wants = [dtypes.get(kind) for kind in kinds]

    def call(*values: Any) -> Any:
        return function(*[
            value if wanted is None
            else value.address if type(value) is Held and value.dtype is wanted
            else _address(value, wanted, name)
            for wanted, value in zip(wants, values, strict=True)
        ])  # fmt: skip

    return call


def _address(value: NDArray[Any] | Held, wanted: np.dtype[Any], name: str) -> int:
    given = value if isinstance(value, Held) else Held(value)
    if given.dtype != wanted:
        raise EngineError(f"an array of {given.dtype} where {wanted} is read", where=name)
    return given.address
