"""The CUDA backend without a device: kernels compile to PTX and run in the simulator, and its absence has words."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numba import cuda
from numba.cuda.cudadrv.error import CudaDriverError

from gdsim import catalogue
from gdsim.engine import select
from gdsim.engine.auto import CpuBackend
from gdsim.engine.cuda import code, device, texts
from gdsim.engine.herd import Herd
from gdsim.engine.swarm import Members, Points
from gdsim.errors import EngineError
from gdsim.formula.build import Builder
from gdsim.formula.ops import OPERATORS
from gdsim.formula.term import Term
from gdsim.objectives import from_entry, from_formula
from gdsim.optimizers.schedules import make_schedule
from tests.engine import races, targets

pytestmark = pytest.mark.skipif(sys.platform == "darwin", reason="there is no CUDA on macOS")

DTYPES: list[Any] = ["float64", "float32"]
BOWL = from_formula("x^2 + a y^2")
KINDS = [
    "surface", "field", "field in many coordinates", "swarm", "swarm with own noise", "members under way",
    "members moved together",
]  # fmt: skip


def ptx(name: str, text: str, dtype: Any, target: tuple[int, int] = (9, 0)) -> str:
    return targets.ptx(name, text, texts.signatures(dtype)[name], target)


def herd(
    name: str,
    swept: tuple[str, ...] = (),
    *,
    own: bool = False,
    tracked: bool = True,
    dtype: Any = "float64",
    **rest: Any,
) -> Herd:
    """Members of an optimizer, three of them."""
    objective, n, count = BOWL, 2, 3
    plan = races.plan_of(name, (0.0,) * n, 50, {"lr": 0.1}, tolerance=1e-6, **rest)
    members = Members(plan, Points(np.ones((n, count))), {one: np.full(count, 0.01) for one in swept}, own)
    return Herd(objective, members, dtype, tracked)


@lru_cache(maxsize=2)
def kernels(dtype: Any) -> Mapping[str, tuple[str, str]]:
    """A kernel of every kind: its name and text."""
    many = from_formula("sum((x[i] - sum(x[k], k=1..n)/n)^2, i=1..n)", n=100)
    points, wide = (texts.points_text(each.graph, each.n, dtype) for each in (BOWL, many))
    swept = herd("momentum", swept=("lr", "beta"), schedule=make_schedule("cosine", {"warmup": 5.0}), dtype=dtype)
    composed = herd("adam", own=True, noise=0.1, clip=1.0, weight_decay=0.1, dtype=dtype)
    assert swept.member is not None
    assert composed.member is not None
    rows = texts.rows_text(dtype)
    swarms = [("members", texts.members_text(each.member, dtype)) for each in (swept, composed)]
    found = [("values", points), ("slopes", points), ("slopes", wide), *swarms, ("running", rows), ("gather", rows)]
    return dict(zip(KINDS, found, strict=True))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("target", targets.TARGETS)
@pytest.mark.parametrize("kind", KINDS)
def test_every_kernel_compiles_for_every_target(kind: str, target: tuple[int, int], dtype: Any) -> None:
    name, text = kernels(dtype)[kind]
    found = ptx(name, text, dtype, target)
    if dtype == "float32" and kind.startswith("field"):
        assert ".f64" not in found  # nothing was promoted


@pytest.mark.parametrize("kind", ["field", "swarm"])
def test_kernels_compile_to_what_is_linked_on_a_device(kind: str) -> None:
    """Where nvJitLink is installed kernels are handed over as LTO-IR rather than PTX."""
    name, text = kernels("float64")[kind]
    signature = texts.signatures("float64")[name]
    found, _ = cuda.compile(
        code.plain(name, text), signature, device=False, abi="numba", output="ltoir", cc=(9, 0)
    )  # fmt: skip
    assert len(found) > 1000


LISTED = [name for name in OPERATORS if name != "powi"]
PARTS = [LISTED[k::6] for k in range(6)]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("part", range(len(PARTS)))
def test_every_operator_and_its_derivative_compile(part: int, dtype: Any) -> None:
    builder = Builder()
    x, y = (Term(builder, builder.input(name, "coordinate")) for name in "xy")
    total = x.power(part + 2) + y.power(-1 - part)
    for name in PARTS[part]:
        total = total + x.call(name, *[y, x][: OPERATORS[name].arity - 1])
    graph = builder.build([total.node])
    assert {*PARTS[part], "powi"} <= {*graph.ops}
    ptx("values", texts.points_text(graph, 2, dtype), dtype)
    ptx("slopes", texts.points_text(graph, 2, dtype), dtype)


@pytest.mark.parametrize("name", list(catalogue.functions()))
def test_every_catalogue_function_compiles(name: str) -> None:
    objective = from_entry(catalogue.function(name))
    ptx("slopes", texts.points_text(objective.graph, objective.n, "float32"), "float32")


@pytest.mark.parametrize("name", list(catalogue.optimizers()))
def test_every_optimizer_of_stages_compiles(name: str) -> None:
    members = herd(name, tracked=False, dtype="float32")
    if members.member is None:
        assert "not made of stages" in members.why
    else:
        ptx("members", texts.members_text(members.member, "float32"), "float32")


def test_every_kernel_runs_in_the_simulator() -> None:
    """In a process of its own: see cuda_simulated.py."""
    cases = Path(__file__).with_name("cuda_simulated.py")
    answer = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(cases)],
        env={**os.environ, "NUMBA_ENABLE_CUDASIM": "1"}, cwd=cases.parents[2], capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    assert answer.returncode == 0, answer.stdout[-6000:] + answer.stderr
    assert re.search(r"\d+ passed in", answer.stdout)
    assert "skipped" not in answer.stdout


# Why there is no CUDA


@pytest.fixture
def fresh(monkeypatch: pytest.MonkeyPatch):  # type: ignore[no-untyped-def]
    """What is known of the device is asked anew, before the test and after it."""

    def forget() -> None:
        for known in (device.reason, device.driver_found, select.backend):
            known.cache_clear()

    forget()
    yield monkeypatch
    monkeypatch.undo()
    forget()


def _no_library(*names: Any, **options: Any) -> Any:
    raise OSError("libcuda.so.1: cannot open shared object file")


class FakeCuda:
    """numba.cuda with a driver that does not serve."""

    def __init__(
        self, error: str | None = None, gpus: int = 0, context: Exception | None = None, *, compiles: bool = True
    ) -> None:
        self._error, self.gpus, self._context, self.compiles = error, [None] * gpus, context, compiles

    def is_available(self) -> bool:
        return self._error is None and self.compiles

    def cuda_error(self) -> str | None:
        return self._error

    def current_context(self) -> None:
        if self._context is not None:
            raise self._context


@pytest.mark.parametrize(
    ("loaded", "words"),
    [
        (FakeCuda("\nCUDA_ERROR_NO_DEVICE:\nno CUDA-capable device is detected\n"), "no CUDA-capable device"),
        (FakeCuda(compiles=False), "NVVM is missing"),
        (FakeCuda(), "finds no CUDA device"),
        (FakeCuda(gpus=1, context=CudaDriverError("out of memory")), "cannot be used: out of memory"),
    ],
)
def test_reasons_of_the_driver(fresh: pytest.MonkeyPatch, loaded: FakeCuda, words: str) -> None:
    fresh.setattr(device, "driver_found", lambda: True)
    fresh.setattr(device, "load", lambda: loaded)
    assert words in select.reason("cuda")
    assert "\n" not in select.reason("cuda")


def test_reasons_before_the_driver(fresh: pytest.MonkeyPatch) -> None:
    fresh.setattr(device.ctypes, "CDLL", _no_library)
    assert select.reason("cuda") == "no NVIDIA driver is installed on this machine"
    with pytest.raises(EngineError, match="no NVIDIA driver"):
        select.backend("cuda")
    device.reason.cache_clear()
    fresh.setattr(device, "installed", lambda: False)
    assert "numba-cuda is not installed" in select.reason("cuda")
    assert "gdsim[cuda]" in select.reason("cuda")


def test_without_a_driver_auto_is_the_cpu(fresh: pytest.MonkeyPatch) -> None:
    fresh.setattr(device.ctypes, "CDLL", _no_library)
    assert type(select.backend("auto")) is CpuBackend
    assert select.reason("auto") == ""


def test_a_device_that_serves_is_described(fresh: pytest.MonkeyPatch) -> None:
    """With stand-ins for the driver's answers."""
    from gdsim.cli.doctor import examine

    class Present(FakeCuda):
        runtime = type("Runtime", (), {"get_version": staticmethod(lambda: (13, 0))})

        def current_context(self) -> Any:
            return type("Context", (), {"get_memory_info": staticmethod(lambda: (6 << 30, 8 << 30))})

        def get_current_device(self) -> Any:
            return type("Device", (), {"name": b"NVIDIA Toy", "compute_capability": (8, 6)})

    from numba.cuda.cudadrv import driver

    fresh.setattr(device, "driver_found", lambda: True)
    fresh.setattr(device, "load", lambda: Present(gpus=1))
    fresh.setattr(driver, "get_version", lambda: (13, 1))
    found = examine()["cuda"]
    assert found == {
        "available": True, "device": "NVIDIA Toy", "compute capability": "8.6", "memory": "8 GiB, 6 GiB free",
        "runtime": "CUDA 13.0", "driver": "CUDA 13.1",
    }  # fmt: skip


