"""Samples added, moved and taken away by hand: what changes, and that nothing else does."""

import numpy as np
import pytest

from gdsim.errors import GdsimError, SpecError
from gdsim.objectives.data.design import Data
from gdsim.objectives.data.make import samples_of
from gdsim.objectives.data.points import with_moved_sample, with_sample, without_sample
from gdsim.objectives.data.tables import default_data, table_of

SETS = ("spiral", "rings", "sine", "iris", "penguins", "diabetes", "plane")
OWN = Data(
    name="own", inputs=("x", "y"), target="class", classes=("a", "b"), columns=("x", "y", "class"), share=0.5,
    rows=tuple((float(k), float(-k), float(k % 2)) for k in range(12)),
)  # fmt: skip


def everyone(samples):
    """Per number of a sample: whether it is trained on, its raw values, its target."""
    found = {}
    train = (samples.index, samples.raw, samples.y, True)
    test = (samples.index_test, samples.raw_test, samples.y_test, False)
    for index, raw, y, side in (train, test):
        for number, column, target in zip(index, raw.T, y, strict=True):
            found[int(number)] = (side, *column.tolist(), float(target))
    return found


@pytest.mark.parametrize("data", [default_data(name) for name in SETS] + [OWN], ids=[*SETS, "own"])
@pytest.mark.parametrize("share", [0.3, 0.5, 0.9, 1.0])
def test_a_new_sample_is_trained_on_and_changes_no_other(data, share):
    data = data.replace(share=share)
    before = everyone(samples_of(data))
    samples = samples_of(data)
    target = float(samples.y[0])
    place = {name: float(samples.raw[k, 0]) + 0.125 for k, name in enumerate(samples.columns[:2])}
    made = data
    for count in range(1, 6):
        made = with_sample(made, place, target)
        after = everyone(samples_of(made))
        new = [number for number in after if number not in before]
        assert len(new) == count
        assert after[max(new)][0]
        assert after[max(new)][1 : 1 + len(place)] == tuple(place.values())
        assert after[max(new)][-1] == target
        crossed = [number for number in before if after[number] != before[number]]
        assert len(crossed) <= count
        assert all(after[number][1:] == before[number][1:] for number in crossed)


@pytest.mark.parametrize("data", [default_data(name) for name in SETS] + [OWN], ids=[*SETS, "own"])
@pytest.mark.parametrize("test", [False, True])
def test_a_moved_sample_stays_on_its_side_and_moves_no_other(data, test):
    samples = samples_of(data)
    index = int((samples.index_test if test else samples.index)[3])
    before = everyone(samples)
    train, *raw, target = before.pop(index)
    moved = {samples.columns[0]: raw[0] + 0.25}
    made = with_moved_sample(data, index, moved, target)
    after = everyone(samples_of(made))
    if data.name == "own":
        (new,) = (index,)
    else:
        assert index not in after
        (new,) = [number for number in after if number not in before]
    assert after.pop(new) == (train, raw[0] + 0.25, *raw[1:], target)
    assert after == before
    again = with_moved_sample(made, new, {samples.columns[0]: raw[0] + 0.5}, target)
    assert len(again.rows) == len(made.rows)
    assert everyone(samples_of(again))[new] == (train, raw[0] + 0.5, *raw[1:], target)


@pytest.mark.parametrize("name", SETS)
def test_what_was_added_and_taken_away_again_leaves_nothing(name):
    data = default_data(name)
    samples = samples_of(data)
    place = {samples.columns[0]: float(samples.raw[0, 0]) + 0.1}
    made = with_sample(data, place, float(samples.y[0]))
    number = table_of(data).rows + len(made.rows) - 1
    assert without_sample(made, number) == data


def test_a_sample_of_a_set_is_taken_away():
    data = default_data("iris")
    index = int(samples_of(data).index[5])
    made = without_sample(data, index)
    left = samples_of(made)
    assert made.removed == (index,)
    assert index not in {*left.index.tolist(), *left.index_test.tolist()}


def test_the_class_of_a_moved_sample_can_change():
    data = default_data("line").replace(classes=())
    index = int(samples_of(data).index[0])
    made = with_moved_sample(data, index, {"x": 0.5}, 7.5)
    new = samples_of(made)
    place = int(np.argmax(new.index))
    assert (new.raw[0, place], new.y[place]) == (0.5, 7.5)


def test_text_columns_of_a_new_sample_are_as_most_are():
    data = default_data("penguins").replace(inputs=("bill_length_mm", "island"))
    made = with_sample(data, {"bill_length_mm": 50.0}, 2.0)
    samples = samples_of(made)
    last = int(np.argmax(samples.index))
    island = dict(zip(samples.columns, samples.raw[:, last], strict=True))
    assert island["island = Biscoe"] == 1.0
    assert island["island = Dream"] == 0.0
    assert np.isfinite(samples.x).all()


def test_a_sample_that_is_not_there():
    data = default_data("spiral")
    for edit in (lambda: without_sample(data, 500), lambda: with_moved_sample(data, 900, {"x": 0.0}, 0.0)):
        with pytest.raises(SpecError, match="no sample"):
            edit()


def test_a_sample_without_a_value_of_an_input_is_told():
    data = default_data("sine").replace(inputs=("ln(x + 10)",))
    with pytest.raises(GdsimError, match="no finite value"):
        with_sample(data, {"x": -20.0}, 0.0)
