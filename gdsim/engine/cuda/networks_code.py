"""The kernels of a network compiled for the present device, on the compile thread, and how they are launched."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gdsim.engine.backend import DType
from gdsim.engine.compiler import COMPILER, NOW
from gdsim.engine.cpu import Recent
from gdsim.engine.cuda import code, device, networks_curves, networks_texts
from gdsim.engine.network.code import network_key
from gdsim.objectives.network.curves import (
    activation_gradient_graph,
    activation_graph,
    is_categorical,
    loss_gradient_graph,
    loss_graph,
)

if TYPE_CHECKING:
    from gdsim.objectives.network.design import Activation, Loss
    from gdsim.objectives.network.network import NetworkObjective

_FEW_ROWS = 32
"""Rows of a product up to which a thread works out a part of one row only."""
_MOST_BLOCKS = 8192  # of kernels that go on to the next number

_kernels: Recent[code.Kernel] = Recent(256)


@dataclass(frozen=True, eq=False)
class NetworkCode:
    """The kernels of a network.

    Attributes:
        kernels: by name; products also by what a thread works out: ("sums", WIDE).
        values, slopes: an ``activate`` per layer; slopes also tell f'. Those of the gradient may be missing.
        loss, loss_slope: ``lost``, the latter with derivatives.
    """

    dtype: DType
    kernels: Mapping[Any, code.Kernel]
    values: tuple[code.Kernel, ...]
    slopes: tuple[code.Kernel, ...]
    loss: code.Kernel
    loss_slope: code.Kernel | None

    def sums(self, tile: tuple[int, int, int], *arguments: Any) -> None:
        """Launch W a + b for so many (samples, units, points)."""
        self._product("sums", tile, arguments)

    def through(self, tile: tuple[int, int, int], *arguments: Any) -> None:
        """Launch the transposed product for so many (samples, inputs, 1)."""
        self._product("through", tile, arguments)

    def outer(self, tile: tuple[int, int, int], *arguments: Any) -> None:
        """Launch delta a^T for so many (inputs, units, slices of samples)."""
        self._product("outer", tile, arguments)

    def _product(self, name: str, tile: tuple[int, int, int], arguments: tuple[Any, ...]) -> None:
        columns, rows, depth = tile
        each = fitting(rows)
        side, _ = networks_texts.shape(simulated=device.simulated())
        grid = (-(-columns // (side * each[1])), -(-rows // (side * each[0])), depth)
        self.kernels[name, each].function[grid, (side, side)](*arguments)

    def numbers(self, kernel: str | code.Kernel, count: int, *arguments: Any) -> None:
        """Launch a kernel whose threads go from number to number."""
        _, block = networks_texts.shape(simulated=device.simulated())
        most = 1 if device.simulated() else _MOST_BLOCKS
        found = self.kernels[kernel] if isinstance(kernel, str) else kernel
        found.function[min(-(-count // block), most), block](*arguments)

    def rows(self, name: str, grid: int | tuple[int, int], *arguments: Any) -> None:
        """Launch a kernel with a block to each row."""
        _, block = networks_texts.shape(simulated=device.simulated())
        self.kernels[name].function[grid, block](*arguments)


def fitting(rows: int) -> tuple[int, int]:
    """What a thread works out of a product of so many rows."""
    return networks_texts.NARROW if rows <= _FEW_ROWS else networks_texts.WIDE


def network(objective: NetworkObjective, dtype: DType, *, gradient: bool, priority: int = NOW) -> Future[NetworkCode]:
    """All that the passes of a network need, with the way back or without."""
    wanted = wanted_kernels(objective, gradient=gradient)
    key = ("cuda network", network_key(objective.net, objective.model.loss), tuple(sorted(map(str, wanted))), dtype)
    return COMPILER.submit(key, lambda: _compile(objective, wanted, dtype, gradient), priority)


def wanted_kernels(objective: NetworkObjective, *, gradient: bool) -> list[Any]:
    """The keys of `NetworkCode.kernels` that a network's passes launch."""
    layers, model = objective.net.layers, objective.model
    norms = {layer.norm for layer in layers}
    names: list[Any] = ["lost_sums", "gathered"]
    names += [name for norm, name in (("batch", "batch_norm"), ("layer", "layer_norm")) if norm in norms]
    names += ["penalty"] if model.l1 or model.l2 else []
    names += [("sums", fitting(units)) for units in {layer.outputs for layer in layers}]
    if gradient:
        names += ["row_sums", "scaled", "joined"]
        names += [name for norm, name in (("batch", "batch_back"), ("layer", "layer_back")) if norm in norms]
        names += ["penalised"] if model.l1 or model.l2 else []
        names += ["drop_out"] if any(layer.dropout for layer in layers) else []
        names += [("outer", fitting(layer.outputs)) for layer in layers]
        names += [("through", fitting(layer.inputs)) for layer in layers[1:]]
    return list(dict.fromkeys(names))


def _compile(objective: NetworkObjective, wanted: list[Any], dtype: DType, gradient: bool) -> NetworkCode:
    simulated, loss = device.simulated(), objective.model.loss
    activations = [layer.activation for layer in objective.net.layers]
    return NetworkCode(
        dtype,
        {key: _kernel(key, dtype) for key in wanted},
        tuple(_activation(each, dtype, False) for each in activations),
        tuple(_activation(each, dtype, True) for each in activations) if gradient else (),
        _compiled("lost", loss_source(loss, dtype, slopes=False, simulated=simulated), dtype),
        _compiled("lost", loss_source(loss, dtype, slopes=True, simulated=simulated), dtype) if gradient else None,
    )


