"""What the gallery searches: functions, data sets, tasks, optimizers, commands, as rows under headings. No widgets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from gdsim import catalogue
from gdsim.gui.commands import COMMANDS
from gdsim.gui.panels.choices import (
    TASK,
    Choice,
    dataset_choices,
    function_choices,
    matching,
    optimizer_choices,
    task_choices,
)
from gdsim.objectives.policy import Bandit, task, world

Kind = Literal["function", "dataset", "task", "optimizer", "command"]


@dataclass(frozen=True, slots=True)
class Find:
    """One row: `words` under the title, `heading` it stands under; `keys` for commands."""

    kind: Kind
    name: str
    title: str
    words: str
    heading: str
    keys: str = ""


def everything(only: str = "") -> dict[Kind, tuple[Choice, ...]]:
    """All that can be found; `only` is "Functions", "Data sets", "Policy tasks" or "Optimizers" for one kind."""
    all_of: dict[Kind, tuple[Choice, ...]] = {}
    if only in ("", "Functions"):
        all_of["function"] = function_choices()
    if only in ("", "Data sets"):
        all_of["dataset"] = dataset_choices()
    if only in ("", "Policy tasks"):
        all_of["task"] = tuple(replace(each, name=each.name.removeprefix(TASK)) for each in task_choices())
    if only in ("", "Optimizers"):
        all_of["optimizer"] = optimizer_choices()
    if not only:
        all_of["command"] = tuple(
            Choice(each.name, each.title.rstrip("…"), each.menu, each.words)
            for each in COMMANDS
            if each.name != "gallery"
        )
    return all_of


def search(among: dict[Kind, tuple[Choice, ...]], text: str) -> list[Find]:
    """The rows that fit `text`, by kind, best first, kinds with a row that begins like it in front; with no text
    everything in the catalogue's order."""
    titles = {"function": "Functions", "dataset": "Data sets", "task": "Policy tasks", "optimizer": "Optimizers",
              "command": "Commands"}  # fmt: skip
    keys = {each.name: each.keys[0] for each in COMMANDS if each.keys}
    found: list[Find] = []
    fitting: list[tuple[Kind, Sequence[Choice]]] = [(kind, matching(choices, text)) for kind, choices in among.items()]
    if text:
        fitting.sort(key=lambda each: not any(hit.title.lower().startswith(text.lower()) for hit in each[1][:1]))
    for kind, hits in fitting:
        for hit in hits:
            family = hit.family[:1].upper() + hit.family[1:]
            heading = titles[kind] if text or kind in ("task", "command") else f"{titles[kind]} · {family}"
            key = keys.get(hit.name, "") if kind == "command" else ""
            found.append(Find(kind, hit.name, hit.title, hit.words, heading, key))
    return found


def domain_words(name: str) -> str:
    """The domain and dimension of a function in words."""
    entry = catalogue.function(name)
    letters = ("x", "y", "z")
    ranges = [f"{letter} from {low:g} to {high:g}" for letter, (low, high) in zip(letters, entry.view, strict=False)]
    words = ", ".join(ranges)
    if entry.dimensions is None:
        words += "; any number of coordinates"
    return words


def dataset_words(name: str) -> str:
    """Samples, inputs and target of a data set in words."""
    entry = catalogue.dataset(name)
    inputs = ", ".join(entry.inputs) if len(entry.inputs) <= 4 else f"{len(entry.inputs)} inputs"
    named = "" if entry.target == "class" else f" of {entry.target}"
    aim = f"{len(entry.classes)} classes{named}" if entry.classes else f"predicts {entry.target}"
    words = f"{entry.samples:,} samples; {inputs}; {aim}"
    return f"{words}; {entry.licence}" if entry.licence else words


def task_words(name: str) -> str:
    """The size and the numbers of a policy's task in words."""
    shown = task(name).task
    if isinstance(shown, Bandit):
        return f"{len(shown.means)} arms, rewards of deviation {shown.deviation:g}"
    states = world(shown).shape[0]
    end = f", at most {shown.horizon:,} moves" if shown.horizon else ""
    return f"{states} states, 4 moves; slip {shown.slip:.2g}, discount {shown.discount:g}{end}"
