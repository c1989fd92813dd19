"""What a kernel may call: the header that each generated module begins with, for Numba and for CUDA.

The engine puts two lines in front: ``REAL = numpy.float64`` (or float32) and ``DEVICE = ...``, the decorator of small
functions called from kernels. Behind the header it may define functions of the same names again, for instance
vectorised ones.
"""

from __future__ import annotations

import math
from typing import Literal

from gdsim.formula.ops_smooth import SERIES_REACH, SINC_CURVE_SERIES, SINC_SLOPE_SERIES

Dialect = Literal["numba", "cuda"]

NEAR = frozenset({"sin", "cos", "tan", "sinc", "sinc_slope", "sinc_curve"})
"""Operators whose vectorised functions reduce their argument exactly only up to a size (see `emit_block`)."""

_IMPORTS: dict[Dialect, str] = {
    "numba": """\
from math import acos, acosh, asin, asinh, atan, atan2, atanh, cos, cosh, erf, erfc, exp, log, log1p, pow, sin, sinh
from math import sqrt, tan, tanh
from numpy import cbrt, ceil, empty, floor, fmod, log2, log10
""",
    "cuda": """\
from math import acos, acosh, asin, asinh, atan, atan2, atanh, cos, cosh, erf, erfc, exp, fmod, log, log1p, log2, log10
from math import pow, sin, sinh, sqrt, tan, tanh
from numba import cuda
from numba.cuda.libdevice import cbrt, ceil, floor
""",
}
_IMPORTS_CUDA_32 = "from numba.cuda.libdevice import cbrtf as cbrt, ceilf as ceil, floorf as floor\n"
_IMPORTS_CUDA_SIMULATED = """\
from math import erf, erfc
from numba import cuda
from numpy import arccos as acos, arccosh as acosh, arcsin as asin, arcsinh as asinh, arctan as atan, arctan2 as atan2
from numpy import arctanh as atanh, cbrt, ceil, cos, cosh, exp, floor, fmod, log, log1p, log2, log10, power as pow
from numpy import sin, sinh, sqrt, tan, tanh
"""
"""Numba's CUDA simulator runs kernels as plain Python: `math` would raise there where a kernel gives NaN."""


def _series(coefficients: tuple[float, ...]) -> str:
    text = f"REAL({coefficients[-1]!r})"
    for coefficient in reversed(coefficients[:-1]):
        text = f"({text} * z + REAL({coefficient!r}))"
    return text


_FUNCTIONS = f"""
ZERO = REAL(0.0)
ONE = REAL(1.0)
TWO = REAL(2.0)
FOUR = REAL(4.0)
HALF = REAL(0.5)
NAN = REAL(float("nan"))


@DEVICE
def sign(u):
    return ONE if u > ZERO else (-ONE if u < ZERO else u)


@DEVICE
def step(u):
    return ONE if u >= ZERO else (ZERO if u < ZERO else u)


@DEVICE
def mod(a, b):
    r = fmod(a, b)
    if r != ZERO:
        return r + b if (b < ZERO) != (r < ZERO) else r
    return r if r != r else (-ZERO if b < ZERO else ZERO)


@DEVICE
def pow_slope(u, p):
    return ZERO if u == ZERO and p >= ZERO and p < ONE else p * pow(u, p - ONE)


@DEVICE
def root_slope(r):
    return ZERO if r == ZERO else HALF / r


@DEVICE
def sech2(u):
    e = exp(-TWO * abs(u))
    return FOUR * e / ((ONE + e) * (ONE + e))


@DEVICE
def xlogy(x, y):
    return ZERO if x == ZERO and y == y else x * log(y)


@DEVICE
def sinc(u):
    return ONE if u == ZERO else sin(u) / u


@DEVICE
def sinc_slope(u):
    z = u * u
    if abs(u) < REAL({SERIES_REACH!r}):
        return u * {_series(SINC_SLOPE_SERIES)}
    return (cos(u) - sin(u) / u) / u


@DEVICE
def sinc_curve(u):
    z = u * u
    if abs(u) < REAL({SERIES_REACH!r}):
        return {_series(SINC_CURVE_SERIES)}
    return -sin(u) / u - TWO * (cos(u) - sin(u) / u) / u / u


@DEVICE
def normal_mass(u):
    return HALF * erfc(u * REAL({-math.sqrt(0.5)!r}))


@DEVICE
def normal_density(u):
    return exp(-HALF * u * u) * REAL({1.0 / math.sqrt(2.0 * math.pi)!r})


@DEVICE
def sigmoid(u):
    e = exp(-abs(u))
    return ONE / (ONE + e) if u >= ZERO else e / (ONE + e)


@DEVICE
def sigmoid_slope(u):
    e = exp(-abs(u))
    return e / ((ONE + e) * (ONE + e))


@DEVICE
def softplus(u):
    return (u if u > ZERO or u != u else ZERO) + log1p(exp(-abs(u)))
"""


def header(dialect: Dialect = "numba", *, single: bool = False, simulated: bool = False) -> str:
    """The beginning of a generated module: imports and the functions that kernels call.

    Args:
        dialect: for which compiler.
        single: whether REAL is float32 (CUDA's library has functions of their own for it).
        simulated: for CUDA, whether Numba's simulator runs it instead of a device.
    """
    imports = _IMPORTS[dialect]
    if dialect == "cuda" and simulated:
        imports = _IMPORTS_CUDA_SIMULATED
    elif dialect == "cuda" and single:
        imports = imports.replace("from numba.cuda.libdevice import cbrt, ceil, floor\n", _IMPORTS_CUDA_32)
    return imports + _FUNCTIONS


def scratch(dialect: Dialect, count: int) -> str:
    """The text that makes an array of `count` numbers inside a kernel."""
    return f"cuda.local.array({count}, REAL)" if dialect == "cuda" else f"empty({count}, REAL)"
