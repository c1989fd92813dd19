"""Every CUDA kernel run by Numba's simulator, against NumPy. Started by test_cuda.py in a process of its own: the
simulator has to be chosen before Numba is imported."""

from __future__ import annotations

import logging
import math
import threading
from concurrent.futures import Future

import numpy as np
import pytest

from gdsim.engine import select
from gdsim.engine.backend import Plane, Slice
from gdsim.engine.cuda import code, cuda_swarm, device
from gdsim.engine.cuda.backend import CudaBackend
from gdsim.engine.cuda.choice import AutoBackend, Speeds
from gdsim.engine.cuda.fallback import ONE_PATH
from gdsim.engine.numpy_backend import NumpyBackend
from gdsim.engine.swarm import RUNNING, UNKNOWN, BoxStarts, Ends, GridStarts, Members, Points, SameStart
from gdsim.errors import Cancelled, EngineError
from gdsim.objectives import from_formula
from gdsim.optimizers.schedules import make_schedule
from tests.engine import races, simulator

simulator.take_turns()
# Kernels give NaN and infinity without a word; plain Python on NumPy numbers warns.
pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning")

NUMPY = NumpyBackend()
CUDA = CudaBackend()
DTYPES = ("float64", "float32")

FORMULAS = {
    "two": ("(x^2+y-11)^2 + (x+y^2-7)^2", None),
    "one": ("sin(3x) + x^2/10", None),
    "three": ("a x^2 + b y^2 z + exp(-z)", None),
    "steps": ("floor(2x) + ceil(y) + abs(x) sign(y) + step(x-y) + clip(x, -1, 1) + mod(3x, 1.3) + mod(y, -0.7)", None),
    "roots": ("sqrt(x) + cbrt(y) + x^y + abs(x)^1.7 + log(x y) + log2(x) log10(y+5) + xlogy(x, y)", None),
    "round": ("tan(x/3) + asin(x/4) acos(y/4) + atan(x) + atan2(y, x) + sinc(x) + sinc(4y)", None),
    "hyperbolic": ("sinh(x) cosh(y) + tanh(x y)", None),
    "smooth": ("sigmoid(x) softplus(y) + relu(x) gelu(y) + erf(x)", None),
    "pieces": ("if(x > y and x < 2 or not(y >= 0), max(x, y), min(x, 2y)) + (x <= 1) + (y != 2)", None),
    "vector": ("sum(100(x[i+1]-x[i]^2)^2 + (1-x[i])^2, i=1..n-1)", 20),
    "product": ("sum(x[i]^2, i=1..n)/4000 - prod(cos(x[i]/sqrt(i)), i=1..n) + 1", 20),
    "wide": ("sum((x[i] - sum(x[k], k=1..n)/n)^2, i=1..n) + exp(x[70]/9)", 70),
}


def objective(name: str):
    text, n = FORMULAS[name]
    return from_formula(text, parameters={"a": 1.5, "b": 0.3} if name == "three" else None, n=n)


def where(n: int, nx: int = 5, ny: int = 4) -> Slice:
    base = tuple(0.3 + 0.1 * k for k in range(n))
    if n == 1:
        return Slice(base, (0,), (-2.47, 3.13), nx=nx)
    return Slice(base, (n - 1, 0), (-2.47, 3.13), (-1.93, 2.31), nx, ny)


def same(found, wanted, dtype: str) -> None:
    finite = np.abs(wanted[np.isfinite(wanted)])
    scale = float(finite.max()) if finite.size else 1.0
    tolerance = 1e-12 if dtype == "float64" else 1e-4
    np.testing.assert_allclose(found, wanted, rtol=tolerance, atol=tolerance * scale, equal_nan=True)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", FORMULAS)
def test_pictures(name: str, dtype: str) -> None:
    function, place = objective(name), where(objective(name).n)
    painted = CUDA.surface(function, place, dtype=dtype)
    assert (painted.backend, CUDA.note) == ("cuda", "")
    same(painted.values, NUMPY.surface(function, place).values, dtype)
    same(CUDA.field(function, place, dtype=dtype), NUMPY.field(function, place), dtype)
    same(CUDA.curve(function, place, dtype=dtype), NUMPY.curve(function, place), dtype)
    assert CUDA.note == ""


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", ["two", "wide"])
def test_a_landscape_along_any_directions(name: str, dtype: str) -> None:
    function = objective(name)
    rng = np.random.default_rng(3)
    base, first, second = rng.normal(size=(3, function.n)) / math.sqrt(function.n)
    plane = Plane(base, first, second, np.linspace(-1, 1, 4), np.linspace(-2, 1, 3))
    points = base + plane.b[:, None, None] * second + plane.a[:, None] * first
    same(CUDA.landscape(function, plane, dtype=dtype), function.value(np.moveaxis(points, 2, 0)), dtype)
    assert CUDA.note == ""
    with pytest.raises(EngineError, match="plane, second"):
        CUDA.landscape(function, Plane(base, first, second[:-1], plane.a, plane.b))


