"""The compiled backend: a C function per rule and per objective, loops that call them by address, grids on all cores.

A new formula costs only the compiling of its own gradient, a new rule that of one step, and a slider nothing.
Compiling happens on the compile thread (`compiler.COMPILER`); what is not in place yet is waited for in the engine's
thread, a little at a time.
"""

from __future__ import annotations

import ctypes
import logging
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from gdsim.engine import block_kernels, cache, grid, kernels
from gdsim.engine.backend import Cancel, DType, Floats, Plane, RacerPlan, Settings, Slice
from gdsim.engine.compiler import COMPILER, NOW
from gdsim.engine.stepping import Chunk, ChunkedStepper, write_row
from gdsim.formula import RuleGraph, spread
from gdsim.formula.emit import block_width, reads_near, state_size
from gdsim.optimizers import compose

if TYPE_CHECKING:
    from gdsim.objectives import Objective
    from gdsim.optimizers.rule import Rule

_LOG = logging.getLogger(__name__)

Kernel = Callable[..., Any]
Item = TypeVar("Item")


_recents: list[Recent[Any]] = []


class Recent(Generic[Item]):
    """The most recently used compiled things by key, made on demand, one thread at a time; `forget` knows them all."""

    def __init__(self, most: int) -> None:
        _recents.append(self)
        self._items: OrderedDict[Hashable, Item] = OrderedDict()
        self._most = most
        self._lock = threading.RLock()

    def get(self, key: Hashable, make: Callable[[], Item]) -> Item:
        """The thing of this key."""
        with self._lock:
            if key not in self._items:
                self._items[key] = make()
                if len(self._items) > self._most:
                    self._items.popitem(last=False)
            self._items.move_to_end(key)
            return self._items[key]

    def clear(self) -> None:
        """Forget all."""
        with self._lock:
            self._items.clear()


@dataclass(frozen=True, slots=True)
class Code:
    """The address of a C function, and what keeps it alive."""

    address: int
    keep: cache.Generated


@dataclass(frozen=True, slots=True)
class StepperCode:
    """What a stepper is made of: value and gradient of the objective, one step of the rule, the loop over steps."""

    objective: Code
    rule: Code
    run: Kernel


@dataclass(frozen=True, slots=True)
class BlockCode:
    """A kernel over blocks of `width` columns: `near` with vectorised functions, `far` with the library's, for blocks
    that exceed the reach of the former; the same where there is nothing to exceed."""

    near: Code
    far: Code
    width: int


@dataclass(frozen=True, slots=True)
class GridCode:
    """The loop over a grid (see block_kernels.grid_text) and the objective's block that it calls."""

    loop: Kernel
    block: BlockCode


_modules: Recent[cache.Generated] = Recent(256)
_objectives: Recent[Code] = Recent(256)
_blocks: Recent[BlockCode] = Recent(256)
_rules: Recent[Code] = Recent(256)


def forget() -> None:
    """Forget everything compiled in this process, as after a start; what is on disk stays."""
    for recent in _recents:
        recent.clear()
    COMPILER.forget()


def objective_key(objective: Objective) -> Hashable:
    """Equal for objectives with the same code; their parameters' values are handed over at run time."""
    formula = objective.formula
    assert formula is not None
    return (formula.text, formula.variables, objective.n)


def rule_key(plan: RacerPlan) -> Hashable:
    """Equal for rules with the same code: the text, where states start, and how long the lists are."""
    rule: Rule = plan.rule
    names = tuple(f"{name}:{len(value)}" if isinstance(value, tuple) else name for name, value in plan.hyper.items())
    return (rule.text, names)


def _objective_module(objective: Objective, dtype: DType) -> cache.Generated:
    return _modules.get(
        (objective_key(objective), dtype),
        lambda: cache.Generated(kernels.objective_text(objective.graph, objective.n, dtype)),
    )


def _compile_objective(objective: Objective, dtype: DType) -> Code:
    def make() -> Code:
        module = _objective_module(objective, dtype)
        return Code(module.address("value_gradient", kernels.gradient_signature(dtype)), module)

    return _objectives.get((objective_key(objective), dtype), make)


