"""Training and landscapes of small networks in PyTorch and JAX, as a practised user of each would write them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib import import_module
from typing import Any

import numpy as np

from gdsim.bench.peers import BETA1, BETA2, EPS, LR, Peers
from gdsim.bench.work import Array, Contestant

Matrices = Sequence[Array]
"""A layer each, (inputs, outputs), float32."""


def epoch(peers: Peers, x: Array, y: Array, weights: Matrices, batch: int) -> dict[str, Contestant]:
    """One epoch of Adam on the mean squared error of a tanh network, batches as the samples lie.

    Args:
        x: (samples, inputs) float32. y: (samples, 1). weights: where it starts; biases start at 0.

    The answer is the last layer's matrix after the epoch.
    """
    made: dict[str, Contestant] = {}
    if jax := peers.get("jax"):
        made["jax"] = _jax_epoch(jax, x, y, weights, batch)
    if torch := peers.get("torch"):
        made["torch"] = _torch_epoch(torch, x, y, weights, batch)
    return made


def _jax_epoch(jax: Any, x: Array, y: Array, weights: Matrices, batch: int) -> Contestant:
    optax, jnp = import_module("optax"), jax.numpy
    adam = optax.adam(LR, b1=BETA1, b2=BETA2, eps=EPS)

    def loss(params: Any, inputs: Any, targets: Any) -> Any:
        for w, b in params:
            inputs = jnp.tanh(inputs @ w + b)
        return jnp.mean((inputs - targets) ** 2)

    @jax.jit  # type: ignore[untyped-decorator]
    def run(params: Any, state: Any, batches: Any) -> Any:
        def step(carry: Any, pair: Any) -> Any:
            params, state = carry
            updates, state = adam.update(jax.grad(loss)(params, *pair), state, params)
            return (optax.apply_updates(params, updates), state), 0.0

        return jax.lax.scan(step, (params, state), batches)[0]

    params = [(jnp.asarray(w), jnp.zeros(w.shape[1], jnp.float32)) for w in weights]
    state = adam.init(params)
    batches = (jnp.asarray(x).reshape(-1, batch, x.shape[1]), jnp.asarray(y).reshape(-1, batch, 1))
    return Contestant(
        lambda: jax.block_until_ready(run(params, state, batches)),
        lambda answer: np.asarray(answer[0][-1][0], dtype=np.float64),
    )


def _torch_epoch(torch: Any, x: Array, y: Array, weights: Matrices, batch: int) -> Contestant:
    nn, inputs, targets = torch.nn, torch.from_numpy(x), torch.from_numpy(y)

    def fresh() -> tuple[Any, Any]:
        layers: list[Any] = []
        for w in weights:
            layer = nn.Linear(*w.shape)
            with torch.no_grad():
                layer.weight.copy_(torch.from_numpy(np.ascontiguousarray(w.T)))
                layer.bias.zero_()
            layers += [layer, nn.Tanh()]
        model = nn.Sequential(*layers)
        return model, torch.optim.Adam(model.parameters(), lr=LR, betas=(BETA1, BETA2), eps=EPS)

    def train(model: Any, adam: Any) -> Any:
        for k in range(0, len(x), batch):
            adam.zero_grad()
            ((model(inputs[k : k + batch]) - targets[k : k + batch]) ** 2).mean().backward()
            adam.step()
        return model

    going = fresh()

    def answer(_: Any) -> Array:
        model = train(*fresh())
        return np.asarray(model[-2].weight.detach().numpy().T, dtype=np.float64)

    return Contestant(lambda: train(*going), answer)


def landscape(
    peers: Peers, x: Array, y: Array, weights: Matrices, first: Matrices, second: Matrices, side: Array
) -> dict[str, Contestant]:
    """Loss of a tanh network without biases on a plane of weights, (len(side), len(side)), rows along `second`."""

    def loss(m: Any, a: Any, b: Any, inputs: Any, targets: Any, layers: Any) -> Any:
        for w, d, e in layers:
            inputs = m.tanh(inputs @ (w + a * d + b * e))
        return ((inputs - targets) ** 2).mean()

    made: dict[str, Contestant] = {}
    if jax := peers.get("jax"):
        jnp = jax.numpy
        layers = [tuple(jnp.asarray(part) for part in each) for each in zip(weights, first, second, strict=True)]
        inputs, targets, along = jnp.asarray(x), jnp.asarray(y), jnp.asarray(side)

        def row(b: Any) -> Any:
            return jax.vmap(lambda a: loss(jnp, a, b, inputs, targets, layers))(along)

        run: Callable[[], Any] = jax.jit(lambda: jax.lax.map(row, along))
        made["jax"] = Contestant(lambda: jax.block_until_ready(run()), lambda found: np.asarray(found, np.float64))
    if torch := peers.get("torch"):
        parts = [tuple(torch.from_numpy(part) for part in each) for each in zip(weights, first, second, strict=True)]
        there, wanted = torch.from_numpy(x), torch.from_numpy(y)

        def loop() -> Array:
            with torch.no_grad():
                rows = [[loss(torch, float(a), float(b), there, wanted, parts).item() for a in side] for b in side]
            return np.array(rows)

        made["torch"] = Contestant(loop, np.asarray)
    return made
