"""Reads a catalogue's TOML text into entries; one bad entry is named and left out, the rest stay.

A file holds tables `[function.NAME]`, `[optimizer.NAME]`, `[schedule.NAME]` and, shared by optimizers and schedules,
declarations `[hyper.NAME]`. An entry's `hyper.lr = 0.01` takes the shared declaration with another default; a table
(`hyper.lr = {default = 0.01, high = 1}`) changes any of its fields.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import fields, replace
from typing import Any, TypeVar

from gdsim.catalogue.entries import FunctionEntry, OptimizerEntry, ScheduleEntry
from gdsim.catalogue.pattern import Pattern
from gdsim.errors import CatalogueError, GdsimError
from gdsim.params import ParamSpec

Table = Mapping[str, Any]
Entry = TypeVar("Entry")

_NAME = re.compile(r"[a-z][a-z0-9_]*\Z")
_PARAM_FIELDS = {f.name for f in fields(ParamSpec)} - {"name", "slider_low", "slider_high"} | {"slider"}


def read_table(text: str, origin: str) -> Table:
    """The whole TOML document; CatalogueError with the line where it cannot be read. `origin` names the file."""
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise CatalogueError(f"this is not readable as TOML: {error}", where=origin) from error


def read_entries(
    document: Table, kind: str, build: Callable[[str, Fields], Entry], origin: str
) -> tuple[dict[str, Entry], list[CatalogueError]]:
    """All entries of one kind ("function", "optimizer", "schedule") by name, and what is wrong with the others."""
    entries: dict[str, Entry] = {}
    problems: list[CatalogueError] = []
    tables = document.get(kind, {})
    if not isinstance(tables, dict):
        return entries, [CatalogueError(f"{kind!r} has to be tables [{kind}.NAME]", where=origin)]
    for name, table in tables.items():
        place = f"{origin}, {kind} {name!r}"
        try:
            entries[name] = _read_one(name, table, build)
        except CatalogueError as error:
            problems.append(CatalogueError(error.what, where=place, hint=error.hint))
        except GdsimError as error:
            problems.append(CatalogueError(error.message(), where=place))
    return entries, problems


def _read_one(name: str, table: object, build: Callable[[str, Fields], Entry]) -> Entry:
    if not _NAME.match(name):
        raise CatalogueError("a name is lower case letters, digits and _", hint="Rename the entry")
    if not isinstance(table, dict):
        raise CatalogueError("the entry has to be a table")
    reading = Fields(table)
    entry = build(name, reading)
    reading.refuse_unknown()
    return entry


class Fields:
    """Takes typed fields out of a table, and remembers which were asked for."""

    def __init__(self, table: Table) -> None:
        self._table = table
        self._asked: set[str] = set()

    def _take(self, key: str) -> Any:
        self._asked.add(key)
        return self._table.get(key)

    def has(self, key: str) -> bool:
        return key in self._table

    def text(self, key: str, default: str | None = None) -> str:
        value = self._take(key)
        if value is None and default is not None:
            return default
        if not isinstance(value, str) or (default is None and not value.strip()):
            raise CatalogueError(f"{key!r} has to be a text" if value is not None else f"{key!r} is missing")
        return value

    def flag(self, key: str) -> bool:
        value = self._take(key)
        if value is not None and not isinstance(value, bool):
            raise CatalogueError(f"{key!r} has to be true or false")
        return bool(value)

    def number(self, key: str, default: float) -> float:
        value = self._take(key)
        return default if value is None else _number(value, key)

    def point(self, key: str) -> tuple[float, ...]:
        return _numbers(self._take(key), key)

    def ranges(self, key: str) -> tuple[tuple[float, float], ...]:
        value = self._take(key)
        if not isinstance(value, list) or not value:
            raise CatalogueError(f"{key!r} has to be pairs such as [[-2, 2], [-1, 3]]")
        if not isinstance(value[0], list):
            value = [value]
        pairs = []
        for item in value:
            pair = _numbers(item, key)
            if len(pair) != 2 or not pair[0] < pair[1]:
                raise CatalogueError(f"{key!r} has to be pairs, the lower bound first")
            pairs.append((pair[0], pair[1]))
        return tuple(pairs)

    def tables(self, key: str) -> list[Table]:
        value = self._take(key)
        if value is None:
            return []
        if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
            raise CatalogueError(f"{key!r} has to be a list of tables")
        return value

    def table(self, key: str) -> Table:
        value = self._take(key)
        if value is None:
            return {}
        if not isinstance(value, dict):
            raise CatalogueError(f"{key!r} has to be a table")
        return value

    def texts(self, key: str) -> tuple[str, ...]:
        value = self._take(key)
        if value is None:
            return ()
        if not isinstance(value, list) or not all(isinstance(item, str) and item for item in value):
            raise CatalogueError(f"{key!r} has to be a list of texts")
        return tuple(value)

    def pairs(self, key: str) -> tuple[tuple[str, str], ...]:
        value = self._take(key) or []
        good = isinstance(value, list) and all(
            isinstance(item, list) and len(item) == 2 and all(isinstance(part, str) for part in item) for item in value
        )
        if not good:
            raise CatalogueError(f"{key!r} has to be pairs of texts [assignment, sentence]")
        return tuple((item[0], item[1]) for item in value)

    def refuse_unknown(self) -> None:
        extra = sorted(set(self._table) - self._asked)
        if extra:
            raise CatalogueError(f"unknown field {extra[0]!r}", hint=f"Known are {', '.join(sorted(self._asked))}")


def _number(value: object, key: str) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise CatalogueError(f"{key!r} has to be a number")
    return float(value)


def _numbers(value: object, key: str) -> tuple[float, ...]:
    if not isinstance(value, list) or not value:
        raise CatalogueError(f"{key!r} has to be a list of numbers" if value is not None else f"{key!r} is missing")
    return tuple(_number(item, key) for item in value)


def param(name: str, value: object, shared: Mapping[str, ParamSpec]) -> ParamSpec:
    """One declaration: `value` is the default alone (the rest shared, or left open), or a table of fields."""
    if isinstance(value, dict):
        unknown = sorted(set(value) - _PARAM_FIELDS)
        if unknown:
            raise CatalogueError(
                f"unknown field {unknown[0]!r} of {name!r}", hint=f"Known are {', '.join(sorted(_PARAM_FIELDS))}"
            )
        given = dict(value)
    else:
        given = {"default": value}
    if "slider" in given:
        low, high = _numbers(given.pop("slider"), f"{name}.slider")
        given |= {"slider_low": low, "slider_high": high}
    if isinstance(given.get("default"), list):
        given["default"] = _numbers(given["default"], f"{name}.default")
    for key in ("default", "low", "high"):
        if key in given and not isinstance(given[key], tuple):
            given[key] = _number(given[key], f"{name}.{key}")
    base = shared.get(name) or ParamSpec(name=name, symbol=name, default=given.get("default", 1.0))
    spec = replace(base, **given)
    if spec.default != spec.check(spec.default):
        raise CatalogueError(f"the default of {name!r} breaks its own bounds")
    return spec


def shared_params(document: Table) -> dict[str, ParamSpec]:
    """The declarations `[hyper.NAME]` of a document."""
    return {name: param(name, value, {}) for name, value in document.get("hyper", {}).items()}


def build_function(name: str, table: Fields) -> FunctionEntry:
    """A FunctionEntry from the fields of `[function.NAME]`."""
    formula, general = table.text("formula"), table.text("general", "")
    indexed = bool(general) or "[" in formula
    start, domain = table.point("start"), table.ranges("domain")
    dimension = int(table.number("dimension", float(max(2, len(start)) if indexed else len(start))))
    start = tuple(start[i % len(start)] for i in range(dimension))
    domain = tuple(domain[min(i, len(domain) - 1)] for i in range(dimension))
    view = table.ranges("view") if table.has("view") else domain
    patterns = tuple(_pattern(item) for item in table.tables("patterns"))
    minima = tuple(_minimum(item, dimension) for item in table.tables("minima"))
    if not minima:
        minima = tuple(found for pattern in patterns if (found := pattern.at(dimension)) is not None)
    return FunctionEntry(
        name=name,
        title=table.text("title", name.replace("_", " ")),
        formula=formula,
        family=table.text("family", "my own"),
        source=table.text("source", ""),
        teaches=table.text("teaches", ""),
        domain=domain,
        view=tuple(view[min(i, len(view) - 1)] for i in range(dimension)),
        start=start,
        minima=tuple(sorted(minima, key=lambda pair: pair[1])),
        parameters=tuple(param(key, value, {}) for key, value in table.table("parameters").items()),
        dimension=dimension,
        dimensions=None if indexed else dimension,
        general=general,
        patterns=patterns,
    )


def _pattern(item: Table) -> Pattern:
    fields_ = Fields(item)
    only = fields_.number("only", 0.0)
    pattern = Pattern(fields_.text("coordinate"), fields_.text("value"), int(only) or None)
    fields_.refuse_unknown()
    return pattern


def _minimum(item: Table, dimension: int) -> tuple[tuple[float, ...], float]:
    fields_ = Fields(item)
    point = fields_.point("point")
    value = _number(item.get("value"), "value")
    if len(point) != dimension:
        raise CatalogueError(f"a minimum has {len(point)} coordinates, the function {dimension}")
    return point, value


def build_optimizer(
    shared: Mapping[str, ParamSpec], *, personal: bool = False
) -> Callable[[str, Fields], OptimizerEntry]:
    """The reader of `[optimizer.NAME]`, given the shared hyper-parameters.

    In a personal file a hyper-parameter's table stands for itself; a bare number takes the shared declaration.
    """

    def declared(key: str, value: object) -> ParamSpec:
        return param(key, value, {} if personal and isinstance(value, dict) else shared)

    def build(name: str, table: Fields) -> OptimizerEntry:
        stages, method = table.pairs("stages"), table.text("method", "")
        if bool(stages) == bool(method):
            raise CatalogueError("an optimizer has either stages or a method")
        return OptimizerEntry(
            name=name,
            title=table.text("title", name.replace("_", " ")),
            family=table.text("family", "my own"),
            source=table.text("source", ""),
            teaches=table.text("teaches", ""),
            stages=stages,
            hyper=tuple(declared(key, value) for key, value in table.table("hyper").items()),
            init={key: str(value) for key, value in table.table("init").items()},
            decoupled=table.flag("decoupled"),
            fixed_step=table.flag("fixed_step"),
            weight_decay=table.number("weight_decay", 0.0),
            method=method,
        )

    return build


def build_schedule(shared: Mapping[str, ParamSpec]) -> Callable[[str, Fields], ScheduleEntry]:
    """The reader of `[schedule.NAME]`, given the shared parameters."""

    def build(name: str, table: Fields) -> ScheduleEntry:
        return ScheduleEntry(
            name=name,
            title=table.text("title", name.replace("_", " ")),
            formula=table.text("formula"),
            source=table.text("source", ""),
            teaches=table.text("teaches", ""),
            params=tuple(param(key, value, shared) for key, value in table.table("params").items()),
        )

    return build
