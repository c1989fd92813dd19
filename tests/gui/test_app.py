"""The program from start to end, in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from gdsim.session import documents
from gdsim.session.opening import opening_spec

MAIN = """
import sys
from PySide6.QtCore import QTimer
from gdsim.gui import app
qt = app.application()
def look():
    window = next((each for each in qt.topLevelWidgets() if each.objectName() == "window"), None)
    if window is None or window.controller.history is None or not window.controller.state.cursor:
        return
    clock.stop()
    print("numba in the GUI before the run:", early)
    print(window.windowTitle(), window.controller.state.playing, window.notice.words)
    {deed}
clock = QTimer()
clock.timeout.connect(look)
clock.start(20)
early = "numba" in sys.modules
sys.exit(app.main({arguments}))
"""


Done = subprocess.CompletedProcess[str]


def start(home: Path, deed: str = "window.close()", arguments: list[str] | None = None) -> Done:
    kernels = home / "cache" / "kernels"
    if not kernels.is_symlink():  # the suite's: nothing is compiled again for this program's sake
        kernels.parent.mkdir()
        kernels.symlink_to(os.environ["GDSIM_TEST_KERNELS"], target_is_directory=True)
    env = {**os.environ, "GDSIM_HOME": str(home), "QT_QPA_PLATFORM": "offscreen"}
    code = MAIN.format(deed=deed, arguments=repr(arguments or []))
    command = [sys.executable, "-c", code]
    return subprocess.run(command, env=env, capture_output=True, text=True, timeout=60, check=False)


def test_it_opens_alive_and_ends_cleanly(tmp_path: Path) -> None:
    done = start(tmp_path)
    assert done.returncode == 0, done.stderr
    assert "numba in the GUI before the run: False" in done.stdout
    assert "Himmelblau" in done.stdout
    assert " True" in done.stdout
    state = tmp_path / "state"
    assert not (state / "running").exists()
    assert (state / "gdsim.log").exists()
    assert (tmp_path / "config" / "window.json").exists()


def test_it_opens_a_file_at_rest(tmp_path: Path) -> None:
    path = tmp_path / "mine.gdsim"
    documents.save(opening_spec(), path)
    done = start(tmp_path, arguments=[str(path)])
    assert done.returncode == 0, done.stderr
    assert "mine.gdsim" in done.stdout


@pytest.mark.parametrize("text", ["format = 99", "nonsense", ""])
def test_a_file_that_cannot_be_read_is_told_in_the_window(tmp_path: Path, text: str) -> None:
    path = tmp_path / "bad.gdsim"
    path.write_text(text, "utf-8")
    done = start(tmp_path, arguments=[str(path)])
    assert done.returncode == 0, done.stderr
    assert "bad.gdsim" in done.stdout


def test_after_a_crash_the_next_start_says_so(tmp_path: Path) -> None:
    assert start(tmp_path, "import os; os._exit(9)").returncode == 9
    done = start(tmp_path)
    assert "did not close properly" in done.stdout
    assert "did not close properly" not in start(tmp_path).stdout
