"""Kernels of tiles: many rows side by side, copied together from where they lie.

As `kernels`, whose arrays and units of work these are.
"""

import math

import numpy as np

from .._compile.inline import inlined
from .._compile.jit import kernel
from .._compile.trace import branch, formula, loop
from .._formulas.simd import any_lane
from .._formulas.vectormath import lesser
from .entries import kept
from .gathering import (
    column_group,
    columns_to_line,
    direct_group,
    direct_group_size,
    gather_columns,
    gather_rows,
    goes_direct,
    group_size,
    room_for_rows,
    scatter_columns,
    scatter_rows,
)
from .memory import (
    full,
    lanes,
    load,
    prefetch,
    settle_stores,
    store,
    store_past,
)
from .passes import max_pass, term_at
from .tile import tile_sums


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
