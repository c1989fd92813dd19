"""The script stands on its own and takes the same steps: every optimizer, every composition."""

from __future__ import annotations

import subprocess
import sys
import types
from pathlib import Path

import numpy as np
import pytest

from gdsim import catalogue
from gdsim.export.script import script_text, write_script
from gdsim.session.history import History
from gdsim.session.make import spec_for
from gdsim.session.runner import Runner
from gdsim.session.spec import Change, RunSpec


def race(spec: RunSpec) -> tuple[History, dict[str, object]]:
    """The run by the reference backend, and what the script's own loop gives (run here, in a bare namespace)."""
    history = Runner(spec.replace(backend="numpy")).run()
    module = types.ModuleType("exported_script")
    sys.modules["exported_script"] = module  # dataclasses look their module up
    space = vars(module)
    text = script_text(spec)
    assert "import gdsim" not in text
    assert "from gdsim" not in text
    exec(compile(text, "script.py", "exec"), space)  # noqa: S102  (our own text, in a test)
    return history, space


def check(spec: RunSpec, rtol: float = 1e-9, atol: float = 1e-11) -> None:
    history, space = race(spec)
    for index, label in enumerate(history.labels):
        rows, _ = space["race"](space["RACERS"][index])  # type: ignore[operator,index]
        expected = history.theta(index)
        assert len(rows) == len(expected), label
        assert np.allclose([row[0] for row in rows], expected, rtol=rtol, atol=atol), label
        assert np.allclose([row[3] for row in rows], history.column(index, "lr"), rtol=1e-12)
        if not history.plans[index].rule.method:  # a search in the rounding of a minimum may take any number
            assert [row[4] for row in rows] == history.column(index, "evals").tolist()


@pytest.mark.parametrize("name", list(catalogue.optimizers()))
@pytest.mark.parametrize("extra", ["", ",weight_decay=0.01,clip=5"])
def test_every_optimizer_takes_the_same_steps(name: str, extra: str) -> None:
    check(spec_for(function="booth", racers=[name + extra], start="1,2.5", steps=25))


@pytest.mark.parametrize("name", list(catalogue.schedules()))
def test_every_schedule(name: str) -> None:
    check(spec_for(function="himmelblau", racers=[f"gd,lr=0.005,schedule={name}:warmup=3"], steps=20, tolerance=0))


def test_noise_changes_several_racers_and_a_typed_rule() -> None:
    spec = spec_for(
        function="rosenbrock",
        racers=["gd,lr=0.0005,noise=0.3", "adam,lr=0.05", "adam,lr=0.01,noise=1", "custom,lr=0.001,beta=0.8", "aggmo"],
        rules=["v = beta*v + g; step = -lr*v"],
        steps=30,
        seed=7,
        tolerance=0,
    )
    check(spec.replace(changes=(Change(5, 0, "lr", 0.001), Change(9, 3, "beta", 0.1), Change(12, 2, "noise", 0.0),
                                Change(15, 4, "betas", (0.0, 0.5, 0.9)))))  # fmt: skip


def test_targets_tolerances_and_parameters() -> None:
    check(spec_for(formula="a*x^2 + b*y^4", parameters={"a": 2, "b": 0.5}, racers=["gd,lr=0.1"], steps=500))
    check(spec_for(function="himmelblau", racers=["gd,lr=0.01", "lbfgs,lr=0.5"], target=0.1, steps=100))
    twelve = spec_for(formula="sum(x[i]^2*i, i=1..n)", racers=["gd,lr=0.05", "newton"], start=[1.0] * 12, steps=1)
    check(twelve, atol=1e-8)
    check(spec_for(formula="sum((x[i]-1)^2*(1+i/n), i=1..n)", racers=["gd,lr=0.05"], start=[0.1] * 400, steps=5))


def test_the_file_runs_alone_and_writes_the_csv(tmp_path: Path) -> None:
    spec = spec_for(function="himmelblau", racers=["gd,lr=0.01", "newton"], steps=15, tolerance=0)
    write_script(spec, tmp_path / "run.py")
    done = subprocess.run(
        [sys.executable, "-I", "run.py", "out.csv"], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert "gd: step-limit after 15 steps" in done.stdout
    assert "newton" in done.stdout
    from gdsim.export.csv import write_csv

    history = Runner(spec.replace(backend="numpy")).run()
    write_csv(history, tmp_path / "ours.csv")
    ours = (tmp_path / "ours.csv").read_text().splitlines()
    theirs = (tmp_path / "out.csv").read_text().splitlines()
    assert ours[0] == theirs[0]
    assert len(ours) == len(theirs)
    for one, other in zip(ours[1:], theirs[1:], strict=True):
        a, b = one.split(","), other.split(",")
        assert (a[:2], a[-2:]) == (b[:2], b[-2:])
        assert np.allclose([float(value) for value in a[2:-2]], [float(value) for value in b[2:-2]], rtol=1e-9)


def test_nothing_in_the_text_can_break_out() -> None:
    spec = spec_for(formula="x^2", racers=["custom"], rules=["step = -lr*g"], start="1", steps=3)
    evil = '"""\nimport os # \\'
    spec = spec.replace(
        problem=spec.problem.replace(title=evil, name=evil),
        racers=(spec.racers[0].replace(name=evil, label=evil),),
    )
    _, space = race(spec)
    assert "os" not in space