def plan(rule: str = "gd", lr: float = 0.01, steps: int = 40, **rest):
    hyper = {"lr": lr, **rest.pop("hyper", {})}
    return races.plan_of(rule, (0.0, 0.0), steps, hyper, **{"tolerance": 1e-3, **rest})


STARTS = GridStarts(Slice((0.0, 0.0), (0, 1), (-4.0, 4.0), (-3.5, 4.0), 4, 3))
COUNT = STARTS.count
COSINE = make_schedule("cosine", {"warmup": 5.0})
SPREAD = np.linspace(0.002, 0.02, COUNT)

MEMBERS = {
    "gd": (plan(), {}, False),
    "momentum": (plan("momentum", 0.004), {"lr": SPREAD / 3, "beta": np.linspace(0.0, 0.95, COUNT)}, False),
    "nesterov, target": (plan("nesterov", 0.004, target=1.0), {}, False),
    "adam": (plan("adam", 0.2), {}, False),
    "rmsprop": (plan("rmsprop", 0.1, hyper={"momentum": 0.5, "centered": 1.0}), {}, False),
    "lion": (plan("lion", 0.1), {}, False),
    "adamw decays by itself": (plan("adamw", 0.2, weight_decay=0.1), {}, False),
    "clip and decay": (plan("gd", 0.05, clip=2.0, weight_decay=0.3), {}, False),
    "swept composition": (plan(), {"clip": SPREAD * 100, "weight_decay": SPREAD, "noise": 50 * SPREAD}, False),
    "shared noise": (plan("adam", 0.2, noise=0.5, seed=5), {}, False),
    "own noise": (plan("adam", 0.2, noise=0.5, seed=5), {}, True),
    "schedule": (plan("gd", 0.02, schedule=COSINE), {}, False),
    "schedule of swept rates": (plan("momentum", 0.01, schedule=COSINE), {"lr": SPREAD}, False),
    "lists": (plan("aggmo", 0.005), {"betas[2]": np.linspace(0.1, 0.9, COUNT)}, False),
    "divergence": (plan("gd", 0.08), {}, False),
    "changes in mid-run": (plan("gd", 0.005, changes=((9, "lr", 0.02), (20, "clip", 1.0))), {}, False),
}  # fmt: skip
TIMID = {"divergence", "lion"}  # infinity comes earlier in float32; a sign turns on a last bit


def members(name: str) -> Members:
    made, swept, own = MEMBERS[name]
    return Members(made, STARTS, swept, own)


@pytest.mark.parametrize(("name", "dtype"), [(name, dtype) for name in MEMBERS for dtype in DTYPES])
def test_maps(name: str, dtype: str) -> None:
    function, herd = objective("two"), members(name)
    found, wanted = Ends.empty(2, COUNT), Ends.empty(2, COUNT)
    CUDA.settle(function, herd, np.arange(COUNT), found, dtype)
    assert (found.backend, found.note) == ("cuda", "")
    NUMPY.settle(function, herd, np.arange(COUNT), wanted, dtype)
    if dtype == "float64" or name not in TIMID:
        np.testing.assert_array_equal(found.code, wanted.code)
    if dtype == "float64":
        np.testing.assert_array_equal(found.steps, wanted.steps)
        same(found.theta, wanted.theta, dtype)
        same(found.loss, wanted.loss, dtype)
    elif name not in TIMID:
        np.testing.assert_allclose(found.theta, wanted.theta, rtol=1e-2, atol=1e-2)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("tracked", [True, False])
@pytest.mark.parametrize("name", ["adam", "own noise", "schedule of swept rates", "divergence"])
def test_swarms(name: str, tracked: bool, dtype: str) -> None:
    function, herd = objective("two"), members(name)
    swarms = [backend.swarm(function, herd, dtype, tracked=tracked) for backend in (CUDA, NUMPY)]
    assert [swarm.backend for swarm in swarms] == ["cuda", "numpy"]
    middle = None
    for steps in (0, 3, 4, 100):
        for swarm in swarms:
            swarm.advance(steps)
        found, wanted = swarms
        assert (found.step, found.count) == (wanted.step, wanted.count)
        if dtype == "float64" or found.step < 8:
            np.testing.assert_array_equal(found.codes(), wanted.codes())
            same(found.theta(), wanted.theta(), dtype)
            same(found.losses(), wanted.losses(), dtype)
        if steps == 3:
            middle = found.snapshot()
    end = swarms[0].theta()
    swarms[0].restore(middle)
    assert swarms[0].step == 3
    swarms[0].advance(100)
    np.testing.assert_array_equal(swarms[0].theta(), end)


