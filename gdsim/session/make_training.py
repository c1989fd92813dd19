"""A training run from names and texts: the data, the model, who races and for how long; every default written out."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from operator import index
from pathlib import Path
from typing import Literal

from gdsim.errors import SpecError
from gdsim.objectives.data.design import Data
from gdsim.objectives.data.make import samples_of
from gdsim.objectives.data.samples import steps_per_epoch
from gdsim.objectives.network.architecture import Architecture
from gdsim.objectives.network.design import Model, Norm
from gdsim.session.learning import architecture_of
from gdsim.session.make import parse_start
from gdsim.session.make_data import Task, data_for
from gdsim.session.make_learning import DEFAULT_STEPS, learning_problem, learning_spec, make_model
from gdsim.session.spec import BackendName, Dtype, RunSpec
from gdsim.session.weights import MAX_START, read_weights

DEFAULT_BATCH = 10
DEFAULT_RACER = "adam,lr=0.01"
NORMS: tuple[Norm, ...] = ("none", "batch", "layer")


def usual_model(classes: int) -> str:
    """The simplest model for so many classes, 0 for a number."""
    return "linear" if not classes else "logistic" if classes == 2 else "softmax"


def training_spec(
    dataset: str | Path | Data,
    model: str | Model = "",
    *,
    inputs: str | Sequence[str] | None = None,
    column: str = "",
    predict_as: Task | None = None,
    share: float | None = None,
    standardise: bool | None = None,
    noise: float | None = None,
    size: int | None = None,
    data_seed: int | None = None,
    activation: str = "tanh",
    loss: str = "",
    output: str = "",
    norm: Norm = "none",
    residual: bool = False,
    dropout: float = 0.0,
    init: str = "xavier",
    init_seed: int = 0,
    l1: float = 0.0,
    l2: float = 0.0,
    racers: Sequence[str] = (DEFAULT_RACER,),
    rules: Sequence[str] = (),
    start: str | Sequence[float] | None = None,
    weights: str | Path | None = None,
    steps: int | None = None,
    epochs: float | None = None,
    batch: int | Literal["full"] | None = None,
    patience: int = 0,
    tolerance: float = 0.0,
    target: float | None = None,
    seed: int = 0,
    dtype: Dtype = "float64",
    backend: BackendName = "auto",
) -> RunSpec:
    """A checked spec.

    Args:
        dataset, inputs, column, predict_as, share, standardise, noise, size, data_seed: see `make_data.data_for`.
        model: its shape, ``linear``, ``logistic``, ``softmax``, ``poly:3``, ``mlp:8,8``; by default the simplest one
            that suits the target. activation ... l2: see `make_learning.make_model`.
        racers, rules: see `make.spec_for`.
        start: all weights in their order, or their text. weights: a `.npz` to begin from, see `weights.read_weights`.
        steps, epochs: how long, one of the two; an epoch goes once through all training samples.
        batch: by default 10 samples, or all where there are fewer.
        patience: epochs without a better test loss after which a racer stops; 0: never.

    Raises:
        GdsimError: what is wrong, where, what to do.
    """
    said = {"inputs": inputs, "column": column or None, "predict_as": predict_as, "share": share,
            "standardise": standardise, "noise": noise, "size": size, "data_seed": data_seed}  # fmt: skip
    if isinstance(dataset, Data):
        _refuse_beside(said)
        data = dataset
    else:
        data = data_for(_name_of(dataset), inputs=inputs, column=column, predict_as=predict_as, share=share,
                        standardise=standardise, noise=noise, size=size, seed=data_seed)  # fmt: skip
    if isinstance(model, str):
        if norm not in NORMS:
            raise SpecError(f"there is no normalisation {norm!r}", where="norm", hint="Use none, batch or layer")
        model = make_model(
            model.strip() or usual_model(len(data.classes)), len(data.classes), activation=activation, loss=loss,
            output=output, norm=norm, residual=residual, dropout=dropout, init=init, seed=init_seed, l1=l1, l2=l2,
        )  # fmt: skip
    learn = learning_problem(data, model).learn
    assert learn is not None
    began = _start(start, weights, architecture_of(learn))
    count = samples_of(learn.data).count
    drawn = _batch(batch, count)
    return learning_spec(
        data, model, racers=racers, rules=rules, start=began, steps=_steps(steps, epochs, drawn, count),
        tolerance=tolerance, target=target, batch=drawn, patience=patience, seed=seed, dtype=dtype, backend=backend,
    )  # fmt: skip


def trained_on(
    spec: RunSpec,
    *,
    epochs: float | None = None,
    patience: int | None = None,
    init_weights: str | Path | None = None,
    steps: int | None = None,
    batch: int | Literal["full"] | None = None,
) -> RunSpec:
    """A saved training run for other epochs, another patience, from other weights; SpecError if it is a function's."""
    learn = spec.problem.learn
    if learn is None:
        raise SpecError("this run has no data to learn from", where="file", hint="Leave out what is said of learning")
    if epochs is not None:
        drawn = spec.batch if batch is None else batch
        spec = spec.replace(steps=_steps(steps, epochs, drawn, samples_of(learn.data).count))
    if patience is not None:
        spec = spec.replace(patience=patience)
    if init_weights is not None:
        spec = spec.replace(start=_start(None, init_weights, architecture_of(learn)))
    return spec


