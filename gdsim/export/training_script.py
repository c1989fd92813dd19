"""A training run as a stand-alone script: data, model and loop in NumPy alone, the same steps as gdsim takes.

Activations, the loss and every rule come out as plain code from the same graphs that the kernels are made from; batches
and dropout are drawn by the same counter-based numbers, whose source comes along.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from gdsim.engine.network.training import batches_of, groups_of, kept_coordinates
from gdsim.export.script_data import array_text, data_source
from gdsim.export.script_parts import SETTINGS
from gdsim.export.script_racers import free_name, noise_source, racer_entry, safe
from gdsim.export.training_script_parts import (
    CATEGORICAL,
    ELEMENTWISE,
    LOOP,
    METHODS,
    OUTPUT,
    PASSES,
    chosen,
    filled,
)
from gdsim.formula.curve_script import curve_source
from gdsim.formula.script import with_header
from gdsim.objectives.network.curves import activation_gradient_graph, is_categorical, loss_gradient_graph
from gdsim.objectives.network.passes import fresh_buffers
from gdsim.objectives.network.targets import threshold

if TYPE_CHECKING:
    from gdsim.engine.backend import RacerPlan
    from gdsim.objectives.network.design import Activation
    from gdsim.objectives.network.network import NetworkObjective
    from gdsim.session.spec import RunSpec


def training_script(spec: RunSpec, objective: NetworkObjective, plans: Sequence[RacerPlan]) -> str:
    """The whole script. It prints where the racers end, and writes the CSV if a file is named on its command line.

    Raises:
        ExportError: there are more data than a script can hold.
    """
    flags = _flags(spec, objective, plans)
    curves: dict[Activation, str] = {}
    pieces = [data_source(spec, objective)]
    pieces += _curves(objective, curves)
    known: dict[tuple[object, ...], str] = {}
    entries = []
    for index, (label, plan) in enumerate(zip(spec.labels, plans, strict=True)):
        entries.append(racer_entry(label, index, plan, known, pieces, [f'"parts": {_parts(plan, objective)}']))
    drawn = {"normals": "noise", "order": "batches", "dropout_uniforms": "dropout"}
    names = [name for name, flag in drawn.items() if flag in flags]
    pieces.append(noise_source(names) if names else "")
    pieces.append(_settings(spec, objective, plans[0], entries, curves, flags))
    texts = [PASSES, SETTINGS.rstrip("\n") + "\n", METHODS if "methods" in flags else "", LOOP, OUTPUT]
    values = _values(objective, flags)
    pieces += [filled(chosen(text, flags), values) for text in texts]
    body = with_header("\n\n".join(piece.strip("\n") + "\n" for piece in pieces if piece))
    return _top(spec, body) + body


def _flags(spec: RunSpec, objective: NetworkObjective, plans: Sequence[RacerPlan]) -> set[str]:
    """What the run has that others have not."""
    net, model = objective.net, objective.model
    plan = plans[0]
    noisy = any(each.at(step).noise for each in plans for step in (0, *(change[0] for change in each.changes)))
    full = batches_of(objective, plan).full
    found = {
        "norm": any(layer.norm != "none" for layer in net.layers),
        "buffers": net.batch_normed,
        "residual": any(layer.residual for layer in net.layers),
        "dropout": any(layer.dropout for layer in net.layers),
        "penalty": bool(model.l1 or model.l2),
        "batches": not full,
        "methods": any(each.rule.method for each in plans),
        "noise": noisy,
        "patience": bool(spec.patience),
        "tolerance": spec.tolerance > 0 and full,
    }
    return {name for name, has in found.items() if has}


def _values(objective: NetworkObjective, flags: set[str]) -> dict[str, str]:
    """What stands in the places of the parts: arguments that only some models have, and how classes are told."""
    classes = len(objective.samples.classes)
    norm, dropout, buffers = ("norm" in flags), ("dropout" in flags), ("buffers" in flags)
    right = "math.nan"
    if classes and objective.model.loss.targets == "one_hot":
        right = "float(np.mean(np.argmax(outputs, axis=0) == classes))"
    elif classes:
        right = f"float(np.mean((outputs[0] > {threshold(objective.model.loss)!r}) == classes))"
    return {
        "BUFFERS": "buffers=None, training=False" if norm else "",
        "MASKS": "masks=None" if dropout else "",
        "TRAINING": "buffers, True" if norm else "",
        "MASKED": "masks" if dropout else "",
        "STATE": "buffers" if buffers else "",
        "FRESH": "fresh, True" if buffers else "None, True" if norm else "",
        "ACCURACY": right,
        "COUNTED": str(bool(classes)),
    }


def _curves(objective: NetworkObjective, curves: dict[Activation, str]) -> list[str]:
    """Activations and the loss as functions; `curves` learns what each is called."""
    pieces = []
    for layer in objective.net.layers:
        activation = layer.activation
        if activation in curves:
            continue
        name = curves[activation] = free_name(f"{activation.name}_units", curves.values())
        graph = activation_gradient_graph(activation)
        words = safe(f"f(z) = {activation.formula}")
        pieces.append(curve_source(graph, name, ["z"], words))
        pieces.append(curve_source(graph, f"{name}_slope", ["z"], f"The derivative of {name}.", 1))
    loss = objective.model.loss
    if is_categorical(loss):
        return [*pieces, CATEGORICAL]
    graph = loss_gradient_graph(loss)
    pieces.append(curve_source(graph, "loss_of_output", ["o", "y"], safe(f"{loss.name}: {loss.formula}")))
    pieces.append(curve_source(graph, "loss_of_output_slope", ["o", "y"], "Its derivative by o.", 1))
    return [*pieces, ELEMENTWISE]


def _parts(plan: RacerPlan, objective: NetworkObjective) -> str:
    """The stretches of theta that the racer's rule is applied to, as text."""
    if plan.rule.method:
        return "[]"
    groups = groups_of(plan.rule.graph(plan.hyper, objective.n), objective.net)
    return "WHOLE" if len(groups) == 1 else "BLOCKS"


