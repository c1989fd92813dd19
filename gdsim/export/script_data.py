"""The data of an exported training script: numbers to read while they are few, else packed, or read from their file."""

from __future__ import annotations

import base64
import textwrap
import zlib
from typing import TYPE_CHECKING, Any

import numpy as np

from gdsim.errors import ExportError
from gdsim.export.script_csv import csv_source
from gdsim.export.script_racers import safe

if TYPE_CHECKING:
    from gdsim.objectives.network.network import NetworkObjective
    from gdsim.session.spec import RunSpec

READABLE = 4_000
"""Numbers of an array up to which they are written out."""
MOST = 20_000_000
"""Numbers up to which they are packed into the script."""
_WIDTH = 110

PACKED = '''def packed(text, *shape):
    """An array of float64 from its compressed bytes."""
    raw = zlib.decompress(base64.b64decode(text))
    return np.frombuffer(raw, dtype="<f8").reshape(shape).copy()
'''


def data_source(spec: RunSpec, objective: NetworkObjective) -> str:
    """X, Y, CLASSES and the same for testing, as the model sees them."""
    samples, learn = objective.samples, spec.problem.learn
    assert learn is not None
    if learn.data.path:
        read = csv_source(learn.data, objective, (array_text(samples.shift), array_text(samples.scale)))
        if read is not None:
            return read if objective.n <= READABLE else f"{PACKED}\n\n{read}"
    total = sum(array.size for array in (samples.x, samples.x_test, objective.targets, objective.targets_test))
    if total > MOST:
        hint = "Take a part of the samples (--size)"
        raise ExportError(f"{total:,} numbers of data are too many for a script", where="data", hint=hint)
    target = f"{samples.target}, of {len(samples.classes)} classes" if samples.classes else samples.target
    note = " (standardised)" if learn.data.standardise else ""
    lines = [
        f"# {safe(learn.data.title or learn.data.name)}: inputs {safe(', '.join(samples.names[:12]))}{note},\n",
        f"# target {safe(target)}; a row for each input or output, a column for each sample\n",
        f"X = {array_text(samples.x)}\n",
        f"Y = {array_text(objective.targets)}\n",
        f"X_TEST = {array_text(samples.x_test)}\n",
        f"Y_TEST = {array_text(objective.targets_test)}\n",
    ]
    if samples.classes:
        lines.append(f"CLASSES = {array_text(samples.y)}\nCLASSES_TEST = {array_text(samples.y_test)}\n")
    else:
        lines.append("CLASSES = CLASSES_TEST = None\n")
    body = "".join(lines)
    return f"{PACKED}\n\n{body}" if "packed(" in body or objective.n > READABLE else body


def array_text(values: Any) -> str:
    """An array of one or two dimensions as an expression; the numbers read back exactly."""
    array = np.ascontiguousarray(values, dtype=np.float64)
    if array.size > READABLE:
        text = base64.b64encode(zlib.compress(array.astype("<f8").tobytes(), 9)).decode()
        lines = "\n".join(f'    "{text[k : k + _WIDTH]}"' for k in range(0, len(text), _WIDTH))
        return f"packed(\n{lines},\n    {', '.join(map(str, array.shape))}\n)"
    if array.size == 0:
        return f"np.empty({array.shape})"
    if array.ndim == 1:
        return f"np.array({_row(array.tolist(), 0)})"
    return "np.array([\n" + "".join(f"{_row(row, 4)},\n" for row in array.tolist()) + "])"


def _row(values: list[float], indent: int) -> str:
    text = f"[{', '.join(map(repr, values))}]"
    if len(text) <= _WIDTH:
        return " " * indent + text
    inner = textwrap.fill(
        text[1:-1], _WIDTH, initial_indent=" " * (indent + 4), subsequent_indent=" " * (indent + 4),
        break_long_words=False, break_on_hyphens=False,
    )  # fmt: skip
    return f"{' ' * indent}[\n{inner}\n{' ' * indent}]"