def _compile_loop(name: str) -> Kernel:
    module = _modules.get("grid", lambda: cache.Generated(block_kernels.grid_text()))
    return module.function(name, block_kernels.grid_signature(name))


def _compile_block(objective: Objective, *, gradient: bool) -> BlockCode:
    def make() -> BlockCode:
        n = objective.n
        graph = objective.gradient_graph if gradient else objective.graph
        width = block_width(2 * n + 1 if gradient else n + 1)

        def code(far: bool) -> Code:
            module = cache.Generated(block_kernels.block_text(graph, n, width, gradient=gradient, far=far))
            return Code(module.address("block", block_kernels.block_signature(), block_kernels.FLAGS), module)

        near = code(far=False)
        return BlockCode(near, code(far=True) if reads_near(graph) else near, width)

    return _blocks.get((objective_key(objective), gradient), make)


def compile_rule(plan: RacerPlan, n: int, dtype: DType) -> Code:
    """One step of the plan's rule (on the compile thread)."""

    def make() -> Code:
        module = cache.Generated(kernels.rule_text(plan.rule.graph(plan.hyper, n), dtype))
        return Code(module.address("rule_step", kernels.rule_signature(dtype)), module)

    return _rules.get((rule_key(plan), dtype), make)


def _compile_run(dtype: DType, n: int) -> Kernel:
    text = kernels.run_text(dtype, n)
    module = _modules.get(("run", text), lambda: cache.Generated(text))
    return module.function("run", kernels.run_signature(dtype))


def stepper_code(objective: Objective, plan: RacerPlan, dtype: DType, priority: int = NOW) -> Future[StepperCode]:
    """All that a stepper needs, compiled on the compile thread."""

    def job() -> StepperCode:
        n = objective.n
        return StepperCode(_compile_objective(objective, dtype), compile_rule(plan, n, dtype), _compile_run(dtype, n))

    return COMPILER.submit(("stepper", objective_key(objective), rule_key(plan), dtype), job, priority)


def surface_code(objective: Objective, priority: int = NOW) -> Future[GridCode]:
    """What paints the objective's values, compiled on the compile thread."""
    return COMPILER.submit(
        ("surface", objective_key(objective)),
        lambda: GridCode(_compile_loop("surface"), _compile_block(objective, gradient=False)),
        priority,
    )


def field_code(objective: Objective, priority: int = NOW) -> Future[GridCode]:
    """What paints its values and derivatives."""
    return COMPILER.submit(
        ("field", objective_key(objective)),
        lambda: GridCode(_compile_loop("field"), _compile_block(objective, gradient=True)),
        priority,
    )


def landscape_code(objective: Objective, priority: int = NOW) -> Future[GridCode]:
    """What paints the objective's values on a plane of any directions."""
    return COMPILER.submit(
        ("landscape", objective_key(objective)),
        lambda: GridCode(_compile_loop("landscape"), _compile_block(objective, gradient=False)),
        priority,
    )


def parameter_array(objective: Objective, dtype: DType | np.dtype[Any] = "float64") -> NDArray[Any]:
    """The formula's parameters in the order that kernels read them."""
    return np.array([objective.parameters[entry.name] for entry in objective.graph.parameters], dtype=dtype)


