"""Which cell of a sweep is the best, and what the sweep shows, in plain words."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from gdsim.analysis.axes import SweepAxis, split_name
from gdsim.analysis.stability import stability
from gdsim.engine.numpy_backend import NumpyBackend
from gdsim.engine.swarm import NONFINITE, RUNNING, SMALL, TARGET, UNKNOWN, Members, SameStart
from gdsim.engine.trace import Trace
from gdsim.errors import EngineError
from gdsim.objectives.network.network import NetworkObjective

if TYPE_CHECKING:
    from gdsim.engine.backend import RacerPlan
    from gdsim.objectives import Objective

Floats = NDArray[np.float64]
Counts = NDArray[np.int32]
Codes = NDArray[np.uint8]
Cell = tuple[int, int]

_LEVEL = 1e-6  # of the fall from the start: losses this close are one level
_STEPS_AGAIN = 20_000  # of the best cell, to see how stable it is


def level_of(objective: Objective, start: tuple[float, ...], loss: Floats) -> float:
    """The highest loss that still counts as the lowest one reached."""
    lowest = float(np.min(loss[np.isfinite(loss)], initial=math.inf))
    begin = float(objective.value(np.array(start)))
    fall = begin - lowest if math.isfinite(begin) else 0.0
    return lowest + _LEVEL * max(abs(fall), abs(lowest), 1e-300)


def best_cell(
    objective: Objective, start: tuple[float, ...], loss: Floats, steps: Counts, codes: Codes
) -> Cell | None:
    """(row, column) of the fewest steps among the cells that arrive at the lowest loss, else of the lowest loss.

    What reaches the target has arrived, however low. Equal steps: the lower loss. Cells that arrive among cells
    that do not have hit by luck, and are taken only where there are no others.
    """
    finite = np.isfinite(loss) & (codes != UNKNOWN) & (codes != NONFINITE)
    if not finite.any():
        return None
    low = loss <= level_of(objective, start, np.where(finite, loss, np.nan))
    arrived = finite & ((codes == TARGET) | ((codes == SMALL) & low))
    solid = arrived & _opened(arrived | (codes == UNKNOWN))
    arrived = solid if solid.any() else arrived
    order = np.lexsort((loss.ravel(), steps.ravel())) if arrived.any() else np.argsort(loss.ravel(), kind="stable")
    allowed = (arrived if arrived.any() else finite).ravel()[order]
    best = int(order[int(np.argmax(allowed))])
    return best // loss.shape[1], best % loss.shape[1]


def _opened(good: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Morphological opening by a cross (J. Serra, Image Analysis and Mathematical Morphology, 1982): what is left of
    the good cells when all too thin to hold one with its neighbours are taken away; beyond the edge is good."""

    def around(cells: NDArray[np.bool_], edge: bool) -> list[NDArray[np.bool_]]:
        rim = np.pad(cells, 1, constant_values=edge)
        return [cells, rim[:-2, 1:-1], rim[2:, 1:-1], rim[1:-1, :-2], rim[1:-1, 2:]]

    core = np.logical_and.reduce(around(good, True))
    return np.asarray(np.logical_or.reduce(around(core, False)))


def explain(
    objective: Objective, plan: RacerPlan, x: SweepAxis, y: SweepAxis | None, loss: Floats, steps: Counts,
    codes: Codes, best: Cell | None, finished: bool,
) -> str:  # fmt: skip
    """Sentences on the best cell, on where it goes wrong beside it, and (when finished) on the curvature there."""
    if best is None:
        return f"no {x.name} of these leads to a finite loss: all of them diverge. Try lower ones"
    row, column = best
    values = [(x.name, float(x.values()[column]))] + ([] if y is None else [(y.name, float(y.values()[row]))])
    named = ", ".join(f"{name} {value:.3g}" for name, value in values)
    code, count = int(codes[best]), int(steps[best])
    if isinstance(objective, NetworkObjective):
        return _trained(named, x, loss[best], count, code, codes, best)
    if code == RUNNING:
        sentences = [f"{named} gets lowest, to a loss of {loss[best]:.4g}, but does not arrive in {count:,} steps"]
    else:
        goal = "reaches the target" if code == TARGET else "arrives"
        sentences = [f"{named} {goal} in {_steps(count)}"]
    level = level_of(objective, plan.start, np.where(codes == NONFINITE, np.nan, loss))
    beside = _beside(x, loss[row], codes[row], column, level, plan.steps)
    if y is not None:
        if beside:
            sentences.append(f"with this {y.name}, {beside}")
        if finished:
            sentences.append(_shares(codes, plan.steps))
    elif beside:
        sentences[0] += f"; {beside}"
    if finished:
        sentences.append(_limit(objective, plan, dict(values), code, count))
    return ". ".join(_capital(sentence) for sentence in sentences if sentence)


