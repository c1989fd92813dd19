"""Activations and losses by textbook, in mpmath: (value, slope) each, written independently of the catalogue."""

from __future__ import annotations

from collections.abc import Callable

import mpmath
from mpmath import mp, mpf

Number = mpmath.mpf
Pair = tuple[Callable[..., Number], Callable[..., Number]]


def sigmoid(z: Number) -> Number:
    return 1 / (1 + mp.exp(-z))


def softplus(z: Number) -> Number:
    return mp.log1p(mp.exp(z))


def normal(z: Number) -> Number:
    return mp.erfc(-z / mp.sqrt(2)) / 2


def density(z: Number) -> Number:
    return mp.exp(-z * z / 2) / mp.sqrt(2 * mp.pi)


def clamp(z: Number, low: int, high: int) -> Number:
    return mpf(low) if z < low else mpf(high) if z > high else z


SELU_ALPHA = mpf("1.6732632423543772848170429916717")
SELU_SCALE = mpf("1.0507009873554804934193349852946")


def _gelu_tanh(z: Number) -> Number:
    return z * (1 + mp.tanh(mp.sqrt(2 / mp.pi) * (z + mpf("0.044715") * z**3))) / 2


def _gelu_tanh_slope(z: Number) -> Number:
    u = mp.sqrt(2 / mp.pi) * (z + mpf("0.044715") * z**3)
    inner = mp.sqrt(2 / mp.pi) * (1 + 3 * mpf("0.044715") * z**2)
    return (1 + mp.tanh(u)) / 2 + z * mp.sech(u) ** 2 * inner / 2


ACTIVATIONS: dict[str, Pair] = {
    "identity": (lambda z: z, lambda z: mpf(1)),
    "sigmoid": (sigmoid, lambda z: sigmoid(z) * sigmoid(-z)),
    "tanh": (mp.tanh, lambda z: mp.sech(z) ** 2),
    "softsign": (lambda z: z / (1 + abs(z)), lambda z: 1 / (1 + abs(z)) ** 2),
    "arctan": (mp.atan, lambda z: 1 / (1 + z * z)),
    "hard_sigmoid": (lambda z: clamp(z + 3, 0, 6) / 6, lambda z: mpf(-3 < z < 3) / 6),
    "hard_tanh": (lambda z: clamp(z, -1, 1), lambda z: mpf(-1 < z < 1)),
    "log_sigmoid": (lambda z: -softplus(-z), lambda z: sigmoid(-z)),
    "step": (lambda z: mpf(z >= 0), lambda z: mpf(0)),
    "relu": (lambda z: max(z, mpf(0)), lambda z: mpf(z > 0)),
    "leaky_relu": (lambda z: z if z > 0 else z * mpf(0.01), lambda z: mpf(1) if z > 0 else mpf(0.01)),
    "relu6": (lambda z: clamp(z, 0, 6), lambda z: mpf(0 < z < 6)),
    "relu_squared": (lambda z: max(z, mpf(0)) ** 2, lambda z: 2 * max(z, mpf(0))),
    "elu": (lambda z: z if z > 0 else mp.expm1(z), lambda z: mpf(1) if z > 0 else mp.exp(z)),
    "celu": (lambda z: z if z > 0 else mp.expm1(z), lambda z: mpf(1) if z > 0 else mp.exp(z)),
    "selu": (
        lambda z: SELU_SCALE * (z if z > 0 else SELU_ALPHA * mp.expm1(z)),
        lambda z: SELU_SCALE * (1 if z > 0 else SELU_ALPHA * mp.exp(z)),
    ),
    "softplus": (softplus, sigmoid),
    "gelu": (lambda z: z * normal(z), lambda z: normal(z) + z * density(z)),
    "gelu_tanh": (_gelu_tanh, _gelu_tanh_slope),
    "silu": (lambda z: z * sigmoid(z), lambda z: sigmoid(z) * (1 + z * sigmoid(-z))),
    "mish": (
        lambda z: z * mp.tanh(softplus(z)),
        lambda z: mp.tanh(softplus(z)) + z * mp.sech(softplus(z)) ** 2 * sigmoid(z),
    ),
    "hard_swish": (
        lambda z: z * clamp(z + 3, 0, 6) / 6,
        lambda z: mpf(0) if z <= -3 else mpf(1) if z >= 3 else (2 * z + 3) / 6,
    ),
    "sine": (mp.sin, mp.cos),
    "snake": (lambda z: z + mp.sin(z) ** 2, lambda z: 1 + mp.sin(2 * z)),
    "gaussian": (lambda z: mp.exp(-z * z), lambda z: -2 * z * mp.exp(-z * z)),
    "soft_shrink": (
        lambda z: mp.sign(z) * max(abs(z) - mpf(1) / 2, mpf(0)),
        lambda z: mpf(abs(z) > mpf(1) / 2),
    ),
    "tanh_shrink": (lambda z: z - mp.tanh(z), lambda z: mp.tanh(z) ** 2),
}
"""At the parameters' defaults; the slope at a kink is the language's convention."""

