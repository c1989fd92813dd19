"""A table over every shipped optimizer and schedule: words, bounds, papers."""

from __future__ import annotations

import math

import pytest

from gdsim import catalogue
from gdsim.params import ParamSpec

OPTIMIZERS = list(catalogue.optimizers().values())
SCHEDULES = list(catalogue.schedules().values())

PROMISED = {
    "gd": "lr",
    "momentum": "lr beta dampening",
    "nesterov": "lr beta",
    "signsgd": "lr",
    "adagrad": "lr lr_decay eps",
    "adadelta": "lr rho eps",
    "rmsprop": "lr alpha eps momentum centered",
    "rprop": "lr eta_minus eta_plus step_min step_max",
    "adam": "lr beta1 beta2 eps",
    "adamw": "lr beta1 beta2 eps",
    "amsgrad": "lr beta1 beta2 eps",
    "nadam": "lr beta1 beta2 eps momentum_decay",
    "radam": "lr beta1 beta2 eps",
    "adamax": "lr beta1 beta2 eps",
    "asgd": "lr lambd alpha t0",
    "adafactor": "lr beta2_decay eps1 eps2 d",
    "lion": "lr beta1 beta2",
    "yogi": "lr beta1 beta2 eps",
    "adabelief": "lr beta1 beta2 eps",
    "aggmo": "lr betas",
    "qhm": "lr beta nu",
    "qhadam": "lr beta1 beta2 nu1 nu2 eps",
    "lamb": "lr beta1 beta2 eps",
    "muon": "lr momentum",
    "lbfgs": "lr history",
    "newton": "lr damping",
    "cg": "lr",
    "armijo": "lr c1 shrink",
}

TORCH_DEFAULTS = {
    "gd": {"lr": 1e-3},
    "adam": {"lr": 1e-3, "beta1": 0.9, "beta2": 0.999, "eps": 1e-8},
    "nadam": {"lr": 2e-3, "momentum_decay": 4e-3},
    "adamax": {"lr": 2e-3},
    "adagrad": {"lr": 1e-2, "lr_decay": 0, "eps": 1e-10},
    "adadelta": {"lr": 1, "rho": 0.9, "eps": 1e-6},
    "rmsprop": {"lr": 1e-2, "alpha": 0.99, "eps": 1e-8, "momentum": 0, "centered": 0},
    "rprop": {"lr": 1e-2, "eta_minus": 0.5, "eta_plus": 1.2, "step_min": 1e-6, "step_max": 50},
    "asgd": {"lr": 1e-2, "lambd": 1e-4, "alpha": 0.75, "t0": 1e6},
    "adafactor": {"lr": 1e-2, "beta2_decay": -0.8, "eps2": 1e-3, "d": 1},
    "muon": {"lr": 1e-3, "momentum": 0.95, "nesterov": 1},
    "lbfgs": {"lr": 1, "history": 100},
}


@pytest.mark.parametrize("name", PROMISED)
def test_promised_names_and_hyper_parameters(name: str) -> None:
    found = [spec.name for spec in catalogue.optimizer(name).hyper]
    assert set(PROMISED[name].split()) <= set(found)


@pytest.mark.parametrize("name", TORCH_DEFAULTS)
def test_defaults_are_those_of_torch(name: str) -> None:
    found = {spec.name: spec.default for spec in catalogue.optimizer(name).hyper}
    assert found | TORCH_DEFAULTS[name] == found


def test_at_least_four_more() -> None:
    assert len(set(catalogue.optimizers()) - set(PROMISED)) >= 4
    assert catalogue.optimizer("adamw").weight_decay == 0.01
    assert catalogue.optimizer("muon").weight_decay == 0.1
    decoupled = {name for name, entry in catalogue.optimizers().items() if entry.decoupled}
    assert {"adamw", "lion", "lamb", "adafactor", "muon"} <= decoupled


@pytest.mark.parametrize("entry", OPTIMIZERS, ids=lambda entry: entry.name)
def test_words(entry: catalogue.OptimizerEntry) -> None:
    for text in (entry.title, entry.family, entry.source, entry.teaches):
        assert text.strip() == text != ""
    assert bool(entry.stages) != bool(entry.method)
    for text, words in entry.stages:
        assert "=" in text
        assert words.endswith((".", "?"))
    assert entry.hyper[0].name == "lr"
    assert not entry.stages or entry.formula.count("step = ") == 1
    for spec in entry.hyper:
        _check_declaration(spec)


@pytest.mark.parametrize("entry", SCHEDULES, ids=lambda entry: entry.name)
def test_schedule_words(entry: catalogue.ScheduleEntry) -> None:
    for text in (entry.title, entry.source, entry.teaches):
        assert text.strip() == text != ""
    for spec in entry.params:
        _check_declaration(spec)


def test_schedules_that_others_have() -> None:
    wanted = "constant step exponential cosine warm_restarts linear one_cycle inverse_sqrt warmup polynomial"
    assert set(wanted.split()) <= set(catalogue.schedules())


def _check_declaration(spec: ParamSpec) -> None:
    assert spec.check(spec.default) == spec.default
    assert spec.doc.endswith(".")
    assert spec.symbol
    low, high = spec.slider_range
    assert math.isfinite(low)
    assert low < high
    assert spec.low <= low
    assert high <= spec.high
    assert spec.scale == "linear" or low > 0
