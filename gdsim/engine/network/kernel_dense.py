"""The text of kernels of one dense layer on one tile of samples, or on all tiles for the weights' gradient.

A tile is 16 samples: an array (units, 16), row by row, so that a pack holds one unit's numbers. Matrices are read along
their rows, whichever way the layer is gone through; what is summed stays in registers as long as it can.
"""

from __future__ import annotations

from gdsim.engine.backend import DType

_FORWARD = """
@DEVICE
def forward_tile(theta, w, b, inputs, outputs, A, a, Z, z):
    # Z (outputs, 16) = W A + b
    j = 0
    while j + {group} <= outputs:
        place = w + j * inputs
{start}
        for i in range(inputs):
            x = load16(A, a + 16 * i)
{add}
{keep}
        j += {group}
    while j < outputs:
        place = w + j * inputs
        s0 = spread16(theta, b + j)
        for i in range(inputs):
            s0 = fused(spread16(theta, place + i), load16(A, a + 16 * i), s0)
        store(Z, z + 16 * j, s0)
        j += 1
"""

_BACKWARD = """
@DEVICE
def backward_tile(theta, w, inputs, outputs, P, p, E, e, fresh):
    # E (inputs, 16) = W^T P, or E + W^T P
    zero = filled16(ZERO)
    j = 0
    while j + {group} <= outputs:
        place = w + j * inputs
{load}
        for i in range(inputs):
            s = zero if fresh else load16(E, e + 16 * i)
{add}
            store(E, e + 16 * i, s)
        fresh = False
        j += {group}
    while j < outputs:
        place = w + j * inputs
        d0 = load16(P, p + 16 * j)
        for i in range(inputs):
            s = zero if fresh else load16(E, e + 16 * i)
            store(E, e + 16 * i, fused(spread16(theta, place + i), d0, s))
        fresh = False
        j += 1
"""

_WEIGHTS = """
@DEVICE
def weights_rows{rows}(P, p, A, a, row, outputs, tiles, inputs, g, w):
    # `rows` rows of dJ/dW from place w on: products of deltas and inputs, summed over all samples
    i = 0
    while i + 4 <= inputs:
{zeros}
        for t in range(tiles):
            pt, at = p + 16 * outputs * t, a + row * t + 16 * i
            for h in range(0, 16, 8):
{loads}
{adds}
{stores}
        i += 4
    while i < inputs:
{single_zeros}
        for t in range(tiles):
            pt, at = p + 16 * outputs * t, a + row * t + 16 * i
            for h in range(0, 16, 8):
                x = load8(A, at + h)
{single_adds}
{single_stores}
        i += 1
"""

_WEIGHTS_ALL = """
@DEVICE
def weights(P, p, A, a, row, outputs, tiles, inputs, g, w, b):
    # dJ/dW and dJ/db of all rows; `row`: distance of a tile's inputs from the next one's
    j = 0
    while j + {rows} <= outputs:
        weights_rows{rows}(P, p + 16 * j, A, a, row, outputs, tiles, inputs, g, w + j * inputs)
        j += {rows}
    while j < outputs:
        weights_rows1(P, p + 16 * j, A, a, row, outputs, tiles, inputs, g, w + j * inputs)
        j += 1
    for j in range(outputs):
        g[b + j] = row_total(P, p + 16 * j, 16 * outputs, tiles)


@DEVICE
def row_total(P, p, row, tiles):
    s = load16(P, p)
    for t in range(1, tiles):
        s = s + load16(P, p + row * t)
    return total(s)
"""


def _lines(depth: int, template: str, count: int) -> str:
    return "\n".join("    " * depth + template.format(k=k) for k in range(count))


def _weights_rows(rows: int) -> str:
    pairs = [(k, q) for k in range(rows) for q in range(4)]
    pad = "    " * 4
    loads = [f"{pad}d{k} = load8(P, pt + {16 * k} + h)" for k in range(rows)]
    loads += [f"{pad}x{q} = load8(A, at + {16 * q} + h)" for q in range(4)]
    zeros = [f"        c{k}{q} = filled8(ZERO)" for k, q in pairs]
    adds = [f"{pad}c{k}{q} = fused(d{k}, x{q}, c{k}{q})" for k, q in pairs]
    stores = [f"        store(g, w + {k} * inputs + i, totals(c{k}0, c{k}1, c{k}2, c{k}3))" for k in range(rows)]
    return _WEIGHTS.format(
        rows=rows, zeros="\n".join(zeros), loads="\n".join(loads), adds="\n".join(adds), stores="\n".join(stores),
        single_zeros=_lines(2, "c{k} = filled8(ZERO)", rows),
        single_adds="\n".join(f"{pad}c{k} = fused(load8(P, pt + {16 * k} + h), x, c{k})" for k in range(rows)),
        single_stores=_lines(2, "g[w + {k} * inputs + i] = total(c{k})", rows),
    )  # fmt: skip


def dense_text(dtype: DType) -> str:
    """``forward_tile``, ``backward_tile``, ``weights`` and ``row_total``.

    A pack of 16 doubles takes twice the registers, so that half as many rows are worked on at once.
    """
    group, rows = (4, 2) if dtype == "float32" else (2, 1)
    forward = _FORWARD.format(
        group=group,
        start=_lines(2, "s{k} = spread16(theta, b + j + {k})", group),
        add=_lines(3, "s{k} = fused(spread16(theta, place + {k} * inputs + i), x, s{k})", group),
        keep=_lines(2, "store(Z, z + 16 * (j + {k}), s{k})", group),
    )
    backward = _BACKWARD.format(
        group=group,
        load=_lines(2, "d{k} = load16(P, p + 16 * (j + {k}))", group),
        add=_lines(3, "s = fused(spread16(theta, place + {k} * inputs + i), d{k}, s)", group),
    )
    parts = [forward, backward, *(_weights_rows(count) for count in sorted({rows, 1})), _WEIGHTS_ALL.format(rows=rows)]
    return "\n".join(parts)
