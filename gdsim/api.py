"""The Python door: the same runs as in the window, with NumPy arrays to go on with."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from gdsim import objectives
from gdsim.analysis.curvature import EXACT_UP_TO, curvature
from gdsim.engine.backend import Cancel
from gdsim.errors import SpecError, UsageError
from gdsim.formula.number import parse_point, split_point
from gdsim.maps import Basins, Sweep, basins_of, sweep_of
from gdsim.objectives import Objective
from gdsim.objectives.data.design import Data
from gdsim.objectives.network.design import Model
from gdsim.objectives.policy import Policy
from gdsim.runs import Run as Run
from gdsim.session.make import DEFAULT_STEPS, spec_for, spec_racers
from gdsim.session.make_arrays import data_from_arrays
from gdsim.session.make_data import texts_of
from gdsim.session.make_training import DEFAULT_RACER, training_spec
from gdsim.session.policy import DEFAULT_RACERS, policy_spec
from gdsim.session.policy import DEFAULT_STEPS as POLICY_STEPS
from gdsim.session.runner import Runner
from gdsim.session.spec import Problem, Racer, RunSpec

Floats = NDArray[np.float64]


def run(
    function: str | Callable[..., float] | None = None,
    *,
    formula: str | None = None,
    optimizers: Sequence[str] | str = ("gd",),
    start: Sequence[float] | float | str | None = None,
    steps: int = DEFAULT_STEPS,
    gradient: Callable[[Floats], Floats] | None = None,
    parameters: Mapping[str, float] | None = None,
    variables: Sequence[str] | None = None,
    rule: str | Sequence[str] | None = None,
    cancel: Cancel | None = None,
    progress: Callable[[int, int], None] | None = None,
    **options: Any,
) -> Run:
    """Race optimizers and return every step.

    Args:
        function: a name of the catalogue, or a Python function of an array (n,) (run by the numpy backend; with
            `gradient`, else by central differences).
        formula: a formula in gdsim's language instead.
        optimizers: racers as on the command line, such as ``["gd,lr=0.01", "adam,lr=0.1,schedule=cosine"]``.
        start: where they start, n numbers; needed for a Python function.
        steps: how many steps at most.
        parameters, variables, rule: as on the command line.
        options: tolerance, target, seed, dtype, backend.

    Raises:
        GdsimError: what is wrong, where, and what to do.
    """
    racers = [optimizers] if isinstance(optimizers, str) else list(optimizers)
    options = {"parameters": parameters, "variables": variables, "start": start, "steps": steps, **options}
    spec, objective = _described(function, formula, racers, rule, gradient, options)
    return Run(Runner(spec, None, objective).run(cancel, progress))


def train(
    dataset: str | Data | tuple[Any, Any],
    model: str | Model = "",
    *,
    optimizers: Sequence[str] | str = (DEFAULT_RACER,),
    epochs: float | None = None,
    steps: int | None = None,
    batch: int | Literal["full"] | None = None,
    rule: str | Sequence[str] | None = None,
    cancel: Cancel | None = None,
    progress: Callable[[int, int], None] | None = None,
    **options: Any,
) -> Run:
    """Train a model on data and return every step.

    Args:
        dataset: a set's name (``"spiral,noise=0.1"``), a CSV file, or arrays (x, y): x (samples, columns), y (samples,)
            numbers or labels (``predict_as="classes"`` where labels are whole numbers).
        model: ``linear``, ``logistic``, ``softmax``, ``poly:3``, ``mlp:8,8``; by default the simplest that suits.
        optimizers: racers as on the command line; all begin with the same weights and see the same batches.
        epochs, steps: how long, one of the two; 1000 steps by default.
        batch: samples in a batch, or "full"; 10 by default.
        rule: stages of a racer called custom.
        options: activation, loss, output, inputs, column, predict_as, share, standardise, noise, size, data_seed, init,
            init_seed, weights (a .npz to begin from), start, norm, residual, dropout, l1, l2, patience, tolerance,
            target, seed, dtype, backend; as on the command line.

    Raises:
        GdsimError: what is wrong, where, and what to do.
    """
    if isinstance(dataset, tuple):
        dataset = _own_data(dataset, options)
    racers = [optimizers] if isinstance(optimizers, str) else list(optimizers)
    rules = [] if rule is None else [rule] if isinstance(rule, str) else list(rule)
    spec = training_spec(dataset, model, racers=racers, rules=rules, epochs=epochs, steps=steps, batch=batch, **options)
    return Run(Runner(spec).run(cancel, progress))


def _own_data(arrays: tuple[Any, ...], options: dict[str, Any]) -> Data:
    """The data in (x, y); takes what is said of them out of `options`."""
    if len(arrays) != 2:
        what = f"{len(arrays)} arrays"
        raise UsageError(what, where="dataset", hint="Give (x, y): a row of numbers for each sample, and the targets")
    names = {"share": "share", "standardise": "standardise", "data_seed": "seed", "predict_as": "predict_as"}
    taken = {name: options.pop(option) for option, name in names.items() if option in options}
    data = data_from_arrays(*arrays, **taken)
    return data.replace(inputs=texts_of(options.pop("inputs"))) if "inputs" in options else data


def climb(
    task: str | Policy,
    *,
    optimizers: Sequence[str] | str = DEFAULT_RACERS,
    rule: str | Sequence[str] | None = None,
    start: str | Sequence[float] | None = None,
    steps: int = POLICY_STEPS,
    cancel: Cancel | None = None,
    progress: Callable[[int, int], None] | None = None,
    **options: Any,
) -> Run:
    """Let policies climb their expected reward and return every step; `Run.reward` is what they earn.

    Args:
        task: a shipped task's name with what is to differ (``"classic_grid,baseline=mean,episodes=32,slip=0.1"``), or
            one written out (``"bandit:0.2:0.5:1"``, ``"grid:...G/.#.X/S..."``), or a policy.
        optimizers: racers as on the command line.
        rule: stages of a racer called custom.
        start: theta at step 0, by default zeros: every action is equally likely.
        options: tolerance, target (minus the reward), seed, dtype, backend; as on the command line.

    Raises:
        GdsimError: what is wrong, where, and what to do.
    """
    racers = [optimizers] if isinstance(optimizers, str) else list(optimizers)
    rules = [] if rule is None else [rule] if isinstance(rule, str) else list(rule)
    spec = policy_spec(task, racers=racers, rules=rules, start=start, steps=steps, **options)
    return Run(Runner(spec).run(cancel, progress))


def basins(
    function: str | Callable[..., float] | None = None,
    *,
    formula: str | None = None,
    optimizer: str = "gd",
    size: int | tuple[int, int] = 256,
    axes: Sequence[str] | None = None,
    domain: Sequence[tuple[float, float]] | None = None,
    start: Sequence[float] | float | str | None = None,
    steps: int = DEFAULT_STEPS,
    gradient: Callable[[Floats], Floats] | None = None,
    rule: str | None = None,
    cancel: Cancel | None = None,
    progress: Callable[[int, int], None] | None = None,
    **options: Any,
) -> Basins:
    """From every start on a grid: where does this optimizer end?

    Args:
        function, formula, gradient, rule, steps: as in `run`.
        size: starts along each side, or (across, up).
        axes: names of the coordinates that are varied, by default the first two.
        domain: their ranges, by default the function's own.
        start: the point that the grid's plane goes through, where there are more coordinates.
        options: parameters, variables, tolerance, target, seed, dtype, backend.

    Raises:
        GdsimError: what is wrong, where, and what to do.
    """
    options = {"start": start, "steps": steps, **options}
    spec, objective = _described(function, formula, [optimizer], rule, gradient, options)
    sides = (size, size) if isinstance(size, int) else size
    return basins_of(spec, sides, axes, domain, objective=objective, cancel=cancel, progress=progress)


def sweep(
    function: str | Callable[..., float] | None = None,
    *,
    formula: str | None = None,
    optimizer: str = "gd",
    over: str | Sequence[str],
    dataset: str | Data | None = None,
    model: str | Model = "",
    start: Sequence[float] | float | str | None = None,
    steps: int = DEFAULT_STEPS,
    gradient: Callable[[Floats], Floats] | None = None,
    rule: str | None = None,
    scheduler: str | None = None,
    cancel: Cancel | None = None,
    progress: Callable[[int, int], None] | None = None,
    **options: Any,
) -> Sweep:
    """One start, many settings: which of them gets there, and how fast?

    Args:
        function, formula, gradient, rule, start, steps: as in `run`.
        over: one or two settings with their ranges, such as ``["lr=1e-4..1:64:log", "beta=0..0.99:64"]``.
        dataset, model: what is trained, in place of a function, see `train`; its options are taken too.
        scheduler: address of a Dask scheduler whose workers compute the cells.
        options: parameters, variables, tolerance, target, seed, dtype, backend.

    Raises:
        GdsimError: what is wrong, where, and what to do.
    """
    objective = None
    if dataset is not None:
        if function is not None or formula is not None:
            raise UsageError("a dataset and a function both say what to minimise", hint="Give one of them")
        options = options if "epochs" in options else {"steps": steps, **options}
        point: Any = (float(start),) if isinstance(start, int | float) else start
        rules = [] if rule is None else [rule]
        spec = training_spec(dataset, model, racers=[optimizer], rules=rules, start=point, **options)
    else:
        options = {"start": start, "steps": steps, **options}
        spec, objective = _described(function, formula, [optimizer], rule, gradient, options)
    texts = [over] if isinstance(over, str) else list(over)
    return sweep_of(spec, texts, objective=objective, scheduler=scheduler, cancel=cancel, progress=progress)


def _described(
    function: str | Callable[..., float] | None, formula: str | None, racers: Sequence[str],
    rule: str | Sequence[str] | None, gradient: Callable[[Floats], Floats] | None, options: dict[str, Any],
) -> tuple[RunSpec, Objective | None]:  # fmt: skip
    """The spec, and the objective where it is a Python function."""
    rules = [] if rule is None else [rule] if isinstance(rule, str) else list(rule)
    start = options.pop("start")
    point: Any = (float(start),) if isinstance(start, int | float) else start
    if callable(function):
        if formula is not None:
            raise UsageError("a function and a formula both say what to minimise", hint="Give one of them")
        rest = {name: value for name, value in options.items() if name not in ("parameters", "variables")}
        return _callable(function, gradient, spec_racers(racers, rules), point, rest)
    if isinstance(function, str) and formula is None and not function.strip():
        raise UsageError("the function's name is empty", hint="See gdsim list functions")
    spec = spec_for(
        function=function or "", formula=formula or "", racers=racers, rules=rules, start=point, **options
    )  # fmt: skip
    return spec, None


def _callable(
    function: Callable[..., float], gradient: Callable[[Floats], Floats] | None, racers: tuple[Racer, ...], start: Any,
    options: dict[str, Any],
) -> tuple[RunSpec, Objective]:  # fmt: skip
    if start is None:
        raise SpecError("a Python function needs a start", where="start", hint="Give as many numbers as it takes")
    point = parse_point(start) if isinstance(start, str) else tuple(float(value) for value in start)
    if options.get("backend", "auto") not in ("auto", "numpy"):
        raise SpecError("a Python function runs on the numpy backend only", where="backend", hint="Leave it out")
    objective = objectives.from_callable(function, len(point), gradient)
    name = getattr(function, "__name__", "function")
    problem = Problem(formula=f"<Python function {name}>", name=name, dimension=len(point),
                      variables=objective.coordinates)  # fmt: skip
    return RunSpec(problem=problem, racers=racers, start=point, **{**options, "backend": "numpy"}), objective


def evaluate(
    formula: str,
    at: Sequence[float] | str,
    *,
    parameters: Mapping[str, float] | None = None,
    variables: Sequence[str] | None = None,
) -> dict[str, Any]:
    """Value, exact gradient and Hessian of a formula at a point.

    Returns:
        variables, at, value, gradient, hessian (n rows; empty above 64 coordinates), eigenvalues (ascending; above
        64 coordinates both ends; empty where the Hessian is not finite), max_stable_lr (2 over the largest
        eigenvalue; None where nothing curves upwards).
    """
    from gdsim.formula import parse_formula

    parsed = parse_formula(formula, variables)
    n = len(split_point(at)) if isinstance(at, str) else len(at)
    n = n if parsed.indexed else len(parsed.variables)
    point = np.array(parse_point(at, n) if isinstance(at, str) else at, dtype=np.float64)
    if point.shape != (n,):
        raise SpecError(f"the point has {len(point)} numbers, the formula {n} coordinates", where="at")
    missing = [name for name in parsed.parameters if name not in (parameters or {})]
    if missing:
        raise SpecError(
            f"the parameter {missing[0]} has no value", where="parameters", hint=f"Give it one: --param {missing[0]}=1"
        )
    objective = objectives.from_formula(formula, variables, parameters, n=n, start=tuple(point.tolist()))
    value, slopes = objective.value_gradient(point)
    bend = curvature(objective, point)
    hessian = objective.hessian(point).tolist() if n <= EXACT_UP_TO else []
    limit = bend.max_stable_lr
    return {
        "variables": list(objective.coordinates),
        "at": point.tolist(),
        "value": float(value),
        "gradient": slopes.tolist(),
        "hessian": hessian,
        "eigenvalues": bend.eigenvalues.tolist(),
        "max_stable_lr": limit if limit is not None and math.isfinite(limit) and math.isfinite(value) else None,
    }
