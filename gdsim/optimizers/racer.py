"""A racer as text: `adam,lr=0.1,schedule=cosine:min=0.01,clip=1`, as the command line and copied commands have it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from gdsim.errors import FormulaError, SpecError
from gdsim.formula.number import parse_number
from gdsim.optimizers.rule import Rule, rule, rule_from_text, unknown_hyper
from gdsim.optimizers.schedules import Schedule, make_schedule
from gdsim.params import ParamSpec, Value

WEIGHT_DECAY = ParamSpec(
    "weight_decay",
    r"\lambda",
    0.0,
    low=0.0,
    slider_low=1e-6,
    slider_high=1.0,
    scale="log",
    doc="Pulls theta to the origin: added to the gradient, or where the optimizer says so multiplied in.",
)
CLIP = ParamSpec(
    "clip",
    r"c",
    0.0,
    low=0.0,
    slider_low=0.01,
    slider_high=100.0,
    scale="log",
    doc="The largest length of the gradient; 0 clips nothing.",
)
NOISE = ParamSpec(
    "noise",
    r"\sigma",
    0.0,
    low=0.0,
    slider_low=0.001,
    slider_high=10.0,
    scale="log",
    doc="Standard deviation of the normal noise added to every coordinate of the gradient.",
)
COMMON: tuple[ParamSpec, ...] = (WEIGHT_DECAY, CLIP, NOISE)
"""What every racer takes besides its rule's own hyper-parameters."""

CUSTOM = "custom"
_WORDS = {"true": 1.0, "on": 1.0, "yes": 1.0, "false": 0.0, "off": 0.0, "no": 0.0}


@dataclass(frozen=True)
class RacerSettings:
    """A racer, everything resolved.

    Attributes:
        name: the optimizer's name, or "custom".
        rule: with its text.
        hyper: a checked value for every hyper-parameter.
        schedule: None for a constant learning rate.
        weight_decay, clip, noise: 0 for none.
        text: as it was given.
    """

    name: str
    rule: Rule
    hyper: Mapping[str, Value]
    schedule: Schedule | None = None
    weight_decay: float = 0.0
    clip: float = 0.0
    noise: float = 0.0
    text: str = ""


def parse_racer(text: str, rule_text: str | None = None) -> RacerSettings:
    """A racer from `NAME,hyper=value,...`.

    Args:
        rule_text: the stages of a racer called `custom`.

    Raises:
        CatalogueError: no such optimizer or schedule. SpecError: an unknown hyper-parameter, a value out of bounds,
            a part that is no `name=value`. FormulaError: the typed rule cannot be read.
    """
    name, *parts = [part.strip() for part in _split(text, ",")]
    if name == CUSTOM and rule_text is None:
        raise SpecError(
            "a custom racer needs its rule", where=CUSTOM, hint='Give it, such as --rule "v = beta*v + g; step = -lr*v"'
        )
    if rule_text is not None and name != CUSTOM:
        raise SpecError(f"a typed rule belongs to a racer called {CUSTOM!r}, not {name!r}", where=name or "racer")
    known = None if name == CUSTOM else rule(name)
    given: dict[str, Value] = {}
    common: dict[str, float] = {}
    schedule: Schedule | None = None
    for key, value in _pairs(parts, name, known):
        own = known is not None and key in known.names
        spec = next((item for item in COMMON if item.name == key), None)
        if key == "schedule" and not own:
            schedule = _schedule(value, name)
        elif spec is not None and not own:
            common[key] = _one(spec.check(_number(value, f"{name}, {key}")))
        elif known is None or own:
            given[key] = _value(value, f"{name}, {key}")
        else:
            raise unknown_hyper(name, key, (*known.names, *(item.name for item in COMMON), "schedule"))
    made = known if known is not None else rule_from_text(rule_text or "", hyper=given)
    return RacerSettings(
        name=name,
        rule=made,
        hyper=made.resolve(_listed(made, given)),
        schedule=schedule,
        weight_decay=common.get("weight_decay", made.weight_decay),
        clip=common.get("clip", 0.0),
        noise=common.get("noise", 0.0),
        text=text,
    )


def parse_schedule(text: str) -> Schedule:
    """A schedule from `NAME:parameter=value:...`, such as ``cosine:min=0.01``.

    Raises:
        CatalogueError: no such schedule. SpecError: an unknown parameter, a value out of its bounds or unreadable.
    """
    name, *parts = [part.strip() for part in _split(text, ":")]
    values: dict[str, float] = {}
    for part in parts:
        key, sign, value = part.partition("=")
        if not sign:
            raise SpecError(f"{part!r} is not a setting", where=name, hint="Write parameter=value, parted by colons")
        values[key.strip()] = _number(value, f"{name}, {key.strip()}")
    return make_schedule(name, values)


def _pairs(parts: list[str], name: str, known: Rule | None) -> list[tuple[str, str]]:
    found: dict[str, str] = {}
    flags = {spec.name for spec in known.hyper if spec.kind == "flag"} if known else set()
    for part in parts:
        key, sign, value = (piece.strip() for piece in part.partition("="))
        if key in flags and not sign:
            value = "1"
        elif not sign or not key:
            raise SpecError(
                f"{part!r} is not a setting" if part else "a setting is missing between two commas",
                where=name,
                hint="Write hyper=value, such as lr=0.1; a decimal sign is a point",
            )
        if key in found:
            raise SpecError(f"{key!r} is given twice", where=name)
        found[key] = value
    return list(found.items())


def _schedule(text: str, racer: str) -> Schedule:
    try:
        return parse_schedule(text)
    except SpecError as error:
        raise error.inside(racer) from error


def _value(text: str, where: str) -> Value:
    """One number, or several parted by colons."""
    if ":" not in text:
        return _number(text, where)
    return tuple(_number(part, where) for part in text.split(":"))


def _listed(made: Rule, given: Mapping[str, Value]) -> dict[str, Value]:
    """A single number given for a list is a list of one."""
    lists = {spec.name for spec in made.hyper if spec.kind == "list"}
    return {
        name: (value,) if name in lists and not isinstance(value, tuple) else value for name, value in given.items()
    }


def _number(text: str, where: str) -> float:
    word = _WORDS.get(text.strip().lower())
    if word is not None:
        return word
    try:
        return parse_number(text)
    except FormulaError as error:
        raise SpecError(f"{text.strip()!r} is not a number: {error.what}", where=where, hint=error.hint) from error


def _one(value: Value) -> float:
    if isinstance(value, tuple):
        raise SpecError("one number is wanted here, not a list")
    return value


def _split(text: str, mark: str) -> list[str]:
    """The parts between `mark`s outside brackets."""
    parts, depth, begin = [], 0, 0
    for place, character in enumerate(text):
        depth += (character in "([{") - (character in ")]}")
        if character == mark and depth == 0:
            parts.append(text[begin:place])
            begin = place + 1
    return [*parts, text[begin:]]
