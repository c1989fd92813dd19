"""The whole experiment as one frozen document: formula and rule text with every default resolved.

A RunSpec is what the window edits, a `.gdsim` file holds and the command line assembles. It is data alone: it holds
the formula's text, not its graph, and every value that a catalogue supplied when it was made, so that it opens to the
same run on a machine whose catalogue differs. `gdsim.session.make` builds one from names, `gdsim.session.resolve`
turns one into what the engine runs.
"""

from __future__ import annotations

import math
from typing import Literal, get_args

from gdsim.document import Document
from gdsim.errors import SpecError
from gdsim.objectives.data.design import Data
from gdsim.objectives.network.design import Model
from gdsim.objectives.policy.design import Policy

FORMAT = 1  # of the document; a file with a higher number was written by a later gdsim
MAX_STEPS = 10_000_000
MAX_RACERS = 64
MAX_DIMENSION = 100_000
MAX_WEIGHTS = 20_000_000
MAX_CHANGES = 100_000
MAX_ROWS = 50_000_000  # over all racers; about 5 GB at two coordinates

Interval = tuple[float, float]
Minimum = tuple[tuple[float, ...], float]
Hyper = float | tuple[float, ...]
Dtype = Literal["float64", "float32"]
BackendName = Literal["auto", "numpy", "cpu", "cuda"]
Kind = Literal["function", "model", "policy"]

_COUNTED: dict[Kind, str] = {"function": " coordinates", "model": " weights", "policy": ""}

# What every racer takes besides its rule's own hyper-parameters.
COMMON_SETTINGS = ("weight_decay", "clip", "noise")


class Learning(Document, frozen=True):
    """A model on data: what is minimised is its loss over the training samples."""

    data: Data
    model: Model


class Problem(Document, frozen=True):
    """What is minimised: a function, the loss of a model on data, or minus the reward of a policy.

    Attributes:
        formula: its text, in the language of `gdsim.formula`; empty for a model and a policy.
        learn: the model and its data; None for what is none.
        policy: the policy and its task; None for what is none.
        name, title: the catalogue's, empty for a typed formula.
        variables: names in order, as given to the parser; empty when the formula is indexed (``x[i]``).
        dimension: number of coordinates n.
        parameters: value of every free letter.
        ranges: (low, high) of a parameter's slider, where it was set.
        domain: (low, high) per coordinate: what is shown at home.
        minima: known minima as (point, value).
    """

    formula: str = ""
    name: str = ""
    title: str = ""
    learn: Learning | None = None
    policy: Policy | None = None
    variables: tuple[str, ...] = ()
    dimension: int = 0
    parameters: dict[str, float] = {}
    ranges: dict[str, Interval] = {}
    domain: tuple[Interval, ...] = ()
    minima: tuple[Minimum, ...] = ()

    @property
    def kind(self) -> Kind:
        """Which of the three it is."""
        return "function" if self.learn is None and self.policy is None else "policy" if self.learn is None else "model"


class Schedule(Document, frozen=True):
    """How the learning rate goes: a formula in t (from 1), T (steps in all) and lr (the base rate)."""

    name: str
    formula: str
    params: dict[str, float] = {}


class Racer(Document, frozen=True):
    """One optimizer with its settings.

    Attributes:
        name: the optimizer's name in the catalogue, or "custom".
        label: a name of the user's own; empty: `name`.
        rule: stages as text, ``m = beta1*m + (1-beta1)*g; ...; step = ...``; empty when `method` is given.
        method: name of what cannot be stages (``lbfgs``), else empty.
        hyper: every hyper-parameter's value; flags are 0 or 1, a list is a tuple.
        init: what a carried name starts at, as an expression (0 where it is not named).
        decoupled: weight decay acts on theta, not through the gradient.
        fixed_step: the rule's step has a length of its own whatever the gradient (sign rules).
        weight_decay, clip (largest gradient norm, 0: none), noise (sigma of the gradient's noise).
        visible: whether its trail is drawn.
    """

    name: str
    label: str = ""
    rule: str = ""
    method: str = ""
    hyper: dict[str, Hyper] = {}
    init: dict[str, str] = {}
    decoupled: bool = False
    fixed_step: bool = False
    schedule: Schedule | None = None
    weight_decay: float = 0.0
    clip: float = 0.0
    noise: float = 0.0
    visible: bool = True

    def setting(self, name: str) -> Hyper:
        """The value of a hyper-parameter, or of `weight_decay`, `clip`, `noise`; SpecError if there is none."""
        if name in self.hyper:
            return self.hyper[name]
        if name in COMMON_SETTINGS:
            value: float = getattr(self, name)
            return value
        known = ", ".join((*self.hyper, *COMMON_SETTINGS))
        raise SpecError(f"{self.name} has no setting {name!r}", where="racer", hint=f"It has {known}")

    def with_setting(self, name: str, value: Hyper) -> Racer:
        """A copy with one setting changed; SpecError if the racer has no such setting."""
        self.setting(name)
        if name in self.hyper:
            return self.replace(hyper={**self.hyper, name: value})
        return self.replace(**{name: value})


