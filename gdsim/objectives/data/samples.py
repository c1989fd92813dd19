"""Samples ready to be learnt from: arrays of inputs and targets, train and test."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from numpy.typing import NDArray

from gdsim.objectives.data.inputs import Input

Array = NDArray[Any]
Task = Literal["number", "classes"]


def steps_per_epoch(count: int, batch: int | Literal["full"]) -> int:
    """Steps in which `count` samples are seen once, `batch` at a time, the last batch perhaps smaller; at least 1."""
    return 1 if batch == "full" else max(1, -(-count // batch))


@dataclass(frozen=True, eq=False)
class Samples:
    """Inputs and targets as a network sees them. The arrays are shared: they are not to be written to.

    Attributes:
        x: (features, train) float64 inputs to train on, C order; x_test: (features, test), may have no columns.
        y: (train,) targets: numbers, or class numbers 0 ... k-1 as floats; y_test: (test,).
        names: of the features, as texts ("x", "x^2").
        task: "number" for regression, "classes" for classification.
        classes: labels of the classes, empty for regression.
        raw, raw_test: (columns, train) and (columns, test) the raw columns before input formulas and standardising, for
            pictures (x and y on the plane).
        columns: names of the raw columns.
        shift, scale: (features,) what standardising did: (value - shift)/scale; 0 and 1 where it did nothing.
        index, index_test: which sample (row of the whole set) each one is.
        target: name of the target column.
        inputs: how the features come from the raw columns; empty where they are the raw columns.
        notes: what was left out and why, in sentences for people.
    """

    x: Array
    y: Array
    x_test: Array
    y_test: Array
    names: tuple[str, ...]
    task: Task
    classes: tuple[str, ...]
    raw: Array
    raw_test: Array
    columns: tuple[str, ...]
    shift: Array
    scale: Array
    index: Array
    index_test: Array
    target: str = "y"
    inputs: tuple[Input, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def features(self) -> int:
        """Inputs per sample."""
        return int(self.x.shape[0])

    @property
    def count(self) -> int:
        """Samples to train on."""
        return int(self.x.shape[1])

    @property
    def count_test(self) -> int:
        """Samples to test on."""
        return int(self.x_test.shape[1])