class CpuStepper(ChunkedStepper):
    """Steps of a rule made of stages, compiled."""

    backend = "cpu"

    def __init__(self, objective: Objective, plan: RacerPlan, dtype: DType, code: StepperCode) -> None:
        rule: RuleGraph = plan.rule.graph(plan.hyper, objective.n)
        super().__init__(objective, plan, dtype, state_size(rule.states, objective.n))
        self._rule = rule
        self._code = code
        real = ctypes.c_float if dtype == "float32" else ctypes.c_double
        pointer = ctypes.c_void_p
        self._evaluate = ctypes.CFUNCTYPE(real, pointer, pointer, pointer)(code.objective.address)
        self._parameters = parameter_array(objective, self.dtype)
        self._theta, self._gradient, self._composed, self._step = np.zeros((4, self.n), self.dtype)
        self._state = np.zeros(self.state_size, self.dtype)
        self._loss = float("nan")
        self._hyper: tuple[Settings | None, NDArray[Any]] = (None, np.empty(0, self.dtype))
        self._no_noise = np.empty((0, 0), self.dtype)

    def snapshot(self) -> Floats:
        """The state, flat float64, a copy."""
        return self._state.astype(np.float64)

    def _initial_state(self) -> Floats:
        return compose.initial_state(self._rule, self.n, self.plan.at(0).hyper)

    def _stand(self, theta: NDArray[Any], state: Floats) -> None:
        self._theta[:] = theta
        self._state[:] = state
        arrays = (self._theta, self._parameters, self._gradient)
        self._loss = float(self._evaluate(*(array.ctypes.data for array in arrays)))

    def _write_current(self, row: Floats, lr: float) -> None:
        write_row(row, self._theta, self._loss, self._gradient, lr, self._evals)

    def _run(self, chunk: Chunk) -> tuple[int, int]:
        settings, plan = chunk.settings, self.plan
        if self._hyper[0] != settings:
            flat = spread(settings.hyper)
            self._hyper = settings, np.array([flat[name] for name in self._rule.hyper_names], dtype=self.dtype)
        hyper = self._hyper[1]
        target = -np.inf if plan.target is None else plan.target
        numbers = (
            settings.clip,
            settings.weight_decay,
            float(plan.rule.decoupled),
            plan.tolerance,
            float(target),
            self._evals,
        )
        noise = chunk.noise.astype(self.dtype) if len(chunk.noise) else self._no_noise
        code = self._code
        answer = code.run(
            code.rule.address, code.objective.address, self._parameters, chunk.rows, self._theta, self._gradient,
            self._composed, self._step, self._state, hyper, chunk.rates, noise, numbers, chunk.states,
            chunk.states_first, chunk.first,
        )  # fmt: skip
        done, end = divmod(int(answer), 8)
        self._evals += done
        return done, end


def surface(objective: Objective, code: GridCode, where: Slice, cancel: Cancel | None) -> Floats:
    """Values on the slice, (ny, nx)."""
    where.check(objective.n)
    out = np.empty(where.ny * where.nx)
    grid.fill(out.size, _painter(objective, code, where, out), cancel)
    return out.reshape(where.ny, where.nx)


def derivatives(objective: Objective, code: GridCode, where: Slice, cancel: Cancel | None) -> Floats:
    """Value and the derivatives along the slice's first and last axis, (3, ny, nx)."""
    where.check(objective.n)
    out = np.empty((3, where.ny * where.nx))
    grid.fill(out.shape[1], _painter(objective, code, where, out), cancel)
    return out.reshape(3, where.ny, where.nx)


def landscape(objective: Objective, code: GridCode, plane: Plane, cancel: Cancel | None) -> Floats:
    """Values on a plane of any directions, (ny, nx)."""
    plane.check(objective.n)
    out, block, p = np.empty(plane.points), code.block, parameter_array(objective)

    def worker() -> grid.Piece:
        points = np.zeros((objective.n + 1, block.width))
        near, far = block.near.address, block.far.address
        return lambda first, last: code.loop(
            near, far, points, plane.base, plane.first, plane.second, plane.a, plane.b, p, out, first, last
        )

    grid.fill(out.size, worker, cancel)
    return out.reshape(len(plane.b), len(plane.a))


def _painter(objective: Objective, code: GridCode, where: Slice, out: Floats) -> Callable[[], grid.Piece]:
    """What fills a piece of the flattened grid; each thread has a block of its own."""
    n, block = objective.n, code.block
    xs, ys, p = where.xs(), where.ys(), parameter_array(objective)
    i, j = where.axes[0], where.axes[-1]
    rows = 2 * n + 1 if out.ndim > 1 else n + 1

    def worker() -> grid.Piece:
        points = np.zeros((rows, block.width))
        points[:n] = np.array(where.base, dtype=np.float64)[:, None]
        near, far = block.near.address, block.far.address
        return lambda first, last: code.loop(near, far, points, n, i, j, xs, ys, p, out, first, last)

    return worker


def warm() -> None:
    """Load Numba, the compiler and all loops; evict old kernels."""
    _compile_run("float64", 2)
    _compile_loop("surface")
    _compile_loop("field")
    cache.evict()
