"""Where an axis has its marks, and how numbers are written beside them."""

from __future__ import annotations

import math
from dataclasses import dataclass

_SUPERSCRIPTS = str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")
MINUS = "\u2212"


@dataclass(frozen=True, slots=True)
class Tick:
    """One mark: its place, in the axis' own units, and its label ("" for a minor mark)."""

    value: float
    label: str


def nice_step(span: float, count: float) -> float:
    """The step 1, 2 or 5 times a power of ten that divides `span` into about `count` parts, never more than 1.5 times.

    `span` is positive and finite; `count` at least 1.
    """
    raw = span / max(count, 1.0)
    power = math.floor(math.log10(raw)) if raw > 0 else 0
    base = 10.0**power if power > -308 else 1e-308
    for factor in (1.0, 2.0, 5.0):
        if factor * base >= raw * 0.75:
            return factor * base
    return 10.0 * base


def linear_ticks(low: float, high: float, count: float) -> list[Tick]:
    """About `count` marks at 1-2-5 steps between `low` and `high`, labelled so that neighbours can be told apart."""
    span = high - low
    if not (math.isfinite(span) and span > 0):
        return []
    step = nice_step(span, count)
    first = math.ceil(low / step - 1e-9)
    last = math.floor(high / step + 1e-9)
    if last - first > 4 * count + 10:  # floats too coarse to count in steps
        return []
    return [Tick(k * step, step_label(k * step, step)) for k in range(int(first), int(last) + 1)]


def step_label(value: float, step: float) -> str:
    """`value` with just the digits that a step of `step` needs: ``0.25``, ``−3``, ``2.5·10⁶``."""
    largest = abs(value)
    if value == 0 or largest < step * 1e-6:
        return "0"
    if largest >= 1e6 or largest < 1e-4:
        power = math.floor(math.log10(largest) + 1e-12)
        digits = max(0, power - math.floor(math.log10(step) + 1e-9))
        if digits <= 6:
            return power_label(value, digits)
    decimals = max(0, -math.floor(math.log10(step) + 1e-9))
    return f"{value:.{min(decimals, 14)}f}".replace("-", MINUS)


def power_label(value: float, digits: int = 0) -> str:
    """`value` as a power of ten with `digits` decimals in its factor: ``10⁻³``, ``2·10⁵``, ``−1.5·10⁷``."""
    if value == 0 or not math.isfinite(value):
        return number_label(value)
    sign = MINUS if value < 0 else ""
    mantissa, _, exponent = f"{abs(value):.{digits}e}".partition("e")
    power = "10" + str(int(exponent)).translate(_SUPERSCRIPTS)
    return sign + (power if float(mantissa) == 1.0 else f"{mantissa}·{power}")


def number_label(value: float, digits: int = 4) -> str:
    """A value for reading, `digits` of it significant: ``3.142``, ``−0.5``, ``1.2·10⁻⁹``, ``∞``, ``not a number``."""
    if math.isnan(value):
        return "not a number"
    if math.isinf(value):
        return "∞" if value > 0 else f"{MINUS}∞"
    if value == 0:
        return "0"
    largest = abs(value)
    if 1e-3 <= largest < 10 ** max(digits, 5):
        power = math.floor(math.log10(largest))
        text = f"{value:.{max(0, digits - 1 - power)}f}"
        return text.replace("-", MINUS)
    return power_label(value, max(digits - 2, 1))


def fixed_label(value: float, digits: int = 4) -> str:
    """Like `number_label`, but always written with a sign's room, so that columns of live numbers stand still."""
    text = number_label(value, digits)
    return text if text.startswith(MINUS) else f"\u2007{text}"


def log_ticks(low: float, high: float, count: float) -> list[Tick]:
    """Marks for a logarithmic axis from `low` to `high`, both positive: decades, thinned to about `count`; where there
    are few decades 2 and 5 are labelled too; minor marks have no label."""
    if not (0 < low < high and math.isfinite(high)):
        return []
    first, last = math.log10(low), math.log10(high)
    decades = last - first
    if decades < 0.7:
        return linear_ticks(low, high, count)
    stride = max(1, math.ceil(decades / max(count, 1)))
    ticks: list[Tick] = []
    for power in range(math.floor(first), math.ceil(last) + 1):
        if not -307 <= power <= 307:
            continue
        major = power % stride == 0
        ticks += _decade(power, major, stride, decades, low, high, decades <= max(1.6, count / 3))
    return ticks


def _decade(power: int, major: bool, stride: int, decades: float, low: float, high: float, room: bool) -> list[Tick]:
    base = 10.0**power
    found = [Tick(base, decade_label(power) if major else "")]
    if stride == 1:
        for factor in range(2, 10):
            named = room and factor in (2, 5)
            if named or decades <= 6:
                found.append(Tick(factor * base, number_label(factor * base, 1) if named else ""))
    return [tick for tick in found if low * (1 - 1e-12) <= tick.value <= high * (1 + 1e-12)]


def decade_label(power: int) -> str:
    """A power of ten as plain number near one, as ``10⁻³`` further off."""
    if -2 <= power <= 3:
        return f"{10.0**power:g}" if power < 0 else f"{10**power}"
    return "10" + str(power).translate(_SUPERSCRIPTS)
