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
def call_block(typingctx: Any, address: Any, X: Any, p: Any, out: Any, width: Any, stop: Any) -> Any:
    """``address(X, p, out, width, stop)``: values at the first `stop` of the `width` points in the columns of X."""

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        _call(context, builder, signature, arguments, ir.VoidType())
        return context.get_dummy_value()

    return types.void(types.int64, X, p, out, types.int64, types.int64), codegen


@intrinsic  # type: ignore[untyped-decorator]
def call_gradient_block(typingctx: Any, address: Any, X: Any, p: Any, out: Any, G: Any, width: Any, stop: Any) -> Any:
    """``address(X, p, out, G, width, stop)``: the same, and the gradients in the columns of G."""

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        _call(context, builder, signature, arguments, ir.VoidType())
        return context.get_dummy_value()

    return types.void(types.int64, X, p, out, G, types.int64, types.int64), codegen
