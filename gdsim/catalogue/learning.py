"""Activations and losses of networks: the entries, and how `[activation.NAME]` and `[loss.NAME]` become them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from gdsim.catalogue.reader import Fields, param
from gdsim.errors import CatalogueError, SpecError
from gdsim.formula import did_you_mean, parse_formula
from gdsim.formula.tree import Name, walk
from gdsim.params import ParamSpec

Targets = Literal["number", "zero_one", "plus_minus", "one_hot"]
Task = Literal["number", "classes"]

TARGETS: tuple[Targets, ...] = ("number", "zero_one", "plus_minus", "one_hot")


@dataclass(frozen=True, slots=True)
class ActivationEntry:
    """An activation function f(z).

    Attributes:
        name: lower case with underscores; how the command line calls it.
        title: for people.
        formula: over z and the names of `params`.
        family: the group it is shown in.
        source: paper or well-known reference.
        teaches: one sentence on what it does to learning.
        range: the lowest and highest value at the parameters' defaults; infinite where there is no bound.
        smooth: whether it has a derivative everywhere.
        params: numbers that can be chosen.
    """

    name: str
    title: str
    formula: str
    family: str
    source: str
    teaches: str
    range: tuple[float, float]
    smooth: bool = True
    params: tuple[ParamSpec, ...] = ()

    def text(self, values: Mapping[str, float] | None = None) -> str:
        """The formula over z alone, with `values` (else the defaults) of the parameters written in.

        Raises:
            SpecError: a parameter it does not have, a value out of its bounds.
        """
        return _written(self.name, "activation", self.formula, ("z",), self.params, values)


@dataclass(frozen=True, slots=True)
class LossEntry:
    """A loss of one sample.

    Attributes:
        name, title, source, teaches: as of an activation.
        formula: over o (an output), y (its target) and the names of `params`, summed over the outputs; empty for the
            cross-entropy over all outputs.
        targets: how y is written: ``number``; classes as ``zero_one``, ``plus_minus`` (-1, 1) or ``one_hot``.
        prediction: over o: what a person reads; empty for the output itself (the softmax where `formula` is empty).
        smooth: whether it has a derivative everywhere.
        params: numbers that can be chosen.
        shown, latex: in place of an empty formula: plain text and LaTeX.
    """

    name: str
    title: str
    formula: str
    targets: Targets
    prediction: str
    source: str
    teaches: str
    smooth: bool = True
    params: tuple[ParamSpec, ...] = ()
    shown: str = ""
    latex: str = ""

    @property
    def task(self) -> Task:
        """What it is made for: predicting a number, or classes."""
        return "number" if self.targets == "number" else "classes"

    def text(self, values: Mapping[str, float] | None = None) -> str:
        """The formula over o and y alone, see `ActivationEntry.text`; empty for the cross-entropy over all outputs."""
        return _written(self.name, "loss", self.formula, ("o", "y"), self.params, values)

    def values(self, text: str) -> dict[str, float] | None:
        """The parameters with which `text()` makes this text; None where none do."""
        found = _read_back(self.formula, ("o", "y"), self.params, text)
        try:
            return found if found is not None and self.text(found) == text else None
        except SpecError:
            return None


def build_activation(name: str, table: Fields) -> ActivationEntry:
    """An ActivationEntry from the fields of `[activation.NAME]`."""
    low, high = _range(table)
    params = tuple(param(key, value, {}) for key, value in table.table("params").items())
    formula = table.text("formula")
    _check(formula, ("z",), params)
    return ActivationEntry(
        name=name,
        title=table.text("title", name.replace("_", " ")),
        formula=formula,
        family=table.text("family", "my own"),
        source=table.text("source", ""),
        teaches=table.text("teaches", ""),
        range=(low, high),
        smooth=not table.flag("kinked"),
        params=params,
    )


def build_loss(name: str, table: Fields) -> LossEntry:
    """A LossEntry from the fields of `[loss.NAME]`."""
    params = tuple(param(key, value, {}) for key, value in table.table("params").items())
    formula, prediction = table.text("formula", ""), table.text("prediction", "")
    targets = next((known for known in TARGETS if known == table.text("targets")), None)
    if targets is None:
        raise CatalogueError(f"unknown targets {table.text('targets')!r}", hint=f"Known are {', '.join(TARGETS)}")
    if formula:
        _check(formula, ("o", "y"), params)
    elif targets != "one_hot":
        raise CatalogueError("'formula' is missing", hint="Only the cross-entropy over one_hot targets has none")
    if prediction:
        _check(prediction, ("o",), ())
    return LossEntry(
        name=name,
        title=table.text("title", name.replace("_", " ")),
        formula=formula,
        targets=targets,
        prediction=prediction,
        source=table.text("source", ""),
        teaches=table.text("teaches", ""),
        smooth=not table.flag("kinked"),
        params=params,
        shown=table.text("shown", ""),
        latex=table.text("latex", ""),
    )


def _range(table: Fields) -> tuple[float, float]:
    numbers = table.point("range")
    if len(numbers) != 2 or not numbers[0] < numbers[1]:
        raise CatalogueError("'range' has to be two numbers, the lower one first")
    return numbers[0], numbers[1]


def _check(formula: str, variables: tuple[str, ...], params: tuple[ParamSpec, ...]) -> None:
    """FormulaError for what cannot be read, CatalogueError for a letter that stands for nothing."""
    parsed = parse_formula(formula, (*variables, *[spec.name for spec in params]))
    if parsed.parameters:
        raise CatalogueError(f"the letter {parsed.parameters[0]!r} of the formula is not declared in params")


def _written(
    name: str,
    kind: str,
    formula: str,
    variables: tuple[str, ...],
    params: tuple[ParamSpec, ...],
    values: Mapping[str, float] | None,
) -> str:
    """The formula with numbers in the places of the parameters' names."""
    numbers = {spec.name: spec.default for spec in params}
    declared = {spec.name: spec for spec in params}
    for key, value in (values or {}).items():
        if key not in declared:
            near = did_you_mean(key, declared)
            known = f"It has {', '.join(declared)}" if declared else "It has none"
            hint = f"Did you mean {near!r}?" if near else known
            raise SpecError(f"the {kind} has no parameter {key!r}", where=name, hint=hint)
        try:
            numbers[key] = declared[key].check(value)
        except SpecError as error:
            raise error.inside(name) from error
    if not numbers:
        return formula
    tree = parse_formula(formula, (*variables, *numbers)).tree
    places = [(node.place, node.name) for node, _ in walk(tree) if isinstance(node, Name) and node.name in numbers]
    for (start, end), letter in sorted(places, reverse=True):
        formula = _put(formula[:start], _number(numbers[letter]), formula[end:])
    return formula


