"""Surfaces, fields and curves: compiled against interpreted, threads, cancelling, slices of many coordinates."""

from __future__ import annotations

import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from gdsim.engine import grid
from gdsim.engine.backend import Plane, Slice
from gdsim.engine.select import backend
from gdsim.errors import Cancelled, EngineError
from gdsim.objectives import Objective, from_callable, from_formula
from tests.engine import races

NUMPY, CPU, AUTO = backend("numpy"), backend("cpu"), backend("auto")
PLANE = Slice((0.0, 0.0), (0, 1), (-2.0, 2.5), (-1.0, 3.0), 61, 47)


def many(n: int) -> Objective:
    """Couples neighbours; scalars for small n, a vector with loops for large n."""
    return from_formula("sum(sin(x[i]) x[i+1]^2, i=1..n-1) + sum(x[i]^2, i=1..n)/n", n=n)


@pytest.mark.parametrize(
    ("objective", "where"),
    [
        (races.objective("elementary"), PLANE),
        (races.objective("rosenbrock"), PLANE),
        (races.objective("three_dimensions"), Slice((0.3, -0.2, 0.9), (2, 0), (-1.0, 1.0), (0.0, 2.0), 700, 3)),
        (many(300), Slice((0.5,) * 300, (298, 17), (-1.0, 1.0), (0.0, 2.0), 19, 7)),
        (from_formula("1/x + log(y)"), Slice((0.0, 0.0), (0, 1), (-1.0, 1.0), (-1.0, 1.0), 5, 5)),
    ],
)
def test_compiled_pictures_agree_with_interpreted_ones(objective: Objective, where: Slice) -> None:
    surface = CPU.surface(objective, where)
    assert surface.backend == "cpu"
    assert surface.values.shape == (where.ny, where.nx)
    np.testing.assert_allclose(surface.values, NUMPY.surface(objective, where).values, rtol=1e-12, atol=1e-12)
    field = CPU.field(objective, where)
    assert field.shape == (2, where.ny, where.nx)
    np.testing.assert_allclose(field, NUMPY.field(objective, where), rtol=1e-12, atol=1e-12)


def test_a_picture_shows_the_function() -> None:
    objective = races.objective("elementary")
    for chosen in (NUMPY, CPU):
        values, field = chosen.surface(objective, PLANE).values, chosen.field(objective, PLANE)
        for row, column in ((0, 0), (3, 60), (46, 31)):
            theta = np.array([PLANE.xs()[column], PLANE.ys()[row]])
            loss, gradient = objective.value_gradient(theta)
            assert values[row, column] == pytest.approx(loss, rel=1e-14)
            assert np.allclose(field[:, row, column], gradient, rtol=1e-13)


@pytest.mark.parametrize("objective", [races.objective("elementary"), races.objective("three_dimensions"), many(300)])
def test_landscapes_along_any_directions(objective: Objective) -> None:
    n = objective.n
    draw = np.random.default_rng(n)
    plane = Plane(*draw.normal(size=(3, n)) / np.sqrt(n), np.linspace(-1.0, 2.0, 70), np.linspace(-1.0, 1.0, 9))
    found = CPU.landscape(objective, plane)
    np.testing.assert_allclose(found, NUMPY.landscape(objective, plane), rtol=1e-12, atol=1e-12)
    point = plane.base + plane.a[13] * plane.first + plane.b[5] * plane.second
    assert found[5, 13] == pytest.approx(objective.value(point), rel=1e-12)
    with pytest.raises(EngineError, match="first"):
        CPU.landscape(objective, Plane(plane.base, plane.first[1:], plane.second, plane.a, plane.b))


def test_curves() -> None:
    one = races.objective("one_dimension")
    line = Slice((0.0,), (0,), (-3.0, 3.0), nx=101)
    for chosen in (NUMPY, CPU):
        value, slope = chosen.curve(one, line)
        assert np.allclose(value, line.xs() ** 2 / 4 + np.sin(line.xs()))
        assert np.allclose(slope, line.xs() / 2 + np.cos(line.xs()))
        through = chosen.curve(races.objective("bowl"), Slice((0.0, 2.0), (0,), (-3.0, 3.0), nx=11))
        assert np.allclose(through[1], 2 * np.linspace(-3, 3, 11) + 2.0)