class Change(Document, frozen=True):
    """An edit in mid-run: steps after number `after_step` use `value`. `racer` is the index in `RunSpec.racers`."""

    after_step: int
    racer: int
    name: str
    value: Hyper


class RunSpec(Document, frozen=True):
    """A whole run: problem, racers, start and when to stop.

    Attributes:
        start: theta at step 0, n numbers; empty for a model that begins as its initialisation says, and for a policy
            under which every action is equally likely at first.
        steps: how many steps at most, 1 to 10 million.
        tolerance: a racer has settled when its gradient's norm and its step fall to this; 0: never stop early.
        target: stop a racer whose loss falls to this.
        batch: samples in a batch, or "full"; functions and policies have no batches.
        patience: stop a racer whose test loss has not improved for so many epochs; 0 never does.
        changes: mid-run edits in order of `after_step`.
    """

    problem: Problem
    racers: tuple[Racer, ...]
    start: tuple[float, ...]
    steps: int = 1000
    tolerance: float = 1e-6
    target: float | None = None
    batch: int | Literal["full"] = "full"
    patience: int = 0
    seed: int = 0
    dtype: Dtype = "float64"
    backend: BackendName = "auto"
    changes: tuple[Change, ...] = ()
    format: int = FORMAT

    @property
    def labels(self) -> tuple[str, ...]:
        """A name per racer, no two alike: ``adam``, ``momentum``, ``adam#2``."""
        names = [racer.label or racer.name for racer in self.racers]
        labels: list[str] = []
        for name in names:
            label, number = name, 2
            while label in labels or (label != name and label in names):
                label, number = f"{name}#{number}", number + 1
            labels.append(label)
        return tuple(labels)

    def with_racer(self, index: int, racer: Racer) -> RunSpec:
        """A copy with racer `index` exchanged."""
        return self.replace(racers=(*self.racers[:index], racer, *self.racers[index + 1 :]))

    def without_racer(self, index: int) -> RunSpec:
        """A copy without racer `index`; the changes that meant it go too, later ones follow their racer."""
        kept = tuple(
            change.replace(racer=change.racer - (change.racer > index))
            for change in self.changes
            if change.racer != index
        )
        return self.replace(racers=(*self.racers[:index], *self.racers[index + 1 :]), changes=kept)

    def with_change(self, change: Change) -> RunSpec:
        """"From here on": a copy in which `change` holds after its step; an equal one at that step is replaced."""
        kept = [
            old
            for old in self.changes
            if (old.after_step, old.racer, old.name) != (change.after_step, change.racer, change.name)
        ]
        return self.replace(changes=tuple(sorted([*kept, change], key=lambda each: each.after_step)))

    def racer_at(self, index: int, step: int) -> Racer:
        """Racer `index` with the settings that lead on from row `step`: the changes up to there applied."""
        racer = self.racers[index]
        for change in self.changes:
            if change.racer == index and change.after_step <= step:
                racer = racer.with_setting(change.name, change.value)
        return racer

    def check(self) -> None:
        """SpecError if sizes, counts or numbers do not fit together. Texts are checked where they are parsed."""
        _check_problem(self.problem)
        _check_counts(self)
        _check_numbers(self)
        _check_changes(self)


