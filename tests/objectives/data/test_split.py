"""The split: shares, classes that stay, samples that stay where they are."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gdsim.objectives.data.split import chosen, quota, ranks, train_mask

STRATA = st.lists(st.integers(0, 4), min_size=1, max_size=120).map(np.array)
SHARE = st.floats(0, 1)
SEED = st.integers(0, 2**63 - 1)


def halves(strata: np.ndarray, share: float, seed: int) -> tuple[set[int], set[int]]:
    index = np.arange(strata.size)
    mask = train_mask(index, strata, share, seed)
    return set(index[mask].tolist()), set(index[~mask].tolist())


@given(STRATA, SHARE, SEED)
def test_each_class_has_its_share_and_none_vanishes(strata: np.ndarray, share: float, seed: int) -> None:
    train, test = halves(strata, share, seed)
    assert train | test == set(range(strata.size))
    assert not train & test
    for number in np.unique(strata):
        members = set(np.flatnonzero(strata == number).tolist())
        count, taken = len(members), len(members & train)
        assert taken >= 1
        if count > 1 and share < 1:
            assert taken < count
            assert abs(taken - min(max(share * count, 1), count - 1)) <= 0.5 + 1e-9
        if share == 1:
            assert taken == count


@given(STRATA, SHARE, SEED, st.data())
def test_one_sample_less_moves_at_most_one_other(
    strata: np.ndarray, share: float, seed: int, data: st.DataObject
) -> None:
    if strata.size < 2:
        return
    gone = data.draw(st.integers(0, strata.size - 1))
    index = np.arange(strata.size)
    rest = index != gone
    before = train_mask(index, strata, share, seed)[rest]
    after = train_mask(index[rest], strata[rest], share, seed)
    moved = np.flatnonzero(before != after)
    assert moved.size <= 1
    assert all(strata[rest][at] == strata[gone] for at in moved)


@given(STRATA, SHARE, SHARE, SEED)
def test_a_larger_share_only_adds(strata: np.ndarray, share: float, other: float, seed: int) -> None:
    low, high = sorted((share, other))
    assert halves(strata, low, seed)[0] <= halves(strata, high, seed)[0]


@given(SEED, st.lists(st.integers(0, 5000), min_size=1, max_size=40, unique=True))
def test_a_rank_depends_on_seed_and_sample_alone(seed: int, index: list[int]) -> None:
    found = ranks(seed, 1, np.array(index))
    for place, one in enumerate(index):
        assert ranks(seed, 1, np.array([one]))[0] == found[place]
    assert not np.array_equal(found, ranks(seed, 2, np.array(index)))


def test_ranks_are_uniform_and_seeds_differ() -> None:
    index = np.arange(100_000)
    first, second = ranks(0, 1, index), ranks(1, 1, index)
    assert np.mean(first) == pytest.approx(0.5, abs=0.005)
    assert np.var(first) == pytest.approx(1 / 12, rel=0.02)
    assert abs(np.corrcoef(first, second)[0, 1]) < 0.015
    assert abs(np.corrcoef(first[1:], first[:-1])[0, 1]) < 0.015


@pytest.mark.parametrize(
    ("count", "share", "expected"),
    [(10, 0.5, 5), (10, 0.7, 7), (10, 0.0, 1), (10, 1.0, 10), (10, 0.99, 9), (1, 0.5, 1), (1, 1.0, 1), (2, 0.9, 1),
     (250, 0.1, 25), (3, 0.5, 2)],
)  # fmt: skip
def test_quotas(count: int, share: float, expected: int) -> None:
    assert quota(count, share) == expected


def test_a_choice_grows_by_adding() -> None:
    index = np.arange(500)
    smaller, larger = chosen(index, 100, 3), chosen(index, 101, 3)
    assert np.count_nonzero(smaller) == 100
    assert np.count_nonzero(larger) == 101
    assert np.all(larger[smaller])
