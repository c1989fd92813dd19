"""The options that say what is learnt from and by which model, or which task by a policy: for a run and for a sweep."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gdsim.errors import UsageError

if TYPE_CHECKING:
    from gdsim.session.spec import RunSpec

_PANEL = "A model on data"


def _option(*names: str, help: str, metavar: str | None = None) -> Any:
    return typer.Option(*names, help=help, metavar=metavar, rich_help_panel=_PANEL)


@dataclass(frozen=True, slots=True)
class Learning:
    """What was given of it; None: nothing."""

    dataset: Annotated[
        str | None,
        _option("--dataset", metavar="NAME[,noise=...]|FILE.csv", help="A set (gdsim list datasets), or a file."),
    ] = None
    model: Annotated[
        str | None,
        _option("--model", metavar="linear|logistic|softmax|poly:N|mlp:8,8", help="The simplest that suits."),
    ] = None
    activation: Annotated[
        str | None, _option("--activation", metavar="NAME|FORMULA", help="Of hidden layers; one each with ;.")
    ] = None
    loss: Annotated[str | None, _option("--loss", metavar="NAME|FORMULA", help="Of a sample, over o and y.")] = None
    output: Annotated[
        str | None, _option("--output", metavar="NAME|FORMULA", help="Activation of the outputs.")
    ] = None
    inputs: Annotated[
        str | None,
        _option("--inputs", metavar="x,y,x^2,sin(x)", help="What the model sees; texts are a 0 or 1 for each."),
    ] = None
    column: Annotated[str | None, _option("--column", "--predict", metavar="NAME", help="What is predicted.")] = None
    predict_as: Annotated[
        str | None,
        _option("--predict-as", metavar="number|classes", help="How it is predicted, where it could be both."),
    ] = None
    share: Annotated[float | None, _option("--share", help="Of the samples, to train on; the rest tests.")] = None
    standardise: Annotated[
        bool | None,
        _option("--standardise/--no-standardise", help="Inputs to mean 0 and deviation 1."),
    ] = None
    noise: Annotated[float | None, _option("--noise", help="Of a generated set.")] = None
    size: Annotated[int | None, _option("--size", help="How many samples.")] = None
    data_seed: Annotated[int | None, _option("--data-seed", help="Of the samples and of their split.")] = None
    init: Annotated[
        str | None, _option("--init", metavar="NAME[:scale=...]", help="How weights begin: xavier, he, zeros, ...")
    ] = None
    init_seed: Annotated[int | None, _option("--init-seed", help="Of the weights.")] = None
    init_weights: Annotated[
        str | None, _option("--init-weights", metavar="FILE.npz[:RACER]", help="Weights to begin from.")
    ] = None
    norm: Annotated[
        str | None, _option("--norm", metavar="none|batch|layer", help="Normalisation in the hidden layers.")
    ] = None
    residual: Annotated[bool, _option("--residual", help="Layers of equal size add what comes in.")] = False
    dropout: Annotated[float | None, _option("--dropout", help="Share of hidden units dropped while training.")] = None
    l1: Annotated[float | None, _option("--l1", help="Added to the loss: l1 sum|w|.")] = None
    l2: Annotated[float | None, _option("--l2", help="Added to the loss: l2/2 sum w^2.")] = None
    epochs: Annotated[
        float | None, _option("--epochs", help="How long, instead of --steps: once through all training samples each.")
    ] = None
    patience: Annotated[
        int | None, _option("--patience", metavar="EPOCHS", help="Stop when the test loss has not fallen for so long.")
    ] = None

    task: Annotated[
        str | None,
        typer.Option(
            "--task", metavar="NAME[,baseline=...][,episodes=...]", rich_help_panel="A policy",
            help="What it is to do (gdsim list tasks).",
        ),
    ] = None

    @property
    def given(self) -> dict[str, Any]:
        """What was said, by the names of the options."""
        found = {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}
        return {name: value for name, value in found.items() if value is not None and (name != "residual" or value)}


def training_spec_of(learning: Learning, racers: list[str], rules: list[str], options: dict[str, Any]) -> RunSpec:
    """The training run that the options describe; GdsimError where something is wrong."""
    from gdsim.session.make_training import DEFAULT_RACER, training_spec

    given = learning.given
    dataset = given.pop("dataset")
    task = given.pop("task", None)
    if task is not None:
        kinds = ("number", "classes")
        hint = f"Say --predict-as {task}" if task in kinds else "Leave one of them out"
        raise UsageError("--dataset and --task, which is a policy's, both say what is learnt", hint=hint)
    if learning.predict_as not in (None, "number", "classes"):
        raise UsageError(f"{learning.predict_as!r} is not possible", where="--predict-as", hint="Use number or classes")
    if not dataset.strip():
        hint = "Name a set (see 'gdsim list datasets') or a CSV file"
        raise UsageError("the dataset is empty", where="--dataset", hint=hint)
    weights = given.pop("init_weights", None)
    spec = training_spec(
        dataset, given.pop("model", ""), racers=racers or (["custom"] if rules else [DEFAULT_RACER]), rules=rules,
        weights=weights, **given, **options,
    )  # fmt: skip
    hidden = [f"--{name}" for name in ("activation", "norm", "residual", "dropout") if name in given]
    if hidden and spec.problem.learn is not None and not spec.problem.learn.model.layers:
        what = f"{spec.problem.learn.model.kind} has no hidden layers"
        raise UsageError(what, where=hidden[0], hint="Leave it out, or choose a network: --model mlp:8,8")
    return spec


def refuse(learning: Learning, what: str) -> None:
    """UsageError where options of learning stand beside what has no data."""
    given = [f"--{name.replace('_', '-')}" for name in learning.given if name != "dataset"]
    if given:
        verb = "belongs" if len(given) == 1 else "belong"
        hint = f"Name a dataset, or leave it out for {what}"
        raise UsageError(f"{' and '.join(given)} {verb} to --dataset", hint=hint)
