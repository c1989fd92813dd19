"""The small functions that a stand-alone script may need, as text: NumPy has none of these."""

from __future__ import annotations

import re

from gdsim.formula.ops_smooth import SERIES_REACH, SINC_CURVE_SERIES, SINC_SLOPE_SERIES

_FUNCTIONS: dict[str, str] = {
    "step": """
def step(u):
    return np.where(u >= 0, 1.0, np.where(u < 0, 0.0, u))
""",
    "pow_slope": """
def pow_slope(u, p):
    # the derivative of u**p, 0 at u = 0 where it would be infinite
    return np.where((u == 0) & (p >= 0) & (p < 1), 0.0, p * np.power(u, p - 1.0))
""",
    "root_slope": """
def root_slope(r):
    # the derivative of the square root r = sqrt(u), 0 at u = 0
    return np.where(r == 0, 0.0, 0.5 / r)
""",
    "xlogy": """
def xlogy(x, y):
    return np.where((x == 0) & (y == y), 0.0, x * np.log(y))
""",
    "sech2": """
def sech2(u):
    # 1/cosh(u)**2, the derivative of tanh
    e = np.exp(-2.0 * np.abs(u))
    return 4.0 * e / (1.0 + e) ** 2
""",
    "sigmoid": """
def sigmoid(u):
    e = np.exp(-np.abs(u))
    return np.where(u >= 0, 1.0 / (1.0 + e), e / (1.0 + e))
""",
    "sigmoid_slope": """
def sigmoid_slope(u):
    e = np.exp(-np.abs(u))
    return e / (1.0 + e) ** 2
""",
    "softplus": """
def softplus(u):
    return np.maximum(u, 0.0) + np.log1p(np.exp(-np.abs(u)))
""",
    "sinc": """
def sinc(u):
    return np.where(u == 0, 1.0, np.sin(u) / u)
""",
    "sinc_slope": f"""
def sinc_slope(u):
    # the derivative of sin(u)/u, by its series near 0
    near = u * np.polynomial.polynomial.polyval(u * u, {list(SINC_SLOPE_SERIES)})
    return np.where(np.abs(u) < {SERIES_REACH}, near, (np.cos(u) - np.sin(u) / u) / u)
""",
    "sinc_curve": f"""
def sinc_curve(u):
    # the second derivative of sin(u)/u, by its series near 0
    near = np.polynomial.polynomial.polyval(u * u, {list(SINC_CURVE_SERIES)})
    return np.where(np.abs(u) < {SERIES_REACH}, near, -np.sin(u) / u - 2.0 * (np.cos(u) - np.sin(u) / u) / u / u)
""",
    "erf": """
erf = np.vectorize(math.erf, otypes=[float])
""",
    "normal_mass": """
_erfc = np.vectorize(math.erfc, otypes=[float])


def normal_mass(u):
    # the normal distribution function
    return 0.5 * _erfc(-u / math.sqrt(2.0))
""",
    "normal_density": """
def normal_density(u):
    return np.exp(-0.5 * u * u) / math.sqrt(2.0 * math.pi)
""",
}

RESERVED = frozenset(_FUNCTIONS) | {"np", "math"}
"""Names that nothing else in a script may have."""


def with_header(body: str) -> str:
    """A whole script: the imports and small functions that `body` calls, then the body."""
    used = [text for name, text in _FUNCTIONS.items() if re.search(rf"(?<![\w.]){name}\(", body)]
    functions = "".join(f"\n{text}" for text in used)
    imports = "import math\n\nimport numpy as np\n" if "math." in functions else "import numpy as np\n"
    quiet = '\nnp.seterr(all="ignore")  # what is not defined is NaN, what is too large is infinite\n'
    return f"{imports}{quiet}{functions}\n\n{body}"
