"""The chain rule for one weight of a network, written out line by line with one sample's numbers.

J is the sample's loss, h what a layer gives, z = W h + b its sums, u what goes into f (z itself without a
normalisation), delta = dJ/dz.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from gdsim.analysis.backprop import block_of, place_of
from gdsim.formula import latex_graph
from gdsim.objectives.network.curves import is_categorical, loss_gradient_graph

if TYPE_CHECKING:
    from gdsim.analysis.backprop import Walk, WalkLayer
    from gdsim.objectives.network.architecture import Dense
    from gdsim.objectives.network.design import Loss
    from gdsim.objectives.network.network import NetworkObjective

_WRITTEN = 3  # terms of a sum that are written out; of more, one less and dots
_LONGEST = 60  # characters of LaTeX up to which a loss' slope is written out
MINUS = "\N{MINUS SIGN}"
_RAISED = str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")


@dataclass(frozen=True, slots=True)
class ChainLine:
    """One line.

    Attributes:
        latex: what is computed, with letters; numbers: the same with this sample's numbers and the result, LaTeX, empty
            for the first line.
        plain: both as plain text.
        value: the result; NaN for the first line.
    """

    latex: str
    numbers: str
    plain: str
    value: float = float("nan")

    @property
    def whole(self) -> str:
        """Letters and numbers in one line of LaTeX."""
        return f"{self.latex} = {self.numbers}" if self.numbers else self.latex


def number(value: float, factor: bool = False) -> str:
    """Three significant digits in LaTeX; a `factor` that is negative or has a power of ten stands in parentheses."""
    if not np.isfinite(value):
        return r"\mathrm{NaN}" if value != value else r"\infty" if value > 0 else r"-\infty"
    mantissa, mark, exponent = f"{value + 0.0:.3g}".partition("e")  # no -0
    text = rf"{mantissa} \cdot 10^{{{int(exponent)}}}" if mark else mantissa
    text = text.replace("-", "{-}", 1) if value < 0 else text  # a sign, not a difference
    return f"({text})" if factor and value < 0 else text


def plain_number(value: float, factor: bool = False) -> str:
    """`number` as plain text."""
    mantissa, mark, exponent = f"{value + 0.0:.3g}".partition("e")
    text = mantissa.replace("-", MINUS) + (f"·10{str(int(exponent)).translate(_RAISED)}" if mark else "")
    return f"({text})" if factor and value < 0 else text


def slope_of(over: str, under: str) -> str:
    """A partial derivative in one line of LaTeX."""
    return rf"\partial {over} / \partial {under}"


def weight_name(objective: NetworkObjective, weight: int) -> str:
    """A weight's letter in LaTeX: w with its layer above and (to, from) below, b, gamma (gain), beta (shift)."""
    layer, unit, below = place_of(objective, weight)
    kind = block_of(objective, weight).kind
    letter = {"weights": "w", "bias": "b", "gain": r"\gamma", "shift": r"\beta"}[kind]
    return rf"{letter}^{{({layer + 1})}}_{{{index(unit, below)}}}"


def index(unit: int, below: int = -1) -> str:
    """Subscripts counted from 1; a comma between them where one has two digits."""
    if below < 0:
        return f"{unit + 1}"
    return f"{unit + 1}{',' if max(unit, below) > 8 else ''}{below + 1}"


def chain_rule(objective: NetworkObjective, walked: Walk, weight: int) -> list[ChainLine]:
    """The chain rule for weight number `weight` of theta: what it is, its factors from the loss down, the product."""
    layer, unit, below = place_of(objective, weight)
    dense, seen = objective.net.layers[layer], walked.layers[layer]
    kind = block_of(objective, weight).kind
    name, j = weight_name(objective, weight), unit + 1
    last = layer == len(walked.layers) - 1
    h = f"o_{{{j}}}" if last else f"h_{{{j}}}"
    lines = [_rule(dense, kind, name, h, j), _from_loss(objective, walked, layer, unit, h)]
    before = "z" if dense.norm == "none" else "u"
    u = f"{before}_{{{j}}}"
    into, back, slope = float(seen.normed[unit]), float(seen.back[unit]), float(seen.slope[unit])
    lines.append(_line(
        rf"{slope_of(h, u)} = f'({u})", f"∂{_word(h)}/∂{_word(u)} = f′({_word(u)})",
        [(f"f'({number(into)})", f"f′({plain_number(into)})")], slope,
    ))  # fmt: skip
    if kind in ("gain", "shift"):
        return [*lines, _of_scale(seen, kind, name, unit, back * slope)]
    lines += _delta_lines(dense, seen, layer, unit, h)
    a = float(seen.below[below]) if below >= 0 else 1.0
    letter = "1" if below < 0 else f"x_{{{below + 1}}}" if layer == 0 else rf"h^{{({layer})}}_{{{below + 1}}}"
    delta = float(seen.delta[unit])
    lines.append(_line(
        rf"{slope_of('J', name)} = \delta^{{({layer + 1})}}_{{{j}}} \cdot {letter}",
        f"∂J/∂{_word(name)} = δ{j} · {_word(letter)}", _product(delta, a), delta * a,
    ))  # fmt: skip
    return lines


