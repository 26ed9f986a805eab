"""Kernels: factories that put the formulas of one function over the memory of the CPU.

Arrays are flat and contiguous, in the normal form (outer, n, inner). A kernel does the units
`start` to `stop` of its work, so that threads can share it. Nothing here knows what the formulas
compute. These are of rows along vectors, those of tiles are in `tile_kernels`.
"""

import numpy as np

from .._compile.jit import kernel
from .._compile.trace import branch, formula
from .along import finish_long_of, is_long
from .entries import kept, place_beside, room_beside
from .gathering import (
    is_past_caches,
)
from .groups import (
    map_group_of,
    reduce_group_of,
    room_for_group,
    room_for_terms,
    rows_of_group,
)
from .memory import (
    full,
    itemsize,
    lanes,
    settle_stores,
    spread,
)
from .passes import Registers, ends_of, finish_pass_of
from .row import (
    Short,
    in_registers,
    is_short,
    number_of,
    parts,
    row_as_it_is,
    row_max,
    row_sums,
    row_with_shortfall,
    row_without_max,
)
from .tile import tile_as_it_is, tile_with_shortfall, tile_without_max

# What a function may need beyond the summary, for a row and for a tile.
SECONDS = {
    "none": (row_as_it_is, tile_as_it_is),
    "without max": (row_without_max, tile_without_max),
    "shortfall": (row_with_shortfall, tile_with_shortfall),
}


# How far ahead of a sweep to fetch, in vectors, where no cache holds what comes next.
NEAR = 16
# Rows of fewer bytes do not go past the caches: too many lines of them belong to two rows.
_PAST_ROW = 6 << 10
# Rows up to so many bytes are fetched whole while the row before is worked on.
_WHOLE_ROW = 1 << 18


def reach(x, n):
    """How far ahead to fetch while a row of x is worked on; None for a Short one."""
    if isinstance(n, Short):
        return None
    return branch(n * itemsize(x) <= _WHOLE_ROW, lambda: n, NEAR * lanes(x))


def row_summaries(condition, second):
    """The summary of a row and, where `condition` asks for it, what `second` makes of the row."""

    @formula
    def summaries(x, base, n, e, e_base):
        m = row_max(x, base, n)
        ties, rest, error = row_sums(x, base, n, m, e, e_base, reach(x, n))
        summary = m, ties, rest, error
        return summary, branch(
            condition(summary, number_of(n)),
            lambda: second(x, base, n, summary),
            summary,
        )

    return summaries


def finish_row_of(element, lighter, light):
    """The sweep that writes `element` of each entry of a row; the others as in `engines.Map`."""
    finish_passes = [finish_pass_of(each) for each in (element, *lighter[1:])]
    finish_long = finish_long_of(element, light)

    def finish_any(x, base, n, m, row, e, e_base, out, o_base):
        (body, width), (has_end, end, left) = parts(x, base, n)
        is_light = lighter[0](*row) if lighter else None
        w, m, row = lanes(x), full(x, m), spread(x, row)
        ahead = NEAR * w if e is None else None  # what is kept has just been written
        done, (e_body, e_end) = end - base, ends_of(e)

        def finish_by(sweep):
            sweep(x, base, w, body, width, m, row, e_body, e_base, w, out, o_base, w, ahead)

            def finish_end():
                place = e_end, e_base + done, w, out, o_base + done, w
                sweep(x, end, w, 1, left, m, row, *place, ahead)

            branch(has_end, finish_end, None)

        if lighter:
            branch(is_light, *(lambda f=f: finish_by(f) for f in reversed(finish_passes)))
        else:
            finish_by(*finish_passes)

    @formula
    def finish_row(x, base, n, m, row, e, e_base, out, o_base, past):
        """`past` says whether the results of long rows go past the caches; None if none do."""
        args = x, base, n, m, row, e, e_base, out, o_base
        if isinstance(n, Short):
            finish_any(*args)
        else:
            branch(is_long(x, n), lambda: finish_long(*args, past), lambda: finish_any(*args))

    return finish_row


