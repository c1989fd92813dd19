"""The NumPy meaning: shapes, dtypes, batches, loops, and results that are not finite."""

from __future__ import annotations

import math
import warnings

import numpy as np
import pytest
from formula_oracles import ackley, chained_rosenbrock, scalars, summed

from gdsim.formula.batch import CHUNK
from gdsim.formula.build import Builder
from gdsim.formula.derive import value_gradient
from gdsim.formula.interpret import interpret
from gdsim.formula.term import Term


def test_one_point_gives_floats() -> None:
    (value,) = interpret(scalars(lambda x, y: x * y), {"x": 2, "y": 3.5})
    assert value == 7.0
    assert type(value) is float


def test_batches_broadcast() -> None:
    graph = scalars(lambda x, y: [x * y, x, x.call("eq", x) * 0.0 + 3.0])
    product, first, constant = interpret(graph, {"x": np.arange(3.0), "y": np.arange(4.0)[:, None]})
    np.testing.assert_array_equal(product, np.outer(np.arange(4.0), np.arange(3.0)))
    assert first.shape == constant.shape == (4, 3)
    first[0, 0] = 7.0  # not a view of the input


def test_big_batches_are_cut_without_a_seam() -> None:
    x, y = np.linspace(-5, 5, 700)[None, :], np.linspace(-4, 4, 600)[:, None]
    (whole,) = interpret(ackley(), {"x": x, "y": y})
    assert whole.shape == (600, 700)
    assert whole.size > CHUNK
    (row,) = interpret(ackley(), {"x": x[0], "y": -4 + 8 * 123 / 599})
    np.testing.assert_allclose(whole[123], row, rtol=1e-12)
    (flat,) = interpret(ackley(), {"x": np.tile(x[0], 600), "y": np.repeat(y[:, 0], 700)})
    np.testing.assert_array_equal(flat, whole.ravel())


@pytest.mark.parametrize("make", [
    lambda x: x.call("gelu"), lambda x: 2.0 * x + 0.1, lambda x: x.call("relu") + x.call("sinc"),
    lambda x: x.call("gt", 0.0).choose(x, 0.5) + x.call("lt", 1.0), lambda x: x.call("pow", 2.5) + x.power(-3),
    lambda x: x.call("sigmoid") * x.call("softplus") * x.call("erf") + x.call("step") + x.call("xlogy", x),
])  # fmt: skip
def test_float32_stays(make) -> None:
    graph = value_gradient(scalars(make, "x"))
    for result in interpret(graph, {"x": np.linspace(0.1, 2, 5, dtype=np.float32)}):
        assert result.dtype == np.float32
    assert interpret(graph, {"x": np.float32(0.3)})[0].dtype == np.float32
    assert interpret(chained_rosenbrock(4), {"x": np.ones(4, dtype=np.float32)})[0].dtype == np.float32


def test_nothing_warns_or_raises() -> None:
    graph = scalars(
        lambda x, y: [
            (-1.0 - x.power(2)).call("log"), x / (y - y), (x - 1e9).call("sqrt"), (x * 1e9).call("exp"),
            (x - x).call("log"), (0.0 * x).call("pow", -1.0), x.call("mod", y - y),
        ]
    )  # fmt: skip
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = interpret(graph, {"x": 2.0, "y": 1.0})
    assert [str(value) for value in found] == ["nan", "inf", "nan", "inf", "-inf", "inf", "nan"]


def test_a_missing_value_is_named() -> None:
    with pytest.raises(KeyError, match="y"):
        interpret(scalars(lambda x, y: x * y), {"x": 1.0})


def test_any_node_can_be_read() -> None:
    builder = Builder()
    g = Term(builder, builder.input("g", vector=True))
    square = g * g
    total = Term(builder, builder.reduce("sum", square.node, 0))
    graph = builder.build([(g / total).node])
    found = interpret(graph, {"g": np.array([1.0, 2.0])}, nodes=[square.node, total.node])
    np.testing.assert_array_equal(found[0], [1.0, 4.0])
    assert found[1] == 5.0


def test_vectors_with_batches() -> None:
    points = np.random.default_rng(0).normal(size=(6, 4, 3))
    values, slopes = interpret(value_gradient(chained_rosenbrock(6)), {"x": points})
    assert values.shape == (4, 3)
    assert slopes.shape == (6, 4, 3)
    one, slope = interpret(value_gradient(chained_rosenbrock(6)), {"x": points[:, 2, 1]})
    assert values[2, 1] == pytest.approx(one)
    np.testing.assert_allclose(slopes[:, 2, 1], slope)


def test_big_batches_of_vectors() -> None:
    points = np.random.default_rng(0).normal(size=(50, 5000))
    (values,) = interpret(chained_rosenbrock(50), {"x": points})
    (last,) = interpret(chained_rosenbrock(50), {"x": points[:, -1]})
    assert values[-1] == pytest.approx(last)


def test_elements_outside_are_not_a_number() -> None:
    graph = summed(3, lambda i, x: x(i + 1.0))
    assert math.isnan(interpret(graph, {"x": np.ones(3)})[0])
    halves = summed(3, lambda i, x: x(i / 2.0))
    assert math.isnan(interpret(halves, {"x": np.ones(3)})[0])


def test_empty_sums_and_products() -> None:
    assert interpret(summed(3, lambda i, x: x(i), high=0), {"x": np.ones(3)}) == (0.0,)
    assert interpret(summed(3, lambda i, x: x(i), op="prod", high=0), {"x": np.ones(3)}) == (1.0,)
    _, slope = interpret(value_gradient(summed(3, lambda i, x: x(i), op="prod", high=0)), {"x": np.ones(3)})
    np.testing.assert_array_equal(slope, np.zeros(3))


def test_sums_run_over_the_whole_numbers_within_their_bounds() -> None:
    builder = Builder()
    axis = builder.axis("i", builder.const(0.5), builder.const(3.7))
    graph = builder.build([builder.reduce("sum", builder.index(axis), axis)])
    assert interpret(graph, {}) == (6.0,)


def test_triangular_sums_and_constant_bodies() -> None:
    builder = Builder()
    i = builder.axis("i", builder.const(1), builder.const(4))
    j = builder.axis("j", builder.const(1), builder.index(i))
    inner = builder.reduce("prod", builder.index(j), j)
    builder.axis("j", builder.const(1), builder.index(i))
    ones = builder.reduce("sum", builder.const(1), j)
    graph = builder.build([builder.reduce("sum", builder.call("mul", inner, ones), i)])
    assert interpret(graph, {}) == (1 * 1 + 2 * 2 + 6 * 3 + 24 * 4,)


def test_ten_thousand_coordinates() -> None:
    n = 10_000
    value, slope = interpret(value_gradient(chained_rosenbrock(n)), {"x": np.zeros(n)})
    assert value == n - 1
    assert slope.shape == (n,)
