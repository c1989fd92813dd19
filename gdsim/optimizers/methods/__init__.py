"""Optimizers that stages cannot say, in NumPy: Newton, L-BFGS, conjugate gradient, Armijo backtracking.

Adding one: a file with a class of the form of `Method`, a line in `METHODS`, a catalogue entry with `method = "..."`.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Protocol

from gdsim.errors import SpecError
from gdsim.optimizers.methods.armijo import Armijo
from gdsim.optimizers.methods.cg import ConjugateGradient
from gdsim.optimizers.methods.lbfgs import LBFGS
from gdsim.optimizers.methods.newton import Newton
from gdsim.optimizers.methods.problem import Advance, Array, Here, Problem
from gdsim.params import Value

__all__ = ["METHODS", "Advance", "Here", "Method", "Problem", "method"]


class Method(Protocol):
    """An optimizer with a flat float64 state of fixed size, so that any step can be gone back to.

    `searches`: it looks for its own length by the loss, and so works without noise and clipping.
    """

    searches: bool

    def state_size(self, n: int, hyper: Mapping[str, Value]) -> int:
        """Length of the state for n coordinates."""

    def start(self, n: int, hyper: Mapping[str, Value]) -> Array:
        """The state before the first step."""

    def advance(self, problem: Problem, here: Here, hyper: Mapping[str, Value], state: Array) -> Advance:
        """One step from `here`; `state` stays as it is."""


METHODS: Mapping[str, Method] = MappingProxyType(
    {"newton": Newton(), "lbfgs": LBFGS(), "cg": ConjugateGradient(), "armijo": Armijo()}
)


def method(name: str) -> Method:
    """The method called `name`; SpecError when there is none."""
    if name not in METHODS:
        raise SpecError(f"there is no method {name!r}", hint=f"There are {', '.join(METHODS)}")
    return METHODS[name]
