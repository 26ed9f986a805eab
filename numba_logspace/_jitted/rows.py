"""Maps, reductions and the running sum inside jitted code, and what all functions of rows share."""

import numpy as np

from .._compile.inline import inlined, overload
from .._compile.stamp import check_sources
from .memory import (
    flat,
    flat_turned,
    out_beside,
    overlap,
    quiet,
    runner,
    runner_of_last,
    split,
)
from .typing import Rows, check_floats, is_complex, is_none, literal, refuse


def turn_of(rows):
    """How arrays are made flat in the order of x."""
    return flat_turned if rows.turned else flat


def lengths_of(rows):
    """A function of x: (outer, n, inner)."""
    k = rows.k

    @inlined
    def as_it_is(x):
        return split(x.shape, k)

    @inlined
    def turned(x):
        return split(x.T.shape, k)

    return turned if rows.turned else as_it_is


def runner_for(rows, engine):
    """The runner of an engine for these rows."""
    return (runner_of_last if rows.last else runner)(engine.kernels)


def _picker(indices):
    # A function of a shape: the lengths of these axes, 1 for a number beyond them.
    i, j, k, m = (*indices, 0, 0, 0, 0)[:4]
    by_length = (
        lambda s: (),
        lambda s: ((*s, 1)[i],),
        lambda s: ((*s, 1)[i], (*s, 1)[j]),
        lambda s: ((*s, 1)[i], (*s, 1)[j], (*s, 1)[k]),
        lambda s: ((*s, 1)[i], (*s, 1)[j], (*s, 1)[k], (*s, 1)[m]),
    )
    return inlined(by_length[len(indices)])


def shape_of_rows_of(rows):
    """A function of x: the shape of an array with a number for each row."""
    axis = rows.ndim - 1 - rows.k if rows.turned else rows.k
    pick = _picker([i for i in range(rows.ndim) if i != axis])
    return inlined(lambda x: pick(x.shape))


def shaper(rows, keepdims=False):
    """A function of x and flat values, or that of a single row: they in the result's shape."""
    if rows.ndim == 1:
        return inlined(_alone_in_array if keepdims else (lambda x, value: value))
    axes = [rows.ndim if i == rows.k else i for i in range(rows.ndim)]
    pick = _picker(axes if keepdims else [i for i in axes if i != rows.ndim])
    if rows.turned:
        return inlined(lambda x, values: values.reshape(pick(x.T.shape)).T)
    return inlined(lambda x, values: values.reshape(pick(x.shape)))


def _alone_in_array(x, value):
    return np.full(1, value, x.dtype)


def placer(rows, out, copied=False):
    """A function of x and out: (what to read, flat, the array of results).

    x that is not contiguous is copied into the results and read there.
    """
    turn, check = turn_of(rows), out_beside(rows.name)

    @inlined
    def beside(x, out):
        return turn(x), np.empty_like(x)

    @inlined
    def copy(x, out):
        result = np.empty(x.shape, x.dtype)
        result[...] = x
        return turn(result), result

    @inlined
    def copy_turned(x, out):
        result = np.empty(x.T.shape, x.dtype)
        result[...] = x.T
        return result.reshape(-1), result.T

    @inlined
    def given(x, out):
        check(x, out)
        return turn(x), out

    @inlined
    def given_copy(x, out):
        check(x, out)
        out[...] = x
        return turn(out), out

    copied = copied or rows.copied
    if not is_none(out):
        return given_copy if copied else given
    if not copied:
        return beside
    return copy_turned if rows.turned else copy


# --- maps and reductions -------------------------------------------------------------------------


def _kept(keeps):
    @inlined
    def kept(x, out):
        return x, out, out

    @inlined
    def without(x, out):
        return x, None, out

    return (kept if keeps else without), without


def _map(rows, engine, out):
    if rows.ndim == 1 and not rows.copied:
        return _map_of_one_row(engine) if is_none(out) else _map_into_one_row(engine)
    turn, place, run = turn_of(rows), placer(rows, out), runner_for(rows, engine)
    lengths = lengths_of(rows)
    arrays, without = _kept(engine.keeps)
    in_place = rows.copied

    def anywhere(x, axis=-1, where=None, out=None, workers=None, stream=None):
        source, result = place(x, out)
        target = turn(result)
        tiles = arrays(source, target)
        outer, n, inner = lengths(x)
        if in_place or overlap(source, target):
            run(without(source, target), tiles, x.itemsize, outer, n, inner)
        else:
            run(tiles, tiles, x.itemsize, outer, n, inner)
        return result

    def beside(x, axis=-1, where=None, out=None, workers=None, stream=None):
        source, result = place(x, out)
        tiles = arrays(source, turn(result))
        outer, n, inner = lengths(x)
        run(tiles, tiles, x.itemsize, outer, n, inner)
        return result

    return beside if is_none(out) and not rows.copied else anywhere


def _map_of_one_row(engine):
    one_row = quiet(engine.one_row)

    def row(x, axis=-1, where=None, out=None, workers=None, stream=None):
        check_sources()
        result = np.empty(x.size, x.dtype)
        if x.size > 0:
            one_row(x, result)
        return result

    return row


