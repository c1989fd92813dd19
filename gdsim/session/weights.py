"""A model's weights as `.npz` files, which NumPy opens: an array per matrix, bias, gain and shift, and no pickles.

Of each racer there are ``RACER/w1``, ``RACER/b1``, ..., with batch normalisation also its running ``RACER/mean1`` and
``RACER/variance1``; ``format`` is 1, ``racers`` the names. A file to begin from may hold ``w1``, ``b1``, ... alone.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from gdsim.engine.network.training import carried
from gdsim.engine.select import new_trace
from gdsim.errors import DocumentError, SpecError
from gdsim.objectives.network.network import NetworkObjective
from gdsim.session.atomic import replacing

if TYPE_CHECKING:
    from gdsim.objectives.network.architecture import Architecture
    from gdsim.session.history import History

WEIGHTS_FORMAT = 1
SUFFIX = ".npz"
MAX_START = 1_000_000
"""Weights up to which a run can begin from a file: they are a part of its spec."""
_BLOCK = 256

Floats = NDArray[np.float64]


def thetas(history: History, racer: int) -> Iterator[Floats]:
    """Theta (n,) of every recorded row; large models, whose rows go without it, are run a second time, bit for bit."""
    trace, objective = history.traces[racer], history.objective
    rows = trace.published
    if trace.n == objective.n or not isinstance(objective, NetworkObjective):
        for start in range(0, rows, _BLOCK):
            yield from trace.thetas(start, min(rows, start + _BLOCK))
        return
    again = new_trace(objective)
    stepper = history.backend.stepper(objective, history.plans[racer], history.spec.dtype)
    for step in range(rows):
        while again.last < step:
            stepper.advance(again, min(1, step))
        yield carried(objective, stepper.snapshot())[0]


def blocks_of(net: Architecture, theta: Floats, buffers: Floats) -> dict[str, Floats]:
    """The arrays of a model by name, in their shapes."""
    found = {block.name: theta[block.place].reshape(block.shape) for block in net.blocks}
    if buffers.size:
        for number, layer in enumerate(net.layers, start=1):
            if layer.norm == "batch":
                middle = layer.buffer + layer.outputs
                found[f"mean{number}"] = buffers[layer.buffer : middle]
                found[f"variance{number}"] = buffers[middle : middle + layer.outputs]
    return found


def write_weights(history: History, path: str | Path, step: int | None = None) -> None:
    """Write the weights of all racers to `path`, atomically.

    Args:
        step: of which step, by default each racer's last.

    Raises:
        SpecError: the run is not one of a model. ExportError: the file cannot be written.
    """
    objective = history.objective
    if not isinstance(objective, NetworkObjective):
        raise SpecError("a function has no weights", where="weights", hint="Use --csv: its columns hold the path")
    arrays: dict[str, Any] = {"format": np.array(WEIGHTS_FORMAT), "racers": np.array(history.labels)}
    for index, label in enumerate(history.labels):
        last = history.traces[index].last
        theta, buffers = history.weights(index, last if step is None else step)
        for name, array in blocks_of(objective.net, theta, buffers).items():
            arrays[f"{label}/{name}"] = array
    with replacing(Path(path)) as file:
        np.savez(file, **arrays)


@dataclass(frozen=True, slots=True)
class _Entry:
    """An array in the file as its header tells it; nothing of it is read yet."""

    shape: tuple[int, ...]
    dtype: np.dtype[Any]


def read_weights(path: str | Path, net: Architecture) -> Floats:
    """Theta (n,) for `net` from a `.npz`; ``FILE.npz:RACER`` where there are several racers in it.

    Raises:
        DocumentError: no such file, not a `.npz`, arrays that are missing or of other shapes (says which and both
            shapes), values that are not finite.
    """
    name, racer = _parted(str(path))
    file = Path(name)
    if not file.is_file():
        raise DocumentError("there is no such file", where=name, hint="Check the name and the folder")
    try:
        with zipfile.ZipFile(file) as archive:
            entries = {each.removesuffix(".npy"): each for each in archive.namelist() if each.endswith(".npy")}
            prefix = _prefix(entries, racer, name)
            theta = np.empty(net.size)
            for block in net.blocks:
                key = prefix + block.name
                if key not in entries:
                    raise _misses(name, key, block.shape, entries, prefix)
                theta[block.place] = _array(archive, entries[key], block.shape, f"{name}, {key}").ravel()
    except (OSError, zipfile.BadZipFile, ValueError, EOFError) as error:
        hint = "Choose a file that --weights or numpy.savez has written"
        raise DocumentError(f"is not a readable .npz file ({str(error).lower()})", where=name, hint=hint) from error
    return theta


def _parted(text: str) -> tuple[str, str]:
    head, sign, racer = text.rpartition(f"{SUFFIX}:")
    return (head + SUFFIX, racer) if sign else (text, "")


def _prefix(entries: dict[str, str], racer: str, where: str) -> str:
    """``RACER/``, or nothing where the file holds one model under plain names."""
    racers = list(dict.fromkeys(key.rpartition("/")[0] for key in entries if key.endswith("/w1")))
    if racer:
        if racer not in racers:
            raise DocumentError(f"there is no racer {racer!r} in it", where=where, hint=f"It has {', '.join(racers)}")
        return f"{racer}/"
    if "w1" in entries:
        return ""
    if len(racers) > 1:
        hint = f"Say whose: {where}:{racers[0]}, or {', '.join(racers[1:])}"
        raise DocumentError("it holds the weights of several racers", where=where, hint=hint)
    return f"{racers[0]}/" if racers else ""


def _misses(where: str, key: str, shape: tuple[int, ...], entries: dict[str, str], prefix: str) -> DocumentError:
    there = [each for each in entries if each.startswith(prefix)] or list(entries)
    listed = ", ".join(there[:8]) or "nothing"
    return DocumentError(f"has no array {key!r} of shape {shape}", where=where, hint=f"It has {listed}")


def _array(archive: zipfile.ZipFile, name: str, shape: tuple[int, ...], where: str) -> Floats:
    """The array, whose header is looked at first: what does not fit is never read into memory."""
    with archive.open(name) as stream:
        entry = _header(stream)
    if entry.shape != shape:
        raise DocumentError(
            f"the file has the shape {entry.shape}, the model {shape}", where=where,
            hint="Choose weights of a model with the same inputs and layers",
        )  # fmt: skip
    if entry.dtype.kind not in "fiu":
        raise DocumentError(f"numbers are wanted, not {entry.dtype}", where=where)
    with archive.open(name) as stream:
        array = np.asarray(npy.read_array(stream, allow_pickle=False), dtype=np.float64)
    if not np.isfinite(array).all():
        hint = "Choose weights from before they diverged"
        raise DocumentError("there are values that are not finite", where=where, hint=hint)
    return array


def _header(stream: Any) -> _Entry:
    version = npy.read_magic(stream)
    read = npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
    shape, _, dtype = read(stream)
    return _Entry(shape, dtype)
