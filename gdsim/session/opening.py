"""What the window opens with: a race down Himmelblau's function, a network and the spiral, a policy in a grid."""

from __future__ import annotations

from gdsim.session.spec import Problem, Racer, RunSpec

STEPS_PER_SECOND = 8
EPOCHS_PER_SECOND = 10
POLICY_STEPS_PER_SECOND = 20


def opening_spec() -> RunSpec:
    """Written out rather than looked up, so that the first picture waits for no catalogue.

    The racers reach the target after 16, 47 and 54 steps, each in a valley of its own.
    """
    problem = Problem(
        formula="(x^2 + y - 11)^2 + (x + y^2 - 7)^2",
        name="himmelblau",
        title="Himmelblau",
        variables=("x", "y"),
        dimension=2,
        domain=((-6.7, 6.7), (-6.0, 6.0)),
        minima=(
            ((3.0, 2.0), 0.0),
            ((-2.805118086952745, 3.131312518250573), 0.0),
            ((-3.779310253377747, -3.283185991286170), 0.0),
            ((3.584428340330492, -1.848126526964404), 0.0),
        ),
    )
    racers = (
        Racer(name="gd", rule="step = -lr*g", hyper={"lr": 0.01}),
        _momentum(0.004),
        _adam(0.2),
    )
    return RunSpec(problem=problem, racers=racers, start=(0.5, 4.5), steps=400, target=0.1)


def opening_learn_spec() -> RunSpec:
    """Two racers train 105 weights on the spiral for 400 epochs of 25 batches.

    From the same weights and with the same batches adam has every training sample right after some 250 epochs, and 97 %
    of the test samples; momentum still stands below 90 % in the end.
    """
    from gdsim.objectives.data.design import Data
    from gdsim.objectives.network.design import Initialisation, Layer, Loss, Model
    from gdsim.session.learning import problem_of

    data = Data(
        name="spiral",
        title="Spiral",
        size=500,
        inputs=("x", "y"),
        target="class",
        classes=("second arm", "first arm"),
    )
    model = Model(
        layers=(Layer(8), Layer(8)),
        loss=Loss("binary_cross_entropy", "softplus(o) - y*o", "zero_one", "sigmoid(o)"),
        init=Initialisation(seed=4),
    )
    return RunSpec(
        problem=problem_of(data, model), racers=(_adam(0.03), _momentum(0.03)), start=(), steps=10_000, tolerance=0.0,
        batch=10,
    )  # fmt: skip


def opening_policy_spec(task: str = "classic_grid") -> RunSpec:
    """Three racers climb the reward of a shipped task from the policy that does anything equally often."""
    from gdsim.objectives.policy import Policy
    from gdsim.objectives.policy import task as shipped
    from gdsim.session.policy import policy_problem

    entry = shipped(task)
    gd = Racer(name="gd", rule="step = -lr*g", hyper={"lr": 1.0})
    return RunSpec(
        problem=policy_problem(Policy(entry.task), entry.name, entry.title), racers=(gd, _momentum(0.2), _adam(0.1)),
        start=(), steps=300, tolerance=0.0,
    )  # fmt: skip


def _momentum(lr: float) -> Racer:
    return Racer(
        name="momentum",
        rule="v = if(t == 1, g, beta*v + (1 - dampening)*g); step = -lr*v",
        hyper={"lr": lr, "beta": 0.9, "dampening": 0.0},
    )


def _adam(lr: float) -> Racer:
    return Racer(
        name="adam",
        rule="m = beta1*m + (1 - beta1)*g; v = beta2*v + (1 - beta2)*g^2; "
        "m_hat = m/(1 - beta1^t); v_hat = v/(1 - beta2^t); step = -lr*m_hat/(sqrt(v_hat) + eps)",
        hyper={"lr": lr, "beta1": 0.9, "beta2": 0.999, "eps": 1e-8},
    )
