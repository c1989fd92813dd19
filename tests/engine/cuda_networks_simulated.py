"""Every CUDA kernel of networks run by Numba's simulator, against NumPy. Started by test_cuda_networks.py in a process
of its own: the simulator has to be chosen before Numba is imported."""

from __future__ import annotations

import logging
import threading
from collections.abc import Mapping
from functools import partial
from typing import Any

import numpy as np
import pytest

from gdsim.engine import noise, select
from gdsim.engine.auto import CpuBackend
from gdsim.engine.backend import Plane, Slice
from gdsim.engine.cuda import choice, device, networks, networks_code, networks_passes
from gdsim.engine.cuda.backend import CudaBackend
from gdsim.engine.cuda.choice import AutoBackend
from gdsim.engine.cuda.networks import CudaNetwork
from gdsim.engine.cuda.networks_code import NetworkCode
from gdsim.engine.cuda.networks_probe import NetworkSpeeds
from gdsim.engine.network.reference import NumpyTraining
from gdsim.engine.network.training import training_trace
from gdsim.engine.status import Status
from gdsim.engine.trace import Trace
from gdsim.errors import Cancelled, EngineError
from gdsim.objectives.network.design import Layer, Model
from gdsim.objectives.network.network import NetworkObjective, network_objective
from gdsim.objectives.network.passes import fresh_buffers
from tests.engine import races, simulator
from tests.engine.network import nets

simulator.take_turns()
# Kernels give NaN and infinity without a word; plain Python on NumPy numbers warns.
pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning")

CUDA = CudaBackend()
DTYPES = ("float64", "float32")
FEATURES, COUNT = 2, 5

MODELS: Mapping[str, tuple[Model, int]] = {
    "line": (Model("linear"), 0),
    "plain": (Model(layers=(Layer(3), Layer(2)), output=nets.TANH), 0),
    "batch norm": (Model(layers=(Layer(3, norm="batch"), Layer(2, nets.SOFTPLUS, norm="batch")), loss=nets.BCE), 2),
    "layer norm": (Model(layers=(Layer(3, nets.SWISH, norm="layer"),), loss=nets.HINGE), 2),
    "residual": (Model(layers=(Layer(2, residual=True), Layer(2, nets.SINE, residual=True)), loss=nets.LOG_COSH), 0),
    "penalties": (Model(layers=(Layer(3, nets.RELU),), l1=0.1, l2=0.2), 0),
    "classes": (Model(layers=(Layer(3, nets.RELU),), loss=nets.CROSS_ENTROPY), 3),
    "one by one": (Model("softmax", loss=nets.SQUARES), 3),
    "everything": (
        Model(
            layers=(
                Layer(2, nets.SWISH, norm="batch", residual=True, dropout=0.3),
                Layer(2, nets.SINE, norm="layer", residual=True, dropout=0.5),
            ),
            loss=nets.CROSS_ENTROPY, l1=0.01, l2=0.02,
        ),
        3,
    ),
}  # fmt: skip


def objective(name: str, count: int = COUNT, tests: int = 3) -> NetworkObjective:
    model, classes = MODELS[name]
    return network_objective(model, nets.samples(count, FEATURES, classes, tests))


def network(net: NetworkObjective, dtype: Any = "float64") -> CudaNetwork:
    return CudaNetwork(net, networks_code.network(net, dtype, gradient=True).result())


def some_buffers(net: NetworkObjective) -> np.ndarray:
    return fresh_buffers(net.net) + np.random.default_rng(5).uniform(0.0, 1.0, net.net.buffers)


def plane_at(theta: np.ndarray, nx: int = 2, ny: int = 2) -> Plane:
    first, second = np.random.default_rng(3).normal(size=(2, len(theta)))
    return Plane(theta, first, second, np.linspace(-1.0, 1.0, nx), np.linspace(-0.5, 0.7, ny))


def values_on(net: NetworkObjective, plane: Plane) -> np.ndarray:
    points = plane.base + plane.b[:, None, None] * plane.second + plane.a[:, None] * plane.first
    return np.asarray(net.value(np.moveaxis(points, 2, 0)))


def same(found: Any, wanted: Any, dtype: str = "float64") -> None:
    tolerance = 1e-11 if dtype == "float64" else 1e-5
    wanted = np.asarray(wanted)
    scale = 1e-3 + np.max(np.abs(wanted[np.isfinite(wanted)]), initial=0.0)
    np.testing.assert_allclose(found, wanted, rtol=tolerance, atol=tolerance * scale, equal_nan=True)


