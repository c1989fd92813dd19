"""What Numba has no word for: calling compiled code by its address.

A kernel that is given the address at run time serves every objective, so that it is compiled once per rule; calls
through first-class function types are ten times slower and cannot be kept on disk.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import types
from numba.extending import intrinsic


@intrinsic  # type: ignore[untyped-decorator]
def call_value_gradient(typingctx: Any, address: Any, x: Any, p: Any, g: Any) -> Any:
    """``address(x, p, g) -> float``: a C function of three pointers to numbers of the arrays' type; fills g."""
    real = x.dtype

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        number = context.get_value_type(real)
        pointer = number.as_pointer()
        function = builder.inttoptr(arguments[0], ir.FunctionType(number, [pointer] * 3).as_pointer())
        arrays = zip(signature.args[1:], arguments[1:], strict=True)
        data = [context.make_array(kind)(context, builder, array).data for kind, array in arrays]
        return builder.call(function, data)

    return real(types.int64, x, p, g), codegen
