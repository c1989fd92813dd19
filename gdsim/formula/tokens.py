"""Text to tokens: numbers, words (taken apart into known names and single letters), signs; each with its place."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from gdsim.errors import FormulaError
from gdsim.formula.limits import MAX_LENGTH
from gdsim.formula.names import FUNCTIONS, GREEK, GREEK_NAMES, INFIX_WORDS, PI, WAYS_OUT, Vocabulary, did_you_mean


class Token(NamedTuple):
    """One token. `kind`: number, name, function, sign, power (a superscript number), or end.

    `text` is the canonical spelling ("*" for "·"), `start` and `end` the place in the text counted from 0.
    """

    kind: str
    text: str
    start: int
    end: int


_SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺", "0123456789-+")
_PLAIN = str.maketrans("₀₁₂₃₄₅₆₇₈₉", "0123456789", "{}")
_SIGNS = {
    "**": "^", "·": "*", "⋅": "*", "×": "*", "∗": "*", "∙": "*", "•": "*", "−": "-", "–": "-", "÷": "/", "∕": "/",
    "⁄": "/", "≤": "<=", "≥": ">=", "≠": "!=", "=<": "<=", "=>": ">=", "<>": "!=", "…": "..", "...": "..",
    "&&": "and", "∧": "and", "∨": "or", "¬": "not", "∣": "|", "\\|": "|", "==": "==",
}  # fmt: skip
_LATEX = {
    "\\cdot": "*", "\\times": "*", "\\div": "/", "\\le": "<=", "\\leq": "<=", "\\ge": ">=", "\\geq": ">=",
    "\\ne": "!=", "\\neq": "!=", "\\lt": "<", "\\gt": ">", "\\left": "", "\\right": "", "\\land": "and",
    "\\lor": "or", "\\lbrace": "{", "\\rbrace": "}", "\\vert": "|", "\\lvert": "|", "\\rvert": "|", "\\quad": "",
    "\\ldots": "..", "\\dots": "..", "\\frac": "frac", "\\dfrac": "frac", "\\tfrac": "frac",
}  # fmt: skip
_GREEK_LETTERS = "".join(GREEK)
_TOKEN = re.compile(
    rf"""(?P<space>[\s\u200b\u2061\u2062$]+|\\[,;:!\ ])
    |(?P<number>(?:\d+(?:\.(?!\.)\d*)?|\.\d+)(?:[eE][+\-−]?\d+)?)
    |(?P<word>[A-Za-z](?:[A-Za-z0-9₀-₉]|_(?=[A-Za-z0-9])|_\{{[A-Za-z0-9]+\}})*)
    |(?P<greek>[{_GREEK_LETTERS}](?:[0-9₀-₉]+|_\{{[A-Za-z0-9]+\}}|_(?:[0-9]+|[A-Za-z]+))?)
    |(?P<latex>\\[A-Za-z]+(?:_\{{[A-Za-z0-9]+\}}|_(?:[0-9]|[A-Za-z]))?)
    |(?P<power>[⁺⁻]?[⁰¹²³⁴-⁹]+)
    |(?P<sign>\*\*|\.\.\.?|<=|>=|==|!=|=<|=>|<>|&&|\\\||[-+*/^%(){{}}\[\],;=<>!|√·⋅×∗∙•−–÷∕⁄≤≥≠…∧∨¬∣])
    |(?P<other>.)""",
    re.VERBOSE | re.DOTALL,
)
_SUFFIX = re.compile(r"\d+|_(?:\d+|[A-Za-z]+)")


def tokenize(text: str, vocabulary: Vocabulary) -> list[Token]:
    """The tokens of `text`, the last one of kind "end". FormulaError for what is no part of a formula."""
    if len(text) > MAX_LENGTH:
        raise FormulaError(
            f"the formula has {len(text):,} characters, the most is {MAX_LENGTH:,}",
            hint="Write long sums as sum(..., i=1..n)",
        )
    tokens: list[Token] = []
    position = 0
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:  # the pattern's last branch takes any character
            raise _stranger(text[position], position)
        kind, found, start = match.lastgroup, match.group(), position
        position = match.end()
        if kind == "word":
            position = _word(text, found, start, vocabulary, tokens)
        elif kind == "sign":
            tokens.append(Token("sign", _SIGNS.get(found, found), start, position))
        elif kind == "number":
            tokens.append(_number(text, found, start, position))
        elif kind == "power":
            tokens.append(Token("power", found.translate(_SUPERSCRIPTS), start, position))
        elif kind == "greek":
            name = GREEK[found[0]] + found[1:].translate(_PLAIN)
            if name.startswith("pi") and len(found) > 1:
                name, position = "pi", start + 1
            tokens.append(Token("name", name, start, position))
        elif kind == "latex":
            position = _latex(found, start, vocabulary, tokens)
        elif kind == "other":
            raise _stranger(found, start)
    tokens.append(Token("end", "", len(text), len(text)))
    return tokens


def _number(text: str, found: str, start: int, end: int) -> Token:
    if text[end : end + 1] == "." and text[end : end + 2] != "..":
        rest = re.match(r"[\d.]*", text[end:])
        length = end - start + (rest.end() if rest else 1)
        raise FormulaError("this number has two decimal points", column=start + 1, length=length)
    found = found.replace("−", "-")
    if float(found) == float("inf"):
        raise FormulaError(
            "this number is too large to calculate with",
            column=start + 1,
            length=end - start,
            hint="The largest is about 1.8e308",
        )
    return Token("number", found, start, end)


def _word(text: str, found: str, start: int, vocabulary: Vocabulary, tokens: list[Token]) -> int:
    """Adds the tokens of one unbroken run of letters, digits and underscores; returns the place where they end.

    That is before the run's end when a number follows a word in it, as in `sin2.5x`.
    """
    end = start + len(found)
    if len(found) == 1 and text[end : end + 1] != "_":
        tokens.append(Token("name", found, start, end))
        return end
    if text[end : end + 1] == "_":
        raise FormulaError(
            f"a letter or digit is missing after {found}_",
            column=end + 1,
            hint="A name with a subscript is written a_1 or a_max",
        )
    word = found.translate(_PLAIN)
    if word in INFIX_WORDS:
        kind = "function" if word == "mod" and _opens(text, end) else "sign"
        tokens.append(Token(kind, word, start, end))
        return end
    function = vocabulary.function(word)
    if function == "step" and vocabulary.rule and not _opens(text, end):
        function = None
    if function is not None or vocabulary.rule or word in vocabulary.names:
        tokens.append(Token("function" if function else "name", function or word, start, end))
        return end
    pieces = list(_take_apart(word, vocabulary))
    if _opens(text, end):
        _check_called(word, pieces, start, end, vocabulary)
    places = [start + offset for offset, letter in enumerate(found) if letter not in "{}"]
    position = 0
    for kind, canonical, length in pieces:
        if kind == "number":
            return places[position]
        tokens.append(Token(kind, canonical, places[position], places[position + length - 1] + 1))
        position += length
    return end


def _take_apart(word: str, vocabulary: Vocabulary) -> Iterator[tuple[str, str, int]]:
    """(kind, canonical text, length) of the pieces: the longest known word each time, else one letter.

    Ends with a piece of kind "number" where a digit follows a function or pi.
    """
    position = 0
    while position < len(word):
        if word[position].isdigit() or word[position] == "_":
            yield "number", "", 0
            return
        known = vocabulary.longest_known(word, position)
        function = vocabulary.function(known) if known and known not in GREEK_NAMES else None
        if function is not None:
            yield "function", function, len(known)
            position += len(known)
            continue
        length = len(known) or 1
        if known not in PI and known not in vocabulary.names:
            suffix = _SUFFIX.match(word, position + length)
            length += len(suffix.group()) if suffix else 0
        name = word[position : position + length]
        yield "name", "pi" if name in PI else name, length
        position += length


def _check_called(
    word: str, pieces: list[tuple[str, str, int]], start: int, end: int, vocabulary: Vocabulary
) -> None:
    """FormulaError for a word in front of a bracket that is no product anyone would write: an unknown function."""
    if len(word) < 2 or not word.isalpha():
        return
    kind, canonical, length = pieces[-1]
    if kind != "name" or length > 1 or canonical in "xyz":
        return  # it ends with a function, a Greek letter or a variable
    letters = all(kind == "name" and length == 1 for kind, _, length in pieces)
    known = [name for name in FUNCTIONS if vocabulary.function(name)]
    hint = WAYS_OUT.get(word.lower())
    if hint is None and (meant := _meant(word, [*known, "ln"])):
        hint = f"Did you mean {meant}(...)?"
    if hint is None or (len(word) == 2 and word not in WAYS_OUT and "ln" not in hint and "if" not in hint):
        if not letters or len(word) == 2:
            return
        parts = "*".join(word) if len(word) <= 12 else "a*b"
        hint = f"If a product is meant, write {parts}*(...)"
    shown = word if len(word) <= 24 else f"{word[:20]}..."
    raise FormulaError(f"there is no function called {shown}", column=start + 1, length=end - start, hint=hint)


def _meant(word: str, known: list[str]) -> str | None:
    """The function that a misspelt word means; letters in front of it may be factors, as in `xsni`."""
    if len(word) > 24:
        return None
    for cut in range(max(1, len(word) - 2)):
        meant = did_you_mean(word[cut:], known)
        if meant and (cut == 0 or len(meant) == len(word) - cut):
            return meant
    return None


def _opens(text: str, position: int) -> bool:
    while position < len(text) and text[position] == " ":
        position += 1
    return text[position : position + 1] == "("


def _latex(found: str, start: int, vocabulary: Vocabulary, tokens: list[Token]) -> int:
    """Adds the tokens of a LaTeX command, of those that people paste most; returns the place where it ends."""
    command = found.split("_")[0]
    word = command[1:].removeprefix("var")
    end = start + len(command)
    if command in _LATEX:
        meaning = _LATEX[command]
        if meaning:
            tokens.append(Token("function" if meaning == "frac" else "sign", meaning, start, end))
    elif word in GREEK_NAMES:
        end = start + len(found)
        tokens.append(Token("name", word + found[len(command) :].translate(_PLAIN), start, end))
    elif word == "pi":
        tokens.append(Token("name", word, start, end))
    elif (function := vocabulary.function(word)) is not None and word not in ("sum", "prod"):
        tokens.append(Token("function", function, start, end))
    else:
        hint = f"Write {word}(..., i=1..n)" if word in ("sum", "prod") else "Write the formula as plain text"
        raise FormulaError(
            f"the LaTeX command {command} is not understood here", column=start + 1, length=len(command), hint=hint
        )
    return end


def _stranger(character: str, start: int) -> FormulaError:
    hints = {
        "'": "Derivatives are made by the program: write the function alone",
        "’": "Derivatives are made by the program: write the function alone",
        "∞": "Infinity is not a number to calculate with",
        "∑": "Write sum(..., i=1..n)",
        "∏": "Write prod(..., i=1..n)",
        ":": "A loop is written i=1..n, a choice if(condition, a, b)",
        "?": "A choice is written if(condition, a, b)",
        "&": "Conditions are joined by the word and",
        "_": "A subscript follows a letter: a_1",
        ".": "A decimal point needs a digit beside it, as in 0.5",
        "°": "Angles are in radians: 180° is pi",
        "#": "Leave comments out",
        "@": "A product is written with *",
    }
    shown = character if character.isprintable() else repr(character)
    return FormulaError(
        f"the character {shown} is no part of a formula",
        column=start + 1,
        hint=hints.get(character, "Use letters, numbers, brackets and + - * / ^"),
    )