def map_row_of(prepare, element, condition, seconds, lighter, light):
    """(x, base, n, e, e_base, out, past) of one row; `e` keeps the exponentials, or is None."""
    summaries = row_summaries(condition, seconds[0])
    finish_row = finish_row_of(element, lighter, light)

    @formula
    def map_row(x, base, n, e, e_base, out, past):
        summary, more = summaries(x, base, n, e, e_base)
        row = prepare(summary, more, number_of(n))
        finish_row(x, base, n, summary[0], row, e, e_base, out, base, past)

    return map_row


def map_groups(prepare, element, condition, seconds, lighter):
    """Rows in groups; `e` is `out` to keep exponentials between sweeps, or None."""
    map_group = map_group_of(prepare, element, condition, seconds[0], lighter)

    def rows(x, e, out, n, start, stop):
        size = rows_of_group(x)
        room = np.empty(room_for_group(x), x.dtype)
        terms = kept(e, np.empty(room_for_terms(x, n), x.dtype))
        for first in range(start, stop, size):
            map_group(x, first, min(size, stop - first), n, terms, out, room)

    return kernel(rows)


def map_rows(prepare, element, condition, seconds, lighter, light):
    """Rows one by one; `e` is `out` to keep exponentials there between sweeps, or None."""
    map_row = map_row_of(prepare, element, condition, seconds, lighter, light)

    def rows(x, e, out, n, start, stop):
        past = is_past_caches(out) and n * x.itemsize >= _PAST_ROW
        room = room_beside(e, n, past)
        for r in range(start, stop):
            map_row(x, r * n, n, room, place_beside(room, e, r * n), out, past)
        if past:
            settle_stores(out)

    return kernel(rows)


def map_one_row(prepare, element, condition, seconds, lighter, light, keeps):
    """A single row: with so few arguments the call costs half as much."""
    map_row = map_row_of(prepare, element, condition, seconds, lighter, light)

    @formula
    def any_row(x, n, out):
        def short(x, n, as_x):
            map_row(x, 0, n, Registers(), 0, out, None)

        def long():
            map_row(x, 0, n, out if keeps else None, 0, out, None)

        branch(is_short(x, n), lambda: in_registers(x, n, short), long)

    def row(x, out):
        any_row(x, x.size, out)

    return kernel(row)


def reduce_row_of(reduce, condition, seconds):
    """(x, base, n) of one row: its number."""
    summaries = row_summaries(condition, seconds[0])

    @formula
    def reduce_row(x, base, n):
        summary, more = summaries(x, base, n, None, 0)
        return reduce(summary, more, number_of(n))

    return reduce_row


def reduce_groups(reduce, condition, seconds):
    """One number for each row, in groups."""
    reduce_group = reduce_group_of(reduce, condition, seconds[0])

    def rows(x, out, n, start, stop):
        size = rows_of_group(x)
        room = np.empty(room_for_group(x), x.dtype)
        for first in range(start, stop, size):
            reduce_group(x, first, min(size, stop - first), n, out, room)

    return kernel(rows)


def reduce_rows(reduce, condition, seconds):
    """One number for each row."""
    reduce_row = reduce_row_of(reduce, condition, seconds)

    def rows(x, out, n, start, stop):
        for r in range(start, stop):
            out[r] = reduce_row(x, r * n, n)

    return kernel(rows)


def reduce_one_row(reduce, condition, seconds):
    """The number of a single row: with so few arguments the call costs half as much."""
    reduce_row = reduce_row_of(reduce, condition, seconds)

    @formula
    def any_row(x, n):
        def short(x, n, as_x):
            return reduce_row(x, 0, n)

        def long():
            return reduce_row(x, 0, n)

        return branch(is_short(x, n), lambda: in_registers(x, n, short), long)

    def row(x):
        return any_row(x, x.size)

    return kernel(row)