@pytest.mark.parametrize("name", ["one", "three", "vector"])
def test_members_in_other_dimensions(name: str) -> None:
    function = objective(name)
    n, count = function.n, 5
    box = BoxStarts(((-1.0, 1.0),) * n, count, seed=2)
    herd = Members(races.plan_of("adam", (0.0,) * n, 20, {"lr": 0.05}, tolerance=1e-6), box)
    found, wanted = Ends.empty(n, count), Ends.empty(n, count)
    CUDA.settle(function, herd, np.arange(count), found)
    NUMPY.settle(function, herd, np.arange(count), wanted)
    assert found.backend == "cuda"
    np.testing.assert_array_equal(found.code, wanted.code)
    same(found.theta, wanted.theta, "float64")


def test_a_sweep_from_one_start() -> None:
    herd = Members(plan("gd"), SameStart((1.0, 1.0), COUNT), {"lr": SPREAD})
    found, wanted = Ends.empty(2, COUNT), Ends.empty(2, COUNT)
    some = np.array([7, 2, 9])
    CUDA.settle(objective("two"), herd, some, found)
    NUMPY.settle(objective("two"), herd, some, wanted)
    np.testing.assert_array_equal(found.code, wanted.code)
    assert np.count_nonzero(found.code != UNKNOWN) == 3
    same(found.theta[:, some], wanted.theta[:, some], "float64")


def spread_ends(steps: int) -> Members:
    """Members that arrive or diverge one after the other."""
    count = 40
    points = Points(np.random.default_rng(1).uniform(-3.0, 3.0, (2, count)))
    return Members(plan("gd", 0.01, steps), points, {"lr": np.geomspace(1e-4, 0.05, count)})


def test_members_that_have_ended_make_room(monkeypatch: pytest.MonkeyPatch) -> None:
    """The others are moved together, several times, in two lots."""
    monkeypatch.setattr(cuda_swarm, "_FEW", 2)
    monkeypatch.setattr(cuda_swarm, "_MOST_TOGETHER", 25)
    monkeypatch.setattr(cuda_swarm, "_MOST_STEPS", 8)
    moved: list[int] = []
    only = cuda_swarm.DeviceRows.only
    monkeypatch.setattr(
        cuda_swarm.DeviceRows, "only", lambda rows, places: moved.append(len(places)) or only(rows, places)
    )
    herd = spread_ends(steps=300)
    found, wanted = Ends.empty(2, herd.count), Ends.empty(2, herd.count)
    told: list[tuple[int, int]] = []
    order = np.random.default_rng(0).permutation(herd.count)
    CUDA.settle(objective("two"), herd, order, found, progress=lambda *done: told.append(done))
    NUMPY.settle(objective("two"), herd, order, wanted)
    assert len(moved) >= 2
    assert [done for done, _ in told] == sorted(done for done, _ in told)
    assert told[-1] == (herd.count, herd.count)
    np.testing.assert_array_equal(found.code, wanted.code)
    np.testing.assert_array_equal(found.steps, wanted.steps)
    same(found.theta, wanted.theta, "float64")


class Impatient:
    """Asked to stop from the k-th look on."""

    def __init__(self, looks: int) -> None:
        self.looks = looks

    def is_set(self) -> bool:
        self.looks -= 1
        return self.looks < 0


def test_cancelling(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cuda_swarm, "_MOST_STEPS", 8)
    function, herd = objective("two"), spread_ends(steps=3000)
    swarm = CUDA.swarm(function, herd)  # its kernels are compiled from here on: waiting for them would look as well
    ends = Ends.empty(2, herd.count)
    with pytest.raises(Cancelled):
        CUDA.settle(function, herd, np.arange(herd.count), ends, cancel=Impatient(12))
    assert 0 < ends.done < herd.count
    assert not (ends.code == RUNNING).any()
    with pytest.raises(Cancelled):
        swarm.advance(3000, Impatient(2))
    assert 0 < swarm.step < 3000
    stop = threading.Event()
    stop.set()
    for paint in (CUDA.surface, CUDA.field, CUDA.curve):
        with pytest.raises(Cancelled):
            paint(function, where(2), stop)


