"""The public functions of rows inside jitted code: maps, reductions and their derivatives."""

import numpy as np
from numba.extending import overload, register_jitable

from ._jitted import (
    check_out,
    flat,
    flat_turned,
    leave_out_first_max,
    numbers,
    overlap,
    runner,
    runner_of_last,
    same_shape,
    shape_of_rows,
    split,
)
from ._stamp import check_sources
from ._typing import Rows, check_floats, is_none, literal, refuse

OPTIONS = {"prefer_literal": True, "jit_options": {"error_model": "numpy"}}
_check_g, _check_t = same_shape("g"), same_shape("t")
_check_g_of_rows = shape_of_rows("g")


def turn_of(rows):
    """How arrays are made flat in the order of x."""
    return flat_turned if rows.turned else flat


def lengths_of(rows):
    """A function of x: (outer, n, inner)."""
    k = rows.k

    @register_jitable
    def as_it_is(x):
        return split(x.shape, k)

    @register_jitable
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
    return register_jitable(by_length[len(indices)])


def shape_of_rows_of(rows):
    """A function of x: the shape of an array with a number for each row."""
    axis = rows.ndim - 1 - rows.k if rows.turned else rows.k
    pick = _picker([i for i in range(rows.ndim) if i != axis])
    return register_jitable(lambda x: pick(x.shape))


def shaper(rows, keepdims=False):
    """A function of x and flat values that gives them the shape of the result."""
    if rows.ndim == 1 and not keepdims:
        return register_jitable(lambda x, values: values[0])
    axes = [rows.ndim if i == rows.k else i for i in range(rows.ndim)]
    pick = _picker(axes if keepdims else [i for i in axes if i != rows.ndim])
    if rows.turned:
        return register_jitable(lambda x, values: values.reshape(pick(x.T.shape)).T)
    return register_jitable(lambda x, values: values.reshape(pick(x.shape)))


def placer(rows, out, copied=False):
    """A function of x and out: (what to read, flat, the array of results).

    x that is not contiguous is copied into the results and read there.
    """
    turn, name = turn_of(rows), rows.name

    @register_jitable
    def beside(x, out):
        return turn(x), np.empty_like(x)

    @register_jitable
    def copy(x, out):
        result = np.empty(x.shape, x.dtype)
        result[...] = x
        return turn(result), result

    @register_jitable
    def copy_turned(x, out):
        result = np.empty(x.T.shape, x.dtype)
        result[...] = x.T
        return result.reshape(-1), result.T

    @register_jitable
    def given(x, out):
        check_out(x, out, name)
        return turn(x), out

    @register_jitable
    def given_copy(x, out):
        check_out(x, out, name)
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
    @register_jitable
    def kept(x, out):
        return x, out, out

    @register_jitable
    def without(x, out):
        return x, None, out

    return (kept if keeps else without), without


def _map(rows, engine, out):
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

    if rows.ndim == 1 and not rows.copied:
        return _map_of_one_row(engine) if is_none(out) else _map_into_one_row(engine, run)
    return beside if is_none(out) and not rows.copied else anywhere


def _map_of_one_row(engine):
    one_row = engine.one_row

    def row(x, axis=-1, where=None, out=None, workers=None, stream=None):
        check_sources()
        result = np.empty(x.size, x.dtype)
        if x.size > 0:
            one_row(x, result)
        return result

    return row


def _map_into_one_row(engine, run):
    one_row, (arrays, without) = engine.one_row, _kept(engine.keeps)

    def row(x, axis=-1, where=None, out=None, workers=None, stream=None):
        check_sources()
        check_out(x, out, "x")
        if x.ctypes.data == out.ctypes.data:
            run(without(x, out), arrays(x, out), x.itemsize, 1, x.size, 1)
        elif x.size > 0:
            one_row(x, out)
        return out

    return row


def register_map(function, engine):
    """The overload of a map."""
    name = function.__name__

    @overload(function, **OPTIONS)
    def _overload_map(x, axis=-1, where=None, out=None, workers=None, stream=None):
        rows = Rows(name, x, axis)
        rows.check_out(out)
        refuse(name, where=where, workers=workers, stream=stream)
        return _map(rows, engine, out)


