"""Activations, losses and initialisations from what a person writes: a name of the catalogue, or a formula.

``tanh``, ``leaky_relu,alpha=0.2`` (or ``leaky_relu:alpha=0.2``), ``max(z, 0.1 z)``; ``huber,delta=2``, ``(o - y)^4``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from gdsim import catalogue
from gdsim.catalogue.names import unknown
from gdsim.errors import CatalogueError, FormulaError, GdsimError, SpecError
from gdsim.formula import function_help, parse_number
from gdsim.objectives.network import curves
from gdsim.objectives.network.design import Activation, Kind, Loss, Targets

CUSTOM = "custom"
"""The name of what was typed."""

_NAMED = re.compile(r"\s*(?P<name>[A-Za-z]\w+)\s*(?P<settings>(?:[,:].*)?)", re.DOTALL)


def choose_activation(text: str) -> Activation:
    """The activation that `text` means.

    Raises:
        CatalogueError: a name that does not exist. SpecError: a parameter that it does not have, or out of its bounds.
        FormulaError: a formula that cannot be read, or that is none of z alone.
    """
    named = _named(text, "activation", catalogue.activations(), "z")
    if named is None:
        return Activation(CUSTOM, curves.activation_text(text))
    name, values = named
    return Activation(name, catalogue.activation(name).text(values))


def choose_loss(text: str, classes: int = 0, targets: Targets | None = None, prediction: str | None = None) -> Loss:
    """The loss that `text` means for data with so many classes, 0 for a number that is to be predicted.

    A loss made for numbers compares two classes as -1 and 1, more as one output for each; one of zeros and ones serves
    more than two classes in the same way.

    Args:
        targets: how classes are written; None: as the loss needs them (a typed one: 0 and 1, one_hot above two).
        prediction: over o; None: the catalogue's, for a typed one the output itself.

    Raises:
        CatalogueError, FormulaError: as `choose_activation`. SpecError: also a loss that does not suit the data.
    """
    named = _named(text, "loss", catalogue.losses(), "o - y")
    if named is None:
        loss = Loss(CUSTOM, curves.loss_text(text), "zero_one" if classes else "number")
    else:
        name, values = named
        entry = catalogue.loss(name)
        loss = Loss(name, entry.text(values), entry.targets, entry.prediction)
    if prediction is not None:
        loss = loss.replace(prediction=curves.prediction_text(prediction) if prediction.strip() else "")
    return loss.replace(targets=_suited(loss, classes, targets))


def usual_loss(classes: int, kind: Kind = "mlp") -> Loss:
    """The loss that is taken where nothing else is chosen, for so many classes, 0 for a number."""
    name = "mse" if not classes else "binary_cross_entropy" if classes == 2 and kind != "softmax" else "cross_entropy"
    return choose_loss(name, classes)


def usual_output(loss: Loss) -> Activation:
    """The outputs' activation that goes with a loss: tanh where one made for numbers compares classes as -1 and 1, so
    that no output is wrong for being too right; none elsewhere."""
    entry = catalogue.losses().get(loss.name)
    for_numbers = entry.targets == "number" if entry is not None else not loss.prediction
    squashed = loss.targets == "plus_minus" and for_numbers
    return choose_activation("tanh" if squashed else "identity")


def _suited(loss: Loss, classes: int, wanted: Targets | None) -> Targets:
    """How the targets are written; SpecError where the loss cannot compare them."""
    own = loss.targets
    if not classes:
        if own != "number" or wanted not in (None, "number"):
            raise SpecError(
                f"{loss.name} compares classes, but the target is a number", where="loss",
                hint="Choose mse, mae, huber or log_cosh",
            )  # fmt: skip
        return "number"
    if curves.is_categorical(loss):
        suited: Targets = "one_hot"
    elif own == "number" and loss.prediction:
        raise SpecError(
            f"{loss.name} predicts a number, but the target is a class", where="loss",
            hint=f"Choose {'binary_cross_entropy' if classes == 2 else 'cross_entropy'}",
        )  # fmt: skip
    elif classes == 2:
        suited = "plus_minus" if own == "number" else own
    elif own == "plus_minus":
        raise SpecError(
            f"{loss.name} tells two classes apart, and there are {classes}", where="loss", hint="Choose cross_entropy"
        )
    else:
        suited = "one_hot"
    if wanted is None or wanted == suited:
        return suited
    possible: tuple[Targets, ...] = ("zero_one", "plus_minus", "one_hot") if classes == 2 else ("one_hot",)
    if loss.name != CUSTOM or wanted not in possible:
        raise SpecError(f"{loss.name} cannot compare targets written as {wanted}", where="loss", hint=f"Use {suited}")
    return wanted


def _named(text: str, kind: str, known: Iterable[str], argument: str) -> tuple[str, dict[str, float]] | None:
    """The known name and the settings of ``name,key=value``; None for a formula, which a single letter is, too."""
    match = _NAMED.fullmatch(text)
    if match is None:
        return None
    name = match["name"].lower()
    if name not in known:
        if not match["settings"] and _reads(text, kind):
            return None
        raise _no_such(kind, name, known, argument)
    values: dict[str, float] = {}
    for part in re.split("[,:]", match["settings"])[1:]:
        key, sign, number = (piece.strip() for piece in part.partition("="))
        if not sign or not key:
            raise SpecError(f"{part.strip()!r} is not a setting", where=name, hint="Write name=value, such as a=2")
        if key in values:
            raise SpecError(f"{key!r} is given twice", where=name)
        try:
            values[key] = parse_number(number)
        except FormulaError as error:
            raise SpecError(f"{number!r} is not a number: {error.what}", where=f"{name}, {key}") from error
    return name, values


def _reads(text: str, kind: str) -> bool:
    """Whether a lone word is a formula, as `xsinx` is."""
    try:
        (curves.activation_text if kind == "activation" else curves.loss_text)(text)
    except FormulaError:
        return False
    return True


def _no_such(kind: str, name: str, known: Iterable[str], argument: str) -> GdsimError:
    plural = "losses" if kind == "loss" else f"{kind}s"
    if any(entry.name == name for entry in function_help()):
        return CatalogueError(
            f"there is no {kind} {name!r}", where=kind, hint=f"As a formula, write {name}({argument})"
        )
    return unknown(kind, name, known, f"See `gdsim list {plural}`, or write a formula", where=kind)
