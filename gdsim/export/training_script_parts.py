"""The parts of an exported training script that are the same for all models: passes, losses, the loop.

Text, in which a line that only some models need ends with ``#?flag``; `chosen` keeps those that are needed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Set

_MARK = re.compile(r"\s*#\?(\w+(?:&\w+)*)$")


def chosen(text: str, flags: Set[str]) -> str:
    """The lines of `text` that have no mark, or whose flags are all among `flags`; the marks themselves are gone."""
    lines = []
    for line in text.split("\n"):
        mark = _MARK.search(line)
        if mark is None:
            lines.append(line)
        elif all((flag[3:] not in flags) if flag.startswith("no_") else (flag in flags) for flag in mark[1].split("&")):
            lines.append(line[: mark.start()])
    return "\n".join(lines)


def filled(text: str, values: Mapping[str, str]) -> str:
    """The text with ``<NAME>`` replaced; where there is nothing to put, the comma before it goes too."""
    for name, value in values.items():
        text = text.replace(f"<{name}>", value) if value else text.replace(f", <{name}>", "")
    return text


CATEGORICAL = '''def sample_losses(o, y):
    """log sum exp(o) - o[class] of every sample, and its derivative by every output."""
    shifted = o - np.max(o, axis=0)
    powers = np.exp(shifted)
    total = np.sum(powers, axis=0)
    right = np.sum(np.where(y == 0, 0.0, y * shifted), axis=0)
    return np.log(total) - right, powers / total - y
'''

ELEMENTWISE = '''def sample_losses(o, y):
    """The loss of every sample, summed over the outputs, and its derivative by every output."""
    return np.sum(loss_of_output(o, y), axis=0), loss_of_output_slope(o, y)
'''

PASSES = '''def statistics(layer, z, buffers, training):  #?norm
    """Mean and variance to normalise with."""  #?norm
    if layer["norm"] == "layer":  #?norm
        return z.mean(axis=0, keepdims=True), z.var(axis=0, keepdims=True)  #?norm
    units, count, at = len(z), z.shape[1], layer["buffer"]  #?norm
    if not training:  #?norm
        return buffers[at : at + units, None], buffers[at + units : at + 2 * units, None]  #?norm
    mean, variance = z.mean(axis=1, keepdims=True), z.var(axis=1, keepdims=True)  #?norm
    if buffers is not None:  #?norm
        fresh = np.concatenate([mean[:, 0], variance[:, 0] * (count / max(count - 1, 1))])  #?norm
        buffers[at : at + 2 * units] += 0.1 * (fresh - buffers[at : at + 2 * units])  #?norm
    return mean, variance  #?norm
  #?norm
  #?norm
def forward(theta, x, <BUFFERS>, <MASKS>):
    """The outputs, and what every layer did on the way; samples lie along the last axis."""
    passes, h = [], x
    for number, layer in enumerate(LAYERS):  #?dropout
    for layer in LAYERS:  #?no_dropout
        seen = {"below": h}
        z = theta[layer["w"]].reshape(layer["shape"]) @ h + theta[layer["b"]][:, None]
        if layer["norm"]:  #?norm
            mean, variance = statistics(layer, z, buffers, training)  #?norm
            seen["deviation"] = np.sqrt(variance + 1e-5)  #?norm
            seen["normed"] = (z - mean) / seen["deviation"]  #?norm
            z = seen["normed"] * theta[layer["gain"]][:, None] + theta[layer["shift"]][:, None]  #?norm
        seen["slope"] = layer["slope"](z)
        out = layer["f"](z)
        if layer["residual"]:  #?residual
            out = out + h  #?residual
        if masks is not None and layer["dropout"]:  #?dropout
            drawn = masks(number, len(out), h.shape[1])  #?dropout
            seen["keep"] = np.where(drawn <= layer["dropout"], 0.0, 1.0 / (1.0 - layer["dropout"]))  #?dropout
            out = out * seen["keep"]  #?dropout
        passes.append(seen)
        h = out
    return h, passes


def backward(theta, passes, slopes):
    """The gradient of a loss whose derivative by the outputs is `slopes`."""
    gradient = np.zeros_like(theta)
    above = slopes
    for layer, seen in zip(reversed(LAYERS), reversed(passes)):
        if "keep" in seen:  #?dropout
            above = above * seen["keep"]  #?dropout
        delta = above * seen["slope"]
        if layer["norm"]:  #?norm
            gradient[layer["gain"]] = (delta * seen["normed"]).sum(axis=1)  #?norm
            gradient[layer["shift"]] = delta.sum(axis=1)  #?norm
            axis = 0 if layer["norm"] == "layer" else 1  #?norm
            slope = delta * theta[layer["gain"]][:, None]  #?norm
            along = (slope * seen["normed"]).mean(axis=axis, keepdims=True)  #?norm
            delta = (slope - slope.mean(axis=axis, keepdims=True) - seen["normed"] * along) / seen["deviation"]  #?norm
        gradient[layer["w"]] = (delta @ seen["below"].T).ravel()
        gradient[layer["b"]] = delta.sum(axis=1)
        through = theta[layer["w"]].reshape(layer["shape"]).T @ delta
        above = through + above if layer["residual"] else through  #?residual
        above = through  #?no_residual
    return gradient


def batch_gradient(theta, index, <BUFFERS>, <MASKS>):
    """The loss over the samples `index` (all of them for None), penalties included, and its gradient."""
    x, y = (X, Y) if index is None else (X[:, index], Y[:, index])
    outputs, passes = forward(theta, x, <TRAINING>, <MASKED>)
    losses, slopes = sample_losses(outputs, y)
    loss, gradient = float(np.mean(losses)), backward(theta, passes, slopes / x.shape[1])
    for layer in LAYERS:  #?penalty
        w = theta[layer["w"]]  #?penalty
        loss += L1 * float(np.abs(w).sum()) + 0.5 * L2 * float(w @ w)  #?penalty
        gradient[layer["w"]] += L1 * np.sign(w) + L2 * w  #?penalty
    return loss, gradient


def evaluate(theta, x, y, classes, <STATE>):
    """Mean loss without penalties, and the share of samples whose class is right."""
    if not x.shape[1]:
        return math.nan, math.nan
    outputs = forward(theta, x, <STATE>)[0]
    return float(np.mean(sample_losses(outputs, y)[0])), <ACCURACY>
'''

METHODS = '''class Batch:
    """What a method is given: values and derivatives over the samples of a batch, curvature over all of them."""

    def __init__(self, index):
        self.index = index

    def value(self, theta):
        return batch_gradient(theta, self.index)[0]

    def value_gradient(self, theta):
        return batch_gradient(theta, self.index)

    def hessian(self, theta):
        rows = np.stack([self.hvp(theta, unit) for unit in np.eye(len(theta))], axis=1)
        return (rows + rows.T) / 2

    def hvp(self, theta, direction):
        length = float(np.linalg.norm(direction))
        if length == 0.0:
            return np.zeros_like(theta)
        h = float(np.finfo(np.float64).eps) ** (1 / 3) * max(1.0, float(np.linalg.norm(theta))) / length
        ahead, behind = batch_gradient(theta + h * direction, None)[1], batch_gradient(theta - h * direction, None)[1]
        return (ahead - behind) / (2 * h)
'''

LOOP = '''def batch(k):
    """The samples of step k's batch; None for all of them, in their own order."""
    epoch, number = divmod(k, PER_EPOCH)  #?batches
    return order(SEED, epoch, COUNT)[number * BATCH : (number + 1) * BATCH]  #?batches
    return None  #?no_batches


