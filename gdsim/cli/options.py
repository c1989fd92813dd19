"""The options that say what is run, and with what: the same for a run, a basin map and a sweep."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gdsim.cli.learning import Learning, refuse, training_spec_of
from gdsim.cli.policy import names_policy, policy_spec_of
from gdsim.cli.text import names
from gdsim.errors import UsageError

if TYPE_CHECKING:
    from gdsim.session.spec import RunSpec

Function = Annotated[
    str | None, typer.Option("--function", metavar="NAME[,param=value...]", help="A function of the catalogue.")
]
Formula = Annotated[str | None, typer.Option("--formula", metavar="TEXT", help="A formula of your own.")]
Param = Annotated[list[str] | None, typer.Option("--param", metavar="a=2,b=3", help="Its free letters.")]
Variables = Annotated[str | None, typer.Option("--vars", metavar="x,y", help="Names of its variables.")]
Rule = Annotated[
    list[str] | None,
    typer.Option("--rule", metavar="TEXT", help="The rule of a racer called custom; one for all, or one each."),
]
Start = Annotated[str | None, typer.Option("--start", metavar="X,Y[,...]", help="Where they start.")]
Steps = Annotated[int | None, typer.Option("--steps", help="How many steps at most.")]
Tolerance = Annotated[
    float | None, typer.Option("--tolerance", help="Stop when gradient and step fall to this; 0: never early.")
]
Target = Annotated[float | None, typer.Option("--target", help="Stop when the loss falls to this.")]
Batch = Annotated[
    str | None, typer.Option("--batch", metavar="full|N", help="Samples in a batch; a function has none: full.")
]
Seed = Annotated[int | None, typer.Option("--seed", help="Of the gradient noise, of batches and of dropout.")]
Dtype = Annotated[str | None, typer.Option("--dtype", help="float64 or float32.")]
Backend = Annotated[str | None, typer.Option("--backend", help="auto, numpy, cpu or cuda.")]
Image = Annotated[str | None, typer.Option("--image", metavar="FILE.png|.svg", help="The picture.")]
Json = Annotated[bool, typer.Option("--json", help="The result as JSON on stdout.")]
OneOptimizer = Annotated[
    list[str] | None,
    typer.Option(
        "--optimizer",
        metavar="NAME[,hyper=value...][,schedule=NAME:param=value:...]",
        help="Just one; it also takes weight_decay=, clip= and noise=.",
    ),
]


def given_options(
    *, steps: int | None, tolerance: float | None, target: float | None, seed: int | None, dtype: str | None,
    backend: str | None, batch: str | None = None,
) -> dict[str, Any]:  # fmt: skip
    """Those that were given, by the spec's names; UsageError where a word is not possible."""
    for name, value, allowed in (
        ("--dtype", dtype, ("float64", "float32")),
        ("--backend", backend, ("auto", "numpy", "cpu", "cuda")),
    ):
        if value is not None and value not in allowed:
            raise UsageError(f"{value!r} is not possible", where=name, hint=f"Use {' or '.join(allowed)}")
    options: dict[str, Any] = {
        "steps": steps, "tolerance": tolerance, "target": target, "seed": seed, "dtype": dtype, "backend": backend,
    }  # fmt: skip
    if batch is not None:
        if batch != "full" and not batch.strip().isdecimal():
            raise UsageError(f"{batch!r} is not possible", where="--batch", hint="Use full, or a number of samples")
        options["batch"] = "full" if batch == "full" else int(batch)
    return {name: value for name, value in options.items() if value is not None}


def spec_of(
    *, function: str | None, formula: str | None, param: list[str] | None, variables: str | None,
    optimizers: list[str], rules: list[str], start: str | None, options: dict[str, Any], or_file: bool = False,
    learning: Learning | None = None,
) -> RunSpec:  # fmt: skip
    """The run that the options describe; UsageError where they say too little or too much.

    Args:
        optimizers: empty for the custom one where there is a rule, else for gd.
        or_file: whether the command would also take a file.
        learning: the options of a model on data, where the command has them.
    """
    if learning is not None and learning.dataset is not None:
        named = {"--function": function, "--formula": formula, "--param": param, "--vars": variables}
        also = next((name for name, value in named.items() if value), None)
        if also is not None:
            raise UsageError(f"--dataset and {also} both say what to minimise", hint="Use one of them")
        return training_spec_of(learning, optimizers, rules, {**options, **({} if start is None else {"start": start})})
    if learning is not None and names_policy(learning):
        if function or formula:
            raise UsageError("--task and a function both say what to climb down", hint="Use one of them")
        return policy_spec_of(learning, optimizers, rules, start, options)
    if learning is not None:
        refuse(learning, "a function")
    if function and formula:
        raise UsageError("--function and --formula both say what to minimise", hint="Use one of them")
    if function is None and formula is None:
        ways = ["--function NAME (see 'gdsim list functions')", "--formula TEXT"]
        ways += ["--dataset NAME", "--task NAME"] if learning is not None else []
        ways += ["a file"] if or_file else []
        hint = f"Use {', '.join(ways[:-1])} or {ways[-1]}"
        raise UsageError("nothing to minimise", hint=hint)
    from gdsim.session.make import parse_settings, spec_for

    for option, text in (("formula", formula), ("function", function)):
        if text is not None and not text.strip():
            raise UsageError(f"the {option} is empty", where=f"--{option}", hint="Write one, such as x^2 + y^2")
    return spec_for(
        function=function or "",
        formula=formula or "",
        parameters=parse_settings(",".join(param or ()), "--param"),
        variables=names(variables) if variables else None,
        racers=optimizers or (["custom"] if rules else ["gd"]),
        rules=rules,
        start=start,
        **options,
    )


def check_kept(dataset: str | None, csv: str | None) -> None:
    """UsageError where the file that is learnt from would be written over."""
    if dataset is None or csv is None:
        return
    if Path(csv).is_file() and Path(dataset).is_file() and Path(csv).samefile(dataset):
        raise UsageError(f"{csv!r} is what is learnt from", where="--csv", hint="Give another name")


def check_ending(option: str, path: str | None, endings: tuple[str, ...]) -> None:
    """UsageError where a file's name ends otherwise; said before anything is computed."""
    if path is not None and Path(path).suffix.lower() not in endings:
        raise UsageError(f"{path!r} does not end in {' or '.join(endings)}", where=option, hint="Change the name")
