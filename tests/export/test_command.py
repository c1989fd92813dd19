"""Runs as text to paste: what is read back is the same run."""

from __future__ import annotations

import shlex

import pytest

from gdsim.errors import ExportError
from gdsim.export.command import command_line, python_call, words_of
from gdsim.session.make import spec_for
from gdsim.session.opening import opening_spec
from gdsim.session.spec import Change, RunSpec

RUNS = {
    "opening": opening_spec(),
    "typed": spec_for(
        formula="a x^2 + b(y-1)^4",
        parameters={"a": 2.0},
        racers=["custom,lr=0.1,beta=0.9", "aggmo", "adamw,weight_decay=0.1,clip=1,schedule=cosine"],
        rules=["v = beta*v + g; step = -lr*v"],
        start="-1.5,2",
        steps=50,
    ),
    "method": spec_for(function="rosenbrock", racers=["lbfgs", "newton"], seed=3, backend="numpy", tolerance=0.0),
    "indexed": spec_for(formula="sum(x[i]^2*i, i=1..n)", start=(1.0, 2.0, 3.0)),
}


@pytest.mark.parametrize("spec", RUNS.values(), ids=RUNS.keys())
def test_the_words_make_the_same_run(spec: RunSpec) -> None:
    read = words_of(spec).spec()
    assert (read.start, read.steps) == (spec.start, spec.steps)
    assert (read.tolerance, read.target) == (spec.tolerance, spec.target)
    assert [(r.rule, r.method, r.hyper) for r in read.racers] == [(r.rule, r.method, r.hyper) for r in spec.racers]


@pytest.mark.parametrize("spec", RUNS.values(), ids=RUNS.keys())
def test_the_command_is_one_shell_line(spec: RunSpec) -> None:
    line = command_line(spec)
    assert "\n" not in line
    assert shlex.split(line)[:2] == ["gdsim", "run"]


@pytest.mark.parametrize("spec", RUNS.values(), ids=RUNS.keys())
def test_the_python_call_is_python(spec: RunSpec) -> None:
    compile(python_call(spec), "pasted", "exec")


def test_a_renamed_formula_is_given_by_its_text() -> None:
    spec = opening_spec()
    changed = spec.replace(problem=spec.problem.replace(formula="x^2 + y^2"))
    words = words_of(changed)
    assert words.formula == "x^2 + y^2"
    assert words.function == ""


def test_what_words_cannot_say_is_told_with_a_way_out() -> None:
    spec = opening_spec().replace(changes=(Change(5, 0, "lr", 0.1),))
    with pytest.raises(ExportError, match=r"gdsim run FILE\.gdsim"):
        command_line(spec)
