"""`gdsim screenshot`: the real main window, drawn without a display."""

from __future__ import annotations

import os
import re
from typing import Annotated, Literal

import typer

from gdsim.errors import UsageError


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command()(screenshot)


def size_of(text: str) -> tuple[int, int]:
    """``1440x900`` as (width, height); UsageError outside 480x360 to 7680x4320."""
    match = re.fullmatch(r"\s*(\d{2,5})\s*[xX×]\s*(\d{2,5})\s*", text)
    if match is None:
        raise UsageError(f"{text!r} is no size", where="--size", hint="Write it as 1440x900")
    width, height = int(match.group(1)), int(match.group(2))
    if not (480 <= width <= 7680 and 360 <= height <= 4320):
        raise UsageError(f"{width}x{height} is out of range", where="--size", hint="Use 480x360 to 7680x4320")
    return width, height


def screenshot(
    file: Annotated[str, typer.Argument(metavar="FILE.png")],
    spec: Annotated[str | None, typer.Option("--spec", metavar="FILE.gdsim", help="A saved run.")] = None,
    function: Annotated[str | None, typer.Option("--function", metavar="NAME", help="A function.")] = None,
    size: Annotated[str, typer.Option("--size", help="Width x height of the window.")] = "1440x900",
    theme: Annotated[str, typer.Option("--theme", help="light or dark.")] = "dark",
    view: Annotated[str, typer.Option("--view", help="map, or swarm, basins, sweep of the first racer.")] = "map",
    step: Annotated[int | None, typer.Option("--step", min=0, help="The step shown; the last one by default.")] = None,
) -> None:
    """Draw the main window into a picture, without a display."""
    chosen: Literal["light", "dark"]
    if theme == "light":
        chosen = "light"
    elif theme == "dark":
        chosen = "dark"
    else:
        raise UsageError(f"there is no theme {theme!r}", where="--theme", hint="Use light or dark")
    views: dict[str, Literal["map", "swarm", "basins", "sweep"]]
    views = {"map": "map", "swarm": "swarm", "basins": "basins", "sweep": "sweep"}
    if view not in views:
        raise UsageError(f"there is no view {view!r}", where="--view", hint="Use " + ", ".join(views))
    if spec is not None and function is not None:
        raise UsageError("--spec and --function both say what to show", hint="Use one of them")
    width, height = size_of(size)
    from gdsim.session.documents import load
    from gdsim.session.make import spec_for
    from gdsim.session.opening import opening_spec

    if spec is not None:
        shown = load(spec)
    elif function is not None:
        shown = spec_for(function=function, racers=("gd", "momentum", "adam"))
    else:
        shown = opening_spec()
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    from gdsim.gui.shot import screenshot as shoot

    shoot(file, spec=shown, size=(width, height), theme=chosen, step=step, view=views[view])
