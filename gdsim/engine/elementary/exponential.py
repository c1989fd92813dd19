"""exp, expm1, sinh, cosh, tanh, the logistic function and their kin, in either precision."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from gdsim.engine.elementary import coefficients
from gdsim.engine.elementary.bits import (
    bits_add,
    bits_left,
    bits_sub,
    choose,
    magnitude,
    muladd,
    polynomial,
    with_sign,
)
from gdsim.engine.elementary.precision import Precision, inline


def exponential(precision: Precision) -> SimpleNamespace:
    """The functions for numbers of this precision.

    Method of all of them (P. T. P. Tang, ACM TOMS 15 (1989) 144; W. J. Cody, W. Waite, Software Manual for the
    Elementary Functions, 1980): x = n log 2 + r with n an integer, |r| <= log(2) / 2, subtracted in two parts, and
    exp x = 2^n exp r with a minimax polynomial for exp r. n is found by adding 1.5 * 2^fraction, which leaves it in the
    low bits of the sum, from where a shift moves it into an exponent.
    """
    single = precision.fraction == 23
    FRACTION, SHIFT = precision.fraction, precision.shift
    LN2_HIGH, LN2_LOW = precision(*precision.ln2)
    LOG2E, QUARTER, HALF, ONE, TWO, FOUR, ZERO = precision(1.4426950408889634, 0.25, 0.5, 1.0, 2.0, 4.0, 0.0)
    # beyond these the result is infinite, or 0 even when it is multiplied by 4
    TOP, BOTTOM = precision(*((89.0, -106.0) if single else (710.0, -750.0)))
    SINH_TOP, EXPM1_BOTTOM = precision(*((89.6, -20.0) if single else (710.6, -42.0)))
    TINY, SMALL = precision(*((2.0**-25, 2.0**-13) if single else (2.0**-54, 2.0**-28)))
    LONE = precision.real(30.0 if single else 60.0)
    EXP = precision(*(coefficients.EXP_32 if single else coefficients.EXP_64))
    COSH = precision(*(coefficients.COSH_32 if single else coefficients.COSH_64))
    SINH = precision(*(coefficients.SINH_32 if single else coefficients.SINH_64))

    @inline
    def scaled(p: Any, t: Any, n: Any, factor: Any) -> Any:
        """factor 2^n p, factor a power of two from 1 to 4; 2^n in two halves, so that subnormals are rounded once."""
        h = muladd(n, HALF, SHIFT)
        first = bits_add(ONE, bits_left(h, FRACTION))
        return p * first * bits_add(factor, bits_left(bits_sub(t, h), FRACTION))

    @inline
    def exp(x: Any) -> Any:
        c = choose(x > TOP, TOP, x)
        c = choose(c < BOTTOM, BOTTOM, c)
        t = muladd(c, LOG2E, SHIFT)
        n = t - SHIFT
        r = muladd(n, -LN2_LOW, muladd(n, -LN2_HIGH, c))
        return scaled(ONE + muladd(r * r, polynomial(r, EXP), r), t, n, ONE)

    @inline
    def exp_between(x: Any) -> Any:
        """exp x where neither x nor the result leaves the normal range; x may be NaN."""
        t = muladd(x, LOG2E, SHIFT)
        n = t - SHIFT
        r = muladd(n, -LN2_LOW, muladd(n, -LN2_HIGH, x))
        p = ONE + muladd(r * r, polynomial(r, EXP), r)
        return p * bits_add(ONE, bits_left(t, FRACTION))

    @inline
    def reduced(c: Any) -> Any:
        """(t, n, r, low): c = n log 2 + r + low."""
        t = muladd(c, LOG2E, SHIFT)
        n = t - SHIFT
        high = muladd(n, -LN2_HIGH, c)
        part = n * LN2_LOW
        r = high - part
        return t, n, r, (high - r) - part

    @inline
    def half_expm1(x: Any) -> Any:
        """(high, low) of expm1(x) / 2: (2^n - 1) + 2^n r, summed exactly, and 2^n (exp r - 1 - r).

        Halved, so that 2^1024 does not occur.
        """
        c = choose(x > TOP, TOP, x)
        c = choose(c < EXPM1_BOTTOM, EXPM1_BOTTOM, c)
        t, _, r, low = reduced(c)
        s = muladd(r * r, polynomial(r, EXP), muladd(low, r, low))
        u = bits_add(HALF, bits_left(t, FRACTION))
        a = u - HALF
        b = u * r
        high = a + b
        return high, muladd(u, s, (a - high) + b)

    @inline
    def expm1(x: Any) -> Any:
        high, low = half_expm1(x)
        y = high + low
        return choose(magnitude(x) < TINY, x, y + y)

    @inline
    def halves(x: Any) -> Any:
        """(u, v, r, z, zc, zs): 4 u = 2^n, 4 v = 2^-n, cosh r = 1 + zc, sinh r = r + zs, of |x| = n log 2 + r."""
        c = magnitude(x)
        c = choose(c > SINH_TOP, SINH_TOP, c)
        t, n, r, low = reduced(c)
        power = bits_left(t, FRACTION)
        u = bits_add(QUARTER, power)
        v = choose(n > LONE, ZERO, bits_sub(QUARTER, power))
        z = r * r
        return u, v, r, z * polynomial(z, COSH), muladd(r * z, polynomial(z, SINH), low)

    @inline
    def sinh(x: Any) -> Any:
        """(2^n - 2^-n) / 2 cosh r + (2^n + 2^-n) / 2 sinh r: no division, and nothing cancels at n = 0."""
        u, v, r, zc, zs = halves(x)
        a = u - v
        b = u * r
        high = a + b
        rest = ((a - high) + b) + ((u - a) - v)
        y = high + muladd(v, r, muladd(a, zc, muladd(u + v, zs, rest)))
        size = magnitude(x)
        return with_sign(choose(size < SMALL, size, y + y), x)

    @inline
    def cosh(x: Any) -> Any:
        """(2^n + 2^-n) / 2 cosh r + (2^n - 2^-n) / 2 sinh r."""
        u, v, r, zc, zs = halves(x)
        a = u + v
        b = u * r
        high = a + b
        rest = ((a - high) + b) + ((u - a) + v)
        y = high + muladd(-v, r, muladd(a, zc, muladd(u - v, zs, rest)))
        return y + y

    @inline
    def tanh(x: Any) -> Any:
        """q = -e / (1 + e), e = expm1(-2 |x|) / 2, and what e and 1 + e were rounded by, times 1 / (1 + e) = 1 + q."""
        size = magnitude(x)
        high, low = half_expm1(-TWO * size)
        e = high + low
        e_low = low - (e - high)
        d = ONE + e
        d_low = (e - (d - ONE)) + e_low
        q = -e / d
        q -= (ONE + q) * muladd(q, d_low, e_low)
        return with_sign(choose(size < SMALL, size, q), x)

    @inline
    def sigmoid(x: Any) -> Any:
        """1 / (1 + exp(-x)): with -x = n log 2 + r and w = 2^-|n|, 1 / (1 + w exp r) or 2^-n / (w + exp r).

        The denominator is summed like sinh, because a quotient doubles what its denominator is wrong by.
        """
        c = choose(x < BOTTOM, -BOTTOM, -x)
        _, n, r, low = reduced(choose(c < BOTTOM, BOTTOM, c))
        size = magnitude(n)
        w = choose(size > LONE, ZERO, bits_sub(ONE, bits_left(SHIFT + size, FRACTION)))
        s = muladd(r * r, polynomial(r, EXP), low)
        factor = choose(n > ZERO, ONE, w)
        a = ONE + w
        b = factor * r
        high = a + b
        d = high + muladd(factor, s, ((a - high) + b) + ((ONE - a) + w))
        down = choose(n > ZERO, n, ZERO)
        return scaled(ONE / d, SHIFT - down, -down, ONE)

    @inline
    def bell(x: Any, factor: Any) -> Any:
        """factor / (2 + 2 cosh x), factor 1 or 4: with w = 2^-n, 2^n / ((1 + w)^2 + r + ...) summed like cosh."""
        c = magnitude(x)
        c = choose(c > -BOTTOM, -BOTTOM, c)
        t, n, r, low = reduced(c)
        w = choose(n > LONE, ZERO, bits_sub(ONE, bits_left(t, FRACTION)))
        w_square = w * w
        z = r * r
        zs = muladd(r * z, polynomial(z, SINH), low)
        b = muladd(TWO, w, w_square)
        a = ONE + b
        high = a + r
        rest = ((a - high) + r) + muladd(-w_square, r, (ONE - a) + b)
        zc = z * polynomial(z, COSH)
        p = high + muladd(ONE + w_square, zc, muladd(ONE - w_square, zs, rest))
        return scaled(ONE / p, SHIFT - n, -n, factor)

    @inline
    def sigmoid_slope(x: Any) -> Any:
        """sigmoid(x) sigmoid(-x) = 1 / (2 + 2 cosh x)."""
        return bell(x, ONE)

    @inline
    def sech2(x: Any) -> Any:
        """1 / cosh(x)^2 = 4 / (2 + 2 cosh 2x)."""
        return bell(x + x, FOUR)

    return SimpleNamespace(
        exp=exp,
        exp_between=exp_between,
        expm1=expm1,
        sinh=sinh,
        cosh=cosh,
        tanh=tanh,
        sigmoid=sigmoid,
        sigmoid_slope=sigmoid_slope,
        sech2=sech2,
    )
