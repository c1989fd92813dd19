"""Trajectories and schedules against torch's, recorded by record_torch.py: relative 1e-9 in float64, L-BFGS 1e-5."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gdsim import catalogue, objectives
from gdsim.optimizers import (
    compose_step,
    initial_state,
    method,
    method_step,
    parse_racer,
    parse_schedule,
)

DATA = Path(__file__).parent / "data"
RECORD = json.loads((DATA / "trajectories.json").read_text())
RATES = json.loads((DATA / "schedules.json").read_text())

TORCH = """
gd momentum nesterov adam adamw amsgrad nadam radam adamax adagrad adadelta rmsprop rprop asgd
adafactor muon lbfgs
"""


def path(case: dict[str, Any], steps: list[int]) -> np.ndarray:
    racer = parse_racer(case["racer"])
    objective = objectives.from_entry(catalogue.function(case["function"]))
    theta = np.array(case["start"])
    common = {"clip": racer.clip, "weight_decay": racer.weight_decay}
    lr, hyper = float(racer.hyper["lr"]), racer.hyper  # type: ignore[arg-type]
    if racer.rule.method:
        state = method(racer.rule.method).start(len(theta), hyper)
    else:
        state = initial_state(racer.rule.graph(hyper), len(theta), hyper)
    points = []
    for t in range(1, max(steps) + 1):
        loss, gradient = objective.value_gradient(theta)
        if racer.rule.method:
            _, theta, state, _ = method_step(
                racer.rule, objective, theta, float(loss), gradient, lr, hyper, state, **common
            )
        else:
            _, theta, state = compose_step(racer.rule, theta, gradient, t, lr, hyper, state, **common)
        if t in steps:
            points.append(theta)
    return np.array(points)


@pytest.mark.parametrize("case", RECORD["cases"], ids=lambda case: f"{case['racer']} on {case['function']}")
def test_trajectory(case: dict[str, Any]) -> None:
    ours, theirs = path(case, RECORD["steps"]), np.array(case["path"])
    error = np.linalg.norm(ours - theirs, axis=1) / np.linalg.norm(theirs, axis=1)
    assert error.max() < (1e-5 if case["racer"].startswith("lbfgs") else 1e-9)


def test_every_optimizer_that_torch_has_is_recorded() -> None:
    seen = {case["racer"].partition(",")[0] for case in RECORD["cases"]}
    assert seen == set(TORCH.split())
    for name in TORCH.split():
        functions = {case["function"] for case in RECORD["cases"] if case["racer"].partition(",")[0] == name}
        assert len(functions) == 4, name
    assert RECORD["steps"][-1] == 200


@pytest.mark.parametrize("case", RATES["cases"], ids=lambda case: case["schedule"])
def test_schedule(case: dict[str, Any]) -> None:
    total = len(case["rates"])
    ours = parse_schedule(case["schedule"]).rates(RATES["lr"], np.arange(1.0, total + 1), total)
    np.testing.assert_allclose(ours, case["rates"], rtol=1e-12, atol=1e-15)
