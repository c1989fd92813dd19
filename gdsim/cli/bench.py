"""`gdsim bench`: how fast this machine does gdsim's work, beside others that do the same."""

from __future__ import annotations

from typing import Annotated

import typer

from gdsim.cli.text import as_json


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command()(bench)


def bench(
    peers: Annotated[
        bool, typer.Option("--peers", help="The same work in JAX, torch, numexpr and NumPy beside (gdsim[bench]).")
    ] = False,
    only: Annotated[list[str] | None, typer.Option("--only", metavar="NAME", help="This one; may be repeated.")] = None,
    quick: Annotated[bool, typer.Option("--quick", help="Fewer rounds: sooner done, less exact.")] = False,
    json: Annotated[bool, typer.Option("--json", help="As JSON, when all is done.")] = False,
    plot: Annotated[str | None, typer.Option("--plot", metavar="FILE.png|.svg", help="Also as a picture.")] = None,
) -> None:
    """Measure the engine on this machine: workloads, growth, threads, memory."""
    from gdsim.bench import Options, run

    options = Options(tuple(only or ()), peers, quick)
    options.check()
    if plot is not None:
        from gdsim.draw.bench_plot import check_file

        check_file(plot)
    report = run(options, (lambda line: None) if json else (lambda line: print(line, flush=True)))
    if json:
        print(as_json(report.as_dict()))
    if plot is not None:
        from gdsim.draw.bench_plot import write_plot

        write_plot(report.as_dict(), plot)
    if any(row.refused for row in report.workloads):
        raise typer.Exit(1)
