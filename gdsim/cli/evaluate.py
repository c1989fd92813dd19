"""`gdsim eval`: value, gradient, Hessian and eigenvalues of a formula at a point."""

from __future__ import annotations

import math
from typing import Annotated, Any

import typer

from gdsim.cli.text import as_json, names, point, short


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command(name="eval")(evaluate)


def evaluate(
    formula: Annotated[str, typer.Option("--formula", help="The formula, such as 'sin x y + a x^2'.")],
    at: Annotated[str, typer.Option("--at", metavar="X,Y[,...]", help="The point; numbers may be expressions.")],
    param: Annotated[list[str] | None, typer.Option("--param", metavar="a=2,b=3", help="Free letters.")] = None,
    variables: Annotated[str | None, typer.Option("--vars", metavar="x,y", help="Names of the variables.")] = None,
    json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
) -> None:
    """Value, exact gradient and Hessian of a formula at a point, and the largest stable learning rate there."""
    from gdsim import api
    from gdsim.session.make import parse_settings

    parameters = parse_settings(",".join(param or ()), "--param")
    answer = api.evaluate(formula, at, parameters=parameters, variables=names(variables) if variables else None)
    print(as_json(answer) if json else _table(answer))


def _table(answer: dict[str, Any]) -> str:
    lines = [f"f{point(answer['at'], 12)} = {answer['value']!r}"]
    lines += [f"df/d{name:<12} {slope!r}" for name, slope in zip(answer["variables"], answer["gradient"], strict=True)]
    if answer["hessian"]:
        lines += ["Hessian", *("  " + "  ".join(f"{short(entry):>12}" for entry in row) for row in answer["hessian"])]
        lines.append("eigenvalues  " + "  ".join(short(value) for value in answer["eigenvalues"]))
    if not math.isfinite(answer["value"]):
        return "\n".join([*lines, "The function has no finite value here, so there is nothing to descend on."])
    limit = answer["max_stable_lr"]
    words = "no limit: the function does not curve upwards here" if limit is None else repr(limit)
    return "\n".join([*lines, f"largest stable learning rate of plain gradient descent here: {words}"])
