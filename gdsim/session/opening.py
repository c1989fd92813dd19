"""What the window opens with: three racers on Himmelblau's function that end in three different valleys."""

from __future__ import annotations

from gdsim.session.spec import Problem, Racer, RunSpec

STEPS_PER_SECOND = 8


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
        Racer(
            name="momentum",
            rule="v = if(t == 1, g, beta*v + (1 - dampening)*g); step = -lr*v",
            hyper={"lr": 0.004, "beta": 0.9, "dampening": 0.0},
        ),
        Racer(
            name="adam",
            rule="m = beta1*m + (1 - beta1)*g; v = beta2*v + (1 - beta2)*g^2; "
            "m_hat = m/(1 - beta1^t); v_hat = v/(1 - beta2^t); step = -lr*m_hat/(sqrt(v_hat) + eps)",
            hyper={"lr": 0.2, "beta1": 0.9, "beta2": 0.999, "eps": 1e-8},
        ),
    )
    return RunSpec(problem=problem, racers=racers, start=(0.5, 4.5), steps=400, target=0.1)
