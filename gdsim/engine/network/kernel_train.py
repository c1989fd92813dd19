"""The text of kernels that take training steps and write their rows: see `training` for what a row holds."""

from __future__ import annotations

from gdsim.engine.backend import DType
from gdsim.engine.network import layout
from gdsim.engine.network.kernel_norms import HASH
from gdsim.engine.network.kernel_passes import HEAD
from gdsim.engine.trace import SNAPSHOT_EVERY

PLAN = (
    "FIRST_STEP", "PER_EPOCH", "BATCH", "SAMPLES", "TEST_SAMPLES", "KEPT", "LAST", "REPLAY", "STATES_FIRST",
    "DROP_KEY", "ORDER_KEY", "OWN_LOSS", "TOLERANT",
)  # fmt: skip
"""Whole numbers of a chunk: the row it leaves first, steps per epoch, samples of a batch and of the sets, coordinates in
a row, the run's last step, whether rows are not for keeping, the step of the first snapshot's place, the keys of
dropout and of orders, whether a batch's loss is the training loss, whether the tolerance may end the run."""
NUMBERS = ("CLIP", "DECAY", "DECOUPLED", "TOLERANCE", "TARGET", "PATIENCE", "EVALS")
"""Numbers of a chunk; EVALS are the gradient evaluations spent so far."""

