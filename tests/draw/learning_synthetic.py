"""Samples, networks and runs for pictures of learning, made here with NumPy alone: what is shown is computed."""

from __future__ import annotations

from itertools import pairwise

import numpy as np


def spiral(m=200, noise=0.08, seed=0):
    """Two arms: points (m, 2), classes (m,)."""
    rng = np.random.default_rng(seed)
    t = rng.uniform(0.06, 1, m)
    label = np.arange(m) % 2
    angle = 1.75 * t * 2 * np.pi + np.pi * label
    return np.c_[5 * t * np.sin(angle), 5 * t * np.cos(angle)] + rng.normal(0, noise * 3, (m, 2)), label.astype(float)


def circle(m=200, noise=0.1, seed=0):
    """A disc in a ring."""
    rng = np.random.default_rng(seed)
    label = (np.arange(m) % 2).astype(float)
    r = np.where(label == 1, rng.uniform(0, 2.5, m), rng.uniform(3.5, 5, m))
    angle = rng.uniform(0, 2 * np.pi, m)
    return np.c_[r * np.sin(angle), r * np.cos(angle)] + rng.normal(0, noise * 4, (m, 2)), label


def blobs(k=3, m=240, seed=0, spread=0.8):
    """k clouds around a ring."""
    rng = np.random.default_rng(seed)
    label = np.arange(m) % k
    angle = 2 * np.pi * label / k + 0.4
    return np.c_[3.4 * np.cos(angle), 3.4 * np.sin(angle)] + rng.normal(0, spread, (m, 2)), label.astype(float)


def forward(x, weights, biases, hidden=np.tanh):
    """Activations of all layers, (units, samples) each, from inputs (features, samples); outputs are linear."""
    found = [x]
    for k, (w, b) in enumerate(zip(weights, biases, strict=True)):
        z = w @ found[-1] + b[:, None]
        found.append(z if k == len(weights) - 1 else hidden(z))
    return found


def backward(a, weights, delta):
    """Deltas and weight gradients of a tanh network, from its activations and dJ/do (outputs, samples)."""
    deltas, gradients = [delta], []
    for k in range(len(weights) - 1, -1, -1):
        gradients.insert(0, deltas[0] @ a[k].T)
        if k:
            deltas.insert(0, (weights[k].T @ deltas[0]) * (1 - a[k] ** 2))
    return deltas, gradients


def train(points, y, sizes=(2, 6, 4, 1), steps=1500, lr=0.02, seed=0, features=None):
    """Weights and biases after `steps` of Adam on the squared error to -1/1, or cross-entropy for several outputs."""
    rng = np.random.default_rng(seed)
    x = (features or (lambda p: p.T))(points)
    w = [rng.normal(0, np.sqrt(1 / i), (o, i)) for i, o in pairwise(sizes)]
    b = [np.zeros(o) for o in sizes[1:]]
    theta = [*w, *b]
    m, v = [np.zeros_like(p) for p in theta], [np.zeros_like(p) for p in theta]
    for t in range(1, steps + 1):
        a = forward(x, w, b)
        if sizes[-1] == 1:
            delta = 2 * (np.tanh(a[-1]) - (2 * y - 1)) * (1 - np.tanh(a[-1]) ** 2) / len(y)
        else:
            e = np.exp(a[-1] - a[-1].max(axis=0))
            delta = (e / e.sum(axis=0) - np.eye(sizes[-1])[y.astype(int)].T) / len(y)
        deltas, gradients = backward(a, w, delta)
        for k, g in enumerate([*gradients, *(d.sum(axis=1) for d in deltas)]):
            m[k] = 0.9 * m[k] + 0.1 * g
            v[k] = 0.999 * v[k] + 0.001 * g * g
            theta[k] -= lr * (m[k] / (1 - 0.9**t)) / (np.sqrt(v[k] / (1 - 0.999**t)) + 1e-8)
    return w, b


def plane(reach=6.0, s=60):
    """The plane's points, (2, s, s)."""
    return np.stack(np.meshgrid(np.linspace(-reach, reach, s), np.linspace(-reach, reach, s)))


def maps(weights, biases, reach=6.0, s=24, features=None):
    """Each unit's activation over the plane: per layer (units, s, s)."""
    points = plane(reach, s).reshape(2, -1)
    x = (features or (lambda p: p.T))(points.T)
    return tuple(a.reshape(len(a), s, s) for a in forward(x, weights, biases))


def softmax(o):
    """Over the first axis."""
    e = np.exp(o - o.max(axis=0))
    return e / e.sum(axis=0)


def sample_network(sizes, seed=0):
    """Random weights and biases for `sizes` units."""
    rng = np.random.default_rng(seed)
    weights = [rng.normal(0, 1, (o, i)) for i, o in pairwise(sizes)]
    return weights, [rng.normal(0, 0.3, o) for o in sizes[1:]]


def one_sample(sizes, seed=0):
    """Activations, deltas and gradients of one sample under J = |o - 1|^2, with the weights and biases."""
    weights, biases = sample_network(sizes, seed)
    a = forward(np.random.default_rng(seed + 1).normal(0, 1, (sizes[0], 1)), weights, biases)
    deltas, gradients = backward(a, weights, 2 * (a[-1] - 1))
    return [v[:, 0] for v in a], [d[:, 0] for d in deltas], weights, gradients, biases


def small_world(seed=3):
    """Cells (5, 6) with walls, a goal and a pit, probabilities (5, 6, 4), values (5, 6), a path."""
    rng = np.random.default_rng(seed)
    cells = np.zeros((5, 6), dtype=int)
    cells[1, 1] = cells[1, 2] = cells[3, 3] = 1
    cells[0, 5], cells[2, 5] = 2, 3
    policy = rng.dirichlet([1.0] * 4, (5, 6))
    rows, columns = np.indices((5, 6))
    return cells, policy, 0.9 - 0.15 * (rows + 5 - columns), np.array([(4, 0), (3, 0), (2, 0), (2, 1)])
