"""The words of the formula language: one table of functions, the constants, the Greek letters, and "did you mean"."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class FunctionHelp:
    """One function as help and completion show it.

    Attributes:
        name: how it is written.
        arguments: their names, such as ``("u", "low", "high")``; a last ``"..."`` means any number more.
        meaning: one line.
        optional: how many of the last arguments may be left out.
        rule_only: known in update rules, not in formulas.
    """

    name: str
    arguments: tuple[str, ...]
    meaning: str
    optional: int = 0
    rule_only: bool = False

    @property
    def signature(self) -> str:
        """How a call looks, such as ``clip(u, low, high)``."""
        return f"{self.name}({', '.join(self.arguments)})"

    @property
    def least(self) -> int:
        """The fewest arguments a call may have."""
        return len(self.arguments) - self.optional - (self.arguments[-1] == "...")

    @property
    def most(self) -> int | None:
        """The most arguments a call may have; None: any number."""
        return None if self.arguments[-1] == "..." else len(self.arguments)


def _table(*rows: FunctionHelp) -> Mapping[str, FunctionHelp]:
    return MappingProxyType({row.name: row for row in rows})


def _one(name: str, meaning: str) -> FunctionHelp:
    return FunctionHelp(name, ("u",), meaning)


FUNCTIONS: Mapping[str, FunctionHelp] = _table(
    _one("sin", "sine, the angle in radians"),
    _one("cos", "cosine, the angle in radians"),
    _one("tan", "tangent, the angle in radians"),
    _one("asin", "arcsine: the angle whose sine is u; also sin^-1"),
    _one("acos", "arccosine: the angle whose cosine is u; also cos^-1"),
    _one("atan", "arctangent: the angle whose tangent is u; also tan^-1"),
    _one("cot", "cotangent, 1/tan(u)"),
    _one("sec", "secant, 1/cos(u)"),
    _one("csc", "cosecant, 1/sin(u)"),
    FunctionHelp("atan2", ("y", "x"), "the angle of the point (x, y), from -pi to pi"),
    _one("sinh", "hyperbolic sine"),
    _one("cosh", "hyperbolic cosine"),
    _one("tanh", "hyperbolic tangent, an S-shaped curve from -1 to 1"),
    _one("asinh", "the number whose sinh is u"),
    _one("acosh", "the number from 0 on whose cosh is u"),
    _one("atanh", "the number whose tanh is u"),
    _one("exp", "e to the power u"),
    FunctionHelp("log", ("u", "base"), "natural logarithm, or that to the base given; also ln(u)", optional=1),
    _one("log10", "logarithm to base 10"),
    _one("log2", "logarithm to base 2"),
    _one("sqrt", "square root; also the sign √"),
    _one("cbrt", "cube root, of negative numbers too"),
    _one("abs", "absolute value; also |u|"),
    _one("sign", "-1, 0 or 1"),
    FunctionHelp("min", ("a", "b", "..."), "the smallest of its arguments"),
    FunctionHelp("max", ("a", "b", "..."), "the largest of its arguments"),
    _one("floor", "the whole number at or below u"),
    _one("ceil", "the whole number at or above u"),
    FunctionHelp("mod", ("a", "b"), "remainder of a divided by b, with the sign of b; also a % b"),
    _one("sinc", "sin(u)/u, and 1 at u = 0 (u in radians, no factor pi)"),
    FunctionHelp("xlogy", ("u", "v"), "u times log(v), and 0 where u = 0"),
    _one("sigmoid", "1/(1 + e^-u), an S-shaped curve from 0 to 1"),
    _one("relu", "u where it is positive, else 0"),
    _one("softplus", "log(1 + e^u), a smooth relu"),
    _one("gelu", "u times the normal distribution function of u (the exact one, by erf)"),
    _one("erf", "error function"),
    _one("step", "1 where u >= 0, else 0"),
    FunctionHelp("clip", ("u", "low", "high"), "u, kept between low and high"),
    FunctionHelp("if", ("condition", "a", "b"), "a where the condition holds, else b"),
    FunctionHelp("sum", ("expression", "i=1..n"), "adds the expression up for i = 1, 2, ..., n"),
    FunctionHelp("prod", ("expression", "i=1..n"), "multiplies the expression for i = 1, 2, ..., n"),
    FunctionHelp("norm", ("u",), "length of the vector u: the root of the sum of its squares", rule_only=True),
    FunctionHelp("mean", ("u",), "mean over the coordinates of u", rule_only=True),
    FunctionHelp("dot", ("u", "v"), "sum over the coordinates of u times v", rule_only=True),
    FunctionHelp("len", ("betas",), "how many numbers a list of hyper-parameters has", rule_only=True),
    FunctionHelp(
        "orthogonalize",
        ("u",),
        "u as a matrix with its singular values brought near 1, by five Newton-Schulz iterations",
        rule_only=True,
    ),
)

ALIASES: Mapping[str, str] = MappingProxyType(
    {
        "ln": "log",
        "arcsin": "asin",
        "arccos": "acos",
        "arctan": "atan",
        "arctan2": "atan2",
        "arsinh": "asinh",
        "arcosh": "acosh",
        "artanh": "atanh",
        "sgn": "sign",
        "lg": "log10",
        "product": "prod",
        "pow": "pow",
        "frac": "frac",
    }
)
"""Other spellings, and two that are read as an operator: pow(a, b) is a^b, \\frac{a}{b} is a/b."""

WAYS_OUT: Mapping[str, str] = MappingProxyType(
    {
        "square": "Write u^2",
        "sqr": "Write u^2 for the square, sqrt(u) for the root",
        "cube": "Write u^3",
        "root": "Write sqrt(u), cbrt(u) or u^(1/5)",
        "power": "Write a^b",
        "round": "Write floor(u + 0.5)",
        "trunc": "Write sign(u)*floor(abs(u))",
        "fact": "Write prod(i, i=1..5)",
        "factorial": "Write prod(i, i=1..5)",
        "mean": "Write sum(x[i], i=1..n)/n",
        "norm": "Write sqrt(x^2 + y^2), or sqrt(sum(x[i]^2, i=1..n))",
        "dot": "Write sum(x[i]*y[i], i=1..n) as a sum of products",
        "hypot": "Write sqrt(x^2 + y^2)",
        "heaviside": "Write step(u)",
        "logistic": "Write sigmoid(u)",
        "erfc": "Write 1 - erf(u)",
        "sech": "Write 1/cosh(u)",
        "csch": "Write 1/sinh(u)",
        "coth": "Write 1/tanh(u)",
        "tg": "Did you mean tan(...)?",
        "sen": "Did you mean sin(...)?",
        "sine": "Did you mean sin(...)?",
        "cosine": "Did you mean cos(...)?",
        "tangent": "Did you mean tan(...)?",
        "diff": "Derivatives are made by the program: write the function alone",
        "grad": "Derivatives are made by the program: write the function alone",
        "rand": "Noise is a racer's setting, noise=0.1",
        "random": "Noise is a racer's setting, noise=0.1",
    }
)
"""What to write for functions that the language does without."""

INVERSES: Mapping[str, str] = MappingProxyType({"sin": "asin", "cos": "acos", "tan": "atan"})
"""What `sin^-1` means."""

CONSTANTS: Mapping[str, float] = MappingProxyType({"pi": 3.141592653589793, "e": 2.718281828459045})

GREEK: Mapping[str, str] = MappingProxyType(
    {
        "α": "alpha", "β": "beta", "γ": "gamma", "δ": "delta", "ε": "epsilon", "ϵ": "epsilon", "ζ": "zeta",
        "η": "eta", "θ": "theta", "ϑ": "theta", "ι": "iota", "κ": "kappa", "λ": "lambda", "μ": "mu", "µ": "mu",
        "ν": "nu", "ξ": "xi", "π": "pi", "ρ": "rho", "σ": "sigma", "ς": "sigma", "τ": "tau", "υ": "upsilon",
        "φ": "phi", "ϕ": "phi", "χ": "chi", "ψ": "psi", "ω": "omega", "Γ": "Gamma", "Δ": "Delta", "Θ": "Theta",
        "Λ": "Lambda", "Ξ": "Xi", "Σ": "Sigma", "Φ": "Phi", "Ψ": "Psi", "Ω": "Omega",
    }
)  # fmt: skip
"""Greek letters and the names they stand for: α and `alpha` are one name."""

GREEK_NAMES = frozenset(GREEK.values()) - {"pi"}

INFIX_WORDS = frozenset({"and", "or", "not", "mod"})
"""Words that stand between (or, for `not`, before) what they join, when written alone."""


@dataclass(frozen=True)
class Vocabulary:
    """What the words of one text may mean.

    Attributes:
        names: names of more than one letter known beforehand (variables given by the user).
        rule: the text is an update rule: words are never taken apart, and the functions of rules are known.
    """

    names: frozenset[str] = frozenset()
    rule: bool = False

    def function(self, word: str) -> str | None:
        """The canonical name of the function that `word` calls, in lower, Capitalised or UPPER case; else None."""
        if word in self.names:
            return None
        lower = word.lower()
        if word not in (lower, lower.capitalize(), lower.upper()):
            return None
        name = ALIASES.get(lower, lower)
        if name in ("pow", "frac"):
            return name
        known = FUNCTIONS.get(name)
        return name if known is not None and (self.rule or not known.rule_only) else None

    def longest_known(self, word: str, start: int) -> str:
        """The longest known word that begins at `start`; "" if there is none. `if` counts only alone."""
        for length in range(min(len(word) - start, self._longest), 1, -1):
            part = word[start : start + length]
            if part in self.names:
                return part
            if part.lower() in _KNOWN and (part in GREEK_NAMES or part in PI or self.function(part) is not None):
                return part
        return ""

    @cached_property
    def _longest(self) -> int:
        return max(map(len, [*_KNOWN, *self.names]))


PI = frozenset({"pi", "Pi", "PI"})
_KNOWN = ({*FUNCTIONS, *ALIASES, "pi"} - {"if", "lg", "frac"}) | {name.lower() for name in GREEK_NAMES}


def function_help(rule: bool = False) -> tuple[FunctionHelp, ...]:
    """Every function in the order of the table; those of update rules too if `rule`."""
    return tuple(entry for entry in FUNCTIONS.values() if rule or not entry.rule_only)


def distance(left: str, right: str) -> int:
    """How many letters must be changed, added, left out or swapped with their neighbour (Damerau 1964)."""
    previous: list[int] = []
    current = list(range(len(right) + 1))
    for i, a in enumerate(left, 1):
        before, previous, current = previous, current, [i]
        for j, b in enumerate(right, 1):
            best = min(previous[j] + 1, current[j - 1] + 1, previous[j - 1] + (a != b))
            if i > 1 and j > 1 and a == right[j - 2] and left[i - 2] == b:
                best = min(best, before[j - 2] + 1)
            current.append(best)
    return current[-1]


def did_you_mean(word: str, known: Iterable[str]) -> str | None:
    """The known word nearest to `word`, if one is near enough to be meant; case is ignored."""
    word = word.lower()
    allowed = 1 if len(word) <= 4 else 2
    best: tuple[int, bool, int, str] | None = None
    for name in known:
        if abs(len(name) - len(word)) > allowed:
            continue
        apart = not (word.startswith(name.lower()) or name.lower().startswith(word))
        found = (distance(word, name.lower()), apart, abs(len(name) - len(word)), name)
        if found[0] <= allowed and found[0] < max(len(word), len(name)) and (best is None or found < best):
            best = found
    return best[3] if best else None
