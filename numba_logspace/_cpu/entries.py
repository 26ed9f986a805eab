"""What goes with the entries of a row beside x: an array, ones (None), or a class label a row.

A label stands for the row that is 1 at that class and 0 elsewhere, which is never written out.
Along a row it is an int, across the rows of a tile a vector with the bits of integers. What goes
with a row as a whole is an array with a number for each row, or None for ones.
"""

import numpy as np
from llvmlite import ir
from numba import types

from .._compile.inline import overload
from .._compile.trace import branch, formula, loop, primitive
from .._formulas.simd import Vector, const, int_type, llvm_type, loaded_type, splat
from .memory import address_of, full, lanes, load, number_at, put_number

# The exponentials of rows up to so many bytes stay in the cache until the last sweep.
KEEP = 1 << 18


@primitive
def _one_hot(typing_context, array, number):
    """A vector of the array's dtype that is 1 in lane `number`, if there is one, else 0."""
    kind = loaded_type(typing_context, array)

    def generate(context, builder, sig, args):
        here = _compare_lanes(builder, "==", kind, args[1])
        return _number_where(builder, here, kind)

    return kind(array, types.intp), generate


@primitive
def _ones(typing_context, array, width):
    """A vector of the array's dtype that is 1 in its first `width` lanes, or in all for None."""
    kind = loaded_type(typing_context, array)

    def generate(context, builder, sig, args):
        if width == types.none:
            return splat(builder, ir.Constant(llvm_type(array.dtype), 1.0), llvm_type(kind))
        return _number_where(builder, _compare_lanes(builder, "<", kind, args[1]), kind)

    return kind(array, width if width == types.none else types.intp), generate


@primitive
def _where_bits(typing_context, labels, number):
    """1 in each lane whose bits are this integer, else 0."""

    def generate(context, builder, sig, args):
        integers = int_type(labels)
        number = (
            builder.trunc(args[1], integers.element) if integers.element.width < 64 else args[1]
        )
        bits = builder.bitcast(args[0], integers)
        here = builder.icmp_signed("==", bits, splat(builder, number, integers))
        return _number_where(builder, here, labels)

    return labels(labels, types.intp), generate


def _compare_lanes(builder, symbol, kind, number):
    # The comparison of the number of each lane with another number.
    if not isinstance(kind, Vector):
        return builder.icmp_signed(symbol, ir.Constant(number.type, 0), number)
    wide = ir.VectorType(number.type, kind.lanes)
    numbers = ir.Constant(wide, list(range(kind.lanes)))
    return builder.icmp_signed(symbol, numbers, splat(builder, number, wide))


def _number_where(builder, condition, kind):
    # 1 where the condition holds, else 0.
    llvm = llvm_type(kind)
    one, zero = (
        splat(builder, ir.Constant(getattr(llvm, "element", llvm), v), llvm) for v in (1.0, 0.0)
    )
    return builder.select(condition, one, zero)


@primitive
def _bits_as_number(typing_context, array, number):
    """The number of the array's dtype that has the bits of an integer."""

    def generate(context, builder, sig, args):
        integer = int_type(array.dtype)
        bits = builder.trunc(args[1], integer) if integer.width < 64 else args[1]
        return builder.bitcast(bits, llvm_type(array.dtype))

    return array.dtype(array, types.intp), generate


def _are_labels(kind):
    return isinstance(kind, types.Array) and isinstance(kind.dtype, types.Integer)


def has_entries(u):
    """Whether it has a number for each entry, in formulas."""
    return u is not None and isinstance(u.kind, types.Array) and not _are_labels(u.kind)


@formula
def entry(u, x, at, number, width):
    """What goes with the vector of x at index `at`, the first of whose entries has that number."""
    if u is None:
        # Beyond the end of a row nothing counts, also where -inf does.
        return _ones(x, width)
    if isinstance(u.kind, types.Integer):
        return _one_hot(x, u - number)
    if isinstance(u.kind, Vector):
        return _where_bits(u, number)
    return load(u, at, width, 0.0)


@formula
def of_row(u, r):
    """What stands for row r in `entry`: its label, where it has one, or the array of all."""
    return number_at(u, r) if u is not None and _are_labels(u.kind) else u


@formula
def of_rows(u, otherwise, room, x, first, width):
    """What stands for the rows `first` to `first` + `width` in `entry`: labels, or `otherwise`."""
    if u is None or not _are_labels(u.kind):
        return otherwise

    def one_lane(lane, _):
        # As integers in the room of floats, which could not tell large ones apart.
        put_number(room, lane, _bits_as_number(room, number_at(u, first + lane)))

    loop(width, one_lane, None)
    return load(room, 0, width, 0.0)


def room_for(u, x, size):
    """Room for so many entries of what goes with x; None where it has no entries."""
    raise NotImplementedError("only inside compiled code")


@overload(room_for)
def _overload_room_for(u, x, size):
    if u == types.none:
        return lambda u, x, size: None
    if _are_labels(u):
        return lambda u, x, size: np.empty(lanes(x), x.dtype)
    return lambda u, x, size: np.empty(size, x.dtype)


def no_room(u, x, size):
    """None, where `room_for` would give room."""
    raise NotImplementedError("only inside compiled code")


@overload(no_room)
def _overload_no_room(u, x, size):
    return lambda u, x, size: None


@formula
def kept(keep, array):
    """`array` where `keep` is an array, None where it is None."""
    return None if keep is None else array


def room_beside(e, n, past):
    """Where the terms of rows of n entries are kept: in `e`, the array of results, or None.

    Where results go `past` the caches it is a place of its own, if that stays in the cache.
    """
    raise NotImplementedError("only inside compiled code")


@overload(room_beside)
def _overload_room_beside(e, n, past):
    if e == types.none:
        return lambda e, n, past: None
    return lambda e, n, past: np.empty(n, e.dtype) if past and n * e.itemsize <= KEEP else e


@formula
def place_beside(room, e, at):
    """Where in the room the terms of the row at `at` begin."""
    if room is None:
        return at
    return branch(address_of(room) == address_of(e), lambda: at, lambda: at * 0)


@formula
def number_of_row(c, r, like):
    """What goes with row r as a whole: one number for all, or one of an array."""
    if c is None:
        return const(like, 1.0)
    return number_at(c, r) if isinstance(c.kind, types.Array) else c


@formula
def numbers_of_rows(c, first, width, x):
    """What goes with the rows `first` to `first` + `width` as wholes, a vector."""
    return full(x, 1.0) if c is None else load(c, first, width, 0.0)
