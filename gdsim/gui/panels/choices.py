"""What can be chosen from the catalogue, as plain rows for a list. No Qt."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from gdsim import catalogue
from gdsim.catalogue import FunctionEntry, OptimizerEntry
from gdsim.errors import GdsimError
from gdsim.formula import parse_formula, parse_rule
from gdsim.gui.panels.reading import Line, stage_lines
from gdsim.objectives.policy import tasks

TYPED = "custom"
TASK = "task:"


@dataclass(frozen=True, slots=True)
class Choice:
    """One row: its name, what is written, the heading it stands under, one sentence on it, more words to search.

    `reason` says why it cannot be had now; empty where it can.
    """

    name: str
    title: str
    family: str
    words: str
    more: str = ""
    reason: str = ""


def function_choices(entries: Iterable[FunctionEntry] | None = None) -> tuple[Choice, ...]:
    """Every function, in the catalogue's order; a person's own come first."""
    return _personal_first(catalogue.functions().values() if entries is None else entries)


def optimizer_choices(entries: Iterable[OptimizerEntry] | None = None) -> tuple[Choice, ...]:
    """Every optimizer, in the catalogue's order; a person's own come first."""
    return _personal_first(catalogue.optimizers().values() if entries is None else entries)


def _personal_first(entries: Iterable[FunctionEntry | OptimizerEntry]) -> tuple[Choice, ...]:
    return tuple(
        Choice(entry.name, entry.title, "yours" if entry.personal else entry.family, entry.teaches,
               f"{entry.name} {entry.source}")
        for entry in sorted(entries, key=lambda entry: not entry.personal)
    )  # fmt: skip


def dataset_choices() -> tuple[Choice, ...]:
    """Every data set, in the catalogue's order."""
    return tuple(
        Choice(entry.name, entry.title, entry.family, entry.teaches, f"{entry.name} {entry.source} data set")
        for entry in catalogue.datasets().values()
    )


def task_choices() -> tuple[Choice, ...]:
    """Every task of a policy; their names begin with `TASK`, so that they differ from data sets."""
    return tuple(
        Choice(f"{TASK}{entry.name}", entry.title, "policy tasks", entry.teaches,
               f"{entry.name} {entry.source} reinforcement policy gradient")
        for entry in tasks().values()
    )  # fmt: skip


def activation_choices() -> tuple[Choice, ...]:
    """Every activation, in the catalogue's order."""
    return tuple(
        Choice(entry.name, entry.title, entry.family, entry.teaches, f"{entry.name} {entry.source}")
        for entry in catalogue.activations().values()
    )


def loss_choices(reasons: Mapping[str, str]) -> tuple[Choice, ...]:
    """Every loss, in the catalogue's order; `reasons` say by name why one cannot be had, "" where it can."""
    families = {"number": "for numbers", "classes": "for classes"}
    return tuple(
        Choice(entry.name, entry.title, families[entry.task], entry.teaches, f"{entry.name} {entry.source}",
               reasons.get(entry.name, ""))
        for entry in catalogue.losses().values()
    )  # fmt: skip


def matching(choices: Sequence[Choice], text: str) -> tuple[Choice, ...]:
    """The choices in which every word of `text` occurs; those whose name or title begins with it come first."""
    words = text.lower().replace("_", " ").split()
    if not words:
        return tuple(choices)
    found: list[tuple[int, int, Choice]] = []
    for place, choice in enumerate(choices):
        title = f"{choice.title} {choice.name}".lower().replace("_", " ")
        whole = f"{title} {choice.family} {choice.words} {choice.more}".lower()
        if not all(word in whole for word in words):
            continue
        first = words[0]
        begins = title.startswith(first) or choice.name.startswith(first)
        rank = 0 if begins else 1 if f" {first}" in title else 2 if first in title else 3
        found.append((rank, place, choice))
    return tuple(choice for _, _, choice in sorted(found, key=lambda item: item[:2]))


def grouped(choices: Sequence[Choice]) -> Mapping[str, list[Choice]]:
    """The choices by heading, headings in order of appearance."""
    groups: dict[str, list[Choice]] = {}
    for choice in choices:
        groups.setdefault(choice.family, []).append(choice)
    return groups


def preview_function(name: str) -> tuple[Line, ...]:
    """The typeset formula of a function."""
    entry = catalogue.function(name)
    try:
        formula = parse_formula(entry.formula)
        return (Line(formula.latex("f"), entry.formula),)
    except GdsimError:
        return (Line("", entry.formula),)


def preview_dataset(name: str) -> tuple[Line, ...]:
    """What the noiseless samples of a data set obey, where that is a formula; else its words."""
    entry = catalogue.dataset(name)
    if not entry.formula:
        return ()
    try:
        latex = parse_formula(entry.formula, ("x",)).latex(entry.target) if len(entry.columns) == 1 else ""
    except GdsimError:
        latex = ""
    return (Line(latex, entry.formula),)


def preview_activation(name: str) -> tuple[Line, ...]:
    """The typeset formula of an activation."""
    entry = catalogue.activation(name)
    return (Line(parse_formula(entry.text(), ("z",)).latex("f(z)"), entry.formula),)


def preview_loss(name: str) -> tuple[Line, ...]:
    """The typeset formula of a loss."""
    entry = catalogue.loss(name)
    if not entry.formula:
        return (Line(entry.latex, entry.shown),)
    return (Line(parse_formula(entry.text(), ("o", "y")).latex("L(o, y)"), entry.formula),)


def preview_optimizer(name: str) -> tuple[Line, ...]:
    """The typeset stages of an optimizer; none of a method."""
    entry = catalogue.optimizer(name)
    return stage_lines(parse_rule(entry.formula)) if entry.formula else ()
