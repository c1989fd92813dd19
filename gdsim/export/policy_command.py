"""The run of a policy as text to paste: its task and settings in the words of the command line, or of `gdsim.climb`."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from typing import Any

from gdsim.errors import ExportError, GdsimError
from gdsim.objectives.policy import tasks
from gdsim.session.policy import policy_spec, policy_text
from gdsim.session.spec import RunSpec

Words = dict[str, Any]

_USUAL = {"tolerance": 0.0, "target": None, "seed": 0, "dtype": "float64", "backend": "auto"}


def policy_command(spec: RunSpec, racers: Sequence[str]) -> str:
    """``gdsim run --task ...`` for a POSIX shell; ExportError when words cannot say the run."""
    words = policy_words(spec, racers)
    parts = ["gdsim", "run", "--task", words.pop("task")]
    for racer in words.pop("racers"):
        parts += ["--optimizer", racer]
    for rule in words.pop("rules", ()):
        parts += ["--rule", rule]
    for name, value in words.items():
        parts += [f"--{name}", str(value)]
    return shlex.join(parts)


def policy_call(spec: RunSpec, racers: Sequence[str]) -> str:
    """``gdsim.climb(...)`` with its import; ExportError when words cannot say the run."""
    words = policy_words(spec, racers)
    rules = words.pop("rules", ())
    if len(set(rules)) > 1:
        raise _unsayable("it has several rules of its own")
    lines = [f"    {words.pop('task')!r},", f"    optimizers={list(words.pop('racers'))!r},"]
    lines += [f"    rule={rules[0]!r},"] if rules else []
    lines += [f"    {name}={value!r}," for name, value in words.items()]
    body = "\n".join(lines)
    return f"import gdsim\n\nresult = gdsim.climb(\n{body}\n)\n"


def policy_words(spec: RunSpec, racers: Sequence[str]) -> Words:
    """The arguments of `session.policy.policy_spec` that make the run, checked by making it from them; ExportError."""
    problem = spec.problem
    if problem.policy is None:
        raise _unsayable("it has no policy")
    name = problem.name if problem.name in tasks() else ""
    words: Words = {"task": policy_text(problem.policy, name), "racers": list(racers)}
    rules = [racer.rule for racer in spec.racers if racer.name == "custom"]
    words |= {"rules": rules} if rules else {}
    words["steps"] = spec.steps
    words |= {name: getattr(spec, name) for name, value in _USUAL.items() if getattr(spec, name) != value}
    if spec.start:
        words["start"] = ",".join(map(repr, spec.start))
    try:
        read = policy_spec(**words)
    except GdsimError as error:
        raise _unsayable("it has settings that words cannot give") from error
    if _numbers(read) != _numbers(spec):
        raise _unsayable("it has settings that words cannot give")
    return words


def _numbers(spec: RunSpec) -> RunSpec:
    """The spec without what changes no number of the run."""
    racers = tuple(racer.replace(label="", visible=True) for racer in spec.racers)
    return spec.replace(problem=spec.problem.replace(name="", title="", domain=()), racers=racers)


def _unsayable(why: str) -> ExportError:
    return ExportError(
        f"this run cannot be written as a command: {why}", hint="Save it and use 'gdsim run FILE.gdsim' instead"
    )
