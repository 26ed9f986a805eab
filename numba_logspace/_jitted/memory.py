"""Arrays of jitted code in the form that the kernels take; the work is one thread's.

The form is that of the array functions, (outer, n, inner), flat. What is not contiguous is copied
whole: the kernels want contiguous memory, and jitted code cannot cut slabs of any shape.
"""

import math

import numpy as np
from numba import types

from .._compile.inline import inlined, overload
from .._compile.stamp import check_sources
from .._cpu.engines import ROWS, SHORT, way
from .._cpu.flags import keep_flags, restore_flags
from .._cpu.together import put_rows


@inlined
def split(shape, first, last):
    """(outer, n, inner) of an array whose rows are along the axes number `first` to `last`."""
    outer, n, inner = 1, 1, 1
    for i in range(len(shape)):
        if i < first:
            outer *= shape[i]
        elif i > last:
            inner *= shape[i]
        else:
            n *= shape[i]
    return outer, n, inner


def _flat(turned):
    # In C order, or, if turned, in that of the transposed array.
    def flat(u):
        raise NotImplementedError("only inside compiled code")

    @overload(flat)
    def _overload_flat(u):
        if not isinstance(u, types.Array):
            return lambda u: u
        if u.layout == "C" and u.ndim == 1:
            return lambda u: u
        if u.layout == "C" and not turned:
            return lambda u: u.reshape(-1)
        if turned:
            if u.layout == "F":
                return lambda u: u.T.reshape(-1)
            return lambda u: np.ascontiguousarray(u.T).reshape(-1)
        return lambda u: np.ascontiguousarray(u).reshape(-1)

    return flat


flat, flat_turned = _flat(False), _flat(True)


def quiet(kernel):
    """A kernel that leaves the floating-point flags alone: NumPy warns of what a ufunc leaves."""

    @inlined
    def run(*args):
        flags = keep_flags()
        result = kernel(*args)
        restore_flags(flags)
        return result

    return run


def runner(engine):
    """Call the kernel of the right way; rows may want other arrays than tiles."""
    short, rows, columns = map(quiet, engine.kernels)

    @inlined
    def run(for_rows, for_tiles, itemsize, outer, n, inner):
        check_sources()
        if n == 0 or outer * inner == 0:
            return
        chosen, units = way(itemsize, outer, n, inner, False)
        if chosen == ROWS:
            rows(*(for_rows + (n, 0, units)))
        elif chosen == SHORT:
            short(*(for_tiles + (n, inner, 0, units)))
        else:
            columns(*(for_tiles + (n, inner, 0, units)))

    return run


def runner_of_last(engine):
    """As `runner`, for the last axis: then there are no columns, and less to compile."""
    short, rows = map(quiet, engine.kernels[:2])

    @inlined
    def run(for_rows, for_tiles, itemsize, outer, n, inner):
        check_sources()
        if n == 0 or outer == 0:
            return
        chosen, units = way(itemsize, outer, n, 1, False)
        if chosen == ROWS:
            rows(*(for_rows + (n, 0, units)))
        else:
            short(*(for_tiles + (n, 1, 0, units)))

    return run


# --- what is checked when it runs ----------------------------------------------------------------


def _extent(u):
    raise NotImplementedError("only inside compiled code")


@overload(_extent)
def _overload_extent(u):
    # The addresses from which and up to which an array reaches.
    def contiguous(u):
        address = u.ctypes.data
        return address, address + u.size * u.itemsize

    def strided(u):
        low, high = u.ctypes.data, u.ctypes.data + u.itemsize
        for i in range(u.ndim):
            reach = u.strides[i] * (u.shape[i] - 1)
            low, high = low + min(0, reach), high + max(0, reach)
        return low, high

    return strided if u.layout == "A" else contiguous


def out_beside(name):
    """A check that refuses an `out` of another shape, or that overlaps x without being it."""
    # Whole: what is compiled into others cannot put a message together.
    shape, memory = f"out must have the shape of {name}", f"out must not overlap {name}"

    @inlined
    def check(x, out):
        if out.shape != x.shape:
            raise ValueError(shape)
        if out.size:
            (a, b), (c, d) = _extent(x), _extent(out)
            same = a == c and b == d and out.strides == x.strides
            if a < d and c < b and not same:
                raise ValueError(memory)

    return check


@inlined
def overlap(x, out):
    """Whether two arrays share memory, or may."""
    (a, b), (c, d) = _extent(x), _extent(out)
    return a < d and c < b


