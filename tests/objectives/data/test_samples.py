"""From data to samples: inputs, targets, standardising, points added and removed; what is refused."""

from __future__ import annotations

import numpy as np
import pytest

from gdsim.errors import CatalogueError, FormulaError, GdsimError, SpecError
from gdsim.objectives.data import Data, Samples, default_data, features_of, on_plane, samples_of, table_of, text_data
from gdsim.objectives.data.inputs import symbols

SPIRAL = default_data("spiral")
POINTS = Data(
    "own",
    columns=("x", "y", "class"),
    classes=("red", "blue"),
    rows=((0.0, 1.0, 0.0), (2.0, -1.0, 1.0), (4.0, 0.5, 1.0), (1.0, 1.0, 0.0)),
)


def together(samples: Samples) -> dict[int, tuple[tuple[float, ...], float, bool]]:
    """Sample by index: raw columns, target, trained on."""
    found = {}
    for index, raw, y, trained in (
        (samples.index, samples.raw, samples.y, True),
        (samples.index_test, samples.raw_test, samples.y_test, False),
    ):
        for place, number in enumerate(index.tolist()):
            found[number] = (tuple(raw[:, place].tolist()), float(y[place]), trained)
    return found


def test_samples_are_the_table_in_its_own_order() -> None:
    samples, table = samples_of(SPIRAL), table_of(SPIRAL)
    assert samples.count == samples.count_test == 250
    assert np.all(np.diff(samples.index) > 0)
    assert np.all(np.diff(samples.index_test) > 0)
    for place, column in enumerate(table.columns[:2]):
        np.testing.assert_array_equal(samples.x[place], column.values[samples.index])
        np.testing.assert_array_equal(samples.x_test[place], column.values[samples.index_test])
    np.testing.assert_array_equal(samples.y, table.column("class").values[samples.index])
    assert samples.x.flags.c_contiguous
    assert samples.raw.flags.c_contiguous
    assert samples.columns == ("x", "y")


def test_the_same_question_has_the_same_answer_object() -> None:
    assert samples_of(SPIRAL) is samples_of(SPIRAL.replace())
    assert samples_of(SPIRAL) is not samples_of(SPIRAL.replace(share=0.6))


def test_input_formulas_against_numpy() -> None:
    texts = ("x", "y", "x^2", "y^2", "x*y", "sin(x)", "sin y", "xy + 1", "exp(-x^2 - y^2)", "3")
    samples = samples_of(SPIRAL.replace(inputs=texts))
    x, y = samples.raw
    expected = [x, y, x**2, y**2, x * y, np.sin(x), np.sin(y), x * y + 1, np.exp(-(x**2) - y**2), np.full_like(x, 3)]
    assert samples.names == texts
    np.testing.assert_allclose(samples.x, expected, rtol=1e-14, atol=1e-15)