def _check_problem(problem: Problem) -> None:
    n = problem.dimension
    if problem.kind != "function":
        _check_kind(problem)
        return
    if not problem.formula.strip():
        raise SpecError("the formula is empty", where="problem", hint="Type one, such as x^2 + y^2")
    if not 1 <= n <= MAX_DIMENSION:
        raise SpecError(f"{n} coordinates", where="dimension", hint=f"Use 1 to {MAX_DIMENSION:,}")
    if problem.variables and len(problem.variables) != n:
        raise SpecError(f"{len(problem.variables)} variables are named, but the dimension is {n}", where="variables")
    if problem.domain and len(problem.domain) != n:
        raise SpecError(f"{len(problem.domain)} intervals for {n} coordinates", where="domain")
    for low, high in problem.domain:
        if not (math.isfinite(low) and math.isfinite(high) and low < high):
            raise SpecError(f"{low:g} to {high:g} is no interval", where="domain", hint="Give the lower end first")
    for name, (low, high) in problem.ranges.items():
        if not (math.isfinite(low) and math.isfinite(high) and low < high):
            raise SpecError(f"{low:g} to {high:g} is no range", where=name, hint="Give the lower end first")
    for name, value in problem.parameters.items():
        if not math.isfinite(value):
            raise SpecError(f"{value:g} is not a finite number", where=name)
    for point, _ in problem.minima:
        if len(point) != n:
            raise SpecError(f"a minimum has {len(point)} coordinates, not {n}", where="minima")


def _check_kind(problem: Problem) -> None:
    """Of what is no function: only one thing is minimised, and its numbers fit together."""
    learn = problem.learn
    given = {"a formula": bool(problem.formula), "a model": learn is not None, "a policy": problem.policy is not None}
    named = [name for name, there in given.items() if there]
    if len(named) > 1:
        count = "both" if len(named) == 2 else "all"
        raise SpecError(f"{' and '.join(named)} are {count} given", where="problem", hint="Give one of them")
    if learn is not None:
        _check_learning(problem, learn)
    elif not 1 <= problem.dimension <= MAX_DIMENSION:
        # the task itself is checked where it is made into an objective
        what = f"{problem.dimension:,} numbers of a policy"
        raise SpecError(what, where="dimension", hint="Make the run anew from its task")


def _check_learning(problem: Problem, learn: Learning) -> None:
    data = learn.data
    if not 1 <= problem.dimension <= MAX_WEIGHTS:
        raise SpecError(
            f"{problem.dimension:,} weights", where="model", hint=f"Use 1 to {MAX_WEIGHTS:,}: fewer or narrower layers"
        )
    if not data.inputs:
        raise SpecError("the model has no input", where="data", hint="Choose at least one input")
    if not 0.0 < data.share <= 1.0:
        raise SpecError(f"{data.share:g} of the samples to train on", where="data, share", hint="Use 0.1 to 1")
    for name, value in (("l1", learn.model.l1), ("l2", learn.model.l2)):
        if not (value >= 0 and math.isfinite(value)):
            raise SpecError(f"{value:g} is out of range", where=f"model, {name}", hint="Use 0 (off) or more")
    if not (data.noise >= 0 and math.isfinite(data.noise)):
        raise SpecError(f"{data.noise:g} is out of range", where="data, noise", hint="Use 0 (none) or more")


