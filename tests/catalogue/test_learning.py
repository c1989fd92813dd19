"""A table over every shipped activation and loss: words, papers, parameters written in, what a bad entry is told."""

from __future__ import annotations

import json
import typing

import pytest

from gdsim import catalogue
from gdsim.catalogue.learning import TARGETS, Targets, build_activation, build_loss
from gdsim.catalogue.reader import read_entries
from gdsim.cli import app as cli
from gdsim.cli import register_all
from gdsim.errors import CatalogueError, SpecError
from gdsim.formula import parse_formula
from gdsim.objectives.network import design

ACTIVATIONS = list(catalogue.activations().values())
LOSSES = list(catalogue.losses().values())
PROMISED_ACTIVATIONS = """identity sigmoid tanh relu leaky_relu elu selu celu gelu gelu_tanh silu mish softplus softsign
    hard_sigmoid hard_tanh hard_swish relu6 sine gaussian log_sigmoid"""
PROMISED_LOSSES = "mse half_mse mae huber log_cosh binary_cross_entropy cross_entropy hinge squared_hinge quantile"


def names(entries: list) -> list[str]:  # type: ignore[type-arg]
    return [entry.name for entry in entries]


def test_the_promised_ones_are_there() -> None:
    assert set(PROMISED_ACTIVATIONS.split()) <= set(catalogue.activations())
    assert set(PROMISED_LOSSES.split()) <= set(catalogue.losses())


@pytest.mark.parametrize("entry", [*ACTIVATIONS, *LOSSES], ids=names([*ACTIVATIONS, *LOSSES]))
def test_words(entry: catalogue.ActivationEntry | catalogue.LossEntry) -> None:
    assert entry.title
    assert entry.title[0].isupper() or entry.title.startswith("tanh")
    assert entry.source
    assert entry.teaches.endswith(".")
    assert 30 < len(entry.teaches) < 160
    for spec in entry.params:
        assert spec.doc.endswith(".")
        assert spec.symbol
        low, high = spec.slider_range
        assert low <= spec.default <= high  # type: ignore[operator]


@pytest.mark.parametrize("entry", ACTIVATIONS, ids=names(ACTIVATIONS))
def test_an_activation_reads_z_alone(entry: catalogue.ActivationEntry) -> None:
    parsed = parse_formula(entry.text(), ("z",))
    assert not parsed.parameters
    assert parsed.latex("f(z)").startswith("f(z) = ")
    assert catalogue.activation(entry.name) is entry


@pytest.mark.parametrize("entry", LOSSES, ids=names(LOSSES))
def test_a_loss_reads_output_and_target_alone(entry: catalogue.LossEntry) -> None:
    assert catalogue.loss(entry.name) is entry
    assert entry.task == ("number" if entry.targets == "number" else "classes")
    if not entry.formula:
        assert (entry.name, entry.targets, entry.text()) == ("cross_entropy", "one_hot", "")
        assert entry.shown
        assert entry.latex
        return
    assert not parse_formula(entry.text(), ("o", "y")).parameters
    if entry.prediction:
        assert not parse_formula(entry.prediction, ("o",)).parameters


def test_numbers_are_written_in_exactly() -> None:
    elu = catalogue.activation("elu")
    assert elu.text({"alpha": 0.1 + 0.2}) == "if(z > 0, z, 0.30000000000000004*(exp(z) - 1))"
    assert elu.text() == "if(z > 0, z, (exp(z) - 1))"
    assert catalogue.activation("celu").text({"alpha": 2}) == "if(z > 0, z, 2*(exp(z/2) - 1))"
    assert catalogue.activation("leaky_relu").text({"alpha": -1}) == "if(z > 0, z, (-1)*z)"
    assert catalogue.activation("tanh").text({}) == "tanh(z)"
    assert catalogue.loss("quantile").text({"tau": 0.5}) == "0.5*relu(y - o) + (1 - 0.5)*relu(o - y)"


def test_the_document_and_the_catalogue_speak_of_the_same_targets() -> None:
    assert typing.get_args(Targets) == typing.get_args(design.Targets) == TARGETS
    assert design.Activation().formula == catalogue.activation(design.Activation().name).text()
    assert design.Model().output.formula == catalogue.activation(design.Model().output.name).text()
    default = catalogue.loss(design.Loss().name)
    assert (design.Loss().formula, design.Loss().targets) == (default.text(), default.targets)


def test_unknown_names_and_parameters_are_told() -> None:
    with pytest.raises(CatalogueError, match="Did you mean 'softplus'"):
        catalogue.activation("softpls")
    with pytest.raises(CatalogueError, match="gdsim list activations"):
        catalogue.activation("heavy")
    with pytest.raises(CatalogueError, match="Did you mean 'hinge'"):
        catalogue.loss("hing")
    with pytest.raises(SpecError, match="Did you mean 'delta'"):
        catalogue.loss("huber").text({"delt": 1})
    with pytest.raises(SpecError, match="It has none"):
        catalogue.loss("mse").text({"delta": 1})
    with pytest.raises(SpecError, match=r"huber, delta: 0 is out of range"):
        catalogue.loss("huber").text({"delta": 0})


@pytest.mark.parametrize(
    ("table", "told"),
    [
        ({"formula": "z +", "range": [0, 1]}, "something is missing"),
        ({"formula": "a*z", "range": [0, 1]}, "'a' of the formula is not declared"),
        ({"formula": "z", "range": [1, 0]}, "lower one first"),
        ({"formula": "z", "range": [0, 1, 2]}, "two numbers"),
        ({"formula": "z"}, "'range' is missing"),
        ({"range": [0, 1]}, "'formula' is missing"),
        ({"formula": "z", "range": [0, 1], "colour": "red"}, "unknown field 'colour'"),
        ({"formula": "z", "range": [0, 1], "kinked": 1}, "true or false"),
    ],
)
def test_a_bad_activation_is_told(table: dict[str, object], told: str) -> None:
    entries, wrong = read_entries({"activation": {"mine": table}}, "activation", build_activation, "file")
    assert not entries
    assert told in wrong[0].message()
    assert "file, activation 'mine'" in wrong[0].message()


@pytest.mark.parametrize(
    ("table", "told"),
    [
        ({"formula": "(o - t)^2", "targets": "number"}, "'t' of the formula is not declared"),
        ({"formula": "(o - y)^2", "targets": "numbers"}, "unknown targets 'numbers'"),
        ({"formula": "(o - y)^2"}, "'targets' is missing"),
        ({"formula": "", "targets": "number"}, "'formula' is missing"),
        ({"formula": "(o - y)^2", "targets": "number", "prediction": "y"}, "'y' of the formula"),
    ],
)
def test_a_bad_loss_is_told(table: dict[str, object], told: str) -> None:
    entries, wrong = read_entries({"loss": {"mine": table}}, "loss", build_loss, "file")
    assert not entries
    assert told in wrong[0].message()


@pytest.mark.parametrize("what", ["activations", "losses"])
def test_lists(what: str, capsys: pytest.CaptureFixture[str]) -> None:
    known = catalogue.activations() if what == "activations" else catalogue.losses()
    register_all()
    assert cli.call(["list", what]) == 0
    plain = capsys.readouterr().out
    assert all(name in plain for name in known)
    assert cli.call(["list", what, "--json"]) == 0
    entries = json.loads(capsys.readouterr().out)
    assert [entry["name"] for entry in entries] == list(known)
    for entry in entries:
        assert entry["title"]
        assert entry["formula"]
        assert entry["source"]
        assert entry["teaches"]
        assert isinstance(entry["params"], list)
