"""Tokens to tree: operator precedence parsing (V. R. Pratt, "Top down operator precedence", 1973) with the waiting
operators on a stack of our own, so that the time is linear and no nesting reaches Python's recursion limit.

Between two tokens the parser stands either where an operand must come or where an operator may come. Reading an
operator first finishes all waiting ones that bind tighter (`_finish`), then waits itself as an entry of the stack.
Binding strengths, loosest first; a function without brackets takes a product written side by side, but ends at the
next function:  `2 sin x cos y` is `2*sin(x)*cos(y)`,  `sin 2x` is `sin(2*x)`,  `sin x/2` is `sin(x)/2`.
"""

from __future__ import annotations

from typing import Final

from gdsim.errors import FormulaError
from gdsim.formula import complaints
from gdsim.formula.groups import BAR, CALL, INDEX, LOOP, ROUND, Group, close_call
from gdsim.formula.limits import MAX_DEPTH
from gdsim.formula.names import INVERSES, Vocabulary
from gdsim.formula.tokens import Token, tokenize
from gdsim.formula.tree import Call, Compare, Index, Name, Negate, Num, Power, Product, Sum, Tree

OR: Final = 10
AND: Final = 20
NOT: Final = 30
COMPARE: Final = 40
SUM: Final = 50
SIGN: Final = 55  # a minus in front of a whole product
PRODUCT: Final = 60
BARE: Final = 66  # a function without brackets
BESIDE: Final = 68  # factors side by side inside such a function's argument
TIGHT_SIGN: Final = 75  # a minus behind *, / or ^
ROOT: Final = 78
POWER: Final = 80

_CHAINS = {
    "or": OR, "and": AND, "<": COMPARE, "<=": COMPARE, ">": COMPARE, ">=": COMPARE, "==": COMPARE, "!=": COMPARE,
    "+": SUM, "-": SUM, "*": PRODUCT, "/": PRODUCT, "%": PRODUCT, "mod": PRODUCT,
}  # fmt: skip
_RELATIONS = {"<": "lt", "<=": "le", ">": "gt", ">=": "ge", "==": "eq", "!=": "ne"}
_CLOSERS = {"(": ")", "{": "}", "[": "]", "|": "|"}
_OPERAND_KINDS = frozenset({"number", "name", "function"})
_OPERAND_SIGNS = frozenset({"(", "{", "[", "√", "|", "not"})


class _Chain:
    """Operands joined by operators of one strength, waiting for the next operand."""

    __slots__ = ("items", "level", "marks")

    def __init__(self, level: int, first: Tree) -> None:
        self.level = level
        self.items = [first]
        self.marks = ["+" if level == SUM else "*"]

    def finish(self, last: Tree) -> Tree:
        self.items.append(last)
        items, marks = tuple(self.items), tuple(self.marks)
        place = (items[0].place[0], last.place[1])
        if self.level == SUM:
            return Sum(items, marks, place)
        if self.level in (PRODUCT, BESIDE):
            return Product(items, marks, place)
        if self.level == COMPARE:
            return Compare(items, tuple(_RELATIONS[mark] for mark in marks[1:]), place)
        return Call("and" if self.level == AND else "or", items, place)


class _Prefix:
    """A sign, root or function in front of its operand; `exponent` is that of `sin^2 x`."""

    __slots__ = ("exponent", "level", "token")

    def __init__(self, level: int, token: Token, exponent: Tree | None = None) -> None:
        self.level = level
        self.token = token
        self.exponent = exponent

    def finish(self, operand: Tree) -> Tree:
        place = (self.token.start, operand.place[1])
        if self.token.text == "-":
            return Negate(operand, place)
        name = "sqrt" if self.token.text == "√" else self.token.text
        call = Call(name, (operand,), place)
        return call if self.exponent is None else Power(call, self.exponent, place)


class _Raise:
    """A base waiting for its exponent."""

    __slots__ = ("base", "level")

    def __init__(self, base: Tree) -> None:
        self.level = POWER
        self.base = base

    def finish(self, exponent: Tree) -> Tree:
        return Power(self.base, exponent, (self.base.place[0], exponent.place[1]))