def _kernel(key: Any, dtype: DType) -> code.Kernel:
    simulated = device.simulated()
    if isinstance(key, str):
        return _compiled(key, networks_texts.parts_text(dtype, simulated=simulated), dtype)
    name, each = key
    return _compiled(name, networks_texts.product_text(name, each, dtype, simulated=simulated), dtype)


def _activation(activation: Activation, dtype: DType, slope: bool) -> code.Kernel:
    graph = activation_gradient_graph(activation) if slope else activation_graph(activation)
    return _compiled(
        "activate", networks_curves.activation_text(graph, dtype, simulated=device.simulated()), dtype
    )  # fmt: skip


def loss_source(loss: Loss, dtype: DType, *, slopes: bool, simulated: bool = False) -> str:
    """The text of ``lost`` for a loss."""
    if is_categorical(loss):
        return networks_curves.shared_loss_text(dtype, slopes=slopes, simulated=simulated)
    graph = loss_gradient_graph(loss) if slopes else loss_graph(loss)
    return networks_curves.loss_text(graph, dtype, simulated=simulated)


def _compiled(name: str, text: str, dtype: DType) -> code.Kernel:
    def make() -> code.Kernel:
        return code.Kernel(device.load().jit(signatures(dtype)[name])(code.plain(name, text)), text)

    return _kernels.get((name, dtype, hashlib.sha256(text.encode()).hexdigest()), make)


def signatures(dtype: DType) -> Mapping[str, Any]:
    """The kernels' types by name; sizes are numbers of units, inputs, samples m.

    Points are (base, first, second, a, b, plane, start): the p-th is base + a[j % len(a)] first + b[j // len(a)] second
    with j = start + p, or base where `plane` is 0.

    - ``sums(points, w, bias, A, stride, Z, units, inputs, m, begin)``: Z = W A + b from sample `begin` on; w, bias are
      places in theta, `stride` is how far apart the points' inputs lie in A, 0 where they share them.
    - ``through(theta, w, D, above, units, inputs, m, residual)``: above = W^T D, plus above where residual.
    - ``outer(D, A, parts, units, inputs, m, length)``: D A^T over slices of `length` samples, (slices, units, inputs).
    - ``batch_norm(points, gain, shift, Z, N, S, R, buffer, running, keep, units, m)``: Z normalised in place, by the
      running statistics R or by the batch's, which the first point writes there; where `keep`, N before gain and shift,
      S deviations (points, units). ``layer_norm(points, gain, shift, Z, N, S, keep, units, m, count)``: S (points, m).
    - ``batch_back(theta, gain, shift, G, D, N, S, units, m)``: D through it, in place, with the gradients of gains and
      shifts in G. ``layer_back(theta, gain, D, N, S, units, m)``.
    - ``row_sums(D, N, weighted, G, at, m, add)``: of D or D N into G from `at` on, or added to it.
    - ``scaled(D, F, out, count)``: D F. ``joined(parts, slices, G, at, count, add)``: the slices added in their order.
    - ``gathered(X, index, out, rows, total, m)``: columns of X (rows, total).
    - ``activate(Z, A, H, F, count, residual, period)``, ``lost(O, Y, L, D, outputs, m, share, count)``: see
      `networks_curves`.
    - ``lost_sums(L, out, m)``: a sum per point, float64. ``penalty(points, w, count, l1, l2, out, add)``: of weights
      from w on. ``penalised(theta, G, w, count, l1, l2)``: its gradient added to G.
    - ``drop_out(H, K, key, layer, share, factor, first, units, m)``: factors into K and onto H; the m samples are those
      from `first` on of the batch.
    """
    from numba import float32, float64, int64, uint64, void

    real = float32 if dtype == "float32" else float64
    line, wide, index = real[::1], float64[::1], int64
    points = (line, line, line, line, line, index, index)
    found: dict[str, Callable[..., Any]] = {
        "sums": void(*points, index, index, line, index, line, *[index] * 4),
        "through": void(line, index, line, line, *[index] * 4),
        "outer": void(line, line, line, *[index] * 4),
        "batch_norm": void(*points, index, index, *[line] * 4, *[index] * 5),
        "layer_norm": void(*points, index, index, *[line] * 3, *[index] * 4),
        "batch_back": void(line, index, index, *[line] * 4, index, index),
        "layer_back": void(line, index, *[line] * 3, index, index),
        "row_sums": void(line, line, index, line, index, index, index),
        "scaled": void(line, line, line, index),
        "joined": void(line, index, line, *[index] * 3),
        "gathered": void(line, int64[::1], line, *[index] * 3),
        "activate": void(*[line] * 4, *[index] * 3),
        "lost": void(*[line] * 4, index, index, real, index),
        "lost_sums": void(line, wide, index),
        "penalty": void(*points, index, index, float64, float64, wide, index),
        "penalised": void(line, line, index, index, real, real),
        "drop_out": void(line, line, uint64, index, float64, real, *[index] * 3),
    }
    return found
