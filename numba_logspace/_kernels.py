"""Kernels: factories that put the formulas of one function over the memory of the CPU.

Arrays are flat and contiguous, in the normal form (outer, n, inner). A kernel does the units
`start` to `stop` of its work, so that threads can share it. Nothing here knows what the formulas
compute.
"""

import math

import numpy as np

from ._jit import formula, kernel
from ._passes import copy_max_pass, kept, max_pass, term_at
from ._row import (
    row_as_it_is,
    row_max,
    row_sums,
    row_with_shortfall,
    row_without_max,
)
from ._simd import any_lane, const, full, lanes, load, store
from ._tile import tile_as_it_is, tile_sums, tile_with_shortfall, tile_without_max

# What a function may need beyond the summary, for a row and for a tile.
SECONDS = {
    "none": (row_as_it_is, tile_as_it_is),
    "without max": (row_without_max, tile_without_max),
    "shortfall": (row_with_shortfall, tile_with_shortfall),
}


def row_summaries(condition, second):
    """The summary of a row and, where `condition` asks for it, what `second` makes of the row."""

    @formula
    def summaries(x, base, n, e, e_base, ahead):
        m = row_max(x, base, n)
        ties, rest, error = row_sums(x, base, n, m, e, e_base, ahead)
        summary = m, ties, rest, error
        more = summary
        if condition(summary, const(m, n)):
            more = second(x, base, n, summary)
        return summary, more

    return summaries


def tile_second(condition, second):
    """What `second` makes of the rows of a tile where `condition` asks for it in any of them."""

    @formula
    def second_of_tile(x, base, step, n, width, summary):
        more = summary
        if any_lane(condition(summary, const(summary[0], n))):
            more = second(x, base, step, n, width, summary)
        return more

    return second_of_tile


def finish_pass_of(element):
    """The sweep that writes `element` of each entry; m and row are the same for all vectors."""

    @formula
    def finish_pass(x, base, step, count, width, m, row, e, e_base, e_step, out, o_base, o_step):
        a, b, c, d = row
        for i in range(count):
            v = load(x, base + i * step, width, -math.inf)
            term = term_at(e, e_base + i * e_step, width, v, m)
            y = element(v, term, m, a, b, c, d)
            store(out, o_base + i * o_step, width, y)

    return finish_pass


def _finish_row(element):
    finish_pass = finish_pass_of(element)

    @formula
    def finish_row(x, base, n, m, row, e, out, o_base):
        w = lanes(x)
        body = n // w
        end = body * w
        m = full(x, m)
        row = full(x, row[0]), full(x, row[1]), full(x, row[2]), full(x, row[3])
        finish_pass(x, base, w, body, None, m, row, e, o_base, w, out, o_base, w)
        if end < n:
            o_end = o_base + end
            finish_pass(x, base + end, w, 1, n - end, m, row, e, o_end, w, out, o_end, w)

    return finish_row


def _map_row(prepare, element, condition, seconds):
    summaries = row_summaries(condition, seconds[0])
    finish_row = _finish_row(element)

    @formula
    def map_row(x, base, n, e, out):
        summary, more = summaries(x, base, n, e, base, n)
        row = prepare(summary, more, const(summary[0], n))
        finish_row(x, base, n, summary[0], row, e, out, base)

    return map_row


def map_rows(prepare, element, condition, seconds):
    """Rows one by one; `e` is `out` to keep the exponentials there between sweeps, or None."""
    map_row = _map_row(prepare, element, condition, seconds)

    def rows(x, e, out, n, start, stop):
        for r in range(start, stop):
            map_row(x, r * n, n, e, out)

    return kernel(rows)


def map_one_row(prepare, element, condition, seconds, keeps):
    """A single row: with so few arguments the call costs half as much."""
    map_row = _map_row(prepare, element, condition, seconds)

    def row(x, out):
        map_row(x, 0, x.size, None, out)

    def row_keeping(x, out):
        map_row(x, 0, x.size, out, out)

    return kernel(row_keeping if keeps else row)


def _reduce_row(reduce, condition, seconds):
    summaries = row_summaries(condition, seconds[0])

    @formula
    def reduce_row(x, base, n):
        summary, more = summaries(x, base, n, None, 0, n)
        return reduce(summary, more, const(summary[0], n))

    return reduce_row


def reduce_rows(reduce, condition, seconds):
    """One number for each row."""
    reduce_row = _reduce_row(reduce, condition, seconds)

    def rows(x, out, n, start, stop):
        for r in range(start, stop):
            out[r] = reduce_row(x, r * n, n)

    return kernel(rows)


def reduce_one_row(reduce, condition, seconds):
    """The number of a single row: with so few arguments the call costs half as much."""
    reduce_row = _reduce_row(reduce, condition, seconds)

    def row(x):
        return reduce_row(x, 0, x.size)

    return kernel(row)


