"""x to the power y, in double and in single precision, with the special values of C99 Annex F."""

from __future__ import annotations

from typing import Any

import numpy

from gdsim.engine.elementary import coefficients
from gdsim.engine.elementary.bits import (
    bits_add,
    bits_and,
    bits_left,
    bits_or,
    bits_right,
    bits_sub,
    bits_xor,
    choose,
    magnitude,
    muladd,
    polynomial,
)
from gdsim.engine.elementary.precision import DOUBLE, SINGLE, Precision, inline

SHIFT = float(DOUBLE.shift)
HIGH_MASK = DOUBLE.high_mask
FRACTION_MASK = (1 << 52) - 1
ROOT_HALF = DOUBLE.root_half
RAISE = (1023 << 52) - ROOT_HALF
COUNT = 2.0**52
UNBIAS, UNBIAS_LIFTED = 2.0**52 + 1023, 2.0**52 + 1023 + 54
LARGEST_Y = 2.0**65
"""Beyond it 2^(y log2 x) is 0 or infinite for every x but 1."""
LARGEST_EXPONENT = 1100.0
SINGLE_EXPONENT = 200.0
PER_LN2_3 = 0.9617966939259756
"""2 / (3 log 2)."""
PER_LN2_3_HIGH, PER_LN2_3_LOW = 0.9617966860532761, 7.872699542894897e-09
LN2, LN2_HIGH, LN2_LOW = 0.6931471805599453, 0.6931471675634384, 1.2996506893889889e-08
EXP, EXP_SHORT = coefficients.EXP_64, coefficients.EXP_WIDE_32
POWER, POWER_SHORT = coefficients.POWER_64, coefficients.POWER_32


def annex_f(precision: Precision) -> Any:
    """The function that gives x^y its special values and its sign, from |x|^y where both are ordinary."""
    ZERO, HALF, ONE, INFINITY, NAN = precision(0.0, 0.5, 1.0, float("inf"), float("nan"))
    COUNT = precision.real(2.0**precision.fraction)
    SIGN = -(1 << (precision.fraction + (11 if precision.fraction == 52 else 8)))

    @inline
    def settle(x: Any, y: Any, value: Any) -> Any:
        size, y_size = magnitude(x), magnitude(y)
        whole = choose(y_size < COUNT, (y_size + COUNT) - COUNT, y_size)
        half = HALF * y_size
        half_whole = choose(half < COUNT, (half + COUNT) - COUNT, half)
        # an integer whose half is none is odd
        odd_sign = choose(half_whole == half, ZERO, choose(whole == y_size, -ZERO, ZERO))
        value = choose(size == ZERO, choose(y < ZERO, INFINITY, ZERO), value)
        value = choose(size == INFINITY, choose(y < ZERO, ZERO, INFINITY), value)
        no_root = choose(whole == y_size, ZERO, choose(x < ZERO, choose(x > -INFINITY, ONE, ZERO), ZERO))
        value = choose(no_root > ZERO, NAN, bits_xor(value, bits_and(bits_and(x, SIGN), odd_sign)))
        value = choose(x == x, choose(y == y, value, y), x)
        value = choose(x == ONE, ONE, value)
        return choose(y == ZERO, ONE, value)

    return settle


settle_double = annex_f(DOUBLE)


