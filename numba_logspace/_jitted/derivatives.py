"""Derivatives of the functions of rows inside jitted code."""

import numpy as np

from .._compile.inline import inlined
from .._compile.stamp import check_sources
from .frames import Frame, shape_of_rows_of, shaper, turn_of
from .masked import like
from .memory import (
    leave_out_first_max,
    numbers,
    out_of_rows,
    quiet,
    shape_of_rows,
    two_outs,
)
from .present import gradients_of_present, slopes_of_present
from .typing import Rows, check_floats, is_none, is_number, literal, several

_check_g_of_rows = shape_of_rows("g")


def weigher(frame, engine, wanted=False):
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
    if frame.rows.whole:
        return _weigher_of_one_row(engine, keep)
    run = frame.runner(engine)

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


def _leaver_out(entry):
    # A function of the entries, flat, and their lengths.
    @inlined
    def leave_out(entries, sizes):
        leave_out_first_max(entries, sizes[0], sizes[1], sizes[2])

    @inlined
    def nothing(entries, sizes):
        pass

    return leave_out if entry.without_max else nothing


def _operands(entry, call, rows, frame):
    # (functions that give what goes with the entries, flat, and the names of these arguments).
    names = [*entry.operands, "None"][:2] if entry.operands else ["None", "None"]
    functions = []
    for name in names:
        u = getattr(call, name, None)
        if name == "t" and is_none(u):
            check_floats(entry.name, u, "t")
        rows.check_entries(u, name, or_spread=True)
        ones = entry.kind == "vjp" and name == "g"
        functions.append(frame.entries(u, name, ones))
    return functions, names


def _numbers_of_rows(entry, call, rows, frame):
    # A function of x and g: the cotangents of the rows, flat, for derivatives of reductions.
    if entry.kind not in ("vjp of a reduction", "hvp of a reduction"):
        return inlined(lambda x, g: None), "None"
    rows.check_numbers(call.g, "g", or_spread=True)
    keepdims = getattr(call.g, "ndim", 0) == rows.ndim
    turn, lengths, shape = turn_of(rows), frame.lengths, shape_of_rows_of(rows, keepdims)

    @inlined
    def of_rows(x, g):
        _check_g_of_rows(shape(x), g)
        return numbers(x, g, turn)

    @inlined
    def equal(x, g):
        outer, _, inner = lengths(x)
        return np.full(outer * inner, x.dtype.type(g))

    return equal if is_number(call.g) and not rows.whole else of_rows, "g"


def plan_entries(entry, call):
    """A derivative for each entry: VJPs, JVPs and products with Hessians."""
    rows = Rows(entry.name, call.x, call.axis)
    rows.check_out(call.out)
    rows.check_where(call.where)
    frame = Frame(rows, call.out, call.where, (*entry.masked, None)[0], entry.without_max)
    (first, second), names = _operands(entry, call, rows, frame)
    of_rows, name_of_rows = _numbers_of_rows(entry, call, rows, frame)
    get_mask, place, lengths, finish = frame.mask, frame.place, frame.lengths, frame.finish
    if frame.has_mask and entry.engine.counts:
        return _plan_gradients_of_present(entry, frame, of_rows), (
            "x",
            name_of_rows,
            "where",
            "out",
        )
    weigh, leave_out = weigher(frame, entry.engine), _leaver_out(entry)

    def compute(x, u, v, c, where, out):
        mask, sizes = get_mask(x, where), lengths(x)
        numbers_of_rows = of_rows(x, c)
        one, other = first(x, u, out, mask), second(x, v, out, mask)
        source, target, result = place(x, out, mask)
        leave_out(source, sizes)
        weigh(source, one, other, numbers_of_rows, target, None, sizes)
        finish(target, result, mask)
        return result

    return compute, ("x", *names, name_of_rows, "where", "out")


