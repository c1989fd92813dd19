"""What was measured: as one JSON object, and as lines for a person."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

COLUMNS = ("jax", "torch", "numexpr", "numpy")
"""The peers that have a column of their own in the table; others stand in the note."""
_WIDE = 42  # of the titles' column


@dataclass(frozen=True, slots=True)
class Row:
    """One workload.

    Attributes:
        name: as `--only` takes it. title: for a person.
        ms: how long gdsim takes, the median.
        peers: how long others take, ms. ratios: how many times as long as gdsim.
        goal: what is wanted: the least ratio by peer, or under "ms" the most milliseconds.
        met: whether all of it is reached; None without a goal, or without the peer.
        gflops, share_of_peak: arithmetic per second in 1e9, and as a share of what the machine can do.
        gb_s, share_of_bandwidth: the same for bytes that must be moved from and to the memory.
        refused: peers that computed something else, and what.
    """

    name: str
    title: str
    ms: float
    peers: Mapping[str, float] = field(default_factory=dict)
    goal: Mapping[str, float] = field(default_factory=dict)
    gflops: float | None = None
    share_of_peak: float | None = None
    gb_s: float | None = None
    share_of_bandwidth: float | None = None
    note: str = ""
    refused: Mapping[str, str] = field(default_factory=dict)

    @property
    def ratios(self) -> dict[str, float]:
        """How many times as long as gdsim each peer takes."""
        return {name: ms / self.ms for name, ms in self.peers.items()}

    @property
    def met(self) -> bool | None:
        """Whether the goal is reached."""
        ratios = self.ratios
        reached = [ratios[name] >= least for name, least in self.goal.items() if name in ratios]
        if "ms" in self.goal:
            reached.append(self.ms <= self.goal["ms"])
        return all(reached) if reached else None

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {**asdict(self), "ratios": self.ratios, "met": self.met}


@dataclass(slots=True)
class Report:
    """All that one `gdsim bench` found; what was not asked for is empty.

    Attributes:
        machine: the processor, versions, and its limits.
        growth: by what grows: sizes, times, the slope over the last decade.
        threads: by workload: numbers of threads, times, efficiency.
        memory: peak memory above start-up, MB. missing: peers that are not installed, and why.
    """

    machine: dict[str, Any]
    workloads: list[Row] = field(default_factory=list)
    growth: dict[str, Any] = field(default_factory=dict)
    threads: dict[str, Any] = field(default_factory=dict)
    memory: dict[str, Any] = field(default_factory=dict)
    missing: dict[str, str] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {**asdict(self), "workloads": [row.as_dict() for row in self.workloads]}


def time_words(ms: float) -> str:
    """Milliseconds in the unit that suits, three digits."""
    for unit, size in (("s", 1e3), ("ms", 1.0)):
        if ms >= size:
            return f"{_three(ms / size)} {unit}"
    return f"{_three(ms * 1e3)} µs"


def _three(value: float) -> str:
    return f"{value:.0f}" if value >= 99.95 else f"{value:.1f}" if value >= 9.995 else f"{value:.2f}"


def times_words(ratio: float) -> str:
    """A ratio: "5.9x"."""
    return f"{ratio:,.0f}x" if ratio >= 99.5 else f"{ratio:.1f}x" if ratio >= 0.995 else f"{ratio:.2f}x"


def percent(share: float) -> str:
    """A share: "31 %"."""
    return f"{share * 100:.0f} %" if share >= 0.095 else f"{share * 100:.1f} %"


def machine_lines(machine: Mapping[str, Any]) -> list[str]:
    """The machine in two lines."""
    versions = ", ".join(f"{name} {text}" for name, text in machine["versions"].items())
    cores, threads = machine["cores"], machine["threads"]
    lines = [f"{machine['cpu']}, {cores} cores, {threads} threads used; {versions}"]
    if "peak_gflops" in machine:
        peak, bandwidth = machine["peak_gflops"], machine["bandwidth_gb_s"]
        lines.append(f"Its limits, float64: {peak:.0f} GFLOP/s ({machine['peak_how']}), {bandwidth:.0f} GB/s")
    return lines


def heading(peers: bool) -> str:
    """The line above the workloads."""
    columns = "".join(f"{name:>9}" for name in COLUMNS) if peers else ""
    return f"{'':<{_WIDE}}{'gdsim':>9}{columns}  {'of limit':>8}  goal"


def row_line(row: Row, peers: bool) -> str:
    """One workload."""
    columns = "".join(f"{_cell(row, name):>9}" for name in COLUMNS) if peers else ""
    limits = [share for share in (row.share_of_peak, row.share_of_bandwidth) if share is not None]
    limit = percent(max(limits)) if limits else ""
    last = goal_words(row) if row.goal else ", ".join(_others(row))
    return f"{row.title:<{_WIDE}}{time_words(row.ms):>9}{columns}  {limit:>8}  {last}".rstrip()


def _cell(row: Row, peer: str) -> str:
    ratio = row.ratios.get(peer)
    return times_words(ratio) if ratio is not None else "refused" if peer in row.refused else "-"


def _others(row: Row) -> list[str]:
    return [f"{name} {times_words(ratio)}" for name, ratio in row.ratios.items() if name not in COLUMNS]


def goal_words(row: Row) -> str:
    """The goal and whether it is reached: "jax 5x: met", "jax level", "jax 1/3x" (at most three times its time)."""
    if not row.goal:
        return ""
    words = [time_words(least) if name == "ms" else f"{name} {_least(least)}" for name, least in row.goal.items()]
    verdict = "" if row.met is None else ": met" if row.met else ": missed"
    return ", ".join(words) + verdict


def _least(ratio: float) -> str:
    if ratio < 0.9:
        return f"1/{1 / ratio:.0f}x"
    return "level" if ratio < 1 else f"{ratio:,g}x"


def note_lines(row: Row) -> list[str]:
    """What there is to say below the line."""
    lines = [f"  {other}" for other in _others(row)] if row.goal else []
    lines += [f"  {name} is refused: {why}" for name, why in row.refused.items()]
    return lines + ([f"  {row.note}"] if row.note else [])


def size_words(n: int) -> str:
    """A size, rounded: 2, 100, "1k", "1M"."""
    for unit, size in (("M", 1_000_000), ("k", 1_000)):
        if n >= 0.95 * size:
            return f"{n / size:.0f}{unit}"
    return str(n)


def growth_line(found: Mapping[str, Any]) -> str:
    """How time grows: each size with its time, then the slope."""
    pairs = [f"{size_words(n)}: {time_words(ms)}" for n, ms in zip(found["n"], found["ms"], strict=True)]
    verdict = "linear" if found["linear"] else "not linear"
    each = found.get("ns_per_coordinate")
    rest = f", {each[-1]:.1f} ns a coordinate" if each else ""
    return f"{found['title']:<{_WIDE}}{', '.join(pairs)}; slope {found['slope']:.2f}: {verdict}{rest}"


def threads_line(found: Mapping[str, Any]) -> str:
    """How threads share the work."""
    triples = zip(found["threads"], found["ms"], found["efficiency"], strict=True)
    pairs = ", ".join(f"{k}: {time_words(ms)}" + (f" ({percent(share)})" if k > 1 else "") for k, ms, share in triples)
    return f"{found['title']:<{_WIDE}}{pairs}" + _verdict("90 % at two", found["met"])


def memory_line(found: Mapping[str, Any]) -> str:
    """How much memory a map takes."""
    if "why_not" in found:
        return f"{found['title']:<{_WIDE}}not measured: {found['why_not']}"
    return f"{found['title']:<{_WIDE}}{found['mb']:.0f} MB" + _verdict(f"under {found['goal_mb']:.0f} MB", found["met"])


def _verdict(goal: str, met: bool | None) -> str:
    return "" if met is None else f"; goal {goal}: {'met' if met else 'missed'}"
