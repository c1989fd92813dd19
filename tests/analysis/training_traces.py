"""Traces of training whose numbers are made up."""

from __future__ import annotations

import math

import numpy as np

from gdsim.engine.network.training import batches_of, training_trace
from gdsim.session.make_data import default_data
from gdsim.session.make_learning import learning_spec, make_model
from gdsim.session.resolve import objective_of, plans_of


def race(text="mlp:4,4", dataset="circle", racer="gd,lr=0.1", batch=50, **model):
    """An objective and its racer's plan."""
    data = default_data(dataset)
    made = make_model(text, len(data.classes), **model)
    spec = learning_spec(data, made, racers=(racer,), batch=batch, steps=100_000, backend="numpy")
    return objective_of(spec), plans_of(spec)[0]


def written(objective, plan, train, test=None, right=math.nan, right_test=math.nan, norms=None, losses=None, extra=0):
    """A trace with these losses, epoch by epoch, and `extra` steps of one more epoch."""
    drawn = batches_of(objective, plan)
    rows = (len(train) - 1) * drawn.per_epoch + 1 + extra
    trace = training_trace(objective)
    trace.prepare(0)
    layers = len(objective.net.layers)
    columns = dict.fromkeys(trace.columns, 0.0)
    columns.update(loss=0.5, lr=0.1, evals=1.0, train_loss=math.nan, test_loss=math.nan, accuracy=math.nan)
    columns["test_accuracy"] = math.nan
    norms = [1.0] * layers if norms is None else norms
    columns.update({f"grad_norm_layer{k + 1}": value for k, value in enumerate(norms)})
    table = np.tile(np.array([columns[name] for name in trace.columns]), (rows, 1))
    place = {name: index for index, name in enumerate(trace.columns)}
    steps = np.arange(rows)
    table[:, place["epoch"]] = steps / drawn.per_epoch
    table[:, place["samples"]] = [drawn.samples(int(step)) for step in steps]
    known = steps[:: drawn.per_epoch]
    shares = (("accuracy", right), ("test_accuracy", right_test))
    for name, values in (("train_loss", train), ("test_loss", test), *shares):
        if values is not None:
            table[known, place[name]] = values
    if losses is not None:
        table[:, place["loss"]] = losses
    step = 0
    while step < rows:
        room = trace.room(step)
        part = table[step : step + len(room)]
        room[: len(part)] = part
        step += len(part)
    trace.publish(rows)
    return trace
