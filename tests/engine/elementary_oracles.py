"""Where the elementary functions are tried, and their true values there.

The measure is mpmath, whose low-level functions with a fixed precision take 10 us each. At all of 100,000 points the C
library in a wider type stands for it, where there is one: its error there is below 0.003 of the units that count.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy
from mpmath import libmp
from mpmath.libmp import mpf_add, mpf_div, mpf_exp, mpf_log, mpf_mul, mpf_neg, mpf_pos, mpf_sub
from scipy import special

from gdsim.engine.elementary import REACH

POINTS = 100_000
BITS = 90
Number = Any
"""A number of mpmath's low level: sign, mantissa, exponent, bit count."""
Array = numpy.ndarray[Any, Any]
Sampler = Callable[[numpy.random.Generator, int, str], Array]

ONE, HALF = libmp.fone, libmp.fhalf


def _magnitude(x: Number) -> int:
    return int(x[2] + x[3])


def _tiny(x: Number) -> bool:
    return _magnitude(x) < -60


def _series(x: Number, second: Number) -> Number:
    """x + second x^2, for |x| < 2^-60: what is left out is below 2^-120."""
    return mpf_mul(x, mpf_add(ONE, mpf_mul(second, x, BITS), BITS), BITS)


def expm1(x: Number) -> Number:
    if _tiny(x):
        return _series(x, HALF)
    return mpf_sub(mpf_exp(x, BITS + 64), ONE, BITS)


def log1p(x: Number) -> Number:
    return _series(x, mpf_neg(HALF)) if _tiny(x) else mpf_log(mpf_add(ONE, x), BITS)


def log2(x: Number) -> Number:
    return mpf_div(mpf_log(x, BITS), libmp.mpf_ln2(BITS), BITS)


def log10(x: Number) -> Number:
    return mpf_div(mpf_log(x, BITS), libmp.mpf_ln10(BITS), BITS)


def sigmoid(x: Number) -> Number:
    return mpf_div(ONE, mpf_add(ONE, mpf_exp(mpf_neg(x), BITS), BITS), BITS)


def sigmoid_slope(x: Number) -> Number:
    e = mpf_exp(mpf_neg(libmp.mpf_abs(x)), BITS)
    d = mpf_add(ONE, e, BITS)
    return mpf_div(e, mpf_mul(d, d), BITS)


def sech2(x: Number) -> Number:
    c = libmp.mpf_cosh(x, BITS)
    return mpf_div(ONE, mpf_mul(c, c), BITS)


def softplus(x: Number) -> Number:
    e = mpf_exp(x, BITS)
    return log1p(e) if _magnitude(e) < 400 else mpf_pos(x, BITS)


def sinh(x: Number) -> Number:
    return mpf_pos(x, BITS) if _tiny(x) else libmp.mpf_sinh(x, BITS)


def tanh(x: Number) -> Number:
    return mpf_pos(x, BITS) if _tiny(x) else libmp.mpf_tanh(x, BITS)


def asinh(x: Number) -> Number:
    return mpf_pos(x, BITS) if _tiny(x) else libmp.mpf_asinh(x, BITS)


def atanh(x: Number) -> Number:
    return mpf_pos(x, BITS) if _tiny(x) else libmp.mpf_atanh(x, BITS)


def cbrt(x: Number) -> Number:
    root = libmp.mpf_cbrt(libmp.mpf_abs(x), BITS)
    return mpf_neg(root) if x[0] else root


def _plain(function: Callable[..., Number]) -> Callable[..., Number]:
    return lambda *arguments: function(*arguments, BITS)


ORACLES: dict[str, Callable[..., Number]] = {
    "exp": _plain(mpf_exp),
    "expm1": expm1,
    "log": _plain(mpf_log),
    "log1p": log1p,
    "log2": log2,
    "log10": log10,
    "pow": _plain(libmp.mpf_pow),
    "cbrt": cbrt,
    "sin": _plain(libmp.mpf_sin),
    "cos": _plain(libmp.mpf_cos),
    "tan": _plain(libmp.mpf_tan),
    "asin": _plain(libmp.mpf_asin),
    "acos": _plain(libmp.mpf_acos),
    "atan": _plain(libmp.mpf_atan),
    "atan2": _plain(libmp.mpf_atan2),
    "sinh": sinh,
    "cosh": _plain(libmp.mpf_cosh),
    "tanh": tanh,
    "asinh": asinh,
    "acosh": _plain(libmp.mpf_acosh),
    "atanh": atanh,
    "sigmoid": sigmoid,
    "sigmoid_slope": sigmoid_slope,
    "softplus": softplus,
    "sech2": sech2,
    "erf": _plain(libmp.mpf_erf),
}


