"""Operations per point: by hand for formulas, by LLVM's own instructions for elementary functions."""

from __future__ import annotations

import re

import pytest

from gdsim import objectives
from gdsim.bench.arithmetic import ELEMENTARY, operations
from gdsim.engine.elementary import double
from gdsim.errors import EngineError

_INSTRUCTION = re.compile(r"\b(?:fadd|fsub|fmul|fdiv|fcmp)\b|call [^@]*@llvm\.(?:sqrt|fma|fmuladd)\.")


def counted(name: str) -> int:
    """Floating-point instructions of the compiled function, a fused multiply-add as two."""
    from numba import njit

    function = getattr(double, name)
    if name == "pow":
        compiled = njit("float64(float64, float64)", error_model="numpy", no_cpython_wrapper=True)(
            lambda x, y: function(x, y)
        )
    else:
        compiled = njit("float64(float64)", error_model="numpy", no_cpython_wrapper=True)(lambda x: function(x))
    (text,) = compiled.inspect_llvm().values()
    body = next(part for part in text.split("\ndefine ")[1:] if "cfunc" not in part.split("{")[0])
    return sum(2 if "@llvm.fm" in found else 1 for found in _INSTRUCTION.findall(body.replace("\n", " \n")) or [])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("x + y", 1),
        ("x^2 + y^2", 3),
        ("(1-x)^2 + 100(y-x^2)^2", 7),
        ("x^5", 3),
        ("sqrt(x) / y", 2),
        ("a x + b", 2),
        ("if(x > y, x, -y)", 1),
        ("|x|", 0),
        ("(a + b) x", 1),  # a + b is the same for all points
    ],
)
def test_operations_of_a_formula(text: str, expected: int) -> None:
    objective = objectives.from_formula(text)
    assert operations(objective.graph, objective.coordinates) == expected


def test_elementary_functions_count_for_what_they_take() -> None:
    objective = objectives.from_formula("exp(x) + cos(y)")
    assert operations(objective.graph, objective.coordinates) == ELEMENTARY["exp"] + ELEMENTARY["cos"] + 1


def test_what_is_not_in_the_table_is_refused() -> None:
    objective = objectives.from_formula("erf(x)")
    with pytest.raises(EngineError, match="'erf'"):
        operations(objective.graph, objective.coordinates)


@pytest.mark.parametrize("name", ["exp", "cos", "log", "tanh"])
def test_the_table_is_what_llvm_makes_of_the_functions(name: str) -> None:
    assert counted(name) == pytest.approx(ELEMENTARY[name], rel=0.1), "count again and change the table"
