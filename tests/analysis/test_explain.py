from __future__ import annotations

import numpy as np
import pytest

from gdsim import catalogue
from gdsim.analysis.explain import explain
from gdsim.session.make import spec_for
from gdsim.session.runner import Runner


def explained(
    optimizer: str, step: int = 5, function: str = "himmelblau", rules: tuple[str, ...] = (), start: str | None = None
):  # type: ignore[no-untyped-def]
    spec = spec_for(
        function=function, racers=[optimizer], rules=rules, start=start, steps=12, tolerance=0, backend="numpy"
    )
    history = Runner(spec).run()
    return history, explain(history, 0, step)


@pytest.mark.parametrize("name", list(catalogue.optimizers()))
@pytest.mark.parametrize("extra", ["", ",clip=2,noise=0.1,weight_decay=0.05"])
def test_the_explanation_arrives_where_the_run_did(name: str, extra: str) -> None:
    history, stages = explained(name + extra)
    after = history.row(0, 6)
    if history.traces[0].last < 6 or not np.isfinite(after.theta).all():
        pytest.skip("it ended before")
    assert stages[-1].name == "theta"
    assert np.allclose(stages[-1].values, after.theta, rtol=1e-9, atol=1e-12)
    assert "step" in [stage.name for stage in stages]
    for stage in stages:
        assert stage.latex
        assert stage.numbers
        assert stage.words or not catalogue.optimizer(name).stages
        assert stage.values.ndim == 1


def test_adam_written_out() -> None:
    history, stages = explained("adam,lr=0.1", step=0)
    names = [stage.name for stage in stages]
    assert names == ["g", "m", "v", "m_hat", "v_hat", "step", "theta"]
    m = stages[1]
    gx = history.row(0, 0).gradient[0]
    assert m.values[0] == pytest.approx(0.1 * gx)
    assert m.numbers[0].startswith("m_{x} = 0.9 \\cdot 0")
    assert m.text == "m = beta1*m + (1 - beta1)*g"
    assert len(m.numbers) == 2
    assert not stages[-1].arrow


def test_negative_numbers_stand_in_brackets() -> None:
    _, stages = explained("gd,lr=0.01", step=0, start="1,-2")
    line = next(stage for stage in stages if stage.name == "step").numbers
    assert any("\\left(" in text and "-" in text for text in line)


def test_only_the_branch_that_is_taken_shows_numbers() -> None:
    for step in (0, 3):
        _, stages = explained("momentum,lr=0.01", step=step)
        text = next(stage for stage in stages if stage.name == "v").numbers[0]
        assert "cases" not in text
        assert ("0.9" in text) == (step > 0)


def test_lists_and_typed_rules() -> None:
    _, stages = explained("aggmo,betas=0:0.5:0.9")
    assert [stage.name for stage in stages][1:4] == ["v[1]", "v[2]", "v[3]"]
    assert "0.5" in stages[2].numbers[0]
    _, stages = explained("custom,lr=0.1", rules=("q = 2g/norm(g); step = -lr*q",))
    assert stages[1].name == "q"
    assert stages[1].words == ""
    assert "\\|" in stages[1].numbers[0]


def test_one_coordinate_needs_no_subscript() -> None:
    spec = spec_for(formula="x^2", racers=["gd,lr=0.1"], start="3", steps=3, backend="numpy")
    history = Runner(spec).run()
    stages = explain(history, 0, 0)
    assert stages[0].numbers == ("g = 6",)
    assert stages[-1].numbers == ("\\theta = 3 - 0.6 = 2.4",)
