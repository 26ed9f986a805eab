"""Columns and short rows copied together to tiles, where each lane is a row, and back."""

import math

from .._compile.trace import branch, formula, loop
from .._formulas.simd import VECTOR_BYTES
from .._formulas.vectormath import larger, lesser
from .entries import has_entries
from .memory import (
    CACHE_LINE,
    PAST_BYTES,
    address_of,
    count_of,
    itemsize,
    lanes,
    load,
    number_at,
    prefetch,
    prefetch_to_write,
    put_number,
    settle_stores,
    store,
    store_past,
)
from .turning import lanes_to_rows, rows_to_lanes, side

# A group of tiles is gathered at once, to read and write long pieces of each line of memory; it
# has to stay in the cache.
_GROUP_BYTES = 1 << 21
_LARGEST_GROUP = 32
# Where the results of a tile go right to their place, what is fetched for the next group has to
# have room, too.
_DIRECT_BYTES = 1 << 19
# How many lines ahead to fetch: not many, since lines at a regular distance from each other
# compete for the same few places in the cache.
_AHEAD = 16
# Results of so many bytes leave the caches before anybody reads them: they are written past them,
# which spares reading the lines that they replace.
_PAST_CACHES = 1 << 23


def _tiles_within(size, x, n, inner):
    w = lanes(x)
    fit = size // (n * w * itemsize(x))
    return larger(lesser(lesser(fit, (inner + w - 1) // w), _LARGEST_GROUP), 1)


@formula
def group_size(x, n, inner):
    """How many tiles of columns make a group."""
    return _tiles_within(_GROUP_BYTES, x, n, inner)


@formula
def direct_group_size(x, n, inner):
    """As group_size, where the results of tiles go right to their places."""
    return _tiles_within(_DIRECT_BYTES, x, n, inner)


@formula
def goes_direct(out, inner):
    """Whether the results of a tile fill lines of the cache, and go past it."""
    if VECTOR_BYTES < CACHE_LINE:
        return inner < 0
    large = count_of(out) * itemsize(out) >= _PAST_CACHES
    odd = inner * itemsize(out) & (CACHE_LINE - 1)
    odd = odd + (address_of(out) & (itemsize(out) - 1))
    return branch(large, lambda: odd == 0, large)


@formula
def columns_to_line(out):
    """How many columns, at least one, come before a vector that begins with a cache line."""
    odd = (address_of(out) & (CACHE_LINE - 1)) // itemsize(out)
    return branch(odd > 0, lambda: CACHE_LINE // itemsize(out) - odd, lanes(out))


@formula
def direct_group(unit, stop, size, n, inner, w, head):
    """(units, tiles, index of the first entry, column, end) of the group from a unit on.

    A unit is a vector of columns of one outer block, but the first one has `head` columns only.
    It is a group of its own, and those after the last unit go with that.
    """
    units = (inner + w - 1) // w
    outer = unit // units
    first = unit - outer * units
    short = branch(first == 0, lambda: head < w, first < 0)
    count = branch(short, lambda: 1, lambda: lesser(lesser(size, stop - unit), units - first))
    column = branch(first == 0, lambda: 0, lambda: head + (first - 1) * w)
    end = branch(short, lambda: head, lambda: column + count * w)
    end = branch(first + count == units, lambda: inner, lambda: lesser(end, inner))
    tiles = (end - column + w - 1) // w
    return count, tiles, outer * n * inner + column, column, end


@formula
def column_group(unit, stop, size, n, inner, w):
    """(tiles, index of the first entry, column, result) of the group from a tile on.

    A tile is a vector of columns of one outer block; no group goes on into the next block.
    """
    tiles = (inner + w - 1) // w
    outer = unit // tiles
    first = unit - outer * tiles
    count = lesser(lesser(size, stop - unit), tiles - first)
    return count, outer * n * inner + first * w, first * w, outer * inner + first * w


def _each_tile(n, count, visit):
    # visit(i, t) for each line i of each tile t, line by line.
    def one_line(i, _):
        loop(count, lambda t, _: visit(i, t), None)

    loop(n, one_line, None)


@formula
def gather_columns(x, base, n, inner, column, count, tile):
    """Copy `count` tiles together, one after the other; lanes without a column hold -inf.

    Nothing where x has no entries.
    """
    if not has_entries(x):
        return
    w = lanes(x)

    def visit(i, t):
        at = base + i * inner + t * w
        width = lesser(w, inner - column - t * w)
        store(tile, (t * n + i) * w, None, load(x, at, width, -math.inf))
        prefetch(x, at, _AHEAD * inner)

    _each_tile(n, count, visit)


@formula
def scatter_columns(tile, base, n, inner, column, count, out):
    """Copy `count` tiles back to where their columns lie in `out`; an `out` of None is nowhere."""
    if out is None:
        return
    whole = column + count * lanes(out) <= inner
    past = branch(whole, lambda: _goes_past(out, inner), whole)
    args = tile, base, n, inner, column, count, out
    branch(past, lambda: _stream_columns(*args), lambda: _store_columns(*args))


def _goes_past(out, inner):
    # Whether `out` is too large for the caches, and every line of it begins where such stores may.
    size = itemsize(out)
    odd = (address_of(out) & (PAST_BYTES - 1)) + (inner * size & (PAST_BYTES - 1))
    return branch(odd == 0, lambda: is_past_caches(out), odd == 0)


@formula
def is_past_caches(out):
    """Whether `out` is so large that results leave the caches before anybody reads them."""
    return count_of(out) * itemsize(out) >= _PAST_CACHES


def _stream_columns(tile, base, n, inner, column, count, out):
    w = lanes(out)

    def visit(i, t):
        store_past(out, base + i * inner + t * w, load(tile, (t * n + i) * w, None, 0.0))

    _each_tile(n, count, visit)
    settle_stores(out)


def _store_columns(tile, base, n, inner, column, count, out):
    w = lanes(out)

    def visit(i, t):
        at = base + i * inner + t * w
        width = lesser(w, inner - column - t * w)
        store(out, at, width, load(tile, (t * n + i) * w, None, 0.0))
        prefetch_to_write(out, at + _AHEAD * inner)

    _each_tile(n, count, visit)


def _place_of(first, n, inner):
    # Where a row begins, and its length: row `first` + r.
    def place(r):
        outer = (first + r) // inner
        return outer * n * inner + (first + r - outer * inner), n

    return place


def _place_in_order(first, n):
    # As _place_of, of rows one after the other.
    return lambda r: ((first + r) * n, n)


@formula
def room_for_rows(x, n):
    """The entries of a tile for rows of x of length n."""
    return (n + side(x)) * lanes(x)


@formula
def gather_rows(x, first, count, n, inner, tile):
    """Make rows lanes. Lanes without a row repeat the last one, so that they ask for nothing.

    Nothing where x has no entries.
    """
    if not has_entries(x):
        return
    w = lanes(x)

    def one_lane(lane, _):
        base, _ = _place_of(first, n, inner)(lesser(lane, count - 1))

        def one_more(i, _):
            put_number(tile, i * w + lane, number_at(x, base + i * inner))

        loop(n, one_more, None)

    def in_order():
        rows_to_lanes(x, _place_in_order(first, n), count, n, 0.0, tile)

    branch(inner == 1, in_order, lambda: loop(w, one_lane, None))


@formula
def scatter_rows(tile, first, count, n, inner, out):
    """Make lanes rows again; an `out` of None is nowhere."""
    if out is None:
        return
    w = lanes(out)

    def one_lane(lane, _):
        base, _ = _place_of(first, n, inner)(lane)

        def one_more(i, _):
            put_number(out, base + i * inner, number_at(tile, i * w + lane))

        loop(n, one_more, None)

    def in_order():
        lanes_to_rows(tile, _place_in_order(first, n), count, n, out)

    branch(inner == 1, in_order, lambda: loop(count, one_lane, None))