KINKS = {
    "hard_sigmoid": (-3.0, 3.0), "hard_tanh": (-1.0, 1.0), "step": (0.0,), "relu": (0.0,), "leaky_relu": (0.0,),
    "relu6": (0.0, 6.0), "selu": (0.0,), "hard_swish": (-3.0, 3.0), "soft_shrink": (-0.5, 0.5),
}  # fmt: skip


def _focal(o: Number, y: Number) -> Number:
    p = sigmoid(o) if y == 1 else sigmoid(-o)
    return -((1 - p) ** 2) * mp.log(p)


def _focal_slope(o: Number, y: Number) -> Number:
    # d/do of -(1-p)^2 log p, where p = sigmoid(s) and s = o for y = 1, -o for y = 0
    sign = 1 if y == 1 else -1
    p, q = sigmoid(sign * o), sigmoid(-sign * o)
    return sign * (2 * q * p * q * mp.log(p) - q**3)


def _huber(o: Number, y: Number) -> Number:
    error = abs(o - y)
    return error**2 / 2 if error <= 1 else error - mpf(1) / 2


LOSSES: dict[str, Pair] = {
    "mse": (lambda o, y: (o - y) ** 2, lambda o, y: 2 * (o - y)),
    "half_mse": (lambda o, y: (o - y) ** 2 / 2, lambda o, y: o - y),
    "mae": (lambda o, y: abs(o - y), lambda o, y: mp.sign(o - y)),
    "huber": (_huber, lambda o, y: clamp(o - y, -1, 1)),
    "log_cosh": (lambda o, y: mp.log(mp.cosh(o - y)), lambda o, y: mp.tanh(o - y)),
    "quantile": (
        lambda o, y: mpf(0.9) * (y - o) if y > o else (1 - mpf(0.9)) * (o - y),
        lambda o, y: -mpf(0.9) if y > o else 1 - mpf(0.9) if o > y else mpf(0),
    ),
    "poisson": (lambda o, y: mp.exp(o) - y * o, lambda o, y: mp.exp(o) - y),
    "binary_cross_entropy": (
        lambda o, y: -y * mp.log(sigmoid(o)) - (1 - y) * mp.log(sigmoid(-o)),
        lambda o, y: sigmoid(o) - y,
    ),
    "hinge": (lambda o, y: max(mpf(0), 1 - y * o), lambda o, y: -y if y * o < 1 else mpf(0)),
    "squared_hinge": (lambda o, y: max(mpf(0), 1 - y * o) ** 2, lambda o, y: -2 * y * max(mpf(0), 1 - y * o)),
    "exponential": (lambda o, y: mp.exp(-y * o), lambda o, y: -y * mp.exp(-y * o)),
    "focal": (_focal, _focal_slope),
}
"""Of one output, at the parameters' defaults."""
