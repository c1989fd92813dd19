"""How many floating-point operations a formula takes, counted from its graph.

`+ - * / sqrt`, a comparison, max and min are one each; choosing, negating and taking the absolute value move bits and
are none; a whole power is the multiplications of repeated squaring. What is the same for all points of a loop, and so
computed once, does not count.
"""

from __future__ import annotations

from collections.abc import Iterable

from gdsim.errors import EngineError
from gdsim.formula.emit_block import varying
from gdsim.formula.graph import Graph

ELEMENTARY = {
    "exp": 35, "log": 34, "sin": 34, "cos": 34, "tan": 58, "tanh": 57, "sigmoid": 52, "cbrt": 38, "sech2": 61,
    "softplus": 65, "pow": 123,
}  # fmt: skip
"""The functions of `gdsim.engine.elementary` in float64: fadd, fsub, fmul, fdiv, fcmp and sqrt in LLVM's optimised
instructions of the function alone, a fused multiply-add as two. A test counts again (tests/bench/test_arithmetic.py);
work on bits, which has no rounding, is not counted."""

_ONE = frozenset({"add", "sub", "mul", "div", "sqrt", "lt", "le", "gt", "ge", "eq", "ne", "max", "min", "relu"})
_NONE = frozenset({"const", "input", "neg", "abs", "sign", "select", "and", "or", "not"})


def operations(graph: Graph, per: Iterable[str]) -> int:
    """Operations of one evaluation that depend on the inputs named in `per`.

    Raises:
        EngineError: the graph has loops or an operation that is not in the table.
    """
    varies = varying(graph, per)
    return sum(_count(graph, node) for node in graph.needed(graph.outputs) if varies[node])


def _count(graph: Graph, node: int) -> int:
    op = graph.ops[node]
    if graph.axes[node] or op not in _ONE | _NONE | ELEMENTARY.keys() | {"powi"}:
        raise EngineError(f"the operations of {op!r} are not counted", hint="Add it to gdsim.bench.arithmetic")
    if op == "powi":
        exponent = graph.data[node]
        assert isinstance(exponent, int)
        size = abs(exponent)
        return max(0, size.bit_length() + size.bit_count() - 2) + (exponent < 0)
    return ELEMENTARY.get(op, int(op in _ONE))
