"""The tasks that are shipped: `resources/tasks.toml`, a table each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import Any

import msgspec

from gdsim.assets import resource
from gdsim.catalogue.names import unknown
from gdsim.catalogue.reader import read_table
from gdsim.errors import CatalogueError
from gdsim.objectives.policy.design import Task

_FILE = "tasks.toml"
_WORDS = ("title", "source", "teaches")


@dataclass(frozen=True, slots=True)
class TaskEntry:
    """A task of the catalogue.

    Attributes:
        name: lower case with underscores; how the command line calls it.
        title: for people.
        source: paper or well-known reference.
        teaches: one sentence on what it is good for.
        task: the document.
    """

    name: str
    title: str
    source: str
    teaches: str
    task: Task


@lru_cache(maxsize=1)
def tasks() -> Mapping[str, TaskEntry]:
    """Every task by name, in the file's order; CatalogueError where one cannot be read."""
    tables = read_table(resource(_FILE).read_text(encoding="utf-8"), _FILE).get("task", {})
    return MappingProxyType({name: _entry(name, table) for name, table in tables.items()})


def task(name: str) -> TaskEntry:
    """The task called `name`; CatalogueError with a suggestion when there is none."""
    entries = tasks()
    if name not in entries:
        raise unknown("task", name, entries, f"There are {', '.join(entries)}")
    return entries[name]


def _entry(name: str, table: Mapping[str, Any]) -> TaskEntry:
    rest = {key: value for key, value in table.items() if key not in _WORDS}
    try:
        words = {key: str(table[key]) for key in _WORDS}
        return TaskEntry(name, task=msgspec.convert(rest, Task), **words)
    except KeyError as error:
        raise CatalogueError(f"{error.args[0]!r} is missing", where=f"{_FILE}, task {name!r}") from error
    except msgspec.ValidationError as error:
        raise CatalogueError(f"the task cannot be read: {error}", where=f"{_FILE}, task {name!r}") from error
