"""A person's own catalogue: kept beside the shipped one, never able to take it down."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from gdsim import catalogue
from gdsim.catalogue import personal
from gdsim.errors import CatalogueError, FormulaError
from gdsim.params import ParamSpec


@pytest.fixture(autouse=True)
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("GDSIM_HOME", str(tmp_path))
    catalogue.reload()
    yield
    catalogue.reload()


def a_function(name: str = "my_bowl") -> catalogue.FunctionEntry:
    return catalogue.FunctionEntry(
        name=name,
        title='A "bowl" of mine',
        formula="a*x^2 + y^2",
        family="my own",
        source="",
        teaches="Nothing yet.",
        domain=((-2.0, 2.0), (-1.0, 1.0)),
        view=((-2.0, 2.0), (-1.0, 1.0)),
        start=(1.0, 0.5),
        minima=(((0.0, 0.0), 0.0),),
        parameters=(ParamSpec("a", "a", 2.0, low=0.0, doc="How steep."),),
    )


def an_optimizer(name: str = "my_rule") -> catalogue.OptimizerEntry:
    return catalogue.OptimizerEntry(
        name=name,
        title="Mine",
        family="my own",
        source="",
        teaches="",
        stages=(("v[k] = betas[k]*v[k] + g", "Keep."), ("step = -lr*sum(v[k], k=1..len(betas))", "Go.")),
        hyper=(
            ParamSpec("lr", r"\eta", 0.1, low=0.0, open_low=True),
            ParamSpec("betas", r"\beta", (0.0, 0.9), kind="list", low=0.0, high=1.0),
        ),
        init={"v": "lr"},
    )


def write(kind: str, text: str) -> None:
    personal.path_of(kind).write_text(text, encoding="utf-8")
    catalogue.reload()


def test_what_is_saved_comes_back() -> None:
    catalogue.save_function(a_function())
    catalogue.save_optimizer(an_optimizer())
    catalogue.reload()
    assert catalogue.function("my_bowl") == replace(a_function(), personal=True)
    assert catalogue.optimizer("my_rule") == replace(an_optimizer(), personal=True)
    assert catalogue.problems() == ()
    assert [path.name for path in personal.path_of("function").parent.iterdir() if path.name.startswith("tmp")] == []


def test_the_same_name_again_replaces_and_removal_removes() -> None:
    catalogue.save_function(a_function())
    catalogue.save_function(replace(a_function(), title="Another"))
    assert catalogue.function("my_bowl").title == "Another"
    catalogue.remove_function("my_bowl")
    assert "my_bowl" not in catalogue.functions()
    with pytest.raises(CatalogueError, match="no function 'my_bowl'"):
        catalogue.remove_function("my_bowl")


@pytest.mark.parametrize("name", ["rosenbrock", "himmelblau"])
def test_shipped_names_are_refused(name: str) -> None:
    with pytest.raises(CatalogueError, match="shipped"):
        catalogue.save_function(a_function(name))
    with pytest.raises(CatalogueError, match="shipped"):
        catalogue.save_optimizer(an_optimizer("adam"))
    with pytest.raises(CatalogueError, match="no function"):
        catalogue.remove_function(name)


@pytest.mark.parametrize("name", ["My Bowl", "", "2x", "a-b"])
def test_bad_names_are_refused(name: str) -> None:
    with pytest.raises(CatalogueError, match="lower case"):
        catalogue.save_function(a_function(name))


def test_bad_formulas_are_refused() -> None:
    with pytest.raises(FormulaError):
        catalogue.save_function(replace(a_function(), formula="x^^2"))
    with pytest.raises(CatalogueError, match="coordinates"):
        catalogue.save_function(replace(a_function(), formula="a*x^2"))
    with pytest.raises(CatalogueError, match="not declared"):
        catalogue.save_function(replace(a_function(), parameters=()))
    with pytest.raises(FormulaError, match="step"):
        catalogue.save_optimizer(replace(an_optimizer(), stages=(("v = g", "Keep."),), init={}))
    assert not personal.path_of("function").exists()


def test_a_broken_file_leaves_the_shipped_ones() -> None:
    write("function", "[function.good\nformula = ")
    assert "rosenbrock" in catalogue.functions()
    (problem,) = catalogue.problems()
    assert "line 1" in str(problem)
    assert "functions.toml" in str(problem)
    with pytest.raises(CatalogueError, match="Mend"):
        catalogue.save_function(a_function())
    assert personal.path_of("function").read_text() == "[function.good\nformula = "


def test_a_broken_entry_leaves_the_others() -> None:
    write(
        "function",
        '[function.bad]\nformula = "x^"\nstart = [1]\ndomain = [[-1, 1]]\n'
        '[function.odd]\nformula = "x^2"\nstart = [1]\ndomain = [[1, -1]]\n'
        '[function.extra]\nformula = "x^2"\nstart = [1]\ndomain = [[-1, 1]]\ncolour = "red"\n'
        '[function.rosenbrock]\nformula = "x^2"\nstart = [1]\ndomain = [[-1, 1]]\n'
        '[function.good]\nformula = "x^2"\nstart = [1]\ndomain = [[-1, 1]]\n',
    )
    assert catalogue.function("good").personal
    assert catalogue.function("rosenbrock").title == "Rosenbrock's valley"
    told = [str(problem) for problem in catalogue.problems()]
    assert len(told) == 4
    for name, words in {"bad": "column", "odd": "lower bound", "extra": "colour", "rosenbrock": "taken"}.items():
        assert any(repr(name) in text and words in text for text in told)


def test_an_unreadable_file_is_a_problem_not_a_crash() -> None:
    personal.path_of("optimizer").write_bytes(b"\xff\xfe\x00")
    catalogue.reload()
    assert "adam" in catalogue.optimizers()
    assert len(catalogue.problems()) == 1


def test_a_failed_save_leaves_the_old_file(monkeypatch: pytest.MonkeyPatch) -> None:
    catalogue.save_function(a_function())
    before = personal.path_of("function").read_bytes()

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(CatalogueError, match="No space left"):
        catalogue.save_function(a_function("second"))
    assert personal.path_of("function").read_bytes() == before
    assert len(list(personal.path_of("function").parent.iterdir())) == 1


@pytest.mark.parametrize(
    ("ask", "wrong", "meant"),
    [
        (catalogue.function, "rosenbrok", "rosenbrock"),
        (catalogue.optimizer, "adm", "adam"),
        (catalogue.schedule, "cosin", "cosine"),
    ],
)
def test_unknown_names_say_what_was_meant(ask: object, wrong: str, meant: str) -> None:
    with pytest.raises(CatalogueError, match=f"Did you mean '{meant}'"):
        ask(wrong)  # type: ignore[operator]
