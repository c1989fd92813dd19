"""The text of the kernels of networks: products of matrices, normalisation, dropout, sums in a fixed order.

The shape of a network is no code: these kernels serve all networks of a precision. Matrices lie flat, row by row, units
along rows and samples along columns, one behind the other for many points at once. A weight of the p-th point is
base + u first + v second, made where it is read, so that a landscape's points take no memory. No sum depends on which
thread was first: there are no atomic additions.
"""

from __future__ import annotations

from dataclasses import dataclass

from gdsim.engine.backend import DType
from gdsim.engine.cuda import texts
from gdsim.engine.noise import MOST_UNITS
from gdsim.objectives.network.architecture import NORM_EPS

SIDE, BLOCK = 16, 128
"""Threads along a side of a product's block, and in a block of everything else."""
SIMULATED_SIDE, SIMULATED_BLOCK = 2, 4
"""The same where each thread is one of Python."""
WIDE, NARROW = (4, 4), (1, 4)
"""Rows and columns of a product that a thread works out, for matrices of many rows and of few."""


@dataclass(frozen=True, slots=True)
class _Product:
    """One of the products C = L R, in tiles of L and R that a block of threads shares.

    Attributes:
        arguments: of the kernel. before: statements ahead of the tiles.
        rows, columns: of C. first, last: of the index k that is summed over.
        left, right: a tile's number at row i (or k) and column k (or s). left_along, right_along: which of their
            indices runs with neighbouring threads, that of neighbours in memory.
        row: what is read once for a row. store: what becomes of C[r, c] at row i and column s.
    """

    arguments: str
    before: tuple[str, ...]
    rows: str
    columns: str
    first: str
    last: str
    left: str
    right: str
    left_along: str
    right_along: str
    row: str
    store: str


_POINTS = "base, first, second, a, b, plane, start"
_PLACES = (
    "p = cuda.blockIdx.z",
    "u = a[(start + p) % a.shape[0]] if plane else ZERO",
    "v = b[(start + p) // a.shape[0]] if plane else ZERO",
)
_PRODUCTS = {
    "sums": _Product(
        f"{_POINTS}, w, bias, A, stride, Z, units, inputs, m, begin",
        _PLACES,
        "units", "m", "0", "inputs",
        "weight(base, first, second, u, v, plane, w + i * inputs + k)", "A[p * stride + k * m + s]", "k", "s",
        "h = weight(base, first, second, u, v, plane, bias + i)",
        "Z[(p * units + i) * m + s] = C[r, c] + h",
    ),
    "through": _Product(
        "theta, w, D, above, units, inputs, m, residual",
        ("begin = 0",),
        "inputs", "m", "0", "units",
        "theta[w + k * inputs + i]", "D[k * m + s]", "i", "s",
        "at = i * m",
        "above[at + s] = C[r, c] + above[at + s] if residual else C[r, c]",
    ),
    "outer": _Product(
        "D, A, parts, units, inputs, m, length",
        ("begin = 0", "z = cuda.blockIdx.z"),
        "units", "inputs", "z * length", "min(z * length + length, m)",
        "D[i * m + k]", "A[s * m + k]", "k", "k",
        "at = (z * units + i) * inputs",
        "parts[at + s] = C[r, c]",
    ),
}  # fmt: skip

_WEIGHT = """

@DEVICE
def weight(base, first, second, u, v, plane, i):
    return base[i] + u * first[i] + v * second[i] if plane else base[i]
"""

_SUM = """

@DEVICE
def total_of(S, t, x):
    # of all threads of the block, pairwise, for each of them
    S[t] = x
    cuda.syncthreads()
    half = {block} // 2
    while half > 0:
        if t < half:
            S[t] += S[t + half]
        cuda.syncthreads()
        half //= 2
    x = S[0]
    cuda.syncthreads()
    return x
"""