_PARTS = """
INFINITY = float("inf")
NAN = float("nan")


@DEVICE
def square_sum(v, first, last):
    s = filled8(0.0)
    k = first
    while k + 8 <= last:
        x = widened(load8(v, k))
        s = fused(x, x, s)
        k += 8
    rest = 0.0
    while k < last:
        rest += numpy.float64(v[k]) * numpy.float64(v[k])
        k += 1
    return total(s) + rest


@DEVICE
def euclid(v, first, last, squares):
    # from the sum of squares, which may have overflowed or vanished
    if squares > 1e-280 and squares < 1e280:
        return sqrt(squares)
    largest = 0.0
    for k in range(first, last):
        size = abs(numpy.float64(v[k]))
        if size != size:
            return size
        largest = max(largest, size)
    if largest == 0.0 or largest == INFINITY:
        return largest
    squares = 0.0
    for k in range(first, last):
        part = numpy.float64(v[k]) / largest
        squares += part * part
    return largest * sqrt(squares)


@DEVICE
def length(v):
    n = v.shape[0]
    return euclid(v, 0, n, square_sum(v, 0, n))


@DEVICE
def penalised(theta, table, limits, g):
    # l1 sum|w| + l2/2 sum w^2 over the weights; its gradient is added to g
    l1, l2 = limits[1], limits[2]
    if l1 == 0.0 and l2 == 0.0:
        return 0.0
    extra = 0.0
    for l in range(table.shape[0]):
        first = table[l, W]
        absolute, square = 0.0, 0.0
        for k in range(first, first + table[l, INPUTS] * table[l, OUTPUTS]):
            w = theta[k]
            absolute += numpy.float64(abs(w))
            square += numpy.float64(w) * numpy.float64(w)
            sign = ONE if w > ZERO else (-ONE if w < ZERO else w)
            g[k] += REAL(l1) * sign + REAL(l2) * w
        extra += l1 * absolute + 0.5 * l2 * square
    return extra


@DEVICE
def add_into(g, part):
    n = g.shape[0]
    k = 0
    while k + 16 <= n:
        store(g, k, load16(g, k) + load16(part, k))
        k += 16
    while k < n:
        g[k] += part[k]
        k += 1


@DEVICE
def gather(spots, R, order, start, count, S):
    # samples order[start ...] of R (samples, rows) as tiles; the last one again in the lanes behind it
    rows, place = spots[ROWS], 16 * spots[TILES] * spots[GATHERED]
    tiles = (count + 15) // 16
    for t in range(tiles):
        for c in range(16):
            source = order[start + min(16 * t + c, count - 1)] * rows
            for f in range(rows):
                S[place + 16 * (rows * t + f) + c] = R[source + f]
    return place


@DEVICE
def batch_piece(theta, fresh, table, drops, spots, limits, S, X, R, order, start, count, p, task, g, out):
    # the piece that begins with sample p of a batch; without an order the batch is all samples
    size = min(16 * spots[TILES], count - p)
    task[COUNT] = size
    task[IN_BATCH] = count
    task[FIRST] = p
    if order.shape[0] == 0:
        x = distance(S, X) + spots[ROWS] * p
    else:
        x = gather(spots, R, order, start + p, size, S)
    call_piece(theta, fresh, table, drops, spots, limits, S, x, task, g, out)


@DEVICE
def batch_gradient(theta, fresh, table, drops, spots, limits, S, X, R, order, start, count, task, g, part, out):
    # (sum of losses, right classes) of a batch, and its gradient without penalty: pieces in their order
    lost, right = 0.0, 0.0
    for p in range(0, count, 16 * spots[TILES]):
        to = g if p == 0 else part
        batch_piece(theta, fresh, table, drops, spots, limits, S, X, R, order, start, count, p, task, to, out)
        if p > 0:
            add_into(g, part)
        lost += out[0]
        right += out[1]
    return lost, right


@DEVICE
def set_piece(theta, buffers, table, drops, spots, limits, S, X, p, samples, mode, task, out):
    # the piece that begins with sample p of a set, without a gradient
    task[COUNT] = min(16 * spots[TILES], samples - p)
    task[IN_BATCH] = 1
    task[MODE] = mode
    task[JUDGING] = spots[JUDGE]
    task[MOVING] = 0
    call_piece(theta, buffers, table, drops, spots, limits, S, distance(S, X) + spots[ROWS] * p, task, theta, out)


@DEVICE
def set_losses(theta, buffers, table, drops, spots, limits, S, X, samples, task, out):
    # (mean loss, share of right classes) over a set
    if samples == 0:
        return NAN, NAN
    lost, right = 0.0, 0.0
    for p in range(0, samples, 16 * spots[TILES]):
        set_piece(theta, buffers, table, drops, spots, limits, S, X, p, samples, EVALUATE, task, out)
        lost += out[0]
        right += out[1]
    return lost / samples, right / samples if spots[JUDGE] != 0 else NAN


@DEVICE
def step_key(key, step):
    return numpy.int64(mix((numpy.uint64(key) ^ numpy.uint64(step)) + GOLDEN))


@DEVICE
def batch_of(plan, step):
    # (first place in the order, samples) of a step's batch
    start = step % plan[PER_EPOCH] * plan[BATCH]
    return start, min(plan[BATCH], plan[SAMPLES] - start)


@DEVICE
def shuffled(order, key, bits, ends):
    # gdsim.engine.noise.order: places sorted by hashed numbers, which spread evenly: a bin for each, then insertion
    n = order.shape[0]
    for b in range(n + 1):
        ends[b] = 0
    for i in range(n):
        z = mix(mix(numpy.uint64(i) * GOLDEN + numpy.uint64(key)))
        bits[i] = z
        ends[bin_of(z, n) + 1] += 1
    for b in range(n):
        ends[b + 1] += ends[b]
    for i in range(n):
        b = bin_of(bits[i], n)
        order[ends[b]] = i
        ends[b] += 1
    for i in range(1, n):
        one = order[i]
        z = bits[one]
        j = i
        while j > 0 and bits[order[j - 1]] > z:
            order[j] = order[j - 1]
            j -= 1
        order[j] = one


@DEVICE
def bin_of(z, n):
    return numpy.int64(((z >> numpy.uint64(32)) * numpy.uint64(n)) >> numpy.uint64(32))


@DEVICE
def composed(numbers, noise, j, theta, g, u):
    # the gradient with noise, clipped, with weight decay, in u
    n = theta.shape[0]
    for i in range(n):
        u[i] = g[i]
    if noise.shape[0] > 0:
        for i in range(n):
            u[i] += noise[j, i]
    if numbers[CLIP] > 0.0:
        factor = numbers[CLIP] / (length(u) + 1e-6)
        if factor < 1.0:
            for i in range(n):
                u[i] *= REAL(factor)
    if numbers[DECAY] != 0.0 and numbers[DECOUPLED] == 0.0:
        for i in range(n):
            u[i] += REAL(numbers[DECAY]) * theta[i]


@DEVICE
def leave(rule, numbers, groups, noise, j, t, rate, hyper, theta, g, u, step, state, buffers, fresh):
    # one step of the rule: theta moves on, and so do the running statistics
    plain = numbers[CLIP] == 0.0 and (numbers[DECAY] == 0.0 or numbers[DECOUPLED] != 0.0)
    if not plain or noise.shape[0] > 0:
        composed(numbers, noise, j, theta, g, u)
        slope = u
    else:
        slope = g
    for k in range(groups.shape[0]):
        a, n = groups[k, 0], groups[k, 1]
        own = state[groups[k, 2]:]
        call_rule_step(rule, theta[a:], slope[a:], t, rate, hyper, own, step[a:], n)
    shrink = ONE - REAL(rate) * REAL(numbers[DECAY]) if numbers[DECOUPLED] != 0.0 else ONE
    moved(theta, step, shrink)
    for i in range(buffers.shape[0]):
        buffers[i] = fresh[i]


@DEVICE
def moved(theta, step, shrink):
    n = theta.shape[0]
    s = filled16(shrink)
    k = 0
    while k + 16 <= n:
        before = load16(theta, k)
        after = before * s + load16(step, k)
        store(theta, k, after)
        store(step, k, after - before)
        k += 16
    while k < n:
        before = theta[k]
        theta[k] = before * shrink + step[k]
        step[k] = theta[k] - before
        k += 1


@DEVICE
def all_finite(v):
    # x - x is NaN for what is not
    n = v.shape[0]
    s = filled16(ZERO)
    k = 0
    while k + 16 <= n:
        x = load16(v, k)
        s = s + (x - x)
        k += 16
    rest = total(s)
    while k < n:
        rest += v[k] - v[k]
        k += 1
    return rest == ZERO


@DEVICE
def stale(numbers, carried, train, test):
    if numbers[PATIENCE] == 0.0:
        return False
    judged = train if test != test else test
    if judged < carried[0]:
        carried[0] = judged
        carried[1] = 0.0
    else:
        carried[1] += 1.0
    return carried[1] >= numbers[PATIENCE]


@DEVICE
def ending(plan, numbers, k, loss, size, train, test, theta, g, u, step, carried):
    # why the run ends at row k, as in `stepping`; 0 where it goes on
    if not (abs(loss) < INFINITY and size < INFINITY and all_finite(theta)):
        return 3
    if train <= numbers[TARGET]:
        return 2
    if k % plan[PER_EPOCH] == 0 and stale(numbers, carried, train, test):
        return 4
    if numbers[TOLERANCE] > 0.0 and plan[TOLERANT] != 0:
        if length(step) <= numbers[TOLERANCE] * (1.0 + length(theta)):
            if numbers[DECAY] != 0.0 and numbers[DECOUPLED] == 0.0:
                for i in range(g.shape[0]):
                    u[i] = g[i] + REAL(numbers[DECAY]) * theta[i]
                size = length(u)
            if size <= numbers[TOLERANCE]:
                return 1
    return 0


@DEVICE
def recorded(plan, numbers, table, row, k, rate, loss, theta, g):
    # all of a row but the losses over whole sets; returns the gradient's norm
    kept_ones, n = plan[KEPT], theta.shape[0]
    extra = 2 * kept_ones + 4
    layers = table.shape[0]
    squares = 0.0
    for l in range(layers):
        first, last = table[l, W], table[l + 1, W] if l + 1 < layers else n
        part = square_sum(g, first, last)
        squares += part
        row[extra + 6 + l] = euclid(g, first, last, part)
    size = euclid(g, 0, n, squares)
    for i in range(kept_ones):
        row[i] = theta[i]
        row[kept_ones + 2 + i] = g[i]
    row[kept_ones] = loss
    row[kept_ones + 1] = size
    row[2 * kept_ones + 2] = rate
    row[2 * kept_ones + 3] = numbers[EVALS]
    epoch, number = k // plan[PER_EPOCH], k % plan[PER_EPOCH]
    row[extra] = k / plan[PER_EPOCH]
    row[extra + 1] = epoch * plan[SAMPLES] + min(number * plan[BATCH], plan[SAMPLES])
    for i in range(2, 6):
        row[extra + i] = NAN
    return size


@DEVICE
def judged(plan, row, train, right, test, test_right):
    extra = 2 * plan[KEPT] + 4
    row[extra + 2] = train
    row[extra + 3] = test
    row[extra + 4] = right
    row[extra + 5] = test_right


@DEVICE
def due(plan, numbers, k):
    # whether the losses over whole sets are wanted in row k
    wanted = plan[REPLAY] == 0 or numbers[PATIENCE] != 0.0
    return wanted and (k % plan[PER_EPOCH] == 0 or k == plan[LAST])


@DEVICE
def snapshot(plan, k, state, buffers, carried, theta, states):
    if k % {every} != 0 or states.shape[0] == 0:
        return
    out = states[(k - plan[STATES_FIRST]) // {every}]
    a = state.shape[0]
    b = a + buffers.shape[0]
    for i in range(a):
        out[i] = state[i]
    for i in range(b - a):
        out[a + i] = buffers[i]
    out[b] = carried[0]
    out[b + 1] = carried[1]
    for i in range(out.shape[0] - b - 2):
        out[b + 2 + i] = theta[i]
"""


_IMPORTS = """
from math import sqrt

from gdsim.engine.intrinsics import call_piece, call_rule_step, distance
from gdsim.engine.packs import filled8, filled16, fused, load8, load16, store, total, widened

ZERO = REAL(0.0)
ONE = REAL(1.0)
"""


def parts_text(dtype: DType) -> str:
    """The parts of a step, to be put in front of the doors."""
    parts = (
        HEAD.format(dtype=dtype), _IMPORTS, layout.constants(), chunk_constants(), HASH,
        _PARTS.replace("{every}", str(SNAPSHOT_EVERY)),
    )  # fmt: skip
    return "\n".join(parts)


def chunk_constants() -> str:
    """The text of the names in PLAN and NUMBERS."""
    return "\n".join(f"{name} = {number}" for names in (PLAN, NUMBERS) for number, name in enumerate(names)) + "\n"
