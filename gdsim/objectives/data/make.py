"""Samples from data: the table, its input formulas and target, points added and removed, standardising, the split."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import numpy as np

from gdsim.errors import SpecError
from gdsim.objectives.data.classes import MAX_CLASSES, class_numbers, refuse_free_text
from gdsim.objectives.data.design import CSV, TYPED, Data
from gdsim.objectives.data.inputs import Input, read_inputs, symbols
from gdsim.objectives.data.left_out import no_inputs, target_note, text_note
from gdsim.objectives.data.reading import Cancel, Progress
from gdsim.objectives.data.samples import Array, Samples
from gdsim.objectives.data.split import chosen, train_mask
from gdsim.objectives.data.table import Column, Table
from gdsim.objectives.data.tables import own_values, table_of


def samples_of(
    data: Data, base: Path | None = None, *, cancel: Cancel | None = None, progress: Progress | None = None
) -> Samples:
    """The samples that `data` describes; the same object for the same question.

    Rows with a gap in a column that is used are left out, and said so in `notes`.

    Args:
        base: the document's folder, where `data` names a file.
        progress: gets (bytes read, bytes in all) of a file.

    Raises:
        CatalogueError: there is no such set. FormulaError: an input that cannot be read. Cancelled: `cancel` was set.
        SpecError: see `table_of`; an input that is no column or has no finite value, a target with nothing to predict
            (one class, the same number everywhere), no sample left, a share or index out of range.
    """
    if not 0 <= data.share <= 1:
        raise SpecError(f"{data.share:g} is out of range", where="share", hint="Use a share from 0 to 1")
    if not 0 <= data.seed < 2**63:
        raise SpecError(f"{data.seed} is out of range", where="seed", hint="Use a whole number from 0")
    if data.size < 0 or any(index < 0 for index in data.removed):
        raise SpecError("a number of samples, or of a sample, is negative", where="data", hint="They count from 0")
    return _samples(data, table_of(data, base, cancel, progress))


def features_of(samples: Samples, raw: Array) -> Array:
    """The features (features, m) that a model sees of raw columns (columns, m), standardised as the samples are.

    NaN or infinite where an input formula has no value.
    """
    features = _evaluated(samples.inputs, raw) if samples.inputs else np.asarray(raw, dtype=np.float64)
    with np.errstate(all="ignore"):
        return np.ascontiguousarray((features - samples.shift[:, None]) / samples.scale[:, None])


def on_plane(samples: Samples, u: Array, v: Array, first: int = 0, second: int = 1) -> Array:
    """Raw columns (columns, m) of points on the plane of two of them, the others at their mean over training samples.

    Args:
        u, v: (m,) values of the columns numbered `first` and `second`; `v` is not looked at where there is one column.
    """
    with np.errstate(all="ignore"):
        present = np.isfinite(samples.raw)
        total = np.where(present, samples.raw, 0.0).sum(axis=1)
        means = total / np.maximum(present.sum(axis=1), 1)
    raw = np.repeat(means[:, None], np.size(u), axis=1)
    raw[first] = u
    if len(raw) > 1:
        raw[second] = v
    return raw


@lru_cache(maxsize=4)
def _samples(data: Data, table: Table) -> Samples:
    target = table.column(data.target or table.names[-1])
    classes = data.classes or _all_classes(target, table.origin)
    given = table.rows
    table = _with_points(data, table, target, classes)
    target = table.column(target.name)
    y = class_numbers(target, classes, table.origin) if classes else np.where(target.present, target.values, np.nan)
    texts, columns, names, raw = _raw_columns(data, table, target)
    inputs = read_inputs(texts, columns, names)
    kept, notes = _kept(data, table, target, classes, y, inputs, columns, raw, given)
    y, raw = y[kept], raw[:, kept]
    _check_target(data, table, target, classes, y)
    gone = [repr(label) for number, label in enumerate(classes) if not np.any(y == number)]
    if gone:
        notes.append(f"No sample is of the class {', '.join(gone)}")
    if data.name == CSV:
        notes += _unseen(data, table, target, texts)
    features = _evaluated(inputs, raw)
    _check_features(inputs, features, kept, raw)
    train = train_mask(kept, y if classes else np.zeros(y.size), data.share, data.seed)
    shift, scale = np.zeros(len(inputs)), np.ones(len(inputs))
    if data.standardise:
        shift, scale = _moments(inputs, features[:, train], notes)
    features = (features - shift[:, None]) / scale[:, None]
    return Samples(
        x=np.ascontiguousarray(features[:, train]),
        y=y[train],
        x_test=np.ascontiguousarray(features[:, ~train]),
        y_test=y[~train],
        names=texts,
        task="classes" if classes else "number",
        classes=classes,
        raw=np.ascontiguousarray(raw[:, train]),
        raw_test=np.ascontiguousarray(raw[:, ~train]),
        columns=columns,
        shift=shift,
        scale=scale,
        index=kept[train],
        index_test=kept[~train],
        target=target.name,
        inputs=inputs,
        notes=(*table.notes, *notes),
    )


def _unseen(data: Data, table: Table, target: Column, texts: tuple[str, ...]) -> list[str]:
    """What is said of columns of text, unless the inputs are a choice: not all of the columns of numbers."""
    chosen = any(one.kind == "number" and one.name not in (*texts, target.name) for one in table.columns)
    said = [target_note(target) if data.classes else "", "" if chosen else text_note(table, target.name, data.inputs)]
    return [note for note in said if note]


def _all_classes(target: Column, origin: str) -> tuple[str, ...]:
    """Every text of a target; () for a target of numbers."""
    if target.kind == "number":
        return ()
    refuse_free_text(target, origin)
    return target.labels


def _with_points(data: Data, table: Table, target: Column, classes: tuple[str, ...]) -> Table:
    """The table with the points that were added to it, their classes written as the column writes them."""
    if not data.rows or data.name == TYPED:
        return table
    for name in data.columns:
        table.column(name)
    if not data.columns or data.columns[-1] != target.name:
        raise SpecError(f"added points have to end with the target {target.name!r}", where="columns")
    values = own_values(data.columns, data.rows, classes)
    if classes:
        known = target.labels if target.kind == "text" else ()
        written = [float(known.index(label)) if label in known else np.nan for label in classes]
        if target.kind == "number":
            written = [float(label) for label in classes]
        values[target.name] = np.array(written)[values[target.name].astype(np.int64)]
    return table.extended(values, len(data.rows))


def _raw_columns(
    data: Data, table: Table, target: Column
) -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...], Array]:
    """Texts of the inputs; names, symbols and values (columns, rows) of the raw columns.

    Raw are all columns of numbers but the target, and a column of 0 and 1 for each label of a text column that is an
    input: `island` becomes `island = Biscoe`, `island = Dream`, ...
    """
    if target.name in data.inputs:
        what = f"the target {target.name!r} cannot be an input as well"
        raise SpecError(what, where="inputs", hint="Choose another target, or leave the input out")
    others = [
        (column, symbol) for column, symbol in zip(table.columns, symbols(table.names), strict=True)
        if column.name != target.name
    ]  # fmt: skip
    numeric = [(column.name, symbol, column.values) for column, symbol in others if column.kind == "number"]
    texts = list(data.inputs) or [name for name, _, _ in numeric]
    if not texts:
        raise no_inputs(table, target)
    for column, _ in others:
        if column.kind == "text" and column.name in texts:
            refuse_free_text(column, table.origin)
            place = texts.index(column.name)
            marks = [
                (f"{column.name} = {label}", "", np.where(column.present, column.values == code, np.nan))
                for code, label in enumerate(column.labels)
            ]
            texts[place : place + 1] = [name for name, _, _ in marks]
            numeric += marks
    raw = np.array([values for _, _, values in numeric], dtype=np.float64).reshape(len(numeric), table.rows)
    return tuple(texts), tuple(name for name, _, _ in numeric), tuple(symbol for _, symbol, _ in numeric), raw


def _kept(
    data: Data,
    table: Table,
    target: Column,
    classes: tuple[str, ...],
    y: Array,
    inputs: tuple[Input, ...],
    columns: tuple[str, ...],
    raw: Array,
    given: int,
) -> tuple[Array, list[str]]:
    """Indices of the rows that are learnt from, and what there is to say of the others."""
    index = np.arange(table.rows)
    wanted = np.ones(table.rows, dtype=np.bool_)
    wanted[[number for number in set(data.removed) if number < table.rows]] = False
    foreign = np.isnan(y) & target.present if classes else np.zeros(table.rows, dtype=np.bool_)
    complete = np.isfinite(y)
    used = sorted({number for one in inputs for _, number in one.uses})
    gaps = {columns[number]: ~np.isfinite(raw[number]) for number in used}
    gaps[target.name] = ~target.present
    for gap in gaps.values():
        complete &= ~gap
    if 0 < data.size < given and data.name != TYPED:
        whole = index[:given][(complete & wanted)[:given]]
        wanted[whole[~chosen(whole, data.size, data.seed)]] = False
    notes = []
    missing = wanted & ~complete & ~foreign
    if np.any(missing):
        names = [name for name, gap in gaps.items() if np.any(gap & missing)]
        where = ", ".join(names[:4]) + (", ..." if len(names) > 4 else "")
        count = np.count_nonzero(missing)
        notes.append(f"{count:,} of {table.rows:,} rows are left out: a value is missing in {where}")
    if np.any(wanted & foreign):
        count = np.count_nonzero(wanted & foreign)
        notes.append(f"{count:,} of {table.rows:,} rows are left out: of no class that is looked at")
    kept = index[wanted & complete]
    if kept.size:
        return kept, notes
    if np.any(missing):
        worst = max(gaps, key=lambda name: np.count_nonzero(gaps[name]))
        hint = f"{np.count_nonzero(gaps[worst]):,} values are missing in {worst!r}: choose other inputs"
        raise SpecError("no row has a value in every column that is used", where=table.origin, hint=hint)
    raise SpecError("there are no samples", where=table.origin, hint="Add points, or take some back that were removed")


def _check_target(data: Data, table: Table, target: Column, classes: tuple[str, ...], y: Array) -> None:
    """SpecError where there is nothing to predict; points that are drawn by hand may come to it later."""
    if len(classes) > MAX_CLASSES:
        what = f"there are {len(classes)} classes, the most is {MAX_CLASSES}"
        raise SpecError(what, where=table.origin, hint="Choose some of them")
    drawn = data.name == TYPED
    if classes and (len(classes) < 2 or (not drawn and np.all(y == y[0]))):
        what = f"all samples are of one class, {classes[int(y[0])]!r}"
        raise SpecError(what, where=table.origin, hint=f"Choose another target than {target.name!r}, or more classes")
    if not classes and not drawn and np.all(y == y[0]):
        what = f"the target {target.name!r} is {y[0]:g} in every row: there is nothing to predict"
        raise SpecError(what, where=table.origin, hint="Choose another target")


def _evaluated(inputs: tuple[Input, ...], raw: Array) -> Array:
    features = np.empty((len(inputs), raw.shape[1]))
    for row, one in zip(features, inputs, strict=True):
        row[:] = one.evaluate(raw)
    return features


def _check_features(inputs: tuple[Input, ...], features: Array, kept: Array, raw: Array) -> None:
    for one, row in zip(inputs, features, strict=True):
        bad = np.flatnonzero(~np.isfinite(row))
        if bad.size:
            at = ", ".join(f"{symbol} = {raw[number, bad[0]]:g}" for symbol, number in one.uses)
            raise SpecError(
                f"it has no finite value for {bad.size:,} of {kept.size:,} samples, such as at {at}",
                where=f"input {one.text!r}",
                hint="Change the formula so that it has one everywhere",
            )


def _moments(inputs: tuple[Input, ...], features: Array, notes: list[str]) -> tuple[Array, Array]:
    """Mean and deviation of each feature over the training samples; 1 for the deviation of a constant one."""
    with np.errstate(over="ignore", invalid="ignore"):
        shift, scale = features.mean(axis=1), features.std(axis=1)
    constant: list[str] = []
    for place, one in enumerate(inputs):
        row = features[place]
        if row.min() == row.max():
            shift[place], scale[place] = row[0], 1.0
            constant.append(repr(one.text))
        elif not (np.isfinite(shift[place]) and 0 < scale[place] < np.inf):
            what = "its values are too large or too close together to be standardised"
            raise SpecError(what, where=f"input {one.text!r}", hint="Scale the column, or do not standardise")
    if constant:
        names = f"input {constant[0]} is" if len(constant) == 1 else f"inputs {', '.join(constant)} are"
        notes.append(f"The {names} the same in all training samples, so that nothing follows from it")
    return shift, scale
