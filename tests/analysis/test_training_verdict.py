"""The verdict on training, over runs whose numbers are made up here, and over small ones that are really computed."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import theilslopes
from training_traces import race, written

from gdsim.analysis.layer_spread import dead_units
from gdsim.analysis.training_progress import layer_flow, per_epoch_of, progress, trend_of
from gdsim.analysis.training_verdict import training_verdict
from gdsim.engine.status import Status
from gdsim.session.make_data import default_data
from gdsim.session.make_learning import learning_spec, make_model
from gdsim.session.runner import Runner


def verdict(train, test=None, race_of=None, step=None, status=Status.RUNNING, message="", **more):
    objective, plan = race() if race_of is None else race_of
    trace = written(objective, plan, train, test, **more)
    trace.status, trace.message = status, message
    return training_verdict(objective, plan, trace, trace.last if step is None else step)


EPOCHS = np.arange(41.0)


class TestTrends:
    def test_a_falling_loss_is_told_with_its_rate(self):
        said = verdict(0.7 * 0.97**EPOCHS, right=0.8)
        assert (said.kind, said.tone, said.edit) == ("falls", "plain", None)
        assert "by 3 % an epoch over the last 8" in said.happened
        assert "80 % of the training samples are right" in said.why

    def test_a_slow_one_is_to_be_hurried(self):
        said = verdict(0.7 * 0.999**EPOCHS, right=0.8)
        assert said.kind == "crawls" or said.kind == "plateau"
        said = verdict(0.7 * 0.9985**EPOCHS, right=0.8)
        assert (said.kind, said.edit.name) == ("crawls", "lr")
        assert said.edit.value == pytest.approx(0.3)
        assert "Try lr = 0.3" in said.advice

    def test_a_loss_that_rests_is_a_complaint_only_where_much_is_wrong(self):
        resting = np.full(41, 0.6)
        assert verdict(resting, right=0.6).tone == "warn"
        assert verdict(resting, right=0.95).tone == "plain"
        assert verdict(resting, race_of=race("linear", "line")).edit is None
        said = verdict(resting, right=0.6, race_of=race("logistic"))
        assert (said.kind, said.tone) == ("plateau", "plain")
        assert "hidden layer" in said.advice

    def test_a_loss_that_jumps_needs_shorter_steps_or_larger_batches(self):
        jumping = 0.5 * np.where(EPOCHS % 2 == 0, 1.4, 0.7)
        said = verdict(jumping, right=0.7)
        assert (said.kind, said.tone, said.edit.name) == ("jumps", "warn", "lr")
        assert "batches larger than 50" in said.advice
        assert "schedule" in said.advice
        assert "batches" not in verdict(jumping, right=0.7, race_of=race(batch="full")).advice

    def test_a_rising_loss(self):
        said = verdict(0.4 * 1.01**EPOCHS, right=0.7)
        assert (said.kind, said.tone) == ("rises", "warn")
        assert "by 1 % an epoch" in said.happened

    def test_the_first_epochs_fall_does_not_decide(self):
        train = np.array([5.0, 0.6, 0.6, 0.6, 0.6])
        assert verdict(train, right=0.5).kind == "plateau"

    def test_the_slope_is_sens(self):
        rng = np.random.default_rng(3)
        train = 0.7 * 0.96**EPOCHS * np.exp(rng.normal(0, 0.05, 41))
        objective, plan = race()
        trend = trend_of(progress(written(objective, plan, train), 10**9))
        expected = theilslopes(np.log(train[-9:]), EPOCHS[-9:])[0]
        assert trend.epochs == 8
        assert trend.rate == pytest.approx(1 - math.exp(expected), rel=1e-12)
        assert trend.rises == int((np.diff(train[-9:]) > 0).sum())


class TestTestSamples:
    test = 0.5 * 0.97**EPOCHS
    rising = np.where(EPOCHS < 15, 0.5 * 0.97**EPOCHS, 0.5 * 0.97**15 * 1.02 ** (EPOCHS - 15))

    def test_over_fitting_is_dated(self):
        said = verdict(0.5 * 0.95**EPOCHS, self.rising, right=0.9, right_test=0.8)
        assert (said.kind, said.tone) == ("over-fits", "warn")
        assert "since epoch 1" in said.happened
        assert (said.edit.name, said.edit.value) == ("weight_decay", 0.001)
        assert "stopping at epoch 1" in said.advice

    @pytest.mark.parametrize(
        ("racer", "value"), [("adamw,lr=0.01,weight_decay=0", 0.01), ("gd,lr=0.1,weight_decay=0.01", 0.03)]
    )
    def test_more_weight_decay_than_there_is(self, racer, value):
        said = verdict(0.5 * 0.95**EPOCHS, self.rising, right=0.9, race_of=race(racer=racer))
        assert said.edit.value == pytest.approx(value)

    def test_one_lucky_epoch_is_no_over_fitting(self):
        lucky = self.test.copy()
        lucky[10] = 0.01
        assert verdict(0.5 * 0.95**EPOCHS, lucky, right=0.9, right_test=0.9).kind == "falls"

    def test_both_rising_is_no_over_fitting(self):
        assert verdict(self.rising, self.rising, right=0.7).kind == "rises"

    def test_learnt_and_learnt_by_heart(self):
        train = 0.1 * 0.97**EPOCHS
        good = verdict(train, self.test, right=1.0, right_test=0.98)
        assert (good.kind, good.tone, good.edit) == ("learnt", "good", None)
        assert "all of the training samples are right" in good.happened
        heart = verdict(train, self.test, right=1.0, right_test=0.7)
        assert (heart.kind, heart.edit.name) == ("over-fits", "weight_decay")


class TestBeginning:
    def test_at_the_start_guessing_is_the_measure(self):
        said = verdict([0.72], right=0.4)
        assert said.kind == "begins"
        assert "training loss 0.72" in said.happened
        assert "50 % right" in said.why

    def test_in_the_first_epoch_batches_tell(self):
        losses = np.linspace(1.0, 0.5, 5)
        said = verdict([0.9], extra=4, losses=losses)
        assert "falling" in said.happened
        assert "rising" in verdict([0.9], extra=4, losses=losses[::-1]).happened

    def test_after_two_epochs(self):
        assert "was 0.9 at the start and is 0.5 now" in verdict([0.9, 0.7, 0.5]).happened

    def test_what_is_not_known_yet_is_not_told(self):
        train = np.concatenate([np.full(20, 0.6), 0.6 * 0.9 ** np.arange(21)])
        objective, plan = race()
        trace = written(objective, plan, train, right=0.6)
        per_epoch = per_epoch_of(trace)
        before = training_verdict(objective, plan, trace, 15 * per_epoch)
        trace.truncate(15 * per_epoch)
        assert before == training_verdict(objective, plan, trace, 10**9)
        assert before.kind == "plateau"


class TestTrouble:
    def test_far_worse_than_at_the_start(self):
        said = verdict([0.7, 5.0, 9.0, 20.0], right=0.5)
        assert (said.kind, said.tone) == ("diverges", "bad")
        assert said.edit.value == pytest.approx(0.01)

    def test_one_bad_epoch_is_not_yet_divergence(self):
        train = 0.7 * 0.97**EPOCHS
        train[20] = 30.0
        assert verdict(train, right=0.8).kind == "falls"

    def test_the_gradient_vanishes(self):
        race_of = race("mlp:8,8,8", activation="sigmoid")
        said = verdict(np.full(41, 0.69), norms=[1e-6, 1e-4, 1e-2, 1.0], right=0.5, race_of=race_of)
        assert (said.kind, said.tone, said.edit) == ("vanishes", "warn", None)
        assert "1e-06" in said.why
        for cure in ("relu", "batch normalisation", "residual"):
            assert cure in said.advice
        cured = race("mlp:8,8,8", activation="relu", norm="batch", residual=True)
        assert verdict(np.full(41, 0.69), norms=[1e-6, 1.0, 1.0, 1.0], right=0.5, race_of=cured).advice == ""

    def test_a_small_gradient_that_serves_is_no_trouble(self):
        assert verdict(0.7 * 0.9**EPOCHS, norms=[1e-6, 1e-3, 1.0], right=0.9).kind == "falls"

    def test_the_gradient_explodes(self):
        said = verdict(np.full(41, 0.69), norms=[1e6, 1e3, 1.0], right=0.5)
        assert (said.kind, said.edit.name, said.edit.value) == ("explodes", "clip", 1.0)
        clipped = verdict(np.full(41, 0.69), norms=[1e6, 1e3, 1.0], right=0.5, race_of=race(racer="gd,lr=0.1,clip=1"))
        assert clipped.edit.name == "lr"

    def test_no_gradient_at_all(self):
        assert verdict(np.full(41, 0.69), norms=[0.0, 0.0, 1.0], right=0.5).kind == "vanishes"

    def test_weights_of_zero_stay_alike(self):
        said = verdict(np.full(41, 0.69), right=0.5, race_of=race(init="zeros"))
        assert said.kind == "symmetric"
        assert "xavier" in said.advice

    def test_units_that_are_dead(self):
        objective, plan = race(activation="relu")
        theta = np.random.default_rng(0).normal(size=objective.n)
        layer = objective.net.layers[1]
        theta[layer.bias.place] = [-1e6, -1e6, -1e6, 5.0]
        assert dead_units(objective, theta, np.empty(0))[-1] == (2, 3, 4)
        trace = written(objective, plan, np.full(41, 0.6), right=0.6)
        said = training_verdict(objective, plan, trace, 10**9, lambda: (theta, np.empty(0)))
        assert (said.kind, said.tone, said.edit.name) == ("dead", "warn", "lr")
        assert "3 of 4 of layer 2" in said.happened
        theta[layer.bias.place] = -1e6
        assert training_verdict(objective, plan, trace, 10**9, lambda: (theta, np.empty(0))).tone == "bad"

    def test_weights_are_asked_for_only_where_units_can_die(self):
        objective, plan = race(activation="tanh")
        trace = written(objective, plan, np.full(41, 0.6), right=0.6)

        def asked():
            raise AssertionError("nobody needs them")

        assert training_verdict(objective, plan, trace, 10**9, asked).kind == "plateau"

    @pytest.mark.parametrize("value", [0.0, -1.0, math.inf, 1e300, 1e-300])
    def test_odd_losses_are_told(self, value):
        said = verdict(np.full(41, value), np.full(41, value), right=0.5, right_test=0.5)
        assert said.happened
        assert all("nan" not in line.lower() for line in said.lines)


class TestEnds:
    def test_the_step_limit_goes_before_what_there_is_to_say(self):
        said = verdict(0.7 * 0.97**EPOCHS, right=0.8, status=Status.STEP_LIMIT)
        assert said.happened.startswith("Trained for 40 epochs. Still falling")
        assert said.advice == "Allow more steps"

    @pytest.mark.parametrize("status", [Status.TARGET, Status.CONVERGED, Status.PLATEAU])
    def test_an_end_that_was_wanted_is_good(self, status):
        message = "reached the target loss 0.3 after 40 epochs"
        said = verdict(0.7 * 0.97**EPOCHS, right=0.8, status=status, message=message)
        assert (said.tone, said.edit) == ("good", None)
        assert said.happened == "Reached the target loss 0.3 after 40 epochs"

    def test_early_stopping_still_tells_of_over_fitting(self):
        rising = TestTestSamples.rising
        ended = {"status": Status.PLATEAU, "message": "stopped early. It is over"}
        said = verdict(0.5 * 0.95**EPOCHS, rising, right=0.9, **ended)
        assert said.happened == "Stopped early"
        assert said.why.startswith("Over-fitting")

    def test_before_the_end_nothing_is_said_of_it(self):
        objective, plan = race()
        trace = written(objective, plan, 0.7 * 0.97**EPOCHS, right=0.8)
        trace.status = Status.STEP_LIMIT
        assert "Trained" not in training_verdict(objective, plan, trace, trace.last - 1).happened


def test_the_gradients_way_is_a_geometric_mean_over_an_epoch():
    objective, plan = race()
    trace = written(objective, plan, [0.7, 0.6, 0.5], norms=[0.5, 1.0, 1.0])
    first = trace.columns.index("grad_norm_layer1")
    noise = np.exp(np.random.default_rng(0).normal(size=trace.published))
    trace.room(0)[: trace.published, first] = 0.1 * noise
    per_epoch = per_epoch_of(trace)
    flow = layer_flow(trace, trace.last)
    assert flow.norms[0] == pytest.approx(0.1 * noise[-1])
    assert flow.ratio == pytest.approx(float(np.exp(np.mean(np.log(0.1 * noise[-per_epoch:])))))
    assert flow.kind == "healthy"
    assert layer_flow(written(*race("logistic"), [0.7]), 0).kind == "single"
    assert layer_flow(written(objective, plan, [0.7], norms=[math.inf, 1, 1]), 0).kind == "lost"


def test_of_a_long_run_the_last_epochs_are_all_looked_at():
    objective, plan = race(batch="full")
    train = 0.7 * 0.9999 ** np.arange(5001.0)
    seen = progress(written(objective, plan, train), 10**9)
    assert len(seen.train) < 1200
    assert (seen.epochs[-64:] == np.arange(4937, 5001)).all()
    assert seen.train == pytest.approx(train[seen.epochs.astype(int)])


class TestComputed:
    """Models small enough for the limit of the learning rate to be known."""

    def run(self, racer, steps=40, batch="full", text="linear", dataset="line"):
        data = default_data(dataset)
        model = make_model(text, len(data.classes))
        spec = learning_spec(data, model, racers=(racer,), batch=batch, steps=steps, backend="numpy")
        runner = Runner(spec)
        while not runner.advance(1.0):
            pass
        return runner.history

    def told(self, history, step):
        state = history.state(0, step)
        return training_verdict(history.objective, history.plans[0], history.traces[0], step, state=state)

    def test_the_limit_is_two_over_the_largest_eigenvalue(self):
        history = self.run("gd,lr=0.01")
        x = history.objective.samples.x[0]
        hessian = 2 * np.array([[np.mean(x * x), np.mean(x)], [np.mean(x), 1.0]])
        limit = 2 / np.linalg.eigvalsh(hessian)[-1]
        said = self.told(history, 5)
        assert said.limit == pytest.approx(limit, rel=0.01)
        assert f"the limit here is {said.limit:.3g}" in said.why

    def test_above_it_the_edit_goes_below(self):
        limit = self.told(self.run("gd,lr=0.01"), 0).limit
        said = self.told(self.run(f"gd,lr={1.5 * limit!r}"), 0)
        assert (said.kind, said.tone) == ("diverges", "bad")
        assert said.edit.value < limit

    def test_divergence_names_the_bound_at_the_start(self):
        history = self.run("gd,lr=2", steps=3000)
        said = self.told(history, 10**9)
        assert said.happened.startswith("Left the range of finite numbers")
        assert "2 / curvature" in said.why
        assert said.edit.value < 0.077

    def test_momentum_has_a_limit_of_its_own(self):
        plain, heavy = self.told(self.run("gd,lr=0.01"), 0).limit, self.told(self.run("momentum,lr=0.01"), 0).limit
        assert heavy == pytest.approx(1.9 * plain, rel=0.02)

    def test_batches_have_none(self):
        assert self.told(self.run("gd,lr=0.01", batch=10), 5).limit is None

    def test_the_words_of_the_window_are_these(self):
        from gdsim.gui import words

        history = self.run("gd,lr=0.0005")
        said = words.verdict(history, 0, 30)
        assert said.kind == "crawls"
        assert said.proposal.name == "lr"
        assert said.max_stable_lr == pytest.approx(0.077, rel=0.05)
        assert words.stages(history, 0, 30)[0].name == "g"


def test_a_large_network_has_no_stages():
    from gdsim.gui import words

    data, model = default_data("circle"), make_model("mlp:8", 2)
    spec = learning_spec(data, model, racers=("gd,lr=0.1",), steps=3, backend="numpy")
    runner = Runner(spec)
    while not runner.advance(1.0):
        pass
    assert len(words.stages(runner.history, 0, 1)) == 0
    assert words.verdict(runner.history, 0, 1).headline