def test_memory_is_refused_beforehand(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(device, "free", lambda: 100.0)
    function, herd = objective("two"), members("adam")
    with pytest.raises(EngineError, match=r"a swarm of 12 members needs .* and 100 bytes are free"):
        CUDA.swarm(function, herd)
    with pytest.raises(EngineError, match=r"CUDA device's memory"):
        CUDA.settle(function, herd, np.arange(COUNT), Ends.empty(2, COUNT))
    with pytest.raises(EngineError, match=r"a picture of 20 points"):
        CUDA.surface(function, where(2))


def broken(*arguments) -> None:
    raise RuntimeError("the device has left")


def test_a_failing_device_hands_over_to_the_cpu(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    function, herd = objective("two"), members("adam")
    swarm, wanted = CUDA.swarm(function, herd), NUMPY.swarm(function, herd)
    swarm.advance(5)
    early = swarm.snapshot()
    monkeypatch.setattr(code.Kernel, "launch", broken)
    with caplog.at_level(logging.ERROR):
        assert CUDA.surface(function, where(2)).backend == "cpu"
    assert "the device has left" in CUDA.note
    assert "the CPU takes over" in caplog.text
    same(CUDA.field(function, where(2)), NUMPY.field(function, where(2)), "float64")
    ends, known = Ends.empty(2, COUNT), Ends.empty(2, COUNT)
    CUDA.settle(function, herd, np.arange(COUNT), ends)
    NUMPY.settle(function, herd, np.arange(COUNT), known)
    assert ends.backend == "cpu"
    assert "the device has left" in ends.note
    np.testing.assert_array_equal(ends.code, known.code)
    swarm.advance(5)
    wanted.advance(10)
    assert (swarm.step, swarm.backend) == (10, "cpu")
    assert "the device has left" in swarm.note
    np.testing.assert_allclose(swarm.theta(), wanted.theta(), rtol=1e-9)
    swarm.restore(early)
    assert (swarm.step, swarm.backend) == (5, "cpu")


def test_a_kernel_that_does_not_compile(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(code.texts, "points_text", lambda *given, **named: "def values(:")
    assert CUDA.surface(objective("two"), where(2)).backend == "cpu"
    assert "SyntaxError" in CUDA.note


def test_what_the_device_does_not_take() -> None:
    function = objective("two")
    trace, stepper = races.run(CUDA, function, races.plan_of("adam", (1.0, 1.0), 20))
    assert (stepper.backend, trace.note) == ("cpu", ONE_PATH)
    ends = Ends.empty(2, 2)
    herd = Members(races.plan_of("lbfgs", (1.0, 1.0), 5), SameStart((1.0, 1.0), 2))
    CUDA.settle(function, herd, np.arange(2), ends)
    assert ends.backend == "numpy"
    assert "not made of stages" in ends.note
    assert CUDA.prepare(function).result(timeout=60)


def test_auto_measures_once_and_chooses(monkeypatch: pytest.MonkeyPatch) -> None:
    speeds = Speeds.measure(NUMPY, CUDA, few=1, many=3)
    assert min(speeds.cpu, speeds.cuda, speeds.start, speeds.compiling) > 0
    assert Speeds(1e9, 1e12, 0.001, 0.3).sooner_on_cuda(1e9)
    assert not Speeds(1e9, 1e12, 0.001, 0.3).sooner_on_cuda(1e8)
    assert not Speeds(2e9, 1e9, 0.001, 0.3).sooner_on_cuda(1e12)
    monkeypatch.setattr(device, "reason", lambda: "")
    monkeypatch.setattr("gdsim.engine.cuda.choice.LITTLE", 1000.0)
    measured: list[int] = []

    def measure(cls: object, cpu: object, cuda: object) -> Speeds:
        measured.append(1)
        return Speeds(1e9, 1e12, 0.0, 0.0)

    monkeypatch.setattr(Speeds, "measure", classmethod(measure))
    auto = AutoBackend(select.backend("cpu"))
    function = objective("two")
    assert auto.surface(function, where(2, 2, 2)).backend == "cpu"
    assert not measured
    assert auto.surface(function, where(2, 20, 10)).backend == "cuda"
    assert auto.swarm(function, members("adam")).backend == "cuda"
    ends = Ends.empty(2, COUNT)
    auto.settle(function, members("adam"), np.arange(COUNT), ends)
    assert ends.backend == "cuda"
    assert measured == [1]
    monkeypatch.setattr(device, "free", lambda: 100.0)
    assert auto.swarm(function, members("adam")).backend == "cpu"


def test_auto_stays_with_the_cpu_when_measuring_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(device, "reason", lambda: "")
    monkeypatch.setattr("gdsim.engine.cuda.choice.LITTLE", 1.0)
    monkeypatch.setattr(Speeds, "measure", broken)
    auto = AutoBackend(select.backend("cpu"))
    assert auto.surface(objective("two"), where(2)).backend == "cpu"
    assert "the device has left" in auto.note
    waiting = AutoBackend(select.backend("cpu"))
    waiting._speeds = Future()
    stop = threading.Event()
    stop.set()
    with pytest.raises(Cancelled):
        waiting.surface(objective("two"), where(2), stop)


def test_a_simulated_device_is_no_device() -> None:
    assert "NUMBA_ENABLE_CUDASIM" in select.reason("cuda")
    with pytest.raises(EngineError, match="NUMBA_ENABLE_CUDASIM"):
        select.backend("cuda")
    assert not isinstance(select.backend("auto"), AutoBackend)
