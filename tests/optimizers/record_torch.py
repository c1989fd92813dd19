"""Records what torch.optim does, for tests that need no torch: trajectories.json and schedules.json beside this file.

    python -m venv torch-venv && torch-venv/bin/pip install torch==2.13.0 numpy
    torch-venv/bin/python tests/optimizers/record_torch.py

Everything in float64 and with foreach=False. A case names our racer, torch's class and its arguments, the function, the
start; the path is theta after each of STEPS steps. Muon takes matrices and works in bfloat16: theta is a 1 x n matrix
there, and its cast to bfloat16 is left out. A path that is chaotic is left out.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch

STEPS = 200
KEPT = (*range(1, 21), *range(30, STEPS + 1, 10))
DATA = Path(__file__).parent / "data"


def quadratic(x, y):
    return x**2 + x * y + y**2 - x - 2 * y


def rosenbrock(x, y):
    return (1 - x) ** 2 + 100 * (y - x**2) ** 2


def beale(x, y):
    return (1.5 - x + x * y) ** 2 + (2.25 - x + x * y**2) ** 2 + (2.625 - x + x * y**3) ** 2


def himmelblau(x, y):
    return (x**2 + y - 11) ** 2 + (x + y**2 - 7) ** 2


FUNCTIONS = {f.__name__: f for f in (quadratic, rosenbrock, beale, himmelblau)}
STARTS = {
    "quadratic": (-2.4, 2.4),
    "rosenbrock": (-1.2, 1.0),
    "beale": (1.0, 1.5),
    "himmelblau": (0.5, 4.5),
}

# (racer as gdsim writes it, torch's class, its arguments, clip)
CASES: list[tuple[str, str, dict[str, Any], float]] = [
    ("gd,lr=0.002", "SGD", {"lr": 0.002}, 0),
    ("gd", "SGD", {}, 0),
    ("gd,lr=0.002,weight_decay=0.1", "SGD", {"lr": 0.002, "weight_decay": 0.1}, 0),
    ("gd,lr=0.01,clip=2", "SGD", {"lr": 0.01}, 2),
    ("gd,lr=0.01,clip=2,weight_decay=0.1", "SGD", {"lr": 0.01, "weight_decay": 0.1}, 2),
    ("momentum,lr=0.001", "SGD", {"lr": 0.001, "momentum": 0.9}, 0),
    ("momentum,lr=0.001,beta=0.8,dampening=0.3", "SGD", {"lr": 0.001, "momentum": 0.8, "dampening": 0.3}, 0),
    (
        "momentum,lr=0.001,beta=0.8,dampening=0.3,weight_decay=0.05",
        "SGD",
        {"lr": 0.001, "momentum": 0.8, "dampening": 0.3, "weight_decay": 0.05},
        0,
    ),
    ("momentum,lr=0.002,clip=5", "SGD", {"lr": 0.002, "momentum": 0.9}, 5),
    ("nesterov,lr=0.001", "SGD", {"lr": 0.001, "momentum": 0.9, "nesterov": True}, 0),
    (
        "nesterov,lr=0.001,beta=0.7,weight_decay=0.05",
        "SGD",
        {"lr": 0.001, "momentum": 0.7, "nesterov": True, "weight_decay": 0.05},
        0,
    ),
    ("adam", "Adam", {}, 0),
    ("adam,lr=0.05", "Adam", {"lr": 0.05}, 0),
    ("adam,lr=0.05,clip=1", "Adam", {"lr": 0.05}, 1),
    ("adam,lr=0.05,weight_decay=0.1", "Adam", {"lr": 0.05, "weight_decay": 0.1}, 0),
    ("adam,lr=0.02,beta1=0.5,beta2=0.9,eps=0.001", "Adam", {"lr": 0.02, "betas": (0.5, 0.9), "eps": 1e-3}, 0),
    ("adamw", "AdamW", {}, 0),
    ("adamw,lr=0.05", "AdamW", {"lr": 0.05}, 0),
    ("adamw,lr=0.05,weight_decay=0.3,clip=3", "AdamW", {"lr": 0.05, "weight_decay": 0.3}, 3),
    ("amsgrad", "Adam", {"amsgrad": True}, 0),
    ("amsgrad,lr=0.05,beta2=0.9", "Adam", {"lr": 0.05, "betas": (0.9, 0.9), "amsgrad": True}, 0),
    ("nadam", "NAdam", {}, 0),
    ("nadam,lr=0.05,momentum_decay=0.01", "NAdam", {"lr": 0.05, "momentum_decay": 0.01}, 0),
    ("nadam,lr=0.05,weight_decay=0.1", "NAdam", {"lr": 0.05, "weight_decay": 0.1}, 0),
    ("radam", "RAdam", {}, 0),
    ("radam,lr=0.01", "RAdam", {"lr": 0.01}, 0),
    (
        "radam,lr=0.02,beta2=0.9,weight_decay=0.1,clip=4",
        "RAdam",
        {"lr": 0.02, "betas": (0.9, 0.9), "weight_decay": 0.1},
        4,
    ),
    ("adamax", "Adamax", {}, 0),
    ("adamax,lr=0.05,eps=0.01,weight_decay=0.1", "Adamax", {"lr": 0.05, "eps": 0.01, "weight_decay": 0.1}, 0),
    ("adagrad", "Adagrad", {}, 0),
    ("adagrad,lr=0.3,lr_decay=0.01,weight_decay=0.1", "Adagrad", {"lr": 0.3, "lr_decay": 0.01, "weight_decay": 0.1}, 0),
    ("adadelta", "Adadelta", {}, 0),
    (
        "adadelta,lr=10,rho=0.8,eps=0.0001,weight_decay=0.1",
        "Adadelta",
        {"lr": 10.0, "rho": 0.8, "eps": 1e-4, "weight_decay": 0.1},
        0,
    ),
    ("rmsprop", "RMSprop", {}, 0),
    ("rmsprop,lr=0.01,alpha=0.9,weight_decay=0.1", "RMSprop", {"lr": 0.01, "alpha": 0.9, "weight_decay": 0.1}, 0),
    ("rmsprop,lr=0.002,momentum=0.8", "RMSprop", {"lr": 0.002, "momentum": 0.8}, 0),
    ("rmsprop,lr=0.001,centered=1,eps=0.01", "RMSprop", {"lr": 0.001, "centered": True, "eps": 0.01}, 0),
    ("rmsprop,lr=0.0005,centered=1,momentum=0.5", "RMSprop", {"lr": 0.0005, "centered": True, "momentum": 0.5}, 0),
    ("rprop", "Rprop", {}, 0),
    (
        "rprop,lr=0.1,eta_minus=0.4,eta_plus=1.1,step_min=0.001,step_max=0.3",
        "Rprop",
        {"lr": 0.1, "etas": (0.4, 1.1), "step_sizes": (0.001, 0.3)},
        0,
    ),
    ("asgd,lr=0.002", "ASGD", {"lr": 0.002}, 0),
    (
        "asgd,lr=0.002,lambd=0.1,alpha=0.6,t0=50,weight_decay=0.1",
        "ASGD",
        {"lr": 0.002, "lambd": 0.1, "alpha": 0.6, "t0": 50, "weight_decay": 0.1},
        0,
    ),
    ("adafactor", "Adafactor", {}, 0),
    (
        "adafactor,lr=0.1,beta2_decay=-0.6,eps1=0.000001,eps2=0.01,d=1.2,weight_decay=0.1",
        "Adafactor",
        {"lr": 0.1, "beta2_decay": -0.6, "eps": (1e-6, 0.01), "d": 1.2, "weight_decay": 0.1},
        0,
    ),
    ("muon", "Muon", {}, 0),
    ("muon,lr=0.02,weight_decay=0", "Muon", {"lr": 0.02, "weight_decay": 0.0}, 0),
    ("muon,lr=0.01,momentum=0.5,nesterov=0", "Muon", {"lr": 0.01, "momentum": 0.5, "nesterov": False}, 0),
    ("lbfgs", "LBFGS", {"max_iter": 1}, 0),
    ("lbfgs,lr=0.5,history=3", "LBFGS", {"lr": 0.5, "max_iter": 1, "history_size": 3}, 0),
    (
        "lbfgs,lr=0.3,history=10,tolerance_grad=0,tolerance_change=0",
        "LBFGS",
        {"lr": 0.3, "max_iter": 1, "history_size": 10, "tolerance_grad": 0, "tolerance_change": 0},
        0,
    ),
]

SCHEDULES: list[tuple[str, str, dict[str, Any]]] = [
    ("constant", "ConstantLR", {"factor": 1.0}),
    ("step:every=7:gamma=0.5", "StepLR", {"step_size": 7, "gamma": 0.5}),
    ("exponential:gamma=0.95", "ExponentialLR", {"gamma": 0.95}),
    ("cosine:min=0.01", "CosineAnnealingLR", {"T_max": 60, "eta_min": 0.01}),
    ("warm_restarts:first=8", "CosineAnnealingWarmRestarts", {"T_0": 8}),
    (
        "warm_restarts:first=4:growth=2:min=0.02",
        "CosineAnnealingWarmRestarts",
        {"T_0": 4, "T_mult": 2, "eta_min": 0.02},
    ),
    ("warm_restarts:first=2:growth=3", "CosineAnnealingWarmRestarts", {"T_0": 2, "T_mult": 3}),
    ("linear:start=1:end=0.1:over=25", "LinearLR", {"start_factor": 1.0, "end_factor": 0.1, "total_iters": 25}),
    ("warmup:steps=12:start=0.2", "LinearLR", {"start_factor": 0.2, "end_factor": 1.0, "total_iters": 12}),
    ("polynomial:power=2:over=30", "PolynomialLR", {"total_iters": 30, "power": 2.0}),
    ("one_cycle", "OneCycleLR", {"max_lr": 0.3, "total_steps": 60, "cycle_momentum": False}),
    (
        "one_cycle:rise=0.5:div=10:final_div=100",
        "OneCycleLR",
        {
            "max_lr": 0.3,
            "total_steps": 60,
            "pct_start": 0.5,
            "div_factor": 10,
            "final_div_factor": 100,
            "cycle_momentum": False,
        },
    ),
    (
        "triangular:half=9:min=0.05",
        "CyclicLR",
        {"base_lr": 0.05, "max_lr": 0.3, "step_size_up": 9, "cycle_momentum": False},
    ),
]
SCHEDULE_LR, SCHEDULE_STEPS = 0.3, 60


def chaotic(points: list[list[float]], nearby: list[list[float]]) -> bool:
    """Whether the last place of the start has grown to more than 1e-11 of the path: no oracle for anybody."""
    a, b = torch.tensor(points), torch.tensor(nearby)
    return bool(((a - b).norm(dim=1) / a.norm(dim=1)).max() > 1e-11)


def path(function: str, name: str, arguments: dict[str, Any], clip: float, shift: float = 0.0) -> list[list[float]]:
    start = torch.tensor(STARTS[function]) * (1 + shift)
    theta = torch.nn.Parameter(start.reshape(1, -1) if name == "Muon" else start)
    plain = name in ("Muon", "LBFGS")
    optimizer = getattr(torch.optim, name)([theta], **arguments, **({} if plain else {"foreach": False}))

    def closure():
        optimizer.zero_grad()
        loss = FUNCTIONS[function](*theta.reshape(-1))
        loss.backward()
        if clip:
            torch.nn.utils.clip_grad_norm_([theta], clip, foreach=False)
        return loss

    points = []
    for step in range(1, STEPS + 1):
        if name == "LBFGS":
            optimizer.step(closure)
        else:
            closure()
            optimizer.step()
        if step in KEPT:
            points.append(theta.detach().reshape(-1).tolist())
    return points


def rates(name: str, arguments: dict[str, Any]) -> list[float]:
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=SCHEDULE_LR)
    schedule = getattr(torch.optim.lr_scheduler, name)(optimizer, **arguments)
    found = []
    for step in range(SCHEDULE_STEPS):
        found.append(float(optimizer.param_groups[0]["lr"]))
        optimizer.step()
        if step < SCHEDULE_STEPS - 1:
            schedule.step()
    return found


def write(name: str, document: dict[str, Any], rows: str) -> None:
    """One case a line, so that a change shows as one line."""
    head = {key: value for key, value in document.items() if key != rows}
    lines = ",\n".join(json.dumps(row) for row in document[rows])
    text = json.dumps(head)[:-1] + f', "{rows}": [\n{lines}\n]}}\n'
    (DATA / name).write_text(text, encoding="utf-8")


def main() -> None:
    torch.set_default_dtype(torch.float64)
    torch.set_num_threads(1)
    torch.Tensor.bfloat16 = torch.Tensor.clone  # Muon alone calls it
    cases = []
    for racer, name, arguments, clip in CASES:
        for function, start in STARTS.items():
            points = path(function, name, arguments, clip)
            nearby = path(function, name, arguments, clip, shift=2e-16)
            if name != "LBFGS" and chaotic(points, nearby):
                print(f"left out, chaotic: {racer} on {function}")
                continue
            cases.append({"racer": racer, "function": function, "start": start, "path": points})
    write("trajectories.json", {"torch": torch.__version__, "steps": KEPT, "cases": cases}, "cases")
    schedules = [{"schedule": text, "rates": rates(name, arguments)} for text, name, arguments in SCHEDULES]
    write("schedules.json", {"torch": torch.__version__, "lr": SCHEDULE_LR, "cases": schedules}, "cases")


if __name__ == "__main__":
    main()
