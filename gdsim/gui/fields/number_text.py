"""How numbers are written in fields: short where they are read, exact where they are edited."""

from __future__ import annotations

import math
from collections.abc import Sequence


def short_text(value: float, digits: int = 5) -> str:
    """`value` in at most `digits` significant digits: ``0.33333``, ``2``, ``1e-5``, ``inf``."""
    if math.isnan(value):
        return "nan"
    if math.isinf(value):
        return "inf" if value > 0 else "-inf"
    text = f"{value:.{digits}g}"
    mantissa, mark, exponent = text.partition("e")
    return f"{mantissa}e{int(exponent)}" if mark else mantissa


def exact_text(value: float) -> str:
    """`value` in the fewest digits that read back to exactly the same number."""
    if math.isfinite(value) and value == math.floor(value) and abs(value) < 1e15:
        return str(int(value))
    return repr(float(value))


def point_text(values: Sequence[float], *, exact: bool = False) -> str:
    """A point as ``0.5, 4.5``; `exact` as in `exact_text`."""
    write = exact_text if exact else short_text
    return ", ".join(write(value) for value in values)


def nudged(value: float, steps: float, *, scale: str = "linear", span: float = math.nan) -> float:
    """`value` moved by `steps` sensible notches.

    A notch of a linear field is about a hundredth of `span` (a 1-2-5 number); of a logarithmic field, or where no
    span is known, one unit of the second digit: 0.01 -> 0.011, 250 -> 260. The result is rounded to whole notches
    so that no digits pile up.
    """
    if scale == "linear" and math.isfinite(span) and span > 0:
        notch = _one_two_five(span / 100)
    elif value == 0:
        notch = 0.1
    else:
        magnitude = abs(value) * (1 - 1e-12 if steps * value < 0 else 1 + 1e-12)
        notch = 10.0 ** (math.floor(math.log10(magnitude)) - 1)
    moved = round(value / notch + steps) * notch if abs(steps) >= 1 else value + steps * notch
    return float(f"{moved:.12g}")


def _one_two_five(value: float) -> float:
    power = 10.0 ** math.floor(math.log10(value))
    return power * min((1, 2, 5, 10), key=lambda digit: abs(digit * power - value))
