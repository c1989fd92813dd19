"""Shipped tables against what is known of them."""

from __future__ import annotations

import numpy as np
import pytest

from gdsim.objectives.data import Data, Table, default_data, describe, samples_of, table_of


def shipped(name: str) -> Table:
    return table_of(default_data(name))


def numbers(table: Table) -> np.ndarray:
    return np.array([column.values for column in table.columns if column.kind == "number"])


def counts(table: Table, name: str) -> dict[str, int]:
    facts = next(facts for facts in describe(table) if facts.name == name)
    return dict(zip(facts.labels, facts.counts, strict=True))


def test_iris() -> None:
    table = shipped("iris")
    assert table.rows == 150
    assert counts(table, "species") == {"setosa": 50, "versicolor": 50, "virginica": 50}
    measured = numbers(table)
    assert measured.shape == (4, 150)
    # R: colMeans(iris[1:4]), apply(iris[1:4], 2, sd); Fisher's table has 0.2 in row 35 and 3.6, 0.1... in row 38
    np.testing.assert_allclose(measured.mean(axis=1), [5.843333, 3.057333, 3.758, 1.199333], atol=1e-6)
    np.testing.assert_allclose(measured.std(axis=1, ddof=1), [0.8280661, 0.4358663, 1.7652982, 0.7622377], atol=1e-7)
    np.testing.assert_array_equal(measured[:, 34], [4.9, 3.1, 1.5, 0.2])
    np.testing.assert_array_equal(measured[:, 37], [4.9, 3.6, 1.4, 0.1])


def test_penguins() -> None:
    table = shipped("penguins")
    assert table.rows == 344
    assert counts(table, "species") == {"Adelie": 152, "Chinstrap": 68, "Gentoo": 124}
    assert counts(table, "island") == {"Biscoe": 168, "Dream": 124, "Torgersen": 52}
    assert counts(table, "sex") == {"female": 165, "male": 168}
    assert table.column("sex").missing == 11
    for name, mean in [("bill_length_mm", 43.92193), ("bill_depth_mm", 17.15117), ("flipper_length_mm", 200.9152),
                       ("body_mass_g", 4201.754)]:  # fmt: skip
        column = table.column(name)
        assert column.missing == 2
        assert np.nanmean(column.values) == pytest.approx(mean, rel=1e-6)
    samples = samples_of(default_data("penguins"))
    assert samples.count + samples.count_test == 342
    assert "2 of 344 rows are left out" in samples.notes[0]


def test_diabetes() -> None:
    table = shipped("diabetes")
    assert table.rows == 442
    assert len(table.columns) == 11
    y = table.column("progression").values
    assert (y.min(), y.max()) == (25, 346)
    assert y.mean() == pytest.approx(152.133484, abs=1e-6)
    # The coefficient of determination of ordinary least squares on all ten columns, known from many textbooks
    x = np.vstack([numbers(table)[:10], np.ones(442)]).T
    residual = y - x @ np.linalg.lstsq(x, y, rcond=None)[0]
    assert 1 - residual @ residual / np.sum((y - y.mean()) ** 2) == pytest.approx(0.5177484, abs=1e-6)


def test_digits() -> None:
    table = shipped("digits")
    assert table.rows == 1797
    pixels = numbers(table)[:64]
    assert set(np.unique(pixels)) == set(range(17))
    found = np.bincount(table.column("digit").values.astype(int))
    assert found.tolist() == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]
    # the picture everybody knows from the first row: a 0, dark in the middle
    first = pixels[:, 0].reshape(8, 8)
    assert first[0].tolist() == [0, 0, 5, 13, 9, 1, 0, 0]
    assert first[3:5, 3].tolist() == [0, 0]
    samples = samples_of(default_data("digits"))
    assert samples.classes == tuple("0123456789")
    assert "'p00'" in samples.notes[0]


def test_some_rows_stand_for_all() -> None:
    data = default_data("digits").replace(size=500)
    samples = samples_of(data)
    assert samples.count + samples.count_test == 500
    more = samples_of(data.replace(size=501))
    taken = set(samples.index) | set(samples.index_test)
    assert taken < set(more.index) | set(more.index_test)
    whole = samples_of(data.replace(size=9999))
    assert whole.count + whole.count_test == 1797


def test_two_of_three_species_make_a_problem_of_two_classes() -> None:
    samples = samples_of(default_data("iris").replace(classes=("versicolor", "virginica")))
    assert samples.count + samples.count_test == 100
    assert set(samples.y) == {0.0, 1.0}
    assert "50 of 150 rows are left out" in samples.notes[0]


def test_any_column_can_be_the_target() -> None:
    data = default_data("penguins")
    samples = samples_of(data.replace(target="body_mass_g", classes=(), inputs=("flipper_length_mm", "sex")))
    assert samples.task == "number"
    assert samples.names == ("flipper_length_mm", "sex = female", "sex = male")
    assert samples.count + samples.count_test == 333
    by_island = samples_of(Data("penguins", target="island", inputs=("bill_length_mm", "year")))
    assert by_island.classes == ("Biscoe", "Dream", "Torgersen")
