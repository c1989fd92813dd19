"""The text of CUDA kernels of an activation and of a loss, from the same graphs as everywhere."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from gdsim.engine.backend import DType
from gdsim.engine.cuda import texts
from gdsim.formula.graph import Graph
from gdsim.formula.positions import Positions
from gdsim.formula.schedule import Scheduler
from gdsim.formula.source import Constants, Writer

_ACTIVATE = """
def activate(Z, A, H, F, count, residual, period):
{arrays}    for k in range(cuda.grid(1), count, cuda.gridsize(1)):
        z = Z[k]
{lines}
{slope}        h = {value}
        H[k] = h + A[k % period] if residual else h
"""

_LOST = """
def lost(O, Y, L, D, outputs, m, share, count):
{arrays}    for q in range(cuda.grid(1), count, cuda.gridsize(1)):
        p, s = q // m, q % m
        total = ZERO
        for j in range(outputs):
            at = (p * outputs + j) * m + s
            o, y = O[at], Y[j * m + s]
{lines}
{slope}            total += {value}
        L[q] = total
"""

_SHARED_LOST = """

def lost(O, Y, L, D, outputs, m, share, count):
    # log sum exp(o) - o of the class; where y is 0 an output of -inf counts for nothing
    for q in range(cuda.grid(1), count, cuda.gridsize(1)):
        p, s = q // m, q % m
        at = p * outputs * m + s
        top = O[at]
        for j in range(1, outputs):
            o = O[at + j * m]
            top = o if o > top or o != o else top
        total, right = ZERO, ZERO
        for j in range(outputs):
            o, y = O[at + j * m] - top, Y[j * m + s]
            total += exp(o)
            if y != ZERO:
                right += y * o
        L[q] = log(total) - right
{slope}"""
_SHARED_SLOPE = """\
        for j in range(outputs):
            D[at + j * m] = (exp(O[at + j * m] - top) / total - Y[j * m + s]) * share
"""


def activation_text(graph: Graph, dtype: DType, *, simulated: bool = False) -> str:
    """``activate(Z, A, H, F, count, residual, period)``: f(Z), with A[k % period] where residual, into H.

    Args:
        graph: over z; a second output is f'(z), which is put into F.
    """
    return _text(_ACTIVATE, graph, {"z": "z"}, 2, "F[k] = {0}", dtype, simulated)


def loss_text(graph: Graph, dtype: DType, *, simulated: bool = False) -> str:
    """``lost(O, Y, L, D, outputs, m, share, count)``: the loss of each sample of each point into L.

    Args:
        graph: over o and y; a second output is its derivative by o, which is put into D times `share`.
    """
    return _text(_LOST, graph, {"o": "o", "y": "y"}, 3, "D[at] = {0} * share", dtype, simulated)


def shared_loss_text(dtype: DType, *, slopes: bool, simulated: bool = False) -> str:
    """``lost`` of the cross-entropy over all outputs, with derivatives or without."""
    return texts.begin(dtype, simulated) + _SHARED_LOST.format(slope=_SHARED_SLOPE if slopes else "")


def _text(
    template: str, graph: Graph, loads: Mapping[str, str], depth: int, slope: str, dtype: DType, simulated: bool
) -> str:
    constants, positions = Constants(), Positions(graph)
    writer = Writer(graph, positions, constants, loads=loads, stores={}, length="1", n=1, dialect="cuda")
    writer.indent = depth
    writer.write(Scheduler(graph, positions).plan(graph.outputs))
    value, *slopes = (writer.number(output) for output in graph.outputs)
    body = template.format(
        arrays=_indented(writer.arrays, 1),
        lines="\n".join(writer.lines),
        value=value,
        slope=_indented([slope.format(each) for each in slopes], depth),
    )
    return texts.begin(dtype, simulated) + constants.source() + "\n\n" + body


def _indented(lines: Sequence[str], depth: int) -> str:
    return "".join(f"{'    ' * depth}{line}\n" for line in lines)