def true_values(name: str, *arrays: Array) -> tuple[Array, Array, Array]:
    """(first, last, exponent): the true values at finite points are (first + last) 2^exponent, to some 90 bits.

    first is an integer of 53 bits, last less than 1; the exponent is a number of its own, so that nothing is lost where
    a double would overflow or lose its digits.
    """
    oracle, from_float = ORACLES[name], libmp.from_float
    firsts, lasts, exponents = [], [], []
    for point in zip(*(array.astype(float).tolist() for array in arrays), strict=True):
        sign, mantissa, exponent, count = oracle(*map(from_float, point))
        shift = count - 53
        if shift < 0:
            mantissa, exponent, shift = mantissa << -shift, exponent + shift, 0
        first = mantissa >> shift
        last = float(mantissa - (first << shift)) * 2.0**-shift
        firsts.append(float(-first if sign else first))
        lasts.append(-last if sign else last)
        exponents.append(max(-5000, min(5000, exponent + shift)))
    return numpy.array(firsts), numpy.array(lasts), numpy.array(exponents)


WIDER: dict[str, Callable[..., Array]] = {
    "cbrt": numpy.cbrt,
    "pow": numpy.power,
    "atan2": numpy.arctan2,
    **{name: getattr(numpy, name) for name in ("exp", "expm1", "log", "log1p", "log2", "log10", "sin", "cos", "tan")},
    **{name: getattr(numpy, name) for name in ("sinh", "cosh", "tanh")},
    **{f"a{name}": getattr(numpy, f"arc{name}") for name in ("sin", "cos", "tan", "sinh", "cosh", "tanh")},
    "sigmoid": lambda x: 1 / (1 + numpy.exp(-x)),
    "sigmoid_slope": lambda x: numpy.exp(-abs(x)) / (1 + numpy.exp(-abs(x))) ** 2,
    "softplus": lambda x: numpy.maximum(x, 0) + numpy.log1p(numpy.exp(-abs(x))),
    "sech2": lambda x: (2 * numpy.exp(-abs(x)) / (1 + numpy.exp(-2 * abs(x)))) ** 2,
    "erf": special.erf,
}
"""The functions as NumPy's types have them."""


def wider_type(name: str, precision: str) -> Any:
    """A type of at least 11 more bits in which the function is there, or None."""
    kinds = [numpy.float64] if name == "erf" else [numpy.longdouble, numpy.float64]
    enough = numpy.finfo(precision).nmant + 11
    return next((kind for kind in kinds if numpy.finfo(kind).nmant >= enough), None)


def wider_values(name: str, *arrays: Array) -> tuple[Array, Array, Array]:
    """The same as `true_values` from the C library in `wider_type`."""
    kind = wider_type(name, arrays[0].dtype.name)
    with numpy.errstate(all="ignore"):
        mantissa, exponent = numpy.frexp(WIDER[name](*(array.astype(kind) for array in arrays)))
        whole = numpy.trunc(numpy.ldexp(mantissa, 53))
        last = numpy.ldexp(mantissa, 53) - whole
    return whole.astype(float), last.astype(float), numpy.clip(exponent.astype(int) - 53, -5000, 5000)


def errors_in_ulp(got: Array, truth: tuple[Array, Array, Array]) -> Array:
    """|got - truth| in units in the last place of the true value, in the precision of `got`.

    Infinity counts as right where the true value rounds to it, and is off by one where it rounds to the largest number.
    """
    info = numpy.finfo(got.dtype)
    first, last, exponent = truth
    unit = numpy.maximum(exponent + 52, info.minexp) - info.nmant
    with numpy.errstate(all="ignore"):
        high = numpy.ldexp(first, exponent)
        difference = (numpy.ldexp(got.astype(float), -exponent) - first) - last
        error = numpy.abs(difference) / numpy.ldexp(1.0, unit - exponent)
        beyond = numpy.abs(high) > float(info.max) * (1 + 2.0 ** (-info.nmant - 2))
        same_sign = numpy.sign(got) == numpy.sign(high)
    error = numpy.where(beyond, numpy.where(same_sign & (numpy.abs(got) >= info.max), 0.0, numpy.inf), error)
    return numpy.where(numpy.isnan(error), numpy.inf, error)


# Where the points lie


def uniform(low: float, high: float) -> Sampler:
    return lambda rng, n, precision: rng.uniform(low, high, n)


def scaled(low: float, high: float, *, signed: bool = True, centre: float = 0.0) -> Sampler:
    """centre +- 2^e with e from low to high, evenly."""

    def sample(rng: numpy.random.Generator, n: int, precision: str) -> Array:
        sign = rng.choice([-1.0, 1.0], n) if signed else 1.0
        return centre + sign * 2.0 ** rng.uniform(low, high, n)

    return sample


def all_scales(*, signed: bool = True) -> Sampler:
    """Every order of magnitude, subnormal numbers too."""

    def sample(rng: numpy.random.Generator, n: int, precision: str) -> Array:
        info = numpy.finfo(precision)
        return scaled(info.minexp - info.nmant, info.maxexp - 0.01, signed=signed)(rng, n, precision)

    return sample


