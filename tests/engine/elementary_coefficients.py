"""Makes gdsim/engine/elementary/coefficients.py: minimax polynomials by Remez's exchange, in mpmath.

Run ``python tests/engine/elementary_coefficients.py`` from the root of the repository to write the file anew.
Each polynomial p minimises max |w(z) (p(z) - g(z))| over an interval; coefficients are then rounded to the precision.

Source: E. Ya. Remez, Comptes Rendus 198 (1934) 2063; as told in J.-M. Muller, Elementary Functions, 3rd ed., 3.6.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import mpmath
from mpmath import mp, mpf

mp.dps = 60
Real = Callable[[Any], Any]
HALF_LOG2 = mp.log(2) / 2 * mpf("1.005")
QUARTER = (mp.pi / 4) ** 2 * mpf("1.001")
HALF = (mp.pi / 2) ** 2 * mpf("1.001")
RATIO = ((mp.sqrt(2) - 1) / (mp.sqrt(2) + 1)) ** 2 * mpf("1.001")
TARGET = Path(__file__).parents[2] / "gdsim" / "engine" / "elementary" / "coefficients.py"


def one(z: Any) -> Any:
    return mpf(1)


def near_end(r: Any) -> Any:
    """What an error of g counts in 1 + r + r^2 g, kept away from 0."""
    return r * r + mpf("0.01")


def series(term: Callable[[int], Any]) -> Real:
    """The power series with these coefficients: no cancellation near 0, where closed forms lose everything."""
    terms = [term(k) for k in range(90)]
    return lambda z: mpmath.polyval(terms[::-1], z)


def remez(g: Real, low: Any, high: Any, count: int, w: Real = one) -> tuple[list[Any], Any]:
    """The `count` coefficients, constant first, and the largest weighted error."""
    low, high = mpf(low), mpf(high)
    middle, half = (low + high) / 2, (high - low) / 2
    nodes = [middle - half * mp.cos(mp.pi * k / count) for k in range(count + 1)]
    grid = [middle - half * mp.cos(mp.pi * k / (24 * count)) for k in range(24 * count + 1)]
    values = [(z, g(z), w(z)) for z in grid]
    coefficients: list[Any] = []
    worst = mpf(0)
    for _ in range(12):
        rows = [[z**j for j in range(count)] + [(-1) ** i / w(z)] for i, z in enumerate(nodes)]
        solution = mp.lu_solve(mp.matrix(rows), mp.matrix([g(z) for z in nodes]))
        coefficients, level = list(solution)[:count], abs(solution[count])
        errors = [(z, weight * (mpmath.polyval(coefficients[::-1], z) - value)) for z, value, weight in values]
        worst = max(abs(error) for _, error in errors)
        if worst < level * mpf("1.02"):
            break
        peaks: list[tuple[Any, Any]] = []
        for z, error in errors:
            if not peaks or (error > 0) != (peaks[-1][1] > 0):
                peaks.append((z, error))
            elif abs(error) > abs(peaks[-1][1]):
                peaks[-1] = (z, error)
        while len(peaks) > count + 1:
            peaks.pop(0 if abs(peaks[0][1]) < abs(peaks[-1][1]) else -1)
        if len(peaks) < count + 1:
            break
        nodes = [z for z, _ in peaks]
    return coefficients, worst


def factorial(sign: int, start: int, step: int) -> Real:
    return series(lambda k: mpf(sign) ** (k + 1) / mp.factorial(start + step * k))


def tangent(k: int) -> Any:
    """Coefficient of r^(2 k + 3) in tan r."""
    m = k + 2
    return (-1) ** (m - 1) * 2 ** (2 * m) * (2 ** (2 * m) - 1) * mp.bernoulli(2 * m) / mp.factorial(2 * m)


def arctangent(z: Any) -> Any:
    if z < mpf("0.01"):
        return series(lambda k: (-1) ** (k + 1) / mpf(2 * k + 3))(z)
    t = mp.sqrt(z)
    return (mp.atan(t) - t) / (t * z)


def arcsine(z: Any) -> Any:
    """(asin(t) - t) / t^3."""
    return series(lambda k: mp.binomial(2 * k + 2, k + 1) / (mpf(4) ** (k + 1) * (2 * k + 3)))(z)


def error_small(z: Any) -> Any:
    """erf(x) / x - 1, z = x^2."""
    return series(lambda k: 2 / mp.sqrt(mp.pi) * (-1) ** k / (mp.factorial(k) * (2 * k + 1)))(z) - 1


TABLE: dict[str, tuple[str, Real, Any, Any, int, int, Real]] = {
    "EXP": ("(e^r - 1 - r) / r^2", factorial(1, 2, 1), -HALF_LOG2, HALF_LOG2, 10, 5, near_end),
    "EXP_WIDE": ("the same, for single powers", factorial(1, 2, 1), -HALF_LOG2, HALF_LOG2, 10, 6, near_end),
    "COSH": ("(cosh r - 1) / r^2, z = r^2", factorial(1, 2, 2), 0, HALF_LOG2**2, 6, 3, one),
    "SINH": ("(sinh r - r) / r^3, z = r^2", factorial(1, 3, 2), 0, HALF_LOG2**2, 5, 3, one),
    "LOG": ("(log((1+s)/(1-s)) - 2s) / s^3, z = s^2", series(lambda k: mpf(2) / (2 * k + 3)), 0, RATIO, 7, 3, one),
    "POWER": (
        "(1.5 log((1+s)/(1-s)) / s - 3 - z) / z^2, z = s^2", series(lambda k: mpf(3) / (2 * k + 5)), 0, RATIO, 8, 4,
        one,
    ),
    "SIN": ("(sin r - r) / r^3, z = r^2", factorial(-1, 3, 2), 0, HALF, 8, 5, one),
    "SIN_QUARTER": ("the same on half the interval", factorial(-1, 3, 2), 0, QUARTER, 6, 3, one),
    "TAN": ("(tan r - r) / r^3, z = r^2", series(tangent), 0, QUARTER, 15, 8, one),
    "ATAN": ("(atan t - t) / t^3, z = t^2", arctangent, 0, 1, 21, 10, one),
    "ASIN": ("(asin t - t) / t^3, z = t^2", arcsine, 0, mpf(1) / 4, 13, 6, one),
    "CBRT": ("cube root of m", mp.cbrt, mp.sqrt(mpf(1) / 2), mp.sqrt(2), 7, 4, one),
    "ERF": ("erf(x) / x - 1, z = x^2", error_small, 0, 1, 12, 7, one),
    "ERF_LOG": (
        "-log(erfc(x))", lambda x: -mp.log(mp.erfc(x)), 1, 6, 18, 7, mp.erfc,
    ),
}  # fmt: skip


def literal(value: Any, precision: int) -> str:
    with mp.workprec(precision):
        rounded = +value
    return repr(float(rounded))


def main() -> None:
    lines = [
        '"""Minimax polynomials of the elementary functions: coefficients, constant first, by precision.',
        "",
        "Written by tests/engine/elementary_coefficients.py (Remez's exchange in mpmath); change them there.",
        '"""',
        "",
    ]
    for name, (words, g, low, high, double, single, weight) in TABLE.items():
        lines += [f"# {words}"]
        for suffix, count, precision in (("64", double, 53), ("32", single, 24)):
            # what single precision evaluates in double keeps double coefficients
            wide = suffix == "32" and name in ("EXP_WIDE", "POWER", "SIN", "TAN")
            coefficients, worst = remez(g, low, high, count, weight)
            print(name, suffix, count, f"error 2^{float(mp.log(worst, 2)):.1f}")
            body = "".join(f"    {literal(c, 53 if wide else precision)},\n" for c in coefficients)
            lines += [f"{name}_{suffix} = (\n{body})"]
        lines += [""]
    TARGET.write_text("\n".join(lines))


if __name__ == "__main__":
    main()
