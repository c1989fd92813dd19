"""Source of the kernels of swarms: a member's iteration (`member.MemberGraph`) over a block, or as a CUDA thread."""

from __future__ import annotations

from collections.abc import Mapping

from gdsim.formula.dialect import Dialect, scratch
from gdsim.formula.emit_block import varying
from gdsim.formula.graph import Graph
from gdsim.formula.member import SETTINGS, MemberGraph, hyper_input, parameter_input, setting_input
from gdsim.formula.positions import Positions
from gdsim.formula.schedule import Scheduler
from gdsim.formula.source import Constants, Writer


def member_source(member: MemberGraph, width: int, reach: float = 0.0) -> str:
    """A plain function ``member_block(B, p, h, rates, noise, settings, key, first, count) -> int`` for Numba.

    It takes `count` iterations, the first at row `first`, of `width` members. B holds the rows one after the other,
    `width` numbers each: one buffer with fixed places, so that the compiler knows that rows do not overlap.

    p, h: the formula's parameters, the shared hyper-parameters. rates: the learning rate on leaving each row.
    noise: shared draws, n for each iteration. settings: as `member.SETTINGS`. key: of members' own draws; their numbers
    are in the row "id" behind all others. reach: as in `emit_block.block_source`; the answer is 0 if it was kept.
    """
    constants = Constants()
    loads = {name: f"B[{row * width} + k]" for row, name in enumerate(member.rows)}
    for i in range(member.n):
        own = f"normal(key, B[{len(member.rows) * width} + k], first + j, {member.n}, {i})"
        loads[f"noise[{i + 1}]"] = own if member.variant.noise == "own" else f"REAL(noise[j * {member.n} + {i}])"
    writer, scheduler = _writer(member, constants, loads, "numba")
    varied = [*member.rows, *([f"noise[{i + 1}]" for i in range(member.n)] if member.variant.noise == "own" else [])]
    varies = varying(member.graph, varied)
    uniform = [node for node in _order(member.graph, scheduler) if not varies[node]]
    rest = [node for node in _order(member.graph, scheduler) if varies[node]]
    writer.line("far = 0")
    writer.line("for j in range(count):")
    writer.indent += 1
    writer.reach = constants.name(reach) if reach else ""
    writer.write(uniform)
    writer.line(f"for k in range({width}):")
    writer.indent += 1
    writer.write(rest)
    for row, output in enumerate(member.graph.outputs):
        writer.line(f"B[{row * width} + k] = {writer.number(output)}")
    head = "def member_block(B, p, h, rates, noise, settings, key, first, count):"
    return constants.source() + "\n\n" + "\n".join([head, *writer.lines, "    return far"]) + "\n"


def member_thread_source(member: MemberGraph) -> str:
    """A plain function ``members(B, pitch, p, h, rates, noise, settings, key, first, count)``: a kernel for CUDA.

    Each thread takes `count` iterations of one member, a column of B, whose rows are `pitch` numbers apart; what it
    carries stays in registers from the first iteration to the last. A member's own draws come from one call in a loop,
    since each call is inlined.
    """
    constants = Constants()
    loads = {name: f"r{row}" for row, name in enumerate(member.rows)}
    own = member.variant.noise == "own"
    for i in range(member.n):
        loads[f"noise[{i + 1}]"] = f"draws[{i}]" if own else f"REAL(noise[j * {member.n} + {i}])"
    writer, scheduler = _writer(member, constants, loads, "cuda")
    for line in ("k = cuda.grid(1)", "if k >= pitch:", "    return"):
        writer.line(line)
    if own:
        writer.line(f"draws = {scratch('cuda', member.n)}")
    for row in range(len(member.rows)):
        writer.line(f"r{row} = B[{row} * pitch + k]")
    writer.line("for j in range(count):")
    writer.indent += 1
    if own:
        writer.line(f"for i in range({member.n}):")
        writer.line(f"    draws[i] = normal(key, B[{len(member.rows)} * pitch + k], first + j, {member.n}, i)")
    writer.write(_order(member.graph, scheduler))
    for row, output in enumerate(member.graph.outputs):
        writer.line(f"r{row} = {writer.number(output)}")
    writer.indent -= 1
    for row in range(member.written):
        writer.line(f"B[{row} * pitch + k] = r{row}")
    head = "def members(B, pitch, p, h, rates, noise, settings, key, first, count):"
    return constants.source() + "\n\n" + "\n".join([head, *writer.lines]) + "\n"


def _writer(
    member: MemberGraph, constants: Constants, loads: dict[str, str], dialect: Dialect
) -> tuple[Writer, Scheduler]:
    shared = {"r": "REAL(first + j)", "lr": "REAL(rates[j])"}
    shared |= {parameter_input(name): f"p[{k}]" for k, name in enumerate(member.parameters)}
    shared |= {setting_input(name): f"REAL(settings[{k}])" for k, name in enumerate(SETTINGS)}
    shared |= {hyper_input(name): f"h[{k}]" for k, name in enumerate(member.hyper)}
    known: Mapping[str, str] = {**shared, **loads}
    positions = Positions(member.graph)
    writer = Writer(
        member.graph, positions, constants, loads=known, stores={}, length=str(member.n), n=member.n, dialect=dialect
    )
    return writer, Scheduler(member.graph, positions)


def _order(graph: Graph, scheduler: Scheduler) -> list[int]:
    return [item for item in scheduler.plan(graph.outputs) if isinstance(item, int)]
