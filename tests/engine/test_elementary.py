"""The vectorised elementary functions against mpmath: accuracy, special values, large arguments, machine code."""

from __future__ import annotations

import itertools
import math
import os
import pickle
import platform
import re
import subprocess
import sys
from collections.abc import Callable
from importlib import import_module
from typing import Any

import numpy
import pytest

from gdsim.engine import elementary
from gdsim.engine.elementary import NAMES, REACH, SOURCES, evaluate
from gdsim.engine.elementary.arrays import loop
from gdsim.errors import EngineError
from tests.engine.elementary_oracles import errors_in_ulp, points, scaled, true_values, wider_type, wider_values

Array = numpy.ndarray[Any, Any]
PRECISIONS = ("float64", "float32")
EACH = [
    pytest.param(name, precision, id=f"{name}-{precision}") for precision in PRECISIONS for name in NAMES[precision]
]
ALLOWED_ULP = dict.fromkeys(NAMES["float64"], 2.0) | {"pow": 4.0}


def worst(name: str, inputs: list[Array], got: Array, truth: Callable[..., Any] = true_values) -> tuple[float, str]:
    error = errors_in_ulp(got, truth(name, *inputs))
    k = int(numpy.argmax(error))
    return float(error[k]), f"{name}({', '.join(repr(array[k]) for array in inputs)}) = {got[k]!r}"


@pytest.mark.parametrize(("name", "precision"), EACH)
def test_error_in_units_of_the_last_place(name: str, precision: str) -> None:
    inputs = points(name, precision)
    got = evaluate(name, *inputs)
    assert got.dtype == precision
    wider = wider_type(name, precision) is not None
    few = slice(None, None, 50 if wider else 1)
    error, where = worst(name, [array[few] for array in inputs], got[few])
    assert error <= ALLOWED_ULP[name], where
    if wider:
        error, where = worst(name, inputs, got, wider_values)
        assert error <= ALLOWED_ULP[name], where


def test_without_fused_multiply_add() -> None:
    """The same on a processor that rounds products: in another process, which compiles for the plainest one."""
    code = """
import pickle, sys
from gdsim.engine.elementary import evaluate
for name, inputs in pickle.load(sys.stdin.buffer):
    sys.stdout.buffer.write(evaluate(name, *inputs).tobytes())
"""
    name = "x86-64" if platform.machine() in ("x86_64", "AMD64") else "generic"
    work = [(name, points(name, precision, 1500)) for precision in PRECISIONS for name in NAMES[precision]]
    environment = os.environ | {"NUMBA_CPU_NAME": name, "NUMBA_CPU_FEATURES": ""}
    done = subprocess.run(
        [sys.executable, "-c", code], input=pickle.dumps(work), capture_output=True, env=environment, check=True
    )
    start = 0
    for function, inputs in work:
        got = numpy.frombuffer(done.stdout, inputs[0].dtype, inputs[0].size, start)
        start += got.nbytes
        error, where = worst(function, inputs, got)
        assert error <= ALLOWED_ULP[function], where


# Special values

