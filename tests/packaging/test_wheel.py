"""The wheel holds what the program reads at run time."""

from __future__ import annotations

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    folder = tmp_path_factory.mktemp("wheel")
    source = folder / "source"
    source.mkdir()
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source / name)
    for name in ("gdsim", "resources"):
        shutil.copytree(ROOT / name, source / name, ignore=shutil.ignore_patterns("__pycache__"))
    code = (
        "import sys; from hatchling.builders.wheel import WheelBuilder\n"
        "print(next(WheelBuilder(sys.argv[1]).build(directory=sys.argv[2])))"
    )
    subprocess.run([sys.executable, "-c", code, str(source), str(folder)], check=True, capture_output=True)
    return zipfile.ZipFile(next(folder.glob("*.whl")))


@pytest.mark.parametrize("path", sorted((ROOT / "resources").rglob("*.*")), ids=lambda path: path.name)
def test_every_resource_is_in_the_wheel(wheel: zipfile.ZipFile, path: Path) -> None:
    assert f"gdsim/_resources/{path.relative_to(ROOT / 'resources').as_posix()}" in wheel.namelist()


def test_the_wheel_holds_the_command(wheel: zipfile.ZipFile) -> None:
    points = next(name for name in wheel.namelist() if name.endswith("entry_points.txt"))
    assert "gdsim = gdsim.cli:main" in wheel.read(points).decode()
    assert all(name.startswith(("gdsim/", "gdsim-")) for name in wheel.namelist())
