"""Packs: a fixed number of floats side by side, one machine instruction for all of them; LLVM's vector types for Numba.

Where a loop's packed form must not depend on what the loop vectoriser can prove, a kernel says it in packs. Sums have
a fixed order, so that results are the same on every processor that has fused multiply-add, and no fast-math flag is
needed: NaN and infinity survive. A pack wider than the processor's registers takes several of them.
"""

from __future__ import annotations

import operator
from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.core.typing.templates import AbstractTemplate, infer_global, signature
from numba.extending import intrinsic, lower_builtin, models, register_model


class Pack(types.Type):  # type: ignore[misc]
    """The type of `lanes` floats of one kind."""

    def __init__(self, dtype: Any, lanes: int) -> None:
        self.dtype = dtype
        self.lanes = lanes
        super().__init__(name=f"Pack({dtype}, {lanes})")


@register_model(Pack)
class _PackModel(models.PrimitiveModel):  # type: ignore[misc]
    def __init__(self, manager: Any, kind: Pack) -> None:
        single = kind.dtype == types.float32
        super().__init__(manager, kind, ir.VectorType(ir.FloatType() if single else ir.DoubleType(), kind.lanes))


def _operation(symbol: Any, instruction: str) -> None:
    class _Template(AbstractTemplate):  # type: ignore[misc]
        def generic(self, args: Any, kws: Any) -> Any:
            if len(args) == 2 and isinstance(args[0], Pack) and args[0] == args[1]:
                return signature(args[0], *args)
            return None

    infer_global(symbol)(_Template)

    @lower_builtin(symbol, Pack, Pack)  # type: ignore[untyped-decorator]
    def _lower(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        return getattr(builder, instruction)(*args)


for _symbol, _instruction in (
    (operator.add, "fadd"), (operator.sub, "fsub"), (operator.mul, "fmul"), (operator.truediv, "fdiv"),
):  # fmt: skip
    _operation(_symbol, _instruction)


def data_of(context: Any, builder: Any, kind: Any, value: Any) -> Any:
    """The address of the first number of an array, or of what a pointer points at."""
    return context.make_array(kind)(context, builder, value).data if isinstance(kind, types.Array) else value


def _place(context: Any, builder: Any, kind: Any, array: Any, index: Any, pack: Any) -> Any:
    """The address of an array's element as that of a pack."""
    place = builder.gep(data_of(context, builder, kind, array), [index])
    return builder.bitcast(place, pack.as_pointer())


def _word(kind: Any) -> int:
    return 4 if kind.dtype == types.float32 else 8


def _load(lanes: int) -> Any:
    @intrinsic  # type: ignore[untyped-decorator]
    def load(typingctx: Any, array: Any, index: Any) -> Any:
        """The numbers from `index` on, of an array without gaps or behind a pointer; there is no check of bounds."""
        kind = Pack(array.dtype, lanes)

        def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            place = _place(context, builder, array, arguments[0], arguments[1], context.get_value_type(kind))
            return builder.load(place, align=_word(array), typ=context.get_value_type(kind))

        return kind(array, types.int64), codegen

    return load


load16, load8 = _load(16), _load(8)


@intrinsic  # type: ignore[untyped-decorator]
def store(typingctx: Any, array: Any, index: Any, pack: Any) -> Any:
    """Put a pack's numbers at `index` and behind it."""

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        place = _place(context, builder, array, arguments[0], arguments[1], arguments[2].type)
        builder.store(arguments[2], place, align=_word(array))
        return context.get_dummy_value()

    return types.void(array, types.int64, pack), codegen


def _splat(builder: Any, value: Any, lanes: int) -> Any:
    kind = ir.VectorType(value.type, lanes)
    one = builder.insert_element(ir.Constant(kind, ir.Undefined), value, ir.Constant(ir.IntType(32), 0))
    zeros = ir.Constant(ir.VectorType(ir.IntType(32), lanes), [0] * lanes)
    return builder.shuffle_vector(one, ir.Constant(kind, ir.Undefined), zeros)


def _spread(lanes: int) -> Any:
    @intrinsic  # type: ignore[untyped-decorator]
    def spread(typingctx: Any, array: Any, index: Any) -> Any:
        """One number of an array in all lanes."""

        def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            data = data_of(context, builder, array, arguments[0])
            value = builder.load(builder.gep(data, [arguments[1]]), typ=context.get_value_type(array.dtype))
            return _splat(builder, value, lanes)

        return Pack(array.dtype, lanes)(array, types.int64), codegen

    return spread


spread16 = _spread(16)


def _filled(lanes: int) -> Any:
    @intrinsic  # type: ignore[untyped-decorator]
    def filled(typingctx: Any, value: Any) -> Any:
        """A number in all lanes."""
        if not isinstance(value, types.Float):
            return None

        def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            return _splat(builder, arguments[0], lanes)

        return Pack(value, lanes)(value), codegen

    return filled


filled16, filled8 = _filled(16), _filled(8)


@intrinsic  # type: ignore[untyped-decorator]
def fused(typingctx: Any, a: Any, b: Any, c: Any) -> Any:
    """``a * b + c`` in each lane, rounded once where the processor can, else twice."""
    if not isinstance(a, Pack) or a != b or a != c:
        return None

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return _function(builder, "llvm.fmuladd", arguments)

    return a(a, a, a), codegen


@intrinsic  # type: ignore[untyped-decorator]
def larger(typingctx: Any, a: Any, b: Any) -> Any:
    """The larger one in each lane, NaN where there is one."""

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        a, b = arguments
        taken = builder.or_(builder.fcmp_ordered(">", b, a), builder.fcmp_unordered("uno", b, b))
        return builder.select(taken, b, a)

    return a(a, b), codegen


@intrinsic  # type: ignore[untyped-decorator]
def kept(typingctx: Any, mask: Any, a: Any) -> Any:
    """a where the mask is not 0, else 0, whatever a is."""

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        mask, value = arguments
        zero = ir.Constant(value.type, None)
        return builder.select(builder.fcmp_unordered("!=", mask, zero), value, zero)

    return a(mask, a), codegen


@intrinsic  # type: ignore[untyped-decorator]
def roots(typingctx: Any, a: Any) -> Any:
    """The square root in each lane."""

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return _function(builder, "llvm.sqrt", arguments)

    return a(a), codegen


def _function(builder: Any, name: str, arguments: Any) -> Any:
    kind = arguments[0].type
    full = f"{name}.v{kind.count}{'f32' if isinstance(kind.element, ir.FloatType) else 'f64'}"
    function = cgutils.get_or_insert_function(builder.module, ir.FunctionType(kind, [kind] * len(arguments)), full)
    return builder.call(function, arguments)


def _part(builder: Any, value: Any, lanes: list[int]) -> Any:
    mask = ir.Constant(ir.VectorType(ir.IntType(32), len(lanes)), lanes)
    return builder.shuffle_vector(value, ir.Constant(value.type, ir.Undefined), mask)


def _halved(builder: Any, value: Any) -> Any:
    """The sum of a vector's two halves."""
    half = value.type.count // 2
    low, high = _part(builder, value, list(range(half))), _part(builder, value, list(range(half, 2 * half)))
    return builder.fadd(low, high)


def _total(builder: Any, value: Any) -> Any:
    while value.type.count > 2:
        value = _halved(builder, value)
    first, second = (builder.extract_element(value, ir.Constant(ir.IntType(32), k)) for k in (0, 1))
    return builder.fadd(first, second)


@intrinsic  # type: ignore[untyped-decorator]
def total(typingctx: Any, a: Any) -> Any:
    """The sum of a pack's numbers, halves first."""

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return _total(builder, arguments[0])

    return a.dtype(a), codegen


@intrinsic  # type: ignore[untyped-decorator]
def totals(typingctx: Any, a: Any, b: Any, c: Any, d: Any) -> Any:
    """The sums of four packs as a pack of four."""

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        quarters = []
        for value in arguments:
            while value.type.count > 4:
                value = _halved(builder, value)
            quarters.append(value)
        pairs = [_interleaved(builder, *quarters[:2]), _interleaved(builder, *quarters[2:])]
        mask = [ir.Constant(ir.VectorType(ir.IntType(32), 4), lanes) for lanes in ([0, 1, 4, 5], [2, 3, 6, 7])]
        return builder.fadd(*(builder.shuffle_vector(*pairs, each) for each in mask))

    return Pack(a.dtype, 4)(a, a, a, a), codegen


def _interleaved(builder: Any, a: Any, b: Any) -> Any:
    """(a0 + a2, b0 + b2, a1 + a3, b1 + b3) of two vectors of four."""
    mask = [ir.Constant(ir.VectorType(ir.IntType(32), 4), lanes) for lanes in ([0, 4, 1, 5], [2, 6, 3, 7])]
    return builder.fadd(*(builder.shuffle_vector(a, b, each) for each in mask))


@intrinsic  # type: ignore[untyped-decorator]
def widened(typingctx: Any, a: Any) -> Any:
    """The same numbers in double precision."""
    wide = Pack(types.float64, a.lanes)

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        value = arguments[0]
        return value if a.dtype == types.float64 else builder.fpext(value, context.get_value_type(wide))

    return wide(a), codegen
