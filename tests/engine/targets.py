"""CUDA kernels compiled to PTX, for which no device is needed."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

from numba.cuda import compiler

from gdsim.engine.cuda import code

TARGETS = [(7, 5), (8, 0), (9, 0), (10, 0)]
"""Compute capabilities."""


def ptx(name: str, text: str, signature: Any, target: tuple[int, int] = (9, 0)) -> str:
    """The kernel of this name in a text, compiled for a target: complete, nothing left to be linked."""
    found = str(_lowered(name, text, signature).get_asm_str(cc=target))
    assert f".target sm_{target[0]}{target[1]}" in found
    assert ".visible .entry" in found
    assert ".extern" not in found, re.findall(r"\.extern.*", found)
    return found


@lru_cache(maxsize=4)
def _lowered(name: str, text: str, signature: Any) -> Any:
    """A kernel as NVVM takes it: what `cuda.compile_ptx` does first. That depends on no target of ours, and takes
    nearly all of the time."""
    plain = code.plain(name, text)
    return compiler._compile_pyfunc_with_fixup(plain, signature, device=False, abi="numba", cc=TARGETS[0])[0]