_NORMS = """
EPS = REAL({eps!r})


def batch_norm({points}, gain, shift, Z, N, S, R, buffer, running, keep, units, m):
    # a block to each unit of each point
    A = cuda.shared.array({block}, REAL)
    t, i, p = cuda.threadIdx.x, cuda.blockIdx.x, cuda.blockIdx.y
    u = a[(start + p) % a.shape[0]] if plane else ZERO
    v = b[(start + p) // a.shape[0]] if plane else ZERO
    at, count = (p * units + i) * m, REAL(m)
    if running:
        mean, variance = R[buffer + i], R[buffer + units + i]
    else:
        s = ZERO
        for k in range(t, m, {block}):
            s += Z[at + k]
        mean = total_of(A, t, s) / count
        s = ZERO
        for k in range(t, m, {block}):
            s += (Z[at + k] - mean) * (Z[at + k] - mean)
        variance = total_of(A, t, s) / count
        if t == 0 and p == 0:
            R[buffer + i] = mean
            R[buffer + units + i] = variance * (count / REAL(max(m - 1, 1)))
    deviation = sqrt(variance + EPS)
    g = weight(base, first, second, u, v, plane, gain + i)
    c = weight(base, first, second, u, v, plane, shift + i)
    if keep and t == 0:
        S[p * units + i] = deviation
    for k in range(at + t, at + m, {block}):
        n = (Z[k] - mean) / deviation
        if keep:
            N[k] = n
        Z[k] = n * g + c


def layer_norm({points}, gain, shift, Z, N, S, keep, units, m, count):
    # a thread to each sample of each point
    for q in range(cuda.grid(1), count, cuda.gridsize(1)):
        p, s = q // m, q % m
        u = a[(start + p) % a.shape[0]] if plane else ZERO
        v = b[(start + p) // a.shape[0]] if plane else ZERO
        at = p * units * m + s
        mean, variance = ZERO, ZERO
        for i in range(units):
            mean += Z[at + i * m]
        mean = mean / REAL(units)
        for i in range(units):
            variance += (Z[at + i * m] - mean) * (Z[at + i * m] - mean)
        deviation = sqrt(variance / REAL(units) + EPS)
        if keep:
            S[q] = deviation
        for i in range(units):
            k = at + i * m
            n = (Z[k] - mean) / deviation
            if keep:
                N[k] = n
            g = weight(base, first, second, u, v, plane, gain + i)
            Z[k] = n * g + weight(base, first, second, u, v, plane, shift + i)


def batch_back(theta, gain, shift, G, D, N, S, units, m):
    # through the statistics of the batch, behind row_sums of gains and shifts
    for k in range(cuda.grid(1), units * m, cuda.gridsize(1)):
        i = k // m
        mean, along = G[shift + i] / REAL(m), G[gain + i] / REAL(m)
        D[k] = theta[gain + i] * (D[k] - mean - N[k] * along) / S[i]


def layer_back(theta, gain, D, N, S, units, m):
    for s in range(cuda.grid(1), m, cuda.gridsize(1)):
        mean, along = ZERO, ZERO
        for i in range(units):
            slope = D[i * m + s] * theta[gain + i]
            mean += slope
            along += slope * N[i * m + s]
        mean, along = mean / REAL(units), along / REAL(units)
        for i in range(units):
            k = i * m + s
            D[k] = (D[k] * theta[gain + i] - mean - N[k] * along) / S[s]
"""

_REST = """

def row_sums(D, N, weighted, G, at, m, add):
    # a block to each row: its sum, of D N or of D, into G
    A = cuda.shared.array({block}, REAL)
    t, i = cuda.threadIdx.x, cuda.blockIdx.x
    s = ZERO
    for k in range(i * m + t, i * m + m, {block}):
        s += D[k] * N[k] if weighted else D[k]
    s = total_of(A, t, s)
    if t == 0:
        G[at + i] = G[at + i] + s if add else s


def scaled(D, F, out, count):
    for k in range(cuda.grid(1), count, cuda.gridsize(1)):
        out[k] = D[k] * F[k]


def joined(parts, slices, G, at, count, add):
    for k in range(cuda.grid(1), count, cuda.gridsize(1)):
        s = G[at + k] if add else ZERO
        for z in range(slices):
            s += parts[z * count + k]
        G[at + k] = s


def gathered(X, index, out, rows, total, m):
    for k in range(cuda.grid(1), rows * m, cuda.gridsize(1)):
        out[k] = X[k // m * total + index[k % m]]


def lost_sums(L, out, m):
    # a block to each point
    A = cuda.shared.array({block}, numpy.float64)
    t, p = cuda.threadIdx.x, cuda.blockIdx.x
    s = 0.0
    for k in range(p * m + t, p * m + m, {block}):
        s += numpy.float64(L[k])
    s = total_of(A, t, s)
    if t == 0:
        out[p] = s


def penalty({points}, w, count, l1, l2, out, add):
    # a block to each point
    A = cuda.shared.array({block}, numpy.float64)
    t, p = cuda.threadIdx.x, cuda.blockIdx.x
    u = a[(start + p) % a.shape[0]] if plane else ZERO
    v = b[(start + p) // a.shape[0]] if plane else ZERO
    s = 0.0
    for k in range(w + t, w + count, {block}):
        x = numpy.float64(weight(base, first, second, u, v, plane, k))
        s += l1 * abs(x) + 0.5 * l2 * x * x
    s = total_of(A, t, s)
    if t == 0:
        out[p] = out[p] + s if add else s


def penalised(theta, G, w, count, l1, l2):
    for k in range(w + cuda.grid(1), w + count, cuda.gridsize(1)):
        G[k] += l1 * sign(theta[k]) + l2 * theta[k]
"""

