"""The text of the kernels that Python calls, and their signatures; behind all that they are made of."""

from __future__ import annotations

from typing import Any

from gdsim.engine.backend import DType
from gdsim.engine.network.kernel_train import parts_text

_DOORS = '''
def outputs(theta, buffers, table, drops, spots, limits, X, S, out, begin, end, mode, task, result):
    """Outputs (k, samples) of pieces begin ... end - 1 of the tiles X."""
    k, samples = out.shape
    piece = 16 * spots[TILES]
    for p in range(begin * piece, min(samples, end * piece), piece):
        size = min(piece, samples - p)
        task[COUNT] = size
        task[IN_BATCH] = 0
        task[MODE] = mode
        task[MOVING] = 0
        x = distance(S, X) + spots[ROWS] * p
        call_piece(theta, buffers, table, drops, spots, limits, S, x, task, theta, result)
        o = int(result[2])
        for j in range(k):
            for c in range(size):
                out[j, p + c] = S[o + 16 * (k * (c // 16) + j) + c % 16]


def set_pieces(theta, buffers, table, drops, spots, limits, X, samples, S, out, begin, end, mode, task):
    """(sum of losses, right classes) of pieces begin ... end - 1 into rows of out."""
    for q in range(begin, end):
        p = q * 16 * spots[TILES]
        set_piece(theta, buffers, table, drops, spots, limits, S, X, p, samples, mode, task, out[q])


def batch_pieces(
    theta, fresh, table, drops, spots, limits, X, R, order, start, count, S, parts, out, begin, end, task
):
    """Gradients of pieces begin ... end - 1 of a batch into rows of parts, without penalty; their losses into out."""
    for q in range(begin, end):
        p = q * 16 * spots[TILES]
        batch_piece(
            theta, fresh, table, drops, spots, limits, S, X, R, order, start, count, p, task, parts[q], out[q]
        )


def joined(theta, table, limits, parts, out, g, count):
    """Pieces added in their order, with the penalty: (J, mean loss, right classes); the gradient in g."""
    lost, right = out[0, 0], out[0, 1]
    for i in range(g.shape[0]):
        g[i] = parts[0, i]
    for q in range(1, parts.shape[0]):
        add_into(g, parts[q])
        lost += out[q, 0]
        right += out[q, 1]
    return lost / count + penalised(theta, table, limits, g), lost / count, right


def plane(
    base, first, second, a, b, theta, spare, buffers, table, drops, spots, limits, X, samples, S, out, begin, end, task,
    result,
):
    """J at base + a first + b second, points begin ... end - 1; a batch's own statistics, as in a full batch."""
    nx, n = a.shape[0], theta.shape[0]
    for q in range(begin, end):
        row = q // nx
        x, y = a[q - row * nx], b[row]
        for i in range(n):
            theta[i] = REAL(base[i] + x * first[i] + y * second[i])
        lost = 0.0
        for p in range(0, samples, 16 * spots[TILES]):
            set_piece(theta, buffers, table, drops, spots, limits, S, X, p, samples, STATISTICS, task, result)
            lost += result[0]
        out[q] = lost / samples + penalised(theta, table, limits, spare)


def train(
    rule, plan, numbers, table, drops, spots, limits, value_table, value_spots, groups, X, R, test, order, bits, ends,
    rates, noise, hyper, theta, g, u, step, state, buffers, fresh, carried, S, part, task, result, rows,
    states,
):
    """A chunk of steps; value_table and value_spots are of passes without a way back.

    Returns: 8 * rows written + why it ended (see `stepping`).
    """
    for j in range(rows.shape[0]):
        k = plan[FIRST_STEP] + j + 1
        leave(rule, numbers, groups, noise, j, k * 1.0, rates[j], hyper, theta, g, u, step, state, buffers, fresh)
        numbers[EVALS] += 1.0
        start, count = batch_of(plan, k)
        if order.shape[0] > 0 and (j == 0 or k % plan[PER_EPOCH] == 0):
            shuffled(order, step_key(plan[ORDER_KEY], k // plan[PER_EPOCH]), bits, ends)
        wanted = due(plan, numbers, k)
        judge = wanted and plan[OWN_LOSS] != 0 and spots[JUDGE] != 0
        task[MODE] = TRAIN
        task[KEY] = step_key(plan[DROP_KEY], k)
        task[JUDGING] = 1 if judge else 0
        task[MOVING] = 1 if buffers.shape[0] > 0 else 0
        lost, right = batch_gradient(
            theta, fresh, table, drops, spots, limits, S, X, R, order, start, count, task, g, part, result
        )
        loss = lost / count + penalised(theta, table, limits, g)
        row = rows[j]
        size = recorded(plan, numbers, table, row, k, rates[j + 1], loss, theta, g)
        mean, tested = NAN, NAN
        if wanted:
            if plan[OWN_LOSS] != 0:
                mean, share = lost / count, right / count if judge else NAN
            else:
                mean, share = set_losses(
                    theta, buffers, value_table, drops, value_spots, limits, S, X, plan[SAMPLES], task, result
                )
            tested, tested_share = set_losses(
                theta, buffers, value_table, drops, value_spots, limits, S, test, plan[TEST_SAMPLES], task, result
            )
            judged(plan, row, mean, share, tested, tested_share)
        end = ending(plan, numbers, k, loss, size, mean, tested, theta, g, u, step, carried)
        snapshot(plan, k, state, buffers, carried, theta, states)
        if end != 0:
            return 8 * (j + 1) + end
    return 8 * rows.shape[0]


def depart(rule, plan, numbers, groups, rates, noise, hyper, theta, g, u, step, state, buffers, fresh, j):
    """The first half of step j of a chunk: theta moves on."""
    k = plan[FIRST_STEP] + j + 1
    leave(rule, numbers, groups, noise, j, k * 1.0, rates[j], hyper, theta, g, u, step, state, buffers, fresh)
    numbers[EVALS] += 1.0


def arrive(
    plan, numbers, table, rate, theta, g, u, step, state, buffers, carried, row, states, k, loss, train_loss, right,
    test_loss, test_right,
):
    """The second half: the row of step k, whose gradient is in g. Returns why the run ends, or 0."""
    size = recorded(plan, numbers, table, row, k, rate, loss, theta, g)
    judged(plan, row, train_loss, right, test_loss, test_right)
    end = ending(plan, numbers, k, loss, size, train_loss, test_loss, theta, g, u, step, carried)
    snapshot(plan, k, state, buffers, carried, theta, states)
    return end
'''


