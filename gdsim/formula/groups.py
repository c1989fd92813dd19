"""What an open bracket waits for, and what it becomes when it closes: a call, a loop, an index, a plain bracket."""

from __future__ import annotations

from typing import Final

from gdsim.errors import FormulaError
from gdsim.formula import complaints
from gdsim.formula.names import FUNCTIONS
from gdsim.formula.tokens import Token
from gdsim.formula.tree import Call, Place, Power, Product, Reduce, Tree

ROUND: Final = "bracket"
BAR: Final = "bar"
CALL: Final = "call"
INDEX: Final = "index"
LOOP: Final = "loop"


class Group:
    """An open bracket on the parser's stack.

    Attributes:
        kind: one of the constants above.
        opener: the bracket.
        token: the function or the indexed name in front of it.
        exponent: that of `sin^2(x)`.
        arguments: what the commas (and the `..` of a loop) have closed so far.
        index: the loop's variable, once read.
    """

    __slots__ = ("arguments", "exponent", "index", "kind", "level", "opener", "token")

    def __init__(self, kind: str, opener: Token, token: Token | None = None, exponent: Tree | None = None) -> None:
        self.kind = kind
        self.opener = opener
        self.token = token
        self.exponent = exponent
        self.arguments: list[Tree] = []
        self.index = ""
        self.level = 0

    @property
    def start(self) -> int:
        """Where the whole begins, the word in front included."""
        return (self.token or self.opener).start


def close_call(group: Group, last: Tree, place: Place) -> Tree:
    """The tree of a function call whose last argument has been read."""
    function = group.token
    assert function is not None
    arguments = (*group.arguments, last)
    call: Tree
    if group.kind == LOOP:
        call = _loop(group, function, arguments, place)
    elif function.text in ("pow", "frac"):
        if len(arguments) != 2:
            raise FormulaError(
                f"{function.text} takes 2 arguments, here it has {len(arguments)}",
                column=place[0] + 1,
                length=place[1] - place[0],
                hint="pow(a, b) is the same as a^b",
            )
        first, second = arguments
        call = Power(first, second, place) if function.text == "pow" else Product((first, second), ("*", "/"), place)
    else:
        known = FUNCTIONS[function.text]
        if len(arguments) < known.least or (known.most is not None and len(arguments) > known.most):
            raise complaints.wrong_count(known, len(arguments), place)
        call = Call(function.text, arguments, place)
    return call if group.exponent is None else Power(call, group.exponent, place)


def _loop(group: Group, function: Token, arguments: tuple[Tree, ...], place: Place) -> Tree:
    if len(arguments) == 1 and not group.index:
        return Call(function.text, arguments, place)  # over all coordinates: a rule may, a formula may not
    if len(arguments) != 3:
        raise complaints.loop_bounds(group, group.opener)
    body, low, high = arguments
    return Reduce(function.text, body, group.index, low, high, place)