def test_a_python_function_is_painted_point_by_point() -> None:
    objective = from_callable(lambda theta: float(theta[0] ** 2 + theta[1]), 2)
    small = Slice((0.0, 0.0), (0, 1), (-1.0, 1.0), (-1.0, 1.0), 5, 3)
    values = AUTO.surface(objective, small).values
    assert np.allclose(values, small.xs()[None, :] ** 2 + small.ys()[:, None])
    assert np.allclose(AUTO.field(objective, small)[1], 1.0)


def test_the_number_of_threads_does_not_show() -> None:
    objective = races.objective("elementary")
    where = Slice((0.0, 0.0), (0, 1), (-2.0, 2.0), (-1.0, 3.0), 700, 500)
    pictures = []
    try:
        for count in (1, 2, 5):
            grid.set_threads(count)
            assert grid.threads() == count
            pictures.append(CPU.surface(objective, where).values)
    finally:
        grid.set_threads(0)
    assert np.array_equal(pictures[0], pictures[1])
    assert np.array_equal(pictures[0], pictures[2])
    with pytest.raises(EngineError):
        grid.set_threads(-1)


def test_two_callers_at_once() -> None:
    objective = races.objective("elementary")
    where = Slice((0.0, 0.0), (0, 1), (-2.0, 2.0), (-1.0, 3.0), 500, 400)
    alone = CPU.surface(objective, where).values
    with ThreadPoolExecutor(4) as pool:
        for values in pool.map(lambda _: CPU.surface(objective, where).values, range(8)):
            assert np.array_equal(values, alone)


def test_pictures_can_be_cancelled() -> None:
    event = threading.Event()
    event.set()
    where = Slice((0.0, 0.0), (0, 1), (-2.0, 2.0), (-1.0, 3.0), 4000, 4000)
    for chosen in (NUMPY, CPU):
        with pytest.raises(Cancelled):
            chosen.surface(races.objective("elementary"), where, event)
        with pytest.raises(Cancelled):
            chosen.field(races.objective("elementary"), where, event)


def test_an_error_in_a_piece_reaches_the_caller() -> None:
    def worker() -> grid.Piece:
        def piece(first: int, last: int) -> None:
            if first > 1000:
                raise EngineError("broken")

        return piece

    with pytest.raises(EngineError, match="broken"):
        grid.fill(10**9, worker)


def test_every_point_is_filled_once() -> None:
    for total in (0, 1, 63, 64, 65, 100_003):
        counts = np.zeros(total, dtype=int)

        def worker(counts: np.ndarray = counts) -> grid.Piece:
            def piece(first: int, last: int) -> None:
                for k in range(first, last):
                    counts[k] += 1

            return piece

        grid.fill(total, worker)
        assert (counts == 1).all()


def test_the_first_picture_of_a_new_formula_touches_no_compiler() -> None:
    script = """
import sys
from gdsim.engine.backend import Plane, Slice
from gdsim.engine.select import backend
from gdsim.objectives import from_formula
from gdsim.engine.compiler import COMPILER
held = []
COMPILER.submit = lambda key, job, priority=0: held.append(key) or __import__("concurrent.futures").futures.Future()
surface = backend("auto").surface(from_formula("sin x + y^2"), Slice((0, 0), (0, 1), (0, 1), (0, 1), 9, 9))
assert surface.backend == "numpy" and held
assert "numba" not in sys.modules and "llvmlite" not in sys.modules, "numba was imported"
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr


def test_auto_repaints_compiled_when_the_kernels_are_there() -> None:
    objective = from_formula("sin x + y^2 + x y/7")
    first = AUTO.surface(objective, PLANE)
    assert AUTO.prepare(objective).result(timeout=60)
    second = AUTO.surface(objective, PLANE)
    assert (first.backend, second.backend) == ("numpy", "cpu")
    np.testing.assert_allclose(first.values, second.values, rtol=1e-13, atol=1e-13)
