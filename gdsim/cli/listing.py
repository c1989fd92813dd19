"""`gdsim list`: what the catalogue holds."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Annotated, Any

import typer

from gdsim.cli.text import as_json
from gdsim.params import ParamSpec


class Kind(StrEnum):
    """What can be listed."""

    FUNCTIONS = "functions"
    OPTIMIZERS = "optimizers"
    ACTIVATIONS = "activations"
    LOSSES = "losses"
    SCHEDULES = "schedules"
    DATASETS = "datasets"
    TASKS = "tasks"


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command(name="list")(list_)


def list_(
    what: Annotated[Kind, typer.Argument(help=", ".join(Kind))],
    json: Annotated[bool, typer.Option("--json", help="As JSON, with everything that is known.")] = False,
) -> None:
    """List functions, optimizers, activations and more: what is shipped and what you keep yourself."""
    entries = _READERS[what]()
    if json:
        print(as_json(entries))
        return
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("name", no_wrap=True)
    table.add_column("title", no_wrap=True)
    counts = [key for key in ("task", "rows", "inputs") if what is Kind.DATASETS]
    for key in counts:
        table.add_column(key, no_wrap=True)
    table.add_column("teaches" if what is Kind.TASKS else "formula", overflow="fold")
    for entry in entries:
        if what is Kind.TASKS:
            meaning = entry["teaches"]
        else:
            meaning = entry["formula"] or entry.get("method") or f"table, {entry['licence']}"
        table.add_row(entry["name"], entry["title"], *[_count(entry[key]) for key in counts], meaning)
    Console(markup=False, highlight=False).print(table)


def _count(value: Any) -> str:
    return str(len(value)) if isinstance(value, list | tuple) else str(value)


def _hyper(specs: Sequence[ParamSpec]) -> list[dict[str, Any]]:
    return [
        {"name": spec.name, "default": spec.default, "bounds": [spec.low, spec.high], "scale": spec.scale,
         "doc": spec.doc}
        for spec in specs
    ]  # fmt: skip


def _functions() -> list[dict[str, Any]]:
    from gdsim.catalogue import functions

    return [
        {
            "name": entry.name, "title": entry.title, "formula": entry.formula, "source": entry.source,
            "family": entry.family, "teaches": entry.teaches, "domain": entry.domain, "start": entry.start,
            "minima": [{"point": where, "value": value} for where, value in entry.minima],
            "dimensions": entry.dimensions if entry.dimensions is not None else "n",
            "dimension": entry.dimension, "parameters": _hyper(entry.parameters), "personal": entry.personal,
        }
        for entry in functions().values()
    ]  # fmt: skip


def _optimizers() -> list[dict[str, Any]]:
    from gdsim.catalogue import optimizers

    return [
        {
            "name": entry.name, "title": entry.title, "formula": entry.formula, "source": entry.source,
            "family": entry.family, "teaches": entry.teaches, "hyper": _hyper(entry.hyper), "method": entry.method,
            "weight_decay": entry.weight_decay, "decoupled": entry.decoupled, "personal": entry.personal,
        }
        for entry in optimizers().values()
    ]  # fmt: skip


def _schedules() -> list[dict[str, Any]]:
    from gdsim.catalogue import schedules

    return [
        {"name": entry.name, "title": entry.title, "formula": entry.formula, "source": entry.source,
         "teaches": entry.teaches, "params": _hyper(entry.params)}
        for entry in schedules().values()
    ]  # fmt: skip


def _activations() -> list[dict[str, Any]]:
    from gdsim.catalogue import activations

    return [
        {
            "name": entry.name, "title": entry.title, "formula": entry.formula, "source": entry.source,
            "family": entry.family, "teaches": entry.teaches, "range": entry.range, "smooth": entry.smooth,
            "params": _hyper(entry.params),
        }
        for entry in activations().values()
    ]  # fmt: skip


def _losses() -> list[dict[str, Any]]:
    from gdsim.catalogue import losses

    return [
        {
            "name": entry.name, "title": entry.title, "formula": entry.formula or entry.shown,
            "source": entry.source, "teaches": entry.teaches, "task": entry.task, "targets": entry.targets,
            "prediction": entry.prediction, "smooth": entry.smooth, "params": _hyper(entry.params),
        }
        for entry in losses().values()
    ]  # fmt: skip


def _datasets() -> list[dict[str, Any]]:
    from gdsim.catalogue import datasets

    return [
        {
            "name": entry.name, "title": entry.title, "formula": entry.formula, "source": entry.source,
            "licence": entry.licence, "kind": "table" if entry.file else "generator", "family": entry.family,
            "teaches": entry.teaches, "task": entry.task, "rows": entry.samples,
            "columns": [*entry.columns, entry.target], "target": entry.target, "classes": entry.classes,
            "inputs": entry.inputs, "noise": entry.noise, "share": entry.share, "standardise": entry.standardise,
        }
        for entry in datasets().values()
    ]  # fmt: skip


def _tasks() -> list[dict[str, Any]]:
    import msgspec

    from gdsim.objectives.policy import tasks, world

    found = []
    for entry in tasks().values():
        states, actions = world(entry.task).shape
        found.append(
            {"name": entry.name, "title": entry.title, "source": entry.source, "teaches": entry.teaches,
             "task": msgspec.to_builtins(entry.task), "states": states, "actions": actions}
        )  # fmt: skip
    return found


_READERS = {
    Kind.FUNCTIONS: _functions,
    Kind.OPTIMIZERS: _optimizers,
    Kind.ACTIVATIONS: _activations,
    Kind.LOSSES: _losses,
    Kind.SCHEDULES: _schedules,
    Kind.DATASETS: _datasets,
    Kind.TASKS: _tasks,
}