NO_DRIVER = """
import sys
from gdsim.engine.cuda import device
device.driver_found = lambda: False
"""
COMMAND = "from gdsim.cli import app, register_all\nregister_all()\nraise SystemExit(app.call(sys.argv[1:]))\n"


def test_cuda_by_name_without_a_device_is_bad_input(tmp_path: Path) -> None:
    words = ["run", "--formula", "x^2", "--optimizer", "gd", "--backend", "cuda", "--csv", str(tmp_path / "run")]
    answer = subprocess.run(
        [sys.executable, "-c", NO_DRIVER + COMMAND, *words], capture_output=True, text=True, check=False
    )
    assert answer.returncode == 2
    assert "no NVIDIA driver" in answer.stderr
    assert answer.stdout == ""
    assert not list(tmp_path.iterdir())


def test_the_command_line_never_loads_cuda_unasked(tmp_path: Path) -> None:
    probe = "import atexit\natexit.register(lambda: print('numba.cuda' in sys.modules, 'cuda' in sys.modules))\n"
    words = ["run", "--function", "himmelblau", "--optimizer", "adam", "--steps", "5", "--json"]
    answer = subprocess.run(
        [sys.executable, "-c", "import sys\n" + probe + COMMAND, *words], capture_output=True, text=True, check=True
    )
    report, _, loaded = answer.stdout.strip().rpartition("\n")
    assert json.loads(report)["backend"] == "cpu"
    assert loaded == "False False"