def _trained(named: str, x: SweepAxis, loss: float, count: int, code: int, codes: Codes, best: Cell) -> str:
    """The same of a model, which is trained for some steps and need not arrive."""
    goal = f"reaches the target in {_steps(count)}" if code == TARGET else f"gets lowest in {_steps(count)}"
    words = f"{named} {goal}, to a training loss of {loss:.4g}"
    row, column = best
    wild = np.flatnonzero(codes[row] == NONFINITE)
    values = x.values()
    above, below = wild[wild > column], wild[wild < column]
    if len(above):
        words += f"; above {_between(values[above[0] - 1], values[above[0]])} it diverges"
    if len(below):
        words += f"; below {_between(values[below[-1] + 1], values[below[-1]])} it diverges"
    share = float(np.mean(codes == NONFINITE))
    if codes.shape[0] > 1 and share > 0:
        words += f". Of all settings {'less than 1' if share < 0.01 else round(100 * share)} % diverge"
    return words


def _steps(count: int) -> str:
    return "1 step" if count == 1 else f"{count:,} steps"


def _capital(text: str) -> str:
    # a setting's own name keeps its letters
    return text[:1].upper() + text[1:] if text.startswith(("with", "of", "around")) else text


def _beside(axis: SweepAxis, loss: Floats, codes: Codes, column: int, level: float, limit: int) -> str:
    """What happens above and below the best value of a row: "above 0.021 it diverges, below 0.004 ..."."""
    known = np.flatnonzero(codes != UNKNOWN)
    values = axis.values()
    parts: list[str] = []
    for side, way in (("above", known[known > column]), ("below", known[known < column][::-1])):
        faults = [_fault(int(codes[k]), float(loss[k]), level, limit, side == "above") for k in way.tolist()]
        wrong = next((place for place, words in enumerate(faults) if words), None)
        if wrong is None:
            continue
        before = [column, *way.tolist()]
        parts.append(f"{side} {_between(values[before[wrong]], values[before[wrong + 1]])} {faults[wrong]}")
        worse = next((place for place in range(wrong, len(faults)) if codes[way[place]] == NONFINITE), None)
        if worse is not None and worse > wrong:
            parts.append(f"{side} {_between(values[before[worse]], values[before[worse + 1]])} {faults[worse]}")
    return ", ".join(parts)


def _fault(code: int, loss: float, level: float, limit: int, above: bool) -> str:
    """What is wrong with a cell; empty where nothing is."""
    if code == NONFINITE:
        return "it diverges"
    if code == RUNNING:
        return f"it does not settle in {limit:,} steps" if above else f"it needs more than {limit:,} steps"
    if code == SMALL and loss > level:
        return f"it ends higher, at a loss of {loss:.3g}"
    return ""


def _between(good: float, bad: float) -> str:
    """A round number between two neighbouring values of an axis, with no more digits than it takes."""
    low, high = min(good, bad), max(good, bad)
    middle = math.sqrt(low * high) if low > 0 else 0.5 * (low + high)
    for digits in range(1, 8):
        text = f"{middle:.{digits}g}"
        if low <= float(text) <= high:
            return f"{float(text):g}"
    return f"{middle:g}"


def _shares(codes: Codes, limit: int) -> str:
    """Of all cells, how many diverge and how many are under way at the limit."""
    parts = []
    for code, words in ((NONFINITE, "diverge"), (RUNNING, f"do not arrive in {limit:,} steps")):
        share = float(np.mean(codes == code))
        if share > 0:
            parts.append(f"{'less than 1' if share < 0.01 else round(100 * share)} % {words}")
    return f"of all settings {' and '.join(parts)}" if parts else "all settings arrive"


def _limit(objective: Objective, plan: RacerPlan, values: dict[str, float], code: int, steps: int) -> str:
    """The largest stable learning rate where the best cell rests; empty where there is none to name."""
    swept_lr = "lr" in values and "lr" in plan.hyper
    if code != SMALL or steps > _STEPS_AGAIN or not swept_lr or plan.rule.method or objective.n > 16:
        return ""
    one = SameStart(plan.start, 1)
    swept = {name: np.array([value]) for name, value in values.items()}
    best = replace(Members(plan, one, swept).plan_of(0), steps=max(1, plan.steps))
    try:
        stepper = NumpyBackend().stepper(objective, best)
    except EngineError:  # too little memory for a second look at it
        return ""
    trace = Trace(objective.n, objective.coordinates)
    stepper.advance(trace, steps)
    row = trace.row(-1)
    here = stability(objective, best, row.step, row.theta, row.lr, stepper.snapshot())
    if here.limit is None:
        return ""
    others = [f"{name} {value:.3g}" for name, value in values.items() if split_name(name)[0] != "lr"]
    given = f" (with {', '.join(others)})" if others else ""
    return f"around the minimum the curvature bears an lr of up to {here.limit:.3g}{given}"
