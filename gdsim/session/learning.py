"""Models on data as a part of the document: put together, measured, turned into objectives."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from gdsim.analysis.line_fits import around, best_line
from gdsim.errors import SpecError
from gdsim.objectives.data.design import Data
from gdsim.objectives.data.make import samples_of
from gdsim.objectives.network import targets
from gdsim.objectives.network.architecture import Architecture, architecture
from gdsim.objectives.network.curves import activation_graph, check_loss
from gdsim.objectives.network.design import Model
from gdsim.objectives.network.initial import initial_theta
from gdsim.objectives.network.network import FEW, NetworkObjective, network_objective
from gdsim.session.spec import Learning, Problem, RunSpec

_LINE = 3.0
Home = tuple[tuple[float, float], ...]


def architecture_of(learn: Learning) -> Architecture:
    """The layers of a model between its inputs and outputs; a column of texts is several inputs."""
    return architecture(learn.model, samples_of(learn.data).features, _outputs(learn))


def _outputs(learn: Learning) -> int:
    return targets.outputs_for(learn.model.loss, len(learn.data.classes), learn.data.target)


def problem_of(data: Data, model: Model) -> Problem:
    """The problem of a model on data, whose inputs and classes are written out (see `data.make.resolved`).

    Raises:
        SpecError: a loss that does not fit the target, too large a network.
    """
    learn = Learning(data, model)
    net = architecture_of(learn)
    return Problem(name=data.name, title=title_of(learn), learn=learn, dimension=net.size, domain=_home(learn, net))


def _home(learn: Learning, net: Architecture) -> Home:
    """What is shown of the weights' space at home: of a model with one weight and one bias the part that holds its best
    line and its initialisation, with room of the order in which the loss doubles; none of a large network."""
    home = ((-_LINE, _LINE),) * net.size if net.size <= FEW else ()
    if net.sizes != (1, 1):
        return home
    samples = samples_of(learn.data)
    x, y = samples.x[0], targets.encoded(learn.model.loss, samples.y, len(samples.classes))[0]
    with np.errstate(all="ignore"):  # what is too large for a number has no picture
        best, spread = best_line(learn.model.loss, x, y), float(np.std(x))
        if best is None or not spread > 0:
            return home
        start = initial_theta(net, learn.model.init)
        slope = max(1.2 * float(np.std(y)) / spread, 0.6 * abs(best[0]))
        level = max(1.2 * float(np.std(y)), slope * abs(float(np.mean(x))), 0.6 * abs(best[1]))
    if not np.isfinite([slope, level, *best]).all():
        return home
    return around([best, (float(start[0]), float(start[1]))], (slope, level))


def title_of(learn: Learning) -> str:
    """Such as "Spiral, 2-8-8-1 network"."""
    data, model = learn.data, learn.model
    what = data.title or data.name.replace("_", " ")
    if model.kind == "mlp":
        sizes = "-".join(str(size) for size in architecture_of(learn).sizes)
        return f"{what}, {sizes} network"
    by = f" by a polynomial of degree {model.degree}" if model.kind == "poly" else ""
    if not data.classes:
        return f"{what}, {by.removeprefix(' by a ') or 'linear regression'}"
    return f"{what}, {'softmax' if model.loss.targets == 'one_hot' else 'logistic'} regression{by}"


@lru_cache(maxsize=8)
def network_of(learn: Learning, name: str = "", title: str = "") -> NetworkObjective:
    """The objective; samples are made or read once."""
    return network_objective(learn.model, samples_of(learn.data), name=name, title=title)


@lru_cache(maxsize=8)
def initial_of(learn: Learning) -> tuple[float, ...]:
    """Weights as the model's initialisation has them."""
    return tuple(initial_theta(architecture_of(learn), learn.model.init).tolist())


def start_of(spec: RunSpec) -> tuple[float, ...]:
    """Theta at step 0: the spec's own, the initialisation's, or of a policy zeros: every action is equally likely."""
    learn = spec.problem.learn
    if spec.problem.policy is not None and not spec.start:
        return (0.0,) * spec.problem.dimension
    return spec.start if learn is None or spec.start else initial_of(learn)


def check_learning(problem: Problem) -> None:
    """FormulaError or SpecError where an activation, a loss or an input is no formula, or the model has not as many
    weights as the problem says."""
    learn = problem.learn
    if learn is None:
        return
    for layer in learn.model.layers:
        activation_graph(layer.activation)
    activation_graph(learn.model.output)
    check_loss(learn.model.loss)
    if learn.data.classes:
        targets.threshold(learn.model.loss)
    weights = architecture_of(learn).size
    if weights != problem.dimension:
        what = f"the model has {weights:,} weights, the document says {problem.dimension:,}"
        raise SpecError(what, where="dimension", hint="Make the run anew from its data and model")
