"""How times become medians, slopes and efficiencies."""

from __future__ import annotations

import math

import pytest

from gdsim.bench.timing import efficiencies, interleaved, is_linear, last_slope


def test_all_works_take_turns_and_are_timed() -> None:
    order: list[str] = []
    times = interleaved({"a": lambda: order.append("a"), "b": lambda: order.append("b")}, 3)
    assert set(times) == {"a", "b"}
    assert all(ms > 0 for ms in times.values())
    turns = "".join(order)
    assert turns.startswith("aabb")  # once to warm up, once to see how long it takes
    assert len([part for part in turns[4:].split("b") if part]) == 3  # a's three turns, b between them


@pytest.mark.parametrize("power", [0.5, 1.0, 2.0])
def test_the_slope_of_a_power_is_the_power(power: float) -> None:
    n = [10, 100, 1000]
    assert last_slope(n, [size**power for size in n]) == pytest.approx(power)


def test_the_slope_is_that_of_the_last_decade() -> None:
    assert last_slope([1, 10, 100, 1000], [5, 5, 5, 50]) == pytest.approx(1.0)
    assert last_slope([1, 100, 300, 1000], [5, 1, 3, 10]) == pytest.approx(1.0)
    assert math.isnan(last_slope([10], [1.0]))


@pytest.mark.parametrize(("slope", "linear"), [(0.89, False), (0.9, True), (1.0, True), (1.1, True), (1.11, False)])
def test_linear_is_a_slope_near_one(slope: float, linear: bool) -> None:
    assert is_linear(slope) is linear


def test_efficiency_is_the_share_of_the_ideal_speed() -> None:
    assert efficiencies([1, 2, 4], [8.0, 4.0, 4.0]) == [1.0, 1.0, 0.5]
