"""`gdsim run`: a run without a window."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, cast

import typer

from gdsim.cli.text import as_json, names, point, short
from gdsim.errors import UsageError

if TYPE_CHECKING:
    from gdsim.session.history import History
    from gdsim.session.spec import RunSpec

Progress = Callable[[int, int], None]


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command()(run)


def run(
    file: Annotated[str | None, typer.Argument(metavar="[FILE.gdsim]", help="A saved run.", show_default=False)] = None,
    function: Annotated[
        str | None, typer.Option("--function", metavar="NAME[,param=value...]", help="A function of the catalogue.")
    ] = None,
    formula: Annotated[str | None, typer.Option("--formula", metavar="TEXT", help="A formula of your own.")] = None,
    param: Annotated[list[str] | None, typer.Option("--param", metavar="a=2,b=3", help="Its free letters.")] = None,
    variables: Annotated[str | None, typer.Option("--vars", metavar="x,y", help="Names of its variables.")] = None,
    optimizer: Annotated[
        list[str] | None,
        typer.Option(
            "--optimizer",
            metavar="NAME[,hyper=value...][,schedule=NAME:param=value:...]",
            help="Repeat it to race several; every racer also takes weight_decay=, clip= and noise=.",
        ),
    ] = None,
    rule: Annotated[
        list[str] | None,
        typer.Option("--rule", metavar="TEXT", help="The rule of a racer called custom; one for all, or one each."),
    ] = None,
    start: Annotated[str | None, typer.Option("--start", metavar="X,Y[,...]", help="Where they start.")] = None,
    steps: Annotated[int | None, typer.Option("--steps", help="How many steps at most.")] = None,
    tolerance: Annotated[
        float | None, typer.Option("--tolerance", help="Stop when gradient and step fall to this; 0: never early.")
    ] = None,
    target: Annotated[float | None, typer.Option("--target", help="Stop when the loss falls to this.")] = None,
    batch: Annotated[str | None, typer.Option("--batch", help="full: a function has no batches.")] = None,
    seed: Annotated[int | None, typer.Option("--seed", help="Of the gradient noise.")] = None,
    dtype: Annotated[str | None, typer.Option("--dtype", help="float64 or float32.")] = None,
    backend: Annotated[str | None, typer.Option("--backend", help="auto, numpy, cpu or cuda.")] = None,
    csv: Annotated[str | None, typer.Option("--csv", metavar="FILE", help="Every step of every racer.")] = None,
    image: Annotated[str | None, typer.Option("--image", metavar="FILE.png|.svg", help="The picture.")] = None,
    script: Annotated[str | None, typer.Option("--script", metavar="FILE.py", help="A stand-alone script.")] = None,
    save: Annotated[str | None, typer.Option("--save", metavar="FILE.gdsim", help="The run, to open again.")] = None,
    json: Annotated[bool, typer.Option("--json", help="The result as JSON on stdout.")] = False,
) -> None:
    """Race optimizers on a function, without a window."""
    given = {
        "function": function, "formula": formula, "param": param, "vars": variables,
        "optimizer": optimizer, "rule": rule,
    }  # fmt: skip
    changed = _run_options(steps, tolerance, target, batch, seed, dtype, backend)
    spec = _from_file(file, given, start, changed) if file else _from_options(given, start, changed)
    _check_outputs(image, script, save)
    history = _computed(spec)
    _write_all(history, csv, image, script, save)
    if json:
        print(as_json(report(history)))
    elif csv != "-":
        print_table(history)


def _run_options(
    steps: int | None, tolerance: float | None, target: float | None, batch: str | None, seed: int | None,
    dtype: str | None, backend: str | None,
) -> dict[str, Any]:  # fmt: skip
    for name, value, allowed in (
        ("--dtype", dtype, ("float64", "float32")),
        ("--backend", backend, ("auto", "numpy", "cpu", "cuda")),
        ("--batch", batch, ("full",)),
    ):
        if value is not None and value not in allowed:
            raise UsageError(f"{value!r} is not possible", where=name, hint=f"Use {' or '.join(allowed)}")
    options = {
        "steps": steps, "tolerance": tolerance, "target": target, "seed": seed, "dtype": dtype, "backend": backend,
    }  # fmt: skip
    return {name: value for name, value in options.items() if value is not None}


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


def _from_options(given: dict[str, Any], start: str | None, changed: dict[str, Any]) -> RunSpec:
    if given["function"] and given["formula"]:
        raise UsageError("--function and --formula both say what to minimise", hint="Use one of them")
    if given["function"] is None and given["formula"] is None:
        raise UsageError(
            "nothing to minimise", hint="Use --function NAME (see 'gdsim list functions'), --formula TEXT or a file"
        )
    from gdsim.session.make import parse_settings, spec_for

    for option in ("formula", "function"):
        if given[option] is not None and not given[option].strip():
            raise UsageError(f"the {option} is empty", where=f"--{option}", hint="Write one, such as x^2 + y^2")
    return spec_for(
        function=given["function"] or "",
        formula=given["formula"] or "",
        parameters=parse_settings(",".join(given["param"] or ()), "--param"),
        variables=names(given["vars"]) if given["vars"] else None,
        racers=list(given["optimizer"] or (["custom"] if given["rule"] else ["gd"])),
        rules=list(given["rule"] or ()),
        start=start,
        **changed,
    )


def _check_outputs(image: str | None, script: str | None, save: str | None) -> None:
    """What can be seen to go wrong is said before anything is computed."""
    for option, path, endings in (
        ("--image", image, (".png", ".svg")), ("--script", script, (".py",)), ("--save", save, (".gdsim",)),
    ):  # fmt: skip
        if path is not None and Path(path).suffix.lower() not in endings:
            raise UsageError(f"{path!r} does not end in {' or '.join(endings)}", where=option, hint="Change the name")


def _computed(spec: RunSpec) -> History:
    from gdsim.session.runner import Runner

    with _progress("running") as progress:
        return Runner(spec).run(progress=progress)


def _write_all(history: History, csv: str | None, image: str | None, script: str | None, save: str | None) -> None:
    if csv is not None:
        from gdsim.export.csv import write_csv

        with _progress("writing") as progress:
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


@contextmanager
def _progress(words: str) -> Iterator[Progress | None]:
    """A bar on a terminal, nothing in a pipe."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import Progress as Bars

    with Bars(console=Console(stderr=True), transient=True) as bars:
        task = bars.add_task(words, total=None)
        yield lambda done, total: bars.update(task, completed=done, total=total)


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
