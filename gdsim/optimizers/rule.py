"""An update rule: an optimizer of the catalogue or one that was typed, with its hyper-parameters checked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from gdsim.catalogue import OptimizerEntry, optimizer
from gdsim.errors import SpecError
from gdsim.formula import Assignment, RuleGraph, did_you_mean, parse_rule, rule_graph
from gdsim.formula.rules import GIVEN
from gdsim.formula.tree import Index, Name, free_names
from gdsim.params import ParamSpec, Value

Given = float | Sequence[float]

_TYPED_LR = ParamSpec(
    "lr", r"\eta", 0.01, low=0.0, open_low=True, slider_low=1e-5, slider_high=1.0, scale="log", doc="Learning rate."
)
_CONSTANTS = frozenset({"pi", "π", "e"})


@dataclass(frozen=True, eq=False)
class Rule:
    """What makes a step out of a gradient.

    Attributes:
        name, title: the catalogue's, or "custom".
        hyper: every hyper-parameter, `lr` among them; order of the catalogue.
        init: where carried names start, as expressions; 0 where nothing is said.
        assignments: the stages; empty where `method` is given.
        words: one sentence per stage; empty for a typed rule.
        decoupled: weight decay multiplies theta instead of joining the gradient.
        fixed_step: the step's length does not follow the gradient's.
        weight_decay: what is used where a racer says nothing.
        source: the paper.
        method: name in `gdsim.optimizers.methods` of what cannot be stages, or "".
        text: the stages as one text, as `--rule` takes it.
    """

    name: str
    title: str
    hyper: tuple[ParamSpec, ...]
    init: Mapping[str, str]
    assignments: tuple[Assignment, ...]
    words: tuple[str, ...] = ()
    decoupled: bool = False
    fixed_step: bool = False
    weight_decay: float = 0.0
    source: str = ""
    method: str = ""
    text: str = ""
    _graphs: dict[tuple[tuple[str, int], ...], RuleGraph] = field(default_factory=dict, repr=False)

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Names of the hyper-parameters."""
        return tuple(spec.name for spec in self.hyper)

    def resolve(self, values: Mapping[str, Given]) -> dict[str, Value]:
        """Every hyper-parameter with a checked value: the given one, else the default.

        Raises:
            SpecError: an unknown name (with what was probably meant), a value out of its bounds.
        """
        for name in values:
            if name not in self.names:
                raise unknown_hyper(self.name, name, self.names)
        found: dict[str, Value] = {}
        for spec in self.hyper:
            try:
                found[spec.name] = spec.check(values.get(spec.name, spec.default))
            except SpecError as error:
                raise SpecError(error.what, where=f"{self.name}, {spec.name}", hint=error.hint) from error
        return found

    def graph(self, hyper: Mapping[str, Value] | None = None, n: int | None = None) -> RuleGraph:
        """The rule's graph; the same object for lists of the same lengths, whatever the values and n.

        Raises:
            FormulaError: the rule does not hold together. SpecError: it is a method, which has no stages.
        """
        if self.method:
            raise SpecError("a method has no stages to draw a graph of", where=self.name)
        values = {spec.name: spec.default for spec in self.hyper} | dict(hyper or {})
        key = tuple((name, len(value)) for name, value in values.items() if isinstance(value, tuple))
        if key not in self._graphs:
            self._graphs[key] = rule_graph(self.assignments, values, self.init)
        return self._graphs[key]


def rule_from_entry(entry: OptimizerEntry) -> Rule:
    """The rule of a catalogue entry; FormulaError where a stage cannot be read."""
    text = entry.formula
    return Rule(
        name=entry.name,
        title=entry.title,
        hyper=entry.hyper,
        init=entry.init,
        assignments=parse_rule(text) if text else (),
        words=tuple(words for _, words in entry.stages),
        decoupled=entry.decoupled,
        fixed_step=entry.fixed_step,
        weight_decay=entry.weight_decay,
        source=entry.source,
        method=entry.method,
        text=text,
    )


def rule(name: str) -> Rule:
    """The rule of the optimizer called `name`; CatalogueError with a suggestion when there is none."""
    return rule_from_entry(optimizer(name))


def rule_from_text(
    text: str,
    name: str = "custom",
    hyper: Mapping[str, Given] | None = None,
    *,
    init: Mapping[str, str] | None = None,
    specs: Iterable[ParamSpec] = (),
    decoupled: bool = False,
    fixed_step: bool = False,
) -> Rule:
    """A typed rule.

    A name that is neither given nor assigned is a hyper-parameter: declared in `specs`, or with the value in `hyper`
    as its default, or 0.1. A value in `hyper` that the rule never reads is refused when it is resolved.

    Raises:
        FormulaError: what is wrong with the text, with its column.
    """
    assignments = parse_rule(text)
    given = dict(hyper or {})
    declared = {spec.name: spec for spec in specs}
    found: dict[str, ParamSpec] = {"lr": _spec("lr", given, declared)}
    for hyper_name in _free(assignments, set(given) | set(declared)):
        found[hyper_name] = _spec(hyper_name, given, declared)
    made = Rule(
        name=name,
        title="Your own rule" if name == "custom" else name.replace("_", " "),
        hyper=tuple(found.values()),
        init=dict(init or {}),
        assignments=assignments,
        decoupled=decoupled,
        fixed_step=fixed_step,
        text=text,
    )
    made.graph()
    return made


def _spec(name: str, given: Mapping[str, Given], declared: Mapping[str, ParamSpec]) -> ParamSpec:
    value = given.get(name)
    listed = tuple(float(number) for number in value) if isinstance(value, Sequence) else None
    if name in declared:
        spec = declared[name]
    elif name == "lr":
        spec = _TYPED_LR
    else:
        spec = ParamSpec(name, name, 0.1, slider_low=0.0, slider_high=1.0, kind="real" if listed is None else "list")
    if value is None:
        return spec
    number = listed if listed is not None else float(value)  # type: ignore[arg-type]
    return replace(spec, default=number) if name not in declared else spec


def _free(assignments: Sequence[Assignment], wanted: set[str]) -> list[str]:
    """Names that are read and neither given, assigned, constant nor bound by a sum, in order of appearance."""
    assigned = {assignment.name for assignment in assignments}
    names: dict[str, None] = {}
    for assignment in assignments:
        reads = sorted(free_names(assignment.tree), key=lambda use: use[0].place)
        for node, bound in reads:
            inner = bound | ({assignment.index} if assignment.index else set())
            local = isinstance(node, Name) and node.name in inner
            known = node.name in GIVEN or node.name in _CONSTANTS or (node.name in assigned and node.name not in wanted)
            if not local and not known and isinstance(node, (Name, Index)):
                names.setdefault(node.name)
    return list(names)


def unknown_hyper(racer: str, name: str, known: Sequence[str]) -> SpecError:
    """The error for a hyper-parameter that `racer` does not have."""
    near = did_you_mean(name, known)
    hint = f"Did you mean {near!r}?" if near else f"It has {', '.join(known)}"
    return SpecError(f"there is no hyper-parameter {name!r}", where=racer, hint=hint)
