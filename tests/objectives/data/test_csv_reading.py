"""CSV files as people have them: delimiters, decimal commas, quotes, gaps, encodings; unreadable and large ones."""

from __future__ import annotations

import csv
import io
import threading
import time
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gdsim.errors import Cancelled, SpecError
from gdsim.objectives.data import Table, describe, read_csv
from gdsim.objectives.data.reading import parse_csv
from gdsim.objectives.data.table import MAX_LABELS

NAN = float("nan")


def texts(table: Table, name: str) -> list[str | None]:
    column = table.column(name)
    return [None if np.isnan(code) else column.labels[int(code)] for code in column.values]


GOOD = {
    "plain": ("x,y\n1,2\n3,4\n", {"x": [1, 3], "y": [2, 4]}),
    "no newline at the end": ("x,y\n1,2\n3,4", {"x": [1, 3], "y": [2, 4]}),
    "windows": ("x,y\r\n1,2\r\n3,4\r\n", {"x": [1, 3], "y": [2, 4]}),
    "old mac": ("x,y\r1,2\r3,4\r", {"x": [1, 3], "y": [2, 4]}),
    "no header": ("1,2\n3,4\n", {"x": [1, 3], "y": [2, 4]}),
    "no header, three": ("1,2,5\n3,4,6\n", {"x1": [1, 3], "x2": [2, 4], "y": [5, 6]}),
    "semicolon": ("x;y\n1;2\n3;4\n", {"x": [1, 3], "y": [2, 4]}),
    "tab": ("x\ty\n1\t2\n3\t4\n", {"x": [1, 3], "y": [2, 4]}),
    "bar": ("x|y\n1|2\n3|4\n", {"x": [1, 3], "y": [2, 4]}),
    "blanks": ("1 2\n3   4 \n  5 6\n", {"x": [1, 3, 5], "y": [2, 4, 6]}),
    "comma and blank": ("x, y\n1, 2\n3, 4\n", {"x": [1, 3], "y": [2, 4]}),
    "decimal comma": ("x;y\n1,5;2\n-3,25;4e2\n", {"x": [1.5, -3.25], "y": [2, 400]}),
    "decimal comma, tab": ("1,5\t2,25\n3\t4\n", {"x": [1.5, 3], "y": [2.25, 4]}),
    "decimal comma with gaps": ("x;y\n1,5;2\n;4\n", {"x": [1.5, NAN], "y": [2, 4]}),
    "exponents": ("x,y\n1e3,2.5E-2\n+3,.5\n", {"x": [1000, 3], "y": [0.025, 0.5]}),
    "quoted numbers": ('"x","y"\n"1","2"\n"3","4"\n', {"x": [1, 3], "y": [2, 4]}),
    "gaps": ("x,y\n1,NA\n,4\n?,nan\nNaN,null\nn/a,7\n",
             {"x": [1, NAN, NAN, NAN, NAN], "y": [NAN, 4, NAN, NAN, 7]}),
    "blank lines": ("x,y\n\n1,2\n   \n3,4\n\n", {"x": [1, 3], "y": [2, 4]}),
    "comments first": ("# made by a machine\n# x y\nx,y\n1,2\n3,4\n", {"x": [1, 3], "y": [2, 4]}),
    "excel's own": ("sep=;\nx;y\n1;2\n3;4\n", {"x": [1, 3], "y": [2, 4]}),
    "names twice": ("a,a,a\n1,2,3\n4,5,6\n", {"a": [1, 4], "a_2": [2, 5], "a_3": [3, 6]}),
    "a name is missing": (",y\n1,2\n3,4\n", {"column 1": [1, 3], "y": [2, 4]}),
    "comma at the end": ("x,y,\n1,2,\n3,4,\n", {"x": [1, 3], "y": [2, 4]}),
    "one column": ("x\n1\n2\n3\n", {"x": [1, 2, 3]}),
    "infinite": ("x,y\n1,2\ninf,4\n-Infinity,1\n", {"x": [1, np.inf, -np.inf], "y": [2, 4, 1]}),
}  # fmt: skip


@pytest.mark.parametrize("name", GOOD)
def test_numbers(name: str) -> None:
    text, expected = GOOD[name]
    table = parse_csv(text, name)
    assert list(table.names) == list(expected)
    for column in table.columns:
        assert column.kind == "number"
        np.testing.assert_array_equal(column.values, np.array(expected[column.name], dtype=float))


