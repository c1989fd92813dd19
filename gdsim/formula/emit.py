"""Kernels as source text: what the engine puts into a file and compiles.

A module is: ``REAL = ...`` and ``DEVICE = ...`` (the engine's), `header`, then `objective_source` or `rule_source`.
"""

from __future__ import annotations

from gdsim.formula.dialect import Dialect, header
from gdsim.formula.emit_block import block_source, block_width, reads_near
from gdsim.formula.emit_member import member_source, member_thread_source
from gdsim.formula.emit_objective import objective_source
from gdsim.formula.emit_rule import rule_source, state_layout, state_size

__all__ = [
    "Dialect", "block_source", "block_width", "header", "member_source", "member_thread_source", "objective_source",
    "reads_near", "rule_source", "state_layout", "state_size",
]  # fmt: skip
