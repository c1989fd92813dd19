"""Data from arrays in hand: numbers for each sample, and a number or a label to predict."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gdsim.errors import SpecError
from gdsim.objectives.data.classes import MAX_CLASSES
from gdsim.objectives.data.design import TYPED, Data
from gdsim.objectives.data.make import samples_of
from gdsim.session.make_data import Task

Array = NDArray[Any]

_WHERE = "dataset"
_ROWS = "Give a row of numbers for each sample, and as many targets"


def data_from_arrays(
    x: Any, y: Any, *, names: Sequence[str] | None = None, classes: Sequence[str] | None = None,
    predict_as: Task | None = None, share: float = 1.0, seed: int = 0, standardise: bool = False,
) -> Data:  # fmt: skip
    """The data in two arrays.

    Args:
        x: (samples,) or (samples, columns) numbers.
        y: (samples,) numbers, or labels: texts, or whole numbers where `classes` or `predict_as` says so.
        names: of the columns; x, or x1, x2, ... by default.
        classes: labels in the order of their numbers; by default the different texts of `y`, if it holds texts.
        predict_as: "classes" for whole numbers that are labels, "number" for what has to be numbers.

    Raises:
        SpecError: shapes that do not fit together, what is no number, values that are missing or not finite (says
            where the first one is), fewer than two samples, the same target for all of them.
    """
    table, target = _numbers(x), _targets(y)
    _refuse_gaps(table, ~np.isfinite(table), "x")
    table = table[:, None] if table.ndim == 1 else table
    if table.ndim != 2 or table.shape[1] < 1 or target.ndim != 1 or len(table) != len(target):
        what = f"x has the shape {np.shape(x)}, y {np.shape(y)}"
        raise SpecError(what, where=_WHERE, hint=_ROWS)
    if len(table) < 2:
        what = "there is one sample only" if len(table) else "there are no samples"
        raise SpecError(what, where=_WHERE, hint="Give two at least")
    labels, numbers = _labelled(target, classes, predict_as)
    if np.all(numbers == numbers[0]):
        if labels:
            what = f"all samples are of one class, {labels[int(numbers[0])]!r}"
            raise SpecError(what, where=f"{_WHERE}, y", hint="Give samples of two classes at least")
        what = f"y is {numbers[0]:g} for every sample: there is nothing to predict"
        raise SpecError(what, where=_WHERE, hint="Give targets that differ")
    count = table.shape[1]
    columns = tuple(names or (["x"] if count == 1 else [f"x{place}" for place in range(1, count + 1)]))
    if len(columns) != count:
        raise SpecError(f"{len(columns)} names for {count} columns", where=_WHERE)
    rows = tuple(tuple(row) for row in np.column_stack([table, numbers]).tolist())
    data = Data(
        TYPED, title="Your samples", seed=seed, share=share, inputs=columns, target="y", classes=labels,
        standardise=standardise, columns=(*columns, "y"), rows=rows,
    )  # fmt: skip
    samples_of(data)
    return data


def _numbers(values: Any) -> Array:
    """x as float64; SpecError where something in it is no real number."""
    try:
        found = np.asarray(values)
    except ValueError as error:
        what = "x is no table of numbers: its rows are of different lengths"
        raise SpecError(what, where=_WHERE, hint=_ROWS) from error
    said = str(found.dtype)
    if found.dtype.kind not in "cmM":
        try:
            return found.astype(np.float64)
        except (TypeError, ValueError):
            odd = next((value for value in found.ravel().tolist() if not _is_number(value)), None)
            said = repr(odd) if isinstance(odd, str) else type(odd).__name__
    raise SpecError(f"x is no table of numbers: it holds {said}", where=_WHERE, hint=_ROWS)


def _is_number(value: Any) -> bool:
    try:
        float(value)
    except (TypeError, ValueError):
        return False
    return True


def _targets(values: Any) -> Array:
    """y as float64, or as objects where there are texts; a single column is flattened.

    Raises:
        SpecError: it holds what is neither a number nor a text, or a gap.
    """
    found = values if isinstance(values, np.ndarray) else np.asarray(values, dtype=object)
    found = found.ravel() if found.ndim == 2 and found.shape[1] == 1 else found
    whole = found.astype(object)
    if found.dtype.kind in "OU":
        gap = np.array([value is None or value != value for value in whole.ravel()], dtype=np.bool_)
        _refuse_gaps(whole, gap.reshape(whole.shape), "y")
    strange = next((value for value in whole.ravel() if not isinstance(value, str | int | float | np.number)), None)
    if strange is not None or found.dtype.kind == "c":
        kind = type(strange).__name__ if strange is not None else "complex"
        raise SpecError(f"y holds {kind}, neither numbers nor texts", where=_WHERE, hint=_ROWS)
    if any(isinstance(value, str) for value in whole.ravel()):
        return np.asarray(whole)
    numbers = np.asarray(whole, dtype=np.float64)
    _refuse_gaps(numbers, ~np.isfinite(numbers), "y")
    return numbers


def _labelled(target: Array, classes: Sequence[str] | None, predict_as: Task | None) -> tuple[tuple[str, ...], Array]:
    """Labels (none for a number) and the targets (samples,) as numbers."""
    if target.dtype.kind == "f":
        if predict_as != "classes" or classes:
            return tuple(classes or ()), target
        broken = np.flatnonzero(target != np.floor(target))
        if broken.size:
            what = f"y[{broken[0]}] is {target[broken[0]]:g}, and a class is a whole number or a text"
            raise SpecError(what, where=_WHERE, hint="Predict it as a number, or give texts")
        different, places = np.unique(target, return_inverse=True)
        return _few(tuple(str(int(value)) for value in different)), places.astype(np.float64)
    if predict_as == "number":
        raise SpecError("y holds texts", where=_WHERE, hint="Give numbers, or predict it as classes")
    texts = [str(label) for label in target.tolist()]
    labels = _few(tuple(classes or sorted(set(texts))))
    places_of = {label: float(place) for place, label in enumerate(labels)}
    foreign = next((text for text in texts if text not in places_of), None)
    if foreign is not None:
        raise SpecError(f"{foreign!r} is no class", where=_WHERE, hint=f"There are {', '.join(labels)}")
    return labels, np.array([places_of[text] for text in texts])


def _few(labels: tuple[str, ...]) -> tuple[str, ...]:
    if len(labels) > MAX_CLASSES:
        what = f"y has {len(labels):,} different labels, the most is {MAX_CLASSES}"
        raise SpecError(what, where=_WHERE, hint="Give fewer classes, or numbers to be predicted as such")
    return labels


def _refuse_gaps(values: Array, bad: Array, name: str) -> None:
    """SpecError where `bad` marks a value: how many samples have one, and where the first is."""
    places = np.argwhere(bad)
    if len(places):
        count, first = len(np.unique(places[:, 0])), tuple(places[0].tolist())
        what = f"{count:,} of {len(values):,} samples have no finite value in {name}"
        said = f"{name}[{', '.join(map(str, first))}] is {values[first]}"
        raise SpecError(f"{what}: {said}", where=_WHERE, hint="Leave these samples out, or fill the gaps")
