"""A sweep on a real cluster of processes: nothing is lost, nothing is put twice, whatever happens to a worker."""

from __future__ import annotations

import importlib.util
import os
import signal
import threading
from collections.abc import Iterator
from typing import Any

import msgspec
import numpy as np
import pytest

from gdsim.analysis.sweeps import SweepAxis
from gdsim.cli import app as cli
from gdsim.cli import register_all
from gdsim.engine.swarm import UNKNOWN
from gdsim.errors import Cancelled, EngineError, SpecError
from gdsim.maps import sweep_of
from gdsim.session import batches as parts
from gdsim.session.batches import Batches, settle_batch, spec_text
from gdsim.session.cluster import sweep_on_cluster
from gdsim.session.make import spec_for
from gdsim.session.spec import RunSpec

pytest.importorskip("distributed")
pytestmark = [pytest.mark.timeout(300), pytest.mark.filterwarnings("ignore::DeprecationWarning")]

X, Y = SweepAxis("lr", 1e-5, 1e-2, 40, "log"), SweepAxis("beta", 0.0, 0.98, 30)
SPEC = spec_for(racers=["momentum,noise=0.01"], function="rosenbrock", steps=3000, backend="numpy", seed=3)


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    from distributed import LocalCluster

    with LocalCluster(n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None) as made:
        yield made


@pytest.fixture
def put(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, bool]]:
    """Each batch that came, and whether it was put."""
    seen: list[tuple[int, bool]] = []
    real = Batches.put

    def told(self: Batches, batch: int, result: parts.Result) -> bool:
        seen.append((batch, real(self, batch, result)))
        return seen[-1][1]

    monkeypatch.setattr(Batches, "put", told)
    return seen


def assert_same(found: Any, local: Any) -> None:
    for name in ("loss", "steps", "codes", "labels"):
        np.testing.assert_array_equal(getattr(found, name), getattr(local, name))
    assert np.array_equal(found.ends.theta, local.ends.theta, equal_nan=True)
    assert (found.best, found.explanation) == (local.best, local.explanation)
    assert found.finished


def test_it_is_the_local_sweep(cluster: Any, put: list[tuple[int, bool]]) -> None:
    told: list[tuple[int, int]] = []
    spec = SPEC.replace(steps=100)
    found = sweep_on_cluster(
        spec, X, Y, cluster.scheduler_address, progress=lambda done, total: told.append((done, total))
    )
    assert_same(found, sweep_of(spec, [X, Y]).map)
    assert sorted(batch for batch, _ in put) == list(range(len(put)))
    assert told[-1] == (1200, 1200)


def test_a_worker_killed_in_mid_sweep_loses_nothing(cluster: Any, put: list[tuple[int, bool]]) -> None:
    from distributed import Client

    with Client(cluster.scheduler_address, set_as_default=False) as client:
        processes = list(client.run(os.getpid).values())
    spec, killed = SPEC.replace(steps=300), list[int]()

    def kill(done: int, total: int) -> None:
        if not killed and done >= total // 4:
            killed.append(processes[0])
            os.kill(processes[0], signal.SIGKILL)

    found = sweep_on_cluster(spec, X, Y, cluster.scheduler_address, progress=kill, size=60)
    assert len(killed) == 1
    assert sorted(batch for batch, new in put if new) == list(range(20))
    assert not (found.codes == UNKNOWN).any()
    assert_same(found, sweep_of(spec, [X, Y]).map)


def test_cancelling_takes_the_batches_back(cluster: Any, put: list[tuple[int, bool]]) -> None:
    cancel = threading.Event()
    with pytest.raises(Cancelled):
        sweep_on_cluster(
            SPEC, X, Y, cluster.scheduler_address, cancel, progress=lambda done, total: cancel.set(), size=30
        )
    assert 1 <= len(put) < 40


def test_the_command_line(cluster: Any, capsys: pytest.CaptureFixture[str]) -> None:
    register_all()
    words = ["sweep", "--function", "himmelblau", "--steps", "100", "--over", "lr=1e-3..0.02:9:log", "--json"]
    assert cli.call([*words, "--scheduler", cluster.scheduler_address]) == 0
    far = msgspec.json.decode(capsys.readouterr().out)
    assert cli.call(words) == 0
    near = msgspec.json.decode(capsys.readouterr().out)
    for report in (far, near):
        del report["seconds"]
    assert far == near


def refused(address: str, capsys: pytest.CaptureFixture[str]) -> str:
    register_all()
    words = ["sweep", "--function", "himmelblau", "--over", "lr=1e-3..0.02:9:log", "--scheduler", address]
    assert cli.call(words) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.count("\n") == 1
    return captured.err


@pytest.mark.parametrize("address", ["tcp://127.0.0.1:1", "nonsense", "127.0.0.1:99999", ""])
def test_nobody_answers(
    address: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("gdsim.session.cluster._ANSWER_SECONDS", 0.3)
    assert "no scheduler answers" in refused(address, capsys)


def test_a_scheduler_without_workers(capsys: pytest.CaptureFixture[str]) -> None:
    from distributed import LocalCluster

    with LocalCluster(n_workers=0, processes=True, dashboard_address=None) as empty:
        assert "no workers" in refused(empty.scheduler_address, capsys)


def test_dask_is_not_installed(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    real = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "distributed" else real(name))
    assert "gdsim[cluster]" in refused("tcp://127.0.0.1:8786", capsys)


def test_what_does_not_fit_is_told_before_anybody_is_asked() -> None:
    with pytest.raises(SpecError, match="no setting"):
        sweep_on_cluster(SPEC, SweepAxis("rho", 0.1, 0.2), None, "nonsense")
    with pytest.raises(EngineError, match="no scheduler"):
        sweep_on_cluster(SPEC, X, None, "nonsense")


def test_a_batch_that_comes_twice_is_put_once() -> None:
    spec = SPEC.replace(steps=20)
    over = (X.text(), Y.text())
    found = Batches(2, 1200, 500)
    assert found.parts == ((0, 500), (500, 500), (1000, 200))
    results = [settle_batch(spec_text(spec), over, first, count) for first, count in found.parts]
    assert all(isinstance(part, bytes | str) for result in results for part in result)
    assert found.put(2, results[2])
    assert (found.done, found.missing) == (200, {0, 1})
    other = settle_batch(spec_text(spec.replace(steps=10)), over, *found.parts[2])
    before = found.ends.loss.copy()
    assert not found.put(2, other)
    np.testing.assert_array_equal(found.ends.loss, before)
    assert found.put(0, results[0])
    assert found.put(1, results[1])
    assert not found.missing
    np.testing.assert_array_equal(found.ends.loss.reshape(30, 40), sweep_of(spec, [X, Y]).loss)


def test_the_spec_travels_to_the_last_bit() -> None:
    spec = SPEC.replace(start=(0.1 + 0.2, 1e-300), target=1 / 3)
    assert msgspec.json.decode(spec_text(spec).encode(), type=RunSpec) == spec
