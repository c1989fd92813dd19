"""Smooth special functions: sinc, erf, the normal distribution, sigmoid and softplus."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from gdsim.formula.operator import function
from gdsim.formula.term import Term

SERIES_REACH = 1.0
"""Below this |u| the derivatives of sinc come from their power series: the closed forms cancel there."""
SINC_SLOPE_SERIES = tuple((-1) ** k * 2 * k / math.factorial(2 * k + 1) for k in range(1, 11))
"""sinc'(u) = sum of these times u^(2k-1)."""
SINC_CURVE_SERIES = tuple((-1) ** k * 2 * k * (2 * k - 1) / math.factorial(2 * k + 1) for k in range(1, 11))
"""sinc''(u) = sum of these times u^(2k-2)."""


def sigmoid(u: Any) -> Any:
    """1/(1 + e^-u) without overflow, small values exact."""
    e = np.exp(-np.abs(u))
    return np.where(u >= 0, 1 / (1 + e), e / (1 + e))


def sigmoid_slope(u: Any) -> Any:
    """The first derivative of the sigmoid."""
    e = np.exp(-np.abs(u))
    return e / ((1 + e) * (1 + e))


def softplus(u: Any) -> Any:
    """log(1 + e^u) without overflow."""
    return np.maximum(u, 0) + np.log1p(np.exp(-np.abs(u)))


def sinc(u: Any) -> Any:
    """sin(u)/u, and 1 at 0 (the unnormalised one)."""
    return np.where(u == 0, 1.0, np.sin(u) / u)


def sinc_slope(u: Any) -> Any:
    """The first derivative of sinc."""
    far = (np.cos(u) - np.sin(u) / u) / u
    return np.where(np.abs(u) < SERIES_REACH, u * _series(SINC_SLOPE_SERIES, u * u), far)


def sinc_curve(u: Any) -> Any:
    """The second derivative of sinc."""
    far = -np.sin(u) / u - 2 * (np.cos(u) - np.sin(u) / u) / u / u
    return np.where(np.abs(u) < SERIES_REACH, _series(SINC_CURVE_SERIES, u * u), far)


def _series(coefficients: tuple[float, ...], z: Any) -> Any:
    total = 0.0 * z + coefficients[-1]
    for coefficient in reversed(coefficients[:-1]):
        total = total * z + coefficient
    return total


def _sinc_third(w: Term, u: Term, f: Term) -> Term:
    slope = u.call("sinc_slope")
    return u.call("eq", 0.0).choose(0.0, w * (2.0 * slope / u.power(2) - slope - 2.0 * f / u))


def _each(kernel: Any) -> Any:
    """A function of `math` on arrays: NumPy itself has no erf."""

    def apply(u: Any) -> Any:
        values = np.asarray(u)
        result = np.fromiter(map(kernel, values.ravel().tolist()), dtype=np.float64, count=values.size)
        return result.reshape(values.shape).astype(values.dtype)

    return apply


_erfc = _each(math.erfc)


def normal_mass(u: Any) -> Any:
    """The normal distribution function, exact far to the left, too."""
    return 0.5 * _erfc(u * -math.sqrt(0.5))


def normal_density(u: Any) -> Any:
    """The density of the normal distribution."""
    return np.exp(-0.5 * u * u) * (1.0 / math.sqrt(2.0 * math.pi))


OPERATORS = (
    function("sinc", sinc, lambda w, u, f: w * u.call("sinc_slope"), python="sinc({0})"),
    function("sinc_slope", sinc_slope, lambda w, u, f: w * u.call("sinc_curve"), python="sinc_slope({0})"),
    function("sinc_curve", sinc_curve, _sinc_third, python="sinc_curve({0})"),
    function(
        "erf",
        _each(math.erf),
        lambda w, u, f: w * ((-u.power(2)).call("exp") * (2.0 / math.sqrt(math.pi))),
        python="erf({0})",
    ),
    # gelu(u) = u normal_mass(u)
    function("normal_mass", normal_mass, lambda w, u, f: w * u.call("normal_density"), python="normal_mass({0})"),
    function("normal_density", normal_density, lambda w, u, f: -(w * (u * f)), python="normal_density({0})"),
    # s' = s(u) s(-u), s'' = -s' tanh(u/2): 1 - s(u) would cancel
    function("sigmoid", sigmoid, lambda w, u, f: w * u.call("sigmoid_slope"), python="sigmoid({0})"),
    function(
        "sigmoid_slope",
        sigmoid_slope,
        lambda w, u, f: -(w * (f * (0.5 * u).call("tanh"))),
        python="sigmoid_slope({0})",
    ),
    function("softplus", softplus, lambda w, u, f: w * u.call("sigmoid"), python="softplus({0})"),
)