_DROP_OUT = """

def drop_out(H, K, key, layer, share, factor, first, units, m):
    for k in range(cuda.grid(1), units * m, cuda.gridsize(1)):
        row = numpy.uint64(layer * {most_units} + k // m)
        counter = (row << numpy.uint64(32)) + numpy.uint64(first + k % m)
        bits = mix(mix(counter * GOLDEN + key))
        drawn = (numpy.float64(bits >> U11) + 1.0) * 1.1102230246251565e-16
        K[k] = ZERO if drawn <= share else factor
        H[k] *= K[k]
"""


def shape(*, simulated: bool) -> tuple[int, int]:
    """Threads along a side of a product's block, and in a block of everything else."""
    return (SIMULATED_SIDE, SIMULATED_BLOCK) if simulated else (SIDE, BLOCK)


def product_text(name: str, each: tuple[int, int], dtype: DType, *, simulated: bool = False) -> str:
    """``sums``, ``through`` or ``outer``, see `networks_code.signatures`.

    Args:
        each: rows and columns that a thread works out, WIDE or NARROW.
    """
    side, _ = shape(simulated=simulated)
    return texts.begin(dtype, simulated) + _WEIGHT + "\n\n" + _product(name, side, *each)


def parts_text(dtype: DType, *, simulated: bool = False) -> str:
    """All kernels that are no product and no formula."""
    _, block = shape(simulated=simulated)
    names = {"block": block, "points": _POINTS, "eps": NORM_EPS, "most_units": MOST_UNITS}
    parts = "".join(text.format(**names) for text in (_SUM, _NORMS, _REST, _DROP_OUT))
    return texts.begin(dtype, simulated) + _WEIGHT + texts.HASH + parts


def _product(name: str, side: int, high: int, broad: int) -> str:
    """A block works out side*high rows and side*broad columns; a thread those at a distance of `side`."""
    it = _PRODUCTS[name]
    body = [
        f"L = cuda.shared.array(({side * high}, {side + 1}), REAL)",
        f"R = cuda.shared.array(({side}, {side * broad + 1}), REAL)",
        f"C = cuda.local.array(({high}, {broad}), REAL)",
        "tx, ty = cuda.threadIdx.x, cuda.threadIdx.y",
        *it.before,
        f"i0, s0 = cuda.blockIdx.y * {side * high}, begin + cuda.blockIdx.x * {side * broad}",
        f"last = {it.last}",
        *_loop("r", high, [*_loop("c", broad, ["C[r, c] = ZERO"])]),
        f"for k0 in range({it.first}, last, {side}):",
        *_inside(_loads("L", "i", it.left_along == "k", high, side, f"i < {it.rows} and k < last", it.left)),
        *_inside(_loads("R", "s", it.right_along == "k", broad, side, f"s < {it.columns} and k < last", it.right)),
        "    cuda.syncthreads()",
        *_inside(_loop("k", side, _loop("r", high, [
            f"x = L[ty + {side} * r, k]", *_loop("c", broad, [f"C[r, c] += x * R[k, tx + {side} * c]"]),
        ]))),
        "    cuda.syncthreads()",
        *_loop("r", high, [
            f"i = i0 + ty + {side} * r", f"if i < {it.rows}:", f"    {it.row}",
            *_inside(_loop("c", broad, [
                f"s = s0 + tx + {side} * c", f"if s < {it.columns}:", f"    {it.store}",
            ])),
        ]),
    ]  # fmt: skip
    return "\n".join([f"def {name}({it.arguments}):", *_inside(body)]) + "\n"


def _loads(tile: str, index: str, summed: bool, times: int, side: int, inside: str, number: str) -> list[str]:
    """Statements by which a thread fills its share of a tile; behind the matrix it is 0.

    Args:
        index: the letter of the tile's other index beside k.
        summed: whether neighbouring threads read along k.
    """
    along, across = ("tx", "ty") if summed else ("ty", "tx")
    place = f"{across} + {side} * r"
    spot = f"{place}, {along}" if tile == "L" else f"{along}, {place}"
    return [
        f"k = k0 + {along}",
        *_loop("r", times, [f"{index} = {index}0 + {place}", f"{tile}[{spot}] = {number} if {inside} else ZERO"]),
    ]


def _loop(letter: str, times: int, lines: list[str]) -> list[str]:
    return [f"for {letter} in range({times}):", *_inside(lines)]


def _inside(lines: list[str]) -> list[str]:
    return [f"    {line}" for line in lines]
