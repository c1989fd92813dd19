"""Records what torch makes of the networks of `torch_nets`: gradients, and where training ends after 100 steps.

    python tests/objectives/network/record_torch_nets.py        (needs torch; writes data/torch_nets.json beside itself)
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import torch
from torch import nn

sys.path.insert(0, str(Path(__file__).resolve().parent))
import itertools

from torch_nets import CASES, TRAINED, Case, batches

torch.set_default_dtype(torch.float64)

ACTIVATIONS = {
    "tanh": torch.tanh, "sigmoid": torch.sigmoid, "relu": torch.relu, "gelu": nn.functional.gelu,
    "silu": nn.functional.silu, "elu": nn.functional.elu, "leaky_relu": nn.functional.leaky_relu,
    "mish": nn.functional.mish, "softplus": nn.functional.softplus, "selu": nn.functional.selu,
    "hard_tanh": nn.functional.hardtanh, "softsign": nn.functional.softsign,
    "hard_sigmoid": lambda z: torch.clamp(z / 6 + 0.5, 0, 1),
}  # fmt: skip


class Net(nn.Module):
    """The layers of a case: f(norm(W a + b)) [+ a]."""

    def __init__(self, case: Case) -> None:
        super().__init__()
        self.case = case
        sizes = [case.features, *(units for units, *_ in case.hidden), case.outputs]
        self.linear = nn.ModuleList(nn.Linear(a, b) for a, b in itertools.pairwise(sizes))
        norms = {"none": lambda n: nn.Identity(), "batch": nn.BatchNorm1d, "layer": nn.LayerNorm}
        self.norms = nn.ModuleList(norms[norm](units) for units, _, norm, _, _ in case.hidden)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        for linear, norm, (_, activation, _, residual, _) in zip(
            self.linear, self.norms, self.case.hidden, strict=False
        ):
            h = ACTIVATIONS[activation](norm(linear(x)))
            x = h + x if residual and h.shape == x.shape else h
        return self.linear[-1](x)

    def parts(self) -> list[torch.Tensor]:
        """The parameters in gdsim's order: W, b, gain, shift of each layer."""
        found = []
        for k, linear in enumerate(self.linear):
            found += [linear.weight, linear.bias]
            if k < len(self.norms):
                found += list(self.norms[k].parameters())
        return found

    def put(self, theta: np.ndarray) -> None:
        """Take weights from a flat vector."""
        place = 0
        with torch.no_grad():
            for part in self.parts():
                count = part.numel()
                part.copy_(torch.from_numpy(theta[place : place + count]).reshape(part.shape))
                place += count

    def flat(self, gradient: bool = False) -> list[float]:
        """Weights, or their gradients, as a flat list."""
        return torch.cat([(part.grad if gradient else part).detach().reshape(-1) for part in self.parts()]).tolist()

    def running(self) -> list[float]:
        """Running means and variances in gdsim's order."""
        found: list[float] = []
        for norm in self.norms:
            if isinstance(norm, nn.BatchNorm1d):
                found += norm.running_mean.tolist() + norm.running_var.tolist()
        return found


def loss_of(net: Net, x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    """J of a batch, penalties included."""
    case, o = net.case, net(x)
    if case.loss == "cross_entropy":
        value = nn.functional.cross_entropy(o, y.long())
    else:
        t = y[:, None]
        signs = 2 * t - 1
        value = {
            "mse": lambda: nn.functional.mse_loss(o, t),
            "mae": lambda: nn.functional.l1_loss(o, t),
            "huber": lambda: nn.functional.huber_loss(o, t),
            "log_cosh": lambda: torch.log(torch.cosh(o - t)).mean(),
            "binary_cross_entropy": lambda: nn.functional.binary_cross_entropy_with_logits(o, t),
            "hinge": lambda: torch.clamp(1 - signs * o, min=0).mean(),
        }[case.loss]()
    for linear in net.linear:
        value = value + case.l1 * linear.weight.abs().sum() + case.l2 / 2 * (linear.weight**2).sum()
    return value


def optimizer(name: str, settings: str, net: Net) -> torch.optim.Optimizer:
    """torch's optimizer of the same settings."""
    values = {key: float(value) for key, value in (part.split("=") for part in settings.split(","))}
    if name == "momentum":
        return torch.optim.SGD(net.parameters(), lr=values["lr"], momentum=values["beta"])
    kinds = {"gd": torch.optim.SGD, "adam": torch.optim.Adam, "adamw": torch.optim.AdamW, "nadam": torch.optim.NAdam,
             "rmsprop": torch.optim.RMSprop, "adagrad": torch.optim.Adagrad}  # fmt: skip
    return kinds[name](net.parameters(), **values)


def main() -> None:
    """Record everything."""
    gradients, runs = {}, []
    for case in CASES:
        x, y = (torch.from_numpy(each) for each in case.data())
        net = Net(case)
        net.put(case.theta(sum(part.numel() for part in net.parts())))
        loss = loss_of(net, x.T, y)
        loss.backward()
        gradients[case.name] = {"loss": loss.item(), "gradient": net.flat(gradient=True)}
    known = {case.name: case for case in CASES}
    for name, rule, settings, size, _ in TRAINED:
        case = known[name]
        x, y = (torch.from_numpy(each) for each in case.data())
        net = Net(case)
        net.put(case.theta(sum(part.numel() for part in net.parts())))
        made, losses = optimizer(rule, settings, net), []
        for index in batches(case, size):
            made.zero_grad()
            loss = loss_of(net, x.T[index], y[index])
            losses.append(loss.item())
            loss.backward()
            made.step()
        net.eval()
        with torch.no_grad():
            outputs = net(x.T).T.tolist()
        runs.append({"losses": losses, "theta": net.flat(), "running": net.running(), "outputs": outputs})
    path = Path(__file__).resolve().parent / "data" / "torch_nets.json"
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps({"torch": torch.__version__, "gradients": gradients, "runs": runs}) + "\n")
    print(path, path.stat().st_size)


if __name__ == "__main__":
    main()
