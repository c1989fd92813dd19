"""What Numba has no word for: calling compiled code by its address.

A kernel that is given an address at run time serves every objective, so that it is compiled once; calls
through first-class function types are ten times slower and cannot be kept on disk.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import types
from numba.extending import intrinsic


def _call(context: Any, builder: Any, signature: Any, arguments: Any, result: Any) -> Any:
    """Code that calls arguments[0]: arrays are handed over as pointers to their data, numbers as they are."""
    values = []
    for kind, value in zip(signature.args[1:], arguments[1:], strict=True):
        array = isinstance(kind, types.Array)
        values.append(context.make_array(kind)(context, builder, value).data if array else value)
    kinds = [value.type for value in values]
    function = builder.inttoptr(arguments[0], ir.FunctionType(result, kinds).as_pointer())
    return builder.call(function, values)


@intrinsic  # type: ignore[untyped-decorator]
def call_value_gradient(typingctx: Any, address: Any, x: Any, p: Any, g: Any) -> Any:
    """``address(x, p, g) -> float``: a C function of three pointers to numbers of the arrays' type; fills g."""

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return _call(context, builder, signature, arguments, context.get_value_type(x.dtype))

    return x.dtype(types.int64, x, p, g), codegen


@intrinsic  # type: ignore[untyped-decorator]
def call_rule_step(
    typingctx: Any, address: Any, theta: Any, g: Any, t: Any, lr: Any, h: Any, s: Any, step: Any, n: Any
) -> Any:
    """``address(theta, g, t, lr, h, s, step, n)``: one step of a rule; fills step and updates the state s."""

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        _call(context, builder, signature, arguments, ir.VoidType())
        return context.get_dummy_value()

    real, index = types.float64, types.int64
    return types.void(index, theta, g, real, real, h, s, step, index), codegen


@intrinsic  # type: ignore[untyped-decorator]
def call_block(typingctx: Any, address: Any, B: Any, p: Any) -> Any:
    """``address(B, p) -> int``: an objective's kernel over the block B; not 0 where its reach was exceeded."""

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return _call(context, builder, signature, arguments, ir.IntType(64))

    return types.int64(types.int64, B, p), codegen


@intrinsic  # type: ignore[untyped-decorator]
def call_member(
    typingctx: Any, address: Any, B: Any, p: Any, h: Any, rates: Any, noise: Any, settings: Any, key: Any, first: Any,
    count: Any,
) -> Any:  # fmt: skip
    """``address(B, p, h, rates, noise, settings, key, first, count) -> int``: iterations of the members in block B."""

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return _call(context, builder, signature, arguments, ir.IntType(64))

    index = types.int64
    return index(index, B, p, h, rates, noise, settings, index, index, index), codegen


@intrinsic  # type: ignore[untyped-decorator]
def call_activation(typingctx: Any, address: Any, memory: Any, z: Any, h: Any, d: Any, count: Any) -> Any:
    """``address(memory + z, memory + h, memory + d, count) -> int``: an activation's kernel on parts of a memory."""

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return _call_parts(builder, arguments)

    index = types.int64
    return index(index, memory, index, index, index, index), codegen


@intrinsic  # type: ignore[untyped-decorator]
def call_loss(typingctx: Any, address: Any, memory: Any, o: Any, y: Any, v: Any, d: Any, count: Any) -> Any:
    """``address(memory + o, memory + y, memory + v, memory + d, count) -> int``: a loss's kernel likewise."""

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return _call_parts(builder, arguments)

    index = types.int64
    return index(index, memory, index, index, index, index, index), codegen


def _call_parts(builder: Any, arguments: Any) -> Any:
    """Code that calls arguments[0] with places in arguments[1], a pointer, and a count."""
    address, memory, *places, count = arguments
    values = [*(builder.gep(memory, [place]) for place in places), count]
    kind = ir.FunctionType(ir.IntType(64), [value.type for value in values])
    return builder.call(builder.inttoptr(address, kind.as_pointer()), values)


@intrinsic  # type: ignore[untyped-decorator]
def call_layer_part(
    typingctx: Any, address: Any, part: Any, theta: Any, buffers: Any, table: Any, drops: Any, spots: Any, memory: Any,
    number: Any, tiles: Any, task: Any, g: Any,
) -> Any:  # fmt: skip
    """The kernel of normalisation and dropout (see network.kernel_norms): pointers and whole numbers."""

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        _call(context, builder, signature, arguments, ir.VoidType())
        return context.get_dummy_value()

    index = types.int64
    answer = types.void(index, index, theta, buffers, table, drops, spots, memory, index, index, task, g)
    return answer, codegen


@intrinsic  # type: ignore[untyped-decorator]
def call_shared_loss(typingctx: Any, address: Any, spots: Any, memory: Any, o: Any, y: Any, tiles: Any) -> Any:
    """The kernel of a loss over all outputs (see network.kernel_curves): pointers and whole numbers."""

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        _call(context, builder, signature, arguments, ir.VoidType())
        return context.get_dummy_value()

    index = types.int64
    return types.void(index, spots, memory, index, index, index), codegen


@intrinsic  # type: ignore[untyped-decorator]
def call_piece(
    typingctx: Any, theta: Any, buffers: Any, table: Any, drops: Any, spots: Any, limits: Any, memory: Any, x: Any,
    task: Any, g: Any, g_at: Any, out: Any, out_at: Any,
) -> Any:  # fmt: skip
    """The kernel of a network's piece, whose address is spots[0], with g + g_at and out + out_at; all are pointers, x
    is a place as seen from `memory`."""

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        *first, g, g_at, out, out_at = arguments
        values = [*first, builder.gep(g, [g_at]), builder.gep(out, [out_at])]
        address = builder.load(arguments[4], typ=ir.IntType(64))
        kind = ir.FunctionType(ir.VoidType(), [value.type for value in values])
        builder.call(builder.inttoptr(address, kind.as_pointer()), values)
        return context.get_dummy_value()

    index = types.int64
    answer = types.void(theta, buffers, table, drops, spots, limits, memory, index, task, g, index, out, index)
    return answer, codegen


@intrinsic  # type: ignore[untyped-decorator]
def call_rule_part(
    typingctx: Any, address: Any, theta: Any, g: Any, at: Any, t: Any, lr: Any, h: Any, s: Any, s_at: Any, step: Any,
    n: Any,
) -> Any:  # fmt: skip
    """As `call_rule_step`, for n coordinates from `at` on with the state from `s_at` on; all are pointers."""

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        address, theta, g, at, t, lr, h, s, s_at, step, n = arguments
        places = [builder.gep(each, [at]) for each in (theta, g, step)]
        values = [*places[:2], t, lr, h, builder.gep(s, [s_at]), places[2], n]
        kind = ir.FunctionType(ir.VoidType(), [value.type for value in values])
        builder.call(builder.inttoptr(address, kind.as_pointer()), values)
        return context.get_dummy_value()

    real, index = types.float64, types.int64
    return types.void(index, theta, g, index, real, real, h, s, index, step, index), codegen


@intrinsic  # type: ignore[untyped-decorator]
def distance(typingctx: Any, memory: Any, numbers: Any) -> Any:
    """How far `numbers` lies behind `memory`, counted in numbers, so that a kernel finds both from one place."""

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        word = ir.IntType(64)
        there, here = (builder.ptrtoint(value, word) for value in reversed(arguments))
        return builder.sdiv(builder.sub(there, here), ir.Constant(word, memory.dtype.bitwidth // 8))

    return types.int64(memory, numbers), codegen
