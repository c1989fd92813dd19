"""`gdsim basins`: a map of where an optimizer ends, over its starts."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer

from gdsim.cli import options
from gdsim.cli.text import as_json, names, point, short
from gdsim.cli.work import progress_bar, stoppable
from gdsim.errors import FormulaError, UsageError

if TYPE_CHECKING:
    from gdsim.maps import Basins


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command()(basins)


def basins(
    function: options.Function = None,
    formula: options.Formula = None,
    param: options.Param = None,
    variables: options.Variables = None,
    optimizer: options.OneOptimizer = None,
    rule: options.Rule = None,
    start: Annotated[
        str | None, typer.Option("--start", metavar="X,Y[,...]", help="The point that the map's plane goes through.")
    ] = None,
    size: Annotated[str, typer.Option("--size", metavar="256|320x200", help="Starts across and up.")] = "256",
    domain: Annotated[
        str | None, typer.Option("--domain", metavar="-5..5,-5..5", help="The ranges of the starts.")
    ] = None,
    axes: Annotated[
        str | None, typer.Option("--axes", metavar="x,y", help="The coordinates that are varied; the first two.")
    ] = None,
    steps: options.Steps = None,
    tolerance: options.Tolerance = None,
    target: options.Target = None,
    seed: options.Seed = None,
    dtype: options.Dtype = None,
    backend: options.Backend = None,
    csv: Annotated[str | None, typer.Option("--csv", metavar="FILE", help="Where every start ends, and how.")] = None,
    image: options.Image = None,
    json: options.Json = False,
) -> None:
    """Map where an optimizer ends, from every start on a grid."""
    spec = options.spec_of(
        function=function, formula=formula, param=param, variables=variables, start=start,
        optimizers=optimizer or [], rules=rule or [],
        options=options.given_options(
            steps=steps, tolerance=tolerance, target=target, seed=seed, dtype=dtype, backend=backend
        ),
    )  # fmt: skip
    options.check_ending("--image", image, (".png", ".svg"))
    sides, ranges = size_of(size), None if domain is None else ranges_of(domain)
    from gdsim.export.maps import write_basins_csv
    from gdsim.maps import basins_of

    with stoppable() as cancel:
        with progress_bar("mapping") as progress:
            found = basins_of(spec, sides, names(axes) if axes else None, ranges, cancel=cancel, progress=progress)
        if csv is not None:
            with progress_bar("writing") as progress:
                write_basins_csv(found.map, found.objective, csv, cancel, progress)
        if image is not None:
            found.to_image(image)
    if json:
        print(as_json(report(found)))
    elif csv != "-":
        print_table(found)


def size_of(text: str) -> tuple[int, int]:
    """``256`` or ``320x200`` as (across, up); UsageError where it is no size."""
    match = re.fullmatch(r"\s*(\d{1,7})\s*(?:[xX×]\s*(\d{1,7}))?\s*", text)
    if match is None or int(match[1]) < 2 or int(match[2] or match[1]) < 2:
        raise UsageError(f"{text!r} is no size", where="--size", hint="Write it as 256 or 320x200, 2 or more each")
    return int(match[1]), int(match[2] or match[1])


def ranges_of(text: str) -> list[tuple[float, float]]:
    """``-5..5,-5..5`` as pairs; UsageError where it cannot be read."""
    from gdsim.formula.number import parse_number, split_point

    found = []
    for part in split_point(text):
        low, dots, high = part.partition("..")
        try:
            found.append((parse_number(low), parse_number(high)))
        except FormulaError as error:
            what = f"{part!r} is no range" if not dots else f"{part!r}: {error.what}"
            raise UsageError(what, where="--domain", hint="Write -5..5,-5..5") from error
    return found


def report(found: Basins) -> dict[str, Any]:
    """What `--json` prints."""
    import msgspec

    from gdsim.analysis.basins import DIVERGED, UNFINISHED

    where, names_ = found.map.where, found.objective.coordinates
    return {
        "spec": cast(dict[str, Any], msgspec.to_builtins(found.spec)),
        "size": [where.nx, where.ny],
        "axes": [names_[axis] for axis in where.axes],
        "domain": [where.x, where.y][: len(where.axes)],
        "attractors": [
            {
                "point": each.point, "value": each.value, "kind": each.kind, "known": each.known,
                "status": each.status.value, "count": each.count,
            }
            for each in found.attractors
        ],
        "counts": {
            "arrived": sum(each.count for each in found.attractors),
            "diverged": found.map.count(DIVERGED), "step-limit": found.map.count(UNFINISHED),
        },
        "backend": found.map.backend, "note": found.map.note, "seconds": found.seconds,
    }  # fmt: skip


def print_table(found: Basins) -> None:
    """The attractors for a person, the most frequent ones first, then what did not arrive."""
    from rich.console import Console
    from rich.table import Table

    from gdsim.analysis.basins import DIVERGED, UNFINISHED

    total = found.labels.size
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("basin", "ends at", "loss", "kind", "starts"):
        table.add_column(name, justify="left" if name in ("ends at", "kind") else "right", no_wrap=True)
    order = sorted(range(len(found.attractors)), key=lambda k: -found.attractors[k].count)
    for index in order[:20]:
        each = found.attractors[index]
        kind = "known minimum" if each.known else each.kind
        table.add_row(str(index), point(each.point.tolist()), short(each.value), kind, share(each.count, total))
    console = Console(markup=False, highlight=False)
    console.print(table)
    if len(order) > 20:
        console.print(f"and {len(order) - 20} more")
    for label, words in ((DIVERGED, "diverged"), (UNFINISHED, f"had not arrived after {found.spec.steps:,} steps")):
        if count := found.map.count(label):
            console.print(f"{share(count, total)} {words}")
    console.print(f"{total:,} starts in {found.seconds:.2f} s ({found.map.backend})", style="dim")
    if found.map.note:
        console.print(found.map.note, style="dim")


def share(count: int, total: int) -> str:
    """A share in per cent, for a table."""
    return f"{100 * count / total:.3g} %"
