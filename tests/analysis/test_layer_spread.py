"""Layers' numbers against the objective's own gradient; dead and saturated units against counting by hand."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from gdsim.analysis.layer_spread import dead_in, dead_units, layer_spread, remarks
from gdsim.gui.learn.part_histograms import histograms
from gdsim.objectives.network.initial import initial_theta
from gdsim.session.make_training import training_spec
from gdsim.session.resolve import objective_of


def network(model="mlp:6,4", **more):
    objective = objective_of(training_spec("spiral,size=90", model, steps=1, backend="numpy", **more))
    return objective, initial_theta(objective.net, objective.model.init)


@pytest.mark.parametrize("more", [{}, {"l1": 0.01, "l2": 0.1}, {"norm": "layer"}, {"activation": "relu"}])
def test_the_gradient_is_the_objectives(more):
    objective, theta = network(**more)
    found, seen = layer_spread(objective, theta)
    expected = np.asarray(objective.batch_gradient(theta)[1])
    for layer, own in zip(objective.net.layers, found, strict=True):
        block = layer.weights
        assert own.gradient == pytest.approx(expected[block.place].reshape(block.shape), rel=1e-12, abs=1e-15)
        assert np.array_equal(own.weights.ravel(), theta[block.place])
    assert np.array_equal(found[-1].activations, seen[-1].outputs)
    assert found[0].activations.shape == (6, objective.samples.count)
    few = layer_spread(objective, theta, stride=4)[0][0].activations
    assert np.array_equal(few, found[0].activations[:, ::4])


def with_dead(objective, theta, layer, units):
    """The weights with `units` of a hidden layer's biases so low that they are 0 for every sample."""
    theta = theta.copy()
    block = next(block for block in objective.net.blocks if block.name == f"b{layer}")
    theta[block.place][list(units)] = -1e3
    return theta


@pytest.mark.parametrize(("layer", "units"), [(1, (0, 3)), (2, (1,)), (2, (0, 1, 2, 3)), (1, ())])
def test_both_ways_count_the_same_dead_units(layer, units):
    objective, theta = network(activation="relu")
    before = {number: count for number, count, _ in dead_units(objective, theta, np.zeros(0))}
    theta = with_dead(objective, theta, layer, units)
    found = dead_units(objective, theta, np.zeros(0))
    assert found == dead_in(layer_spread(objective, theta)[1])
    mine = {number: count for number, count, _ in found}
    if units:
        assert mine[layer] >= len(units)
        of = {number: total for number, _, total in found}[layer]
        which = f"all {of} units" if mine[layer] == of else f"{mine[layer]} of {of} units"
        assert any(words.startswith(f"Layer {layer}: {which}") for words in remarks(layer_spread(objective, theta)[1]))
    else:
        assert mine == before


def test_the_window_says_what_the_analysis_says():
    objective, theta = network(activation="relu")
    theta = with_dead(objective, theta, 1, (0, 1))
    part = histograms(SimpleNamespace(objective=objective, theta=theta))
    assert part.words == remarks(layer_spread(objective, theta)[1])
    assert part.samples == part.of == objective.samples.count


def test_saturated_units_are_told():
    objective, theta = network(activation="tanh")
    assert remarks(layer_spread(objective, theta)[1]) == ()
    wild = theta.copy()
    wild[objective.net.layers[0].weights.place] *= 500.0
    (words,) = (each for each in remarks(layer_spread(objective, wild)[1]) if each.startswith("Layer 1"))
    slopes = np.abs(layer_spread(objective, wild)[1][0].slope)
    assert f"{100 * np.mean(slopes < 0.01):.0f} % of its slopes" in words