INF, NAN = math.inf, math.nan
ODD_LEVEL = [(0.0, 0.0), (-0.0, -0.0), (INF, INF), (-INF, -INF)]
SPECIAL: dict[str, list[tuple[float, float]]] = {
    "exp": [(0.0, 1.0), (-0.0, 1.0), (INF, INF), (-INF, 0.0), (1e4, INF), (-1e4, 0.0)],
    "expm1": [(0.0, 0.0), (-0.0, -0.0), (INF, INF), (-INF, -1.0), (1e4, INF), (-1e4, -1.0)],
    "log": [(0.0, -INF), (-0.0, -INF), (INF, INF), (-INF, NAN), (-1.0, NAN), (1.0, 0.0)],
    "log2": [(0.0, -INF), (-0.0, -INF), (INF, INF), (-INF, NAN), (-1.0, NAN), (1.0, 0.0), (8.0, 3.0), (0.25, -2.0)],
    "log10": [(0.0, -INF), (-0.0, -INF), (INF, INF), (-INF, NAN), (-1.0, NAN), (1.0, 0.0), (1000.0, 3.0)],
    "log1p": [(0.0, 0.0), (-0.0, -0.0), (INF, INF), (-INF, NAN), (-1.0, -INF), (-2.0, NAN)],
    "cbrt": [*ODD_LEVEL, (27.0, 3.0), (-8.0, -2.0)],
    "sin": [(0.0, 0.0), (-0.0, -0.0), (INF, NAN), (-INF, NAN)],
    "cos": [(0.0, 1.0), (-0.0, 1.0), (INF, NAN), (-INF, NAN)],
    "tan": [(0.0, 0.0), (-0.0, -0.0), (INF, NAN), (-INF, NAN)],
    "asin": [
        (0.0, 0.0), (-0.0, -0.0), (1.5, NAN), (-1.5, NAN), (INF, NAN), (-INF, NAN), (1.0, math.pi / 2),
        (-1.0, -math.pi / 2),
    ],
    "acos": [
        (0.0, math.pi / 2), (-0.0, math.pi / 2), (1.5, NAN), (-1.5, NAN), (INF, NAN), (-INF, NAN), (1.0, 0.0),
        (-1.0, math.pi),
    ],
    "atan": [(0.0, 0.0), (-0.0, -0.0), (INF, math.pi / 2), (-INF, -math.pi / 2)],
    "sinh": [*ODD_LEVEL, (1e4, INF), (-1e4, -INF)],
    "cosh": [(0.0, 1.0), (-0.0, 1.0), (INF, INF), (-INF, INF), (1e4, INF)],
    "tanh": [(0.0, 0.0), (-0.0, -0.0), (INF, 1.0), (-INF, -1.0), (100.0, 1.0)],
    "asinh": ODD_LEVEL,
    "acosh": [(1.0, 0.0), (0.5, NAN), (INF, INF), (-INF, NAN), (0.0, NAN), (-2.0, NAN)],
    "atanh": [(0.0, 0.0), (-0.0, -0.0), (1.0, INF), (-1.0, -INF), (2.0, NAN), (-2.0, NAN), (INF, NAN), (-INF, NAN)],
    "sigmoid": [(0.0, 0.5), (-0.0, 0.5), (INF, 1.0), (-INF, 0.0), (1e4, 1.0), (-1e4, 0.0)],
    "sigmoid_slope": [(0.0, 0.25), (-0.0, 0.25), (INF, 0.0), (-INF, 0.0), (1e4, 0.0)],
    "softplus": [(INF, INF), (-INF, 0.0), (1e4, 1e4), (-1e4, 0.0)],
    "sech2": [(0.0, 1.0), (-0.0, 1.0), (INF, 0.0), (-INF, 0.0), (1e4, 0.0)],
    "erf": [(0.0, 0.0), (-0.0, -0.0), (INF, 1.0), (-INF, -1.0), (10.0, 1.0)],
}  # fmt: skip


def assert_same(got: Array, wanted: Any, words: Any) -> None:
    wanted = numpy.asarray(wanted, got.dtype)
    numpy.testing.assert_array_equal(got, wanted, err_msg=str(words))
    sure = ~numpy.isnan(wanted)
    numpy.testing.assert_array_equal(numpy.signbit(got[sure]), numpy.signbit(wanted[sure]), err_msg=str(words))


@pytest.mark.parametrize(("name", "precision"), [case for case in EACH if case.values[0] in SPECIAL])
def test_special_values(name: str, precision: str) -> None:
    x, wanted = (numpy.array(column, precision) for column in zip(*SPECIAL[name], (NAN, NAN), strict=True))
    assert_same(evaluate(name, x), wanted, x)


def test_every_function_of_one_argument_has_its_special_values() -> None:
    assert set(SPECIAL) == set(NAMES["float64"]) - {"pow", "atan2"}


@pytest.mark.parametrize("precision", PRECISIONS)
@pytest.mark.parametrize(
    "name", ["sin", "tan", "asin", "atan", "sinh", "tanh", "asinh", "atanh", "erf", "expm1", "log1p"]
)
def test_subnormal_arguments(name: str, precision: str) -> None:
    smallest = numpy.finfo(precision).smallest_subnormal
    x = numpy.array([smallest, -smallest, 5 * smallest, numpy.finfo(precision).tiny / 2], precision)
    factor = 2 / math.sqrt(math.pi) if name == "erf" else 1.0
    assert_same(evaluate(name, x), x.astype(float) * factor, x)


