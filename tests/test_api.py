from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import gdsim
from gdsim.errors import GdsimError
from gdsim.session.documents import load


def test_a_run_by_name_gives_arrays(tmp_path: Path) -> None:
    result = gdsim.run("himmelblau", optimizers=["gd,lr=0.01", "adam,lr=0.1"], start=(0.5, 4.5), steps=300)
    assert result.labels == ("gd", "adam")
    theta = result.theta("adam")
    assert theta.shape == (len(result.loss("adam")), 2)
    assert np.array_equal(theta[0], [0.5, 4.5])
    assert result.status("gd") == "converged"
    assert np.allclose(result.gradient("gd")[-1], 0, atol=1e-5)
    assert np.allclose(np.linalg.norm(result.gradient("gd"), axis=1), result.grad_norm("gd"))
    assert "converged" in repr(result)
    result.to_csv(tmp_path / "run.csv")
    result.save(tmp_path / "run.gdsim")
    assert load(tmp_path / "run.gdsim") == result.spec
    assert (tmp_path / "run.csv").read_text().count("\n") == 1 + len(result.loss(0)) + len(result.loss(1))


def test_formulas_parameters_and_rules() -> None:
    result = gdsim.run(
        formula="a*u^2 + v^2",
        variables=["u", "v"],
        parameters={"a": 2},
        optimizers="custom,lr=0.1,beta=0.5",
        rule="m = beta*m + g; step = -lr*m",
        start="1,-1",
        steps=50,
    )
    assert result.column(0, "u")[0] == 1.0
    assert result.loss()[-1] < 1e-6


def test_a_python_function_with_and_without_its_gradient(tmp_path: Path) -> None:
    def bowl(x: np.ndarray) -> float:
        return float((x[0] - 1) ** 2 + 2 * (x[1] + 2) ** 2)

    def slope(x: np.ndarray) -> np.ndarray:
        return np.array([2 * (x[0] - 1), 4 * (x[1] + 2)])

    for gradient in (None, slope):
        result = gdsim.run(bowl, gradient=gradient, optimizers=["gd,lr=0.1", "newton"], start=[0, 0], steps=200)
        assert result.backend == "numpy"
        assert np.allclose(result.theta("gd")[-1], [1, -2], atol=1e-5)
        assert np.allclose(result.theta("newton")[-1], [1, -2], atol=1e-5)
    with pytest.raises(GdsimError, match="cannot be saved"):
        result.save(tmp_path / "run.gdsim")
    with pytest.raises(GdsimError, match="start"):
        gdsim.run(bowl)
    with pytest.raises(GdsimError, match="numpy"):
        gdsim.run(bowl, start=[0, 0], backend="cpu")


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"function": "himelblau"}, "himmelblau"),
        ({"function": "booth", "formula": "x"}, "both"),
        ({}, "nothing to minimise"),
        ({"formula": "x^2", "start": [1, 2]}, "start"),
        ({"formula": "x^2", "steps": 0}, "steps"),
        ({"formula": "x^2", "optimizers": ["adm"]}, "adam"),
        ({"formula": "log(x)", "start": -1}, "start"),
        ({"formula": "x^2", "tolerance": -1}, "tolerance"),
    ],
)
def test_bad_input_is_one_of_our_errors(given: dict[str, object], words: str) -> None:
    with pytest.raises(GdsimError, match=words):
        gdsim.run(**given)  # type: ignore[arg-type]


def test_evaluate() -> None:
    found = gdsim.evaluate("x^2 + 3x*y + a*y^2", [1, 2], parameters={"a": 5})
    assert found["value"] == 27
    assert found["gradient"] == [8, 23]
    assert found["hessian"] == [[2, 3], [3, 10]]
    assert found["max_stable_lr"] == pytest.approx(2 / 11)
    assert gdsim.evaluate("-x^2", "1")["max_stable_lr"] is None


def test_the_picture(tmp_path: Path, qapp: object) -> None:
    result = gdsim.run("booth", optimizers=["gd,lr=0.05"], steps=50, backend="numpy")
    result.to_image(tmp_path / "run.png", size=(640, 480))
    result.to_image(tmp_path / "run.svg")
    assert (tmp_path / "run.png").read_bytes().startswith(b"\x89PNG")
    assert b"<svg" in (tmp_path / "run.svg").read_bytes()[:400]
