"""A sweep on a Dask cluster: batches of cells go out as plain text, their ends come back as bytes.

Whatever happens to a worker, each cell is put once: a batch that was lost is sent out again, one that comes twice is
put once. Workers need gdsim of the same version; nothing of gdsim is pickled, they call `batches.settle_batch`.
"""

from __future__ import annotations

import asyncio
import importlib.util
import queue
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from gdsim.analysis.sweeps import SweepAxis, SweepMap, made_map, members_of
from gdsim.errors import Cancelled, EngineError
from gdsim.session.batches import Batches, settle_batch, spec_text
from gdsim.session.resolve import check_start, objective_of, plans_of
from gdsim.version import __version__

if TYPE_CHECKING:
    from gdsim.engine.backend import Cancel
    from gdsim.engine.swarm import Progress
    from gdsim.session.spec import RunSpec

_ANSWER_SECONDS = 3
_LOOK_SECONDS = 0.05
_PER_THREAD = 8  # batches, so that a slow one holds up little
_SMALLEST, _LARGEST = 16, 1 << 14  # cells of a batch
_ATTEMPTS = 3  # of one batch, after Dask has given it up


def sweep_on_cluster(
    spec: RunSpec,
    x: SweepAxis,
    y: SweepAxis | None,
    address: str,
    cancel: Cancel | None = None,
    progress: Progress | None = None,
    size: int | None = None,
) -> SweepMap:
    """The sweep of the spec's only racer, computed by the workers of the scheduler at `address`.

    Args:
        address: such as tcp://10.0.0.5:8786.
        size: cells of a batch; by default what gives each worker's thread several.

    Raises:
        SpecError: the axes do not fit the racer; told before anything is sent.
        EngineError: Dask is not installed, nobody answers within seconds, there are no workers, or they cannot run it.
        Cancelled: `cancel` was set; the batches that were sent out are taken back.
    """
    spec.check()
    objective, (plan,) = objective_of(spec), plans_of(spec)
    check_start(spec, objective)
    count = members_of(plan, x, y).count
    over = tuple(axis.text() for axis in (x, y) if axis is not None)
    with _client(address) as (client, threads):
        part = size or min(max(count // (_PER_THREAD * threads), _SMALLEST), _LARGEST)
        batches = Batches(objective.n, count, part)
        _Exchange(client, batches, spec_text(spec), over).run(cancel, progress)
    return made_map(objective, plan, x, y, batches.ends, 1, cancel)


class _Exchange:
    """Batches sent out and taken in."""

    def __init__(self, client: Any, batches: Batches, spec: str, over: tuple[str, ...]) -> None:
        self._client, self._batches, self._spec, self._over = client, batches, spec, over
        self._finished: queue.SimpleQueue[tuple[int, Any]] = queue.SimpleQueue()
        self._sent: dict[int, Any] = {}
        self._attempts = dict.fromkeys(range(len(batches.parts)), 0)

    def run(self, cancel: Cancel | None, progress: Progress | None) -> None:
        for batch in sorted(self._batches.missing):
            self._send(batch)
        total = sum(count for _, count in self._batches.parts)
        while self._batches.missing:
            if cancel is not None and cancel.is_set():
                self._client.cancel(list(self._sent.values()))
                raise Cancelled("the sweep was not finished")
            try:
                batch, future = self._finished.get(timeout=_LOOK_SECONDS)
            except queue.Empty:
                self._see_scheduler()
                continue
            self._take(batch, future)
            if progress is not None:
                progress(self._batches.done, total)

    def _send(self, batch: int) -> None:
        self._attempts[batch] += 1
        first, count = self._batches.parts[batch]
        future = self._client.submit(settle_batch, self._spec, self._over, first, count, pure=False, priority=-batch)
        self._sent[batch] = future
        future.add_done_callback(lambda done: self._finished.put((batch, done)))

    def _take(self, batch: int, future: Any) -> None:
        """Put what a batch gave; send it out again where it was lost with its worker."""
        from distributed import CancelledError, KilledWorker

        if batch not in self._sent or self._sent[batch] is not future:
            return
        try:
            result = future.result(timeout=_ANSWER_SECONDS)
        except (KilledWorker, CancelledError, TimeoutError, OSError) as error:
            if self._attempts[batch] >= _ATTEMPTS:
                words = f"a batch of cells was lost {_ATTEMPTS} times ({type(error).__name__})"
                raise EngineError(words, where="scheduler", hint="See the workers' logs: is memory short?") from error
            self._send(batch)
            return
        except ImportError as error:
            raise EngineError(
                f"a worker cannot load gdsim ({error})", where="scheduler", hint=f"Install gdsim {__version__} there"
            ) from error
        self._batches.put(batch, result)
        del self._sent[batch]

    def _see_scheduler(self) -> None:
        """EngineError where the scheduler itself has gone."""
        if self._client.status not in ("running", "connecting"):
            raise EngineError("the scheduler has gone", where="scheduler", hint="Start it again, and the sweep")


@contextmanager
def _client(address: str) -> Iterator[tuple[Any, int]]:
    """A client of the scheduler, and how many threads its workers have together."""
    if importlib.util.find_spec("distributed") is None:
        raise EngineError("Dask is not installed", where="scheduler", hint="Install it: pip install 'gdsim[cluster]'")
    from distributed import Client

    _see_scheduler(address)
    client = Client(address, timeout=_ANSWER_SECONDS, set_as_default=False)
    try:
        try:
            client.wait_for_workers(1, timeout=_ANSWER_SECONDS)
        except TimeoutError as error:
            hint = f"Start some: dask worker {address}"
            raise EngineError("the scheduler has no workers", where="scheduler", hint=hint) from error
        yield client, max(1, sum(client.nthreads().values()))
    finally:
        client.close(timeout=1)


def _see_scheduler(address: str) -> None:
    """EngineError unless a scheduler answers at the address: a client that fails to connect lingers for seconds."""
    from distributed.comm import connect

    async def identity() -> Any:
        comm = await connect(address, timeout=_ANSWER_SECONDS)
        try:
            await comm.write({"op": "identity", "reply": True})
            return await asyncio.wait_for(comm.read(), _ANSWER_SECONDS)
        finally:
            comm.abort()

    cause: BaseException | None = None
    try:
        answer = asyncio.run(identity())
    except Exception as error:  # noqa: BLE001 - what else listens at a port may answer with anything
        answer, cause = None, error
    if not isinstance(answer, dict) or answer.get("type") != "Scheduler":
        raise EngineError(
            f"no scheduler answers at {address!r}", where="scheduler",
            hint="Start one with 'dask scheduler' and give the address that it prints, such as tcp://127.0.0.1:8786",
        ) from cause  # fmt: skip
