"""`.gdsim` files: a RunSpec as TOML, and nothing else. Nothing in a file is ever executed.

Data of the user's own lie in the document, up to 1 MB; a larger CSV is named by its path, relative to the document, and
by its SHA-256. In memory the path is absolute.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import tomli_w

from gdsim.errors import DocumentError, ExportError, GdsimError
from gdsim.objectives.data.files import file_table, rebased
from gdsim.session.atomic import write_text
from gdsim.session.resolve import check_texts
from gdsim.session.spec import FORMAT, RunSpec

SUFFIX = ".gdsim"
MAX_BYTES = 2_000_000

_KINDS = {
    "float": "a number",
    "int": "a whole number",
    "str": "a text in quotes",
    "bool": "true or false",
    "array": "a list in [ ]",
    "object": "a table",
}


def to_toml(spec: RunSpec) -> str:
    """The spec as TOML; `from_toml` gives an equal spec back, every float to the last bit."""
    plain = _plain(msgspec.structs.asdict(spec))
    ordered = {"format": plain.pop("format"), **plain}
    text: str = tomli_w.dumps(ordered)
    return text


def _plain(value: Any) -> Any:
    if isinstance(value, msgspec.Struct):
        config = value.__struct_config__
        tag = {} if config.tag_field is None else {config.tag_field: config.tag}
        value = {**tag, **msgspec.structs.asdict(value)}
    if isinstance(value, dict):
        return {name: _plain(part) for name, part in value.items() if part is not None}
    if isinstance(value, tuple | list):
        return [_plain(part) for part in value]
    if isinstance(value, float):  # NumPy's float64 is one too, and would not be written as a plain number
        return float(value)
    return value


def from_toml(text: str, where: str = "document", base: Path | None = None) -> RunSpec:
    """The spec that a document's text describes, checked in full: sizes, numbers, formula and rules, data.

    Args:
        base: the document's folder, to which the path of a data file is relative.

    Raises:
        DocumentError: not TOML, not a gdsim document, written by a later version, too large, unknown or mistyped
            fields, values that do not fit together, texts that are no formulas, a data file that is not there or no
            longer holds what it held. `where` names the file.
    """
    if len(text) > MAX_BYTES:
        raise _too_large(where)
    try:
        content = tomllib.loads(text)
    except RecursionError:
        raise DocumentError("is nested too deeply to be a gdsim file", where=where) from None
    except ValueError as error:
        raise DocumentError(
            f"is not a readable gdsim file: {_lower_first(str(error))}",
            where=where,
            hint="Correct that line, or save the run again from gdsim",
        ) from error
    _check_format(content, where)
    try:
        spec = msgspec.convert(content, RunSpec)
    except msgspec.ValidationError as error:
        raise _mistyped(str(error), where) from error
    _checked(spec.check, where)
    placed = spec if base is None else moved(spec, base, None)
    learn = placed.problem.learn
    if learn is not None and learn.data.path:
        _checked(lambda: file_table(learn.data), where)
    _checked(lambda: check_texts(placed), where)
    return placed


def _checked(check: Callable[[], object], where: str) -> None:
    try:
        check()
    except GdsimError as error:
        place = where if error.where is None else f"{where}, {error.where}"
        raise DocumentError(error.what, where=place, hint=error.hint, column=error.column) from error


def _check_format(content: dict[str, Any], where: str) -> None:
    number = content.get("format")
    if number is None:
        raise DocumentError(
            "has no format number, so it is not a gdsim file", where=where, hint="Choose a file that gdsim has saved"
        )
    if not isinstance(number, int) or isinstance(number, bool) or number < 1:
        words = f"format = {number!r} is not a version number"
        raise DocumentError(words, where=where, hint=f"Write format = {FORMAT}")
    if number > FORMAT:
        raise DocumentError(
            f"was saved by a later gdsim (format {number}; this one reads up to {FORMAT})",
            where=where,
            hint="Update gdsim to open it",
        )


def _mistyped(message: str, where: str) -> DocumentError:
    """msgspec's message in words; its place ``$.racers[0].clip`` becomes ``racers[0].clip``."""
    words, _, path = message.partition(" - at ")
    place = path.strip("`").removeprefix("$").removeprefix(".")
    hint = None
    if found := re.fullmatch(r"Expected `(.+)`, got `(.+)`", words):
        wanted = " or ".join(_KINDS.get(kind, kind) for kind in found[1].split(" | ") if kind != "null")
        words = f"{wanted} is wanted here, not {_KINDS.get(found[2], found[2])}"
    elif found := re.fullmatch(r"Object contains unknown field `(.*)`", words):
        words = f"the field {found[1]!r} is not known"
        hint = "Check its spelling or remove it"
    elif found := re.fullmatch(r"Object missing required field `(.*)`", words):
        words = f"the field {found[1]!r} is missing"
        hint = "Add it, or save the run again from gdsim"
    return DocumentError(_lower_first(words), where=f"{where}, {place}" if place else where, hint=hint)


def _lower_first(words: str) -> str:
    return words[:1].lower() + words[1:]


def _too_large(where: str) -> DocumentError:
    limit = f"{MAX_BYTES / 1e6:g} MB"
    return DocumentError(f"is larger than {limit}, so it is not a gdsim file", where=where)


def load(path: str | Path) -> RunSpec:
    """The spec in a `.gdsim` file; DocumentError says what is wrong with it, where, and what to do."""
    file = Path(path)
    where = str(path)
    try:
        if not file.exists():
            raise DocumentError("there is no such file", where=where, hint="Check the name and the folder")
        if not file.is_file():
            raise DocumentError("is not a file", where=where)
        with file.open("rb") as stream:
            data = stream.read(MAX_BYTES + 1)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise DocumentError(f"cannot be read ({reason})", where=where) from error
    if len(data) > MAX_BYTES:
        raise _too_large(where)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise DocumentError("is not text, so it is not a gdsim file", where=where) from error
    return from_toml(text, where, file.resolve().parent)


def save(spec: RunSpec, path: str | Path) -> None:
    """Write the spec to `path` atomically; ExportError if it cannot be written, or would be too large to be read."""
    file = Path(path)
    text = to_toml(moved(spec, None, file.resolve().parent))
    size = len(text.encode("utf-8"))
    if size > MAX_BYTES:
        many = len(spec.start) > 1000 and not (spec.problem.learn and spec.problem.learn.data.rows)
        hint = "Begin from an initialisation instead" if many else "Save the samples as a CSV file, and learn from that"
        what = f"the run takes {size / 1e6:.1f} MB, a document holds {MAX_BYTES / 1e6:g} MB"
        raise ExportError(what, where=str(path), hint=hint)
    write_text(file, text)


def moved(spec: RunSpec, old: Path | None, new: Path | None) -> RunSpec:
    """The spec for a document in folder `new` that was in `old`; None: the data's path is absolute."""
    learn = spec.problem.learn
    if learn is None or not learn.data.path:
        return spec
    data = rebased(learn.data, old, new)
    return spec.replace(problem=spec.problem.replace(learn=learn.replace(data=data)))