def _rule(dense: Dense, kind: str, name: str, h: str, j: int) -> ChainLine:
    """The product of derivatives from the loss down to the weight."""
    if kind in ("gain", "shift"):
        chain = [h, f"u_{{{j}}}", name]
    elif dense.norm == "none":
        chain = [h, f"z_{{{j}}}", name]
    elif dense.norm == "batch":
        chain = [h, f"u_{{{j}}}", f"z_{{{j}}}", name]
    else:  # the statistics of a layer bind all its units together
        inside = rf"\frac{{\partial J}}{{\partial u_k}} \cdot \frac{{\partial u_k}}{{\partial z_{{{j}}}}}"
        latex = (
            rf"\frac{{\partial J}}{{\partial {name}}} = \sum_k {inside} \cdot "
            rf"\frac{{\partial z_{{{j}}}}}{{\partial {name}}}"
        )
        return ChainLine(latex, "", f"∂J/∂{_word(name)} = Σ ∂J/∂u · ∂u/∂z{j} · ∂z{j}/∂{_word(name)}")
    parts = zip(["J", *chain[:-1]], chain, strict=True)
    latex = r" \cdot ".join(rf"\frac{{\partial {over}}}{{\partial {under}}}" for over, under in parts)
    parts = zip(["J", *chain[:-1]], chain, strict=True)
    plain = " · ".join(f"∂{_word(over)}/∂{_word(under)}" for over, under in parts)
    return ChainLine(rf"\frac{{\partial J}}{{\partial {name}}} = {latex}", "", f"∂J/∂{_word(name)} = {plain}")


def _from_loss(objective: NetworkObjective, walked: Walk, layer: int, unit: int, h: str) -> ChainLine:
    """dJ/dh: from the loss itself, or through the weights above, and past them where there is a residual."""
    seen = walked.layers[layer]
    back, j = float(seen.back[unit]), unit + 1
    head, plain = slope_of("J", h), f"∂J/∂{_word(h)}"
    if layer == len(walked.layers) - 1:
        said, y = float(walked.meaning[unit]), float(walked.target[unit])
        if is_categorical(objective.model.loss):
            subtraction = f"{number(said)} - {number(y)}", f"{plain_number(said)} {MINUS} {plain_number(y)}"
            return _line(f"{head} = p_{{{j}}} - y_{{{j}}}", f"{plain} = p{j} {MINUS} y{j}", [subtraction], back)
        slope = loss_slope(objective.model.loss)
        return _line(f"{head} = {slope}" if slope else head, plain, [], back)
    upper, above = walked.layers[layer + 1], layer + 2
    latex = rf"{head} = \sum_k w^{{({above})}}_{{k{j}}}\, \delta^{{({above})}}_k"
    words = f"{plain} = Σ w · δ"
    pairs = zip(upper.weights[:, unit].tolist(), upper.delta.tolist(), strict=True)
    terms = [_factors(w, d, inside=k > 0) for k, (w, d) in enumerate(pairs)]
    residual = objective.net.layers[layer + 1].residual
    room = _WRITTEN - int(residual)
    if len(terms) > room:
        terms = [*terms[: room - 1], (r"\ldots", "…")]
    if residual:
        past = float(upper.back[unit])
        latex += f" + {slope_of('J', f'h^{{({above})}}_{{{j}}}')}"
        words += f" + ∂J/∂h{j} of the layer above"
        terms.append((number(past, factor=True), plain_number(past, factor=True)))
    shown = " + ".join(term for term, _ in terms), " + ".join(term for _, term in terms)
    return _line(latex, words, [shown], back)