WORDS = {
    "plain": ("x,c\n1,red\n2,blue\n", "c", ["red", "blue"]),
    "with commas": ('x,c\n1,"red, or so"\n2,blue\n', "c", ["red, or so", "blue"]),
    "with semicolons": ("x,c\n1,a;b\n2,c;d\n", "c", ["a;b", "c;d"]),
    "with line breaks": ('x,c\n1,"red\nor so"\n2,blue\n', "c", ["red\nor so", "blue"]),
    "doubled quotes": ('x,c\n1,"a ""b"" c"\n2,blue\n', "c", ['a "b" c', "blue"]),
    "gaps": ("x,c\n1,red\n2,\n3,NA\n4,?\n", "c", ["red", None, None, None]),
    "all texts": ("a,c\nu,red\nv,blue\n", "c", ["red", "blue"]),
    "numbers in between": ("x,c\n1,1\n2,2\n3,two\n", "c", ["1", "2", "two"]),
    "underscores": ("x,c\n1,1_000\n2,2_000\n", "c", ["1_000", "2_000"]),
    "thousands": ('x,c\n1.5,"1,000"\n2.5,"2,000"\n', "c", ["1,000", "2,000"]),
    "dates": ("when,c\n2020-01-01,a\n2020-01-02,b\n", "when", ["2020-01-01", "2020-01-02"]),
    "umlauts": ("x,c\n1,grün\n2,größer\n", "c", ["grün", "größer"]),
    "blanks around": ("x,c\n1,  red \n2,red\n", "c", ["red", "red"]),
}