# --- tiles of columns --------------------------------------------------------------------------


@formula
def column_tile(unit, n, inner, w):
    """(first index, how many columns, first result) of a tile; no tile spans outer blocks."""
    tiles = (inner + w - 1) // w
    outer = unit // tiles
    first = (unit - outer * tiles) * w
    return outer * n * inner + first, min(w, inner - first), outer * inner + first


def map_columns(prepare, element, condition, seconds):
    """Tiles of columns, copied together first: their rows lie far apart in x.

    The unit of work is a tile. `keep` says whether the exponentials are kept between sweeps.
    """
    second_of_tile = tile_second(condition, seconds[1])

    def columns(x, keep, out, n, inner, start, stop):
        w = lanes(x)
        tile = np.empty(n * w, x.dtype)
        e = kept(keep, tile)
        for unit in range(start, stop):
            base, width, _ = column_tile(unit, n, inner, w)
            m = copy_max_pass(x, base, inner, n, width, tile, w, full(x, -math.inf))
            ties, rest, error = tile_sums(tile, 0, w, n, None, m, e)
            summary = m, ties, rest, error
            more = second_of_tile(x, base, inner, n, width, summary)
            row = prepare(summary, more, const(m, n))
            for i in range(n):
                v = load(tile, i * w, None, 0.0)
                term = term_at(e, i * w, None, v, m)
                y = element(v, term, m, row[0], row[1], row[2], row[3])
                store(out, base + i * inner, width, y)

    return kernel(columns)


def reduce_columns(reduce, condition, seconds):
    """One number for each column; a tile is copied together as in map_columns where it fits."""
    second_of_tile = tile_second(condition, seconds[1])

    def columns(x, out, n, inner, start, stop):
        for unit in range(start, stop):
            base, width, where = column_tile(unit, n, inner, lanes(x))
            m = max_pass(x, base, inner, n, width, full(x, -math.inf))
            ties, rest, error = tile_sums(x, base, inner, n, width, m, None)
            summary = m, ties, rest, error
            more = second_of_tile(x, base, inner, n, width, summary)
            store(out, where, width, reduce(summary, more, const(m, n)))

    return kernel(columns)


# --- short rows side by side -------------------------------------------------------------------


@formula
def _row_start(r, n, inner):
    outer = r // inner
    return outer * n * inner + (r - outer * inner)


@formula
def gather_rows(x, first, count, n, inner, tile):
    """Make rows lanes. Lanes without a row repeat the last one, so that they ask for nothing."""
    w = lanes(x)
    for lane in range(w):
        base = _row_start(first + min(lane, count - 1), n, inner)
        for i in range(n):
            tile[i * w + lane] = x[base + i * inner]


@formula
def scatter_rows(tile, first, count, n, inner, out):
    """Make lanes rows again."""
    w = lanes(out)
    for lane in range(count):
        base = _row_start(first + lane, n, inner)
        for i in range(n):
            out[base + i * inner] = tile[i * w + lane]


def map_short_rows(prepare, element, condition, seconds):
    """As many rows at a time as a vector has lanes; the unit of work is a row."""
    second_of_tile = tile_second(condition, seconds[1])

    def rows(x, keep, out, n, inner, start, stop):
        w = lanes(x)
        tile = np.empty(n * w, x.dtype)
        # Apart from the tile, which a second look may need.
        e = kept(keep, np.empty(n * w, x.dtype))
        for first in range(start, stop, w):
            count = min(w, stop - first)
            gather_rows(x, first, count, n, inner, tile)
            m = max_pass(tile, 0, w, n, None, full(x, -math.inf))
            ties, rest, error = tile_sums(tile, 0, w, n, None, m, e)
            summary = m, ties, rest, error
            more = second_of_tile(tile, 0, w, n, None, summary)
            row = prepare(summary, more, const(m, n))
            for i in range(n):
                v = load(tile, i * w, None, 0.0)
                term = term_at(e, i * w, None, v, m)
                store(tile, i * w, None, element(v, term, m, row[0], row[1], row[2], row[3]))
            scatter_rows(tile, first, count, n, inner, out)

    return kernel(rows)


def reduce_short_rows(reduce, condition, seconds):
    """As many rows at a time as a vector has lanes; the unit of work is a row."""
    second_of_tile = tile_second(condition, seconds[1])

    def rows(x, out, n, inner, start, stop):
        w = lanes(x)
        tile = np.empty(n * w, x.dtype)
        for first in range(start, stop, w):
            count = min(w, stop - first)
            gather_rows(x, first, count, n, inner, tile)
            m = max_pass(tile, 0, w, n, None, full(x, -math.inf))
            ties, rest, error = tile_sums(tile, 0, w, n, None, m, None)
            summary = m, ties, rest, error
            more = second_of_tile(tile, 0, w, n, None, summary)
            store(out, first, count, reduce(summary, more, const(m, n)))

    return kernel(rows)
