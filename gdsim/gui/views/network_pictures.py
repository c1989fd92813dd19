"""From what the engine made of a model to what the network's view paints. Pure functions of plain values."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gdsim.draw.data_points import DataPoints
from gdsim.draw.fit import FitCurve, fit_ranges
from gdsim.draw.network_diagram import NetworkPicture
from gdsim.gui.learn.boundary import FitPart, target_range
from gdsim.gui.learn.picture import LearnPicture
from gdsim.gui.views.fit_canvas import FitScene
from gdsim.gui.views.sample_canvas import Places
from gdsim.objectives.data.samples import Samples
from gdsim.objectives.network.architecture import Architecture
from gdsim.objectives.network.design import Model
from gdsim.objectives.network.passes import part
from gdsim.objectives.network.targets import meaning, scale_of
from gdsim.session.learning import architecture_of
from gdsim.session.spec import Learning

Array = NDArray[Any]


@lru_cache(maxsize=8)
def layers_of(learn: Learning) -> Architecture:
    """The layers of a model on data; the same object for the same question."""
    return architecture_of(learn)


def notes_of(model: Model) -> tuple[str, ...]:
    """Small print over each layer and the outputs."""
    found = []
    for layer in model.layers:
        parts = [] if layer.norm == "none" else [f"{layer.norm} norm"]
        parts += ["residual"] if layer.residual else []
        parts += [f"dropout {layer.dropout:g}"] if layer.dropout else []
        found.append(" · ".join(parts))
    return (*found, "")


def output_names(learn: Learning, samples: Samples, outputs: int) -> tuple[str, ...]:
    """What stands beside the outputs: the classes; of one output the second class, or the target. Their spaces are such
    that no formula has, for names are set as formulas are."""
    if outputs > 1:
        return tuple(name.replace(" ", "\u00a0") for name in samples.classes)
    return ((samples.classes[1] if len(samples.classes) == 2 else samples.target).replace(" ", "\u00a0"),)


def network_picture(learn: Learning, samples: Samples, picture: LearnPicture | None) -> NetworkPicture:
    """The numbers of a network; nothing but its shape where `picture` is of another one."""
    net = layers_of(learn)
    activations = (*(layer.activation.name for layer in learn.model.layers), learn.model.output.name)
    names, outputs = samples.names, output_names(learn, samples, net.outputs)
    words = {"names": names, "outputs": outputs, "activations": activations, "notes": notes_of(learn.model)}
    if picture is None or picture.objective.net.sizes != net.sizes or len(picture.theta) != net.size:
        weights = tuple(np.zeros((layer.outputs, layer.inputs)) for layer in net.layers)
        return NetworkPicture(weights, **words)
    theta, gradient = picture.theta, picture.parts.get("gradient")
    units, curves = picture.parts.get("units"), picture.parts.get("unit_curves")
    maps = units.layers if units is not None else ()
    if curves is not None:
        maps = tuple(values[:, None, :] for values in curves.layers)
    gradients = () if gradient is None else tuple(part(gradient, layer.weights) for layer in net.layers)
    return NetworkPicture(
        weights=tuple(part(theta, layer.weights) for layer in net.layers),
        biases=tuple(part(theta, layer.bias) for layer in net.layers),
        maps=tuple(maps),
        gradients=gradients,
        **words,
    )


def decided_of(samples: Samples, picture: LearnPicture | None) -> Array | None:
    """What the model makes of all samples, train then test: classes, or numbers; None where it is of other samples."""
    if picture is None or picture.objective.samples is not samples:
        return None
    found = picture.parts.get("samples")
    if found is None:
        return None
    if found.decided is not None and found.decided_test is not None:
        return np.concatenate([found.decided, found.decided_test]).astype(np.float64)
    said = np.concatenate([found.train, found.test], axis=1)
    with np.errstate(all="ignore"):
        return np.asarray(meaning(picture.objective.model.loss, said))[0]


def plane_points(
    samples: Samples, columns: tuple[int, int], picture: LearnPicture | None, only_wrong: bool = False
) -> tuple[DataPoints, Places]:
    """All samples on the plane of two columns; `only_wrong`: those whose class is wrong."""
    raw = np.concatenate([samples.raw, samples.raw_test], axis=1)[list(columns)].T
    return points_at(samples, raw, decided_of(samples, picture), only_wrong)


def points_at(
    samples: Samples, places: Array, decided: Array | None, only_wrong: bool = False
) -> tuple[DataPoints, Places]:
    """All samples, train then test, at places (m, 2)."""
    target = np.concatenate([samples.y, samples.y_test])
    held = np.arange(len(target)) >= samples.count
    numbers = np.concatenate([samples.index, samples.index_test])
    low, high = target_range(samples)
    data = DataPoints(places, target, held, decided, samples.classes, low, high)
    if only_wrong and samples.classes and decided is not None:
        kept = data.wrong
        data = DataPoints(places[kept], target[kept], held[kept], decided[kept], samples.classes, low, high)
        numbers, held = numbers[kept], held[kept]
    return data, Places(numbers, data.points, held)


def class_heights(model: Model) -> tuple[float, float, float]:
    """Where two classes stand along the axis of what one output means, and where they part: (first, second, level)."""
    middle, reach = scale_of(model.loss)
    return middle - reach, middle + reach, middle


BELOW = -0.07
"""Where samples of several classes stand, under the curves of their shares."""


def fit_scene(
    learn: Learning, samples: Samples, picture: LearnPicture | None, labels: tuple[str, ...], focus: int
) -> tuple[FitScene | None, Places]:
    """A model of one column: its curve among the samples, or one unit's over the column."""
    found: FitPart | None = picture.parts.get("fit") if picture is not None else None
    raw = np.concatenate([samples.raw[0], samples.raw_test[0]])
    target = np.concatenate([samples.y, samples.y_test])
    classes = len(samples.classes)
    names = (samples.columns[0], samples.target)
    if found is not None and found.unit is not None and found.values is not None:
        _, heights = fit_ranges(found.x, found.values)
        curve = FitCurve(focus, found.x, found.values, labels[focus])
        ends = (float(found.x[0]), float(found.x[-1]))
        return FitScene(ends, heights, (samples.columns[0], "a"), (curve,), focus=focus), Places()
    decided = decided_of(samples, picture)
    curves = () if found is None else tuple(
        FitCurve(racer, found.x, said[0], labels[racer]) for racer, said in found.curves if racer < len(labels)
    )  # fmt: skip
    if not classes:
        data, places = points_at(samples, np.stack([raw, target], axis=1), None)
        x, y = fit_ranges(raw, target)
        return FitScene(x, y, names, curves, data, True, decided, focus=focus), places
    if classes > 2 or learn.model.loss.targets == "one_hot":
        data, places = points_at(samples, np.stack([raw, np.full(len(raw), BELOW)], axis=1), decided)
        own = [] if found is None else [said for racer, said in found.curves if racer == focus]
        curves = () if found is None else tuple(
            FitCurve(k, found.x, each, samples.classes[k]) for said in own for k, each in enumerate(said)
        )  # fmt: skip
        x, _ = fit_ranges(raw, target)
        return FitScene(x, (2 * BELOW, 1.06), (names[0], "share"), curves, data, False, focus=-1), places
    first, second, level = class_heights(learn.model)
    data, places = points_at(samples, np.stack([raw, np.where(target > 0, second, first)], axis=1), decided)
    x, y = fit_ranges(raw, np.array([first, second]))
    return FitScene(x, y, (names[0], "output"), curves, data, False, None, level, focus), places