def _map_into_one_row(engine):
    one_row, check = quiet(engine.one_row), out_beside("x")

    def row(x, axis=-1, where=None, out=None, workers=None, stream=None):
        check_sources()
        check(x, out)
        if x.size > 0:
            # The exponentials are kept in `out`, so that it must not be where x is.
            one_row(x.copy() if x.ctypes.data == out.ctypes.data else x, out)
        return out

    return row


def register_map(function, entry, of_complex):
    """The overload of a map; `of_complex` makes what complex arrays need."""
    name, engine = entry.name, entry.engine

    @overload(function, prefer_literal=True)
    def _overload_map(x, axis=-1, where=None, out=None, workers=None, stream=None):
        if is_complex(x, entry):
            refuse(name, where=where, out=out, workers=workers, stream=stream)
            return of_complex(entry, x, axis)
        rows = Rows(name, x, axis)
        rows.check_out(out)
        refuse(name, where=where, workers=workers, stream=stream)
        return _map(rows, engine, out)


def register_scan(function, entry, of_complex):
    """The overload of the running sum."""
    name, engine = entry.name, entry.engine

    @overload(function, prefer_literal=True)
    def _overload_scan(x, axis=-1, where=None, out=None, workers=None, stream=None):
        if is_complex(x, entry):
            refuse(name, where=where, out=out, workers=workers, stream=stream)
            return of_complex(entry, x, axis)
        rows = Rows(name, x, axis)
        rows.check_out(out)
        refuse(name, where=where, workers=workers, stream=stream)
        turn, place, lengths = turn_of(rows), placer(rows, out), lengths_of(rows)
        kernel = quiet(engine.kernel)

        def scan(x, axis=-1, where=None, out=None, workers=None, stream=None):
            check_sources()
            source, result = place(x, out)
            outer, n, inner = lengths(x)
            kernel(source, turn(result), n, inner, 0, outer)
            return result

        return scan


def _reduce_all(engine, x):
    # Over all axes: their order does not matter.
    one_row, turn = quiet(engine.one_row), flat_turned if x.layout == "F" else flat

    @inlined
    def reduce(x):
        check_sources()
        row = turn(x)
        return one_row(row) if row.size > 0 else row.dtype.type(-np.inf)

    return reduce


def _reduce_rows(rows, engine, keepdims):
    turn, run, lengths = turn_of(rows), runner_for(rows, engine), lengths_of(rows)
    as_it_is = inlined(lambda x, values: values)
    shaped = as_it_is if rows.ndim == 1 else shaper(rows, keepdims)

    @inlined
    def reduce(x):
        outer, n, inner = lengths(x)
        source, values = turn(x), np.empty(outer * inner, x.dtype)
        if n == 0:
            values[:] = -np.inf
        arrays = source, values
        run(arrays, arrays, x.itemsize, outer, n, inner)
        return shaped(x, values)

    return reduce


def _reduce(name, engine, x, axis, keepdims):
    keepdims = literal(keepdims, bool, "keepdims", name)
    if is_none(axis):
        check_floats(name, x, "x")
        if keepdims:
            raise TypeError(f"{name}: keepdims must be False where axis is None in jitted code")
        return _reduce_all(engine, x)
    rows = Rows(name, x, axis)
    if rows.ndim == 1 and not keepdims:
        return _reduce_all(engine, x)
    return _reduce_rows(rows, engine, keepdims)


def _reduction(entry, x, axis, keepdims, of_complex):
    if is_complex(x, entry):
        return of_complex(entry, x, axis, keepdims)
    return _reduce(entry.name, entry.engine, x, axis, keepdims)


def register_reduction(function, entry, of_complex):
    """The overload of a reduction."""
    name = entry.name

    @overload(function, prefer_literal=True)
    def _overload_reduction(
        x, axis=-1, keepdims=False, where=None, out=None, workers=None, stream=None
    ):
        refuse(name, where=where, out=out, workers=workers, stream=stream)
        reduce = _reduction(entry, x, axis, keepdims, of_complex)
        return lambda x, axis=-1, keepdims=False, where=None, out=None, workers=None, stream=None: (
            reduce(x)
        )


def register_logsumexp(function, entry, of_complex):
    """The overload of logsumexp, which has weights besides."""
    name = entry.name

    @overload(function, prefer_literal=True)
    def _overload_logsumexp(
        x,
        axis=-1,
        b=None,
        return_sign=False,
        keepdims=False,
        where=None,
        out=None,
        workers=None,
        stream=None,
    ):
        refuse(name, b=b, where=where, out=out, workers=workers, stream=stream)
        if literal(return_sign, bool, "return_sign", name):
            raise TypeError(f"{name}: return_sign is not supported in jitted code: leave it out")
        reduce = _reduction(entry, x, axis, keepdims, of_complex)

        def logsumexp(
            x,
            axis=-1,
            b=None,
            return_sign=False,
            keepdims=False,
            where=None,
            out=None,
            workers=None,
            stream=None,
        ):
            return reduce(x)

        return logsumexp
