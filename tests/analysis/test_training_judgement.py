"""The verdict at the last step and the sentence on a run's end say the same of it, whatever its losses were."""

from __future__ import annotations

import math
import re

import numpy as np
import pytest
from training_traces import race, written

from gdsim.analysis.training_judgement import blown_up, by_heart, learnt, motion_of, over_fitting
from gdsim.analysis.training_outcome import training_outcome
from gdsim.analysis.training_progress import progress, trend_of
from gdsim.analysis.training_verdict import training_verdict
from gdsim.engine.status import Status
from gdsim.session.make_training import training_spec
from gdsim.session.runner import Runner

WORDS = {
    "over-fits": "it is over-fitting",
    "diverges": "it diverges",
    "learnt": "of the training samples",
    "falls": "still falling",
    "crawls": "still falling",
    "rises": "rises again",
    "jumps": "jumps about",
    "plateau": "hardly moves",
    "begins": "to see where it goes",
}
"""What the outcome says where the verdict is of a kind."""


def curves(seed: int):
    """Losses and shares of a made-up run: a drift, a turn of the test loss, noise."""
    rng = np.random.default_rng(seed)
    count = int(rng.choice([2, 4, 6, 20, 60, 200]))
    epochs = np.arange(count + 1.0)
    train = 0.7 * rng.choice([0.9, 0.97, 0.995, 0.9999, 1.0, 1.01, 1.1]) ** epochs
    train *= np.exp(rng.normal(0, rng.choice([0, 0.01, 0.3]), count + 1))
    turn = rng.integers(0, count + 1)
    test = np.where(epochs < turn, 0.97**epochs, 0.97**turn * rng.choice([0.99, 1.0, 1.005, 1.03]) ** (epochs - turn))
    right = float(rng.choice([0.5, 0.9, 0.996, 1.0]))
    return train, test * np.exp(rng.normal(0, 0.01, count + 1)), right, right - float(rng.choice([0.0, 0.05, 0.3]))


@pytest.mark.parametrize("seed", range(150))
def test_both_say_the_same(seed):
    train, test, right, right_test = curves(seed)
    objective, plan = race()
    trace = written(objective, plan, train, test, right=right, right_test=right_test)
    said = training_verdict(objective, plan, trace, trace.last)
    _, message = training_outcome(plan, trace, Status.STEP_LIMIT)
    assert WORDS[said.kind] in message
    assert ("over-fitting" in message) == (said.kind == "over-fits")


def test_over_fitting_is_dated_alike():
    epochs = np.arange(61.0)
    test = np.where(epochs < 20, 0.97**epochs, 0.97**20 * 1.02 ** (epochs - 20))
    objective, plan = race()
    trace = written(objective, plan, 0.7 * 0.95**epochs, test, right=0.9, right_test=0.8)
    since = re.search(r"since epoch (\d+)", training_verdict(objective, plan, trace, trace.last).happened)[1]
    assert f"rising since epoch {since} " in training_outcome(plan, trace, Status.STEP_LIMIT)[1]
    found = over_fitting(progress(trace, trace.last))
    assert abs(found.since - 20) <= 1
    assert found.test == pytest.approx(np.median(test[-3:]))
    assert found.lowest == pytest.approx(np.median(test[int(found.since) - 1 : int(found.since) + 2]))
    assert found.before == pytest.approx(0.7 * 0.95**found.since)


def test_what_is_judged():
    epochs = np.arange(41.0)
    objective, plan = race()

    def seen(train, test=None, **more):
        return progress(written(objective, plan, train, test, **more), 10**9)

    assert blown_up(seen(0.5 * 1.2**epochs))
    assert not blown_up(seen(0.5 * 0.9**epochs))
    assert not blown_up(seen(np.where(epochs == 40, 50.0, 0.5)))  # for one epoch only
    assert by_heart(seen(0.1 * 0.9**epochs, right=1.0, right_test=0.8))
    assert not by_heart(seen(0.1 * 0.9**epochs, right=1.0, right_test=0.95))
    assert not by_heart(seen(0.1 * 0.9**epochs, right=1.0))
    assert not learnt(seen(0.1 * 0.9**epochs))
    for factor, motion in ((0.9, "falls"), (1.0, "rests"), (1.05, "rises")):
        assert motion_of(trend_of(seen(0.5 * factor**epochs))) == motion
    assert over_fitting(seen(0.5 * 0.9**epochs)) is None  # no test samples


def test_a_loss_below_zero_is_told_without_a_trend():
    objective, plan = race()
    trace = written(objective, plan, np.linspace(1.0, -3.0, 21), right=math.nan)
    assert training_outcome(plan, trace, Status.STEP_LIMIT)[1].endswith("the loss went from 1 to -3")


def test_a_network_that_is_really_over_fitted_hears_it_from_both():
    spec = training_spec("circle,noise=0.5,size=60", "mlp:24,24", racers=("adam,lr=0.03",), epochs=200, backend="numpy")
    history = Runner(spec).run()
    trace = history.traces[0]
    said = training_verdict(history.objective, history.plans[0], trace, trace.last)
    assert said.kind == "over-fits"
    assert "over-fitting" in history.message(0)
