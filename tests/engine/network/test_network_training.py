"""Compiled training against the reference: rows, snapshots and ends; whole, in chunks, on threads, replayed."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from gdsim.engine import grid, noise
from gdsim.engine.backend import DType, RacerPlan
from gdsim.engine.network.reference import NumpyTraining
from gdsim.engine.network.stepper import CompiledTraining, training_code
from gdsim.engine.network.training import training_trace
from gdsim.engine.status import Status
from gdsim.engine.trace import Trace
from gdsim.errors import EngineError
from gdsim.objectives.network.network import NetworkObjective
from gdsim.optimizers.schedules import make_schedule
from tests.engine import races
from tests.engine.network import nets


def stepper(
    objective: NetworkObjective, plan: RacerPlan, dtype: DType = "float64", threaded: bool | None = None
) -> CompiledTraining:
    return CompiledTraining(objective, plan, dtype, training_code(objective, plan, dtype).result(), threaded)


def plan_of(objective: NetworkObjective, rule: str = "adam", steps: int = 60, **rest: Any) -> RacerPlan:
    hyper = rest.pop("hyper", {"lr": 0.01})
    return races.plan_of(rule, tuple(nets.theta_of(objective)), steps, hyper, **rest)


def run(stepper: Any, at_once: int = 10**9) -> Trace:
    trace = training_trace(stepper.objective)
    while trace.status is Status.RUNNING:
        stepper.advance(trace, at_once)
    return trace


def gap(found: np.ndarray, wanted: np.ndarray) -> float:
    assert found.shape == wanted.shape
    assert np.array_equal(np.isnan(found), np.isnan(wanted))
    return float(np.nanmax(np.abs(found - wanted) / (1.0 + np.abs(wanted)), initial=0.0))


@pytest.mark.parametrize("batch", [0, 7])
@pytest.mark.parametrize("name", list(nets.MODELS))
def test_rows_and_states_agree_with_the_reference(name: str, batch: int) -> None:
    objective = nets.objective(name)
    plan = plan_of(objective, batch=batch, seed=3)
    compiled, reference = stepper(objective, plan), NumpyTraining(objective, plan, "float64")
    found, wanted = run(compiled), run(reference)
    assert found.status is wanted.status is Status.STEP_LIMIT
    assert gap(found.rows(), wanted.rows()) < 1e-9
    finite = np.isfinite(reference.snapshot())
    # a bias below batch normalisation has no gradient but round-off, of which Adam makes whole steps
    reach = 1e-6 if objective.net.batch_normed else 1e-9
    assert gap(compiled.snapshot()[finite], reference.snapshot()[finite]) < reach
    assert gap(compiled.theta, reference.theta) < reach


@pytest.mark.parametrize("rule", ["gd", "momentum", "rmsprop", "adamw", "lamb", "muon", "adafactor", "rprop", "lion"])
def test_rules_agree_with_the_reference(rule: str) -> None:
    if rule not in races.optimizer_names():
        pytest.skip(f"{rule} is not in the catalogue")
    objective = nets.objective("classes")
    plan = plan_of(objective, rule, 40, batch=20)
    assert gap(run(stepper(objective, plan)).rows(), run(NumpyTraining(objective, plan, "float64")).rows()) < 1e-8


def test_everything_that_can_be_composed_agrees() -> None:
    objective = nets.objective("everything")
    for rule in ("momentum", "adamw"):
        plan = plan_of(
            objective, rule, 600, batch=8, clip=0.3, noise=0.05, seed=3, racer=2, weight_decay=0.1,
            schedule=make_schedule("cosine", {"warmup": 50}),
            changes=((100, "lr", 0.02), (300, "clip", 0.0), (300, "weight_decay", 0.0), (400, "noise", 0.0)),
        )  # fmt: skip
        found, wanted = run(stepper(objective, plan)), run(NumpyTraining(objective, plan, "float64"))
        assert len(found.rows()) == 601
        assert gap(found.rows(), wanted.rows()) < 1e-7


@pytest.mark.parametrize("name", ["plain", "everything", "line"])
def test_chunks_threads_and_replay_do_not_show_in_the_numbers(name: str) -> None:
    objective = nets.objective(name, 300)
    for batch in (0, 140):
        plan = plan_of(objective, steps=300, batch=batch)
        whole = run(stepper(objective, plan))
        for threads in (1, 3):
            grid.set_threads(threads)
            again = run(stepper(objective, plan, threaded=True), 13)
            grid.set_threads(0)
            assert np.array_equal(whole.rows(), again.rows(), equal_nan=True)
        one = stepper(objective, plan)
        one.rewind(whole, 270)
        trace = training_trace(objective)
        other = stepper(objective, plan)
        other.advance(trace, 270)
        assert np.array_equal(one.snapshot(), other.snapshot())
        assert np.array_equal(one.theta, other.theta)


@pytest.mark.parametrize("batch", [0, 10])
def test_single_precision_stays_close(batch: int) -> None:
    objective = nets.objective("plain")
    plan = plan_of(objective, batch=batch)
    single, double = run(stepper(objective, plan, "float32")), run(stepper(objective, plan))
    assert 0.0 < gap(single.rows(), double.rows()) < 1e-4


@pytest.mark.parametrize(
    ("rest", "status"),
    [
        ({"target": 0.9}, Status.TARGET),
        ({"patience": 3}, Status.PLATEAU),
        ({"tolerance": 1e-2}, Status.CONVERGED),
        ({"hyper": {"lr": 1e200}}, Status.DIVERGED),
    ],
)
def test_ends_are_those_of_the_reference(rest: dict[str, Any], status: Status) -> None:
    objective = nets.objective("line" if status is Status.DIVERGED else "plain")
    plan = plan_of(objective, "gd" if status is Status.DIVERGED else "adam", 3000, **rest)
    found, wanted = run(stepper(objective, plan)), run(NumpyTraining(objective, plan, "float64"))
    assert found.status is wanted.status is status
    assert found.last == wanted.last


@pytest.mark.parametrize("count", [1, 2, 17, 500, 3001])
def test_orders_of_kernels_are_those_of_the_reference(count: int) -> None:
    objective = nets.objective("line", count)
    plan = plan_of(objective, steps=3, batch=max(1, count // 2), seed=-7)
    one = stepper(objective, plan)
    run(one)
    if not one.batches.full:
        assert np.array_equal(one._order[0], noise.order(-7, 3 // one.batches.per_epoch, count))


def test_methods_are_left_to_the_reference() -> None:
    objective = nets.objective("plain")
    plan = races.plan_of("lbfgs", tuple(nets.theta_of(objective)), 10)
    good = plan_of(objective)
    code = training_code(objective, good, "float64").result()
    with pytest.raises(EngineError, match="stages"):
        CompiledTraining(objective, plan, "float64", code)
