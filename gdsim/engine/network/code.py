"""What a network's passes are compiled to: one module of kernels per precision, an activation's and a loss's own.

The shape of a network is no code (see `layout`): another layer or unit costs nothing, a new activation a tenth of a
second, once.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from concurrent.futures import Future
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gdsim.engine import cache
from gdsim.engine.backend import DType
from gdsim.engine.block_kernels import FLAGS
from gdsim.engine.compiler import COMPILER, NOW
from gdsim.engine.cpu import Code, Recent
from gdsim.engine.network import kernel_curves, kernel_doors, kernel_norms, kernel_passes, layout
from gdsim.formula import Graph, parse_formula
from gdsim.formula.emit import reads_near
from gdsim.objectives.network.curves import (
    activation_gradient_graph,
    activation_graph,
    is_categorical,
    loss_gradient_graph,
)

if TYPE_CHECKING:
    from gdsim.objectives.network.architecture import Architecture
    from gdsim.objectives.network.design import Loss

Kernel = Callable[..., Any]

_kernels: Recent[tuple[Code, dict[str, Kernel]]] = Recent(2)
_curves: Recent[tuple[Code, ...]] = Recent(512)


@dataclass(frozen=True, eq=False)
class NetworkCode:
    """What a network's passes are made of.

    Attributes:
        kernels: those of `kernel_doors`, by name. piece: the passes, `kernel_passes.piece_text`.
        activations: per layer the kernels of (value, slope), each near and far.
        parts: of normalisation and dropout, where there are any.
        loss: near and far; for the cross-entropy over all outputs its kernel, exp and log.
    """

    dtype: DType
    kernels: dict[str, Kernel]
    piece: Code
    parts: tuple[Code, ...]
    activations: tuple[tuple[tuple[Code, ...], tuple[Code, ...]], ...]
    loss: tuple[Code, ...]

    def addresses(self) -> layout.Addresses:
        """Of all of them."""
        pairs = ((*value, *slope) for value, slope in self.activations)
        activations = tuple((a.address, b.address, c.address, d.address) for a, b, c, d in pairs)
        near, *others = (code.address for code in self.loss)
        exp, log = others if len(others) == 2 else (0, 0)
        parts = self.parts[0].address if self.parts else 0
        return layout.Addresses(self.piece.address, parts, activations, (near, others[0], exp, log))


def warm_passes(dtype: DType) -> None:
    """Compile the passes of all networks, so that the disk has them when the first network comes."""
    cache.Generated(kernel_passes.piece_text(dtype)).address("piece", kernel_passes.piece_signature(dtype))


def warm_doors(dtype: DType) -> None:
    """The same for the loops over batches, sets and planes."""
    kernel_doors.doors(dtype)


def network_key(net: Architecture, loss: Loss) -> Hashable:
    """Equal for networks with the same code."""
    return (tuple(layer.activation.formula for layer in net.layers), loss.formula, _has_parts(net))


def network_code(net: Architecture, loss: Loss, dtype: DType, priority: int = NOW) -> Future[NetworkCode]:
    """All that a network's passes need, compiled on the compile thread."""

    def job() -> NetworkCode:
        return compile_network(net, loss, dtype)

    return COMPILER.submit(("network", network_key(net, loss), dtype), job, priority)


def compile_network(net: Architecture, loss: Loss, dtype: DType) -> NetworkCode:
    """The same in this thread (the compile thread's)."""

    def make() -> tuple[Code, dict[str, Kernel]]:
        passes = cache.Generated(kernel_passes.piece_text(dtype))
        piece = Code(passes.address("piece", kernel_passes.piece_signature(dtype)), passes)
        return piece, kernel_doors.doors(dtype)

    piece, kernels = _kernels.get(dtype, make)
    activations = tuple(
        (
            _curve(activation_graph(layer.activation), dtype, "activation"),
            _curve(activation_gradient_graph(layer.activation), dtype, "activation"),
        )
        for layer in net.layers
    )
    loss_code = _shared_loss(dtype) if is_categorical(loss) else _curve(loss_gradient_graph(loss), dtype, "loss")
    parts = _parts(dtype) if _has_parts(net) else ()
    return NetworkCode(dtype, kernels, piece, parts, activations, loss_code)


def _has_parts(net: Architecture) -> bool:
    return any(layer.norm != "none" or layer.dropout > 0.0 for layer in net.layers)


def _parts(dtype: DType) -> tuple[Code, ...]:
    """The kernel of normalisation and dropout."""

    def make() -> tuple[Code, ...]:
        module = cache.Generated(kernel_norms.parts_text(dtype))
        return (Code(module.address("layer_part", kernel_norms.parts_signature(dtype)), module),)

    return _curves.get(("parts", dtype), make)


def _shared_loss(dtype: DType) -> tuple[Code, ...]:
    """The kernel of the cross-entropy over all outputs, exp and log."""

    def make() -> tuple[Code, ...]:
        module = cache.Generated(kernel_curves.shared_loss_text(dtype))
        code = Code(module.address("shared_loss", kernel_curves.shared_loss_signature(dtype)), module)
        graphs = (parse_formula(text, ("z",)).graph() for text in ("exp(z)", "ln(z)"))
        return (code, *(_curve(graph, dtype, "activation")[0] for graph in graphs))

    return _curves.get(("shared loss", dtype), make)


def _curve(graph: Graph, dtype: DType, kind: str) -> tuple[Code, ...]:
    """The kernel of an activation or loss, near and far."""
    text, signature = (
        (kernel_curves.activation_text, kernel_curves.activation_signature(dtype))
        if kind == "activation"
        else (kernel_curves.loss_text, kernel_curves.loss_signature(dtype))
    )

    def make(source: str) -> Code:
        module = cache.Generated(source)
        return Code(module.address("curve", signature, FLAGS), module)

    near = text(graph, dtype, far=False)
    far = text(graph, dtype, far=True) if reads_near(graph) else near

    def both() -> tuple[Code, ...]:
        first = make(near)
        return first, first if far == near else make(far)

    return _curves.get(near, both)
