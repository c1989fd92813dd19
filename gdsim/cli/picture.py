"""`gdsim screenshot`: the real main window, drawn without a display."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from gdsim.errors import UsageError

if TYPE_CHECKING:
    from gdsim.session.spec import RunSpec

_EPOCHS = 100
"""Of a model that is shown."""


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
    dataset: Annotated[str | None, typer.Option("--dataset", metavar="NAME", help="A model on a data set.")] = None,
    model: Annotated[
        str | None, typer.Option("--model", help="Which one: linear, poly:3, softmax, mlp:8,8 (the default), ...")
    ] = None,
    task: Annotated[str | None, typer.Option("--task", metavar="NAME", help="A policy's task.")] = None,
    size: Annotated[str, typer.Option("--size", help="Width x height of the window.")] = "1440x900",
    theme: Annotated[str, typer.Option("--theme", help="light or dark.")] = "dark",
    view: Annotated[
        str, typer.Option("--view", help="map, swarm, basins, sweep; network, diagnostics, backprop, landscape, ...")
    ] = "map",
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
    ways = {"--spec": spec, "--function": function, "--dataset": dataset, "--task": task}
    given = [name for name, value in ways.items() if value is not None]
    if len(given) > 1:
        raise UsageError(f"{' and '.join(given)} both say what to show", hint="Use one of them")
    if model is not None and dataset is None:
        raise UsageError("a model needs data", where="--model", hint="Name it with --dataset")
    width, height = size_of(size)
    shown = _shown(spec, function, dataset, model, task)
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    from gdsim.gui.shot import screenshot as shoot
    from gdsim.gui.shot import view_names

    if view not in view_names():
        raise UsageError(f"there is no view {view!r}", where="--view", hint="Use " + ", ".join(view_names()))
    shoot(file, spec=shown, size=(width, height), theme=chosen, step=step, view=view)


def _shown(
    spec: str | None, function: str | None, dataset: str | None, model: str | None, task: str | None
) -> RunSpec:
    """The run that is shown; the opening race where nothing is said."""
    from gdsim.session.documents import load
    from gdsim.session.make import spec_for
    from gdsim.session.make_training import training_spec
    from gdsim.session.opening import opening_policy_spec, opening_spec

    if spec is not None:
        return load(spec)
    if function is not None:
        return spec_for(function=function, racers=("gd", "momentum", "adam"))
    if dataset is not None:
        return training_spec(dataset, model or "mlp:8,8", racers=("adam,lr=0.03", "momentum,lr=0.03"), epochs=_EPOCHS)
    return opening_spec() if task is None else opening_policy_spec(task)