def register_scan(function, engine):
    """The overload of the running sum."""
    name = function.__name__

    @overload(function, **OPTIONS)
    def _overload_scan(x, axis=-1, where=None, out=None, workers=None, stream=None):
        rows = Rows(name, x, axis)
        rows.check_out(out)
        refuse(name, where=where, workers=workers, stream=stream)
        turn, place, lengths = turn_of(rows), placer(rows, out), lengths_of(rows)
        kernel = engine.kernel

        def scan(x, axis=-1, where=None, out=None, workers=None, stream=None):
            check_sources()
            source, result = place(x, out)
            outer, n, inner = lengths(x)
            kernel(source, turn(result), n, inner, 0, outer)
            return result

        return scan


def _reduce_all(engine, x):
    # Over all axes: their order does not matter.
    one_row, turn = engine.one_row, flat_turned if x.layout == "F" else flat

    @register_jitable
    def reduce(x):
        check_sources()
        row = turn(x)
        return one_row(row) if row.size > 0 else row.dtype.type(-np.inf)

    return reduce


def _reduce_rows(rows, engine, keepdims):
    turn, run, lengths = turn_of(rows), runner_for(rows, engine), lengths_of(rows)
    shaped = shaper(rows, keepdims)

    @register_jitable
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


def register_reduction(function, engine):
    """The overload of a reduction."""
    name = function.__name__

    @overload(function, **OPTIONS)
    def _overload_reduction(
        x, axis=-1, keepdims=False, where=None, out=None, workers=None, stream=None
    ):
        refuse(name, where=where, out=out, workers=workers, stream=stream)
        reduce = _reduce(name, engine, x, axis, keepdims)
        return lambda x, axis=-1, keepdims=False, where=None, out=None, workers=None, stream=None: (
            reduce(x)
        )


def register_logsumexp(function, engine):
    """The overload of logsumexp, which has weights besides."""
    name = function.__name__

    @overload(function, **OPTIONS)
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
        reduce = _reduce(name, engine, x, axis, keepdims)

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


# --- derivatives ---------------------------------------------------------------------------------


def weigher(rows, engine):
    """A function that runs a Weighing on flat arrays."""
    run, keeps = runner_for(rows, engine), engine.keeps

    @register_jitable
    def with_terms(x, g, t, c, values, out, out2, lengths):
        arrays = x, x, g, t, c, values, out, out2
        run(arrays, arrays, x.itemsize, lengths[0], lengths[1], lengths[2])

    @register_jitable
    def without(x, g, t, c, values, out, out2, lengths):
        arrays = x, None, g, t, c, values, out, out2
        run(arrays, arrays, x.itemsize, lengths[0], lengths[1], lengths[2])

    return with_terms if keeps else without


def _checked_entries(rows, u, out, check):
    # A function of x, u and out: u flat.
    turn, copied, name = turn_of(rows), rows.copied, rows.function

    @register_jitable
    def alone(x, u, out):
        check(x, u)
        return turn(u)

    @register_jitable
    def beside_out(x, u, out):
        check(x, u)
        if overlap(u, out) and (copied or u.ctypes.data != out.ctypes.data):
            raise ValueError("out must not overlap the other arguments of " + name)
        return turn(u)

    return alone if is_none(out) or is_none(u) else beside_out


def register_vjp(function, engine):
    """The overload of the VJP of a map."""
    name = function.__name__

    @overload(function, **OPTIONS)
    def _overload_vjp(x, g=None, axis=-1, where=None, out=None, workers=None, stream=None):
        rows = Rows(name, x, axis)
        rows.check_entries(g, "g")
        rows.check_out(out)
        refuse(name, where=where, workers=workers, stream=stream)
        turn, place, weigh = turn_of(rows), placer(rows, out), weigher(rows, engine)
        lengths, entries = lengths_of(rows), _checked_entries(rows, g, out, _check_g)

        def vjp(x, g=None, axis=-1, where=None, out=None, workers=None, stream=None):
            cotangents = entries(x, g, out)
            source, result = place(x, out)
            weigh(source, cotangents, None, None, None, turn(result), None, lengths(x))
            return result

        return vjp


def register_jvp(function, engine):
    """The overload of the JVP of a map."""
    name = function.__name__

    @overload(function, **OPTIONS)
    def _overload_jvp(x, t, axis=-1, where=None, out=None, workers=None, stream=None):
        rows = Rows(name, x, axis)
        check_floats(name, t, "t")
        rows.check_entries(t, "t")
        rows.check_out(out)
        refuse(name, where=where, workers=workers, stream=stream)
        turn, place, weigh = turn_of(rows), placer(rows, out), weigher(rows, engine)
        lengths, entries = lengths_of(rows), _checked_entries(rows, t, out, _check_t)

        def jvp(x, t, axis=-1, where=None, out=None, workers=None, stream=None):
            tangents = entries(x, t, out)
            source, result = place(x, out)
            weigh(source, tangents, None, None, None, turn(result), None, lengths(x))
            return result

        return jvp


