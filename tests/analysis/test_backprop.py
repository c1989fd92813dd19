"""The walk of a sample through a network: every number against central differences, autograd and the forward pass."""

from __future__ import annotations

import numpy as np
import pytest

from gdsim.analysis import backprop
from gdsim.objectives.network.passes import fresh_buffers
from tests.objectives.network.network_cases import objective_of
from tests.objectives.network.torch_nets import CASES, Case

WALKED = [case for case in CASES if case.loss not in ("mae", "hinge")]


def running(case: Case) -> tuple[object, np.ndarray, np.ndarray]:
    """The case's objective, weights and running statistics that are not the fresh ones."""
    objective = objective_of(case)
    buffers = fresh_buffers(objective.net)
    if len(buffers):
        buffers = np.abs(buffers + 0.3 * np.random.default_rng(5).normal(size=len(buffers))) + 0.1
    return objective, case.theta(objective.n), buffers


@pytest.mark.parametrize("case", WALKED, ids=lambda case: case.name)
def test_the_gradient_is_that_of_the_sample(case: Case) -> None:
    objective, theta, buffers = running(case)
    walked = backprop.walk(objective, theta, buffers, 3)
    assert walked.check < 1e-6
    h = 1e-6
    for place in range(0, objective.n, max(1, objective.n // 25)):
        moved = theta.copy()
        moved[place] += h
        ahead = backprop.loss_of(objective, moved, buffers, 3)
        moved[place] -= 2 * h
        slope = (ahead - backprop.loss_of(objective, moved, buffers, 3)) / (2 * h)
        assert walked.gradient[place] == pytest.approx(slope, rel=2e-4, abs=2e-7 * max(1, np.abs(walked.gradient).max()))


@pytest.mark.parametrize("case", WALKED, ids=lambda case: case.name)
def test_layers_hang_together(case: Case) -> None:
    objective, theta, buffers = running(case)
    walked = backprop.walk(objective, theta, buffers, 0, check=False)
    below = walked.inputs
    for layer, seen in zip(objective.net.layers, walked.layers, strict=True):
        assert np.allclose(seen.below, below)
        assert np.allclose(seen.sums, seen.weights @ seen.below + seen.bias)
        assert np.allclose(seen.gradient, np.outer(seen.delta, seen.below))
        assert np.allclose(seen.bias_gradient, seen.delta)
        if layer.norm == "none":
            assert np.allclose(seen.delta, seen.back * seen.slope)
        below = seen.outputs
    assert np.allclose(below, walked.outputs)
    assert np.allclose(walked.layers[-1].back, walked.slopes)


def test_a_nudge_is_predicted_by_the_slope() -> None:
    case = next(each for each in CASES if each.name == "tanh")
    objective, theta, buffers = running(case)
    walked = backprop.walk(objective, theta, buffers, 1, check=False)
    for weight in (0, 17, objective.n - 2):
        small = backprop.nudge(objective, theta, buffers, walked, weight, 1e-5)
        assert small.actual == pytest.approx(small.predicted, rel=1e-3, abs=1e-12)
        large = backprop.nudge(objective, theta, buffers, walked, weight, 0.5)
        moved = theta.copy()
        moved[weight] += 0.5
        assert large.actual == pytest.approx(backprop.loss_of(objective, moved, buffers, 1) - walked.loss)
        layer, unit, _ = backprop.place_of(objective, weight)
        first, change = large.path[0]
        assert first == layer
        assert np.flatnonzero(np.abs(change) > 1e-12).tolist() in ([unit], [])


def test_the_chain_rule_is_written_with_the_samples_numbers() -> None:
    case = next(each for each in CASES if each.name == "tanh")
    objective, theta, buffers = running(case)
    walked = backprop.walk(objective, theta, buffers, 2, check=False)
    for weight in (3, 20, objective.n - 1):
        lines = backprop.chain_rule(objective, walked, weight)
        last = lines[-1][1].split("=")[-1]
        mantissa, _, exponent = last.partition(r"\cdot 10^{")
        value = float(mantissa) * (10.0 ** int(exponent.rstrip("} ")) if exponent else 1.0)
        assert value == pytest.approx(walked.gradient[weight], rel=6e-3)


def test_a_wrong_gradient_is_seen() -> None:
    case = next(each for each in CASES if each.name == "logistic")
    objective, theta, buffers = running(case)
    walked = backprop.walk(objective, theta, buffers, 2)
    wrong = walked.gradient.copy()
    wrong[0] *= 1.01
    assert backprop.gradient_check(objective, theta, buffers, 2, wrong) > 1e-4