@inline
def pow(x: Any, y: Any) -> Any:
    """2^(y log2 x) with log2 x to some 70 bits, in two parts.

    Method (fdlibm e_pow.c, Sun Microsystems 1993, with one centre in place of two): |x| = 2^k m, s = (m - 1) / (m + 1)
    with its remainder, log2 m = 2 / (3 log 2) s (3 + s^2 + s^4 P(s^2)); factors are cut short, so that the products
    of their first parts are exact without fused multiply-add.
    """
    size = magnitude(x)
    subnormal = size < 2.2250738585072014e-308
    raised = bits_add(choose(subnormal, size * 18014398509481984.0, size), RAISE)
    k = bits_or(bits_right(raised, 52), COUNT) - choose(subnormal, UNBIAS_LIFTED, UNBIAS)
    m = bits_add(bits_and(raised, FRACTION_MASK), ROOT_HALF)
    f = m - 1.0
    below = m + 1.0
    below_high = bits_and(below, HIGH_MASK)
    inverse = 1.0 / below
    s = f * inverse
    s_high = bits_and(s, HIGH_MASK)
    s_low = inverse * ((f - s_high * below_high) - s_high * (m - (below_high - 1.0)))
    z = s * s
    rest = muladd(s_low, s_high + s, z * z * polynomial(z, POWER))
    square = s_high * s_high
    sum_high = bits_and(3.0 + square + rest, HIGH_MASK)
    sum_low = rest - ((sum_high - 3.0) - square)
    product = s_high * sum_high
    product_low = muladd(s_low, sum_high, sum_low * s)
    p = bits_and(product + product_low, HIGH_MASK)
    p_low = product_low - (p - product)
    log_m = PER_LN2_3_HIGH * p
    log_m_low = muladd(PER_LN2_3_LOW, p, p_low * PER_LN2_3)
    log_x = bits_and((log_m + log_m_low) + k, HIGH_MASK)
    log_x_low = log_m_low - ((log_x - k) - log_m)

    power = choose(y > LARGEST_Y, LARGEST_Y, y)
    power = choose(power < -LARGEST_Y, -LARGEST_Y, power)
    power_high = bits_and(power, HIGH_MASK)
    low = muladd(power - power_high, log_x, power * log_x_low)
    high = power_high * log_x
    exponent = high + low
    ordinary = magnitude(exponent) < LARGEST_EXPONENT
    limit = choose(exponent < 0.0, -LARGEST_EXPONENT, LARGEST_EXPONENT)
    t = choose(ordinary, exponent, limit) + SHIFT
    n = t - SHIFT
    high = choose(ordinary, high - n, 0.0)
    low = choose(ordinary, low, 0.0)
    both = bits_and(high + low, HIGH_MASK)
    u = both * LN2_HIGH
    v = muladd(low - (both - high), LN2, both * LN2_LOW)
    r = u + v
    r_low = v - (r - u)
    e = 1.0 + (r + muladd(r * r, polynomial(r, EXP), r_low))
    h = muladd(n, 0.5, SHIFT)
    value = e * bits_add(1.0, bits_left(h, 52)) * bits_add(1.0, bits_left(bits_sub(t, h), 52))
    return settle_double(x, y, value)


settle_single = annex_f(SINGLE)


@inline
def pow_single(x: Any, y: Any) -> Any:
    """2^(y log2 x) in double precision, with short polynomials."""
    size = magnitude(numpy.float64(x))
    raised = bits_add(size, RAISE)
    k = bits_or(bits_right(raised, 52), COUNT) - UNBIAS
    f = bits_add(bits_and(raised, FRACTION_MASK), ROOT_HALF) - 1.0
    s = f / (2.0 + f)
    z = s * s
    log_x = muladd(s * PER_LN2_3, 3.0 + muladd(z * z, polynomial(z, POWER_SHORT), z), k)
    power = numpy.float64(y)
    power = choose(power > LARGEST_Y, LARGEST_Y, power)
    power = choose(power < -LARGEST_Y, -LARGEST_Y, power)
    exponent = power * log_x
    exponent = choose(exponent > SINGLE_EXPONENT, SINGLE_EXPONENT, exponent)
    exponent = choose(exponent < -SINGLE_EXPONENT, -SINGLE_EXPONENT, exponent)
    t = exponent + SHIFT
    r = (exponent - (t - SHIFT)) * LN2
    e = 1.0 + muladd(r * r, polynomial(r, EXP_SHORT), r)
    return settle_single(x, y, numpy.float32(e * bits_add(1.0, bits_left(t, 52))))