def _layers(objective: NetworkObjective, curves: dict[Activation, str], flags: set[str]) -> str:
    lines = []
    for layer in objective.net.layers:
        name = curves[layer.activation]
        fields = [f'"f": {name}, "slope": {name}_slope', f'"shape": {layer.weights.shape}']
        fields.append(f'"w": {_slice(layer.weights.place)}, "b": {_slice(layer.bias.place)}')
        if "norm" in flags:
            fields.append(f'"norm": {None if layer.norm == "none" else layer.norm!r}')
            if layer.gain is not None and layer.shift is not None:
                fields.append(f'"gain": {_slice(layer.gain.place)}, "shift": {_slice(layer.shift.place)}')
                fields.append(f'"buffer": {layer.buffer}')
        if "residual" in flags:
            fields.append(f'"residual": {layer.residual}')
        if "dropout" in flags:
            fields.append(f'"dropout": {layer.dropout!r}')
        lines.append("    {" + ", ".join(fields) + "},\n")
    return "LAYERS = [\n" + "".join(lines) + "]\n"


def _settings(
    spec: RunSpec, objective: NetworkObjective, plan: RacerPlan, entries: Sequence[str],
    curves: dict[Activation, str], flags: set[str],
) -> str:  # fmt: skip
    net, batches = objective.net, batches_of(objective, plan)
    kept = kept_coordinates(objective.n)
    model = objective.model
    lines = [_layers(objective, curves, flags)]
    lines.append(f"LAYER_PARTS = [{', '.join(_slice(part) for part in net.layer_slices())}]\n")
    lines.append(f"WHOLE = [slice(0, {objective.n})]\n")
    lines.append(f"BLOCKS = [{', '.join(_slice(block.place) for block in net.blocks)}]  # a matrix, a bias, ...\n")
    lines.append(f"NAMES = {list(objective.coordinates[:kept])!r}  # of the weights, where there are few\n")
    lines.append(f"START = {array_text(plan.start)}\n")
    if "buffers" in flags:
        lines.append(f"BUFFERS = {array_text(fresh_buffers(net))}  # running means and variances\n")
    if "penalty" in flags:
        lines.append(f"L1, L2 = {model.l1!r}, {model.l2!r}\n")
    lines.append(f"COUNT, BATCH, PER_EPOCH = {batches.count}, {batches.size}, {batches.per_epoch}\n")
    lines.append(f"STEPS = {spec.steps}\n")
    if "tolerance" in flags:
        lines.append(f"TOLERANCE = {spec.tolerance!r}  # a racer has settled when gradient and step are this small\n")
    if "patience" in flags:
        lines.append(f"PATIENCE = {spec.patience}  # epochs without a better test loss\n")
    lines.append(f"TARGET = {spec.target!r}  # a racer stops when the loss over all training samples is this low\n")
    lines.append(f"SEED = {spec.seed}\n")
    lines.append(f"RACERS = [\n{''.join(entries)}]\n")
    return "".join(lines)


def _slice(place: slice) -> str:
    return f"slice({place.start}, {place.stop})"


def _top(spec: RunSpec, body: str) -> str:
    title = spec.problem.title or "a model"
    top = f'"""{safe(title)}, trained as in gdsim: python THIS_FILE.py [OUT.csv]"""\n\n'
    top += "from __future__ import annotations\n\n"
    if spec.dtype == "float32":
        top += "# The run was made in float32; here everything is float64.\n"
    head = body.split("np.seterr", 1)[0]
    wanted = ("base64", "csv", "functools", "hashlib", "io", "math", "sys", "zlib")
    needed = [name for name in wanted if re.search(rf"(?<![\w.]){name}\.", body) and f"import {name}\n" not in head]
    return top + "".join(f"import {name}\n" for name in needed) + "\n"