@pytest.mark.parametrize("name", ["iris", "diabetes", "spiral"])
def test_standardising_uses_the_training_samples_only(name: str) -> None:
    data = default_data(name).replace(share=0.3)
    plain, standard = samples_of(data.replace(standardise=False)), samples_of(data.replace(standardise=True))
    np.testing.assert_array_equal(plain.shift, 0)
    np.testing.assert_array_equal(plain.scale, 1)
    mean, deviation = plain.x.mean(axis=1, keepdims=True), plain.x.std(axis=1, keepdims=True)
    np.testing.assert_allclose(standard.x, (plain.x - mean) / deviation, rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(standard.x_test, (plain.x_test - mean) / deviation, rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(standard.x.mean(axis=1), 0, atol=1e-12)
    np.testing.assert_allclose(standard.x.std(axis=1), 1, rtol=1e-12)


def test_a_constant_input_is_not_divided_by_nothing() -> None:
    data = text_data("a,b,y\n0.1,1,5\n0.1,2,6\n0.1,3,8\n0.1,4,9\n", task="number")
    samples = samples_of(data)
    np.testing.assert_array_equal(samples.x[0], 0)
    assert samples.scale[0] == 1
    assert samples.notes == ("The input 'a' is the same in all training samples, so that nothing follows from it",)


def test_features_of_raw_columns_are_those_of_the_samples() -> None:
    for data in (
        SPIRAL.replace(inputs=("x", "x*y", "sin(y)"), standardise=True),
        default_data("penguins").replace(inputs=("island", "bill_depth_mm^2", "sex")),
        default_data("digits"),
    ):
        samples = samples_of(data)
        np.testing.assert_array_equal(features_of(samples, samples.raw), samples.x)
        np.testing.assert_array_equal(features_of(samples, samples.raw_test), samples.x_test)


def test_a_plane_of_two_columns_holds_the_others_at_their_mean() -> None:
    samples = samples_of(default_data("penguins"))
    u, v = np.array([35.0, 40.0, 50.0]), np.array([14.0, 15.0, 20.0])
    raw = on_plane(samples, u, v, first=1, second=3)
    np.testing.assert_array_equal(raw[1], u)
    np.testing.assert_array_equal(raw[3], v)
    for place in (0, 2):
        np.testing.assert_allclose(raw[place], samples.raw[place].mean())
    features = features_of(samples, raw)
    np.testing.assert_allclose(features[[0, 2]], 0, atol=1e-12)
    np.testing.assert_allclose(features[1], (u - samples.shift[1]) / samples.scale[1])
    one = samples_of(default_data("sine"))
    np.testing.assert_array_equal(on_plane(one, u, v), u[None, :])


def test_own_points() -> None:
    samples = samples_of(POINTS.replace(share=1.0))
    assert samples.task == "classes"
    assert samples.classes == ("red", "blue")
    assert samples.count_test == 0
    assert samples.x_test.shape == (2, 0)
    np.testing.assert_array_equal(samples.x, [[0, 2, 4, 1], [1, -1, 0.5, 1]])
    np.testing.assert_array_equal(samples.y, [0, 1, 1, 0])


def test_points_can_be_drawn_one_by_one() -> None:
    one = samples_of(POINTS.replace(rows=POINTS.rows[:1]))
    assert one.count == 1
    assert one.classes == ("red", "blue")
    assert one.notes == ("No sample is of the class 'blue'",)
    number = samples_of(Data("own", columns=("x", "y"), rows=((1.0, 2.0),)))
    assert number.task == "number"
    assert (number.x.tolist(), number.y.tolist()) == ([[1.0]], [2.0])


def test_points_are_added_and_removed_without_stirring_the_others() -> None:
    before = together(samples_of(SPIRAL))
    added = SPIRAL.replace(columns=("x", "y", "class"), rows=((9.0, 9.0, 1.0), (8.0, 8.0, 0.0)))
    after = together(samples_of(added))
    assert after[500][:2] == ((9.0, 9.0), 1.0)
    assert after[501][:2] == ((8.0, 8.0), 0.0)
    assert len(after) == 502
    moved = [number for number, sample in before.items() if sample != after[number]]
    assert len(moved) <= 2
    assert all(before[number][:2] == after[number][:2] for number in moved)
    removed = together(samples_of(added.replace(removed=(0, 7, 500, 600))))
    assert set(after) - set(removed) == {0, 7, 500}
    assert sum(after[number][2] != removed[number][2] for number in removed) <= 3


@pytest.mark.parametrize("name", ["iris", "digits"])
def test_points_added_to_a_table_have_its_classes(name: str) -> None:
    data = default_data(name)
    inputs = table_of(data).names[:-1]
    classes = data.classes[::-1]
    row = (*(1.0 for _ in inputs), 1.0)
    added = data.replace(classes=classes, columns=(*inputs, data.target), rows=(row,), share=1.0)
    samples = samples_of(added)
    assert samples.index[-1] == table_of(data).rows
    assert samples.y[-1] == 1.0
    first = table_of(data).column(data.target)
    label = first.labels[int(first.values[0])] if first.labels else str(int(first.values[0]))
    assert classes[int(samples.y[0])] == label


def test_text_inputs_become_a_column_for_each_label() -> None:
    samples = samples_of(default_data("penguins").replace(inputs=("island", "bill_length_mm"), standardise=False))
    assert samples.names == ("island = Biscoe", "island = Dream", "island = Torgersen", "bill_length_mm")
    assert set(np.unique(samples.x[:3])) == {0.0, 1.0}
    np.testing.assert_array_equal(samples.x[:3].sum(axis=0), 1.0)


def test_columns_that_are_no_words_are_called_by_their_place() -> None:
    text = "size (cm),sin,y\n1,2,5\n2,5,6\n3,3,9\n4,1,2\n"
    data = text_data(text, task="number")
    assert data.inputs == ("size (cm)", "sin")
    samples = samples_of(data.replace(inputs=("size (cm)", "x1*x2", "sin(x1)"), standardise=False, share=1.0))
    np.testing.assert_allclose(samples.x, [[1, 2, 3, 4], [2, 10, 9, 4], np.sin([1, 2, 3, 4])])


def test_symbols_are_all_different() -> None:
    found = symbols(("a b", "x1", "c1_1", "a-b", "e", "X", "x_", "_y", "and", "mean"))
    assert len(set(found)) == 10
    assert found[1:3] == ("x1", "c1_1")
    assert found[5] == "X"


def test_numbers_as_classes() -> None:
    data = text_data("x,k\n0.5,3\n1.5,7\n2.5,3\n3.5,7\n9,1\n", task="classes")
    assert data.classes == ("1", "3", "7")
    samples = samples_of(data.replace(share=1.0))
    np.testing.assert_array_equal(samples.y, [1, 2, 1, 2, 0])


def test_rows_with_gaps_are_left_out_only_where_the_column_is_used() -> None:
    text = "a,b,y\n1,,5\n2,2,\n3,3,7\n4,4,8\ninf,5,9\n"
    data = text_data(text, task="number").replace(share=1.0, standardise=False)
    both = samples_of(data)
    np.testing.assert_array_equal(both.index, [2, 3])
    assert both.notes == ("3 of 5 rows are left out: a value is missing in a, b, y",)
    only = samples_of(data.replace(inputs=("b",)))
    np.testing.assert_array_equal(only.index, [2, 3, 4])


TABLE = "a,b,name,y\n1,2,u,5\n2,2,v,6\n3,2,w,8\n"
OK = text_data(TABLE, "mine", task="number")
REFUSED = {
    "no such set": (Data("nosuchset"), CatalogueError, "nosuchset"),
    "share": (SPIRAL.replace(share=1.2), SpecError, "share"),
    "share that is no number": (SPIRAL.replace(share=float("nan")), SpecError, "share"),
    "seed": (SPIRAL.replace(seed=-1), SpecError, "seed"),
    "negative removal": (SPIRAL.replace(removed=(-1,)), SpecError, "negative"),
    "unreadable input": (SPIRAL.replace(inputs=("x +",)), FormulaError, "input 'x \\+'"),
    "unknown column": (SPIRAL.replace(inputs=("x*q",)), SpecError, "'q' is no column"),
    "input twice": (SPIRAL.replace(inputs=("x", "x")), SpecError, "twice"),
    "indexed input": (SPIRAL.replace(inputs=("x[1]",)), SpecError, "columns' names"),
    "no finite value": (SPIRAL.replace(inputs=("x", "log(x)")), SpecError, "no finite value"),
    "target as input": (OK.replace(inputs=("a", "y")), SpecError, "cannot be an input"),
    "no such target": (OK.replace(target="z"), SpecError, "no column 'z'"),
    "one class": (OK.replace(target="b", inputs=("a",), classes=("2",)), SpecError, "one class, '2'"),
    "one class of two": (OK.replace(target="b", inputs=("a",), classes=("2", "3")), SpecError, "one class, '2'"),
    "one class in a file": (Data("csv", text="a,c\n1,u\n2,u\n"), SpecError, "one class, 'u'"),
    "constant target": (OK.replace(target="b", inputs=("a",)), SpecError, "nothing to predict"),
    "classes that are no numbers": (OK.replace(classes=("u", "v")), SpecError, "is none"),
    "a class twice": (OK.replace(target="name", classes=("u", "u")), SpecError, "twice"),
    "all removed": (OK.replace(removed=(0, 1, 2)), SpecError, "no samples"),
    "only gaps": (text_data("a,b,y\n1,,5\n,2,7\n", task="number"), SpecError, "no row has a value"),
    "no rows": (Data("own", columns=("x", "y")), SpecError, "no samples"),
    "no columns": (Data("own", rows=((1.0, 2.0),)), SpecError, "own data need"),
    "a short row": (POINTS.replace(rows=((1.0, 2.0),)), SpecError, "2 numbers, there are 3"),
    "no such class": (POINTS.replace(rows=((1.0, 2.0, 2.0),)), SpecError, "no class"),
    "half a class": (POINTS.replace(rows=((1.0, 2.0, 0.5),)), SpecError, "no class"),
    "added points of other columns": (SPIRAL.replace(columns=("u", "class"), rows=((1.0, 1.0),)), SpecError, "'u'"),
    "added points without the target": (SPIRAL.replace(columns=("x", "y"), rows=((1.0, 1.0),)), SpecError, "'class'"),
    "too large to standardise": (
        text_data("a,y\n1e308,1\n-1e308,2\n1e308,3\n", task="number").replace(share=1.0), SpecError, "too large"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_what_makes_no_samples_is_told(name: str) -> None:
    data, kind, told = REFUSED[name]
    with pytest.raises(kind, match=told) as caught:
        samples_of(data)
    assert isinstance(caught.value, GdsimError)
    assert caught.value.hint or caught.value.where


def test_free_text_is_no_input_and_no_target() -> None:
    names = "\n".join(f"{i},person {i},{i % 2}" for i in range(200))
    data = text_data("x,name,y\n" + names + "\n")
    assert data.target == "y"
    for wrong in (data.replace(inputs=("name",)), data.replace(target="name", classes=())):
        with pytest.raises(SpecError, match="200 different texts"):
            samples_of(wrong)
