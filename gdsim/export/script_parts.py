"""The part of an exported script that is the same for all runs: the loop. Text, with places to fill."""

from __future__ import annotations

HESSIAN_BY_DIFFERENCES = '''def hessian(theta):
    """All second derivatives at theta, by central differences of the gradient."""
    rows = []
    for i in range(len(theta)):
        shift = np.zeros_like(theta)
        shift[i] = 6e-6 * max(1.0, abs(theta[i]))
        rows.append((loss_gradient(theta + shift) - loss_gradient(theta - shift)) / (2.0 * shift[i]))
    return np.array(rows)
'''

RULE_LOOP_STEP = '''        step = racer["step"](theta, g, float(k + 1), lr, state, *now["hyper"].values())
'''

METHOD_LOOP_STEP = '''        if "method" in racer:
            work.weight_decay, work.evals = wd, 0
            decayed = here + 0.5 * wd * float(theta @ theta)
            step, state, more = method.advance(work, Here(theta, decayed, g, lr), now["hyper"], state)
            evals += more
        else:
            step = racer["step"](theta, g, float(k + 1), lr, state, *now["hyper"].values())
'''

_FUNCTION = '''class Function:
    """What a method is given: values and derivatives at any point."""

    def value(self, theta):
        return float(loss(theta))

    def value_gradient(self, theta):
        return float(loss(theta)), loss_gradient(theta)

    def hessian(self, theta):
        return hessian(theta)

    def hvp(self, theta, direction):
        return hessian(theta) @ direction


'''

SETTINGS = '''def settings_at(racer, k):
    """The racer's settings with which row k is left."""
    now = {name: racer[name] for name in ("lr", "weight_decay", "clip", "noise")}
    now["hyper"] = dict(racer["hyper"])
    for after, name, value in racer["changes"]:
        if after <= k:
            if name in now:
                now[name] = value
            if name in now["hyper"]:
                now["hyper"][name] = value
    return now


def rate(racer, k):
    """The learning rate on leaving row k."""
    base = settings_at(racer, k)["lr"]
    return base if racer["schedule"] is None else racer["schedule"](float(k + 1), STEPS, base)


'''

_RACE = '''def race(racer):
    """All rows of one racer, (theta, loss, gradient, lr, evaluations) per step, and how it ended."""
    theta = np.array(START)
    now = settings_at(racer, 0)
    <BEGIN>
    here, slope = float(loss(theta)), loss_gradient(theta)
    evals = 1
    rows = [(theta, here, slope, rate(racer, 0), evals)]
    for k in range(STEPS):
        if not (np.isfinite(here) and np.isfinite(slope).all() and np.isfinite(theta).all()):
            return rows, "diverged"
        if TARGET is not None and here <= TARGET:
            return rows, "target"
        now, lr = settings_at(racer, k), rate(racer, k)
        wd, searching = now["weight_decay"], <SEARCHING>
        g = slope
        if now["noise"] and not searching:
            g = g + now["noise"] * normals(SEED, racer["number"], k, 1, len(theta))[0]
        if now["clip"] and not searching:
            g = g * min(1.0, now["clip"] / (math.sqrt(float(np.sum(g * g))) + 1e-6))
        if wd and not racer["decoupled"]:
            g = g + wd * theta
<RULE STEP>        if racer["decoupled"] and wd:
            theta = theta * (1.0 - lr * wd)
        theta = theta + step
        here, slope = float(loss(theta)), loss_gradient(theta)
        evals += 1
        rows.append((theta, here, slope, rate(racer, k + 1), evals))
        if TARGET is None or here > TARGET:
            pull = slope if racer["decoupled"] else slope + wd * theta
            small = np.linalg.norm(step) <= TOLERANCE * (1.0 + np.linalg.norm(theta))
            if TOLERANCE > 0 and <STUCK>small and np.linalg.norm(pull) <= TOLERANCE:
                return rows, "converged"
    finite = np.isfinite(here) and np.isfinite(slope).all() and np.isfinite(theta).all()
    if not finite:
        return rows, "diverged"
    return rows, "target" if TARGET is not None and here <= TARGET else "step-limit"


def write_csv(path, results):
    """One row per racer and step."""
    with open(path, "w", encoding="utf-8", newline="\\n") as file:
        slopes = [f"d_{name}" for name in COORDINATES]
        names = ["racer", "step", *COORDINATES, "loss", "grad_norm", *slopes, "lr", "evals", "status"]
        print(",".join(names), file=file)
        for name, (rows, status) in results.items():
            for k, (theta, here, slope, lr, evals) in enumerate(rows):
                numbers = [*theta, here, np.linalg.norm(slope), *slope, lr]
                word = status if k == len(rows) - 1 else "running"
                print(name, k, *(repr(float(number)) for number in numbers), evals, word, sep=",", file=file)


if __name__ == "__main__":
    results = {racer["name"]: race(racer) for racer in RACERS}
    for name, (rows, status) in results.items():
        theta, here = rows[-1][:2]
        place = ", ".join(repr(float(value)) for value in theta)
        print(f"{name}: {status} after {len(rows) - 1} steps at ({place}), loss {here!r}")
    if len(sys.argv) > 1:
        write_csv(sys.argv[1], results)
'''


def loop(methods: bool) -> str:
    """The loop, with or without what methods need."""
    text = _FUNCTION + SETTINGS + _RACE
    if methods:
        begin = '''work, method, state = None, None, {}
    if "method" in racer:
        method, Problem, Here = racer["method"]()
        work, state = Problem(Function()), method.start(len(theta), now["hyper"])
    else:
        state = racer["state"](len(theta), rate(racer, 0), *now["hyper"].values())'''
        searching, stuck = 'bool(method) and method.searches', '((bool(method) and not step.any()) or '
        text = text.replace("<STUCK>small and np.linalg.norm(pull) <= TOLERANCE:",
                            f"{stuck}(small and np.linalg.norm(pull) <= TOLERANCE)):")  # fmt: skip
        return (text.replace("<BEGIN>", begin).replace("<SEARCHING>", searching)
                .replace("<RULE STEP>", METHOD_LOOP_STEP))  # fmt: skip
    text = SETTINGS + _RACE
    begin = 'state = racer["state"](len(theta), rate(racer, 0), *now["hyper"].values())'
    text = text.replace('wd, searching = now["weight_decay"], <SEARCHING>', 'wd = now["weight_decay"]')
    text = text.replace(" and not searching", "").replace("<STUCK>", "").replace("<BEGIN>", begin)
    return text.replace("<RULE STEP>", RULE_LOOP_STEP)
