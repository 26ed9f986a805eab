"""Compensated sums of several terms at once, as tuples, for one number or a SIMD vector each.

A tuple of sums holds (s, e) for each term in turn: s is the rounded sum and e what it lacks. The
number of terms is part of the type, so all of it is unrolled and stays in registers.
"""

from llvmlite import ir
from numba import types

from .._compile.trace import formula, primitive
from .simd import const, halves, lane_type, llvm_type, select
from .vectormath import two_sum

_FIRST = ir.Constant(ir.IntType(32), 0)


def _pairs(sums):
    return zip(sums[::2], sums[1::2], strict=True)


@formula
def _number_or_zero(low):
    # Where the sum is inf, what it lacks is NaN, and would spoil it.
    return select(low == low, low, const(low, 0.0))


def _emit_two_sum(builder, a, b):
    total = builder.fadd(a, b)
    t = builder.fsub(total, a)
    first, second = builder.fsub(a, builder.fsub(total, t)), builder.fsub(b, t)
    return total, builder.fadd(first, second)


@primitive
def _by_halves(typing_context, vector, error):
    """(s, e): the sum over the lanes of `vector` + `error`, e what s lacks by now."""

    def generate(context, builder, sig, args):
        high, low = args
        while high.type.count > 1:
            high, lost = _emit_two_sum(builder, *halves(builder, high))
            low = builder.fadd(builder.fadd(*halves(builder, low)), lost)
        items = [builder.extract_element(v, _FIRST) for v in (high, low)]
        return context.make_tuple(builder, sig.return_type, items)

    return types.UniTuple(vector.dtype, 2)(vector, error), generate


@primitive
def _plainly_by_halves(typing_context, vector):
    """The sum over the lanes of `vector`."""

    def generate(context, builder, sig, args):
        high = args[0]
        while high.type.count > 1:
            high = builder.fadd(*halves(builder, high))
        return builder.extract_element(high, _FIRST)

    return vector.dtype(vector), generate


@formula
def sum_of_lanes(vector, error):
    """(s, e): the sum over the lanes of `vector` + `error`, s rounded and e what it lacks."""
    high, low = _by_halves(vector, error)
    return two_sum(high, _number_or_zero(low))


@primitive(prefer_literal=True)
def zeros(typing_context, like, count):
    """So many zeros in the type of `like`."""
    if lane_type(like) is None or not isinstance(count, types.IntegerLiteral):
        return None
    number = count.literal_value

    def generate(context, builder, sig, args):
        zero = ir.Constant(llvm_type(like), None)
        return context.make_tuple(builder, sig.return_type, [zero] * number)

    kind = types.UniTuple(like, number) if number else types.Tuple(())
    return kind(like, count), generate


def _flat(pairs):
    return tuple(number for pair in pairs for number in pair)


@formula
def _one_more(s, term):
    high, lost = two_sum(s[0], term)
    return high, s[1] + lost


@formula
def _together(s, more):
    high, lost = two_sum(s[0], more[0])
    return two_sum(high, _number_or_zero((s[1] + more[1]) + lost))


@formula
def add_terms(sums, terms):
    """The sums with one more term each; errors are kept exactly."""
    return _flat(map(_one_more, _pairs(sums), terms))


@formula
def merge_sums(sums, more):
    """The sums of two parts, as numbers of twice the digits."""
    return _flat(map(_together, _pairs(sums), _pairs(more)))


@formula
def none_of(sums):
    """The sums of no terms, in the type of others."""
    return tuple(const(s, 0.0) for s in sums)


@formula
def add_plainly(sums, terms):
    """One number a sum: for sums of which all terms but one are zero."""
    return tuple(s + term for s, term in zip(sums, terms, strict=True))


@formula
def sums_of_lanes(sums):
    """The sums over the lanes of vectors."""
    return _flat(sum_of_lanes(high, low) for high, low in _pairs(sums))


@formula
def plain_sums_of_lanes(sums):
    """The sums over the lanes of vectors, one number a sum: all lanes but one are zero."""
    return tuple(map(_plainly_by_halves, sums))


@formula
def all_finite(sums):
    """Whether none of the (s, e) has overflowed."""
    zero = const(sums[0], 0.0)
    return sum((high - high for high, _ in _pairs(sums)), zero) == zero
