"""sin, cos and tan; the argument is reduced in double precision, in either precision of the function.

Method (W. J. Cody, W. Waite, Software Manual for the Elementary Functions, 1980): the nearest multiple of
pi / 2 is subtracted in parts so short that each product is exact; then minimax polynomials. Where single precision has
room to spare in double, it takes a multiple of pi and the sine on [-pi/2, pi/2] alone. The REACH of the package is as
far as the products stay exact: multiples below 2^16 in double, below 2^27 in single precision.
"""

from __future__ import annotations

from typing import Any

import numpy

from gdsim.engine.elementary import coefficients
from gdsim.engine.elementary.bits import (
    bits_add,
    bits_and,
    bits_left,
    bits_or,
    bits_xor,
    choose,
    magnitude,
    muladd,
    polynomial,
)
from gdsim.engine.elementary.precision import DOUBLE, inline

SIGN = -(1 << 63)
SHIFT = float(DOUBLE.shift)
HIGH_MASK = DOUBLE.high_mask
PER_PI = 0.3183098861837907
PER_HALF_PI = 0.6366197723675814
HALF_PI_1, HALF_PI_2, HALF_PI_3 = 1.5707963267923333, 2.5633441515839558e-12, 1.0562999066987428e-23
"""pi / 2 in parts of 37, 37 and 53 bits."""
PI_HIGH, PI_LOW = 3.1415926218032837, 3.178650954705639e-08
"""pi in parts of 26 and 53 bits."""
HALF_PI_HIGH, HALF_PI_LOW = 0.5 * PI_HIGH, 0.5 * PI_LOW
SIN, SIN_SHORT = coefficients.SIN_QUARTER_64, coefficients.SIN_32
TAN, TAN_SHORT = coefficients.TAN_64, coefficients.TAN_32


@inline
def reduced(x: Any) -> Any:
    """(t, r, low): |x| = n pi / 2 + r + low, n in the low bits of t."""
    size = magnitude(x)
    t = muladd(size, PER_HALF_PI, SHIFT)
    n = t - SHIFT
    first = muladd(n, -HALF_PI_1, size)
    r = muladd(n, -HALF_PI_2, first)
    return t, r, muladd(n, -HALF_PI_3, muladd(n, -HALF_PI_2, first - r))


@inline
def odd(t: Any) -> Any:
    return bits_or(bits_left(t, 63), 1.0) < 0.0


@inline
def quarter_turns(t: Any, r: Any, low: Any) -> Any:
    """sin(n pi / 2 + r + low): sin r, or cos r = 1 - 2 sin(r / 2)^2, by one polynomial; never beyond 1."""
    turned = odd(t)
    part = choose(turned, 0.5, 1.0)
    a = r * part
    z = a * a
    s = a + muladd(a * z, polynomial(z, SIN), low * part)
    value = choose(turned, muladd(-2.0 * s, s, 1.0), s)
    return bits_xor(value, bits_and(bits_left(t, 62), SIGN))


@inline
def sin(x: Any) -> Any:
    t, r, low = reduced(x)
    return bits_xor(quarter_turns(t, r, low), bits_and(x, SIGN))


@inline
def cos(x: Any) -> Any:
    """sin(|x| + pi / 2)."""
    t, r, low = reduced(x)
    return quarter_turns(bits_add(t, 1), r, low)


@inline
def tan(x: Any) -> Any:
    """tan r, or -1 / tan r next to an odd multiple of pi / 2: with its last digits, as in fdlibm's k_tan.c."""
    t, r, low = reduced(x)
    z = r * r
    c = muladd(r * z, polynomial(z, TAN), low * (1.0 + z))
    y = r + c
    turned = odd(t)
    inverse = -1.0 / y
    y_high = bits_and(y, HIGH_MASK)
    y_low = c - (y_high - r)
    inverse_high = bits_and(inverse, HIGH_MASK)
    rest = muladd(inverse_high, y_low, muladd(inverse_high, y_high, 1.0))
    value = choose(turned, muladd(inverse, rest, inverse_high), y)
    return bits_xor(value, bits_and(x, SIGN))


@inline
def short_sine(r: Any) -> Any:
    """sin r in double precision, as exactly as single precision needs it."""
    z = r * r
    return muladd(r * z, polynomial(z, SIN_SHORT), r)


@inline
def sin_single(x: Any) -> Any:
    wide = numpy.float64(x)
    size = magnitude(wide)
    t = muladd(size, PER_PI, SHIFT)
    n = t - SHIFT
    r = muladd(n, -PI_LOW, muladd(n, -PI_HIGH, size))
    return numpy.float32(bits_xor(short_sine(r), bits_xor(bits_left(t, 63), bits_and(wide, SIGN))))


@inline
def cos_single(x: Any) -> Any:
    size = magnitude(numpy.float64(x))
    t = muladd(size, PER_PI, -0.5) + SHIFT
    n = (t - SHIFT) + 0.5
    r = muladd(n, PI_LOW, muladd(n, PI_HIGH, -size))
    return numpy.float32(bits_xor(short_sine(r), bits_left(t, 63)))


@inline
def tan_single(x: Any) -> Any:
    wide = numpy.float64(x)
    size = magnitude(wide)
    t = muladd(size, PER_HALF_PI, SHIFT)
    n = t - SHIFT
    r = muladd(n, -HALF_PI_LOW, muladd(n, -HALF_PI_HIGH, size))
    z = r * r
    y = muladd(r * z, polynomial(z, TAN_SHORT), r)
    turned = odd(t)
    return numpy.float32(bits_xor(choose(turned, -1.0, y) / choose(turned, y, 1.0), bits_and(wide, SIGN)))