def _name_of(dataset: object) -> str:
    if not isinstance(dataset, str | Path):
        what = f"{type(dataset).__name__} is no dataset"
        raise SpecError(what, where="dataset", hint="Name a set or a CSV file; arrays are given as (x, y)")
    return str(dataset)


def _refuse_beside(said: Mapping[str, object]) -> None:
    """SpecError for what would choose among data that are written out already."""
    given = [name for name, value in said.items() if value is not None]
    if given:
        what = f"{' and '.join(given)} beside data that say it themselves"
        raise SpecError(what, where=given[0], hint="Leave it out, or change the data: data.replace(...)")


def _start(
    start: str | Sequence[float] | None, weights: str | Path | None, net: Architecture
) -> tuple[float, ...]:
    """Theta at step 0; empty where the initialisation says it."""
    if start is not None and weights is not None:
        raise SpecError("a start and weights are both given", where="weights", hint="Give one of them")
    if start is not None:
        return parse_start(start, net.size) if isinstance(start, str) else tuple(float(value) for value in start)
    if weights is None:
        return ()
    if net.size > MAX_START:
        what = f"{net.size:,} weights are too many to begin from a file"
        raise SpecError(what, where="weights", hint=f"At most {MAX_START:,} can")
    return tuple(read_weights(weights, net).tolist())


def _batch(batch: int | Literal["full"] | None, count: int) -> int | Literal["full"]:
    if batch is None:
        return DEFAULT_BATCH if count > DEFAULT_BATCH else "full"
    if batch == "full":
        return "full"
    try:
        batch = index(batch)
    except TypeError as error:
        what = f"a batch of {batch!r}"
        raise SpecError(what, where="batch", hint="Use a whole number of samples, or full") from error
    if batch < 1:
        raise SpecError(f"a batch of {batch}", where="batch", hint="Use 1 sample or more, or full")
    if batch > count:
        raise SpecError(
            f"a batch of {batch:,} samples, but {count:,} are trained on", where="batch",
            hint=f"Use full, or at most {count:,}",
        )  # fmt: skip
    return batch


def _steps(steps: int | None, epochs: float | None, batch: int | Literal["full"], count: int) -> int:
    if epochs is None:
        return DEFAULT_STEPS if steps is None else steps
    if steps is not None:
        raise SpecError("steps and epochs are both given", where="epochs", hint="Give one of them")
    if not (isinstance(epochs, int | float) and math.isfinite(epochs) and epochs > 0):
        raise SpecError(f"{epochs!r} epochs make no run", where="epochs", hint="Use at least 1")
    return max(1, round(epochs * steps_per_epoch(count, batch)))