def row_of(k, theta, loss, gradient, lr, evals, <STATE>):
    """What is told of step k."""
    epoch, number = divmod(k, PER_EPOCH)
    row = {"epoch": k / PER_EPOCH, "samples": epoch * COUNT + min(number * BATCH, COUNT), "loss": loss}
    row["grad_norm"] = float(np.linalg.norm(gradient))
    row["layers"] = [float(np.linalg.norm(gradient[part])) for part in LAYER_PARTS]
    row["lr"], row["evals"], row["theta"] = lr, evals, theta
    row["train_loss"] = row["accuracy"] = row["test_loss"] = row["test_accuracy"] = math.nan
    if number == 0 or k == STEPS:
        row["train_loss"], row["accuracy"] = evaluate(theta, X, Y, CLASSES, <STATE>)
        row["test_loss"], row["test_accuracy"] = evaluate(theta, X_TEST, Y_TEST, CLASSES_TEST, <STATE>)
    return row


def rule_step(racer, now, theta, g, k, lr, states):
    """What step k adds to theta; each part of theta has a state of its own."""
    parts = zip(racer["parts"], states)
    hyper = now["hyper"].values()
    return np.concatenate([racer["step"](theta[part], g[part], float(k + 1), lr, own, *hyper) for part, own in parts])


