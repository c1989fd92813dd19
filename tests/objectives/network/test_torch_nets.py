"""Networks against torch: gradients of every kind of layer, and 100 steps of training, recorded beside this file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gdsim.engine.backend import RacerPlan
from gdsim.engine.network.training import carried
from gdsim.engine.select import backend, new_trace
from gdsim.optimizers.racer import parse_racer
from tests.objectives.network.network_cases import objective_of
from tests.objectives.network.torch_nets import CASES, STEPS, TRAINED, Case

RECORDED: dict[str, Any] = json.loads((Path(__file__).parent / "data" / "torch_nets.json").read_text())
KNOWN = {case.name: case for case in CASES}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_gradients_are_torchs(case: Case) -> None:
    objective, told = objective_of(case), RECORDED["gradients"][case.name]
    loss, gradient = objective.value_gradient(case.theta(objective.n))
    expected = np.array(told["gradient"])
    assert loss == pytest.approx(told["loss"], rel=1e-12)
    # where batch normalisation takes a bias away again its gradient is rounding on both sides
    assert np.allclose(gradient, expected, rtol=1e-9, atol=1e-12 * np.abs(expected).max())


@pytest.mark.parametrize("name", ["numpy", "cpu"])
@pytest.mark.parametrize("number", range(len(TRAINED)), ids=[f"{each[0]}, {each[1]}" for each in TRAINED])
def test_training_is_torchs(name: str, number: int) -> None:
    case_name, rule, settings, size, _ = TRAINED[number]
    case, told = KNOWN[case_name], RECORDED["runs"][number]
    objective = objective_of(case)
    racer = parse_racer(f"{rule},{settings}")
    plan = RacerPlan(
        rule=racer.rule, hyper=racer.hyper, start=tuple(case.theta(objective.n)), steps=STEPS,
        weight_decay=racer.weight_decay, batch=size, seed=case.seed,
    )  # fmt: skip
    stepper, trace = backend(name).stepper(objective, plan), new_trace(objective)
    while stepper.advance(trace, STEPS) is None:
        pass
    assert stepper.backend == name
    losses = trace.column("loss", 0, STEPS)
    assert np.allclose(losses, told["losses"], rtol=1e-7, atol=1e-10)
    (theta, buffers), expected = carried(objective, stepper.snapshot()), np.array(told["theta"])
    theta = trace.row(-1).theta if trace.n else theta
    assert np.allclose(theta, expected, rtol=1e-7, atol=1e-7 * np.abs(expected).max())
    # a bias in front of a batch normalisation has no gradient but rounding, which Adam takes for one
    assert np.allclose(buffers, told["running"], rtol=1e-6, atol=1e-7)
    outputs = objective.outputs(theta, objective.samples.x, buffers if len(buffers) else None)
    assert np.allclose(outputs, told["outputs"], rtol=1e-6, atol=1e-8)
