"""Update rules as text: what is carried, what is a vector, lists, and what a wrong rule is told."""

from __future__ import annotations

import numpy as np
import pytest

from gdsim.errors import FormulaError
from gdsim.formula import RuleGraph, interpret, parse_rule, rule_graph, spread

HYPER = {"lr": 0.1, "beta": 0.9, "betas": (0.0, 0.5)}


def take_steps(rule: RuleGraph, gradients: list[np.ndarray], theta: np.ndarray) -> np.ndarray:
    """The last step after feeding gradients one by one."""
    given = {**spread(HYPER), "n": float(len(theta)), "lr": 0.1}
    state = {}
    for entry in rule.states:
        start = interpret(entry.init, given)[0]
        state[entry.name] = np.full(len(theta), start) if entry.vector else start
    step = np.zeros_like(theta)
    for t, g in enumerate(gradients, 1):
        step, *news = interpret(rule.graph, {**given, **state, "theta": theta, "g": g, "t": float(t)})
        state = dict(zip(state, news, strict=True))
    return step


def rule(text: str, **init: str) -> RuleGraph:
    return rule_graph(parse_rule(text), HYPER, init)


GRADIENTS = [np.array([1.0, -2.0, 0.5]), np.array([0.5, 1.0, -1.0])]
THETA = np.array([3.0, 4.0, 12.0])


def test_momentum_carries_its_velocity() -> None:
    made = rule("v = beta*v + g; step = -lr*v")
    assert [(state.name, state.vector) for state in made.states] == [("v", True)]
    np.testing.assert_allclose(take_steps(made, GRADIENTS, THETA), -0.1 * (0.9 * GRADIENTS[0] + GRADIENTS[1]))


def test_a_name_without_a_vector_in_it_is_a_number() -> None:
    made = rule("c = 2*c + 1\nstep = -lr*c*g", c="3")
    assert [(state.name, state.vector) for state in made.states] == [("c", False)]
    np.testing.assert_allclose(take_steps(made, GRADIENTS, THETA), -0.1 * 15 * GRADIENTS[1])


def test_a_state_that_becomes_a_vector_only_through_another_one() -> None:
    made = rule("p = q; q = q + g; step = -lr*p")
    assert all(state.vector for state in made.states)
    np.testing.assert_allclose(take_steps(made, GRADIENTS, THETA), -0.1 * GRADIENTS[0])


def test_norm_mean_and_dot_reach_across_coordinates() -> None:
    made = rule("step = -g*norm(theta)/(1 + mean(g) + dot(g, theta))")
    g = GRADIENTS[0]
    np.testing.assert_allclose(take_steps(made, [g], THETA), -g * 13 / (1 + g.mean() + g @ THETA))


def test_lists_are_unrolled() -> None:
    made = rule("v[k] = betas[k]*v[k] + g; step = -lr/len(betas)*sum(v[k], k=1..len(betas))")
    assert [state.name for state in made.states] == ["v[1]", "v[2]"]
    expected = -0.05 * (GRADIENTS[1] + 0.5 * GRADIENTS[0] + GRADIENTS[1])
    np.testing.assert_allclose(take_steps(made, GRADIENTS, THETA), expected)


def test_a_step_that_is_one_number_is_taken_along_every_coordinate() -> None:
    np.testing.assert_allclose(take_steps(rule("step = -lr"), GRADIENTS, THETA), [-0.1, -0.1, -0.1])


def test_orthogonalize_is_newton_schulz_on_a_row_matrix() -> None:
    u = GRADIENTS[0][None, :]
    matrix = u / max(np.linalg.norm(u), 1e-7)
    for _ in range(5):  # Jordan et al. (2024), as in torch.optim.Muon
        gram = matrix @ matrix.T
        matrix = 3.4445 * matrix + (-4.7750 * gram + 2.0315 * gram @ gram) @ matrix
    np.testing.assert_allclose(take_steps(rule("step = orthogonalize(g)"), [GRADIENTS[0]], THETA), matrix[0])


@pytest.mark.parametrize(
    ("text", "column", "words"),
    [
        ("", 1, "empty"),
        ("v = beta*v + g", 1, "step"),
        ("step = -lr*gg", 12, "did you mean g"),
        ("step = -lr*bta*g", 12, "beta"),
        ("lr = 2; step = g", 1, "given"),
        ("step = g; step = 2g", 11, "twice"),
        ("step =", None, "nothing to calculate"),
        ("step g", 6, "= is missing"),
        ("= g", 1, "name"),
        ("v[k] = g; step = v[k]", None, "k"),
        ("w[1] = g; step = g", 2, "list"),
        ("step = betas*g", 8, "list"),
        ("step = g; beta = 2", 11, "hyper-parameter"),
        ("v = step; step = g", 11, "step is read"),
        ("step = foo(g)", 8, "foo"),
    ],
)
def test_a_wrong_rule_is_told_where_and_what(text: str, column: int | None, words: str) -> None:
    with pytest.raises(FormulaError) as caught:
        rule(text)
    assert words.lower() in str(caught.value).lower()
    if column is not None:
        assert caught.value.column == column


def test_an_init_for_what_is_not_carried_is_refused() -> None:
    with pytest.raises(FormulaError, match="not carried"):
        rule("v = g; step = -lr*v", v="1")
