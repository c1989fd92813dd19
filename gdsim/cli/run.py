"""`gdsim run`: a run without a window."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal, cast

import typer
from typer import core

from gdsim.cli import learning_report, options, policy
from gdsim.cli.groups import with_groups
from gdsim.cli.learning import Learning
from gdsim.cli.text import as_json, point, short
from gdsim.cli.work import progress_bar
from gdsim.errors import UsageError

if TYPE_CHECKING:
    from gdsim.session.history import History
    from gdsim.session.spec import RunSpec

_COLUMNS = "columns"
"""What stands for a --weights without a file: the columns of the CSV alone."""


class WeightsAlone(core.TyperCommand):
    """`--weights` may stand without a file: it adds the weights to the CSV then."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """The arguments as Click reads them."""
        for place in [k for k, word in enumerate(args) if word == "--weights"]:
            behind = args[place + 1] if place + 1 < len(args) else ""
            if not behind or behind.startswith("-") or behind.endswith(".gdsim"):
                args[place] = f"--weights={_COLUMNS}"
        return super().parse_args(ctx, args)


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command(cls=WeightsAlone)(with_groups(run))


def run(
    learning: Learning,
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
    batch: options.Batch = None,
    seed: options.Seed = None,
    dtype: options.Dtype = None,
    backend: options.Backend = None,
    csv: Annotated[str | None, typer.Option("--csv", metavar="FILE", help="Every step of every racer.")] = None,
    weights: Annotated[
        str | None,
        typer.Option("--weights", metavar="[FILE.npz]", help="A model's weights at the end, and all along in --csv."),
    ] = None,
    image: options.Image = None,
    script: Annotated[str | None, typer.Option("--script", metavar="FILE.py", help="A stand-alone script.")] = None,
    save: Annotated[str | None, typer.Option("--save", metavar="FILE.gdsim", help="The run, to open again.")] = None,
    json: options.Json = False,
) -> None:
    """Race optimizers on a function, train a model on data or a policy on a task, without a window."""
    changed = options.given_options(
        steps=steps, tolerance=tolerance, target=target, seed=seed, dtype=dtype, backend=backend, batch=batch
    )
    if file:
        given = {
            "function": function, "formula": formula, "param": param, "vars": variables, "optimizer": optimizer,
            "rule": rule,
        }  # fmt: skip
        spec = _from_file(file, given, start, changed, learning)
    else:
        spec = options.spec_of(
            function=function, formula=formula, param=param, variables=variables, optimizers=optimizer or [],
            rules=rule or [], start=start, options=changed, or_file=True, learning=learning,
        )  # fmt: skip
    options.check_kept(learning.dataset, csv)
    _check_files(spec, csv, weights, image, script, save)
    history = _computed(spec)
    _write_all(history, csv, weights, image, script, save)
    if json:
        print(as_json(report(history)))
    elif csv != "-":
        print_table(history)
    elif history.spec.problem.learn is not None:
        learning_report.print_notes(history)


def _check_files(
    spec: RunSpec, csv: str | None, weights: str | None, image: str | None, script: str | None, save: str | None
) -> None:
    """What is wrong with the names is said before anything is computed."""
    if weights is not None and spec.problem.learn is None:
        what = f"a {spec.problem.kind} has no weights"
        raise UsageError(what, where="--weights", hint="Its path is in the CSV anyway")
    if weights == _COLUMNS:
        if csv is None:
            raise UsageError("there is nowhere to write them", where="--weights", hint="Name a file.npz, or a --csv")
    else:
        options.check_ending("--weights", weights, (".npz",))
    options.check_ending("--image", image, (".png", ".svg"))
    options.check_ending("--script", script, (".py",))
    options.check_ending("--save", save, (".gdsim",))


def _from_file(
    file: str, given: dict[str, Any], start: str | None, changed: dict[str, Any], learning: Learning
) -> RunSpec:
    from gdsim.formula.number import parse_point
    from gdsim.session.documents import load

    more = learning.given
    kept = {name: more.pop(name) for name in ("epochs", "patience", "init_weights") if name in more}
    named = [f"--{name.replace('_', '-')}" for name, value in {**given, **more}.items() if value is not None]
    if named:
        raise UsageError(f"{' and '.join(named)} beside a file", hint="The file says what is run: leave one out")
    spec = load(file)
    if kept:
        from gdsim.session.make_training import trained_on

        spec = trained_on(spec, **kept, steps=changed.get("steps"), batch=changed.get("batch"))
    if start is not None:
        changed = {**changed, "start": parse_point(start, spec.problem.dimension)}
    spec = spec.replace(**changed)
    spec.check()
    return spec


def _computed(spec: RunSpec) -> History:
    from gdsim.session.runner import Runner

    with progress_bar("running") as progress:
        return Runner(spec).run(progress=progress)


def _write_all(
    history: History, csv: str | None, weights: str | None, image: str | None, script: str | None, save: str | None
) -> None:
    if csv is not None:
        from gdsim.export.csv import write_csv

        with progress_bar("writing") as progress:
            write_csv(history, csv, progress=progress, weights=weights is not None)
    if weights not in (None, _COLUMNS):
        from gdsim.session.weights import write_weights

        write_weights(history, weights)
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

    if history.spec.problem.learn is not None:
        return learning_report.report(history)
    if history.spec.problem.policy is not None:
        return policy.report(history)
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

    if history.spec.problem.learn is not None:
        learning_report.print_table(history)
        return
    if history.spec.problem.policy is not None:
        policy.print_table(history)
        return
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
