from __future__ import annotations

import pytest

from gdsim import catalogue
from gdsim.errors import GdsimError
from gdsim.session.documents import from_toml, to_toml
from gdsim.session.make import parse_settings, racer_from_text, spec_for
from gdsim.session.opening import opening_spec
from gdsim.session.resolve import check_texts, objective_of, plans_of


@pytest.mark.parametrize("name", list(catalogue.functions()))
def test_every_function_makes_a_spec_that_survives_a_file(name: str) -> None:
    spec = spec_for(function=name, backend="numpy")
    assert from_toml(to_toml(spec)) == spec
    objective = objective_of(spec)
    entry = catalogue.function(name)
    assert objective.value(_array(spec.start)) == pytest.approx(
        float(_from(entry).value(_array(spec.start))), rel=1e-14, abs=1e-300
    )


@pytest.mark.parametrize("name", list(catalogue.optimizers()))
def test_every_optimizer_makes_a_plan_with_its_words(name: str) -> None:
    spec = spec_for(function="himmelblau", racers=[name])
    assert from_toml(to_toml(spec)) == spec
    plan = plans_of(spec)[0]
    entry = catalogue.optimizer(name)
    assert plan.hyper == {param.name: param.default for param in entry.hyper}
    assert plan.rule.words == tuple(words for _, words in entry.stages)
    assert plan.weight_decay == entry.weight_decay


def test_the_opening_is_what_its_names_would_give() -> None:
    made = spec_for(
        function="himmelblau",
        racers=["gd,lr=0.01", "momentum,lr=0.004,beta=0.9", "adam,lr=0.2"],
        start="0.5,4.5",
        steps=400,
        target=0.1,
    )
    assert made == opening_spec()


def test_names_with_parameters_and_dimensions() -> None:
    spec = spec_for(function="ill_conditioned,kappa=20", start="-1.5,2")
    assert spec.problem.parameters["kappa"] == 20
    assert spec.start == (-1.5, 2.0)
    wide = spec_for(function="rastrigin,n=5")
    assert wide.problem.dimension == len(wide.start) == len(wide.problem.domain) == 5
    assert spec_for(function="rastrigin", start=[1.0, 2.0, 3.0]).problem.dimension == 3
    assert spec_for(formula="sum(x[i]^2, i=1..n)", start="1,2,3,4").problem.dimension == 4
    assert spec_for(formula="x^2", start="1,5").start == (1.5,)
    assert spec_for(formula="a*u^2 + v^2", variables=["u", "v"], parameters={"a": 3}).problem.parameters == {"a": 3.0}


def test_typed_rules_go_to_the_racers_called_custom() -> None:
    one = "step = -lr*g"
    two = "v = beta*v + g; step = -lr*v"
    spec = spec_for(formula="x^2", racers=["gd", "custom,lr=0.1", "custom,beta=0.5"], rules=[one, two])
    assert [racer.rule for racer in spec.racers] == [one, one, two]
    assert spec.racers[2].hyper["beta"] == 0.5
    assert len(spec_for(formula="x^2", racers=["gd"], rules=[two]).racers) == 2
    check_texts(spec)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({}, "nothing to minimise"),
        ({"formula": " "}, "empty"),
        ({"function": "himmelblau", "formula": "x"}, "both"),
        ({"function": "rosenbrok"}, "rosenbrock"),
        ({"function": "rosenbrock,q=2"}, "no parameter 'q'"),
        ({"function": "rosenbrock,b"}, "name=value"),
        ({"function": "rosenbrock,b=two"}, "not a number"),
        ({"function": "himmelblau,n=3"}, "2 coordinates"),
        ({"function": "rastrigin,n=2.5"}, "number of coordinates"),
        ({"function": "himmelblau", "start": "1,2,3"}, "coordinates"),
        ({"formula": "x^2+y^2", "start": "1"}, "start"),
        ({"formula": "x^2+y^2", "start": "1,q"}, "start"),
        ({"formula": "(x"}, r"\)"),
        ({"formula": "x^2", "racers": ["adm"]}, "adam"),
        ({"formula": "x^2", "racers": ["adam,lrr=2"]}, "lr"),
        ({"formula": "x^2", "racers": ["adam,lr=fast"]}, "not a number"),
        ({"formula": "x^2", "racers": ["adam,schedule=cosin"]}, "cosine"),
        ({"formula": "x^2", "racers": ["custom"]}, "rule"),
        ({"formula": "x^2", "racers": ["custom", "custom"], "rules": ["step=-g", "step=g", "step=1"]}, "3 rules"),
        ({"formula": "x^2", "racers": []}, "nobody"),
        ({"formula": "x^2", "steps": 0}, "at least 1"),
        ({"formula": "x^2", "parameters": {"q": 1.0}}, "no parameter 'q'"),
    ],
)
def test_what_cannot_be_made_says_why(given: dict[str, object], words: str) -> None:
    with pytest.raises(GdsimError, match=words):
        spec_for(**given)  # type: ignore[arg-type]


def test_settings_are_numbers_by_name() -> None:
    assert parse_settings("a=2, b=1/4", "param") == {"a": 2.0, "b": 0.25}
    with pytest.raises(GdsimError, match="twice"):
        parse_settings("a=2,a=3", "param")


def test_a_racer_has_every_default_written_out() -> None:
    racer = racer_from_text("adamw,lr=1/100,clip=1,schedule=cosine:min=0.001")
    assert racer.hyper["beta2"] == 0.999
    assert racer.decoupled
    assert racer.weight_decay == catalogue.optimizer("adamw").weight_decay
    assert racer.schedule is not None
    assert racer.schedule.params["lr_min"] == 0.001


def _array(point: tuple[float, ...]):  # type: ignore[no-untyped-def]
    import numpy as np

    return np.array(point)


def _from(entry):  # type: ignore[no-untyped-def]
    from gdsim.objectives import from_entry

    return from_entry(entry)
