"""Training of small networks and slices through their loss: gdsim's side, sizes as parameters; float32."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np

from gdsim.bench import network_peers as others
from gdsim.bench.peers import LR, Peers
from gdsim.bench.work import Array, Contestant, Work
from gdsim.bench.workloads import compiled
from gdsim.engine import noise
from gdsim.engine.backend import Plane, RacerPlan
from gdsim.engine.network.code import network_code
from gdsim.engine.network.compiled import CompiledNetwork
from gdsim.engine.network.training import carried
from gdsim.engine.select import new_trace
from gdsim.objectives.data.samples import Samples, steps_per_epoch
from gdsim.objectives.network.chosen import choose_activation, choose_loss
from gdsim.objectives.network.design import Layer, Model
from gdsim.objectives.network.network import NetworkObjective, network_objective
from gdsim.optimizers.rule import rule
from gdsim.session.learning import network_of
from gdsim.session.make_learning import learning_spec, make_model

PLAYGROUND_INPUTS = ("x", "y", "x^2", "y^2", "x*y", "sin(x)", "sin(y)")
PLAYGROUND_MS = 1.3
"""An epoch of TensorFlow Playground's own code on the spiral in Node, as measured on two cores like these."""
_EPOCHS = 2000


def quadrants(count: int = 500) -> tuple[Any, Any]:
    """Points (count, 2) and the sign of x y, (count, 1), float32."""
    x = np.random.default_rng(0).normal(size=(count, 2)).astype(np.float32)
    return x, np.sign(x[:, :1] * x[:, 1:]).astype(np.float32)


def matrices(sizes: tuple[int, ...], seed: int = 1) -> list[Array]:
    """A matrix (inputs, outputs) for each layer, float32."""
    random = np.random.default_rng(seed)
    pairs = pairwise(sizes)
    return [(random.normal(size=pair) * 0.5).astype(np.float32) for pair in pairs]


def tanh_network(sizes: tuple[int, ...]) -> NetworkObjective:
    """A network of tanh layers, the outputs included, on the quadrants, with the mean squared error."""
    x, y = quadrants()
    tanh = choose_activation("tanh")
    model = Model(
        layers=tuple(Layer(size, tanh) for size in sizes[1:-1]), output=tanh, loss=choose_loss("mse")
    )  # fmt: skip
    x = np.ascontiguousarray(x.T, dtype=np.float64)
    none = np.empty((2, 0))
    samples = Samples(
        x=x, y=y[:, 0].astype(np.float64), x_test=none, y_test=np.empty(0), names=("x", "y"), task="number",
        classes=(), raw=x, raw_test=none, columns=("x", "y"), shift=np.zeros(2), scale=np.ones(2),
        index=np.arange(x.shape[1]), index_test=np.arange(0),
    )  # fmt: skip
    return network_objective(model, samples)


def flat(objective: NetworkObjective, weights: list[Array]) -> Array:
    """Matrices (inputs, outputs) as theta, biases 0."""
    theta = np.zeros(objective.n)
    for layer, w in zip(objective.net.layers, weights, strict=True):
        theta[layer.weights.place] = w.T.ravel()
    return theta


def training(name: str, title: str, peers: Peers, batch: int, goal: dict[str, float]) -> Work:
    """An epoch of Adam on a 2-8-8-1 network, 500 samples, rows recorded and losses evaluated as in a run."""
    objective, sizes = tanh_network((2, 8, 8, 1)), (2, 8, 8, 1)
    start, (x, y) = matrices(sizes), quadrants()
    adam = rule("adam")
    plan = RacerPlan(
        adam, adam.resolve({"lr": LR}), tuple(flat(objective, start)), 1, batch=batch if batch < len(x) else 0
    )  # fmt: skip
    per_epoch = steps_per_epoch(len(x), batch)
    plan = replace(plan, steps=per_epoch * _EPOCHS)
    compiled().prepare(objective, plan, "float32").result()
    state: dict[str, Any] = {}

    def begin() -> tuple[Any, Any]:
        return compiled().stepper(objective, plan, "float32"), new_trace(objective)

    def run() -> Any:
        going = state.get("going")
        if going is None or going[1].published + per_epoch >= plan.steps:
            going = state["going"] = begin()
        going[0].advance(going[1], per_epoch)
        return going

    def answer(_: Any) -> Array:
        stepper, trace = begin()
        stepper.advance(trace, per_epoch)
        theta, _ = carried(objective, stepper.snapshot())
        last = objective.net.layers[-1].weights
        return np.asarray(theta[last.place].reshape(last.shape).T)

    order = np.arange(len(x)) if batch >= len(x) else noise.order(plan.seed, 0, len(x))
    theirs = others.epoch(peers, x[order], y[order], start, min(batch, len(x)))
    return Work(name, title, Contestant(run, answer), theirs, goal, 1e-3)


def net_full(peers: Peers) -> Work:
    """All 500 samples in one batch."""
    return training("net_full", "epoch of a 2-8-8-1 network, full batch", peers, 500, {"jax": 2.0})


def net_mini(peers: Peers) -> Work:
    """Batches of 10."""
    return training("net_mini", "the same, batches of 10", peers, 10, {"jax": 2.0, "torch": 60.0})


def landscape(peers: Peers, side: int = 101) -> Work:
    """The loss of a 2-16-16-1 network over a plane of its weights."""
    objective, sizes = tanh_network((2, 16, 16, 1)), (2, 16, 16, 1)
    base, first, second = (matrices(sizes, seed) for seed in (1, 2, 3))
    along = np.linspace(-1.0, 1.0, side)
    at, one, two = (flat(objective, each) for each in (base, first, second))
    plane = Plane(at, one, two, along, along.copy())
    network = CompiledNetwork(objective, network_code(objective.net, objective.model.loss, "float32").result())
    x, y = quadrants()
    theirs = others.landscape(peers, x, y, base, first, second, along.astype(np.float32))
    return Work(
        "landscape", f"slice of {side} x {side} through a 2-16-16-1 network's loss",
        Contestant(lambda: network.landscape(plane), np.asarray), theirs, {"jax": 2.0}, 1e-4,
    )  # fmt: skip


def playground(peers: Peers) -> Work:
    """TensorFlow Playground's own spiral task: 7 inputs, [8, 8] tanh, batches of 10, 250 points to train on."""
    from gdsim.objectives.data import default_data

    data = default_data("spiral").replace(inputs=PLAYGROUND_INPUTS)
    model = make_model("mlp:8,8", 2, loss="half_mse", output="tanh", init="uniform")
    spec = learning_spec(data, model, racers=["gd,lr=0.03"], batch=10, steps=25 * _EPOCHS, dtype="float32")
    learn = spec.problem.learn
    assert learn is not None
    objective = network_of(learn)
    from gdsim.session.resolve import plans_of

    plan = plans_of(spec)[0]
    compiled().prepare(objective, plan, "float32").result()
    state: dict[str, Any] = {}

    def run() -> Any:
        going = state.get("going")
        if going is None or going[1].published + 25 >= plan.steps:
            going = state["going"] = compiled().stepper(objective, plan, "float32"), new_trace(objective)
        going[0].advance(going[1], 25)
        return going

    return Work(
        "playground", "epoch of the Playground's spiral, 7-8-8-1", Contestant(run, lambda _: np.zeros(1)),
        goal={"ms": PLAYGROUND_MS / 10}, note=f"its own code in Node takes {PLAYGROUND_MS:g} to 1.6 ms",
    )  # fmt: skip
