"""Models on data from names and texts, every default written out: ``mlp:8,8``, ``tanh``, ``huber,delta=2``."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from gdsim.errors import SpecError
from gdsim.formula import did_you_mean
from gdsim.objectives.data.design import Data
from gdsim.objectives.data.inputs import symbols
from gdsim.objectives.data.tables import table_of
from gdsim.objectives.network.chosen import choose_activation, choose_loss, usual_loss, usual_output
from gdsim.objectives.network.design import Initialisation, Kind, Layer, Model, Norm
from gdsim.objectives.network.initial import INITIALISATIONS
from gdsim.session.learning import problem_of
from gdsim.session.make import spec_racers
from gdsim.session.spec import BackendName, Dtype, Problem, RunSpec

KINDS: tuple[Kind, ...] = ("linear", "poly", "logistic", "softmax", "mlp")
DEFAULT_STEPS = 1000
_MODEL = re.compile(r"\s*([a-z]+)\s*(?::\s*(.*?))?\s*", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Shape:
    """A model as the command line says it: ``linear``, ``poly:3``, ``mlp:8,8``."""

    kind: Kind
    degree: int = 1
    sizes: tuple[int, ...] = ()


def parse_model(text: str) -> Shape:
    """The shape in a text.

    Raises:
        SpecError: no such kind of model, a degree or a size that is no whole number.
    """
    found = _MODEL.fullmatch(text)
    kind = next((each for each in KINDS if found is not None and each == found[1]), None)
    if found is None or kind is None:
        near = did_you_mean(text.partition(":")[0].strip(), KINDS)
        hint = f"Did you mean {near!r}?" if near else "Use linear, poly:N, logistic, softmax or mlp:8,8"
        raise SpecError(f"there is no model {text!r}", where="model", hint=hint)
    rest = found[2]
    if kind == "poly":
        degrees = _whole(rest or "2", "poly:3")
        if len(degrees) != 1 or not 1 <= degrees[0] <= 30:
            raise SpecError(f"{rest!r} is no degree", where="model", hint="Write poly:N with N from 1 to 30")
        return Shape(kind, degrees[0])
    if kind == "mlp":
        return Shape(kind, sizes=_whole(rest or "8,8", "mlp:8,8"))
    if rest:
        raise SpecError(f"{kind} has no hidden layers", where="model", hint=f"Write {kind}, or mlp:{rest}")
    return Shape(kind)


def _whole(text: str, example: str) -> tuple[int, ...]:
    parts = [part.strip() for part in text.split(",")]
    if not all(part.isdigit() and int(part) > 0 for part in parts):
        raise SpecError(f"{text!r} is no list of whole numbers", where="model", hint=f"Write it as in {example}")
    return tuple(int(part) for part in parts)


def parse_initialisation(text: str, seed: int = 0) -> Initialisation:
    """``he`` or ``he:scale=0.5``; SpecError where there is none of this name."""
    name, _, rest = text.partition(":")
    scale = 1.0
    if rest:
        key, sign, value = rest.partition("=")
        try:
            scale = float(value)
        except ValueError:
            sign = ""
        if key.strip() != "scale" or not sign:
            raise SpecError(f"{rest!r} is not a setting", where="init", hint="Write it as in he:scale=0.5")
    name = name.strip()
    if name not in INITIALISATIONS:
        near = did_you_mean(name, INITIALISATIONS)
        hint = f"Did you mean {near!r}?" if near else "Use " + ", ".join(INITIALISATIONS)
        raise SpecError(f"there is no initialisation {name!r}", where="init", hint=hint)
    return Initialisation(name, scale, seed)


def powers_of(inputs: Sequence[str], degree: int, symbols: Mapping[str, str] | None = None) -> tuple[str, ...]:
    """The inputs of a polynomial: x, x^2, ..., x^degree of each; `symbols`: what formulas call columns, by name."""
    found: list[str] = []
    for name in inputs:
        symbol = (symbols or {}).get(name, name)
        base = symbol if symbol.isidentifier() else f"({symbol})"
        found += [name if power == 1 else f"{base}^{power}" for power in range(1, degree + 1)]
    return tuple(found)


def make_model(
    text: str,
    classes: int,
    *,
    activation: str = "tanh",
    loss: str = "",
    output: str = "",
    norm: Norm = "none",
    residual: bool = False,
    dropout: float = 0.0,
    init: str = "xavier",
    seed: int = 0,
    l1: float = 0.0,
    l2: float = 0.0,
) -> Model:
    """A model for data with so many classes, 0 for a number.

    Args:
        text: its shape, see `parse_model`.
        activation: of the hidden layers, one for all or one for each, parted by ``;``.
        loss: by default mse for a number, binary_cross_entropy for two classes, cross_entropy for more.
        output: activation of the outputs; by default the identity, but tanh where classes are compared as -1 and 1 by
            a loss made for numbers.

    Raises:
        GdsimError: a name that does not exist, a formula that cannot be read, a loss that does not suit the data.
    """
    shape = parse_model(text)
    if shape.kind in ("logistic", "softmax") and not classes:
        raise SpecError(
            f"{shape.kind} regression tells classes apart, and the target is a number", where="model",
            hint="Choose linear, poly:N or mlp, or predict it as classes",
        )  # fmt: skip
    if shape.kind == "logistic" and classes > 2:
        raise SpecError(f"logistic regression tells two classes apart, not {classes}", where="model", hint="softmax")
    chosen = choose_loss(loss, classes) if loss else usual_loss(classes, shape.kind)
    texts = [part.strip() for part in activation.split(";")]
    if len(texts) not in (1, len(shape.sizes)):
        raise SpecError(
            f"{len(texts)} activations for {len(shape.sizes)} hidden layers", where="activation",
            hint="Give one for all, or one each",
        )  # fmt: skip
    made = [choose_activation(part) for part in texts]
    layers = tuple(
        Layer(size, made[min(k, len(made) - 1)], norm, residual, dropout) for k, size in enumerate(shape.sizes)
    )
    return Model(
        kind=shape.kind,
        degree=shape.degree,
        layers=layers,
        output=choose_activation(output) if output else usual_output(chosen),
        loss=chosen,
        init=parse_initialisation(init, seed),
        l1=l1,
        l2=l2,
    )


def learning_problem(data: Data, model: Model) -> Problem:
    """The problem of a model on data that is written out; a polynomial's inputs become powers."""
    if model.kind == "poly" and model.degree > 1:
        names = table_of(data).names
        data = data.replace(inputs=powers_of(data.inputs, model.degree, dict(zip(names, symbols(names), strict=True))))
    return problem_of(data, model)


def learning_spec(
    data: Data,
    model: Model,
    *,
    racers: Sequence[str] = ("adam,lr=0.01",),
    rules: Sequence[str] = (),
    start: tuple[float, ...] = (),
    steps: int = DEFAULT_STEPS,
    tolerance: float = 0.0,
    target: float | None = None,
    batch: int | str = 10,
    patience: int = 0,
    seed: int = 0,
    dtype: Dtype = "float64",
    backend: BackendName = "auto",
) -> RunSpec:
    """A checked spec of a training run; GdsimError says what is wrong, where, what to do."""
    spec = RunSpec(
        problem=learning_problem(data, model),
        racers=spec_racers(racers, rules),
        start=start,
        steps=steps,
        tolerance=tolerance,
        target=target,
        batch="full" if batch == "full" else int(batch),
        patience=patience,
        seed=seed,
        dtype=dtype,
        backend=backend,
    )
    spec.check()
    return spec
