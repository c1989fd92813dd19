"""Data from what a person writes: ``spiral,noise=0.2,size=300``, ``houses.csv``; all written out."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from gdsim import catalogue
from gdsim.catalogue.names import unknown
from gdsim.errors import SpecError
from gdsim.formula.number import split_point
from gdsim.objectives.data.design import Data
from gdsim.objectives.data.files import csv_data, resolved
from gdsim.objectives.data.make import samples_of
from gdsim.objectives.data.tables import default_data, table_of
from gdsim.session.make import parse_settings

Task = Literal["number", "classes"]

_FILES = (".csv", ".tsv", ".txt", ".dat")
_SETTINGS = ("noise", "size", "seed")


def data_for(
    dataset: str,
    *,
    inputs: str | Sequence[str] | None = None,
    column: str = "",
    predict_as: Task | None = None,
    share: float | None = None,
    standardise: bool | None = None,
    noise: float | None = None,
    size: int | None = None,
    seed: int | None = None,
) -> Data:
    """The data that a text means, checked: there are samples to learn from.

    Args:
        dataset: a set of the catalogue, with ``noise=``, ``size=``, ``seed=`` behind it if need be, or a file.
        inputs: formulas in the columns' names, parted by commas where they are one text; by default the set's own, of
            a file every column of numbers but the target.
        column: what is predicted, instead of the set's target (of a file: the last column that can be).
        predict_as: how the target is taken, where numbers could be classes.
        share: of the samples that are trained on. seed: of the samples and of the split.

    Raises:
        GdsimError: no such set or file, nothing to predict, an input that cannot be read, a number out of range.
    """
    name, settings = _parted(dataset)
    for key, value in (("noise", noise), ("size", size), ("seed", seed)):
        if value is not None:
            if key in settings:
                raise SpecError(f"{key} is given twice", where="dataset", hint="Give it once")
            settings[key] = float(value)
    if _is_file(name):
        data = csv_data(name, target=column, task=predict_as)
    else:
        data = default_data(name.strip())
        if column or predict_as is not None:
            data = resolved(table_of(data), data, column or data.target, predict_as)
    data = _with_settings(data, settings)
    if inputs is not None:
        data = data.replace(inputs=texts_of(inputs))
    if share is not None:
        if not 0.0 < share <= 1.0:
            raise SpecError(f"{share:g} of the samples to train on", where="share", hint="Use 0.1 to 1")
        data = data.replace(share=float(share))
    if standardise is not None:
        data = data.replace(standardise=standardise)
    samples_of(data)
    return data


def texts_of(inputs: str | Sequence[str]) -> tuple[str, ...]:
    """``x, y, x^2`` as texts; SpecError where one of them is empty."""
    texts = tuple(split_point(inputs)) if isinstance(inputs, str) else tuple(text.strip() for text in inputs)
    if not texts or not all(texts):
        raise SpecError("an input is empty", where="inputs", hint="Write them as in x, y, x^2, sin(x)")
    return texts


def _parted(text: str) -> tuple[str, dict[str, float]]:
    """The name and the settings behind it; a file's name may hold commas."""
    if not text.strip():
        raise SpecError("the dataset is empty", where="dataset", hint="See gdsim list datasets, or name a CSV file")
    if _is_file(text):
        return text, {}
    name, _, rest = text.partition(",")
    settings = parse_settings(rest, "dataset")
    for key in settings:
        if key not in _SETTINGS:
            raise unknown("setting", key, _SETTINGS, f"A dataset has {', '.join(_SETTINGS)}", where="dataset")
    return name, settings


def _is_file(name: str) -> bool:
    return name not in catalogue.datasets() and (Path(name).suffix.lower() in _FILES or Path(name).is_file())


def _with_settings(data: Data, settings: dict[str, float]) -> Data:
    for key in ("size", "seed"):
        if key in settings and settings[key] != int(settings[key]):
            raise SpecError(f"{settings[key]:g} is no whole number", where=f"dataset, {key}")
    entry = catalogue.datasets().get(data.name)
    if "noise" in settings:
        if entry is None or entry.file:
            what = f"{data.title or data.name} is a table: only generated sets have noise"
            raise SpecError(what, where="dataset, noise", hint="Leave the noise out")
        data = data.replace(noise=settings["noise"])
    if "size" in settings:
        if settings["size"] < 2:
            raise SpecError(f"{settings['size']:g} samples", where="dataset, size", hint="Use at least 2")
        data = data.replace(size=int(settings["size"]))
    return data.replace(seed=int(settings["seed"])) if "seed" in settings else data