def _read_back(
    formula: str, variables: tuple[str, ...], params: tuple[ParamSpec, ...], text: str
) -> dict[str, float] | None:
    """The number in each parameter's place; one that is not there is 1, see `_put`."""
    names = {spec.name for spec in params}
    tree = parse_formula(formula, (*variables, *names)).tree if formula else None
    known = walk(tree) if tree is not None else ()
    places = sorted(node.place for node, _ in known if isinstance(node, Name) and node.name in names)
    pattern, end = "", 0
    for start, stop in places:
        piece, end = formula[end:start], stop
        pattern += re.escape(piece) if not piece.endswith("/") else f"{re.escape(piece[:-1])}/?"
        pattern += r"(\(?[-+0-9.e]+\)?)?"
        if formula[end:].startswith("*"):
            pattern, end = f"{pattern}\\*?", end + 1
    match = re.fullmatch(pattern + re.escape(formula[end:]), text)
    if match is None:
        return None
    found: dict[str, float] = {}
    for (start, stop), number in zip(places, match.groups(), strict=True):
        try:
            value = float(number.strip("()")) if number else 1.0
        except ValueError:
            return None
        if found.setdefault(formula[start:stop], value) != value:
            return None
    return found


def _put(before: str, number: str, after: str) -> str:
    """The three together; a factor or divisor of 1 is left out."""
    if number == "1" and before.endswith("/") and not after.startswith("^"):
        return before[:-1] + after
    if number == "1" and after.startswith("*") and not before.endswith(("/", "^")):
        return before + after[1:]
    return before + number + after


def _number(value: object) -> str:
    """The shortest text that reads back as the same number, in brackets where it is negative."""
    text = repr(value).removesuffix(".0")
    return f"({text})" if text.startswith("-") else text