# Passes


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", MODELS)
def test_outputs_losses_gradients_landscapes(name: str, dtype: str) -> None:
    net = objective(name)
    cuda, theta, buffers = network(net, dtype), nets.theta_of(net), some_buffers(net)
    x = np.random.default_rng(9).normal(size=(FEATURES, 3))
    same(cuda.forward(theta, buffers, x), net.outputs(theta, x, buffers), dtype)
    for test in (False, True):
        same(cuda.evaluate(theta, buffers, test), net.evaluate(theta, buffers, test), dtype)
    loss, gradient = cuda.value_gradient(theta)
    wanted, slope = net.batch_gradient(theta)
    assert gradient.dtype == np.dtype(dtype)
    same(loss, wanted, dtype)
    same(gradient, slope, dtype)
    plane = plane_at(theta)
    same(cuda.landscape(plane), values_on(net, plane), dtype)


@pytest.mark.parametrize("dtype", DTYPES)
def test_a_step_with_dropout_moves_the_statistics(dtype: str) -> None:
    net = objective("everything", 8)
    theta, index, reference = nets.theta_of(net), np.array([6, 0, 3, 5, 1]), some_buffers(net)
    fresh, seed, step = reference.copy(), 4, 11
    key = int(noise.dropout_key(seed, step))
    loss, gradient = network(net, dtype).step_gradient(theta, index, fresh, key)
    wanted, slope = net.batch_gradient(theta, index, partial(noise.dropout_uniforms, seed, step), reference)
    same(loss, wanted, dtype)
    same(gradient, slope, dtype)
    same(fresh, reference, dtype)
    assert wanted != net.batch_gradient(theta, index)[0]  # something was dropped


