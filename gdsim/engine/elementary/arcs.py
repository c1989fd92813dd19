"""The inverse circular functions, in either precision."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from gdsim.engine.elementary import coefficients
from gdsim.engine.elementary.bits import bits_and, choose, horner, magnitude, muladd, polynomial, root, with_sign
from gdsim.engine.elementary.precision import Precision, inline


def arcs(precision: Precision) -> SimpleNamespace:
    """The functions for numbers of this precision."""
    single = precision.fraction == 23
    ONE, TWO, HALF, ZERO = precision(1.0, 2.0, 0.5, 0.0)
    HALF_PI, HALF_PI_LOW = precision(
        *((1.5707963705062866, -4.371138828673793e-08) if single else (1.5707963267948966, 6.123233995736766e-17))
    )
    HIGH_MASK = precision.high_mask
    ATAN = precision(*(coefficients.ATAN_32 if single else coefficients.ATAN_64))
    ASIN = precision(*(coefficients.ASIN_32 if single else coefficients.ASIN_64))

    @inline
    def atan(x: Any) -> Any:
        """A minimax polynomial on [0, 1]; above, pi / 2 - atan(1 / x)."""
        size = magnitude(x)
        above = size > ONE
        t = choose(above, -ONE, size) / choose(above, size, ONE)
        z = t * t
        y = choose(above, HALF_PI, ZERO) + (t + muladd(t * z, horner(z, ATAN), choose(above, HALF_PI_LOW, ZERO)))
        return with_sign(y, x)

    @inline
    def atan2(y: Any, x: Any) -> Any:
        """atan of the smaller over the larger, added to or subtracted from 0, pi / 2 or pi."""
        rise, run = magnitude(y), magnitude(x)
        steep = rise > run
        smaller, larger = choose(steep, run, rise), choose(steep, rise, run)
        t = choose(smaller == larger, choose(larger == ZERO, ZERO, ONE), smaller / larger)
        z = t * t
        side = with_sign(ONE, x)
        turn = choose(steep, -side, side)
        quarters = choose(steep, ONE, choose(side < ZERO, TWO, ZERO))
        rest = turn * muladd(t * z, horner(z, ATAN), turn * (quarters * HALF_PI_LOW))
        angle = quarters * HALF_PI + muladd(turn, t, rest)
        return with_sign(choose(y == y, angle, y), y)

    @inline
    def asin(x: Any) -> Any:
        """A minimax polynomial up to 1/2; above, pi / 2 - 2 asin(sqrt((1 - |x|) / 2)) (fdlibm e_asin.c)."""
        size = magnitude(x)
        far = size > HALF
        z = choose(far, HALF - HALF * size, size * size)
        s = choose(far, root(z), size)
        bend = s * z * polynomial(z, ASIN)
        short = bits_and(s, HIGH_MASK)
        rest = (s - short) + bend
        above = (HALF_PI - (short + short)) - ((rest + rest) - HALF_PI_LOW)
        return with_sign(choose(far, above, s + bend), x)

    @inline
    def acos(x: Any) -> Any:
        """pi / 2 - asin x; towards 1, 2 asin(sqrt((1 - x) / 2)); towards -1, pi less that."""
        size = magnitude(x)
        far = size > HALF
        z = choose(far, HALF - HALF * size, x * x)
        s = choose(far, root(z), x)
        bend = s * z * polynomial(z, ASIN)
        half = choose(x > HALF, s + bend, HALF_PI - (s + (bend - HALF_PI_LOW)))
        return choose(far, half + half, half)

    return SimpleNamespace(atan=atan, atan2=atan2, asin=asin, acos=acos)
