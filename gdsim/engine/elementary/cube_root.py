"""The cube root, in either precision."""

from __future__ import annotations

from typing import Any

from gdsim.engine.elementary import coefficients
from gdsim.engine.elementary.bits import bits_add, bits_and, bits_left, choose, magnitude, muladd, polynomial, with_sign
from gdsim.engine.elementary.precision import Precision, inline


def cube_root(precision: Precision, split: Any) -> Any:
    """cbrt for numbers of this precision; split is that of `logarithmic`."""
    single = precision.fraction == 23
    FRACTION, SHIFT = precision.fraction, precision.shift
    HALF, ONE, TWO, ZERO, INFINITY = precision(0.5, 1.0, 2.0, 0.0, float("inf"))
    THIRD, CBRT_2, CBRT_HALF = precision(1.0 / 3.0, 1.2599210498948732, 0.7937005259840998)
    SHORT_MASK = -1 << (FRACTION - (11 if single else 22))
    CBRT = precision(*(coefficients.CBRT_32 if single else coefficients.CBRT_64))

    @inline
    def cbrt(x: Any) -> Any:
        """|x| = 2^(3 q + r) m: a polynomial for the cube root of m, cut short, and a step of Halley's iteration.

        The step as in FreeBSD's s_cbrt.c (K. Stephens, B. Evans): the square of the short root is exact.
        """
        size = magnitude(x)
        k, f = split(size)
        q = muladd(k, THIRD, SHIFT) - SHIFT
        r = k - (q + q + q)
        m = (ONE + f) * choose(r > ZERO, TWO, choose(r < ZERO, HALF, ONE))
        short = polynomial(ONE + f, CBRT) * choose(r > ZERO, CBRT_2, choose(r < ZERO, CBRT_HALF, ONE))
        short = bits_and(short, SHORT_MASK)
        quotient = m / (short * short)
        y = muladd(short, (quotient - short) / (short + short + quotient), short)
        y *= bits_add(ONE, bits_left(q + SHIFT, FRACTION))
        return with_sign(choose(size > ZERO, choose(size < INFINITY, y, size), size), x)

    return cbrt