def doors_text(dtype: DType) -> str:
    """The module of what Python calls."""
    return parts_text(dtype) + _DOORS


def signatures(dtype: DType) -> dict[str, Any]:
    """Of the kernels, by name: floats of the network's dtype; limits, buffers and what is recorded are float64."""
    from numba import types

    real = types.float32 if dtype == "float32" else types.float64
    vector, table = real[::1], types.int64[:, ::1]
    whole, wide, index, number = types.int64[::1], types.float64[::1], types.int64, types.float64
    sheet = types.float64[:, ::1]
    net = (table, wide, whole, wide)
    return {
        "outputs": types.void(
            vector, wide, *net, vector, vector, real[:, ::1], index, index, index, whole, wide
        ),
        "set_pieces": types.void(vector, wide, *net, vector, index, vector, sheet, index, index, index, whole),
        "batch_pieces": types.void(
            vector, wide, *net, vector, vector, whole, index, index, vector, real[:, ::1], sheet, index, index, whole
        ),
        "joined": types.UniTuple(number, 3)(vector, table, wide, real[:, ::1], sheet, vector, index),
        "plane": types.void(
            wide, wide, wide, wide, wide, vector, vector, wide, *net, vector, index, vector, wide, index, index, whole,
            wide,
        ),
        "train": index(
            index, whole, wide, *net, table, whole, table, vector, vector, vector, whole, types.uint64[::1], whole, wide,
            real[:, ::1],
            vector, vector, vector, vector, vector, vector, wide, wide, wide, vector, vector, whole, wide, sheet, sheet,
        ),
        "depart": types.void(
            index, whole, wide, table, wide, real[:, ::1], vector, vector, vector, vector, vector, vector, wide, wide,
            index,
        ),
        "arrive": index(
            whole, wide, table, number, vector, vector, vector, vector, vector, wide, wide, wide, sheet, index, number,
            number, number, number, number,
        ),
    }  # fmt: skip
