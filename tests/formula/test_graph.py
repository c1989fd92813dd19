"""The arena: equal nodes are one, float results stay, limits are met with words."""

from __future__ import annotations

import math

import numpy as np
import pytest
from formula_oracles import scalars

from gdsim.errors import FormulaError
from gdsim.formula.build import MAX_NESTING, Builder, pruned
from gdsim.formula.graph import THETA
from gdsim.formula.interpret import interpret
from gdsim.formula.ops import ARITY, COMPOSED, OPERATORS, fold
from gdsim.formula.term import Term


def test_equal_nodes_are_one() -> None:
    builder = Builder()
    x = builder.input("x", "coordinate")
    assert builder.call("sin", x) == builder.call("sin", builder.input("x"))
    assert builder.const(2.0) == builder.const(2)
    assert builder.const(0.0) != builder.const(-0.0)
    assert len(builder.build([x]).inputs) == 1


def test_constants_are_folded_as_floats() -> None:
    builder = Builder()

    def power(a: int, b: int) -> int:
        return builder.call("pow", a, b)

    nine = builder.const(9.0)
    assert builder.constant(power(nine, power(nine, power(nine, nine)))) == math.inf
    assert builder.constant(builder.call("mul", builder.const(2), builder.const(math.pi))) == 2 * math.pi
    assert math.isnan(builder.constant(builder.call("div", builder.const(0), builder.const(0))) or 0.0)
    assert builder.constant(builder.call("select", builder.const(1), nine, builder.const(0))) == 9.0
    assert fold("powi", [3.0], -2) == 1 / 9


@pytest.mark.parametrize("x", [0.0, -0.0, 1.5, math.inf, math.nan, 1e-320])
def test_simplification_keeps_every_result(x: float) -> None:
    rules = {
        "x*1": (lambda x: x * 1.0, x * 1.0),
        "-1*x": (lambda x: x * -1.0, x * -1.0),
        "x/1": (lambda x: x / 1.0, x / 1.0),
        "x+0": (lambda x: x + 0.0, x + 0.0),
        "0*x": (lambda x: 0.0 * x, 0.0 * x),
        "x-x": (lambda x: x - x, x - x),
        "minus minus x": (lambda x: (-x).call("neg"), x),
        "x^1": (lambda x: x.call("pow", 1.0), x),
        "x^0": (lambda x: x.call("pow", 0.0), 1.0),
    }
    for name, (make, wanted) in rules.items():
        (found,) = interpret(scalars(make, "x"), {"x": x})
        np.testing.assert_equal(found, np.float64(wanted), err_msg=name)
        assert math.copysign(1, found) == math.copysign(1, wanted) or math.isnan(wanted), name


def test_the_users_sums_are_not_reassociated() -> None:
    (found,) = interpret(scalars(lambda x: (x + 1e16) - 1e16, "x"), {"x": 1.0})
    assert found == 0.0


def test_a_square_root_written_as_a_power_is_one() -> None:
    assert "sqrt" in scalars(lambda x: x.call("pow", 0.5), "x").ops


def test_wrong_numbers_of_arguments() -> None:
    builder = Builder()
    with pytest.raises(ValueError, match="takes 2"):
        builder.call("add", builder.const(1))


@pytest.mark.parametrize(
    ("low", "high", "words"),
    [(1.0, math.inf, "never ends"), (1.0, 1e9, "too many terms"), (1.0, math.nan, "never ends")],
)
def test_sums_that_are_too_long(low: float, high: float, words: str) -> None:
    builder = Builder()
    with pytest.raises(FormulaError, match=words):
        builder.axis("i", builder.const(low), builder.const(high))


def test_bounds_and_places_cannot_move() -> None:
    builder = Builder()
    x = builder.input("a", "parameter")
    with pytest.raises(FormulaError, match="bounds"):
        builder.axis("i", builder.const(1), builder.call("add", x, builder.const(1)))
    builder.declare("x", "coordinate", vector=True)
    with pytest.raises(FormulaError, match="index of x"):
        builder.gather("x", x)
    with pytest.raises(ValueError, match="no vector"):
        builder.gather("a", builder.const(1))


def test_sums_over_the_same_range_share_a_loop() -> None:
    builder = Builder()
    one, five = builder.const(1), builder.const(5)
    i = builder.axis("i", one, five)
    j = builder.axis("j", one, five)
    assert i != j  # one inside the other
    builder.reduce("sum", builder.index(j), j)
    builder.reduce("sum", builder.index(i), i)
    assert builder.axis("k", one, five) == i
    assert builder.axis("l", one, five) == j


def test_too_many_sums_within_sums() -> None:
    builder = Builder()
    axes = [builder.axis(f"i{k}", builder.const(1), builder.const(2)) for k in range(MAX_NESTING + 1)]
    body = builder.index(axes[0])
    for axis in axes[1:]:
        body = builder.call("add", body, builder.index(axis))
    with pytest.raises(FormulaError, match="within sums"):
        builder.reduce("sum", body, axes[-1])


def test_axes_of_nodes() -> None:
    builder = Builder()
    builder.declare("x", "coordinate", vector=True)
    i = builder.axis("i", builder.const(1), builder.const(4))
    j = builder.axis("j", builder.const(1), builder.index(i))
    inner = builder.reduce("sum", builder.gather("x", builder.index(j)), j)
    assert builder.axes[builder.index(j)] == {i, j}
    assert builder.axes[inner] == {i}
    assert builder.axes[builder.reduce("sum", inner, i)] == frozenset()
    assert builder.axes[builder.input("g", vector=True)] == {THETA}


def test_pruning_drops_what_is_not_needed() -> None:
    builder = Builder()
    x, y = Term(builder, builder.input("x", "coordinate")), Term(builder, builder.input("y", "coordinate"))
    (x * y).call("exp")
    small = pruned(builder.build([x.call("sin").node]))
    assert small.ops == ("input", "sin")
    assert [entry.name for entry in small.inputs] == ["x", "y"]


def test_large_graphs_are_known() -> None:
    def make(terms: int):
        def total(x: Term) -> Term:
            result = x
            for k in range(terms):
                result = result + (x * float(k + 2)).call("sin")
            return result

        return scalars(total, "x")

    assert not make(50).is_large
    assert make(200).is_large


def test_every_operator_is_fully_declared() -> None:
    for name, operator in OPERATORS.items():
        assert operator.name == name
        assert operator.rules == () or len(operator.rules) == operator.arity
        assert operator.rules == () or operator.branch is None
        assert all(f"{{{k}}}" in operator.source and f"{{{k}}}" in operator.python for k in range(operator.arity))
    assert set(ARITY) == set(OPERATORS) | set(COMPOSED)
