"""A run as text to paste: the command line that makes it, or the Python call.

Both are read back and compared with the run before they are handed out, so that what is pasted is the same run.
"""

from __future__ import annotations

import shlex
from dataclasses import dataclass

from gdsim.errors import ExportError, GdsimError
from gdsim.export.policy_command import policy_call, policy_command
from gdsim.export.training_command import training_call, training_command
from gdsim.session.make import spec_for
from gdsim.session.spec import COMMON_SETTINGS, Hyper, Racer, RunSpec

_OPTIONS = ("steps", "tolerance", "target", "seed", "dtype", "backend")
_DEFAULTS = {"seed": 0, "dtype": "float64", "backend": "auto", "target": None}


@dataclass(frozen=True, slots=True)
class Words:
    """A run in the command line's words: one of `function`, `formula`; what is empty or None is not said."""

    function: str
    formula: str
    parameters: dict[str, float]
    variables: tuple[str, ...]
    racers: tuple[str, ...]
    rules: tuple[str, ...]
    start: tuple[float, ...]
    options: dict[str, int | float | str]

    def spec(self) -> RunSpec:
        """The run that these words make."""
        return spec_for(
            function=self.function,
            formula=self.formula,
            parameters=self.parameters,
            variables=self.variables or None,
            racers=self.racers,
            rules=self.rules,
            start=self.start,
            **self.options,  # type: ignore[arg-type]
        )


def command_line(spec: RunSpec) -> str:
    """``gdsim run ...`` for a POSIX shell; ExportError when words cannot say the run."""
    if spec.problem.learn is not None:
        return training_command(_unchanged(spec), [_racer(racer) for racer in spec.racers])
    if spec.problem.policy is not None:
        return policy_command(_unchanged(spec), [_racer(racer) for racer in spec.racers])
    words = words_of(spec)
    parts = ["gdsim", "run"]
    parts += ["--function", words.function] if words.function else ["--formula", words.formula]
    if words.parameters:
        parts += ["--param", ",".join(f"{name}={value!r}" for name, value in words.parameters.items())]
    if words.variables:
        parts += ["--vars", ",".join(words.variables)]
    for racer in words.racers:
        parts += ["--optimizer", racer]
    for rule in words.rules:
        parts += ["--rule", rule]
    parts += ["--start", ",".join(map(repr, words.start))]
    for name, value in words.options.items():
        parts += [f"--{name}", str(value)]
    return shlex.join(parts)


def python_call(spec: RunSpec) -> str:
    """``gdsim.run(...)``, ``train(...)`` or ``climb(...)`` with its import; ExportError when words cannot say it."""
    if spec.problem.learn is not None:
        return training_call(_unchanged(spec), [_racer(racer) for racer in spec.racers])
    if spec.problem.policy is not None:
        return policy_call(_unchanged(spec), [_racer(racer) for racer in spec.racers])
    words = words_of(spec)
    if len(set(words.rules)) > 1:
        raise _unsayable("it has several rules of its own")
    lines = [f"    {words.function!r}," if words.function else f"    formula={words.formula!r},"]
    if words.parameters:
        lines.append(f"    parameters={words.parameters!r},")
    if words.variables:
        lines.append(f"    variables={list(words.variables)!r},")
    lines.append(f"    optimizers={list(words.racers)!r},")
    if words.rules:
        lines.append(f"    rule={words.rules[0]!r},")
    lines.append(f"    start={list(words.start)!r},")
    lines += [f"    {name}={value!r}," for name, value in words.options.items()]
    body = "\n".join(lines)
    return f"import gdsim\n\nresult = gdsim.run(\n{body}\n)\n"


def words_of(spec: RunSpec) -> Words:
    """The run in words, checked by reading them back.

    Raises:
        ExportError: words cannot say it: it has changes in mid-run, or a rule with settings that no text gives.
    """
    spec = _unchanged(spec)
    for named in (True, False):
        words = _words(spec, named)
        if words is not None and _same(words, spec):
            return words
    raise _unsayable("it has settings that words cannot give")


def _unchanged(spec: RunSpec) -> RunSpec:
    """The spec; ExportError where it changes in mid-run."""
    if spec.changes:
        raise _unsayable("it changes settings in mid-run")
    return spec


def _unsayable(why: str) -> ExportError:
    return ExportError(
        f"this run cannot be written as a command: {why}", hint="Save it and use 'gdsim run FILE.gdsim' instead"
    )


def _same(words: Words, spec: RunSpec) -> bool:
    try:
        read = words.spec()
    except GdsimError:
        return False
    return _numbers(read) == _numbers(spec)


def _numbers(spec: RunSpec) -> RunSpec:
    """The spec without what changes no number of the run."""
    problem = spec.problem.replace(name="", title="", ranges={}, domain=(), minima=())
    racers = tuple(racer.replace(label="", visible=True) for racer in spec.racers)
    return spec.replace(problem=problem, racers=racers)


def _words(spec: RunSpec, named: bool) -> Words | None:
    """The words, with the catalogue's name for the function (`named`) or with its formula."""
    problem = spec.problem
    if named and not problem.name:
        return None
    function = ",".join([problem.name, *(f"{name}={value!r}" for name, value in problem.parameters.items())])
    said = {name: getattr(spec, name) for name in _OPTIONS}
    texts = tuple(_racer(racer) for racer in spec.racers)
    return Words(
        function=function if named else "",
        formula="" if named else problem.formula,
        parameters={} if named else dict(problem.parameters),
        variables=() if named else problem.variables,
        racers=texts,
        rules=tuple(racer.rule for racer in spec.racers if racer.name == "custom"),
        start=tuple(float(value) for value in spec.start),
        options={name: value for name, value in said.items() if name not in _DEFAULTS or value != _DEFAULTS[name]},
    )


def _racer(racer: Racer) -> str:
    """``adam,lr=0.1,...`` with every setting, so that a changed default changes no run."""
    parts = [racer.name, *(f"{name}={_value(value)}" for name, value in racer.hyper.items())]
    parts += [f"{name}={_value(racer.setting(name))}" for name in COMMON_SETTINGS if racer.setting(name)]
    if racer.schedule is not None:
        values = (f"{name}={value!r}" for name, value in racer.schedule.params.items())
        parts.append("schedule=" + ":".join([racer.schedule.name, *values]))
    return ",".join(parts)


def _value(value: Hyper) -> str:
    return ":".join(map(repr, value)) if isinstance(value, tuple) else repr(value)
