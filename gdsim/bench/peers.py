"""The same work in NumPy, numexpr, PyTorch and JAX, as a practised user of each would write it: warm, compiled where it
compiles, results in memory before the clock stops. All in float64 on the processor.

Peers are loaded by name, and only when they are asked for: none of them belongs to gdsim.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from importlib import import_module
from types import ModuleType
from typing import Any

import numpy as np

from gdsim.bench.work import Array, Contestant

NAMES = ("jax", "torch", "numexpr", "numpy")
LR, BETA1, BETA2, EPS = 0.01, 0.9, 0.999, 1e-8

Peers = Mapping[str, Any]


def load() -> tuple[dict[str, ModuleType], dict[str, str]]:
    """The peers that are installed, and why others are missing, both by name."""
    found: dict[str, ModuleType] = {}
    missing: dict[str, str] = {}
    for name in NAMES:
        try:
            found[name] = import_module(name)
        except ImportError as error:
            missing[name] = str(error)
    if "jax" in found:
        found["jax"].config.update("jax_platforms", "cpu")
        found["jax"].config.update("jax_enable_x64", True)
    return found, missing


def _ready(jax: Any, run: Callable[..., Any], *inputs: Any) -> Callable[[], Any]:
    return lambda: jax.block_until_ready(run(*inputs))


def ackley(peers: Peers, X: Array, Y: Array) -> dict[str, Contestant]:
    """Ackley's function at the points of a grid, coordinates given as two arrays (ny, nx)."""

    def value(m: Any, x: Any, y: Any) -> Any:
        radius = m.sqrt(0.5 * (x * x + y * y))
        waves = 0.5 * (m.cos(2 * math.pi * x) + m.cos(2 * math.pi * y))
        return -20 * m.exp(-0.2 * radius) - m.exp(waves) + math.e + 20

    made: dict[str, Contestant] = {}
    if jax := peers.get("jax"):
        run = jax.jit(lambda x, y: value(jax.numpy, x, y))
        made["jax"] = Contestant(_ready(jax, run, jax.numpy.asarray(X), jax.numpy.asarray(Y)), np.asarray)
    if torch := peers.get("torch"):
        x, y = torch.from_numpy(X), torch.from_numpy(Y)
        made["torch"] = Contestant(lambda: value(torch, x, y), lambda answer: np.asarray(answer.numpy()))
    if numexpr := peers.get("numexpr"):
        text = "-20*exp(-0.2*sqrt(0.5*(X*X + Y*Y))) - exp(0.5*(cos(2*pi*X) + cos(2*pi*Y))) + e + 20"
        names = {"X": X, "Y": Y, "pi": math.pi, "e": math.e}
        made["numexpr"] = Contestant(lambda: numexpr.evaluate(text, names), np.asarray)
    if "numpy" in peers:
        made["numpy"] = Contestant(lambda: value(np, X, Y), np.asarray)
    return made


def end_points(peers: Peers, starts: Array, steps: int) -> dict[str, Contestant]:
    """Adam on Rosenbrock's function from many starts (count, 2); the answer is where all end, (count, 2)."""
    made: dict[str, Contestant] = {}
    if jax := peers.get("jax"):
        made["jax"] = Contestant(_ready(jax, _jax_ends(jax, steps), jax.numpy.asarray(starts)), np.asarray)
    if torch := peers.get("torch"):
        made["torch"] = Contestant(lambda: _torch_adam(torch, starts, steps), lambda answer: answer.detach().numpy())
    if numexpr := peers.get("numexpr"):
        made["numexpr"] = Contestant(lambda: _numexpr_adam(numexpr, starts, steps), np.asarray)
    if "numpy" in peers:
        made["numpy"] = Contestant(lambda: _numpy_adam(starts, steps), np.asarray)
    return made


def path(peers: Peers, start: tuple[float, ...], steps: int) -> dict[str, Contestant]:
    """The same from one start; the answer is the end, (1, 2). For numexpr an array of one number is no work."""
    return end_points({name: peer for name, peer in peers.items() if name != "numexpr"}, np.array([start]), steps)


def recorded_path(peers: Peers, start: tuple[float, ...], steps: int) -> dict[str, Contestant]:
    """The same, held against a path of which every position is kept, (steps + 1, 2).

    "jax" and "torch" keep the end alone; "jax, keeping every step" keeps the positions.
    """

    def last(answer: Array) -> Array:
        return answer[-1:]

    chosen = {name: peer for name, peer in peers.items() if name in ("jax", "torch")}
    ends = end_points(chosen, np.array([start]), steps)
    made = {name: Contestant(each.run, each.answer, last) for name, each in ends.items()}
    if jax := peers.get("jax"):
        run = _ready(jax, _jax_rows(jax, steps), jax.numpy.asarray(np.array([start])))
        made["jax, keeping every step"] = Contestant(run, lambda rows: np.asarray(rows)[:, 0], lambda all_: all_[1:])
    return made