@pytest.mark.parametrize("precision", PRECISIONS)
def test_pow_as_annex_f_wants_it(precision: str) -> None:
    many = [0.0, -0.0, 1.0, -1.0, 0.5, -0.5, 2.0, -2.0, 3.0, 2.5, 1e30, -1e30, INF, -INF, NAN]
    odd, even, broken = [1.0, 3.0, -3.0, -7.0], [2.0, -2.0, 6.0, 2.0**60, -(2.0**60)], [0.5, -0.5, 2.5, -1.5]
    rules: list[tuple[Any, Any, Any]] = [
        *[(x, y, 1.0) for x in many for y in (0.0, -0.0)],
        *[(1.0, y, 1.0) for y in many],
        *[(-1.0, y, 1.0) for y in (INF, -INF)],
        *[(x, y, math.copysign(0.0 if y > 0 else INF, x)) for x in (0.0, -0.0) for y in odd],
        *[(x, y, 0.0 if y > 0 else INF) for x in (0.0, -0.0) for y in even + broken + [INF, -INF]],
        *[(x, y, NAN) for x in (-0.5, -2.0, -1e30) for y in broken],
        *[(x, -INF, INF) for x in (0.5, -0.5)] + [(x, INF, 0.0) for x in (0.5, -0.5)],
        *[(x, -INF, 0.0) for x in (2.0, -2.0, INF, -INF)] + [(x, INF, INF) for x in (2.0, -2.0, INF, -INF)],
        *[(INF, y, INF if y > 0 else 0.0) for y in odd + even + broken],
        *[(-INF, y, -INF if y > 0 else -0.0) for y in odd],
        *[(-INF, y, INF if y > 0 else 0.0) for y in even + broken],
        *[(NAN, y, NAN) for y in many if y != 0] + [(x, NAN, NAN) for x in many if x != 1.0],
        *[(-2.0, 3.0, -8.0), (-2.0, -3.0, -0.125), (-2.0, 2.0, 4.0), (-3.0, 1.0, -3.0)],
        *[(2.0, 1e30, INF), (0.5, 1e30, 0.0), (2.0, -1e30, 0.0), (0.5, -1e30, INF), (-2.0, 1e30, INF)],
    ]
    x, y, wanted = (numpy.array(column, precision) for column in zip(*rules, strict=True))
    assert_same(evaluate("pow", x, y), wanted, rules)


@pytest.mark.parametrize("precision", PRECISIONS)
def test_odd_and_even_powers_at_the_end_of_the_integers(precision: str) -> None:
    last = 2.0 ** (numpy.finfo(precision).nmant + 1)
    y = numpy.array([last - 1, last, last / 2 + 1, last / 2 + 2, last / 2 - 0.5], precision)
    assert_same(evaluate("pow", numpy.full_like(y, -1.0), y), [-1.0, 1.0, -1.0, 1.0, NAN], y)


@pytest.mark.parametrize("precision", PRECISIONS)
def test_atan2_in_every_direction(precision: str) -> None:
    values = [0.0, -0.0, 1.0, -1.0, INF, -INF, NAN, 1e-30, -1e30]
    y, x = (numpy.array(column, precision) for column in zip(*itertools.product(values, values), strict=True))
    wanted = numpy.arctan2(y.astype(float), x.astype(float)).astype(precision)
    got = evaluate("atan2", y, x)
    numpy.testing.assert_array_max_ulp(got, wanted, 2)
    sure = ~numpy.isnan(wanted)
    numpy.testing.assert_array_equal(numpy.signbit(got[sure]), numpy.signbit(wanted[sure]))


# Shapes of curves


@pytest.mark.parametrize("precision", PRECISIONS)
@pytest.mark.parametrize(
    ("name", "low", "high", "least", "most"),
    [
        ("exp", -100, 80, 0, INF), ("log", 1e-3, 1e3, -INF, INF), ("tanh", -25, 25, -1, 1),
        ("atan", -50, 50, -1.6, 1.6), ("sigmoid", -80, 80, 0, 1), ("erf", -8, 8, -1, 1), ("cbrt", -9, 9, -3, 3),
        ("softplus", -80, 80, 0, INF), ("sinh", -80, 80, -INF, INF), ("asin", -1, 1, -1.6, 1.6),
        ("expm1", -60, 80, -1, INF),
    ],
)  # fmt: skip
def test_rising_curves_rise(name: str, low: float, high: float, least: float, most: float, precision: str) -> None:
    values = evaluate(name, numpy.linspace(low, high, 50_001), dtype=precision)
    assert values.min() >= least
    assert values.max() <= most
    falls = -numpy.diff(values.astype(float))
    assert (falls <= 2 * numpy.spacing(numpy.abs(values[1:])).astype(float)).all()


