"""Runs that no engine made: rows computed here with NumPy, in the shape in which views read them."""

from __future__ import annotations

from dataclasses import dataclass
from types import SimpleNamespace

import numpy as np

from gdsim.engine.trace import Trace
from gdsim.session.opening import opening_spec
from gdsim.session.spec import Racer, RunSpec


def himmelblau(points):
    x, y = points[0], points[1]
    return (x**2 + y - 11) ** 2 + (x + y**2 - 7) ** 2


def himmelblau_gradient(points):
    x, y = points[0], points[1]
    a, b = x**2 + y - 11, x + y**2 - 7
    return np.stack([4 * x * a + 2 * b, 2 * a + 4 * y * b])


def trace_of(thetas, f, gradient, names=("x", "y"), evals=None):
    """A trace that holds `thetas` (m, n) and the values of f there."""
    m, n = thetas.shape
    trace = Trace(n, names)
    trace.prepare(0)
    with np.errstate(all="ignore"):
        g = np.asarray(gradient(thetas.T)).reshape(n, m).T
        rows = np.column_stack(
            [
                thetas,
                f(thetas.T),
                np.hypot.reduce(g, axis=1),
                g,
                np.full(m, 0.01),
                np.arange(m) if evals is None else evals,
            ]
        )
    k = 0
    while k < m:
        room = trace.room(k)
        part = rows[k : k + len(room)]
        room[: len(part)] = part
        k += len(part)
    trace.publish(m)
    return trace


@dataclass
class FakeObjective:
    f: object
    g: object
    n: int = 2
    coordinates: tuple = ("x", "y")
    title: str = "Himmelblau"
    name: str = "himmelblau"
    minima: tuple = ()

    def value(self, theta):
        return float(self.f(np.asarray(theta, float)))

    def value_gradient(self, theta):
        theta = np.asarray(theta, float)
        return float(self.f(theta)), np.asarray(self.g(theta), float)


@dataclass
class FakeHistory:
    spec: RunSpec
    objective: object
    traces: list
    seconds: float = 0.25

    @property
    def labels(self):
        return self.spec.labels

    @property
    def length(self):
        return max(t.published for t in self.traces)

    @property
    def finished(self):
        return True

    def row(self, racer, step):
        trace = self.traces[racer]
        return trace.row(max(0, min(step, trace.last)))


def descend(start, steps, rule, gradient):
    """`steps` steps of `rule(g, state, t) -> step` from `start`, as positions (steps + 1, n)."""
    theta = np.array(start, float)
    state: dict = {}
    found = [theta.copy()]
    with np.errstate(all="ignore"):
        for t in range(1, steps + 1):
            theta = theta + rule(np.asarray(gradient(theta), float), state, t)
            found.append(theta.copy())
    return np.array(found)


def gd(lr):
    return lambda g, s, t: -lr * g


def momentum(lr, beta):
    def rule(g, s, t):
        s["v"] = beta * s.get("v", 0) + g
        return -lr * s["v"]

    return rule


def adam(lr, b1=0.9, b2=0.999):
    def rule(g, s, t):
        s["m"] = b1 * s.get("m", 0) + (1 - b1) * g
        s["v"] = b2 * s.get("v", 0) + (1 - b2) * g * g
        return -lr * (s["m"] / (1 - b1**t)) / (np.sqrt(s["v"] / (1 - b2**t)) + 1e-8)

    return rule


def opening_history(steps=60, start=(0.5, 4.5)):
    """The window's opening: three racers on Himmelblau's function."""
    spec = opening_spec().replace(start=start)
    rules = (gd(0.01), momentum(0.004, 0.9), adam(0.2))
    traces = [trace_of(descend(start, steps, r, himmelblau_gradient), himmelblau, himmelblau_gradient) for r in rules]
    objective = FakeObjective(himmelblau, himmelblau_gradient, minima=spec.problem.minima)
    return FakeHistory(spec, objective, traces)


def crowd_history(steps=2000, racers=8, kind="spiral"):
    """Eight racers with long trails, none of whose points fall together."""
    rng = np.random.default_rng(1)
    traces = []
    for k in range(racers):
        t = np.linspace(0, 40, steps + 1)
        if kind == "spiral":
            r = (1 + 0.1 * k) * 5 * np.exp(-t / 15)
            points = np.c_[r * np.cos(t + k), r * np.sin(t + k)]
        elif kind == "walk":
            points = np.cumsum(rng.normal(size=(steps + 1, 2)) * 0.07, axis=0)
        else:
            points = rng.uniform(-5, 5, size=(steps + 1, 2))
        traces.append(trace_of(points, himmelblau, himmelblau_gradient))
    spec = opening_spec()
    many = tuple(Racer(name=f"racer{k + 1}", rule="step = -lr*g", hyper={"lr": 0.01}) for k in range(racers))
    spec = spec.replace(racers=many, steps=steps)
    return FakeHistory(spec, FakeObjective(himmelblau, himmelblau_gradient, minima=spec.problem.minima), traces)


def grid(f, x, y, nx, ny):
    """Values (ny, nx) of f over the ranges, row 0 at low y."""
    with np.errstate(all="ignore"):
        return f(np.stack(np.meshgrid(np.linspace(*x, nx), np.linspace(*y, ny))))


def stage(name, latex, words, values):
    return SimpleNamespace(name=name, latex=latex, words=words, values=values, arrow=name != "theta")
