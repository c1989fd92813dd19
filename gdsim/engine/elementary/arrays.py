"""The elementary functions over whole arrays, for Python: compiled on first use."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache
from importlib import import_module
from typing import Any

import numpy

from gdsim.engine.elementary import NAMES, REACH
from gdsim.errors import EngineError

Array = numpy.ndarray[Any, numpy.dtype[Any]]

ARITY = {"pow": 2, "atan2": 2}
"""How many numbers a function takes, where it is not one."""


def evaluate(name: str, arrays: tuple[Any, ...], dtype: Any) -> Array:
    """See `gdsim.engine.elementary.evaluate`."""
    inputs = [numpy.asarray(array) for array in arrays]
    if dtype is None:
        single = bool(inputs) and all(array.dtype == numpy.float32 for array in inputs)
        dtype = numpy.float32 if single else numpy.float64
    precision = numpy.dtype(dtype).name
    if precision not in NAMES:
        raise EngineError(f"there are no elementary functions in {precision}", hint="take float64 or float32")
    if name not in NAMES[precision]:
        known = f"there are {', '.join(NAMES[precision])}"
        raise EngineError(f"there is no elementary function '{name}'", where=precision, hint=known)
    wanted = ARITY.get(name, 1)
    if len(inputs) != wanted:
        raise EngineError(f"{name} takes {wanted} array{'s' * (wanted > 1)}, not {len(inputs)}")
    try:
        with numpy.errstate(over="ignore"):
            together = numpy.broadcast_arrays(*(array.astype(precision) for array in inputs))
    except ValueError as error:
        raise EngineError(f"the arrays do not go together: {error}", where=name) from error
    flat = [numpy.ascontiguousarray(array).reshape(-1) for array in together]
    out = numpy.empty(flat[0].shape, precision)
    loop(name, precision)(*flat, out)
    reach = REACH[precision].get(name)
    if reach is not None:
        far = numpy.flatnonzero(numpy.abs(flat[0]) > reach)
        function: Callable[[float], float] = getattr(math, name)
        out[far] = [function(x) if math.isfinite(x) else math.nan for x in flat[0][far].tolist()]
    return out.reshape(together[0].shape)


@cache
def loop(name: str, precision: str) -> Any:
    """The compiled loop over contiguous arrays: the inputs, then the output."""
    from numba import from_dtype, njit, types

    module = "single" if precision == "float32" else "double"
    function = getattr(import_module(f"gdsim.engine.elementary.{module}"), name)
    if ARITY.get(name, 1) == 2:

        def over_points(x: Any, y: Any, out: Any) -> None:
            for k in range(x.shape[0]):
                out[k] = function(x[k], y[k])
    else:

        def over_points(x: Any, out: Any) -> None:  # type: ignore[misc]
            for k in range(x.shape[0]):
                out[k] = function(x[k])

    vector = from_dtype(numpy.dtype(precision))[::1]
    signature = types.void(*[vector] * (ARITY.get(name, 1) + 1))
    return njit(signature, nogil=True, error_model="numpy", no_cfunc_wrapper=True)(over_points)