def race(racer):
    """All rows of one racer, and how it ended."""
    theta = np.array(START)
    buffers = np.array(BUFFERS)  #?buffers
    now, step = settings_at(racer, 0), None
    states = [racer["state"](part.stop - part.start, now["lr"], *now["hyper"].values()) for part in racer["parts"]]
    method = None  #?methods
    if "method" in racer:  #?methods
        method, Problem, Here = racer["method"]()  #?methods
        work, state = Problem(Batch(None)), method.start(len(theta), now["hyper"])  #?methods
    rows, evals = [], 1
    best, since = math.inf, 0  #?patience
    for k in range(STEPS + 1):
        fresh = buffers.copy()  #?buffers
        masks = functools.partial(dropout_uniforms, SEED, k)  #?dropout
        loss, gradient = batch_gradient(theta, batch(k), <FRESH>, <MASKED>)
        row = row_of(k, theta, loss, gradient, rate(racer, k), evals, <STATE>)
        rows.append(row)
        if not (math.isfinite(loss) and np.isfinite(gradient).all() and np.isfinite(theta).all()):
            return rows, "diverged"
        if TARGET is not None and row["train_loss"] <= TARGET:
            return rows, "target"
        if k % PER_EPOCH == 0:  #?patience
            judged = row["train_loss"] if math.isnan(row["test_loss"]) else row["test_loss"]  #?patience
            best, since = (judged, 0) if judged < best else (best, since + 1)  #?patience
            if since >= PATIENCE:  #?patience
                return rows, "plateau"  #?patience
        if step is not None and settled(racer, now, theta, step, gradient):  #?tolerance
            return rows, "converged"  #?tolerance
        if k == STEPS:
            return rows, "step-limit"
        now, lr = settings_at(racer, k), rate(racer, k)
        wd, g = now["weight_decay"], gradient
        searching = method is not None and method.searches  #?methods
        if now["noise"] and not searching:  #?methods&noise
        if now["noise"]:  #?no_methods&noise
            g = g + now["noise"] * normals(SEED, racer["number"], k, 1, len(theta))[0]  #?noise
        if now["clip"] and not searching:  #?methods
        if now["clip"]:  #?no_methods
            g = g * min(1.0, now["clip"] / (math.sqrt(float(np.sum(g * g))) + 1e-6))
        if wd and not racer["decoupled"]:
            g = g + wd * theta
        evals += 1
        if method is not None:  #?methods
            work.objective, work.weight_decay, work.evals = Batch(batch(k)), wd, 0  #?methods
            step, state, more = method.advance(  #?methods
                work, Here(theta, loss + 0.5 * wd * float(theta @ theta), g, lr), now["hyper"], state  #?methods
            )  #?methods
            evals += more  #?methods
        else:  #?methods
            step = rule_step(racer, now, theta, g, k, lr, states)  #?methods
        step = rule_step(racer, now, theta, g, k, lr, states)  #?no_methods
        moved = (theta * (1.0 - lr * wd) if racer["decoupled"] and wd else theta) + step
        step, theta = moved - theta, moved
        buffers = fresh  #?buffers
    return rows, "step-limit"
  #?tolerance
  #?tolerance
def settled(racer, now, theta, step, gradient):  #?tolerance
    """Whether gradient and step are small."""  #?tolerance
    if "method" in racer and not step.any():  #?tolerance
        return True  #?tolerance
    pull = gradient if racer["decoupled"] else gradient + now["weight_decay"] * theta  #?tolerance
    small = np.linalg.norm(step) <= TOLERANCE * (1.0 + np.linalg.norm(theta))  #?tolerance
    return small and np.linalg.norm(pull) <= TOLERANCE  #?tolerance
'''

OUTPUT = '''def field(value, known):
    """A number as it reads back exactly; nothing where nothing was evaluated."""
    return repr(float(value)) if known or not math.isnan(value) else ""


def write_csv(path, results):
    """One row per racer and step."""
    layers = [f"grad_norm_layer{number}" for number in range(1, len(LAYERS) + 1)]
    names = ["racer", "step", "epoch", "samples", "loss", "test_loss", "accuracy", "test_accuracy"]
    names += ["grad_norm", *layers, "lr", "status", "train_loss", "evals", *NAMES]
    quoted = [f'"{name}"' if "," in name else name for name in names]
    tested, counted = X_TEST.shape[1] > 0, <COUNTED>
    with open(path, "w", encoding="utf-8", newline="\\n") as file:
        print(",".join(quoted), file=file)
        for name, (rows, status) in results.items():
            for k, row in enumerate(rows):
                known = k % PER_EPOCH == 0 or k == STEPS
                judged = [field(row["test_loss"], known and tested), field(row["accuracy"], known and counted)]
                judged.append(field(row["test_accuracy"], known and tested and counted))
                norms = [repr(value) for value in (row["grad_norm"], *row["layers"], float(row["lr"]))]
                word = status if k == len(rows) - 1 else "running"
                theta = [repr(float(value)) for value in row["theta"]] if NAMES else []
                begin = [name, str(k), repr(row["epoch"]), str(row["samples"]), repr(row["loss"])]
                end = [word, field(row["train_loss"], known), str(row["evals"]), *theta]
                print(*begin, *judged, *norms, *end, sep=",", file=file)


if __name__ == "__main__":
    results = {racer["name"]: race(racer) for racer in RACERS}
    for name, (rows, status) in results.items():
        known = [row for k, row in enumerate(rows) if k % PER_EPOCH == 0 or k == STEPS][-1]
        words = [f"loss {known['train_loss']:.6g}", f"test loss {known['test_loss']:.6g}"]
        words += [f"accuracy {known['accuracy']:.4g}", f"test accuracy {known['test_accuracy']:.4g}"]
        said = ", ".join(word for word in words if not word.endswith("nan"))
        print(f"{name}: {status} after {len(rows) - 1} steps, {said}")
    if len(sys.argv) > 1:
        write_csv(sys.argv[1], results)
'''
