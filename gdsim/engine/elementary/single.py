"""The elementary functions in single precision, for kernels: each inlined, and vectorised in a loop over points."""

from __future__ import annotations

from gdsim.engine.elementary.arcs import arcs
from gdsim.engine.elementary.circular import cos_single as cos
from gdsim.engine.elementary.circular import sin_single as sin
from gdsim.engine.elementary.circular import tan_single as tan
from gdsim.engine.elementary.cube_root import cube_root
from gdsim.engine.elementary.error_function import error_function
from gdsim.engine.elementary.exponential import exponential
from gdsim.engine.elementary.logarithmic import logarithmic
from gdsim.engine.elementary.power import pow_single as pow
from gdsim.engine.elementary.precision import SINGLE

_exponential = exponential(SINGLE)
_logarithmic = logarithmic(SINGLE, _exponential.exp)
_arcs = arcs(SINGLE)

exp, expm1, exp_between = _exponential.exp, _exponential.expm1, _exponential.exp_between
sinh, cosh, tanh = _exponential.sinh, _exponential.cosh, _exponential.tanh
sigmoid, sigmoid_slope, sech2 = _exponential.sigmoid, _exponential.sigmoid_slope, _exponential.sech2
log, log2, log10, log1p = _logarithmic.log, _logarithmic.log2, _logarithmic.log10, _logarithmic.log1p
softplus = _logarithmic.softplus
asinh, acosh, atanh = _logarithmic.asinh, _logarithmic.acosh, _logarithmic.atanh
cbrt = cube_root(SINGLE, _logarithmic.split)
atan, atan2, asin, acos = _arcs.atan, _arcs.atan2, _arcs.asin, _arcs.acos
erf = error_function(SINGLE, _exponential.exp_between)

__all__ = [
    "acos", "acosh", "asin", "asinh", "atan", "atan2", "atanh", "cbrt", "cos", "cosh", "erf", "exp",
    "expm1", "log", "log1p", "log2", "log10", "pow", "sech2", "sigmoid", "sigmoid_slope", "sin", "sinh", "softplus",
    "tan", "tanh",
]  # fmt: skip
