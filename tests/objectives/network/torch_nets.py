"""The networks that torch and gdsim are compared on: layers of every kind, with seeds from which all numbers follow."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Case:
    """A network on data of its own.

    hidden: (units, activation, norm, residual, dropout) of each layer. loss, classes: 0 for a number.
    """

    name: str
    features: int
    hidden: tuple[tuple[int, str, str, bool, float], ...]
    loss: str
    classes: int
    samples: int = 23
    seed: int = 0
    l1: float = 0.0
    l2: float = 0.0

    @property
    def outputs(self) -> int:
        """Outputs of the network."""
        return self.classes if self.loss == "cross_entropy" else 1

    def data(self) -> tuple[Array, Array]:
        """x (features, samples), and class numbers or values (samples,)."""
        rng = np.random.default_rng(1000 + self.seed)
        x = rng.normal(size=(self.features, self.samples))
        y = rng.integers(0, self.classes, self.samples).astype(float) if self.classes else rng.normal(size=self.samples)
        return x, y

    def theta(self, n: int) -> Array:
        """Weights (n,) in gdsim's order."""
        return np.random.default_rng(self.seed).normal(size=n) * 0.6


CASES: tuple[Case, ...] = (
    Case("line", 1, (), "mse", 0),
    Case("several inputs, huber", 4, (), "huber", 0, seed=1),
    Case("logistic", 3, (), "binary_cross_entropy", 2, seed=2),
    Case("softmax", 4, (), "cross_entropy", 3, seed=3),
    Case("tanh", 2, ((8, "tanh", "none", False, 0.0),) * 2, "mse", 0, seed=4),
    Case("sigmoid, hinge", 2, ((5, "sigmoid", "none", False, 0.0),), "hinge", 2, seed=5),
    Case("relu, penalties", 3, ((7, "relu", "none", False, 0.0),) * 2, "cross_entropy", 4, seed=6, l1=0.01, l2=0.05),
    Case(
        "batch norm", 3, ((6, "relu", "batch", False, 0.0), (5, "tanh", "batch", False, 0.0)), "cross_entropy", 3,
        seed=7,
    ),
    Case("layer norm", 3, ((6, "gelu", "layer", False, 0.0), (4, "silu", "layer", False, 0.0)), "mse", 0, seed=8),
    Case("residual", 2, ((5, "tanh", "none", False, 0.0),) + ((5, "elu", "none", True, 0.0),) * 3, "mse", 0, seed=9),
    Case(
        "everything", 4,
        ((6, "leaky_relu", "batch", False, 0.0), (6, "mish", "layer", True, 0.0), (6, "softplus", "batch", True, 0.0),
         (3, "selu", "none", False, 0.0)),
        "binary_cross_entropy", 2, samples=40, seed=10, l2=0.02,
    ),
    Case("hard ones", 2, ((4, "hard_tanh", "none", False, 0.0), (4, "hard_sigmoid", "none", False, 0.0),
                          (4, "softsign", "none", False, 0.0)), "mae", 0, seed=11),
    Case("deep", 2, ((4, "tanh", "none", False, 0.0),) * 10, "log_cosh", 0, seed=12),
)  # fmt: skip

TRAINED: tuple[tuple[str, str, str, int, str], ...] = (
    ("tanh", "gd", "lr=0.05", 0, "full"),
    ("tanh", "adam", "lr=0.02", 5, "batches"),
    ("softmax", "momentum", "lr=0.05,beta=0.9", 7, "batches"),
    ("relu, penalties", "adamw", "lr=0.01,weight_decay=0.1", 4, "batches"),
    ("batch norm", "adam", "lr=0.02", 8, "batches"),
    ("everything", "rmsprop", "lr=0.005", 16, "batches"),
    ("residual", "nadam", "lr=0.01", 6, "batches"),
    ("logistic", "adagrad", "lr=0.1", 0, "full"),
)
"""Case, optimizer, its settings, batch size (0: all), for 100 steps."""
STEPS = 100


def batches(case: Case, size: int) -> list[NDArray[np.int64]]:
    """The samples of each of the STEPS batches, drawn as anybody might: here by epochs of a seeded shuffle."""
    from gdsim.engine.noise import order

    if not size:
        return [np.arange(case.samples)] * STEPS
    found: list[NDArray[np.int64]] = []
    epoch = 0
    while len(found) < STEPS:
        shuffled = order(case.seed, epoch, case.samples)
        found += [shuffled[k : k + size] for k in range(0, case.samples, size)]
        epoch += 1
    return found[:STEPS]
