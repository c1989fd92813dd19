"""`gdsim bench`: the workloads of the README's table on this machine."""

from __future__ import annotations

from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command()(bench)


def bench(json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False) -> None:
    """Measure the engine on this machine; beside torch when it is installed."""
    from gdsim.bench import main

    main(as_json=json)
