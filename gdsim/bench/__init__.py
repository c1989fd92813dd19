"""What `gdsim bench` measures: how fast this machine does gdsim's work, beside others that do the same work.

A workload is an entry in `course.WORKLOADS`. Its answer is checked against the others' before anything is timed, and
times are medians of rounds in which everybody has a turn. Loaded by the command alone: nothing else imports it.
"""

from __future__ import annotations

from gdsim.bench.course import NAMES, Options, run
from gdsim.bench.report import Report, Row

__all__ = ["NAMES", "Options", "Report", "Row", "run"]
