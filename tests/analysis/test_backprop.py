"""The walk of a sample through a network: every number against central differences, autograd and the forward pass."""

from __future__ import annotations

import re

import numpy as np
import pytest

from gdsim.analysis import backprop
from gdsim.analysis.chain_rule import chain_rule, plain_number
from gdsim.analysis.walk_stages import stage_words, stages_of
from gdsim.formula.number import parse_number
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
        assert walked.gradient[place] == pytest.approx(
            slope, rel=2e-4, abs=2e-7 * max(1, np.abs(walked.gradient).max())
        )


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


@pytest.mark.parametrize("case", WALKED, ids=lambda case: case.name)
def test_the_chain_rule_ends_at_the_gradient_for_every_weight(case: Case) -> None:
    """With normalisations and residuals too: every line is true of the sample."""
    objective, theta, buffers = running(case)
    walked = backprop.walk(objective, theta, buffers, 2, check=False)
    for weight in range(objective.n):
        lines = chain_rule(objective, walked, weight)
        assert lines[-1].value == pytest.approx(walked.gradient[weight], rel=1e-9, abs=1e-13)
        layer, unit, _ = backprop.place_of(objective, weight)
        seen, dense = walked.layers[layer], objective.net.layers[layer]
        assert lines[1].value == seen.back[unit]
        assert lines[2].value == seen.slope[unit]
        kind = backprop.block_of(objective, weight).kind
        if kind in ("weights", "bias"):
            assert lines[-2].value == seen.delta[unit]
            assert len(lines) == (5 if dense.norm == "none" else 6)


@pytest.mark.parametrize("case", WALKED, ids=lambda case: case.name)
def test_factors_of_the_chain_rule_multiply(case: Case) -> None:
    """What is written as a product is one: through running statistics, and through those of a layer."""
    objective, theta, buffers = running(case)
    walked = backprop.walk(objective, theta, buffers, 4, check=False)
    for dense, seen in zip(objective.net.layers, walked.layers, strict=True):
        into = seen.back * seen.slope * seen.gain
        if dense.norm == "layer":
            into = into - into.mean() - seen.standard * (into * seen.standard).mean()
        assert np.allclose(seen.delta, into / seen.deviation, rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("case", WALKED, ids=lambda case: case.name)
def test_what_comes_down_is_written_with_the_residual(case: Case) -> None:
    objective, theta, buffers = running(case)
    walked = backprop.walk(objective, theta, buffers, 4, check=False)
    for number in range(len(walked.layers) - 1):
        upper, dense = walked.layers[number + 1], objective.net.layers[number + 1]
        down = upper.weights.T @ upper.delta + (upper.back if dense.residual else 0.0)
        assert np.allclose(walked.layers[number].back, down, rtol=1e-12, atol=1e-15)
        line = chain_rule(objective, walked, objective.net.layers[number].bias.start)[1]
        past = chain_rule(objective, walked, objective.net.layers[number + 1].bias.start)[1].value
        assert ("above" in line.plain) == dense.residual
        assert not dense.residual or plain_number(past, factor=True) in line.plain


@pytest.mark.parametrize("name", ["tanh", "batch norm", "layer norm", "residual", "softmax"])
def test_the_numbers_of_a_line_give_its_result(name: str) -> None:
    """Plain text, as a reader would check it: the product or difference that is written out, and what follows."""
    objective, theta, buffers = running(next(each for each in CASES if each.name == name))
    walked = backprop.walk(objective, theta, buffers, 1, check=False)
    seen = 0
    for weight in range(objective.n):
        for line in chain_rule(objective, walked, weight)[1:]:
            *_, shown, result = line.plain.split(" = ")
            if any(sign in shown for sign in "…∂f"):
                continue
            product, value = worked_out(shown), worked_out(result)
            size = max(abs(value), *(abs(worked_out(part)) for part in shown.split(" + ")))
            assert product == pytest.approx(value, rel=0.03, abs=0.03 * size)
            seen += 1
    assert seen > objective.n


def worked_out(text: str) -> float:
    """The value of numbers joined by signs, as the lines write them: ``0.2 · (−3·10⁻²) + 1``."""
    raised = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-")
    powers = re.sub("·10([⁰¹²³⁴⁵⁶⁷⁸⁹⁻]+)", lambda found: "e" + found[1].translate(raised), text)
    return parse_number(powers.replace(" · ", "*").replace("\N{MINUS SIGN}", "-"))


@pytest.mark.parametrize("case", WALKED, ids=lambda case: case.name)
def test_losses_along_a_weight_are_those_of_moved_weights(case: Case) -> None:
    objective, theta, buffers = running(case)
    moves = np.array([-0.5, -0.01, 0.0, 0.3])
    for weight in range(0, objective.n, max(1, objective.n // 15)):
        seen = backprop.losses_along(objective, theta, buffers, 1, weight, moves)
        for by, loss in zip(moves, seen, strict=True):
            moved = theta.copy()
            moved[weight] += by
            assert loss == pytest.approx(backprop.loss_of(objective, moved, buffers, 1), rel=1e-12, abs=1e-14)


@pytest.mark.parametrize("case", WALKED, ids=lambda case: case.name)
def test_stages_say_what_the_sample_does(case: Case) -> None:
    objective, theta, buffers = running(case)
    walked = backprop.walk(objective, theta, buffers, 1, check=False)
    stages = stages_of(len(walked.layers))
    assert len(stages) == 2 * len(walked.layers) + 3
    for stage in stages:
        words = stage_words(objective, theta, walked, stage, unit=0, weight=1, lr=0.1)
        assert words.title
        assert words.words.endswith(".")
        if stage.kind == "forward":
            assert plain_number(float(walked.layers[stage.layer - 1].outputs[0])) in words.plain
        elif stage.kind == "backward":
            assert plain_number(float(walked.layers[stage.layer - 1].delta[0])) in words.plain
        elif stage.kind == "loss":
            assert plain_number(walked.loss) in words.plain
        elif stage.kind == "update":
            assert plain_number(float(theta[1] - 0.1 * walked.gradient[1])) in words.plain


def test_a_wrong_gradient_is_seen() -> None:
    case = next(each for each in CASES if each.name == "logistic")
    objective, theta, buffers = running(case)
    walked = backprop.walk(objective, theta, buffers, 2)
    wrong = walked.gradient.copy()
    wrong[0] *= 1.01
    assert backprop.gradient_check(objective, theta, buffers, 2, wrong) > 1e-4
