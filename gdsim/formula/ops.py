"""The table of operators: what each means in NumPy, its derivative, its text in kernels and scripts.

The entries stand in `ops_arithmetic`, `ops_elementary`, `ops_smooth` and `ops_logic`, each operator together with its
derivative; this module gathers them. An operator is added there and nowhere else.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from gdsim.formula import ops_arithmetic, ops_elementary, ops_logic, ops_smooth
from gdsim.formula.operator import Operator

OPERATORS: dict[str, Operator] = {
    operator.name: operator
    for room in (ops_arithmetic, ops_elementary, ops_smooth, ops_logic)
    for operator in room.OPERATORS
}

COMPOSED: dict[str, int] = {"clip": 3, "gelu": 1}
"""Functions of the language that the builder makes of operators, with their arity (see `simplify`)."""
ARITY: dict[str, int] = {**{name: operator.arity for name, operator in OPERATORS.items()}, **COMPOSED}


def fold(op: str, values: Sequence[float], data: object = None) -> float:
    """The value of an operator for constants, as float64; NaN and infinity are results like any other."""
    operator = OPERATORS[op]
    arguments: list[object] = [
        bool(value) if position in operator.truths else np.float64(value) for position, value in enumerate(values)
    ]
    if data is not None:
        arguments.append(data)
    with np.errstate(all="ignore"):
        return float(operator.numpy(*arguments))


def cost(op: str) -> int:
    """Roughly how many additions an operator costs; leaves cost nothing."""
    operator = OPERATORS.get(op)
    if operator is not None:
        return operator.cost
    return {"sum": 1, "prod": 1, "prod_except": 3, "prod_except_tangent": 9, "scatter": 1}.get(op, 0)
