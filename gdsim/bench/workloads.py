"""The workloads that others do as well, or that fill the machine: gdsim's side, sizes as parameters."""

from __future__ import annotations

from typing import Any

import numpy as np

from gdsim import objectives
from gdsim.bench import peers as others
from gdsim.bench.arithmetic import operations
from gdsim.bench.work import Array, Contestant, Work
from gdsim.engine.backend import RacerPlan, Slice
from gdsim.engine.herd import Herd
from gdsim.engine.select import backend
from gdsim.engine.swarm import Ends, GridStarts, Members, Points, SameStart, Swarm
from gdsim.engine.trace import Trace
from gdsim.objectives import Objective
from gdsim.optimizers.rule import rule

ROSENBROCK = "(1-x)^2 + 100(y-x^2)^2"
ACKLEY = "-20exp(-0.2sqrt((x^2+y^2)/2)) - exp((cos(2pi x)+cos(2pi y))/2) + e + 20"
HIMMELBLAU = "(x^2+y-11)^2 + (x+y^2-7)^2"
START = (-1.5, 2.0)
LEVEL = 0.95
"""As quick as another: within what one measurement differs from the next."""


def square(low: float, high: float, nx: int, ny: int = 0) -> Slice:
    """A grid over [low, high]^2; ny is nx by default."""
    return Slice((0.0, 0.0), (0, 1), (low, high), (low, high), nx, ny or nx)


def plan(name: str, steps: int, tolerance: float = 0.0, **settings: float) -> RacerPlan:
    """A racer with these settings, the others at their defaults."""
    chosen = rule(name)
    return RacerPlan(chosen, chosen.resolve(settings), START, steps, tolerance=tolerance)


def compiled() -> Any:
    """The backend that is measured."""
    return backend("cpu")


def per_iteration(objective: Objective, members: Members, *, tracked: bool) -> int:
    """Floating-point operations of one iteration of one member."""
    member = Herd(objective, members, "float64", tracked).member
    assert member is not None
    return operations(member.graph, member.rows)


def surface(peers: others.Peers, side: int = 1024) -> Work:
    """Values of Ackley's function on a square grid."""
    objective, where = objectives.from_formula(ACKLEY), square(-5.0, 5.0, side)
    X, Y = np.meshgrid(where.xs(), where.ys())
    flops = operations(objective.graph, objective.coordinates) * side * side
    return Work(
        "surface",
        f"surface: Ackley, {side} x {side} points",
        Contestant(lambda: compiled().surface(objective, where), lambda found: np.asarray(found.values)),
        others.ackley(peers, X, Y),
        {"jax": 5.0},
        1e-12,
        lambda _: flops,
        8.0 * side * side,
    )


def many(objective: Objective, members: Members, steps: int) -> Contestant:
    """Steps of members that are made once; the answer is where they end, (count, n)."""
    swarm: Swarm = compiled().swarm(objective, members, tracked=False)
    begin = swarm.snapshot()

    def run() -> Array:
        swarm.restore(begin)
        swarm.advance(steps)
        return swarm.theta()

    return Contestant(run, np.transpose)


def swarm_starts(count: int) -> Array:
    """Starts in [-2, 2]^2, (count, 2)."""
    return np.random.default_rng(0).uniform(-2.0, 2.0, (count, 2))


def swarm(peers: others.Peers, count: int = 100_000, steps: int = 200) -> Work:
    """Adam on Rosenbrock's function from many starts, end points only."""
    objective, starts = objectives.from_formula(ROSENBROCK), swarm_starts(count)
    members = Members(plan("adam", steps, lr=others.LR), Points(np.ascontiguousarray(starts.T)))
    rows = Herd(objective, members, "float64", tracked=False).rows
    flops = per_iteration(objective, members, tracked=False) * count * steps
    return Work(
        "swarm",
        f"swarm: {count:,} starts x {steps} Adam steps",
        many(objective, members, steps),
        others.end_points(peers, starts, steps),
        {"jax": 2.5},
        1e-6,
        lambda _: flops,
        16.0 * rows * count,
    )


def path(peers: others.Peers, steps: int = 1000) -> Work:
    """Adam on Rosenbrock's function from one start, the end point only."""
    objective = objectives.from_formula(ROSENBROCK)
    members = Members(plan("adam", steps, lr=others.LR), SameStart(START, 1))
    flops = per_iteration(objective, members, tracked=False) * steps
    return Work(
        "path",
        f"path: {steps:,} Adam steps, the end only",
        many(objective, members, steps),
        others.path(peers, START, steps),
        {"jax": LEVEL},
        1e-8,
        lambda _: flops,
    )


def recorded(peers: others.Peers, steps: int = 1000) -> Work:
    """The same with position, loss, gradient and state kept at every step."""
    objective, racer = objectives.from_formula(ROSENBROCK), plan("adam", steps, lr=others.LR)
    compiled().prepare(objective, racer).result()
    flops = per_iteration(objective, Members(racer, SameStart(START, 1)), tracked=False) * steps

    def run() -> Trace:
        trace = Trace(2, objective.coordinates)
        compiled().stepper(objective, racer).advance(trace, steps)
        return trace

    return Work(
        "recorded",
        f"path: {steps:,} Adam steps, every step kept",
        Contestant(run, lambda trace: np.array([trace.row(k).theta for k in range(trace.published)])),
        others.recorded_path(peers, START, steps),
        {"jax": 1 / 3, "torch": 1000.0},
        1e-8,
        lambda _: flops,
    )


def settled(objective: Objective, members: Members) -> Contestant:
    """All members to their ends; the answer is how many steps each took."""
    indices = np.arange(members.count, dtype=np.int64)

    def run() -> Ends:
        ends = Ends.empty(members.n, members.count)
        compiled().settle(objective, members, indices, ends)
        return ends

    return Contestant(run, lambda ends: ends.steps.astype(np.float64))


def _map(name: str, title: str, objective: Objective, members: Members) -> Work:
    one = per_iteration(objective, members, tracked=True)
    return Work(
        name, title, settled(objective, members), flops=lambda steps: one * float(np.sum(steps + 1)),
        moved=29.0 * members.count,
    )  # fmt: skip


def basin_members(side: int) -> tuple[Objective, Members]:
    """Adam on Himmelblau's function from every point of a grid, until it arrives."""
    starts = GridStarts(square(-6.0, 6.0, side))
    return objectives.from_formula(HIMMELBLAU), Members(plan("adam", 5000, 1e-6, lr=0.2), starts)


def basins(peers: others.Peers, side: int = 1024) -> Work:
    """A basin map; the others have no way to stop each member where it arrives."""
    return _map("basins", f"basin map: Himmelblau, Adam, {side} x {side}", *basin_members(side))


def sweep(peers: others.Peers, side: int = 256) -> Work:
    """Momentum on Himmelblau's function for every learning rate and every momentum on a grid."""
    rates, momenta = np.geomspace(1e-4, 0.1, side), np.linspace(0.0, 0.99, side)
    swept = {"lr": np.tile(rates, side), "beta": np.repeat(momenta, side)}
    members = Members(plan("momentum", 2000, 1e-6), SameStart((0.5, 4.5), side * side), swept)
    title = f"sweep: lr x beta of momentum, {side} x {side}"
    return _map("sweep", title, objectives.from_formula(HIMMELBLAU), members)
