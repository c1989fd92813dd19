"""gdsim's side of the cases of `torch_nets`."""

from __future__ import annotations

import numpy as np

from gdsim.objectives.data.samples import Samples
from gdsim.objectives.network.chosen import choose_activation, choose_loss
from gdsim.objectives.network.design import Layer, Model
from gdsim.objectives.network.network import NetworkObjective, network_objective
from tests.objectives.network.torch_nets import Case


def objective_of(case: Case) -> NetworkObjective:
    """The case's network on its data, nothing kept for testing."""
    x, y = case.data()
    names = tuple(f"x{k}" for k in range(1, case.features + 1))
    classes = tuple(f"class {k}" for k in range(case.classes))
    none = np.empty((case.features, 0))
    samples = Samples(
        x=x, y=y, x_test=none, y_test=np.empty(0), names=names, task="classes" if classes else "number",
        classes=classes, raw=x, raw_test=none, columns=names, shift=np.zeros(case.features),
        scale=np.ones(case.features), index=np.arange(case.samples), index_test=np.arange(0),
    )  # fmt: skip
    layers = tuple(
        Layer(units, choose_activation(activation), norm, residual, dropout)  # type: ignore[arg-type]
        for units, activation, norm, residual, dropout in case.hidden
    )
    loss = choose_loss(case.loss, case.classes)
    output = choose_activation("identity")
    model = Model(layers=layers, output=output, loss=loss, l1=case.l1, l2=case.l2)
    return network_objective(model, samples)