@pytest.mark.parametrize("name", WORDS)
def test_texts(name: str) -> None:
    text, column, expected = WORDS[name]
    assert texts(parse_csv(text, name), column) == expected


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "latin-1", "cp1252"])
def test_encodings(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "grün.csv"
    path.write_bytes("größe,farbe\n1,grün\n2,weiß\n".encode(encoding))
    table = read_csv(path)
    assert table.names == ("größe", "farbe")
    assert texts(table, "farbe") == ["grün", "weiß"]
    assert table.origin == "grün.csv"


BAD = {
    "empty": (b"", "empty"),
    "only blank lines": (b"\n\n  \n", "empty"),
    "header only": (b"x,y\n", "no row under it"),
    "one row": (b"x,y\n1,2\n", "one row only"),
    "ragged": (b"x,y\n1,2\n3,4,5\n", "line 3 has 3 cells, the first line 2"),
    "short": (b"x,y\n1,2\n\n3\n", "line 4 has 1 cell, the first line 2"),
    "ragged behind a comment": (b"# note\nx,y\n1,2\n3,4,5\n", "line 4 has 3 cells"),
    "open quote": (b'x,y\n1,"2\n3,4\n', "cannot be read as CSV"),
    "open quote in a long file": (b'x,y\n1,"2\n' + b"3,4\n" * 100_000, "cannot be read as CSV"),
    "no values": (b"x,y\nNA,\n,?\n", "no cell has a value"),
    "a spreadsheet": (b"PK\x03\x04rubbish", "spreadsheet"),
    "a picture": (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "not a text file"),
    "one endless line": (b"1," * 1_000_000, "line is longer"),
    "too many columns": (b",".join(b"%d" % i for i in range(5000)) + b"\n", "5,000 columns"),
}


@pytest.mark.parametrize("name", BAD)
def test_what_cannot_be_read_is_told(name: str, tmp_path: Path) -> None:
    data, told = BAD[name]
    path = tmp_path / "mine.csv"
    path.write_bytes(data)
    with pytest.raises(SpecError, match=told) as caught:
        read_csv(path)
    assert "mine.csv" in str(caught.value.where)
    assert caught.value.hint or name == "no values"


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    for path in (tmp_path / "none.csv", tmp_path):
        with pytest.raises(SpecError, match="no such file"):
            read_csv(path)


def test_missing_cells_are_counted_and_described() -> None:
    table = parse_csv("x,c,k\n1,red,5\n,blue,5\ninf,red,5\n4,,5\n", "mine")
    x, c, k = describe(table)
    assert (x.kind, x.missing, x.low, x.high, x.mean) == ("number", 2, 1, 4, 2.5)
    assert (c.kind, c.missing, c.labels, c.counts) == ("text", 1, ("blue", "red"), (1, 2))
    assert (k.constant, x.constant, c.constant) == (True, False, False)


def test_symbols_of_columns_that_are_no_words() -> None:
    table = parse_csv("sepal length (cm),x,sin,e,x1,größe\n1,2,3,4,5,6\n2,3,4,5,6,7\n", "mine")
    assert [facts.symbol for facts in describe(table)] == ["c1_1", "x", "x3", "x4", "x1", "x6"]


def test_a_text_among_many_numbers_is_found_however_late() -> None:
    rows = [f"{i},{i % 7}" for i in range(30_000)]
    rows[20_004] = "20004,oops"
    table = parse_csv("x,y\n" + "\n".join(rows) + "\n", "mine")
    column = table.column("y")
    assert column.kind == "text"
    assert set(column.labels) == {"0", "1", "2", "3", "4", "5", "6", "oops"}
    assert column.odd == "'oops' in row 20005"
    assert texts(table, "y")[20_004] == "oops"
    assert texts(table, "y")[29_999] == str(29_999 % 7)
    assert table.column("x").kind == "number"


def test_free_text_keeps_only_its_gaps() -> None:
    rows = "\n".join(f"{i},person {i}" for i in range(MAX_LABELS + 5000))
    column = parse_csv("x,name\n" + rows + "\n7,\n", "mine").column("name")
    assert column.kind == "text"
    assert column.labels == ()
    assert column.missing == 1


CELL = st.one_of(
    st.floats(allow_nan=False, allow_infinity=False).map(repr),
    st.sampled_from(["", "NA", "?"]),
)


@settings(max_examples=60, deadline=None)
@given(
    st.integers(2, 5).flatmap(
        lambda width: st.lists(st.lists(CELL, min_size=width, max_size=width), min_size=2, max_size=12)
    ),
    st.sampled_from([",", ";", "\t"]),
)
def test_numbers_come_back_to_the_last_bit(rows: list[list[str]], delimiter: str) -> None:
    # a first row of numbers, so that columns are never empty and the file has no header for sure
    rows = [["1.5"] * len(rows[0]), *rows]
    stream = io.StringIO()
    csv.writer(stream, delimiter=delimiter).writerows(rows)
    table = parse_csv(stream.getvalue(), "mine")
    expected = [[float(cell) if cell not in ("", "NA", "?") else NAN for cell in row] for row in rows]
    np.testing.assert_array_equal(np.array([column.values for column in table.columns]).T, expected)


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=200))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        table = parse_csv(text, "mine")
    except SpecError:
        return
    assert table.rows >= 2
    assert len(set(table.names)) == len(table.names)


@pytest.fixture(scope="module")
def million(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("million") / "million.csv"
    values = np.round(np.random.default_rng(0).normal(size=(1000, 2)), 6)
    block = "".join(f"{u},{v},{'ab'[i % 2]}\n" for i, (u, v) in enumerate(values.tolist()))
    with path.open("w") as stream:
        stream.write("x,y,c\n")
        for _ in range(1000):
            stream.write(block)
    return path


def test_a_million_rows(million: Path) -> None:
    seen: list[tuple[int, int]] = []
    start = time.process_time()
    table = read_csv(million, progress=lambda done, total: seen.append((done, total)))
    assert time.process_time() - start < 10
    assert table.rows == 1_000_000
    assert table.column("c").labels == ("a", "b")
    assert float(table.column("x").values[:1000].sum()) == pytest.approx(table.column("x").values.sum() / 1000)
    assert len(seen) > 300  # some milliseconds apart, so that a bar moves and a click is heard
    assert all(before <= after for (before, _), (after, _) in pairwise(seen))
    assert seen[-1] == (million.stat().st_size, million.stat().st_size)


def test_reading_stops_when_asked(million: Path) -> None:
    cancel = threading.Event()
    seen: list[int] = []

    def progress(done: int, total: int) -> None:
        seen.append(done)
        if len(seen) == 5:
            cancel.set()

    with pytest.raises(Cancelled):
        read_csv(million, cancel, progress)
    assert len(seen) == 5
