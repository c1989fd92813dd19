"""The words for what can be wrong with a formula: each names the place, what was expected, and a way out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from gdsim.errors import FormulaError
from gdsim.formula.names import FUNCTIONS, FunctionHelp
from gdsim.formula.tokens import Token
from gdsim.formula.tree import Place, Tree

if TYPE_CHECKING:
    from gdsim.formula.groups import Group

_OPERAND = "a number, a name or a bracket"


def at(place: Place, what: str, hint: str | None = None) -> FormulaError:
    """An error about a place (start, end) in the text."""
    return FormulaError(what, column=place[0] + 1, length=max(1, place[1] - place[0]), hint=hint)


def _on(token: Token, what: str, hint: str | None = None) -> FormulaError:
    return at((token.start, token.end), what, hint)


def empty() -> FormulaError:
    """Nothing was written."""
    return FormulaError("the formula is empty", column=1, hint="Write something like x^2 + y^2")


def operand_missing(tokens: Sequence[Token], position: int, group: Group | None) -> FormulaError:
    """At `position` stands something that cannot begin an operand."""
    token = tokens[position]
    previous = tokens[position - 1] if position else None
    if token.kind == "sign" and token.text == "=" and previous is not None and previous.text in "<>=!":
        return _on(token, f"= is too much here, after {previous.text}", "Comparisons are < <= > >= == !=")
    if group is not None and previous is group.opener:
        if token.text in (")", "}", "]", "|"):
            whole = (group.start, token.end)
            if group.token is not None and group.kind != "index":
                return at(whole, f"{group.token.text} has nothing in its brackets", _usage(group.token.text))
            return at(whole, "there is nothing between these brackets", f"Expected {_OPERAND}")
        if token.kind == "end":
            return _on(group.opener, f"the bracket {group.opener.text} is opened at the very end", "Nothing follows it")
    if previous is None or (previous.text in (";", "=") and previous.kind == "sign"):
        if token.kind == "end" or token.text == ";":
            return _on(previous or token, "there is nothing to calculate here", f"Expected {_OPERAND}")
        return _on(token, f"a formula cannot begin with {token.text}", f"Expected {_OPERAND}")
    if previous.kind == "function":
        return _on(previous, f"{previous.text} has no argument", _usage(previous.text))
    if token.kind == "end":
        return _on(previous, f"something is missing after {previous.text}", f"Expected {_OPERAND}")
    return _on(token, f"between {previous.text} and {token.text} something is missing", f"Expected {_OPERAND}")


def _usage(function: str) -> str | None:
    known = FUNCTIONS.get(function)
    return f"Write {known.signature}: {known.meaning}" if known else None


def no_operator(token: Token, left: Tree) -> FormulaError:
    """After an operand stands something that cannot follow it."""
    hints = {
        "!": "Write a factorial as a product, prod(i, i=1..5); not is written not, unequal !=",
        "=": "Compare with ==, as in if(x == 0, 1, x); a name in front, f(x, y) = ..., comes first and once",
        ";": "One formula at a time",
        "..": "Bounds belong in sum(..., i=1..n)",
        "not": "Conditions are joined by and, or",
    }
    what = "a factorial x! is not known here" if token.text == "!" else f"{token.text} cannot stand here"
    return _on(token, what, hints.get(token.text, "Expected an operator such as + - * / ^"))


def two_numbers(first: Token, second: Token) -> FormulaError:
    """`2 3`."""
    return at(
        (first.start, second.end),
        "two numbers stand side by side",
        f"Write {first.text}*{second.text} for their product",
    )


def stray_comma(tokens: Sequence[Token], position: int) -> FormulaError:
    """A comma outside a function's brackets, often a decimal comma."""
    comma = tokens[position]
    before, after = tokens[position - 1], tokens[position + 1]
    if before.kind == "number" and after.kind == "number" and before.end == comma.start and after.start == comma.end:
        point = f"A decimal number is written with a point: {before.text}.{after.text}"
        return at(
            (before.start, after.end),
            "a comma only separates the arguments of a function",
            f"{point}, a large one without separators: {before.text}{after.text}" if len(after.text) == 3 else point,
        )
    return _on(comma, "a comma only separates the arguments of a function", "Decimals are written with a point: 1.5")


def never_closed(opener: Token, closers: Mapping[str, str]) -> FormulaError:
    """The text ends inside a bracket."""
    sign = closers[opener.text]
    what = "this bar | has no partner" if sign == "|" else f"the bracket {opener.text} opened here is never closed"
    return _on(opener, what, f"Add a {sign}")


def closes_nothing(token: Token) -> FormulaError:
    """A closing bracket without an opening one."""
    return _on(token, f"this {token.text} closes a bracket that was never opened", "Remove it, or add the opening one")


def wrong_closer(opener: Token, token: Token, closers: Mapping[str, str]) -> FormulaError:
    """`(x]`."""
    return _on(
        token,
        f"here {closers[opener.text]} is expected, to close the {opener.text} of column {opener.start + 1}, "
        f"but {token.text} comes",
    )


def too_deep(token: Token, what: str) -> FormulaError:
    """More nesting than `limits` allows."""
    return _on(token, what, "Split the formula, or write it more simply")


def check_bare(token: Token, following: Token) -> None:
    """FormulaError if a function that needs brackets (more than one argument) stands without."""
    known = FUNCTIONS.get(token.text)
    if known is None or known.least > 1 or known.rule_only or token.text in ("sum", "prod"):
        usage = known.signature if known else {"pow": "pow(a, b)"}.get(token.text, "\\frac{a}{b}")
        raise _on(token, f"{token.text} needs brackets", f"Write {usage}")


def wrong_count(known: FunctionHelp, count: int, place: Place) -> FormulaError:
    """A function called with too few or too many arguments."""
    if known.most is None:
        wanted = f"at least {known.least} arguments"
    elif known.least != known.most:
        wanted = f"{known.least} or {known.most} arguments"
    else:
        wanted = f"{known.least} argument{'s' if known.least > 1 else ''}"
    hint = f"Write {known.signature}: {known.meaning}"
    return at(place, f"{known.name} takes {wanted}, here it has {count}", hint)


def function_power(function: Token, caret: Token) -> FormulaError:
    """`sin^(a+b) x`."""
    name = function.text
    return _on(caret, f"after {name}^ only a number or a name can stand", f"Write ({name}(x))^(...) for other powers")


def inverse_power(function: Token, first: Token, end: int) -> FormulaError:
    """`log^-1 x`, `sin^-2 x`."""
    name = function.text
    return at(
        (function.start, end),
        f"a negative power right behind {name} could mean two things",
        f"Write 1/{name}(x) for the reciprocal; only sin^-1, cos^-1 and tan^-1 are inverse functions",
    )


def loop_bounds(group: Group, token: Token) -> FormulaError:
    """`sum(x[i])`, `sum(x[i], 1, n)`."""
    name = group.token.text if group.token else "sum"
    return at((group.start, token.end), f"{name} needs its bounds", f"Write {name}(x[i]^2, i=1..n)")
