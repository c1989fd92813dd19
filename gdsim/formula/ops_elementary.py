"""The elementary functions: roots, exponentials, logarithms, circular and hyperbolic functions."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from gdsim.formula.operator import function
from gdsim.formula.term import Term

LN_2 = math.log(2.0)
LN_10 = math.log(10.0)


def root_slope(r: Any) -> Any:
    """The derivative of the square root whose value is r: 1/(2r), and 0 at r = 0."""
    return np.where(r == 0, 0.0, 0.5 / r)


def sech2(u: Any) -> Any:
    """1/cosh(u)^2 without overflow, exact where 1 - tanh(u)^2 cancels."""
    e = np.exp(-2 * np.abs(u))
    return 4 * e / ((1 + e) * (1 + e))


def xlogy(x: Any, y: Any) -> Any:
    """x log y, and 0 where x = 0, whatever y."""
    return np.where((x == 0) & (y == y), 0.0, x * np.log(y))


def _logarithm_slope(w: Term, x: Term, y: Term, f: Term) -> Term:
    return x.call("eq", 0.0).choose(0.0, w * (x / y))


OPERATORS = (
    # sqrt'(0) = 0 by convention, so that a norm has the gradient 0 at its minimum; its curvature there is not finite
    function("sqrt", np.sqrt, lambda w, u, f: w * f.call("root_slope"), cost=4),
    function("root_slope", root_slope, lambda w, r, f: -(w * (0.5 / r.power(2))), python="root_slope({0})", cost=4),
    function("cbrt", np.cbrt, lambda w, u, f: w / (3.0 * f.power(2)), cost=20),
    function("exp", np.exp, lambda w, u, f: w * f),
    function("log", np.log, lambda w, u, f: w / u),
    function("log10", np.log10, lambda w, u, f: w / (u * LN_10)),
    function("log2", np.log2, lambda w, u, f: w / (u * LN_2)),
    # 0 log 0 = 0
    function(
        "xlogy",
        xlogy,
        lambda w, x, y, f: w * y.call("log"),
        _logarithm_slope,
        python="xlogy({0}, {1})",
    ),
    function("sin", np.sin, lambda w, u, f: w * u.call("cos")),
    function("cos", np.cos, lambda w, u, f: -(w * u.call("sin"))),
    function("tan", np.tan, lambda w, u, f: w * (1.0 + f.power(2))),
    function("asin", np.arcsin, lambda w, u, f: w / ((1.0 - u) * (1.0 + u)).call("sqrt"), python="np.arcsin({0})"),
    function("acos", np.arccos, lambda w, u, f: -(w / ((1.0 - u) * (1.0 + u)).call("sqrt")), python="np.arccos({0})"),
    function("atan", np.arctan, lambda w, u, f: w / (1.0 + u.power(2)), python="np.arctan({0})"),
    function(
        "atan2",
        np.arctan2,
        lambda w, y, x, f: w * (x / (x.power(2) + y.power(2))),
        lambda w, y, x, f: -(w * (y / (x.power(2) + y.power(2)))),
        python="np.arctan2({0}, {1})",
    ),
    function("sinh", np.sinh, lambda w, u, f: w * u.call("cosh")),
    function("cosh", np.cosh, lambda w, u, f: w * u.call("sinh")),
    function("asinh", np.arcsinh, lambda w, u, f: w / (1.0 + u.power(2)).call("sqrt"), python="np.arcsinh({0})"),
    function("acosh", np.arccosh, lambda w, u, f: w / ((u - 1.0) * (u + 1.0)).call("sqrt"), python="np.arccosh({0})"),
    function("atanh", np.arctanh, lambda w, u, f: w / ((1.0 - u) * (1.0 + u)), python="np.arctanh({0})"),
    function("tanh", np.tanh, lambda w, u, f: w * u.call("sech2")),
    function("sech2", sech2, lambda w, u, f: -2.0 * (w * (u.call("tanh") * f)), python="sech2({0})"),
)