def _delta_lines(dense: Dense, seen: WalkLayer, layer: int, unit: int, h: str) -> list[ChainLine]:
    """delta = dJ/dz: through f, and through the normalisation."""
    j, delta = unit + 1, float(seen.delta[unit])
    back, slope = float(seen.back[unit]), float(seen.slope[unit])
    gain, deviation = float(seen.gain[unit]), float(seen.deviation[unit])
    name, dh = rf"\delta^{{({layer + 1})}}_{{{j}}}", slope_of("J", h)
    if dense.norm == "none":
        words = f"δ{j} = ∂J/∂{_word(h)} · f′(z{j})"
        return [_line(rf"{name} = {dh} \cdot f'(z_{{{j}}})", words, _product(back, slope), delta)]
    if dense.norm == "batch":
        through = gain / deviation
        quotient = f"{number(gain)} / {number(deviation)}", f"{plain_number(gain)}/{plain_number(deviation)}"
        du = slope_of(f"u_{{{j}}}", f"z_{{{j}}}")
        return [
            _line(
                rf"{du} = \gamma_{{{j}}} / \sigma_{{{j}}}", f"∂u{j}/∂z{j} = γ{j}/σ{j}", [quotient], through
            ),
            _line(
                rf"{name} = {dh} \cdot f'(u_{{{j}}}) \cdot {du}", f"δ{j} = ∂J/∂{_word(h)} · f′(u{j}) · ∂u{j}/∂z{j}",
                _product(back, slope, through), delta,
            ),
        ]  # fmt: skip
    slopes = seen.back * seen.slope * seen.gain
    mine, mean = float(slopes[unit]), float(slopes.mean())
    along, standard = float((slopes * seen.standard).mean()), float(seen.standard[unit])
    n = rf"\hat z_{{{j}}}"
    inside = f"{number(mine)} - {number(mean, True)} - {number(standard, True)} \\cdot {number(along, True)}"
    words = (
        f"({plain_number(mine)} {MINUS} {plain_number(mean, True)} {MINUS} {plain_number(standard, True)} · "
        f"{plain_number(along, True)})/{plain_number(deviation)}"
    )
    return [
        _line(
            rf"s_{{{j}}} = {dh} \cdot f'(u_{{{j}}}) \cdot \gamma_{{{j}}}", f"s{j} = ∂J/∂{_word(h)} · f′(u{j}) · γ{j}",
            _product(back, slope, gain), mine,
        ),
        _line(
            rf"{name} = \frac{{1}}{{\sigma}} \left( s_{{{j}}} - \overline{{s}} - {n}\, \overline{{s \hat z}} \right)",
            f"δ{j} = (s{j} {MINUS} mean s {MINUS} ẑ{j} · mean sẑ)/σ",
            [(rf"\frac{{{inside}}}{{{number(deviation)}}}", words)], delta,
        ),
    ]  # fmt: skip


def _of_scale(seen: WalkLayer, kind: str, name: str, unit: int, into: float) -> ChainLine:
    """dJ/dgain and dJ/dshift from dJ/du."""
    j = unit + 1
    factor = float(seen.standard[unit]) if kind == "gain" else 1.0
    letter = rf"\hat z_{{{j}}}" if kind == "gain" else "1"
    h = rf"{slope_of('J', f'h_{{{j}}}')} \cdot f'(u_{{{j}}})"
    return _line(
        rf"\partial J / \partial {name} = {h} \cdot {letter}",
        f"∂J/∂{_word(name)} = ∂J/∂h{j} · f′(u{j})" + (f" · ẑ{j}" if kind == "gain" else " · 1"),
        _product(float(seen.back[unit]), float(seen.slope[unit]), factor), into * factor,
    )  # fmt: skip


@lru_cache(maxsize=64)
def loss_slope(loss: Loss) -> str:
    """The derivative of a loss by the output o, LaTeX; empty where it is too long to be read in a line."""
    if is_categorical(loss):
        return "p - y"
    (_, slope), parts = latex_graph(loss_gradient_graph(loss))
    return "" if parts or len(slope) > _LONGEST or "cases" in slope or "ldots" in slope else slope


def _line(latex: str, plain: str, middle: list[tuple[str, str]], value: float) -> ChainLine:
    """A line whose numbers are `middle` and then the result; the result alone where there is nothing between."""
    shown = " = ".join([*(tex for tex, _ in middle), number(value)])
    words = " = ".join([plain, *(text for _, text in middle), plain_number(value)])
    return ChainLine(latex, shown, words, value)


def _product(*values: float) -> list[tuple[str, str]]:
    return [_factors(*values)]


def _factors(*values: float, inside: bool = False) -> tuple[str, str]:
    """The factors as LaTeX and plain text; `inside`: something stands before them."""
    first, *rest = values
    latex = [number(first, inside), *(number(each, factor=True) for each in rest)]
    plain = [plain_number(first, inside), *(plain_number(each, factor=True) for each in rest)]
    return r" \cdot ".join(latex), " · ".join(plain)


def _word(latex: str) -> str:
    """A letter with its indices as plain text: w^{(1)}_{12} is w12."""
    text = latex.replace(r"\gamma", "γ").replace(r"\beta", "β").replace(r"\hat z", "ẑ")
    head, _, below = text.partition("_")
    return head.partition("^")[0] + below.strip("{}")
