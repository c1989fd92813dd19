"""The compiled backend against the interpreted one: the whole catalogue, float32, everything that can be composed."""

from __future__ import annotations

import numpy as np
import pytest

from gdsim.engine.select import backend
from gdsim.engine.status import Status
from gdsim.errors import EngineError
from gdsim.objectives import from_callable, from_formula
from gdsim.optimizers.schedules import make_schedule
from tests.engine import races

# its step is a quotient of differences that vanish: it magnifies the last bit
STEPS = {"barzilai_borwein": 10}
NUMPY, CPU, AUTO = backend("numpy"), backend("cpu"), backend("auto")


def distance(first: np.ndarray, second: np.ndarray) -> float:
    """The largest difference, relative to 1 + the size of the numbers."""
    assert first.shape == second.shape
    with np.errstate(invalid="ignore"):
        gap = np.abs(first - second) / (1.0 + np.abs(first))
    same = (first == second) | (np.isnan(first) & np.isnan(second))
    return float(np.max(np.where(same, 0.0, gap), initial=0.0))


@pytest.mark.parametrize("name", races.optimizer_names())
@pytest.mark.parametrize("function", races.FUNCTIONS)
def test_compiled_and_interpreted_paths_agree(name: str, function: str) -> None:
    _, start, lr = races.FUNCTIONS[function]
    steps = STEPS.get(name, 200)
    hyper = {} if lr is None else {"lr": lr}
    objective, plan = races.objective(function), races.plan_of(name, start, steps, hyper)
    reference, _ = races.run(NUMPY, objective, plan)
    compiled, stepper = races.run(CPU, objective, plan)
    assert compiled.status is reference.status
    assert distance(reference.rows(), compiled.rows()) < 1e-12
    assert stepper.backend == compiled.backend == ("numpy" if plan.rule.method else "cpu")


def test_everything_that_can_be_composed_agrees() -> None:
    objective = races.objective("elementary")
    for rule in ("momentum", "adamw"):
        plan = races.plan_of(
            rule, (1.0, 0.7), 600, {"lr": 0.01}, clip=0.3, noise=0.05, seed=3, racer=2, weight_decay=0.1,
            schedule=make_schedule("cosine", {"warmup": 50}),
            changes=((100, "lr", 0.02), (300, "clip", 0.0), (300, "weight_decay", 0.0), (400, "noise", 0.0)),
        )  # fmt: skip
        reference, _ = races.run(NUMPY, objective, plan)
        compiled, _ = races.run(CPU, objective, plan)
        assert distance(reference.rows(), compiled.rows()) < 1e-10
        assert len(reference.rows()) == 601


@pytest.mark.parametrize("name", ["gd", "adam", "rprop", "lbfgs"])
def test_float32_computes_in_float32(name: str) -> None:
    objective, plan = races.objective("bowl"), races.plan_of(name, (1.5, -1.0), 50, {"lr": 0.01})
    double, _ = races.run(CPU, objective, plan)
    single, _ = races.run(CPU, objective, plan, "float32")
    interpreted, _ = races.run(NUMPY, objective, plan, "float32")
    thetas = single.thetas()
    assert np.array_equal(thetas, thetas.astype(np.float32))
    assert 0 < distance(double.thetas(), thetas) < 1e-4
    assert distance(interpreted.rows(), single.rows()) < 1e-4


def test_ten_thousand_coordinates() -> None:
    n = 10_000
    objective = from_formula("sum(i*(x[i]-1)^2, i=1..n)/n + sum((x[i+1]-x[i])^2, i=1..n-1)", n=n)
    plan = races.plan_of("momentum", tuple(0.3 * (k % 7) for k in range(n)), 20, {"lr": 0.05})
    reference, _ = races.run(NUMPY, objective, plan)
    compiled, stepper = races.run(CPU, objective, plan)
    assert stepper.backend == "cpu"
    assert distance(reference.rows(), compiled.rows()) < 1e-11


def test_parameters_reach_the_kernel_at_run_time() -> None:
    start, ends = (1.0, 1.0), []
    for a in (1.0, 2.5):
        objective = from_formula("a x^2 + y^2", parameters={"a": a})
        plan = races.plan_of("gd", start, 10, {"lr": 0.1})
        reference, _ = races.run(NUMPY, objective, plan)
        compiled, _ = races.run(CPU, objective, plan)
        assert distance(reference.rows(), compiled.rows()) < 1e-14
        ends.append(compiled.row(-1).theta[0])
    assert ends[0] != ends[1]


def test_a_python_function_runs_in_numpy_alone() -> None:
    objective = from_callable(lambda theta: float(theta @ theta), 2, lambda theta: 2 * theta, start=(1.0, 2.0))
    plan = races.plan_of("gd", (1.0, 2.0), 10, {"lr": 0.1})
    trace, stepper = races.run(AUTO, objective, plan)
    assert stepper.backend == "numpy"
    assert np.allclose(trace.row(-1).theta, 0.8**10 * np.array([1.0, 2.0]))
    with pytest.raises(EngineError, match="Python function"):
        CPU.stepper(objective, plan)


def test_a_formula_too_long_to_compile_is_interpreted() -> None:
    text = " + ".join(f"(x - {k})^2 y^2/{k + 1}" for k in range(600))
    trace, stepper = races.run(AUTO, from_formula(text), races.plan_of("gd", (1.0, 0.1), 3, {"lr": 1e-9}))
    assert stepper.backend == "numpy"
    assert trace.status is Status.STEP_LIMIT


def test_a_backend_that_is_not_there_says_why() -> None:
    with pytest.raises(EngineError, match="no backend 'nothing'"):
        backend("nothing")


def test_a_start_of_another_dimension_is_refused() -> None:
    for chosen in (NUMPY, CPU):
        with pytest.raises(EngineError, match="coordinates"):
            races.run(chosen, races.objective("bowl"), races.plan_of("gd", (1.0,)))
