"""What is shipped and what a person keeps: functions, optimizers, schedules and what learning needs, read from TOML.

`functions()`, `optimizers()`, `schedules()`, `activations()`, `losses()`, `datasets()` map names to checked entries,
shipped ones first, in the files' order. A bad entry of a personal file is left out and told by `problems()`; the rest
is not touched by it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import lru_cache
from types import MappingProxyType
from typing import TypeVar

from gdsim.assets import resource
from gdsim.catalogue import personal, reader
from gdsim.catalogue.check import check_function, check_optimizer
from gdsim.catalogue.datasets import DatasetEntry, build_dataset
from gdsim.catalogue.entries import FunctionEntry, Minimum, OptimizerEntry, Point, Range, ScheduleEntry
from gdsim.catalogue.learning import ActivationEntry, LossEntry, build_activation, build_loss
from gdsim.catalogue.names import unknown
from gdsim.errors import CatalogueError, GdsimError

__all__ = [
    "ActivationEntry",
    "DatasetEntry",
    "FunctionEntry",
    "LossEntry",
    "Minimum",
    "OptimizerEntry",
    "Point",
    "Range",
    "ScheduleEntry",
    "activation",
    "activations",
    "dataset",
    "datasets",
    "function",
    "functions",
    "loss",
    "losses",
    "optimizer",
    "optimizers",
    "problems",
    "reload",
    "remove_function",
    "remove_optimizer",
    "save_function",
    "save_optimizer",
    "schedule",
    "schedules",
]

Entry = TypeVar("Entry", FunctionEntry, OptimizerEntry)


def _shipped(kind: str, file: str, build: Callable[[str, reader.Fields], reader.Entry]) -> dict[str, reader.Entry]:
    document = reader.read_table(resource(file).read_text(encoding="utf-8"), file)
    entries, wrong = reader.read_entries(document, kind, build, file)
    if wrong:
        raise wrong[0]
    return entries


def _with_personal(
    kind: str,
    shipped: dict[str, Entry],
    build: Callable[[str, reader.Fields], Entry],
    check: Callable[[Entry], None],
) -> tuple[dict[str, Entry], list[CatalogueError]]:
    origin = str(personal.path_of(kind))
    try:
        document = reader.read_table(personal.read_text(kind), origin)
    except CatalogueError as error:
        return shipped, [error]
    own, wrong = reader.read_entries(document, kind, build, origin)
    for name, entry in own.items():
        place = f"{origin}, {kind} {name!r}"
        if name in shipped:
            wrong.append(CatalogueError("the name is taken by a shipped entry", where=place, hint="Rename yours"))
            continue
        try:
            check(entry)
        except GdsimError as error:
            wrong.append(CatalogueError(error.message(), where=place))
            continue
        shipped[name] = replace(entry, personal=True)
    return shipped, wrong


@lru_cache(maxsize=1)
def _functions() -> tuple[Mapping[str, FunctionEntry], tuple[CatalogueError, ...]]:
    shipped = _shipped("function", "functions.toml", reader.build_function)
    entries, wrong = _with_personal("function", shipped, reader.build_function, check_function)
    return MappingProxyType(entries), tuple(wrong)


@lru_cache(maxsize=1)
def _optimizers() -> tuple[Mapping[str, OptimizerEntry], tuple[CatalogueError, ...]]:
    document = reader.read_table(resource("optimizers.toml").read_text(encoding="utf-8"), "optimizers.toml")
    shared = reader.shared_params(document)
    shipped = _shipped("optimizer", "optimizers.toml", reader.build_optimizer(shared))
    build = reader.build_optimizer(shared, personal=True)
    entries, wrong = _with_personal("optimizer", shipped, build, check_optimizer)
    return MappingProxyType(entries), tuple(wrong)


@lru_cache(maxsize=1)
def _schedules() -> Mapping[str, ScheduleEntry]:
    document = reader.read_table(resource("schedules.toml").read_text(encoding="utf-8"), "schedules.toml")
    build = reader.build_schedule(reader.shared_params(document))
    return MappingProxyType(_shipped("schedule", "schedules.toml", build))


@lru_cache(maxsize=1)
def _activations() -> Mapping[str, ActivationEntry]:
    return MappingProxyType(_shipped("activation", "activations.toml", build_activation))


@lru_cache(maxsize=1)
def _losses() -> Mapping[str, LossEntry]:
    return MappingProxyType(_shipped("loss", "losses.toml", build_loss))


@lru_cache(maxsize=1)
def _datasets() -> Mapping[str, DatasetEntry]:
    return MappingProxyType(_shipped("dataset", "datasets.toml", build_dataset))


def functions() -> Mapping[str, FunctionEntry]:
    """Every function by name."""
    return _functions()[0]


def optimizers() -> Mapping[str, OptimizerEntry]:
    """Every optimizer by name."""
    return _optimizers()[0]


def schedules() -> Mapping[str, ScheduleEntry]:
    """Every learning-rate schedule by name."""
    return _schedules()


def activations() -> Mapping[str, ActivationEntry]:
    """Every activation function by name."""
    return _activations()


def losses() -> Mapping[str, LossEntry]:
    """Every loss by name."""
    return _losses()


def datasets() -> Mapping[str, DatasetEntry]:
    """Every set to learn from by name."""
    return _datasets()


def problems() -> tuple[CatalogueError, ...]:
    """What is wrong with the personal files; empty when all is well."""
    return _functions()[1] + _optimizers()[1]


def reload() -> None:
    """Read the files again at the next question."""
    _functions.cache_clear()
    _optimizers.cache_clear()
    _schedules.cache_clear()
    _activations.cache_clear()
    _losses.cache_clear()
    _datasets.cache_clear()


def function(name: str) -> FunctionEntry:
    """The function called `name`; CatalogueError with a suggestion when there is none."""
    entries = functions()
    if name not in entries:
        raise unknown("function", name, entries, "See `gdsim list functions`")
    return entries[name]


def optimizer(name: str) -> OptimizerEntry:
    """The optimizer called `name`; CatalogueError with a suggestion when there is none."""
    entries = optimizers()
    if name not in entries:
        raise unknown("optimizer", name, entries, "See `gdsim list optimizers`")
    return entries[name]


def schedule(name: str) -> ScheduleEntry:
    """The schedule called `name`; CatalogueError with a suggestion when there is none."""
    entries = schedules()
    if name not in entries:
        raise unknown("schedule", name, entries, f"There are {', '.join(entries)}")
    return entries[name]


def activation(name: str) -> ActivationEntry:
    """The activation called `name`; CatalogueError with a suggestion when there is none."""
    entries = activations()
    if name not in entries:
        raise unknown("activation", name, entries, "See `gdsim list activations`")
    return entries[name]


def loss(name: str) -> LossEntry:
    """The loss called `name`; CatalogueError with a suggestion when there is none."""
    entries = losses()
    if name not in entries:
        raise unknown("loss", name, entries, "See `gdsim list losses`")
    return entries[name]


def dataset(name: str) -> DatasetEntry:
    """The set called `name`; CatalogueError with a suggestion when there is none."""
    entries = datasets()
    if name not in entries:
        raise unknown("dataset", name, entries, "See `gdsim list datasets`")
    return entries[name]


def save_function(entry: FunctionEntry) -> None:
    """Keep `entry` in the personal catalogue, atomically; CatalogueError for a shipped name or a bad formula."""
    _refuse_shipped(entry.name, functions())
    check_function(entry)
    personal.put("function", entry.name, _round_trip(entry, personal.function_table(entry), reader.build_function))
    _functions.cache_clear()


def save_optimizer(entry: OptimizerEntry) -> None:
    """Keep `entry` in the personal catalogue, atomically; CatalogueError for a shipped name or a bad rule."""
    _refuse_shipped(entry.name, optimizers())
    check_optimizer(entry)
    build = reader.build_optimizer({}, personal=True)
    personal.put("optimizer", entry.name, _round_trip(entry, personal.optimizer_table(entry), build))
    _optimizers.cache_clear()


def remove_function(name: str) -> None:
    """Take a personal function away; CatalogueError when it is shipped or not there."""
    personal.drop("function", name)
    _functions.cache_clear()


def remove_optimizer(name: str) -> None:
    """Take a personal optimizer away; CatalogueError when it is shipped or not there."""
    personal.drop("optimizer", name)
    _optimizers.cache_clear()


def _refuse_shipped(name: str, entries: Mapping[str, FunctionEntry] | Mapping[str, OptimizerEntry]) -> None:
    if name in entries and not entries[name].personal:
        raise CatalogueError(f"{name!r} is the name of a shipped entry", where="name", hint="Choose another name")


def _round_trip(
    entry: Entry, table: dict[str, object], build: Callable[[str, reader.Fields], Entry]
) -> dict[str, object]:
    # What is saved has to be readable, or the person would find out at the next start.
    _, wrong = reader.read_entries({"entry": {entry.name: table}}, "entry", build, "your catalogue")
    if wrong:
        raise wrong[0]
    return table
