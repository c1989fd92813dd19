"""What can be minimised: a formula, an entry of the catalogue, a Python function."""

from __future__ import annotations

from gdsim.objectives.make import check_start, from_callable, from_entry, from_formula
from gdsim.objectives.objective import Minimum, Objective, Range
from gdsim.objectives.python import CallableObjective

__all__ = [
    "CallableObjective",
    "Minimum",
    "Objective",
    "Range",
    "check_start",
    "from_callable",
    "from_entry",
    "from_formula",
]
