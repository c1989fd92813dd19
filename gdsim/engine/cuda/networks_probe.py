"""How soon networks are done on the device and on the CPU, measured with one of a fixed shape."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gdsim.engine.backend import Backend, Plane
from gdsim.engine.cuda import networks_code
from gdsim.engine.cuda.networks import CudaNetwork
from gdsim.engine.network import layout
from gdsim.objectives.data.samples import Samples
from gdsim.objectives.network.design import Layer, Model
from gdsim.objectives.network.network import NetworkObjective, network_objective

if TYPE_CHECKING:
    from gdsim.engine.cuda.backend import CudaBackend

LITTLE_NETWORK = 2e10
"""Multiplications below which the CPU is not asked about: some seconds of one core, which is what loading CUDA,
compiling and measuring take, too."""
_FEATURES, _WIDTH, _SAMPLES, _POINTS = 64, 256, 512, 8


@dataclass(frozen=True, slots=True)
class NetworkSpeeds:
    """What the probe found.

    Attributes:
        cpu, cuda: multiplications a second. start: seconds of the smallest landscape on the device.
        compiling: seconds until new kernels can run there.
        steps: multiplications a second of gradients there. step: seconds of the smallest one, by `weights` weights that
            are sent to and fro.
    """

    cpu: float
    cuda: float
    start: float
    compiling: float
    steps: float
    step: float
    weights: int

    def sooner_on_cuda(self, work: float) -> bool:
        """Whether the device has done so many multiplications of a landscape sooner, compiling included."""
        return self.compiling + self.start + work / self.cuda < work / self.cpu

    def trains_sooner_on_cuda(self, work: float, weights: int, steps: int) -> bool:
        """Whether `steps` gradients of `work` multiplications each are there sooner."""
        overhead = self.step * max(1.0, weights / self.weights)
        return self.compiling + steps * (overhead + work / self.steps) < steps * work / self.cpu

    @classmethod
    def measure(
        cls, cpu: Backend, cuda: CudaBackend, width: int = _WIDTH, samples: int = _SAMPLES, points: int = _POINTS
    ) -> NetworkSpeeds:
        """The time of a small landscape and a large one, and of such gradients, compiled before; float64."""
        objective = _network(width, samples)
        theta, along = np.full(objective.n, 0.01), np.ones(objective.n)
        few, many = (Plane(theta, along, along, *[np.linspace(0.0, 0.1, n)] * 2) for n in (1, points))
        compiling = seconds(lambda: cuda.landscape(objective, few))
        if cuda.note:
            raise RuntimeError(cuda.note)
        start = seconds(lambda: cuda.landscape(objective, few))
        cpu.landscape(objective, few)
        work = work_of(objective, samples) * points**2
        gradients = CudaNetwork(objective, networks_code.network(objective, "float64", gradient=True).result())
        one = np.arange(1)
        gradients.value_gradient(theta, one)
        step = seconds(lambda: gradients.value_gradient(theta, one))
        gradients.value_gradient(theta)
        whole = seconds(lambda: gradients.value_gradient(theta))
        return cls(
            work / seconds(lambda: cpu.landscape(objective, many)),
            work / max(seconds(lambda: cuda.landscape(objective, many)) - start, 1e-6),
            start,
            compiling,
            layout.work(objective.net, samples) / max(whole - step, 1e-6),
            step,
            objective.n,
        )


def seconds(deed: Callable[[], object]) -> float:
    """How long it takes, at least a microsecond."""
    began = time.perf_counter()
    deed()
    return max(time.perf_counter() - began, 1e-6)


def work_of(objective: NetworkObjective, samples: int) -> float:
    """Multiplications of a network's outputs for so many samples, about."""
    return layout.work(objective.net, samples) / 3.0


def _network(width: int, count: int) -> NetworkObjective:
    """Two hidden layers on normal inputs."""
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(_FEATURES, count)), rng.normal(size=count)
    names = tuple(f"x{k}" for k in range(_FEATURES))
    samples = Samples(
        x, y, x[:, :0], y[:0], names, "number", (), x, x[:, :0], names, np.zeros(_FEATURES), np.ones(_FEATURES),
        np.arange(count), np.arange(0),
    )  # fmt: skip
    return network_objective(Model(layers=(Layer(width), Layer(width))), samples)