@pytest.mark.parametrize("precision", PRECISIONS)
@pytest.mark.parametrize("name", ["sin", "cos"])
def test_sines_stay_within_one(name: str, precision: str) -> None:
    turns = numpy.arange(-60_000, 60_000) * (math.pi / 2)
    assert numpy.abs(evaluate(name, turns, dtype=precision)).max() <= 1.0


# The door for arrays


@pytest.mark.parametrize("precision", PRECISIONS)
@pytest.mark.parametrize("name", ["sin", "cos", "tan"])
def test_beyond_the_reach(name: str, precision: str) -> None:
    rng = numpy.random.default_rng(5)
    info = numpy.finfo(precision)
    x = scaled(math.log2(REACH[precision][name]) - 1, info.maxexp - 0.01)(rng, 2000, precision).astype(precision)
    got = evaluate(name, x)
    error, where = worst(name, [x], got)
    assert error <= 2.0, where


def test_shapes_and_types() -> None:
    table = evaluate("pow", numpy.arange(3.0)[:, None], numpy.arange(4.0))
    assert table.shape == (3, 4)
    assert table[2, 3] == 8.0
    assert evaluate("exp", 0).shape == ()
    assert evaluate("exp", numpy.zeros((0, 2))).shape == (0, 2)
    assert evaluate("exp", numpy.zeros(3, numpy.float32)).dtype == numpy.float32
    assert evaluate("exp", numpy.zeros(3, numpy.float32), dtype=numpy.float64).dtype == numpy.float64
    strided = numpy.arange(20.0)[::-3]
    numpy.testing.assert_array_equal(evaluate("sin", strided), evaluate("sin", strided.copy()))


def test_bad_calls_are_our_errors() -> None:
    with pytest.raises(EngineError, match="no elementary function 'gamma'"):
        evaluate("gamma", 1.0)
    with pytest.raises(EngineError, match="takes 2 arrays"):
        evaluate("pow", 1.0)
    with pytest.raises(EngineError, match="float16"):
        evaluate("exp", 1.0, dtype=numpy.float16)
    with pytest.raises(EngineError, match="do not go together"):
        evaluate("pow", numpy.zeros(2), numpy.zeros(3))


@pytest.mark.parametrize(("name", "precision"), EACH)
def test_a_point_has_one_value_wherever_it_stands(name: str, precision: str) -> None:
    """Vector body and scalar remainder of the loop agree to the last bit."""
    inputs = [array[:: array.size // 41][:41] for array in points(name, precision, 3000)]
    together = evaluate(name, *inputs)
    alone = [evaluate(name, *(array[k : k + 1] for array in inputs))[0] for k in range(inputs[0].size)]
    assert_same(together, alone, name)


def test_the_sources_are_there_and_numba_waits() -> None:
    assert {"double.py", "single.py", "bits.py", "coefficients.py"} <= {path.name for path in SOURCES}
    code = "import sys, gdsim.engine.elementary; sys.exit('numba' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


# Machine code

PACKED = {
    "x86": r"\bv?f?n?m?(?:mul|add|sub)\w*p[ds]\b",
    "arm": r"\bf(?:mla|mls|mul|add|sub)(?:\.(?:2d|4s)|\s+v\d+\.(?:2d|4s))",
}
CALL = {"x86": r"^\s+call", "arm": r"^\s+blr?\s"}


def machine_code(name: str, precision: str) -> str:
    """The assembly of the compiled loop, without the wrapper that lets Python call it."""
    lines: list[str] = []
    wrapper = False
    (assembly,) = loop(name, precision).inspect_asm().values()
    for line in assembly.splitlines():
        label = re.match(r'"?(_*[A-Za-z]\S*):', line)
        if label:
            wrapper = "cpython" in label[1]
        if not wrapper:
            lines.append(line)
    return "\n".join(lines)


@pytest.mark.parametrize(("name", "precision"), EACH)
def test_loops_are_packed_and_call_nothing(name: str, precision: str) -> None:
    machine = "arm" if platform.machine().lower() in ("aarch64", "arm64") else "x86"
    code = machine_code(name, precision)
    assert len(re.findall(PACKED[machine], code)) >= 5
    assert re.findall(CALL[machine], code, re.MULTILINE) == []


def test_names_match_the_modules() -> None:
    assert set(elementary.REACH) == set(elementary.NAMES) == set(PRECISIONS)
    for precision, module in (("float64", "double"), ("float32", "single")):
        assert set(NAMES[precision]) == set(import_module(f"gdsim.engine.elementary.{module}").__all__)
