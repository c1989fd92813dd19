"""Logarithms and what is made of them, in either precision."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from gdsim.engine.elementary import coefficients
from gdsim.engine.elementary.bits import (
    bits_add,
    bits_and,
    bits_or,
    bits_right,
    bits_sub,
    choose,
    magnitude,
    muladd,
    polynomial,
    root,
    with_sign,
)
from gdsim.engine.elementary.precision import Precision, inline


def logarithmic(precision: Precision, exp: Any) -> SimpleNamespace:
    """The functions for numbers of this precision; exp is that of `exponential`.

    Method (fdlibm, e_log.c, K. C. Ng, Sun Microsystems 1993; the exponent as in musl): x = 2^k (1 + f) with 1 + f from
    sqrt(1/2) to sqrt(2), s = f / (2 + f), log(1 + f) = f - (f^2/2 - s (f^2/2 + s^2 L(s^2))), L a minimax polynomial.
    """
    single = precision.fraction == 23
    FRACTION = precision.fraction
    FRACTION_MASK = (1 << FRACTION) - 1
    EXPONENT_MASK = (2 * precision.bias + 1) << FRACTION
    HIGH_MASK = precision.high_mask
    ROOT_HALF = precision.root_half
    RAISE = (precision.bias << FRACTION) - ROOT_HALF
    LIFT = FRACTION + 2
    HALF, ONE, TWO, ZERO, INFINITY, NAN = precision(0.5, 1.0, 2.0, 0.0, float("inf"), float("nan"))
    SMALLEST = precision.smallest_normal
    ROOT_TWO, LIFTED, COUNT = precision(1.4142135, 2.0**LIFT, 2.0**FRACTION)
    UNBIAS, UNBIAS_LIFTED = precision(2.0**FRACTION + precision.bias, 2.0**FRACTION + precision.bias + LIFT)
    LARGEST_POWER, BIG, TINY = precision(2.0**precision.bias, 2.0 ** (FRACTION + 3), 2.0 ** (-FRACTION - 2))
    LN2_HIGH, LN2_LOW = precision(*precision.ln2)
    LOG10_2_HIGH, LOG10_2_LOW = precision(*precision.log10_2)
    PER_LN2_HIGH, PER_LN2_LOW = precision(*precision.inverse_ln2)
    PER_LN10_HIGH, PER_LN10_LOW = precision(*precision.inverse_ln10)
    SMALL = precision.real(2.0**-13 if single else 2.0**-28)
    LOG = precision(*(coefficients.LOG_32 if single else coefficients.LOG_64))

    @inline
    def split(x: Any) -> Any:
        """(k, f) of a positive x = 2^k (1 + f), subnormal or not."""
        subnormal = x < SMALLEST
        raised = bits_add(choose(subnormal, x * LIFTED, x), RAISE)
        k = bits_or(bits_right(raised, FRACTION), COUNT) - choose(subnormal, UNBIAS_LIFTED, UNBIAS)
        return k, bits_add(bits_and(raised, FRACTION_MASK), ROOT_HALF) - ONE

    @inline
    def parts(f: Any) -> Any:
        """(f^2 / 2, rest): log(1 + f) = f - (f^2 / 2 - rest)."""
        half_square = HALF * f * f
        s = f / (TWO + f)
        z = s * s
        return half_square, s * muladd(z, polynomial(z, LOG), half_square)

    @inline
    def at_the_ends(x: Any, y: Any) -> Any:
        """y inside the domain; -inf at 0, NaN below it, infinity and NaN as they are."""
        inside = choose(x <= ZERO, choose(x == ZERO, -INFINITY, NAN), y)
        return choose(x < INFINITY, inside, x)

    @inline
    def log(x: Any) -> Any:
        k, f = split(x)
        half_square, rest = parts(f)
        y = muladd(k, LN2_HIGH, f - (half_square - muladd(k, LN2_LOW, rest)))
        return at_the_ends(x, y)

    @inline
    def log2(x: Any) -> Any:
        """log(1 + f) in two parts, the first cut short, times 1 / log 2 in two parts (FreeBSD e_log2.c)."""
        k, f = split(x)
        half_square, rest = parts(f)
        high = bits_and(f - half_square, HIGH_MASK)
        low = ((f - high) - half_square) + rest
        product = high * PER_LN2_HIGH
        y = k + product
        return at_the_ends(x, y + (((k - y) + product) + muladd(low + high, PER_LN2_LOW, low * PER_LN2_HIGH)))

    @inline
    def log10(x: Any) -> Any:
        """As log2, with k log10(2) in two parts (FreeBSD e_log10.c)."""
        k, f = split(x)
        half_square, rest = parts(f)
        high = bits_and(f - half_square, HIGH_MASK)
        low = ((f - high) - half_square) + rest
        product = high * PER_LN10_HIGH
        whole = k * LOG10_2_HIGH
        y = whole + product
        small = muladd(k, LOG10_2_LOW, muladd(low + high, PER_LN10_LOW, low * PER_LN10_HIGH))
        return at_the_ends(x, y + (((whole - y) + product) + small))

    @inline
    def log1p_sum(x: Any, low: Any, doubled: Any) -> Any:
        """log of 2^doubled (1 + x + low), low below the last digit of x; x > -1.

        1 + x = u + c, c what u was rounded by: f + c / 2^k, in two parts, takes the place of f.
        """
        u = ONE + x
        back = u - ONE
        error = ((ONE - (u - back)) + (x - back)) + low
        raised = bits_add(u, RAISE)
        k = bits_or(bits_right(raised, FRACTION), COUNT) - UNBIAS
        f = bits_add(bits_and(raised, FRACTION_MASK), ROOT_HALF) - ONE
        c = choose(x > BIG, ZERO, error * bits_sub(LARGEST_POWER, bits_and(raised, EXPONENT_MASK)))
        g = f + c
        g_low = c - (g - f)
        half_square, rest = parts(g)
        k += doubled
        return muladd(k, LN2_HIGH, g - (half_square - (rest + muladd(k, LN2_LOW, g_low))))

    @inline
    def log1p(x: Any) -> Any:
        return choose(magnitude(x) < TINY, x, at_the_ends(ONE + x, log1p_sum(x, ZERO, ZERO)))

    @inline
    def asinh(x: Any) -> Any:
        """log(1 + a + a^2 / (1 + sqrt(1 + a^2))), a = |x|; log 2a where a^2 might overflow."""
        size = magnitude(x)
        far = size > BIG
        a = choose(far, ONE, size)
        square = a * a
        more = square / (ONE + root(ONE + square))
        whole = size + choose(far, ZERO, more)
        low = choose(far, ZERO, (a - whole) + more)
        y = log1p_sum(whole, low, choose(far, ONE, ZERO))
        return with_sign(choose(size < SMALL, size, choose(size < INFINITY, y, size)), x)

    @inline
    def acosh(x: Any) -> Any:
        """log(1 + t + sqrt(2 t + t^2)), t = x - 1; log 2x where t^2 might overflow."""
        far = x > BIG
        t = choose(far, ONE, x) - ONE
        more = root(muladd(t, t, t + t))
        whole = choose(far, x, t + more)
        low = choose(far, ZERO, choose(t < more, (more - whole) + t, (t - whole) + more))
        y = log1p_sum(whole, low, choose(far, ONE, ZERO))
        return choose(x < ONE, NAN, choose(x < INFINITY, y, x))

    @inline
    def atanh(x: Any) -> Any:
        """log(1 + 2 a / (1 - a)) / 2, a = |x|."""
        size = magnitude(x)
        d = ONE - size
        d_low = (ONE - d) - size
        whole = (size + size) / d
        y = HALF * log1p_sum(whole, -whole * (HALF * whole + ONE) * d_low, ZERO)
        y = choose(size < SMALL, size, choose(size < ONE, y, choose(size == ONE, INFINITY, NAN)))
        return with_sign(choose(x == x, y, x), x)

    @inline
    def log1p_fraction(x: Any) -> Any:
        """log(1 + x) for 0 <= x <= 1: x itself, or (x - 1) / 2 and log 2, in the place of f."""
        above = x > ROOT_TWO - ONE
        f = choose(above, HALF * x - HALF, x)
        half_square, rest = parts(f)
        extra = choose(above, LN2_LOW, ZERO)
        return choose(above, LN2_HIGH, ZERO) + (f - (half_square - (rest + extra)))

    @inline
    def softplus(x: Any) -> Any:
        """log(1 + exp x) = max(x, 0) + log1p(exp(-|x|))."""
        rest = log1p_fraction(exp(-magnitude(x)))
        return choose(x < ZERO, ZERO, x) + rest

    return SimpleNamespace(
        split=split,
        log=log,
        log2=log2,
        log10=log10,
        log1p=log1p,
        softplus=softplus,
        asinh=asinh,
        acosh=acosh,
        atanh=atanh,
    )
