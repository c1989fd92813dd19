"""A table over every shipped set: it is tested by being there."""

from __future__ import annotations

import json
import re

import numpy as np
import pytest

from gdsim import catalogue
from gdsim.assets import resource
from gdsim.cli import app as cli
from gdsim.cli import register_all
from gdsim.errors import CatalogueError
from gdsim.objectives.data import default_data, samples_of, table_of

ENTRIES = list(catalogue.datasets().values())
BY_NAME = pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.name)

NAMED = """circle xor gauss spiral moons rings multi_gauss plane gauss_plane sine line cubic step
iris penguins diabetes digits"""


def test_all_that_is_promised_is_there() -> None:
    assert set(NAMED.split()) <= set(catalogue.datasets())


@BY_NAME
def test_words_and_sizes(entry: catalogue.DatasetEntry) -> None:
    for text in (entry.title, entry.family, entry.source, entry.teaches):
        assert text.strip() == text != ""
    assert entry.teaches.endswith(".")
    assert re.fullmatch(r"[a-z][a-z0-9_]*", entry.name)
    assert bool(entry.licence) == bool(entry.file)
    assert entry.formula or entry.file
    assert 0 < entry.share < 1
    assert 0 <= entry.noise <= 0.5
    assert len(entry.domain) == len(entry.inputs)
    assert set(entry.inputs) <= set(entry.columns)


@BY_NAME
def test_the_table_is_as_declared(entry: catalogue.DatasetEntry) -> None:
    table = table_of(default_data(entry.name))
    assert set(table.names) == {*entry.columns, entry.target}
    assert [name for name in table.names if name != entry.target] == list(entry.columns)
    assert table.rows == entry.samples
    for name, (low, high) in zip(entry.inputs, entry.domain, strict=True):
        values = table.column(name).values
        inside = np.mean((values >= low) & (values <= high) | np.isnan(values))
        assert inside == 1.0 if entry.file else inside > 0.98


@BY_NAME
def test_samples_are_ready_to_be_learnt_from(entry: catalogue.DatasetEntry) -> None:
    samples = samples_of(default_data(entry.name))
    assert samples.features == len(entry.inputs)
    assert samples.task == entry.task
    assert samples.classes == entry.classes
    assert samples.target == entry.target
    for array in (samples.x, samples.y, samples.x_test, samples.y_test):
        assert array.dtype == np.float64
        assert np.all(np.isfinite(array))
    if entry.classes:
        for y in (samples.y, samples.y_test):
            assert set(np.unique(y)) == set(range(len(entry.classes)))


def test_every_table_has_its_source_written_down() -> None:
    sources = resource("datasets/SOURCES.md").read_text(encoding="utf-8")
    shipped = {path.name for path in resource("datasets").glob("*.csv")}
    assert shipped == {entry.file for entry in ENTRIES if entry.file}
    for entry in ENTRIES:
        if entry.file:
            line = next(line for line in sources.splitlines() if line.startswith(f"| `{entry.file}`"))
            assert entry.licence.split(" (")[0] in line


def test_an_unknown_name_is_answered_with_the_likely_one() -> None:
    with pytest.raises(CatalogueError, match="spiral"):
        catalogue.dataset("spirl")


def test_the_list_tells_what_there_is(capsys: pytest.CaptureFixture[str]) -> None:
    register_all()
    assert cli.call(["list", "datasets", "--json"]) == 0
    listed = {one["name"]: one for one in json.loads(capsys.readouterr().out)}
    assert list(listed) == list(catalogue.datasets())
    assert {"name", "title", "formula", "source", "licence", "rows", "columns", "task", "kind"} <= set(listed["iris"])
    assert listed["iris"]["rows"] == 150
    assert listed["iris"]["columns"][-1] == "species"
    assert listed["spiral"]["kind"] == "generator"
    assert cli.call(["list", "datasets"]) == 0
    shown = capsys.readouterr().out
    assert "penguins" in shown
    assert "CC0 1.0" in shown
