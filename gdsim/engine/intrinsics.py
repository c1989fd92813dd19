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
def call_piece(
    typingctx: Any, theta: Any, buffers: Any, table: Any, drops: Any, spots: Any, limits: Any, memory: Any, x: Any,
    task: Any, g: Any, out: Any,
) -> Any:  # fmt: skip
    """The kernel of a network's piece, whose address is spots[0]; all arrays, x is a place as seen from `memory`."""

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        whole = context.make_array(spots)(context, builder, arguments[4]).data
        address = builder.load(whole, typ=ir.IntType(64))
        _call(context, builder, types.void(types.int64, *signature.args), [address, *arguments], ir.VoidType())
        return context.get_dummy_value()

    return types.void(theta, buffers, table, drops, spots, limits, memory, types.int64, task, g, out), codegen


@intrinsic  # type: ignore[untyped-decorator]
def distance(typingctx: Any, memory: Any, array: Any) -> Any:
    """How many numbers `array` lies behind `memory`, so that a kernel finds both from one place."""

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        word = ir.IntType(64)
        places = [
            builder.ptrtoint(context.make_array(kind)(context, builder, value).data, word)
            for kind, value in zip((memory, array), arguments, strict=True)
        ]
        return builder.sdiv(builder.sub(places[1], places[0]), ir.Constant(word, memory.dtype.bitwidth // 8))

    return types.int64(memory, array), codegen
