"""The error function, in either precision."""

from __future__ import annotations

from typing import Any

from gdsim.engine.elementary import coefficients
from gdsim.engine.elementary.bits import choose, horner, magnitude, muladd, polynomial, with_sign
from gdsim.engine.elementary.precision import Precision, inline


def error_function(precision: Precision, exp_between: Any) -> Any:
    """erf for numbers of this precision; exp_between is that of `exponential`."""
    single = precision.fraction == 23
    ONE, TOP = precision(1.0, 4.0 if single else 6.0)
    ERF = precision(*(coefficients.ERF_32 if single else coefficients.ERF_64))
    ERF_LOG = precision(*(coefficients.ERF_LOG_32 if single else coefficients.ERF_LOG_64))

    @inline
    def erf(x: Any) -> Any:
        """x + x P(x^2) up to 1; above, 1 - exp(-Q(x)) with Q a minimax polynomial for -log(1 - erf x).

        The split is that of N. Juffa's single-precision erff (published on the NVIDIA developer forums).
        """
        size = magnitude(x)
        below = muladd(size, polynomial(size * size, ERF), size)
        far = choose(size > TOP, TOP, size)
        above = ONE - exp_between(-horner(far, ERF_LOG))
        return with_sign(choose(size < ONE, below, above), x)

    return erf