def _check_counts(spec: RunSpec) -> None:
    n = spec.problem.dimension
    if spec.format != FORMAT:
        raise SpecError(f"format {spec.format} is not known", where="format", hint=f"This gdsim knows format {FORMAT}")
    if spec.steps < 1:
        raise SpecError(f"{spec.steps} steps make no run", where="steps", hint="Use at least 1 step")
    if spec.steps > MAX_STEPS:
        raise SpecError(f"{spec.steps:,} steps are too many", where="steps", hint=f"Use at most {MAX_STEPS:,}")
    if not spec.racers:
        raise SpecError("nobody is racing", where="racers", hint="Name at least one optimizer")
    if len(spec.racers) > MAX_RACERS:
        raise SpecError(f"{len(spec.racers)} racers are too many", where="racers", hint=f"Use at most {MAX_RACERS}")
    kind = spec.problem.kind
    # a row of n coordinates is 2n + 4 numbers; two coordinates are the yardstick. Of networks rows hold a few sums
    rows = spec.steps * len(spec.racers) * (2 if kind == "model" else (2 * n + 4) / 8)
    if rows > MAX_ROWS:
        raise SpecError(
            f"{spec.steps:,} steps of {len(spec.racers)} racers in {n} dimensions would fill the memory",
            where="steps",
            hint=f"Use at most {int(spec.steps * MAX_ROWS / rows):,} steps, or fewer racers",
        )
    if len(spec.start) != n and (kind == "function" or spec.start):
        raise SpecError(
            f"the start has {len(spec.start)} numbers, the {kind} {n}{_COUNTED[kind]}",
            where="start",
            hint=f"Give {n} number{'s' if n > 1 else ''}",
        )
    if spec.batch != "full" and kind != "model":
        raise SpecError(f"a {kind} has no data to draw batches from", where="batch", hint="Use batch full")
    if spec.batch != "full" and spec.batch < 1:
        raise SpecError(f"a batch of {spec.batch}", where="batch", hint="Use 1 sample or more, or full")
    if spec.patience < 0:
        raise SpecError(f"{spec.patience} epochs of patience", where="patience", hint="Use 0 (never stop) or more")


def _check_numbers(spec: RunSpec) -> None:
    for name, word, allowed in (
        ("dtype", spec.dtype, get_args(Dtype)),
        ("backend", spec.backend, get_args(BackendName)),
    ):
        if word not in allowed:
            raise SpecError(f"{word!r} is not possible", where=name, hint=f"Use {' or '.join(allowed)}")
    for value in spec.start:
        if not math.isfinite(value):
            raise SpecError(f"{value:g} is not a finite number", where="start")
    if not (spec.tolerance >= 0 and math.isfinite(spec.tolerance)):
        raise SpecError(f"{spec.tolerance:g} is out of range", where="tolerance", hint="Use 0 (never stop) or more")
    if spec.target is not None and math.isnan(spec.target):
        raise SpecError("nan is not a loss to reach", where="target")
    if not 0 <= spec.seed < 2**63:
        raise SpecError(f"{spec.seed} is out of range", where="seed", hint="Use a whole number from 0")
    for label, racer in zip(spec.labels, spec.racers, strict=True):
        if bool(racer.rule.strip()) == bool(racer.method):
            raise SpecError("it needs a rule or a method, one of the two", where=label)
        for name, setting in (*racer.hyper.items(), *((name, racer.setting(name)) for name in COMMON_SETTINGS)):
            _check_setting(label, name, setting)


def _check_setting(label: str, name: str, setting: Hyper) -> None:
    numbers = setting if isinstance(setting, tuple) else (setting,)
    if not numbers:
        raise SpecError("the list is empty", where=f"{label}, {name}", hint="Give at least one number")
    for number in numbers:
        if not math.isfinite(number):
            raise SpecError(f"{number:g} is not a finite number", where=f"{label}, {name}")
    if name in COMMON_SETTINGS and isinstance(setting, float) and setting < 0:
        raise SpecError(f"{setting:g} is out of range", where=f"{label}, {name}", hint="Use 0 (off) or more")


def _check_changes(spec: RunSpec) -> None:
    if len(spec.changes) > MAX_CHANGES:
        raise SpecError(f"{len(spec.changes):,} changes are too many", where="changes", hint=f"At most {MAX_CHANGES:,}")
    for change in spec.changes:
        if not 0 <= change.racer < len(spec.racers):
            raise SpecError(f"there is no racer {change.racer}", where="changes", hint="Racers are counted from 0")
        if not 0 <= change.after_step <= MAX_STEPS:
            raise SpecError(f"after step {change.after_step} is no place in the run", where="changes")
        old = spec.racers[change.racer].setting(change.name)
        if isinstance(old, tuple) != isinstance(change.value, tuple):
            raise SpecError("a list stays a list, a number a number", where=f"changes, {change.name}")
        _check_setting(spec.labels[change.racer], change.name, change.value)
    if list(spec.changes) != sorted(spec.changes, key=lambda change: change.after_step):
        raise SpecError("they are not in order of after_step", where="changes", hint="Put the earliest first")
