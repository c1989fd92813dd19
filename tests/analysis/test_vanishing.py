"""The gradient of every layer: against the objective's own, and what is known to make it vanish or arrive."""

from __future__ import annotations

import threading

import numpy as np
import pytest

from gdsim.analysis.vanishing import Depth, Fading, deep_model, fading
from gdsim.engine.select import backend
from gdsim.errors import Cancelled, GdsimError
from gdsim.objectives.network.network import NetworkObjective
from gdsim.session.learning import problem_of
from gdsim.session.make_data import data_for
from gdsim.session.make_learning import learning_spec, make_model
from gdsim.session.resolve import objective_of, plans_of
from gdsim.session.runner import Runner
from gdsim.session.spec import RunSpec


def spec_of(depth: Depth, steps: int = 20, batch: int | str = "full") -> RunSpec:
    data = data_for("spiral", size=60)
    base = make_model("mlp:4", len(data.classes), seed=1)
    spec = learning_spec(data, base, racers=("adam,lr=0.01",), steps=steps, batch=batch, backend="numpy")
    return spec.replace(problem=problem_of(data, deep_model(base, depth)))


def faded(depth: Depth, steps: int = 0, batch: int | str = "full") -> Fading:
    spec = spec_of(depth, max(steps, 1), batch)
    return fading(objective_of(spec), plans_of(spec)[0], backend("numpy"), steps)


def norms_at(objective: NetworkObjective, theta: np.ndarray) -> list[float]:
    gradient = objective.value_gradient(theta)[1]
    return [float(np.linalg.norm(gradient[part])) for part in objective.net.layer_slices()]


@pytest.mark.parametrize(
    "depth",
    [Depth(3), Depth(4, 8, "tanh", "orthogonal", norm="layer"), Depth(5, 6, "relu", "he", norm="batch", residual=True)],
)
def test_norms_are_those_of_the_objective_s_gradient(depth: Depth) -> None:
    spec = spec_of(depth, 12)
    objective, plan = objective_of(spec), plans_of(spec)[0]
    shown = fading(objective, plan, backend("numpy"))
    assert shown.norms.shape == (13, depth.layers + 1)
    assert shown.sizes.sum() == objective.n
    assert shown.norms[0] == pytest.approx(norms_at(objective, np.array(plan.start)), rel=1e-10)
    runner = Runner(spec)
    while not runner.advance(10.0):
        pass
    theta = runner.history.weights(0, 7)[0]
    assert shown.norms[7] == pytest.approx(norms_at(objective, theta), rel=1e-9)
    assert shown.losses[7] == pytest.approx(objective.value(theta), rel=1e-12)


def test_twenty_sigmoids_swallow_the_gradient() -> None:
    shown = faded(Depth(20))
    assert shown.ratio < 1e-10
    assert shown.tone == "bad"
    assert shown.verdict.startswith("vanishes")
    falling = shown.norms[0, :-1]
    assert (falling[:-1] < falling[1:]).all()
    # each layer multiplies by 1/4 at most, and by about the size of its weights
    assert 0.05 < (falling[0] / falling[-1]) ** (1 / 19) < 0.4


def test_orthogonal_weights_and_tanh_keep_it() -> None:
    shown = faded(Depth(20, activation="tanh", init="orthogonal"))
    assert 1e-2 < shown.ratio < 1e2
    assert shown.tone == "good"
    assert shown.verdict.startswith("healthy")


def test_linear_layers_that_rotate_keep_its_length() -> None:
    objective = objective_of(spec_of(Depth(12, activation="identity", init="orthogonal")))
    spec = spec_of(Depth(12, activation="identity", init="orthogonal"))
    shown = faded(Depth(12, activation="identity", init="orthogonal"))
    # with W orthogonal |delta| is the same in all hidden layers, and so is |a|: bias gradients have one length
    gradient = objective.value_gradient(np.array(plans_of(spec)[0].start))[1]
    lengths = [np.linalg.norm(gradient[layer.bias.place]) for layer in objective.net.layers[:-1]]
    assert lengths == pytest.approx([lengths[0]] * 12, rel=1e-9)
    assert 0.1 < shown.ratio < 10


@pytest.mark.parametrize(
    ("cured", "least"),
    [(Depth(16, residual=True), 1e6), (Depth(16, norm="batch"), 1e6), (Depth(16, norm="layer"), 1e3)],
)
def test_what_is_said_to_cure_cures(cured: Depth, least: float) -> None:
    ill = faded(Depth(16))
    assert ill.tone == "bad"
    assert faded(cured).ratio > least * ill.ratio


def test_weights_that_are_too_large_explode() -> None:
    shown = faded(Depth(12, activation="relu", init="he", scale=3.0))
    # at the output all layers' factors have met: the first layer's gradient is as large as they are together
    healthy = faded(Depth(12, activation="relu", init="he"))
    assert shown.norms[0, 0] > 1e4 * healthy.norms[0, 0]
    assert faded(Depth(12, activation="identity", init="zeros")).verdict.startswith("the gradient is 0")


def test_words_for_what_can_happen() -> None:
    steps, sizes = np.arange(3), np.array([4, 4])

    def words(first: float, last: float, later: float = 1.0) -> tuple[str, str]:
        norms = np.array([[first, last], [later, 1.0], [later, 1.0]])
        shown = Fading(norms, steps, np.ones(3), sizes)
        return shown.tone, shown.verdict

    assert words(1e-5, 1.0)[1].startswith("vanishes: layer 1 gets 1.0·10⁻⁵ of")
    assert words(1e5, 1.0)[1].startswith("explodes: layer 1 gets 1.0·10⁵ times")
    healthy = "healthy: layer 1 gets 0.5 of the output layer's gradient, a factor 0.5 per layer"
    assert words(0.5, 1.0) == ("good", healthy)
    assert words(np.inf, 1.0)[0] == "bad"
    assert "exploded" in words(np.inf, 1.0)[1]
    assert "exploded" in words(np.nan, 1.0)[1]
    assert "nothing can be learnt" in words(0.0, 0.0)[1]
    dies = "dies at step 1: layer 1 gets no gradient from there on (at the start 0.5 of the output layer's)"
    assert words(0.5, 1.0, later=0.0) == ("bad", dies)
    assert Fading(np.zeros((2, 2)), np.arange(2), np.ones(2), sizes).dead == 0


def test_the_deep_model_is_what_was_asked_for() -> None:
    base = make_model("mlp:4", 2, l2=0.1, seed=9)
    model = deep_model(base, Depth(7, 5, "leaky_relu,alpha=0.3", "he", 2.0, "layer", True))
    assert [layer.size for layer in model.layers] == [5] * 7
    assert all(layer.norm == "layer" and layer.residual for layer in model.layers)
    assert "0.3" in model.layers[0].activation.formula
    assert (model.init.name, model.init.scale, model.init.seed) == ("he", 2.0, 9)
    assert (model.loss, model.output, model.l2) == (base.loss, base.output, 0.1)
    with pytest.raises(GdsimError):
        deep_model(base, Depth(activation="no_such"))


def test_it_stops_when_asked_and_tells_how_far_it_is() -> None:
    spec = spec_of(Depth(2), 200)
    told: list[tuple[int, int]] = []
    shown = fading(
        objective_of(spec), plans_of(spec)[0], backend("numpy"), 130, None, lambda done, of: told.append((done, of))
    )
    assert shown.steps[-1] == 130
    assert told[-1] == (130, 130)
    assert len(told) > 2
    stop = threading.Event()
    stop.set()
    with pytest.raises(Cancelled):
        fading(objective_of(spec), plans_of(spec)[0], backend("numpy"), 50, stop)
