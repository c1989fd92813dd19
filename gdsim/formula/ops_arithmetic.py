"""The operators of arithmetic: sums, products, powers, remainders."""

from __future__ import annotations

from typing import Any

import numpy as np

from gdsim.formula.operator import Operator
from gdsim.formula.term import Term


def whole_power(base: Any, exponent: int) -> Any:
    """base^exponent by repeated squaring; a negative exponent inverts at the end."""
    result: Any = None
    square, rest = base, abs(exponent)
    while rest:
        if rest & 1:
            result = square if result is None else result * square
        rest >>= 1
        if rest:
            square = square * square
    return result if exponent > 0 else 1.0 / result


def _power(base: Any, exponent: Any) -> Any:
    return np.power(base, exponent)


def _power_by_base(w: Term, u: Term, p: Term, f: Term) -> Term:
    exponent = p.constant
    if exponent is not None and not 0.0 <= exponent < 1.0:
        return (w * p) * u.call("pow", exponent - 1.0)
    return w * u.call("pow_slope", p)


def _power_by_exponent(w: Term, u: Term, p: Term, f: Term) -> Term:
    at_zero = u.call("eq", 0.0).call("and", p.call("ge", 0.0))
    return at_zero.choose(0.0, w * (f * u.call("log")))


def pow_slope(u: Any, p: Any) -> Any:
    """p*u^(p-1), but 0 at u = 0 for 0 <= p < 1, where the slope is infinite: the convention sqrt'(0) = 0."""
    return np.where((u == 0) & (p >= 0) & (p < 1), 0.0, p * np.power(u, p - 1))


def _pow_slope_by_base(w: Term, u: Term, p: Term, f: Term) -> Term:
    constant = p.constant
    curve = w * (p * (p - 1.0)) * u.call("pow", p - 2.0)
    if constant is not None:
        return curve
    return p.call("eq", 1.0).choose(0.0, curve)


def _pow_slope_by_exponent(w: Term, u: Term, p: Term, f: Term) -> Term:
    at_zero = u.call("eq", 0.0).call("and", p.call("gt", 1.0))
    return at_zero.choose(0.0, w * (u.call("pow", p - 1.0) + f * u.call("log")))


def floored_mod(a: Any, b: Any) -> Any:
    """The remainder with the sign of b, as Python has it; NaN for b = 0."""
    return np.mod(a, b)


OPERATORS = (
    Operator(
        "add", 2, np.add, "{0} + {1}", "{0} + {1}",
        (lambda w, a, b, f: w, lambda w, a, b, f: w), level=1,
    ),
    Operator(
        "sub", 2, np.subtract, "{0} - {1}", "{0} - {1}",
        (lambda w, a, b, f: w, lambda w, a, b, f: -w), level=1,
    ),
    Operator(
        "mul", 2, np.multiply, "{0} * {1}", "{0} * {1}",
        (lambda w, a, b, f: w * b, lambda w, a, b, f: w * a), level=2,
    ),
    Operator(
        "div", 2, np.divide, "{0} / {1}", "{0} / {1}",
        (lambda w, a, b, f: w / b, lambda w, a, b, f: -(w / b * f)), level=2, cost=2,
    ),
    Operator("neg", 1, np.negative, "-{0}", "-{0}", (lambda w, u, f: -w,), level=3),
    Operator(
        "pow", 2, _power, "pow({0}, {1})", "{0} ** {1}",
        (_power_by_base, _power_by_exponent), level=4, cost=20,
    ),
    # a constant whole exponent, the node's data: by multiplication, exact for negative bases
    Operator(
        "powi", 1, whole_power, "{0}", "{0}",
        (lambda w, u, f, k: (w * float(k)) * u.power(k - 1),), level=4, cost=2,
    ),
    # the derivatives of powers whose exponent lies, or may lie, between 0 and 1
    Operator(
        "pow_slope", 2, pow_slope, "pow_slope({0}, {1})", "pow_slope({0}, {1})",
        (_pow_slope_by_base, _pow_slope_by_exponent), cost=20,
    ),
    Operator(
        "mod", 2, floored_mod, "mod({0}, {1})", "np.mod({0}, {1})",
        (lambda w, a, b, f: w, lambda w, a, b, f: -(w * (a / b).call("floor"))), cost=10,
    ),
)  # fmt: skip
