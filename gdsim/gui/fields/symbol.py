"""A parameter's LaTeX symbol as plain letters, for labels that must be there at once and stay crisp."""

from __future__ import annotations

import re

_LETTERS = {
    "alpha": "α", "beta": "β", "gamma": "γ", "delta": "δ", "epsilon": "ε", "varepsilon": "ε", "zeta": "ζ", "eta": "η",
    "theta": "θ", "kappa": "κ", "lambda": "λ", "mu": "μ", "nu": "ν", "xi": "ξ", "pi": "π", "rho": "ρ", "sigma": "σ",
    "tau": "τ", "phi": "φ", "varphi": "φ", "chi": "χ", "psi": "ψ", "omega": "ω", "Delta": "Δ", "Gamma": "Γ",
    "Lambda": "Λ", "Omega": "Ω", "ell": "ℓ", "infty": "∞", "max": "max", "min": "min",
}  # fmt: skip
_LOW = str.maketrans("0123456789+-aeoxhklmnpst", "₀₁₂₃₄₅₆₇₈₉₊₋ₐₑₒₓₕₖₗₘₙₚₛₜ")
_HIGH = str.maketrans("0123456789+-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻")
_LOWERABLE = set("0123456789+-aeoxhklmnpst")


def symbol_text(latex: str) -> str:
    r"""``\beta_1`` as β₁, ``\eta_{-}`` as η₋, ``\mathrm{lr}`` as lr; what has no such letters keeps its name."""
    text = re.sub(r"\\(?:mathrm|text|mathit|operatorname|mathbf)\s*\{([^{}]*)\}", r"\1", latex)
    text = re.sub(r"\\([A-Za-z]+)\s*", lambda found: _LETTERS.get(found[1], found[1]), text)
    text = re.sub(r"_(?:\{([^{}]*)\}|(.))", lambda found: _lowered(found[1] or found[2]), text)
    text = re.sub(r"\^(?:\{([^{}]*)\}|(.))", lambda found: _raised(found[1] or found[2]), text)
    return re.sub(r"[{}\\]|\\[,;! ]", "", text).strip()


def label_of(name: str, latex: str) -> str:
    """How a form calls a parameter: the symbol where it spells the name (β₁ for beta1), else the name, and the symbol
    behind a short one (``lr η``)."""
    symbol = symbol_text(latex)
    spelled = "".join(_SPELLED.get(letter, letter) for letter in symbol).replace("_", "")
    words = name.replace("_", " ")
    if spelled == name.replace("_", "") or not symbol or symbol == name:
        return symbol or words
    return f"{words} {symbol}" if len(name) <= 3 else words


_SPELLED = {letter: name for name, letter in _LETTERS.items() if not name.startswith("var")}
_SPELLED |= {"ε": "eps"} | dict(zip("₀₁₂₃₄₅₆₇₈₉", "0123456789", strict=True))


def _lowered(text: str) -> str:
    return text.translate(_LOW) if set(text) <= _LOWERABLE else f"_{text}"


def _raised(text: str) -> str:
    return text.translate(_HIGH) if set(text) <= set("0123456789+-") else f"^{text}"
