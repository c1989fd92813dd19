"""Kernels on disk: found again, healed when damaged, done without when there is no place for them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from gdsim.engine import cache, cpu
from gdsim.engine.backend import Slice
from gdsim.engine.compiler import LATER, NOW, SOON, Compiler
from gdsim.engine.select import backend, warm
from gdsim.engine.trace import Trace
from gdsim.objectives import from_formula
from tests.engine import races

TEXT = "x^2 + y^2 + sin(x) cos(y)/11"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of its own for this test's kernels, as after a fresh start."""
    monkeypatch.setenv("GDSIM_HOME", str(tmp_path))
    cpu.forget()
    yield tmp_path / "cache" / "kernels"
    cpu.forget()


def rows_after_a_start() -> np.ndarray:
    """A run as a new process would make it."""
    cpu.forget()
    objective = from_formula(TEXT)
    trace, stepper = races.run(backend("cpu"), objective, races.plan_of(races.adam(), (1.0, 2.0), 50))
    assert stepper.backend == "cpu"
    return trace.rows()


def picture_after_a_start() -> np.ndarray:
    """A picture likewise: a loop and a function in C that it calls, which compile in a third of the time."""
    cpu.forget()
    painted = backend("cpu").surface(from_formula("x^2 + y^2/11"), Slice((0.0, 0.0), (0, 1), (-1, 2), (-1, 1), 7, 5))
    assert painted.backend == "cpu"
    return painted.values


def compiled_files(home: Path) -> list[Path]:
    """What Numba stored."""
    return sorted(path for path in home.rglob("*.nb[ic]"))


def test_kernels_are_kept_private_and_found_again(home: Path) -> None:
    first = rows_after_a_start()
    files = compiled_files(home)
    assert files
    if os.name == "posix":
        assert home.stat().st_mode & 0o077 == 0
    stamps = {path: path.stat().st_mtime_ns for path in files}
    assert np.array_equal(first, rows_after_a_start())
    assert {path: path.stat().st_mtime_ns for path in compiled_files(home)} == stamps


DAMAGES = [
    *(("nbi", damage) for damage in ("truncated", "foreign", "gone")),
    *(("nbc", damage) for damage in ("truncated", "garbage", "empty", "flipped", "gone")),
    *(("py", damage) for damage in ("garbage", "gone")),
    *(("sums", damage) for damage in ("truncated", "gone")),
]


@pytest.mark.parametrize(("kind", "damage"), DAMAGES)
def test_damaged_files_are_made_anew(home: Path, kind: str, damage: str) -> None:
    first = picture_after_a_start()
    files = sorted(home.rglob(f"*.{kind}"))
    assert files
    for path in files:
        content = path.read_bytes()
        if damage == "gone":
            path.unlink()
        else:
            middle = len(content) // 2
            changed = {
                "truncated": content[:middle],
                "garbage": b"\xff\x00garbage" * 40,
                "empty": b"",
                "foreign": b"\x80\x05]\x94.",
                "flipped": content[:middle] + bytes([content[middle] ^ 255]) + content[middle + 1 :],
            }
            path.write_bytes(changed[damage])
    assert np.array_equal(first, picture_after_a_start())
    stamps = {path: path.stat().st_mtime_ns for path in compiled_files(home)}
    assert np.array_equal(first, picture_after_a_start())
    assert {path: path.stat().st_mtime_ns for path in compiled_files(home)} == stamps


def test_damage_that_the_sums_do_not_tell_is_survived(home: Path) -> None:
    first = picture_after_a_start()
    for path in compiled_files(home):
        path.write_bytes(path.read_bytes()[:40])
    for path in home.glob("*.sums"):
        stem = home / f"{path.stem}.py"
        path.write_text(json.dumps(cache._sums(cache.stored_files(stem))))
    assert np.array_equal(first, picture_after_a_start())


def test_without_a_place_kernels_are_compiled_in_memory(home: Path) -> None:
    home.parent.mkdir(parents=True)
    home.write_text("a file where the folder should be")
    values = picture_after_a_start()
    assert "compiled anew" in cache.notice()
    home.unlink()
    assert np.array_equal(values, picture_after_a_start())
    assert cache.notice() == ""


def test_two_processes_at_once(home: Path) -> None:
    script = """
from gdsim.engine.select import backend
from gdsim.objectives import from_formula
from tests.engine import races
trace, stepper = races.run(backend("cpu"), from_formula("x^2 + y^2 + x y/13"), races.plan_of("adam", (1.0, 2.0), 50))
assert stepper.backend == "cpu"
print(trace.row(-1).theta.tobytes().hex())
"""
    both = [
        subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    answers = [process.communicate(timeout=100) for process in both]
    assert [process.returncode for process in both] == [0, 0], answers
    assert answers[0][0] == answers[1][0]


def test_old_and_many_kernels_are_evicted(home: Path) -> None:
    rows_after_a_start()
    sources = sorted(home.glob("*.py"))
    assert len(sources) >= 3
    assert cache.evict() == 0
    old = time.time() - 1000
    os.utime(sources[0], (old, old))
    assert cache.evict(max_age=500) == 1
    assert not sources[0].exists()
    assert not cache.stored_files(sources[0])
    assert cache.evict(max_bytes=0) == len(sources) - 1
    assert not compiled_files(home)
    rows_after_a_start()


def test_a_kernel_refuses_other_arrays_instead_of_compiling() -> None:
    warm().result(timeout=60)
    loops = cpu._compile_run("float64", 2)
    with pytest.raises(TypeError):
        loops(0, 0, np.zeros(2, dtype=np.float32))


def test_a_kernel_that_cannot_be_compiled_gives_way_to_numpy(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise ValueError("no such loop")

    monkeypatch.setattr(cpu, "_compile_objective", fail)
    objective = from_formula("x^2 + y^4/17")
    plan = races.plan_of("gd", (1.0, 1.0), 20, {"lr": 0.1})
    trace = Trace(2, objective.coordinates)
    stepper = backend("auto").stepper(objective, plan)
    while stepper.advance(trace, 20) is None:
        pass
    assert stepper.backend == trace.backend == "numpy"
    assert "compiling failed" in trace.note
    cpu.forget()


def test_the_compiler_does_what_is_urgent_first_and_nothing_twice() -> None:
    compiler = Compiler()
    order: list[str] = []
    gate = threading.Event()
    compiler.submit("gate", gate.wait, NOW)
    futures = [
        compiler.submit(name, lambda name=name: order.append(name), priority)
        for name, priority in (("some day", LATER), ("picture", SOON), ("path", NOW), ("picture", SOON))
    ]
    compiler.submit("some day", lambda: order.append("some day"), NOW)
    gate.set()
    for future in futures:
        future.result(timeout=10)
    assert order == ["path", "some day", "picture"]
    assert futures[1] is futures[3]
    broken = compiler.submit("broken", lambda: 1 / 0, NOW)
    assert isinstance(broken.exception(timeout=10), ZeroDivisionError)
    assert compiler.submit("broken", lambda: 1 / 0, NOW) is broken
    compiler._close()
