"""Chooses what computes: by name, or by what the run needs. A run keeps the backend it began with."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

from gdsim.engine.backend import Backend, RacerPlan
from gdsim.engine.numpy_backend import NumpyBackend
from gdsim.errors import EngineError

if TYPE_CHECKING:
    from gdsim.objectives import Objective

NAMES = ("auto", "numpy", "cpu", "cuda")


@lru_cache(maxsize=8)
def backend(name: str = "auto") -> Backend:
    """The backend of this name; one object per process.

    Raises:
        EngineError: no such backend, or it cannot be used here (says why).
    """
    if name not in NAMES:
        raise EngineError(f"there is no backend {name!r}", hint="Use " + ", ".join(NAMES))
    return NumpyBackend()


def choose(name: str, objective: Objective, plans: Sequence[RacerPlan]) -> Backend:
    """The backend for a run."""
    return backend(name)
