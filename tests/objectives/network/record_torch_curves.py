"""Records what torch.nn.functional says of activations and losses: data/torch_curves.json, for tests without torch.

    python -m venv torch-venv && torch-venv/bin/pip install torch==2.13.0 numpy
    torch-venv/bin/python tests/objectives/network/record_torch_curves.py

Everything in float64, with gradients by torch's own backward pass, kinks included. Losses are summed over the outputs
of a sample, where torch would take the mean over all elements.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from pathlib import Path

import torch
from torch.nn import functional as F

DATA = Path(__file__).parent / "data" / "torch_curves.json"

GRID = [*(k / 8 for k in range(-56, 57)), *(sign * far for far in (12.5, 30.0, 700.0, 1e4) for sign in (-1, 1))]

ACTIVATIONS: dict[str, Callable[[torch.Tensor], torch.Tensor]] = {
    "identity": torch.nn.Identity(),
    "sigmoid": F.sigmoid,
    "tanh": F.tanh,
    "softsign": F.softsign,
    "arctan": torch.atan,
    "hard_sigmoid": F.hardsigmoid,
    "hard_tanh": F.hardtanh,
    "log_sigmoid": F.logsigmoid,
    "relu": F.relu,
    "leaky_relu": F.leaky_relu,
    "leaky_relu,alpha=0.2": lambda z: F.leaky_relu(z, 0.2),
    "relu6": F.relu6,
    "elu": F.elu,
    "elu,alpha=0.5": lambda z: F.elu(z, 0.5),
    "celu": F.celu,
    "celu,alpha=2": lambda z: F.celu(z, 2.0),
    "selu": F.selu,
    "softplus": lambda z: F.softplus(z, threshold=40),
    "gelu": F.gelu,
    "gelu_tanh": lambda z: F.gelu(z, approximate="tanh"),
    "silu": F.silu,
    "mish": F.mish,
    "hard_swish": F.hardswish,
    "sine": torch.sin,
    "soft_shrink": F.softshrink,
    "soft_shrink,width=1": lambda z: F.softshrink(z, 1.0),
    "tanh_shrink": F.tanhshrink,
}

Loss = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]

LOSSES: dict[str, Loss] = {
    "mse": lambda o, y: F.mse_loss(o, y, reduction="none"),
    "mae": lambda o, y: F.l1_loss(o, y, reduction="none"),
    "huber": lambda o, y: F.huber_loss(o, y, reduction="none"),
    "huber,delta=0.5": lambda o, y: F.huber_loss(o, y, reduction="none", delta=0.5),
    "poisson": lambda o, y: F.poisson_nll_loss(o, y, reduction="none"),
    "binary_cross_entropy": lambda o, y: F.binary_cross_entropy_with_logits(o, y, reduction="none"),
}
"""Element by element."""


def targets(name: str, o: torch.Tensor) -> torch.Tensor:
    """Whole numbers from 0 for counts, 0 and 1 for classes, else anything, ties with o among it."""
    k = torch.arange(o.numel()).reshape(o.shape)
    if name.startswith("binary"):
        return (k % 2).double()
    if name == "poisson":
        return (k % 5).double()
    return torch.where(k % 7 == 0, o, torch.sin(3.0 * k.double()) * 2.0)


def curve(function: Callable[[torch.Tensor], torch.Tensor]) -> dict[str, list[float]]:
    z = torch.tensor(GRID, requires_grad=True)
    value = function(z)
    value.sum().backward()
    return {"value": value.detach().tolist(), "slope": z.grad.tolist()}


def loss(name: str, function: Loss) -> dict[str, list]:
    o = torch.linspace(-6.0, 6.0, 42).reshape(2, 21).requires_grad_()
    y = targets(name, o.detach())
    value = function(o, y).sum(dim=0)
    value.sum().backward()
    return {"o": o.tolist(), "y": y.tolist(), "value": value.tolist(), "slope": o.grad.tolist()}


def cross_entropy() -> dict[str, list]:
    o = torch.tensor([[math.sin(7 * i + 3 * j) * 9 for j in range(20)] for i in range(4)])
    o[:, 3], o[:, 4] = torch.tensor([1e4, 0, -1e4, 5]), torch.tensor([-1e4, -1e4, -1e4, -1e4])
    o.requires_grad_()
    classes = torch.arange(20) % 4
    value = F.cross_entropy(o.T, classes, reduction="none")
    value.sum().backward()
    return {"o": o.tolist(), "class": classes.tolist(), "value": value.tolist(), "slope": o.grad.tolist()}


def main() -> None:
    torch.set_default_dtype(torch.float64)
    document = {
        "torch": torch.__version__,
        "z": GRID,
        "activations": {name: curve(function) for name, function in ACTIVATIONS.items()},
        "losses": {name: loss(name, function) for name, function in LOSSES.items()},
        "cross_entropy": cross_entropy(),
    }
    DATA.parent.mkdir(exist_ok=True)
    DATA.write_text(json.dumps(document, indent=None, separators=(", ", ": ")).replace("]}, ", "]},\n") + "\n")


if __name__ == "__main__":
    main()
