"""A person's own entries: `functions.toml` and `optimizers.toml` in the user's data folder."""

from __future__ import annotations

import os
import tempfile
import tomllib
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

import tomli_w

from gdsim.assets import user_data_dir
from gdsim.catalogue.entries import FunctionEntry, OptimizerEntry
from gdsim.errors import CatalogueError
from gdsim.params import ParamSpec

FILES = {"function": "functions.toml", "optimizer": "optimizers.toml"}


def path_of(kind: str) -> Path:
    """Where the personal entries of `kind` ("function" or "optimizer") live; the file need not exist."""
    return user_data_dir() / FILES[kind]


def read_text(kind: str) -> str:
    """The personal file's text, empty when there is none; CatalogueError when it cannot be read."""
    path = path_of(kind)
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return ""
    except (OSError, UnicodeDecodeError) as error:
        raise CatalogueError(f"your catalogue cannot be read: {error}", where=str(path)) from error


def put(kind: str, name: str, table: dict[str, Any]) -> None:
    """Write one entry into the personal file, in place of one of the same name."""
    document = _document(kind)
    document.setdefault(kind, {})[name] = table
    _write(path_of(kind), document)


def drop(kind: str, name: str) -> None:
    """Take one entry out of the personal file; CatalogueError when it is not there."""
    document = _document(kind)
    if document.get(kind, {}).pop(name, None) is None:
        raise CatalogueError(f"your catalogue has no {kind} {name!r}", where=str(path_of(kind)))
    _write(path_of(kind), document)


def _document(kind: str) -> dict[str, Any]:
    path = path_of(kind)
    try:
        return tomllib.loads(read_text(kind))
    except tomllib.TOMLDecodeError as error:
        raise CatalogueError(
            f"your catalogue is not readable as TOML: {error}",
            where=str(path),
            hint="Mend or move the file, so that nothing in it is lost by saving over it",
        ) from error


def _write(path: Path, document: dict[str, Any]) -> None:
    # A full disk or a crash must leave the old file: write beside it, then rename.
    temporary = ""
    try:
        handle, temporary = tempfile.mkstemp(prefix=path.name, dir=path.parent)
        with os.fdopen(handle, "w", encoding="utf-8") as stream:
            stream.write(tomli_w.dumps(document))
            stream.flush()
            os.fsync(stream.fileno())
        Path(temporary).replace(path)
    except OSError as error:
        if temporary:
            Path(temporary).unlink(missing_ok=True)
        raise CatalogueError(f"your catalogue cannot be saved: {error}", where=str(path)) from error


def function_table(entry: FunctionEntry) -> dict[str, Any]:
    """The TOML table that reads back as `entry`."""
    table: dict[str, Any] = {
        key: getattr(entry, key) for key in ("title", "formula", "general", "family", "source", "teaches")
    }
    table |= {"domain": [list(pair) for pair in entry.domain], "view": [list(pair) for pair in entry.view]}
    table |= {"start": list(entry.start)}
    table["minima"] = [{"point": list(point), "value": value} for point, value in entry.minima]
    table["patterns"] = [
        {key: value for key, value in asdict(pattern).items() if value is not None} for pattern in entry.patterns
    ]
    table["parameters"] = {spec.name: param_table(spec) for spec in entry.parameters}
    if entry.dimensions is None:
        table["dimension"] = entry.dimension
    return {key: value for key, value in table.items() if value not in ("", [], {})}


def optimizer_table(entry: OptimizerEntry) -> dict[str, Any]:
    """The TOML table that reads back as `entry`."""
    table: dict[str, Any] = {key: getattr(entry, key) for key in ("title", "family", "source", "teaches", "method")}
    table |= {"stages": [list(stage) for stage in entry.stages], "init": dict(entry.init)}
    table |= {"decoupled": entry.decoupled, "fixed_step": entry.fixed_step, "weight_decay": entry.weight_decay}
    table["hyper"] = {spec.name: param_table(spec) for spec in entry.hyper}
    return {key: value for key, value in table.items() if value not in ("", [], {})}


def param_table(spec: ParamSpec) -> dict[str, Any]:
    """The TOML table of one declaration, fields left at their defaults left out."""
    table: dict[str, Any] = {}
    for item in fields(spec):
        value = getattr(spec, item.name)
        if item.name in ("name", "slider_low", "slider_high") or value == item.default:
            continue
        table[item.name] = list(value) if isinstance(value, tuple) else value
    if spec.slider_low is not None and spec.slider_high is not None:
        table["slider"] = [spec.slider_low, spec.slider_high]
    return table
