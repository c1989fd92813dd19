"""`gdsim run`: a run without a window."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal, cast

import typer

from gdsim.cli import options
from gdsim.cli.text import as_json, point, short
from gdsim.cli.work import progress_bar
from gdsim.errors import UsageError

if TYPE_CHECKING:
    from gdsim.session.history import History
    from gdsim.session.spec import RunSpec


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command()(run)


def run(
    file: Annotated[str | None, typer.Argument(metavar="[FILE.gdsim]", help="A saved run.", show_default=False)] = None,
    function: options.Function = None,
    formula: options.Formula = None,
    param: options.Param = None,
    variables: options.Variables = None,
    optimizer: Annotated[
        list[str] | None,
        typer.Option(
            "--optimizer",
            metavar="NAME[,hyper=value...][,schedule=NAME:param=value:...]",
            help="Repeat it to race several; every racer also takes weight_decay=, clip= and noise=.",
        ),
    ] = None,
    rule: options.Rule = None,
    start: options.Start = None,
    steps: options.Steps = None,
    tolerance: options.Tolerance = None,
    target: options.Target = None,
    batch: Annotated[str | None, typer.Option("--batch", help="full: a function has no batches.")] = None,
    seed: options.Seed = None,
    dtype: options.Dtype = None,
    backend: options.Backend = None,
    csv: Annotated[str | None, typer.Option("--csv", metavar="FILE", help="Every step of every racer.")] = None,
    image: options.Image = None,
    script: Annotated[str | None, typer.Option("--script", metavar="FILE.py", help="A stand-alone script.")] = None,
    save: Annotated[str | None, typer.Option("--save", metavar="FILE.gdsim", help="The run, to open again.")] = None,
    json: options.Json = False,
) -> None:
    """Race optimizers on a function, without a window."""
    changed = options.given_options(
        steps=steps, tolerance=tolerance, target=target, seed=seed, dtype=dtype, backend=backend, batch=batch
    )
    if file:
        given = {
            "function": function, "formula": formula, "param": param, "vars": variables, "optimizer": optimizer,
            "rule": rule,
        }  # fmt: skip
        spec = _from_file(file, given, start, changed)
    else:
        spec = options.spec_of(
            function=function, formula=formula, param=param, variables=variables, optimizers=optimizer or [],
            rules=rule or [], start=start, options=changed, or_file=True,
        )  # fmt: skip
    options.check_ending("--image", image, (".png", ".svg"))
    options.check_ending("--script", script, (".py",))
    options.check_ending("--save", save, (".gdsim",))
    history = _computed(spec)
    _write_all(history, csv, image, script, save)
    if json:
        print(as_json(report(history)))
    elif csv != "-":
        print_table(history)


def _from_file(file: str, given: dict[str, Any], start: str | None, changed: dict[str, Any]) -> RunSpec:
    from gdsim.formula.number import parse_point
    from gdsim.session.documents import load

    named = [f"--{name}" for name, value in given.items() if value]
    if named:
        raise UsageError(f"{' and '.join(named)} beside a file", hint="The file says what is run: leave one out")
    spec = load(file)
    if start is not None:
        changed = {**changed, "start": parse_point(start, spec.problem.dimension)}
    spec = spec.replace(**changed)
    spec.check()
    return spec


def _computed(spec: RunSpec) -> History:
    from gdsim.session.runner import Runner

    with progress_bar("running") as progress:
        return Runner(spec).run(progress=progress)


def _write_all(history: History, csv: str | None, image: str | None, script: str | None, save: str | None) -> None:
    if csv is not None:
        from gdsim.export.csv import write_csv

        with progress_bar("writing") as progress:
            write_csv(history, csv, progress=progress)
    if image is not None:
        from gdsim.export.picture import write_picture

        write_picture(history, image)
    if script is not None:
        from gdsim.export.script import write_script

        write_script(history.spec, script)
    if save is not None:
        from gdsim.session.documents import save as save_document

        save_document(history.spec, save)


def report(history: History) -> dict[str, Any]:
    """What `--json` prints."""
    import msgspec

    racers = []
    for index, label in enumerate(history.labels):
        row = history.row(index, history.traces[index].last)
        racers.append(
            {
                "racer": label, "status": history.status(index).value, "message": history.message(index),
                "steps": row.step, "theta": row.theta, "loss": row.loss, "grad_norm": row.grad_norm,
            }
        )  # fmt: skip
    spec = cast(dict[str, Any], msgspec.to_builtins(history.spec))
    backends = dict.fromkeys(trace.backend for trace in history.traces if trace.backend)
    return {"spec": spec, "racers": racers, "backend": "+".join(backends), "seconds": history.seconds}


def print_table(history: History) -> None:
    """The racers' ends for a person, with what to try."""
    from rich.console import Console
    from rich.table import Table

    right: Literal["right"] = "right"
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("racer", no_wrap=True)
    for name in ("steps", "loss", "|gradient|"):
        table.add_column(name, justify=right, no_wrap=True)
    table.add_column("(" + ", ".join(history.objective.coordinates[:4]) + ")", no_wrap=True)
    table.add_column("status", no_wrap=True)
    console = Console(markup=False, highlight=False)
    messages = []
    for index, label in enumerate(history.labels):
        row = history.row(index, history.traces[index].last)
        status = history.status(index)
        table.add_row(
            label, str(row.step), short(row.loss), short(row.grad_norm), point(row.theta.tolist()), status.value
        )
        messages.append(f"{label}: {history.message(index)}.")
    console.print(table)
    console.print("\n".join(messages), style="dim")