def same_shape(name, of="the array"):
    """A check that an argument has the shape of x, which messages call so."""
    return _check_of_shape(f"{name} must have the shape of {of}")


def shape_of_rows(name, of="the array"):
    """A check that an argument has a number for each row of x, which messages call so."""
    return _check_of_shape(f"{name} must have the shape of {of} without the axis")


def _check_of_shape(text):
    def check(shape, u):
        raise NotImplementedError("only inside compiled code")

    @overload(check)
    def _overload_check(shape, u):
        if not isinstance(u, types.Array):
            return lambda shape, u: None

        def shapes(shape, u):
            if shape != u.shape:
                raise ValueError(text)

        return shapes

    return check


# --- numbers of rows -----------------------------------------------------------------------------


def numbers(x, u, turn):
    """A number for each row, flat and in the dtype of x; of a single row the number itself."""
    raise NotImplementedError("only inside compiled code")


@overload(numbers)
def _overload_numbers(x, u, turn):
    if isinstance(u, (types.NoneType, types.Omitted)) or u is None:
        return lambda x, u, turn: None
    if isinstance(u, types.Array):
        return lambda x, u, turn: turn(u).astype(x.dtype)
    return lambda x, u, turn: x.dtype.type(u)


def doubles(u, turn):
    """A number for each row, flat, as doubles; of a single row the number itself."""
    raise NotImplementedError("only inside compiled code")


@overload(doubles)
def _overload_doubles(u, turn):
    if isinstance(u, types.Array):
        return lambda u, turn: turn(u).astype(np.float64)
    return lambda u, turn: np.float64(u)


def labels(u, turn):
    """The classes of rows, flat and as int64; of a single row the class itself."""
    raise NotImplementedError("only inside compiled code")


@overload(labels)
def _overload_labels(u, turn):
    if isinstance(u, types.Array):
        return lambda u, turn: turn(u).astype(np.int64)
    return lambda u, turn: np.int64(u)


def each(check, u, limit):
    """Call check(number, limit) for a number, or for each of a flat array."""
    raise NotImplementedError("only inside compiled code")


@overload(each)
def _overload_each(check, u, limit):
    if not isinstance(u, types.Array):
        return lambda check, u, limit: check(u, limit)

    def each(check, u, limit):
        for i in range(u.size):
            check(u[i], limit)

    return each


@inlined
def leave_out_first_max(x, outer, n, inner):
    """Make the first maximum of each row -inf, in place."""
    for r in range(outer * inner):
        block = r // inner
        base = block * n * inner + (r - block * inner)
        at = base
        for i in range(base, base + n * inner, inner):
            # NaN is the maximum, and stays.
            if x[i] > x[at] or math.isnan(x[i]):
                at = i
        if n > 0 and not math.isnan(x[at]):
            x[at] = -math.inf


# --- results of rows -----------------------------------------------------------------------------


def out_of_rows(out, shaped):
    """A function of x, the values of the rows, and `out`: what is handed out, put into `out`."""
    text = "out must have the shape of the result"
    memory = "out must not overlap the array"

    @inlined
    def new(x, values, out):
        return shaped(x, values)

    @inlined
    def given(x, values, out):
        result = shaped(x, values)
        if out.shape != result.shape:
            raise ValueError(text)
        if overlap(x, out):
            raise ValueError(memory)
        put_rows(np.ascontiguousarray(result).reshape(-1), out)
        return out

    @inlined
    def number(x, value, out):
        if overlap(x, out):
            raise ValueError(memory)
        out[()] = shaped(x, value)
        return out

    if not isinstance(out, types.Array):
        return new
    return given if out.ndim else number


def two_outs(out, new):
    """A function of x, g and `out`: (where the first results go, where the second).

    Where none is given the first is None, and the second made by new(x).
    """
    text = "out must be two arrays that overlap neither each other nor the other arguments"

    @inlined
    def made(x, g, out):
        return None, new(x)

    @inlined
    def given(x, g, out):
        first, second = out
        for each in (first, second):
            if overlap(x, each) or may_overlap(g, each):
                raise ValueError(text)
        if overlap(first, second):
            raise ValueError(text)
        if second.shape != x.shape:
            raise ValueError("out must have the shape of x")
        return first, second

    return given if isinstance(out, types.BaseTuple) else made


def may_overlap(u, out):
    """As `overlap`, of an argument that may also be a number or None."""
    raise NotImplementedError("only inside compiled code")


@overload(may_overlap)
def _overload_may_overlap(u, out):
    if isinstance(u, types.Array):
        return lambda u, out: overlap(u, out)
    return lambda u, out: False
