"""The text of an update rule: named assignments, each with its tree and its place."""

from __future__ import annotations

from dataclasses import dataclass

from gdsim.errors import FormulaError
from gdsim.formula import complaints
from gdsim.formula.limits import MAX_LENGTH, MAX_STAGES
from gdsim.formula.names import CONSTANTS, Vocabulary
from gdsim.formula.parser import Parser
from gdsim.formula.tokens import Token, tokenize
from gdsim.formula.tree import Tree

GIVEN_VECTORS = ("theta", "g")
GIVEN_SCALARS = ("t", "lr", "n")
GIVEN = frozenset({*GIVEN_VECTORS, *GIVEN_SCALARS})
"""What every rule is given besides its hyper-parameters; lr may be declared as one of them."""

_RULE = Vocabulary(rule=True)


@dataclass(frozen=True, eq=False)
class Assignment:
    """One stage of a rule: `name = tree`, or `name[index] = tree` for every element of a list.

    Attributes:
        name, index: what is assigned; `index` is None unless it is a list's.
        tree: the right-hand side.
        text: the whole assignment as it was written.
        column: where it begins in the rule's text, from 1.
    """

    name: str
    index: str | None
    tree: Tree
    text: str
    column: int


def parse_expression_of_rule(text: str) -> Tree:
    """An expression in the words of rules (an `init`): names are never taken apart."""
    tokens = tokenize(text, _RULE)
    if len(tokens) == 1:
        raise complaints.empty()
    return Parser(tokens).parse()


def parse_rule(text: str) -> tuple[Assignment, ...]:
    """Read "v = beta*v + g; step = -lr*v"; `;` and new lines part the assignments.

    Raises:
        FormulaError: what is wrong, with its column in the whole text (from 1).
    """
    if not text.strip():
        raise FormulaError("the rule is empty", column=1, hint="Write something like step = -lr*g")
    if len(text) > MAX_LENGTH:
        raise FormulaError(f"the rule has {len(text):,} characters, the most is {MAX_LENGTH:,}")
    tokens = tokenize(_lines_parted(text), _RULE)
    found: list[Assignment] = []
    position = 0
    while tokens[position].kind != "end":
        if tokens[position].text == ";":
            position += 1
            continue
        assignment, position = _assignment(text, tokens, position)
        if any(other.name == assignment.name for other in found):
            raise FormulaError(
                f"{assignment.name} is assigned twice",
                column=assignment.column,
                length=len(assignment.name),
                hint="Give the second one a name of its own",
            )
        found.append(assignment)
        if len(found) > MAX_STAGES:
            raise FormulaError(f"the rule has more than {MAX_STAGES} assignments", column=assignment.column)
    if not any(assignment.name == "step" for assignment in found):
        raise FormulaError(
            "nothing is assigned to step",
            column=1,
            length=max(1, len(text)),
            hint="End the rule with step = ..., such as step = -lr*g",
        )
    return tuple(found)


def _lines_parted(text: str) -> str:
    """The text, as long as before, with `;` at the ends of lines that do not end inside brackets."""
    letters = list(text)
    depth = 0
    for place, letter in enumerate(letters):
        depth = max(0, depth + (letter in "([{") - (letter in ")]}"))
        if letter == "\n" and depth == 0:
            letters[place] = ";"
    return "".join(letters)


def _assignment(text: str, tokens: list[Token], position: int) -> tuple[Assignment, int]:
    first = tokens[position]
    index: str | None = None
    equals = tokens[position + 1] if first.kind != "end" else first
    place = (first.start, first.end)
    if first.kind not in ("name", "function"):
        raise complaints.at(place, "an assignment begins with a name", "Write something like v = beta*v + g")
    if first.kind == "function" or first.text in CONSTANTS:
        raise complaints.at(place, f"{first.text} has a meaning already and cannot be assigned", "Choose another name")
    if first.text in GIVEN:
        raise complaints.at(place, f"{first.text} is given and cannot be assigned", "The rule's result is called step")
    after = position + 2
    if equals.text == "[":
        inner = tokens[position + 2 : position + 5]
        if len(inner) < 3 or inner[0].kind != "name" or inner[1].text != "]":
            raise complaints.at((equals.start, equals.end), "a list is assigned as v[k] = ...")
        index, equals, after = inner[0].text, inner[2], position + 5
    if equals.text != "=" or equals.kind != "sign":
        where = (equals.start, max(equals.end, equals.start + 1))
        raise complaints.at(where, f"= is missing after {first.text}", f"Write {first.text} = ...")
    parser = Parser(tokens, after, stop=frozenset({";"}))
    tree = parser.parse()
    end = tokens[parser.position].start
    return Assignment(first.text, index, tree, text[first.start : end].strip(), first.start + 1), parser.position
