"""Racers and schedules as text."""

from __future__ import annotations

import numpy as np
import pytest

from gdsim import catalogue
from gdsim.errors import CatalogueError, GdsimError, SpecError
from gdsim.optimizers import Schedule, make_schedule, parse_racer, parse_schedule, specs_of


def test_a_full_racer() -> None:
    racer = parse_racer(
        "adam, lr=1/300, beta1=0.5, schedule=cosine:min=0.001:over=2*50, clip=1, weight_decay=1e-2, noise=.1"
    )
    assert racer.name == "adam"
    assert racer.hyper == {"lr": 1 / 300, "beta1": 0.5, "beta2": 0.999, "eps": 1e-8}
    assert (racer.clip, racer.weight_decay, racer.noise) == (1.0, 0.01, 0.1)
    assert racer.schedule is not None
    assert racer.schedule.name == "cosine"
    assert racer.schedule.params == {"lr_min": 0.001, "over": 100.0, "warmup": 0.0}


@pytest.mark.parametrize("name", catalogue.optimizers())
def test_every_optimizer_by_its_bare_name(name: str) -> None:
    racer = parse_racer(name)
    assert racer.weight_decay == catalogue.optimizer(name).weight_decay
    assert list(racer.hyper) == [spec.name for spec in catalogue.optimizer(name).hyper]


def test_lists_flags_and_custom_rules() -> None:
    assert parse_racer("aggmo,betas=0:0.9:0.99").hyper["betas"] == (0.0, 0.9, 0.99)
    assert parse_racer("aggmo,betas=0.5").hyper["betas"] == (0.5,)
    assert parse_racer("rmsprop,centered").hyper["centered"] == 1.0
    assert parse_racer("muon,nesterov=off,weight_decay=0").weight_decay == 0.0
    custom = parse_racer("custom,lr=0.1,beta=0.9,clip=2", "v = beta*v + g; step = -lr*v")
    assert custom.hyper == {"lr": 0.1, "beta": 0.9}
    assert custom.clip == 2.0
    assert custom.rule.text == "v = beta*v + g; step = -lr*v"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("adm", "Did you mean 'adam'"),
        ("", "name of the optimizer is missing"),
        ("adam,bta1=0.3", "Did you mean 'beta1'"),
        ("adam,weight_dcay=0.3", "Did you mean 'weight_decay'"),
        ("adam,lr=0", "above 0"),
        ("adam,lr=-1", "above 0"),
        ("adam,lr=nan", "not a number"),
        ("adam,lr=abc", "not a number"),
        ("adam,lr=", "not a number"),
        ("adam,lr", "not a setting"),
        ("adam,,lr=1", "between two commas"),
        ("adam,lr=0,1", "a decimal sign is a point|above 0"),
        ("adam,lr=1,lr=2", "given twice"),
        ("adam,lr=0.1:0.2", "not a list"),
        ("adam,beta1=1", "below 1"),
        ("lbfgs,history=2.5", "whole number"),
        ("adam,clip=-1", "at least 0"),
        ("adam,schedule=cosin", "Did you mean 'cosine'"),
        ("adam,schedule=step:evry=3", "Did you mean 'every'"),
        ("adam,schedule=step:every", "not a setting"),
        ("adam,schedule=step:every=0", "at least 1"),
        ("custom,lr=1", "needs its rule"),
    ],
)
def test_what_is_wrong_is_told(text: str, words: str) -> None:
    with pytest.raises(GdsimError, match=words):
        parse_racer(text)


def test_a_rule_belongs_to_custom() -> None:
    with pytest.raises(SpecError, match="custom"):
        parse_racer("adam", "step = -lr*g")
    with pytest.raises(SpecError, match="no hyper-parameter 'gama'"):
        parse_racer("custom,gama=1", "step = -lr*g")


@pytest.mark.parametrize("name", catalogue.schedules())
@pytest.mark.parametrize("total", [1, 2, 3, 100])
def test_every_schedule_is_finite_and_not_negative(name: str, total: int) -> None:
    for values in ({}, {"warmup": 10}):
        rates = make_schedule(name, values).rates(0.1, np.arange(1.0, total + 2), total)
        assert rates.shape == (total + 1,)
        assert np.all(np.isfinite(rates))
        assert np.all(rates >= 0)
        assert np.all(rates <= 0.1 + 1e-15)


@pytest.mark.parametrize("name", catalogue.schedules())
def test_the_rate_scales_with_the_racers_own(name: str) -> None:
    t = np.arange(1.0, 51.0)
    made = make_schedule(name)
    np.testing.assert_allclose(made.rates(0.4, t, 50), 4 * made.rates(0.1, t, 50), rtol=1e-12)


def test_warm_up_goes_before_any_schedule() -> None:
    made = parse_schedule("linear:warmup=4")
    rates = made.rates(1.0, np.arange(1.0, 15.0), 14)
    np.testing.assert_allclose(rates[:4], [0.2, 0.4, 0.6, 0.8])
    np.testing.assert_allclose(rates[4:], 1 - np.arange(10) / 10)


def test_slices_of_a_run_agree_with_the_whole() -> None:
    for name in catalogue.schedules():
        made = make_schedule(name, {"warmup": 3})
        whole = made.rates(0.1, np.arange(1.0, 101.0), 100)
        parts = [made.rates(0.1, np.arange(first, first + 10.0), 100) for first in range(1, 101, 10)]
        np.testing.assert_array_equal(np.concatenate(parts), whole)


def test_a_schedule_of_ones_own() -> None:
    made = Schedule("mine", "lr*q^t", {"q": 0.5})
    np.testing.assert_allclose(made.rates(1.0, np.array([1.0, 2.0]), 9), [0.5, 0.25])
    with pytest.raises(SpecError, match="'r'"):
        Schedule("mine", "lr*r", {}).rates(1.0, np.array([1.0]), 9)


def test_parameters_of_schedules() -> None:
    assert [spec.name for spec in specs_of(catalogue.schedule("step"))] == ["every", "gamma", "warmup"]
    with pytest.raises(CatalogueError, match="Did you mean 'warmup'"):
        parse_schedule("warmp")
