"""Maps, reductions and the running sum inside jitted code."""

import numpy as np

from .._compile.inline import inlined
from .._compile.stamp import check_sources
from . import complex as of_complex
from .frames import Frame, shaper
from .memory import out_of_rows, overlap, quiet
from .present import choose_present
from .typing import Rows, is_complex, is_none, literal, several

# --- maps and the running sum --------------------------------------------------------------------


def _map_of_one_row(frame, engine, out):
    # A function of (entries, where the results go, lengths) of a single row.
    one_row, rows = quiet(engine.one_row), quiet(engine.kernels[1])

    @inlined
    def beside(source, target, sizes):
        check_sources()
        if source.size > 0:
            one_row(source, target)

    @inlined
    def given(source, target, sizes):
        check_sources()
        if source.size > 0:
            # The exponentials are kept in `out`, so that it must not be where x is.
            same = source.ctypes.data == target.ctypes.data
            one_row(source.copy() if same else source, target)

    @inlined
    def in_place(source, target, sizes):
        check_sources()
        if source.size > 0:
            rows(source, None, target, source.size, 0, 1)

    if frame.in_place:
        return in_place
    return beside if is_none(out) else given


def _map_of_rows(frame, engine, out):
    run, keeps, in_place = frame.runner(engine), engine.keeps, frame.in_place

    @inlined
    def kept(x, out):
        return x, out, out

    @inlined
    def without(x, out):
        return x, None, out

    arrays = kept if keeps else without

    @inlined
    def anywhere(source, target, sizes):
        tiles = arrays(source, target)
        if in_place or overlap(source, target):
            lines = without(source, target)
            run(lines, tiles, source.itemsize, sizes[0], sizes[1], sizes[2])
        else:
            run(tiles, tiles, source.itemsize, sizes[0], sizes[1], sizes[2])

    @inlined
    def beside(source, target, sizes):
        tiles = arrays(source, target)
        run(tiles, tiles, source.itemsize, sizes[0], sizes[1], sizes[2])

    return beside if is_none(out) and not in_place else anywhere


def _scan_of_rows(engine):
    kernel = quiet(engine.kernel)

    @inlined
    def scan(source, target, sizes):
        check_sources()
        kernel(source, target, sizes[1], sizes[2], 0, sizes[0])

    return scan


def plan_map(entry, call):
    """A result for each entry, from x alone: maps, and the running sum."""
    if is_complex(call.x, entry):
        return of_complex.plan_map(entry, call)
    engine = entry.engine
    in_c_order = engine.ordered and several(call.axis)
    rows = Rows(entry.name, call.x, call.axis, turns=not in_c_order)
    rows.check_out(call.out)
    rows.check_where(call.where)
    frame = Frame(rows, call.out, call.where, (*entry.masked, None)[0])
    if entry.kind == "scan":
        run = _scan_of_rows(engine)
    else:
        run = (_map_of_one_row if rows.whole else _map_of_rows)(frame, engine, call.out)
    get_mask, place, lengths, finish = frame.mask, frame.place, frame.lengths, frame.finish

    def compute(x, where, out):
        mask = get_mask(x, where)
        source, target, result = place(x, out, mask)
        run(source, target, lengths(x))
        finish(target, result, mask)
        return result

    return compute, ("x", "where", "out")


# --- reductions ----------------------------------------------------------------------------------


def _reduce_one_row(engine):
    one_row = quiet(engine.one_row)

    @inlined
    def reduce(row, mask, sizes):
        check_sources()
        return one_row(row) if row.size > 0 else row.dtype.type(-np.inf)

    return reduce


def _reduce_rows(frame, engine):
    run = frame.runner(engine)

    @inlined
    def reduce(source, mask, sizes):
        values = np.empty(sizes[0] * sizes[2], source.dtype)
        if sizes[1] == 0:
            values[:] = -np.inf
        arrays = source, values
        run(arrays, arrays, source.itemsize, sizes[0], sizes[1], sizes[2])
        return values

    return reduce


@inlined
def _count(mask, n, r):
    count = 0
    for i in range(r * n, r * n + n):
        count += mask[i]
    return count


def _reduce_present(frame, engine):
    # Rows with equally many entries together, without their absent ones, as the array functions.
    run = frame.runner(engine)

    @inlined
    def reduce(source, mask, sizes):
        outer, n = sizes[0], sizes[1]
        values, counts = np.full(outer, -np.inf, source.dtype), np.zeros(outer, np.intp)
        chosen, part = np.empty(source.size, source.dtype), np.empty(outer, source.dtype)
        for r in range(outer):
            counts[r] = _count(mask, n, r)
        for count in range(1, n + 1):
            size = 0
            for r in range(outer):
                if counts[r] == count:
                    size = choose_present(source, mask, n, r, chosen, size)
            if size:
                arrays = chosen, part
                run(arrays, arrays, source.itemsize, size // count, count, 1)
                k = 0
                for r in range(outer):
                    if counts[r] == count:
                        values[r] = part[k]
                        k += 1
        return values

    return reduce


def _reduce_present_of_one(engine):
    one_row = quiet(engine.one_row)

    @inlined
    def reduce(source, mask, sizes):
        check_sources()
        chosen = np.empty(source.size, source.dtype)
        size = choose_present(source, mask, source.size, 0, chosen, 0)
        return one_row(chosen[:size]) if size > 0 else source.dtype.type(-np.inf)

    return reduce


def _reducer(frame, engine):
    whole = frame.rows.whole
    if frame.has_mask and engine.counts:
        return _reduce_present_of_one(engine) if whole else _reduce_present(frame, engine)
    return _reduce_one_row(engine) if whole else _reduce_rows(frame, engine)


def plan_reduction(entry, call):
    """A result for each row."""
    if is_complex(call.x, entry):
        return of_complex.plan_reduction(entry, call)
    rows = Rows(entry.name, call.x, call.axis)
    keepdims = literal(call.keepdims, bool, "keepdims", entry.name)
    rows.check_out_of_rows(call.out, keepdims)
    rows.check_where(call.where)
    frame = Frame(rows, None, call.where)
    get_mask, read, lengths = frame.mask, frame.read, frame.lengths
    reduce, hand_out = _reducer(frame, entry.engine), out_of_rows(call.out, shaper(rows, keepdims))

    def compute(x, where, out):
        mask = get_mask(x, where)
        values = reduce(read(x, mask), mask, lengths(x))
        return hand_out(x, values, out)

    return compute, ("x", "where", "out")
