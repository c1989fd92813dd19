#!/usr/bin/env python3
"""Set gdsim up and run it, or set it up and test it, with nothing but Python 3.11 or newer.

    python3 packaging/bootstrap.py run [gdsim's own arguments]
    python3 packaging/bootstrap.py test [pytest's own arguments]

`run` makes `.venv` beside pyproject.toml, installs gdsim and opens its window; without a display it makes the
opening run headless and says where its CSV file and its picture are. `test` installs the test tools as well and
runs ruff, mypy, import-linter and pytest. Only the standard library is imported here.
"""

from __future__ import annotations

import hashlib
import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
STAMP = VENV / "gdsim-installed"

# What Qt opens at run time; the first row is needed even without a display, the second for an X11 screen.
QT_OFFSCREEN = ("libgl1", "libegl1", "libxkbcommon0", "libfontconfig1", "libdbus-1-3", "libglib2.0-0")
QT_X11 = (
    "libxcb-cursor0", "libxkbcommon-x11-0", "libxcb-icccm4", "libxcb-image0", "libxcb-keysyms1", "libxcb-randr0",
    "libxcb-render-util0", "libxcb-shape0", "libxcb-xinerama0",
)  # fmt: skip
# A process of the tests for each core, up to four, with neighbouring tests and what they have compiled; one that has no
# more takes half of another's.
PARALLEL = ("--numprocesses", "auto", "--maxprocesses", "4", "--dist", "worksteal")
QT_PROBE = "from PySide6 import QtGui, QtWidgets, QtSvg, QtOpenGLWidgets; QtWidgets.QApplication([])"


class Problem(Exception):
    """Something the person has to know; the message says what to do."""


def say(text: str) -> None:
    print(f"gdsim: {text}", flush=True)


def call(command: list[str], **options: object) -> int:
    """Run a command where its output is seen; returns its exit status."""
    return subprocess.run(command, cwd=ROOT, check=False, **options).returncode  # type: ignore[call-overload]


def check_python() -> None:
    if sys.version_info < (3, 11):  # noqa: UP036 - this file is what an older Python gets to see
        have = ".".join(map(str, sys.version_info[:3]))
        raise Problem(f"Python 3.11 or newer is needed; this is {have} ({sys.executable}).\n"
                      "Install a newer one and start this file with it, such as: python3.12 packaging/bootstrap.py run")


def is_debian() -> bool:
    return shutil.which("apt-get") is not None and Path("/etc/debian_version").exists()


def is_root() -> bool:
    return hasattr(os, "geteuid") and os.geteuid() == 0


def apt_install(packages: list[str], why: str) -> None:
    """Install Debian packages when root, otherwise raise with the exact command."""
    command = ["apt-get", "install", "-y", "--no-install-recommends", *packages]
    if not is_debian():
        raise Problem(f"{why}\nInstall what your system calls: {' '.join(packages)}")
    if not is_root():
        raise Problem(f"{why}\nInstall it with:\n    sudo {shlex.join(command)}\nand start this again.")
    say(f"{why}; running: {shlex.join(command)}")
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    if call(command, env=quiet) != 0 and (call(["apt-get", "update"], env=quiet) or call(command, env=quiet)):
        raise Problem(f"The packages could not be installed. Try by hand:\n    {shlex.join(command)}")


def make_venv() -> None:
    """A working `.venv`: made anew when it is missing, broken or of another Python."""
    probe = "import pip, sys; print(sys.version_info[:2])"
    if PYTHON.exists():
        answer = subprocess.run([str(PYTHON), "-c", probe], capture_output=True, text=True, check=False)
        if answer.returncode == 0 and answer.stdout.strip() == str(tuple(sys.version_info[:2])):
            return
        say("the environment in .venv does not work with this Python; making it anew")
    say(f"making {VENV}")
    try:
        import ensurepip  # noqa: F401 - Debian ships it apart
    except ImportError:
        version = f"{sys.version_info.major}.{sys.version_info.minor}"
        apt_install([f"python{version}-venv"], "Python's venv package is missing")
    try:
        if VENV.exists():
            shutil.rmtree(VENV)
        command = [sys.executable, "-m", "venv", str(VENV)]
        if call(command) != 0:
            raise Problem(f"The environment could not be made. Try by hand: {shlex.join(command)}")
    except OSError as error:
        raise Problem(f"The environment could not be made in {VENV}: {error}") from error


def fingerprint(extra: str) -> str:
    text = (ROOT / "pyproject.toml").read_bytes() + extra.encode() + str(ROOT).encode() + sys.version.encode()
    return hashlib.sha256(text).hexdigest()


