"""Derivatives of the functions of rows inside jitted code."""

import numpy as np

from .._compile.inline import inlined, overload
from .._compile.stamp import check_sources
from .memory import leave_out_first_max, numbers, overlap, quiet, same_shape, shape_of_rows
from .rows import lengths_of, placer, runner_for, shape_of_rows_of, shaper, turn_of
from .typing import Rows, check_floats, is_none, literal, refuse

_check_g, _check_t = same_shape("g"), same_shape("t")
_check_g_of_rows = shape_of_rows("g")


def weigher(rows, engine, wanted=False):
    """A function that runs a Weighing on flat arrays: the numbers of the rows, if `wanted`.

    Of a single row it is the number itself, and nothing is allocated.
    """
    keeps = engine.keeps

    @inlined
    def kept(x):
        return x

    @inlined
    def nothing(x):
        return None

    keep = kept if keeps else nothing
    if rows.ndim == 1:
        return _weigher_of_one_row(engine, keep)
    run = runner_for(rows, engine)

    @inlined
    def numbers_of_all(x, lengths):
        return np.zeros(lengths[0] * lengths[2], x.dtype)

    @inlined
    def nowhere(x, lengths):
        return None

    place = numbers_of_all if wanted else nowhere

    @inlined
    def weigh(x, g, t, c, out, out2, lengths):
        values = place(x, lengths)
        arrays = x, keep(x), g, t, c, values, out, out2
        run(arrays, arrays, x.itemsize, lengths[0], lengths[1], lengths[2])
        return values

    return weigh


def _weigher_of_one_row(engine, keep):
    one_row = quiet(engine.lone_row)

    @inlined
    def weigh(x, g, t, c, out, out2, lengths):
        check_sources()
        if x.size == 0:
            return x.dtype.type(0)
        return one_row(x, keep(x), g, t, c, out, out2)

    return weigh


def _checked_entries(rows, u, out, check):
    # A function of x, u and out: u flat.
    turn, copied = turn_of(rows), rows.copied
    text = f"out must not overlap the other arguments of {rows.function}"

    @inlined
    def alone(x, u, out):
        check(x.shape, u)
        return turn(u)

    @inlined
    def beside_out(x, u, out):
        check(x.shape, u)
        if overlap(u, out) and (copied or u.ctypes.data != out.ctypes.data):
            raise ValueError(text)
        return turn(u)

    return alone if is_none(out) or is_none(u) else beside_out


def register_vjp(function, entry):
    """The overload of the VJP of a map."""
    name, engine = entry.name, entry.engine

    @overload(function, prefer_literal=True)
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
            weigh(source, cotangents, None, None, turn(result), None, lengths(x))
            return result

        return vjp


def register_jvp(function, entry):
    """The overload of the JVP of a map."""
    name, engine = entry.name, entry.engine

    @overload(function, prefer_literal=True)
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
            weigh(source, tangents, None, None, turn(result), None, lengths(x))
            return result

        return jvp


def register_vjp_of_reduction(function, entry):
    """The overload of the VJP of a reduction."""
    name, engine, without_max = entry.name, entry.engine, entry.without_max

    @overload(function, prefer_literal=True)
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
            weigh(source, None, None, c, turn(result), None, sizes)
            return result

        return vjp


def register_jvp_of_reduction(function, entry):
    """The overload of the JVP of a reduction."""
    name, engine, without_max = entry.name, entry.engine, entry.without_max

    @overload(function, prefer_literal=True)
    def _overload_jvp(
        x, t, axis=-1, keepdims=False, where=None, out=None, workers=None, stream=None
    ):
        rows = Rows(name, x, axis)
        check_floats(name, t, "t")
        rows.check_entries(t, "t")
        refuse(name, where=where, out=out, workers=workers, stream=stream)
        turn, lengths = turn_of(rows), lengths_of(rows)
        weigh = weigher(rows, engine, wanted=True)
        shaped = shaper(rows, literal(keepdims, bool, "keepdims", name))
        place = placer(rows, None, copied=without_max)

        def jvp(x, t, axis=-1, keepdims=False, where=None, out=None, workers=None, stream=None):
            _check_t(x.shape, t)
            sizes = lengths(x)
            source = place(x, None)[0] if without_max else turn(x)
            if without_max:
                leave_out_first_max(source, sizes[0], sizes[1], sizes[2])
            values = weigh(source, turn(t), None, None, None, None, sizes)
            return shaped(x, values)

        return jvp


