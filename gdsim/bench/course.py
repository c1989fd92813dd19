"""The course: all workloads in order, each said as soon as it is known."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from gdsim.bench import footprint, growth, latency, networks, peers, report, workloads
from gdsim.bench.report import Report, Row
from gdsim.bench.work import Work, measure
from gdsim.engine import probe
from gdsim.errors import UsageError

Say = Callable[[str], None]

WORKLOADS: Mapping[str, Callable[[peers.Peers], Work]] = {
    "surface": workloads.surface,
    "swarm": workloads.swarm,
    "path": workloads.path,
    "recorded": workloads.recorded,
    "basins": workloads.basins,
    "sweep": workloads.sweep,
    "net_full": networks.net_full,
    "net_mini": networks.net_mini,
    "playground": networks.playground,
    "landscape": networks.landscape,
}
"""What is measured with peers."""

OTHERS = ("pictures", "formula", "slider", "growth", "threads", "memory")
NAMES = (*WORKLOADS, *OTHERS)


@dataclass(frozen=True, slots=True)
class Options:
    """What is asked for: names out of `NAMES` (all if empty), peers beside, few rounds."""

    only: tuple[str, ...] = ()
    peers: bool = False
    quick: bool = False

    @property
    def rounds(self) -> int:
        """Turns that each work takes."""
        return 3 if self.quick else 11

    def asks(self, name: str) -> bool:
        """Whether this part is wanted."""
        return not self.only or name in self.only

    def check(self) -> None:
        """UsageError for a name that is none."""
        for name in self.only:
            if name not in NAMES:
                raise UsageError(f"there is no workload {name!r}", where="--only", hint="Use " + ", ".join(NAMES))


def run(options: Options, say: Say) -> Report:
    """Measure what is asked for; `say` gets each line as soon as it is known."""
    options.check()
    found = Report(probe.machine())
    limits = None
    if any(options.asks(name) for name in WORKLOADS):
        limits = probe.limits(seconds=0.2 if options.quick else 1.0)
        found.machine |= {
            "peak_gflops": limits.gflops, "peak_how": limits.how, "bandwidth_gb_s": limits.bandwidth,
        }  # fmt: skip
    _each(report.machine_lines(found.machine), say)
    there: Mapping[str, object] = {}
    if options.peers:
        there, found.missing = peers.load()
        _each(_missing(found.missing), say)
    for row in _rows(options, there, limits, say):
        found.workloads.append(row)
        say(report.row_line(row, options.peers))
        _each(report.note_lines(row), say)
    _scaling(options, found, say)
    if options.asks("memory"):
        found.memory = footprint.footprint()
        say(report.memory_line(found.memory))
    return found


def _each(lines: list[str], say: Say) -> None:
    for line in lines:
        say(line)


def _missing(missing: Mapping[str, str]) -> list[str]:
    if not missing:
        return []
    return [*(f"{name} takes no part: {why}" for name, why in missing.items()), "Install them with gdsim[bench]."]


def _rows(options: Options, there: peers.Peers, limits: probe.Limits | None, say: Say) -> Iterator[Row]:
    wanted = [name for name in (*WORKLOADS, *OTHERS[:3]) if options.asks(name)]
    if wanted:
        say("")
        say(report.heading(options.peers))
    for name in wanted:
        if name in WORKLOADS:
            yield measure(WORKLOADS[name](there), options.rounds, limits)
        elif name == "pictures":
            for work in latency.pictures():
                yield measure(work, options.rounds)
        elif name == "formula":
            yield from latency.new_formula(max(3, options.rounds // 2))
        else:
            yield from latency.slider(options.rounds)


def _scaling(options: Options, found: Report, say: Say) -> None:
    rounds = max(3, options.rounds // 2)
    if options.asks("growth") or options.asks("threads"):
        say("")
    if options.asks("growth"):
        for name, grown in growth.growths(rounds):
            found.growth[name] = grown
            say(report.growth_line(grown))
    if options.asks("threads"):
        for name, shared in growth.thread_runs(rounds):
            found.threads[name] = shared
            say(report.threads_line(shared))