def register_vjp_of_reduction(function, engine, without_max=False):
    """The overload of the VJP of a reduction."""
    name = function.__name__

    @overload(function, **OPTIONS)
    def _overload_vjp(x, g=None, axis=-1, where=None, out=None, workers=None, stream=None):
        rows = Rows(name, x, axis)
        rows.check_numbers(g, "g")
        rows.check_out(out)
        refuse(name, where=where, workers=workers, stream=stream)
        turn, weigh, lengths = turn_of(rows), weigher(rows, engine), lengths_of(rows)
        place, shape = placer(rows, out, copied=without_max), shape_of_rows_of(rows)

        def vjp(x, g=None, axis=-1, where=None, out=None, workers=None, stream=None):
            _check_g_of_rows(shape(x), g)
            c = numbers(x, g, turn)
            source, result = place(x, out)
            sizes = lengths(x)
            if without_max:
                leave_out_first_max(source, sizes[0], sizes[1], sizes[2])
            weigh(source, None, None, c, None, turn(result), None, sizes)
            return result

        return vjp


def register_jvp_of_reduction(function, engine, without_max=False):
    """The overload of the JVP of a reduction."""
    name = function.__name__

    @overload(function, **OPTIONS)
    def _overload_jvp(
        x, t, axis=-1, keepdims=False, where=None, out=None, workers=None, stream=None
    ):
        rows = Rows(name, x, axis)
        check_floats(name, t, "t")
        rows.check_entries(t, "t")
        refuse(name, where=where, out=out, workers=workers, stream=stream)
        turn, weigh, lengths = turn_of(rows), weigher(rows, engine), lengths_of(rows)
        shaped = shaper(rows, literal(keepdims, bool, "keepdims", name))
        place = placer(rows, None, copied=without_max)

        def jvp(x, t, axis=-1, keepdims=False, where=None, out=None, workers=None, stream=None):
            _check_t(x, t)
            sizes = lengths(x)
            source = place(x, None)[0] if without_max else turn(x)
            if without_max:
                leave_out_first_max(source, sizes[0], sizes[1], sizes[2])
            values = np.zeros(sizes[0] * sizes[2], x.dtype)
            weigh(source, turn(t), None, None, values, None, None, sizes)
            return shaped(x, values)

        return jvp


def register_value_and_vjp(function, engine):
    """The overload of a value with its VJP."""
    name = function.__name__

    @overload(function, **OPTIONS)
    def _overload_both(x, g=None, axis=-1, where=None, out=None, workers=None, stream=None):
        rows = Rows(name, x, axis)
        rows.check_entries(g, "g")
        refuse(name, where=where, out=out, workers=workers, stream=stream)
        turn, place, weigh = turn_of(rows), placer(rows, None), weigher(rows, engine)
        lengths = lengths_of(rows)

        def both(x, g=None, axis=-1, where=None, out=None, workers=None, stream=None):
            _check_g(x, g)
            source, y = place(x, None)
            gradient = np.empty_like(y)
            weigh(source, turn(g), None, None, None, turn(y), turn(gradient), lengths(x))
            return y, gradient

        return both


def register_hvp(function, engine):
    """The overload of a Hessian-vector product."""
    name = function.__name__

    @overload(function, **OPTIONS)
    def _overload_hvp(x, g, t, axis=-1, where=None, out=None, workers=None, stream=None):
        rows = Rows(name, x, axis)
        check_floats(name, t, "t")
        rows.check_entries(g, "g")
        rows.check_entries(t, "t")
        rows.check_out(out)
        refuse(name, where=where, workers=workers, stream=stream)
        turn, place, weigh = turn_of(rows), placer(rows, out), weigher(rows, engine)
        lengths = lengths_of(rows)
        of_g, of_t = (_checked_entries(rows, u, out, c) for u, c in ((g, _check_g), (t, _check_t)))

        def hvp(x, g, t, axis=-1, where=None, out=None, workers=None, stream=None):
            cotangents, tangents = of_g(x, g, out), of_t(x, t, out)
            source, result = place(x, out)
            weigh(source, cotangents, tangents, None, None, turn(result), None, lengths(x))
            return result

        return hvp
