"""Kernels: factories that put the formulas of one function over the memory of the CPU.

Arrays are flat and contiguous, in the normal form (outer, n, inner). A kernel does the units
`start` to `stop` of its work, so that threads can share it. Nothing here knows what the formulas
compute.
"""

import math

import numpy as np

from .._compile.inline import inlined
from .._compile.jit import kernel
from .._compile.trace import branch, formula, loop
from .._formulas.simd import any_lane
from .._formulas.vectormath import lesser
from .along import finish_long_of, is_long
from .entries import kept, place_beside, room_beside
from .gathering import (
    column_group,
    columns_to_line,
    direct_group,
    direct_group_size,
    gather_columns,
    gather_rows,
    goes_direct,
    group_size,
    is_past_caches,
    room_for_rows,
    scatter_columns,
    scatter_rows,
)
from .groups import (
    MOST_OF_MAPS,
    MOST_OF_REDUCTIONS,
    go_in_groups,
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
    load,
    prefetch,
    settle_stores,
    spread,
    store,
    store_past,
)
from .passes import Registers, ends_of, finish_pass_of, max_pass, term_at
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
from .tile import tile_as_it_is, tile_sums, tile_with_shortfall, tile_without_max

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


def tile_summaries(condition, second):
    """As row_summaries, of the rows of a tile; `second` for all where any of them asks for it."""

    @formula
    def summaries(tile, at, step, n, width, e, e_at, x, base, x_step, x_width):
        # The second look is at the strip of x, since e may have taken the place of the tile.
        m = max_pass(tile, at, step, n, width, full(tile, -math.inf))
        ties, rest, error = tile_sums(tile, at, step, n, width, m, e, e_at)
        summary = m, ties, rest, error
        return summary, branch(
            any_lane(condition(summary, n)),
            lambda: second(x, base, x_step, n, x_width, summary),
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


def map_rows(prepare, element, condition, seconds, lighter, light):
    """Rows along vectors; `e` is `out` to keep exponentials there between sweeps, or None."""
    map_row = map_row_of(prepare, element, condition, seconds, lighter, light)
    map_group = map_group_of(prepare, element, condition, seconds[0], lighter)

    def rows(x, e, out, n, start, stop):
        if go_in_groups(x, n, MOST_OF_MAPS):
            size = rows_of_group(x)
            room = np.empty(room_for_group(x), x.dtype)
            terms = kept(e, np.empty(room_for_terms(x, n), x.dtype))
            for first in range(start, stop, size):
                map_group(x, first, min(size, stop - first), n, terms, out, room)
            return
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


def reduce_rows(reduce, condition, seconds):
    """One number for each row."""
    reduce_row = reduce_row_of(reduce, condition, seconds)
    reduce_group = reduce_group_of(reduce, condition, seconds[0])

    def rows(x, out, n, start, stop):
        if go_in_groups(x, n, MOST_OF_REDUCTIONS):
            size = rows_of_group(x)
            room = np.empty(room_for_group(x), x.dtype)
            for first in range(start, stop, size):
                reduce_group(x, first, min(size, stop - first), n, out, room)
            return
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


# --- tiles: many rows side by side, copied together from where they lie ------------------------


def _tile_work_of(prepare, element, condition, second):
    # As map_tile_of; put(i, vector) takes the result of line i.
    summaries = tile_summaries(condition, second)

    def work(tile, at, n, e, e_at, x, base, step, width, ahead, put):
        w = lanes(tile)
        summary, more = summaries(tile, at, w, n, None, e, e_at, x, base, step, width)
        m, row = summary[0], prepare(summary, more, n)

        def one_more(i, _):
            prefetch(x, base + i * step, ahead)
            v = load(tile, at + i * w, None, 0.0)
            put(i, element(v, term_at(e, e_at + i * w, None, v, m), m, *row))

        loop(n, one_more, None)

    return work


def map_tile_of(prepare, element, condition, second):
    """(tile, at, n, e, e_at, x, base, step, width, ahead) of a tile, in its place."""
    work = _tile_work_of(prepare, element, condition, second)

    @formula
    def tile_map(tile, at, n, e, e_at, x, base, step, width, ahead):
        # In place of the tile, which was gathered from the strip of x; what lies `ahead` of that
        # is fetched meanwhile.
        def put(i, y):
            store(tile, at + i * lanes(tile), None, y)

        work(tile, at, n, e, e_at, x, base, step, width, ahead, put)

    return tile_map


def _direct_tile_of(prepare, element, condition, second):
    # As map_tile_of, but the results go to the strip of `out`: whole vectors past the caches.
    work = _tile_work_of(prepare, element, condition, second)

    @formula
    def direct_tile(tile, at, n, e, x, base, step, width, ahead, out):
        def past(i, y):
            store_past(out, base + i * step, y)

        def some(i, y):
            store(out, base + i * step, width, y)

        args = tile, at, n, e, at, x, base, step, width, ahead
        branch(width < lanes(x), lambda: work(*args, some), lambda: work(*args, past))

    return direct_tile


def reduce_tile_of(reduce, condition, second):
    """(tile, at, n) of a tile: a vector of numbers."""
    summaries = tile_summaries(condition, second)

    @formula
    def tile_reduce(tile, at, n):
        w = lanes(tile)
        summary, more = summaries(tile, at, w, n, None, None, 0, tile, at, w, None)
        return reduce(summary, more, n)

    return tile_reduce


def map_columns(prepare, element, condition, seconds):
    """Columns; the unit of work is a tile.

    `keep` is any array to keep the exponentials between sweeps, or None.
    """
    tile_map = map_tile_of(prepare, element, condition, seconds[1])
    direct_tile = _direct_tile_of(prepare, element, condition, seconds[1])

    def directly(x, keep, out, n, inner, start, stop):
        w = lanes(x)
        size, head = direct_group_size(x, n, inner), columns_to_line(out)
        tile = np.empty((size + 1) * n * w, x.dtype)
        e = kept(keep, tile)
        unit = start
        while unit < stop:
            units, count, base, column, end = direct_group(unit, stop, size, n, inner, w, head)
            gather_columns(x, base, n, inner, column + (inner - end), count, tile)
            for t in range(count):
                at, width = base + t * w, lesser(w, end - column - t * w)
                direct_tile(tile, t * n * w, n, e, x, at, inner, width, count * w, out)
            unit += units
        settle_stores(out)

    directly = inlined(directly)

    def columns(x, keep, out, n, inner, start, stop):
        if goes_direct(out, inner):
            directly(x, keep, out, n, inner, start, stop)
            return
        w = lanes(x)
        size = group_size(x, n, inner)
        tile = np.empty(size * n * w, x.dtype)
        e = kept(keep, tile)
        unit = start
        while unit < stop:
            count, base, column, _ = column_group(unit, stop, size, n, inner, w)
            gather_columns(x, base, n, inner, column, count, tile)
            for t in range(count):
                at, width = base + t * w, lesser(w, inner - column - t * w)
                tile_map(tile, t * n * w, n, e, t * n * w, x, at, inner, width, count * w)
            scatter_columns(tile, base, n, inner, column, count, out)
            unit += count

    return kernel(columns)


def reduce_columns(reduce, condition, seconds):
    """One number for each column; the unit of work is a tile."""
    tile_reduce = reduce_tile_of(reduce, condition, seconds[1])

    def columns(x, out, n, inner, start, stop):
        w = lanes(x)
        size = group_size(x, n, inner)
        tile = np.empty(size * n * w, x.dtype)
        unit = start
        while unit < stop:
            count, base, column, where = column_group(unit, stop, size, n, inner, w)
            gather_columns(x, base, n, inner, column, count, tile)
            for t in range(count):
                width = lesser(w, inner - column - t * w)
                store(out, where + t * w, width, tile_reduce(tile, t * n * w, n))
            unit += count

    return kernel(columns)


def map_short_rows(prepare, element, condition, seconds):
    """As many rows at a time as a vector has lanes; the unit of work is a row."""
    tile_map = map_tile_of(prepare, element, condition, seconds[1])

    def rows(x, keep, out, n, inner, start, stop):
        w = lanes(x)
        tile = np.empty(room_for_rows(x, n), x.dtype)
        e = kept(keep, np.empty(n * w, x.dtype))  # apart, since a second look is at the tile
        for first in range(start, stop, w):
            count = lesser(w, stop - first)
            gather_rows(x, first, count, n, inner, tile)
            tile_map(tile, 0, n, e, 0, tile, 0, w, None, None)
            scatter_rows(tile, first, count, n, inner, out)

    return kernel(rows)


def reduce_short_rows(reduce, condition, seconds):
    """As many rows at a time as a vector has lanes; the unit of work is a row."""
    tile_reduce = reduce_tile_of(reduce, condition, seconds[1])

    def rows(x, out, n, inner, start, stop):
        w = lanes(x)
        tile = np.empty(room_for_rows(x, n), x.dtype)
        for first in range(start, stop, w):
            count = lesser(w, stop - first)
            gather_rows(x, first, count, n, inner, tile)
            store(out, first, count, tile_reduce(tile, 0, n))

    return kernel(rows)
