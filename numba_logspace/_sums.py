"""Compensated sums of several terms at once, as tuples, for one number or a SIMD vector each.

A tuple of sums holds (s, e) for each term in turn: s is the rounded sum and e what it lacks. The
number of terms is part of the type, so all of it is unrolled and stays in registers.
"""

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from ._simd import Mask, Vector, halves, lane_type, llvm_type, loaded_type, splat

_FIRST = ir.Constant(ir.IntType(32), 0)


def _tuple_of(kind, count):
    return types.UniTuple(kind, count) if count else types.Tuple(())


def _emit_two_sum(builder, a, b):
    total = builder.fadd(a, b)
    t = builder.fsub(total, a)
    first, second = builder.fsub(a, builder.fsub(total, t)), builder.fsub(b, t)
    return total, builder.fadd(first, second)


def _emit_sum_of_lanes(builder, high, low):
    while high.type.count > 1:
        high, lost = _emit_two_sum(builder, *halves(builder, high))
        low = builder.fadd(builder.fadd(*halves(builder, low)), lost)
    high, low = (builder.extract_element(v, _FIRST) for v in (high, low))
    # Where the sum is inf, what it lacks is NaN, and would spoil it.
    is_number = builder.fcmp_ordered("ord", low, low)
    low = builder.select(is_number, low, ir.Constant(low.type, 0.0))
    return _emit_two_sum(builder, high, low)


def _items(builder, kind, value):
    return [builder.extract_value(value, i) for i in range(kind.count)]


@intrinsic
def sum_of_lanes(typing_context, vector, error):
    """(s, e): the sum over the lanes of `vector` + `error`, s rounded and e what it lacks."""

    def generate(context, builder, sig, args):
        return context.make_tuple(builder, sig.return_type, _emit_sum_of_lanes(builder, *args))

    return types.UniTuple(vector.dtype, 2)(vector, error), generate


@intrinsic(prefer_literal=True)
def zeros(typing_context, like, count):
    """So many zeros in the type of `like`."""
    if lane_type(like) is None or not isinstance(count, types.IntegerLiteral):
        return None
    number = count.literal_value

    def generate(context, builder, sig, args):
        zero = ir.Constant(llvm_type(like), None)
        return context.make_tuple(builder, sig.return_type, [zero] * number)

    return _tuple_of(like, number)(like, count), generate


@intrinsic
def add_terms(typing_context, sums, terms):
    """The sums with one more term each; errors are kept exactly."""

    def generate(context, builder, sig, args):
        old, new, result = _items(builder, sums, args[0]), _items(builder, terms, args[1]), []
        for high, low, term in zip(old[::2], old[1::2], new, strict=True):
            high, lost = _emit_two_sum(builder, high, term)
            result += [high, builder.fadd(low, lost)]
        return context.make_tuple(builder, sig.return_type, result)

    return sums(sums, terms), generate


@intrinsic
def add_plainly(typing_context, sums, terms):
    """One number a sum: for sums of which all terms but one are zero."""

    def generate(context, builder, sig, args):
        pairs = zip(_items(builder, sums, args[0]), _items(builder, terms, args[1]), strict=True)
        result = [builder.fadd(a, b) for a, b in pairs]
        return context.make_tuple(builder, sig.return_type, result)

    return sums(sums, terms), generate


@intrinsic
def sums_of_lanes(typing_context, sums):
    """The sums over the lanes of vectors."""
    if sums.count and not isinstance(sums.dtype, Vector):
        return None
    kind = _tuple_of(sums.dtype.dtype if sums.count else None, sums.count)

    def generate(context, builder, sig, args):
        vectors, result = _items(builder, sums, args[0]), []
        for high, low in zip(vectors[::2], vectors[1::2], strict=True):
            result += _emit_sum_of_lanes(builder, high, low)
        return context.make_tuple(builder, sig.return_type, result)

    return kind(sums), generate


@intrinsic
def plain_sums_of_lanes(typing_context, sums):
    """The sums over the lanes of vectors, one number a sum."""
    kind = _tuple_of(sums.dtype.dtype if sums.count else None, sums.count)

    def generate(context, builder, sig, args):
        result = []
        for vector in _items(builder, sums, args[0]):
            zero = ir.Constant(vector.type, None)
            result.append(_emit_sum_of_lanes(builder, vector, zero)[0])
        return context.make_tuple(builder, sig.return_type, result)

    return kind(sums), generate


@intrinsic
def all_finite(typing_context, sums):
    """Whether none of the (s, e) has overflowed."""
    kind = sums.dtype
    result = Mask(kind.lanes) if isinstance(kind, Vector) else types.boolean

    def generate(context, builder, sig, args):
        zero = total = ir.Constant(llvm_type(kind), None)
        for high in _items(builder, sums, args[0])[::2]:
            total = builder.fadd(total, builder.fsub(high, high))
        return builder.fcmp_ordered("==", total, zero)

    return result(sums), generate


@intrinsic
def spread(typing_context, array, numbers):
    """Vectors of the array's dtype with each of these numbers in all lanes."""
    kind = loaded_type(typing_context, array)

    def generate(context, builder, sig, args):
        items = _items(builder, numbers, args[1])
        vectors = [splat(builder, number, llvm_type(kind)) for number in items]
        return context.make_tuple(builder, sig.return_type, vectors)

    return _tuple_of(kind, numbers.count)(array, numbers), generate
