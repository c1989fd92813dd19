"""What the functions need to know of a floating-point format."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy
from numba import njit


def inline(function: Callable[..., Any]) -> Any:
    """The function compiled into whatever calls it, with no wrapper for Python."""
    compiled = njit(nogil=True, error_model="numpy", no_cpython_wrapper=True, no_cfunc_wrapper=True, forceinline=True)
    return compiled(function)



@dataclass(frozen=True)
class Precision:
    """A format of IEEE 754 and the constants that depend on it; `fraction` is its number of fraction bits.

    high_mask keeps so many leading bits of a significand that the product of two such numbers is exact. ln2, log10_2
    and the two inverses come as (high, low): the high part ends in zeros, so that its product with an exponent or with
    a number cut short is exact. root_half is the pattern of sqrt(1/2), cut short.
    """

    real: Any
    fraction: int
    bias: int
    high_mask: int
    root_half: int
    ln2: tuple[float, float]
    log10_2: tuple[float, float]
    inverse_ln2: tuple[float, float]
    inverse_ln10: tuple[float, float]

    @property
    def shift(self) -> Any:
        """1.5 * 2^fraction: added to a number, it leaves the nearest integer in the low bits of the sum."""
        return self.real(1.5 * 2.0**self.fraction)

    @property
    def smallest_normal(self) -> Any:
        return self.real(2.0 ** (1 - self.bias))

    def __call__(self, *numbers: float) -> tuple[Any, ...]:
        """The numbers in this format."""
        return tuple(self.real(number) for number in numbers)


DOUBLE = Precision(
    real=numpy.float64,
    fraction=52,
    bias=1023,
    high_mask=-1 << 27,
    root_half=0x3FE6A09E00000000,
    ln2=(6.93147180369123816490e-01, 1.90821492927058770002e-10),
    log10_2=(3.01029995663611771306e-01, 3.69423907715893078616e-13),
    inverse_ln2=(1.44269504072144627571e00, 1.67517131648865118353e-10),
    inverse_ln10=(4.34294481878168880939e-01, 2.50829467116452752298e-11),
)
SINGLE = Precision(
    real=numpy.float32,
    fraction=23,
    bias=127,
    high_mask=-1 << 12,
    root_half=0x3F3504F3,
    ln2=(6.9314575195e-01, 1.4286067653e-06),
    log10_2=(3.0102920532e-01, 7.9034151668e-07),
    inverse_ln2=(1.4428710938e00, -1.7605285393e-04),
    inverse_ln10=(4.3432617188e-01, -3.1689971365e-05),
)