def _jax_step(jax: Any) -> Callable[[Any, Any], Any]:
    """One Adam step of all members, (theta, m, v) to (theta, m, v), t counted from 1."""

    def rosenbrock(theta: Any) -> Any:
        x, y = theta
        return (1 - x) ** 2 + 100 * (y - x**2) ** 2

    gradient = jax.vmap(jax.grad(rosenbrock))

    def step(state: Any, t: Any) -> Any:
        theta, m, v = state
        g = gradient(theta)
        m = BETA1 * m + (1 - BETA1) * g
        v = BETA2 * v + (1 - BETA2) * g * g
        m_hat, v_hat = m / (1 - BETA1**t), v / (1 - BETA2**t)
        return theta - LR * m_hat / (jax.numpy.sqrt(v_hat) + EPS), m, v

    return step


def _jax_ends(jax: Any, steps: int) -> Callable[[Any], Any]:
    step = _jax_step(jax)

    def run(starts: Any) -> Any:
        zeros = jax.numpy.zeros_like(starts)
        return jax.lax.fori_loop(0, steps, lambda k, state: step(state, k + 1.0), (starts, zeros, zeros))[0]

    compiled: Callable[[Any], Any] = jax.jit(run)
    return compiled


def _jax_rows(jax: Any, steps: int) -> Callable[[Any], Any]:
    step = _jax_step(jax)

    def kept(state: Any, t: Any) -> Any:
        state = step(state, t)
        return state, state[0]

    def run(starts: Any) -> Any:
        zeros = jax.numpy.zeros_like(starts)
        return jax.lax.scan(kept, (starts, zeros, zeros), jax.numpy.arange(1.0, steps + 1.0))[1]

    compiled: Callable[[Any], Any] = jax.jit(run)
    return compiled


def _torch_adam(torch: Any, starts: Array, steps: int) -> Any:
    theta = torch.tensor(starts, requires_grad=True)
    adam = torch.optim.Adam([theta], lr=LR, betas=(BETA1, BETA2), eps=EPS)
    for _ in range(steps):
        adam.zero_grad()
        x, y = theta[:, 0], theta[:, 1]
        ((1 - x) ** 2 + 100 * (y - x * x) ** 2).sum().backward()
        adam.step()
    return theta


def _numpy_adam(starts: Array, steps: int) -> Array:
    theta = np.ascontiguousarray(starts.T)
    m, v, g = np.zeros_like(theta), np.zeros_like(theta), np.empty_like(theta)
    for t in range(1, steps + 1):
        x, y = theta
        rise = y - x * x
        g[0] = -2 * (1 - x) - 400 * x * rise
        g[1] = 200 * rise
        m = BETA1 * m + (1 - BETA1) * g
        v = BETA2 * v + (1 - BETA2) * g * g
        theta = theta - LR * (m / (1 - BETA1**t)) / (np.sqrt(v / (1 - BETA2**t)) + EPS)
    return np.asarray(theta.T)


def _numexpr_adam(numexpr: Any, starts: Array, steps: int) -> Array:
    """Each coordinate with arrays of its own: one pass over the memory for each of the texts."""
    x, y = (np.ascontiguousarray(column) for column in starts.T)
    first, second = [np.zeros_like(x), np.zeros_like(x)], [np.zeros_like(x), np.zeros_like(x)]
    numbers = {"b": BETA1, "c": BETA2, "lr": LR, "eps": EPS}
    for t in range(1, steps + 1):
        slopes = ("-2*(1-x) - 400*x*(y-x*x)", "200*(y-x*x)")
        gradient = [numexpr.evaluate(text, {"x": x, "y": y}) for text in slopes]
        moved = []
        for k, theta in enumerate((x, y)):
            names = {**numbers, "g": gradient[k], "m": first[k], "v": second[k]}
            first[k] = numexpr.evaluate("b*m + (1-b)*g", names)
            second[k] = numexpr.evaluate("c*v + (1-c)*g*g", names)
            names |= {"m": first[k], "v": second[k], "x": theta, "d": 1 - BETA1**t, "f": 1 - BETA2**t}
            moved.append(numexpr.evaluate("x - lr*(m/d)/(sqrt(v/f) + eps)", names))
        x, y = moved
    return np.column_stack([x, y])
