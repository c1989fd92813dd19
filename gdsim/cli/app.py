"""The command and its sub-commands; every error becomes one message on stderr and an exit status.

Exit status: 0 done; 2 bad input; 1 anything else. Qt is imported only by what shows or paints something.
"""

from __future__ import annotations

import os
import sys
from functools import cache
from pathlib import Path
from typing import Annotated, Any

import typer
from typer import core

from gdsim.errors import Cancelled, EngineError, GdsimError
from gdsim.version import __version__

# Typer carries a Click of its own since 0.2x; the class that all its complaints about a command line share:
_Misused: Any = typer.BadParameter.__mro__[1]

DONE, FAILED, BAD_INPUT, INTERRUPTED = 0, 1, 2, 130


class FileOrCommand(core.TyperGroup):
    """`gdsim FILE.gdsim` opens the window on a file: what is no command is taken for one."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """The command to run and its arguments."""
        if args and args[0] not in self.commands and (args[0].endswith(".gdsim") or Path(args[0]).exists()):
            return "window", self.commands["window"], args
        return super().resolve_command(ctx, args)


app = typer.Typer(
    name="gdsim",
    cls=FileOrCommand,
    help="A desktop laboratory for gradient descent. Without a command it opens the window; "
    "gdsim FILE.gdsim opens it on a saved run.",
    no_args_is_help=False,
    invoke_without_command=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
)


def _version(asked: bool) -> None:
    if asked:
        print(f"gdsim {__version__}")
        raise typer.Exit


@app.callback()
def opening(
    context: typer.Context,
    _version_asked: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and end.")
    ] = False,
) -> None:
    """Opens the window when no command is named."""
    if context.invoked_subcommand is None:
        open_window(None)


@app.command(hidden=True)
def window(file: Annotated[str, typer.Argument(metavar="FILE.gdsim")]) -> None:
    """Open the window on a saved run."""
    open_window(file)


def has_display() -> bool:
    """Whether a window can be shown; QT_QPA_PLATFORM=offscreen counts as a wish for none."""
    platform = os.environ.get("QT_QPA_PLATFORM", "")
    if platform.split(":")[0] in ("offscreen", "minimal"):
        return False
    if sys.platform in ("win32", "darwin"):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def open_window(file: str | None) -> None:
    """The window, on `file` if one is given; a file that cannot be read is said before anything opens."""
    from gdsim.session.documents import load

    if file is not None:
        load(file)  # what cannot be read is said here, on the terminal
    if not has_display():
        raise EngineError(
            "there is no display to open a window on",
            hint="Use 'gdsim run' for a run without a window, or 'gdsim screenshot FILE.png' for a picture of it",
        )
    from gdsim.gui.app import main as show

    raise typer.Exit(show([file] if file else []))


def _say(error: GdsimError) -> None:
    message = error.message()
    print(f"gdsim: {message}" + ("" if message.endswith((".", "?", "!")) else "."), file=sys.stderr)


@cache
def register_all() -> None:
    """Adds the sub-commands; their modules are imported here so that the group itself stays importable by them."""
    from gdsim.cli import basins, bench, doctor, evaluate, listing, picture, run, sweep

    for module in (run, basins, sweep, evaluate, listing, picture, doctor, bench):
        module.register(app)


def main(arguments: list[str] | None = None) -> None:
    """The console script; ends the process with the exit status."""
    register_all()
    sys.exit(call(arguments))


def call(arguments: list[str] | None = None) -> int:
    """Run the command line; returns the exit status instead of ending the process."""
    command: Any = typer.main.get_command(app)
    try:
        answer = command.main(args=arguments, prog_name="gdsim", standalone_mode=False)
    except typer.Exit as leave:
        return leave.exit_code
    except typer.Abort:
        print("gdsim: stopped", file=sys.stderr)
        return INTERRUPTED
    except _Misused as error:
        print(f"gdsim: {error.format_message()} (see 'gdsim --help')", file=sys.stderr)
        return BAD_INPUT
    except Cancelled as error:
        _say(error)
        return INTERRUPTED
    except GdsimError as error:
        _say(error)
        return BAD_INPUT
    except KeyboardInterrupt:
        print("gdsim: stopped", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # nobody reads on; say nothing more
        return DONE
    except MemoryError:
        print("gdsim: there is not enough memory for this; use fewer steps or racers", file=sys.stderr)
        return FAILED
    return int(answer) if isinstance(answer, int) else DONE