def register_value_and_vjp(function, entry):
    """The overload of a value with its VJP."""
    name, engine = entry.name, entry.engine

    @overload(function, prefer_literal=True)
    def _overload_both(x, g=None, axis=-1, where=None, out=None, workers=None, stream=None):
        rows = Rows(name, x, axis)
        rows.check_entries(g, "g")
        refuse(name, where=where, out=out, workers=workers, stream=stream)
        turn, place, weigh = turn_of(rows), placer(rows, None), weigher(rows, engine)
        lengths = lengths_of(rows)

        def both(x, g=None, axis=-1, where=None, out=None, workers=None, stream=None):
            _check_g(x.shape, g)
            source, y = place(x, None)
            gradient = np.empty_like(y)
            weigh(source, turn(g), None, None, turn(y), turn(gradient), lengths(x))
            return y, gradient

        return both


def register_hvp(function, entry):
    """The overload of a Hessian-vector product."""
    name, engine = entry.name, entry.engine

    @overload(function, prefer_literal=True)
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
            weigh(source, cotangents, tangents, None, turn(result), None, lengths(x))
            return result

        return hvp


def register_hvp_of_reduction(function, entry):
    """The overload of the Hessian of a reduction times a vector."""
    name, engine = entry.name, entry.engine

    @overload(function, prefer_literal=True)
    def _overload_hvp(x, g, t, axis=-1, where=None, out=None, workers=None, stream=None):
        rows = Rows(name, x, axis)
        check_floats(name, t, "t")
        rows.check_numbers(g, "g")
        rows.check_entries(t, "t")
        rows.check_out(out)
        refuse(name, where=where, workers=workers, stream=stream)
        turn, place, weigh = turn_of(rows), placer(rows, out), weigher(rows, engine)
        lengths, shape = lengths_of(rows), shape_of_rows_of(rows)
        entries = _checked_entries(rows, t, out, _check_t)

        def hvp(x, g, t, axis=-1, where=None, out=None, workers=None, stream=None):
            _check_g_of_rows(shape(x), g)
            c, tangents = numbers(x, g, turn), entries(x, t, out)
            source, result = place(x, out)
            weigh(source, tangents, None, c, turn(result), None, lengths(x))
            return result

        return hvp


def _scanner(rows, u, out, engine, check):
    # A function of x, the weights u and out: the derivative of the running sum.
    turn, place, lengths = turn_of(rows), placer(rows, out), lengths_of(rows)
    entries, kernel = _checked_entries(rows, u, out, check), quiet(engine.kernel)

    @inlined
    def scan(x, u, out):
        check_sources()
        weights = entries(x, u, out)
        source, result = place(x, out)
        outer, n, inner = lengths(x)
        kernel(source, weights, turn(result), n, inner, 0, outer)
        return result

    return scan


def register_vjp_of_scan(function, entry):
    """The overload of the VJP of the running sum."""
    name, engine = entry.name, entry.engine

    @overload(function, prefer_literal=True)
    def _overload_vjp(x, g=None, axis=-1, where=None, out=None, workers=None, stream=None):
        rows = Rows(name, x, axis)
        rows.check_entries(g, "g")
        rows.check_out(out)
        refuse(name, where=where, workers=workers, stream=stream)
        scan = _scanner(rows, g, out, engine, _check_g)
        return lambda x, g=None, axis=-1, where=None, out=None, workers=None, stream=None: scan(
            x, g, out
        )


def register_jvp_of_scan(function, entry):
    """The overload of the JVP of the running sum."""
    name, engine = entry.name, entry.engine

    @overload(function, prefer_literal=True)
    def _overload_jvp(x, t, axis=-1, where=None, out=None, workers=None, stream=None):
        rows = Rows(name, x, axis)
        check_floats(name, t, "t")
        rows.check_entries(t, "t")
        rows.check_out(out)
        refuse(name, where=where, workers=workers, stream=stream)
        scan = _scanner(rows, t, out, engine, _check_t)
        return lambda x, t, axis=-1, where=None, out=None, workers=None, stream=None: scan(
            x, t, out
        )
