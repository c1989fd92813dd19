"""The text of kernels that take training steps and write their rows: see `training` for what a row holds."""

from __future__ import annotations

from gdsim.engine.backend import DType
from gdsim.engine.network import layout
from gdsim.engine.network.kernel_norms import HASH, HEAD
from gdsim.engine.trace import SNAPSHOT_EVERY

PLAN = (
    "FIRST_STEP", "STEPS", "PER_EPOCH", "BATCH", "SAMPLES", "TEST_SAMPLES", "N", "KEPT", "ROW", "LAST", "REPLAY",
    "SNAPSHOTS", "STATES_FIRST", "STATE", "BUFFERS", "GROUPS", "NOISY", "ORDERED", "DROP_KEY", "ORDER_KEY", "OWN_LOSS",
    "TOLERANT",
)  # fmt: skip
"""Whole numbers of a chunk: the row it leaves first, steps, steps per epoch, samples of a batch and of the sets,
length of theta, coordinates in a row, length of a row, the run's last step, whether rows are not for keeping, whether
snapshots are taken, the step of the first one's place, lengths of the rule's state and of the buffers, stretches of
theta, whether there is noise, whether batches have an order, the keys of dropout and of orders, whether a batch's loss
is the training loss, whether the tolerance may end the run."""
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
        if size > largest:
            largest = size
    if largest == 0.0 or largest == INFINITY:
        return largest
    squares = 0.0
    for k in range(first, last):
        part = numpy.float64(v[k]) / largest
        squares += part * part
    return largest * sqrt(squares)


@DEVICE
def length(v, n):
    return euclid(v, 0, n, square_sum(v, 0, n))


@DEVICE
def penalised(theta, table, spots, limits, g):
    # l1 sum|w| + l2/2 sum w^2 over the weights; its gradient is added to g
    l1, l2 = limits[1], limits[2]
    if l1 == 0.0 and l2 == 0.0:
        return 0.0
    extra = 0.0
    for l in range(0, WIDTH * spots[LAYERS], WIDTH):
        first = table[l + W]
        absolute, square = 0.0, 0.0
        for k in range(first, first + table[l + INPUTS] * table[l + OUTPUTS]):
            w = theta[k]
            absolute += numpy.float64(abs(w))
            square += numpy.float64(w) * numpy.float64(w)
            sign = ONE if w > ZERO else (-ONE if w < ZERO else w)
            g[k] += REAL(l1) * sign + REAL(l2) * w
        extra += l1 * absolute + 0.5 * l2 * square
    return extra


@DEVICE
def add_into(g, parts, at, n):
    k = 0
    while k + 16 <= n:
        store(g, k, load16(g, k) + load16(parts, at + k))
        k += 16
    while k < n:
        g[k] += parts[at + k]
        k += 1


