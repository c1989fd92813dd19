"""Instructions that Numba has no word for: fused multiply-add, selection, and arithmetic on the bits of a float.

Each becomes one or two LLVM instructions which the loop vectoriser knows. A bit pattern is carried in the type of the
float it came from: Numba would widen 32-bit integers to 64 bits, and packed 64-bit integers convert only on the newest
processors.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import types
from numba.core.errors import TypingError
from numba.extending import intrinsic


def _word(builder: Any, kind: Any, value: Any, width: int) -> Any:
    """A float's bits, or an integer cut to `width` bits."""
    integer = ir.IntType(width)
    if isinstance(kind, types.Float):
        return builder.bitcast(value, integer)
    own = kind.bitwidth
    return value if own == width else builder.trunc(value, integer) if own > width else builder.sext(value, integer)


def _bit_operation(instruction: str) -> Any:
    @intrinsic  # type: ignore[untyped-decorator]
    def operation(typingctx: Any, a: Any, b: Any) -> Any:
        second = types.unliteral(b)
        if not isinstance(a, types.Float) or not isinstance(second, types.Float | types.Integer):
            raise TypingError(f"bits of {a} and {b}")

        def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            left = _word(builder, a, arguments[0], a.bitwidth)
            right = _word(builder, second, arguments[1], a.bitwidth)
            return builder.bitcast(getattr(builder, instruction)(left, right), context.get_value_type(a))

        return a(a, second), codegen

    return operation


bits_add = _bit_operation("add")
bits_sub = _bit_operation("sub")
bits_and = _bit_operation("and_")
bits_or = _bit_operation("or_")
bits_xor = _bit_operation("xor")
bits_left = _bit_operation("shl")
bits_right = _bit_operation("lshr")


def _fused(builder: Any, a: Any, b: Any, c: Any) -> Any:
    name = "llvm.fmuladd.f64" if isinstance(a.type, ir.DoubleType) else "llvm.fmuladd.f32"
    function = builder.module.globals.get(name)
    if function is None:
        function = ir.Function(builder.module, ir.FunctionType(a.type, [a.type] * 3), name)
    return builder.call(function, [a, b, c])


@intrinsic  # type: ignore[untyped-decorator]
def muladd(typingctx: Any, a: Any, b: Any, c: Any) -> Any:
    """``a * b + c``, rounded once where the processor can, else twice."""
    if not isinstance(a, types.Float) or a != b or a != c:
        raise TypingError(f"muladd of {a}, {b}, {c}")

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return _fused(builder, *arguments)

    return a(a, a, a), codegen


@intrinsic  # type: ignore[untyped-decorator]
def choose(typingctx: Any, condition: Any, a: Any, b: Any) -> Any:
    """``a if condition else b`` without a jump; both have been computed."""
    if condition != types.boolean or not isinstance(a, types.Float) or a != b:
        raise TypingError(f"choose by {condition} from {a}, {b}")

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.select(*arguments)

    return a(condition, a, a), codegen


def _one_argument(name: str) -> Any:
    @intrinsic  # type: ignore[untyped-decorator]
    def operation(typingctx: Any, x: Any) -> Any:
        def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            function = builder.module.declare_intrinsic(f"llvm.{name}", [arguments[0].type])
            return builder.call(function, arguments)

        return x(x), codegen

    return operation


magnitude = _one_argument("fabs")
root = _one_argument("sqrt")


@intrinsic  # type: ignore[untyped-decorator]
def with_sign(typingctx: Any, x: Any, sign: Any) -> Any:
    """|x| with the sign bit of the other."""

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        kind = arguments[0].type
        function = builder.module.declare_intrinsic("llvm.copysign", [kind], ir.FunctionType(kind, [kind, kind]))
        return builder.call(function, arguments)

    return x(x, x), codegen


def _chain(builder: Any, x: Any, coefficients: list[Any]) -> Any:
    value = coefficients[-1]
    for coefficient in coefficients[-2::-1]:
        value = _fused(builder, value, x, coefficient)
    return value


def _polynomial(*, halved: bool) -> Any:
    @intrinsic  # type: ignore[untyped-decorator]
    def operation(typingctx: Any, x: Any, coefficients: Any) -> Any:
        if not isinstance(coefficients, types.UniTuple) or coefficients.dtype != x:
            raise TypingError(f"polynomial in {x} with coefficients {coefficients}")

        def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            variable, table = arguments
            c = [builder.extract_value(table, k) for k in range(coefficients.count)]
            if not halved:
                return _chain(builder, variable, c)
            square = builder.fmul(variable, variable)
            odd = _chain(builder, square, c[1::2])
            return _fused(builder, odd, variable, _chain(builder, square, c[0::2]))

        return x(x, coefficients), codegen

    return operation


polynomial = _polynomial(halved=True)
"""``c[0] + c[1] x + c[2] x^2 + ...``: even and odd terms by Horner's rule in x^2, half the latency of one chain."""
horner = _polynomial(halved=False)
"""The same in one chain: where even and odd terms would nearly cancel."""
