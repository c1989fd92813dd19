from __future__ import annotations

import math

import pytest

from gdsim.errors import SpecError
from gdsim.session.opening import opening_spec
from gdsim.session.spec import MAX_STEPS, Change, Problem, Racer, RunSpec

GD = Racer(name="gd", rule="step = -lr*g", hyper={"lr": 0.1})
BOWL = Problem(formula="x^2", variables=("x",), dimension=1)
SPEC = RunSpec(problem=BOWL, racers=(GD,), start=(1.0,), steps=10)


def test_the_opening_holds_together() -> None:
    opening_spec().check()


def test_labels_are_unique() -> None:
    racers = (GD, GD, GD.replace(label="gd#2"), GD.replace(name="adam"), GD)
    labels = SPEC.replace(racers=racers).labels
    assert len(set(labels)) == 5
    assert labels[0] == "gd"
    assert labels[2] == "gd#2"
    assert SPEC.replace(racers=(GD, GD, GD)).labels == ("gd", "gd#2", "gd#3")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"steps": 0}, "at least 1 step"),
        ({"steps": MAX_STEPS + 1}, "too many"),
        ({"racers": ()}, "nobody is racing"),
        ({"racers": (GD,) * 65}, "at most 64"),
        ({"start": (1.0, 2.0)}, "2 numbers"),
        ({"start": (math.nan,)}, "finite"),
        ({"tolerance": -1.0}, "tolerance"),
        ({"tolerance": math.nan}, "tolerance"),
        ({"target": math.nan}, "target"),
        ({"seed": -1}, "seed"),
        ({"batch": 3}, "batch"),
        ({"format": 2}, "format 2"),
        ({"problem": BOWL.replace(formula="  ")}, "empty"),
        ({"problem": BOWL.replace(dimension=0)}, "dimension"),
        ({"problem": BOWL.replace(domain=((1.0, -1.0),))}, "no interval"),
        ({"problem": BOWL.replace(parameters={"a": math.inf})}, "finite"),
        ({"problem": BOWL.replace(ranges={"a": (2.0, 1.0)})}, "no range"),
        ({"problem": BOWL.replace(minima=(((1.0, 2.0), 0.0),))}, "minimum"),
        ({"racers": (GD.replace(method="lbfgs"),)}, "one of the two"),
        ({"racers": (GD.replace(hyper={"lr": math.inf}),)}, "finite"),
        ({"racers": (GD.replace(clip=-1.0),)}, "off"),
        ({"changes": (Change(3, 1, "lr", 0.2),)}, "no racer 1"),
        ({"changes": (Change(3, 0, "beta", 0.2),)}, "no setting"),
        ({"changes": (Change(3, 0, "lr", (0.2, 0.1)),)}, "list"),
        ({"changes": (Change(3, 0, "lr", 0.2), Change(2, 0, "lr", 0.2))}, "order"),
    ],
)
def test_what_does_not_fit_is_said(change: dict[str, object], words: str) -> None:
    with pytest.raises(SpecError, match=words):
        SPEC.replace(**change).check()


def test_ten_million_rows_of_two_coordinates_are_allowed_but_not_eight_times_that_in_forty_dimensions() -> None:
    plane = BOWL.replace(variables=("x", "y"), dimension=2)
    SPEC.replace(problem=plane, start=(1.0, 1.0), steps=MAX_STEPS).check()
    wide = Problem(formula="sum(x[i]^2, i=1..n)", dimension=40)
    with pytest.raises(SpecError, match="fill the memory"):
        SPEC.replace(problem=wide, start=(1.0,) * 40, steps=MAX_STEPS, racers=(GD,) * 8).check()


def test_changes_follow_their_racer() -> None:
    spec = SPEC.replace(racers=(GD, GD, GD)).with_change(Change(5, 2, "lr", 0.5)).with_change(Change(3, 0, "lr", 0.2))
    assert [change.after_step for change in spec.changes] == [3, 5]
    shorter = spec.without_racer(0)
    assert shorter.changes == (Change(5, 1, "lr", 0.5),)
    assert shorter.racer_at(1, 4).hyper["lr"] == 0.1
    assert shorter.racer_at(1, 5).hyper["lr"] == 0.5
    again = spec.with_change(Change(5, 2, "lr", 0.7))
    assert again.changes[-1].value == 0.7
    assert len(again.changes) == 2


def test_a_setting_is_a_hyper_parameter_or_one_every_racer_takes() -> None:
    assert GD.with_setting("clip", 2.0).clip == 2.0
    assert GD.with_setting("lr", 2.0).hyper == {"lr": 2.0}
    with pytest.raises(SpecError, match="beta"):
        GD.with_setting("beta", 2.0)
