"""What goes with the entries of a row beside x: an array, ones (None), or a class label a row.

A label stands for the row that is 1 at that class and 0 elsewhere, which is never written out.
Along a row it is an int, across the rows of a tile a vector. What goes with a row as a whole is an
array with a number for each row, or None for ones.
"""

import functools

import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic, overload

from ._kernels import gather_columns, gather_rows, scatter_columns, scatter_rows
from ._simd import Vector, const, full, lanes, llvm_type, load, loaded_type, select, splat

# As formulas are: a call would keep a loop from becoming vector code.
_inlined = functools.partial(overload, jit_options={"error_model": "numpy", "forceinline": True})


@intrinsic
def _one_hot(typing_context, array, number):
    """A vector of the array's dtype that is 1 in lane `number`, if there is one, else 0."""
    kind = loaded_type(typing_context, array)

    def generate(context, builder, sig, args):
        here = _compare_lanes(builder, "==", kind, args[1])
        return _number_where(builder, here, kind)

    return kind(array, types.intp), generate


@intrinsic
def _ones(typing_context, array, width):
    """A vector of the array's dtype that is 1 in its first `width` lanes, or in all for None."""
    kind = loaded_type(typing_context, array)

    def generate(context, builder, sig, args):
        if width == types.none:
            return splat(builder, ir.Constant(llvm_type(array.dtype), 1.0), llvm_type(kind))
        return _number_where(builder, _compare_lanes(builder, "<", kind, args[1]), kind)

    return kind(array, width if width == types.none else types.intp), generate


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


def _is_labels(u):
    return isinstance(u, types.Array) and isinstance(u.dtype, types.Integer)


def entry(u, x, at, number, width):
    """What goes with the vector of x at index `at`, the first of whose entries has that number."""
    raise NotImplementedError("only inside compiled code")


@_inlined(entry)
def _overload_entry(u, x, at, number, width):
    if u == types.none:
        # Beyond the end of a row nothing counts, also where -inf does.
        return lambda u, x, at, number, width: _ones(x, width)
    if isinstance(u, types.Integer):
        return lambda u, x, at, number, width: _one_hot(x, u - number)
    if isinstance(u, Vector):
        # Exact for rows of up to 2^24 entries in float32.
        return lambda u, x, at, number, width: select(
            u == const(u, number), const(u, 1.0), const(u, 0.0)
        )
    return lambda u, x, at, number, width: load(u, at, width, 0.0)


def of_row(u, r):
    """What stands for row r in `entry`: its label, or the array of all."""
    raise NotImplementedError("only inside compiled code")


@_inlined(of_row)
def _overload_of_row(u, r):
    if _is_labels(u):
        return lambda u, r: u[r]
    return lambda u, r: u


def of_rows(u, otherwise, room, x, first, width):
    """What stands for the rows `first` to `first` + `width` in `entry`: labels, or `otherwise`."""
    raise NotImplementedError("only inside compiled code")


@_inlined(of_rows)
def _overload_of_rows(u, otherwise, room, x, first, width):
    if not _is_labels(u):
        return lambda u, otherwise, room, x, first, width: otherwise

    def labels(u, otherwise, room, x, first, width):
        for lane in range(width):
            room[lane] = u[first + lane]
        return load(room, 0, width, 0.0)

    return labels


def room_for(u, x, size):
    """Room for so many entries of what goes with x; None where it has no entries."""
    raise NotImplementedError("only inside compiled code")


@_inlined(room_for)
def _overload_room_for(u, x, size):
    if u == types.none:
        return lambda u, x, size: None
    if _is_labels(u):
        return lambda u, x, size: np.empty(lanes(x), x.dtype)
    return lambda u, x, size: np.empty(size, x.dtype)


def gather_rows_of(u, first, count, n, inner, tile):
    """As gather_rows; nothing for what has no entries."""
    raise NotImplementedError("only inside compiled code")


@_inlined(gather_rows_of)
def _overload_gather_rows_of(u, first, count, n, inner, tile):
    if u == types.none or _is_labels(u):
        return lambda u, first, count, n, inner, tile: None
    return lambda u, first, count, n, inner, tile: gather_rows(u, first, count, n, inner, tile)


def gather_columns_of(u, base, n, inner, column, count, tile):
    """As gather_columns; nothing for what has no entries."""
    raise NotImplementedError("only inside compiled code")


@_inlined(gather_columns_of)
def _overload_gather_columns_of(u, base, n, inner, column, count, tile):
    if u == types.none or _is_labels(u):
        return lambda u, base, n, inner, column, count, tile: None
    return lambda u, base, n, inner, column, count, tile: gather_columns(
        u, base, n, inner, column, count, tile
    )


def scatter_rows_to(tile, first, count, n, inner, out):
    """As scatter_rows; an `out` of None is nowhere."""
    raise NotImplementedError("only inside compiled code")


@_inlined(scatter_rows_to)
def _overload_scatter_rows_to(tile, first, count, n, inner, out):
    if out == types.none:
        return lambda tile, first, count, n, inner, out: None
    return lambda tile, first, count, n, inner, out: scatter_rows(tile, first, count, n, inner, out)


def scatter_columns_to(tile, base, n, inner, column, count, out):
    """As scatter_columns; an `out` of None is nowhere."""
    raise NotImplementedError("only inside compiled code")


@_inlined(scatter_columns_to)
def _overload_scatter_columns_to(tile, base, n, inner, column, count, out):
    if out == types.none:
        return lambda tile, base, n, inner, column, count, out: None
    return lambda tile, base, n, inner, column, count, out: scatter_columns(
        tile, base, n, inner, column, count, out
    )


def number_of_row(c, r, like):
    """What goes with row r as a whole."""
    raise NotImplementedError("only inside compiled code")


@_inlined(number_of_row)
def _overload_number_of_row(c, r, like):
    if c == types.none:
        return lambda c, r, like: const(like, 1.0)
    return lambda c, r, like: c[r]


def numbers_of_rows(c, first, width, x):
    """What goes with the rows `first` to `first` + `width` as wholes, a vector."""
    raise NotImplementedError("only inside compiled code")


@_inlined(numbers_of_rows)
def _overload_numbers_of_rows(c, first, width, x):
    if c == types.none:
        return lambda c, first, width, x: full(x, 1.0)
    return lambda c, first, width, x: load(c, first, width, 0.0)


def put(array, index, value):
    """array[index] = value; an `array` of None is nowhere."""
    raise NotImplementedError("only inside compiled code")


@_inlined(put)
def _overload_put(array, index, value):
    if array == types.none:
        return lambda array, index, value: None

    def write(array, index, value):
        array[index] = value

    return write
