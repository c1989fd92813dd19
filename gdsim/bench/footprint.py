"""How much memory a basin map takes above what the program has after its start: in a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np

GOAL_MB = 200.0
_STATUS = Path("/proc/self/status")
_SECONDS = 600.0


def footprint(side: int = 1024) -> dict[str, Any]:
    """Peak memory of a basin map, side x side: "mb" above start-up, "start_up_mb", the goal, whether it is "met".

    Start-up is gdsim and the compiler loaded; compiling the map's kernel, or loading it from the disk, counts.
    """
    found: dict[str, Any] = {"title": f"memory of a basin map {side} x {side}", "goal_mb": GOAL_MB, "met": None}
    if not _STATUS.exists():
        return {**found, "why_not": "only Linux tells the largest memory that a process has had"}
    if getattr(sys, "frozen", False):
        return {**found, "why_not": "that takes a gdsim installed in Python"}
    command = [sys.executable, "-c", f"from gdsim.bench.footprint import tell; tell({side})"]
    try:
        answer = subprocess.run(command, capture_output=True, text=True, timeout=_SECONDS, check=False)
    except subprocess.TimeoutExpired:
        return {**found, "why_not": f"it took more than {_SECONDS:.0f} seconds"}
    if answer.returncode:
        lines = answer.stderr.strip().splitlines()
        return {**found, "why_not": lines[-1] if lines else f"exit status {answer.returncode}"}
    found |= json.loads(answer.stdout)
    return {**found, "met": found["mb"] < GOAL_MB}


def tell(side: int) -> None:
    """What the process of its own does: the map once; prints "mb" and "start_up_mb" as JSON."""
    from gdsim.bench.workloads import basin_members, settled
    from gdsim.engine.select import warm

    warm().result()
    before = _megabytes("VmRSS")
    answer = settled(*basin_members(side))
    steps = answer.answer(answer.run())
    peak = _megabytes("VmHWM")
    print(json.dumps({"mb": peak - before, "start_up_mb": before, "mean_steps": float(np.mean(steps))}))


def _megabytes(name: str) -> float:
    """A line of the process' status, given there in KiB."""
    lines = (line.split() for line in _STATUS.read_text().splitlines())
    return next(int(words[1]) * 1024e-6 for words in lines if words[0] == f"{name}:")
