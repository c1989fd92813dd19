"""What a trained model says, as the large part of a run's picture: over the plane of two columns, or along one."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRectF
from PySide6.QtGui import QPainter

from gdsim.draw.boundary import Boundary, prepare_classes, prepare_number, prepare_signed, scores_of
from gdsim.draw.boundary_view import paint_boundary_view
from gdsim.draw.data_points import DataPoints
from gdsim.draw.fit import FitCurve, FitPicture, fit_ranges, paint_fit_view
from gdsim.draw.theme import Theme
from gdsim.objectives.data.make import features_of, on_plane
from gdsim.objectives.network.targets import decided, meaning

Array = NDArray[np.float64]

_SIDE = 192
_POINTS = 481
_MARGIN = 0.1
_RACERS = 12


def has_hero(objective: Any) -> bool:
    """Whether the model is one of two columns, or predicts a number from one."""
    columns = len(objective.samples.columns)
    return columns == 2 or (columns == 1 and not objective.samples.classes)


def paint_hero(
    painter: QPainter, history: Any, step: int, racer: int, shown: list[int], box: QRectF, theme: Theme
) -> None:
    """The model of `racer` at `step` over its data in `box`; along one column all racers in `shown` have a curve."""
    samples = history.objective.samples
    if len(samples.columns) == 1:
        picture = _fit(history, step, racer, shown[:_RACERS])
        paint_fit_view(painter, box, picture, theme, title=f"The fit of {history.labels[racer]}")
        return
    aspect = (box.width() - theme.px(60)) / max(box.height() - theme.px(110), 1.0)
    ground, data = _plane(history, step, racer, aspect)
    names = (samples.columns[0], samples.columns[1])
    note = "samples that it gets wrong are ringed" if samples.classes else f"{samples.target} by colour"
    title = f"What {history.labels[racer]} says"
    paint_boundary_view(painter, box, ground, data, names, theme, title, note)


def _outputs(history: Any, racer: int, step: int, features: Array) -> Array:
    theta, buffers = history.weights(racer, step)
    return np.asarray(history.backend.outputs(history.objective, theta, buffers, features), dtype=np.float64)


def _plane(history: Any, step: int, racer: int, aspect: float) -> tuple[Boundary, DataPoints]:
    """What the model says, and the samples; where columns have one scale, the plane has the box' shape, `aspect`."""
    objective = history.objective
    samples, loss, classes = objective.samples, objective.model.loss, objective.samples.classes
    raw = np.concatenate([samples.raw, samples.raw_test], axis=1)
    x, y = (_range(row) for row in raw[:2])
    if 0.5 < (x[1] - x[0]) / (y[1] - y[0]) < 2.0:
        x, y = _widened(x, aspect * (y[1] - y[0])), _widened(y, (x[1] - x[0]) / aspect)
    grid = on_plane(samples, np.tile(np.linspace(*x, _SIDE), _SIDE), np.repeat(np.linspace(*y, _SIDE), _SIDE))
    outputs = _outputs(history, racer, step, features_of(samples, grid))
    with np.errstate(all="ignore"):
        said = np.asarray(meaning(loss, outputs)).reshape(-1, _SIDE, _SIDE)
    target = np.concatenate([samples.y, samples.y_test])
    test = np.arange(len(target)) >= samples.count
    if not classes:
        low, high = float(target.min()), float(target.max())
        data = DataPoints(raw[:2].T, target, test, low=low, high=high)
        return prepare_number(said[0], x, y, low, high), data
    features = np.concatenate([samples.x, samples.x_test], axis=1)
    predicted = decided(loss, _outputs(history, racer, step, features), len(classes))
    data = DataPoints(raw[:2].T, target, test, np.asarray(predicted, dtype=np.float64), classes)
    if loss.targets != "one_hot":
        middle, reach = (0.0, 1.0) if loss.targets == "plus_minus" else (0.5, 0.5)
        return prepare_signed(said[0], x, y, classes, middle, reach), data
    if loss.formula:  # outputs that are no shares of one whole
        labels = np.asarray(decided(loss, outputs, len(classes))).reshape(_SIDE, _SIDE)
        said = scores_of(labels, np.ones(labels.shape), len(classes))
    return prepare_classes(said, x, y, classes), data


def _fit(history: Any, step: int, racer: int, shown: list[int]) -> FitPicture:
    objective = history.objective
    samples = objective.samples
    x = np.concatenate([samples.raw[0], samples.raw_test[0]])
    y = np.concatenate([samples.y, samples.y_test])
    along = np.linspace(*fit_ranges(x, y)[0], _POINTS)
    features = features_of(samples, along[None, :])
    curves = tuple(
        FitCurve(k, along, meaning(objective.model.loss, _outputs(history, k, step, features))[0], history.labels[k])
        for k in shown
    )
    whole = np.concatenate([samples.x, samples.x_test], axis=1)
    predicted = meaning(objective.model.loss, _outputs(history, racer, step, whole))[0]
    test = np.arange(len(y)) >= samples.count
    return FitPicture(x, y, test, curves, predicted, racer, (samples.columns[0], samples.target))


def _range(values: Array) -> tuple[float, float]:
    low, high = float(np.nanmin(values)), float(np.nanmax(values))
    pad = _MARGIN * ((high - low) or 2.0)
    return low - pad, high + pad


def _widened(interval: tuple[float, float], length: float) -> tuple[float, float]:
    """The interval about the same middle, `length` long if it is shorter than that."""
    more = max(0.0, length - (interval[1] - interval[0])) / 2
    return interval[0] - more, interval[1] + more