@DEVICE
def gather(spots, R, order, start, count, S):
    # samples order[start ...] of R (samples, rows) as tiles; the last one again in the lanes behind it
    rows, place = spots[ROWS], 16 * spots[TILES] * spots[GATHERED]
    for c in range(16 * ((count + 15) // 16)):
        source = order[start + min(c, count - 1)] * rows
        at = place + 16 * rows * (c // 16) + c % 16
        for f in range(rows):
            S[at] = R[source + f]
            at += 16
    return place


@DEVICE
def batch_piece(
    theta, fresh, table, drops, spots, limits, S, X, R, order, ordered, start, count, p, task, g, g_at, out, out_at
):
    # the piece that begins with sample p of a batch; without an order the batch is all samples
    size = min(16 * spots[TILES], count - p)
    task[COUNT] = size
    task[IN_BATCH] = count
    task[FIRST] = p
    x = distance(S, X) + spots[ROWS] * p
    if ordered != 0:
        x = gather(spots, R, order, start + p, size, S)
    call_piece(theta, fresh, table, drops, spots, limits, S, x, task, g, g_at, out, out_at)


@DEVICE
def set_piece(theta, buffers, table, drops, spots, limits, S, X, p, samples, mode, task, out, out_at):
    # the piece that begins with sample p of a set, without a gradient
    task[COUNT] = min(16 * spots[TILES], samples - p)
    task[IN_BATCH] = 1
    task[MODE] = mode
    task[JUDGING] = spots[JUDGE]
    task[MOVING] = 0
    x = distance(S, X) + spots[ROWS] * p
    call_piece(theta, buffers, table, drops, spots, limits, S, x, task, theta, 0, out, out_at)


@DEVICE
def set_losses(theta, buffers, table, drops, spots, limits, S, X, samples, task, out):
    # (mean loss, share of right classes) over a set
    if samples == 0:
        return NAN, NAN
    lost, right = 0.0, 0.0
    for p in range(0, samples, 16 * spots[TILES]):
        set_piece(theta, buffers, table, drops, spots, limits, S, X, p, samples, EVALUATE, task, out, 0)
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
def shuffled(order, n, key, bits, ends):
    # gdsim.engine.noise.order: places sorted by hashed numbers, which spread evenly: a bin for each, then insertion
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
def composed(plan, numbers, noise, j, theta, g, u):
    # the gradient with noise, clipped, with weight decay, in u
    n = plan[N]
    for i in range(n):
        u[i] = g[i]
    if plan[NOISY] != 0:
        for i in range(n):
            u[i] += noise[j * n + i]
    if numbers[CLIP] > 0.0:
        factor = numbers[CLIP] / (length(u, n) + 1e-6)
        if factor < 1.0:
            for i in range(n):
                u[i] *= REAL(factor)
    decayed(numbers, theta, u, u, n)


@DEVICE
def decayed(numbers, theta, g, u, n):
    # u = g with the weight decay that is a part of the gradient
    decay = REAL(numbers[DECAY] if numbers[DECOUPLED] == 0.0 else 0.0)
    for i in range(n):
        u[i] = g[i] + decay * theta[i] if decay != ZERO else g[i]


@DEVICE
def leave(rule, plan, numbers, groups, rates, noise, j, hyper, theta, g, u, step, state, buffers, fresh):
    # step j of a chunk: theta moves on, and so do the running statistics
    plain = numbers[CLIP] == 0.0 and (numbers[DECAY] == 0.0 or numbers[DECOUPLED] != 0.0) and plan[NOISY] == 0
    if not plain:
        composed(plan, numbers, noise, j, theta, g, u)
    slope = g if plain else u
    t, rate = plan[FIRST_STEP] + j + 1.0, rates[j]
    for k in range(0, 3 * plan[GROUPS], 3):
        call_rule_part(rule, theta, slope, groups[k], t, rate, hyper, state, groups[k + 2], step, groups[k + 1])
    shrink = ONE - REAL(rate) * REAL(numbers[DECAY]) if numbers[DECOUPLED] != 0.0 else ONE
    moved(theta, step, shrink, plan[N])
    for i in range(plan[BUFFERS]):
        buffers[i] = fresh[i]
    numbers[EVALS] += 1.0


@DEVICE
def moved(theta, step, shrink, n):
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
def all_finite(v, n):
    # x - x is NaN for what is not
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
    if not (abs(loss) < INFINITY and size < INFINITY and all_finite(theta, plan[N])):
        return 3
    if train <= numbers[TARGET]:
        return 2
    if k % plan[PER_EPOCH] == 0 and stale(numbers, carried, train, test):
        return 4
    if numbers[TOLERANCE] > 0.0 and plan[TOLERANT] != 0:
        n = plan[N]
        if length(step, n) <= numbers[TOLERANCE] * (1.0 + length(theta, n)):
            decayed(numbers, theta, g, u, n)
            if length(u, n) <= numbers[TOLERANCE]:
                return 1
    return 0


@DEVICE
def recorded(plan, numbers, table, layers, rows, at, k, rate, loss, theta, g):
    # all of a row, which begins at `at`, but the losses over whole sets; returns the gradient's norm
    kept_ones, n = plan[KEPT], plan[N]
    extra = at + 2 * kept_ones + 4
    squares = 0.0
    for l in range(layers):
        first, last = table[WIDTH * l + W], table[WIDTH * (l + 1) + W] if l + 1 < layers else n
        part = square_sum(g, first, last)
        squares += part
        rows[extra + 6 + l] = euclid(g, first, last, part)
    size = euclid(g, 0, n, squares)
    for i in range(kept_ones):
        rows[at + i] = theta[i]
        rows[at + kept_ones + 2 + i] = g[i]
    rows[at + kept_ones] = loss
    rows[at + kept_ones + 1] = size
    rows[extra - 2] = rate
    rows[extra - 1] = numbers[EVALS]
    epoch, number = k // plan[PER_EPOCH], k % plan[PER_EPOCH]
    rows[extra] = k / plan[PER_EPOCH]
    rows[extra + 1] = epoch * plan[SAMPLES] + min(number * plan[BATCH], plan[SAMPLES])
    return size


@DEVICE
def judged(plan, rows, at, train, right, test, test_right):
    extra = at + 2 * plan[KEPT] + 4
    rows[extra + 2] = train
    rows[extra + 3] = test
    rows[extra + 4] = right
    rows[extra + 5] = test_right


@DEVICE
def due(plan, numbers, k):
    # whether the losses over whole sets are wanted in row k
    wanted = plan[REPLAY] == 0 or numbers[PATIENCE] != 0.0
    return wanted and (k % plan[PER_EPOCH] == 0 or k == plan[LAST])


@DEVICE
def snapshot(plan, k, state, buffers, carried, theta, states):
    if k % {every} != 0 or plan[SNAPSHOTS] == 0:
        return
    a = plan[STATE]
    b = a + plan[BUFFERS]
    own = plan[N] if plan[KEPT] == 0 else 0
    out = (k - plan[STATES_FIRST]) // {every} * (b + 2 + own)
    for i in range(a):
        states[out + i] = state[i]
    for i in range(b - a):
        states[out + a + i] = buffers[i]
    states[out + b] = carried[0]
    states[out + b + 1] = carried[1]
    for i in range(own):
        states[out + b + 2 + i] = theta[i]
"""


_IMPORTS = """
from math import sqrt

from gdsim.engine.intrinsics import call_piece, call_rule_part, distance
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