def tiny_tiles(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tiles of two samples, slices and launches of fewer."""
    monkeypatch.setattr(networks, "TILE_NUMBERS", 4)
    monkeypatch.setattr(networks, "LEAST_TILE", 2)
    monkeypatch.setattr(networks_passes, "LEAST_SLICE", 1)
    monkeypatch.setattr(networks_passes, "_LEAST_STEP", 1)
    monkeypatch.setattr(networks_passes, "MOST_QUEUED", 3)


@pytest.mark.parametrize("name", ["plain", "layer norm"])
def test_samples_in_tiles(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    net = objective(name)
    cuda, theta, buffers = network(net), nets.theta_of(net), some_buffers(net)
    tiny_tiles(monkeypatch)
    assert cuda._tile(COUNT, whole=False) == 2
    same(cuda.forward(theta, buffers, net.samples.x), net.outputs(theta, net.samples.x, buffers))
    same(cuda.evaluate(theta, buffers), net.evaluate(theta, buffers))
    index = np.array([4, 0, 3])
    for chosen in (None, index):
        same(cuda.value_gradient(theta, chosen)[1], net.batch_gradient(theta, chosen)[1])
    plane = plane_at(theta)
    same(cuda.landscape(plane), values_on(net, plane))


def test_dropout_does_not_know_of_tiles(monkeypatch: pytest.MonkeyPatch) -> None:
    model = Model(layers=(Layer(3, dropout=0.4),))
    net = network_objective(model, nets.samples(7, FEATURES))
    theta, none, seed, step = nets.theta_of(net), np.zeros(0), 1, 2
    wanted = net.batch_gradient(theta, None, partial(noise.dropout_uniforms, seed, step))
    tiny_tiles(monkeypatch)
    found = network(net).step_gradient(theta, None, none, int(noise.dropout_key(seed, step)))
    same(found[0], wanted[0])
    same(found[1], wanted[1])


def test_products_of_many_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    """The kernels of wide layers, on a narrow one."""
    monkeypatch.setattr(networks_code, "_FEW_ROWS", 0)
    net = objective("plain")
    cuda, theta = network(net), nets.theta_of(net)
    assert all(key[1] == (4, 4) for key in cuda.kernels.kernels if isinstance(key, tuple))
    same(cuda.value_gradient(theta)[1], net.batch_gradient(theta)[1])
    plane = plane_at(theta)
    same(cuda.landscape(plane), values_on(net, plane))


@pytest.mark.parametrize("name", ["plain", "classes", "batch norm"])
def test_what_is_not_finite_stays_so(name: str) -> None:
    net = objective(name)
    cuda = network(net)
    for bad in (np.nan, np.inf, 1e200):
        theta = nets.theta_of(net)
        theta[1] = bad
        with np.errstate(all="ignore"):
            wanted, slope = net.batch_gradient(theta)
        loss, gradient = cuda.value_gradient(theta)
        np.testing.assert_equal(np.isfinite(loss), np.isfinite(wanted))
        np.testing.assert_array_equal(np.isfinite(gradient), np.isfinite(slope))


def test_the_same_numbers_every_time() -> None:
    net = objective("plain", 9)
    cuda, theta = network(net), nets.theta_of(net)
    first, gradient = cuda.value_gradient(theta)
    whole = cuda.landscape(plane_at(theta, 3))
    for _ in range(2):
        again, slope = cuda.value_gradient(theta)
        assert again == first
        np.testing.assert_array_equal(slope, gradient)
    small = plane_at(theta, 3)
    for k in range(3):  # one point at a time
        part = Plane(small.base, small.first, small.second, small.a[k : k + 1], small.b)
        np.testing.assert_array_equal(cuda.landscape(part)[:, 0], whole[:, k])


# The backend


def test_pictures_of_networks() -> None:
    net = objective("plain")
    theta = nets.theta_of(net)
    place = Slice(tuple(theta), (0, 4), (-1.0, 1.0), (-2.0, 1.0), 2, 2)
    painted = CUDA.surface(net, place)
    assert (painted.backend, CUDA.note) == ("cuda", "")
    same(painted.values, values_on(net, Plane.of_slice(place)))
    same(CUDA.landscape(net, plane_at(theta), dtype="float32"), values_on(net, plane_at(theta)), "float32")
    x = net.samples.x[:, :3]
    same(CUDA.outputs(net, theta, np.zeros(0), x), net.outputs(theta, x))
    assert CUDA.outputs(net, theta, np.zeros(0), x[:, :0]).shape == (1, 0)
    assert CUDA.note == ""
    assert CUDA.prepare(net).result(timeout=60)
    with pytest.raises(EngineError, match="plane, first"):
        CUDA.landscape(net, Plane(theta, theta[1:], theta, np.zeros(1), np.zeros(1)))


class Impatient:
    """Asked to stop from the k-th look on."""

    def __init__(self, looks: int) -> None:
        self.looks = looks

    def is_set(self) -> bool:
        self.looks -= 1
        return self.looks < 0


def test_cancelling(monkeypatch: pytest.MonkeyPatch) -> None:
    net = objective("plain")
    theta = nets.theta_of(net)
    stop = threading.Event()
    stop.set()
    with pytest.raises(Cancelled):
        CUDA.landscape(net, plane_at(theta), stop)
    cuda = network(net)
    monkeypatch.setattr(networks, "FIRST_WORK", 1)  # a point at a time at first
    with pytest.raises(Cancelled):
        cuda.landscape(plane_at(theta), Impatient(1))
    tiny_tiles(monkeypatch)
    looks = Impatient(4)
    with pytest.raises(Cancelled):  # between layers of the first point
        cuda.landscape(plane_at(theta, 1, 1), looks)
    same(cuda.landscape(plane_at(theta)), values_on(net, plane_at(theta)))


def test_memory_is_refused_beforehand(monkeypatch: pytest.MonkeyPatch) -> None:
    net = objective("batch norm")
    theta, cuda = nets.theta_of(net), network(net)
    monkeypatch.setattr(device, "free", lambda: 100.0)
    with pytest.raises(EngineError, match=r"a landscape of 30 weights over 5 samples needs .* and 100 bytes are free"):
        CudaBackend().landscape(net, plane_at(theta))
    with pytest.raises(EngineError, match=r"a gradient over 5 samples needs"):
        cuda.value_gradient(theta)
    with pytest.raises(EngineError, match=r"outputs of 3 inputs needs"):
        cuda.forward(theta, some_buffers(net), net.samples.x_test)
    monkeypatch.undo()
    cuda.value_gradient(theta)
    monkeypatch.setattr(device, "free", lambda: 100.0)
    cuda.value_gradient(theta)  # what is there already is not asked for again


def test_points_at_once_are_as_many_as_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    net = objective("plain")
    cuda, plane = network(net), plane_at(nets.theta_of(net), 3)
    monkeypatch.setattr(device, "free", lambda: 2000.0)
    same(cuda.landscape(plane), values_on(net, plane))
    assert COUNT <= len(cuda._memory.get("lost")) < COUNT * plane.points


def broken(*arguments: Any, **named: Any) -> Any:
    raise RuntimeError("the device has left")


def test_a_failing_device_hands_over_to_the_cpu(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    net = objective("plain")
    theta, plane = nets.theta_of(net), plane_at(nets.theta_of(net))
    monkeypatch.setattr(NetworkCode, "numbers", broken)
    with caplog.at_level(logging.ERROR):
        same(CUDA.landscape(net, plane), values_on(net, plane))
    assert "the device has left" in CUDA.note
    assert "the CPU takes over" in caplog.text
    same(CUDA.outputs(net, theta, np.zeros(0), net.samples.x), net.outputs(theta, net.samples.x))


# Training


def plan_of(net: NetworkObjective, rule: str = "adam", steps: int = 3, **rest: Any) -> Any:
    return races.plan_of(rule, tuple(nets.theta_of(net)), steps, rest.pop("hyper", {"lr": 0.01}), **rest)


def run(stepper: Any, net: NetworkObjective, at_once: int = 10**9) -> Trace:
    trace = training_trace(net)
    while trace.status is Status.RUNNING:
        stepper.advance(trace, at_once)
    return trace


@pytest.mark.parametrize(("name", "batch"), [("plain", 0), ("everything", 3)])
def test_training_gives_the_rows_of_the_reference(name: str, batch: int) -> None:
    net = objective(name)
    plan = plan_of(net, batch=batch, seed=3, clip=1.0, weight_decay=0.1, noise=0.01)
    stepper, reference = CUDA.stepper(net, plan), NumpyTraining(net, plan, "float64")
    assert stepper.backend == "cuda"
    found, wanted = run(stepper, net), run(reference, net)
    assert (found.backend, found.note, found.status) == ("cuda", "", wanted.status)
    np.testing.assert_allclose(found.rows(), wanted.rows(), rtol=1e-8, atol=1e-8)
    np.testing.assert_allclose(stepper.snapshot(), reference.snapshot(), rtol=1e-6, atol=1e-6)
    end = stepper.snapshot()
    stepper.rewind(found, 1)
    assert stepper.step == 1
    stepper.rewind(found, 3)
    np.testing.assert_array_equal(stepper.snapshot(), end)


def test_training_in_single_precision_ends_at_a_target() -> None:
    net = objective("line")
    plan = plan_of(net, "gd", 50, hyper={"lr": 0.1}, target=1.1 * net.evaluate(nets.theta_of(net))[0])
    assert run(CUDA.stepper(net, plan, "float32"), net).status is Status.TARGET
    plan = plan_of(net, "gd", 3, hyper={"lr": 0.1})
    found, wanted = run(CUDA.stepper(net, plan, "float32"), net), run(NumpyTraining(net, plan, "float32"), net)
    np.testing.assert_allclose(found.rows(), wanted.rows(), rtol=1e-5, atol=1e-5)


def test_what_is_not_trained_on_the_device(monkeypatch: pytest.MonkeyPatch) -> None:
    net = objective("line")
    trace = run(CUDA.stepper(net, plan_of(net, "lbfgs", 2, hyper={})), net)
    assert (trace.backend, trace.note) == ("numpy", "lbfgs is not made of stages: NumPy runs it")
    monkeypatch.setattr(device, "free", lambda: 100.0)
    with pytest.raises(EngineError, match="a gradient over 5 samples needs"):
        run(CUDA.stepper(net, plan_of(net)), net)


def test_a_device_that_fails_in_mid_run_ends_it_with_words(monkeypatch: pytest.MonkeyPatch) -> None:
    net = objective("line")
    stepper, trace = CUDA.stepper(net, plan_of(net)), training_trace(net)
    while trace.published < 2:
        stepper.advance(trace, 1)
    monkeypatch.setattr(NetworkCode, "numbers", broken)
    with pytest.raises(EngineError, match=r"step 2: the CUDA device failed \(RuntimeError: the device has left\)"):
        stepper.advance(trace, 1)


def test_kernels_that_do_not_compile(monkeypatch: pytest.MonkeyPatch) -> None:
    net = network_objective(Model(layers=(Layer(2, nets.SINE),)), nets.samples(COUNT, FEATURES))
    monkeypatch.setattr(networks_code, "_activation", broken)
    trace = run(CUDA.stepper(net, plan_of(net)), net)
    assert trace.backend == "cpu"
    assert "the device has left" in trace.note
    plane = plane_at(nets.theta_of(net))
    same(CUDA.landscape(net, plane), values_on(net, plane))
    assert "the device has left" in CUDA.note


# Automatically


FAST = NetworkSpeeds(1e9, 1e12, 0.0, 0.0, 1e12, 0.0, 100)


def auto_with(monkeypatch: pytest.MonkeyPatch, speeds: NetworkSpeeds) -> AutoBackend:
    """A backend that has measured these, and for which everything is large."""
    monkeypatch.setattr(device, "reason", lambda: "")
    monkeypatch.setattr(choice, "LITTLE_NETWORK", 100.0)
    monkeypatch.setattr(NetworkSpeeds, "measure", classmethod(lambda cls, cpu, cuda: speeds))
    return AutoBackend(CpuBackend("auto", patient=False))


def on_device(auto: AutoBackend, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the device is asked for from here on."""
    asked: list[str] = []
    for name in ("forward", "landscape", "reserve"):
        whole = getattr(CudaNetwork, name)
        monkeypatch.setattr(
            CudaNetwork, name, lambda *given, name=name, whole=whole: asked.append(name) or whole(*given)
        )
    return asked


def test_auto_sends_large_networks_to_the_device(monkeypatch: pytest.MonkeyPatch) -> None:
    net = objective("plain")
    auto, theta = auto_with(monkeypatch, FAST), nets.theta_of(net)
    asked, plane = on_device(auto, monkeypatch), plane_at(theta)
    same(auto.landscape(net, Plane(theta, theta, theta, np.zeros(1), np.zeros(1))), [[net.value(theta)]])
    auto.outputs(net, theta, np.zeros(0), net.samples.x[:, :1])
    assert not asked  # little
    same(auto.landscape(net, plane), values_on(net, plane))
    auto.outputs(net, theta, np.zeros(0), np.tile(net.samples.x, 3))
    assert asked == ["landscape", "forward"]
    place = Slice(tuple(theta), (0, 1), (-1.0, 1.0), (-1.0, 1.0), 2, 2)
    same(auto.surface(net, place).values, values_on(net, Plane.of_slice(place)))
    trace = run(auto.stepper(net, plan_of(net)), net)
    assert (trace.backend, asked[2:]) == ("cuda", ["landscape", "reserve"])


def test_auto_keeps_on_the_cpu_what_is_sooner_there(monkeypatch: pytest.MonkeyPatch) -> None:
    net = objective("plain")
    slow = NetworkSpeeds(1e9, 1e12, 1.0, 1.0, 1e12, 1.0, 100)
    auto, plane = auto_with(monkeypatch, slow), plane_at(nets.theta_of(net))
    asked = on_device(auto, monkeypatch)
    same(auto.landscape(net, plane), values_on(net, plane))
    assert run(auto.stepper(net, plan_of(net)), net).backend == "cpu"
    assert not asked
    assert run(auto.stepper(net, plan_of(net, "lbfgs", 2, hyper={})), net).backend == "numpy"


def test_auto_takes_the_cpu_where_memory_is_short(monkeypatch: pytest.MonkeyPatch) -> None:
    net = objective("plain")
    auto, plane = auto_with(monkeypatch, FAST), plane_at(nets.theta_of(net))
    monkeypatch.setattr(device, "free", lambda: 100.0)
    same(auto.landscape(net, plane), values_on(net, plane))
    trace = run(auto.stepper(net, plan_of(net)), net)
    assert trace.backend == "cpu"
    assert "100 bytes are free" in trace.note


def test_auto_stays_with_the_cpu_when_measuring_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    net = objective("plain")
    auto = auto_with(monkeypatch, FAST)
    monkeypatch.setattr(NetworkSpeeds, "measure", broken)
    assert run(auto.stepper(net, plan_of(net)), net).backend == "cpu"
    assert "the device has left" in auto.note


def test_speeds_of_networks_are_measured_and_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gdsim.engine.cuda.networks_probe._FEATURES", 2)
    speeds = NetworkSpeeds.measure(select.backend("cpu"), CudaBackend(), width=2, samples=3, points=2)
    assert min(speeds.cpu, speeds.cuda, speeds.start, speeds.compiling, speeds.steps, speeds.step) > 0
    assert speeds.weights == 15
    usual = NetworkSpeeds(1e10, 1e12, 0.001, 2.0, 1e12, 0.001, 80_000)
    assert usual.sooner_on_cuda(1e11)
    assert not usual.sooner_on_cuda(1e10)
    assert usual.trains_sooner_on_cuda(1e8, 80_000, 1000)
    assert not usual.trains_sooner_on_cuda(1e6, 80_000, 1000)  # a launch takes longer
    assert not usual.trains_sooner_on_cuda(1e8, 80_000, 10)  # compiling does
    assert not usual.trains_sooner_on_cuda(1e8, 8_000_000, 1000)  # sending the weights does
