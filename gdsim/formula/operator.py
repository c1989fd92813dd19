"""What there is to say about one operator."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from gdsim.formula.term import Term

Rule = Callable[..., Term]
"""`rule(w, *arguments, f)` is w times the partial derivative, f being the operator's own value.

The same rule pulls an adjoint w back to the argument and pushes the argument's tangent w forward. The rule of ``powi``
gets the exponent behind f.
"""


@dataclass(frozen=True, slots=True)
class Branch:
    """An operator that hands on one of its arguments: where `condition(*arguments)` holds number `yes`, else `no`.

    None stands for a constant. Derivatives choose between the finished derivatives of the two.
    """

    condition: Callable[..., Term]
    yes: int | None
    no: int | None


@dataclass(frozen=True, slots=True)
class Operator:
    """One operator of the formula language or of its derivatives.

    Attributes:
        name: how graphs call it.
        arity: number of arguments.
        numpy: its meaning on arrays, dtype kept; what everything else is checked against.
        rules: one derivative rule per argument; empty where the derivative is zero wherever it exists.
        branch: in place of rules, for what merely chooses.
        source: its text in a kernel, with {0}, {1} for arguments, which are always names.
        cuda: the same where CUDA needs another.
        python: its text in a script with NumPy imported as np; arguments are bracketed by `level`.
        level: how tightly `python` binds: 0 comparison, 1 sum, 2 product, 3 sign, 4 power, 5 call.
        cost: roughly how many additions it costs.
        truth: whether it gives 0/1 (a bool in kernels).
        truths: positions of arguments that are taken as conditions.
    """

    name: str
    arity: int
    numpy: Callable[..., Any]
    source: str
    python: str
    rules: tuple[Rule, ...] = ()
    branch: Branch | None = None
    cuda: str | None = None
    level: int = 5
    cost: int = 1
    truth: bool = False
    truths: frozenset[int] = frozenset()


def function(name: str, numpy: Callable[..., Any], *rules: Rule, python: str = "", cost: int = 10) -> Operator:
    """An operator that is a function of the same name in kernels, `np.name` in scripts, one rule per argument."""
    return Operator(
        name,
        len(rules),
        numpy,
        f"{name}({', '.join(f'{{{k}}}' for k in range(len(rules)))})",
        python or f"np.{name}({', '.join(f'{{{k}}}' for k in range(len(rules)))})",
        rules,
        cost=cost,
    )
