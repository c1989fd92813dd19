"""Where each layer's numbers lie in the flat theta, and what each layer does: read by every way of computing.

theta holds, for each layer from the inputs on: the matrix W (outputs x inputs, row by row), the vector b; with a
normalisation also its gains and shifts. Normalising over a batch has state of its own, the running mean and variance
(`Buffers`), which is no part of theta.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from gdsim.errors import SpecError
from gdsim.objectives.network.design import MAX_LAYERS, MAX_WIDTH, Activation, Model, Norm

NORM_EPS = 1e-5
"""Added to variances, as in torch.nn.BatchNorm1d and LayerNorm."""
NORM_MOMENTUM = 0.1
"""Share of a new batch in the running statistics, as in torch.nn.BatchNorm1d."""


@dataclass(frozen=True, slots=True)
class Block:
    """A stretch of theta: `kind` is weights, bias, gain or shift; `layer` counts from 0; `start` is its first place."""

    name: str
    kind: str
    layer: int
    shape: tuple[int, ...]
    start: int

    @property
    def size(self) -> int:
        """How many numbers."""
        size = 1
        for length in self.shape:
            size *= length
        return size

    @property
    def place(self) -> slice:
        """Where in theta."""
        return slice(self.start, self.start + self.size)


@dataclass(frozen=True, slots=True)
class Dense:
    """One layer: h = dropout(f(norm(W a + b)) [+ a]); the last one is the output layer.

    Attributes:
        inputs, outputs: units before and in it.
        residual: whether a is added: asked for, and the sizes are equal.
        dropout: share of units put to 0 while training, the rest divided by (1 - dropout); 0 for none.
        weights, bias: their blocks; gain, shift: those of the normalisation, None without.
        buffer: with batch normalisation, first place of its running mean (outputs), followed by the running variance
            (outputs), in the flat buffers; -1 without.
    """

    inputs: int
    outputs: int
    activation: Activation
    norm: Norm
    residual: bool
    dropout: float
    weights: Block
    bias: Block
    gain: Block | None
    shift: Block | None
    buffer: int


@dataclass(frozen=True, eq=False)
class Architecture:
    """The layers of a model between `inputs` features and `outputs` outputs.

    Attributes:
        size: length n of theta.
        buffers: length of the running statistics.
    """

    inputs: int
    outputs: int
    layers: tuple[Dense, ...]
    size: int
    buffers: int

    @cached_property
    def blocks(self) -> tuple[Block, ...]:
        """All stretches of theta, in order, without gaps."""
        found: list[Block] = []
        for layer in self.layers:
            parts = (layer.weights, layer.bias, layer.gain, layer.shift)
            found.extend(block for block in parts if block is not None)
        return tuple(found)

    @property
    def sizes(self) -> tuple[int, ...]:
        """Units from the inputs to the outputs."""
        return (self.inputs, *(layer.outputs for layer in self.layers))

    @property
    def widest(self) -> int:
        """The largest of `sizes`."""
        return max(self.sizes)

    @property
    def batch_normed(self) -> bool:
        """Whether a layer normalises over the batch."""
        return any(layer.norm == "batch" for layer in self.layers)

    def names(self) -> tuple[str, ...]:
        """A name per number of theta: w1[2,3] (to unit 2 from unit 3 of layer 1), b1[2], gain1[2], shift1[2]."""
        found: list[str] = []
        for block in self.blocks:
            if block.kind == "weights":
                rows, columns = block.shape
                found += [f"{block.name}[{j},{i}]" for j in range(1, rows + 1) for i in range(1, columns + 1)]
            else:
                found += [f"{block.name}[{j}]" for j in range(1, block.size + 1)]
        return tuple(found)

    def layer_slices(self) -> tuple[slice, ...]:
        """All of theta that belongs to each layer."""
        ends = [layer.weights.start for layer in self.layers[1:]] + [self.size]
        return tuple(slice(layer.weights.start, end) for layer, end in zip(self.layers, ends, strict=True))


def architecture(model: Model, inputs: int, outputs: int) -> Architecture:
    """The layers of `model` between so many inputs and outputs.

    Raises:
        SpecError: too many layers or units, none at all, a dropout that is no share.
    """
    if inputs < 1:
        raise SpecError("a network needs at least one input", where="inputs", hint="Choose an input")
    if len(model.layers) > MAX_LAYERS:
        raise SpecError(f"{len(model.layers)} layers are too many", where="layers", hint=f"Use at most {MAX_LAYERS}")
    layers: list[Dense] = []
    place = buffer = 0
    below = inputs
    wanted = [(each.size, each.activation, each.norm, each.residual, each.dropout) for each in model.layers]
    for number, (size, activation, norm, residual, dropout) in enumerate(
        [*wanted, (outputs, model.output, "none", False, 0.0)], 1
    ):
        if not 1 <= size <= MAX_WIDTH:
            raise SpecError(f"{size} units", where=f"layer {number}", hint=f"Use 1 to {MAX_WIDTH:,}")
        if not 0.0 <= dropout < 1.0:
            raise SpecError(f"a dropout of {dropout:g}", where=f"layer {number}", hint="Use 0 to below 1")
        blocks: dict[str, Block] = {}
        shapes: list[tuple[str, str, tuple[int, ...]]] = [("w", "weights", (size, below)), ("b", "bias", (size,))]
        if norm != "none":
            shapes += [("gain", "gain", (size,)), ("shift", "shift", (size,))]
        for letter, kind, shape in shapes:
            blocks[kind] = Block(f"{letter}{number}", kind, number - 1, shape, place)
            place += blocks[kind].size
        layers.append(
            Dense(
                below, size, activation, norm, residual and below == size, dropout,
                blocks["weights"], blocks["bias"], blocks.get("gain"), blocks.get("shift"),
                buffer if norm == "batch" else -1,
            )
        )  # fmt: skip
        buffer += 2 * size if norm == "batch" else 0
        below = size
    return Architecture(inputs, outputs, tuple(layers), place, buffer)
