"""The derivatives of weighted sums of exponentials inside jitted code, by x and by the weights."""

import numpy as np
from numba import types
from numba.np.numpy_support import as_dtype

from .._compile.inline import inlined
from .._compile.stamp import check_sources
from .._cpu.grouping import put_order
from .._cpu.together import put_rows, repeat
from .._cpu.totals import sums_of_groups
from .._cpu.weighted_derivatives import gradients_of_rows, slopes_of_rows
from .frames import shape_of_rows_of, shaper
from .masked import copier, lengths_together, mask_of, rows_last
from .memory import doubles, flat, quiet, same_shape, shape_of_rows
from .typing import Rows, axes_in_words, check_floats, is_none, is_number, literal, refuse
from .weights import REALS, check_weights, dtype_of, spread_of, weights_of

_check_g = shape_of_rows("g")


class _Sums:
    """What both derivatives need of a call, found out when it is typed."""

    def __init__(self, entry, call):
        name = entry.name
        refuse(name, out=call.out)
        if is_none(call.b):
            raise TypeError(f"{name}: b must be a number or an array of numbers, got None")
        check_weights(name, call.b)
        wide, self.spread = spread_of(name, call.x, call.b)
        self.rows = rows = Rows(name, wide, call.axis, turns=False)
        rows.check_where(call.where)
        self.lengths = lengths_together(rows)
        get_mask, self.copy = mask_of(rows, call.where), copier(rows, np.float64)
        copy, weights = self.copy, weights_of(rows, call.b)

        @inlined
        def read(x, b, where):
            mask = get_mask(x, where)
            return copy(x, mask, -np.inf), weights(x, b, mask)

        self.read = read  # of both broadcast together: (the entries, their weights)


# --- the gradients -------------------------------------------------------------------------------


def _cotangents(rows, g):
    # A function of x and g: a double for each row, flat.
    rows.check_numbers(g, "g", or_spread=True)
    keepdims = getattr(g, "ndim", 0) == rows.ndim
    lengths, shape = lengths_together(rows), shape_of_rows_of(rows, keepdims)

    @inlined
    def of_number(x, g):
        return np.full(lengths(x)[0], np.float64(g))

    @inlined
    def of_array(x, g):
        _check_g(shape(x), g)
        return doubles(g, flat)

    if is_none(g):
        return inlined(lambda x, g: np.ones(lengths(x)[0]))
    return of_array if isinstance(g, types.Array) else of_number


def _in_order(rows):
    # A function of x and the numbers of its entries, one row after the other: these as x has them.
    view = rows_last(rows)

    @inlined
    def put_back(x, values):
        array = np.empty(x.shape)
        put_rows(values, view(array))
        return array.reshape(-1)

    return inlined(lambda x, values: values) if rows.last else put_back


@inlined
def _sums(values, u, shape):
    # Of the numbers of all entries those that share an entry of u, in their order.
    n = values.size // max(u.size, 1)
    groups, order = np.empty(values.size, np.int64), np.empty(values.size, np.int64)
    repeat(np.arange(u.size).reshape(u.shape), shape, groups)
    put_order(groups, n * np.arange(u.size + 1), order)
    sums = np.empty(u.size)
    sums_of_groups(values[order], sums)
    return sums


def _summed_to(rows, u):
    # A function of x, u and the numbers of the rows: their sums over what u is broadcast along.
    in_order, ndim = _in_order(rows), rows.ndim

    @inlined
    def number(x, u, values):
        total = np.empty(1)
        sums_of_groups(in_order(x, values), total)
        return total[0]

    if not isinstance(u, types.Array):
        return number
    dtype = as_dtype(u.dtype) if u.dtype in REALS else np.dtype(np.float64)

    @inlined
    def array(x, u, values):
        numbers = in_order(x, values)
        if u.shape != x.shape:
            numbers = _sums(numbers, u, x.shape)
        return numbers.astype(dtype).reshape(u.shape)

    @inlined
    def array_of_fewer_axes(x, u, values):
        return _sums(in_order(x, values), u, x.shape).astype(dtype).reshape(u.shape)

    return array_of_fewer_axes if u.ndim < ndim else array


def plan_vjp(entry, call):
    """The gradients in x and in b."""
    sums = _Sums(entry, call)
    rows, spread, read, lengths = sums.rows, sums.spread, sums.read, sums.lengths
    cotangents, kernel = _cotangents(rows, call.g), quiet(gradients_of_rows())
    for_x, for_b = _summed_to(rows, call.x), _summed_to(rows, call.b)

    def gradients(x, b, g, where):
        check_sources()
        wide, factors = spread(x, b)
        outer, n, _ = lengths(wide)
        entries, weights = read(wide, factors, where)
        of_x, of_b = np.empty(wide.size), np.empty(wide.size)
        kernel(entries, weights, cotangents(wide, g), of_x, of_b, n, 0, outer)
        return for_x(wide, x, of_x), for_b(wide, b, of_b)

    return gradients, ("x", "b", "g", "where")


# --- the derivative along tangents ---------------------------------------------------------------


def _tangents(sums, u, t, name, of):
    # A function of x, u, its tangent t, and the entries: the tangents of these, flat.
    function, copy = sums.rows.function, sums.copy
    check = same_shape(name, of)

    @inlined
    def of_array(x, u, t, entries):
        check(u.shape, t)
        return copy(np.broadcast_to(t, x.shape), None, 0.0)

    if is_none(t):
        return inlined(lambda x, u, t, entries: entries)  # which nobody reads
    if isinstance(u, types.Array):
        check_floats(function, t, name)
        if t.ndim != u.ndim:
            raise TypeError(
                f"{function}: {name} must have the shape of {of} in jitted code, "
                f"{axes_in_words(u.ndim)}, got {t}"
            )
        return of_array
    if not is_number(t):
        raise TypeError(f"{function}: {name} must be a number where {of} is one, got {t}")
    return inlined(lambda x, u, t, entries: np.full(entries.size, np.float64(t)))


def plan_jvp(entry, call):
    """The derivative along t in x and s in b."""
    sums = _Sums(entry, call)
    rows, spread, read, lengths = sums.rows, sums.spread, sums.read, sums.lengths
    with_t, with_s = not is_none(call.t), not is_none(call.s)
    if not with_t and not with_s:
        raise TypeError(f"{entry.name}: t and s must not both be None")
    along_x = _tangents(sums, call.x, call.t, "t", "x")
    along_b = _tangents(sums, call.b, call.s, "s", "b")
    dtype, kernel = dtype_of(call.x, call.b), quiet(slopes_of_rows())
    shaped = shaper(rows, literal(call.keepdims, bool, "keepdims", entry.name))

    @inlined
    def of_one(values):
        return values[0]

    chosen = of_one if rows.whole else inlined(lambda values: values)

    def slopes(x, b, t, s, where):
        check_sources()
        wide, factors = spread(x, b)
        outer, n, _ = lengths(wide)
        entries, weights = read(wide, factors, where)
        tangents, others = along_x(wide, x, t, entries), along_b(wide, b, s, entries)
        values = np.zeros(outer)
        if n > 0:
            kernel(entries, weights, tangents, others, with_t, with_s, values, n, 0, outer)
        return shaped(wide, chosen(values.astype(dtype)))

    return slopes, ("x", "b", "t", "s", "where")