def install(extra: str) -> None:
    """Install gdsim (editable) with the extra, unless that very thing is installed already."""
    wanted = fingerprint(extra)
    if STAMP.exists() and wanted in STAMP.read_text().split():
        return
    say("installing gdsim and what it needs (a few minutes the first time)")
    target = f"{ROOT}[{extra}]" if extra else str(ROOT)
    command = [str(PYTHON), "-m", "pip", "install", "--disable-pip-version-check", "-q", "-e", target]
    for _attempt in range(2):
        if call(command) == 0:
            break
    else:
        raise Problem(f"The installation failed; the lines above say why. Try by hand:\n    {shlex.join(command)}")
    known = STAMP.read_text().split() if STAMP.exists() else []
    base = [fingerprint("")] if extra else []
    STAMP.write_text("\n".join({*known, *base, wanted}))


def check_qt() -> None:
    """Qt starts offscreen, or the missing system libraries are installed or named."""
    offscreen = {**os.environ, "QT_QPA_PLATFORM": "offscreen"}

    def works() -> bool:
        nonlocal words
        command = [str(PYTHON), "-c", QT_PROBE]
        answer = subprocess.run(command, env=offscreen, capture_output=True, text=True, check=False)
        words = (answer.stderr.strip().splitlines() or ["no message"])[-1]
        return answer.returncode == 0

    words = ""
    if works():
        return
    if sys.platform != "linux":
        raise Problem(f"Qt does not start: {words}")
    apt_install([*QT_OFFSCREEN, *QT_X11], f"Qt does not start ({words}): system libraries are missing")
    if not works():
        raise Problem(f"Qt still does not start: {words}")


def has_display() -> bool:
    if os.name == "nt" or sys.platform == "darwin":
        return True
    if os.environ.get("QT_QPA_PLATFORM") in ("offscreen", "minimal"):
        return False
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def check_x11() -> None:
    """The X11 plugin of Qt needs libraries of its own; a display without them is a display that cannot be used."""
    if not os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"):
        return
    answer = subprocess.run([str(PYTHON), "-c", QT_PROBE], capture_output=True, text=True, check=False)
    if answer.returncode != 0 and "xcb" in answer.stderr:
        apt_install(list(QT_X11), "Qt's X11 plugin does not start: system libraries are missing")


def demo() -> int:
    """The opening run without a window: a CSV file and a picture in the current folder."""
    folder = Path.cwd()
    csv, picture = folder / "gdsim-demo.csv", folder / "gdsim-demo.png"
    say("there is no display here, so the demo runs without its window")
    race = ["--optimizer", "gd,lr=0.01", "--optimizer", "momentum,lr=0.004,beta=0.9", "--optimizer", "adam,lr=0.2"]
    command = [str(PYTHON), "-m", "gdsim", "run", "--function", "himmelblau", "--start", "0.5,4.5", *race]
    command += ["--steps", "200", "--target", "0.1", "--csv", str(csv), "--image", str(picture)]
    status = call(command, env={**os.environ, "QT_QPA_PLATFORM": "offscreen"})
    if status == 0:
        say(f"every step is in   {csv}")
        say(f"the picture is     {picture}")
        say("more: .venv/bin/gdsim run --help    (with a display: .venv/bin/gdsim)")
    return status


def run(arguments: list[str]) -> int:
    install("")
    check_qt()
    if arguments:
        return call([str(PYTHON), "-m", "gdsim", *arguments])
    if not has_display():
        return demo()
    check_x11()
    say("opening the window")
    return call([str(PYTHON), "-m", "gdsim"])


def test(arguments: list[str]) -> int:
    install("test")
    check_qt()
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen"}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)  # each program that a test starts would be parsed anew
    steps = {
        "ruff": [str(PYTHON), "-m", "ruff", "check", "."],
        "mypy": [str(PYTHON), "-m", "mypy"],
        "import-linter": [str(PYTHON), "-c", "from importlinter.cli import lint_imports_command as lint; lint()"],
        "pytest": [str(PYTHON), "-m", "pytest", *PARALLEL, *arguments],
    }
    failed = []
    for name, command in steps.items():
        say(name)
        if call(command, env=environment) != 0:
            failed.append(name)
    if failed:
        print(f"gdsim: failed: {', '.join(failed)}", file=sys.stderr, flush=True)
    return 1 if failed else 0


def main(arguments: list[str]) -> int:
    if not arguments or arguments[0] not in ("run", "test"):
        print(__doc__)
        return 0 if arguments and arguments[0] in ("-h", "--help") else 2
    try:
        check_python()
        make_venv()
        return (run if arguments[0] == "run" else test)(arguments[1:])
    except Problem as problem:
        print(f"gdsim: {problem}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