def _plan_gradients_of_present(entry, frame, of_rows):
    # Of rows whose lengths count, which are without their masked entries.
    get_mask, place, lengths, finish = frame.mask, frame.place, frame.lengths, frame.finish
    weigh = gradients_of_present(entry.engine)

    def compute(x, c, where, out):
        mask, numbers_of_rows = get_mask(x, where), of_rows(x, c)
        source, target, result = place(x, out, mask)
        weigh(source, mask, numbers_of_rows, target, lengths(x))
        finish(target, result, mask)
        return result

    return compute


def plan_scan(entry, call):
    """A derivative of the running sum for each entry."""
    rows = Rows(entry.name, call.x, call.axis, turns=not several(call.axis))
    rows.check_out(call.out)
    rows.check_where(call.where)
    frame = Frame(rows, call.out, call.where, (*entry.masked, None)[0])
    (first, _), (name, _) = _operands(entry, call, rows, frame)
    get_mask, place, lengths, finish = frame.mask, frame.place, frame.lengths, frame.finish
    kernel = quiet(entry.engine.kernel)

    def compute(x, u, where, out):
        check_sources()
        mask, sizes = get_mask(x, where), lengths(x)
        # A running sum has a value at what is masked, too.
        weights = first(x, u, out, None)
        source, target, result = place(x, out, mask)
        kernel(source, weights, target, sizes[1], sizes[2], 0, sizes[0])
        finish(target, result, mask)
        return result

    return compute, ("x", name, "where", "out")


def plan_rows(entry, call):
    """A derivative for each row: JVPs of reductions."""
    rows = Rows(entry.name, call.x, call.axis)
    keepdims = literal(call.keepdims, bool, "keepdims", entry.name)
    rows.check_out_of_rows(call.out, keepdims)
    rows.check_where(call.where)
    frame = Frame(rows, None, call.where, None, entry.without_max)
    (first, _), _ = _operands(entry, call, rows, frame)
    get_mask, read, lengths = frame.mask, frame.read, frame.lengths
    hand_out = out_of_rows(call.out, shaper(rows, keepdims))
    if frame.has_mask and entry.engine.counts:
        slopes = slopes_of_present(entry.engine, rows.whole)

        def compute_present(x, t, where, out):
            mask, tangents = get_mask(x, where), first(x, t, None, get_mask(x, where))
            return hand_out(x, slopes(read(x, mask), tangents, mask, lengths(x)), out)

        return compute_present, ("x", "t", "where", "out")
    weigh, leave_out = weigher(frame, entry.engine, wanted=True), _leaver_out(entry)

    def compute(x, t, where, out):
        mask, sizes = get_mask(x, where), lengths(x)
        tangents = first(x, t, None, mask)
        source = read(x, mask)
        leave_out(source, sizes)
        values = weigh(source, tangents, None, None, None, None, sizes)
        return hand_out(x, values, out)

    return compute, ("x", "t", "where", "out")


def plan_both(entry, call):
    """A value and a gradient for each entry."""
    rows = Rows(entry.name, call.x, call.axis)
    firsts, seconds = rows.check_two_outs(call.out)
    rows.check_where(call.where)
    frame = Frame(rows, firsts, call.where, entry.masked[0])
    (first, _), _ = _operands(entry, call, rows, frame)
    get_mask, place, lengths, finish = frame.mask, frame.place, frame.lengths, frame.finish
    weigh, more = weigher(frame, entry.engine), frame.second
    outs = two_outs(call.out, like(rows))
    finish_more = frame.finisher(entry.masked[1])

    def compute(x, g, where, out):
        mask = get_mask(x, where)
        y, gradient = outs(x, g, out)
        cotangents = first(x, g, y, mask)
        source, target, values = place(x, y, mask)
        target2, derivatives = more(x, gradient)
        weigh(source, cotangents, None, None, target, target2, lengths(x))
        finish(target, values, mask)
        finish_more(target2, derivatives, mask)
        return values, derivatives

    return compute, ("x", "g", "where", "out")
