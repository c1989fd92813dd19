"""Elementary functions that LLVM vectorises: without jumps, tables or calls, at most 2 units in the last place wrong.

Numba's wheels carry no vector mathematics: ``math.exp`` in a loop is a call per point. Kernels import the functions of
`double` and `single`; each is inlined into the loop over points. They return the same in the vector body of a loop
and in its remainder; fused multiply-add is used where the processor has it and never relied on.

sin, cos and tan are right up to their REACH, and harmless garbage beyond: whoever calls them hands larger arguments to
`math`, as `evaluate` does. Nothing here imports Numba before a function is evaluated.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy

_ORDINARY = (
    "exp", "expm1", "log", "log1p", "log2", "log10", "pow", "cbrt", "sin", "cos", "tan", "asin", "acos", "atan",
    "atan2", "sinh", "cosh", "tanh", "asinh", "acosh", "atanh", "sigmoid", "sigmoid_slope", "softplus", "sech2", "erf",
)  # fmt: skip

NAMES: dict[str, tuple[str, ...]] = {"float64": _ORDINARY, "float32": _ORDINARY}
"""The functions there are, by precision."""

REACH: dict[str, dict[str, float]] = {
    "float64": dict.fromkeys(("sin", "cos", "tan"), 1e5),
    "float32": dict.fromkeys(("sin", "cos", "tan"), 2e8),
}
"""The largest |x| for which a function is right, by precision; the functions left out are right everywhere."""

SOURCES: tuple[Path, ...] = tuple(sorted(Path(__file__).parent.glob("*.py")))
"""The files whose content shapes machine code."""


def evaluate(name: str, *arrays: Any, dtype: Any = None) -> numpy.ndarray[Any, numpy.dtype[Any]]:
    """The function, element by element; right for every input, beyond the reach too.

    Args:
        arrays: one, or two for pow and atan2; anything that NumPy can broadcast.
        dtype: float64 or float32; by default float32 if all arrays are, else float64.

    Raises:
        EngineError: no such function, another number of arrays, another dtype, or shapes that do not go together.
    """
    from gdsim.engine.elementary import arrays as door

    return door.evaluate(name, arrays, dtype)
