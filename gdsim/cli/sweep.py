"""`gdsim sweep`: a map over the settings of an optimizer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, cast

import typer

from gdsim.cli import options
from gdsim.cli.groups import with_groups
from gdsim.cli.learning import Learning
from gdsim.cli.text import as_json, short
from gdsim.cli.work import progress_bar, stoppable
from gdsim.errors import UsageError

if TYPE_CHECKING:
    from gdsim.maps import Sweep


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command()(with_groups(sweep))


def sweep(
    learning: Learning,
    function: options.Function = None,
    formula: options.Formula = None,
    param: options.Param = None,
    variables: options.Variables = None,
    optimizer: options.OneOptimizer = None,
    rule: options.Rule = None,
    over: Annotated[
        list[str] | None,
        typer.Option("--over", metavar="lr=1e-4..1:64:log", help="A setting and its range; twice for a map of two."),
    ] = None,
    measure: Annotated[str, typer.Option("--measure", help="What the picture shows: loss or steps.")] = "loss",
    start: options.Start = None,
    steps: options.Steps = None,
    tolerance: options.Tolerance = None,
    target: options.Target = None,
    batch: options.Batch = None,
    seed: options.Seed = None,
    dtype: options.Dtype = None,
    backend: options.Backend = None,
    scheduler: Annotated[
        str | None, typer.Option("--scheduler", metavar="ADDRESS", help="A Dask scheduler whose workers compute it.")
    ] = None,
    csv: Annotated[str | None, typer.Option("--csv", metavar="FILE", help="Every cell: settings, loss, steps.")] = None,
    image: options.Image = None,
    json: options.Json = False,
) -> None:
    """Sweep one or two settings of an optimizer: which gets there, and how fast."""
    spec = options.spec_of(
        function=function, formula=formula, param=param, variables=variables, start=start,
        optimizers=optimizer or [], rules=rule or [],
        options=options.given_options(
            steps=steps, tolerance=tolerance, target=target, seed=seed, dtype=dtype, backend=backend, batch=batch
        ),
        learning=learning,
    )  # fmt: skip
    options.check_kept(learning.dataset, csv)
    options.check_ending("--image", image, (".png", ".svg"))
    if measure not in ("loss", "steps"):
        raise UsageError(f"{measure!r} is not measured", where="--measure", hint="Use loss or steps")
    if not over:
        raise UsageError("nothing to sweep", hint="Name a setting and its range: --over lr=1e-4..1:64:log")
    from gdsim.export.maps import write_sweep_csv
    from gdsim.maps import sweep_of

    with stoppable() as cancel:
        with progress_bar("sweeping") as progress:
            found = sweep_of(spec, over, scheduler=scheduler, cancel=cancel, progress=progress)
        if csv is not None:
            with progress_bar("writing") as progress:
                write_sweep_csv(found.map, csv, cancel, progress)
        if image is not None:
            found.to_image(image, measure=measure)
    if json:
        print(as_json(report(found)))
    elif csv != "-":
        print_words(found)


def counts(found: Sweep) -> dict[str, int]:
    """How many cells ended in which way."""
    words = found.status.ravel().tolist()
    return {word: words.count(word) for word in dict.fromkeys(words)}


def report(found: Sweep) -> dict[str, Any]:
    """What `--json` prints."""
    import msgspec

    sweep = found.map
    axes = [sweep.x] if sweep.y is None else [sweep.x, sweep.y]
    best = None
    if sweep.best is not None:
        best = {
            "settings": found.best, "loss": sweep.loss[sweep.best], "steps": sweep.steps[sweep.best],
            "status": found.status[sweep.best], "theta": sweep.end(*sweep.best),
        }  # fmt: skip
    return {
        "spec": cast(dict[str, Any], msgspec.to_builtins(found.spec)),
        "over": [
            {"name": axis.name, "low": axis.low, "high": axis.high, "count": axis.count, "scale": axis.scale}
            for axis in axes
        ],
        "best": best,
        "explanation": sweep.explanation,
        "counts": counts(found),
        "backend": sweep.backend, "note": sweep.note, "seconds": found.seconds,
    }  # fmt: skip


def print_words(found: Sweep) -> None:
    """The best cell, and how the others ended, for a person."""
    from rich.console import Console

    sweep = found.map
    console = Console(markup=False, highlight=False)
    console.print(f"{sweep.explanation}.")
    if sweep.best is not None:
        console.print(f"The loss there: {short(float(sweep.loss[sweep.best]))}")
    ends = ", ".join(f"{count:,} {word}" for word, count in counts(found).items())
    console.print(f"{sweep.loss.size:,} settings in {found.seconds:.2f} s ({sweep.backend}): {ends}", style="dim")
    notes = [sweep.note] if sweep.note else []
    if found.spec.problem.learn is not None:
        from gdsim.objectives.data.make import samples_of

        notes += samples_of(found.spec.problem.learn.data).notes
    for note in notes:
        console.print(f"{note.rstrip('.')}.", style="dim")
