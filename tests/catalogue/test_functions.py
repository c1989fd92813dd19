"""A table over every shipped function: it is tested by being there."""

from __future__ import annotations

import math
import re

import numpy as np
import pytest
from scipy.optimize import minimize

from gdsim import catalogue, objectives
from gdsim.formula import parse_formula

FUNCTIONS = list(catalogue.functions().values())
BY_NAME = pytest.mark.parametrize("entry", FUNCTIONS, ids=lambda entry: entry.name)
ANY_DIMENSION = pytest.mark.parametrize(
    "entry", [entry for entry in FUNCTIONS if entry.dimensions is None], ids=lambda entry: entry.name
)

NAMED_BY_PEERS = """
local_minimum global_minimum saddle sine_saddle elliptic_bowl hills plateau distill_valley
ill_conditioned two_wells rosenbrock rastrigin quadratic himmelblau three_hump_camel trid
dixon_price matyas booth flower mccormick ackley beale goldstein_price levy13 easom styblinski_tang
bukin6 griewank schwefel zakharov michalewicz branin six_hump_camel eggholder bohachevsky drop_wave
cross_in_tray holder_table monkey_saddle shubert sphere sum_of_powers rotated_ellipsoid
"""


def test_there_are_many_and_all_that_others_have() -> None:
    assert len(FUNCTIONS) >= 45
    assert set(NAMED_BY_PEERS.split()) <= set(catalogue.functions())
    assert sum(entry.dimension == 1 for entry in FUNCTIONS) >= 8
    assert sum(entry.dimensions is None for entry in FUNCTIONS) >= 12


@BY_NAME
def test_words_and_sizes(entry: catalogue.FunctionEntry) -> None:
    for text in (entry.title, entry.family, entry.source, entry.teaches):
        assert text.strip() == text != ""
    assert entry.teaches.endswith(".")
    assert re.fullmatch(r"[a-z][a-z0-9_]*", entry.name)
    assert len(entry.start) == len(entry.domain) == len(entry.view) == entry.dimension
    formula = parse_formula(entry.formula)
    assert formula.indexed or len(formula.variables) == entry.dimension
    assert set(formula.parameters) == {spec.name for spec in entry.parameters}
    for number, (low, high) in zip(entry.start, entry.domain, strict=True):
        assert low <= number <= high
    for (low, high), (view_low, view_high) in zip(entry.domain, entry.view, strict=True):
        assert low <= view_low < view_high <= high


@BY_NAME
def test_start_has_a_value_and_a_slope(entry: catalogue.FunctionEntry) -> None:
    objective = objectives.from_entry(entry)
    objectives.check_start(objective, objective.start)
    assert np.linalg.norm(objective.gradient(np.array(objective.start))) > 1e-6


@BY_NAME
def test_minima_are_minima(entry: catalogue.FunctionEntry) -> None:
    objective = objectives.from_entry(entry)
    for point, value in entry.minima:
        theta = np.array(point)
        found = float(objective.value(theta))
        assert found == pytest.approx(value, abs=1e-9, rel=1e-9)
        # A smooth minimum has no slope; at a kink the convention may give one, so every direction is tried as well.
        slope = np.max(np.abs(objective.gradient(theta)))
        smooth = slope < 1e-6 * max(1.0, abs(value))
        ways = np.random.default_rng(0).normal(size=(entry.dimension, 400))
        ways /= np.linalg.norm(ways, axis=0)
        for radius in (1e-3, 1e-2) if smooth else (1e-6, 1e-4, 1e-2):
            around = np.asarray(objective.value(theta[:, None] + radius * ways))
            assert around.min() >= found - 1e-12 * max(1.0, abs(found)), radius


@BY_NAME
def test_no_local_search_from_a_minimum_goes_lower(entry: catalogue.FunctionEntry) -> None:
    objective = objectives.from_entry(entry)
    for point, value in entry.minima[:4]:
        found = minimize(lambda x: float(objective.value(x)), np.array(point), method="Nelder-Mead")
        near = np.linalg.norm(found.x - np.array(point)) < 0.1
        assert not near or found.fun >= value - 1e-9 * max(1.0, abs(value))


@BY_NAME
def test_nothing_in_the_domain_is_lower_than_the_global_minimum(entry: catalogue.FunctionEntry) -> None:
    if not entry.minima or entry.name == "eggholder":  # its lowest value in the square lies on the edge
        return
    objective = objectives.from_entry(entry)
    lowest = entry.minima[0][1]
    low, high = np.array(entry.domain).T
    points = low[:, None] + (high - low)[:, None] * np.random.default_rng(1).random((entry.dimension, 20_000))
    values = np.asarray(objective.value(points))
    assert np.nanmin(values) >= lowest - 1e-9 * max(1.0, abs(lowest))
    for index in np.argsort(values)[:5]:
        better = minimize(lambda x: float(objective.value(x)), points[:, index], method="Nelder-Mead")
        inside = np.all((better.x >= low) & (better.x <= high))
        assert not inside or better.fun >= lowest - 1e-8 * max(1.0, abs(lowest))


@ANY_DIMENSION
def test_any_dimension(entry: catalogue.FunctionEntry) -> None:
    if entry.general:
        shown, general = parse_formula(entry.formula), parse_formula(entry.general)
        points = np.random.default_rng(2).uniform(-3, 3, size=(entry.dimension, 50))
        first = objectives.from_formula(shown.text).value(points)
        second = objectives.from_formula(general.text, n=entry.dimension).value(points)
        np.testing.assert_allclose(first, second, rtol=1e-12, atol=1e-12)
    for n in (3, 5, 11):
        objective = objectives.from_entry(entry, n)
        assert objective.n == n == len(objective.start) == len(objective.domain)
        for point, value in objective.minima:
            assert float(objective.value(np.array(point))) == pytest.approx(value, abs=1e-9, rel=1e-9)
            slope = np.max(np.abs(objective.gradient(np.array(point))))
            assert slope < 1e-6 * max(1.0, abs(value))


def test_global_minima_come_first() -> None:
    camel = catalogue.function("six_hump_camel")
    assert len(camel.minima) == 6
    assert len(camel.global_minima) == 2
    assert all(value == pytest.approx(-1.0316284534898774) for _, value in camel.global_minima)
    assert catalogue.function("monkey_saddle").global_minima == ()


# Values at the minima as the literature states them (S. Surjanovic, D. Bingham, Virtual Library of Simulation
# Experiments; M. Jamil, X.-S. Yang, arXiv:1308.4008), to the digits given there.
LITERATURE = {
    "beale": 0.0,
    "branin": 0.397887,
    "bukin6": 0.0,
    "cross_in_tray": -2.06261,
    "drop_wave": -1.0,
    "easom": -1.0,
    "forrester": -6.02074,
    "goldstein_price": 3.0,
    "gramacy_lee": -0.869011,
    "holder_table": -19.2085,
    "mccormick": -1.9132,
    "michalewicz": -1.8013,
    "shubert": -186.7309,
    "six_hump_camel": -1.0316,
    "styblinski_tang": -39.16617 * 2,
    "three_hump_camel": 0.0,
    "trid": -2.0,
}


@pytest.mark.parametrize(("name", "value"), LITERATURE.items())
def test_values_agree_with_the_literature(name: str, value: float) -> None:
    found = catalogue.function(name).minima[0][1]
    assert math.isclose(found, value, abs_tol=1e-4, rel_tol=1e-5)