def near_limits(*fractions: float) -> Sampler:
    """Near multiples of log(largest number), where exponentials overflow, and of log(smallest)."""

    def sample(rng: numpy.random.Generator, n: int, precision: str) -> Array:
        info = numpy.finfo(precision)
        limits = [math.log(info.max), -math.log(info.max), math.log(info.tiny), math.log(info.smallest_subnormal)]
        centres = rng.choice([fraction * limit for fraction in fractions for limit in limits], n)
        return centres + rng.uniform(-2.0, 2.0, n)

    return sample


def exponents() -> Sampler:
    def sample(rng: numpy.random.Generator, n: int, precision: str) -> Array:
        info = numpy.finfo(precision)
        return rng.uniform(math.log(info.smallest_subnormal) - 2, math.log(info.max) + 1, n)

    return sample


def near_quarter_turns() -> Sampler:
    """The nearest numbers to multiples of pi / 2, and some a little further, up to the reach."""

    def sample(rng: numpy.random.Generator, n: int, precision: str) -> Array:
        last = int(REACH[precision]["sin"] / (math.pi / 2)) - 2
        turns = numpy.concatenate([rng.integers(-20, 20, n // 2), rng.integers(-last, last, n - n // 2)])
        near = (turns * (math.pi / 2)).astype(precision)
        return near * (1 + rng.integers(-3, 4, n) * float(numpy.finfo(precision).eps))

    return sample


def up_to_reach() -> Sampler:
    return lambda rng, n, precision: rng.uniform(-1, 1, n) * REACH[precision]["sin"]


EXPONENTIAL = [uniform(-1, 1), uniform(-20, 20), exponents(), near_limits(1.0, 0.5), all_scales()]
LOGARITHM = [uniform(0.4, 2.5), scaled(-52, -2, centre=1.0), all_scales(signed=False)]
TURN = [uniform(-1, 1), uniform(-10, 10), up_to_reach(), near_quarter_turns(), scaled(-30, 16)]
ODD = [uniform(-1.5, 1.5), uniform(-8, 8), all_scales(), scaled(-20, 20)]
UNIT = [uniform(-1, 1), scaled(-30, 0), scaled(-50, -1, signed=False, centre=-1.0), uniform(0.45, 0.55)]
SAMPLERS: dict[str, list[Sampler]] = {
    **dict.fromkeys(("exp", "expm1", "sinh", "cosh", "tanh"), EXPONENTIAL),
    **dict.fromkeys(("sigmoid", "sigmoid_slope", "sech2", "softplus"), EXPONENTIAL),
    **dict.fromkeys(("log", "log2", "log10"), LOGARITHM),
    "log1p": [uniform(-0.99, 3), scaled(-52, 0, signed=False, centre=-1.0), all_scales(signed=False), scaled(-60, -1)],
    **dict.fromkeys(("sin", "cos", "tan"), TURN),
    **dict.fromkeys(("atan", "asinh", "erf", "cbrt"), ODD),
    **dict.fromkeys(("asin", "acos", "atanh"), UNIT),
    "acosh": [uniform(1, 3), scaled(-50, 0, signed=False, centre=1.0), scaled(0, 120, signed=False)],
}


def points(name: str, precision: str, count: int = POINTS) -> list[Array]:
    """The arguments, one array or two."""
    rng = numpy.random.default_rng(len(name) + 7 * count)
    if name == "pow":
        half = count // 2
        logs = numpy.log(numpy.finfo(precision).max)
        wide, near = all_scales(signed=False), scaled(-12, 3, centre=9.0)
        x = numpy.concatenate([sampler(rng, half, precision) for sampler in (wide, near)]).astype(precision)
        # so that x^y fills the range of the numbers and a little more
        y = rng.uniform(-1.05, 1.02, x.size) * logs / numpy.maximum(numpy.abs(numpy.log(x.astype(float))), 1e-4)
        x[::10] = (1 + rng.uniform(-1, 1, x[::10].size) * 2.0 ** rng.uniform(-20, -2, x[::10].size)).astype(precision)
        y[5::10] = rng.integers(-9, 10, y[5::10].size)
        return [x, y.astype(precision)]
    if name == "atan2":
        y, x = (all_scales()(rng, count // 4, precision) for _ in range(2))
        near = scaled(-3, 3)
        ordinary = [numpy.concatenate([wild, near(rng, count - wild.size, precision)]) for wild in (y, x)]
        return [array.astype(precision) for array in ordinary]
    samplers = SAMPLERS[name]
    with numpy.errstate(over="ignore"):
        parts = [sampler(rng, count // len(samplers), precision) for sampler in samplers]
        x = numpy.concatenate(parts).astype(precision)
    x = x[numpy.isfinite(x) & (x != 0)]
    if name in ("log", "log2", "log10"):
        return [x[x > 0]]
    if name == "log1p":
        return [x[x > -1]]
    if name in ("asin", "acos", "atanh"):
        return [x[numpy.abs(x) < 1]]
    if name == "acosh":
        return [x[x > 1]]
    return [x]
