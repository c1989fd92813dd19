"""How weights begin: each matrix by the scheme of the model's initialisation; biases 0, gains 1, shifts 0."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.random import PCG64, Generator, SeedSequence
from numpy.typing import NDArray

from gdsim.errors import SpecError
from gdsim.formula import did_you_mean
from gdsim.objectives.network.architecture import Architecture
from gdsim.objectives.network.design import Initialisation

Array = NDArray[Any]
Draw = Callable[[Generator, int, int], Array]


@dataclass(frozen=True, slots=True)
class Scheme:
    """A way to draw a matrix (outputs, inputs).

    Attributes:
        title: for people.
        latex: the distribution of one weight, n_in inputs and n_out outputs.
        source: paper or well-known reference.
        doc: one line on what it is good for.
        draw: the matrix, before the factor `Initialisation.scale`.
    """

    title: str
    latex: str
    source: str
    doc: str
    draw: Draw


def initial_theta(architecture: Architecture, init: Initialisation) -> NDArray[np.float64]:
    """Theta (n,) at the start. Every layer has a stream of its own: layers added behind it change nothing before.

    Raises:
        SpecError: an unknown scheme, a scale that is not finite, a negative seed.
    """
    scheme = INITIALISATIONS.get(init.name)
    if scheme is None:
        near = did_you_mean(init.name, INITIALISATIONS)
        hint = f"Did you mean {near!r}?" if near else f"There are {', '.join(INITIALISATIONS)}"
        raise SpecError(f"there is no initialisation {init.name!r}", where="initialisation", hint=hint)
    if not math.isfinite(init.scale):
        raise SpecError(f"{init.scale:g} is no factor", where="initialisation, scale", hint="Use a finite number")
    if not 0 <= init.seed < 2**63:
        raise SpecError(f"{init.seed} is out of range", where="initialisation, seed", hint="Use a whole number from 0")
    theta = np.zeros(architecture.size)
    for number, layer in enumerate(architecture.layers):
        random = Generator(PCG64(SeedSequence(init.seed, spawn_key=(number,))))
        theta[layer.weights.place] = init.scale * scheme.draw(random, layer.outputs, layer.inputs).ravel()
        if layer.gain is not None:
            theta[layer.gain.place] = 1.0
    return theta


def _uniform(bound: Callable[[int, int], float]) -> Draw:
    """Between -bound and bound, a function of (outputs, inputs)."""
    return lambda random, outputs, inputs: bound(outputs, inputs) * (2.0 * random.random((outputs, inputs)) - 1.0)


def _normal(deviation: Callable[[int, int], float]) -> Draw:
    """Normal about 0; the deviation is a function of (outputs, inputs)."""
    return lambda random, outputs, inputs: deviation(outputs, inputs) * random.standard_normal((outputs, inputs))


def _orthogonal(random: Generator, outputs: int, inputs: int) -> Array:
    """Orthonormal rows or columns, whichever are fewer: the Q of a normal matrix.

    Its signs are those that make R's diagonal positive, without which Q would not be uniform over all rotations
    (F. Mezzadri, How to generate random matrices from the classical compact groups, Notices AMS 54, 2007).
    """
    tall = random.standard_normal((max(outputs, inputs), min(outputs, inputs)))
    q, r = np.linalg.qr(tall)
    q = q * np.where(np.diag(r) < 0, -1.0, 1.0)
    return q if outputs >= inputs else q.T


_XAVIER = (
    "X. Glorot, Y. Bengio, Understanding the difficulty of training deep feedforward neural networks, AISTATS 2010"
)
_HE = "K. He, X. Zhang, S. Ren, J. Sun, Delving deep into rectifiers, ICCV 2015, arXiv:1502.01852"
_U = r"U\left(-{0}, {0}\right)"
_N = r"N\left(0, {0}\right)"

INITIALISATIONS: Mapping[str, Scheme] = MappingProxyType(
    {
        "zeros": Scheme(
            "Zeros", "w = 0", "Textbook", "All units of a layer stay alike for ever: shows why chance is needed.",
            lambda random, outputs, inputs: np.zeros((outputs, inputs)),
        ),
        "uniform": Scheme(
            "Uniform, -0.5 to 0.5", _U.format(r"\frac{1}{2}"), "Form of the TensorFlow Playground",
            "The same range whatever the width: too large for wide layers.", _uniform(lambda outputs, inputs: 0.5),
        ),
        "normal": Scheme(
            "Normal, deviation 1", _N.format("1"), "Textbook; form of torch.nn.init.normal_",
            "Large on purpose: the factor is the deviation, and shows how signals explode or die.",
            _normal(lambda outputs, inputs: 1.0),
        ),
        "xavier": Scheme(
            "Xavier (uniform)", _U.format(r"\sqrt{\frac{6}{n_{\mathrm{in}} + n_{\mathrm{out}}}}"), _XAVIER,
            "Keeps the variance of values and gradients from layer to layer, for tanh and sigmoid.",
            _uniform(lambda outputs, inputs: math.sqrt(6.0 / (inputs + outputs))),
        ),
        "xavier_normal": Scheme(
            "Xavier (normal)", _N.format(r"\frac{2}{n_{\mathrm{in}} + n_{\mathrm{out}}}"), _XAVIER,
            "The same variance as Xavier's uniform one.",
            _normal(lambda outputs, inputs: math.sqrt(2.0 / (inputs + outputs))),
        ),
        "he": Scheme(
            "He (normal)", _N.format(r"\frac{2}{n_{\mathrm{in}}}"), _HE,
            "Twice the variance, because ReLU silences half of it.",
            _normal(lambda outputs, inputs: math.sqrt(2.0 / inputs)),
        ),
        "he_uniform": Scheme(
            "He (uniform)", _U.format(r"\sqrt{\frac{6}{n_{\mathrm{in}}}}"), _HE,
            "The same variance as He's normal one.",
            _uniform(lambda outputs, inputs: math.sqrt(6.0 / inputs)),
        ),
        "lecun": Scheme(
            "LeCun (normal)", _N.format(r"\frac{1}{n_{\mathrm{in}}}"),
            "Y. LeCun, L. Bottou, G. B. Orr, K.-R. Müller, Efficient BackProp (1998)",
            "A weighted sum of inputs of variance 1 has variance 1; SELU is made for it.",
            _normal(lambda outputs, inputs: math.sqrt(1.0 / inputs)),
        ),
        "orthogonal": Scheme(
            "Orthogonal", r"W^\top W = I",
            "A. M. Saxe, J. L. McClelland, S. Ganguli, Exact solutions to the nonlinear dynamics of learning in deep "
            "linear neural networks, ICLR 2014, arXiv:1312.6120",
            "A rotation: lengths are kept exactly, however many layers there are.", _orthogonal,
        ),
    }
)  # fmt: skip
"""By name, in the order in which they are offered; N gives the variance."""
