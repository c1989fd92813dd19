"""The set-up file: what it says and does when the machine lacks something."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def bootstrap() -> ModuleType:
    spec = importlib.util.spec_from_file_location("bootstrap", ROOT / "packaging" / "bootstrap.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_names_the_exact_command_when_not_root(bootstrap: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bootstrap, "is_root", lambda: False)
    monkeypatch.setattr(bootstrap, "is_debian", lambda: True)
    with pytest.raises(bootstrap.Problem) as caught:
        bootstrap.apt_install(["libegl1", "libgl1"], "Qt does not start")
    assert "sudo apt-get install -y --no-install-recommends libegl1 libgl1" in str(caught.value)


def test_runs_the_command_when_root_and_updates_the_lists_once(
    bootstrap: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran: list[list[str]] = []

    def fake(command: list[str], **_options: object) -> int:
        ran.append(command)
        return 100 if len(ran) == 1 else 0  # the first try finds no package lists

    monkeypatch.setattr(bootstrap, "is_root", lambda: True)
    monkeypatch.setattr(bootstrap, "is_debian", lambda: True)
    monkeypatch.setattr(bootstrap, "call", fake)
    bootstrap.apt_install(["libegl1"], "Qt does not start")
    assert [command[1] for command in ran] == ["install", "update", "install"]


def test_names_the_packages_on_another_system(bootstrap: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bootstrap, "is_debian", lambda: False)
    with pytest.raises(bootstrap.Problem, match="libegl1"):
        bootstrap.apt_install(["libegl1"], "Qt does not start")


def test_an_old_python_is_told_so(bootstrap: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bootstrap.sys, "version_info", (3, 9, 2))
    with pytest.raises(bootstrap.Problem, match=r"3\.11 or newer.*3\.9\.2"):
        bootstrap.check_python()


@pytest.mark.parametrize(
    ("environment", "answer"),
    [
        ({}, False),
        ({"DISPLAY": ":0"}, True),
        ({"WAYLAND_DISPLAY": "wayland-0"}, True),
        ({"DISPLAY": ":0", "QT_QPA_PLATFORM": "offscreen"}, False),
    ],
)
@pytest.mark.skipif(sys.platform != "linux", reason="only Linux may be without a display")
def test_knows_whether_there_is_a_display(
    bootstrap: ModuleType, monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], answer: bool
) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert bootstrap.has_display() is answer


def test_without_a_command_it_explains_itself() -> None:
    answer = subprocess.run(
        [sys.executable, str(ROOT / "packaging" / "bootstrap.py")], capture_output=True, text=True, check=False
    )
    assert answer.returncode == 2
    assert "bootstrap.py run" in answer.stdout


def test_needs_nothing_but_the_standard_library() -> None:
    code = (
        "import runpy, sys; before = set(sys.modules)\n"
        f"runpy.run_path({str(ROOT / 'packaging' / 'bootstrap.py')!r})\n"
        "new = {name.split('.')[0] for name in set(sys.modules) - before}\n"
        "print(sorted(new - set(sys.stdlib_module_names)))"
    )
    answer = subprocess.run([sys.executable, "-I", "-c", code], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "[]"
