"""The house rules that a machine can hold: boundaries, room sizes, no dangerous calls."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
SOURCES = sorted((ROOT / "gdsim").rglob("*.py"))


def _name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def _imports(tree: ast.AST) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module.split(".")[0])
    return names


def _is_name(node: ast.AST, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name


@pytest.mark.parametrize("path", SOURCES, ids=_name)
def test_a_file_is_one_room(path: Path) -> None:
    assert path.read_text(encoding="utf-8").count("\n") <= 400, "is there a second room in it?"


@pytest.mark.parametrize("path", SOURCES, ids=_name)
def test_nothing_from_a_user_is_executed_or_unpickled(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    assert not _imports(tree) & {"marshal", "shelve", "dill", "sympy", "numexpr"}
    calls = [node.func for node in ast.walk(tree) if isinstance(node, ast.Call)]
    assert not {call.id for call in calls if isinstance(call, ast.Name)} & {"eval", "exec", "__import__"}
    used = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute) and _is_name(node.value, "pickle")}
    assert used <= {"UnpicklingError", "PickleError"}  # what Numba's own cache may raise


@pytest.mark.parametrize("path", SOURCES, ids=_name)
def test_qt_and_numba_stay_in_their_rooms(path: Path) -> None:
    imported = _imports(ast.parse(path.read_text(encoding="utf-8")))
    if not {"gui", "draw"} & set(path.parts):
        assert not imported & {"PySide6", "pyqtgraph", "superqt", "qtawesome"}
    if "engine" not in path.parts:
        assert not imported & {"numba", "llvmlite"}


def test_import_layers_hold() -> None:
    command = [sys.executable, "-c", "from importlinter.cli import lint_imports_command as lint; lint()"]
    answer = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert answer.returncode == 0, answer.stdout + answer.stderr
