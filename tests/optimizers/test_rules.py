"""Every rule of the catalogue, and typed ones: they run, they go downhill, they say what is wrong."""

from __future__ import annotations

import numpy as np
import pytest

from gdsim import catalogue, objectives
from gdsim.errors import FormulaError, SpecError
from gdsim.optimizers import Rule, compose_step, composed_gradient, initial_state, rule, rule_from_text
from gdsim.params import ParamSpec, Value

STAGED = [name for name, entry in catalogue.optimizers().items() if not entry.method]

# A rate at which each rule is to come down on an easy bowl in 300 steps; the default is meant for networks.
RATES = {
    "adagrad": 0.5,
    "lars": 30.0,
    "adadelta": 100.0,
    "lion": 0.01,
    "prodigy": 1.0,
    "barzilai_borwein": 0.01,
    "adafactor": 0.1,
}


def descend(made: Rule, hyper: dict[str, Value], steps: int, n: int = 2, dtype: type = np.float64) -> np.ndarray:
    text = "sum((x[i] - 1)^2*i, i=1..n)"
    objective = objectives.from_formula(text, n=n)
    theta = np.linspace(2.0, 3.0, n).astype(dtype)
    state = initial_state(made.graph(hyper), n, hyper)
    for t in range(1, steps + 1):
        _, theta, state = compose_step(made, theta, objective.gradient(theta), t, float(hyper["lr"]), hyper, state)  # type: ignore[arg-type]
    return theta


@pytest.mark.parametrize("name", STAGED)
def test_every_rule_comes_down(name: str) -> None:
    made = rule(name)
    found = descend(made, made.resolve({"lr": RATES.get(name, 0.02)}), 300)
    assert np.all(np.isfinite(found))
    assert np.linalg.norm(found - 1) < 0.35 * np.linalg.norm(np.array([1.0, 2.0]))


@pytest.mark.parametrize("name", STAGED)
def test_every_rule_keeps_float32_and_works_in_other_dimensions(name: str) -> None:
    made = rule(name)
    hyper = made.resolve({})
    assert descend(made, hyper, 3, dtype=np.float32).dtype == np.float32
    for n in (1, 5):
        assert descend(made, hyper, 3, n=n).shape == (n,)


@pytest.mark.parametrize("name", STAGED)
def test_a_vanished_gradient_moves_nothing_far(name: str) -> None:
    made = rule(name)
    hyper = made.resolve({})
    theta = np.array([0.0, 2.0])
    state = initial_state(made.graph(hyper), 2, hyper)
    for t in range(1, 4):
        step, theta, state = compose_step(made, theta, np.zeros(2), t, float(hyper["lr"]), hyper, state)  # type: ignore[arg-type]
        assert np.all(np.isfinite(step))
    assert np.linalg.norm(theta - [0, 2]) < 1e-3


@pytest.mark.parametrize("name", STAGED)
def test_stages_have_words_and_nodes(name: str) -> None:
    made = rule(name)
    assert len(made.words) == len(made.assignments) > 0
    graph = made.graph(made.resolve({}))
    assert graph.stages[-1].name or graph.stages
    assert made.graph({"lr": 0.5}) is made.graph({"lr": 0.1})


@pytest.mark.parametrize("name", catalogue.optimizers())
def test_fixed_step_means_that_the_step_does_not_follow_the_gradient(name: str) -> None:
    made = rule(name)
    if made.method:
        return
    hyper = made.resolve({})
    steps = []
    for scale in (1.0, 1e-3):
        theta, state = np.array([1.0, -2.0]), initial_state(made.graph(hyper), 2, hyper)
        steps.append(compose_step(made, theta, scale * np.array([3.0, 1.0]), 1, 0.01, hyper, state)[0])
    same = np.allclose(steps[0], steps[1], rtol=1e-3)
    assert same or not made.fixed_step


def test_resolve_checks_names_and_bounds() -> None:
    adam = rule("adam")
    assert adam.resolve({"lr": 0.5})["beta1"] == 0.9
    with pytest.raises(SpecError, match="Did you mean 'beta1'"):
        adam.resolve({"beta": 0.3})
    with pytest.raises(SpecError, match="below 1"):
        adam.resolve({"beta1": 1.0})
    with pytest.raises(SpecError, match="not a list"):
        adam.resolve({"lr": (0.1, 0.2)})
    with pytest.raises(SpecError, match="no stages"):
        rule("lbfgs").graph()


def test_a_typed_rule_finds_its_hyper_parameters() -> None:
    made = rule_from_text("v = beta*v + g; step = -lr*v", hyper={"lr": 0.05, "beta": 0.8})
    assert {spec.name: spec.default for spec in made.hyper} == {"lr": 0.05, "beta": 0.8}
    hyper = made.resolve({})
    nesterov = rule("momentum").resolve({"lr": 0.05, "beta": 0.8})
    np.testing.assert_allclose(descend(made, hyper, 50), descend(rule("momentum"), nesterov, 50), rtol=1e-12)


def test_a_typed_rule_takes_defaults_declarations_lists_and_init() -> None:
    made = rule_from_text("step = -lr*k*g")
    assert made.names == ("lr", "k")
    assert made.resolve({})["k"] == 0.1
    declared = rule_from_text("step = -lr*k*g", specs=[ParamSpec("k", "k", 2.0, high=3.0)])
    with pytest.raises(SpecError, match="at most 3"):
        declared.resolve({"k": 4})
    listed = rule_from_text(
        "v[k] = betas[k]*v[k] + g; step = -lr*sum(v[k], k=1..len(betas))", hyper={"betas": (0.0, 0.5)}
    )
    assert listed.resolve({})["betas"] == (0.0, 0.5)
    assert len(listed.graph().states) == 2
    begun = rule_from_text("s = s*0.9; step = -s*g", init={"s": "lr"})
    hyper = begun.resolve({"lr": 0.5})
    assert initial_state(begun.graph(hyper), 3, hyper).tolist() == [0.5]


@pytest.mark.parametrize(("text", "words"), [("v = g", "step"), ("step = -lr*", "column"), ("", "empty")])
def test_typed_rules_that_cannot_be_read(text: str, words: str) -> None:
    with pytest.raises(FormulaError, match=words):
        rule_from_text(text)


def test_a_value_that_a_typed_rule_never_reads_is_told() -> None:
    with pytest.raises(SpecError, match="no hyper-parameter 'bta'"):
        rule_from_text("step = -lr*g", hyper={"bta": 1.0}).resolve({"bta": 1.0})


def test_order_of_composition() -> None:
    theta, gradient, noise = np.array([2.0, -1.0]), np.array([3.0, 4.0]), np.array([0.0, -4.0])
    g = composed_gradient(gradient, theta, clip=1.5, weight_decay=0.1, decoupled=False, noise=noise)
    np.testing.assert_allclose(g, np.array([3.0, 0.0]) * (1.5 / (3.0 + 1e-6)) + 0.1 * theta, rtol=1e-15)
    same = composed_gradient(gradient, theta, clip=0.0, weight_decay=0.1, decoupled=True)
    np.testing.assert_array_equal(same, gradient)
    lion = rule("lion")
    hyper = lion.resolve({})
    state = initial_state(lion.graph(hyper), 2, hyper)
    step, after, _ = compose_step(lion, theta, gradient, 1, 0.1, hyper, state, weight_decay=0.5)
    np.testing.assert_allclose(step, [-0.1, -0.1])
    np.testing.assert_allclose(after, theta * (1 - 0.1 * 0.5) + step, rtol=1e-15)
