"""A training run as text to paste: data, model and settings in the words of the command line, or of `gdsim.train`."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from typing import Any

from gdsim import catalogue
from gdsim.errors import ExportError, GdsimError
from gdsim.objectives.data.design import CSV, Data
from gdsim.objectives.network.design import Activation, Loss, Model
from gdsim.session.make_training import training_spec
from gdsim.session.spec import RunSpec

_MOST_START = 32  # weights that are written out

Words = dict[str, Any]


def training_command(spec: RunSpec, racers: Sequence[str]) -> str:
    """``gdsim run --dataset ...`` for a POSIX shell; ExportError when words cannot say the run."""
    words = training_words(spec, racers)
    parts = ["gdsim", "run"]
    for name, value in words.items():
        option = f"--{name.replace('_', '-')}"
        if name in ("racers", "rules"):
            for each in value:
                parts += ["--optimizer" if name == "racers" else "--rule", each]
        elif name == "standardise":
            parts.append("--standardise" if value else "--no-standardise")
        elif value is True:
            parts.append(option)
        else:
            parts += [option, _text(value)]
    return shlex.join(parts)


def training_call(spec: RunSpec, racers: Sequence[str]) -> str:
    """``gdsim.train(...)`` with its import; ExportError when words cannot say the run."""
    words = training_words(spec, racers)
    rules = words.pop("rules", ())
    if len(set(rules)) > 1:
        raise _unsayable("it has several rules of its own")
    words["optimizers"] = list(words.pop("racers"))
    if rules:
        words["rule"] = rules[0]
    lines = [f"    {words.pop('dataset')!r},", f"    {words.pop('model')!r},"]
    lines += [f"    {name}={value!r}," for name, value in words.items()]
    body = "\n".join(lines)
    return f"import gdsim\n\nresult = gdsim.train(\n{body}\n)\n"


def training_words(spec: RunSpec, racers: Sequence[str]) -> Words:
    """The arguments of `make_training.training_spec` that make the run, checked by making it from them.

    Args:
        racers: the racers' texts.

    Raises:
        ExportError: words cannot say it: points of one's own, layers that differ, a start of many weights.
    """
    learn = spec.problem.learn
    if learn is None:
        raise _unsayable("it trains nothing")
    words = {**_data(learn.data, learn.model), **_model(learn.model), "racers": list(racers)}
    rules = [racer.rule for racer in spec.racers if racer.name == "custom"]
    words |= {"rules": rules} if rules else {}
    words |= {"steps": spec.steps, "batch": spec.batch}
    usual = {"patience": 0, "tolerance": 0.0, "target": None, "seed": 0, "dtype": "float64", "backend": "auto"}
    words |= {name: getattr(spec, name) for name, value in usual.items() if getattr(spec, name) != value}
    if spec.start:
        if len(spec.start) > _MOST_START:
            raise _unsayable(f"it begins with {len(spec.start):,} weights of its own")
        words["start"] = ",".join(map(repr, spec.start))
    if not _same(words, spec):
        raise _unsayable("it has settings that words cannot give")
    return words


def _data(data: Data, model: Model) -> Words:
    if data.rows or data.removed or data.text:
        raise _unsayable("its data lie in the document")
    inputs = data.inputs[:: model.degree] if model.kind == "poly" else data.inputs
    mark = "; " if any("," in each for each in inputs) else ", "
    words: Words = {"dataset": data.path if data.name == CSV else data.name, "inputs": mark.join(inputs)}
    entry = catalogue.datasets().get(data.name)
    if entry is None or (data.target, data.classes) != (entry.target, entry.classes):
        words |= {"column": data.target, "predict_as": "classes" if data.classes else "number"}
    words |= {"share": data.share, "standardise": data.standardise}
    if entry is not None and entry.generator:
        words |= {"noise": data.noise}
    if data.size:
        words |= {"size": data.size}
    return {**words, "data_seed": data.seed} if data.seed else words


def _model(model: Model) -> Words:
    shape: str = model.kind
    if model.kind == "poly":
        shape = f"poly:{model.degree}"
    words: Words = {}
    if model.layers:
        shape = f"mlp:{','.join(str(layer.size) for layer in model.layers)}"
        kinds = {(layer.norm, layer.residual, layer.dropout) for layer in model.layers}
        if len(kinds) > 1:
            raise _unsayable("its layers differ in more than size and activation")
        ((norm, residual, dropout),) = kinds
        used = [_curve(layer.activation) for layer in model.layers]
        words["activation"] = used[0] if len(set(used)) == 1 else "; ".join(used)
        words |= {"norm": norm} if norm != "none" else {}
        words |= {"residual": True} if residual else {}
        words |= {"dropout": dropout} if dropout else {}
    words |= {"loss": _loss(model.loss), "output": _curve(model.output)}
    init = model.init
    words["init"] = init.name if init.scale == 1.0 else f"{init.name}:scale={init.scale!r}"
    words |= {"init_seed": init.seed} if init.seed else {}
    words |= {name: getattr(model, name) for name in ("l1", "l2") if getattr(model, name)}
    return {"model": shape, **words}


def _curve(activation: Activation) -> str:
    entry = catalogue.activations().get(activation.name)
    return activation.name if entry is not None and entry.text() == activation.formula else activation.formula


def _loss(loss: Loss) -> str:
    entry = catalogue.losses().get(loss.name)
    return loss.name if entry is not None and entry.text() == loss.formula else loss.formula


def _same(words: Words, spec: RunSpec) -> bool:
    try:
        read = training_spec(**words)
    except GdsimError:
        return False
    return _numbers(read) == _numbers(spec)


def _numbers(spec: RunSpec) -> RunSpec:
    """The spec without what changes no number of the run."""
    learn = spec.problem.learn
    assert learn is not None
    model = learn.model
    layers = tuple(layer.replace(activation=layer.activation.replace(name="")) for layer in model.layers)
    bare = model.replace(layers=layers, output=model.output.replace(name=""), loss=model.loss.replace(name=""))
    bare_learn = learn.replace(model=bare, data=learn.data.replace(title=""))
    problem = spec.problem.replace(name="", title="", domain=(), learn=bare_learn)
    return spec.replace(problem=problem, racers=tuple(racer.replace(label="", visible=True) for racer in spec.racers))


def _text(value: Any) -> str:
    return value if isinstance(value, str) else repr(value)


def _unsayable(why: str) -> ExportError:
    return ExportError(
        f"this run cannot be written as a command: {why}", hint="Save it and use 'gdsim run FILE.gdsim' instead"
    )
