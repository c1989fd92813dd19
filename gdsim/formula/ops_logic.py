"""Comparisons, conditions and what is made of pieces: their derivatives choose, or are zero."""

from __future__ import annotations

from typing import Any

import numpy as np

from gdsim.formula.operator import Branch, Operator, function


def larger(a: Any, b: Any) -> Any:
    """The maximum; a tie goes to a, a NaN to the result."""
    return np.where((a >= b) | (a != a), a, b)


def smaller(a: Any, b: Any) -> Any:
    """The minimum; a tie goes to a, a NaN to the result."""
    return np.where((a <= b) | (a != a), a, b)


def relu(u: Any) -> Any:
    """u where it is positive, else 0; NaN stays."""
    return np.where((u > 0) | (u != u), u, 0.0)


def step(u: Any) -> Any:
    """1 from 0 on, 0 below; NaN stays."""
    return np.where(u >= 0, 1.0, np.where(u < 0, 0.0, u))


def _flat(name: str, numpy: Any, *, python: str = "") -> Operator:
    """A function of one argument that is constant piece by piece."""
    return Operator(name, 1, numpy, f"{name}({{0}})", python or f"np.{name}({{0}})", cost=1)


def _comparison(name: str, sign: str, numpy: Any) -> Operator:
    text = f"{{0}} {sign} {{1}}"
    return Operator(name, 2, numpy, text, text, level=0, truth=True)


OPERATORS = (
    # |x|' = sign(x), 0 at 0
    function("abs", np.abs, lambda w, u, f: w * u.call("sign"), cost=1),
    _flat("sign", np.sign),
    _flat("floor", np.floor),
    _flat("ceil", np.ceil),
    _flat("step", step, python="step({0})"),
    # a tie belongs to the first argument alone
    Operator(
        "max", 2, larger, "{0} if {0} >= {1} or {0} != {0} else {1}", "np.maximum({0}, {1})",
        branch=Branch(lambda a, b: a.call("ge", b), 0, 1),
    ),
    Operator(
        "min", 2, smaller, "{0} if {0} <= {1} or {0} != {0} else {1}", "np.minimum({0}, {1})",
        branch=Branch(lambda a, b: a.call("le", b), 0, 1),
    ),
    # relu'(0) = 0
    Operator(
        "relu", 1, relu, "{0} if {0} > ZERO or {0} != {0} else ZERO", "np.maximum({0}, 0.0)",
        branch=Branch(lambda u: u.call("gt", 0.0), 0, None),
    ),
    Operator(
        "select", 3, np.where, "{1} if {0} else {2}", "np.where({0}, {1}, {2})",
        branch=Branch(lambda c, a, b: c, 1, 2), truths=frozenset({0}),
    ),
    _comparison("lt", "<", np.less),
    _comparison("le", "<=", np.less_equal),
    _comparison("gt", ">", np.greater),
    _comparison("ge", ">=", np.greater_equal),
    _comparison("eq", "==", np.equal),
    _comparison("ne", "!=", np.not_equal),
    Operator(
        "and", 2, np.logical_and, "{0} and {1}", "np.logical_and({0}, {1})", truth=True, truths=frozenset({0, 1})
    ),
    Operator("or", 2, np.logical_or, "{0} or {1}", "np.logical_or({0}, {1})", truth=True, truths=frozenset({0, 1})),
    Operator("not", 1, np.logical_not, "not {0}", "np.logical_not({0})", truth=True, truths=frozenset({0})),
)  # fmt: skip