class Parser:
    """Reads one expression from a list of tokens; `stop` are signs that end it at top level (";" in rules)."""

    def __init__(self, tokens: list[Token], position: int = 0, stop: frozenset[str] = frozenset()) -> None:
        self.tokens = tokens
        self.position = position
        self.stop = stop
        self.stack: list[_Chain | _Prefix | _Raise | Group] = []
        self.groups: list[int] = []  # where on the stack the open brackets are
        self.current: Tree | None = None  # the operand just read; None where one must come

    def parse(self) -> Tree:
        """The tree of the expression; `position` then is that of the token which ended it."""
        while True:
            token = self.tokens[self.position]
            if self.current is None:
                self._operand(token)
            elif token.kind == "end" or (token.text in self.stop and not self.groups and token.kind == "sign"):
                break
            else:
                self._operator(token, self.current)
        tree = self._finish(0)
        if self.groups:
            raise complaints.never_closed(self._group().opener, _CLOSERS)
        return tree

    # Where an operand must come

    def _operand(self, token: Token) -> None:
        self.position += 1
        text = token.text
        if token.kind == "number":
            self.current = Num(float(text), text, (token.start, token.end))
        elif token.kind == "name":
            following = self.tokens[self.position]
            if following.text == "[" and following.start == token.end:
                self.position += 1
                self._open(Group(INDEX, following, token))
            else:
                self.current = Name(text, (token.start, token.end))
        elif token.kind == "function":
            self._function(token)
        elif token.kind == "sign" and text in _CLOSERS and text != "|":
            self._open(Group(ROUND, token))
        elif text == "|" and token.kind == "sign":
            self._open(Group(BAR, token))
        elif text in ("-", "√", "not") and token.kind == "sign":
            self._prefix(token)
        elif text != "+" or token.kind != "sign":
            raise complaints.operand_missing(self.tokens, self.position - 1, self._group() if self.groups else None)

    def _prefix(self, token: Token) -> None:
        level = {"√": ROOT, "not": NOT}.get(token.text, SIGN)
        if level == SIGN and self.stack and self.stack[-1].level >= PRODUCT:
            level = TIGHT_SIGN
        self._push(_Prefix(level, token))

    def _function(self, token: Token) -> None:
        exponent = self._function_power(token)
        if isinstance(exponent, str):
            token, exponent = Token("function", exponent, token.start, token.end), None
        following = self.tokens[self.position]
        if following.text in ("(", "{") and following.kind == "sign":
            self.position += 1
            self._open(Group(LOOP if token.text in ("sum", "prod") else CALL, following, token, exponent))
        else:
            complaints.check_bare(token, following)
            self._push(_Prefix(BARE, token, exponent))

    def _function_power(self, token: Token) -> Tree | str | None:
        """The exponent between a function and its argument, `sin^2 x`; for `sin^-1` the name of the inverse."""
        first = self.tokens[self.position]
        start = self.position
        sign = ""
        if first.kind == "power":
            self.position += 1
            number = Token("number", first.text.lstrip("-"), first.start, first.end)
            sign = "-" if first.text.startswith("-") else ""
        elif first.text == "^":
            self.position += 1
            opened = self._skip("(", "{")
            sign = "-" if self._skip("-") else ""
            number = self.tokens[self.position]
            self.position += 1
            if number.kind not in ("number", "name"):
                raise complaints.function_power(token, first)
            if opened and not self._skip(_CLOSERS[opened]):
                raise complaints.function_power(token, first)
        else:
            return None
        place = (number.start, number.end)
        if sign:
            if number.text == "1" and token.text in INVERSES:
                return INVERSES[token.text]
            raise complaints.inverse_power(token, self.tokens[start], self.tokens[self.position - 1].end)
        return Num(float(number.text), number.text, place) if number.kind == "number" else Name(number.text, place)

    def _skip(self, *signs: str) -> str:
        token = self.tokens[self.position]
        if token.kind == "sign" and token.text in signs:
            self.position += 1
            return token.text
        return ""

    # Where an operator may come

    def _operator(self, token: Token, left: Tree) -> None:
        text = token.text
        if token.kind == "power":
            self.position += 1
            base = self._finish(POWER)
            value = float(text)
            exponent: Tree = Num(abs(value), text.lstrip("-+"), (token.start, token.end))
            if value < 0 or text.startswith("-"):
                exponent = Negate(exponent, exponent.place)
            self.current = Power(base, exponent, (base.place[0], token.end))
        elif token.kind in _OPERAND_KINDS:
            self._beside(token, left)
        elif text in _CHAINS:
            self.position += 1
            self._join(_CHAINS[text], "%" if text == "mod" else text)
        elif text == "^":
            self.position += 1
            self._push(_Raise(self._finish(POWER)))
        elif text == "|" and self.groups and self._group().kind == BAR:
            self._close(token)
        elif text in _OPERAND_SIGNS:
            self._beside(token, left)
        elif text == ",":
            self._comma(token)
        elif text in (")", "}", "]"):
            self._close(token)
        elif text == ".." and self.groups and self._group().kind == LOOP and self._group().index:
            self.position += 1
            self._group().arguments.append(self._finish(0))
            self.current = None
        else:
            raise complaints.no_operator(token, left)

    def _join(self, level: int, mark: str) -> None:
        """The operand so far becomes an item of a chain of this strength, which waits for the next."""
        operand = self._finish(level)
        top = self.stack[-1] if self.stack else None
        if isinstance(top, _Chain) and top.level == level:
            top.items.append(operand)
        else:
            top = _Chain(level, operand)
            self._push(top)
        top.marks.append(mark)
        self.current = None

    def _beside(self, token: Token, left: Tree) -> None:
        """Two operands side by side are a product."""
        if token.text == "not":
            raise complaints.no_operator(token, left)
        if token.kind == "number" and self.tokens[self.position - 1].kind == "number":
            raise complaints.two_numbers(self.tokens[self.position - 1], token)
        self.current = self._finish(BESIDE)
        top = self.stack[-1] if self.stack else None
        in_bare = top is not None and top.level in (BARE, BESIDE)
        self._join(BESIDE if in_bare and token.kind != "function" else PRODUCT, "")

    def _comma(self, token: Token) -> None:
        group = self._group() if self.groups else None
        if group is None or group.kind not in (CALL, LOOP):
            raise complaints.stray_comma(self.tokens, self.position)
        self.position += 1
        group.arguments.append(self._finish(0))
        self.current = None
        if group.kind == LOOP and len(group.arguments) == 1:
            self._loop_index(group)

    def _loop_index(self, group: Group) -> None:
        name, equals = self.tokens[self.position : self.position + 2] if self.tokens[self.position].kind != "end" else (
            self.tokens[self.position], self.tokens[self.position])  # fmt: skip
        if name.kind != "name" or equals.text != "=":
            raise complaints.loop_bounds(group, name)
        group.index = name.text
        self.position += 2

    # Brackets

    def _open(self, group: Group) -> None:
        if len(self.groups) >= MAX_DEPTH:
            raise complaints.too_deep(group.opener, f"brackets are nested more than {MAX_DEPTH} deep")
        self.groups.append(len(self.stack))
        self.stack.append(group)
        self.current = None

    def _close(self, token: Token) -> None:
        content = self._finish(0)
        if not self.groups:
            raise complaints.closes_nothing(token)
        group = self._group()
        if _CLOSERS[group.opener.text] != token.text:
            raise complaints.wrong_closer(group.opener, token, _CLOSERS)
        self.position += 1
        if group.token is not None and group.token.text == "frac" and not group.arguments:
            self._second_group(group, token, content)
            return
        self.stack.pop()
        self.groups.pop()
        place = (group.start, token.end)
        if group.kind == BAR:
            self.current = Call("abs", (content,), place)
        elif group.kind == INDEX and group.token is not None:
            self.current = Index(group.token.text, content, place)
        elif group.kind == ROUND:
            self.current = content
        else:
            self.current = close_call(group, content, place)

    def _second_group(self, group: Group, token: Token, content: Tree) -> None:
        """Between the two braces of \\frac{a}{b}."""
        following = self.tokens[self.position]
        if following.text != group.opener.text:
            hint = "A fraction is \\frac{a}{b}, or (a)/(b)"
            raise FormulaError("a second part in braces is missing here", column=token.end, hint=hint)
        self.position += 1
        group.arguments.append(content)
        self.current = None

    def _group(self) -> Group:
        group = self.stack[self.groups[-1]]
        assert isinstance(group, Group)
        return group

    def _push(self, entry: _Chain | _Prefix | _Raise) -> None:
        waiting = len(self.stack) - (self.groups[-1] if self.groups else 0)
        if waiting > MAX_DEPTH:
            token = self.tokens[min(self.position, len(self.tokens) - 1)]
            raise complaints.too_deep(token, f"more than {MAX_DEPTH} signs or powers wait for their operand here")
        self.stack.append(entry)
        self.current = None

    def _finish(self, level: int) -> Tree:
        """The operand, with all waiting operators that bind tighter than `level` done."""
        operand = self.current
        assert operand is not None
        while self.stack:
            top = self.stack[-1]
            if isinstance(top, Group) or top.level <= level:
                break
            self.stack.pop()
            operand = top.finish(operand)
        self.current = operand
        return operand


def parse_expression(text: str, vocabulary: Vocabulary | None = None) -> Tree:
    """The tree of an expression, nothing in front of it; FormulaError with column and length where it goes wrong."""
    tokens = tokenize(text, vocabulary or Vocabulary())
    if len(tokens) == 1:
        raise complaints.empty()
    return Parser(tokens).parse()
